package auth

import (
	"context"
	"database/sql"
	"fmt"
	"net/url"
)

// deletedReply says in words whether it is gone, or a mail asks once more.
type deletedReply struct {
	Success bool   `json:"success"`
	Message string `json:"message"`
}

// deleteMe deletes the account of the signed-in user, who shows once more to be
// the one: by the password, by the link in a mail, or by having signed in lately.
// Who can't is sent such a mail.
func (s *Service) deleteMe(c *call) error {
	l, _, err := s.require(c)
	if err != nil {
		return err
	}
	given, _, err := c.body.text("password")
	if err != nil {
		return err
	}
	token, _, err := c.body.text("token")
	if err != nil {
		return err
	}
	target, err := s.callback(c)
	if err != nil {
		return err
	}
	switch {
	case token != "":
		// Looked at when it is taken.
	case given != "":
		if _, err := s.ownPassword(c.r.Context(), l, given); err != nil {
			return err
		}
	case s.fresh(l), l.user.anonymous: // a guest has nothing else to show
	case s.cfg.Mail != nil && !placeholder(l.user.email):
		return s.mailDeletion(c, l, target)
	default:
		return errStale
	}
	if err := s.remove(c, l, token); err != nil {
		return err
	}
	return c.reply(deletedReply{true, "User deleted"})
}

// deleteCallback is where the link of better-auth's mails leads. Without the
// session of the user it does nothing: a mail that somebody else reads, and what
// scans mails for links, delete no account.
func (s *Service) deleteCallback(c *call) error {
	noReferrer(c.w)
	query := c.r.URL.Query()
	target := query.Get("callbackURL")
	if target != "" && !s.safeRedirect(c.r, target) {
		return errCallback
	}
	token := query.Get("token")
	if token == "" {
		return errQuery
	}
	l, _, err := s.current(c.r)
	if err != nil {
		return err
	}
	if l == nil {
		return errUserInfo
	}
	if err := s.remove(c, l, token); err != nil {
		return err
	}
	if target != "" {
		return c.redirect(target)
	}
	return c.reply(deletedReply{true, "User deleted"})
}

// mailDeletion sends the link with which an account is deleted. The page it leads
// to asks once more.
func (s *Service) mailDeletion(c *call, l *login, target string) error {
	if err := s.allowMailbox(l.user.email); err != nil {
		return err
	}
	token, now := newID(), s.now()
	ctx := context.WithoutCancel(c.r.Context())
	err := s.db.Write(ctx, func(tx *sql.Tx) error {
		return put(ctx, tx, forDelete, token, l.user.id, struct{}{}, now, deleteLife)
	})
	if err != nil {
		return fmt.Errorf("ask for deletion: %w", err)
	}
	link := url.Values{"token": {token}}
	if target != "" {
		link.Set("callbackURL", target)
	}
	s.sendLink(ctx, letterDelete, s.letterhead(c.r), deletePath+"?"+link.Encode(), l.user.id, l.user.email, "")
	return c.reply(deletedReply{true, "Verification email sent"})
}

// deletePath is the page that asks once more.
const deletePath = "/delete-account"

// remove deletes the user of a login, all whose sessions end before the reply. A
// token, unless it is "", has to be one that mailDeletion made for them.
func (s *Service) remove(c *call, l *login, token string) error {
	ctx := context.WithoutCancel(c.r.Context())
	now := s.now()
	var over []ended
	err := s.db.Write(ctx, func(tx *sql.Tx) (err error) {
		if _, err := stillIn(ctx, tx, l); err != nil {
			return err
		}
		if token != "" {
			owner, ok, err := take(ctx, tx, forDelete, token, &struct{}{}, now)
			if err != nil {
				return err
			}
			if !ok || owner != l.user.id {
				return errDeleteToken
			}
		}
		if err := checkSuccession(ctx, tx, l.user.id); err != nil {
			return err
		}
		over, err = deleteUser(ctx, tx, l.user.id, now)
		return err
	})
	if err != nil {
		return fmt.Errorf("delete user: %w", err)
	}
	s.log.Info("user deleted", "user", l.user.id, "session", l.session.hash.short())
	s.tellAll("deleted", l.user.id, over)
	s.depart()
	s.clearSession(c.w)
	return nil
}

// checkSuccession keeps the last owner from leaving others on a server that nobody
// can run any more.
func checkSuccession(ctx context.Context, tx *sql.Tx, userID string) error {
	const query = `select exists (select 1 from users where id = ? and role = ?)
		and not exists (select 1 from users where id <> ? and role = ? and banned_at is null)
		and exists (select 1 from users where id <> ? and role not in (?, ?))`
	var last bool
	err := tx.QueryRowContext(ctx, query, userID, RoleOwner, userID, RoleOwner, userID, RoleGuest, RoleBot).Scan(&last)
	if err != nil {
		return fmt.Errorf("look for owners: %w", err)
	}
	if last {
		return errOnlyOwner
	}
	return nil
}
