package chat

import (
	"cmp"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"unicode/utf8"

	"snug/exactjson"
)

// parseFrame reads a frame and checks the fields that its type needs. With an
// error it returns what is fit to be repeated in the answer. The frame shares
// nothing with data.
func parseFrame(data []byte) (ClientFrame, error) {
	f, ok := scanFrame(data)
	if !ok {
		return parseAnyFrame(data)
	}
	return checkFrame(f, nil)
}

// parseAnyFrame is parseFrame for all that scanFrame doesn't take.
func parseAnyFrame(data []byte) (ClientFrame, error) {
	f, err := parseSent[ClientFrame](data)
	return checkFrame(f, err)
}

// scanFrame reads a frame that is written in the plain way.
func scanFrame(data []byte) (f ClientFrame, ok bool) {
	s, ok := newScanner(data)
	if !ok {
		return f, false
	}
	var ref, room, stream, clientID, content, id, emoji, replyTo, thread scanned[[]byte]
	ok = s.object(func(name []byte) (ok bool) {
		switch string(name) {
		case "type":
			var kind scanned[[]byte]
			kind, ok = s.str()
			f.Type = frameType(kind)
		case "ref":
			ref, ok = s.str()
		case "room":
			room, ok = s.str()
		case "stream":
			stream, ok = s.str()
		case "clientId":
			clientID, ok = s.str()
		case "content":
			content, ok = s.str()
		case "after":
			var after uint64
			after, ok = s.number()
			f.After = (*Seq)(&after)
		case "id":
			id, ok = s.str()
		case "emoji":
			emoji, ok = s.str()
		case "replyTo":
			replyTo, ok = s.str()
		case "thread":
			thread, ok = s.str()
		case "seq":
			var seq uint64
			seq, ok = s.number()
			f.Seq = (*Seq)(&seq)
		case "on":
			var on bool
			on, ok = s.boolean()
			f.On = &on
		}
		return ok
	})
	if !ok {
		return ClientFrame{}, false
	}
	f.ID, f.Emoji = MessageID(id.String()), emoji.String()
	f.ReplyTo, f.Thread = MessageID(replyTo.String()), MessageID(thread.String())
	f.Room, f.Stream = room.String(), stream.String()
	// These live as long as each other, and so share one allocation.
	var short [512]byte
	all := content.appendTo(clientID.appendTo(ref.appendTo(short[:0])))
	text := string(all)
	first, second := len(ref.raw)-ref.escapes, len(clientID.raw)-clientID.escapes
	f.Ref, text = text[:first], text[first:]
	f.ClientID, f.Content = ClientID(text[:second]), text[second:]
	return f, true
}

// frameType returns the type without a copy where it is one that clients send.
func frameType(t scanned[[]byte]) string {
	switch string(t.raw) {
	case FrameMessage:
		return FrameMessage
	case FrameJoin:
		return FrameJoin
	case FrameLeave:
		return FrameLeave
	case FrameTyping:
		return FrameTyping
	case FrameEdit:
		return FrameEdit
	case FrameDelete:
		return FrameDelete
	case FrameReact:
		return FrameReact
	case FramePin:
		return FramePin
	case FrameRead:
		return FrameRead
	case FrameAway:
		return FrameAway
	case FramePing:
		return FramePing
	}
	return t.String()
}

// checkFrame checks what exactjson, or a scanner that takes no more than that,
// made of a frame.
func checkFrame(f ClientFrame, err error) (ClientFrame, error) {
	if utf8.RuneCountInString(f.Ref) > maxRefChars {
		f.Ref, err = "", cmp.Or(err, bad("ref must be at most "+decimal(maxRefChars)+" characters."))
	}
	if utf8.RuneCountInString(string(f.ClientID)) > maxClientIDChars {
		f.ClientID, err = "", cmp.Or(err, bad("clientId must be 1 to "+decimal(maxClientIDChars)+" characters."))
	}
	if utf8.RuneCountInString(f.Room) > maxSlugChars {
		f.Room, err = "", cmp.Or(err, bad("room must be at most "+decimal(maxSlugChars)+" characters."))
	}
	if strings.ContainsRune(string(f.ClientID), utf8.RuneError) {
		// Half of a surrogate pair is read as this: two ids would become one.
		f.ClientID, err = "", cmp.Or(err, bad("clientId must be whole Unicode characters."))
	}
	if err != nil {
		return malformed(f, err)
	}
	switch f.Type {
	case FramePing:
		return f, nil
	case FrameAway, FrameWatch:
		return f, checkAboutPeople(f)
	case FrameJoin, FrameLeave, FrameTyping, FrameMessage, FrameEdit, FrameDelete, FrameReact, FramePin, FrameRead:
	case "":
		return f, bad("type is missing.")
	default:
		return f, &Error{Code: CodeUnknownType, Message: "There is no frame of this type."}
	}
	if f.Room == "" {
		return f, bad("room is missing.")
	}
	switch f.Type {
	case FrameRead:
		if f.Seq == nil {
			return f, bad("seq is missing: it says how far you have read.")
		}
	case FrameMessage:
		return f, checkPost(f)
	case FrameEdit, FrameDelete, FrameReact, FramePin:
		return f, checkChange(f)
	}
	return f, nil
}

func checkAboutPeople(f ClientFrame) error {
	switch {
	case f.Type == FrameAway && f.On == nil:
		return bad("on is missing: true or false.")
	case f.Type == FrameAway:
		return nil
	case f.Users == nil:
		return bad("users is missing: a list of the people to watch.")
	case len(f.Users) > maxWatched:
		return bad("users must be at most " + decimal(maxWatched) + " people.")
	case slices.ContainsFunc(f.Users, func(id UserID) bool { return id == "" || len(id) > maxIDChars }):
		return bad("users must be ids of people.")
	}
	return nil
}

func checkPost(f ClientFrame) error {
	if f.ClientID == "" {
		return bad("clientId is missing: it makes a post safe to repeat.")
	}
	return checkReferences(f)
}

func checkReferences(f ClientFrame) error {
	switch {
	case len(f.ReplyTo) > maxIDChars || len(f.Thread) > maxIDChars:
		return bad("replyTo and thread must be ids of messages.")
	case len(f.Attachments) > maxAttachments:
		return bad("attachments must be at most " + decimal(maxAttachments) + " files.")
	}
	for i, id := range f.Attachments {
		if id == "" || len(id) > maxIDChars || slices.Contains(f.Attachments[:i], id) {
			return bad("attachments must be ids of uploads, each of them once.")
		}
	}
	return nil
}

func checkChange(f ClientFrame) error {
	switch {
	case f.ID == "":
		return bad("id is missing: it names the message.")
	case len(f.ID) > maxIDChars:
		return bad("id must be the id of a message.")
	case f.On == nil && (f.Type == FrameReact || f.Type == FramePin):
		return bad("on is missing: true or false.")
	case f.Emoji == "" && f.Type == FrameReact:
		return bad("emoji is missing.")
	case len(f.Emoji) > maxEmojiBytes:
		return bad("emoji must be one emoji of at most " + decimal(maxEmojiBytes) + " bytes.")
	}
	return nil
}

// malformed says what is wrong with a frame in words that may be shown.
func malformed(f ClientFrame, err error) (ClientFrame, error) {
	var shown *Error
	if errors.As(err, &shown) {
		return f, err
	}
	if words := exactjson.WrongType(err); words != "" {
		return f, bad(words)
	}
	return ClientFrame{}, bad("A frame must be a JSON object.")
}

func bad(message string) error { return &Error{Code: CodeBadRequest, Message: message} }

// level0Frame is what a level 0 client sends; other fields are left alone.
type level0Frame struct {
	Type    string `json:"type"`
	Content string `json:"content"`
}

func parseLevel0Frame(data []byte) (level0Frame, error) {
	if f, ok := scanLevel0Frame(data); ok {
		return f, nil
	}
	return parseSent[level0Frame](data)
}

func scanLevel0Frame(data []byte) (f level0Frame, ok bool) {
	s, ok := newScanner(data)
	return f, ok && s.object(func(name []byte) bool {
		text, ok := s.str()
		switch string(name) {
		case "type":
			f.Type = frameType(text)
		case "content":
			f.Content = text.String()
		default:
			ok = false
		}
		return ok
	})
}

// parseSent reads what a client sent and a scanner doesn't take. It is a function of its
// own as what encoding/json writes to is allocated.
func parseSent[V any](data []byte) (V, error) {
	var v V
	err := exactjson.Unmarshal(data, &v)
	return v, err
}

// parseAny does so for what the server has written itself.
func parseAny[V any](data []byte) (V, error) {
	var v V
	err := json.Unmarshal(data, &v)
	return v, err
}
