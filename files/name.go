package files

import (
	"path"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// maxName bytes of a file's name; file systems take 255.
const maxName = 200

// noName is what a file is called whose name says nothing.
const noName = "file"

// cleanName makes a name that can be shown and saved as: no path, nothing that hides
// or turns round what stands beside it, nothing that a shell or a file system takes
// for something else.
func cleanName(name string) string {
	name = norm.NFC.String(strings.ToValidUTF8(name, "\ufffd"))
	if i := strings.LastIndexAny(name, `/\`); i >= 0 {
		name = name[i+1:]
	}
	var b strings.Builder
	for _, r := range name {
		switch {
		case r == '\u200c' || r == '\u200d': // they join letters and emoji
			b.WriteRune(r)
		case unicode.IsSpace(r):
			b.WriteByte(' ')
		case unicode.In(r, unicode.C, unicode.Zl, unicode.Zp): // controls, marks of direction, private ones
		case strings.ContainsRune(`<>:"|?*`, r):
			b.WriteByte('_')
		default:
			b.WriteRune(r)
		}
	}
	name = strings.TrimLeft(b.String(), " .")
	stem, extension := splitName(name)
	for len(stem)+len(extension) > maxName {
		_, n := utf8.DecodeLastRuneInString(stem)
		stem = stem[:len(stem)-n]
	}
	if name = strings.TrimRight(stem+extension, " ."); name == "" {
		return noName
	}
	return name
}

// splitName cuts a short extension off, with its dot.
func splitName(name string) (stem, extension string) {
	extension = path.Ext(name)
	if len(extension) > 16 || len(extension) == len(name) {
		extension = ""
	}
	return name[:len(name)-len(extension)], extension
}

// withExtension gives a picture that became another kind the name of that kind.
func withExtension(name, was, is string) string {
	extension := map[string]string{"image/jpeg": ".jpg", "image/png": ".png", "image/gif": ".gif"}[is]
	if was == is || extension == "" {
		return name
	}
	stem, _ := splitName(name)
	return stem + extension
}
