package httpapi

import (
	"context"
	"net/http"
	"net/url"
	"strconv"

	"snug/auth"
	"snug/chat"
)

// asked is a checked request: who asks, and where.
type asked struct {
	*http.Request
	actor chat.Actor
	slug  string         // {slug} of the path, "" where it has none
	id    chat.MessageID // {id}, likewise
	query url.Values
}

// reading answers with what fn reads, as JSON.
func (s *Server) reading(fn func(ctx context.Context, q asked) (any, error)) http.HandlerFunc {
	return s.answering(auth.ScopeRead, func(ctx context.Context, w http.ResponseWriter, q asked) (any, error) {
		leave, ok := s.enter(w, q.Request, q.actor, level1)
		if !ok {
			return nil, errAnswered
		}
		defer leave()
		answer, err := fn(ctx, q)
		if err == nil {
			w.Header().Set("Cache-Control", "private, no-cache")
		}
		return answer, err
	})
}

// writing answers with what became of what fn changed. The reply comes once that is
// durable.
func (s *Server) writing(fn func(ctx context.Context, q asked) (any, error)) http.HandlerFunc {
	return s.answering(auth.ScopeWrite, func(ctx context.Context, _ http.ResponseWriter, q asked) (any, error) {
		return fn(ctx, q)
	})
}

func (s *Server) answering(scope auth.Scope, fn func(context.Context, http.ResponseWriter, asked) (any, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		a, ok := s.actor(w, r, level1, scope)
		if !ok {
			return
		}
		query, err := url.ParseQuery(r.URL.RawQuery)
		if err != nil {
			s.fail(w, r, badRequest("The query can't be read."), level1)
			return
		}
		ctx, cancel := pageContext(r.Context())
		defer cancel()
		answer, err := fn(ctx, w, asked{r, a, r.PathValue("slug"), chat.MessageID(r.PathValue("id")), query})
		switch {
		case err == errAnswered:
		case err != nil:
			s.fail(w, r, err, level1)
		default:
			writeJSON(w, http.StatusOK, answer)
		}
	}
}

// messageRoutes are those of what can be done with messages.
func (s *Server) messageRoutes() []route {
	const message = "/api/rooms/{slug}/messages/{id}"
	return []route{
		{path: "/api/rooms/{slug}/messages", methods: methods{
			http.MethodGet:  s.history,
			http.MethodPost: s.writing(s.post),
		}},
		{path: message, methods: methods{
			http.MethodGet: s.reading(func(ctx context.Context, q asked) (any, error) {
				return s.rooms.Message(ctx, q.actor, q.slug, q.id)
			}),
			http.MethodPatch:  s.writing(s.edit),
			http.MethodDelete: s.changing(chat.FrameDelete, nil),
		}},
		{path: message + "/reactions/{emoji}", methods: s.switching(chat.FrameReact)},
		{path: message + "/pin", methods: s.switching(chat.FramePin)},
		{path: message + "/versions", methods: methods{
			http.MethodGet: s.reading(func(ctx context.Context, q asked) (any, error) {
				return s.rooms.Versions(ctx, q.actor, q.slug, q.id)
			}),
		}},
		{path: message + "/thread", methods: methods{http.MethodGet: s.reading(s.thread)}},
		{path: "/api/rooms/{slug}/pins", methods: methods{
			http.MethodGet: s.reading(func(ctx context.Context, q asked) (any, error) {
				return s.rooms.Pins(ctx, q.actor, q.slug)
			}),
		}},
	}
}

// post takes a message of a script that has no socket.
func (s *Server) post(ctx context.Context, q asked) (any, error) {
	var m struct {
		ClientID    chat.ClientID  `json:"clientId"`
		Content     string         `json:"content"`
		ReplyTo     chat.MessageID `json:"replyTo"`
		Thread      chat.MessageID `json:"thread"`
		Attachments []string       `json:"attachments"`
	}
	if err := readJSON(q.Request, &m); err != nil {
		return nil, err
	}
	return s.rooms.Post(ctx, q.actor, q.slug, chat.NewMessage{ClientID: m.ClientID, Content: m.Content, ReplyTo: m.ReplyTo, Thread: m.Thread, Attachments: m.Attachments})
}

func (s *Server) edit(ctx context.Context, q asked) (any, error) {
	var m struct {
		Content *string `json:"content"`
	}
	if err := readJSON(q.Request, &m); err != nil {
		return nil, err
	}
	if m.Content == nil {
		return nil, badRequest("content is missing.")
	}
	return s.rooms.Change(ctx, q.actor, q.slug, chat.ClientFrame{Type: chat.FrameEdit, ID: q.id, Content: *m.Content})
}

// changing changes the message of the path, as the frame of that type would.
func (s *Server) changing(kind string, on *bool) http.HandlerFunc {
	return s.writing(func(ctx context.Context, q asked) (any, error) {
		return s.rooms.Change(ctx, q.actor, q.slug, chat.ClientFrame{Type: kind, ID: q.id, Emoji: q.PathValue("emoji"), On: on})
	})
}

// switching is what is there or not: PUT and DELETE, each of them safe to repeat.
func (s *Server) switching(kind string) methods {
	on, off := true, false
	return methods{http.MethodPut: s.changing(kind, &on), http.MethodDelete: s.changing(kind, &off)}
}

func (s *Server) thread(ctx context.Context, q asked) (any, error) {
	h, err := historyQuery(q.query)
	switch {
	case err != nil:
		return nil, err
	case h.Around != nil || h.At != nil:
		return nil, badRequest("A thread has no around and no at: give before, after or neither.")
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
