package durable

import (
	"io"
	"runtime"
	"testing"
	"time"
)

// What the loops tell the committer comes out even: once all is written none writes, and
// so no group gathers for that, be it that a client takes nothing more.
func TestLoopsTellWhenTheyHaveWritten(t *testing.T) {
	rt := bareRuntime(t, noStore{})
	defer shutDown(t, rt)
	idle := func(why string) {
		t.Helper()
		for until := time.Now().Add(10 * time.Second); rt.committer.writing.Load() != 0; runtime.Gosched() {
			if time.Now().After(until) {
				t.Fatalf("%s: %d loops write", why, rt.committer.writing.Load())
			}
		}
	}
	frame := TextFrame(make([]byte, 1000))
	var open []*Socket
	for range 2 * runtime.GOMAXPROCS(0) {
		near, far := pairOver(t)
		s, err := rt.AcceptConn(far, nil, SocketOptions{Handler: frames(nil)})
		if err != nil {
			t.Fatal(err)
		}
		open = append(open, s)
		for range 200 {
			s.Send(frame)
		}
		if _, err := io.CopyN(io.Discard, near, int64(200*len(frame.bytes))); err != nil {
			t.Fatal(err)
		}
		idle("all has come")
	}
	if n := int(rt.committer.loops.Load()); n != runtime.GOMAXPROCS(0) {
		t.Errorf("the committer knows of %d loops", n)
	}
	blocked := func(s *Socket) bool {
		s.mu.Lock()
		defer s.mu.Unlock()
		return s.polled.blocked
	}
	for s := open[0]; !blocked(s); runtime.Gosched() { // nobody reads it any more
		s.Send(frame.Droppable())
	}
	idle("a client takes nothing")
}
