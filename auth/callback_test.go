package auth_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"snug/auth"
)

var ada = person{id: "1815", name: "Ada Lovelace", email: "Ada@Example.com", verified: true, picture: "https://pictures.example/ada.png"}

const errorAt = base + "/api/auth/error?error="

// page stands for the front end's own page at the address of the callback.
func page(c *auth.Config) {
	c.CallbackPage = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "no-cache")
		w.Header().Set("ETag", `"1"`)
		w.Write([]byte("<!doctype html>a page"))
	})
}

// come brings somebody back from a provider in either mode, and checks what holds
// for every answer there.
func (j *jar) come(paged bool, provider string, q url.Values) reply {
	j.Helper()
	if !paged {
		return j.navigated(provider, q).private(j)
	}
	if p := j.navigated(provider, q).private(j); p.Code != 200 || !strings.Contains(p.text, "a page") || len(p.Header()["Set-Cookie"]) > 0 {
		j.Fatalf("the page: %d %s %v", p.Code, p.text, p.Header())
	}
	return j.fetched(provider, q).private(j)
}

// §13.7: the address has a code in it.
func (p reply) private(t testing.TB) reply {
	t.Helper()
	h := p.Header()
	if h.Get("Cache-Control") != "no-store" || h.Get("Referrer-Policy") != "no-referrer" || h.Get("ETag") != "" {
		t.Errorf("an answer that may be kept: %v", h)
	}
	return p
}

// modes runs a test in both ways of handling what a provider sends back.
func modes(t *testing.T, fn func(t *testing.T, paged bool, p *idp, g *rig), set ...func(*auth.Config)) {
	for _, paged := range []bool{false, true} {
		t.Run(fmt.Sprintf("page=%v", paged), func(t *testing.T) {
			p := newIDP(t)
			all := append([]func(*auth.Config){p.use}, set...)
			if paged {
				all = append(all, page)
			}
			fn(t, paged, p, newRig(t, all...))
		})
	}
}

// TestCallback has the rows of the protocol's table of callbacks.
func TestCallback(t *testing.T) {
	taken := func(g *rig) { g.plantUser("ada@example.com", "Ada", nil, 1) }
	tests := []struct {
		name     string
		provider string // google if empty
		who      person
		prepare  func(*rig)
		change   func(p *idp, q url.Values)
		code     string // "" if it is to succeed
		rest     string // of the address
	}{
		{name: "all is well", who: ada},
		{name: "GitHub", provider: "github", who: ada},
		{name: "X", provider: "twitter", who: ada},
		{name: "refused at the provider", who: ada, change: func(p *idp, q url.Values) { q.Del("code"); q.Set("error", "access_denied") }, code: "access_denied"},
		{name: "refused, with words", who: ada, change: func(p *idp, q url.Values) {
			q.Set("error", "access_denied")
			q.Set("error_description", "The user said no")
		}, code: "access_denied", rest: "&error_description=The+user+said+no"},
		{name: "a hostile error", who: ada, change: func(p *idp, q url.Values) { q.Set("error", "\r\nX-Inj: 1\"><script>") },
			code: "%0D%0AX-Inj%3A+1%22%3E%3Cscript%3E"},
		{name: "an endless error", who: ada, change: func(p *idp, q url.Values) { q.Set("error", strings.Repeat("é", 10000)) },
			code: strings.Repeat("%C3%A9", 100)},
		{name: "no code", who: ada, change: func(p *idp, q url.Values) { q.Del("code") }, code: "no_code"},
		{name: "a code that the provider doesn't know", who: ada, change: func(p *idp, q url.Values) { q.Set("code", "wrong") }, code: "invalid_code"},
		{name: "GitHub's refusal with status 200", provider: "github", who: person{id: "7", broken: "token"}, code: "invalid_code"},
		{name: "no id_token", who: person{id: "7", broken: "profile"}, code: "unable_to_get_user_info"},
		{name: "no profile", provider: "github", who: person{id: "7", broken: "profile"}, code: "unable_to_get_user_info"},
		{name: "the id_token of another sign-in", who: with(ada, "nonce", "another"), code: "unable_to_get_user_info"},
		{name: "the id_token of another client", who: with(ada, "aud", "another"), code: "unable_to_get_user_info"},
		{name: "an id_token that is over", who: with(ada, "exp", 1), code: "unable_to_get_user_info"},
		{name: "the id_token of another issuer", who: with(ada, "iss", "https://evil.example"), code: "issuer_mismatch"},
		{name: "the answer of another issuer", who: ada, change: func(p *idp, q url.Values) { q.Set("iss", "https://evil.example") }, code: "issuer_mismatch"},
		{name: "the answer says whose it is", who: ada, change: func(p *idp, q url.Values) { q.Set("iss", p.URL) }},
		{name: "no address", who: person{id: "7", name: "No Mail"}, code: "email_not_found"},
		{name: "no address at GitHub", provider: "github", who: person{id: "7", name: "nomail"}, code: "email_not_found"},
		{name: "an address that is none", who: person{id: "7", name: "x", email: "nomail_x", verified: true}, code: "email_not_found"},
		{name: "an address that is made up", who: person{id: "7", name: "x", email: "13@twitter.placeholder.invalid", verified: true}, code: "email_not_found"},
		{name: "somebody else's address", who: person{id: "7", name: "Mallory", email: "ADA@example.com"}, prepare: taken, code: "account_not_linked"},
		{name: "the provider is down", who: ada, change: func(p *idp, q url.Values) { p.setDown(true) }, code: "provider_unavailable"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			modes(t, func(t *testing.T, paged bool, p *idp, g *rig) {
				provider := test.provider
				if provider == "" {
					provider = "google"
				}
				if test.prepare != nil {
					test.prepare(g)
				}
				j := g.jar()
				for _, goal := range []struct{ more, ok, failed string }{
					{`"callbackURL":"/here","errorCallbackURL":"/there?x=1#y"`, "/here", "/there?x=1&error=" + test.code + test.rest + "#y"},
					{`"callbackURL":"/here"`, "/here", errorAt + test.code + test.rest},
				} {
					p.setDown(false)
					q := p.approve(j.begin(provider, goal.more), test.who)
					if test.change != nil {
						test.change(p, q)
					}
					got := j.come(paged, provider, q)
					if test.code == "" {
						got.wantAt(t, goal.ok)
						if j.session() == nil {
							t.Error("nobody is signed in")
						}
						continue
					}
					got.wantAt(t, goal.failed)
					if j.session() != nil {
						t.Error("somebody is signed in")
					}
					// The state is used up.
					j.come(paged, provider, q).wantAt(t, errorAt+"please_restart_the_process")
				}
				if len(j.states()) != 0 {
					t.Errorf("left behind: %v", j.states())
				}
			})
		})
	}
}

func with(who person, claim string, value any) person {
	who.claims = map[string]any{claim: value}
	return who
}

// states are the names of the cookies of flows.
func (j *jar) states() (names []string) {
	for name := range j.cookies {
		if strings.HasPrefix(name, "better-auth.state") {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

func TestCallbackWithoutItsState(t *testing.T) {
	modes(t, func(t *testing.T, paged bool, p *idp, g *rig) {
		j := g.jar()
		for query, code := range map[string]string{
			"":                          "state_not_found",
			"code=x":                    "state_not_found",
			"error=access_denied":       "state_not_found",
			"code=x&state=":             "state_not_found",
			"code=x&state=unknown":      "please_restart_the_process",
			"code=x&state=%0d%0aX:%20y": "please_restart_the_process",
			"error=access_denied&state=" + strings.Repeat("a", 32): "please_restart_the_process",
			"code=x&state=" + strings.Repeat("a", 4000):            "please_restart_the_process",
		} {
			q, err := url.ParseQuery(query)
			if err != nil {
				t.Fatal(err)
			}
			if got := j.come(paged, "google", q).wantAt(t, errorAt+code); len(got.Header()["Set-Cookie"]) > 0 {
				t.Errorf("%s: %v", query, got.Header())
			}
		}
		// There is no page for a provider that isn't there.
		for _, provider := range []string{"discord", "GOOGLE", "credential", "%2e%2e", "a%0d%0ab"} {
			j.navigated(provider, url.Values{"code": {"x"}, "state": {"y"}}).private(t).wantAt(t, errorAt+"oauth_provider_not_found")
		}
	})
}

// §13.3: a flow is finished in the browser where it began, or nowhere. What
// another browser tries doesn't harm it.
func TestStateIsBoundToTheBrowser(t *testing.T) {
	modes(t, func(t *testing.T, paged bool, p *idp, g *rig) {
		mallory, alice := g.jar(), g.jar()
		q := p.approve(mallory.begin("google", ""), person{id: "666", name: "Mallory", email: "mallory@example.com", verified: true})
		before := p.called()
		if got := alice.come(paged, "google", q).wantAt(t, errorAt+"state_mismatch"); len(got.Header()["Set-Cookie"]) > 0 {
			t.Errorf("cookies: %v", got.Header())
		}
		if p.called() != before {
			t.Error("the code was used")
		}
		// Nor with the cookie of a flow of her own under that name, or one that is forged.
		state := q.Get("state")
		other := alice.begin("google", "")
		u, err := url.Parse(other)
		if err != nil {
			t.Fatal(err)
		}
		own := alice.cookies[alice.states()[0]]
		for _, value := range []string{own, state, state + ".x", g.Sign(u.Query().Get("state")), ""} {
			alice.cookies["better-auth.state."+state[:8]] = value
			alice.come(paged, "google", q).wantAt(t, errorAt+"state_mismatch")
		}
		if alice.session() != nil {
			t.Error("alice is signed in as mallory")
		}
		mallory.come(paged, "google", q)
		if mallory.session() == nil {
			t.Error("mallory's own sign-in was spoilt")
		}
	})
}

// §13.6: once, for ten minutes, at the provider that it was made for.
func TestStateReplayExpirySwap(t *testing.T) {
	clock := newClock()
	modes(t, func(t *testing.T, paged bool, p *idp, g *rig) {
		j := g.jar()
		q := p.approve(j.begin("google", `"callbackURL":"/here"`), ada)
		saved := j.copy()
		j.come(paged, "google", q).wantAt(t, "/here")
		before := p.called()
		j.come(paged, "google", q).wantAt(t, errorAt+"please_restart_the_process")
		saved.come(paged, "google", q).wantAt(t, errorAt+"please_restart_the_process") // with the cookie still there
		if p.called() != before {
			t.Error("the provider was asked again")
		}

		q = p.approve(j.begin("google", `"callbackURL":"/here"`), ada)
		clock.pass(10*time.Minute - time.Millisecond)
		j.come(paged, "google", q).wantAt(t, "/here")
		q = p.approve(j.begin("google", `"callbackURL":"/here","errorCallbackURL":"/there"`), ada)
		clock.pass(10 * time.Minute)
		j.come(paged, "google", q).wantAt(t, errorAt+"please_restart_the_process")

		for _, pair := range [][2]string{{"github", "google"}, {"google", "github"}, {"google", "twitter"}} {
			q = p.approve(j.begin(pair[0], `"callbackURL":"/here"`), ada)
			before = p.called()
			j.come(paged, pair[1], q).wantAt(t, errorAt+"state_mismatch")
			if p.called() != before {
				t.Errorf("the code of %s went to %s", pair[0], pair[1])
			}
			j.come(paged, pair[0], q).wantAt(t, errorAt+"please_restart_the_process")
		}
	}, clock.use)
}

// The page may fetch the callback twice, at the same time too: one of them wins, the
// other one gets an error page.
func TestDoubleFetch(t *testing.T) {
	modes(t, func(t *testing.T, paged bool, p *idp, g *rig) {
		j := g.jar()
		q := p.approve(j.begin("google", `"callbackURL":"/here"`), ada)
		const fetches = 8
		var at [fetches]string
		var wait sync.WaitGroup
		for i := range fetches {
			k := j.copy()
			wait.Go(func() { at[i] = k.fetched("google", q).Header().Get("Location") })
		}
		wait.Wait()
		slices.Sort(at[:])
		if at[0] != "/here" || at[1] != errorAt+"please_restart_the_process" || at[fetches-1] != at[1] {
			t.Errorf("led to %q", at)
		}
		if p := j.get(strings.TrimPrefix(at[1], base+"/api/auth")); p.Code != 200 || !strings.Contains(p.text, "This sign-in is over") {
			t.Errorf("error page: %d %s", p.Code, p.text)
		}
		var users int
		g.query(`select count(*) from users`, &users)
		if users != 1 {
			t.Errorf("%d users", users)
		}
	})
}

func TestTwoTabs(t *testing.T) {
	modes(t, func(t *testing.T, paged bool, p *idp, g *rig) {
		j := g.jar()
		first := p.approve(j.begin("google", `"callbackURL":"/tab1"`), ada)
		second := p.approve(j.begin("google", `"callbackURL":"/tab2"`), ada)
		j.come(paged, "google", first).wantAt(t, "/tab1")
		j.come(paged, "google", second).wantAt(t, "/tab2")
		if j.session() == nil {
			t.Error("nobody is signed in")
		}
	})
}

// Where the page doesn't say where to go, a person goes to the rooms, and a script
// to the page that it would have asked for itself.
func TestWhereToGo(t *testing.T) {
	p := newIDP(t)
	g := newRig(t, p.use, func(c *auth.Config) { c.Providers[1].Rooms = []string{"welcome", "staff"} })
	way := func(j *jar, provider, more string) url.Values { return p.approve(j.begin(provider, more), ada) }

	j := g.jar()
	j.navigated("google", way(j, "google", "")).wantAt(t, "/dashboard")
	j.fetched("google", way(j, "google", "")).wantAt(t, base)
	r := j.request("GET", "/callback/google?"+way(j, "google", "").Encode(), "")
	r.Header.Set("Accept", "text/html") // a browser that doesn't say more
	j.send(r).wantAt(t, "/dashboard")
	j.fetched("google", way(j, "google", `"callbackURL":"`+base+`/x?y=z#w"`)).wantAt(t, base+"/x?y=z#w")
	j.navigated("google", way(j, "google", `"callbackURL":""`)).wantAt(t, "/dashboard")
	// Nobody is new any more.
	j.navigated("google", way(j, "google", `"newUserCallbackURL":"/welcome","callbackURL":"/here"`)).wantAt(t, "/here")
	// Linking isn't a first sign-in.
	j.navigated("github", way(j, "github", "")).wantAt(t, "/dashboard")

	newcomer := func(id int) person {
		return person{id: fmt.Sprint(id), name: "N", email: fmt.Sprintf("n%d@example.com", id), verified: true}
	}
	for i, test := range []struct{ provider, more, want string }{
		{"google", `"newUserCallbackURL":"/welcome","callbackURL":"/here"`, "/welcome"},
		{"google", `"callbackURL":"/here"`, "/here"},
		{"github", `"callbackURL":"/here"`, "/rooms/welcome"},
		{"github", ``, "/rooms/welcome"},
		{"github", `"newUserCallbackURL":"/welcome","callbackURL":"/here"`, "/welcome"},
	} {
		j := g.jar()
		j.navigated(test.provider, p.approve(j.begin(test.provider, test.more), newcomer(100+i))).wantAt(t, test.want)
	}
}

// Who signs in at a provider is brought into its rooms, each time; a failure keeps nobody
// out.
func TestProvidersBringPeopleIntoRooms(t *testing.T) {
	p := newIDP(t)
	var brought []string
	var fails error
	g := newRig(t, p.use, func(c *auth.Config) {
		c.Providers[1].Rooms = []string{"welcome", "staff"}
		c.BringIn = func(_ context.Context, who auth.Identity, rooms []string) error {
			brought = append(brought, fmt.Sprint(who.Name, " ", rooms))
			return fails
		}
	})
	in := func(provider, want string) {
		t.Helper()
		j := g.jar()
		j.navigated(provider, p.approve(j.begin(provider, `"callbackURL":"/here"`), ada))
		if j.session() == nil {
			t.Error("nobody is signed in")
		}
		if got := fmt.Sprint(brought); got != want {
			t.Errorf("brought %s, want %s", got, want)
		}
		brought = nil
	}
	in("google", "[]")
	in("github", "[Ada Lovelace [welcome staff]]")
	fails = errors.New("disk")
	in("github", "[Ada Lovelace [welcome staff]]")
}

// Some providers answer by a form: the browser is sent on, so that it brings its
// cookies.
func TestFormPost(t *testing.T) {
	p := newIDP(t)
	g := newRig(t, p.use)
	j := g.jar()
	q := p.approve(j.begin("google", `"callbackURL":"/here"`), ada)
	q.Set("user", "{}")
	for _, origin := range []string{"https://accounts.google.com", "null", ""} {
		r := g.jar().request("POST", "/callback/google", q.Encode()) // no cookies
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Origin", origin)
		if origin == "" {
			r.Header.Del("Origin")
		}
		r.Header.Set("Sec-Fetch-Site", "cross-site")
		r.Header.Set("Sec-Fetch-Mode", "navigate")
		got := g.do(r).private(t)
		u, err := url.Parse(got.Header().Get("Location"))
		if err != nil || got.Code != 302 || u.Path != "/api/auth/callback/google" || u.Host != "" ||
			u.Query().Get("state") != q.Get("state") || u.Query().Get("code") != q.Get("code") || u.Query().Has("user") {
			t.Fatalf("origin %q: %d %v", origin, got.Code, got.Header())
		}
		if len(got.Header()["Set-Cookie"]) > 0 {
			t.Error("a form of another site signs in")
		}
	}
	j.navigated("google", q).wantAt(t, "/here")

	post := func(path, form string) reply {
		r := j.request("POST", path, form)
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		return g.do(r)
	}
	post("/callback/%2e%2e%5c%0d%0a", "code=x").wantAt(t, "/api/auth/callback/..%5C%0D%0A?code=x")
	post("/callback/google", "code="+strings.Repeat("x", 5000)+"&state=%0d%0a").wantAt(t, "/api/auth/callback/google?state=%0D%0A")
	post("/callback/google", strings.Repeat("x", 1<<20)).want(t, 413, "PAYLOAD_TOO_LARGE")
	post("/callback/google", "code=%ff").want(t, 400, "VALIDATION_ERROR")
}

// Who is signed in already is somebody else, or themselves again, afterwards: the
// session is a new one. (§13.3)
func TestEnteringRotates(t *testing.T) {
	p := newIDP(t)
	g := newRig(t, p.use)
	j := g.jar().signUp("bob")
	before := j.session().Session.Token
	thief := j.copy()
	j.enter(p, "google", ada).wantAt(t, "/ok")
	s := j.session()
	if s.Session.Token == before || s.User.Name != "Ada Lovelace" {
		t.Errorf("got %+v", s)
	}
	if thief.session() != nil {
		t.Error("the session of before lives")
	}
	if ends := g.told(); len(ends) != 1 || ends[0].SessionKey != auth.HashToken(before).String() {
		t.Errorf("told %v", ends)
	}
	if j.cookies["better-auth.last_used_login_method"] != "google" {
		t.Errorf("cookies %v", j.cookies)
	}
}
