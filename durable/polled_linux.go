package durable

import (
	"errors"
	"fmt"
	"net"
	"syscall"
	"time"
	"unsafe"

	"snug/durable/internal/websocket"
)

// polled is the wire of a socket whose descriptor a loop watches.
type polled struct {
	s      *Socket
	loop   *loop
	slot   int32
	closed func() // called when the descriptor is closed; or nil

	decoder *websocket.Decoder // of who reads; nil between messages

	// Guarded by Socket.mu.
	fd      int32 // -1 once closed
	added   bool  // to the epoll set
	dirty   bool  // listed in loop.dirty
	blocked bool  // the kernel takes nothing more: writable is awaited
	unread  bool  // a frame waits for somebody, and readable isn't watched
}

// Detacher is a connection around a TCP connection that is given up by Detach:
// what is left is the TCP connection, and a function to call once it is closed.
type Detacher interface {
	Detach() (tcp *net.TCPConn, closed func())
}

// adopt gives the socket, which nobody else knows yet, a wire over the
// connection's descriptor; discard is for one that nobody will know. Where the
// connection has none it returns nil and has done nothing. After an error the
// connection is still the caller's to close.
func (ls *loops) adopt(s *Socket, conn net.Conn) (start func(early []byte), discard func() error, err error) {
	tcp, isTCP := conn.(*net.TCPConn)
	d, isDetacher := conn.(Detacher)
	if !isTCP && !isDetacher {
		return nil, nil, nil
	}
	l, err := ls.pick()
	if err != nil {
		return nil, nil, err
	}
	w := &s.polled
	w.s, w.loop = s, l
	if isDetacher {
		tcp, w.closed = d.Detach()
	}
	// Go's own poller must let go of the descriptor: the copy is ours alone.
	fd, err := copyDescriptor(tcp)
	if err == nil {
		w.fd = int32(fd)
		if err = tcp.Close(); err != nil {
			err = errors.Join(err, syscall.Close(fd))
		}
	}
	if err != nil {
		err = fmt.Errorf("take the connection apart: %w", errors.Join(err, tcp.Close()))
		if w.closed != nil {
			w.closed()
		}
		return nil, nil, err
	}
	s.wire = w
	return func(early []byte) { l.add(w, early) }, w.discard, nil
}

// discard ends a connection that no loop has.
func (w *polled) discard() error {
	err := syscall.Close(int(w.fd))
	if w.closed != nil {
		w.closed()
	}
	return err
}

func copyDescriptor(tcp *net.TCPConn) (fd int, err error) {
	raw, err := tcp.SyscallConn()
	if err != nil {
		return 0, err
	}
	var errno syscall.Errno
	err = raw.Control(func(own uintptr) {
		var n uintptr
		n, _, errno = syscall.RawSyscall(syscall.SYS_FCNTL, own, syscall.F_DUPFD_CLOEXEC, 0)
		fd = int(n)
	})
	if err == nil && errno != 0 {
		err = errno
	}
	return fd, err
}

// watchLocked tells the kernel what is awaited. The end of a connection always is.
func (w *polled) watchLocked(op int) {
	if w.fd < 0 || op == syscall.EPOLL_CTL_MOD && !w.added {
		return // what is awaited then is told by add
	}
	ev := syscall.EpollEvent{Fd: w.slot, Pad: int32(uint32(w.s.id))}
	if !w.unread {
		ev.Events |= readable
	}
	if w.blocked {
		ev.Events |= writable
	}
	if err := syscall.EpollCtl(w.loop.epfd, op, int(w.fd), &ev); err != nil {
		// Out of memory, or a bug of ours: never leave a socket that nobody hears.
		w.s.kind.rt.log.Error("socket can't be watched", "cause", err.Error())
		w.cutLocked()
		return
	}
	w.added = true
}

// settle keeps of the decoder what is needed for what comes next.
func (w *polled) settle(d *websocket.Decoder) {
	if d.Idle() {
		w.decoder = nil
		return
	}
	d.Keep()
	if w.decoder != d {
		kept := *d
		w.decoder = &kept
		*d = websocket.Decoder{}
	}
}

// hold reads nothing more until wait has returned and what came behind was heard.
func (w *polled) hold(wait func()) {
	s := w.s
	s.mu.Lock()
	s.held = true
	s.mu.Unlock()
	s.kind.rt.wg.Go(func() {
		for wait != nil {
			wait()
			s.heard(time.Now())
			wait = nil
			if w.decoder != nil {
				wait = s.hear(w.decoder)
				w.settle(w.decoder)
			}
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		s.held = false
		if w.unread {
			w.unread = false
			w.watchLocked(syscall.EPOLL_CTL_MOD)
		}
	})
}

func (w *polled) cut() {
	w.s.mu.Lock()
	defer w.s.mu.Unlock()
	w.cutLocked()
}

// cutLocked makes the connection end; the loop hears of it.
func (w *polled) cutLocked() {
	if w.fd >= 0 {
		_ = syscall.Shutdown(int(w.fd), syscall.SHUT_RDWR) // where it is over already the loop knows
	}
}

func (w *polled) flush(s *Socket) {
	if w.dirty || w.blocked || w.fd < 0 {
		return
	}
	w.dirty = true
	l := w.loop
	l.mu.Lock()
	first := !l.busy
	l.busy = true
	l.dirty = append(l.dirty, s)
	l.mu.Unlock()
	if first {
		l.rt.committer.wrote(+1)
		select {
		case l.kicked <- struct{}{}:
		default:
		}
	}
}

// unblock goes on where the kernel had taken no more.
func (w *polled) unblock() {
	w.s.mu.Lock()
	defer w.s.mu.Unlock()
	if !w.blocked {
		return
	}
	w.blocked = false
	w.writeLocked(w.loop.outMore)
	if !w.blocked {
		w.watchLocked(syscall.EPOLL_CTL_MOD)
	}
}

// writeLocked writes what waits, as much as the kernel takes, joined in out.
func (w *polled) writeLocked(out []byte) {
	s := w.s
	for s.out != nil && !w.blocked {
		if w.fd < 0 {
			s.out = nil
			return
		}
		queue := s.out.queue
		b := queue[0].bytes[s.out.sent:]
		if len(queue) > 1 && len(b)+len(queue[1].bytes) <= cap(out) {
			joined := append(out[:0], b...)
			for _, c := range queue[1:] {
				if len(joined)+len(c.bytes) > cap(out) {
					break
				}
				joined = append(joined, c.bytes...)
			}
			b = joined
		}
		n, errno := writeNow(int(w.fd), b)
		switch {
		case errno == syscall.EINTR:
			continue
		case errno == syscall.EAGAIN:
			n = 0
		case errno != 0:
			s.out = nil
			w.cutLocked()
			return
		}
		s.leftLocked(n)
		if n < len(b) {
			w.blocked = true
			w.watchLocked(syscall.EPOLL_CTL_MOD)
		}
	}
	switch {
	case s.overLocked():
		w.cutLocked()
	case s.spokenLocked() && w.fd >= 0:
		_ = syscall.Shutdown(int(w.fd), syscall.SHUT_WR) // where it is over already the loop knows
	}
}

// The system calls below never block, so they needn't tell Go's scheduler that
// they might: that is a fifth of the cost of a small write.

func readNow(fd int, b []byte) (int, syscall.Errno) {
	n, _, errno := syscall.RawSyscall(syscall.SYS_READ, uintptr(fd), uintptr(unsafe.Pointer(unsafe.SliceData(b))), uintptr(len(b)))
	return int(n), errno
}

func writeNow(fd int, b []byte) (int, syscall.Errno) {
	n, _, errno := syscall.RawSyscall(syscall.SYS_WRITE, uintptr(fd), uintptr(unsafe.Pointer(unsafe.SliceData(b))), uintptr(len(b)))
	return int(n), errno
}

// pollNow returns how many events there are, and less than 0 where the set is
// closed.
func pollNow(epfd int, events []syscall.EpollEvent) int {
	for {
		n, _, errno := syscall.RawSyscall6(syscall.SYS_EPOLL_PWAIT, uintptr(epfd), uintptr(unsafe.Pointer(unsafe.SliceData(events))), uintptr(len(events)), 0, 0, 0)
		switch errno {
		case 0:
			return int(n)
		case syscall.EINTR:
			continue
		}
		return -1
	}
}
