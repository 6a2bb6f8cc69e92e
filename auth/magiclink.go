package auth

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"time"
)

// A linkTo is whom a link signs in.
type linkTo struct {
	Email string `json:"email"`
	Name  string `json:"name,omitempty"` // of somebody new
	// Mailed: the link went to that address, so that whoever has it has the address.
	// Others are handed over by an operator, and show nothing.
	Mailed bool `json:"mailed"`
}

// linkPath is the page that a link that signs in leads to. It uses the link up only
// when a button is pressed: what scans mails for links presses none.
const linkPath = "/magic-link"

// The properties of a link's request that say where it is to lead in the end, and
// how a bad one is refused.
var linkTargets = []struct {
	property string
	refused  *refusal
}{
	{"callbackURL", errCallback},
	{"newUserCallbackURL", errNewUserTarget},
	{"errorCallbackURL", errErrorCallback},
}

// requestLink mails a link that signs in. Whether there is such an account, or could
// be, nobody is told.
func (s *Service) requestLink(c *call) error {
	if !s.cfg.MagicLinks || s.cfg.Mail == nil {
		return errNotFound
	}
	email, err := c.body.address("email")
	if err != nil {
		return err
	}
	name, _, err := c.body.optional("name")
	if err != nil {
		return err
	}
	if name != "" {
		if name, err = cleanName(name); err != nil {
			return err
		}
	}
	query := url.Values{}
	for _, t := range linkTargets {
		target, err := s.target(c, t.property, t.refused)
		if err != nil {
			return err
		}
		if target != "" {
			query.Set(t.property, target)
		}
	}
	if err := s.allowSender(c, email); err != nil {
		return err
	}
	head, r := s.letterhead(c.r), c.r.Clone(context.Background())
	s.later("send sign-in link", func(ctx context.Context) error {
		userID, ok, err := s.linkable(ctx, r, email)
		if err != nil || !ok {
			return err
		}
		token, err := s.makeLink(ctx, userID, linkTo{email, name, true}, linkLife)
		if err != nil {
			return err
		}
		query.Set("token", token)
		s.sendLink(ctx, letterLink, head, linkPath+"?"+query.Encode(), userID, email, "")
		return nil
	})
	return c.reply(statusJSON{true})
}

// linkable reports whether somebody gets a link: a user, or who could become one.
func (s *Service) linkable(ctx context.Context, r *http.Request, email string) (userID string, ok bool, err error) {
	if placeholder(email) {
		return "", false, nil
	}
	var u *user
	err = s.db.Read(ctx, func(tx *sql.Tx) error {
		u, err = selectUser(ctx, tx, `lower(u.email) = ?`, email)
		return err
	})
	switch {
	case err != nil:
		return "", false, err
	case u != nil:
		return u.id, !u.banned && !u.anonymous, nil
	}
	ok, err = s.wouldEnroll(ctx, r, newcomer{email: email, verified: true})
	return "", ok, err
}

func (s *Service) makeLink(ctx context.Context, userID string, to linkTo, life time.Duration) (string, error) {
	token, now := newID(), s.now()
	err := s.db.Write(ctx, func(tx *sql.Tx) error {
		return put(ctx, tx, forLink, token, userID, to, now, life)
	})
	return token, err
}

// SignInLink makes a link that signs in the user with that address, once, within 15
// minutes, for an operator to hand over. It works without mail, too. base is where
// the server is found, "" for Config.BaseURL. The error is ErrNoUser if nobody has
// the address.
func (s *Service) SignInLink(ctx context.Context, email, base string) (string, error) {
	if base == "" {
		base = s.base
	}
	if base == "" {
		return "", errors.New("make sign-in link: no base URL")
	}
	var u *user
	err := s.db.Read(ctx, func(tx *sql.Tx) (err error) {
		u, err = userBy(ctx, tx, email)
		return err
	})
	if err == nil && u.banned {
		err = errBanned
	}
	if err != nil {
		return "", fmt.Errorf("make sign-in link: %w", err)
	}
	token, err := s.makeLink(ctx, u.id, linkTo{Email: u.email}, operatorLinkLife)
	if err != nil {
		return "", fmt.Errorf("make sign-in link: %w", err)
	}
	s.log.Info("sign-in link made", "user", u.id)
	return base + linkPath + "?" + url.Values{"token": {token}}.Encode(), nil
}

// verifyLink signs in whoever has a link: our page asks for it, and so can another
// front end, by fetching it or by sending the browser here. A foreign page can't:
// it would sign its visitor in as somebody else.
func (s *Service) verifyLink(c *call) error {
	noReferrer(c.w)
	switch h := c.r.Header; h.Get("Sec-Fetch-Site") {
	case "cross-site":
		return errNavigation
	case "same-site": // a sibling domain: its page may fetch this only if it is one of ours
		if !navigates(c.r) && !s.origins.Allows(c.r, h.Get("Origin")) {
			return errNavigation
		}
	}
	query := c.r.URL.Query()
	for _, t := range linkTargets {
		if target := query.Get(t.property); target != "" && !s.safeRedirect(c.r, target) {
			return t.refused
		}
	}
	if query.Get("token") == "" {
		return errQuery
	}
	target, failed := query.Get("callbackURL"), query.Get("errorCallbackURL")
	if failed == "" {
		failed = target
	}
	in, made, err := s.enterByLink(c, query.Get("token"))
	if err != nil {
		return s.bounce(c, failed, err)
	}
	if made && target != "" && query.Get("newUserCallbackURL") != "" {
		target = query.Get("newUserCallbackURL")
	}
	switch {
	case in.token == "" && target != "":
		return c.redirect(withQuery(twoFactorPath, "redirect", target))
	case in.token == "":
		return c.reply(twoFactorReply{TwoFactorRedirect: true, Methods: []string{"totp"}})
	case target != "":
		return c.redirect(target)
	}
	return c.reply(signUpReply{&in.token, in.user.json()})
}

// twoFactorPath is the page that asks for the second factor.
const twoFactorPath = "/two-factor"

// enterByLink uses up a link and signs in the one that it is for.
func (s *Service) enterByLink(c *call, token string) (in admission, made bool, err error) {
	l, _, err := s.current(c.r)
	if err != nil {
		return admission{}, false, err
	}
	now := s.now()
	var over []ended
	var stale []tokenHash
	ctx := context.WithoutCancel(c.r.Context())
	err = s.db.Write(ctx, func(tx *sql.Tx) error {
		userID, to, err := takeLink(ctx, tx, token, now)
		if err != nil {
			return err
		}
		u, err := selectUser(ctx, tx, `lower(u.email) = ?`, to.Email)
		switch {
		case err != nil:
			return err
		case userID != "" && (u == nil || u.id != userID):
			return errLinkToken // the user is gone or has another address
		case l != nil && (u == nil || u.id != l.user.id) && followed(c.r):
			return errNavigation
		case u == nil:
			n := newcomer{name: displayName(to.Name, to.Email), email: to.Email, verified: to.Mailed}
			if u, err = s.enroll(ctx, tx, c.r, n, now); err != nil {
				return err
			}
			made = true
		case u.emailVerified || !to.Mailed:
		case l != nil && l.user.id == u.id: // who made the account has the address, too
			if stale, err = markVerified(ctx, tx, u, now); err != nil {
				return err
			}
		default:
			// Whoever made the account may be somebody else, who waits for this one.
			if over, err = takeOver(ctx, tx, u, now); err != nil {
				return err
			}
			s.log.Warn("account taken over by the owner of its address", "user", u.id)
		}
		in, err = s.admit(ctx, tx, c.r, u, entry{method: byLink, remember: true}, now)
		return err
	})
	if err != nil {
		return admission{}, false, fmt.Errorf("sign in by link: %w", err)
	}
	s.cache.forget(stale...)
	s.tell("account taken over", over)
	if made {
		s.log.Info("signed up", "user", in.user.id, "method", byLink)
	}
	s.welcome(c, in)
	return in, made, nil
}

// followed: the browser comes by a link on a page of this site. Anybody can post one,
// of an account of their own, for those who read along to become somebody else by a
// click. Our page doesn't come that way, nor does who opens a mail.
func followed(r *http.Request) bool {
	site := r.Header.Get("Sec-Fetch-Site")
	return navigates(r) && (site == "same-origin" || site == "same-site")
}

// takeLink uses up a link. Its time being over is told apart from its being none:
// the page can offer another one.
func takeLink(ctx context.Context, tx *sql.Tx, token string, now time.Time) (userID string, to linkTo, err error) {
	var over bool
	const query = `select exists (select 1 from verifications where token_hash = ? and purpose = ? and expires_at <= ?)`
	err = tx.QueryRowContext(ctx, query, hashToken(token).String(), string(forLink), millis(now)).Scan(&over)
	if err != nil {
		return "", to, fmt.Errorf("look for link: %w", err)
	}
	if over {
		return "", to, errLinkExpired
	}
	userID, ok, err := take(ctx, tx, forLink, token, &to, now)
	if err == nil && !ok {
		err = errLinkToken
	}
	return userID, to, err
}
