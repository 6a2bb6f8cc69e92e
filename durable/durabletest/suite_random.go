package durabletest

import (
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"time"

	"snug/durable"
)

// defaultSteps of a random run take about a second on a store that syncs.
const defaultSteps = 1500

// plain is an object as the simplest of programs would keep it.
type plain struct {
	record  durable.Record
	claimed bool // the record's fence is the store's
	saved   durable.Record
	keys    map[string]string
	old     []durable.Fence // that once held
}

type random struct {
	*fixture
	rng     *rand.Rand
	objects map[durable.ID]*plain
	ids     []durable.ID
	last    uint64 // highest epoch ever seen
}

func testRandom(f *fixture) {
	seed := rand.Uint64()
	if s := os.Getenv("DURABLETEST_SEED"); s != "" {
		var err error
		if seed, err = strconv.ParseUint(s, 10, 64); err != nil {
			f.Fatalf("DURABLETEST_SEED: %v", err)
		}
	}
	steps := defaultSteps
	if s := os.Getenv("DURABLETEST_STEPS"); s != "" {
		var err error
		if steps, err = strconv.Atoi(s); err != nil {
			f.Fatalf("DURABLETEST_STEPS: %v", err)
		}
	}
	f.Logf("DURABLETEST_SEED=%d DURABLETEST_STEPS=%d", seed, steps)

	r := &random{fixture: f, rng: rand.New(rand.NewPCG(seed, 1)), objects: make(map[durable.ID]*plain)}
	for i := range 6 {
		id := testID(fmt.Sprint("object", i))
		if i%2 == 1 { // a neighbour of the one before
			id = r.ids[i-1]
			id[31]++
		}
		r.ids = append(r.ids, id)
		r.objects[id] = &plain{keys: make(map[string]string), record: durable.Record{ID: id}, saved: durable.Record{ID: id}}
	}
	for step := range steps {
		switch n := r.rng.IntN(1000); {
		case n < 100:
			r.claimOne()
		case n < 550:
			r.commitSome()
		case n < 700:
			r.getOne()
		case n < 850:
			r.scanOne()
		case n < 990:
			r.alarms()
		case n < 995:
			r.reopen()
		case r.h.Crash != nil:
			r.crash()
		}
		if step%100 == 99 || step == steps-1 {
			r.compareAll()
		}
		if r.Failed() {
			r.Fatalf("step %d of DURABLETEST_SEED=%d", step, seed)
		}
	}
}

func (r *random) id() durable.ID { return r.ids[r.rng.IntN(len(r.ids))] }

// key draws from few enough that operations meet.
func (r *random) key() string {
	b := make([]byte, r.rng.IntN(4))
	for i := range b {
		b[i] = []byte{0x00, 'a', 'b', 0xff}[r.rng.IntN(4)]
	}
	return string(b)
}

func (r *random) claimOne() {
	id := r.id()
	o := r.objects[id]
	class, name := "class", ""
	if r.rng.IntN(2) == 0 {
		name = "name of " + id.String()
	}
	got, err := r.s.Claim(r.Context(), id, class, name)
	if err != nil {
		r.Errorf("claim: %v", err)
		return
	}
	if got.Fence.Epoch <= r.last || got.Fence.Claim == o.record.Fence.Claim {
		r.Errorf("claim gave %+v after %+v, highest epoch %d", got.Fence, o.record.Fence, r.last)
	}
	want := o.record
	want.Fence.Epoch, want.Fence.Claim, want.Class = got.Fence.Epoch, got.Fence.Claim, class
	if name != "" {
		want.Name = name
	}
	if !o.claimed && got.Name == o.saved.Name { // the crash may have undone a naming
		want.Name = got.Name
	}
	if !o.claimed && got.Fence.Head < want.Fence.Head { // the crash may have undone some of it
		want.Fence.Head = got.Fence.Head
	}
	if !sameRecord(got, want) {
		r.Errorf("claim returned %+v, want %+v", got, want)
	}
	if o.claimed {
		o.old = append(o.old, o.record.Fence)
	}
	o.record, o.claimed, r.last = want, true, got.Fence.Epoch
}

func (r *random) ops() []durable.Op {
	ops := make([]durable.Op, r.rng.IntN(5))
	for i := range ops {
		switch n := r.rng.IntN(10); {
		case n < 6:
			value := make([]byte, r.rng.IntN(20))
			for j := range value {
				value[j] = byte(r.rng.Uint32())
			}
			ops[i] = durable.Op{Kind: durable.OpPut, Key: r.key(), Value: value}
		case n < 9:
			ops[i] = del(r.key())
		default:
			ops[i] = delRange(r.key(), r.key())
		}
	}
	return ops
}

// fence returns o's own, or now and then one that doesn't hold.
func (r *random) fence(o *plain) (fence durable.Fence, holds bool) {
	fence = o.record.Fence
	switch n := r.rng.IntN(30); {
	case n == 0:
		fence.Epoch += uint64(r.rng.IntN(3)) - 1
	case n == 1:
		fence.Head += uint64(r.rng.IntN(3)) - 1
	case n == 2:
		fence.Claim[r.rng.IntN(16)] ^= byte(r.rng.Uint32())
	case n < 5 && len(o.old) > 0:
		fence = o.old[r.rng.IntN(len(o.old))]
	}
	return fence, fence == o.record.Fence && o.record.Fence.Epoch != 0
}

func (r *random) commitSome() {
	var batches []durable.Batch
	var holds []bool
	for range 1 + r.rng.IntN(4) {
		id := r.id()
		o := r.objects[id]
		if !o.claimed && o.record.Fence.Epoch != 0 {
			continue // after a crash its owner claims it before anything else
		}
		b := durable.Batch{ID: id, Ops: r.ops()}
		var ok bool
		if b.Fence, ok = r.fence(o); ok {
			o.apply(b.Ops)
		}
		if r.rng.IntN(3) == 0 {
			b.Alarm = &durable.Alarm{}
			if r.rng.IntN(3) != 0 {
				b.Alarm = &durable.Alarm{Due: at(r.rng.Int64N(30)), Scheduled: at(r.rng.Int64N(30)), Retries: r.rng.IntN(9)}
			}
			if ok {
				o.record.Alarm = *b.Alarm
			}
		}
		if ok {
			o.record.Fence.Head++
			o.saved = o.record
		}
		batches, holds = append(batches, b), append(holds, ok)
	}
	for i, err := range r.tryCommit(batches...) {
		if holds[i] && err != nil || !holds[i] && !errors.Is(err, durable.ErrFenced) {
			r.Errorf("batch %d of %+v: %v, fence holds: %t", i, batches, err, holds[i])
		}
	}
}

func (o *plain) apply(ops []durable.Op) {
	for _, op := range ops {
		switch op.Kind {
		case durable.OpPut:
			o.keys[op.Key] = string(op.Value)
		case durable.OpDelete:
			delete(o.keys, op.Key)
		case durable.OpDeleteRange:
			maps.DeleteFunc(o.keys, func(key, _ string) bool {
				return key >= op.Key && (op.End == "" || key < op.End)
			})
		}
	}
}

func (o *plain) pairs() []pair {
	var pairs []pair
	for key, value := range o.keys {
		pairs = append(pairs, pair{key, value})
	}
	return pairs
}

func (r *random) getOne() {
	id, key := r.id(), r.key()
	want, ok := r.objects[id].keys[key]
	if got := r.get(id, key); (got != nil) != ok || string(got) != want {
		r.Errorf("get %q: %q (nil %t), want %q (there %t)", key, got, got == nil, want, ok)
	}
}

func (r *random) scanOne() {
	id := r.id()
	rg := durable.Range{Start: r.key(), End: r.key(), Reverse: r.rng.IntN(2) == 0}
	want := model(r.objects[id].pairs(), rg)
	limit := r.rng.IntN(6)
	if limit > 0 && limit < len(want) {
		want = want[:limit]
	}
	if got := r.scan(id, rg, limit); !slices.Equal(got, want) {
		r.Errorf("scan %+v, at most %d: %v, want %v", rg, limit, got, want)
	}
}

// alarms compares what is due. Which of those of one time come first is the
// store's to choose.
func (r *random) alarms() {
	now, limit := at(r.rng.Int64N(32)-1), r.rng.IntN(8)
	var times []time.Time
	for _, o := range r.objects {
		if !o.record.Alarm.IsZero() {
			times = append(times, o.record.Alarm.Due)
		}
	}
	slices.SortFunc(times, time.Time.Compare)
	n := 0
	for n < min(len(times), limit) && !times[n].After(now) {
		n++
	}
	due, next := r.due(now, limit)
	if len(due) != n || n == len(times) && !next.IsZero() || n < len(times) && !next.Equal(times[n]) {
		r.Errorf("%d alarms due at %v, next %v, want %d of %v", len(due), now, next, n, times)
		return
	}
	seen := make(map[durable.ID]bool)
	for i, got := range due {
		o := r.objects[got.ID]
		want := o.record
		if !o.claimed { // what the last claim left may be undone
			want.Name = got.Name
		}
		if !sameDue(got, want) || !got.Alarm.Due.Equal(times[i]) || seen[got.ID] {
			r.Errorf("alarm %d is %+v, want %+v", i, got, want)
		}
		seen[got.ID] = true
	}
}

func (r *random) crash() {
	r.s = r.h.Crash(r)
	for _, o := range r.objects {
		o.claimed = false
	}
}

func (r *random) compareAll() {
	for id, o := range r.objects {
		for _, reverse := range []bool{false, true} {
			rg := durable.Range{Reverse: reverse}
			if got, want := r.scan(id, rg, 0), model(o.pairs(), rg); !slices.Equal(got, want) {
				r.Errorf("object %s: %v, want %v", id, got, want)
			}
		}
	}
	r.alarms()
}
