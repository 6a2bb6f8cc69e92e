package chat

import (
	"crypto/rand"
	"encoding/hex"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// Rate is how many posts a person may make in a window. A zero Limit is none.
type Rate struct {
	Limit  int
	Window time.Duration
}

// rules are the settings that decide about commands.
type rules struct {
	postRate Rate
	maxChars int
}

// roomState is what decisions about a room rest on.
type roomState struct {
	head  Seq                // of the newest durable event
	posts map[UserID][]int64 // times of a person's posts within the rate's window, oldest first
}

// post is the wish to post a message.
type post struct {
	author   User
	clientID ClientID // "" only at level 0, where posts can't be repeated safely
	content  string
}

// outcome is what a post leads to: exactly one field is set.
type outcome struct {
	posted   *Message        // the room takes it
	repeated *Message        // it took it before
	limited  *RateLimitFrame // not now
	refused  *Error          // never
}

// applyPost decides about a post. It changes nothing; earlier is the message
// that (author, clientID) names already, if any.
func applyPost(s *roomState, r rules, p post, earlier *Message, now time.Time, id MessageID) outcome {
	if earlier != nil {
		return outcome{repeated: earlier}
	}
	if strings.TrimSpace(p.content) == "" {
		return outcome{refused: &Error{Code: CodeEmpty, Message: "A message needs some text."}}
	}
	if n := utf8.RuneCountInString(p.content); n > r.maxChars {
		return outcome{refused: tooLong(n, r.maxChars)}
	}
	if wait := s.waitFor(p.author.ID, r.postRate, now); wait > 0 {
		return outcome{limited: &RateLimitFrame{
			Type: "rateLimit", ClientID: p.clientID, RetryAfterMs: wait.Milliseconds(),
			Limit: r.postRate.Limit, WindowMs: r.postRate.Window.Milliseconds(),
		}}
	}
	return outcome{posted: &Message{
		ID: id, UserID: p.author.ID, UserName: p.author.Name, UserImage: p.author.Image,
		Content: p.content, Timestamp: now.UnixMilli(), Type: TypeText, Seq: s.head + 1, ClientID: p.clientID,
	}}
}

// waitFor returns how long the person must wait before the next post is taken;
// 0 means not at all. It rounds up to a millisecond.
func (s *roomState) waitFor(user UserID, rate Rate, now time.Time) time.Duration {
	if rate.Limit <= 0 {
		return 0
	}
	recent := s.recent(user, rate, now)
	if len(recent) < rate.Limit {
		return 0
	}
	free := time.UnixMilli(recent[len(recent)-rate.Limit]).Add(rate.Window)
	return max(free.Sub(now).Round(time.Millisecond), time.Millisecond)
}

// recent returns the times of the person's posts that still count. Times ahead
// of now are left out: a clock that was set back must not silence anybody.
func (s *roomState) recent(user UserID, rate Rate, now time.Time) []int64 {
	posts := slices.DeleteFunc(s.posts[user], func(at int64) bool {
		return at > now.UnixMilli() || !time.UnixMilli(at).Add(rate.Window).After(now)
	})
	if len(posts) == 0 {
		delete(s.posts, user)
	} else {
		s.posts[user] = posts
	}
	return posts
}

// took notes a message that was posted.
func (s *roomState) took(m *Message, rate Rate) {
	s.head = m.Seq
	if rate.Limit > 0 {
		s.posts[m.UserID] = append(s.posts[m.UserID], m.Timestamp)
	}
}

// joinCommand is the wish to hear a room.
type joinCommand struct {
	stream string
	after  *Seq
}

// joinOutcome says how a join goes on.
type joinOutcome struct {
	resumed bool // replay the events in (after, head]
	reset   bool // the client must load anew
}

// applyJoin decides whether a join can be resumed. floor is the last seq that
// retention has removed.
func applyJoin(stream string, head, floor Seq, j joinCommand) joinOutcome {
	switch {
	case j.after == nil:
		return joinOutcome{}
	case j.stream != stream, *j.after > head, *j.after < floor, head-*j.after > maxReplay:
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
	text := make([]byte, 36)
	for i, part := range [][]byte{u[:4], u[4:6], u[6:8], u[8:10], u[10:]} {
		at := []int{0, 9, 14, 19, 24}[i]
		hex.Encode(text[at:], part)
		if i > 0 {
			text[at-1] = '-'
		}
	}
	return MessageID(text)
}
