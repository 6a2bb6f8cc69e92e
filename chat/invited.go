package chat

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"
)

// Invitations are made and taken elsewhere: here is what rooms have to do with them.

// InvitableRoom returns the room that somebody may invite people to.
func (s *Service) InvitableRoom(ctx context.Context, a Actor, slug string) (RoomID, error) {
	st, err := s.admit(ctx, s.profiles.actor(a), slug, ActAdd)
	return st.id, err
}

// InvitedTo returns the slug and the name of a room that an invitation by somebody leads into,
// whoever may see it; ok is false where it is gone, or the invitation worth nothing, as
// EnterInvited has it.
func (s *Service) InvitedTo(ctx context.Context, room RoomID, by UserID) (slug, name string, ok bool, err error) {
	err = s.cfg.DB.Read(ctx, func(tx *sql.Tx) error {
		t := &roomTx{ctx: ctx, tx: tx, now: s.cfg.Now(), rules: s.rules}
		if err := t.read(room); err != nil {
			return err
		}
		slug, name = t.room.slug, t.room.name
		_, err := t.host(by)
		return err
	})
	if no := (*Error)(nil); errors.As(err, &no) && (no.Code == CodeNotFound || no.Code == CodeForbidden) {
		return "", "", false, nil
	}
	if err != nil {
		return "", "", false, fmt.Errorf("read name of room: %w", err)
	}
	return slug, name, true, nil
}

// EnterInvited makes somebody who was invited a member of a room, of whatever kind but a
// direct, and returns its slug. by is who invited them; "": it isn't known any more, and
// the invitation is worth nothing but for a public room.
func (s *Service) EnterInvited(ctx context.Context, a Actor, room RoomID, by UserID) (slug string, err error) {
	a.User = a.User.fit()
	a = s.profiles.actor(a)
	_, err = s.amend(ctx, a, room, func(t *roomTx) error {
		slug = t.room.slug
		m, err := t.member(a.ID)
		if err != nil || m.role != "" {
			return err
		}
		u, _, err := t.person(a.ID)
		if err != nil {
			return err
		}
		if m.removed { // an invitation that they have, or came by, doesn't undo that
			return forbidden("You were removed from this room. Only who looks after it can add you again.")
		}
		members, _, err := t.others("")
		switch {
		case err != nil:
			return err
		case t.room.kind == KindDirect || t.room.kind == KindGroup && members >= maxGroup:
			return forbidden("This conversation takes nobody else.")
		}
		host, err := t.host(by)
		if err != nil {
			return err
		}
		if by != "" {
			t.by.User, t.order.By = host, host
		}
		if err := t.setMember(u, RoleMember, members >= quietJoins); err != nil {
			return err
		}
		t.order.Members[len(t.order.Members)-1].Invited = by != ""
		return t.log(AuditMemberInvited, u, string(RoleMember))
	})
	return slug, public(err)
}

// InviteNote is a line of the audit log about an invitation.
type InviteNote struct {
	Action AuditAction // AuditInviteMade, AuditInviteRevoked or AuditInviteUsed
	By     User        // without an id: whoever runs the server
	User   User        // without an id: nobody
	Room   RoomID      // that it leads into; "": none
	Server bool        // it lets people onto the server
	Uses   int         // of AuditInviteMade
	Life   time.Duration
}

// NoteInvite writes what is done with an invitation to the audit log, in the transaction that
// does it: that of the room that it leads into, or of the server. One that lets people onto the
// server by way of a room that its admins don't see is in both. Groups have no log.
func (rs *Rooms) NoteInvite(ctx context.Context, tx *sql.Tx, n InviteNote) error {
	line := auditLine{at: rs.now().UnixMilli(), action: n.Action, by: n.By.fit(), user: n.User.fit()}
	if n.Room != "" {
		err := tx.QueryRowContext(ctx, `select id, name, kind from rooms where id = ?`, string(n.Room)).Scan(&line.room.id, &line.room.name, &line.room.kind)
		if err != nil && !errors.Is(err, sql.ErrNoRows) { // it may be gone
			return fmt.Errorf("read room of an invitation: %w", err)
		}
		if line.room.kind != KindPublic && line.room.kind != KindPrivate {
			line.room = roomRow{}
		}
	}
	if n.Action == AuditInviteMade {
		line.detail = decimal(n.Uses) + " " + decimal(int(n.Life/time.Second))
	}
	if n.Server && line.room.kind == KindPrivate {
		ofServer := line
		ofServer.room = roomRow{}
		if err := writeAudit(ctx, tx, ofServer); err != nil {
			return err
		}
	}
	if line.room.id == "" && !n.Server {
		return nil
	}
	return writeAudit(ctx, tx, line)
}

// BringIn makes somebody a member of rooms, public and private ones, as whoever runs the
// server has decided. A room that they have left or were removed from stays as it is, and a
// slug that leads nowhere is left out. A room that fails keeps them from no other, and once
// ctx ends no other is begun with. It may be repeated.
func (s *Service) BringIn(ctx context.Context, a Actor, slugs []string) error {
	var errs []error
	for _, slug := range slugs {
		if err := ctx.Err(); err != nil {
			errs = append(errs, err)
			break
		}
		if err := s.bringInto(ctx, a.ID, slug); err != nil && !errors.Is(err, errNoRoom) {
			errs = append(errs, fmt.Errorf("bring user %s into room %s: %w", a.ID, slug, err))
		}
	}
	return errors.Join(errs...)
}

func (s *Service) bringInto(ctx context.Context, user UserID, slug string) error {
	room, err := s.rooms.find(ctx, slug)
	if err != nil || slug == Level0Room || room.kind != KindPublic && room.kind != KindPrivate {
		return err
	}
	if role, err := s.rooms.memberOf(ctx, room.id, user); err != nil || role != "" {
		return err
	}
	_, err = s.amend(ctx, Actor{}, room.id, func(t *roomTx) error { return t.bringIn(user) })
	return err
}

func (t *roomTx) bringIn(user UserID) error {
	m, err := t.member(user)
	if err != nil || m.role != "" || m.left || m.removed {
		return err
	}
	u, _, err := t.person(user)
	if err != nil {
		return err
	}
	members, _, err := t.others("")
	if err != nil {
		return err
	}
	t.order.By = u // nobody else has done it
	return t.setMember(u, RoleMember, members >= quietJoins)
}

// host reads who invited somebody to the room. An invitation is worth as much as who made
// it may do now: they may have been removed themselves, or the room may be private since. Where
// that isn't known nobody answers for it, and a public room alone needs nobody.
func (t *roomTx) host(id UserID) (u User, err error) {
	if id == "" {
		if t.room.kind != KindPublic {
			err = errNoRoom
		}
		return u, err
	}
	u, server, err := t.person(id)
	if errors.Is(err, errNoPerson) {
		return u, errNoRoom
	}
	if err != nil {
		return u, err
	}
	m, err := t.member(id)
	if err != nil {
		return u, err
	}
	return u, t.rules.refuse(ActAdd, RoleIn(server, m.role, t.room.kind), t.room.kind)
}
