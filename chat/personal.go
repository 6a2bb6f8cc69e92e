package chat

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"snug/durable"
)

// What is a person's own, over their inbox: how far they have read, the threads that
// they follow, drafts. What only reads wakes nothing.

func (s *Service) inbox(id UserID) *durable.Stub { return s.inboxes.ByName(string(id)) }

func (s *Service) storedInbox(ctx context.Context, id UserID) storedMessages {
	return storedMessages{ctx, s.inbox(id)}
}

// MarkRead notes how far a person has read a room. A mark only rises, but for back: it
// then goes to wherever it is told to.
func (s *Service) MarkRead(ctx context.Context, a Actor, slug string, seq Seq, back bool) (ReadMark, error) {
	if a.ReadOnly {
		return ReadMark{}, errReadOnly
	}
	st, err := s.admit(ctx, a, slug, ActRead)
	if err != nil {
		return ReadMark{}, err
	}
	read, err := s.markRead(ctx, a, st.id, mark{Slug: slug, Seq: seq, Back: back}, nil)
	return ReadMark{read}, public(err)
}

// markRead does so for a socket too, and tells the person's others and, where few people
// are in the room, those.
func (s *Service) markRead(ctx context.Context, a Actor, room RoomID, m mark, from *client) (Seq, error) {
	at, err := s.glance(ctx, room)
	if err != nil {
		return 0, err
	}
	m.Room, m.Seq = room, min(m.Seq, at.head)
	now, err := s.calls.read.Call(ctx, s.inbox(a.ID), m)
	if err != nil || !now.Moved {
		return now.Read, err
	}
	told := false
	if !m.Back {
		// Whether others hear of it is nothing that the mark depends on.
		if told, err = s.calls.tellRead.Call(ctx, s.ns.ByName(string(room)), readNote{a.ID, now.Read}); err != nil {
			s.cfg.Logger.Debug("a read mark isn't told", "room", string(room), "cause", err.Error())
		}
	}
	joined := ""
	if told {
		joined = m.Slug
	}
	f := frame(ReadFrame{Type: "read", Room: m.Slug, UserID: a.ID, Seq: now.Read})
	s.live.tellPerson(a.ID, f, from, joined)
	return now.Read, nil
}

// readNote is how far somebody has read.
type readNote struct {
	User UserID
	Seq  Seq
}

// tellRead tells all in the room, the person's own sockets too, unless there are too many
// people. It reports whether it did.
func (r *Room) tellRead(_ context.Context, n readNote) (bool, error) {
	if r.presence.count() > maxReaders {
		return false, nil
	}
	f := frame(ReadFrame{Type: "read", Room: r.meta.Slug, UserID: n.User, Seq: n.Seq})
	r.st.Broadcast(tagLevel1, f.Droppable(), nil)
	return true, nil
}

// Follow makes a person follow a thread, or stop to. Who begins a thread or replies in
// it follows it by that.
func (s *Service) Follow(ctx context.Context, a Actor, slug string, id MessageID, on bool) (ThreadMark, error) {
	room, root, err := s.root(ctx, a, slug, id)
	if err != nil {
		return ThreadMark{}, public(err)
	}
	tell := func(when bool) error {
		if s.cfg.Followed == nil || on != when {
			return nil
		}
		return s.cfg.Followed(ctx, a.ID, Place{room, root.Seq}, on)
	}
	if err := tell(true); err != nil {
		return ThreadMark{}, public(err)
	}
	m, err := s.calls.follow.Call(ctx, s.inbox(a.ID), followChange{Room: room, Root: root.Seq, ID: root.ID, On: on})
	if err == nil {
		s.AttentionChanged(a.ID)
		err = tell(false)
	}
	return m, public(err)
}

// ReadThread notes how far a person has read a thread, and tells their sockets. The mark only
// rises.
func (s *Service) ReadThread(ctx context.Context, a Actor, slug string, id MessageID, seq Seq) (ThreadMark, error) {
	room, root, err := s.root(ctx, a, slug, id)
	if err != nil {
		return ThreadMark{}, public(err)
	}
	last := Seq(0)
	if root.Replies != nil {
		last = root.Replies.LastSeq
	}
	m, err := s.calls.readThread.Call(ctx, s.inbox(a.ID), mark{Room: room, Root: root.Seq, ID: root.ID, Seq: min(seq, last)})
	if err == nil && m.Moved {
		s.AttentionChanged(a.ID)
	}
	return m.ThreadMark, public(err)
}

// root finds a message of a room that a thread may begin with, for somebody who changes
// what they have to do with it.
func (s *Service) root(ctx context.Context, a Actor, slug string, id MessageID) (RoomID, *Message, error) {
	if a.ReadOnly {
		return "", nil, errReadOnly
	}
	st, err := s.admit(ctx, a, slug, ActRead)
	if err != nil {
		return "", nil, err
	}
	m, err := storedMessages{ctx, s.ns.ByName(string(st.id))}.find(id)
	if err == nil && m.Thread != "" {
		err = errThreadOfThread
	}
	return st.id, m, err
}

// Threads returns the threads that a person follows, those with the latest replies first.
// Which those are is told by the keys of the replies: only of those in the list the roots
// are read.
func (s *Service) Threads(ctx context.Context, a Actor) (ThreadList, error) {
	all, err := s.knownThreads(ctx, a.ID)
	if err != nil {
		return ThreadList{}, public(err)
	}
	all = slices.DeleteFunc(all, func(f knownThread) bool { return !f.Following })
	in := make(map[RoomID]struct{})
	for _, f := range all {
		in[f.room] = struct{}{}
	}
	slugs, err := s.visibleSlugs(ctx, a, in)
	if err != nil {
		return ThreadList{}, public(err)
	}
	for i, f := range all {
		if _, known := slugs[f.room]; !known {
			continue
		}
		if _, all[i].lastAt, err = lastReply(storedMessages{ctx, s.ns.ByName(string(f.room))}, f.root); err != nil {
			return ThreadList{}, public(err)
		}
	}
	slices.SortStableFunc(all, func(a, b knownThread) int { return cmp.Compare(b.lastAt, a.lastAt) })
	list := ThreadList{[]ThreadSummary{}}
	for _, f := range all {
		if len(list.Threads) == maxThreads || f.lastAt == 0 {
			break // the others are gone, or nobody has replied yet
		}
		shown, there, err := s.threadSummary(ctx, f)
		if err != nil {
			return list, public(err)
		}
		if there {
			shown.Room = slugs[f.room]
			list.Threads = append(list.Threads, shown)
		}
	}
	return list, nil
}

// knownThread is a thread that a person follows, followed once, or has read.
type knownThread struct {
	room   RoomID
	root   Seq
	lastAt int64 // when its last reply was posted; 0: there is none
	follow
}

func (s *Service) knownThreads(ctx context.Context, id UserID) (all []knownThread, err error) {
	var broken error
	err = s.storedInbox(ctx, id).Each(under(prefixFollow), func(key string, value []byte) bool {
		var f follow
		if f, broken = parseAny[follow](value); broken == nil {
			all = append(all, knownThread{roomOfKey(key), lastSeqOf(key), 0, f})
		}
		return broken == nil
	})
	return all, cmp.Or(err, broken)
}

// lastReply tells the last reply of a thread, and when it was posted; 0: there is none.
func lastReply(from storage, root Seq) (last Seq, at int64, err error) {
	o := under(threadKey(root))
	o.Reverse, o.Limit = true, 1
	err = from.Each(o, func(key string, value []byte) bool {
		last, at = lastSeqOf(key), replyTime(value)
		return false
	})
	if err != nil || last == 0 || at != 0 {
		return last, at, err
	}
	stored, err := from.Get(messageKey(last)) // of a version that kept no times there
	if err != nil || stored == nil {
		return last, 0, err
	}
	h, err := parseHead(stored)
	return last, h.Timestamp, err
}

// threadSummary returns a thread as it is listed; false: its root is gone.
func (s *Service) threadSummary(ctx context.Context, f knownThread) (shown ThreadSummary, there bool, err error) {
	from := storedMessages{ctx, s.ns.ByName(string(f.room))}
	root, err := messageAt(from, f.root)
	if err != nil || root == nil || root.ID != f.Root || root.Replies == nil {
		return shown, false, err
	}
	shown = ThreadSummary{Root: *root, Following: true, Read: f.Read}
	o := durable.ListOptions{Prefix: threadKey(f.root), Start: replyKey(f.root, f.Read+1), Limit: maxUnread}
	err = from.Each(o, func(string, []byte) bool { shown.Unread++; return true })
	return shown, true, err
}

// Drafts returns a person's drafts, those changed last first, and where there were others.
func (s *Service) Drafts(ctx context.Context, a Actor) (DraftList, error) {
	type keptDraft struct {
		room RoomID
		Draft
	}
	var all []keptDraft
	in := make(map[RoomID]struct{})
	var broken error
	err := s.storedInbox(ctx, a.ID).Each(under(prefixDraft), func(key string, value []byte) bool {
		var d draft
		d, broken = parseAny[draft](value)
		_, thread, _ := strings.Cut(key, "\x00")
		room := roomOfKey(key)
		in[room] = struct{}{}
		all = append(all, keptDraft{room, Draft{Thread: MessageID(thread), Content: d.Content, ReplyTo: d.ReplyTo, UpdatedAt: d.UpdatedAt}})
		return broken == nil
	})
	if err = cmp.Or(err, broken); err != nil {
		return DraftList{}, public(err)
	}
	slugs, err := s.visibleSlugs(ctx, a, in)
	if err != nil {
		return DraftList{}, public(err)
	}
	list := DraftList{Drafts: []Draft{}, Deleted: []DeletedDraft{}}
	for _, d := range all {
		slug, visible := slugs[d.room]
		switch {
		case !visible:
		case d.Content == "":
			list.Deleted = append(list.Deleted, DeletedDraft{slug, d.Thread, d.UpdatedAt})
		default:
			d.Room = slug
			list.Drafts = append(list.Drafts, d.Draft)
		}
	}
	slices.SortStableFunc(list.Drafts, func(a, b Draft) int { return cmp.Compare(b.UpdatedAt, a.UpdatedAt) })
	return list, nil
}

// KeepDraft keeps a draft, or the one that is kept already if that was written later,
// and returns it. One without content deletes it.
func (s *Service) KeepDraft(ctx context.Context, a Actor, d Draft) (Draft, error) {
	switch {
	case a.ReadOnly:
		return Draft{}, errReadOnly
	case len(d.Thread) > maxIDChars || len(d.ReplyTo) > maxIDChars || strings.Contains(string(d.Thread), "\x00"):
		return Draft{}, bad("thread and replyTo must be ids of messages.")
	case d.UpdatedAt <= 0:
		return Draft{}, bad("updatedAt must say when the draft was written: Unix milliseconds.")
	}
	if n := len([]rune(d.Content)); n > maxDraftChars {
		return Draft{}, &Error{Code: CodeTooLong, Message: fmt.Sprintf("The draft has %d characters; at most %d are kept.", n, maxDraftChars)}
	}
	st, err := s.admit(ctx, a, d.Room, ActSee)
	if err != nil {
		return Draft{}, public(err)
	}
	kept, err := s.calls.keep.Call(ctx, s.inbox(a.ID), draftChange{st.id, d.Thread, draft{d.Content, d.ReplyTo, d.UpdatedAt}})
	d.Content, d.ReplyTo, d.UpdatedAt = kept.Content, kept.ReplyTo, kept.UpdatedAt
	return d, public(err)
}

// Settings returns what of them chat knows.
func (s *Service) Settings() Settings {
	set := Settings{MaxMessageChars: s.cfg.MaxChars, Previews: s.cfg.Linked != nil, Server: s.Server()}
	if s.cfg.Files != nil {
		set.MaxFiles = maxAttachments
	}
	return set
}
