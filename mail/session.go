package mail

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/textproto"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/wneessen/go-mail/smtp"
)

// A session is a connection to the server that is signed in and takes mails. One
// goroutine uses it at a time.
type session struct {
	client  *smtp.Client
	wire    *wire
	timeout time.Duration
	release func() bool // lets go of the context that cuts the session
	mails   int         // that were begun
	used    time.Time   // when the last one ended
}

// stepError is what went wrong at which step of SMTP. Its text may hold what the
// server said: for the operator who asked, not for a log.
type stepError struct {
	step string // connect, hello, tls, auth, mail, rcpt, data
	err  error
}

func (e *stepError) Error() string { return e.step + ": " + e.err.Error() }
func (e *stepError) Unwrap() error { return e.err }

// connect opens a session. It lasts until quit or cut, at longest until ctx ends.
func (s *server) connect(ctx context.Context) (*session, error) {
	dialing, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	conn, err := s.dial(dialing, "tcp", s.addr)
	if err != nil {
		return nil, &stepError{"connect", err}
	}
	n := &session{wire: &wire{Conn: conn}, timeout: s.timeout, used: time.Now()}
	n.release = context.AfterFunc(ctx, func() { _ = conn.Close() })
	if err := n.open(s); err != nil {
		n.cut()
		return nil, err
	}
	return n, nil
}

// open goes through the steps before the first mail.
func (n *session) open(s *server) error {
	var conn net.Conn = n.wire
	if s.mode == ImplicitTLS {
		secure := tls.Client(n.wire, s.tls)
		if err := n.step("tls", secure.Handshake); err != nil {
			return err
		}
		conn = secure
	}
	err := n.step("hello", func() (err error) {
		n.client, err = smtp.NewClient(conn, s.host)
		return err
	})
	if err != nil {
		return err
	}
	// All headers are ASCII: a server behind this one that doesn't know SMTPUTF8 must
	// not bounce the mail for asking.
	n.client.SkipSMTPUTF8(true)
	if err := n.step("hello", func() error { return n.client.Hello(s.localName) }); err != nil {
		return err
	}
	if s.mode == StartTLS {
		if err := n.step("tls", func() error { return n.startTLS(s) }); err != nil {
			return err
		}
	}
	if s.user == "" {
		return nil
	}
	return n.step("auth", func() error { return n.signIn(s) })
}

func (n *session) startTLS(s *server) error {
	if offered, _ := n.client.Extension("STARTTLS"); !offered {
		return errors.New("server doesn't offer STARTTLS")
	}
	return n.client.StartTLS(s.tls)
}

// signIn sends the password in the clear only where newServer has allowed it.
func (n *session) signIn(s *server) error {
	_, list := n.client.Extension("AUTH")
	switch offered := strings.Fields(strings.ToUpper(list)); {
	case slices.Contains(offered, "PLAIN"):
		return n.client.Auth(smtp.PlainAuth("", s.user, s.password, s.host, true))
	case slices.Contains(offered, "LOGIN"):
		return n.client.Auth(smtp.LoginAuth(s.user, s.password, s.host, true))
	}
	return errors.New("server offers neither AUTH PLAIN nor AUTH LOGIN")
}

// send delivers one mail. After an error ask usable.
func (n *session) send(from, to string, mail []byte) error {
	n.mails++
	defer func() { n.used = time.Now() }()
	if err := n.step("mail", func() error { return n.client.Mail("<" + from + ">") }); err != nil {
		return err
	}
	if err := n.step("rcpt", func() error { return n.client.Rcpt("<" + to + ">") }); err != nil {
		return err
	}
	return n.step("data", func() error {
		w, err := n.client.Data()
		if err != nil {
			return err
		}
		n.wire.begin(n.timeout)
		if _, err := w.Write(mail); err != nil {
			return err
		}
		n.wire.begin(finalFactor * n.timeout)
		return w.Close()
	})
}

// usable tells whether the session takes another mail after send returned err.
func (n *session) usable(err error) bool {
	if n.mails >= maxPerSession {
		return false
	}
	if err == nil {
		return true
	}
	if replyCode(err) == 0 {
		return false
	}
	return n.step("reset", n.client.Reset) == nil
}

// stale tells from the error of a session's send whether the session had ended
// before: servers close what was idle, or has taken enough.
func (n *session) stale(err error) bool {
	var at *stepError
	code := replyCode(err)
	return n.mails > 1 && errors.As(err, &at) && at.step == "mail" && (code == 0 || code == 421)
}

// quit ends the session politely. A nil session has ended.
func (n *session) quit() {
	if n == nil {
		return
	}
	n.wire.begin(quitWait)
	_ = n.client.Quit() // the mails are delivered; a server may just hang up
	n.cut()
}

// cut closes the connection.
func (n *session) cut() {
	n.release()
	_ = n.wire.Close() // at once and in any state, which is all that is asked of it
}

// step runs one exchange with the server within its bounds.
func (n *session) step(name string, exchange func() error) error {
	n.wire.begin(n.timeout)
	if err := exchange(); err != nil {
		return &stepError{name, err}
	}
	return nil
}

// wire bounds what a step takes: a server that sends a byte now and then, or
// never stops, ends it all the same.
type wire struct {
	net.Conn
	left int // bytes that may still be read
}

func (w *wire) begin(timeout time.Duration) {
	w.left = maxReply
	_ = w.SetDeadline(time.Now().Add(timeout)) // fails on a closed connection, as the step will
}

func (w *wire) Read(p []byte) (int, error) {
	if w.left <= 0 {
		return 0, fmt.Errorf("server sent more than %d bytes", maxReply)
	}
	n, err := w.Conn.Read(p[:min(len(p), w.left)])
	w.left -= n
	return n, err
}

// replyCode of the reply that is the error; 0 where no reply came.
func replyCode(err error) int {
	var reply *textproto.Error
	if errors.As(err, &reply) {
		return reply.Code
	}
	return 0
}

// permanent tells whether trying again is useless: the server has said so.
func permanent(err error) bool {
	return replyCode(err)/100 == 5
}

// status says in a log what kind of failure err is, without the server's words:
// these name people.
func status(err error) string {
	if code := replyCode(err); code != 0 {
		return strconv.Itoa(code/100) + "xx"
	}
	var timed net.Error
	if errors.As(err, &timed) && timed.Timeout() || errors.Is(err, context.DeadlineExceeded) {
		return "timeout"
	}
	return "no reply"
}

func failedStep(err error) string {
	var at *stepError
	if errors.As(err, &at) {
		return at.step
	}
	return ""
}
