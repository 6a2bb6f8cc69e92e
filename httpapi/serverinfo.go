package httpapi

import (
	"context"
	"net/http"

	"snug/chat"
)

// Namer is what the server needs of chat to be called something, and to greet people.
type Namer interface {
	ChangeServer(ctx context.Context, a chat.Actor, c chat.ServerChange) (chat.ServerInfo, error)
	Greeting(ctx context.Context, a chat.Actor) (chat.Greeting, error)
	Greeted(ctx context.Context, a chat.Actor) error
	SetUp(ctx context.Context, a chat.Actor, to chat.Setup) error
}

// namingRoutes are those of what the server is called, and of what greets people.
func (s *Server) namingRoutes() []route {
	return tagged(tagRooms, []route{
		{path: "/api/server", methods: methods{
			http.MethodPatch: ordering(s, func(ctx context.Context, q asked, b serverBody) (chat.ServerInfo, error) {
				return s.rooms.ChangeServer(ctx, q.actor, chat.ServerChange{Name: b.Name, Description: b.Description})
			}).said("Name the server", "What it is called now.").
				more("And say in a line what it is. What is left out stays; empty is none. Its admins may. What it is called is among the settings."),
		}},
		{path: "/api/greeting", methods: methods{
			http.MethodGet: reading(s, func(ctx context.Context, q asked) (chat.Greeting, error) { return s.rooms.Greeting(ctx, q.actor) }).
				said("What greets you", "Whether you are new here, and whose guest; for an owner, how far the server is set up."),
			http.MethodDelete: writing(s, func(ctx context.Context, q asked) (done, error) {
				return done{}, s.rooms.Greeted(ctx, q.actor)
			}).said("Be greeted no more", "You know your way, on all your devices."),
		}},
		{path: "/api/greeting/setup", methods: methods{
			http.MethodPut: ordering(s, func(ctx context.Context, q asked, b setupBody) (done, error) {
				return done{}, s.rooms.SetUp(ctx, q.actor, b.Setup)
			}).said("Note how far the server is set up", "It is noted.").more("By its admins. What is done stays done."),
		}},
	})
}

// serverBody says what the server is to be called.
type serverBody struct {
	Name        *string `json:"name,omitempty" openapi:"maxLength=60"`
	Description *string `json:"description,omitempty" openapi:"maxLength=200"`
}

// setupBody says how far an owner is.
type setupBody struct {
	Setup chat.Setup `json:"setup" openapi:"enum=left|done"`
}
