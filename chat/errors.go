package chat

import (
	"errors"
	"time"

	"snug/db"
	"snug/durable"
)

// Code is the closed set of ways in which a request can fail. httpapi maps
// each to a status; a socket carries it in an error frame.
type Code string

// The codes.
const (
	CodeBadRequest  Code = "bad_request"  // malformed; Message names the field
	CodeUnknownType Code = "unknown_type" // no such frame
	CodeNotFound    Code = "not_found"    // not there, or not for you to know
	CodeNotJoined   Code = "not_joined"   // join the room first
	CodeTooLong     Code = "too_long"     // content over the limit
	CodeEmpty       Code = "empty"        // nothing to post
	CodeOverloaded  Code = "overloaded"   // the room's queue is full: try again in a moment
	CodeStorageFull Code = "storage_full" // the server's disk is full: nothing was stored
	CodeForbidden   Code = "forbidden"    // your token, or your role, doesn't allow it
	CodeConflict    Code = "conflict"     // it is taken, or not as you think it is
	CodeRateLimited Code = "rate_limited" // not now; see Error.Retry
	CodeInternal    Code = "internal"     // our fault; the cause is in the log
)

// Error is a failure with a text that people may see. The cause stays inside.
type Error struct {
	Code    Code
	Message string
	Err     error         // logged, never shown; may be nil
	Retry   time.Duration // with CodeRateLimited: until it is worth trying again
}

var errNoRooms = &Error{Code: CodeForbidden, Message: "This token may not manage rooms and people."}

var errReadOnly = &Error{Code: CodeForbidden, Message: "This token may read only."}

func (e *Error) Error() string {
	if e.Err != nil {
		return string(e.Code) + ": " + e.Err.Error()
	}
	return string(e.Code) + ": " + e.Message
}

func (e *Error) Unwrap() error { return e.Err }

// full refuses what was not begun as nothing can be stored.
func full(cause error) *Error {
	return &Error{Code: CodeStorageFull, Message: "The server's disk is full. Nothing was changed; whoever runs the server has to make room.", Err: cause}
}

// AsError returns err as an *Error; what isn't one becomes CodeInternal with
// err as its unseen cause, or CodeStorageFull where that is a full disk.
func AsError(err error) *Error {
	var e *Error
	if errors.As(err, &e) {
		return e
	}
	if errors.Is(err, durable.ErrStorageFull) || errors.Is(err, db.ErrDiskFull) {
		return &Error{Code: CodeStorageFull, Message: "The server's disk is full: whoever runs the server has to make room.", Err: err}
	}
	return &Error{Code: CodeInternal, Message: "Something went wrong on the server. Try again.", Err: err}
}
