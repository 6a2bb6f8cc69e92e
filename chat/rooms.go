package chat

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"
	"unicode/utf8"

	"snug/db"
	"snug/line"
)

// Level0Room is the slug of the one room of level 0. It is made at the first
// start.
const Level0Room = "global"

// Rooms is the register of rooms: a table, and what of it was asked for lately (access.go).
// Several may be over one table, but only one of them may change rooms that are there;
// make each with [NewRooms].
type Rooms struct {
	db  *db.DB
	now func() time.Time
	memory
}

// NewRooms returns the register in a database.
func NewRooms(d *db.DB, now func() time.Time) *Rooms {
	return &Rooms{db: d, now: now, memory: newMemory()}
}

// A RoomEntry is a room as the register has it.
type RoomEntry struct {
	Slug      string    `json:"slug"`
	Name      string    `json:"name,omitempty"`     // for people; when it is added, "" stands for the slug
	Kind      RoomKind  `json:"kind,omitempty"`     // when it is added, "" stands for public
	CreatedAt time.Time `json:"createdAt,omitzero"` // given by the register
}

// Check reports why a room like this can't be added. What it says is for people.
func (e RoomEntry) Check() error {
	if !goodSlug(e.Slug) {
		return fmt.Errorf("%q is no slug: that is 1 to %d of a to z, 0 to 9, - and _, and neither browse nor read", e.Slug, maxSlugChars)
	}
	if utf8.RuneCountInString(e.Name) > maxRoomNameChars {
		return fmt.Errorf("the name of the room %s has more than %d characters", e.Slug, maxRoomNameChars)
	}
	if !line.Plain(e.Name) {
		return fmt.Errorf("the name of the room %s holds what isn't text, is invisible or turns the text around", e.Slug)
	}
	if e.Kind != "" && e.Kind != KindPublic && e.Kind != KindPrivate {
		return fmt.Errorf("the room %s can't be %q: it is public or private", e.Slug, e.Kind)
	}
	if e.Kind == KindPrivate && e.Slug == Level0Room {
		return fmt.Errorf("the room %s is public, as old clients know it", e.Slug)
	}
	return nil
}

func goodSlug(slug string) bool {
	if slug == "" || len(slug) > maxSlugChars || slug == "browse" || slug == "read" { // these are other addresses
		return false
	}
	for _, c := range []byte(slug) {
		if (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '-' && c != '_' {
			return false
		}
	}
	return true
}

// Add is AddOf of rooms that are nobody's.
func (rs *Rooms) Add(ctx context.Context, list ...RoomEntry) (added int, err error) {
	_, added, err = rs.AddOf(ctx, "", list...)
	return added, err
}

// AddOf makes those of the rooms that aren't there yet, in one transaction: all or,
// with an error, none. They belong to owner, if one is named; private rooms need one. It
// returns the slugs that the rooms have, in the order of the list, and how many of them it
// made. A private room gets a slug that nobody guesses, and is there if the owner has made one
// by the slug of its entry before. A room that is there stays as it is, so that it is safe to
// repeat. The caller keeps the list short: until it is stored nobody else writes. What
// the rooms themselves are to know Service.Settle tells them.
func (rs *Rooms) AddOf(ctx context.Context, owner UserID, list ...RoomEntry) (slugs []string, added int, err error) {
	for _, e := range list {
		if err := e.Check(); err != nil {
			return nil, 0, err
		}
		if e.Kind == KindPrivate && owner == "" {
			return nil, 0, fmt.Errorf("the room %s needs an owner: nobody else could enter it", e.Slug)
		}
	}
	now := rs.now()
	err = rs.db.Write(ctx, func(tx *sql.Tx) error {
		slugs, added = nil, 0
		insert, err := tx.PrepareContext(ctx,
			`insert into rooms (id, slug, name, kind, created_by, created_at, told) values (?, ?, ?, ?, ?, ?, ?) on conflict (slug) do nothing`)
		if err != nil {
			return err
		}
		defer insert.Close()
		for _, e := range list {
			id, kind, slug := newUUID(now), cmp.Or(e.Kind, KindPublic), e.Slug
			if kind == KindPrivate {
				if slug, err = privateSlug(ctx, tx, owner, e.Slug); err != nil {
					return err
				}
			}
			slugs = append(slugs, slug)
			done, err := insert.ExecContext(ctx, id, slug, cmp.Or(e.Name, e.Slug), string(kind), string(owner), now.UnixMilli(), owner == "")
			if err != nil {
				return err
			}
			n, err := done.RowsAffected()
			if err != nil {
				return err
			}
			added += int(n)
			if n == 0 || owner == "" {
				continue
			}
			const own = `insert into members (room_id, user_id, role, joined_at, told) values (?, ?, 'owner', ?, 0)`
			if _, err := tx.ExecContext(ctx, own, id, string(owner), now.UnixMilli()); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, 0, fmt.Errorf("add rooms: %w", err)
	}
	return slugs, added, nil
}

// privateSlug is the slug of the private room that a person made by that slug, or a new one
// that nobody guesses.
func privateSlug(ctx context.Context, tx *sql.Tx, owner UserID, slug string) (known string, err error) {
	base := privateBase(slug)
	const query = `select slug from rooms where (slug = ?1 or slug > ?2 and slug < ?2 || '~' and length(slug) = length(?2) + ?3)
		and kind = 'private' and created_by = ?4 and deleted_at is null order by slug limit 1`
	err = tx.QueryRowContext(ctx, query, slug, base, randomChars, string(owner)).Scan(&known)
	if errors.Is(err, sql.ErrNoRows) {
		return base + randomSlug(), nil
	}
	return known, err
}

// List returns at most limit rooms in whose slug or name the text occurs, by slug.
func (rs *Rooms) List(ctx context.Context, text string, limit int) (list []RoomEntry, err error) {
	err = rs.db.Read(ctx, func(tx *sql.Tx) (err error) {
		const query = `select slug, name, kind, created_at from rooms
			where deleted_at is null and kind in ('public', 'private') and (? = '' or instr(slug, lower(?)) > 0 or instr(lower(name), lower(?)) > 0)
			order by slug limit ?`
		rows, err := tx.QueryContext(ctx, query, text, text, text, limit)
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, rows.Close()) }()
		for rows.Next() {
			var e RoomEntry
			var created int64
			if err := rows.Scan(&e.Slug, &e.Name, &e.Kind, &created); err != nil {
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

// all returns the ids of all rooms.
func (rs *Rooms) all(ctx context.Context) (ids []RoomID, err error) {
	err = rs.db.Read(ctx, func(tx *sql.Tx) error {
		rows, err := tx.QueryContext(ctx, `select id from rooms where deleted_at is null`)
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
