package auth_test

import (
	"database/sql"
	"fmt"
	"strings"
	"testing"

	"snug/auth"
)

// accounts are the ways in of the user with that address, as provider:id.
func (g *rig) accounts(email string) string {
	g.Helper()
	var list string
	g.query(`select coalesce((select group_concat(provider_id || case provider_id when 'credential' then '' else ':' || account_id end, ' ')
		from (select a.* from accounts a join users u on u.id = a.user_id where u.email = ? order by provider_id, account_id)), '')`, &list, email)
	return list
}

// TestLinkingMatrix has what becomes of a first sign-in at a provider, by what is
// known here and there of the address. (§13.12, [T07])
func TestLinkingMatrix(t *testing.T) {
	const (
		nobody      = "nobody"
		verified    = "verified"
		unverified  = "unverified"
		placeholder = "placeholder"
	)
	const here = "grace.hopper@gmail.com"
	tests := []struct {
		local  string
		email  string // at the provider
		remote bool   // verified there
		code   string // "" lets in
		same   bool   // as the user who is here already
		ways   string // of whoever has the address of the local user afterwards
	}{
		{nobody, here, true, "", false, "google:1"},
		{nobody, here, false, "", false, "google:1"},
		{verified, here, true, "", true, "credential google:1"},
		{verified, "Grace.Hopper@GMAIL.com", true, "", true, "credential google:1"},
		{verified, here, false, "account_not_linked", false, "credential"},
		{verified, "GRACE.HOPPER@gmail.com", false, "account_not_linked", false, "credential"},
		{unverified, here, true, "", true, "google:1"}, // the password is gone
		{unverified, "Grace.Hopper@Gmail.Com", true, "", true, "google:1"},
		{unverified, here, false, "account_not_linked", false, "credential"},
		// Two addresses are two people, whatever one company thinks of dots.
		{verified, "gracehopper@gmail.com", true, "", false, "credential"},
		{unverified, "gracehopper@gmail.com", true, "", false, "credential"},
		{verified, "grace.hopper+x@gmail.com", true, "", false, "credential"},
		{verified, "grace.hopper@googlemail.com", true, "", false, "credential"},
		// A made-up address is nobody's.
		{placeholder, "1906@twitter.placeholder.invalid", true, "email_not_found", false, "twitter:1906"},
		{placeholder, "1906@TWITTER.placeholder.INVALID", true, "email_not_found", false, "twitter:1906"},
		{placeholder, "1906@twitter.placeholder.invalid", false, "email_not_found", false, "twitter:1906"},
		// Spaces, look-alikes and what isn't an address don't lead there either.
		{verified, " grace.hopper@gmail.com", true, "email_not_found", false, "credential"},
		{verified, "grace.hopper@gmail.com\n", true, "email_not_found", false, "credential"},
		{verified, "grace.hopper@gmail.com\x00", true, "email_not_found", false, "credential"},
		{verified, "grace.hоpper@gmail.com", true, "email_not_found", false, "credential"}, // a Cyrillic letter
		{verified, "grace.hopper@gmaıl.com", true, "email_not_found", false, "credential"}, // a Turkish one
		{verified, "\u212agrace.hopper@gmail.com", true, "email_not_found", false, "credential"},
	}
	for _, test := range tests {
		t.Run(fmt.Sprintf("%s, %q, %v", test.local, test.email, test.remote), func(t *testing.T) {
			p := newIDP(t)
			g := newRig(t, p.use)
			before, address := "", here
			switch test.local {
			case verified:
				before = g.plantUser(here, "Grace", nil, 1)
			case unverified:
				before = g.plantUser(here, "Grace", nil, 0)
			case placeholder:
				address = "1906@twitter.placeholder.invalid"
				j := g.jar()
				j.enter(p, "twitter", person{id: "1906", name: "Grace"})
				before = j.session().User.ID
			}
			j := g.jar()
			q := p.approve(j.begin("google", `"callbackURL":"/here"`), person{id: "1", name: "Someone Else", email: test.email, verified: test.remote})
			if got := j.navigated("google", q); test.code != "" {
				got.wantAt(t, errorAt+test.code)
			} else {
				got.wantAt(t, "/here")
				s := j.session()
				if (s.User.ID == before) != test.same || test.same && s.User.Name != "Grace" {
					t.Errorf("signed in as %+v", s.User)
				}
			}
			if got := g.accounts(address); got != test.ways {
				t.Errorf("ways in %q, want %q", got, test.ways)
			}
		})
	}
}

// §13.12: whoever signs up with an address that isn't theirs doesn't keep a way into
// the account of its owner.
func TestPreHijack(t *testing.T) {
	p := newIDP(t)
	g := newRig(t, p.use)
	owner := g.jar().signUp("owner") // so that mallory isn't
	mallory := g.jar().signUp("victim")
	id := mallory.session().User.ID
	second := g.jar().signIn("victim")
	var token struct{ Token string }
	tokens := mallory.request("POST", "/x", `{"name":"bot","scopes":["messages:read"]}`)
	tokens.URL.Path = "/api/account/tokens"
	mallory.send(tokens).want(t, 200, "").decode(t, &token)
	g.exec(`insert into passkeys (id, user_id, name, credential_id, public_key, counter, device_type, backed_up, transports, aaguid, created_at)
		values ('p', ?, '', 'c', 'k', 0, 'singleDevice', 0, '', '', 0)`, id)
	g.exec(`insert into two_factors (user_id, secret, verified, created_at) values (?, 's', 1, 0)`, id)
	g.exec(`insert into backup_codes (user_id, code_hash) values (?, 'h')`, id)
	g.exec(`update users set two_factor = 1 where id = ?`, id)
	for _, what := range []string{"reset", "email", "link", "two-factor", "device"} {
		g.exec(`insert into verifications (token_hash, purpose, user_id, value, created_at, expires_at) values (?, ?, ?, '{}', 0, 1e15)`, what, what, id)
	}
	g.told()

	victim := g.jar()
	victim.enter(p, "google", person{id: "1", name: "Victim", email: "Victim@example.com", verified: true}).wantAt(t, "/ok")
	s := victim.session()
	if s == nil || s.User.ID != id {
		t.Fatalf("signed in as %+v", s)
	}
	if mallory.session() != nil || second.session() != nil {
		t.Error("the sessions live on")
	}
	g.jar().post("/sign-in/email", `{"email":"victim@example.com","password":"`+good+`"}`).want(t, 401, "INVALID_EMAIL_OR_PASSWORD")
	r := g.jar().request("GET", "/", "")
	r.Header.Set("Authorization", "Bearer "+token.Token)
	if _, ok, err := g.Identify(r); ok || err != nil {
		t.Error("the API token lives on", err)
	}
	for _, table := range []string{"passkeys", "two_factors", "backup_codes", "verifications", "api_tokens"} {
		var rows int
		g.query(`select count(*) from `+table+` where user_id = ?`, &rows, id)
		if rows != 0 {
			t.Errorf("%d rows are left in %s", rows, table)
		}
	}
	// The sockets of both sessions and of the token were told to close.
	if ends := g.told(); len(ends) != 3 {
		t.Errorf("told %v", ends)
	}
	if ways := g.accounts("victim@example.com"); ways != "google:1" {
		t.Errorf("ways in %q", ways)
	}
	if owner.session() == nil {
		t.Error("somebody else was signed out")
	}
	// From now on the address is known to be theirs.
	g.jar().enter(p, "github", person{id: "2", name: "v", email: "victim@example.com", verified: true}).wantAt(t, "/ok")
	if ways := g.accounts("victim@example.com"); ways != "github:2 google:1" {
		t.Errorf("ways in %q", ways)
	}
}

// Another provider's unverified address takes nobody over, and is taken over. [T07]
func TestPreHijackByProvider(t *testing.T) {
	p := newIDP(t)
	g := newRig(t, p.use)
	g.plantUser("owner@example.com", "Owner", nil, 1)
	mallory := g.jar()
	mallory.enter(p, "google", person{id: "666", name: "Mallory", email: "bob@example.com"}).wantAt(t, "/ok")
	g.jar().enter(p, "github", person{id: "5", name: "x", email: "bob@example.com"}).wantAt(t, "/failed?error=account_not_linked")
	bob := g.jar()
	bob.enter(p, "github", person{id: "7", name: "bob", email: "bob@example.com", verified: true}).wantAt(t, "/ok")
	if mallory.session() != nil {
		t.Error("mallory is in")
	}
	mallory.enter(p, "google", person{id: "666", name: "Mallory", email: "bob@example.com"}).wantAt(t, "/failed?error=account_not_linked")
	if ways := g.accounts("bob@example.com"); ways != "github:7" || bob.session() == nil {
		t.Errorf("ways in %q", ways)
	}
}

// An id is worth something only together with its provider.
func TestSameIDAtTwoProviders(t *testing.T) {
	p := newIDP(t)
	g := newRig(t, p.use)
	of := func(provider, email string) string {
		j := g.jar()
		j.enter(p, provider, person{id: "12", name: provider, email: email, verified: true}).wantAt(t, "/ok")
		return j.session().User.ID
	}
	github, twitter, google := of("github", "a@example.com"), of("twitter", "b@example.com"), of("google", "c@example.com")
	if github == twitter || twitter == google || google == github {
		t.Error("they share an account")
	}
	if of("github", "a@example.com") != github || of("twitter", "b@example.com") != twitter {
		t.Error("they aren't known again")
	}
	// Nor do ids that differ by case, or in what follows.
	for _, id := range []string{"abc", "ABC", "abc ", "abc%"} {
		g.jar().enter(p, "google", person{id: id, name: "x", email: auth.NewID() + "@example.com", verified: true}).wantAt(t, "/ok")
	}
	var users int
	g.query(`select count(*) from users`, &users)
	if users != 7 {
		t.Errorf("%d users", users)
	}
}

// Whoever is known by the account is, whatever the address there is now; the name
// and picture here stay. [T04]
func TestKnownAgain(t *testing.T) {
	p := newIDP(t)
	g := newRig(t, p.use)
	first := g.jar()
	first.enter(p, "google", person{id: "1815", name: "Ada Lovelace", email: "ada@example.com", picture: "https://pictures.example/1"}).wantAt(t, "/ok")
	before := first.session()
	if before.User.Image == nil || *before.User.Image != "https://pictures.example/1" {
		t.Errorf("got %+v", before.User)
	}
	second := g.jar()
	second.enter(p, "google", person{id: "1815", name: "Countess", email: "new@example.com", verified: true, picture: "https://pictures.example/2"}).wantAt(t, "/ok")
	if s := second.session(); s.User.ID != before.User.ID || s.User.Name != "Ada Lovelace" || s.User.Email != "ada@example.com" || *s.User.Image != *before.User.Image {
		t.Errorf("got %+v", s.User)
	}
	verified := func() (v bool) { g.query(`select email_verified from users`, &v); return v }
	if verified() {
		t.Error("another address was verified there")
	}
	if p := first.get("/get-session"); !strings.Contains(p.text, `"emailVerified":false`) {
		t.Errorf("got %s", p.text)
	}
	second.enter(p, "google", person{id: "1815", name: "x", email: "ADA@example.com", verified: true}).wantAt(t, "/ok")
	// Every session knows it, those in memory too.
	if p := first.get("/get-session"); !verified() || !strings.Contains(p.text, `"emailVerified":true`) {
		t.Errorf("got %s", p.text)
	}
	var scope string
	g.query(`select scope from accounts`, &scope)
	if scope != "email,profile,openid" {
		t.Errorf("scope %q", scope)
	}
}

// What a provider gives out is used for the profile and dropped.
func TestProviderTokensAreNotKept(t *testing.T) {
	p := newIDP(t)
	g := newRig(t, p.use)
	for _, provider := range []string{"google", "github", "twitter"} {
		g.jar().enter(p, provider, ada).wantAt(t, "/ok")
	}
	for _, table := range []string{"users", "accounts", "sessions", "verifications"} {
		for _, value := range g.values(table) {
			for _, secret := range []string{"access-", "refresh-", "eyJ", "code-"} {
				if strings.Contains(value, secret) {
					t.Errorf("%s has %q", table, value)
				}
			}
		}
	}
}

// values returns all that a table holds.
func (g *rig) values(table string) (list []string) {
	g.Helper()
	err := g.db.Read(g.Context(), func(tx *sql.Tx) error {
		rows, err := tx.Query(`select * from ` + table)
		if err != nil {
			return err
		}
		defer rows.Close()
		columns, err := rows.Columns()
		if err != nil {
			return err
		}
		row := make([]sql.NullString, len(columns))
		into := make([]any, len(columns))
		for i := range row {
			into[i] = &row[i]
		}
		for rows.Next() {
			if err := rows.Scan(into...); err != nil {
				return err
			}
			for _, value := range row {
				list = append(list, value.String)
			}
		}
		return rows.Err()
	})
	if err != nil {
		g.Fatal(err)
	}
	return list
}

func TestXWithoutAddress(t *testing.T) {
	p := newIDP(t)
	g := newRig(t, p.use)
	j := g.jar()
	j.enter(p, "twitter", person{id: "13", name: "No Mail", email: "victim@example.com"}).wantAt(t, "/ok") // not confirmed, so not given
	s := j.session()
	if s.User.Email != "13@twitter.placeholder.invalid" || s.User.Name != "No Mail" {
		t.Errorf("got %+v", s.User)
	}
	k := g.jar()
	k.enter(p, "twitter", person{id: "13", name: "No Mail"}).wantAt(t, "/ok")
	if k.session().User.ID != s.User.ID {
		t.Error("not known again")
	}
	// A confirmed address that can't be one here is none.
	j.enter(p, "twitter", person{id: "15", name: "Odd", email: "ödd@example.com", verified: true}).wantAt(t, "/ok")
	if s := j.session(); s.User.Email != "15@twitter.placeholder.invalid" {
		t.Errorf("got %+v", s.User)
	}
	var verified bool
	g.query(`select max(email_verified) from users`, &verified)
	if verified {
		t.Error("a made-up address is verified")
	}
	// Somebody whose name there is somebody else's address here is nobody else.
	victim := g.plantUser("victim@example.com", "Victim", nil, 1)
	l := g.jar()
	l.enter(p, "twitter", person{id: "14", name: "victim@example.com"}).wantAt(t, "/ok")
	if l.session().User.ID == victim {
		t.Error("a name was taken for an address")
	}
}

func TestNamesOfProviders(t *testing.T) {
	p := newIDP(t)
	g := newRig(t, p.use)
	i := 0
	for name, want := range map[string]string{
		"Ada Lovelace":               "Ada Lovelace",
		"  Ada  ":                    "Ada",
		"":                           "local",
		"   ":                        "local",
		"\u202eevil":                 "evil",
		"A\u200bd\u0000a\n":          "Ada",
		strings.Repeat("é", 200):     strings.Repeat("é", 64),
		"System":                     "local",
		"\u2800\u3164":               "local",
		"2026-01-02T03:04:05Z":       "local",
		"<script>alert(1)</script>":  "<script>alert(1)</script>", // which is text
		strings.Repeat("\u0301", 50): "local",
	} {
		i++
		j := g.jar()
		j.enter(p, "google", person{id: fmt.Sprint(i), name: name, email: fmt.Sprintf("local%d@example.com", i), verified: true}).wantAt(t, "/ok")
		if want == "local" {
			want += fmt.Sprint(i)
		}
		if got := j.session().User.Name; got != want {
			t.Errorf("%q: %q, want %q", name, got, want)
		}
	}
	j := g.jar()
	j.enter(p, "twitter", person{id: "99"}).wantAt(t, "/ok")
	if got := j.session().User.Name; got != "Someone" {
		t.Errorf("nameless: %q", got)
	}
	j = g.jar()
	j.enter(p, "google", person{id: "system", email: "system@example.com", verified: true}).wantAt(t, "/ok")
	if got := j.session().User.Name; got != "Someone" {
		t.Errorf("system: %q", got)
	}
}

// A picture that isn't one that we would fetch isn't stored. (§13.17)
func TestPicturesOfProviders(t *testing.T) {
	p := newIDP(t)
	g := newRig(t, p.use)
	for i, picture := range []string{"http://pictures.example/x", "javascript:alert(1)", "data:image/svg+xml,<svg/>", "https://user@pictures.example/x", "//x/y", "https://x/\n"} {
		j := g.jar()
		j.enter(p, "google", person{id: fmt.Sprint(i), name: "x", email: fmt.Sprintf("x%d@example.com", i), verified: true, picture: picture}).wantAt(t, "/ok")
		if image := j.session().User.Image; image != nil {
			t.Errorf("%s: %s", picture, *image)
		}
	}
	j := g.jar()
	j.enter(p, "google", ada)
	if id, _ := j.identity(); id.Image != "" {
		t.Errorf("others are shown %s", id.Image)
	}
}
