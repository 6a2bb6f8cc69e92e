package auth_test

import (
	"context"
	"database/sql"
	"encoding/base32"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"snug/auth"
	"snug/auth/betterauth"
	"snug/db"
)

// dump is all that an import writes, as text.
func (g *rig) dump() string {
	g.Helper()
	var b strings.Builder
	err := g.db.Read(g.Context(), func(tx *sql.Tx) error {
		for _, table := range []string{"users", "accounts", "sessions", "passkeys", "two_factors", "backup_codes"} {
			rows, err := tx.Query(`select * from ` + table + ` order by 1, 2`)
			if err != nil {
				return err
			}
			columns, err := rows.Columns()
			if err != nil {
				return err
			}
			values := make([]any, len(columns))
			into := make([]any, len(columns))
			for i := range values {
				into[i] = &values[i]
			}
			for rows.Next() {
				if err := rows.Scan(into...); err != nil {
					return err
				}
				fmt.Fprintln(&b, table, values)
			}
			if err := rows.Close(); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		g.Fatal(err)
	}
	return b.String()
}

// newFile makes an empty database, for the caller to fill and close.
func newFile(t testing.TB) (path string, d *sql.DB) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "old.sqlite")
	d, err := sql.Open("sqlite", "file:"+(&url.URL{Path: path}).EscapedPath()+"?_pragma=synchronous(off)")
	if err != nil {
		t.Fatal(err)
	}
	return path, d
}

// oldFile makes a database with better-auth's tables and what the statements put
// into them.
func oldFile(t testing.TB, schema string, statements ...string) string {
	t.Helper()
	tables, err := os.ReadFile("betterauth/testdata/" + schema + ".sql")
	if err != nil {
		t.Fatal(err)
	}
	path, d := newFile(t)
	for _, s := range append([]string{string(tables)}, statements...) {
		if _, err := d.Exec(s); err != nil {
			t.Fatalf("%v in %s", err, s)
		}
	}
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	return path
}

// What was recorded of a user of better-auth with a second factor.
const (
	recordedUser   = "vCFeszxPoYEhnE9nt7nzURX0mchqBxDS"
	recordedSecret = "a132220c54e3e9b30721f6c8e8d0429e05d1e3b39f09627768c611990b74a08f6419a816a50db2e1349c8872fae4998f798871e4ff2d48743188ee8cf8ebd19ef2fe09bdabc6cf29"
	recordedCodes  = "c4b1992f9adaa1a3c678e04a4926fd2092e4dcfd2d958fe18dfab5c58274c9f6ce433c40f1646dc9313499894771667ae27eb8ba876e5c8b3d92d48b83e93b1c5025521043fa9f1244e5f507e3990a7f7373291d8b1264f80feb9075818655c0f31025af1a990981593281d5b8da135109f290878e391eb0c478483330decbd96b9bbedf814f93285e734c1396fa254604854374d3615986b7eb8714aad675c951f5016db176f3"
	recordedURI    = "OF4E4WCXL5VV6ULFJRJXCZDFJNJW6ZLLKA3FS2RTPA4EWWCTMFZA" // in the URI for the app
	recordedUnused = "9gjfi-FRegG"
	recordedUsed   = "dGBid-RJ4Z4"
	insertRecorded = `insert into user (id, name, email, emailVerified, createdAt, updatedAt, twoFactorEnabled) values
			('` + recordedUser + `', 'Real', 'real@example.com', 0, '2026-11-22T18:36:44.207Z', '2026-11-22T18:36:44.865Z', 1);
		insert into account (id, accountId, providerId, userId, password, createdAt, updatedAt) values
			('x', '` + recordedUser + `', 'credential', '` + recordedUser + `', '` + legacy + `', '2026-11-22T18:36:44.207Z', '2026-11-22T18:36:44.207Z');
		insert into twoFactor (id, secret, backupCodes, userId) values ('t', '` + recordedSecret + `', '` + recordedCodes + `', '` + recordedUser + `')`
)

// notes are what a report notes, by the beginning of it, with the ids.
func notes(list []auth.ImportNote) map[string][]string {
	m := map[string][]string{}
	for _, n := range list {
		what, _, _ := strings.Cut(n.What, ":")
		for _, p := range n.People {
			m[what] = append(m[what], p.ID)
		}
		if n.People == nil {
			m[what] = []string{fmt.Sprint(n.Count)}
		}
	}
	return m
}

// What cannot stand here is changed or left, and said.
func TestImportJudges(t *testing.T) {
	c := newClock()
	g := newRig(t, c.use, func(c *auth.Config) {
		c.OnUserDelete = func(ctx context.Context, _ []string) error { <-ctx.Done(); return ctx.Err() } // takes its time
	})
	g.exec(`insert into users (id, name, email, email_verified, created_at, updated_at) values
		('here', 'Here', 'here@example.com', 1, 1, 1), ('moved', 'Moved', 'moved@new.example', 1, 1, 1), ('owner', 'Owner', 'owner@example.com', 1, 1, 1)`)
	g.exec(`insert into accounts (id, user_id, provider_id, account_id, created_at, updated_at) values ('z', 'owner', 'google', 'owned', 1, 1)`)
	g.exec(`insert into departures values ('gone', 1)`)
	path := oldFile(t, "1.3.9-plugins",
		`alter table user add column role text`, `alter table user add column banned integer`, `alter table user add column banReason text`, `alter table user add column banExpires date`,
		`insert into user (id, name, email, emailVerified, image, createdAt, updatedAt, isAnonymous, role, banned, banReason, banExpires) values
			('fine', ' Ada ', 'ADA@example.com', 1, 'https://lh3.googleusercontent.com/a', '2026-01-01T00:00:00.000Z', '2026-01-02T00:00:00.000Z', 0, 'user', 0, null, null),
			('rtl', 'Evil'||char(0x202e)||'txt', 'rtl@example.com', 0, 'javascript:alert(1)', 1, 1, 0, 'user,admin', null, null, null),
			('system1', 'SYSTEM', 'system1@example.com', 0, 'http://example.com/a.png', 0, 0, 0, 'editor', null, null, null),
			('date', '2026-01-02T03:04:05Z', 'date@example.com', 0, '/api/avatars/other', '2099-01-01T00:00:00Z', 1, 0, null, null, null, null),
			('empty', '', 'empty@example.com', 0, 'https://example.com/a.png', 1763836604, 1763836605, 0, null, null, null, null),
			('system', 'Sys', 'sys@example.com', 1, null, 1, 1, 0, null, null, null, null),
			('a/b', 'Slash', 'slash@example.com', 1, null, 1, 1, 0, null, null, null, null),
			('here', 'Other', 'HERE@example.com', 0, null, 1, 1, 0, 'admin', null, null, null),
			('moved', 'Moved', 'moved@old.example', 1, null, 1, 1, 0, null, null, null, null),
			('taken', 'Taken', 'owner@Example.com', 1, null, 1, 1, 0, null, null, null, null),
			('gone', 'Gone', 'gone@example.com', 1, null, 1, 1, 0, null, null, null, null),
			('dup1', 'Dup', 'dup@example.com', 0, null, '2026-01-01', 1, 0, null, null, null, null),
			('dup2', 'Dup', 'Dup@example.com', 0, null, '2026-01-02', 1, 0, null, null, null, null),
			('x1', 'X', 'nomail_x', 1, null, 1, 1, 0, null, null, null, null),
			('x2', 'X', '77@twitter.placeholder.invalid', 1, null, 1, 1, 0, null, null, null, null),
			('x3', 'X', '12@twitter.placeholder.invalid', 1, null, 1, 1, 0, null, null, null, null),
			('uni', 'Uni', 'ünï@example.com', 1, null, 1, 1, 0, null, null, null, null),
			('banned', 'Ban', 'ban@example.com', 1, null, 1, 1, 0, null, 1, 'spam'||char(10)||'!', null),
			('until', 'Until', 'until@example.com', 1, null, 1, 1, 0, null, 1, null, '2027-01-01T00:00:00.000Z'),
			('past', 'Past', 'past@example.com', 1, null, 1, 1, 0, null, 1, null, '2026-01-01T00:00:00.000Z'),
			('guest1', 'Anonymous', 'temp-x@old.example', 0, null, '2026-11-01', 1, 1, null, null, null, null),
			('guest2', 'Anonymous', 'temp-y@old.example', 0, null, '2026-11-01', 1, 1, null, null, null, null)`,
		`insert into account (id, accountId, providerId, userId, accessToken, password, scope, createdAt, updatedAt) values
			(1, 'g1', 'google', 'fine', 'provider-token-1', null, 'openid  email,profile', '2026-01-01', 1), (2, 'g1', 'google', 'rtl', 'provider-token-2', null, null, '2026-01-02', 1),
			(3, 'owned', 'google', 'empty', null, null, null, 1, 1), (4, 'other', 'credential', 'fine', null, '`+strings.Repeat("0", 32)+legacy[32:]+`', null, '2026-01-02', 1),
			(5, 'fine', 'credential', 'fine', null, '`+legacy+`', null, '2026-01-01', 1), (6, 'rtl', 'credential', 'rtl', null, '$2b$10$abcdefghijklmnopqrstuv', null, 1, 1),
			(7, 'date', 'credential', 'date', null, null, null, 1, 1), (8, 'a'||char(10), 'google', 'date', null, null, null, 1, 1), (9, '1', 'no such/provider', 'date', null, null, null, 1, 1),
			(10, '12', 'twitter', 'x1', null, null, null, 1, 1), (11, '77', 'twitter', 'x2', null, null, null, 1, 1),
			(12, 'g12', 'google', 'here', null, null, null, 1, 1), (13, 'g13', 'google', 'nobody', null, null, null, 1, 1)`,
		`insert into session (id, token, userId, expiresAt, createdAt, updatedAt, ipAddress, userAgent) values
			(1, 'token-of-the-guest-1', 'guest1', '2026-11-29T00:00:00.000Z', '2026-11-22T00:00:00.000Z', '2026-11-22T00:00:00.000Z', 'nowhere', 'a'||char(27)||'b'),
			(2, 'token-of-the-guest-2', 'guest2', '2026-11-21T00:00:00.000Z', '2026-11-14T00:00:00.000Z', '2026-11-14T00:00:00.000Z', null, null),
			(3, 'token-of-the-banned', 'banned', '2026-11-29T00:00:00.000Z', '2026-11-22T00:00:00.000Z', '2026-11-22T00:00:00.000Z', null, null),
			(4, 'token-for-a-year-on', 'fine', '2027-11-29T00:00:00.000Z', '2026-11-22T00:00:00.000Z', '2026-11-22T00:00:00.000Z', '2001:db8::1', null),
			(5, 'short', 'fine', '2026-11-29T00:00:00.000Z', '2026-11-22T00:00:00.000Z', '2026-11-22T00:00:00.000Z', null, null),
			(7, 'token-of-an-admin-as-him', 'past', '2026-11-29T00:00:00.000Z', '2026-11-22T00:00:00.000Z', '2026-11-22T00:00:00.000Z', null, null),
			(6, 'token-from-the-future', 'fine', '2027-01-29T00:00:00.000Z', '2027-01-22T00:00:00.000Z', '2027-01-22T00:00:00.000Z', null, null)`,
		`alter table session add column impersonatedBy text`, `update session set impersonatedBy = 'rtl' where id = 7`,
		`with recursive n(i) as (select 1 union all select i + 1 from n where i < 105) insert into session (id, token, userId, expiresAt, createdAt, updatedAt)
			select 'many' || i, 'one-of-many-tokens-' || i, 'rtl', '2026-11-29T00:00:00.000Z', '2026-11-01T00:00:00.000Z', '2026-11-22T00:00:00.' || printf('%03dZ', i) from n`,
		`insert into passkey (id, userId, publicKey, credentialID, counter, deviceType, backedUp) values (1, 'fine', 'bm8ga2V5', 'YQ', 1, 'singleDevice', 0)`,
		`insert into twoFactor (id, secret, backupCodes, userId) values (1, '00', '', 'fine')`)
	r := g.importFile(path, func(o *auth.ImportOptions) { o.Now = c.Now })

	wantLeft := map[string][]string{
		"people whose id has other characters than letters, digits, - and _, more than 64 of them, or is reserved": {"a/b", "system"},
		"people whose id somebody with another address has here, or they themselves by now":                        {"moved"},
		"people whose address somebody else has here":                                                              {"taken"},
		"people whose address another one in the file has too, who confirmed it or had it first":                   {"dup2"},
		"people who deleted their account here":                                                                    {"gone"},
		"guests without a session that they could come back with":                                                  {"guest2"},
		"accounts at providers that another user of the file has too, and had first":                               {"rtl"},
		"accounts at providers that somebody else has here":                                                        {"empty"},
		"accounts at providers with an id that can't be one":                                                       {"date", "date"},
		"ways to sign in of people who were here already":                                                          {"here"},
		"passwords whose hash is of a make that Snug doesn't know":                                                 {"rtl"},
		"second passwords of one person":                                                                           {"fine"},
		"password accounts without a password":                                                                     {"date"},
		"sessions of people who are banned":                                                                        {"banned"},
		"sessions without a token or a beginning that can be one":                                                  {"fine", "fine"},
		"pictures without an https":                                                                                {"date", "rtl", "system1"},
		"passkeys that can't be read, or beyond the 20 of one person":                                              {"fine"},
		"sessions in which an admin was somebody else":                                                             {"past"},
		"sessions beyond the latest 100 of one person":                                                             {"rtl", "rtl", "rtl", "rtl", "rtl"},
		"rows that belong to nobody in the file, in table account":                                                 {"1"},
	}
	if got := notes(r.Left()); !reflect.DeepEqual(got, wantLeft) {
		t.Errorf("left %v", got)
		for what, who := range wantLeft {
			if !reflect.DeepEqual(got[what], who) {
				t.Errorf("%s: got %v, want %v", what, got[what], who)
			}
		}
	}
	wantChanged := map[string][]string{
		"names that can't stand here":                        {"date", "empty", "rtl", "system1"},
		"addresses that mail can't reach":                    {"uni", "x1", "x3"},
		"bans that were to end":                              {"until"},
		"roles that there are none of here":                  {"system1"},
		"sessions that were to last longer than 30 days":     {"fine"},
		"people for whom there is no telling when they came": {"system1"},
		"second factors that were begun and never used":      {"fine"},
		"pictures elsewhere than at Google, GitHub or X":     {"empty"},
	}
	got := notes(r.Changed())
	delete(got, "people for whom there is no telling when they came") // createdAt 1 is no date; looked at below
	delete(wantChanged, "people for whom there is no telling when they came")
	if !reflect.DeepEqual(got, wantChanged) {
		t.Errorf("changed %v", got)
	}
	if r.Known != 1 || r.Guests != 1 || r.Passwords != 1 || r.Sessions != 102 || r.Tokens != 2 || r.Accounts["google"] != 1 || r.Accounts["twitter"] != 2 || r.Owned {
		t.Errorf("%+v", r)
	}

	for query, want := range map[string]string{
		`select name || '|' || email || '|' || email_verified || '|' || image || '|' || role || '|' || created_at from users where id = 'fine'`: "Ada|ada@example.com|1|https://lh3.googleusercontent.com/a|member|1767225600000",
		`select name || '|' || role || '|' || (image is null) from users where id = 'rtl'`:                                                      "Eviltxt|admin|1",
		`select name || '|' || role from users where id = 'system1'`:                                                                            "system1|member",
		`select name || '|' || (created_at = ` + fmt.Sprint(c.Now().UnixMilli()) + `) from users where id = 'date'`:                             "date|1",
		`select name || '|' || image from users where id = 'empty'`:                                                                             "empty|https://example.com/a.png",
		`select name || '|' || role || '|' || email_verified from users where id = 'here'`:                                                      "Here|member|1",
		`select email || '|' || email_verified from users where id = 'x1'`:                                                                      "12@twitter.placeholder.invalid|0",
		`select email || '|' || email_verified from users where id = 'x2'`:                                                                      "77@twitter.placeholder.invalid|0",
		`select (email like 'user-%@unknown.placeholder.invalid') || '|' || email_verified from users where id = 'x3'`:                          "1|0", // anyone could have had that one
		`select (email like 'user-%@unknown.placeholder.invalid') || '|' || email_verified from users where id = 'uni'`:                         "1|0",
		`select (banned_at > 0) || '|' || ban_reason from users where id = 'banned'`:                                                            "1|spam !",
		`select (banned_at > 0) || '|' || ban_reason from users where id = 'until'`:                                                             "1|",
		`select banned_at is null from users where id = 'past'`:                                                                                 "1",
		`select email || '|' || role || '|' || anonymous from users where id = 'guest1'`:                                                        "temp-guest1@anonymous.placeholder.invalid|guest|1",
		`select ip_address || '|' || user_agent || '|' || imported from sessions where user_id = 'guest1'`:                                      "|a b|1",
		`select ip_address || '|' || (expires_at - ` + fmt.Sprint(c.Now().UnixMilli()) + `) from sessions where user_id = 'fine'`:               "2001:db8::1|2592000000",
		`select scope from accounts where account_id = 'g1'`:                                                                                    "openid,email,profile",
		`select account_id || (password = '` + legacy + `') from accounts where provider_id = 'credential' and user_id = 'fine'`:                "fine1",
		`select two_factor from users where id = 'fine'`:                                                                                        "0",
		`select count(*) from users where id in ('gone', 'taken', 'dup2', 'guest2', 'a/b', 'system')`:                                           "0",
		`select count(*) || '|' || min(updated_at % 1000) from sessions where user_id = 'rtl'`:                                                  "100|6",
		`select count(*) from departures`:                                                                                                       "1",
	} {
		var got string
		g.query(query, &got)
		if got != want {
			t.Errorf("%s: %q, want %q", query, got, want)
		}
	}
	// No provider's token is anywhere.
	if strings.Contains(g.dump(), "provider-token") {
		t.Error("a provider's token was kept")
	}
}

// A second factor goes on to protect, with the codes that were never used; and no
// account loses it for want of the right secret.
func TestImportSecondFactor(t *testing.T) {
	path := oldFile(t, "1.3.9-plugins", insertRecorded,
		`insert into user (id, name, email, emailVerified, createdAt, updatedAt, twoFactorEnabled) values ('nosecret', 'None', 'none@example.com', 1, 1, 1, 1)`)
	key, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(recordedURI)
	if err != nil {
		t.Fatal(err)
	}
	signIn := func(g *rig) *jar {
		j := g.jar()
		if p := j.post("/sign-in/email", `{"email":"real@example.com","password":"`+good+`"}`); !strings.Contains(p.text, `"twoFactorRedirect":true`) {
			g.Errorf("signed in with a password alone: %s", p.text)
		}
		return j
	}
	works := func(g *rig) {
		g.Helper()
		j := signIn(g)
		j.post("/two-factor/verify-totp", `{"code":"`+auth.TOTPCode(key, time.Now().Unix()/30)+`"}`).want(g, 200, "")
		j = signIn(g)
		j.post("/two-factor/verify-backup-code", `{"code":"`+recordedUsed+`"}`).want(g, 401, "INVALID_BACKUP_CODE")
		j.post("/two-factor/verify-backup-code", `{"code":"`+recordedUnused+`"}`).want(g, 200, "")
		j = signIn(g)
		j.post("/two-factor/verify-backup-code", `{"code":"`+recordedUnused+`"}`).want(g, 401, "INVALID_BACKUP_CODE")
	}
	g := newRig(t)
	r := g.importFile(path)
	if got := notes(r.Changed()); r.SecondFactors != 1 || r.BackupCodes != 9 || len(got["second factors that can't be read"]) != 1 {
		t.Errorf("%+v %v", r, got)
	}
	works(g)

	// Another secret here: the old one is named, and not needed any more.
	other := []byte("another-secret-0123456789abcdef0123456789")
	use := func(c *auth.Config) { c.Secret = other }
	g = newRig(t, use)
	g.importFile(path, func(o *auth.ImportOptions) { o.Secret, o.OldSecrets = other, [][]byte{[]byte(secret)} })
	works(g)

	// The wrong one: nothing happens unless that is wanted.
	g = newRig(t, use)
	source, err := betterauth.Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	defer source.Close()
	if r, err := auth.Import(t.Context(), g.db, source, auth.ImportOptions{Secret: other}); !errors.Is(err, auth.ErrImportSecret) || r.New != 0 || g.dump() != "" {
		t.Errorf("%+v %v %s", r, err, g.dump())
	}
	r = g.importFile(path, func(o *auth.ImportOptions) { o.Secret, o.WithoutSecret = other, true })
	if got := notes(r.Changed())["second factors that can't be read"]; r.New != 2 || r.SecondFactors != 0 || len(got) != 2 {
		t.Errorf("%+v %v", r, got)
	}
	j := signIn(g)
	j.post("/two-factor/verify-totp", `{"code":"`+auth.TOTPCode(key, time.Now().Unix()/30)+`"}`).want(t, 400, "TOTP_NOT_ENABLED")
	if s := j.session(); s != nil {
		t.Errorf("let in: %+v", s)
	}
	// And what was missing can be brought.
	if r = g.importFile(path, func(o *auth.ImportOptions) { o.Secret, o.OldSecrets = other, [][]byte{[]byte(secret)} }); r.Completed != 1 || r.Known != 2 || r.New != 0 {
		t.Errorf("%+v", r)
	}
	works(g)
	before := g.dump()
	if r = g.importFile(path, func(o *auth.ImportOptions) { o.Secret, o.OldSecrets = other, [][]byte{[]byte(secret)} }); r.Completed != 0 || g.dump() != before {
		t.Errorf("%+v", r)
	}
}

// manyUsers makes a file of n people with a password, an account at Google and a
// session each.
func manyUsers(t testing.TB, n int) string {
	t.Helper()
	count := fmt.Sprintf(`with recursive n(i) as (select 1 union all select i + 1 from n where i < %d) `, n)
	return oldFile(t, "1.3.9-core",
		count+`insert into user select printf('user%028d', i), 'User ' || i, 'user' || i || '@example.com', i % 2, 'https://lh3.googleusercontent.com/a/' || i,
			'2026-01-01T00:00:00.000Z', '2026-01-01T00:00:00.000Z' from n`,
		count+`insert into account (id, accountId, providerId, userId, password, createdAt, updatedAt) select 'c' || i, printf('user%028d', i), 'credential', printf('user%028d', i),
			'`+legacy+`', '2026-01-01T00:00:00.000Z', '2026-01-01T00:00:00.000Z' from n`,
		count+`insert into account (id, accountId, providerId, userId, scope, accessToken, idToken, createdAt, updatedAt) select 'g' || i, 'g-' || i, 'google', printf('user%028d', i),
			'openid,email', hex(zeroblob(100)), hex(zeroblob(500)), '2026-01-01T00:00:00.000Z', '2026-01-01T00:00:00.000Z' from n`,
		count+`insert into session (id, expiresAt, token, createdAt, updatedAt, ipAddress, userAgent, userId) select 's' || i, strftime('%Y-%m-%dT%H:%M:%fZ', 'now', '+5 days'), printf('token%027d', i),
			strftime('%Y-%m-%dT%H:%M:%fZ', 'now', '-2 days'), strftime('%Y-%m-%dT%H:%M:%fZ', 'now', '-2 days'), '192.0.2.1', 'Mozilla/5.0', printf('user%028d', i) from n`)
}

// An import that is stopped goes on where it was, and in the end all is as if it had
// never been stopped.
func TestImportStopped(t *testing.T) {
	path := manyUsers(t, 700)
	g := newRig(t)
	source, err := betterauth.Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	defer source.Close()
	ctx, cancel := context.WithCancel(t.Context())
	r, err := auth.Import(ctx, g.db, source, auth.ImportOptions{Secret: []byte(secret), Pause: time.Hour, Progress: func(int) { cancel() }})
	first := r.New // a batch, or what of it a slow machine does in its time
	if !errors.Is(err, context.Canceled) || first < 1 || first > 500 || r.Sessions != first {
		t.Fatalf("%+v %v", r, err)
	}
	counts := func(g *rig) string {
		var text string
		g.query(`select (select count(*) from users) || ' ' || (select count(*) from accounts) || ' ' || (select count(*) from sessions)`, &text)
		return text
	}
	if got := counts(g); got != fmt.Sprint(first, 2*first, first) {
		t.Errorf("after the first batch: %s", got)
	}
	if r = g.importFile(path); r.New != 700-first || r.Known != first || r.Sessions != 700-first || len(r.Left()) != 0 || counts(g) != "700 1400 700" {
		t.Errorf("%+v %v %s", r, r.Left(), counts(g))
	}
	whole := newRig(t)
	whole.importFile(path)
	columns := `select group_concat(id || name || email || email_verified || image || role || created_at || updated_at) from (select * from users order by id)`
	var a, b string
	g.query(columns, &a)
	whole.query(columns, &b)
	if a != b {
		t.Error("the two differ")
	}
}

// A try stores nothing and tells what the real thing will do.
func TestImportDryRun(t *testing.T) {
	path := manyUsers(t, 700)
	g := newRig(t)
	tried := g.importFile(path, func(o *auth.ImportOptions) { o.DryRun = true })
	if got := g.dump(); got != "" {
		t.Errorf("stored: %.300s", got)
	}
	if done := g.importFile(path); !reflect.DeepEqual(tried, done) || done.New != 700 {
		t.Errorf("tried %+v, did %+v", tried, done)
	}
}

// What somebody ended or changed here doesn't come back with the next import.
func TestImportBringsNothingBack(t *testing.T) {
	path := manyUsers(t, 3)
	g := newRig(t)
	g.importFile(path)
	j := g.jar()
	j.cookies["better-auth.session_token"] = g.Sign(fmt.Sprintf("token%027d", 1))
	j.post("/update-user", `{"name":"Renamed"}`).want(t, 200, "")
	j.post("/sign-out", `{}`).want(t, 200, "")
	g.exec(`delete from accounts where provider_id = 'google' and user_id = ?`, fmt.Sprintf("user%028d", 1))
	before := g.dump()
	r := g.importFile(path)
	if r.New != 0 || r.Known != 3 || g.dump() != before || len(notes(r.Left())["ways to sign in of people who were here already"]) != 1 {
		t.Errorf("%+v %v", r, r.Left())
	}
	k := g.jar()
	k.cookies["better-auth.session_token"] = g.Sign(fmt.Sprintf("token%027d", 1))
	if s := k.session(); s != nil {
		t.Errorf("%+v", s)
	}
}

// A server that runs meanwhile goes on working: its writes get their turn.
func TestImportBesideServer(t *testing.T) {
	path := manyUsers(t, 1100)
	g := newRig(t)
	var file string
	g.query(`select file from pragma_database_list where name = 'main'`, &file)
	d, err := db.Open(t.Context(), file)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	source, err := betterauth.Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	defer source.Close()
	over := make(chan error, 1)
	go func() {
		_, err := auth.Import(t.Context(), d, source, auth.ImportOptions{Secret: []byte(secret), Pause: auth.ImportPause})
		over <- err
	}()
	var slowest time.Duration
	for n := 0; ; n++ {
		begin := time.Now()
		g.jar().signUp(fmt.Sprintf("newcomer%d", n))
		slowest = max(slowest, time.Since(begin))
		select {
		case err = <-over:
		default:
			continue
		}
		if err != nil {
			t.Error(err)
		}
		t.Logf("%d people signed up meanwhile, the slowest in %v", n+1, slowest)
		break
	}
	j := g.jar()
	j.cookies["better-auth.session_token"] = g.Sign(fmt.Sprintf("token%027d", 1100))
	if s := j.session(); s == nil || s.User.Name != "User 1100" {
		t.Errorf("%+v", s)
	}
}

// Whoever comes back gets their picture from here: it is fetched when they first
// come, from providers alone.
func TestImportedPictures(t *testing.T) {
	asked := make(chan string, 10)
	g := newRig(t, func(c *auth.Config) {
		c.BaseURL = newHome
		c.Fetch = func(_ context.Context, address string) ([]byte, error) {
			asked <- address
			return nil, errors.New("not there")
		}
	})
	path := manyUsers(t, 2)
	g.importFile(path)
	g.exec(`update users set image = 'https://evil.example/a.png' where id = ?`, fmt.Sprintf("user%028d", 2))
	for n, name := range []string{"user2", "user1"} {
		j := g.newcomer(nil)
		j.cookies["__Secure-better-auth.session_token"] = g.Sign(fmt.Sprintf("token%027d", 2-n))
		if s := j.session(); s == nil || !strings.HasPrefix(s.User.Email, name) {
			t.Errorf("%+v", s)
		}
		if id, _ := j.identity(); id.Image != "" {
			t.Errorf("others are shown %s", id.Image)
		}
	}
	if address := <-asked; address != "https://lh3.googleusercontent.com/a/1" {
		t.Errorf("fetched %s", address)
	}
	j := g.newcomer(nil)
	j.post("/sign-in/email", `{"email":"user1@example.com","password":"`+good+`"}`).want(t, 200, "")
	if address := <-asked; address != "https://lh3.googleusercontent.com/a/1" {
		t.Errorf("fetched %s", address)
	}
}
