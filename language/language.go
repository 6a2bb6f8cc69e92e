// Package language knows the languages that people are spoken to in, how a request says
// which of them its reader wants, and what of a text depends on its language. The texts
// themselves stand where they are said. The client speaks the same languages: see
// web/src/i18n/languages.ts.
package language

import "strings"

// Code names a language as Accept-Language and the attribute lang of HTML do.
type Code string

// The languages. "" is one that nobody has named.
const (
	English Code = "en"
	Spanish Code = "es"
	German  Code = "de"
	Chinese Code = "zh" // in simplified characters
	Arabic  Code = "ar"
)

// All returns the languages, English first.
func All() []Code { return []Code{English, Spanish, German, Chinese, Arabic} }

// Known reports whether the language is one of them.
func (c Code) Known() bool {
	switch c {
	case English, Spanish, German, Chinese, Arabic:
		return true
	}
	return false
}

// Dir is the direction of the language's lines, as the attribute dir of HTML has it.
func (c Code) Dir() string {
	if c == Arabic {
		return "rtl"
	}
	return "ltr"
}

// Texts has what is said in each language. All have the same.
type Texts[T any] map[Code]T

// In returns what is said in a language; in English where it is none of ours.
func (t Texts[T]) In(c Code) T {
	if !c.Known() {
		c = English
	}
	return t[c]
}

// Fill puts values into a text, where their names stand in braces: each name is followed by
// its value. What is put in isn't looked at for further names.
func (c Code) Fill(text string, values ...string) string {
	pairs := make([]string, len(values))
	for i := 0; i+1 < len(values); i += 2 {
		pairs[i], pairs[i+1] = "{"+values[i]+"}", c.isolate(values[i+1])
	}
	return strings.NewReplacer(pairs...).Replace(text)
}

// isolate keeps a value apart from the lines around it, as the client does: names and
// addresses are mostly of the other direction, and would take signs beside them along.
func (c Code) isolate(value string) string {
	const first, pop = "\u2068", "\u2069" // FIRST STRONG ISOLATE and its end
	if c.Dir() == "ltr" {
		return value
	}
	return first + value + pop
}
