package durable

import (
	"errors"
	"fmt"
)

// What can go wrong with an event. Each is wrapped in an *Error that says for
// which object; test with errors.Is.
var (
	// ErrOverloaded: the object's inbox is full. Never retry at once.
	ErrOverloaded = errors.New("object is overloaded")
	// ErrReset: the object was reset before what it did was durable. Nothing
	// of it was seen; whether it was stored is not known. A new stub reaches
	// the object as storage has it.
	ErrReset = errors.New("object was reset")
	// ErrClosed: the runtime is shutting down.
	ErrClosed = errors.New("runtime is closed")
	// ErrDeadlock: the call came back to an object that waits for it.
	ErrDeadlock = errors.New("call would wait for itself: make the outer call inside Await")
	// ErrStorageFull: the disk is full; nothing was written.
	ErrStorageFull = errors.New("storage is full")
	// ErrTimeout: a storage operation or an initialisation took too long.
	ErrTimeout = errors.New("timed out")
	// ErrUnknownMethod: the class has no such method.
	ErrUnknownMethod = errors.New("unknown method")
)

// Error says what happened to an event at an object.
type Error struct {
	Class  string
	ID     ID
	Event  string // method name, "alarm", "socket message", …
	Remote bool   // the handler itself returned Err
	Err    error
}

func (e *Error) Error() string {
	if e.Remote {
		return e.Err.Error()
	}
	return fmt.Sprintf("%s %s: %s: %v", e.Class, e.ID.String()[:12], e.Event, e.Err)
}

func (e *Error) Unwrap() error { return e.Err }

// Overloaded reports whether the object had too much to do: don't retry.
func (e *Error) Overloaded() bool { return !e.Remote && errors.Is(e.Err, ErrOverloaded) }

// Reset reports whether the object was reset; the stub stays broken.
func (e *Error) Reset() bool { return !e.Remote && errors.Is(e.Err, ErrReset) }

// Retryable reports whether the same event may do better on a new stub.
func (e *Error) Retryable() bool { return e.Reset() }
