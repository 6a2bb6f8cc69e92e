package chat

import (
	"strings"
	"unicode"
)

// trim takes off what String.prototype.trim of ECMAScript does, by which clients of both
// levels tell whether a message is empty: white space and line terminators.
func trim(text string) string { return strings.TrimFunc(text, blank) }

func blank(r rune) bool {
	switch r {
	case '\t', '\n', '\v', '\f', '\r', '\u2028', '\u2029', '\ufeff':
		return true
	}
	return unicode.Is(unicode.Zs, r)
}
