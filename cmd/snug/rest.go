package main

import (
	"context"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"time"
)

const (
	// restEvery is how often it is looked whether the server is at rest: in that
	// time less than restBytes were allocated. The pings to 20,000
	// people who are connected and silent allocate 1.5 MB.
	restEvery = 5 * time.Second
	restBytes = 4 << 20
	// restShort is how long a rest lasts before memory is given back: by then the
	// rooms that were in use are asleep.
	restShort = 15 * time.Second
	// restLong is how long a rest lasts before the store gives memory back too: that
	// costs it a few writes, which a talk with pauses must not cause each time.
	restLong = time.Minute
	// busyBytes must have been allocated since memory was given back last: else
	// there is nothing to give.
	busyBytes = 8 << 20
)

// rest gives the system back what a busy time has left behind, once it is over: the
// collector itself would do so only minutes later, and the store never.
type rest struct {
	drop func()                           // caches
	trim func(context.Context) (did bool) // the store's memory; if it couldn't, it is asked again
	free func()                           // the collector's
	read func() uint64                    // bytes allocated so far

	last           uint64 // what read said then
	looks          int    // in a row that found the server at rest
	again          bool   // the last one found the store at work: what that allocates is no talk
	freed, trimmed uint64 // what read said when that was done
}

func newRest(drop func(), trim func(context.Context) bool) *rest {
	return &rest{drop: drop, trim: trim, free: free, read: allocated}
}

// run looks until ctx ends.
func (r *rest) run(ctx context.Context) {
	tick := time.NewTicker(restEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			r.look(ctx)
		}
	}
}

func (r *rest) look(ctx context.Context) {
	now := r.read()
	quiet := now-r.last < restBytes || r.again && now-r.last < busyBytes
	r.last, r.again = now, false
	if !quiet {
		r.looks = 0
		return
	}
	r.looks++
	trimmed := false
	if r.looks >= int(restLong/restEvery) && now-r.trimmed >= busyBytes {
		trimmed = r.trim(ctx)
		r.again = !trimmed
	}
	r.last = r.read()
	if !trimmed && (r.looks < int(restShort/restEvery) || now-r.freed < busyBytes) {
		return
	}
	r.drop()
	r.free()
	r.freed = r.read()
	r.last = r.freed
	if trimmed {
		r.trimmed = r.freed
	}
}

// free gives back what nobody uses. What was pooled, and what has cleanups, as the
// store's tables in memory have, outlives the first collection.
func free() {
	runtime.GC()
	debug.FreeOSMemory()
}

func allocated() uint64 {
	sample := []metrics.Sample{{Name: "/gc/heap/allocs:bytes"}}
	metrics.Read(sample)
	return sample[0].Value.Uint64()
}
