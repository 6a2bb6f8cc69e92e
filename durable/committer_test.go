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
	g.usual = 2
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
	g.queue = append(g.queue, &commit{})
	if wait := due(); wait != 0 {
		t.Errorf("as many have come as usual, and due in %v", wait)
	}
	g.queue = g.queue[:1]
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

// How many commits come together is known from the last groups: at once where there
// are more, and by and by where there are fewer.
func TestCommitterLearnsHowManyComeTogether(t *testing.T) {
	g := &committer{}
	take := func(n, usual int) {
		t.Helper()
		g.queue = make([]*commit, n)
		for i := range g.queue {
			g.queue[i] = &commit{}
		}
		if taken := len(g.take()); taken != n {
			t.Errorf("took %d of %d", taken, n)
		}
		if g.usual != usual {
			t.Errorf("%d are usual after a group of %d, want %d", g.usual, n, usual)
		}
	}
	take(1, 1)
	take(16, 16)
	take(1, 14)
	take(15, 15)
	take(1, 14)
	for range 13 {
		take(1, max(g.usual-1, 1))
	}
	take(1, 1)
}
