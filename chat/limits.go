package chat

import "time"

// Limits of the protocol, in its own units.
const (
	Level0MaxChars    = 2000 // content of a level 0 post; more closes with 1009
	MaxFrameBytes     = 64 << 10
	maxRefChars       = 64
	maxClientIDChars  = 64
	maxNonsense       = 20   // frames that made no sense; one more closes with 1008
	maxListed         = 100  // people in joined and userCount
	maxReplay         = 1000 // events that a join replays; more is a reset
	maxReplayBytes    = 4 << 20
	DefaultPageLimit  = 50
	MaxPageLimit      = 200
	maxSocketsPerUser = 64 // over both levels; one more is closed with 4009
)

const (
	presenceEvery  = 250 * time.Millisecond // at most 4 presence frames a second
	leaveGrace     = 10 * time.Second       // a return within it says nothing
	typingEvery    = time.Second            // a person's typing is passed on at most so often
	retentionDelay = time.Minute            // how long messages over the count may stay
	retentionChunk = 500                    // messages that one alarm's turn removes
)

// Close codes of the protocol that chat itself sends.
const (
	closeNonsense     = 1008
	closeTooLong      = 1009
	closeTooMany      = 4009
	closeSessionEnded = 4401
)
