package attention

import "time"

const (
	keepFor = 90 * 24 * time.Hour // items of the inbox
	maxKept = 1000                // items of a person, and deliveries
	// maxCalls of a room are kept: whoever is in many rooms has those of all of them to read.
	maxCalls = 200

	// maxReached people hear at once of one message by one reason: those who follow a
	// thread, are in a group, want to know all of a room, or are here. In a room of which
	// more people want to know all they hear of what speaks to them.
	maxReached = 500
	// maxFollowers of a thread are known; more aren't told of it.
	maxFollowers = 500
	// callPage is how many members of a room a call reaches at a time.
	callPage = 500

	defaultPage = 30  // items
	maxPage     = 100 //
	maxCounted  = 100 // mentions in a room
	maxTicked   = 100 // items that are ticked off at once

	textChars = 140 // of a notice
	nameChars = 100 // of what a group is called by its people, as many as a room's name has

	// pushPatience is how long somebody who is looking has to read before they are pushed.
	pushPatience = 30 * time.Second
	// pushLife is how long a push is news.
	pushLife = 12 * time.Hour
	// mailGather is how long mails gather what is missed, and mailEvery how much lies
	// between two of them to one person.
	mailGather = 2 * time.Minute
	mailEvery  = time.Hour
	// mailLater is when a mail is thought of again while the person is there, or wants to
	// be left alone.
	mailLater = 10 * time.Minute
	// mailItems stand in one mail; of more it says how many.
	mailItems = 20
	mailChars = 300 // of each message
	// mailLife is after how long nobody is sent a mail of something any more.
	mailLife = 3 * 24 * time.Hour

	// batch is how many events are looked at before what was found is written, and quick
	// how many where people post meanwhile.
	batch = 500
	quick = 50
	// share is what part of a processor may be taken while people post, and longestPause
	// the longest that is left to others at once.
	share        = 20
	longestPause = 500 * time.Millisecond
	gather       = 50 * time.Millisecond // before what is new is looked at
	failed       = 5 * time.Second       // the time to wait after an error
	maxBehind    = 10_000                // rooms with something new that are remembered one by one
	// flushEvery is how often positions are written where nothing was found.
	flushEvery = 30 * time.Second
	sweepEvery = time.Hour
	sweepRows  = 1000 // that go in one transaction
	dueRows    = 100  // deliveries that are looked at together
)
