package chat_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"snug/chat"
)

// say posts by HTTP and returns the message.
func (w *world) say(who, content string, more ...func(*chat.NewMessage)) chat.Message {
	w.Helper()
	m := chat.NewMessage{Content: content}
	for _, f := range more {
		f(&m)
	}
	posted, err := w.chat.Post(w.Context(), somebody(who), "global", m)
	if err != nil {
		w.Fatal(err)
	}
	return posted
}

func inThread(root chat.Message) func(*chat.NewMessage) {
	return func(m *chat.NewMessage) { m.Thread = root.ID }
}

func answering(to chat.Message) func(*chat.NewMessage) {
	return func(m *chat.NewMessage) { m.ReplyTo = to.ID }
}

// somebody is a person by name, or "name:role".
func somebody(who string) chat.Actor {
	name, role, _ := strings.Cut(who, ":")
	return chat.Actor{User: chat.User{ID: chat.UserID(name), Name: strings.ToUpper(name[:1]) + name[1:]}, SessionKey: "s-" + name, Role: chat.Role(role)}
}

// change changes a message by HTTP.
func (w *world) change(who, kind string, m chat.Message, more ...any) (chat.Message, error) {
	w.Helper()
	f := chat.ClientFrame{Type: kind, ID: m.ID}
	for _, v := range more {
		switch v := v.(type) {
		case string:
			if f.Content = v; kind == "react" {
				f.Content, f.Emoji = "", v
			}
		case bool:
			f.On = &v
		}
	}
	return w.chat.Change(w.Context(), somebody(who), "global", f)
}

func (w *world) changed(who, kind string, m chat.Message, more ...any) chat.Message {
	w.Helper()
	m, err := w.change(who, kind, m, more...)
	if err != nil {
		w.Fatalf("%s by %s: %v", kind, who, err)
	}
	return m
}

func code(err error) string {
	if err == nil {
		return ""
	}
	return string(chat.AsError(err).Code)
}

// Each frame that changes a message is confirmed to who sent it and told to all in the
// room, with the message as it is then, in the order of seqs.
func TestChangesOverTheSocket(t *testing.T) {
	inBubble(t, nil, func(w *world) {
		ada, _ := w.joined("ada")
		bob, _ := w.joined("bob")
		old := w.level0("old")
		time.Sleep(time.Second)
		ada.post("c1", "hello")
		m := ada.until("message").msg()
		bob.drain()
		old.drain()
		for i, c := range []struct{ frame, want string }{
			{`{"type":"edit","room":"global","ref":"r","id":"%s","content":"hello, world"}`, `"content":"hello, world","timestamp":T,"type":"text","seq":1,"clientId":"c1","editedAt":T}`},
			{`{"type":"react","room":"global","ref":"r","id":"%s","emoji":"👍","on":true}`, `"clientId":"c1","editedAt":T,"reactions":{"👍":["ada"]}}`},
			{`{"type":"pin","room":"global","ref":"r","id":"%s","on":true}`, `"reactions":{"👍":["ada"]},"pinned":true}`},
			{`{"type":"react","room":"global","ref":"r","id":"%s","emoji":"👍","on":false}`, `"editedAt":T,"pinned":true}`},
			{`{"type":"pin","room":"global","ref":"r","id":"%s","on":false}`, `"editedAt":T}`},
			{`{"type":"delete","room":"global","ref":"r","id":"%s"}`, `"userId":"ada","userName":"","content":"","timestamp":T,"type":"text","seq":1,"deletedAt":T}`},
		} {
			for again := range 2 { // the second time changes nothing
				ada.send(c.frame, m.ID)
				kinds := map[string]in{}
				for _, f := range ada.drain() {
					kinds[f.Type] = f
				}
				if kinds["ok"].Ref != "r" || len(kinds) != 2-again {
					w.Fatalf("%s: got %v", c.frame, kinds)
				}
				list := bob.drain()
				if len(list) != 1-again {
					w.Fatalf("%s: bob got %v", c.frame, list)
				}
				if again > 0 {
					continue
				}
				f := list[0]
				if f.raw != kinds["update"].raw || f.Seq != uint64(i)+2 || f.Type != "update" || f.Room != "global" {
					w.Errorf("%s: got %s", c.frame, f)
				}
				got := strings.ReplaceAll(f.raw, fmt.Sprint(f.msg().Timestamp), "T")
				for _, at := range []int64{f.msg().EditedAt, f.msg().DeletedAt} {
					if at != 0 {
						got = strings.ReplaceAll(got, fmt.Sprint(at), "T")
					}
				}
				if !strings.HasSuffix(got, c.want+"}") {
					w.Errorf("%s:\n got %s\nwant %s", c.frame, got, c.want)
				}
				p := w.page(chat.HistoryQuery{})
				if raw := encode(p.Messages[0]); p.Head != chat.Seq(f.Seq) || !strings.Contains(f.raw, raw) {
					w.Errorf("history has %s", raw)
				}
			}
		}
		old.silent()
		if list := w.newest(); len(list) != 0 {
			w.Errorf("level 0 still shows %v", list)
		}
		// Without ref there is no answer.
		ada.send(`{"type":"delete","room":"global","id":%q}`, m.ID)
		ada.silent()
	})
}

func TestWhoMayChangeWhat(t *testing.T) {
	inBubble(t, unlimited, func(w *world) {
		for _, c := range []struct {
			who, kind string
			arg       any
			want      string
		}{
			{"ada", "edit", "new", ""},
			{"bob", "edit", "new", "forbidden"},
			{"eve:owner", "edit", "new", "forbidden"},
			{"ada", "edit", " ", "empty"},
			{"ada", "edit", strings.Repeat("é", 10_001), "too_long"},
			{"ada", "delete", nil, ""},
			{"bob", "delete", nil, "forbidden"},
			{"bob:member", "delete", nil, "forbidden"},
			{"bob:guest", "delete", nil, "forbidden"},
			{"bob:moderator", "delete", nil, ""},
			{"bob:admin", "delete", nil, ""},
			{"bob:owner", "delete", nil, ""},
			{"bob:guest", "react", "👍", ""},
			{"bob", "react", "thumb", "bad_request"},
			{"bob", "react", "👍👍", "bad_request"},
			{"bob", "pin", nil, ""},
			{"bob:guest", "pin", nil, "forbidden"},
		} {
			m := w.say("ada", "x")
			_, err := w.change(c.who, c.kind, m, true, c.arg)
			if code(err) != c.want {
				t.Errorf("%s %s %.20v: %v, want %s", c.who, c.kind, c.arg, err, c.want)
			}
			if c.kind == "pin" && err == nil {
				w.changed(c.who, "pin", m, false)
			}
		}
		readOnly := somebody("ada")
		readOnly.ReadOnly = true
		if _, err := w.chat.Change(w.Context(), readOnly, "global", chat.ClientFrame{Type: "delete", ID: w.say("ada", "x").ID}); code(err) != "forbidden" {
			t.Errorf("a token that may read only: %v", err)
		}
		// A role is known of a socket too.
		m := w.say("ada", "x")
		mod := w.socket("mod", "role=moderator")
		mod.send(`{"type":"delete","room":"global","ref":"r","id":%q}`, m.ID)
		mod.next("ok")
		guest := w.socket("guest", "role=guest")
		guest.send(`{"type":"pin","room":"global","on":true,"id":%q}`, w.say("ada", "x").ID)
		if f := guest.next("error"); f.Code != "forbidden" {
			t.Errorf("got %s", f)
		}
	})
}

// Ids that aren't of this room's messages change nothing, and close no socket.
func TestChangesOfWhatIsNotThere(t *testing.T) {
	inBubble(t, unlimited, func(w *world) {
		if _, err := (chat.NewRooms(tables, time.Now)).Add(w.Context(), chat.RoomEntry{Slug: "other"}); err != nil {
			t.Fatal(err)
		}
		here := w.say("ada", "here")
		foreign, err := w.chat.Post(w.Context(), somebody("ada"), "other", chat.NewMessage{Content: "there"})
		if err != nil || foreign.Seq != here.Seq {
			t.Fatalf("%+v, %v", foreign, err)
		}
		gone := w.say("ada", "gone")
		w.changed("ada", "delete", gone)
		ada, _ := w.joined("ada")
		for _, id := range []string{string(foreign.ID), string(gone.ID), "x", "01990d3e-6c4b-7a53-9d0e-ffffffffffff", string(here.ID[:35]),
			strings.ToUpper(string(here.ID[:34])) + "zz", strings.Replace(string(here.ID), "-7", "-4", 1)} {
			for _, f := range []string{`"type":"edit","content":"y"`, `"type":"react","emoji":"👍","on":true`, `"type":"pin","on":true`,
				`"type":"message","clientId":"c","content":"x","replyTo":"` + id + `"`, `"type":"message","clientId":"c","content":"x","thread":"` + id + `"`} {
				ada.send(`{"room":"global","id":%q,%s}`, id, f)
				if f := ada.next("error"); f.Code != "not_found" {
					t.Errorf("%s: got %s", id, f)
				}
			}
			if id == string(gone.ID) {
				continue
			}
			ada.send(`{"room":"global","id":%q,"type":"delete"}`, id)
			if f := ada.next("error"); f.Code != "not_found" {
				t.Errorf("%s: got %s", id, f)
			}
			if _, err := w.chat.Message(w.Context(), somebody("ada"), "global", chat.MessageID(id)); code(err) != "not_found" {
				t.Errorf("%s: read: %v", id, err)
			}
		}
		if p := w.page(chat.HistoryQuery{}); p.Head != 3 {
			t.Errorf("head is %d", p.Head)
		}
		for _, slug := range []string{"nowhere", ""} {
			if _, err := w.chat.Change(w.Context(), somebody("ada"), slug, chat.ClientFrame{Type: "delete", ID: here.ID}); code(err) != "not_found" {
				t.Errorf("%q: %v", slug, err)
			}
		}
	})
}

func TestLimitsOfReactionsAndPins(t *testing.T) {
	inBubble(t, unlimited, func(w *world) {
		m := w.say("ada", "x")
		for i := range 50 {
			m = w.changed("ada", "react", m, string(rune(0x1f400+i)), true)
		}
		if _, err := w.change("ada", "react", m, "👍", true); code(err) != "forbidden" {
			t.Errorf("the 51st emoji: %v", err)
		}
		m = w.changed("bob", "react", m, string(rune(0x1f400)), true)
		if r := m.Reactions[0]; len(m.Reactions) != 50 || len(r.Users) != 2 || r.Users[1] != "bob" {
			t.Errorf("got %v", m.Reactions)
		}
		for i := 2; len(m.Reactions) > 0 && i < 10_000; i++ {
			_, err := w.change(fmt.Sprint("p", i), "react", m, string(rune(0x1f400)), true)
			if err != nil {
				if n := i + 49; code(err) != "forbidden" || n != 1000 {
					t.Errorf("after %d: %v", n, err)
				}
				break
			}
		}
		for i := range 100 {
			w.changed("ada", "pin", w.say("ada", fmt.Sprint(i)), true)
		}
		if _, err := w.change("ada", "pin", m, true); code(err) != "forbidden" {
			t.Errorf("the 101st pin: %v", err)
		}
		pins, err := w.chat.Pins(w.Context(), somebody("ada"), "global")
		if err != nil || len(pins.Messages) != 100 || pins.Messages[0].Content != "99" || pins.Messages[99].Content != "0" {
			t.Errorf("got %d pins, %v", len(pins.Messages), err)
		}
		w.changed("ada", "delete", pins.Messages[0]) // what is deleted isn't pinned
		w.changed("ada", "pin", m, true)
		if pins, err = w.chat.Pins(w.Context(), somebody("ada"), "global"); err != nil || len(pins.Messages) != 100 || pins.Messages[0].ID != m.ID {
			t.Errorf("got %d pins, %v", len(pins.Messages), err)
		}
	})
}

func TestChangeRate(t *testing.T) {
	inBubble(t, nil, func(w *world) {
		m := w.say("ada", "x")
		for i := range 30 {
			w.changed("ada", "react", m, "👍", i%2 == 0)
		}
		for range 2 {
			_, err := w.change("ada", "react", m, "👍", true)
			if e := chat.AsError(err); e.Code != chat.CodeRateLimited || e.Retry <= 0 || e.Retry > 10*time.Second {
				t.Errorf("the 31st change: %v", err)
			}
			w.changed("ada", "react", m, "👍", false) // changes nothing
			w.changed("bob", "react", m, "🎉", true)
			w.changed("bob", "react", m, "🎉", false)
			w.restart() // it holds over that
		}
		w.say("ada", "posts are counted apart")
		time.Sleep(10 * time.Second)
		w.changed("ada", "react", m, "👍", true)
	})
}

func TestVersions(t *testing.T) {
	inBubble(t, unlimited, func(w *world) {
		m := w.say("ada", "v0")
		for i := 1; i <= 3; i++ {
			time.Sleep(time.Second)
			w.changed("ada", "edit", m, fmt.Sprint("v", i))
		}
		w.say("ada", "another")
		for _, who := range []string{"ada", "mod:moderator", "adm:admin", "own:owner"} {
			list, err := w.chat.Versions(w.Context(), somebody(who), "global", m.ID)
			if err != nil || len(list.Versions) != 3 || list.Versions[0].Content != "v0" || list.Versions[2].Content != "v2" ||
				list.Versions[0].Until != m.Timestamp+1000 {
				t.Errorf("%s: got %+v, %v", who, list, err)
			}
		}
		for _, who := range []string{"bob", "bob:guest"} {
			if _, err := w.chat.Versions(w.Context(), somebody(who), "global", m.ID); code(err) != "forbidden" {
				t.Errorf("%s: %v", who, err)
			}
		}
		for i := range 120 {
			w.changed("ada", "edit", m, fmt.Sprint("w", i))
		}
		list, err := w.chat.Versions(w.Context(), somebody("ada"), "global", m.ID)
		if n := len(list.Versions); err != nil || n != 100 || list.Versions[99].Content != "w118" || list.Versions[0].Content != "w19" {
			t.Errorf("%d versions, %+v to %+v, %v", n, list.Versions[0], list.Versions[n-1], err)
		}
		w.changed("ada", "delete", m)
		if list, err := w.chat.Versions(w.Context(), somebody("ada"), "global", m.ID); err != nil || len(list.Versions) != 0 {
			t.Errorf("of a deleted message: %+v, %v", list, err)
		}
		if strings.Contains(w.dump(), "w118") {
			t.Error("what a deleted message said is still stored")
		}
	})
}

func TestThreads(t *testing.T) {
	inBubble(t, unlimited, func(w *world) {
		ada, _ := w.joined("ada")
		root := w.say("ada", "root")
		var replies []chat.Message
		for i := range 7 {
			who := fmt.Sprint("p", i)
			replies = append(replies, w.say(who, fmt.Sprint("reply ", i), inThread(root)))
			w.say(who, "beside")
		}
		quoting := w.say("p6", "quoting", inThread(root), answering(replies[2]))
		if quoting.Thread != root.ID || quoting.ReplyTo != replies[2].ID {
			t.Errorf("got %+v", quoting)
		}
		if list := ada.drain("update"); len(list) > 0 {
			t.Errorf("a reply is an event of its root: %v", list)
		}
		now, err := w.chat.Message(w.Context(), somebody("ada"), "global", root.ID)
		want := fmt.Sprintf(`{"count":8,"lastSeq":%d,"lastAt":%d,"users":["p6","p5","p4","p3","p2"]}`, quoting.Seq, quoting.Timestamp)
		if got := encode(now.Replies); err != nil || got != want {
			t.Errorf("got %s, %v, want %s", got, err, want)
		}
		if p := w.page(chat.HistoryQuery{}); encode(p.Messages[0]) != encode(now) || len(p.Messages) != 16 {
			t.Errorf("history has %s", encode(p.Messages[0]))
		}
		// A thread has one level, and its root must be there.
		for _, c := range []struct {
			thread chat.MessageID
			want   string
		}{{replies[0].ID, "bad_request"}, {"nothing", "not_found"}} {
			if _, err := w.chat.Post(w.Context(), somebody("ada"), "global", chat.NewMessage{Content: "x", Thread: c.thread}); code(err) != c.want {
				t.Errorf("thread %s: %v", c.thread, err)
			}
		}
		if _, err := w.chat.Thread(w.Context(), somebody("ada"), "global", replies[0].ID, chat.ThreadQuery{}); code(err) != "bad_request" {
			t.Errorf("a thread of a thread: %v", err)
		}
		at := func(m chat.Message) *chat.Seq { return &m.Seq }
		for _, c := range []struct {
			q            chat.ThreadQuery
			want         string
			older, newer bool
		}{
			{chat.ThreadQuery{}, "0 1 2 3 4 5 6 q", false, false},
			{chat.ThreadQuery{Limit: 3}, "5 6 q", true, false},
			{chat.ThreadQuery{Limit: 3, Before: at(replies[3])}, "0 1 2", false, true},
			{chat.ThreadQuery{Limit: 2, Before: at(replies[3])}, "1 2", true, true},
			{chat.ThreadQuery{Limit: 2, After: at(replies[3])}, "4 5", true, true},
			{chat.ThreadQuery{Limit: 9, After: at(root)}, "0 1 2 3 4 5 6 q", false, false},
			{chat.ThreadQuery{Limit: 9, After: at(quoting)}, "", true, false},
			{chat.ThreadQuery{Limit: 9, Before: at(root)}, "", false, true},
		} {
			page, err := w.chat.Thread(w.Context(), somebody("ada"), "global", root.ID, c.q)
			got := strings.NewReplacer("reply ", "", "quoting", "q").Replace(contents(page.Messages))
			if err != nil || got != c.want || page.HasOlder != c.older || page.HasNewer != c.newer || page.Root.ID != root.ID {
				t.Errorf("%+v: got %s %t %t, %v, want %s %t %t", c.q, got, page.HasOlder, page.HasNewer, err, c.want, c.older, c.newer)
			}
		}
		if _, err := w.chat.Thread(w.Context(), somebody("ada"), "global", root.ID, chat.ThreadQuery{Limit: 201}); code(err) != "bad_request" {
			t.Errorf("too many: %v", err)
		}
		// What is deleted doesn't count, and has its place still.
		w.changed("p6", "delete", quoting)
		w.changed("p6", "delete", replies[6])
		w.changed("p5", "delete", replies[5])
		if now, err = w.chat.Message(w.Context(), somebody("ada"), "global", root.ID); err != nil ||
			encode(now.Replies) != fmt.Sprintf(`{"count":5,"lastSeq":%d,"lastAt":%d,"users":["p4","p3","p2","p1","p0"]}`, quoting.Seq, replies[4].Timestamp) {
			t.Errorf("got %s, %v", encode(now.Replies), err)
		}
		gone := w.changed("ada", "delete", root)
		if gone.Replies == nil || gone.Replies.Count != 5 {
			t.Errorf("the root of a thread lost it: %+v", gone)
		}
		w.say("p1", "a thread goes on without its root", inThread(root))
		lonely := w.say("ada", "nobody answered")
		w.changed("ada", "delete", lonely)
		if _, err := w.chat.Post(w.Context(), somebody("ada"), "global", chat.NewMessage{Content: "x", Thread: lonely.ID}); code(err) != "not_found" {
			t.Errorf("a thread of a deleted message: %v", err)
		}
	})
}

// A resume replays each event by its seq, with messages as they are now.
func TestReplayOfChanges(t *testing.T) {
	inBubble(t, unlimited, func(w *world) {
		first := w.say("ada", "first")
		ada, joined := w.joined("ada")
		ada.leaves()
		second := w.say("ada", "second")                // 2
		w.changed("ada", "edit", first, "first, again") // 3
		w.changed("bob", "react", second, "👍", true)    // 4
		w.say("bob", "third", inThread(second))         // 5
		w.changed("ada", "edit", first, "first, once more")
		w.changed("ada", "delete", second) // 7
		for _, asleep := range []bool{false, true} {
			if asleep {
				w.hibernate()
			}
			ada = w.socket("ada")
			ada.send(`{"type":"join","room":"global","stream":%q,"after":%d}`, joined.Stream, joined.Head)
			if f := ada.next("joined"); !f.Resumed || f.Head != 7 {
				t.Fatalf("got %s", f)
			}
			var got []string
			for seq := joined.Head + 1; seq <= 7; seq++ {
				f := ada.any()
				m := f.msg()
				if f.Type == "message" && uint64(m.Seq) != seq || f.Type == "update" && f.Seq != seq {
					t.Errorf("want %d, got %s", seq, f)
				}
				got = append(got, fmt.Sprint(f.Type, " ", m.Content))
			}
			want := "message |update first, once more|update |message third|update first, once more|update "
			if strings.Join(got, "|") != want {
				t.Errorf("got %s, want %s", strings.Join(got, "|"), want)
			}
			ada.leaves()
		}
	})
}

// The retention takes all that belongs to a message; events of what is gone are still
// told, so that seqs have no gap.
func TestRetentionOfChanges(t *testing.T) {
	inBubble(t, func(c *chat.Config) {
		unlimited(c)
		c.Retention.Messages = 4
	}, func(w *world) {
		ada, joined := w.joined("ada")
		ada.leaves()
		root := w.say("ada", "root") // 1
		for i := range 3 {           // 2 to 10
			m := w.say("ada", fmt.Sprint("old ", i), inThread(root))
			w.changed("ada", "edit", m, fmt.Sprint("edited ", i))
			w.changed("ada", "pin", m, true)
		}
		w.changed("ada", "edit", root, "root, edited") // 11
		for i := range 4 {                             // 12 to 15
			w.say("ada", fmt.Sprint("new ", i))
		}
		w.changed("ada", "react", root, "👍", true) // 16
		w.hibernate()
		time.Sleep(2 * time.Minute)
		begin := chat.Seq(0)
		if p := w.page(chat.HistoryQuery{After: &begin}); seqs(p.Messages) != "12 13 14 15" || p.Head != 16 || p.HasOlder {
			t.Errorf("got %+v", p)
		}
		if p := w.page(chat.HistoryQuery{After: &[]chat.Seq{11}[0]}); p.HasOlder {
			t.Errorf("got %+v", p)
		}
		dump := w.dump()
		for _, gone := range []string{"old", "edited", `"t/`, `"v/`, `"p/`} {
			if strings.Contains(dump, gone) {
				t.Errorf("%s is still stored: %s", gone, dump)
			}
		}
		if n := strings.Count(dump, `"e/`); n != 1 {
			t.Errorf("%d events are stored: %s", n, dump)
		}
		if _, err := w.chat.Message(w.Context(), somebody("ada"), "global", root.ID); code(err) != "not_found" {
			t.Errorf("got %v", err)
		}
		ada = w.socket("ada")
		ada.send(`{"type":"join","room":"global","stream":%q,"after":14}`, joined.Stream)
		ada.next("joined")
		ada.next("message")
		f := ada.next("update")
		if m := f.msg(); f.Seq != 16 || m.ID != root.ID || m.DeletedAt == 0 || m.Seq != 1 || m.Timestamp != root.Timestamp {
			t.Errorf("got %s", f)
		}
		ada.send(`{"type":"join","room":"global","stream":%q,"after":10}`, joined.Stream)
		ada.until("reset")
		w.say("ada", "new 4") // 17
		time.Sleep(2 * time.Minute)
		if p := w.page(chat.HistoryQuery{After: &begin}); seqs(p.Messages) != "13 14 15 17" || p.Head != 17 {
			t.Errorf("got %+v", p)
		}
	})
}

// By a time one comes to the first message that isn't earlier.
func TestHistoryAtATime(t *testing.T) {
	inBubble(t, unlimited, func(w *world) {
		var list []chat.Message
		for i := range 40 {
			m := w.say("ada", fmt.Sprint(i))
			list = append(list, m)
			w.changed("ada", "react", m, "👍", true)
			time.Sleep(time.Minute)
		}
		ask := func(at int64) string { return contents(w.page(chat.HistoryQuery{At: &at, Limit: 3}).Messages) }
		for _, asleep := range []bool{false, true} {
			if asleep {
				w.hibernate()
			}
			for i, m := range list[1:39] {
				for _, at := range []int64{m.Timestamp, m.Timestamp - 59_999} {
					if got, want := ask(at), fmt.Sprint(i, i+1, i+2); got != want {
						t.Errorf("at %d: got %s, want %s", at, got, want)
					}
				}
			}
			if got := ask(0); got != "0 1 2" {
				t.Errorf("before all: %s", got)
			}
			if got := ask(-1 << 63); got != "0 1 2" {
				t.Errorf("long before all: %s", got)
			}
			if got := ask(list[39].Timestamp + 1); got != "37 38 39" {
				t.Errorf("after all: %s", got)
			}
			if got := ask(1<<63 - 1); got != "37 38 39" {
				t.Errorf("long after all: %s", got)
			}
		}
	})
}

// What an account leaves when it goes: what it wrote, under no name.
func TestForgettingTakesWhatWasChanged(t *testing.T) {
	inBubble(t, unlimited, func(w *world) {
		mine := w.say("ada", "mine")
		w.changed("ada", "edit", mine, "mine, edited")
		gone := w.say("ada", "gone")
		w.changed("ada", "delete", gone)
		his := w.say("bob", "his")
		w.changed("bob", "edit", his, "his, edited")
		for _, who := range []string{"ada", "bob"} {
			w.changed(who, "react", mine, "👍", true)
			w.changed(who, "react", his, "👍", true)
		}
		w.changed("ada", "react", his, "🎉", true)
		w.changed("ada", "pin", his, true)
		for range 2 {
			if err := w.chat.ForgetUsers(w.Context(), "ada"); err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, m := range w.page(chat.HistoryQuery{}).Messages {
				got = append(got, fmt.Sprint(m.UserName, " ", m.Content, " ", encode(m.Reactions)))
			}
			want := `Deleted account mine, edited {"👍":["bob"]}| gone|Bob his, edited {"👍":["bob"]}`
			if text := strings.ReplaceAll(strings.Join(got, "|"), " gone {}", " gone"); text != strings.Replace(want, "| gone|", "|  {}|", 1) {
				t.Errorf("got %s", text)
			}
		}
		var versions []string
		err := w.chat.MessagesBy(w.Context(), "bob", func(_ string, m chat.Message, before []chat.Version) error {
			for _, v := range before {
				versions = append(versions, v.Content)
			}
			return nil
		})
		if err != nil || strings.Join(versions, " ") != "his" {
			t.Errorf("got %v, %v", versions, err)
		}
		if dump := w.dump(); strings.Contains(dump, `"content\":\"mine\"`) {
			t.Errorf("an earlier version is still there: %s", dump)
		}
	})
}
