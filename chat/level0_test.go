package chat_test

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/coder/websocket"

	"snug/chat"
)

func TestLevel0Frames(t *testing.T) {
	inBubble(t, nil, func(w *world) {
		ada := w.level0("ada", "image=https://x/a.png")
		if m := ada.next("message").msg(); m.Type != chat.TypeSystem || m.UserID != "system" || m.UserName != "System" || m.Content != "Ada joined the chat" || m.Seq != 0 {
			w.Errorf("got %+v", m)
		}
		want := `{"type":"userCount","count":1,"connectedUsers":[{"userId":"ada","userName":"Ada","userImage":"https://x/a.png"}]}`
		if f := ada.next("userCount"); f.raw != want {
			w.Errorf("got  %s\nwant %s", f, want)
		}
		time.Sleep(time.Second)
		bob := w.level0("bob")
		for _, p := range []*peer{ada, bob} {
			if m := p.next("message").msg(); m.Content != "Bob joined the chat" {
				w.Errorf("got %+v", m)
			}
			if f := p.next("userCount"); f.Count != 2 || len(f.ConnectedUsers) != 2 || f.ConnectedUsers[1] != (chat.User{ID: "bob", Name: "Bob"}) {
				w.Errorf("got %s", f)
			}
		}
		bob.send(`{"type":"message","content":"  hello <b> \n"}`)
		for _, p := range []*peer{ada, bob} {
			f := p.next("message")
			m := f.msg()
			want := fmt.Sprintf(`{"type":"message","message":{"id":%q,"userId":"bob","userName":"Bob","content":"hello <b>","timestamp":%d,"type":"text","seq":1}}`,
				m.ID, time.Now().UnixMilli())
			if f.raw != want {
				w.Errorf("got  %s\nwant %s", f, want)
			}
		}
		if newest := w.newest(); contents(newest) != "hello <b>" {
			w.Errorf("got %v: system messages are live only", newest)
		}
	})
}

func TestLevel0Ping(t *testing.T) {
	inBubble(t, nil, func(w *world) {
		ada := w.level0("ada")
		ada.until("userCount")
		w.hibernate()
		wakes := w.chat.Stats().Wakes
		for range 3 {
			ada.send(`{"type":"ping"}`)
			if f := ada.any(); f.raw != `{"type":"pong"}` {
				w.Errorf("got %s", f)
			}
		}
		if n := w.chat.Stats().Wakes; n != wakes {
			w.Errorf("pings woke the room")
		}
		ada.send(`{ "type": "ping" }`) // not this very text: it may wake the room
		if f := ada.any(); f.raw != `{"type":"pong"}` {
			w.Errorf("got %s", f)
		}
	})
}

func TestLevel0Content(t *testing.T) {
	inBubble(t, unlimited, func(w *world) {
		ada := w.level0("ada")
		ada.until("userCount")
		for _, empty := range []string{`""`, `"  \n\t "`, `null`, `"\u000b\u000c\u00a0\ufeff\u1680\u2003\u2028\u2029\u202f\u205f\u3000"`, `"\ufeff"`} {
			ada.send(`{"type":"message","content":%s}`, empty)
		}
		ada.send(`{"type":"message"}`)
		ada.silent()
		longest := strings.Repeat("\U0001f600", chat.Level0MaxChars)
		ada.send(`{"type":"message","content":" %s "}`, longest)
		if m := ada.next("message").msg(); m.Content != longest {
			w.Errorf("got %d characters", len([]rune(m.Content)))
		}
		ada.send(`{"type":"message","content":"\ufeff\u0085 \ufeff"}`) // which trim() leaves
		if m := ada.next("message").msg(); m.Content != "\u0085" {
			w.Errorf("got %q", m.Content)
		}
		ada.send(`{"type":"message","content":"%sx"}`, longest)
		ada.closes(1009)
		if head := w.page(chat.HistoryQuery{}).Head; head != 2 {
			w.Errorf("head %d", head)
		}
	})
}

// What was sent behind a message that closes the socket isn't taken any more,
// even while the close waits for the disk.
func TestLevel0TakesNothingAfterTooLong(t *testing.T) {
	inBubble(t, unlimited, func(w *world) {
		ada := w.level0("ada")
		ada.until("userCount")
		w.faults.Stall()
		ada.send(`{"type":"message","content":"before"}`)
		ada.send(`{"type":"message","content":"%s"}`, strings.Repeat("x", chat.Level0MaxChars+1))
		ada.send(`{"type":"message","content":"behind"}`)
		synctest.Wait()
		w.faults.Release()
		ada.closes(1009)
		if list := ada.drain("message"); len(list) != 1 || list[0].msg().Content != "before" {
			w.Errorf("got %v", list)
		}
		if p := w.page(chat.HistoryQuery{}); contents(p.Messages) != "before" {
			w.Errorf("got %q", contents(p.Messages))
		}
	})
}

func TestLevel0Nonsense(t *testing.T) {
	inBubble(t, unlimited, func(w *world) {
		ada := w.level0("ada")
		ada.until("userCount")
		frames := []string{``, `hello`, `{`, `[]`, `7`, `null`, `{}`, `{"type":"dance"}`, `{"type":7}`,
			`{"type":"message","content":5}`, `{"type":"join","room":"global"}`, `{"content":"x"}`}
		for i := range 20 {
			ada.send("%s", frames[i%len(frames)])
		}
		ada.send(`{"type":"message","content":"still here","room":7,"after":"x"}`) // unknown fields
		if m := ada.next("message").msg(); m.Content != "still here" {
			w.Errorf("got %+v", m)
		}
		w.hibernate()
		ada.send(`nonsense`)
		ada.closes(1008)
	})
}

func TestBadFramesCloseEitherLevel(t *testing.T) {
	for _, c := range []struct {
		name string
		kind websocket.MessageType
		data string
		code int
	}{
		{"binary", websocket.MessageBinary, `{"type":"ping"}`, 1003},
		{"invalid UTF-8", websocket.MessageText, "{\"type\":\"message\",\"content\":\"\xff\"}", 1007},
		{"1 MiB", websocket.MessageText, strings.Repeat("x", 1<<20), 1009},
		{"just over 64 KiB", websocket.MessageText, strings.Repeat(" ", chat.MaxFrameBytes+1), 1009},
	} {
		for _, path := range []string{"/api/chat", "/api/socket"} {
			t.Run(c.name+path, func(t *testing.T) {
				inBubble(t, nil, func(w *world) {
					p := w.dial(path, "ada")
					_ = p.conn.Write(w.Context(), c.kind, []byte(c.data)) // the socket may close in the midst of it
					p.closes(c.code)
				})
			})
		}
	}
}

func TestLevel0RateLimit(t *testing.T) {
	inBubble(t, nil, func(w *world) {
		ada := w.level0("ada")
		ada.until("userCount")
		for i := range 10 {
			ada.send(`{"type":"message","content":"%d"}`, i)
			ada.next("message")
			time.Sleep(100 * time.Millisecond)
		}
		ada.send(`{"type":"message","content":"over"}`)
		if f := ada.any(); f.raw != `{"type":"rateLimit","retryAfterMs":9000,"limit":10,"windowMs":10000}` {
			w.Errorf("got %s", f)
		}
	})
}

// Each person counts once, however many tabs; a second tab, or a return within
// 10 s, says nothing.
func TestLevel0PeopleNotSockets(t *testing.T) {
	inBubble(t, nil, func(w *world) {
		watcher := w.level0("watcher")
		watcher.until("userCount")
		time.Sleep(time.Second)
		tab1 := w.level0("ada")
		if m := watcher.next("message").msg(); m.Content != "Ada joined the chat" {
			w.Errorf("got %+v", m)
		}
		watcher.next("userCount")
		time.Sleep(time.Second)
		tab2 := w.level0("ada")
		if f := tab2.any(); f.Type != "userCount" || f.Count != 2 {
			w.Errorf("the second tab got %s", f)
		}
		time.Sleep(time.Second)
		watcher.silent()
		tab1.leaves()
		time.Sleep(time.Minute)
		watcher.silent()

		tab2.leaves()
		if f := watcher.next("userCount"); f.Count != 1 {
			w.Errorf("got %s", f)
		}
		time.Sleep(9900 * time.Millisecond)
		watcher.silent()
		back := w.level0("ada")
		if f := watcher.next("userCount"); f.Count != 2 {
			w.Errorf("got %s", f)
		}
		time.Sleep(time.Minute)
		watcher.silent()

		back.drops()
		if f := watcher.next("userCount"); f.Count != 1 {
			w.Errorf("got %s", f)
		}
		left := time.Now()
		if m := watcher.next("message").msg(); m.Content != "Ada left the chat" || time.Since(left) != 10*time.Second {
			w.Errorf("got %+v after %v", m, time.Since(left))
		}
		w.level0("ada")
		if m := watcher.next("message").msg(); m.Content != "Ada joined the chat" {
			w.Errorf("got %+v", m)
		}
	})
}

func TestLevel0CountsAtMostFourTimesASecond(t *testing.T) {
	inBubble(t, nil, func(w *world) {
		watcher := w.level0("watcher")
		watcher.until("userCount")
		time.Sleep(time.Second)
		type arrival struct {
			at    time.Time
			count int
		}
		var counts []arrival
		done := make(chan struct{})
		go func() {
			defer close(done)
			for f := range watcher.frames {
				if f.Type == "userCount" {
					counts = append(counts, arrival{time.Now(), f.Count})
				}
				if f.Count == 121 {
					return
				}
			}
		}()
		for i := range 120 {
			p := w.level0(fmt.Sprintf("p%03d", i))
			time.Sleep(20 * time.Millisecond)
			_ = p
		}
		<-done
		for i := range counts {
			if i >= 4 && counts[i].at.Sub(counts[i-4].at) < time.Second {
				w.Fatalf("five counts from %v to %v", counts[i-4].at, counts[i].at)
			}
		}
		if last := counts[len(counts)-1]; last.count != 121 || len(counts) > 12 {
			w.Errorf("%d counts, the last %d", len(counts), last.count)
		}
	})
}

func TestLevel0ListsTheFirstHundred(t *testing.T) {
	inBubble(t, nil, func(w *world) {
		var last *peer
		for i := range 103 {
			last = w.level0(fmt.Sprintf("p%03d", i))
			synctest.Wait() // who came first is listed first
		}
		synctest.Wait()
		time.Sleep(time.Second)
		all := last.drain("userCount")
		f := all[len(all)-1]
		if f.Count != 103 || len(f.ConnectedUsers) != 100 || f.ConnectedUsers[0].ID != "p000" || f.ConnectedUsers[99].ID != "p099" {
			w.Errorf("%d of %d", len(f.ConnectedUsers), f.Count)
		}
	})
}

// A full disk has no frame at level 0: the room tells the author in words.
func TestLevel0DiskFull(t *testing.T) {
	full := false
	inBubble(t, func(c *chat.Config) { c.Storable = storable(&full) }, func(w *world) {
		ada, bob := w.level0("ada"), w.level0("bob")
		time.Sleep(time.Second)
		ada.drain()
		bob.drain()
		full = true
		ada.send(`{"type":"message","content":"x"}`)
		if m := ada.next("message").msg(); m.Type != chat.TypeSystem || !strings.Contains(m.Content, "disk is full") {
			w.Errorf("got %+v", m)
		}
		bob.silent()
	})
}

// The frames of level 1 and of level 0 meet in one room.
func TestLevelsShareTheRoom(t *testing.T) {
	inBubble(t, nil, func(w *world) {
		bob, _ := w.joined("bob")
		ada := w.level0("ada")
		ada.until("userCount")
		time.Sleep(time.Second)
		bob.drain()
		ada.send(`{"type":"message","content":"from 0"}`)
		if f := bob.next("message"); f.Room != "global" || f.msg().Content != "from 0" || f.msg().Seq != 1 {
			w.Errorf("got %s", f)
		}
		ada.next("message")
		bob.post("c1", "from 1")
		bob.next("ack")
		m := ada.next("message").msg()
		if m.Content != "from 1" || m.ClientID != "c1" || m.Seq != 2 {
			w.Errorf("got %+v", m)
		}
	})
}

func TestNewestIsFiftyOldestFirst(t *testing.T) {
	inBubble(t, unlimited, func(w *world) {
		ada := w.level0("ada")
		if newest := w.newest(); len(newest) != 0 {
			w.Errorf("an empty room: %v", newest)
		}
		for i := range 60 {
			ada.send(`{"type":"message","content":"%d"}`, i)
		}
		synctest.Wait()
		if newest := w.newest(); len(newest) != 50 || newest[0].Seq != 11 || newest[49].Seq != 60 {
			w.Errorf("got %s", seqs(newest))
		}
	})
}
