package chat_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"snug/chat"
)

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
		quoted := quoting
		for range 2 { // the second time it is there already
			again, err := w.chat.Post(w.Context(), somebody("p6"), "global", chat.NewMessage{ClientID: "again", Content: "x", Thread: root.ID})
			if err != nil {
				t.Fatal(err)
			}
			quoting = again
		}
		if list := ada.drain("update"); len(list) > 0 {
			t.Errorf("a reply is an event of its root: %v", list)
		}
		now, err := w.chat.Message(w.Context(), somebody("ada"), "global", root.ID)
		want := fmt.Sprintf(`{"count":9,"lastSeq":%d,"lastAt":%d,"users":["p6","p5","p4","p3","p2"]}`, quoting.Seq, quoting.Timestamp)
		if got := encode(now.Replies); err != nil || got != want {
			t.Errorf("got %s, %v, want %s", got, err, want)
		}
		if p := w.page(chat.HistoryQuery{}); encode(p.Messages[0]) != encode(now) || len(p.Messages) != 17 {
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
			{chat.ThreadQuery{}, "0 1 2 3 4 5 6 q x", false, false},
			{chat.ThreadQuery{Limit: 3}, "6 q x", true, false},
			{chat.ThreadQuery{Limit: 3, Before: at(replies[3])}, "0 1 2", false, true},
			{chat.ThreadQuery{Limit: 2, Before: at(replies[3])}, "1 2", true, true},
			{chat.ThreadQuery{Limit: 2, After: at(replies[3])}, "4 5", true, true},
			{chat.ThreadQuery{Limit: 9, After: at(root)}, "0 1 2 3 4 5 6 q x", false, false},
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
		for _, m := range []chat.Message{quoted, quoting, replies[6]} {
			w.changed("p6", "delete", m)
		}
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
		if m := f.msg(); f.Seq != 16 || m.ID != root.ID || m.DeletedAt == 0 || m.Seq != 1 || m.UserID != root.UserID || m.Timestamp != root.Timestamp {
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
