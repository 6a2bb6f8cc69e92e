package chat

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"time"
)

// JoinRoom makes a person a member of a public room.
func (s *Service) JoinRoom(ctx context.Context, a Actor, slug string) (RoomInfo, error) {
	return s.manage(ctx, a, slug, func(t *roomTx) error {
		if _, err := t.require(ActSee); err != nil {
			return err
		}
		m, err := t.member(a.ID)
		if err != nil || m.role != "" {
			return err
		}
		// Those who come to a small room are told of; a crowd would be told of nothing else.
		members, _, err := t.others("")
		if err != nil {
			return err
		}
		return t.setMember(t.by.User, RoleMember, members >= quietJoins)
	})
}

// LeaveRoom takes a person out of a room.
func (s *Service) LeaveRoom(ctx context.Context, a Actor, slug string) error {
	return s.RemoveMember(ctx, a, slug, a.ID)
}

// RemoveMember takes somebody out of a room: oneself, or another whom one may remove.
func (s *Service) RemoveMember(ctx context.Context, a Actor, slug string, user UserID) error {
	if a.NoRooms {
		return errNoRooms
	}
	a.User = a.User.fit()
	a = s.profiles.actor(a)
	st, err := s.admit(ctx, a, slug, ActSee)
	if err != nil {
		return err
	}
	_, err = s.amend(ctx, a, st.id, func(t *roomTx) error { return t.remove(user) })
	return public(err)
}

func (t *roomTx) remove(user UserID) error {
	role, err := t.require(ActSee)
	if err != nil {
		return err
	}
	if user != t.by.ID {
		if err := t.rules.refuse(ActRemove, role, t.room.kind); err != nil {
			return err
		}
	}
	switch {
	case t.room.slug == Level0Room:
		return forbidden("Everybody on this server is in this room.")
	case t.room.kind == KindDirect:
		return forbidden("Nobody can leave a direct conversation. Close it instead: it comes back with the next message.")
	}
	m, err := t.member(user)
	if err != nil {
		return err
	}
	if m.role == "" {
		return nil
	}
	u, theirs, err := t.someone(user)
	if err != nil {
		return err
	}
	if user != t.by.ID && !t.outranks(role, theirs, m) {
		return forbidden("You can't remove somebody whose role is as high as yours.")
	}
	if err := t.keepOwner(user, m.role); err != nil {
		return err
	}
	if err := t.setMember(u, "", false); err != nil {
		return err
	}
	return t.log(AuditMemberRemoved, u, "")
}

// outranks reports whether who acts, and is that in the room, may do something to somebody
// who is theirs on the server and m as a member.
func (t *roomTx) outranks(role, theirs Role, m memberRow) bool {
	return ranks{t.by.Role, role}.outranks(ranks{theirs, RoleIn(theirs, m.role, t.room.kind)})
}

// someone is person for those too who are banned, or have no account any more: they are nobody
// in particular on the server.
func (t *roomTx) someone(id UserID) (u User, role Role, err error) {
	const query = `select name, coalesce(image, ''), case when banned_at is null then role else '' end from users where id = ?`
	err = t.tx.QueryRowContext(t.ctx, query, string(id)).Scan(&u.Name, &u.Image, &role)
	if errors.Is(err, sql.ErrNoRows) {
		err = nil
	}
	u.ID = id
	return u.fit(), cmp.Or(role, RoleMember), err
}

// SetMember adds somebody to a room or, if a role is named, gives them that.
func (s *Service) SetMember(ctx context.Context, a Actor, slug string, user UserID, role Role) (Member, error) {
	switch role {
	case "", RoleOwner, RoleModerator, RoleMember:
	default:
		return Member{}, bad("role must be owner, moderator or member.")
	}
	if a.NoRooms {
		return Member{}, errNoRooms
	}
	a.User = a.User.fit()
	a = s.profiles.actor(a)
	st, err := s.admit(ctx, a, slug, ActSee)
	if err != nil {
		return Member{}, err
	}
	if _, err := s.amend(ctx, a, st.id, func(t *roomTx) error { return t.put(user, role) }); err != nil {
		return Member{}, public(err)
	}
	m, err := s.rooms.member(ctx, st.id, user)
	return m, public(err)
}

func (t *roomTx) put(user UserID, role Role) error {
	mine, err := t.require(ActSee)
	if err != nil {
		return err
	}
	was, err := t.member(user)
	if err != nil {
		return err
	}
	if was.role == "" {
		if user != t.by.ID || t.room.kind != KindPublic {
			if err := t.rules.refuseAdd(t.by.Role, mine, t.room.kind, was.left && user != t.by.ID); err != nil {
				return err
			}
		}
	}
	u, theirs, err := t.person(user)
	if err != nil {
		return err
	}
	next := cmp.Or(role, was.role, RoleMember)
	if next != cmp.Or(was.role, RoleMember) {
		if err := t.rules.refuse(ActSetRoles, mine, t.room.kind); err != nil {
			return err
		}
		switch {
		case theirs == RoleGuest || theirs == RoleBot:
			return forbidden("Guests and bots have no other role in a room.")
		case next == RoleOwner && mine != RoleOwner:
			return forbidden("Only an owner can make somebody an owner.")
		case user != t.by.ID && !t.outranks(mine, theirs, was):
			return forbidden("You can't change the role of somebody whose role is as high as yours.")
		}
		if err := t.keepOwner(user, was.role); err != nil {
			return err
		}
	}
	if was.role == "" && t.room.kind == KindGroup {
		if members, _, err := t.others(""); err != nil {
			return err
		} else if members >= maxGroup {
			return forbidden("A group has at most " + decimal(maxGroup) + " people. Make a private room for more.")
		}
	}
	if next == was.role {
		return nil
	}
	if err := t.setMember(u, next, false); err != nil {
		return err
	}
	if was.role == "" {
		return t.log(AuditMemberAdded, u, string(next))
	}
	return t.log(AuditRoleSet, u, string(next))
}

// MuteMember keeps somebody from posting in a room for a time; 0: they may again.
func (s *Service) MuteMember(ctx context.Context, a Actor, slug string, user UserID, d time.Duration) (Mute, error) {
	if d < 0 || d > maxMute {
		return Mute{}, bad("seconds must be 1 to " + decimal(int(maxMute/time.Second)) + ".")
	}
	if a.NoRooms {
		return Mute{}, errNoRooms
	}
	a.User = a.User.fit()
	a = s.profiles.actor(a)
	st, err := s.admit(ctx, a, slug, ActSee)
	if err != nil {
		return Mute{}, err
	}
	var until int64
	_, err = s.amend(ctx, a, st.id, func(t *roomTx) error {
		role, err := t.require(ActMute)
		if err != nil {
			return err
		}
		u, theirs, err := t.person(user)
		if err != nil {
			return err
		}
		m, err := t.member(user)
		if err != nil {
			return err
		}
		in := RoleIn(theirs, m.role, t.room.kind)
		switch {
		case in == "":
			return errNoPerson
		case user == t.by.ID || !t.outranks(role, theirs, m):
			return forbidden("You can't mute somebody whose role is as high as yours.")
		}
		if until = 0; d > 0 {
			until = t.now.Add(d).UnixMilli()
		}
		if err := t.setMute(u, until); err != nil {
			return err
		}
		if until == 0 {
			return t.log(AuditUnmuted, u, "")
		}
		return t.log(AuditMuted, u, decimal(int(d/time.Second)))
	})
	return Mute{until}, public(err)
}

// MemberQuery selects a piece of the members of a room.
type MemberQuery struct {
	Text  string // that their names hold; "": all
	After string // of the piece before
	Limit int    // 1 to 100; 0: 50
}

// Members returns a piece of the members of a room.
func (s *Service) Members(ctx context.Context, a Actor, slug string, q MemberQuery) (page MemberPage, err error) {
	page.Members = []Member{}
	limit, err := listLimit(q.Limit)
	if err != nil {
		return page, err
	}
	name, id, err := splitCursor(q.After)
	if err != nil {
		return page, err
	}
	st, err := s.admit(ctx, a, slug, ActSee)
	if err != nil {
		return page, err
	}
	from := `from members m join users u on u.id = m.user_id where m.room_id = ?1 and m.role <> ''`
	if slug == Level0Room {
		from = `from users u left join members m on m.room_id = ?1 and m.user_id = u.id where u.banned_at is null`
	}
	err = s.cfg.DB.Read(ctx, func(tx *sql.Tx) (err error) {
		if err := tx.QueryRowContext(ctx, `select count(*) `+from, string(st.id)).Scan(&page.Count); err != nil {
			return err
		}
		query := `select u.id, u.name, coalesce(u.image, ''), u.role, coalesce(m.role, ''), coalesce(m.joined_at, 0), coalesce(m.muted_until, 0), lower(u.name) ` +
			from + ` and (?2 = '' or instr(lower(u.name), lower(?2)) > 0) and (?4 = '' or (lower(u.name), u.id) > (?3, ?4))
			order by lower(u.name), u.id limit ?5`
		rows, err := tx.QueryContext(ctx, query, string(st.id), q.Text, name, id, limit+1)
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, rows.Close()) }()
		var last string
		for rows.Next() {
			m, folded, err := scanMember(rows, st.kind, s.cfg.Now())
			if err != nil {
				return err
			}
			if len(page.Members) == limit {
				page.Next = last
				break
			}
			page.Members, last = append(page.Members, m), cursorOf(folded, string(m.ID))
		}
		return rows.Err()
	})
	return page, public(err)
}

func scanMember(rows interface{ Scan(...any) error }, kind RoomKind, now time.Time) (m Member, folded string, err error) {
	var server Role
	err = rows.Scan(&m.ID, &m.Name, &m.Image, &server, &m.Role, &m.JoinedAt, &m.MutedUntil, &folded)
	m.Role = RoleIn(server, cmp.Or(m.Role, RoleMember), kind)
	if m.MutedUntil <= now.UnixMilli() {
		m.MutedUntil = 0
	}
	return m, folded, err
}

// member returns one member as the list has them.
func (rs *Rooms) member(ctx context.Context, room RoomID, user UserID) (m Member, err error) {
	err = rs.db.Read(ctx, func(tx *sql.Tx) error {
		var kind RoomKind
		var slug string
		if err := tx.QueryRowContext(ctx, `select kind, slug from rooms where id = ?`, string(room)).Scan(&kind, &slug); err != nil {
			return err
		}
		const query = `select u.id, u.name, coalesce(u.image, ''), u.role, coalesce(m.role, ''), coalesce(m.joined_at, 0), coalesce(m.muted_until, 0), ''
			from users u left join members m on m.room_id = ?1 and m.user_id = u.id where u.id = ?2 and (m.role <> '' or ?3)`
		m, _, err = scanMember(tx.QueryRowContext(ctx, query, string(room), string(user), slug == Level0Room), kind, rs.now())
		return err
	})
	if errors.Is(err, sql.ErrNoRows) {
		return m, errNoPerson // gone in between
	}
	if err != nil {
		return m, fmt.Errorf("read member: %w", err)
	}
	return m, nil
}

func listLimit(limit int) (int, error) {
	if limit < 0 || limit > maxListLimit {
		return 0, bad("limit must be 1 to " + decimal(maxListLimit) + ".")
	}
	return cmp.Or(limit, DefaultPageLimit), nil
}

// cursorOf says where a list goes on: behind what has this name and id.
func cursorOf(name, id string) string {
	return base64.RawURLEncoding.EncodeToString([]byte(name + "\x00" + id))
}

func splitCursor(cursor string) (name, id string, err error) {
	if cursor == "" {
		return "", "", nil
	}
	text, err := base64.RawURLEncoding.DecodeString(cursor)
	name, id, ok := strings.Cut(string(text), "\x00")
	if err != nil || !ok || id == "" {
		return "", "", bad("after isn't one of this server's: it is what next was.")
	}
	return name, id, nil
}
