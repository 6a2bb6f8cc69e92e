package durable

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"time"
	"unicode/utf8"

	"snug/durable/internal/websocket"
)

// Close codes that the runtime itself sends.
const (
	CloseNormal    = 1000
	CloseGoingAway = 1001
	CloseBinary    = 1003
	CloseAbnormal  = 1006 // never sent: the connection was lost
	ClosePolicy    = 1008
	CloseTooBig    = 1009
	CloseReset     = 1011
	CloseTooSlow   = 4008
)

// SocketID names a socket within its runtime. It is never used again.
type SocketID uint64

// Message is a frame from a client.
type Message struct {
	Binary bool
	Data   []byte // the receiver's
}

// CloseInfo says how a socket ended. Clean: by a Close frame, the client's or
// ours. A connection that was lost has CloseAbnormal.
type CloseInfo struct {
	Code   int
	Reason string
	Clean  bool
}

// FrameHandler serves sockets that no object owns. SocketFrame is called by the
// socket's reader, one frame at a time and in order; while it runs nothing more
// is read. SocketClosed is called once, from any goroutine, and must not block;
// a SocketFrame may still be running.
type FrameHandler interface {
	SocketFrame(s *Socket, m Message)
	SocketClosed(s *Socket, c CloseInfo)
}

// SocketOptions say what a socket is. Owner or Handler is required.
type SocketOptions struct {
	Owner        *Stub        // the object that gets the frames: its class is a SocketOpener
	Handler      FrameHandler // or who gets them
	Identity     string       // opaque: whose socket it is; at most MaxAttachmentBytes
	Tags         []string     // for CloseSockets
	MaxMessage   int          // bytes; a longer one closes with 1009; 0: 64 KiB
	TextOnly     bool         // a binary message closes with 1003
	AutoRequest  string       // a text frame that equals it …
	AutoResponse string       // … is answered with this by the socket layer; Owner's own setting comes first
	Subprotocols []string     // that are spoken, for Accept
	Greeting     *Frame       // the first frame that is sent; may be nil
}

// Socket is a WebSocket connection. It belongs to the runtime: objects come and
// go under it. Its methods may be called from anywhere.
type Socket struct {
	rt       *Runtime
	id       SocketID
	conn     net.Conn
	opts     SocketOptions
	auto     *autoResponse
	backlog  chan struct{} // frames that wait in the owner's inbox
	finished chan struct{} // closed once the reader has returned
	drained  chan struct{} // closed once the last frame was written, or can't be
	drainOne sync.Once
	lastRead atomic.Int64 // Unix nanoseconds
	pinged   atomic.Bool  // since lastRead
	autoAt   atomic.Int64 // Unix milliseconds of the last auto-response; 0: none
	dead     atomic.Bool  // closed by us: what it sent isn't acted on any more

	mu      sync.Mutex // guards the following
	queue   [][]byte
	queued  int // bytes in queue that count against the bound
	writing bool
	closing bool // a Close frame is queued, or the connection is lost
	gone    bool
	info    CloseInfo // once gone
	objects []*object
	cutter  *time.Timer
	later   *time.Timer // of AfterFunc
}

// ID returns the socket's id.
func (s *Socket) ID() SocketID { return s.id }

// Identity returns what the socket was opened with.
func (s *Socket) Identity() string { return s.opts.Identity }

// AutoResponseAt returns when the socket layer last answered by itself; the
// zero time if never.
func (s *Socket) AutoResponseAt() time.Time {
	if at := s.autoAt.Load(); at != 0 {
		return time.UnixMilli(at)
	}
	return time.Time{}
}

// Send queues a frame at once. It is for FrameHandlers: an object uses
// State.Send, which waits for the disk.
func (s *Socket) Send(f Frame) { s.enqueue(f) }

// Accept answers a WebSocket handshake and adds the socket. Whether the request
// may open one (its session, its origin) is for the caller to have checked. On
// an error the reply has been sent.
func (rt *Runtime) Accept(w http.ResponseWriter, r *http.Request, o SocketOptions) (*Socket, error) {
	if rt.sockets.isClosing() {
		http.Error(w, "the server is stopping", http.StatusServiceUnavailable)
		return nil, ErrClosed
	}
	if err := o.check(); err != nil {
		http.Error(w, "this socket can't be opened", http.StatusInternalServerError)
		return nil, err
	}
	conn, early, err := websocket.Upgrade(w, r, o.Subprotocols)
	if err != nil {
		return nil, err
	}
	return rt.AcceptConn(conn, early, o)
}

// AcceptConn adds a socket over a connection whose handshake is done; early is
// what the client sent behind it.
func (rt *Runtime) AcceptConn(conn net.Conn, early []byte, o SocketOptions) (*Socket, error) {
	if err := o.check(); err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	if o.MaxMessage == 0 {
		o.MaxMessage = 64 << 10
	}
	s := &Socket{rt: rt, conn: conn, opts: o, finished: make(chan struct{}), drained: make(chan struct{})}
	if o.AutoRequest != "" {
		s.auto = &autoResponse{request: o.AutoRequest, response: TextFrame([]byte(o.AutoResponse))}
	}
	if o.Owner != nil {
		s.backlog = make(chan struct{}, socketBacklog)
	}
	s.lastRead.Store(time.Now().UnixNano())
	if err := rt.sockets.add(s); err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	if o.Greeting != nil {
		s.enqueue(*o.Greeting)
	}
	if o.Owner != nil {
		s.open()
	}
	rt.wg.Go(func() { s.read(early) })
	return s, nil
}

func (o SocketOptions) check() error {
	switch {
	case (o.Owner == nil) == (o.Handler == nil):
		return errors.New("socket: needs an owner or a handler")
	case len(o.Identity) > MaxAttachmentBytes:
		return fmt.Errorf("socket: identity is longer than %d bytes", MaxAttachmentBytes)
	case len(o.Tags) > MaxTags || slices.ContainsFunc(o.Tags, func(t string) bool { return len(t) > MaxTagBytes }):
		return ErrTooManyTags
	}
	return nil
}

// open asks the owner whether it accepts the socket.
func (s *Socket) open() {
	err := s.opts.Owner.enqueue(event{
		name: "socket open",
		run: func(t *turn) error {
			opener, ok := t.act.obj.(SocketOpener)
			if !ok {
				return fmt.Errorf("class %s takes no sockets", t.act.o.ns.class.name)
			}
			if err := opener.SocketOpen(t.ctx, s); err != nil {
				return err
			}
			if !t.act.state.IsMember(s) {
				return errors.New("socket was not accepted")
			}
			return nil
		},
		answer: func(t *turn, err error) {
			if err != nil {
				s.rt.log.Warn("socket refused", "class", t.act.o.ns.class.name, "cause", err.Error())
				delete(t.act.members, s.id)
				t.out = nil
				s.Close(CloseReset, "the socket could not be accepted")
			}
		},
		refuse: func(error) { s.Close(CloseReset, "the object could not be reached") },
	}, false)
	if err != nil {
		s.Close(CloseReset, "the object is overloaded")
	}
}

// join notes that the socket is a member of o; false if it is gone.
func (s *Socket) join(o *object) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.gone {
		return false
	}
	if !slices.Contains(s.objects, o) {
		s.objects = append(s.objects, o)
	}
	return true
}

func (s *Socket) leave(o *object) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.objects = slices.DeleteFunc(s.objects, func(other *object) bool { return other == o })
}

func (s *Socket) closeInfo() CloseInfo {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.info
}

// enqueue queues a frame for the writer. A socket that doesn't take what it is
// sent loses its connection: it never slows who sends.
func (s *Socket) enqueue(f Frame) {
	limit := s.rt.opts.SocketQueue
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.closing:
		return
	case f.droppable && s.queued > limit/2:
		return
	case !f.replay && s.queued+len(f.bytes) > limit && s.queued > 0:
		s.queue, s.queued = nil, 0
		s.rt.wg.Go(func() { s.Close(CloseTooSlow, "too slow: reconnect and resume") })
		return
	}
	s.queue = append(s.queue, f.bytes)
	if !f.replay {
		s.queued += len(f.bytes)
	}
	s.writeLocked()
}

func (s *Socket) writeLocked() {
	if !s.writing {
		s.writing = true
		s.rt.wg.Go(s.write)
	}
}

// write sends all that waits, in one write each time, and ends when nothing
// does: an idle socket has no writer.
func (s *Socket) write() {
	for {
		s.mu.Lock()
		pending := net.Buffers(s.queue)
		s.queue, s.queued = nil, 0
		closing := s.closing
		if len(pending) == 0 {
			s.writing = false
			s.mu.Unlock()
			if closing {
				s.drainOne.Do(func() { close(s.drained) })
			}
			return
		}
		s.mu.Unlock()
		wait := writeWait
		if closing {
			wait = closeWait
		}
		err := s.conn.SetWriteDeadline(time.Now().Add(wait))
		if err == nil {
			_, err = pending.WriteTo(s.conn)
		}
		if err != nil {
			s.lost()
			s.mu.Lock()
			s.queue, s.writing = nil, false
			s.mu.Unlock()
			return
		}
	}
}

// Close sends what is queued, then a Close frame, and waits a few seconds for
// the client's. To those who know the socket it is gone at once, and what the
// client sent that wasn't handled yet isn't acted on any more.
func (s *Socket) Close(code int, reason string) {
	if len(reason) > MaxCloseReason || !utf8.ValidString(reason) {
		reason = ""
	}
	s.dead.Store(true)
	s.end(CloseInfo{Code: code, Reason: reason, Clean: true}, websocket.CloseFrame(code, reason))
}

// AfterFunc arranges that fn runs after d, unless the socket is gone by then.
// Only one such timer is kept: a later call replaces it.
func (s *Socket) AfterFunc(d time.Duration, fn func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.gone {
		return
	}
	if s.later != nil {
		s.later.Stop()
	}
	s.later = time.AfterFunc(d, fn)
}

// lost ends a socket whose connection is gone.
func (s *Socket) lost() {
	_ = s.conn.Close() // it is lost already
	s.drainOne.Do(func() { close(s.drained) })
	s.end(CloseInfo{Code: CloseAbnormal, Reason: "connection lost without a Close frame"}, nil)
}

// end makes the socket gone, once, and sends the last frame if there is one.
func (s *Socket) end(info CloseInfo, last []byte) {
	s.mu.Lock()
	if s.gone {
		s.mu.Unlock()
		return
	}
	s.gone, s.closing, s.info = true, true, info
	objects := s.objects
	s.objects = nil
	if s.later != nil {
		s.later.Stop()
	}
	if last != nil {
		s.queue = append(s.queue, last)
		s.writeLocked()
		s.cutter = time.AfterFunc(closeWait, func() { _ = s.conn.Close() })
	}
	s.mu.Unlock()

	s.rt.sockets.remove(s)
	for _, o := range objects {
		o.hub.remove(s.id)
		o.socketGone(s, info)
	}
	if s.opts.Handler != nil {
		s.opts.Handler.SocketClosed(s, info)
	}
}

// read is the socket's reader.
func (s *Socket) read(early []byte) {
	defer s.readerDone()
	decoder := websocket.Decoder{Limit: s.opts.MaxMessage}
	decoder.Feed(early)
	buf := make([]byte, 4096)
	for {
		for {
			op, payload, ok, err := decoder.Next()
			if err != nil {
				var violation *websocket.Error
				errors.As(err, &violation)
				s.Close(violation.Code, violation.Reason)
				s.drain(buf)
				return
			}
			if !ok {
				break
			}
			if !s.handle(op, payload) {
				return
			}
		}
		n, err := s.conn.Read(buf)
		if n > 0 {
			s.heard()
			decoder.Feed(buf[:n])
		}
		if err != nil {
			s.lost()
			return
		}
	}
}

func (s *Socket) readerDone() {
	s.mu.Lock()
	cutter := s.cutter
	s.mu.Unlock()
	if cutter != nil {
		cutter.Stop()
	}
	_ = s.conn.Close() // both sides have said their last word
	close(s.finished)
}

// drain reads on until the client ends the connection or closeWait is over, so
// that our Close frame isn't lost to a reset of the connection.
func (s *Socket) drain(buf []byte) {
	for {
		if _, err := s.conn.Read(buf); err != nil {
			return
		}
	}
}

func (s *Socket) heard() {
	s.lastRead.Store(time.Now().UnixNano())
	s.pinged.Store(false)
}

// handle acts on one message; false ends the reader.
func (s *Socket) handle(op websocket.Op, payload []byte) bool {
	switch op {
	case websocket.OpPing:
		s.enqueue(Frame{bytes: websocket.Frame(websocket.OpPong, payload), droppable: true})
		return true
	case websocket.OpPong:
		return true
	case websocket.OpClose:
		code, reason, err := websocket.ParseClose(payload)
		if err != nil {
			var violation *websocket.Error
			errors.As(err, &violation)
			s.Close(violation.Code, violation.Reason)
		} else {
			s.end(CloseInfo{Code: code, Reason: reason, Clean: true}, websocket.CloseFrame(code, reason))
		}
		<-s.drained // at most closeWait: then the connection is cut
		return false
	}
	if s.dead.Load() {
		return true
	}
	if op == websocket.OpBinary && s.opts.TextOnly {
		s.Close(CloseBinary, "only text frames are understood")
		return true
	}
	if op == websocket.OpText && s.answer(payload) {
		return true
	}
	s.deliver(Message{Binary: op == websocket.OpBinary, Data: payload})
	return true
}

// answer is the auto-response.
func (s *Socket) answer(payload []byte) bool {
	auto := s.auto
	if s.opts.Owner != nil {
		if o := s.rt.find(s.opts.Owner.ns, s.opts.Owner.id); o != nil {
			if own := o.hub.auto.Load(); own != nil {
				auto = own
			}
		}
	}
	if auto == nil || string(payload) != auto.request {
		return false
	}
	s.autoAt.Store(time.Now().UnixMilli())
	s.enqueue(auto.response)
	return true
}

// deliver hands a message to whoever serves the socket. An owner that is busy
// makes the reader wait, and so, in the end, the client.
func (s *Socket) deliver(m Message) {
	if s.opts.Handler != nil {
		s.opts.Handler.SocketFrame(s, m)
		return
	}
	select {
	case s.backlog <- struct{}{}:
	case <-s.rt.ctx.Done():
		return
	}
	ev := event{
		name: "socket message",
		size: len(m.Data),
		run: func(t *turn) error {
			<-s.backlog
			h, ok := t.act.obj.(SocketHandler)
			if !ok || s.dead.Load() || !t.act.state.IsMember(s) {
				return nil
			}
			return h.SocketMessage(t.ctx, s, m)
		},
		refuse: func(error) {
			select {
			case <-s.backlog:
			default:
			}
			s.Close(CloseReset, "the object could not be reached")
		},
	}
	for {
		err := s.opts.Owner.enqueue(ev, false)
		if err == nil {
			return
		}
		o := s.rt.find(s.opts.Owner.ns, s.opts.Owner.id)
		if !errors.Is(err, ErrOverloaded) || o == nil {
			ev.refuse(err)
			return
		}
		select {
		case <-o.waitSpace():
		case <-s.rt.ctx.Done():
			ev.refuse(ErrClosed)
			return
		}
	}
}
