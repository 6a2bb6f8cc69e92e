package chat_test

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"testing"
	"testing/synctest"

	"snug/chat"
	"snug/durable/durabletest"
)

// modelRoom is what a client makes of a room's frames.
type modelRoom map[chat.MessageID]chat.Message

// take takes a frame, counts replies as the protocol asks clients to, and returns the
// frame's seq.
func (r modelRoom) take(f in) uint64 {
	m := f.msg()
	seq := f.Seq
	if f.Type == "message" {
		seq = uint64(m.Seq)
	}
	r[m.ID] = m
	root, there := r[m.Thread]
	if m.Thread == "" || !there {
		return seq
	}
	told := chat.Replies{}
	if root.Replies != nil {
		told = *root.Replies
	}
	if m.Seq > told.LastSeq && m.DeletedAt == 0 { // one that goes is followed by its root
		told.Count, told.LastSeq = told.Count+1, m.Seq
		root.Replies = &told
		r[root.ID] = root
	}
	return seq
}

// bare leaves out of a message what is told of its thread but for the count.
func bare(m chat.Message) chat.Message {
	if m.Replies != nil {
		m.Replies = &chat.Replies{Count: m.Replies.Count}
		if m.Replies.Count == 0 {
			m.Replies = nil
		}
	}
	return m
}

// Whatever people do with messages: seqs have no gap, everybody hears the same, a page
// holds what was heard, and a resume from anywhere comes to the same end.
func TestReplayEqualsLive(t *testing.T) {
	seed := *seedFlag
	if seed == 0 {
		seed = rand.Uint64()
	}
	t.Logf("go test ./chat -run %s -seed %d", t.Name(), seed)
	inBubble(t, unlimited, func(w *world) {
		rng := rand.New(rand.NewPCG(seed, 0))
		live, joined := w.joined("watcher")
		var ids []chat.MessageID
		some := func() chat.Message {
			if len(ids) == 0 || rng.IntN(20) == 0 {
				return chat.Message{ID: "01990d3e-6c4b-7a53-9d0e-ffffffffffff"}
			}
			return chat.Message{ID: ids[rng.IntN(len(ids))]}
		}
		post := func(who string, m chat.NewMessage) {
			if posted, err := w.chat.Post(w.Context(), somebody(who), "global", m); err == nil {
				ids = append(ids, posted.ID)
			}
		}
		for i := range 400 {
			who := fmt.Sprint("p", rng.IntN(4), []string{"", ":guest", ":moderator"}[rng.IntN(3)])
			emoji := []string{"👍", "🎉", "❤️", "x"}[rng.IntN(4)]
			switch rng.IntN(10) {
			case 0, 1:
				post(who, chat.NewMessage{Content: fmt.Sprint(i)})
			case 2, 3:
				post(who, chat.NewMessage{Content: fmt.Sprint(i), Thread: some().ID})
			case 4:
				post(who, chat.NewMessage{Content: fmt.Sprint(i), ReplyTo: some().ID})
			case 5:
				_, _ = w.change(who, "edit", some(), fmt.Sprint(i, " again")) // refused or not
			case 6:
				_, _ = w.change(who, "delete", some())
			case 7:
				_, _ = w.change(who, "pin", some(), rng.IntN(2) == 0)
			default:
				_, _ = w.change(who, "react", some(), emoji, rng.IntN(2) == 0)
			}
			if rng.IntN(100) == 0 {
				w.hibernate()
			}
		}
		heard := modelRoom{}
		var frames []in
		at := joined.Head
		for _, f := range live.drain("message", "update") {
			frames = append(frames, f)
			if seq := heard.take(f); seq != at+1 {
				t.Fatalf("seed %d: %d after %d", seed, seq, at)
			}
			at++
		}
		begin := chat.Seq(0)
		stored := modelRoom{}
		for more := true; more; {
			page := w.page(chat.HistoryQuery{After: &begin, Limit: 200})
			for _, m := range page.Messages {
				stored[m.ID], begin = m, m.Seq
			}
			if more = page.HasNewer; page.Head != chat.Seq(at) {
				t.Fatalf("seed %d: head is %d, heard were %d", seed, page.Head, at)
			}
		}
		same := func(what string, got modelRoom) {
			t.Helper()
			for id, m := range stored {
				if !reflect.DeepEqual(bare(got[id]), bare(m)) {
					t.Fatalf("seed %d: %s\n got %s\nwant %s", seed, what, encode(got[id]), encode(m))
				}
			}
			if len(got) != len(stored) {
				t.Errorf("seed %d: %s: %d messages, want %d", seed, what, len(got), len(stored))
			}
		}
		same("live", heard)
		for range 20 {
			after := joined.Head + uint64(rng.IntN(len(frames)+1))
			got := modelRoom{}
			for _, f := range frames[:after-joined.Head] {
				got.take(f)
			}
			p := w.socket("late")
			p.send(`{"type":"join","room":"global","stream":%q,"after":%d}`, joined.Stream, after)
			p.next("joined")
			for seq := after + 1; seq <= at; seq++ {
				if n := got.take(p.any()); n != seq {
					t.Fatalf("seed %d: %d was replayed where %d comes", seed, n, seq)
				}
			}
			same(fmt.Sprint("resumed after ", after), got)
			p.leaves()
		}
	})
}

// Updates that come while a join is answered are neither missed nor heard twice.
func TestSeamWithUpdates(t *testing.T) {
	inBubble(t, unlimited, func(w *world) {
		m := w.say("ada", "x")
		stream := w.page(chat.HistoryQuery{}).Stream
		done := make(chan struct{})
		go func() {
			defer close(done)
			for i := range 100 {
				_, _ = w.change("bob", "react", m, "👍", i%2 == 0) // heard of below
			}
		}()
		for i := range 20 {
			p := w.socket(fmt.Sprint("p", i))
			p.send(`{"type":"join","room":"global","stream":%q,"after":1}`, stream)
			f := p.next("joined")
			at := uint64(1)
			for at < max(f.Head, 3) {
				if u := p.any(); u.Type == "update" {
					if at++; u.Seq != at {
						t.Fatalf("got %d, want %d", u.Seq, at)
					}
				}
			}
			p.lose()
		}
		<-done
	})
}

// Where the commit of a change fails nobody hears of it, all are cut off, and a repeat
// changes the message once, whether or not the disk kept the first.
func TestCommitOfAChangeFails(t *testing.T) {
	for _, keep := range []durabletest.Keep{durabletest.KeepNone, durabletest.KeepAll} {
		for _, change := range []string{`"type":"edit","content":"y"`, `"type":"react","emoji":"👍","on":true`, `"type":"delete"`, `"type":"pin","on":true`} {
			t.Run(fmt.Sprint(keep, change), func(t *testing.T) {
				inBubble(t, nil, func(w *world) {
					m := w.say("ada", "x")
					watcher, joined := w.joined("watcher")
					ada, _ := w.joined("ada")
					watcher.drain()
					w.faults.Next(durabletest.CallCommit, durabletest.Fault{Err: errDisk, Keep: keep})
					ada.send(`{"room":"global","id":%q,%s}`, m.ID, change)
					for _, p := range []*peer{watcher, ada} {
						p.closes(1011)
						if list := p.drain(); len(list) > 0 {
							w.Errorf("seen before durable: %v", list)
						}
					}
					ada = w.socket("ada")
					ada.send(`{"type":"join","room":"global","stream":%q,"after":1}`, joined.Stream)
					kept := 0
					if keep == durabletest.KeepAll {
						kept = 1
					}
					if f := ada.next("joined"); !f.Resumed || f.Head != uint64(1+kept) {
						w.Errorf("got %s", f)
					}
					if n := len(ada.drain("update")); n != kept {
						w.Errorf("%d updates replayed", n)
					}
					ada.send(`{"room":"global","ref":"r","id":%q,%s}`, m.ID, change)
					ada.until("ok")
					synctest.Wait()
					if p := w.page(chat.HistoryQuery{}); p.Head != 2 {
						w.Errorf("head is %d", p.Head)
					}
				})
			})
		}
	}
}
