package chat

import (
	"math"
	"sync"
	"time"
)

// Rate is how many posts a person may make in any span of a window's length. A
// zero Limit is none.
type Rate struct {
	Limit  int
	Window time.Duration
}

// posts knows when people posted, as far back as the rate's window reaches. It
// counts in the milliseconds that messages bear, so that it can be made anew
// from the stored ones.
type posts struct {
	rate  Rate
	times map[UserID][]int64 // in the order of posting, the last rate.Limit ones
	swept int64              // when people who posted nothing lately were last left out
}

func newPosts(rate Rate) posts { return posts{rate: rate, times: make(map[UserID][]int64)} }

func (p *posts) window() int64 { return p.rate.Window.Milliseconds() }

// pace is a rate over all rooms, for what people do to rooms and not in them.
type pace struct {
	mu    sync.Mutex
	posts posts
}

// take counts something that a person does, or says why they may not yet.
func (p *pace) take(user UserID, now time.Time) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	at := now.UnixMilli()
	if wait := p.posts.wait(user, at); wait > 0 {
		return &Error{Code: CodeRateLimited, Message: "That is too much at once. Wait a moment.", Retry: time.Duration(wait) * time.Millisecond}
	}
	p.posts.took(user, at)
	return nil
}

// wait returns for how many milliseconds from now no post of the person is
// taken. A clock that was set back must not silence anybody for long: a post
// that seems to be more than a window ahead doesn't count.
func (p *posts) wait(user UserID, now int64) int64 {
	if p.rate.Limit <= 0 {
		return 0
	}
	counted, earliest := 0, int64(math.MaxInt64)
	for _, at := range p.times[user] { // rate.Limit ones at most
		if at > now-p.window() && at <= now+p.window() {
			counted++
			earliest = min(earliest, at)
		}
	}
	if counted < p.rate.Limit {
		return 0
	}
	return earliest + p.window() - now
}

// took notes a post.
func (p *posts) took(user UserID, at int64) {
	if p.rate.Limit <= 0 {
		return
	}
	times := append(p.times[user], at)
	p.times[user] = times[max(len(times)-p.rate.Limit, 0):]
	if at-p.swept < p.window() && at >= p.swept {
		return
	}
	p.swept = at
	for id, times := range p.times {
		if times[len(times)-1] <= at-p.window() {
			delete(p.times, id)
		}
	}
}
