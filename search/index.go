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
	"strconv"
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
	// Events returns what is durable of a room's events behind after: at most limit.
	Events(ctx context.Context, room chat.RoomID, after chat.Seq, limit int) (chat.Events, error)
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
	if errors.Is(err, db.ErrDamaged) || errors.Is(err, db.ErrNewer) || errors.Is(err, db.ErrForeign) {
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

// idOf returns the first id of a second.
func idOf(at time.Time) int64 { return at.Unix() << 12 }

// place is where the index stands in a room.
type place struct {
	id       int64
	stream   string
	position chat.Seq
}

// enter finds the room's place, or makes it. A room with another history begins anew.
func enter(ctx context.Context, tx *sql.Tx, room chat.RoomID, stream string) (place, error) {
	var p place
	const find = `select id, stream, position from rooms where room = ?`
	err := tx.QueryRowContext(ctx, find, string(room)).Scan(&p.id, &p.stream, &p.position)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		const add = `insert into rooms (room, stream, position) values (?, ?, 0) returning id`
		p.stream = stream
		return p, tx.QueryRowContext(ctx, add, string(room), stream).Scan(&p.id)
	case err != nil || p.stream == stream:
		return p, err
	}
	if err := dropBelow(ctx, tx, p.id, -1); err != nil {
		return p, err
	}
	p.stream, p.position = stream, 0
	_, err = tx.ExecContext(ctx, `update rooms set stream = ?, position = 0 where id = ?`, stream, p.id)
	return p, err
}

// dropBelow takes messages out up to a seq, that one too; -1: all of the room.
func dropBelow(ctx context.Context, tx *sql.Tx, room int64, seq chat.Seq64) error {
	const texts = `delete from texts where rowid in (select id from messages where room = ? and (? < 0 or seq <= ?))`
	if _, err := tx.ExecContext(ctx, texts, room, seq, seq); err != nil {
		return err
	}
	_, err := tx.ExecContext(ctx, `delete from messages where room = ? and (? < 0 or seq <= ?)`, room, seq, seq)
	return err
}

// put brings a message into the index as it is now. One that was deleted goes out of it.
func put(ctx context.Context, tx *sql.Tx, room int64, m *chat.Message) error {
	var id int64
	err := tx.QueryRowContext(ctx, `select id from messages where room = ? and seq = ?`, room, m.Seq).Scan(&id)
	switch {
	case err == nil:
		if _, err := tx.ExecContext(ctx, `delete from texts where rowid = ?`, id); err != nil {
			return err
		}
	case !errors.Is(err, sql.ErrNoRows):
		return err
	}
	known := err == nil
	if m.DeletedAt != 0 || m.Type != chat.TypeText {
		if known {
			_, err = tx.ExecContext(ctx, `delete from messages where id = ?`, id)
			return err
		}
		return nil
	}
	if !known {
		if id, err = newID(ctx, tx, m.Timestamp); err != nil {
			return err
		}
		const add = `insert into messages (id, room, seq) values (?, ?, ?)`
		if _, err := tx.ExecContext(ctx, add, id, room, m.Seq); err != nil {
			return err
		}
	}
	author, err := person(ctx, tx, m.UserID, m.UserName)
	if err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, `insert into texts (rowid, tokens) values (?, ?)`, id, tokensOf(m, room, author))
	return err
}

// newID returns an id of the second of a message that no other has. Where one second
// has more messages than ids, the next ones lend theirs.
func newID(ctx context.Context, tx *sql.Tx, timestamp int64) (int64, error) {
	first := idOf(time.UnixMilli(timestamp))
	var last sql.NullInt64
	const query = `select max(id) from messages where id >= ? and id < ?`
	for second := first; ; second += 1 << 12 {
		err := tx.QueryRowContext(ctx, query, second, second+1<<12).Scan(&last)
		switch {
		case err != nil:
			return 0, err
		case !last.Valid:
			return second, nil
		case last.Int64+1 < second+1<<12:
			return last.Int64 + 1, nil
		}
	}
}

// person notes who writes under which name, and returns their number.
func person(ctx context.Context, tx *sql.Tx, id chat.UserID, name string) (number int64, err error) {
	const put = `insert into people (user_id, name) values (?, ?)
		on conflict (user_id) do update set name = excluded.name returning id`
	return number, tx.QueryRowContext(ctx, put, string(id), string(fold(name).runes)).Scan(&number)
}

// tokensOf returns the tokens of a message.
func tokensOf(m *chat.Message, room, author int64) string {
	var t tokens
	t.add('r', []rune(strconv.FormatInt(room, 10))...)
	t.add('u', []rune(strconv.FormatInt(author, 10))...)
	for _, k := range has(m) {
		t.add('h', []rune(k)...)
	}
	t.addText(fold(m.Content).runes)
	for _, a := range m.Attachments {
		t.addText(fold(a.Name).runes)
	}
	return t.text()
}
