package chat

// AuditAction is something that is kept in the audit log.
type AuditAction string

// The actions of the audit log. What stands behind one is AuditEntry.Detail.
const (
	AuditRoomMade        AuditAction = "room_made"        // kind
	AuditRoomRenamed     AuditAction = "room_renamed"     // the name before
	AuditTopicChanged    AuditAction = "topic_changed"    // topic
	AuditKindChanged     AuditAction = "kind_changed"     // kind
	AuditSlowModeSet     AuditAction = "slow_mode_set"    // seconds; 0: off
	AuditRoomArchived    AuditAction = "room_archived"    //
	AuditRoomUnarchived  AuditAction = "room_unarchived"  //
	AuditRoomDeleted     AuditAction = "room_deleted"     //
	AuditMemberAdded     AuditAction = "member_added"     // role
	AuditMemberInvited   AuditAction = "member_invited"   // role; the user came by an invitation of who did it
	AuditMemberRemoved   AuditAction = "member_removed"   //
	AuditRoleSet         AuditAction = "role_set"         // role in the room
	AuditMuted           AuditAction = "muted"            // seconds
	AuditUnmuted         AuditAction = "unmuted"          //
	AuditMessageDeleted  AuditAction = "message_deleted"  // by somebody else than its author
	AuditMessagesDeleted AuditAction = "messages_deleted" // all of a person: in the room, or with a ban everywhere
	AuditReportHandled   AuditAction = "report_handled"   // note
	AuditReportDismissed AuditAction = "report_dismissed" // note
	AuditBanned          AuditAction = "banned"           // reason
	AuditUnbanned        AuditAction = "unbanned"         //
	AuditServerRoleSet   AuditAction = "server_role_set"  // role on the server
	AuditSignedOut       AuditAction = "signed_out"       // all sessions of the person ended
	AuditInviteMade      AuditAction = "invite_made"      // for how many people, a space, for how many seconds; to the server, or into a room
	AuditInviteRevoked   AuditAction = "invite_revoked"   // the user had made it, if it is one of somebody else
	AuditInviteUsed      AuditAction = "invite_used"      // the user made an account by one that who did it had made
	AuditServerRenamed   AuditAction = "server_renamed"   // the new name
	AuditServerDescribed AuditAction = "server_described" // the new description
)

// AuditEntry is a line of the audit log. Names are what they were then.
type AuditEntry struct {
	ID        int64       `json:"id"` // rises with time
	At        int64       `json:"at"`
	Action    AuditAction `json:"action"`
	By        User        `json:"by"`       // without an id: whoever runs the server
	Room      string      `json:"room"`     // slug; "": of the server, or the room is gone
	RoomName  string      `json:"roomName"` // "": of the server
	User      *User       `json:"user,omitempty"`
	MessageID MessageID   `json:"messageId,omitempty"`
	Detail    string      `json:"detail,omitempty"` // by Action
}

// AuditPage is a piece of the audit log, the latest first.
type AuditPage struct {
	Entries  []AuditEntry `json:"entries"`
	HasOlder bool         `json:"hasOlder"`
}

// BannedPerson is somebody who is kept out of the server.
type BannedPerson struct {
	ID       UserID `json:"userId"`
	Name     string `json:"userName"`
	Image    string `json:"userImage,omitempty"`
	Role     Role   `json:"role"` // on the server
	BannedAt int64  `json:"bannedAt"`
	Reason   string `json:"reason,omitempty"`
}

// BannedPage is a piece of those who are banned, the latest first.
type BannedPage struct {
	People []BannedPerson `json:"people"`
	Next   string         `json:"next"` // of the next piece; "": there is none
}

// ReportState is what became of a report.
type ReportState string

// The states of a report.
const (
	ReportOpen      ReportState = "open"
	ReportHandled   ReportState = "handled"
	ReportDismissed ReportState = "dismissed"
)

// Report is a message that somebody reported to those who moderate.
type Report struct {
	ID int64 `json:"id"`
	At int64 `json:"at"`
	// Room is empty where who reads this doesn't see the room: they have the message alone.
	Room       string      `json:"room"`
	RoomName   string      `json:"roomName"`
	Message    Message     `json:"message"` // as it was when it was reported
	ReportedBy User        `json:"reportedBy"`
	Reason     string      `json:"reason"`
	State      ReportState `json:"state"`
	Note       string      `json:"note,omitempty"`
	ClosedAt   int64       `json:"closedAt,omitempty"`
	ClosedBy   *User       `json:"closedBy,omitempty"`
}

// ReportPage is a piece of the reports, the latest first.
type ReportPage struct {
	Reports  []Report `json:"reports"`
	HasOlder bool     `json:"hasOlder"`
	// Open is how many of all that the person may see nobody has closed; of more than 100 it says 100.
	Open int `json:"open"`
}

// ReportsFrame tells those who moderate that reports came or were closed: ask for them anew.
type ReportsFrame struct {
	Type string `json:"type" ts:"reports"`
}

func (ReportsFrame) serverFrame() {}
