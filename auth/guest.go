package auth

import (
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/binary"
	"fmt"
	"strings"
	"time"
)

var (
	errGuestAgain    = &refusal{status: 400, code: "ANONYMOUS_USERS_CANNOT_SIGN_IN_AGAIN_ANONYMOUSLY", message: "Anonymous users cannot sign in again anonymously"}
	errSignedIn      = &refusal{status: 400, code: "ALREADY_SIGNED_IN", message: "You are signed in already"} // better-auth changes users
	errNotGuest      = &refusal{status: 403, code: "USER_IS_NOT_ANONYMOUS", message: "User is not anonymous"}
	errTooManyGuests = &refusal{status: 429, code: "TOO_MANY_GUESTS", message: "There are too many guests here. Make an account, or try again later", retry: sweepEvery}
)

// signInAnonymous lets somebody in without an account. Whoever signs up later from
// the same browser stays the same user; see enroll.
func (s *Service) signInAnonymous(c *call) error {
	if !s.cfg.Guests {
		return errNotFound
	}
	name, given, err := c.body.optional("name")
	if err != nil {
		return err
	}
	if given {
		if name, err = cleanName(name); err != nil {
			return err
		}
	}
	l, _, err := s.current(c.r)
	switch {
	case err != nil:
		return err
	case l != nil && l.user.anonymous:
		return errGuestAgain
	case l != nil:
		return errSignedIn
	}
	now := s.now()
	var in admission
	ctx := context.WithoutCancel(c.r.Context())
	err = s.db.Write(ctx, func(tx *sql.Tx) error {
		if err := crowded(ctx, tx, s.clientIP(c.r)); err != nil {
			return err
		}
		u, err := insertGuest(ctx, tx, name, now)
		if err != nil {
			return err
		}
		in, err = s.admit(ctx, tx, c.r, u, entry{method: byGuest, remember: true}, now)
		return err
	})
	if err != nil {
		return fmt.Errorf("sign in guest: %w", err)
	}
	s.welcome(c, in)
	return c.reply(signUpReply{&in.token, in.user.json()})
}

// crowded refuses one more guest from an address that has many: nobody is to take
// all the places.
func crowded(ctx context.Context, tx *sql.Tx, address string) error {
	var guests int
	const query = `select count(*) from users u join sessions s on s.user_id = u.id where u.anonymous = 1 and s.ip_address = ?`
	if err := tx.QueryRowContext(ctx, query, address).Scan(&guests); err != nil {
		return fmt.Errorf("count guests of an address: %w", err)
	}
	if guests >= maxGuestsAt && !loopback(address) {
		return errTooManyGuests
	}
	return nil
}

// insertGuest makes a guest; name "" is one of ours.
func insertGuest(ctx context.Context, tx *sql.Tx, name string, now time.Time) (*user, error) {
	var guests int
	if err := tx.QueryRowContext(ctx, `select count(*) from users where anonymous = 1`).Scan(&guests); err != nil {
		return nil, fmt.Errorf("count guests: %w", err)
	}
	if guests >= maxGuests {
		return nil, errTooManyGuests
	}
	if name == "" {
		var err error
		if name, err = guestName(ctx, tx); err != nil {
			return nil, err
		}
	}
	id := newID()
	u := &user{id: id, name: name, email: "temp-" + strings.ToLower(id) + "@anonymous.placeholder.invalid", role: RoleGuest, anonymous: true, created: now, updated: now}
	const insert = `insert into users (id, name, email, email_verified, role, anonymous, created_at, updated_at) values (?, ?, ?, 0, ?, 1, ?, ?)`
	if _, err := tx.ExecContext(ctx, insert, u.id, u.name, u.email, string(u.role), millis(now), millis(now)); err != nil {
		return nil, fmt.Errorf("insert guest: %w", err)
	}
	return u, nil
}

// guestName makes a name that no other guest has just now, shorter ones first. If
// chance is against it, two have the same, as any two people may.
func guestName(ctx context.Context, tx *sql.Tx) (name string, err error) {
	for _, digits := range []uint32{1e3, 1e3, 1e3, 1e5, 1e8} {
		var random [4]byte
		rand.Read(random[:]) // never fails
		name = fmt.Sprintf("Guest %d", digits+binary.BigEndian.Uint32(random[:])%(9*digits))
		var taken bool
		const query = `select exists (select 1 from users where anonymous = 1 and name = ?)`
		if err := tx.QueryRowContext(ctx, query, name).Scan(&taken); err != nil {
			return "", fmt.Errorf("look for guest: %w", err)
		}
		if !taken {
			break
		}
	}
	return name, nil
}

// deleteAnonymousUser removes the guest that the request comes from.
func (s *Service) deleteAnonymousUser(c *call) error {
	l, _, err := s.require(c)
	if err != nil {
		return err
	}
	now := s.now()
	var over []ended
	ctx := context.WithoutCancel(c.r.Context())
	err = s.db.Write(ctx, func(tx *sql.Tx) error {
		u, err := stillIn(ctx, tx, l)
		if err != nil {
			return err
		}
		if !u.anonymous {
			return errNotGuest
		}
		over, err = deleteUser(ctx, tx, u.id, now)
		return err
	})
	if err != nil {
		return fmt.Errorf("delete guest: %w", err)
	}
	s.log.Info("user deleted", "user", l.user.id, "session", l.session.hash.short())
	s.tellAll("deleted", l.user.id, over)
	s.depart()
	s.clearSession(c.w)
	return c.reply(successReply{true})
}

// lostGuests is of guests who can't come back, for their session is over. Those who are
// banned stay, so that it is seen whom that was done to.
const lostGuests = `from users u where anonymous = 1 and banned_at is null and not exists (select 1 from sessions where user_id = u.id)`

// sweepGuests removes those. It returns how many.
func (s *Service) sweepGuests(ctx context.Context) (int, error) {
	now := s.now()
	var gone []string
	err := s.db.Write(ctx, func(tx *sql.Tx) (err error) {
		if gone, err = selectTexts(ctx, tx, "select id "+lostGuests+" limit ?", sweepBatch); err != nil {
			return err
		}
		for _, id := range gone {
			if _, err := deleteUser(ctx, tx, id, now); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return 0, fmt.Errorf("remove guests: %w", err)
	}
	if len(gone) > 0 {
		s.log.Info("guests removed", "count", len(gone))
		s.depart()
	}
	return len(gone), nil
}
