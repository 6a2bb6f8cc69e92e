package httpapi

import (
	"context"
	"errors"
	"net/http"
	"strconv"

	"snug/attention"
	"snug/chat"
	"snug/internal/openapi"
	"snug/push"
)

// Attention is what the server needs of attention; its methods are those of
// attention.Service.
type Attention interface {
	Inbox(ctx context.Context, id chat.UserID, q attention.InboxQuery) (attention.InboxPage, error)
	ReadInbox(ctx context.Context, id chat.UserID, t attention.Ticks) (attention.InboxCount, error)
	ReadAll(ctx context.Context, id chat.UserID) error
	Settings(ctx context.Context, id chat.UserID) (attention.Settings, error)
	SetSettings(ctx context.Context, id chat.UserID, c attention.Change) (attention.Settings, error)
	MayStopMails(id chat.UserID, token string) bool
	StopMails(ctx context.Context, id chat.UserID, token string) error
}

// Push is what the server needs of push; its methods are those of push.Service.
type Push interface {
	Key() (push.Key, error)
	Subscribe(ctx context.Context, user, session string, d push.Subscription) error
	Unsubscribe(ctx context.Context, user, endpoint string) error
}

// attentionRoutes are those of what calls for somebody's attention, and of how they are told.
func (s *Server) attentionRoutes() []route {
	said := openapi.Operation{Media: []string{"text/html"}, Refusals: whyNot(400)}
	asks, does := said, said
	asks.Summary, asks.Says = "Where the link of a mail leads by which somebody wants no more of them", "It asks once more."
	does.Summary, does.Says = "Stop to mail somebody what they missed", "It is so."
	asks.Parameters = []openapi.Parameter{openapi.Param[string]("user", "Whom the mail went to.", "required"), openapi.Param[string]("token", "That it did.", "required")}
	does.Parameters = asks.Parameters
	does.Refusals = whyNot(400, 403)
	return tagged(tagAttention, []route{
		{path: "/api/inbox", methods: methods{
			http.MethodGet: reading(s, s.inbox).said("What calls for your attention", "The newest first.").
				more("Mentions, calls to all in a room, replies to you, news in threads that you follow, and posts in directs and groups. It is read as "+
					"far as you have read the room, or the thread that it is in, or where it is ticked off here. At most 1000, of the last 90 days.",
					openapi.Param[int64]("before", "Items with a smaller id.", "minimum=1"),
					openapi.Param[int]("limit", "How many at most.", "minimum=1,maximum=100,default=30")),
		}},
		{path: "/api/inbox/read", methods: methods{
			http.MethodPut: setting(s, func(ctx context.Context, q asked, t attention.Ticks) (attention.InboxCount, error) {
				return s.attention.ReadInbox(ctx, q.actor.ID, t)
			}).said("Tick off items of your inbox", "How many are left.").more("Up to one, or some. The marks of the rooms stay where they are."),
		}},
		{path: "/api/attention", methods: methods{
			http.MethodGet: reading(s, func(ctx context.Context, q asked) (attention.Settings, error) {
				return s.attention.Settings(ctx, q.actor.ID)
			}).said("How you want to be told of things", "As it is now."),
			http.MethodPut: setting(s, func(ctx context.Context, q asked, c attention.Change) (attention.Settings, error) {
				return s.attention.SetSettings(ctx, q.actor.ID, c)
			}).said("Change how you want to be told of things", "As it is now.").
				more("What is left out stays. What you want of one room is among that room's settings."),
		}},
		{path: attention.MailsOffPath, methods: methods{
			http.MethodGet:  {s.askToStopMails, asks},
			http.MethodPost: {s.stopMails, does},
		}},
		{path: "/api/push/key", methods: methods{
			http.MethodGet: reading(s, func(context.Context, asked) (push.Key, error) { return s.push.Key() }).
				said("The key to subscribe to web pushes with", "It stays the same.").
				more("Where it isn't what a subscription was made with, that is worth nothing any more: make another."),
		}},
		{path: "/api/push/subscriptions", methods: methods{
			http.MethodPut: setting(s, s.subscribe).said("Have this device woken by web pushes", "It is kept.").
				more("As long as the session lasts; a person's 16 newest. Say it whenever the client starts: it is safe to repeat. " +
					"A push holds what a notice frame does."),
			http.MethodDelete: setting(s, s.unsubscribe).said("Have a device not woken any more", "It isn't."),
		}},
	})
}

func (s *Server) inbox(ctx context.Context, q asked) (page attention.InboxPage, err error) {
	var query attention.InboxQuery
	before, err := seqOf(q.query, "before")
	if err != nil {
		return page, badRequest("before must be the id of an item.")
	}
	if before != nil {
		query.Before = int64(*before)
	}
	number, given, err := single(q.query, "limit")
	if err != nil {
		return page, err
	}
	if given {
		if query.Limit, err = strconv.Atoi(number); err != nil || query.Limit < 1 {
			return page, badRequest("limit must be a whole number from 1 to 100.")
		}
	}
	return s.attention.Inbox(ctx, q.actor.ID, query)
}

func (s *Server) subscribe(ctx context.Context, q asked, d push.Subscription) (done, error) {
	return done{}, pushError(s.push.Subscribe(ctx, string(q.actor.ID), q.actor.SessionKey, d))
}

// endpointBody names a subscription.
type endpointBody struct {
	Endpoint string `json:"endpoint"`
}

func (s *Server) unsubscribe(ctx context.Context, q asked, b endpointBody) (done, error) {
	return done{}, s.push.Unsubscribe(ctx, string(q.actor.ID), b.Endpoint)
}

// pushError says in the words of chat what is wrong with a subscription.
func pushError(err error) error {
	var wrong *push.BadSubscription
	if errors.As(err, &wrong) {
		return badRequest("The subscription can't be used: " + wrong.Reason + ".")
	}
	return err
}
