package chat

import "snug/durable"

// watchedPerson is somebody of whom sockets are told how they are.
type watchedPerson struct {
	told    PersonState // what was told last
	clients map[*client]struct{}
}

// aboutPeople handles a frame that is about people, and about no room.
func (c *client) aboutPeople(sock *durable.Socket, id UserID, f ClientFrame) (wait func()) {
	if f.Type == FrameWatch {
		return func() { c.s.states.watch(c, f.Ref, f.Users) } // it waits while others are told
	}
	c.s.states.moved(id, c.s.live.setAway(c, *f.On))
	if f.Ref != "" {
		sock.Send(plainFrame(OKFrame{Type: "ok", Ref: f.Ref}))
	}
	return nil
}

func peopleFrame(ref string, people []PersonState) durable.Frame {
	return durable.BuildTextFrame(smallFrame+userBytes*len(people), PeopleFrame{Type: "people", Ref: ref, People: people}.appendTo)
}

// watch tells a client how these people are, now and when that changes, and no more of
// those whom it named before.
func (s *states) watch(c *client, ref string, ids []UserID) {
	s.telling.Lock()
	defer s.telling.Unlock()
	s.mu.Lock()
	people := s.watchLocked(c, ids)
	s.mu.Unlock()
	c.sock.Send(peopleFrame(ref, people))
}

func (s *states) watchLocked(c *client, ids []UserID) []PersonState {
	s.unwatchLocked(c)
	people := make([]PersonState, 0, len(ids))
	list := make([]*watchedPerson, 0, len(ids))
	for _, id := range ids {
		w := s.watched[id]
		if w == nil {
			w = &watchedPerson{told: s.ofLocked(id), clients: make(map[*client]struct{})}
			s.watched[id] = w
		}
		if _, twice := w.clients[c]; twice {
			continue
		}
		w.clients[c] = struct{}{}
		list, people = append(list, w), append(people, s.ofLocked(id))
	}
	s.watches[c] = list
	if len(list) == 0 || c.isGone() { // who closes later is forgotten by unwatch
		s.unwatchLocked(c)
	}
	return people
}

// unwatch forgets what a client has watched.
func (s *states) unwatch(c *client) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.unwatchLocked(c)
}

func (s *states) unwatchLocked(c *client) {
	for _, w := range s.watches[c] {
		if delete(w.clients, c); len(w.clients) == 0 {
			delete(s.watched, w.told.ID)
		}
	}
	delete(s.watches, c)
}

// isGone reports whether the socket is closed. Anybody may ask.
func (c *client) isGone() bool {
	gone := c.gone.Load()
	if gone == nil {
		return false
	}
	select {
	case <-*gone:
		return true
	default:
		return false
	}
}
