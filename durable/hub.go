package durable

import (
	"sync"
	"sync/atomic"
)

// hub holds an object's sockets as the outputs that have left made them, and
// those that are gone until the object has heard of it. It outlives
// activations, but not a reset. What a turn sees (activation.members) runs
// ahead of it by the outputs that are still held.
type hub struct {
	auto atomic.Pointer[autoResponse]

	mu      sync.Mutex
	members map[SocketID]*member
}

type autoResponse struct {
	request  string
	response Frame
}

func (h *hub) add(o *object, m *member) {
	h.mu.Lock()
	if h.members == nil {
		h.members = make(map[SocketID]*member)
	}
	h.members[m.sock.id] = m
	h.mu.Unlock()
	if !m.sock.join(o) {
		// It went away before its acceptance left the gate.
		o.socketGone(m.sock, m.sock.closeInfo())
	}
}

func (h *hub) remove(id SocketID) {
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.members, id)
}

func (h *hub) snapshot() map[SocketID]*member {
	h.mu.Lock()
	defer h.mu.Unlock()
	members := make(map[SocketID]*member, len(h.members))
	for id, m := range h.members {
		members[id] = m
	}
	return members
}

func (h *hub) empty() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return len(h.members) == 0
}

func (h *hub) broadcast(tag string, f Frame, except *Socket) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, m := range h.members {
		if m.sock != except && m.has(tag) {
			m.sock.enqueue(f)
		}
	}
}

// clear empties the hub and returns who was in it.
func (h *hub) clear() []*Socket {
	h.mu.Lock()
	defer h.mu.Unlock()
	list := make([]*Socket, 0, len(h.members))
	for _, m := range h.members {
		list = append(list, m.sock)
	}
	h.members = nil
	return list
}

// socketGone tells the object, in its order of events, that a member is gone.
// Until then it stays in the hub, so that an object that is woken by this knows
// whom the news is about.
func (o *object) socketGone(sock *Socket, info CloseInfo) {
	_ = o.enqueue(event{
		name: "socket close",
		run: func(t *turn) error {
			o.hub.remove(sock.id)
			if _, there := t.act.members[sock.id]; !there {
				return nil
			}
			delete(t.act.members, sock.id)
			if h, ok := t.act.obj.(SocketHandler); ok {
				return h.SocketClose(t.ctx, sock, info)
			}
			return nil
		},
		refuse: func(error) { o.hub.remove(sock.id) },
	}, true) // an object that left the table had no member
}
