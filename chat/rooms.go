package chat

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"
	"unicode"
	"unicode/utf8"

	"snug/db"
)

// Level0Room is the slug of the one room of level 0. It is made at the first
// start.
const Level0Room = "global"

// Rooms is the register of rooms: a table, and what of it was asked for lately.
// Several may be over one table; make each with [NewRooms].
type Rooms struct {
	db  *db.DB
	now func() time.Time

	mu     sync.Mutex
	bySlug map[string]knownRoom
}

// knownRoom is a room that was asked for lately.
type knownRoom struct {
	id   RoomID
	slug string // the one that is the key: who keeps it keeps nothing else
}

// NewRooms returns the register in a database.
func NewRooms(d *db.DB, now func() time.Time) *Rooms {
	return &Rooms{db: d, now: now, bySlug: make(map[string]knownRoom)}
}

// A RoomEntry is a room as the register has it.
type RoomEntry struct {
	Slug      string    `json:"slug"`
	Name      string    `json:"name,omitempty"`     // for people; when it is added, "" stands for the slug
	CreatedAt time.Time `json:"createdAt,omitzero"` // given by the register
}

// Check reports why a room like this can't be added. What it says is for people.
func (e RoomEntry) Check() error {
	if !goodSlug(e.Slug) {
		return fmt.Errorf("%q is no slug: that is 1 to %d of a to z, 0 to 9, - and _", e.Slug, maxSlugChars)
	}
	if utf8.RuneCountInString(e.Name) > maxRoomNameChars {
		return fmt.Errorf("the name of the room %s has more than %d characters", e.Slug, maxRoomNameChars)
	}
	if !utf8.ValidString(e.Name) || strings.ContainsFunc(e.Name, unicode.IsControl) {
		return fmt.Errorf("the name of the room %s holds what isn't text", e.Slug)
	}
	return nil
}

func goodSlug(slug string) bool {
	if slug == "" || len(slug) > maxSlugChars {
		return false
	}
	for _, c := range []byte(slug) {
		if (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '-' && c != '_' {
			return false
		}
	}
	return true
}

// Add makes those of the rooms that aren't there yet, in one transaction: all or,
// with an error, none. It returns how many it made. A room that is there stays as it
// is, so that it is safe to repeat. The caller keeps the list short: until it is
// stored nobody else writes.
func (rs *Rooms) Add(ctx context.Context, list ...RoomEntry) (added int, err error) {
	for _, e := range list {
		if err := e.Check(); err != nil {
			return 0, err
		}
	}
	now := rs.now()
	err = rs.db.Write(ctx, func(tx *sql.Tx) error {
		added = 0
		insert, err := tx.PrepareContext(ctx,
			`insert into rooms (id, slug, name, created_at) values (?, ?, ?, ?) on conflict (slug) do nothing`)
		if err != nil {
			return err
		}
		defer insert.Close()
		for _, e := range list {
			done, err := insert.ExecContext(ctx, newUUID(now), e.Slug, cmp.Or(e.Name, e.Slug), now.UnixMilli())
			if err != nil {
				return err
			}
			n, err := done.RowsAffected()
			if err != nil {
				return err
			}
			added += int(n)
		}
		return nil
	})
	if err != nil {
		return 0, fmt.Errorf("add rooms: %w", err)
	}
	return added, nil
}

// List returns at most limit rooms in whose slug or name the text occurs, by slug.
func (rs *Rooms) List(ctx context.Context, text string, limit int) (list []RoomEntry, err error) {
	err = rs.db.Read(ctx, func(tx *sql.Tx) (err error) {
		const query = `select slug, name, created_at from rooms
			where ? = '' or instr(slug, lower(?)) > 0 or instr(lower(name), lower(?)) > 0
			order by slug limit ?`
		rows, err := tx.QueryContext(ctx, query, text, text, text, limit)
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, rows.Close()) }()
		for rows.Next() {
			var e RoomEntry
			var created int64
			if err := rows.Scan(&e.Slug, &e.Name, &created); err != nil {
				return err
			}
			e.CreatedAt = time.UnixMilli(created).UTC()
			list = append(list, e)
		}
		return rows.Err()
	})
	if err != nil {
		return nil, fmt.Errorf("list rooms: %w", err)
	}
	return list, nil
}

// known returns the room with that slug, if it was asked for lately.
func (rs *Rooms) known(slug string) (room knownRoom, known bool) {
	rs.mu.Lock()
	defer rs.mu.Unlock()
	room, known = rs.bySlug[slug]
	return room, known
}

// forgetAll drops what was asked for lately.
func (rs *Rooms) forgetAll() {
	rs.mu.Lock()
	defer rs.mu.Unlock()
	rs.bySlug = make(map[string]knownRoom)
}

// find returns the room with that slug. One that isn't there, or that one may not
// see, is CodeNotFound.
func (rs *Rooms) find(ctx context.Context, slug string) (knownRoom, error) {
	room, known := rs.known(slug)
	if known {
		return room, nil
	}
	room.slug = strings.Clone(slug) // which may be a part of a long frame
	err := rs.db.Read(ctx, func(tx *sql.Tx) error {
		return tx.QueryRowContext(ctx, `select id from rooms where slug = ?`, slug).Scan(&room.id)
	})
	if errors.Is(err, sql.ErrNoRows) {
		return knownRoom{}, &Error{Code: CodeNotFound, Message: "There is no such room."}
	}
	if err != nil {
		return knownRoom{}, fmt.Errorf("find room: %w", err)
	}
	rs.mu.Lock()
	defer rs.mu.Unlock()
	if other, known := rs.bySlug[slug]; known { // somebody else was quicker
		return other, nil
	}
	if len(rs.bySlug) >= maxCachedRooms {
		clear(rs.bySlug)
	}
	rs.bySlug[room.slug] = room
	return room, nil
}

// idOf is find for who needs no more of it.
func (rs *Rooms) idOf(ctx context.Context, slug string) (RoomID, error) {
	room, err := rs.find(ctx, slug)
	return room.id, err
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

// entry is a room as it is listed to people.
type entry struct {
	id         RoomID
	slug, name string
}

// entries returns at most limit rooms, by slug.
func (rs *Rooms) entries(ctx context.Context, limit int) (list []entry, err error) {
	err = rs.db.Read(ctx, func(tx *sql.Tx) (err error) {
		rows, err := tx.QueryContext(ctx, `select id, slug, name from rooms order by slug limit ?`, limit)
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, rows.Close()) }()
		for rows.Next() {
			var e entry
			if err := rows.Scan(&e.id, &e.slug, &e.name); err != nil {
				return err
			}
			list = append(list, e)
		}
		return rows.Err()
	})
	if err != nil {
		return nil, fmt.Errorf("list rooms: %w", err)
	}
	return list, nil
}

// slugs returns the slugs of the rooms by their ids.
func (rs *Rooms) slugs(ctx context.Context) (map[RoomID]string, error) {
	list, err := rs.entries(ctx, maxCachedRooms)
	slugs := make(map[RoomID]string, len(list))
	for _, e := range list {
		slugs[e.id] = e.slug
	}
	return slugs, err
}

// entryOf returns one room.
func (rs *Rooms) entryOf(ctx context.Context, id RoomID) (e entry, err error) {
	err = rs.db.Read(ctx, func(tx *sql.Tx) error {
		return tx.QueryRowContext(ctx, `select id, slug, name from rooms where id = ?`, string(id)).Scan(&e.id, &e.slug, &e.name)
	})
	if err != nil {
		return e, fmt.Errorf("read room %s: %w", id, err)
	}
	return e, nil
}

// all returns the ids of all rooms.
func (rs *Rooms) all(ctx context.Context) (ids []RoomID, err error) {
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
