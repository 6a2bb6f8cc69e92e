package chat

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"sync"
	"time"

	"snug/db"
)

// Level0Room is the slug of the one room of level 0. It is made at the first
// start.
const Level0Room = "global"

// rooms is the register of rooms: a table, and what of it was asked for lately.
type rooms struct {
	db  *db.DB
	now func() time.Time

	mu     sync.Mutex
	bySlug map[string]RoomID
}

func newRooms(d *db.DB, now func() time.Time) *rooms {
	return &rooms{db: d, now: now, bySlug: make(map[string]RoomID)}
}

// ensure makes the room if it isn't there. It is safe to repeat.
func (rs *rooms) ensure(ctx context.Context, slug, name string) error {
	now := rs.now()
	return rs.db.Write(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx,
			`insert into rooms (id, slug, name, created_at) values (?, ?, ?, ?) on conflict (slug) do nothing`,
			string(newMessageID(now)), slug, name, now.UnixMilli())
		return err
	})
}

// known returns the id of the room with that slug, if it was asked for lately.
func (rs *rooms) known(slug string) (RoomID, bool) {
	rs.mu.Lock()
	defer rs.mu.Unlock()
	id, known := rs.bySlug[slug]
	return id, known
}

// find returns the id of the room with that slug. A room that isn't there, or
// that one may not see, is CodeNotFound.
func (rs *rooms) find(ctx context.Context, slug string) (RoomID, error) {
	id, known := rs.known(slug)
	if known {
		return id, nil
	}
	err := rs.db.Read(ctx, func(tx *sql.Tx) error {
		return tx.QueryRowContext(ctx, `select id from rooms where slug = ?`, slug).Scan(&id)
	})
	if errors.Is(err, sql.ErrNoRows) {
		return "", &Error{Code: CodeNotFound, Message: "There is no such room."}
	}
	if err != nil {
		return "", fmt.Errorf("find room: %w", err)
	}
	rs.mu.Lock()
	defer rs.mu.Unlock()
	if len(rs.bySlug) >= maxCachedRooms {
		clear(rs.bySlug)
	}
	rs.bySlug[slug] = id
	return id, nil
}

// HasRoom reports whether there is a room with that slug.
func (s *Service) HasRoom(ctx context.Context, slug string) (bool, error) {
	_, err := s.rooms.find(ctx, slug)
	var known *Error
	if errors.As(err, &known) && known.Code == CodeNotFound {
		return false, nil
	}
	return err == nil, err
}

// all returns the ids of all rooms.
func (rs *rooms) all(ctx context.Context) (ids []RoomID, err error) {
	err = rs.db.Read(ctx, func(tx *sql.Tx) error {
		rows, err := tx.QueryContext(ctx, `select id from rooms`)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var id RoomID
			if err := rows.Scan(&id); err != nil {
				return err
			}
			ids = append(ids, id)
		}
		return rows.Err()
	})
	return ids, err
}
