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
	muted atomic.Bool // no more frames are acted on

	mu      sync.Mutex
	kinds   []*socketKind
	autos   []*autoResponse
	slots   []*Socket // by the low bits of the id; nil: free
	free    []uint32
	opened  uint64 // so far
	open    int
	byTag   map[string]tagged
	ended   map[SocketID]time.Time // whose frames aren't acted on any more, and since when
	closing bool
}

// tagged are the sockets of a tag: mostly there is one, or the few of a person.
type tagged struct {
	one    *Socket
	others *[]*Socket // nil: there are none
}

// all returns them, in a slice of its own.
func (t tagged) all() []*Socket {
	switch {
	case t.one == nil:
		return nil
	case t.others == nil:
		return []*Socket{t.one}
	}
	return append([]*Socket{t.one}, *t.others...)
}

func (t tagged) count() int {
	switch {
	case t.one == nil:
		return 0
	case t.others == nil:
		return 1
	}
	return 1 + len(*t.others)
}

func (t tagged) with(s *Socket) tagged {
	switch {
	case t.one == nil:
		t.one = s
	case t.others == nil:
		t.others = &[]*Socket{s}
	default:
		*t.others = append(*t.others, s)
	}
	return t
}

// without returns them without s, which is one of them.
func (t tagged) without(s *Socket) tagged {
	if t.others == nil {
		return tagged{}
	}
	others := *t.others
	last := len(others) - 1
	if t.one == s {
		t.one = others[last]
	} else {
		others[slices.Index(others, s)] = others[last]
	}
	others[last] = nil
	if *t.others = others[:last]; last == 0 {
		t.others = nil
	}
	return t
}

const (
	// endedFor is how long it is remembered that a socket was closed by
	// CloseSockets: longer than any event waits in an inbox.
	endedFor = 2 * time.Minute
	// slotBits of a socket's id are its place in the register; above them stands
	// how many sockets there were before.
	slotBits = 24
	// maxKinds of sockets, and of auto-responses, are told apart in memory; more
	// share nothing.
	maxKinds = 64
)

func newSockets(rt *Runtime) *sockets {
	return &sockets{rt: rt, byTag: make(map[string]tagged), ended: make(map[SocketID]time.Time)}
}

// kind returns what a socket has in common with others.
func (r *sockets) kind(o SocketOptions, deflate bool) *socketKind {
	if o.MaxMessage == 0 {
		o.MaxMessage = 64 << 10
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, k := range r.kinds {
		if k.maxMessage == o.MaxMessage && k.textOnly == o.TextOnly && k.deflate == deflate && k.auto.is(o.AutoRequest, o.AutoResponse) {
			return k
		}
	}
	k := &socketKind{rt: r.rt, maxMessage: o.MaxMessage, textOnly: o.TextOnly, deflate: deflate, auto: r.autoLocked(o.AutoRequest, o.AutoResponse)}
	if len(r.kinds) < maxKinds {
		r.kinds = append(r.kinds, k)
	}
	return k
}

// auto returns an auto-response, which is one for all that say the same.
func (r *sockets) auto(request, response string) *autoResponse {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.autoLocked(request, response)
}

func (r *sockets) autoLocked(request, response string) *autoResponse {
	for _, a := range r.autos {
		if a.is(request, response) {
			return a
		}
	}
	a := newAutoResponse(request, response)
	if a != nil && len(r.autos) < maxKinds {
		r.autos = append(r.autos, a)
	}
	return a
}

// add enters the socket, and counts its reader.
func (r *sockets) add(s *Socket, identity string, tags []string) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closing {
		return ErrClosed
	}
	slot := uint32(len(r.slots))
	switch n := len(r.free); {
	case n > 0:
		slot = r.free[n-1]
		r.free = r.free[:n-1]
		r.slots[slot] = s
	case slot >= 1<<slotBits:
		return ErrOverloaded
	default:
		r.slots = append(r.slots, s)
	}
	r.opened++
	r.open++
	s.id = SocketID(r.opened<<slotBits | uint64(slot))
	r.rt.wg.Add(2) // until its connection is closed, and until all have been told: see finish and forget
	for _, tag := range tags {
		if one := r.byTag[tag].one; one != nil && one.holder.is(identity, tags) {
			s.holder = one.holder
			break
		}
	}
	if s.holder == nil {
		s.holder = newHolder(identity, tags)
	}
	for _, tag := range s.holder.tags {
		r.byTag[tag] = r.byTag[tag].with(s)
	}
	return nil
}

func (r *sockets) remove(s *Socket) {
	r.mu.Lock()
	defer r.mu.Unlock()
	slot := uint32(s.id) & (1<<slotBits - 1)
	if r.slots[slot] != s {
		return
	}
	r.slots[slot] = nil
	r.free = append(r.free, slot)
	r.open--
	for _, tag := range s.holder.tags {
		if left := r.byTag[tag].without(s); left.one != nil {
			r.byTag[tag] = left
		} else {
			delete(r.byTag, tag)
		}
	}
}

func (r *sockets) get(id SocketID) (*Socket, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	slot := uint64(id) & (1<<slotBits - 1)
	if slot >= uint64(len(r.slots)) || r.slots[slot] == nil || r.slots[slot].id != id {
		return nil, false
	}
	return r.slots[slot], true
}

func (r *sockets) count() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.open
}

func (r *sockets) isClosing() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.closing
}

func (r *sockets) all(tag string) []*Socket {
	r.mu.Lock()
	defer r.mu.Unlock()
	if tag != "" {
		return r.byTag[tag].all()
	}
	list := make([]*Socket, 0, r.open)
	for _, s := range r.slots {
		if s != nil {
			list = append(list, s)
		}
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
	return rt.sockets.byTag[tag].count()
}

// WithSockets returns the objects of the namespace that a socket with the tag is a
// member of at this moment, each once.
func (n *Namespace) WithSockets(tag string) []*Stub {
	met := map[ID]bool{}
	var stubs []*Stub
	for _, s := range n.rt.sockets.all(tag) {
		s.mu.Lock()
		var objects []*object
		for m := s.members; m != nil; m = m.next {
			objects = append(objects, m.audience.o)
		}
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
			case silent < every:
			case s.busy():
			case silent >= 2*every:
				r.rt.wg.Go(s.lost) // to end a TLS connection may take a while
			case silent >= every && !s.pinged.Swap(true):
				s.enqueue(pingFrame)
			}
		}
	}
}

// busy reports whether a frame of the socket waits for somebody: then its peer
// can't be heard.
func (s *Socket) busy() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.held
}

// finished returns a channel that is closed once the connection is. The socket has
// ended.
func (s *Socket) finished() <-chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.ended().finished
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
		case <-s.finished():
		case <-ctx.Done():
			s.wire.cut() // the reader ends by that
		}
	}
}

// cut ends the connections that are left.
func (r *sockets) cut() {
	for _, s := range r.all("") {
		s.lost()
	}
}
