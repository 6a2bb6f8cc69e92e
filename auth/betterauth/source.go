package betterauth

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	_ "modernc.org/sqlite" // the driver "sqlite"
)

const (
	// MaxSize of a file in bytes: a hundred times what a million users take.
	MaxSize = 2 << 30
	// maxField is how much of a value is read, in characters. Longer than any that
	// is of use; what is cut fails the checks that whole values pass.
	maxField = 16 << 10
	// maxRepeated rows may share what should be somebody's alone. They are held in
	// memory.
	maxRepeated = 100_000
	// maxEach rows of a table are read for one user.
	maxEach = 1000
)

// ErrChanged says that a file was written to while it was read, so that what was
// read need not belong together.
var ErrChanged = errors.New("the file changed while it was read: stop the server that it belongs to, or read a copy")

// A Source is an open file. It isn't for use by several goroutines at once.
type Source struct {
	path      string
	stat      fs.FileInfo
	db        *sql.DB
	temp      string // folder with what was made of a dump; "" if the file is a database
	at        map[string]sourceTable
	inventory Inventory

	addresses map[string]owner // of users who share an address: the first of them
	accounts  map[string]owner // the same for accounts at providers
	strays    map[string]int
}

// An Inventory says what a file holds.
type Inventory struct {
	Dump bool
	// Rows of the tables that are read, by better-auth's name of the table. Those
	// that aren't there are not in it.
	Rows         map[string]int
	Others       []string // tables that aren't read
	OtherColumns []string // columns of the tables that are read, as table.column
}

// Open looks at a file and finds the tables in it. Whoever writes to the file
// meanwhile must have stopped. The error says what is wrong with the file, for
// people. Close it in the end.
func Open(ctx context.Context, path string) (*Source, error) {
	s := &Source{path: path, at: map[string]sourceTable{}, strays: map[string]int{}}
	s.inventory.Rows = map[string]int{}
	if err := s.openFile(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("open %s: %w", path, err), s.Close())
	}
	return s, nil
}

// Close removes what Open made.
func (s *Source) Close() error {
	var errs []error
	if s.db != nil {
		errs = append(errs, s.db.Close())
	}
	if s.temp != "" {
		errs = append(errs, os.RemoveAll(s.temp))
	}
	return errors.Join(errs...)
}

// Inventory says what is in the file.
func (s *Source) Inventory() Inventory { return s.inventory }

func (s *Source) openFile(ctx context.Context) (err error) {
	// Looked at before it is opened: a pipe would wait for a writer.
	if s.stat, err = os.Stat(s.path); err != nil {
		return plainly(err)
	}
	if !s.stat.Mode().IsRegular() {
		return errors.New("this is not a file")
	}
	if s.stat.Size() > MaxSize {
		return fmt.Errorf("the file has %d MiB, more than the %d that are read: dump the tables user, account, session, passkey and twoFactor alone",
			s.stat.Size()>>20, MaxSize>>20)
	}
	f, err := os.Open(s.path)
	if err != nil {
		return plainly(err)
	}
	defer f.Close()
	head := make([]byte, 512)
	n, err := io.ReadFull(f, head)
	if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) && !errors.Is(err, io.EOF) {
		return err
	}
	path := s.path
	switch kind := kindOf(head[:n]); kind {
	case isDatabase:
		if err := s.checkLogs(); err != nil {
			return err
		}
	case isDump:
		if _, err := f.Seek(0, io.SeekStart); err != nil {
			return err
		}
		s.inventory.Dump = true
		if path, err = s.loadDump(ctx, f); err != nil {
			return err
		}
	default:
		return errors.New(kind)
	}
	if s.db, err = openReadOnly(path); err != nil {
		return err
	}
	return s.look(ctx)
}

// plainly leaves out the path, which the caller names.
func plainly(err error) error {
	var pe *fs.PathError
	if errors.As(err, &pe) {
		return pe.Err
	}
	return err
}

// The kinds of file. Others are named by what is wrong with them.
const (
	isDatabase = "database"
	isDump     = "dump"
)

// kindOf tells a file's kind by how it begins.
func kindOf(head []byte) string {
	if bytes.HasPrefix(head, []byte("SQLite format 3\x00")) {
		return isDatabase
	}
	if bytes.HasPrefix(head, []byte("\xff\xfe")) || bytes.HasPrefix(head, []byte("\xfe\xff")) {
		return "the file is text in UTF-16: have it written in UTF-8 (in PowerShell with .output FILE and .dump inside sqlite3)"
	}
	text := bytes.TrimLeft(bytes.TrimPrefix(head, []byte("\xef\xbb\xbf")), " \t\r\n")
	upper := strings.ToUpper(string(text))
	for _, begin := range []string{"--", "/*", "PRAGMA", "BEGIN", "CREATE", "INSERT", "DELETE"} {
		if strings.HasPrefix(upper, begin) && !bytes.ContainsRune(head, 0) {
			return isDump
		}
	}
	return "the file is neither a SQLite database nor a dump of one as SQL"
}

// checkLogs refuses a database a part of which is still in a log beside it: what it
// holds by itself is old, or half written.
func (s *Source) checkLogs() error {
	for _, end := range []string{"-wal", "-journal"} {
		info, err := os.Stat(s.path + end)
		if err == nil && info.Size() > 0 {
			return fmt.Errorf("beside it lies %s with changes that aren't in it yet: stop the server that it belongs to, then run: sqlite3 %s 'pragma wal_checkpoint(truncate)'",
				filepath.Base(s.path)+end, filepath.Base(s.path))
		}
	}
	return nil
}

// openReadOnly opens a database that nobody changes, without making files beside it.
// What functions a doctored schema calls is limited to those that do no harm.
func openReadOnly(path string) (*sql.DB, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, err
	}
	name := (&url.URL{Path: path}).EscapedPath()
	db, err := sql.Open("sqlite", "file:"+name+"?mode=ro&immutable=1&_pragma=query_only(1)&_pragma=trusted_schema(0)&_pragma=cell_size_check(1)")
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(len(tables()) + 1) // one for each cursor
	return db, nil
}

// look checks the database and takes stock.
func (s *Source) look(ctx context.Context) error {
	var verdict, encoding string
	if err := s.db.QueryRowContext(ctx, `pragma quick_check(1)`).Scan(&verdict); err != nil {
		return err
	}
	if verdict != "ok" {
		return fmt.Errorf("the database is damaged: %s", strings.Join(strings.Fields(verdict), " "))
	}
	if err := s.db.QueryRowContext(ctx, `pragma encoding`).Scan(&encoding); err != nil {
		return err
	}
	if encoding != "UTF-8" { // rows are put together by the order of bytes
		return fmt.Errorf("the database is in %s: dump it as SQL and give that", encoding)
	}
	if err := s.findTables(ctx); err != nil {
		return err
	}
	for name, at := range s.at {
		var n int
		if err := s.db.QueryRowContext(ctx, `select count(*) from `+quote(at.name)).Scan(&n); err != nil {
			return fmt.Errorf("count rows of %s: %w", at.name, err)
		}
		s.inventory.Rows[name] = n
	}
	return s.findRepeated(ctx)
}

// unchanged makes sure that the file is as it was when it was opened.
func (s *Source) unchanged() error {
	now, err := os.Stat(s.path)
	if err != nil {
		return fmt.Errorf("look at %s: %w", s.path, plainly(err))
	}
	if now.Size() != s.stat.Size() || !now.ModTime().Equal(s.stat.ModTime()) {
		return ErrChanged
	}
	return nil
}

// An owner is whom something belongs to that several claim.
type owner struct {
	userID   string
	verified bool
	since    time.Time // zero: nobody knows
}

// before says who of two has it.
func (o owner) before(p owner) bool {
	switch {
	case o.verified != p.verified:
		return o.verified
	case !o.since.Equal(p.since):
		return !o.since.IsZero() && (p.since.IsZero() || o.since.Before(p.since))
	}
	return o.userID < p.userID
}

// findRepeated finds addresses and accounts that are there several times, and whose
// they are: an address belongs to whoever has confirmed it, an account and otherwise
// an address to who had it first.
func (s *Source) findRepeated(ctx context.Context) (err error) {
	user, account := s.at[userTable.name], s.at[accountTable.name]
	address := "lower(trim(" + user.expression("email") + "))"
	s.addresses, err = s.repeated(ctx, fmt.Sprintf(`select %[1]s, '', %[2]s, %[3]s, %[4]s from %[5]s
		where %[1]s <> '' and %[1]s in (select %[1]s from %[5]s group by 1 having count(*) > 1)`,
		address, user.expression("id"), user.expression("emailVerified"), user.expression("createdAt"), quote(user.name)))
	if err != nil {
		return fmt.Errorf("look for repeated addresses: %w", err)
	}
	provider, id := account.expression("providerId"), account.expression("accountId")
	s.accounts, err = s.repeated(ctx, fmt.Sprintf(`select %[1]s, %[2]s, %[3]s, 0, %[4]s from %[5]s
		where %[1]s <> 'credential' and (%[1]s, %[2]s) in (select %[1]s, %[2]s from %[5]s group by 1, 2 having count(*) > 1)`,
		provider, id, account.expression("userId"), account.expression("createdAt"), quote(account.name)))
	if err != nil {
		return fmt.Errorf("look for repeated accounts: %w", err)
	}
	return nil
}

func (s *Source) repeated(ctx context.Context, query string) (first map[string]owner, err error) {
	rows, err := s.db.QueryContext(ctx, query)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	first = map[string]owner{}
	for n := 1; rows.Next(); n++ {
		if n > maxRepeated {
			return nil, fmt.Errorf("more than %d rows have what only one can have: this is not what a better-auth server stores", maxRepeated)
		}
		var key, more, userID, verified, since sql.NullString
		if err := rows.Scan(&key, &more, &userID, &verified, &since); err != nil {
			return nil, err
		}
		o := owner{userID.String, field{text: verified.String}.yes(), field{text: since.String}.date()}
		k := repeatedKey(key.String, more.String)
		if have, ok := first[k]; !ok || o.before(have) {
			first[k] = o
		}
	}
	return first, rows.Err()
}

func repeatedKey(a, b string) string { return a + "\x00" + b }

// foldAddress is what SQLite's lower and trim make of an address.
func foldAddress(email string) string {
	return strings.Map(func(r rune) rune {
		if 'A' <= r && r <= 'Z' {
			return r + 'a' - 'A'
		}
		return r
	}, strings.Trim(email, " "))
}
