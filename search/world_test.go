package search

import (
	"cmp"
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"snug/chat"
)

// world is rooms whose events are kept in memory.
type world struct {
	t     *testing.T
	path  string
	clock time.Time

	mu     sync.Mutex
	rooms  map[chat.RoomID]*room
	hidden map[chat.RoomID]bool
	closed map[chat.RoomID]bool // not everybody may see them
	peeked int                  // how often a search found something in a hidden room
	fail   error                // of Changes
	unsure error                // of Settle
	asked  []chat.RoomID        // to settle
}

type room struct {
	slug   string
	stream string
	floor  chat.Seq
	events []chat.Seq // what each event is about; the first is that of seq 1
	at     map[chat.Seq]chat.Message
}

func newWorld(t *testing.T, slugs ...string) *world {
	w := &world{t: t, path: filepath.Join(t.TempDir(), "search.db"), rooms: map[chat.RoomID]*room{}, hidden: map[chat.RoomID]bool{}, closed: map[chat.RoomID]bool{},
		clock: time.Date(2026, 11, 28, 12, 0, 0, 0, time.UTC)}
	for _, slug := range slugs {
		w.rooms[chat.RoomID("id-"+slug)] = &room{slug: slug, stream: "s1", at: map[chat.Seq]chat.Message{}}
	}
	return w
}

func (w *world) open() *Index {
	w.t.Helper()
	x, err := Open(w.t.Context(), Config{Path: w.path, Rooms: w, Now: func() time.Time { return w.clock }})
	if err != nil {
		w.t.Fatal(err)
	}
	return x
}

// opened is open for a test that closes the index at its end.
func (w *world) opened() *Index {
	x := w.open()
	w.t.Cleanup(func() {
		if err := x.Close(context.Background()); err != nil {
			w.t.Error(err)
		}
	})
	return x
}

func (w *world) room(slug string) *room { return w.rooms[chat.RoomID("id-"+slug)] }

// post adds a message a minute after the one before.
func (w *world) post(slug, author, content string, also ...func(*chat.Message)) chat.Seq {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.clock = w.clock.Add(time.Minute)
	r := w.room(slug)
	seq := chat.Seq(len(r.events) + 1)
	m := chat.Message{ID: chat.MessageID(fmt.Sprintf("%s-%d", slug, seq)), UserID: chat.UserID("u-" + author), UserName: author,
		Content: content, Timestamp: w.clock.UnixMilli(), Type: chat.TypeText, Seq: seq}
	for _, f := range also {
		f(&m)
	}
	r.at[seq] = m
	r.events = append(r.events, seq)
	return seq
}

// change makes an event about a message.
func (w *world) change(slug string, seq chat.Seq, f func(*chat.Message)) {
	w.mu.Lock()
	defer w.mu.Unlock()
	r := w.room(slug)
	m := r.at[seq]
	f(&m)
	r.at[seq] = m
	r.events = append(r.events, seq)
}

func (w *world) AllRooms(context.Context) (ids []chat.RoomID, err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for id := range w.rooms {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	return ids, nil
}

func (w *world) Changes(_ context.Context, id chat.RoomID, after chat.Seq, limit int) (chat.Changes, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	r := w.rooms[id]
	c := chat.Changes{Stream: r.stream, Floor: r.floor, Through: after}
	seen := map[chat.Seq]bool{}
	for seq := after + 1; int(seq) <= len(r.events) && limit > 0; seq++ {
		c.Through = seq
		limit--
		if target := r.events[seq-1]; !seen[target] && target > r.floor {
			seen[target] = true
			c.Messages = append(c.Messages, r.at[target])
		}
	}
	return c, w.fail
}

func (w *world) Ascertain(_ context.Context, id chat.RoomID) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.asked = append(w.asked, id)
	return w.unsure
}

func (w *world) Messages(_ context.Context, id chat.RoomID, seqs []chat.Seq) (list []chat.Message, err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, seq := range seqs {
		if m, there := w.rooms[id].at[seq]; there && seq > w.rooms[id].floor {
			list = append(list, m)
		}
	}
	return list, nil
}

func (w *world) FindRoom(_ context.Context, _ chat.Actor, slug string) (chat.RoomID, error) {
	id := chat.RoomID("id-" + slug)
	if w.rooms[id] == nil || w.hidden[id] {
		return "", &chat.Error{Code: chat.CodeNotFound, Message: "There is no such room."}
	}
	return id, nil
}

func (w *world) OwnRooms(context.Context, chat.Actor) (ids []chat.RoomID, err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for id := range w.rooms {
		if w.closed[id] && !w.hidden[id] {
			ids = append(ids, id)
		}
	}
	return ids, nil
}

func (w *world) IsPublic(_ context.Context, id chat.RoomID) (bool, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return !w.closed[id], nil
}

func (w *world) VisibleSlug(_ context.Context, _ chat.Actor, id chat.RoomID) (string, bool, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.hidden[id] {
		w.peeked++
	}
	return w.rooms[id].slug, !w.hidden[id], nil
}

func (w *world) catchUp(x *Index) {
	w.t.Helper()
	if err := x.CatchUp(w.t.Context()); err != nil {
		w.t.Fatal(err)
	}
}

// tell says that all rooms have something new.
func (w *world) tell(x *Index) {
	for id, r := range w.rooms {
		x.Changed(id, chat.Seq(len(r.events)))
	}
}

// found returns the ids of all hits of a search, page by page.
func (w *world) found(x *Index, r Request) (ids []string) {
	w.t.Helper()
	for range 1000 {
		page, err := x.Search(w.t.Context(), chat.Actor{}, r)
		if err != nil {
			w.t.Fatalf("search %q: %v", r.Text, err)
		}
		for _, h := range page.Hits {
			ids = append(ids, string(h.Message.ID))
		}
		if page.Cursor == "" {
			return ids
		}
		r.Cursor = page.Cursor
	}
	w.t.Fatalf("search %q has no end", r.Text)
	return nil
}

func (w *world) expect(x *Index, text string, want ...string) {
	w.t.Helper()
	if got := w.found(x, Request{Text: text}); !slices.Equal(got, want) {
		w.t.Errorf("search %q found %v, want %v", text, got, want)
	}
}

// newestFirst sorts messages as hits are.
func newestFirst(list []chat.Message) {
	slices.SortFunc(list, func(a, b chat.Message) int { return cmp.Compare(b.Timestamp, a.Timestamp) })
}
