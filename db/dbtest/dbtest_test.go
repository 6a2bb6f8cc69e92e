package dbtest_test

import (
	"database/sql"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"snug/db"
	"snug/db/dbtest"
)

// It is what db.Open makes, and each test has its own.
func TestFile(t *testing.T) {
	schema := func(path string) (all []string) {
		d, err := db.Open(t.Context(), path)
		if err != nil {
			t.Fatal(err)
		}
		defer d.Close()
		err = d.Write(t.Context(), func(tx *sql.Tx) error {
			err := db.Each(t.Context(), tx, `select coalesce(sql, name) from sqlite_schema order by name`, nil, func(scan func(...any) error) error {
				var text string
				err := scan(&text)
				all = append(all, text)
				return err
			})
			if err != nil {
				return err
			}
			_, err = tx.ExecContext(t.Context(), `insert into rooms (id, slug, name, created_at) values ('1', 'one', 'One', 0)`)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		return all
	}
	want := schema(filepath.Join(t.TempDir(), "snug.db"))
	for range 2 {
		if got := schema(dbtest.File(t)); !slices.Equal(got, want) {
			t.Errorf("schema %q, want %q", got, want)
		}
	}
	info, err := os.Stat(dbtest.File(t))
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
}
