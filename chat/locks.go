package chat

import (
	"context"
	"sync"
)

// keyLocks lets one at a time do something to what a key names. The zero value is one.
type keyLocks[K comparable] struct {
	mu   sync.Mutex
	held map[K]*keyLock
}

type keyLock struct {
	free  chan struct{} // holds one word while nobody has it
	users int           // who has it or waits
}

// take waits for the key, and returns how to give it back.
func (ls *keyLocks[K]) take(ctx context.Context, key K) (release func(), err error) {
	ls.mu.Lock()
	l := ls.held[key]
	if l == nil {
		if ls.held == nil {
			ls.held = make(map[K]*keyLock)
		}
		l = &keyLock{free: make(chan struct{}, 1)}
		l.free <- struct{}{}
		ls.held[key] = l
	}
	if l.users >= maxLockUsers {
		ls.mu.Unlock()
		return nil, &Error{Code: CodeOverloaded, Message: "This room has too much to do. Try again in a moment."}
	}
	l.users++
	ls.mu.Unlock()
	leave := func() {
		ls.mu.Lock()
		defer ls.mu.Unlock()
		if l.users--; l.users == 0 {
			delete(ls.held, key)
		}
	}
	select {
	case <-l.free:
		return func() {
			l.free <- struct{}{}
			leave()
		}, nil
	case <-ctx.Done():
		leave()
		return nil, ctx.Err()
	}
}
