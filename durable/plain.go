package durable

import (
	"net"
	"time"
)

// plain is the wire of a connection that no event loop can have: under TLS, a
// pipe, or any on a system without epoll. A goroutine reads it; another one writes
// while something waits.
type plain struct{ conn net.Conn }

func startPlain(s *Socket, conn net.Conn) (start func(early []byte)) {
	w := &plain{conn}
	s.wire = w
	return func(early []byte) { go w.read(s, early) } // sockets.add has counted it
}

func (w *plain) cut() { _ = w.conn.Close() }

func (w *plain) flush(s *Socket) {
	if !s.writing {
		s.writing = true
		s.kind.rt.wg.Go(func() { w.write(s) })
	}
}

// write sends all that waits, in one write each time, and ends when nothing
// does: an idle socket has no writer.
func (w *plain) write(s *Socket) {
	for {
		s.mu.Lock()
		pending, cost := s.takeLocked()
		gone := s.ended() != nil
		if len(pending) == 0 {
			s.writing = false
			s.emptiedLocked()
			over, spoken := s.overLocked(), s.spokenLocked()
			s.mu.Unlock()
			half, ok := w.conn.(interface{ CloseWrite() error })
			switch {
			case over:
				w.cut()
			case spoken && ok:
				_ = half.CloseWrite() // where it is over already the reader knows
			}
			return
		}
		s.mu.Unlock()
		wait := writeWait
		if gone {
			wait = closeWait
		}
		err := w.conn.SetWriteDeadline(time.Now().Add(wait))
		if err == nil {
			_, err = pending.WriteTo(w.conn)
		}
		s.mu.Lock()
		s.out.queued -= cost
		s.mu.Unlock()
		if err != nil {
			s.lost()
		}
	}
}

// hold notes whether a frame waits for somebody.
func (s *Socket) hold(held bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.held = held
}

// read is the socket's reader.
func (w *plain) read(s *Socket, early []byte) {
	defer s.finish()
	decoder := s.kind.decoder()
	decoder.Feed(early)
	buf := make([]byte, 4096)
	for {
		for wait := s.hear(&decoder); wait != nil; wait = s.hear(&decoder) {
			s.hold(true)
			wait()
			s.heard(time.Now())
			s.hold(false)
		}
		decoder.Keep()
		n, err := w.conn.Read(buf)
		if n > 0 {
			s.heard(time.Now())
			decoder.Feed(buf[:n])
		}
		if err != nil {
			s.lost()
			return
		}
	}
}
