package mail_test

import (
	"context"
	"net"
	"strings"
	"testing"

	"github.com/emersion/go-smtp"
)

// Deliver is for a person who waits: what it returns is what the server said.
func TestDeliver(t *testing.T) {
	g := newRig(t)
	s := g.sender(g.tcp())
	if err := s.Deliver(t.Context(), hello); err != nil {
		t.Fatal(err)
	}
	if m := g.received(); len(m) != 1 || m[0].Subject != hello.Subject {
		t.Fatalf("received %+v", m)
	}
	g.onRcpt = func(string) error { return &smtp.SMTPError{Code: 550, Message: "no such mailbox"} }
	err := s.Deliver(t.Context(), hello)
	if err == nil || !strings.Contains(err.Error(), "rcpt: ") || !strings.Contains(err.Error(), "550") || !strings.Contains(err.Error(), "no such mailbox") {
		t.Errorf("Deliver: %v", err)
	}
	if err := s.Deliver(t.Context(), to("nobody")); err == nil || strings.Contains(err.Error(), "rcpt") {
		t.Errorf("an address that is none: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := s.Deliver(ctx, hello); err == nil || !strings.HasSuffix(err.Error(), context.Canceled.Error()) {
		t.Errorf("Deliver: %v", err)
	}
	if len(g.received()) != 1 {
		t.Errorf("received %d mails", len(g.received()))
	}
	g.flush(s)
	if said := g.log.String(); said != "" {
		t.Errorf("the log has %s", said)
	}
}

func TestDeliverToNobody(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	port := l.Addr().(*net.TCPAddr).Port
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	g := newRig(t)
	s := g.sender(g.config(port))
	if err := s.Deliver(t.Context(), hello); err == nil || !strings.Contains(err.Error(), "connect: ") {
		t.Errorf("Deliver: %v", err)
	}
	g.flush(s)
}
