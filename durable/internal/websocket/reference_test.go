package websocket

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"slices"
	"testing"
	"unicode/utf8"

	"snug/durable/internal/websocket/wstest"
)

// reference decodes all of in as RFC 6455 §5 has it, with no thought of time or
// memory, and says what comes out as decode does.
func reference(in []byte, limit int, inflate *Inflaters) (out []string) {
	fail := func(code int, reason string) []string { return append(out, fmt.Sprintf("error %d %s", code, reason)) }
	tooBig := fmt.Sprintf("message is over %d bytes", limit)
	var message []byte
	var messageOp Op
	var open, deflated bool
	for {
		if len(in) < 2 {
			return out
		}
		fin, rsv1, rsv23, op := in[0]>>7 == 1, in[0]>>6&1 == 1, in[0]>>4&3 != 0, Op(in[0]&15)
		masked, length := in[1]>>7 == 1, uint64(in[1]&127)
		in = in[2:]
		data := op == OpText || op == OpBinary
		control := op == OpClose || op == OpPing || op == OpPong
		if rsv23 || rsv1 && (inflate == nil || !data) {
			return fail(1002, "reserved bits are set")
		}
		if !data && !control && op != OpContinuation {
			return fail(1002, "unknown opcode")
		}
		if !masked {
			return fail(1002, "frame is not masked")
		}
		if control && (!fin || length > 125) {
			return fail(1002, "control frame is fragmented or too long")
		}
		if op == OpContinuation && !open {
			return fail(1002, "continuation of nothing")
		}
		if data && open {
			return fail(1002, "new message inside a fragmented one")
		}
		if length == 126 {
			if len(in) < 2 {
				return out
			}
			length, in = uint64(binary.BigEndian.Uint16(in)), in[2:]
			if length < 126 {
				return fail(1002, "length isn't written in its shortest form")
			}
		} else if length == 127 {
			if len(in) < 8 {
				return out
			}
			length, in = binary.BigEndian.Uint64(in), in[8:]
			if length < 65536 || length>>63 == 1 {
				return fail(1002, "length isn't written in its shortest form")
			}
		}
		if data {
			messageOp, deflated, open, message = op, rsv1, true, nil
		}
		bound := limit
		if deflated {
			bound = limit + limit/8 + 64
		}
		if !control && length+uint64(len(message)) > uint64(bound) {
			return fail(1009, tooBig)
		}
		if uint64(len(in)) < 4+length {
			return out
		}
		var payload []byte
		for i, b := range in[4 : 4+length] {
			payload = append(payload, b^in[i%4])
		}
		in = in[4+length:]
		if control {
			out = append(out, describe(op, payload))
			continue
		}
		message = append(message, payload...)
		if messageOp == OpText && !deflated && !(fin && utf8.Valid(message) || !fin && canBecomeText(message)) {
			return fail(1007, "text is not UTF-8")
		}
		if !fin {
			continue
		}
		open = false
		if deflated {
			inflated, err := inflate.inflate(message, limit)
			if err != nil {
				v := err.(*Error)
				return fail(v.Code, v.Reason)
			}
			if messageOp == OpText && !utf8.Valid(inflated) {
				return fail(1007, "text is not UTF-8")
			}
			message = inflated
		}
		out = append(out, describe(messageOp, message))
	}
}

// canBecomeText tries all endings that differ for UTF-8.
func canBecomeText(p []byte) bool {
	endings := []string{""}
	for range 3 {
		for _, ending := range endings {
			if utf8.Valid(append(slices.Clone(p), ending...)) {
				return true
			}
		}
		var longer []string
		for _, ending := range endings {
			for _, b := range "\u0080\u008f\u0090\u009f\u00a0\u00bf" { // at which the ranges of second bytes end
				longer = append(longer, ending+string([]byte{byte(b)}))
			}
		}
		endings = longer
	}
	return slices.ContainsFunc(endings, func(ending string) bool { return utf8.Valid(append(slices.Clone(p), ending...)) })
}

// FuzzDecode checks that the Decoder finds in any bytes what the reference
// finds, however they are cut up, and that no payload is beyond its limit.
func FuzzDecode(f *testing.F) {
	for _, c := range wstest.Cases() {
		if in := c.Sent(); len(in) < 1000 {
			f.Add(in, uint16(100), byte(0), c.Deflate)
			f.Add(in, uint16(3), byte(5), c.Deflate)
		}
	}
	f.Add([]byte("\x81\xfe\x00\x7d\x81\xff\x80"), uint16(100), byte(1), false)
	var inflaters Inflaters
	f.Fuzz(func(t *testing.T, in []byte, limit uint16, piece byte, compressed bool) {
		var inflate *Inflaters
		if compressed {
			inflate = &inflaters
		}
		want := reference(in, int(limit), inflate)
		for _, piece := range []int{max(len(in), 1), int(piece) + 1, 1} {
			if got := decode(in, int(limit), piece, inflate); !slices.Equal(got, want) {
				t.Errorf("in pieces of %d: got %q, want %q", piece, got, want)
			}
		}
		// What isn't kept is appended to, whoever's it is.
		d := Decoder{Limit: int(limit), Inflate: inflate}
		for chunk := range slices.Chunk(bytes.Clone(in), int(piece)+1) {
			d.Feed(chunk)
		}
		if got, _ := drain(&d); !slices.Equal(got, want) {
			t.Errorf("fed before the first is taken: got %q, want %q", got, want)
		}
		d = Decoder{Limit: int(limit), Inflate: inflate}
		d.Feed(bytes.Clone(in))
		for {
			op, payload, ok, err := d.Next()
			if err != nil || !ok {
				break
			}
			if op < OpClose && len(payload) > int(limit) || op >= OpClose && len(payload) > maxControl {
				t.Errorf("opcode %d with %d bytes", op, len(payload))
			}
		}
	})
}
