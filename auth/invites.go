package auth

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
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
	Room      string  `json:"room"`                                  // slug of the room that it leads into; "": none
	RoomName  string  `json:"roomName"`                              // likewise
	Accounts  bool    `json:"accounts"`                              // whoever has no account may make one by it
	Dead      string  `json:"dead" openapi:"enum=|banned|role|room"` // why it lets nobody in now; "": it does
}

// Why an invitation that is there lets nobody in: what Dead says.
const (
	deadBanned = "banned" // who made it is
	deadRole   = "role"   // who made it may not invite any more
	deadRoom   = "room"   // who made it may let nobody into its room any more, or that is gone
)

// openedJSON is what somebody who was invited is told.
type openedJSON struct {
	Email     *string `json:"email"` // the only address that it is for; null where it is for whoever has it
	InvitedBy *string `json:"invitedBy"`
	RoomName  string  `json:"roomName"` // of the room that it leads into; "": none
	Accounts  bool    `json:"accounts"` // whoever has no account can make one here
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
// operator. Who may not invite to the server makes links into rooms, for people with an account.
func (s *Service) makeInvite(ctx context.Context, host *login, i Invite) (inviteJSON, string, error) {
	now := s.now()
	token := newID()
	row := inviteJSON{ID: newID(), CreatedAt: stamp(now), ExpiresAt: stamp(now.Add(i.Life)), UsesLeft: i.Uses, Accounts: true}
	if i.Email != "" {
		row.Email = &i.Email
	}
	by := Identity{}
	err := s.db.Write(ctx, func(tx *sql.Tx) error {
		if host != nil {
			u, err := stillIn(ctx, tx, host)
			if err != nil {
				return err
			}
			by, row.Accounts = u.identity(), u.mayInvite()
		}
		if !row.Accounts && (i.Room == "" || i.Email != "") {
			return errForbidden
		}
		if err := mayMakeMore(ctx, tx, by.UserID, row.Accounts); err != nil {
			return err
		}
		const insert = `insert into invites (id, token_hash, email, created_by, created_at, expires_at, uses_left, room)
			values (?, ?, ?, nullif(?, ''), ?, ?, ?, ?)`
		_, err := tx.ExecContext(ctx, insert, row.ID, hashToken(token).String(), row.Email, by.UserID, millis(now), millis(now.Add(i.Life)), i.Uses, i.Room)
		if err != nil {
			return err
		}
		return s.note(ctx, tx, InviteNote{Act: InviteMade, By: by, Room: i.Room, Accounts: row.Accounts, Uses: i.Uses, Life: i.Life})
	})
	if err != nil {
		return inviteJSON{}, "", fmt.Errorf("make invite: %w", err)
	}
	s.log.Info("invitation made", "by", by.UserID, "invite", row.ID)
	return row, token, nil
}

// mayMakeMore refuses one more open invitation where there are as many as there may be: to the
// server of all who may invite to it together, into rooms of each person.
func mayMakeMore(ctx context.Context, tx *sql.Tx, by string, accounts bool) error {
	const (
		ofHosts = `select count(*) from invites i left join users u on u.id = i.created_by
			where i.uses_left > 0 and (u.id is null or u.role in ` + hostRoles + `) and ?1 = ?1`
		ofOne = `select count(*) from invites where uses_left > 0 and created_by = ?1`
	)
	query, most, full := ofOne, maxRoomInvites, errTooManyLinks
	if accounts {
		query, most, full = ofHosts, maxInvites, errTooManyInvites
	}
	var open int
	if err := tx.QueryRowContext(ctx, query, by).Scan(&open); err != nil {
		return err
	}
	if open >= most {
		return full
	}
	return nil
}

// hostRoles are those of whom mayInvite is true, in SQL.
const hostRoles = `('owner', 'admin')`

// mayInvite reports whether somebody may invite people to the server.
func (u *user) mayInvite() bool { return u.role == RoleOwner || u.role == RoleAdmin }

// listInvites lists what one has made oneself; who may invite to the server has all that lead
// there, or did.
func (s *Service) listInvites(c *call) error {
	l, _, err := s.require(c)
	if err != nil {
		return err
	}
	list := []inviteJSON{}
	var found []*invitation
	const query = `select ` + invitationColumns + `, i.created_at, i.expires_at from invites i left join users u on u.id = i.created_by
		where i.uses_left > 0 and i.expires_at > ?1 and (u.id = ?2 or ?3 and (u.id is null or u.role in ` + hostRoles + ` or i.room = ''))
		order by i.created_at desc, i.id`
	ctx := c.r.Context()
	err = s.db.Read(ctx, func(tx *sql.Tx) (err error) {
		rows, err := tx.QueryContext(ctx, query, millis(s.now()), l.user.id, l.user.mayInvite())
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, rows.Close()) }()
		for rows.Next() {
			i := &invitation{}
			fields, made := i.fields()
			var created, expires int64
			if err := rows.Scan(append(fields, &created, &expires)...); err != nil {
				return err
			}
			made()
			found = append(found, i)
			list = append(list, inviteJSON{
				ID: i.id, Email: i.email, InvitedBy: i.invitedBy(), UsesLeft: i.left, Accounts: i.worth() == worthAccounts,
				CreatedAt: stamp(fromMillis(created)), ExpiresAt: stamp(fromMillis(expires)),
			})
		}
		return rows.Err()
	})
	if err != nil {
		return fmt.Errorf("list invites: %w", err)
	}
	for n, i := range found {
		room, name, err := s.roomOf(ctx, i.room, i.by())
		if err != nil {
			return fmt.Errorf("list invites: %w", err)
		}
		switch {
		case i.host != nil && i.host.banned:
			list[n].Dead = deadBanned
		case i.worth() == worthNothing:
			list[n].Dead = deadRole
		case i.worth() == worthRoom && room == "":
			list[n].Dead = deadRoom
		}
		if room == "" {
			continue
		}
		// Others' invitations may lead into rooms that one knows nothing of.
		_, ok, err := s.cfg.Rooms.Find(ctx, l.user.identity(), room)
		if err != nil {
			return fmt.Errorf("list invites: %w", err)
		}
		if ok {
			list[n].Room, list[n].RoomName = room, name
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
	l, _, err := s.require(c)
	if err != nil {
		return err
	}
	if wait := s.changes.allow(l.user.id, s.now()); wait > 0 {
		return errTooMany(wait)
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

// revokeInvite deletes an invitation: of one's own, or any if one may invite to the server.
func (s *Service) revokeInvite(c *call) error {
	l, _, err := s.require(c)
	if err != nil {
		return err
	}
	id, err := c.body.required("id")
	if err != nil {
		return err
	}
	ctx := c.r.Context()
	err = s.db.Write(ctx, func(tx *sql.Tx) error {
		u, err := stillIn(ctx, tx, l)
		if err != nil {
			return err
		}
		const query = `select ` + invitationColumns + ` from invites i left join users u on u.id = i.created_by where i.id = ? and (u.id = ? or ?)`
		i := &invitation{}
		fields, made := i.fields()
		err = tx.QueryRowContext(ctx, query, id, u.id, u.mayInvite()).Scan(fields...)
		if errors.Is(err, sql.ErrNoRows) {
			return nil // it is gone, or not theirs
		}
		if err != nil {
			return err
		}
		made()
		if _, err := tx.ExecContext(ctx, `delete from invites where id = ?`, i.id); err != nil {
			return err
		}
		n := InviteNote{Act: InviteRevoked, By: u.identity(), Room: i.room, Accounts: i.worth() == worthAccounts || i.room == ""}
		if i.by() != u.id {
			n.User = i.hostIdentity()
		}
		return s.note(ctx, tx, n)
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
	var i *invitation
	ctx := c.r.Context()
	err = s.db.Read(ctx, func(tx *sql.Tx) (err error) {
		i, err = selectInvitation(ctx, tx, token, s.now())
		return err
	})
	if err != nil {
		return err
	}
	if i == nil || i.left == 0 {
		return errNoInvite
	}
	found, err := s.opened(ctx, i)
	if err != nil {
		return err
	}
	switch {
	case i.worth() == worthAccounts:
		life := inviteCookieLife
		s.setCookie(c.w, inviteCookie, s.sign(token), &life)
	case i.worth() == worthNothing, found.RoomName == "":
		return errNoInvite
	}
	return c.reply(found)
}

// opened is what somebody who was invited is told.
func (s *Service) opened(ctx context.Context, i *invitation) (*openedJSON, error) {
	o := &openedJSON{Email: i.email, InvitedBy: i.invitedBy()}
	switch s.cfg.SignUp.Mode {
	case SignUpInvite:
		o.Accounts = i.worth() == worthAccounts
	case SignUpOpen, SignUpDomain:
		o.Accounts = true
	}
	var err error
	_, o.RoomName, err = s.roomOf(ctx, i.room, i.by())
	return o, err
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
	var i *invitation
	var came bool
	ctx := c.r.Context()
	err = s.db.Read(ctx, func(tx *sql.Tx) (err error) {
		i, came, err = seekInvite(ctx, tx, l, token, s.now())
		return err
	})
	if err != nil {
		return err
	}
	if i.room != "" && !came && s.cfg.Rooms != nil { // before a use of it is gone
		if slug, _, err := s.roomOf(ctx, i.room, i.by()); err != nil {
			return fmt.Errorf("find the room of an invite: %w", err)
		} else if slug == "" {
			return errInviteGone
		}
	}
	err = s.db.Write(ctx, func(tx *sql.Tx) (err error) {
		i, err = takeInvite(ctx, tx, l, token, s.now())
		return err
	})
	if err != nil {
		return err
	}
	if i.room == "" || s.cfg.Rooms == nil {
		return c.reply(acceptedJSON{})
	}
	slug, ok, err := s.cfg.Rooms.Enter(ctx, l.user.identity(), i.room, i.by())
	if err != nil {
		return fmt.Errorf("enter the room of an invite: %w", err)
	}
	if !ok {
		if !came {
			if err := s.giveBackInvite(ctx, i.id, l.user.id); err != nil {
				return err
			}
		}
		return errInviteShut
	}
	s.log.Info("invitation into a room accepted", "user", l.user.id)
	return c.reply(acceptedJSON{slug})
}

// takeInvite uses an invitation into a room up by one. One that leads nowhere is left as it is.
func takeInvite(ctx context.Context, tx *sql.Tx, l *login, token string, now time.Time) (*invitation, error) {
	i, came, err := seekInvite(ctx, tx, l, token, now)
	if err != nil || i.room == "" || came {
		return i, err
	}
	if _, err := tx.ExecContext(ctx, `update invites set uses_left = uses_left - 1 where id = ?`, i.id); err != nil {
		return i, fmt.Errorf("use invite: %w", err)
	}
	return i, noteInviteUse(ctx, tx, i.id, l.user.id)
}

// giveBackInvite undoes takeInvite for somebody whom the room doesn't take.
func (s *Service) giveBackInvite(ctx context.Context, invite, user string) error {
	err := s.db.Write(ctx, func(tx *sql.Tx) error {
		const use = `delete from invite_uses where invite_id = ? and user_id = ?`
		result, err := tx.ExecContext(ctx, use, invite, user)
		if err != nil {
			return err
		}
		if n, err := result.RowsAffected(); err != nil || n == 0 { // given back already
			return err
		}
		_, err = tx.ExecContext(ctx, `update invites set uses_left = uses_left + 1 where id = ?`, invite)
		return err
	})
	if err != nil {
		return fmt.Errorf("give back the use of an invite: %w", err)
	}
	return nil
}

// seekInvite returns an invitation that somebody with an account may use, or has: came.
func seekInvite(ctx context.Context, tx *sql.Tx, l *login, token string, now time.Time) (i *invitation, came bool, err error) {
	u, err := stillIn(ctx, tx, l)
	if err != nil {
		return nil, false, err
	}
	if i, err = selectInvitation(ctx, tx, token, now); err != nil {
		return nil, false, err
	}
	if i == nil || i.worth() == worthNothing {
		return nil, false, errNoInvite
	}
	const used = `select exists (select 1 from invite_uses where invite_id = ? and user_id = ?)`
	if err := tx.QueryRowContext(ctx, used, i.id, u.id).Scan(&came); err != nil {
		return nil, false, fmt.Errorf("look for use of invite: %w", err)
	}
	switch {
	case i.left == 0 && !came:
		return nil, false, errNoInvite
	case !i.suits(u.email):
		return nil, false, errInviteFor
	}
	return i, came, nil
}
