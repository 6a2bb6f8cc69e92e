package auth_test

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/descope/virtualwebauthn"

	"snug/auth"
)

// §13.6: a challenge is for one answer, of one browser, for five minutes.
func TestPasskeyReplay(t *testing.T) {
	c := newClock()
	g := newRig(t, c.use)
	ada := g.jar().signUp("ada")
	d := ada.withPasskey(virtualwebauthn.KeyTypeEC2)

	j := g.jar()
	answer := d.shown(j.challenge())
	again := j.copy()
	j.show(answer).want(t, 200, "")
	again.show(answer).want(t, 400, "CHALLENGE_NOT_FOUND")
	again.challenge()
	again.show(answer).want(t, 400, "AUTHENTICATION_FAILED")

	// A failed answer uses the challenge up, too.
	k := g.jar()
	answer = d.shown(k.challenge())
	copied := k.copy()
	k.show(`{"id":"x"}`).want(t, 400, "AUTHENTICATION_FAILED")
	copied.show(answer).want(t, 400, "CHALLENGE_NOT_FOUND")

	// Not in another browser, with or without a challenge of its own.
	victim, thief := g.jar(), g.jar()
	answer = d.shown(victim.challenge())
	thief.show(answer).want(t, 400, "CHALLENGE_NOT_FOUND")
	thief.challenge()
	thief.show(answer).want(t, 400, "AUTHENTICATION_FAILED")
	thief.cookies["better-auth.better-auth-passkey"] = "forged.x"
	thief.show(answer).want(t, 400, "CHALLENGE_NOT_FOUND")

	late := g.jar()
	answer = d.shown(late.challenge())
	c.pass(5 * time.Minute)
	late.show(answer).want(t, 400, "CHALLENGE_NOT_FOUND")
	late.challenge()
	c.pass(5*time.Minute - time.Millisecond)

	// What was begun for one thing is no use for the other.
	e := g.device(virtualwebauthn.KeyTypeEC2)
	made := e.made(ada.get("/passkey/generate-register-options"))
	ada.post("/passkey/verify-authentication", `{"response":`+made+`}`).want(t, 400, "AUTHENTICATION_FAILED")
	ada.get("/passkey/generate-register-options")
	ada.show(d.shown(ada.copy().challenge())).want(t, 400, "CHALLENGE_NOT_FOUND") // the last one counts
	ada.challenge()
	ada.post("/passkey/verify-registration", `{"response":`+made+`}`).want(t, 400, "FAILED_TO_VERIFY_REGISTRATION")

	// Nor is a ceremony that one user began for another to finish.
	eve := g.jar().signUp("eve")
	made = e.made(eve.get("/passkey/generate-register-options"))
	ada.cookies["better-auth.better-auth-passkey"] = eve.cookies["better-auth.better-auth-passkey"]
	ada.post("/passkey/verify-registration", `{"response":`+made+`}`).want(t, 401, "YOU_ARE_NOT_ALLOWED_TO_REGISTER_THIS_PASSKEY")

	// The options for somebody who is signed in are for their passkeys.
	own := eve.withPasskey(virtualwebauthn.KeyTypeEC2)
	eve.enterBy(d).want(t, 400, "AUTHENTICATION_FAILED")
	eve.enterBy(own).want(t, 200, "")
	if s := eve.session(); s.User.Name != "eve" {
		t.Errorf("session of %s", s.User.Name)
	}
}

// §13.3 and 22: an answer is worth something if a page that may act here got it.
func TestPasskeyOrigins(t *testing.T) {
	const chat = "https://chat.example.org"
	g := newRig(t, func(c *auth.Config) {
		c.BaseURL = chat
		c.Origins.Trusted = []string{"https://*.chat.example.org", "https://other.example.org", "https://chat.example.org:8443"}
	})
	browser := func() *jar {
		j := g.jar()
		j.origin = chat
		return j
	}
	ada := browser().signUp("ada")
	for _, test := range []struct {
		origin, id string
		ok         bool
	}{
		{chat, "chat.example.org", true},
		{"https://app.chat.example.org", "chat.example.org", true},
		{"https://chat.example.org:8443", "chat.example.org", true},
		{chat, "example.org", false},
		{chat, "app.chat.example.org", false},
		{"https://app.chat.example.org", "app.chat.example.org", false},
		{"https://other.example.org", "chat.example.org", false}, // may act here, but has other passkeys
		{"https://other.example.org", "other.example.org", false},
		{"http://chat.example.org", "chat.example.org", false},
		{"https://chat.example.org:8444", "chat.example.org", false},
		{"https://chat.example.org.evil.example", "chat.example.org", false},
		{"https://evil-chat.example.org", "chat.example.org", false},
		{"https://evil.example", "evil.example", false},
		{"https://CHAT.example.org", "chat.example.org", false},
		{"https://chat.example.org/", "chat.example.org", false},
		{"android:apk-key-hash:x", "chat.example.org", false},
		{"null", "chat.example.org", false},
		{"", "chat.example.org", false},
	} {
		d := g.device(virtualwebauthn.KeyTypeEC2)
		d.party.Origin, d.party.ID = test.origin, test.id
		if p := ada.register(d, "x"); (p.Code == 200) != test.ok || !test.ok && !strings.Contains(p.text, "FAILED_TO_VERIFY_REGISTRATION") {
			t.Errorf("register at %s for %s: %d %s", test.origin, test.id, p.Code, p.text)
		}
		// Made at the right place, shown at another.
		good := g.device(virtualwebauthn.KeyTypeEC2)
		good.party.Origin, good.party.ID = chat, "chat.example.org"
		ada.register(good, "x").want(t, 200, "")
		good.party = d.party
		j := browser()
		if p := j.enterBy(good); (p.Code == 200) != test.ok || !test.ok && (!strings.Contains(p.text, "AUTHENTICATION_FAILED") || j.session() != nil) {
			t.Errorf("sign in at %s for %s: %d %s", test.origin, test.id, p.Code, p.text)
		}
		g.exec(`delete from passkeys`)
	}
	// Another host in the request changes nothing.
	r := browser().request("POST", "/passkey/generate-authenticate-options", `{}`)
	r.Host = "evil.example"
	r.Header.Set("X-Forwarded-Host", "evil.example")
	if p := g.do(r); p.Code != 200 || !strings.Contains(p.text, `"rpId":"chat.example.org"`) {
		t.Errorf("%d %s", p.Code, p.text)
	}
}

// A counter that doesn't go on tells of a copy. Most passkeys have none.
func TestPasskeyCounter(t *testing.T) {
	var logged syncBuffer
	g := newRig(t, func(c *auth.Config) { c.Logger = slog.New(slog.NewTextHandler(&logged, nil)) })
	ada := g.jar().signUp("ada")
	d := ada.withPasskey(virtualwebauthn.KeyTypeEC2)
	for _, step := range []struct {
		counter uint32
		ok      bool
	}{{0, true}, {0, true}, {1, true}, {7, true}, {7, false}, {6, false}, {0, false}, {8, true}, {1<<32 - 1, true}, {0, false}} {
		d.key.Counter = step.counter
		p := g.jar().enterBy(d)
		if step.ok {
			p.want(t, 200, "")
		} else {
			p.want(t, 400, "AUTHENTICATION_FAILED")
		}
	}
	if n := strings.Count(logged.String(), "passkey counts backwards"); n != 4 {
		t.Errorf("warned %d times", n)
	}

	// Of many copies that come at once with the same count, one gets in.
	copied := ada.withPasskey(virtualwebauthn.KeyTypeEC2)
	copied.key.Counter = 5
	jars, answers := make([]*jar, 8), make([]string, 8)
	for i := range jars {
		jars[i] = g.jar()
		answers[i] = copied.shown(jars[i].challenge())
	}
	replies := make([]reply, len(jars))
	var wg sync.WaitGroup
	for i, j := range jars {
		wg.Go(func() { replies[i] = j.show(answers[i]) })
	}
	wg.Wait()
	in := 0
	for _, p := range replies {
		if p.Code == 200 {
			in++
		}
	}
	if in != 1 {
		t.Errorf("%d got in", in)
	}
}

// A passkey whose authenticator knows its user is both factors at once, and one
// that lies in a drawer for anyone to touch is one.
func TestPasskeyAndSecondFactor(t *testing.T) {
	c := newClock()
	g := newRig(t, c.use)
	ada := g.jar().signUp("ada")
	phone := ada.protect(c)
	d := ada.withPasskey(virtualwebauthn.KeyTypeRSA)
	g.jar().enterBy(d).want(t, 200, "")

	d.auth.Options.UserNotVerified = true
	j := g.jar()
	p := j.enterBy(d).want(t, 200, "")
	if p.text != `{"twoFactorRedirect":true,"twoFactorMethods":["totp"]}` || j.session() != nil {
		t.Errorf("in by a touch: %s", p.text)
	}
	j.totp(phone.code(0)).want(t, 200, "")
	if j.session() == nil || j.cookies["better-auth.last_used_login_method"] != "passkey" {
		t.Errorf("cookies %v", j.cookies)
	}
	// Without a second factor a touch is enough.
	bob := g.jar().signUp("bob")
	e := bob.withPasskey(virtualwebauthn.KeyTypeEC2)
	e.auth.Options.UserNotVerified = true
	g.jar().enterBy(e).want(t, 200, "")
	// Nobody at all isn't.
	e.auth.Options.UserNotPresent = true
	g.jar().enterBy(e).want(t, 400, "AUTHENTICATION_FAILED")
	ada.register(e, "x").want(t, 400, "FAILED_TO_VERIFY_REGISTRATION")
	// A passkey that can't be copied doesn't become one that can.
	e.auth.Options.UserNotPresent = false
	e.auth.Options.BackupEligible = true
	g.jar().enterBy(e).want(t, 400, "AUTHENTICATION_FAILED")
}

// §13.11: the passkey of a deleted or banned user opens nothing.
func TestPasskeyOfNobody(t *testing.T) {
	g := newRig(t)
	g.jar().signUp("owner")
	for name, end := range map[string]func(*jar) (int, string){
		"ada": func(j *jar) (int, string) {
			j.post("/delete-user", withPassword).want(t, 200, "")
			return 401, "PASSKEY_NOT_FOUND"
		},
		"bob": func(*jar) (int, string) {
			if err := g.Ban(t.Context(), auth.Whom{Email: "bob@example.com"}, ""); err != nil {
				t.Fatal(err)
			}
			return 403, "BANNED_USER"
		},
	} {
		j := g.jar().signUp(name)
		d := j.withPasskey(virtualwebauthn.KeyTypeEC2)
		early := g.jar()
		answer := d.shown(early.challenge())
		status, code := end(j)
		early.show(answer).want(t, status, code)
		g.jar().enterBy(d).want(t, status, code)
		if early.session() != nil {
			t.Errorf("%s is in", name)
		}
	}
	// One that was never made here, and one that was, with another's key.
	d := g.device(virtualwebauthn.KeyTypeEC2)
	d.auth.Options.UserHandle = []byte("nobody")
	g.jar().enterBy(d).want(t, 401, "PASSKEY_NOT_FOUND")
	eve := g.jar().signUp("eve")
	mine := eve.withPasskey(virtualwebauthn.KeyTypeEC2)
	mine.key.Key = newKey(virtualwebauthn.KeyTypeEC2).Key
	g.jar().enterBy(mine).want(t, 400, "AUTHENTICATION_FAILED")
}

// The handle by which an authenticator knows its user may be one that better-auth
// made up, but not somebody else's.
func TestPasskeyHandles(t *testing.T) {
	g := newRig(t)
	ada, bob := g.jar().signUp("ada"), g.jar().signUp("bob")
	d := ada.withPasskey(virtualwebauthn.KeyTypeEC2)
	if string(d.auth.Options.UserHandle) != ada.session().User.ID {
		t.Errorf("handle %q", d.auth.Options.UserHandle)
	}
	d.auth.Options.UserHandle = []byte("4rw5qj2t6exycdqbt9jw9qyh4wqbacmw")
	g.jar().enterBy(d).want(t, 200, "")
	d.auth.Options.UserHandle = []byte(bob.session().User.ID)
	g.jar().enterBy(d).want(t, 400, "AUTHENTICATION_FAILED")
	d.auth.Options.UserHandle = nil
	g.jar().enterBy(d).want(t, 400, "AUTHENTICATION_FAILED")
}

// §13.19: whatever comes as an answer, it is refused and not a fault of ours.
func FuzzPasskeyAnswers(f *testing.F) {
	g := newRig(f)
	ada := g.jar().signUp("ada")
	d := ada.withPasskey(virtualwebauthn.KeyTypeEC2)
	f.Add([]byte(d.shown(g.jar().challenge())))
	f.Add([]byte(d.made(ada.get("/passkey/generate-register-options"))))
	f.Add([]byte(`{"id":"AA","rawId":"AA","type":"public-key","response":{}}`))
	f.Fuzz(func(t *testing.T, answer []byte) {
		if !json.Valid(answer) || bytes.ContainsRune(answer, 0) {
			return
		}
		for _, path := range []string{"/passkey/verify-registration", "/passkey/verify-authentication"} {
			j := ada.copy()
			j.rig = &rig{TB: t, Service: g.Service, db: g.db, handler: g.handler}
			if strings.HasSuffix(path, "registration") {
				j.get("/passkey/generate-register-options")
			} else {
				j.challenge()
			}
			p := j.post(path, `{"response":`+string(answer)+`}`)
			if !slices.Contains([]int{400, 401, 413}, p.Code) {
				t.Errorf("%s: %d %s", path, p.Code, p.text)
			}
		}
	})
}
