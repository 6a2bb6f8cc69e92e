package durable_test

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"snug/durable"
)

// What waits for a socket isn't sent any more once its right to it was revoked.
func TestCloseSocketsSendsNothingMore(t *testing.T) {
	scenario(t, script{}, func(w *world) {
		c := w.dialDeaf("n", func(o *durable.SocketOptions) { o.Tags = []string{"session"} })
		synctest.Wait()
		c.sock.Send(durable.TextFrame([]byte("under way"))) // the writer has it
		synctest.Wait()
		for range 10 {
			c.sock.Send(durable.TextFrame([]byte("too late")))
		}
		w.rt.CloseSockets("session", 4401, "session ended")
		c.listen()
		c.hears("text under way")
		c.hears("close 4401 session ended")
	})
}

// Frames without content cost memory too: a client that asks for many and reads
// none is cut off.
func TestEmptyFramesCount(t *testing.T) {
	scenario(t, script{}, func(w *world) {
		c := w.dialDeaf("n")
		synctest.Wait()
		for range 100_000 {
			c.sock.Send(durable.TextFrame(nil))
		}
		time.Sleep(time.Second)
		c.listen()
		n := 0
		for line := c.next(); line != "close 4008 too slow: reconnect and resume"; line = c.next() {
			if n++; !strings.HasPrefix(line, "text") || n > 1<<20/64 {
				w.Fatalf("frame %d is %q", n, line)
			}
		}
	})
}
