package chat

import (
	"time"
	"unicode/utf8"
)

// roomState is what decisions about a room rest on.
type roomState struct {
	head    Seq    // of the newest durable event
	newest  Seq    // of the newest message; at most the floor: there is none
	events  Seq    // how many seqs, since the room began, are no messages
	lastAt  int64  // when the newest message was posted; 0: never
	lastBy  UserID // and by whom
	posts   posts
	changes posts // of messages
	edits   posts // of those the ones that say something: as fast as posts, not faster

	kind     RoomKind
	archived bool
	slow     posts // slow mode: one of a person in its time
	rules    rules
}

// post is the wish to post a message. Its content is taken as it is: only
// level 0 trims.
type post struct {
	author   User
	by       authority
	clientID ClientID // "" only at level 0, where posts can't be repeated safely
	content  string
	maxChars int

	replyTo, thread MessageID
	answered, root  *Message // what these name; nil where it isn't there
	files           []Attachment
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
	if p.by.role == "" {
		return outcome{refused: errNoRoom}
	}
	if earlier != nil {
		return outcome{repeated: earlier}
	}
	at := now.UnixMilli()
	if refused := refuseAct(s.archived, p.by, at); refused != nil {
		return outcome{refused: refused}
	}
	if trim(p.content) == "" && len(p.files) == 0 {
		return outcome{refused: &Error{Code: CodeEmpty, Message: "A message needs some text."}}
	}
	if n := utf8.RuneCountInString(p.content); n > p.maxChars {
		return outcome{refused: tooLong(n, p.maxChars)}
	}
	if p.replyTo != "" || p.thread != "" {
		if refused := refuseReference(p); refused != nil {
			return outcome{refused: refused}
		}
	}
	if callsMany(p.content) && !s.rules.may(ActMentionAll, p.by.role, s.kind) {
		return outcome{refused: s.rules.forbid(ActMentionAll, s.kind)}
	}
	if limited := s.posts.limit(p, at); limited != nil {
		return outcome{limited: limited}
	}
	if s.slow.rate.Limit > 0 && !s.rules.may(ActSlowMode, p.by.role, s.kind) {
		if limited := s.slow.limit(p, at); limited != nil {
			return outcome{limited: limited}
		}
	}
	return outcome{posted: &Message{
		ID: id, UserID: p.author.ID, UserName: p.author.Name, UserImage: p.author.Image,
		Content: p.content, Timestamp: at, Type: TypeText, Seq: s.head + 1, ClientID: p.clientID,
		ReplyTo: p.replyTo, Thread: p.thread, Attachments: p.files,
	}}
}

// limit says that a post comes too soon; nil: it doesn't.
func (ps *posts) limit(p post, at int64) *RateLimitFrame {
	wait := ps.wait(p.author.ID, at)
	if wait <= 0 {
		return nil
	}
	return &RateLimitFrame{Type: "rateLimit", ClientID: p.clientID, RetryAfterMs: wait, Limit: ps.rate.Limit, WindowMs: ps.window()}
}

// refuseReference says why a post can't answer a message, or stand in a thread.
func refuseReference(p post) *Error {
	switch {
	case p.replyTo != "" && (p.answered == nil || p.answered.DeletedAt != 0):
		return &Error{Code: CodeNotFound, Message: "The message that this replies to isn't there any more."}
	case p.thread == "":
		return nil
	case p.root == nil || p.root.DeletedAt != 0 && p.root.Replies == nil:
		return &Error{Code: CodeNotFound, Message: "The message of this thread isn't there any more."}
	case p.root.Thread != "":
		return &Error{Code: CodeBadRequest, Message: "thread must be a message that is in no thread itself."}
	}
	return nil
}

// took notes a message that was posted.
func (s *roomState) took(m *Message) {
	s.head, s.newest, s.lastAt, s.lastBy = m.Seq, m.Seq, m.Timestamp, m.UserID
	s.posts.took(m.UserID, m.Timestamp)
	s.slow.took(m.UserID, m.Timestamp)
}

// changed notes an event that isn't a posting.
func (s *roomState) changed(e event) {
	s.head++
	s.events++
	if e.Kind != eventRoom {
		s.changes.took(e.By, e.At)
	}
	if e.Kind == eventEdit {
		s.edits.took(e.By, e.At)
	}
}

// messages is how many messages the room keeps above a floor, up to which it counted so
// many other events.
func (s *roomState) messages(floor, events Seq) Seq { return s.head - floor - (s.events - events) }

// joinOutcome says how a join goes on: where both are false, from now.
type joinOutcome struct {
	resumed bool // replay the events in (after, head]
	reset   bool // the client must load anew
}

// extent is what there is of a room's history.
type extent struct {
	stream string
	head   Seq
	floor  Seq // the last seq that retention has removed; what follows it, if anything, is a message
	newest Seq // of the messages; at most floor: there is none

	events, pruned Seq    // how many seqs up to head, and up to floor, are no messages
	lastAt         int64  // when the newest message was posted; 0: it isn't known here
	lastBy         UserID // and by whom, where lastAt is known
}

// newestMessage is the seq of the newest message; 0: there is none.
func (e extent) newestMessage() Seq {
	if e.newest <= e.floor {
		return 0
	}
	return e.newest
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
