package files

import (
	"bytes"
	"net/http"
	"strings"
)

const (
	// headBytes of a file tell its type.
	headBytes = 4096
	// anyType is that of a file of which nothing is known.
	anyType = "application/octet-stream"
)

// typeOf tells the type from how a file begins. What a client or a name says counts
// for nothing.
func typeOf(head []byte) string {
	found, _, _ := strings.Cut(http.DetectContentType(head), ";")
	lower := bytes.ToLower(head)
	has := func(text string) bool { return bytes.Contains(lower, []byte(text)) }
	if len(head) >= 12 && string(head[4:8]) == "ftyp" {
		return brandType(string(head[8:12]))
	}
	switch {
	case bytes.HasPrefix(head, []byte("fLaC")):
		return "audio/flac"
	case len(head) > 2 && head[0] == 0xff && (head[1] == 0xf1 || head[1] == 0xf9):
		return "audio/aac"
	case len(head) > 2 && head[0] == 0xff && head[1]&0xe6 == 0xe2: // layer III
		return "audio/mpeg"
	case found == "video/webm" && !has("webm"):
		return "video/x-matroska"
	case found == "application/ogg":
		if has("theora") {
			return "video/ogg"
		}
		return "audio/ogg"
	case found == "audio/wave":
		return "audio/wav"
	case strings.HasPrefix(found, "text/") && has("<svg"):
		return "image/svg+xml"
	}
	return found
}

// brandType is for files in boxes, as of MPEG-4.
func brandType(brand string) string {
	switch brand {
	case "avif", "avis":
		return "image/avif"
	case "heic", "heix", "hevc", "heim", "heis", "mif1", "msf1":
		return "image/heic"
	case "M4A ", "M4B ":
		return "audio/mp4"
	case "qt  ":
		return "video/quicktime"
	case "crx ", "jp2 ":
		return anyType
	}
	return "video/mp4"
}

// isPicture: those that are made anew.
func isPicture(mime string) bool {
	switch mime {
	case "image/jpeg", "image/png", "image/gif", "image/webp":
		return true
	}
	return false
}

// Inline reports whether a browser may show files of this type: nothing in them runs,
// and pictures are of our own making.
func Inline(mime string) bool {
	switch mime {
	case "image/jpeg", "image/png", "image/gif",
		"video/mp4", "video/webm", "video/ogg", "video/quicktime",
		"audio/mpeg", "audio/mp4", "audio/ogg", "audio/wav", "audio/flac", "audio/aac":
		return true
	}
	return false
}
