package auth

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"
)

// inviteJSON is an open invitation.
type inviteJSON struct {
	ID        string  `json:"id"`
	Email     *string `json:"email"` // the only address that may use it
	InvitedBy *string `json:"invitedBy"`
	CreatedAt stamp   `json:"createdAt"`
	ExpiresAt stamp   `json:"expiresAt"`
	UsesLeft  int     `json:"usesLeft"`
	Room      string  `json:"room"`     // slug of the room that it leads into; "": none
	RoomName  string  `json:"roomName"` // likewise
}

// openedJSON is what somebody who was invited is told.
type openedJSON struct {
	Email     *string `json:"email"` // the only address that it is for; null where it is for whoever has it
	InvitedBy *string `json:"invitedBy"`
	RoomName  string  `json:"roomName"` // of the room that it leads into; "": none

	room, by string // its key, and the id of who made the invitation; "": it isn't known
}

// acceptedJSON is the room that somebody entered.
type acceptedJSON struct {
	Room string `json:"room"` // slug; "": the invitation leads into none
}

// An Invite is an invitation to be made.
type Invite struct {
	Email string // the only address that may use it; "": whoever has the link
	Uses  int    // how many accounts may be made with it
	Life  time.Duration
	Room  string // key of the room that it leads into; "": none
}

// makeInvite stores an invitation and returns it with its token. host is nil for an
// operator.
func (s *Service) makeInvite(ctx context.Context, host *login, i Invite) (inviteJSON, string, error) {
	by := ""
	if host != nil {
		by = host.user.id
	}
	now := s.now()
	token := newID()
	row := inviteJSON{ID: newID(), CreatedAt: stamp(now), ExpiresAt: stamp(now.Add(i.Life)), UsesLeft: i.Uses}
	if i.Email != "" {
		row.Email = &i.Email
	}
	err := s.db.Write(ctx, func(tx *sql.Tx) error {
		if host != nil {
			u, err := stillIn(ctx, tx, host)
			if err == nil && !u.mayInvite() {
				err = errForbidden
			}
			if err != nil {
				return err
			}
		}
		var open int
		if err := tx.QueryRowContext(ctx, `select count(*) from invites where uses_left > 0`).Scan(&open); err != nil {
			return err
		}
		if open >= maxInvites {
			return errTooManyInvites
		}
		const insert = `insert into invites (id, token_hash, email, created_by, created_at, expires_at, uses_left, room)
			values (?, ?, ?, nullif(?, ''), ?, ?, ?, ?)`
		_, err := tx.ExecContext(ctx, insert, row.ID, hashToken(token).String(), row.Email, by, millis(now), millis(now.Add(i.Life)), i.Uses, i.Room)
		return err
	})
	if err != nil {
		return inviteJSON{}, "", fmt.Errorf("make invite: %w", err)
	}
	s.log.Info("invitation made", "by", by, "invite", row.ID)
	return row, token, nil
}

// findInvite returns an invitation that is still good, nil if there is none.
func findInvite(ctx context.Context, tx *sql.Tx, token string, now time.Time) (*openedJSON, error) {
	const query = `select i.email, u.name, i.room, coalesce(i.created_by, '') from invites i left join users u on u.id = i.created_by
		where i.token_hash = ? and i.uses_left > 0 and i.expires_at > ?`
	var found openedJSON
	err := tx.QueryRowContext(ctx, query, hashToken(token).String(), millis(now)).Scan(&found.Email, &found.InvitedBy, &found.room, &found.by)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("find invite: %w", err)
	}
	return &found, nil
}

// requireHost returns the login of somebody who may invite.
func (s *Service) requireHost(c *call) (*login, error) {
	l, _, err := s.require(c)
	if err == nil && !l.user.mayInvite() {
		err = errForbidden
	}
	return l, err
}

func (u *user) mayInvite() bool { return u.role == RoleOwner || u.role == RoleAdmin }

func (s *Service) listInvites(c *call) error {
	l, err := s.requireHost(c)
	if err != nil {
		return err
	}
	list := []inviteJSON{}
	const query = `select i.id, i.email, u.name, i.created_at, i.expires_at, i.uses_left, i.room
		from invites i left join users u on u.id = i.created_by where i.uses_left > 0 and i.expires_at > ? order by i.created_at desc, i.id`
	ctx := c.r.Context()
	err = s.db.Read(ctx, func(tx *sql.Tx) (err error) {
		rows, err := tx.QueryContext(ctx, query, millis(s.now()))
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, rows.Close()) }()
		for rows.Next() {
			var row inviteJSON
			var created, expires int64
			if err := rows.Scan(&row.ID, &row.Email, &row.InvitedBy, &created, &expires, &row.UsesLeft, &row.Room); err != nil {
				return err
			}
			row.CreatedAt, row.ExpiresAt = stamp(fromMillis(created)), stamp(fromMillis(expires))
			list = append(list, row)
		}
		return rows.Err()
	})
	if err != nil {
		return fmt.Errorf("list invites: %w", err)
	}
	for i := range list {
		if list[i].Room, list[i].RoomName, err = s.roomOf(ctx, list[i].Room, l.user.id); err != nil {
			return fmt.Errorf("list invites: %w", err)
		}
		if list[i].Room == "" {
			continue
		}
		// Others' invitations may lead into rooms that one knows nothing of.
		_, ok, err := s.cfg.Rooms.Find(ctx, l.user.identity(), list[i].Room)
		if err != nil {
			return fmt.Errorf("list invites: %w", err)
		}
		if !ok {
			list[i].Room, list[i].RoomName = "", ""
		}
	}
	return c.reply(list)
}

// roomOf returns the address and the name of the room that an invitation by somebody leads
// into, "" where there is none.
func (s *Service) roomOf(ctx context.Context, key, by string) (room, name string, err error) {
	if key == "" || s.cfg.Rooms == nil {
		return "", "", nil
	}
	room, name, ok, err := s.cfg.Rooms.Name(ctx, key, by)
	if err != nil || !ok {
		return "", "", err
	}
	return room, name, nil
}

// madeInvite is an invitation with its link, shown this once.
type madeInvite struct {
	inviteJSON
	URL    string `json:"url" openapi:"format=uri"`
	Mailed bool   `json:"mailed"` // it was sent to its address
}

// createInvite makes an invitation and shows its link, this once.
func (s *Service) createInvite(c *call) error {
	l, err := s.requireHost(c)
	if err != nil {
		return err
	}
	i := Invite{Uses: 1, Life: defaultInviteDays * 24 * time.Hour}
	email, given, err := c.body.optional("email")
	if err != nil {
		return err
	}
	if given && email != "" {
		if i.Email, err = cleanEmail(email); err != nil {
			return err
		}
	}
	uses, given, err := c.body.number("uses", 1, maxInviteUses)
	if err != nil {
		return err
	}
	if given {
		i.Uses = uses
	}
	days, given, err := c.body.number("expiresInDays", 1, maxInviteDays)
	if err != nil {
		return err
	}
	if given {
		i.Life = time.Duration(days) * 24 * time.Hour
	}
	room, given, err := c.body.optional("room")
	if err != nil {
		return err
	}
	if given && room != "" {
		ok := false
		if s.cfg.Rooms != nil {
			if i.Room, ok, err = s.cfg.Rooms.Find(c.r.Context(), l.user.identity(), room); err != nil {
				return fmt.Errorf("find the room of an invite: %w", err)
			}
		}
		if !ok {
			return errInviteRoom
		}
	}
	row, token, err := s.makeInvite(c.r.Context(), l, i)
	if err != nil {
		return err
	}
	if row.Room, row.RoomName, err = s.roomOf(c.r.Context(), i.Room, l.user.id); err != nil {
		return err
	}
	row.InvitedBy = &l.user.name
	head, path := s.letterhead(c.r), invitePath+url.PathEscape(token)
	mailed := i.Email != "" && s.cfg.Mail != nil
	if mailed {
		// In the inviter's language: who is invited has said nothing yet.
		s.mail(s.write(c.r.Context(), letterInvite, head, path, "", i.Email, l.user.name), "")
	}
	return c.reply(madeInvite{row, head.base + path, mailed})
}

// invitePath is the page that opens an invitation; its token follows.
const invitePath = "/invite/"

func (s *Service) revokeInvite(c *call) error {
	l, err := s.requireHost(c)
	if err != nil {
		return err
	}
	id, err := c.body.required("id")
	if err != nil {
		return err
	}
	ctx := c.r.Context()
	err = s.db.Write(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `delete from invites where id = ?`, id)
		return err
	})
	if err != nil {
		return fmt.Errorf("revoke invite: %w", err)
	}
	s.log.Info("invitation revoked", "by", l.user.id, "invite", id)
	return c.reply(statusJSON{true})
}

// openInvite lets the browser hold an invitation, whichever way its owner then
// signs up.
func (s *Service) openInvite(c *call) error {
	token, err := c.body.required("token")
	if err != nil {
		return err
	}
	var found *openedJSON
	ctx := c.r.Context()
	err = s.db.Read(ctx, func(tx *sql.Tx) (err error) {
		found, err = findInvite(ctx, tx, token, s.now())
		return err
	})
	if err != nil {
		return err
	}
	if found == nil {
		return errNoInvite
	}
	if _, found.RoomName, err = s.roomOf(ctx, found.room, found.by); err != nil {
		return err
	}
	life := inviteCookieLife
	s.setCookie(c.w, inviteCookie, s.sign(token), &life)
	return c.reply(found)
}

// acceptInvite lets somebody who has an account into the room that an invitation leads
// into. Whoever came by it already takes no other use.
func (s *Service) acceptInvite(c *call) error {
	l, _, err := s.require(c)
	if err != nil {
		return err
	}
	token, err := c.body.required("token")
	if err != nil {
		return err
	}
	var h held
	ctx := c.r.Context()
	err = s.db.Read(ctx, func(tx *sql.Tx) (err error) {
		h, err = seekInvite(ctx, tx, l, token, s.now())
		return err
	})
	if err != nil {
		return err
	}
	if h.room != "" && !h.came && s.cfg.Rooms != nil { // before a use of it is gone
		if slug, _, err := s.roomOf(ctx, h.room, h.by); err != nil {
			return fmt.Errorf("find the room of an invite: %w", err)
		} else if slug == "" {
			return errInviteGone
		}
	}
	err = s.db.Write(ctx, func(tx *sql.Tx) (err error) {
		h, err = takeInvite(ctx, tx, l, token, s.now())
		return err
	})
	if err != nil {
		return err
	}
	if h.room == "" || s.cfg.Rooms == nil {
		return c.reply(acceptedJSON{})
	}
	slug, ok, err := s.cfg.Rooms.Enter(ctx, l.user.identity(), h.room, h.by)
	if err != nil {
		return fmt.Errorf("enter the room of an invite: %w", err)
	}
	if !ok {
		return errInviteGone
	}
	s.log.Info("invitation into a room accepted", "user", l.user.id)
	return c.reply(acceptedJSON{slug})
}

// held is an invitation that somebody with an account holds.
type held struct {
	id       string
	room, by string // as in openedJSON; room "": it leads into none
	came     bool   // they took a use of it
}

// takeInvite uses an invitation into a room up by one. One that leads nowhere is left as it is.
func takeInvite(ctx context.Context, tx *sql.Tx, l *login, token string, now time.Time) (held, error) {
	h, err := seekInvite(ctx, tx, l, token, now)
	if err != nil || h.room == "" || h.came {
		return h, err
	}
	if _, err := tx.ExecContext(ctx, `update invites set uses_left = uses_left - 1 where id = ?`, h.id); err != nil {
		return h, fmt.Errorf("use invite: %w", err)
	}
	return h, noteInviteUse(ctx, tx, h.id, l.user.id)
}

// seekInvite returns an invitation that somebody may use, or has.
func seekInvite(ctx context.Context, tx *sql.Tx, l *login, token string, now time.Time) (h held, err error) {
	u, err := stillIn(ctx, tx, l)
	if err != nil {
		return h, err
	}
	var email *string
	var left int
	const query = `select id, email, room, coalesce(created_by, ''), uses_left,
			exists (select 1 from invite_uses where invite_id = invites.id and user_id = ?)
		from invites where token_hash = ? and expires_at > ?`
	err = tx.QueryRowContext(ctx, query, u.id, hashToken(token).String(), millis(now)).Scan(&h.id, &email, &h.room, &h.by, &left, &h.came)
	switch {
	case errors.Is(err, sql.ErrNoRows), err == nil && left == 0 && !h.came:
		return h, errNoInvite
	case err != nil:
		return h, fmt.Errorf("find invite: %w", err)
	case email != nil && !strings.EqualFold(*email, u.email):
		return h, errInviteFor
	}
	return h, nil
}
