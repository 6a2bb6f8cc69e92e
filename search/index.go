package search

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"snug/chat"
	"snug/db"
)

//go:embed migrations/*.sql
var migrationFiles embed.FS

// Rooms is what the index needs to know of the chat.
type Rooms interface {
	// AllRooms returns the ids of all rooms.
	AllRooms(ctx context.Context) ([]chat.RoomID, error)
	// Changes returns what the durable events of a room behind after did: at most limit
	// of them.
	Changes(ctx context.Context, room chat.RoomID, after chat.Seq, limit int) (chat.Changes, error)
	// Ascertain makes sure of what a room holds of which Doubted told.
	Ascertain(ctx context.Context, room chat.RoomID) error
	// Messages returns those of the messages that are there, as they are now.
	Messages(ctx context.Context, room chat.RoomID, seqs []chat.Seq) ([]chat.Message, error)
	// FindRoom returns the room of a slug for somebody who may see it, and
	// chat.CodeNotFound where there is none for them.
	FindRoom(ctx context.Context, who chat.Actor, slug string) (chat.RoomID, error)
	// OwnRooms returns the ids of the rooms that somebody sees and not everybody does.
	OwnRooms(ctx context.Context, who chat.Actor) ([]chat.RoomID, error)
	// IsPublic reports whether everybody may see a room. It hears by an event in the room
	// that this is another matter now.
	IsPublic(ctx context.Context, room chat.RoomID) (bool, error)
	// VisibleSlug returns the slug of a room, or false for who may not see it.
	VisibleSlug(ctx context.Context, who chat.Actor, room chat.RoomID) (string, bool, error)
}

// Config of an Index. Path and Rooms are required.
type Config struct {
	Path  string // of the file
	Rooms Rooms
	// Progress hears how many rooms have been looked at where all are; nil: nobody does.
	Progress func(done, rooms int)
	Logger   *slog.Logger     // nil: nothing is logged
	Now      func() time.Time // nil: time.Now
}

// Index is the index of all messages. Its methods may be called concurrently. Run keeps
// it up to date; end it with Close once Run has returned.
type Index struct {
	cfg Config
	db  *db.DB

	mu      sync.Mutex
	behind  map[chat.RoomID]chat.Seq // rooms with something new, up to where
	doubts  map[chat.RoomID]struct{} // rooms that are to be settled, and then looked at
	unsure  bool                     // of rooms that aren't among those: look at every room after the next Open
	all     bool                     // look at every room
	dropped map[chat.RoomID]struct{} // rooms that were deleted since it was opened
	wake    chan struct{}            // has place for one
	told    atomic.Uint64            // how often Changed was called
	follow  sync.Mutex               // held by who brings it up to date
}

// Open opens the index. One that is damaged, or of a later program, is thrown away and
// made anew.
func Open(ctx context.Context, c Config) (*Index, error) {
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Progress == nil {
		c.Progress = func(int, int) {}
	}
	d, err := db.OpenOther(ctx, c.Path, migrationFiles)
	if errors.Is(err, db.ErrDamaged) || errors.Is(err, db.ErrNewer) || errors.Is(err, db.ErrNotDatabase) {
		c.Logger.Warn("search index can't be used and is made anew", "cause", err.Error())
		if err := Remove(c.Path); err != nil {
			return nil, err
		}
		d, err = db.OpenOther(ctx, c.Path, migrationFiles)
	}
	if err != nil {
		return nil, fmt.Errorf("open search index: %w", err)
	}
	x := &Index{cfg: c, db: d, behind: make(map[chat.RoomID]chat.Seq), doubts: make(map[chat.RoomID]struct{}),
		dropped: make(map[chat.RoomID]struct{}), wake: make(chan struct{}, 1)}
	if err := x.begin(ctx); err != nil {
		return nil, errors.Join(err, d.Close())
	}
	return x, nil
}

// Remove deletes the file of an index that nobody has open, so that it is made anew
// when it is opened.
func Remove(path string) error {
	for _, name := range []string{path, path + "-wal", path + "-shm"} {
		if err := os.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("remove search index: %w", err)
		}
	}
	return nil
}

// begin finds out which rooms have something new. Where the index wasn't closed that may
// be every one.
func (x *Index) begin(ctx context.Context) error {
	err := x.db.Write(ctx, func(tx *sql.Tx) error {
		var closed bool
		if err := tx.QueryRowContext(ctx, `select closed from progress`).Scan(&closed); err != nil {
			return err
		}
		x.all = !closed
		rooms, err := texts(ctx, tx, `select room from behind`)
		if err != nil {
			return err
		}
		for _, room := range rooms {
			x.behind[chat.RoomID(room)] = 0
		}
		_, err = tx.ExecContext(ctx, `update progress set closed = 0; delete from behind`)
		return err
	})
	if err != nil {
		return fmt.Errorf("open search index: %w", err)
	}
	return nil
}

// texts returns the rows of a query with one column.
func texts(ctx context.Context, tx *sql.Tx, query string, args ...any) (list []string, err error) {
	rows, err := tx.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var text string
		if err := rows.Scan(&text); err != nil {
			return nil, err
		}
		list = append(list, text)
	}
	return list, rows.Err()
}

// Close closes the index. Nothing may use it any more. What isn't in it comes into it
// after the next Open.
func (x *Index) Close(ctx context.Context) error {
	x.mu.Lock()
	all, behind := x.all || x.unsure, x.behind
	for room := range x.doubts {
		behind[room] = 0
	}
	x.mu.Unlock()
	var err error
	if !all {
		err = x.db.Write(ctx, func(tx *sql.Tx) error {
			w := newWriting(ctx, tx)
			for room := range behind {
				if err := w.exec(`insert into behind (room) values (?)`, string(room)); err != nil {
					return err
				}
			}
			return w.exec(`update progress set closed = 1`)
		})
	}
	return errors.Join(err, x.db.Close())
}

// Reset empties the index and has it made anew, by Run or by CatchUp.
func (x *Index) Reset(ctx context.Context) error {
	x.follow.Lock()
	defer x.follow.Unlock()
	err := x.db.Write(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx,
			`insert into texts (texts) values ('delete-all'); delete from messages; delete from rooms; delete from people`)
		return err
	})
	if err != nil {
		return fmt.Errorf("empty search index: %w", err)
	}
	x.mu.Lock()
	x.all = true
	x.mu.Unlock()
	x.poke()
	return nil
}

func (x *Index) poke() {
	select {
	case x.wake <- struct{}{}:
	default:
	}
}
