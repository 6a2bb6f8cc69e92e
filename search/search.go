package search

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"snug/chat"
	"snug/db"
)

const (
	// pageHits is how many hits a page has.
	pageHits = 30
	// bestOf is among how many hits the best are looked for: the newest ones.
	bestOf = 500
	// maxLooked is how many messages one search reads in their rooms before it answers
	// with what it has, and chunk how many at a time.
	maxLooked = 20_000
	chunk     = 200
	// maxAsked tokens of words are asked for in all rooms together that aren't public: whoever
	// is in many asks for fewer in each, and looks at more messages instead.
	maxAsked = 400
	// maxAuthors is how many pairs of such a room and an author are asked for: from: with a
	// name that many have, in a thousand rooms, would be 20,000 and more.
	maxAuthors = 4000
	// searchTime is after how long it does so too, and hardTime after how long it gives up.
	searchTime = time.Second
	hardTime   = 5 * time.Second
)

// Order is how hits are sorted.
type Order string

// The orders.
const (
	Newest Order = "newest"
	Best   Order = "best"
)

// Request is a search. Text may hold operators: from:, in:, before:, after:, on:, has:,
// phrases in quotes and words with a minus.
type Request struct {
	Text   string
	Room   string         // slug; "": all
	Order  Order          // "": Newest
	Cursor string         // of the page before
	Where  *time.Location // whose days count; nil: UTC
}

// Hit is a message that was found. Marks are where the words stand in its content, each
// from where to where, in UTF-16 units.
type Hit struct {
	Room    string       `json:"room"`
	Message chat.Message `json:"message"`
	Marks   [][2]int     `json:"marks"`
}

// Results is a page of hits. With Cursor there may be more: a page can be empty then, if
// the search had to look at very many messages.
type Results struct {
	Hits   []Hit  `json:"hits"`
	Cursor string `json:"cursor,omitempty"`
}

// Search finds messages that somebody may see. What was posted less than a second ago
// may be missing. Errors that people may see are *chat.Error.
func (x *Index) Search(ctx context.Context, who chat.Actor, r Request) (Results, error) {
	none := Results{Hits: []Hit{}}
	if r.Where == nil {
		r.Where = time.UTC
	}
	q, err := parse(r.Text, r.Where, x.cfg.Now())
	if err != nil || !q.written {
		return none, err
	}
	if r.Room != "" {
		if len(q.in) > 0 && !slices.Contains(q.in, r.Room) {
			return none, nil // nothing is in both
		}
		q.in = []string{r.Room}
	}
	ctx, cancel := context.WithTimeout(ctx, hardTime)
	defer cancel()
	s := &searching{Index: x, ctx: ctx, who: who, query: q, slugs: make(map[chat.RoomID]string), begun: x.cfg.Now()}
	if s.below, err = upTo(q, r.Cursor); err != nil {
		return none, err
	}
	found := none
	switch r.Order {
	case "", Newest:
		found, err = s.newest(pageHits)
	case Best:
		if found, err = s.newest(bestOf); err == nil {
			found = Results{Hits: best(found.Hits, q, s.begun)}
		}
	default:
		err = bad("sort must be newest or best.")
	}
	if errors.Is(err, context.DeadlineExceeded) {
		err = &chat.Error{Code: chat.CodeOverloaded, Message: "This search takes too long. Add a word, or say in which room.", Err: err}
	}
	return found, err
}

// upTo returns below which id a search begins.
func upTo(q query, cursor string) (int64, error) {
	below := int64(math.MaxInt64)
	if !q.before.IsZero() {
		below = idOf(q.before)
	}
	if cursor == "" {
		return below, nil
	}
	id, err := strconv.ParseInt(cursor, 36, 64)
	if err != nil || id <= 0 {
		return 0, bad("cursor isn't one of this server's.")
	}
	return min(below, id), nil
}

// searching is a search under way.
type searching struct {
	*Index
	ctx    context.Context
	who    chat.Actor
	query  query
	below  int64                  // the id below which it goes on
	slugs  map[chat.RoomID]string // of rooms that were asked about; "": not to be seen
	begun  time.Time
	looked int
}

// newest returns the newest hits.
func (s *searching) newest(limit int) (Results, error) {
	found := Results{Hits: []Hit{}}
	match, possible, err := s.expression()
	if err != nil || !possible {
		return found, err
	}
	for {
		list, err := s.candidates(match)
		if err != nil {
			return found, err
		}
		for _, c := range list {
			hit, ok := s.check(c)
			s.below = c.id
			if ok {
				found.Hits = append(found.Hits, hit)
			}
			if len(found.Hits) == limit || s.cfg.Now().Sub(s.begun) > searchTime {
				found.Cursor = strconv.FormatInt(s.below, 36)
				return found, nil
			}
		}
		if len(list) < chunk {
			return found, nil
		}
		if s.looked += len(list); s.looked >= maxLooked {
			found.Cursor = strconv.FormatInt(s.below, 36)
			return found, nil
		}
	}
}

// view is where a search looks: in a room, or in all that everybody sees (number 0).
type view struct {
	number int64
	public bool
}

// expression returns what the index is asked for; false: nothing can be found. It asks for
// nothing that stands in a room that may not be seen: what is only looked at afterwards
// takes time, and time tells how often somebody said something where others may not read.
func (s *searching) expression() (match string, possible bool, err error) {
	var terms, kinds tokens
	for _, t := range s.query.terms {
		terms.addTerm(t.runes)
	}
	for _, k := range s.query.has {
		kinds.add('h', []rune(k)...)
	}
	var views []view
	var authors []string
	err = s.db.Read(s.ctx, func(tx *sql.Tx) (err error) {
		if views, err = s.views(tx); err != nil {
			return err
		}
		for _, name := range s.query.from {
			const query = `select 'u' || id from people where lower(user_id) = ?1 or name = ?1 or substr(name, 1, length(?1) + 1) = ?1 || ' ' limit 20`
			found, err := texts(s.ctx, tx, query, name)
			if err != nil {
				return err
			}
			authors = append(authors, found...)
		}
		return nil
	})
	if err != nil || len(s.query.from) > 0 && len(authors) == 0 {
		return "", false, err
	}
	if len(views)*len(authors) > maxAuthors {
		return "", false, bad("This search asks for many people in many rooms. Say in which room.")
	}
	most := max(maxAsked/max(len(views), 1), 1)
	var any []string
	for _, v := range views {
		list := terms.list
		if !v.public {
			list = some(list, most)
		}
		any = append(any, v.expression(slices.Concat(list, kinds.list), authors))
	}
	return strings.Join(any, " OR "), len(any) > 0, nil
}

// expression asks for the messages there that have all of some tokens, and are by any of
// some authors; without either for all there are.
func (v view) expression(list, authors []string) string {
	prefix := ""
	if !v.public {
		prefix = own(v.number)
	}
	var parts []string
	for _, t := range list {
		parts = append(parts, quoted(prefix+t))
	}
	if len(authors) > 0 {
		any := make([]string, len(authors))
		for i, u := range authors {
			any[i] = quoted(prefix + u)
		}
		parts = append(parts, "("+strings.Join(any, " OR ")+")")
	}
	switch {
	case v.number != 0 && (v.public || len(parts) == 0):
		parts = append(parts, quoted(roomToken(v.number)))
	case len(parts) == 0:
		parts = append(parts, quoted(publicToken))
	}
	return "(" + strings.Join(parts, " AND ") + ")"
}

// views returns where to look: in the rooms that the query names, or in all that may be
// seen. Those that the index doesn't know yet are left out.
func (s *searching) views(tx *sql.Tx) (list []view, err error) {
	rooms := make([]chat.RoomID, 0, len(s.query.in))
	which := ""
	if len(s.query.in) == 0 {
		list = append(list, view{public: true})
		if rooms, err = s.cfg.Rooms.OwnRooms(s.ctx, s.who); err != nil {
			return nil, err
		}
		which = ` where r.public = 0`
	}
	for _, slug := range s.query.in {
		room, err := s.cfg.Rooms.FindRoom(s.ctx, s.who, slug)
		if err != nil {
			return nil, err
		}
		rooms = append(rooms, room)
	}
	ids, err := json.Marshal(rooms)
	if err != nil {
		return nil, err
	}
	query := `select r.id, r.public from json_each(?) v join rooms r on r.room = v.value` + which
	err = db.Each(s.ctx, tx, query, []any{string(ids)}, func(scan func(...any) error) error {
		var v view
		err := scan(&v.number, &v.public)
		list = append(list, v)
		return err
	})
	return list, err
}

func quoted(token string) string { return `"` + strings.ReplaceAll(token, `"`, `""`) + `"` }

// candidate is a message that may be a hit.
type candidate struct {
	id      int64
	room    chat.RoomID
	seq     chat.Seq
	message *chat.Message // nil: it is gone
}

// candidates returns the next ones, newest first, with their messages.
func (s *searching) candidates(match string) (list []candidate, err error) {
	const query = `select m.id, r.room, m.seq
		from (select rowid as id from texts where rowid < ?1 and rowid >= ?2 and texts match ?4 order by rowid desc limit ?3) t
		join messages m on m.id = t.id join rooms r on r.id = m.room order by m.id desc`
	args := []any{s.below, idOf(s.query.since), chunk, match}
	err = s.db.Read(s.ctx, func(tx *sql.Tx) (err error) {
		rows, err := tx.QueryContext(s.ctx, query, args...)
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, rows.Close()) }()
		for rows.Next() {
			var c candidate
			if err := rows.Scan(&c.id, &c.room, &c.seq); err != nil {
				return err
			}
			list = append(list, c)
		}
		return rows.Err()
	})
	if err != nil {
		return nil, fmt.Errorf("ask search index: %w", err)
	}
	return list, s.read(list)
}

// read gets the messages of candidates in rooms that may be seen.
func (s *searching) read(list []candidate) error {
	wanted := make(map[chat.RoomID][]chat.Seq)
	for _, c := range list {
		wanted[c.room] = append(wanted[c.room], c.seq)
	}
	type key struct {
		room chat.RoomID
		seq  chat.Seq
	}
	got := make(map[key]*chat.Message)
	for room, seqs := range wanted {
		if _, asked := s.slugs[room]; !asked {
			slug, visible, err := s.cfg.Rooms.VisibleSlug(s.ctx, s.who, room)
			if err != nil {
				return err
			}
			if !visible {
				slug = ""
			}
			s.slugs[room] = slug
		}
		if s.slugs[room] == "" {
			continue
		}
		messages, err := s.cfg.Rooms.Messages(s.ctx, room, seqs)
		if err != nil {
			return err
		}
		for i := range messages {
			got[key{room, messages[i].Seq}] = &messages[i]
		}
	}
	for i, c := range list {
		list[i].message = got[key{c.room, c.seq}]
	}
	return nil
}

// check reports whether a candidate is a hit, by what its message says now.
func (s *searching) check(c candidate) (Hit, bool) {
	m := c.message
	if m == nil || m.DeletedAt != 0 {
		return Hit{}, false
	}
	at := time.UnixMilli(m.Timestamp)
	if !s.query.before.IsZero() && !at.Before(s.query.before) || at.Before(s.query.since) {
		return Hit{}, false
	}
	marks, ok := s.query.match(m)
	if !ok {
		return Hit{}, false
	}
	return Hit{Room: s.slugs[c.room], Message: *m, Marks: marks}, true
}

// best returns a page of the hits that fit best: those in which the terms stand as whole
// words, next to each other and often, that others took note of, and that are newer.
func best(hits []Hit, q query, now time.Time) []Hit {
	type scored struct {
		Hit
		score float64
	}
	list := make([]scored, len(hits))
	for i, h := range hits {
		list[i] = scored{h, score(h, q, now)}
	}
	slices.SortStableFunc(list, func(a, b scored) int { return cmp.Compare(b.score, a.score) })
	sorted := make([]Hit, 0, min(len(list), pageHits))
	for _, h := range list[:min(len(list), pageHits)] {
		sorted = append(sorted, h.Hit)
	}
	return sorted
}

func score(h Hit, q query, now time.Time) (sum float64) {
	text := fold(h.Message.Content).runes
	behind := -2 // where the term before ended
	for _, t := range q.terms {
		places := t.find(text, 8)
		if len(places) == 0 {
			continue
		}
		value := 0.0
		for _, i := range places {
			end := i + len(t.runes)
			begins := i == 0 || kindOf(text[i-1]) != letter
			ends := end == len(text) || kindOf(text[end]) != letter
			switch {
			case begins && ends:
				value = max(value, 3)
			case begins:
				value = max(value, 2)
			default:
				value = max(value, 1)
			}
			if i == behind+1 {
				value += 2
			}
		}
		sum += value + 0.5*math.Log2(float64(len(places)))
		behind = places[0] + len(t.runes)
	}
	noted := len(h.Message.Reactions)
	if h.Message.Pinned {
		noted += 3
	}
	if r := h.Message.Replies; r != nil {
		noted += min(r.Count, 3)
	}
	days := now.Sub(time.UnixMilli(h.Message.Timestamp)).Hours() / 24
	return sum + 0.3*float64(min(noted, 6)) - 0.3*math.Log2(1+max(days, 0))
}
