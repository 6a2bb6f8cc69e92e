package chat_test

import (
	"fmt"
	"math"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"snug/chat"
	"snug/durable/durabletest"
)

func TestEmptyHistory(t *testing.T) {
	inBubble(t, nil, func(w *world) {
		zero, one := chat.Seq(0), chat.Seq(1)
		for _, q := range []chat.HistoryQuery{{}, {Before: &zero}, {Before: &one}, {After: &zero}, {After: &one}, {Around: &zero}, {Around: &one}} {
			p := w.page(q)
			want := fmt.Sprintf(`{"stream":%q,"head":0,"hasOlder":false,"hasNewer":false,"messages":[]}`, p.Stream)
			if got := encode(p); got != want || p.Stream == "" {
				w.Errorf("got  %s\nwant %s", got, want)
			}
		}
	})
}

// A page of the longest messages is short, and paging still finds each of them.
func TestHistoryPagesAreBoundInBytes(t *testing.T) {
	const n = 80
	inBubble(t, unlimited, func(w *world) {
		w.fill(n, strings.Repeat("€", 9_990))
		var found []chat.Message
		pages := 0
		for q := (chat.HistoryQuery{Limit: chat.MaxPageLimit}); ; pages++ {
			p := w.page(q)
			if len(p.Messages) == 0 || len(p.Messages) > 40 {
				w.Fatalf("a page of %d messages", len(p.Messages))
			}
			found = append(p.Messages, found...)
			if !p.HasOlder {
				break
			}
			q.Before = &p.Messages[0].Seq
		}
		for i, m := range found {
			if m.Seq != chat.Seq(i+1) {
				w.Fatalf("got %s", seqs(found))
			}
		}
		if len(found) != n || pages < 2 {
			w.Errorf("%d messages on %d pages", len(found), pages+1)
		}
	})
}

func TestHistoryPages(t *testing.T) {
	type page struct {
		seqs         string
		older, newer bool
	}
	at := func(n chat.Seq) *chat.Seq { return &n }
	check := func(w *world, name string, q chat.HistoryQuery, want page) {
		w.Helper()
		p := w.page(q)
		if got := (page{seqs(p.Messages), p.HasOlder, p.HasNewer}); got != want {
			w.Errorf("%s: got %+v, want %+v", name, got, want)
		}
	}
	inBubble(t, func(c *chat.Config) {
		unlimited(c)
		c.Retention.Messages = 10
	}, func(w *world) {
		w.fill(10, "x")
		all := "1 2 3 4 5 6 7 8 9 10"
		check(w, "newest", chat.HistoryQuery{}, page{all, false, false})
		check(w, "newest 3", chat.HistoryQuery{Limit: 3}, page{"8 9 10", true, false})
		check(w, "all but one", chat.HistoryQuery{Limit: 9}, page{"2 3 4 5 6 7 8 9 10", true, false})
		check(w, "exactly all", chat.HistoryQuery{Limit: 10}, page{all, false, false})

		check(w, "before", chat.HistoryQuery{Before: at(8), Limit: 3}, page{"5 6 7", true, true})
		check(w, "before, to the first", chat.HistoryQuery{Before: at(4), Limit: 3}, page{"1 2 3", false, true})
		check(w, "before the first", chat.HistoryQuery{Before: at(1), Limit: 3}, page{"", false, true})
		check(w, "before 0", chat.HistoryQuery{Before: at(0), Limit: 3}, page{"", false, true})
		check(w, "before what is next", chat.HistoryQuery{Before: at(11), Limit: 2}, page{"9 10", true, false})
		check(w, "before the end of time", chat.HistoryQuery{Before: at(math.MaxUint64), Limit: 2}, page{"9 10", true, false})

		check(w, "after", chat.HistoryQuery{After: at(3), Limit: 3}, page{"4 5 6", true, true})
		check(w, "after, to the last", chat.HistoryQuery{After: at(7), Limit: 3}, page{"8 9 10", true, false})
		check(w, "after 0", chat.HistoryQuery{After: at(0), Limit: 3}, page{"1 2 3", false, true})
		check(w, "after the last", chat.HistoryQuery{After: at(10), Limit: 3}, page{"", true, false})
		check(w, "after the end of time", chat.HistoryQuery{After: at(math.MaxUint64), Limit: 3}, page{"", true, false})

		check(w, "around", chat.HistoryQuery{Around: at(5), Limit: 4}, page{"3 4 5 6", true, true})
		check(w, "around, odd", chat.HistoryQuery{Around: at(5), Limit: 5}, page{"3 4 5 6 7", true, true})
		check(w, "around, one", chat.HistoryQuery{Around: at(5), Limit: 1}, page{"5", true, true})
		check(w, "around the first", chat.HistoryQuery{Around: at(1), Limit: 4}, page{"1 2 3 4", false, true})
		check(w, "around the last", chat.HistoryQuery{Around: at(10), Limit: 4}, page{"7 8 9 10", true, false})
		check(w, "around what isn't there", chat.HistoryQuery{Around: at(99), Limit: 4}, page{"7 8 9 10", true, false})
		check(w, "around all", chat.HistoryQuery{Around: at(5), Limit: 200}, page{all, false, false})

		w.fill(5, "y")
		time.Sleep(2 * time.Minute) // retention takes 1 to 5
		check(w, "newest of what is kept", chat.HistoryQuery{}, page{"6 7 8 9 10 11 12 13 14 15", false, false})
		check(w, "before, to what is kept", chat.HistoryQuery{Before: at(8), Limit: 5}, page{"6 7", false, true})
		check(w, "before what is gone", chat.HistoryQuery{Before: at(3), Limit: 5}, page{"", false, true})
		check(w, "after what is gone", chat.HistoryQuery{After: at(2), Limit: 2}, page{"6 7", false, true})
		check(w, "around what is gone", chat.HistoryQuery{Around: at(2), Limit: 4}, page{"6 7 8 9", false, true})
		if p := w.page(chat.HistoryQuery{}); p.Head != 15 {
			w.Errorf("head %d", p.Head)
		}
	})
}

func TestRetentionByCount(t *testing.T) {
	inBubble(t, func(c *chat.Config) {
		unlimited(c)
		c.Retention.Messages = 100
	}, func(w *world) {
		w.fill(1700, "x")
		if p := w.page(chat.HistoryQuery{Limit: 1}); p.Head != 1700 {
			w.Errorf("head %d", p.Head)
		}
		time.Sleep(2 * time.Minute)
		synctest.Wait()
		first := chat.Seq(0)
		p := w.page(chat.HistoryQuery{After: &first, Limit: 200})
		if len(p.Messages) != 100 || p.Messages[0].Seq != 1601 || p.Head != 1700 {
			w.Errorf("%d kept, from %s", len(p.Messages), seqs(p.Messages[:1]))
		}
		// A busy room doesn't push its retention ahead of itself for ever.
		ada := w.socket("ada")
		for i := range 300 {
			ada.post(fmt.Sprint(i), "y")
			ada.next("ack")
			time.Sleep(time.Second)
		}
		p = w.page(chat.HistoryQuery{After: &first, Limit: 200})
		if n := p.Head - p.Messages[0].Seq + 1; n > 100+61 {
			w.Errorf("%d kept", n)
		}
	})
}

func TestRetentionByAge(t *testing.T) {
	inBubble(t, func(c *chat.Config) {
		unlimited(c)
		c.Retention.Age = time.Hour
	}, func(w *world) {
		w.fill(3, "old")
		time.Sleep(30 * time.Minute)
		w.fill(2, "new")
		time.Sleep(30*time.Minute - time.Second)
		if p := w.page(chat.HistoryQuery{}); len(p.Messages) != 5 {
			w.Errorf("%d kept after less than an hour", len(p.Messages))
		}
		time.Sleep(2 * time.Second)
		if p := w.page(chat.HistoryQuery{}); contents(p.Messages) != "new new" {
			w.Errorf("kept %q after an hour", contents(p.Messages))
		}
		time.Sleep(30 * time.Minute)
		p := w.page(chat.HistoryQuery{})
		if len(p.Messages) != 0 || p.Head != 5 || p.HasOlder {
			w.Errorf("got %+v", p)
		}
		w.hibernate()
		if p := w.page(chat.HistoryQuery{}); p.Head != 5 {
			w.Errorf("head %d of a room without messages", p.Head)
		}
		// What made the repeats of a message harmless goes with it.
		filler := w.socket("filler")
		filler.post("old-0", "again")
		if f := filler.next("ack"); f.Seq != 6 {
			w.Errorf("got %s", f)
		}
	})
}

// Nothing of a message stays behind.
func TestRetentionRemovesEverything(t *testing.T) {
	inBubble(t, func(c *chat.Config) {
		unlimited(c)
		c.Retention.Age = time.Hour
	}, func(w *world) {
		w.fill(1200, "secret")
		time.Sleep(2 * time.Hour)
		synctest.Wait()
		if dump := w.dump(); strings.Contains(dump, "secret") || strings.Contains(dump, "filler") {
			w.Error("the store still holds something of the messages")
		}
	})
}

// A retention that is set on a chat that has messages is noticed at the start,
// in rooms that nobody visits too, and one that gets shorter as well.
func TestRetentionIsChanged(t *testing.T) {
	inBubble(t, unlimited, func(w *world) {
		w.fill(3, "x")
		w.cfg.Retention.Age = 20 * time.Hour
		time.Sleep(time.Hour)
		w.restart()
		time.Sleep(time.Minute)
		w.cfg.Retention.Age = 5 * time.Hour
		w.restart()
		time.Sleep(5 * time.Hour)
		if dump := w.dump(); strings.Contains(dump, "filler") {
			w.Error("messages were kept for longer than the new age")
		}
		w.cfg.Retention = chat.Retention{}
		w.restart()
		w.fill(3, "y")
		time.Sleep(10 * time.Hour)
		if p := w.page(chat.HistoryQuery{}); contents(p.Messages) != "y y y" || p.Head != 6 {
			w.Errorf("got %+v", p)
		}
	})
}

// A room whose storage fails in the midst of its retention goes on with it.
func TestRetentionFails(t *testing.T) {
	inBubble(t, func(c *chat.Config) {
		unlimited(c)
		c.Retention.Messages = 10
	}, func(w *world) {
		w.fill(20, "x")
		time.Sleep(50 * time.Second)
		w.faults.Next(durabletest.CallCommit, durabletest.Fault{Err: errDisk}, durabletest.Fault{Err: errDisk})
		time.Sleep(5 * time.Minute)
		if p := w.page(chat.HistoryQuery{}); len(p.Messages) != 10 || p.Messages[0].Seq != 11 {
			w.Errorf("got %s", seqs(p.Messages))
		}
	})
}
