package line_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"snug/line"
)

func TestPlain(t *testing.T) {
	for _, text := range []string{
		"", " ", "General", "Café – “no smoking” 5 €", "مرحبا بالعالم", "שלום, world", "हिन्दी", "क्\u200dष", "می\u200cخواهم", "東京", "สวัสดี",
		"👨\u200d👩\u200d👧", "❤️", "🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f", "\ufffd",
	} {
		if !line.Plain(text) {
			t.Errorf("%q is refused", text)
		}
	}
	for _, text := range []string{
		"a\u202eb", "\u202dab", "\u2066a\u2069", "a\u200eb", "\u200f", "\u061c", "zero\u200bwidth", "a\u200db", "\u200dx", "x\u200d", "\ufeffa",
		"soft\u00adhyphen", "word\u2060joiner", "\u180e", "two\nlines", "tab\t", "\x00", "\u0085", "line\u2028separator", "para\u2029graph",
		"\u3164", "\u2800", "a\u034fb", "\U000e0067", "x\U000e0067", "🏴x\U000e0067", "\ufff9", "\xff",
	} {
		if line.Plain(text) {
			t.Errorf("%q is taken", text)
		}
	}
}

func TestSubject(t *testing.T) {
	for _, letter := range []string{"a", "é", "東", "😀"} {
		whole := strings.Repeat(letter, line.MaxSubject/len(letter))
		if got := line.Subject(whole); got != whole {
			t.Errorf("%q is cut to %q", whole, got)
		}
		for _, before := range []string{"", "x", "xx", "xxx"} {
			got := line.Subject(before + whole + whole)
			if kept := strings.TrimSuffix(got, "…"); len(got) > line.MaxSubject || len(got) < line.MaxSubject-len(letter) || !utf8.ValidString(got) ||
				kept == got || !strings.HasPrefix(before+whole+whole, kept) {
				t.Errorf("%s and %s…: %q of %d bytes", before, letter, got, len(got))
			}
		}
	}
}
