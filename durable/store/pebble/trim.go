package pebble

import (
	"context"
	"fmt"

	lsm "github.com/cockroachdb/pebble/v2"
)

// trimFrom in bytes is what the engine must hold for Trim to act.
const trimFrom = 2 << 20

// Trim gives back the memory that the store has taken since it was opened: it
// closes the engine and opens it anew, which is the one way to make it let go
// of its tables in memory. Calls wait meanwhile, some tens of milliseconds; so
// it is for times when nothing happens. It does nothing if there is little to
// give back, or if a Get or Scan runs.
func (s *Store) Trim(ctx context.Context) error { return s.trim(ctx, trimFrom) }

func (s *Store) trim(ctx context.Context, from int64) error {
	held, err := s.heldBytes(ctx)
	if err == nil && held >= from {
		c := &call{trim: true}
		if err = s.enqueue(ctx, c); err == nil {
			err = s.await(ctx, c)
		}
	}
	if err != nil {
		return fmt.Errorf("trim: %w", err)
	}
	return nil
}

// heldBytes returns what the engine holds in caches and tables in memory.
func (s *Store) heldBytes(ctx context.Context) (int64, error) {
	var held int64
	err := s.withEngine(ctx, func(db *lsm.DB) {
		m := db.Metrics()
		held = int64(m.MemTable.Size+m.MemTable.ZombieSize) + m.BlockCache.Size
	})
	return held, err
}

// withEngine lets fn use the engine as a reader does.
func (s *Store) withEngine(ctx context.Context, fn func(*lsm.DB)) error {
	if err := s.begin(); err != nil {
		return err
	}
	defer s.end()
	state, err := s.views.acquire(ctx)
	if err != nil {
		return err
	}
	defer s.views.release(state)
	fn(state.db)
	return nil
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

// reopen does so with the engine. Nobody may use it but readers.
func (s *Store) reopen() {
	if !s.views.detach() {
		return
	}
	s.report.stall.Store(true) // an error that is tried again for ever ends the store
	s.flush()
	err := s.db.Close()
	if err == nil {
		err = s.openEngine()
	}
	s.report.stall.Store(false)
	if err != nil {
		s.halt.fail(err)
		return
	}
	s.views.publish(newView(s.db))
}
