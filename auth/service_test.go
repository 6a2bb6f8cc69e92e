package auth_test

import (
	"bytes"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"
	"unicode/utf8"

	"snug/auth"
	"snug/db"
	"snug/db/dbtest"
)

// §13.20 and 9.
func TestConfigThatIsRefused(t *testing.T) {
	d, err := db.Open(t.Context(), dbtest.File(t))
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	for _, test := range []struct {
		name string
		set  func(*auth.Config)
		want string // "": accepted
	}{
		{"as it should be", func(c *auth.Config) {}, ""},
		{"no database", func(c *auth.Config) { c.DB = nil }, "no database"},
		{"no secret", func(c *auth.Config) { c.Secret = nil }, "secret has 0 bytes"},
		{"short secret", func(c *auth.Config) { c.Secret = make([]byte, 31) }, "secret has 31 bytes"},
		{"published secret", func(c *auth.Config) { c.Secret = []byte("better-auth-secret-12345678901234567890") }, "published"},
		{"https", func(c *auth.Config) { c.BaseURL = "https://chat.example.org" }, ""},
		{"https with a slash and a port", func(c *auth.Config) { c.BaseURL = "https://chat.example.org:8443/" }, ""},
		{"localhost", func(c *auth.Config) { c.BaseURL = "http://localhost:3000" }, ""},
		{"loopback", func(c *auth.Config) { c.BaseURL = "http://127.0.0.1:3000" }, ""},
		{"loopback 6", func(c *auth.Config) { c.BaseURL = "http://[::1]:3000" }, ""},
		{"http elsewhere", func(c *auth.Config) { c.BaseURL = "http://chat.example.org" }, "in the clear"},
		{"http on the network", func(c *auth.Config) { c.BaseURL = "http://192.168.1.5:3000" }, "in the clear"},
		{"http that looks local", func(c *auth.Config) { c.BaseURL = "http://localhost.example.org" }, "in the clear"},
		{"no scheme", func(c *auth.Config) { c.BaseURL = "chat.example.org" }, "base URL"},
		{"path", func(c *auth.Config) { c.BaseURL = "https://chat.example.org/chat" }, "more than scheme and host"},
		{"query", func(c *auth.Config) { c.BaseURL = "https://chat.example.org?x" }, "more than scheme and host"},
		{"user", func(c *auth.Config) { c.BaseURL = "https://me@chat.example.org" }, "base URL"},
		{"default port", func(c *auth.Config) { c.BaseURL = "https://chat.example.org:443" }, "base URL"},
		{"other scheme", func(c *auth.Config) { c.BaseURL = "ftp://chat.example.org" }, "base URL"},
		{"two bases", func(c *auth.Config) { c.BaseURL = "https://a.example"; c.Origins.Base = "https://b.example" }, "based on"},
		{"one base twice", func(c *auth.Config) { c.BaseURL = "https://a.example/"; c.Origins.Base = "https://a.example" }, ""},
		{"trusted", func(c *auth.Config) {
			c.Origins.Trusted = []string{"https://a.example", "https://*.a.example", "*.a.example"}
		}, ""},
		{"trusted without a scheme", func(c *auth.Config) { c.Origins.Trusted = []string{"a.example"} }, "no scheme"},
		{"trusted with a path", func(c *auth.Config) { c.Origins.Trusted = []string{"https://a.example/x"} }, "trusted origin"},
		{"trusted everything", func(c *auth.Config) { c.Origins.Trusted = []string{"*"} }, "trusted origin"},
		{"trusted nothing", func(c *auth.Config) { c.Origins.Trusted = []string{""} }, "trusted origin"},
	} {
		c := auth.Config{DB: d, Secret: []byte(secret)}
		test.set(&c)
		s, err := auth.New(c)
		if err == nil {
			s.Close()
		}
		if (err == nil) != (test.want == "") || err != nil && !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: %v", test.name, err)
		}
		if err != nil && len(c.Secret) > 0 && strings.Contains(err.Error(), string(c.Secret)) {
			t.Errorf("%s: the error shows the secret", test.name)
		}
	}
}

func TestRequestsThatAreRefused(t *testing.T) {
	g := newRig(t)
	const fields = `"name":"n","email":"a@example.com","password":"correct horse battery"`
	big := `{"name":"` + strings.Repeat("x", 64<<10) + `"}`
	for _, test := range []struct {
		name, path, kind, body string
		status                 int
		code                   string
	}{
		{"not JSON", "/sign-in/email", "application/json", `{bad json`, 400, "VALIDATION_ERROR"},
		{"half", "/sign-in/email", "application/json", `{"email":"a@exam`, 400, "VALIDATION_ERROR"},
		{"more than one", "/sign-in/email", "application/json", `{} {}`, 400, "VALIDATION_ERROR"},
		{"array", "/sign-in/email", "application/json", `[]`, 400, "VALIDATION_ERROR"},
		{"string", "/sign-in/email", "application/json", `"x"`, 400, "VALIDATION_ERROR"},
		{"null", "/sign-in/email", "application/json", `null`, 400, "VALIDATION_ERROR"},
		{"empty", "/sign-in/email", "application/json", ``, 400, "VALIDATION_ERROR"},
		{"nothing at all", "/sign-in/email", "", ``, 400, "VALIDATION_ERROR"},
		{"no fields", "/sign-in/email", "application/json", `{}`, 400, "VALIDATION_ERROR"},
		{"number", "/sign-in/email", "application/json", `{"email":1,"password":"x"}`, 400, "VALIDATION_ERROR"},
		{"object", "/sign-in/email", "application/json", `{"email":{"$ne":1},"password":"x"}`, 400, "VALIDATION_ERROR"},
		{"null field", "/sign-in/email", "application/json", `{"email":null,"password":"x"}`, 400, "VALIDATION_ERROR"},
		{"names in capitals", "/sign-in/email", "application/json", `{"EMAIL":"a@example.com","Password":"x"}`, 400, "VALIDATION_ERROR"},
		{"invalid UTF-8", "/sign-in/email", "application/json", "{\"email\":\"a@example.com\xff\",\"password\":\"x\"}", 400, "VALIDATION_ERROR"},
		{"deep", "/sign-in/email", "application/json", strings.Repeat(`{"a":`, 12000) + "1" + strings.Repeat("}", 4), 400, "VALIDATION_ERROR"},
		{"deeper than the decoder goes", "/sign-in/email", "application/json", `{"a":` + strings.Repeat(`[`, 11000) + strings.Repeat("]", 11000) + "}", 400, "VALIDATION_ERROR"},
		{"big", "/sign-in/email", "application/json", big, 413, "PAYLOAD_TOO_LARGE"},
		{"text", "/sign-in/email", "text/plain", `{}`, 415, "UNSUPPORTED_MEDIA_TYPE"},
		{"no type", "/sign-in/email", "", `{}`, 415, "UNSUPPORTED_MEDIA_TYPE"},
		{"multipart", "/sign-in/email", "multipart/form-data; boundary=x", `{}`, 415, "UNSUPPORTED_MEDIA_TYPE"},
		{"odd type", "/sign-in/email", "application/json;;", `{}`, 415, "UNSUPPORTED_MEDIA_TYPE"},
		{"form where none is taken", "/sign-out", "application/x-www-form-urlencoded", `a=b`, 415, "UNSUPPORTED_MEDIA_TYPE"},
		{"bad form", "/sign-in/email", "application/x-www-form-urlencoded", `email=%zz`, 400, "VALIDATION_ERROR"},
		{"form not UTF-8", "/sign-in/email", "application/x-www-form-urlencoded", `email=%ff&password=x`, 400, "VALIDATION_ERROR"},
		{"form with half the fields", "/sign-in/email", "application/x-www-form-urlencoded", `email=a%40example.com`, 400, "VALIDATION_ERROR"},
		{"form with a flag", "/sign-in/email", "application/x-www-form-urlencoded", `email=a%40example.com&password=x&rememberMe=true`, 400, "VALIDATION_ERROR"},
		{"charset", "/sign-in/email", "application/json; charset=utf-8", `{"email":"a@example.com","password":"x"}`, 401, "INVALID_EMAIL_OR_PASSWORD"},
		{"last of two keys", "/sign-in/email", "application/json", `{"email":1,"email":"a@example.com","password":"x"}`, 401, "INVALID_EMAIL_OR_PASSWORD"},
		{"remember of a wrong type", "/sign-up/email", "application/json", `{` + fields + `,"rememberMe":"no"}`, 400, "VALIDATION_ERROR"},
		{"short password", "/sign-up/email", "application/json", `{"name":"n","email":"a@example.com","password":"1234567"}`, 400, "PASSWORD_TOO_SHORT"},
		{"mass assignment", "/sign-up/email", "application/json", `{` + fields + `,"id":"x","emailVerified":true,"role":"admin","createdAt":"2020-01-01"}`, 200, ""},
	} {
		r := g.jar().request("POST", test.path, test.body)
		if test.body == "" {
			r = httptest.NewRequest("POST", base+"/api/auth"+test.path, strings.NewReader(""))
		}
		r.Header.Del("Content-Type")
		if test.kind != "" {
			r.Header.Set("Content-Type", test.kind)
		}
		p := g.do(r)
		if p.Code != test.status || test.code != "" && !strings.Contains(p.text, `"code":"`+test.code+`"`) {
			t.Errorf("%s: got %d %s, want %d %s", test.name, p.Code, p.text, test.status, test.code)
		}
	}
	var verified int
	g.query(`select email_verified from users`, &verified)
	if verified != 0 {
		t.Error("a client verified its own address")
	}
}

// What isn't there is 404 and empty, never a page, and nothing is cached.
func TestPathsAndMethods(t *testing.T) {
	g := newRig(t)
	alice := g.jar().signUp("alice")
	for _, request := range []string{
		"GET /", "GET /nope", "GET /sign-out", "GET /sign-in/email", "POST /get-session", "POST /list-sessions", "POST /ok", "HEAD /ok", "HEAD /get-session",
		"OPTIONS /get-session", "PUT /sign-out", "DELETE /get-session", "PATCH /sign-in/email", "GET /get-session/", "GET //get-session",
		"GET /GET-SESSION", "GET /get-session%20", "GET /get-session%00", "GET /sign-in/social", "POST /get-access-token", "POST /refresh-token", "POST /account-info", "GET /account-info", "GET /delete-user", "GET /update-user", "GET /callback/", "PUT /callback/google",
		"POST /set-password", "GET /../auth/get-session", "BREW /ok", "get /ok",
	} {
		method, path, _ := strings.Cut(request, " ")
		r := alice.request("GET", path, "")
		r.Method = method
		r.Header.Set("Origin", base)
		p := g.do(r)
		if p.Code != 404 || p.text != "" || p.Header().Get("Content-Type") != "" || p.Header().Get("Access-Control-Allow-Origin") != "" {
			t.Errorf("%s: %d %q %v", request, p.Code, p.text, p.Header())
		}
	}
	for _, path := range []string{"/ok", "/error", "/get-session", "/list-sessions", "/nope"} {
		if p := alice.get(path); p.Header().Get("Cache-Control") != "no-store" {
			t.Errorf("%s: %v", path, p.Header())
		}
	}
	// Outside the prefix it serves nothing, whoever mounts it where.
	for _, path := range []string{"/ok", "/api/ok", "/api/authok", "/api/auth", "/x/api/auth/ok"} {
		if p := g.do(httptest.NewRequest("GET", base+path, nil)); p.Code != 404 {
			t.Errorf("%s: %d", path, p.Code)
		}
	}
}

func TestErrorPageEscapes(t *testing.T) {
	g := newRig(t)
	for code, want := range map[string]string{
		"please_restart_the_process":        ">please_restart_the_process<",
		"%3Cscript%3Ealert(1)%3C/script%3E": "&lt;script&gt;alert(1)&lt;/script&gt;",
		"%22onload=x":                       "&#34;onload=x",
		"%ff":                               ">\ufffd<",
		"":                                  ">Unknown<",
		strings.Repeat("x", 5000):           ">Unknown<",
	} {
		p := g.jar().get("/error?error=" + code)
		h := p.Header()
		if p.Code != 200 || !strings.Contains(p.text, want) || strings.Contains(p.text, "<script") {
			t.Errorf("%s: %s", code, p.text)
		}
		if !strings.HasPrefix(h.Get("Content-Security-Policy"), "default-src 'none'; style-src 'unsafe-inline'") || !strings.HasPrefix(h.Get("Content-Type"), "text/html") {
			t.Errorf("%s: %v", code, h)
		}
	}
}

// §13.16: identity comes from the session alone.
func TestForgedIdentityHeaders(t *testing.T) {
	g := newRig(t)
	alice := g.jar().signUp("alice")
	for _, from := range []*jar{alice, g.jar()} {
		r := from.request("GET", "/get-session", "")
		for _, name := range []string{"X-User-Id", "X-User-Name", "X-User-Image", "X-Forwarded-User", "Remote-User"} {
			r.Header.Set(name, "mallory")
		}
		id, ok, err := g.Identify(r)
		if err != nil || ok != (from == alice) || strings.Contains(fmt.Sprint(id), "mallory") {
			t.Errorf("got %+v %v %v", id, ok, err)
		}
		if p := g.do(r); strings.Contains(p.text, "mallory") {
			t.Errorf("got %s", p.text)
		}
	}
}

func TestUserAgentIsCut(t *testing.T) {
	g := newRig(t)
	alice := g.jar()
	r := alice.request("POST", "/sign-up/email", `{"name":"a","email":"a@example.com","password":"`+good+`"}`)
	r.Header.Set("User-Agent", "x"+strings.Repeat("é", 1000)+"\xff")
	alice.send(r).want(t, 200, "")
	if ua := alice.session().Session.UserAgent; len(ua) > 512 || len(ua) < 500 || !utf8.ValidString(ua) || strings.Contains(ua, "\ufffd") {
		t.Errorf("%d bytes: %q", len(ua), ua)
	}
}

func TestFullDisk(t *testing.T) {
	g := newRig(t)
	alice := g.jar().signUp("alice")
	before, _ := alice.identity()
	g.exec(`pragma max_page_count = 1`) // which means: not one page more
	var p reply
	for range 1000 { // until the pages that are there are full
		r := g.jar().request("POST", "/sign-in/email", `{"email":"alice@example.com","password":"`+good+`"}`)
		r.Header.Set("User-Agent", strings.Repeat("x", 512))
		if p = g.do(r); p.Code != 200 {
			break
		}
	}
	p.want(t, 503, "STORAGE_UNAVAILABLE")
	if p.Header().Get("Retry-After") == "" || len(p.Header()["Set-Cookie"]) > 0 {
		t.Errorf("headers %v", p.Header())
	}
	if id, ok := alice.identity(); !ok || !reflect.DeepEqual(id, before) {
		t.Error("who was signed in is not")
	}
}

func TestSignInThatFailsEndsNothing(t *testing.T) {
	g := newRig(t)
	alice := g.jar().signUp("alice")
	before, _ := alice.identity()
	g.exec(`create trigger refuse before insert on sessions begin select raise(abort, 'no'); end`)
	p := alice.post("/sign-in/email", `{"email":"alice@example.com","password":"`+good+`"}`).want(t, 500, "")
	if p.text != "" || len(p.Header()["Set-Cookie"]) > 0 {
		t.Errorf("got %s %v", p.text, p.Header())
	}
	if id, ok := alice.identity(); !ok || !reflect.DeepEqual(id, before) || len(g.told()) > 0 {
		t.Error("the session before it is ended")
	}
}

// §13.24, and what must never be logged.
func TestLogsNameNobodysSecrets(t *testing.T) {
	var b bytes.Buffer
	g := newRig(t, func(c *auth.Config) {
		c.Logger = slog.New(slog.NewJSONHandler(&b, &slog.HandlerOptions{Level: slog.LevelDebug}))
		c.ClientIP = func(*http.Request) string { return "203.0.113.7" }
	})
	alice := g.jar().signUp("alice-planted")
	token := alice.session().Session.Token
	id, _ := alice.identity()
	alice.post("/sign-in/email", `{"email":"alice-planted@example.com","password":"planted password"}`).want(t, 401, "INVALID_EMAIL_OR_PASSWORD")
	alice.post("/sign-in/email", `{"email":"planted@example.com","password":"planted password"}`).want(t, 401, "INVALID_EMAIL_OR_PASSWORD")
	cookie := alice.cookies[tokenName]
	alice.signIn("alice-planted")
	second := alice.session().Session.Token
	alice.post("/revoke-session", `{"token":"planted-token"}`).want(t, 200, "")
	alice.post("/sign-out", `{}`)
	alice.signIn("alice-planted").post("/revoke-sessions", `{}`)
	g.exec(`drop table accounts`)
	g.jar().post("/sign-in/email?planted=query", `{"email":"alice-planted@example.com","password":"`+good+`"}`).want(t, 500, "")
	log := b.String()
	for _, must := range []string{
		`"msg":"signed up"`, `"msg":"signed in"`, `"msg":"session ended"`, `"why":"sign-out"`, `"why":"revoked"`, `"msg":"request failed"`,
		`"user":"` + id.UserID + `"`, `"session":"` + id.SessionKey[:8] + `"`,
	} {
		if !strings.Contains(log, must) {
			t.Errorf("nothing logs %s", must)
		}
	}
	for _, never := range []string{"planted", token, second, cookie, id.SessionKey, good, "203.0.113.7", "example.com", secret} {
		if strings.Contains(log, never) {
			t.Errorf("the log has %q:\n%s", never, log)
		}
	}
}
