package auth_test

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"snug/auth"
)

func TestParseRate(t *testing.T) {
	for text, want := range map[string]auth.Rate{
		"0":       {},
		"3/10s":   {Limit: 3, Window: 10 * time.Second},
		"10/1m":   {Limit: 10, Window: time.Minute},
		"1/1h":    {Limit: 1, Window: time.Hour},
		"5/1h30m": {Limit: 5, Window: 90 * time.Minute},
		"5/500ms": {Limit: 5, Window: 500 * time.Millisecond},
	} {
		got, err := auth.ParseRate(text)
		if err != nil || got != want || got.String() != text {
			t.Errorf("%q: got %v (%s) %v", text, got, got, err)
		}
	}
	for _, text := range []string{"", "3", "/10s", "3/", "3/10", "-3/10s", "0/10s", "3/0s", "3/-1s", "3/1us", "x/10s", "3/10s/1", " 3/10s", "off", "3.5/1s"} {
		if got, err := auth.ParseRate(text); err == nil {
			t.Errorf("%q was read as %v", text, got)
		}
	}
}

func TestLimiter(t *testing.T) {
	c := newClock()
	l := auth.NewLimiter(auth.Rate{Limit: 3, Window: 10 * time.Second}, 100)
	for i := range 3 {
		if l.Allow("a", c.Now()) != 0 {
			t.Errorf("try %d is refused", i)
		}
		c.pass(time.Second)
	}
	if wait := l.Allow("a", c.Now()); wait != 7*time.Second {
		t.Errorf("wait %v", wait)
	}
	if l.Allow("b", c.Now()) != 0 {
		t.Error("another key is refused")
	}
	// Being refused doesn't lengthen the wait.
	c.pass(7*time.Second - 1)
	if l.Allow("a", c.Now()) != 1 {
		t.Error("the window ends at another time")
	}
	c.pass(1)
	if l.Allow("a", c.Now()) != 0 {
		t.Error("refused in the next window")
	}
	// Nor does patience get anyone refused, every 9 s for ever.
	for range 100 {
		c.pass(9 * time.Second)
		if l.Allow("c", c.Now()) != 0 {
			t.Fatal("a patient client is refused")
		}
	}
}

func TestLimiterForgetsRatherThanGrows(t *testing.T) {
	c := newClock()
	l := auth.NewLimiter(auth.Rate{Limit: 1, Window: 10 * time.Second}, 100)
	for i := range 1000 {
		if l.Allow(fmt.Sprint(i), c.Now()) != 0 {
			t.Fatal("a new address is refused")
		}
		if l.Len() > 100 {
			t.Fatalf("%d keys", l.Len())
		}
	}
	c.pass(time.Minute)
	l.Allow("x", c.Now())
	if l.Len() != 1 {
		t.Errorf("%d keys after all windows ended", l.Len())
	}
}

func limited(c *auth.Config) {
	c.AuthRate = auth.Rate{Limit: 3, Window: 10 * time.Second}
	c.ClientIP = func(r *http.Request) string { return r.Header.Get("X-Test-Address") }
}

func (j *jar) try(address, path string) reply {
	email := "nobody@example.com"
	if strings.HasPrefix(path, "/sign-up") {
		email = "somebody@example.com"
	}
	r := j.request("POST", path, `{"name":"n","email":"`+email+`","password":"wrong password"}`)
	r.Header.Set("X-Test-Address", address)
	return j.do(r)
}

// §13.15.
func TestSignInRate(t *testing.T) {
	c := newClock()
	g := newRig(t, c.use, limited)
	j := g.jar()
	for range 3 {
		j.try("a", "/sign-in/email").want(t, 401, "INVALID_EMAIL_OR_PASSWORD")
	}
	c.pass(500 * time.Millisecond)
	p := j.try("a", "/sign-in/email").want(t, 429, "")
	if p.text != `{"message":"Too many requests. Please try again later."}` || p.Header().Get("X-Retry-After") != "10" ||
		p.Header().Get("Retry-After") != "10" || p.Header().Get("Content-Type") != "application/json" {
		t.Errorf("got %s %v", p.text, p.Header())
	}
	j.try("b", "/sign-in/email").want(t, 401, "INVALID_EMAIL_OR_PASSWORD")
	for range 3 { // a count of its own
		if p := j.try("a", "/sign-up/email"); p.Code == 429 {
			t.Error("sign-up is counted with sign-in")
		}
	}
	j.try("a", "/sign-up/email").want(t, 429, "")
	// Other spellings are other paths, not other counters.
	for _, path := range []string{"/sign-in/email/", "//sign-in/email", "/sign-in//email", "/Sign-In/email", "/sign-in/./email", "/x/../sign-in/email"} {
		j.try("a", path).want(t, 404, "")
	}
	j.try("a", "/sign-in%2femail").want(t, 429, "") // the same path
	// A foreign page doesn't use up its visitor's tries.
	for range 5 {
		r := j.request("POST", "/sign-in/email", `{}`)
		r.Header.Set("Origin", "https://evil.example")
		r.Header.Set("X-Test-Address", "c")
		g.do(r).want(t, 403, "INVALID_ORIGIN")
	}
	j.try("c", "/sign-in/email").want(t, 401, "INVALID_EMAIL_OR_PASSWORD")
	c.pass(10 * time.Second)
	j.try("a", "/sign-in/email").want(t, 401, "INVALID_EMAIL_OR_PASSWORD")
}

func TestSignInRateIsExactInABurst(t *testing.T) {
	c := newClock()
	g := newRig(t, c.use, limited)
	var through, refused atomic.Int64
	var wg sync.WaitGroup
	for range 50 {
		wg.Go(func() {
			switch p := g.jar().try("a", "/sign-in/email"); p.Code {
			case 401:
				through.Add(1)
			case 429:
				refused.Add(1)
			default:
				t.Errorf("got %d", p.Code)
			}
		})
	}
	wg.Wait()
	if through.Load() != 3 || refused.Load() != 47 {
		t.Errorf("%d through, %d refused", through.Load(), refused.Load())
	}
}

// Guessing one account's password from many addresses.
func TestSignInRatePerAccount(t *testing.T) {
	c := newClock()
	g := newRig(t, c.use, limited)
	alice := g.jar()
	alice.signUp("alice")
	guess := func(i int, email string) reply {
		r := g.jar().request("POST", "/sign-in/email", `{"email":"`+email+`","password":"wrong password"}`)
		r.Header.Set("X-Test-Address", fmt.Sprint(i))
		return g.do(r)
	}
	for _, email := range []string{"alice@example.com", "nobody@example.com"} { // known or not
		for i := range 30 {
			guess(i, email).want(t, 401, "INVALID_EMAIL_OR_PASSWORD")
		}
		guess(30, email).want(t, 429, "")
		c.pass(time.Minute) // the addresses may again; the account mayn't
		guess(0, email).want(t, 429, "")
	}
	c.pass(5 * time.Minute)
	guess(0, "alice@example.com").want(t, 401, "INVALID_EMAIL_OR_PASSWORD")
	// Whoever knows the password begins anew.
	for i := range 60 {
		r := g.jar().request("POST", "/sign-in/email", `{"email":"alice@example.com","password":"`+good+`"}`)
		r.Header.Set("X-Test-Address", fmt.Sprint(i))
		g.do(r).want(t, 200, "")
	}
}

// One machine that guesses all the time doesn't keep the owner of the account out.
func TestSignInRateOfOneGuesser(t *testing.T) {
	c := newClock()
	g := newRig(t, c.use, limited)
	g.jar().signUp("alice")
	sign := func(from, password string) reply {
		r := g.jar().request("POST", "/sign-in/email", `{"email":"alice@example.com","password":"`+password+`"}`)
		r.Header.Set("X-Test-Address", from)
		return g.do(r)
	}
	for i := range 60 { // as often as the address may
		if i%3 == 0 {
			c.pass(10 * time.Second)
		}
		sign("eve", "wrong password")
	}
	sign("eve", good).want(t, 429, "")
	sign("alice", good).want(t, 200, "")
}

// Each change of a name or a picture is told to all who see them.
func TestProfileChangesAreLimited(t *testing.T) {
	c := newClock()
	g := newRig(t, c.use)
	ada, bob := g.jar().signUp("ada"), g.jar().signUp("bob")
	for i := range 20 {
		ada.post("/update-user", `{"name":"Ada `+strconv.Itoa(i)+`"}`).want(t, 200, "")
	}
	if p := ada.post("/update-user", `{"name":"Ada"}`).want(t, 429, ""); p.Header().Get("Retry-After") == "" {
		t.Error("when to try again isn't said")
	}
	if p := ada.upload("", painted(t, red, 8, 8)); p.Code != 429 {
		t.Errorf("picture: %d", p.Code)
	}
	bob.post("/update-user", `{"name":"Bob B"}`).want(t, 200, "")
	c.pass(time.Minute)
	if p := ada.upload("", painted(t, red, 8, 8)); p.Code != 200 {
		t.Errorf("picture: %d %s", p.Code, p.text)
	}
}

// Without a rate an address isn't limited, as where all come from one; what is guessed of
// one account is.
func TestNoRateIsNoLimitPerAddress(t *testing.T) {
	g := newRig(t)
	try := func(name string) reply {
		return g.jar().post("/sign-in/email", `{"email":"`+name+`@example.com","password":"wrong password"}`)
	}
	for i := range 40 {
		try("somebody"+strconv.Itoa(i)).want(t, 401, "INVALID_EMAIL_OR_PASSWORD")
	}
	for range 30 {
		try("ada").want(t, 401, "INVALID_EMAIL_OR_PASSWORD")
	}
	try("ada").want(t, 429, "")
}

func TestAddressOfTheConnection(t *testing.T) {
	for remote, same := range map[string]string{
		"192.0.2.1:1000":          "192.0.2.1:2000",
		"[2001:db8::1]:1000":      "[2001:db8::2]:1000", // one /64
		"[::ffff:192.0.2.1]:1000": "192.0.2.1:2000",
		"[fe80::1%eth0]:1000":     "[fe80::2%eth0]:1000",
	} {
		g := newRig(t, func(c *auth.Config) { c.AuthRate = auth.Rate{Limit: 1, Window: time.Minute} })
		for i, addr := range []string{remote, same, "198.51.100.9:1", "[2001:db8:0:1::1]:1"} {
			r := g.jar().request("POST", "/sign-in/email", `{"email":"x@example.com","password":"x"}`)
			r.RemoteAddr = addr
			r.Header.Set("X-Forwarded-For", fmt.Sprint(i)) // believed from nobody
			want := 401
			if i == 1 {
				want = 429
			}
			if p := g.do(r); p.Code != want {
				t.Errorf("%s after %s: %d", addr, remote, p.Code)
			}
		}
	}
}
