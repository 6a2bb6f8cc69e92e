package db

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"strconv"
	"strings"
)

//go:embed migrations/*.sql
var migrationFiles embed.FS

// applicationID marks the file as ours in SQLite's header ("Snug"), so that
// another program's database is never altered.
const applicationID = 0x536e7567

// A migration is one file of the folder migrations. Files are numbered from 1
// without a gap and never changed once released: a later one corrects.
type migration struct {
	version int
	name    string
	sql     string
}

// embedded reads the migrations of this program, in order.
func embedded() []migration { return migrations(migrationFiles) }

// migrations reads the folder migrations. What is wrong with it is wrong with the
// build, hence the panics.
func migrations(files fs.FS) []migration {
	entries, err := fs.ReadDir(files, "migrations") // sorted by name
	if err != nil {
		panic(err)
	}
	var steps []migration
	for i, e := range entries {
		number, _, _ := strings.Cut(e.Name(), "_")
		version, err := strconv.Atoi(number)
		if err != nil || version != i+1 {
			panic(fmt.Sprintf("migration %s is not number %d", e.Name(), i+1))
		}
		text, err := fs.ReadFile(files, "migrations/"+e.Name())
		if err != nil {
			panic(err)
		}
		steps = append(steps, migration{version, strings.TrimSuffix(e.Name(), ".sql"), string(text)})
	}
	return steps
}

// migrate applies the steps that the database hasn't seen, each with the record
// of it in one transaction: a crash in between leaves the older version whole.
func migrate(ctx context.Context, writer *sql.DB, steps []migration) error {
	for {
		done := false
		err := transact(ctx, writer, nil, func(tx *sql.Tx) error {
			// Read inside the write transaction: another process may be
			// migrating the same file.
			version, err := schemaVersion(ctx, tx)
			if err != nil {
				return err
			}
			if version > len(steps) {
				return named(ErrNewer, fmt.Errorf("its schema is %d, this program knows %d", version, len(steps)))
			}
			if version == len(steps) {
				done = true
				return nil
			}
			return apply(ctx, tx, steps[version])
		})
		if err != nil || done {
			return err
		}
	}
}

// schemaVersion is the number of the last migration, 0 for an empty file.
func schemaVersion(ctx context.Context, tx *sql.Tx) (int, error) {
	var app, tables int
	if err := tx.QueryRowContext(ctx, `pragma application_id`).Scan(&app); err != nil {
		return 0, err
	}
	if err := tx.QueryRowContext(ctx, `select count(*) from sqlite_schema`).Scan(&tables); err != nil {
		return 0, err
	}
	switch {
	case app == applicationID:
	case app == 0 && tables == 0:
		return 0, nil
	default:
		return 0, ErrForeign
	}
	var version sql.NullInt64
	err := tx.QueryRowContext(ctx, `select max(version) from migrations`).Scan(&version)
	return int(version.Int64), err
}

func apply(ctx context.Context, tx *sql.Tx, m migration) error {
	if m.version == 1 {
		const table = `create table migrations (
    version integer not null primary key,
    name    text    not null
) strict`
		_, err := tx.ExecContext(ctx, fmt.Sprintf("pragma application_id = %d; %s", applicationID, table))
		if err != nil {
			return fmt.Errorf("make table migrations: %w", err)
		}
	}
	if _, err := tx.ExecContext(ctx, m.sql); err != nil {
		return fmt.Errorf("migrate to %s: %w", m.name, err)
	}
	const record = `insert into migrations (version, name) values (?, ?)`
	_, err := tx.ExecContext(ctx, record, m.version, m.name)
	return err
}

// Schema is the SQL of all tables and indexes as they are now, one statement
// after the other by name.
func (d *DB) Schema(ctx context.Context) (string, error) {
	var b strings.Builder
	err := d.Read(ctx, func(tx *sql.Tx) (err error) {
		const list = `select sql from sqlite_schema where sql is not null order by tbl_name, type desc, name`
		rows, err := tx.QueryContext(ctx, list)
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, rows.Close()) }()
		for rows.Next() {
			var stmt string
			if err := rows.Scan(&stmt); err != nil {
				return err
			}
			b.WriteString(stmt + ";\n\n")
		}
		return rows.Err()
	})
	return strings.TrimSuffix(b.String(), "\n"), err
}
