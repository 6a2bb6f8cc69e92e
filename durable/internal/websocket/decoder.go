package websocket

import (
	"encoding/binary"
	"fmt"
	"slices"
	"unicode/utf8"
)

// Decoder turns bytes from a client into messages. The zero value with a Limit
// is ready. It is not safe for concurrent use.
//
// It reads from the buffer that it is fed, so that many Decoders can share one:
// a message that is there as one whole frame costs no memory. Feed, then Next
// until it says that it needs more, then Keep before the buffer is used again.
type Decoder struct {
	Limit   int        // bytes in a message, over all its fragments and once inflated
	Inflate *Inflaters // where permessage-deflate was negotiated; nil: it was not

	in       []byte // received and not yet consumed
	message  []byte // fragments so far
	op       Op     // of the fragmented message
	fragment bool   // a fragmented message is open
	deflated bool   // the message is compressed
	kept     bool   // in begins at the start of memory of the Decoder's own
}

// Feed takes bytes that were received. They are borrowed until Keep, or until
// all is consumed; meanwhile they are unmasked in place. Behind bytes that are
// left over from before they are copied.
func (d *Decoder) Feed(p []byte) {
	switch {
	case len(d.in) == 0:
		d.in, d.kept = p, false
	case d.kept:
		d.in = append(d.in, p...)
	default:
		d.in, d.kept = slices.Concat(d.in, p), true
	}
}

// Keep copies what isn't consumed yet, so that the buffer that was fed may be
// used again. No more than that is held on to.
func (d *Decoder) Keep() {
	switch {
	case len(d.in) == 0:
		d.in = nil
	case !d.kept:
		d.in = slices.Clone(d.in)
	}
	d.kept = d.in != nil
}

// Idle reports whether nothing is left over and no message is open: then the
// Decoder may be dropped and one with the same settings take its place.
func (d *Decoder) Idle() bool { return len(d.in) == 0 && !d.fragment }

// Next returns the next complete message or control frame; ok is false where
// more bytes are needed. The payload is valid until the next call of Feed, Next
// or Keep, and until then the caller may write to it. After an error the
// connection must be closed with its code and nothing more be decoded.
func (d *Decoder) Next() (op Op, payload []byte, ok bool, err error) {
	for {
		h, need, err := d.header()
		if err != nil || need {
			return 0, nil, false, err
		}
		end := h.size + h.length
		if len(d.in) < end {
			return 0, nil, false, nil
		}
		body := d.in[h.size:end:end]
		unmask(body, h.mask)
		d.in, d.kept = d.in[end:], false
		if h.op >= OpClose {
			return h.op, body, true, nil
		}
		if !d.fragment {
			d.op, d.deflated = h.op, h.deflated
		}
		if d.fragment || !h.fin {
			body = append(d.message, body...)
		}
		if !d.deflated && d.op == OpText && !validText(body, len(d.message), h.fin) {
			return 0, nil, false, &Error{CodeBadPayload, "text is not UTF-8"}
		}
		d.fragment = !h.fin
		if !h.fin {
			d.message = body
			continue
		}
		d.message = nil
		if body == nil {
			body = []byte{} // of empty fragments
		}
		if d.deflated {
			body, err = d.Inflate.inflate(body, d.Limit)
			if err == nil && d.op == OpText && !utf8.Valid(body) {
				err = &Error{CodeBadPayload, "text is not UTF-8"}
			}
			if err != nil {
				return 0, nil, false, err
			}
		}
		return d.op, body, true, nil
	}
}

// validText reports whether p, of which all before checked has been looked at,
// is UTF-8 or, unless it is whole, can become so.
func validText(p []byte, checked int, whole bool) bool {
	end := len(p)
	if !whole {
		end -= partialRune(p)
	}
	return utf8.Valid(p[checked-partialRune(p[:checked]) : end])
}

// partialRune returns how many bytes at the end of p are the beginning of a rune
// that is not whole yet.
func partialRune(p []byte) int {
	for n := 1; n < utf8.UTFMax && n <= len(p); n++ {
		if tail := p[len(p)-n:]; utf8.RuneStart(tail[0]) {
			if utf8.FullRune(tail) { // so is what can't become a rune
				return 0
			}
			return n
		}
	}
	return 0
}

type header struct {
	fin      bool
	deflated bool
	op       Op
	mask     [4]byte
	size     int // of the header
	length   int // of the payload
}

// header parses and checks the header of the frame at the start of d.in. What
// is wrong is said as soon as the bytes that tell are there.
func (d *Decoder) header() (h header, need bool, err error) {
	if len(d.in) < 2 {
		return h, true, nil
	}
	h.fin = d.in[0]&finBit != 0
	h.op = Op(d.in[0] & 0x0f)
	reserved := d.in[0] & reservedBits
	if d.Inflate != nil && (h.op == OpText || h.op == OpBinary) {
		h.deflated = reserved&deflatedBit != 0
		reserved &^= deflatedBit
	}
	short := d.in[1] &^ maskBit
	switch {
	case reserved != 0:
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
	case h.op < OpClose && length > uint64(max(d.bound(h)-len(d.message), 0)):
		return h, false, tooBig(d.Limit)
	}
	if len(d.in) < h.size+4 {
		return h, true, nil
	}
	copy(h.mask[:], d.in[h.size:])
	h.size += 4
	h.length = int(length)
	return h, false, nil
}

// bound returns how many bytes the message that h is of may have in its frames.
func (d *Decoder) bound(h header) int {
	if h.deflated || d.fragment && d.deflated {
		return deflateBound(d.Limit)
	}
	return d.Limit
}

func tooBig(limit int) error {
	return &Error{CodeTooBig, fmt.Sprintf("message is over %d bytes", limit)}
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
