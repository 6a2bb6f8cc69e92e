package durable

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"
)

// commit is one batch on its way to the disk.
type commit struct {
	act   *activation
	layer *layer // frozen
	batch Batch
	once  sync.Once
	done  chan struct{} // closed once err is settled
	err   error
}

func (c *commit) settled() bool {
	select {
	case <-c.done:
		return true
	default:
		return false
	}
}

// committer gathers the commits of all objects and writes them in groups: one
// Store.Commit, and so one flush of the disk, for all that waited. While it
// runs, the next group gathers; there is no timer.
type committer struct {
	store   Store
	timeout time.Duration
	ctx     context.Context // ends when Shutdown has no more time
	giveUp  context.CancelFunc

	mu     sync.Mutex
	queue  []*commit
	closed bool

	wake chan struct{} // capacity 1
	done chan struct{}
}

func newCommitter(rt *Runtime) *committer {
	c := &committer{
		store: rt.opts.Store, timeout: rt.opts.StorageTimeout,
		wake: make(chan struct{}, 1), done: make(chan struct{}),
	}
	c.ctx, c.giveUp = context.WithCancel(context.Background())
	go c.run()
	return c
}

// submit queues c. Commits of one object are written in the order of submit.
// The queue is bounded by MaxPendingTurns for each object.
func (g *committer) submit(c *commit) {
	g.mu.Lock()
	closed := g.closed
	if !closed {
		g.queue = append(g.queue, c)
	}
	g.mu.Unlock()
	if closed {
		c.finish(ErrClosed)
		return
	}
	select {
	case g.wake <- struct{}{}:
	default:
	}
}

// close writes what is queued and waits for it, no longer than ctx allows if
// the store heeds it.
func (g *committer) close(ctx context.Context) {
	g.mu.Lock()
	g.closed = true
	g.mu.Unlock()
	select {
	case g.wake <- struct{}{}:
	default:
	}
	select {
	case <-g.done:
	case <-ctx.Done():
	}
	g.giveUp()
	<-g.done
}

func (g *committer) run() {
	defer close(g.done)
	for {
		group := g.take()
		if len(group) == 0 {
			g.mu.Lock()
			over := g.closed && len(g.queue) == 0
			g.mu.Unlock()
			if over {
				return
			}
			<-g.wake
			continue
		}
		g.write(group)
	}
}

func (g *committer) take() []*commit {
	g.mu.Lock()
	defer g.mu.Unlock()
	n, size := 0, 0
	for n < len(g.queue) && n < maxGroup && size < maxGroupBytes {
		size += g.queue[n].layer.bytes
		n++
	}
	group := g.queue[:n:n]
	g.queue = g.queue[n:]
	if len(g.queue) == 0 {
		g.queue = nil
	}
	return group
}

func (g *committer) write(group []*commit) {
	batches := make([]Batch, 0, len(group))
	live := group[:0]
	for _, c := range group {
		// An object that was reset has lost its claim to these outputs; what
		// it wrote after the failure must not be stored without them.
		if err := c.act.brokenErr(); err != nil {
			c.finish(err)
			continue
		}
		live = append(live, c)
		batches = append(batches, c.batch)
	}
	if len(live) == 0 {
		return
	}
	var errs []error
	var err error
	done := make(chan struct{})
	go func() {
		defer close(done)
		errs, err = g.store.Commit(g.ctx, batches)()
	}()
	g.watch(done, live)
	for i, c := range live {
		switch {
		case err != nil:
			c.finish(fmt.Errorf("commit: %w", err))
		case i < len(errs) && errs[i] != nil:
			c.finish(fmt.Errorf("commit: %w", errs[i]))
		default:
			c.finish(nil)
		}
		// Whatever the store says of it, it may be there.
		if a := c.batch.Alarm; a != nil && !a.IsZero() {
			c.act.o.rt.alarms.note(a.Due)
		}
	}
}

// watch waits until the group is written. Where that takes too long it gives
// the group up, and what waits behind it, time and again. What the store makes
// of the group is then not known: its objects claim anew, which voids it or
// finds it done.
func (g *committer) watch(done <-chan struct{}, group []*commit) {
	late := time.NewTicker(g.timeout)
	defer late.Stop()
	for {
		select {
		case <-done:
			return
		case <-late.C:
		}
		g.mu.Lock()
		behind := g.queue
		g.queue = nil
		g.mu.Unlock()
		for _, c := range slices.Concat(group, behind) {
			c.finish(fmt.Errorf("commit: %w after %v", ErrTimeout, g.timeout))
		}
	}
}

// finish settles the commit: its outputs leave, or its object is reset.
func (c *commit) finish(err error) {
	c.once.Do(func() {
		act := c.act
		if err != nil {
			act.reset(err)
			c.err = act.brokenErr()
		} else {
			act.landed(c)
		}
		close(c.done)
		act.o.gate.open()
		act.o.rt.work.done()
	})
}
