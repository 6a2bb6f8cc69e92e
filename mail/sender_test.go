package mail_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/emersion/go-smtp"

	"snug/mail"
)

var hello = mail.Message{To: "ada@example.com", Subject: "Sign in", Text: "https://chat.example.org/x?token=abc\n"}

func to(address string) mail.Message {
	m := hello
	m.To = address
	return m
}

func send(t testing.TB, s *mail.Sender, mails ...mail.Message) {
	t.Helper()
	for _, m := range mails {
		if err := s.Send(m); err != nil {
			t.Fatal(err)
		}
	}
}

func TestSend(t *testing.T) {
	g := newRig(t)
	s := g.sender(g.tcp())
	send(t, s, to("ada@example.com"), to("bob@example.com"), to("eve@example.com"))
	for range 3 {
		<-g.came
	}
	g.flush(s)
	if want := []string{"ada@example.com", "bob@example.com", "eve@example.com"}; !slices.Equal(g.rcpts, want) {
		t.Errorf("sent to %q", g.rcpts)
	}
	if g.connections() != 1 {
		t.Errorf("%d connections for one burst", g.connections())
	}
	if g.froms[0] != "snug@example.org" {
		t.Errorf("from %q", g.froms[0])
	}
	if n := g.log.count("level=DEBUG", "mail sent", "attempt=1"); n != 3 {
		t.Errorf("%d mails sent by the log\n%s", n, g.log.String())
	}
	if err := s.Send(hello); !errors.Is(err, mail.ErrClosed) {
		t.Errorf("Send after Close: %v", err)
	}
	g.flush(s) // again
}

func TestConnectionIsClosedWhenIdle(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newRig(t)
		_, c := g.inMemory()
		s := g.sender(c)
		send(t, s, hello)
		time.Sleep(9 * time.Second)
		send(t, s, hello)
		synctest.Wait()
		if len(g.received()) != 2 || g.connections() != 1 {
			t.Fatalf("%d mails over %d connections", len(g.received()), g.connections())
		}
		time.Sleep(11 * time.Second)
		send(t, s, hello)
		synctest.Wait()
		if len(g.received()) != 3 || g.connections() != 2 {
			t.Errorf("%d mails over %d connections", len(g.received()), g.connections())
		}
		g.flush(s)
	})
}

func TestLongBurstTakesSeveralConnections(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newRig(t)
		_, c := g.inMemory()
		s := g.sender(c)
		for range 250 {
			send(t, s, hello)
		}
		synctest.Wait()
		if len(g.received()) != 250 || g.connections() != 3 {
			t.Errorf("%d mails over %d connections", len(g.received()), g.connections())
		}
		g.flush(s)
	})
}

// A server may close what is idle, or has had enough mails: that is no failed
// attempt.
func TestServerEndsTheSession(t *testing.T) {
	ends := map[string]func(c *smtp.Conn) error{
		"by hanging up": func(c *smtp.Conn) error { return c.Conn().Close() },
		"with 421":      nil,
	}
	for name, end := range ends {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				g := newRig(t)
				_, c := g.inMemory()
				s := g.sender(c)
				var conns []*smtp.Conn
				g.onData = func(c *smtp.Conn, _ int) error {
					conns = append(conns, c)
					return nil
				}
				if end == nil {
					g.onMail = func() error {
						if len(g.received()) == 1 && g.connections() == 1 {
							return &smtp.SMTPError{Code: 421, Message: "enough"}
						}
						return nil
					}
				}
				send(t, s, hello)
				synctest.Wait()
				if end != nil {
					if err := end(conns[0]); err != nil {
						t.Fatal(err)
					}
				}
				send(t, s, hello)
				synctest.Wait()
				if len(g.received()) != 2 || g.connections() != 2 || g.log.count("attempt=2") != 0 {
					t.Errorf("%d mails over %d connections\n%s", len(g.received()), g.connections(), g.log.String())
				}
				g.flush(s)
			})
		})
	}
}

func TestGreylisting(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newRig(t)
		_, c := g.inMemory()
		s := g.sender(c)
		began := time.Now()
		g.onRcpt = func(to string) error {
			if to == "ada@example.com" && time.Since(began) < 5*time.Minute {
				return &smtp.SMTPError{Code: 451, Message: "greylisted"}
			}
			return nil
		}
		send(t, s, to("ada@example.com"), to("bob@example.com"))
		synctest.Wait()
		if len(g.received()) != 1 || g.received()[0].To != "bob@example.com" {
			t.Fatal("one mail keeps another waiting")
		}
		var tries []time.Duration
		for range 12 * 60 {
			before := len(g.asked())
			time.Sleep(time.Second)
			synctest.Wait()
			if len(g.asked()) > before {
				tries = append(tries, time.Since(began))
			}
		}
		time.Sleep(time.Minute)
		synctest.Wait()
		if want := []time.Duration{5 * time.Second, 35 * time.Second, 155 * time.Second}; !slices.Equal(tries, want) {
			t.Errorf("tried again after %v", tries)
		}
		mails := g.received()
		if len(mails) != 2 || mails[1].To != "ada@example.com" {
			t.Fatalf("%d mails\n%s", len(mails), g.log.String())
		}
		if at, err := mails[1].Header.Date(); err != nil || at.Sub(began).Abs() > time.Second {
			t.Errorf("Date %v %v, sent at %v", at, err, began)
		}
		if g.log.count("tried again", "step=rcpt", "status=4xx") != 4 || g.log.count("mail sent", "attempt=5") != 1 {
			t.Errorf("log:\n%s", g.log.String())
		}
		g.flush(s)
	})
}

func TestGivingUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newRig(t)
		_, c := g.inMemory()
		s := g.sender(c)
		g.onRcpt = func(string) error { return &smtp.SMTPError{Code: 450, Message: "full"} }
		send(t, s, hello)
		time.Sleep(24 * time.Hour)
		synctest.Wait()
		if len(g.rcpts) != 5 || g.log.count("level=WARN", "given up", "attempt=5", "step=rcpt", "status=4xx") != 1 || g.log.count("given up") != 1 {
			t.Errorf("%d tries\n%s", len(g.rcpts), g.log.String())
		}
		g.flush(s)
	})
}

func TestRefusedForGood(t *testing.T) {
	refuse := &smtp.SMTPError{Code: 550, Message: "no such mailbox"}
	for step, set := range map[string]func(g *rig){
		"mail": func(g *rig) {
			g.onMail = func() error {
				if len(g.froms) == 1 {
					return refuse
				}
				return nil
			}
		},
		"rcpt": func(g *rig) {
			g.onRcpt = func(to string) error {
				if to == "ada@example.com" {
					return refuse
				}
				return nil
			}
		},
		"data": func(g *rig) {
			n := 0
			g.onData = func(*smtp.Conn, int) error {
				if n++; n == 1 {
					return refuse
				}
				return nil
			}
		},
	} {
		t.Run(step, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				g := newRig(t)
				_, c := g.inMemory()
				s := g.sender(c)
				set(g)
				send(t, s, to("ada@example.com"), to("bob@example.com"))
				time.Sleep(24 * time.Hour)
				synctest.Wait()
				if mails := g.received(); len(mails) != 1 || mails[0].To != "bob@example.com" || g.connections() != 1 {
					t.Errorf("%d mails over %d connections", len(g.received()), g.connections())
				}
				if g.log.count("given up", "attempt=1", "step="+step, "status=5xx") != 1 || g.log.count("given up") != 1 {
					t.Errorf("log:\n%s", g.log.String())
				}
				g.flush(s)
			})
		})
	}
}

func TestServerAwayThenBack(t *testing.T) {
	for name, away := range map[string]error{"refused": errRefused, "timeout": errNoAnswer} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				g := newRig(t)
				network, c := g.inMemory()
				s := g.sender(c)
				network.fail(away)
				for range 100 {
					send(t, s, hello)
				}
				synctest.Wait()
				before := network.dialed()
				time.Sleep(time.Minute)
				synctest.Wait()
				if n := network.dialed() - before; n > 2 {
					t.Errorf("%d connections tried for mails that fail together", n)
				}
				network.fail(nil)
				time.Sleep(5 * time.Minute)
				synctest.Wait()
				if len(g.received()) != 100 {
					t.Errorf("%d mails\n%s", len(g.received()), g.log.String())
				}
				status := map[string]string{"refused": `status="no reply"`, "timeout": "status=timeout"}[name]
				if g.log.count("tried again", "step=connect", status) < 100 || g.log.count("given up") != 0 {
					t.Errorf("log:\n%s", g.log.String())
				}
				g.flush(s)
			})
		})
	}
}

// A server that takes connections and says nothing, at each step.
func TestSlowServer(t *testing.T) {
	for name, hang := range map[string]func(g *rig, wait func() error){
		"hello": func(g *rig, wait func() error) { g.onHello = wait },
		"mail":  func(g *rig, wait func() error) { g.onMail = wait },
		"rcpt":  func(g *rig, wait func() error) { g.onRcpt = func(string) error { return wait() } },
		"data":  func(g *rig, wait func() error) { g.onData = func(*smtp.Conn, int) error { return wait() } },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				g := newRig(t)
				_, c := g.inMemory()
				c.Timeout = 20 * time.Second
				s := g.sender(c)
				began, hung := time.Now(), false
				hang(g, func() error {
					if !hung {
						hung = true
						time.Sleep(time.Hour)
					}
					return nil
				})
				send(t, s, hello)
				patience := 20 * time.Second
				if name == "data" { // or the mail comes twice
					patience *= 5
				}
				time.Sleep(patience - 1)
				synctest.Wait()
				if g.log.String() != "" {
					t.Fatalf("given up after less than %v:\n%s", patience, g.log.String())
				}
				time.Sleep(6 * time.Second)
				<-g.came
				if g.log.count("tried again", "step="+name, "status=timeout") != 1 {
					t.Errorf("log:\n%s", g.log.String())
				}
				if took := time.Since(began); took > patience+6*time.Second {
					t.Errorf("took %v", took)
				}
				g.flush(s)
				time.Sleep(time.Hour) // the server comes back from its sleep
			})
		})
	}
}

// A server that drips, or never ends its reply.
func TestEndlessReply(t *testing.T) {
	for name, pause := range map[string]time.Duration{"slow": 10 * time.Second, "fast": 0} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				g := newRig(t)
				network := newMemory()
				s := g.sender(g.config(25).WithDial(network.dial))
				sent := make(chan int)
				go func() {
					conn, _ := network.Accept()
					defer conn.Close()
					n := 0
					for {
						wrote, err := fmt.Fprint(conn, "220-welcome\r\n")
						n += wrote
						if err != nil {
							sent <- n
							return
						}
						time.Sleep(pause)
					}
				}()
				began := time.Now()
				send(t, s, hello)
				if n := <-sent; n > 64<<10+100 || time.Since(began) > 41*time.Second {
					t.Errorf("read %d bytes in %v", n, time.Since(began))
				}
				synctest.Wait()
				ctx, cancel := context.WithTimeout(t.Context(), time.Second)
				defer cancel()
				if err := s.Close(ctx); err == nil || err.Error() != "close mail sender: 1 mails unsent" {
					t.Errorf("Close: %v", err)
				}
			})
		})
	}
}

func TestConnectionDropsInTheMiddle(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newRig(t)
		_, c := g.inMemory()
		s := g.sender(c)
		drops := 0
		g.onData = func(c *smtp.Conn, mails int) error {
			if mails == 1 && drops < 2 {
				drops++
				return c.Conn().Close()
			}
			return nil
		}
		send(t, s, to("ada@example.com"), to("bob@example.com"), to("eve@example.com"))
		time.Sleep(time.Minute)
		synctest.Wait()
		var got []string
		ids := map[string]bool{}
		for _, m := range g.received() {
			got = append(got, m.To)
			ids[m.Header.Get("Message-ID")] = true
		}
		// The server of this test notes a mail even if it can't tell its client.
		if slices.Sort(got); !slices.Contains(got, "bob@example.com") || len(ids) != 3 {
			t.Errorf("came: %q", got)
		}
		if g.log.count("tried again", "step=data", `status="no reply"`) < 1 || g.log.count("mail sent") != 3 {
			t.Errorf("log:\n%s", g.log.String())
		}
		g.flush(s)
	})
}
