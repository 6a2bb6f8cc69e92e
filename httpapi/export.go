package httpapi

import (
	"bufio"
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"snug/auth"
	"snug/chat"
	"snug/internal/openapi"
)

// ownRoutes are those of the accounts that httpapi serves itself.
func (s *Server) ownRoutes() []route {
	return tagged(tagAccount, []route{
		{path: "/api/account/export", methods: methods{
			http.MethodGet: {s.export, openapi.Operation{Summary: "All that is kept about me", Who: openapi.Session,
				Says: "A file, sent as it is read.", Answer: openapi.JSON[export](), Refusals: map[int]string{401: "", 429: "One is under way.", 503: ""}}},
		}},
	})
}

// export is all that is kept about a person. It is written piece by piece.
type export struct {
	Account  auth.Export    `json:"account"`
	Status   chat.OwnStatus `json:"status"`
	Messages []exported     `json:"messages"`
}

// exported is a message in an export.
type exported struct {
	Room      string    `json:"room"`
	ID        string    `json:"id"`
	Seq       chat.Seq  `json:"seq"`
	Content   string    `json:"content"`
	CreatedAt time.Time `json:"createdAt"`
	EditedAt  time.Time `json:"editedAt,omitzero"`
	DeletedAt time.Time `json:"deletedAt,omitzero"`
	ReplyTo   string    `json:"replyTo,omitempty"`
	Thread    string    `json:"thread,omitempty"`

	Attachments []chat.Attachment `json:"attachments,omitempty"`
	Before      []said            `json:"before,omitempty"`
}

// said is what a message said until it was edited.
type said struct {
	Content string    `json:"content"`
	Until   time.Time `json:"until"`
}

func exportOf(slug string, m chat.Message, before []chat.Version) exported {
	at := func(ms int64) (t time.Time) {
		if ms != 0 {
			t = time.UnixMilli(ms).UTC()
		}
		return t
	}
	e := exported{Room: slug, ID: string(m.ID), Seq: m.Seq, Content: m.Content, CreatedAt: at(m.Timestamp), EditedAt: at(m.EditedAt),
		DeletedAt: at(m.DeletedAt), ReplyTo: string(m.ReplyTo), Thread: string(m.Thread), Attachments: m.Attachments}
	for _, v := range before {
		e.Before = append(e.Before, said{v.Content, at(v.Until)})
	}
	return e
}

// export gives people all that is kept about them: their account, and what they
// wrote. It is sent as it is read, so an error in the midst cuts the connection:
// half an export doesn't look like a whole one.
func (s *Server) export(w http.ResponseWriter, r *http.Request) {
	id, ok, err := s.accounts.Identify(r)
	switch {
	case err != nil:
		s.fail(w, r, fmt.Errorf("identify: %w", err), level1)
		return
	case !ok || id.Scopes != nil: // a token can't take an account away
		unauthorized.write(w, level1)
		return
	}
	leave, ok := s.exports.enter(r.Context(), chat.UserID(id.UserID))
	if !ok {
		setRetryAfter(w, time.Minute)
		tooMuch.write(w, level1)
		return
	}
	defer leave()
	done, ok := s.exportTurns.enter(r.Context(), everyone)
	if !ok {
		setRetryAfter(w, time.Minute)
		tooMuch.write(w, level1)
		return
	}
	defer done()
	account, err := s.accounts.Export(r.Context(), id.UserID)
	if err != nil {
		s.fail(w, r, err, level1)
		return
	}
	h := w.Header()
	h.Set("Content-Type", "application/json")
	h.Set("Content-Disposition", `attachment; filename="snug-export-`+time.Now().UTC().Format("2006-01-02")+`.json"`)
	h.Set("Cache-Control", "no-store")
	if err := s.writeExport(w, r, id, account); err != nil {
		switch {
		case r.Context().Err() != nil: // somebody has gone
		case chat.AsError(err).Code != chat.CodeInternal:
			s.log.Info("export stopped", "user", id.UserID, "cause", err.Error())
		default:
			s.log.Error("export failed", "user", id.UserID, "err", err)
		}
		panic(http.ErrAbortHandler)
	}
}

// errEnded ends an export whose session is over.
var errEnded = &chat.Error{Code: chat.CodeForbidden, Message: "The session has ended, or its role is another one."}

// stillIn returns what says whether who asked for something that takes long may still have
// it, as far as their account goes. It costs as little as a request does.
func (s *Server) stillIn(r *http.Request, a chat.Actor) func() error {
	return func() error {
		id, ok, err := s.accounts.Identify(r)
		if err != nil {
			return err
		}
		if now := actorOf(id); !ok || now.ID != a.ID || now.SessionKey != a.SessionKey || now.Role != a.Role {
			return errEnded
		}
		return nil
	}
}

// lineWriter writes an export of lines of JSON. Each has the time-out of an answer.
type lineWriter struct {
	w      http.ResponseWriter
	limits *http.ResponseController
	still  func() error
	begun  bool
}

func (l *lineWriter) write(line chat.ExportLine) error {
	if !l.begun {
		l.begun = true
		h := l.w.Header()
		h.Set("Content-Type", ndjson)
		h.Set("Content-Disposition", `attachment; filename="`+line.Room.Slug+`-`+time.Now().UTC().Format("2006-01-02")+`.ndjson"`)
		h.Set("Cache-Control", "no-store")
	} else if err := l.still(); err != nil {
		return err
	}
	_ = l.limits.SetWriteDeadline(time.Now().Add(writeTimeout)) // where that fails the write will
	enc := json.NewEncoder(l.w)
	enc.SetEscapeHTML(false)
	return enc.Encode(line)
}

func (s *Server) writeExport(w http.ResponseWriter, r *http.Request, id auth.Identity, account auth.Export) error {
	// The time-out of answers is for one that is read at once. Here it is for each
	// message, and for the end, which may come long after the last of them.
	limits := http.NewResponseController(w)
	extend := func() { _ = limits.SetWriteDeadline(time.Now().Add(writeTimeout)) } // where that fails the write will
	b := bufio.NewWriterSize(w, 64<<10)
	enc := json.NewEncoder(b)
	enc.SetEscapeHTML(false)
	fmt.Fprint(b, `{"account":`)
	if err := enc.Encode(account); err != nil {
		return err
	}
	fmt.Fprint(b, `,"status":`)
	if err := enc.Encode(s.rooms.Status(chat.UserID(id.UserID))); err != nil {
		return err
	}
	fmt.Fprint(b, `,"messages":[`)
	comma := ""
	still := s.stillIn(r, actorOf(id))
	err := s.rooms.MessagesBy(r.Context(), chat.UserID(id.UserID), func(slug string, m chat.Message, before []chat.Version) error {
		if err := still(); err != nil {
			return err
		}
		extend()
		fmt.Fprint(b, comma)
		comma = ","
		return enc.Encode(exportOf(slug, m, before))
	})
	if err != nil {
		return err
	}
	extend()
	fmt.Fprint(b, "]}\n")
	return b.Flush()
}
