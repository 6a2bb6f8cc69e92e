package attention

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"math"
	"slices"
	"strings"

	"snug/chat"
	"snug/db"
)

// Item is something in a person's inbox.
type Item struct {
	ID       int64           `json:"id"` // rises with the time at which it came in
	Kind     chat.NoticeKind `json:"kind"`
	Room     string          `json:"room"`
	RoomName string          `json:"roomName"` // as in a chat.Notice
	RoomKind chat.RoomKind   `json:"roomKind"`
	Message  chat.Message    `json:"message"` // as it is now
	At       int64           `json:"at"`
	Read     bool            `json:"read"`
}

// InboxPage is a piece of an inbox, the newest first.
type InboxPage struct {
	Items    []Item `json:"items"`
	Unread   int    `json:"unread"` // of all there are
	HasOlder bool   `json:"hasOlder"`
}

// InboxQuery selects a piece of an inbox.
type InboxQuery struct {
	Before int64 // items with a smaller id; 0: the newest
	Limit  int   // 1 to 100; 0: 30
}

// Ticks is what somebody ticks off.
type Ticks struct {
	Through int64   `json:"through,omitempty"` // all up to this item, 0: none but IDs
	IDs     []int64 `json:"ids,omitempty" openapi:"maxItems=100"`
}

// InboxCount is how much of an inbox is unread.
type InboxCount struct {
	Unread int `json:"unread"`
}

// inboxLine is an item without what it is about.
type inboxLine struct {
	id     int64
	kind   chat.NoticeKind
	room   room
	seq    chat.Seq
	root   chat.Seq
	at     int64
	ticked bool
}

func (l inboxLine) read(marks chat.Marks) bool {
	return l.ticked || marks.Read(chat.Place{Room: l.room.id, Root: l.root}, l.seq)
}

// lines returns all that a person may have in their inbox, the newest first: their own, and
// the calls of the rooms that they were members of then. It is one query.
func (s *Service) lines(ctx context.Context, id chat.UserID) (list []inboxLine, err error) {
	const query = `with calls as (
			select n.id, n.kind, n.room_id, n.seq, n.root, n.at, n.by_user from members m
				join notices n on n.user_id is null and n.room_id = m.room_id
				where m.user_id = ?1 and m.role <> '' and m.joined_at <= n.at and m.room_id not in (select id from rooms where slug = ?3)
			union all select n.id, n.kind, n.room_id, n.seq, n.root, n.at, n.by_user from rooms r
				join notices n on n.user_id is null and n.room_id = r.id
				where r.slug = ?3 and n.at >= (select created_at from users where id = ?1)),
		mine as (
			select n.id, n.kind, n.room_id, n.seq, n.root, n.at from notices n where n.user_id = ?1
			union all select * from (
				select n.id, n.kind, n.room_id, n.seq, n.root, n.at from calls n where n.by_user <> ?1
				and not exists (select 1 from notices o where o.room_id = n.room_id and o.seq = n.seq and coalesce(o.user_id, '') = ?1)
				order by n.id desc limit ?2))
		select n.id, n.kind, n.room_id, r.slug, r.name, r.kind, n.seq, n.root, n.at,
			n.id <= coalesce((select read_through from attention_settings where user_id = ?1), 0)
				or exists (select 1 from inbox_reads t where t.user_id = ?1 and t.notice_id = n.id)
		from mine n join rooms r on r.id = n.room_id
		where r.deleted_at is null
			and (r.kind = 'public' or exists (select 1 from members m where m.room_id = n.room_id and m.user_id = ?1 and m.role <> ''))
		order by n.id desc`
	err = s.cfg.DB.Read(ctx, func(tx *sql.Tx) error {
		list = nil
		return db.Each(ctx, tx, query, []any{string(id), maxKept, chat.Level0Room}, func(scan func(...any) error) error {
			var l inboxLine
			err := scan(&l.id, &l.kind, &l.room.id, &l.room.slug, &l.room.name, &l.room.kind, &l.seq, &l.root, &l.at, &l.ticked)
			list = append(list, l)
			return err
		})
	})
	if err != nil {
		return nil, fmt.Errorf("read inbox: %w", err)
	}
	return list, nil
}

// marks returns the marks that say what of some lines is read.
func (s *Service) marks(ctx context.Context, id chat.UserID, lines []inboxLine) (chat.Marks, error) {
	threads := slices.ContainsFunc(lines, func(l inboxLine) bool { return l.root != 0 && !l.ticked })
	return s.cfg.Rooms.MarksOf(ctx, id, threads)
}

// Mentions counts what speaks to a person and isn't read, by rooms: at most 100 in each.
func (s *Service) Mentions(ctx context.Context, id chat.UserID) (map[chat.RoomID]int, error) {
	lines, err := s.lines(ctx, id)
	if err != nil || len(lines) == 0 {
		return nil, err
	}
	marks, err := s.marks(ctx, id, lines)
	if err != nil {
		return nil, err
	}
	counts := make(map[chat.RoomID]int)
	for _, l := range lines {
		speaks := l.kind == chat.NoticeMention || l.kind == chat.NoticeReply || l.kind == chat.NoticeCall
		if speaks && !l.read(marks) {
			counts[l.room.id] = min(counts[l.room.id]+1, maxCounted)
		}
	}
	return counts, nil
}

// Inbox returns a piece of a person's inbox. What is about messages that are gone is
// forgotten on the way, so that there may be fewer items than there could be.
func (s *Service) Inbox(ctx context.Context, id chat.UserID, q InboxQuery) (InboxPage, error) {
	page := InboxPage{Items: []Item{}}
	if q.Limit = cmp.Or(q.Limit, defaultPage); q.Limit < 1 || q.Limit > maxPage {
		return page, bad(fmt.Sprintf("limit must be a whole number from 1 to %d.", maxPage))
	}
	lines, err := s.lines(ctx, id)
	if err != nil {
		return page, err
	}
	marks, err := s.marks(ctx, id, lines)
	if err != nil {
		return page, err
	}
	var gone []int64
	named := s.naming(ctx, id)
	for _, l := range lines {
		read := l.read(marks)
		switch {
		case q.Before > 0 && l.id >= q.Before || page.HasOlder:
		case len(page.Items) == q.Limit:
			page.HasOlder = true
		default:
			m, there, err := s.message(ctx, delivery{room: l.room.id, seq: l.seq})
			if err != nil {
				return page, err
			}
			if !there {
				gone = append(gone, l.id)
				continue
			}
			name, err := named(l.room, &m)
			if err != nil {
				return page, err
			}
			page.Items = append(page.Items, Item{
				ID: l.id, Kind: l.kind, Room: l.room.slug, RoomName: name, RoomKind: l.room.kind, Message: m, At: l.at, Read: read,
			})
		}
		if !read {
			page.Unread++
		}
	}
	return page, s.forget(ctx, gone)
}

// forget removes notices.
func (s *Service) forget(ctx context.Context, ids []int64) error {
	if len(ids) == 0 {
		return nil
	}
	err := s.cfg.DB.Write(ctx, func(tx *sql.Tx) error {
		for _, id := range ids {
			if _, err := tx.ExecContext(ctx, `delete from notices where id = ?`, id); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("forget what is gone: %w", err)
	}
	return nil
}

// ReadInbox ticks items off: they are read whatever the marks say.
func (s *Service) ReadInbox(ctx context.Context, id chat.UserID, t Ticks) (InboxCount, error) {
	switch {
	case t.Through == 0 && len(t.IDs) == 0:
		return InboxCount{}, bad("Say what is read: through, the id of an item up to which all is, or ids.")
	case t.Through < 0:
		return InboxCount{}, bad("through must be the id of an item.")
	case len(t.IDs) > maxTicked:
		return InboxCount{}, bad(fmt.Sprintf("At most %d items can be named at once. To mark all up to one, name that with through.", maxTicked))
	}
	err := s.cfg.DB.Write(ctx, func(tx *sql.Tx) error {
		if t.Through > 0 {
			const through = `insert into attention_settings (user_id, read_through)
				values (?1, min(?2, coalesce((select max(id) from notices), 0)))
				on conflict (user_id) do update set read_through = max(read_through, excluded.read_through)`
			if _, err := tx.ExecContext(ctx, through, string(id), t.Through); err != nil {
				return err
			}
			const covered = `delete from inbox_reads where user_id = ? and notice_id <= ?`
			if _, err := tx.ExecContext(ctx, covered, string(id), t.Through); err != nil {
				return err
			}
		}
		if len(t.IDs) == 0 {
			return nil
		}
		args := []any{string(id), string(id), chat.Level0Room, string(id), string(id)}
		for _, item := range t.IDs {
			args = append(args, item)
		}
		query := `insert into inbox_reads (user_id, notice_id) select ?, n.id from notices n
			where (n.user_id = ? or n.user_id is null and (n.room_id in (select id from rooms where slug = ?)
				or exists (select 1 from members m where m.room_id = n.room_id and m.user_id = ? and m.role <> '')))
			and n.id > coalesce((select read_through from attention_settings where user_id = ?), 0)
			and n.id in (?` + strings.Repeat(", ?", len(t.IDs)-1) + `) on conflict do nothing`
		_, err := tx.ExecContext(ctx, query, args...)
		return err
	})
	if err != nil {
		return InboxCount{}, fmt.Errorf("tick items off: %w", err)
	}
	s.cfg.Rooms.AttentionChanged(id)
	return s.unread(ctx, id)
}

// ReadAll ticks off all that a person has in their inbox.
func (s *Service) ReadAll(ctx context.Context, id chat.UserID) error {
	_, err := s.ReadInbox(ctx, id, Ticks{Through: math.MaxInt64})
	return err
}

func (s *Service) unread(ctx context.Context, id chat.UserID) (n InboxCount, err error) {
	lines, err := s.lines(ctx, id)
	if err != nil {
		return n, err
	}
	marks, err := s.marks(ctx, id, lines)
	if err != nil {
		return n, err
	}
	for _, l := range lines {
		if !l.read(marks) {
			n.Unread++
		}
	}
	return n, nil
}
