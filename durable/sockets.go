package durable

import (
	"context"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// sockets is the register of a runtime's sockets.
type sockets struct {
	rt    *Runtime
	last  atomic.Uint64
	muted atomic.Bool // no more frames are acted on

	mu      sync.Mutex
	byID    map[SocketID]*Socket
	byTag   map[string]map[SocketID]*Socket
	ended   map[SocketID]time.Time // whose frames aren't acted on any more, and since when
	closing bool
}

// endedFor is how long it is remembered that a socket was closed by
// CloseSockets: longer than any event waits in an inbox.
const endedFor = 2 * time.Minute

func newSockets(rt *Runtime) *sockets {
	return &sockets{rt: rt, byID: make(map[SocketID]*Socket), byTag: make(map[string]map[SocketID]*Socket),
		ended: make(map[SocketID]time.Time)}
}

// add enters the socket, and counts the reader that the caller starts.
func (r *sockets) add(s *Socket) error {
	s.id = SocketID(r.last.Add(1))
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closing {
		return ErrClosed
	}
	r.rt.wg.Add(1)
	r.byID[s.id] = s
	for _, tag := range s.opts.Tags {
		if r.byTag[tag] == nil {
			r.byTag[tag] = make(map[SocketID]*Socket)
		}
		r.byTag[tag][s.id] = s
	}
	return nil
}

func (r *sockets) remove(s *Socket) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.byID, s.id)
	for _, tag := range s.opts.Tags {
		delete(r.byTag[tag], s.id)
		if len(r.byTag[tag]) == 0 {
			delete(r.byTag, tag)
		}
	}
}

func (r *sockets) get(id SocketID) (*Socket, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	s, ok := r.byID[id]
	return s, ok
}

func (r *sockets) count() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.byID)
}

func (r *sockets) isClosing() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.closing
}

func (r *sockets) all(tag string) []*Socket {
	r.mu.Lock()
	defer r.mu.Unlock()
	from := r.byID
	if tag != "" {
		from = r.byTag[tag]
	}
	list := make([]*Socket, 0, len(from))
	for _, s := range from {
		list = append(list, s)
	}
	return list
}

// CloseSockets closes all sockets that were opened with the tag and returns how
// many there were. What still waited for them isn't sent. When it returns,
// nothing that they sent is acted on any more, but what is in the midst of its
// turn. A socket that is being accepted
// meanwhile may not be found yet: who revokes something must make Accept's
// caller look again once Accept has returned.
func (rt *Runtime) CloseSockets(tag string, code int, reason string) int {
	r := rt.sockets
	list := r.all(tag)
	r.end(list)
	for _, s := range list {
		s.shut(code, reason, true)
	}
	return len(list)
}

// end sees to it that what the sockets sent isn't acted on any more.
func (r *sockets) end(list []*Socket) {
	r.mu.Lock()
	defer r.mu.Unlock()
	now := time.Now()
	for _, s := range list {
		s.dead.Store(true)
		r.ended[s.id] = now
	}
}

// CountSockets returns how many open sockets bear the tag.
func (rt *Runtime) CountSockets(tag string) int {
	rt.sockets.mu.Lock()
	defer rt.sockets.mu.Unlock()
	return len(rt.sockets.byTag[tag])
}

// WithSockets returns the objects of the namespace that a socket with the tag is a
// member of at this moment, each once.
func (n *Namespace) WithSockets(tag string) []*Stub {
	met := map[ID]bool{}
	var stubs []*Stub
	for _, s := range n.rt.sockets.all(tag) {
		s.mu.Lock()
		objects := slices.Clone(s.objects)
		s.mu.Unlock()
		for _, o := range objects {
			if o.ns == n && !met[o.id] {
				met[o.id] = true
				stubs = append(stubs, n.Get(o.id))
			}
		}
	}
	return stubs
}

// Ended reports whether the socket was closed by CloseSockets, or by the reset
// of an object that it was a member of: what it sent before is not to be acted
// on. A socket that its client closed isn't ended.
func (s *State) Ended(id SocketID) bool {
	r := s.act.o.rt.sockets
	r.mu.Lock()
	defer r.mu.Unlock()
	_, ended := r.ended[id]
	return ended
}

// heartbeat pings sockets that were silent for Options.Heartbeat and drops
// those that stay silent for as long again: their peer is gone without a word.
func (r *sockets) heartbeat() {
	every := r.rt.opts.Heartbeat
	tick := time.NewTicker(every / 5)
	defer tick.Stop()
	for {
		select {
		case <-r.rt.stop:
			return
		case <-tick.C:
		}
		now := time.Now()
		r.mu.Lock()
		for id, at := range r.ended {
			if now.Sub(at) > endedFor {
				delete(r.ended, id)
			}
		}
		r.mu.Unlock()
		for _, s := range r.all("") {
			silent := now.Sub(time.Unix(0, s.lastRead.Load()))
			switch {
			case s.handing.Load():
			case silent >= 2*every:
				s.lost()
			case silent >= every && !s.pinged.Swap(true):
				s.enqueue(pingFrame)
			}
		}
	}
}

// mute takes no new sockets and acts on no more frames.
func (r *sockets) mute() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.closing = true
	r.muted.Store(true)
}

// shutdown closes all sockets with 1001, evenly over Options.CloseSpread, and
// waits for their clients' replies, at most closeWait.
func (r *sockets) shutdown(ctx context.Context) {
	list := r.all("")
	begin := time.Now()
	for i, s := range list {
		due := begin.Add(r.rt.opts.CloseSpread * time.Duration(i) / time.Duration(len(list)))
		if wait := time.Until(due); wait > 10*time.Millisecond && ctx.Err() == nil {
			timer := time.NewTimer(wait)
			select {
			case <-timer.C:
			case <-ctx.Done():
				timer.Stop()
			}
		}
		s.Close(CloseGoingAway, "the server is going away")
	}
	for _, s := range list {
		select {
		case <-s.finished:
		case <-ctx.Done():
			_ = s.conn.Close() // the reader ends by that
		}
	}
}

// cut ends the connections that are left.
func (r *sockets) cut() {
	for _, s := range r.all("") {
		s.lost()
	}
}
