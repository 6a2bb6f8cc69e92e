package main

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"snug/mail/mailtest"
)

func TestWarningsAreLogged(t *testing.T) {
	p := start(t, t.TempDir(), []string{"SNUG_GUESTS=true", "SNUG_SIGN_UP=invite", "SNUG_REQUIRE_VERIFIED_EMAIL=true"})
	p.signal(t, syscall.SIGTERM)
	_, log, _ := p.wait(t)
	for _, want := range []string{"level=WARN msg=\"guests let everyone in", "level=WARN msg=\"addresses must be verified"} {
		if !strings.Contains(log, want) {
			t.Errorf("no %q in the log:\n%s", want, log)
		}
	}
}

// nowhere is an address on this machine where nobody listens.
func nowhere(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	return l.Addr().String()
}

// An issuer that is away keeps nobody from starting, nor from signing in otherwise.
func TestIssuerIsAway(t *testing.T) {
	log := newLog()
	s := hosted{log: log, env: []string{
		"SNUG_OIDC_ACME_ISSUER=http://" + nowhere(t), "SNUG_OIDC_ACME_CLIENT_ID=snug", "SNUG_OIDC_ACME_NAME=Acme",
		"SNUG_OIDC_ACME_ROOMS=global,attic,cellar",
		"GOOGLE_CLIENT_ID=id", "GOOGLE_CLIENT_SECRET=planted-secret",
	}}.start(t)
	addr := s.Addr().String()
	options := get(t, addr, "/api/account/options", 200)
	if !strings.Contains(options, `"providers":[{"id":"google","name":"Google"},{"id":"acme","name":"Acme"}]`) {
		t.Errorf("options %s", options)
	}
	if status, body := stranger(t, addr).post("/api/auth/sign-in/social", map[string]string{"provider": "acme"}); status < 400 {
		t.Errorf("sign in there: %d %s", status, body)
	}
	if name := signUp(t, addr, "Ada").name(); name != "Ada" {
		t.Errorf("signed in is %q", name)
	}
	for _, room := range []string{"attic", "cellar"} {
		if !strings.Contains(log.String(), `level=WARN msg="a room that newcomers are sent to isn't there" room=`+room+" setting=oidc.acme.rooms") {
			t.Errorf("no warning of %s:\n%s", room, log)
		}
	}
	if strings.Contains(log.String(), "room=global") || strings.Contains(log.String(), "planted-secret") {
		t.Errorf("the log:\n%s", log)
	}
}

// What a setting names and isn't there is said with the setting's name.
func TestSettingsThatNameFiles(t *testing.T) {
	dir := t.TempDir()
	text := filepath.Join(dir, "text.mmdb")
	write(t, text, "not a database")
	for _, tt := range []struct {
		args []string
		want []string
	}{
		{[]string{"--web-dir", filepath.Join(dir, "none")}, []string{"setting web-dir: ", filepath.Join(dir, "none"), "no such file"}},
		{[]string{"--web-dir", dir}, []string{"setting web-dir: ", dir, "no index.html"}},
		{[]string{"--place-database", filepath.Join(dir, "none.mmdb")}, []string{"setting place-database: ", "none.mmdb", "no such file"}},
		{[]string{"--place-database", text}, []string{"setting place-database: ", text}},
	} {
		data := filepath.Join(t.TempDir(), "data")
		_, err := hosted{data: data}.open(t, tt.args...)
		if err == nil {
			t.Errorf("%q: it starts", tt.args)
			continue
		}
		for _, want := range tt.want {
			if !strings.Contains(err.Error(), want) {
				t.Errorf("%q: no %q in: %v", tt.args, want, err)
			}
		}
		// All is let go of.
		s, err := hosted{data: data}.open(t)
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}
}

// mailArgs are the settings with which a server sends its mails there.
func mailArgs(addr string) []string {
	ap := netip.MustParseAddrPort(addr)
	return []string{"--base-url", "http://localhost:3000", "--smtp-host", ap.Addr().String(), "--smtp-port", fmt.Sprint(ap.Port()),
		"--smtp-tls", "none", "--mail-from", "Snug <snug@example.org>"}
}

// A request that is under way when the stop begins is answered, and the mail that it
// sends leaves.
func TestMailLeavesDuringStop(t *testing.T) {
	office := mailtest.Start(t)
	log := newLog()
	s := hosted{log: log}.start(t, mailArgs(office.Addr)...)
	addr := s.Addr().String()
	ada := signUpAt(t, addr, "http://localhost:3000", "Ada")

	// The body stops half-way.
	body := `{"email":"bob@example.com"}`
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	fmt.Fprintf(conn, "POST /api/account/invites HTTP/1.1\r\nHost: localhost:3000\r\nOrigin: http://localhost:3000\r\nContent-Type: application/json\r\n"+
		"Expect: 100-continue\r\nCookie: %s\r\nContent-Length: %d\r\n\r\n", ada.cookies(), len(body))
	replies := bufio.NewReader(conn)
	// The handler asks for the body: the request is under way.
	if line, err := replies.ReadString('\n'); err != nil || !strings.Contains(line, "100 Continue") {
		t.Fatalf("%q %v", line, err)
	}
	if _, err := replies.ReadString('\n'); err != nil {
		t.Fatal(err)
	}
	stopped := make(chan struct{})
	go func() { defer close(stopped); s.stop() }()
	for { // until it takes no more connections
		late, err := net.Dial("tcp", addr)
		if err != nil {
			break
		}
		late.Close()
	}
	fmt.Fprint(conn, body)
	resp, err := http.ReadResponse(replies, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if text, _ := io.ReadAll(resp.Body); resp.StatusCode != 200 || !strings.Contains(string(text), `"mailed":true`) {
		t.Errorf("invite: %d %s", resp.StatusCode, text)
	}
	<-stopped
	if m := office.Wait(t, "bob@example.com"); !strings.Contains(m.Text, "http://localhost:3000/invite/") {
		t.Errorf("mail %+v\n%s", m, log)
	}
}

// A mail server that says nothing doesn't keep us from stopping.
func TestStopWithoutMailServer(t *testing.T) {
	mute, err := net.Listen("tcp", "127.0.0.1:0") // takes connections, never speaks
	if err != nil {
		t.Fatal(err)
	}
	defer mute.Close()
	log := newLog()
	s := hosted{log: log}.start(t, mailArgs(mute.Addr().String())...)
	ada := signUpAt(t, s.Addr().String(), "http://localhost:3000", "Ada")
	if status, body := ada.post("/api/account/invites", map[string]string{"email": "bob@example.com"}); status != 200 {
		t.Fatalf("invite: %d %s", status, body)
	}
	began := time.Now()
	s.Hurry()
	s.stop()
	if took := time.Since(began); took > stopTime {
		t.Errorf("that took %s", took)
	}
	if !strings.Contains(log.String(), "stopped before all mails were sent") {
		t.Errorf("the log:\n%s", log)
	}
}

// signUpAt makes an account at a server that goes by a name.
func signUpAt(t *testing.T, addr, base, name string) *person {
	t.Helper()
	p := stranger(t, addr)
	p.base = base
	email := strings.ToLower(name) + "@example.com"
	if status, body := p.post("/api/auth/sign-up/email", map[string]string{"name": name, "email": email, "password": "correct horse"}); status != 200 {
		t.Fatalf("sign up: %d %s", status, body)
	}
	return p
}

// cookies are what their browser sends. A jar goes by the name that was asked for,
// not by the address.
func (p *person) cookies() string {
	p.t.Helper()
	u, err := url.Parse(p.origin() + "/api/")
	if err != nil {
		p.t.Fatal(err)
	}
	var all []string
	for _, c := range p.client.Jar.Cookies(u) {
		all = append(all, c.Name+"="+c.Value)
	}
	return strings.Join(all, "; ")
}
