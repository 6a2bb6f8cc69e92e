package auth_test

import (
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"snug/auth"
)

func TestSignUpPolicyAtProviders(t *testing.T) {
	p := newIDP(t)
	member := person{id: "2", name: "Member", email: "member@corp.example", verified: true}
	for _, test := range []struct {
		mode    auth.SignUpMode
		who     person
		code    string
		invited bool
	}{
		{auth.SignUpOpen, member, "", false},
		{auth.SignUpClosed, member, "signup_disabled", false},
		{auth.SignUpClosed, member, "signup_disabled", true},
		{auth.SignUpInvite, member, "invite_required", false},
		{auth.SignUpInvite, member, "", true},
		{auth.SignUpDomain, member, "", false},
		{auth.SignUpDomain, person{id: "3", name: "x", email: "member@CORP.example", verified: true}, "", false},
		{auth.SignUpDomain, person{id: "3", name: "x", email: "member@corp.example"}, "domain_not_allowed", false},
		{auth.SignUpDomain, person{id: "3", name: "x", email: "member@evilcorp.example", verified: true}, "domain_not_allowed", false},
		{auth.SignUpDomain, person{id: "3", name: "x", email: "member@corp.example.evil.example", verified: true}, "domain_not_allowed", false},
		{auth.SignUpDomain, person{id: "3", name: "x", email: "member@evil.example", verified: true}, "", true},
	} {
		g := newRig(t, p.use, func(c *auth.Config) { c.SignUp = auth.SignUp{Mode: test.mode, Domains: []string{"corp.example"}} })
		first := g.jar()
		first.enter(p, "google", ada).wantAt(t, "/ok") // whatever the mode
		if id, _ := first.identity(); id.Role != auth.RoleOwner {
			t.Errorf("the first is %s", id.Role)
		}
		j := g.jar()
		if test.invited {
			g.exec(`insert into invites (id, token_hash, created_at, expires_at, uses_left) values ('i', ?, 0, ?, 1)`,
				auth.HashToken("invitation").String(), time.Now().Add(time.Hour).UnixMilli())
			j.cookies["snug.invite"] = g.Sign("invitation")
		}
		want := "/ok"
		if test.code != "" {
			want = "/failed?error=" + test.code
		}
		q := p.approve(j.begin("google", `"callbackURL":"/ok","errorCallbackURL":"/failed"`), test.who)
		j.navigated("google", q).wantAt(t, want)
		if id, ok := j.identity(); ok != (test.code == "") || ok && id.Role != auth.RoleMember {
			t.Errorf("%+v: %+v", test, id)
		}
		// Who has an account is let in, whatever the mode.
		g.jar().enter(p, "google", ada).wantAt(t, "/ok")
	}
}

func TestBannedAtProviders(t *testing.T) {
	modes(t, func(t *testing.T, paged bool, p *idp, g *rig) {
		j := g.jar()
		j.enter(p, "google", ada).wantAt(t, "/ok")
		g.exec(`update users set banned_at = 1`)
		q := p.approve(j.begin("google", ""), ada)
		if got := j.come(paged, "google", q).wantAt(t, errorAt+"banned"); slices.ContainsFunc(got.Header()["Set-Cookie"], func(line string) bool { return strings.Contains(line, "session_token") }) {
			t.Errorf("cookies %v", got.Header())
		}
		// Nor by another account with the same address, and nothing is changed by trying.
		g.exec(`update users set email_verified = 0`)
		j.enter(p, "github", ada).wantAt(t, "/failed?error=banned")
		if ways := g.accounts("ada@example.com"); ways != "google:1815" {
			t.Errorf("ways in %q", ways)
		}
	})
}

// The provider has asked for what it wants to see.
func TestNoSecondFactorAfterProvider(t *testing.T) {
	p := newIDP(t)
	g := newRig(t, p.use)
	j := g.jar()
	j.enter(p, "google", ada).wantAt(t, "/ok")
	g.exec(`update users set two_factor = 1`)
	k := g.jar()
	k.enter(p, "google", ada).wantAt(t, "/ok")
	if k.session() == nil || k.cookies["better-auth.two_factor"] != "" {
		t.Errorf("cookies %v", k.cookies)
	}
}

// A guest who signs in for the first time stays the same person; one who has an
// account leaves the guest behind.
func TestGuestsAtProviders(t *testing.T) {
	modes(t, func(t *testing.T, paged bool, p *idp, g *rig) {
		for _, path := range []string{"/sign-in/social", "/link-social"} {
			who := person{id: "1" + path, name: "Ada", email: auth.NewID() + "@example.com", verified: true}
			guest := g.guest()
			id, _ := guest.identity()
			q := p.approve(guest.departure(path, "google", `"callbackURL":"/here"`), who)
			guest.come(paged, "google", q).wantAt(t, "/here")
			now, _ := guest.identity()
			if now.UserID != id.UserID || now.Role == auth.RoleGuest || now.Name != "Ada" || now.SessionKey == id.SessionKey {
				t.Errorf("%s: was %+v, is %+v", path, id, now)
			}
			other := g.guest()
			gone, _ := other.identity()
			q = p.approve(other.departure(path, "google", `"callbackURL":"/here"`), who)
			other.come(paged, "google", q).wantAt(t, "/here")
			if is, _ := other.identity(); is.UserID != now.UserID {
				t.Errorf("%s: is %+v", path, is)
			}
			var left int
			g.query(`select count(*) from users where id = ?`, &left, gone.UserID)
			if left != 0 {
				t.Errorf("%s: the guest is still there", path)
			}
		}
	}, func(c *auth.Config) { c.Guests = true })
}

func TestLinkSocial(t *testing.T) {
	modes(t, func(t *testing.T, paged bool, p *idp, g *rig) {
		link := func(j *jar, provider string, who person) reply {
			t.Helper()
			q := p.approve(j.departure("/link-social", provider, `"callbackURL":"/account","errorCallbackURL":"/account?l=1"`), who)
			return j.come(paged, provider, q)
		}
		j := g.jar().signUp("ada")
		elsewhere := g.jar().signIn("ada")
		before := j.session()
		mine := person{id: "1", name: "Someone Else", email: "ADA@example.com", verified: true}
		link(j, "google", mine).wantAt(t, "/account")
		if ways := g.accounts("ada@example.com"); ways != "credential google:1" {
			t.Errorf("ways in %q", ways)
		}
		// §13.8: this session has a new token and is the same one otherwise.
		after := j.session()
		if after.Session.Token == before.Session.Token || after.Session.ID != before.Session.ID || after.Session.CreatedAt != before.Session.CreatedAt ||
			after.Session.ExpiresAt != before.Session.ExpiresAt || after.User.ID != before.User.ID || after.User.Name != "ada" {
			t.Errorf("was %+v, is %+v", before, after)
		}
		if elsewhere.session() == nil {
			t.Error("the other device was signed out")
		}
		if ends := g.told(); len(ends) != 1 || ends[0].SessionKey != auth.HashToken(before.Session.Token).String() {
			t.Errorf("told %v", ends)
		}
		g.jar().enter(p, "google", mine).wantAt(t, "/ok")
		link(j, "google", mine).wantAt(t, "/account") // once more changes nothing

		for name, test := range map[string]struct {
			provider string
			who      person
			code     string
		}{
			"unverified":             {"github", person{id: "2", email: "ada@example.com"}, "unable_to_link_account"},
			"another address":        {"github", person{id: "2", email: "eve@example.com", verified: true}, "email_doesn%27t_match"},
			"another, with dots":     {"github", person{id: "2", email: "a.da@example.com", verified: true}, "email_doesn%27t_match"},
			"without an address":     {"twitter", person{id: "2", name: "x"}, "unable_to_link_account"},
			"a code that is refused": {"github", person{id: "2", broken: "token"}, "invalid_code"},
		} {
			if got := link(j, test.provider, test.who).Header().Get("Location"); got != "/account?l=1&error="+test.code {
				t.Errorf("%s: led to %s", name, got)
			}
		}
		// An account is one person's.
		bob := g.jar()
		bob.enter(p, "github", person{id: "9", name: "Bob", email: "bob@example.com", verified: true}).wantAt(t, "/ok")
		g.exec(`insert into accounts (id, user_id, provider_id, account_id, created_at, updated_at) select 'x', id, 'google', '77', 1, 1 from users where email = 'bob@example.com'`)
		link(j, "google", person{id: "77", email: "ada@example.com", verified: true}).wantAt(t, "/account?l=1&error=account_already_linked_to_different_user")
		if ways := g.accounts("ada@example.com"); ways != "credential google:1" {
			t.Errorf("ways in %q", ways)
		}
	})
}

// A user with a made-up address has nothing that could be compared.
func TestLinkToPlaceholder(t *testing.T) {
	p := newIDP(t)
	g := newRig(t, p.use)
	j := g.jar()
	j.enter(p, "twitter", person{id: "13", name: "No Mail"}).wantAt(t, "/ok")
	q := p.approve(j.departure("/link-social", "github", `"callbackURL":"/account"`), person{id: "2", name: "x", email: "any@example.com"})
	j.navigated("github", q).wantAt(t, "/account")
	if ways := g.accounts("13@twitter.placeholder.invalid"); ways != "github:2 twitter:13" {
		t.Errorf("ways in %q", ways)
	}
}

// What began with a session ends with it, and in the same browser.
func TestLinkNeedsItsSession(t *testing.T) {
	clock := newClock()
	modes(t, func(t *testing.T, paged bool, p *idp, g *rig) {
		mine := person{id: "1", name: "x", email: "ada@example.com", verified: true}
		for name, spoil := range map[string]func(j *jar, q url.Values){
			"signed out":      func(j *jar, _ url.Values) { j.post("/sign-out", `{}`) },
			"signed in again": func(j *jar, _ url.Values) { j.signIn("ada") },
			"somebody else":   func(j *jar, _ url.Values) { j.signUp("bob" + strings.ToLower(auth.NewID()[:8])) },
			"revoked":         func(j *jar, _ url.Values) { g.exec(`delete from sessions`) },
			"expired":         func(j *jar, _ url.Values) { g.exec(`update sessions set expires_at = 1`) },
			"banned":          func(j *jar, _ url.Values) { g.exec(`update users set banned_at = 1`) },
			"another browser": func(j *jar, q url.Values) {
				k := g.jar()
				state := "better-auth.state." + q.Get("state")[:8]
				k.cookies[state] = j.cookies[state]
				j.cookies = k.cookies
			},
		} {
			j := g.jar().signUp("ada")
			q := p.approve(j.departure("/link-social", "google", `"callbackURL":"/account","errorCallbackURL":"/account"`), mine)
			spoil(j, q)
			if got := j.come(paged, "google", q).Header().Get("Location"); got != "/account?error=unable_to_link_account" {
				t.Errorf("%s: led to %s", name, got)
			}
			if ways := g.accounts("ada@example.com"); ways != "credential" {
				t.Errorf("%s: ways in %q", name, ways)
			}
			g.exec(`delete from users`)
		}
		// A user who is gone takes the flow along.
		j := g.jar().signUp("ada")
		q := p.approve(j.departure("/link-social", "google", ""), mine)
		g.exec(`delete from users`)
		j.come(paged, "google", q).wantAt(t, errorAt+"please_restart_the_process")
	}, clock.use)
}
