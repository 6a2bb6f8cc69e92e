package chat

import (
	"context"
	"errors"
	"sync"
	"time"

	"snug/durable"
)

// client serves the frames of one level 1 socket: it reads them and hands them
// to the rooms, in order. What it answers itself doesn't depend on any state.
// All but gone belongs to the socket's reader.
type client struct {
	s        *Service
	actor    Actor
	nonsense int
	ahead    map[string]int // rooms that were joined: frames sent since one was waited for
	gone     chan struct{}  // closed with the socket
	goneOnce sync.Once
}

var _ durable.FrameHandler = (*client)(nil)

func newClient(s *Service, a Actor) *client {
	return &client{s: s, actor: a, ahead: make(map[string]int), gone: make(chan struct{})}
}

// SocketFrame handles one frame.
func (c *client) SocketFrame(sock *durable.Socket, m durable.Message) {
	f, err := parseFrame(m.Data)
	if err == nil && f.Type == FramePing {
		sock.Send(plainFrame(PongFrame{Type: "pong", Ref: f.Ref}))
		return
	}
	if err == nil && c.actor.ReadOnly && (f.Type == FrameMessage || f.Type == FrameTyping) {
		err = errReadOnly
	}
	if err == nil {
		a := c.actor
		a.User = c.s.profiles.current(a.User)
		err = c.pass(request{Slug: f.Room, Actor: a, Socket: sock.ID(), Frame: f})
	}
	if err != nil {
		c.refuse(sock, f, err)
	}
}

// pass hands a frame to its room. Every maxAhead frames, and where the socket
// hasn't joined the room (which then can't tell it that it failed), it waits
// until what the frame did is durable.
func (c *client) pass(q request) error {
	replayed := 0
	if q.Frame.Type == FrameJoin && q.Frame.After != nil {
		if !c.reserve() {
			return nil
		}
		defer func() { c.s.replays.refund(c.actor.ID, maxReplayBytes-replayed) }()
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
	method := calls.post
	switch q.Frame.Type {
	case FrameJoin:
		if replayed, err = calls.join.Call(ctx, stub, q); err == nil {
			c.ahead[q.Slug] = 0
		}
		return err
	case FrameLeave:
		delete(c.ahead, q.Slug)
		_, err := calls.leave.Call(ctx, stub, q)
		return err
	case FrameTyping:
		method = calls.typing
	}
	sent, joined := c.ahead[q.Slug]
	if joined && sent < maxAhead {
		c.ahead[q.Slug]++
		return method.Send(ctx, stub, q)
	}
	if joined {
		c.ahead[q.Slug] = 0
	}
	_, err = method.Call(ctx, stub, q)
	return err
}

// reserve waits for the person's turn to have something replayed; false: the
// socket is gone.
func (c *client) reserve() bool {
	for {
		wait := c.s.replays.reserve(c.actor.ID, c.s.cfg.Now())
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
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-c.gone:
		return false
	}
}

// SocketClosed ends a pause. The rooms hear of the close themselves.
func (c *client) SocketClosed(*durable.Socket, durable.CloseInfo) {
	c.goneOnce.Do(func() {
		close(c.gone)
		c.s.closed(c.actor)
	})
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
	if e.Code != CodeBadRequest && e.Code != CodeUnknownType || planned[f.Type] {
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
