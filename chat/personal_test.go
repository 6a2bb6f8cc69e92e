package chat_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"snug/chat"
	"snug/durable"
	"snug/durable/durabletest"
)

// room makes a room beside the first one.
func (w *world) room(slug string) {
	w.Helper()
	if _, err := chat.NewRooms(tables, time.Now).Add(w.Context(), chat.RoomEntry{Slug: slug}); err != nil {
		w.Fatal(err)
	}
}

// sayIn posts in any room.
func (w *world) sayIn(slug, who, content string) chat.Message {
	w.Helper()
	m, err := w.chat.Post(w.Context(), somebody(who), slug, chat.NewMessage{Content: content})
	if err != nil {
		w.Fatal(err)
	}
	return m
}

// join makes somebody a member of a room.
func (w *world) join(who, slug string) {
	w.Helper()
	if _, err := w.chat.JoinRoom(w.Context(), somebody(who), slug); err != nil {
		w.Fatal(err)
	}
}

// read reads a room by HTTP.
func (w *world) read(who, slug string, seq chat.Seq, back bool) chat.Seq {
	w.Helper()
	m, err := w.chat.MarkRead(w.Context(), somebody(who), slug, seq, back)
	if err != nil {
		w.Fatal(err)
	}
	return m.Read
}

// summary is a room as the list has it.
func (w *world) summary(who, slug string) chat.RoomSummary {
	w.Helper()
	list, err := w.chat.RoomList(w.Context(), somebody(who))
	if err != nil {
		w.Fatal(err)
	}
	for _, r := range list.Rooms {
		if r.Slug == slug {
			return r
		}
	}
	w.Fatalf("no room %s in %+v", slug, list)
	return chat.RoomSummary{}
}

func TestReadMarks(t *testing.T) {
	inBubble(t, unlimited, func(w *world) {
		for i := range 5 {
			w.say("bob", fmt.Sprint(i))
		}
		w.changed("bob", "react", w.say("bob", "5"), "👍", true)
		if r := w.summary("ada", "global"); r.Name != "Global" || r.Kind != chat.KindPublic || r.Head != 7 || r.Newest != 6 || r.Read != 0 || r.People == nil {
			t.Errorf("got %+v", r)
		}
		for _, c := range []struct {
			seq  chat.Seq
			back bool
			want chat.Seq
		}{{3, false, 3}, {2, false, 3}, {2, true, 2}, {4, false, 4}, {99, false, 7}, {1 << 60, true, 7}, {0, true, 0}, {0, false, 0}, {6, false, 6}} {
			if got := w.read("ada", "global", c.seq, c.back); got != c.want {
				t.Errorf("%+v: got %d", c, got)
			}
		}
		w.restart()
		if r := w.summary("ada", "global"); r.Read != 6 {
			t.Errorf("after a restart: %+v", r)
		}
		if r := w.summary("bob", "global"); r.Read != 0 {
			t.Errorf("another's: %+v", r)
		}
		info, err := w.chat.Room(w.Context(), somebody("ada:admin"), "global")
		if p := w.page(chat.HistoryQuery{}); err != nil || info.Name != "Global" || info.Stream != p.Stream || info.Head != 7 || info.Newest != 6 || info.Read != 6 || info.Role != "admin" {
			t.Errorf("got %+v, %v", info, err)
		}
		if _, err := w.chat.Room(w.Context(), somebody("ada"), "nowhere"); code(err) != "not_found" {
			t.Errorf("got %v", err)
		}
		if _, err := w.chat.MarkRead(w.Context(), somebody("ada"), "nowhere", 1, false); code(err) != "not_found" {
			t.Errorf("got %v", err)
		}
		readOnly := somebody("ada")
		readOnly.ReadOnly = true
		if _, err := w.chat.MarkRead(w.Context(), readOnly, "global", 1, true); code(err) != "forbidden" {
			t.Errorf("got %v", err)
		}
	})
}

// A read mark is told to the person's other sockets, and to those in a room of few.
func TestReadFrames(t *testing.T) {
	inBubble(t, unlimited, func(w *world) {
		for i := range 9 {
			w.say("bob", fmt.Sprint(i))
		}
		ada, _ := w.joined("ada")
		elsewhere := w.socket("ada/s2")
		bob, _ := w.joined("bob")
		lurker := w.socket("lurker")
		ada.drain()
		ada.send(`{"type":"read","room":"global","seq":4,"ref":"r"}`)
		if f := elsewhere.next("read"); f.raw != `{"type":"read","room":"global","userId":"ada","seq":4}` {
			t.Errorf("got %s", f)
		}
		bob.next("read")
		if f := ada.until("ok"); f.Ref != "r" {
			t.Errorf("got %s", f)
		}
		synctest.Wait()
		ada.drain()
		ada.send(`{"type":"read","room":"global","seq":4}`) // nothing new
		ada.send(`{"type":"read","room":"global","seq":3}`)
		w.read("ada", "global", 2, false)
		for _, p := range []*peer{ada, elsewhere, bob, lurker} {
			p.silent()
		}
		w.read("ada", "global", 2, true) // nobody else's business
		for _, p := range []*peer{ada, elsewhere} {
			if f := p.next("read"); f.Seq != 2 {
				t.Errorf("got %s", f)
			}
		}
		bob.silent()
		for i := range 50 {
			w.joined(fmt.Sprint("p", i))
		}
		for _, p := range []*peer{ada, elsewhere, bob} {
			p.drain()
		}
		w.read("ada", "global", 8, false)
		for _, p := range []*peer{ada, elsewhere} {
			if f := p.next("read"); f.Seq != 8 {
				t.Errorf("got %s", f)
			}
		}
		bob.silent()
		ada.send(`{"type":"read","room":"nowhere","seq":1,"ref":"x"}`)
		if f := ada.next("error"); f.Code != "not_found" || f.Ref != "x" {
			t.Errorf("got %s", f)
		}
	})
}

// The head of an empty room is 0: who has read up to there says so. It is no nonsense,
// and moves no mark.
func TestReadFrameOfNothing(t *testing.T) {
	inBubble(t, unlimited, func(w *world) {
		ada, _ := w.joined("ada")
		ada.drain()
		nothing := func() {
			t.Helper()
			ada.send(`{"type":"read","room":"global","seq":0,"ref":"r"}`)
			if f := ada.next("ok"); f.Ref != "r" {
				t.Fatalf("got %s", f)
			}
		}
		for range 30 { // more than there may be of what makes no sense
			nothing()
		}
		w.say("bob", "1")
		w.say("bob", "2")
		w.read("ada", "global", 2, false)
		synctest.Wait()
		ada.drain()
		nothing()
		if r := w.summary("ada", "global"); r.Read != 2 {
			t.Errorf("read up to %d", r.Read)
		}
		ada.send(`{"type":"read","room":"nowhere","seq":0,"ref":"x"}`)
		if f := ada.next("error"); f.Code != "not_found" || f.Ref != "x" {
			t.Errorf("got %s", f)
		}
		ada.send(`{"type":"read","room":"global","ref":"x"}`)
		if f := ada.next("error"); f.Code != "bad_request" || !strings.Contains(f.raw, "seq is missing") {
			t.Errorf("got %s", f)
		}
	})
}

// What is new in a room that one knows is told to sockets that haven't joined it: once a
// second at most, but at once to whom it speaks to.
func TestActivity(t *testing.T) {
	inBubble(t, unlimited, func(w *world) {
		w.room("busy")
		w.join("ada", "busy")
		ada := w.socket("ada")
		inside := w.socket("ada/s2")
		inside.send(`{"type":"join","room":"busy"}`)
		inside.until("joined")
		stranger := w.socket("eve")
		bob := w.socket("bob")
		w.sayIn("busy", "bob", "first") // makes him a member, after his socket opened
		time.Sleep(time.Second)
		synctest.Wait()
		for _, p := range []*peer{ada, inside, stranger, bob} {
			p.drain()
		}
		m := w.sayIn("busy", "bob", "x")
		if f := ada.next("activity"); f.raw != fmt.Sprintf(`{"type":"activity","room":"busy","seq":%d,"mention":false}`, m.Seq) {
			t.Errorf("got %s", f)
		}
		inside.next("message")
		for range 20 { // within a second
			w.sayIn("busy", "bob", "more")
			time.Sleep(10 * time.Millisecond)
		}
		ada.silent()
		m = w.sayIn("busy", "bob", "Hello, @[Ada L.](user:ada)!")
		if f := ada.next("activity"); f.Seq != uint64(m.Seq) || !strings.Contains(f.raw, `"mention":true`) {
			t.Errorf("got %s", f)
		}
		ada.silent()
		w.sayIn("busy", "carol", "last")
		time.Sleep(time.Second)
		if list := ada.drain(); len(list) != 1 || list[0].Seq != uint64(m.Seq)+1 {
			t.Errorf("got %v", list)
		}
		if list := bob.drain(); len(list) != 1 { // of his own posts he hears nothing
			t.Errorf("bob got %v", list)
		}
		w.sayIn("busy", "bob", "@[room](room:all) Lunch!")
		time.Sleep(time.Second)
		if list := ada.drain(); len(list) != 1 || !strings.Contains(list[0].raw, `"mention":true`) {
			t.Errorf("got %v", list)
		}
		bob.silent()
		time.Sleep(5 * time.Second)
		ada.silent()
		w.changed("bob", "pin", m0(w, "busy"), true)
		time.Sleep(2 * time.Second)
		ada.silent()
		stranger.silent()
		if list := inside.drain("activity"); len(list) > 0 {
			t.Errorf("in the room: %v", list)
		}
		inside.send(`{"type":"leave","room":"busy"}`)
		synctest.Wait()
		w.sayIn("busy", "carol", "again")
		inside.until("activity")
		ada.leaves()
		inside.leaves()
		w.sayIn("busy", "carol", "nobody listens")
	})
}

// m0 is the first message of a room, as one of the first room's.
func m0(w *world, slug string) chat.Message {
	w.Helper()
	return w.say("bob", "in "+slug+" or not")
}

// A post that a crash could still undo is no activity.
func TestActivityIsDurable(t *testing.T) {
	inBubble(t, unlimited, func(w *world) {
		w.room("held")
		w.sayIn("held", "bob", "first")
		w.join("ada", "held")
		ada := w.socket("ada")
		var changed []chat.Seq
		synctest.Wait()
		w.faults.Stall()
		go func() {
			_, _ = w.chat.Post(context.Background(), somebody("bob"), "held", chat.NewMessage{Content: "@[Ada](user:ada)"}) // it fails
		}()
		synctest.Wait()
		ada.silent()
		w.faults.Next(durabletest.CallCommit, durabletest.Fault{Err: errDisk})
		w.faults.Release()
		synctest.Wait()
		if len(changed) > 0 {
			t.Errorf("told of %v", changed)
		}
	})
}

func TestFollowedThreads(t *testing.T) {
	inBubble(t, unlimited, func(w *world) {
		shown := func(who string) string {
			list, err := w.chat.Threads(w.Context(), somebody(who))
			if err != nil {
				t.Fatal(err)
			}
			var text []string
			for _, l := range list.Threads {
				if l.Room != "global" || !l.Following {
					t.Errorf("got %+v", l)
				}
				text = append(text, fmt.Sprint(l.Root.Content, " ", l.Unread, " ", l.Read))
			}
			return strings.Join(text, ", ")
		}
		expect := func(step, who, want string) {
			t.Helper()
			synctest.Wait()
			if got := shown(who); got != want {
				t.Errorf("%s: %s follows %q, want %q", step, who, got, want)
			}
		}
		one := w.say("ada", "one")
		two := w.say("bob", "two")
		expect("nobody replied", "ada", "")
		r1 := w.say("bob", "r1", inThread(one)) // 3
		expect("bob replied", "ada", "one 1 0")
		expect("bob replied", "bob", "one 0 3")
		time.Sleep(time.Second)
		w.say("ada", "r2", inThread(two)) // 4
		expect("ada replied", "ada", "two 0 4, one 1 0")
		expect("ada replied", "bob", "two 1 0, one 0 3")
		if m, err := w.chat.ReadThread(w.Context(), somebody("ada"), "global", one.ID, 99); err != nil || m != (chat.ThreadMark{Following: true, Read: r1.Seq}) {
			t.Errorf("got %+v, %v", m, err)
		}
		expect("ada read", "ada", "two 0 4, one 0 3")
		if m, err := w.chat.Follow(w.Context(), somebody("ada"), "global", one.ID, false); err != nil || m.Following {
			t.Errorf("got %+v, %v", m, err)
		}
		w.say("carol", "r3", inThread(one))
		expect("ada left", "ada", "two 0 4")
		page, err := w.chat.Thread(w.Context(), somebody("ada"), "global", one.ID, chat.ThreadQuery{})
		if err != nil || page.Following || page.Read != 3 {
			t.Errorf("got %+v, %v", page, err)
		}
		w.say("ada", "back", inThread(one))
		expect("ada came back", "ada", "one 0 6, two 0 4")
		w.restart()
		expect("restarted", "ada", "one 0 6, two 0 4")
		if _, err := w.chat.Follow(w.Context(), somebody("eve"), "global", two.ID, true); err != nil {
			t.Error(err)
		}
		expect("eve follows", "eve", "two 1 0")
		for _, id := range []chat.MessageID{"nothing", r1.ID} {
			if _, err := w.chat.Follow(w.Context(), somebody("eve"), "global", id, true); code(err) != "not_found" && code(err) != "bad_request" {
				t.Errorf("%s: %v", id, err)
			}
		}
	})
}

// rewrite puts a value under all keys of rooms that begin so, while nothing runs.
func (w *world) rewrite(prefix string, value []byte) {
	w.Helper()
	w.stop()
	for id := range w.ids {
		var ops []durable.Op
		err := w.store.Scan(w.Context(), id, durable.Range{}, func(key, _ []byte) bool {
			if strings.HasPrefix(string(key), prefix) {
				ops = append(ops, durable.Op{Kind: durable.OpPut, Key: string(key), Value: value})
			}
			return true
		})
		if err == nil && len(ops) > 0 {
			var r durable.Record
			if r, err = w.store.Claim(w.Context(), id, "room", ""); err == nil {
				_, err = w.store.Commit(w.Context(), []durable.Batch{{ID: id, Fence: r.Fence, Ops: ops}})()
			}
		}
		if err != nil {
			w.Fatal(err)
		}
	}
	w.store = w.store.Restart()
	w.start()
}

// Of the threads that somebody follows only those are read that are shown: the ones with
// the latest replies, whoever posted those.
func TestThreadsReadWhatTheyShow(t *testing.T) {
	inBubble(t, unlimited, func(w *world) {
		const all, shown = 120, 50
		var roots []chat.Message
		for i := range all {
			roots = append(roots, w.say("bob", fmt.Sprint(i)))
			w.say("ada", "reply", inThread(roots[i]))
			time.Sleep(time.Second)
		}
		w.say("bob", "another reply", inThread(roots[3]))
		check := func(most int) {
			t.Helper()
			synctest.Wait()
			before := w.faults.Calls(durabletest.CallGet)
			list, err := w.chat.Threads(w.Context(), somebody("ada"))
			if err != nil || len(list.Threads) != shown {
				t.Fatalf("%d threads, %v", len(list.Threads), err)
			}
			for i, l := range list.Threads {
				want := roots[all-i]
				if i == 0 {
					want = roots[3]
				}
				if l.Root.ID != want.ID {
					t.Errorf("thread %d is %s, want %s", i, l.Root.Content, want.Content)
				}
			}
			if n := w.faults.Calls(durabletest.CallGet) - before; n > most {
				t.Errorf("%d values are read, want %d at most", n, most)
			}
		}
		roots = append(roots, chat.Message{})
		check(shown)
		w.rewrite("t/", []byte{}) // as an earlier version kept it
		check(shown + all)
	})
}

func TestDrafts(t *testing.T) {
	inBubble(t, unlimited, func(w *world) {
		now := func() int64 { return time.Now().UnixMilli() }
		keep := func(d chat.Draft) chat.Draft {
			t.Helper()
			kept, err := w.chat.KeepDraft(w.Context(), somebody("ada"), d)
			if err != nil {
				t.Fatal(err)
			}
			return kept
		}
		begin := now()
		list := func() string {
			l, err := w.chat.Drafts(w.Context(), somebody("ada"))
			if err != nil {
				t.Fatal(err)
			}
			var text []string
			for _, d := range l.Drafts {
				text = append(text, fmt.Sprint(d.Room, "/", d.Thread, " ", d.Content))
			}
			for _, d := range l.Deleted {
				text = append(text, fmt.Sprint(d.Room, "/", d.Thread, " gone at ", d.UpdatedAt-begin))
			}
			return strings.Join(text, ", ")
		}
		time.Sleep(time.Minute)
		keep(chat.Draft{Room: "global", Content: "one", UpdatedAt: begin + 10})
		if d := keep(chat.Draft{Room: "global", Content: "older", UpdatedAt: begin + 5}); d.Content != "one" || d.UpdatedAt != begin+10 {
			t.Errorf("got %+v", d)
		}
		keep(chat.Draft{Room: "global", Thread: "t", ReplyTo: "r", Content: "in a thread", UpdatedAt: begin + 30})
		if got := list(); got != "global/t in a thread, global/ one" {
			t.Errorf("got %s", got)
		}
		keep(chat.Draft{Room: "global", Content: "", UpdatedAt: begin + 40})
		if got := list(); got != "global/t in a thread, global/ gone at 40" {
			t.Errorf("got %s", got)
		}
		if d := keep(chat.Draft{Room: "global", Content: "from before", UpdatedAt: begin + 39}); d.Content != "" {
			t.Errorf("a draft that was deleted came back: %+v", d)
		}
		if d := keep(chat.Draft{Room: "global", Content: "from the future", UpdatedAt: begin + 1<<40}); d.UpdatedAt != now() {
			t.Errorf("got %+v", d)
		}
		time.Sleep(time.Second)
		keep(chat.Draft{Room: "global", Content: "after that", UpdatedAt: now()})
		w.restart()
		if got := list(); got != "global/ after that, global/t in a thread" {
			t.Errorf("got %s", got)
		}
		for _, c := range []struct {
			d    chat.Draft
			want string
		}{
			{chat.Draft{Room: "nowhere", Content: "x", UpdatedAt: 1}, "not_found"},
			{chat.Draft{Room: "global", Content: "x"}, "bad_request"},
			{chat.Draft{Room: "global", Thread: chat.MessageID(strings.Repeat("x", 65)), UpdatedAt: 1}, "bad_request"},
			{chat.Draft{Room: "global", Content: strings.Repeat("é", 20_001), UpdatedAt: 1}, "too_long"},
		} {
			if _, err := w.chat.KeepDraft(w.Context(), somebody("ada"), c.d); code(err) != c.want {
				t.Errorf("%.80v: %v", c.d, err)
			}
		}
		keep(chat.Draft{Room: "global", Content: strings.Repeat("é", 20_000), UpdatedAt: now()})
		for i := range 197 {
			keep(chat.Draft{Room: "global", Thread: chat.MessageID(fmt.Sprint(i)), Content: "x", UpdatedAt: now()})
			time.Sleep(100 * time.Millisecond)
		}
		keep(chat.Draft{Room: "global", Thread: "0", UpdatedAt: now()}) // makes place
		keep(chat.Draft{Room: "global", Thread: "197", Content: "x", UpdatedAt: now()})
		keep(chat.Draft{Room: "global", Thread: "198", Content: "x", UpdatedAt: now()})
		if _, err := w.chat.KeepDraft(w.Context(), somebody("ada"), chat.Draft{Room: "global", Thread: "199", Content: "x", UpdatedAt: now()}); code(err) != "forbidden" {
			t.Errorf("the 201st: %v", err)
		}
		time.Sleep(time.Minute)
		for i := range 300 {
			_, err := w.chat.KeepDraft(w.Context(), somebody("ada"), chat.Draft{Room: "global", Content: fmt.Sprint(i), UpdatedAt: now()})
			if i < 200 != (err == nil) || err != nil && code(err) != "rate_limited" {
				t.Fatalf("write %d: %v", i, err)
			}
		}
		// Who writes too much has nothing read for them.
		reads := func() int { return w.faults.Calls(durabletest.CallGet) + w.faults.Calls(durabletest.CallScan) }
		before := reads()
		if _, err := w.chat.KeepDraft(w.Context(), somebody("ada"), chat.Draft{Room: "global", Thread: "new", Content: "x", UpdatedAt: now()}); code(err) != "rate_limited" {
			t.Errorf("got %v", err)
		}
		if n := reads() - before; n != 0 {
			t.Errorf("%d reads for a draft that is refused", n)
		}
		if err := w.chat.ForgetUsers(w.Context(), "ada"); err != nil {
			t.Fatal(err)
		}
		if dump := w.dump(); strings.Contains(dump, "in a thread") || list() != "" {
			t.Error("what an account leaves holds its drafts")
		}
	})
}
