package mail_test

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"io"
	"log/slog"
	"math/big"
	"net"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"

	"snug/mail"
	"snug/mail/mailtest"
)

// A rig is an SMTP server whose behaviour a test sets, and what it saw.
type rig struct {
	testing.TB
	server *smtp.Server
	log    logBuffer

	// What the server answers; nil takes everything. Set before the first mail.
	onHello, onMail func() error
	onRcpt          func(to string) error
	onData          func(c *smtp.Conn, mails int) error // with the mails that came before
	mechanisms      []string                            // nil: no AUTH

	mu       sync.Mutex
	mails    []mailtest.Message
	raw      [][]byte
	froms    []string
	rcpts    []string // each RCPT, taken or not
	signedIn []string // mechanism, user and password
	sessions int
	came     chan struct{} // one value per mail
}

func newRig(t testing.TB) *rig {
	g := &rig{TB: t, came: make(chan struct{}, 2*mail.MaxQueue)}
	g.server = smtp.NewServer(smtp.BackendFunc(func(c *smtp.Conn) (smtp.Session, error) {
		if g.onHello != nil {
			if err := g.onHello(); err != nil {
				return nil, err
			}
		}
		g.mu.Lock()
		g.sessions++
		g.mu.Unlock()
		return &rigSession{g: g, c: c}, nil
	}))
	g.server.Domain = "mail.example.org"
	g.server.EnableSMTPUTF8 = true
	g.server.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
	return g
}

// serve lets the server accept from the listener until the test ends.
func (g *rig) serve(l net.Listener) {
	ended := make(chan error, 1)
	go func() { ended <- g.server.Serve(l) }()
	g.Cleanup(func() {
		err := g.server.Close()
		_ = l.Close() // Close doesn't where Serve hasn't begun yet, which then waits for ever
		if err := errors.Join(err, <-ended); err != nil {
			g.Error(err)
		}
	})
}

// tcp serves on a port of this machine and returns the settings for it.
func (g *rig) tcp() mail.Config {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		g.Fatal(err)
	}
	port := l.Addr().(*net.TCPAddr).Port
	g.serve(l)
	return g.config(port)
}

func (g *rig) config(port int) mail.Config {
	return mail.Config{
		Host: "127.0.0.1", Port: port, TLS: mail.NoTLS, From: "Snug <snug@example.org>",
		Logger: slog.New(slog.NewTextHandler(&g.log, &slog.HandlerOptions{Level: slog.LevelDebug})),
	}
}

// sender makes a Sender that has to be at its end when the test is.
func (g *rig) sender(c mail.Config) *mail.Sender {
	g.Helper()
	s, err := mail.New(c)
	if err != nil {
		g.Fatal(err)
	}
	g.Cleanup(func() {
		ctx, cancel := context.WithCancel(context.Background())
		cancel()
		_ = s.Close(ctx) // most tests have closed it, and looked at the error
	})
	return s
}

// flush closes the sender, which delivers what it has.
func (g *rig) flush(s *mail.Sender) {
	g.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	if err := s.Close(ctx); err != nil {
		g.Error(err)
	}
}

func (g *rig) received() []mailtest.Message {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.mails
}

// asked returns whom mails were to go to so far, taken or not.
func (g *rig) asked() []string {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.rcpts
}

func (g *rig) connections() int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.sessions
}

type rigSession struct {
	g    *rig
	c    *smtp.Conn
	open bool // a mail was begun
}

func (n *rigSession) Mail(from string, o *smtp.MailOptions) error {
	if o.UTF8 {
		return errors.New("SMTPUTF8 was asked for")
	}
	if n.open {
		return &smtp.SMTPError{Code: 503, Message: "nested MAIL"}
	}
	n.open = true
	n.g.mu.Lock()
	n.g.froms = append(n.g.froms, from)
	n.g.mu.Unlock()
	if n.g.onMail != nil {
		return n.g.onMail()
	}
	return nil
}

func (n *rigSession) Rcpt(to string, _ *smtp.RcptOptions) error {
	n.g.mu.Lock()
	n.g.rcpts = append(n.g.rcpts, to)
	n.g.mu.Unlock()
	if n.g.onRcpt != nil {
		return n.g.onRcpt(to)
	}
	return nil
}

func (n *rigSession) Data(r io.Reader) error {
	raw, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	g := n.g
	if g.onData != nil {
		if err := g.onData(n.c, len(g.received())); err != nil {
			return err
		}
	}
	m, err := mailtest.Parse(raw)
	if err != nil {
		g.Errorf("%v\n%s", err, raw)
	}
	g.mu.Lock()
	g.mails = append(g.mails, m)
	g.raw = append(g.raw, raw)
	g.mu.Unlock()
	g.came <- struct{}{}
	return nil
}

func (n *rigSession) Reset()        { n.open = false }
func (n *rigSession) Logout() error { return nil }

func (n *rigSession) AuthMechanisms() []string {
	n.g.mu.Lock()
	defer n.g.mu.Unlock()
	return n.g.mechanisms
}

func (n *rigSession) Auth(mech string) (sasl.Server, error) {
	check := func(user, password string) error {
		n.g.mu.Lock()
		n.g.signedIn = append(n.g.signedIn, mech+" "+user+" "+password)
		n.g.mu.Unlock()
		if password != "right" {
			return smtp.ErrAuthFailed
		}
		return nil
	}
	if mech == "LOGIN" {
		return &loginServer{check: check}, nil
	}
	return sasl.NewPlainServer(func(_, user, password string) error { return check(user, password) }), nil
}

// loginServer asks for the user and then for the password.
type loginServer struct {
	check func(user, password string) error
	said  []string
}

func (l *loginServer) Next(response []byte) (challenge []byte, done bool, err error) {
	if response != nil {
		l.said = append(l.said, string(response))
	}
	if len(l.said) == 2 {
		return nil, true, l.check(l.said[0], l.said[1])
	}
	return []byte([]string{"Username:", "Password:"}[len(l.said)]), false, nil
}

// A memory network, whose waits a synctest bubble sees.
type memory struct {
	conns chan net.Conn
	ended chan struct{}
	once  sync.Once

	mu    sync.Mutex
	down  error // what dialing fails with
	dials int
}

func newMemory() *memory { return &memory{conns: make(chan net.Conn), ended: make(chan struct{})} }

func (m *memory) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	m.mu.Lock()
	m.dials++
	down := m.down
	m.mu.Unlock()
	if down == errNoAnswer {
		<-ctx.Done()
		return nil, ctx.Err()
	}
	if down != nil {
		return nil, &net.OpError{Op: "dial", Net: "tcp", Err: down}
	}
	ours, theirs := net.Pipe()
	select {
	case m.conns <- theirs:
		return ours, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

var (
	errRefused  = syscall.ECONNREFUSED
	errNoAnswer = errors.New("packets are lost")
)

func (m *memory) fail(err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.down = err
}

func (m *memory) dialed() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.dials
}

func (m *memory) Accept() (net.Conn, error) {
	select {
	case c := <-m.conns:
		return c, nil
	case <-m.ended:
		return nil, net.ErrClosed
	}
}

func (m *memory) Close() error {
	m.once.Do(func() { close(m.ended) })
	return nil
}

func (m *memory) Addr() net.Addr { return &net.TCPAddr{} }

// inMemory serves on a memory network and returns it with the settings for it.
func (g *rig) inMemory() (*memory, mail.Config) {
	m := newMemory()
	g.serve(m)
	return m, g.config(25).WithDial(m.dial)
}

// logBuffer collects what is logged.
type logBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *logBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *logBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// count returns how many lines hold all of these.
func (l *logBuffer) count(parts ...string) (n int) {
lines:
	for line := range strings.Lines(l.String()) {
		for _, part := range parts {
			if !strings.Contains(line, part) {
				continue lines
			}
		}
		n++
	}
	return n
}

// certificate makes a CA and a certificate of its for these names.
func certificate(t testing.TB, names ...string) (*x509.CertPool, *tls.Config) {
	t.Helper()
	ca := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "test CA"}, IsCA: true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageCertSign, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
	}
	caKey, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	caDER, err := x509.CreateCertificate(rand.Reader, ca, ca, caKey.Public(), caKey)
	if err != nil {
		t.Fatal(err)
	}
	leaf := &x509.Certificate{
		SerialNumber: big.NewInt(2), KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		NotBefore: ca.NotBefore, NotAfter: ca.NotAfter,
	}
	for _, name := range names {
		if ip := net.ParseIP(name); ip != nil {
			leaf.IPAddresses = append(leaf.IPAddresses, ip)
		} else {
			leaf.DNSNames = append(leaf.DNSNames, name)
		}
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.CreateCertificate(rand.Reader, leaf, ca, key.Public(), caKey)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	if parsed, err := x509.ParseCertificate(caDER); err != nil {
		t.Fatal(err)
	} else {
		pool.AddCert(parsed)
	}
	return pool, &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}}
}
