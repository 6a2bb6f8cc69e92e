//go:build linux

package main

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"strconv"
	"time"
)

// WebSocket opcodes, RFC 6455 §5.2.
const (
	opText  = 1
	opClose = 8
	opPing  = 9
	opPong  = 10
)

// maxFrame bounds what one frame from a server may hold; a joined frame of a
// large room is the longest, at some 10 KiB.
const maxFrame = 1 << 20

type frame struct {
	op      byte
	payload []byte // a part of what was scanned
}

// scan reads the frame that b starts with and returns its whole size, 0 when b
// ends before the frame does. It takes what a server sends a client without
// extensions: neither masked nor in fragments.
func scan(b []byte) (f frame, size int, err error) {
	if len(b) < 2 {
		return frame{}, 0, nil
	}
	if b[0]&0xf0 != 0x80 {
		return frame{}, 0, fmt.Errorf("a frame that is a fragment or has reserved bits: first byte %#x", b[0])
	}
	if b[1]&0x80 != 0 {
		return frame{}, 0, errors.New("a masked frame from a server")
	}
	head, n := 2, uint64(b[1])
	switch n {
	case 126:
		if head = 4; len(b) < head {
			return frame{}, 0, nil
		}
		n = uint64(binary.BigEndian.Uint16(b[2:]))
	case 127:
		if head = 10; len(b) < head {
			return frame{}, 0, nil
		}
		n = binary.BigEndian.Uint64(b[2:])
	}
	if n > maxFrame {
		return frame{}, 0, fmt.Errorf("a frame of %d bytes", n)
	}
	if size = head + int(n); len(b) < size {
		return frame{}, 0, nil
	}
	return frame{op: b[0] & 0x0f, payload: b[head:size]}, size, nil
}

// appendServerFrame appends an unmasked frame, as servers send them.
func appendServerFrame(b []byte, op byte, payload ...[]byte) []byte {
	n := 0
	for _, p := range payload {
		n += len(p)
	}
	b = appendHeader(b, op, 0, n)
	for _, p := range payload {
		b = append(b, p...)
	}
	return b
}

// appendClientFrame appends a masked frame. The mask is zero, which leaves the
// payload as it is: a server unmasks it all the same, and a post can be changed
// in place.
func appendClientFrame(b []byte, op byte, payload []byte) []byte {
	b = appendHeader(b, op, 0x80, len(payload))
	b = append(b, 0, 0, 0, 0)
	return append(b, payload...)
}

func appendHeader(b []byte, op, mask byte, n int) []byte {
	b = append(b, 0x80|op)
	switch {
	case n < 126:
		return append(b, mask|byte(n))
	case n < 1<<16:
		return binary.BigEndian.AppendUint16(append(b, mask|126), uint16(n))
	}
	return binary.BigEndian.AppendUint64(append(b, mask|127), uint64(n))
}

// field finds the value of a key in frames that mostly look alike: it looks where
// the key was last, counted from the end, and searches only when it has moved.
type field struct {
	key     string // with quotes and colon
	fromEnd int
}

// find returns payload from the value's first byte on, nil when the key is
// missing. The last of several wins: what people write comes before.
func (f *field) find(payload []byte) []byte {
	at := len(payload) - f.fromEnd
	if at < 0 || len(payload)-at < len(f.key) || string(payload[at:at+len(f.key)]) != f.key {
		if at = bytes.LastIndex(payload, []byte(f.key)); at < 0 {
			return nil
		}
		f.fromEnd = len(payload) - at
	}
	return payload[at+len(f.key):]
}

// number reads the decimal digits that b starts with.
func number(b []byte) (n uint64, ok bool) {
	i := 0
	for ; i < len(b) && i < 19 && b[i] >= '0' && b[i] <= '9'; i++ {
		n = n*10 + uint64(b[i]-'0')
	}
	return n, i > 0
}

// A stamp is the clientId of a post: who sent it and when it was due, so that
// every delivery tells its own latency. "0003-00000012d687": sender, nanoseconds.
type stamp struct {
	sender uint16
	at     time.Duration // since the program's start, at most 78 hours
}

const stampBytes = 4 + 1 + 12

const hexDigits = "0123456789abcdef"

// put writes s over the first stampBytes of b.
func (s stamp) put(b []byte) {
	putHex(b[:4], uint64(s.sender))
	b[4] = '-'
	putHex(b[5:stampBytes], uint64(s.at))
}

func putHex(b []byte, v uint64) {
	for i := len(b) - 1; i >= 0; i-- {
		b[i] = hexDigits[v&15]
		v >>= 4
	}
}

// parseStamp reads the stamp that b starts with.
func parseStamp(b []byte) (s stamp, ok bool) {
	if len(b) <= stampBytes || b[4] != '-' || b[stampBytes] != '"' {
		return stamp{}, false
	}
	sender, ok1 := parseHex(b[:4])
	at, ok2 := parseHex(b[5:stampBytes])
	return stamp{uint16(sender), time.Duration(at)}, ok1 && ok2
}

func parseHex(b []byte) (v uint64, ok bool) {
	for _, c := range b {
		switch {
		case c >= '0' && c <= '9':
			v = v<<4 | uint64(c-'0')
		case c >= 'a' && c <= 'f':
			v = v<<4 | uint64(c-'a'+10)
		default:
			return 0, false
		}
	}
	return v, true
}

// closeText describes the payload of a Close.
func closeText(payload []byte) string {
	if len(payload) < 2 {
		return "closed without a code"
	}
	text := "closed with " + strconv.Itoa(int(binary.BigEndian.Uint16(payload)))
	if reason := string(payload[2:]); reason != "" {
		text += " (" + reason + ")"
	}
	return text
}
