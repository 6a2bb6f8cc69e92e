package durable

import (
	"context"
	"fmt"
	"sync"
	"time"
)

// AlarmInfo tells an alarm's handler which run this is. A run that returns an
// error is repeated after 2 s, 4 s, 8 s, … at most 6 times; then the alarm is
// given up, unless a new one was set. Retries survive a restart. Runs that
// failed because the storage did aren't counted.
type AlarmInfo struct {
	Scheduled time.Time // what SetAlarm asked for
	Retries   int       // runs that failed before this one
}

type alarmRun struct{ replaced bool }

// alarmSlot returns the slot as the turn sees it.
func (act *activation) alarmSlot() Alarm {
	t := act.mustTurn()
	for i := len(t.open) - 1; i >= 0; i-- {
		if t.open[i].alarm != nil {
			return *t.open[i].alarm
		}
	}
	if t.writes.alarm != nil {
		return *t.writes.alarm
	}
	if act.alarmRun != nil && !act.alarmRun.replaced {
		return Alarm{}
	}
	act.mu.Lock()
	defer act.mu.Unlock()
	for i := len(act.pending) - 1; i >= 0; i-- {
		if a := act.pending[i].layer.alarm; a != nil {
			return *a
		}
	}
	return act.alarm
}

// runAlarm is the body of an alarm event. counted reports that it has stored
// what comes of a run, be it a retry.
func (act *activation) runAlarm(t *turn) (counted bool) {
	rt := act.o.rt
	slot := act.alarmSlot()
	if slot.IsZero() || act.alarmRun != nil {
		return false
	}
	if slot.Due.After(rt.opts.Now()) {
		rt.alarms.note(slot.Due)
		return false
	}
	handler, ok := act.obj.(AlarmHandler)
	if !ok {
		rt.log.Error("alarm of a class without a handler dropped", "class", act.o.ns.class.name, "id", act.o.id.String())
		t.writes.alarm, t.writes.confirmed = &Alarm{}, true
		return false
	}
	run := &alarmRun{}
	act.alarmRun = run
	ctx, cancel := context.WithTimeout(t, alarmWallLimit)
	defer cancel()
	err, panicked := t.call(func(*turn) error {
		return handler.Alarm(ctx, AlarmInfo{Scheduled: slot.Scheduled, Retries: slot.Retries})
	})
	act.alarmRun = nil
	if act.brokenErr() != nil {
		return false
	}
	if panicked {
		// What it wrote since its last Await is undone, as any turn's that panics.
		drop(t.out, err)
		t.writes, t.out = layer{}, nil
	}
	// Where the handler, or a turn during its Await, set the slot anew, that stands.
	if !run.replaced && t.writes.alarm == nil {
		t.writes.alarm = act.afterRun(slot, err)
	}
	t.writes.confirmed = true
	if !panicked {
		return false
	}
	if t.flushAndWait(true) != nil {
		return false
	}
	act.reset(err)
	return true
}

// afterRun returns the slot as a run leaves it.
func (act *activation) afterRun(slot Alarm, err error) *Alarm {
	if err == nil {
		return &Alarm{}
	}
	log := act.o.rt.log.With("class", act.o.ns.class.name, "id", act.o.id.String(), "retries", slot.Retries, "cause", err.Error())
	if slot.Retries >= alarmMaxRetries {
		log.Error("alarm given up")
		return &Alarm{}
	}
	delay := alarmRetryBase << slot.Retries
	log.Warn("alarm failed", "retry_in", delay.String())
	return &Alarm{Due: ceilMilli(act.o.rt.opts.Now().Add(delay)), Scheduled: slot.Scheduled, Retries: slot.Retries + 1}
}

// scheduler wakes objects for their alarms. The truth is the store's index of
// due alarms; the scheduler only keeps the earliest time at which to look, which
// is never later than the earliest stored alarm: each alarm is noted once its
// commit has come back from the store, successfully or not.
type scheduler struct {
	rt    *Runtime
	wake  chan struct{} // capacity 1
	done  chan struct{}
	slots chan struct{} // bounds the handlers that run at once

	mu      sync.Mutex
	next    time.Time          // zero: nothing to look for
	running map[ID]bool        // dispatched and not done; true: was seen due again meanwhile
	held    map[ID]holdOff     // objects whose alarm could not run
	stop    context.CancelFunc // ends run
}

type holdOff struct {
	until time.Time
	delay time.Duration
}

// lookAgain bounds how long the scheduler trusts a timer, so that a wall clock
// that was set forward is noticed.
const lookAgain = time.Minute

func newScheduler(rt *Runtime) *scheduler {
	ctx, stop := context.WithCancel(rt.ctx)
	s := &scheduler{
		rt: rt, wake: make(chan struct{}, 1), done: make(chan struct{}), stop: stop,
		slots:   make(chan struct{}, rt.opts.AlarmsAtOnce),
		running: make(map[ID]bool), held: make(map[ID]holdOff),
		next: rt.opts.Now(), // what became due while nobody ran
	}
	go s.run(ctx)
	return s
}

// note makes the scheduler look at the store no later than at.
func (s *scheduler) note(at time.Time) {
	s.mu.Lock()
	earlier := s.next.IsZero() || at.Before(s.next)
	if earlier {
		s.next = at
	}
	s.mu.Unlock()
	if earlier {
		select {
		case s.wake <- struct{}{}:
		default:
		}
	}
}

func (s *scheduler) close() {
	s.stop()
	<-s.done
}

func (s *scheduler) run(ctx context.Context) {
	defer close(s.done)
	for {
		s.mu.Lock()
		next := s.next
		s.mu.Unlock()
		wait := lookAgain
		if !next.IsZero() {
			wait = min(wait, next.Sub(s.rt.opts.Now()))
		}
		if wait > 0 {
			timer := time.NewTimer(wait)
			select {
			case <-ctx.Done():
				timer.Stop()
				return
			case <-s.wake:
				timer.Stop()
			case <-timer.C:
			}
			continue
		}
		if !s.dispatch(ctx) {
			return
		}
	}
}

// dispatch starts what is due. It waits for a free slot, and so reads no more
// than can run.
func (s *scheduler) dispatch(ctx context.Context) bool {
	s.mu.Lock()
	s.next = time.Time{}
	busy := len(s.running) + len(s.held)
	s.mu.Unlock()
	now := s.rt.opts.Now()
	due, next, err := s.rt.opts.Store.AlarmsDue(ctx, now, busy+cap(s.slots))
	if err != nil {
		if ctx.Err() != nil {
			return false
		}
		s.rt.log.Error("alarms can't be read", "cause", err.Error())
		s.note(now.Add(alarmRetryBase))
		return true
	}
	for _, record := range due {
		s.mu.Lock()
		_, running := s.running[record.ID]
		hold, held := s.held[record.ID]
		free := !running && !(held && hold.until.After(now))
		if free || running {
			s.running[record.ID] = running
		}
		s.mu.Unlock()
		if held && !running && !free {
			s.note(hold.until)
		}
		if !free {
			continue
		}
		select {
		case s.slots <- struct{}{}:
		case <-ctx.Done():
			return false
		}
		s.start(record)
	}
	if !next.IsZero() {
		s.note(next)
	}
	return true
}

func (s *scheduler) start(record Record) {
	ns := s.rt.namespace(record.Class)
	if ns == nil {
		s.finished(record.ID, fmt.Errorf("class %s isn't registered", record.Class))
		return
	}
	stub := &Stub{ns: ns, id: record.ID, name: record.Name}
	counted := false
	err := stub.enqueue(event{
		name: "alarm",
		run: func(t *turn) error {
			counted = t.act.runAlarm(t)
			return nil
		},
		answer: func(t *turn, _ error) {
			t.issue(output{
				do:   func() { s.finished(record.ID, nil) },
				drop: func(err error) { s.finished(record.ID, err) },
			})
		},
		refuse: func(err error) {
			if counted {
				err = nil
			}
			s.finished(record.ID, err)
		},
	}, true)
	if err != nil {
		s.finished(record.ID, err)
	}
}

// finished frees the slot. Where the run could not be made durable the alarm
// is still stored: it is tried again after a growing delay, uncounted.
func (s *scheduler) finished(id ID, err error) {
	again := s.rt.opts.Now()
	s.mu.Lock()
	look := s.running[id]
	delete(s.running, id)
	if err == nil {
		delete(s.held, id)
	} else {
		delay := min(max(2*s.held[id].delay, alarmRetryBase), alarmBackoffCap)
		again = again.Add(delay)
		s.held[id] = holdOff{again, delay}
		look = true
	}
	s.mu.Unlock()
	<-s.slots
	if look {
		s.note(again)
	}
}

// retryHeld looks at once at what was held back, as a class was added.
func (s *scheduler) retryHeld() {
	s.mu.Lock()
	clear(s.held)
	s.mu.Unlock()
	s.note(s.rt.opts.Now())
}
