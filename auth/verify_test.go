package auth_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"snug/auth"
)

// verified reports whether the address of a user is confirmed.
func (g *rig) verified(email string) bool {
	g.Helper()
	var v bool
	g.query(`select email_verified from users where email = ?`, &v, email)
	return v
}

// jwt signs claims as better-auth does.
func jwt(key, header, claims string) string {
	b64 := base64.RawURLEncoding
	text := b64.EncodeToString([]byte(header)) + "." + b64.EncodeToString([]byte(claims))
	m := hmac.New(sha256.New, []byte(key))
	m.Write([]byte(text))
	return text + "." + b64.EncodeToString(m.Sum(nil))
}

func TestVerifyEmail(t *testing.T) {
	var office postOffice
	g := newRig(t, office.use)
	eve := g.jar().signUp("eve")
	link := linkOf(t, office.one(g, "eve@example.com", "Confirm your address for localhost:3000"))
	if link.Path != "/api/auth/verify-email" || link.Query().Get("callbackURL") != "/verify-email" {
		t.Errorf("link %s", link)
	}
	eve.post("/send-verification-email", `{"email":"eve@example.com","callbackURL":"/dashboard"}`).want(t, 200, "")
	if q := linkOf(t, office.one(g, "eve@example.com", "Confirm")).Query(); q.Get("callbackURL") != "/dashboard" || q.Get("token") == link.Query().Get("token") {
		t.Errorf("query %v", q)
	}
	// What the token says, as better-auth 1.7 says it.
	parts := strings.Split(link.Query().Get("token"), ".")
	raw, err := base64.RawURLEncoding.DecodeString(parts[1])
	var claims struct {
		Email, UserID string
		Iat, Exp      int64
	}
	if err != nil || json.Unmarshal(raw, &claims) != nil || claims.Email != "eve@example.com" || claims.UserID == "" || claims.Exp-claims.Iat != 3600 {
		t.Errorf("claims %s %v", raw, err)
	}
	if eve.session(); g.verified("eve@example.com") {
		t.Fatal("confirmed already")
	}
	stranger := g.jar()
	p := stranger.open(link).want(t, 302, "")
	if p.Header().Get("Location") != "/verify-email" || p.Header().Get("Set-Cookie") != "" || p.Header().Get("Referrer-Policy") != "no-referrer" {
		t.Errorf("headers %v", p.Header())
	}
	if !g.verified("eve@example.com") || stranger.session() != nil {
		t.Error("not confirmed, or signed in")
	}
	if p := eve.get("/get-session"); !strings.Contains(p.text, `"emailVerified":true`) {
		t.Errorf("her session says %s", p.text)
	}
	if p := stranger.get("/verify-email?token="+link.Query().Get("token")).want(t, 200, ""); p.text != `{"status":true,"user":null}` || p.Header().Get("Set-Cookie") != "" {
		t.Errorf("the second time: %s %v", p.text, p.Header())
	}
	eve.post("/send-verification-email", `{"email":"eve@example.com"}`).want(t, 400, "YOU_CAN_ONLY_SEND_A_VERIFICATION_EMAIL_TO_AN_UNVERIFIED_EMAIL")
	office.none(g)
}

// §13.13.
func TestSendVerificationTellsNothing(t *testing.T) {
	var office postOffice
	g := newRig(t, office.use)
	g.jar().signUp("eve")
	bob := g.jar().signUp("bob")
	g.plantUser("sure@example.com", "sure", nil, 1)
	g.plantUser("banned@example.com", "banned", nil, 0)
	g.exec(`update users set banned_at = 1 where name = 'banned'`)
	g.plantUser("x@twitter.placeholder.invalid", "x", nil, 0)
	office.came(g)
	var first reply
	for email, mails := range map[string]int{"eve@example.com": 1, "EVE@example.com": 1, "nobody@example.com": 0,
		"sure@example.com": 0, "banned@example.com": 0, "x@twitter.placeholder.invalid": 0} {
		p := g.jar().post("/send-verification-email", `{"email":"`+email+`"}`).want(t, 200, "")
		if first.text == "" {
			first = p
		}
		if p.text != first.text || fmt.Sprint(p.Header()) != fmt.Sprint(first.Header()) {
			t.Errorf("%s is told apart: %v %s", email, p.Header(), p.text)
		}
		if got := office.came(g); len(got) != mails {
			t.Errorf("%s: %d mails, want %d", email, len(got), mails)
		}
	}
	bob.post("/send-verification-email", `{"email":"eve@example.com"}`).want(t, 400, "YOU_CAN_ONLY_SEND_A_VERIFICATION_EMAIL_TO_YOUR_OWN_EMAIL")
	bob.post("/send-verification-email", `{"email":"bad"}`).want(t, 400, "VALIDATION_ERROR")
	bob.post("/send-verification-email", `{"email":"bob@example.com","callbackURL":"//evil"}`).want(t, 403, "INVALID_CALLBACKURL")
	office.none(g)
}

func TestVerifyEmailRefuses(t *testing.T) {
	now := newClock()
	var office postOffice
	g := newRig(t, now.use, office.use)
	g.jar().signUp("eve")
	token := linkOf(t, office.one(g, "eve@example.com", "Confirm")).Query().Get("token")
	iat := now.Now().Unix()
	const hs = `{"alg":"HS256"}`
	claims := func(email string, exp int64) string {
		return fmt.Sprintf(`{"email":%q,"iat":%d,"exp":%d}`, email, iat, exp)
	}
	body := strings.Split(token, ".")
	for name, test := range map[string]struct{ token, word string }{
		"nonsense":             {"bad", "invalid_token"},
		"empty":                {"", "invalid_token"},
		"dots":                 {"...", "invalid_token"},
		"signature gone":       {body[0] + "." + body[1] + ".", "invalid_token"},
		"signature changed":    {body[0] + "." + body[1] + "." + strings.ToUpper(body[2]), "invalid_token"},
		"claims changed":       {body[0] + "." + base64.RawURLEncoding.EncodeToString([]byte(claims("eve@example.com", iat+3600))) + "." + body[2], "invalid_token"},
		"another secret":       {jwt(strings.Repeat("y", 40), hs, claims("eve@example.com", iat+3600)), "invalid_token"},
		"no algorithm":         {jwt(secret, `{"alg":"none"}`, claims("eve@example.com", iat+3600)), "invalid_token"},
		"another algorithm":    {jwt(secret, `{"alg":"HS512"}`, claims("eve@example.com", iat+3600)), "invalid_token"},
		"no header":            {jwt(secret, ``, claims("eve@example.com", iat+3600)), "invalid_token"},
		"array":                {jwt(secret, hs, `[]`), "invalid_token"},
		"no time":              {jwt(secret, hs, `{"email":"eve@example.com"}`), "token_expired"},
		"expired":              {jwt(secret, hs, claims("eve@example.com", iat)), "token_expired"},
		"nobody":               {jwt(secret, hs, claims("nobody@example.com", iat+3600)), "user_not_found"},
		"another user":         {jwt(secret, hs, fmt.Sprintf(`{"email":"eve@example.com","userId":"x","exp":%d}`, iat+3600)), "user_not_found"},
		"an old change":        {jwt(secret, hs, fmt.Sprintf(`{"email":"eve@example.com","updateTo":"x@example.com","exp":%d}`, iat+3600)), "invalid_token"},
		"an unknown request":   {jwt(secret, hs, fmt.Sprintf(`{"email":"eve@example.com","requestType":"x","exp":%d}`, iat+3600)), "invalid_token"},
		"long":                 {jwt(secret, hs, claims(strings.Repeat("x", 5000), iat+3600)), "invalid_token"},
		"cookie as a token":    {url.QueryEscape(g.Sign("true")), "invalid_token"},
		"signature with a tab": {token + "%09", "invalid_token"},
	} {
		p := g.jar().get("/verify-email?token=" + test.token + "&callbackURL=/dashboard%3Fx=1")
		if got := p.Header().Get("Location"); p.Code != 302 || got != "/dashboard?x=1&error="+test.word {
			t.Errorf("%s: %d to %s, want %s", name, p.Code, got, test.word)
		}
		g.jar().get("/verify-email?token="+test.token).want(t, 401, strings.ToUpper(test.word))
	}
	g.jar().get("/verify-email").want(t, 400, "VALIDATION_ERROR")
	g.jar().get("/verify-email?token="+token+"&callbackURL=https://evil.example/").want(t, 403, "INVALID_CALLBACKURL")
	if g.verified("eve@example.com") {
		t.Fatal("confirmed")
	}
	now.pass(time.Hour)
	g.jar().get("/verify-email?token="+token).want(t, 401, "TOKEN_EXPIRED")
	now.pass(-time.Hour)
	// The link is for that address, not for whatever the account has by then.
	g.exec(`update users set email = 'eve2@example.com'`)
	g.jar().get("/verify-email?token="+token).want(t, 401, "USER_NOT_FOUND")
	// As 1.3.9 wrote it.
	g.jar().get("/verify-email?token="+jwt(secret, hs, claims("Eve2@example.com", iat+3600))).want(t, 200, "")
	if !g.verified("eve2@example.com") {
		t.Error("not confirmed")
	}
}

// §13.20: links that were signed with the secret of before are good.
func TestVerifyEmailAfterANewSecret(t *testing.T) {
	g := newRig(t, func(c *auth.Config) {
		c.OldSecrets, c.Secret = [][]byte{[]byte(secret)}, []byte(strings.Repeat("n", 40))
	})
	g.jar().signUp("eve")
	claims := fmt.Sprintf(`{"email":"eve@example.com","exp":%d}`, time.Now().Add(time.Hour).Unix())
	g.jar().get("/verify-email?token="+jwt(secret, `{"alg":"HS256"}`, claims)).want(t, 200, "")
}

func requireVerified(c *auth.Config) { c.RequireVerified = true }

func TestRequireVerified(t *testing.T) {
	var office postOffice
	g := newRig(t, office.use, requireVerified)
	j := g.jar()
	p := j.post("/sign-up/email", `{"name":"R","email":"r@example.com","password":"`+good+`","callbackURL":"/dashboard"}`).want(t, 200, "")
	if !strings.HasPrefix(p.text, `{"token":null,"user":{"id":"`) || p.Header().Get("Set-Cookie") != "" {
		t.Errorf("got %s %v", p.text, p.Header())
	}
	link := linkOf(t, office.one(g, "r@example.com", "Confirm"))
	j.post("/sign-in/email", `{"email":"r@example.com","password":"wrong password"}`).want(t, 401, "INVALID_EMAIL_OR_PASSWORD")
	office.none(g)
	if p := j.post("/sign-in/email", `{"email":"r@example.com","password":"`+good+`"}`).want(t, 403, "EMAIL_NOT_VERIFIED"); p.Header().Get("Set-Cookie") != "" {
		t.Errorf("cookies %v", p.Header())
	}
	office.one(g, "r@example.com", "Confirm")

	if p := j.open(link).want(t, 302, ""); p.Header().Get("Location") != "/dashboard" {
		t.Errorf("goes to %v", p.Header())
	}
	if s := j.session(); s == nil || s.User.Email != "r@example.com" {
		t.Fatalf("got %+v", s)
	}
	// Once, and never again.
	if k := g.jar(); k.open(link).Code != 302 || k.session() != nil {
		t.Error("the link signed in twice")
	}
	j.post("/sign-out", `{}`)
	if j.open(link); j.session() != nil {
		t.Error("the link signed in twice")
	}
	j.post("/sign-in/email", `{"email":"r@example.com","password":"`+good+`"}`).want(t, 200, "")
}

// A link that somebody else made doesn't sign its reader in as them.
func TestVerifyingChangesNobodysSession(t *testing.T) {
	var office postOffice
	g := newRig(t, office.use, requireVerified)
	bob := g.jar()
	g.plant("bobs-token", g.plantUser("bob@example.com", "bob", nil, 1), time.Now(), time.Now().Add(time.Hour))
	bob.cookies["better-auth.session_token"] = g.Sign("bobs-token")
	g.jar().post("/sign-up/email", `{"name":"mallory","email":"mallory@example.com","password":"`+good+`"}`).want(t, 200, "")
	bob.open(linkOf(t, office.one(g, "mallory@example.com", "Confirm")))
	if s := bob.session(); s == nil || s.User.Name != "bob" {
		t.Errorf("bob is %+v", s)
	}
}

// A guest stays one at a sign-up that has to be confirmed, and is left behind after.
func TestGuestsConfirmTheirAddress(t *testing.T) {
	var office postOffice
	g := newRig(t, office.use, requireVerified)
	g.plantUser("owner@example.com", "owner", nil, 1)
	guest := g.plantUser("g@anonymous.placeholder.invalid", "Guest", nil, 0)
	g.plant("guests", guest, time.Now(), time.Now().Add(time.Hour))
	g.exec(`update users set anonymous = 1, role = 'guest' where id = ?`, guest)
	j := g.jar()
	j.cookies["better-auth.session_token"] = g.Sign("guests")
	j.post("/sign-up/email", `{"name":"R","email":"r@example.com","password":"`+good+`"}`).want(t, 200, "")
	office.one(g, "r@example.com", "Confirm")
	if s := j.session(); s == nil || s.User.ID != guest {
		t.Fatalf("session %+v", s)
	}
	j.post("/send-verification-email", `{"email":"r@example.com"}`).want(t, 200, "")
	j.open(linkOf(t, office.one(g, "r@example.com", "Confirm")))
	if s := j.session(); s == nil || s.User.Email != "r@example.com" {
		t.Errorf("session %+v", s)
	}
	var n int
	if g.query(`select count(*) from users where id = ?`, &n, guest); n != 0 {
		t.Error("the guest is still there")
	}
}

// A link that somebody posts, or that a page leads to, makes no guest somebody else.
func TestVerifyLinksLeaveGuestsAlone(t *testing.T) {
	var office postOffice
	g := newRig(t, office.use, requireVerified, func(c *auth.Config) { c.Guests = true })
	g.plantUser("owner@example.com", "owner", nil, 1)
	guest := g.jar()
	guest.post("/sign-in/anonymous", `{}`).want(t, 200, "")
	before := guest.session()
	for _, site := range []string{"same-origin", "same-site", "cross-site"} {
		email := site + "@example.com"
		g.jar().post("/sign-up/email", `{"name":"Mallory","email":"`+email+`","password":"`+good+`"}`).want(t, 200, "")
		link := linkOf(t, office.one(g, email, "Confirm"))
		r := guest.request("GET", strings.TrimPrefix(link.RequestURI(), "/api/auth"), "")
		r.Header.Set("Sec-Fetch-Site", site)
		r.Header.Set("Sec-Fetch-Mode", "navigate")
		guest.send(r).want(t, 302, "")
		if s := guest.session(); s == nil || *s != *before {
			t.Fatalf("%s: session %+v, was %+v", site, s, before)
		}
		// The address is confirmed all the same.
		g.jar().post("/sign-in/email", `{"email":"`+email+`","password":"`+good+`"}`).want(t, 200, "")
	}
}

func TestVerifyTwiceAtOnce(t *testing.T) {
	var office postOffice
	g := newRig(t, office.use, requireVerified)
	g.jar().post("/sign-up/email", `{"name":"R","email":"r@example.com","password":"`+good+`"}`).want(t, 200, "")
	link := linkOf(t, office.one(g, "r@example.com", "Confirm"))
	var mu sync.Mutex
	in := 0
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			p := g.jar().open(link)
			mu.Lock()
			defer mu.Unlock()
			if strings.Contains(p.Header().Get("Set-Cookie"), "session_token=") {
				in++
			}
		})
	}
	wg.Wait()
	if in != 1 {
		t.Errorf("signed in %d times", in)
	}
}

// §13.13: a new address and one that is taken can't be told apart, by what is
// replied, what it costs or what becomes of an invitation and of a guest.
func TestSignUpTellsNothing(t *testing.T) {
	for _, mode := range []auth.SignUpMode{auth.SignUpOpen, auth.SignUpInvite, auth.SignUpClosed} {
		var office postOffice
		g := newRig(t, office.use, requireVerified, func(c *auth.Config) { c.SignUp.Mode = mode })
		owner := g.plantUser("owner@example.com", "owner", nil, 1)
		g.exec(`update users set role = 'owner'`)
		var seen []string
		for i, email := range []string{"owner@example.com", "new@example.com", "OWNER@example.com"} {
			token := fmt.Sprintf("invite%d", i)
			// Neither used up by this nor a guest without a session, at any time: the sweeper is about.
			g.exec(`insert into invites values (?, ?, null, ?, 0, 99999999999999, 2, '')`, token, auth.HashToken(token).String(), owner)
			guest := g.plantUser(fmt.Sprintf("guest%d@anonymous.placeholder.invalid", i), "Guest", nil, 0)
			g.plant("guest"+token, guest, time.Now(), time.Now().Add(time.Hour))
			g.exec(`update users set anonymous = 1, role = 'guest' where id = ?`, guest)
			j := g.jar()
			j.cookies["snug.invite"] = g.Sign(token)
			j.cookies["better-auth.session_token"] = g.Sign("guest" + token)
			runs := g.HashRuns()
			p := j.post("/sign-up/email", `{"name":"New","email":"`+email+`","password":"`+good+`","image":"https://example.com/x.png"}`)
			if n := g.HashRuns() - runs; n != 1 {
				t.Errorf("%s: hashed %d times", email, n)
			}
			var left int
			g.query(`select uses_left from invites where id = ?`, &left, token)
			guested := strings.Contains(j.get("/get-session").text, `"isAnonymous":true`)
			seen = append(seen, fmt.Sprint(p.Code, idsAndTimes.ReplaceAllString(strings.ReplaceAll(p.text, strings.ToLower(email), "E"), "-"), p.Header(), left, guested))
		}
		for _, other := range seen {
			if other != seen[0] {
				t.Errorf("%q: told apart:\n%s\n%s", mode, seen[0], other)
			}
		}
		var to []string
		for _, m := range office.came(g) {
			to = append(to, m.To+" "+strings.Fields(m.Subject)[0])
		}
		want := []string{"owner@example.com You", "new@example.com Confirm", "owner@example.com You"}
		if mode == auth.SignUpClosed {
			want = nil
		}
		if !slices.Equal(to, want) {
			t.Errorf("%q: mails %q, want %q", mode, to, want)
		}
	}
}

var idsAndTimes = regexp.MustCompile(`"[A-Za-z0-9]{32}"|"[0-9T:.-]{23}Z"`)

// §13.13: nor by how long it takes.
func TestAnswersTakeAsLong(t *testing.T) {
	var office postOffice
	g := newRig(t, office.use, requireVerified, magicLinks)
	g.jar().post("/sign-up/email", `{"name":"owner","email":"owner@example.com","password":"`+good+`"}`).want(t, 200, "")
	g.exec(`update users set email_verified = 1`)
	for _, test := range []struct {
		path, body string
		status     int
	}{
		{"/sign-up/email", `{"name":"New","email":%q,"password":"` + good + `"}`, 200},
		{"/sign-in/email", `{"email":%q,"password":"wrong password"}`, 401},
		{"/request-password-reset", `{"email":%q}`, 200},
		{"/send-verification-email", `{"email":%q}`, 200},
		{"/sign-in/magic-link", `{"email":%q}`, 200},
	} {
		const samples = 100
		var known, unknown []time.Duration
		for i := range samples {
			for _, email := range []string{"owner@example.com", fmt.Sprintf("new%d@example.com", i+len(test.path)*1000)} {
				g.ForgetTries()
				r := g.jar().request("POST", test.path, fmt.Sprintf(test.body, email))
				began := time.Now()
				if p := g.do(r); p.Code != test.status {
					t.Fatalf("%s: %d %s", test.path, p.Code, p.text)
				}
				took := time.Since(began)
				g.Settle()
				if email == "owner@example.com" {
					known = append(known, took)
				} else {
					unknown = append(unknown, took)
				}
			}
		}
		slices.Sort(known)
		slices.Sort(unknown)
		a, b := known[samples/10], unknown[samples/10] // what else runs here makes the rest slower
		t.Logf("%s: %v known, %v unknown", test.path, a, b)
		if d := (a - b).Abs(); d > 5*time.Millisecond {
			t.Errorf("%s: takes %v for an address that is known, %v for another", test.path, a, b)
		}
	}
}

// What scans mails for links opens them as a browser does, and would confirm the
// address for whoever signed up with it.
func TestVerifyLinkAsksForAButton(t *testing.T) {
	var office postOffice
	g := newRig(t, office.use, func(c *auth.Config) { c.RequireVerified = true })
	g.jar().signUp("owner")
	office.came(g)
	g.jar().post("/sign-up/email", `{"name":"Eve","email":"eve@example.com","password":"`+good+`"}`).want(t, 200, "")
	link := linkOf(t, office.one(g, "eve@example.com", "Confirm"))
	open := func(j *jar, method string) reply {
		r := j.request(method, "/verify-email?"+link.RawQuery, "")
		r.Header.Set("Accept", "text/html,application/xhtml+xml,*/*;q=0.8")
		if method == "POST" {
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		}
		return j.send(r)
	}
	scanner := g.jar()
	for range 2 {
		p := open(scanner, "GET")
		if p.Code != 200 || !strings.Contains(p.text, "eve@example.com") || !strings.Contains(p.text, `<form method="post">`) || len(p.Header()["Set-Cookie"]) > 0 {
			t.Fatalf("got %d %s", p.Code, p.text)
		}
		if csp := p.Header().Get("Content-Security-Policy"); !strings.Contains(csp, "form-action 'self';") || p.Header().Get("Referrer-Policy") != "same-origin" {
			t.Errorf("headers %v", p.Header())
		}
	}
	if g.verified("eve@example.com") {
		t.Fatal("opening the link confirmed it")
	}
	foreign := g.jar()
	foreign.origin = "https://evil.example"
	open(foreign, "POST").want(t, 403, "INVALID_ORIGIN")
	eve := g.jar()
	if p := open(eve, "POST"); p.Code != 302 || p.Header().Get("Location") != "/verify-email" || eve.session() == nil || !g.verified("eve@example.com") {
		t.Errorf("got %d %v", p.Code, p.Header())
	}
	// Who is signed in as its user has pressed one.
	g.exec(`update users set email_verified = 0 where name = 'Eve'`)
	if p := open(eve, "GET"); p.Code != 302 || !g.verified("eve@example.com") {
		t.Errorf("signed in: %d %s", p.Code, p.text)
	}
}

// One machine can't use up all mails of a mailbox.
func TestMailboxIsSharedOut(t *testing.T) {
	var office postOffice
	clock := newClock()
	address := "198.51.100.1"
	g := newRig(t, office.use, clock.use, func(c *auth.Config) {
		c.AuthRate = auth.Rate{Limit: 3, Window: 10 * time.Second}
		c.ClientIP = func(*http.Request) string { return address }
	})
	g.jar().signUp("eve")
	codes := map[int]int{}
	for range 10 {
		clock.pass(time.Minute)
		codes[g.jar().post("/request-password-reset", `{"email":"eve@example.com"}`).Code]++
	}
	if codes[200] != 5 || codes[429] != 5 {
		t.Errorf("codes %v", codes)
	}
	address = "198.51.100.2"
	g.jar().post("/request-password-reset", `{"email":"eve@example.com"}`).want(t, 200, "")
}
