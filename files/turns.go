package files

import (
	"context"
	"slices"
	"sync"
	"time"
)

const (
	// waitingPictures is how many pictures may wait for those that are being looked at.
	waitingPictures = 256
	// waitingOfOne are of one person: some messages full.
	waitingOfOne = 32
)

// turns says whose picture is looked at next. It is one at a time of each person, and
// people take turns, however many pictures they have and however long those take.
type turns struct {
	mu      sync.Mutex
	free    int // pictures that may be looked at beside those that are
	waiting int // of all people
	people  map[string]*sitter
	line    []*sitter // whose next picture is looked at next; nobody stands in it while one is free
}

// sitter is a person who has pictures here.
type sitter struct {
	busy    bool            // one is being looked at
	waiting []chan struct{} // the others, closed when they may be looked at
}

func newTurns(atOnce int) *turns {
	return &turns{free: max(atOnce, 1), people: make(map[string]*sitter)}
}

// take waits until a picture of a person may be read into memory and looked at.
func (t *turns) take(ctx context.Context, user string) (leave func(), err error) {
	t.mu.Lock()
	p := t.people[user]
	if p == nil {
		p = &sitter{}
		t.people[user] = p
	}
	if !p.busy && t.free > 0 {
		t.free--
		p.busy = true
		t.mu.Unlock()
		return func() { t.leave(user, p) }, nil
	}
	if len(p.waiting) >= waitingOfOne || t.waiting >= waitingPictures {
		t.forgetLocked(user, p)
		t.mu.Unlock()
		return nil, &Error{Code: CodeOverloaded, Message: "The server has many pictures to look at. Try again in a moment.", Retry: 5 * time.Second}
	}
	turn := make(chan struct{})
	p.waiting = append(p.waiting, turn)
	t.waiting++
	if !p.busy && len(p.waiting) == 1 {
		t.line = append(t.line, p)
	}
	t.mu.Unlock()
	select {
	case <-turn:
		return func() { t.leave(user, p) }, nil
	case <-ctx.Done():
	}
	t.mu.Lock()
	i := slices.Index(p.waiting, turn)
	if i < 0 { // its turn has come meanwhile
		t.mu.Unlock()
		t.leave(user, p)
		return nil, ctx.Err()
	}
	defer t.mu.Unlock()
	p.waiting = slices.Delete(p.waiting, i, i+1)
	t.waiting--
	if at := slices.Index(t.line, p); at >= 0 && len(p.waiting) == 0 {
		t.line = slices.Delete(t.line, at, at+1)
	}
	t.forgetLocked(user, p)
	return nil, ctx.Err()
}

func (t *turns) leave(user string, p *sitter) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.free++
	p.busy = false
	if len(p.waiting) > 0 {
		t.line = append(t.line, p)
	}
	t.forgetLocked(user, p)
	for t.free > 0 && len(t.line) > 0 {
		next := t.line[0]
		t.line = slices.Delete(t.line, 0, 1)
		close(next.waiting[0])
		next.waiting = slices.Delete(next.waiting, 0, 1)
		next.busy = true
		t.free--
		t.waiting--
	}
}

// forgetLocked forgets a person who has no pictures here any more.
func (t *turns) forgetLocked(user string, p *sitter) {
	if !p.busy && len(p.waiting) == 0 {
		delete(t.people, user)
	}
}
