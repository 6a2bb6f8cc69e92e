package preview

import (
	"net/url"
	"regexp"
	"strings"
)

// maxLinks of one message are looked at.
const maxLinks = 3

// maxLinkBytes: longer ones are no links that people share.
const maxLinkBytes = 2048

var (
	// code is what Markdown shows as it stands: fences first, as they may hold ticks.
	code = regexp.MustCompile("(?s)```.*?(?:```|$)|~~~.*?(?:~~~|$)|`[^`\n]*`")
	// address: an angle bracket before it says that it is no more than an address.
	address = regexp.MustCompile("<?https?://[^\\s<>\"'`\\pC]+")
)

// Links returns the links of a message that get a preview: the first few, each once. One
// in angle brackets, in code, or with a user in it gets none.
func Links(content string) (list []string) {
	seen := make(map[string]bool)
	for _, found := range address.FindAllString(code.ReplaceAllString(content, " "), -1) {
		if strings.HasPrefix(found, "<") {
			continue
		}
		if len(found) > 2*maxLinkBytes {
			continue
		}
		found = withoutTail(found)
		u, err := url.Parse(found)
		if err != nil || u.Host == "" || u.User != nil || len(found) > maxLinkBytes || seen[found] {
			continue
		}
		seen[found] = true
		if list = append(list, found); len(list) == maxLinks {
			break
		}
	}
	return list
}

// withoutTail leaves out what ends the sentence or the bracket around a link.
func withoutTail(s string) string {
	for s != "" {
		last := s[len(s)-1]
		switch {
		case strings.IndexByte(".,;:!?*_~|", last) >= 0:
		case last == ')' && strings.Count(s, ")") > strings.Count(s, "("):
		case last == ']' && strings.Count(s, "]") > strings.Count(s, "["):
		default:
			return s
		}
		s = s[:len(s)-1]
	}
	return s
}
