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
	Data   []byte // an object's to keep; a FrameHandler's until SocketFrame returns
}

// CloseInfo says how a socket ended. Clean: by a Close frame, the client's or
// ours. A connection that was lost has CloseAbnormal.
type CloseInfo struct {
	Code   int
	Reason string
	Clean  bool
}

// FrameHandler serves sockets that no object owns. SocketFrame is called for one
// frame at a time and in order. It must not block, as it may run where the frames
// of many sockets are read: where it has to wait for something it returns a
// function that does, which runs on a goroutine of its own. Until that has
// returned nothing more is read from the socket. m.Data is valid until SocketFrame
// returns.
//
// SocketClosed is called once, on a goroutine of its own; a SocketFrame or what it
// returned may still be running.
type FrameHandler interface {
	SocketFrame(s *Socket, m Message) (wait func())
	SocketClosed(s *Socket, c CloseInfo)
}

// SocketOptions say what a socket is. Owner or Handler is required.
type SocketOptions struct {
	Owner        *Stub                         // the object that gets the frames: its class is a SocketOpener
	Handler      FrameHandler                  // or who gets them
	Record       *Socket                       // to be used, once; nil: a new one. A handler of which it is a field is one piece of memory with it
	Identity     string                        // opaque: whose socket it is; at most MaxAttachmentBytes
	Tags         []string                      // for CloseSockets; what ends a socket grows with how many others have its tags
	MaxMessage   int                           // bytes; a longer one closes with 1009; 0: 64 KiB
	TextOnly     bool                          // a binary message closes with 1003
	AutoRequest  string                        // a text frame that equals it …
	AutoResponse string                        // … is answered with this by the socket layer; Owner's own setting comes first
	Subprotocols []string                      // that are spoken, for Accept
	Greeting     *Frame                        // the first frame that is sent; may be nil
	Refuse       func(status int, text string) // writes the reply where Accept refuses a handshake; nil: as plain text
}

// Socket is a WebSocket connection. It belongs to the runtime: objects come and
// go under it. Its methods may be called from anywhere. At rest it is this record
// and what it points to: no goroutine and no buffer, where the system allows.
type Socket struct {
	kind     *socketKind
	holder   *holder
	id       SocketID
	handler  FrameHandler // an owned where an object gets the frames
	wire     wire
	lastRead atomic.Int64 // Unix nanoseconds
	autoAt   atomic.Int64 // Unix milliseconds of the last auto-response; 0: none
	pinged   atomic.Bool  // since lastRead
	dead     atomic.Bool  // closed by us: what it sent isn't acted on any more
	deaf     bool         // of who reads: what comes is thrown away

	unheard  bool       // no Close frame of the client will be heard; guarded by mu
	held     bool       // a frame waits for somebody: nothing is read; guarded by mu, as all that follows
	peerDone bool       // the client has sent its Close frame
	writing  bool       // a goroutine writes what it took from the outbox
	hasFirst bool       // first is in use
	waiting  int16      // frames that wait in the owner's inbox
	members  *member    // places in objects, by member.next
	out      *outbox    // nil: nothing waits to leave
	rare     *uncommon  // nil: nothing of it
	mu       sync.Mutex //

	// What nearly every socket has is a part of it: one piece of memory of an odd
	// size is hardly ever shared with what is short-lived, so that no holes remain
	// between those that stay.
	polled polled // the wire, where a loop has the connection
	first  member // of members, the first time
}

// holder is whose a socket is. Sockets that share a tag share it where they can: a
// person's tabs do.
type holder struct {
	identity string
	tags     []string
	fewTags  [2]string // of tags, where they are few
}

func newHolder(identity string, tags []string) *holder {
	h := &holder{identity: identity}
	h.tags = h.fewTags[:0]
	for _, tag := range tags {
		if !slices.Contains(h.tags, tag) {
			h.tags = append(h.tags, tag)
		}
	}
	return h
}

func (h *holder) is(identity string, tags []string) bool {
	return h.identity == identity && slices.Equal(h.tags, tags)
}

// outbox is what waits to leave.
type outbox struct {
	queue  []chunk
	sent   int      // bytes of queue[0] that have left
	queued int      // bytes that count against the bound, of queue and of the write that runs
	first  [2]chunk // of queue, where it is short: an ack and a message
}

// chunk is a run of whole frames.
type chunk struct {
	bytes []byte
	cost  int // against the bound of the queue
}

// uncommon is what few sockets have at a time.
type uncommon struct {
	wake chan struct{} // closed when the socket ends or a frame leaves the inbox; nil: nobody waits
	end  *ending       // nil while the socket is open
}

// owned hands a socket's frames to the object that owns it.
type owned struct{ stub *Stub }

func (o *owned) SocketFrame(s *Socket, m Message) (wait func()) { return s.deliver(o.stub, m) }

func (o *owned) SocketClosed(*Socket, CloseInfo) {} // the object hears of it as one of its members

// owner returns the object that gets the frames, or nil.
func (s *Socket) owner() *Stub {
	if o, ok := s.handler.(*owned); ok {
		return o.stub
	}
	return nil
}

// ended returns how the socket ended; nil: it is open. The caller holds mu.
func (s *Socket) ended() *ending {
	if s.rare == nil {
		return nil
	}
	return s.rare.end
}

func (s *Socket) uncommon() *uncommon {
	if s.rare == nil {
		s.rare = &uncommon{}
	}
	return s.rare
}

// socketKind is what many sockets have in common.
type socketKind struct {
	rt         *Runtime
	auto       *autoResponse // or nil
	maxMessage int
	textOnly   bool
	deflate    bool // permessage-deflate was negotiated
}

// decoder returns one for what such a socket receives.
func (k *socketKind) decoder() websocket.Decoder {
	d := websocket.Decoder{Limit: k.maxMessage}
	if k.deflate {
		d.Inflate = &k.rt.inflaters
	}
	return d
}

// encoded returns a frame's bytes for such a socket.
func (k *socketKind) encoded(f Frame) []byte {
	if k.deflate && f.packed != nil {
		return f.packed.encoded(k.rt.deflaters, f.bytes)
	}
	return f.bytes
}

// ending is what a socket has once it is gone: a Close frame is queued, or the
// connection is lost.
type ending struct {
	info     CloseInfo
	cutter   *time.Timer   // cuts a connection whose client doesn't answer; or nil
	finished chan struct{} // closed once the connection is
}

// A wire is how a socket's bytes leave and how its connection ends.
type wire interface {
	// flush sees to it that what is queued is sent. The caller holds s.mu.
	flush(s *Socket)
	// cut ends the connection, whatever waits, and may be called again. That the
	// connection is gone is noticed by who reads.
	cut()
}

// ID returns the socket's id.
func (s *Socket) ID() SocketID { return s.id }

// Identity returns what the socket was opened with.
func (s *Socket) Identity() string { return s.holder.identity }

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
	if o.Refuse == nil {
		o.Refuse = func(status int, text string) { http.Error(w, text, status) }
	}
	if rt.sockets.isClosing() {
		o.Refuse(http.StatusServiceUnavailable, "the server is stopping")
		return nil, ErrClosed
	}
	if err := o.check(); err != nil {
		o.Refuse(http.StatusInternalServerError, "this socket can't be opened")
		return nil, err
	}
	accepted, err := websocket.Upgrade(w, r, websocket.Options{Subprotocols: o.Subprotocols, Deflate: true, Refuse: o.Refuse})
	if err != nil {
		return nil, err
	}
	return rt.accept(accepted.Conn, accepted.Early, accepted.Deflate, o)
}

// AcceptConn adds a socket over a connection whose handshake is done; early is
// what the client sent behind it. A TCP connection, or one that is a Detacher, is
// taken apart and read by an event loop where the system has one.
func (rt *Runtime) AcceptConn(conn net.Conn, early []byte, o SocketOptions) (*Socket, error) {
	return rt.accept(conn, early, false, o)
}

func (rt *Runtime) accept(conn net.Conn, early []byte, deflate bool, o SocketOptions) (*Socket, error) {
	if err := o.check(); err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	if rt.sockets.isClosing() { // since the handshake began
		return nil, errors.Join(ErrClosed, turnAway(conn))
	}
	s := o.Record
	if s == nil {
		s = &Socket{}
	}
	s.kind, s.handler = rt.sockets.kind(o, deflate), o.Handler
	if o.Owner != nil {
		s.handler = &owned{o.Owner}
	}
	s.lastRead.Store(time.Now().UnixNano())
	// Who is found in the register may be closed at once, and so has a wire.
	start, discard, err := rt.loops.adopt(s, conn)
	if err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	if start == nil {
		start, discard = startPlain(s, conn), conn.Close
	}
	if err := rt.sockets.add(s, o.Identity, o.Tags); err != nil {
		return nil, errors.Join(err, discard())
	}
	if o.Greeting != nil {
		s.enqueue(*o.Greeting)
	}
	if o.Owner != nil {
		s.open(o.Owner)
	}
	start(early)
	return s, nil
}

// turnAway tells a client whose handshake is done, but who came too late, to come back.
func turnAway(conn net.Conn) error {
	_ = conn.SetWriteDeadline(time.Now().Add(time.Second))
	_, _ = conn.Write(websocket.CloseFrame(CloseGoingAway, "the server is going away")) // as well as can be
	return conn.Close()
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
func (s *Socket) open(owner *Stub) {
	err := owner.enqueue(event{
		name: "socket open",
		run: func(t *turn) error {
			opener, ok := t.act.obj.(SocketOpener)
			if !ok {
				return fmt.Errorf("class %s takes no sockets", t.act.o.ns.class.name)
			}
			if err := opener.SocketOpen(t, s); err != nil {
				return err
			}
			if !t.act.state.IsMember(s) {
				return errors.New("socket was not accepted")
			}
			return nil
		},
		answer: func(t *turn, err error) {
			if err != nil {
				s.kind.rt.log.Warn("socket refused", "class", t.act.o.ns.class.name, "cause", err.Error())
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

// newMember returns a place in an object, to be joined.
func (s *Socket) newMember() *member {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.hasFirst {
		return &member{}
	}
	s.hasFirst = true // for good: who holds it may still compare it
	return &s.first
}

// join notes a place of the socket in an object; false if the socket is gone.
func (s *Socket) join(m *member) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ended() != nil {
		return false
	}
	m.next, s.members = s.members, m
	return true
}

func (s *Socket) leave(m *member) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for at := &s.members; *at != nil; at = &(*at).next {
		if *at == m {
			*at, m.next = m.next, nil
			return
		}
	}
}

func (s *Socket) closeInfo() CloseInfo {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.ended().info
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
	if hush && s.ended() == nil {
		s.hushLocked()
	}
	ended := s.endLocked(CloseInfo{Code: code, Reason: reason, Clean: true}, true)
	s.mu.Unlock()
	if ended {
		s.dead.Store(true)
		s.forget()
	}
}
