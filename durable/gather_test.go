package durable_test

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"snug/durable/durabletest"
)

// What comes alone is handed to the store at once.
func TestALoneCommitWaitsForNothing(t *testing.T) {
	scenario(t, telling, func(w *world) {
		for i := range 3 {
			begun := time.Now()
			w.must("n", fmt.Sprintf("put %d", i))
			if took := time.Since(begun); took != 0 {
				w.Errorf("post %d took %v of fake time", i, took)
			}
		}
	})
}

// What comes alone while another is on its way to a slow disk isn't held back either.
func TestCommitsThatComeAloneDoNotGather(t *testing.T) {
	scenario(t, telling, func(w *world) {
		w.faults.Stall()
		before := w.faults.Calls(durabletest.CallCommit)
		var all []<-chan outcome
		for i := range 5 {
			all = append(all, w.start(fmt.Sprint(i), "put x"))
			if n := w.faults.Calls(durabletest.CallCommit) - before; n != i+1 {
				w.Errorf("%d groups have begun for %d commits", n, i+1)
			}
		}
		w.faults.Release()
		w.allDone(all)
	})
}

func (w *world) allDone(all []<-chan outcome) {
	w.Helper()
	for _, done := range all {
		if o := <-done; o.err != nil {
			w.Error(o.err)
		}
	}
}

// together leaves a group of several commits on its way to a disk that takes so long for
// it; begun counts the groups since.
func (w *world) together(takes time.Duration) (all []<-chan outcome, begun func() int) {
	w.Helper()
	const alone = 8 // that may be on their way at once
	w.faults.Stall()
	for i := range alone + 12 {
		all = append(all, w.start(fmt.Sprint("together", i), "put x"))
	}
	w.faults.Next(durabletest.CallCommit, append(make([]durabletest.Fault, alone), durabletest.Fault{Delay: takes})...)
	w.faults.Release()
	synctest.Wait()
	before := w.faults.Calls(durabletest.CallCommit)
	return all, func() int { return w.faults.Calls(durabletest.CallCommit) - before }
}

// Where commits come together the next group gathers while one is on its way to the
// disk, until that has landed …
func TestCommitsGatherBehindAGroup(t *testing.T) {
	scenario(t, telling, func(w *world) {
		const takes = 200 * time.Microsecond
		from := time.Now()
		all, begun := w.together(takes)
		for i := range 5 {
			all = append(all, w.start(fmt.Sprint(i), "put x"))
		}
		time.Sleep(takes - time.Nanosecond)
		synctest.Wait()
		if n := begun(); n != 0 {
			w.Errorf("%d groups have begun while one is on its way", n)
		}
		w.allDone(all)
		if n, took := begun(), time.Since(from); n != 1 || took != takes {
			w.Errorf("%d groups in %v, want one as soon as the one before has landed", n, took)
		}
	})
}

// … or it has gathered for so long that a slow disk would keep it.
func TestASlowDiskKeepsNoGroup(t *testing.T) {
	scenario(t, telling, func(w *world) {
		const most = 1500 * time.Microsecond
		all, begun := w.together(time.Second)
		all = append(all, w.start("a", "put x"))
		time.Sleep(most - time.Nanosecond)
		all = append(all, w.start("b", "put x"))
		if n := begun(); n != 0 {
			w.Errorf("%d groups have begun, and the first could still gather", n)
		}
		time.Sleep(time.Nanosecond)
		synctest.Wait()
		if n := begun(); n != 1 {
			w.Errorf("%d groups have begun, want one", n)
		}
		w.allDone(all)
		if n := begun(); n != 1 {
			w.Errorf("%d groups have begun, want one with both commits", n)
		}
	})
}
