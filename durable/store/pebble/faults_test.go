package pebble_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/vfs/errorfs"

	"snug/durable"
	"snug/durable/store/pebble"
)

// patience ends a test whose store hangs.
const patience = time.Minute

// fault fails the number-th operation of its kind, and all after it if stays.
type fault struct {
	kind   errorfs.OpReadWrite
	number int64
	stays  bool
	err    error
}

func (f fault) String() string {
	return fmt.Sprintf("%s %d fails (stays: %t): %v", f.kind, f.number, f.stays, f.err)
}

func (f fault) wrap(disk vfs.FS) (_ vfs.FS, met *atomic.Bool) {
	met = new(atomic.Bool)
	var n atomic.Int64
	return errorfs.Wrap(twoSteps{disk}, errorfs.InjectorFunc(func(op errorfs.Op) error {
		if op.Kind.ReadOrWrite() != f.kind {
			return nil
		}
		if n := n.Add(1); n == f.number || f.stays && n > f.number {
			met.Store(true)
			return &fs.PathError{Op: fmt.Sprint(op.Kind), Path: op.Path, Err: f.err}
		}
		return nil
	})), met
}

// TestFaultAnywhere fails each operation on files of a workload, one at a run.
// Whatever comes of it: no call hangs, no answer is wrong, and nothing that
// was acked is lost.
func TestFaultAnywhere(t *testing.T) {
	seed := seedOf(t)
	for _, test := range []struct {
		name  string
		fault fault
	}{
		{"Write", fault{kind: errorfs.OpIsWrite, err: syscall.EIO}},
		{"WriteStays", fault{kind: errorfs.OpIsWrite, stays: true, err: syscall.ENOSPC}},
		{"Read", fault{kind: errorfs.OpIsRead, err: syscall.EIO}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			met := true
			f := test.fault
			for met && !t.Failed() {
				f.number++
				met = faultyRun(t, f, seed)
			}
			t.Logf("%d operations", f.number-1)
		})
	}
}

// faultyRun reports whether the workload came to the fault.
func faultyRun(t *testing.T, f fault, seed uint64) bool {
	disk := vfs.NewCrashableMem()
	faulty, met := f.wrap(disk)
	w := newWorkload(2)
	done := make(chan error, 1)
	go func() {
		store, err := pebble.OpenTuned("data", pebble.Options{FS: faulty, Fatal: func(error) {}}, tiny)
		if err != nil {
			done <- err
			return
		}
		err = w.run(store, seed, 15)
		if stopped := store.Halted(); stopped != nil {
			_, err2 := store.Get(t.Context(), durable.ID{}, "k")
			if !errors.Is(err2, stopped) {
				t.Errorf("%v: get %v in a store that has stopped: %v", f, err2, stopped)
			}
		}
		done <- errors.Join(err, store.Close())
	}()
	select {
	case err := <-done:
		if errors.Is(err, errWrong) {
			t.Errorf("%v: %v", f, err)
		}
		if f.err == syscall.ENOSPC && err != nil && !errors.Is(err, durable.ErrStorageFull) {
			t.Errorf("%v: %v, want durable.ErrStorageFull", f, err)
		}
	case <-time.After(patience):
		stacks := make([]byte, 1<<20)
		t.Fatalf("%v: it hangs\n%s", f, stacks[:runtime.Stack(stacks, true)])
	}
	for _, percent := range []int{0, 100} {
		at := w.after(w.before())
		crashed := disk.CrashClone(vfs.CrashCloneCfg{UnsyncedDataPercent: percent, RNG: rand.New(rand.NewPCG(seed, 5))})
		if err := w.check(pebble.Options{FS: crashed}, at, func(durable.Fence) {}); err != nil {
			t.Errorf("%v: then: %v", f, err)
		}
	}
	return met.Load()
}

// A log that can't be synced stops the store: Fatal is told, once, and every
// call then says why. What was acked is there after a restart.
func TestLogFailureStopsStore(t *testing.T) {
	disk := vfs.NewCrashableMem()
	var broken atomic.Bool
	faulty := errorfs.Wrap(twoSteps{disk}, errorfs.InjectorFunc(func(op errorfs.Op) error {
		isSync := op.Kind == errorfs.OpFileSync || op.Kind == errorfs.OpFileSyncData
		if broken.Load() && isSync && strings.HasSuffix(op.Path, ".log") {
			return &fs.PathError{Op: "sync", Path: op.Path, Err: syscall.EIO}
		}
		return nil
	}))
	fatal := make(chan error, 2)
	store, err := pebble.Open("data", pebble.Options{FS: faulty, Fatal: func(err error) { fatal <- err }})
	if err != nil {
		t.Fatal(err)
	}
	record, err := store.Claim(t.Context(), durable.ID{1}, "class", "")
	if err != nil {
		t.Fatal(err)
	}
	put := func(value string) error {
		errs, err := store.Commit(t.Context(), []durable.Batch{{ID: record.ID, Fence: record.Fence,
			Ops: []durable.Op{{Kind: durable.OpPut, Key: "k", Value: []byte(value)}}}})()
		record.Fence.Head++
		return errors.Join(append(errs, err)...)
	}
	if err := put("acked"); err != nil {
		t.Fatal(err)
	}
	broken.Store(true)
	if err := put("lost"); !errors.Is(err, syscall.EIO) {
		t.Fatalf("commit: %v, want EIO", err)
	}
	if err := <-fatal; !errors.Is(err, syscall.EIO) {
		t.Errorf("fatal: %v, want EIO", err)
	}
	broken.Store(false) // a disk that seems well again is not believed
	if err := put("lost too"); !errors.Is(err, syscall.EIO) {
		t.Errorf("commit after that: %v, want EIO", err)
	}
	if _, err := store.Claim(t.Context(), record.ID, "class", ""); !errors.Is(err, syscall.EIO) {
		t.Errorf("claim: %v, want EIO", err)
	}
	if _, err := store.Get(t.Context(), record.ID, "k"); !errors.Is(err, syscall.EIO) {
		t.Errorf("get: %v, want EIO", err)
	}
	if err := store.Close(); !errors.Is(err, syscall.EIO) {
		t.Errorf("close: %v, want EIO", err)
	}
	select {
	case err := <-fatal:
		t.Errorf("fatal again: %v", err)
	default:
	}

	store, err = pebble.Open("data", pebble.Options{FS: disk.CrashClone(vfs.CrashCloneCfg{})})
	if err != nil {
		t.Fatal(err)
	}
	if value, err := store.Get(t.Context(), record.ID, "k"); err != nil || string(value) != "acked" {
		t.Errorf("get after a restart: %q, %v", value, err)
	}
	if err := store.Close(); err != nil {
		t.Error(err)
	}
}

// A disk that hangs doesn't hang those who have set themselves a limit. Once it
// goes on, what was in flight is there.
func TestDiskHangs(t *testing.T) {
	var hangs atomic.Bool
	entered, release := make(chan struct{}, 1), make(chan struct{})
	faulty := errorfs.Wrap(vfs.NewMem(), errorfs.InjectorFunc(func(op errorfs.Op) error {
		isSync := op.Kind == errorfs.OpFileSync || op.Kind == errorfs.OpFileSyncData
		if hangs.Load() && isSync && strings.HasSuffix(op.Path, ".log") {
			entered <- struct{}{}
			<-release
		}
		return nil
	}))
	store := open(t, "data", pebble.Options{FS: faulty})
	put := func(ctx context.Context, id durable.ID, record durable.Record) error {
		errs, err := store.Commit(ctx, []durable.Batch{{ID: id, Fence: record.Fence,
			Ops: []durable.Op{{Kind: durable.OpPut, Key: "k", Value: []byte("v")}}}})()
		return errors.Join(append(errs, err)...)
	}
	ids := []durable.ID{{1}, {2}}
	var records []durable.Record
	for _, id := range ids {
		record, err := store.Claim(t.Context(), id, "class", "")
		if err != nil {
			t.Fatal(err)
		}
		records = append(records, record)
	}
	hangs.Store(true)
	ctx, cancel := context.WithCancel(t.Context())
	first := make(chan error, 1)
	go func() { first <- put(ctx, ids[0], records[0]) }()
	<-entered
	second := make(chan error, 1)
	go func() { second <- put(ctx, ids[1], records[1]) }()
	cancel()
	for _, done := range []chan error{first, second} {
		if err := <-done; !errors.Is(err, context.Canceled) {
			t.Errorf("commit: %v, want the context's error", err)
		}
	}
	if value, err := store.Get(t.Context(), ids[0], "k"); err != nil || value != nil {
		t.Errorf("get of what the disk doesn't have yet: %q, %v", value, err)
	}
	hangs.Store(false)
	close(release)
	for i, id := range ids {
		record, err := store.Claim(t.Context(), id, "class", "")
		if err != nil {
			t.Fatal(err)
		}
		value, err := store.Get(t.Context(), id, "k")
		if err != nil || record.Fence.Head != uint64(len(value)) || i == 0 && len(value) == 0 {
			t.Errorf("object %d: head %d, value %q, %v", i+1, record.Fence.Head, value, err)
		}
	}
}

// A Claim costs no sync if all before it is on disk.
func TestClaimDoesNotSync(t *testing.T) {
	var syncs atomic.Int64
	counting := errorfs.Wrap(vfs.NewMem(), errorfs.InjectorFunc(func(op errorfs.Op) error {
		if isSync(op.Kind) {
			syncs.Add(1)
		}
		return nil
	}))
	store := open(t, "data", pebble.Options{FS: counting})
	record, err := store.Claim(t.Context(), durable.ID{1}, "class", "")
	if err != nil {
		t.Fatal(err)
	}
	_, err = store.Commit(t.Context(), []durable.Batch{{ID: record.ID, Fence: record.Fence,
		Ops: []durable.Op{{Kind: durable.OpPut, Key: "k"}}}})()
	if err != nil {
		t.Fatal(err)
	}
	before := syncs.Load()
	for i := range 100 {
		if _, err := store.Claim(t.Context(), durable.ID{byte(i)}, "class", ""); err != nil {
			t.Fatal(err)
		}
	}
	if n := syncs.Load() - before; n != 0 {
		t.Errorf("%d syncs for 100 claims", n)
	}
}

// Who doesn't say what Fatal does gets a process that ends and says why.
func TestLogFailurePanics(t *testing.T) {
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), "PEBBLE_TEST_FATAL=1")
	out, err := cmd.CombinedOutput()
	if err == nil || !strings.Contains(string(out), "panic: object store has stopped and must be opened anew: ") ||
		!strings.Contains(string(out), syscall.EIO.Error()) {
		t.Errorf("%v: %s", err, out)
	}
}

// failFatally is what TestLogFailurePanics runs.
func failFatally() {
	f := fault{kind: errorfs.OpIsWrite, number: 100, stays: true, err: syscall.EIO}
	faulty, _ := f.wrap(vfs.NewMem())
	store, err := pebble.OpenTuned("data", pebble.Options{FS: faulty}, tiny)
	if err == nil {
		err = newWorkload(2).run(store, 1, 1000)
	}
	fmt.Println("it goes on:", err)
	select {} // until the panic
}
