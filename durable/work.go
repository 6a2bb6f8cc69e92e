package durable

import (
	"context"
	"sync"
	"sync/atomic"
)

// work counts what a runtime has accepted and not finished: events, commits
// and held outputs. Each is counted before that which caused it is done, so
// the count is zero only when nothing is left.
type work struct {
	n    atomic.Int64
	none chan struct{} // capacity 1: the count has been zero
}

func (w *work) add() { w.n.Add(1) }

func (w *work) done() {
	if w.n.Add(-1) == 0 {
		select {
		case w.none <- struct{}{}:
		default:
		}
	}
}

func (w *work) wait(ctx context.Context) error {
	for w.n.Load() != 0 {
		select {
		case <-w.none:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}

// waits knows which objects hold their turn until which others answer. A ring
// of such waits would never end: the call that would close one is refused.
type waits struct {
	mu sync.Mutex
	on map[ID]map[ID]int // number of calls from, to
}

// begin notes that from waits for to; false if to waits for from already.
func (w *waits) begin(from, to ID) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if from == to || w.reachesLocked(to, from, make(map[ID]bool)) {
		return false
	}
	if w.on[from] == nil {
		w.on[from] = make(map[ID]int, 1)
	}
	w.on[from][to]++
	return true
}

func (w *waits) reachesLocked(at, goal ID, seen map[ID]bool) bool {
	for next := range w.on[at] {
		if next == goal {
			return true
		}
		if !seen[next] {
			seen[next] = true
			if w.reachesLocked(next, goal, seen) {
				return true
			}
		}
	}
	return false
}

func (w *waits) end(from, to ID) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.on[from][to]--; w.on[from][to] == 0 {
		delete(w.on[from], to)
	}
	if len(w.on[from]) == 0 {
		delete(w.on, from)
	}
}
