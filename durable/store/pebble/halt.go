package pebble

import (
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"

	"snug/durable"
)

// halt is how a store stops for good. The engine has no such state: where its
// log fails it expects the process to end on the spot, and goes on to do harm
// (or hangs, holding its locks) where it doesn't. So nobody waits for it
// without also waiting for done, and what would write again waits for ever.
type halt struct {
	once   sync.Once
	done   chan struct{} // closed once err is set
	err    error
	opened atomic.Bool // until then errors are Open's to return
	fatal  func(error)
}

func newHalt(fatal func(error)) *halt {
	if fatal == nil {
		fatal = func(err error) { panic(err) }
	}
	return &halt{done: make(chan struct{}), fatal: fatal}
}

// fail stops the store. Fatal runs on a goroutine of its own, since this one
// may hold the engine's locks and may turn a panic into an error.
func (h *halt) fail(err error) {
	h.once.Do(func() {
		h.err = fmt.Errorf("object store has stopped and must be opened anew: %w", damage(classify(err)))
		close(h.done)
		if h.opened.Load() {
			go h.fatal(h.err)
		}
	})
}

func (h *halt) failed() error {
	select {
	case <-h.done:
		return h.err
	default:
		return nil
	}
}

// park is the end of a goroutine of the engine that must not go on.
func (h *halt) park() { select {} }

// run calls fn and returns its error, or the store's if that fails first; fn
// may then never return.
func (h *halt) run(fn func() error) error {
	done := make(chan error, 1)
	go func() { done <- fn() }()
	select {
	case err := <-done:
		return err
	case <-h.done:
		return h.err
	}
}

// panicError is what was recovered as an error.
func panicError(r any) error {
	if err, ok := r.(error); ok {
		return err
	}
	return fmt.Errorf("%v", r)
}

// classify gives err the name that callers know it by.
func classify(err error) error {
	if vfs.IsNoSpaceError(err) {
		return fmt.Errorf("%w: %w", durable.ErrStorageFull, err)
	}
	return err
}

// retryPause is how long the engine waits after a failed write of a table. It
// would try again at once, for as long as the disk is full.
const retryPause = 50 * time.Millisecond

// haltFS stops the store when a file that can't be written twice fails, and
// lets nothing change on disk once the store has stopped.
type haltFS struct {
	vfs.FS
	halt   *halt
	aio    *aio   // syncs the log; nil: as every file
	unlock func() // lets go of the last Lock; may be called again
}

// vital files are the log, the manifest, and the markers that point at it:
// after an error nobody knows what of them is on disk. A table is written
// anew.
func vital(path string) bool {
	name := path[strings.LastIndexAny(path, `/\`)+1:]
	return strings.HasSuffix(name, ".log") || strings.HasPrefix(name, "MANIFEST-") || strings.HasPrefix(name, "marker.")
}

// change does one act that changes the disk.
func (h *halt) change(isVital bool, act func() error) error {
	if h.failed() != nil {
		h.park()
	}
	err := act()
	if err == nil || !h.opened.Load() {
		return err
	}
	if isVital {
		h.fail(err)
		h.park()
	}
	timer := time.NewTimer(retryPause)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-h.done:
	}
	return err
}

func (f *haltFS) open(path string, act func() (vfs.File, error)) (*haltFile, error) {
	var opened vfs.File
	err := f.halt.change(vital(path), func() (err error) {
		opened, err = act()
		return err
	})
	if err != nil {
		return nil, err
	}
	file := &haltFile{File: opened, halt: f.halt, vital: vital(path)}
	if strings.HasSuffix(path, ".log") {
		file.aio = f.aio
	}
	if strings.HasSuffix(path, ".sst") {
		file.pending = make([]byte, 0, tableBuffer)
	}
	return file, nil
}

// Create makes a file. The engine creates a manifest and the marker that
// points at it under one sync of the directory; where a file system keeps the
// second of two new entries and loses the first, that would be a folder
// without its manifest. So all that is there is made to last before a marker.
func (f *haltFS) Create(path string, c vfs.DiskWriteCategory) (vfs.File, error) {
	if dir := f.PathDir(path); strings.HasPrefix(f.PathBase(path), "marker.") {
		if err := f.syncDir(dir); err != nil {
			return nil, err
		}
	}
	file, err := f.open(path, func() (vfs.File, error) { return f.FS.Create(path, c) })
	if err != nil {
		return nil, err // a nil *haltFile is not a nil File
	}
	if guardPath(f, path) == "" {
		return file, nil
	}
	beside, err := f.open(path, func() (vfs.File, error) { return f.FS.Create(guardPath(f, path), c) })
	if err != nil {
		return nil, errors.Join(err, file.Close())
	}
	file.guard = &guard{file: beside}
	return file, nil
}

// syncDir fails as the marker would that it is done for: the engine takes an error
// for the end of the process, with locks held that readers need.
func (f *haltFS) syncDir(path string) error {
	var dir vfs.File
	err := f.halt.change(true, func() (err error) {
		dir, err = f.OpenDir(path)
		return err
	})
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}

func (f *haltFS) ReuseForWrite(old, path string, c vfs.DiskWriteCategory) (vfs.File, error) {
	file, err := f.open(path, func() (vfs.File, error) { return f.FS.ReuseForWrite(old, path, c) })
	if err != nil {
		return nil, err // a nil *haltFile is not a nil File
	}
	return file, nil
}

// OpenDir opens a directory, whose only use is that it can be synced: what was
// created or renamed in it hangs on that.
func (f *haltFS) OpenDir(path string) (vfs.File, error) {
	dir, err := f.FS.OpenDir(path)
	if err != nil {
		return nil, err
	}
	return &haltFile{File: dir, halt: f.halt, vital: true}, nil
}

func (f *haltFS) Link(old, path string) error {
	return f.halt.change(vital(path), func() error { return f.FS.Link(old, path) })
}

func (f *haltFS) Rename(old, path string) error {
	return f.halt.change(vital(path), func() error { return f.FS.Rename(old, path) })
}

func (f *haltFS) Remove(path string) error {
	return f.halt.change(false, func() error {
		err := f.FS.Remove(path)
		if beside := guardPath(f, path); beside != "" && err == nil {
			_ = f.FS.Remove(beside) // there may be none; one that stays does no harm
		}
		return err
	})
}

func (f *haltFS) RemoveAll(path string) error {
	return f.halt.change(false, func() error { return f.FS.RemoveAll(path) })
}

func (f *haltFS) MkdirAll(path string, perm os.FileMode) error {
	return f.halt.change(false, func() error { return f.FS.MkdirAll(path, perm) })
}

// Lock makes a lock that unlock can take from the engine.
func (f *haltFS) Lock(path string) (io.Closer, error) {
	lock, err := f.FS.Lock(path)
	if err != nil {
		return nil, err
	}
	release := sync.OnceValue(lock.Close)
	f.unlock = func() { _ = release() } // what is left of it ends with the process
	return closerFunc(release), nil
}

type closerFunc func() error

func (f closerFunc) Close() error { return f() }

// Unwrap leads the engine to the file system beneath.
func (f *haltFS) Unwrap() vfs.FS { return f.FS }

type haltFile struct {
	vfs.File
	halt  *halt
	vital bool
	aio   *aio   // or nil
	guard *guard // or nil

	// pending is written with the next sync or when it is full: the engine
	// writes tables by the block, at a call to the system each. Nil where
	// writes aren't gathered.
	pending []byte
}

// tableBuffer in bytes is what a table's writes are gathered to.
const tableBuffer = 128 << 10

func (f *haltFile) Write(p []byte) (n int, err error) {
	if f.pending == nil {
		return f.write(p)
	}
	// Tables are written in the background, but to the scheduler they are as
	// good as commits: with one CPU these would wait for 10 ms.
	runtime.Gosched()
	if len(f.pending)+len(p) > cap(f.pending) {
		if err := f.flush(); err != nil {
			return 0, err
		}
		if len(p) >= cap(f.pending) {
			return f.write(p)
		}
	}
	f.pending = append(f.pending, p...)
	return len(p), nil
}

// flush writes what is pending. The engine gives up a table whose write fails.
func (f *haltFile) flush() error {
	if len(f.pending) == 0 {
		return nil
	}
	p := f.pending
	f.pending = f.pending[:0]
	_, err := f.write(p)
	return err
}

func (f *haltFile) write(p []byte) (n int, err error) {
	if f.guard != nil {
		f.guard.wrote(p) // before the file may change p
	}
	err = f.halt.change(f.vital, func() error {
		n, err = f.File.Write(p)
		return err
	})
	return n, err
}

func (f *haltFile) Sync() error { return f.sync(f.File.Sync) }

func (f *haltFile) SyncData() error { return f.sync(f.dataSync) }

func (f *haltFile) dataSync() error {
	if err := f.aio.dataSync(f.File.Fd()); err != errNoAIO {
		return err
	}
	return f.File.SyncData()
}

func (f *haltFile) sync(act func() error) error {
	if err := f.flush(); err != nil {
		return err
	}
	if err := f.halt.change(f.vital, act); err != nil || f.guard == nil {
		return err
	}
	return f.guard.synced()
}

// Close writes what is pending and closes the guard too.
func (f *haltFile) Close() error {
	err := f.flush()
	if f.vital {
		err = errors.Join(err, f.halt.change(true, f.File.Close))
	} else {
		err = errors.Join(err, f.File.Close())
	}
	if f.guard != nil {
		err = errors.Join(err, f.guard.file.Close())
	}
	return err
}

func (f *haltFile) SyncTo(n int64) (full bool, err error) {
	if err := f.flush(); err != nil {
		return false, err
	}
	err = f.halt.change(f.vital, func() error {
		full, err = f.File.SyncTo(n)
		return err
	})
	return full, err
}
