// Package websocket is the frame layer of RFC 6455, server side: a decoder
// that is fed bytes as they come, an encoder that a broadcast calls once, and
// the opening handshake, with permessage-deflate of RFC 7692 without context
// takeover. It does no I/O of its own after the handshake, so that the same code
// serves a goroutine per socket and an event loop.
package websocket

import (
	"encoding/binary"
	"fmt"
	"unicode/utf8"
)

// Op is a frame's opcode.
type Op byte

// The opcodes of RFC 6455 §5.2.
const (
	OpContinuation Op = 0
	OpText         Op = 1
	OpBinary       Op = 2
	OpClose        Op = 8
	OpPing         Op = 9
	OpPong         Op = 10
)

// Close codes of RFC 6455 §7.4.1 that this layer itself uses.
const (
	CodeNormal      = 1000
	CodeProtocol    = 1002
	CodeNoStatus    = 1005
	CodeAbnormal    = 1006
	CodeBadPayload  = 1007 // not UTF-8, or not what a deflater writes
	CodeTooBig      = 1009
	maxControl      = 125
	maxServerHeader = 10 // a server doesn't mask
	finBit          = 0x80
	deflatedBit     = 0x40 // RSV1: RFC 7692 §6
	reservedBits    = 0x70 // RSV1 to RSV3
	maskBit         = 0x80
	lengthTwoBytes  = 126
	lengthEightByte = 127
)

// Error is a violation of the protocol: close with Code.
type Error struct {
	Code   int
	Reason string
}

func (e *Error) Error() string { return fmt.Sprintf("websocket: %s (%d)", e.Reason, e.Code) }

// AppendFrame appends a whole, unfragmented server frame to dst.
func AppendFrame(dst []byte, op Op, payload []byte) []byte {
	return append(appendHeader(dst, op, len(payload)), payload...)
}

// appendHeader appends the header of an unmasked frame of n bytes: at most
// maxServerHeader bytes.
func appendHeader(dst []byte, op Op, n int) []byte {
	dst = append(dst, finBit|byte(op))
	switch {
	case n <= maxControl:
		return append(dst, byte(n))
	case n <= 0xffff:
		return binary.BigEndian.AppendUint16(append(dst, lengthTwoBytes), uint16(n))
	}
	return binary.BigEndian.AppendUint64(append(dst, lengthEightByte), uint64(n))
}

// BuildFrame returns a whole server frame of what payload appends to the slice
// that it is given. It has place for about size bytes.
func BuildFrame(op Op, size int, payload func([]byte) []byte) []byte {
	const place = maxServerHeader
	b := payload(make([]byte, place, place+size))
	var header [place]byte
	h := appendHeader(header[:0], op, len(b)-place)
	b = b[place-len(h):]
	copy(b, h)
	return b
}

// Frame returns a whole server frame.
func Frame(op Op, payload []byte) []byte {
	return AppendFrame(make([]byte, 0, len(payload)+maxServerHeader), op, payload)
}

// headerSize returns the size of a server frame's header and of its payload.
func headerSize(b []byte) (size, n int) {
	switch n = int(b[1]); n {
	case lengthTwoBytes:
		return 4, int(binary.BigEndian.Uint16(b[2:]))
	case lengthEightByte:
		return 10, int(binary.BigEndian.Uint64(b[2:]))
	}
	return 2, n
}

// Payload returns the payload of a whole server frame.
func Payload(b []byte) []byte {
	size, _ := headerSize(b)
	return b[size:]
}

// FrameEnd returns where in b, a run of whole server frames, the frame ends that
// the byte at off is in the midst of.
func FrameEnd(b []byte, off int) int {
	end := 0
	for end <= off && end < len(b) {
		size, n := headerSize(b[end:])
		end += size + n
	}
	return end
}

// CloseFrame returns a Close frame. Code CodeNoStatus gives an empty one.
func CloseFrame(code int, reason string) []byte {
	if code == CodeNoStatus {
		return Frame(OpClose, nil)
	}
	payload := binary.BigEndian.AppendUint16(nil, uint16(code))
	return Frame(OpClose, append(payload, reason...))
}

// ParseClose reads the payload of a client's Close frame. An empty one is code
// CodeNoStatus.
func ParseClose(payload []byte) (code int, reason string, err error) {
	if len(payload) == 0 {
		return CodeNoStatus, "", nil
	}
	if len(payload) == 1 {
		return 0, "", &Error{CodeProtocol, "close frame of one byte"}
	}
	code = int(binary.BigEndian.Uint16(payload))
	if !ValidCloseCode(code) {
		return 0, "", &Error{CodeProtocol, "close code is not allowed"}
	}
	if !utf8.Valid(payload[2:]) {
		return 0, "", &Error{CodeBadPayload, "close reason is not UTF-8"}
	}
	return code, string(payload[2:]), nil
}

// ValidCloseCode reports whether code may stand in a Close frame.
func ValidCloseCode(code int) bool {
	return code >= 1000 && code <= 1014 && code != 1004 && code != CodeNoStatus && code != CodeAbnormal ||
		code >= 3000 && code <= 4999
}
