package durable

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// object is the runtime's record of one durable object. It exists while the
// object is awake, has events waiting or has sockets; a sleeping object with
// sockets is nothing but this.
type object struct {
	rt   *Runtime
	ns   *Namespace
	id   ID
	gate gate
	hub  hub
	turn atomic.Pointer[turn] // that runs; nil between turns and while it is passed on by Await

	mu         sync.Mutex // guards the following
	name       string
	inbox      []event
	inboxBytes int
	space      []chan struct{} // readers that wait for room in the inbox, longest first
	running    bool            // a goroutine has the turn
	act        *activation     // nil: asleep
	awaiting   int             // handlers inside Await
	idleSince  time.Time
	listed     bool // in the runtime's idleQueue
	used       bool // since it came to the end of that
	removed    bool // no longer in the table: look it up anew

	behind *object // in the idleQueue, which guards it
}

// event is one thing to be handled in a turn.
type event struct {
	name   string
	size   int                      // bytes that it holds
	run    func(t *turn) error      // nil for a resume
	answer func(t *turn, err error) // issues the outcome; nil: nobody waits
	refuse func(err error)          // it will never run; nil: nobody waits
	call   *call                    // a turn's that waits for it; nil: none does
	resume chan struct{}            // a handler that comes back from Await
}

func (e event) fail(err error) {
	if e.refuse != nil {
		e.refuse(err)
	}
}

// activation is one life of an object in memory, from waking to eviction or
// reset. All but the fields under mu belong to the turn.
type activation struct {
	o     *object
	obj   Object
	state *State
	ctx   context.Context // the runtime's lifetime

	fence    Fence // of the next commit
	last     *commit
	alarmRun *alarmRun // the alarm handler is running
	blocked  int       // depth of State.Block
	members  map[SocketID]*member

	published atomic.Pointer[any] // by State.Publish

	mu      sync.Mutex // guards the following
	pending []*commit  // in flight, oldest first
	few     [2]*commit // of pending, where it is short
	alarm   Alarm      // as stored
	timers  map[*Timer]struct{}
	broken  error
}

func (act *activation) brokenErr() error {
	act.mu.Lock()
	defer act.mu.Unlock()
	return act.broken
}

// inFlight is the number of commits that aren't durable yet.
func (act *activation) inFlight() int {
	act.mu.Lock()
	defer act.mu.Unlock()
	return len(act.pending)
}

// oldest returns the commit that will be durable next, or nil.
func (act *activation) oldest() *commit {
	act.mu.Lock()
	defer act.mu.Unlock()
	if len(act.pending) == 0 {
		return nil
	}
	return act.pending[0]
}

// awaitAll returns once nothing that was submitted until now is in flight.
func (act *activation) awaitAll() {
	act.mu.Lock()
	var newest *commit
	if n := len(act.pending); n > 0 {
		newest = act.pending[n-1]
	}
	act.mu.Unlock()
	if newest != nil {
		newest.await() // they land in their order
	}
}

// dropLocked takes a settled commit off the list.
func (act *activation) dropLocked(c *commit) {
	if i := slices.Index(act.pending, c); i == 0 {
		act.pending[0] = nil
		act.pending = act.pending[1:]
		if len(act.pending) == 0 {
			act.pending = act.few[:0]
		}
	} else if i > 0 {
		act.pending = slices.Delete(act.pending, i, i+1)
	}
}

// reset ends the activation: nothing that isn't durable is kept, the object's
// sockets are closed with 1011, the next event starts from storage.
func (act *activation) reset(cause error) {
	act.mu.Lock()
	if act.broken != nil {
		act.mu.Unlock()
		return
	}
	if errors.Is(cause, ErrClosed) {
		act.broken = cause
	} else {
		act.broken = fmt.Errorf("%w: %w", ErrReset, cause)
	}
	act.mu.Unlock()

	o := act.o
	// Before the next activation can meet the sockets, or hear what they sent.
	members := o.hub.clear()
	sockets := make([]*Socket, len(members))
	for i, m := range members {
		sockets[i] = m.sock
	}
	o.rt.sockets.end(sockets)
	o.mu.Lock()
	if o.act == act {
		o.act = nil
	}
	o.mu.Unlock()
	act.stopTimers()
	if !errors.Is(cause, ErrClosed) {
		o.rt.log.Error("object reset", "class", o.ns.class.name, "id", o.id.String(), "cause", cause.Error())
	}
	for _, m := range members {
		m.sock.leave(m)
		m.sock.Close(CloseReset, "the object was reset")
	}
}

// storageFailed breaks the object: what it would decide without its storage
// can't be trusted, even where the handler swallows the error.
func (act *activation) storageFailed(err error) error {
	act.reset(err)
	return act.brokenErr()
}

// enqueue puts ev into the inbox. Where force is false a full inbox refuses it.
func (o *object) enqueue(ev event, force bool) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	switch {
	case o.removed:
		return errRemoved
	case !force && o.fullLocked(ev):
		return ErrOverloaded
	}
	o.takeLocked(ev)
	return nil
}

// enqueueOrWait puts ev into the inbox, or returns a channel that is closed
// when it is worth another try.
func (o *object) enqueueOrWait(ev event) (<-chan struct{}, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	switch {
	case o.removed:
		return nil, errRemoved
	case o.fullLocked(ev):
		ready := make(chan struct{})
		o.space = append(o.space, ready)
		return ready, nil
	}
	o.takeLocked(ev)
	return nil, nil
}

var errRemoved = errors.New("object left the table")

// fullLocked counts handlers inside Await, as they hold what they were given. A
// single event is never too large.
func (o *object) fullLocked(ev event) bool {
	return len(o.inbox)+o.awaiting >= o.rt.opts.InboxEvents ||
		len(o.inbox) > 0 && o.inboxBytes+ev.size > o.rt.opts.InboxBytes
}

func (o *object) takeLocked(ev event) {
	o.rt.work.add()
	o.inbox = append(o.inbox, ev)
	o.inboxBytes += ev.size
	if !o.running {
		o.running = true
		o.rt.run(o)
	}
}

// wakeOneLocked wakes the reader that has waited longest for room.
func (o *object) wakeOneLocked() {
	if len(o.space) > 0 {
		close(o.space[0])
		o.space = o.space[1:]
	}
}

// leaveTable refuses the events that haven't begun, and all further ones.
func (o *object) leaveTable() {
	o.mu.Lock()
	o.removed = true
	o.mu.Unlock()
	o.refuseAll(ErrClosed)
}

// refuseAll refuses the events that haven't begun.
func (o *object) refuseAll(err error) {
	o.mu.Lock()
	var resumes, refused []event
	for _, ev := range o.inbox {
		if ev.resume != nil {
			resumes = append(resumes, ev)
		} else {
			refused = append(refused, ev)
		}
	}
	o.inbox, o.inboxBytes = resumes, 0
	o.wakeAllLocked()
	o.mu.Unlock()
	for _, ev := range refused {
		ev.fail(o.wrap(ev.name, err))
		o.rt.work.done()
	}
}

// wakeAllLocked wakes all readers: nothing will leave the inbox any more for now.
func (o *object) wakeAllLocked() {
	for _, waiter := range o.space {
		close(waiter)
	}
	o.space = nil
}

// run has the turn until the inbox is empty or a handler takes it back.
func (o *object) run() {
	for {
		o.mu.Lock()
		if len(o.inbox) == 0 {
			o.running = false
			o.inbox = nil
			o.wakeAllLocked()
			listed := o.idleLocked()
			o.mu.Unlock()
			if listed {
				o.rt.evictOver(secondChances + 1)
			}
			return
		}
		ev := o.inbox[0]
		o.inbox[0] = event{}
		o.inbox = o.inbox[1:]
		o.inboxBytes -= ev.size
		o.wakeOneLocked()
		o.mu.Unlock()

		if ev.resume != nil {
			close(ev.resume) // the handler is the runner now
			return
		}
		o.handle(ev)
		o.rt.work.done()
	}
}

// handle runs one event in a turn of its own.
func (o *object) handle(ev event) {
	act, err := o.activate()
	if err != nil {
		ev.fail(o.wrap(ev.name, err))
		if errors.Is(err, ErrTimeout) {
			o.refuseAll(err) // they have waited long enough
		}
		return
	}
	act.waitForDisk()
	if act.brokenErr() != nil {
		// It broke while it waited: the event was not begun, so it may run on
		// the next activation.
		if act, err = o.activate(); err != nil {
			ev.fail(o.wrap(ev.name, err))
			return
		}
	}
	act.runTurn(ev)
}

// activate returns the object's activation, waking it where it sleeps.
func (o *object) activate() (*activation, error) {
	o.mu.Lock()
	act, name := o.act, o.name
	o.mu.Unlock()
	if act != nil {
		return act, nil
	}
	rt := o.rt
	record, err := rt.opts.Store.Claim(rt.storage(), o.id, o.ns.class.name, name)
	if err != nil {
		return nil, rt.storageErr("wake", err)
	}
	act = &activation{o: o, ctx: rt.ctx, fence: record.Fence, alarm: record.Alarm, timers: make(map[*Timer]struct{})}
	act.state = &State{act: act}
	act.state.storage.act = act
	act.members = o.hub.snapshot()
	o.mu.Lock()
	if o.name == "" {
		o.name = record.Name
	}
	o.act = act
	o.mu.Unlock()
	rt.stats.wakes.Add(1)

	// Initialisation comes before the first event, as a turn of its own.
	var failed error
	act.runTurn(event{
		name: "start",
		run: func(t *turn) error {
			act.obj = o.ns.class.create(act.state)
			if s, ok := act.obj.(Starter); ok {
				return act.state.Block(t, s.Start)
			}
			return nil
		},
		answer: func(_ *turn, err error) { failed = err },
		refuse: func(err error) { failed = err },
	})
	if failed == nil {
		failed = act.brokenErr()
	}
	if failed != nil {
		act.reset(fmt.Errorf("start: %w", failed))
		return nil, failed
	}
	return act, nil
}

// waitForDisk holds the next turn back while too many of the object's turns
// wait to be durable.
func (act *activation) waitForDisk() {
	act.o.gate.await()
	for act.brokenErr() == nil {
		pending := act.inFlight()
		if pending == 0 || (pending < MaxPendingTurns && act.o.gate.length() < MaxPendingTurns) {
			return
		}
		if c := act.oldest(); c != nil {
			c.await()
		}
	}
}

// wrap says at which object an event went wrong. An *Error further down the
// chain of causes is another object's.
func (o *object) wrap(event string, err error) error {
	if e, ok := err.(*Error); ok {
		return e
	}
	return &Error{Class: o.ns.class.name, ID: o.id, Event: event, Err: err}
}

// idleLocked enters the object among those that may be evicted, if it isn't there
// already, which it reports. An object that is used time and again stays there: it
// pays for no queue that others use too.
func (o *object) idleLocked() (listed bool) {
	o.idleSince = time.Now()
	o.used = true
	if o.listed {
		return false
	}
	o.listed, o.used = true, false
	o.rt.idle.push(o)
	return true
}

// evict puts the object to sleep if nothing of it is under way and, as idle sees it,
// it has been idle for long enough. It reports whether the object should stay in the
// idle queue.
func (o *object) evict(idle func() bool) (keep bool) {
	shard := o.rt.shard(o.id)
	shard.mu.Lock()
	defer shard.mu.Unlock()
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.running || len(o.inbox) > 0 || o.awaiting > 0 {
		o.listed = false // it will be listed when it is idle again
		return false
	}
	act := o.act
	if !idle() || o.gate.length() > 0 || (act != nil && (act.inFlight() > 0 || act.hasTimers())) {
		return true
	}
	o.act = nil
	o.listed = false
	if o.hub.empty() {
		o.removed = true
		if delete(shard.objects, o.id); len(shard.objects) == 0 {
			shard.objects = make(map[ID]*object) // a map never shrinks
		}
	}
	if act != nil {
		o.rt.stats.evictions.Add(1)
	}
	return false
}
