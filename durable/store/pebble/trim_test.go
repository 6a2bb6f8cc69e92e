package pebble_test

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/vfs/errorfs"

	"snug/durable"
	"snug/durable/store/pebble"
)

// held returns what the engine holds in memory.
func held(t *testing.T, store *pebble.Store) int64 {
	t.Helper()
	n, err := store.HeldBytes(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// put commits one key and returns the record that the next one builds on.
func put(t *testing.T, store *pebble.Store, r durable.Record, key string, value []byte) durable.Record {
	t.Helper()
	errs, err := store.Commit(t.Context(), []durable.Batch{{ID: r.ID, Fence: r.Fence,
		Ops: []durable.Op{{Kind: durable.OpPut, Key: key, Value: value}}}})()
	if err := errors.Join(append(errs, err)...); err != nil {
		t.Fatal(err)
	}
	r.Fence.Head++
	return r
}

// After a Trim the engine holds what a new one does; owners and data stay.
func TestTrim(t *testing.T) {
	store := open(t, "data", pebble.Options{FS: vfs.NewMem()})
	fresh := held(t, store)
	record, err := store.Claim(t.Context(), durable.ID{1}, "class", "")
	if err != nil {
		t.Fatal(err)
	}
	const values = 100
	for i := range values {
		record = put(t, store, record, strconv.Itoa(i), make([]byte, 1<<20))
	}
	if busy := held(t, store); busy < fresh+4<<20 {
		t.Fatalf("%d bytes held by a busy store, %d by a new one: nothing to trim", busy, fresh)
	}
	for trimmed := false; !trimmed; { // until it doesn't compact any more
		if trimmed, err = store.Trim(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if idle := held(t, store); idle > fresh+1<<20 {
		t.Errorf("%d bytes held after a trim, %d by a new store", idle, fresh)
	}
	record = put(t, store, record, "after", []byte("v"))
	n := 0
	err = store.Scan(t.Context(), record.ID, durable.Range{}, func(_, _ []byte) bool { n++; return true })
	if err != nil || n != values+1 {
		t.Errorf("%d keys, %v, want %d", n, err, values+1)
	}
	if again, err := store.Claim(t.Context(), record.ID, "class", ""); err != nil || again.Fence.Head != record.Fence.Head {
		t.Errorf("claim: head %d, %v, want %d", again.Fence.Head, err, record.Fence.Head)
	}
}

// A Scan that runs keeps its state, and may go on using the store.
func TestTrimWithinScan(t *testing.T) {
	store := open(t, "data", pebble.Options{FS: vfs.NewMem()})
	record, err := store.Claim(t.Context(), durable.ID{1}, "class", "")
	if err != nil {
		t.Fatal(err)
	}
	for i := range 3 {
		record = put(t, store, record, strconv.Itoa(i), []byte("v"))
	}
	n := 0
	err = store.Scan(t.Context(), record.ID, durable.Range{}, func(_, _ []byte) bool {
		n++
		if trimmed, err := store.TrimAlways(t.Context()); err != nil || trimmed {
			t.Errorf("trim within a scan: %t, %v", trimmed, err)
		}
		if value, err := store.Get(t.Context(), record.ID, "0"); err != nil || string(value) != "v" {
			t.Errorf("get: %q, %v", value, err)
		}
		return true
	})
	if err != nil || n != 3 {
		t.Errorf("scan: %d keys, %v", n, err)
	}
}

// A Trim that finds the disk full leaves the engine as it is: what is there can be
// read on.
func TestTrimOfAFullDisk(t *testing.T) {
	for _, test := range []struct {
		name string
		free uint64 // bytes that the system says are left
		full func(op errorfs.Op) bool
	}{
		{"told", 1 << 20, func(errorfs.Op) bool { return true }},
		{"tables alone", 1 << 40, func(op errorfs.Op) bool { return strings.HasSuffix(op.Path, ".sst") }},
	} {
		t.Run(test.name, func(t *testing.T) {
			disk := vfs.NewMem()
			disk.TestingSetDiskUsage(vfs.DiskUsage{AvailBytes: 1 << 40, TotalBytes: 1 << 40})
			var full atomic.Bool
			store := open(t, "data", pebble.Options{Fatal: func(err error) { t.Errorf("it has stopped: %v", err) },
				FS: errorfs.Wrap(disk, errorfs.InjectorFunc(func(op errorfs.Op) error {
					if full.Load() && op.Kind.ReadOrWrite() == errorfs.OpIsWrite && test.full(op) {
						return syscall.ENOSPC
					}
					return nil
				}))})
			record, err := store.Claim(t.Context(), durable.ID{1}, "class", "")
			if err != nil {
				t.Fatal(err)
			}
			record = put(t, store, record, "k", []byte("v"))
			disk.TestingSetDiskUsage(vfs.DiskUsage{AvailBytes: test.free, TotalBytes: 1 << 40})
			full.Store(true)
			if trimmed, err := store.TrimAlways(t.Context()); trimmed || err != nil && !errors.Is(err, durable.ErrStorageFull) {
				t.Errorf("trim: %t, %v", trimmed, err)
			}
			if value, err := store.Get(t.Context(), record.ID, "k"); err != nil || string(value) != "v" {
				t.Errorf("get: %q, %v", value, err)
			}
			full.Store(false)
		})
	}
}

// Calls of all kinds go on while the store is trimmed over and over.
func TestTrimConcurrently(t *testing.T) {
	store := open(t, "data", pebble.Options{FS: vfs.NewMem()})
	var over atomic.Bool
	var owners, others sync.WaitGroup
	for i := range 4 {
		owners.Go(func() {
			record, err := store.Claim(t.Context(), durable.ID{byte(i)}, "class", "")
			for n := 0; n < 200 && err == nil; n++ {
				var errs []error
				errs, err = store.Commit(t.Context(), []durable.Batch{{ID: record.ID, Fence: record.Fence,
					Ops: []durable.Op{{Kind: durable.OpPut, Key: "k", Value: fmt.Append(nil, n)}}}})()
				err = errors.Join(append(errs, err)...)
				record.Fence.Head++
				if err == nil {
					var value []byte
					if value, err = store.Get(t.Context(), record.ID, "k"); string(value) != strconv.Itoa(n) {
						t.Errorf("get after commit %d: %q, %v", n, value, err)
					}
				}
			}
			if err != nil {
				t.Error(err)
			}
		})
	}
	others.Go(func() {
		times := 0
		for !over.Load() {
			trimmed, err := store.TrimAlways(t.Context())
			if err != nil {
				t.Error(err)
				return
			}
			if trimmed {
				times++
			}
		}
		if times == 0 {
			t.Error("never trimmed")
		}
	})
	owners.Wait()
	over.Store(true)
	others.Wait()
}
