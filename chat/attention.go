package chat

import (
	"cmp"
	"context"
	"errors"
)

// What those need who find out what calls for somebody's attention, beside what all need
// who follow the rooms.

// Place names a thread: its root's seq in a room.
type Place struct {
	Room RoomID
	Root Seq // 0: no thread, but the room itself
}

// Marks is how far a person has read.
type Marks map[Place]Seq

// Read reports whether the message of a seq is read. What is in a thread is read by the
// mark of that thread, as the room doesn't show it.
func (m Marks) Read(at Place, seq Seq) bool { return seq <= m[at] }

// MarksOf returns all marks of a person, with those of threads or without.
func (s *Service) MarksOf(ctx context.Context, id UserID, threads bool) (Marks, error) {
	marks := make(Marks)
	inbox := s.storedInbox(ctx, id)
	err := inbox.Each(under(prefixRead), func(key string, value []byte) bool {
		if m, err := parseAny[roomMark](value); err == nil { // else nothing is read
			marks[Place{Room: roomOfKey(key)}] = m.Read
		}
		return true
	})
	if err == nil && threads {
		err = inbox.Each(under(prefixFollow), func(key string, value []byte) bool {
			if f, err := parseAny[follow](value); err == nil {
				marks[Place{roomOfKey(key), lastSeqOf(key)}] = f.Read
			}
			return true
		})
	}
	return marks, public(err)
}

// HasRead reports whether a person has read a message.
func (s *Service) HasRead(ctx context.Context, id UserID, at Place, seq Seq) (bool, error) {
	inbox := s.storedInbox(ctx, id)
	if at.Root != 0 {
		f, _, err := load[follow](inbox, followKey(at.Room, at.Root))
		return seq <= f.Read, public(err)
	}
	m, _, err := load[roomMark](inbox, readKey(at.Room))
	return seq <= m.Read, public(err)
}

// Follows reports whether a person follows a thread; known is whether they ever said so or
// took part.
func (s *Service) Follows(ctx context.Context, id UserID, thread Place) (following, known bool, err error) {
	f, known, err := load[follow](s.storedInbox(ctx, id), followKey(thread.Room, thread.Root))
	return f.Following, known, public(err)
}

// Followed returns the threads that a person follows.
func (s *Service) Followed(ctx context.Context, id UserID) (list []Place, err error) {
	var broken error
	err = s.storedInbox(ctx, id).Each(under(prefixFollow), func(key string, value []byte) bool {
		var f follow
		if f, broken = parseAny[follow](value); broken == nil && f.Following {
			list = append(list, Place{roomOfKey(key), lastSeqOf(key)})
		}
		return broken == nil
	})
	return list, public(cmp.Or(err, broken))
}

// FindMessage returns the message of an id; false: it isn't there any more.
func (s *Service) FindMessage(ctx context.Context, room RoomID, id MessageID) (Message, bool, error) {
	m, err := storedMessages{ctx, s.ns.ByName(string(room))}.find(id)
	if errors.Is(err, errNoMessage) {
		return Message{}, false, nil
	}
	if err != nil {
		return Message{}, false, public(err)
	}
	return *m, true, nil
}

// Online reports whether a person has a socket of level 1 open.
func (s *Service) Online(id UserID) bool {
	s.live.mu.Lock()
	defer s.live.mu.Unlock()
	p := s.live.people[id]
	return p != nil && len(p.sockets) > 0
}

// Notify tells all sockets of a person of something that calls for their attention.
func (s *Service) Notify(id UserID, n Notice) {
	s.live.tellPerson(id, frame(NoticeFrame{Type: "notice", Notice: n}), nil, "")
}

// AttentionChanged has people told, where they are here, that what waits for them or how they
// want to be told of it has changed.
func (s *Service) AttentionChanged(ids ...UserID) { s.live.changed(matterAttention, ids...) }

// AttentionChangedIn has all who are in a room told so.
func (s *Service) AttentionChangedIn(room RoomID) { s.live.changedIn(matterAttention, room) }

// Head returns the stream of a room and its last seq; "" where it has no history yet.
func (s *Service) Head(ctx context.Context, room RoomID) (stream string, head Seq, err error) {
	at, err := s.glance(ctx, room)
	return at.stream, at.head, public(err)
}
