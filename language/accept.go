package language

import (
	"net/http"
	"strings"
)

// maxHeader bytes of an Accept-Language are looked at. That of a browser whose reader
// speaks ten languages has some 100.
const maxHeader = 1000

// Of returns the language that a request is to be answered in.
func Of(r *http.Request) Code { return Match(strings.Join(r.Header.Values("Accept-Language"), ",")) }

// Match returns the language that an Accept-Language header (RFC 9110, section 12.5.4)
// likes best: of two that it likes alike the one that it names first. A region or a script
// makes no difference ("de-AT", "zh-Hant-TW"). What can't be understood of it is left out;
// English where nothing is left.
func Match(header string) Code {
	if len(header) > maxHeader {
		header = header[:maxHeader]
		header = header[:strings.LastIndexByte(header, ',')+1] // what is cut in two says something else
	}
	wishes := make(map[Code]wish)
	at := 0
	for element := range strings.SplitSeq(header, ",") {
		tag, quality, ok := readRange(element)
		if !ok {
			continue
		}
		primary, _, _ := strings.Cut(tag, "-")
		code := Code(strings.ToLower(primary))
		if code != wildcard && !code.Known() {
			continue
		}
		at++
		if before, named := wishes[code]; !named || quality > before.quality {
			wishes[code] = wish{quality, at}
		}
	}
	best, liked := English, wish{}
	for _, code := range All() {
		w, named := wishes[code]
		if !named {
			w = wishes[wildcard]
		}
		if w.quality > liked.quality || w.quality == liked.quality && w.at < liked.at {
			best, liked = code, w
		}
	}
	return best
}

// wildcard stands for all languages that a header doesn't name.
const wildcard Code = "*"

// A wish is how much a header wants a language.
type wish struct {
	quality int // in thousandths; 0: it doesn't
	at      int // its place in the header
}

// readRange reads an element of the header, such as "de-AT;q=0.8".
func readRange(element string) (tag string, quality int, ok bool) {
	const blank = " \t"
	tag, parameter, weighed := strings.Cut(element, ";")
	tag = strings.Trim(tag, blank)
	if !weighed {
		return tag, 1000, true
	}
	name, value, _ := strings.Cut(parameter, "=")
	if !strings.EqualFold(strings.Trim(name, blank), "q") {
		return "", 0, false
	}
	quality, ok = readQuality(strings.Trim(value, blank))
	return tag, quality, ok
}

// readQuality reads a weight from 0 to 1, of at most three decimals, in thousandths.
func readQuality(value string) (quality int, ok bool) {
	whole, decimals, _ := strings.Cut(value, ".")
	if whole != "0" && whole != "1" || len(decimals) > 3 {
		return 0, false
	}
	for _, digit := range []byte(whole + (decimals + "000")[:3]) {
		if digit < '0' || digit > '9' {
			return 0, false
		}
		quality = quality*10 + int(digit-'0')
	}
	return quality, quality <= 1000
}
