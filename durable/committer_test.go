package durable

import (
	"testing"
	"time"
)

// A group gathers while every event loop writes, though not for ever; one that writes
// nothing is a processor that can do the next group's work.
func TestGroupsGatherWhileAllLoopsWrite(t *testing.T) {
	g := &committer{wake: make(chan struct{}, 1)}
	due := func() time.Duration {
		t.Helper()
		wait, over := g.due()
		if over {
			t.Error("over, but it isn't closed")
		}
		return wait
	}
	poked := func() bool {
		select {
		case <-g.wake:
			return true
		default:
			return false
		}
	}
	g.loops.Store(2)
	if wait := due(); wait >= 0 {
		t.Errorf("nothing is queued, and due in %v", wait)
	}
	g.queue, g.since = []*commit{{}}, time.Now()
	g.wrote(+1)
	g.wrote(+1)
	if wait := due(); wait != 0 {
		t.Errorf("one comes alone, and due in %v", wait)
	}
	g.wrote(-1)
	g.wrote(-1)
	if !poked() {
		t.Error("not poked when the loops had written all")
	}
	g.last = 2
	if wait := due(); wait != 0 {
		t.Errorf("nobody writes, and due in %v", wait)
	}
	g.wrote(+1)
	if wait := due(); wait != 0 {
		t.Errorf("one of two loops writes, and due in %v", wait)
	}
	g.wrote(+1)
	if wait := due(); wait <= 0 || wait > maxGather {
		t.Errorf("all loops write, and due in %v", wait)
	}
	g.since = time.Now().Add(-maxGather)
	if wait := due(); wait != 0 {
		t.Errorf("it has gathered for as long as it may, and due in %v", wait)
	}
	g.since = time.Now().Add(time.Hour) // it has just begun, however slow this machine is
	if poked() {
		t.Error("poked, and nothing has changed")
	}
	g.wrote(-1)
	if !poked() {
		t.Error("not poked when a loop has written all")
	}
	if wait := due(); wait != 0 {
		t.Errorf("a loop has nothing to write, and due in %v", wait)
	}
}
