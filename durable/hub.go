package durable

import (
	"slices"
	"sync"
	"sync/atomic"
)

// hub holds an object's sockets as the outputs that have left made them, and
// those that are gone until the object has heard of it. It outlives
// activations, but not a reset. What a turn sees (activation.members) runs
// ahead of it by the outputs that are still held.
type hub struct {
	auto atomic.Pointer[autoResponse]

	mu        sync.Mutex
	audiences []*audience
	count     int // members
}

// audience are the members of an object that bear the same tags and speak the same
// way: so they get the same bytes of the same broadcasts. Those of one release of the gate are joined, and handed to
// the members as one run of bytes that all share.
type audience struct {
	o       *object
	tags    []string
	deflate bool
	listed  bool // in hub.audiences
	members []*member
	batch   []byte // broadcasts that have left the gate and not been handed on
	borrows bool   // batch is a frame's own bytes: not to be appended to
}

// member is a socket's place in an object.
type member struct {
	sock       *Socket
	audience   *audience
	next       *member // of the socket's places; guarded by Socket.mu
	attachment *string // nil: it is empty; touched in turns only
	at         int32   // in audience.members; -1: not there
	from       int32   // where in the batch that begins which it hasn't got
}

// maxBatch bytes of broadcasts are joined at most.
const maxBatch = 64 << 10

// autoResponse is how the socket layer answers a text frame by itself; nil: not
// at all.
type autoResponse struct {
	request, text string
	response      Frame // of text
}

func newAutoResponse(request, response string) *autoResponse {
	if request == "" {
		return nil
	}
	return &autoResponse{request, response, TextFrame([]byte(response))}
}

// is reports whether that is what a answers.
func (a *autoResponse) is(request, response string) bool {
	if a == nil {
		return request == ""
	}
	return a.request == request && a.text == response
}

func (a *audience) has(tag string) bool { return tag == "" || slices.Contains(a.tags, tag) }

// audience returns that of a socket with these tags.
func (o *object) audience(s *Socket, tags []string) *audience {
	h := &o.hub
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, a := range h.audiences {
		if a.deflate == s.kind.deflate && slices.Equal(a.tags, tags) {
			return a
		}
	}
	a := &audience{o: o, tags: tags, deflate: s.kind.deflate, listed: true}
	h.audiences = append(h.audiences, a)
	return a
}

// add enters a member, in place of old where that isn't nil.
func (h *hub) add(m, old *member) {
	if old != nil {
		h.remove(old)
		old.sock.leave(old)
	}
	a := m.audience
	h.mu.Lock()
	if !a.listed { // all others have left since
		a.listed = true
		h.audiences = append(h.audiences, a)
	}
	m.at, m.from = int32(len(a.members)), int32(len(a.batch))
	a.members = append(a.members, m)
	h.count++
	h.mu.Unlock()
	if !m.sock.join(m) {
		// It went away before its acceptance left the gate.
		a.o.socketGone(m, m.sock.closeInfo())
	}
}

// remove takes a member out, who gets what was sent until now.
func (h *hub) remove(m *member) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if m.at < 0 {
		return
	}
	m.catchUp()
	a := m.audience
	last := len(a.members) - 1
	a.members[last].at = m.at
	a.members[m.at] = a.members[last]
	a.members[last] = nil
	a.members = a.members[:last]
	m.at = -1
	h.count--
	if last == 0 {
		a.members, a.batch, a.listed = nil, nil, false
		h.audiences = slices.DeleteFunc(h.audiences, func(other *audience) bool { return other == a })
	}
}

// snapshot returns the members by their sockets.
func (h *hub) snapshot() map[SocketID]*member {
	h.mu.Lock()
	defer h.mu.Unlock()
	members := make(map[SocketID]*member, h.count)
	for _, a := range h.audiences {
		for _, m := range a.members {
			members[m.sock.id] = m
		}
	}
	return members
}

func (h *hub) empty() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.count == 0
}

// broadcast returns how many frames it has queued: none where they are joined, until
// they are handed on.
func (h *hub) broadcast(tag string, f Frame, except *Socket) (queued int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, a := range h.audiences {
		switch {
		case len(a.members) == 0 || !a.has(tag):
		case except != nil || f.droppable || f.replay:
			a.hand()
			for _, m := range a.members {
				if m.sock != except {
					m.sock.enqueue(f)
				}
			}
			queued += len(a.members)
		default:
			a.join(a.members[0].sock.kind.encoded(f))
		}
	}
	return queued
}

// join adds a frame to what is to be handed on.
func (a *audience) join(b []byte) {
	switch {
	case len(a.batch) == 0:
		a.batch, a.borrows = b, true
		return
	case len(a.batch)+len(b) > maxBatch:
		a.hand()
		a.batch, a.borrows = b, true
		return
	case a.borrows:
		joined := make([]byte, len(a.batch), max(2*(len(a.batch)+len(b)), 2048))
		copy(joined, a.batch)
		a.batch, a.borrows = joined, false
	}
	a.batch = append(a.batch, b...)
}

// send sends to one member, behind what all have been sent.
func (h *hub) send(m *member, f Frame) {
	h.mu.Lock()
	defer h.mu.Unlock()
	m.catchUp()
	m.sock.enqueue(f)
}

// settle hands a member what was sent until now.
func (h *hub) settle(m *member) {
	h.mu.Lock()
	defer h.mu.Unlock()
	m.catchUp()
}

func (m *member) catchUp() {
	if b := m.audience.batch; m.at >= 0 && int(m.from) < len(b) {
		m.sock.queueBytes(b[m.from:len(b):len(b)], false, false)
		m.from = int32(len(b))
	}
}

// hand hands all members what was sent until now, and returns how many they are.
func (h *hub) hand() (queued int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, a := range h.audiences {
		queued += a.hand()
	}
	return queued
}

func (a *audience) hand() (queued int) {
	if len(a.batch) == 0 {
		return 0
	}
	for _, m := range a.members {
		m.catchUp()
		m.from = 0
	}
	a.batch = nil // its bytes are the sockets' now
	return len(a.members)
}

// clear empties the hub and returns who was in it. What has left the gate they
// still get.
func (h *hub) clear() []*member {
	h.mu.Lock()
	defer h.mu.Unlock()
	list := make([]*member, 0, h.count)
	for _, a := range h.audiences {
		a.hand()
		list = append(list, a.members...)
		for _, m := range a.members {
			m.at = -1
		}
		a.members, a.listed = nil, false
	}
	h.audiences, h.count = nil, 0
	return list
}

// socketGone tells the object, in its order of events, that a member is gone.
// Until then it stays in the hub, so that an object that is woken by this knows
// whom the news is about.
func (o *object) socketGone(m *member, info CloseInfo) {
	_ = o.enqueue(event{
		name: "socket close",
		run: func(t *turn) error {
			o.hub.remove(m)
			if t.act.members[m.sock.id] != m {
				return nil
			}
			delete(t.act.members, m.sock.id)
			if h, ok := t.act.obj.(SocketHandler); ok {
				return h.SocketClose(t, m.sock, info)
			}
			return nil
		},
		refuse: func(error) { o.hub.remove(m) },
	}, true) // an object that left the table had no member
}
