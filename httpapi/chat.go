package httpapi

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"snug/auth"
	"snug/chat"
	"snug/exactjson"
	"snug/internal/openapi"
)

// actor returns who asks and may do what the scope names, or answers the request
// itself.
func (s *Server) actor(w http.ResponseWriter, r *http.Request, l level, scope auth.Scope) (chat.Actor, bool) {
	id, ok, err := s.accounts.Identify(r)
	if err != nil {
		s.fail(w, r, fmt.Errorf("identify: %w", err), l)
		return chat.Actor{}, false
	}
	if !ok {
		unauthorized.write(w, l)
		return chat.Actor{}, false
	}
	if !id.May(scope) {
		refusal{http.StatusForbidden, chat.CodeForbidden, "This token isn't made for that: it lacks the scope " + string(scope) + ".", "Forbidden"}.write(w, l)
		return chat.Actor{}, false
	}
	return actorOf(id), true
}

// actorOf says whose request it is. When a session ends auth tells, as it may be
// prolonged while its sockets are open (see auth.Config.OnSessionEnd).
func actorOf(id auth.Identity) chat.Actor {
	return chat.Actor{
		User:       chat.User{ID: chat.UserID(id.UserID), Name: id.Name, Image: id.Image},
		SessionKey: id.SessionKey,
		Role:       chat.Role(id.Role),
		ReadOnly:   !id.May(auth.ScopeWrite),
		NoRooms:    !id.May(auth.ScopeRooms),
	}
}

// level0Routes are those of sockets, and what the first client speaks to.
func (s *Server) level0Routes() []route {
	upgrade := func(l level, d openapi.Dialect, summary, description string) method {
		return method{s.upgrade(l), openapi.Operation{Summary: summary, Description: description, Who: openapi.SessionOrToken, Scope: string(auth.ScopeRead), Dialect: d,
			Other:    map[int]openapi.Response{101: {Says: "The connection is a WebSocket now."}},
			Refusals: map[int]string{401: "", 403: "The Origin is foreign, null or missing.", 426: "", 429: "Too many new connections from this address; see Retry-After."}}}
	}
	return slices.Concat(tagged(tagLevel0, []route{
		{path: "/api/chat/messages", level0: true, methods: methods{
			http.MethodGet: {s.level0Messages, openapi.Operation{Summary: "The newest 50 messages of the room global", Says: "Oldest first.",
				Who: openapi.SessionOrToken, Scope: string(auth.ScopeRead), Dialect: openapi.Level0, Answer: openapi.JSON[[]chat.Message](), Refusals: whyNot(401, 403, 429, 503)}},
		}},
		{path: "/api/chat", level0: true, methods: methods{http.MethodGet: upgrade(level0, openapi.Level0, "The level 0 WebSocket", "")}},
	}), tagged(tagRooms, []route{
		{path: "/api/socket", methods: methods{http.MethodGet: upgrade(level1, openapi.Level1, "The level 1 WebSocket",
			"Subprotocol chat.v1. JSON text frames both ways; the client's are join, leave, message, edit, delete, react, pin, read, typing and ping.")}},
	}))
}

// upgrade checks a WebSocket handshake in the order of the protocol.
func (s *Server) upgrade(l level) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		a, ok := s.actor(w, r, l, auth.ScopeRead)
		switch {
		case !ok:
			return
		case !isUpgrade(r):
			w.Header().Set("Upgrade", "websocket")
			w.Header().Set("Connection", "Upgrade")
			notUpgrade.write(w, l)
			return
		case !s.allowsUpgrade(r):
			badOrigin.write(w, l)
			return
		}
		if wait := s.upgradeWait(r); wait > 0 {
			setRetryAfter(w, wait)
			tooFast.write(w, l)
			return
		}
		if l == level0 {
			s.rooms.ServeLevel0(w, r, a, refuseHandshake(w, l))
		} else {
			s.rooms.ServeSocket(w, r, a, refuseHandshake(w, l))
		}
		// The session may have ended between the check and the socket's registration,
		// too early for its end to find the socket. A request that bears the cookies of
		// several sessions is then another one's: that doesn't keep this socket open.
		if id, ok, err := s.accounts.Identify(r); err != nil || !ok || id.SessionKey != a.SessionKey {
			s.rooms.EndSession(a.SessionKey)
		}
	}
}

// refuseHandshake says in the words of a level what is wrong with a handshake.
func refuseHandshake(w http.ResponseWriter, l level) func(status int, text string) {
	return func(status int, text string) {
		code, ok := map[int]chat.Code{
			http.StatusBadRequest: chat.CodeBadRequest, http.StatusUpgradeRequired: codeUpgrade,
			http.StatusMethodNotAllowed: codeMethod, http.StatusServiceUnavailable: chat.CodeOverloaded,
		}[status]
		if !ok {
			code = chat.CodeInternal
		}
		text = strings.ToUpper(text[:1]) + text[1:]
		refusal{status, code, text + ".", text}.write(w, l)
	}
}

// upgradeWait leaves loopback out: whoever is on this machine needs no socket to
// slow it down, and behind a proxy that wasn't named all people have that address.
func (s *Server) upgradeWait(r *http.Request) time.Duration {
	key := s.proxies.ClientIP(r)
	if addr, err := netip.ParseAddr(key); err == nil && addr.IsLoopback() {
		return 0
	}
	return s.upgrades.take(key, time.Now())
}

func isUpgrade(r *http.Request) bool {
	return r.Method == http.MethodGet && hasToken(r.Header, "Connection", "upgrade") && hasToken(r.Header, "Upgrade", "websocket")
}

func hasToken(h http.Header, name, token string) bool {
	for _, line := range h.Values(name) {
		for part := range strings.SplitSeq(line, ",") {
			if strings.EqualFold(strings.TrimSpace(part), token) {
				return true
			}
		}
	}
	return false
}

// enter lets the actor read a page, or answers the request itself.
func (s *Server) enter(w http.ResponseWriter, r *http.Request, a chat.Actor, l level) (leave func(), ok bool) {
	leave, ok = s.readers.enter(r.Context(), a.ID)
	if !ok {
		setRetryAfter(w, time.Second)
		tooMuch.write(w, l)
	}
	return leave, ok
}

func (s *Server) level0Messages(w http.ResponseWriter, r *http.Request) {
	a, ok := s.actor(w, r, level0, auth.ScopeRead)
	if !ok {
		return
	}
	leave, ok := s.enter(w, r, a, level0)
	if !ok {
		return
	}
	defer leave()
	ctx, cancel := pageContext(r.Context())
	defer cancel()
	messages, err := s.rooms.Newest(ctx, a)
	if err != nil {
		s.fail(w, r, err, level0)
		return
	}
	w.Header().Set("Cache-Control", "private, max-age=0, must-revalidate")
	writeBody(w, http.StatusOK, messages)
}

// readJSON reads a body that must be a JSON object.
func readJSON(r *http.Request, to any) error {
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || kind != "application/json" {
		return badRequest("The body must be JSON, with Content-Type application/json.")
	}
	raw, err := io.ReadAll(r.Body)
	var big *http.MaxBytesError
	switch {
	case errors.As(err, &big):
		return &chat.Error{Code: chat.CodeTooLong, Message: fmt.Sprintf("The body is too large: the limit is %d bytes.", big.Limit)}
	case err != nil:
		return &chat.Error{Code: codeIncomplete, Message: "The body didn't arrive whole."}
	case !utf8.Valid(raw):
		return badRequest("The body must be text in UTF-8.")
	}
	err = exactjson.Unmarshal(raw, to)
	if words := exactjson.WrongType(err); words != "" {
		return badRequest(words)
	}
	if err != nil || !bytes.HasPrefix(bytes.TrimLeft(raw, " \t\r\n"), []byte("{")) {
		return badRequest("The body must be a JSON object.")
	}
	return nil
}

// historyQuery reads the position and the limit. Parameters that it doesn't know
// are left alone, as a reader of frames does with fields.
func historyQuery(values url.Values) (q chat.HistoryQuery, err error) {
	for _, p := range []struct {
		name string
		to   **chat.Seq
	}{{"before", &q.Before}, {"after", &q.After}, {"around", &q.Around}} {
		if *p.to, err = seqOf(values, p.name); err != nil {
			return q, err
		}
	}
	at, given, err := single(values, "at")
	if err != nil {
		return q, err
	}
	if given {
		n, err := strconv.ParseInt(at, 10, 64)
		if err != nil {
			return q, badRequest("at must be a time: whole Unix milliseconds.")
		}
		q.At = &n
	}
	text, given, err := single(values, "limit")
	if err != nil {
		return q, err
	}
	if given {
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 || n > chat.MaxPageLimit {
			return q, badRequest(fmt.Sprintf("limit must be a whole number from 1 to %d.", chat.MaxPageLimit))
		}
		q.Limit = n
	}
	return q, nil
}

func single(values url.Values, name string) (text string, given bool, err error) {
	switch all := values[name]; len(all) {
	case 0:
		return "", false, nil
	case 1:
		return all[0], true, nil
	default:
		return "", true, badRequest(name + " is given twice.")
	}
}

func badRequest(message string) error {
	return &chat.Error{Code: chat.CodeBadRequest, Message: message}
}
