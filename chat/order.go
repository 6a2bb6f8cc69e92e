package chat

import (
	"context"
	"slices"

	"snug/durable"
)

// An order tells a room what it and its members are to be, as the tables say already.
// It may be given again: what is so already is no event.
type order struct {
	Slug    string
	By      User       // who gave it; without a name and an id: it isn't known any more
	Room    roomRecord // as it is to be
	Was     roomRecord // as it was, for a room that never kept a record
	New     bool       // the room begins: nothing is told
	Members []memberOrder
	Whole   bool // Members are all there are
}

// Size counts for the room's inbox.
func (o order) Size() int { return 512 + 256*len(o.Members) }

// memberOrder says what somebody is to be.
type memberOrder struct {
	User       User
	Role       Role // "": no member
	MutedUntil int64
	Was        Role // for a room that keeps no record of them
	Quiet      bool // it is no event
	Invited    bool // they come by an invitation
}

// applyOrder decides which events an order makes, of a room as it is. It changes nothing.
func applyOrder(about roomRecord, members map[UserID]memberRecord, o order) (list []roomEvent) {
	if o.New {
		return nil
	}
	tell := func(e roomEvent) {
		e.ByName = o.By.Name
		list = append(list, e)
	}
	next := o.Room
	if about.Name != next.Name {
		tell(roomEvent{Event: EventRenamed, Name: next.Name})
	}
	if about.Topic != next.Topic {
		tell(roomEvent{Event: EventTopicChanged, Topic: &next.Topic})
	}
	if about.Kind != next.Kind {
		tell(roomEvent{Event: EventKindChanged, Kind: next.Kind})
	}
	if about.SlowMode != next.SlowMode {
		tell(roomEvent{Event: EventSlowMode, Seconds: &next.SlowMode})
	}
	if about.Archived != next.Archived {
		what := EventUnarchived
		if next.Archived {
			what = EventArchived
		}
		tell(roomEvent{Event: what})
	}
	for _, m := range o.Members {
		was := m.Was
		if known, ok := members[m.User.ID]; ok && known.Role != "" || about.Kind != KindPublic {
			was = known.Role
		}
		if m.Quiet || was == m.Role {
			continue
		}
		user := m.User
		switch {
		case m.Role == "":
			tell(roomEvent{Event: EventMemberRemoved, User: &user})
		case was == "":
			tell(roomEvent{Event: EventMemberAdded, User: &user, Role: m.Role, Invited: m.Invited})
		default:
			tell(roomEvent{Event: EventRoleChanged, User: &user, Role: m.Role})
		}
	}
	return list
}

// obey carries an order out: what it makes different and the events that tell of it are
// one commit.
func (r *Room) obey(_ context.Context, o order) (Seq, error) {
	if r.gone {
		return 0, errNoRoom
	}
	if err := r.learn(o.Slug); err != nil {
		return 0, err
	}
	about := r.about
	if !r.recorded {
		if about = o.Was; about.Kind == "" {
			about = o.Room
		}
	}
	if !r.recorded && about.Kind != KindPublic {
		o.New = true // only a new room is one without a record
	}
	events := applyOrder(about, r.members, o)
	if err := r.storeOrder(o); err != nil {
		return 0, err
	}
	slowed := r.about.SlowMode
	r.about, r.recorded = o.Room, true
	r.heed()
	if slowed != r.about.SlowMode {
		if err := r.readSlow(); err != nil {
			return 0, err
		}
	}
	at := r.now().UnixMilli()
	for i := range events {
		e := event{Kind: eventRoom, By: o.By.ID, At: at, Count: r.state.events + 1, Room: &events[i]}
		seq := r.state.head + 1
		if err := r.st.Storage().Put(eventKey(seq), encode(e)); err != nil {
			return 0, err
		}
		r.state.changed(e)
		r.show()
		r.st.Broadcast(tagLevel1, frame(e.frame(r.meta.Slug, seq)), nil)
		r.notify(seq, nil)
	}
	return r.state.head, r.putOut()
}

// storeOrder stores what the room is to know of itself and its members.
func (r *Room) storeOrder(o order) error {
	store := r.st.Storage()
	if !r.recorded || r.about != o.Room {
		if err := store.Put(keyRoom, encode(o.Room)); err != nil {
			return err
		}
	}
	next := make(map[UserID]memberRecord)
	if o.Whole {
		for user := range r.members {
			next[user] = memberRecord{}
		}
	}
	for _, m := range o.Members {
		next[m.User.ID] = memberRecord{m.Role, m.MutedUntil}
	}
	var puts []durable.Entry
	var deletes []string
	for user, m := range next {
		was, known := r.members[user]
		switch keep := m.kept(o.Room.Kind); {
		case keep && was != m:
			puts = append(puts, durable.Entry{Key: memberKey(user), Value: encode(m)})
			r.members[user] = m
		case !keep && known:
			deletes = append(deletes, memberKey(user))
			delete(r.members, user)
		}
	}
	for chunk := range slices.Chunk(puts, durable.MaxKeysPerCall) {
		if err := store.PutMany(chunk); err != nil {
			return err
		}
	}
	for chunk := range slices.Chunk(deletes, durable.MaxKeysPerCall) {
		if _, err := store.DeleteMany(chunk); err != nil {
			return err
		}
	}
	return nil
}

// putOut takes the sockets of those out of the room who may not see it any more, behind
// the frames that tell them why.
func (r *Room) putOut() error {
	if r.state.kind == KindPublic && !r.gone {
		return nil
	}
	for _, sock := range r.st.Sockets("") {
		a, err := r.actorOf(sock)
		if err != nil {
			return err
		}
		if r.authorityOf(a).role == "" {
			r.st.Unsubscribe(sock)
			r.exit(a.User)
		}
	}
	return nil
}

// erase ends the room: nothing of it stays in the store.
func (r *Room) erase(context.Context, none) (none, error) {
	r.gone = true
	if err := r.putOut(); err != nil {
		return none{}, err
	}
	r.members, r.tail = make(map[UserID]memberRecord), tail{}
	r.meta, r.about, r.recorded = roomMeta{}, roomRecord{}, false
	return none{}, r.st.Storage().DeleteAll()
}
