package attention

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	"snug/chat"
	"snug/db"
)

// room is a room as far as attention goes.
type room struct {
	id         chat.RoomID
	slug, name string
	kind       chat.RoomKind
	people     []chat.User // of a group without a name: all of them, by their names
}

// direct reports whether everybody in it is spoken to by every message.
func (r room) direct() bool { return r.kind == chat.KindDirect || r.kind == chat.KindGroup }

// everybody reports whether all people are in it, without rows that say so.
func (r room) everybody() bool { return r.slug == chat.Level0Room }

// found is one message that calls for the attention of a person, or of all in the room.
type found struct {
	person  // its zero value: all in the room
	kind    chat.NoticeKind
	root    chat.Seq // of the thread that it is in; 0: none
	at      int64
	message chat.Message
	told    telling
	decided Decision

	notice int64 // the row, once it is written; 0: there is none
	known  bool  // they were told of this message before
}

// telling is how somebody may have heard of a message before, for another reason: then the
// inbox has it, and that is all.
type telling struct {
	at  int64 // who is in the room only since then hasn't; Unix milliseconds; 0: nobody has
	own bool  // it spoke to them; else it was for whoever could hear, and nothing was mailed
}

// finding is what a run of events of a room comes to.
type finding struct {
	room      room
	found     []found
	followers []follower
	withdrawn []withdrawn
	// unsaid are those who may have heard of what is gone; called among them: all in the room.
	unsaid []chat.UserID
}

// follower is somebody who may follow a thread from now on.
type follower struct {
	root chat.Seq
	id   chat.UserID
}

// withdrawn is what doesn't call for anybody's attention any more.
type withdrawn struct {
	seq chat.Seq
	all bool // whoever it was
	// people are those who aren't spoken to any more, and how they were.
	people targets
}

func (f finding) nothing() bool { return len(f.found)+len(f.followers)+len(f.withdrawn) == 0 }

// room reads a room; false: it isn't there.
func (s *Service) room(ctx context.Context, id chat.RoomID) (r room, there bool, err error) {
	err = s.cfg.DB.Read(ctx, func(tx *sql.Tx) (err error) {
		r, there, err = readRoom(ctx, tx, id)
		return err
	})
	return r, there, err
}

func readRoom(ctx context.Context, tx *sql.Tx, id chat.RoomID) (r room, there bool, err error) {
	r.id = id
	err = tx.QueryRowContext(ctx, `select slug, name, kind from rooms where id = ? and deleted_at is null`, string(id)).Scan(&r.slug, &r.name, &r.kind)
	if errors.Is(err, sql.ErrNoRows) {
		return r, false, nil
	}
	if err == nil && r.unnamed() {
		r.people, err = readPeople(ctx, tx, id)
	}
	return r, err == nil, err
}

// targets are those whose attention a message calls for, each by the strongest reason.
type targets map[chat.UserID]chat.NoticeKind

// strength orders kinds, the strongest first.
func strength(k chat.NoticeKind) int {
	return slices.Index([]chat.NoticeKind{chat.NoticeMention, chat.NoticeReply, chat.NoticeThread, chat.NoticeCall, chat.NoticeRoom}, k)
}

func (t targets) add(kind chat.NoticeKind, ids ...chat.UserID) {
	for _, id := range ids {
		if was, there := t[id]; !there || strength(kind) < strength(was) {
			t[id] = kind
		}
	}
}

// called stands among targets for all in the room.
const called chat.UserID = ""

// all reports whether all in the room are among them.
func (t targets) all() bool {
	_, there := t[called]
	return there
}

// some reports whether there is one of that kind.
func (t targets) some(of func(chat.NoticeKind) bool) bool {
	return slices.ContainsFunc(slices.Collect(maps.Values(t)), of)
}

// find looks at what a run of events did.
func (s *Service) find(ctx context.Context, r room, c chat.Changes) (f finding, err error) {
	f.room = r
	var always []chat.UserID // who wants to know all
	asked := false
	for _, e := range c.Events {
		m := e.Message
		var t targets
		var told map[chat.UserID]telling
		var root chat.Seq
		switch {
		case e.Kind == chat.EventPost && m.Type == chat.TypeText && m.DeletedAt == 0:
			if !asked {
				if always, err = s.audience(ctx, r); err != nil {
					return f, err
				}
				asked = true
			}
			if t, root, err = s.posted(ctx, &f, &m); err == nil {
				t.add(chat.NoticeRoom, always...)
			}
		case e.Kind == chat.EventEdit && m.DeletedAt == 0:
			t, told, root, err = s.edited(ctx, &f, &m)
		case e.Kind == chat.EventEdit || e.Kind == chat.EventDelete:
			err = s.deleted(ctx, &f, m.Seq)
		}
		if err != nil {
			return f, err
		}
		delete(t, m.UserID)
		for _, id := range slices.Sorted(maps.Keys(t)) {
			f.found = append(f.found, found{person: person{id: id}, kind: t[id], root: root, at: max(m.Timestamp, m.EditedAt), message: m, told: told[id]})
		}
	}
	return f, s.judge(ctx, &f)
}

// audience returns who wants to know all of a room, or is in it where it is a direct or a
// group.
func (s *Service) audience(ctx context.Context, r room) (list []chat.UserID, err error) {
	const members = `select user_id from members where room_id = ? and role <> '' limit ?`
	const all = `select user_id from members where room_id = ?1 and notify = 'all' and role <> ''
		union select a.user_id from attention_settings a left join members m on m.room_id = ?1 and m.user_id = a.user_id and m.role <> ''
			where a.rooms = 'all' and coalesce(m.notify, '') = '' and (?2 or m.user_id is not null) limit ?3`
	err = s.cfg.DB.Read(ctx, func(tx *sql.Tx) (err error) {
		if r.direct() {
			list, err = column[chat.UserID](ctx, tx, members, string(r.id), maxReached)
			return err
		}
		list, err = column[chat.UserID](ctx, tx, all, string(r.id), r.everybody(), maxReached+1)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read who wants to know all: %w", err)
	}
	if len(list) > maxReached {
		list = nil
	}
	return list, nil
}

// posted finds whom a new message speaks to, and notes who may follow its thread.
func (s *Service) posted(ctx context.Context, f *finding, m *chat.Message) (t targets, root chat.Seq, err error) {
	t = make(targets)
	if err := s.spokenTo(ctx, f.room, m, t); err != nil {
		return nil, 0, err
	}
	if m.ReplyTo != "" {
		answered, there, err := s.cfg.Rooms.FindMessage(ctx, f.room.id, m.ReplyTo)
		if err != nil {
			return nil, 0, err
		}
		if there && answered.DeletedAt == 0 {
			t.add(chat.NoticeReply, answered.UserID)
		}
	}
	if m.Thread != "" {
		root, err = s.inThread(ctx, f, m, t)
	}
	return t, root, err
}

// spokenTo adds those whom a message speaks to.
func (s *Service) spokenTo(ctx context.Context, r room, m *chat.Message, t targets) error {
	users, all, here := chat.Mentioned(m.Content)
	t.add(chat.NoticeMention, users...)
	if r.direct() {
		return nil // all hear of it anyway
	}
	if all {
		t.add(chat.NoticeCall, called)
	} else if here {
		online, err := s.online(ctx, r)
		if err != nil {
			return err
		}
		t.add(chat.NoticeCall, online...)
	}
	return nil
}

// online returns the members of a room who have a socket open.
func (s *Service) online(ctx context.Context, r room) (list []chat.UserID, err error) {
	after := chat.UserID("")
	for len(list) < maxReached {
		page, err := s.members(ctx, r, after)
		if err != nil || len(page) == 0 {
			return list, err
		}
		after = page[len(page)-1]
		for _, member := range page {
			if s.cfg.Where(member).Online && len(list) < maxReached {
				list = append(list, member)
			}
		}
	}
	return list, nil
}

// members returns the next callPage people in a room after one, by their ids.
func (s *Service) members(ctx context.Context, r room, after chat.UserID) (list []chat.UserID, err error) {
	err = s.cfg.DB.Read(ctx, func(tx *sql.Tx) (err error) {
		if r.everybody() {
			list, err = column[chat.UserID](ctx, tx, `select id from users where id > ? order by id limit ?`, string(after), callPage)
			return err
		}
		list, err = column[chat.UserID](ctx, tx, `select user_id from members where room_id = ? and user_id > ? and role <> '' order by user_id limit ?`,
			string(r.id), string(after), callPage)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read who is in a room: %w", err)
	}
	return list, nil
}

// inThread adds those who follow the thread of a message. Who takes part in it, or began
// it, follows it unless they said that they don't want to: that they do is noted in their
// own objects only a moment after the reply.
func (s *Service) inThread(ctx context.Context, f *finding, m *chat.Message, t targets) (chat.Seq, error) {
	root, there, err := s.cfg.Rooms.FindMessage(ctx, f.room.id, m.Thread)
	if err != nil || !there {
		return 0, err
	}
	thread := chat.Place{Room: f.room.id, Root: root.Seq}
	var list []chat.UserID
	err = s.cfg.DB.Read(ctx, func(tx *sql.Tx) (err error) {
		list, err = column[chat.UserID](ctx, tx, `select user_id from thread_followers where room_id = ? and root = ? limit ?`,
			string(thread.Room), int64(thread.Root), maxFollowers)
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("read who follows a thread: %w", err)
	}
	for _, e := range f.followers { // of the same run
		if e.root == root.Seq {
			list = append(list, e.id)
		}
	}
	for _, id := range []chat.UserID{m.UserID, root.UserID} {
		if !slices.Contains(list, id) {
			list = append(list, id)
			f.followers = append(f.followers, follower{root.Seq, id})
		}
	}
	for _, id := range list {
		following, known, err := s.cfg.Rooms.Follows(ctx, id, thread)
		if err != nil {
			return 0, err
		}
		if following || !known {
			t.add(chat.NoticeThread, id)
		}
	}
	return root.Seq, nil
}

// edited finds whom a message speaks to only now, and withdraws it from those to whom it
// doesn't any more. told are those of them who were told of the message before.
func (s *Service) edited(ctx context.Context, f *finding, m *chat.Message) (t targets, told map[chat.UserID]telling, root chat.Seq, err error) {
	now := make(targets)
	if err := s.spokenTo(ctx, f.room, m, now); err != nil {
		return nil, nil, 0, err
	}
	stored, calledAt, err := s.stored(ctx, f.room.id, m.Seq)
	if err != nil {
		return nil, nil, 0, err
	}
	once, onceAt, err := s.once(ctx, f.room.id, m.Seq)
	if err != nil {
		return nil, nil, 0, err
	}
	calledAt = max(calledAt, onceAt)
	before := make(targets)
	for _, w := range f.found { // of the same run: it is as it is now already
		if w.message.Seq == m.Seq {
			before[w.id] = w.kind
			if w.id == called {
				calledAt = max(calledAt, w.at)
			}
		}
	}
	gone := withdrawn{seq: m.Seq, people: make(targets)}
	for id, kind := range stored {
		before[id] = kind
		spoken := kind == chat.NoticeMention || kind == chat.NoticeCall
		// Whom @here called was here then: whoever came or left since doesn't count.
		stillCalled := kind == chat.NoticeCall && id != called && strings.Contains(m.Content, "@[here](room:here)")
		if _, still := now[id]; spoken && !still && !stillCalled {
			gone.people[id] = kind
		}
	}
	if len(gone.people) > 0 {
		f.withdrawn = append(f.withdrawn, gone)
		f.unsaid = slices.AppendSeq(f.unsaid, maps.Keys(gone.people))
	}
	t, told = make(targets), make(map[chat.UserID]telling)
	isCall := func(k chat.NoticeKind) bool { return k == chat.NoticeCall }
	calledBefore := before.some(isCall) || once.some(isCall)
	for id, kind := range now {
		was, standing := before[id]
		_, takenBack := once[id]
		if standing && (was != chat.NoticeRoom || f.room.direct()) || isCall(kind) && calledBefore && !takenBack {
			continue
		}
		t[id] = kind
		switch {
		case takenBack:
			told[id] = telling{math.MaxInt64, true}
		case before.all() || once.all():
			told[id] = telling{calledAt, false}
		case standing:
			told[id] = telling{math.MaxInt64, false}
		}
	}
	if len(t) > 0 && !f.room.direct() { // and those who hear of every message; in directs that stands somewhere
		always, err := s.audience(ctx, f.room)
		if err != nil {
			return nil, nil, 0, err
		}
		for _, id := range always {
			if _, known := told[id]; !known {
				told[id] = telling{m.Timestamp, false}
			}
		}
	}
	if m.Thread != "" && len(t) > 0 {
		r, _, err := s.cfg.Rooms.FindMessage(ctx, f.room.id, m.Thread)
		if err != nil {
			return nil, nil, 0, err
		}
		root = r.Seq
	}
	return t, told, root, nil
}

// once returns who was told of a message until an edit withdrew it, and why; and until when
// all in the room were called.
func (s *Service) once(ctx context.Context, id chat.RoomID, seq chat.Seq) (t targets, calledAt int64, err error) {
	t, calledAt, err = s.targets(ctx, `select user_id, kind, at from withdrawals where room_id = ?1 and seq = ?2`, id, seq)
	if err != nil {
		return nil, 0, fmt.Errorf("read who was told of a message once: %w", err)
	}
	return t, calledAt, nil
}

// stored returns who was told of a message, and why; and when all in the room were called.
func (s *Service) stored(ctx context.Context, id chat.RoomID, seq chat.Seq) (t targets, calledAt int64, err error) {
	const query = `select coalesce(user_id, ''), kind, at from notices where room_id = ?1 and seq = ?2
		union all select coalesce(user_id, ''), kind, at from deliveries where room_id = ?1 and seq = ?2`
	if t, calledAt, err = s.targets(ctx, query, id, seq); err != nil {
		return nil, 0, fmt.Errorf("read who was told of a message: %w", err)
	}
	return t, calledAt, nil
}

func (s *Service) targets(ctx context.Context, query string, id chat.RoomID, seq chat.Seq) (t targets, calledAt int64, err error) {
	t = make(targets)
	err = s.cfg.DB.Read(ctx, func(tx *sql.Tx) error {
		return db.Each(ctx, tx, query, []any{string(id), int64(seq)}, func(scan func(...any) error) error {
			var user chat.UserID
			var kind chat.NoticeKind
			var at int64
			err := scan(&user, &kind, &at)
			if t.add(kind, user); user == called {
				calledAt = max(calledAt, at)
			}
			return err
		})
	})
	return t, calledAt, err
}

// deleted withdraws a message from all. Of those who heard of it as they want to know all of
// the room nothing may be stored.
func (s *Service) deleted(ctx context.Context, f *finding, seq chat.Seq) error {
	f.found = slices.DeleteFunc(f.found, func(w found) bool { return w.message.Seq == seq })
	stored, _, err := s.stored(ctx, f.room.id, seq)
	if err != nil {
		return err
	}
	once, _, err := s.once(ctx, f.room.id, seq)
	if err != nil {
		return err
	}
	if len(stored)+len(once) > 0 {
		f.withdrawn = append(f.withdrawn, withdrawn{seq: seq, all: true})
	}
	always, err := s.audience(ctx, f.room)
	f.unsaid = slices.AppendSeq(append(f.unsaid, always...), maps.Keys(stored))
	return err
}
