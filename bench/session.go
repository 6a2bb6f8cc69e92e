//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"runtime"
	"slices"
	"time"
)

// Where a run is in a row's order.
const (
	snugName   = "Snug"
	writesName = "floor, one write each"
	joinedName = "floor, writes joined"
)

// A session is the server and the floors, and what is measured of them.
type session struct {
	options
	out      io.Writer
	dir      string
	begin    time.Time // stamps count from here
	children []*child
	targets  [3]target // Snug and the floors, in the order of names
	posted   uint64    // to Snug, all acked
}

var names = [3]string{snugName, writesName, joinedName}

func startSession(ctx context.Context, o options, cpu int, dir string) (_ *session, err error) {
	s := &session{options: o, dir: dir, begin: time.Now()}
	defer func() {
		if err != nil {
			err = errors.Join(err, s.stop())
		}
	}()
	c, snug, err := startSnug(ctx, o.server, cpu, dir)
	if err != nil {
		return nil, err
	}
	s.children = append(s.children, c)
	if snug.cookies, err = snug.signUp(ctx, slices.Max(o.rooms)); err != nil {
		return nil, err
	}
	message, ack, err := snug.sample()
	if err != nil {
		return nil, err
	}
	s.posted++
	s.targets[0] = snug
	for i, joined := range []bool{false, true} {
		c, t, err := startFloor(ctx, names[i+1], cpu, joined, message, ack)
		if err != nil {
			return nil, err
		}
		s.children = append(s.children, c)
		s.targets[i+1] = t
	}
	return s, nil
}

func (s *session) stop() error {
	var errs []error
	for _, c := range slices.Backward(s.children) {
		errs = append(errs, c.stop())
	}
	return errors.Join(errs...)
}

// measure prints as it goes. A room that fails doesn't keep the others from being
// measured.
func (s *session) measure(ctx context.Context, placed string) error {
	version, err := s.targets[0].version(ctx)
	if err != nil {
		return err
	}
	fmt.Fprintf(s.out, "%s, %s, %s/%s; %s\n", version, runtime.Version(), runtime.GOOS, runtime.GOARCH, placed)
	d, err := measureDisk(ctx, s.dir, s.lengths().disk)
	if err != nil {
		return err
	}
	fmt.Fprintf(s.out, "disk: append %d bytes and fdatasync, one after another: %s/s, p50 %s ms, p99 %s ms\n",
		syncBytes, whole(d.syncs), millis(d.p50), millis(d.p99))
	if d.p50 < tooFast {
		fmt.Fprintln(s.out, "  so fast that it is memory: with -dir on a real disk, \"durable\" below would mean something")
	}
	fmt.Fprintf(s.out, "one room for each size (of 2 too); closed loop: %d posts in flight; open loop: %d posts/s\n", inFlight, s.rate)
	failed := 0
	for _, n := range s.rooms {
		err := s.room(ctx, n)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil {
			fmt.Fprintf(s.out, "  FAILED: %v\n", err)
			failed++
		}
	}
	if failed > 0 {
		return fmt.Errorf("%d of %d rooms failed", failed, len(s.rooms))
	}
	head, err := s.targets[0].head(ctx)
	if err != nil {
		return err
	}
	if head != s.posted {
		return fmt.Errorf("the room's head is %d after %d acked posts", head, s.posted)
	}
	fmt.Fprintf(s.out, "\nchecked: %s posts, each acked once and delivered once to every socket, in one order without a gap; errors 0\n",
		whole(float64(s.posted)))
	return nil
}

// room measures one size: all three closed, in turn, so that what disturbs one
// disturbs all; then Snug and the plain floor at the fixed rate.
func (s *session) room(ctx context.Context, n int) error {
	fmt.Fprintf(s.out, "\nroom of %d sockets\n", n)
	var crowds [3]*crowd
	for i, t := range s.targets {
		c, err := openCrowd(ctx, t, n, s.begin)
		if err != nil {
			return fmt.Errorf("%s: %w", names[i], s.why(i, err))
		}
		defer c.close()
		crowds[i] = c
	}
	l := s.lengths()
	var closed, open [3]row
	run := func(i int, r *row, p plan) error {
		res, err := crowds[i].run(ctx, p)
		if err != nil {
			return fmt.Errorf("%s: %w", names[i], s.why(i, err))
		}
		r.runs = append(r.runs, res)
		return nil
	}
	for range l.repeats {
		for i := range crowds {
			closed[i].name = names[i]
			if err := run(i, &closed[i], plan{warm: l.warm, window: l.closed}); err != nil {
				return err
			}
		}
	}
	for i := range crowds[:2] {
		open[i].name = fmt.Sprintf("%s, %d/s", []string{snugName, "floor"}[i], s.rate)
		if err := run(i, &open[i], plan{warm: l.warm, window: l.open, rate: s.rate}); err != nil {
			return err
		}
	}
	s.posted += crowds[0].sent
	printHead(s.out)
	for _, r := range []row{closed[0], closed[1], closed[2], open[0], open[1]} {
		printRow(s.out, r)
	}
	printRatio(s.out, closed[0], closed[1], closed[2])
	return nil
}

// why adds what a child said, if it has died of what err shows.
func (s *session) why(i int, err error) error {
	if i < len(s.children) {
		return errors.Join(err, s.children[i].ended())
	}
	return err
}
