package durable

import (
	"context"
	"testing"
	"testing/synctest"
)

// farewells counts the sockets that it was told have ended.
type farewells struct{ told int }

func (*farewells) SocketFrame(*Socket, Message) (wait func()) { return nil }
func (f *farewells) SocketClosed(*Socket, CloseInfo)          { f.told++ }

// Somebody from outside ends a socket, and is held up before all have been told of it,
// while the runtime stops: that waits for them.
func TestShutdownWaitsForWhoEndsASocket(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rt, f := bareRuntime(t, instant{}), &farewells{}
		s := &Socket{kind: rt.sockets.kind(SocketOptions{}, false), handler: f}
		s.wire = &nowhere{s: s}
		if err := rt.sockets.add(s, "", nil); err != nil {
			t.Fatal(err)
		}
		s.mu.Lock() // the first half of Close
		ended := s.endLocked(CloseInfo{Code: CloseGoingAway}, true)
		s.mu.Unlock()
		over, cancel := context.WithCancel(t.Context())
		cancel()
		stopped := make(chan struct{})
		go func() {
			defer close(stopped)
			_ = rt.Shutdown(over) // it has no more time, and cuts the connection
		}()
		synctest.Wait()
		select {
		case <-stopped:
			t.Error("the runtime has stopped, and nobody was told that the socket has ended")
		default:
		}
		if ended {
			s.forget() // and the second half
		}
		<-stopped
		if f.told != 1 {
			t.Errorf("told %d times", f.told)
		}
	})
}
