package durable

import (
	"context"
	"encoding/json"
	"fmt"
)

// Object is what a class makes: any type. What it can do besides methods it
// says by implementing Starter, AlarmHandler and SocketHandler. Its fields
// belong to its turns and need no lock.
type Object any

// Starter is called once in each activation, before any event. Nothing else
// runs meanwhile; an error makes the activation fail.
type Starter interface {
	Start(ctx context.Context) error
}

// AlarmHandler is called at or after the time that SetAlarm asked for, at
// least once. An error makes it run again later: see AlarmInfo.
type AlarmHandler interface {
	Alarm(ctx context.Context, info AlarmInfo) error
}

// SocketHandler hears the sockets that the object has accepted or subscribed.
// Frames of one socket come in their order.
type SocketHandler interface {
	// SocketMessage is called for each frame of a socket that the object owns.
	// An error is logged; the socket stays.
	SocketMessage(ctx context.Context, s *Socket, m Message) error
	// SocketClose is called once when a socket that is a member of the object
	// is gone.
	SocketClose(ctx context.Context, s *Socket, c CloseInfo) error
}

// SocketOpener is a SocketHandler whose objects can own sockets: SocketOpen
// decides whether to Accept. A socket that isn't accepted is closed.
type SocketOpener interface {
	SocketHandler
	SocketOpen(ctx context.Context, s *Socket) error
}

// Class describes a kind of object: how it is made and what it answers.
// Complete it with Handle before it is registered; then it doesn't change and
// may be shared by several runtimes.
type Class struct {
	name    string
	create  func(*State) Object
	methods map[string]handler
}

type handler struct {
	call   func(o Object, ctx context.Context, arg any) (any, error)
	recode func(v any, result bool) (any, error)
}

// NewClass makes a class. The name is part of the identity of its objects: it
// must never change. create must not use the State's storage: Start may.
func NewClass(name string, create func(*State) Object) *Class {
	return &Class{name: name, create: create, methods: make(map[string]handler)}
}

// Method is a way to call an object. A and R must survive encoding as JSON, as
// the object may live on another machine.
type Method[A, R any] struct {
	class, name string
}

// Handle adds a method to a class. It panics if the name is taken.
func Handle[O Object, A, R any](c *Class, name string, fn func(o O, ctx context.Context, arg A) (R, error)) Method[A, R] {
	if _, taken := c.methods[name]; taken {
		panic("durable: class " + c.name + " has two methods named " + name)
	}
	c.methods[name] = handler{
		call: func(o Object, ctx context.Context, arg any) (any, error) {
			a, _ := arg.(A) // a nil interface is the zero A
			return fn(o.(O), ctx, a)
		},
		recode: func(v any, result bool) (any, error) {
			if result {
				return recode[R](v)
			}
			return recode[A](v)
		},
	}
	return Method[A, R]{class: c.name, name: name}
}

func recode[T any](v any) (T, error) {
	var out T
	data, err := json.Marshal(v)
	if err != nil {
		return out, fmt.Errorf("encode %T: %w", v, err)
	}
	if err := json.Unmarshal(data, &out); err != nil {
		return out, fmt.Errorf("decode %T: %w", v, err)
	}
	return out, nil
}

// Call runs the method in a turn of the object and returns its result, once
// all that the result may depend on is durable. Where ctx ends first Call
// returns its error, and the turn may still run. Inside a turn the call is an
// output: it leaves once what the turn wrote is durable, and unless it is made
// inside Await the turn is held until it returns.
func (m Method[A, R]) Call(ctx context.Context, stub *Stub, arg A) (R, error) {
	var zero R
	got, err := stub.call(ctx, m.class, m.name, arg)
	if err != nil {
		return zero, err
	}
	result, _ := got.(R) // a nil interface is the zero R
	return result, nil
}

// Send queues the call and doesn't wait: its result is dropped, its error
// logged. Calls that one goroutine sends to an object keep their order. Inside
// a turn it leaves through the output gate, and then Send can't say whether
// the object was overloaded.
func (m Method[A, R]) Send(ctx context.Context, stub *Stub, arg A) error {
	return stub.send(ctx, m.class, m.name, arg, nil)
}

// SendOr is Send, and calls refused where the call can't be run after all: the
// object could not be woken, or was reset under it.
func (m Method[A, R]) SendOr(ctx context.Context, stub *Stub, arg A, refused func(error)) error {
	return stub.send(ctx, m.class, m.name, arg, refused)
}
