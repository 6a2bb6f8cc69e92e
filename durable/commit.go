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
// Store.Commit, and so one flush of the disk, for all that waited. What comes to a
// server that has nothing else to do is written at once; see due for how long the
// next group gathers where it has.
type committer struct {
	store   Store
	timeout time.Duration
	ctx     context.Context // ends when Shutdown has no more time
	giveUp  context.CancelFunc

	mu       sync.Mutex
	queue    []*commit
	since    time.Time // when the first of queue came
	usual    int       // commits that come together, about: the most of the last groups
	groups   []*group  // in flight, oldest first
	landing  bool      // one has left groups, and its outputs leave now
	watchdog *time.Timer
	closed   bool

	loops   atomic.Int32 // how many event loops there are, one for each processor
	writing atomic.Int32 // those that have something to write

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
	closed, due := g.closed, false
	if !closed {
		if len(g.queue) == 0 {
			g.since = time.Now()
		}
		g.queue = append(g.queue, c)
		due = len(g.queue) == 1 || len(g.queue) == g.usual
	}
	g.mu.Unlock()
	if closed {
		c.finish(ErrClosed)
		return
	}
	if due {
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
	timer := time.NewTimer(maxGather) // not 0: in a synctest bubble that would be run from here
	defer timer.Stop()
	for {
		g.slots <- struct{}{}
		if !g.gather(timer) {
			return
		}
		if !g.begin(g.take()) {
			<-g.slots
		}
	}
}

// gather returns when the next group is to begin; false: there will be none.
func (g *committer) gather(timer *time.Timer) bool {
	for {
		// Turns that can run now may have something for this group, but the
		// scheduler lets who is woken run before them.
		runtime.Gosched()
		wait, over := g.due()
		switch {
		case over:
			return false
		case wait == 0:
			return true
		case wait < 0:
			<-g.wake
			continue
		}
		timer.Reset(wait)
		select {
		case <-g.wake:
		case <-timer.C:
		}
	}
}

// due returns how long the next group has to gather at most, where nothing happens
// before; less than 0: there is nothing for it. A flush of the disk costs the same
// for one commit as for many, and so does a write to a socket for one message and
// for several. So while a group is on its way to the disk the next one gathers, and
// while every processor writes what the last one let out, which is what makes clients
// go on. It does so until as many have come as usually come together (which is one,
// where commits come alone), and for no more than maxGather since the first one came,
// so that neither a slow disk nor a large room keeps the others.
func (g *committer) due() (wait time.Duration, over bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	switch {
	case len(g.queue) == 0:
		return -1, g.closed
	case g.closed, len(g.queue) >= g.usual, len(g.groups) == 0 && !g.landing && !g.allWrite():
		return 0, false
	}
	return max(maxGather-time.Since(g.since), 0), false
}

func (g *committer) allWrite() bool {
	n := g.writing.Load()
	return n > 0 && n >= g.loops.Load()
}

// wrote tells that an event loop has something to write (+1), or nothing any more (-1).
func (g *committer) wrote(change int32) {
	if n := g.writing.Add(change); change < 0 && n == g.loops.Load()-1 {
		g.pokeWaiting()
	}
}

// pokeWaiting pokes where there is a group that may be due.
func (g *committer) pokeWaiting() {
	g.mu.Lock()
	waiting := len(g.queue) > 0
	g.mu.Unlock()
	if waiting {
		g.poke()
	}
}

func (g *committer) take() (commits []*commit) {
	g.mu.Lock()
	defer g.mu.Unlock()
	n, size := 0, 0
	for n < len(g.queue) && n < maxGroup && size < maxGroupBytes {
		size += g.queue[n].layer.bytes
		n++
	}
	commits = g.queue[:n:n]
	g.usual = max(n, g.usual-max(g.usual/8, 1))
	g.queue = g.queue[n:]
	if len(g.queue) == 0 {
		g.queue = nil
	}
	return commits
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
		g.landing = true
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
		g.mu.Lock()
		g.landing = false
		g.mu.Unlock()
		g.pokeWaiting()
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
