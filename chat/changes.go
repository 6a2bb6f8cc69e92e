package chat

// Changes is what a run of a room's events did, for those who follow it.
type Changes struct {
	Stream  string // "": the room has no history yet
	Floor   Seq    // the last seq that retention removed
	Through Seq    // the last of the events
	// Messages are those that the events are about, each once and as it is now. One that
	// is gone for good isn't among them.
	Messages []Message
}
