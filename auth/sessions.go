package auth

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
)

// sessionReply is a session with its user.
type sessionReply struct {
	Session sessionJSON `json:"session"`
	User    userJSON    `json:"user"`
}

// getSession tells the page who is signed in; the body null is nobody. It alone
// lengthens sessions.
func (s *Service) getSession(c *call) error {
	c.w.Header().Set("Pragma", "no-cache")
	l, token, err := s.current(c.r)
	if err != nil {
		return errors.Join(errGetSession, err)
	}
	if l != nil && l.session.imported {
		if err := s.adopt(c, l, token); err != nil {
			return errors.Join(errGetSession, err)
		}
	}
	// Any text is a yes, "false" too: so the client's other servers read it.
	fixed := c.r.URL.Query().Get("disableRefresh") != ""
	if l != nil && !fixed && !s.isShort(c) {
		before := l.session.expires
		now := s.now()
		longer, err := s.extend(c.r.Context(), l, now)
		switch {
		case err != nil:
			// A disk that is full doesn't sign anybody out.
			s.log.Error("lengthen session", "err", err)
		case longer == nil:
			l = nil
		case longer.session.expires.After(before):
			l = longer
			s.setSession(c.w, c.r, token, true, longer.session.expires.Sub(now))
		}
	}
	if l == nil {
		// A signature of ours on a session that is over. A cookie that we didn't
		// make is left alone.
		if len(s.tokens(c.r)) > 0 {
			s.clearSession(c.w)
		}
		return c.reply(nil)
	}
	return c.reply(sessionReply{l.session.json(token), l.user.json()})
}

// adopt gives a session that began on another server a cookie of ours.
func (s *Service) adopt(c *call, l *login, token string) error {
	ctx := context.WithoutCancel(c.r.Context())
	err := s.db.Write(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `update sessions set imported = 0 where token_hash = ?`, l.session.hash.String())
		return err
	})
	if err != nil {
		return err
	}
	s.cache.forget(l.session.hash)
	s.setSession(c.w, c.r, token, l.session.remember, l.session.expires.Sub(s.now()))
	s.fetchOwn(&l.user)
	return nil
}

// isShort: the browser was told to forget the session with its windows.
func (s *Service) isShort(c *call) bool {
	for _, text := range s.signed(c.r, shortCookie) {
		if text == "true" {
			return true
		}
	}
	return false
}

// require returns the login that a request needs.
func (s *Service) require(c *call) (*login, string, error) {
	l, token, err := s.current(c.r)
	if err == nil && l == nil {
		err = errUnauthorized
	}
	return l, token, err
}

type successReply struct {
	Success bool `json:"success"`
}

// signOut ends every session that the browser holds. It succeeds without one too:
// the page wants to be signed out, and is.
func (s *Service) signOut(c *call) error {
	for _, token := range s.tokens(c.r) {
		if _, err := s.end(c.r.Context(), "sign-out", `token_hash = ?`, hashToken(token).String()); err != nil {
			return fmt.Errorf("sign out: %w", err)
		}
	}
	s.clearSession(c.w)
	return c.reply(successReply{true})
}

// listedJSON is a session as its user sees it beside others.
type listedJSON struct {
	sessionJSON
	Method  string `json:"method"` // how it began
	Place   string `json:"place"`  // where, in words; "" where that isn't known
	SeenAt  stamp  `json:"seenAt"`
	Current bool   `json:"current"` // it is this one
	Active  bool   `json:"active"`  // something is open for it just now
}

// listSessions lists the user's live sessions. Only the current one is listed with
// its token; the others' aren't known here. In its place stands the session's id,
// which revokeSession takes as well, and which opens nothing.
func (s *Service) listSessions(c *call) error {
	l, token, err := s.require(c)
	if err != nil {
		return err
	}
	list := []listedJSON{}
	const query = `select id, token_hash, method, ip_address, user_agent, created_at, updated_at, seen_at, expires_at from sessions
		where user_id = ? and expires_at > ? order by created_at desc, id`
	ctx := c.r.Context()
	err = s.db.Read(ctx, func(tx *sql.Tx) (err error) {
		rows, err := tx.QueryContext(ctx, query, l.user.id, millis(s.now()))
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, rows.Close()) }()
		for rows.Next() {
			x := session{userID: l.user.id}
			var hash, method string
			var created, updated, seen, expires int64
			err := rows.Scan(&x.id, &hash, &method, &x.ipAddress, &x.userAgent, &created, &updated, &seen, &expires)
			if err != nil {
				return err
			}
			x.created, x.updated, x.expires = fromMillis(created), fromMillis(updated), fromMillis(expires)
			row := listedJSON{
				sessionJSON: x.json(x.id), Method: method, Place: s.cfg.Place(x.ipAddress),
				SeenAt: stamp(fromMillis(seen)), Current: hash == l.session.hash.String(), Active: s.cfg.Active(hash),
			}
			if row.Current {
				row.Token = token
			}
			if row.Current || row.Active {
				row.SeenAt = stamp(s.now())
			}
			list = append(list, row)
		}
		return rows.Err()
	})
	if err != nil {
		return fmt.Errorf("list sessions: %w", err)
	}
	return c.reply(list)
}

// revokeSession ends one of the user's own sessions, named by its token or its
// id. For one that isn't theirs, or isn't at all, the reply is the same.
func (s *Service) revokeSession(c *call) error {
	l, _, err := s.require(c)
	if err != nil {
		return err
	}
	handle, err := c.body.required("token")
	if err != nil {
		return err
	}
	over, err := s.end(c.r.Context(), "revoked", `user_id = ? and (token_hash = ? or id = ?)`,
		l.user.id, hashToken(handle).String(), handle)
	if err != nil {
		return fmt.Errorf("revoke session: %w", err)
	}
	for _, e := range over {
		if e.hash == l.session.hash {
			s.clearSession(c.w)
		}
	}
	return c.reply(statusJSON{true})
}

// revokeSessions ends all of the user's sessions, this one too.
func (s *Service) revokeSessions(c *call) error {
	l, _, err := s.require(c)
	if err != nil {
		return err
	}
	if err := s.endAll(c.r.Context(), l.user.id); err != nil {
		return fmt.Errorf("revoke sessions: %w", err)
	}
	s.clearSession(c.w)
	return c.reply(statusJSON{true})
}

// endAll ends all sessions of a user. API tokens stay: they have a list of their own.
func (s *Service) endAll(ctx context.Context, userID string) error {
	ctx = context.WithoutCancel(ctx)
	var over []ended
	err := s.db.Write(ctx, func(tx *sql.Tx) (err error) {
		if err := distrust(ctx, tx, userID); err != nil {
			return err
		}
		over, err = endSessions(ctx, tx, `user_id = ?`, userID)
		return err
	})
	if err != nil {
		return err
	}
	s.tell("revoked", over)
	return nil
}

// revokeOtherSessions ends the user's sessions but this one. No browser is trusted
// any more, this one neither: the user wants to be alone, and can say so again.
func (s *Service) revokeOtherSessions(c *call) error {
	l, _, err := s.require(c)
	if err != nil {
		return err
	}
	ctx := context.WithoutCancel(c.r.Context())
	var over []ended
	err = s.db.Write(ctx, func(tx *sql.Tx) (err error) {
		if err := distrust(ctx, tx, l.user.id); err != nil {
			return err
		}
		over, err = endSessions(ctx, tx, `user_id = ? and token_hash <> ?`, l.user.id, l.session.hash.String())
		return err
	})
	if err != nil {
		return fmt.Errorf("revoke other sessions: %w", err)
	}
	s.tell("revoked", over)
	return c.reply(statusJSON{true})
}
