package chat

import (
	"bytes"
	"fmt"

	"snug/durable"
)

// messageHead is what a room looks at in its stored messages.
type messageHead struct {
	UserID    UserID   `json:"userId"`
	Timestamp int64    `json:"timestamp"`
	Seq       Seq      `json:"seq"`
	ClientID  ClientID `json:"clientId"`
}

func parseHead(stored []byte) (messageHead, error) {
	if h, ok := scanHead(stored); ok {
		return h, nil
	}
	return parseAny[messageHead](stored)
}

// scanHead reads a message as appendMessage writes it.
func scanHead(stored []byte) (h messageHead, ok bool) {
	s, ok := newScanner(stored)
	return h, ok && s.object(func(name []byte) (ok bool) {
		var n uint64
		switch string(name) {
		case "timestamp":
			n, ok = s.number()
			h.Timestamp = int64(n)
			return ok
		case "seq":
			n, ok = s.number()
			h.Seq = Seq(n)
			return ok
		case "editedAt", "deletedAt":
			_, ok = s.number()
			return ok
		case "pinned":
			_, ok = s.boolean()
			return ok
		}
		text, ok := s.str()
		switch string(name) {
		case "userId":
			h.UserID = UserID(text.String())
		case "clientId":
			h.ClientID = ClientID(text.String())
		case "id", "userName", "userImage", "content", "type", "replyTo", "thread":
		default:
			ok = false
		}
		return ok
	})
}

func parseMeta(stored []byte) (roomMeta, error) {
	if stored == nil {
		return roomMeta{}, nil
	}
	meta, ok := scanMeta(stored)
	if !ok {
		var err error
		if meta, err = parseAny[roomMeta](stored); err != nil {
			return roomMeta{}, fmt.Errorf("read room meta: %w", err)
		}
	}
	return meta, nil
}

func scanMeta(stored []byte) (meta roomMeta, ok bool) {
	s, ok := newScanner(stored)
	return meta, ok && s.object(func(name []byte) bool {
		switch string(name) {
		case "floor":
			n, ok := s.number()
			meta.Floor = Seq(n)
			return ok
		case "events":
			n, ok := s.number()
			meta.Events = Seq(n)
			return ok
		}
		text, ok := s.str()
		switch string(name) {
		case "stream":
			meta.Stream = text.String()
		case "slug":
			meta.Slug = text.String()
		default:
			ok = false
		}
		return ok
	})
}

// isDeleted reports whether a stored message is deleted. In no string of it, nor under
// it, this could stand: a quote within a string is escaped.
func isDeleted(stored []byte) bool { return bytes.Contains(stored, []byte(`,"deletedAt":`)) }

// eachHead walks stored messages until fn returns false or an error. The options say
// where from, how many and which way.
func (r *Room) eachHead(o durable.ListOptions, fn func(h messageHead, stored []byte) (more bool, err error)) error {
	o.Prefix = prefixMessage
	var broken error
	err := r.st.Storage().Each(o, func(key string, value []byte) (more bool) {
		h, err := parseHead(value)
		if err == nil {
			more, err = fn(h, value)
		}
		if err != nil {
			broken = fmt.Errorf("read message %q: %w", key, err)
		}
		return more && err == nil
	})
	if err != nil {
		return err
	}
	return broken
}
