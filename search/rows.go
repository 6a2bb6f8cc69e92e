package search

import (
	"context"
	"database/sql"
	"errors"
	"strconv"
	"strings"
	"time"

	"snug/chat"
)

// writing is a transaction that changes the index. It prepares each statement once.
type writing struct {
	ctx      context.Context
	tx       *sql.Tx
	prepared map[string]*sql.Stmt
}

func newWriting(ctx context.Context, tx *sql.Tx) *writing {
	return &writing{ctx, tx, make(map[string]*sql.Stmt)}
}

func (w *writing) statement(query string) (*sql.Stmt, error) {
	if s := w.prepared[query]; s != nil {
		return s, nil
	}
	s, err := w.tx.PrepareContext(w.ctx, query) // closed with the transaction
	if err == nil {
		w.prepared[query] = s
	}
	return s, err
}

func (w *writing) exec(query string, args ...any) error {
	s, err := w.statement(query)
	if err == nil {
		_, err = s.ExecContext(w.ctx, args...)
	}
	return err
}

// get reads one row; false: there is none.
func (w *writing) get(query string, args []any, into ...any) (found bool, err error) {
	s, err := w.statement(query)
	if err == nil {
		err = s.QueryRowContext(w.ctx, args...).Scan(into...)
	}
	if errors.Is(err, sql.ErrNoRows) {
		return false, nil
	}
	return err == nil, err
}

// place is where the index stands in a room.
type place struct {
	room     int64
	public   bool
	stream   string
	position chat.Seq
}

// enter finds the room's place, or makes it. A room with another history begins anew, and
// so does one that was public and isn't, or the other way round: what it had is taken out
// first, at most limit messages each time. Until all of it is, its place is of no stream.
func (w *writing) enter(room chat.RoomID, stream string, public bool, limit int) (p place, err error) {
	known, err := w.get(`select id, public, stream, position from rooms where room = ?`, []any{string(room)}, &p.room, &p.public, &p.stream, &p.position)
	switch {
	case err != nil:
		return p, err
	case !known:
		p.stream, p.public = stream, public
		_, err = w.get(`insert into rooms (room, public, stream, position) values (?, ?, ?, 0) returning id`, []any{string(room), public, stream}, &p.room)
		return p, err
	case p.stream == stream && p.public == public:
		return p, nil
	}
	p.stream, p.public, p.position = "", public, 0
	var through sql.NullInt64
	if _, err := w.get(`select max(seq) from (select seq from messages where room = ? order by seq limit ?)`, []any{p.room, limit}, &through); err != nil {
		return p, err
	}
	if !through.Valid {
		p.stream = stream
	} else if err := w.drop(p.room, chat.Seq(through.Int64)); err != nil {
		return p, err
	}
	return p, w.exec(`update rooms set stream = ?, public = ?, position = 0 where id = ?`, p.stream, public, p.room)
}

// endOfSeqs is above all seqs.
const endOfSeqs = chat.Seq(1) << 62

// drop takes a room's messages out up to a seq, that one too.
func (w *writing) drop(room int64, through chat.Seq) error {
	err := w.exec(`delete from texts where rowid in (select id from messages where room = ? and seq <= ?)`, room, int64(through))
	if err != nil {
		return err
	}
	return w.exec(`delete from messages where room = ? and seq <= ?`, room, int64(through))
}

// put brings a message into the index as it is now. One that was deleted goes out.
func (w *writing) put(p place, m *chat.Message) error {
	var id int64
	known, err := w.get(`select id from messages where room = ? and seq = ?`, []any{p.room, int64(m.Seq)}, &id)
	if err != nil {
		return err
	}
	if known {
		if err := w.exec(`delete from texts where rowid = ?`, id); err != nil {
			return err
		}
	}
	if m.DeletedAt != 0 || m.Type != chat.TypeText {
		if known {
			return w.exec(`delete from messages where id = ?`, id)
		}
		return nil
	}
	if !known {
		if id, err = w.newID(m.Timestamp); err != nil {
			return err
		}
		if err := w.exec(`insert into messages (id, room, seq) values (?, ?, ?)`, id, p.room, int64(m.Seq)); err != nil {
			return err
		}
	}
	author, err := w.person(m.UserID, m.UserName)
	if err != nil {
		return err
	}
	return w.exec(`insert into texts (rowid, tokens) values (?, ?)`, id, tokensOf(m, p, author))
}

// idsPerSecond is how many ids each second has.
const idsPerSecond = 1 << 12

// idOf returns the first id of a time.
func idOf(at time.Time) int64 { return at.Unix() * idsPerSecond }

// newID returns an id of the second of a message that no other has. Where a second has
// more messages than ids, the next ones lend theirs.
func (w *writing) newID(timestamp int64) (int64, error) {
	for first := idOf(time.UnixMilli(timestamp)); ; first += idsPerSecond {
		var last sql.NullInt64
		const query = `select max(id) from messages where id >= ? and id < ?`
		if _, err := w.get(query, []any{first, first + idsPerSecond}, &last); err != nil {
			return 0, err
		}
		switch {
		case !last.Valid:
			return first, nil
		case last.Int64+1 < first+idsPerSecond:
			return last.Int64 + 1, nil
		}
	}
}

// person notes who writes under which name, and returns their number.
func (w *writing) person(id chat.UserID, name string) (number int64, err error) {
	folded := string(fold(name).runes)
	var was string
	known, err := w.get(`select id, name from people where user_id = ?`, []any{string(id)}, &number, &was)
	switch {
	case err != nil || known && was == folded:
	case known:
		err = w.exec(`update people set name = ? where id = ?`, folded, number)
	default:
		_, err = w.get(`insert into people (user_id, name) values (?, ?) returning id`, []any{string(id), folded}, &number)
	}
	return number, err
}

// tokensOf returns the tokens of a message.
func tokensOf(m *chat.Message, p place, author int64) string {
	var t tokens
	t.add('u', []rune(strconv.FormatInt(author, 10))...)
	for _, k := range has(m) {
		t.add('h', []rune(k)...)
	}
	t.addText(fold(m.Content).runes)
	for _, a := range m.Attachments {
		t.addText(fold(a.Name).runes)
	}
	if p.public {
		return roomToken(p.room) + " " + publicToken + " " + t.text("")
	}
	return roomToken(p.room) + " " + t.text(own(p.room))
}

// has returns those of kinds that a message has.
func has(m *chat.Message) (list []string) {
	if strings.Contains(m.Content, "http://") || strings.Contains(m.Content, "https://") {
		list = append(list, "link")
	}
	if strings.Contains(m.Content, "`") {
		list = append(list, "code")
	}
	if len(m.Attachments) > 0 {
		list = append(list, "file")
	}
	for _, a := range m.Attachments {
		if kind, _, _ := strings.Cut(a.MIME, "/"); kind == "image" || kind == "video" || kind == "audio" {
			list = append(list, kind)
		}
	}
	return list
}
