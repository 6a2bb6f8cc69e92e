//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"
)

// A contender is one of those that do the same work side by side.
type contender struct {
	id, name string
	target   target
	child    *child
	stop     func() error
	crowd    *crowd // of the measurement under way
	failed   error  // why it takes no part; it keeps the others from nothing
}

// essential reports whether the benchmark is worth nothing without it.
func (c *contender) essential() bool { return c.id == idSnug || c.id == idWrites || c.id == idJoined }

// fail notes why it takes part no longer, with what its process said if that has died.
func (c *contender) fail(err error) {
	if c.child != nil {
		err = errors.Join(err, c.child.ended())
	}
	c.failed = err
	c.closeCrowd()
}

func (c *contender) closeCrowd() {
	if c.crowd != nil {
		c.crowd.close()
		c.crowd = nil
	}
}

// A race is all contenders, started at the same time: who isn't at work does
// nothing.
type race struct {
	begin      time.Time // stamps count from here
	contenders []*contender
	posted     map[string]uint64 // to Snug's rooms, all acked
}

// openRace starts Snug with rooms and people, the floors, and the peers that were
// not left out.
func (b *bench) openRace(ctx context.Context, rooms, people int) (_ *race, err error) {
	f := &race{begin: time.Now(), posted: map[string]uint64{slug(0): 1}} // the sample
	defer func() {
		if err != nil {
			err = errors.Join(err, f.close())
		}
	}()
	s, err := newSnug(b.server, b.serverCPU, b.dir, "race")
	if err != nil {
		return nil, err
	}
	f.contenders = append(f.contenders, &contender{id: idSnug, name: "Snug", stop: s.stop})
	if err := s.prepare(ctx, rooms, people); err != nil {
		return nil, err
	}
	f.contenders[0].target, f.contenders[0].child = s.target, s.child
	message, ack, err := s.target.sample()
	if err != nil {
		return nil, err
	}
	for _, v := range []struct {
		id, name string
		joined   bool
	}{{idJoined, "floor, writes joined", true}, {idWrites, "floor, one write each", false}} {
		c, t, err := startFloor(ctx, v.name, b.serverCPU, v.joined, message, ack)
		if err != nil {
			return nil, err
		}
		f.contenders = append(f.contenders, &contender{id: v.id, name: v.name, target: t, child: c, stop: c.stop})
	}
	for _, p := range peers() {
		if b.without[p.id] || b.without[p.family] {
			continue
		}
		c := &contender{id: p.id, name: p.name}
		f.contenders = append(f.contenders, c)
		if c.child, c.target, c.failed = b.startPeer(ctx, p); c.failed == nil {
			c.stop = c.child.stop
		}
	}
	return f, nil
}

// startPeer installs and starts one.
func (b *bench) startPeer(ctx context.Context, p peer) (*child, target, error) {
	program, ok := b.programs[p.family]
	if !ok {
		program.path, program.err = install(ctx, p.family)
		b.programs[p.family] = program
	}
	if program.err != nil {
		return nil, target{}, program.err
	}
	return p.start(ctx, program.path, b.serverCPU, b.dir)
}

func (f *race) close() error {
	var errs []error
	for _, c := range slices.Backward(f.contenders) {
		c.closeCrowd()
		if c.stop != nil {
			errs = append(errs, c.stop())
		}
	}
	return errors.Join(errs...)
}

// runs is what one contender did.
type runs struct {
	*contender
	results []result
}

// compare has each contender run the plan as often as asked for, in turn, so that
// what disturbs one disturbs all.
func (f *race) compare(ctx context.Context, s shape, p plan, repeats int) ([]runs, error) {
	all := make([]runs, len(f.contenders))
	for i, c := range f.contenders {
		all[i].contender = c
		if c.failed != nil {
			continue
		}
		var err error
		if c.crowd, err = openCrowd(ctx, c.target, s, f.begin); err != nil {
			c.fail(err)
		}
		defer c.closeCrowd()
	}
	for range repeats {
		for i := range all {
			c := all[i].contender
			if c.failed != nil {
				continue
			}
			r, err := c.crowd.run(ctx, p)
			if err != nil {
				c.fail(err)
			} else {
				all[i].results = append(all[i].results, r)
			}
			if err := ctx.Err(); err != nil {
				return nil, err
			}
			f.rest(ctx)
		}
	}
	for i, room := range f.contenders[0].sent() {
		f.posted[slug(i)] += room
	}
	return all, f.lost()
}

// sent is how many posts of the measurement under way went to each room.
func (c *contender) sent() (posts []uint64) {
	if c.crowd != nil {
		for _, room := range c.crowd.rooms {
			posts = append(posts, room.sent)
		}
	}
	return posts
}

// rest has all crowds answer what has come.
func (f *race) rest(ctx context.Context) {
	for _, c := range f.contenders {
		if c.crowd == nil {
			continue
		}
		if err := c.crowd.rest(ctx); err != nil {
			c.fail(err)
		}
	}
}

// lost is the error of those without whom there is nothing to compare.
func (f *race) lost() error {
	for _, c := range f.contenders {
		if c.failed != nil && c.essential() {
			return fmt.Errorf("%s: %w", c.name, c.failed)
		}
	}
	return nil
}
