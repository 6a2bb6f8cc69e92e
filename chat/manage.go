package chat

import (
	"context"
	"database/sql"
	"strings"
	"time"
)

// RoomChange is what is to be different about a room; nil stays as it is.
type RoomChange struct {
	Name, Topic     *string
	Kind            *RoomKind
	SlowModeSeconds *int
}

// ChangeRoom changes a room: its name, its topic, its slow mode, whom it is for.
func (s *Service) ChangeRoom(ctx context.Context, a Actor, slug string, c RoomChange) (RoomInfo, error) {
	for _, text := range []**string{&c.Name, &c.Topic} {
		if *text != nil {
			trimmed := strings.TrimSpace(**text)
			*text = &trimmed
		}
	}
	if err := c.check(); err != nil {
		return RoomInfo{}, err
	}
	return s.manage(ctx, a, slug, func(t *roomTx) error { return t.change(c) })
}

func (c RoomChange) check() error {
	if c.Name != nil {
		if *c.Name == "" {
			return bad("name can't be empty.")
		}
		if err := checkName(*c.Name); err != nil {
			return err
		}
	}
	if c.Topic != nil {
		if err := checkTopic(*c.Topic); err != nil {
			return err
		}
	}
	if c.Kind != nil && *c.Kind != KindPublic && *c.Kind != KindPrivate {
		return bad("kind must be public or private.")
	}
	if most := int(maxSlowMode / time.Second); c.SlowModeSeconds != nil && (*c.SlowModeSeconds < 0 || *c.SlowModeSeconds > most) {
		return bad("slowModeSeconds must be 0 to " + decimal(most) + ".")
	}
	return nil
}

func (t *roomTx) change(c RoomChange) error {
	room := &t.room
	if c.Name != nil && *c.Name != room.name || c.Topic != nil && *c.Topic != room.topic {
		if _, err := t.require(ActEditRoom); err != nil {
			return err
		}
	}
	if c.Name != nil && *c.Name != room.name {
		was := room.name
		room.name = *c.Name
		if err := t.set("name", room.name); err != nil {
			return err
		}
		if err := t.log(AuditRoomRenamed, User{}, was); err != nil {
			return err
		}
	}
	if c.Topic != nil && *c.Topic != room.topic {
		room.topic = *c.Topic
		if err := t.set("topic", room.topic); err != nil {
			return err
		}
		if err := t.log(AuditTopicChanged, User{}, room.topic); err != nil {
			return err
		}
	}
	if c.SlowModeSeconds != nil && *c.SlowModeSeconds != room.slowMode {
		if _, err := t.require(ActSlowMode); err != nil {
			return err
		}
		room.slowMode = *c.SlowModeSeconds
		if err := t.set("slow_mode", room.slowMode); err != nil {
			return err
		}
		if err := t.log(AuditSlowModeSet, User{}, decimal(room.slowMode)); err != nil {
			return err
		}
	}
	if c.Kind != nil && *c.Kind != room.kind {
		return t.setKind(*c.Kind)
	}
	return nil
}

func (t *roomTx) setKind(kind RoomKind) error {
	role, err := t.require(ActSetKind)
	if err != nil {
		return err
	}
	if t.room.slug == Level0Room {
		return forbidden("This room is for everybody: it stays public.")
	}
	if kind == KindPrivate {
		members, owners, err := t.others("")
		if err != nil {
			return err
		}
		if members > maxPrivate {
			return forbidden("A room of more than " + decimal(maxPrivate) + " people can't be made private.")
		}
		// Somebody has to be able to manage it, and to see it at all.
		if m, err := t.member(t.by.ID); err != nil {
			return err
		} else if owners == 0 || RoleIn(t.by.Role, m.role, kind) == "" {
			if role.rank() < RoleAdmin.rank() {
				return t.rules.forbid(ActSetKind, t.room.kind)
			}
			if err := t.setMember(t.by.User, RoleOwner, true); err != nil {
				return err
			}
		}
	}
	t.room.kind = kind
	if err := t.set("kind", string(kind)); err != nil {
		return err
	}
	return t.log(AuditKindChanged, User{}, string(kind))
}

// Archive makes a room one that is only read, or one like the others again.
func (s *Service) Archive(ctx context.Context, a Actor, slug string, on bool) (RoomInfo, error) {
	return s.manage(ctx, a, slug, func(t *roomTx) error {
		if _, err := t.require(ActArchive); err != nil {
			return err
		}
		switch {
		case t.room.slug == Level0Room:
			return forbidden("This room is for everybody: it can't be archived.")
		case on == (t.room.archived != 0):
			return nil
		}
		if !on {
			t.room.archived = 0
			if err := t.set("archived_at", nil); err != nil {
				return err
			}
			return t.log(AuditRoomUnarchived, User{}, "")
		}
		t.room.archived = t.now.UnixMilli()
		if err := t.set("archived_at", t.room.archived); err != nil {
			return err
		}
		return t.log(AuditRoomArchived, User{}, "")
	})
}

// manage does something to a room that one sees, and returns the room as it is then.
func (s *Service) manage(ctx context.Context, a Actor, slug string, fn func(t *roomTx) error) (RoomInfo, error) {
	if a.NoRooms {
		return RoomInfo{}, errNoRooms
	}
	a.User = a.User.fit()
	a = s.profiles.actor(a)
	st, err := s.admit(ctx, a, slug, ActSee)
	if err != nil {
		return RoomInfo{}, err
	}
	if _, err := s.amend(ctx, a, st.id, fn); err != nil {
		return RoomInfo{}, public(err)
	}
	info, err := s.roomInfo(ctx, a, st.id)
	return info, public(err)
}

// DeleteRoom deletes a room with all that is in it. The name is repeated by who does so,
// as nothing brings it back.
func (s *Service) DeleteRoom(ctx context.Context, a Actor, slug, name string) error {
	if a.NoRooms {
		return errNoRooms
	}
	a = s.profiles.actor(a)
	st, err := s.admit(ctx, a, slug, ActSee)
	if err != nil {
		return err
	}
	people, err := s.listeners(ctx, st.id)
	if err != nil {
		return public(err)
	}
	release, err := s.turns.take(ctx, st.id)
	if err != nil {
		return public(err)
	}
	defer release()
	ctx = context.WithoutCancel(ctx)
	err = s.cfg.DB.Write(ctx, func(tx *sql.Tx) error {
		t := &roomTx{ctx: ctx, tx: tx, now: s.cfg.Now(), by: a, rules: s.rules}
		if err := t.read(st.id); err != nil {
			return err
		}
		if _, err := t.require(ActDeleteRoom); err != nil {
			return err
		}
		switch {
		case t.room.slug == Level0Room:
			return forbidden("This room is for everybody: it can't be deleted.")
		case name != t.room.name:
			return bad("name must be the name of the room, to be sure that it is this one.")
		}
		// From here on nobody finds it, and another may have its slug.
		_, err := tx.ExecContext(ctx, `update rooms set deleted_at = ?, slug = ?, pair = null where id = ?`, t.now.UnixMilli(), "deleted/"+string(st.id), string(st.id))
		if err != nil {
			return err
		}
		return t.log(AuditRoomDeleted, User{}, "")
	})
	if err != nil {
		return public(err)
	}
	s.rooms.forgetRoom(st.id)
	s.enrolments.forget(st.id, "")
	err = s.bury(ctx, st.id)
	for _, user := range people {
		s.live.unlearn(user, st.id)
	}
	s.live.changed(matterRooms, people...)
	s.live.changed(matterAttention, people...)
	return public(err)
}

// bury removes what is left of a room that is being deleted: its history, what follows
// it, and last its row. It may be repeated.
func (s *Service) bury(ctx context.Context, room RoomID) error {
	if _, err := s.calls.erase.Call(ctx, s.ns.ByName(string(room)), none{}); err != nil {
		return err
	}
	if s.cfg.Dropped != nil {
		if err := s.cfg.Dropped(ctx, room); err != nil {
			return err
		}
	}
	return s.cfg.DB.Write(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `delete from rooms where id = ? and deleted_at is not null`, string(room))
		return err
	})
}

// listeners returns those of a room's members who have sockets open.
func (s *Service) listeners(ctx context.Context, room RoomID) (users []UserID, err error) {
	err = s.cfg.DB.Read(ctx, func(tx *sql.Tx) error {
		rows, err := tx.QueryContext(ctx, `select user_id from members where room_id = ? and role <> ''`, string(room))
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var id UserID
			if err := rows.Scan(&id); err != nil {
				return err
			}
			if s.live.here(id) {
				users = append(users, id)
			}
		}
		return rows.Err()
	})
	return users, err
}
