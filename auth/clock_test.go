package auth_test

import (
	"testing"
	"time"

	"snug/auth"
)

// §13.23: a clock that is set, back or forward, neither keeps anybody in nor locks
// anybody out.
func TestClockIsSet(t *testing.T) {
	c := newClock()
	g := newRig(t, c.use)
	alice := g.jar().signUp("alice")
	id, _ := alice.identity()
	g.told()

	c.pass(-time.Hour)
	g.Sweep()
	if p := alice.get("/get-session"); alice.session() == nil || p.Header().Get("Set-Cookie") != "" {
		t.Errorf("an hour back: %s %v", p.text, p.Header())
	}
	if now, ok := alice.identity(); !ok || !now.ExpiresAt.Equal(id.ExpiresAt) || len(g.told()) > 0 {
		t.Errorf("an hour back: %+v, was %+v", now, id)
	}
	// The cache has it; it is over nevertheless, before the sweeper looks.
	c.pass(id.ExpiresAt.Sub(c.Now()) - time.Millisecond)
	if _, ok := alice.identity(); !ok {
		t.Error("over too early")
	}
	c.pass(time.Millisecond)
	if _, ok := alice.identity(); ok {
		t.Error("in after its time")
	}
	g.Sweep()
	if ends := g.told(); len(ends) != 1 || ends[0].SessionKey != id.SessionKey {
		t.Errorf("told %+v", ends)
	}
}

// Tries that come at once are counted in another order than they came in.
func TestLimiterCountsTriesOutOfOrder(t *testing.T) {
	c := newClock()
	l := auth.NewLimiter(auth.Rate{Limit: 2, Window: 10 * time.Second}, 100)
	l.Allow("a", c.Now())
	for range 3 {
		c.pass(-time.Millisecond)
		l.Allow("a", c.Now())
	}
	if l.Allow("a", c.Now()) == 0 {
		t.Error("not limited")
	}
}

// §13.23: nor does a limit last longer than its window.
func TestLimiterWhenTheClockIsSetBack(t *testing.T) {
	c := newClock()
	l := auth.NewLimiter(auth.Rate{Limit: 1, Window: 10 * time.Second}, 100)
	l.Allow("a", c.Now())
	if l.Allow("a", c.Now()) != 10*time.Second {
		t.Error("not limited")
	}
	c.pass(-5 * time.Second) // within what clocks are set by all the time
	if wait := l.Allow("a", c.Now()); wait > 15*time.Second {
		t.Errorf("wait %v", wait)
	}
	c.pass(-time.Hour)
	if wait := l.Allow("a", c.Now()); wait != 0 {
		t.Errorf("wait %v", wait)
	}
	if l.Allow("a", c.Now()) != 10*time.Second {
		t.Error("not limited from then on")
	}
}
