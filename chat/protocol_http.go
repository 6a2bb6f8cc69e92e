package chat

// What HTTP answers beside Message and Page.

// Version is what a message said before it was edited.
type Version struct {
	Content string `json:"content"`
	Until   int64  `json:"until"` // when it was edited
}

// VersionList is all that a message said before, oldest first.
type VersionList struct {
	Versions []Version `json:"versions"`
}

// ThreadPage is a piece of a thread, oldest first.
type ThreadPage struct {
	Root      Message   `json:"root"`
	Messages  []Message `json:"messages"`
	HasOlder  bool      `json:"hasOlder"`
	HasNewer  bool      `json:"hasNewer"`
	Following bool      `json:"following"`
	Read      Seq       `json:"read"` // the last reply that the person has read
}

// ThreadSummary is a thread that a person follows.
type ThreadSummary struct {
	Room      string  `json:"room"`
	Root      Message `json:"root"`
	Unread    int     `json:"unread"` // replies after Read; of more than 100 it says 100
	Following bool    `json:"following"`
	Read      Seq     `json:"read"`
}

// ThreadList is the threads that a person follows, latest first, at most 50.
type ThreadList struct {
	Threads []ThreadSummary `json:"threads"`
}

// PinList is the pinned messages of a room, those pinned last first.
type PinList struct {
	Messages []Message `json:"messages"`
}

// ReadMark is how far a person has read.
type ReadMark struct {
	Read Seq `json:"read"`
}

// ThreadMark is what a person has to do with a thread.
type ThreadMark struct {
	Following bool `json:"following"`
	Read      Seq  `json:"read"` // the last reply that they have read
}

// Draft is what a person was about to say in a room or a thread. Of two the one that
// was written later counts.
type Draft struct {
	Room      string    `json:"room"`
	Thread    MessageID `json:"thread,omitempty"`
	Content   string    `json:"content"`
	ReplyTo   MessageID `json:"replyTo,omitempty"`
	UpdatedAt int64     `json:"updatedAt"`
}

// DraftList is all drafts of a person, in the rooms that they see.
type DraftList struct {
	Drafts  []Draft        `json:"drafts"`
	Deleted []DeletedDraft `json:"deleted"`
}

// DeletedDraft says since when there is no draft where there was one. Of what is in neither
// list nothing is known: the room may be one that the person doesn't see any more.
type DeletedDraft struct {
	Room      string    `json:"room"`
	Thread    MessageID `json:"thread,omitempty"`
	UpdatedAt int64     `json:"updatedAt"`
}

// PeopleList is people who can be mentioned.
type PeopleList struct {
	People []User `json:"people"`
}

// Settings is what a client must know of how this server is set up.
type Settings struct {
	MaxMessageChars int   `json:"maxMessageChars"`
	MaxFileBytes    int64 `json:"maxFileBytes"` // 0: it takes no files
	MaxFiles        int   `json:"maxFiles"`     // of one message
	Previews        bool  `json:"previews"`

	Server ServerInfo `json:"server"`
}
