package chat

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"snug/durable"
)

// A room with several people keeps an owner. The last one can't leave or step down; where
// their account ends, or they are banned, the one who has been there longest is the next,
// moderators first.

// keepOwner refuses to take its last owner from a room that others are in.
func (t *roomTx) keepOwner(user UserID, was Role) error {
	if was != RoleOwner {
		return nil
	}
	members, owners, err := t.others(user)
	if err != nil {
		return err
	}
	if members > 0 && owners == 0 {
		return forbidden("A room needs an owner. Make somebody else an owner first, or delete the room.")
	}
	return nil
}

// withdraw takes somebody whose account is gone out of their rooms.
func (s *Service) withdraw(ctx context.Context, user UserID) error {
	var rooms []RoomID
	err := s.cfg.DB.Read(ctx, func(tx *sql.Tx) (err error) {
		rooms, err = roomIDs(ctx, tx, `select room_id from members where user_id = ?`, string(user))
		return err
	})
	if err != nil {
		return fmt.Errorf("list the rooms of user %s: %w", user, err)
	}
	for _, room := range rooms {
		_, err := s.amend(ctx, Actor{}, room, func(t *roomTx) error { return t.withdraw(user) })
		if err != nil && !errors.Is(err, errNoRoom) {
			return fmt.Errorf("take user %s out of room %s: %w", user, room, err)
		}
	}
	return nil
}

func (t *roomTx) withdraw(user UserID) error {
	m, err := t.member(user)
	if err != nil {
		return err
	}
	if err := t.setMute(User{ID: user, Name: forgotten}, 0); err != nil {
		return err
	}
	t.order.Members = nil // what follows says both
	const forget = `update members set left_at = null, removed_at = null where room_id = ? and user_id = ?`
	if _, err := t.tx.ExecContext(t.ctx, forget, string(t.room.id), string(user)); err != nil {
		return err
	}
	if m.role == RoleOwner {
		if _, err := t.succeed(user); err != nil {
			return err
		}
	}
	if t.room.slug == Level0Room {
		_, err := t.tx.ExecContext(t.ctx, `update members set role = '', told = 0 where room_id = ? and user_id = ?`, string(t.room.id), string(user))
		return err
	}
	return t.setMember(User{ID: user, Name: forgotten}, "", false)
}

// disownBanned takes the ownership of rooms from those who are banned.
func (s *Service) disownBanned(ctx context.Context) error {
	type ownership struct {
		room RoomID
		user UserID
	}
	var list []ownership
	err := s.cfg.DB.Read(ctx, func(tx *sql.Tx) (err error) {
		const query = `select m.room_id, m.user_id from users u join members m on m.user_id = u.id join rooms r on r.id = m.room_id
			where u.banned_at is not null and m.role = 'owner' and r.deleted_at is null`
		rows, err := tx.QueryContext(ctx, query)
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, rows.Close()) }()
		for rows.Next() {
			var o ownership
			if err := rows.Scan(&o.room, &o.user); err != nil {
				return err
			}
			list = append(list, o)
		}
		return rows.Err()
	})
	if err != nil {
		return fmt.Errorf("list the rooms of who is banned: %w", err)
	}
	var errs []error
	for _, o := range list {
		_, err := s.amend(ctx, Actor{}, o.room, func(t *roomTx) error { return t.disown(o.user) })
		switch {
		case ctx.Err() != nil || errors.Is(err, durable.ErrClosed):
			return err
		case err != nil && !errors.Is(err, errNoRoom): // of one room: the others go on
			errs = append(errs, fmt.Errorf("find an owner for room %s: %w", o.room, err))
		}
	}
	return errors.Join(errs...)
}

// disown makes a plain member of an owner who is banned, unless nobody else could be one: they
// have the room again if they are let in again.
func (t *roomTx) disown(user UserID) error {
	var banned bool // still
	err := t.tx.QueryRowContext(t.ctx, `select exists (select 1 from users where id = ? and banned_at is not null)`, string(user)).Scan(&banned)
	if err != nil || !banned {
		return err
	}
	m, err := t.member(user)
	if err != nil || m.role != RoleOwner {
		return err
	}
	owned, err := t.succeed(user)
	if err != nil || !owned {
		return err
	}
	u, _, err := t.someone(user)
	if err != nil {
		return err
	}
	return t.setMember(u, RoleMember, true)
}

// succeed makes somebody else the owner where there is no other, and reports whether there is
// one then.
func (t *roomTx) succeed(user UserID) (owned bool, err error) {
	members, owners, err := t.others(user)
	if err != nil || members == 0 || owners > 0 {
		return owners > 0, err
	}
	var next UserID
	// A guest, a bot or somebody who is banned could do nothing with it.
	const query = `select m.user_id from members m join users u on u.id = m.user_id
		where m.room_id = ? and m.user_id <> ? and m.role <> '' and u.role not in ('guest', 'bot') and u.banned_at is null
		order by m.role <> 'moderator', m.joined_at, m.user_id limit 1`
	err = t.tx.QueryRowContext(t.ctx, query, string(t.room.id), string(user)).Scan(&next)
	if errors.Is(err, sql.ErrNoRows) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	u, _, err := t.someone(next)
	if err != nil {
		return false, err
	}
	return true, t.setMember(u, RoleOwner, false)
}
