package db

import (
	"context"
	"database/sql"
	"time"
)

// OpenImpatient is Open for tests of a locked file.
func OpenImpatient(ctx context.Context, path string) (*DB, error) {
	return open(ctx, path, time.Millisecond, embedded())
}

// OpenPatient is Open for tests in which several wait for each other, however busy the
// machine is.
func OpenPatient(ctx context.Context, path string) (*DB, error) {
	return open(ctx, path, 5*time.Minute, embedded())
}

// OpenWith is Open with the embedded migrations followed by more.
func OpenWith(ctx context.Context, path string, more ...string) (*DB, error) {
	steps := embedded()
	for _, text := range more {
		n := len(steps) + 1
		steps = append(steps, migration{n, "test", text})
	}
	return open(ctx, path, busyTimeout, steps)
}

func (d *DB) Writer() *sql.DB { return d.writer }
func (d *DB) Reader() *sql.DB { return d.reader }

var (
	AtLeast = atLeast
	KindOf  = kindOf
)
