package httpapi

import (
	"context"
	"net/http"
	"net/url"
	"strconv"

	"snug/chat"
	"snug/internal/openapi"
)

// messageRoutes are those of what can be done with messages.
func (s *Server) messageRoutes() []route {
	const message = "/api/rooms/{slug}/messages/{id}"
	const now = "The message, as it is now."
	beside := []openapi.Parameter{
		openapi.Param[chat.Seq]("before", "Those with a smaller seq, the nearest ones.", ""),
		openapi.Param[chat.Seq]("after", "Those with a larger seq, the nearest ones.", ""),
		openapi.Param[int]("limit", "How many at most.", "minimum=1,maximum=200,default=50"),
		openapi.Param[chat.Seq]("around", "Those on both sides of a seq, and itself.", ""),
		openapi.Param[int64]("at", "Unix milliseconds: those on both sides of the first one at or after that time, and itself.", ""),
	}
	return tagged(tagRooms, []route{
		{path: "/api/rooms/{slug}/messages", methods: methods{
			http.MethodGet: reading(s, s.history).said("A page of a room's history", "Oldest first.").
				more("At most one of before, after, around and at; with none of them, the newest.", beside...),
			http.MethodPost: taking(s, s.post).said("Post a message", "It is on disk.").
				more("The answer comes when the message is durable. " + mentioning + " A clientId makes it safe to repeat: the second time gives the first one's message."),
		}},
		{path: message, methods: methods{
			http.MethodGet: reading(s, func(ctx context.Context, q asked) (chat.Message, error) {
				return s.rooms.Message(ctx, q.actor, q.slug, q.id)
			}).said("One message", now),
			http.MethodPatch: taking(s, s.edit).said("Edit a message", now).
				more("By its author. What it said before is kept for moderators."),
			http.MethodDelete: s.changing(chat.FrameDelete, nil).said("Delete a message", now).
				more("By its author, moderators and up. Who wrote it and when stays, with its place."),
		}},
		{path: message + "/reactions/{emoji}", methods: methods{
			http.MethodPut: s.changing(chat.FrameReact, new(true)).said("React", now).
				more("At most 50 different emoji, and 1000 reactions. It is safe to repeat."),
			http.MethodDelete: s.changing(chat.FrameReact, new(false)).said("Take a reaction back", now),
		}},
		{path: message + "/pin", methods: methods{
			http.MethodPut:    s.changing(chat.FramePin, new(true)).said("Pin a message", now).more("By all but guests; at most 100 a room."),
			http.MethodDelete: s.changing(chat.FramePin, new(false)).said("Unpin a message", now),
		}},
		{path: message + "/versions", methods: methods{
			http.MethodGet: reading(s, func(ctx context.Context, q asked) (chat.VersionList, error) {
				return s.rooms.Versions(ctx, q.actor, q.slug, q.id)
			}).said("What a message said before", "Oldest first.").more("For its author, moderators and up: the last 100."),
		}},
		{path: message + "/thread", methods: methods{
			http.MethodGet: reading(s, s.thread).said("A piece of a thread", "Its replies, oldest first.").
				more("Of the message that began it, or may begin one. At most one of before and after; with neither, the newest.", beside[:3]...),
		}},
		{path: "/api/rooms/{slug}/pins", methods: methods{
			http.MethodGet: reading(s, func(ctx context.Context, q asked) (chat.PinList, error) {
				return s.rooms.Pins(ctx, q.actor, q.slug)
			}).said("The pinned messages of a room", "Those pinned last first."),
		}},
	})
}

// postBody is a message to post.
type postBody struct {
	Content     string         `json:"content" openapi:"minLength=1"` // Markdown
	ClientID    chat.ClientID  `json:"clientId,omitempty" openapi:"minLength=1,maxLength=64"`
	ReplyTo     chat.MessageID `json:"replyTo,omitempty"`                           // the id of the message that it answers
	Thread      chat.MessageID `json:"thread,omitempty"`                            // the id of a message that is in no thread itself
	Attachments []string       `json:"attachments,omitempty" openapi:"maxItems=10"` // ids of finished uploads
}

// mentioning says how content speaks to people.
const mentioning = "Content speaks to people by @[Name](user:ID), to all who are in the room by @[room](room:all), " +
	"to those who are here by @[here](room:here)."

// post takes a message of a script that has no socket.
func (s *Server) post(ctx context.Context, q asked, m postBody) (chat.Message, error) {
	return s.rooms.Post(ctx, q.actor, q.slug, chat.NewMessage{ClientID: m.ClientID, Content: m.Content, ReplyTo: m.ReplyTo, Thread: m.Thread, Attachments: m.Attachments})
}

// editBody is what a message is to say.
type editBody struct {
	Content *string `json:"content" openapi:"required"` // Markdown
}

func (s *Server) edit(ctx context.Context, q asked, m editBody) (chat.Message, error) {
	if m.Content == nil {
		return chat.Message{}, badRequest("content is missing.")
	}
	return s.rooms.Change(ctx, q.actor, q.slug, chat.ClientFrame{Type: chat.FrameEdit, ID: q.id, Content: *m.Content})
}

// changing changes the message of the path, as the frame of that type would. Each is
// safe to repeat.
func (s *Server) changing(kind string, on *bool) method {
	return writing(s, func(ctx context.Context, q asked) (chat.Message, error) {
		return s.rooms.Change(ctx, q.actor, q.slug, chat.ClientFrame{Type: kind, ID: q.id, Emoji: q.PathValue("emoji"), On: on})
	})
}

// history gives a chat.Page that is JSON already.
func (s *Server) history(ctx context.Context, q asked) (written[chat.Page], error) {
	h, err := historyQuery(q.query)
	if err != nil {
		return nil, err
	}
	return s.rooms.History(ctx, q.actor, q.slug, h)
}

func (s *Server) thread(ctx context.Context, q asked) (chat.ThreadPage, error) {
	h, err := historyQuery(q.query)
	switch {
	case err != nil:
		return chat.ThreadPage{}, err
	case h.Around != nil || h.At != nil:
		return chat.ThreadPage{}, badRequest("A thread has no around and no at: give before, after or neither.")
	}
	return s.rooms.Thread(ctx, q.actor, q.slug, q.id, chat.ThreadQuery{Before: h.Before, After: h.After, Limit: h.Limit})
}

// seqOf reads a parameter that is a seq; nil: it isn't given.
func seqOf(values url.Values, name string) (*chat.Seq, error) {
	text, given, err := single(values, name)
	if err != nil || !given {
		return nil, err
	}
	n, err := strconv.ParseUint(text, 10, 63)
	if err != nil {
		return nil, badRequest(name + " must be a seq: a whole number.")
	}
	seq := chat.Seq(n)
	return &seq, nil
}
