package chat

import (
	"iter"
	"maps"
	"slices"
	"sync"
	"time"

	"snug/durable"
)

// live knows the people who have a socket of level 1 open, and which rooms they are in,
// to tell them what is new in rooms that a socket hasn't joined, and that something of
// theirs has changed. Rooms hand it what they posted and don't wait; its own goroutine
// writes the frames. All of it is memory that begins anew with each socket.
type live struct {
	now      func() time.Time
	everyone RoomID // the room that everybody is in, without being noted for it

	mu     sync.Mutex
	people map[UserID]*livePerson
	rooms  map[RoomID]*liveRoom              // those that somebody here is in
	fresh  map[RoomID]*liveRoom              // those of them with news
	stale  [matters]map[*livePerson]struct{} // those of whom it has changed

	wake chan struct{} // holds one word: there is news
	stop chan struct{}
	over sync.WaitGroup
}

type livePerson struct {
	id      UserID
	holders int16           // sockets that are open, or about to be
	away    int16           // those of them at which nobody sits
	sockets []*client       // never changed, but made anew
	rooms   []RoomID        // at most maxLiveRooms
	told    [matters]uint32 // when they were last told that it has changed: the low bits of Unix milliseconds
}

// matter is something of a person's that clients hold. They are told no more than that it
// has changed, and ask for it again.
type matter uint8

const (
	matterRooms     matter = iota // the list of their rooms
	matterAttention               // what waits for them, and how they want to be told of it
	matters
)

func (m matter) frame() durable.Frame {
	if m == matterRooms {
		return frame(RoomsFrame{Type: "rooms"})
	}
	return frame(AttentionFrame{Type: "attention"})
}

type liveRoom struct {
	people map[*livePerson]struct{}
	slug   string
	last   time.Time // when it was last told of
	news   *news     // nil: there is none
}

// news is what was posted in a room since it was last told of.
type news struct {
	seq       Seq
	author    UserID // who wrote all of it; "": several people
	caller    UserID // who spoke last to all in the room, or to all who are here; "": nobody did
	mentioned []UserID
}

func newLive(now func() time.Time, everyone RoomID) *live {
	l := &live{
		now: now, everyone: everyone, people: make(map[UserID]*livePerson),
		rooms: map[RoomID]*liveRoom{everyone: {}}, fresh: make(map[RoomID]*liveRoom),
		wake: make(chan struct{}, 1), stop: make(chan struct{}),
	}
	for m := range l.stale {
		l.stale[m] = make(map[*livePerson]struct{})
	}
	l.over.Go(l.run)
	return l
}

// close ends the goroutine and waits for it.
func (l *live) close() {
	close(l.stop)
	l.over.Wait()
}

// enter notes that a socket of a person is about to open. first says that their rooms
// aren't known yet: see learn. leftAll is as it was before. detach undoes it.
func (l *live) enter(c *client, id UserID) (first, leftAll bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	p := l.people[id]
	if first = p == nil; first {
		p = &livePerson{id: id}
		l.people[id] = p
	}
	leftAll = p.leftAll()
	p.holders++
	c.person = p
	return first, leftAll
}

// learn notes that a person, if they are here, is in some rooms.
func (l *live) learn(id UserID, rooms ...RoomID) {
	l.mu.Lock()
	defer l.mu.Unlock()
	p := l.people[id]
	if p == nil {
		return
	}
	for _, room := range rooms {
		if room == l.everyone {
			continue
		}
		r := l.rooms[room]
		if r == nil {
			r = &liveRoom{people: make(map[*livePerson]struct{})}
		}
		if _, known := r.people[p]; known || len(p.rooms) >= maxLiveRooms {
			continue
		}
		l.rooms[room] = r
		r.people[p] = struct{}{}
		p.rooms = append(p.rooms, room)
	}
}

// unlearn notes that a person isn't in a room any more.
func (l *live) unlearn(id UserID, room RoomID) {
	l.mu.Lock()
	defer l.mu.Unlock()
	p := l.people[id]
	i := -1
	if p != nil {
		i = slices.Index(p.rooms, room)
	}
	if i < 0 {
		return
	}
	p.rooms = slices.Delete(p.rooms, i, i+1)
	l.dropLocked(p, room)
}

func (l *live) dropLocked(p *livePerson, room RoomID) {
	r := l.rooms[room]
	if delete(r.people, p); len(r.people) == 0 {
		delete(l.rooms, room)
		delete(l.fresh, room)
	}
}

// here reports whether a person has a socket open.
func (l *live) here(id UserID) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.people[id] != nil
}

// online counts the people in a room who have a socket open.
func (l *live) online(room RoomID) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	if room == l.everyone {
		return len(l.people)
	}
	if r := l.rooms[room]; r != nil {
		return len(r.people)
	}
	return 0
}

// changed has people told that something of theirs has changed.
func (l *live) changed(m matter, ids ...UserID) {
	l.mu.Lock()
	for _, id := range ids {
		if p := l.people[id]; p != nil {
			l.stale[m][p] = struct{}{}
		}
	}
	l.mu.Unlock()
	l.poke()
}

// changedIn has everybody who is in a room told so.
func (l *live) changedIn(m matter, room RoomID) {
	l.mu.Lock()
	for p := range l.inLocked(room) {
		l.stale[m][p] = struct{}{}
	}
	l.mu.Unlock()
	l.poke()
}

// inLocked goes over the people here who are in a room.
func (l *live) inLocked(room RoomID) iter.Seq[*livePerson] {
	if room == l.everyone {
		return maps.Values(l.people)
	}
	if r := l.rooms[room]; r != nil {
		return maps.Keys(r.people)
	}
	return func(func(*livePerson) bool) {}
}

func (l *live) poke() {
	select {
	case l.wake <- struct{}{}:
	default:
	}
}

// attach notes the socket of a client that entered, unless it has closed already.
func (l *live) attach(c *client) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if c.person != nil {
		c.person.sockets = append(slices.Clip(c.person.sockets), c)
	}
}

// detach forgets a client, and a person with their last one. leftAll is as it was before.
// It may be repeated.
func (l *live) detach(c *client) (leftAll bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	p := c.person
	if p == nil {
		return false
	}
	leftAll = p.leftAll()
	c.person = nil
	if c.away {
		p.away--
	}
	p.sockets = slices.DeleteFunc(slices.Clone(p.sockets), func(s *client) bool { return s == c })
	if p.holders--; p.holders > 0 {
		return leftAll
	}
	delete(l.people, p.id)
	for _, people := range l.stale {
		delete(people, p)
	}
	for _, room := range p.rooms {
		l.dropLocked(p, room)
	}
	return leftAll
}

// watched reports whether anybody here is in a room.
func (l *live) watched(room RoomID) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.rooms[room] != nil && (room != l.everyone || len(l.people) > 0)
}

// posted takes note of a message that is durable now. It may speak to all, who are then told as
// often as of any message.
func (l *live) posted(room RoomID, slug string, seq Seq, author UserID, mentioned []UserID, call bool) {
	l.mu.Lock()
	r := l.rooms[room]
	if r == nil {
		l.mu.Unlock()
		return
	}
	r.slug = slug
	if r.news == nil {
		r.news = &news{author: author}
	}
	r.news.seq = max(r.news.seq, seq)
	if r.news.author != author {
		r.news.author = ""
	}
	if call {
		r.news.caller = author
	}
	if len(r.news.mentioned) < maxMentioned {
		r.news.mentioned = append(r.news.mentioned, mentioned...)
	}
	l.fresh[room] = r
	l.mu.Unlock()
	l.poke()
}

// run tells of what is new, as it comes and as often as it may.
func (l *live) run() {
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	for {
		if wait := l.tell(); wait > 0 {
			timer.Reset(wait)
		} else {
			timer.Stop()
		}
		select {
		case <-l.wake:
		case <-timer.C:
		case <-l.stop:
			return
		}
	}
}

// tell writes the frames that are due and returns how long until the next ones are; 0:
// there are none.
func (l *live) tell() (wait time.Duration) {
	l.mu.Lock()
	now := l.now()
	var due []letter
	for id, r := range l.fresh {
		since := now.Sub(r.last)
		all := since >= activityEvery || since < 0
		if !all {
			if left := activityEvery - since; wait == 0 || left < wait {
				wait = left
			}
			if len(r.news.mentioned) == 0 {
				continue
			}
		}
		due = append(due, l.lettersLocked(id, r, all)...)
		r.news.mentioned = nil
		if all {
			r.news, r.last = nil, now
			delete(l.fresh, id)
		}
	}
	for m := range matters {
		for p := range l.stale[m] {
			since := uint32(now.UnixMilli()) - p.told[m]
			if left := activityEvery - time.Duration(since)*time.Millisecond; left > 0 {
				if wait == 0 || left < wait {
					wait = left
				}
				continue
			}
			p.told[m] = uint32(now.UnixMilli())
			delete(l.stale[m], p)
			due = append(due, letter{sockets: p.sockets, frame: m.frame()})
		}
	}
	l.mu.Unlock()
	for _, letter := range due {
		letter.send()
	}
	return wait
}

// letter is what one person is to be told of one room.
type letter struct {
	room    string // slug; "": of none
	sockets []*client
	frame   durable.Frame
}

func (l *live) lettersLocked(room RoomID, r *liveRoom, all bool) (list []letter) {
	plain := frame(ActivityFrame{Type: "activity", Room: r.slug, Seq: r.news.seq}).Droppable()
	mention := frame(ActivityFrame{Type: "activity", Room: r.slug, Seq: r.news.seq, Mention: true})
	for p := range l.inLocked(room) {
		switch {
		case slices.Contains(r.news.mentioned, p.id),
			all && r.news.caller != "" && p.id != r.news.caller:
			list = append(list, letter{r.slug, p.sockets, mention})
		case all && p.id != r.news.author:
			list = append(list, letter{r.slug, p.sockets, plain})
		}
	}
	return list
}

func (m letter) send() {
	for _, s := range m.sockets {
		if m.room == "" || !s.has(m.room) {
			s.sock.Send(m.frame)
		}
	}
}

// tellPerson sends a frame to the sockets of a person, but not to except, which may be
// nil, and where joined is named not to those that have joined that room.
func (l *live) tellPerson(id UserID, f durable.Frame, except *client, joined string) {
	l.mu.Lock()
	var sockets []*client
	if p := l.people[id]; p != nil {
		sockets = p.sockets
	}
	l.mu.Unlock()
	for _, s := range sockets {
		if s != except && (joined == "" || !s.has(joined)) {
			s.sock.Send(f)
		}
	}
}
