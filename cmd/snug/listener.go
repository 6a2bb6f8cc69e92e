package main

import (
	"log/slog"
	"net"
	"sync"
	"sync/atomic"
	"syscall"
)

// spareFiles are the descriptors that connections leave alone: the stores' own
// files, which are a few hundred at most, and what the process needs besides.
const spareFiles = 384

// maxConns is how many connections may be open at once. A store that can't open
// a file stops for good, so strangers must not be able to use the descriptors up.
func maxConns() int {
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		return 1024 - spareFiles
	}
	return connsWithin(limit.Cur)
}

// connsWithin leaves the spare files aside, but no more than half of a small
// limit.
func connsWithin(files uint64) int {
	n := int(min(files, 1<<20))
	return max(n-spareFiles, n/2, 1)
}

// boundedListener has so many connections open at once and leaves further ones in
// the kernel's queue until one is closed: those that send no request are cut off
// soon, so that everybody gets their turn.
type boundedListener struct {
	*net.TCPListener
	log    *slog.Logger
	slots  chan struct{}
	free   func() // frees a slot
	closed chan struct{}
	close  func() error
	warn   sync.Once
}

func newBoundedListener(l *net.TCPListener, conns int, log *slog.Logger) *boundedListener {
	b := &boundedListener{TCPListener: l, log: log, slots: make(chan struct{}, conns), closed: make(chan struct{})}
	b.free = func() { <-b.slots }
	b.close = sync.OnceValue(func() error {
		close(b.closed)
		return l.Close()
	})
	return b
}

func (l *boundedListener) Accept() (net.Conn, error) {
	select {
	case l.slots <- struct{}{}:
	default:
		l.warn.Do(func() {
			l.log.Warn("no more connections fit: further ones wait. Raise the limit of open files (ulimit -n)", "connections", cap(l.slots))
		})
		select {
		case l.slots <- struct{}{}:
		case <-l.closed:
			return nil, net.ErrClosed
		}
	}
	conn, err := l.AcceptTCP()
	if err != nil {
		<-l.slots
		return nil, err
	}
	return &boundedConn{TCPConn: conn, free: l.free}, nil
}

func (l *boundedListener) Close() error { return l.close() }

// boundedConn gives its place back when it is closed. It embeds the connection
// itself, and no interface, so that several buffers still leave in one write.
type boundedConn struct {
	*net.TCPConn
	free func()
	gone atomic.Bool // the place is given back, or given to somebody else to give back
}

func (c *boundedConn) Close() error {
	if !c.gone.Swap(true) {
		defer c.free()
	}
	return c.TCPConn.Close()
}

// Detach implements durable.Detacher.
func (c *boundedConn) Detach() (tcp *net.TCPConn, closed func()) {
	c.gone.Store(true)
	return c.TCPConn, c.free
}
