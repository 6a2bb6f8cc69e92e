package auth_test

import (
	"bytes"
	"crypto/tls"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"testing"
	"time"

	"snug/auth"
)

func TestBeginAtProvider(t *testing.T) {
	p := newIDP(t)
	g := newRig(t, p.use)
	j := g.jar()
	at := func(provider, more string) url.Values {
		t.Helper()
		u, err := url.Parse(j.begin(provider, more))
		if err != nil {
			t.Fatal(err)
		}
		return u.Query()
	}
	q := at("google", "")
	if q.Get("redirect_uri") != base+"/api/auth/callback/google" || q.Get("scope") != "email profile openid" || q.Get("prompt") != "select_account" ||
		len(q.Get("state")) != 32 || q.Get("nonce") == "" || q.Get("code_challenge") == "" {
		t.Errorf("google: %v", q)
	}
	q = at("github", `"scopes":["repo","user:email"],"loginHint":"octocat","disableRedirect":true`)
	if q.Get("scope") != "read:user user:email repo" || q.Get("login_hint") != "octocat" || q.Get("code_challenge_method") != "S256" {
		t.Errorf("github: %v", q)
	}
	var answer map[string]any
	p1 := j.post("/sign-in/social", `{"provider":"google","disableRedirect":true,"requestSignUp":true,"additionalData":{"x":1}}`).want(t, 200, "")
	if p1.decode(t, &answer); answer["redirect"] != false || len(answer) != 2 {
		t.Errorf("got %v", answer)
	}
	// §13.9
	lines := p1.Header()["Set-Cookie"]
	if len(lines) != 1 || !strings.HasPrefix(lines[0], "better-auth.state.") || !strings.HasSuffix(lines[0], "; Max-Age=600; Path=/; HttpOnly; SameSite=Lax") {
		t.Errorf("cookies %q", lines)
	}
	// What is kept of the state is its hash.
	state := at("google", "").Get("state")
	var rows, plain int
	g.query(`select count(*) from verifications where purpose = 'state' and token_hash = ?`, &rows, auth.HashToken(state).String())
	g.query(`select count(*) from verifications where token_hash = ?1 or value like '%' || ?1 || '%'`, &plain, state)
	if rows != 1 || plain != 0 {
		t.Errorf("%d rows, %d with the state in plain text", rows, plain)
	}
}

func TestBeginRefusals(t *testing.T) {
	p := newIDP(t)
	g := newRig(t, p.use)
	many, err := json.Marshal(make([]string, 21))
	if err != nil {
		t.Fatal(err)
	}
	for body, want := range map[string]string{
		`{}`:                                    "400 VALIDATION_ERROR",
		``:                                      "400 VALIDATION_ERROR",
		`[]`:                                    "400 VALIDATION_ERROR",
		`{"provider":5}`:                        "400 VALIDATION_ERROR",
		`{"provider":null}`:                     "400 VALIDATION_ERROR",
		`{"provider":"nosuch"}`:                 "404 PROVIDER_NOT_FOUND",
		`{"provider":"discord"}`:                "404 PROVIDER_NOT_FOUND",
		`{"provider":"GOOGLE"}`:                 "404 PROVIDER_NOT_FOUND",
		`{"provider":"google","callbackURL":5}`: "400 VALIDATION_ERROR",
		`{"provider":"google","callbackURL":null}`:                             "400 VALIDATION_ERROR",
		`{"provider":"google","callbackURL":["/x"]}`:                           "400 VALIDATION_ERROR",
		`{"provider":"google","errorCallbackURL":{}}`:                          "400 VALIDATION_ERROR",
		`{"provider":"google","newUserCallbackURL":true}`:                      "400 VALIDATION_ERROR",
		`{"provider":"google","callbackURL":"https://evil.example"}`:           "403 INVALID_CALLBACKURL",
		`{"provider":"nosuch","callbackURL":"https://evil.example"}`:           "403 INVALID_CALLBACKURL",
		`{"provider":"google","disableRedirect":"true"}`:                       "400 VALIDATION_ERROR",
		`{"provider":"google","requestSignUp":1}`:                              "400 VALIDATION_ERROR",
		`{"provider":"google","loginHint":1}`:                                  "400 VALIDATION_ERROR",
		`{"provider":"google","loginHint":"` + strings.Repeat("x", 400) + `"}`: "400 VALIDATION_ERROR",
		`{"provider":"google","scopes":"repo"}`:                                "400 VALIDATION_ERROR",
		`{"provider":"google","scopes":[1]}`:                                   "400 VALIDATION_ERROR",
		`{"provider":"google","scopes":["a b"]}`:                               "400 VALIDATION_ERROR",
		`{"provider":"google","scopes":[""]}`:                                  "400 VALIDATION_ERROR",
		`{"provider":"google","scopes":["a&b=\n"]}`:                            "400 VALIDATION_ERROR",
		`{"provider":"google","scopes":` + string(many) + `}`:                  "400 VALIDATION_ERROR",
		`{"provider":"google","idToken":"x"}`:                                  "400 VALIDATION_ERROR",
		`{"provider":"google","idToken":null}`:                                 "400 VALIDATION_ERROR",
		`{"provider":"google","idToken":{}}`:                                   "400 VALIDATION_ERROR",
		`{"provider":"google","idToken":{"token":5}}`:                          "400 VALIDATION_ERROR",
		`{"provider":"google","idToken":{"token":"x.y.z"}}`:                    "401 INVALID_TOKEN",
		`{"provider":"github","idToken":{"token":"x.y.z"}}`:                    "404 ID_TOKEN_NOT_SUPPORTED",
	} {
		for _, path := range []string{"/sign-in/social", "/link-social"} {
			j := g.jar()
			if path == "/link-social" {
				j.signUp("u" + strings.ToLower(auth.NewID()[:8]))
			}
			var e struct{ Code string }
			got := j.post(path, body)
			json.Unmarshal([]byte(got.text), &e)
			if fmt.Sprint(got.Code, " ", e.Code) != want || len(got.Header()["Set-Cookie"]) > 0 {
				t.Errorf("%s %s: %d %s %v, want %s", path, body, got.Code, got.text, got.Header()["Set-Cookie"], want)
			}
		}
	}
	g.jar().post("/link-social", `{"provider":"google"}`).want(t, 401, "")
	down := newIDP(t)
	down.setDown(true)
	newRig(t, down.use).jar().post("/sign-in/social", `{"provider":"google"}`).want(t, 503, "PROVIDER_UNAVAILABLE")
	var rows int
	g.query(`select count(*) from verifications`, &rows)
	if rows != 0 {
		t.Errorf("%d states are kept of what was refused", rows)
	}
}

// redirects are addresses to which nobody is to be sent. (§13.5)
var redirects = []string{
	"https://evil.example", "https://evil.example/", "http://evil.example", "HTTPS://EVIL.EXAMPLE", "//evil.example", "///evil.example", "////evil.example",
	`/\evil.example`, `\\evil.example`, `\/evil.example`, `/\/evil.example`, `/\\evil.example`, "/%2fevil.example", "/%2Fevil.example", "/%5cevil.example",
	"/%5Cevil.example", "/%09/evil.example", "/\t/evil.example", "/\n/evil.example", "/\r\n/evil.example", "\t//evil.example", " //evil.example",
	"\x00//evil.example", "/ok\r\nSet-Cookie: a=b", "javascript:alert(1)", "JavaScript:alert(1)", "java\tscript:alert(1)", " javascript:alert(1)",
	"data:text/html,<script>alert(1)</script>", "vbscript:x", "file:///etc/passwd", "blob:" + base + "/x", "ftp://localhost:3000/",
	"http://localhost:3000@evil.example/", "http://localhost:3000:x@evil.example/", "http://user@localhost:3000/", "http://localhost:3000.evil.example/",
	"http://localhost:3000\\@evil.example/", "http://localhost:3000%2f@evil.example/", "http://localhost:3001/", "https://localhost:3000/", "http://localhost/",
	"http:evil.example", "https:evil.example", "https:/evil.example", "https:///evil.example", "http://[::1]:3000/", "http://127.0.0.1:3000/",
	"http://evil.example#@localhost:3000/", "http://evil.example?@localhost:3000/", "／／evil.example", "/ü", "//evil。example", "https://evil\u3002example/",
	"http://localhost:3000\u2028//evil.example", "/ok?next=https://evil.example", "evil.example", "./x", "../x", "?x", "#x", "/a b", "/%zz\x7f",
	"/" + strings.Repeat("x", 4000), "http://localhost:3000/" + strings.Repeat("x", 4000), "http://localhost:3000/\n", "http://LOCALHOST:3000\t/",
}

func TestOpenRedirects(t *testing.T) {
	p := newIDP(t)
	g := newRig(t, p.use)
	if len(redirects) < 40 {
		t.Fatal("the table shrank")
	}
	for property, code := range map[string]string{
		"callbackURL": "INVALID_CALLBACKURL", "errorCallbackURL": "INVALID_ERRORCALLBACKURL", "newUserCallbackURL": "INVALID_NEWUSERCALLBACKURL",
	} {
		for _, target := range redirects {
			quoted, err := json.Marshal(target)
			if err != nil {
				t.Fatal(err)
			}
			j := g.jar()
			if got := j.post("/sign-in/social", fmt.Sprintf(`{"provider":"google",%q:%s}`, property, quoted)); got.Code != 403 || !strings.Contains(got.text, `"`+code+`"`) {
				t.Errorf("%s %q: %d %s", property, target, got.Code, got.text)
			}
		}
		for _, target := range []string{"/", "/dashboard/chat", "/a#frag", "/x?y=z&w=%20", base, base + "/x?y=z"} {
			g.jar().post("/sign-in/social", fmt.Sprintf(`{"provider":"google",%q:%q}`, property, target)).want(t, 200, "")
		}
	}
}

// §13.5: targets are looked at again when the browser is about to be sent there:
// what was stored may have been stored by a server that was configured otherwise.
func TestRedirectsAreCheckedAgain(t *testing.T) {
	p := newIDP(t)
	g := newRig(t, p.use)
	j := g.jar()
	for _, target := range redirects {
		quoted, err := json.Marshal(target)
		if err != nil {
			t.Fatal(err)
		}
		for _, property := range []string{"target", "newTarget"} {
			q := p.approve(j.begin("google", ""), ada)
			g.exec(`update verifications set value = json_set(value, '$.`+property+`', json(?))`, string(quoted))
			j.navigated("google", q).wantAt(t, "/dashboard")
			g.exec(`delete from users`)
		}
		q := p.approve(j.begin("google", ""), ada)
		q.Del("code")
		g.exec(`update verifications set value = json_set(value, '$.errorTarget', json(?))`, string(quoted))
		j.navigated("google", q).wantAt(t, errorAt+"no_code")
	}
}

// §13.22: no header of a request finds its way into an address.
func TestPoisonedHost(t *testing.T) {
	p := newIDP(t)
	for _, fixed := range []string{base, ""} {
		g := newRig(t, p.use, func(c *auth.Config) { c.BaseURL = fixed })
		j := g.jar()
		poison := func(r *http.Request) *http.Request {
			for _, name := range []string{"X-Forwarded-Host", "X-Forwarded-Server", "X-Original-Host", "X-Host", "Forwarded", "X-Forwarded-Proto", "X-Forwarded-Scheme", "X-Original-URL"} {
				r.Header.Set(name, "evil.example")
			}
			r.Header.Set("X-Forwarded-Proto", "https")
			return r
		}
		var begun struct{ URL string }
		j.send(poison(j.request("POST", "/sign-in/social", `{"provider":"google"}`))).want(t, 200, "").decode(t, &begun)
		if strings.Contains(begun.URL, "evil") || !strings.Contains(begun.URL, url.QueryEscape(base+"/api/auth/callback/google")) {
			t.Errorf("base %q: sent to %s", fixed, begun.URL)
		}
		q := p.approve(begun.URL, ada)
		j.send(poison(j.request("GET", "/callback/google?"+q.Encode(), ""))).wantAt(t, base)
		j.send(poison(j.request("GET", "/callback/google", ""))).wantAt(t, errorAt+"state_not_found")
	}
	// With no address of its own, a server goes by the one that it was asked under.
	g := newRig(t, p.use, func(c *auth.Config) { c.BaseURL = "" })
	for host, want := range map[string]string{"chat.example": "http://chat.example", "Chat.Example:8080": "http://chat.example:8080", "chat.example/x?": "", "a@b": ""} {
		j := g.jar()
		r := j.request("POST", "/sign-in/social", `{"provider":"google"}`)
		r.Host = host
		r.Header.Del("Origin")
		got := g.do(r)
		if want == "" {
			got.want(t, 400, "VALIDATION_ERROR")
		} else if !strings.Contains(got.text, url.QueryEscape(want+"/api/auth/callback/google")) {
			t.Errorf("%s: %s", host, got.text)
		}
	}
	r := g.jar().request("POST", "/sign-in/social", `{"provider":"google"}`)
	r.Host, r.TLS = "chat.example", &tls.ConnectionState{}
	r.Header.Del("Origin")
	if got := g.do(r); !strings.Contains(got.text, url.QueryEscape("https://chat.example/api/auth/callback/google")) {
		t.Errorf("over TLS: %s", got.text)
	}
}

// A browser that begins again and again keeps the last flows.
func TestFlowsAreBounded(t *testing.T) {
	p := newIDP(t)
	g := newRig(t, p.use)
	cookies, err := cookiejar.New(nil) // which keeps the order, as browsers do
	if err != nil {
		t.Fatal(err)
	}
	home, err := url.Parse(base + "/")
	if err != nil {
		t.Fatal(err)
	}
	send := func(r *http.Request) reply {
		r.Header.Del("Cookie")
		for _, c := range cookies.Cookies(home) {
			r.AddCookie(c)
		}
		got := g.do(r)
		cookies.SetCookies(home, got.Result().Cookies())
		return got
	}
	j := g.jar()
	var flows []url.Values
	for range 15 {
		var begun struct{ URL string }
		send(j.request("POST", "/sign-in/social", `{"provider":"google","callbackURL":"/here"}`)).want(t, 200, "").decode(t, &begun)
		flows = append(flows, p.approve(begun.URL, ada))
	}
	if n := len(cookies.Cookies(home)); n != 10 {
		t.Errorf("%d cookies", n)
	}
	for i, q := range flows {
		want := "/here"
		if i < 5 {
			want = errorAt + "state_mismatch"
		}
		send(j.request("GET", "/callback/google?"+q.Encode(), "")).wantAt(t, want)
	}
	// Names that no server of ours made are neither counted nor repeated.
	r := j.request("POST", "/sign-in/social", `{"provider":"google"}`)
	r.Header.Set("Cookie", strings.Repeat("better-auth.state.a\"bc,<>d=x;better-auth.state.abcdefgh=x; better-auth.state.=;", 500))
	got := g.do(r).want(t, 200, "")
	if lines := got.Header()["Set-Cookie"]; len(lines) > 100 || strings.Contains(strings.Join(lines, ""), "<>") {
		t.Errorf("%d cookies, %q", len(lines), lines[0])
	}
}

// A page that signed in at the provider by itself brings the id_token.
func TestIDToken(t *testing.T) {
	p := newIDP(t)
	g := newRig(t, p.use)
	try := func(j *jar, path string, who person, nonce, said string) reply {
		return j.post(path, fmt.Sprintf(`{"provider":"google","idToken":{"token":%q,"nonce":%q,"accessToken":"x"}}`, p.idToken(who, "google-client-id", nonce), said))
	}
	j := g.jar()
	got := try(j, "/sign-in/social", ada, "n", "n").want(t, 200, "")
	var answer struct {
		Redirect bool
		Token    string
		User     struct{ Email string }
	}
	got.decode(t, &answer)
	if s := j.session(); s == nil || s.Session.Token != answer.Token || answer.User.Email != "ada@example.com" || answer.Redirect || strings.Contains(got.text, `"url"`) {
		t.Errorf("got %s", got.text)
	}
	for _, who := range []person{with(ada, "aud", "another"), with(ada, "iss", "https://evil.example"), with(ada, "exp", 1), with(ada, "iat", time.Now().Add(-2*time.Hour).Unix())} {
		try(g.jar(), "/sign-in/social", who, "n", "n").want(t, 401, "INVALID_TOKEN")
	}
	try(g.jar(), "/sign-in/social", ada, "n", "another").want(t, 401, "INVALID_TOKEN")
	try(g.jar(), "/sign-in/social", person{id: "8", name: "x"}, "", "").want(t, 401, "USER_EMAIL_NOT_FOUND")
	try(g.jar(), "/sign-in/social", person{id: "9", name: "x", email: "ada@example.com"}, "", "").want(t, 401, "ACCOUNT_NOT_LINKED")
	// A foreign page can't sign its visitor in.
	r := g.jar().request("POST", "/sign-in/social", fmt.Sprintf(`{"provider":"google","idToken":{"token":%q}}`, p.idToken(ada, "google-client-id", "")))
	r.Header.Set("Origin", "https://evil.example")
	g.do(r).want(t, 403, "INVALID_ORIGIN")

	bob := g.jar().signUp("bob")
	if got := try(bob, "/link-social", person{id: "10", name: "Bob", email: "bob@example.com", verified: true}, "", "").want(t, 200, ""); got.text != `{"url":"","status":true,"redirect":false}` {
		t.Errorf("got %s", got.text)
	}
	try(bob, "/link-social", ada, "", "").want(t, 401, "EMAIL_DOESNT_MATCH")
}

// §13.15: beginning is counted per address; coming back isn't, for it leads nowhere
// without having begun.
func TestBeginningIsLimited(t *testing.T) {
	p := newIDP(t)
	clock := newClock()
	g := newRig(t, p.use, clock.use, func(c *auth.Config) { c.AuthRate = auth.Rate{Limit: 3, Window: 10 * time.Second} })
	j := g.jar()
	var last string
	for range 3 {
		last = j.begin("google", `"callbackURL":"/here"`)
	}
	j.post("/sign-in/social", `{"provider":"google"}`).want(t, 429, "")
	g.jar().post("/sign-in/social", `{"provider":"github"}`).want(t, 429, "")
	j.navigated("google", p.approve(last, ada)).wantAt(t, "/here")
	clock.pass(10 * time.Second)
	j.begin("google", "")
}

// §13.7, §13.24: what is logged names users and sessions, and holds nothing that
// opens or addresses anything.
func TestLogsHoldNoSecrets(t *testing.T) {
	var log bytes.Buffer
	p := newIDP(t)
	g := newRig(t, p.use, func(c *auth.Config) {
		c.Logger = slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	})
	var secrets []string
	keep := func(q url.Values) url.Values {
		secrets = append(secrets, q.Get("code"), q.Get("state"), q.Get("state")[:8])
		return q
	}
	planted := func(j *jar, q url.Values, name string) {
		q.Set(name, "planted-"+name)
		j.navigated("google", q)
		j.navigated("github", q)
	}
	j := g.jar()
	for _, who := range []person{ada, with(ada, "nonce", "planted-nonce"), with(ada, "aud", "planted-aud"), with(ada, "iss", "https://planted.example"),
		{id: "7", name: "planted-name", broken: "profile"}, {id: "8", name: "planted-name"}, {id: "planted-id", name: "planted-name", email: "planted@example.com", verified: true},
		{id: "9", name: "planted-name", email: "ada@example.com"}} {
		j.navigated("google", keep(p.approve(j.begin("google", ""), who)))
		for _, name := range []string{"error", "error_description", "code", "state", "iss"} {
			planted(j, keep(p.approve(j.begin("google", ""), who)), name)
		}
	}
	g.jar().navigated("google", keep(p.approve(j.begin("google", ""), ada)))
	j.get("/callback/planted-provider?code=planted-code&state=planted-state")
	j.get("/error?error=planted-error")
	j.post("/sign-in/social", `{"provider":"google","idToken":{"token":"planted-token.x.y"}}`)
	j.post("/sign-in/social", `{"provider":"planted-provider","loginHint":"planted@example.com"}`)
	k := g.jar()
	k.enter(p, "google", ada)
	k.navigated("github", keep(p.approve(k.departure("/link-social", "github", ""), ada)))
	p.setDown(true)
	j.navigated("google", url.Values{"code": {"planted-code"}, "state": {strings.Repeat("p", 32)}})
	for name, value := range j.cookies {
		if name != "better-auth.last_used_login_method" {
			text, _, _ := strings.Cut(value, ".")
			secrets = append(secrets, value, text)
		}
	}
	secrets = append(secrets, "planted", "@", "Lovelace", "access-", "refresh-", "code-", "shh", "eyJ", p.URL)
	text := log.String()
	for _, secret := range secrets {
		if secret != "" && strings.Contains(text, secret) {
			t.Errorf("%q is in the log", secret)
		}
	}
	for _, line := range []string{`msg="signed in"`, `msg="signed up"`, "method=google", "code=state_mismatch", "code=account_not_linked", `msg="account linked"`, "code=other"} {
		if !strings.Contains(text, line) {
			t.Errorf("no %s in the log", line)
		}
	}
	if t.Failed() {
		t.Log(text)
	}
}

// Over https the cookie takes no other site's word. [T29]
func TestStateCookieOverHTTPS(t *testing.T) {
	p := newIDP(t)
	g := newRig(t, p.use, func(c *auth.Config) { c.BaseURL = "https://chat.example" })
	j := g.jar()
	j.origin = "https://chat.example"
	q := p.approve(j.begin("google", `"callbackURL":"/here"`), ada)
	name := "better-auth.state." + q.Get("state")[:8]
	value, ok := j.cookies["__Host-"+name]
	if !ok {
		t.Fatalf("cookies %v", j.cookies)
	}
	delete(j.cookies, "__Host-"+name)
	for _, prefix := range []string{"", "__Secure-"} {
		j.cookies[prefix+name] = value
		j.navigated("google", q).wantAt(t, "https://chat.example/api/auth/error?error=state_mismatch")
	}
	j.cookies["__Host-"+name] = value
	got := j.navigated("google", q).wantAt(t, "/here")
	if lines := strings.Join(got.Header()["Set-Cookie"], "\n"); !strings.Contains(lines, "__Host-"+name+"=; Max-Age=0; Path=/; HttpOnly; Secure; SameSite=Lax") {
		t.Errorf("cookies %s", lines)
	}
}
