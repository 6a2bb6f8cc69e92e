package durable

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"runtime"
	"slices"
	"syscall"
	"testing"
	"time"
)

// pairOver returns both ends of a TCP connection over loopback.
func pairOver(t *testing.T) (near, far *net.TCPConn) {
	t.Helper()
	l, err := net.ListenTCP("tcp4", &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	c, err := net.Dial("tcp4", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	far, err = l.AcceptTCP()
	if err != nil {
		t.Fatal(err)
	}
	return c.(*net.TCPConn), far
}

type frames func(s *Socket, m Message) (wait func())

func (f frames) SocketFrame(s *Socket, m Message) (wait func()) { return f(s, m) }

func (frames) SocketClosed(*Socket, CloseInfo) {}

// noStore is never asked for anything.
type noStore struct{ Store }

func (noStore) AlarmsDue(context.Context, time.Time, int) ([]Record, time.Time, error) {
	return nil, time.Time{}, nil
}

func bareRuntime(t *testing.T, store Store) *Runtime {
	t.Helper()
	rt, err := New(Options{Store: store, Logger: slog.New(slog.DiscardHandler), CloseSpread: time.Nanosecond})
	if err != nil {
		t.Fatal(err)
	}
	return rt
}

func shutDown(t *testing.T, rt *Runtime) {
	t.Helper()
	over := make(chan error, 1)
	go func() {
		ctx, cancel := context.WithTimeout(context.Background(), 100*time.Millisecond)
		defer cancel()
		over <- rt.Shutdown(ctx)
	}()
	select {
	case <-over:
	case <-time.After(10 * time.Second):
		t.Fatal("Shutdown hangs")
	}
}

// What is sent before the loop watches a connection, and is more than the kernel
// takes, goes on once it does.
func TestLoopAnswersAheadOfWatching(t *testing.T) {
	rt := bareRuntime(t, noStore{})
	near, far := pairOver(t)
	const size = 32 << 20
	h := frames(func(s *Socket, _ Message) func() {
		s.Send(BinaryFrame(make([]byte, size)).Replay())
		w := s.wire.(*polled)
		for begin := time.Now(); time.Since(begin) < 10*time.Second; runtime.Gosched() {
			s.mu.Lock()
			blocked := w.blocked
			s.mu.Unlock()
			if blocked {
				return nil
			}
		}
		t.Error("the kernel took all")
		return nil
	})
	// A text frame "x", masked with zeros.
	early := []byte{0x81, 0x81, 0, 0, 0, 0, 'x'}
	if _, err := rt.AcceptConn(far, early, SocketOptions{Handler: h}); err != nil {
		t.Fatal(err)
	}
	_ = near.SetReadDeadline(time.Now().Add(20 * time.Second))
	buf, n := make([]byte, 1<<16), 0
	for n < size {
		m, err := near.Read(buf)
		n += m
		if err != nil {
			t.Errorf("after %d bytes: %v", n, err)
			break
		}
	}
	_ = near.Close()
	shutDown(t, rt)
}

// A connection that can't be watched is over at once.
func TestLoopCannotWatch(t *testing.T) {
	rt := bareRuntime(t, noStore{})
	near, far := pairOver(t)
	back := make(chan struct{})
	h := frames(func(s *Socket, _ Message) func() {
		// So that adding it fails, as it does where too much is watched already.
		w := s.wire.(*polled)
		ev := syscall.EpollEvent{Fd: w.slot, Pad: -1}
		if err := syscall.EpollCtl(w.loop.epfd, syscall.EPOLL_CTL_ADD, int(w.fd), &ev); err != nil {
			t.Error(err)
		}
		return nil
	})
	conn := &givesBack{far, func() { close(back) }}
	if _, err := rt.AcceptConn(conn, []byte{0x81, 0x81, 0, 0, 0, 0, 'x'}, SocketOptions{Handler: h}); err != nil {
		t.Fatal(err)
	}
	select {
	case <-back:
	case <-time.After(3 * time.Second):
		t.Error("the connection isn't given back")
	}
	_ = near.Close()
	shutDown(t, rt)
}

// A socket that is hushed completes the frame that has left in part, and no other.
func TestHushAtAFramesEnd(t *testing.T) {
	first, second := TextFrame([]byte("first")).bytes, TextFrame([]byte("second")).bytes
	both := slices.Concat(first, second)
	for sent := range both {
		s := &Socket{kind: &socketKind{rt: &Runtime{}}, out: &outbox{queue: []chunk{{both, len(both)}, {second, len(second)}}, sent: sent, queued: len(both) + len(second)}}
		s.hushLocked()
		left, rest := sent, 0
		if s.out != nil {
			left += len(s.out.queue[0].bytes) - s.out.sent
			rest = len(s.out.queue) - 1
		}
		want := len(both)
		switch {
		case sent == 0:
			want = 0
		case sent <= len(first):
			want = len(first)
		}
		if left != want || rest > 0 {
			t.Errorf("hushed after %d bytes: %d leave, want %d", sent, left, want)
		}
	}
}

type givesBack struct {
	*net.TCPConn
	closed func()
}

func (g *givesBack) Detach() (*net.TCPConn, func()) { return g.TCPConn, g.closed }

// Where the second loop can't be made the first isn't used either, and later there
// are loops again.
func TestLoopsCannotBeMade(t *testing.T) {
	rt := bareRuntime(t, noStore{})
	ls := rt.loops
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		t.Fatal(err)
	}
	near, far := pairOver(t)
	// The lowest descriptor that is free: one may still be opened, but no two.
	probe, err := syscall.Open("/dev/null", syscall.O_RDONLY|syscall.O_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	_ = syscall.Close(probe)
	low := limit
	low.Cur = uint64(probe + 1)
	if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &low); err != nil {
		t.Fatal(err)
	}
	_, err = ls.pick()
	if err2 := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &limit); err2 != nil {
		t.Fatal(err2)
	}
	if !errors.Is(err, syscall.EMFILE) {
		t.Fatalf("loops were made, or something else failed: %v", err)
	}
	heard := make(chan struct{}, 1)
	h := frames(func(*Socket, Message) func() { heard <- struct{}{}; return nil })
	if _, err := rt.AcceptConn(far, nil, SocketOptions{Handler: h}); err != nil {
		t.Fatal(err)
	}
	if _, err := near.Write([]byte{0x81, 0x81, 0, 0, 0, 0, 'x'}); err != nil {
		t.Fatal(err)
	}
	select {
	case <-heard:
	case <-time.After(3 * time.Second):
		t.Error("nobody hears the socket")
	}
	_ = near.Close()
	shutDown(t, rt)
}
