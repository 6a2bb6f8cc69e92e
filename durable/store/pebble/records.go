package pebble

import (
	"crypto/rand"
	"fmt"
	"math"

	lsm "github.com/cockroachdb/pebble/v2"

	"snug/durable"
)

// maxCached records are kept, those of the objects last written, at some 300
// bytes each.
const maxCached = 8192

// records are those of the tree as the calls so far leave them. Only the
// writer uses them.
//
// A record is written when more than its Head has changed. Until it is, it
// stays cached: an object's Head doesn't change as long as its claim holds.
type records struct {
	db      *lsm.DB
	epoch   uint64 // the last that was given away
	entries map[durable.ID]*entry
	used    entry    // ring of all entries; used.next is the one used last
	dirty   []*entry // to be written with this group
}

type entry struct {
	durable.Record
	claimed bool          // once, ever: there is a record
	dirty   bool          // listed in records.dirty
	stale   bool          // the tree has a lower Head
	indexed durable.Alarm // the alarm whose key is in the tree

	prev, next *entry
}

func newRecords(db *lsm.DB, epoch uint64) *records {
	r := &records{db: db, epoch: epoch, entries: make(map[durable.ID]*entry)}
	r.used.prev, r.used.next = &r.used, &r.used
	return r
}

// claim raises the epoch of the object named by c, which becomes its record.
func (r *records) claim(c *durable.Record) error {
	e, err := r.load(c.ID)
	if err != nil {
		return err
	}
	if uint32(r.epoch) == math.MaxUint32 {
		return errOutOfEpochs
	}
	r.epoch++
	e.Fence.Epoch = r.epoch
	_, _ = rand.Read(e.Fence.Claim[:]) // never fails: see crypto/rand
	if c.Class != "" {
		e.Class = c.Class
	}
	if c.Name != "" {
		e.Name = c.Name
	}
	e.claimed = true
	r.touch(e)
	*c = e.Record
	return nil
}

// commit admits the batch, or returns why it is refused.
func (r *records) commit(b *durable.Batch) (refused, err error) {
	e, err := r.load(b.ID)
	if err != nil {
		return nil, err
	}
	if !e.claimed { // whose zero fence would be matched by another
		return fmt.Errorf("%w (never claimed)", durable.ErrFenced), nil
	}
	if err := e.Admit(b.Fence); err != nil {
		return err, nil
	}
	e.Fence.Head++
	e.stale = true
	if b.Alarm != nil {
		e.Alarm = durable.Alarm{}
		if !b.Alarm.IsZero() {
			e.Alarm = durable.Alarm{
				Due:       wholeMillis(b.Alarm.Due),
				Scheduled: wholeMillis(b.Alarm.Scheduled),
				Retries:   b.Alarm.Retries,
			}
		}
		r.touch(e)
	}
	return nil, nil
}

func (r *records) load(id durable.ID) (*entry, error) {
	if e := r.entries[id]; e != nil {
		e.unlink()
		r.link(e)
		return e, nil
	}
	record, ok, err := readRecord(r.db, id)
	if err != nil {
		return nil, err
	}
	e := &entry{Record: record, claimed: ok, indexed: record.Alarm}
	r.entries[id] = e
	r.link(e)
	return e, nil
}

func (r *records) link(e *entry) {
	e.prev, e.next = &r.used, r.used.next
	e.prev.next, e.next.prev = e, e
}

func (e *entry) unlink() { e.prev.next, e.next.prev = e.next, e.prev }

func (r *records) touch(e *entry) {
	if !e.dirty {
		e.dirty = true
		r.dirty = append(r.dirty, e)
	}
}

// store adds to the group's batch the records that have changed, and those of
// the cached ones that must make room.
func (r *records) store(b *lsm.Batch) {
	for len(r.entries) > maxCached {
		e := r.used.prev
		if e.stale {
			r.touch(e)
		}
		e.unlink()
		delete(r.entries, e.ID)
	}
	for _, e := range r.dirty {
		e.store(b)
	}
	clear(r.dirty)
	r.dirty = r.dirty[:0]
}

// storeAll adds all records whose Head the tree doesn't have.
func (r *records) storeAll(b *lsm.Batch) {
	for _, e := range r.entries {
		if e.stale {
			e.store(b)
		}
	}
}

// store adds the record, and its alarm's key where that has changed.
func (e *entry) store(b *lsm.Batch) {
	_ = b.Set(recordKey(e.ID), appendRecord(nil, e.Record), nil)
	if !e.Alarm.Due.Equal(e.indexed.Due) {
		if !e.indexed.IsZero() {
			_ = b.Delete(alarmKey(e.indexed.Due, e.ID), nil)
		}
		if !e.Alarm.IsZero() {
			_ = b.Set(alarmKey(e.Alarm.Due, e.ID), nil, nil)
		}
	}
	e.indexed, e.dirty, e.stale = e.Alarm, false, false
}
