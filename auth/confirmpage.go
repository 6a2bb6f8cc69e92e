package auth

import (
	"html"
	"net/http"
	"net/url"
	"strings"

	"snug/language"
)

// confirmMain is the page that the link of a mail leads to in a browser in which its
// user isn't signed in. What scans mails opens links, but presses no buttons: else it
// would confirm addresses for whoever signed up with them. Nor can a page that leads
// its visitor here sign them in as somebody else.
const confirmMain = `<p>{text}</p>
<form method="post"><button>{button}</button></form>`

// wantsButton reports whether a link that confirms an address has to be confirmed
// itself: it is opened as a page, by somebody who isn't signed in as its user. Front
// ends that fetch the address, as the protocol has it, ask their visitor themselves.
func (s *Service) wantsButton(c *call, t ticket) (bool, error) {
	if c.r.Method != http.MethodGet || t.Request != requestVerify || !takesHTML(c.r) {
		return false, nil
	}
	l, _, err := s.current(c.r)
	if err != nil {
		return false, err
	}
	return l == nil || l.user.id != t.UserID, nil
}

func (s *Service) confirmPage(c *call, t ticket, target string) error {
	// The form sends its Origin only if the policy lets it.
	c.w.Header().Set("Referrer-Policy", "same-origin")
	action := "'self'" // and where it leads on to
	if u, err := url.Parse(target); err == nil && u.Host != "" {
		action += " " + u.Scheme + "://" + u.Host
	}
	lang := s.languageFor(c.r.Context(), t.UserID, language.Of(c.r))
	words := catalogue.In(lang).confirm
	text := lang.Fill(html.EscapeString(words.text), "email", "<strong>"+html.EscapeString(t.Email)+"</strong>")
	main := strings.NewReplacer("{text}", text, "{button}", html.EscapeString(words.button)).Replace(confirmMain)
	s.writePage(c.w, lang, words.title, main, "", action)
	return nil
}
