package files

import "time"

// Code is why something can't be done; they are written as those of the protocol.
type Code string

// The codes.
const (
	CodeBadRequest  Code = "bad_request"
	CodeNotFound    Code = "not_found"  // not there, or not for you to know
	CodeConflict    Code = "conflict"   // the upload is elsewhere than you think
	CodeIncomplete  Code = "incomplete" // less came than was announced: go on from where it is
	CodeTooLong     Code = "too_long"   // over the limit of a file
	CodeQuota       Code = "quota"      // over what a person may keep
	CodeLimited     Code = "rate_limited"
	CodeOverloaded  Code = "overloaded"
	CodeStorageFull Code = "storage_full"
)

// Error is a failure with a text that people may see.
type Error struct {
	Code    Code
	Message string
	Err     error         // logged, never shown; may be nil
	Retry   time.Duration // until it is worth trying again; 0: it isn't said
}

func (e *Error) Error() string {
	if e.Err != nil {
		return string(e.Code) + ": " + e.Err.Error()
	}
	return string(e.Code) + ": " + e.Message
}

func (e *Error) Unwrap() error { return e.Err }

func notFound() error {
	return &Error{Code: CodeNotFound, Message: "There is no such file, or it isn't kept any more."}
}

func storageFull(err error) error {
	return &Error{Code: CodeStorageFull, Message: "The server has no space left for files.", Err: err}
}
