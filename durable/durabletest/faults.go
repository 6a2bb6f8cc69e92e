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
// Release. Which fault it meets is settled when it goes on.
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

// pass waits as it must and returns the fault that the call meets.
func (f *Faults) pass(ctx context.Context, call Call) (Fault, error) {
	f.mu.Lock()
	f.seen[call]++
	number, gate := f.seen[call], f.gate
	f.mu.Unlock()

	if gate != nil && call == CallCommit {
		f.addStuck(1)
		defer f.addStuck(-1)
		select {
		case <-gate:
		case <-ctx.Done():
			return Fault{}, ctx.Err()
		}
	}
	fault := f.take(call, number)
	if fault.Delay > 0 {
		timer := time.NewTimer(fault.Delay)
		defer timer.Stop()
		select {
		case <-timer.C:
		case <-ctx.Done():
			return Fault{}, ctx.Err()
		}
	}
	return fault, nil
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
func (f *Faults) Commit(ctx context.Context, batches []durable.Batch) ([]error, error) {
	fault, err := f.pass(ctx, CallCommit)
	if err != nil {
		return nil, err
	}
	if fault.Err == nil {
		return f.store.Commit(ctx, batches)
	}
	switch fault.Keep {
	case KeepSome:
		_, _ = f.store.Commit(ctx, batches[:len(batches)/2])
	case KeepAll:
		_, _ = f.store.Commit(ctx, batches)
	case KeepNone:
	}
	return nil, fault.Err
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
