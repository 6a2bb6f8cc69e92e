package durable

import (
	"bytes"
	"errors"
	"net"
	"sync"
	"time"

	"snug/durable/internal/websocket"
)

// frameCost is what a queued frame takes beside its bytes: else many empty ones
// would be free.
const frameCost = 64

// enqueue queues a frame for the writer. A socket that doesn't take what it is
// sent loses its connection: it never slows who sends.
func (s *Socket) enqueue(f Frame) {
	limit, cost := s.rt.opts.SocketQueue, len(f.bytes)+frameCost
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.gone, f.droppable && s.queued > limit/2:
		return
	case !f.replay && s.queued > 0 && s.queued+cost > limit:
		s.queue = nil // nothing may follow what is left out
		s.endLocked(CloseInfo{Code: CloseTooSlow, Reason: "too slow: reconnect and resume", Clean: true}, true)
		s.dead.Store(true)
		s.rt.wg.Go(s.forget) // who sends may hold a lock that it takes
		return
	}
	s.queue = append(s.queue, f.bytes)
	if !f.replay {
		s.queued += cost
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
		pending, counted, gone := net.Buffers(s.queue), s.queued, s.gone
		s.queue = nil
		if len(pending) == 0 {
			s.writing = false
			s.mu.Unlock()
			if gone {
				s.lastWritten()
			}
			return
		}
		s.mu.Unlock()
		wait := writeWait
		if gone {
			wait = closeWait
		}
		err := s.conn.SetWriteDeadline(time.Now().Add(wait))
		if err == nil {
			_, err = pending.WriteTo(s.conn)
		}
		s.mu.Lock()
		s.queued -= counted
		s.mu.Unlock()
		if err != nil {
			s.lost()
		}
	}
}

func (s *Socket) lastWritten() { s.drainOne.Do(func() { close(s.drained) }) }

// lost ends a socket whose connection is gone.
func (s *Socket) lost() {
	_ = s.conn.Close() // it is lost already
	ended := s.end(CloseInfo{Code: CloseAbnormal, Reason: "connection lost without a Close frame"}, false)
	s.mu.Lock()
	s.queue = nil
	s.mu.Unlock()
	s.lastWritten()
	if ended {
		s.forget()
	}
}

func (s *Socket) end(info CloseInfo, farewell bool) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.endLocked(info, farewell)
}

// endLocked makes the socket gone; farewell says to send a Close frame behind
// what is queued, and to cut the connection soon after. It reports whether it
// was this call that did it: then the caller calls forget, holding no lock.
func (s *Socket) endLocked(info CloseInfo, farewell bool) bool {
	if s.gone {
		return false
	}
	s.gone, s.info = true, info
	close(s.over)
	if farewell {
		s.queue = append(s.queue, websocket.CloseFrame(info.Code, info.Reason))
		s.writeLocked()
		s.cutter = time.AfterFunc(closeWait, func() { _ = s.conn.Close() })
	}
	return true
}

// forget tells all who know the socket that it is gone.
func (s *Socket) forget() {
	s.mu.Lock()
	objects, info := s.objects, s.info
	s.objects = nil
	s.mu.Unlock()
	s.rt.sockets.remove(s)
	for _, o := range objects {
		o.socketGone(s, info)
	}
	if s.opts.Handler != nil {
		// Who closes a socket may be the one whom the handler would wait for.
		s.rt.wg.Go(func() { s.opts.Handler.SocketClosed(s, info) })
	}
}

// read is the socket's reader.
func (s *Socket) read(early []byte) {
	defer s.rt.wg.Done()
	defer s.readerDone()
	decoder := websocket.Decoder{Limit: s.opts.MaxMessage}
	decoder.Feed(early)
	buf := make([]byte, 4096)
	for {
		for {
			op, payload, ok, err := decoder.Next()
			if err != nil {
				s.violated(err)
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
		decoder.Keep()
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

// violated closes the socket for what the client did.
func (s *Socket) violated(err error) {
	v := &websocket.Error{Code: websocket.CodeProtocol}
	errors.As(err, &v)
	s.Close(v.Code, v.Reason)
}

// handle acts on one message, whose payload is the decoder's; false ends the
// reader.
func (s *Socket) handle(op websocket.Op, payload []byte) bool {
	switch op {
	case websocket.OpPing:
		s.enqueue(Frame{bytes: websocket.Frame(websocket.OpPong, payload), droppable: true})
		return true
	case websocket.OpPong:
		return true
	case websocket.OpClose:
		s.closedByClient(payload)
		<-s.drained // at most closeWait: then the connection is cut
		return false
	}
	switch {
	case s.dead.Load() || s.rt.sockets.muted.Load():
	case op == websocket.OpBinary && s.opts.TextOnly:
		s.Close(CloseBinary, "only text frames are understood")
	case op == websocket.OpText && s.answer(payload):
	default:
		s.handing.Store(true)
		s.deliver(Message{Binary: op == websocket.OpBinary, Data: bytes.Clone(payload)})
		s.heard()
		s.handing.Store(false)
	}
	return true
}

// closedByClient answers a Close frame with its own code. What the client sent
// before it is still acted on.
func (s *Socket) closedByClient(payload []byte) {
	code, reason, err := websocket.ParseClose(payload)
	if err != nil {
		s.violated(err)
		return
	}
	if s.end(CloseInfo{Code: code, Reason: reason, Clean: true}, true) {
		s.forget()
	}
}

// answer is the auto-response.
func (s *Socket) answer(payload []byte) bool {
	auto := s.auto
	if s.opts.Owner != nil {
		if o := s.rt.find(s.opts.Owner.id); o != nil {
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
	case <-s.over:
		return
	}
	begun := sync.OnceFunc(func() { <-s.backlog })
	ev := event{
		name: "socket message",
		size: len(m.Data),
		run: func(t *turn) error {
			begun()
			h, ok := t.act.obj.(SocketHandler)
			if !ok || s.dead.Load() || !t.act.state.IsMember(s) {
				return nil
			}
			return h.SocketMessage(t.ctx, s, m)
		},
		refuse: func(error) {
			begun()
			s.Close(CloseReset, "the object could not be reached")
		},
	}
	for {
		var full <-chan struct{}
		err := s.opts.Owner.reach(func(o *object) (err error) {
			full, err = o.enqueueOrWait(ev)
			return err
		})
		switch {
		case err != nil:
			ev.refuse(err)
			return
		case full == nil:
			return
		}
		select {
		case <-full:
		case <-s.over:
			begun()
			return
		}
	}
}
