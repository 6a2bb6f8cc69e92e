package e2e

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
)

// forged are headers by which proxies of other systems tell who somebody is.
func forged(victim *person) http.Header {
	return http.Header{
		"X-User-Id": {victim.id}, "X-User-Name": {victim.name}, "X-User-Image": {"https://example.org/x.png"},
		"X-User-Email": {victim.email}, "X-Forwarded-User": {victim.id}, "Remote-User": {victim.id},
		"X-Forwarded-For": {"127.0.0.1"}, "X-Forwarded-Host": {"evil.example"}, "Cf-Connecting-Ip": {"127.0.0.1"},
		"Authorization": {"Bearer " + victim.id},
	}
}

func with(h http.Header, more http.Header) http.Header {
	h = h.Clone()
	if h == nil {
		h = http.Header{}
	}
	for name, values := range more {
		h[name] = values
	}
	return h
}

// Who somebody is comes from the session alone, whatever headers say.
func TestForgedIdentityHeaders(t *testing.T) {
	s := newServer(t, noLimits...)
	ada, eve := s.signUp(t, "Ada"), s.signUp(t, "Eve")
	alone := with(http.Header{"Origin": {s.url}}, forged(ada))

	for _, path := range []string{"/api/chat/messages", "/api/chat", "/api/socket", "/api/rooms/global/messages", "/api/auth/list-sessions"} {
		if res := s.send(t, http.MethodGet, path, nil, alone); res.status != http.StatusUnauthorized {
			t.Errorf("%s without a session: %d %s", path, res.status, res.body)
		}
	}
	if res := s.send(t, http.MethodGet, "/api/auth/get-session", nil, alone); res.status != http.StatusOK || res.body != "null" {
		t.Errorf("get-session: %d %s", res.status, res.body)
	}
	ctx := t.Context()
	for _, path := range []string{level0Path, level1Path} {
		if _, status, err := s.dial(ctx, path, alone); err == nil || status != http.StatusUnauthorized {
			t.Errorf("upgrade of %s without a session: %d %v", path, status, err)
		}
	}

	// With a session of one's own they change nothing.
	asEve := with(eve.header(), forged(ada))
	var session struct{ User struct{ ID, Name string } }
	s.send(t, http.MethodGet, "/api/auth/get-session", nil, asEve).decode(t, &session)
	if session.User.ID != eve.id || session.User.Name != "Eve" {
		t.Errorf("get-session gives %+v", session.User)
	}
	one, _, err := s.dial(ctx, level1Path, asEve)
	if err != nil {
		t.Fatal(err)
	}
	defer one.CloseNow()
	if you := one.await(t, "hello").You; you != (user{UserID: eve.id, UserName: "Eve"}) {
		t.Errorf("hello says that I am %+v", you)
	}
	one.send(t, map[string]any{"type": "join", "room": "global", "userId": ada.id, "you": map[string]string{"userId": ada.id}})
	one.await(t, "joined")
	one.send(t, map[string]any{"type": "message", "room": "global", "clientId": "c", "content": "level 1",
		"userId": ada.id, "userName": "Ada", "message": map[string]string{"userId": ada.id}})
	if m := one.awaitContent(t, "level 1"); m.UserID != eve.id || m.UserName != "Eve" {
		t.Errorf("level 1 posted as %+v", m)
	}
	zero, _, err := s.dial(ctx, level0Path, asEve)
	if err != nil {
		t.Fatal(err)
	}
	defer zero.CloseNow()
	zero.send(t, map[string]any{"type": "message", "content": "level 0", "userId": ada.id, "userName": "Ada"})
	if m := zero.awaitContent(t, "level 0"); m.UserID != eve.id || m.UserName != "Eve" {
		t.Errorf("level 0 posted as %+v", m)
	}
}

// An upgrade needs a session, then an upgrade header, then an origin, in this
// order.
func TestUpgradeChecks(t *testing.T) {
	s := newServer(t, noLimits...)
	ada := s.signUp(t, "Ada")
	port := s.addr[strings.LastIndexByte(s.addr, ':'):]
	origins := map[string][]string{
		"own": {s.url}, "behind TLS": {"https://" + s.addr}, "missing": nil, "null": {"null"}, "empty": {""},
		"foreign": {"https://evil.example"}, "other port": {"http://127.0.0.1:1"}, "other name": {"http://localhost" + port},
		"with a path": {s.url + "/"}, "two": {s.url, s.url}, "prefix": {s.url + "1"}, "userinfo": {"http://" + s.addr + "@evil.example"},
	}
	for _, path := range []string{level0Path, level1Path} {
		for name, origin := range origins {
			for _, cookie := range []bool{true, false} {
				h := http.Header{}
				if origin != nil {
					h["Origin"] = origin
				}
				want := http.StatusUnauthorized
				if cookie {
					h.Set("Cookie", ada.cookie)
					want = http.StatusForbidden
					if name == "own" || name == "behind TLS" {
						want = http.StatusSwitchingProtocols
					}
				}
				t.Run(fmt.Sprintf("%s origin %s cookie %t", path, name, cookie), func(t *testing.T) {
					if status := s.upgradeStatus(t, path, h); status != want {
						t.Errorf("upgrade gave %d, want %d", status, want)
					}
				})
			}
		}
		if res := ada.get(t, path); res.status != http.StatusUpgradeRequired {
			t.Errorf("GET %s with a session: %d, want 426", path, res.status)
		}
		// The session comes first, then whether it is an upgrade, then the origin.
		h := http.Header{"Cookie": {ada.cookie}, "Origin": {"https://evil.example"}}
		if res := s.send(t, http.MethodGet, path, nil, h); res.status != http.StatusUpgradeRequired {
			t.Errorf("GET %s from a foreign page: %d, want 426", path, res.status)
		}
		if res := s.send(t, http.MethodGet, path, nil, nil); res.status != http.StatusUnauthorized {
			t.Errorf("GET %s without a session: %d, want 401", path, res.status)
		}
	}
	for path, want := range map[string]string{"/api/chat": `{"error":"Unauthorized"}`, "/api/chat/messages": `{"error":"Unauthorized"}`} {
		if res := s.send(t, http.MethodGet, path, nil, nil); strings.TrimSpace(res.body) != want {
			t.Errorf("%s without a session: %s", path, res.body)
		}
	}
	if res := ada.get(t, "/api/chat"); strings.TrimSpace(res.body) != `{"error":"Expected websocket"}` {
		t.Errorf("/api/chat without an upgrade: %s", res.body)
	}
}

func (s *server) upgradeStatus(t *testing.T, path string, h http.Header) int {
	t.Helper()
	c, status, err := s.dial(t.Context(), path, h)
	if err == nil {
		_ = c.CloseNow()
	}
	return status
}

// Foreign pages change nothing, with or without a cookie of ours.
func TestForeignOriginsOverHTTP(t *testing.T) {
	s := newServer(t, noLimits...)
	ada := s.signUp(t, "Ada")
	body := map[string]any{"email": ada.email, "password": ada.password}
	for _, tc := range []struct {
		name   string
		header http.Header
		cookie bool
		want   int
	}{
		{"own", http.Header{"Origin": {s.url}}, true, 200},
		{"own, first visit", http.Header{"Origin": {s.url}}, false, 200},
		{"no browser", nil, false, 200},
		{"missing with a cookie", nil, true, 403},
		{"null", http.Header{"Origin": {"null"}}, true, 403},
		{"null, first visit", http.Header{"Origin": {"null"}}, false, 403},
		{"foreign", http.Header{"Origin": {"https://evil.example"}}, true, 403},
		{"foreign, first visit", http.Header{"Origin": {"https://evil.example"}}, false, 403},
		{"foreign referrer", http.Header{"Referer": {"https://evil.example/x"}}, true, 403},
		{"cross-site", http.Header{"Sec-Fetch-Site": {"cross-site"}}, true, 403},
	} {
		t.Run(tc.name, func(t *testing.T) {
			h := with(tc.header, nil)
			if tc.cookie {
				h.Set("Cookie", ada.signIn(t).cookie) // signing in again ends the session of the cookie
			}
			res := s.send(t, http.MethodPost, "/api/auth/sign-in/email", body, h)
			if res.status != tc.want {
				t.Fatalf("sign-in: %d %s, want %d", res.status, res.body, tc.want)
			}
			if tc.want == 200 {
				return
			}
			if len(res.cookies) > 0 {
				t.Errorf("a refusal sets %v", res.cookies)
			}
			if !json.Valid([]byte(res.body)) {
				t.Errorf("a refusal that isn't JSON: %s", res.body)
			}
			if out := s.send(t, http.MethodPost, "/api/auth/sign-out", map[string]any{}, h); tc.cookie && out.status != 403 {
				t.Errorf("sign-out: %d %s", out.status, out.body)
			}
		})
	}
	if res := ada.get(t, "/api/chat/messages"); res.status != 200 {
		t.Errorf("the session didn't outlive it: %d", res.status)
	}
	// Nobody may read with a cookie from elsewhere: there is no CORS.
	for _, method := range []string{http.MethodGet, http.MethodOptions} {
		h := http.Header{"Origin": {"https://evil.example"}, "Cookie": {ada.cookie}, "Access-Control-Request-Method": {"GET"}}
		res := s.send(t, method, "/api/chat/messages", nil, h)
		for name := range res.header {
			if strings.HasPrefix(name, "Access-Control-") {
				t.Errorf("%s carries %s", method, name)
			}
		}
	}
}

// With a base URL, that name and that origin count and no other.
func TestBaseURL(t *testing.T) {
	s := prepareServer(t, t.TempDir(), noLimits...)
	s.env = append(s.env, "SNUG_BASE_URL=https://chat.example.org", "SNUG_TRUSTED_ORIGINS=https://app.example.org")
	s.start()
	name := http.Header{"Host": {"chat.example.org"}, "Origin": {"https://chat.example.org"}}
	res := s.send(t, http.MethodPost, "/api/auth/sign-up/email",
		map[string]any{"name": "Ada", "email": "ada@example.org", "password": "correct horse"}, name)
	if res.status != 200 {
		t.Fatalf("sign-up: %d %s", res.status, res.body)
	}
	cookie := ""
	for _, c := range res.cookies {
		if c.Name == "better-auth.last_used_login_method" {
			continue // for the page to read: it opens nothing
		}
		if c.Name != "__Host-better-auth.session_token" || !c.Secure || !c.HttpOnly || c.SameSite != http.SameSiteLaxMode || c.Path != "/" || c.Domain != "" {
			t.Errorf("cookie %+v", c)
		}
		cookie = c.Name + "=" + c.Value
	}
	for origin, want := range map[string]int{
		"https://chat.example.org": 101, "https://app.example.org": 101,
		"http://chat.example.org": 403, s.url: 403, "https://evil.example": 403, "https://chat.example.org.evil.example": 403,
	} {
		h := http.Header{"Host": {"chat.example.org"}, "Origin": {origin}, "Cookie": {cookie}}
		if status := s.upgradeStatus(t, level1Path, h); status != want {
			t.Errorf("upgrade from %s: %d, want %d", origin, status, want)
		}
	}
	for _, host := range []string{"evil.example", "chat.example.org.evil.example"} {
		if res := s.send(t, http.MethodGet, "/api/", nil, http.Header{"Host": {host}}); res.status != http.StatusMisdirectedRequest {
			t.Errorf("host %s: %d, want 421", host, res.status)
		}
	}
	if res := s.send(t, http.MethodGet, "/api/", nil, http.Header{"X-Forwarded-Host": {"chat.example.org"}, "Host": {"evil.example"}}); res.status != http.StatusMisdirectedRequest {
		t.Errorf("X-Forwarded-Host of nobody's proxy is believed: %d", res.status)
	}
	for _, path := range []string{"/healthz", "/readyz"} {
		if res := s.send(t, http.MethodGet, path, nil, nil); res.status != 200 {
			t.Errorf("%s by address: %d", path, res.status)
		}
	}
}

// A cookie that isn't ours is no session: neither an error nor anybody's.
func TestBadCookies(t *testing.T) {
	s := newServer(t, noLimits...)
	ada, bob := s.signUp(t, "Ada"), s.signUp(t, "Bob")
	name, value, _ := strings.Cut(ada.cookie, "=")
	plainValue, err := url.PathUnescape(value)
	if err != nil {
		t.Fatal(err)
	}
	dot := strings.LastIndexByte(plainValue, '.')
	token, mac := plainValue[:dot], plainValue[dot+1:]
	_, bobs, _ := strings.Cut(bob.cookie, "=")
	bobsPlain, err := url.PathUnescape(bobs)
	if err != nil {
		t.Fatal(err)
	}
	flipped := "A" + mac[1:]
	if mac[0] == 'A' {
		flipped = "B" + mac[1:]
	}
	ok, no := http.StatusOK, http.StatusUnauthorized
	for _, tc := range []struct {
		name, cookie string
		want         int
	}{
		{"right", ada.cookie, ok},
		{"among others", "theme=dark; " + ada.cookie + "; x=y", ok},
		{"quoted", name + `="` + value + `"`, ok},
		{"a bad one first", name + "=bad; " + ada.cookie, ok},
		{"a bad one after", ada.cookie + "; " + name + "=bad", ok},
		{"empty", name + "=", no},
		{"no value", name, no},
		{"token without signature", name + "=" + token, no},
		{"empty signature", name + "=" + token + ".", no},
		{"flipped signature", name + "=" + url.QueryEscape(token+"."+flipped), no},
		{"flipped token", name + "=" + url.QueryEscape("x"+token[1:]+"."+mac), no},
		{"another's signature", name + "=" + url.QueryEscape(token+bobsPlain[strings.LastIndexByte(bobsPlain, '.'):]), no},
		{"unpadded signature", name + "=" + url.QueryEscape(token+"."+strings.TrimRight(mac, "=")), no},
		{"shorter signature", name + "=" + url.QueryEscape(token+"."+mac[:20]), no},
		{"bad escapes", name + "=%zz%", no},
		{"a NUL", name + "=" + token + "%00." + url.QueryEscape(mac), no},
		{"other name", "__Host-" + ada.cookie, no},
		{"other case", strings.ToUpper(name) + "=" + value, no},
		{"user id", name + "=" + ada.id, no},
		{"session data", "better-auth.session_data=" + value, no},
		{"long", name + "=" + strings.Repeat("a", 8000), no},
	} {
		t.Run(tc.name, func(t *testing.T) {
			h := http.Header{"Cookie": {tc.cookie}, "Origin": {s.url}}
			if res := s.send(t, http.MethodGet, "/api/chat/messages", nil, h); res.status != tc.want {
				t.Errorf("messages: %d, want %d", res.status, tc.want)
			}
			res := s.send(t, http.MethodGet, "/api/auth/get-session", nil, h)
			if res.status != ok || (res.body == "null") != (tc.want == no) {
				t.Errorf("get-session: %d %s", res.status, res.body)
			}
			if want := map[int]int{ok: 101, no: 401}[tc.want]; s.upgradeStatus(t, level1Path, h) != want {
				t.Errorf("upgrade isn't %d", want)
			}
		})
	}
	big := http.Header{"Cookie": {name + "=" + strings.Repeat("a", 64<<10)}}
	if res := s.send(t, http.MethodGet, "/api/", nil, big); res.status != http.StatusRequestHeaderFieldsTooLarge {
		t.Errorf("64 KiB of cookie: %d, want 431", res.status)
	}
}

func TestBadBodies(t *testing.T) {
	s := newServer(t, noLimits...)
	s.signUp(t, "Ada")
	jsonType := http.Header{"Origin": {s.url}, "Content-Type": {"application/json"}}
	for _, tc := range []struct {
		name, path, body string
		want             int
	}{
		{"1 MiB", "sign-up", `{"name":"` + strings.Repeat("a", 1<<20) + `"}`, 413},
		{"100 KiB", "sign-in", `{"email":"` + strings.Repeat("a", 100<<10) + `"}`, 413},
		{"nothing", "sign-in", ``, 400},
		{"not JSON", "sign-in", `email=a`, 400},
		{"an array", "sign-in", `[]`, 400},
		{"null", "sign-in", `null`, 400},
		{"not UTF-8", "sign-in", "{\"email\":\"\xff\"}", 400},
		{"numbers", "sign-in", `{"email":1,"password":2}`, 400},
		{"objects", "sign-up", `{"email":{},"password":{},"name":{}}`, 400},
		{"deep", "sign-in", strings.Repeat("[", 30_000), 400},
		{"no e-mail address", "sign-up", `{"email":"ada","password":"correct horse","name":"x"}`, 400},
		{"short password", "sign-up", `{"email":"x@example.org","password":"1234567","name":"x"}`, 400},
		{"long password", "sign-up", `{"email":"x@example.org","password":"` + strings.Repeat("x", 129) + `","name":"x"}`, 400},
		{"no name", "sign-up", `{"email":"x@example.org","password":"correct horse","name":" "}`, 400},
		{"a name that is the system's", "sign-up", `{"email":"x@example.org","password":"correct horse","name":"System"}`, 400},
		{"an invisible name", "sign-up", `{"email":"x@example.org","password":"correct horse","name":"\u200b\u202e"}`, 400},
		{"taken", "sign-up", `{"email":"ADA@example.org","password":"correct horse","name":"x"}`, 422},
		{"nobody", "sign-in", `{"email":"x@example.org","password":"correct horse"}`, 401},
		{"wrong password", "sign-in", `{"email":"ada@example.org","password":"correct horse"}`, 401},
		{"image is a script", "sign-up", `{"email":"x@example.org","password":"correct horse","name":"x","image":"javascript:alert(1)"}`, 400},
		{"foreign target", "sign-in", `{"email":"ada@example.org","password":"correct horse Ada","callbackURL":"//evil.example"}`, 403},
	} {
		t.Run(tc.name, func(t *testing.T) {
			res := s.send(t, http.MethodPost, "/api/auth/"+tc.path+"/email", tc.body, jsonType)
			if res.status != tc.want {
				t.Errorf("%d %.200s, want %d", res.status, res.body, tc.want)
			}
			var answer struct{ Code, Message string }
			res.decode(t, &answer)
			if answer.Message == "" || answer.Code == "" {
				t.Errorf("no words: %s", res.body)
			}
			if len(res.cookies) > 0 {
				t.Errorf("sets %v", res.cookies)
			}
		})
	}
	if res := s.send(t, http.MethodPost, "/api/auth/sign-in/email", "x", http.Header{"Origin": {s.url}, "Content-Type": {"text/plain"}}); res.status != 415 {
		t.Errorf("text/plain: %d %s", res.status, res.body)
	}
}

// What isn't there is said in JSON, never with the page: the client takes any
// 200 for a success.
func TestUnknownPaths(t *testing.T) {
	s := newServer(t, noLimits...)
	ada := s.signUp(t, "Ada")
	browser := with(ada.header(), http.Header{"Accept": {"text/html,application/xhtml+xml"}})
	for _, tc := range []struct {
		method, path string
		want         int
	}{
		{"GET", "/api/nope", 404},
		{"GET", "/api/chat/nope", 404},
		{"GET", "/api/chat/messages/", 404},
		{"GET", "/api/rooms/", 404},
		{"GET", "/api/rooms/nowhere", 404},
		{"GET", "/api/rooms/global/messages/nothing", 404},
		{"PUT", "/api/rooms", 405},
		{"GET", "/api/rooms/nowhere/messages", 404},
		{"GET", "/api/rooms/%2e%2e/messages", 404},
		{"GET", "/api/rooms/global%2f/messages", 404},
		{"GET", "/api//chat/messages", 404},
		{"GET", "/api/./chat/messages", 404},
		{"GET", "/api/x/../chat/messages", 404},
		{"GET", "//api/chat/messages", 404},
		{"GET", "/api/auth/nope", 404},
		{"GET", "/api/auth/", 404},
		{"GET", "/api/auth/sign-in/email", 404},
		{"POST", "/api/auth/get-session", 404},
		{"POST", "/api/auth//sign-in/email", 404},
		{"POST", "/api/auth/sign-in/email/", 404},
		{"POST", "/api/chat/messages", 405},
		{"DELETE", "/api/rooms/global/messages", 405},
		{"GET", "/api/rooms/global/messages?limit=0", 400},
		{"GET", "/api/rooms/global/messages?limit=201", 400},
		{"GET", "/api/rooms/global/messages?limit=x", 400},
		{"GET", "/api/rooms/global/messages?before=-1", 400},
		{"GET", "/api/rooms/global/messages?before=1&after=1", 400},
		{"GET", "/api/rooms/global/messages?before=1&before=2", 400},
		{"GET", "/api/rooms/global/messages?after=99999999999999999999", 400},
		{"GET", "/api/rooms/global/messages?after=%zz", 400},
	} {
		t.Run(tc.method+" "+tc.path, func(t *testing.T) {
			res := s.send(t, tc.method, tc.path, nil, browser)
			if res.status != tc.want {
				t.Fatalf("%d %.200s, want %d", res.status, res.body, tc.want)
			}
			if res.body != "" && !json.Valid([]byte(res.body)) || strings.Contains(res.header.Get("Content-Type"), "html") {
				t.Errorf("not JSON: %s %.200s", res.header.Get("Content-Type"), res.body)
			}
		})
	}
	if res := s.send(t, "GET", "/assets/nope.js", nil, browser); res.status != 404 {
		t.Errorf("a script that isn't there: %d", res.status)
	}
	var about struct{ Name, Version string }
	s.send(t, "GET", "/api/", nil, nil).decode(t, &about)
	if about.Name != "Snug" || about.Version == "" {
		t.Errorf("/api/ says %+v", about)
	}
	if res := s.send(t, "GET", "/api/openapi.json", nil, nil); res.status != 200 || !json.Valid([]byte(res.body)) {
		t.Errorf("openapi.json: %d", res.status)
	}
}

// Sign-in is limited per address, whatever a client says about its address.
func TestAuthRate(t *testing.T) {
	s := newServer(t, "SNUG_AUTH_RATE=3/1m")
	body := map[string]any{"email": "nobody@example.org", "password": "correct horse"}
	for i := range 6 {
		h := http.Header{"Origin": {s.url}, "X-Forwarded-For": {fmt.Sprintf("10.0.0.%d", i)}, "Cf-Connecting-Ip": {fmt.Sprintf("10.0.1.%d", i)}}
		res := s.send(t, http.MethodPost, "/api/auth/sign-in/email", body, h)
		want := http.StatusUnauthorized
		if i >= 3 {
			want = http.StatusTooManyRequests
		}
		if res.status != want {
			t.Errorf("try %d: %d %s, want %d", i+1, res.status, res.body, want)
		}
		if i >= 3 && (res.header.Get("Retry-After") == "" || res.header.Get("X-Retry-After") == "") {
			t.Errorf("try %d doesn't say when to come again: %v", i+1, res.header)
		}
	}
}
