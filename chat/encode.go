package chat

import (
	"bytes"
	"encoding/json"
	"strconv"
	"unicode/utf8"

	"snug/durable"
)

// encode returns v as JSON without the escapes that only HTML needs.
func encode(v any) []byte {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		panic("chat: a frame that can't be encoded: " + err.Error()) // our own types: a bug
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n"))
}

// appender is a frame that is sent so often that it encodes itself. What it
// appends is what encode makes of it, byte for byte.
type appender interface {
	ServerFrame
	appendTo(b []byte) []byte
}

// smallFrame is the place, in bytes, that a frame without content is given; more
// is found where it needs more.
const smallFrame = 246

// plainFrame is frame for an appender.
func plainFrame[F appender](f F) durable.Frame {
	return durable.BuildTextFrame(smallFrame, f.appendTo)
}

func (m *Message) appendTo(b []byte) []byte {
	b = appendString(append(b, `{"id":`...), m.ID)
	b = appendString(append(b, `,"userId":`...), m.UserID)
	b = appendString(append(b, `,"userName":`...), m.UserName)
	b = appendOptional(b, `,"userImage":`, m.UserImage)
	b = appendString(append(b, `,"content":`...), m.Content)
	b = strconv.AppendInt(append(b, `,"timestamp":`...), m.Timestamp, 10)
	b = appendString(append(b, `,"type":`...), m.Type)
	if m.Seq != 0 {
		b = appendSeq(append(b, `,"seq":`...), m.Seq)
	}
	b = appendOptional(b, `,"clientId":`, m.ClientID)
	b = m.appendChanges(b)
	return append(b, '}')
}

// appendChanges appends what most messages don't have.
func (m *Message) appendChanges(b []byte) []byte {
	b = appendCount(b, `,"editedAt":`, m.EditedAt)
	b = appendCount(b, `,"deletedAt":`, m.DeletedAt)
	b = appendOptional(b, `,"replyTo":`, m.ReplyTo)
	b = appendOptional(b, `,"thread":`, m.Thread)
	if len(m.Reactions) > 0 {
		b = m.Reactions.appendTo(append(b, `,"reactions":`...))
	}
	if m.Pinned {
		b = append(b, `,"pinned":true`...)
	}
	if len(m.Attachments) > 0 {
		b = append(append(b, `,"attachments":`...), encode(m.Attachments)...)
	}
	if r := m.Replies; r != nil {
		b = strconv.AppendInt(append(b, `,"replies":{"count":`...), int64(r.Count), 10)
		b = appendSeq(append(b, `,"lastSeq":`...), r.LastSeq)
		b = strconv.AppendInt(append(b, `,"lastAt":`...), r.LastAt, 10)
		b = append(appendStrings(append(b, `,"users":`...), r.Users), '}')
	}
	if len(m.Previews) > 0 {
		b = append(append(b, `,"previews":`...), encode(m.Previews)...)
	}
	return b
}

// encoded returns the message as it is stored and sent.
func (m *Message) encoded() []byte {
	const names = 160 // bytes at most of all but the strings, and what most messages lack
	return m.appendTo(make([]byte, 0, names+
		len(m.ID)+len(m.UserID)+len(m.UserName)+len(m.UserImage)+len(m.Content)+len(m.ClientID)))
}

func (u *User) appendTo(b []byte) []byte {
	b = appendString(append(b, `{"userId":`...), u.ID)
	b = appendString(append(b, `,"userName":`...), u.Name)
	b = appendOptional(b, `,"userImage":`, u.Image)
	b = appendOptional(b, `,"state":`, u.State)
	return append(appendStatus(b, u.Status), '}')
}

// appendStatus appends the field of a status that there may be.
func appendStatus(b []byte, s *Status) []byte {
	if s == nil {
		return b
	}
	b = appendString(append(b, `,"status":{"emoji":`...), s.Emoji)
	b = appendString(append(b, `,"text":`...), s.Text)
	b = strconv.AppendInt(append(b, `,"until":`...), s.Until, 10)
	return append(b, '}')
}

func appendUsers(b []byte, list []User) []byte {
	b = append(b, '[')
	for i := range list {
		if i > 0 {
			b = append(b, ',')
		}
		b = list[i].appendTo(b)
	}
	return append(b, ']')
}

// userBytes is about how long a User becomes.
const userBytes = 128

// usersFrame is plainFrame for a frame with a list of users.
func usersFrame[F appender](f F, users int) durable.Frame {
	return durable.BuildTextFrame(smallFrame+users*userBytes, f.appendTo)
}

func (f JoinedFrame) appendTo(b []byte) []byte {
	b = appendOptional(append(b, `{"type":"joined"`...), `,"ref":`, f.Ref)
	b = appendString(append(b, `,"room":`...), f.Room)
	b = appendString(append(b, `,"stream":`...), f.Stream)
	b = appendSeq(append(b, `,"head":`...), f.Head)
	b = appendString(append(b, `,"role":`...), f.Role)
	b = strconv.AppendBool(append(b, `,"resumed":`...), f.Resumed)
	b = strconv.AppendInt(append(b, `,"count":`...), int64(f.Count), 10)
	return append(appendUsers(append(b, `,"users":`...), f.Users), '}')
}

func (f PresenceFrame) appendTo(b []byte) []byte {
	b = appendString(append(b, `{"type":"presence","room":`...), f.Room)
	b = strconv.AppendInt(append(b, `,"count":`...), int64(f.Count), 10)
	b = appendUsers(append(b, `,"joined":`...), f.Joined)
	return append(appendStrings(append(b, `,"left":`...), f.Left), '}')
}

func (f PeopleFrame) appendTo(b []byte) []byte {
	b = appendOptional(append(b, `{"type":"people"`...), `,"ref":`, f.Ref)
	b = append(b, `,"people":[`...)
	for i, p := range f.People {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendString(append(b, `{"userId":`...), p.ID)
		b = appendString(append(b, `,"state":`...), p.State)
		b = append(appendStatus(b, p.Status), '}')
	}
	return append(b, ']', '}')
}

func (f AckFrame) appendTo(b []byte) []byte {
	b = appendOptional(append(b, `{"type":"ack"`...), `,"ref":`, f.Ref)
	b = appendString(append(b, `,"room":`...), f.Room)
	b = appendString(append(b, `,"clientId":`...), f.ClientID)
	b = appendString(append(b, `,"id":`...), f.ID)
	b = appendSeq(append(b, `,"seq":`...), f.Seq)
	b = strconv.AppendInt(append(b, `,"timestamp":`...), f.Timestamp, 10)
	return append(b, '}')
}

func (f RateLimitFrame) appendTo(b []byte) []byte {
	b = appendOptional(append(b, `{"type":"rateLimit"`...), `,"ref":`, f.Ref)
	b = appendOptional(b, `,"room":`, f.Room)
	b = appendOptional(b, `,"clientId":`, f.ClientID)
	b = strconv.AppendInt(append(b, `,"retryAfterMs":`...), f.RetryAfterMs, 10)
	b = strconv.AppendInt(append(b, `,"limit":`...), int64(f.Limit), 10)
	b = strconv.AppendInt(append(b, `,"windowMs":`...), f.WindowMs, 10)
	return append(b, '}')
}

func (f TypingFrame) appendTo(b []byte) []byte {
	b = appendString(append(b, `{"type":"typing","room":`...), f.Room)
	b = appendString(append(b, `,"userId":`...), f.UserID)
	b = appendString(append(b, `,"userName":`...), f.UserName)
	return append(b, '}')
}

func (f OKFrame) appendTo(b []byte) []byte {
	return append(appendString(append(b, `{"type":"ok","ref":`...), f.Ref), '}')
}

func (f PongFrame) appendTo(b []byte) []byte {
	return append(appendOptional(append(b, `{"type":"pong"`...), `,"ref":`, f.Ref), '}')
}

func appendSeq(b []byte, n Seq) []byte { return strconv.AppendUint(b, uint64(n), 10) }

// appendOptional appends a field that is left out where it is empty.
func appendOptional[S ~string](b []byte, name string, s S) []byte {
	if s == "" {
		return b
	}
	return appendString(append(b, name...), s)
}

// appendCount appends a number that is left out where it is 0.
func appendCount(b []byte, name string, n int64) []byte {
	if n == 0 {
		return b
	}
	return strconv.AppendInt(append(b, name...), n, 10)
}

// appendStrings appends a list, which is never null.
func appendStrings[S ~string](b []byte, list []S) []byte {
	b = append(b, '[')
	for i, s := range list {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendString(b, s)
	}
	return append(b, ']')
}

// appendString appends s as a JSON string. Like encoding/json it escapes U+2028
// and U+2029, which JavaScript once took for ends of lines, and writes U+FFFD for
// what isn't UTF-8.
func appendString[S ~string](b []byte, s S) []byte {
	const hex = "0123456789abcdef"
	b = append(b, '"')
	done := 0
	for i := 0; i < len(s); {
		c := s[i]
		if c >= ' ' && c < utf8.RuneSelf && c != '"' && c != '\\' {
			i++
			continue
		}
		if c >= utf8.RuneSelf {
			r, size := utf8.DecodeRuneInString(string(s[i:]))
			switch {
			case r == utf8.RuneError && size == 1:
				b = append(append(b, s[done:i]...), `\ufffd`...)
			case r == '\u2028' || r == '\u2029':
				b = append(append(b, s[done:i]...), `\u202`...)
				b = append(b, hex[r&0xf])
			default:
				i += size
				continue
			}
			i += size
			done = i
			continue
		}
		b = append(b, s[done:i]...)
		switch c {
		case '"', '\\':
			b = append(b, '\\', c)
		case '\b':
			b = append(b, '\\', 'b')
		case '\f':
			b = append(b, '\\', 'f')
		case '\n':
			b = append(b, '\\', 'n')
		case '\r':
			b = append(b, '\\', 'r')
		case '\t':
			b = append(b, '\\', 't')
		default:
			b = append(b, `\u00`...)
			b = append(b, hex[c>>4], hex[c&0xf])
		}
		i++
		done = i
	}
	return append(append(b, s[done:]...), '"')
}
