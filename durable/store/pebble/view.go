package pebble

import (
	"sync"

	lsm "github.com/cockroachdb/pebble/v2"
)

// views are the states that readers see. The engine shows a batch before its
// log is synced; so a snapshot is taken of each group that is written, and
// given to readers once the disk has it.
type views struct {
	db *lsm.DB

	mu     sync.Mutex
	latest *view
	unused []*lsm.Snapshot // to be closed
}

// view is a state of the tree.
type view struct {
	*lsm.Snapshot
	users int // readers, and one for being the latest; guarded by views.mu
}

// take returns a view of what is written, which publish must be given.
func (v *views) take() *view { return &view{Snapshot: v.db.NewSnapshot(), users: 1} }

// publish makes next the latest. Views are published in the order of take.
func (v *views) publish(next *view) {
	v.mu.Lock()
	last := v.latest
	v.latest = next
	if last != nil {
		v.drop(last)
	}
	unused := v.unused
	v.unused = nil
	v.mu.Unlock()
	for _, s := range unused {
		_ = s.Close() // never fails
	}
}

// acquire returns the latest view for release.
func (v *views) acquire() *view {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.latest.users++
	return v.latest
}

// release may leave a view to be closed by the next publish: closing it takes
// a lock of the engine, for which readers must not wait if the engine hangs.
func (v *views) release(s *view) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.drop(s)
}

// drop takes one user away. The caller holds mu.
func (v *views) drop(s *view) {
	if s.users--; s.users == 0 {
		v.unused = append(v.unused, s.Snapshot)
	}
}

// close closes all views once there are no readers.
func (v *views) close() {
	v.publish(nil)
}
