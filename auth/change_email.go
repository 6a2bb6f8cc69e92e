package auth

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"
)

// Another address takes two links, opened in a browser where the user is signed in:
// the old address agrees, then the new one is shown to be theirs. Whoever has only
// the session, only the old mailbox or a mistyped new one gets nothing by it, and
// what scans mails for links changes nothing. An old address that was never shown to
// be theirs isn't asked.
const (
	requestChange ticketRequest = "change-email-confirmation" // the old address agrees
	requestAdopt  ticketRequest = "change-email-verification" // the new address is theirs
)

// accountPath is the page that those links lead back to, if the client names no
// other.
const accountPath = "/account"

// changeEmail begins the change of the signed-in user's address. An address that is
// somebody else's can't be told from another by the reply; its owner hears of it.
func (s *Service) changeEmail(c *call) error {
	l, _, err := s.require(c)
	if err != nil {
		return err
	}
	if l.user.anonymous {
		return errGuest
	}
	email, err := c.body.address("newEmail")
	if err != nil {
		return err
	}
	target, err := s.callback(c)
	if err != nil {
		return err
	}
	switch {
	case email == l.user.email:
		return errSameEmail
	case placeholder(email):
		return errValidation
	}
	asked, request, kind := l.user.email, requestChange, letterChange
	if !l.user.emailVerified {
		asked, request, kind = email, requestAdopt, letterNewAddress
	}
	if err := s.allowMailbox(asked); err != nil {
		return err
	}
	if !l.user.emailVerified && s.signUpTells() {
		return s.changeAtOnce(c, l, email, target)
	}
	head, u := s.letterhead(c.r), l.user
	s.later("send change of address", func(ctx context.Context) error {
		free, err := s.isFree(ctx, email, head)
		if err != nil || !free {
			return err
		}
		t := ticket{Email: u.email, UpdateTo: email, Request: request, UserID: u.id}
		return s.mailChange(ctx, t, kind, asked, head, target)
	})
	return c.reply(statusJSON{true})
}

// signUpTells: whoever signs up is told that an address is taken, so that it is no
// secret from anybody.
func (s *Service) signUpTells() bool {
	return s.cfg.SignUp.Mode == SignUpOpen && !s.cfg.RequireVerified && !s.cfg.NoPasswords
}

// isFree reports whether nobody has an address; if somebody does they are told.
func (s *Service) isFree(ctx context.Context, email string, head letterhead) (bool, error) {
	var owner *user
	err := s.db.Read(ctx, func(tx *sql.Tx) (err error) {
		owner, err = selectUser(ctx, tx, `lower(u.email) = ?`, email)
		return err
	})
	if err != nil {
		return false, err
	}
	if owner != nil && !owner.banned && s.allowMailbox(email) == nil {
		s.sendNote(ctx, letterWanted, head, "/", owner.id, owner.email)
	}
	return owner == nil, nil
}

// mailChange mails one of the links of a change.
func (s *Service) mailChange(ctx context.Context, t ticket, kind letterKind, to string, head letterhead, target string) error {
	now := s.now()
	token := s.issue(t, now, changeLife)
	err := s.db.Write(ctx, func(tx *sql.Tx) error {
		return put(ctx, tx, forEmail, token, t.UserID, struct{}{}, now, changeLife)
	})
	if err != nil {
		return err
	}
	if target == "" {
		target = accountPath
	}
	s.sendLink(ctx, kind, head, ticketLink(token, target), t.UserID, to, t.UpdateTo)
	return nil
}

// changeAtOnce gives an account whose address was never shown to be its user's
// another such address.
func (s *Service) changeAtOnce(c *call, l *login, email, target string) error {
	head := s.letterhead(c.r)
	m, err := s.move(c, l, email, false, func(tx *sql.Tx) error { return nil })
	if errors.Is(err, errTaken) {
		s.later("tell of change of address", func(ctx context.Context) error {
			_, err := s.isFree(ctx, email, head)
			return err
		})
		return c.reply(statusJSON{true})
	}
	if err != nil {
		return fmt.Errorf("change address: %w", err)
	}
	s.moved(c, l, m)
	s.later("send verification", func(ctx context.Context) error {
		return s.mailVerification(ctx, m.user, head, target)
	})
	return c.reply(statusJSON{true})
}

// agreeToChange is what the link in the mail to the old address does.
func (s *Service) agreeToChange(c *call, t ticket, token, target string, now time.Time) error {
	l, err := s.requireTicketUser(c, t)
	if err != nil {
		return err
	}
	if err := s.allowMailbox(t.UpdateTo); err != nil {
		return err
	}
	ctx := context.WithoutCancel(c.r.Context())
	err = s.db.Write(ctx, func(tx *sql.Tx) error {
		return takeChange(ctx, tx, t, token, now)
	})
	if err != nil {
		return fmt.Errorf("agree to change of address: %w", err)
	}
	s.log.Info("change of address agreed to", "user", l.user.id)
	head := s.letterhead(c.r)
	s.later("send change of address", func(ctx context.Context) error {
		free, err := s.isFree(ctx, t.UpdateTo, head)
		if err != nil || !free {
			return err
		}
		t.Request = requestAdopt
		return s.mailChange(ctx, t, letterNewAddress, t.UpdateTo, head, target)
	})
	return nil
}

// adoptAddress is what the link in the mail to the new address does.
func (s *Service) adoptAddress(c *call, t ticket, token string, now time.Time) error {
	l, err := s.requireTicketUser(c, t)
	if err != nil {
		return err
	}
	ctx := context.WithoutCancel(c.r.Context())
	m, err := s.move(c, l, t.UpdateTo, true, func(tx *sql.Tx) error {
		return takeChange(ctx, tx, t, token, now)
	})
	if err != nil {
		return fmt.Errorf("change address: %w", err)
	}
	s.moved(c, l, m)
	s.sendNote(ctx, letterChanged, s.letterhead(c.r), "/", l.user.id, t.Email)
	return nil
}

// requireTicketUser returns the login of the user whom a ticket is for, in whose
// browser alone it works.
func (s *Service) requireTicketUser(c *call, t ticket) (*login, error) {
	l, _, err := s.current(c.r)
	if err != nil {
		return nil, err
	}
	if l == nil || l.user.id != t.UserID {
		return nil, errTicketSession
	}
	return l, nil
}

// takeChange uses up the link of a change, if the account still has the address
// that it had when that was asked for.
func takeChange(ctx context.Context, tx *sql.Tx, t ticket, token string, now time.Time) error {
	u, err := selectUser(ctx, tx, `u.id = ? and u.email = ?`, t.UserID, t.Email)
	if err != nil || u == nil {
		return orElse(err, errTicket)
	}
	owner, ok, err := take(ctx, tx, forEmail, token, &struct{}{}, now)
	if err != nil || !ok || owner != u.id {
		return orElse(err, errTicket)
	}
	return nil
}

// A move is a change of address that is committed.
type move struct {
	user  *user
	token string // the session's new one
	over  []ended
	stale []tokenHash
}

// move gives the user of a session another address if allow agrees: errTaken if it
// is somebody else's. All links that went to the old one are void, the session gets
// a new token, and the user's other sessions end.
func (s *Service) move(c *call, l *login, email string, verified bool, allow func(tx *sql.Tx) error) (m move, err error) {
	now := s.now()
	ctx := context.WithoutCancel(c.r.Context())
	err = s.db.Write(ctx, func(tx *sql.Tx) (err error) {
		if m.user, err = stillIn(ctx, tx, l); err != nil {
			return err
		}
		if err := allow(tx); err != nil {
			return err
		}
		var taken bool
		const query = `select exists (select 1 from users where lower(email) = ? and id <> ?)`
		if err := tx.QueryRowContext(ctx, query, email, m.user.id).Scan(&taken); err != nil {
			return err
		}
		if taken {
			return errTaken
		}
		const update = `update users set email = ?, email_verified = ?, updated_at = ? where id = ?`
		if _, err := tx.ExecContext(ctx, update, email, flag(verified), millis(now), m.user.id); err != nil {
			return err
		}
		m.user.email, m.user.emailVerified, m.user.updated = email, verified, now
		for _, what := range []purpose{forVerify, forEmail, forReset, forLink, forDelete} {
			if err := revoke(ctx, tx, what, m.user.id); err != nil {
				return err
			}
		}
		if m.token, m.over, err = renewToken(ctx, tx, l); err != nil {
			return err
		}
		others, err := endSessions(ctx, tx, `user_id = ? and token_hash <> ?`, m.user.id, hashToken(m.token).String())
		if err != nil {
			return err
		}
		m.over = append(m.over, others...)
		m.stale, err = hashesOf(ctx, tx, m.user.id)
		return err
	})
	return m, err
}

// moved tells of a move and gives the browser the new token.
func (s *Service) moved(c *call, l *login, m move) {
	s.cache.forget(m.stale...)
	s.log.Info("address changed", "user", m.user.id, "session", l.session.hash.short())
	s.tell("address changed", m.over)
	s.setSession(c.w, c.r, m.token, l.session.remember, l.session.expires.Sub(s.now()))
}
