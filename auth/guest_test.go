package auth_test

import (
	"fmt"
	"log/slog"
	"net/http"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/descope/virtualwebauthn"

	"snug/auth"
)

func guests(c *auth.Config) { c.Guests = true }

// guest is a browser with a guest's session.
func (g *rig) guest() *jar {
	g.Helper()
	j := g.jar()
	j.post("/sign-in/anonymous", `{}`).want(g, 200, "")
	return j
}

// A guest signs in without anything, and signs up later as the same user.
func TestGuests(t *testing.T) {
	var told changes
	g := newRig(t, guests, told.use)
	j := g.jar()
	p := j.post("/sign-in/anonymous", `{}`).want(t, 200, "")
	shape := regexp.MustCompile(`^\{"token":"\w{32}","user":\{"id":"\w{32}","name":"Guest [1-9]\d{3}","email":"temp-[a-z0-9]{32}@anonymous\.placeholder\.invalid","emailVerified":false,"image":null,"createdAt":"[^"]+","updatedAt":"[^"]+","role":"guest","isAnonymous":true\}\}$`)
	if !shape.MatchString(p.text) {
		t.Error(p.text)
	}
	guest, ok := j.identity()
	if !ok || guest.Role != auth.RoleGuest {
		t.Errorf("identity %+v", guest)
	}
	if p := j.get("/get-session"); !strings.Contains(p.text, `"isAnonymous":true`) {
		t.Error(p.text)
	}

	// Once is enough. Nobody is made, and no cookie is set.
	p = j.post("/sign-in/anonymous", `{}`).want(t, 400, "ANONYMOUS_USERS_CANNOT_SIGN_IN_AGAIN_ANONYMOUSLY")
	var users int
	g.query(`select count(*) from users`, &users)
	if users != 1 || len(p.Result().Cookies()) != 0 {
		t.Errorf("%d users, cookies %v", users, p.Result().Cookies())
	}

	// §13.8 and 3: the account has the user's id, and none of the guest's sessions.
	thief := j.copy()
	g.told()
	j.post("/sign-up/email", `{"name":"Ada","email":"ada@example.com","password":"`+good+`"}`).want(t, 200, "")
	member, _ := j.identity()
	if member.UserID != guest.UserID || member.SessionKey == guest.SessionKey || member.Role != auth.RoleOwner || member.Name != "Ada" || member.Email != "ada@example.com" {
		t.Errorf("was %+v, is %+v", guest, member)
	}
	if thief.session() != nil {
		t.Error("the guest's session opens the account")
	}
	if ends := g.told(); len(ends) != 1 || ends[0].SessionKey != guest.SessionKey {
		t.Errorf("told %+v", ends)
	}
	if list := told.since(); len(list) != 1 || list[0].UserID != guest.UserID || list[0].Name != "Ada" {
		t.Errorf("told of %+v", list)
	}
	if p := j.get("/get-session"); strings.Contains(p.text, "isAnonymous") || !strings.Contains(p.text, `"role":"owner"`) {
		t.Error(p.text)
	}
	k := g.jar().signIn("Ada")
	if id, _ := k.identity(); id.UserID != guest.UserID {
		t.Errorf("later %+v", id)
	}
	k.post("/sign-in/anonymous", `{}`).want(t, 400, "ALREADY_SIGNED_IN")
	if k.session() == nil {
		t.Error("signed out by asking")
	}
}

// Who signs in to an account of their own leaves the guest behind, whose traces
// are removed.
func TestGuestSignsIn(t *testing.T) {
	c := newClock()
	var gone chan string
	g := newRig(t, guests, c.use, func(c *auth.Config) { gone = departures(c) })
	ada := g.jar().signUp("ada")
	phone := ada.protect(c)
	bob := g.jar().signUp("bob")
	key := bob.withPasskey(virtualwebauthn.KeyTypeEC2)
	for name, enter := range map[string]func(*jar){
		"bob":         func(j *jar) { j.signIn("bob") },
		"by passkey":  func(j *jar) { j.enterBy(key).want(t, 200, "") },
		"with factor": func(j *jar) { j.pending("ada").in(phone) },
	} {
		j := g.guest()
		guest, _ := j.identity()
		enter(j)
		if name == "with factor" {
			g.Sweep() // the guest's session ended with the first factor
		}
		if id := <-gone; id != guest.UserID {
			t.Errorf("%s: gone is %s", name, id)
		}
		if s := j.session(); s == nil || s.User.ID == guest.UserID {
			t.Errorf("%s: session %+v", name, s)
		}
		var left int
		g.query(`select count(*) from users where id = ?`, &left, guest.UserID)
		if left != 0 {
			t.Errorf("%s: the guest stays", name)
		}
	}
	// A sign-in that fails leaves everything as it was.
	j := g.guest()
	before, _ := j.identity()
	j.post("/sign-in/email", `{"email":"bob@example.com","password":"wrong password"}`).want(t, 401, "INVALID_EMAIL_OR_PASSWORD")
	j.post("/sign-up/email", `{"name":"Bob","email":"bob@example.com","password":"`+good+`"}`).want(t, 422, "USER_ALREADY_EXISTS_USE_ANOTHER_EMAIL")
	if now, ok := j.identity(); !ok || now.UserID != before.UserID || now.Role != auth.RoleGuest {
		t.Errorf("was %+v, is %+v", before, now)
	}
}

// An account that has to be confirmed first isn't opened by the guest's session.
func TestGuestAndUnverifiedAccount(t *testing.T) {
	g := newRig(t, guests, func(c *auth.Config) { c.RequireVerified = true })
	j := g.guest()
	before, _ := j.identity()
	j.post("/sign-up/email", `{"name":"Ada","email":"ada@example.com","password":"`+good+`"}`).want(t, 200, "")
	if now, ok := j.identity(); ok && (now.UserID != before.UserID || now.Role != auth.RoleGuest) {
		t.Errorf("was %+v, is %+v", before, now)
	}
}

func TestGuestsThatAreRefused(t *testing.T) {
	g := newRig(t)
	if p := g.jar().post("/sign-in/anonymous", `{}`); p.Code != 404 || p.text != "" {
		t.Errorf("off: %d %s", p.Code, p.text)
	}
	g = newRig(t, guests)
	for _, name := range []string{``, ` `, "a\u202eb", strings.Repeat("x", 65), "2026-01-02T03:04:05Z"} {
		if p := g.jar().post("/sign-in/anonymous", fmt.Sprintf(`{"name":%q}`, name)); p.Code != 400 {
			t.Errorf("%q: %d %s", name, p.Code, p.text)
		}
	}
	g.jar().post("/sign-in/anonymous", `{"name":"System"}`).want(t, 400, "RESERVED_NAME")
	g.jar().post("/sign-in/anonymous", `{"name":7}`).want(t, 400, "VALIDATION_ERROR")
	j := g.jar()
	j.post("/sign-in/anonymous", `{"name":"  Zoë "}`).want(t, 200, "")
	if s := j.session(); s.User.Name != "Zoë" {
		t.Errorf("name %q", s.User.Name)
	}
	// §13.3: no other site makes its visitors guests.
	r := g.jar().request("POST", "/sign-in/anonymous", `{}`)
	r.Header.Set("Origin", "https://evil.example")
	g.do(r).want(t, 403, "INVALID_ORIGIN")

	if p := g.jar().get("/sign-in/anonymous"); p.Code != 404 {
		t.Errorf("GET: %d", p.Code)
	}

	// What needs an account.
	j.post("/two-factor/enable", `{}`).want(t, 403, "GUESTS_CAN_NOT")
	j.get("/passkey/generate-register-options").want(t, 403, "GUESTS_CAN_NOT")
	j.post("/passkey/verify-registration", `{"response":{}}`).want(t, 403, "GUESTS_CAN_NOT")
	r = j.request("POST", "/", `{"name":"bot","scopes":["messages:read"],"expiresInDays":null}`)
	r.URL.Path = "/api/account/tokens"
	g.do(r).want(t, 403, "GUESTS_CAN_NOT")

	// Too many of them.
	const count = `with recursive c(i) as (select 1 union all select i + 1 from c where i < ?) `
	g.exec(count+`insert into users (id, name, email, email_verified, role, anonymous, created_at, updated_at)
		select 'guest' || i, 'Guest ' || i, 'guest' || i || '@anonymous.placeholder.invalid', 0, 'guest', 1, 0, 0 from c`, auth.MaxGuests-1)
	g.exec(count+`insert into sessions (id, token_hash, user_id, remember, ip_address, user_agent, created_at, updated_at, expires_at)
		select 'guest' || i, 'guest' || i, 'guest' || i, 1, '', '', 0, 0, 9e15 from c`, auth.MaxGuests-1)
	if p := g.jar().post("/sign-in/anonymous", `{}`).want(t, 429, "TOO_MANY_GUESTS"); p.Header().Get("Retry-After") == "" {
		t.Error("when to try again isn't said")
	}
	j.post("/sign-out", `{}`).want(t, 200, "")
	g.Sweep()
	g.jar().post("/sign-in/anonymous", `{}`).want(t, 200, "") // all shorter names are taken
}

// §13.15.
func TestGuestsAreLimitedPerAddress(t *testing.T) {
	g := newRig(t, guests, func(c *auth.Config) { c.AuthRate = auth.Rate{Limit: 3, Window: 10 * time.Second} })
	for range 3 {
		g.guest()
	}
	if p := g.jar().post("/sign-in/anonymous", `{}`); p.Code != 429 {
		t.Errorf("%d %s", p.Code, p.text)
	}
	r := g.jar().request("POST", "/sign-in/anonymous", `{}`)
	r.RemoteAddr = "203.0.113.9:1"
	g.do(r).want(t, 200, "")
}

func TestDeleteGuest(t *testing.T) {
	var gone chan string
	g := newRig(t, guests, func(c *auth.Config) { gone = departures(c) })
	g.jar().post("/delete-anonymous-user", `{}`).want(t, 401, "")
	ada := g.jar().signUp("ada")
	ada.post("/delete-anonymous-user", `{}`).want(t, 403, "USER_IS_NOT_ANONYMOUS")
	if ada.session() == nil {
		t.Error("ada is gone")
	}
	j := g.guest()
	id, _ := j.identity()
	thief := j.copy()
	if p := j.post("/delete-anonymous-user", `{}`).want(t, 200, ""); p.text != `{"success":true}` {
		t.Error(p.text)
	}
	if thief.session() != nil || len(j.cookies) != 1 || <-gone != id.UserID {
		t.Errorf("the guest is still there: %v", j.cookies)
	}
}

// A guest whose session is over can't come back and is forgotten, within a minute
// and with all traces; a member can, and isn't.
func TestGuestsAreSwept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var gone chan string
		var slept atomic.Int64 // how long the machine did, as a time.Duration
		g := newRig(t, guests, func(c *auth.Config) {
			gone = departures(c)
			c.Now = func() time.Time { return time.Now().Add(time.Duration(slept.Load())) }
		})
		signedOut, idle, busy := g.guest(), g.guest(), g.guest()
		upgraded := g.guest().signUp("ada")
		names := map[string]string{}
		for name, j := range map[string]*jar{"signed out": signedOut, "idle": idle, "busy": busy, "upgraded": upgraded} {
			id, _ := j.identity()
			names[id.UserID] = name
		}
		upgraded.post("/sign-out", `{}`).want(t, 200, "")
		signedOut.post("/sign-out", `{}`).want(t, 200, "")
		expect := func(want string) {
			t.Helper()
			select {
			case id := <-gone:
				if names[id] != want {
					t.Errorf("%s is gone, want %s", names[id], want)
				}
			default:
				if want != "" {
					t.Errorf("%s isn't gone", want)
				}
			}
		}
		// What is swept meanwhile is swept once: there are 30 000 minutes in these weeks.
		pass := func(d time.Duration) {
			const awake = 2 * time.Minute
			if d > awake {
				slept.Add(int64(d - awake))
				d = awake
			}
			<-time.After(d)
			synctest.Wait()
		}
		pass(time.Minute)
		expect("signed out")
		pass(6 * 24 * time.Hour)
		busy.session() // lengthens it
		expect("")
		pass(24 * time.Hour)
		expect("idle")
		pass(5 * 24 * time.Hour)
		expect("")
		if busy.session() == nil {
			t.Error("a guest who comes daily is gone")
		}
		pass(8 * 24 * time.Hour)
		expect("busy")
		expect("")
		g.jar().signIn("ada")
		var left int
		g.query(`select count(*) from users`, &left)
		if left != 1 {
			t.Errorf("%d users are left", left)
		}
	})
}

// Who was banned has no session either, and is still seen by those who did it.
func TestBannedGuestsStay(t *testing.T) {
	g := newRig(t, guests)
	g.jar().signUp("ada") // the first is the owner
	guest, _ := g.guest().identity()
	if err := g.Ban(t.Context(), auth.Whom{ID: guest.UserID}, "noise"); err != nil {
		t.Fatal(err)
	}
	left := func() (n int) {
		g.Sweep()
		g.query(`select count(*) from users where id = ?`, &n, guest.UserID)
		return n
	}
	if left() != 1 {
		t.Error("a ban deleted the guest")
	}
	if err := g.Unban(t.Context(), auth.Whom{ID: guest.UserID}); err != nil {
		t.Fatal(err)
	}
	if left() != 0 {
		t.Error("a guest who can't come back is kept")
	}
}

// More than a batch of challenges and guests is swept at once.
func TestSweepsAll(t *testing.T) {
	c := newClock()
	g := newRig(t, guests, c.use)
	const count = `with recursive c(i) as (select 1 union all select i + 1 from c where i < 1200) `
	g.exec(count + `insert into verifications (token_hash, purpose, value, created_at, expires_at) select i, 'passkey', '{}', 0, i from c`)
	g.exec(count + `insert into users (id, name, email, email_verified, role, anonymous, created_at, updated_at)
		select i, 'Guest', i, 0, 'guest', 1, 0, 0 from c`)
	g.Sweep()
	var left int
	g.query(`select (select count(*) from verifications) + (select count(*) from users)`, &left)
	if left != 0 {
		t.Errorf("%d rows are left", left)
	}
}

// §13.7.
func TestGuestsAreNotLogged(t *testing.T) {
	var logged syncBuffer
	g := newRig(t, guests, func(c *auth.Config) {
		c.Logger = slog.New(slog.NewTextHandler(&logged, &slog.HandlerOptions{Level: slog.LevelDebug}))
	})
	j := g.guest()
	s := j.session()
	j.signUp("ada")
	for _, secret := range []string{s.Session.Token, s.User.Email, s.User.Name, "ada@example.com", j.session().Session.Token} {
		if strings.Contains(logged.String(), secret) {
			t.Errorf("logged: %s", secret)
		}
	}
	if !strings.Contains(logged.String(), "method=anonymous") {
		t.Error(logged.String())
	}
}

// Nobody takes all the places that there are for guests.
func TestGuestsOfOneAddress(t *testing.T) {
	address := "198.51.100.1"
	g := newRig(t, func(c *auth.Config) {
		c.Guests = true
		c.ClientIP = func(*http.Request) string { return address }
	})
	g.jar().post("/sign-in/anonymous", `{}`).want(t, 200, "")
	g.exec(`with recursive n (i) as (select 1 union all select i + 1 from n where i < 199)
		insert into users (id, name, email, email_verified, role, anonymous, created_at, updated_at)
		select 'g' || i, 'Guest', 'g' || i || '@anonymous.placeholder.invalid', 0, 'guest', 1, 0, 0 from n`)
	g.exec(`insert into sessions (id, token_hash, user_id, remember, ip_address, user_agent, created_at, updated_at, expires_at)
		select id, id, id, 1, ?, '', 0, 0, 9e15 from users where id like 'g%' and length(id) < 5`, address)
	g.jar().post("/sign-in/anonymous", `{}`).want(t, 429, "TOO_MANY_GUESTS")
	address = "198.51.100.2"
	g.jar().post("/sign-in/anonymous", `{}`).want(t, 200, "")
}
