package durabletest

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"sync"
	"time"

	"snug/durable"
)

func testCommitEmpty(f *fixture) {
	if errs := f.tryCommit(); len(errs) != 0 {
		f.Fatalf("commit of nothing: %v", errs)
	}
	o := f.claim(testID("object"))
	o.write()
	o.write()
	if head := f.claim(o.record.ID).record.Fence.Head; head != 2 {
		f.Fatalf("head %d after two commits without operations, want 2", head)
	}
}

func testCommitUnknownOp(f *fixture) {
	a, b := f.claim(testID("a")), f.claim(testID("b"))
	_, err := f.s.Commit(f.Context(), []durable.Batch{
		a.batch(put("k", "")),
		b.batch(put("k", ""), durable.Op{Kind: 77, Key: "l"}),
	})()
	if err == nil {
		f.Fatal("commit with an operation of kind 77 went through")
	}
	f.wantNone(a.record.ID, "k")
	f.wantNone(b.record.ID, "k")
	if head := f.claim(a.record.ID).record.Fence.Head; head != 0 {
		f.Fatalf("head %d, want 0", head)
	}
}

// One call may hold several batches of one object, each on top of the last.
func testCommitChained(f *fixture) {
	a, b := f.claim(testID("a")), f.claim(testID("b"))
	first, second := a.batch(put("k", "1"), put("gone", "")), a.batch(put("k", "2"), del("gone"))
	skips := a.batch(put("k", "3"))
	skips.Fence.Head = 7
	a.record.Fence.Head = 2
	third := a.batch(put("k", "4"), put("l", ""))
	errs := f.tryCommit(first, b.batch(put("k", "b")), second, skips, third)
	for i, err := range errs {
		if refused := errors.Is(err, durable.ErrFenced); refused != (i == 3) || !refused && err != nil {
			f.Fatalf("batch %d: %v", i, err)
		}
	}
	f.wantPairs(a.record.ID, durable.Range{}, pair{"k", "4"}, pair{"l", ""})
	f.wantValue(b.record.ID, "k", "b")
	if head := f.claim(a.record.ID).record.Fence.Head; head != 3 {
		f.Fatalf("head %d after three batches, want 3", head)
	}
}

func testFenceNeverClaimed(f *fixture) {
	id := testID("object")
	f.wantRefused(durable.Batch{ID: id, Ops: []durable.Op{put("k", "")}})
	f.wantRefused(durable.Batch{ID: id, Fence: durable.Fence{Epoch: 1}, Ops: []durable.Op{put("k", "")}})
	f.wantNone(id, "k")
}

func testFenceStale(f *fixture) {
	o := f.claim(testID("object"))
	o.write(put("k", "1"))
	for _, change := range []func(*durable.Fence){
		func(fence *durable.Fence) { fence.Epoch-- },
		func(fence *durable.Fence) { fence.Epoch++ },
		func(fence *durable.Fence) { fence.Claim[15] ^= 1 },
		func(fence *durable.Fence) { fence.Claim = [16]byte{} },
		func(fence *durable.Fence) { fence.Head-- },
		func(fence *durable.Fence) { fence.Head++ },
		func(fence *durable.Fence) { *fence = durable.Fence{} },
	} {
		b := durable.Batch{ID: o.record.ID, Fence: o.record.Fence, Ops: []durable.Op{put("k", "2"), put("l", "")}}
		change(&b.Fence)
		f.wantRefused(b)
	}
	f.wantPairs(o.record.ID, durable.Range{}, pair{"k", "1"})
	o.write(put("k", "3"))
	f.wantValue(o.record.ID, "k", "3")
}

func testFenceRefusesOneBatchOnly(f *fixture) {
	zombie := f.claim(testID("b"))
	a, heir, c := f.claim(testID("a")), f.claim(testID("b")), f.claim(testID("c"))
	errs := f.tryCommit(a.batch(put("k", "a")), zombie.batch(put("k", "zombie")), c.batch(put("k", "c")))
	if errs[0] != nil || !errors.Is(errs[1], durable.ErrFenced) || errs[2] != nil {
		f.Fatalf("errors %v, want only the second batch refused", errs)
	}
	f.wantValue(a.record.ID, "k", "a")
	f.wantNone(heir.record.ID, "k")
	f.wantValue(c.record.ID, "k", "c")
	heir.write(put("k", "heir"))
	f.wantValue(heir.record.ID, "k", "heir")
}

func testClaimSupersedes(f *fixture) {
	id := testID("object")
	first := f.claim(id)
	if first.record.Fence.Head != 0 || !first.record.Alarm.IsZero() {
		f.Fatalf("record of a new object: %+v", first.record)
	}
	first.write(put("k", "1"))
	second := f.claim(id)
	if was, is := first.record.Fence, second.record.Fence; is.Epoch <= was.Epoch || is.Claim == was.Claim || is.Head != 1 {
		f.Fatalf("claim gave %+v after %+v", is, was)
	}
	f.wantRefused(first.batch(put("k", "zombie")))
	second.write(put("k", "2"))
	f.wantValue(id, "k", "2")
}

func testClaimKeepsClassAndName(f *fixture) {
	id, unnamed := testID("object"), testID("unnamed")
	check := func(name string) {
		f.Helper()
		if got := f.claimAs(id, "room", name).record; got.Class != "room" || got.Name != "Größe\x00名" {
			f.Fatalf("class %q name %q", got.Class, got.Name)
		}
	}
	check("Größe\x00名")
	check("")
	f.claimAs(id, "room", "").write(put("k", ""))
	f.claimAs(unnamed, "user", "").write(put("k", ""))
	f.reopen()
	check("")
	if got := f.claimAs(unnamed, "user", "").record; got.Class != "user" || got.Name != "" {
		f.Fatalf("class %q name %q of an object without a name", got.Class, got.Name)
	}
}

func testClaimNeverRepeats(f *fixture) {
	type claim struct {
		epoch uint64
		claim [16]byte
	}
	id := testID("object")
	seen := make(map[claim]bool)
	var last uint64
	for boot := range 4 {
		for range 50 {
			o := f.claim(id)
			c := claim{o.record.Fence.Epoch, o.record.Fence.Claim}
			if seen[c] || c.epoch <= last {
				f.Fatalf("boot %d: claim %+v after epoch %d (seen %t)", boot, c, last, seen[c])
			}
			seen[c], last = true, c.epoch
		}
		if boot%2 == 1 && f.h.Crash != nil {
			f.s = f.h.Crash(f)
		} else {
			f.reopen()
		}
	}
}

func testClaimConcurrently(f *fixture) {
	id := testID("object")
	claims := make([]durable.Record, 32)
	var wg sync.WaitGroup
	for i := range claims {
		wg.Go(func() {
			record, err := f.s.Claim(f.Context(), id, "class", "")
			if err != nil {
				f.Errorf("claim: %v", err)
			}
			claims[i] = record
		})
	}
	wg.Wait()
	epochs := make(map[uint64]bool)
	var heir durable.Record
	for _, c := range claims {
		epochs[c.Fence.Epoch] = true
		if c.Fence.Epoch > heir.Fence.Epoch {
			heir = c
		}
	}
	if len(epochs) != len(claims) {
		f.Fatalf("%d claims got %d epochs", len(claims), len(epochs))
	}
	for _, c := range claims {
		if c.Fence != heir.Fence {
			f.wantRefused(durable.Batch{ID: id, Fence: c.Fence, Ops: []durable.Op{put("k", "zombie")}})
		}
	}
	f.commit(durable.Batch{ID: id, Fence: heir.Fence, Ops: []durable.Op{put("k", "heir")}})
	f.wantValue(id, "k", "heir")
}

func testZombieAfterReopen(f *fixture) {
	id := testID("object")
	zombie := f.claim(id)
	zombie.write(put("k", "1"))
	f.reopen()
	heir := f.claim(id)
	f.wantRefused(zombie.batch(put("k", "zombie")))
	heir.write(put("k", "2"))
	f.reopen()
	f.claim(id)
	f.wantRefused(heir.batch(put("k", "zombie")))
	f.wantValue(id, "k", "2")
}

// Owners of their own objects, commits in flight together, each refused or
// stored as its fence says, while zombies and readers get in the way.
func testCommitConcurrently(f *fixture) {
	const owners, commits = 8, 40
	var wg sync.WaitGroup
	for i := range owners {
		wg.Go(func() {
			id := testID(fmt.Sprint("object", i))
			o := f.claimQuietly(id)
			for n := range commits {
				if n%10 == 5 {
					zombie := o
					o = f.claimQuietly(id)
					errs, err := f.s.Commit(f.Context(), []durable.Batch{zombie.batch(put("k", "zombie"))})()
					if err != nil || !errors.Is(errs[0], durable.ErrFenced) {
						f.Errorf("zombie's commit: %v %v", errs, err)
					}
				}
				errs, err := f.s.Commit(f.Context(), []durable.Batch{o.batch(put("k", fmt.Sprint(n))), o.batch(put(fmt.Sprintf("n%02d", n), ""))})()
				if err != nil || errs[0] != nil || errs[1] != nil {
					f.Errorf("commit %d: %v %v", n, errs, err)
				}
				got, err := f.s.Get(f.Context(), id, "k")
				if err != nil || string(got) != fmt.Sprint(n) {
					f.Errorf("get: %q %v, want %d", got, err, n)
				}
			}
		})
	}
	wg.Go(func() {
		for range commits {
			if _, _, err := f.s.AlarmsDue(f.Context(), time.Unix(1<<40, 0), 10); err != nil {
				f.Errorf("alarms due: %v", err)
			}
			err := f.s.Scan(f.Context(), testID("object0"), durable.Range{}, func(_, _ []byte) bool { return true })
			if err != nil {
				f.Errorf("scan: %v", err)
			}
		}
	})
	wg.Wait()
	for i := range owners {
		id := testID(fmt.Sprint("object", i))
		if head := f.claim(id).record.Fence.Head; head != 2*commits {
			f.Errorf("head %d, want %d", head, 2*commits)
		}
		if n := len(f.scan(id, durable.Range{Start: "n"}, 0)); n != commits {
			f.Errorf("%d keys, want %d", n, commits)
		}
	}
}

// claimQuietly is claim for goroutines, which must not end the test.
func (f *fixture) claimQuietly(id durable.ID) *owner {
	record, err := f.s.Claim(f.Context(), id, "class", "")
	if err != nil {
		f.Errorf("claim: %v", err)
	}
	return &owner{f, record}
}

// Of commits that build on the same head, one is stored.
func testCommitSameFence(f *fixture) {
	o := f.claim(testID("object"))
	won := make([]bool, 16)
	var wg sync.WaitGroup
	for i := range won {
		wg.Go(func() {
			errs, err := f.s.Commit(f.Context(), []durable.Batch{{ID: o.record.ID, Fence: o.record.Fence,
				Ops: []durable.Op{put("winner", fmt.Sprint(i)), put(fmt.Sprint("by", i), "")}}})()
			if err != nil {
				f.Errorf("commit: %v", err)
				return
			}
			won[i] = errs[0] == nil
		})
	}
	wg.Wait()
	var winners []int
	for i, w := range won {
		if w {
			winners = append(winners, i)
		}
	}
	if len(winners) != 1 {
		f.Fatalf("%v all won", winners)
	}
	f.wantPairs(o.record.ID, durable.Range{},
		pair{fmt.Sprint("by", winners[0]), ""}, pair{"winner", fmt.Sprint(winners[0])})
}

func testReopen(f *fixture) {
	o := f.claimAs(testID("object"), "room", "name")
	o.write(put("k", "1"), put("gone", ""))
	o.write(del("gone"), put("", "empty key"))
	o.setAlarm(durable.Alarm{Due: at(5), Scheduled: at(4), Retries: 3})
	f.reopen()
	f.reopen()
	f.wantPairs(o.record.ID, durable.Range{}, pair{"", "empty key"}, pair{"k", "1"})
	f.wantAlarm(o.record.ID, durable.Alarm{Due: at(5), Scheduled: at(4), Retries: 3})
	got := f.claimAs(o.record.ID, "room", "").record
	if got.Class != "room" || got.Name != "name" || got.Fence.Head != 3 || got.Alarm.Retries != 3 {
		f.Fatalf("record after two restarts: %+v", got)
	}
}

func testCrash(f *fixture) {
	if f.h.Crash == nil {
		return // nothing to play: such a backend is crashed by tests of its own
	}
	o := f.claimAs(testID("object"), "room", "name")
	o.write(put("k", "1"))
	o.setAlarm(durable.Alarm{Due: at(5), Scheduled: at(5)})
	f.claim(testID("only claimed"))
	f.s = f.h.Crash(f)
	f.wantPairs(o.record.ID, durable.Range{}, pair{"k", "1"})
	f.wantAlarm(o.record.ID, durable.Alarm{Due: at(5), Scheduled: at(5)})
	heir := f.claim(o.record.ID)
	if got := heir.record; got.Fence.Head > 2 || got.Name != "name" || got.Class == "" {
		f.Fatalf("record after a crash: %+v", got)
	}
	f.wantRefused(o.batch(put("k", "zombie")))
	heir.write(put("k", "2"))
	f.s = f.h.Crash(f)
	f.wantValue(o.record.ID, "k", "2")
}

func testClosed(f *fixture) {
	o := f.claim(testID("object"))
	o.write(put("k", ""))
	if err := f.s.Close(); err != nil {
		f.Fatalf("close: %v", err)
	}
	f.eachCall(f.Context(), o, fs.ErrClosed)
	_ = f.s.Close() // what it returns the second time is the store's own affair
}

func testContextOver(f *fixture) {
	o := f.claim(testID("object"))
	o.write(put("k", "1"))
	f.eachCall(over(f.Context()), o, context.Canceled)
	f.wantPairs(o.record.ID, durable.Range{}, pair{"k", "1"})
}

// eachCall makes each call of a Store and wants that error from all of them.
func (f *fixture) eachCall(ctx context.Context, o *owner, want error) {
	f.Helper()
	check := func(call string, err error) {
		f.Helper()
		if !errors.Is(err, want) {
			f.Errorf("%s: %v, want %v", call, err, want)
		}
	}
	_, err := f.s.Claim(ctx, o.record.ID, "class", "")
	check("claim", err)
	_, err = f.s.Get(ctx, o.record.ID, "k")
	check("get", err)
	err = f.s.Scan(ctx, o.record.ID, durable.Range{}, func(_, _ []byte) bool {
		f.Error("scan called its function")
		return true
	})
	check("scan", err)
	_, err = f.s.Commit(ctx, []durable.Batch{{ID: o.record.ID, Fence: o.record.Fence, Ops: []durable.Op{put("k", "2")}}})()
	check("commit", err)
	_, _, err = f.s.AlarmsDue(ctx, at(0), 1)
	check("alarms due", err)
}
