package websocket

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"snug/durable/internal/websocket/wstest"
)

// decode feeds all of in, in pieces of the given size, and returns what comes
// out in words. The pieces come in one buffer, as an event loop reads them.
func decode(in []byte, limit, piece int, inflate *Inflaters) (out []string) {
	settings := Decoder{Limit: limit, Inflate: inflate}
	d := settings
	shared := make([]byte, piece)
	for chunk := range slices.Chunk(in, piece) {
		d.Feed(shared[:copy(shared, chunk)])
		said, over := drain(&d)
		out = append(out, said...)
		if over {
			break
		}
		d.Keep()
		for i := range shared {
			shared[i] = 0xbb
		}
		if d.Idle() {
			d = settings
		}
	}
	return out
}

// drain takes all that is there; over says that it ends with an error.
func drain(d *Decoder) (out []string, over bool) {
	for {
		op, payload, ok, err := d.Next()
		var violation *Error
		switch {
		case errors.As(err, &violation):
			return append(out, fmt.Sprintf("error %d %s", violation.Code, violation.Reason)), true
		case err != nil:
			return append(out, "strange error "+err.Error()), true
		case !ok:
			return out, false
		case payload == nil:
			return append(out, "no payload at all"), true
		}
		out = append(out, describe(op, payload))
		for i := range payload { // it is the caller's until the next call
			payload[i] = 0xaa
		}
	}
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

// What is wrong is said as early as the bytes tell, and in which words. That the
// conversation is right is for TestAutobahn.
func TestDecode(t *testing.T) {
	const (
		limit    = 70000
		reserved = "error 1002 reserved bits are set"
		control  = "error 1002 control frame is fragmented or too long"
		notShort = "error 1002 length isn't written in its shortest form"
		tooBig   = "error 1009 message is over 70000 bytes"
		notText  = "error 1007 text is not UTF-8"
		notClose = "error 1007 close reason is not UTF-8"
	)
	for _, c := range []struct {
		name string
		in   string
		want []string
	}{
		{"reserved bit", "\xa1\x80", []string{reserved}},
		{"RSV1, and nothing was negotiated", "\xc1\x80", []string{reserved}},
		{"unknown opcode", "\x83\x80", []string{"error 1002 unknown opcode"}},
		{"unmasked", "\x81\x01", []string{"error 1002 frame is not masked"}},
		{"unmasked ping", "\x89\x00", []string{"error 1002 frame is not masked"}},
		{"fragmented ping", "\x09\x80", []string{control}},
		{"long ping", "\x89\xfe", []string{control}},
		{"continuation of nothing", "\x80\x80", []string{"error 1002 continuation of nothing"}},
		{"message inside a message", "\x01\x80\x00\x00\x00\x00\x02\x80", []string{"error 1002 new message inside a fragmented one"}},
		{"125 in two bytes", "\x81\xfe\x00\x7d", []string{notShort}},
		{"65535 in eight bytes", "\x82\xff\x00\x00\x00\x00\x00\x00\xff\xff", []string{notShort}},
		{"0 in eight bytes", "\x82\xff\x00\x00\x00\x00\x00\x00\x00\x00", []string{notShort}},
		{"a length that no one may write", "\x81\xff\x80\x00\x00\x00\x00\x00\x00\x00", []string{notShort}},
		{"a length that nobody can send", "\x81\xff\x7f\xff\xff\xff\xff\xff\xff\xff", []string{tooBig}},
		{"a byte over the limit", "\x81\xff\x00\x00\x00\x00\x00\x01\x11\x71", []string{tooBig}},
		{"at the limit", string(wstest.Sent(wstest.Text(strings.Repeat("*", limit)))), []string{"text of 70000 bytes"}},
		{"fragments at the limit", string(wstest.Sent(wstest.TextPart(strings.Repeat("*", limit-1)), wstest.Ping(""), wstest.Last("a"))),
			[]string{"ping ", "text of 70000 bytes"}},
		{"fragments over the limit", string(wstest.Sent(wstest.TextPart(strings.Repeat("*", limit-1)), wstest.Part("a"))) + "\x80\x81", []string{tooBig}},
		{"not text", string(wstest.Sent(wstest.Text("\xff"))), []string{notText}},
		{"not text any more", string(wstest.Sent(wstest.TextPart("\xe2"), wstest.Ping(""), wstest.Part("\xff"))), []string{"ping ", notText}},
		{"close", string(wstest.Sent(wstest.TextPart("a"), wstest.Close(4001, "bye µ"))), []string{"close 4001 bye µ"}},
		{"empty close", string(wstest.Sent(wstest.Frame{First: 0x88})), []string{"close 1005 "}},
		{"close of a byte", string(wstest.Sent(wstest.Frame{First: 0x88, Payload: "\x03"})), []string{"error 1002 close frame of one byte"}},
		{"reason isn't text", string(wstest.Sent(wstest.Close(1000, "\xed\xa0\x80"))), []string{notClose}},
		{"nothing", "", nil},
		{"half a header", "\x81", nil},
		{"half a length", "\x81\xfe\x01", nil},
		{"half a key", "\x81\x80\x01\x02\x03", nil},
		{"half a payload", string(wstest.Sent(wstest.Text("hello"))[:9]), nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			for _, piece := range []int{max(len(c.in), 1), 1, 2, 3, 7, 4096} {
				if got := decode([]byte(c.in), limit, piece, nil); !slices.Equal(got, c.want) {
					t.Errorf("in pieces of %d: got %.200q, want %.200q", piece, got, c.want)
				}
			}
		})
	}
}

// A message that is there as one whole frame costs no memory, wherever in the
// buffer it lies, and the Decoder is idle behind it.
func TestWholeFramesAllocateNothing(t *testing.T) {
	frames := wstest.Sent(wstest.Text("hello"), wstest.Ping("p"), wstest.Binary(strings.Repeat("x", 300)), wstest.Close(1000, ""))
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
	whole := wstest.Text(strings.Repeat("x", 5000)).Sent()
	in := append(slices.Clone(whole), wstest.Text("second").Sent()...)
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
	d.Feed(wstest.TextPart("open").Sent())
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
			frame := wstest.Part(p)
			if i == 0 {
				frame = wstest.TextPart(p)
			}
			d.Feed(frame.Sent())
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
			frame := wstest.Text(strings.Repeat("x", n)).Sent()
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
