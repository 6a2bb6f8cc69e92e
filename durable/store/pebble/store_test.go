package pebble_test

import (
	"testing"

	lsm "github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"

	"snug/durable"
	"snug/durable/durabletest"
	"snug/durable/store/pebble"
)

func TestStoreOnDisk(t *testing.T) {
	durabletest.TestStore(t, func(t testing.TB) durabletest.Harness {
		return harness(t, t.TempDir(), pebble.Options{}, nil)
	})
}

// In memory the suite can crash the machine: what isn't synced is lost.
func TestStoreInMemory(t *testing.T) {
	durabletest.TestStore(t, func(t testing.TB) durabletest.Harness {
		return harness(t, "data", pebble.Options{FS: vfs.NewCrashableMem()}, nil)
	})
}

// With everything small the tree flushes and compacts under the suite.
func TestStoreTiny(t *testing.T) {
	durabletest.TestStore(t, func(t testing.TB) durabletest.Harness {
		return harness(t, "data", pebble.Options{FS: vfs.NewCrashableMem()}, tiny)
	})
}

func tiny(o *lsm.Options) {
	o.MemTableSize = 32 << 10
	o.L0CompactionThreshold = 1
	o.LBaseMaxBytes = 64 << 10
	o.MaxManifestFileSize = 256
	for i := range o.TargetFileSizes {
		o.TargetFileSizes[i] = 16 << 10
	}
}

func harness(t testing.TB, dir string, o pebble.Options, tune func(*lsm.Options)) durabletest.Harness {
	var store *pebble.Store
	open := func(t testing.TB) durable.Store {
		t.Helper()
		var err error
		if store, err = pebble.OpenTuned(dir, o, tune); err != nil {
			t.Fatal(err)
		}
		return store
	}
	h := durabletest.Harness{Store: open(t), Reopen: func(t testing.TB) durable.Store {
		t.Helper()
		if err := store.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
		return open(t)
	}}
	if disk, ok := o.FS.(*vfs.MemFS); ok {
		h.Crash = func(t testing.TB) durable.Store {
			t.Helper()
			crashed := disk.CrashClone(vfs.CrashCloneCfg{})
			if err := store.Close(); err != nil {
				t.Errorf("close: %v", err)
			}
			disk, o.FS = crashed, crashed
			return open(t)
		}
	}
	t.Cleanup(func() {
		if err := store.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return h
}
