package pebble_test

import (
	"strings"
	"sync"
	"testing"

	lsm "github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/vfs/errorfs"

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
	var syncs gate
	disk, inMemory := o.FS.(*vfs.MemFS)
	if inMemory {
		o.FS = syncs.wrap(disk)
	}
	h := durabletest.Harness{Store: open(t), Reopen: func(t testing.TB) durable.Store {
		t.Helper()
		if err := store.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
		return open(t)
	}}
	if inMemory {
		h.Crash = func(t testing.TB) durable.Store {
			t.Helper()
			disk = disk.CrashClone(vfs.CrashCloneCfg{})
			syncs.release()
			if err := store.Close(); err != nil {
				t.Errorf("close: %v", err)
			}
			o.FS = syncs.wrap(disk)
			return open(t)
		}
		h.HoldSync = func(testing.TB) func() {
			syncs.hold()
			return syncs.release
		}
	}
	t.Cleanup(func() {
		syncs.release()
		if err := store.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return h
}

// gate holds the syncs of logs.
type gate struct {
	mu     sync.Mutex
	opened chan struct{} // closed by release; nil: nothing is held
}

func (g *gate) hold() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.opened = make(chan struct{})
}

func (g *gate) release() {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.opened != nil {
		close(g.opened)
		g.opened = nil
	}
}

func (g *gate) wrap(disk vfs.FS) vfs.FS {
	return errorfs.Wrap(twoSteps{disk}, errorfs.InjectorFunc(func(op errorfs.Op) error {
		if !isSync(op.Kind) || !strings.HasSuffix(op.Path, ".log") {
			return nil
		}
		g.mu.Lock()
		opened := g.opened
		g.mu.Unlock()
		if opened != nil {
			<-opened
		}
		return nil
	}))
}

func isSync(kind errorfs.OpKind) bool {
	return kind == errorfs.OpFileSync || kind == errorfs.OpFileSyncData || kind == errorfs.OpFileSyncTo
}
