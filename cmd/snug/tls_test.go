package main

import (
	"bufio"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"

	"snug/certs/certstest"
)

// secured is a server that speaks TLS for chat.example, on a port of this machine.
type secured struct {
	t     *testing.T
	addr  string
	roots *x509.CertPool
}

const securedBase = "https://chat.example"

// browser returns one that trusts the server and finds it under its name. Like
// browsers it speaks HTTP/2 where h2 is true, and HTTP/1.1 for sockets.
func (s secured) browser(jar http.CookieJar, h2 bool) *http.Client {
	s.t.Helper()
	transport := &http.Transport{
		TLSClientConfig: &tls.Config{RootCAs: s.roots}, ForceAttemptHTTP2: h2,
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, "tcp", s.addr)
		},
	}
	s.t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport, Jar: jar}
}

// talk signs up over HTTP/2, and talks over a socket: all that people do.
func (s secured) talk(name string) {
	t := s.t
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	client := s.browser(jar, true)
	body := fmt.Sprintf(`{"name":%q,"email":"%s@example.com","password":"correct horse"}`, name, strings.ToLower(name))
	r, err := http.NewRequest("POST", securedBase+"/api/auth/sign-up/email", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Origin", securedBase)
	resp, err := client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	text, _ := io.ReadAll(resp.Body)
	_ = resp.Body.Close()
	if resp.StatusCode != 200 || resp.ProtoMajor != 2 {
		t.Fatalf("sign up: %s %d %s", resp.Proto, resp.StatusCode, text)
	}
	if hsts := resp.Header.Get("Strict-Transport-Security"); hsts == "" {
		t.Error("no Strict-Transport-Security")
	}
	session := false
	for _, c := range resp.Cookies() {
		if !c.Secure {
			t.Errorf("cookie %s isn't bound to https: %+v", c.Name, c)
		}
		session = session || strings.HasPrefix(c.Name, "__Host-")
	}
	if !session {
		t.Errorf("no session cookie: %v", resp.Header["Set-Cookie"])
	}

	// The socket's connection is another one, as in browsers, and HTTP/1.1.
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	conn, _, err := websocket.Dial(ctx, "wss://chat.example/api/socket", &websocket.DialOptions{
		HTTPClient: s.browser(jar, false), HTTPHeader: http.Header{"Origin": {securedBase}}, Subprotocols: []string{"chat.v1"}})
	if err != nil {
		t.Fatal(err)
	}
	defer conn.CloseNow()
	sock := &socket{t, conn}
	sock.send(`{"type":"join","room":"global"}`)
	sock.until("joined")
	sock.send(`{"type":"message","room":"global","clientId":"1","content":"over TLS"}`)
	sock.until("ack")

	resp, err = client.Get(securedBase + "/api/rooms/global/messages")
	if err != nil {
		t.Fatal(err)
	}
	text, _ = io.ReadAll(resp.Body)
	_ = resp.Body.Close()
	if resp.ProtoMajor != 2 || !strings.Contains(string(text), "over TLS") {
		t.Errorf("history: %s %s", resp.Proto, text)
	}
	// A socket can't be opened over HTTP/2, and that is said.
	r, err = http.NewRequest("GET", securedBase+"/api/socket", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Origin", securedBase)
	if resp, err = client.Do(r); err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	if resp.StatusCode < 400 || resp.StatusCode >= 500 {
		t.Errorf("a socket over HTTP/2: %d", resp.StatusCode)
	}
}

// plainly asks over plain HTTP and follows nothing.
func plainly(t *testing.T, addr, method, path, host string) (status int, location string) {
	t.Helper()
	r, err := http.NewRequest(method, "http://"+addr, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.URL.Opaque, r.Host = path, host
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	resp, err := client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	return resp.StatusCode, resp.Header.Get("Location")
}

func wantRedirects(t *testing.T, addr string) {
	t.Helper()
	for _, tt := range []struct{ method, path, host, want string }{
		{"GET", "/", "chat.example", securedBase + "/"},
		{"GET", "/r/global?x=1%2F2", "chat.example:80", securedBase + "/r/global?x=1%2F2"},
		{"POST", "/api/auth/sign-in/email", "chat.example", securedBase + "/api/auth/sign-in/email"},
		{"GET", "/.well-known/acme-challenge/nothing", "chat.example", securedBase + "/.well-known/acme-challenge/nothing"},
	} {
		if status, location := plainly(t, addr, tt.method, tt.path, tt.host); status != http.StatusPermanentRedirect || location != tt.want {
			t.Errorf("%s %s: %d %s, want %s", tt.method, tt.path, status, location, tt.want)
		}
	}
}

// startSecured starts a server that gets its certificate from the authority.
func startSecured(t *testing.T, authority *certstest.Authority, h hosted, args ...string) running {
	t.Helper()
	roots := filepath.Join(t.TempDir(), "roots.pem")
	text := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: authority.Server.Raw})
	if err := os.WriteFile(roots, text, 0o600); err != nil {
		t.Fatal(err)
	}
	return h.start(t, append([]string{"--auth-rate", "0", "--tls-domains", "chat.example", "--tls-acme-url", authority.Directory, "--tls-acme-roots", roots}, args...)...)
}

func portOf(t *testing.T, a net.Addr) int {
	t.Helper()
	return a.(*net.TCPAddr).Port
}

func TestServerWithACME(t *testing.T) {
	for _, challenge := range []string{"tls-alpn-01", "http-01"} {
		t.Run(challenge, func(t *testing.T) {
			authority := certstest.Start(t)
			log := newLog()
			s := startSecured(t, authority, hosted{log: log}, "--http-addr", "127.0.0.1:0")
			if s.URL() != securedBase {
				t.Errorf("URL %s", s.URL())
			}
			nobody, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			closed := portOf(t, nobody.Addr())
			_ = nobody.Close()
			// The authority hasn't answered yet, and the server is ready.
			wantRedirects(t, s.plain.Addr().String())
			if _, err := tls.Dial("tcp", s.Addr().String(), &tls.Config{ServerName: "chat.example", RootCAs: authority.Roots}); err == nil {
				t.Error("there is a certificate already")
			}
			if challenge == "http-01" {
				authority.Validate(portOf(t, s.plain.Addr()), closed)
			} else {
				authority.Validate(closed, portOf(t, s.Addr()))
			}
			log.wait(t, "certificate obtained")
			secured{t, s.Addr().String(), authority.Roots}.talk("Ada")
			wantRedirects(t, s.plain.Addr().String())
			s.stop()
			if text := log.String(); strings.Contains(text, "level=ERROR") || strings.Contains(text, "PRIVATE") {
				t.Errorf("the log:\n%s", text)
			}
		})
	}
}

// The end doesn't wait for an authority, and without port 80 there is the other
// challenge.
func TestServerWithoutPort80(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	authority := certstest.Start(t)
	log := newLog()
	h := hosted{data: filepath.Join(t.TempDir(), "data"), log: log}
	s := startSecured(t, authority, h, "--http-addr", taken.Addr().String())
	log.wait(t, "plain HTTP isn't answered")
	s.stop()

	s = startSecured(t, authority, h, "--http-addr", taken.Addr().String())
	authority.Validate(portOf(t, taken.Addr()), portOf(t, s.Addr()))
	log.wait(t, "certificate obtained")
	secured{t, s.Addr().String(), authority.Roots}.talk("Ada")
	info, err := os.Stat(filepath.Join(h.data, "tls"))
	if err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("folder %v, %v", info, err)
	}
}

// ownCertificate makes a certificate for a name in two files.
func ownCertificate(t *testing.T, dir, name string) *x509.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: pkix.Name{CommonName: name}, DNSNames: []string{name},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	encoded, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	for file, block := range map[string]*pem.Block{"cert.pem": {Type: "CERTIFICATE", Bytes: der}, "key.pem": {Type: "PRIVATE KEY", Bytes: encoded}} {
		if err := os.WriteFile(filepath.Join(dir, file), pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return leaf
}

func TestServerWithFiles(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	roots := x509.NewCertPool()
	roots.AddCert(ownCertificate(t, dir, "chat.example"))
	log := newLog()
	s := hosted{log: log}.start(t, "--auth-rate", "0", "--base-url", securedBase, "--tls-cert", filepath.Join(dir, "cert.pem"), "--tls-key", filepath.Join(dir, "key.pem"),
		"--http-addr", "127.0.0.1:0")
	secured{t, s.Addr().String(), roots}.talk("Ada")
	wantRedirects(t, s.plain.Addr().String())
	if text := log.String(); strings.Contains(text, "level=WARN") {
		t.Errorf("the log:\n%s", text)
	}
	// Who speaks plain HTTP to the port of TLS is told so.
	resp, err := http.Get("http://" + s.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	if resp.StatusCode != http.StatusBadRequest {
		t.Errorf("plain HTTP to the port of TLS: %d", resp.StatusCode)
	}
}

// A connection that is open stays when the certificate is replaced, and the next one
// sees the new one.
func TestCertificateIsReplaced(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	roots := x509.NewCertPool()
	roots.AddCert(ownCertificate(t, dir, "chat.example"))
	log := newLog()
	s := hosted{log: log}.start(t, "--base-url", securedBase, "--tls-cert", filepath.Join(dir, "cert.pem"), "--tls-key", filepath.Join(dir, "key.pem"))
	old := secured{t, s.Addr().String(), roots}.browser(nil, true)
	get := func(client *http.Client) error {
		resp, err := client.Get(securedBase + "/healthz")
		if err == nil {
			_, err = io.Copy(io.Discard, resp.Body)
			_ = resp.Body.Close()
		}
		return err
	}
	if err := get(old); err != nil {
		t.Fatal(err)
	}
	renewed := x509.NewCertPool()
	renewed.AddCert(ownCertificate(t, dir, "chat.example"))
	late := time.After(patience)
	for get(secured{t, s.Addr().String(), renewed}.browser(nil, true)) != nil {
		select {
		case <-late:
			t.Fatalf("the new one is never shown:\n%s", log)
		default: // each try is a handshake, and one a second looks
		}
	}
	if err := get(old); err != nil {
		t.Errorf("over the open connection: %v", err)
	}
	// TLS stands on the listener that counts, and all are given back.
	places := s.listener.(*boundedListener).slots
	if len(places) == 0 {
		t.Error("an open connection takes no place")
	}
	s.stop()
	if n := len(places); n != 0 {
		t.Errorf("%d places are taken after the end", n)
	}
}

func TestTLSThatWontDo(t *testing.T) {
	t.Parallel()
	dir, other := t.TempDir(), t.TempDir()
	ownCertificate(t, dir, "chat.example")
	ownCertificate(t, other, "chat.example")
	for _, tt := range []struct {
		name string
		args []string
		want string
	}{
		{"no pair", []string{"--base-url", securedBase, "--tls-cert", filepath.Join(dir, "cert.pem"), "--tls-key", filepath.Join(other, "key.pem")}, "private key does not match"},
		{"no file", []string{"--base-url", securedBase, "--tls-cert", filepath.Join(dir, "none.pem"), "--tls-key", filepath.Join(dir, "key.pem")}, "settings tls-cert and tls-key: read certificate"},
		{"no roots", []string{"--tls-domains", "chat.example", "--http-addr", "off", "--tls-acme-roots", filepath.Join(dir, "key.pem")}, "setting tls-acme-roots: there is no certificate"},
	} {
		s, err := hosted{}.open(t, tt.args...)
		if err == nil {
			_ = s.Close()
		}
		if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v", tt.name, err)
		}
	}
	log := newLog()
	s, err := hosted{log: log}.open(t, "--base-url", "https://other.example", "--tls-cert", filepath.Join(dir, "cert.pem"), "--tls-key", filepath.Join(dir, "key.pem"))
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	if !strings.Contains(log.String(), "the certificate isn't for the host of base-url") {
		t.Errorf("the log:\n%s", log)
	}
}

// Wherever a request says that it goes, it is led to the server's own name.
func TestRedirectsStayHere(t *testing.T) {
	t.Parallel()
	s := &Server{}
	s.cfg.BaseURL = securedBase
	for target, want := range map[string]string{
		"//evil.example/x":      "//evil.example/x",
		"http://evil.example/x": "/x",
		"*":                     "/",
		"/a?b=%0d%0aSet-Cookie": "/a?b=%0d%0aSet-Cookie",
		"/\\evil.example":       "/%5Cevil.example",
	} {
		r, err := http.ReadRequest(bufio.NewReader(strings.NewReader("GET " + target + " HTTP/1.1\r\nHost: evil.example\r\n\r\n")))
		if err != nil {
			t.Fatal(err)
		}
		w := httptest.NewRecorder()
		s.redirect(w, r)
		if got := w.Header().Get("Location"); got != securedBase+want {
			t.Errorf("%s: to %s, want %s", target, got, want)
		}
	}
}

// Who comes by another of the domains is led to the first, but not from one that is
// trusted.
func TestOtherDomainsLeadHome(t *testing.T) {
	t.Parallel()
	s := &Server{}
	s.cfg.BaseURL, s.cfg.TrustedOrigins = securedBase, []string{"https://app.example", "https://*.more.example"}
	s.cfg.TLS.Domains = []string{"chat.example", "www.chat.example", "app.example"}
	h := s.leadHome(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusTeapot) }))
	for host, want := range map[string]string{
		"chat.example": "", "chat.example:443": "", "app.example": "", "evil.example": "", "a.more.example": "", "": "",
		"www.chat.example": securedBase + "/x?y", "WWW.chat.example:8443": securedBase + "/x?y",
	} {
		r := httptest.NewRequest("GET", "/x?y", nil)
		r.Host = host
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if got := w.Header().Get("Location"); got != want || want == "" && w.Code != http.StatusTeapot {
			t.Errorf("%s: %d to %q, want %q", host, w.Code, got, want)
		}
	}
}
