package mailtest

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"html"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	netmail "net/mail"
	"regexp"
	"slices"
	"strings"
)

// Message is a mail as its reader sees it: decoded, lines ended by \n.
type Message struct {
	From, To   string // addresses alone
	Subject    string
	Text, HTML string // "" where the mail has none
	Header     netmail.Header
}

// Parse reads a mail of text, HTML or both.
func Parse(raw []byte) (Message, error) {
	mail, err := netmail.ReadMessage(bytes.NewReader(raw))
	if err != nil {
		return Message{}, fmt.Errorf("parse mail: %w", err)
	}
	m := Message{Header: mail.Header}
	if m.Subject, err = new(mime.WordDecoder).DecodeHeader(mail.Header.Get("Subject")); err != nil {
		return Message{}, fmt.Errorf("parse subject: %w", err)
	}
	for field, addr := range map[string]*string{"From": &m.From, "To": &m.To} {
		a, err := netmail.ParseAddress(mail.Header.Get(field))
		if err != nil {
			return Message{}, fmt.Errorf("parse %s: %w", field, err)
		}
		*addr = a.Address
	}
	if err := m.part(mail.Header.Get("Content-Type"), mail.Header.Get("Content-Transfer-Encoding"), mail.Body); err != nil {
		return Message{}, err
	}
	return m, nil
}

// part reads what one Content-Type stands for, those inside it included.
func (m *Message) part(contentType, encoding string, body io.Reader) error {
	kind, params, err := mime.ParseMediaType(contentType)
	if err != nil {
		return fmt.Errorf("parse content type %q: %w", contentType, err)
	}
	if strings.HasPrefix(kind, "multipart/") {
		parts := multipart.NewReader(body, params["boundary"])
		for {
			p, err := parts.NextRawPart()
			if err == io.EOF {
				return nil
			}
			if err != nil {
				return fmt.Errorf("parse %s: %w", kind, err)
			}
			if err := m.part(p.Header.Get("Content-Type"), p.Header.Get("Content-Transfer-Encoding"), p); err != nil {
				return err
			}
		}
	}
	switch strings.ToLower(encoding) {
	case "quoted-printable":
		body = quotedprintable.NewReader(body)
	case "base64":
		body = base64.NewDecoder(base64.StdEncoding, body)
	}
	text, err := io.ReadAll(body)
	if err != nil {
		return fmt.Errorf("read %s: %w", kind, err)
	}
	lines := strings.ReplaceAll(string(text), "\r\n", "\n")
	switch kind {
	case "text/plain":
		m.Text = lines
	case "text/html":
		m.HTML = lines
	default:
		return fmt.Errorf("mail has a part %s", kind)
	}
	return nil
}

// Links returns the links of the text and then those that only the HTML has, in
// their order, each once.
func (m Message) Links() []string {
	inText := regexp.MustCompile(`https?://[^\s<>"]+`)
	inHTML := regexp.MustCompile(`(?i)\bhref\s*=\s*["'](https?://[^"']+)["']`)
	var links []string
	add := func(link string) {
		if !slices.Contains(links, link) {
			links = append(links, link)
		}
	}
	for _, link := range inText.FindAllString(m.Text, -1) {
		add(strings.TrimRight(link, ".,;:!?)'")) // of the sentence around it
	}
	for _, match := range inHTML.FindAllStringSubmatch(m.HTML, -1) {
		add(html.UnescapeString(match[1]))
	}
	return links
}
