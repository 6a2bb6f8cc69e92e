package durable

import (
	"sync"
	"time"
)

// idleQueue has the objects that may be evicted, about in the order in which they
// became idle: each is entered once, and looked at when it has come to the front.
type idleQueue struct {
	mu          sync.Mutex
	first, last *object
	length      int
}

func (q *idleQueue) push(o *object) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.first == nil {
		q.first = o
	} else {
		q.last.behind = o
	}
	q.last = o
	q.length++
}

// pop returns the first object if the queue is longer than that; nil: it isn't.
func (q *idleQueue) pop(longer int) *object {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.length <= longer {
		return nil
	}
	o := q.first
	q.first, o.behind = o.behind, nil
	if q.first == nil {
		q.last = nil
	}
	q.length--
	return o
}

func (q *idleQueue) len() int {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.length
}

// sweep evicts objects that were idle for Options.IdleTimeout, within a quarter of
// that time.
func (rt *Runtime) sweep() {
	tick := time.NewTicker(max(rt.opts.IdleTimeout/4, time.Millisecond))
	defer tick.Stop()
	for {
		select {
		case <-rt.stop:
			return
		case <-tick.C:
			rt.evictIdle(time.Now().Add(-rt.opts.IdleTimeout))
			rt.workers.trim(false)
		}
	}
}

func (rt *Runtime) evictIdle(before time.Time) {
	for range rt.idle.len() {
		o := rt.idle.pop(0)
		if o == nil {
			return
		}
		if o.evict(func() bool { return !o.idleSince.After(before) }) {
			rt.idle.push(o)
		}
	}
	rt.evictOver(rt.idle.len())
}

// secondChances is how many objects are passed over at most, as they were used again
// since they were listed, before the next is evicted all the same.
const secondChances = 3

// evictOver evicts what is over Options.IdleObjects, and looks at no more than so many
// objects for it. Whoever lists an object calls it: so it is a part of the price of a
// wake, not of a turn. What it leaves, as much was under way, the sweep finds.
func (rt *Runtime) evictOver(looks int) {
	chances := min(secondChances, rt.opts.IdleObjects-1) // never all: the newest would go
	for range looks {
		o := rt.idle.pop(rt.opts.IdleObjects)
		if o == nil {
			return
		}
		keep := o.evict(func() bool {
			if o.used && chances > 0 {
				o.used = false
				chances--
				return false
			}
			return true
		})
		if keep {
			rt.idle.push(o)
		}
	}
}
