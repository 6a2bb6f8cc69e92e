package files

import (
	"context"
	"sync"
)

// maxWaiting is how many requests may wait for one upload.
const maxWaiting = 4

// locks lets one request at a time work on a file. Who comes later ends what the one
// before waits for: a client that lost its connection comes back before the server
// has noticed.
type locks struct {
	mu   sync.Mutex
	held map[string]*lock // those that somebody has or waits for
}

type lock struct {
	turn  chan struct{} // holds one
	here  int
	yield func() // of who has it; nil: it will be done soon anyway
}

// take waits for a file. yield is called, at most once for each who comes, when
// somebody else wants it.
func (l *locks) take(ctx context.Context, id string, yield func()) (release func(), err error) {
	l.mu.Lock()
	k := l.held[id]
	if k == nil {
		k = &lock{turn: make(chan struct{}, 1)}
		l.held[id] = k
	}
	if k.here > maxWaiting {
		l.mu.Unlock()
		return nil, &Error{Code: CodeOverloaded, Message: "Too many requests for this upload at once. Try again in a moment."}
	}
	k.here++
	if k.yield != nil {
		k.yield()
	}
	l.mu.Unlock()
	select {
	case k.turn <- struct{}{}:
	case <-ctx.Done():
		l.leave(id, k)
		return nil, ctx.Err()
	}
	l.mu.Lock()
	if k.yield = yield; k.here > 1 && yield != nil {
		yield() // who came meanwhile is newer
	}
	l.mu.Unlock()
	return func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		k.yield = nil
		<-k.turn
		l.leaveLocked(id, k) // at once: who comes next must not take us for somebody newer
	}, nil
}

func (l *locks) leave(id string, k *lock) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.leaveLocked(id, k)
}

func (l *locks) leaveLocked(id string, k *lock) {
	if k.here--; k.here == 0 {
		delete(l.held, id)
	}
}
