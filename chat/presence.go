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
	people      map[UserID]*person
	first, last *person                   // in the order in which they came
	most        int                       // people at a time since the last announcement
	changed     map[UserID]struct{}       // came, went or changed since the last announcement
	level0      bool                      // some of it concerns level 0, which knows no states
	leaving     map[UserID]*durable.Timer // gone, but may still come back without a word
	lastSent    time.Time
	due         *durable.Timer // the next announcement, if it has to wait
}

type person struct {
	User
	sockets        int
	before, behind *person // in the order in which they came
	found          bool    // as they are, when the room woke: the others may not have heard of it
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
	switch {
	case here && someone.User != u:
		p.become(someone, u, false)
	case !here:
		someone = &person{User: u, before: p.last}
		if p.last != nil {
			p.last.behind = someone
		} else {
			p.first = someone
		}
		p.last = someone
		p.people[u.ID] = someone
		p.most = max(p.most, len(p.people))
		p.changed[u.ID], p.level0 = struct{}{}, true
	}
	someone.sockets++
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
	if someone.before != nil {
		someone.before.behind = someone.behind
	} else {
		p.first = someone.behind
	}
	if someone.behind != nil {
		someone.behind.before = someone.before
	} else {
		p.last = someone.before
	}
	p.changed[id], p.level0 = struct{}{}, true
	return true
}

// become notes what somebody who is here is now, to be announced. In a crowd a new state
// or status alone is nothing that all are told: who wants to know it watches the person.
func (p *presence) become(someone *person, u User, renamed bool) {
	if someone.User == u && !someone.found { // a status is the same one until it is changed
		return
	}
	someone.found = false
	renamed = renamed || someone.plain() != u.plain()
	someone.User = u
	if renamed || len(p.people) <= nameCrowd {
		p.changed[u.ID] = struct{}{}
	}
	p.level0 = p.level0 || renamed
}

// plain returns a person as level 0 knows them.
func (u User) plain() User { return User{ID: u.ID, Name: u.Name, Image: u.Image} }

// listed returns the first people, by when they came, at most maxListed.
func (p *presence) listed() []User {
	users := make([]User, 0, min(len(p.people), maxListed))
	for someone := p.first; someone != nil && len(users) < maxListed; someone = someone.behind {
		users = append(users, someone.User)
	}
	return users
}

// every returns how long after an announcement the next one comes at the earliest.
func (p *presence) every() time.Duration {
	crowd := min(max(p.most, smallCrowd), largeCrowd)
	return presenceLeast + (presenceMost-presenceLeast)*time.Duration(crowd-smallCrowd)/(largeCrowd-smallCrowd)
}

// named returns how many changes an announcement names.
func (p *presence) named() int {
	if p.most > nameCrowd {
		return maxNamed
	}
	return len(p.changed)
}

// diff returns who changed since the last diff, at most limit of them, and then those
// first who went. Whoever came and went in between is named as gone, since a joined
// frame may have shown them.
func (p *presence) diff(limit int) (joined []User, left []UserID) {
	joined, left = []User{}, []UserID{}
	for id := range p.changed {
		if _, here := p.people[id]; !here && len(left) < limit {
			left = append(left, id)
		}
	}
	for id := range p.changed {
		if someone, here := p.people[id]; here && len(joined) < limit-len(left) {
			joined = append(joined, someone.User)
		}
	}
	if len(p.changed) > nameCrowd {
		p.changed = make(map[UserID]struct{}) // a map that was large once is slow to walk for ever
	} else {
		clear(p.changed)
	}
	p.most = len(p.people)
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
		r.presence.enter(r.present(a.User))
	}
	for _, someone := range r.presence.people {
		someone.found = true
	}
	clear(r.presence.changed)
	r.presence.level0 = false
	return nil
}

// enter counts a socket that was just taken in; first tells whether it is the person's
// only one. What becomes of the person until the socket is to be found among the room's
// would not be told here: so that is looked at then.
func (r *Room) enter(u User) (first bool) {
	u = r.present(u)
	r.st.AfterCommit(func() { r.entered(u) })
	return r.presence.enter(u)
}

// restated names people of whom something has changed.
type restated struct {
	Users   []UserID
	Renamed bool // their names or pictures
}

// Size counts for the room's inbox.
func (q restated) Size() int { return 64 * len(q.Users) }

// restate looks at people anew. A room that was asleep has found them as they are now
// already, and those in it haven't heard of it.
func (r *Room) restate(_ context.Context, q restated) (none, error) {
	for _, id := range q.Users {
		if someone, here := r.presence.people[id]; here {
			r.presence.become(someone, r.present(someone.User), q.Renamed)
		}
	}
	r.announce()
	return none{}, nil
}

// greets reports whether level 0 is told in words who comes and goes.
func (r *Room) greets() bool {
	return r.meta.Slug == Level0Room && r.presence.count() <= smallCrowd
}

// greet tells the sockets about one more of the person's; first says that it is
// the only one. It reports whether level 0 hears, now or soon, who is here.
func (r *Room) greet(u User, first bool) bool {
	if first {
		if timer, leaving := r.presence.leaving[u.ID]; leaving {
			timer.Stop()
			delete(r.presence.leaving, u.ID)
		} else if r.greets() {
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
	if r.greets() {
		r.presence.leaving[u.ID] = r.st.AfterFunc(leaveGrace, func(context.Context) error {
			delete(r.presence.leaving, u.ID)
			if r.greets() {
				r.say(u.Name + " left the chat")
			}
			return nil
		})
	}
	r.announce()
}

// announce tells the sockets who came, changed and went: now, or once the last
// announcement is long enough ago. It reports whether level 0 is concerned.
func (r *Room) announce() (level0 bool) {
	p := r.presence
	level0 = p.level0
	if len(p.changed) == 0 || p.due != nil {
		return level0
	}
	since := r.now().Sub(p.lastSent)
	if every := p.every(); since >= 0 && since < every {
		p.due = r.st.AfterFunc(every-since, func(context.Context) error {
			p.due, p.lastSent = nil, time.Time{}
			r.announce()
			return nil
		})
		return level0
	}
	p.lastSent = r.now()
	crowded := p.most > nameCrowd
	joined, left := p.diff(p.named())
	r.st.Broadcast(tagLevel1, presenceFrame(PresenceFrame{
		Type: "presence", Room: r.meta.Slug, Count: p.count(), Joined: joined, Left: left,
	}, crowded), nil)
	if p.level0 {
		p.level0 = false
		r.tellLevel0(r.userCount)
	}
	return level0
}

// presenceFrame encodes an announcement. In a crowd, where none names all, a slow socket
// may do without.
func presenceFrame(f PresenceFrame, crowded bool) durable.Frame {
	encoded := usersFrame(f, len(f.Joined))
	if crowded {
		return encoded.Droppable()
	}
	return encoded
}

func (r *Room) userCount() durable.Frame {
	users := r.presence.listed()
	for i, u := range users {
		users[i] = u.plain()
	}
	return frame(Level0UserCount{Type: "userCount", Count: r.presence.count(), ConnectedUsers: users})
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
