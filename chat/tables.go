package chat

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"
)

// What the tables say of rooms and members is what counts: it is written first. The
// room's object is told next, and then the rows say so (told). Where a crash comes in
// between, Settle tells it what it doesn't know yet.

// roomRow is a room in the table.
type roomRow struct {
	id        RoomID
	slug      string
	name      string
	kind      RoomKind
	topic     string
	createdBy UserID
	createdAt int64
	archived  int64 // when; 0: it isn't
	slowMode  int   // seconds
}

const roomColumns = `r.id, r.slug, r.name, r.kind, r.topic, r.created_by, r.created_at, coalesce(r.archived_at, 0), r.slow_mode`

func (r *roomRow) fields() []any {
	return []any{&r.id, &r.slug, &r.name, &r.kind, &r.topic, &r.createdBy, &r.createdAt, &r.archived, &r.slowMode}
}

// record is what the room is to know of itself.
func (r *roomRow) record() roomRecord {
	return roomRecord{Kind: r.kind, Name: r.name, Topic: r.topic, Archived: r.archived != 0, SlowMode: r.slowMode}
}

// memberRow is somebody in the table of members.
type memberRow struct {
	role       Role // "": they aren't one
	mutedUntil int64
	left       bool // of their own will
	removed    bool // by somebody else
}

// roomTx is a transaction that changes a room and its members.
type roomTx struct {
	ctx   context.Context
	tx    *sql.Tx
	now   time.Time
	by    Actor
	rules rules
	room  roomRow
	order order // that the room is to be given

	touched bool     // the room itself is another
	lists   []UserID // whose lists of rooms are others now
	all     bool     // everybody's who is in it
}

// read fills in the room of an id, and what its object isn't told yet.
func (t *roomTx) read(id RoomID) error {
	query := `select ` + roomColumns + ` from rooms r where r.id = ? and r.deleted_at is null`
	err := t.tx.QueryRowContext(t.ctx, query, string(id)).Scan(t.room.fields()...)
	if errors.Is(err, sql.ErrNoRows) {
		return errNoRoom
	}
	if err != nil {
		return fmt.Errorf("read room: %w", err)
	}
	t.order = order{Slug: t.room.slug, Was: t.room.record()}
	if t.by.ID != "" {
		t.order.By = t.by.User
	}
	return nil
}

// untold adds the members whom the room doesn't know as they are, those left out that
// the order has; whole: all who are more to the room than somebody who left it once.
func (t *roomTx) untold(whole bool) error {
	query := `select m.user_id, coalesce(u.name, ''), coalesce(u.image, ''), m.role, m.muted_until
		from members m left join users u on u.id = m.user_id where m.room_id = ?
		and (m.told = 0 or ? and (m.role <> '' or m.muted_until > 0))`
	rows, err := t.tx.QueryContext(t.ctx, query, string(t.room.id), whole)
	if err != nil {
		return err
	}
	has := make(map[UserID]bool)
	for _, m := range t.order.Members {
		has[m.User.ID] = true
	}
	for rows.Next() {
		var m memberOrder
		if err := rows.Scan(&m.User.ID, &m.User.Name, &m.User.Image, &m.Role, &m.MutedUntil); err != nil {
			return errors.Join(err, rows.Close())
		}
		if m.User, m.Was = m.User.fit(), m.Role; !has[m.User.ID] {
			t.order.Members = append(t.order.Members, m)
		}
	}
	return errors.Join(rows.Err(), rows.Close())
}

// member reads what somebody is in the room.
func (t *roomTx) member(user UserID) (m memberRow, err error) {
	const query = `select role, muted_until, left_at is not null, removed_at is not null from members where room_id = ? and user_id = ?`
	err = t.tx.QueryRowContext(t.ctx, query, string(t.room.id), string(user)).Scan(&m.role, &m.mutedUntil, &m.left, &m.removed)
	if errors.Is(err, sql.ErrNoRows) {
		err = nil
	}
	if m.role == "" && t.room.slug == Level0Room {
		m.role = RoleMember // as everybody
	}
	return m, err
}

// role is what who acts is in the room. It is the one that counts: memory may be behind.
func (t *roomTx) role() (Role, error) {
	m, err := t.member(t.by.ID)
	return RoleIn(t.by.Role, m.role, t.room.kind), err
}

// require refuses who may not do something in the room.
func (t *roomTx) require(act Action) (Role, error) {
	role, err := t.role()
	if err != nil {
		return role, err
	}
	return role, t.rules.refuse(act, role, t.room.kind)
}

// person reads somebody with an account: who they are, and what on the server.
func (t *roomTx) person(id UserID) (u User, role Role, err error) {
	const query = `select name, coalesce(image, ''), role from users where id = ? and banned_at is null`
	err = t.tx.QueryRowContext(t.ctx, query, string(id)).Scan(&u.Name, &u.Image, &role)
	if errors.Is(err, sql.ErrNoRows) {
		return u, "", errNoPerson
	}
	u.ID = id
	return u.fit(), role, err
}

var errNoPerson = &Error{Code: CodeNotFound, Message: "There is no such person."}

// others counts the members beside one, and the owners among them who aren't banned.
func (t *roomTx) others(user UserID) (members, owners int, err error) {
	const query = `select count(*), coalesce(sum(m.role = 'owner' and u.banned_at is null), 0)
		from members m left join users u on u.id = m.user_id where m.room_id = ? and m.user_id <> ? and m.role <> ''`
	err = t.tx.QueryRowContext(t.ctx, query, string(t.room.id), string(user)).Scan(&members, &owners)
	return members, owners, err
}

// setMember makes somebody what they are to be in the room; "": no member.
func (t *roomTx) setMember(u User, role Role, quiet bool) error {
	was, err := t.member(u.ID)
	if err != nil || was.role == role {
		return err
	}
	var left, removed any
	switch {
	case role != "" || t.by.ID == "": // or the account is gone
	case u.ID == t.by.ID:
		left = t.now.UnixMilli()
	default:
		removed = t.now.UnixMilli()
	}
	const query = `insert into members (room_id, user_id, role, joined_at, left_at, removed_at, told) values (?, ?, ?, ?, ?, ?, 0)
		on conflict (room_id, user_id) do update set role = excluded.role, told = 0, hidden_at = null, left_at = excluded.left_at,
			removed_at = excluded.removed_at, joined_at = case when role = '' then excluded.joined_at else joined_at end`
	if _, err := t.tx.ExecContext(t.ctx, query, string(t.room.id), string(u.ID), string(role), t.now.UnixMilli(), left, removed); err != nil {
		return err
	}
	t.order.Members = append(t.order.Members, memberOrder{User: u, Role: role, MutedUntil: was.mutedUntil, Was: was.role, Quiet: quiet})
	t.lists = append(t.lists, u.ID)
	return nil
}

// setMute says until when somebody may not post; 0: they may.
func (t *roomTx) setMute(u User, until int64) error {
	was, err := t.member(u.ID)
	if err != nil {
		return err
	}
	const query = `insert into members (room_id, user_id, role, joined_at, muted_until, told) values (?, ?, ?, ?, ?, 0)
		on conflict (room_id, user_id) do update set muted_until = excluded.muted_until, told = 0`
	if _, err := t.tx.ExecContext(t.ctx, query, string(t.room.id), string(u.ID), string(was.role), t.now.UnixMilli(), until); err != nil {
		return err
	}
	t.order.Members = append(t.order.Members, memberOrder{User: u, Role: was.role, MutedUntil: until, Was: was.role, Quiet: true})
	t.lists = append(t.lists, u.ID) // what they may do there is no event
	return nil
}

// set changes a column of the room.
func (t *roomTx) set(column string, value any) error {
	t.touched, t.all = true, true
	_, err := t.tx.ExecContext(t.ctx, `update rooms set told = 0, `+column+` = ? where id = ?`, value, string(t.room.id))
	return err
}

// amend changes a room: in the tables, then in its object. fn decides, in the transaction.
func (s *Service) amend(ctx context.Context, a Actor, room RoomID, fn func(t *roomTx) error) (roomRow, error) {
	if a.ID != "" {
		if err := s.pace.take(a.ID, s.cfg.Now()); err != nil {
			return roomRow{}, err
		}
		if err := s.cfg.Storable(); err != nil { // or the tables would say what the room doesn't know
			return roomRow{}, full(err)
		}
	}
	release, err := s.turns.take(ctx, room)
	if err != nil {
		return roomRow{}, err
	}
	defer release()
	// What the tables say is to be told, whether or not somebody still waits for it.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), frameWait)
	defer cancel()
	var t *roomTx
	err = s.cfg.DB.Write(ctx, func(tx *sql.Tx) error {
		t = &roomTx{ctx: ctx, tx: tx, now: s.cfg.Now(), by: a, rules: s.rules}
		if err := t.read(room); err != nil {
			return err
		}
		kind := t.room.kind
		if err := fn(t); err != nil {
			return err
		}
		t.order.Whole = kind != t.room.kind
		if err := t.untold(t.order.Whole); err != nil {
			return err
		}
		t.order.Room = t.room.record()
		return nil
	})
	if err != nil {
		return roomRow{}, err
	}
	s.rooms.forgetRoom(room)
	if t.order.Whole {
		s.enrolments.forget(room, "")
	}
	if len(t.order.Members) == 0 && !t.touched {
		return t.room, nil
	}
	err = s.give(ctx, room, t.order)
	s.beginReading(ctx, t)
	s.retell(ctx, t)
	return t.room, err
}

// beginReading marks what was said before as read for those who come into a room. Where it
// fails they find all of it unread.
func (s *Service) beginReading(ctx context.Context, t *roomTx) {
	at, err := s.glance(ctx, t.room.id)
	for _, m := range t.order.Members {
		if m.Role != "" && err == nil {
			_, err = s.calls.read.Call(ctx, s.inbox(m.User.ID), mark{Room: t.room.id, Seq: at.head, First: true})
		}
	}
	if err != nil {
		s.cfg.Logger.Warn("who came into a room finds all of it unread", "room", string(t.room.id), "cause", err.Error())
	}
}

// give tells a room an order, and the tables that it knows.
func (s *Service) give(ctx context.Context, room RoomID, o order) error {
	if _, err := s.calls.obey.Call(ctx, s.ns.ByName(string(room)), o); err != nil {
		return err
	}
	return s.cfg.DB.Write(ctx, func(tx *sql.Tx) error {
		if _, err := tx.ExecContext(ctx, `update rooms set told = 1 where id = ? and told = 0`, string(room)); err != nil {
			return err
		}
		if len(o.Members) == 0 {
			return nil
		}
		// Whoever is muted stays so if they come back, who left isn't brought back by others,
		// and who was removed not by an invitation.
		const gone = `delete from members where room_id = ? and told = 0 and role = '' and muted_until <= ? and left_at is null and removed_at is null`
		if _, err := tx.ExecContext(ctx, gone, string(room), s.cfg.Now().UnixMilli()); err != nil {
			return err
		}
		_, err := tx.ExecContext(ctx, `update members set told = 1 where room_id = ? and told = 0`, string(room))
		return err
	})
}

// retell lets the sockets of those know whose lists of rooms are others now.
func (s *Service) retell(ctx context.Context, t *roomTx) {
	for _, m := range t.order.Members {
		if m.Role == "" {
			s.live.unlearn(m.User.ID, t.room.id)
			s.live.changed(matterAttention, m.User.ID) // what they were told of it is none of theirs any more
			s.enrolments.forget(t.room.id, m.User.ID)
		} else {
			s.live.learn(m.User.ID, t.room.id)
		}
	}
	s.live.changed(matterRooms, t.lists...)
	if t.all {
		s.live.changedIn(matterRooms, t.room.id)
	}
}

// Settle tells rooms what a crash left them ignorant of, ends the deletions that one
// broke off, and sees to the rooms of those who were banned meanwhile. Call it once all that follows the rooms is there, before people come.
func (s *Service) Settle(ctx context.Context) error {
	var untold, dying []RoomID
	err := s.cfg.DB.Read(ctx, func(tx *sql.Tx) (err error) {
		const query = `select id from rooms where told = 0 and deleted_at is null
			union select room_id from members where told = 0 and room_id in (select id from rooms where deleted_at is null)`
		if untold, err = roomIDs(ctx, tx, query); err != nil {
			return err
		}
		dying, err = roomIDs(ctx, tx, `select id from rooms where deleted_at is not null`)
		return err
	})
	if err != nil {
		return fmt.Errorf("look for rooms that are to be told: %w", err)
	}
	for _, room := range untold {
		if err := s.settle(ctx, room); err != nil {
			return fmt.Errorf("tell room %s what it is: %w", room, err)
		}
	}
	s.chores.purge()
	s.chores.disown()
	for _, room := range dying {
		if err := s.bury(ctx, room); err != nil {
			return fmt.Errorf("delete room %s: %w", room, err)
		}
	}
	return nil
}

func (s *Service) settle(ctx context.Context, room RoomID) error {
	release, err := s.turns.take(ctx, room)
	if err != nil {
		return err
	}
	defer release()
	var o order
	err = s.cfg.DB.Write(ctx, func(tx *sql.Tx) error {
		t := &roomTx{ctx: ctx, tx: tx, now: s.cfg.Now()}
		if err := t.read(room); err != nil {
			return err
		}
		if err := t.untold(t.room.kind != KindPublic); err != nil {
			return err
		}
		t.order.Room, t.order.Whole = t.room.record(), t.room.kind != KindPublic
		o = t.order
		return nil
	})
	if err != nil {
		return err
	}
	s.rooms.forgetRoom(room)
	return s.give(ctx, room, o)
}

func roomIDs(ctx context.Context, tx *sql.Tx, query string, args ...any) (ids []RoomID, err error) {
	rows, err := tx.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var id RoomID
		if err := rows.Scan(&id); err != nil {
			return nil, err
		}
		ids = append(ids, id)
	}
	return ids, rows.Err()
}
