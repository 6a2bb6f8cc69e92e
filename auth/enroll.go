package auth

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"snug/db"
)

// A newcomer is somebody about to get an account.
type newcomer struct {
	name     string
	email    string // lower case
	verified bool   // the address was shown to be theirs
	image    *string
	// The first way to sign in. provider "" is none: a link alone.
	provider  string
	accountID string // "": the user's own id, as for passwords
	hash      string // of the password
	scope     string
	apart     bool // a guest in this browser stays one
}

// enroll makes an account, if the server takes people and the address is free. If it
// isn't, the error is db.ErrConflict, and tx may still be committed: an invitation is
// used up then as if there were a new account. Who was a guest until now stays the same user. The
// first account is its owner's.
func (s *Service) enroll(ctx context.Context, tx *sql.Tx, r *http.Request, n newcomer, now time.Time) (*user, error) {
	role, invite, err := s.roleOf(ctx, tx, r, n, now)
	if err != nil {
		return nil, err
	}
	var taken bool
	if err := tx.QueryRowContext(ctx, `select exists (select 1 from users where lower(email) = ?)`, n.email).Scan(&taken); err != nil {
		return nil, fmt.Errorf("look for address: %w", err)
	}
	if taken {
		return nil, fmt.Errorf("store user: %w", db.ErrConflict)
	}
	var guest *user
	if !n.apart {
		if guest, err = s.guestOf(ctx, tx, r); err != nil {
			return nil, err
		}
	}
	u := &user{id: newID(), name: n.name, email: n.email, emailVerified: n.verified, image: n.image, role: role, created: now, updated: now}
	if guest != nil {
		u.id, u.created, u.wasGuest = guest.id, guest.created, true
		if u.image == nil {
			u.image = guest.image
		}
		const update = `update users set name = ?, email = ?, email_verified = ?, image = ?, role = ?, anonymous = 0, updated_at = ?
			where id = ?`
		_, err = tx.ExecContext(ctx, update, u.name, u.email, flag(u.emailVerified), u.image, string(role), millis(now), u.id)
	} else {
		const insert = `insert into users (id, name, email, email_verified, image, role, created_at, updated_at) values (?, ?, ?, ?, ?, ?, ?, ?)`
		_, err = tx.ExecContext(ctx, insert, u.id, u.name, u.email, flag(u.emailVerified), u.image, string(role), millis(now), millis(now))
	}
	if err != nil {
		return nil, fmt.Errorf("store user: %w", err)
	}
	if invite != nil {
		if err := s.noteNewcomer(ctx, tx, invite, u); err != nil {
			return nil, err
		}
	}
	if n.provider != "" {
		if n.accountID == "" {
			n.accountID = u.id
		}
		if err := insertAccount(ctx, tx, u.id, n.provider, n.accountID, n.hash, n.scope, now); err != nil {
			return nil, err
		}
	}
	return u, nil
}

// wouldEnroll reports whether enroll would take somebody with an address that is
// free. It changes nothing.
func (s *Service) wouldEnroll(ctx context.Context, r *http.Request, n newcomer) (bool, error) {
	undo := errors.New("undo")
	err := s.db.Write(ctx, func(tx *sql.Tx) error {
		if _, _, err := s.roleOf(ctx, tx, r, n, s.now()); err != nil {
			return err
		}
		return undo
	})
	var no *refusal
	switch {
	case errors.Is(err, undo):
		return true, nil
	case errors.As(err, &no):
		return false, nil
	}
	return false, err
}

// insertAccount adds a way to sign in. One that somebody else has is
// db.ErrConflict.
func insertAccount(ctx context.Context, tx *sql.Tx, userID, provider, accountID, hash, scope string, now time.Time) error {
	const insert = `insert into accounts (id, user_id, provider_id, account_id, password, scope, created_at, updated_at)
		values (?, ?, ?, ?, nullif(?, ''), ?, ?, ?)`
	if _, err := tx.ExecContext(ctx, insert, newID(), userID, provider, accountID, hash, scope, millis(now), millis(now)); err != nil {
		return fmt.Errorf("insert account: %w", err)
	}
	return nil
}

// roleOf says what a newcomer becomes, or refuses. invite is the invitation that was used:
// one that is good counts also where none is needed, so that whoever made it sees who came.
func (s *Service) roleOf(ctx context.Context, tx *sql.Tx, r *http.Request, n newcomer, now time.Time) (role Role, invite *invitation, err error) {
	var one int
	err = tx.QueryRowContext(ctx, `select 1 from users where anonymous = 0 limit 1`).Scan(&one)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return RoleOwner, nil, nil
	case err != nil:
		return "", nil, fmt.Errorf("look for users: %w", err)
	case s.cfg.SignUp.Mode == SignUpClosed:
		return "", nil, errSignUpClosed
	}
	invite, err = s.useInvite(ctx, tx, r, n.email, now)
	switch {
	case err != nil:
		return "", nil, err
	case invite != nil || s.cfg.SignUp.Mode == SignUpOpen || s.cfg.SignUp.Mode == SignUpDomain && s.ofDomain(n):
		return RoleMember, invite, nil
	case s.cfg.SignUp.Mode == SignUpDomain:
		return "", nil, errDomain
	}
	return "", nil, errUninvited
}

// ofDomain: an address that isn't verified yet will be, before anyone signs in
// with a password; a provider's has to be now.
func (s *Service) ofDomain(n newcomer) bool {
	if !n.verified && n.provider != credential {
		return false
	}
	_, domain, _ := strings.Cut(n.email, "@")
	for _, d := range s.cfg.SignUp.Domains {
		if strings.EqualFold(d, domain) {
			return true
		}
	}
	return false
}

// heldInvite returns the invitation that the browser holds and by which an account can be
// made, nil where there is none. email, unless it is nil, is the address of the account.
func (s *Service) heldInvite(ctx context.Context, tx *sql.Tx, r *http.Request, email *string, now time.Time) (*invitation, error) {
	for _, token := range s.signed(r, inviteCookie) {
		i, err := selectInvitation(ctx, tx, token, now)
		if err != nil {
			return nil, err
		}
		if i != nil && i.left > 0 && i.worth() == worthAccounts && (email == nil || i.suits(*email)) {
			return i, nil
		}
	}
	return nil, nil
}

// useInvite uses up one use of the invitation that the browser holds, and returns it, nil
// where there is none.
func (s *Service) useInvite(ctx context.Context, tx *sql.Tx, r *http.Request, email string, now time.Time) (*invitation, error) {
	i, err := s.heldInvite(ctx, tx, r, &email, now)
	if err != nil || i == nil {
		return nil, err
	}
	if _, err := tx.ExecContext(ctx, `update invites set uses_left = uses_left - 1 where id = ?`, i.id); err != nil {
		return nil, fmt.Errorf("use invite: %w", err)
	}
	return i, nil
}

// noteInviteUse keeps who used an invitation into a room, so that they may enter it.
func noteInviteUse(ctx context.Context, tx *sql.Tx, invite, userID string) error {
	const insert = `insert into invite_uses (invite_id, user_id) select id, ? from invites where id = ? and room <> '' on conflict do nothing`
	if _, err := tx.ExecContext(ctx, insert, userID, invite); err != nil {
		return fmt.Errorf("note use of invite: %w", err)
	}
	return nil
}

// noteNewcomer keeps by whose invitation somebody has made their account, whether one was
// needed or not: they are told whose guest they are, and so are others.
func (s *Service) noteNewcomer(ctx context.Context, tx *sql.Tx, i *invitation, u *user) error {
	if err := noteInviteUse(ctx, tx, i.id, u.id); err != nil {
		return err
	}
	if by := i.by(); by != "" {
		if _, err := tx.ExecContext(ctx, `update users set invited_by = ? where id = ?`, by, u.id); err != nil {
			return fmt.Errorf("note who invited: %w", err)
		}
	}
	return s.note(ctx, tx, InviteNote{Act: InviteUsed, By: i.hostIdentity(), User: u.identity(), Accounts: true})
}
