package main

import (
	"errors"
	"log/slog"
	"net"
	"testing"
)

func TestConnsWithin(t *testing.T) {
	for _, tt := range []struct {
		files uint64
		want  int
	}{{0, 1}, {1, 1}, {256, 128}, {768, 384}, {1024, 640}, {20_000, 19_616}, {1 << 63, 1<<20 - spareFiles}} {
		if got := connsWithin(tt.files); got != tt.want {
			t.Errorf("%d files leave %d connections, want %d", tt.files, got, tt.want)
		}
	}
}

// boundedPair is a listener with one place, and a client's connection that has it.
func boundedPair(t *testing.T) (l *boundedListener, taken net.Conn) {
	t.Helper()
	tcp, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l = newBoundedListener(tcp.(*net.TCPListener), 1, slog.New(slog.DiscardHandler))
	t.Cleanup(func() { _ = l.Close() })
	dialBounded(t, l)
	taken, err = l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = taken.Close() })
	return l, taken
}

func dialBounded(t *testing.T, l net.Listener) {
	t.Helper()
	conn, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
}

type accepted struct {
	conn net.Conn
	err  error
}

func acceptLater(l net.Listener) <-chan accepted {
	later := make(chan accepted, 1)
	go func() {
		conn, err := l.Accept()
		later <- accepted{conn, err}
	}()
	return later
}

func TestConnectionsBeyondTheBoundWait(t *testing.T) {
	l, taken := boundedPair(t)
	dialBounded(t, l)
	later := acceptLater(l)
	select {
	case <-later:
		t.Fatal("a second connection was accepted where one fits")
	default:
	}
	if err := taken.Close(); err != nil {
		t.Fatal(err)
	}
	_ = taken.Close() // gives no second place back
	got := <-later
	if got.err != nil {
		t.Fatal(got.err)
	}
	if len(l.slots) != 1 {
		t.Errorf("%d places are taken, want 1", len(l.slots))
	}
	if err := got.conn.Close(); err != nil || len(l.slots) != 0 {
		t.Errorf("close: %v, %d places are taken", err, len(l.slots))
	}
}

func TestCloseEndsTheWaitForAPlace(t *testing.T) {
	l, _ := boundedPair(t)
	later := acceptLater(l)
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	if got := <-later; !errors.Is(got.err, net.ErrClosed) {
		t.Errorf("accept after close: %v", got.err)
	}
	if err := l.Close(); err != nil {
		t.Errorf("second close: %v", err)
	}
}
