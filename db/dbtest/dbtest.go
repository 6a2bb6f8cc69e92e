// Package dbtest has database files for tests that need their tables and don't test
// how they are made: with the race detector a dozen migrations take longer than most
// of what is tested.
package dbtest

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"snug/db"
)

// File makes a database with the present schema and nothing in it, in a folder of the
// test's own, and returns its path for db.Open. It may be called concurrently.
func File(tb testing.TB) string {
	tb.Helper()
	return FileIn(tb, tb.TempDir())
}

// FileIn does so in folder, unless there is one.
func FileIn(tb testing.TB, folder string) string {
	tb.Helper()
	body, err := empty()
	if err != nil {
		tb.Fatal(err)
	}
	path := filepath.Join(folder, "snug.db")
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return path
	}
	if err != nil {
		tb.Fatal(err)
	}
	_, err = f.Write(body)
	if err := errors.Join(err, f.Close()); err != nil {
		tb.Fatal(err)
	}
	return path
}

// empty is what db.Open makes of no file, made once.
var empty = sync.OnceValues(func() ([]byte, error) {
	folder, err := os.MkdirTemp("", "snug-dbtest-")
	if err != nil {
		return nil, fmt.Errorf("make a database: %w", err)
	}
	defer os.RemoveAll(folder)
	path := filepath.Join(folder, "snug.db")
	d, err := db.Open(context.Background(), path)
	if err != nil {
		return nil, fmt.Errorf("make a database: %w", err)
	}
	if err := d.Close(); err != nil {
		return nil, fmt.Errorf("make a database: %w", err)
	}
	return os.ReadFile(path)
})
