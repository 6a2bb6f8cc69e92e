package durable

import (
	"errors"
	"net"
	"slices"
	"sync"
	"time"

	"snug/durable/internal/websocket"
)

// frameCost is what queued bytes take beside themselves: else many empty frames
// would be free.
const frameCost = 64

// enqueue queues a frame.
func (s *Socket) enqueue(f Frame) { s.queueBytes(s.kind.encoded(f), f.droppable, f.replay) }

// queueBytes queues whole frames. A socket that doesn't take what it is sent loses
// its connection: it never slows who sends.
func (s *Socket) queueBytes(b []byte, droppable, replay bool) {
	limit, cost := s.kind.rt.opts.SocketQueue, len(b)+frameCost
	s.mu.Lock()
	defer s.mu.Unlock()
	queued := 0
	if s.out != nil {
		queued = s.out.queued
	}
	switch {
	case s.ended() != nil, droppable && queued > limit/2:
		return
	case !replay && queued > 0 && queued+cost > limit:
		s.hushLocked() // nothing may follow what is left out
		s.endLocked(CloseInfo{Code: CloseTooSlow, Reason: "too slow: reconnect and resume", Clean: true}, true)
		s.dead.Store(true)
		s.kind.rt.wg.Go(s.forget) // who sends may hold a lock that it takes
		return
	}
	if replay {
		cost = 0
	}
	s.putLocked(chunk{b, cost})
}

// putLocked puts a chunk into the outbox.
func (s *Socket) putLocked(c chunk) {
	if s.out == nil {
		s.out = s.kind.rt.outboxes.take()
	}
	s.out.queue = append(s.out.queue, c)
	s.out.queued += c.cost
	s.wire.flush(s)
}

// hushLocked takes back what is queued, but for the rest of a frame whose
// beginning has left.
func (s *Socket) hushLocked() {
	out := s.out
	if out == nil {
		return
	}
	end := 0
	if out.sent > 0 {
		end = websocket.FrameEnd(out.queue[0].bytes, out.sent-1) // of the frame that left last
	}
	if end == out.sent {
		for _, c := range out.queue {
			out.queued -= c.cost
		}
		out.queue, out.sent = nil, 0
		s.emptiedLocked()
		return
	}
	first := out.queue[0]
	first.bytes = first.bytes[:end]
	out.queue, out.queued = []chunk{first}, first.cost
}

// emptiedLocked drops the outbox when nothing is in it, nor on its way.
func (s *Socket) emptiedLocked() {
	if s.out != nil && len(s.out.queue) == 0 && !s.writing {
		s.kind.rt.outboxes.give(s.out)
		s.out = nil
	}
}

// outboxes keeps those that are empty: a large room needs as many as it has sockets,
// and soon after none.
type outboxes struct{ pool sync.Pool }

func (os *outboxes) take() *outbox {
	out, ok := os.pool.Get().(*outbox)
	if !ok {
		out = &outbox{}
	}
	out.queue = out.first[:0]
	return out
}

func (os *outboxes) give(out *outbox) {
	*out = outbox{}
	os.pool.Put(out)
}

// takeLocked returns all that waits, for one write, and what of the bound it takes:
// that is the caller's to give back.
func (s *Socket) takeLocked() (taken net.Buffers, cost int) {
	if s.out == nil {
		return nil, 0
	}
	taken = make(net.Buffers, len(s.out.queue))
	for i, c := range s.out.queue {
		taken[i] = c.bytes
		cost += c.cost
	}
	s.out.queue = nil
	return taken, cost
}

// leftLocked notes that so many bytes of the queue have left.
func (s *Socket) leftLocked(n int) {
	for out := s.out; n > 0; {
		first := out.queue[0]
		rest := len(first.bytes) - out.sent
		if n < rest {
			out.sent += n
			return
		}
		n -= rest
		out.sent = 0
		out.queued -= first.cost
		out.queue = out.queue[1:]
	}
	s.emptiedLocked()
}

// overLocked reports whether both sides have said their last word: then the
// connection is to be cut.
func (s *Socket) overLocked() bool {
	return s.ended() != nil && s.peerDone && s.out == nil && !s.writing
}

// spokenLocked reports whether our last word has left and the client's won't be heard:
// then our half of the connection ends, and a client that waits for that can go.
func (s *Socket) spokenLocked() bool {
	return s.ended() != nil && s.unheard && s.out == nil && !s.writing
}

// lost ends a socket whose connection is gone.
func (s *Socket) lost() {
	s.wire.cut()
	s.mu.Lock()
	ended := s.endLocked(CloseInfo{Code: CloseAbnormal, Reason: "connection lost without a Close frame"}, false)
	if s.out != nil {
		s.out.queue = nil
		s.emptiedLocked()
	}
	s.mu.Unlock()
	if ended {
		s.forget()
	}
}

// endLocked makes the socket gone; farewell says to send a Close frame behind
// what is queued, and to cut the connection soon after. It reports whether it
// was this call that did it: then the caller calls forget, holding no lock.
func (s *Socket) endLocked(info CloseInfo, farewell bool) bool {
	if s.ended() != nil {
		return false
	}
	end := &ending{info: info, finished: make(chan struct{})}
	s.uncommon().end = end
	s.wakeLocked()
	if farewell {
		end.cutter = time.AfterFunc(closeWait, s.wire.cut)
		s.putLocked(chunk{bytes: websocket.CloseFrame(info.Code, info.Reason)})
	}
	return true
}

// wakeLocked wakes who waits for a change.
func (s *Socket) wakeLocked() {
	if s.rare != nil && s.rare.wake != nil {
		close(s.rare.wake)
		s.rare.wake = nil
	}
}

// changed returns a channel that is closed when the socket ends or a frame of it
// leaves its owner's inbox; over: it has ended.
func (s *Socket) changed() (changed <-chan struct{}, over bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ended() != nil {
		return nil, true
	}
	if s.uncommon().wake == nil {
		s.rare.wake = make(chan struct{})
	}
	return s.rare.wake, false
}

// forget tells all who know the socket that it is gone. Whoever ended it calls it once:
// that may be somebody for whom Shutdown doesn't wait, while it waits for the sockets.
func (s *Socket) forget() {
	defer s.kind.rt.wg.Done()
	s.mu.Lock()
	m, info := s.members, s.ended().info
	s.members = nil
	s.mu.Unlock()
	rt := s.kind.rt
	rt.sockets.remove(s)
	for m != nil {
		next := m.next
		m.next = nil
		m.audience.o.socketGone(m, info)
		m = next
	}
	if s.owner() == nil {
		// Who closes a socket may be the one whom the handler would wait for.
		rt.wg.Go(func() { s.handler.SocketClosed(s, info) })
	}
}

// finish is the reader's last act: the connection is closed.
func (s *Socket) finish() {
	s.mu.Lock()
	end := s.ended()
	s.mu.Unlock()
	if end.cutter != nil {
		end.cutter.Stop()
	}
	close(end.finished)
	s.kind.rt.wg.Done()
}

// heard notes that the peer lives.
func (s *Socket) heard(now time.Time) {
	s.lastRead.Store(now.UnixNano())
	s.pinged.Store(false)
}

// hear acts on the messages that the decoder has. Where one has to wait it returns
// a function: the caller runs it before it calls hear again, and before it feeds
// the decoder anything more.
func (s *Socket) hear(d *websocket.Decoder) (wait func()) {
	for !s.deaf {
		op, payload, ok, err := d.Next()
		if err != nil {
			s.violated(err)
			break
		}
		if !ok {
			return nil
		}
		if wait := s.handle(op, payload); wait != nil {
			return wait
		}
	}
	// What comes now is thrown away, until the client ends the connection or
	// closeWait is over: our Close frame must not be lost to a reset.
	*d = websocket.Decoder{}
	return nil
}

// violated closes the socket for what the client did.
func (s *Socket) violated(err error) {
	v := &websocket.Error{Code: websocket.CodeProtocol}
	errors.As(err, &v)
	s.deaf = true
	s.mu.Lock()
	s.unheard = true
	s.mu.Unlock()
	s.Close(v.Code, v.Reason)
}

// handle acts on one message.
func (s *Socket) handle(op websocket.Op, payload []byte) (wait func()) {
	switch op {
	case websocket.OpPing:
		s.enqueue(Frame{bytes: websocket.Frame(websocket.OpPong, payload), droppable: true})
		return nil
	case websocket.OpPong:
		return nil
	case websocket.OpClose:
		s.closedByClient(payload)
		return nil
	}
	switch {
	case s.dead.Load() || s.kind.rt.sockets.muted.Load():
	case op == websocket.OpBinary && s.kind.textOnly:
		s.Close(CloseBinary, "only text frames are understood")
	case op == websocket.OpText && s.answer(payload):
	default:
		return s.handler.SocketFrame(s, Message{Binary: op == websocket.OpBinary, Data: payload})
	}
	return nil
}

// closedByClient answers a Close frame with its own code. What the client sent
// before it is still acted on.
func (s *Socket) closedByClient(payload []byte) {
	code, reason, err := websocket.ParseClose(payload)
	if err != nil {
		s.violated(err)
		return
	}
	s.deaf = true
	s.mu.Lock()
	s.peerDone = true
	over := s.overLocked()
	ended := s.endLocked(CloseInfo{Code: code, Reason: reason, Clean: true}, true)
	s.mu.Unlock()
	if ended {
		s.forget()
	} else if over {
		s.wire.cut()
	}
}

// answer is the auto-response.
func (s *Socket) answer(payload []byte) bool {
	auto := s.kind.auto
	if owner := s.owner(); owner != nil {
		if o := s.kind.rt.find(owner.id); o != nil {
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

// deliver hands a message to the socket's owner. One that is busy makes it wait,
// and so, in the end, the client.
func (s *Socket) deliver(owner *Stub, m Message) (wait func()) {
	m.Data = slices.Clone(m.Data)
	if m.Data == nil {
		m.Data = []byte{}
	}
	if !s.takePlace() {
		return func() {
			for !s.takePlace() {
				changed, over := s.changed()
				if over {
					return
				}
				if s.takePlace() { // it was free before we waited
					break
				}
				<-changed
			}
			if wait := s.deliverEvent(owner, m); wait != nil {
				wait()
			}
		}
	}
	return s.deliverEvent(owner, m)
}

// takePlace takes one of the places that a socket has in its owner's inbox.
func (s *Socket) takePlace() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.waiting >= socketBacklog {
		return false
	}
	s.waiting++
	return true
}

func (s *Socket) freePlace() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.waiting--
	s.wakeLocked()
}

func (s *Socket) deliverEvent(owner *Stub, m Message) (wait func()) {
	ev := event{
		name: "socket message",
		size: len(m.Data),
		run: func(t *turn) error {
			s.freePlace()
			h, ok := t.act.obj.(SocketHandler)
			if !ok || s.dead.Load() || !t.act.state.IsMember(s) {
				return nil
			}
			return h.SocketMessage(t, s, m)
		},
		refuse: func(error) {
			s.freePlace()
			s.Close(CloseReset, "the object could not be reached")
		},
	}
	full, err := owner.offer(ev)
	switch {
	case err != nil:
		ev.refuse(err)
		return nil
	case full == nil:
		return nil
	}
	return func() {
		for {
			changed, over := s.changed()
			if over {
				s.freePlace()
				return
			}
			select {
			case <-full:
			case <-changed:
				continue
			}
			if full, err = owner.offer(ev); err != nil {
				ev.refuse(err)
				return
			} else if full == nil {
				return
			}
		}
	}
}

// offer puts ev into the object's inbox, or returns a channel that is closed when it
// is worth another try.
func (s *Stub) offer(ev event) (full <-chan struct{}, err error) {
	err = s.reach(func(o *object) (err error) {
		full, err = o.enqueueOrWait(ev)
		return err
	})
	return full, err
}
