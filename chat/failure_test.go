package chat_test

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"snug/chat"
	"snug/durable/durabletest"
)

var errDisk = errors.New("input/output error")

// Where a commit fails nobody hears of the post, all are cut off, and a repeat
// makes one message, whether or not the disk kept the first.
func TestCommitFails(t *testing.T) {
	for _, keep := range []durabletest.Keep{durabletest.KeepNone, durabletest.KeepAll} {
		for _, poster := range []string{"joined", "not joined"} {
			t.Run(fmt.Sprint(keep, poster), func(t *testing.T) {
				inBubble(t, nil, func(w *world) {
					watcher, joined := w.joined("watcher")
					old := w.level0("old")
					ada := w.socket("ada")
					if poster == "joined" {
						ada, _ = w.joined("ada")
					}
					time.Sleep(time.Second)
					for _, p := range []*peer{watcher, old, ada} {
						p.drain()
					}
					w.faults.Next(durabletest.CallCommit, durabletest.Fault{Err: errDisk, Keep: keep})
					ada.post("c1", "x")
					for _, p := range []*peer{watcher, old, ada} {
						p.closes(1011)
						if list := p.drain(); len(list) > 0 {
							w.Errorf("seen before durable: %v", list)
						}
					}
					ada = w.socket("ada")
					ada.send(`{"type":"join","room":"global","stream":%q,"after":0}`, joined.Stream)
					kept := 0
					if keep == durabletest.KeepAll {
						kept = 1
					}
					if f := ada.next("joined"); !f.Resumed || f.Head != uint64(kept) {
						w.Errorf("got %s", f)
					}
					if n := len(ada.drain("message")); n != kept {
						w.Errorf("%d messages replayed", n)
					}
					ada.post("c1", "x")
					if f := ada.next("ack"); f.Seq != 1 {
						w.Errorf("got %s", f)
					}
					if p := w.page(chat.HistoryQuery{}); seqs(p.Messages) != "1" {
						w.Errorf("got %s", seqs(p.Messages))
					}
				})
			})
		}
	}
}

// Where a commit fails while posts wait in the inbox behind it, those aren't
// taken either: their senders begin anew with the one that failed, and each
// client's posts keep their order.
func TestPostsKeepTheirOrderOverAReset(t *testing.T) {
	for _, failing := range []int{1, 2} {
		inBubble(t, unlimited, func(w *world) {
			stream := w.page(chat.HistoryQuery{}).Stream
			const people, posts = 20, 30
			post := func(p *peer, from int) {
				for i := from; i < posts; i++ {
					if p.trySend(`{"type":"message","room":"global","clientId":"%d","content":"%d"}`, i, i) != nil {
						return // cut off
					}
				}
			}
			var peers []*peer
			for i := range people {
				p := w.socket(fmt.Sprintf("p%d", i))
				p.send(`{"type":"join","room":"global"}`)
				p.next("joined")
				peers = append(peers, p)
			}
			w.faults.Stall()
			for range failing - 1 {
				w.faults.Next(durabletest.CallCommit, durabletest.Fault{})
			}
			w.faults.Next(durabletest.CallCommit, durabletest.Fault{Err: errDisk})
			for _, p := range peers {
				go post(p, 0)
			}
			synctest.Wait()
			w.faults.Release()
			for i, p := range peers {
				p.closes(1011)
				acked := len(p.drain("ack"))
				p := w.socket(fmt.Sprintf("p%d", i))
				p.send(`{"type":"join","room":"global","stream":%q,"after":0}`, stream)
				post(p, acked)
			}
			synctest.Wait()
			next := map[chat.UserID]int{}
			at := chat.Seq(0)
			for {
				page := w.page(chat.HistoryQuery{After: &at, Limit: 200})
				for _, m := range page.Messages {
					if m.Content != fmt.Sprint(next[m.UserID]) {
						w.Fatalf("commit %d failed: post %s of %s stands where %d should", failing, m.Content, m.UserID, next[m.UserID])
					}
					next[m.UserID]++
					at = m.Seq
				}
				if !page.HasNewer {
					break
				}
			}
			if at != people*posts {
				w.Errorf("%d messages, want %d", at, people*posts)
			}
		})
	}
}

func TestReadsFail(t *testing.T) {
	for _, call := range []durabletest.Call{durabletest.CallClaim, durabletest.CallGet, durabletest.CallScan} {
		t.Run(fmt.Sprint(call), func(t *testing.T) {
			inBubble(t, nil, func(w *world) {
				w.fill(3, "x")
				w.hibernate()
				ada := w.socket("ada")
				w.faults.Next(call, durabletest.Fault{Err: errDisk})
				ada.send(`{"type":"join","room":"global"}`)
				ada.closes(1011)
				ada = w.socket("ada")
				ada.send(`{"type":"join","room":"global"}`)
				if f := ada.next("joined"); f.Head != 3 {
					w.Errorf("got %s", f)
				}
			})
		})
	}
}

// A page that can't be read is an error, and nobody else's.
func TestHistoryFails(t *testing.T) {
	inBubble(t, nil, func(w *world) {
		w.fill(3, "x")
		w.hibernate()
		first := chat.Seq(1)
		for _, c := range []struct {
			call durabletest.Call
			q    chat.HistoryQuery
		}{
			{durabletest.CallScan, chat.HistoryQuery{}},
			{durabletest.CallScan, chat.HistoryQuery{After: &first}},
			{durabletest.CallGet, chat.HistoryQuery{After: &first}},
		} {
			for _, keep := range []durabletest.Keep{durabletest.KeepNone, durabletest.KeepSome, durabletest.KeepAll} {
				w.faults.Next(c.call, durabletest.Fault{Err: errDisk, Keep: keep})
				_, err := w.tryPage(c.q)
				if e := chat.AsError(err); err == nil || e.Code != chat.CodeInternal || strings.Contains(e.Message, "input/output") {
					w.Errorf("got %v", err)
				}
				if p := w.page(c.q); p.Head != 3 {
					w.Errorf("got %+v", p)
				}
			}
		}
		if _, err := w.chat.History(w.Context(), chat.Actor{}, "nowhere", chat.HistoryQuery{}); chat.AsError(err).Code != chat.CodeNotFound {
			w.Errorf("got %v", err)
		}
		if _, err := w.chat.History(w.Context(), chat.Actor{}, "global", chat.HistoryQuery{Limit: 201}); chat.AsError(err).Code != chat.CodeBadRequest {
			w.Errorf("got %v", err)
		}
	})
}

func TestReady(t *testing.T) {
	inBubble(t, nil, func(w *world) {
		if err := w.chat.Ready(w.Context()); err != nil {
			w.Error(err)
		}
		w.faults.Next(durabletest.CallCommit, durabletest.Fault{Err: errDisk})
		if err := w.chat.Ready(w.Context()); err == nil {
			w.Error("ready though nothing can be stored")
		}
		if err := w.chat.Ready(w.Context()); err != nil {
			w.Error(err)
		}
	})
}

// A session's end closes its sockets, of both levels, and what they sent isn't
// acted on any more.
func TestEndSession(t *testing.T) {
	for end, code := range map[string]int{"session": 4401, "replaced": 4402, "user": 4401} {
		t.Run(end, func(t *testing.T) {
			inBubble(t, nil, func(w *world) {
				one, _ := w.joined("ada/s1")
				old := w.level0("ada/s1")
				other, _ := w.joined("ada/s2")
				bob, _ := w.joined("bob")
				w.faults.Stall() // so that posts are on their way when the session ends
				one.post("c1", "x")
				other.post("c2", "x")
				switch end {
				case "session":
					w.chat.EndSession("s1")
				case "replaced":
					w.chat.ReplaceSession("s1")
				default:
					w.chat.EndUser("ada")
				}
				head := 0
				_ = one.trySend(`{"type":"message","room":"global","clientId":"c3","content":"late"}`) // it may be closed already
				_ = old.trySend(`{"type":"message","content":"late"}`)
				w.faults.Release()
				one.closes(code)
				old.closes(code)
				if end == "user" {
					other.closes(code)
				} else {
					other.until("ack")
				}
				bob.drain()
				for _, m := range w.page(chat.HistoryQuery{}).Messages {
					head++
					if m.Content == "late" {
						w.Error("a message was taken after the end")
					}
				}
				if end != "user" && head == 0 {
					w.Error("the other session's post is missing")
				}
			})
		})
	}
}

func TestTooManySockets(t *testing.T) {
	inBubble(t, nil, func(w *world) {
		watcher := w.level0("watcher")
		var first *peer
		for range 32 {
			first = w.socket("ada")
			w.level0("ada")
		}
		w.level0("bob").until("userCount")
		watcher.drain()
		for _, path := range []string{"/api/chat", "/api/socket"} {
			p := w.dial(path, "ada")
			p.closes(4009)
			if list := p.drain(); len(list) != 0 {
				w.Errorf("%s: got %v", path, list)
			}
		}
		time.Sleep(time.Minute)
		watcher.silent()
		first.leaves()
		w.socket("ada")
	})
}

// A picture that doesn't fit into frames is left out; it keeps nobody out.
func TestHugeProfile(t *testing.T) {
	inBubble(t, nil, func(w *world) {
		image := "image=data:" + strings.Repeat("x", 20_000)
		p := w.dial("/api/socket", "ada", image, "name="+strings.Repeat("é", 500))
		f := p.next("hello")
		if want := `"you":{"userId":"ada","userName":"` + strings.Repeat("é", 100) + `"}`; !strings.Contains(f.raw, want) {
			w.Errorf("got %s", f)
		}
		w.level0("bob", image).until("userCount")
	})
}

// A stopping server says 1001 after the last durable frame; what it couldn't
// answer any more is repeated on the next one.
func TestClose(t *testing.T) {
	inBubble(t, unlimited, func(w *world) {
		ada, joined := w.joined("ada")
		bob, _ := w.joined("bob")
		old := w.level0("old")
		for i := range 50 {
			ada.post(fmt.Sprint(i), "x")
		}
		began := time.Now()
		w.restart()
		if took := time.Since(began); took > 10*time.Second {
			w.Errorf("took %v", took)
		}
		for _, p := range []*peer{ada, bob, old} {
			p.closes(1001)
		}
		acked := len(ada.drain("ack"))
		ada = w.socket("ada")
		ada.send(`{"type":"join","room":"global","stream":%q}`, joined.Stream)
		head := ada.next("joined").Head
		if int(head) < acked {
			w.Errorf("%d acked, head is %d", acked, head)
		}
		for i := range 50 {
			ada.post(fmt.Sprint(i), "x")
			if f := ada.until("ack"); f.Seq != uint64(i)+1 {
				w.Errorf("got %s", f)
			}
		}
	})
}

func TestClosedServiceTakesNoSockets(t *testing.T) {
	inBubble(t, nil, func(w *world) {
		if err := w.chat.Close(w.Context()); err != nil {
			w.Fatal(err)
		}
		if _, err := w.tryDial("/api/socket", "ada"); err == nil || !strings.Contains(err.Error(), fmt.Sprint(http.StatusServiceUnavailable)) {
			w.Errorf("got %v", err)
		}
		if _, err := w.chat.History(w.Context(), chat.Actor{}, "global", chat.HistoryQuery{}); chat.AsError(err).Code != chat.CodeOverloaded {
			w.Errorf("got %v", err)
		}
	})
}

// Hibernation can't be observed: identity, subscriptions, dedupe, levels and
// order live on.
func TestHibernation(t *testing.T) {
	inBubble(t, unlimited, func(w *world) {
		ada, joined := w.joined("ada")
		bob, _ := w.joined("bob")
		old := w.level0("old")
		for round := range 3 {
			w.hibernate()
			for _, p := range []*peer{ada, bob, old} {
				p.drain()
			}
			ada.post(fmt.Sprint(round), "x")
			if f := ada.next("ack"); f.Seq != uint64(round)+1 {
				w.Errorf("got %s", f)
			}
			for _, p := range []*peer{ada, bob, old} {
				m := p.next("message").msg()
				if int(m.Seq) != round+1 || m.UserName != "Ada" {
					w.Errorf("got %+v", m)
				}
				p.silent()
			}
		}
		synctest.Wait()
		w.hibernate()
		if p := w.page(chat.HistoryQuery{}); p.Stream != joined.Stream || p.Head != 3 {
			w.Errorf("got %+v", p)
		}
	})
}

// Where a sleeping room can't be woken for a post, whoever posted is told, or cut off
// so that their client begins anew: no post is lost without a word.
func TestRoomCannotWakeForAPost(t *testing.T) {
	inBubble(t, nil, func(w *world) {
		ada, _ := w.joined("ada")
		ada.drain()
		w.hibernate()
		w.faults.Next(durabletest.CallClaim, durabletest.Fault{Err: errDisk})
		ada.post("c1", "x")
		ada.closes(1011)
	})
}
