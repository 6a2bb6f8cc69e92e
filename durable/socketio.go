package durable

import (
	"errors"
	"net"
	"slices"
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
	switch {
	case s.end != nil, droppable && s.queued > limit/2:
		return
	case !replay && s.queued > 0 && s.queued+cost > limit:
		s.hushLocked() // nothing may follow what is left out
		s.endLocked(CloseInfo{Code: CloseTooSlow, Reason: "too slow: reconnect and resume", Clean: true}, true)
		s.dead.Store(true)
		s.kind.rt.wg.Go(s.forget) // who sends may hold a lock that it takes
		return
	}
	if replay {
		cost = 0
	}
	s.queue = append(s.queue, chunk{b, cost})
	s.queued += cost
	s.wire.flush(s)
}

// hushLocked takes back what is queued, but for the rest of a frame whose
// beginning has left.
func (s *Socket) hushLocked() {
	if s.sent == 0 {
		s.queue, s.queued = nil, 0
		return
	}
	first := s.queue[0]
	first.bytes = first.bytes[:websocket.FrameEnd(first.bytes, s.sent)]
	s.queue, s.queued = []chunk{first}, first.cost
}

// takeLocked returns all that waits, for one write.
func (s *Socket) takeLocked() net.Buffers {
	taken := make(net.Buffers, len(s.queue))
	for i, c := range s.queue {
		taken[i] = c.bytes
	}
	s.queue = nil
	return taken
}

// leftLocked notes that so many bytes of the queue have left.
func (s *Socket) leftLocked(n int) {
	for n > 0 {
		first := s.queue[0]
		rest := len(first.bytes) - s.sent
		if n < rest {
			s.sent += n
			return
		}
		n -= rest
		s.sent = 0
		s.queued -= first.cost
		s.queue = s.queue[1:]
	}
	if len(s.queue) == 0 {
		s.queue = nil
	}
}

// overLocked reports whether both sides have said their last word: then the
// connection is to be cut.
func (s *Socket) overLocked() bool {
	return s.end != nil && s.peerDone && len(s.queue) == 0 && !s.writing
}

// lost ends a socket whose connection is gone.
func (s *Socket) lost() {
	s.wire.cut()
	s.mu.Lock()
	ended := s.endLocked(CloseInfo{Code: CloseAbnormal, Reason: "connection lost without a Close frame"}, false)
	s.queue, s.queued, s.sent = nil, 0, 0
	s.mu.Unlock()
	if ended {
		s.forget()
	}
}

// endLocked makes the socket gone; farewell says to send a Close frame behind
// what is queued, and to cut the connection soon after. It reports whether it
// was this call that did it: then the caller calls forget, holding no lock.
func (s *Socket) endLocked(info CloseInfo, farewell bool) bool {
	if s.end != nil {
		return false
	}
	s.end = &ending{info: info, finished: make(chan struct{})}
	s.wakeLocked()
	if farewell {
		s.end.cutter = time.AfterFunc(closeWait, s.wire.cut)
		s.queue = append(s.queue, chunk{bytes: websocket.CloseFrame(info.Code, info.Reason)})
		s.wire.flush(s)
	}
	return true
}

// wakeLocked wakes who waits in await.
func (s *Socket) wakeLocked() {
	if s.wake != nil {
		close(s.wake)
		s.wake = nil
	}
}

// changed returns a channel that is closed when the socket ends or a frame of it
// leaves its owner's inbox; over: it has ended.
func (s *Socket) changed() (changed <-chan struct{}, over bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.end != nil {
		return nil, true
	}
	if s.wake == nil {
		s.wake = make(chan struct{})
	}
	return s.wake, false
}

// forget tells all who know the socket that it is gone.
func (s *Socket) forget() {
	s.mu.Lock()
	members, info := s.members, s.end.info
	s.members = nil
	s.mu.Unlock()
	rt := s.kind.rt
	rt.sockets.remove(s)
	for _, m := range members {
		m.o.socketGone(m, info)
	}
	if s.handler != nil {
		// Who closes a socket may be the one whom the handler would wait for.
		rt.wg.Go(func() { s.handler.SocketClosed(s, info) })
	}
}

// finish is the reader's last act: the connection is closed.
func (s *Socket) finish() {
	s.mu.Lock()
	end := s.end
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
		return s.deliver(Message{Binary: op == websocket.OpBinary, Data: payload})
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
	if s.owner != nil {
		if o := s.kind.rt.find(s.owner.id); o != nil {
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
// makes it wait, and so, in the end, the client.
func (s *Socket) deliver(m Message) (wait func()) {
	if s.handler != nil {
		return s.handler.SocketFrame(s, m)
	}
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
			if wait := s.deliverEvent(m); wait != nil {
				wait()
			}
		}
	}
	return s.deliverEvent(m)
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

func (s *Socket) deliverEvent(m Message) (wait func()) {
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
	full, err := s.offer(ev)
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
			if full, err = s.offer(ev); err != nil {
				ev.refuse(err)
				return
			} else if full == nil {
				return
			}
		}
	}
}

// offer puts ev into the owner's inbox, or returns a channel that is closed when it
// is worth another try.
func (s *Socket) offer(ev event) (full <-chan struct{}, err error) {
	err = s.owner.reach(func(o *object) (err error) {
		full, err = o.enqueueOrWait(ev)
		return err
	})
	return full, err
}
