package durable_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"log/slog"
	"net"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"snug/durable"
	"snug/durable/durabletest"
)

// tcpWait bounds each wait of the tests over real connections.
const tcpWait = 20 * time.Second

// station is a runtime whose sockets come over TCP, and so through an event loop.
type station struct {
	*testing.T
	rt       *durable.Runtime
	listener *net.TCPListener
}

func newStation(t *testing.T, change ...func(o *durable.Options)) *station {
	t.Helper()
	o := durable.Options{Store: durabletest.NewStore(), Logger: slog.New(slog.DiscardHandler), CloseSpread: time.Nanosecond}
	for _, fn := range change {
		fn(&o)
	}
	rt, err := durable.New(o)
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.ListenTCP("tcp4", &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	st := &station{t, rt, l}
	t.Cleanup(func() {
		_ = l.Close()
		ctx, cancel := context.WithTimeout(context.Background(), tcpWait)
		defer cancel()
		if err := rt.Shutdown(ctx); err != nil {
			t.Errorf("shutdown: %v", err)
		}
	})
	return st
}

// connect opens a socket and returns both of its ends.
func (st *station) connect(o durable.SocketOptions, wrap ...func(c *net.TCPConn) net.Conn) (*durable.Socket, *net.TCPConn) {
	st.Helper()
	near, err := net.Dial("tcp4", st.listener.Addr().String())
	if err != nil {
		st.Fatal(err)
	}
	st.Cleanup(func() { _ = near.Close() })
	if err := near.SetDeadline(time.Now().Add(tcpWait)); err != nil {
		st.Fatal(err)
	}
	far, err := st.listener.AcceptTCP()
	if err != nil {
		st.Fatal(err)
	}
	var conn net.Conn = far
	for _, fn := range wrap {
		conn = fn(far)
	}
	sock, err := st.rt.AcceptConn(conn, nil, o)
	if err != nil {
		st.Fatal(err)
	}
	return sock, near.(*net.TCPConn)
}

// next reads a frame as client.read does: "text hello", "close 1000 bye"; "" once
// the connection is over.
func next(in *bufio.Reader) string {
	var c client
	line, err := c.read(in)
	if err != nil {
		return ""
	}
	return line
}

// heard is a handler that passes on what it gets.
type heard struct {
	frame  func(s *durable.Socket, m durable.Message) (wait func())
	closed chan durable.CloseInfo
}

func newHeard(frame func(s *durable.Socket, m durable.Message) (wait func())) *heard {
	return &heard{frame, make(chan durable.CloseInfo, 1)}
}

func (h *heard) SocketFrame(s *durable.Socket, m durable.Message) (wait func()) { return h.frame(s, m) }

func (h *heard) SocketClosed(_ *durable.Socket, c durable.CloseInfo) { h.closed <- c }

func (st *station) within(what string, c <-chan durable.CloseInfo) durable.CloseInfo {
	st.Helper()
	select {
	case info := <-c:
		return info
	case <-time.After(tcpWait):
		st.Fatalf("%s: nothing for %v", what, tcpWait)
		return durable.CloseInfo{}
	}
}

func quiet(*durable.Socket, durable.Message) (wait func()) { return nil }

// What the kernel takes only in part goes on where it stopped, when the client
// reads again.
func TestLoopWritesInParts(t *testing.T) {
	st := newStation(t, func(o *durable.Options) { o.SocketQueue = 64 << 20 })
	sock, conn := st.connect(durable.SocketOptions{Handler: newHeard(quiet)})
	const frames = 3000 // 13 MB: more than the kernel keeps for a connection
	line := func(i int) string { return fmt.Sprint(i, " ", strings.Repeat("x", i*37%9000)) }
	for i := range frames {
		sock.Send(durable.TextFrame([]byte(line(i))))
	}
	in := bufio.NewReaderSize(conn, 512)
	for i := range frames {
		if got, want := next(in), "text "+line(i); got != want {
			t.Fatalf("frame %d: %.30q of %d bytes, want %d", i, got, len(got), len(want))
		}
	}
}

// A client that doesn't read is cut off at a frame's end: what has left in part is
// completed, then comes the reason.
func TestLoopCutsOffBetweenFrames(t *testing.T) {
	for range 8 { // the kernel's buffers are full at another byte each time
		st := newStation(t, func(o *durable.Options) { o.SocketQueue = 32 << 10 })
		h := newHeard(quiet)
		sock, conn := st.connect(durable.SocketOptions{Handler: h})
		sent := 0
		for ; st.rt.Stats().Sockets > 0; sent++ {
			sock.Send(durable.TextFrame(fmt.Append(nil, sent, " ", strings.Repeat("y", 3000))))
			if sent > 100_000 {
				t.Fatal("never cut off")
			}
		}
		if info := st.within("close", h.closed); info.Code != durable.CloseTooSlow {
			t.Errorf("closed with %d", info.Code)
		}
		in := bufio.NewReader(conn)
		for i := 0; ; i++ {
			got := next(in)
			if strings.HasPrefix(got, "close 4008") {
				break
			}
			if !strings.HasPrefix(got, fmt.Sprint("text ", i, " yyy")) || i >= sent {
				t.Fatalf("frame %d: %.40q of %d bytes", i, got, len(got))
			}
		}
		_ = conn.Close()
	}
}

// A frame that waits for somebody holds up its own socket and nobody else's.
func TestLoopHoldsASocket(t *testing.T) {
	st := newStation(t)
	release := make(chan struct{})
	h := newHeard(func(s *durable.Socket, m durable.Message) (wait func()) {
		text := "did " + string(m.Data)
		if string(m.Data) != "wait" {
			s.Send(durable.TextFrame([]byte(text)))
			return nil
		}
		return func() {
			<-release
			s.Send(durable.TextFrame([]byte(text)))
		}
	})
	_, held := st.connect(durable.SocketOptions{Handler: h})
	var others []*bufio.Reader
	for i := range 2 * runtime.GOMAXPROCS(0) {
		_, other := st.connect(durable.SocketOptions{Handler: newHeard(h.frame)})
		if i == 0 {
			// In one write, the last one cut short.
			all := bytes.Join([][]byte{clientFrame(0x81, []byte("a")), clientFrame(0x81, []byte("wait")),
				clientFrame(0x81, []byte("b")), clientFrame(0x81, []byte("wait")), clientFrame(0x81, []byte("c"))[:5]}, nil)
			if _, err := held.Write(all); err != nil {
				t.Fatal(err)
			}
			if got := next(bufio.NewReader(held)); got != "text did a" {
				t.Fatalf("got %q", got)
			}
		}
		if _, err := other.Write(clientFrame(0x81, []byte("x"))); err != nil {
			t.Fatal(err)
		}
		others = append(others, bufio.NewReader(other))
	}
	for _, in := range others {
		if got := next(in); got != "text did x" {
			t.Errorf("got %q", got)
		}
	}
	if _, err := held.Write(clientFrame(0x81, []byte("c"))[5:]); err != nil {
		t.Fatal(err)
	}
	close(release)
	in := bufio.NewReader(held)
	for _, want := range []string{"text did wait", "text did b", "text did wait", "text did c"} {
		if got := next(in); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	if _, err := held.Write(clientFrame(0x88, []byte{0x03, 0xe8})); err != nil {
		t.Fatal(err)
	}
	if got := next(in) + next(in); got != "close 1000" {
		t.Errorf("got %q", got)
	}
}

// A connection ends while a frame of it waits: who waits isn't disturbed, and
// nothing is left behind.
func TestLoopConnectionEndsWhileHeld(t *testing.T) {
	for _, how := range []string{"reset", "end", "close by us"} {
		t.Run(how, func(t *testing.T) {
			st := newStation(t)
			release, waiting := make(chan struct{}), make(chan struct{}, 2) // of either frame
			var handled []string
			var mu sync.Mutex
			h := newHeard(func(_ *durable.Socket, m durable.Message) (wait func()) {
				mu.Lock()
				handled = append(handled, string(m.Data))
				mu.Unlock()
				return func() {
					waiting <- struct{}{}
					<-release
				}
			})
			sock, conn := st.connect(durable.SocketOptions{Handler: h})
			if _, err := conn.Write(clientFrame(0x81, []byte("first"))); err != nil {
				t.Fatal(err)
			}
			<-waiting
			if _, err := conn.Write(clientFrame(0x81, []byte("second"))); err != nil {
				t.Fatal(err)
			}
			want := durable.CloseAbnormal
			switch how {
			case "reset":
				_ = conn.SetLinger(0)
				_ = conn.Close()
			case "close by us":
				want = 4001
				sock.Close(4001, "enough")
			case "end":
				_ = conn.CloseWrite()
				close(release) // only then anybody reads on
			}
			if info := st.within("close", h.closed); info.Code != want {
				t.Errorf("closed with %d, want %d", info.Code, want)
			}
			if how != "end" {
				close(release)
			}
			_ = conn.Close()
		})
	}
}

// Sockets at rest have no goroutine, and give their descriptors back.
func TestLoopSocketsAtRest(t *testing.T) {
	st := newStation(t)
	_, first := st.connect(durable.SocketOptions{Handler: newHeard(quiet)})
	before := runtime.NumGoroutine()
	var conns []*net.TCPConn
	var mu sync.Mutex
	closed := 0
	all := make(chan struct{})
	const sockets = 300
	for range sockets {
		_, conn := st.connect(durable.SocketOptions{Handler: newHeard(quiet)}, func(c *net.TCPConn) net.Conn {
			return &detachable{TCPConn: c, closed: func() {
				mu.Lock()
				defer mu.Unlock()
				if closed++; closed == sockets {
					close(all)
				}
			}}
		})
		conns = append(conns, conn)
	}
	if more := runtime.NumGoroutine() - before; more > sockets/10 {
		t.Errorf("%d goroutines for %d sockets", more, sockets)
	}
	for i, conn := range conns {
		if i%2 == 0 {
			_ = conn.SetLinger(0)
		}
		_ = conn.Close()
	}
	select {
	case <-all:
	case <-time.After(tcpWait):
		t.Error("not all connections were given back")
	}
	_ = first.Close()
}

// detachable counts what is given back.
type detachable struct {
	*net.TCPConn
	closed func()
}

func (d *detachable) Detach() (tcp *net.TCPConn, closed func()) { return d.TCPConn, d.closed }

// Broadcasts and answers of an object's turns come in order on every socket, as
// many at once as there are.
func TestLoopBroadcasts(t *testing.T) {
	st := newStation(t)
	class := durable.NewClass("room", func(s *durable.State) durable.Object { return &tcpRoom{State: s} })
	ns, err := st.rt.Register(class)
	if err != nil {
		t.Fatal(err)
	}
	const sockets, posts = 40, 50
	var clients []*net.TCPConn
	for range sockets {
		_, conn := st.connect(durable.SocketOptions{Owner: ns.ByName("n")})
		clients = append(clients, conn)
		if got := next(bufio.NewReaderSize(conn, 16)); got != "text welcome" {
			t.Fatalf("got %q", got)
		}
	}
	for i, conn := range clients {
		go func() {
			for n := range posts {
				_, _ = conn.Write(clientFrame(0x81, fmt.Append(nil, i, ".", n)))
			}
		}()
	}
	var order []string
	for i, conn := range clients {
		in := bufio.NewReader(conn)
		var got []string
		acked := 0
		for len(got) < sockets*posts {
			line := next(in)
			text, isText := strings.CutPrefix(line, "text ")
			if !isText {
				t.Fatalf("socket %d: %q", i, line)
			}
			if ack, isAck := strings.CutPrefix(text, "ack "); isAck {
				if want := fmt.Sprint(i, ".", acked); ack != want {
					t.Fatalf("socket %d: ack of %s, want %s", i, ack, want)
				}
				acked++
				continue
			}
			if mine := fmt.Sprint(i, ".", acked); text == mine {
				t.Fatalf("socket %d: %s came before its ack", i, mine)
			}
			got = append(got, text)
		}
		if i == 0 {
			order = got
		} else if strings.Join(got, " ") != strings.Join(order, " ") {
			t.Errorf("socket %d saw another order than the first", i)
		}
	}
}

// tcpRoom stores what its sockets say, tells who said it and then everybody.
type tcpRoom struct {
	*durable.State
	n uint64
}

func (r *tcpRoom) SocketOpen(_ context.Context, s *durable.Socket) error {
	if err := r.Accept(s, nil); err != nil {
		return err
	}
	r.Send(s, durable.TextFrame([]byte("welcome")))
	return nil
}

func (r *tcpRoom) SocketMessage(_ context.Context, s *durable.Socket, m durable.Message) error {
	r.n++
	r.Send(s, durable.TextFrame(append([]byte("ack "), m.Data...)))
	r.Broadcast("", durable.TextFrame(m.Data), nil)
	return r.Storage().Put(string(binary.BigEndian.AppendUint64(nil, r.n)), m.Data)
}

func (r *tcpRoom) SocketClose(context.Context, *durable.Socket, durable.CloseInfo) error { return nil }

// A socket that is closed by its tag while its connection is taken apart is
// closed like any other.
func TestCloseSocketsWhileAccepted(t *testing.T) {
	st := newStation(t)
	h := newHeard(quiet)
	near, err := net.Dial("tcp4", st.listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = near.Close() })
	_ = near.SetDeadline(time.Now().Add(tcpWait))
	far, err := st.listener.AcceptTCP()
	if err != nil {
		t.Fatal(err)
	}
	conn := &closesTags{TCPConn: far, rt: st.rt}
	if _, err := st.rt.AcceptConn(conn, nil, durable.SocketOptions{Handler: h, Tags: []string{"user"}}); err != nil {
		t.Fatal(err)
	}
	// Found or not: who revokes looks again once Accept has returned.
	st.rt.CloseSockets("user", 4401, "over")
	if got := next(bufio.NewReader(near)); !strings.HasPrefix(got, "close 4401") {
		t.Errorf("got %q", got)
	}
}

// closesTags ends the session while its socket is being accepted.
type closesTags struct {
	*net.TCPConn
	rt *durable.Runtime
}

func (c *closesTags) Detach() (*net.TCPConn, func()) {
	c.rt.CloseSockets("user", 4401, "over")
	return c.TCPConn, func() {}
}
