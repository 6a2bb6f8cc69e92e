package durable

import (
	"sync"

	"snug/durable/internal/websocket"
)

// Frame is an encoded frame: encode it once, send it to many.
type Frame struct {
	bytes     []byte
	packed    *packed // for sockets that negotiated permessage-deflate; nil: those bytes
	droppable bool
	replay    bool
}

// packed is a frame that is compressed when the first socket wants it so, and
// then is for all.
type packed struct {
	op      websocket.Op
	payload []byte
	once    sync.Once
	bytes   []byte
}

func (p *packed) encoded(pool *websocket.Deflaters, plain []byte) []byte {
	p.once.Do(func() {
		p.bytes = websocket.DeflateFrame(pool, p.op, p.payload)
		p.payload = nil
	})
	if p.bytes == nil {
		return plain
	}
	return p.bytes
}

// newFrame makes a frame of its bytes.
func newFrame(op websocket.Op, b []byte) Frame {
	f := Frame{bytes: b}
	if payload := websocket.Payload(b); len(payload) >= websocket.DeflateLeast {
		f.packed = &packed{op: op, payload: payload}
	}
	return f
}

// TextFrame encodes a text frame. The payload must be UTF-8.
func TextFrame(payload []byte) Frame {
	return newFrame(websocket.OpText, websocket.Frame(websocket.OpText, payload))
}

// BuildTextFrame is TextFrame without a copy: payload appends the text to what it
// is given, and returns that. size is about how many bytes it appends.
func BuildTextFrame(size int, payload func([]byte) []byte) Frame {
	return newFrame(websocket.OpText, websocket.BuildFrame(websocket.OpText, size, payload))
}

// BinaryFrame encodes a binary frame.
func BinaryFrame(payload []byte) Frame {
	return newFrame(websocket.OpBinary, websocket.Frame(websocket.OpBinary, payload))
}

// Droppable marks a frame that a slow socket may do without: it is dropped
// first when the socket's queue is half full.
func (f Frame) Droppable() Frame {
	f.droppable = true
	return f
}

// Replay marks a frame of a bounded answer that may be larger than a socket's
// queue: it doesn't count against Options.SocketQueue. The caller bounds it.
func (f Frame) Replay() Frame {
	f.replay = true
	return f
}

var pingFrame = Frame{bytes: websocket.Frame(websocket.OpPing, nil)}
