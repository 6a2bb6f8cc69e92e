package main

import (
	"context"
	"database/sql"
	"errors"

	"snug/auth"
	"snug/chat"
)

// inviteRooms lets invitations lead into rooms of the chat.
type inviteRooms struct{ chat *chat.Service }

func actorOf(id auth.Identity) chat.Actor {
	return chat.Actor{User: chat.User{ID: chat.UserID(id.UserID), Name: id.Name, Image: id.Image}, Role: chat.Role(id.Role)}
}

// refused reports whether a person is told why, and not whoever runs the server.
func refused(err error) bool {
	var no *chat.Error
	return errors.As(err, &no) && (no.Code == chat.CodeNotFound || no.Code == chat.CodeForbidden)
}

func (r inviteRooms) Find(ctx context.Context, by auth.Identity, room string) (key string, ok bool, err error) {
	id, err := r.chat.InvitableRoom(ctx, actorOf(by), room)
	if refused(err) {
		return "", false, nil
	}
	return string(id), err == nil, err
}

func (r inviteRooms) Name(ctx context.Context, key, by string) (room, name string, ok bool, err error) {
	return r.chat.InvitedTo(ctx, chat.RoomID(key), chat.UserID(by))
}

func (r inviteRooms) Enter(ctx context.Context, who auth.Identity, key, by string) (room string, ok bool, err error) {
	room, err = r.chat.EnterInvited(ctx, actorOf(who), chat.RoomID(key), chat.UserID(by))
	if refused(err) {
		return "", false, nil
	}
	return room, err == nil, err
}

// noteInvite has what is done with invitations stand in the audit log.
func noteInvite(rooms *chat.Rooms) func(context.Context, *sql.Tx, auth.InviteNote) error {
	actions := map[auth.InviteAct]chat.AuditAction{
		auth.InviteMade: chat.AuditInviteMade, auth.InviteRevoked: chat.AuditInviteRevoked, auth.InviteUsed: chat.AuditInviteUsed,
	}
	return func(ctx context.Context, tx *sql.Tx, n auth.InviteNote) error {
		return rooms.NoteInvite(ctx, tx, chat.InviteNote{
			Action: actions[n.Act], By: actorOf(n.By).User, User: actorOf(n.User).User, Room: chat.RoomID(n.Room),
			Server: n.Accounts, Uses: n.Uses, Life: n.Life,
		})
	}
}
