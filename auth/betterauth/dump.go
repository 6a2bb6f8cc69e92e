package betterauth

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// maxColumns of a table. SQLite has 2,000; better-auth's widest has 20.
const maxColumns = 500

// loadDump reads a dump into a database of ours, in a folder that Close removes, and
// returns the path of it. Nothing of the dump is executed: of the tables that are
// wanted the names of the columns are read and the values of the rows, of which only
// those that are spelt out are taken, and of the others the names.
func (s *Source) loadDump(ctx context.Context, r io.Reader) (path string, err error) {
	if s.temp, err = os.MkdirTemp("", "snug-import-"); err != nil { // nobody else may enter it
		return "", fmt.Errorf("make folder for the dump: %w", err)
	}
	path = filepath.Join(s.temp, "dump.sqlite")
	// It is thrown away if the machine stops.
	name := "file:" + (&url.URL{Path: path}).EscapedPath() + "?_pragma=journal_mode(OFF)&_pragma=synchronous(OFF)"
	db, err := sql.Open("sqlite", name)
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return "", fmt.Errorf("make database for the dump: %w", err)
	}
	defer tx.Rollback()
	d := &dump{lexer: newLexer(r), tx: tx, tables: map[string]*dumpTable{}}
	if err := d.load(ctx); err != nil {
		return "", err
	}
	if err := tx.Commit(); err != nil {
		return "", fmt.Errorf("store what the dump holds: %w", err)
	}
	return path, nil
}

// A dump is one that is being read.
type dump struct {
	*lexer
	tx      *sql.Tx
	tables  map[string]*dumpTable // by name in lower case
	started bool                  // a transaction
	ended   bool
}

type dumpTable struct {
	name    string
	columns []string
	wanted  bool
}

func (d *dump) load(ctx context.Context) error {
	for n := 0; ; n++ {
		if n%1000 == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		t, err := d.next()
		if err != nil {
			return err
		}
		if t.kind == tokenEnd {
			break
		}
		if err := d.statement(ctx, t); err != nil {
			return err
		}
	}
	if d.started && !d.ended {
		return d.errorf("the dump ends before its COMMIT: is it whole?")
	}
	return nil
}

// statement reads one, of which t is the first word.
func (d *dump) statement(ctx context.Context, t token) error {
	switch {
	case t.is(";"):
		return nil
	case t.is("PRAGMA"), t.is("ANALYZE"):
		return d.pass()
	case t.is("BEGIN"):
		d.started = true
		return d.pass()
	case t.is("COMMIT"), t.is("END"):
		d.ended = true
		return d.pass()
	case t.is("ROLLBACK"):
		return d.errorf("the dump gives up here: it was made of a damaged database")
	case t.is("CREATE"):
		return d.create(ctx)
	case t.is("INSERT"):
		return d.insert(ctx)
	case t.is("DELETE"):
		return d.delete()
	}
	return d.refuse(t)
}

func (d *dump) refuse(t token) error {
	const advice = `; dump the tables of better-auth alone: sqlite3 FILE ".dump user account session passkey twoFactor"`
	what := "a statement that begins with " + t.text
	if t.kind != tokenWord || len(t.text) > 40 {
		what = "what stands here"
	}
	return d.errorf("%s isn't taken from a dump: only CREATE TABLE, CREATE INDEX and INSERT with plain values are%s", what, advice)
}

// pass goes to the end of a statement.
func (d *dump) pass() error {
	d.skim = true
	defer func() { d.skim = false }()
	for {
		t, err := d.next()
		switch {
		case err != nil:
			return err
		case t.kind == tokenEnd:
			return d.errorf("the file ends within a statement: is it whole?")
		case t.is(";"):
			return nil
		}
	}
}

// want reads a token that has to be this one.
func (d *dump) want(text string) error {
	t, err := d.next()
	if err == nil && !t.is(text) {
		err = d.errorf("there should be %s here", text)
	}
	return err
}

// name reads the name of a table or column.
func (d *dump) name() (string, error) {
	t, err := d.next()
	if err != nil {
		return "", err
	}
	if t.kind != tokenWord && t.kind != tokenName && t.kind != tokenText || t.text == "" {
		return "", d.errorf("there should be a name here")
	}
	return t.text, nil
}

func (d *dump) create(ctx context.Context) error {
	t, err := d.next()
	switch {
	case err != nil:
		return err
	case t.is("UNIQUE"), t.is("INDEX"):
		return d.pass()
	case !t.is("TABLE"):
		return d.refuse(token{tokenWord, "CREATE " + t.text})
	}
	name, err := d.name()
	if err != nil {
		return err
	}
	t, err = d.next()
	if err == nil && strings.EqualFold(name, "IF") && t.is("NOT") {
		if err = d.want("EXISTS"); err == nil {
			if name, err = d.name(); err == nil {
				t, err = d.next()
			}
		}
	}
	if err != nil {
		return err
	}
	if !t.is("(") {
		return d.errorf("there should be the columns of table %.100s here", name)
	}
	made := &dumpTable{name: name}
	if err := d.columns(made); err != nil {
		return err
	}
	if err := d.pass(); err != nil {
		return err
	}
	key := strings.ToLower(name)
	if d.tables[key] != nil {
		return d.errorf("table %.100s is there twice", name)
	}
	d.tables[key] = made
	made.wanted = slices.ContainsFunc(tables(), func(known table) bool { return known.called(name) })
	// Without types, so that values stay as they are; the other tables just to be
	// listed.
	var list []string
	for _, c := range made.columns {
		list = append(list, quote(c))
	}
	if !made.wanted {
		list = []string{"x"}
	}
	if _, err := d.tx.ExecContext(ctx, `create table `+quote(name)+` (`+strings.Join(list, ", ")+`)`); err != nil {
		return d.errorf("table %.100s can't be made: %v", name, err)
	}
	return nil
}

// columns reads the names of a table's columns, up to the bracket behind them.
func (d *dump) columns(table *dumpTable) error {
	depth, first := 1, true
	for {
		t, err := d.next()
		switch {
		case err != nil:
			return err
		case t.kind == tokenEnd:
			return d.errorf("the file ends within a statement: is it whole?")
		case first && (t.kind == tokenName || t.kind == tokenText || t.kind == tokenWord && !constraint(t.text)):
			if table.columns = append(table.columns, t.text); len(table.columns) > maxColumns {
				return d.errorf("table %.100s has more than %d columns", table.name, maxColumns)
			}
		case t.is("("):
			depth++
		case t.is(")"):
			if depth--; depth == 0 {
				if len(table.columns) == 0 {
					return d.errorf("table %.100s has no columns", table.name)
				}
				return nil
			}
		case t.is(",") && depth == 1:
			first = true
			continue
		case t.is("GENERATED"), t.is("AS") && depth == 1:
			return d.errorf("table %.100s has a computed column: only plain ones are read", table.name)
		}
		first = false
	}
}

// constraint: words with which a rule of the table begins in place of a column.
func constraint(word string) bool {
	switch strings.ToUpper(word) {
	case "CONSTRAINT", "PRIMARY", "UNIQUE", "CHECK", "FOREIGN":
		return true
	}
	return false
}

// delete passes over the one that dumps have.
func (d *dump) delete() error {
	if err := d.want("FROM"); err != nil {
		return err
	}
	name, err := d.name()
	if err != nil {
		return err
	}
	if !strings.EqualFold(name, "sqlite_sequence") {
		return d.refuse(token{tokenWord, "DELETE"})
	}
	return d.pass()
}

func (d *dump) insert(ctx context.Context) error {
	if err := d.want("INTO"); err != nil {
		return err
	}
	name, err := d.name()
	if err != nil {
		return err
	}
	switch strings.ToLower(name) {
	case "sqlite_sequence", "sqlite_stat1", "sqlite_stat4":
		return d.pass()
	}
	table := d.tables[strings.ToLower(name)]
	switch {
	case table == nil:
		return d.errorf("rows for table %.100s, which isn't there", name)
	case !table.wanted:
		return d.pass()
	}
	columns := table.columns
	t, err := d.next()
	if err == nil && t.is("(") {
		if columns, err = d.names(table); err == nil {
			t, err = d.next()
		}
	}
	if err != nil {
		return err
	}
	if !t.is("VALUES") {
		return d.refuse(token{tokenWord, "INSERT … " + t.text})
	}
	return d.rows(ctx, table, columns)
}

// names reads the names of the columns that rows have, up to the bracket.
func (d *dump) names(table *dumpTable) (list []string, err error) {
	for {
		name, err := d.name()
		if err != nil {
			return nil, err
		}
		same := func(c string) bool { return strings.EqualFold(c, name) }
		if !slices.ContainsFunc(table.columns, same) || slices.ContainsFunc(list, same) {
			return nil, d.errorf("table %s has no column %.100s, or it is named twice", table.name, name)
		}
		list = append(list, name)
		t, err := d.next()
		switch {
		case err != nil:
			return nil, err
		case t.is(")"):
			return list, nil
		case !t.is(","):
			return nil, d.errorf("there should be a comma or a bracket here")
		}
	}
}

// rows reads the rows of a statement and stores them.
func (d *dump) rows(ctx context.Context, table *dumpTable, columns []string) error {
	var quoted []string
	for _, c := range columns {
		quoted = append(quoted, quote(c))
	}
	insert := fmt.Sprintf(`insert into %s (%s) values (?%s)`, quote(table.name), strings.Join(quoted, ", "), strings.Repeat(", ?", len(columns)-1))
	for {
		if err := d.want("("); err != nil {
			return err
		}
		values, err := d.values()
		if err != nil {
			return err
		}
		if len(values) != len(columns) {
			return d.errorf("a row with %d values for %d columns of table %s", len(values), len(columns), table.name)
		}
		if _, err := d.tx.ExecContext(ctx, insert, values...); err != nil {
			return fmt.Errorf("store a row of table %s: %w", table.name, err)
		}
		t, err := d.next()
		switch {
		case err != nil:
			return err
		case t.is(";"):
			return nil
		case !t.is(","):
			return d.errorf("there should be a comma or a semicolon here")
		}
	}
}
