package httpapi

import (
	"net"
	"net/http"
	"net/netip"
	"strings"
)

// Proxies are the reverse proxies in front whose word is believed.
type Proxies []netip.Prefix

// ClientIP names the address that a request comes from, as far as it can be
// believed, for limits per address: what the nearest trusted proxies say, or the
// peer itself. An IPv6 address is cut to its /64, which one customer has whole.
func (p Proxies) ClientIP(r *http.Request) string {
	return limitKey(p.client(r))
}

// client walks from the peer outwards, through X-Forwarded-For from right to
// left, and stops at the first address that isn't a trusted proxy: all left of it
// is what that one claims.
func (p Proxies) client(r *http.Request) netip.Addr {
	addr := peer(r)
	hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	for i := len(hops) - 1; i >= 0 && p.has(addr); i-- {
		next, ok := parseHop(strings.TrimSpace(hops[i]))
		if !ok {
			break
		}
		addr = next
	}
	return addr
}

func (p Proxies) has(addr netip.Addr) bool {
	for _, prefix := range p {
		if prefix.Contains(addr) {
			return true
		}
	}
	return false
}

func peer(r *http.Request) netip.Addr {
	ap, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return netip.Addr{}
	}
	return ap.Addr().Unmap().WithZone("")
}

// parseHop reads an address with or without a port.
func parseHop(s string) (netip.Addr, bool) {
	if ap, err := netip.ParseAddrPort(s); err == nil {
		return ap.Addr().Unmap().WithZone(""), true
	}
	addr, err := netip.ParseAddr(strings.TrimSuffix(strings.TrimPrefix(s, "["), "]"))
	if err != nil {
		return netip.Addr{}, false
	}
	return addr.Unmap().WithZone(""), true
}

func limitKey(addr netip.Addr) string {
	if addr.Is6() && !addr.IsLoopback() {
		if prefix, err := addr.Prefix(64); err == nil {
			return prefix.Addr().String()
		}
	}
	return addr.String()
}

// forwarding are the headers by which proxies tell where a request came from.
// From anyone else they are a claim about oneself.
var forwarding = []string{"Forwarded", "Via", "X-Real-Ip", "True-Client-Ip"}

// clean removes the headers in which a request could pretend to be someone or
// somewhere else. Identity never comes from a header: X-User-… goes whoever sent
// it.
func (p Proxies) clean(r *http.Request) {
	trusted := p.has(peer(r))
	for name := range r.Header {
		if strings.HasPrefix(name, "X-User-") || !trusted && (strings.HasPrefix(name, "X-Forwarded-") || strings.HasPrefix(name, "Cf-")) {
			delete(r.Header, name)
		}
	}
	if !trusted {
		for _, name := range forwarding {
			delete(r.Header, name)
		}
		return
	}
	if host := r.Header.Get("X-Forwarded-Host"); host != "" {
		r.Host = host
	}
}

// hostname is the host of a Host header, without its port, in lower case.
func hostname(host string) string {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	return strings.ToLower(strings.TrimSuffix(strings.TrimPrefix(host, "["), "]"))
}
