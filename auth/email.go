package auth

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"snug/db"
)

// credential is the provider of accounts with a password.
const credential = "credential"

// signUpReply is a new account.
type signUpReply struct {
	Token *string  `json:"token"` // null until the address is confirmed
	User  userJSON `json:"user"`
}

// signInReply is somebody who is in.
type signInReply struct {
	Redirect bool     `json:"redirect"`
	Token    string   `json:"token"`
	URL      string   `json:"url,omitempty"`
	User     userJSON `json:"user"`
}

// callback returns where the client wants to go afterwards; "" if it doesn't say.
func (s *Service) callback(c *call) (string, error) {
	return s.target(c, "callbackURL", errCallback)
}

func (s *Service) signUpEmail(c *call) error {
	if s.cfg.NoPasswords {
		return errPasswordSignUp
	}
	u, password, remember, err := s.readSignUp(c)
	if err != nil {
		return err
	}
	target, err := s.callback(c)
	if err != nil {
		return err
	}
	ctx := c.r.Context()
	// Before the address is looked up: an attempt costs the same whether it is taken
	// or not.
	hash, err := s.hasher.hash(ctx, password)
	if err != nil {
		return err
	}
	n := newcomer{name: u.name, email: u.email, image: u.image, provider: credential, hash: hash}
	if s.cfg.RequireVerified {
		return s.signUpUnverified(c, n, target)
	}
	now := s.now()
	var in admission
	ctx = context.WithoutCancel(ctx) // what is stored is told, even if the client has hung up
	err = s.db.Write(ctx, func(tx *sql.Tx) error {
		made, err := s.enroll(ctx, tx, c.r, n, now)
		if err != nil {
			return err
		}
		in, err = s.admit(ctx, tx, c.r, made, entry{method: byPassword, remember: remember}, now)
		return err
	})
	if errors.Is(err, db.ErrConflict) {
		return errTaken
	}
	if err != nil {
		return fmt.Errorf("sign up: %w", err)
	}
	s.log.Info("signed up", "user", in.user.id)
	if s.cfg.Mail != nil {
		s.verifyLater(c, &in.user, target)
	}
	s.welcome(c, in)
	return c.reply(signUpReply{&in.token, in.user.json()})
}

// signUpUnverified makes an account that opens once its address is confirmed. If
// somebody has that address already the reply is the same, and takes as long; the
// address hears of it.
func (s *Service) signUpUnverified(c *call, n newcomer, target string) error {
	n.apart = true // or the guest's session would open the account
	now := s.now()
	head := s.letterhead(c.r)
	u := &user{id: newID(), name: n.name, email: n.email, image: n.image, role: RoleMember, created: now, updated: now}
	taken := false
	ctx := context.WithoutCancel(c.r.Context())
	err := s.db.Write(ctx, func(tx *sql.Tx) error {
		made, err := s.enroll(ctx, tx, c.r, n, now)
		if taken = errors.Is(err, db.ErrConflict); taken {
			// Changes nothing, and has to reach the disk as a new account has.
			_, err = tx.ExecContext(ctx, `update users set email = email where lower(email) = ?`, n.email)
			return err
		}
		if err == nil {
			u = made
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("sign up: %w", err)
	}
	if taken {
		s.mailLater("tell of sign-up", n.email, func(ctx context.Context) error {
			owner, err := s.reachable(ctx, n.email)
			if err == nil && owner != nil {
				s.sendNote(ctx, letterTaken, head, signInPath, owner.id, owner.email)
			}
			return err
		})
	} else {
		s.log.Info("signed up", "user", u.id)
		s.verifyLater(c, u, target)
	}
	return c.reply(signUpReply{nil, u.json()})
}

// signInPath is the page to sign in on.
const signInPath = "/sign-in"

// verifyLater has the link sent that confirms a user's address.
func (s *Service) verifyLater(c *call, u *user, target string) {
	head := s.letterhead(c.r)
	s.mailLater("send verification", u.email, func(ctx context.Context) error {
		return s.mailVerification(ctx, u, head, target)
	})
}

func (s *Service) readSignUp(c *call) (u user, password string, remember bool, err error) {
	fail := func(err error) (user, string, bool, error) { return user{}, "", false, err }
	if u.name, err = c.body.required("name"); err != nil {
		return fail(err)
	}
	if u.email, err = c.body.required("email"); err != nil {
		return fail(err)
	}
	if password, err = c.body.required("password"); err != nil {
		return fail(err)
	}
	if remember, err = c.body.flag("rememberMe", true); err != nil {
		return fail(err)
	}
	var image string
	var hasImage bool
	if string(c.body["image"]) != "null" {
		if image, hasImage, err = c.body.text("image"); err != nil {
			return fail(err)
		}
	}
	if u.email, err = cleanEmail(u.email); err != nil {
		return fail(err)
	}
	if err = checkPassword(password); err != nil {
		return fail(err)
	}
	if u.name, err = cleanName(u.name); err != nil {
		return fail(err)
	}
	if hasImage && image != "" {
		if err = checkImage(image); err != nil {
			return fail(err)
		}
		u.image = &image
	}
	return u, password, remember, nil
}

// password is what signing in needs to know of an account; the zero value is an
// account that isn't there or has none.
type password struct {
	user user
	hash string
}

func (s *Service) signInEmail(c *call) error {
	if s.cfg.NoPasswords {
		return errPasswordsOff
	}
	email, err := c.body.required("email")
	if err != nil {
		return err
	}
	given, err := c.body.required("password")
	if err != nil {
		return err
	}
	remember, err := c.body.flag("rememberMe", true)
	if err != nil {
		return err
	}
	target, err := s.callback(c)
	if err != nil {
		return err
	}
	if email, err = cleanEmail(email); err != nil {
		return err
	}
	// Of a hash, so that the keys have one size and hold no addresses.
	account := hashToken(email).String()
	guesser := account + " " + s.clientIP(c.r)
	if wait := s.guessers.allow(guesser, s.now()); wait > 0 {
		return errTooMany(wait)
	}
	if wait := s.accounts.allow(account, s.now()); wait > 0 {
		return errTooMany(wait)
	}
	s.mindLegacy(c.r.Context())
	stored, err := s.passwordOf(c.r.Context(), `lower(u.email) = ?`, email)
	if err != nil {
		return fmt.Errorf("sign in: %w", err)
	}
	right, fresh, err := s.hasher.verify(c.r.Context(), given, stored.hash)
	if err != nil {
		return fmt.Errorf("sign in: %w", err)
	}
	if !right || stored.hash == "" {
		s.log.Info("sign-in refused", "user", stored.user.id)
		return errCredentials
	}
	if s.cfg.RequireVerified && !stored.user.emailVerified && !stored.user.banned {
		s.verifyLater(c, &stored.user, target)
		return errUnverified
	}

	now := s.now()
	var in admission
	ctx := context.WithoutCancel(c.r.Context())
	err = s.db.Write(ctx, func(tx *sql.Tx) error {
		if err := confirm(ctx, tx, stored, fresh, now); err != nil {
			return err
		}
		// Hashing takes a while, in which much may have become of the user.
		u, err := selectUser(ctx, tx, `u.id = ?`, stored.user.id)
		if err != nil || u == nil {
			return orElse(err, errCredentials)
		}
		in, err = s.admit(ctx, tx, c.r, u, entry{method: byPassword, remember: remember}, now)
		return err
	})
	if err != nil {
		return fmt.Errorf("sign in: %w", err)
	}
	s.accounts.forget(account)
	s.guessers.forget(guesser)
	s.welcome(c, in)
	if in.token == "" {
		return c.reply(twoFactorReply{TwoFactorRedirect: true, Methods: []string{"totp"}})
	}
	return c.reply(signInReply{target != "", in.token, target, in.user.json()})
}

// twoFactorReply says that the second factor is wanted before there is a session.
type twoFactorReply struct {
	TwoFactorRedirect bool     `json:"twoFactorRedirect" openapi:"const=true"`
	Methods           []string `json:"twoFactorMethods"`
}

// passwordOf returns the password of the user for whom the condition holds.
func (s *Service) passwordOf(ctx context.Context, where string, arg any) (p password, err error) {
	query := `select coalesce(a.password, ''), ` + userColumns + `
		from users u left join accounts a on a.user_id = u.id and a.provider_id = ? where ` + where
	err = s.db.Read(ctx, func(tx *sql.Tx) error {
		err := p.user.scan(tx.QueryRowContext(ctx, query, credential, arg), &p.hash)
		if errors.Is(err, sql.ErrNoRows) {
			return nil
		}
		return err
	})
	return p, err
}

// mindLegacy lets the hasher know, every now and then, whether there are hashes of
// better-auth's own form.
func (s *Service) mindLegacy(ctx context.Context) {
	s.legacy.Lock()
	defer s.legacy.Unlock()
	now := s.now()
	if now.Before(s.legacy.next) {
		return
	}
	var any bool
	err := s.db.Read(context.WithoutCancel(ctx), func(tx *sql.Tx) error {
		const query = `select exists (select 1 from accounts where provider_id = ? and password like '%:%')`
		return tx.QueryRowContext(ctx, query, credential).Scan(&any)
	})
	if err != nil {
		s.log.Error("look for imported passwords", "err", err)
		return
	}
	s.legacy.next = now.Add(legacyEvery)
	s.hasher.legacy.Store(any)
}

// confirm makes sure that the password is still the one that was checked, and
// stores it hashed anew if there is a fresh hash.
func confirm(ctx context.Context, tx *sql.Tx, p password, fresh string, now time.Time) error {
	if fresh == "" {
		fresh = p.hash
	}
	const update = `update accounts set password = ?, updated_at = case when password = ? then updated_at else ? end
		where user_id = ? and provider_id = ? and password = ?`
	same, err := one(tx.ExecContext(ctx, update, fresh, fresh, millis(now), p.user.id, credential, p.hash))
	if err != nil {
		return fmt.Errorf("store password: %w", err)
	}
	if !same {
		return errCredentials
	}
	return nil
}
