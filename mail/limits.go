package mail

import "time"

const (
	// maxQueue mails wait at once: more than a server of people signs in within the
	// quarter of an hour that its mail server may be away.
	maxQueue = 1000
	// maxBody is Text and HTML of one mail together, in bytes; maxQueue of them fit
	// into memory.
	maxBody = 64 << 10
	// maxSubject in bytes, so that no header line nears the 998 of RFC 5322. Package line
	// cuts subjects down to that.
	maxSubject = 255
	// maxAddress in bytes: what SMTP can deliver to.
	maxAddress = 254

	// defaultTimeout of a step. Servers that want to be sure of a client's patience
	// wait up to half of that before they greet.
	defaultTimeout = 30 * time.Second
	// finalFactor lengthens the time-out of the reply that takes a mail over. Servers
	// scan the mail then, and giving up on them sends it twice.
	finalFactor = 5
	// quitWait is how long a server may take to say goodbye.
	quitWait = 2 * time.Second
	// maxReply bytes are read in one step, TLS handshake included.
	maxReply = 64 << 10

	// idleAfter is how long a connection without mails is kept: through a burst, and
	// well below the 5 minutes that servers wait.
	idleAfter = 10 * time.Second
	// maxPerSession mails go over one connection; servers dislike longer ones.
	maxPerSession = 100
)

// pauseAfter returns the pause after that failed attempt, from 1; false where
// that was the last. A quarter of an hour gets over a restart of the mail server
// and over greylisting; links are stale by then.
func pauseAfter(attempt int) (time.Duration, bool) {
	pauses := [...]time.Duration{5 * time.Second, 30 * time.Second, 2 * time.Minute, 10 * time.Minute}
	if attempt > len(pauses) {
		return 0, false
	}
	return pauses[attempt-1], true
}
