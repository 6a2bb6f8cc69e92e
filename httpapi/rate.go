package httpapi

import (
	"sync"
	"time"
)

// Rate is Count events in any Per; the zero Rate is no limit.
type Rate struct {
	Count int
	Per   time.Duration
}

// limiter lets each key through Count times at once and then every Per/Count.
// It keeps one time per key: that at which its allowance is whole again.
type limiter struct {
	rate Rate
	size int

	mu    sync.Mutex
	whole map[string]time.Time
}

func newLimiter(rate Rate, size int) *limiter {
	return &limiter{rate: rate, size: size, whole: map[string]time.Time{}}
}

// take uses one of key's allowance; if there is none it returns how long to wait.
func (l *limiter) take(key string, now time.Time) (wait time.Duration) {
	if l.rate.Count == 0 {
		return 0
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	each := l.rate.Per / time.Duration(l.rate.Count)
	whole := l.whole[key]
	if whole.Before(now) {
		whole = now
	}
	whole = whole.Add(each)
	if wait := whole.Sub(now) - l.rate.Per; wait > 0 {
		return wait
	}
	if _, known := l.whole[key]; !known {
		l.makeRoomLocked(now)
	}
	l.whole[key] = whole
	return 0
}

// makeRoomLocked forgets the keys that have waited enough and, if that is none,
// any one: refusing the unknown would let whoever has many addresses lock
// everyone else out.
func (l *limiter) makeRoomLocked(now time.Time) {
	if len(l.whole) < l.size {
		return
	}
	for key, whole := range l.whole {
		if whole.Before(now) {
			delete(l.whole, key)
		}
	}
	for key := range l.whole {
		if len(l.whole) < l.size {
			return
		}
		delete(l.whole, key)
	}
}
