package chat

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// eventKind says what a durable event did.
type eventKind string

const (
	eventPost    eventKind = "post"
	eventEdit    eventKind = "edit"
	eventDelete  eventKind = "delete"
	eventReact   eventKind = "react"
	eventPin     eventKind = "pin"
	eventPreview eventKind = "preview"
	eventThread  eventKind = "thread" // a reply was deleted, and the root tells so
	eventRoom    eventKind = "room"   // it is of no message: see roomEvent
)

// change is the wish to change a message.
type change struct {
	kind     eventKind
	by       UserID
	may      func(Action) bool // in this room, as what they are there
	content  string            // edit; preview: what the previews were made for
	emoji    string            // react
	on       bool              // react, pin
	maxChars int
	pins     int       // that the room has
	previews []Preview // preview
}

// applyChange decides about a change of m, which it leaves as it is; nil is a message
// that isn't there. It returns the message as it is to be, nil where nothing changes,
// or why it can't be.
func applyChange(m *Message, c change, at int64) (next *Message, refused *Error) {
	if m == nil {
		return nil, errNoMessage
	}
	if m.DeletedAt != 0 {
		if c.kind == eventDelete || (c.kind == eventReact || c.kind == eventPin) && !c.on {
			return nil, nil
		}
		return nil, errDeletedMessage
	}
	changed := *m
	switch c.kind {
	case eventEdit:
		if refused = mayEdit(m, c); refused != nil || c.content == m.Content {
			return nil, refused
		}
		changed.Content, changed.EditedAt = c.content, at
		changed.Previews = slices.Clone(changed.Previews)
		changed.Previews = slices.DeleteFunc(changed.Previews, func(p Preview) bool { return !strings.Contains(c.content, p.URL) })
	case eventDelete:
		if c.by != m.UserID && !c.may(ActDeleteAny) {
			return nil, forbidden("Only its author and moderators can delete a message.")
		}
		changed = Message{ID: m.ID, UserID: m.UserID, Timestamp: m.Timestamp, Type: m.Type, Seq: m.Seq,
			Thread: m.Thread, Replies: m.Replies, DeletedAt: at}
	case eventReact:
		if changed.Reactions, refused = applyReaction(m.Reactions, c); refused != nil {
			return nil, refused
		}
		if changed.Reactions.count() == m.Reactions.count() {
			return nil, nil
		}
	case eventPin:
		switch {
		case !c.may(ActPin):
			return nil, forbidden("Guests can't pin messages.")
		case c.on == m.Pinned:
			return nil, nil
		case c.on && c.pins >= maxPins:
			return nil, forbidden("This room has " + decimal(maxPins) + " pinned messages, as many as fit. Unpin one first.")
		}
		changed.Pinned = c.on
	case eventPreview:
		if c.content != m.Content || slices.Equal(c.previews, m.Previews) {
			return nil, nil // they are of what it said before
		}
		changed.Previews = c.previews
	}
	if c.kind != eventDelete && changed.size() > maxMessageBytes && changed.size() > m.size() {
		return nil, &Error{Code: CodeTooLong, Message: "The message is full: no more text, reactions or previews fit."}
	}
	return &changed, nil
}

func mayEdit(m *Message, c change) *Error {
	if c.by != m.UserID {
		return forbidden("Only its author can edit a message.")
	}
	if trim(c.content) == "" && len(m.Attachments) == 0 {
		return &Error{Code: CodeEmpty, Message: "A message needs some text. Delete it instead."}
	}
	if n := utf8.RuneCountInString(c.content); n > c.maxChars {
		return tooLong(n, c.maxChars)
	}
	if callsMany(c.content) && !callsMany(m.Content) && !c.may(ActMentionAll) {
		return forbidden("You may not mention everybody at once here.")
	}
	return nil
}

func applyReaction(rs Reactions, c change) (Reactions, *Error) {
	if !c.on {
		return rs.without(c.emoji, c.by), nil
	}
	if !isEmoji(c.emoji) {
		return nil, &Error{Code: CodeBadRequest, Message: "emoji must be one emoji of at most " + decimal(maxEmojiBytes) + " bytes."}
	}
	i := rs.find(c.emoji)
	switch {
	case i >= 0 && slices.Contains(rs[i].Users, c.by):
		return rs, nil
	case i < 0 && len(rs) >= maxEmojis:
		return nil, forbidden("This message has " + decimal(maxEmojis) + " different reactions, as many as fit.")
	case rs.count() >= maxReactions:
		return nil, forbidden("This message has " + decimal(maxReactions) + " reactions, as many as fit.")
	}
	return rs.with(c.emoji, c.by), nil
}

// applyReplies is what a thread's root tells once one more reply stands in it.
func applyReplies(rs *Replies, reply *Message) *Replies {
	next := Replies{Count: 1, LastSeq: reply.Seq, LastAt: reply.Timestamp, Users: []UserID{reply.UserID}}
	if rs == nil {
		return &next
	}
	next.Count += rs.Count
	for _, u := range rs.Users {
		next.Users = appendUser(next.Users, u)
	}
	return &next
}

// appendUser appends one that isn't named yet, if there is place for it.
func appendUser(users []UserID, u UserID) []UserID {
	if len(users) < maxReplyUsers && !slices.Contains(users, u) {
		users = append(users, u)
	}
	return users
}

// size is about how many bytes the message has as it is stored.
func (m *Message) size() int { return len(m.encoded()) }

var (
	errNoMessage      = &Error{Code: CodeNotFound, Message: "There is no such message."}
	errDeletedMessage = &Error{Code: CodeNotFound, Message: "The message was deleted."}
)

func forbidden(message string) *Error { return &Error{Code: CodeForbidden, Message: message} }
