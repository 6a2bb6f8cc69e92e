package durable

import (
	"context"
	"errors"
	"fmt"
)

// Get returns the value that the object has stored under key, or nil where there
// is none. It reads what is on disk, outside of the object's turns: nothing is
// woken, no turn waits, and nothing is seen that a crash could undo. Whatever the
// object has let out rests on a state that is seen here.
func (s *Stub) Get(ctx context.Context, key string) ([]byte, error) {
	if err := s.readable(); err != nil {
		return nil, s.wrap("get", err)
	}
	value, err := s.ns.rt.opts.Store.Get(ctx, s.id, key)
	if err != nil {
		return nil, s.wrap("get", s.readErr(ctx, err))
	}
	return value, nil
}

// List calls fn for the selected entries in order until it returns false, and
// reads as Get does: one state of the object for the whole call. The value is
// valid only during fn.
func (s *Stub) List(ctx context.Context, o ListOptions, fn func(key string, value []byte) bool) error {
	r, empty, err := o.resolve()
	if err == nil {
		err = s.readable()
	}
	if err != nil {
		return s.wrap("list", err)
	}
	if empty {
		return nil
	}
	n := 0
	err = s.ns.rt.opts.Store.Scan(ctx, s.id, r, func(key, value []byte) bool {
		n++
		return fn(string(key), value) && n != o.Limit
	})
	if err != nil {
		return s.wrap("list", s.readErr(ctx, err))
	}
	return nil
}

// readable reports why the object can't be read. Shutdown doesn't wait for
// readers: Store.Close does.
func (s *Stub) readable() error {
	switch {
	case s.foreign:
		return fmt.Errorf("%w: not valid for this namespace", ErrInvalidID)
	case s.ns.rt.ctx.Err() != nil:
		return ErrClosed
	}
	return nil
}

func (s *Stub) readErr(ctx context.Context, err error) error {
	switch {
	case s.ns.rt.ctx.Err() != nil:
		return ErrClosed
	case errors.Is(err, context.DeadlineExceeded) && ctx.Err() != nil:
		return fmt.Errorf("%w: %w", ErrTimeout, err)
	}
	return err
}

// Publish gives v to those who ask Stub.Published, in place of what was published
// before. It is an output like any other: it is seen once all that the turn wrote
// is durable, no later than what is issued behind it, and not before what was
// issued ahead of it. It ends when the object sleeps or is reset, so who relies on
// it publishes in Start. v must not be changed any more.
func (s *State) Publish(v any) {
	act := s.act
	t := act.mustTurn()
	t.issue(output{do: func() { act.published.Store(&v) }})
}

// Published returns what the object published last; nil if it sleeps or has
// published nothing since it woke. It wakes nothing and waits for nothing.
func (s *Stub) Published() any {
	if s.foreign {
		return nil
	}
	o := s.ns.rt.find(s.id)
	if o == nil {
		return nil
	}
	o.mu.Lock()
	act := o.act
	o.mu.Unlock()
	if act == nil {
		return nil
	}
	v := act.published.Load()
	if v == nil {
		return nil
	}
	return *v
}
