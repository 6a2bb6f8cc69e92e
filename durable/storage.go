package durable

import (
	"errors"
	"fmt"
	"slices"
	"time"
)

// Entry is one key and its value.
type Entry struct {
	Key   string
	Value []byte
}

// ListOptions selects keys. The zero value selects all of them in key order.
type ListOptions struct {
	Prefix     string // intersects with the bounds
	Start      string // inclusive
	StartAfter string // exclusive; not together with Start
	End        string // exclusive; "" means no end
	Reverse    bool   // largest first; Start stays the smaller bound
	Limit      int    // at most this many; 0 means no limit
}

func (o ListOptions) resolve() (r Range, empty bool, err error) {
	if o.Limit < 0 {
		return r, false, fmt.Errorf("list: limit must be positive, got %d", o.Limit)
	}
	if o.Start != "" && o.StartAfter != "" {
		return r, false, errors.New("list: start and startAfter exclude each other")
	}
	r = Range{Start: max(o.Prefix, o.Start), End: o.End, Reverse: o.Reverse}
	if o.StartAfter != "" {
		r.Start = max(r.Start, o.StartAfter+"\x00")
	}
	if end := prefixEnd(o.Prefix); end != "" && (r.End == "" || end < r.End) {
		r.End = end
	}
	return r, r.End != "" && r.Start >= r.End, nil
}

// WriteOption changes how a write is confirmed.
type WriteOption uint8

// Unconfirmed lets what the turn sends go out before this write is durable. If
// the write then fails, the object is reset all the same.
const Unconfirmed WriteOption = 1

// Errors of the use of storage.
var (
	ErrKeyTooLong   = fmt.Errorf("key is longer than %d bytes", MaxKeyBytes)
	ErrValueTooLong = fmt.Errorf("value is longer than %d bytes", MaxValueBytes)
	ErrTooManyKeys  = fmt.Errorf("more than %d keys in one call", MaxKeysPerCall)
	ErrTurnTooLarge = fmt.Errorf("more than %d bytes written in one turn: Sync in between", MaxTurnBytes)
	ErrTxDone       = errors.New("transaction is over")
	ErrTxOpen       = errors.New("a transaction is open: use it, not its parent, and wait for nothing in it")
)

// Tx reads and writes an object's storage. All that one turn writes commits
// together, or not at all, when the turn ends; reads see the turn's own
// writes. Values that are handed in belong to the storage from then on; values
// that are handed out must not be changed. Use it only inside a turn, from the
// goroutine that runs it: anything else panics.
type Tx struct {
	act   *activation
	layer *layer // nil in the root: the turn's own layer
	child *Tx    // an open nested transaction
	done  bool
}

// Storage is an object's storage: the root transaction of each of its turns.
type Storage struct{ Tx }

func (tx *Tx) writes() (*layer, error) {
	t := tx.act.mustTurn()
	if tx.act.brokenErr() != nil {
		return nil, tx.act.brokenErr()
	}
	if tx.done {
		return nil, ErrTxDone
	}
	if tx.child != nil {
		return nil, ErrTxOpen
	}
	if tx.layer == nil {
		return &t.writes, nil
	}
	return tx.layer, nil
}

// layers returns all that lies over the store, newest first.
func (tx *Tx) layers() []*layer {
	t := tx.act.mustTurn()
	var over []*layer
	for _, open := range slices.Backward(t.open) {
		over = append(over, open)
	}
	if !t.writes.empty() {
		over = append(over, &t.writes)
	}
	tx.act.mu.Lock()
	defer tx.act.mu.Unlock()
	for _, c := range slices.Backward(tx.act.pending) {
		over = append(over, &c.layer)
	}
	return over
}

// Get returns the value of key, or nil where there is none (a stored empty
// value is not nil).
func (tx *Tx) Get(key string) ([]byte, error) {
	if _, err := tx.writes(); err != nil {
		return nil, err
	}
	if value, known := tx.unstored(key); known {
		return value, nil
	}
	rt := tx.act.o.rt
	value, err := rt.opts.Store.Get(rt.storage(), tx.act.o.id, key)
	if err != nil {
		return nil, tx.act.storageFailed(rt.storageErr("get", err))
	}
	return value, nil
}

// unstored looks key up in what lies over the store.
func (tx *Tx) unstored(key string) (value []byte, known bool) {
	t := tx.act.mustTurn()
	for _, open := range slices.Backward(t.open) {
		if value, known = open.lookup(key); known {
			return value, true
		}
	}
	if value, known = t.writes.lookup(key); known {
		return value, true
	}
	tx.act.mu.Lock()
	defer tx.act.mu.Unlock()
	for _, c := range slices.Backward(tx.act.pending) {
		if value, known = c.layer.lookup(key); known {
			return value, true
		}
	}
	return nil, false
}

// GetMany returns those of keys that have a value, in key order.
func (tx *Tx) GetMany(keys ...string) ([]Entry, error) {
	if len(keys) > MaxKeysPerCall {
		return nil, ErrTooManyKeys
	}
	sorted := slices.Clone(keys)
	slices.Sort(sorted)
	var entries []Entry
	for _, key := range slices.Compact(sorted) {
		value, err := tx.Get(key)
		if err != nil {
			return nil, err
		}
		if value != nil {
			entries = append(entries, Entry{key, value})
		}
	}
	return entries, nil
}

// Put stores value under key.
func (tx *Tx) Put(key string, value []byte, options ...WriteOption) error {
	return tx.PutMany([]Entry{{key, value}}, options...)
}

// PutMany stores all entries, or none where one of them is over a limit.
func (tx *Tx) PutMany(entries []Entry, options ...WriteOption) error {
	w, err := tx.writes()
	if err != nil {
		return err
	}
	if len(entries) > MaxKeysPerCall {
		return ErrTooManyKeys
	}
	size := tx.act.o.turn.Load().bytes()
	for _, e := range entries {
		if len(e.Key) > MaxKeyBytes {
			return ErrKeyTooLong
		}
		if len(e.Value) > MaxValueBytes {
			return ErrValueTooLong
		}
		size += len(e.Key) + len(e.Value)
	}
	if size > MaxTurnBytes {
		return ErrTurnTooLarge
	}
	for _, e := range entries {
		if e.Value == nil {
			e.Value = []byte{}
		}
		w.put(e.Key, e.Value)
	}
	w.confirmed = w.confirmed || !slices.Contains(options, Unconfirmed)
	return nil
}

// Delete removes key and reports whether it was there.
func (tx *Tx) Delete(key string, options ...WriteOption) (bool, error) {
	n, err := tx.DeleteMany([]string{key}, options...)
	return n == 1, err
}

// DeleteMany removes keys and returns how many were there.
func (tx *Tx) DeleteMany(keys []string, options ...WriteOption) (int, error) {
	w, err := tx.writes()
	if err != nil {
		return 0, err
	}
	if len(keys) > MaxKeysPerCall {
		return 0, ErrTooManyKeys
	}
	if slices.ContainsFunc(keys, func(key string) bool { return len(key) > MaxKeyBytes }) {
		return 0, ErrKeyTooLong
	}
	n := 0
	for _, key := range keys {
		value, err := tx.Get(key)
		if err != nil {
			return 0, err
		}
		if value != nil {
			n++
			w.put(key, nil)
			w.confirmed = w.confirmed || !slices.Contains(options, Unconfirmed)
		}
	}
	return n, nil
}

// DeleteRange removes all keys from start (inclusive) to end (exclusive; ""
// means no end) without reading them.
func (tx *Tx) DeleteRange(start, end string) error {
	w, err := tx.writes()
	if err != nil {
		return err
	}
	if len(start) > MaxKeyBytes || len(end) > MaxKeyBytes {
		return ErrKeyTooLong
	}
	if end != "" && start >= end {
		return nil
	}
	w.deleteRange(keyRange{start, end})
	w.confirmed = true
	return nil
}

// List returns the selected entries. Without a limit it holds them all in
// memory: use Each to walk what may be large.
func (tx *Tx) List(o ListOptions) ([]Entry, error) {
	var entries []Entry
	err := tx.Each(o, func(key string, value []byte) bool {
		entries = append(entries, Entry{key, value})
		return true
	})
	return entries, err
}

// Each calls fn for the selected entries in order until it returns false. fn
// must not write.
func (tx *Tx) Each(o ListOptions, fn func(key string, value []byte) bool) error {
	if _, err := tx.writes(); err != nil {
		return err
	}
	r, empty, err := o.resolve()
	if err != nil || empty {
		return err
	}
	var over layer
	for _, l := range slices.Backward(tx.layers()) {
		over.apply(l)
	}
	n := 0
	rt := tx.act.o.rt
	ctx := rt.storage()
	err = over.merge(r, func(fn func(key, value []byte) bool) error {
		return rt.opts.Store.Scan(ctx, tx.act.o.id, r, fn)
	}, func(key string, value []byte) bool {
		n++
		return fn(key, value) && n != o.Limit
	})
	if err != nil {
		return tx.act.storageFailed(rt.storageErr("list", err))
	}
	return nil
}

// Transaction runs fn on a nested transaction. What it wrote is kept if fn
// returns nil and didn't call Rollback, and undone otherwise; the error is
// handed on and the object lives. Transactions nest.
func (tx *Tx) Transaction(fn func(tx *Tx) error) error {
	w, err := tx.writes()
	if err != nil {
		return err
	}
	t := tx.act.o.turn.Load()
	child := &Tx{act: tx.act, layer: &layer{}}
	tx.child = child
	t.open = append(t.open, child.layer)
	defer func() {
		child.done = true
		tx.child = nil
		t.open = t.open[:len(t.open)-1]
	}()
	if err := fn(child); err != nil {
		return err
	}
	if !child.done {
		w.apply(child.layer)
	}
	return nil
}

// Rollback undoes the transaction; every later use of it is an error. At the
// root of a turn it undoes what the turn (since its last Await or call) wrote.
func (tx *Tx) Rollback() error {
	w, err := tx.writes()
	if err != nil {
		return err
	}
	*w = layer{}
	tx.done = tx.layer != nil
	return nil
}

// SetAlarm sets the object's one alarm, in place of any other. A time in the
// past means at once. The class must be an AlarmHandler.
func (tx *Tx) SetAlarm(at time.Time) error {
	w, err := tx.writes()
	if err != nil {
		return err
	}
	if _, ok := tx.act.obj.(AlarmHandler); !ok && tx.act.obj != nil {
		return fmt.Errorf("set alarm: class %s has no Alarm method", tx.act.o.ns.class.name)
	}
	if at.UnixMilli() <= 0 {
		return errors.New("set alarm: time must be after the year 1970 began")
	}
	at = ceilMilli(at)
	w.alarm = &Alarm{Due: at, Scheduled: at}
	w.confirmed = true
	return nil
}

// ceilMilli rounds up, as alarms are kept in milliseconds and never run early.
func ceilMilli(at time.Time) time.Time {
	floor := time.UnixMilli(at.UnixMilli())
	if floor.Before(at) {
		return floor.Add(time.Millisecond)
	}
	return floor
}

// Alarm returns the time that was asked for, and whether an alarm is set. In
// the alarm's own run it isn't, unless the run set a new one.
func (tx *Tx) Alarm() (time.Time, bool, error) {
	if _, err := tx.writes(); err != nil {
		return time.Time{}, false, err
	}
	slot := tx.act.alarmSlot()
	return slot.Scheduled, !slot.IsZero(), nil
}

// DeleteAlarm clears the alarm. It doesn't stop a run that has begun.
func (tx *Tx) DeleteAlarm() error {
	w, err := tx.writes()
	if err != nil {
		return err
	}
	w.alarm = &Alarm{}
	w.confirmed = true
	return nil
}

// DeleteAll removes every key and the alarm. Not inside a transaction.
func (s *Storage) DeleteAll() error {
	if err := s.DeleteRange("", ""); err != nil {
		return err
	}
	return s.DeleteAlarm()
}

// Sync commits what the turn wrote so far and waits until that, and all that
// was written before, is durable. It ends the turn's atomic batch; no other
// turn runs meanwhile.
func (s *Storage) Sync() error {
	if _, err := s.writes(); err != nil {
		return err
	}
	return s.act.o.turn.Load().flushAndWait(true)
}
