package auth_test

import (
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/text/unicode/norm"
)

var (
	urlScheme  = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9+.-]*:`)
	noHost     = "\x00\t\n\r #/:<>?@[\\]^|%\x7f"
	ownPorts   = map[string]string{"http": "80", "ws": "80", "https": "443", "wss": "443", "ftp": "21"}
	wideDots   = strings.NewReplacer("\u3002", ".", "\uff0e", ".", "\uff61", ".")
	isSlash    = func(c rune) bool { return c == '/' || c == '\\' }
	isBlank    = func(c rune) bool { return c <= ' ' }
	lineBreaks = strings.NewReplacer("\t", "", "\n", "", "\r", "")
)

// landsAt returns the origin of the page that a browser opens which is at from, an
// http or https URL, and is told to go to location: "null" for what has no origin (a
// script, a file), and "" where it goes nowhere. It reads addresses as the URL
// standard has it, which is more forgiving than net/url: blanks around them and line
// breaks in them don't count, a backslash is a slash, and of slashes before a host
// there may be any number.
func landsAt(from, location string) string {
	base, err := url.Parse(from)
	if err != nil {
		return ""
	}
	home := base.Scheme + "://" + base.Host
	rest := lineBreaks.Replace(strings.TrimFunc(location, isBlank))
	scheme := base.Scheme
	if name := urlScheme.FindString(rest); name != "" {
		scheme, rest = strings.ToLower(name[:len(name)-1]), rest[len(name):]
		switch {
		case ownPorts[scheme] == "":
			return "null"
		case scheme == base.Scheme && !strings.HasPrefix(rest, "//"):
			// Relative, for all that it begins with a scheme.
		default:
			return hostAt(scheme, rest)
		}
	}
	if len(rest) >= 2 && isSlash(rune(rest[0])) && isSlash(rune(rest[1])) {
		return hostAt(scheme, rest)
	}
	return home
}

// hostAt reads what follows a scheme.
func hostAt(scheme, rest string) string {
	rest = strings.TrimLeftFunc(rest, isSlash)
	if end := strings.IndexAny(rest, `/\?#`); end >= 0 {
		rest = rest[:end]
	}
	rest = rest[strings.LastIndexByte(rest, '@')+1:]
	host, port := rest, ""
	if colon := strings.LastIndexByte(rest, ':'); colon > strings.LastIndexByte(rest, ']') {
		host, port = rest[:colon], rest[colon+1:]
	}
	if port != "" {
		n, err := strconv.ParseUint(port, 10, 16)
		if err != nil {
			return ""
		}
		if port = ":" + strconv.FormatUint(n, 10); port == ":"+ownPorts[scheme] {
			port = ""
		}
	}
	if strings.HasPrefix(host, "[") {
		return scheme + "://" + strings.ToLower(host) + port
	}
	host = unescaped(host)
	host = strings.ToLower(norm.NFKC.String(wideDots.Replace(host)))
	if host == "" || strings.ContainsAny(host, noHost) {
		return ""
	}
	return scheme + "://" + host + port
}

// unescaped decodes each escape and leaves what only looks like one.
func unescaped(text string) string {
	var b strings.Builder
	for i := 0; i < len(text); i++ {
		if text[i] == '%' && i+2 < len(text) {
			if c, err := strconv.ParseUint(text[i+1:i+3], 16, 8); err == nil {
				b.WriteByte(byte(c))
				i += 2
				continue
			}
		}
		b.WriteByte(text[i])
	}
	return b.String()
}

// What Chromium and Node make of them.
func TestBrowsersAddresses(t *testing.T) {
	for location, want := range map[string]string{
		"":                                    base,
		"/a":                                  base,
		"a:b":                                 "null",
		"javascript:alert(1)":                 "null",
		" java\tscript:alert(1)":              "null",
		"file:///etc/passwd":                  "null",
		"//evil.example":                      "http://evil.example",
		`/\evil.example`:                      "http://evil.example",
		`\\evil.example/x`:                    "http://evil.example",
		"/\t/evil.example":                    "http://evil.example",
		"\x00//evil.example":                  "http://evil.example",
		"////evil.example":                    "http://evil.example",
		"/%2fevil.example":                    base,
		"http:evil.example":                   base,
		"http:/evil.example":                  base,
		"http:///evil.example":                "http://evil.example",
		`http:\\evil.example`:                 "http://evil.example",
		"https:evil.example":                  "https://evil.example",
		"https:/evil.example":                 "https://evil.example",
		"HTTP://LOCALHOST:3000/":              base,
		"http://localhost:3000@evil.example":  "http://evil.example",
		`http://localhost:3000\@evil.example`: base,
		"http://evil.example?@localhost:3000": "http://evil.example",
		"//evil。example":                      "http://evil.example",
		"//ｅｖｉｌ.example":                      "http://evil.example",
		"//%65vil.example":                    "http://evil.example",
		"http://localhost:03000/":             base,
		"https://evil.example:443":            "https://evil.example",
		"http://localhost:x/":                 "",
		"http://":                             "",
		"//a b":                               "",
	} {
		if got := landsAt(base+"/x", location); got != want {
			t.Errorf("%q: %q, want %q", location, got, want)
		}
	}
}

// §13.5: whatever is let through as an address to send a browser to, browsers read
// as one of this server.
func FuzzRedirects(f *testing.F) {
	for _, target := range redirects {
		f.Add(target)
	}
	for _, target := range []string{"/", "/a?b=c#d", base, base + "/x", "/a//b", "/@me", "http://localhost:3000?x"} {
		f.Add(target)
	}
	g := newRig(f)
	f.Fuzz(func(t *testing.T, target string) {
		if !g.SafeRedirect(requestTo("localhost:3000"), target) {
			return
		}
		for _, at := range []string{base + "/api/auth/callback/google?code=x", base + "/"} {
			if origin := landsAt(at, target); origin != base {
				t.Errorf("%q leads to %q", target, origin)
			}
		}
	})
}
