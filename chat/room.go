package chat

import (
	"context"
	"encoding/binary"
	"log/slog"
	"slices"
	"time"

	"snug/durable"
)

// Tags of a room's sockets.
const (
	tagLevel0 = "level0"
	tagLevel1 = "level1"
)

// Storage of a room: keyMeta holds roomMeta; messages stand under prefixMessage
// and their seq, as the JSON that goes over the wire, as they are now; under
// prefixClient, the author and the clientId stands the seq of the message that they
// name. What happened to messages stands as an event under prefixEvent and its own
// seq: each seq is a message's or an event's.
const (
	keyMeta       = "meta"
	prefixMessage = "m/"
	prefixEvent   = "e/"
	prefixClient  = "c/"
	prefixVersion = "v/" // a message's seq and 4 bytes that count: what it said before
	prefixThread  = "t/" // a root's seq and a reply's: when that was posted
	prefixRemoved = "d/" // a message's seq: the links whose previews were removed from it
	prefixPin     = "p/" // a pinned message's seq: the seq of its pinning
	prefixNotice  = "n/" // a reply's seq and a user: what their inbox hasn't taken yet
)

type roomMeta struct {
	Stream string `json:"stream"` // names the history that the seqs count
	Slug   string `json:"slug"`
	Floor  Seq    `json:"floor,omitempty"`  // the last seq that retention removed
	Events Seq    `json:"events,omitempty"` // how many of those up to there were no messages
}

func messageKey(seq Seq) string { return seqKey(prefixMessage, seq) }

func clientKey(user UserID, id ClientID) string {
	return prefixClient + string(user) + "\x00" + string(id)
}

// seqOf reads the value that stands under a clientKey.
func seqOf(value []byte) Seq { return Seq(binary.BigEndian.Uint64(value)) }

// roomConfig is what all rooms of a service share.
type roomConfig struct {
	lineage   string
	rate      Rate // of posts
	changing  Rate // of edits, deletions, reactions and pins together
	maxChars  int
	retention Retention
	now       func() time.Time
	storable  func() error                   // nil: there is room on the disk
	current   func(Actor) Actor              // who acts, as they are now
	present   func(User) User                // as they are called now, with their state and status
	entered   func(User)                     // a socket of the person is in a room that took them for this
	closed    func(Actor)                    // a socket is gone
	changed   func(RoomID, Seq)              // there is a new event; nil: nobody wants to know
	doubted   func(RoomID)                   // there may be one; nil: likewise
	linked    func(RoomID, Seq, UserID)      // a message has links, or had; nil: likewise
	released  func(RoomID, UserID, ClientID) // a message with files is being deleted
	noted     func(RoomID)                   // there is something for the audit log
	rules     rules
	live      *live
	follow    func(context.Context, UserID, followChange) error
	log       *slog.Logger
}

// Room is a chat room: a durable object. Its fields belong to its turns.
type Room struct {
	roomConfig
	st       *durable.State
	meta     roomMeta
	slug     []byte // meta.Slug as JSON
	state    roomState
	seen     seen
	tail     tail
	about    roomRecord
	recorded bool // about is stored
	members  map[UserID]memberRecord
	gone     bool // the room is deleted
	presence *presence
	doubt    func(error) // tells that the last events may be durable or not; nil: nobody wants to know
	typed    typists
}

var (
	_ durable.Starter      = (*Room)(nil)
	_ durable.AlarmHandler = (*Room)(nil)
	_ durable.SocketOpener = (*Room)(nil)
)

// Start reads what decisions rest on: nothing of it is in memory only.
func (r *Room) Start(context.Context) error {
	r.presence = newPresence()
	r.typed = make(typists)
	if id := r.id(); r.doubted != nil {
		r.doubt = func(error) { r.doubted(id) }
	}
	r.state.posts, r.state.changes, r.state.edits, r.state.rules = newPosts(r.rate), newPosts(r.changing), newPosts(r.rate), r.rules
	if err := r.readRoom(); err != nil {
		return err
	}
	stored, err := r.st.Storage().Get(keyMeta)
	if err != nil {
		return err
	}
	if r.meta, err = parseMeta(stored); err != nil {
		return err
	}
	r.slug = appendString(nil, r.meta.Slug)
	if err := r.readTail(); err != nil {
		return err
	}
	if err := r.readEvents(); err != nil {
		return err
	}
	if err := r.readSlow(); err != nil {
		return err
	}
	r.seen = newSeen(r.state.head - r.meta.Floor)
	if err := r.restorePresence(); err != nil {
		return err
	}
	if err := r.scheduleRetention(); err != nil {
		return err
	}
	if err := r.recallNotes(); err != nil {
		return err
	}
	r.show()
	return r.st.SetAutoResponse(pingText, pongText)
}

// readTail finds the head, and the posts that still count for the rate.
func (r *Room) readTail() error {
	r.state.head, r.state.newest = r.meta.Floor, r.meta.Floor
	since := r.now().Add(-r.rate.Window).UnixMilli()
	var recent []messageHead // newest first
	left := maxTail
	err := r.eachHead(durable.ListOptions{Reverse: true}, func(m messageHead, _ []byte) (bool, error) {
		r.state.head = max(r.state.head, m.Seq)
		if r.state.newest = r.state.head; r.state.lastAt == 0 {
			r.state.lastAt, r.state.lastBy = m.Timestamp, m.UserID
		}
		if r.rate.Limit <= 0 || m.Timestamp <= since || left == 0 {
			return false, nil
		}
		left--
		recent = append(recent, m)
		return true, nil
	})
	for _, m := range slices.Backward(recent) {
		r.state.posts.took(m.UserID, m.Timestamp)
	}
	return err
}

// readEvents goes on from the newest event, and finds the changes that still count for
// their rate.
func (r *Room) readEvents() error {
	r.state.events = r.meta.Events
	since := r.now().Add(-max(r.changing.Window, r.rate.Window)).UnixMilli()
	var recent []event // newest first
	var broken error
	err := r.st.Storage().Each(durable.ListOptions{Prefix: prefixEvent, Reverse: true}, func(key string, value []byte) bool {
		e, err := parseEvent(key, value)
		if err != nil {
			broken = err
			return false
		}
		r.state.head, r.state.events = max(r.state.head, lastSeqOf(key)), max(r.state.events, e.Count)
		if r.changing.Limit <= 0 && r.rate.Limit <= 0 || e.At <= since || len(recent) == maxTail {
			return false
		}
		if e.Kind != eventRoom {
			recent = append(recent, e)
		}
		return true
	})
	for _, e := range slices.Backward(recent) {
		r.state.changes.took(e.By, e.At)
		if e.Kind == eventEdit {
			r.state.edits.took(e.By, e.At)
		}
	}
	if err != nil {
		return err
	}
	return broken
}

// id is the name of the room's object.
func (r *Room) id() RoomID { return RoomID(r.st.Name()) }

// learn keeps the room's slug, which its frames bear, and gives a new room its
// stream.
func (r *Room) learn(slug string) error {
	if r.meta.Slug == slug && r.meta.Stream != "" {
		return nil
	}
	r.meta.Slug = slug
	r.slug = appendString(nil, slug)
	if r.meta.Stream == "" {
		r.meta.Stream = newStream(r.now())
	}
	if err := r.st.Storage().Put(keyMeta, encode(r.meta)); err != nil {
		return err
	}
	r.show()
	return nil
}

// open is for those who read the history of a room that may be new.
func (r *Room) open(_ context.Context, slug string) (none, error) { return none{}, r.learn(slug) }

func (r *Room) extent() extent {
	return extent{stream: r.meta.Stream, head: r.state.head, floor: r.meta.Floor, newest: r.state.newest,
		events: r.state.events, pruned: r.meta.Events, lastAt: r.state.lastAt, lastBy: r.state.lastBy}
}

// show gives those who read history what there is now. It comes ahead of all that
// tells people of it.
func (r *Room) show() {
	if len(r.tail.ends) == 0 {
		r.tail.first = r.state.head + 1
	}
	r.st.Publish(&view{r.extent(), r.tail})
}

// toldStream is a stream as clients are told of it.
func toldStream(stream, lineage string) string {
	if lineage == "" {
		return stream
	}
	return stream + "." + lineage
}

// newStream mints the id of a new history.
func newStream(now time.Time) string { return newUUID(now) }

// request is what every call of a socket to a room bears.
type request struct {
	Slug   string
	Actor  Actor
	Socket durable.SocketID
	Frame  ClientFrame
	Files  []Attachment // that Frame.Attachments names
}

// post is the wish that the frame of a message expresses.
func (q request) post(maxChars int, by authority) post {
	return post{author: q.Actor.User, by: by, clientID: q.Frame.ClientID, content: q.Frame.Content, maxChars: maxChars,
		replyTo: q.Frame.ReplyTo, thread: q.Frame.Thread, files: q.Files}
}

// Size counts for the room's inbox.
func (q request) Size() int { return len(q.Frame.Content) + 256 + 512*len(q.Files) }

// reply sends frames to the socket that asked, if it is still there.
func (r *Room) reply(q request, frames ...durable.Frame) {
	if sock, ok := r.st.Socket(q.Socket); ok {
		r.st.Send(sock, frames...)
	}
}

// confirm answers a frame that has no answer of its own, where one was asked for.
func (r *Room) confirm(q request) {
	if q.Frame.Ref != "" {
		r.reply(q, plainFrame(OKFrame{Type: "ok", Ref: q.Frame.Ref}))
	}
}

func (r *Room) refuse(q request, err *Error) { r.reply(q, frame(errorFrame(err, q.Frame))) }

// post takes a message of level 1. Whoever may see a room may post, whether
// the socket has joined or not.
func (r *Room) post(ctx context.Context, q request) (none, error) {
	if r.st.Ended(q.Socket) {
		return none{}, nil
	}
	if r.gone {
		r.refuse(q, errNoRoom)
		return none{}, nil
	}
	if err := r.learn(q.Slug); err != nil {
		return none{}, err
	}
	did, err := r.take(q.post(r.maxChars, r.authorityOf(q.Actor)))
	switch {
	case err != nil:
		r.log.Error("post failed", "room", r.st.ID().String(), "cause", err.Error())
		r.refuse(q, AsError(err))
	case did.limited != nil:
		did.limited.Ref, did.limited.Room = q.Frame.Ref, q.Slug
		r.reply(q, plainFrame(*did.limited))
	case did.refused != nil:
		r.refuse(q, did.refused)
	case did.repeated != nil:
		r.reply(q, plainFrame(ackOf(q, did.repeated)))
	default:
		r.reply(q, plainFrame(ackOf(q, did.posted)))
		r.publish(did.encoded)
		r.joinThread(ctx, did.posted)
	}
	return none{}, nil
}

// take decides about a post and stores what it takes. The caller publishes it.
func (r *Room) take(p post) (outcome, error) {
	var key string // none at level 0
	if p.clientID != "" {
		key = clientKey(p.author.ID, p.clientID)
	}
	earlier, err := r.earlier(key)
	if err != nil {
		return outcome{}, err
	}
	if p.replyTo != "" || p.thread != "" {
		if p.answered, err = r.find(p.replyTo); err == nil {
			p.root, err = r.find(p.thread)
		}
		if err != nil {
			return outcome{}, err
		}
	}
	now := r.now()
	did := applyPost(&r.state, p, earlier, now, newMessageID(now, r.state.head+1))
	if did.posted == nil {
		return did, nil
	}
	if err := r.storable(); err != nil {
		return outcome{refused: &Error{Code: CodeStorageFull, Err: err,
			Message: "The server's disk is full. Your message was not saved; whoever runs the server has to make room."}}, nil
	}
	did.encoded = did.posted.encoded()
	if len(p.files) > 0 && len(did.encoded) > maxMessageBytes {
		return outcome{refused: &Error{Code: CodeTooLong, Message: "The message is too long with its files. Send them apart."}}, nil
	}
	if err := r.store(did.posted, did.encoded, key); err != nil {
		return did, err
	}
	if p.root == nil {
		r.show()
		return did, nil
	}
	return did, r.addReply(p.root, did.posted) // which shows both at once
}

// store stores a message, and its seq under its clientKey, where it has one.
func (r *Room) store(m *Message, encoded []byte, key string) error {
	entries := append(make([]durable.Entry, 0, 2), durable.Entry{Key: messageKey(m.Seq), Value: encoded})
	if key != "" {
		entries = append(entries, durable.Entry{Key: key, Value: binary.BigEndian.AppendUint64(nil, uint64(m.Seq))})
		r.seen.add(key)
	}
	if err := r.st.Storage().PutMany(entries); err != nil {
		return err
	}
	r.state.took(m)
	r.notify(m.Seq, m)
	delete(r.typed, m.UserID) // clients take what is said for the end of its writing: what is written next is news
	r.tail.add(m.Seq, encoded)
	return r.retainLater(m.Timestamp)
}

// notify tells of an event once it is durable: those who follow the room, and of a
// posting people who know the room and aren't in it.
func (r *Room) notify(seq Seq, posted *Message) {
	id := r.id()
	watched := posted != nil && r.live.watched(id)
	links := posted != nil && r.linked != nil && hasLinks(posted.Content)
	if r.changed == nil && !links && !watched {
		return
	}
	slug := r.meta.Slug
	callable := r.about.Kind != KindDirect && r.about.Kind != KindGroup // all hear of what is said there anyway
	r.st.AfterCommitOr(func() {
		if r.changed != nil {
			r.changed(id, seq)
		}
		if links {
			r.linked(id, seq, posted.UserID)
		}
		if watched {
			users, room, here := Mentioned(posted.Content)
			r.live.posted(id, slug, seq, posted.UserID, users, callable && (room || here))
		}
	}, r.doubt)
}

// publish sends a message to all. It leaves once it is durable, as the ack does.
func (r *Room) publish(encoded []byte) {
	r.st.Broadcast(tagLevel1, messageFrame(r.slug, encoded), nil)
	r.tellLevel0(func() durable.Frame { return level0MessageFrame(encoded) })
}

// tellLevel0 sends a frame to the level 0 sockets, which one room alone has.
func (r *Room) tellLevel0(f func() durable.Frame) {
	if r.meta.Slug == Level0Room {
		r.st.Broadcast(tagLevel0, f(), nil)
	}
}

func ackOf(q request, m *Message) AckFrame {
	return AckFrame{Type: "ack", Ref: q.Frame.Ref, Room: q.Slug, ClientID: q.Frame.ClientID,
		ID: m.ID, Seq: m.Seq, Timestamp: m.Timestamp}
}

// earlier returns the message that the clientKey names already, or nil.
func (r *Room) earlier(key string) (*Message, error) {
	if key == "" || r.seen.absent(key) {
		return nil, nil
	}
	value, err := r.st.Storage().Get(key)
	if err != nil {
		return nil, err
	}
	if value == nil {
		return nil, r.readSeen()
	}
	return messageAt(r.st.Storage(), seqOf(value))
}
