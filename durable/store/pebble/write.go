package pebble

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	lsm "github.com/cockroachdb/pebble/v2"

	"snug/durable"
)

const (
	// queueLength of calls wait for the writer; further ones wait to queue.
	queueLength = 256
	// maxGroup and maxGroupBytes bound what one batch of the tree takes.
	maxGroup      = 1024
	maxGroupBytes = 4 << 20
	// maxFlights groups are written and wait for the disk; calls gather behind
	// them.
	maxFlights = 8
)

// call is a Commit or a Claim on its way through the writer.
type call struct {
	batches []durable.Batch
	claim   *durable.Record // the id, class and name that a Claim brings
	trim    bool            // it is a Trim

	taken atomic.Bool   // by the writer, or by a caller that doesn't wait any more
	built chan struct{} // closed when the writer has done with batches
	done  chan struct{} // closed when the fields below are set
	errs  []error
	err   error
	size  int // bytes of keys and values

	trimmed bool
}

// Commit implements durable.Store. It waits only if the queue is full. Where
// the context ends while the disk is at work, whether the batches are stored
// is not known, as after any error.
func (s *Store) Commit(ctx context.Context, batches []durable.Batch) (wait func() ([]error, error)) {
	c := &call{batches: batches, errs: make([]error, len(batches))}
	err := c.measure()
	if err == nil {
		err = s.enqueue(ctx, c)
	}
	return func() ([]error, error) {
		if err == nil {
			err = s.await(ctx, c)
		}
		if err != nil {
			return nil, fmt.Errorf("commit: %w", err)
		}
		return c.errs, nil
	}
}

func (c *call) measure() error {
	for i := range c.batches {
		for _, op := range c.batches[i].Ops {
			if op.Kind < durable.OpPut || op.Kind > durable.OpDeleteRange {
				return fmt.Errorf("unknown kind of operation %d for %s", op.Kind, c.batches[i].ID)
			}
			c.size += len(op.Key) + len(op.End) + len(op.Value)
		}
	}
	return nil
}

// Claim implements durable.Store.
func (s *Store) Claim(ctx context.Context, id durable.ID, class, name string) (durable.Record, error) {
	c := &call{claim: &durable.Record{ID: id, Class: class, Name: name}}
	err := s.enqueue(ctx, c)
	if err == nil {
		err = s.await(ctx, c)
	}
	if err != nil {
		return durable.Record{}, fmt.Errorf("claim %s: %w", id, err)
	}
	return *c.claim, nil
}

// enqueue gives c its place. It leaves the writing to the writer since that
// may be stuck for good, where the engine is, and who calls must not be.
func (s *Store) enqueue(ctx context.Context, c *call) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := s.begin(); err != nil {
		return err
	}
	defer s.end()
	c.built, c.done = make(chan struct{}), make(chan struct{})
	select {
	case s.writer.queue <- c:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	case <-s.halt.done:
		return s.halt.err
	}
}

// await returns what became of c, or the end of ctx or of the store.
func (s *Store) await(ctx context.Context, c *call) error {
	var over error
	select {
	case <-c.done:
		return c.err
	case <-ctx.Done():
		over = ctx.Err()
	case <-s.halt.done:
		over = s.halt.err
	}
	// What the writer hasn't begun with it leaves alone from here on. It may
	// be stuck for ever, but not while it looks at a call.
	if !c.taken.CompareAndSwap(false, true) {
		<-c.built
	}
	select {
	case <-c.done:
		return c.err
	default:
		return over
	}
}

// writer is the one goroutine that changes the tree once it is open. What it
// has written goes on to the goroutine that waits for the disk.
type writer struct {
	store   *Store
	halt    *halt
	space   *space
	records *records

	queue   chan *call    // closed by Close when no call is left
	flights chan *flight  // closed when the writer is done
	stopped chan struct{} // closed when all is answered

	key, end []byte // buffers for the keys of an operation
}

// flight is a group of calls that is written and waits for the disk.
type flight struct {
	calls []*call
	batch *lsm.Batch
	sync  bool  // batch was applied with a sync
	view  *view // of the tree with the group
	err   error // why it could not be written

	reopened chan struct{} // closed when the engine was opened anew; nil: it isn't to be
}

func newWriter(s *Store, boot uint64) *writer {
	return &writer{
		store: s, halt: s.halt, space: s.space, records: newRecords(s.db, boot<<32),
		queue: make(chan *call, queueLength), flights: make(chan *flight, maxFlights), stopped: make(chan struct{}),
	}
}

func (w *writer) run() {
	defer close(w.flights)
	for c := range w.queue {
		f := w.write(w.gather(c))
		trim := len(f.calls) > 0 && f.calls[len(f.calls)-1].trim && f.calls[len(f.calls)-1].err == nil
		if trim {
			w.forget()
			f.reopened = make(chan struct{})
		}
		select {
		case w.flights <- f:
		case <-w.halt.done:
			return
		}
		if !trim {
			continue
		}
		select {
		case <-f.reopened:
		case <-w.halt.done:
		}
		if w.halt.failed() != nil {
			return
		}
		w.records.db = w.store.db
	}
	w.forget() // a head that is not stored is as after a crash
}

// gather adds what waits already. A trim ends the group.
func (w *writer) gather(first *call) []*call {
	group, size := []*call{first}, first.size
	for len(group) < maxGroup && size < maxGroupBytes && !group[len(group)-1].trim {
		select {
		case c, ok := <-w.queue:
			if !ok {
				return group
			}
			group = append(group, c)
			size += c.size
		default:
			return group
		}
	}
	return group
}

// write does the calls of a group in order, in one batch of the tree. A group
// of claims alone is not synced.
func (w *writer) write(group []*call) *flight {
	f := &flight{calls: group[:0], batch: w.store.db.NewBatch()}
	for _, c := range group {
		if !c.taken.CompareAndSwap(false, true) {
			continue
		}
		f.calls = append(f.calls, c)
		switch {
		case c.trim:
			// What the engine writes when it is opened must not be what finds the
			// disk full: an engine that is closed can't even be read.
			w.space.checked = time.Time{}
			c.err = w.space.check(commitShare)
		case c.claim != nil:
			c.err = w.doClaim(c.claim)
		default:
			var applied bool
			applied, c.err = w.doCommit(f.batch, c)
			f.sync = f.sync || applied
		}
	}
	w.records.store(f.batch)
	for _, c := range f.calls {
		close(c.built)
	}
	w.space.used(f.batch.Len())
	if f.batch.Empty() {
		f.sync = false
		return f
	}
	options := lsm.NoSync
	if f.sync {
		options = lsm.Sync
	}
	if f.err = w.apply(f.batch, options); f.err != nil {
		w.halt.fail(f.err) // at once: the groups before may never land
		return f
	}
	f.view = newView(w.store.db)
	return f
}

func (w *writer) doClaim(r *durable.Record) error {
	if err := w.space.check(claimShare); err != nil {
		return err
	}
	return w.records.claim(r)
}

// doCommit reports whether any batch was applied, also beside an error.
func (w *writer) doCommit(b *lsm.Batch, c *call) (applied bool, err error) {
	if err := w.space.check(commitShare); err != nil {
		return false, err
	}
	for i := range c.batches {
		batch := &c.batches[i]
		c.errs[i], err = w.records.commit(batch)
		if err != nil {
			return applied, err
		}
		if c.errs[i] == nil {
			w.addOps(b, batch.ID, batch.Ops)
			applied = true
		}
	}
	return applied, nil
}

// addOps can't fail: a batch only grows in memory.
func (w *writer) addOps(b *lsm.Batch, id durable.ID, ops []durable.Op) {
	for i := range ops {
		op := &ops[i]
		w.key = appendObjectKey(w.key[:0], id, op.Key)
		switch op.Kind {
		case durable.OpPut:
			_ = b.Set(w.key, op.Value, nil)
		case durable.OpDelete:
			_ = b.Delete(w.key, nil)
		case durable.OpDeleteRange:
			if op.End == "" || op.Key < op.End {
				w.end = appendRangeEnd(w.end[:0], id, op.End)
				_ = b.DeleteRange(w.key, w.end, nil)
			}
		}
	}
}

// apply writes b to the log and the tree. With a sync it doesn't wait for the
// disk.
func (w *writer) apply(b *lsm.Batch, options *lsm.WriteOptions) (err error) {
	defer func() { // the engine panics where its log can't go on
		if r := recover(); r != nil {
			err = fmt.Errorf("write to the log: %w", panicError(r))
		}
	}()
	if options.Sync {
		return w.store.db.ApplyNoSyncWait(b, options)
	}
	return w.store.db.Apply(b, options)
}

// land waits for the disk, one group after the other, and answers their calls.
func (w *writer) land() {
	defer close(w.stopped)
	for f := range w.flights {
		if f.err == nil && f.sync {
			f.err = f.batch.SyncWait()
		}
		if f.err != nil {
			w.halt.fail(f.err)
			f.err = w.halt.err
		}
		if f.view != nil && f.err == nil {
			w.store.views.publish(f.view)
		}
		if f.reopened != nil && f.err == nil {
			f.calls[len(f.calls)-1].trimmed = w.store.reopen()
			f.err = w.halt.failed()
			close(f.reopened)
		}
		for _, c := range f.calls {
			if f.err != nil {
				c.err = f.err
			}
			close(c.done)
		}
		if f.err == nil {
			_ = f.batch.Close() // never fails
		}
	}
}

var errOutOfEpochs = errors.New("out of epochs: open the store anew")
