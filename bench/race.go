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
	durable  bool // a message is on disk before its ack
	target   target
	child    *child
	stop     func() error
	crowd    *crowd // of the measurement under way
	absent   error  // why it takes no part
	bytes    int    // of its last message
}

// essential reports whether the benchmark is worth nothing without it.
func (c *contender) essential() bool { return c.id == idSnug || c.id == idWrites || c.id == idJoined }

// why adds what the contender's process said, if it has died of what err shows: then
// it takes no part any longer.
func (c *contender) why(err error) error {
	if c.child == nil {
		return err
	}
	if dead := c.child.ended(); dead != nil {
		c.absent = dead
		return errors.Join(err, dead)
	}
	return err
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
	failures   []error           // of those that are essential
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
	f.contenders = append(f.contenders, &contender{id: idSnug, name: "Snug", durable: true, stop: s.close})
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
		c := &contender{id: p.id, name: p.name, durable: p.durable}
		f.contenders = append(f.contenders, c)
		if c.child, c.target, c.absent = b.startPeer(ctx, p); c.absent == nil {
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
		if c.stop == nil {
			continue
		}
		// A peer that has died, or doesn't stop, has said so in its rows or did its work.
		if err := c.stop(); c.essential() {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

// runs is what one contender did in one comparison.
type runs struct {
	*contender
	results []result
	err     error // why not all of it; the others go on
}

// fail ends a contender's part in a comparison.
func (r *runs) fail(err error) {
	r.err = r.why(err)
	r.closeCrowd()
}

// compare has each contender run the plan as often as asked for, in turn, so that
// what disturbs one disturbs all.
func (f *race) compare(ctx context.Context, s shape, p plan, repeats int) ([]runs, error) {
	all := f.lineUp()
	for i := range all {
		r := &all[i]
		if r.err == nil {
			var err error
			if r.crowd, err = openCrowd(ctx, r.target, s, f.begin); err != nil {
				r.fail(err)
			}
		}
	}
	defer func() {
		for _, r := range all {
			r.closeCrowd()
		}
	}()
	for range repeats {
		for i := range all {
			r := &all[i]
			if r.err != nil {
				continue
			}
			res, err := r.crowd.run(ctx, p)
			if err := ctx.Err(); err != nil {
				return nil, err
			}
			if err != nil {
				r.fail(err)
			} else {
				r.results = append(r.results, res)
				r.bytes = r.crowd.messageBytes
			}
			// The others answer what has come meanwhile.
			for i := range all {
				if o := &all[i]; o.crowd != nil {
					if err := o.crowd.rest(ctx); err != nil {
						o.fail(err)
					}
				}
			}
		}
	}
	for i, posts := range f.contenders[0].sent() {
		f.posted[slug(i)] += posts
	}
	f.note(all)
	return all, nil
}

// lineUp makes room for what each contender is about to do.
func (f *race) lineUp() []runs {
	all := make([]runs, len(f.contenders))
	for i, c := range f.contenders {
		all[i] = runs{contender: c, err: c.absent}
	}
	return all
}

// note remembers the failures of those without whom there is nothing to compare.
func (f *race) note(all []runs) {
	for _, r := range all {
		if r.err != nil && r.essential() {
			f.failures = append(f.failures, fmt.Errorf("%s: %w", r.name, r.err))
		}
	}
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
