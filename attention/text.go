package attention

import (
	"regexp"
	"strings"

	"snug/chat"
)

// plain says how a message reads without its formatting.
var plain = []struct {
	what *regexp.Regexp
	with string
}{
	{regexp.MustCompile(`@\[([^\[\]\n]*)\]\((?:user|room):[^()\s]*\)`), "@$1"},
	{regexp.MustCompile("(?m)^[ \t]*```[^\n]*$"), ""},
	{regexp.MustCompile(`!?\[([^\[\]]*)\]\([^()\s]*\)`), "$1"},
	{regexp.MustCompile(`(?m)^[ \t]*(?:>|#{1,6}|[-*+])[ \t]+`), ""},
	{regexp.MustCompile("\\*\\*|__|~~|\\|\\||`"), ""},
	{regexp.MustCompile(`\s+`), " "},
}

// textOf is how a message begins, without its formatting: at most so many characters.
func textOf(m *chat.Message, chars int) string {
	text := m.Content
	if cut := chars * 8; len(text) > cut { // formatting takes some of it
		text = strings.ToValidUTF8(text[:cut], "")
	}
	for _, r := range plain {
		text = r.what.ReplaceAllString(text, r.with)
	}
	text = strings.TrimSpace(text)
	if text == "" && len(m.Attachments) > 0 {
		names := make([]string, len(m.Attachments))
		for i, a := range m.Attachments {
			names[i] = a.Name
		}
		text = strings.Join(names, ", ")
	}
	if runes := []rune(text); len(runes) > chars {
		text = strings.TrimRight(string(runes[:chars-1]), " ") + "…"
	}
	return text
}
