package chat

import "time"

// Limits of the protocol, in its own units.
const (
	Level0MaxChars   = 2000 // content of a level 0 post; more closes with 1009
	MaxFrameBytes    = 64 << 10
	maxRefChars      = 64
	maxClientIDChars = 64
	maxNonsense      = 20   // frames that made no sense; one more closes with 1008
	maxListed        = 100  // people in joined and userCount
	maxReplay        = 1000 // events that a join replays; more is a reset
	DefaultPageLimit = 50
	MaxPageLimit     = 200
)

// Limits of what can be done with a message.
const (
	maxEmojis      = 50   // different ones on a message
	maxReactions   = 1000 // of all people to a message: each update repeats them
	maxPins        = 100  // in a room
	maxAttachments = 10
	maxVersions    = 100       // that are kept of a message; the oldest go
	maxReplyUsers  = 5         // that a thread's root names
	maxRepliesRead = 100       // the latest ones, to name them anew
	maxIDChars     = 64        // of a message or an upload
	maxSeq         = 1<<40 - 1 // what a message's id has place for
	// maxMessageBytes is how long a stored message may become: the rest of a stored
	// value is left for what a thread adds to its root.
	maxMessageBytes = 127 << 10
)

// Limits that the protocol leaves open.
const (
	defaultMaxChars   = 10_000
	maxMaxChars       = 16_000    // so that a message, 6 bytes a character at worst, fits into one stored value
	maxImageBytes     = 2048      // a longer userImage (a data URL) is left out: each message repeats it
	maxNameChars      = 100       // a longer userName is cut
	maxSlugChars      = 100       // no room has a longer one
	maxRoomNameChars  = 100       //
	maxReplayBytes    = 12 << 20  // of one join; more is a reset. 1,000 messages of 10,000 ASCII characters fit
	maxPageBytes      = 1 << 20   // of a page of history, as stored; one message always fits
	tailMessages      = 100       // that a room holds in memory for its newest pages, as long as it is awake
	tailBytes         = 64 << 10  // of these; up to twice as many of both in between
	maxKeptPage       = 256 << 10 // bytes of place that are kept for another page
	maxLooked         = 1000      // messages that a page of level 0 looks at for those that aren't deleted
	pageTries         = 4         // of reading a page while retention removes messages under it
	maxSocketsPerUser = 64        // over both levels; one more is closed with 4009
	maxAhead          = 32        // frames of one level 1 socket that wait in a room's inbox
	maxTail           = 100_000   // messages that a room looks at when it wakes, to find who posted lately
	authorChunk       = 1000      // messages that one turn looks at for those of one author
	maxLiveRooms      = 1000      // of a person, whose activity their sockets are told
	maxMentioned      = 100       // people in a room at a time, who are told at once
	maxReaders        = 50        // in a room: of more nobody is told how far others have read
	maxReads          = 20        // members of a room: of more nobody asks how far each has read
	maxSummaries      = 1000      // rooms in a list
	maxFollows        = 1000      // threads that are kept of a person; the oldest go
	maxThreads        = 50        // in a list
	maxUnread         = 100       // replies of a thread that are counted
	maxDrafts         = 200       // of a person
	maxSameSlugs      = 100       // rooms of one name that get a number behind their slug
	maxDraftChars     = 20_000    //
	maxPeople         = 20        // in a list
	maxWatched        = 200       // people of whom a socket is told how they are
	maxStatusChars    = 100       // what a person says of themselves
	maxCachedRooms    = 10_000    // slugs in memory; a full cache starts anew
	maxCachedMembers  = 100_000   // memberships in memory; likewise
	maxEnrolments     = 10_000    // people who wait to become members; of more the next post is waited for
	enrolmentBatch    = 500       // of them in one transaction
	enrolledAtOnce    = 16        // of whom the marks are written at a time: they share the disk's commits
	maxLockUsers      = 32        // who change a room, or wait for that
)

// Limits of rooms.
const (
	maxTopicChars   = 500
	maxSectionChars = 50
	maxGroup        = 9             // people in a group
	maxMade         = 60            // rooms that a person makes in an hour
	maxInvited      = 100           // people whom a new room begins with
	maxSlowMode     = 6 * time.Hour //
	maxMute         = 366 * 24 * time.Hour
	maxPrivate      = 10_000 // members of a room that is made private
	quietJoins      = 100    // members from which on nobody is told that somebody joined
	maxListLimit    = 100    // rooms or members in a piece of a list
)

const (
	statesEvery    = time.Second           // how people are is told at most so often
	leaveGrace     = 10 * time.Second      // a return within it says nothing
	activityEvery  = time.Second           // activity of a room, but for mentions
	typingEvery    = time.Second           // a person's typing is passed on at most so often
	typingFor      = 5 * time.Second       // and is good for so long
	retentionDelay = time.Minute           // how long messages over the count may stay
	retentionChunk = 500                   // messages that one alarm's turn removes
	frameWait      = 40 * time.Second      // for the answer to a frame: longer than the store is given for a commit
	missDelay      = 50 * time.Millisecond // before the answer that there is no such room: nobody tries names in bulk
)

// What people hear of each other in a room grows slower than the room does: each change
// is told to all, so that what it costs grows with the room by itself.
const (
	presenceLeast = 250 * time.Millisecond // between announcements of who is here, up to smallCrowd people
	presenceMost  = 2 * time.Second        // with largeCrowd people and more; it rises evenly in between
	smallCrowd    = 200                    // people; over it level 0 isn't told in words who comes and goes
	nameCrowd     = 1000                   // over it an announcement names maxNamed changes at most
	largeCrowd    = 10_000
	maxNamed      = 100
	typingCrowd   = 50 // over it the typing of maxTypists is passed on at a time
	maxTypists    = 5
)

// What joins replay to one person is paced, over all sockets, as replayed frames
// don't count against a socket's queue: a burst, then so many bytes a second.
const (
	replayBurst     = 16 << 20
	replayPerSecond = 1 << 20
	replayPoll      = 50 * time.Millisecond // how often a join looks whether others have given back
	maxReplayers    = 10_000                // people of whom it is remembered what was replayed
)

// Close codes of the protocol that chat itself sends.
const (
	closeNonsense     = 1008
	closeTooLong      = 1009
	closeFailed       = 1011
	closeTooMany      = 4009
	closeSessionEnded = 4401
	closeReplaced     = 4402
	closeBanned       = 4403
)
