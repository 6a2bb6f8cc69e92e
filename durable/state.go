package durable

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"
	"unicode/utf8"

	"snug/durable/internal/websocket"
)

// State is what the runtime hands an object: who it is, its storage, its
// sockets. Use it only inside the object's turns.
type State struct {
	act     *activation
	storage Storage
}

// ID returns the object's id.
func (s *State) ID() ID { return s.act.o.id }

// Name returns the name that the object was reached by, now or when it was
// last stored; "" for an object of a unique id.
func (s *State) Name() string {
	s.act.o.mu.Lock()
	defer s.act.o.mu.Unlock()
	return s.act.o.name
}

// Storage returns the object's storage.
func (s *State) Storage() *Storage { return &s.storage }

// Timer is a pending AfterFunc.
type Timer struct {
	act   *activation
	timer *time.Timer
	once  sync.Once
}

// AfterFunc runs fn in a turn of its own after d. A pending timer keeps the
// object awake; it does not outlive a reset or a restart: use an alarm for
// what must happen.
func (s *State) AfterFunc(d time.Duration, fn func(ctx context.Context) error) *Timer {
	act := s.act
	act.mustTurn()
	t := &Timer{act: act}
	act.mu.Lock()
	defer act.mu.Unlock()
	if act.broken != nil {
		return t
	}
	act.timers[t] = struct{}{}
	t.timer = time.AfterFunc(d, func() {
		_ = act.o.enqueue(event{name: "timer", run: func(turn *turn) error {
			if turn.act != act || !t.Stop() {
				return nil
			}
			return fn(turn)
		}}, true) // removed from the table means that nobody waits for it
	})
	return t
}

// Stop prevents the run. It reports whether the run had neither begun nor been
// stopped.
func (t *Timer) Stop() (stopped bool) {
	t.once.Do(func() {
		t.act.mu.Lock()
		defer t.act.mu.Unlock()
		if t.timer != nil {
			t.timer.Stop()
		}
		delete(t.act.timers, t)
		stopped = true
	})
	return stopped
}

func (act *activation) hasTimers() bool {
	act.mu.Lock()
	defer act.mu.Unlock()
	return len(act.timers) > 0
}

func (act *activation) stopTimers() {
	act.mu.Lock()
	defer act.mu.Unlock()
	for t := range act.timers {
		t.timer.Stop()
	}
	clear(act.timers)
}

// Errors of the use of sockets.
var (
	ErrTooManyTags       = fmt.Errorf("a socket takes at most %d tags of at most %d bytes", MaxTags, MaxTagBytes)
	ErrAttachmentTooLong = fmt.Errorf("attachment is longer than %d bytes", MaxAttachmentBytes)
	ErrTooManySockets    = fmt.Errorf("object has %d sockets already", MaxSocketsPerObj)
	errAutoResponse      = fmt.Errorf("auto-response is longer than %d bytes", MaxAutoResponse)
	ErrNotMember         = errors.New("socket isn't one of the object's")
	ErrCloseCode         = errors.New("close code must be 1000 or 3000 to 4999, or one that the protocol lets a server send, with a reason of at most 123 bytes of UTF-8")
)

// Accept makes a socket that was opened at this object its own: its frames
// come to SocketMessage. tags (duplicates are ignored) select sockets; the
// attachment is kept while the object sleeps. Where an argument is over a
// limit nothing has happened.
func (s *State) Accept(sock *Socket, attachment []byte, tags ...string) error {
	return s.attach(sock, attachment, tags)
}

// Subscribe adds a socket that lives elsewhere: it gets what the object sends
// and broadcasts from this point of the turn on, and nothing from before.
func (s *State) Subscribe(sock *Socket, attachment []byte, tags ...string) error {
	return s.attach(sock, attachment, tags)
}

func (s *State) attach(sock *Socket, attachment []byte, tags []string) error {
	act := s.act
	t := act.mustTurn()
	var distinct []string
	for _, tag := range tags {
		if len(tag) > MaxTagBytes {
			return ErrTooManyTags
		}
		if !slices.Contains(distinct, tag) {
			distinct = append(distinct, tag)
		}
	}
	if len(distinct) > MaxTags {
		return ErrTooManyTags
	}
	if len(attachment) > MaxAttachmentBytes {
		return ErrAttachmentTooLong
	}
	old := act.members[sock.id]
	if old == nil && len(act.members) >= MaxSocketsPerObj {
		return ErrTooManySockets
	}
	m := sock.newMember()
	*m = member{sock: sock, audience: act.o.audience(sock, distinct), attachment: keptAttachment(attachment), at: -1}
	act.members[sock.id] = m
	reset := func(error) {
		act.o.rt.sockets.end([]*Socket{sock})
		sock.Close(CloseReset, "the object was reset")
	}
	t.issue(output{
		do: func() {
			act.o.hub.add(m, old)
			if err := act.brokenErr(); err != nil {
				reset(err) // the next activation may not have seen it enter
			}
		},
		drop: reset,
	})
	return nil
}

// Unsubscribe removes a socket: it gets nothing that is sent after this point.
func (s *State) Unsubscribe(sock *Socket) {
	t := s.act.mustTurn()
	m := s.act.members[sock.id]
	if m == nil {
		return
	}
	delete(s.act.members, sock.id)
	o := s.act.o
	t.issue(output{do: func() {
		o.hub.remove(m)
		sock.leave(m)
	}})
}

// Sockets returns the object's sockets that bear the tag ("": all of them), in
// no order.
func (s *State) Sockets(tag string) []*Socket {
	s.act.mustTurn()
	var socks []*Socket
	for _, m := range s.act.members {
		if m.audience.has(tag) {
			socks = append(socks, m.sock)
		}
	}
	return socks
}

// Socket finds an open socket of the runtime by its id.
func (s *State) Socket(id SocketID) (*Socket, bool) { return s.act.o.rt.sockets.get(id) }

// IsMember reports whether the socket is one of the object's.
func (s *State) IsMember(sock *Socket) bool {
	s.act.mustTurn()
	_, ok := s.act.members[sock.id]
	return ok
}

// Tags returns the tags that the socket was accepted with.
func (s *State) Tags(sock *Socket) ([]string, error) {
	s.act.mustTurn()
	m, ok := s.act.members[sock.id]
	if !ok {
		return nil, ErrNotMember
	}
	return slices.Clone(m.audience.tags), nil
}

// keptAttachment is a copy for a member, of which most have none.
func keptAttachment(attachment []byte) *string {
	if len(attachment) == 0 {
		return nil
	}
	text := string(attachment)
	return &text
}

// Attachment returns a copy of the socket's attachment.
func (s *State) Attachment(sock *Socket) ([]byte, error) {
	s.act.mustTurn()
	m, ok := s.act.members[sock.id]
	if !ok {
		return nil, ErrNotMember
	}
	if m.attachment == nil {
		return []byte{}, nil
	}
	return []byte(*m.attachment), nil
}

// SetAttachment replaces the socket's attachment.
func (s *State) SetAttachment(sock *Socket, attachment []byte) error {
	s.act.mustTurn()
	m, ok := s.act.members[sock.id]
	if !ok {
		return ErrNotMember
	}
	if len(attachment) > MaxAttachmentBytes {
		return ErrAttachmentTooLong
	}
	m.attachment = keptAttachment(attachment)
	return nil
}

// Send sends frames to one socket, once what the turn wrote is durable. To a
// socket that is gone it does nothing.
func (s *State) Send(sock *Socket, frames ...Frame) {
	t := s.act.mustTurn()
	m := s.act.members[sock.id]
	for _, f := range frames {
		t.issue(output{kind: toSocket, sock: sock, member: m, frame: f})
	}
}

// Broadcast sends a frame to all of the object's sockets that bear the tag
// ("": all of them), but not to except (which may be nil).
func (s *State) Broadcast(tag string, f Frame, except *Socket) {
	s.act.mustTurn().issue(output{kind: toAll, tag: tag, sock: except, frame: f})
}

// AfterCommit calls fn once all that the turn wrote is durable, in order with its other
// outputs; if that isn't known, not at all. fn runs outside of the object's turns and must
// return at once.
func (s *State) AfterCommit(fn func()) { s.AfterCommitOr(fn, nil) }

// AfterCommitOr is AfterCommit, with what to call where fn isn't, as the object is reset:
// what the turn wrote may be durable then, or be so in a moment, or never. What it is the
// object's next turn finds out, as that claims it anew; after Shutdown nothing changes it
// any more.
func (s *State) AfterCommitOr(fn func(), reset func(cause error)) {
	s.act.mustTurn().issue(output{do: fn, drop: reset})
}

// CloseSocket closes a socket, once what the turn wrote is durable and what was
// sent before has left.
func (s *State) CloseSocket(sock *Socket, code int, reason string) error {
	t := s.act.mustTurn()
	if !websocket.ValidCloseCode(code) || len(reason) > MaxCloseReason || !utf8.ValidString(reason) {
		return ErrCloseCode
	}
	m, o := s.act.members[sock.id], s.act.o
	t.issue(output{do: func() {
		if m != nil {
			o.hub.settle(m)
		}
		sock.Close(code, reason)
	}})
	return nil
}

// SetAutoResponse makes the socket layer answer text frames that equal request
// on the sockets that the object owns, without waking it and past the output
// gate. Two empty strings turn it off. Call it in Start: it is kept as long as
// the object has sockets.
func (s *State) SetAutoResponse(request, response string) error {
	s.act.mustTurn()
	if len(request) > MaxAutoResponse || len(response) > MaxAutoResponse {
		return errAutoResponse
	}
	s.act.o.hub.auto.Store(s.act.o.rt.sockets.auto(request, response))
	return nil
}
