package chat

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"sync"
)

// Who may see a room, and what they are in it: asked here ahead of everything that a
// person reads or does, and once more by the room's turn (authority.go), as somebody may
// be removed between the two. A room that one may not see is one that isn't there.

// errNoRoom is the one answer of a room that isn't there, or not for who asks.
var errNoRoom = &Error{Code: CodeNotFound, Message: "There is no such room."}

// knownRoom is a room that was asked for lately.
type knownRoom struct {
	id   RoomID
	slug string // the one that is the key: who keeps it keeps nothing else
	kind RoomKind
	// plain says that it is public and nobody in it has another role than member: who is
	// one makes no difference then.
	plain bool
}

// standing is what a person is in a room.
type standing struct {
	knownRoom
	member Role // as a member; "": none, or a plain member of a plain room
	role   Role // all in all: see RoleIn
}

// memory is what of the rooms and their members was asked for lately.
type memory struct {
	mu      sync.Mutex
	bySlug  map[string]knownRoom
	byID    map[RoomID]knownRoom
	members map[RoomID]map[UserID]Role // "": none
	count   int                        // of those
	drops   uint64                     // how often something was forgotten
}

func newMemory() memory {
	return memory{bySlug: make(map[string]knownRoom), byID: make(map[RoomID]knownRoom), members: make(map[RoomID]map[UserID]Role)}
}

// forgetAll drops what was asked for lately.
func (m *memory) forgetAll() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.drops++
	clear(m.bySlug)
	clear(m.byID)
	m.forgetMembersLocked()
}

func (m *memory) forgetMembersLocked() {
	clear(m.members)
	m.count = 0
}

// forgetRoom drops what is known of a room and who is in it: something of that has
// changed, and what somebody is reading at this moment may be from before.
func (m *memory) forgetRoom(id RoomID) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.drops++
	delete(m.bySlug, m.byID[id].slug)
	delete(m.byID, id)
	m.count -= len(m.members[id])
	delete(m.members, id)
}

// forgetMember drops what is known of somebody in a room.
func (m *memory) forgetMember(room RoomID, user UserID) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.drops++
	if _, known := m.members[room][user]; known {
		delete(m.members[room], user)
		m.count--
	}
}

// recall returns what is known of a slug.
func (m *memory) recall(slug string) (room knownRoom, known bool, drops uint64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	room, known = m.bySlug[slug]
	return room, known, m.drops
}

// recallID is recall by a room's id.
func (m *memory) recallID(id RoomID) (room knownRoom, known bool, drops uint64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	room, known = m.byID[id]
	return room, known, m.drops
}

// keep notes a room that was read after so many drops, unless there was one since.
func (m *memory) keep(room knownRoom, drops uint64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.drops != drops {
		return
	}
	if len(m.byID) >= maxCachedRooms {
		clear(m.bySlug)
		clear(m.byID)
	}
	m.bySlug[room.slug], m.byID[room.id] = room, room
}

func (m *memory) keepMember(room RoomID, user UserID, role Role, drops uint64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.drops != drops {
		return
	}
	if m.count >= maxCachedMembers {
		m.forgetMembersLocked()
	}
	in := m.members[room]
	if in == nil {
		in = make(map[UserID]Role)
		m.members[room] = in
	}
	if _, there := in[user]; !there {
		m.count++
	}
	in[UserID(strings.Clone(string(user)))] = role
}

// at returns a person's standing as far as it is known without asking the table.
func (m *memory) at(a Actor, slug string) (st standing, known bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	room, known := m.bySlug[slug]
	if !known {
		return st, false
	}
	var member Role
	if !room.plain {
		if member, known = m.members[room.id][a.ID]; !known {
			return st, false
		}
	}
	return standing{room, member, RoleIn(a.Role, member, room.kind)}, true
}

// find returns the room with that slug, whoever asks.
func (rs *Rooms) find(ctx context.Context, slug string) (knownRoom, error) {
	room, known, drops := rs.recall(slug)
	if known {
		return room, nil
	}
	room, err := rs.load(ctx, `slug = ?`, slug)
	if err == nil {
		rs.keep(room, drops)
	}
	return room, err
}

// findID is find by a room's id.
func (rs *Rooms) findID(ctx context.Context, id RoomID) (knownRoom, error) {
	room, known, drops := rs.recallID(id)
	if known {
		return room, nil
	}
	room, err := rs.load(ctx, `id = ?`, string(id))
	if err == nil {
		rs.keep(room, drops)
	}
	return room, err
}

func (rs *Rooms) load(ctx context.Context, which, arg string) (room knownRoom, err error) {
	query := `select id, slug, kind, kind = 'public' and not exists (
			select 1 from members where room_id = rooms.id and role not in ('member', ''))
		from rooms where deleted_at is null and ` + which
	err = rs.db.Read(ctx, func(tx *sql.Tx) error {
		return tx.QueryRowContext(ctx, query, arg).Scan(&room.id, &room.slug, &room.kind, &room.plain)
	})
	if errors.Is(err, sql.ErrNoRows) {
		return room, errNoRoom
	}
	if err != nil {
		return room, fmt.Errorf("find room: %w", err)
	}
	return room, nil
}

// stand returns what a person is in a room. Of one that they may not see it says that
// there is none.
func (rs *Rooms) stand(ctx context.Context, a Actor, room knownRoom) (st standing, err error) {
	st.knownRoom = room
	if !room.plain {
		if st.member, err = rs.memberOf(ctx, room.id, a.ID); err != nil {
			return st, err
		}
	}
	if st.role = RoleIn(a.Role, st.member, room.kind); st.role == "" {
		return standing{}, errNoRoom
	}
	return st, nil
}

// memberOf returns what somebody is as a member of a room; "": they are none.
func (rs *Rooms) memberOf(ctx context.Context, room RoomID, user UserID) (role Role, err error) {
	rs.mu.Lock()
	role, known := rs.members[room][user]
	drops := rs.drops
	rs.mu.Unlock()
	if known {
		return role, nil
	}
	err = rs.db.Read(ctx, func(tx *sql.Tx) error {
		return tx.QueryRowContext(ctx, `select role from members where room_id = ? and user_id = ?`, string(room), string(user)).Scan(&role)
	})
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return "", fmt.Errorf("find member: %w", err)
	}
	rs.keepMember(room, user, role, drops)
	return role, nil
}

// admit returns what a person is in the room of a slug, if they may do something there.
// Where they may not see it there is none.
func (s *Service) admit(ctx context.Context, a Actor, slug string, act Action) (standing, error) {
	st, known := s.rooms.at(a, slug)
	if !known {
		room, err := s.rooms.find(ctx, slug)
		if err != nil {
			return st, err
		}
		if st, err = s.rooms.stand(ctx, a, room); err != nil {
			return st, err
		}
	}
	if st.role == "" {
		return standing{}, errNoRoom
	}
	return st, s.rules.refuse(act, st.role, st.kind)
}

// admitID is admit for a room that is known by its id, to somebody who reads there.
func (s *Service) admitID(ctx context.Context, a Actor, id RoomID) (standing, error) {
	room, err := s.rooms.findID(ctx, id)
	if err != nil {
		return standing{}, err
	}
	return s.rooms.stand(ctx, a, room)
}

// refuse says why a role may not do something; nil: it may.
func (rs rules) refuse(act Action, role Role, kind RoomKind) error {
	if rs.may(act, role, kind) {
		return nil
	}
	if !rs.may(ActSee, role, kind) {
		return errNoRoom
	}
	return rs.forbid(act, kind)
}

func (rs rules) forbid(act Action, kind RoomKind) *Error {
	where := "here"
	switch {
	case kind == OnServer:
		where = "on this server"
	case rs[act].least(kind) == nobody:
		where = "in a room of this kind"
	}
	return forbidden("You may not " + rs[act].Words + " " + where + ".")
}

// HasRoom reports whether there is a room with that slug, whoever may see it.
func (s *Service) HasRoom(ctx context.Context, slug string) (bool, error) {
	_, err := s.rooms.find(ctx, slug)
	if errors.Is(err, errNoRoom) {
		return false, nil
	}
	return err == nil, err
}

// MaySee reports whether a person sees what is in a room.
func (s *Service) MaySee(ctx context.Context, user UserID, room RoomID) (bool, error) {
	_, err := s.admitID(ctx, Actor{User: User{ID: user}}, room)
	if errors.Is(err, errNoRoom) {
		return false, nil
	}
	return err == nil, err
}

// visibleSlugs returns the slugs of those of the rooms that a person sees.
func (s *Service) visibleSlugs(ctx context.Context, a Actor, ids map[RoomID]struct{}) (map[RoomID]string, error) {
	slugs := make(map[RoomID]string, len(ids))
	for id := range ids {
		st, err := s.admitID(ctx, a, id)
		switch {
		case errors.Is(err, errNoRoom):
		case err != nil:
			return nil, err
		default:
			slugs[id] = st.slug
		}
	}
	return slugs, nil
}
