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
	// Messages returns those of the messages that are there, as they are now.
	Messages(ctx context.Context, room chat.RoomID, seqs []chat.Seq) ([]chat.Message, error)
	// FindRoom returns the room of a slug for somebody who may see it, and
	// chat.CodeNotFound where there is none for them.
	FindRoom(ctx context.Context, who chat.Actor, slug string) (chat.RoomID, error)
	// VisibleSlug returns the slug of a room, or false for who may not see it.
	VisibleSlug(ctx context.Context, who chat.Actor, room chat.RoomID) (string, bool, error)
}

// Config of an Index. All but Logger and Now are required.
type Config struct {
	Path   string // of the file
	Rooms  Rooms
	Logger *slog.Logger     // nil: nothing is logged
	Now    func() time.Time // nil: time.Now
}

// Index is the index of all messages. Its methods may be called concurrently. Run keeps
// it up to date; end it with Close once Run has returned.
type Index struct {
	cfg Config
	db  *db.DB

	mu     sync.Mutex
	behind map[chat.RoomID]chat.Seq // rooms with something new, up to where
	all    bool                     // look at every room
	wake   chan struct{}            // has place for one
	follow sync.Mutex               // held by who brings it up to date
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
	x := &Index{cfg: c, db: d, behind: make(map[chat.RoomID]chat.Seq), wake: make(chan struct{}, 1)}
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

// begin finds out whether the index was whole when it was closed. If it wasn't, every
// room is looked at.
func (x *Index) begin(ctx context.Context) error {
	err := x.db.Write(ctx, func(tx *sql.Tx) error {
		var whole bool
		if err := tx.QueryRowContext(ctx, `select whole from progress`).Scan(&whole); err != nil {
			return err
		}
		x.all = !whole
		_, err := tx.ExecContext(ctx, `update progress set whole = 0`)
		return err
	})
	if err != nil {
		return fmt.Errorf("open search index: %w", err)
	}
	return nil
}

// Close closes the index. Nothing may use it any more.
func (x *Index) Close(ctx context.Context) error {
	x.mu.Lock()
	whole := !x.all && len(x.behind) == 0
	x.mu.Unlock()
	var err error
	if whole {
		err = x.db.Write(ctx, func(tx *sql.Tx) error {
			_, err := tx.ExecContext(ctx, `update progress set whole = 1`)
			return err
		})
	}
	return errors.Join(err, x.db.Close())
}
