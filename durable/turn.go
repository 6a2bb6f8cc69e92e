package durable

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"sync/atomic"
	"time"
)

// turn is one event's exclusive time in an object. Await and calls cut it into
// segments: what a segment wrote commits together.
type turn struct {
	act    *activation
	ctx    context.Context
	writes layer
	open   []*layer // transactions, outermost first
	out    []output
	chain  *chain
	holder uint64      // goroutine that has the turn, where Options.Strict
	away   atomic.Bool // inside Await: another turn may be running
}

type turnKey struct{}

func turnFrom(ctx context.Context) *turn {
	t, _ := ctx.Value(turnKey{}).(*turn)
	return t
}

// chain is the path of calls that led to a turn, newest first.
type chain struct {
	turn *turn
	up   *chain
}

// waitsFor reports whether a turn of o is held by a call of this chain.
func (c *chain) waitsFor(o *object) bool {
	for ; c != nil; c = c.up {
		if c.turn.act.o == o && !c.turn.away.Load() {
			return true
		}
	}
	return false
}

// mustTurn returns the running turn; storage outside of one is a bug that
// would break every promise, so it panics.
func (act *activation) mustTurn() *turn {
	t := act.turn
	if t == nil || (act.o.rt.opts.Strict && t.holder != goroutineID()) {
		panic(fmt.Sprintf("durable: %s %s: storage or state used outside a turn", act.o.ns.class.name, act.o.id))
	}
	return t
}

type aborted struct{ reason error }

// runTurn runs ev. The caller has the object's turn.
func (act *activation) runTurn(ev event) {
	t := &turn{act: act}
	t.chain = &chain{turn: t, up: ev.chain}
	t.ctx = context.WithValue(act.ctx, turnKey{}, t)
	t.take()
	err, crashed := t.call(ev.run)
	if crashed {
		// What earlier turns did is sound: let it land before the reset.
		for _, c := range act.inFlight() {
			<-c.done
		}
		act.reset(err)
	}
	if broken := act.brokenErr(); broken != nil {
		t.release()
		for _, out := range t.out {
			if out.drop != nil {
				out.drop(broken)
			}
		}
		ev.fail(act.o.wrap(ev.name, broken))
		return
	}
	if ev.answer != nil {
		ev.answer(t, err)
	} else if err != nil {
		act.o.rt.log.Warn("event failed", "class", act.o.ns.class.name, "id", act.o.id.String(), "event", ev.name, "cause", err.Error())
	}
	t.flush()
	t.release()
}

func (t *turn) take() {
	if t.act.o.rt.opts.Strict {
		t.holder = goroutineID()
	}
	t.act.turn = t
}

func (t *turn) release() { t.act.turn = nil }

// call runs fn and turns a panic into an error. crashed says that the
// activation can't be trusted any more.
func (t *turn) call(fn func(*turn) error) (err error, crashed bool) {
	defer func() {
		switch p := recover().(type) {
		case nil:
		case aborted:
			t.act.reset(p.reason)
			err = p.reason
		default:
			t.act.o.rt.log.Error("handler panicked", "class", t.act.o.ns.class.name,
				"id", t.act.o.id.String(), "panic", fmt.Sprint(p), "stack", string(debug.Stack()))
			err, crashed = fmt.Errorf("handler panicked: %v", p), true
		}
	}()
	return fn(t), false
}

// flush ends the segment: its writes go to the committer, its outputs to the
// gate. It returns the last commit that what was issued depends on.
func (t *turn) flush() *commit {
	act := t.act
	if !t.writes.empty() {
		t.submit()
	}
	dep := act.last
	if dep != nil && dep.settled() && dep.err == nil {
		act.last, dep = nil, nil
	}
	out := t.out
	t.out = nil
	act.o.gate.push(held{dep: dep, out: out})
	return dep
}

func (t *turn) submit() {
	act := t.act
	written := t.writes
	t.writes = layer{}
	c := &commit{act: act, layer: &written, done: make(chan struct{})}
	c.batch = Batch{ID: act.o.id, Fence: act.fence, Ops: written.ops(), Alarm: written.alarm}
	if a := written.alarm; a != nil {
		if act.alarmRun != nil {
			act.alarmRun.replaced = true
		}
		// Schedule before the commit, so that the scheduler is never later
		// than what is stored; landed schedules again, once it is stored.
		if !a.IsZero() {
			act.o.rt.alarms.note(a.Due)
		}
	}
	act.fence.Head++
	if written.confirmed {
		act.last = c
	}
	act.mu.Lock()
	broken := act.broken
	pending := make([]*commit, 0, len(act.pending)+1)
	act.pending = append(append(pending, act.pending...), c)
	act.mu.Unlock()
	if broken != nil {
		c.finish(broken)
		return
	}
	act.o.rt.committer.submit(c)
}

// flushAndWait ends the segment and returns once it is durable; all says to
// wait for unconfirmed writes too.
func (t *turn) flushAndWait(all bool) error {
	dep := t.flush()
	if all {
		if pending := t.act.inFlight(); len(pending) > 0 {
			dep = pending[len(pending)-1]
		}
	}
	if dep != nil {
		<-dep.done
	}
	return t.act.brokenErr()
}

// errNotTurn: a State was used with a context that isn't its turn's.
var errNotTurn = errors.New("context isn't that of the object's running turn")

// Await runs fn outside the turn, so that other events of the object run
// meanwhile: for whatever waits on something foreign. What was written so far
// is made durable first. On return the turn has been taken back, behind the
// events that arrived; the object's state may have changed. If the object was
// reset meanwhile Await returns an ErrReset. Inside Block, fn keeps the turn.
// fn must not use the State.
func (s *State) Await(ctx context.Context, fn func(ctx context.Context) error) error {
	t := turnFrom(ctx)
	act := s.act
	if t == nil || t.act != act || act.turn != t {
		return errNotTurn
	}
	if len(t.open) > 0 {
		return ErrTxOpen
	}
	if err := t.flushAndWait(false); err != nil {
		return err
	}
	if act.blocked > 0 {
		err := fn(ctx)
		if broken := act.brokenErr(); broken != nil {
			return broken
		}
		return err
	}
	o := act.o
	t.away.Store(true)
	t.release()
	o.mu.Lock()
	o.awaiting++
	if len(o.inbox) > 0 {
		o.rt.wg.Go(o.run)
	} else {
		o.running = false
	}
	o.mu.Unlock()

	err, crashed := t.call(func(*turn) error { return fn(ctx) })

	back := make(chan struct{})
	o.mu.Lock()
	o.awaiting--
	if o.running {
		o.inbox = append(o.inbox, event{name: "await", resume: back})
	} else {
		o.running = true
		close(back)
	}
	o.mu.Unlock()
	<-back
	t.take()
	t.away.Store(false)
	if crashed {
		panic(err)
	}
	if broken := act.brokenErr(); broken != nil {
		return broken
	}
	return err
}

// Block runs fn with the turn held throughout: Await inside it lets no other
// event run. If fn fails or takes longer than Options.StartTimeout, the object
// is reset. Blocks nest, at most MaxBlockDepth deep.
func (s *State) Block(ctx context.Context, fn func(ctx context.Context) error) error {
	act := s.act
	act.mustTurn()
	if act.blocked >= MaxBlockDepth {
		return fmt.Errorf("block: nested too deeply (at most %d)", MaxBlockDepth)
	}
	if act.blocked == 0 {
		limit := act.o.rt.opts.StartTimeout
		overdue := time.AfterFunc(limit, func() { act.reset(fmt.Errorf("block: %w after %v", ErrTimeout, limit)) })
		defer overdue.Stop()
	}
	act.blocked++
	err := fn(ctx)
	act.blocked--
	if err != nil {
		act.reset(err)
	}
	return err
}

// Abort discards what isn't durable and resets the object at once. It doesn't
// return.
func (s *State) Abort(reason error) {
	s.act.mustTurn()
	panic(aborted{reason})
}
