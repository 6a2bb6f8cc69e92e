package chat

// The frames of the wire protocol, both ways. They are the one definition:
// web/src/realtime/wire.gen.ts is made from them (go generate ./chat).
// Times are Unix milliseconds; lengths of text are counted in code points. Those of rooms
// themselves are in protocol_rooms.go, what HTTP answers beside them in protocol_http.go.

//go:generate go run ../internal/tsgen -out ../web/src/realtime/wire.gen.ts

// Subprotocol is the level 1 WebSocket subprotocol.
const Subprotocol = "chat.v1"

// ProtocolVersion is what hello announces.
const ProtocolVersion = 1

// Seq numbers the durable events of one room: 1, 2, 3, … without a gap. It is
// the only order of a room.
type Seq uint64

// RoomID, UserID, MessageID and ClientID are kept apart so that swapped
// arguments don't compile.
type (
	RoomID    string // opaque; the name of the room's object
	UserID    string // opaque; minted by auth
	MessageID string // UUID version 7, minted by the room
	ClientID  string // 1 to 64 characters, minted by the sender
)

// MessageType tells what people wrote from what the room says itself.
type MessageType string

// The types of message.
const (
	TypeText   MessageType = "text"
	TypeSystem MessageType = "system"
)

// User is how a person appears in frames.
type User struct {
	ID     UserID  `json:"userId"`
	Name   string  `json:"userName"`
	Image  string  `json:"userImage,omitempty"`
	State  State   `json:"state,omitempty"` // away or dnd; left out: online, or nothing that was asked for
	Status *Status `json:"status,omitempty"`
}

// Message is a message as every client sees it, as it is now. A system message has
// no Seq: it is live only. Of a deleted one there is left who wrote it and when, its
// place, and the thread that it is in or began.
type Message struct {
	ID        MessageID   `json:"id"`
	UserID    UserID      `json:"userId"`
	UserName  string      `json:"userName"`
	UserImage string      `json:"userImage,omitempty"`
	Content   string      `json:"content"`
	Timestamp int64       `json:"timestamp"`
	Type      MessageType `json:"type"`
	Seq       Seq         `json:"seq,omitempty"` // of its posting
	ClientID  ClientID    `json:"clientId,omitempty"`

	EditedAt    int64        `json:"editedAt,omitempty"`
	DeletedAt   int64        `json:"deletedAt,omitempty"`
	ReplyTo     MessageID    `json:"replyTo,omitempty"` // the message that it answers
	Thread      MessageID    `json:"thread,omitempty"`  // the root of the thread that it is in
	Reactions   Reactions    `json:"reactions,omitempty" tstype:"Record<string, UserID[]>"`
	Pinned      bool         `json:"pinned,omitempty"`
	Attachments []Attachment `json:"attachments,omitempty"`
	Replies     *Replies     `json:"replies,omitempty"` // on the root of a thread
	Previews    []Preview    `json:"previews,omitempty"`
}

// Attachment is a file of a message.
type Attachment struct {
	ID        string `json:"id"`
	Name      string `json:"name"`
	MIME      string `json:"mime"`
	Size      int64  `json:"size"`                // bytes
	Width     int    `json:"width"`               // pixels; 0: it has none, or none that is known
	Height    int    `json:"height"`              //
	URL       string `json:"url"`                 // a path on this server
	Thumbnail string `json:"thumbnail,omitempty"` // likewise
	Blurhash  string `json:"blurhash,omitempty"`
	Duration  int64  `json:"duration,omitempty"` // milliseconds
}

// Replies tells of the thread that a message began. A reply takes no seq for the
// change of its root: clients count replies whose seq is above LastSeq and that aren't
// deleted. That one is deleted they needn't count: an update of the root follows it.
type Replies struct {
	Count   int      `json:"count"` // that aren't deleted
	LastSeq Seq      `json:"lastSeq"`
	LastAt  int64    `json:"lastAt"`
	Users   []UserID `json:"users"` // who replied, latest first, at most 5
}

// Preview is what a link in a message leads to.
type Preview struct {
	URL         string `json:"url"` // as it stands in the message
	Title       string `json:"title,omitempty"`
	Description string `json:"description,omitempty"`
	Site        string `json:"site,omitempty"`
	Image       string `json:"image,omitempty"` // a path on this server
	Width       int    `json:"width,omitempty"` // of the image, pixels
	Height      int    `json:"height,omitempty"`
}

// Page is a piece of a room's history, oldest first.
type Page struct {
	Stream   string    `json:"stream"`
	Head     Seq       `json:"head"`
	HasOlder bool      `json:"hasOlder"`
	HasNewer bool      `json:"hasNewer"`
	Messages []Message `json:"messages"`
}

// ClientFrame is any frame a client sends; which fields count depends on Type.
type ClientFrame struct {
	Type     string   `json:"type"`
	Ref      string   `json:"ref,omitempty"` // at most 64 characters; the reply carries it
	Room     string   `json:"room,omitempty"`
	Stream   string   `json:"stream,omitempty"`
	After    *Seq     `json:"after,omitempty"`
	ClientID ClientID `json:"clientId,omitempty"`
	Content  string   `json:"content,omitempty"`

	ID          MessageID `json:"id,omitempty"` // of the message that edit, delete, react and pin change
	Emoji       string    `json:"emoji,omitempty"`
	On          *bool     `json:"on,omitempty"`  // react and pin: whether it is to be there; away: whether the person is
	Seq         *Seq      `json:"seq,omitempty"` // read: up to here
	ReplyTo     MessageID `json:"replyTo,omitempty"`
	Thread      MessageID `json:"thread,omitempty"`
	Attachments []string  `json:"attachments,omitempty"` // ids of finished uploads
	Users       []UserID  `json:"users,omitempty"`       // watch: at most 200 people
}

// The types of ClientFrame.
const (
	FrameJoin    = "join"
	FrameLeave   = "leave"
	FrameMessage = "message" // also a server frame
	FrameEdit    = "edit"
	FrameDelete  = "delete"
	FrameReact   = "react"
	FramePin     = "pin"
	FrameTyping  = "typing" // also a server frame
	FrameRead    = "read"   // also a server frame
	FrameAway    = "away"   // nobody sits at this socket
	FrameWatch   = "watch"  // tell me how these people are
	FramePing    = "ping"
)

// ServerFrame is any frame the server sends on the level 1 socket.
type ServerFrame interface{ serverFrame() }

// HelloFrame is the first frame of a level 1 socket.
type HelloFrame struct {
	Type        string `json:"type" ts:"hello"`
	Protocol    int    `json:"protocol"`
	You         User   `json:"you"`
	HeartbeatMs int64  `json:"heartbeatMs"`
}

// JoinedFrame answers join. Head is the room's head at the very point where
// live events begin; when Resumed, the missed events follow it.
type JoinedFrame struct {
	Type    string `json:"type" ts:"joined"`
	Ref     string `json:"ref,omitempty"`
	Room    string `json:"room"`
	Stream  string `json:"stream"`
	Head    Seq    `json:"head"`
	Role    string `json:"role"`
	Resumed bool   `json:"resumed"`
	Count   int    `json:"count"`
	Users   []User `json:"users"`
}

// ResetFrame answers a join that can't be resumed: load over HTTP, go on live
// from Head.
type ResetFrame struct {
	Type   string `json:"type" ts:"reset"`
	Ref    string `json:"ref,omitempty"`
	Room   string `json:"room"`
	Stream string `json:"stream"`
	Head   Seq    `json:"head"`
}

// MessageFrame carries a posted message.
type MessageFrame struct {
	Type    string  `json:"type" ts:"message"`
	Room    string  `json:"room"`
	Message Message `json:"message"`
}

// UpdateFrame carries a message that was edited, deleted, reacted to, pinned or got a
// preview: the whole of it, as it is now. Seq is that of the change.
type UpdateFrame struct {
	Type    string  `json:"type" ts:"update"`
	Room    string  `json:"room"`
	Seq     Seq     `json:"seq"`
	Message Message `json:"message"`
}

// ReadFrame tells how far a person has read. It has no seq of its own.
type ReadFrame struct {
	Type   string `json:"type" ts:"read"`
	Room   string `json:"room"`
	UserID UserID `json:"userId"`
	Seq    Seq    `json:"seq"`
}

// ActivityFrame tells of something new in a room that the person has a read mark in
// and the socket hasn't joined. Seq is the room's head; Mention says that somebody
// was speaking to this person.
type ActivityFrame struct {
	Type    string `json:"type" ts:"activity"`
	Room    string `json:"room"`
	Seq     Seq    `json:"seq"`
	Mention bool   `json:"mention"`
}

// AckFrame tells the sender alone that its message is durable.
type AckFrame struct {
	Type      string    `json:"type" ts:"ack"`
	Ref       string    `json:"ref,omitempty"`
	Room      string    `json:"room"`
	ClientID  ClientID  `json:"clientId"`
	ID        MessageID `json:"id"`
	Seq       Seq       `json:"seq"`
	Timestamp int64     `json:"timestamp"`
}

// PresenceFrame tells who came, changed and went since the last one. In a crowd it
// names some of them: Count is right all the same.
type PresenceFrame struct {
	Type   string   `json:"type" ts:"presence"`
	Room   string   `json:"room"`
	Count  int      `json:"count"`
	Joined []User   `json:"joined"`
	Left   []UserID `json:"left"`
}

// TypingFrame is good for 5 s.
type TypingFrame struct {
	Type     string `json:"type" ts:"typing"`
	Room     string `json:"room"`
	UserID   UserID `json:"userId"`
	UserName string `json:"userName"`
}

// RateLimitFrame: this post was not taken, and its ClientID is not remembered.
type RateLimitFrame struct {
	Type         string   `json:"type" ts:"rateLimit"`
	Ref          string   `json:"ref,omitempty"`
	Room         string   `json:"room,omitempty"`
	ClientID     ClientID `json:"clientId,omitempty"`
	RetryAfterMs int64    `json:"retryAfterMs"`
	Limit        int      `json:"limit"`
	WindowMs     int64    `json:"windowMs"`
}

// OKFrame answers a frame with a ref that has no answer of its own.
type OKFrame struct {
	Type string `json:"type" ts:"ok"`
	Ref  string `json:"ref"`
}

// ErrorFrame answers any frame that failed.
type ErrorFrame struct {
	Type     string   `json:"type" ts:"error"`
	Code     Code     `json:"code"`
	Message  string   `json:"message"`
	Ref      string   `json:"ref,omitempty"`
	Room     string   `json:"room,omitempty"`
	ClientID ClientID `json:"clientId,omitempty"`
}

// NoticeKind is why a message calls for somebody's attention.
type NoticeKind string

// The kinds of notice, the strongest first: a message calls for a person's attention by
// one of them.
const (
	NoticeMention NoticeKind = "mention" // it speaks to them
	NoticeReply   NoticeKind = "reply"   // it answers a message of theirs
	NoticeThread  NoticeKind = "thread"  // it is in a thread that they follow
	NoticeCall    NoticeKind = "call"    // it speaks to all in the room
	NoticeRoom    NoticeKind = "room"    // it is in a room of which they want to know all
)

// Notice is a message that calls for somebody's attention. A push says the same: its
// payload is a NoticeFrame.
type Notice struct {
	ID        int64      `json:"id"` // of the item of the inbox; 0: the inbox has none
	Kind      NoticeKind `json:"kind"`
	Room      string     `json:"room"`
	RoomName  string     `json:"roomName"` // for this person: that of a direct is the other's, of a group without one its people's
	RoomKind  RoomKind   `json:"roomKind"`
	Seq       Seq        `json:"seq"`
	MessageID MessageID  `json:"messageId"`
	Thread    MessageID  `json:"thread,omitempty"` // the root of the thread that it is in
	UserID    UserID     `json:"userId"`           // who wrote it
	UserName  string     `json:"userName"`
	UserImage string     `json:"userImage,omitempty"`
	Text      string     `json:"text"` // how it begins, without formatting: at most 140 characters
	At        int64      `json:"at"`
	Quiet     bool       `json:"quiet"` // it is to be counted, and not to be heard or to pop up
}

// NoticeFrame tells all sockets of a person of something that calls for their attention.
type NoticeFrame struct {
	Type   string `json:"type" ts:"notice"`
	Notice Notice `json:"notice"`
}

// AttentionFrame tells all sockets of a person that what waits for them (their inbox, the
// threads that they follow) or how they want to be told of it isn't as it was, and no notice
// or read frame says so: ask for it again. It comes at most once a second.
type AttentionFrame struct {
	Type string `json:"type" ts:"attention"`
}

// PongFrame answers ping, from the socket layer alone.
type PongFrame struct {
	Type string `json:"type" ts:"pong"`
	Ref  string `json:"ref,omitempty"`
}

func (HelloFrame) serverFrame()     {}
func (JoinedFrame) serverFrame()    {}
func (ResetFrame) serverFrame()     {}
func (MessageFrame) serverFrame()   {}
func (UpdateFrame) serverFrame()    {}
func (ReadFrame) serverFrame()      {}
func (ActivityFrame) serverFrame()  {}
func (AckFrame) serverFrame()       {}
func (PresenceFrame) serverFrame()  {}
func (TypingFrame) serverFrame()    {}
func (RateLimitFrame) serverFrame() {}
func (OKFrame) serverFrame()        {}
func (ErrorFrame) serverFrame()     {}
func (PongFrame) serverFrame()      {}
func (NoticeFrame) serverFrame()    {}
func (AttentionFrame) serverFrame() {}

// Level 0 frames: one socket for the one room "global".

// Level0Message carries a message, posted or of the room itself.
type Level0Message struct {
	Type    string  `json:"type" ts:"message"`
	Message Message `json:"message"`
}

// Level0UserCount lists who is here: each user once, the first 100.
type Level0UserCount struct {
	Type           string `json:"type" ts:"userCount"`
	Count          int    `json:"count"`
	ConnectedUsers []User `json:"connectedUsers"`
}
