package wstest

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
)

// Case is one conversation. It ends with a Close frame of each side.
type Case struct {
	Number  string // of the case in Autobahn's suite that it follows; "" where that has none
	What    string
	Deflate bool // permessage-deflate was negotiated
	In      []Frame
	Out     []Frame // of a server that says again what it is told, and its own Pongs and Close
}

// Name is for a subtest.
func (c Case) Name() string { return strings.TrimSpace(c.Number + " " + c.What) }

// Sent returns all that the client sends: where it doesn't close, or make the
// server close, it says goodbye behind the rest.
func (c Case) Sent() []byte {
	in := c.In
	if !slices.ContainsFunc(c.Out, Frame.IsClose) {
		in = append(slices.Clone(in), goodbye())
	}
	return Sent(in...)
}

// Expected returns all that the server must say.
func (c Case) Expected() []Frame {
	if !slices.ContainsFunc(c.Out, Frame.IsClose) {
		return append(slices.Clone(c.Out), goodbye())
	}
	return c.Out
}

func goodbye() Frame { return Close(1000, "bye") }

// Differ says how what the server said isn't what it must say; "" if it is.
func (c Case) Differ(got []Frame) string {
	want := c.Expected()
	if slices.EqualFunc(got, want, Frame.Is) {
		return ""
	}
	return fmt.Sprintf("got %.600v, want %.600v", got, want)
}

// Cases returns all conversations. They follow, in our own words and at sizes
// that take no time, those of the Autobahn test suite that concern a server.
// What that suite varies by sending a case frame by frame or octet by octet, the
// tests vary for all cases.
func Cases() []Case {
	return slices.Concat(framing(), pings(), reserved(), opcodes(), fragmentation(), utf8Cases(), closes(), limits(), deflate())
}

func echo(number, what string, messages ...Frame) Case {
	return Case{Number: number, What: what, In: messages, Out: messages}
}

func framing() (cases []Case) {
	for i, n := range []int{0, 125, 126, 127, 128, 65535, 65536, 65536} {
		what := fmt.Sprintf("message of %d bytes", n)
		cases = append(cases,
			echo(fmt.Sprintf("1.1.%d", i+1), what, Text(strings.Repeat("*", n))),
			echo(fmt.Sprintf("1.2.%d", i+1), what, Binary(strings.Repeat("\xfe", n))))
	}
	return append(cases, echo("", "many messages in a row", Text("a"), Text(""), Binary("b"), Text("c"), Binary("")))
}

func pings() []Case {
	few := []Frame{Ping("0"), Ping("1"), Ping("2"), Ping("3"), Ping("4"), Ping("5"), Ping("6"), Ping("7"), Ping("8"), Ping("9")}
	fewBack := make([]Frame, len(few))
	for i, f := range few {
		fewBack[i] = Pong(f.Payload)
	}
	return []Case{
		{Number: "2.1", What: "empty ping", In: []Frame{Ping("")}, Out: []Frame{Pong("")}},
		{Number: "2.2", What: "ping with a payload", In: []Frame{Ping("Hello, world!")}, Out: []Frame{Pong("Hello, world!")}},
		{Number: "2.3", What: "ping that isn't text", In: []Frame{Ping("\x00\xff\xfe\xfd\xfc\xfb\x00\xff")}, Out: []Frame{Pong("\x00\xff\xfe\xfd\xfc\xfb\x00\xff")}},
		{Number: "2.4", What: "longest ping", In: []Frame{Ping(strings.Repeat("\xfe", 125))}, Out: []Frame{Pong(strings.Repeat("\xfe", 125))}},
		{Number: "2.5", What: "ping that is too long", In: []Frame{Ping(strings.Repeat("\xfe", 126))}, Out: []Frame{Failed(1002)}},
		{Number: "2.7", What: "pong that nobody asked for", In: []Frame{Pong("")}},
		{Number: "2.8", What: "pong with a payload that nobody asked for", In: []Frame{Pong("unsolicited")}},
		{Number: "2.9", What: "such a pong, then a ping", In: []Frame{Pong("unsolicited"), Ping("ping")}, Out: []Frame{Pong("ping")}},
		{Number: "2.10", What: "ten pings", In: few, Out: fewBack},
	}
}

func reserved() []Case {
	set := func(f Frame, rsv byte) Frame { f.First |= rsv << 4; return f }
	hello := Text("Hello, world!")
	return []Case{
		{Number: "3.1", What: "text with RSV 1", In: []Frame{set(hello, 1)}, Out: []Frame{Failed(1002)}},
		{Number: "3.2", What: "text with RSV 2 behind a good one", In: []Frame{hello, set(hello, 2), Ping("")}, Out: []Frame{hello, Failed(1002)}},
		{Number: "3.3", What: "text with RSV 3 behind a good one", In: []Frame{hello, set(hello, 3), Ping("")}, Out: []Frame{hello, Failed(1002)}},
		{Number: "3.4", What: "text with RSV 4 behind a good one", In: []Frame{hello, set(hello, 4), Ping("")}, Out: []Frame{hello, Failed(1002)}},
		{Number: "3.5", What: "binary with RSV 5", In: []Frame{set(Binary("\x00\xff\xfe"), 5)}, Out: []Frame{Failed(1002)}},
		{Number: "3.6", What: "ping with RSV 6", In: []Frame{set(Ping("Hello, world!"), 6)}, Out: []Frame{Failed(1002)}},
		{Number: "3.7", What: "close with RSV 7", In: []Frame{set(Close(1000, ""), 7)}, Out: []Frame{Failed(1002)}},
	}
}

func opcodes() (cases []Case) {
	for i, op := range []byte{3, 4, 5, 6, 7, 11, 12, 13, 14, 15} {
		bad := Frame{First: fin | op, Payload: []string{"", "unknown"}[i%2]}
		c := Case{Number: fmt.Sprintf("4.%d.%d", i/5+1, i%5+1), What: fmt.Sprintf("opcode %d", op), In: []Frame{bad}, Out: []Frame{Failed(1002)}}
		if i%5 >= 2 {
			c.In = []Frame{Text("Hello, world!"), bad, Ping("")}
			c.Out = []Frame{Text("Hello, world!"), Failed(1002)}
		}
		cases = append(cases, c)
	}
	return cases
}

func fragmentation() []Case {
	both := Text("fragment1fragment2")
	nothing := func(number string, first Frame) Case {
		return Case{Number: number, What: "continuation of nothing, then a message", In: []Frame{first, Text("Hello, world!")}, Out: []Frame{Failed(1002)}}
	}
	five := []Frame{TextPart("fragment1"), Part("fragment2"), Ping("pong 1"), Part("fragment3"), Part("fragment4"), Ping("pong 2"), Last("fragment5")}
	return []Case{
		{Number: "5.1", What: "ping in two fragments", In: []Frame{{First: ping, Payload: "frag"}, Last("ment")}, Out: []Frame{Failed(1002)}},
		{Number: "5.2", What: "pong in two fragments", In: []Frame{{First: pong, Payload: "frag"}, Last("ment")}, Out: []Frame{Failed(1002)}},
		{Number: "5.3", What: "text in two fragments", In: []Frame{TextPart("fragment1"), Last("fragment2")}, Out: []Frame{both}},
		{Number: "5.6", What: "ping between two fragments", In: []Frame{TextPart("fragment1"), Ping("ping"), Last("fragment2")}, Out: []Frame{Pong("ping"), both}},
		nothing("5.9", Last("continuation")),
		nothing("5.12", Part("continuation")),
		{Number: "5.15", What: "a fragment more behind the last one", In: []Frame{TextPart("fragment1"), Last("fragment2"), Part("fragment3"), Text("fragment4")},
			Out: []Frame{both, Failed(1002)}},
		{Number: "5.16", What: "continuation of nothing, then fragments, twice", In: []Frame{Part("fragment1"), TextPart("fragment2"), Last("fragment3"),
			Part("fragment4"), TextPart("fragment5"), Last("fragment6")}, Out: []Frame{Failed(1002)}},
		{Number: "5.17", What: "final continuation of nothing, then fragments, twice", In: []Frame{Last("fragment1"), TextPart("fragment2"), Last("fragment3"),
			Last("fragment4"), TextPart("fragment5"), Last("fragment6")}, Out: []Frame{Failed(1002)}},
		{Number: "5.18", What: "text inside a fragmented text", In: []Frame{TextPart("fragment1"), Text("fragment2")}, Out: []Frame{Failed(1002)}},
		{Number: "5.19", What: "text in five fragments with pings between", In: five,
			Out: []Frame{Pong("pong 1"), Pong("pong 2"), Text("fragment1fragment2fragment3fragment4fragment5")}},
		{What: "text begins inside a fragmented text", In: []Frame{TextPart("a"), TextPart("b")}, Out: []Frame{Failed(1002)}},
		{What: "binary inside a fragmented text", In: []Frame{TextPart("a"), Ping(""), Binary("b")}, Out: []Frame{Pong(""), Failed(1002)}},
		{What: "binary in fragments", In: []Frame{BinaryPart("\xff"), Part(""), Last("\xfe")}, Out: []Frame{Binary("\xff\xfe")}},
		{What: "one after another", In: []Frame{TextPart("a"), Last("b"), BinaryPart("c"), Last("d"), Text("e")},
			Out: []Frame{Text("ab"), Binary("cd"), Text("e")}},
	}
}

func closes() []Case {
	hello := Text("Hello, world!")
	cases := []Case{
		{Number: "7.1.1", What: "close behind a message", In: []Frame{hello, goodbye()}, Out: []Frame{hello, goodbye()}},
		{Number: "7.1.2", What: "two closes", In: []Frame{goodbye(), Close(1000, "again")}, Out: []Frame{goodbye()}},
		{Number: "7.1.3", What: "ping behind the close", In: []Frame{goodbye(), Ping("")}, Out: []Frame{goodbye()}},
		{Number: "7.1.4", What: "text behind the close", In: []Frame{goodbye(), hello}, Out: []Frame{goodbye()}},
		{Number: "7.1.5", What: "close between two fragments", In: []Frame{TextPart("fragment1"), goodbye(), Last("fragment2")}, Out: []Frame{goodbye()}},
		{Number: "7.1.6", What: "a long message, a close, and more", In: []Frame{Text(strings.Repeat("BAsd7&jh23", 6000)), hello, goodbye(), Ping("")},
			Out: []Frame{Text(strings.Repeat("BAsd7&jh23", 6000)), hello, goodbye()}},
		{Number: "7.3.1", What: "empty close", In: []Frame{{First: fin | closing}}, Out: []Frame{{First: fin | closing}}},
		{Number: "7.3.2", What: "close of one byte", In: []Frame{{First: fin | closing, Payload: "a"}}, Out: []Frame{Failed(1002)}},
		{Number: "7.3.3", What: "close with a code", In: []Frame{Close(1000, "")}, Out: []Frame{Close(1000, "")}},
		{Number: "7.3.4", What: "close with a reason", In: []Frame{Close(1000, "Hello, world!")}, Out: []Frame{Close(1000, "Hello, world!")}},
		{Number: "7.3.5", What: "longest reason", In: []Frame{Close(1000, strings.Repeat("*", 123))}, Out: []Frame{Close(1000, strings.Repeat("*", 123))}},
		{Number: "7.3.6", What: "reason that is too long", In: []Frame{Close(1000, strings.Repeat("*", 124))}, Out: []Frame{Failed(1002)}},
		{Number: "7.5.1", What: "reason that isn't UTF-8", In: []Frame{Close(1000, "\xce\xba\xe1\xbd\xb9\xcf\x83\xce\xbc\xce\xb5\xed\xa0\x80edited")},
			Out: []Frame{Failed(1007)}},
		{What: "close in fragments", In: []Frame{{First: closing, Payload: "\x03\xe8"}, Last("")}, Out: []Frame{Failed(1002)}},
	}
	for i, code := range []int{1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 3000, 3999, 4000, 4999} {
		cases = append(cases, Case{Number: fmt.Sprintf("7.7.%d", i+1), What: fmt.Sprintf("code %d", code), In: []Frame{Close(code, "")}, Out: []Frame{Close(code, "")}})
	}
	for i, code := range []int{0, 999, 1004, 1005, 1006, 1016, 1100, 2000, 2999} {
		cases = append(cases, Case{Number: fmt.Sprintf("7.9.%d", i+1), What: fmt.Sprintf("code %d", code), In: []Frame{Close(code, "")}, Out: []Frame{Failed(1002)}})
	}
	for i, code := range []int{5000, 65535} {
		cases = append(cases, Case{Number: fmt.Sprintf("7.13.%d", i+1), What: fmt.Sprintf("code %d", code), In: []Frame{Close(code, "")}, Out: []Frame{Failed(1002)}})
	}
	return cases
}

// limits: the suite goes up to 16 MB to see whether a server gets slow; here the
// sizes end at the limit and one byte behind it.
func limits() (cases []Case) {
	for i, n := range []int{1 << 10, 1 << 12, 1 << 14, 1 << 15, Limit - 1, Limit} {
		what := fmt.Sprintf("message of %d bytes", n)
		cases = append(cases,
			echo(fmt.Sprintf("9.1.%d", i+1), what, Text(strings.Repeat("*", n))),
			echo(fmt.Sprintf("9.2.%d", i+1), what, Binary(strings.Repeat("\xfe", n))))
	}
	for i, n := range []int{64, 256, 1 << 10, 1 << 12, 1 << 14, Limit} {
		what := fmt.Sprintf("longest message in fragments of %d bytes", n)
		text, binary := Text(strings.Repeat("*", Limit)), Binary(strings.Repeat("\xfe", Limit))
		cases = append(cases,
			Case{Number: fmt.Sprintf("9.3.%d", i+1), What: what, In: Fragmented(text, n), Out: []Frame{text}},
			Case{Number: fmt.Sprintf("9.4.%d", i+1), What: what, In: Fragmented(binary, n), Out: []Frame{binary}})
	}
	for i, n := range []int{0, 16, 64, 256, 1024} {
		what := fmt.Sprintf("200 messages of %d bytes", n)
		cases = append(cases,
			echo(fmt.Sprintf("9.7.%d", i+1), what, slices.Repeat([]Frame{Text(strings.Repeat("*", n))}, 200)...),
			echo(fmt.Sprintf("9.8.%d", i+1), what, slices.Repeat([]Frame{Binary(strings.Repeat("\xfe", n))}, 200)...))
	}
	long := Text(strings.Repeat("*", Limit+1))
	cases = append(cases,
		Case{Number: "10.1.1", What: "longest message in fragments of 1300 bytes", In: Fragmented(Text(strings.Repeat("*", Limit)), 1300),
			Out: []Frame{Text(strings.Repeat("*", Limit))}},
		Case{What: "message over the limit", In: []Frame{Text("a"), long}, Out: []Frame{Text("a"), Failed(1009)}},
		Case{What: "message over the limit in its last fragment", In: Fragmented(long, Limit), Out: []Frame{Failed(1009)}},
		Case{What: "message over the limit in many fragments", In: Fragmented(long, 1000), Out: []Frame{Failed(1009)}})
	return cases
}

// deflate: the suite's tables of sizes and kinds of text, scaled down, then what
// RFC 7692 shows or forbids.
func deflate() (cases []Case) {
	draw := rand.New(rand.NewPCG(12, 13))
	noise := make([]byte, Limit)
	for i := range noise {
		noise[i] = byte(draw.Uint32())
	}
	german := strings.Repeat("Zwölf Boxkämpfer jagen Viktor quer über den großen Sylter Deich. ", Limit/60)
	kinds := []struct {
		what   string
		binary bool
		data   string
	}{
		{"JSON", false, strings.Repeat(`{"id": 5124095577, "text": "hello, \"world\"", "at": 1700000000, "tags": ["a", "b"]}, `, Limit/80)},
		{"noise", true, string(noise)},
		{"one byte again and again", true, strings.Repeat("\x00", Limit)},
		{"German", false, german},
	}
	for k, kind := range kinds {
		for i, n := range []int{0, 16, 64, 256, 1 << 10, 1 << 12, 1 << 14, 1 << 15, Limit} {
			plain := strings.ToValidUTF8(kind.data[:n], "")
			message := Text(plain)
			if kind.binary {
				message = Binary(kind.data[:n])
			}
			name := fmt.Sprintf("%s of %d bytes", kind.what, n)
			cases = append(cases,
				Case{Number: fmt.Sprintf("12.%d.%d", k+1, i+1), What: name, Deflate: true,
					In: slices.Repeat([]Frame{squeeze(message)}, 5), Out: slices.Repeat([]Frame{message}, 5)},
				Case{Number: fmt.Sprintf("12.%d.%d", k+1, i+10), What: name + " in fragments", Deflate: true,
					In: Fragmented(squeeze(message), 1+n/7), Out: []Frame{message}})
		}
	}
	hello := Text("Hello")
	text := func(message string) Frame { return Frame{First: fin | deflated | 0x01, Payload: message} }
	ends := func(code int) []Frame { return []Frame{Failed(code)} }
	for _, c := range []Case{
		{Number: "13.1.1", What: "compressed and plain by turns", In: []Frame{squeeze(hello), hello, squeeze(hello), hello}, Out: slices.Repeat([]Frame{hello}, 4)},
		{What: "RFC 7692 §7.2.3.1: one block", In: []Frame{text("\xf2\x48\xcd\xc9\xc9\x07\x00")}, Out: []Frame{hello}},
		{What: "RFC 7692 §7.2.3.1: in two fragments", In: Fragmented(text("\xf2\x48\xcd\xc9\xc9\x07\x00"), 3), Out: []Frame{hello}},
		{What: "RFC 7692 §7.2.3.3: a block that is only stored", In: []Frame{text("\x00\x05\x00\xfa\xffHello\x00")}, Out: []Frame{hello}},
		{What: "RFC 7692 §7.2.3.4: a final block", In: []Frame{text("\xf3\x48\xcd\xc9\xc9\x07\x00\x00"), hello}, Out: []Frame{hello, hello}},
		{What: "RFC 7692 §7.2.3.5: two blocks", In: []Frame{text("\xf2\x48\x05\x00\x00\x00\xff\xff\xca\xc9\xc9\x07\x00")}, Out: []Frame{hello}},
		{What: "RFC 7692 §7.2.3.6: an empty message", In: []Frame{text("\x00"), {First: fin | deflated | octets, Payload: "\x00"}}, Out: []Frame{Text(""), Binary("")}},
		{What: "two final blocks", In: []Frame{text("\xf3\x48\xcd\xc9\xc9\x07\x00\xf3\x48\xcd\xc9\xc9\x07\x00\x00")}, Out: []Frame{Text("HelloHello")}},
		{What: "a final block and nothing behind it", In: []Frame{text("\xf3\x48\xcd\xc9\xc9\x07\x00")}, Out: []Frame{hello}},
		{What: "a ping between compressed fragments", In: []Frame{{First: deflated | 0x01, Payload: "\xf2\x48\xcd"}, Ping("p"), Last("\xc9\xc9\x07\x00")},
			Out: []Frame{Pong("p"), hello}},
		{What: "a message that refers to the one before", In: []Frame{squeeze(hello), text("\xf2\x00\x11\x00\x00")}, Out: []Frame{hello, Failed(1007)}},
		{What: "RSV1 on a later fragment", In: []Frame{{First: deflated | 0x01, Payload: "\xf2\x48\xcd"}, {First: fin | deflated, Payload: "\xc9\xc9\x07\x00"}}, Out: ends(1002)},
		{What: "RSV1 on the last fragment of a plain message", In: []Frame{TextPart("a"), {First: fin | deflated, Payload: "\x00"}}, Out: ends(1002)},
		{What: "RSV1 on a ping", In: []Frame{{First: fin | deflated | ping}}, Out: ends(1002)},
		{What: "RSV1 on a close", In: []Frame{{First: fin | deflated | closing}}, Out: ends(1002)},
		{What: "RSV1 on an unknown opcode", In: []Frame{{First: fin | deflated | 3}}, Out: ends(1002)},
		{What: "RSV2", In: []Frame{{First: fin | 0x20 | 0x01}}, Out: ends(1002)},
		{What: "RSV1 and RSV3", In: []Frame{{First: fin | deflated | 0x10 | 0x01}}, Out: ends(1002)},
		{What: "not DEFLATE", In: []Frame{text("\xff\xff\xff\xff")}, Out: ends(1007)},
		{What: "no bytes at all", In: []Frame{text("")}, Out: ends(1007)},
		{What: "cut off in a stored block", In: []Frame{text("\x00\x05\x00\xfa\xffHel")}, Out: ends(1007)},
		{What: "text that isn't UTF-8", In: []Frame{squeeze(Text("a\xff"))}, Out: ends(1007)},
		{What: "binary that isn't UTF-8", In: []Frame{squeeze(Binary("a\xff"))}, Out: []Frame{Binary("a\xff")}},
		{What: "a byte over the limit", In: []Frame{squeeze(Text(strings.Repeat("*", Limit+1)))}, Out: ends(1009)},
		{What: "a bomb", In: []Frame{squeeze(Binary(strings.Repeat("\x00", 4<<20)))}, Out: ends(1009)},
		{What: "a bomb in fragments", In: Fragmented(squeeze(Binary(strings.Repeat("\x00", 4<<20))), 1000), Out: ends(1009)},
		{What: "compressed bytes over all bounds", In: []Frame{squeeze(Binary(string(noise) + string(noise)))}, Out: ends(1009)},
		{What: "final blocks without end", In: []Frame{text(strings.Repeat("\x03\x00", 20000))}, Out: ends(1007)},
	} {
		c.Deflate = true
		cases = append(cases, c)
	}
	return cases
}
