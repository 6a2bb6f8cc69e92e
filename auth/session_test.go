package auth_test

import (
	"context"
	"database/sql"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"snug/auth"
)

func day(n float64) time.Duration { return time.Duration(n * 24 * float64(time.Hour)) }

func maxAge(p reply, name string) (seconds int, set bool) {
	for _, c := range p.Result().Cookies() {
		if c.Name == name {
			return c.MaxAge, true
		}
	}
	return 0, false
}

const tokenName = "better-auth.session_token"

func TestSessionSlidesOnceADay(t *testing.T) {
	c := newClock()
	alice := newRig(t, c.use).jar().signUp("alice")
	first := alice.session()
	if first.Session.ExpiresAt != "2026-11-29T18:30:31.135Z" || first.Session.CreatedAt != "2026-11-22T18:30:31.135Z" {
		t.Errorf("a session that begins %s ends %s", first.Session.CreatedAt, first.Session.ExpiresAt)
	}
	c.pass(day(1) - time.Millisecond)
	if _, set := maxAge(alice.get("/get-session"), tokenName); set {
		t.Error("extended within the first day")
	}
	c.pass(time.Millisecond)
	for _, query := range []string{"disableRefresh=true", "disableRefresh=false"} {
		if _, set := maxAge(alice.get("/get-session?"+query), tokenName); set {
			t.Error("extended with", query)
		}
	}
	if _, ok := alice.identity(); !ok {
		t.Fatal("not signed in")
	}
	age, set := maxAge(alice.get("/get-session"), tokenName)
	if !set || age != 604800 {
		t.Errorf("after a day: Max-Age %d, set %v", age, set)
	}
	second := alice.session()
	if second.Session.ExpiresAt != "2026-11-30T18:30:31.135Z" || second.Session.UpdatedAt != "2026-11-23T18:30:31.135Z" ||
		second.Session.CreatedAt != first.Session.CreatedAt || second.Session.Token != first.Session.Token {
		t.Errorf("extended to %+v", second.Session)
	}
	if id, _ := alice.identity(); !id.ExpiresAt.Equal(c.Now().Add(day(7))) {
		t.Errorf("the identity ends at %v", id.ExpiresAt)
	}
}

func TestIdentifyNeverExtends(t *testing.T) {
	c := newClock()
	alice := newRig(t, c.use).jar().signUp("alice")
	for range 6 {
		c.pass(day(1))
		if _, ok := alice.identity(); !ok {
			t.Fatal("ended too early")
		}
	}
	c.pass(day(1))
	if _, ok := alice.identity(); ok {
		t.Error("lives longer than a week without a visit")
	}
}

func TestShortSessionNeverSlides(t *testing.T) {
	c := newClock()
	g := newRig(t, c.use)
	g.jar().signUp("alice")
	alice := g.jar()
	p := alice.post("/sign-in/email", `{"email":"alice@example.com","password":"`+good+`","rememberMe":false}`).want(t, 200, "")
	if age, _ := maxAge(p, tokenName); age != 0 {
		t.Errorf("Max-Age %d", age)
	}
	c.pass(day(1) - time.Second)
	if alice.session() == nil {
		t.Fatal("ended too early")
	}
	c.pass(time.Second)
	if alice.session() != nil {
		t.Error("lives longer than a day")
	}
	// The next session of that browser is remembered, and slides.
	alice.cookies["better-auth.dont_remember"] = g.Sign("true")
	alice.signIn("alice")
	if _, there := alice.cookies["better-auth.dont_remember"]; there {
		t.Error("the old cookie stays and would keep the session from sliding")
	}
}

func TestShortCookieStopsSliding(t *testing.T) {
	c := newClock()
	g := newRig(t, c.use)
	alice := g.jar().signUp("alice")
	c.pass(day(2))
	alice.cookies["better-auth.dont_remember"] = g.Sign("true")
	if _, set := maxAge(alice.get("/get-session"), tokenName); set {
		t.Error("extended although the browser forgets it")
	}
	alice.cookies["better-auth.dont_remember"] = "true.forged"
	if _, set := maxAge(alice.get("/get-session"), tokenName); !set {
		t.Error("a cookie that isn't ours was believed")
	}
}

// §13.8: sliding keeps the token, so it has to end some day.
func TestAbsoluteAge(t *testing.T) {
	c := newClock()
	alice := newRig(t, c.use).jar().signUp("alice")
	for range 29 {
		c.pass(day(1))
		if alice.session() == nil {
			t.Fatal("ended too early")
		}
	}
	c.pass(day(1) - time.Second)
	if p := alice.get("/get-session"); p.text == "null" {
		t.Fatal("ended too early")
	}
	if id, _ := alice.identity(); id.ExpiresAt.Sub(c.Now()) != time.Second {
		t.Errorf("ends in %v", id.ExpiresAt.Sub(c.Now()))
	}
	c.pass(time.Second)
	if alice.session() != nil {
		t.Error("older than 30 days")
	}
}

// §13.10: expiry is an end like the others, told when it happens.
func TestExpiryIsToldAtItsTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		var told []string
		began := time.Now()
		g := newRig(t, func(c *auth.Config) {
			c.OnSessionEnd = func(e auth.SessionEnd) {
				mu.Lock()
				defer mu.Unlock()
				told = append(told, fmt.Sprint(time.Since(began), e))
			}
		})
		alice := g.jar()
		alice.post("/sign-up/email", `{"name":"alice","email":"alice@example.com","password":"`+good+`","rememberMe":false}`)
		id, ok := alice.identity()
		imported := 100*time.Minute + 7*time.Millisecond
		g.plant("imported", id.UserID, began, began.Add(imported))
		<-time.After(day(1.1))
		synctest.Wait()
		mu.Lock()
		want := []string{
			fmt.Sprint(imported, auth.SessionEnd{SessionKey: auth.HashToken("imported").String(), UserID: id.UserID}),
			fmt.Sprint(day(1), end(id)),
		}
		if !slices.Equal(told, want) {
			t.Errorf("told %q, want %q", told, want)
		}
		mu.Unlock()
		if _, still := alice.identity(); still || !ok {
			t.Error("still signed in")
		}
		var rows int
		g.query(`select count(*) from sessions`, &rows)
		if rows != 0 {
			t.Errorf("%d rows stay", rows)
		}
	})
}

func TestManyExpireAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newRig(t)
		user := g.plantUser("a@example.com", "a", nil, 1)
		soon := time.Now().Add(30 * time.Second)
		err := g.db.Write(context.Background(), func(tx *sql.Tx) error {
			for i := range 1200 {
				_, err := tx.Exec(`insert into sessions (id, token_hash, user_id, remember, ip_address, user_agent, created_at, updated_at, expires_at)
					values (?, ?, ?, 1, '', '', 0, 0, ?)`, fmt.Sprint(i), auth.HashToken(fmt.Sprint(i)).String(), user, soon.UnixMilli())
				if err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		<-time.After(2 * time.Minute)
		synctest.Wait()
		if n := len(g.told()); n != 1200 {
			t.Errorf("told of %d", n)
		}
	})
}

// §13.3: whoever planted a cookie has nothing of the sign-in that follows.
func TestSessionFixation(t *testing.T) {
	g := newRig(t)
	mallory := g.jar().signUp("mallory")
	planted, _ := mallory.identity()
	g.jar().signUp("alice")
	for _, path := range []string{"in", "up"} {
		mallory.signIn("mallory")
		planted, _ = mallory.identity()
		g.told()
		victim := mallory.copy()
		if path == "in" {
			victim.signIn("alice")
		} else {
			victim.signUp("bob")
		}
		id, ok := victim.identity()
		if !ok || id.SessionKey == planted.SessionKey || id.Name == "mallory" {
			t.Errorf("sign-%s gave %+v", path, id)
		}
		if _, ok := mallory.identity(); ok {
			t.Errorf("sign-%s: the planted session lives", path)
		}
		if ends := g.told(); len(ends) != 1 || ends[0].SessionKey != planted.SessionKey || ends[0].UserID != planted.UserID {
			t.Errorf("sign-%s told %+v", path, ends)
		}
	}
	// Nor is a token taken from anywhere else.
	token := g.jar().signIn("alice").session().Session.Token
	for _, r := range []*http.Request{
		g.jar().request("GET", "/get-session?token="+token, ""),
		g.jar().request("GET", "/get-session?better-auth.session_token="+token, ""),
		g.jar().request("POST", "/list-sessions", `{"token":"`+token+`"}`),
	} {
		r.Header.Set("Authorization", "Bearer "+token)
		if p := g.do(r); strings.Contains(p.text, "alice") {
			t.Errorf("%s: got %s", r.URL, p.text)
		}
	}
}

// §13.4: a cookie planted by a sibling domain before ours signs nobody out.
func TestCookieTossing(t *testing.T) {
	g := newRig(t)
	alice := g.jar().signUp("alice")
	mine := alice.cookies[tokenName]
	other := g.Sign(strings.Repeat("U", 32)) // well signed, unknown
	for _, cookies := range []string{
		"x; =; " + tokenName + "=bad; " + tokenName + "=" + mine,
		tokenName + "=" + other + "; " + tokenName + "=" + mine,
		tokenName + "=" + mine + "; " + tokenName + "=" + other,
		tokenName + `="` + mine + `"`,
	} {
		r := g.jar().request("GET", "/get-session", "")
		r.Header.Set("Cookie", cookies)
		p := g.do(r)
		if !strings.Contains(p.text, `"name":"alice"`) || p.Header().Get("Set-Cookie") != "" {
			t.Errorf("%s: got %s %q", cookies, p.text, p.Header()["Set-Cookie"])
		}
	}
	// In two headers too.
	r := g.jar().request("GET", "/get-session", "")
	r.Header["Cookie"] = []string{tokenName + "=bad", tokenName + "=" + mine}
	if p := g.do(r); !strings.Contains(p.text, `"name":"alice"`) {
		t.Errorf("got %s", p.text)
	}
	// But not without end.
	r.Header["Cookie"] = []string{strings.Repeat(tokenName+"=bad; ", 100) + tokenName + "=" + mine}
	if p := g.do(r); p.text != "null" {
		t.Errorf("got %s", p.text)
	}
}

// §13.10, as far as it is decided here: each way a session ends is told once, before
// the reply, and nobody is identified by it afterwards.
func TestRevocation(t *testing.T) {
	type scene struct {
		*rig
		phone, laptop, other *jar
		ids                  [3]auth.Identity
	}
	tests := []struct {
		name string
		do   func(s scene) reply
		live [3]bool // phone, laptop, of another user
		told func(s scene) []auth.SessionEnd
	}{
		{"sign-out", func(s scene) reply { return s.phone.post("/sign-out", `{}`) }, [3]bool{false, true, true},
			func(s scene) []auth.SessionEnd { return []auth.SessionEnd{end(s.ids[0])} }},
		{"revoke by token", func(s scene) reply {
			return s.phone.post("/revoke-session", `{"token":"`+s.laptop.session().Session.Token+`"}`)
		}, [3]bool{true, false, true},
			func(s scene) []auth.SessionEnd { return []auth.SessionEnd{end(s.ids[1])} }},
		{"revoke by id", func(s scene) reply {
			return s.phone.post("/revoke-session", `{"token":"`+s.laptop.session().Session.ID+`"}`)
		}, [3]bool{true, false, true},
			func(s scene) []auth.SessionEnd { return []auth.SessionEnd{end(s.ids[1])} }},
		{"revoke one's own", func(s scene) reply {
			return s.phone.post("/revoke-session", `{"token":"`+s.phone.session().Session.Token+`"}`)
		}, [3]bool{false, true, true},
			func(s scene) []auth.SessionEnd { return []auth.SessionEnd{end(s.ids[0])} }},
		{"revoke somebody else's", func(s scene) reply {
			return s.phone.post("/revoke-session", `{"token":"`+s.other.session().Session.Token+`"}`)
		}, [3]bool{true, true, true},
			func(s scene) []auth.SessionEnd { return nil }},
		{"revoke nothing", func(s scene) reply { return s.phone.post("/revoke-session", `{"token":""}`) }, [3]bool{true, true, true},
			func(s scene) []auth.SessionEnd { return nil }},
		{"revoke all", func(s scene) reply { return s.phone.post("/revoke-sessions", `{}`) }, [3]bool{false, false, true},
			func(s scene) []auth.SessionEnd { return []auth.SessionEnd{end(s.ids[0]), end(s.ids[1])} }},
		{"revoke others", func(s scene) reply { return s.phone.post("/revoke-other-sessions", `{}`) }, [3]bool{true, false, true},
			func(s scene) []auth.SessionEnd { return []auth.SessionEnd{end(s.ids[1])} }},
		{"sign in again", func(s scene) reply {
			return s.phone.post("/sign-in/email", `{"email":"alice@example.com","password":"`+good+`"}`)
		}, [3]bool{true, true, true},
			func(s scene) []auth.SessionEnd {
				replaced := end(s.ids[0])
				replaced.Replaced = true
				return []auth.SessionEnd{replaced}
			}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			g := newRig(t)
			s := scene{rig: g, phone: g.jar().signUp("alice"), laptop: g.jar().signIn("alice"), other: g.jar().signUp("bob")}
			for i, j := range []*jar{s.phone, s.laptop, s.other} {
				s.ids[i], _ = j.identity() // which also fills the cache
			}
			thief := s.phone.copy()
			test.do(s).want(t, 200, "")
			if told, want := fmt.Sprint(g.told()), fmt.Sprint(test.told(s)); told != want {
				t.Errorf("told %s, want %s", told, want)
			}
			for i, j := range []*jar{s.phone, s.laptop, s.other} {
				if _, ok := j.identity(); ok != test.live[i] {
					t.Errorf("session %d: live %v", i, ok)
				}
			}
			if test.live[0] && test.name != "sign in again" {
				return
			}
			if _, ok := thief.identity(); ok {
				t.Error("a copy of the cookie still works")
			}
			for _, path := range []string{"/list-sessions"} {
				thief.get(path).want(t, 401, "")
			}
			for _, path := range []string{"/revoke-session", "/revoke-sessions", "/revoke-other-sessions"} {
				thief.post(path, `{}`).want(t, 401, "")
			}
		})
	}
}

func end(id auth.Identity) auth.SessionEnd {
	return auth.SessionEnd{SessionKey: id.SessionKey, UserID: id.UserID}
}

func TestOnSessionEndComesBeforeTheReply(t *testing.T) {
	var g *rig
	var alice *jar
	called := false
	g = newRig(t, func(c *auth.Config) {
		c.OnSessionEnd = func(auth.SessionEnd) {
			called = true
			if _, ok := alice.identity(); ok {
				t.Error("told before it is true")
			}
		}
	})
	alice = g.jar().signUp("alice")
	r := alice.request("POST", "/sign-out", "{}")
	g.handler.ServeHTTP(firstWrite(func() {
		if !called {
			t.Error("the reply comes before the end is told")
		}
	}), r)
}

// firstWrite is a ResponseWriter that calls itself when the reply begins.
type firstWrite func()

func (firstWrite) Header() http.Header           { return http.Header{} }
func (f firstWrite) WriteHeader(int)             { f() }
func (f firstWrite) Write(p []byte) (int, error) { f(); return len(p), nil }

func TestSignOutGoesOnWhenTheClientHangsUp(t *testing.T) {
	g := newRig(t)
	alice := g.jar().signUp("alice")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	g.do(alice.request("POST", "/sign-out", "{}").WithContext(ctx))
	if _, ok := alice.identity(); ok || len(g.told()) != 1 {
		t.Error("the session lives on")
	}
}

func TestTooManySessionsEndTheOldest(t *testing.T) {
	c := newClock()
	g := newRig(t, c.use)
	first := g.jar().signUp("alice")
	var last *jar
	for range auth.MaxSessions {
		c.pass(time.Second)
		last = g.jar().signIn("alice")
	}
	if _, ok := first.identity(); ok {
		t.Error("the oldest lives")
	}
	if _, ok := last.identity(); !ok {
		t.Error("the newest doesn't")
	}
	var list []any
	last.get("/list-sessions").decode(t, &list)
	if len(list) != auth.MaxSessions || len(g.told()) != 1 {
		t.Errorf("%d sessions", len(list))
	}
}

func TestListSessionsShowsNoOthersToken(t *testing.T) {
	g := newRig(t)
	phone, laptop := g.jar().signUp("alice"), g.jar().signIn("alice")
	g.jar().signUp("bob")
	p := phone.get("/list-sessions").want(t, 200, "")
	var list []struct{ ID, Token, UserID string }
	p.decode(t, &list)
	mine, theirs := phone.session().Session, laptop.session().Session
	if len(list) != 2 || strings.Contains(p.text, theirs.Token) {
		t.Errorf("got %s", p.text)
	}
	for _, s := range list {
		if want := map[string]string{mine.ID: mine.Token, theirs.ID: theirs.ID}[s.ID]; s.Token != want {
			t.Errorf("session %s has token %s, want %s", s.ID, s.Token, want)
		}
	}
	r := g.jar().request("GET", "/get-session", "")
	r.Header.Set("Cookie", tokenName+"="+g.Sign(theirs.ID))
	if p := g.do(r); p.text != "null" {
		t.Error("a session's id opens it")
	}
}

// The database keeps no token.
func TestTokensAreHashedAtRest(t *testing.T) {
	g := newRig(t)
	alice := g.jar().signUp("alice")
	token := alice.session().Session.Token
	var n int
	g.query(`select count(*) from sessions where token_hash = ? or id = ? or user_agent like '%' || ? || '%'`, &n, token, token, token)
	if n != 0 {
		t.Error("the token itself is stored")
	}
	g.query(`select count(*) from sessions where token_hash = ?`, &n, auth.HashToken(token).String())
	if id, _ := alice.identity(); n != 1 || id.SessionKey != auth.HashToken(token).String() {
		t.Errorf("%d rows; key %s", n, id.SessionKey)
	}
}

// §13.11: nothing of a deleted user works, by the cache neither.
func TestDeletedUser(t *testing.T) {
	g := newRig(t)
	alice := g.jar().signUp("alice")
	id, _ := alice.identity()
	g.exec(`delete from users where id = ?`, id.UserID) // also empties the cache
	if _, ok := alice.identity(); ok {
		t.Error("still identified")
	}
	alice.get("/list-sessions").want(t, 401, "")
	g.jar().post("/sign-in/email", `{"email":"alice@example.com","password":"`+good+`"}`).want(t, 401, "INVALID_EMAIL_OR_PASSWORD")
}

// A session that is read from the database while it is being revoked must not get
// into the cache: it would stay there.
func TestRevocationRacesIdentify(t *testing.T) {
	g := newRig(t)
	g.jar().signUp("alice")
	for range 50 {
		alice := g.jar().signIn("alice")
		g.Chill()
		var wg sync.WaitGroup
		for range 4 {
			r := alice.request("GET", "/", "")
			wg.Go(func() { g.Identify(r) })
		}
		r := alice.request("POST", "/sign-out", "{}")
		wg.Go(func() { g.do(r) })
		wg.Wait()
		if _, ok := alice.identity(); ok {
			t.Fatal("a signed-out session is remembered")
		}
	}
}

func TestIdentifyTellsOfAnErrorInTheDatabase(t *testing.T) {
	g := newRig(t)
	alice := g.jar().signUp("alice")
	g.Chill()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, ok, err := g.Identify(alice.request("GET", "/", "").WithContext(ctx)); ok || err == nil {
		t.Errorf("got %v %v", ok, err)
	}
}
