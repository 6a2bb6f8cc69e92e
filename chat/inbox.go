package chat

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"snug/durable"
)

// Inbox is what is a person's alone: an object per person, by their id. Rooms don't
// wake it: what is unread follows from a room's head and the mark here.
type Inbox struct {
	now     func() time.Time
	noticed func(context.Context, RoomID, notice) error // tells a room that its notice has been taken
	st      *durable.State
	writes  posts // of the person, as long as the object is awake
}

// Storage of an inbox. A room is named by the name of its object.
const (
	prefixRead   = "r/" // a room: roomMark
	prefixFollow = "f/" // a room, 0, and the 8 bytes of a thread's root: follow
	prefixDraft  = "d/" // a room, 0, and the id of a thread's root: draft
)

func readKey(room RoomID) string { return prefixRead + string(room) }

func followKey(room RoomID, root Seq) string {
	return seqKey(prefixFollow+string(room)+"\x00", root)
}

func draftKey(room RoomID, thread MessageID) string {
	return prefixDraft + string(room) + "\x00" + string(thread)
}

// roomOfKey reads the room of a key.
func roomOfKey(key string) RoomID {
	room, _, _ := strings.Cut(key[len(prefixRead):], "\x00")
	return RoomID(room)
}

// roomMark is how far a person has read a room.
type roomMark struct {
	Read Seq `json:"read"`
	// Back: it was put back, so that what is above it is unread, whosever it is.
	Back bool `json:"back,omitempty"`
}

// follow is what a person has to do with a thread.
type follow struct {
	Root      MessageID `json:"root"`
	Following bool      `json:"following"`
	Read      Seq       `json:"read"` // of its replies
	At        int64     `json:"at"`   // when this was last changed
}

// draft is a Draft as it is stored. One without content says since when there is none.
type draft struct {
	Content   string    `json:"content"`
	ReplyTo   MessageID `json:"replyTo,omitempty"`
	UpdatedAt int64     `json:"updatedAt"`
}

// What a person writes into their inbox at most, so that nobody keeps the disk busy.
func inboxRate() Rate { return Rate{Limit: 200, Window: 10 * time.Second} }

// Start begins to count what the person writes.
func (i *Inbox) Start(context.Context) error {
	i.writes = newPosts(inboxRate())
	return nil
}

// me is whose writes are counted.
const me UserID = ""

// admit refuses what would be a write, as the person has written so much lately. It is
// asked before anything large is read for that.
func (i *Inbox) admit() error {
	if wait := i.writes.wait(me, i.now().UnixMilli()); wait > 0 {
		return &Error{Code: CodeRateLimited, Message: "That is too much at once. Wait a moment.", Retry: time.Duration(wait) * time.Millisecond}
	}
	return nil
}

// write stores a value that comes from the person, and counts it.
func (i *Inbox) write(key string, v any) error {
	i.writes.took(me, i.now().UnixMilli())
	return i.put(key, v)
}

func (i *Inbox) put(key string, v any) error { return i.st.Storage().Put(key, encode(v)) }

// load reads a value that write stored; false: there is none.
func load[V any](from storage, key string) (v V, ok bool, err error) {
	stored, err := from.Get(key)
	if err != nil || stored == nil {
		return v, false, err
	}
	if v, err = parseAny[V](stored); err != nil {
		return v, false, fmt.Errorf("read %q: %w", key, err)
	}
	return v, true, nil
}

// mark is how far a person has read, in a room or in a thread of it.
type mark struct {
	Room RoomID
	Slug string
	Seq  Seq
	Back bool      // it may go back
	Root Seq       // of a thread; 0: the room
	ID   MessageID // the root's
	// First says that it is the one to begin with: one that is there stays.
	First bool
}

// applyMark decides what becomes of a mark that stands at was.
func applyMark(was, seq, head Seq, back bool) Seq {
	seq = min(seq, head)
	if seq < was && !back {
		return was
	}
	return seq
}

// marked is where a mark stands, and whether it moved.
type marked struct {
	Read  Seq
	Moved bool
}

// read moves the mark of a room. The seq isn't beyond its head.
func (i *Inbox) read(_ context.Context, m mark) (marked, error) {
	was, known, err := load[roomMark](i.st.Storage(), readKey(m.Room))
	if err != nil {
		return marked{}, err
	}
	read := applyMark(was.Read, m.Seq, m.Seq, m.Back)
	if known && (m.First || read == was.Read && (was.Back || !m.Back)) {
		return marked{Read: read}, nil
	}
	if err := i.admit(); err != nil {
		return marked{}, err
	}
	return marked{read, true}, i.write(readKey(m.Room), roomMark{read, m.Back})
}

// readAll moves the marks of many rooms and threads up at once, and returns those that moved.
func (i *Inbox) readAll(_ context.Context, marks []mark) (moved []mark, err error) {
	var entries []durable.Entry
	for _, m := range marks {
		entry, moves, err := i.raise(m)
		if err != nil {
			return nil, err
		}
		if moves {
			moved, entries = append(moved, m), append(entries, entry)
		}
	}
	for chunk := range slices.Chunk(entries, durable.MaxKeysPerCall) {
		if err := i.st.Storage().PutMany(chunk); err != nil {
			return nil, err
		}
	}
	return moved, nil
}

// raise returns what is to be stored for a mark to move up; false: it is there already. A thread
// that isn't known has none, and which one was changed longest ago stays as it is: nobody has
// turned to it by that.
func (i *Inbox) raise(m mark) (e durable.Entry, moves bool, err error) {
	if m.Root == 0 {
		was, known, err := load[roomMark](i.st.Storage(), readKey(m.Room))
		return durable.Entry{Key: readKey(m.Room), Value: encode(roomMark{Read: m.Seq})}, err == nil && (!known || m.Seq > was.Read), err
	}
	f, known, err := load[follow](i.st.Storage(), followKey(m.Room, m.Root))
	moves = err == nil && known && m.Seq > f.Read
	f.Read = m.Seq
	return durable.Entry{Key: followKey(m.Room, m.Root), Value: encode(f)}, moves, err
}

// threadMarked is how a person stands to a thread, and whether its mark moved.
type threadMarked struct {
	ThreadMark
	Moved bool
}

// readThread moves the mark of a thread, which needn't be followed.
func (i *Inbox) readThread(_ context.Context, m mark) (threadMarked, error) {
	f, known, err := load[follow](i.st.Storage(), followKey(m.Room, m.Root))
	if err != nil {
		return threadMarked{}, err
	}
	read := applyMark(f.Read, m.Seq, m.Seq, m.Back)
	if read == f.Read {
		return threadMarked{f.mark(), false}, nil
	}
	if err := i.admit(); err != nil {
		return threadMarked{}, err
	}
	f.Root, f.Read, f.At = m.ID, read, i.now().UnixMilli()
	if !known {
		if err := i.makePlaceForFollow(f.At); err != nil {
			return threadMarked{}, err
		}
	}
	return threadMarked{f.mark(), true}, i.write(followKey(m.Room, m.Root), f)
}

func (f follow) mark() ThreadMark { return ThreadMark{Following: f.Following, Read: f.Read} }

// followChange says that a person follows a thread, or doesn't any more.
type followChange struct {
	Room   RoomID
	Root   Seq
	ID     MessageID // of the root
	On     bool
	Read   Seq  // a reply of the person's own, up to which they have read
	Unless bool // only if the person never said whether to follow it
	Notice Seq  // the reply that brings it, of which the room has a notice; 0: it comes from the person
}

// applyFollow decides about a follow that may not be there yet (known); changed is
// whether anything is new.
func applyFollow(f follow, known bool, c followChange, at int64) (next follow, changed bool) {
	next = f
	if !known || !c.Unless {
		next.Following = c.On
	}
	next.Root, next.Read = c.ID, max(f.Read, c.Read)
	if known && next == f {
		return f, false
	}
	next.At = at
	return next, true
}

// follow notes what a person has to do with a thread. What a room tells of isn't the
// person's doing, and counts for nothing.
func (i *Inbox) follow(ctx context.Context, c followChange) (ThreadMark, error) {
	if c.Notice != 0 {
		if err := i.noticed(ctx, c.Room, notice{c.Notice, UserID(i.st.Name())}); err != nil { // which leaves once this is durable
			return ThreadMark{}, err
		}
	}
	key := followKey(c.Room, c.Root)
	f, known, err := load[follow](i.st.Storage(), key)
	if err != nil {
		return ThreadMark{}, err
	}
	next, changed := applyFollow(f, known, c, i.now().UnixMilli())
	if !changed {
		return f.mark(), nil
	}
	write := i.put
	if c.Notice == 0 {
		if err := i.admit(); err != nil {
			return ThreadMark{}, err
		}
		write = i.write
	}
	if !known {
		if err := i.makePlaceForFollow(next.At); err != nil {
			return ThreadMark{}, err
		}
	}
	return next.mark(), write(key, next)
}

// makePlaceForFollow forgets the thread that was changed longest ago where a new one is
// one too many.
func (i *Inbox) makePlaceForFollow(at int64) error {
	oldest, count := "", 0
	var broken error
	err := i.st.Storage().Each(under(prefixFollow), func(other string, value []byte) bool {
		var kept follow
		if kept, broken = parseAny[follow](value); kept.At <= at {
			oldest, at = other, kept.At
		}
		count++
		return broken == nil
	})
	if err = cmp.Or(err, broken); err != nil {
		return err
	}
	if count < maxFollows || oldest == "" {
		return nil
	}
	_, err = i.st.Storage().Delete(oldest)
	return err
}

// draftChange is a draft to keep.
type draftChange struct {
	Room   RoomID
	Thread MessageID
	Draft  draft
}

// Size counts for the inbox's queue.
func (c draftChange) Size() int { return len(c.Draft.Content) + 256 }

// applyDraft decides which of two drafts counts: the one that was written later. A time
// that is still to come is now: a clock that is ahead must not win for ever.
func applyDraft(kept draft, known bool, next draft, now int64) (winner draft, changed bool) {
	next.UpdatedAt = min(next.UpdatedAt, now)
	if known && (next.UpdatedAt < kept.UpdatedAt || next == kept) {
		return kept, false
	}
	return next, known || next.Content != ""
}

// keep keeps a draft, or what is newer, and returns that.
func (i *Inbox) keep(_ context.Context, c draftChange) (draft, error) {
	if err := i.admit(); err != nil {
		return draft{}, err
	}
	key, store := draftKey(c.Room, c.Thread), i.st.Storage()
	kept, known, err := load[draft](store, key)
	if err != nil {
		return draft{}, err
	}
	next, changed := applyDraft(kept, known, c.Draft, i.now().UnixMilli())
	if !changed {
		return next, nil
	}
	if !known {
		if err := i.makePlace(); err != nil {
			return draft{}, err
		}
	}
	return next, i.write(key, next)
}

// makePlace refuses a draft that is one too many, and forgets since when there is none
// where that takes its place.
func (i *Inbox) makePlace() error {
	oldest, at, count := "", int64(0), 0
	var broken error
	err := i.st.Storage().Each(under(prefixDraft), func(key string, value []byte) bool {
		var kept draft
		kept, broken = parseAny[draft](value)
		if count++; kept.Content == "" && (oldest == "" || kept.UpdatedAt < at) {
			oldest, at = key, kept.UpdatedAt
		}
		return broken == nil
	})
	switch err = cmp.Or(err, broken); {
	case err != nil || count < maxDrafts:
		return err
	case oldest == "":
		return forbidden("You have " + decimal(maxDrafts) + " drafts, as many as fit. Send or delete one first.")
	}
	_, err = i.st.Storage().Delete(oldest)
	return err
}

// forget removes all that is kept of the person.
func (i *Inbox) forget(context.Context, none) (none, error) {
	return none{}, i.st.Storage().DeleteAll()
}
