package search

import (
	"context"
	"database/sql"
	"errors"
	"os"
	"slices"
	"strconv"
	"testing"
	"testing/fstest"
	"time"

	"snug/chat"
	"snug/db"
)

func (w *world) rows(x *Index) (n int) {
	w.t.Helper()
	err := x.db.Read(w.t.Context(), func(tx *sql.Tx) error {
		return tx.QueryRow(`select count(*) from messages`).Scan(&n)
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return n
}

// What Changed tells of is found a moment later, by the goroutine that Run is.
func TestRun(t *testing.T) {
	w := newWorld(t, "one")
	x := w.opened()
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		x.Run(ctx)
	}()
	defer func() {
		stop()
		<-ended
	}()
	deadline := time.Now().Add(30 * time.Second)
	for i := range 5 {
		w.post("one", "Ada", "number "+strconv.Itoa(i))
		x.Changed("id-one", chat.Seq(i+1))
		for !slices.Contains(w.found(x, Request{Text: strconv.Itoa(i)}), "one-"+strconv.Itoa(i+1)) {
			if time.Now().After(deadline) {
				t.Fatal("not found")
			}
		}
	}
}

// An index that wasn't closed looks at all rooms when it is opened again; one that was
// closed with everything in it looks at none.
func TestAfterACrash(t *testing.T) {
	w := newWorld(t, "one", "two")
	x := w.open()
	w.post("one", "Ada", "apples")
	w.catchUp(x)
	if err := x.db.Close(); err != nil { // as if killed
		t.Fatal(err)
	}
	w.post("two", "Ada", "apples")
	x = w.open()
	w.catchUp(x)
	w.expect(x, "apples", "two-1", "one-1")
	if err := x.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	x = w.opened()
	if x.all {
		t.Error("an index that was closed whole looks at all rooms")
	}
}

func TestClosedWhileBehind(t *testing.T) {
	w := newWorld(t, "one")
	x := w.open()
	w.catchUp(x)
	w.post("one", "Ada", "apples")
	w.tell(x)
	if err := x.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	x = w.opened()
	if x.all || len(x.behind) != 1 {
		t.Errorf("all %v, behind %v", x.all, x.behind)
	}
	w.catchUp(x)
	w.expect(x, "apples", "one-1")
}

// A seq of a history that another has taken the place of keeps nobody waiting.
func TestToldOfAnotherHistory(t *testing.T) {
	w := newWorld(t, "one")
	x := w.opened()
	w.post("one", "Ada", "apples")
	x.Changed("id-one", 7)
	w.catchUp(x)
	if len(x.behind) > 0 {
		t.Errorf("behind %v", x.behind)
	}
	w.expect(x, "apples", "one-1")
}

func TestMoreRoomsBehindThanRemembered(t *testing.T) {
	w := newWorld(t, "one")
	x := w.opened()
	w.catchUp(x)
	w.post("one", "Ada", "apples")
	x.Changed("id-one", 1)
	x.mu.Lock()
	for i := range maxBehind {
		x.behind[chat.RoomID(strconv.Itoa(i))] = 1
	}
	x.mu.Unlock()
	x.Changed("another", 1)
	if len(x.behind) != 1 || !x.all {
		t.Fatalf("%d rooms, all %v", len(x.behind), x.all)
	}
	x.mu.Lock()
	clear(x.behind)
	x.mu.Unlock()
	w.catchUp(x)
	w.expect(x, "apples", "one-1")
}

// A failure is tried again, with all rooms that were to be looked at.
func TestAfterAFailure(t *testing.T) {
	w := newWorld(t, "one")
	x := w.opened()
	w.post("one", "Ada", "apples")
	w.fail = errors.New("no disk")
	if err := x.CatchUp(t.Context()); !errors.Is(err, w.fail) {
		t.Fatal(err)
	}
	w.fail = nil
	w.catchUp(x)
	w.expect(x, "apples", "one-1")
}

// A room whose last events may be durable or not is settled, and then looked at; one that
// can't be settled is looked at later, and after the next start at the latest.
func TestDoubted(t *testing.T) {
	w := newWorld(t, "one", "two")
	x := w.open()
	w.catchUp(x)
	w.post("one", "Ada", "apples")
	x.Doubted("id-one")
	w.catchUp(x)
	w.expect(x, "apples", "one-1")
	if !slices.Equal(w.asked, []chat.RoomID{"id-one"}) || len(x.doubts)+len(x.behind) > 0 {
		t.Errorf("settled %v, doubts %v, behind %v", w.asked, x.doubts, x.behind)
	}

	w.post("one", "Ada", "apples too")
	w.post("two", "Ada", "apples")
	w.unsure = errors.New("no disk")
	x.Doubted("id-one")
	x.Changed("id-two", 1)
	if err := x.CatchUp(t.Context()); !errors.Is(err, w.unsure) {
		t.Errorf("got %v", err)
	}
	w.expect(x, "apples", "two-1", "one-1")
	if err := x.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	x = w.open()
	if x.all || len(x.behind) != 1 {
		t.Errorf("all %v, behind %v", x.all, x.behind)
	}
	w.catchUp(x)
	w.expect(x, "apples", "two-1", "one-2", "one-1")

	for i := range maxBehind + 1 {
		x.Doubted(chat.RoomID(strconv.Itoa(i)))
	}
	if len(x.doubts) != maxBehind {
		t.Errorf("%d doubts", len(x.doubts))
	}
	if err := x.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	if x = w.opened(); !x.all {
		t.Error("more doubts than are remembered, and not all rooms are looked at")
	}
}

// overheard tells of each time that the index asks for what happened in a room, before it
// is answered.
type overheard struct {
	*world
	asked func(room chat.RoomID) error
}

func (o overheard) Changes(ctx context.Context, room chat.RoomID, after chat.Seq, limit int) (chat.Changes, error) {
	if err := o.asked(room); err != nil {
		return chat.Changes{}, err
	}
	return o.world.Changes(ctx, room, after, limit)
}

// A long room that isn't public any more is read anew in turns with the others: what is
// posted there meanwhile is found before it is through.
func TestOthersAreServedWhileARoomIsReadAnew(t *testing.T) {
	w := newWorld(t, "long", "two")
	x := w.opened()
	const posts = (turn + 1) * batch
	for range posts {
		w.post("long", "Ada", "apples")
	}
	w.catchUp(x)
	var order []chat.RoomID
	x.cfg.Rooms = overheard{w, func(room chat.RoomID) error {
		if len(order) == 0 {
			x.Changed("id-two", w.post("two", "Ada", "pears"))
		}
		order = append(order, room)
		return nil
	}}
	w.closed["id-long"] = true
	x.Changed("id-long", w.post("long", "Ada", "plums"))
	w.catchUp(x)
	w.expect(x, "pears", "two-1")
	if i := slices.Index(order, "id-two"); i < 0 || i > 2*turn || !slices.Contains(order[i+1:], "id-long") {
		t.Errorf("asked for the other room as number %d of %d: %v", i, len(order), order)
	}
	if n := w.rows(x); n != posts+2 {
		t.Errorf("%d rows, want %d", n, posts+2)
	}
	if len(x.behind) > 0 {
		t.Errorf("behind %v", x.behind)
	}
	w.expect(x, "plums", "long-"+strconv.Itoa(posts+1))
}

// A room that was taken out in part when it crashed, and then is what it was before, is
// read anew all the same.
func TestCrashWhileARoomIsDropped(t *testing.T) {
	w := newWorld(t, "long")
	x := w.open()
	const posts = 3 * batch
	for range posts {
		w.post("long", "Ada", "apples")
	}
	w.catchUp(x)
	w.closed["id-long"] = true
	n, crash := 0, errors.New("crash")
	x.cfg.Rooms = overheard{w, func(chat.RoomID) error {
		if n++; n == 3 {
			return crash
		}
		return nil
	}}
	x.Changed("id-long", posts)
	if err := x.CatchUp(t.Context()); !errors.Is(err, crash) {
		t.Fatal(err)
	}
	if n := w.rows(x); n == 0 || n == posts {
		t.Errorf("%d rows of %d in the middle", n, posts)
	}
	if err := x.db.Close(); err != nil { // as if killed
		t.Fatal(err)
	}
	w.closed["id-long"] = false
	x = w.opened()
	w.catchUp(x)
	if n, hits := w.rows(x), len(w.found(x, Request{Text: "apples"})); n != posts || hits != posts {
		t.Errorf("%d rows and %d hits of %d messages", n, hits, posts)
	}
}

func TestReset(t *testing.T) {
	w := newWorld(t, "one", "two")
	x := w.opened()
	for i := range batch + 50 {
		w.post("one", "Ada", "apples "+strconv.Itoa(i))
	}
	w.post("two", "Ada", "apples")
	w.catchUp(x)
	before := w.found(x, Request{Text: "apples"})
	var told []int
	x.cfg.Progress = func(done, _ int) { told = append(told, done) }
	if err := x.Reset(t.Context()); err != nil {
		t.Fatal(err)
	}
	w.expect(x, "apples")
	w.catchUp(x)
	if !slices.Equal(told, []int{1, 2}) {
		t.Errorf("told %v", told)
	}
	if after := w.found(x, Request{Text: "apples"}); !slices.Equal(before, after) || len(after) != batch+51 {
		t.Errorf("%d hits, then %d", len(before), len(after))
	}
}

func TestDamagedIndexIsMadeAnew(t *testing.T) {
	w := newWorld(t, "one")
	w.post("one", "Ada", "apples")
	if err := os.WriteFile(w.path, []byte("this is no database, and long enough to be taken for one that is broken"), 0o600); err != nil {
		t.Fatal(err)
	}
	x := w.opened()
	w.catchUp(x)
	w.expect(x, "apples", "one-1")
}

// An index of before rooms had tokens of their own is made anew when it is opened.
func TestIndexOfBefore(t *testing.T) {
	w := newWorld(t, "one")
	w.closed["id-one"] = true
	w.post("one", "Ada", "a word")
	first, err := migrationFiles.ReadFile("migrations/0001_index.sql")
	if err != nil {
		t.Fatal(err)
	}
	d, err := db.OpenOther(t.Context(), w.path, fstest.MapFS{"migrations/0001_index.sql": {Data: first}})
	if err != nil {
		t.Fatal(err)
	}
	err = d.Write(t.Context(), func(tx *sql.Tx) error {
		_, err := tx.Exec(`insert into rooms (id, room, stream, position) values (1, 'id-one', 's1', 1);
			insert into messages (id, room, seq) values (1, 1, 1); insert into texts (rowid, tokens) values (1, 'r1 pwo twor tord')`)
		return err
	})
	if err := errors.Join(err, d.Close()); err != nil {
		t.Fatal(err)
	}
	x := w.opened()
	w.catchUp(x)
	w.expect(x, "word", "one-1")
	if n := w.rows(x); n != 1 {
		t.Errorf("%d rows of one message", n)
	}
}
