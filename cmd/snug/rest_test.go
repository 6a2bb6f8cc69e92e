package main

import (
	"context"
	"testing"
	"testing/synctest"
	"time"
)

// Memory is given back once after each busy time, and never during one; the store's
// only in a long rest.
func TestRest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var bytes uint64
		tries, trims, frees := 0, 0, 0
		r := &rest{
			drop: func() {},
			trim: func(context.Context) bool {
				bytes += 3 << 20
				if tries++; tries%2 == 1 {
					return false // it is at work
				}
				trims++
				return true
			},
			free: func() { frees++; bytes += 4 << 20 },
			read: func() uint64 { return bytes },
		}
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() {
			defer close(done)
			r.run(ctx)
		}()
		look := func(allocated uint64, looks, wantFrees, wantTrims int, why string) {
			t.Helper()
			for range looks {
				bytes += allocated
				time.Sleep(restEvery)
				synctest.Wait()
			}
			if frees != wantFrees || trims != wantTrims {
				t.Errorf("%s: freed %d times and trimmed %d, want %d and %d", why, frees, trims, wantFrees, wantTrims)
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
