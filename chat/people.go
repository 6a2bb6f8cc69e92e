package chat

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"sync"

	"snug/durable"
)

// forgotten is the name under which the messages of a deleted account stay.
const forgotten = "Deleted account"

// profiles holds what people have become since they opened their sockets, which
// bear what they were then.
type profiles struct {
	mu   sync.RWMutex
	byID map[UserID]profile
}

type profile struct {
	User
	role Role
}

func newProfiles() *profiles { return &profiles{byID: make(map[UserID]profile)} }

func (p *profiles) set(u profile) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.byID[u.ID] = u
}

func (p *profiles) drop(id UserID) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.byID, id)
}

// actor returns who acts as they are now.
func (p *profiles) actor(a Actor) Actor {
	p.mu.RLock()
	defer p.mu.RUnlock()
	if now, changed := p.byID[a.ID]; changed {
		a.User, a.Role = now.User, now.role
	}
	return a
}

// UpdateUser gives a person who has sockets open a new name, picture or role, in what
// they do from now on and to those who see that they are here. It doesn't wait for the
// rooms.
func (s *Service) UpdateUser(ctx context.Context, u User, role Role) error {
	u = u.fit()
	tag := tagUser + string(u.ID)
	if s.rt.CountSockets(tag) == 0 {
		s.profiles.drop(u.ID)
		return nil
	}
	s.profiles.set(profile{u, role})
	s.live.changed(matterRooms, u.ID) // what they may do in rooms, and on the server, may be something else
	for _, room := range s.ns.WithSockets(tag) {
		if err := s.calls.restate.Send(ctx, room, restated{Users: []UserID{u.ID}, Renamed: true}); err != nil {
			return fmt.Errorf("tell a room of a new name: %w", err)
		}
	}
	return nil
}

// left forgets what a person had become once their last socket is gone: the next
// one bears it itself.
func (s *Service) left(id UserID) {
	if s.rt.CountSockets(tagUser+string(id)) == 0 {
		s.profiles.drop(id)
	}
}

// Person returns somebody as everybody may see them.
func (s *Service) Person(ctx context.Context, id UserID) (p Person, err error) {
	err = s.cfg.DB.Read(ctx, func(tx *sql.Tx) error {
		const query = `select id, name, coalesce(image, ''), role, created_at from users where id = ? and banned_at is null`
		return tx.QueryRowContext(ctx, query, string(id)).Scan(&p.ID, &p.Name, &p.Image, &p.Role, &p.CreatedAt)
	})
	if errors.Is(err, sql.ErrNoRows) {
		return p, errNoPerson
	}
	now := s.PersonState(id)
	p.State, p.Status = now.State, now.Status
	return p, public(err)
}

// ForgetUsers takes the names and pictures of deleted accounts off their messages in
// all rooms, with what those said before and their reactions, and empties their inboxes. It looks at every message there is, once for all of them: who has many
// to forget hands them over together. It may be called again after it failed
// half-way, or succeeded.
func (s *Service) ForgetUsers(ctx context.Context, ids ...UserID) error {
	for _, id := range ids {
		if _, err := s.calls.forgetInbox.Call(ctx, s.inbox(id), none{}); err != nil {
			return fmt.Errorf("forget the inbox of user %s: %w", id, err)
		}
	}
	if err := s.states.forget(ctx, ids); err != nil {
		return err
	}
	for _, id := range ids {
		if err := s.withdraw(ctx, id); err != nil {
			return err
		}
	}
	rooms, err := s.rooms.all(ctx)
	if err != nil {
		return fmt.Errorf("list rooms: %w", err)
	}
	for _, room := range rooms {
		stub := s.ns.ByName(string(room))
		for from := Seq(1); from != 0; {
			if from, err = s.calls.forget.Call(ctx, stub, authorRequest{ids, from}); err != nil {
				return fmt.Errorf("forget users in room %s: %w", room, err)
			}
		}
	}
	return nil
}

// MessagesBy calls fn for each message that a person wrote, with what it said before,
// room by room and oldest first, until it fails.
func (s *Service) MessagesBy(ctx context.Context, id UserID, fn func(slug string, m Message, before []Version) error) error {
	rooms, err := s.rooms.all(ctx)
	if err != nil {
		return fmt.Errorf("list rooms: %w", err)
	}
	for _, room := range rooms {
		stub := s.ns.ByName(string(room))
		for from := Seq(1); from != 0; {
			page, err := s.calls.authored.Call(ctx, stub, authorRequest{[]UserID{id}, from})
			if err != nil {
				return fmt.Errorf("read messages of room %s: %w", room, err)
			}
			for _, m := range page.Messages {
				if err := fn(page.Slug, m, page.Versions[m.Seq]); err != nil {
					return err
				}
			}
			from = page.Next
		}
	}
	return nil
}

// authorRequest asks about the messages of some people from a seq on.
type authorRequest struct {
	Users []UserID
	From  Seq
}

type authoredPage struct {
	Slug     string
	Messages []Message
	Versions map[Seq][]Version // of those that were edited
	Next     Seq               // where to go on; 0: that was all
}

// eachOf walks a chunk of the room's messages and calls fn for those that concerns
// chooses, until it returns false. It returns where to go on, 0 at the end.
func (r *Room) eachOf(from Seq, concerns func(h messageHead, stored []byte) bool, fn func(m *Message, stored []byte) bool) (Seq, error) {
	next, seen := Seq(0), 0
	err := r.eachHead(durable.ListOptions{Start: messageKey(from), Limit: authorChunk + 1}, func(h messageHead, stored []byte) (bool, error) {
		if seen++; seen > authorChunk {
			next = h.Seq
			return false, nil
		}
		if !concerns(h, stored) {
			return true, nil
		}
		m, err := parseAny[Message](stored)
		if err != nil {
			return false, err
		}
		if !fn(&m, stored) {
			next = h.Seq + 1
			return false, nil
		}
		return true, nil
	})
	return next, err
}

func (r *Room) authored(_ context.Context, q authorRequest) (authoredPage, error) {
	page := authoredPage{Slug: r.meta.Slug, Versions: make(map[Seq][]Version)}
	size := 0
	written := func(h messageHead, _ []byte) bool { return slices.Contains(q.Users, h.UserID) }
	var err error
	page.Next, err = r.eachOf(q.From, written, func(m *Message, stored []byte) bool {
		page.Messages = append(page.Messages, *m)
		size += len(stored)
		return size < maxPageBytes
	})
	for _, m := range page.Messages {
		if m.EditedAt != 0 && err == nil {
			page.Versions[m.Seq], err = versionsOf(r.st.Storage(), m.Seq)
		}
	}
	return page, err
}

// forget takes people's names off a chunk of the room's messages, what those said
// before they were edited, and these people's reactions. Its result is where to go on,
// 0 at the end.
func (r *Room) forget(_ context.Context, q authorRequest) (Seq, error) {
	marks := make([][]byte, len(q.Users))
	for i, id := range q.Users {
		marks[i] = appendString(nil, id)
	}
	concerns := func(h messageHead, stored []byte) bool {
		if slices.Contains(q.Users, h.UserID) {
			return true
		}
		reacted := func(mark []byte) bool { return bytes.Contains(stored, mark) }
		return bytes.Contains(stored, []byte(`,"reactions":`)) && slices.ContainsFunc(marks, reacted)
	}
	var entries []durable.Entry
	var edited []Seq
	next, err := r.eachOf(q.From, concerns, func(m *Message, stored []byte) bool {
		if slices.Contains(q.Users, m.UserID) && m.DeletedAt == 0 {
			m.UserName, m.UserImage = forgotten, ""
			if m.EditedAt != 0 {
				edited = append(edited, m.Seq)
			}
		}
		for _, reaction := range m.Reactions {
			for _, id := range q.Users {
				m.Reactions = m.Reactions.without(reaction.Emoji, id)
			}
		}
		if now := m.encoded(); !bytes.Equal(now, stored) {
			entries = append(entries, durable.Entry{Key: messageKey(m.Seq), Value: now})
		}
		return len(entries) < durable.MaxKeysPerCall
	})
	if err != nil {
		return next, err
	}
	for _, seq := range edited {
		if err := r.st.Storage().DeleteRange(versionKey(seq), versionKey(seq+1)); err != nil {
			return next, err
		}
	}
	if len(entries) == 0 {
		return next, nil
	}
	if err := r.st.Storage().PutMany(entries); err != nil {
		return next, err
	}
	r.tail = tail{} // it may hold some of them
	r.show()
	return next, nil
}
