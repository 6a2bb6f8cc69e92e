package chat

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"snug/durable"
)

// Tags of a room's sockets.
const (
	tagLevel0 = "level0"
	tagLevel1 = "level1"
)

// Storage of a room: keyMeta holds roomMeta; messages stand under prefixMessage
// and their seq, as the JSON that goes over the wire; under prefixClient, the
// author and the clientId stands the seq of the message that they name.
const (
	keyMeta       = "meta"
	prefixMessage = "m/"
	prefixClient  = "c/"
)

type roomMeta struct {
	Stream string `json:"stream"` // names the history that the seqs count
	Slug   string `json:"slug"`
	Floor  Seq    `json:"floor,omitempty"` // the last seq that retention removed
}

func messageKey(seq Seq) string {
	return prefixMessage + string(binary.BigEndian.AppendUint64(nil, uint64(seq)))
}

func clientKey(user UserID, id ClientID) string {
	return prefixClient + string(user) + "\x00" + string(id)
}

// roomConfig is what all rooms of a service share.
type roomConfig struct {
	rules     rules
	retention Retention
	now       func() time.Time
	storable  func() error // nil: there is room on the disk
	log       *slog.Logger
}

// Room is a chat room: a durable object. Its fields belong to its turns.
type Room struct {
	roomConfig
	st       *durable.State
	meta     roomMeta
	state    roomState
	presence *presence
	typed    map[UserID]time.Time // when a person's typing was last passed on
}

var (
	_ durable.Starter      = (*Room)(nil)
	_ durable.AlarmHandler = (*Room)(nil)
	_ durable.SocketOpener = (*Room)(nil)
)

// Start reads what decisions rest on: nothing of it is in memory only.
func (r *Room) Start(context.Context) error {
	r.presence = newPresence()
	r.typed = make(map[UserID]time.Time)
	r.state.posts = make(map[UserID][]int64)
	stored, err := r.st.Storage().Get(keyMeta)
	if err != nil {
		return err
	}
	if stored != nil {
		if err := json.Unmarshal(stored, &r.meta); err != nil {
			return fmt.Errorf("read room meta: %w", err)
		}
	}
	if err := r.readTail(); err != nil {
		return err
	}
	for _, sock := range r.st.Sockets("") {
		a, err := actorOf(sock)
		if err != nil {
			return err
		}
		r.presence.enter(a.User)
	}
	r.presence.diff() // known to the clients already
	return r.st.SetAutoResponse(pingText, pongText)
}

// readTail finds the head, and the posts that still count for the rate.
func (r *Room) readTail() error {
	r.state.head = r.meta.Floor
	rate, now := r.rules.postRate, r.now()
	var broken error
	first, left := true, maxReplay
	err := r.st.Storage().Each(durable.ListOptions{Prefix: prefixMessage, Reverse: true}, func(_ string, value []byte) bool {
		var m Message
		if broken = json.Unmarshal(value, &m); broken != nil {
			return false
		}
		if first {
			r.state.head, first = m.Seq, false
		}
		if rate.Limit <= 0 || !time.UnixMilli(m.Timestamp).Add(rate.Window).After(now) {
			return false
		}
		r.state.posts[m.UserID] = append([]int64{m.Timestamp}, r.state.posts[m.UserID]...)
		left--
		return left > 0
	})
	if broken != nil {
		return fmt.Errorf("read message: %w", broken)
	}
	return err
}

// learn keeps the room's slug, which its frames bear, and gives a new room its
// stream.
func (r *Room) learn(slug string) error {
	if r.meta.Slug == slug && r.meta.Stream != "" {
		return nil
	}
	r.meta.Slug = slug
	if r.meta.Stream == "" {
		r.meta.Stream = newStream()
	}
	return r.st.Storage().Put(keyMeta, encode(r.meta))
}

// request is what every call to a room bears.
type request struct {
	Slug   string
	Actor  Actor
	Socket durable.SocketID // 0: none
	Frame  ClientFrame
}

// Size counts for the room's inbox.
func (q request) Size() int { return len(q.Frame.Content) + 256 }

// reply sends a frame to the socket that asked, if it is still there.
func (r *Room) reply(q request, frames ...durable.Frame) {
	if sock, ok := r.st.Socket(q.Socket); ok {
		r.st.Send(sock, frames...)
	}
}

func (r *Room) join(_ context.Context, q request) (none, error) {
	sock, ok := r.st.Socket(q.Socket)
	if !ok || r.st.Ended(q.Socket) {
		return none{}, nil
	}
	if err := r.learn(q.Slug); err != nil {
		return none{}, err
	}
	f := q.Frame
	head := r.state.head
	how := applyJoin(r.meta.Stream, head, r.meta.Floor, joinCommand{f.Stream, f.After})
	var missed []durable.Frame
	if how.resumed {
		var err error
		if missed, how, err = r.missed(*f.After); err != nil {
			return none{}, err
		}
	}
	again := r.st.IsMember(sock)
	if err := r.st.Subscribe(sock, nil, tagLevel1); err != nil {
		r.reply(q, frame(errorFrame(&Error{Code: CodeOverloaded, Message: "The room has no place left. Try again later."}, f)))
		return none{}, nil
	}
	if !again {
		r.enter(q.Actor.User)
	}
	if how.reset {
		r.reply(q, frame(ResetFrame{Type: "reset", Ref: f.Ref, Room: q.Slug, Stream: r.meta.Stream, Head: head}))
		return none{}, nil
	}
	r.reply(q, frame(JoinedFrame{
		Type: "joined", Ref: f.Ref, Room: q.Slug, Stream: r.meta.Stream, Head: head, Role: "member",
		Resumed: how.resumed, Count: len(r.presence.people), Users: r.presence.listed(),
	}))
	r.reply(q, missed...)
	return none{}, nil
}

// missed returns the frames of the events after a seq; too much of them is a
// reset.
func (r *Room) missed(after Seq) ([]durable.Frame, joinOutcome, error) {
	var frames []durable.Frame
	size := 0
	err := r.st.Storage().Each(durable.ListOptions{Prefix: prefixMessage, Start: messageKey(after + 1)}, func(_ string, value []byte) bool {
		size += len(value)
		frames = append(frames, messageFrame(r.meta.Slug, value).Replay())
		return size <= maxReplayBytes
	})
	if size > maxReplayBytes {
		return nil, joinOutcome{reset: true}, err
	}
	return frames, joinOutcome{resumed: true}, err
}

func (r *Room) leave(_ context.Context, q request) (none, error) {
	sock, ok := r.st.Socket(q.Socket)
	if !ok {
		return none{}, nil
	}
	if r.st.IsMember(sock) {
		r.st.Unsubscribe(sock)
		r.exit(q.Actor.User)
	}
	if q.Frame.Ref != "" {
		r.reply(q, frame(OKFrame{Type: "ok", Ref: q.Frame.Ref}))
	}
	return none{}, nil
}

func (r *Room) typing(_ context.Context, q request) (none, error) {
	sock, ok := r.st.Socket(q.Socket)
	if !ok {
		return none{}, nil
	}
	if !r.st.IsMember(sock) {
		r.reply(q, frame(errorFrame(&Error{Code: CodeNotJoined, Message: "Join the room first."}, q.Frame)))
		return none{}, nil
	}
	now, user := r.now(), q.Actor.User
	if now.Sub(r.typed[user.ID]) >= typingEvery {
		for id, at := range r.typed {
			if now.Sub(at) >= typingEvery {
				delete(r.typed, id)
			}
		}
		r.typed[user.ID] = now
		r.st.Broadcast(tagLevel1, frame(TypingFrame{
			Type: "typing", Room: q.Slug, UserID: user.ID, UserName: user.Name,
		}).Droppable(), sock)
	}
	if q.Frame.Ref != "" {
		r.reply(q, frame(OKFrame{Type: "ok", Ref: q.Frame.Ref}))
	}
	return none{}, nil
}

// post takes a message, from either level.
func (r *Room) post(_ context.Context, q request) (none, error) {
	if r.st.Ended(q.Socket) {
		return none{}, nil
	}
	if err := r.learn(q.Slug); err != nil {
		return none{}, err
	}
	return none{}, r.take(q)
}

func (r *Room) take(q request) error {
	f := q.Frame
	earlier, err := r.earlier(q.Actor.User.ID, f.ClientID)
	if err != nil {
		return err
	}
	now := r.now()
	did := applyPost(&r.state, r.rules, post{q.Actor.User, f.ClientID, f.Content}, earlier, now, newMessageID(now))
	if did.posted != nil {
		if err := r.storable(); err != nil {
			did = outcome{refused: &Error{Code: CodeStorageFull, Err: err,
				Message: "The server's disk is full. Your message was not saved; whoever runs the server has to make room."}}
		}
	}
	switch {
	case did.repeated != nil:
		r.reply(q, frame(ackOf(q, did.repeated)))
	case did.limited != nil:
		did.limited.Ref, did.limited.Room = f.Ref, f.Room
		r.reply(q, frame(did.limited))
	case did.refused != nil:
		if f.ClientID != "" {
			r.reply(q, frame(errorFrame(did.refused, f)))
		}
	default:
		return r.store(q, did.posted)
	}
	return nil
}

// store writes a message and sends it: the ack to its author, then the message
// to all. Both leave once it is durable.
func (r *Room) store(q request, m *Message) error {
	encoded := encode(m)
	entries := []durable.Entry{{Key: messageKey(m.Seq), Value: encoded}}
	if m.ClientID != "" {
		entries = append(entries, durable.Entry{
			Key: clientKey(m.UserID, m.ClientID), Value: binary.BigEndian.AppendUint64(nil, uint64(m.Seq))})
	}
	if err := r.st.Storage().PutMany(entries); err != nil {
		return err
	}
	r.state.took(m, r.rules.postRate)
	if m.ClientID != "" {
		r.reply(q, frame(ackOf(q, m)))
	}
	r.st.Broadcast(tagLevel1, messageFrame(r.meta.Slug, encoded), nil)
	r.st.Broadcast(tagLevel0, level0MessageFrame(encoded), nil)
	return r.scheduleRetention(m)
}

func ackOf(q request, m *Message) AckFrame {
	return AckFrame{Type: "ack", Ref: q.Frame.Ref, Room: q.Slug, ClientID: q.Frame.ClientID,
		ID: m.ID, Seq: m.Seq, Timestamp: m.Timestamp}
}

// earlier returns the message that (user, clientId) names already, or nil.
func (r *Room) earlier(user UserID, id ClientID) (*Message, error) {
	if id == "" {
		return nil, nil
	}
	value, err := r.st.Storage().Get(clientKey(user, id))
	if err != nil || value == nil {
		return nil, err
	}
	stored, err := r.st.Storage().Get(messageKey(seqOf(value)))
	if err != nil || stored == nil {
		return nil, err
	}
	var m Message
	if err := json.Unmarshal(stored, &m); err != nil {
		return nil, fmt.Errorf("read message: %w", err)
	}
	return &m, nil
}

// SocketOpen accepts a level 0 socket.
func (r *Room) SocketOpen(_ context.Context, sock *durable.Socket) error {
	a, err := actorOf(sock)
	if err != nil {
		return err
	}
	if err := r.learn(Level0Room); err != nil {
		return err
	}
	if err := r.st.Accept(sock, nil, tagLevel0); err != nil {
		return err
	}
	r.enter(a.User)
	if _, pending := r.presence.changed[a.User.ID]; pending {
		r.st.Send(sock, r.userCount()) // the announcement has to wait: this socket knows nobody yet
	}
	return nil
}

// SocketMessage handles a frame of a level 0 socket. That level has no errors:
// what makes no sense is ignored.
func (r *Room) SocketMessage(_ context.Context, sock *durable.Socket, m durable.Message) error {
	a, err := actorOf(sock)
	if err != nil {
		return err
	}
	var f ClientFrame
	if err := json.Unmarshal(m.Data, &f); err != nil || (f.Type != FrameMessage && f.Type != FramePing) {
		return r.nonsense(sock)
	}
	if f.Type == FramePing {
		r.st.Send(sock, frame(PongFrame{Type: "pong"}))
		return nil
	}
	content := strings.TrimSpace(f.Content)
	if n := len([]rune(content)); n > Level0MaxChars {
		return r.st.CloseSocket(sock, closeTooLong, "message too long")
	}
	if content == "" || r.st.Ended(sock.ID()) {
		return nil
	}
	return r.take(request{Slug: r.meta.Slug, Actor: a, Socket: sock.ID(),
		Frame: ClientFrame{Type: FrameMessage, Content: content}})
}

// nonsense counts, in the socket's attachment, frames that made no sense.
func (r *Room) nonsense(sock *durable.Socket) error {
	count, err := r.st.Attachment(sock)
	if err != nil {
		return err
	}
	if len(count) >= maxNonsense {
		return r.st.CloseSocket(sock, closeNonsense, "too many frames that made no sense")
	}
	return r.st.SetAttachment(sock, append(count, '.'))
}

// SocketClose notes that a person may have left.
func (r *Room) SocketClose(_ context.Context, sock *durable.Socket, _ durable.CloseInfo) error {
	a, err := actorOf(sock)
	if err != nil {
		return err
	}
	r.exit(a.User)
	return nil
}
