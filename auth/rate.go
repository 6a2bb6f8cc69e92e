package auth

import (
	"fmt"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Rate is at most Limit events in any Window. The zero Rate sets no limit.
type Rate struct {
	Limit  int
	Window time.Duration
}

// ParseRate reads "3/10s": three in ten seconds. "0" is no limit.
func ParseRate(s string) (Rate, error) {
	if s == "0" {
		return Rate{}, nil
	}
	count, window, ok := strings.Cut(s, "/")
	n, errN := strconv.Atoi(count)
	d, errD := time.ParseDuration(window)
	if !ok || errN != nil || errD != nil || n <= 0 || d < time.Millisecond {
		return Rate{}, fmt.Errorf("parse rate %q: want a count and a time, as in 3/10s, or 0 for none", s)
	}
	return Rate{Limit: n, Window: d}, nil
}

// String gives what ParseRate reads.
func (r Rate) String() string {
	if r.Limit == 0 {
		return "0"
	}
	window := r.Window.String() // 1m0s, 1h0m0s
	if strings.HasSuffix(window, "m0s") {
		window = strings.TrimSuffix(window, "0s")
	}
	if strings.HasSuffix(window, "h0m") {
		window = strings.TrimSuffix(window, "0m")
	}
	return strconv.Itoa(r.Limit) + "/" + window
}

// A limiter counts tries per key. A key's window begins with its first try and
// ends a fixed time later, so that a patient client is never refused.
type limiter struct {
	rate Rate
	size int

	mu      sync.Mutex
	windows map[string]window
}

type window struct {
	count int
	ends  time.Time
}

func newLimiter(rate Rate, size int) *limiter {
	return &limiter{rate: rate, size: size, windows: map[string]window{}}
}

// allow counts one try of key. If that is one too many it returns the time until
// the next may be made; otherwise 0.
func (l *limiter) allow(key string, now time.Time) time.Duration {
	if l.rate.Limit == 0 {
		return 0
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	w, known := l.windows[key]
	if !known {
		l.makeRoomLocked(now)
	}
	// One that began a whole window from now is from before the clock was set back; one a
	// moment from now is that of a try which came later and was counted first.
	if !known || !now.Before(w.ends) || w.ends.Sub(now) > 2*l.rate.Window {
		w = window{ends: now.Add(l.rate.Window)}
	}
	if w.count >= l.rate.Limit {
		return w.ends.Sub(now)
	}
	w.count++
	l.windows[key] = w
	return 0
}

// forget lets key begin anew.
func (l *limiter) forget(key string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.windows, key)
}

// makeRoomLocked drops the windows that have ended and, if there are none, one at
// random: whoever has so many addresses isn't stopped by counting them, and
// refusing the unknown would let him lock everybody out.
func (l *limiter) makeRoomLocked(now time.Time) {
	if len(l.windows) < l.size {
		return
	}
	for key, w := range l.windows {
		if !now.Before(w.ends) {
			delete(l.windows, key)
		}
	}
	for key := range l.windows {
		if len(l.windows) < l.size {
			return
		}
		delete(l.windows, key)
	}
}
