package durable

import (
	"context"
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
