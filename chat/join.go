package chat

import (
	"context"
	"fmt"

	"snug/durable"
)

// join lets a socket hear the room from here on, after what it missed where it
// can be resumed. A socket that has joined already starts over: the joined
// frame begins a new run of seqs. The result is how many bytes were replayed.
func (r *Room) join(_ context.Context, q request) (int, error) {
	sock, ok := r.st.Socket(q.Socket)
	if !ok || r.st.Ended(q.Socket) {
		return 0, nil
	}
	role := r.authorityOf(q.Actor).role
	if role == "" {
		return 0, errNoRoom
	}
	if err := r.learn(q.Slug); err != nil {
		return 0, err
	}
	f, head := q.Frame, r.state.head
	at := r.extent()
	at.stream = toldStream(at.stream, r.lineage)
	how := applyJoin(at, f.Stream, f.After)
	var missed []durable.Frame
	size := 0
	if how.resumed {
		var err error
		if missed, size, err = r.missed(*f.After); err != nil {
			return 0, err
		}
		if size > maxReplayBytes {
			missed, size, how = nil, 0, joinOutcome{reset: true}
		}
	}
	again := r.st.IsMember(sock)
	if err := r.st.Subscribe(sock, nil, tagLevel1); err != nil {
		return 0, &Error{Code: CodeOverloaded, Message: "The room has no place left. Try again later.", Err: err}
	}
	first := !again && r.enter(q.Actor.User)
	listed := r.presence.listed()
	if how.reset {
		// A reset doesn't say who is here; a presence frame makes up for it.
		r.reply(q,
			frame(ResetFrame{Type: "reset", Ref: f.Ref, Room: q.Slug, Stream: at.stream, Head: head}),
			usersFrame(PresenceFrame{Type: "presence", Room: q.Slug, Count: r.presence.count(), Joined: listed, Left: []UserID{}}, len(listed)))
	} else {
		r.reply(q, usersFrame(JoinedFrame{
			Type: "joined", Ref: f.Ref, Room: q.Slug, Stream: at.stream, Head: head, Role: string(role),
			Resumed: how.resumed, Count: r.presence.count(), Users: listed,
		}, len(listed)))
		r.reply(q, missed...)
	}
	r.greet(q.Actor.User, first)
	return size, nil
}

// missed returns the frames of the events after a seq, which are maxReplay at most,
// with messages as they are now, and their size. It stops where that is over
// maxReplayBytes.
func (r *Room) missed(after Seq) (frames []durable.Frame, size int, err error) {
	store := r.st.Storage()
	found := make(map[Seq]durable.Frame)
	err = store.Each(durable.ListOptions{Prefix: prefixMessage, Start: messageKey(after + 1)}, func(key string, value []byte) bool {
		size += len(value)
		found[seqOfKey(key)] = messageFrame(r.slug, value)
		return size <= maxReplayBytes
	})
	if err != nil || size > maxReplayBytes {
		return nil, size, err
	}
	events := make(map[Seq]event)
	err = eventsBetween(store, after, r.state.head, func(seq Seq, e event) error { events[seq] = e; return nil })
	if err != nil {
		return nil, size, err
	}
	for seq := after + 1; seq <= r.state.head && size <= maxReplayBytes; seq++ {
		f, posted := found[seq]
		if !posted {
			e, known := events[seq]
			if !known {
				return nil, size, fmt.Errorf("replay: nothing is stored for seq %d", seq)
			}
			if e.Kind == eventRoom {
				told := encode(e.frame(r.meta.Slug, seq))
				size += len(told)
				frames = append(frames, durable.TextFrame(told).Replay())
				continue
			}
			message, err := store.Get(messageKey(e.Target))
			if err != nil {
				return nil, size, err
			}
			if message == nil {
				message = e.gone().encoded()
			}
			size += len(message)
			f = updateFrame(r.slug, seq, message)
		}
		frames = append(frames, f.Replay())
	}
	return frames, size, nil
}

// leave ends what join began. It is safe to repeat.
func (r *Room) leave(_ context.Context, q request) (none, error) {
	sock, ok := r.st.Socket(q.Socket)
	if !ok {
		return none{}, nil
	}
	if r.st.IsMember(sock) {
		r.st.Unsubscribe(sock)
		r.exit(q.Actor.User)
	}
	r.confirm(q)
	return none{}, nil
}
