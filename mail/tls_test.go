package mail_test

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-smtp"

	"snug/mail"
)

func check(t *testing.T, s *mail.Sender, want string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	err := s.Check(ctx)
	switch {
	case want == "" && err != nil:
		t.Error(err)
	case want != "" && (err == nil || !strings.Contains(err.Error(), want)):
		t.Errorf("Check: %v, want %q", err, want)
	}
}

func TestStartTLS(t *testing.T) {
	g := newRig(t)
	pool, serverTLS := certificate(t, "127.0.0.1")
	g.server.TLSConfig = serverTLS
	secure := make(chan bool, 1)
	g.onData = func(c *smtp.Conn, _ int) error {
		_, ok := c.TLSConnectionState()
		secure <- ok
		return nil
	}
	c := g.tcp()
	c.TLS, c.RootCAs = "", pool // the default
	s := g.sender(c)
	check(t, s, "")
	send(t, s, hello)
	if !<-secure {
		t.Error("the mail went in the clear")
	}
	g.flush(s)
	if g.connections() < 2 || len(g.rcpts) != 1 {
		t.Errorf("%d connections, mails to %q", g.connections(), g.rcpts)
	}
}

func TestImplicitTLS(t *testing.T) {
	g := newRig(t)
	pool, serverTLS := certificate(t, "127.0.0.1")
	l, err := tls.Listen("tcp", "127.0.0.1:0", serverTLS)
	if err != nil {
		t.Fatal(err)
	}
	g.serve(l)
	g.mechanisms = []string{"PLAIN"}
	c := g.config(l.Addr().(*net.TCPAddr).Port)
	c.TLS, c.RootCAs, c.User, c.Password = mail.ImplicitTLS, pool, "chat", "right"
	s := g.sender(c)
	check(t, s, "")
	send(t, s, hello)
	<-g.came
	g.flush(s)
}

// Nobody between here and the mail server gets at a mail or the password.
func TestTLSIsNotTalkedOutOf(t *testing.T) {
	pool, good := certificate(t, "127.0.0.1")
	otherPool, _ := certificate(t, "127.0.0.1")
	_, otherName := certificate(t, "mail.example.net")
	old := good.Clone()
	old.MinVersion, old.MaxVersion = tls.VersionTLS10, tls.VersionTLS11
	for name, c := range map[string]struct {
		server *tls.Config
		roots  *x509.CertPool
		want   string
	}{
		"no STARTTLS on offer": {nil, pool, "tls: server doesn't offer STARTTLS"},
		"unknown CA":           {good, otherPool, "unknown authority"},
		"another name":         {otherName, pool, "certificate"},
		"old TLS":              {old, pool, "tls: "},
	} {
		for _, mode := range []mail.Mode{mail.StartTLS, mail.ImplicitTLS} {
			if c.server == nil && mode == mail.ImplicitTLS {
				continue
			}
			t.Run(name+" "+string(mode), func(t *testing.T) {
				g := newRig(t)
				g.mechanisms = []string{"PLAIN", "LOGIN"}
				g.server.AllowInsecureAuth = true
				l, err := net.Listen("tcp", "127.0.0.1:0")
				if err != nil {
					t.Fatal(err)
				}
				port := l.Addr().(*net.TCPAddr).Port
				if mode == mail.ImplicitTLS {
					l = tls.NewListener(l, c.server)
				} else {
					g.server.TLSConfig = c.server
				}
				g.serve(l)
				config := g.config(port)
				config.TLS, config.RootCAs, config.User, config.Password = mode, c.roots, "chat", "right"
				s := g.sender(config)
				check(t, s, c.want)
				send(t, s, hello)
				g.flush(s)
				if len(g.signedIn)+len(g.froms)+len(g.received()) != 0 {
					t.Errorf("server got %q %q", g.signedIn, g.froms)
				}
				if g.log.count("given up", "step=tls") != 1 {
					t.Errorf("log:\n%s", g.log.String())
				}
			})
		}
	}
}

func TestAuth(t *testing.T) {
	pool, serverTLS := certificate(t, "127.0.0.1")
	for _, c := range []struct {
		name       string
		mechanisms []string
		password   string
		want       string // of Check
		signedIn   string
	}{
		{"plain", []string{"LOGIN", "PLAIN"}, "right", "", "PLAIN chat right"},
		{"login", []string{"CRAM-MD5", "LOGIN"}, "right", "", "LOGIN chat right"},
		{"plain refused", []string{"PLAIN"}, "wrong", "auth: 535", "PLAIN chat wrong"},
		{"login refused", []string{"LOGIN"}, "wrong", "auth: 535", "LOGIN chat wrong"},
		{"none on offer", nil, "right", "auth: server offers neither", ""},
		{"none known", []string{"XOAUTH2"}, "right", "auth: server offers neither", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			g := newRig(t)
			g.mechanisms = c.mechanisms
			g.server.TLSConfig = serverTLS
			config := g.tcp()
			config.TLS, config.RootCAs, config.User, config.Password = mail.StartTLS, pool, "chat", c.password
			s := g.sender(config)
			check(t, s, c.want)
			var want []string
			if c.signedIn != "" {
				want = []string{c.signedIn}
			}
			if !slices.Equal(g.signedIn, want) {
				t.Errorf("signed in %q", g.signedIn)
			}
			send(t, s, hello)
			g.flush(s)
			if sent := len(g.received()) == 1; sent != (c.want == "") {
				t.Errorf("%d mails", len(g.received()))
			}
		})
	}
}

// A wrong password isn't tried again and again: servers lock the account.
func TestRefusedPasswordIsFinal(t *testing.T) {
	g := newRig(t)
	g.mechanisms = []string{"PLAIN"}
	g.server.AllowInsecureAuth = true
	c := g.tcp()
	c.User, c.Password = "chat", "wrong"
	s := g.sender(c)
	send(t, s, hello)
	g.flush(s)
	if len(g.signedIn) != 1 || g.log.count("given up", "attempt=1", "step=auth", "status=5xx") != 1 {
		t.Errorf("signed in %q\n%s", g.signedIn, g.log.String())
	}
}

func TestCheckSaysWhatIsWrong(t *testing.T) {
	g := newRig(t)
	c := g.tcp()
	s := g.sender(c)
	check(t, s, "")
	if len(g.froms) != 0 {
		t.Error("a mail was begun")
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := s.Check(ctx); err == nil || !strings.HasSuffix(err.Error(), context.Canceled.Error()) {
		t.Errorf("Check: %v", err)
	}
	g.onHello = func() error { return &smtp.SMTPError{Code: 554, Message: "go away"} }
	check(t, s, "hello: ")
	g.flush(s)

	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	c = g.config(l.Addr().(*net.TCPAddr).Port)
	said := make(chan string)
	go func() {
		conn, err := l.Accept()
		if err != nil {
			return
		}
		defer conn.Close()
		fmt.Fprint(conn, "554 no mail here\r\n")
		line, _ := bufio.NewReader(conn).ReadString('\n')
		said <- line
	}()
	s = g.sender(c)
	check(t, s, `hello: 554 "no mail here"`)
	if line := <-said; line != "" {
		t.Errorf("after a refusal the client said %q", line)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	check(t, s, "connect: ")
	g.flush(s)
}

// Whatever goes wrong, the server isn't left with an open connection.
func TestFailedSessionIsClosed(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	ended := make(chan error)
	go func() {
		conn, err := l.Accept()
		if err != nil {
			ended <- err
			return
		}
		defer conn.Close()
		fmt.Fprint(conn, "220 hello\r\n")
		for lines := bufio.NewReader(conn); ; fmt.Fprint(conn, "502 not here\r\n") {
			_ = conn.SetReadDeadline(time.Now().Add(10 * time.Second)) // the next read shows it
			if _, err := lines.ReadString('\n'); err != nil {
				ended <- err
				return
			}
		}
	}()
	g := newRig(t)
	s := g.sender(g.config(l.Addr().(*net.TCPAddr).Port))
	if err := s.Check(t.Context()); err == nil || !strings.HasSuffix(err.Error(), `502 "not here"`) {
		t.Errorf("Check: %v", err)
	}
	if err := <-ended; !errors.Is(err, io.EOF) {
		t.Errorf("the connection ends with %v", err)
	}
	g.flush(s)
}

func TestCheckEndsInTime(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0") // takes connections, never speaks
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	g := newRig(t)
	s := g.sender(g.config(l.Addr().(*net.TCPAddr).Port))
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	began := time.Now()
	if err := s.Check(ctx); err == nil || !strings.HasSuffix(err.Error(), context.DeadlineExceeded.Error()) {
		t.Errorf("Check: %v", err)
	}
	if took := time.Since(began); took > 10*time.Second {
		t.Errorf("took %v", took)
	}
	g.flush(s)
}

// On real sockets, where a bubble doesn't tell.
func TestNothingRunsAfterClose(t *testing.T) {
	g := newRig(t)
	pool, serverTLS := certificate(t, "127.0.0.1")
	g.server.TLSConfig = serverTLS
	c := g.tcp()
	c.TLS, c.RootCAs = mail.StartTLS, pool
	for range 5 {
		s := g.sender(c)
		send(t, s, hello, hello)
		check(t, s, "")
		g.flush(s)
	}
	// A goroutine has a few instructions left when it has said that it is at its end.
	stacks := make([]byte, 1<<20)
	for until := time.Now().Add(10 * time.Second); ; runtime.Gosched() {
		running := string(stacks[:runtime.Stack(stacks, true)])
		if !strings.Contains(running, "snug/mail.") {
			return
		}
		if time.Now().After(until) {
			t.Fatalf("still running:\n%s", running)
		}
	}
}

func TestConfig(t *testing.T) {
	good := mail.Config{Host: "mail.example.org", From: "Snug <chat@example.org>"}
	for name, c := range map[string]struct {
		set  func(c *mail.Config)
		want string // "" for none
	}{
		"least":                   {func(c *mail.Config) {}, ""},
		"all":                     {func(c *mail.Config) { c.Port, c.User, c.Password, c.LocalName = 2525, "u", "p", "chat.example.org" }, ""},
		"bare address":            {func(c *mail.Config) { c.From = "chat@example.org" }, ""},
		"name beyond ASCII":       {func(c *mail.Config) { c.From = "Zoës Küche <chat@example.org>" }, ""},
		"implicit TLS":            {func(c *mail.Config) { c.TLS = mail.ImplicitTLS }, ""},
		"relay in the clear":      {func(c *mail.Config) { c.TLS = mail.NoTLS }, ""},
		"this machine":            {func(c *mail.Config) { c.TLS, c.Host, c.User, c.Password = mail.NoTLS, "localhost", "u", "p" }, ""},
		"this machine by address": {func(c *mail.Config) { c.TLS, c.Host, c.User, c.Password = mail.NoTLS, "::1", "u", "p" }, ""},
		"address literal":         {func(c *mail.Config) { c.LocalName = "[192.0.2.1]" }, ""},
		"no host":                 {func(c *mail.Config) { c.Host = "" }, `host "" is not`},
		"host with port":          {func(c *mail.Config) { c.Host = "mail.example.org/x" }, "is not a name or an IP address"},
		"password in the clear":   {func(c *mail.Config) { c.TLS, c.User, c.Password = mail.NoTLS, "u", "p" }, "in the clear"},
		"unknown TLS":             {func(c *mail.Config) { c.TLS = "ssl" }, `"ssl" is none of "starttls", "tls", "none"`},
		"port":                    {func(c *mail.Config) { c.Port = 65536 }, "port 65536"},
		"port below":              {func(c *mail.Config) { c.Port = -1 }, "port -1"},
		"user alone":              {func(c *mail.Config) { c.User = "u" }, "user and password"},
		"password alone":          {func(c *mail.Config) { c.Password = "p" }, "user and password"},
		"no from":                 {func(c *mail.Config) { c.From = "" }, "from"},
		"from without domain":     {func(c *mail.Config) { c.From = "chat" }, "from"},
		"from with a line break":  {func(c *mail.Config) { c.From = "Snug\r\nBcc: x@example.com <chat@example.org>" }, "from"},
		"local name":              {func(c *mail.Config) { c.LocalName = "a b" }, "local name"},
		"timeout":                 {func(c *mail.Config) { c.Timeout = -1 }, "timeout"},
	} {
		t.Run(name, func(t *testing.T) {
			config := good
			c.set(&config)
			s, err := mail.New(config)
			if err == nil {
				if err := s.Close(t.Context()); err != nil {
					t.Error(err)
				}
			}
			if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
				t.Errorf("got %v, want %q", err, c.want)
			}
		})
	}
}

func TestDefaultPorts(t *testing.T) {
	for mode, port := range map[mail.Mode]string{"": "587", mail.StartTLS: "587", mail.ImplicitTLS: "465", mail.NoTLS: "25"} {
		var asked string
		c := mail.Config{Host: "mail.example.org", TLS: mode, From: "chat@example.org"}.WithDial(func(ctx context.Context, n, addr string) (net.Conn, error) {
			asked = addr
			return nil, errRefused
		})
		s, err := mail.New(c)
		if err != nil {
			t.Fatal(err)
		}
		check(t, s, "connect: ")
		if asked != "mail.example.org:"+port {
			t.Errorf("%q: connects to %s", mode, asked)
		}
		if err := s.Close(t.Context()); err != nil {
			t.Error(err)
		}
	}
}
