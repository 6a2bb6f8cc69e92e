package durable

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"sync"
	"syscall"
	"time"

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
	rt      *Runtime
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
	busy  bool      // there is or was something in dirty, and it isn't written yet
}

func newLoops(rt *Runtime) *loops { return &loops{rt: rt} }

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
			l, err := newLoop(ls.rt)
			if err != nil {
				return nil, errors.Join(err, closeLoops(all))
			}
			all = append(all, l)
		}
		ls.all = all
		ls.rt.committer.loops.Store(int32(len(all)))
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

func newLoop(rt *Runtime) (*loop, error) {
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
		rt:   rt,
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
			l.busy = len(dirty) > 0
			if !l.busy {
				l.mu.Unlock()
				l.rt.committer.wrote(-1)
				break
			}
			l.dirty, l.spare = l.spare, nil
			l.mu.Unlock()
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
