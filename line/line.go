// Package line says what a line of text may hold that people write and others read: the
// names of people and rooms, topics, what somebody says of themselves; and how long the
// subject of a mail may be that they stand in.
package line

import (
	"unicode"
	"unicode/utf8"
)

// Plain reports whether a text is one line that shows what is in it: no control
// characters, nothing that turns the text around it about (U+202E and the like), and
// nothing invisible but what joins emoji and letters of some scripts.
func Plain(text string) bool {
	if !utf8.ValidString(text) {
		return false
	}
	runes := []rune(text)
	for i, r := range runes {
		if unseen(r) && !joins(runes, i) && !tags(runes, i) {
			return false
		}
	}
	return true
}

// unseen: characters that show nothing, or change how others are shown. Those of the
// category Cf are the controls of the bidirectional algorithm, zero-width spaces and joiners,
// soft hyphens, tags.
func unseen(r rune) bool {
	if unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp) {
		return true
	}
	switch r { // letters and symbols that are blank
	case '\u115f', '\u1160', '\u3164', '\uffa0', '\u2800', '\u034f', '\u17b4', '\u17b5':
		return true
	}
	return false
}

// joins: a (non-)joiner between two characters that aren't ASCII, as in family emoji,
// Persian and Hindi. Elsewhere it can't be seen.
func joins(runes []rune, i int) bool {
	const nonJoiner, joiner = '\u200c', '\u200d'
	if runes[i] != nonJoiner && runes[i] != joiner || i == 0 || i == len(runes)-1 {
		return false
	}
	for _, r := range []rune{runes[i-1], runes[i+1]} {
		if r < 0x80 || unicode.IsSpace(r) || r == nonJoiner || r == joiner {
			return false
		}
	}
	return true
}

// tags: the letters that make a black flag that of a region, as England's.
func tags(runes []rune, i int) bool {
	const flag, most = '\U0001f3f4', 7
	for at := i; at >= 0 && i-at <= most; at-- {
		switch r := runes[at]; {
		case r == flag:
			return at < i
		case r < '\U000e0020' || r > '\U000e007f':
			return false
		}
	}
	return false
}

// MaxSubject is the size of the longest subject of a mail that package mail takes, in bytes.
const MaxSubject = 255

// Subject cuts a text down to what the subject of a mail has place for, between two characters.
func Subject(text string) string {
	const cut = "…"
	if len(text) <= MaxSubject {
		return text
	}
	end := MaxSubject - len(cut)
	for end > 0 && !utf8.RuneStart(text[end]) {
		end--
	}
	return text[:end] + cut
}
