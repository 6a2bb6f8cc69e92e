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
// is read. SocketClosed is called once, on a goroutine of its own; a
// SocketFrame may still be running.
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
	over     chan struct{} // closed once the socket is gone
	finished chan struct{} // closed once the reader has returned
	drained  chan struct{} // closed once the last frame was written, or can't be
	drainOne sync.Once
	lastRead atomic.Int64 // Unix nanoseconds
	pinged   atomic.Bool  // since lastRead
	handing  atomic.Bool  // the reader waits for who takes a frame: it can't hear the peer
	autoAt   atomic.Int64 // Unix milliseconds of the last auto-response; 0: none
	dead     atomic.Bool  // closed by us: what it sent isn't acted on any more

	mu      sync.Mutex // guards the following
	queue   [][]byte
	queued  int // bytes that count against the bound, of queue and of the write that runs
	writing bool
	gone    bool      // a Close frame is queued, or the connection is lost
	info    CloseInfo // once gone
	objects []*object
	cutter  *time.Timer
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
	accepted, err := websocket.Upgrade(w, r, websocket.Options{Subprotocols: o.Subprotocols})
	if err != nil {
		return nil, err
	}
	return rt.AcceptConn(accepted.Conn, accepted.Early, o)
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
	s := &Socket{
		rt: rt, conn: conn, opts: o,
		over: make(chan struct{}), finished: make(chan struct{}), drained: make(chan struct{}),
	}
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
	go s.read(early) // sockets.add has counted it
	return s, nil
}

func (o SocketOptions) check() error {
	switch {
	case (o.Owner == nil) == (o.Handler == nil):
		return errors.New("socket: needs an owner or a handler")
	case len(o.Identity) > MaxAttachmentBytes:
		return fmt.Errorf("socket: identity is longer than %d bytes", MaxAttachmentBytes)
	case max(len(o.AutoRequest), len(o.AutoResponse)) > MaxAutoResponse:
		return errAutoResponse
	case o.MaxMessage < 0:
		return errors.New("socket: bound of a message is below zero")
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
				s.Close(CloseReset, "the socket could not be accepted")
			}
		},
		refuse: func(error) { s.Close(CloseReset, "the object could not be reached") },
	}, false)
	switch {
	case errors.Is(err, ErrOverloaded):
		s.Close(CloseReset, "the object is overloaded")
	case err != nil:
		s.Close(CloseReset, "the object could not be reached")
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

// Close sends what is queued, then a Close frame, and waits a few seconds for
// the client's. To those who know the socket it is gone at once, and what the
// client sent that wasn't handled yet isn't acted on any more. A code that must
// not be sent becomes CloseReset, a reason that is too long is left out.
func (s *Socket) Close(code int, reason string) { s.shut(code, reason, false) }

// shut closes the socket; hush says to send nothing more than the Close frame.
func (s *Socket) shut(code int, reason string, hush bool) {
	if !websocket.ValidCloseCode(code) {
		code = CloseReset
	}
	if len(reason) > MaxCloseReason || !utf8.ValidString(reason) {
		reason = ""
	}
	s.mu.Lock()
	if hush && !s.gone {
		s.queue = nil
	}
	ended := s.endLocked(CloseInfo{Code: code, Reason: reason, Clean: true}, true)
	s.mu.Unlock()
	if ended {
		s.dead.Store(true)
		s.forget()
	}
}
