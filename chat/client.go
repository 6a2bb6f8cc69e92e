package chat

import (
	"context"
	"errors"
	"slices"
	"sync/atomic"
	"time"

	"snug/durable"
)

// client serves the frames of one level 1 socket: it reads them and hands them
// to the rooms, in order. What it answers itself doesn't depend on any state.
// All but gone and person belongs to who reads the socket; which rooms it has joined
// changes under live's lock, as live looks too.
type client struct {
	sock     durable.Socket
	s        *Service
	room     string                        // that it has joined, as most join one; "": none
	ahead    int32                         // of that room, as in joined
	nonsense int16                         // frames that made no sense
	away     bool                          // nobody sits at it; live's
	others   *[]joined                     // further rooms; nil: there are none
	gone     atomic.Pointer[chan struct{}] // closed with the socket; nil: nobody waits
	person   *livePerson                   // live's; nil once the socket is gone
}

// joined is a room that the socket has joined.
type joined struct {
	room  string
	ahead int32 // frames sent since one was waited for
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
	case a.ReadOnly && f.Type != FrameJoin && f.Type != FrameLeave && f.Type != FrameWatch:
		err = errReadOnly
	}
	if err != nil {
		c.refuse(sock, f, err)
		return nil
	}
	if f.Type == FrameAway || f.Type == FrameWatch {
		return c.aboutPeople(sock, a.ID, f)
	}
	a = c.s.profiles.actor(a)
	q := request{Slug: f.Room, Actor: a, Socket: sock.ID(), Frame: f}
	sent, err := c.passAhead(sock, q)
	if err != nil {
		c.refuse(sock, f, err)
	}
	if sent || err != nil {
		return nil
	}
	return c.passLater(sock, q)
}

// passLater is what hands a frame to its room and waits.
func (c *client) passLater(sock *durable.Socket, q request) (wait func()) {
	return func() {
		err := c.pass(q)
		switch {
		case err != nil:
			c.refuse(sock, q.Frame, err)
		case q.Frame.Type == FrameRead && q.Frame.Ref != "":
			sock.Send(plainFrame(OKFrame{Type: "ok", Ref: q.Frame.Ref}))
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
	ahead := c.aheadOf(q.Slug)
	room, known := c.s.rooms.at(q.Actor, q.Slug)
	if ahead == nil || !known || room.role == "" || *ahead >= maxAhead {
		return false, nil
	}
	*ahead++
	log := c.s.cfg.Logger
	err = method.SendOr(context.Background(), c.s.ns.ByName(string(room.id)), q, func(err error) {
		log.Error("room failed", "cause", err.Error())
		sock.Close(closeFailed, "the room failed: reconnect")
	})
	if q.Frame.Type == FrameMessage {
		c.s.enrolments.note(room, q.Actor.ID) // behind it, as it looks for the post
	}
	return true, err
}

// aheadOf returns how many frames went ahead to a room; nil: the socket hasn't joined
// it. It is valid until the socket joins or leaves one.
func (c *client) aheadOf(room string) *int32 {
	if c.room == room && room != "" {
		return &c.ahead
	}
	if c.others != nil {
		for i := range *c.others {
			if j := &(*c.others)[i]; j.room == room {
				return &j.ahead
			}
		}
	}
	return nil
}

// enter notes that the socket has joined a room.
func (c *client) enter(room string) {
	c.s.live.mu.Lock()
	defer c.s.live.mu.Unlock()
	switch {
	case c.aheadOf(room) != nil:
	case c.room == "":
		c.room, c.ahead = room, 0
	case c.others == nil:
		c.others = &[]joined{{room: room}}
	default:
		*c.others = append(*c.others, joined{room: room})
	}
}

// exit notes that it leaves one.
func (c *client) exit(room string) {
	c.s.live.mu.Lock()
	defer c.s.live.mu.Unlock()
	switch {
	case c.room == room:
		c.room = ""
	case c.others != nil:
		*c.others = slices.DeleteFunc(*c.others, func(j joined) bool { return j.room == room })
	}
}

// has reports whether the socket has joined a room. Anybody may ask.
func (c *client) has(room string) bool {
	c.s.live.mu.Lock()
	defer c.s.live.mu.Unlock()
	return c.aheadOf(room) != nil
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
	room, err := c.s.admit(ctx, q.Actor, q.Slug, frameAction(q.Frame))
	if err != nil {
		if AsError(err).Code == CodeNotFound {
			c.exit(q.Slug) // they may have been removed
			c.pause(missDelay)
		}
		return err
	}
	stub, calls := c.s.ns.ByName(string(room.id)), &c.s.calls
	if ahead := c.aheadOf(q.Slug); ahead != nil {
		*ahead = 0
	}
	switch q.Frame.Type {
	case FrameJoin:
		replayed, err = calls.join.Call(ctx, stub, q)
		if err == nil {
			c.enter(room.slug) // which all that join share: q holds the whole frame
		}
		return err
	case FrameLeave:
		c.exit(q.Slug)
		_, err = calls.leave.Call(ctx, stub, q)
		return err
	case FrameTyping:
		_, err = calls.typing.Call(ctx, stub, q)
		return err
	case FrameEdit, FrameDelete, FrameReact, FramePin:
		_, err = calls.change.Call(ctx, stub, q)
		return err
	case FrameRead:
		if *q.Frame.Seq == 0 {
			return nil // the head of an empty room; and a frame takes no mark back
		}
		_, err = c.s.markRead(ctx, q.Actor, room.id, mark{Slug: q.Slug, Seq: *q.Frame.Seq}, c)
		return err
	}
	if q.Files, err = c.s.claim(ctx, room.id, q); err != nil {
		return err
	}
	_, err = calls.post.Call(ctx, stub, q)
	if err == nil {
		c.s.enrolments.note(room, q.Actor.ID)
	}
	return err
}

// frameAction is what a frame does, as far as the table of permissions says of it before
// the room looks closer.
func frameAction(f ClientFrame) Action {
	switch f.Type {
	case FrameMessage:
		return postAction(f)
	case FrameTyping:
		return ActPost
	}
	return ActRead
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
	fresh := make(chan struct{})
	c.gone.CompareAndSwap(nil, &fresh)
	gone := *c.gone.Load()
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
	over := make(chan struct{})
	close(over)
	if gone := c.gone.Swap(&over); gone != nil {
		close(*gone)
	}
	leftAll := c.s.live.detach(c)
	c.s.states.unwatch(c)
	if a, err := actorOf(sock); err == nil {
		c.s.closed(a)
		c.s.states.moved(a.ID, leftAll)
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
