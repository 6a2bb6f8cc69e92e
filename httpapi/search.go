package httpapi

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"snug/chat"
	"snug/internal/openapi"
	"snug/search"
)

// Searcher finds messages.
type Searcher interface {
	Search(ctx context.Context, who chat.Actor, r search.Request) (search.Results, error)
}

// searchRoutes are those of search and of previews.
func (s *Server) searchRoutes() []route {
	return tagged(tagRooms, []route{
		{path: "/api/search", methods: methods{
			http.MethodGet: reading(s, s.search).
				said("Find messages", "At most 30 messages. There may be more where there is a cursor, even if this page is empty.").
				more("Words, parts of words and phrases in quotes, in any script and all of them in one message; a minus before a word or "+
					"phrase leaves out what has it. from:NAME, in:ROOM, has:link (file, image, video, audio, code), before:, after: and on: "+
					"a day, month or year narrow it. Only what one may read is found. What was posted within the last second may be missing.",
					openapi.Param[string]("q", "What is looked for: at most 500 characters.", ""),
					openapi.Param[string]("room", "Only in the room of this slug.", ""),
					openapi.Param[search.Order]("sort", "The newest first, or the best of the newest 500.", "default=newest"),
					openapi.Param[string]("cursor", "Of the page before.", ""),
					openapi.Param[int]("offset", "How far the days of the person who asks are east of UTC, in minutes.", "minimum=-840,maximum=840")).
				unless(http.StatusNotFound),
		}},
		{path: "/api/rooms/{slug}/messages/{id}/previews", methods: methods{
			http.MethodDelete: writing(s, s.removePreview).
				said("Remove the preview of a link from a message, for good", "The message as it is then.").
				more("By its author, moderators and up.", openapi.Param[string]("url", "The link.", "required")),
		}},
	})
}

// maxOffset is how far from UTC a place can be, in minutes.
const maxOffset = 14 * 60

func (s *Server) search(ctx context.Context, q asked) (search.Results, error) {
	if s.searcher == nil {
		return search.Results{}, &chat.Error{Code: chat.CodeNotFound, Message: "This server has no search."}
	}
	var r search.Request
	var order, offset string
	for name, into := range map[string]*string{"q": &r.Text, "room": &r.Room, "sort": &order, "cursor": &r.Cursor, "offset": &offset} {
		text, _, err := single(q.query, name)
		if err != nil {
			return search.Results{}, err
		}
		*into = text
	}
	r.Order = search.Order(order)
	if offset != "" {
		minutes, err := strconv.Atoi(offset)
		if err != nil || minutes < -maxOffset || minutes > maxOffset {
			return search.Results{}, badRequest("offset must be minutes east of UTC: -840 to 840.")
		}
		r.Where = time.FixedZone("", minutes*60)
	}
	leave, ok := s.searches.enter(q.Context(), everyone)
	if !ok {
		return search.Results{}, &chat.Error{Code: chat.CodeOverloaded, Message: "Many people search at once. Try again in a moment.", Retry: time.Second}
	}
	defer leave()
	return s.searcher.Search(ctx, q.actor, r)
}

func (s *Server) removePreview(ctx context.Context, q asked) (chat.Message, error) {
	url, given, err := single(q.query, "url")
	if err == nil && !given {
		err = badRequest("url is missing: the link whose preview is to go.")
	}
	if err != nil {
		return chat.Message{}, err
	}
	return s.rooms.RemovePreview(ctx, q.actor, q.slug, q.id, url)
}
