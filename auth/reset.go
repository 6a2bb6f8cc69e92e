package auth

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"time"
)

// resetPath is the page on which a new password is chosen, if the client names no
// other.
const resetPath = "/reset-password"

// forgotPath is the page that asks for such a link.
const forgotPath = "/forgot-password"

// sentTo is what a link remembers of the address that it was mailed to: if the
// account has another one by then, the link is void.
type sentTo struct {
	Email string `json:"email"`
}

// messageReply says what was done in words.
type messageReply struct {
	Status  bool   `json:"status"`
	Message string `json:"message"`
}

// requestReset mails a link with which a new password can be chosen. Nobody is told
// whether there is such an account; who signs in otherwise gets a password by it.
func (s *Service) requestReset(c *call) error {
	if s.cfg.NoPasswords {
		return errResetOff
	}
	email, err := c.body.address("email")
	if err != nil {
		return err
	}
	target, err := s.target(c, "redirectTo", errRedirect)
	if err != nil {
		return err
	}
	if target == "" {
		target = resetPath
	}
	if err := s.allowSender(c, email); err != nil {
		return err
	}
	head := s.letterhead(c.r)
	s.later("send password reset", func(ctx context.Context) error {
		u, err := s.reachable(ctx, email)
		if err != nil || u == nil {
			return err
		}
		token, now := newID(), s.now()
		err = s.db.Write(ctx, func(tx *sql.Tx) error {
			return put(ctx, tx, forReset, token, u.id, sentTo{u.email}, now, resetLife)
		})
		if err != nil {
			return err
		}
		path := "/api/auth/reset-password/" + token + "?" + url.Values{"callbackURL": {target}}.Encode()
		s.sendLink(ctx, letterReset, head, path, u.id, u.email, "")
		return nil
	})
	return c.reply(messageReply{true, "If this email exists in our system, check your email for the reset link"})
}

// openReset is where the link leads: on to the page, with the token if it is good.
func (s *Service) openReset(c *call) error {
	noReferrer(c.w)
	query := c.r.URL.Query()
	if !query.Has("callbackURL") {
		return errQuery
	}
	target := query.Get("callbackURL")
	if target == "" {
		return c.redirect(s.baseOf(c.r) + "/api/auth/error?error=" + errToken.code)
	}
	if !s.safeRedirect(c.r, target) {
		return errCallback
	}
	good := false
	ctx := c.r.Context()
	err := s.db.Read(ctx, func(tx *sql.Tx) (err error) {
		_, good, err = peek(ctx, tx, forReset, c.param, &sentTo{}, s.now())
		return err
	})
	if err != nil {
		return err
	}
	if target[0] == '/' {
		target = s.baseOf(c.r) + target
	}
	if !good {
		return c.redirect(withQuery(target, "error", errToken.code))
	}
	return c.redirect(withQuery(target, "token", c.param))
}

// resetPassword stores a new password for whoever has the link. It ends everything
// that somebody else may have opened meanwhile.
func (s *Service) resetPassword(c *call) error {
	if s.cfg.NoPasswords {
		return errResetOff
	}
	password, err := c.body.required("newPassword")
	if err != nil {
		return err
	}
	token, given, err := c.body.text("token")
	if err != nil {
		return err
	}
	if !given {
		token = c.r.URL.Query().Get("token")
	}
	if token == "" {
		return errToken
	}
	if err := checkPassword(password); err != nil {
		return err
	}
	// Before the hash is made: a token that is none costs nothing.
	good := false
	ctx := c.r.Context()
	err = s.db.Read(ctx, func(tx *sql.Tx) (err error) {
		_, good, err = peek(ctx, tx, forReset, token, &sentTo{}, s.now())
		return err
	})
	if err != nil {
		return err
	}
	if !good {
		return errToken
	}
	hash, err := s.hasher.hash(ctx, password)
	if err != nil {
		return err
	}

	var u *user
	var over []ended
	now := s.now()
	ctx = context.WithoutCancel(ctx)
	err = s.db.Write(ctx, func(tx *sql.Tx) error {
		var to sentTo
		userID, ok, err := take(ctx, tx, forReset, token, &to, now)
		if err != nil || !ok {
			return orElse(err, errToken)
		}
		if u, err = selectUser(ctx, tx, `u.id = ? and lower(u.email) = ? and u.banned_at is null`, userID, to.Email); err != nil || u == nil {
			return orElse(err, errToken)
		}
		if !u.emailVerified {
			// Whoever made the account may be somebody else, who waits for this one.
			if over, err = takeOver(ctx, tx, u, now); err != nil {
				return err
			}
		}
		if err := setPassword(ctx, tx, u.id, hash, now); err != nil {
			return err
		}
		if err := errors.Join(revoke(ctx, tx, forReset, u.id), distrust(ctx, tx, u.id)); err != nil {
			return err
		}
		more, err := endSessions(ctx, tx, `user_id = ?`, u.id)
		over = append(over, more...)
		return err
	})
	if err != nil {
		return fmt.Errorf("reset password: %w", err)
	}
	account := hashToken(u.email).String()
	s.accounts.forget(account)
	s.guessers.forget(account + " " + s.clientIP(c.r))
	s.log.Info("password reset", "user", u.id)
	s.tell("password reset", over)
	s.sendNote(ctx, letterPassword, s.letterhead(c.r), forgotPath, u.id, u.email)
	return c.reply(statusJSON{true})
}

// orElse returns err, or what a result that isn't there means.
func orElse(err, missing error) error {
	if err != nil {
		return err
	}
	return missing
}

// setPassword stores the hash of a user's password; who had none has one then.
func setPassword(ctx context.Context, tx *sql.Tx, userID, hash string, now time.Time) error {
	const update = `update accounts set password = ?, updated_at = ? where user_id = ? and provider_id = ?`
	had, err := one(tx.ExecContext(ctx, update, hash, millis(now), userID, credential))
	if err != nil {
		return fmt.Errorf("store password: %w", err)
	}
	if had {
		return nil
	}
	return insertAccount(ctx, tx, userID, credential, userID, hash, "", now)
}
