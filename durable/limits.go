package durable

import "time"

// Limits of the storage interface. A write over one of them is refused and
// leaves the object as it was.
const (
	MaxKeyBytes     = 2048      // as the platform whose semantics this follows
	MaxValueBytes   = 128 << 10 // "
	MaxKeysPerCall  = 128       // GetMany, PutMany, DeleteMany
	MaxTurnBytes    = 64 << 20  // of keys and values that one turn puts: it must fit into one batch of the store
	MaxNameBytes    = 1024      // a longer name works but isn't kept
	MaxBlockDepth   = 64        // nested State.Block
	MaxPendingTurns = 256       // commits of one object that wait for the disk; the next turn then waits too
)

// Limits of sockets.
const (
	MaxTags            = 10       // per socket and object
	MaxTagBytes        = 256      //
	MaxAttachmentBytes = 16 << 10 //
	MaxAutoResponse    = 2048     // bytes, request and response each
	MaxSocketsPerObj   = 32768    //
	MaxCloseReason     = 123      // bytes, RFC 6455 §5.5
	socketBacklog      = 64       // frames of one socket that wait in an inbox; then its reader pauses
)

// Alarm retries: 2 s, doubled each time, at most 6 counted tries.
const (
	alarmRetryBase  = 2 * time.Second
	alarmMaxRetries = 6
	alarmWallLimit  = 15 * time.Minute
	alarmBackoffCap = 1024 * time.Second // for failures that aren't the handler's: not counted
)

const (
	maxGroup      = 4096     // commits in one group
	maxGroupBytes = 16 << 20 // bytes of values in one group
	closeWait     = 5 * time.Second
	writeWait     = 30 * time.Second // one write to a socket that takes nothing
	maxReleased   = 256              // turns whose broadcasts are joined
	// maxReleasedFrames to sockets are queued by who happens to let outputs out.
	maxReleasedFrames = 4096
	maxInFlight       = 8                       // groups that wait for the disk at once
	maxGather         = 1500 * time.Microsecond // for how long a group gathers at most
)
