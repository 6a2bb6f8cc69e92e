package pebble_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"strconv"
	"sync"
	"testing"
	"time"

	"snug/durable"
	"snug/durable/store/pebble"
)

// seedOf returns PEBBLE_SEED, or a seed of its own, and prints it.
func seedOf(t *testing.T) uint64 {
	t.Helper()
	seed := rand.Uint64()
	if s := os.Getenv("PEBBLE_SEED"); s != "" {
		var err error
		if seed, err = strconv.ParseUint(s, 10, 64); err != nil {
			t.Fatalf("PEBBLE_SEED: %v", err)
		}
	}
	t.Logf("PEBBLE_SEED=%d", seed)
	return seed
}

// state is what an object is after one of its commits.
type state struct {
	keys  map[string]string
	alarm time.Time
}

// tracked is an object whose every state is known.
type tracked struct {
	id      durable.ID
	record  durable.Record
	history []state // by head; those that a commit was begun for
	acked   uint64  // head of the last commit that returned
}

// workload writes objects, each by one goroutine, and knows what a store must
// have after a crash at any instant.
type workload struct {
	mu      sync.Mutex
	objects []*tracked
	issued  issued
}

// issued are claims that were handed out.
type issued struct {
	claims map[[16]byte]bool
	epoch  uint64 // the highest
}

func (i *issued) add(f durable.Fence) {
	if i.claims == nil {
		i.claims = make(map[[16]byte]bool)
	}
	i.claims[f.Claim] = true
	i.epoch = max(i.epoch, f.Epoch)
}

func (i *issued) clone() issued { return issued{maps.Clone(i.claims), i.epoch} }

func newWorkload(objects int) *workload {
	w := &workload{}
	for i := range objects {
		w.objects = append(w.objects, &tracked{
			id: durable.ID{byte(i)}, history: []state{{keys: map[string]string{}}},
		})
	}
	return w
}

// run commits to each object until its time is up or the store fails.
func (w *workload) run(store durable.Store, seed uint64, commits int) error {
	errs := make([]error, len(w.objects))
	var wg sync.WaitGroup
	for i, o := range w.objects {
		wg.Go(func() {
			errs[i] = w.write(store, o, rand.New(rand.NewPCG(seed, uint64(i))), commits)
		})
	}
	wg.Wait()
	return errors.Join(errs...)
}

func (w *workload) write(store durable.Store, o *tracked, rng *rand.Rand, commits int) error {
	ctx := context.Background()
	type flight struct {
		wait func() ([]error, error)
		head uint64 // that it leads to
	}
	var flights []flight
	for n := range commits {
		if n%20 == 0 {
			record, err := store.Claim(ctx, o.id, "class", "name")
			if err != nil {
				return err
			}
			o.record = record
			w.mu.Lock()
			w.issued.add(record.Fence)
			w.mu.Unlock()
		}
		var batches []durable.Batch
		for range 1 + rng.IntN(2) {
			batches = append(batches, w.next(o, rng))
		}
		flights = append(flights, flight{store.Commit(ctx, batches), o.record.Fence.Head})
		if len(flights) < 4 && n < commits-1 && rng.IntN(3) > 0 {
			continue
		}
		for _, f := range flights {
			results, err := f.wait()
			if err = errors.Join(append(results, err)...); err != nil {
				return err
			}
			w.mu.Lock()
			o.acked = f.head
			w.mu.Unlock()
		}
		flights = flights[:0]
		if trimmer, ok := store.(interface {
			TrimAlways(context.Context) (bool, error)
		}); ok && n%7 == 3 {
			if _, err := trimmer.TrimAlways(ctx); err != nil {
				return err
			}
		}
		if rng.IntN(3) == 0 {
			if err := read(store, o); err != nil {
				return err
			}
		}
	}
	return nil
}

// headKey has the number of the object's last commit. The store's own Head may
// be lower after a crash.
const headKey = "head"

// next makes a batch and the state that it leads to.
func (w *workload) next(o *tracked, rng *rand.Rand) durable.Batch {
	w.mu.Lock()
	defer w.mu.Unlock()
	last := o.history[o.record.Fence.Head]
	s := state{keys: maps.Clone(last.keys), alarm: last.alarm}
	b := durable.Batch{ID: o.id, Fence: o.record.Fence}
	for range 1 + rng.IntN(4) {
		key := fmt.Sprintf("k%02d", rng.IntN(30))
		switch n := rng.IntN(20); {
		case n == 0:
			end := fmt.Sprintf("k%02d", rng.IntN(30))
			b.Ops = append(b.Ops, durable.Op{Kind: durable.OpDeleteRange, Key: key, End: end})
			maps.DeleteFunc(s.keys, func(k, _ string) bool { return k >= key && k < end })
		case n < 4:
			b.Ops = append(b.Ops, durable.Op{Kind: durable.OpDelete, Key: key})
			delete(s.keys, key)
		default:
			value := fmt.Sprintf("%d %0*d", o.record.Fence.Head, rng.IntN(700), n)
			b.Ops = append(b.Ops, durable.Op{Kind: durable.OpPut, Key: key, Value: []byte(value)})
			s.keys[key] = value
		}
	}
	switch rng.IntN(4) {
	case 0:
		s.alarm = time.Time{}
		b.Alarm = &durable.Alarm{}
	case 1:
		s.alarm = time.UnixMilli(rng.Int64N(1e12)).UTC()
		b.Alarm = &durable.Alarm{Due: s.alarm, Scheduled: s.alarm}
	}
	o.record.Fence.Head++
	head := fmt.Sprint(o.record.Fence.Head)
	b.Ops = append(b.Ops, durable.Op{Kind: durable.OpPut, Key: headKey, Value: []byte(head)})
	s.keys[headKey] = head
	o.history = append(o.history[:o.record.Fence.Head], s)
	return b
}

// read compares the object with its last state.
func read(store durable.Store, o *tracked) error {
	return compare(store, o.id, o.history[len(o.history)-1])
}

func compare(store durable.Store, id durable.ID, want state) error {
	got := make(map[string]string)
	err := store.Scan(context.Background(), id, durable.Range{}, func(key, value []byte) bool {
		got[string(key)] = string(value)
		return true
	})
	if err != nil {
		return err
	}
	if !maps.Equal(got, want.keys) {
		return fmt.Errorf("%w: object %d has %d keys, want %d, or other values", errWrong, id[0], len(got), len(want.keys))
	}
	for key, value := range want.keys {
		got, err := store.Get(context.Background(), id, key)
		if err != nil {
			return err
		}
		if string(got) != value {
			return fmt.Errorf("%w: object %d: get %s: %.20q, want %.20q", errWrong, id[0], key, got, value)
		}
	}
	return nil
}

// errWrong is what no fault excuses: an answer that isn't true.
var errWrong = errors.New("wrong data")

// instant is what the workload had come to when the power was cut. What was
// acked and issued is there for certain if it is taken before the cut, what
// was begun can't be if it is taken after it.
type instant struct {
	acked, begun []uint64 // heads
	issued       issued
}

func (w *workload) before() (at instant) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, o := range w.objects {
		at.acked = append(at.acked, o.acked)
	}
	at.issued = w.issued.clone()
	return at
}

func (w *workload) after(at instant) instant {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, o := range w.objects {
		at.begun = append(at.begun, uint64(len(o.history)-1))
	}
	return at
}

// check opens what a crash left and compares it with what it may be. It tells
// of each claim that it is given.
func (w *workload) check(o pebble.Options, at instant, claimed func(durable.Fence)) error {
	store, err := pebble.OpenTuned("data", o, tiny)
	if err != nil {
		return err
	}
	return errors.Join(w.checkStore(store, at, claimed), store.Close())
}

func (w *workload) checkStore(store durable.Store, at instant, claimed func(durable.Fence)) error {
	alarms := make(map[durable.ID]time.Time)
	for i, o := range w.objects {
		record, err := store.Claim(context.Background(), o.id, "class", "")
		if err != nil {
			return err
		}
		stored, err := store.Get(context.Background(), o.id, headKey)
		if err != nil {
			return err
		}
		head, _ := strconv.ParseUint(string(stored), 10, 64) // there is none: 0
		if record.Fence.Head > head {
			return fmt.Errorf("%w: object %d has %d commits, its record %d", errWrong, i, head, record.Fence.Head)
		}
		if head < at.acked[i] || head > at.begun[i] {
			return fmt.Errorf("%w: object %d has head %d, want %d to %d", errWrong, i, head, at.acked[i], at.begun[i])
		}
		if at.issued.claims[record.Fence.Claim] || record.Fence.Epoch <= at.issued.epoch {
			return fmt.Errorf("%w: epoch %x after %x", errWrong, record.Fence.Epoch, at.issued.epoch)
		}
		claimed(record.Fence)
		w.mu.Lock()
		want := o.history[head]
		w.mu.Unlock()
		if err := compare(store, o.id, want); err != nil {
			return err
		}
		if !record.Alarm.Due.Equal(want.alarm) || head > 0 && (record.Name != "name" || record.Class != "class") {
			return fmt.Errorf("%w: record %+v, want the alarm %v", errWrong, record, want.alarm)
		}
		if !want.alarm.IsZero() {
			alarms[o.id] = want.alarm
		}
	}
	due, next, err := store.AlarmsDue(context.Background(), time.Unix(1<<40, 0), 100)
	if err != nil {
		return err
	}
	for _, r := range due {
		if !alarms[r.ID].Equal(r.Alarm.Due) {
			return fmt.Errorf("%w: alarm %+v, want %v", errWrong, r, alarms)
		}
	}
	if len(due) != len(alarms) || !next.IsZero() {
		return fmt.Errorf("%w: %d alarms, want %d", errWrong, len(due), len(alarms))
	}
	return nil
}
