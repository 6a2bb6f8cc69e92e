package main

import (
	"fmt"
	"sync"
	"syscall"
	"time"

	"snug/chat"
)

const (
	// spaceFor is how long a look at the disk is good. A turn of a room asks, so
	// it must cost nothing.
	spaceFor = time.Second
	// spaceAhead is refused before the store itself would refuse, so that people
	// read why instead of losing the connection.
	spaceAhead = 16 << 20
)

// disk watches how much of the data folder's disk is free.
type disk struct {
	minFree int64 // 0: not watched

	mu      sync.Mutex
	measure func() (int64, error) // bytes that are free
	looked  time.Time
	free    int64
}

func newDisk(path string, minFree int64) *disk {
	return &disk{minFree: minFree, measure: func() (int64, error) {
		var st syscall.Statfs_t
		if err := syscall.Statfs(path, &st); err != nil {
			return 0, err
		}
		return int64(min(st.Bavail, 1<<40)) * int64(st.Bsize), nil
	}}
}

// storable reports, as a *chat.Error, that too little is free.
func (d *disk) storable() error { return d.storableBytes(0) }

// storableBytes reports that too little would be free with so many bytes more.
func (d *disk) storableBytes(n int64) error {
	if d.minFree == 0 {
		return nil
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if now := time.Now(); d.looked.IsZero() || now.Sub(d.looked) >= spaceFor {
		d.looked = now
		free, err := d.measure()
		if err != nil {
			return nil // the store will say what is wrong
		}
		d.free = free
	}
	if d.free-n >= d.minFree+spaceAhead {
		return nil
	}
	return &chat.Error{Code: chat.CodeStorageFull,
		Message: fmt.Sprintf("The disk of the data folder is full: %d MiB are free, and %d have to stay free.", d.free>>20, d.minFree>>20)}
}
