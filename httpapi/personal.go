package httpapi

import (
	"context"
	"net/http"
	"strconv"
	"unicode/utf8"

	"snug/chat"
	"snug/internal/openapi"
)

const (
	maxPeople     = 20
	maxQueryChars = 100
)

// personalRoutes are those of what is a person's own: how far they have read, threads,
// drafts.
func (s *Server) personalRoutes() []route {
	const message = "/api/rooms/{slug}/messages/{id}"
	return tagged(tagRooms, []route{
		{path: "/api/rooms/{slug}/read", methods: methods{
			http.MethodPut: taking(s, s.read).said("Note how far you have read", "Where the mark stands.").
				more("A mark only rises, and not above the head; with unread it goes to seq wherever it stands."),
		}},
		{path: message + "/follow", methods: methods{
			http.MethodPut: s.following(true).said("Follow a thread", "How you stand to it now.").
				more("Who begins a thread or replies in it follows it by that."),
			http.MethodDelete: s.following(false).said("Stop to follow a thread", "How you stand to it now."),
		}},
		{path: message + "/thread/read", methods: methods{
			http.MethodPut: taking(s, s.readThread).said("Note how far you have read a thread", "Where the mark stands; it only rises."),
		}},
		{path: "/api/threads", methods: methods{
			http.MethodGet: reading(s, func(ctx context.Context, q asked) (chat.ThreadList, error) { return s.rooms.Threads(ctx, q.actor) }).
				said("The threads that you follow", "Those with the latest replies first, at most 50."),
		}},
		{path: "/api/drafts", methods: methods{
			http.MethodGet: reading(s, func(ctx context.Context, q asked) (chat.DraftList, error) { return s.rooms.Drafts(ctx, q.actor) }).
				said("Your drafts", "Those changed last first."),
			http.MethodPut: taking(s, s.draft).said("Keep a draft", "What is kept.").unless(http.StatusNotFound).
				more("One of each room, and of each thread. Of two the one that was written later counts: the answer is what is kept. " +
					"Empty content deletes it. At most 200 a person."),
		}},
		{path: "/api/people", methods: methods{
			http.MethodGet: reading(s, s.people).said("People to mention", "Those first whose name begins with the query.").
				more("", openapi.Param[string]("query", "What a name begins with, or a word of it.", "maxLength=100"),
					openapi.Param[int]("limit", "How many at most.", "minimum=1,maximum=20,default=20")),
		}},
		{path: "/api/settings", methods: methods{
			http.MethodGet: reading(s, func(context.Context, asked) (chat.Settings, error) { return s.settings(), nil }).
				said("How this server is set up", "What a client must know of it."),
		}},
	})
}

// readBody says how far somebody has read.
type readBody struct {
	Seq    *chat.Seq `json:"seq" openapi:"required"`
	Unread bool      `json:"unread,omitempty"` // the mark may go back
}

func (s *Server) read(ctx context.Context, q asked, m readBody) (chat.ReadMark, error) {
	if m.Seq == nil {
		return chat.ReadMark{}, badRequest("seq is missing: it says how far you have read.")
	}
	return s.rooms.MarkRead(ctx, q.actor, q.slug, *m.Seq, m.Unread)
}

// readThreadBody says how far somebody has read a thread.
type readThreadBody struct {
	Seq *chat.Seq `json:"seq" openapi:"required"`
}

func (s *Server) readThread(ctx context.Context, q asked, m readThreadBody) (chat.ThreadMark, error) {
	if m.Seq == nil {
		return chat.ThreadMark{}, badRequest("seq is missing: it says how far you have read.")
	}
	return s.rooms.ReadThread(ctx, q.actor, q.slug, q.id, *m.Seq)
}

func (s *Server) following(on bool) method {
	return writing(s, func(ctx context.Context, q asked) (chat.ThreadMark, error) {
		return s.rooms.Follow(ctx, q.actor, q.slug, q.id, on)
	})
}

func (s *Server) draft(ctx context.Context, q asked, d chat.Draft) (chat.Draft, error) {
	return s.rooms.KeepDraft(ctx, q.actor, d)
}

// people lists those who can be mentioned.
func (s *Server) people(ctx context.Context, q asked) (list chat.PeopleList, err error) {
	text, _, err := single(q.query, "query")
	if err != nil {
		return list, err
	}
	if utf8.RuneCountInString(text) > maxQueryChars {
		return list, badRequest("query must be at most " + strconv.Itoa(maxQueryChars) + " characters.")
	}
	limit := maxPeople
	number, given, err := single(q.query, "limit")
	if err != nil {
		return list, err
	}
	if given {
		if limit, err = strconv.Atoi(number); err != nil || limit < 1 || limit > maxPeople {
			return list, badRequest("limit must be a whole number from 1 to " + strconv.Itoa(maxPeople) + ".")
		}
	}
	found, err := s.accounts.Named(ctx, text, limit)
	if err != nil {
		return list, err
	}
	list.People = make([]chat.User, 0, len(found))
	for _, p := range found {
		list.People = append(list.People, chat.User{ID: chat.UserID(p.UserID), Name: p.Name, Image: p.Image})
	}
	return list, nil
}
