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
	context.Context // of the activation; the turn itself is what handlers get

	act    *activation
	writes layer
	open   []*layer // transactions, outermost first
	out    []output
	few    [2]output // of out, where it is short: a post of a chat issues an ack and a broadcast
	holder uint64    // goroutine that has the turn, where Options.Strict
	phase  atomic.Int32
	calls  []*call // that the turn waits for; guarded by waits.mu
}

// Phases of a turn. They say what a call that bears the turn's context is.
const (
	inTurn       = iota // an output, and the turn is held until it returns
	inAwait             // like any other call
	inBlockAwait        // no output, but the turn is held
	turnOver            // like any other call
)

type turnKey struct{}

// Value makes a turn the context that says which turn it is.
func (t *turn) Value(key any) any {
	if key == (turnKey{}) {
		return t
	}
	return t.Context.Value(key)
}

// issue adds to what leaves when the turn's writes are durable.
func (t *turn) issue(out output) {
	t.out = append(t.out, out)
}

func turnFrom(ctx context.Context) *turn {
	t, _ := ctx.Value(turnKey{}).(*turn)
	return t
}

// mustTurn returns the running turn; storage outside of one is a bug that
// would break every promise, so it panics.
func (act *activation) mustTurn() *turn {
	t := act.o.turn.Load()
	if t == nil || t.act != act || t.phase.Load() != inTurn || (act.o.rt.opts.Strict && t.holder != goroutineID()) {
		panic(fmt.Sprintf("durable: %s %s: storage or state used outside a turn", act.o.ns.class.name, act.o.id))
	}
	return t
}

type aborted struct{ reason error }

// crashed is a handler's panic, on its way from the goroutine's Await.
type crashed struct{ err error }

// runTurn runs ev. The caller has the object's turn.
func (act *activation) runTurn(ev event) {
	t := &turn{Context: act.ctx, act: act}
	t.out = t.few[:0]
	t.take()
	if ev.call != nil {
		act.o.rt.waits.runs(ev.call, t)
	}
	err, panicked := t.call(ev.run)
	if panicked {
		// What earlier turns did is sound: let it land before the reset.
		act.awaitAll()
		act.reset(err)
	}
	if broken := act.brokenErr(); broken != nil {
		t.release(turnOver)
		drop(t.out, broken)
		ev.fail(act.o.wrap(ev.name, broken))
		return
	}
	if ev.answer != nil {
		ev.answer(t, err)
	} else if err != nil {
		act.o.rt.log.Warn("event failed", "class", act.o.ns.class.name, "id", act.o.id.String(), "event", ev.name, "cause", err.Error())
	}
	t.flush()
	t.release(turnOver)
}

func (t *turn) take() {
	t.phase.Store(inTurn)
	if t.holder == 0 && t.act.o.rt.opts.Strict {
		t.holder = goroutineID()
	}
	t.act.o.turn.Store(t)
}

func (t *turn) release(phase int32) {
	t.phase.Store(phase)
	if phase != inBlockAwait {
		t.act.o.turn.Store(nil)
	}
}

// bytes is about what the turn has written so far.
func (t *turn) bytes() int {
	n := t.writes.bytes
	for _, open := range t.open {
		n += open.bytes
	}
	return n
}

// call runs fn and turns a panic into an error. panicked says that the
// activation can't be trusted any more.
func (t *turn) call(fn func(*turn) error) (err error, panicked bool) {
	defer func() {
		switch p := recover().(type) {
		case nil:
		case aborted:
			t.act.reset(p.reason)
			err = p.reason
		case crashed:
			err, panicked = p.err, true
		default:
			t.act.o.rt.log.Error("handler panicked", "class", t.act.o.ns.class.name,
				"id", t.act.o.id.String(), "panic", fmt.Sprint(p), "stack", string(debug.Stack()))
			err, panicked = fmt.Errorf("handler panicked: %v", p), true
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
	if dep != nil && dep.settled.Load() && dep.err == nil {
		act.last, dep = nil, nil
	}
	out := t.out
	t.out = nil
	act.o.push(held{dep: dep, out: out})
	return dep
}

func (t *turn) submit() {
	act := t.act
	written := t.writes
	t.writes = layer{}
	c := &commit{act: act, layer: written}
	act.o.rt.work.add()
	c.batch = Batch{ID: act.o.id, Fence: act.fence, Ops: written.ops(), Alarm: written.alarm}
	if written.alarm != nil && act.alarmRun != nil {
		act.alarmRun.replaced = true
	}
	act.fence.Head++
	if written.confirmed {
		act.last = c
	}
	act.mu.Lock()
	broken := act.broken
	act.pending = append(act.pending, c)
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
		t.act.awaitAll()
	} else if dep != nil {
		dep.await()
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
	if t == nil || t.act != act || t.phase.Load() != inTurn {
		return errNotTurn
	}
	if len(t.open) > 0 {
		return ErrTxOpen
	}
	if err := t.flushAndWait(false); err != nil {
		return err
	}
	var err error
	var panicked bool
	if act.blocked > 0 {
		t.release(inBlockAwait)
		err, panicked = t.call(func(*turn) error { return fn(ctx) })
	} else {
		t.release(inAwait)
		act.o.passTurn()
		err, panicked = t.call(func(*turn) error { return fn(ctx) })
		act.o.retakeTurn()
	}
	t.take()
	if panicked {
		panic(crashed{err})
	}
	if broken := act.brokenErr(); broken != nil {
		return broken
	}
	return err
}

// passTurn lets other events run; the handler is no longer the runner.
func (o *object) passTurn() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.awaiting++
	if len(o.inbox) > 0 {
		o.rt.run(o)
	} else {
		o.running = false
	}
}

// retakeTurn makes the handler the runner again, behind what has arrived.
func (o *object) retakeTurn() {
	o.mu.Lock()
	o.awaiting--
	o.wakeOneLocked()
	if !o.running {
		o.running = true
		o.mu.Unlock()
		return
	}
	back := make(chan struct{})
	o.inbox = append(o.inbox, event{name: "await", resume: back})
	o.mu.Unlock()
	<-back
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

// Abort discards what the turn wrote, and of earlier turns what isn't on its way to
// the disk yet, and resets the object at once. It doesn't return.
func (s *State) Abort(reason error) {
	s.act.mustTurn()
	panic(aborted{reason})
}
