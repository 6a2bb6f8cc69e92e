package durable

import (
	"errors"
	"fmt"
	"net"
	"os"
	"runtime"
	"sync"
	"syscall"
	"time"
	"unsafe"

	"snug/durable/internal/websocket"
)

const (
	loopEvents  = 256      // sockets that are looked at before others get their turn
	loopBuffer  = 64 << 10 // bytes of one read, and of one write that joins several frames
	loopWrites  = 32       // sockets that are written to before others get their turn
	readable    = syscall.EPOLLIN
	writable    = syscall.EPOLLOUT
	readOrEnded = ^uint32(writable)
)

// loops are the event loops of a runtime, one for each processor that Go uses.
// They begin with the first socket that needs one. The descriptors of many sockets
// are watched by one loop, which reads them all into the same buffer: a socket at
// rest has neither a goroutine nor a buffer.
type loops struct {
	rt   *Runtime
	mu   sync.Mutex
	all  []*loop
	next int
	over bool // none are made any more
}

// loop is one of them. Two goroutines belong to it: one reads, the other writes
// what was queued for its sockets, all that waits for one in one write.
type loop struct {
	file    *os.File // the epoll set, which is itself watched by Go's own
	raw     syscall.RawConn
	epfd    int
	events  [loopEvents]syscall.EpollEvent
	ready   [loopEvents]*Socket
	in      []byte
	scratch websocket.Decoder // of sockets between messages
	out     []byte            // of the goroutine that writes
	outMore []byte            // of the goroutine that reads, for sockets that can be written to again
	kicked  chan struct{}     // capacity 1: there is something to write
	turn    *os.File          // an eventfd, for yield
	rawTurn syscall.RawConn
	stop    chan struct{}
	running sync.WaitGroup

	mu    sync.Mutex // guards the following; taken after Socket.mu
	slots []*Socket  // by what epoll says; nil: free
	free  []int32
	dirty []*Socket // to be written to
	spare []*Socket // an empty slice to swap with
}

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

func newLoops(rt *Runtime) *loops { return &loops{rt: rt} }

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

// pick returns the loop whose turn it is.
func (ls *loops) pick() (*loop, error) {
	ls.mu.Lock()
	defer ls.mu.Unlock()
	if ls.over {
		return nil, ErrClosed
	}
	if ls.all == nil {
		var all []*loop
		for range runtime.GOMAXPROCS(0) {
			l, err := newLoop()
			if err != nil {
				return nil, errors.Join(err, closeLoops(all))
			}
			all = append(all, l)
		}
		ls.all = all
	}
	ls.next++
	return ls.all[ls.next%len(ls.all)], nil
}

// close ends the loops. No socket is left.
func (ls *loops) close() {
	ls.mu.Lock()
	defer ls.mu.Unlock()
	_ = closeLoops(ls.all) // they hold nothing that could be lost
	ls.all, ls.over = nil, true
}

func closeLoops(all []*loop) error {
	var errs []error
	for _, l := range all {
		close(l.stop)
		errs = append(errs, l.file.Close(), l.turn.Close())
		l.running.Wait()
	}
	return errors.Join(errs...)
}

func newLoop() (*loop, error) {
	epfd, err := syscall.EpollCreate1(syscall.EPOLL_CLOEXEC)
	if err != nil {
		return nil, fmt.Errorf("create epoll set: %w", err)
	}
	if err := syscall.SetNonblock(epfd, true); err != nil { // so that os.NewFile watches it
		return nil, errors.Join(fmt.Errorf("create epoll set: %w", err), syscall.Close(epfd))
	}
	turnfd, _, errno := syscall.RawSyscall(syscall.SYS_EVENTFD2, 0, syscall.O_NONBLOCK|syscall.O_CLOEXEC, 0)
	if errno != 0 {
		return nil, errors.Join(fmt.Errorf("create eventfd: %w", errno), syscall.Close(epfd))
	}
	l := &loop{
		turn: os.NewFile(turnfd, "eventfd"),
		file: os.NewFile(uintptr(epfd), "epoll"), epfd: epfd,
		in: make([]byte, loopBuffer), out: make([]byte, 0, loopBuffer), outMore: make([]byte, 0, loopBuffer),
		kicked: make(chan struct{}, 1), stop: make(chan struct{}),
	}
	l.raw, err = l.file.SyscallConn()
	if err == nil {
		l.rawTurn, err = l.turn.SyscallConn()
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("watch epoll set: %w", err), l.file.Close(), l.turn.Close())
	}
	l.running.Go(l.read)
	l.running.Go(l.write)
	return l, nil
}

// add begins to watch a socket's descriptor, with what the client sent ahead.
func (l *loop) add(w *polled, early []byte) {
	l.mu.Lock()
	if n := len(l.free); n > 0 {
		w.slot = l.free[n-1]
		l.free = l.free[:n-1]
		l.slots[w.slot] = w.s
	} else {
		w.slot = int32(len(l.slots))
		l.slots = append(l.slots, w.s)
	}
	l.mu.Unlock()
	if len(early) > 0 {
		// Not watched yet: nobody else reads.
		d := w.s.kind.decoder()
		w.decoder = &d
		w.decoder.Feed(early)
		if wait := w.s.hear(w.decoder); wait != nil {
			w.hold(wait)
		} else {
			w.settle(w.decoder)
		}
	}
	w.s.mu.Lock()
	w.watchLocked(syscall.EPOLL_CTL_ADD)
	added := w.added
	w.s.mu.Unlock()
	if !added {
		l.remove(w) // which no event will tell the loop to do
	}
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

// read waits for sockets and reads them.
func (l *loop) read() {
	for {
		n := 0
		err := l.raw.Read(func(fd uintptr) bool {
			n = pollNow(int(fd), l.events[:])
			return n != 0
		})
		if err != nil || n < 0 {
			return // closed
		}
		now := time.Now()
		l.mu.Lock()
		for i := range n {
			// A socket that has gone in this very round may still be named.
			if s := l.slots[l.events[i].Fd]; s != nil && int32(uint32(s.id)) == l.events[i].Pad {
				l.ready[i] = s
			}
		}
		l.mu.Unlock()
		for i := range n {
			s, what := l.ready[i], l.events[i].Events
			l.ready[i] = nil
			if s == nil {
				continue
			}
			w := &s.polled
			if what&writable != 0 {
				w.unblock()
			}
			if what&readOrEnded != 0 {
				l.readSocket(w, what, now)
			}
		}
		// Who was handed something comes first, else a flood would starve the turns.
		runtime.Gosched()
	}
}

func (l *loop) readSocket(w *polled, what uint32, now time.Time) {
	s := w.s
	s.mu.Lock()
	fd, held := w.fd, s.held
	if held && what&readable != 0 && !w.unread {
		w.unread = true
		w.watchLocked(syscall.EPOLL_CTL_MOD)
	}
	s.mu.Unlock()
	switch {
	case fd < 0:
		return
	case held:
		if what&(syscall.EPOLLHUP|syscall.EPOLLERR) != 0 {
			l.remove(w)
		}
		return
	}
	n, errno := readNow(int(fd), l.in)
	switch {
	case errno == syscall.EAGAIN || errno == syscall.EINTR:
		return
	case errno != 0 || n == 0:
		l.remove(w)
		return
	}
	s.heard(now)
	d := w.decoder
	if d == nil {
		d = &l.scratch
		*d = s.kind.decoder()
	}
	d.Feed(l.in[:n])
	wait := s.hear(d)
	w.settle(d)
	if wait != nil {
		w.hold(wait)
	}
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

// remove ends a socket whose connection is over. Only the loop closes descriptors,
// so that none is read that has become another's.
func (l *loop) remove(w *polled) {
	w.s.mu.Lock()
	fd := w.fd
	w.fd = -1
	w.s.mu.Unlock()
	_ = syscall.Close(int(fd)) // which takes it out of the epoll set
	l.mu.Lock()
	l.slots[w.slot] = nil
	l.free = append(l.free, w.slot)
	l.mu.Unlock()
	if w.closed != nil {
		w.closed()
	}
	w.s.lost()
	w.s.finish()
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
	first := len(l.dirty) == 0
	l.dirty = append(l.dirty, s)
	l.mu.Unlock()
	if first {
		select {
		case l.kicked <- struct{}{}:
		default:
		}
	}
}

// write writes to the sockets for which something was queued.
func (l *loop) write() {
	for {
		select {
		case <-l.kicked:
		case <-l.stop:
			return
		}
		for {
			l.mu.Lock()
			dirty := l.dirty
			l.dirty, l.spare = l.spare, nil
			l.mu.Unlock()
			if len(dirty) == 0 {
				break
			}
			for i, s := range dirty {
				w := &s.polled
				s.mu.Lock()
				w.dirty = false
				w.writeLocked(l.out)
				s.mu.Unlock()
				if i%loopWrites == loopWrites-1 {
					l.yield() // a large room must not be everybody's wait
				}
			}
			clear(dirty)
			l.mu.Lock()
			l.spare = dirty[:0]
			l.mu.Unlock()
		}
	}
}

// yield lets others run, those too that wait for a descriptor: Go's scheduler looks
// for them only when nothing else can run, and after runtime.Gosched something can.
// So it waits for a descriptor itself, one that is ready.
func (l *loop) yield() {
	waited := false
	err := l.rawTurn.Read(func(fd uintptr) bool {
		count := [8]byte{1, 1, 1, 1, 1, 1, 1} // in either byte order neither nothing nor too much
		if !waited {
			waited = true
			_, errno := writeNow(int(fd), count[:])
			return errno != 0
		}
		_, errno := readNow(int(fd), count[:])
		return errno != syscall.EAGAIN
	})
	if err != nil {
		runtime.Gosched()
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
	if s.overLocked() {
		w.cutLocked()
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
