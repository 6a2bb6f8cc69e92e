package pebble_test

import (
	"fmt"
	"math/rand/v2"
	"path"
	"strings"
	"sync"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/vfs/errorfs"

	"snug/durable"
	"snug/durable/store/pebble"
)

// twoSteps reuses a file by its two steps. MemFS does so under a read lock that
// it then takes again, and so hangs for ever where a CrashClone has begun to
// wait for the write lock between the two.
type twoSteps struct{ vfs.FS }

func (f twoSteps) ReuseForWrite(old, path string, c vfs.DiskWriteCategory) (vfs.File, error) {
	if err := f.Rename(old, path); err != nil {
		return nil, err
	}
	return f.OpenReadWrite(path, c)
}

// before calls fn ahead of everything that changes what is on disk.
func before(disk vfs.FS, fn func(op errorfs.Op)) vfs.FS {
	return errorfs.Wrap(twoSteps{disk}, errorfs.InjectorFunc(func(op errorfs.Op) error {
		if op.Kind.ReadOrWrite() == errorfs.OpIsWrite {
			fn(op)
		}
		return nil
	}))
}

// cut returns what the disk has after a power cut: what was synced, and of the
// rest nothing, all or some.
func cut(disk *vfs.MemFS, rng *rand.Rand) *vfs.MemFS {
	percent := []int{0, 100, 1 + rng.IntN(99)}[rng.IntN(3)]
	return disk.CrashClone(vfs.CrashCloneCfg{UnsyncedDataPercent: percent, RNG: rng})
}

// TestPowerCutAnywhere cuts the power before each write, sync, creation,
// renaming and removal of a workload that flushes, compacts and changes logs
// and manifests, and once more while the store recovers from that.
func TestPowerCutAnywhere(t *testing.T) {
	seed := seedOf(t)
	disk := vfs.NewCrashableMem()
	w := newWorkload(3)
	var mu sync.Mutex
	rng := rand.New(rand.NewPCG(seed, 77))
	cuts := 0
	created := make(map[string]int) // by the kind of file
	o := pebble.Options{FS: before(disk, func(op errorfs.Op) {
		mu.Lock()
		defer mu.Unlock()
		if t.Failed() {
			return
		}
		cuts++
		if op.Kind == errorfs.OpCreate || op.Kind == errorfs.OpReuseForWrite {
			name := path.Base(op.Path)
			created[strings.Trim(name, "0123456789")]++
		}
		at := w.before()
		crashed := cut(disk, rng)
		at = w.after(at)
		if err := w.cutAgain(crashed, at, rng); err != nil {
			t.Errorf("cut %d, before %d of %s: %v", cuts, op.Kind, op.Path, err)
		}
	})}
	store, err := pebble.OpenTuned("data", o, tiny)
	if err != nil {
		t.Fatal(err)
	}
	if err := w.run(store, seed, 40); err != nil {
		t.Error(err)
	}
	if err := store.Close(); err != nil {
		t.Error(err)
	}
	t.Logf("%d cuts, files created: %v", cuts, created)
	if created["MANIFEST-"] < 3 || created[".log"] < 3 || created[".sst"] < 3 {
		t.Error("the workload is too small to see all that a store does")
	}
	if err := w.cutAgain(cut(disk, rng), w.after(w.before()), rng); err != nil {
		t.Errorf("after the end: %v", err)
	}
}

// cutAgain checks what a power cut left, cuts once more somewhere in the life
// that follows, and checks that.
func (w *workload) cutAgain(crashed *vfs.MemFS, at instant, rng *rand.Rand) error {
	var mu sync.Mutex
	var again *vfs.MemFS
	second, left := at, 1+rng.IntN(60)
	issued := at.issued.clone()
	err := w.check(pebble.Options{FS: before(crashed, func(errorfs.Op) {
		mu.Lock()
		defer mu.Unlock()
		if left--; left == 0 {
			second.issued = issued.clone()
			again = cut(crashed, rng)
		}
	})}, at, func(f durable.Fence) {
		mu.Lock()
		defer mu.Unlock()
		issued.add(f)
	})
	mu.Lock()
	defer mu.Unlock()
	left = 0
	if err != nil || again == nil {
		return err
	}
	if err := w.check(pebble.Options{FS: again}, second, func(durable.Fence) {}); err != nil {
		return fmt.Errorf("cut again: %w", err)
	}
	return nil
}
