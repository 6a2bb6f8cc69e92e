package chat

import (
	"sync"
	"time"
)

// replays holds how much joins replayed to each person lately. It runs out at
// replayPerSecond. A join reserves the most that it may replay, so that many at
// once can't pass together, and gives back what it didn't need.
type replays struct {
	mu     sync.Mutex
	byUser map[UserID]*replayed
}

type replayed struct {
	bytes float64
	at    time.Time
}

func newReplays() *replays { return &replays{byUser: make(map[UserID]*replayed)} }

// reserve takes place for one replay, or returns how long to wait before
// asking again.
func (rs *replays) reserve(id UserID, now time.Time) time.Duration {
	rs.mu.Lock()
	defer rs.mu.Unlock()
	r := rs.byUser[id]
	if r == nil {
		rs.sweepLocked(now)
		r = &replayed{at: now}
		rs.byUser[id] = r
	}
	r.drain(now)
	if over := r.bytes + maxReplayBytes - replayBurst; over > 0 {
		return max(time.Duration(over/replayPerSecond*float64(time.Second)), time.Millisecond)
	}
	r.bytes += maxReplayBytes
	return 0
}

// refund gives back bytes that were reserved and not replayed.
func (rs *replays) refund(id UserID, bytes int) {
	rs.mu.Lock()
	defer rs.mu.Unlock()
	if r := rs.byUser[id]; r != nil {
		r.bytes = max(r.bytes-float64(bytes), 0)
	}
}

func (r *replayed) drain(now time.Time) {
	if passed := now.Sub(r.at).Seconds(); passed > 0 {
		r.bytes = max(r.bytes-passed*replayPerSecond, 0)
	}
	r.at = now
}

// sweepLocked forgets those to whom nothing counts any more; where that leaves
// too many, all.
func (rs *replays) sweepLocked(now time.Time) {
	if len(rs.byUser) < maxReplayers {
		return
	}
	for id, r := range rs.byUser {
		if r.drain(now); r.bytes == 0 {
			delete(rs.byUser, id)
		}
	}
	if len(rs.byUser) >= maxReplayers {
		clear(rs.byUser)
	}
}
