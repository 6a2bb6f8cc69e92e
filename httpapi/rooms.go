package httpapi

import (
	"context"
	"net/http"
	"reflect"
	"strconv"
	"time"
	"unicode/utf8"

	"snug/auth"
	"snug/chat"
	"snug/internal/openapi"
)

// RoomKeeper is what the server needs of chat about rooms themselves and who is in them.
type RoomKeeper interface {
	RoomList(ctx context.Context, a chat.Actor) (chat.RoomList, error)
	Browse(ctx context.Context, a chat.Actor, q chat.BrowseQuery) (chat.BrowsePage, error)
	// MakeRoom makes a room; made is false for a direct that was there.
	MakeRoom(ctx context.Context, a chat.Actor, n chat.NewRoom) (info chat.RoomInfo, made bool, err error)
	Room(ctx context.Context, a chat.Actor, slug string) (chat.RoomInfo, error)
	ChangeRoom(ctx context.Context, a chat.Actor, slug string, c chat.RoomChange) (chat.RoomInfo, error)
	Archive(ctx context.Context, a chat.Actor, slug string, on bool) (chat.RoomInfo, error)
	DeleteRoom(ctx context.Context, a chat.Actor, slug, name string) error
	// ExportRoom calls fn with each line of a room's export.
	ExportRoom(ctx context.Context, a chat.Actor, slug string, fn func(chat.ExportLine) error) error
	JoinRoom(ctx context.Context, a chat.Actor, slug string) (chat.RoomInfo, error)
	LeaveRoom(ctx context.Context, a chat.Actor, slug string) error
	Members(ctx context.Context, a chat.Actor, slug string, q chat.MemberQuery) (chat.MemberPage, error)
	SetMember(ctx context.Context, a chat.Actor, slug string, user chat.UserID, role chat.Role) (chat.Member, error)
	RemoveMember(ctx context.Context, a chat.Actor, slug string, user chat.UserID) error
	MuteMember(ctx context.Context, a chat.Actor, slug string, user chat.UserID, d time.Duration) (chat.Mute, error)
	SetRoom(ctx context.Context, a chat.Actor, slug string, c chat.SettingsChange) (chat.RoomSettings, error)
	ReadAll(ctx context.Context, a chat.Actor) error
	Person(ctx context.Context, id chat.UserID) (chat.Person, error)
}

// roomRoutes are those of rooms themselves, and of who is in them.
func (s *Server) roomRoutes() []route {
	const (
		room  = "/api/rooms/{slug}"
		isNow = "The room, as it is now."
	)
	user := openapi.Param[chat.UserID]("user", "The person's id.", "")
	return tagged(tagRooms, []route{
		{path: "/api/rooms", methods: methods{
			http.MethodGet: reading(s, func(ctx context.Context, q asked) (chat.RoomList, error) { return s.rooms.RoomList(ctx, q.actor) }).
				said("My rooms", "At most 1000, by slug: those that you are in, and the room global.").more("With what is unread in each."),
			http.MethodPost: s.makingRoom().
				more("You are its owner. Of two people there is one direct. A private room's address gets an ending that nobody guesses."),
		}},
		{path: "/api/rooms/browse", methods: methods{
			http.MethodGet: reading(s, s.browse).said("Public rooms", "By name.").more("", piece("the name, the topic or the address")...),
		}},
		{path: "/api/rooms/read", methods: methods{
			http.MethodPut: taking(s, s.readAll).said("Mark all rooms read", "It is done.").
				more("The threads that you follow and your inbox, too."),
		}},
		{path: room, methods: methods{
			http.MethodGet: reading(s, func(ctx context.Context, q asked) (chat.RoomInfo, error) { return s.rooms.Room(ctx, q.actor, q.slug) }).
				said("One room", "As it is now."),
			http.MethodPatch: ordering(s, s.changeRoom).said("Change a room", isNow).more("What is left out stays."),
			http.MethodDelete: ordering(s, func(ctx context.Context, q asked, b nameBody) (done, error) {
				return done{}, s.rooms.DeleteRoom(ctx, q.actor, q.slug, b.Name)
			}).said("Delete a room, for good", "It is gone, with its messages and files.").more("The body repeats its name, to be sure that it is this one. Export it first."),
		}},
		{path: room + "/archive", methods: methods{
			http.MethodPut:    s.archiving(true).said("Archive a room", isNow).more("It can only be read then."),
			http.MethodDelete: s.archiving(false).said("Take a room out of the archive", isNow),
		}},
		{path: room + "/export", methods: methods{
			http.MethodGet: {s.exportRoom, openapi.Operation{Summary: "All that is in a room", Who: openapi.SessionOrToken, Scope: string(auth.ScopeRead),
				Says: "Lines of JSON, sent as they are read: the room, its members, its messages from the oldest on.", Media: []string{ndjson},
				Refusals: map[int]string{401: "", 403: "", 404: "", 429: "One is under way.", 503: ""}}},
		}},
		{path: room + "/membership", methods: methods{
			http.MethodPut: managing(s, func(ctx context.Context, q asked) (chat.RoomInfo, error) {
				return s.rooms.JoinRoom(ctx, q.actor, q.slug)
			}).
				said("Become a member of a public room", isNow),
			http.MethodDelete: managing(s, func(ctx context.Context, q asked) (done, error) {
				return done{}, s.rooms.LeaveRoom(ctx, q.actor, q.slug)
			}).
				said("Leave a room", "You are no member any more.").more("The last owner can't, as long as others are there."),
		}},
		{path: room + "/members", methods: methods{
			http.MethodGet: reading(s, s.members).said("The members of a room", "By name.").more("", piece("the name")...),
		}},
		{path: room + "/members/{user}", methods: methods{
			http.MethodPut: ordering(s, func(ctx context.Context, q asked, b roleBody) (chat.Member, error) {
				return s.rooms.SetMember(ctx, q.actor, q.slug, q.user(), b.Role)
			}).said("Add somebody to a room, or set their role there", "The member, as they are now.").more("", user),
			http.MethodDelete: managing(s, func(ctx context.Context, q asked) (done, error) {
				return done{}, s.rooms.RemoveMember(ctx, q.actor, q.slug, q.user())
			}).said("Remove somebody from a room", "They are no member any more.").more("", user),
		}},
		{path: room + "/members/{user}/mute", methods: methods{
			http.MethodPut: ordering(s, s.mute).said("Keep somebody from posting in a room for a while", "Until when.").more("", user),
			http.MethodDelete: managing(s, func(ctx context.Context, q asked) (chat.Mute, error) {
				return s.rooms.MuteMember(ctx, q.actor, q.slug, q.user(), 0)
			}).said("Let somebody post again", "They may.").more("", user),
		}},
		{path: room + "/settings", methods: methods{
			http.MethodPut: taking(s, func(ctx context.Context, q asked, b settingsBody) (chat.RoomSettings, error) {
				return s.rooms.SetRoom(ctx, q.actor, q.slug, chat.SettingsChange(b))
			}).said("Set how I have a room", "What is set.").more("What is left out stays. It is nobody else's business."),
		}},
		{path: "/api/people/{user}", methods: methods{
			http.MethodGet: reading(s, func(ctx context.Context, q asked) (chat.Person, error) { return s.rooms.Person(ctx, q.user()) }).
				said("A person", "As everybody sees them.").more("", user),
		}},
	})
}

// piece are the parameters of a list that is looked through and comes in pieces.
func piece(of string) []openapi.Parameter {
	return []openapi.Parameter{
		openapi.Param[string]("query", "What "+of+" has in it.", "maxLength=100"),
		openapi.Param[string]("after", "The next of the piece before.", ""),
		openapi.Param[int]("limit", "How many at most.", "minimum=1,maximum=100,default=50"),
	}
}

// user is {user} of the path.
func (q asked) user() chat.UserID { return chat.UserID(q.PathValue("user")) }

// done says that something is done, where there is nothing more to say.
type done struct{}

// roomBody is a room to be made.
type roomBody struct {
	Name   string        `json:"name,omitempty" openapi:"maxLength=100"` // public and private rooms need one
	Slug   string        `json:"slug,omitempty" openapi:"maxLength=100"` // in its address; made of the name if it is left out
	Kind   chat.RoomKind `json:"kind"`
	Topic  string        `json:"topic,omitempty" openapi:"maxLength=500"`
	People []chat.UserID `json:"people,omitempty"` // of a direct the other, of a group 1 to 8
}

// makingRoom answers 201 where a room was made, and 200 where it was there.
func (s *Server) makingRoom() method {
	m := ordering(s, func(ctx context.Context, q asked, b roomBody) (made[chat.RoomInfo], error) {
		info, fresh, err := s.rooms.MakeRoom(ctx, q.actor, chat.NewRoom(b))
		return made[chat.RoomInfo]{info, fresh}, err
	}).said("Make a room", "The direct that was there already.").unless(http.StatusNotFound, http.StatusConflict)
	m.Other = map[int]openapi.Response{http.StatusCreated: {Says: "The room.", JSON: openapi.JSON[chat.RoomInfo]()}}
	return m
}

// made is an answer whose status says whether it was there before.
type made[T any] struct {
	value T
	fresh bool
}

func (made[T]) of() reflect.Type { return reflect.TypeFor[T]() }
func (m made[T]) answer() (status int, v any) {
	if m.fresh {
		return http.StatusCreated, m.value
	}
	return http.StatusOK, m.value
}

// changeBody is what is to be different about a room.
type changeBody struct {
	Name            *string        `json:"name,omitempty" openapi:"maxLength=100"`
	Topic           *string        `json:"topic,omitempty" openapi:"maxLength=500"`
	Kind            *chat.RoomKind `json:"kind,omitempty"`                                              // public or private
	SlowModeSeconds *int           `json:"slowModeSeconds,omitempty" openapi:"minimum=0,maximum=21600"` // between two posts of a person; 0: off
}

func (s *Server) changeRoom(ctx context.Context, q asked, b changeBody) (chat.RoomInfo, error) {
	return s.rooms.ChangeRoom(ctx, q.actor, q.slug, chat.RoomChange{Name: b.Name, Topic: b.Topic, Kind: b.Kind, SlowModeSeconds: b.SlowModeSeconds})
}

// nameBody repeats the name of a room.
type nameBody struct {
	Name string `json:"name"`
}

func (s *Server) archiving(on bool) method {
	return managing(s, func(ctx context.Context, q asked) (chat.RoomInfo, error) {
		return s.rooms.Archive(ctx, q.actor, q.slug, on)
	})
}

// roleBody says what somebody is to be in a room.
type roleBody struct {
	Role chat.Role `json:"role,omitempty" openapi:"enum=owner|moderator|member"` // left out: a member, or what they are
}

// muteBody says for how long.
type muteBody struct {
	Seconds *int64 `json:"seconds" openapi:"required,minimum=1"`
}

// readAll leaves nothing unread, in rooms, in threads and in the inbox.
func (s *Server) readAll(ctx context.Context, q asked, _ struct{}) (done, error) {
	err := s.rooms.ReadAll(ctx, q.actor)
	if err == nil && s.attention != nil {
		err = s.attention.ReadAll(ctx, q.actor.ID)
	}
	return done{}, err
}

func (s *Server) mute(ctx context.Context, q asked, b muteBody) (chat.Mute, error) {
	if b.Seconds == nil || *b.Seconds < 1 || *b.Seconds > int64(time.Duration(1<<62)/time.Second) {
		return chat.Mute{}, badRequest("seconds must say for how long: a whole number from 1 on.")
	}
	return s.rooms.MuteMember(ctx, q.actor, q.slug, q.user(), time.Duration(*b.Seconds)*time.Second)
}

// settingsBody is what of one's own settings for a room is to be different.
type settingsBody struct {
	Notify       *chat.Notify `json:"notify,omitempty"` // empty: as for all rooms
	SnoozedUntil *int64       `json:"snoozedUntil,omitempty" openapi:"minimum=0"`
	Favourite    *bool        `json:"favourite,omitempty"`
	Section      *string      `json:"section,omitempty" openapi:"maxLength=50"`
	Hidden       *bool        `json:"hidden,omitempty"` // of a direct or group: not in the list until its next message
}

func (s *Server) browse(ctx context.Context, q asked) (chat.BrowsePage, error) {
	text, after, limit, err := pieceOf(q)
	if err != nil {
		return chat.BrowsePage{}, err
	}
	return s.rooms.Browse(ctx, q.actor, chat.BrowseQuery{Text: text, After: after, Limit: limit})
}

func (s *Server) members(ctx context.Context, q asked) (chat.MemberPage, error) {
	text, after, limit, err := pieceOf(q)
	if err != nil {
		return chat.MemberPage{}, err
	}
	return s.rooms.Members(ctx, q.actor, q.slug, chat.MemberQuery{Text: text, After: after, Limit: limit})
}

// pieceOf reads which piece of a list is asked for.
func pieceOf(q asked) (text, after string, limit int, err error) {
	if text, _, err = single(q.query, "query"); err != nil {
		return "", "", 0, err
	}
	if utf8.RuneCountInString(text) > maxQueryChars {
		return "", "", 0, badRequest("query must be at most " + strconv.Itoa(maxQueryChars) + " characters.")
	}
	if after, _, err = single(q.query, "after"); err != nil {
		return "", "", 0, err
	}
	number, given, err := single(q.query, "limit")
	if err == nil && given {
		if limit, err = strconv.Atoi(number); err != nil || limit < 1 {
			err = badRequest("limit must be a whole number from 1 on.")
		}
	}
	return text, after, limit, err
}

const ndjson = "application/x-ndjson"

// exportRoom sends a room as it is read, so an error in the midst cuts the connection:
// half an export doesn't look like a whole one.
func (s *Server) exportRoom(w http.ResponseWriter, r *http.Request) {
	a, ok := s.actor(w, r, level1, auth.ScopeRead)
	if !ok {
		return
	}
	leave, ok := s.exports.enter(r.Context(), a.ID)
	if !ok {
		setRetryAfter(w, time.Minute)
		tooMuch.write(w, level1)
		return
	}
	defer leave()
	lines := &lineWriter{w: w, limits: http.NewResponseController(w), still: s.stillIn(r, a)}
	err := s.rooms.ExportRoom(r.Context(), a, r.PathValue("slug"), lines.write)
	switch {
	case err != nil && !lines.begun:
		s.fail(w, r, err, level1)
	case err != nil:
		switch {
		case r.Context().Err() != nil: // somebody has gone
		case chat.AsError(err).Code != chat.CodeInternal:
			s.log.Info("export of a room stopped", "room", r.PathValue("slug"), "cause", err.Error())
		default:
			s.log.Error("export of a room failed", "room", r.PathValue("slug"), "err", err)
		}
		panic(http.ErrAbortHandler)
	}
}
