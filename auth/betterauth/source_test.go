package betterauth_test

import (
	"context"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"syscall"
	"testing"
	"time"

	"snug/auth/betterauth"
)

// make makes a database of statements.
func makeFile(t testing.TB, statements ...string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "old file?.sqlite")
	db, err := sql.Open("sqlite", "file:"+strings.ReplaceAll(path, "?", "%3f")+"?_pragma=synchronous(off)")
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range statements {
		if _, err := db.Exec(s); err != nil {
			t.Fatalf("%v in %s", err, s)
		}
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	return path
}

func schema(t testing.TB, name string) string {
	t.Helper()
	text, err := os.ReadFile("testdata/" + name + ".sql")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func open(t testing.TB, path string) *betterauth.Source {
	t.Helper()
	s, err := betterauth.Open(context.Background(), path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func users(t testing.TB, s *betterauth.Source) (list []betterauth.User) {
	t.Helper()
	for u, err := range s.Users(context.Background()) {
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, u)
	}
	return list
}

// dumpOf writes a database as SQL, as sqlite3's .dump does or, with names of columns
// and without a transaction, as D1's export.
func dumpOf(t testing.TB, path string, d1 bool) string {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+strings.ReplaceAll(path, "?", "%3f")+"?mode=ro&immutable=1")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	var b strings.Builder
	if b.WriteString("PRAGMA foreign_keys=OFF;\nBEGIN TRANSACTION;\n"); d1 {
		b.Reset()
		b.WriteString("PRAGMA defer_foreign_keys=TRUE;\n")
	}
	tables, err := db.Query(`select name, sql from sqlite_schema where type = 'table'`)
	if err != nil {
		t.Fatal(err)
	}
	for tables.Next() {
		var name, create string
		if err := tables.Scan(&name, &create); err != nil {
			t.Fatal(err)
		}
		b.WriteString(create + ";\n")
		rows, err := db.Query(`select * from "` + name + `"`)
		if err != nil {
			t.Fatal(err)
		}
		columns, err := rows.Columns()
		if err != nil {
			t.Fatal(err)
		}
		rows.Close()
		var quoted []string
		for _, c := range columns {
			quoted = append(quoted, `quote("`+c+`")`)
		}
		if rows, err = db.Query(`select ` + strings.Join(quoted, " || ',' || ") + ` from "` + name + `"`); err != nil {
			t.Fatal(err)
		}
		for rows.Next() {
			var values string
			if err := rows.Scan(&values); err != nil {
				t.Fatal(err)
			}
			list := ""
			if d1 {
				list = ` ("` + strings.Join(columns, `","`) + `")`
			}
			fmt.Fprintf(&b, "INSERT INTO \"%s\"%s VALUES(%s);\n", name, list, values)
		}
		rows.Close()
	}
	if b.WriteString("DELETE FROM sqlite_sequence;\n"); d1 {
		b.WriteString("CREATE INDEX x ON user(email);\n")
	} else {
		b.WriteString("COMMIT;\n")
	}
	out := filepath.Join(t.TempDir(), "dump.sql")
	if err := os.WriteFile(out, []byte(b.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	return out
}

const (
	moment  = "2026-11-22T18:36:44.207Z"
	insertA = `insert into user (id, name, email, emailVerified, image, createdAt, updatedAt) values
		('a1', 'Ada ''the'' Ünï; -- x', 'Ada@example.com', 1, 'https://example.com/a.png', '` + moment + `', '` + moment + `'),
		('b2', 'Bob', 'bob@example.com', 0, null, '` + moment + `', '` + moment + `')`
	insertAccounts = `insert into account (id, accountId, providerId, userId, accessToken, idToken, scope, password, createdAt, updatedAt) values
		('x', 'a1', 'credential', 'a1', null, null, null, 'salt:key', '` + moment + `', '` + moment + `'),
		('y', 'g-1', 'google', 'b2', 'at', 'it', 'openid,email', null, '` + moment + `', '` + moment + `')`
	insertVerification = `insert into verification (id, identifier, value, expiresAt, createdAt, updatedAt) values
		('v', 'i', '{"a":"b;c"}', '` + moment + `', '` + moment + `', '` + moment + `')`
	insertSession = `insert into session (id, expiresAt, token, createdAt, updatedAt, ipAddress, userAgent, userId) values
		('s', '2026-11-29T18:36:44.207Z', 'tok', '` + moment + `', '` + moment + `', '192.0.2.1', 'Agent', 'b2')`
	insertPlugins = `update user set isAnonymous = 1, twoFactorEnabled = 1, lastLoginMethod = 'google' where id = 'b2';
		insert into twoFactor (id, secret, backupCodes, userId) values ('t', 'aabb', 'ccdd', 'b2')`
	insertPasskey = `insert into passkey (id, name, publicKey, userId, credentialID, counter, deviceType, backedUp, transports, createdAt, aaguid) values
		('p', 'Key', 'pk==', 'b2', 'cid', 7, 'multiDevice', 1, 'internal,hybrid', '` + moment + `', 'aa')`
)

// Whatever tables better-auth made, in whichever form they come: what is read is the
// same.
func TestSchemas(t *testing.T) {
	at := time.Date(2026, 11, 22, 18, 36, 44, 207e6, time.UTC)
	for _, name := range []string{"1.3.9-core", "1.3.9-kv", "1.3.9-plugins", "1.7.25-core", "1.7.25-kv", "1.7.25-plugins", "older-kv"} {
		fill := []string{schema(t, name), insertA, insertAccounts}
		ada := betterauth.User{ID: "a1", Email: "Ada@example.com", Name: "Ada 'the' Ünï; -- x", EmailVerified: true,
			Image: "https://example.com/a.png", Created: at, Updated: at}
		bob := betterauth.User{ID: "b2", Email: "bob@example.com", Name: "Bob", Created: at, Updated: at}
		ada.Accounts = []betterauth.Account{{Provider: "credential", ID: "a1", Password: "salt:key", Created: at, Updated: at}}
		bob.Accounts = []betterauth.Account{{Provider: "google", ID: "g-1", Scope: "openid,email", Created: at, Updated: at, Tokens: 2}}
		if name != "1.7.25-kv" {
			fill = append(fill, insertVerification)
		}
		if !strings.HasSuffix(name, "kv") {
			fill = append(fill, insertSession)
			bob.Sessions = []betterauth.Session{{Token: "tok", Created: at, Updated: at, Expires: at.AddDate(0, 0, 7), IPAddress: "192.0.2.1", UserAgent: "Agent"}}
		}
		if strings.HasSuffix(name, "plugins") {
			fill = append(fill, insertPlugins)
			bob.Anonymous, bob.TwoFactor, bob.Method = true, true, "google"
			bob.Factors = []betterauth.Factor{{Secret: "aabb", BackupCodes: "ccdd"}}
		}
		if name == "1.3.9-plugins" {
			fill = append(fill, insertPasskey)
			bob.Passkeys = []betterauth.Passkey{{CredentialID: "cid", PublicKey: "pk==", Name: "Key", Counter: 7, DeviceType: "multiDevice",
				BackedUp: true, Transports: "internal,hybrid", AAGUID: "aa", Created: at}}
		}
		path := makeFile(t, fill...)
		for _, form := range []struct{ kind, path string }{{"database", path}, {"dump", dumpOf(t, path, false)}, {"D1", dumpOf(t, path, true)}} {
			s := open(t, form.path)
			if got := users(t, s); !reflect.DeepEqual(got, []betterauth.User{ada, bob}) {
				t.Errorf("%s as %s: got %+v, want %+v", name, form.kind, got, []betterauth.User{ada, bob})
			}
			if _, sessions := s.Inventory().Rows["session"]; len(s.Strays()) != 0 || sessions == strings.HasSuffix(name, "kv") || len(s.Inventory().OtherColumns) != 0 ||
				s.Inventory().Rows["user"] != 2 || s.Inventory().Dump != (form.kind != "database") {
				t.Errorf("%s as %s: strays %v, %+v", name, form.kind, s.Strays(), s.Inventory())
			}
			if got := users(t, s); len(got) != 2 {
				t.Errorf("%s as %s: %d users the second time", name, form.kind, len(got))
			}
		}
	}
}

// Other database layers write names otherwise and leave columns out.
func TestOtherSpellings(t *testing.T) {
	s := open(t, makeFile(t,
		`create table users (id integer primary key, email text, email_verified boolean, created_at timestamp, plan text, is_anonymous int)`,
		`create table accounts (account_id text, provider_id text, user_id integer)`,
		`create table two_factors (user_id integer, secret text, backup_codes text)`,
		`create table message (id)`, `create table _cf_KV (k)`, `create view v as select 1`,
		`insert into users values (10, 'ten@example.com', 'true', 1763836604, 'gold', 1), (9, 'nine@example.com', 'false', 1763836604207.0, null, null)`,
		`insert into accounts values ('g', 'google', 10), ('h', 'google', 8), ('i', 'google', null)`,
		`insert into two_factors values (10, 's', 'b')`))
	got := users(t, s)
	want := []betterauth.User{
		{ID: "10", Email: "ten@example.com", EmailVerified: true, Anonymous: true, Created: time.Unix(1763836604, 0).UTC(),
			Accounts: []betterauth.Account{{Provider: "google", ID: "g"}}, Factors: []betterauth.Factor{{Secret: "s", BackupCodes: "b"}}},
		{ID: "9", Email: "nine@example.com", Created: time.UnixMilli(1763836604207).UTC()},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v", got)
	}
	if s.Strays()["account"] != 2 {
		t.Errorf("strays %v", s.Strays())
	}
	if i := s.Inventory(); !reflect.DeepEqual(i.Others, []string{"message"}) || !reflect.DeepEqual(i.OtherColumns, []string{"user.plan"}) {
		t.Errorf("%+v", i)
	}
}

// Dates come as text with any fraction and zone, or as numbers of any unit.
func TestDates(t *testing.T) {
	at := time.Date(2026, 11, 22, 18, 36, 44, 207e6, time.UTC)
	second, day := at.Truncate(time.Second), time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC)
	for _, test := range []struct {
		value string
		want  time.Time
	}{
		{`'2026-11-22T18:36:44.207Z'`, at}, {`'2026-11-22T18:36:44Z'`, second}, {`'2026-11-22T18:36:44.2Z'`, second.Add(200 * time.Millisecond)},
		{`'2026-11-22T18:36:44.207123456Z'`, at}, {`'2026-11-22T18:36:44.207'`, at}, {`'2026-11-22T19:36:44.207+01:00'`, at},
		{`'2026-11-22 18:36:44.207'`, at}, {`'2026-11-22 18:36:44'`, second}, {`'2026-11-22 18:36:44.207+00'`, at}, {`'2026-11-22 18:36:44.207+00:00'`, at},
		{`'2026-11-22 18:36:44.207 +0000 UTC'`, at}, {`'2026-11-22'`, day}, {`' 2026-11-22 '`, day},
		{`1795372604`, second}, {`1795372604207`, at}, {`'1795372604207'`, at}, {`1795372604207.0`, at}, {`1795372604.207`, at}, {`1795372604207000`, at},
		{`null`, time.Time{}}, {`''`, time.Time{}}, {`'soon'`, time.Time{}}, {`0`, time.Time{}}, {`-5`, time.Time{}}, {`1e300`, time.Time{}}, {`9e999`, time.Time{}},
		{`x'00ff'`, time.Time{}}, {`'0001-01-01T00:00:00Z'`, time.Time{}}, {`'99999-01-01'`, time.Time{}}, {`'nan'`, time.Time{}},
	} {
		// In the types that better-auth declares and that other layers do.
		for _, kind := range []string{"date", "timestamp", "datetime", "text", "integer", ""} {
			s := open(t, makeFile(t, `create table user (id text, email text, createdAt `+kind+`)`,
				`create table account (userId text, providerId text, accountId text)`, `insert into user values ('a', 'e', `+test.value+`)`))
			if got := users(t, s)[0].Created; !got.Equal(test.want) {
				t.Errorf("%s as %q is %v, want %v", test.value, kind, got, test.want)
			}
		}
	}
}

// What should be one person's alone is whose it was first; an address is whose it was
// shown to be.
func TestRepeated(t *testing.T) {
	s := open(t, makeFile(t, `create table user (id text, email text, emailVerified integer, createdAt date)`,
		`create table account (userId text, providerId text, accountId text, createdAt date)`,
		`insert into user values ('late', 'ada@example.com', 0, '2026-01-02'), ('soon', 'ADA@example.com', 0, '2026-01-01'),
			('never', ' ada@example.com', 0, null), ('first', 'bob@example.com', 0, '2026-01-01'), ('sure', 'Bob@example.com', 1, '2026-01-02'),
			('twice', 'x@example.com', 0, '2026-01-01'), ('twice', 'y@example.com', 0, '2026-01-01'), ('none1', '', 0, 0), ('none2', '', 0, 0),
			('u1', 'Ü@example.com', 0, 0), ('u2', 'ü@example.com', 0, 0)`,
		`insert into account values ('late', 'google', '1', '2026-01-01'), ('soon', 'google', '1', '2026-01-02'), ('soon', 'github', '1', '2026-01-02'),
			('sure', 'credential', 'sure', null), ('sure', 'credential', 'sure', null), ('twice', 'google', '2', 0)`))
	got := map[string]string{}
	repeated := 0
	for _, u := range users(t, s) {
		got[u.ID] = u.TakenBy
		for _, a := range u.Accounts {
			got[u.ID+" "+a.Provider] = a.TakenBy
		}
		if u.Repeated {
			repeated++
		}
	}
	want := map[string]string{"late": "soon", "soon": "", "never": "soon", "first": "sure", "sure": "", "twice": "", "none1": "", "none2": "", "u1": "", "u2": "",
		"late google": "", "soon google": "late", "soon github": "", "sure credential": "", "twice google": ""}
	if !reflect.DeepEqual(got, want) || repeated != 1 {
		t.Errorf("got %v, %d repeated", got, repeated)
	}
}

func TestFilesThatWontDo(t *testing.T) {
	const tables = `create table user (id text, email text); create table account (userId text, providerId text, accountId text);`
	write := func(content string) string {
		path := filepath.Join(t.TempDir(), "file")
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	good := makeFile(t, tables, `insert into user values ('a', 'b')`)
	bytes, err := os.ReadFile(good)
	if err != nil {
		t.Fatal(err)
	}
	torn := append([]byte{}, bytes...)
	copy(torn[len(torn)/3:], strings.Repeat("\x00\xff", len(torn)/4))
	huge := write("SQLite format 3\x00")
	if err := os.Truncate(huge, betterauth.MaxSize+1); err != nil { // takes no space
		t.Fatal(err)
	}
	pipe := filepath.Join(t.TempDir(), "pipe")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	beside := func(end string) string {
		path := makeFile(t, tables)
		if err := os.WriteFile(path+end, []byte("x"), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	for _, test := range []struct{ what, path, want string }{
		{"nothing", filepath.Join(t.TempDir(), "none"), "no such file"},
		{"a folder", t.TempDir(), "not a file"},
		{"a pipe", pipe, "not a file"},
		{"empty", write(""), "neither a SQLite database nor a dump"},
		{"text", write("Dear all,\n"), "neither a SQLite database nor a dump"},
		{"a picture", write("\x89PNG\r\n\x1a\n\x00\x00"), "neither a SQLite database nor a dump"},
		{"UTF-16", write("\xff\xfeP\x00R\x00"), "UTF-16"},
		{"huge", huge, "2048 that are read"},
		{"its head alone", write(string(bytes[:100])), "malformed"},
		{"half of it", write(string(bytes[:len(bytes)/2])), "malformed"},
		{"torn", write(string(torn)), "m"},
		{"no tables", makeFile(t, `create table x (y)`), "no table user"},
		{"no accounts", makeFile(t, `create table user (id text, email text)`), "no table account"},
		{"no address", makeFile(t, `create table user (id text)`, `create table account (userId text, providerId text, accountId text)`), "has no column email"},
		{"a view", makeFile(t, `create table x (id, email)`, `create view user as select * from x`, `create table account (userId, providerId, accountId)`), "user is a view"},
		{"a view that never ends", makeFile(t, `create view user as with recursive r(id, email) as (select 1, 'a' union all select id + 1, email from r) select * from r`,
			`create table account (userId, providerId, accountId)`), "user is a view"},
		{"a virtual table", makeFile(t, `create virtual table user using fts5(id, email)`, `create table account (userId, providerId, accountId)`), "virtual"},
		{"computed", makeFile(t, `create table user (id text, x text, email text as (x || 'a'))`, `create table account (userId, providerId, accountId)`), "computed"},
		{"a log beside it", beside("-wal"), "pragma wal_checkpoint"},
		{"a journal beside it", beside("-journal"), "changes that aren't in it yet"},
		{"UTF-16 within", makeFile(t, `pragma encoding = 'UTF-16le'`, tables), "UTF-16le"},
	} {
		s, err := betterauth.Open(context.Background(), test.path)
		if err == nil {
			t.Errorf("%s: opened", test.what)
			s.Close()
			continue
		}
		if !strings.Contains(err.Error(), test.want) || !strings.Contains(err.Error(), test.path) {
			t.Errorf("%s: %v", test.what, err)
		}
	}
}

// The file and its folder stay as they are; and what changes meanwhile is noticed.
func TestReadsOnly(t *testing.T) {
	path := makeFile(t, `pragma journal_mode = wal`, schema(t, "1.3.9-core"), insertA)
	dir := filepath.Dir(path)
	before, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	s := open(t, path)
	if n := len(users(t, s)); n != 2 {
		t.Errorf("%d users", n)
	}
	after, err := os.ReadFile(path)
	if err != nil || string(before) != string(after) {
		t.Error("the file changed", err)
	}
	if list, err := os.ReadDir(dir); err != nil || len(list) != 1 {
		t.Errorf("beside it: %v %v", list, err)
	}
	if err := os.WriteFile(path, append(after, 0), 0o600); err != nil {
		t.Fatal(err)
	}
	var last error
	n := 0
	for _, err := range s.Users(context.Background()) {
		if last = err; err == nil {
			n++
		}
	}
	if !errors.Is(last, betterauth.ErrChanged) || n != 2 {
		t.Errorf("%d users, then %v", n, last)
	}
}

// A reader may stop early, and be stopped.
func TestStopping(t *testing.T) {
	s := open(t, makeFile(t, schema(t, "1.3.9-plugins"), insertA, insertAccounts))
	for range s.Users(context.Background()) {
		break
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	for _, err := range s.Users(ctx) {
		if !errors.Is(err, context.Canceled) {
			t.Errorf("error %v", err)
		}
	}
	if n := len(users(t, s)); n != 2 {
		t.Errorf("%d users", n)
	}
}

// Long values are cut, many rows counted.
func TestBounds(t *testing.T) {
	s := open(t, makeFile(t, schema(t, "1.3.9-core"), insertA, `update user set name = printf('%.100000c', 'x') where id = 'a1'`,
		`with recursive n(i) as (select 1 union all select i + 1 from n where i < 1200)
			insert into session (id, expiresAt, token, createdAt, updatedAt, userId) select i, 1, 't' || i, 1, 1, 'a1' from n`))
	u := users(t, s)[0]
	if len(u.Name) != 16<<10 || len(u.Sessions) != 1000 || u.Beyond != 200 {
		t.Errorf("name of %d, %d sessions, %d beyond", len(u.Name), len(u.Sessions), u.Beyond)
	}
}

func TestSecondFactors(t *testing.T) {
	s := open(t, makeFile(t, schema(t, "1.7.25-plugins"), insertA, insertPlugins,
		`insert into twoFactor (id, secret, backupCodes, userId) values ('u', '`+hex.EncodeToString([]byte("x"))+`', '', 'a1')`))
	people, secrets, err := s.SecondFactors(context.Background(), 10)
	if err != nil || people != 1 || !reflect.DeepEqual(secrets, []string{"aabb"}) {
		t.Errorf("%d %v %v", people, secrets, err)
	}
	s = open(t, makeFile(t, schema(t, "1.3.9-core"), insertA))
	if people, secrets, err := s.SecondFactors(context.Background(), 10); err != nil || people != 0 || secrets != nil {
		t.Errorf("%d %v %v", people, secrets, err)
	}
}
