package db

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"time"

	_ "modernc.org/sqlite" // the driver "sqlite"
)

const (
	// busyTimeout is how long a transaction waits for another process that has
	// the file open (a backup, a shell) before it gives up with ErrBusy.
	busyTimeout = 5 * time.Second
	// walLimit is what the log is cut back to after a checkpoint, so that one
	// big import doesn't keep its peak on the disk for ever.
	walLimit = 64 << 20
	// checkLimit is the size up to which the whole file is checked when it is
	// opened; reading more would make a start slow.
	checkLimit = 256 << 20
	// minVersion is the first SQLite without a known bug of the write-ahead log
	// that could lose commits.
	minVersion = "3.51.3"
)

// DB is an open database. Its methods may be called concurrently.
type DB struct {
	writer *sql.DB
	reader *sql.DB

	failOnce sync.Once
	failed   chan struct{} // closed when a sync failed
}

// Open opens the database file at path, makes it if it isn't there (its folder
// must be), and brings its schema up to date. A file that can't be used gives an
// *[OpenError].
func Open(ctx context.Context, path string) (*DB, error) {
	return open(ctx, path, busyTimeout, embedded())
}

// OpenOther does so for a file with another schema than the program's own: that of
// the migrations in files, a folder of that name with what Open's looks like.
func OpenOther(ctx context.Context, path string, files fs.FS) (*DB, error) {
	return open(ctx, path, busyTimeout, migrations(files))
}

func open(ctx context.Context, path string, busy time.Duration, steps []migration) (*DB, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, fmt.Errorf("find database %s: %w", path, err)
	}
	if err := create(path); err != nil {
		return nil, openError(path, err)
	}
	d := &DB{failed: make(chan struct{})}
	if d.writer, err = pool(path, busy, 1, "_txlock=immediate", "_pragma=journal_mode(WAL)"); err != nil {
		return nil, openError(path, err)
	}
	if err := d.prepare(ctx, path, steps); err != nil {
		d.writer.Close()
		return nil, openError(path, err)
	}
	if d.reader, err = pool(path, busy, readers(), "_pragma=query_only(1)"); err != nil {
		d.writer.Close()
		return nil, openError(path, err)
	}
	return d, nil
}

// readers is the size of the read pool: enough to keep the cores busy while some
// wait for the disk.
func readers() int { return max(4, 2*runtime.GOMAXPROCS(0)) }

// create makes an empty file that only its owner may read, for it will hold
// password hashes; SQLite gives its log the same mode.
func create(path string) error {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_RDWR, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return nil
	}
	if err != nil {
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	dir, err := os.Open(filepath.Dir(path))
	if err != nil {
		return err
	}
	defer dir.Close()
	return dir.Sync() // or the name could be gone after a power cut, with all commits
}

// pool opens connections that all have the same settings: they stand in the data
// source name, because a pragma that is executed reaches one connection only.
func pool(path string, busy time.Duration, size int, extra ...string) (*sql.DB, error) {
	params := append([]string{
		fmt.Sprintf("_pragma=busy_timeout(%d)", busy.Milliseconds()),
		"_pragma=synchronous(FULL)",
		"_pragma=foreign_keys(1)",
		"_pragma=trusted_schema(0)",
		fmt.Sprintf("_pragma=journal_size_limit(%d)", walLimit),
	}, extra...)
	name := (&url.URL{Path: path}).EscapedPath() // a '?' in a folder's name would end it
	p, err := sql.Open("sqlite", "file:"+name+"?"+strings.Join(params, "&"))
	if err != nil {
		return nil, err
	}
	p.SetMaxOpenConns(size)
	p.SetMaxIdleConns(size)
	return p, nil
}

// prepare checks what the file is and migrates it.
func (d *DB) prepare(ctx context.Context, path string, steps []migration) error {
	var version, mode string
	if err := d.writer.QueryRowContext(ctx, `select sqlite_version()`).Scan(&version); err != nil {
		return err
	}
	if !atLeast(version, minVersion) {
		return fmt.Errorf("SQLite %s is too old, need %s", version, minVersion)
	}
	if err := d.writer.QueryRowContext(ctx, `pragma journal_mode`).Scan(&mode); err != nil {
		return err
	}
	if mode != "wal" {
		return fmt.Errorf("journal mode is %s, not wal: does the file system have shared memory and locks?", mode)
	}
	if err := d.check(ctx, path); err != nil {
		return err
	}
	return migrate(ctx, d.writer, steps)
}

// check looks for damage, as far as the file isn't too big for it.
func (d *DB) check(ctx context.Context, path string) error {
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	if info.Size() > checkLimit {
		return nil
	}
	var verdict string
	if err := d.writer.QueryRowContext(ctx, `pragma quick_check(1)`).Scan(&verdict); err != nil {
		return err
	}
	if verdict != "ok" {
		return named(ErrDamaged, errors.New(strings.Join(strings.Fields(verdict), " ")))
	}
	return nil
}

// Close waits for the running transactions and closes the database.
func (d *DB) Close() error {
	// The writer goes last: the last connection to close empties the log.
	return errors.Join(d.reader.Close(), d.writer.Close())
}

// Failed is closed when a sync failed. The program should then stop and start
// again: opening the file replays what the log really holds.
func (d *DB) Failed() <-chan struct{} { return d.failed }

// Ping reports whether the database can be read and no write has failed for good.
func (d *DB) Ping(ctx context.Context) error {
	select {
	case <-d.failed:
		return ErrFailed
	default:
	}
	return d.Read(ctx, func(tx *sql.Tx) error {
		var version int
		return tx.QueryRowContext(ctx, `select max(version) from migrations`).Scan(&version)
	})
}

// Write runs fn in the one write transaction and commits it durably if fn returns
// nil. Otherwise, or if ctx ends before the commit, nothing is written. The
// errors are translated: see [ErrConflict] and the others.
func (d *DB) Write(ctx context.Context, fn func(tx *sql.Tx) error) error {
	select {
	case <-d.failed:
		return ErrFailed
	default:
	}
	err := transact(ctx, d.writer, nil, fn)
	if syncFailed(err) {
		d.failOnce.Do(func() { close(d.failed) })
	}
	return err
}

// Read runs fn in a transaction that sees one state of the database and can't
// change it.
func (d *DB) Read(ctx context.Context, fn func(tx *sql.Tx) error) error {
	return transact(ctx, d.reader, &sql.TxOptions{ReadOnly: true}, fn)
}

// Each calls fn for each row of a query, until it returns an error.
func Each(ctx context.Context, tx *sql.Tx, query string, args []any, fn func(scan func(...any) error) error) (err error) {
	rows, err := tx.QueryContext(ctx, query, args...)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		if err := fn(rows.Scan); err != nil {
			return err
		}
	}
	return rows.Err()
}

func transact(ctx context.Context, p *sql.DB, opts *sql.TxOptions, fn func(tx *sql.Tx) error) error {
	tx, err := p.BeginTx(ctx, opts)
	if err != nil {
		return translate(fmt.Errorf("begin transaction: %w", err))
	}
	defer tx.Rollback() // after a commit this does nothing; it also ends a panicking fn
	if err := fn(tx); err != nil {
		return translate(cancelled(ctx, err))
	}
	if err := tx.Commit(); err != nil {
		return translate(fmt.Errorf("commit: %w", cancelled(ctx, err)))
	}
	return nil
}

// cancelled says why a transaction was gone: database/sql rolls back on its own
// when the context ends, and whoever comes after finds the transaction done.
func cancelled(ctx context.Context, err error) error {
	if errors.Is(err, sql.ErrTxDone) && ctx.Err() != nil {
		return ctx.Err()
	}
	return err
}

// atLeast compares dotted versions.
func atLeast(have, want string) bool {
	h, w := strings.Split(have, "."), strings.Split(want, ".")
	for i := range w {
		if i >= len(h) {
			return false
		}
		a, errA := strconv.Atoi(h[i])
		b, errB := strconv.Atoi(w[i])
		if errA != nil || errB != nil {
			return false
		}
		if a != b {
			return a > b
		}
	}
	return true
}
