package e2e

import (
	"fmt"
	"testing"
)

// A join is answered by what was missed, or by a reset where that can't be had;
// either way the socket goes on from the head that the answer names.
func TestJoinAnswers(t *testing.T) {
	s := newServer(t, noLimits...)
	ada, bob := s.signUp(t, "Ada"), s.signUp(t, "Bob")
	writer := ada.joined(t)
	const first = 20
	for i := range first {
		writer.post(t, fmt.Sprint("c", i), fmt.Sprint("message ", i+1))
	}
	pg, err := bob.history("limit=1")
	if err != nil {
		t.Fatal(err)
	}
	stream := pg.Stream

	head := uint64(first)
	at := func(seq func() uint64) func() *uint64 {
		return func() *uint64 { n := seq(); return &n }
	}
	nowhere := func() *uint64 { return nil }
	for _, tc := range []struct {
		name   string
		stream string
		after  func() *uint64
		answer string
	}{
		{"from now", "", nowhere, "joined"},
		{"nothing missed", stream, at(func() uint64 { return head }), "joined"},
		{"one missed", stream, at(func() uint64 { return head - 1 }), "joined"},
		{"all missed", stream, at(func() uint64 { return 0 }), "joined"},
		{"another stream", "another", at(func() uint64 { return 5 }), "reset"},
		{"no stream", "", at(func() uint64 { return 5 }), "reset"},
		{"above the head", stream, at(func() uint64 { return head + 1 }), "reset"},
		{"far above the head", stream, at(func() uint64 { return 1 << 40 }), "reset"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			sock := bob.open(t, level1Path)
			hello := sock.await(t, "hello")
			if hello.Protocol != 1 || hello.You != (user{UserID: bob.id, UserName: "Bob"}) {
				t.Errorf("hello is %+v", hello)
			}
			join := map[string]any{"type": "join", "room": "global", "ref": "j"}
			if tc.stream != "" {
				join["stream"] = tc.stream
			}
			after := tc.after()
			if after != nil {
				join["after"] = *after
			}
			sock.send(t, join)
			answer := sock.awaitThat(t, "the answer", func(f frame) bool { return f.Ref == "j" })
			if answer.Type != tc.answer || answer.Stream != stream || answer.Head != head {
				t.Fatalf("answered by %+v, want %s at %d", answer, tc.answer, head)
			}
			resumed := tc.answer == "joined" && after != nil
			if answer.Resumed != resumed {
				t.Errorf("resumed is %t", answer.Resumed)
			}
			next := head + 1
			if resumed {
				next = *after + 1
			}
			head = writer.post(t, "live "+tc.name, "live").Seq
			for ; next <= head; next++ {
				m, err := sock.await(t, "message").posted()
				if err != nil {
					t.Fatal(err)
				}
				if m.Seq != next {
					t.Fatalf("seq %d where %d is next", m.Seq, next)
				}
			}
		})
	}
}

// Over 1,000 events are loaded, not replayed; 1,000 are replayed without a gap.
func TestJoinReplaysUpToAThousand(t *testing.T) {
	s := newServer(t, noLimits...)
	ada, bob := s.signUp(t, "Ada"), s.signUp(t, "Bob")
	writer := ada.joined(t)
	for i := range 1000 {
		writer.send(t, map[string]any{"type": "message", "room": "global", "clientId": fmt.Sprint(i), "content": "x"})
		if i%100 == 99 { // no further ahead than the answers are read
			writer.awaitThat(t, "an ack", func(f frame) bool { return f.Type == "ack" && f.ClientID == fmt.Sprint(i) })
		}
	}
	writer.post(t, "last", "x")
	pg, err := bob.history("limit=1")
	if err != nil {
		t.Fatal(err)
	}
	sock := bob.open(t, level1Path)
	sock.send(t, map[string]any{"type": "join", "room": "global", "stream": pg.Stream, "after": 0})
	if f := sock.await(t, "reset"); f.Head != 1001 {
		t.Errorf("reset to %d, want 1001", f.Head)
	}
	sock = bob.open(t, level1Path)
	sock.send(t, map[string]any{"type": "join", "room": "global", "stream": pg.Stream, "after": 1})
	if f := sock.await(t, "joined"); !f.Resumed || f.Head != 1001 {
		t.Errorf("answered by %+v", f)
	}
	for want := uint64(2); want <= 1001; want++ {
		m, err := sock.await(t, "message").posted()
		if err != nil {
			t.Fatal(err)
		}
		if m.Seq != want {
			t.Fatalf("seq %d where %d is next", m.Seq, want)
		}
	}
}
