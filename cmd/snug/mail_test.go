package main

import (
	"net"
	"net/textproto"
	"strings"
	"testing"

	"snug/mail/mailtest"
)

func TestMailTest(t *testing.T) {
	office := mailtest.Start(t)
	dir := t.TempDir()
	args := mailArgs(office.Addr)
	mail := func(more ...string) result {
		return execute(t, dir, nil, append(append([]string{"mail", "test"}, args...), more...)...)
	}

	if r := mail(); r != (result{0, "The mail server 127.0.0.1 takes mails from us. snug mail test ADDRESS sends one.\n", ""}) {
		t.Errorf("%+v", r)
	}
	if len(office.Recipients()) != 0 {
		t.Error("it has sent a mail")
	}
	r := mail("ada@example.com")
	r.want(t, 0, "has taken a mail to ada@example.com")
	if m := office.Wait(t, "ada@example.com"); m.Subject != "Test mail from localhost:3000" || m.From != "snug@example.org" {
		t.Errorf("mail %+v", m)
	}
	mail("ada").want(t, 1, "address is not like ada@example.org")
	mail("a@b.cd", "e@f.gh").want(t, 2, "snug mail test [ADDRESS]")

	execute(t, dir, nil, "mail", "test").want(t, 2, "SNUG_SMTP_HOST", "SNUG_MAIL_FROM")
	execute(t, dir, nil, append([]string{"mail", "test"}, mailArgs(nowhere(t))...)...).want(t, 1, "check mail server", "connect", "refused")
}

// What the mail server says is shown, and the password isn't.
func TestMailTestShowsTheReason(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	served := make(chan struct{})
	go func() {
		defer close(served)
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			refuseToSignIn(textproto.NewConn(conn))
		}
	}()
	t.Cleanup(func() { _ = l.Close(); <-served })
	env := []string{"SNUG_SMTP_USER=snug", "SNUG_SMTP_PASSWORD=planted-password"}
	for _, more := range [][]string{nil, {"ada@example.com"}} {
		r := execute(t, t.TempDir(), env, append(append([]string{"mail", "test"}, mailArgs(l.Addr().String())...), more...)...)
		r.want(t, 1, "auth: ", "535", "the account is locked")
		if strings.Contains(r.stdout+r.stderr, "planted-password") || strings.Count(r.stderr, "\n") != 1 {
			t.Errorf("%+v", r)
		}
	}
}

// refuseToSignIn is a mail server's side of a connection, up to AUTH.
func refuseToSignIn(c *textproto.Conn) {
	defer c.Close()
	_ = c.PrintfLine("220 mail.example.org")
	for {
		line, err := c.ReadLine()
		if err != nil {
			return
		}
		reply := "250 yes"
		switch verb, _, _ := strings.Cut(line, " "); strings.ToUpper(verb) {
		case "EHLO":
			reply = "250-mail.example.org\r\n250 AUTH PLAIN"
		case "AUTH":
			reply = "535 the account is locked"
		case "QUIT":
			reply = "221 bye"
		}
		if c.PrintfLine("%s", reply) != nil {
			return
		}
	}
}
