package auth_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"snug/auth"
)

// §10: as better-auth stored it, salt and key in hex.
func TestLegacyHashVector(t *testing.T) {
	g := newRig(t)
	if ok, _, err := g.Verify(t.Context(), good, legacy); !ok || err != nil {
		t.Errorf("got %v %v", ok, err)
	}
	for _, wrong := range []string{"", good + " ", "Correct horse battery"} {
		if ok, fresh, err := g.Verify(t.Context(), wrong, legacy); ok || fresh != "" || err != nil {
			t.Errorf("%q: got %v %q %v", wrong, ok, fresh, err)
		}
	}
}

// From the reference implementation's test of version 0x13, and so from outside
// this code; its password is "password".
func TestArgonVector(t *testing.T) {
	g := newRig(t)
	const vector = "$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4"
	if ok, _, err := g.Verify(t.Context(), "password", vector); !ok || err != nil {
		t.Errorf("got %v %v", ok, err)
	}
}

func TestKeyboardsAgree(t *testing.T) {
	g := newRig(t)
	composed, decomposed := "p\u00e4ssw\u00f6rter", "pa\u0308sswo\u0308rter"
	g.jar().post("/sign-up/email", `{"name":"a","email":"a@example.com","password":"`+composed+`"}`).want(t, 200, "")
	g.jar().post("/sign-in/email", `{"email":"a@example.com","password":"`+decomposed+`"}`).want(t, 200, "")
}

func storedHash(g *rig) (hash string) {
	g.query(`select password from accounts`, &hash)
	return hash
}

func TestOldHashesAreMadeNewAtSignIn(t *testing.T) {
	g := newRig(t)
	g.plantUser("alice@example.com", "alice", nil, 1)
	g.jar().post("/sign-in/email", `{"email":"alice@example.com","password":"wrong"}`).want(t, 401, "INVALID_EMAIL_OR_PASSWORD")
	if storedHash(g) != legacy {
		t.Error("a wrong password changed the hash")
	}
	g.jar().signIn("alice")
	first := storedHash(g)
	if !strings.HasPrefix(first, "$argon2id$v=19$m=8,t=1,p=1$") {
		t.Fatalf("stored %s", first)
	}
	g.jar().signIn("alice")
	if storedHash(g) != first {
		t.Error("hashed anew without need")
	}
	g.Strengthen(16, 2)
	g.jar().signIn("alice")
	if second := storedHash(g); !strings.HasPrefix(second, "$argon2id$v=19$m=16,t=2,p=1$") {
		t.Errorf("stored %s", second)
	}
	g.jar().signIn("alice")
}

// The real costs are those that were meant.
func TestRealStrength(t *testing.T) {
	g := newRig(t)
	g.Strengthen(19<<10, 2)
	g.jar().signUp("alice")
	if h := storedHash(g); !regexp.MustCompile(`^\$argon2id\$v=19\$m=19456,t=2,p=1\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$`).MatchString(h) {
		t.Errorf("stored %s", h)
	}
	g.jar().signIn("alice")
}

// §13.13 and 14: however an attempt ends, it hashes once and answers alike.
func TestEnumerationCostsTheSame(t *testing.T) {
	g := newRig(t)
	g.jar().signUp("alice")
	oauth := g.plantUser("oauth@example.com", "oauth", nil, 1)
	g.exec(`update accounts set provider_id = 'google', password = null where user_id = ?`, oauth)
	bare := g.plantUser("bare@example.com", "bare", nil, 1)
	g.exec(`delete from accounts where user_id = ?`, bare)
	var first reply
	for _, email := range []string{"alice", "nobody", "oauth", "bare", "ALICE"} {
		before := g.HashRuns()
		p := g.jar().post("/sign-in/email", `{"email":"`+email+`@example.com","password":"wrong password"}`)
		p.want(t, 401, "INVALID_EMAIL_OR_PASSWORD")
		if n := g.HashRuns() - before; n != 1 {
			t.Errorf("%s: hashed %d times", email, n)
		}
		if first.text == "" {
			first = p
		}
		if p.text != first.text || fmt.Sprint(p.Header()) != fmt.Sprint(first.Header()) {
			t.Errorf("%s is told apart: %v %s", email, p.Header(), p.text)
		}
	}
	const taken = "USER_ALREADY_EXISTS_USE_ANOTHER_EMAIL"
	for email, code := range map[string]string{"alice": taken, "carol": "", "oauth": taken} {
		before := g.HashRuns()
		status := map[string]int{taken: 422, "": 200}[code]
		g.jar().post("/sign-up/email", `{"name":"x","email":"`+email+`@example.com","password":"`+good+`"}`).want(t, status, code)
		if n := g.HashRuns() - before; n != 1 {
			t.Errorf("sign-up of %s: hashed %d times", email, n)
		}
	}
	before := g.HashRuns()
	g.jar().signIn("alice")
	if n := g.HashRuns() - before; n != 1 {
		t.Errorf("a good sign-in hashed %d times", n)
	}
}

// §13.13 and 14: while imported hashes are there every attempt costs what they cost,
// and ours, too.
func TestImportedHashesCostTheSame(t *testing.T) {
	now := newClock()
	g := newRig(t, now.use)
	g.plantUser("imported@example.com", "imported", nil, 1)
	g.exec(`update accounts set id = 'imported'`)
	g.plantUser("second@example.com", "second", nil, 1)
	g.jar().signUp("alice")
	oauth := g.plantUser("oauth@example.com", "oauth", nil, 1)
	g.exec(`update accounts set provider_id = 'google', password = null where user_id = ?`, oauth)
	costs := func(email, password string) int64 {
		before := g.HashRuns()
		g.jar().post("/sign-in/email", `{"email":"`+email+`@example.com","password":"`+password+`"}`)
		return g.HashRuns() - before
	}
	for _, email := range []string{"imported", "alice", "nobody", "oauth"} {
		if n := costs(email, "wrong password"); n != 2 {
			t.Errorf("%s: hashed %d times", email, n)
		}
	}
	for _, email := range []string{"imported", "alice", "imported"} {
		if n := costs(email, good); n != 2 {
			t.Errorf("%s signs in: hashed %d times", email, n)
		}
	}
	g.jar().signIn("second")
	now.pass(5 * time.Minute)
	for _, email := range []string{"imported", "alice", "nobody", "oauth", "second"} {
		if n := costs(email, "wrong password"); n != 1 {
			t.Errorf("with none left, %s: hashed %d times", email, n)
		}
	}
	// An import that comes while the server runs is noticed at the latest now.
	g.plantUser("third@example.com", "third", nil, 1)
	costs("third", "wrong password")
	if n := costs("nobody", "wrong password"); n != 2 {
		t.Errorf("after an import: hashed %d times", n)
	}
}

// A hash that nobody can have made isn't a password that nobody can know.
func TestDummyHashOpensNothing(t *testing.T) {
	g := newRig(t)
	if ok, _, err := g.Verify(t.Context(), "", ""); ok || err != nil {
		t.Errorf("got %v %v", ok, err)
	}
	g.plantUser("alice@example.com", "alice", nil, 1)
	g.exec(`update accounts set password = ''`)
	for _, password := range []string{"", good} {
		g.jar().post("/sign-in/email", `{"email":"alice@example.com","password":"`+password+`"}`).want(t, 401, "INVALID_EMAIL_OR_PASSWORD")
	}
}

func TestPasswordChangedDuringSignIn(t *testing.T) {
	g := newRig(t, func(c *auth.Config) { c.HashLimit = 1 })
	g.jar().signUp("alice")
	release := g.HoldHasher()
	done := make(chan reply)
	asked := make(chan struct{})
	go func() {
		r := g.jar().request("POST", "/sign-in/email", `{"email":"alice@example.com","password":"`+good+`"}`)
		// The body is read before the account is, so this comes before both; the
		// outcome is the same wherever the change falls.
		close(asked)
		done <- g.do(r)
	}()
	<-asked
	g.exec(`update accounts set password = ?`, legacy[:len(legacy)-1]+"0")
	release()
	(<-done).want(t, 401, "INVALID_EMAIL_OR_PASSWORD")
}

// §13.15: a burst of sign-ins takes no more memory than the limit allows, waits a
// little and is then sent away.
func TestHashesAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newRig(t, func(c *auth.Config) { c.HashLimit = 2 })
		g.jar().signUp("alice")
		release := g.HoldHasher()
		began := time.Now()
		var wg sync.WaitGroup
		for range 5 {
			wg.Go(func() {
				p := g.jar().post("/sign-in/email", `{"email":"alice@example.com","password":"`+good+`"}`)
				p.want(t, http.StatusTooManyRequests, "")
				if p.Header().Get("Retry-After") != "2" || p.Header().Get("X-Retry-After") != "2" {
					t.Errorf("headers %v", p.Header())
				}
			})
		}
		wg.Wait()
		if d := time.Since(began); d != 2*time.Second {
			t.Errorf("sent away after %v", d)
		}
		// Whoever hangs up while waiting doesn't wait on.
		ctx, cancel := context.WithCancel(t.Context())
		go func() { <-time.After(time.Second / 2); cancel() }()
		if _, _, err := g.Verify(ctx, good, legacy); !errors.Is(err, context.Canceled) {
			t.Errorf("got %v", err)
		}
		release()
		g.jar().signIn("alice")
	})
}

// The queue itself has an end.
func TestHashQueueIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newRig(t, func(c *auth.Config) { c.HashLimit = 1 })
		release := g.HoldHasher()
		defer release()
		began := time.Now()
		var mu sync.Mutex
		var atOnce, late int
		var wg sync.WaitGroup
		for range 40 {
			wg.Go(func() {
				_, _, err := g.Verify(t.Context(), good, "")
				mu.Lock()
				defer mu.Unlock()
				if err == nil {
					t.Error("got a slot")
				}
				if time.Since(began) == 0 {
					atOnce++
				} else {
					late++
				}
			})
		}
		wg.Wait()
		if atOnce != 8 || late != 32 {
			t.Errorf("%d sent away at once, %d later", atOnce, late)
		}
	})
}

var someKey = strings.Repeat("A", 43)

func TestPHC(t *testing.T) {
	const salt = "c29tZXNhbHRzb21lc2FsdA"
	ok := "$argon2id$v=19$m=19456,t=2,p=1$" + salt + "$" + someKey
	if got := auth.RoundTripPHC(ok); got != ok {
		t.Errorf("got %q", got)
	}
	for _, bad := range []string{
		"", "$", "$$$$$", ok + "$", " " + ok, ok + "\n", strings.ToUpper(ok),
		strings.Replace(ok, "argon2id", "argon2i", 1),
		strings.Replace(ok, "v=19", "v=16", 1),
		strings.Replace(ok, "m=19456", "m=4294967295", 1),
		strings.Replace(ok, "m=19456", "m=1048576", 1),
		strings.Replace(ok, "m=19456", "m=99999999999999999999", 1),
		strings.Replace(ok, "m=19456", "m=-1", 1),
		strings.Replace(ok, "m=19456", "m=+19456", 1),
		strings.Replace(ok, "m=19456", "m=019456", 1),
		strings.Replace(ok, "m=19456", "m=7", 1),
		strings.Replace(ok, "t=2", "t=0", 1),
		strings.Replace(ok, "t=2", "t=1000000", 1),
		strings.Replace(ok, "p=1", "p=0", 1),
		strings.Replace(ok, "p=1", "p=255", 1),
		strings.Replace(ok, "p=1", "p=257", 1),
		strings.Replace(ok, ",p=1", "", 1),
		strings.Replace(ok, ",p=1", ",p=1,q=1", 1),
		strings.Replace(ok, "m=19456,t=2", "t=2,m=19456", 1),
		strings.Replace(ok, salt, "", 1),
		strings.Replace(ok, salt, "c29t", 1),
		strings.Replace(ok, salt, salt+"==", 1),
		strings.Replace(ok, salt, salt[:4]+"\n"+salt[4:], 1),
		strings.Replace(ok, salt, strings.Repeat("A", 400), 1),
		strings.Replace(ok, someKey, "AAAA", 1),
		strings.Replace(ok, someKey, someKey[:42]+"B", 1), // bits beyond the last byte
		strings.Replace(ok, someKey, strings.Repeat("A", 400), 1),
		strings.Replace(ok, someKey, someKey[:42]+"*", 1),
	} {
		if got := auth.RoundTripPHC(bad); got != "" {
			t.Errorf("%q was read as %q", bad, got)
		}
	}
}

func FuzzPHC(f *testing.F) {
	for _, seed := range []string{
		"", "$argon2id$v=19$m=19456,t=2,p=1$c29tZXNhbHRzb21lc2FsdA$" + someKey,
		"$argon2id$v=19$m=8,t=1,p=1$c29tZXNhbHQ$" + someKey, "$argon2id$v=19$m=8,t=1,p=1$$", legacy,
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if got := auth.RoundTripPHC(s); got != "" && got != s {
			t.Errorf("%q was read as %q", s, got)
		}
	})
}

func TestPasswordLength(t *testing.T) {
	for password, want := range map[string]string{
		"":                           "Password too short",
		"1234567":                    "Password too short",
		"12345678":                   "",
		strings.Repeat("x", 128):     "",
		strings.Repeat("x", 129):     "Password too long",
		strings.Repeat("😀", 4):       "", // two units each
		strings.Repeat("😀", 3) + "x": "Password too short",
		strings.Repeat("😀", 65):      "Password too long",
		strings.Repeat("ä", 128):     "",
	} {
		got := ""
		if err := auth.CheckPassword(password); err != nil {
			got = err.Error()
		}
		if got != want {
			t.Errorf("%q: %q, want %q", password, got, want)
		}
	}
}
