package mail

import (
	"bytes"
	"errors"
	"fmt"
	netmail "net/mail"
	"strings"
	"time"
	"unicode"

	gomail "github.com/wneessen/go-mail"
)

// Message is one mail to one person.
type Message struct {
	To      string // an address alone, in ASCII: ada@example.org
	Subject string // one line, at most 255 bytes
	Text    string // with HTML at most 64 KiB
	HTML    string // the same again for those who can show it; "" for none
}

// check refuses what can't be sent. Its errors don't say what was in the message:
// they may be logged.
func (m Message) check() error {
	if err := checkAddress(m.To); err != nil {
		return err
	}
	switch {
	case strings.TrimSpace(m.Subject) == "" || len(m.Subject) > maxSubject:
		return fmt.Errorf("subject has %d bytes, want 1 to %d", len(m.Subject), maxSubject)
	case hasControl(m.Subject):
		return errors.New("subject holds a line break or another control character")
	case m.Text == "":
		return errors.New("no text")
	case len(m.Text)+len(m.HTML) > maxBody:
		return fmt.Errorf("text and HTML have %d bytes, more than %d", len(m.Text)+len(m.HTML), maxBody)
	}
	return nil
}

// checkAddress takes addresses alone, without a name, comments or quotes, which
// servers read in different ways. Others than ASCII ones would need SMTPUTF8 all
// the way to their mailbox.
func checkAddress(s string) error {
	a, err := netmail.ParseAddress(s)
	if err != nil || a.Address != s || len(s) > maxAddress {
		return errors.New("address is not like ada@example.org")
	}
	for _, r := range s {
		if r <= ' ' || r > '~' {
			return errors.New("address holds more than printable ASCII")
		}
	}
	return nil
}

// plain makes a subject mean what it says: single spaces, so that folding never
// makes a line of spaces alone, which some take for the end of the headers, and
// nothing that looks as if it were encoded, for a name in it may be anyone's.
func plain(subject string) string {
	words := strings.Fields(strings.ToValidUTF8(subject, "\uFFFD"))
	return strings.ReplaceAll(strings.Join(words, " "), "=?", "= ?")
}

func hasControl(s string) bool {
	return strings.ContainsFunc(s, unicode.IsControl)
}

// render returns the mail as it goes over the wire. The same id and time make it
// the same mail for whoever gets it twice.
func render(m Message, from netmail.Address, id string, at time.Time) ([]byte, error) {
	g := gomail.NewMsg(gomail.WithNoDefaultUserAgent())
	g.FromMailAddress(&from)
	g.ToMailAddress(&netmail.Address{Address: m.To})
	g.Subject(plain(m.Subject))
	g.SetMessageIDWithValue(id)
	g.SetDateWithValue(at)
	// Keeps holiday answers away (RFC 3834).
	g.SetGenHeader("Auto-Submitted", "auto-generated")
	g.SetBodyString(gomail.TypeTextPlain, strings.ToValidUTF8(m.Text, "\uFFFD"))
	if m.HTML != "" {
		g.AddAlternativeString(gomail.TypeTextHTML, strings.ToValidUTF8(m.HTML, "\uFFFD"))
	}
	var b bytes.Buffer
	if _, err := g.WriteTo(&b); err != nil {
		return nil, fmt.Errorf("render mail: %w", err)
	}
	return b.Bytes(), nil
}
