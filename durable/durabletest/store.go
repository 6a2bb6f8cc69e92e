package durabletest

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"slices"
	"sync"
	"time"

	"snug/durable"
)

var _ durable.Store = (*Store)(nil)

// Store keeps objects in memory. It behaves as a store on a disk does: what
// was committed outlives Restart and Crash, a Store that was closed refuses
// every call with fs.ErrClosed, and no epoch and claim are ever given twice.
//
// It never waits for anything but its own short critical sections and, where a
// test asks for it, HoldSync, so it can be used within a testing/synctest
// bubble.
type Store struct {
	disk *disk
	boot uint64 // upper half of each epoch that this Store hands out

	// All of these are guarded by disk.mu.
	closed   bool
	claims   uint64
	holding  bool           // between HoldSync and ReleaseSync
	unsynced []*flight      // Commit calls that aren't durable, in their order
	running  sync.WaitGroup // calls that Close waits for
}

// disk is what a Restart leaves as it is.
type disk struct {
	mu      sync.Mutex
	boot    uint64
	objects map[durable.ID]*object
	alarms  *node // alarmKey of each object that has a durable alarm
}

type object struct {
	latest state // as the last claim or commit left it
	synced state // as the last durable commit left it: what is read, and what a crash leaves
	// kept is the Head that a crash leaves: it lags as a store's may that
	// doesn't write its record with each commit.
	kept uint64
}

// state of an object is never changed, only replaced.
type state struct {
	record durable.Record
	keys   *node
}

// flight is a Commit that has its place, and the states that it leads to.
type flight struct {
	objects []*object
	states  []state
	done    chan struct{} // closed once err is set
	err     error
}

// NewStore returns an empty store.
func NewStore() *Store {
	return (&disk{objects: make(map[durable.ID]*object)}).open()
}

func (d *disk) open() *Store {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.boot++
	return &Store{disk: d, boot: d.boot}
}

// HoldSync keeps commits from getting durable from now on: they take their
// place, but no wait returns and nobody sees them, until ReleaseSync. A Crash
// forgets them.
func (s *Store) HoldSync() {
	s.disk.mu.Lock()
	defer s.disk.mu.Unlock()
	s.holding = true
}

// ReleaseSync makes durable what HoldSync holds.
func (s *Store) ReleaseSync() {
	s.disk.mu.Lock()
	defer s.disk.mu.Unlock()
	s.holding = false
	s.sync()
}

// Restart closes s and returns a Store over the same objects, whose epochs are
// higher than any that s has handed out.
func (s *Store) Restart() *Store {
	_ = s.Close() // never fails
	return s.disk.open()
}

// Crash ends s in the midst of what it does, and returns a Store with all that
// was durable. A claim that no commit followed is forgotten, as a store may
// that doesn't wait for the disk on a claim.
func (s *Store) Crash() *Store {
	s.disk.mu.Lock()
	s.closed = true
	for _, f := range s.unsynced {
		f.err = errClosed
		close(f.done)
	}
	s.unsynced = nil
	for id, o := range s.disk.objects {
		if o.synced.record.ID.IsZero() {
			delete(s.disk.objects, id)
			continue
		}
		o.synced.record.Fence.Head = o.kept
		o.latest = o.synced
	}
	s.disk.mu.Unlock()
	return s.disk.open()
}

// Close makes all commits durable and waits for running calls; the objects
// stay for Restart.
func (s *Store) Close() error {
	s.disk.mu.Lock()
	if !s.closed {
		s.closed = true
		s.sync()
	}
	s.disk.mu.Unlock()
	s.running.Wait()
	return nil
}

var errClosed = fmt.Errorf("memory store: %w", fs.ErrClosed)

// begin locks the disk unless the call must be refused.
func (s *Store) begin(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	s.disk.mu.Lock()
	if s.closed {
		s.disk.mu.Unlock()
		return errClosed
	}
	return nil
}

// Claim implements durable.Store.
func (s *Store) Claim(ctx context.Context, id durable.ID, class, name string) (durable.Record, error) {
	if err := s.begin(ctx); err != nil {
		return durable.Record{}, err
	}
	o := s.disk.objects[id]
	if o == nil {
		o = &object{latest: state{record: durable.Record{ID: id}}}
		s.disk.objects[id] = o
	}
	r := &o.latest.record
	if class != "" {
		r.Class = class
	}
	if name != "" {
		r.Name = name
	}
	s.claims++
	r.Fence.Epoch = s.boot<<32 | s.claims
	_, _ = rand.Read(r.Fence.Claim[:]) // never fails: see crypto/rand
	claimed := *r
	var before *flight
	if n := len(s.unsynced); n > 0 {
		before = s.unsynced[n-1]
	}
	s.disk.mu.Unlock()
	if before != nil {
		if err := before.wait(ctx); err != nil {
			return durable.Record{}, err
		}
	}
	return claimed, nil
}

func (f *flight) wait(ctx context.Context) error {
	select {
	case <-f.done:
		return f.err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Get implements durable.Store.
func (s *Store) Get(ctx context.Context, id durable.ID, key string) ([]byte, error) {
	if err := s.begin(ctx); err != nil {
		return nil, err
	}
	defer s.disk.mu.Unlock()
	o := s.disk.objects[id]
	if o == nil {
		return nil, nil
	}
	n, ok := o.synced.keys.get(key)
	if !ok {
		return nil, nil
	}
	return append([]byte{}, n.value...), nil
}

// Scan implements durable.Store. What it hands to fn is overwritten after the
// call, so that a test notices who keeps it.
func (s *Store) Scan(ctx context.Context, id durable.ID, r durable.Range, fn func(key, value []byte) bool) error {
	if err := s.begin(ctx); err != nil {
		return err
	}
	var keys *node
	if o := s.disk.objects[id]; o != nil {
		keys = o.synced.keys
	}
	s.running.Add(1)
	defer s.running.Done()
	s.disk.mu.Unlock()

	if r.End != "" && r.End <= r.Start {
		return nil
	}
	var key, value []byte
	visit := func(n *node) bool {
		key = append(key[:0], n.key...)
		value = append(value[:0], n.value...)
		more := fn(key, value)
		scribble(key)
		scribble(value)
		return more && ctx.Err() == nil
	}
	if r.Reverse {
		keys.descend(r.Start, r.End, visit)
	} else {
		keys.ascend(r.Start, r.End, visit)
	}
	return ctx.Err()
}

func scribble(b []byte) {
	for i := range b {
		b[i] = 0xdb
	}
}

// Commit implements durable.Store.
func (s *Store) Commit(ctx context.Context, batches []durable.Batch) (wait func() ([]error, error)) {
	f, errs, err := s.place(ctx, batches)
	return func() ([]error, error) {
		if err != nil {
			return nil, err
		}
		if err := f.wait(ctx); err != nil {
			return nil, err
		}
		return errs, nil
	}
}

func (s *Store) place(ctx context.Context, batches []durable.Batch) (*flight, []error, error) {
	if err := checkOps(batches); err != nil {
		return nil, nil, err
	}
	if err := s.begin(ctx); err != nil {
		return nil, nil, err
	}
	defer s.disk.mu.Unlock()
	f := &flight{done: make(chan struct{})}
	errs := make([]error, len(batches))
	for i, b := range batches {
		errs[i] = f.apply(s.disk.objects[b.ID], b)
	}
	s.unsynced = append(s.unsynced, f)
	if !s.holding {
		s.sync()
	}
	return f, errs, nil
}

func (f *flight) apply(o *object, b durable.Batch) error {
	if o == nil {
		return fmt.Errorf("%w (never claimed)", durable.ErrFenced)
	}
	if err := o.latest.record.Admit(b.Fence); err != nil {
		return err
	}
	o.latest.record.Fence.Head++
	for _, op := range b.Ops {
		switch op.Kind {
		case durable.OpPut:
			o.latest.keys = o.latest.keys.put(op.Key, slices.Clone(op.Value))
		case durable.OpDelete:
			o.latest.keys = o.latest.keys.delete(op.Key)
		case durable.OpDeleteRange:
			o.latest.keys = o.latest.keys.deleteRange(op.Key, op.End)
		}
	}
	if b.Alarm != nil {
		alarm := durable.Alarm{}
		if !b.Alarm.IsZero() {
			alarm = durable.Alarm{
				Due:       wholeMillis(b.Alarm.Due),
				Scheduled: wholeMillis(b.Alarm.Scheduled),
				Retries:   b.Alarm.Retries,
			}
		}
		o.latest.record.Alarm = alarm
	}
	f.objects, f.states = append(f.objects, o), append(f.states, o.latest)
	return nil
}

// sync makes durable what has its place. The caller has the disk.
func (s *Store) sync() {
	for _, f := range s.unsynced {
		for i, o := range f.objects {
			s.disk.land(o, f.states[i])
		}
		close(f.done)
	}
	s.unsynced = nil
}

func (d *disk) land(o *object, to state) {
	was := o.synced.record
	if !was.Alarm.IsZero() {
		d.alarms = d.alarms.delete(alarmKey(was))
	}
	if !to.record.Alarm.IsZero() {
		d.alarms = d.alarms.put(alarmKey(to.record), to.record.ID[:])
	}
	o.synced = to
	if was.Alarm != to.record.Alarm || was.Fence.Epoch != to.record.Fence.Epoch {
		o.kept = to.record.Fence.Head
	}
}

var errUnknownOp = errors.New("unknown kind of operation")

func checkOps(batches []durable.Batch) error {
	for _, b := range batches {
		for _, op := range b.Ops {
			if op.Kind < durable.OpPut || op.Kind > durable.OpDeleteRange {
				return fmt.Errorf("commit %s: %w %d", b.ID, errUnknownOp, op.Kind)
			}
		}
	}
	return nil
}

// AlarmsDue implements durable.Store.
func (s *Store) AlarmsDue(ctx context.Context, now time.Time, limit int) ([]durable.Record, time.Time, error) {
	if err := s.begin(ctx); err != nil {
		return nil, time.Time{}, err
	}
	defer s.disk.mu.Unlock()
	var due []durable.Record
	var next time.Time
	s.disk.alarms.ascend("", "", func(n *node) bool {
		o := s.disk.objects[durable.ID(n.value)]
		record := o.latest.record
		record.Alarm = o.synced.record.Alarm
		if record.Alarm.Due.After(now) || len(due) >= limit {
			next = record.Alarm.Due
			return false
		}
		due = append(due, record)
		return true
	})
	return due, next, nil
}

// alarmKey sorts as the alarms' times do.
func alarmKey(r durable.Record) string {
	key := binary.BigEndian.AppendUint64(nil, uint64(r.Alarm.Due.UnixMilli())^(math.MaxInt64+1))
	return string(append(key, r.ID[:]...))
}

// wholeMillis rounds up, so that an alarm is never early.
func wholeMillis(t time.Time) time.Time {
	if t.IsZero() {
		return time.Time{}
	}
	ms := t.UnixMilli()
	if t.Nanosecond()%int(time.Millisecond) != 0 {
		ms++
	}
	return time.UnixMilli(ms).UTC()
}
