package main

import (
	"context"
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"snug/db"
)

const (
	oldSecret = "the-old-server's-secret-0123456789abcdef"
	// oldHash is what better-auth stored of the password "correct horse battery".
	oldHash = "dfa01cd925adc4a13adfaa986584bb48:5f8f1168782529e2d01b0258f812f594e386b4eb3bb82374e8a2e121adee94b0adeef463c15faf163fd0b511aff4d044d18013e99887e049a39daaf54efd2faa"
)

// oldFile makes a database of better-auth with n people.
func oldFile(t *testing.T, n int, more ...string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "old.sqlite")
	d, err := sql.Open("sqlite", "file:"+path)
	if err != nil {
		t.Fatal(err)
	}
	count := fmt.Sprintf(`with recursive n(i) as (select 1 union all select i + 1 from n where i < %d) `, n)
	for _, s := range append([]string{
		`create table user (id text primary key, name text, email text, emailVerified integer, image text, createdAt date, updatedAt date, twoFactorEnabled integer, plan text)`,
		`create table account (id text primary key, accountId text, providerId text, userId text, accessToken text, scope text, password text, createdAt date, updatedAt date)`,
		`create table session (id text primary key, token text, userId text, expiresAt date, createdAt date, updatedAt date, ipAddress text, userAgent text)`,
		`create table twoFactor (id text primary key, secret text, backupCodes text, userId text)`, `create table message (id, body)`,
		count + `insert into user select 'id' || i, 'Person ' || i, 'person' || i || '@example.com', 1, null, 1763836604000, 1763836604000, 0, 'gold' from n`,
		count + `insert into account select 'c' || i, 'id' || i, 'credential', 'id' || i, null, null, '` + oldHash + `', 1763836604000, 1763836604000 from n`,
		count + `insert into account select 'g' || i, 'g' || i, 'google', 'id' || i, 'provider-token', 'openid', null, 1763836604000, 1763836604000 from n where i < 3`,
		count + `insert into session select 's' || i, 'token-' || i || '-of-16-or-more', 'id' || i, strftime('%Y-%m-%dT%H:%M:%fZ', 'now', '+5 days'),
			strftime('%Y-%m-%dT%H:%M:%fZ', 'now', '-1 days'), strftime('%Y-%m-%dT%H:%M:%fZ', 'now', '-1 days'), '', '' from n where i < 3`,
		`insert into user values ('bad/id', 'Bad', 'bad@example.com', 1, null, 1, 1, 0, null), ('nomail', 'No'||char(27)||'[31m', 'no mail', 1, null, 1, 1, 0, null)`,
	}, more...) {
		if _, err := d.Exec(s); err != nil {
			t.Fatalf("%v in %s", err, s)
		}
	}
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	return path
}

func countUsers(t *testing.T, data string) (n int) {
	t.Helper()
	d, err := db.Open(context.Background(), filepath.Join(data, tablesName))
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	err = d.Read(context.Background(), func(tx *sql.Tx) error { return tx.QueryRow(`select count(*) from users`).Scan(&n) })
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// A try, the import, and once more; then a server that lets them in.
func TestImportCommand(t *testing.T) {
	dir := t.TempDir()
	file, data := oldFile(t, 7), filepath.Join(dir, "data")
	env := []string{"BETTER_AUTH_SECRET=" + oldSecret}
	r := execute(t, dir, env, "import", "better-auth", file, "--dry-run", "--data", data)
	r.want(t, 0, "Nothing was changed. This would be taken over:", "      8 new people, 0 there already")
	if _, err := os.Stat(data); err == nil {
		t.Error("a try made the data folder")
	}
	tried := r.stdout
	r = execute(t, dir, env, "import", "better-auth", file, "--data", data)
	r.want(t, 0, "Taken over:", "      8 new people, 0 there already", "      7 passwords", "      2 accounts at google", "      2 sessions",
		"Otherwise than it was:", "      1 addresses that mail can't reach", "      1 names that can't stand here", "          nomail",
		"Left where it is:", "      1 people whose id has other characters", "          bad/id", "tokens none was kept: 2.",
		"Tables that nobody looked at: message.", "Columns that Snug has no place for: user.plan.",
		"snug user role EMAIL owner", "Set up the provider google", "/api/auth/callback/ID", "BETTER_AUTH_SECRET is the old server's")
	if strings.Contains(r.stdout, "@example.com") || strings.Contains(r.stdout, "provider-token") || strings.Contains(r.stdout, "\x1b") {
		t.Errorf("it printed too much:\n%s", r.stdout)
	}
	if strings.Replace(tried, "Nothing was changed. This would be taken over:", "Taken over:", 1) != r.stdout {
		t.Errorf("tried:\n%s\ndid:\n%s", tried, r.stdout)
	}
	if r.stderr != "" {
		t.Errorf("stderr %s", r.stderr)
	}
	r = execute(t, dir, append(env, "SNUG_BASE_URL=https://chat.example.com", "GOOGLE_CLIENT_ID=x", "GOOGLE_CLIENT_SECRET=y"), "import", "better-auth", file, "--verbose", "--data", data)
	r.want(t, 0, "      0 new people, 8 there already", "bad/id bad@example.com")
	if strings.Contains(r.stdout, "Otherwise") || strings.Contains(r.stdout, "Set up the provider") {
		t.Errorf("the second time:\n%s", r.stdout)
	}
	info, err := os.Stat(filepath.Join(data, tablesName))
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v %v", info, err)
	}

	execute(t, dir, env, "user", "role", "person1@example.com", "owner", "--data", data).want(t, 0)
	execute(t, dir, env, "import", "better-auth", file, "--data", data).want(t, 0, "8 there already")
	p := start(t, dir, env, "--data", data)
	ada := stranger(t, p.addr)
	if status, text := ada.post("/api/auth/sign-in/email", map[string]any{"email": "person2@example.com", "password": "correct horse battery"}); status != 200 {
		t.Errorf("sign in: %d %s", status, text)
	}
	// More people come while it runs, and are in at once.
	r = execute(t, dir, env, "import", "better-auth", oldFile(t, 20), "--data", data)
	r.want(t, 0, "     13 new people, 8 there already")
	if strings.Contains(r.stdout, "Nobody is an owner") {
		t.Errorf("there is an owner:\n%s", r.stdout)
	}
	bob := stranger(t, p.addr)
	if status, text := bob.post("/api/auth/sign-in/email", map[string]any{"email": "person20@example.com", "password": "correct horse battery"}); status != 200 {
		t.Errorf("sign in: %d %s", status, text)
	}
	p.signal(t, syscall.SIGTERM)
	if code, log, _ := p.wait(t); code != 0 {
		t.Errorf("exit code %d\n%s", code, log)
	}
}

// The secrets that matter are found, or asked for.
func TestImportSecrets(t *testing.T) {
	dir := t.TempDir()
	// Made by better-auth 1.3.9 with another secret, of the person's.
	const secret = "transcript-secret-0123456789abcdef0123456789"
	file := oldFile(t, 2, `update user set twoFactorEnabled = 1 where id = 'id1'`,
		`insert into twoFactor values ('t', 'a132220c54e3e9b30721f6c8e8d0429e05d1e3b39f09627768c611990b74a08f6419a816a50db2e1349c8872fae4998f798871e4ff2d48743188ee8cf8ebd19ef2fe09bdabc6cf29', '', 'id1')`)
	named := filepath.Join(dir, "old-secret")
	write(t, named, secret+"\n")
	run := func(env []string, args ...string) result {
		return execute(t, dir, env, append([]string{"import", "better-auth", file}, args...)...)
	}
	r := run(nil, "--data", "a")
	r.want(t, 1, "second factors of 1 people", "--secret-file", "--without-secret")
	if n := countUsers(t, filepath.Join(dir, "a")); n != 0 {
		t.Errorf("%d users", n)
	}
	run(nil, "--data", "a", "--without-secret").want(t, 0, "1 second factors that can't be read")
	run(nil, "--data", "a", "--secret-file", named).want(t, 0, "1 second factors of people there already")
	run(nil, "--data", "g", "--secret-file", named).want(t, 0, "The sessions live on if SNUG_OLD_SECRETS has the old server's secret")
	run([]string{"BETTER_AUTH_SECRET=" + secret}, "--data", "b").want(t, 0, "1 second factors, with 0 backup codes")
	run([]string{"SNUG_OLD_SECRETS=" + secret}, "--data", "c").want(t, 0, "1 second factors, with 0 backup codes")
	run([]string{"SNUG_OLD_SECRETS=" + secret}, "--data", "d", "--secret-file", named).want(t, 0, "the secret is the same")
	write(t, filepath.Join(dir, "short"), "short")
	write(t, filepath.Join(dir, "none"), " \n")
	run(nil, "--data", "e", "--without-secret", "--secret-file", filepath.Join(dir, "short")).want(t, 0, "less than 32 characters")
	run(nil, "--data", "f", "--secret-file", filepath.Join(dir, "none")).want(t, 1, "read secret file: it is empty")
	run(nil, "--data", "f", "--secret-file", dir).want(t, 1, "no file with a secret")
	// The server that starts later has the secret that was made now.
	made, err := os.ReadFile(filepath.Join(dir, "c", "secret"))
	if err != nil {
		t.Fatal(err)
	}
	p := start(t, dir, []string{"SNUG_OLD_SECRETS=" + secret}, "--data", "c")
	p.signal(t, syscall.SIGTERM)
	p.wait(t)
	if now, err := os.ReadFile(filepath.Join(dir, "c", "secret")); err != nil || string(now) != string(made) {
		t.Errorf("another secret: %v", err)
	}
	if strings.Contains(r.stdout+r.stderr, secret) {
		t.Error("a secret was printed")
	}
}

func TestImportCommandLines(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "letter"), "Dear all,\n")
	write(t, filepath.Join(dir, "evil.sql"), "BEGIN;\nATTACH 'x' AS y;\n")
	for _, test := range []struct {
		args string
		code int
		want string
	}{
		{"import", 2, "snug help import"},
		{"import better-auth", 2, "snug import better-auth FILE"},
		{"import better-oauth x", 2, "did you mean import better-auth?"},
		{"import better-auth x y", 2, "that takes other words"},
		{"import better-auth x --dryrun", 2, "did you mean --dry-run?"},
		{"import better-auth x", 1, "open x: no such file or directory"},
		{"import better-auth letter", 1, "open letter: the file is neither a SQLite database nor a dump of one as SQL"},
		{"import better-auth evil.sql", 1, "open evil.sql: line 2: a statement that begins with ATTACH"},
		{"help import", 0, "--without-secret"},
	} {
		execute(t, dir, nil, append(strings.Fields(test.args), "--data", "data")[:len(strings.Fields(test.args))]...).want(t, test.code, test.want)
	}
	if entries, _ := os.ReadDir(dir); len(entries) != 2 {
		t.Errorf("commands that did nothing left %v", entries)
	}
}

// Stopped by a signal, it says so, and goes on the next time.
func TestImportInterrupted(t *testing.T) {
	dir := t.TempDir()
	file, data := oldFile(t, 3000), filepath.Join(dir, "data")
	cmd := prepare(t, dir, nil, "import", "better-auth", file, "--data", data)
	var out, log strings.Builder
	cmd.Stdout, cmd.Stderr = &out, &log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for range tick.C {
		if _, err := os.Stat(filepath.Join(data, tablesName)); err == nil && countUsers(t, data) > 0 {
			break
		}
	}
	if err := cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait()
	n := countUsers(t, data)
	if code := cmd.ProcessState.ExitCode(); code != 1 || !strings.Contains(log.String(), "stopped on the way; what is done stays done") || n > 2500 {
		t.Errorf("exit code %d, %d users\n%s%s", code, n, out.String(), log.String())
	}
	execute(t, dir, nil, "import", "better-auth", file, "--data", data).want(t, 0, fmt.Sprintf("%7d new people, %d there already", 3001-n, n))
}
