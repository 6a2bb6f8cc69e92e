// Package wstest has the conversations that a WebSocket server must be able to
// hold: what a client sends, byte for byte, and what must come back. Tests of
// the frame layer and of the runtime's sockets take them from here. It knows
// nothing of what it tests.
package wstest

import (
	"bytes"
	"compress/flate"
	"encoding/binary"
	"fmt"
	"io"
	"strings"
)

// Limit is how many bytes a message may have, for the server that is tested.
const Limit = 1 << 16

// Frame is a frame of either side. What a client sends is masked by Sent.
type Frame struct {
	First     byte // FIN, the reserved bits and the opcode
	Payload   string
	AnyReason bool // of a Close frame that is expected: only its code is looked at
}

// The first bytes of frames.
const (
	fin      = 0x80
	deflated = 0x40 // RSV1
	text     = 0x01
	octets   = 0x02
	closing  = 0x08
	ping     = 0x09
	pong     = 0x0a
)

// Whole messages, control frames, and the parts of fragmented messages.
func Text(payload string) Frame       { return Frame{First: fin | text, Payload: payload} }
func Binary(payload string) Frame     { return Frame{First: fin | octets, Payload: payload} }
func Ping(payload string) Frame       { return Frame{First: fin | ping, Payload: payload} }
func Pong(payload string) Frame       { return Frame{First: fin | pong, Payload: payload} }
func TextPart(payload string) Frame   { return Frame{First: text, Payload: payload} }
func BinaryPart(payload string) Frame { return Frame{First: octets, Payload: payload} }
func Part(payload string) Frame       { return Frame{Payload: payload} }
func Last(payload string) Frame       { return Frame{First: fin, Payload: payload} }

// Close is a Close frame.
func Close(code int, reason string) Frame {
	return Frame{First: fin | closing, Payload: string(binary.BigEndian.AppendUint16(nil, uint16(code))) + reason}
}

// Failed is the Close frame with which the server ends a connection by itself.
func Failed(code int) Frame {
	f := Close(code, "")
	f.AnyReason = true
	return f
}

// IsClose reports whether f is a Close frame.
func (f Frame) IsClose() bool { return f.First&0x0f == closing }

// Sent returns the frame as a client sends it, masked with a key that depends on
// what it is.
func (f Frame) Sent() []byte {
	out := []byte{f.First}
	switch n := len(f.Payload); {
	case n <= 125:
		out = append(out, 0x80|byte(n))
	case n <= 0xffff:
		out = binary.BigEndian.AppendUint16(append(out, 0x80|126), uint16(n))
	default:
		out = binary.BigEndian.AppendUint64(append(out, 0x80|127), uint64(n))
	}
	key := [4]byte{f.First ^ 0x5a, byte(len(f.Payload)), 0xc3, 0x00}
	out = append(out, key[:]...)
	for i := range len(f.Payload) {
		out = append(out, f.Payload[i]^key[i&3])
	}
	return out
}

// Sent returns what a client sends.
func Sent(frames ...Frame) []byte {
	var all []byte
	for _, f := range frames {
		all = append(all, f.Sent()...)
	}
	return all
}

// Read reads a server's frame.
func Read(r io.Reader) (Frame, error) {
	var head [10]byte
	if _, err := io.ReadFull(r, head[:2]); err != nil {
		return Frame{}, err
	}
	length := uint64(head[1])
	if wide := map[byte]int{126: 2, 127: 8}[head[1]]; wide > 0 {
		if _, err := io.ReadFull(r, head[10-wide:]); err != nil {
			return Frame{}, fmt.Errorf("length of a frame: %w", err)
		}
		for i := 2; i < 10-wide; i++ {
			head[i] = 0
		}
		length = binary.BigEndian.Uint64(head[2:])
	}
	if length > 1<<24 { // also: the mask bit is set
		return Frame{}, fmt.Errorf("frame of %d bytes", length)
	}
	payload := make([]byte, length)
	if _, err := io.ReadFull(r, payload); err != nil {
		return Frame{}, fmt.Errorf("payload of a frame: %w", err)
	}
	return Frame{First: head[0], Payload: string(payload)}, nil
}

// Is reports whether a server's frame is the one that was expected. Whether it
// comes compressed is up to the server.
func (f Frame) Is(expected Frame) bool {
	if expected.AnyReason {
		return f.First == expected.First && len(f.Payload) >= 2 && f.Payload[:2] == expected.Payload[:2]
	}
	if f.First&deflated != 0 {
		plain, err := Inflated(f.Payload)
		if err != nil {
			return false
		}
		f.First, f.Payload = f.First&^deflated, plain
	}
	return f.First == expected.First && f.Payload == expected.Payload
}

// String is for what a test says.
func (f Frame) String() string {
	if f.IsClose() && len(f.Payload) >= 2 {
		return fmt.Sprintf("close %d %q", binary.BigEndian.Uint16([]byte(f.Payload)), f.Payload[2:])
	}
	if len(f.Payload) > 60 {
		return fmt.Sprintf("%02x %.60q… of %d bytes", f.First, f.Payload, len(f.Payload))
	}
	return fmt.Sprintf("%02x %q", f.First, f.Payload)
}

// Deflated returns payload as a message of permessage-deflate.
func Deflated(payload string) string {
	var out bytes.Buffer
	w, err := flate.NewWriter(&out, flate.DefaultCompression)
	if err == nil {
		_, err = io.WriteString(w, payload)
	}
	if err == nil {
		err = w.Flush()
	}
	if err != nil {
		panic(err) // of a level that there isn't, or of a buffer in memory
	}
	return strings.TrimSuffix(out.String(), "\x00\x00\xff\xff")
}

// Inflated returns what such a message says.
func Inflated(message string) (string, error) {
	// Behind the message is what the sender cut off and an empty final block.
	plain, err := io.ReadAll(flate.NewReader(strings.NewReader(message + "\x00\x00\xff\xff\x01\x00\x00\xff\xff")))
	return string(plain), err
}

// squeeze compresses a message of one frame.
func squeeze(f Frame) Frame {
	return Frame{First: f.First | deflated, Payload: Deflated(f.Payload)}
}

// Fragmented cuts a message of one frame into frames with at most n bytes each.
func Fragmented(f Frame, n int) []Frame {
	var parts []Frame
	first, rest := f.First&^fin, f.Payload
	for len(rest) > n {
		parts = append(parts, Frame{First: first, Payload: rest[:n]})
		first, rest = 0, rest[n:]
	}
	return append(parts, Frame{First: first | fin, Payload: rest})
}
