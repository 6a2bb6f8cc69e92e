package chat

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"time"

	"snug/durable"
)

// client serves the frames of one level 1 socket: it reads them and hands them
// to the rooms, in order. What it answers itself doesn't depend on any state.
// All but gone belongs to who reads the socket.
type client struct {
	s        *Service
	nonsense int32
	over     bool      // guarded by mu
	joined   []joined  // changed under mu, for who looks from outside
	first    [1]joined // of joined, where it is one

	mu     sync.Mutex
	gone   chan struct{} // closed with the socket; nil: nobody waits
	person *livePerson   // live's; nil once the socket is gone
}

// joined is a room that the socket has joined.
type joined struct {
	room  string
	id    RoomID
	ahead int // frames sent since one was waited for
}

var _ durable.FrameHandler = (*client)(nil)

func newClient(s *Service) *client { return &client{s: s} }

// SocketFrame handles one frame.
func (c *client) SocketFrame(sock *durable.Socket, m durable.Message) (wait func()) {
	f, err := parseFrame(m.Data)
	if err == nil && f.Type == FramePing {
		sock.Send(plainFrame(PongFrame{Type: "pong", Ref: f.Ref}))
		return nil
	}
	a, broken := actorOf(sock)
	switch {
	case err != nil:
	case broken != nil:
		err = broken
	case a.ReadOnly && f.Type != FrameJoin && f.Type != FrameLeave:
		err = errReadOnly
	}
	if err != nil {
		c.refuse(sock, f, err)
		return nil
	}
	a.User = c.s.profiles.current(a.User)
	q := request{Slug: f.Room, Actor: a, Socket: sock.ID(), Frame: f}
	sent, err := c.passAhead(sock, q)
	if err != nil {
		c.refuse(sock, f, err)
	}
	if sent || err != nil {
		return nil
	}
	return func() {
		err := c.pass(q)
		switch {
		case err != nil:
			c.refuse(sock, f, err)
		case f.Type == FrameRead && f.Ref != "":
			sock.Send(plainFrame(OKFrame{Type: "ok", Ref: f.Ref}))
		}
	}
}

// passAhead hands a frame to its room without waiting for anything, where that can
// be: the socket has joined the room, which so can tell it what failed, and no more
// than maxAhead frames went ahead.
func (c *client) passAhead(sock *durable.Socket, q request) (sent bool, err error) {
	method := c.s.calls.post
	switch q.Frame.Type {
	case FrameMessage:
		if len(q.Frame.Attachments) > 0 {
			return false, nil
		}
	case FrameEdit, FrameDelete, FrameReact, FramePin:
		method = c.s.calls.change
	case FrameTyping:
		method = c.s.calls.typing
	default:
		return false, nil
	}
	i := c.find(q.Slug)
	id, known := c.s.rooms.known(q.Slug)
	if i < 0 || !known || c.joined[i].ahead >= maxAhead {
		return false, nil
	}
	c.joined[i].ahead++
	log := c.s.cfg.Logger
	return true, method.SendOr(context.Background(), c.s.ns.ByName(string(id)), q, func(err error) {
		log.Error("room failed", "cause", err.Error())
		sock.Close(closeFailed, "the room failed: reconnect")
	})
}

// find returns where in joined the room is; -1: nowhere.
func (c *client) find(room string) int {
	return slices.IndexFunc(c.joined, func(j joined) bool { return j.room == room })
}

// has reports whether the socket has joined a room. Anybody may ask.
func (c *client) has(room RoomID) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.ContainsFunc(c.joined, func(j joined) bool { return j.id == room })
}

// pass hands a frame to its room and waits until what the frame did is durable.
func (c *client) pass(q request) error {
	replayed := 0
	if q.Frame.Type == FrameJoin && q.Frame.After != nil {
		if !c.reserve(q.Actor.ID) {
			return nil
		}
		defer func() { c.s.replays.refund(q.Actor.ID, maxReplayBytes-replayed) }()
	}
	ctx, cancel := context.WithTimeout(context.Background(), frameWait)
	defer cancel()
	id, err := c.s.rooms.find(ctx, q.Slug)
	if err != nil {
		if AsError(err).Code == CodeNotFound {
			c.pause(missDelay)
		}
		return err
	}
	stub, calls := c.s.ns.ByName(string(id)), &c.s.calls
	i := c.find(q.Slug)
	if i >= 0 {
		c.joined[i].ahead = 0
	}
	switch q.Frame.Type {
	case FrameJoin:
		replayed, err = calls.join.Call(ctx, stub, q)
		if err == nil && i < 0 {
			c.mu.Lock()
			if len(c.joined) == 0 {
				c.joined = c.first[:0]
			}
			c.joined = append(c.joined, joined{room: strings.Clone(q.Slug), id: id}) // of its own: q holds the whole frame
			c.mu.Unlock()
		}
		return err
	case FrameLeave:
		if i >= 0 {
			c.mu.Lock()
			c.joined = slices.Delete(c.joined, i, i+1)
			c.mu.Unlock()
		}
		_, err = calls.leave.Call(ctx, stub, q)
		return err
	case FrameTyping:
		_, err = calls.typing.Call(ctx, stub, q)
		return err
	case FrameEdit, FrameDelete, FrameReact, FramePin:
		_, err = calls.change.Call(ctx, stub, q)
		return err
	case FrameRead:
		_, err = c.s.markRead(ctx, q.Actor, id, mark{Slug: q.Slug, Seq: q.Frame.Seq}, c)
		return err
	}
	if q.Files, err = c.s.claim(ctx, id, q); err != nil {
		return err
	}
	_, err = calls.post.Call(ctx, stub, q)
	return err
}

// reserve waits for the person's turn to have something replayed; false: the
// socket is gone.
func (c *client) reserve(id UserID) bool {
	for {
		wait := c.s.replays.reserve(id, c.s.cfg.Now())
		if wait == 0 {
			return true
		}
		if !c.pause(min(wait, replayPoll)) {
			return false
		}
	}
}

// pause makes the socket's next frames wait; false: the socket is gone.
func (c *client) pause(d time.Duration) bool {
	c.mu.Lock()
	if c.over {
		c.mu.Unlock()
		return false
	}
	if c.gone == nil {
		c.gone = make(chan struct{})
	}
	gone := c.gone
	c.mu.Unlock()
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-gone:
		return false
	}
}

// SocketClosed ends a pause. The rooms hear of the close themselves.
func (c *client) SocketClosed(sock *durable.Socket, _ durable.CloseInfo) {
	c.mu.Lock()
	c.over = true
	if c.gone != nil {
		close(c.gone)
	}
	c.mu.Unlock()
	c.s.live.detach(c)
	if a, err := actorOf(sock); err == nil {
		c.s.closed(a)
	}
}

// refuse answers a frame that failed. Where it isn't known whether the frame
// had an effect there is no answer: the client connects again, resumes and
// repeats what wasn't acknowledged. Frames that make no sense are counted: who
// sends nothing else is cut off.
func (c *client) refuse(sock *durable.Socket, f ClientFrame, err error) {
	if unknowable(err) {
		c.s.cfg.Logger.Error("room failed", "type", f.Type, "cause", err.Error())
		sock.Close(closeFailed, "the room failed: reconnect")
		return
	}
	e := AsError(public(err))
	if e.Code == CodeInternal {
		c.s.cfg.Logger.Error("frame failed", "type", f.Type, "cause", e.Error())
	}
	sock.Send(frame(errorFrame(e, f)))
	if e.Code != CodeBadRequest && e.Code != CodeUnknownType {
		return
	}
	if c.nonsense++; c.nonsense > maxNonsense {
		sock.Close(closeNonsense, "too many frames that made no sense")
	}
}

// unknowable reports whether err leaves open what became of a frame.
func unknowable(err error) bool {
	var e *durable.Error
	return errors.Is(err, context.DeadlineExceeded) || errors.As(err, &e) && !e.Remote && !e.Overloaded()
}
