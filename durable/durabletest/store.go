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
// It never waits for anything but its own short critical sections, so it can
// be used within a testing/synctest bubble.
type Store struct {
	disk *disk
	boot uint64 // upper half of each epoch that this Store hands out

	// All of these are guarded by disk.mu.
	closed  bool
	claims  uint64
	running sync.WaitGroup // calls that Close waits for
}

// disk is what a Restart leaves as it is.
type disk struct {
	mu      sync.Mutex
	boot    uint64
	objects map[durable.ID]*object
	alarms  *node // alarmKey of each object that has an alarm
}

type object struct {
	record durable.Record // as the last claim or commit left it
	synced durable.Record // as the last commit left it: what a crash leaves
	keys   *node
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

// Restart closes s and returns a Store over the same objects, whose epochs are
// higher than any that s has handed out.
func (s *Store) Restart() *Store {
	_ = s.Close() // never fails
	return s.disk.open()
}

// Crash ends s in the midst of what it does, and returns a Store with all that
// was committed. A claim that no commit followed is forgotten, as a store may
// that doesn't wait for the disk on a claim.
func (s *Store) Crash() *Store {
	s.disk.mu.Lock()
	s.closed = true
	for id, o := range s.disk.objects {
		if o.synced.ID.IsZero() {
			delete(s.disk.objects, id)
			continue
		}
		o.record = o.synced
	}
	s.disk.mu.Unlock()
	return s.disk.open()
}

// Close waits for running calls; the objects stay for Restart.
func (s *Store) Close() error {
	s.disk.mu.Lock()
	s.closed = true
	s.disk.mu.Unlock()
	s.running.Wait()
	return nil
}

// begin locks the disk unless the call must be refused.
func (s *Store) begin(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	s.disk.mu.Lock()
	if s.closed {
		s.disk.mu.Unlock()
		return fmt.Errorf("memory store: %w", fs.ErrClosed)
	}
	return nil
}

// Claim implements durable.Store.
func (s *Store) Claim(ctx context.Context, id durable.ID, class, name string) (durable.Record, error) {
	if err := s.begin(ctx); err != nil {
		return durable.Record{}, err
	}
	defer s.disk.mu.Unlock()
	o := s.disk.objects[id]
	if o == nil {
		o = &object{record: durable.Record{ID: id}}
		s.disk.objects[id] = o
	}
	if class != "" {
		o.record.Class = class
	}
	if name != "" {
		o.record.Name = name
	}
	s.claims++
	o.record.Fence.Epoch = s.boot<<32 | s.claims
	_, _ = rand.Read(o.record.Fence.Claim[:]) // never fails: see crypto/rand
	return o.record, nil
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
	n, ok := o.keys.get(key)
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
		keys = o.keys
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
func (s *Store) Commit(ctx context.Context, batches []durable.Batch) ([]error, error) {
	if err := checkOps(batches); err != nil {
		return nil, err
	}
	if err := s.begin(ctx); err != nil {
		return nil, err
	}
	defer s.disk.mu.Unlock()
	errs := make([]error, len(batches))
	for i, b := range batches {
		errs[i] = s.disk.apply(b)
	}
	return errs, nil
}

func (d *disk) apply(b durable.Batch) error {
	o := d.objects[b.ID]
	if o == nil {
		return fmt.Errorf("%w (never claimed)", durable.ErrFenced)
	}
	if err := o.record.Admit(b.Fence); err != nil {
		return err
	}
	o.record.Fence.Head++
	for _, op := range b.Ops {
		switch op.Kind {
		case durable.OpPut:
			o.keys = o.keys.put(op.Key, slices.Clone(op.Value))
		case durable.OpDelete:
			o.keys = o.keys.delete(op.Key)
		case durable.OpDeleteRange:
			o.keys = o.keys.deleteRange(op.Key, op.End)
		}
	}
	if b.Alarm != nil {
		if !o.record.Alarm.IsZero() {
			d.alarms = d.alarms.delete(alarmKey(o.record))
		}
		o.record.Alarm = durable.Alarm{}
		if !b.Alarm.IsZero() {
			o.record.Alarm = durable.Alarm{
				Due:       wholeMillis(b.Alarm.Due),
				Scheduled: wholeMillis(b.Alarm.Scheduled),
				Retries:   b.Alarm.Retries,
			}
			d.alarms = d.alarms.put(alarmKey(o.record), b.ID[:])
		}
	}
	o.synced = o.record
	return nil
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
		record := s.disk.objects[durable.ID(n.value)].record
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
