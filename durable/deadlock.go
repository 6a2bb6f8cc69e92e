package durable

import (
	"slices"
	"sync"
)

// waits knows which turns wait for the answer of which calls. Turns that wait
// for each other in a ring would do so for ever: the call that would close one
// is refused.
type waits struct {
	rt *Runtime
	mu sync.Mutex // guards turn.calls and call.turn of all turns
}

// call is one that a turn waits for.
type call struct {
	target ID
	turn   *turn // nil: not begun
}

// begin notes that t waits for a call to target; nil if that would never end.
func (w *waits) begin(t *turn, target ID) *call {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.objectReachesLocked(target, t, make(map[*turn]bool)) {
		return nil
	}
	c := &call{target: target}
	t.calls = append(t.calls, c)
	return c
}

// runs notes that t is what c waits for.
func (w *waits) runs(c *call, t *turn) {
	w.mu.Lock()
	defer w.mu.Unlock()
	c.turn = t
}

func (w *waits) end(t *turn, c *call) {
	w.mu.Lock()
	defer w.mu.Unlock()
	t.calls = slices.DeleteFunc(t.calls, func(other *call) bool { return other == c })
}

// objectReachesLocked reports whether who waits for the turn of an object
// waits, in the end, for goal.
func (w *waits) objectReachesLocked(id ID, goal *turn, seen map[*turn]bool) bool {
	o := w.rt.find(id)
	if o == nil {
		return false
	}
	holder := o.turn.Load()
	return holder != nil && w.turnReachesLocked(holder, goal, seen)
}

func (w *waits) turnReachesLocked(t, goal *turn, seen map[*turn]bool) bool {
	if t == goal {
		return true
	}
	if seen[t] {
		return false
	}
	seen[t] = true
	if t.phase.Load() == inAwait && w.objectReachesLocked(t.act.o.id, goal, seen) {
		return true // it will want its turn back
	}
	return slices.ContainsFunc(t.calls, func(c *call) bool {
		if c.turn != nil {
			return w.turnReachesLocked(c.turn, goal, seen)
		}
		return w.objectReachesLocked(c.target, goal, seen)
	})
}
