package auth

import (
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
)

// Origins says which web pages may act with a visitor's session.
type Origins struct {
	// Base is the origin of the server itself; "" if it isn't known.
	Base string
	// Trusted are more of them: an origin (https://app.example.org), or a pattern
	// with *, which stands for any run of characters, dots too, and is compared with
	// the whole origin (https://*.example.org) or, where it names no scheme, with
	// the host and port (*.example.org).
	Trusted []string
}

// Allows reports whether a page of this origin may send the request r. With a
// Base that origin and the trusted ones may, with none the trusted ones and an
// origin whose host is the very one that r was sent to. What isn't an origin
// ("null", "") never may.
func (o Origins) Allows(r *http.Request, origin string) bool {
	if !isOrigin(origin) {
		return false
	}
	_, host, _ := strings.Cut(origin, "://")
	if o.Base == "" {
		if host == r.Host {
			return true
		}
	} else if origin == strings.TrimSuffix(o.Base, "/") {
		return true
	}
	for _, pattern := range o.Trusted {
		subject := host
		if strings.Contains(pattern, "://") {
			subject = origin
		}
		if glob(pattern, subject) {
			return true
		}
	}
	return false
}

// Validate reports what can't be an origin or a pattern of origins.
func (o Origins) Validate() error {
	base := strings.TrimSuffix(o.Base, "/")
	if base != "" && !isOrigin(base) {
		return fmt.Errorf("base %q is not like https://chat.example.org", o.Base)
	}
	return o.check(base)
}

func (o Origins) check(base string) error {
	if o.Base != "" && strings.TrimSuffix(o.Base, "/") != base {
		return fmt.Errorf("origins are based on %q, the server on %q", o.Base, base)
	}
	for _, pattern := range o.Trusted {
		sample := strings.ReplaceAll(pattern, "*", "x")
		if !strings.Contains(sample, "://") {
			if !strings.Contains(pattern, "*") {
				return fmt.Errorf("trusted origin %q has no scheme", pattern)
			}
			sample = "https://" + sample
		}
		if !isOrigin(sample) || strings.Trim(pattern, "*") == "" {
			return fmt.Errorf("trusted origin %q is not like https://app.example.org or https://*.example.org", pattern)
		}
	}
	return nil
}

// isOrigin: exactly as browsers serialise it, in lower case and without a port that
// is the scheme's own, so that comparing strings is comparing origins.
func isOrigin(s string) bool {
	u, err := url.Parse(s)
	if err != nil || u.Hostname() == "" || s != u.Scheme+"://"+u.Host || s != strings.ToLower(s) {
		return false
	}
	return u.Scheme == "http" && u.Port() != "80" || u.Scheme == "https" && u.Port() != "443"
}

// glob matches * against any run of characters.
func glob(pattern, s string) bool {
	parts := strings.Split(pattern, "*")
	if len(parts) == 1 {
		return pattern == s
	}
	first, last := parts[0], parts[len(parts)-1]
	if len(s) < len(first)+len(last) || !strings.HasPrefix(s, first) || !strings.HasSuffix(s, last) {
		return false
	}
	s = s[len(first) : len(s)-len(last)]
	for _, part := range parts[1 : len(parts)-1] {
		i := strings.Index(s, part)
		if i < 0 {
			return false
		}
		s = s[i+len(part):]
	}
	return true
}

// checkOrigin refuses a request that changes something unless it comes from a page
// that may, or from no page at all. Browsers send Origin with each of these
// requests, so a cookie without one is a forgery or a tool that can add the
// header. Sec-Fetch-Site catches what little is left. This holds without a cookie
// too: a foreign page must not sign its visitor in as somebody else.
func (s *Service) checkOrigin(r *http.Request, signsIn bool) error {
	origin := r.Header.Get("Origin")
	if origin == "" {
		if u, err := url.Parse(r.Header.Get("Referer")); err == nil && u.Host != "" {
			origin = u.Scheme + "://" + u.Host
		}
	}
	site := r.Header.Get("Sec-Fetch-Site")
	fromPage := origin != "" || (site != "" && site != "none")
	switch {
	case s.origins.Allows(r, origin):
		return nil
	case signsIn && site == "cross-site" && r.Header.Get("Sec-Fetch-Mode") == "navigate":
		return errNavigation
	case !fromPage && r.Header.Get("Cookie") == "":
		return nil
	case origin == "" || origin == "null":
		return errNoOrigin
	}
	return errOrigin
}

// relativeURL allows what can't be read as another host, by whatever parser, and
// no character that needs escaping.
var relativeURL = regexp.MustCompile(`^/[\w\-.+/@]*(?:\?[\w\-.+/=&%@]*)?(?:#[\w\-.+/=&%@]*)?$`)

// safeRedirect reports whether a browser may be sent to target: a path of this
// server, or a URL of an allowed origin.
func (s *Service) safeRedirect(r *http.Request, target string) bool {
	if len(target) > maxURL {
		return false
	}
	if strings.HasPrefix(target, "/") {
		return !strings.HasPrefix(target, "//") && relativeURL.MatchString(target)
	}
	// Browsers drop tabs and line ends and read a backslash as a slash; Go
	// doesn't. None of them belongs here.
	for _, c := range []byte(target) {
		if c <= ' ' || c >= 0x7f || c == '\\' {
			return false
		}
	}
	u, err := url.Parse(target)
	return err == nil && u.User == nil && u.Opaque == "" && s.origins.Allows(r, u.Scheme+"://"+u.Host)
}
