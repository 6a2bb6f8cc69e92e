package httpapi

import (
	"context"
	"net/http"

	"snug/chat"
)

// statusRoutes are those of how people are: what they say of themselves, how far they have
// read.
func (s *Server) statusRoutes() []route {
	return tagged(tagRooms, []route{
		{path: "/api/status", methods: methods{
			http.MethodGet: reading(s, func(_ context.Context, q asked) (chat.OwnStatus, error) { return s.rooms.Status(q.actor.ID), nil }).
				said("Your status", "What you say of yourself."),
			http.MethodPut: taking(s, func(ctx context.Context, q asked, o chat.OwnStatus) (chat.OwnStatus, error) {
				return s.rooms.SetStatus(ctx, q.actor, o)
			}).said("Say something of yourself", "What is kept.").
				more("An emoji, a line of at most 100 characters, and whether you may be disturbed. With until, a time in Unix milliseconds at most a year ahead, " +
					"all of it ends by itself then. An empty one ends it now."),
		}},
		{path: "/api/rooms/{slug}/reads", methods: methods{
			http.MethodGet: reading(s, func(ctx context.Context, q asked) (chat.ReadList, error) { return s.rooms.Reads(ctx, q.actor, q.slug) }).
				said("How far the members of a small room have read", "Each with the seq up to which they have.").
				more("Of a direct, a group or a private room of at most 20 members; of any other room it is empty."),
		}},
	})
}
