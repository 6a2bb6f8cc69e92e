// Package turns lets people take turns at what takes long, so that the many things of one
// don't stand before the first of another.
package turns

import (
	"context"
	"errors"
	"slices"
	"sync"
)

// ErrFull says that too many wait: of this person, or of all.
var ErrFull = errors.New("too many wait for their turn")

// Limits of Turns.
type Limits struct {
	AtOnce       int // how many things are done at once; at least 1
	Waiting      int // how many may wait, of all people
	WaitingOfOne int // of them, of one person
}

// Turns says whose thing is done next. It is one at a time of each person, and people take
// turns, however many things they have and however long those take. Its methods may be
// called concurrently.
type Turns struct {
	limits Limits

	mu      sync.Mutex
	free    int // things that may be done beside those that are
	waiting int // of all people
	people  map[string]*person
	line    []*person // whose next thing is done next; nobody stands in it while one is free
}

// person is somebody who has something here.
type person struct {
	busy    bool            // one is being done
	waiting []chan struct{} // the others, closed when their turn has come
}

// New makes Turns that nobody has taken.
func New(l Limits) *Turns {
	return &Turns{limits: l, free: max(l.AtOnce, 1), people: make(map[string]*person)}
}

// Take waits for the turn of one thing of a person, who calls leave once when it is done.
// The error is ErrFull, at once, or that of ctx.
func (t *Turns) Take(ctx context.Context, user string) (leave func(), err error) {
	t.mu.Lock()
	p := t.people[user]
	if p == nil {
		p = &person{}
		t.people[user] = p
	}
	if !p.busy && t.free > 0 {
		t.free--
		p.busy = true
		t.mu.Unlock()
		return func() { t.leave(user, p) }, nil
	}
	if len(p.waiting) >= t.limits.WaitingOfOne || t.waiting >= t.limits.Waiting {
		t.forgetLocked(user, p)
		t.mu.Unlock()
		return nil, ErrFull
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

// Waiting is how many things wait for their turn.
func (t *Turns) Waiting() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.waiting
}

func (t *Turns) leave(user string, p *person) {
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

// forgetLocked forgets a person who has nothing here any more.
func (t *Turns) forgetLocked(user string, p *person) {
	if !p.busy && len(p.waiting) == 0 {
		delete(t.people, user)
	}
}
