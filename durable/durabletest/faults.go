package durabletest

import (
	"context"
	"errors"
	"math/rand/v2"
	"sync"
	"time"

	"snug/durable"
)

var _ durable.Store = (*Faults)(nil)

// ErrInjected is the error of a fault that names no other.
var ErrInjected = errors.New("injected fault")

// Call names a method of durable.Store.
type Call uint8

// The calls that can meet a fault.
const (
	CallClaim Call = iota
	CallGet
	CallScan
	CallCommit
	CallAlarmsDue
	numCalls
)

// Fault is what one call meets. The zero Fault lets it pass.
type Fault struct {
	Err   error         // what the call returns; nil: what the store says
	Keep  Keep          // what is done in spite of Err
	Delay time.Duration // waited before anything is done
}

// Keep says how much of a call that returns an injected error was done.
type Keep uint8

// What is done of a call that fails. The caller can't tell one from another,
// which is the point: a commit that returned an error may be stored.
const (
	KeepNone Keep = iota // nothing
	KeepSome             // Commit: the first half of its batches; Scan: the first pair
	KeepAll              // everything
)

// Faults is a Store that fails, delays and tears the calls to the one beneath,
// by explicit order (Next, Stall) or by a plan (Hook, Random). It waits on
// channels and timers only, so it can be used within a synctest bubble.
type Faults struct {
	store durable.Store

	mu    sync.Mutex
	seen  [numCalls]int
	next  [numCalls][]Fault
	hook  func(Call, int) Fault
	gate  chan struct{} // closed by Release; nil: commits pass
	stuck int
	last  chan struct{} // closed when the last Commit has its place beneath; nil: there was none
}

// NewFaults wraps store; every call passes until it is told otherwise.
func NewFaults(store durable.Store) *Faults { return &Faults{store: store} }

// Next lets the next calls of the kind meet these faults, one each in order,
// after those that were already set.
func (f *Faults) Next(call Call, faults ...Fault) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.next[call] = append(f.next[call], faults...)
}

// Hook asks fn, one call at a time, for the fault of each call that none was
// set for by Next. The number counts the calls of that kind from 1. A nil fn
// lets them pass.
func (f *Faults) Hook(fn func(call Call, number int) Fault) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.hook = fn
}

// Random returns a hook that fails the given share (0 to 1) of the calls with
// ErrInjected, and keeps none, some or all of what they do. Equal seeds make
// equal plans.
func Random(seed uint64, share float64) func(Call, int) Fault {
	rng := rand.New(rand.NewPCG(seed, 0))
	return func(Call, int) Fault {
		if rng.Float64() >= share {
			return Fault{}
		}
		return Fault{Err: ErrInjected, Keep: Keep(rng.IntN(3))}
	}
}

// Stall holds each Commit from now on, before anything of it is done, until
// Release. Which fault it meets is settled when it goes on. Commit returns all
// the same, and the calls go on in their order.
func (f *Faults) Stall() {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.gate == nil {
		f.gate = make(chan struct{})
	}
}

// Release lets go what Stall holds.
func (f *Faults) Release() {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.gate != nil {
		close(f.gate)
		f.gate = nil
	}
}

// Stalled returns how many commits are held.
func (f *Faults) Stalled() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.stuck
}

// Calls returns how many calls of the kind were made.
func (f *Faults) Calls(call Call) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.seen[call]
}

// pass waits as it must and returns the fault that a call other than Commit
// meets.
func (f *Faults) pass(ctx context.Context, call Call) (Fault, error) {
	f.mu.Lock()
	f.seen[call]++
	number := f.seen[call]
	f.mu.Unlock()
	fault := f.take(call, number)
	return fault, fault.delay(ctx)
}

func (f Fault) delay(ctx context.Context) error {
	if f.Delay <= 0 {
		return nil
	}
	timer := time.NewTimer(f.Delay)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// turn waits until the Commit before has its place and nothing stalls.
func (f *Faults) turn(ctx context.Context, before, gate chan struct{}) error {
	f.addStuck(1)
	defer f.addStuck(-1)
	for _, open := range []chan struct{}{before, gate} {
		if open == nil {
			continue
		}
		select {
		case <-open:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}

func (f *Faults) addStuck(n int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.stuck += n
}

func (f *Faults) take(call Call, number int) Fault {
	f.mu.Lock()
	defer f.mu.Unlock()
	if queue := f.next[call]; len(queue) > 0 {
		f.next[call] = queue[1:]
		return queue[0]
	}
	if f.hook != nil {
		return f.hook(call, number)
	}
	return Fault{}
}

// Claim implements durable.Store.
func (f *Faults) Claim(ctx context.Context, id durable.ID, class, name string) (durable.Record, error) {
	fault, err := f.pass(ctx, CallClaim)
	if err != nil {
		return durable.Record{}, err
	}
	if fault.Err == nil {
		return f.store.Claim(ctx, id, class, name)
	}
	if fault.Keep == KeepAll {
		_, _ = f.store.Claim(ctx, id, class, name)
	}
	return durable.Record{}, fault.Err
}

// Get implements durable.Store.
func (f *Faults) Get(ctx context.Context, id durable.ID, key string) ([]byte, error) {
	fault, err := f.pass(ctx, CallGet)
	if err != nil {
		return nil, err
	}
	if fault.Err != nil {
		return nil, fault.Err
	}
	return f.store.Get(ctx, id, key)
}

// Scan implements durable.Store.
func (f *Faults) Scan(ctx context.Context, id durable.ID, r durable.Range, fn func(key, value []byte) bool) error {
	fault, err := f.pass(ctx, CallScan)
	if err != nil {
		return err
	}
	if fault.Err == nil {
		return f.store.Scan(ctx, id, r, fn)
	}
	switch fault.Keep {
	case KeepSome:
		_ = f.store.Scan(ctx, id, r, func(key, value []byte) bool { fn(key, value); return false })
	case KeepAll:
		_ = f.store.Scan(ctx, id, r, fn)
	case KeepNone:
	}
	return fault.Err
}

// Commit implements durable.Store.
func (f *Faults) Commit(ctx context.Context, batches []durable.Batch) (wait func() ([]error, error)) {
	placed := make(chan struct{})
	f.mu.Lock()
	f.seen[CallCommit]++
	number, before, gate := f.seen[CallCommit], f.last, f.gate
	f.last = placed
	f.mu.Unlock()
	if before != nil && isClosed(before) {
		before = nil
	}
	var fault Fault
	if before == nil && gate == nil {
		if fault = f.take(CallCommit, number); fault.Delay <= 0 {
			wait = f.commit(ctx, batches, fault)
			close(placed)
			return wait
		}
	}
	var beneath func() ([]error, error) // set before placed is closed
	go func() {
		defer close(placed)
		var err error
		if before != nil || gate != nil {
			if err = f.turn(ctx, before, gate); err == nil {
				fault = f.take(CallCommit, number)
			}
		}
		if err == nil {
			err = fault.delay(ctx)
		}
		if err != nil {
			beneath = func() ([]error, error) { return nil, err }
			return
		}
		beneath = f.commit(ctx, batches, fault)
	}()
	return func() ([]error, error) {
		<-placed
		return beneath()
	}
}

func isClosed(c chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}

func (f *Faults) commit(ctx context.Context, batches []durable.Batch, fault Fault) (wait func() ([]error, error)) {
	if fault.Err == nil {
		return f.store.Commit(ctx, batches)
	}
	beneath := func() ([]error, error) { return nil, nil }
	switch fault.Keep {
	case KeepSome:
		beneath = f.store.Commit(ctx, batches[:len(batches)/2])
	case KeepAll:
		beneath = f.store.Commit(ctx, batches)
	case KeepNone:
	}
	return func() ([]error, error) {
		_, _ = beneath()
		return nil, fault.Err
	}
}

// AlarmsDue implements durable.Store.
func (f *Faults) AlarmsDue(ctx context.Context, now time.Time, limit int) ([]durable.Record, time.Time, error) {
	fault, err := f.pass(ctx, CallAlarmsDue)
	if err != nil {
		return nil, time.Time{}, err
	}
	if fault.Err != nil {
		return nil, time.Time{}, fault.Err
	}
	return f.store.AlarmsDue(ctx, now, limit)
}

// Close closes the store beneath; commits that Stall holds find it closed.
func (f *Faults) Close() error {
	err := f.store.Close()
	f.Release()
	return err
}
