package pebble

import (
	"context"
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
}

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
	unused := v.unused
	v.unused = nil
	v.mu.Unlock()
	closeAll(unused)
}

func closeAll(snapshots []*lsm.Snapshot) {
	for _, s := range snapshots {
		_ = s.Close() // never fails
	}
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

// release may leave a view to be closed by the next publish: closing it takes
// a lock of the engine, for which readers must not wait if the engine hangs.
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
	unused := v.unused
	v.unused = nil
	v.mu.Unlock()
	closeAll(unused)
	return true
}
