package auth

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"
)

// changePassword stores a new password for somebody who knows the old one. The
// session gets a new token, and with revokeOtherSessions all others end. Only then
// the reply has the token, as better-auth has it: without, nothing changes that its
// clients know of.
func (s *Service) changePassword(c *call) error {
	if s.cfg.NoPasswords {
		return errPasswordsOff
	}
	l, _, err := s.require(c)
	if err != nil {
		return err
	}
	given, err := c.body.required("currentPassword")
	if err != nil {
		return err
	}
	next, err := c.body.required("newPassword")
	if err != nil {
		return err
	}
	alone, err := c.body.flag("revokeOtherSessions", false)
	if err != nil {
		return err
	}
	if err := checkPassword(next); err != nil {
		return err
	}
	ctx := c.r.Context()
	stored, err := s.ownPassword(ctx, l, given)
	if err != nil {
		return err
	}
	hash, err := s.hasher.hash(ctx, next)
	if err != nil {
		return err
	}

	now := s.now()
	var token string
	var over []ended
	var u *user
	ctx = context.WithoutCancel(ctx)
	err = s.db.Write(ctx, func(tx *sql.Tx) (err error) {
		if u, err = stillIn(ctx, tx, l); err != nil {
			return err
		}
		if err := replacePassword(ctx, tx, stored, hash, now); err != nil {
			return err
		}
		if err := errors.Join(revoke(ctx, tx, forReset, u.id), distrust(ctx, tx, u.id)); err != nil {
			return err
		}
		if alone {
			token, over, err = s.rotate(ctx, tx, c.r, l, now)
			return err
		}
		token, over, err = renewToken(ctx, tx, l)
		return err
	})
	if err != nil {
		return fmt.Errorf("change password: %w", err)
	}
	s.log.Info("password changed", "user", u.id, "session", l.session.hash.short())
	s.tell("password changed", over)
	life := l.session.expires.Sub(now)
	var shown *string
	if alone {
		life, shown = sessionLife, &token
	}
	s.setSession(c.w, c.r, token, l.session.remember, life)
	s.sendNote(ctx, letterPassword, s.letterhead(c.r), forgotPath, u.id, u.email)
	return c.reply(signUpReply{shown, u.json()})
}

// replacePassword stores the hash of a new password, if the old one is still the
// one that was checked.
func replacePassword(ctx context.Context, tx *sql.Tx, p password, hash string, now time.Time) error {
	const update = `update accounts set password = ?, updated_at = ? where user_id = ? and provider_id = ? and password = ?`
	same, err := one(tx.ExecContext(ctx, update, hash, millis(now), p.user.id, credential, p.hash))
	if err != nil {
		return fmt.Errorf("store password: %w", err)
	}
	if !same {
		return errPassword
	}
	return nil
}

// ownPassword checks the password of the signed-in user, and returns it as it is
// stored. A wrong one is errPassword. It counts as a try to sign in: whoever sits at
// somebody else's open session guesses no faster than others.
func (s *Service) ownPassword(ctx context.Context, l *login, given string) (password, error) {
	stored, err := s.passwordOf(ctx, `u.id = ?`, l.user.id)
	if err != nil {
		return password{}, fmt.Errorf("check password: %w", err)
	}
	if stored.hash == "" {
		return password{}, errNoPassword
	}
	account := hashToken(stored.user.email).String()
	if wait := s.accounts.allow(account, s.now()); wait > 0 {
		return password{}, errTooMany(wait)
	}
	right, _, err := s.hasher.verify(ctx, given, stored.hash)
	if err != nil {
		return password{}, fmt.Errorf("check password: %w", err)
	}
	if !right {
		s.log.Info("password refused", "user", l.user.id)
		return password{}, errPassword
	}
	s.accounts.forget(account)
	return stored, nil
}
