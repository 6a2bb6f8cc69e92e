// Package mailtest has a mail server for tests: a real SMTP server on this
// machine that takes every mail and hands it to the test.
package mailtest

import (
	"errors"
	"io"
	"log/slog"
	"net"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-smtp"

	"snug/mail"
)

const (
	// patience is how long Wait waits: a mail on its way takes milliseconds.
	patience = 10 * time.Second
	maxMail  = 1 << 20 // bytes
)

// Server is a running mail server. Its methods may be called concurrently.
type Server struct {
	// Addr is where it listens, as in 127.0.0.1:2525: in the clear, for anyone.
	Addr string

	mu    sync.Mutex
	mails []received
	more  chan struct{} // closed and replaced when a mail comes
}

type received struct {
	Message
	rcpt   string // where the envelope says it goes to
	waited bool   // Wait has returned it
}

// Start starts a server that ends with the test.
func Start(tb testing.TB) *Server {
	tb.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatalf("start mail server: %v", err)
	}
	s := &Server{Addr: listener.Addr().String(), more: make(chan struct{})}
	server := smtp.NewServer(smtp.BackendFunc(func(*smtp.Conn) (smtp.Session, error) {
		return &session{server: s}, nil
	}))
	server.Domain = "mail.example.org"
	server.MaxMessageBytes = maxMail
	server.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(listener) }()
	tb.Cleanup(func() {
		err := server.Close()
		_ = listener.Close() // Close doesn't where Serve hasn't begun yet, which then waits for ever
		if err := errors.Join(err, <-ended); err != nil {
			tb.Errorf("stop mail server: %v", err)
		}
	})
	return s
}

// Config is that of a Sender to this server.
func (s *Server) Config() mail.Config {
	addr := netip.MustParseAddrPort(s.Addr) // a listener's
	return mail.Config{Host: addr.Addr().String(), Port: int(addr.Port()), TLS: mail.NoTLS, From: "Snug <snug@example.org>"}
}

// Wait returns the oldest mail to that address that no Wait has returned, and
// waits for it if there is none yet. The test fails if none comes within 10 s.
func (s *Server) Wait(tb testing.TB, to string) Message {
	tb.Helper()
	return s.wait(tb, to, patience)
}

func (s *Server) wait(tb testing.TB, to string, patience time.Duration) Message {
	tb.Helper()
	late := time.After(patience)
	for {
		m, more, ok := s.take(to)
		if ok {
			return m
		}
		select {
		case <-more:
		case <-late:
			tb.Fatalf("no mail to %s came within %v; all that came: %q", to, patience, s.Recipients())
		}
	}
}

// Recipients returns whom the mails were for that came so far, in their order.
func (s *Server) Recipients() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	to := make([]string, len(s.mails))
	for i, m := range s.mails {
		to[i] = m.rcpt
	}
	return to
}

func (s *Server) take(to string) (_ Message, more <-chan struct{}, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := range s.mails {
		if m := &s.mails[i]; !m.waited && strings.EqualFold(m.rcpt, to) {
			m.waited = true
			return m.Message, nil, true
		}
	}
	return Message{}, s.more, false
}

func (s *Server) put(m received) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.mails = append(s.mails, m)
	close(s.more)
	s.more = make(chan struct{})
}

// A session is one connection.
type session struct {
	server *Server
	rcpts  []string
}

func (n *session) Mail(string, *smtp.MailOptions) error { return nil }

func (n *session) Rcpt(to string, _ *smtp.RcptOptions) error {
	n.rcpts = append(n.rcpts, to)
	return nil
}

func (n *session) Data(r io.Reader) error {
	raw, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	m, err := Parse(raw)
	if err != nil {
		return &smtp.SMTPError{Code: 554, Message: err.Error()}
	}
	for _, to := range n.rcpts {
		n.server.put(received{Message: m, rcpt: to})
	}
	return nil
}

func (n *session) Reset()        { n.rcpts = nil }
func (n *session) Logout() error { return nil }
