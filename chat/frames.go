package chat

import (
	"bytes"
	"encoding/json"
	"strconv"

	"snug/durable"
)

// encode returns v as JSON without the escapes that only HTML needs.
func encode(v any) []byte {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		panic("chat: a frame that can't be encoded: " + err.Error()) // our own types: a bug
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n"))
}

func frame(v any) durable.Frame { return durable.TextFrame(encode(v)) }

// messageFrame wraps a message that is encoded already: what is stored is what
// is sent.
func messageFrame(room string, message []byte) durable.Frame {
	b := make([]byte, 0, len(message)+len(room)+40)
	b = append(b, `{"type":"message","room":`...)
	b = append(b, encode(room)...)
	b = append(b, `,"message":`...)
	b = append(b, message...)
	return durable.TextFrame(append(b, '}'))
}

func level0MessageFrame(message []byte) durable.Frame {
	b := make([]byte, 0, len(message)+32)
	b = append(b, `{"type":"message","message":`...)
	b = append(b, message...)
	return durable.TextFrame(append(b, '}'))
}

func errorFrame(err *Error, f ClientFrame) ErrorFrame {
	return ErrorFrame{Type: "error", Code: err.Code, Message: err.Message, Ref: f.Ref, Room: f.Room, ClientID: f.ClientID}
}

func decimal(n int) string { return strconv.Itoa(n) }
