package durabletest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"snug/durable"
)

// begun is a Commit whose wait was not called yet.
type begun func() ([]error, error)

// start begins a commit of one batch.
func (f *fixture) start(ctx context.Context, b durable.Batch) begun {
	return f.s.Commit(ctx, []durable.Batch{b})
}

// end returns what became of the one batch.
func (f *fixture) end(wait begun) error {
	f.Helper()
	errs, err := wait()
	if err != nil {
		return err
	}
	if len(errs) != 1 {
		f.Fatalf("commit of one batch returned %d errors", len(errs))
	}
	return errs[0]
}

// Commits of one object in flight together, each on top of the last, while
// another's go between them. Waits are called in any order.
func testPipelined(f *fixture) {
	const n = 100
	a, b := f.claim(testID("a")), f.claim(testID("b"))
	var waits []begun
	for i := range n {
		waits = append(waits, f.start(f.Context(), a.batch(put("k", fmt.Sprint(i)), put(fmt.Sprintf("n%03d", i), ""))))
		if i%3 == 0 {
			waits = append(waits, f.start(f.Context(), b.batch(put("k", fmt.Sprint(i)))))
		}
	}
	last := f.end(waits[len(waits)-1])
	if last != nil {
		f.Fatalf("last commit: %v", last)
	}
	f.wantValue(a.record.ID, "k", fmt.Sprint(n-1))
	if got := len(f.scan(a.record.ID, durable.Range{Start: "n"}, 0)); got != n {
		f.Fatalf("%d keys after the last wait, want %d", got, n)
	}
	for i, wait := range slices.Backward(waits[:len(waits)-1]) {
		if err := f.end(wait); err != nil {
			f.Fatalf("commit %d: %v", i, err)
		}
	}
	f.wantValue(b.record.ID, "k", fmt.Sprint(n-1))
	if head := f.claim(a.record.ID).record.Fence.Head; head != n {
		f.Fatalf("head %d, want %d", head, n)
	}
}

// What builds on a commit that failed fails; another object's commits don't.
func testPipelinedFailure(f *fixture) {
	a, b := f.claim(testID("a")), f.claim(testID("b"))
	a.write(put("k", "0"))
	for name, fail := range map[string]func() begun{
		"refused": func() begun {
			b := a.batch(put("k", "refused"))
			b.Fence.Claim[0] ^= 1
			return f.start(f.Context(), b)
		},
		"over": func() begun { return f.start(over(f.Context()), a.batch(put("k", "over"))) },
		"unknown": func() begun {
			return f.start(f.Context(), a.batch(durable.Op{Kind: 77}))
		},
	} {
		first := fail()
		second := f.start(f.Context(), a.batch(put("k", "second")))
		third := f.start(f.Context(), a.batch(put("k", "third")))
		other := f.start(f.Context(), b.batch(put("k", name)))
		if err := f.end(first); err == nil {
			f.Fatalf("%s: the first commit went through", name)
		}
		for _, wait := range []begun{second, third} {
			if err := f.end(wait); !errors.Is(err, durable.ErrFenced) {
				f.Fatalf("%s: commit that builds on it: %v, want ErrFenced", name, err)
			}
		}
		if err := f.end(other); err != nil {
			f.Fatalf("%s: another object's commit: %v", name, err)
		}
		f.wantPairs(a.record.ID, durable.Range{}, pair{"k", "0"})
		f.wantValue(b.record.ID, "k", name)
		a = f.claim(a.record.ID)
	}
}

// Nothing is seen before it is durable, and no new owner is let in.
func testSeenOnceDurable(f *fixture) {
	if f.h.HoldSync == nil {
		return
	}
	o := f.claim(testID("object"))
	o.write(put("k", "old"))
	release := f.h.HoldSync(f)
	first, second := o.batch(put("k", "new"), put("l", "")), o.batch(delRange("", ""), put("k", "newer"))
	first.Alarm = &durable.Alarm{Due: at(1), Scheduled: at(1)}
	waits := []begun{f.start(f.Context(), first), f.start(f.Context(), second)}
	results := make(chan error, len(waits))
	for _, wait := range waits {
		go func() { results <- f.end(wait) }()
	}
	ctx, cancel := context.WithTimeout(f.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := f.s.Claim(ctx, o.record.ID, "class", ""); !errors.Is(err, context.DeadlineExceeded) {
		f.Errorf("claim over commits that aren't durable: %v, want it to wait", err)
	}
	f.wantPairs(o.record.ID, durable.Range{}, pair{"k", "old"})
	f.wantValue(o.record.ID, "k", "old")
	f.wantNone(o.record.ID, "l")
	f.wantAlarm(o.record.ID, durable.Alarm{})
	select {
	case err := <-results:
		f.Errorf("wait returned while the sync was held: %v", err)
	default:
	}
	release()
	for range waits {
		if err := <-results; err != nil {
			f.Errorf("commit: %v", err)
		}
	}
	f.wantPairs(o.record.ID, durable.Range{}, pair{"k", "newer"})
	f.wantAlarm(o.record.ID, durable.Alarm{Due: at(1), Scheduled: at(1)})
	f.claim(o.record.ID)
	f.wantRefused(o.batch(put("k", "superseded")))
}

// A crash leaves those commits in flight that come first, whole ones.
func testCrashPipelined(f *fixture) {
	if f.h.Crash == nil || f.h.HoldSync == nil {
		return
	}
	for round := range 3 {
		o := f.claim(testID("object"))
		o.write(put("k", "0"), put("l", "0"), delRange("n", ""))
		release := f.h.HoldSync(f)
		const n = 5
		results := make(chan error, n)
		for i := 1; i <= n; i++ {
			wait := f.start(f.Context(), o.batch(put("k", fmt.Sprint(i)), put("l", fmt.Sprint(i)), put(fmt.Sprint("n", i), "")))
			go func() { results <- f.end(wait) }()
		}
		f.wantValue(o.record.ID, "k", "0")
		f.s = f.h.Crash(f)
		release()
		for range n { // an answer, whichever: it may be that of the crashed machine
			<-results
		}
		kept := len(f.scan(o.record.ID, durable.Range{Start: "n"}, 0))
		want := []pair{{"k", fmt.Sprint(kept)}, {"l", fmt.Sprint(kept)}}
		for i := range kept {
			want = append(want, pair{fmt.Sprint("n", i+1), ""})
		}
		f.wantPairs(o.record.ID, durable.Range{}, want...)
		f.wantRefused(o.batch(put("k", "zombie")))
		if round == 1 {
			f.reopen()
		}
	}
}
