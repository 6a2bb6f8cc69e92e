//go:build linux

package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"time"
)

// syncBytes is about what one message takes in a log.
const syncBytes = 200

// A disk is what the folder's disk allows: one writer that appends syncBytes and
// waits until they are safe, over and over.
type disk struct {
	syncs    float64 // a second
	p50, p99 time.Duration
}

// tooFast tells memory that calls itself a disk: no real one answers so soon.
const tooFast = 20 * time.Microsecond

func measureDisk(ctx context.Context, dir string, window time.Duration) (disk, error) {
	f, err := os.Create(filepath.Join(dir, "sync"))
	if err != nil {
		return disk{}, fmt.Errorf("create file: %w", err)
	}
	defer func() {
		_ = f.Close()
		_ = os.Remove(f.Name())
	}()
	var h histogram
	record := make([]byte, syncBytes)
	begin := time.Now()
	last := begin
	for last.Sub(begin) < window {
		if err := ctx.Err(); err != nil {
			return disk{}, err
		}
		if _, err := f.Write(record); err != nil {
			return disk{}, fmt.Errorf("append to file: %w", err)
		}
		if err := syscall.Fdatasync(int(f.Fd())); err != nil {
			return disk{}, fmt.Errorf("sync file: %w", err)
		}
		now := time.Now()
		h.add(now.Sub(last))
		last = now
	}
	return disk{syncs: float64(h.count) / last.Sub(begin).Seconds(), p50: h.percentile(.5), p99: h.percentile(.99)}, nil
}
