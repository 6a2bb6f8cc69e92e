package auth_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"snug/auth"
)

// As a server stops, its sockets close: when they did is stored with the rest.
func TestSeenAsTheServerStops(t *testing.T) {
	clock := newClock()
	g := newRig(t, clock.use)
	ada := g.jar().signUp("ada")
	id, _ := ada.identity()
	clock.pass(3 * time.Hour)
	g.Seen(id.SessionKey)
	if err := g.Close(); err != nil {
		t.Fatal(err)
	}
	var seen int64
	if g.query(`select seen_at from sessions`, &seen); seen != clock.Now().UnixMilli() {
		t.Errorf("seen at %v, want %v", time.UnixMilli(seen).UTC(), clock.Now())
	}
}

// The sweeper's own write may be what a stop interrupts.
func TestSeenIsKeptUntilItIsStored(t *testing.T) {
	clock := newClock()
	g := newRig(t, clock.use)
	id, _ := g.jar().signUp("ada").identity()
	clock.pass(3 * time.Hour)
	g.Seen(id.SessionKey)
	stopped, cancel := context.WithCancel(t.Context())
	cancel()
	// The sweep at the start may have been first: then there is nothing to write.
	if err := g.WriteSeen(stopped); err != nil && !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	if err := g.WriteSeen(t.Context()); err != nil {
		t.Fatal(err)
	}
	var seen int64
	if g.query(`select seen_at from sessions`, &seen); seen != clock.Now().UnixMilli() {
		t.Errorf("seen at %v, want %v", time.UnixMilli(seen).UTC(), clock.Now())
	}
}

// More than fit into one transaction are all stored.
func TestManySeen(t *testing.T) {
	clock := newClock()
	g := newRig(t, clock.use)
	g.jar().signUp("ada")
	const many = 2*auth.SeenBatch + 1
	addSessions(g, many)
	g.Sweep()
	var missed int
	if g.query(`select count(*) from sessions where id like 's%' and seen_at <> ?`, &missed, clock.Now().UnixMilli()); missed > 0 {
		t.Errorf("%d of %d were missed", missed, many)
	}
}

// addSessions makes sessions and notes that they were seen just now.
func addSessions(g *rig, n int) {
	g.Helper()
	g.exec(`with recursive c(i) as (select 1 union all select i + 1 from c where i < ?)
		insert into sessions (id, token_hash, user_id, remember, ip_address, user_agent, created_at, updated_at, expires_at)
		select 's' || i, printf('%064x', i), (select id from users), 1, '', '', 0, 0, 9e15 from c`, n)
	for i := range n {
		g.Seen(fmt.Sprintf("%064x", i+1))
	}
}

// A minute's worth where everybody was there, as after a restart.
func BenchmarkSeen(b *testing.B) {
	g := newRig(b)
	g.jar().signUp("ada")
	addSessions(g, 100_000)
	for b.Loop() {
		b.StopTimer()
		for i := range 100_000 {
			g.Seen(fmt.Sprintf("%064x", i+1))
		}
		b.StartTimer()
		if err := g.WriteSeen(context.Background()); err != nil {
			b.Fatal(err)
		}
	}
}
