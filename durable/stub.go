package durable

import (
	"context"
	"fmt"
	"sync/atomic"
)

// Namespace is the set of all objects of a class.
type Namespace struct {
	rt    *Runtime
	class *Class
	key   idKey
	names names
}

// IDFromName returns the id that belongs to name: always the same one.
func (n *Namespace) IDFromName(name string) ID {
	if id, known := n.names.find(name); known {
		return id
	}
	id := n.key.fromName(name)
	n.names.keep(name, id)
	return id
}

// ForgetNames drops the ids of names that are kept in memory, some hundred bytes for
// each of the last few thousand: they are found out anew when they are needed.
func (n *Namespace) ForgetNames() { n.names.clear() }

// NewUniqueID returns an id that belongs to no name and to no other object.
func (n *Namespace) NewUniqueID() ID { return n.key.unique() }

// ParseID reads the text of an id of this namespace.
func (n *Namespace) ParseID(text string) (ID, error) { return n.key.parse(text) }

// Get returns a stub for the object. Nothing is started by that.
func (n *Namespace) Get(id ID) *Stub { return &Stub{ns: n, id: id, foreign: !n.key.owns(id)} }

// ByName returns a stub for the object of that name; the object learns its
// name, unless it is longer than MaxNameBytes.
func (n *Namespace) ByName(name string) *Stub {
	stub := &Stub{ns: n, id: n.IDFromName(name)}
	if len(name) <= MaxNameBytes {
		stub.name = name
	}
	return stub
}

// Stub is a way to reach one object. Making one costs nothing. A stub whose
// object was reset under one of its calls stays broken: make a new one. It may
// be used concurrently.
type Stub struct {
	ns      *Namespace
	id      ID
	name    string
	foreign bool // the id is another namespace's: every use of the stub fails
	broken  atomic.Pointer[Error]
}

// ID returns the object's id.
func (s *Stub) ID() ID { return s.id }

// wrap says at which object an event went wrong. An *Error further down the
// chain of causes is another object's.
func (s *Stub) wrap(event string, err error) *Error {
	e, ok := err.(*Error)
	if !ok {
		e = &Error{Class: s.ns.class.name, ID: s.id, Event: event, Err: err}
	}
	if e.Reset() {
		s.broken.CompareAndSwap(nil, e)
	}
	return e
}

func (s *Stub) method(class, name string) (handler, error) {
	if broken := s.broken.Load(); broken != nil {
		return handler{}, broken
	}
	h, ok := s.ns.class.methods[name]
	if !ok || class != s.ns.class.name {
		return handler{}, s.wrap(name, fmt.Errorf("%w: %s has no %s", ErrUnknownMethod, s.ns.class.name, name))
	}
	return h, nil
}

// invoke makes the event's body: the handler, with its argument and result
// sent through JSON where the options ask for it.
func (s *Stub) invoke(h handler, arg any, take func(any)) func(*turn) error {
	recodes := s.ns.rt.opts.SerialiseCalls
	return func(t *turn) error {
		if recodes {
			decoded, err := h.recode(arg, false)
			if err != nil {
				return err
			}
			arg = decoded
		}
		result, err := h.call(t.act.obj, t, arg)
		if err != nil {
			return err
		}
		if recodes {
			if result, err = h.recode(result, true); err != nil {
				return err
			}
		}
		take(result)
		return nil
	}
}

func (s *Stub) call(ctx context.Context, class, method string, arg any) (any, error) {
	h, err := s.method(class, method)
	if err != nil {
		return nil, err
	}
	type outcome struct {
		result any
		err    error
	}
	var result any
	answered := make(chan outcome, 1)
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	ev := event{
		name:   method,
		size:   sizeOf(arg),
		run:    s.invoke(h, arg, func(r any) { result = r }),
		refuse: func(err error) { answered <- outcome{nil, err} },
	}
	ev.answer = func(t *turn, err error) {
		if err != nil {
			err = &Error{Class: class, ID: s.id, Event: method, Remote: true, Err: err}
		}
		t.issue(output{
			do:   func() { answered <- outcome{result, err} },
			drop: func(err error) { answered <- outcome{nil, err} },
		})
	}
	if t := turnFrom(ctx); t != nil && t.phase.Load() != turnOver {
		waits := &s.ns.rt.waits
		if ev.call = waits.begin(t, s.id); ev.call == nil {
			return nil, s.wrap(method, ErrDeadlock)
		}
		defer waits.end(t, ev.call)
		if t.phase.Load() == inTurn {
			if len(t.open) > 0 {
				return nil, ErrTxOpen
			}
			if err := t.flushAndWait(false); err != nil {
				return nil, err
			}
		}
	}
	if err := s.enqueue(ev, false); err != nil {
		return nil, s.wrap(method, err)
	}
	select {
	case o := <-answered:
		if o.err != nil {
			return nil, s.wrap(method, o.err)
		}
		return o.result, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (s *Stub) send(ctx context.Context, class, method string, arg any, refused func(error)) error {
	h, err := s.method(class, method)
	if err != nil {
		return err
	}
	ev := event{name: method, size: sizeOf(arg), run: s.invoke(h, arg, func(any) {}), refuse: refused}
	if t := turnFrom(ctx); t != nil && t.phase.Load() == inTurn {
		log := s.ns.rt.log
		t.issue(output{do: func() {
			if err := s.enqueue(ev, false); err != nil {
				log.Warn("sent call lost", "class", class, "id", s.id.String(), "event", method, "cause", err.Error())
			}
		}})
		return nil
	}
	if err := s.enqueue(ev, false); err != nil {
		return s.wrap(method, err)
	}
	return nil
}

// Sizer may be implemented by an argument that holds much, so that the inbox's
// bound in bytes counts it.
type Sizer interface{ Size() int }

func sizeOf(arg any) int {
	if s, ok := arg.(Sizer); ok {
		return s.Size()
	}
	return 0
}

func (s *Stub) enqueue(ev event, force bool) error {
	return s.reach(func(o *object) error { return o.enqueue(ev, force) })
}

// reach calls fn with the object's record as it stands in the table.
func (s *Stub) reach(fn func(o *object) error) error {
	if s.foreign {
		return fmt.Errorf("%w: not valid for this namespace", ErrInvalidID)
	}
	for {
		o, err := s.ns.rt.object(s.ns, s.id, s.name)
		if err != nil {
			return err
		}
		if err := fn(o); err != errRemoved {
			return err
		}
	}
}
