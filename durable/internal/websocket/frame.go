// Package websocket is the frame layer of RFC 6455, server side: a decoder
// that is fed bytes as they come, an encoder that a broadcast calls once, and
// the opening handshake. It does no I/O of its own after the handshake, so that
// the same code serves a goroutine per socket and an event loop.
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
	CodeNotUTF8     = 1007
	CodeTooBig      = 1009
	maxControl      = 125
	maxHeader       = 14
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

// Decoder turns bytes from a client into messages. The zero value with a Limit
// is ready. It is not safe for concurrent use.
type Decoder struct {
	Limit int // bytes in a message, over all its fragments

	in       []byte // received and not yet consumed
	message  []byte // fragments so far
	op       Op     // of the fragmented message
	fragment bool   // a fragmented message is open
}

// Feed takes bytes that were received. They are copied.
func (d *Decoder) Feed(p []byte) { d.in = append(d.in, p...) }

// Next returns the next complete message or control frame; ok is false where
// more bytes are needed. The payload is the caller's. After an error the
// connection must be closed with its code.
func (d *Decoder) Next() (op Op, payload []byte, ok bool, err error) {
	for {
		h, need, err := d.header()
		if err != nil || need {
			return 0, nil, false, err
		}
		if len(d.in) < h.size+h.length {
			return 0, nil, false, nil
		}
		body := d.in[h.size : h.size+h.length]
		unmask(body, h.mask)
		if h.op >= OpClose {
			payload = append([]byte(nil), body...)
			d.consume(h.size + h.length)
			return h.op, payload, true, nil
		}
		if !d.fragment {
			d.op = h.op
		}
		d.message = append(d.message, body...)
		d.consume(h.size + h.length)
		d.fragment = !h.fin
		if !h.fin {
			continue
		}
		payload, op = d.message, d.op
		d.message = nil
		if payload == nil {
			payload = []byte{}
		}
		if op == OpText && !utf8.Valid(payload) {
			return 0, nil, false, &Error{CodeNotUTF8, "text is not UTF-8"}
		}
		return op, payload, true, nil
	}
}

func (d *Decoder) consume(n int) {
	if n == len(d.in) {
		d.in = nil
		return
	}
	d.in = d.in[n:]
}

type header struct {
	fin    bool
	op     Op
	mask   [4]byte
	size   int // of the header
	length int // of the payload
}

// header parses and checks the header of the frame at the start of d.in. What
// is wrong is said as soon as the bytes that tell are there.
func (d *Decoder) header() (h header, need bool, err error) {
	if len(d.in) < 2 {
		return h, true, nil
	}
	h.fin = d.in[0]&0x80 != 0
	h.op = Op(d.in[0] & 0x0f)
	short := d.in[1] &^ maskBit
	switch {
	case d.in[0]&0x70 != 0:
		return h, false, &Error{CodeProtocol, "reserved bits are set"}
	case h.op > OpBinary && h.op < OpClose || h.op > OpPong:
		return h, false, &Error{CodeProtocol, "unknown opcode"}
	case d.in[1]&maskBit == 0:
		return h, false, &Error{CodeProtocol, "frame is not masked"}
	case h.op >= OpClose && (!h.fin || short > maxControl):
		return h, false, &Error{CodeProtocol, "control frame is fragmented or too long"}
	case h.op == OpContinuation && !d.fragment:
		return h, false, &Error{CodeProtocol, "continuation of nothing"}
	case (h.op == OpText || h.op == OpBinary) && d.fragment:
		return h, false, &Error{CodeProtocol, "new message inside a fragmented one"}
	}
	length, least := uint64(short), uint64(0)
	h.size = 2
	switch short {
	case lengthTwoBytes:
		if len(d.in) < 4 {
			return h, true, nil
		}
		length, least = uint64(binary.BigEndian.Uint16(d.in[2:])), maxControl+1
		h.size = 4
	case lengthEightByte:
		if len(d.in) < 10 {
			return h, true, nil
		}
		length, least = binary.BigEndian.Uint64(d.in[2:]), 1<<16
		h.size = 10
	}
	switch {
	case length < least || length > 1<<63-1:
		return h, false, &Error{CodeProtocol, "length isn't written in its shortest form"}
	case h.op < OpClose && length > uint64(max(d.Limit-len(d.message), 0)):
		return h, false, &Error{CodeTooBig, fmt.Sprintf("message is over %d bytes", d.Limit)}
	}
	if len(d.in) < h.size+4 {
		return h, true, nil
	}
	copy(h.mask[:], d.in[h.size:])
	h.size += 4
	h.length = int(length)
	return h, false, nil
}

func unmask(p []byte, mask [4]byte) {
	key := uint64(binary.LittleEndian.Uint32(mask[:]))
	key |= key << 32
	for len(p) >= 8 {
		binary.LittleEndian.PutUint64(p, binary.LittleEndian.Uint64(p)^key)
		p = p[8:]
	}
	for i := range p {
		p[i] ^= mask[i&3]
	}
}

// AppendFrame appends a whole, unfragmented server frame to dst.
func AppendFrame(dst []byte, op Op, payload []byte) []byte {
	return append(appendHeader(dst, op, len(payload)), payload...)
}

// appendHeader appends the header of an unmasked frame of n bytes: at most
// maxHeader-4 bytes.
func appendHeader(dst []byte, op Op, n int) []byte {
	dst = append(dst, 0x80|byte(op))
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
	const place = maxHeader - 4
	b := payload(make([]byte, place, place+size))
	var header [place]byte
	h := appendHeader(header[:0], op, len(b)-place)
	b = b[place-len(h):]
	copy(b, h)
	return b
}

// Frame returns a whole server frame.
func Frame(op Op, payload []byte) []byte {
	return AppendFrame(make([]byte, 0, len(payload)+maxHeader-4), op, payload)
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
		return 0, "", &Error{CodeNotUTF8, "close reason is not UTF-8"}
	}
	return code, string(payload[2:]), nil
}

// ValidCloseCode reports whether code may stand in a Close frame.
func ValidCloseCode(code int) bool {
	return code >= 1000 && code <= 1014 && code != 1004 && code != CodeNoStatus && code != CodeAbnormal ||
		code >= 3000 && code <= 4999
}
