package auth

import (
	"html"
	"net/http"
	"net/url"
	"strings"
)

// confirmMain is the page that the link of a mail leads to in a browser in which its
// user isn't signed in. What scans mails opens links, but presses no buttons: else it
// would confirm addresses for whoever signed up with them. Nor can a page that leads
// its visitor here sign them in as somebody else.
const confirmMain = `<p>Somebody made an account here with the address <strong>{email}</strong>. If it was you, confirm that the address is yours. If it wasn't, close this page.</p>
<form method="post"><button>Confirm</button></form>`

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
	s.writePage(c.w, "Confirm your address", strings.Replace(confirmMain, "{email}", html.EscapeString(t.Email), 1), "", action)
	return nil
}
