//go:build linux

package main

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
)

// serveTestFloor runs a floor in this process.
func serveTestFloor(t *testing.T, joined bool) target {
	t.Helper()
	f, addr, err := newFloor(joined, []byte(aMessage), []byte(anAck))
	if err != nil {
		t.Fatal(err)
	}
	stopped, stop, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- f.serve(int(stopped.Fd())) }()
	t.Cleanup(func() {
		_ = stop.Close()
		if err := <-done; err != nil {
			t.Errorf("floor: %v", err)
		}
		f.close()
		_ = stopped.Close()
	})
	return target{dialect: floorDialect(), addr: addr}
}

func TestRunAgainstFloors(t *testing.T) {
	for _, joined := range []bool{false, true} {
		target := serveTestFloor(t, joined)
		for _, n := range []shape{{1, 1, 1}, {1, 2, 2}, {5, 2, 1}, {3, 10, 2}, {1, 50, 16}} {
			c, err := openCrowd(t.Context(), target, n, time.Now())
			if err != nil {
				t.Fatal(err)
			}
			for _, rate := range []int{0, 1000, 0} {
				r, err := c.run(t.Context(), plan{warm: 10 * time.Millisecond, window: 50 * time.Millisecond, rate: rate})
				if err != nil {
					t.Fatalf("joined %v, %+v, rate %d: %v", joined, n, rate, err)
				}
				if r.sends <= 0 || r.deliveries <= 0 || r.ackP50 <= 0 || r.deliveryP99 < r.deliveryP50 || r.perDelivery <= 0 {
					t.Errorf("joined %v, %+v, rate %d: %+v", joined, n, rate, r)
				}
			}
			c.close()
		}
	}
}

func TestRunEndsWithItsContext(t *testing.T) {
	target := serveTestFloor(t, false)
	c, err := openCrowd(t.Context(), target, shape{1, 2, 2}, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	defer c.close()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := c.run(ctx, plan{window: time.Hour}); err != context.Canceled {
		t.Errorf("%v, want %v", err, context.Canceled)
	}
}

// A server that breaks the protocol is found out.
func TestRunFindsOut(t *testing.T) {
	message := func(seq int, stamp string) string {
		return fmt.Sprintf(`{"type":"message","room":"r0000000","message":{"seq":%d,"clientId":"%s"}}`, seq, stamp)
	}
	const one, two = "0000-000000000001", "0000-000000000002"
	for name, c := range map[string]struct {
		says [2][]byte // to each of two sockets, once the first has posted
		want string
	}{
		"a gap":             {[2][]byte{text(message(2, one))}, "message 2 came after 0"},
		"a repetition":      {[2][]byte{text(message(1, one), message(1, one))}, "message 1 came after 1"},
		"somebody's ack":    {[2][]byte{text(`{"type":"ack","clientId":"0001-000000000001","seq":1}`)}, "none of its own"},
		"a foreign message": {[2][]byte{text(message(1, "c-7"))}, "none of ours"},
		"a refusal":         {[2][]byte{text(`{"type":"rateLimit","limit":10}`)}, "refused"},
		"a close":           {[2][]byte{appendServerFrame(nil, opClose, []byte("\x0f\xa8too slow"))}, "closed with 4008 (too slow)"},
		"a binary frame":    {[2][]byte{appendServerFrame(nil, 2, []byte("x"))}, "opcode 2"},
		"another order":     {[2][]byte{both(message, one, two), both(message, two, one)}, "another order"},
	} {
		t.Run(name, func(t *testing.T) {
			crowd, err := openCrowd(t.Context(), serveScript(t, c.says), shape{1, 2, 2}, time.Now())
			if err != nil {
				t.Fatal(err)
			}
			defer crowd.close()
			if err := crowd.post(0, 1); err != nil {
				t.Fatal(err)
			}
			if err := crowd.post(0, 2); err != nil {
				t.Fatal(err)
			}
			err = crowd.drain(t.Context())
			if err == nil {
				err = crowd.check()
			}
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%v, want %q", err, c.want)
			}
		})
	}
}

func text(payloads ...string) (b []byte) {
	for _, p := range payloads {
		b = appendServerFrame(b, opText, []byte(p))
	}
	return b
}

// both is two acked messages with these stamps.
func both(message func(int, string) string, first, second string) []byte {
	return text(message(1, first), message(2, second))
}

// serveScript lets two sockets join and, when the first has posted, tells each
// what is in says, and the first that its posts are acked.
func serveScript(t *testing.T, says [2][]byte) target {
	t.Helper()
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		var conns [2]net.Conn
		var buf [1024]byte
		for i := range conns {
			c, err := l.Accept()
			if err != nil {
				return
			}
			defer func() { _ = c.Close() }()
			conns[i] = c
			_, _ = c.Read(buf[:])
			_, _ = c.Write(text(`{"type":"joined","head":0}`))
		}
		_, _ = conns[0].Read(buf[:])
		acks := text(`{"type":"ack","clientId":"0000-000000000001","seq":1}`, `{"type":"ack","clientId":"0000-000000000002","seq":2}`)
		_, _ = conns[1].Write(says[1])
		_, _ = conns[0].Write(append(says[0], acks...))
		for n := 1; n > 0; { // until the client has gone
			n, _ = conns[0].Read(buf[:])
		}
	}()
	t.Cleanup(func() {
		_ = l.Close()
		<-done
	})
	return target{dialect: floorDialect(), addr: l.Addr().(*net.TCPAddr).AddrPort()}
}

// The handshake and the frames of a server by other hands.
func TestSampleByWebSocket(t *testing.T) {
	d := snugDialect()
	h := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Cookie") != "session=1" {
			http.Error(w, "who are you?", http.StatusUnauthorized)
			return
		}
		c, err := websocket.Accept(w, r, &websocket.AcceptOptions{Subprotocols: []string{"chat.v1"}})
		if err != nil {
			t.Errorf("accept: %v", err)
			return
		}
		defer func() { _ = c.CloseNow() }()
		script := []struct {
			read string
			say  []string
		}{
			{"", []string{`{"type":"hello","protocol":1}`}},
			{d.joinText(slug(0)), []string{`{"type":"presence","room":"r0000000"}`, `{"type":"joined","room":"r0000000","head":0}`}},
			{d.post[0] + slug(0) + d.post[1] + "0000-000000000000" + postSuffix, []string{anAck, aMessage}},
		}
		for _, step := range script {
			if step.read != "" {
				if _, b, err := c.Read(r.Context()); err != nil || string(b) != step.read {
					t.Errorf("read %s, %v, want %s", b, err, step.read)
					return
				}
			}
			for _, s := range step.say {
				if err := c.Write(r.Context(), websocket.MessageText, []byte(s)); err != nil {
					t.Errorf("write: %v", err)
					return
				}
			}
		}
	})
	server := httptest.NewServer(h)
	defer server.Close()
	addr := netip.MustParseAddrPort(server.Listener.Addr().String())
	message, ack, err := target{dialect: d, addr: addr, cookies: []string{"session=1"}}.sample()
	if err != nil || string(message) != aMessage || string(ack) != anAck {
		t.Errorf("%s, %s, %v", message, ack, err)
	}
	_, err = target{dialect: d, addr: addr, cookies: []string{"session=2"}}.dial(0, slug(0))
	if err == nil || !strings.Contains(err.Error(), "401 Unauthorized: ") || !strings.Contains(err.Error(), "who are you?") {
		t.Errorf("%v, want the server's own words", err)
	}
}
