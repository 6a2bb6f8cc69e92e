package auth

import (
	"cmp"
	"context"
	"database/sql"
	"html/template"
	"net/http"
	"net/url"
	"strings"

	"snug/line"
)

// A letter is the words of a mail. In all of them %host stands for the server, by its
// host and the name that it may have, and %more for one more word of the mail's own.
// Nothing that a stranger chose stands in a mail, for it may be a stranger who makes us
// send it: addresses alone, which have no room for words, the names of those who may
// invite, and what those call the server who run it.
type letter struct {
	subject string
	above   []string // paragraphs
	button  string   // says what the link does
	below   []string
}

var (
	letterVerify = letter{
		subject: "Confirm your address for %host",
		above:   []string{"Somebody, we hope you, made an account at %host with this address. Open this link to confirm that it is yours:"},
		button:  "Confirm my address",
		below: []string{"The link works for one hour.",
			"If you made no account there, don't open it. You can ignore this mail."},
	}
	letterTaken = letter{
		subject: "You have an account at %host",
		above:   []string{"Somebody tried to make an account at %host with this address. You have one already, and it stays as it is. If it was you, sign in:"},
		button:  "Sign in",
		below: []string{"If you don't know your password any more, you can choose a new one from there.",
			"If it wasn't you, you can ignore this mail."},
	}
	letterReset = letter{
		subject: "Choose a new password for %host",
		above:   []string{"Open this link to choose a new password for your account at %host:"},
		button:  "Choose a new password",
		below: []string{"The link works once, within one hour. All your devices are signed out then.",
			"If you didn't ask for this, you can ignore this mail: your password stays as it is."},
	}
	letterPassword = letter{
		subject: "Your password for %host was changed",
		above:   []string{"The password of your account at %host was changed just now. If it was you, there is nothing to do. If not, choose a new one, and look through passkeys and API tokens on your account page: they stay as they are."},
		button:  "Choose a new password",
	}
	letterLink = letter{
		subject: "Sign in to %host",
		above:   []string{"Open this link to sign in to %host:"},
		button:  "Sign in",
		below: []string{"The link works once, within ten minutes. It signs in whoever opens it: don't pass it on.",
			"If you didn't ask for it, you can ignore this mail."},
	}
	letterChange = letter{
		subject: "Change your address at %host?",
		above: []string{"Somebody who is signed in to your account at %host wants it to have another address: %more.",
			"If that is you, open this link in a browser where you are signed in. The new address gets a mail then."},
		button: "Change my address",
		below: []string{"The link works once, within one hour.",
			"If it isn't you, don't open it. Choose a new password instead: that signs out everyone else."},
	}
	letterNewAddress = letter{
		subject: "Confirm your new address for %host",
		above:   []string{"Open this link, in a browser where you are signed in, to use this address for your account at %host from now on:"},
		button:  "Use this address",
		below: []string{"The link works once, within one hour.",
			"If you have no account there, you can ignore this mail."},
	}
	letterChanged = letter{
		subject: "Your address at %host was changed",
		above: []string{"Your account at %host has another address now, and this one opens it no longer.",
			"If it wasn't you who changed it, ask the people who run the server for help."},
		button: "Open %host",
	}
	letterWanted = letter{
		subject: "Somebody tried to use your address at %host",
		above: []string{"Somebody tried to give another account at %host this address. It belongs to yours, and nothing has changed.",
			"If it was you: one address can have one account only."},
		button: "Open %host",
	}
	letterInvite = letter{
		subject: "%more invites you to %host",
		above:   []string{"%more invites you to chat at %host. Open this link to make your account:"},
		button:  "Make my account",
		below:   []string{"If you don't know %more, you can ignore this mail."},
	}
	letterDelete = letter{
		subject: "Delete your account at %host?",
		above:   []string{"Open this link, in a browser where you are signed in, to delete your account at %host. You are asked once more before it is gone for good."},
		button:  "Delete my account",
		below: []string{"The link works once, within a day.",
			"If you didn't ask for this, don't open it. Somebody may be signed in as you: choose a new password."},
	}
)

// render writes a letter of a server, which may have a name, with its link.
func (l letter) render(server, to, base, link, more string) Mail {
	host := base
	if u, err := url.Parse(base); err == nil && u.Host != "" {
		host = u.Host
	}
	short := strings.NewReplacer("%host", cmp.Or(server, host), "%more", more)
	if server != "" {
		host = server + " (" + host + ")"
	}
	fill := strings.NewReplacer("%host", host, "%more", more)
	page := struct {
		Subject, Button, Link string
		Above, Below          []string
	}{Subject: line.Subject(short.Replace(l.subject)), Button: short.Replace(l.button), Link: link}
	for _, p := range l.above {
		page.Above = append(page.Above, fill.Replace(p))
	}
	for _, p := range l.below {
		page.Below = append(page.Below, fill.Replace(p))
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
// It fetches nothing.
var letterHTML = template.Must(template.New("letter").Parse(`<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="UTF-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="supported-color-schemes" content="light dark">
<title>{{.Subject}}</title>
</head>
<body style="margin: 0; padding: 24px; font: 16px/1.5 system-ui, -apple-system, 'Segoe UI', sans-serif;">
<div style="max-width: 480px; margin: 0 auto;">
{{- range .Above}}
<p style="margin: 0 0 16px;">{{.}}</p>
{{- end}}
<p style="margin: 24px 0;"><a href="{{.Link}}" style="display: inline-block; padding: 10px 18px; border-radius: 6px; background-color: #a4502b; color: #ffffff; font-weight: 600; text-decoration: none;">{{.Button}}</a></p>
{{- range .Below}}
<p style="margin: 0 0 12px; font-size: 14px; opacity: 0.75;">{{.}}</p>
{{- end}}
<p style="margin: 24px 0 0; font-size: 12px; opacity: 0.75; overflow-wrap: anywhere;">If the button does nothing, copy this address into your browser: {{.Link}}</p>
</div>
</body>
</html>
`))

// sendLink sends a letter whose link is a secret: path follows base. Where no mail
// is set up the link goes to the log instead, for the people who run the server to
// pass on: it is the one secret that is ever logged.
func (s *Service) sendLink(l letter, base, path, userID, to, more string) {
	switch {
	case placeholder(to):
	case s.cfg.Mail == nil:
		s.log.Info("no mail is set up: here is the link", "user", userID, "link", base+path)
	default:
		s.mail(l.render(s.cfg.ServerName(), to, base, base+path, more), userID)
	}
}

// sendNote sends a letter whose link anyone may see. Without mail it isn't sent.
func (s *Service) sendNote(l letter, base, path, userID, to string) {
	if s.cfg.Mail != nil && !placeholder(to) {
		s.mail(l.render(s.cfg.ServerName(), to, base, base+path, ""), userID)
	}
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
