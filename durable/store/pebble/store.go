package pebble

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	lsm "github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/bloom"
	"github.com/cockroachdb/pebble/v2/vfs"

	"snug/durable"
)

var _ durable.Store = (*Store)(nil)

// What Open refuses a folder for, beside durable.ErrStorageFull and the file
// system's own errors. ErrDamaged is also wrapped by calls that come upon
// damage later.
var (
	ErrLocked  = errors.New("another process uses this folder: stop it first, or choose another folder")
	ErrDamaged = errors.New("the data is damaged: restore the last backup of all that the server keeps")
	ErrNewer   = errors.New("the data was written by a newer version of this program: use that one")
)

// Options of a Store. The zero value is fit for everything from a small board
// to a server.
type Options struct {
	// MinFree is how many bytes must be free on the disk for a commit to be
	// taken; 0 is 64 MiB, less than 0 is no such limit.
	MinFree int64
	// CacheSize in bytes is how much data is kept in memory: what was read from
	// disk, and what waits to be brought into tables, which has precedence. 0
	// is 64 MiB.
	CacheSize int64
	// Fatal is called, once, when the store has stopped because it can't know
	// any more what is on disk. The process should end; nil panics.
	Fatal func(error)
	// Logger gets what the engine has to say: warnings, and at debug level its
	// background jobs. Never keys or values. Nil discards it.
	Logger *slog.Logger
	// FS is for tests; nil is the file system of the machine.
	FS vfs.FS
}

const (
	defaultMinFree   = 64 << 20
	defaultCacheSize = 64 << 20

	// engineFormat can be raised, never lowered. It has sync chunks in the
	// log, which tell a damaged one from one that just ends, and checksums in
	// the footers of tables.
	engineFormat = lsm.FormatTableFormatV6
	// memTableSize is what a small board can spare twice while it is busy (the
	// first tables are smaller). Twice the size saves some 15 % of the CPU time
	// of a commit, in compactions.
	memTableSize = 16 << 20
	// blockSize has some 25 messages: reading a page of them takes few blocks.
	blockSize = 8 << 10
	// maxOpenFiles leaves most of the usual limit of 1,024 to sockets.
	maxOpenFiles = 256
	// deletedFor is how long what a range deletion removed may stay on disk
	// before it is flushed for that reason alone.
	deletedFor = time.Minute
	// closeFlush bounds the flush at Close, which only makes the next Open
	// faster.
	closeFlush = 5 * time.Second
)

// Store keeps objects in one folder; see the package comment. It implements
// durable.Store.
type Store struct {
	db     *lsm.DB // changed by the writer's goroutines, see reopen
	disk   *haltFS
	lock   *lsm.Lock
	halt   *halt
	report *reporter
	space  *space
	writer *writer
	views  *views

	dir     string
	options func() *lsm.Options // new ones each time

	mu      sync.Mutex
	closed  bool
	running sync.WaitGroup // calls; none begins once closed is set
}

// Open opens the folder, which is made if it isn't there, and takes hold of it
// until Close. The errors say which folder and what can be done.
func Open(dir string, o Options) (*Store, error) {
	return openTuned(dir, o, nil)
}

// openTuned lets tests shrink the engine's sizes, so that little data sees all
// that much data sees.
func openTuned(dir string, o Options, tune func(*lsm.Options)) (*Store, error) {
	s := &Store{halt: newHalt(o.Fatal)}
	s.report = newReporter(o.Logger, s.halt)
	fresh, err := s.open(dir, o, tune)
	if err != nil {
		s.unlock()
		return nil, fmt.Errorf("open object store %s: %w", dir, classify(err))
	}
	s.halt.opened.Store(true)
	if fresh {
		// The first log was begun in the engine's oldest format, without sync chunks: the
		// next one has them. Where it can't be made the store says so at the next call.
		_ = s.halt.run(func() error { s.flush(); return nil })
	}
	go s.writer.run()
	go s.writer.land()
	go s.views.run(s.writer.stopped)
	return s, nil
}

func (s *Store) open(dir string, o Options, tune func(*lsm.Options)) (fresh bool, err error) {
	disk := o.FS
	if disk == nil {
		disk = vfs.Default
	}
	if err := disk.MkdirAll(dir, 0o700); err != nil {
		return false, err
	}
	if o.FS == nil { // one folder has one lock, whichever way it was named
		full, err := filepath.Abs(dir)
		if err == nil {
			full, err = filepath.EvalSymlinks(full)
		}
		if err != nil {
			return false, err
		}
		dir = full
	}
	s.space = newSpace(disk, dir, o.MinFree)
	s.disk = &haltFS{FS: disk, halt: s.halt}
	if o.FS == nil {
		s.disk.aio = newAIO()
	}
	lock, err := lsm.LockDirectory(dir, s.disk)
	if err != nil {
		return false, lockError(err)
	}
	s.lock = lock
	if err := s.space.check(claimShare); err != nil {
		return false, err
	}
	fresh, err = checkFolder(disk, dir)
	if err != nil {
		return false, err
	}
	s.options = func() *lsm.Options {
		opts := engineOptions(o, s.disk, s.report)
		opts.Lock = lock
		if tune != nil {
			tune(opts)
		}
		return opts
	}
	s.dir = dir
	var boot uint64
	err = s.halt.run(func() (err error) {
		if err = s.openEngine(); err != nil {
			return err
		}
		if boot, err = raiseBoot(s.db); err != nil {
			return errors.Join(damage(err), s.db.Close())
		}
		return nil
	})
	if err != nil {
		return false, err
	}
	s.views = newViews(s.halt)
	s.views.publish(newView(s.db))
	s.writer = newWriter(s, boot)
	return fresh, nil
}

func (s *Store) openEngine() (err error) {
	// What the engine doesn't expect of a file it reports by a panic.
	defer func() {
		if r := recover(); r != nil {
			err = unreadable(panicError(r))
		}
	}()
	if s.db, err = lsm.Open(s.dir, s.options()); err != nil {
		return unreadable(err)
	}
	return nil
}

func engineOptions(o Options, disk vfs.FS, report *reporter) *lsm.Options {
	if o.CacheSize <= 0 {
		o.CacheSize = defaultCacheSize
	}
	comparer := *lsm.DefaultComparer
	comparer.FormatKey = func(key []byte) fmt.Formatter { return redacted(len(key)) }
	opts := &lsm.Options{
		Comparer:              &comparer,
		CacheSize:             o.CacheSize,
		FormatMajorVersion:    engineFormat,
		FS:                    disk,
		Logger:                report,
		EventListener:         report.events(),
		MaxOpenFiles:          maxOpenFiles,
		MemTableSize:          memTableSize,
		FlushDelayDeleteRange: deletedFor,
		// Slow reads are better than commits that wait, and somewhat slower
		// ones than a rewrite of the next level for each two flushes.
		L0CompactionThreshold: 8,
		L0StopWritesThreshold: 64,
	}
	for i := range opts.Levels {
		opts.Levels[i].BlockSize = blockSize
		opts.Levels[i].FilterPolicy = bloom.FilterPolicy(10)
	}
	if o.FS == nil {
		opts.WithFSDefaults() // reports slow disks
	}
	return opts
}

// redacted stands for a key in what the engine logs.
type redacted int

func (n redacted) Format(s fmt.State, _ rune) { fmt.Fprintf(s, "<key of %d bytes>", int(n)) }

// lockError tells that the lock is held from that there can be none: a lock
// that is held is a bare system error (or text), one that can't be made has
// the file's name.
func lockError(err error) error {
	var path *fs.PathError
	if errors.As(err, &path) || vfs.IsNoSpaceError(err) {
		return err
	}
	return fmt.Errorf("%w (%w)", ErrLocked, err)
}

// checkFolder refuses a folder of a newer engine, one whose manifest is
// damaged, and one that has data but has lost the marker that says which
// manifest holds: the engine would begin anew and delete the rest. fresh tells that
// there is nothing yet.
func checkFolder(disk vfs.FS, dir string) (fresh bool, err error) {
	names, err := disk.List(dir)
	if err != nil {
		return false, err
	}
	data := ""
	for _, name := range names {
		if rest, ok := strings.CutPrefix(name, "marker.format-version."); ok { // number.format
			_, text, _ := strings.Cut(rest, ".")
			if format, err := strconv.ParseUint(text, 10, 64); err == nil && format > uint64(engineFormat) {
				return false, fmt.Errorf("%w (engine format %d, this one knows %d)", ErrNewer, format, engineFormat)
			}
		}
		if strings.HasSuffix(name, ".sst") || strings.HasSuffix(name, ".log") {
			data = name
		}
	}
	desc, err := lsm.Peek(dir, disk)
	if err != nil {
		return false, unreadable(err)
	}
	if !desc.Exists && data != "" {
		return false, fmt.Errorf("%w (%s is there, but no manifest)", ErrDamaged, data)
	}
	if desc.Exists {
		return false, checkManifest(disk, desc.ManifestFilename)
	}
	return true, nil
}

// raiseBoot counts this opening, and makes a new tree ours.
func raiseBoot(db *lsm.DB) (uint64, error) {
	format, isOld, err := readMeta(db, "format")
	if err != nil {
		return 0, err
	}
	boot, hasBoot, err := readMeta(db, "boot")
	switch {
	case err != nil:
		return 0, err
	case format > formatVersion:
		return 0, fmt.Errorf("%w (format %d, this one knows %d)", ErrNewer, format, formatVersion)
	case isOld != hasBoot:
		return 0, fmt.Errorf("%w (no boot counter or no format)", ErrDamaged)
	case !isOld:
		if err := checkEmpty(db); err != nil {
			return 0, err
		}
	case boot >= 1<<32-1:
		return 0, fmt.Errorf("%w (boot counter is %d)", ErrDamaged, boot)
	}
	boot++
	b := db.NewBatch()
	_ = b.Set(metaKey("format"), binary.BigEndian.AppendUint64(nil, formatVersion), nil)
	_ = b.Set(metaKey("boot"), binary.BigEndian.AppendUint64(nil, boot), nil)
	return boot, b.Commit(lsm.Sync)
}

func readMeta(db *lsm.DB, name string) (n uint64, ok bool, err error) {
	value, closer, err := db.Get(metaKey(name))
	if errors.Is(err, lsm.ErrNotFound) {
		return 0, false, nil
	}
	if err != nil {
		return 0, false, err
	}
	defer closer.Close()
	if len(value) != 8 {
		return 0, false, fmt.Errorf("%w (%s of %d bytes)", ErrDamaged, name, len(value))
	}
	return binary.BigEndian.Uint64(value), true, nil
}

func checkEmpty(db *lsm.DB) error {
	it, err := db.NewIter(nil)
	if err != nil {
		return err
	}
	found := it.First()
	if err := it.Close(); err != nil {
		return err
	}
	if found {
		return fmt.Errorf("%w (it has data, but not this program's)", ErrDamaged)
	}
	return nil
}

// damage names what the engine reports as corruption.
func damage(err error) error {
	if errors.Is(err, ErrDamaged) || !lsm.IsCorruptionError(err) && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return fmt.Errorf("%w (%w)", ErrDamaged, oneLine{err})
}

// oneLine is an error of the engine without the details that it may carry.
type oneLine struct{ error }

func (e oneLine) Error() string {
	text, _, _ := strings.Cut(e.error.Error(), "\n")
	return text
}

func (e oneLine) Unwrap() error { return e.error }

// unreadable names why the engine can't open the folder: unless the system
// refused something, the files aren't what they must be.
func unreadable(err error) error {
	var errno syscall.Errno
	if errors.As(err, &errno) && !errors.Is(err, fs.ErrNotExist) || errors.Is(err, ErrDamaged) {
		return err
	}
	return fmt.Errorf("%w (%w)", ErrDamaged, oneLine{err})
}

// begin admits a call; the caller must end it.
func (s *Store) begin() error {
	if err := s.halt.failed(); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return fmt.Errorf("object store: %w", fs.ErrClosed)
	}
	s.running.Add(1)
	return nil
}

func (s *Store) end() { s.running.Done() }

// Metrics returns the engine's state as text, for people.
func (s *Store) Metrics() string {
	m, err := s.metrics(context.Background())
	if err != nil { // it has stopped
		return ""
	}
	return m.String()
}

// Close waits for running calls, brings what is in memory into tables and lets
// go of the folder. A second Close does nothing.
func (s *Store) Close() error {
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		return nil
	}
	s.closed = true
	s.mu.Unlock()

	s.running.Wait()
	close(s.writer.queue)
	err := s.halt.run(func() error {
		<-s.writer.stopped
		if err := s.halt.failed(); err != nil {
			return err // there may be no engine any more
		}
		s.views.detach() // there are no readers any more
		s.flush()
		return s.db.Close()
	})
	s.unlock()
	if err != nil {
		return fmt.Errorf("close object store: %w", damage(classify(err)))
	}
	return nil
}

// flush leaves an empty log behind, unless that takes too long or fails: the
// log has everything too.
func (s *Store) flush() (done bool) {
	select {
	case <-s.report.failed: // of long ago
	default:
	}
	flushed, err := s.db.AsyncFlush()
	if err != nil {
		return false
	}
	timer := time.NewTimer(closeFlush)
	defer timer.Stop()
	select {
	case <-flushed:
		return true
	case <-s.report.failed:
	case <-timer.C:
	}
	return false
}

// unlock lets go of the folder, which an engine that was given up would hold
// on to.
func (s *Store) unlock() {
	if s.lock != nil {
		_ = s.lock.Close() // what is left of it ends with the process
		s.disk.unlock()
	}
	if s.disk != nil && s.halt.failed() == nil { // which may be because the disk hangs
		s.disk.aio.close()
	}
}
