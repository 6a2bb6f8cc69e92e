package httpapi

import (
	"context"
	"database/sql"
	"errors"
	"net/http"
	"strconv"
	"unicode/utf8"

	"snug/auth"
	"snug/chat"
	"snug/internal/openapi"
)

// Moderator is what the server needs of chat to keep order.
type Moderator interface {
	ReportMessage(ctx context.Context, a chat.Actor, slug string, id chat.MessageID, reason string) error
	Reports(ctx context.Context, a chat.Actor, q chat.ReportQuery) (chat.ReportPage, error)
	CloseReport(ctx context.Context, a chat.Actor, id int64, state chat.ReportState, note string) (chat.Report, error)
	Audit(ctx context.Context, a chat.Actor, q chat.AuditQuery) (chat.AuditPage, error)
	Banned(ctx context.Context, a chat.Actor, q chat.MemberQuery) (chat.BannedPage, error)
	DeleteMessagesOf(ctx context.Context, a chat.Actor, slug string, user chat.UserID) error
	// Oversee decides in a transaction of auth whether something may be done to an
	// account, and notes that it is. Purge follows once that is durable.
	Oversee(ctx context.Context, tx *sql.Tx, o chat.Oversight) error
	Purge()
}

// Overseer is what it needs of auth.
type Overseer interface {
	Ban(ctx context.Context, whom auth.Whom, reason string) error
	Unban(ctx context.Context, whom auth.Whom) error
	SetRole(ctx context.Context, whom auth.Whom, role auth.Role) error
	SignOut(ctx context.Context, whom auth.Whom) error
}

// moderationRoutes are those of who keeps order.
func (s *Server) moderationRoutes() []route {
	user := openapi.Param[chat.UserID]("user", "The person's id.", "")
	before := openapi.Param[int64]("before", "Those with a smaller id.", "")
	limit := openapi.Param[int]("limit", "How many at most.", "minimum=1,maximum=100,default=50")
	return tagged(tagModeration, []route{
		{path: "/api/rooms/{slug}/messages/{id}/report", methods: methods{
			http.MethodPost: taking(s, func(ctx context.Context, q asked, b reportBody) (done, error) {
				return done{}, s.rooms.ReportMessage(ctx, q.actor, q.slug, q.id, b.Reason)
			}).said("Report a message", "It is reported.").more("To those who moderate the room and the server, as it is now. At most 20 in an hour."),
		}},
		{path: "/api/rooms/{slug}/members/{user}/messages", methods: methods{
			http.MethodDelete: managing(s, func(ctx context.Context, q asked) (done, error) {
				return done{}, s.rooms.DeleteMessagesOf(ctx, q.actor, q.slug, q.user())
			}).said("Delete all messages of a person in a room", "They will be deleted, a few at a time.").more("", user),
		}},
		{path: "/api/reports", methods: methods{
			http.MethodGet: reading(s, s.reports).said("What was reported", "The latest first: of the server, or of the rooms that you look after.").
				more("", openapi.Param[bool]("open", "Those alone that nobody has closed.", ""), before, limit),
		}},
		{path: "/api/reports/{report}", methods: methods{
			http.MethodPut: ordering(s, s.closeReport).said("Close a report", "The report, as it is now.").
				more("Once, and with it other reports of the same message.", openapi.Param[int64]("report", "The report's id.", "")).unless(http.StatusConflict),
		}},
		{path: "/api/audit", methods: methods{
			http.MethodGet: reading(s, s.audit).said("The audit log", "The latest first. It goes back a year.").
				more("Of the server for its admins, without rooms that they don't see; of a room for its moderators.", before, limit,
					openapi.Param[string]("room", "That of one room: its slug.", ""), openapi.Param[chat.UserID]("user", "What this person did, or what was done to them.", "")),
		}},
		{path: "/api/bans", methods: methods{
			http.MethodGet: reading(s, s.banned).said("Who is banned from the server", "The latest first, with why.").
				more("For who may ban.", piece("the name")...),
		}},
		{path: "/api/people/{user}/ban", methods: methods{
			http.MethodPut: ordering(s, s.ban).said("Ban a person from the server", "They are out: sessions and API tokens have ended.").more("", user),
			http.MethodDelete: managing(s, func(ctx context.Context, q asked) (done, error) {
				return done{}, overseen(s.accounts.Unban(ctx, s.whom(q, chat.Oversight{Action: chat.AuditUnbanned})))
			}).said("Let a person in again", "They may sign in.").more("", user),
		}},
		{path: "/api/people/{user}/role", methods: methods{
			http.MethodPut: ordering(s, s.setServerRole).said("Give a person a role on the server", "They have it.").more("The last owner stays one.", user),
		}},
		{path: "/api/people/{user}/sessions", methods: methods{
			http.MethodDelete: managing(s, func(ctx context.Context, q asked) (done, error) {
				return done{}, overseen(s.accounts.SignOut(ctx, s.whom(q, chat.Oversight{Action: chat.AuditSignedOut})))
			}).said("End all sessions of a person", "They are signed out. API tokens stay good.").more("", user),
		}},
	})
}

// reportBody says why a message is reported.
type reportBody struct {
	Reason string `json:"reason,omitempty" openapi:"maxLength=1000"`
}

// closeBody says what became of a report.
type closeBody struct {
	State chat.ReportState `json:"state" openapi:"enum=handled|dismissed"`
	Note  string           `json:"note,omitempty" openapi:"maxLength=1000"`
}

// banBody says why somebody is banned.
type banBody struct {
	Reason         string `json:"reason,omitempty" openapi:"maxLength=500"` // for those who run the server
	DeleteMessages bool   `json:"deleteMessages,omitempty"`                 // all that they wrote, in all rooms
}

// serverRoleBody says what somebody is to be on the server.
type serverRoleBody struct {
	Role chat.Role `json:"role" openapi:"enum=owner|admin|moderator|member"`
}

func (s *Server) reports(ctx context.Context, q asked) (chat.ReportPage, error) {
	before, limit, err := laterThan(q)
	if err != nil {
		return chat.ReportPage{}, err
	}
	text, given, err := single(q.query, "open")
	if err != nil {
		return chat.ReportPage{}, err
	}
	open := false
	if given {
		if open, err = strconv.ParseBool(text); err != nil {
			return chat.ReportPage{}, badRequest("open must be true or false.")
		}
	}
	return s.rooms.Reports(ctx, q.actor, chat.ReportQuery{Open: open, Before: before, Limit: limit})
}

func (s *Server) banned(ctx context.Context, q asked) (chat.BannedPage, error) {
	text, after, limit, err := pieceOf(q)
	if err != nil {
		return chat.BannedPage{}, err
	}
	return s.rooms.Banned(ctx, q.actor, chat.MemberQuery{Text: text, After: after, Limit: limit})
}

func (s *Server) closeReport(ctx context.Context, q asked, b closeBody) (chat.Report, error) {
	id, err := strconv.ParseInt(q.PathValue("report"), 10, 64)
	if err != nil {
		return chat.Report{}, &chat.Error{Code: chat.CodeNotFound, Message: "There is no such report."}
	}
	return s.rooms.CloseReport(ctx, q.actor, id, b.State, b.Note)
}

func (s *Server) audit(ctx context.Context, q asked) (chat.AuditPage, error) {
	before, limit, err := laterThan(q)
	if err != nil {
		return chat.AuditPage{}, err
	}
	room, _, err := single(q.query, "room")
	if err != nil {
		return chat.AuditPage{}, err
	}
	user, _, err := single(q.query, "user")
	if err != nil {
		return chat.AuditPage{}, err
	}
	return s.rooms.Audit(ctx, q.actor, chat.AuditQuery{Before: before, Limit: limit, Room: room, User: chat.UserID(user)})
}

// laterThan reads which piece of a list is asked for that begins with the latest.
func laterThan(q asked) (before int64, limit int, err error) {
	text, given, err := single(q.query, "before")
	if err != nil {
		return 0, 0, err
	}
	if given {
		if before, err = strconv.ParseInt(text, 10, 64); err != nil || before < 1 {
			return 0, 0, badRequest("before must be the id of an entry.")
		}
	}
	if text, given, err = single(q.query, "limit"); err != nil {
		return 0, 0, err
	}
	if given {
		if limit, err = strconv.Atoi(text); err != nil || limit < 1 {
			return 0, 0, badRequest("limit must be a whole number from 1 on.")
		}
	}
	return before, limit, nil
}

// whom says who something is done to, and has chat decide and note it in the transaction
// that does so.
func (s *Server) whom(q asked, what chat.Oversight) auth.Whom {
	check := func(ctx context.Context, tx *sql.Tx, by, to auth.Person) error {
		what.By = chat.Actor{User: chat.User{ID: chat.UserID(by.ID), Name: by.Name}, Role: chat.Role(by.Role)}
		what.User, what.Role = chat.User{ID: chat.UserID(to.ID), Name: to.Name}, chat.Role(to.Role)
		return s.rooms.Oversee(ctx, tx, what)
	}
	return auth.Whom{ID: string(q.user()), By: string(q.actor.ID), Check: check}
}

const maxBanReason = 500 // characters, as for operators

func (s *Server) ban(ctx context.Context, q asked, b banBody) (done, error) {
	if utf8.RuneCountInString(b.Reason) > maxBanReason {
		return done{}, badRequest("reason must be at most " + strconv.Itoa(maxBanReason) + " characters.")
	}
	err := s.accounts.Ban(ctx, s.whom(q, chat.Oversight{Action: chat.AuditBanned, Detail: b.Reason, Purge: b.DeleteMessages}), b.Reason)
	if err == nil && b.DeleteMessages {
		s.rooms.Purge()
	}
	return done{}, overseen(err)
}

func (s *Server) setServerRole(ctx context.Context, q asked, b serverRoleBody) (done, error) {
	switch b.Role {
	case chat.RoleOwner, chat.RoleAdmin, chat.RoleModerator, chat.RoleMember:
	default:
		return done{}, badRequest("role must be owner, admin, moderator or member.")
	}
	what := chat.Oversight{Action: chat.AuditServerRoleSet, Detail: string(b.Role), Next: b.Role}
	return done{}, overseen(s.accounts.SetRole(ctx, s.whom(q, what), auth.Role(b.Role)))
}

// overseen says in words for people why something wasn't done to an account.
func overseen(err error) error {
	switch {
	case errors.Is(err, auth.ErrNoPerson):
		return &chat.Error{Code: chat.CodeNotFound, Message: "There is no such person."}
	case errors.Is(err, auth.ErrLastOwner):
		return &chat.Error{Code: chat.CodeForbidden, Message: "This is the only owner of the server: make somebody else one first."}
	}
	return err
}
