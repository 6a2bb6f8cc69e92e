package chat

import (
	"context"
	"sync"
	"time"

	"snug/durable"
)

// states knows how people are: what they say of themselves (status.go), and whether they
// are here, which follows from their sockets and is kept nowhere. So rooms may sleep and
// objects be evicted. It tells the rooms that a person is in, and the sockets that watch
// them (watch.go), of what has changed: its own goroutine does, for all at once and once
// a second at most.
//
// mu comes before live.mu and the runtime's own locks. telling comes before mu.
type states struct {
	chat *Service

	saving sync.Mutex // held while a status is stored and until it is known, so that two don't cross
	writes posts      // of statuses; guarded by saving

	telling sync.Mutex // held while states are looked up and sent, so that what is newer comes later

	mu      sync.Mutex // guards the following
	kept    map[UserID]*kept
	ends    int64 // when the next of them does, Unix milliseconds; 0: none does
	watched map[UserID]*watchedPerson
	watches map[*client][]*watchedPerson
	changed map[UserID]bool // who may be another than was told; true: their rooms are to look
	told    time.Time       // when that was last done

	wake chan struct{} // holds one word: there is something to do
	stop chan struct{}
	over sync.WaitGroup
}

func newStates(s *Service) *states {
	return &states{
		chat: s, writes: newPosts(statusRate()), kept: make(map[UserID]*kept),
		watched: make(map[UserID]*watchedPerson), watches: make(map[*client][]*watchedPerson), changed: make(map[UserID]bool),
		wake: make(chan struct{}, 1), stop: make(chan struct{}),
	}
}

// begin starts the goroutine, once there are rooms to tell.
func (s *states) begin() { s.over.Go(s.run) }

// close ends it and waits for it.
func (s *states) close() {
	close(s.stop)
	s.over.Wait()
}

// PersonState returns how a person is. Of who isn't here it tells the status too.
func (s *Service) PersonState(id UserID) PersonState {
	s.states.mu.Lock()
	defer s.states.mu.Unlock()
	return s.states.ofLocked(id)
}

// present returns a person who is here as they are called now, with their state, if it is
// another than online, and status.
func (s *Service) present(u User) User {
	u = s.profiles.actor(Actor{User: u}).User
	s.states.mu.Lock()
	defer s.states.mu.Unlock()
	k := s.states.keptLocked(u.ID)
	u.State, u.Status = s.states.stateLocked(u.ID, k, s.rt.CountSockets(tagUser+string(u.ID))), k.shown()
	if u.State == StateOnline {
		u.State = ""
	}
	return u
}

// entered hears that a socket of a person is in a room now, which took them for u.
func (s *Service) entered(u User) {
	if s.present(u) != u {
		s.states.mu.Lock()
		defer s.states.mu.Unlock()
		s.states.markLocked(u.ID, true)
	}
}

// ofLocked returns how a person is.
func (s *states) ofLocked(id UserID) PersonState {
	k := s.keptLocked(id)
	open := s.chat.rt.CountSockets(tagUser + string(id))
	if open == 0 {
		return PersonState{id, StateOffline, k.shown()}
	}
	return PersonState{id, s.stateLocked(id, k, open), k.shown()}
}

// stateLocked returns the state of a person who is here, with so many sockets.
func (s *states) stateLocked(id UserID, k *kept, open int) State {
	switch {
	case k != nil && k.dnd:
		return StateDND
	case s.chat.live.away(id, open):
		return StateAway
	}
	return StateOnline
}

// away reports whether nobody sits at any of a person's sockets, of which so many are
// open: those of level 0 can't say so.
func (l *live) away(id UserID, open int) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	p := l.people[id]
	return p != nil && p.leftAll() && open <= int(p.holders)
}

// leftAll does so of the sockets of level 1, which is what stays the same while one of
// level 0 comes or goes.
func (l *live) leftAll(id UserID) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	p := l.people[id]
	return p != nil && p.leftAll()
}

func (p *livePerson) leftAll() bool { return p.away > 0 && p.away == p.holders }

// setAway notes whether somebody sits at a socket. leftAll is as it was before.
func (l *live) setAway(c *client, on bool) (leftAll bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	p := c.person
	if p == nil || c.away == on { // it has closed, or said so before
		return false
	}
	leftAll = p.leftAll()
	c.away = on
	if on {
		p.away++
	} else {
		p.away--
	}
	return leftAll
}

// moved hears that a socket of a person has opened or closed, or says that nobody sits at
// it any more, or that somebody does; leftAll is as it was before. Whoever was away, or is,
// may be another than rooms know, even where all is as it was when they were last told: a
// room that takes somebody in, or wakes, finds them as they are at that moment.
func (s *states) moved(id UserID, leftAll bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	leftAll = leftAll || s.chat.live.leftAll(id)
	if leftAll || s.watched[id] != nil {
		s.markLocked(id, leftAll)
	}
}

// markLocked sees to it that those concerned are told how a person is.
func (s *states) markLocked(id UserID, rooms bool) {
	s.changed[id] = s.changed[id] || rooms
	s.wakeUp()
}

func (s *states) wakeUp() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// run tells of what has changed, as it comes and as often as it may.
func (s *states) run() {
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	for {
		if wait := s.tell(); wait > 0 {
			timer.Reset(wait)
		} else {
			timer.Stop()
		}
		select {
		case <-s.wake:
		case <-timer.C:
		case <-s.stop:
			return
		}
	}
}

// tell tells what is due and returns how long until there may be more; 0: no end is in
// sight.
func (s *states) tell() (wait time.Duration) {
	s.telling.Lock()
	defer s.telling.Unlock()
	s.mu.Lock()
	now := s.chat.cfg.Now()
	s.endLocked(now)
	if s.ends != 0 {
		wait = max(time.UnixMilli(s.ends).Sub(now), time.Millisecond)
	}
	since := now.Sub(s.told)
	switch {
	case len(s.changed) == 0:
		s.mu.Unlock()
		return wait
	case since >= 0 && since < statesEvery:
		s.mu.Unlock()
		if left := statesEvery - since; wait == 0 || left < wait {
			wait = left
		}
		return wait
	}
	changed := s.changed
	s.changed, s.told = make(map[UserID]bool), now
	deltas, moved := s.deltasLocked(changed)
	s.mu.Unlock()
	for c, people := range deltas {
		c.sock.Send(peopleFrame("", people))
	}
	s.tellRooms(moved)
	return wait
}

// deltasLocked returns what those are to be told who watch the people, and of whom the
// rooms are to be told.
func (s *states) deltasLocked(changed map[UserID]bool) (deltas map[*client][]PersonState, moved []UserID) {
	deltas = make(map[*client][]PersonState)
	for id, rooms := range changed {
		p := s.ofLocked(id)
		if w := s.watched[id]; w != nil && w.told != p {
			w.told = p
			for c := range w.clients {
				deltas[c] = append(deltas[c], p)
			}
		}
		if rooms {
			moved = append(moved, id)
		}
	}
	return deltas, moved
}

// tellRooms has the rooms that people are in look at them anew.
func (s *states) tellRooms(moved []UserID) {
	type news struct {
		room  *durable.Stub
		users []UserID
	}
	rooms := make(map[durable.ID]*news)
	for _, id := range moved {
		for _, room := range s.chat.ns.WithSockets(tagUser + string(id)) {
			n := rooms[room.ID()]
			if n == nil {
				n = &news{room: room}
				rooms[room.ID()] = n
			}
			n.users = append(n.users, id)
		}
	}
	for id, n := range rooms {
		if err := s.chat.calls.restate.Send(context.Background(), n.room, restated{Users: n.users}); err != nil {
			s.chat.cfg.Logger.Debug("a room isn't told how people are", "room", id.String(), "cause", err.Error())
			s.again(n.users)
		}
	}
}

// again tries once more, in a second.
func (s *states) again(ids []UserID) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, id := range ids {
		s.markLocked(id, true)
	}
}
