package pebble

import (
	"context"
	"slices"
	"sync"

	lsm "github.com/cockroachdb/pebble/v2"
)

// views are the states that readers see. The engine shows a batch before its
// log is synced; so a snapshot is taken of each group that is written, and
// given to readers once the disk has it.
type views struct {
	halt *halt

	mu       sync.Mutex
	latest   *view         // nil between detach and the next publish
	attached chan struct{} // closed when latest is no longer nil; nil while it isn't
	readers  int           // of all views
	unused   []*lsm.Snapshot

	sweep   chan struct{} // capacity 1; there is something unused
	closing sync.Mutex    // held while snapshots are closed
}

func newViews(h *halt) *views { return &views{halt: h, sweep: make(chan struct{}, 1)} }

// view is a state of the tree.
type view struct {
	*lsm.Snapshot
	db    *lsm.DB
	users int // readers, and one for being the latest; guarded by views.mu
}

// newView returns a view of what is written, which publish must be given.
func newView(db *lsm.DB) *view { return &view{Snapshot: db.NewSnapshot(), db: db, users: 1} }

// publish makes next the latest. Views are published in the order in which
// they were taken.
func (v *views) publish(next *view) {
	v.mu.Lock()
	last := v.latest
	v.latest = next
	if last != nil {
		v.drop(last)
	}
	if v.attached != nil {
		close(v.attached)
		v.attached = nil
	}
	v.mu.Unlock()
}

// acquire returns the latest view for release.
func (v *views) acquire(ctx context.Context) (*view, error) {
	for {
		v.mu.Lock()
		latest, attached := v.latest, v.attached
		if latest != nil {
			latest.users++
			v.readers++
			v.mu.Unlock()
			return latest, nil
		}
		v.mu.Unlock()
		select {
		case <-attached:
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-v.halt.done:
			return nil, v.halt.err
		}
	}
}

// release ends the use of a view.
func (v *views) release(s *view) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.readers--
	v.drop(s)
}

// drop takes one user away. The caller holds mu.
func (v *views) drop(s *view) {
	if s.users--; s.users == 0 {
		v.unused = append(v.unused, s.Snapshot)
		select {
		case v.sweep <- struct{}{}:
		default:
		}
	}
}

// run closes what is no longer used. To close a snapshot is to wait for the
// engine's manifest, and so at times for the disk (or for ever, where the
// engine hangs), which neither readers nor commits must.
func (v *views) run(stop <-chan struct{}) {
	for {
		select {
		case <-v.sweep:
			v.closeUnused()
		case <-stop:
			return
		}
	}
}

func (v *views) closeUnused() {
	v.closing.Lock()
	defer v.closing.Unlock()
	v.mu.Lock()
	unused := v.unused
	v.unused = nil
	v.mu.Unlock()
	// The oldest last: each time that the oldest goes the engine looks for
	// compactions.
	for _, s := range slices.Backward(unused) {
		_ = s.Close() // never fails
	}
}

// detach takes all views from the engine, so that it can be closed; readers
// wait for the next publish. It does nothing while there are readers.
func (v *views) detach() bool {
	v.mu.Lock()
	if v.readers > 0 {
		v.mu.Unlock()
		return false
	}
	v.drop(v.latest)
	v.latest, v.attached = nil, make(chan struct{})
	v.mu.Unlock()
	v.closeUnused()
	return true
}
