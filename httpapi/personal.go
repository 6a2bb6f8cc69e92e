package httpapi

import (
	"context"
	"net/http"
	"strconv"
	"unicode/utf8"

	"snug/chat"
)

const (
	maxPeople     = 20
	maxQueryChars = 100
)

// personalRoutes are those of what is a person's own: rooms as they know them, how far
// they have read, threads, drafts.
func (s *Server) personalRoutes() []route {
	const message = "/api/rooms/{slug}/messages/{id}"
	get := func(fn func(ctx context.Context, q asked) (any, error)) methods {
		return methods{http.MethodGet: s.reading(fn)}
	}
	return []route{
		{path: "/api/rooms", methods: get(func(ctx context.Context, q asked) (any, error) { return s.rooms.RoomList(ctx, q.actor) })},
		{path: "/api/rooms/{slug}", methods: get(func(ctx context.Context, q asked) (any, error) { return s.rooms.Room(ctx, q.actor, q.slug) })},
		{path: "/api/rooms/{slug}/read", methods: methods{http.MethodPut: s.writing(s.read)}},
		{path: message + "/follow", methods: methods{http.MethodPut: s.following(true), http.MethodDelete: s.following(false)}},
		{path: message + "/thread/read", methods: methods{http.MethodPut: s.writing(s.readThread)}},
		{path: "/api/threads", methods: get(func(ctx context.Context, q asked) (any, error) { return s.rooms.Threads(ctx, q.actor) })},
		{path: "/api/drafts", methods: methods{
			http.MethodGet: s.reading(func(ctx context.Context, q asked) (any, error) { return s.rooms.Drafts(ctx, q.actor) }),
			http.MethodPut: s.writing(s.draft),
		}},
		{path: "/api/people", methods: get(s.people)},
		{path: "/api/settings", methods: get(func(context.Context, asked) (any, error) { return s.settings(), nil })},
	}
}

func (s *Server) read(ctx context.Context, q asked) (any, error) {
	var m struct {
		Seq    *chat.Seq `json:"seq"`
		Unread bool      `json:"unread"`
	}
	if err := readJSON(q.Request, &m); err != nil {
		return nil, err
	}
	if m.Seq == nil {
		return nil, badRequest("seq is missing: it says how far you have read.")
	}
	return s.rooms.MarkRead(ctx, q.actor, q.slug, *m.Seq, m.Unread)
}

func (s *Server) readThread(ctx context.Context, q asked) (any, error) {
	var m struct {
		Seq *chat.Seq `json:"seq"`
	}
	if err := readJSON(q.Request, &m); err != nil {
		return nil, err
	}
	if m.Seq == nil {
		return nil, badRequest("seq is missing: it says how far you have read.")
	}
	return s.rooms.ReadThread(ctx, q.actor, q.slug, q.id, *m.Seq)
}

func (s *Server) following(on bool) http.HandlerFunc {
	return s.writing(func(ctx context.Context, q asked) (any, error) {
		return s.rooms.Follow(ctx, q.actor, q.slug, q.id, on)
	})
}

func (s *Server) draft(ctx context.Context, q asked) (any, error) {
	var d chat.Draft
	if err := readJSON(q.Request, &d); err != nil {
		return nil, err
	}
	return s.rooms.KeepDraft(ctx, q.actor, d)
}

// people lists those who can be mentioned.
func (s *Server) people(ctx context.Context, q asked) (any, error) {
	text, _, err := single(q.query, "query")
	if err != nil {
		return nil, err
	}
	if utf8.RuneCountInString(text) > maxQueryChars {
		return nil, badRequest("query must be at most " + strconv.Itoa(maxQueryChars) + " characters.")
	}
	limit := maxPeople
	number, given, err := single(q.query, "limit")
	if err != nil {
		return nil, err
	}
	if given {
		if limit, err = strconv.Atoi(number); err != nil || limit < 1 || limit > maxPeople {
			return nil, badRequest("limit must be a whole number from 1 to " + strconv.Itoa(maxPeople) + ".")
		}
	}
	found, err := s.accounts.Named(ctx, text, limit)
	if err != nil {
		return nil, err
	}
	list := chat.PeopleList{People: make([]chat.User, 0, len(found))}
	for _, p := range found {
		list.People = append(list.People, chat.User{ID: chat.UserID(p.UserID), Name: p.Name, Image: p.Image})
	}
	return list, nil
}
