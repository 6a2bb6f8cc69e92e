package websocket

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
)

// sent is a frame that a client sends: its first byte and its payload.
type sent struct {
	first   byte
	payload string
}

func text(payload string) sent     { return sent{0x81, payload} }
func binaryOf(p string) sent       { return sent{0x82, p} }
func textPart(payload string) sent { return sent{0x01, payload} }
func binaryPart(p string) sent     { return sent{0x02, p} }
func part(payload string) sent     { return sent{0x00, payload} }
func last(payload string) sent     { return sent{0x80, payload} }
func ping(payload string) sent     { return sent{0x89, payload} }
func pong(payload string) sent     { return sent{0x8a, payload} }
func closing(code int, reason string) sent {
	return sent{0x88, string(binary.BigEndian.AppendUint16(nil, uint16(code))) + reason}
}

// bytes returns the frame masked with a key that depends on it.
func (s sent) bytes() []byte {
	out := []byte{s.first}
	switch n := len(s.payload); {
	case n <= 125:
		out = append(out, 0x80|byte(n))
	case n <= 0xffff:
		out = binary.BigEndian.AppendUint16(append(out, 0x80|126), uint16(n))
	default:
		out = binary.BigEndian.AppendUint64(append(out, 0x80|127), uint64(n))
	}
	key := [4]byte{s.first ^ 0x5a, byte(len(s.payload)), 0xc3, 0x00}
	out = append(out, key[:]...)
	for i := range len(s.payload) {
		out = append(out, s.payload[i]^key[i&3])
	}
	return out
}

func bytesOf(frames ...sent) []byte {
	var all []byte
	for _, f := range frames {
		all = append(all, f.bytes()...)
	}
	return all
}

// decode feeds all of in, in pieces of the given size, and returns what comes
// out in words. The pieces come in one buffer, as an event loop reads them.
func decode(in []byte, limit, piece int) (out []string) {
	d := Decoder{Limit: limit}
	shared := make([]byte, piece)
	for chunk := range slices.Chunk(in, piece) {
		d.Feed(shared[:copy(shared, chunk)])
		for {
			op, payload, ok, err := d.Next()
			var violation *Error
			if errors.As(err, &violation) {
				return append(out, fmt.Sprintf("error %d %s", violation.Code, violation.Reason))
			}
			if err != nil {
				return append(out, "strange error "+err.Error())
			}
			if !ok {
				break
			}
			out = append(out, describe(op, payload))
			for i := range payload { // it is the caller's until the next call
				payload[i] = 0xaa
			}
		}
		d.Keep()
		for i := range shared {
			shared[i] = 0xbb
		}
		if d.Idle() {
			d = Decoder{Limit: limit}
		}
	}
	return out
}

func describe(op Op, payload []byte) string {
	if op == OpClose {
		code, reason, err := ParseClose(payload)
		var violation *Error
		if errors.As(err, &violation) {
			return fmt.Sprintf("error %d %s", violation.Code, violation.Reason)
		}
		return fmt.Sprintf("close %d %s", code, reason)
	}
	name := map[Op]string{OpText: "text", OpBinary: "binary", OpPing: "ping", OpPong: "pong"}[op]
	if len(payload) > 130 {
		return fmt.Sprintf("%s of %d bytes", name, len(payload))
	}
	return name + " " + string(payload)
}

const (
	reserved  = "error 1002 reserved bits are set"
	opcode    = "error 1002 unknown opcode"
	control   = "error 1002 control frame is fragmented or too long"
	nothing   = "error 1002 continuation of nothing"
	inside    = "error 1002 new message inside a fragmented one"
	notUTF8   = "error 1007 text is not UTF-8"
	badReason = "error 1007 close reason is not UTF-8"
	badCode   = "error 1002 close code is not allowed"
	unmasked  = "error 1002 frame is not masked"
	notShort  = "error 1002 length isn't written in its shortest form"
)

// The cases are grouped as those of the Autobahn suite.
var decodeCases = []struct {
	name string
	in   []byte
	want []string
}{
	// 1 framing: all the lengths at which the form of a header changes
	{"1 text of 0", bytesOf(text("")), []string{"text "}},
	{"1 text of 125", bytesOf(text(strings.Repeat("*", 125))), []string{"text " + strings.Repeat("*", 125)}},
	{"1 text of 126", bytesOf(text(strings.Repeat("*", 126))), []string{"text " + strings.Repeat("*", 126)}},
	{"1 text of 127", bytesOf(text(strings.Repeat("*", 127))), []string{"text " + strings.Repeat("*", 127)}},
	{"1 text of 65535", bytesOf(text(strings.Repeat("*", 65535))), []string{"text of 65535 bytes"}},
	{"1 text of 65536", bytesOf(text(strings.Repeat("*", 65536))), []string{"text of 65536 bytes"}},
	{"1 binary of 0", bytesOf(binaryOf("")), []string{"binary "}},
	{"1 binary of 126", bytesOf(binaryOf(strings.Repeat("\xfe", 126))), []string{"binary " + strings.Repeat("\xfe", 126)}},
	{"1 binary of 65536", bytesOf(binaryOf(strings.Repeat("\xfe", 65536))), []string{"binary of 65536 bytes"}},
	{"1 many in a row", bytesOf(text("a"), text(""), binaryOf("b"), text("c")), []string{"text a", "text ", "binary b", "text c"}},

	// 2 pings and pongs
	{"2 ping of 0", bytesOf(ping("")), []string{"ping "}},
	{"2 ping of 125", bytesOf(ping(strings.Repeat("\xfe", 125))), []string{"ping " + strings.Repeat("\xfe", 125)}},
	{"2 ping of 126", bytesOf(ping(strings.Repeat("\xfe", 126))), []string{control}},
	{"2 unsolicited pong", bytesOf(pong(""), pong("x"), ping("y")), []string{"pong ", "pong x", "ping y"}},
	{"2 ten pings", bytesOf(slices.Repeat([]sent{ping("p")}, 10)...), slices.Repeat([]string{"ping p"}, 10)},

	// 3 reserved bits
	{"3 rsv3", bytesOf(sent{0x91, "x"}), []string{reserved}},
	{"3 rsv2 after a message", bytesOf(text("a"), sent{0xa1, "x"}), []string{"text a", reserved}},
	{"3 rsv1", bytesOf(sent{0xc1, ""}), []string{reserved}},
	{"3 rsv on a ping", bytesOf(sent{0xf9, ""}), []string{reserved}},
	{"3 rsv on a close", bytesOf(sent{0xd8, ""}), []string{reserved}},

	// 4 opcodes
	{"4 opcode 3", bytesOf(sent{0x83, ""}), []string{opcode}},
	{"4 opcode 7 with a payload", bytesOf(text("a"), sent{0x87, "x"}, ping("")), []string{"text a", opcode}},
	{"4 opcode 11", bytesOf(sent{0x8b, ""}), []string{opcode}},
	{"4 opcode 15", bytesOf(sent{0x8f, "x"}), []string{opcode}},

	// 5 fragmentation
	{"5 fragmented ping", bytesOf(sent{0x09, "a"}, last("b")), []string{control}},
	{"5 fragmented pong", bytesOf(sent{0x0a, "a"}, last("b")), []string{control}},
	{"5 two fragments", bytesOf(textPart("fragment1"), last("fragment2")), []string{"text fragment1fragment2"}},
	{"5 empty fragments", bytesOf(textPart(""), part(""), last("")), []string{"text "}},
	{"5 ping between", bytesOf(textPart("a"), ping("p"), last("b")), []string{"ping p", "text ab"}},
	{"5 pings all over", bytesOf(textPart("a"), ping("1"), part("b"), ping("2"), part("c"), ping("3"), last("d")),
		[]string{"ping 1", "ping 2", "ping 3", "text abcd"}},
	{"5 binary in fragments", bytesOf(binaryPart("\xff"), last("\xfe")), []string{"binary \xff\xfe"}},
	{"5 continuation of nothing, final", bytesOf(last("x"), text("y")), []string{nothing}},
	{"5 continuation of nothing, more to come", bytesOf(part("x")), []string{nothing}},
	{"5 continuation after the last one", bytesOf(textPart("a"), last("b"), part("c")), []string{"text ab", nothing}},
	{"5 text inside a fragmented text", bytesOf(textPart("a"), text("b")), []string{inside}},
	{"5 text begins inside a fragmented text", bytesOf(textPart("a"), textPart("b")), []string{inside}},
	{"5 binary inside a fragmented text", bytesOf(textPart("a"), ping(""), binaryOf("b")), []string{"ping ", inside}},
	{"5 one after another", bytesOf(textPart("a"), last("b"), binaryPart("c"), last("d"), text("e")),
		[]string{"text ab", "binary cd", "text e"}},

	// 6 UTF-8
	{"6 valid", bytesOf(text("Hello-µ@ßöäüàá-UTF-8!!")), []string{"text Hello-µ@ßöäüàá-UTF-8!!"}},
	{"6 a rune over two fragments", bytesOf(textPart("\xce"), last("\xba")), []string{"text κ"}},
	{"6 a rune over two fragments and a ping", bytesOf(textPart("\xf0\x90"), ping(""), last("\x80\x80")), []string{"ping ", "text \U00010000"}},
	{"6 byte that never occurs", bytesOf(text("\xce\xba\xff")), []string{notUTF8}},
	{"6 surrogate", bytesOf(text("\xed\xa0\x80")), []string{notUTF8}},
	{"6 overlong", bytesOf(text("\xc0\xaf")), []string{notUTF8}},
	{"6 above the last plane", bytesOf(text("\xf4\x90\x80\x80")), []string{notUTF8}},
	{"6 cut off", bytesOf(text("\xe2\x82")), []string{notUTF8}},
	{"6 cut off over fragments", bytesOf(textPart("\xe2"), last("\x82")), []string{notUTF8}},
	{"6 the last plane and a non-character", bytesOf(text("\U0010ffff\ufffe")), []string{"text \U0010ffff\ufffe"}},
	{"6 binary may be anything", bytesOf(binaryOf("\xff\xfe")), []string{"binary \xff\xfe"}},

	// 7 closing
	{"7 empty", bytesOf(sent{0x88, ""}), []string{"close 1005 "}},
	{"7 with a code", bytesOf(closing(1000, "")), []string{"close 1000 "}},
	{"7 with a reason", bytesOf(closing(4001, "bye µ")), []string{"close 4001 bye µ"}},
	{"7 reason of 123", bytesOf(closing(1000, strings.Repeat("*", 123))), []string{"close 1000 " + strings.Repeat("*", 123)}},
	{"7 reason of 124", bytesOf(closing(1000, strings.Repeat("*", 124))), []string{control}},
	{"7 one byte", bytesOf(sent{0x88, "\x03"}), []string{"error 1002 close frame of one byte"}},
	{"7 reason isn't UTF-8", bytesOf(closing(1000, "\xce\xba\xe1\xbd\xb9\xcf\x83\xce\xbc\xce\xb5\xed\xa0\x80")), []string{badReason}},
	{"7 fragmented", bytesOf(sent{0x08, ""}), []string{control}},
	{"7 inside a message", bytesOf(textPart("a"), closing(1001, "")), []string{"close 1001 "}},

	// 9, 10 limits: the decoder's is 70,000 here
	{"9 just below the limit", bytesOf(text(strings.Repeat("*", 70000))), []string{"text of 70000 bytes"}},
	{"9 above the limit", bytesOf(text(strings.Repeat("*", 70001))), []string{"error 1009 message is over 70000 bytes"}},
	{"9 fragments above the limit", bytesOf(textPart(strings.Repeat("*", 69999)), part("a"), last("b")), []string{"error 1009 message is over 70000 bytes"}},
	{"9 fragments at the limit", bytesOf(textPart(strings.Repeat("*", 69999)), ping(""), last("a")), []string{"ping ", "text of 70000 bytes"}},
	{"9 a length that nobody can send", []byte{0x81, 0xff, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff}, []string{"error 1009 message is over 70000 bytes"}},
	{"9 a length that no one may write", []byte{0x81, 0xff, 0x80, 0, 0, 0, 0, 0, 0, 0}, []string{notShort}},

	// what a server must check besides
	{"unmasked", []byte{0x81, 0x01, 'x'}, []string{unmasked}},
	{"unmasked ping", []byte{0x89, 0x00}, []string{unmasked}},
	{"125 in two bytes", []byte{0x81, 0xfe, 0, 125}, []string{notShort}},
	{"65535 in eight bytes", []byte{0x82, 0xff, 0, 0, 0, 0, 0, 0, 0xff, 0xff}, []string{notShort}},
	{"0 in eight bytes", []byte{0x82, 0xff, 0, 0, 0, 0, 0, 0, 0, 0}, []string{notShort}},
	{"half a header", []byte{0x81}, nil},
	{"half a length", []byte{0x81, 0xfe, 0x01}, nil},
	{"half a key", []byte{0x81, 0x80, 1, 2, 3}, nil},
	{"half a payload", bytesOf(text("hello"))[:9], nil},
}

func TestDecode(t *testing.T) {
	for _, c := range decodeCases {
		t.Run(c.name, func(t *testing.T) {
			whole := decode(c.in, 70000, max(len(c.in), 1))
			if !slices.Equal(whole, c.want) {
				t.Errorf("got %.200q, want %.200q", whole, c.want)
			}
			for _, piece := range []int{1, 2, 3, 7, 4096} {
				if got := decode(c.in, 70000, piece); !slices.Equal(got, whole) {
					t.Errorf("in pieces of %d: got %.200q, all at once %.200q", piece, got, whole)
				}
			}
		})
	}
}

func TestCloseCodes(t *testing.T) {
	valid := map[int]bool{}
	for _, span := range [][2]int{{1000, 1003}, {1007, 1014}, {3000, 4999}} {
		for code := span[0]; code <= span[1]; code++ {
			valid[code] = true
		}
	}
	for code := range 1 << 16 {
		want := badCode
		if valid[code] {
			want = fmt.Sprintf("close %d x", code)
		}
		payload := closing(code, "x").payload
		if got := describe(OpClose, []byte(payload)); got != want {
			t.Errorf("code %d: got %q, want %q", code, got, want)
		}
	}
}

// A server's frames, read back by flipping the mask bit on.
func TestEncode(t *testing.T) {
	for _, n := range []int{0, 1, 125, 126, 127, 65535, 65536, 70000} {
		payload := strings.Repeat("x", n)
		frame := Frame(OpText, []byte(payload))
		if cap(frame)-len(frame) > maxHeader {
			t.Errorf("%d bytes of payload: a frame of %d bytes holds %d", n, len(frame), cap(frame))
		}
		for _, size := range []int{0, n, n + 10} {
			built := BuildFrame(OpText, size, func(b []byte) []byte { return append(b, payload...) })
			if !bytes.Equal(built, frame) {
				t.Errorf("%d bytes built with place for %d: got %.100q", n, size, built)
			}
		}
		header := len(frame) - n
		masked := slices.Clone(frame[:header])
		masked[1] |= 0x80
		masked = append(append(masked, 0, 0, 0, 0), payload...)
		if got, want := decode(masked, 70000, len(masked)), describe(OpText, []byte(payload)); len(got) != 1 || got[0] != want {
			t.Errorf("%d bytes: got %.100q", n, got)
		}
	}
	for _, c := range []struct {
		code int
		want string
	}{{1000, "\x88\x05\x03\xe8bye"}, {CodeNoStatus, "\x88\x00"}} {
		if got := string(CloseFrame(c.code, "bye")); got != c.want {
			t.Errorf("code %d: got %q, want %q", c.code, got, c.want)
		}
	}
}

// FuzzDecode checks that no bytes crash the decoder, that how they are cut up
// makes no difference, and that nothing comes out beyond its limits.
func FuzzDecode(f *testing.F) {
	for _, c := range decodeCases {
		if len(c.in) < 1000 {
			f.Add(c.in, uint16(100), byte(1))
			f.Add(c.in, uint16(3), byte(5))
		}
	}
	f.Fuzz(func(t *testing.T, in []byte, limit uint16, piece byte) {
		whole := decode(in, int(limit), max(len(in), 1))
		pieces := decode(in, int(limit), int(piece)+1)
		if !slices.Equal(whole, pieces) {
			t.Errorf("all at once %q, in pieces of %d %q", whole, int(piece)+1, pieces)
		}
		d := Decoder{Limit: int(limit)}
		d.Feed(in)
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

// A message that is there as one whole frame costs no memory, wherever in the
// buffer it lies, and the Decoder is idle behind it.
func TestWholeFramesAllocateNothing(t *testing.T) {
	frames := bytesOf(text("hello"), ping("p"), binaryOf(strings.Repeat("x", 300)), closing(1000, ""))
	shared := make([]byte, len(frames))
	allocs := testing.AllocsPerRun(100, func() {
		d := Decoder{Limit: 1000}
		d.Feed(shared[:copy(shared, frames)])
		n := 0
		for {
			_, _, ok, err := d.Next()
			if err != nil {
				t.Fatal(err)
			}
			if !ok {
				break
			}
			n++
		}
		d.Keep()
		if n != 4 || !d.Idle() {
			t.Fatalf("%d messages, idle %v", n, d.Idle())
		}
	})
	if allocs != 0 {
		t.Errorf("%v allocations", allocs)
	}
}

// What is left over is copied, and no more than that is held on to.
func TestKeep(t *testing.T) {
	whole := text(strings.Repeat("x", 5000)).bytes()
	in := append(slices.Clone(whole), text("second").bytes()...)
	d := Decoder{Limit: 5000}
	d.Feed(in[:100])
	d.Keep()
	d.Feed(in[100 : len(whole)+3])
	if _, payload, ok, err := d.Next(); len(payload) != 5000 || !ok || err != nil {
		t.Fatalf("got %d bytes, %v, %v", len(payload), ok, err)
	}
	if _, _, ok, err := d.Next(); ok || err != nil || d.Idle() {
		t.Fatalf("a message of three bytes: %v, %v, idle %v", ok, err, d.Idle())
	}
	d.Keep()
	if cap(d.in) > 16 {
		t.Errorf("%d bytes are held for three", cap(d.in))
	}
	// Nobody has to call Keep who leaves the fed bytes alone.
	d.Feed(in[len(whole)+3 : len(whole)+5])
	d.Feed(in[len(whole)+5:])
	if _, payload, ok, err := d.Next(); string(payload) != "second" || !ok || err != nil || !d.Idle() {
		t.Errorf("got %q, %v, %v, idle %v", payload, ok, err, d.Idle())
	}
	d.Feed(textPart("open").bytes())
	if _, _, ok, err := d.Next(); ok || err != nil || d.Idle() {
		t.Errorf("half a message: %v, %v, idle %v", ok, err, d.Idle())
	}
}

// Text that can't become UTF-8 is refused with the fragment that shows it.
func TestBadTextIsRefusedEarly(t *testing.T) {
	for _, c := range []struct {
		parts []string
		bad   int // the part with which it is refused
	}{
		{[]string{"ok", "\xff", "more"}, 1},
		{[]string{"\xf4", "\x90", "\x80\x80"}, 1},
		{[]string{"\xf0\x90", "\x80", "\x80", "", "\x80"}, 4},
		{[]string{"\xce", "", "x"}, 2},
		{[]string{"\xe2\x82", "\xac", "\xe2\x82"}, -1},
	} {
		d := Decoder{Limit: 100}
		refused := -1
		for i, p := range c.parts {
			frame := part(p)
			if i == 0 {
				frame = textPart(p)
			}
			d.Feed(frame.bytes())
			if _, _, _, err := d.Next(); err != nil {
				refused = i
				break
			}
			d.Keep()
		}
		if refused != c.bad {
			t.Errorf("%q: refused at %d, want %d", c.parts, refused, c.bad)
		}
	}
}

func BenchmarkDecode(b *testing.B) {
	for _, n := range []int{100, 4096, 65536} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			frame := text(strings.Repeat("x", n)).bytes()
			d := Decoder{Limit: n}
			shared := make([]byte, 64<<10)
			b.SetBytes(int64(n))
			b.ReportAllocs()
			for b.Loop() {
				for chunk := range slices.Chunk(frame, len(shared)) {
					d.Keep()
					d.Feed(shared[:copy(shared, chunk)])
				}
				if _, _, ok, err := d.Next(); !ok || err != nil {
					b.Fatal(ok, err)
				}
			}
		})
	}
}
