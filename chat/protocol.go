package chat

// The frames of the wire protocol, both ways. They are the one definition:
// web/src/realtime/wire.gen.ts is made from them (go generate ./chat).
// Times are Unix milliseconds; lengths of text are counted in code points.

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
	ID    UserID `json:"userId"`
	Name  string `json:"userName"`
	Image string `json:"userImage,omitempty"`
}

// Message is a message as every client sees it. A system message has no Seq:
// it is live only.
type Message struct {
	ID        MessageID   `json:"id"`
	UserID    UserID      `json:"userId"`
	UserName  string      `json:"userName"`
	UserImage string      `json:"userImage,omitempty"`
	Content   string      `json:"content"`
	Timestamp int64       `json:"timestamp"`
	Type      MessageType `json:"type"`
	Seq       Seq         `json:"seq,omitempty"`
	ClientID  ClientID    `json:"clientId,omitempty"`
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
}

// The types of ClientFrame.
const (
	FrameJoin    = "join"
	FrameLeave   = "leave"
	FrameMessage = "message" // also a server frame
	FrameTyping  = "typing"  // also a server frame
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

// PresenceFrame tells who came and went since the last one.
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

// PongFrame answers ping, from the socket layer alone.
type PongFrame struct {
	Type string `json:"type" ts:"pong"`
	Ref  string `json:"ref,omitempty"`
}

func (HelloFrame) serverFrame()     {}
func (JoinedFrame) serverFrame()    {}
func (ResetFrame) serverFrame()     {}
func (MessageFrame) serverFrame()   {}
func (AckFrame) serverFrame()       {}
func (PresenceFrame) serverFrame()  {}
func (TypingFrame) serverFrame()    {}
func (RateLimitFrame) serverFrame() {}
func (OKFrame) serverFrame()        {}
func (ErrorFrame) serverFrame()     {}
func (PongFrame) serverFrame()      {}

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
