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
	people    map[UserID]*person
	announced map[UserID]User // as the clients know it
	arrivals  int             // orders people by when they came
	changed   map[UserID]struct{}
	lastSent  time.Time
	due       *durable.Timer // the next announcement, if it has to wait
	leaving   map[UserID]*durable.Timer
}

type person struct {
	User
	sockets int
	order   int
}

func newPresence() *presence {
	return &presence{
		people: make(map[UserID]*person), announced: make(map[UserID]User),
		changed: make(map[UserID]struct{}), leaving: make(map[UserID]*durable.Timer),
	}
}

// enter counts a socket of the person; first tells whether it is the only one.
func (p *presence) enter(u User) (first bool) {
	someone, here := p.people[u.ID]
	if !here {
		p.arrivals++
		someone = &person{User: u, order: p.arrivals}
		p.people[u.ID] = someone
	}
	someone.User = u
	someone.sockets++
	p.changed[u.ID] = struct{}{}
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

// diff returns who came and went since the last diff, and takes that as
// announced.
func (p *presence) diff() (joined []User, left []UserID) {
	joined, left = []User{}, []UserID{}
	for id := range p.changed {
		someone, here := p.people[id]
		before, known := p.announced[id]
		switch {
		case here && (!known || before != someone.User):
			p.announced[id] = someone.User
			joined = append(joined, someone.User)
		case !here && known:
			delete(p.announced, id)
			left = append(left, id)
		}
	}
	clear(p.changed)
	slices.SortFunc(joined, func(a, b User) int { return cmp.Compare(a.ID, b.ID) })
	slices.Sort(left)
	return joined, left
}

// enter makes the room aware of a socket that it now has.
func (r *Room) enter(u User) {
	if !r.presence.enter(u) {
		return
	}
	if timer, leaving := r.presence.leaving[u.ID]; leaving {
		timer.Stop()
		delete(r.presence.leaving, u.ID)
	} else {
		r.say(u.Name + " joined the chat")
	}
	r.announce()
}

// exit makes the room aware of a socket that is gone.
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

// announce tells the sockets who came and went, now or as soon as the last
// announcement is presenceEvery ago. It reports whether it was now.
func (r *Room) announce() bool {
	p := r.presence
	if p.due != nil {
		return false
	}
	if wait := presenceEvery - r.now().Sub(p.lastSent); wait > 0 {
		p.due = r.st.AfterFunc(wait, func(context.Context) error {
			p.due = nil
			r.announce()
			return nil
		})
		return false
	}
	joined, left := p.diff()
	if len(joined)+len(left) == 0 {
		return false
	}
	p.lastSent = r.now()
	r.st.Broadcast(tagLevel1, frame(PresenceFrame{
		Type: "presence", Room: r.meta.Slug, Count: len(p.people), Joined: joined, Left: left,
	}), nil)
	r.st.Broadcast(tagLevel0, r.userCount(), nil)
	return true
}

func (r *Room) userCount() durable.Frame {
	return frame(Level0UserCount{Type: "userCount", Count: len(r.presence.people), ConnectedUsers: r.presence.listed()})
}

// say sends a system message to level 0 sockets: live only, without a seq.
func (r *Room) say(content string) {
	now := r.now()
	r.st.Broadcast(tagLevel0, level0MessageFrame(encode(Message{
		ID: newMessageID(now), UserID: "system", UserName: "System",
		Content: content, Timestamp: now.UnixMilli(), Type: TypeSystem,
	})), nil)
}
