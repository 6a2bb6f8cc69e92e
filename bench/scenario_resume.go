//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"time"
)

const (
	resumeRoom   = 100         // sockets
	resumeRounds = 2           // the first also warms up
	afterStorm   = time.Second // in which nothing may come twice
)

// measureResume has all clients lose their connection, posts what they miss, and has
// all come back at once.
func (b *bench) measureResume(ctx context.Context) (err error) {
	n := b.sockets(b.resumers)
	rooms := (n + resumeRoom - 1) / resumeRoom
	people := max((n+socketsPerUser-1)/socketsPerUser, loaders)
	s, err := newSnug(b.server, b.serverCPU, b.dir, "resume")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.close()) }()
	if err := s.prepare(ctx, rooms, people); err != nil {
		return err
	}
	begin := time.Now()
	storm, err := newStorm(s.target, n, begin, func(i int) string { return slug(i % rooms) })
	if err != nil {
		return err
	}
	defer storm.close()
	t := table{Title: "All come back at once, and resume", Columns: []string{"", "until all are whole, s", "sockets/s", "p50 of one, ms", "p99", "messages missed", "CPU, s", "CPU/socket, us"}}
	t.note("%s sockets in rooms of %d, joining %d at a time and coming back %d at a time; each has to get every message that it missed once, in order, and got it", whole(float64(n)), resumeRoom, connectsAtOnce, resumesAtOnce)
	step := func(name string) error {
		before, err := processCPU(s.target.pid)
		if err != nil {
			return err
		}
		took, err := storm.connect(ctx)
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		after, err := processCPU(s.target.pid)
		if err != nil {
			return err
		}
		cpu := after - before
		t.row(name, seconds(took), whole(float64(n)/took.Seconds()), fixed(inMillis(storm.times.percentile(.5)), 2), fixed(inMillis(storm.times.percentile(.99)), 2),
			whole(float64(storm.replays)), seconds(cpu), fixed(inMicros(cpu)/float64(n), 1))
		b.set(took.Seconds(), "resume", name)
		if want := uint64(0); storm.resume {
			want = uint64(n * b.missed)
			if storm.replays != want {
				return fmt.Errorf("%s: %d messages came where %d were missed", name, storm.replays, want)
			}
		}
		return storm.hold(ctx, afterStorm)
	}
	if err := step("first join"); err != nil {
		return err
	}
	storm.resume, storm.atOnce = true, resumesAtOnce
	for i := range resumeRounds {
		storm.drop()
		if _, err := s.target.load(ctx, begin, inTurn(rooms, b.missed)); err != nil {
			return fmt.Errorf("post what is missed: %w", err)
		}
		if err := step(fmt.Sprintf("resume %d", i+1)); err != nil {
			return err
		}
	}
	b.report.add(t)
	return nil
}
