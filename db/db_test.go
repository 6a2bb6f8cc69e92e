package db_test

import (
	"context"
	"database/sql"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	sqlite3 "modernc.org/sqlite/lib"

	"snug/db"
)

var update = flag.Bool("update", false, "write schema.sql anew")

func open(t testing.TB, path string) *db.DB {
	t.Helper()
	d, err := db.Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	})
	return d
}

func file(t testing.TB) string { return filepath.Join(t.TempDir(), "snug.db") }

func addRoom(ctx context.Context, d *db.DB, id, slug string) error {
	return d.Write(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `insert into rooms (id, slug, name, created_at) values (?, ?, ?, 0)`, id, slug, slug)
		return err
	})
}

func countRooms(t testing.TB, d *db.DB) (n int) {
	t.Helper()
	err := d.Read(context.Background(), func(tx *sql.Tx) error {
		return tx.QueryRow(`select count(*) from rooms`).Scan(&n)
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestSchemaFileIsCurrent(t *testing.T) {
	got, err := open(t, file(t)).Schema(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if *update {
		if err := os.WriteFile("schema.sql", []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile("schema.sql")
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("schema.sql isn't what the migrations make; run: go test ./db -update\n%s", got)
	}
}

func TestEveryConnectionHasThePragmas(t *testing.T) {
	d := open(t, file(t))
	pools := map[string]*sql.DB{"writer": d.Writer(), "reader": d.Reader()}
	for name, pool := range pools {
		var conns []*sql.Conn
		for range pool.Stats().MaxOpenConnections { // all of them at once
			c, err := pool.Conn(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			conns = append(conns, c)
			for pragma, want := range map[string]string{
				"journal_mode": "wal", "synchronous": "2", "foreign_keys": "1", "busy_timeout": "5000", "trusted_schema": "0",
			} {
				var got string
				if err := c.QueryRowContext(t.Context(), "pragma "+pragma).Scan(&got); err != nil {
					t.Fatal(err)
				}
				if got != want {
					t.Errorf("%s: %s is %s, want %s", name, pragma, got, want)
				}
			}
		}
		for _, c := range conns {
			c.Close()
		}
	}
	if n := d.Writer().Stats().MaxOpenConnections; n != 1 {
		t.Errorf("%d writers", n)
	}
}

func TestFoldersWithOddNames(t *testing.T) {
	for _, name := range []string{"a b", "what?", "100%", "#1", "%41", "käse", "a&b=c;d"} {
		t.Run(name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), name)
			if err := os.Mkdir(dir, 0o700); err != nil {
				t.Fatal(err)
			}
			path := filepath.Join(dir, "snug.db")
			d := open(t, path)
			if err := addRoom(t.Context(), d, "1", "global"); err != nil {
				t.Fatal(err)
			}
			if _, err := os.Stat(path + "-wal"); err != nil {
				t.Error("the log is elsewhere:", err)
			}
		})
	}
}

func TestOnlyTheOwnerMayReadTheFile(t *testing.T) {
	path := file(t)
	d := open(t, path)
	if err := addRoom(t.Context(), d, "1", "global"); err != nil {
		t.Fatal(err)
	}
	for _, suffix := range []string{"", "-wal"} {
		info, err := os.Stat(path + suffix)
		if err != nil {
			t.Fatal(err)
		}
		if info.Mode().Perm() != 0o600 {
			t.Errorf("%s has mode %v", suffix, info.Mode())
		}
	}
}

func TestWriteIsAllOrNothing(t *testing.T) {
	d := open(t, file(t))
	boom := errors.New("boom")
	insert := func(tx *sql.Tx) {
		if _, err := tx.Exec(`insert into rooms (id, slug, name, created_at) values ('1', 'a', 'A', 0)`); err != nil {
			t.Error(err)
		}
	}
	if err := d.Write(t.Context(), func(tx *sql.Tx) error { insert(tx); return boom }); !errors.Is(err, boom) {
		t.Errorf("got %v", err)
	}
	func() {
		defer func() { recover() }()
		d.Write(t.Context(), func(tx *sql.Tx) error { insert(tx); panic("boom") })
	}()
	ctx, cancel := context.WithCancel(t.Context())
	err := d.Write(ctx, func(tx *sql.Tx) error { insert(tx); cancel(); return nil })
	if !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	if n := countRooms(t, d); n != 0 {
		t.Errorf("%d rooms were left behind", n)
	}
	if err := addRoom(t.Context(), d, "1", "a"); err != nil { // and the writer is free again
		t.Fatal(err)
	}
}

func TestReadersDontWaitForAWriterAndCantWrite(t *testing.T) {
	d := open(t, file(t))
	err := d.Write(t.Context(), func(tx *sql.Tx) error {
		if _, err := tx.Exec(`insert into rooms (id, slug, name, created_at) values ('1', 'a', 'A', 0)`); err != nil {
			return err
		}
		if n := countRooms(t, d); n != 0 {
			t.Errorf("a reader sees %d uncommitted rooms", n)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if n := countRooms(t, d); n != 1 {
		t.Errorf("%d rooms after the commit", n)
	}
	err = d.Read(t.Context(), func(tx *sql.Tx) error {
		_, err := tx.Exec(`delete from rooms`)
		return err
	})
	if err == nil || countRooms(t, d) != 1 {
		t.Errorf("a reader wrote: %v", err)
	}
}

func TestErrorsHaveNames(t *testing.T) {
	t.Run("conflict", func(t *testing.T) {
		d := open(t, file(t))
		if err := addRoom(t.Context(), d, "1", "a"); err != nil {
			t.Fatal(err)
		}
		for _, again := range [][2]string{{"1", "b"}, {"2", "a"}} {
			if err := addRoom(t.Context(), d, again[0], again[1]); !errors.Is(err, db.ErrConflict) {
				t.Errorf("%v: got %v", again, err)
			}
		}
	})
	t.Run("foreign keys are no conflict", func(t *testing.T) {
		d := open(t, file(t))
		err := d.Write(t.Context(), func(tx *sql.Tx) error {
			_, err := tx.Exec(`insert into accounts (id, user_id, provider_id, account_id, created_at, updated_at) values ('1', 'nobody', 'p', 'a', 0, 0)`)
			return err
		})
		if err == nil || errors.Is(err, db.ErrConflict) {
			t.Errorf("got %v", err)
		}
	})
	t.Run("disk full", func(t *testing.T) {
		d := open(t, file(t))
		var pages int
		if err := d.Writer().QueryRow(`pragma page_count`).Scan(&pages); err != nil {
			t.Fatal(err)
		}
		if _, err := d.Writer().Exec(fmt.Sprintf(`pragma max_page_count = %d`, pages)); err != nil {
			t.Fatal(err)
		}
		if err := addRoom(t.Context(), d, "1", strings.Repeat("x", 1<<16)); !errors.Is(err, db.ErrDiskFull) {
			t.Errorf("got %v", err)
		}
		if err := addRoom(t.Context(), d, "2", "small"); err != nil {
			t.Error("a full disk must not be the end:", err)
		}
	})
	t.Run("busy", func(t *testing.T) {
		path := file(t)
		d, err := db.OpenImpatient(t.Context(), path)
		if err != nil {
			t.Fatal(err)
		}
		defer d.Close()
		hold(t, path, "begin immediate")
		if err := addRoom(t.Context(), d, "1", "a"); !errors.Is(err, db.ErrBusy) {
			t.Errorf("got %v", err)
		}
	})
	t.Run("damaged while open", func(t *testing.T) {
		path := file(t)
		d := open(t, path)
		fill(t, d)
		if _, err := d.Writer().Exec(`pragma wal_checkpoint(truncate)`); err != nil {
			t.Fatal(err)
		}
		damage(t, path)
		d.Reader().SetMaxIdleConns(0) // a new connection has no page in its cache
		err := d.Read(t.Context(), func(tx *sql.Tx) error {
			var n int
			return tx.QueryRow(`select count(*) from rooms where name like '%y%'`).Scan(&n)
		})
		if !errors.Is(err, db.ErrDamaged) {
			t.Errorf("got %v", err)
		}
	})
}

// hold keeps a lock on the file from a connection of its own until the test ends.
func hold(t *testing.T, path string, stmts ...string) {
	t.Helper()
	other, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	other.SetMaxOpenConns(1)
	for _, stmt := range stmts {
		if _, err := other.Exec(stmt); err != nil {
			t.Fatal(err)
		}
	}
	t.Cleanup(func() { other.Close() })
}

func fill(t *testing.T, d *db.DB) {
	t.Helper()
	for i := range 50 {
		if err := addRoom(t.Context(), d, fmt.Sprint(i), strings.Repeat("x", 2000)+fmt.Sprint(i)); err != nil {
			t.Fatal(err)
		}
	}
}

// damage overwrites all pages of the file but the first few, which hold the
// schema.
func damage(t *testing.T, path string) {
	t.Helper()
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		t.Fatal(err)
	}
	const schema = 16 * 4096
	if info.Size() < 2*schema {
		t.Fatalf("only %d bytes to damage", info.Size())
	}
	if _, err := f.WriteAt([]byte(strings.Repeat("damage! ", int(info.Size()-schema)/8)), schema); err != nil {
		t.Fatal(err)
	}
}

func TestFilesThatCantBeOpened(t *testing.T) {
	tests := []struct {
		name   string
		make   func(t *testing.T, path string)
		want   error
		advice string
	}{
		{"text", func(t *testing.T, path string) { write(t, path, strings.Repeat("Dear diary, ", 1000)) }, db.ErrNotDatabase, "another data folder"},
		{"zeros", func(t *testing.T, path string) { write(t, path, strings.Repeat("\x00", 8192)) }, db.ErrNotDatabase, "another data folder"},
		{"damaged", func(t *testing.T, path string) {
			d, err := db.Open(t.Context(), path)
			if err != nil {
				t.Fatal(err)
			}
			fill(t, d)
			d.Close()
			damage(t, path)
		}, db.ErrDamaged, "restore the last backup"},
		{"cut off", func(t *testing.T, path string) {
			d, err := db.Open(t.Context(), path)
			if err != nil {
				t.Fatal(err)
			}
			fill(t, d)
			d.Close()
			if err := os.Truncate(path, 5*4096); err != nil {
				t.Fatal(err)
			}
		}, db.ErrDamaged, "restore the last backup"},
		{"of another program", func(t *testing.T, path string) {
			other, err := sql.Open("sqlite", path)
			if err != nil {
				t.Fatal(err)
			}
			defer other.Close()
			if _, err := other.Exec(`create table users (name text)`); err != nil {
				t.Fatal(err)
			}
		}, db.ErrForeign, "another data folder"},
		{"a folder", func(t *testing.T, path string) {
			if err := os.Mkdir(path, 0o700); err != nil {
				t.Fatal(err)
			}
		}, db.ErrUnreadable, "may read and write"},
		{"no folder for it", func(t *testing.T, path string) {
			if err := os.Remove(filepath.Dir(path)); err != nil {
				t.Fatal(err)
			}
		}, db.ErrUnreadable, "folder is there"},
		{"locked", func(t *testing.T, path string) {
			d, err := db.Open(t.Context(), path)
			if err != nil {
				t.Fatal(err)
			}
			d.Close()
			hold(t, path, "pragma locking_mode = exclusive", "begin exclusive")
		}, db.ErrLocked, "Stop the other program"},
		{"newer", func(t *testing.T, path string) {
			d, err := db.OpenWith(t.Context(), path, `create table next (id text)`, `drop table next`)
			if err != nil {
				t.Fatal(err)
			}
			d.Close()
		}, db.ErrNewer, "newer version"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "data", "snug.db")
			if err := os.Mkdir(filepath.Dir(path), 0o700); err != nil {
				t.Fatal(err)
			}
			test.make(t, path)
			d, err := db.OpenImpatient(t.Context(), path)
			if err == nil {
				d.Close()
				t.Fatal("it opened")
			}
			var oe *db.OpenError
			if !errors.As(err, &oe) || !errors.Is(err, test.want) {
				t.Fatalf("got %v, want %v", err, test.want)
			}
			for _, part := range []string{path, test.advice} {
				if !strings.Contains(err.Error(), part) {
					t.Errorf("%q doesn't say %q", err, part)
				}
			}
			t.Log(err)
		})
	}
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// Tokens that could manage rooms by another scope still can, and no others.
func TestTokensKeepManagingRooms(t *testing.T) {
	migration, err := os.ReadFile("migrations/0011_rooms_scope.sql")
	if err != nil {
		t.Fatal(err)
	}
	d := open(t, file(t))
	before := map[string]string{"reads": "messages:read", "writes": "messages:write", "both": "messages:read,messages:write"}
	err = d.Write(t.Context(), func(tx *sql.Tx) error {
		if _, err := tx.Exec(`insert into users (id, name, email, email_verified, created_at, updated_at) values ('u', 'U', 'u@example.com', 1, 0, 0)`); err != nil {
			return err
		}
		for id, scopes := range before {
			if _, err := tx.Exec(`insert into api_tokens (id, user_id, name, token_hash, hint, scopes, created_at) values (?, 'u', ?, ?, '', ?, 0)`, id, id, id, scopes); err != nil {
				return err
			}
		}
		if _, err := tx.Exec(string(migration)); err != nil {
			return err
		}
		for id, scopes := range before {
			if id != "reads" {
				scopes += ",rooms:write"
			}
			var now string
			if err := tx.QueryRow(`select scopes from api_tokens where id = ?`, id).Scan(&now); err != nil {
				return err
			}
			if now != scopes {
				t.Errorf("%s: %s, want %s", id, now, scopes)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// Who was removed from a room before that was kept beside it still is, as far as the audit
// log knows.
func TestRemovalsAreKept(t *testing.T) {
	migration, err := os.ReadFile("migrations/0013_removals.sql")
	if err != nil {
		t.Fatal(err)
	}
	d := open(t, file(t))
	err = d.Write(t.Context(), func(tx *sql.Tx) error {
		const before = `alter table members drop column removed_at;
			insert into rooms (id, slug, name, created_at, kind) values ('r', 'r', 'R', 0, 'private');
			insert into users (id, name, email, email_verified, created_at, updated_at) select value, value, value || '@example.com', 1, 0, 0
				from json_each('["removed", "added", "left", "muted", "back"]');
			insert into members (room_id, user_id, role, joined_at, left_at, muted_until) values
				('r', 'added', 'member', 1, null, 0), ('r', 'left', '', 1, 9, 0), ('r', 'muted', '', 1, null, 99), ('r', 'back', 'member', 1, null, 0);
			insert into audit (at, action, by_id, by_name, room_id, user_id) values
				(5, 'member_removed', 'a', 'A', 'r', 'removed'), (5, 'member_removed', 'a', 'A', 'r', 'added'), (6, 'member_added', 'a', 'A', 'r', 'added'),
				(5, 'member_removed', 'a', 'A', 'r', 'left'), (5, 'member_removed', 'a', 'A', 'r', 'muted'), (5, 'member_removed', 'a', 'A', 'r', 'back'),
				(5, 'member_removed', 'a', 'A', 'gone', 'removed'), (5, 'member_removed', 'a', 'A', 'r', 'gone');`
		if _, err := tx.Exec(before + string(migration)); err != nil {
			return err
		}
		var got string
		const all = `select group_concat(user_id || coalesce(' ' || removed_at, ''), ', ' order by user_id) from members where role = ''`
		if err := tx.QueryRow(all).Scan(&got); err != nil {
			return err
		}
		if want := "left, muted 5, removed 5"; got != want {
			t.Errorf("out of the room: %s, want %s", got, want)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestMigrations(t *testing.T) {
	t.Run("a later one is applied to what is there", func(t *testing.T) {
		path := file(t)
		d, err := db.Open(t.Context(), path)
		if err != nil {
			t.Fatal(err)
		}
		if err := addRoom(t.Context(), d, "1", "global"); err != nil {
			t.Fatal(err)
		}
		d.Close()
		d, err = db.OpenWith(t.Context(), path, `alter table rooms add column later text`)
		if err != nil {
			t.Fatal(err)
		}
		defer d.Close()
		if n := countRooms(t, d); n != 1 {
			t.Errorf("%d rooms", n)
		}
	})
	t.Run("one that fails leaves nothing", func(t *testing.T) {
		path := file(t)
		if _, err := db.OpenWith(t.Context(), path, `create table extra (id text); insert into nowhere values (1)`); err == nil {
			t.Fatal("it opened")
		}
		d := open(t, path) // the version before
		schema, err := d.Schema(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(schema, "extra") {
			t.Error("half a migration was committed")
		}
	})
	t.Run("two at once", func(t *testing.T) {
		path := file(t)
		var wg sync.WaitGroup
		for range 4 {
			wg.Go(func() {
				d, err := db.OpenPatient(t.Context(), path)
				if err != nil {
					t.Error(err)
					return
				}
				d.Close()
			})
		}
		wg.Wait()
	})
}

func TestConcurrentWritersAndReaders(t *testing.T) {
	d := open(t, file(t))
	var wg sync.WaitGroup
	for w := range 8 {
		wg.Go(func() {
			for i := range 20 {
				if err := addRoom(t.Context(), d, fmt.Sprint(w, i), fmt.Sprint(w, i)); err != nil {
					t.Error(err)
				}
				countRooms(t, d)
			}
		})
	}
	wg.Wait()
	if n := countRooms(t, d); n != 160 {
		t.Errorf("%d rooms", n)
	}
	if err := d.Ping(t.Context()); err != nil {
		t.Error(err)
	}
}

// Which codes are which kind can't be provoked for all: a sync doesn't fail on
// demand.
func TestKindsOfCodes(t *testing.T) {
	for code, want := range map[int]error{
		sqlite3.SQLITE_CONSTRAINT_UNIQUE:     db.ErrConflict,
		sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY: db.ErrConflict,
		sqlite3.SQLITE_CONSTRAINT_NOTNULL:    nil,
		sqlite3.SQLITE_CONSTRAINT_FOREIGNKEY: nil,
		sqlite3.SQLITE_FULL:                  db.ErrDiskFull,
		sqlite3.SQLITE_BUSY_SNAPSHOT:         db.ErrBusy,
		sqlite3.SQLITE_CORRUPT_VTAB:          db.ErrDamaged,
		sqlite3.SQLITE_NOTADB:                db.ErrNotDatabase,
		sqlite3.SQLITE_CANTOPEN_ISDIR:        db.ErrUnreadable,
		sqlite3.SQLITE_READONLY_DIRECTORY:    db.ErrUnreadable,
		sqlite3.SQLITE_IOERR_WRITE:           db.ErrFailed,
		sqlite3.SQLITE_IOERR_FSYNC:           db.ErrFailed,
		sqlite3.SQLITE_ERROR:                 nil,
	} {
		if got := db.KindOf(code); got != want {
			t.Errorf("code %d: got %v, want %v", code, got, want)
		}
	}
}

func TestVersionOrder(t *testing.T) {
	for _, test := range []struct {
		have string
		want bool
	}{{"3.51.3", true}, {"3.51.10", true}, {"3.52.0", true}, {"4.0.0", true}, {"3.51.2", false}, {"3.9.9", false}, {"3.51", false}, {"x.y.z", false}} {
		if got := db.AtLeast(test.have, "3.51.3"); got != test.want {
			t.Errorf("%s: %v", test.have, got)
		}
	}
}
