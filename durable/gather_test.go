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

// While a group is on its way to the disk the next one gathers, until it has landed …
func TestCommitsGatherBehindAGroup(t *testing.T) {
	scenario(t, telling, func(w *world) {
		w.faults.Next(durabletest.CallCommit, durabletest.Fault{Delay: 200 * time.Microsecond})
		before := w.faults.Calls(durabletest.CallCommit)
		groups := func() int { return w.faults.Calls(durabletest.CallCommit) - before }
		begun := time.Now()
		all := []<-chan outcome{w.start("first", "put x")}
		for i := range 20 {
			all = append(all, w.start(fmt.Sprint(i), "put x"))
		}
		if n := groups(); n != 1 {
			w.Errorf("%d groups have begun while the first is on its way", n)
		}
		for _, done := range all {
			if o := <-done; o.err != nil {
				w.Error(o.err)
			}
		}
		if n, took := groups(), time.Since(begun); n != 2 || took != 200*time.Microsecond {
			w.Errorf("%d groups in %v, want 2, the second as soon as the first has landed", n, took)
		}
	})
}

// … or it has gathered for so long that a slow disk would keep it.
func TestASlowDiskKeepsNoGroup(t *testing.T) {
	scenario(t, telling, func(w *world) {
		const bound = 1500 * time.Microsecond
		w.faults.Stall()
		before := w.faults.Calls(durabletest.CallCommit)
		groups := func() int { return w.faults.Calls(durabletest.CallCommit) - before }
		all := []<-chan outcome{w.start("first", "put x")}
		for i := range 3 {
			all = append(all, w.start(fmt.Sprint("a", i), "put x"))
			time.Sleep(bound - time.Nanosecond)
			all = append(all, w.start(fmt.Sprint("b", i), "put x"))
			if n := groups(); n != 1+i {
				w.Errorf("%d groups on their way, want %d: the next still gathers", n, 1+i)
			}
			time.Sleep(time.Nanosecond)
			synctest.Wait()
			if n := groups(); n != 2+i {
				w.Errorf("%d groups on their way, want %d", n, 2+i)
			}
		}
		w.faults.Release()
		for _, done := range all {
			if o := <-done; o.err != nil {
				w.Error(o.err)
			}
		}
	})
}
