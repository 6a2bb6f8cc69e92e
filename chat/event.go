package chat

import (
	"encoding/binary"
	"fmt"

	"snug/durable"
)

// event is a durable event that isn't the posting of a message, as it is stored under
// its seq.
type event struct {
	Kind   eventKind  `json:"kind"`
	Target Seq        `json:"target"` // the message that it changed
	By     UserID     `json:"by"`
	ID     MessageID  `json:"id"`               // of the message: told of one that is gone
	Author UserID     `json:"author,omitempty"` // likewise
	At     int64      `json:"at"`
	Count  Seq        `json:"count"`          // events so far, this one too: so many seqs are no messages
	Room   *roomEvent `json:"room,omitempty"` // of eventRoom, which has no target and no id
}

// roomEvent is what happened to the room itself, as it is stored.
type roomEvent struct {
	Event   RoomEvent `json:"event"`
	ByName  string    `json:"byName"`
	User    *User     `json:"user,omitempty"`
	Role    Role      `json:"role,omitempty"`
	Invited bool      `json:"invited,omitempty"`
	Name    string    `json:"name,omitempty"`
	Topic   *string   `json:"topic,omitempty"`
	Kind    RoomKind  `json:"kind,omitempty"`
	Seconds *int      `json:"seconds,omitempty"`
}

// frame is how the event of a seq is told.
func (e event) frame(slug string, seq Seq) RoomFrame {
	what := e.Room
	return RoomFrame{Type: "room", Room: slug, Seq: seq, Event: what.Event, By: e.By, ByName: what.ByName, User: what.User,
		Role: what.Role, Invited: what.Invited, Name: what.Name, Topic: what.Topic, Kind: what.Kind, Seconds: what.Seconds, At: e.At}
}

func parseEvent(key string, stored []byte) (event, error) {
	e, err := parseAny[event](stored)
	if err != nil {
		return e, fmt.Errorf("read event %q: %w", key, err)
	}
	return e, nil
}

// gone stands for a message that retention has removed, where an event of it is
// still to be told.
func (e event) gone() *Message {
	timestamp, _, _ := e.ID.parts()
	return &Message{ID: e.ID, UserID: e.Author, Timestamp: timestamp, Type: TypeText, Seq: e.Target, DeletedAt: e.At}
}

// seqKey is prefix and a seq, so that keys sort as seqs do.
func seqKey(prefix string, seq Seq) string {
	return string(binary.BigEndian.AppendUint64(append(make([]byte, 0, len(prefix)+8), prefix...), uint64(seq)))
}

func eventKey(seq Seq) string   { return seqKey(prefixEvent, seq) }
func pinKey(seq Seq) string     { return seqKey(prefixPin, seq) }
func versionKey(seq Seq) string { return seqKey(prefixVersion, seq) } // and 4 bytes that number it
func threadKey(root Seq) string { return seqKey(prefixThread, root) } // and the 8 bytes of a reply's seq

// replyValue is what stands under a replyKey: when the reply was posted.
func replyValue(reply *Message) []byte {
	return binary.BigEndian.AppendUint64(nil, uint64(reply.Timestamp))
}

// replyTime reads a replyValue; 0: it holds no time.
func replyTime(value []byte) int64 {
	if len(value) != 8 {
		return 0
	}
	return int64(binary.BigEndian.Uint64(value))
}

func replyKey(root, reply Seq) string { return seqKey(threadKey(root), reply) }

// lastSeqOf reads the seq at the end of a key.
func lastSeqOf(key string) Seq { return Seq(binary.BigEndian.Uint64([]byte(key[len(key)-8:]))) }

// under selects all keys that begin with a prefix.
func under(prefix string) durable.ListOptions { return durable.ListOptions{Prefix: prefix} }

// storage is where what a room holds is read from: in its turns, or past them.
type storage interface {
	Get(key string) ([]byte, error)
	Each(o durable.ListOptions, fn func(key string, value []byte) bool) error
}

// Get and Each make a room's storage readable without its turns.
func (s storedMessages) Get(key string) ([]byte, error) { return s.stub.Get(s.ctx, key) }

func (s storedMessages) Each(o durable.ListOptions, fn func(key string, value []byte) bool) error {
	return s.stub.List(s.ctx, o, fn)
}

// messageAt reads a message, nil where there is none.
func messageAt(from storage, seq Seq) (*Message, error) {
	stored, err := from.Get(messageKey(seq))
	if err != nil || stored == nil {
		return nil, err
	}
	m, err := parseAny[Message](stored)
	if err != nil {
		return nil, fmt.Errorf("read message %d: %w", seq, err)
	}
	return &m, nil
}

// eventsBetween calls fn for the stored events with after < seq <= upTo, until it
// returns an error.
func eventsBetween(from storage, after, upTo Seq, fn func(seq Seq, e event) error) error {
	var broken error
	o := durable.ListOptions{Start: eventKey(after + 1), End: eventKey(upTo + 1)}
	err := from.Each(o, func(key string, value []byte) bool {
		var e event
		if e, broken = parseEvent(key, value); broken == nil {
			broken = fn(lastSeqOf(key), e)
		}
		return broken == nil
	})
	if err != nil {
		return err
	}
	return broken
}
