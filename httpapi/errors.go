package httpapi

import (
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"time"

	"snug/chat"
)

// statuses maps every code of chat to a status.
var statuses = map[chat.Code]int{
	chat.CodeBadRequest:  http.StatusBadRequest,
	chat.CodeUnknownType: http.StatusBadRequest,
	chat.CodeNotFound:    http.StatusNotFound,
	chat.CodeNotJoined:   http.StatusConflict,
	chat.CodeTooLong:     http.StatusRequestEntityTooLarge,
	chat.CodeEmpty:       http.StatusBadRequest,
	chat.CodeOverloaded:  http.StatusServiceUnavailable,
	chat.CodeStorageFull: http.StatusInsufficientStorage,
	chat.CodeForbidden:   http.StatusForbidden,
	chat.CodeRateLimited: http.StatusTooManyRequests,
	chat.CodeInternal:    http.StatusInternalServerError,
	chat.CodeConflict:    http.StatusConflict,
	codeQuota:            http.StatusRequestEntityTooLarge,
	codeIncomplete:       http.StatusBadRequest,
}

// Codes of refusals that are HTTP's alone.
const (
	codeUnauthorized chat.Code = "unauthorized"
	codeUpgrade      chat.Code = "upgrade_required"
	codeOrigin       chat.Code = "forbidden_origin"
	codeHost         chat.Code = "unknown_host"
	codeMethod       chat.Code = "method_not_allowed"
	codeQuota        chat.Code = "quota"
	codeIncomplete   chat.Code = "incomplete" // the body didn't arrive whole: the same again may do
)

// errorBody is the answer of everything but level 0.
type errorBody struct {
	Code    chat.Code `json:"code" tstype:"string"` // for programs
	Message string    `json:"message"`              // for people
}

// level0Error is the answer of the level 0 routes, whose client knows no other.
type level0Error struct {
	Error string `json:"error"`
}

// refusal is a request turned down before it reached chat: one meaning in the
// words of both levels.
type refusal struct {
	status  int
	code    chat.Code
	message string
	level0  string
}

var (
	unauthorized = refusal{http.StatusUnauthorized, codeUnauthorized, "Sign in first.", "Unauthorized"}
	notUpgrade   = refusal{http.StatusUpgradeRequired, codeUpgrade, "This address takes WebSocket connections only.", "Expected websocket"}
	badOrigin    = refusal{http.StatusForbidden, codeOrigin, "This page may not use this server.", "Forbidden"}
	tooFast      = refusal{http.StatusTooManyRequests, chat.CodeRateLimited, "Too many connections from your address. Wait a moment.", "Too many requests"}
	tooMuch      = refusal{http.StatusTooManyRequests, chat.CodeRateLimited, "You ask for too many pages at once. Wait a moment.", "Too many requests"}
	notFound     = refusal{http.StatusNotFound, chat.CodeNotFound, "There is nothing at this address.", "Not found"}
	internal     = refusal{http.StatusInternalServerError, chat.CodeInternal, "Something went wrong on the server. Try again.", "Internal error"}
)

// errAnswered is for a request that has its answer already.
var errAnswered = errors.New("the request is answered")

// level is which words a route answers in.
type level int

const (
	level0 level = iota
	level1
)

func (f refusal) write(w http.ResponseWriter, l level) {
	if l == level0 {
		writeJSON(w, f.status, level0Error{f.level0})
		return
	}
	writeJSON(w, f.status, errorBody{f.code, f.message})
}

// fail answers with an error of chat and logs what is our own fault. It is the
// one place where such an error is logged.
func (s *Server) fail(w http.ResponseWriter, r *http.Request, err error, l level) {
	e := chat.AsError(err)
	status, ok := statuses[e.Code]
	if !ok {
		status = http.StatusInternalServerError
	}
	// Most likely nobody is there to read it. But a body that doesn't go on, or a client that
	// has ended its half of the connection, ends the context too, and no answer would be a 200.
	if status >= http.StatusInternalServerError && r.Context().Err() != nil {
		refusal{http.StatusServiceUnavailable, chat.CodeOverloaded, "The request was broken off: it may have been done or not.", "Service unavailable"}.write(w, l)
		return
	}
	if status >= http.StatusInternalServerError {
		s.log.Error("request failed", "method", r.Method, "route", r.Pattern, "code", string(e.Code), "err", err)
	}
	if e.Code == chat.CodeOverloaded {
		setRetryAfter(w, time.Second)
	}
	if e.Retry > 0 {
		setRetryAfter(w, e.Retry)
	}
	refusal{status, e.Code, e.Message, e.Message}.write(w, l)
}

func setRetryAfter(w http.ResponseWriter, d time.Duration) {
	seconds := int((d + time.Second - 1) / time.Second)
	w.Header().Set("Retry-After", strconv.Itoa(max(seconds, 1)))
}

// writeJSON answers with v. Nothing here is made to be cached unless the
// handler said so.
func writeJSON(w http.ResponseWriter, status int, v any) {
	body, err := json.Marshal(v)
	if err != nil {
		panic(err) // our own types: every one of them can be marshalled
	}
	writeBody(w, status, body)
}

// writeBody answers with what is JSON already. The body is the callee's.
func writeBody(w http.ResponseWriter, status int, body []byte) {
	h := w.Header()
	if h.Get("Cache-Control") == "" {
		h.Set("Cache-Control", "no-store")
	}
	h.Set("Content-Type", "application/json")
	h.Set("Content-Length", strconv.Itoa(len(body)+1))
	w.WriteHeader(status)
	// A client that has gone is no event: there is nobody to tell.
	_, _ = w.Write(append(body, '\n'))
}
