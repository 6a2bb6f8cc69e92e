package auth_test

import (
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"snug/auth"
)

// actors are who may send a request.
var actors = []string{"nobody", "guest", "user", "owner"}

// A troupe is a server with somebody of each kind.
type troupe struct {
	*rig
	routes []string
	jars   map[string]*jar
	opens  []string // what opens the owner's account
}

func newTroupe(f *testing.F) *troupe {
	p := newIDP(f)
	s := &troupe{jars: map[string]*jar{}}
	s.rig = newRig(f, p.use, guests, magicLinks, func(c *auth.Config) { c.Mail = func(auth.Mail) error { return nil } })
	s.routes = slices.Sorted(maps.Keys(s.Routes()))
	s.assemble()
	return s
}

// assemble makes those anew whom a request has signed out or deleted.
func (s *troupe) assemble() {
	s.Helper()
	for _, who := range []string{"owner", "user", "guest"} {
		if j := s.jars[who]; j != nil {
			if _, ok := j.identity(); ok {
				continue
			}
		}
		s.exec(`delete from users where email = ?`, who+"@example.com")
		if who == "guest" {
			s.jars[who] = s.guest()
			continue
		}
		s.jars[who] = s.jar().signUp(who)
		s.exec(`update users set role = case name when 'owner' then 'owner' else 'member' end where anonymous = 0`)
	}
	s.opens = []string{s.jars["owner"].session().Session.Token, s.jars["owner"].cookies["better-auth.session_token"]}
}

// beginsSessions are the routes by which somebody gets a session who had none.
var beginsSessions = map[string]bool{
	"POST /auth/sign-up/email": true, "POST /auth/sign-in/email": true, "POST /auth/sign-in/anonymous": true, "GET /auth/callback/*": true,
	"GET /auth/magic-link/verify": true, "POST /auth/sign-in/social": true, "POST /auth/passkey/verify-authentication": true,
	"POST /auth/two-factor/verify-totp": true, "POST /auth/two-factor/verify-backup-code": true,
}

// oddFields have values that no form of ours sends.
const oddFields = `{"token":"\u0000","name":"\ud800","email":"owner@example.com","newEmail":"a@b.cd","password":"\ud800\ud800\ud800\ud800","code":"\u202e",
	"currentPassword":"x","newPassword":"\ud800\ud800\ud800\ud800\ud800\ud800\ud800\ud800","callbackURL":"/","redirectTo":"//evil.example","provider":"google",
	"scopes":["\ud800"],"id":"\u0000","uses":1e99,"expiresInDays":-0,"response":{"id":"\ud800","response":{"clientDataJSON":""}},"idToken":{"token":"..","nonce":null},
	"image":"https://%","loginHint":"\u0000","issuer":"\ud800","providerId":"credential","accountId":""}`

// §13.19: whoever sends whatever to any route, it is never our fault, sends nobody
// elsewhere, tells nobody what opens another's account and lets nobody in who didn't
// ask to be.
func FuzzRoutes(f *testing.F) {
	s := newTroupe(f)
	for i, x := range newStory(f, base, nil).play().said {
		route := slices.Index(s.routes, s.RouteOf(x.Request))
		param := x.URL.Path[strings.LastIndexByte(x.URL.Path, '/')+1:]
		f.Add(uint8(route), uint8(i), "", param, x.URL.RawQuery, x.Header.Get("Content-Type"), x.Header.Get("Cookie"), "", x.sent)
	}
	const query, cookies = "token=x&callbackURL=%2f%5cevil.example&error=%0d%0aX: y", "better-auth.session_token=a.b; =; better-auth.state.x=%"
	for i := range s.routes {
		for n, odd := range []string{`{"a":` + strings.Repeat("[", 500), "\xff\x00", oddFields, `a=b&a=%zz`, ``} {
			kind := []string{"application/json", "text/plain", "application/json", "application/x-www-form-urlencoded", ""}[n]
			f.Add(uint8(i), uint8(n), "", "..%2f", query, kind, cookies, "Origin: null", odd)
			f.Add(uint8(i), uint8(n+1), "", "x", "", kind, "", "X-Forwarded-Proto: https", odd)
		}
		for n, method := range []string{"PUT", "OPTIONS", "HEAD", "DELETE"} {
			f.Add(uint8(i), uint8(n), method, "x", query, "application/json", "", "", "{}")
		}
	}
	f.Fuzz(func(t *testing.T, route, who uint8, method, param, query, kind, cookies, header, body string) {
		s.TB = t
		for _, j := range s.jars {
			j.rig = s.rig
		}
		name := s.routes[int(route)%len(s.routes)]
		actor := actors[int(who)%len(actors)]
		verb, pattern, _ := strings.Cut(name, " ")
		if method == "" || strings.ContainsFunc(method, func(r rune) bool { return r <= ' ' || r >= 0x7f }) {
			method = verb
		}
		r := httptest.NewRequest("GET", base+"/", nil)
		r.Method, r.Body = method, io.NopCloser(strings.NewReader(body))
		r.URL.Path, r.URL.RawQuery = "/api"+strings.Replace(pattern, "*", param, 1), query
		r.Header = http.Header{"Origin": {base}, "Content-Type": {printed(kind)}}
		if j := s.jars[actor]; j != nil {
			r.Header = j.request("POST", "/x", "").Header
			r.Header.Set("Content-Type", printed(kind))
		}
		if cookies != "" {
			r.Header.Add("Cookie", printed(cookies))
		}
		if key, value, ok := strings.Cut(header, ":"); ok && !strings.EqualFold(strings.TrimSpace(key), "Authorization") {
			r.Header.Set(printed(key), printed(strings.TrimSpace(value)))
		}
		began := time.Now()
		p := s.do(r)
		say := func(what string) {
			t.Errorf("%s: %s as %s, %s?%q, %q, cookies %q, header %q, body %q: %d %v %s", what, method, actor, r.URL.Path, query, kind, cookies, header, body, p.Code, p.Header(), p.text)
		}
		switch kind := p.Header().Get("Content-Type"); {
		case p.Code >= 500 || p.Code < 200:
			say("fault")
		case time.Since(began) > 20*time.Second:
			say("slow") // as far as that can be said on a machine that does other things too
		case len(p.text) > 1<<20:
			say("long")
		case strings.HasPrefix(kind, "image/"):
		case !utf8.ValidString(p.text), strings.HasPrefix(kind, "application/json") && p.text != "" && !json.Valid([]byte(p.text)):
			say("broken")
		}
		for _, values := range p.Header() {
			if strings.ContainsAny(strings.Join(values, ""), "\r\n\x00") {
				say("header is broken")
			}
		}
		if landsAt(base+"/api/auth/x", p.Header().Get("Location")) != base {
			say("leads elsewhere")
		}
		if actor != "owner" && slices.ContainsFunc(s.opens, func(text string) bool { return strings.Contains(p.text+p.Header().Get("Location"), text) }) {
			say("opens the owner's account")
		}
		for _, c := range p.Result().Cookies() {
			if c.Name == "better-auth.session_token" && c.Value != "" && actor == "nobody" && !beginsSessions[s.RouteOf(r)] {
				say("signs somebody in")
			}
		}
		s.assemble()
	})
}

// printed leaves out what no header has: servers refuse it before we see it.
func printed(text string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' && r != '\t' || r == 0x7f {
			return -1
		}
		return r
	}, text)
}
