package httpapi

import (
	"fmt"
	"net/http"
	"net/netip"
	"net/url"
	"path"
	"strings"
	"time"
)

// hosts are the names that this server answers to. The port is left out of
// account: it may be forwarded, and a page that is made to resolve to our address
// (DNS rebinding) can't choose another name by it.
type hosts struct {
	any      bool // no base URL: the first start, a phone on the same network
	loopback bool // all names of this machine
	names    map[string]bool
}

func newHosts(base string, trusted []string) hosts {
	if base == "" {
		return hosts{any: true}
	}
	h := hosts{names: map[string]bool{}}
	for _, origin := range append([]string{base}, trusted...) {
		if u, err := url.Parse(origin); err == nil {
			h.names[strings.ToLower(u.Hostname())] = true
		}
	}
	u, err := url.Parse(base)
	h.loopback = err == nil && isLoopback(strings.ToLower(u.Hostname()))
	return h
}

func (h hosts) has(host string) bool {
	name := hostname(host)
	return h.any || h.names[name] || h.loopback && isLoopback(name)
}

func isLoopback(name string) bool {
	if addr, err := netip.ParseAddr(name); err == nil {
		return addr.Unmap().IsLoopback()
	}
	return name == "localhost" || strings.HasSuffix(name, ".localhost")
}

func (s *Server) checkHost(w http.ResponseWriter, r *http.Request) bool {
	if s.hosts.has(r.Host) {
		return true
	}
	refusal{http.StatusMisdirectedRequest, codeHost,
		"This server doesn't go by that name. Its operator can set base-url or trusted-origins.", ""}.write(w, level1)
	return false
}

// checkPath refuses what the mux would otherwise redirect to its clean form:
// doubled slashes and dots below /api are nobody's address, and a second spelling
// of a route would be a second account for its rate limit.
func checkPath(w http.ResponseWriter, r *http.Request) bool {
	p := r.URL.Path
	if !strings.HasPrefix(p, "/api/") && !strings.HasPrefix(path.Clean("/"+p), "/api") {
		return true
	}
	if clean := path.Clean(p); p == clean || p == clean+"/" {
		return true
	}
	notFound.write(w, level1)
	return false
}

// checkCrossOrigin refuses what a foreign page makes a browser change. It stands
// in front of the checks that the packages have themselves.
func (s *Server) checkCrossOrigin(w http.ResponseWriter, r *http.Request) bool {
	switch {
	case s.crossOrigin.Check(r) == nil, s.origins.Allows(r, r.Header.Get("Origin")):
		return true
	case r.Method == http.MethodPost && strings.HasPrefix(r.URL.Path, callbackPath):
		// A provider's page sends the browser back to us by a form. What that is worth
		// auth finds out by the state that it bears.
		return true
	case strings.HasPrefix(r.URL.Path, "/api/auth/"):
		// In the words of its protocol.
		writeJSON(w, http.StatusForbidden, errorBody{"INVALID_ORIGIN", "Invalid origin"})
		return false
	}
	badOrigin.write(w, level1)
	return false
}

const callbackPath = "/api/auth/callback/"

// allowsUpgrade is the origin rule of WebSockets, to which browsers apply none:
// an Origin must be one of ours, and may be missing only where no cookie speaks
// for the sender.
func (s *Server) allowsUpgrade(r *http.Request) bool {
	values := r.Header.Values("Origin")
	if len(values) == 0 {
		return r.Header.Get("Cookie") == ""
	}
	return len(values) == 1 && s.origins.Allows(r, values[0])
}

// policy is the content security policy: everything is ours. Pictures may be
// made in the page (blob:, data:).
const policy = "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; font-src 'self'; connect-src 'self'; worker-src 'self'; manifest-src 'self'; " +
	"object-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'"

// setHeaders sets what every answer carries. A handler may be stricter.
func (s *Server) setHeaders(h http.Header) {
	h.Set("Content-Security-Policy", policy)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("X-Frame-Options", "DENY")
	h.Set("Referrer-Policy", "same-origin")
	h.Set("Permissions-Policy", "camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	if s.hsts {
		h.Set("Strict-Transport-Security", fmt.Sprintf("max-age=%d", int(hstsAge/time.Second)))
	}
}
