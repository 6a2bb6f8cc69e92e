package chat_test

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"snug/chat"
)

func TestHelloComesFirst(t *testing.T) {
	inBubble(t, nil, func(w *world) {
		p := w.dial("/api/socket", "ada", "image=https://x/a.png")
		want := `{"type":"hello","protocol":1,"you":{"userId":"ada","userName":"Ada","userImage":"https://x/a.png"},"heartbeatMs":25000}`
		if f := p.any(); f.raw != want {
			w.Errorf("got  %s\nwant %s", f, want)
		}
		if p.conn.Subprotocol() != "chat.v1" {
			w.Errorf("subprotocol %q", p.conn.Subprotocol())
		}
	})
}

func TestJoinAndLeave(t *testing.T) {
	inBubble(t, nil, func(w *world) {
		ada := w.socket("ada")
		ada.send(`{"type":"join","room":"global","ref":"r1"}`)
		f := ada.next("joined")
		want := fmt.Sprintf(`{"type":"joined","ref":"r1","room":"global","stream":%q,"head":0,"role":"member","resumed":false,"count":1,"users":[{"userId":"ada","userName":"Ada"}]}`, f.Stream)
		if f.raw != want || f.Stream == "" {
			w.Errorf("got  %s\nwant %s", f, want)
		}
		if f := ada.next("presence"); f.raw != `{"type":"presence","room":"global","count":1,"joined":[{"userId":"ada","userName":"Ada"}],"left":[]}` {
			w.Errorf("got %s", f)
		}
		ada.send(`{"type":"join","room":"global"}`) // again: it counts once
		if f := ada.next("joined"); f.Count != 1 {
			w.Errorf("got %s", f)
		}
		ada.send(`{"type":"leave","room":"global","ref":"r2"}`)
		if f := ada.any(); f.raw != `{"type":"ok","ref":"r2"}` {
			w.Errorf("got %s", f)
		}
		bob, joined := w.joined("bob")
		if joined.Count != 1 {
			w.Errorf("Ada left, but %s", joined)
		}
		bob.post("c1", "hi")
		ada.silent()
		ada.send(`{"type":"leave","room":"global"}`) // again, without a ref: nothing to say
		ada.silent()
	})
}

func TestUnknownRoom(t *testing.T) {
	inBubble(t, nil, func(w *world) {
		ada := w.socket("ada")
		for _, kind := range []string{"join", "leave", "typing", "message"} {
			began := time.Now()
			ada.send(`{"type":%q,"room":"nowhere","ref":"r","clientId":"c","content":"x"}`, kind)
			want := `{"type":"error","code":"not_found","message":"There is no such room.","ref":"r","room":"nowhere","clientId":"c"}`
			if f := ada.any(); f.raw != want {
				w.Errorf("%s: got %s", kind, f)
			}
			if time.Since(began) < 50*time.Millisecond {
				w.Errorf("%s: names can be tried in bulk", kind)
			}
		}
		for range 30 { // it is no nonsense
			ada.send(`{"type":"leave","room":"nowhere"}`)
			ada.next("error")
		}
	})
}

// fill posts messages as somebody who needn't be in the room.
func (w *world) fill(n int, content string) {
	w.Helper()
	p := w.socket("filler")
	name := []rune(content)
	for i := range n {
		p.post(fmt.Sprintf("%s-%d", string(name[:min(len(name), 10)]), i), content)
	}
	acks := 0
	for acks < n {
		p.next("ack")
		acks++
	}
	p.leaves()
}

func TestHasRoom(t *testing.T) {
	inBubble(t, unlimited, func(w *world) {
		for slug, want := range map[string]bool{chat.Level0Room: true, "nowhere": false, "": false} {
			if got, err := w.chat.HasRoom(w.Context(), slug); err != nil || got != want {
				t.Errorf("%q: %t %v", slug, got, err)
			}
		}
	})
}

func TestResume(t *testing.T) {
	inBubble(t, unlimited, func(w *world) {
		ada, joined := w.joined("ada")
		for i := 1; i <= 3; i++ {
			ada.post(fmt.Sprint(i), "x")
		}
		synctest.Wait()
		ada.drops()
		w.fill(5, "missed")
		ada = w.socket("ada")
		ada.send(`{"type":"join","room":"global","stream":%q,"after":3}`, joined.Stream)
		if f := ada.next("joined"); !f.Resumed || f.Head != 8 || f.Stream != joined.Stream {
			w.Errorf("got %s", f)
		}
		for seq := chat.Seq(4); seq <= 8; seq++ {
			if f := ada.next("message"); f.msg().Seq != seq || f.Room != "global" || f.msg().Content != "missed" {
				w.Errorf("got %s, want seq %d", f, seq)
			}
		}
		ada.next("presence")
		ada.post("4", "live")
		ada.next("ack")
		if m := ada.next("message").msg(); m.Seq != 9 {
			w.Errorf("got %+v", m)
		}
		// A socket that has joined starts over.
		ada.send(`{"type":"join","room":"global","stream":%q,"after":8}`, joined.Stream)
		if f := ada.next("joined"); !f.Resumed || f.Head != 9 || f.Count != 1 {
			w.Errorf("got %s", f)
		}
		if m := ada.next("message").msg(); m.Seq != 9 {
			w.Errorf("got %+v", m)
		}
		ada.post("5", "live")
		ada.next("ack")
		if m := ada.next("message").msg(); m.Seq != 10 {
			w.Errorf("got %+v", m)
		}
		ada.silent()
	})
}

func TestResumeNothingMissed(t *testing.T) {
	inBubble(t, nil, func(w *world) {
		ada, joined := w.joined("ada")
		ada.drops()
		ada = w.socket("ada")
		ada.send(`{"type":"join","room":"global","stream":%q,"after":0}`, joined.Stream)
		if f := ada.next("joined"); !f.Resumed || f.Head != 0 {
			w.Errorf("got %s", f)
		}
	})
}

func TestReset(t *testing.T) {
	inBubble(t, unlimited, func(w *world) {
		watcher, joined := w.joined("watcher")
		w.fill(1005, "x")
		watcher.drain()
		for _, c := range []struct{ name, stream, after string }{
			{"another stream", "other", "1005"},
			{"no stream", "", "1005"},
			{"above the head", joined.Stream, "1006"},
			{"over 1,000 missed", joined.Stream, "4"},
		} {
			ada := w.socket("ada")
			ada.send(`{"type":"join","room":"global","stream":%q,"after":%s,"ref":"r"}`, c.stream, c.after)
			want := fmt.Sprintf(`{"type":"reset","ref":"r","room":"global","stream":%q,"head":1005}`, joined.Stream)
			if f := ada.any(); f.raw != want {
				w.Errorf("%s: got %s", c.name, f)
			}
			if f := ada.next("presence"); f.Count != 2 || len(f.Joined) != 2 {
				w.Errorf("%s: who is here: %s", c.name, f)
			}
			synctest.Wait()
			time.Sleep(time.Second)
			ada.drain()
			watcher.drain()
			watcher.send(`{"type":"typing","room":"global"}`)
			if f := ada.any(); f.Type != "typing" {
				w.Errorf("%s: the socket isn't live: %s", c.name, f)
			}
			ada.leaves()
		}
		ada := w.socket("ada")
		ada.send(`{"type":"join","room":"global","stream":%q,"after":5}`, joined.Stream)
		if f := ada.next("joined"); !f.Resumed {
			w.Errorf("exactly 1,000 missed: got %s", f)
		}
		for seq := chat.Seq(6); seq <= 1005; seq++ {
			if m := ada.next("message").msg(); m.Seq != seq {
				w.Fatalf("got %d, want %d", m.Seq, seq)
			}
		}
	})
}

// 1,000 big messages are more than a socket's queue holds; a replay isn't cut
// off by that. A replay beyond all measure is a reset.
func TestResumeOfBigMessages(t *testing.T) {
	inBubble(t, unlimited, func(w *world) {
		stream := w.page(chat.HistoryQuery{}).Stream
		w.fill(1000, strings.Repeat("b", 5_000))
		ada := w.socket("ada")
		ada.send(`{"type":"join","room":"global","stream":%q,"after":0}`, stream)
		if f := ada.next("joined"); !f.Resumed || f.Head != 1000 {
			w.Errorf("got %s", f)
		}
		for seq := 1; seq <= 1000; seq++ {
			if f := ada.next("message"); !strings.Contains(f.raw, fmt.Sprintf(`"seq":%d,`, seq)) {
				w.Fatalf("got %.100s, want %d", f, seq)
			}
		}
		ada.drops()
		w.fill(420, strings.Repeat("\U0001f600", 10_000))
		ada = w.socket("ada")
		ada.send(`{"type":"join","room":"global","stream":%q,"after":1000}`, stream)
		if f := ada.any(); f.Type != "reset" || f.Head != 1420 {
			w.Errorf("got %.200s", f)
		}
	})
}

// Whoever asks for the same replay over and over is slowed down, not served
// from memory without end.
func TestReplaysArePaced(t *testing.T) {
	inBubble(t, unlimited, func(w *world) {
		stream := w.page(chat.HistoryQuery{}).Stream
		w.fill(200, strings.Repeat("\U0001f600", 10_000))
		ada, tab := w.socket("ada"), w.socket("ada")
		began := time.Now()
		for range 2 { // 7.7 MiB each, and 12 are reserved
			tab.send(`{"type":"join","room":"global","stream":%q,"after":0}`, stream)
			ada.send(`{"type":"join","room":"global","stream":%q,"after":0}`, stream)
		}
		ada.send(`{"type":"leave","room":"global","ref":"r"}`) // is read once the joins are done
		ada.until("ok")
		tab.send(`{"type":"leave","room":"global","ref":"r"}`)
		tab.until("ok")
		if took := time.Since(began).Round(time.Second); took != 19*time.Second {
			w.Errorf("took %v", took)
		}
	})
}

// The seam: a socket that joins in the midst of posts gets each seq from its
// own position on once, in order.
func TestJoinRacingPosts(t *testing.T) {
	inBubble(t, unlimited, func(w *world) {
		_, joined := w.joined("watcher")
		poster := w.socket("poster")
		done := make(chan struct{})
		go func() {
			defer close(done)
			for i := range 400 {
				poster.post(fmt.Sprint(i), "x")
			}
		}()
		for round := range 40 {
			p := w.socket(fmt.Sprintf("p%d", round))
			after := chat.Seq(0)
			resume := round%2 == 0
			if resume {
				p.send(`{"type":"join","room":"global","stream":%q,"after":%d}`, joined.Stream, after)
			} else {
				p.send(`{"type":"join","room":"global"}`)
			}
			f := p.next("joined")
			if !resume {
				after = chat.Seq(f.Head)
			}
			for _, m := range p.drain("message") {
				if after++; m.msg().Seq != after {
					w.Fatalf("round %d: got seq %d, want %d", round, m.msg().Seq, after)
				}
			}
			if after < chat.Seq(f.Head) {
				w.Fatalf("round %d: the replay ended at %d, head was %d", round, after, f.Head)
			}
			p.leaves()
		}
		<-done
	})
}

func TestJoinAfterRetention(t *testing.T) {
	inBubble(t, func(c *chat.Config) {
		unlimited(c)
		c.Retention = chat.Retention{Messages: 10}
	}, func(w *world) {
		_, joined := w.joined("watcher")
		w.fill(30, "x")
		time.Sleep(2 * time.Minute)
		for after, want := range map[int]string{19: "reset", 20: "joined", 29: "joined", 30: "joined"} {
			p := w.socket("ada")
			p.send(`{"type":"join","room":"global","stream":%q,"after":%d}`, joined.Stream, after)
			if f := p.any(); f.Type != want {
				w.Errorf("after %d: got %s, want %s", after, f, want)
			}
			if n := len(p.drain("message")); want == "joined" && n != 30-after {
				w.Errorf("after %d: %d messages", after, n)
			}
			p.leaves()
		}
	})
}

func TestPresence(t *testing.T) {
	inBubble(t, nil, func(w *world) {
		ada, _ := w.joined("ada")
		bob := w.socket("bob")
		bob.send(`{"type":"join","room":"global"}`)
		if f := bob.next("joined"); f.Count != 2 || len(f.Users) != 2 || f.Users[0].ID != "ada" {
			w.Errorf("got %s", f)
		}
		if f := ada.next("presence"); f.raw != `{"type":"presence","room":"global","count":2,"joined":[{"userId":"bob","userName":"Bob"}],"left":[]}` {
			w.Errorf("got %s", f)
		}
		time.Sleep(time.Second)
		tab, joined := w.joined("bob")
		if joined.Count != 2 {
			w.Errorf("got %s", joined)
		}
		ada.silent()
		tab.leaves()
		time.Sleep(time.Second)
		ada.silent()
		bob.leaves()
		if f := ada.next("presence"); f.raw != `{"type":"presence","room":"global","count":1,"joined":[],"left":["bob"]}` {
			w.Errorf("got %s", f)
		}
		synctest.Wait()
		time.Sleep(time.Minute)
		ada.silent() // system messages are level 0's
	})
}

func TestPresenceAtMostFourTimesASecond(t *testing.T) {
	inBubble(t, nil, func(w *world) {
		ada, _ := w.joined("ada")
		began := time.Now()
		for i := range 50 {
			p := w.socket(fmt.Sprintf("p%02d", i))
			p.send(`{"type":"join","room":"global"}`)
			p.next("joined")
			time.Sleep(20 * time.Millisecond)
		}
		took := time.Since(began)
		time.Sleep(time.Second)
		list := ada.drain("presence")
		if most := int(took/(250*time.Millisecond)) + 2; len(list) > most || len(list) < 3 {
			w.Errorf("%d frames in %v", len(list), took)
		}
		came := map[chat.UserID]bool{}
		for _, f := range list {
			for _, u := range f.Joined {
				if came[u.ID] {
					w.Errorf("%s came twice", u.ID)
				}
				came[u.ID] = true
			}
		}
		if len(came) != 50 || list[len(list)-1].Count != 51 {
			w.Errorf("%d came; the last frame is %s", len(came), list[len(list)-1])
		}
	})
}

// Somebody who comes and goes between two announcements is shown to those who
// join meanwhile, and so must be taken back.
func TestPresenceLeavesNoGhost(t *testing.T) {
	inBubble(t, nil, func(w *world) {
		w.joined("watcher")
		first := w.socket("first")
		first.send(`{"type":"join","room":"global"}`) // announced at once: the next ones wait
		first.next("joined")
		ghost := w.socket("ghost")
		ghost.send(`{"type":"join","room":"global"}`)
		ghost.next("joined")
		ada := w.socket("ada")
		ada.send(`{"type":"join","room":"global"}`)
		if f := ada.next("joined"); f.Count != 4 {
			w.Errorf("got %s", f)
		}
		ghost.leaves()
		f := ada.next("presence")
		if f.Count != 3 || fmt.Sprint(f.Left) != "[ghost]" {
			w.Errorf("got %s", f)
		}
	})
}

func TestTyping(t *testing.T) {
	inBubble(t, nil, func(w *world) {
		ada, _ := w.joined("ada")
		bob, _ := w.joined("bob")
		ada.drain()
		ada.send(`{"type":"typing","room":"global","ref":"r"}`)
		if f := ada.any(); f.raw != `{"type":"ok","ref":"r"}` {
			w.Errorf("got %s", f)
		}
		if f := bob.any(); f.raw != `{"type":"typing","room":"global","userId":"ada","userName":"Ada"}` {
			w.Errorf("got %s", f)
		}
		for range 10 {
			ada.send(`{"type":"typing","room":"global"}`)
		}
		bob.silent()
		ada.silent()
		time.Sleep(time.Second)
		ada.send(`{"type":"typing","room":"global"}`)
		bob.next("typing")
		// A message ends its writing; the next one's is told at once.
		ada.send(`{"type":"message","room":"global","clientId":"c","content":"x"}`)
		bob.next("message")
		ada.send(`{"type":"typing","room":"global"}`)
		bob.next("typing")
		stranger := w.socket("eve")
		stranger.send(`{"type":"typing","room":"global","ref":"r"}`)
		if f := stranger.next("error"); f.Code != "not_joined" || f.Ref != "r" {
			w.Errorf("got %s", f)
		}
	})
}

func idsOf(users []chat.User) string {
	ids := make([]chat.UserID, len(users))
	for i, u := range users {
		ids[i] = u.ID
	}
	return fmt.Sprint(ids)
}

// Presence survives hibernation: who is here, in which order, and who goes
// while the room sleeps.
func TestPresenceOverHibernation(t *testing.T) {
	inBubble(t, nil, func(w *world) {
		ada, _ := w.joined("ada")
		bob, _ := w.joined("bob")
		old := w.level0("old")
		synctest.Wait() // its handshake may be over before it is in the room
		want := "[ada bob old"
		for i := range 9 {
			w.joined(fmt.Sprintf("p%d", i))
			want += fmt.Sprintf(" p%d", i)
		}
		w.hibernate()
		ada.drain()
		old.drain()
		eve := w.socket("eve")
		eve.send(`{"type":"join","room":"global"}`)
		if f := eve.next("joined"); f.Count != 13 || idsOf(f.Users) != want+" eve]" {
			w.Errorf("got %s", f)
		}
		if f := ada.next("presence"); len(f.Joined) != 1 || f.Joined[0].ID != "eve" {
			w.Errorf("got %s", f)
		}
		w.hibernate()
		ada.drain()
		old.drain()
		bob.drops()
		if f := ada.next("presence"); f.Count != 12 || fmt.Sprint(f.Left) != "[bob]" {
			w.Errorf("got %s", f)
		}
		if f := old.next("userCount"); f.Count != 12 {
			w.Errorf("got %s", f)
		}
		if m := old.next("message").msg(); m.Content != "Bob left the chat" {
			w.Errorf("got %+v", m)
		}
		eve.leaves()
		time.Sleep(time.Second)
		ada.drain()
	})
}
