package pebble

import (
	"context"
	"fmt"

	lsm "github.com/cockroachdb/pebble/v2"
)

// trimFrom in bytes is what the engine must hold for Trim to act.
const trimFrom = 512 << 10

// Trim gives back the memory that the store has taken since it was opened. It
// closes the engine and opens it anew, the one way to make it let go of its
// tables in memory; commits wait while it flushes those, and reads for some ten
// milliseconds. So it is for times when nothing happens. It reports false, and
// is to be called again later, if a Get or Scan runs or the engine compacts.
func (s *Store) Trim(ctx context.Context) (trimmed bool, err error) { return s.trim(ctx, trimFrom) }

func (s *Store) trim(ctx context.Context, from int64) (trimmed bool, err error) {
	held, err := s.heldBytes(ctx)
	if err == nil && held < from {
		return true, nil
	}
	c := &call{trim: true}
	if err == nil {
		err = s.enqueue(ctx, c)
	}
	if err == nil {
		err = s.await(ctx, c)
	}
	if err != nil {
		return false, fmt.Errorf("trim: %w", err)
	}
	return c.trimmed, nil
}

// heldBytes returns what the engine holds in caches and tables in memory.
func (s *Store) heldBytes(ctx context.Context) (int64, error) {
	m, err := s.metrics(ctx)
	if err != nil {
		return 0, err
	}
	return int64(m.MemTable.Size+m.MemTable.ZombieSize) + m.BlockCache.Size, nil
}

// metrics asks the engine on a goroutine of its own, as it may wait there for
// its manifest.
func (s *Store) metrics(ctx context.Context) (*lsm.Metrics, error) {
	if err := s.begin(); err != nil {
		return nil, err
	}
	defer s.end()
	var m *lsm.Metrics
	err := s.halt.run(func() error {
		state, err := s.views.acquire(ctx)
		if err != nil {
			return err
		}
		defer s.views.release(state)
		m = state.db.Metrics()
		return nil
	})
	if err != nil {
		return nil, err // m may still be written
	}
	return m, nil
}

// forget lets go of all records.
func (w *writer) forget() {
	b := w.store.db.NewBatch()
	w.records.storeAll(b)
	if err := w.apply(b, lsm.NoSync); err != nil {
		w.halt.fail(err)
		return
	}
	w.records = newRecords(w.store.db, w.records.epoch)
}

// reopen closes the engine and opens it anew. Nobody may use it but readers.
func (s *Store) reopen() (done bool) {
	if !s.flush() {
		return false // what can't be flushed now couldn't be when it is opened
	}
	// Close would wait for a compaction to end, which may take seconds.
	if s.db.Metrics().Compact.NumInProgress > 0 || !s.views.detach() {
		return false
	}
	s.report.stall.Store(true) // an error that is tried again for ever ends the store
	err := s.db.Close()
	if err == nil {
		err = s.openEngine()
	}
	s.report.stall.Store(false)
	if err != nil {
		s.halt.fail(err)
		return false
	}
	s.views.publish(newView(s.db))
	return true
}
