package search

import (
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// folded is a text as it is compared: without case, accents, the forms of one letter
// and the lengths of spaces.
type folded struct {
	runes []rune
	// at holds for each rune where the character that it comes from begins in the text,
	// and then where the text ends; in UTF-16 units, as browsers count.
	at []int
}

// fold folds a text. What isn't UTF-8 is read as U+FFFD.
func fold(text string) folded {
	f := folded{make([]rune, 0, len(text)), make([]int, 0, len(text)+1)}
	at := 0
	for _, r := range text {
		switch {
		case r < utf8.RuneSelf:
			f.addASCII(r, at)
		case r >= 0xac00 && r <= 0xd7a3: // Hangul syllables are what people take for letters
			f.add(r, at)
		default:
			for _, part := range norm.NFKD.String(string(r)) {
				f.addOther(part, at)
			}
		}
		at++
		if r > 0xffff {
			at++
		}
	}
	f.at = append(f.at, at)
	return f
}

func (f *folded) add(r rune, at int) {
	f.runes = append(f.runes, r)
	f.at = append(f.at, at)
}

func (f *folded) addASCII(r rune, at int) {
	switch {
	case r >= 'A' && r <= 'Z':
		r += 'a' - 'A'
	case r <= ' ':
		f.addSpace(at)
		return
	}
	f.add(r, at)
}

func (f *folded) addOther(r rune, at int) {
	switch {
	case accent(r):
	case unicode.IsSpace(r):
		f.addSpace(at)
	case r == 'ß' || r == 'ẞ':
		f.add('s', at)
		f.add('s', at)
	case r < utf8.RuneSelf:
		f.addASCII(r, at)
	default:
		// By way of the upper case, as some letters have two lower ones.
		f.add(unicode.ToLower(unicode.ToUpper(r)), at)
	}
}

// addSpace makes one space of many.
func (f *folded) addSpace(at int) {
	if n := len(f.runes); n > 0 && f.runes[n-1] == ' ' {
		return
	}
	f.add(' ', at)
}

// accent reports whether a mark is one that people leave out. Others, such as the
// vowels of Hindi and Thai, make another word.
func accent(r rune) bool {
	switch {
	case r >= 0x0300 && r <= 0x036f, // combining diacritical marks
		r >= 0x0591 && r <= 0x05c7,                           // points of Hebrew
		r >= 0x064b && r <= 0x0652, r == 0x0670, r == 0x0640, // vowel marks of Arabic, and what only stretches a word
		r >= 0xfe00 && r <= 0xfe0f: // how a character is drawn
		return unicode.Is(unicode.M, r) || r == 0x0640
	}
	return false
}

// kind says what a rune is to the index.
type kind byte

const (
	gap    kind = iota // between words
	letter             // of a word with gaps around it
	sign               // stands for itself, or is of a script without gaps
)

func kindOf(r rune) kind {
	if r < utf8.RuneSelf {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' {
			return letter
		}
		return gap
	}
	switch {
	case unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Hangul,
		unicode.Thai, unicode.Lao, unicode.Khmer, unicode.Myanmar, unicode.Tibetan),
		unicode.Is(unicode.So, r), unicode.Is(unicode.Sc, r), r >= 0x1f3fb && r <= 0x1f3ff:
		return sign
	case unicode.IsLetter(r), unicode.IsNumber(r), unicode.IsMark(r):
		return letter
	}
	return gap
}
