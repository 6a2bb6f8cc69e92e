package wstest

import (
	"fmt"
	"strings"
)

// utf8Cases returns the cases of section 6.
func utf8Cases() []Case {
	const (
		hello  = "Hello-µ@ßöäüàá-UTF-8!!"
		kosme  = "\xce\xba\xe1\xbd\xb9\xcf\x83\xce\xbc\xce\xb5" // κόσμε
		broken = kosme + "\xed\xa0\x80" + "edited"
	)
	bad := []Frame{Failed(1007)}
	cases := []Case{
		echo("6.1.1", "empty text", Text("")),
		{Number: "6.1.2", What: "empty text in three fragments", In: []Frame{TextPart(""), Part(""), Last("")}, Out: []Frame{Text("")}},
		{Number: "6.1.3", What: "three fragments, two of them empty", In: []Frame{TextPart(""), Part("middle frame payload"), Last("")},
			Out: []Frame{Text("middle frame payload")}},
		echo("6.2.1", "valid text", Text(hello)),
		{Number: "6.2.2", What: "valid text, cut between runes", In: Fragmented(Text(hello), strings.Index(hello, "à")), Out: []Frame{Text(hello)}},
		{Number: "6.2.3", What: "valid text, a byte in each fragment", In: Fragmented(Text(hello), 1), Out: []Frame{Text(hello)}},
		{Number: "6.2.4", What: "valid text, a byte in each fragment", In: Fragmented(Text(kosme), 1), Out: []Frame{Text(kosme)}},
		{Number: "6.3.1", What: "surrogate", In: []Frame{Text(broken)}, Out: bad},
		{Number: "6.3.2", What: "surrogate, a byte in each fragment", In: Fragmented(Text(broken), 1), Out: bad},
		{Number: "6.4.1", What: "above the last plane, and the message goes on", In: []Frame{TextPart(kosme), Part("\xf4\x90\x80\x80"), Last("edited")}, Out: bad},
		{Number: "6.4.1", What: "… and doesn't end", In: []Frame{TextPart(kosme), Part("\xf4\x90\x80\x80"), Ping("")}, Out: bad},
		{Number: "6.4.2", What: "what can't become a rune any more", In: []Frame{TextPart(kosme + "\xf4"), Part("\x90"), Ping("")}, Out: bad},
		{Number: "6.4.3", What: "above the last plane within a frame", In: []Frame{Text(kosme + "\xf4\x90\x80\x80" + "edited")}, Out: bad},
		{What: "a rune over two fragments and a ping", In: []Frame{TextPart("\xf0\x90"), Ping(""), Last("\x80\x80")}, Out: []Frame{Pong(""), Text("\U00010000")}},
		{What: "cut off over fragments", In: []Frame{TextPart("\xe2"), Last("\x82")}, Out: bad},
		{What: "binary may be anything", In: []Frame{Binary("\xff\xfe"), BinaryPart("\xc0"), Last("\xaf")}, Out: []Frame{Binary("\xff\xfe"), Binary("\xc0\xaf")}},
	}
	for _, section := range []struct {
		number, what string
		valid        bool
		texts        []string
	}{
		{"6.5", "what begins as κόσμε, whole runes", true, []string{kosme[:2], kosme[:5], kosme[:7], kosme[:9], kosme}},
		{"6.6", "κόσμε, cut off in a rune", false, []string{kosme[:1], kosme[:3], kosme[:4], kosme[:6], kosme[:8], kosme[:10]}},
		{"6.7", "first of each length", true, []string{"\x00", "\xc2\x80", "\xe0\xa0\x80", "\xf0\x90\x80\x80"}},
		{"6.8", "first of 5 and 6 bytes", false, []string{"\xf8\x88\x80\x80\x80", "\xfc\x84\x80\x80\x80\x80"}},
		{"6.9", "last of each length", true, []string{"\x7f", "\xdf\xbf", "\xef\xbf\xbf", "\xf4\x8f\xbf\xbf"}},
		{"6.10", "last of 4, 5 and 6 bytes", false, []string{"\xf7\xbf\xbf\xbf", "\xfb\xbf\xbf\xbf\xbf", "\xfd\xbf\xbf\xbf\xbf\xbf"}},
		{"6.11", "at the borders", true, []string{"\xed\x9f\xbf", "\xee\x80\x80", "\xef\xbf\xbd", "\xf4\x8f\xbf\xbf"}},
		{"6.11", "behind the last border", false, []string{"\xf4\x90\x80\x80"}},
		{"6.12", "continuation bytes alone", false, []string{"\x80", "\xbf", "\x80\xbf", "\x80\xbf\x80", "\x80\xbf\x80\xbf", "\x80\xbf\x80\xbf\x80",
			"\x80\xbf\x80\xbf\x80\xbf", span(0x80, 0xbf, "")}},
		{"6.13", "first bytes alone", false, []string{span(0xc0, 0xdf, " "), span(0xe0, 0xef, " "), span(0xf0, 0xf7, " "), span(0xf8, 0xfb, " "), "\xfc \xfd "}},
		{"6.14", "last byte is missing", false, []string{"\xc0", "\xe0\x80", "\xf0\x80\x80", "\xf8\x80\x80\x80", "\xfc\x80\x80\x80\x80",
			"\xdf", "\xef\xbf", "\xf7\xbf\xbf", "\xfb\xbf\xbf\xbf", "\xfd\xbf\xbf\xbf\xbf"}},
		{"6.15", "all of these in a row", false, []string{"\xc0\xe0\x80\xf0\x80\x80\xf8\x80\x80\x80\xfc\x80\x80\x80\x80\xdf\xef\xbf\xf7\xbf\xbf\xfb\xbf\xbf\xbf\xfd\xbf\xbf\xbf\xbf"}},
		{"6.16", "bytes that never occur", false, []string{"\xfe", "\xff", "\xfe\xfe\xff\xff"}},
		{"6.17", "ASCII in too many bytes", false, []string{"\xc0\xaf", "\xe0\x80\xaf", "\xf0\x80\x80\xaf", "\xf8\x80\x80\x80\xaf", "\xfc\x80\x80\x80\x80\xaf"}},
		{"6.18", "highest in too many bytes", false, []string{"\xc1\xbf", "\xe0\x9f\xbf", "\xf0\x8f\xbf\xbf", "\xf8\x87\xbf\xbf\xbf", "\xfc\x83\xbf\xbf\xbf\xbf"}},
		{"6.19", "NUL in too many bytes", false, []string{"\xc0\x80", "\xe0\x80\x80", "\xf0\x80\x80\x80", "\xf8\x80\x80\x80\x80", "\xfc\x80\x80\x80\x80\x80"}},
		{"6.20", "surrogates alone", false, []string{"\xed\xa0\x80", "\xed\xad\xbf", "\xed\xae\x80", "\xed\xaf\xbf", "\xed\xb0\x80", "\xed\xbe\x80", "\xed\xbf\xbf"}},
		{"6.21", "surrogates in pairs", false, []string{"\xed\xa0\x80\xed\xb0\x80", "\xed\xa0\x80\xed\xbf\xbf", "\xed\xad\xbf\xed\xb0\x80", "\xed\xad\xbf\xed\xbf\xbf",
			"\xed\xae\x80\xed\xb0\x80", "\xed\xae\x80\xed\xbf\xbf", "\xed\xaf\xbf\xed\xb0\x80", "\xed\xaf\xbf\xed\xbf\xbf"}},
		{"6.22", "non-characters are valid", true, nonCharacters()},
		{"6.23", "specials are valid", true, []string{"\ufff9", "\ufffa", "\ufffb", "\ufffc", "\ufffd", "\ufffe", "\uffff"}},
	} {
		for i, s := range section.texts {
			number, what := fmt.Sprintf("%s.%d", section.number, i+1), fmt.Sprintf("%s: %.40q", section.what, s)
			c := echo(number, what, Text(s))
			split := Case{Number: number, What: what + " in fragments", In: Fragmented(Text(s), 1), Out: []Frame{Text(s)}}
			if !section.valid {
				c.Out, split.Out = bad, bad
			}
			cases = append(cases, c, split)
		}
	}
	return cases
}

// span returns the bytes from the first to the last one, each followed by sep.
func span(first, last byte, sep string) string {
	var s strings.Builder
	for b := int(first); b <= int(last); b++ {
		s.WriteByte(byte(b))
		s.WriteString(sep)
	}
	return s.String()
}

// nonCharacters returns the last two code points of each plane.
func nonCharacters() (all []string) {
	for plane := range rune(17) {
		all = append(all, string(plane<<16|0xfffe), string(plane<<16|0xffff))
	}
	return all
}
