package durable

import (
	"context"
	"fmt"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// commit is one batch on its way to the disk.
type commit struct {
	act     *activation
	layer   layer // frozen
	batch   Batch
	once    sync.Once
	settled atomic.Bool   // err stands
	err     error         //
	done    chan struct{} // closed then; nil: nobody waits; guarded by activation.mu
}

// await returns once err stands.
func (c *commit) await() {
	c.act.mu.Lock()
	if c.settled.Load() {
		c.act.mu.Unlock()
		return
	}
	if c.done == nil {
		c.done = make(chan struct{})
	}
	done := c.done
	c.act.mu.Unlock()
	<-done
}

// committer gathers the commits of all objects and writes them in groups: one
// Store.Commit, and so one flush of the disk, for all that waited. While some
// groups are on their way to the disk the next one gathers; there is no timer.
type committer struct {
	store   Store
	timeout time.Duration
	ctx     context.Context // ends when Shutdown has no more time
	giveUp  context.CancelFunc

	mu       sync.Mutex
	queue    []*commit
	groups   []*group // in flight, oldest first
	watchdog *time.Timer
	closed   bool

	wake   chan struct{} // capacity 1
	slots  chan struct{} // one is taken by each group in flight
	flight chan *group   // to who waits for them
	done   chan struct{}
}

// group is the commits of one Store.Commit.
type group struct {
	commits []*commit
	begun   time.Time
	wait    func() ([]error, error)
}

func newCommitter(rt *Runtime) *committer {
	c := &committer{
		store: rt.opts.Store, timeout: rt.opts.StorageTimeout,
		wake: make(chan struct{}, 1), slots: make(chan struct{}, maxInFlight), flight: make(chan *group, maxInFlight), done: make(chan struct{}),
	}
	c.ctx, c.giveUp = context.WithCancel(context.Background())
	c.watchdog = time.AfterFunc(c.timeout, c.late)
	c.watchdog.Stop()
	go c.run()
	go c.settle()
	return c
}

// submit queues c. Commits of one object are written in the order of submit.
// The queue is bounded by MaxPendingTurns for each object.
func (g *committer) submit(c *commit) {
	g.mu.Lock()
	closed, first := g.closed, len(g.queue) == 0
	if !closed {
		g.queue = append(g.queue, c)
	}
	g.mu.Unlock()
	if closed {
		c.finish(ErrClosed)
		return
	}
	if first {
		g.poke()
	}
}

func (g *committer) poke() {
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
	g.poke()
	select {
	case <-g.done:
	case <-ctx.Done():
	}
	g.giveUp()
	<-g.done
	g.watchdog.Stop()
}

// run hands groups to the store.
func (g *committer) run() {
	defer close(g.flight)
	for {
		g.slots <- struct{}{}
		// Turns that can run now may have something for this group, but the
		// scheduler lets who is woken run before them.
		runtime.Gosched()
		commits, over := g.take()
		for len(commits) == 0 && !over {
			<-g.wake
			runtime.Gosched()
			commits, over = g.take()
		}
		if over {
			return
		}
		if !g.begin(commits) {
			<-g.slots
		}
	}
}

func (g *committer) take() (commits []*commit, over bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	n, size := 0, 0
	for n < len(g.queue) && n < maxGroup && size < maxGroupBytes {
		size += g.queue[n].layer.bytes
		n++
	}
	commits = g.queue[:n:n]
	g.queue = g.queue[n:]
	if len(g.queue) == 0 {
		g.queue = nil
	}
	return commits, g.closed && n == 0
}

// begin hands a group to the store; false: there was nothing to hand on.
func (g *committer) begin(commits []*commit) bool {
	batches := make([]Batch, 0, len(commits))
	live := commits[:0]
	for _, c := range commits {
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
		return false
	}
	gr := &group{commits: live, begun: time.Now()}
	g.mu.Lock()
	g.groups = append(g.groups, gr)
	if len(g.groups) == 1 {
		g.watchdog.Reset(g.timeout)
	}
	g.mu.Unlock()
	gr.wait = g.store.Commit(g.ctx, batches)
	g.flight <- gr
	return true
}

// settle waits for groups, in their order, and says what became of them.
func (g *committer) settle() {
	defer close(g.done)
	for gr := range g.flight {
		errs, err := gr.wait()
		<-g.slots
		g.mu.Lock()
		g.groups = slices.Delete(g.groups, 0, 1)
		if len(g.groups) == 0 {
			g.watchdog.Stop()
		} else {
			// Not 0: in a synctest bubble that would be run from here.
			g.watchdog.Reset(max(g.timeout-time.Since(g.groups[0].begun), time.Nanosecond))
		}
		g.mu.Unlock()
		for i, c := range gr.commits {
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
}

// late gives up the groups whose commit takes too long, and what waits behind
// them, time and again. What the store makes of them is then not known: their
// objects claim anew, which voids them or finds them done.
func (g *committer) late() {
	g.mu.Lock()
	var commits []*commit
	for _, gr := range g.groups {
		commits = append(commits, gr.commits...)
	}
	if len(commits) > 0 {
		commits = append(commits, g.queue...)
		g.queue = nil
		g.watchdog.Reset(g.timeout)
	}
	g.mu.Unlock()
	for _, c := range commits {
		c.finish(fmt.Errorf("commit: %w after %v", ErrTimeout, g.timeout))
	}
}

// finish settles the commit: its outputs leave, or its object is reset.
func (c *commit) finish(err error) {
	c.once.Do(func() {
		act := c.act
		if err != nil {
			act.reset(err)
			c.err = act.brokenErr()
		}
		act.mu.Lock()
		act.dropLocked(c)
		if err == nil && c.layer.alarm != nil {
			act.alarm = *c.layer.alarm
		}
		c.settled.Store(true)
		if c.done != nil {
			close(c.done)
		}
		act.mu.Unlock()
		act.o.open()
		act.o.rt.work.done()
	})
}
