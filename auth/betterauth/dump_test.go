package betterauth_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"snug/auth/betterauth"
)

func writeDump(t testing.TB, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "dump.sql")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

const dumpTables = `CREATE TABLE "user" (id text, "email" text, name);
CREATE TABLE account (userId text, providerId text, accountId text);
`

// Whatever a dump spells out is read as SQLite would.
func TestDumpValues(t *testing.T) {
	for _, test := range []struct{ value, want string }{
		{`'a''b'`, "a'b"}, {`'a;b--c/*d*/"e"'`, `a;b--c/*d*/"e"`}, {"'two\nlines'", "two\nlines"}, {`''`, ""}, {`NULL`, ""}, {`null`, ""},
		{`5`, "5"}, {`-5`, "-5"}, {`+5`, "5"}, {`1.5e+3`, "1500.0"}, {`1e3`, "1000.0"}, {`.5`, "0.5"}, {`TRUE`, "1"}, {`false`, "0"}, {`X'6869'`, "hi"}, {`x'6869'`, "hi"},
		{`9e999`, "Inf"}, {`replace('a\nb','\n',char(10))`, "a\nb"}, {`replace(replace('a\r\nb','\r',char(13)),'\n',char(10))`, "a\r\nb"},
		{`replace('abc','','x')`, "abc"}, {`char(72,105)`, "Hi"}, {`unistr('a\u000ab')`, "a\nb"}, {`unistr('\\\0041\+01F600\U0001F600\ud83d\ude00')`, `\A😀😀😀`},
		{`/* a */ 'b' -- c`, "b"}, {`'ü😀'`, "ü😀"},
	} {
		text := dumpTables + "INSERT INTO user(name, id, [email]) VALUES (" + test.value + "\n, 'a' , 'b' ) ;"
		for _, text := range []string{text, "\xef\xbb\xbf" + text, strings.ReplaceAll(text, ";\n", ";\r\n"), "-- a dump\n\n" + text} {
			got := users(t, open(t, writeDump(t, text)))
			if len(got) != 1 || got[0].Name != test.want || got[0].ID != "a" {
				t.Errorf("%s is %+v, want %q", test.value, got, test.want)
			}
		}
	}
}

// Whatever isn't plainly data is refused, and the line named where it stands.
func TestDumpRefuses(t *testing.T) {
	for _, test := range []struct{ text, want string }{
		{"ATTACH DATABASE '/tmp/x' AS y;", "line 3: a statement that begins with ATTACH"},
		{"DROP TABLE user;", "line 3: a statement that begins with DROP"},
		{"UPDATE user SET id = 1;", "UPDATE"}, {"SELECT 1;", "SELECT"}, {"VACUUM INTO '/tmp/x';", "VACUUM"}, {"DETACH x;", "DETACH"}, {"REPLACE INTO user VALUES (1,2,3);", "REPLACE"},
		{"ALTER TABLE user ADD x;", "ALTER"}, {"REINDEX;", "REINDEX"}, {"SAVEPOINT x;", "SAVEPOINT"}, {"WITH x AS (SELECT 1) INSERT INTO user SELECT 1,2,3;", "WITH"},
		{"CREATE TRIGGER t AFTER INSERT ON user BEGIN SELECT 1; END;", "line 3: a statement that begins with CREATE TRIGGER"},
		{"CREATE VIEW v AS SELECT 1;", "CREATE VIEW"}, {"CREATE VIRTUAL TABLE x USING fts5(a);", "CREATE VIRTUAL"}, {"CREATE TEMP TABLE x (a);", "CREATE TEMP"},
		{"CREATE TABLE x AS SELECT 1;", "line 3: there should be the columns"}, {"CREATE TABLE session (userId, token, expiresAt AS (1));", "computed"},
		{"CREATE TABLE x (a GENERATED ALWAYS AS (1));", "computed"}, {"CREATE TABLE USER (a);", "there twice"}, {"CREATE TABLE x ();", "no columns"}, {"CREATE TABLE x", "columns of table x"},
		{"CREATE TABLE sqlite_x (a);", "can't be made"}, {"CREATE TABLE z (a, A);", ""}, {"CREATE TABLE session (userId, userid);", "can't be made"},
		{"INSERT INTO sqlite_schema VALUES (1);", "sqlite_schema, which isn't there"}, {"INSERT INTO sqlite_master(type) VALUES ('table');", "isn't there"},
		{"INSERT OR REPLACE INTO user VALUES (1,2,3);", "should be INTO"}, {"INSERT INTO nothing VALUES (1);", "which isn't there"},
		{"INSERT INTO user SELECT 1,2,3;", "INSERT … SELECT"}, {"INSERT INTO user DEFAULT VALUES;", "INSERT … DEFAULT"},
		{"INSERT INTO user VALUES (1,2,(SELECT 3));", "isn't plain"}, {"INSERT INTO user VALUES (1,2,randomblob(1000000000));", "isn't plain"},
		{"INSERT INTO user VALUES (1,2,load_extension('x'));", "isn't plain"}, {"INSERT INTO user VALUES (1,2,readfile('/etc/passwd'));", "isn't plain"},
		{"INSERT INTO user VALUES (1,2,'a'||'b');", "isn't plain"}, {"INSERT INTO user VALUES (1,2,1+1);", "isn't plain"}, {"INSERT INTO user VALUES (1,2,--1\n);", "isn't plain"},
		{"INSERT INTO user VALUES (1,2,- 'a');", "isn't plain"}, {"INSERT INTO user VALUES (1,2,?);", "isn't plain"}, {"INSERT INTO user VALUES (1,2,id);", "isn't plain"},
		{"INSERT INTO user VALUES (1,2);", "a row with 2 values for 3 columns"}, {"INSERT INTO user VALUES (1,2,3,4);", "a row with 4 values"}, {"INSERT INTO user VALUES ();", "isn't plain"},
		{"INSERT INTO user (id, id) VALUES (1,2);", "named twice"}, {"INSERT INTO user (nothing) VALUES (1);", "no column nothing"}, {"INSERT INTO user (id VALUES (1);", "a comma or a bracket"},
		{"INSERT INTO user VALUES (1,2,3) ON CONFLICT DO NOTHING;", "a comma or a semicolon"}, {"INSERT INTO user VALUES (1,2,3) RETURNING id;", "a comma or a semicolon"},
		{"INSERT INTO user VALUES (1,2,X'abc');", "hexadecimal"}, {"INSERT INTO user VALUES (1,2,0x10);", "number"}, {"INSERT INTO user VALUES (1,2,char(-1));", "char"},
		{"INSERT INTO user VALUES (1,2,unistr('\\12'));", "unistr"}, {"INSERT INTO user VALUES (1,2,replace(1,2,3));", "replace"}, {"INSERT INTO user VALUES (1,2,replace('a','b'));", "replace"},
		{"INSERT INTO user VALUES (1,2," + strings.Repeat("replace(", 20) + "'a'", "isn't plain"},
		{"INSERT INTO user VALUES (1,2,'a", "line 3: the file ends within a quoted text"}, {"INSERT INTO user VALUES (1,2,3)", "a comma or a semicolon"},
		{"/* and so on", "within a comment"}, {"\n\nPRAGMA x", "line 5: the file ends within a statement"}, {"DELETE FROM user;", "DELETE"},
		{"BEGIN TRANSACTION;\nINSERT INTO user VALUES (1,2,3);\n", "before its COMMIT"}, {"ROLLBACK; -- due to errors", "gives up"},
		{strings.Repeat("\n", 600) + "INSERT INTO user VALUES (1,2,'\x00');", "line 603: a zero byte"}, {"'x';", "what stands here"}, {"COPY user FROM stdin;", "COPY"}, {strings.Repeat("x", 2000), "more than 1000 characters"},
		{fmt.Sprintf("INSERT INTO user VALUES (1,2,replace('%s','a','%s'));", strings.Repeat("a", 1<<14), strings.Repeat("b", 1<<13)), "more than 64 MiB"},
	} {
		s, err := betterauth.Open(context.Background(), writeDump(t, dumpTables+test.text))
		if err == nil {
			s.Close()
		}
		if err == nil && test.want != "" || err != nil && (test.want == "" || !strings.Contains(err.Error(), test.want)) {
			t.Errorf("%.80s: %v", test.text, err)
		}
	}
}

// Tables of the deployment's own may hold what they like, but no statement more.
func TestDumpPassesOver(t *testing.T) {
	s := open(t, writeDump(t, `PRAGMA foreign_keys=OFF;
BEGIN TRANSACTION;
CREATE TABLE IF NOT EXISTS "message" (id integer primary key autoincrement, body text default ('a' || ';'), check (length(body) < 5));
INSERT INTO message VALUES(1, 'it''s; DROP TABLE user; --', date('now'));
CREATE TABLE "d1_migrations"(
		id         INTEGER PRIMARY KEY AUTOINCREMENT,
		name       TEXT UNIQUE
);
CREATE UNIQUE INDEX "odd;name" ON message (body) WHERE body > ';';
`+dumpTables+`INSERT INTO user VALUES('a','b','c'),('d','e','f');
INSERT INTO sqlite_sequence VALUES('message',1);
ANALYZE sqlite_schema;
INSERT INTO sqlite_stat1 VALUES('message',NULL,'1');
DELETE FROM sqlite_sequence;
COMMIT;
`))
	if got := users(t, s); len(got) != 2 {
		t.Errorf("%+v", got)
	}
	if got := fmt.Sprint(s.Inventory().Others); got != "[d1_migrations message]" {
		t.Error(got)
	}
}

// FuzzDump: whatever a dump holds, reading it ends in users or an error.
func FuzzDump(f *testing.F) {
	f.Add(dumpTables + "INSERT INTO user VALUES ('a', 'b', unistr('\\u0041'));")
	f.Add("PRAGMA foreign_keys=OFF;\nBEGIN;\n" + dumpTables + "INSERT INTO \"user\" (\"id\") VALUES(replace('a','b',char(1)));COMMIT;")
	f.Add("CREATE TABLE user(id, email, check (id in ('a', \"b\", [c], `d`)));/*x*/CREATE TABLE account(userId,providerId,accountId)WITHOUT ROWID;")
	f.Fuzz(func(t *testing.T, text string) {
		s, err := betterauth.Open(context.Background(), writeDump(t, text))
		if err != nil {
			return
		}
		defer s.Close()
		for _, err := range s.Users(context.Background()) {
			if err != nil {
				t.Fatal(err)
			}
		}
	})
}

// FuzzDatabase: nor does a doctored database do anything but end.
func FuzzDatabase(f *testing.F) {
	path := makeFile(f, schema(f, "1.3.9-plugins"), insertA, insertAccounts, insertSession, insertPlugins, insertPasskey)
	good, err := os.ReadFile(path)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(uint32(100), []byte{13}, uint32(4096), []byte{0})
	f.Add(uint32(18), []byte{2, 2}, uint32(56), []byte{0, 0, 0, 3})
	f.Fuzz(func(t *testing.T, at1 uint32, put1 []byte, at2 uint32, put2 []byte) {
		file := append([]byte{}, good...)
		copy(file[int(at1)%len(file):], put1)
		copy(file[int(at2)%len(file):], put2)
		name := filepath.Join(t.TempDir(), "db")
		if err := os.WriteFile(name, file, 0o600); err != nil {
			t.Fatal(err)
		}
		s, err := betterauth.Open(context.Background(), name)
		if err != nil {
			return
		}
		defer s.Close()
		for _, err := range s.Users(context.Background()) {
			if err != nil {
				return
			}
		}
	})
}
