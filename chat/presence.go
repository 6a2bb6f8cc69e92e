package chat

import (
	"cmp"
	"context"
	"slices"
	"time"

	"snug/durable"
)

// presence is who is in a room: people, not sockets. It is soft state, made
// from the room's sockets at each wake, and only the room's turns touch it.
type presence struct {
	people   map[UserID]*person
	arrivals int                       // orders people by when they came
	changed  map[UserID]struct{}       // came, went or changed since the last announcement
	leaving  map[UserID]*durable.Timer // gone, but may still come back without a word
	lastSent time.Time
	due      *durable.Timer // the next announcement, if it has to wait
}

type person struct {
	User
	sockets int
	order   int
}

func newPresence() *presence {
	return &presence{
		people: make(map[UserID]*person), changed: make(map[UserID]struct{}),
		leaving: make(map[UserID]*durable.Timer),
	}
}

func (p *presence) count() int { return len(p.people) }

// enter counts a socket of the person; first tells whether it is the only one.
func (p *presence) enter(u User) (first bool) {
	someone, here := p.people[u.ID]
	if !here {
		p.arrivals++
		someone = &person{order: p.arrivals}
		p.people[u.ID] = someone
	}
	someone.sockets++
	if someone.User != u {
		someone.User = u
		p.changed[u.ID] = struct{}{}
	}
	return !here
}

// exit discounts a socket; last tells whether the person has none any more.
func (p *presence) exit(id UserID) (last bool) {
	someone, here := p.people[id]
	if !here {
		return false
	}
	someone.sockets--
	if someone.sockets > 0 {
		return false
	}
	delete(p.people, id)
	p.changed[id] = struct{}{}
	return true
}

// listed returns the first people, by when they came, at most maxListed.
func (p *presence) listed() []User {
	all := make([]*person, 0, len(p.people))
	for _, someone := range p.people {
		all = append(all, someone)
	}
	slices.SortFunc(all, func(a, b *person) int { return cmp.Compare(a.order, b.order) })
	users := make([]User, 0, min(len(all), maxListed))
	for _, someone := range all[:min(len(all), maxListed)] {
		users = append(users, someone.User)
	}
	return users
}

// diff returns who changed since the last diff. Whoever came and went in
// between is named as gone, since a joined frame may have shown them.
func (p *presence) diff() (joined []User, left []UserID) {
	joined, left = []User{}, []UserID{}
	for id := range p.changed {
		if someone, here := p.people[id]; here {
			joined = append(joined, someone.User)
		} else {
			left = append(left, id)
		}
	}
	clear(p.changed)
	slices.SortFunc(joined, func(a, b User) int { return cmp.Compare(a.ID, b.ID) })
	slices.Sort(left)
	return joined, left
}

// restorePresence counts the sockets that the room had when it fell asleep:
// their clients know of each other already.
func (r *Room) restorePresence() error {
	socks := r.st.Sockets("")
	slices.SortFunc(socks, func(a, b *durable.Socket) int { return cmp.Compare(a.ID(), b.ID()) })
	for _, sock := range socks {
		a, err := r.actorOf(sock)
		if err != nil {
			return err
		}
		r.presence.enter(a.User)
	}
	clear(r.presence.changed)
	return nil
}

// greet tells the sockets about one more of the person's; first says that it is
// the only one. It reports whether they hear, now or soon, who is here.
func (r *Room) greet(u User, first bool) bool {
	if first {
		if timer, leaving := r.presence.leaving[u.ID]; leaving {
			timer.Stop()
			delete(r.presence.leaving, u.ID)
		} else {
			r.say(u.Name + " joined the chat")
		}
	}
	return r.announce()
}

// exit discounts a socket of the person, who may come back within leaveGrace
// without a word.
func (r *Room) exit(u User) {
	if !r.presence.exit(u.ID) {
		return
	}
	r.presence.leaving[u.ID] = r.st.AfterFunc(leaveGrace, func(context.Context) error {
		delete(r.presence.leaving, u.ID)
		r.say(u.Name + " left the chat")
		return nil
	})
	r.announce()
}

// announce tells the sockets who came and went: now, or when the last
// announcement is presenceEvery ago. It reports whether there was anybody.
func (r *Room) announce() bool {
	p := r.presence
	if len(p.changed) == 0 || p.due != nil {
		return len(p.changed) > 0
	}
	since := r.now().Sub(p.lastSent)
	if since >= 0 && since < presenceEvery {
		p.due = r.st.AfterFunc(presenceEvery-since, func(context.Context) error {
			p.due, p.lastSent = nil, time.Time{}
			r.announce()
			return nil
		})
		return true
	}
	p.lastSent = r.now()
	joined, left := p.diff()
	r.st.Broadcast(tagLevel1, frame(PresenceFrame{
		Type: "presence", Room: r.meta.Slug, Count: p.count(), Joined: joined, Left: left,
	}), nil)
	r.tellLevel0(r.userCount)
	return true
}

func (r *Room) userCount() durable.Frame {
	return frame(Level0UserCount{Type: "userCount", Count: r.presence.count(), ConnectedUsers: r.presence.listed()})
}

// say sends a system message to level 0 sockets.
func (r *Room) say(content string) {
	r.tellLevel0(func() durable.Frame { return r.saying(content) })
}

// saying is a system message: live only, without a seq.
func (r *Room) saying(content string) durable.Frame {
	now := r.now()
	m := Message{
		ID: MessageID(newUUID(now)), UserID: "system", UserName: "System",
		Content: content, Timestamp: now.UnixMilli(), Type: TypeSystem,
	}
	return level0MessageFrame(m.encoded())
}
