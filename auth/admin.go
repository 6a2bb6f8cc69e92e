package auth

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"
)

// ErrNoUser says that nobody has that address.
var ErrNoUser = errors.New("nobody has that e-mail address")

// ErrLastOwner says that a server keeps an owner.
var ErrLastOwner = errors.New("this is the only owner: make somebody else one first")

// A Person is a row in a list of users.
type Person struct {
	ID        string    `json:"id"`
	Name      string    `json:"name"`
	Email     string    `json:"email"`
	Verified  bool      `json:"verified"`
	Role      Role      `json:"role"`
	Banned    bool      `json:"banned"`
	BanReason string    `json:"banReason,omitempty"`
	Guest     bool      `json:"guest"`
	CreatedAt time.Time `json:"createdAt"`
}

func (u *user) person(banReason string) Person {
	return Person{u.id, u.name, u.email, u.emailVerified, u.role, u.banned, banReason, u.anonymous, u.created}
}

// People returns at most limit users in whose name or address the text occurs, by
// when they came, the latest first.
func (s *Service) People(ctx context.Context, text string, limit int) (list []Person, err error) {
	err = s.db.Read(ctx, func(tx *sql.Tx) (err error) {
		const query = `select u.ban_reason, ` + userColumns + ` from users u
			where ? = '' or instr(lower(u.name), lower(?)) > 0 or instr(lower(u.email), lower(?)) > 0
			order by u.created_at desc, u.id limit ?`
		rows, err := tx.QueryContext(ctx, query, text, text, text, limit)
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, rows.Close()) }()
		for rows.Next() {
			var u user
			var reason string
			if err := u.scan(rows, &reason); err != nil {
				return err
			}
			list = append(list, u.person(reason))
		}
		return rows.Err()
	})
	if err != nil {
		return nil, fmt.Errorf("list users: %w", err)
	}
	return list, nil
}

// userBy returns the user with that address; ErrNoUser if there is none.
func userBy(ctx context.Context, tx *sql.Tx, email string) (*user, error) {
	email, err := cleanEmail(email)
	if err != nil {
		return nil, ErrNoUser
	}
	u, err := selectUser(ctx, tx, `lower(u.email) = ?`, email)
	if err == nil && u == nil {
		err = ErrNoUser
	}
	return u, err
}

// ErrNoPerson says that nobody has that id.
var ErrNoPerson = errors.New("nobody has that id")

// Whom says who something is done to, and by whom.
type Whom struct {
	Email string // of the person
	ID    string // likewise, where there is no Email
	By    string // id of who does it; "": whoever runs the server
	// Check is asked in the transaction that does it, with both as they are there: it
	// refuses with an error, and notes what is done. by is empty without By. Nil: none.
	Check func(ctx context.Context, tx *sql.Tx, by, to Person) error
}

// find returns the person whom something may be done to.
func (w Whom) find(ctx context.Context, tx *sql.Tx) (u *user, err error) {
	if w.Email != "" {
		u, err = userBy(ctx, tx, w.Email)
	} else if u, err = selectUser(ctx, tx, `u.id = ?`, w.ID); err == nil && u == nil {
		err = ErrNoPerson
	}
	if err != nil || w.Check == nil {
		return u, err
	}
	var by Person
	if w.By != "" {
		who, err := selectUser(ctx, tx, `u.id = ?`, w.By)
		if err != nil {
			return nil, err
		}
		if who == nil || who.banned {
			return nil, ErrNoPerson // since the session was looked at
		}
		by = who.person("")
	}
	return u, w.Check(ctx, tx, by, u.person(""))
}

// UserID returns the id of the person with that address.
func (s *Service) UserID(ctx context.Context, email string) (id string, err error) {
	err = s.db.Read(ctx, func(tx *sql.Tx) error {
		u, err := userBy(ctx, tx, email)
		if err == nil {
			id = u.id
		}
		return err
	})
	return id, err
}

// Ban keeps a person out: sessions and API tokens end at once, and no way to sign in
// opens any more. The reason is for those who run the server.
func (s *Service) Ban(ctx context.Context, whom Whom, reason string) error {
	now := s.now()
	var over []ended
	var id string
	ctx = context.WithoutCancel(ctx)
	err := s.db.Write(ctx, func(tx *sql.Tx) error {
		u, err := whom.find(ctx, tx)
		if err != nil {
			return err
		}
		if err := keepOwner(ctx, tx, u); err != nil {
			return err
		}
		id = u.id
		const update = `update users set banned_at = ?, ban_reason = ?, updated_at = ? where id = ?`
		if _, err := tx.ExecContext(ctx, update, millis(now), reason, millis(now), id); err != nil {
			return err
		}
		over, err = endAccess(ctx, tx, id)
		return err
	})
	if err != nil {
		return fmt.Errorf("ban user: %w", err)
	}
	s.drop(over)
	s.log.Info("user banned", "user", id, "sessions", len(over))
	s.onEnd(SessionEnd{UserID: id, All: true, Banned: true})
	return nil
}

// Unban lets a person in again.
func (s *Service) Unban(ctx context.Context, whom Whom) error {
	return s.changeUser(ctx, whom, "user unbanned", func(tx *sql.Tx, u *user) error {
		_, err := tx.ExecContext(ctx, `update users set banned_at = null, ban_reason = '', updated_at = ? where id = ?`, millis(s.now()), u.id)
		return err
	})
}

// SetRole makes a person something else on this server. The last owner stays one.
func (s *Service) SetRole(ctx context.Context, whom Whom, role Role) error {
	switch role {
	case RoleOwner, RoleAdmin, RoleModerator, RoleMember:
	default:
		return fmt.Errorf("role %q is not owner, admin, moderator or member", role)
	}
	var id string
	err := s.changeUser(ctx, whom, "role changed", func(tx *sql.Tx, u *user) error {
		id = u.id
		if u.anonymous {
			return errGuest
		}
		if role != RoleOwner {
			if err := keepOwner(ctx, tx, u); err != nil {
				return err
			}
		}
		_, err := tx.ExecContext(ctx, `update users set role = ?, updated_at = ? where id = ?`, string(role), millis(s.now()), u.id)
		return err
	})
	if err == nil {
		s.announce(ctx, id)
	}
	return err
}

// keepOwner refuses to take from a server its last owner.
func keepOwner(ctx context.Context, tx *sql.Tx, u *user) error {
	if u.role != RoleOwner {
		return nil
	}
	var another bool
	const query = `select exists (select 1 from users where role = ? and id <> ? and banned_at is null)`
	err := tx.QueryRowContext(ctx, query, string(RoleOwner), u.id).Scan(&another)
	if err == nil && !another {
		err = ErrLastOwner
	}
	return err
}

// changeUser runs fn for a user and lets the sessions know.
func (s *Service) changeUser(ctx context.Context, whom Whom, what string, fn func(tx *sql.Tx, u *user) error) error {
	var u *user
	var hashes []tokenHash
	err := s.db.Write(ctx, func(tx *sql.Tx) (err error) {
		if u, err = whom.find(ctx, tx); err != nil {
			return err
		}
		if err := fn(tx, u); err != nil {
			return err
		}
		hashes, err = hashesOf(ctx, tx, u.id)
		return err
	})
	if err != nil {
		return fmt.Errorf("change user: %w", err)
	}
	s.cache.forget(hashes...)
	s.log.Info(what, "user", u.id)
	return nil
}

// hashesOf returns the names of all sessions and API tokens of a user, whose logins
// have to leave the cache when the user changes.
func hashesOf(ctx context.Context, tx *sql.Tx, userID string) ([]tokenHash, error) {
	const query = `select token_hash from sessions where user_id = ? union all select token_hash from api_tokens where user_id = ?`
	texts, err := selectTexts(ctx, tx, query, userID, userID)
	if err != nil {
		return nil, fmt.Errorf("select sessions of user: %w", err)
	}
	list := make([]tokenHash, 0, len(texts))
	for _, text := range texts {
		h, err := parseHash(text)
		if err != nil {
			return nil, err
		}
		list = append(list, h)
	}
	return list, nil
}

// Delete removes a person's account, as they could do themselves.
func (s *Service) Delete(ctx context.Context, email string) error {
	now := s.now()
	var over []ended
	var id string
	ctx = context.WithoutCancel(ctx)
	err := s.db.Write(ctx, func(tx *sql.Tx) error {
		u, err := userBy(ctx, tx, email)
		if err != nil {
			return err
		}
		if err := keepOwner(ctx, tx, u); err != nil {
			return err
		}
		id = u.id
		over, err = deleteUser(ctx, tx, id, now)
		return err
	})
	if err != nil {
		return fmt.Errorf("delete user: %w", err)
	}
	s.log.Info("user deleted", "user", id)
	s.tellAll("deleted", id, over)
	s.depart()
	return nil
}

// SignOut ends all sessions of a person. API tokens stay good.
func (s *Service) SignOut(ctx context.Context, whom Whom) error {
	var u *user
	err := s.db.Write(ctx, func(tx *sql.Tx) (err error) {
		u, err = whom.find(ctx, tx)
		return err
	})
	if err == nil {
		err = s.endAll(ctx, u.id)
	}
	if err != nil {
		return fmt.Errorf("sign user out: %w", err)
	}
	s.log.Info("user signed out", "user", u.id, "by", whom.By)
	return nil
}

// DropTwoFactor takes the second factor off somebody who lost it: authenticator and
// backup codes. Who asked for that has shown to the operator who they are.
func (s *Service) DropTwoFactor(ctx context.Context, email string) error {
	return s.changeUser(ctx, Whom{Email: email}, "second factor off", func(tx *sql.Tx, u *user) error {
		return dropFactor(ctx, tx, u.id, s.now())
	})
}

// InviteLink makes an invitation and returns the path of its page. Without Uses it
// is good once, without Life for a week.
func (s *Service) InviteLink(ctx context.Context, i Invite) (path string, err error) {
	if i.Uses == 0 {
		i.Uses = 1
	}
	if i.Life == 0 {
		i.Life = defaultInviteDays * 24 * time.Hour
	}
	if i.Uses < 1 || i.Uses > maxInviteUses {
		return "", fmt.Errorf("an invitation is good for 1 to %d accounts, not %d", maxInviteUses, i.Uses)
	}
	if most := maxInviteDays * 24 * time.Hour; i.Life < 0 || i.Life > most {
		return "", fmt.Errorf("an invitation is good for at most %d days", maxInviteDays)
	}
	if i.Email != "" {
		if i.Email, err = cleanEmail(i.Email); err != nil {
			return "", err
		}
	}
	_, token, err := s.makeInvite(ctx, nil, i)
	return invitePath + token, err
}
