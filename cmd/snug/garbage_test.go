package main

import (
	"runtime"
	"slices"
	"testing"
	"time"
)

// Garbage gathers while collections come often, up to a bound, and no longer.
func TestGarbageGathersWhileMuchIsMade(t *testing.T) {
	var set []int
	now, live := time.Unix(1000, 0), uint64(8<<20)
	g := &garbage{now: func() time.Time { return now }, live: func() uint64 { return live }, percent: usualPercent,
		set: func(percent int) { set = append(set, percent) }}
	collect := func(after time.Duration, liveBytes uint64, want ...int) {
		t.Helper()
		now, live, set = now.Add(after), liveBytes, nil
		if !g.collected() {
			t.Fatal("over, but it isn't closed")
		}
		if !slices.Equal(set, want) {
			t.Errorf("set %v, want %v", set, want)
		}
	}
	collect(0, 8<<20)
	collect(2*time.Second, 8<<20) // seldom
	collect(100*time.Millisecond, 8<<20, 400)
	collect(100*time.Millisecond, 8<<20+100<<10)        // about the same
	collect(100*time.Millisecond, 16<<20, usualPercent) // what lives grows
	collect(100*time.Millisecond, 16<<20, 200)
	collect(100*time.Millisecond, 64<<20, usualPercent)
	collect(100*time.Millisecond, 64<<20) // the collector itself lets more gather
	collect(100*time.Millisecond, 0, 3200)
	collect(2*time.Second, 8<<20, usualPercent)
	collect(100*time.Millisecond, 8<<20, 400)
	set = nil
	if g.close(); !slices.Equal(set, []int{usualPercent}) {
		t.Errorf("closing set %v", set)
	}
	if g.collected() {
		t.Error("it goes on after it was closed")
	}
}

// The collector does call for it.
func TestGarbageIsToldOfCollections(t *testing.T) {
	told := make(chan struct{}, 16)
	g := &garbage{now: func() time.Time { told <- struct{}{}; return time.Time{} }, live: liveHeap, set: func(int) {}, percent: usualPercent}
	g.watch()
	defer g.close()
	for times := 0; times < 3; {
		runtime.GC() // what it calls runs some time later
		select {
		case <-told:
			times++
		default:
		}
	}
}
