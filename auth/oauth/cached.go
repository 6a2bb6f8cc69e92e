package oauth

import (
	"context"
	"sync"
	"time"
)

// cached keeps what was fetched, and fetches it when it is asked for and too old.
// Those who ask at once wait for one fetch and share what comes of it, unless that
// is only that the one who fetched had no time left.
type cached[T any] struct {
	fetch  func(context.Context) (T, error)
	maxAge time.Duration
	turn   chan struct{} // of one; held by the one who fetches. A lock that a context can leave

	mu    sync.Mutex
	have  bool
	value T
	at    time.Time // of value
	round uint64    // counts fetches
	err   error     // of the last one
	rest  time.Time // renew fetches nothing before
}

func newCached[T any](maxAge time.Duration, fetch func(context.Context) (T, error)) *cached[T] {
	return &cached[T]{fetch: fetch, maxAge: maxAge, turn: make(chan struct{}, 1)}
}

// get returns the value, and its round to give to renew.
func (c *cached[T]) get(ctx context.Context) (T, uint64, error) {
	c.mu.Lock()
	value, round := c.value, c.round
	fresh := c.have && time.Since(c.at) < c.maxAge
	c.mu.Unlock()
	if fresh {
		return value, round, nil
	}
	return c.fetchAfter(ctx, round)
}

// renew returns a value that was fetched after that round. If it is too early to
// fetch, renewed is false.
func (c *cached[T]) renew(ctx context.Context, round uint64) (value T, renewed bool, err error) {
	c.mu.Lock()
	resting := c.round == round && time.Now().Before(c.rest)
	c.mu.Unlock()
	if resting {
		return value, false, nil
	}
	value, _, err = c.fetchAfter(ctx, round)
	return value, true, err
}

// pause makes renew fetch nothing for that long.
func (c *cached[T]) pause(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.rest = time.Now().Add(d)
}

func (c *cached[T]) fetchAfter(ctx context.Context, round uint64) (T, uint64, error) {
	var none T
	select {
	case c.turn <- struct{}{}:
		defer func() { <-c.turn }()
	case <-ctx.Done():
		return none, 0, fail(ErrUnavailable, "%s", reason(ctx.Err()))
	}
	c.mu.Lock()
	if c.round != round { // somebody fetched while we waited for our turn
		defer c.mu.Unlock()
		return c.value, c.round, c.err
	}
	c.mu.Unlock()
	value, err := c.fetch(ctx)
	if err != nil && ctx.Err() != nil {
		return none, 0, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.round++
	c.err = err
	if err != nil {
		return none, c.round, err
	}
	c.have, c.value, c.at = true, value, time.Now()
	return value, c.round, nil
}
