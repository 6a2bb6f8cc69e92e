package chat

import (
	"context"
	"strings"
	"time"
	"unicode/utf8"
)

// What people do who have no socket: bots, scripts, and pages that ask by HTTP. Each
// call returns once what it did is durable. Errors that people may see are *Error.

// NewMessage is a message to post.
type NewMessage struct {
	ClientID    ClientID // "" can't be repeated safely
	Content     string
	ReplyTo     MessageID // "": none
	Thread      MessageID // likewise
	Attachments []string  // ids of finished uploads
}

// Post posts a message and returns it; for a repeated id the first one, as it is now.
func (s *Service) Post(ctx context.Context, a Actor, slug string, m NewMessage) (Message, error) {
	if a.ReadOnly {
		return Message{}, errReadOnly
	}
	if utf8.RuneCountInString(string(m.ClientID)) > maxClientIDChars || !utf8.ValidString(string(m.ClientID)) || strings.ContainsRune(string(m.ClientID), utf8.RuneError) {
		return Message{}, bad("clientId must be 1 to " + decimal(maxClientIDChars) + " whole Unicode characters.")
	}
	f := ClientFrame{Type: FrameMessage, Room: slug, ClientID: m.ClientID, Content: m.Content, ReplyTo: m.ReplyTo, Thread: m.Thread, Attachments: m.Attachments}
	if err := checkReferences(f); err != nil {
		return Message{}, err
	}
	a.User = a.User.fit()
	a = s.profiles.actor(a)
	st, err := s.admit(ctx, a, slug, postAction(f))
	if err != nil {
		return Message{}, err
	}
	q := request{Slug: slug, Actor: a, Frame: f}
	if q.Files, err = s.claim(ctx, st.id, q); err != nil {
		return Message{}, public(err)
	}
	posted, err := s.calls.submit.Call(ctx, s.ns.ByName(string(st.id)), q)
	if err == nil {
		s.enrolments.note(st, a.ID)
	}
	return posted, public(err)
}

// postAction is what a post is, in the table of permissions.
func postAction(f ClientFrame) Action {
	if len(f.Attachments) > 0 {
		return ActUpload
	}
	return ActPost
}

func (r *Room) submit(ctx context.Context, q request) (Message, error) {
	if err := r.learn(q.Slug); err != nil {
		return Message{}, err
	}
	did, err := r.take(q.post(r.maxChars, r.authorityOf(q.Actor)))
	switch {
	case err != nil:
		return Message{}, err
	case did.limited != nil:
		return Message{}, &Error{Code: CodeRateLimited, Message: "You post too fast. Wait a moment.",
			Retry: time.Duration(did.limited.RetryAfterMs) * time.Millisecond}
	case did.refused != nil:
		return Message{}, did.refused
	case did.repeated != nil:
		r.joinThread(ctx, did.repeated, true)
		return *did.repeated, nil
	}
	r.publish(did.encoded)
	r.joinThread(ctx, did.posted, false)
	return *did.posted, nil
}

// Change edits, deletes, pins or reacts to a message, as the frame f of that type
// would, and returns it as it is then. The room is slug; f's own isn't looked at.
func (s *Service) Change(ctx context.Context, a Actor, slug string, f ClientFrame) (Message, error) {
	if a.ReadOnly {
		return Message{}, errReadOnly
	}
	if err := checkChange(f); err != nil {
		return Message{}, err
	}
	a.User = a.User.fit()
	a = s.profiles.actor(a)
	st, err := s.admit(ctx, a, slug, ActRead)
	if err != nil {
		return Message{}, err
	}
	m, err := s.calls.changeNow.Call(ctx, s.ns.ByName(string(st.id)), request{Slug: slug, Actor: a, Frame: f})
	return m, public(err)
}

// Files is what chat needs of the files that people upload.
type Files interface {
	// Claim ties finished uploads of that person to the message that (room, user, id)
	// names, durably, and returns them in the order of files. It may be called again
	// for the same message. Errors that people may see are *Error.
	Claim(ctx context.Context, room RoomID, user UserID, id ClientID, files []string) ([]Attachment, error)
	// Released hears that a message with files is being deleted, in the room's turn and
	// before that is durable: see Service.Holds. It must not wait.
	Released(room RoomID, user UserID, id ClientID)
}

// claim gets the files of a post, ahead of the room's turn.
func (s *Service) claim(ctx context.Context, room RoomID, q request) ([]Attachment, error) {
	files := q.Frame.Attachments
	switch {
	case len(files) == 0:
		return nil, nil
	case s.cfg.Files == nil:
		return nil, bad("This server takes no files.")
	case q.Frame.ClientID == "":
		return nil, bad("clientId is missing: a message with files needs one.")
	}
	list, err := s.cfg.Files.Claim(ctx, room, q.Actor.ID, q.Frame.ClientID, files)
	if err != nil && s.posted(ctx, room, q.Actor.ID, q.Frame.ClientID) {
		return nil, nil // it is repeated: the room answers with the first one, which may be deleted since
	}
	return list, err
}

// posted reports whether a room has the message that (user, id) names.
func (s *Service) posted(ctx context.Context, room RoomID, user UserID, id ClientID) bool {
	from := storedMessages{ctx, s.ns.ByName(string(room))}
	value, err := from.Get(clientKey(user, id))
	if err != nil || value == nil {
		return false
	}
	m, err := messageAt(from, seqOf(value)) // retention takes the message first
	return err == nil && m != nil
}
