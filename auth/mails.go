package auth

import (
	"cmp"
	"context"
	"database/sql"
	"html/template"
	"net/http"
	"net/url"
	"strings"

	"snug/language"
	"snug/line"
)

// A letterhead is what the request that a letter comes of says of it.
type letterhead struct {
	base string // where the letter's links lead
	// language is what whoever asked reads. It is the letter's where nobody knows what its
	// own reader does: they are nearly always the same, and else nothing better is known.
	language language.Code
}

func (s *Service) letterhead(r *http.Request) letterhead {
	return letterhead{s.baseOf(r), language.Of(r)}
}

// languageFor returns the language to speak to a user in: the one that they are known to
// read, else that of the request. So nobody is told in a stranger's language that somebody
// is at their account, if they have one of their own; "" is nobody who has an account.
func (s *Service) languageFor(ctx context.Context, userID string, asked language.Code) language.Code {
	if s.cfg.Language == nil || userID == "" {
		return asked
	}
	known, err := s.cfg.Language(ctx, userID)
	if err != nil {
		s.log.Warn("a mail or a page is in the language of its request", "user", userID, "err", err)
		return asked
	}
	return cmp.Or(known, asked)
}

// render writes a letter of a server, which may have a name, with its link.
func (head letterhead) render(kind letterKind, server, to, link, more string) Mail {
	host := head.base
	if u, err := url.Parse(head.base); err == nil && u.Host != "" {
		host = u.Host
	}
	short := cmp.Or(server, host)
	if server != "" {
		host = server + " (" + host + ")"
	}
	words := catalogue.In(head.language)
	l := words.letters[kind]
	fill := func(text, host string) string { return head.language.Fill(text, "host", host, "more", more) }
	page := struct {
		Lang                            language.Code
		Subject, Button, CopyLink, Link string
		Above, Below                    []string
	}{Lang: head.language, Subject: line.Subject(fill(l.subject, short)), Button: fill(l.button, short), CopyLink: words.copyLink, Link: link}
	for _, p := range l.above {
		page.Above = append(page.Above, fill(p, host))
	}
	for _, p := range l.below {
		page.Below = append(page.Below, fill(p, host))
	}
	var text, html strings.Builder
	for _, p := range page.Above {
		text.WriteString(p + "\n\n")
	}
	text.WriteString(link + "\n")
	for _, p := range page.Below {
		text.WriteString("\n" + p + "\n")
	}
	if err := letterHTML.Execute(&html, page); err != nil {
		panic("render mail: " + err.Error()) // the template and its data are ours
	}
	return Mail{To: to, Subject: page.Subject, Text: text.String(), HTML: html.String()}
}

// letterHTML leaves the colours of the page to the reader's program, light or dark.
// It fetches nothing. What is read of it alone, without its head, knows its language too.
var letterHTML = template.Must(template.New("letter").Parse(`<!DOCTYPE html>
<html lang="{{.Lang}}" dir="{{.Lang.Dir}}">
<head>
<meta charset="UTF-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="supported-color-schemes" content="light dark">
<title>{{.Subject}}</title>
</head>
<body style="margin: 0; padding: 24px; font: 16px/1.5 system-ui, -apple-system, 'Segoe UI', sans-serif;">
<div lang="{{.Lang}}" dir="{{.Lang.Dir}}" style="max-width: 480px; margin: 0 auto;">
{{- range .Above}}
<p style="margin: 0 0 16px;">{{.}}</p>
{{- end}}
<p style="margin: 24px 0;"><a href="{{.Link}}" style="display: inline-block; padding: 10px 18px; border-radius: 6px; background-color: #a4502b; color: #ffffff; font-weight: 600; text-decoration: none;">{{.Button}}</a></p>
{{- range .Below}}
<p style="margin: 0 0 12px; font-size: 14px; opacity: 0.75;">{{.}}</p>
{{- end}}
<p style="margin: 24px 0 0; font-size: 12px; opacity: 0.75; overflow-wrap: anywhere;">{{.CopyLink}} <bdi dir="ltr">{{.Link}}</bdi></p>
</div>
</body>
</html>
`))

// sendLink sends a letter whose link is a secret: path follows base. Where no mail
// is set up the link goes to the log instead, for the people who run the server to
// pass on: it is the one secret that is ever logged.
func (s *Service) sendLink(ctx context.Context, kind letterKind, head letterhead, path, userID, to, more string) {
	switch {
	case placeholder(to):
	case s.cfg.Mail == nil:
		s.log.Info("no mail is set up: here is the link", "user", userID, "link", head.base+path)
	default:
		s.mail(s.write(ctx, kind, head, path, userID, to, more), userID)
	}
}

// sendNote sends a letter whose link anyone may see. Without mail it isn't sent.
func (s *Service) sendNote(ctx context.Context, kind letterKind, head letterhead, path, userID, to string) {
	if s.cfg.Mail != nil && !placeholder(to) {
		s.mail(s.write(ctx, kind, head, path, userID, to, ""), userID)
	}
}

// write writes a letter to a user, "" for who has no account.
func (s *Service) write(ctx context.Context, kind letterKind, head letterhead, path, userID, to, more string) Mail {
	head.language = s.languageFor(ctx, userID, head.language)
	return head.render(kind, s.cfg.ServerName(), to, head.base+path, more)
}

func (s *Service) mail(m Mail, userID string) {
	if err := s.cfg.Mail(m); err != nil {
		s.log.Error("hand over mail", "user", userID, "err", err)
	}
}

// allowMailbox counts one mail to an address that a stranger may have named. It
// counts for addresses that nobody has here as well, so that the refusal tells
// nothing.
func (s *Service) allowMailbox(email string) error {
	// Of a hash, so that the keys have one size and hold no addresses.
	if wait := s.mailboxes.allow(hashToken(email).String(), s.now()); wait > 0 {
		return errTooMany(wait)
	}
	return nil
}

// allowSender counts a mail that a request asks for. One machine alone can't use up
// what a mailbox gets, and keep its owner from getting mails by that.
func (s *Service) allowSender(c *call, email string) error {
	if wait := s.senders.allow(hashToken(email).String()+" "+s.clientIP(c.r), s.now()); wait > 0 {
		return errTooMany(wait)
	}
	return s.allowMailbox(email)
}

// mailLater is an errand that mails somebody, unless the mailbox had enough.
func (s *Service) mailLater(what, email string, do func(context.Context) error) {
	if s.allowMailbox(email) == nil {
		s.later(what, do)
	}
}

// reachable returns the user with that address, nil if there is none who is to get
// mails.
func (s *Service) reachable(ctx context.Context, email string) (u *user, err error) {
	if placeholder(email) {
		return nil, nil
	}
	err = s.db.Read(ctx, func(tx *sql.Tx) error {
		u, err = selectUser(ctx, tx, `lower(u.email) = ?`, email)
		return err
	})
	if u != nil && (u.banned || u.anonymous) {
		u = nil
	}
	return u, err
}

// withQuery adds a parameter to a URL that safeRedirect has passed.
func withQuery(target, name, value string) string {
	before, fragment, hasFragment := strings.Cut(target, "#")
	sep := "?"
	if strings.Contains(before, "?") {
		sep = "&"
	}
	before += sep + url.QueryEscape(name) + "=" + url.QueryEscape(value)
	if hasFragment {
		before += "#" + fragment
	}
	return before
}

// noReferrer keeps a link with a secret from being told to the next site.
func noReferrer(w http.ResponseWriter) { w.Header().Set("Referrer-Policy", "no-referrer") }
