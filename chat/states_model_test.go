package chat_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"snug/chat"
)

// people is the naive model of who is here and how they are: all sockets there are, and
// all that people say. A state is counted out of that each time.
type people struct {
	w        *world
	rng      *rand.Rand
	names    []string
	sockets  []*seat
	statuses map[string]chat.OwnStatus
	opened   int

	// An observer in the room, who watches all, and what it was told.
	observer *peer
	inRoom   map[string]string // state and status, by who is here
	watched  map[string]string
	count    int
}

// seat is a socket of the model.
type seat struct {
	*peer
	who    string
	level0 bool
	inRoom bool
	isAway bool
}

// TestStatesAgainstTheModel has people come, go, fall silent and say things, while the
// room sleeps and the server starts anew, and compares what an observer was told, what
// who joins is told, and what is said when asked, with the model.
func TestStatesAgainstTheModel(t *testing.T) {
	seed := *seedFlag
	if seed == 0 {
		seed = rand.Uint64()
	}
	t.Logf("go test ./chat -run %s -seed %d", t.Name(), seed)
	inBubble(t, ownTables(t), func(w *world) {
		m := &people{w: w, rng: rand.New(rand.NewPCG(seed, 0)), statuses: make(map[string]chat.OwnStatus), names: []string{"ann", "ben", "cem", "dora", "eli", "fay"}}
		m.observe()
		for step := range 120 {
			did := ""
			for range 1 + m.rng.IntN(4) {
				did += " " + m.step()
			}
			m.settle()
			m.check(fmt.Sprintf("step %d:%s", step, did))
			if t.Failed() {
				return
			}
		}
	})
}

// observe opens the observer's socket.
func (m *people) observe() {
	m.observer = m.w.socket("observer")
	m.observer.send(`{"type":"watch","users":["ann","ben","cem","dora","eli","fay"]}`)
	m.observer.send(`{"type":"join","room":"global"}`)
	m.inRoom, m.watched = make(map[string]string), make(map[string]string)
}

func (m *people) step() string {
	who := m.names[m.rng.IntN(len(m.names))]
	switch op := m.rng.IntN(100); {
	case op < 25:
		return m.open(who)
	case op < 45 && len(m.sockets) > 0:
		i := m.rng.IntN(len(m.sockets))
		s := m.sockets[i]
		m.sockets = slices.Delete(m.sockets, i, i+1)
		if m.rng.IntN(2) == 0 {
			s.drops()
			return s.who + " is lost"
		}
		s.leaves()
		return s.who + " closes"
	case op < 65:
		return m.turn(func(s *seat) string {
			s.isAway = !s.isAway
			s.send(`{"type":"away","on":%v}`, s.isAway)
			return fmt.Sprintf("%s is away: %v", s.who, s.isAway)
		})
	case op < 73:
		return m.turn(func(s *seat) string {
			s.inRoom = !s.inRoom
			s.send(`{"type":%q,"room":"global"}`, map[bool]string{true: "join", false: "leave"}[s.inRoom])
			return fmt.Sprintf("%s is in the room: %v", s.who, s.inRoom)
		})
	case op < 90:
		return m.say(who)
	case op < 94:
		time.Sleep(time.Duration(m.rng.IntN(20_000)) * time.Millisecond)
		return "time passes"
	case op < 98:
		time.Sleep(40 * time.Second)
		synctest.Wait()
		return "all sleep"
	default:
		m.w.restart()
		m.sockets = nil
		m.observe()
		return "a restart"
	}
}

func (m *people) open(who string) string {
	m.opened++
	s := &seat{who: who, level0: m.rng.IntN(4) == 0}
	name := fmt.Sprintf("%s/s%d", who, m.opened)
	if s.level0 {
		s.peer, s.inRoom = m.w.level0(name), true
		m.sockets = append(m.sockets, s)
		return who + " opens one of level 0"
	}
	s.peer = m.w.socket(name)
	if s.inRoom = m.rng.IntN(3) > 0; s.inRoom {
		s.send(`{"type":"join","room":"global"}`)
	}
	m.sockets = append(m.sockets, s)
	return fmt.Sprintf("%s opens one, in the room: %v", who, s.inRoom)
}

// turn does something with a socket of level 1, if there is one.
func (m *people) turn(do func(s *seat) string) string {
	if len(m.sockets) > 0 {
		if s := m.sockets[m.rng.IntN(len(m.sockets))]; !s.level0 {
			return do(s)
		}
	}
	return "nothing"
}

func (m *people) say(who string) string {
	var o chat.OwnStatus
	if m.rng.IntN(3) > 0 {
		o.Text = fmt.Sprint("text ", m.rng.IntN(3))
	}
	o.DND = m.rng.IntN(3) == 0
	if o != (chat.OwnStatus{}) && m.rng.IntN(2) == 0 {
		o.Until = time.Now().UnixMilli() + 1 + m.rng.Int64N(60_000)
	}
	if _, err := m.w.chat.SetStatus(m.w.Context(), chat.Actor{User: person(who, who)}, o); err != nil {
		if chat.AsError(err).Code != chat.CodeRateLimited {
			m.w.Error(err)
		}
		return who + " says too much"
	}
	m.statuses[who] = o
	return fmt.Sprintf("%s says %+v", who, o)
}

// settle lets pass what may pass until all are told, of what has ended lately too.
func (m *people) settle() {
	later()
	recent := func(o chat.OwnStatus) bool {
		ago := time.Now().UnixMilli() - o.Until
		return ago >= 0 && ago < 3000
	}
	for slices.ContainsFunc(slices.Collect(maps.Values(m.statuses)), recent) {
		later()
	}
	for _, s := range m.sockets {
		s.drain()
	}
}

// status is what a person says now, as others see it.
func (m *people) status(who string) (o chat.OwnStatus, shown *chat.Status) {
	o = m.statuses[who]
	if o.Until != 0 && o.Until <= time.Now().UnixMilli() {
		return chat.OwnStatus{}, nil
	}
	if o.Text != "" {
		shown = &chat.Status{Text: o.Text, Until: o.Until}
	}
	return o, shown
}

// of returns how a person is by the model, and whether they are in the room.
func (m *people) of(who string) (state string, inRoom bool) {
	o, shown := m.status(who)
	open, away := 0, 0
	for _, s := range m.sockets {
		if s.who != who {
			continue
		}
		open++
		inRoom = inRoom || s.inRoom
		if s.isAway {
			away++
		}
	}
	kind := chat.StateOnline
	switch {
	case open == 0:
		kind = chat.StateOffline
	case o.DND:
		kind = chat.StateDND
	case away == open:
		kind = chat.StateAway
	}
	return inWords(kind, shown), inRoom
}

// shown is how a User of a frame is.
func shown(u chat.User) string {
	if u.State == "" {
		u.State = chat.StateOnline
	}
	return inWords(u.State, u.Status)
}

func (m *people) check(after string) {
	m.w.Helper()
	for _, f := range m.observer.drain("joined", "presence", "people") {
		for _, u := range append(f.Users, f.Joined...) {
			m.inRoom[string(u.ID)] = shown(u)
		}
		for _, id := range f.Left {
			delete(m.inRoom, id)
		}
		for _, p := range f.People {
			m.watched[string(p.ID)] = inWords(p.State, p.Status)
		}
		if f.Type != "people" {
			m.count = f.Count
		}
	}
	want := map[string]string{"observer": string(chat.StateOnline)}
	for _, who := range m.names {
		state, inRoom := m.of(who)
		if inRoom {
			want[who] = state
		}
		if got := m.watched[who]; got != state {
			m.w.Errorf("%s: %s is watched to be %q, want %q", after, who, got, state)
		}
		p := m.w.chat.PersonState(chat.UserID(who))
		if got := inWords(p.State, p.Status); got != state {
			m.w.Errorf("%s: %s is %q, want %q", after, who, got, state)
		}
	}
	if !maps.Equal(m.inRoom, want) || m.count != len(want) {
		m.w.Errorf("%s: the observer knows %d: %q, want %q", after, m.count, m.inRoom, want)
	}
	other := m.w.socket("observer/other")
	other.send(`{"type":"join","room":"global"}`)
	f := other.until("joined")
	joined := make(map[string]string)
	for _, u := range f.Users {
		joined[string(u.ID)] = shown(u)
	}
	if !maps.Equal(joined, want) || f.Count != len(want) {
		m.w.Errorf("%s: who joins is told of %d: %q, want %q", after, f.Count, joined, want)
	}
	other.leaves()
}
