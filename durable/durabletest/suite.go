package durabletest

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"snug/durable"
)

// Harness is a store under test and what can happen to it.
type Harness struct {
	Store durable.Store // empty; the harness closes whatever is open at the test's end
	// Reopen closes the store that is open and returns one over the same data.
	Reopen func(t testing.TB) durable.Store
	// Crash returns a store over what the one that is open had made durable.
	// The old one is not used any more. Nil where the backend can't.
	Crash func(t testing.TB) durable.Store
	// HoldSync keeps commits from getting durable until release is called,
	// which may come after a Crash. Nil where the backend can't.
	HoldSync func(t testing.TB) (release func())
}

// TestStore checks that what open returns keeps the promises of durable.Store.
// Beyond those it asks that a call on a closed store fails with fs.ErrClosed,
// that a call whose context is over fails with the context's error, and that
// alarms, which have millisecond precision, are rounded up.
//
// The last part makes random operations on the store and on a model of it. It
// prints its seed; DURABLETEST_SEED sets it, DURABLETEST_STEPS says how many.
func TestStore(t *testing.T, open func(t testing.TB) Harness) {
	for _, part := range []struct {
		name string
		test func(*fixture)
	}{
		{"Get", testGet},
		{"GetEmptyValue", testGetEmptyValue},
		{"Buffers", testBuffers},
		{"ScanRanges", testScanRanges},
		{"ScanStops", testScanStops},
		{"ScanOrderIsBytewise", testScanOrder},
		{"ScanSeesOneState", testScanSeesOneState},
		{"DeleteRange", testDeleteRange},
		{"OpsInOrder", testOpsInOrder},
		{"ObjectsApart", testObjectsApart},
		{"LargeObject", testLargeObject},
		{"LargeValue", testLargeValue},
		{"CommitEmpty", testCommitEmpty},
		{"CommitUnknownOp", testCommitUnknownOp},
		{"CommitChained", testCommitChained},
		{"FenceNeverClaimed", testFenceNeverClaimed},
		{"FenceStale", testFenceStale},
		{"FenceRefusesOneBatchOnly", testFenceRefusesOneBatchOnly},
		{"ClaimSupersedes", testClaimSupersedes},
		{"ClaimKeepsClassAndName", testClaimKeepsClassAndName},
		{"ClaimNeverRepeats", testClaimNeverRepeats},
		{"ClaimConcurrently", testClaimConcurrently},
		{"ZombieAfterReopen", testZombieAfterReopen},
		{"CommitConcurrently", testCommitConcurrently},
		{"CommitSameFenceConcurrently", testCommitSameFence},
		{"Pipelined", testPipelined},
		{"PipelinedFailure", testPipelinedFailure},
		{"SeenOnceDurable", testSeenOnceDurable},
		{"CrashPipelined", testCrashPipelined},
		{"AlarmSetReplaceClear", testAlarmSetReplaceClear},
		{"AlarmOrderAndLimit", testAlarmOrderAndLimit},
		{"AlarmPrecision", testAlarmPrecision},
		{"AlarmRefusedWithBatch", testAlarmRefusedWithBatch},
		{"AlarmKeptByClaim", testAlarmKeptByClaim},
		{"Reopen", testReopen},
		{"Crash", testCrash},
		{"Closed", testClosed},
		{"ContextOver", testContextOver},
		{"Random", testRandom},
	} {
		t.Run(part.name, func(t *testing.T) {
			h := open(t)
			part.test(&fixture{T: t, h: h, s: h.Store})
		})
	}
}

// fixture is one part's test, its store and the words that the parts are
// written in. What can't happen to a sound store ends the test.
type fixture struct {
	*testing.T
	h Harness
	s durable.Store
}

func testID(label string) durable.ID { return sha256.Sum256([]byte(label)) }

func put(key, value string) durable.Op {
	return durable.Op{Kind: durable.OpPut, Key: key, Value: []byte(value)}
}

func del(key string) durable.Op { return durable.Op{Kind: durable.OpDelete, Key: key} }

func delRange(start, end string) durable.Op {
	return durable.Op{Kind: durable.OpDeleteRange, Key: start, End: end}
}

func (f *fixture) reopen() { f.Helper(); f.s = f.h.Reopen(f) }

// owner is a claim with the head that its batches have come to.
type owner struct {
	f      *fixture
	record durable.Record
}

func (f *fixture) claim(id durable.ID) *owner { f.Helper(); return f.claimAs(id, "class", "") }

func (f *fixture) claimAs(id durable.ID, class, name string) *owner {
	f.Helper()
	record, err := f.s.Claim(f.Context(), id, class, name)
	if err != nil {
		f.Fatalf("claim: %v", err)
	}
	if record.ID != id {
		f.Fatalf("claim of %s returned the record of %s", id, record.ID)
	}
	return &owner{f, record}
}

// batch returns the owner's next batch, on top of those it returned before.
func (o *owner) batch(ops ...durable.Op) durable.Batch {
	b := durable.Batch{ID: o.record.ID, Fence: o.record.Fence, Ops: ops}
	o.record.Fence.Head++
	return b
}

func (o *owner) write(ops ...durable.Op) { o.f.Helper(); o.f.commit(o.batch(ops...)) }

func (o *owner) setAlarm(a durable.Alarm) {
	o.f.Helper()
	b := o.batch()
	b.Alarm = &a
	o.f.commit(b)
}

// commit stores batches, none of which may be refused.
func (f *fixture) commit(batches ...durable.Batch) {
	f.Helper()
	for i, err := range f.tryCommit(batches...) {
		if err != nil {
			f.Fatalf("commit: batch %d of %d: %v", i, len(batches), err)
		}
	}
}

func (f *fixture) tryCommit(batches ...durable.Batch) []error {
	f.Helper()
	errs, err := f.s.Commit(f.Context(), batches)()
	if err != nil {
		f.Fatalf("commit: %v", err)
	}
	if len(errs) != len(batches) {
		f.Fatalf("commit of %d batches returned %d errors", len(batches), len(errs))
	}
	return errs
}

func (f *fixture) wantRefused(b durable.Batch) {
	f.Helper()
	if err := f.tryCommit(b)[0]; !errors.Is(err, durable.ErrFenced) {
		f.Fatalf("commit with fence %+v: %v, want ErrFenced", b.Fence, err)
	}
}

func (f *fixture) get(id durable.ID, key string) []byte {
	f.Helper()
	value, err := f.s.Get(f.Context(), id, key)
	if err != nil {
		f.Fatalf("get: %v", err)
	}
	return value
}

func (f *fixture) wantValue(id durable.ID, key, want string) {
	f.Helper()
	if got := f.get(id, key); got == nil || string(got) != want {
		f.Fatalf("get %q: %q (nil %t), want %q", abbreviate(key), got, got == nil, want)
	}
}

func (f *fixture) wantNone(id durable.ID, key string) {
	f.Helper()
	if got := f.get(id, key); got != nil {
		f.Fatalf("get %q: %q, want none", abbreviate(key), got)
	}
}

type pair struct{ key, value string }

func (p pair) String() string { return fmt.Sprintf("%q=%q", abbreviate(p.key), abbreviate(p.value)) }

func abbreviate(s string) string {
	if len(s) > 40 {
		return fmt.Sprintf("%s…(%d)", s[:40], len(s))
	}
	return s
}

// scan returns at most limit pairs of the range; 0 is all.
func (f *fixture) scan(id durable.ID, r durable.Range, limit int) []pair {
	f.Helper()
	var pairs []pair
	err := f.s.Scan(f.Context(), id, r, func(key, value []byte) bool {
		pairs = append(pairs, pair{string(key), string(value)})
		return len(pairs) != limit
	})
	if err != nil {
		f.Fatalf("scan: %v", err)
	}
	return pairs
}

func (f *fixture) wantPairs(id durable.ID, r durable.Range, want ...pair) {
	f.Helper()
	if got := f.scan(id, r, 0); !slices.Equal(got, want) {
		f.Fatalf("scan %q to %q, reverse %t: %v, want %v",
			abbreviate(r.Start), abbreviate(r.End), r.Reverse, got, want)
	}
}

func (f *fixture) due(now time.Time, limit int) ([]durable.Record, time.Time) {
	f.Helper()
	due, next, err := f.s.AlarmsDue(f.Context(), now, limit)
	if err != nil {
		f.Fatalf("alarms due: %v", err)
	}
	return due, next
}

// wantAlarm checks the one alarm that the store has; zero is none.
func (f *fixture) wantAlarm(id durable.ID, want durable.Alarm) {
	f.Helper()
	due, next := f.due(time.Unix(1<<40, 0), 10)
	if want.IsZero() {
		if len(due) != 0 || !next.IsZero() {
			f.Fatalf("alarms due: %+v, next %v, want none", due, next)
		}
		return
	}
	if len(due) != 1 || due[0].ID != id || !sameAlarm(due[0].Alarm, want) || !next.IsZero() {
		f.Fatalf("alarms due: %+v, next %v, want %+v of %s", due, next, want, id)
	}
}

func sameAlarm(a, b durable.Alarm) bool {
	return a.Due.Equal(b.Due) && a.Scheduled.Equal(b.Scheduled) && a.Retries == b.Retries
}

func sameRecord(a, b durable.Record) bool {
	return a.ID == b.ID && a.Class == b.Class && a.Name == b.Name && a.Fence == b.Fence && sameAlarm(a.Alarm, b.Alarm)
}

// sameDue compares a record that AlarmsDue returned, whose fence is its own
// affair.
func sameDue(got, want durable.Record) bool {
	got.Fence = want.Fence
	return sameRecord(got, want)
}

// model is what a range of an object must give, the plain way.
func model(all []pair, r durable.Range) []pair {
	var want []pair
	for _, p := range all {
		if p.key >= r.Start && (r.End == "" || p.key < r.End) {
			want = append(want, p)
		}
	}
	slices.SortFunc(want, func(a, b pair) int { return bytes.Compare([]byte(a.key), []byte(b.key)) })
	if r.Reverse {
		slices.Reverse(want)
	}
	return want
}

func over(ctx context.Context) context.Context {
	ctx, cancel := context.WithCancel(ctx)
	cancel()
	return ctx
}
