package chat

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"snug/durable"
)

// What is read past the rooms, beside pages of history: it wakes none and waits for
// none. All that was sent and acknowledged before is seen.

// reader reads one room for somebody.
func (s *Service) reader(ctx context.Context, a Actor, slug string) (storedMessages, standing, error) {
	st, err := s.admit(ctx, a, slug, ActRead)
	if err != nil {
		return storedMessages{}, st, err
	}
	return storedMessages{ctx, s.ns.ByName(string(st.id))}, st, nil
}

// find returns the message with that id, or errNoMessage.
func (s storedMessages) find(id MessageID) (*Message, error) {
	m, err := find(s, id, s.extent)
	if err == nil && m == nil || errors.Is(err, errNoStream) {
		err = errNoMessage
	}
	return m, err
}

// Message returns one message, as it is now.
func (s *Service) Message(ctx context.Context, a Actor, slug string, id MessageID) (Message, error) {
	from, _, err := s.reader(ctx, a, slug)
	if err != nil {
		return Message{}, public(err)
	}
	m, err := from.find(id)
	if err != nil {
		return Message{}, public(err)
	}
	return *m, nil
}

// Versions returns what a message said before, oldest first: for its author and for
// moderators.
func (s *Service) Versions(ctx context.Context, a Actor, slug string, id MessageID) (VersionList, error) {
	from, st, err := s.reader(ctx, a, slug)
	if err != nil {
		return VersionList{}, public(err)
	}
	m, err := from.find(id)
	if err != nil {
		return VersionList{}, public(err)
	}
	if a.ID != m.UserID && !s.rules.may(ActDeleteAny, st.role, st.kind) {
		return VersionList{}, forbidden("Only its author and moderators can see what a message said before.")
	}
	list, err := versionsOf(from, m.Seq)
	return VersionList{list}, public(err)
}

// versionsOf returns what a message said before; never nil.
func versionsOf(from storage, seq Seq) ([]Version, error) {
	list := []Version{}
	var broken error
	err := from.Each(under(versionKey(seq)), func(key string, value []byte) bool {
		v, err := parseAny[Version](value)
		if err != nil {
			broken = fmt.Errorf("read version %q: %w", key, err)
		}
		list = append(list, v)
		return err == nil
	})
	if err == nil {
		err = broken
	}
	return list, err
}

// Pins returns the pinned messages of a room, those pinned last first.
func (s *Service) Pins(ctx context.Context, a Actor, slug string) (PinList, error) {
	from, _, err := s.reader(ctx, a, slug)
	if err != nil {
		return PinList{}, public(err)
	}
	type pin struct{ message, pinned Seq }
	var pins []pin
	err = from.Each(under(prefixPin), func(key string, value []byte) bool {
		pins = append(pins, pin{lastSeqOf(key), seqOf(value)})
		return true
	})
	if err != nil {
		return PinList{}, public(err)
	}
	slices.SortFunc(pins, func(a, b pin) int { return cmp.Compare(b.pinned, a.pinned) })
	list := PinList{[]Message{}}
	for _, p := range pins {
		m, err := messageAt(from, p.message)
		if err != nil {
			return PinList{}, public(err)
		}
		if m != nil && m.Pinned { // else it was unpinned meanwhile
			list.Messages = append(list.Messages, *m)
		}
	}
	return list, nil
}

// ThreadQuery selects a piece of a thread: the replies before or after a seq, the
// nearest ones; neither is the newest.
type ThreadQuery struct {
	Before, After *Seq
	Limit         int // 1 to MaxPageLimit; 0: DefaultPageLimit
}

// Thread returns a piece of the thread that a message began, or may begin.
func (s *Service) Thread(ctx context.Context, a Actor, slug string, id MessageID, q ThreadQuery) (ThreadPage, error) {
	h, err := HistoryQuery{Before: q.Before, After: q.After, Limit: q.Limit}.checked()
	if err != nil {
		return ThreadPage{}, err
	}
	from, st, err := s.reader(ctx, a, slug)
	if err != nil {
		return ThreadPage{}, public(err)
	}
	root, err := from.find(id)
	if err != nil {
		return ThreadPage{}, public(err)
	}
	if root.Thread != "" {
		return ThreadPage{}, errThreadOfThread
	}
	page, err := from.replies(root, h)
	if err != nil {
		return page, public(err)
	}
	f, _, err := load[follow](s.storedInbox(ctx, a.ID), followKey(st.id, root.Seq))
	page.Following, page.Read = f.Following, f.Read
	return page, public(err)
}

var errThreadOfThread = bad("This message is in a thread itself. Ask for the thread of the message that began it.")

func (s storedMessages) replies(root *Message, q HistoryQuery) (ThreadPage, error) {
	page := ThreadPage{Root: *root, Messages: []Message{}}
	o := durable.ListOptions{Prefix: threadKey(root.Seq), Limit: q.Limit + 1, Reverse: q.After == nil}
	switch {
	case q.Before != nil:
		o.End = replyKey(root.Seq, *q.Before)
	case q.After != nil:
		o.Start = replyKey(root.Seq, *q.After+1)
	}
	var seqs []Seq
	if err := s.Each(o, func(key string, _ []byte) bool { seqs = append(seqs, lastSeqOf(key)); return true }); err != nil {
		return page, err
	}
	more := len(seqs) > q.Limit
	seqs = seqs[:min(len(seqs), q.Limit)]
	size := 0
	for i, seq := range seqs { // the nearest first
		m, err := messageAt(s, seq)
		if err != nil {
			return page, err
		}
		if m == nil {
			continue // retention took it meanwhile
		}
		if size += m.size(); size > maxPageBytes && i > 0 {
			more = true
			break
		}
		page.Messages = append(page.Messages, *m)
	}
	if o.Reverse {
		slices.Reverse(page.Messages)
	}
	page.HasOlder, page.HasNewer = more && o.Reverse, more && !o.Reverse
	var err error
	switch {
	case q.Before != nil:
		page.HasNewer, err = s.hasReply(root.Seq, *q.Before, maxSeq)
	case q.After != nil:
		page.HasOlder, err = s.hasReply(root.Seq, 0, *q.After+1)
	}
	return page, err
}

// hasReply reports whether a thread has a reply with from <= seq < below.
func (s storedMessages) hasReply(root, from, below Seq) (has bool, err error) {
	o := durable.ListOptions{Prefix: threadKey(root), Start: replyKey(root, from), End: replyKey(root, below), Limit: 1}
	err = s.Each(o, func(string, []byte) bool { has = true; return false })
	return has, err
}
