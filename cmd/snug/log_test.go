package main

import (
	"bytes"
	"image"
	"image/png"
	"io"
	"net/http"
	"net/url"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"

	"snug/mail/mailtest"
)

// A spy notes what goes over the wire and is nobody else's: the values of cookies,
// and whatever looks like something that opens something.
type spy struct {
	mu    sync.Mutex
	known map[string]bool
}

var (
	openers    = regexp.MustCompile(`(?:"token":"|"challenge":"|/invite/|[?&]token=|reset-password/|secret=)([\w.-]{20,})|"(\w{5}-\w{5})"`)
	afterEqual = regexp.MustCompile(`=([^;]{20,})`)
)

func (s *spy) RoundTrip(r *http.Request) (*http.Response, error) {
	res, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	body, err := io.ReadAll(res.Body)
	if err != nil {
		return nil, err
	}
	res.Body = io.NopCloser(bytes.NewReader(body))
	for _, line := range res.Header["Set-Cookie"] {
		if m := afterEqual.FindStringSubmatch(line); m != nil {
			s.note(m[1])
			value, _, _ := strings.Cut(m[1], ".")
			s.note(value)
		}
	}
	s.read(string(body) + " " + res.Header.Get("Location"))
	return res, nil
}

func (s *spy) read(text string) {
	for _, m := range openers.FindAllStringSubmatch(text, -1) {
		s.note(m[1] + m[2])
	}
}

func (s *spy) note(text string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.known[text] = true
}

// §13.7: two people live on a server that is told to log all that it can. What opens
// something, what names or addresses them, and what they say isn't in the log.
func TestLogOfTwoLives(t *testing.T) {
	office := mailtest.Start(t)
	dir := t.TempDir()
	env := []string{"GITHUB_CLIENT_ID=planted-client", "GITHUB_CLIENT_SECRET=planted-client-secret", "SNUG_GITHUB_URL=http://127.0.0.1:9"}
	server := start(t, dir, env, slices.Concat(mailArgs(office.Addr), []string{"--auth-rate", "0", "--log-level", "debug", "--magic-links", "--guests"})...)
	const base = "http://localhost:3000"
	wire := &spy{known: map[string]bool{}}
	visitor := func() *person {
		p := stranger(t, server.addr)
		p.base, p.client.Transport = base, wire
		p.client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
		return p
	}
	mailed := func(to string) *url.URL {
		t.Helper()
		m := office.Wait(t, to)
		wire.read(m.Text)
		links := m.Links()
		if len(links) == 0 {
			t.Fatalf("no link in %q", m.Subject)
		}
		u, err := url.Parse(links[0])
		if err != nil {
			t.Fatal(err)
		}
		return u
	}
	follow := func(p *person, u *url.URL) {
		t.Helper()
		if status, body := p.request("GET", u.RequestURI(), nil); status >= 400 {
			t.Fatalf("%s: %d %s", u.Path, status, body)
		}
	}

	// Each signs up, confirms the address, forgets the password, and comes back.
	var two []*person
	for _, name := range []string{"ada", "bob"} {
		p := visitor()
		email := "planted." + name + "@example.com"
		p.ok("/api/auth/sign-up/email", map[string]string{"name": "Planted " + name, "email": email, "password": "planted password"}, nil)
		follow(p, mailed(email))
		p.post("/api/auth/sign-in/email", map[string]string{"email": email, "password": "planted wrong"})
		p.ok("/api/auth/request-password-reset", map[string]string{"email": email, "redirectTo": "/planted-page"}, nil)
		link := mailed(email)
		follow(p, link)
		p.ok("/api/auth/reset-password", map[string]string{"newPassword": "correct horse", "token": link.Path[strings.LastIndexByte(link.Path, '/')+1:]}, nil)
		mailed(email) // tells of it
		p.ok("/api/auth/sign-in/magic-link", map[string]string{"email": email}, nil)
		if status, body := p.openLink(mailed(email).String()); status != 200 {
			t.Fatalf("sign in by mail: %d %s", status, body)
		}
		p.ok("/api/auth/change-email", map[string]string{"newEmail": "planted.new." + name + "@example.com"}, nil)
		follow(p, mailed(email))
		follow(p, mailed("planted.new."+name+"@example.com"))
		mailed(email)
		p.protect()
		p.ok("/api/auth/update-user", map[string]string{"name": "Planted " + name + " the Second", "image": "https://planted.example/me.png"}, nil)
		var face bytes.Buffer
		if err := png.Encode(&face, image.NewGray(image.Rect(0, 0, 9, 9))); err != nil {
			t.Fatal(err)
		}
		r, err := http.NewRequest("POST", "http://"+server.addr+"/api/account/avatar?x=planted", &face)
		if err != nil {
			t.Fatal(err)
		}
		r.Host = "localhost:3000"
		r.Header.Set("Origin", base)
		r.Header.Set("Content-Type", "image/png")
		do(t, p.client, r)
		two = append(two, p)
	}
	ada, bob := two[0], two[1]

	// They talk, with scripts, guests and invitations.
	var made struct{ Token, ID string }
	ada.ok("/api/account/tokens", map[string]any{"name": "planted script", "scopes": []string{"messages:read", "messages:write"}}, &made)
	header := map[string]string{"Authorization": "Bearer " + made.Token, "Host": "localhost:3000"}
	if status, body := ask(t, server.addr, "POST /api/rooms/global/messages?q=planted", header, `{"clientId":"planted-id","content":"planted words"}`); status >= 300 {
		t.Fatalf("post: %d %s", status, body)
	}
	ada.post("/api/account/invites", map[string]string{"email": "planted.guest@example.com"})
	mailed("planted.guest@example.com")
	visitor().post("/api/auth/sign-in/anonymous", map[string]string{"name": "Planted Guest"})
	visitor().post("/api/auth/sign-in/social", map[string]any{"provider": "github", "callbackURL": "/planted", "loginHint": "planted@example.com"})
	bob.request("GET", "/api/auth/list-sessions", nil)
	bob.request("GET", "/api/account/export", nil)
	bob.request("GET", "/api/rooms/global/messages?after=planted", nil)

	// Every route is asked for nonsense, with and without a session.
	for _, route := range routes() {
		method, path, _ := strings.Cut(route, " ")
		path = strings.Replace(path, "/x", "/planted-parameter", 1) + "?token=planted-token&code=planted-code&state=planted-state&error=planted-error&callbackURL=/planted"
		body := map[string]any{"email": "planted.nobody@example.com", "password": "planted password", "token": "planted-token", "code": "planted", "name": "Planted"}
		if strings.Contains(route, "revoke") || strings.Contains(route, "delete") || strings.Contains(route, "sign-out") {
			continue // they live on for now
		}
		for _, p := range []*person{visitor(), bob} {
			p.request(method, path, body)
		}
		ask(t, server.addr, method+" "+path, map[string]string{"Host": "localhost:3000", "Origin": "https://planted.example", "Cookie": "planted=planted; better-auth.session_token=planted.planted",
			"User-Agent": "planted agent", "Referer": "https://planted.example/planted", "X-Forwarded-For": "203.0.113.66", "Authorization": "Bearer snug_planted"}, `{"planted":`)
	}
	ask(t, server.addr, "GET /planted/page?planted=1", map[string]string{"Host": "planted.example"}, "")

	// The operator helps.
	for _, args := range [][]string{{"list", "planted"}, {"link", "planted.new.bob@example.com"}, {"invite", "planted.other@example.com"},
		{"role", "planted.new.bob@example.com", "moderator"}, {"ban", "planted.new.bob@example.com", "--reason", "planted reason"}, {"unban", "planted.new.bob@example.com"},
		{"delete", "planted.new.bob@example.com", "--yes"}} {
		r := execute(t, dir, nil, append([]string{"user"}, args...)...)
		wire.read(r.stdout)
		r.want(t, 0)
	}
	ada.ok("/api/auth/revoke-sessions", struct{}{}, nil)
	server.signal(t, syscall.SIGTERM)
	code, log, _ := server.wait(t)
	if code != 0 {
		t.Errorf("exit code %d", code)
	}
	wire.note(strings.TrimSpace(read(t, filepath.Join(dir, "data", "secret"))))
	if len(wire.known) < 40 {
		t.Fatalf("only %d secrets are known: %v", len(wire.known), wire.known)
	}
	var found []string
	for text := range wire.known {
		if strings.Contains(log, text) {
			found = append(found, text)
		}
	}
	for _, text := range []string{"planted", "Planted", "@example.com", "correct horse", "203.0.113.66"} {
		if strings.Contains(log, text) {
			found = append(found, text)
		}
	}
	for _, msg := range []string{"signed in", "signed up", "second factor on", "address changed", "API token made", "all sessions ended", "user banned", "user deleted"} {
		if !strings.Contains(log, `msg="`+msg+`"`) {
			t.Errorf("nothing logs %q", msg)
		}
	}
	if len(found) > 0 {
		for line := range strings.Lines(log) {
			if slices.ContainsFunc(found, func(text string) bool { return strings.Contains(line, text) }) {
				t.Error(strings.TrimSpace(line))
			}
		}
		t.Errorf("the log has %q", found)
	}
	if t.Failed() {
		t.Log(log)
	}
}
