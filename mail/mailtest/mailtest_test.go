package mailtest_test

import (
	"fmt"
	"runtime"
	"slices"
	"strings"
	"testing"

	"snug/mail"
	"snug/mail/mailtest"
)

func TestServer(t *testing.T) {
	server := mailtest.Start(t)
	sender, err := mail.New(server.Config())
	if err != nil {
		t.Fatal(err)
	}
	send := func(to, subject, text, html string) {
		t.Helper()
		if err := sender.Send(mail.Message{To: to, Subject: subject, Text: text, HTML: html}); err != nil {
			t.Fatal(err)
		}
	}
	send("ada@example.com", "first — Grüße", "one\n\nhttps://chat.example.org/a?token=1\n", "<a href='https://chat.example.org/a?token=1'>")
	send("bob@example.com", "other", "two", "")
	send("ada@example.com", "second", "three", "")

	m := server.Wait(t, "Ada@Example.com")
	if m.Subject != "first — Grüße" || m.To != "ada@example.com" || m.From != "snug@example.org" ||
		m.Text != "one\n\nhttps://chat.example.org/a?token=1\n" || m.HTML != "<a href='https://chat.example.org/a?token=1'>" {
		t.Errorf("got %q", m)
	}
	if m.Header.Get("Auto-Submitted") != "auto-generated" {
		t.Errorf("header %q", m.Header)
	}
	if got := server.Wait(t, "ada@example.com"); got.Subject != "second" {
		t.Errorf("then got %q", got)
	}
	if got := server.Wait(t, "bob@example.com"); got.Subject != "other" {
		t.Errorf("to bob: %q", got)
	}
	if err := sender.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := server.Recipients(); !slices.Equal(got, []string{"ada@example.com", "bob@example.com", "ada@example.com"}) {
		t.Errorf("recipients %q", got)
	}
}

// Two servers in one process know nothing of each other.
func TestTwoServers(t *testing.T) {
	a, b := mailtest.Start(t), mailtest.Start(t)
	sender, err := mail.New(a.Config())
	if err != nil {
		t.Fatal(err)
	}
	if err := sender.Send(mail.Message{To: "ada@example.com", Subject: "x", Text: "x"}); err != nil {
		t.Fatal(err)
	}
	a.Wait(t, "ada@example.com")
	if err := sender.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	if len(b.Recipients()) != 0 {
		t.Errorf("the other server got %q", b.Recipients())
	}
}

// A test may end before its server has begun to accept.
func TestServerEndsAtOnce(t *testing.T) {
	for range 100 {
		t.Run("", func(t *testing.T) { mailtest.Start(t) })
	}
}

func TestLinks(t *testing.T) {
	for _, c := range []struct {
		text, html string
		want       []string
	}{
		{"none", "<p>none", nil},
		{"https://a.example/x?y=1&z=2", "", []string{"https://a.example/x?y=1&z=2"}},
		{"See https://a.example/x. (Or http://localhost:3000/y?t=a_b-c~d.)", "", []string{"https://a.example/x", "http://localhost:3000/y?t=a_b-c~d"}},
		{"<https://a.example/x>\nhttps://a.example/x", "", []string{"https://a.example/x"}},
		{"", `<A HREF="https://a.example/x?y=1&amp;z=2">x</a>`, []string{"https://a.example/x?y=1&z=2"}},
		{"https://a.example/x?y=1&z=2", `<a href="https://a.example/x?y=1&amp;z=2">x</a><a class=b href='https://b.example/'>`,
			[]string{"https://a.example/x?y=1&z=2", "https://b.example/"}},
		{"", `<img src="https://a.example/x.png">`, nil},
	} {
		m := mailtest.Message{Text: c.text, HTML: c.html}
		if got := m.Links(); !slices.Equal(got, c.want) {
			t.Errorf("%q %q: got %q", c.text, c.html, got)
		}
	}
}

func TestParse(t *testing.T) {
	head := "From: Snug <snug@example.org>\r\nTo: Ada <ada@example.com>\r\nSubject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=\r\n"
	for name, c := range map[string]struct{ raw, text, html string }{
		"bare":   {head + "Content-Type: text/plain\r\n\r\none\r\ntwo\r\n", "one\ntwo\n", ""},
		"base64": {head + "Content-Type: text/html; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\nPHA+w7w=\r\n", "", "<p>ü"},
		"quoted": {head + "Content-Type: text/plain\r\nContent-Transfer-Encoding: Quoted-Printable\r\n\r\n=C3=BC a=\r\nb\r\n", "ü ab\n", ""},
		"both": {head + "Content-Type: multipart/alternative; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n=3D\r\n" +
			"--b\r\nContent-Type: text/html\r\n\r\n<p>\r\n--b--\r\n", "=", "<p>"},
	} {
		m, err := mailtest.Parse([]byte(c.raw))
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if m.Text != c.text || m.HTML != c.html || m.Subject != "Grüße" || m.From != "snug@example.org" || m.To != "ada@example.com" {
			t.Errorf("%s: got %q", name, m)
		}
	}
	for name, raw := range map[string]string{
		"nothing":      "",
		"no To":        "From: a@example.org\r\nContent-Type: text/plain\r\n\r\nx",
		"two To":       "From: a@example.org\r\nTo: a@example.com, b@example.com\r\nContent-Type: text/plain\r\n\r\nx",
		"bad subject":  strings.Replace(head, "utf-8", "klingon", 1) + "Content-Type: text/plain\r\n\r\nx",
		"no type":      head + "\r\nx",
		"attachment":   head + "Content-Type: application/pdf\r\n\r\nx",
		"bad encoding": head + "Content-Type: text/plain\r\nContent-Transfer-Encoding: base64\r\n\r\n!",
		"no boundary":  head + "Content-Type: multipart/alternative\r\n\r\nx",
		"never ends":   head + "Content-Type: multipart/alternative; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\nx",
	} {
		if m, err := mailtest.Parse([]byte(raw)); err == nil {
			t.Errorf("%s is read as %q", name, m)
		}
	}
}

// A failing test says what came instead.
func TestWaitFailsTheTest(t *testing.T) {
	server := mailtest.Start(t)
	sender, err := mail.New(server.Config())
	if err != nil {
		t.Fatal(err)
	}
	if err := sender.Send(mail.Message{To: "bob@example.com", Subject: "x", Text: "x"}); err != nil {
		t.Fatal(err)
	}
	if err := sender.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	failed := make(chan string, 1)
	go mailtest.WaitFor(server, &recorder{TB: t, failed: failed}, "ada@example.com", 0)
	if said := <-failed; !strings.Contains(said, "no mail to ada@example.com") || !strings.Contains(said, "bob@example.com") {
		t.Errorf("said %q", said)
	}
}

// A recorder is a test that may fail.
type recorder struct {
	testing.TB
	failed chan string
}

func (r *recorder) Helper() {}

func (r *recorder) Fatalf(format string, args ...any) {
	r.failed <- fmt.Sprintf(format, args...)
	runtime.Goexit()
}
