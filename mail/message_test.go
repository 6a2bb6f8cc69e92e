package mail_test

import (
	"bytes"
	"context"
	"net"
	netmail "net/mail"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"snug/line"
	"snug/mail"
	"snug/mail/mailtest"
)

func TestMessageArrives(t *testing.T) {
	long := strings.Repeat("A line that has no end ", 500)
	for name, m := range map[string]mail.Message{
		"plain":                  {To: "ada@example.com", Subject: "Sign in to Snug", Text: "Hello,\n\nhttps://chat.example.org/x?token=a=b&c=d\n"},
		"HTML":                   {To: "ada@example.com", Subject: "Sign in to Snug", Text: "Hello\n", HTML: "<p>Hello <a href=\"https://chat.example.org/x?a=1&amp;b=2\">you</a></p>\n"},
		"unicode":                {To: "ada+tag@sub.example.com", Subject: "Grüße 👋 — 你好, Zoë", Text: "Grüße 👋 你好\n", HTML: "<p>Grüße 👋 你好</p>"},
		"long":                   {To: "ada@example.com", Subject: strings.Repeat("long ", 50) + "end", Text: long + "\n" + strings.Repeat("x", 5000) + "\n", HTML: long},
		"unfolded":               {To: "ada@example.com", Subject: strings.Repeat("x", 255), Text: "x"},
		"unicode without spaces": {To: "ada@example.com", Subject: line.Subject(strings.Repeat("你", 400)), Text: strings.Repeat("你", 5000)},
		// What ends a mail, and what could begin another one.
		"dots":          {To: "ada@example.com", Subject: ".", Text: ".\n..\n\n.\nMAIL FROM:<x@example.com>\nfrom here\n", HTML: ".\n"},
		"header-like":   {To: "ada@example.com", Subject: "Bcc: eve@example.com", Text: "Subject: x\n\nBcc: eve@example.com\n"},
		"encoded word":  {To: "ada@example.com", Subject: "price =?UTF-8?q?=0d=0aBcc:?= x", Text: "=3D =0A =\n"},
		"at its limits": {To: strings.Repeat("a", 242) + "@example.com", Subject: "x", Text: strings.Repeat("\u00ff\n", 64<<10/3)},
	} {
		t.Run(name, func(t *testing.T) {
			g := newRig(t)
			c := g.tcp()
			c.From = `"Zoë's Küche" <chat@example.org>`
			s := g.sender(c)
			before := time.Now().Truncate(time.Second)
			send(t, s, m)
			g.flush(s)
			mails := g.received()
			if len(mails) != 1 {
				t.Fatalf("%d mails\n%s", len(mails), g.log.String())
			}
			got := mails[0]
			// SMTP ends every line, the last one too.
			if got.To != m.To || strings.TrimSuffix(got.Text, "\n") != strings.TrimSuffix(m.Text, "\n") || got.HTML != m.HTML || got.From != "chat@example.org" {
				t.Errorf("got %+q, want %+q", got, m)
			}
			want := strings.ReplaceAll(m.Subject, "=?", "= ?")
			if got.Subject != want {
				t.Errorf("subject %q, want %q", got.Subject, want)
			}
			if from, err := netmail.ParseAddress(got.Header.Get("From")); err != nil || from.Name != "Zoë's Küche" {
				t.Errorf("From %q %v", got.Header.Get("From"), err)
			}
			id := got.Header.Get("Message-Id")
			if !strings.HasPrefix(id, "<") || !strings.HasSuffix(id, "@example.org>") || len(id) < 30 {
				t.Errorf("Message-ID %q", id)
			}
			if at, err := got.Header.Date(); err != nil || at.Before(before) || at.After(time.Now()) {
				t.Errorf("Date %v %v", at, err)
			}
			if got.Header.Get("Auto-Submitted") != "auto-generated" {
				t.Errorf("Auto-Submitted %q", got.Header.Get("Auto-Submitted"))
			}
			fields := []string{"Auto-Submitted", "Content-Type", "Date", "From", "Message-Id", "Mime-Version", "Subject", "To"}
			if m.HTML == "" {
				fields = append(fields, "Content-Transfer-Encoding")
			}
			for field, values := range got.Header {
				if !slices.Contains(fields, field) || len(values) != 1 {
					t.Errorf("field %s: %q", field, values)
				}
			}
			if len(got.Header) != len(fields) {
				t.Errorf("fields %q", got.Header)
			}
			for line := range bytes.Lines(g.raw[0]) {
				if len(line) > 998+2 || len(bytes.TrimSpace(line)) > 0 && bytes.ContainsFunc(line, func(r rune) bool { return r > unicode.MaxASCII }) {
					t.Errorf("line %q", line)
				}
			}
		})
	}
}

func TestMessageRefused(t *testing.T) {
	g := newRig(t)
	s := g.sender(g.config(25).WithDial(func(context.Context, string, string) (net.Conn, error) { return nil, errRefused }))
	set := func(fn func(m *mail.Message)) mail.Message {
		m := hello
		fn(&m)
		return m
	}
	for name, m := range map[string]mail.Message{
		"no address":                set(func(m *mail.Message) { m.To = "" }),
		"no domain":                 set(func(m *mail.Message) { m.To = "ada" }),
		"two addresses":             set(func(m *mail.Message) { m.To = "ada@example.com, eve@example.com" }),
		"name":                      set(func(m *mail.Message) { m.To = "Ada <ada@example.com>" }),
		"brackets":                  set(func(m *mail.Message) { m.To = "<ada@example.com>" }),
		"comment":                   set(func(m *mail.Message) { m.To = "ada@example.com (Ada)" }),
		"quotes":                    set(func(m *mail.Message) { m.To = `"ada eve"@example.com` }),
		"quoted brackets":           set(func(m *mail.Message) { m.To = `"><eve@example.com"@example.com` }),
		"group":                     set(func(m *mail.Message) { m.To = "friends: ada@example.com;" }),
		"space":                     set(func(m *mail.Message) { m.To = " ada@example.com" }),
		"parameter":                 set(func(m *mail.Message) { m.To = "ada@example.com> NOTIFY=SUCCESS" }),
		"not ASCII":                 set(func(m *mail.Message) { m.To = "zoë@example.com" }),
		"domain not ASCII":          set(func(m *mail.Message) { m.To = "zoe@exämple.com" }),
		"long address":              set(func(m *mail.Message) { m.To = strings.Repeat("a", 243) + "@example.com" }),
		"line break in To":          set(func(m *mail.Message) { m.To = "ada@example.com\r\nBcc: eve@example.com" }),
		"command in To":             set(func(m *mail.Message) { m.To = "ada@example.com>\r\nRCPT TO:<eve@example.com" }),
		"line feed at the end":      set(func(m *mail.Message) { m.To = "ada@example.com\n" }),
		"NUL in To":                 set(func(m *mail.Message) { m.To = "ada\x00@example.com" }),
		"line break in the subject": set(func(m *mail.Message) { m.Subject = "x\r\nBcc: eve@example.com" }),
		"line feed in the subject":  set(func(m *mail.Message) { m.Subject = "x\nBcc: eve@example.com" }),
		"return in the subject":     set(func(m *mail.Message) { m.Subject = "x\rBcc: eve@example.com" }),
		"end of the headers":        set(func(m *mail.Message) { m.Subject = "x\r\n\r\n<h1>" }),
		"NUL in the subject":        set(func(m *mail.Message) { m.Subject = "x\x00" }),
		"no subject":                set(func(m *mail.Message) { m.Subject = "" }),
		"subject of spaces":         set(func(m *mail.Message) { m.Subject = " \u00a0" }),
		"long subject":              set(func(m *mail.Message) { m.Subject = strings.Repeat("x", 256) }),
		"no text":                   set(func(m *mail.Message) { m.Text, m.HTML = "", "<p>" }),
		"long":                      set(func(m *mail.Message) { m.Text, m.HTML = strings.Repeat("x", 32<<10), strings.Repeat("x", 32<<10+1) }),
	} {
		if err := s.Send(m); err == nil {
			t.Errorf("%s is taken", name)
		}
	}
	g.flush(s)
	if g.log.String() != "" {
		t.Errorf("something was tried:\n%s", g.log.String())
	}
}

// Whatever a mail holds, it comes as one mail with its own headers, or not at all.
func FuzzMessage(f *testing.F) {
	f.Add("ada@example.com", "Hello", "text", "<p>html")
	f.Add("ada@example.com", "a  b\u2028c\u00a0", ".\r\n.\r", "\xff\xfe")
	f.Add("ada@[192.0.2.1]", strings.Repeat("x ", 127), "=\n--\n--x", "")
	f.Add("a=?utf-8?q?b?=@example.com", "=?utf-8?q?=0A?=", "x", "x")
	f.Fuzz(func(t *testing.T, to, subject, text, html string) {
		m := mail.Message{To: to, Subject: subject, Text: text, HTML: html}
		raw, err := mail.Render(m)
		if err != nil {
			return
		}
		if !utf8.Valid(raw) || bytes.ContainsFunc(raw, func(r rune) bool { return r > unicode.MaxASCII || r == 0 }) {
			t.Errorf("not ASCII: %q", raw)
		}
		got, err := mailtest.Parse(raw)
		if err != nil {
			t.Fatalf("%v\n%s", err, raw)
		}
		if got.To != to || len(got.Header) > 9 || got.Header.Get("Bcc") != "" {
			t.Errorf("%q came as %q to %q", m, got.Header, got.To)
		}
		if (got.HTML == "") != (html == "") || (got.Text == "") != (text == "") {
			t.Errorf("%q came as %q", m, got)
		}
		for line := range bytes.Lines(raw) {
			if len(line) > 1000 || !bytes.HasSuffix(line, []byte("\r\n")) && bytes.ContainsAny(line, "\r\n") {
				t.Errorf("line %q", line)
			}
		}
	})
}
