package mail_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/emersion/go-smtp"

	"snug/mail"
)

func TestQueueIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newRig(t)
		network, c := g.inMemory()
		s := g.sender(c)
		network.fail(errNoAnswer)
		for range 1000 {
			send(t, s, hello)
		}
		began := time.Now()
		if err := s.Send(hello); !errors.Is(err, mail.ErrFull) || time.Since(began) != 0 {
			t.Errorf("mail 1001: %v", err)
		}
		synctest.Wait()
		if err := s.Send(hello); !errors.Is(err, mail.ErrFull) { // one on its way is still there
			t.Errorf("mail 1001: %v", err)
		}
		network.fail(nil)
		time.Sleep(time.Minute)
		synctest.Wait()
		if len(g.received()) != 1000 {
			t.Errorf("%d mails", len(g.received()))
		}
		send(t, s, hello)
		g.flush(s)
		if len(g.received()) != 1001 {
			t.Errorf("%d mails", len(g.received()))
		}
	})
}

func TestCloseDelivers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newRig(t)
		network, c := g.inMemory()
		s := g.sender(c)
		network.fail(errRefused)
		send(t, s, to("ada@example.com"), to("bob@example.com")) // both wait for their next attempt
		synctest.Wait()
		network.fail(nil)
		for range 20 {
			send(t, s, to("eve@example.com"))
		}
		began := time.Now()
		g.flush(s)
		if len(g.received()) != 22 || time.Since(began) != 0 {
			t.Errorf("%d mails in %v", len(g.received()), time.Since(began))
		}
	})
}

// A shutdown doesn't wait for a mail server that is away.
func TestCloseTriesOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newRig(t)
		network, c := g.inMemory()
		s := g.sender(c)
		network.fail(errRefused)
		for range 50 {
			send(t, s, hello)
		}
		synctest.Wait()
		began, dialed := time.Now(), network.dialed()
		g.flush(s)
		if time.Since(began) != 0 || network.dialed() != dialed+1 || g.log.count("given up") != 50 {
			t.Errorf("%d connections in %v\n%s", network.dialed()-dialed, time.Since(began), g.log.String())
		}
	})
}

func TestCloseEndsInTime(t *testing.T) {
	for name, set := range map[string]func(g *rig, m *memory){
		"connecting": func(_ *rig, m *memory) { m.fail(errNoAnswer) },
		"sending": func(g *rig, _ *memory) {
			g.onData = func(*smtp.Conn, int) error {
				time.Sleep(time.Hour)
				return nil
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				g := newRig(t)
				network, c := g.inMemory()
				set(g, network)
				s := g.sender(c)
				send(t, s, hello, hello, hello)
				ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
				defer cancel()
				began := time.Now()
				err := s.Close(ctx)
				if err == nil || err.Error() != "close mail sender: 3 mails unsent" || time.Since(began) != 3*time.Second {
					t.Errorf("%v after %v", err, time.Since(began))
				}
				if err := s.Close(t.Context()); err == nil {
					t.Error("the second Close has forgotten the mails")
				}
				time.Sleep(time.Hour) // the server comes back from its sleep
			})
		})
	}
}

func TestSendFromManyAtOnce(t *testing.T) {
	g := newRig(t)
	s := g.sender(g.tcp())
	errs := make(chan error)
	for i := range 20 {
		go func() {
			var err error
			for j := range 10 {
				err = errors.Join(err, s.Send(to(fmt.Sprintf("p%d-%d@example.com", i, j))))
			}
			errs <- err
		}()
	}
	for range 20 {
		if err := <-errs; err != nil {
			t.Error(err)
		}
	}
	g.flush(s)
	people := map[string]bool{}
	for _, m := range g.received() {
		people[m.To] = true
	}
	if len(people) != 200 || len(g.received()) != 200 {
		t.Errorf("%d mails to %d people", len(g.received()), len(people))
	}
}

// Not what is in a mail, not whom it is for, not what the server says of it.
func TestLogHoldsNothingOfAMail(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newRig(t)
		network, c := g.inMemory()
		c.User, c.Password = "planted-user", "right"
		g.mechanisms = []string{"PLAIN"}
		g.server.AllowInsecureAuth = true
		s := g.sender(c)
		m := mail.Message{To: "planted-to@example.com", Subject: "planted-subject", Text: "planted-text https://x.example/?token=planted-token", HTML: "<p>planted-html"}
		codes := []int{450, 421, 554, 0}
		g.onRcpt = func(to string) error {
			code := codes[0]
			codes = codes[1:]
			if code == 0 {
				return nil
			}
			return &smtp.SMTPError{Code: code, Message: "planted-reply: no mailbox " + to}
		}
		send(t, s, m)
		time.Sleep(time.Hour)
		send(t, s, m)
		time.Sleep(time.Hour)
		g.mu.Lock()
		g.mechanisms = nil // and so no way to sign in
		g.mu.Unlock()
		send(t, s, m)
		time.Sleep(time.Hour)
		network.fail(&net.DNSError{Err: "no such host", Name: "planted-host"})
		send(t, s, m)
		time.Sleep(time.Hour)
		network.fail(nil)
		for _, broken := range []mail.Message{{To: "planted\n@example.com", Subject: "s", Text: "t"}, {To: m.To, Subject: "planted\r\n", Text: "t"}} {
			if err := s.Send(broken); err == nil || strings.Contains(err.Error(), "planted") {
				t.Errorf("Send: %v", err)
			}
		}
		g.flush(s)
		log := g.log.String()
		if strings.Contains(log, "planted") || strings.Contains(log, "right") {
			t.Errorf("log:\n%s", log)
		}
		if g.log.count("mail=", "@example.org", "given up") != 3 || g.log.count("mail sent") != 1 {
			t.Errorf("log:\n%s", log)
		}
		if id := g.received()[0].Header.Get("Message-ID"); g.log.count("mail="+strings.Trim(id, "<>")) == 0 {
			t.Errorf("%s isn't in the log:\n%s", id, log)
		}
	})
}
