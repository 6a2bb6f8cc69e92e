package push

import "time"

const (
	// maxDevices of a person; the one that subscribed longest ago goes.
	maxDevices = 16
	// maxEndpoint bytes are in the address of a subscription; they are some 200.
	maxEndpoint = 2000
	// maxQueue pushes wait at once, of maxPayload each at most.
	maxQueue = 4000
	// maxWaiting of them are one person's; of more the oldest go. Whoever has others write
	// to them, at a push service of their own that never answers, doesn't fill the queue.
	maxWaiting = 200
	// workers send at once, each for another person: whoever's push service answers
	// slowly keeps one of them.
	workers = 8
	// maxAttempts of a push, and maxPause the longest between two that a service may ask for.
	maxAttempts = 5
	maxPause    = time.Hour
	// maxTTL is the longest that a push service is asked to keep a push.
	maxTTL = 24 * time.Hour
)

// pauseAfter is how long to wait after that failed attempt, from 1, if the push service
// doesn't say.
func pauseAfter(attempt int) time.Duration {
	pauses := [...]time.Duration{5 * time.Second, 30 * time.Second, 2 * time.Minute, 10 * time.Minute}
	return pauses[min(attempt, len(pauses))-1]
}
