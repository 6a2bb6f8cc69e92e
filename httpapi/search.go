package httpapi

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"snug/chat"
	"snug/search"
)

// Searcher finds messages.
type Searcher interface {
	Search(ctx context.Context, who chat.Actor, r search.Request) (search.Results, error)
}

// searchRoutes are those of search and of previews.
func (s *Server) searchRoutes() []route {
	return []route{
		{path: "/api/search", methods: methods{http.MethodGet: s.reading(s.search)}},
		{path: "/api/rooms/{slug}/messages/{id}/previews", methods: methods{http.MethodDelete: s.writing(s.removePreview)}},
	}
}

// maxOffset is how far from UTC a place can be, in minutes.
const maxOffset = 14 * 60

func (s *Server) search(ctx context.Context, q asked) (any, error) {
	var r search.Request
	var order, offset string
	for name, into := range map[string]*string{"q": &r.Text, "room": &r.Room, "sort": &order, "cursor": &r.Cursor, "offset": &offset} {
		text, _, err := single(q.query, name)
		if err != nil {
			return nil, err
		}
		*into = text
	}
	r.Order = search.Order(order)
	if offset != "" {
		minutes, err := strconv.Atoi(offset)
		if err != nil || minutes < -maxOffset || minutes > maxOffset {
			return nil, badRequest("offset must be minutes east of UTC: -840 to 840.")
		}
		r.Where = time.FixedZone("", minutes*60)
	}
	return s.searcher.Search(ctx, q.actor, r)
}

func (s *Server) removePreview(ctx context.Context, q asked) (any, error) {
	url, given, err := single(q.query, "url")
	if err == nil && !given {
		err = badRequest("url is missing: the link whose preview is to go.")
	}
	if err != nil {
		return nil, err
	}
	return s.rooms.RemovePreview(ctx, q.actor, q.slug, q.id, url)
}
