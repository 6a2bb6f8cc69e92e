package chat

import (
	"strconv"

	"snug/durable"
)

// frame encodes a frame that is sent now and then; see plainFrame.
func frame(v any) durable.Frame { return durable.TextFrame(encode(v)) }

// messageFrame wraps a message that is encoded already, as the room's slug is:
// what is stored is what is sent.
func messageFrame(room, message []byte) durable.Frame {
	const around = `{"type":"message","room":,"message":}`
	return durable.BuildTextFrame(len(around)+len(room)+len(message), func(b []byte) []byte {
		b = append(append(b, `{"type":"message","room":`...), room...)
		b = append(append(b, `,"message":`...), message...)
		return append(b, '}')
	})
}

// updateFrame wraps a message that the event seq has changed.
func updateFrame(room []byte, seq Seq, message []byte) durable.Frame {
	const around = `{"type":"update","room":,"seq":01234567890123456789,"message":}`
	return durable.BuildTextFrame(len(around)+len(room)+len(message), func(b []byte) []byte {
		b = append(append(b, `{"type":"update","room":`...), room...)
		b = appendSeq(append(b, `,"seq":`...), seq)
		b = append(append(b, `,"message":`...), message...)
		return append(b, '}')
	})
}

func level0MessageFrame(message []byte) durable.Frame {
	const around = `{"type":"message","message":}`
	return durable.BuildTextFrame(len(around)+len(message), func(b []byte) []byte {
		b = append(append(b, `{"type":"message","message":`...), message...)
		return append(b, '}')
	})
}

func errorFrame(err *Error, f ClientFrame) ErrorFrame {
	return ErrorFrame{Type: "error", Code: err.Code, Message: err.Message, Ref: f.Ref, Room: f.Room, ClientID: f.ClientID}
}

func decimal(n int) string { return strconv.Itoa(n) }
