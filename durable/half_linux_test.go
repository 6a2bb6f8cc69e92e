package durable

import (
	"io"
	"net"
	"testing"
	"time"
)

// undivided is a TCP connection that no loop takes apart.
type undivided struct{ *net.TCPConn }

// A client whose frame breaks the rules, and that leaves the end of the connection to us,
// sees it behind our Close frame, and not when we give up on it.
func TestOurHalfEndsBehindAViolation(t *testing.T) {
	for name, wrap := range map[string]func(net.Conn) net.Conn{
		"by a loop":     func(c net.Conn) net.Conn { return c },
		"by goroutines": func(c net.Conn) net.Conn { return undivided{c.(*net.TCPConn)} },
	} {
		t.Run(name, func(t *testing.T) {
			rt := bareRuntime(t, noStore{})
			defer shutDown(t, rt)
			near, far := pairOver(t)
			h := frames(func(*Socket, Message) func() { return nil })
			s, err := rt.AcceptConn(wrap(far), nil, SocketOptions{Handler: h})
			if err != nil {
				t.Fatal(err)
			}
			if _, err := near.Write([]byte{0xc1, 0x80, 0, 0, 0, 0}); err != nil { // a reserved bit
				t.Fatal(err)
			}
			_ = near.SetReadDeadline(time.Now().Add(20 * time.Second))
			got, err := io.ReadAll(near)
			if err != nil || len(got) < 4 || got[0] != 0x88 || string(got[2:4]) != "\x03\xea" {
				t.Errorf("got %x, %v", got, err)
			}
			s.mu.Lock()
			waiting := s.ended().cutter.Stop()
			s.mu.Unlock()
			if !waiting {
				t.Error("the connection ended only when we gave up on the client")
			}
			_ = near.Close()
		})
	}
}
