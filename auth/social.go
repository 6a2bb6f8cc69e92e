package auth

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"time"

	"snug/auth/oauth"
)

var (
	errNoProvider    = &refusal{status: 404, code: "PROVIDER_NOT_FOUND", message: "Provider not found"}
	errErrorCallback = &refusal{status: 403, code: "INVALID_ERRORCALLBACKURL", message: "Invalid errorCallbackURL"}
	errNewUserTarget = &refusal{status: 403, code: "INVALID_NEWUSERCALLBACKURL", message: "Invalid newUserCallbackURL"}
	errNoIDTokens    = &refusal{status: 404, code: "ID_TOKEN_NOT_SUPPORTED", message: "id_token not supported"}
	errIDToken       = &refusal{status: 401, code: "INVALID_TOKEN", message: "Invalid token"}
	errNoEmail       = &refusal{status: 401, code: "USER_EMAIL_NOT_FOUND", message: "User email not found"}
	errNotLinked     = &refusal{status: 401, code: "ACCOUNT_NOT_LINKED", message: "account not linked"}
	errCantLink      = &refusal{status: 401, code: "UNABLE_TO_LINK_ACCOUNT", message: "Account not linked - unable to link account"}
	errOtherEmail    = &refusal{status: 401, code: "EMAIL_DOESNT_MATCH", message: "Account not linked - different emails not allowed"}
	errLinkedToOther = &refusal{status: 401, code: "ACCOUNT_ALREADY_LINKED_TO_DIFFERENT_USER", message: "Account not linked - already linked to a different user"}
	errNotAllowed    = &refusal{status: 403, code: "NOT_ALLOWED", message: "This account isn't among those let in here"}
	errProviderDown  = &refusal{status: 503, code: "PROVIDER_UNAVAILABLE", retry: 30 * time.Second,
		message: "The provider can't be reached right now. Please try again later."}
)

// A flow is a sign-in at a provider that is under way: what the state stands for
// that the browser takes there and brings back.
type flow struct {
	Provider    string `json:"provider"`
	Base        string `json:"base"` // the origin where it began, and comes back to
	Verifier    string `json:"verifier"`
	Nonce       string `json:"nonce"`
	Target      string `json:"target,omitempty"`      // where to go afterwards; "" if the page doesn't say
	NewTarget   string `json:"newTarget,omitempty"`   // the same for a new account
	ErrorTarget string `json:"errorTarget,omitempty"` // and where it has failed
	// Link is the hash of the session whose user gets one more account by this; "" to
	// sign in.
	Link string `json:"link,omitempty"`
}

func (f flow) redirectURI() string { return f.Base + "/api/auth/callback/" + f.Provider }

func (s *Service) provider(id string) (Provider, bool) {
	for _, p := range s.cfg.Providers {
		if p.ID() == id {
			return p, true
		}
	}
	return Provider{}, false
}

// target returns where a property says that the browser is to be sent; "" if it
// doesn't say.
func (s *Service) target(c *call, property string, refused *refusal) (string, error) {
	target, _, err := c.body.text(property)
	if err != nil || target == "" {
		return "", err
	}
	if !s.safeRedirect(c.r, target) {
		return "", refused
	}
	return target, nil
}

// A departure is the request to go to a provider.
type departure struct {
	flow
	provider Provider
	hint     string
	scopes   []string
	redirect bool
	idToken  *idToken // the page has been there by itself
}

type idToken struct {
	Token string `json:"token"`
	Nonce string `json:"nonce"`
}

func (s *Service) readDeparture(c *call) (d departure, err error) {
	for _, t := range []struct {
		property string
		refused  *refusal
		into     *string
	}{
		{"callbackURL", errCallback, &d.Target},
		{"errorCallbackURL", errErrorCallback, &d.ErrorTarget},
		{"newUserCallbackURL", errNewUserTarget, &d.NewTarget},
	} {
		if *t.into, err = s.target(c, t.property, t.refused); err != nil {
			return d, err
		}
	}
	id, err := c.body.required("provider")
	if err != nil {
		return d, err
	}
	stay, err := c.body.flag("disableRedirect", false)
	if err != nil {
		return d, err
	}
	// It makes no difference: whoever signs in for the first time gets an account, if
	// the server takes any.
	if _, err = c.body.flag("requestSignUp", false); err != nil {
		return d, err
	}
	if d.hint, _, err = c.body.text("loginHint"); err != nil {
		return d, err
	}
	if d.scopes, err = c.body.texts("scopes", maxExtraScopes); err != nil {
		return d, err
	}
	if raw, ok := c.body["idToken"]; ok {
		if raw[0] != '{' || json.Unmarshal(raw, &d.idToken) != nil || d.idToken.Token == "" {
			return d, errValidation
		}
	}
	p, ok := s.provider(id)
	if !ok {
		return d, errNoProvider
	}
	d.provider, d.Provider, d.redirect = p, p.ID(), !stay
	return d, nil
}

// signInSocial begins a sign-in at a provider, or ends one that the page has made
// there by itself.
func (s *Service) signInSocial(c *call) error {
	d, err := s.readDeparture(c)
	if err != nil {
		return err
	}
	if d.idToken == nil {
		return s.send(c, d, "")
	}
	f, err := s.readIDToken(c.r.Context(), d)
	if err != nil {
		return err
	}
	in, _, err := s.enter(c, d.provider, f)
	if err != nil {
		return fmt.Errorf("sign in by id_token: %w", err)
	}
	return c.reply(signInReply{Token: in.token, User: in.user.json()})
}

// linkedReply tells that an account was connected by its id_token.
type linkedReply struct {
	URL      string `json:"url"`
	Status   bool   `json:"status"`
	Redirect bool   `json:"redirect"`
}

// linkSocial begins to add an account at a provider to the signed-in user's. A
// guest has no account to add to: for them it is a sign-in, by which they get one
// or are let into their own.
func (s *Service) linkSocial(c *call) error {
	l, _, err := s.require(c)
	if err != nil {
		return err
	}
	d, err := s.readDeparture(c)
	if err != nil {
		return err
	}
	userID := ""
	if !l.user.anonymous {
		d.Link, userID = l.session.hash.String(), l.user.id
	}
	if d.idToken == nil {
		return s.send(c, d, userID)
	}
	f, err := s.readIDToken(c.r.Context(), d)
	if err != nil {
		return err
	}
	if d.Link == "" {
		_, _, err = s.enter(c, d.provider, f)
	} else {
		err = s.link(c, d.flow, f)
	}
	if err != nil {
		return fmt.Errorf("link by id_token: %w", err)
	}
	return c.reply(linkedReply{Status: true})
}

func (s *Service) readIDToken(ctx context.Context, d departure) (oauth.Profile, error) {
	f, err := d.provider.VerifyIDToken(ctx, d.idToken.Token, d.idToken.Nonce)
	if err == nil {
		return f, nil
	}
	s.log.Info("id_token refused", "provider", d.Provider, "err", err)
	switch {
	case errors.Is(err, oauth.ErrNoIDToken):
		return f, errNoIDTokens
	case errors.Is(err, oauth.ErrNotAllowed):
		return f, errNotAllowed
	case errors.Is(err, oauth.ErrUnavailable):
		return f, errProviderDown
	}
	return f, errIDToken
}

// departureReply tells where to send the browser.
type departureReply struct {
	URL      string `json:"url" openapi:"format=uri"`
	Redirect bool   `json:"redirect"` // the client is to do it by itself
}

// send answers with the address at the provider. The state in it is good once, for
// this provider, in this browser.
func (s *Service) send(c *call, d departure, userID string) error {
	d.Base = strings.ToLower(s.baseOf(c.r))
	if !isOrigin(d.Base) {
		return errValidation // a Host that no browser sends
	}
	state := newID()
	d.Verifier, d.Nonce = newID()+newID(), newID()
	address, err := d.provider.AuthURL(c.r.Context(), oauth.Request{
		State: state, Verifier: d.Verifier, Nonce: d.Nonce, RedirectURI: d.redirectURI(), LoginHint: d.hint, Scopes: d.scopes,
	})
	switch {
	case errors.Is(err, oauth.ErrRequest):
		return errValidation
	case errors.Is(err, oauth.ErrUnavailable):
		s.log.Warn("provider unavailable", "provider", d.Provider, "err", err)
		return errProviderDown
	case err != nil:
		return fmt.Errorf("begin sign-in at provider: %w", err)
	}
	now := s.now()
	ctx := c.r.Context()
	err = s.db.Write(ctx, func(tx *sql.Tx) error {
		return put(ctx, tx, forState, state, userID, d.flow, now, stateLife)
	})
	if err != nil {
		return fmt.Errorf("begin sign-in at provider: %w", err)
	}
	s.dropStates(c)
	life := stateLife
	s.setCookie(c.w, stateName(state), s.sign(state), &life)
	return c.reply(departureReply{address, d.redirect})
}

// stateName is the cookie that binds a flow to the browser. Each flow has its own,
// so that two tabs don't lose each other's.
func stateName(state string) string { return stateCookie + "." + state[:stateNameLength] }

const stateNameLength = 8

var stateSyntax = regexp.MustCompile(`^[A-Za-z0-9]{32}$`)

// dropStates deletes the oldest flows of the browser if a new one would be too many:
// servers refuse requests whose cookies grow too long.
func (s *Service) dropStates(c *call) {
	names := s.stateNames(c.r)
	if len(names) < maxFlows {
		return
	}
	for _, name := range names[:len(names)-maxFlows+1] {
		s.setCookie(c.w, name, "", new(time.Duration))
	}
}

// stateNames returns the names of the cookies of flows, in the order sent, which is
// the oldest first.
func (s *Service) stateNames(r *http.Request) []string {
	const most = 100 // more are no browser's
	prefix := s.cookieName(stateCookie) + "."
	var names []string
	for _, header := range r.Header["Cookie"] {
		for part := range strings.SplitSeq(header, ";") {
			name, _, _ := strings.Cut(strings.TrimSpace(part), "=")
			begin, ok := strings.CutPrefix(name, prefix)
			if ok && len(begin) == stateNameLength && isAlphanumeric(begin) && len(names) < most {
				names = append(names, stateCookie+"."+begin)
			}
		}
	}
	return names
}

func isAlphanumeric(s string) bool {
	for _, c := range []byte(s) {
		if (c < '0' || c > '9') && (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') {
			return false
		}
	}
	return true
}
