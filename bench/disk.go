//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"time"
)

// syncBytes is about what one message takes in a log.
const syncBytes = 200

// A disk is what the folder's disk allows writers that append syncBytes and wait
// until they are safe, over and over.
type disk struct {
	appends, syncs float64 // a second
	p50, p99       time.Duration
}

// tooFast tells memory that calls itself a disk: no real one answers so soon.
const tooFast = 20 * time.Microsecond

// measureLog has all writers that wait share one write and one fdatasync: the least
// that a log with group commit could do. With one writer each append has its own.
func measureLog(ctx context.Context, dir string, window time.Duration, writers int) (d disk, err error) {
	f, err := os.Create(filepath.Join(dir, "sync"))
	if err != nil {
		return disk{}, fmt.Errorf("create file: %w", err)
	}
	defer func() { err = errors.Join(err, f.Close(), os.Remove(f.Name())) }()
	g := newCommitGroup(writers)
	defer g.stop()
	var h histogram
	begin := time.Now()
	syncs := 0
	for time.Since(begin) < window {
		if err := ctx.Err(); err != nil {
			return disk{}, err
		}
		g.gather()
		if _, err := f.Write(g.batch); err != nil {
			return disk{}, fmt.Errorf("append to file: %w", err)
		}
		if err := syscall.Fdatasync(int(f.Fd())); err != nil {
			return disk{}, fmt.Errorf("sync file: %w", err)
		}
		syncs++
		now := time.Now()
		for _, since := range g.since {
			h.add(now.Sub(since))
		}
		g.release()
	}
	took := time.Since(begin).Seconds()
	return disk{appends: float64(h.count) / took, syncs: float64(syncs) / took, p50: h.percentile(.5), p99: h.percentile(.99)}, nil
}

// A commitGroup is writers and what of them waits.
type commitGroup struct {
	waits  chan waiting // one place for each writer
	done   chan struct{}
	batch  []byte
	since  []time.Time
	answer []chan struct{}
}

// waiting is one record that is to be written.
type waiting struct {
	record []byte
	since  time.Time
	safe   chan struct{}
}

func newCommitGroup(writers int) *commitGroup {
	g := &commitGroup{waits: make(chan waiting, writers), done: make(chan struct{})}
	for range writers {
		go func() {
			record, safe := make([]byte, syncBytes), make(chan struct{}, 1)
			for {
				select {
				case g.waits <- waiting{record, time.Now(), safe}:
				case <-g.done:
					return
				}
				select {
				case <-safe:
				case <-g.done:
					return
				}
			}
		}()
	}
	return g
}

// gather waits for a record and takes all others that wait too.
func (g *commitGroup) gather() {
	g.batch, g.since, g.answer = g.batch[:0], g.since[:0], g.answer[:0]
	for w := <-g.waits; ; w = <-g.waits {
		g.batch = append(g.batch, w.record...)
		g.since, g.answer = append(g.since, w.since), append(g.answer, w.safe)
		if len(g.waits) == 0 {
			return
		}
	}
}

// release tells those whose records are safe.
func (g *commitGroup) release() {
	for _, safe := range g.answer {
		safe <- struct{}{}
	}
}

func (g *commitGroup) stop() { close(g.done) }
