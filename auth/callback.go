package auth

import (
	"context"
	"database/sql"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"snug/auth/oauth"
	"snug/db"
)

// A failure ends a sign-in at a provider, and is what the address of the page says
// that the browser is sent to then.
type failure struct {
	code        string
	description string // the provider's
}

func (f failure) Error() string { return "sign-in at provider: " + f.code }

// callbackGet is where a provider sends the browser back to. A front end that wants
// to show something meanwhile is served here first, and fetches the same address.
func (s *Service) callbackGet(c *call) error {
	// The address holds a code.
	c.w.Header().Set("Referrer-Policy", "no-referrer")
	_, known := s.provider(c.param)
	if known && s.cfg.CallbackPage != nil && navigates(c.r) && takesHTML(c.r) {
		s.cfg.CallbackPage.ServeHTTP(&unkept{ResponseWriter: c.w}, c.r)
		return nil
	}
	var f flow
	target, err := s.arrive(c, &f)
	if err != nil {
		target = s.failed(c, f, err)
	}
	return c.redirect(target)
}

// callbackPost takes a provider's form: the browser is sent to the same address by
// GET, for a form of another site brings no cookies.
func (s *Service) callbackPost(c *call) error {
	c.w.Header().Set("Referrer-Policy", "no-referrer")
	given, fields := c.r.URL.Query(), url.Values{}
	for _, name := range []string{"code", "state", "error", "error_description", "iss"} {
		value, _, err := c.body.text(name)
		if err != nil {
			return err
		}
		if given.Has(name) {
			value = given.Get(name)
		}
		if value != "" && len(value) <= maxCallbackField {
			fields.Set(name, value)
		}
	}
	return c.redirect("/api/auth/callback/" + url.PathEscape(c.param) + "?" + fields.Encode())
}

// navigates: the browser shows what it gets as a page.
func navigates(r *http.Request) bool {
	if mode := r.Header.Get("Sec-Fetch-Mode"); mode != "" {
		return mode == "navigate"
	}
	return takesHTML(r) // an old browser
}

func takesHTML(r *http.Request) bool { return strings.Contains(r.Header.Get("Accept"), "text/html") }

// unkept keeps a page that has a secret in its address out of caches, and its
// address to itself, whatever the page's own headers say.
type unkept struct {
	http.ResponseWriter
	begun bool
}

func (w *unkept) WriteHeader(status int) {
	if !w.begun {
		w.begun = true
		w.Header().Set("Cache-Control", "no-store")
		w.Header().Set("Referrer-Policy", "no-referrer")
		w.Header().Del("ETag")
	}
	w.ResponseWriter.WriteHeader(status)
}

func (w *unkept) Write(b []byte) (int, error) {
	if !w.begun {
		w.WriteHeader(http.StatusOK)
	}
	return w.ResponseWriter.Write(b)
}

// arrive ends a flow and returns where to go. It fills in f as soon as the browser
// has shown that the flow is its own.
func (s *Service) arrive(c *call, f *flow) (string, error) {
	p, ok := s.provider(c.param)
	if !ok {
		return "", failure{code: "oauth_provider_not_found"}
	}
	q := c.r.URL.Query()
	if err := s.takeFlow(c, q.Get("state"), f); err != nil {
		return "", err
	}
	switch {
	case f.Provider != p.ID():
		return "", failure{code: "state_mismatch"}
	case q.Get("error") != "":
		return "", failure{bounded(q.Get("error"), maxErrorCode), bounded(q.Get("error_description"), maxErrorText)}
	case q.Get("code") == "":
		return "", failure{code: "no_code"}
	}
	profile, err := p.Exchange(c.r.Context(), oauth.Response{
		Code: q.Get("code"), Verifier: f.Verifier, Nonce: f.Nonce, RedirectURI: f.redirectURI(), Issuer: q.Get("iss"),
	})
	if err != nil {
		return "", err
	}
	if f.Link != "" {
		return s.landing(c, *f, f.Target), s.link(c, *f, profile)
	}
	_, made, err := s.enter(c, p, profile)
	target := f.Target
	switch {
	case !made:
	case f.NewTarget != "":
		target = f.NewTarget
	case len(p.Rooms) > 0:
		target = "/rooms/" + url.PathEscape(p.Rooms[0])
	}
	return s.landing(c, *f, target), err
}

// takeFlow ends the flow of a state, if it was begun in this browser. Its row is
// gone from then on, whatever comes of the rest.
func (s *Service) takeFlow(c *call, state string, f *flow) error {
	if state == "" {
		return failure{code: "state_not_found"}
	}
	if !stateSyntax.MatchString(state) {
		return failure{code: "please_restart_the_process"}
	}
	ctx := context.WithoutCancel(c.r.Context())
	found := false
	if !slices.Contains(s.signed(c.r, stateName(state)), state) {
		err := s.db.Read(ctx, func(tx *sql.Tx) (err error) {
			var foreign flow
			_, found, err = peek(ctx, tx, forState, state, &foreign, s.now())
			return err
		})
		switch {
		case err != nil:
			return err
		case found:
			return failure{code: "state_mismatch"}
		}
		return failure{code: "please_restart_the_process"}
	}
	s.setCookie(c.w, stateName(state), "", new(time.Duration))
	err := s.db.Write(ctx, func(tx *sql.Tx) (err error) {
		_, found, err = take(ctx, tx, forState, state, f, s.now())
		return err
	})
	if err == nil && !found {
		err = failure{code: "please_restart_the_process"}
	}
	return err
}

// landing returns where a flow ends well. Targets were checked when it began; what
// is configured may be another since.
func (s *Service) landing(c *call, f flow, target string) string {
	switch {
	case target != "" && s.safeRedirect(c.r, target):
		return target
	case navigates(c.r):
		return "/dashboard"
	}
	return f.Base
}

// failed returns where a flow ends that didn't end well, and logs it.
func (s *Service) failed(c *call, f flow, err error) string {
	var own failure
	code := codeOf(err)
	switch {
	case errors.As(err, &own) && f.Provider == "":
		// Nothing had begun: anybody can ask for this address, any number of times.
		code = own.code
		s.log.Debug("callback refused", "code", code)
	case errors.As(err, &own):
		code = own.code
		// What the provider says is a foreign text: it isn't logged.
		s.log.Info("sign-in at provider failed", "provider", f.Provider, "code", knownCode(code))
	case code == internalError:
		s.log.Error("sign-in at provider failed", "provider", f.Provider, "err", err)
	default:
		s.log.Info("sign-in at provider failed", "provider", f.Provider, "code", code, "err", err)
	}
	page := f.ErrorTarget
	if page == "" || !s.safeRedirect(c.r, page) {
		page = s.baseOf(c.r) + "/api/auth/error"
	}
	page = withQuery(page, "error", code)
	if own.description != "" {
		page = withQuery(page, "error_description", own.description)
	}
	return page
}

// codeOf is the code of the protocol for an error, in the words of better-auth
// 1.3.9 where it has one. It has none for people who aren't let in.
func codeOf(err error) string {
	for _, row := range []struct {
		err  error
		code string
	}{
		{oauth.ErrCode, "invalid_code"},
		{oauth.ErrUserInfo, "unable_to_get_user_info"},
		{oauth.ErrNonce, "unable_to_get_user_info"},
		{oauth.ErrIssuer, "issuer_mismatch"},
		{oauth.ErrNotAllowed, "not_allowed"},
		{oauth.ErrUnavailable, "provider_unavailable"},
		{errNoEmail, "email_not_found"},
		{errNotLinked, "account_not_linked"},
		{errCantLink, "unable_to_link_account"},
		{errOtherEmail, "email_doesn't_match"},
		{errLinkedToOther, "account_already_linked_to_different_user"},
		{errSignUpClosed, "signup_disabled"},
		{errUninvited, "invite_required"},
		{errDomain, "domain_not_allowed"},
		{errBanned, "banned"},
		{db.ErrConflict, "unable_to_create_user"},
	} {
		if errors.Is(err, row.err) {
			return row.code
		}
	}
	return internalError
}

const internalError = "internal_server_error"

// bounded cuts a provider's text.
func bounded(text string, most int) string {
	text = strings.ToValidUTF8(text, "")
	for len(text) > most {
		_, size := utf8.DecodeLastRuneInString(text)
		text = text[:len(text)-size]
	}
	return text
}
