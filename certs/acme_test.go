package certs_test

import (
	"crypto/tls"
	"crypto/x509"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"snug/certs"
	"snug/certs/certstest"
)

// site is a server with certificates of an authority.
type site struct {
	*testing.T
	authority *certstest.Authority
	options   certs.Options
	log       *logText
	acme      *certs.ACME
	addr      net.Addr
}

// openSite starts one, with a listener that its tls.Config is served on.
func openSite(t *testing.T, authority *certstest.Authority, l net.Listener, o certs.Options) *site {
	t.Helper()
	s := &site{T: t, authority: authority, options: o, log: newLog(), addr: l.Addr()}
	s.options.Roots = x509.NewCertPool()
	s.options.Roots.AddCert(authority.Server)
	s.options.Directory, s.options.UserAgent, s.options.Logger = authority.Directory, "test", s.log.logger()
	var err error
	if s.acme, err = certs.OpenACME(s.options); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.acme.Close(); err != nil {
			t.Error(err)
		}
	})
	serve(t, tls.NewListener(l, s.acme.TLSConfig()), http.NotFoundHandler())
	return s
}

// files returns the paths below a folder with their modes.
func files(t *testing.T, folder string) map[string]os.FileMode {
	t.Helper()
	found := map[string]os.FileMode{}
	err := filepath.Walk(folder, func(path string, info os.FileInfo, err error) error {
		if err == nil {
			found[path] = info.Mode()
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func TestObtainByHello(t *testing.T) {
	authority := certstest.Start(t)
	l, port := listen(t)
	authority.Validate(closedPort(t), port)
	o := certs.Options{Folder: filepath.Join(t.TempDir(), "tls"), Domains: []string{"chat.example", "www.chat.example"}, Email: "ops@example.com"}
	s := openSite(t, authority, l, o)
	s.log.wait(t, "certificate obtained", 2)

	for asked, want := range map[string]string{"chat.example": "chat.example", "WWW.chat.example": "www.chat.example"} {
		leaf, err := shown(l.Addr(), asked, authority.Roots)
		if err != nil {
			t.Fatalf("%s: %v", asked, err)
		}
		if len(leaf.DNSNames) != 1 || leaf.DNSNames[0] != want {
			t.Errorf("%s: for %v", asked, leaf.DNSNames)
		}
	}
	if _, err := shown(l.Addr(), "evil.example", authority.Roots); err == nil {
		t.Error("a certificate for a name that isn't ours")
	}
	conn, err := tls.Dial("tcp", l.Addr().String(), &tls.Config{InsecureSkipVerify: true}) // without a name
	if err != nil {
		t.Fatal(err)
	}
	if state := conn.ConnectionState(); state.PeerCertificates[0].VerifyHostname("chat.example") != nil {
		t.Error("not the first one, for who names none")
	}
	_ = conn.Close()
	for _, version := range []uint16{tls.VersionTLS10, tls.VersionTLS11} {
		if _, err := tls.Dial("tcp", l.Addr().String(), &tls.Config{InsecureSkipVerify: true, MinVersion: version, MaxVersion: version}); err == nil {
			t.Errorf("version %x is spoken", version)
		}
	}
	for path, mode := range files(t, s.options.Folder) {
		if mode.Perm()&0o077 != 0 {
			t.Errorf("%s may be read by others: %v", path, mode)
		}
	}
	// A challenge is answered only while it is asked for.
	if _, err := tls.Dial("tcp", l.Addr().String(), &tls.Config{ServerName: "chat.example", InsecureSkipVerify: true, NextProtos: []string{"acme-tls/1"}}); err == nil {
		t.Error("a challenge of nobody is answered")
	}
	if strings.Contains(s.log.String(), "level=WARN") || strings.Contains(s.log.String(), "level=ERROR") {
		t.Errorf("the log:\n%s", s.log)
	}
	if strings.Contains(s.log.String(), "ops@example.com") {
		t.Error("the address is in the log")
	}
}

func TestObtainByHTTP(t *testing.T) {
	authority := certstest.Start(t)
	l, _ := listen(t)
	plain, port := listen(t)
	authority.Validate(port, closedPort(t))
	s := openSite(t, authority, l, certs.Options{Folder: t.TempDir(), Domains: []string{"chat.example"}, HTTP: true})
	serve(t, plain, s.acme.HTTPHandler(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusTeapot) })))
	s.log.wait(t, "certificate obtained", 1)
	if _, err := shown(l.Addr(), "chat.example", authority.Roots); err != nil {
		t.Error(err)
	}
	for _, path := range []string{"/", "/.well-known/acme-challenge/", "/.well-known/acme-challenge/x"} {
		resp, err := http.Get("http://" + plain.Addr().String() + path)
		if err != nil {
			t.Fatal(err)
		}
		_, _ = io.Copy(io.Discard, resp.Body)
		_ = resp.Body.Close()
		if resp.StatusCode != http.StatusTeapot {
			t.Errorf("%s: %d", path, resp.StatusCode)
		}
	}
}

// What was obtained is there at once after a start, whether or not there is an
// authority.
func TestObtainedIsKept(t *testing.T) {
	authority := certstest.Start(t)
	l, port := listen(t)
	authority.Validate(closedPort(t), port)
	s := openSite(t, authority, l, certs.Options{Folder: t.TempDir(), Domains: []string{"chat.example"}})
	s.log.wait(t, "certificate obtained", 1)
	first, err := shown(l.Addr(), "chat.example", authority.Roots)
	if err != nil {
		t.Fatal(err)
	}
	before := files(t, s.options.Folder)

	again, _ := listen(t)
	openSite(t, authority, again, s.options)
	second, err := shown(again.Addr(), "chat.example", authority.Roots)
	if err != nil {
		t.Fatal(err)
	}
	if !first.Equal(second) {
		t.Error("another one is shown")
	}

	// Another authority's are apart.
	other := certstest.Start(t)
	third, _ := listen(t)
	openSite(t, other, third, s.options)
	if leaf, err := shown(third.Addr(), "chat.example", authority.Roots); err == nil {
		t.Errorf("%v of another authority is shown", leaf.DNSNames)
	}
	if after := files(t, s.options.Folder); len(after) != len(before)+1 {
		t.Errorf("files %v", after)
	}
}

// A certificate that is about to end is shown until there is another.
func TestRenew(t *testing.T) {
	authority := certstest.Start(t)
	l, port := listen(t)
	folder := t.TempDir()
	now := time.Now()
	old := sign(t, "chat.example", now.Add(-80*24*time.Hour), now.Add(10*24*time.Hour))
	write(t, filepath.Join(folder, certs.FolderOf(authority.Directory), "chat.example.pem"), append(old.key, old.certificate...))
	s := openSite(t, authority, l, certs.Options{Folder: folder, Domains: []string{"chat.example"}})
	if _, err := shown(l.Addr(), "chat.example", old.roots); err != nil {
		t.Errorf("the old one: %v", err)
	}
	authority.Validate(closedPort(t), port)
	s.log.wait(t, "certificate obtained", 1)
	if _, err := shown(l.Addr(), "chat.example", authority.Roots); err != nil {
		t.Errorf("the new one: %v", err)
	}
}

// What is kept and no good is made anew: a damaged certificate, one for another name,
// a damaged account, one that the authority doesn't know.
func TestDamagedFiles(t *testing.T) {
	now := time.Now()
	foreign := sign(t, "other.example", now.Add(-time.Hour), now.Add(time.Hour))
	for _, tt := range []struct {
		name, file string
		text       []byte
		want       string // in the log
	}{
		{"certificate", "chat.example.pem", []byte("-----BEGIN"), "a kept certificate is no good"},
		{"for another name", "chat.example.pem", append(foreign.key, foreign.certificate...), "a kept certificate is no good"},
		{"account", "account.json", []byte("{}"), "the kept account is no good"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			authority := certstest.Start(t)
			l, port := listen(t)
			authority.Validate(closedPort(t), port)
			folder := t.TempDir()
			write(t, filepath.Join(folder, certs.FolderOf(authority.Directory), tt.file), tt.text)
			s := openSite(t, authority, l, certs.Options{Folder: folder, Domains: []string{"chat.example"}})
			s.log.wait(t, "certificate obtained", 1)
			if !strings.Contains(s.log.String(), tt.want) {
				t.Errorf("the log:\n%s", s.log)
			}
		})
	}
}

func TestForgottenAccount(t *testing.T) {
	authority := certstest.Start(t)
	l, port := listen(t)
	authority.Validate(closedPort(t), port)
	folder := t.TempDir()
	if err := certs.PlantAccount(folder, authority.Directory, strings.Replace(authority.Directory, "/dir", "/my-account/unknown", 1)); err != nil {
		t.Fatal(err)
	}
	s := openSite(t, authority, l, certs.Options{Folder: folder, Domains: []string{"chat.example"}})
	s.log.wait(t, "the authority doesn't know the account", 1)
	s.log.wait(t, "certificate obtained", 1)
}

// An address that is set later reaches the authority.
func TestEmailChanges(t *testing.T) {
	authority := certstest.Start(t)
	l, port := listen(t)
	authority.Validate(closedPort(t), port)
	s := openSite(t, authority, l, certs.Options{Folder: t.TempDir(), Domains: []string{"chat.example"}})
	s.log.wait(t, "certificate obtained", 1)

	again, _ := listen(t) // the authority asks at the first one, which doesn't know the challenge: so it fails
	o := s.options
	o.Domains, o.Email = []string{"new.example"}, "ops@example.com"
	s = openSite(t, authority, again, o)
	s.log.wait(t, "get certificate", 1)
	text, err := os.ReadFile(filepath.Join(o.Folder, certs.FolderOf(authority.Directory), "account.json"))
	if err != nil || !strings.Contains(string(text), `"email":"ops@example.com"`) {
		t.Errorf("account %s, %v", text, err)
	}
}

// A failure is said, with the authority's reason and when it is tried again, and the
// end doesn't wait for that.
func TestFailure(t *testing.T) {
	authority := certstest.Start(t)
	l, _ := listen(t)
	authority.Validate(closedPort(t), closedPort(t))
	s := openSite(t, authority, l, certs.Options{Folder: t.TempDir(), Domains: []string{"chat.example"}, HTTP: true})
	s.log.wait(t, "get certificate", 1)
	for _, want := range []string{"level=ERROR", "domain=chat.example", "Failed to connect to 127.0.0.1", "again_in=1m"} {
		if !strings.Contains(s.log.String(), want) {
			t.Errorf("no %q in the log:\n%s", want, s.log)
		}
	}
	if _, err := shown(l.Addr(), "chat.example", authority.Roots); err == nil {
		t.Error("a certificate is shown")
	}
}

// The end comes in the midst of a request, too.
func TestCloseInTheMidst(t *testing.T) {
	authority := certstest.Start(t) // which never answers
	l, _ := listen(t)
	s := openSite(t, authority, l, certs.Options{Folder: t.TempDir(), Domains: []string{"chat.example"}})
	began := time.Now()
	if err := s.acme.Close(); err != nil {
		t.Fatal(err)
	}
	if took := time.Since(began); took > patience/2 {
		t.Errorf("took %s", took)
	}
	if text := s.log.String(); text != "" {
		t.Errorf("the log:\n%s", text)
	}
}
