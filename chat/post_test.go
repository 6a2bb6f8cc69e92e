package chat_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"snug/chat"
	"snug/durable/durabletest"
)

func TestPost(t *testing.T) {
	inBubble(t, nil, func(w *world) {
		ada, _ := w.joined("ada")
		bob, _ := w.joined("bob")
		ada.drain()
		ada.send(`{"type":"message","room":"global","ref":"r","clientId":"c-7","content":" hello <b> "}`)
		ack := ada.any()
		want := fmt.Sprintf(`{"type":"ack","ref":"r","room":"global","clientId":"c-7","id":%q,"seq":1,"timestamp":%d}`, ack.ID, time.Now().UnixMilli())
		if ack.raw != want {
			w.Errorf("got  %s\nwant %s", ack, want)
		}
		want = fmt.Sprintf(`{"type":"message","room":"global","message":{"id":%q,"userId":"ada","userName":"Ada","content":" hello <b> ","timestamp":%d,"type":"text","seq":1,"clientId":"c-7"}}`,
			ack.ID, ack.Timestamp)
		for _, p := range []*peer{ada, bob} {
			if f := p.any(); f.raw != want {
				w.Errorf("got  %s\nwant %s", f, want)
			}
		}
	})
}

// The ack is the frame right before the echo, whatever else goes on.
func TestAckJustBeforeItsEcho(t *testing.T) {
	inBubble(t, unlimited, func(w *world) {
		var peers []*peer
		for i := range 5 {
			p, _ := w.joined(fmt.Sprintf("p%d", i))
			peers = append(peers, p)
		}
		for i := range 50 {
			for j, p := range peers {
				p.post(fmt.Sprintf("%d-%d", j, i), "x")
			}
		}
		for j, p := range peers {
			acks := 0
			list := p.drain("ack", "message")
			for i, f := range list {
				if f.Type != "ack" {
					continue
				}
				acks++
				if i+1 == len(list) || list[i+1].Type != "message" || list[i+1].msg().ClientID != chat.ClientID(f.ClientID) {
					w.Fatalf("peer %d: ack of %s isn't before its echo", j, f.ClientID)
				}
			}
			if acks != 50 || len(list) != 300 {
				w.Errorf("peer %d: %d acks, %d frames", j, acks, len(list))
			}
		}
	})
}

func TestPostWithoutJoining(t *testing.T) {
	inBubble(t, unlimited, func(w *world) {
		bob, _ := w.joined("bob")
		bot := w.socket("bot")
		for i := range 50 {
			bot.post(fmt.Sprint(i), "x")
		}
		for i := range 50 {
			if f := bot.next("ack"); f.ClientID != fmt.Sprint(i) {
				w.Errorf("got %s", f)
			}
		}
		bot.silent()
		if n := len(bob.drain("message")); n != 50 {
			w.Errorf("%d messages", n)
		}
	})
}

func TestRefusedPosts(t *testing.T) {
	inBubble(t, nil, func(w *world) {
		ada, _ := w.joined("ada")
		for range 30 { // refusals neither count against the rate nor as nonsense
			ada.send(`{"type":"message","room":"global","ref":"r","clientId":"c","content":"%s"}`, strings.Repeat("é", 10_001))
			if f := ada.any(); f.Code != "too_long" || f.Ref != "r" || f.ClientID != "c" || f.Room != "global" {
				w.Fatalf("got %s", f)
			}
		}
		for _, blank := range []string{" ", "\ufeff", "\u00a0\ufeff\u2028"} {
			ada.post("c", blank)
			if f := ada.any(); f.Code != "empty" || f.ClientID != "c" {
				w.Errorf("%q: got %s", blank, f)
			}
		}
		ada.send(`{"type":"message","room":"global","content":"x"}`)
		if f := ada.any(); f.Code != "bad_request" {
			w.Errorf("got %s", f)
		}
		ada.post("c", strings.Repeat("é", 10_000)) // the clientId is still free
		ada.next("ack")
		if m := ada.next("message").msg(); m.Seq != 1 {
			w.Errorf("got %+v", m)
		}
	})
}

func TestLevel1Nonsense(t *testing.T) {
	inBubble(t, nil, func(w *world) {
		ada := w.socket("ada")
		for i := range 20 {
			ada.send("%s", []string{`x`, `{"type":"dance"}`, `{"type":"join"}`, `{"type":5}`}[i%4])
			if f := ada.next("error"); f.Code != "bad_request" && f.Code != "unknown_type" {
				w.Errorf("got %s", f)
			}
		}
		ada.send(`{"type": "ping","ref":"r"}`)
		if f := ada.any(); f.raw != `{"type":"pong","ref":"r"}` {
			w.Errorf("got %s", f)
		}
		ada.send(`x`)
		ada.closes(1008)
	})
}

func TestLevel1PingWakesNobody(t *testing.T) {
	inBubble(t, nil, func(w *world) {
		ada, _ := w.joined("ada")
		w.hibernate()
		wakes := w.chat.Stats().Wakes
		ada.send(`{"type":"ping"}`)
		if f := ada.any(); f.raw != `{"type":"pong"}` {
			w.Errorf("got %s", f)
		}
		if w.chat.Stats().Wakes != wakes {
			w.Error("the ping woke the room")
		}
	})
}

// A repeat is answered with the first one's ack, whatever happened since.
func TestRepeatedPost(t *testing.T) {
	repeats := []struct {
		name string
		do   func(w *world, ada *peer) *peer // returns the socket to repeat on
	}{
		{"on the same socket", func(_ *world, ada *peer) *peer { return ada }},
		{"on another socket", func(w *world, _ *peer) *peer { p, _ := w.joined("ada/other"); return p }},
		{"on a socket that hasn't joined", func(w *world, _ *peer) *peer { return w.socket("ada/other") }},
		{"after hibernation", func(w *world, ada *peer) *peer { w.hibernate(); return ada }},
		{"after a restart", func(w *world, _ *peer) *peer { w.restart(); return w.socket("ada") }},
		{"after a crash", func(w *world, _ *peer) *peer { w.crash(); return w.socket("ada") }},
		{"after a thousand others", func(w *world, _ *peer) *peer { w.fill(1000, "y"); return w.socket("ada") }},
	}
	for _, c := range repeats {
		t.Run(c.name, func(t *testing.T) {
			inBubble(t, unlimited, func(w *world) {
				ada, _ := w.joined("ada")
				ada.post("c1", "first")
				ack := ada.next("ack")
				ada.next("message")
				p := c.do(w, ada)
				head := w.page(chat.HistoryQuery{}).Head
				p.drain()
				for _, content := range []string{"first", "other", " ", strings.Repeat("x", 20_000)} {
					p.post("c1", content)
					if f := p.any(); f.raw != ack.raw {
						w.Errorf("%.20q: got %s, want %s", content, f, ack)
					}
				}
				p.silent()
				if got := w.page(chat.HistoryQuery{}).Head; got != head {
					w.Errorf("head went from %d to %d", head, got)
				}
				// Another person's clientId is another message.
				bob := w.socket("bob")
				bob.post("c1", "Bob's")
				if f := bob.next("ack"); f.Seq != uint64(head)+1 {
					w.Errorf("got %s", f)
				}
			})
		})
	}
}

// What is new isn't looked up in the store once a room knows what it has: at once if
// it was empty when it woke, and else when so many posts were looked up that it read
// that. A repeat is found all the same, of a message from before as of one since.
func TestNewPostsAskTheStoreForNothing(t *testing.T) {
	for _, stored := range []int{0, 40, 1000} {
		t.Run(fmt.Sprint(stored, " before"), func(t *testing.T) {
			inBubble(t, unlimited, func(w *world) {
				ada, _ := w.joined("ada")
				for i := range stored {
					ada.post(fmt.Sprint("before", i), "x")
					ada.next("ack")
					ada.next("message")
				}
				if stored > 0 {
					w.hibernate()
				}
				posts := 0
				post := func(n int) (asked int) {
					before := w.faults.Calls(durabletest.CallGet)
					for range n {
						posts++
						ada.post(fmt.Sprint("since", posts), "x")
						ada.next("ack")
						ada.next("message")
					}
					return w.faults.Calls(durabletest.CallGet) - before
				}
				repeat := func(id string) {
					w.Helper()
					before := w.faults.Calls(durabletest.CallGet)
					ada.post(id, "again")
					ada.next("ack")
					ada.silent()
					if w.faults.Calls(durabletest.CallGet) == before {
						w.Errorf("%s wasn't looked up", id)
					}
				}
				if stored > 0 {
					repeat("before0")
				}
				// A sixteenth, and then a chunk with each of the next ones.
				if asked := post(stored/16 + 10); asked > 0 && stored == 0 {
					w.Errorf("an empty room asked the store %d times", asked)
				}
				if asked := post(1000); asked > 50 {
					w.Errorf("1000 new posts asked the store %d times", asked)
				}
				for i := 0; i < stored; i += 1 + stored/20 {
					repeat(fmt.Sprint("before", i))
				}
				for i := 1; i <= posts; i += 50 {
					repeat(fmt.Sprint("since", i))
				}
			})
		})
	}
}

// The same post over two sockets at once is one message.
func TestRepeatRacesTheFirst(t *testing.T) {
	inBubble(t, unlimited, func(w *world) {
		var tabs []*peer
		for range 4 {
			p, _ := w.joined("ada")
			tabs = append(tabs, p)
		}
		for i := range 100 {
			for _, p := range tabs {
				p.post(fmt.Sprint(i), "x")
			}
		}
		var acks [][]in
		for _, p := range tabs {
			list := p.drain("ack", "message")
			var own []in
			messages := 0
			for _, f := range list {
				if f.Type == "ack" {
					own = append(own, f)
				} else {
					messages++
				}
			}
			if len(own) != 100 || messages != 100 {
				w.Errorf("%d acks, %d messages", len(own), messages)
			}
			acks = append(acks, own)
		}
		for i := range 100 {
			for _, own := range acks {
				if own[i].raw != acks[0][i].raw {
					w.Errorf("got %s and %s", own[i], acks[0][i])
				}
			}
		}
	})
}

func TestRateLimit(t *testing.T) {
	inBubble(t, nil, func(w *world) {
		ada, _ := w.joined("ada")
		for i := range 10 {
			ada.post(fmt.Sprint(i), "x")
			ada.next("ack")
			ada.next("message")
			time.Sleep(100 * time.Millisecond)
		}
		for range 3 { // to be limited costs nothing
			ada.send(`{"type":"message","room":"global","ref":"r","clientId":"over","content":"x"}`)
			want := `{"type":"rateLimit","ref":"r","room":"global","clientId":"over","retryAfterMs":9000,"limit":10,"windowMs":10000}`
			if f := ada.any(); f.raw != want {
				w.Errorf("got  %s\nwant %s", f, want)
			}
		}
		for range 20 { // repeats don't count
			ada.post("0", "x")
			if f := ada.next("ack"); f.Seq != 1 {
				w.Errorf("got %s", f)
			}
		}
		bob := w.socket("bob") // another person isn't limited
		bob.post("over", "x")
		bob.next("ack")
		ada.next("message")
		time.Sleep(8999 * time.Millisecond)
		ada.post("over", "x")
		if f := ada.next("rateLimit"); f.RetryAfterMs != 1 {
			w.Errorf("got %s", f)
		}
		time.Sleep(time.Millisecond)
		ada.post("over", "now") // what was limited isn't remembered
		ada.next("ack")
		if m := ada.next("message").msg(); m.Content != "now" {
			w.Errorf("got %+v", m)
		}
		ada.post("again", "x")
		if f := ada.next("rateLimit"); f.RetryAfterMs != 100 {
			w.Errorf("the window doesn't slide: got %s", f)
		}
	})
}

// The limit is the person's, not the socket's, and outlives what sockets and
// rooms don't.
func TestRateLimitHolds(t *testing.T) {
	for _, c := range []struct {
		name string
		do   func(w *world)
	}{
		{"over tabs", func(*world) {}},
		{"over levels", func(w *world) { w.level0("ada") }},
		{"over reconnects", func(w *world) { p, _ := w.joined("ada"); p.drops() }},
		{"over hibernation", func(w *world) { w.hibernate() }},
		{"over a restart", func(w *world) { w.restart() }},
		{"over a crash", func(w *world) { w.crash() }},
	} {
		t.Run(c.name, func(t *testing.T) {
			inBubble(t, func(c *chat.Config) { c.PostRate = chat.Rate{Limit: 3, Window: time.Minute} }, func(w *world) {
				bob := w.socket("bob")
				ada := w.socket("ada")
				for i := range 3 {
					ada.post(fmt.Sprint(i), "x")
					ada.next("ack")
					bob.post(fmt.Sprint(i), "x")
					bob.next("ack")
				}
				taken := time.Now()
				c.do(w)
				p := w.socket("ada")
				p.post("3", "x")
				want := time.Minute - time.Since(taken)
				if f := p.next("rateLimit"); f.RetryAfterMs != want.Milliseconds() {
					w.Errorf("got %s, want %v", f, want)
				}
			})
		})
	}
}

func storable(full *bool) func() error {
	return func() error {
		if *full {
			return errors.New("no space left on device")
		}
		return nil
	}
}

func TestDiskFull(t *testing.T) {
	full := false
	tables := ownTables(t)
	configure := func(c *chat.Config) {
		tables(c)
		c.Storable = storable(&full)
	}
	plans := chat.NewRoom{Kind: chat.KindPublic, Name: "Plans"}
	inBubble(t, configure, func(w *world) {
		rooms, _, err := w.chat.MakeRoom(w.Context(), somebody("ada"), chat.NewRoom{Kind: chat.KindPublic, Name: "Before"})
		if err != nil {
			w.Fatal(err)
		}
		ada, _ := w.joined("ada")
		ada.post("c1", "before")
		ada.next("ack")
		ada.next("message")
		full = true
		ada.send(`{"type":"message","room":"global","ref":"r","clientId":"c2","content":"x"}`)
		if f := ada.any(); f.Type != "error" || f.Code != "storage_full" || f.ClientID != "c2" || f.Ref != "r" || f.Room != "global" {
			w.Errorf("got %s", f)
		}
		ada.post("c1", "again") // needs no place
		ada.next("ack")
		if p := w.page(chat.HistoryQuery{}); contents(p.Messages) != "before" || p.Head != 1 {
			w.Errorf("got %+v", p)
		}
		bob, joined := w.joined("bob")
		if joined.Head != 1 {
			w.Errorf("got %s", joined)
		}
		if _, _, err := w.chat.MakeRoom(w.Context(), somebody("ada"), plans); err == nil || chat.AsError(err).Code != chat.CodeStorageFull {
			w.Errorf("a room is made: %v", err)
		}
		topic := "what else"
		if _, err := w.chat.ChangeRoom(w.Context(), somebody("ada"), rooms.Slug, chat.RoomChange{Topic: &topic}); err == nil || chat.AsError(err).Code != chat.CodeStorageFull {
			w.Errorf("a room is changed: %v", err)
		}
		if err := w.chat.Ready(w.Context()); err == nil {
			w.Error("ready on a full disk")
		}
		full = false
		ada.drain()
		ada.post("c2", "after")
		if f := ada.next("ack"); f.Seq != 2 {
			w.Errorf("got %s", f)
		}
		bob.next("message")
		if info, made, err := w.chat.MakeRoom(w.Context(), somebody("ada"), plans); !made || err != nil || info.Slug != "plans" {
			w.Errorf("a room is made: %+v, %v, %v", info, made, err)
		}
		if err := w.chat.Ready(w.Context()); err != nil {
			w.Error(err)
		}
	})
}

// A socket that takes nothing loses its connection and slows nobody; typing is
// dropped for it first.
func TestSlowSocket(t *testing.T) {
	inBubble(t, unlimited, func(w *world) {
		slow, _ := w.joined("slow")
		ada, _ := w.joined("ada")
		bob, _ := w.joined("bob")
		content := strings.Repeat("x", 1000)
		slow.hold()
		for i := range 600 {
			ada.post(fmt.Sprint(i), content)
		}
		synctest.Wait()
		time.Sleep(2 * time.Second)
		bob.send(`{"type":"typing","room":"global"}`)
		synctest.Wait()
		slow.release()
		list := slow.drain()
		for _, f := range list {
			if f.Type == "typing" {
				w.Error("typing was queued for a slow socket")
			}
		}
		if n := len(list); n < 600 {
			w.Errorf("%d frames after a pause", n)
		}
		slow.hold()
		for i := range 2000 {
			ada.post(fmt.Sprintf("b%d", i), content)
			if i%200 == 0 {
				synctest.Wait() // bob keeps up: he isn't slow
			}
		}
		ada.drain()
		if n := len(bob.drain("message")); n != 2600 {
			w.Errorf("somebody else got %d messages", n)
		}
		slow.release()
		slow.closes(4008)
	})
}

func TestFloodFillsNoInbox(t *testing.T) {
	inBubble(t, nil, func(w *world) {
		ada, _ := w.joined("ada")
		ada.post("c", "x")
		ada.drain()
		w.faults.Stall()
		done := make(chan struct{})
		flooder, _ := w.tryDial("/api/socket", "eve")
		flooder.send(`{"type":"join","room":"global"}`)
		go func() {
			defer close(done)
			for i := range 20_000 {
				if flooder.trySend(`{"type":"message","room":"global","clientId":"%d","content":"x"}`, i) != nil {
					return
				}
			}
		}()
		synctest.Wait()
		ada.post("mine", "x") // would be refused if the inbox were full
		if list := ada.drain("ack", "error"); len(list) > 0 {
			w.Errorf("got %v", list)
		}
		w.faults.Release()
		if f := ada.until("ack"); f.ClientID != "mine" {
			w.Errorf("got %s", f)
		}
		flooder.drops()
		<-done
	})
}
