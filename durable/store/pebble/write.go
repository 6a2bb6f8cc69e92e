package pebble

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"math"
	"sync/atomic"

	lsm "github.com/cockroachdb/pebble/v2"

	"snug/durable"
)

const (
	// queueLength of calls wait for the writer; further ones wait to queue.
	queueLength = 256
	// maxGroup and maxGroupBytes bound what one sync takes.
	maxGroup      = 1024
	maxGroupBytes = 4 << 20
	// maxCached records are kept, those of the objects last written, at some
	// 300 bytes each.
	maxCached = 8192
)

// call is a Commit or a Claim on its way through the writer.
type call struct {
	batches []durable.Batch
	claim   *durable.Record // the id, class and name that a Claim brings

	taken atomic.Bool   // by the writer, or by a caller that doesn't wait any more
	built chan struct{} // closed when the writer has done with batches
	done  chan struct{} // closed when the fields below are set
	errs  []error
	err   error
	size  int // bytes of keys and values
}

// Commit implements durable.Store. Where the context ends while the disk is at
// work, whether the batches are stored is not known, as after any error.
func (s *Store) Commit(ctx context.Context, batches []durable.Batch) ([]error, error) {
	c := &call{batches: batches, errs: make([]error, len(batches))}
	for i := range batches {
		for _, op := range batches[i].Ops {
			if op.Kind < durable.OpPut || op.Kind > durable.OpDeleteRange {
				return nil, fmt.Errorf("commit %s: unknown kind of operation %d", batches[i].ID, op.Kind)
			}
			c.size += len(op.Key) + len(op.End) + len(op.Value)
		}
	}
	if err := s.write(ctx, c); err != nil {
		return nil, fmt.Errorf("commit: %w", err)
	}
	return c.errs, nil
}

// Claim implements durable.Store.
func (s *Store) Claim(ctx context.Context, id durable.ID, class, name string) (durable.Record, error) {
	c := &call{claim: &durable.Record{ID: id, Class: class, Name: name}}
	if err := s.write(ctx, c); err != nil {
		return durable.Record{}, fmt.Errorf("claim %s: %w", id, err)
	}
	return *c.claim, nil
}

// write hands c to the writer and waits for its answer, for the end of ctx or
// for that of the store.
func (s *Store) write(ctx context.Context, c *call) error {
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
	case <-ctx.Done():
		return ctx.Err()
	case <-s.halt.done:
		return s.halt.err
	}
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

// writer is the one goroutine that changes the tree once it is open.
type writer struct {
	db    *lsm.DB
	halt  *halt
	space *space

	queue   chan *call
	stop    chan struct{} // closed by Close when no call is left
	stopped chan struct{}

	epoch   uint64 // the last that was given away
	records map[durable.ID]*entry
	dirty   []*entry // in this group
}

// entry is a record as the calls so far leave it.
type entry struct {
	durable.Record
	claimed bool          // once, ever: there is a record
	dirty   bool          // listed in writer.dirty
	indexed durable.Alarm // the alarm whose key is in the tree
}

func newWriter(s *Store, boot uint64) *writer {
	return &writer{
		db: s.db, halt: s.halt, space: s.space,
		queue: make(chan *call, queueLength), stop: make(chan struct{}), stopped: make(chan struct{}),
		epoch: boot << 32, records: make(map[durable.ID]*entry),
	}
}

func (w *writer) run() {
	defer close(w.stopped)
	var group []*call
	for {
		select {
		case c := <-w.queue:
			group = w.gather(append(group[:0], c))
			w.writeGroup(group)
			clear(group)
		case <-w.stop:
			return
		}
	}
}

// gather adds what waits already.
func (w *writer) gather(group []*call) []*call {
	size := group[0].size
	for len(group) < maxGroup && size < maxGroupBytes {
		select {
		case c := <-w.queue:
			group = append(group, c)
			size += c.size
		default:
			return group
		}
	}
	return group
}

// writeGroup does the calls of a group in order, in one batch of the tree.
func (w *writer) writeGroup(group []*call) {
	b := w.db.NewBatch()
	sync := false
	n := 0
	for _, c := range group {
		if !c.taken.CompareAndSwap(false, true) {
			continue
		}
		group[n] = c
		n++
		if c.claim != nil {
			c.err = w.doClaim(c.claim)
		} else {
			var applied bool
			applied, c.err = w.doCommit(b, c)
			sync = sync || applied
		}
	}
	group = group[:n]
	for _, e := range w.dirty {
		w.store(b, e)
	}
	for _, c := range group {
		close(c.built)
	}
	w.dirty = w.dirty[:0]
	w.space.used(b.Len())

	err := w.apply(b, sync)
	if err != nil {
		w.halt.fail(err)
		err = w.halt.err
	}
	for _, c := range group {
		if err != nil {
			c.err = err
		}
		close(c.done)
	}
	if len(w.records) > maxCached {
		clear(w.records)
	}
}

func (w *writer) doClaim(r *durable.Record) error {
	if err := w.space.check(claimShare); err != nil {
		return err
	}
	e, err := w.load(r.ID)
	if err != nil {
		return err
	}
	if uint32(w.epoch) == math.MaxUint32 {
		return errors.New("out of epochs: open the store anew")
	}
	w.epoch++
	e.Fence.Epoch = w.epoch
	_, _ = rand.Read(e.Fence.Claim[:]) // never fails: see crypto/rand
	if r.Class != "" {
		e.Class = r.Class
	}
	if r.Name != "" {
		e.Name = r.Name
	}
	e.claimed = true
	w.touch(e)
	*r = e.Record
	return nil
}

// doCommit reports whether any batch was applied, also beside an error.
func (w *writer) doCommit(b *lsm.Batch, c *call) (applied bool, err error) {
	if err := w.space.check(commitShare); err != nil {
		return false, err
	}
	for i := range c.batches {
		batch := &c.batches[i]
		e, err := w.load(batch.ID)
		if err != nil {
			return applied, err
		}
		if !e.claimed { // whose zero fence would be matched by another
			c.errs[i] = fmt.Errorf("%w (never claimed)", durable.ErrFenced)
			continue
		}
		if c.errs[i] = e.Admit(batch.Fence); c.errs[i] != nil {
			continue
		}
		e.Fence.Head++
		if batch.Alarm != nil {
			e.Alarm = durable.Alarm{}
			if !batch.Alarm.IsZero() {
				e.Alarm = durable.Alarm{
					Due:       wholeMillis(batch.Alarm.Due),
					Scheduled: wholeMillis(batch.Alarm.Scheduled),
					Retries:   batch.Alarm.Retries,
				}
			}
		}
		w.touch(e)
		addOps(b, batch.ID, batch.Ops)
		applied = true
	}
	return applied, nil
}

// addOps can't fail: a batch only grows in memory.
func addOps(b *lsm.Batch, id durable.ID, ops []durable.Op) {
	var key, end []byte
	for i := range ops {
		op := &ops[i]
		key = appendObjectKey(key[:0], id, op.Key)
		switch op.Kind {
		case durable.OpPut:
			_ = b.Set(key, op.Value, nil)
		case durable.OpDelete:
			_ = b.Delete(key, nil)
		case durable.OpDeleteRange:
			if op.End == "" || op.Key < op.End {
				end = appendRangeEnd(end[:0], id, op.End)
				_ = b.DeleteRange(key, end, nil)
			}
		}
	}
}

func (w *writer) load(id durable.ID) (*entry, error) {
	if e := w.records[id]; e != nil {
		return e, nil
	}
	record, ok, err := readRecord(w.db, id)
	if err != nil {
		return nil, err
	}
	e := &entry{Record: record, claimed: ok, indexed: record.Alarm}
	w.records[id] = e
	return e, nil
}

func (w *writer) touch(e *entry) {
	if !e.dirty {
		e.dirty = true
		w.dirty = append(w.dirty, e)
	}
}

// store adds a record, and its alarm's key where that has changed.
func (w *writer) store(b *lsm.Batch, e *entry) {
	_ = b.Set(recordKey(e.ID), appendRecord(nil, e.Record), nil)
	if !e.Alarm.Due.Equal(e.indexed.Due) {
		if !e.indexed.IsZero() {
			_ = b.Delete(alarmKey(e.indexed.Due, e.ID), nil)
		}
		if !e.Alarm.IsZero() {
			_ = b.Set(alarmKey(e.Alarm.Due, e.ID), nil, nil)
		}
	}
	e.indexed, e.dirty = e.Alarm, false
}

// apply writes b to the log and the tree. A group of claims alone is not
// synced.
func (w *writer) apply(b *lsm.Batch, sync bool) (err error) {
	defer func() { // the engine panics where its log can't go on
		if r := recover(); r != nil {
			err = fmt.Errorf("write to the log: %w", panicError(r))
		}
	}()
	options := lsm.NoSync
	if sync {
		options = lsm.Sync
	}
	if err := b.Commit(options); err != nil {
		return err
	}
	return b.Close()
}
