package chat

import (
	"context"
	"encoding/binary"
	"time"

	"snug/durable"
)

// changeOf is the wish that a frame expresses.
func (r *Room) changeOf(q request) change {
	c := change{kind: eventKind(q.Frame.Type), by: q.Actor.ID, content: q.Frame.Content, emoji: q.Frame.Emoji, maxChars: r.maxChars}
	c.on = q.Frame.On != nil && *q.Frame.On
	c.may = r.mayDo(q.Actor)
	return c
}

// mayDo says what somebody may do in this room.
func (r *Room) mayDo(a Actor) func(Action) bool {
	role := r.authorityOf(a).role
	return func(act Action) bool { return r.state.rules.may(act, role, r.state.kind) }
}

// change edits, deletes, pins or reacts to a message for a socket, whether it has
// joined or not.
func (r *Room) change(_ context.Context, q request) (none, error) {
	if r.st.Ended(q.Socket) {
		return none{}, nil
	}
	if _, err := r.alter(q); err != nil {
		if AsError(err).Code == CodeInternal {
			r.log.Error("change failed", "room", r.st.ID().String(), "type", q.Frame.Type, "cause", err.Error())
		}
		r.refuse(q, AsError(err))
		return none{}, nil
	}
	r.confirm(q)
	return none{}, nil
}

// changeNow does so for who has no socket, and returns the message as it is then.
func (r *Room) changeNow(_ context.Context, q request) (Message, error) { return r.alter(q) }

// alter decides about a change, stores it and tells of it. A change that changes
// nothing leaves no trace.
func (r *Room) alter(q request) (Message, error) {
	by := r.authorityOf(q.Actor)
	if by.role == "" {
		return Message{}, errNoRoom
	}
	if err := r.learn(q.Slug); err != nil {
		return Message{}, err
	}
	m, err := r.find(q.Frame.ID)
	if err != nil {
		return Message{}, err
	}
	if q.Frame.Type == FrameDelete {
		by.mutedUntil = 0 // what one said one may take back
	}
	if refused := refuseAct(r.state.archived, by, r.now().UnixMilli()); refused != nil {
		return Message{}, refused
	}
	c := r.changeOf(q)
	if c.kind == eventPin && c.on {
		if c.pins, err = r.countPins(); err != nil {
			return Message{}, err
		}
	}
	next, err := r.apply(m, c)
	if err == nil && c.kind == eventDelete && m.UserID != c.by && m.DeletedAt == 0 {
		err = r.noteDeletion(q.Actor.User, m, r.state.head, next.DeletedAt)
	}
	return next, err
}

func (r *Room) apply(m *Message, c change) (Message, error) {
	at := r.now().UnixMilli()
	next, refused := applyChange(m, c, at)
	switch {
	case refused != nil:
		return Message{}, refused
	case next == nil:
		return *m, nil
	}
	wait := r.state.changes.wait(c.by, at)
	if c.kind == eventEdit {
		wait = max(wait, r.state.edits.wait(c.by, at))
	}
	if wait > 0 && c.kind != eventPreview {
		return Message{}, &Error{Code: CodeRateLimited, Message: "You change messages too fast. Wait a moment.", Retry: time.Duration(wait) * time.Millisecond}
	}
	if err := r.storable(); err != nil {
		return Message{}, full(err)
	}
	e := event{Kind: c.kind, By: c.by, At: at}
	if err := r.happen(e, m, next); err != nil {
		return Message{}, err
	}
	if c.kind == eventDelete && m.Thread != "" {
		if err := r.dropReply(e, m); err != nil {
			return Message{}, err
		}
	}
	return *next, nil
}

// happen makes an event of a change, stores both and tells of them.
func (r *Room) happen(e event, m, next *Message) error {
	seq := r.state.head + 1
	e.Target, e.ID, e.Author, e.Count = m.Seq, m.ID, m.UserID, r.state.events+1
	if err := r.storeChange(seq, e, m, next); err != nil {
		return err
	}
	encoded := next.encoded()
	r.tail.replace(m.Seq, encoded)
	r.state.changed(e)
	r.show()
	r.st.Broadcast(tagLevel1, updateFrame(r.slug, seq, encoded), nil)
	r.notify(seq, nil)
	if e.Kind == eventEdit && r.linked != nil && (hasLinks(m.Content) || hasLinks(next.Content)) {
		id, target, author := r.id(), m.Seq, m.UserID
		r.st.AfterCommit(func() { r.linked(id, target, author) })
	}
	if e.Kind == eventDelete && len(m.Attachments) > 0 {
		r.released(r.id(), m.UserID, m.ClientID)
	}
	if len(m.Previews) > len(next.Previews) {
		user, id := PreviewClaim(m.Seq)
		r.released(r.id(), user, id)
	}
	return nil
}

func (r *Room) find(id MessageID) (*Message, error) {
	return find(r.st.Storage(), id, func() (extent, error) { return r.extent(), nil })
}

func (r *Room) storeChange(seq Seq, e event, m, next *Message) error {
	entries := []durable.Entry{
		{Key: messageKey(m.Seq), Value: next.encoded()},
		{Key: eventKey(seq), Value: encode(e)},
	}
	if next.Pinned && !m.Pinned {
		entries = append(entries, durable.Entry{Key: pinKey(m.Seq), Value: binary.BigEndian.AppendUint64(nil, uint64(seq))})
	}
	store := r.st.Storage()
	if err := store.PutMany(entries); err != nil {
		return err
	}
	if m.Pinned && !next.Pinned {
		if _, err := store.Delete(pinKey(m.Seq)); err != nil {
			return err
		}
	}
	switch e.Kind {
	case eventEdit:
		return r.keepVersion(m, Version{m.Content, e.At})
	case eventDelete:
		if _, err := store.Delete(removedKey(m.Seq)); err != nil {
			return err
		}
		return store.DeleteRange(versionKey(m.Seq), versionKey(m.Seq+1))
	}
	return nil
}

// keepVersion keeps what a message said before it was edited, but no more than
// maxVersions of it.
func (r *Room) keepVersion(m *Message, v Version) error {
	store, prefix := r.st.Storage(), versionKey(m.Seq)
	n := uint32(0)
	err := store.Each(durable.ListOptions{Prefix: prefix, Reverse: true, Limit: 1}, func(key string, _ []byte) bool {
		n = binary.BigEndian.Uint32([]byte(key[len(prefix):])) + 1
		return false
	})
	if err != nil {
		return err
	}
	key := func(n uint32) string { return string(binary.BigEndian.AppendUint32([]byte(prefix), n)) }
	if n >= maxVersions {
		if _, err := store.Delete(key(n - maxVersions)); err != nil {
			return err
		}
	}
	return store.Put(key(n), encode(v))
}

func (r *Room) countPins() (n int, err error) {
	o := under(prefixPin)
	o.Limit = maxPins
	err = r.st.Storage().Each(o, func(string, []byte) bool { n++; return true })
	return n, err
}

// addReply puts a reply that was posted into its thread.
func (r *Room) addReply(root, reply *Message) error {
	root.Replies = applyReplies(root.Replies, reply)
	if err := r.st.Storage().Put(replyKey(root.Seq, reply.Seq), replyValue(reply)); err != nil {
		return err
	}
	encoded := root.encoded()
	r.tail.replace(root.Seq, encoded)
	r.show()
	return r.st.Storage().Put(messageKey(root.Seq), encoded)
}

// dropReply takes a reply that was deleted out of what its thread's root tells. Its
// place in the thread stays. It is an event of its own: who has the root can't know
// whether what it tells was counted before the reply went.
func (r *Room) dropReply(e event, reply *Message) error {
	root, err := r.find(reply.Thread)
	if err != nil || root == nil || root.Replies == nil {
		return err
	}
	told := Replies{Count: max(root.Replies.Count-1, 0), LastSeq: root.Replies.LastSeq, Users: []UserID{}}
	var seqs []Seq // latest first
	o := durable.ListOptions{Prefix: threadKey(root.Seq), Reverse: true, Limit: maxRepliesRead}
	if err := r.st.Storage().Each(o, func(key string, _ []byte) bool { seqs = append(seqs, lastSeqOf(key)); return true }); err != nil {
		return err
	}
	for _, seq := range seqs {
		m, err := messageAt(r.st.Storage(), seq)
		if err != nil {
			return err
		}
		if m == nil || m.DeletedAt != 0 {
			continue
		}
		told.LastAt = max(told.LastAt, m.Timestamp)
		if told.Users = appendUser(told.Users, m.UserID); len(told.Users) == maxReplyUsers {
			break
		}
	}
	next := *root
	next.Replies = &told
	e.Kind = eventThread
	return r.happen(e, root, &next)
}
