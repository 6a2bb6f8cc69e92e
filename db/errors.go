package db

import (
	"context"
	"errors"
	"fmt"
	"io/fs"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// What can go wrong in a transaction. Errors from Write and Read match these
// with errors.Is; all others are faults of the program or of the machine.
var (
	// ErrConflict: a row with this unique key is there already.
	ErrConflict = errors.New("conflict with an existing row")
	// ErrDiskFull: there was no space; nothing was written.
	ErrDiskFull = errors.New("disk full")
	// ErrBusy: another process held the database for too long; try again.
	ErrBusy = errors.New("database busy")
	// ErrFailed: a write failed half-way in the operating system. No more
	// writes are taken until the database is opened anew.
	ErrFailed = errors.New("storage failed")
)

// Why a database couldn't be opened, besides [ErrDiskFull]: the kinds of an
// [OpenError]. ErrDamaged can also come from a later transaction.
var (
	ErrDamaged     = errors.New("database damaged")
	ErrNotDatabase = errors.New("not a database file")
	ErrForeign     = errors.New("database of another program")
	ErrUnreadable  = errors.New("database can't be read or written")
	ErrLocked      = errors.New("database locked by another process")
	ErrNewer       = errors.New("database written by a newer version")
)

// OpenError says which file couldn't be opened, why, and what to do about it. It
// matches one of the sentinel errors with errors.Is.
type OpenError struct {
	Path   string
	Advice string // a sentence for the operator; may be empty
	Err    error
}

func (e *OpenError) Error() string {
	if e.Advice == "" {
		return fmt.Sprintf("open database %s: %v", e.Path, e.Err)
	}
	return fmt.Sprintf("open database %s: %v. %s", e.Path, e.Err, e.Advice)
}

func (e *OpenError) Unwrap() error { return e.Err }

// openError gives err the advice that belongs to its kind.
func openError(path string, err error) error {
	err = translate(err)
	if errors.Is(err, ErrBusy) {
		err = named(ErrLocked, err)
	}
	advice := ""
	switch {
	case errors.Is(err, ErrDamaged):
		advice = "Stop the server, keep a copy of the file, and restore the last backup"
	case errors.Is(err, ErrNotDatabase), errors.Is(err, ErrForeign):
		advice = "If it was this server's, restore the last backup; else choose another data folder"
	case errors.Is(err, ErrUnreadable):
		advice = "Check that the folder is there and that this user may read and write it and the file"
	case errors.Is(err, ErrLocked):
		advice = "Stop the other program that has it open"
	case errors.Is(err, ErrNewer):
		advice = "Start the newer version again, or restore a backup from before the upgrade"
	case errors.Is(err, ErrDiskFull):
		advice = "Make room on the disk"
	}
	return &OpenError{Path: path, Advice: advice, Err: err}
}

// named makes err match kind with errors.Is, keeping its text as the cause.
func named(kind, err error) error { return fmt.Errorf("%w: %w", kind, err) }

// translate names the driver's errors by their result code. Errors that are
// none of the driver's pass through unchanged.
func translate(err error) error {
	if err == nil || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	if errors.Is(err, fs.ErrPermission) || errors.Is(err, fs.ErrNotExist) {
		return named(ErrUnreadable, err)
	}
	var se *sqlite.Error
	if !errors.As(err, &se) {
		return err
	}
	if kind := kindOf(se.Code()); kind != nil && !errors.Is(err, kind) {
		return named(kind, err)
	}
	return err
}

// kindOf maps an extended result code; nil where there is nothing that a caller
// could do differently.
func kindOf(code int) error {
	switch code {
	case sqlite3.SQLITE_CONSTRAINT_UNIQUE, sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY, sqlite3.SQLITE_CONSTRAINT_ROWID:
		return ErrConflict
	}
	const primary = 0xff // the low byte of an extended code is its class
	switch code & primary {
	case sqlite3.SQLITE_FULL:
		return ErrDiskFull
	case sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED:
		return ErrBusy
	case sqlite3.SQLITE_CORRUPT:
		return ErrDamaged
	case sqlite3.SQLITE_NOTADB:
		return ErrNotDatabase
	case sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_AUTH:
		return ErrUnreadable
	case sqlite3.SQLITE_IOERR:
		return ErrFailed
	}
	return nil
}

// syncFailed reports whether err leaves it unknown what is on the disk. A kernel
// drops dirty pages after a failed sync, so that trying again would succeed
// without having stored them.
func syncFailed(err error) bool {
	var se *sqlite.Error
	if !errors.As(err, &se) {
		return false
	}
	switch se.Code() {
	case sqlite3.SQLITE_IOERR_FSYNC, sqlite3.SQLITE_IOERR_DIR_FSYNC:
		return true
	}
	return false
}
