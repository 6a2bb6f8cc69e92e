package main

import (
	"context"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// Memory is given back once after each busy time, and never during one; the store's
// only in a long rest.
func TestRest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var bytes atomic.Uint64
		var tries, trims, frees atomic.Int64
		r := &rest{
			drop: func() {},
			trim: func(context.Context) bool {
				bytes.Add(3 << 20)
				if tries.Add(1)%2 == 1 {
					return false // it is at work
				}
				trims.Add(1)
				return true
			},
			free: func() { frees.Add(1); bytes.Add(4 << 20) },
			read: bytes.Load,
		}
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() {
			defer close(done)
			r.run(ctx)
		}()
		look := func(allocated uint64, looks int, wantFrees, wantTrims int64, why string) {
			t.Helper()
			for range looks {
				bytes.Add(allocated)
				time.Sleep(restEvery)
				synctest.Wait()
			}
			if f, tr := frees.Load(), trims.Load(); f != wantFrees || tr != wantTrims {
				t.Errorf("%s: freed %d times and trimmed %d, want %d and %d", why, f, tr, wantFrees, wantTrims)
			}
		}
		look(6<<20, 2, 0, 0, "busy")
		look(100, 2, 0, 0, "at rest, not for long")
		look(100, 1, 1, 0, "at rest")
		look(100, 9, 1, 0, "at rest already")
		look(100, 1, 2, 1, "a long rest")
		look(100, 100, 2, 1, "longer still")
		look(2<<20, 1, 2, 1, "a little work")
		look(100, 100, 2, 1, "nothing worth giving back")
		look(20<<20, 1, 2, 1, "busy again")
		look(0, 5, 3, 1, "at rest again")
		look(20<<20, 1, 3, 1, "but not for long")
		look(0, 13, 5, 2, "a long rest again")
		cancel()
		<-done
	})
}

func TestAllocatedGrows(t *testing.T) {
	before := allocated()
	kept := make([][]byte, 100)
	for i := range kept {
		kept[i] = make([]byte, 100<<10)
	}
	if after := allocated(); after-before < 10_000_000 {
		t.Errorf("%d bytes after %d, with %d slices", after, before, len(kept))
	}
}
