//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"time"
)

const (
	presenceShare = 10                      // one in so many leaves and comes back
	presenceQuiet = 2500 * time.Millisecond // until all have been told of it: the server tells a crowd every 2 s
)

// measurePresence has a part of the people in one room lose their connection and come
// back, and measures what it takes to tell the others.
func (b *bench) measurePresence(ctx context.Context) error {
	t := table{Title: "Who is here: one in ten leaves and comes back", Columns: []string{"people in the room", "changes", "frames/socket", "bytes/socket", "bytes/change and socket", "CPU/change, us",
		"without telling", "telling, ns/frame"}}
	t.note("one room, an account and a socket each; %d rounds: the tenth part is lost without a Close and, %v later, connects and joins again, %d at a time; measured until %v after the last", b.crowdRounds, presenceQuiet, connectsAtOnce, presenceQuiet)
	t.note("a change is somebody's leaving or coming; frames and bytes are those of presence, on a socket that stays or comes; at the end each one knows how many people there are")
	t.note("without telling: the same people at the same pace, each in a room alone, so that nobody hears of it")
	for _, n := range b.crowds {
		if err := b.presenceOf(ctx, b.sockets(n), &t); err != nil {
			return fmt.Errorf("%d people: %w", n, err)
		}
	}
	b.report.add(t)
	return nil
}

func (b *bench) presenceOf(ctx context.Context, n int, t *table) (err error) {
	s, err := newSnug(b.server, b.serverCPU, b.dir, fmt.Sprint("presence-", n))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.close()) }()
	if err := s.prepare(ctx, 1+n, n); err != nil {
		return err
	}
	alone, err := leaveAndReturn(ctx, s.target, n, b.crowdRounds, func(i int) string { return slug(1 + i) })
	if err != nil {
		return err
	}
	crowd, err := leaveAndReturn(ctx, s.target, n, b.crowdRounds, func(int) string { return slug(0) })
	if err != nil {
		return err
	}
	perSocket, perChange := float64(crowd.bytes)/float64(n), inMicros(crowd.cpu)/float64(crowd.changes)
	t.row(whole(float64(n)), whole(float64(crowd.changes)), fixed(float64(crowd.frames)/float64(n), 1), whole(perSocket), fixed(perSocket/float64(crowd.changes), 1),
		fixed(perChange, 0), fixed(inMicros(alone.cpu)/float64(alone.changes), 0), whole(1000*inMicros(crowd.cpu-alone.cpu)/float64(crowd.frames)))
	b.set(perSocket, "presence", n, "bytes-socket")
	b.set(perSocket/float64(crowd.changes), "presence", n, "bytes-change")
	b.set(perChange, "presence", n, "cpu-change")
	return nil
}

// comings is what some rounds of leaving and coming back took.
type comings struct {
	changes       int
	frames, bytes uint64 // of presence
	cpu           time.Duration
}

func leaveAndReturn(ctx context.Context, t target, n, rounds int, room func(int) string) (c comings, err error) {
	s, err := newStorm(t, n, time.Now(), room)
	if err != nil {
		return c, err
	}
	defer s.close()
	if _, err := s.connect(ctx); err != nil {
		return c, err
	}
	if err := s.hold(ctx, presenceQuiet); err != nil {
		return c, err
	}
	before, err := processCPU(t.pid)
	if err != nil {
		return c, err
	}
	s.told, s.toldBytes = 0, 0
	for round := range rounds {
		var some []int
		for i := round; i < n; i += presenceShare {
			s.lose(i)
			some = append(some, i)
		}
		if err := s.hold(ctx, presenceQuiet); err != nil {
			return c, err
		}
		if _, err := s.bring(ctx, some); err != nil {
			return c, err
		}
		if err := s.hold(ctx, presenceQuiet); err != nil {
			return c, err
		}
		c.changes += 2 * len(some)
	}
	after, err := processCPU(t.pid)
	c.cpu, c.frames, c.bytes = after-before, s.told, s.toldBytes
	if err == nil && room(0) == room(n-1) {
		err = s.checkPeople(n)
	}
	return c, err
}

// checkPeople checks that each socket was told at last how many people there are.
func (s *storm) checkPeople(n int) error {
	for i := range s.seekers {
		if people := s.seekers[i].people; people != uint64(n) {
			return fmt.Errorf("socket %d was told of %d people where there are %d", i, people, n)
		}
	}
	return nil
}
