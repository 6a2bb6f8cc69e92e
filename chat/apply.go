package chat

import (
	"crypto/rand"
	"encoding/hex"
	"strings"
	"time"
	"unicode/utf8"
)

// roomState is what decisions about a room rest on.
type roomState struct {
	head  Seq // of the newest durable event
	posts posts
}

// post is the wish to post a message. Its content is taken as it is: only
// level 0 trims.
type post struct {
	author   User
	clientID ClientID // "" only at level 0, where posts can't be repeated safely
	content  string
	maxChars int
}

// outcome is what a post leads to: exactly one of the first four is set.
type outcome struct {
	posted   *Message        // the room takes it
	repeated *Message        // it took it before
	limited  *RateLimitFrame // not now
	refused  *Error          // never

	encoded []byte // posted, as it is stored and sent
}

// applyPost decides about a post. It changes nothing; earlier is the message
// that (author, clientID) names already, if any.
func applyPost(s *roomState, p post, earlier *Message, now time.Time, id MessageID) outcome {
	if earlier != nil {
		return outcome{repeated: earlier}
	}
	if strings.TrimSpace(p.content) == "" {
		return outcome{refused: &Error{Code: CodeEmpty, Message: "A message needs some text."}}
	}
	if n := utf8.RuneCountInString(p.content); n > p.maxChars {
		return outcome{refused: tooLong(n, p.maxChars)}
	}
	at := now.UnixMilli()
	if wait := s.posts.wait(p.author.ID, at); wait > 0 {
		return outcome{limited: &RateLimitFrame{
			Type: "rateLimit", ClientID: p.clientID, RetryAfterMs: wait,
			Limit: s.posts.rate.Limit, WindowMs: s.posts.window(),
		}}
	}
	return outcome{posted: &Message{
		ID: id, UserID: p.author.ID, UserName: p.author.Name, UserImage: p.author.Image,
		Content: p.content, Timestamp: at, Type: TypeText, Seq: s.head + 1, ClientID: p.clientID,
	}}
}

// took notes a message that was posted.
func (s *roomState) took(m *Message) {
	s.head = m.Seq
	s.posts.took(m.UserID, m.Timestamp)
}

// joinOutcome says how a join goes on: where both are false, from now.
type joinOutcome struct {
	resumed bool // replay the events in (after, head]
	reset   bool // the client must load anew
}

// extent is what there is of a room's history.
type extent struct {
	stream string
	head   Seq
	floor  Seq // the last seq that retention has removed
}

// applyJoin decides whether a join that knows the stream up to after (nil:
// nothing) can be resumed.
func applyJoin(h extent, stream string, after *Seq) joinOutcome {
	switch {
	case after == nil:
		return joinOutcome{}
	case stream != h.stream, *after > h.head, *after < h.floor, h.head-*after > maxReplay:
		return joinOutcome{reset: true}
	}
	return joinOutcome{resumed: true}
}

func tooLong(chars, limit int) *Error {
	return &Error{Code: CodeTooLong, Message: "The message has " + decimal(chars) +
		" characters; at most " + decimal(limit) + " fit. Shorten it or send it in parts."}
}

// newMessageID mints a UUID of version 7 (RFC 9562 §5.7): its first 48 bits are
// the time, so that ids sort about as messages do.
func newMessageID(now time.Time) MessageID {
	var u [16]byte
	_, _ = rand.Read(u[6:]) // never fails: see crypto/rand
	ms := uint64(now.UnixMilli())
	for i := range 6 {
		u[i] = byte(ms >> (40 - 8*i))
	}
	u[6] = u[6]&0x0f | 0x70
	u[8] = u[8]&0x3f | 0x80
	var text [36]byte
	hex.Encode(text[:8], u[:4])
	hex.Encode(text[9:13], u[4:6])
	hex.Encode(text[14:18], u[6:8])
	hex.Encode(text[19:23], u[8:10])
	hex.Encode(text[24:], u[10:])
	text[8], text[13], text[18], text[23] = '-', '-', '-', '-'
	return MessageID(text[:])
}
