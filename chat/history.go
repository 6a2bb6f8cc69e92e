package chat

import (
	"cmp"
	"context"
	"encoding/binary"
	"errors"

	"snug/durable"
)

// HistoryQuery selects a page: at most one of the positions; none is the newest.
// A seq that isn't there, in the future or below what is kept, is a position like
// any other.
type HistoryQuery struct {
	Before *Seq   // messages with a smaller seq, the nearest ones
	After  *Seq   // messages with a larger seq, the nearest ones
	Around *Seq   // about half before, the message itself, half after
	At     *int64 // Unix milliseconds: around the first message at or after that time
	Limit  int    // 1 to MaxPageLimit; 0: DefaultPageLimit

	undeleted bool // leave deleted messages out
}

// checked returns the query with the limit to use.
func (q HistoryQuery) checked() (HistoryQuery, error) {
	positions := 0
	for _, given := range []bool{q.Before != nil, q.After != nil, q.Around != nil, q.At != nil} {
		if given {
			positions++
		}
	}
	switch {
	case positions > 1:
		return q, bad("Give only one of before, after, around and at.")
	case q.Limit < 0 || q.Limit > MaxPageLimit:
		return q, bad("limit must be 1 to " + decimal(MaxPageLimit) + ".")
	case q.Limit == 0:
		q.Limit = DefaultPageLimit
	}
	return q, nil
}

func (q HistoryQuery) newest() bool {
	return q.Before == nil && q.After == nil && q.Around == nil && q.At == nil
}

// History returns a page of a room's history: a Page, as JSON. It wakes no room and
// waits for none, but for one that is new. Errors that people may see are *Error.
func (s *Service) History(ctx context.Context, a Actor, slug string, q HistoryQuery) ([]byte, error) {
	return s.page(ctx, a, slug, q, (*page).whole)
}

// Newest returns the newest messages of the level 0 room that aren't deleted, oldest
// first: a JSON array of Message.
func (s *Service) Newest(ctx context.Context, a Actor) ([]byte, error) {
	return s.page(ctx, a, Level0Room, HistoryQuery{undeleted: true}, (*page).array)
}

// page reads a page and returns what finish makes of it.
func (s *Service) page(ctx context.Context, a Actor, slug string, q HistoryQuery, finish func(*page)) ([]byte, error) {
	p := s.pages.take()
	defer s.pages.give(p)
	if err := s.readPage(ctx, a, slug, q, p); err != nil {
		return nil, public(err)
	}
	p.stream = toldStream(p.stream, s.cfg.Lineage)
	finish(p)
	return p.copied(), nil
}

// readPage reads a page from what its room has published, and from the store where that
// doesn't reach or the room sleeps. All that was sent and acknowledged before is in
// it: the room publishes what it posts ahead of saying so, and the store is never
// behind that.
func (s *Service) readPage(ctx context.Context, a Actor, slug string, q HistoryQuery, p *page) error {
	q, err := q.checked()
	if err != nil {
		return err
	}
	room, err := s.admit(ctx, a, slug, ActRead)
	if err != nil {
		return err
	}
	stub := s.ns.ByName(string(room.id))
	if err := p.readRoom(ctx, stub, q); !errors.Is(err, errNoStream) {
		return err
	}
	_, err = s.calls.open.Call(ctx, stub, slug)
	var failed *durable.Error
	if errors.As(err, &failed) && failed.Retryable() {
		stub = s.ns.ByName(string(room.id))
		_, err = s.calls.open.Call(ctx, stub, slug) // somebody else's write failed under it
	}
	if err != nil {
		return err
	}
	return p.readRoom(ctx, stub, q)
}

var (
	errNoStream = errors.New("the room is new and has no stream yet")
	errNotHeld  = errors.New("the room doesn't hold these messages in memory")
	errPruned   = &Error{Code: CodeOverloaded, Message: "This room has too much to do. Try again in a moment."}
)

func (p *page) readRoom(ctx context.Context, stub *durable.Stub, q HistoryQuery) error {
	store := storedMessages{ctx, stub}
	shown, awake := stub.Published().(*view)
	if !awake && q.newest() {
		return p.readNewest(q, store)
	}
	var at extent
	if awake {
		if shown.stream == "" {
			return errNoStream
		}
		at = shown.extent
		if q.At == nil {
			if err := p.read(at, q, shown); !errors.Is(err, errNotHeld) {
				return err
			}
		}
	} else {
		var err error
		if at, err = store.extent(); err != nil {
			return err
		}
	}
	if q.At != nil {
		seq, err := seekTime(store, *q.At, at)
		if err != nil {
			return err
		}
		q.At, q.Around = nil, &seq
	}
	// The store may be ahead of at. Newer messages are left out; that older ones are
	// gone shows in the floor.
	for range pageTries {
		if err := p.read(at, q, store); err != nil || q.newest() {
			return err
		}
		meta, err := store.meta()
		if err != nil || meta.Floor == at.floor {
			return err
		}
		at.floor = meta.Floor
	}
	return errPruned
}

// messages is where a page is read from.
type messages interface {
	// each calls fn for the messages with from <= seq < below, in their order or in
	// reverse, until it returns false. stored is valid only during fn.
	each(from, below Seq, reverse bool, fn func(seq Seq, stored []byte) bool) error
}

// read makes the page one of the history that at describes.
func (p *page) read(at extent, q HistoryQuery, from messages) (err error) {
	p.reset(at)
	older := part{page: p, limit: q.Limit, reverse: true}
	newer := part{page: p, limit: q.Limit}
	switch {
	case q.After != nil:
		after := min(*q.After, at.head)
		err = newer.read(from, after+1)
		p.hasNewer, p.hasOlder = newer.more, after > at.floor
	case q.Before != nil:
		before := min(*q.Before, at.head+1)
		err = older.read(from, before)
		p.hasOlder, p.hasNewer = older.more, max(before, at.floor+1) <= at.newest
	case q.Around != nil:
		seq, half := min(*q.Around, at.head+1), q.Limit/2
		newer.limit -= half
		if err = newer.read(from, seq); err != nil {
			return err
		}
		older.limit -= newer.count
		if err = older.read(from, seq); err != nil {
			return err
		}
		if older.count < half && newer.more { // what one side lacks the other has more of
			newer.limit = q.Limit - older.count
			err = newer.read(from, newer.last+1)
		}
		p.hasOlder, p.hasNewer = older.more, newer.more
	default:
		older.undeleted = q.undeleted
		err = older.read(from, at.head+1)
		p.hasOlder = older.more
	}
	return err
}

// readNewest makes the page the newest one. It is one state of the room, read in one
// go.
func (p *page) readNewest(q HistoryQuery, from storedMessages) (err error) {
	p.reset(extent{})
	older := part{page: p, limit: q.Limit, reverse: true, undeleted: q.undeleted}
	p.extent, err = from.fromHead(older.add)
	p.hasOlder = older.more
	return err
}

// part is what a page gets from one side of its position.
type part struct {
	page    *page
	reverse bool
	limit   int // in messages
	count   int
	size    int  // in bytes
	last    Seq  // that was added
	more    bool // there are more beyond

	undeleted bool
	looked    int // messages, where deleted ones are left out
}

// read adds messages from a seq on or, in reverse, from below it.
func (t *part) read(from messages, at Seq) error {
	if t.reverse {
		return from.each(0, at, true, t.add)
	}
	t.more = false
	return from.each(at, t.page.head+1, false, t.add)
}

func (t *part) add(seq Seq, stored []byte) bool {
	if t.undeleted {
		if t.looked++; isDeleted(stored) {
			return t.looked < maxLooked
		}
	}
	t.size += len(stored)
	if t.more = t.count == t.limit || t.size > maxPageBytes && t.count > 0; t.more {
		t.size -= len(stored)
		return false
	}
	if t.reverse {
		t.page.addBefore(stored)
	} else {
		t.page.addBehind(stored)
	}
	t.count++
	t.last = seq
	return true
}

// storedMessages reads a room's storage without its turns. Each call sees one state
// of it, which is the same one or a later one than the call before saw.
type storedMessages struct {
	ctx  context.Context
	stub *durable.Stub
}

func (s storedMessages) each(from, below Seq, reverse bool, fn func(seq Seq, stored []byte) bool) error {
	o := durable.ListOptions{Start: messageKey(from), End: messageKey(below), Reverse: reverse}
	return s.stub.List(s.ctx, o, func(key string, value []byte) bool { return fn(seqOfKey(key), value) })
}

func (s storedMessages) meta() (roomMeta, error) {
	stored, err := s.stub.Get(s.ctx, keyMeta)
	if err != nil {
		return roomMeta{}, err
	}
	return parseMeta(stored)
}

// extent returns what there is.
func (s storedMessages) extent() (extent, error) {
	return s.fromHead(func(Seq, []byte) bool { return false })
}

// fromHead calls fn for the newest messages, newest first, and returns what there
// is of them. Events are read first: they may then be behind the messages, as a client
// that hears of an event twice takes no harm, but not ahead of them.
func (s storedMessages) fromHead(fn func(seq Seq, stored []byte) bool) (at extent, err error) {
	lastEvent, events := Seq(0), Seq(0)
	var broken error
	err = s.Each(durable.ListOptions{Prefix: prefixEvent, Reverse: true, Limit: 1}, func(key string, value []byte) bool {
		var e event
		e, broken = parseEvent(key, value)
		lastEvent, events = lastSeqOf(key), e.Count
		return false
	})
	if err = cmp.Or(err, broken); err != nil {
		return at, err
	}
	const afterMeta = keyMeta + "\x00" // keyMeta comes right behind the messages
	o := durable.ListOptions{Start: messageKey(0), End: afterMeta, Reverse: true}
	err = s.stub.List(s.ctx, o, func(key string, value []byte) bool {
		if key == keyMeta {
			var meta roomMeta
			meta, broken = parseMeta(value)
			at = extent{stream: meta.Stream, head: max(meta.Floor, lastEvent), floor: meta.Floor, newest: meta.Floor,
				events: max(events, meta.Events), pruned: meta.Events}
			return broken == nil
		}
		seq := seqOfKey(key)
		at.head, at.newest = max(at.head, seq), max(at.newest, seq)
		return fn(seq, value)
	})
	if err = errors.Join(err, broken); err == nil && at.stream == "" {
		err = errNoStream
	}
	return at, err
}

func seqOfKey(key string) Seq {
	return Seq(binary.BigEndian.Uint64([]byte(key[len(prefixMessage):])))
}
