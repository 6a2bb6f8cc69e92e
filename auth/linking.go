package auth

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"
	"unicode"

	"snug/auth/oauth"
	"snug/line"
)

// twitter is the provider that knows people without an e-mail address.
const twitter = "twitter"

// A recognition says whose account at a provider it is.
type recognition struct {
	user  *user
	made  bool        // just now
	taken bool        // from somebody who couldn't show that the address was theirs
	over  []ended     // sessions that ended
	stale []tokenHash // sessions whose user has changed
}

// enter signs in the one that a provider says it is.
func (s *Service) enter(c *call, p Provider, f oauth.Profile) (in admission, made bool, err error) {
	now := s.now()
	ctx := context.WithoutCancel(c.r.Context())
	var who recognition
	err = s.db.Write(ctx, func(tx *sql.Tx) error {
		var err error
		if who, err = s.recognize(ctx, tx, c.r, p.ID(), f, now); err != nil {
			return err
		}
		// The provider asks for as many factors as it sees fit.
		in, err = s.admit(ctx, tx, c.r, who.user, entry{method: p.ID(), remember: true, whole: true}, now)
		return err
	})
	if err != nil {
		return admission{}, false, err
	}
	s.cache.forget(who.stale...)
	if who.taken {
		s.log.Warn("account taken over by the owner of its address", "user", who.user.id, "provider", p.ID())
		s.tell("account taken over", who.over)
	}
	if who.made {
		s.log.Info("signed up", "user", who.user.id, "provider", p.ID())
		if who.user.image != nil {
			s.fetchPicture(who.user.id, *who.user.image)
		}
	}
	s.bringIn(ctx, p, who.user)
	s.welcome(c, in)
	return in, who.made, nil
}

// bringIn lets somebody be in the rooms of a provider. Where that fails they are signed in
// nevertheless: it is tried again the next time.
func (s *Service) bringIn(ctx context.Context, p Provider, u *user) {
	if len(p.Rooms) == 0 || s.cfg.BringIn == nil {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, bringInTime)
	defer cancel()
	if err := s.cfg.BringIn(ctx, u.identity(), p.Rooms); err != nil {
		s.log.Error("who signed in is not in all rooms of the provider", "user", u.id, "provider", p.ID(), "err", err)
	}
}

// recognize finds the user of an account at a provider, or makes one.
//
// An e-mail address leads to a user only if the provider has verified it. If we
// have too, the account is one more way in. If we haven't, anybody may have signed
// up with that address, to wait for its owner and share the account: so the owner
// gets it alone.
func (s *Service) recognize(ctx context.Context, tx *sql.Tx, r *http.Request, provider string, f oauth.Profile, now time.Time) (who recognition, err error) {
	if who.user, err = selectUser(ctx, tx, `u.id = (select user_id from accounts where provider_id = ? and account_id = ?)`, provider, f.AccountID); err != nil {
		return who, err
	}
	email := addressOf(provider, f)
	if who.user != nil {
		if err := renewScope(ctx, tx, provider, f, now); err != nil {
			return who, err
		}
		if f.EmailVerified && !who.user.emailVerified && email == who.user.email {
			who.stale, err = markVerified(ctx, tx, who.user, now)
		}
		return who, err
	}
	if email == "" {
		return who, errNoEmail
	}
	if !placeholder(email) {
		if who.user, err = selectUser(ctx, tx, `lower(u.email) = ?`, email); err != nil {
			return who, err
		}
	}
	scope := strings.Join(f.Scopes, ",")
	if who.user == nil {
		n := newcomer{name: displayName(f.Name, email), email: email, verified: f.EmailVerified && !placeholder(email),
			provider: provider, accountID: f.AccountID, scope: scope}
		if f.Image != "" && checkImage(f.Image) == nil {
			n.image = &f.Image
		}
		who.made = true
		who.user, err = s.enroll(ctx, tx, r, n, now)
		return who, err
	}
	if !f.EmailVerified {
		return who, errNotLinked
	}
	if !who.user.emailVerified {
		who.taken = true
		if who.over, err = takeOver(ctx, tx, who.user, now); err != nil {
			return who, err
		}
	}
	return who, insertAccount(ctx, tx, who.user.id, provider, f.AccountID, "", scope, now)
}

// addressOf returns the address to store for somebody, "" if there is none. Nobody
// can claim a made-up one.
func addressOf(provider string, f oauth.Profile) string {
	if email, err := cleanEmail(f.Email); err == nil && !placeholder(email) {
		return email
	}
	if provider == twitter {
		if email, err := cleanEmail(f.AccountID + "@twitter.placeholder.invalid"); err == nil {
			return email
		}
	}
	return ""
}

// displayName makes a name that may stand here of what a provider has.
func displayName(given, email string) string {
	local, _, _ := strings.Cut(email, "@")
	if placeholder(email) {
		local = ""
	}
	for _, name := range []string{given, tidy(given), local} {
		if name, err := cleanName(name); err == nil {
			return name
		}
	}
	return "Someone"
}

// tidy drops what no name here may have, and cuts what is too long.
func tidy(name string) string {
	var kept []rune
	for _, r := range name {
		if unicode.IsGraphic(r) && !unicode.Is(unicode.Me, r) && line.Plain(string(r)) {
			kept = append(kept, r)
		}
	}
	return strings.TrimSpace(string(kept[:min(len(kept), maxName)]))
}

func renewScope(ctx context.Context, tx *sql.Tx, provider string, f oauth.Profile, now time.Time) error {
	const update = `update accounts set scope = case when ? = '' then scope else ? end, updated_at = ? where provider_id = ? and account_id = ?`
	scope := strings.Join(f.Scopes, ",")
	if _, err := tx.ExecContext(ctx, update, scope, scope, millis(now), provider, f.AccountID); err != nil {
		return fmt.Errorf("update account: %w", err)
	}
	return nil
}

// markVerified notes that the address is the user's, and returns the sessions that
// say otherwise.
func markVerified(ctx context.Context, tx *sql.Tx, u *user, now time.Time) ([]tokenHash, error) {
	u.emailVerified, u.updated = true, now
	if _, err := tx.ExecContext(ctx, `update users set email_verified = 1, updated_at = ? where id = ?`, millis(now), u.id); err != nil {
		return nil, fmt.Errorf("mark address verified: %w", err)
	}
	return hashesOf(ctx, tx, u.id)
}

// takeOver gives an account to the owner of its address: every way in that others
// may have made is gone.
func takeOver(ctx context.Context, tx *sql.Tx, u *user, now time.Time) ([]ended, error) {
	over, err := endAccess(ctx, tx, u.id)
	if err != nil {
		return nil, err
	}
	for _, table := range []string{"accounts", "passkeys", "two_factors", "backup_codes", "verifications"} {
		if _, err := tx.ExecContext(ctx, `delete from `+table+` where user_id = ?`, u.id); err != nil {
			return nil, fmt.Errorf("take over account: %w", err)
		}
	}
	u.emailVerified, u.twoFactor, u.updated = true, false, now
	const update = `update users set email_verified = 1, two_factor = 0, updated_at = ? where id = ?`
	if _, err := tx.ExecContext(ctx, update, millis(now), u.id); err != nil {
		return nil, fmt.Errorf("take over account: %w", err)
	}
	return over, nil
}

// link adds an account at a provider to the user who began the flow. The session in
// which that was has to live, and gets a new token; the others stay as they are.
func (s *Service) link(c *call, f flow, profile oauth.Profile) error {
	before := ""
	for _, token := range s.tokens(c.r) {
		if hashToken(token).String() == f.Link {
			before = token
		}
	}
	if before == "" {
		return errCantLink
	}
	now := s.now()
	ctx := context.WithoutCancel(c.r.Context())
	var token string
	var l *login
	var over []ended
	var stale []tokenHash
	err := s.db.Write(ctx, func(tx *sql.Tx) error {
		var err error
		if l, err = selectLogin(ctx, tx, hashToken(before)); err != nil {
			return fmt.Errorf("link account: %w", err)
		}
		if l == nil || !now.Before(l.session.expires) {
			return errCantLink
		}
		if stale, err = addAccount(ctx, tx, &l.user, f.Provider, profile, now); err != nil {
			return err
		}
		token, over, err = renewToken(ctx, tx, l)
		return err
	})
	if err != nil {
		return err
	}
	s.cache.forget(stale...)
	s.log.Info("account linked", "user", l.user.id, "provider", f.Provider, "session", hashToken(token).short())
	s.tellReplaced("account linked", over)
	s.setSession(c.w, c.r, token, l.session.remember, l.session.expires.Sub(now))
	return nil
}

// addAccount links one more account to a user, who must be known there by the same
// address; unless the user has none here that could be compared.
func addAccount(ctx context.Context, tx *sql.Tx, u *user, provider string, f oauth.Profile, now time.Time) (stale []tokenHash, err error) {
	if !placeholder(u.email) {
		email := addressOf(provider, f)
		switch {
		case !f.EmailVerified:
			return nil, errCantLink
		case email != strings.ToLower(u.email):
			return nil, errOtherEmail
		}
	}
	var owner string
	err = tx.QueryRowContext(ctx, `select user_id from accounts where provider_id = ? and account_id = ?`, provider, f.AccountID).Scan(&owner)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		err = insertAccount(ctx, tx, u.id, provider, f.AccountID, "", strings.Join(f.Scopes, ","), now)
	case err != nil:
		err = fmt.Errorf("select account: %w", err)
	case owner != u.id:
		err = errLinkedToOther
	default:
		err = renewScope(ctx, tx, provider, f, now)
	}
	if err == nil && !placeholder(u.email) && !u.emailVerified {
		stale, err = markVerified(ctx, tx, u, now)
	}
	return stale, err
}
