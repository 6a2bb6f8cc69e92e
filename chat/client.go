package chat

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"sync/atomic"
	"time"
	"unicode/utf8"

	"snug/durable"
)

// client serves the frames of one level 1 socket: it reads them and hands them
// to the rooms, in order. What it answers itself doesn't depend on any state.
type client struct {
	s        *Service
	actor    Actor
	nonsense atomic.Int32
}

var _ durable.FrameHandler = (*client)(nil)

// lookupWait bounds how long a frame may wait for the register of rooms.
const lookupWait = 10 * time.Second

// SocketFrame handles one frame.
func (c *client) SocketFrame(sock *durable.Socket, m durable.Message) {
	f, err := parseFrame(m.Data)
	if err != nil {
		c.refuse(sock, f, err)
		return
	}
	if f.Type == FramePing {
		sock.Send(frame(PongFrame{Type: "pong", Ref: f.Ref}))
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), lookupWait)
	defer cancel()
	id, err := c.s.rooms.find(ctx, f.Room)
	if err == nil {
		err = c.method(f.Type).Send(ctx, c.s.ns.ByName(string(id)), request{
			Slug: f.Room, Actor: c.actor, Socket: sock.ID(), Frame: f,
		})
	}
	if err != nil {
		c.refuse(sock, f, err)
	}
}

func (c *client) method(frameType string) durable.Method[request, none] {
	switch frameType {
	case FrameJoin:
		return c.s.calls.join
	case FrameLeave:
		return c.s.calls.leave
	case FrameTyping:
		return c.s.calls.typing
	}
	return c.s.calls.post
}

// SocketClosed has nothing to do: the rooms hear of it themselves.
func (c *client) SocketClosed(*durable.Socket, durable.CloseInfo) {}

// refuse answers a frame that failed. Frames that make no sense are counted:
// who sends nothing else is cut off.
func (c *client) refuse(sock *durable.Socket, f ClientFrame, err error) {
	e := AsError(public(err))
	if e.Code == CodeInternal {
		c.s.cfg.Logger.Error("frame failed", "type", f.Type, "cause", e.Error())
	}
	sock.Send(frame(errorFrame(e, f)))
	if (e.Code == CodeBadRequest || e.Code == CodeUnknownType) && c.nonsense.Add(1) > maxNonsense {
		sock.Close(closeNonsense, "too many frames that made no sense")
	}
}

// parseFrame reads a frame and checks the fields that its type needs. With an
// error it returns what is fit to be repeated in the answer.
func parseFrame(data []byte) (ClientFrame, error) {
	var f ClientFrame
	err := json.Unmarshal(data, &f)
	if utf8.RuneCountInString(f.Ref) > maxRefChars {
		f.Ref, err = "", cmp.Or(err, bad("ref must be at most "+decimal(maxRefChars)+" characters."))
	}
	if utf8.RuneCountInString(string(f.ClientID)) > maxClientIDChars {
		f.ClientID, err = "", cmp.Or(err, bad("clientId must be 1 to "+decimal(maxClientIDChars)+" characters."))
	}
	var shown *Error
	var wrong *json.UnmarshalTypeError
	switch {
	case errors.As(err, &shown):
		return f, err
	case errors.As(err, &wrong) && wrong.Field != "":
		return f, bad("The field " + wrong.Field + " can't be a " + wrong.Value + ".")
	case err != nil:
		return ClientFrame{}, bad("A frame must be a JSON object.")
	}
	switch f.Type {
	case FramePing:
		return f, nil
	case FrameJoin, FrameLeave, FrameTyping, FrameMessage:
	case "":
		return f, bad("type is missing.")
	default:
		return f, &Error{Code: CodeUnknownType, Message: "There is no frame of this type."}
	}
	if f.Room == "" {
		return f, bad("room is missing.")
	}
	if f.Type == FrameMessage && f.ClientID == "" {
		return f, bad("clientId is missing: it makes a post safe to repeat.")
	}
	return f, nil
}

func bad(message string) error { return &Error{Code: CodeBadRequest, Message: message} }

// newStream mints the id of a new history.
func newStream() string { return string(newMessageID(time.Now())) }
