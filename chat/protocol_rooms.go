package chat

// RoomKind is who a room is for.
type RoomKind string

// The kinds of rooms. Those that aren't public are for their members alone.
const (
	KindPublic  RoomKind = "public"  // everybody on the server sees it, reads it and may post
	KindPrivate RoomKind = "private" // for whom its members let in
	KindDirect  RoomKind = "direct"  // of two people, for ever the same
	KindGroup   RoomKind = "group"   // of a few people, all equal
)

// RoomEvent is what happened to a room itself.
type RoomEvent string

// The events of a room.
const (
	EventMemberAdded   RoomEvent = "member_added"
	EventMemberRemoved RoomEvent = "member_removed"
	EventRoleChanged   RoomEvent = "role_changed"
	EventRenamed       RoomEvent = "renamed"
	EventTopicChanged  RoomEvent = "topic_changed"
	EventArchived      RoomEvent = "archived"
	EventUnarchived    RoomEvent = "unarchived"
	EventKindChanged   RoomEvent = "kind_changed"
	EventSlowMode      RoomEvent = "slow_mode"
)

// RoomFrame tells of something that happened to the room itself. It is as durable as a
// message and has a seq of its own.
type RoomFrame struct {
	Type    string    `json:"type" ts:"room"`
	Room    string    `json:"room"`
	Seq     Seq       `json:"seq"`
	Event   RoomEvent `json:"event"`
	By      UserID    `json:"by"` // who did it; "": it isn't known any more
	ByName  string    `json:"byName"`
	User    *User     `json:"user,omitempty"`    // to whom it happened
	Role    Role      `json:"role,omitempty"`    // that they have now
	Invited bool      `json:"invited,omitempty"` // member_added: they came by themselves, by an invitation of who did it
	Name    string    `json:"name,omitempty"`    // renamed
	Topic   *string   `json:"topic,omitempty"`   // topic_changed; "" is none
	Kind    RoomKind  `json:"kind,omitempty"`    // kind_changed
	Seconds *int      `json:"seconds,omitempty"` // slow_mode; 0 is off
	At      int64     `json:"at"`
}

// RoomsFrame says that the person's list of rooms isn't what it was, or their account (their
// role on the server): load it anew.
type RoomsFrame struct {
	Type string `json:"type" ts:"rooms"`
}

func (RoomFrame) serverFrame()  {}
func (RoomsFrame) serverFrame() {}

// Notify is of what in a room a person wants to be told.
type Notify string

// The levels of Notify.
const (
	NotifyDefault  Notify = "" // as they have it for all rooms
	NotifyAll      Notify = "all"
	NotifyMentions Notify = "mentions"
	NotifyNothing  Notify = "nothing"
)

// RoomSummary is a room in a person's list of rooms.
type RoomSummary struct {
	Slug  string   `json:"slug"`
	Name  string   `json:"name"` // of a direct: the other's; "" of a group that has none
	Kind  RoomKind `json:"kind"`
	Topic string   `json:"topic"`
	Head  Seq      `json:"head"`
	// Newest is the seq of the newest message. Where it isn't above Read nothing is unread.
	Newest       Seq    `json:"newest"`
	Read         Seq    `json:"read"`     // how far the person has read; 0: they never looked
	Unread       int    `json:"unread"`   // messages above Read, 0 where all are one's own and the mark wasn't put back; of more than 100 it says 100
	Mentions     int    `json:"mentions"` // those of them that speak to the person, likewise
	Role         Role   `json:"role"`     // of the person in this room
	Notify       Notify `json:"notify"`
	SnoozedUntil int64  `json:"snoozedUntil"` // 0: it isn't
	Favourite    bool   `json:"favourite"`
	Section      string `json:"section"`    // the person's own heading for it; "": none
	ArchivedAt   int64  `json:"archivedAt"` // 0: it isn't
	LastAt       int64  `json:"lastAt"`     // when the newest message was posted; 0: there is none
	People       []User `json:"people"`     // the others of a direct or group, at most 8
}

// RoomList is the rooms of a person, by their slugs.
type RoomList struct {
	Rooms []RoomSummary `json:"rooms"`
}

// RoomInfo is one room: its summary, and more.
type RoomInfo struct {
	Slug         string   `json:"slug"`
	Name         string   `json:"name"`
	Kind         RoomKind `json:"kind"`
	Topic        string   `json:"topic"`
	Head         Seq      `json:"head"`
	Newest       Seq      `json:"newest"` // the newest message
	Read         Seq      `json:"read"`
	Unread       int      `json:"unread"`
	Mentions     int      `json:"mentions"`
	Role         Role     `json:"role"` // of the person who asks: owner, admin, moderator, member, guest or bot
	Notify       Notify   `json:"notify"`
	SnoozedUntil int64    `json:"snoozedUntil"`
	Favourite    bool     `json:"favourite"`
	Section      string   `json:"section"`
	ArchivedAt   int64    `json:"archivedAt"`
	LastAt       int64    `json:"lastAt"`
	People       []User   `json:"people"`

	Stream          string `json:"stream"`
	Joined          bool   `json:"joined"`  // the person is a member
	Members         int    `json:"members"` // how many there are
	Online          int    `json:"online"`  // how many of them have a page open somewhere
	CreatedBy       UserID `json:"createdBy"`
	CreatedAt       int64  `json:"createdAt"`
	SlowModeSeconds int    `json:"slowModeSeconds"` // between two posts of a person; 0: off
	MutedUntil      int64  `json:"mutedUntil"`      // until when the person may not post; 0: they may
}

// ListedRoom is a public room as people find it who look for one.
type ListedRoom struct {
	Slug       string `json:"slug"`
	Name       string `json:"name"`
	Topic      string `json:"topic"`
	Members    int    `json:"members"`
	LastAt     int64  `json:"lastAt"`
	Joined     bool   `json:"joined"`
	ArchivedAt int64  `json:"archivedAt"`
}

// BrowsePage is a piece of the list of public rooms.
type BrowsePage struct {
	Rooms []ListedRoom `json:"rooms"`
	Next  string       `json:"next"` // where the next piece begins; "": there is none
}

// Member is a person in a room.
type Member struct {
	ID         UserID `json:"userId"`
	Name       string `json:"userName"`
	Image      string `json:"userImage,omitempty"`
	Role       Role   `json:"role"`
	JoinedAt   int64  `json:"joinedAt"`   // 0: from the beginning
	MutedUntil int64  `json:"mutedUntil"` // 0: they may post
}

// MemberPage is a piece of the list of a room's members, by their names.
type MemberPage struct {
	Members []Member `json:"members"`
	Count   int      `json:"count"` // of all members
	Next    string   `json:"next"`  // where the next piece begins; "": there is none
}

// RoomSettings is what a person has set for a room for themselves.
type RoomSettings struct {
	Notify       Notify `json:"notify"`
	SnoozedUntil int64  `json:"snoozedUntil"`
	Favourite    bool   `json:"favourite"`
	Section      string `json:"section"`
	Hidden       bool   `json:"hidden"` // a direct or group that was closed; it comes back with the next message
}

// Mute is until when a person may not post in a room.
type Mute struct {
	MutedUntil int64 `json:"mutedUntil"` // 0: they may
}

// Person is a person as everybody may see them.
type Person struct {
	ID        UserID `json:"userId"`
	Name      string `json:"userName"`
	Image     string `json:"userImage,omitempty"`
	Role      Role   `json:"role"` // on the server
	CreatedAt int64  `json:"createdAt"`

	State  State   `json:"state"`
	Status *Status `json:"status,omitempty"`
}
