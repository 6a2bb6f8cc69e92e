package fetch

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"
)

// hostName is a name in the DNS, with a dot. A last label that begins with a digit
// is refused: resolvers and browsers read 127.1, 0x7f.1 or 0177.0.0.1 as addresses.
var hostName = regexp.MustCompile(`^(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?\.)+[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?$`)

const maxHostName = 253 // bytes, by RFC 1035

// checkURL judges what can be judged without a name server.
func (f *Fetcher) checkURL(u *url.URL, hosts []string) error {
	port := f.port(u.Scheme)
	host := strings.ToLower(u.Hostname())
	switch {
	case port == "":
		return fmt.Errorf("%w: scheme", ErrBlocked)
	case u.User != nil || strings.HasSuffix(u.Host, ":"):
		return fmt.Errorf("%w: form of the URL", ErrBlocked)
	case u.Port() != "" && u.Port() != port && !f.exemptPort(u.Port()):
		return fmt.Errorf("%w: port", ErrBlocked)
	case len(hosts) > 0 && !slices.Contains(hosts, host):
		return fmt.Errorf("%w: host isn't listed", ErrBlocked)
	}
	if addr, err := netip.ParseAddr(host); err == nil {
		if !f.allows(addr, f.portOf(u)) {
			return fmt.Errorf("%w: address", ErrBlocked)
		}
		return nil
	}
	if len(host) > maxHostName || !hostName.MatchString(host) {
		return fmt.Errorf("%w: host name", ErrBlocked)
	}
	return nil
}

// port is the only one that a scheme may use; "" if the scheme isn't allowed.
func (f *Fetcher) port(scheme string) string {
	switch {
	case scheme == "https":
		return "443"
	case scheme == "http" && f.allowHTTP:
		return "80"
	}
	return ""
}

func (f *Fetcher) portOf(u *url.URL) string {
	if p := u.Port(); p != "" {
		return p
	}
	return f.port(u.Scheme)
}

func (f *Fetcher) exemptPort(port string) bool {
	return f.exempt.IsValid() && port == strconv.Itoa(int(f.exempt.Port()))
}

// allows judges an address that is about to be dialled.
func (f *Fetcher) allows(addr netip.Addr, port string) bool {
	if f.exempt.IsValid() && addr == f.exempt.Addr() && f.exemptPort(port) {
		return true
	}
	if !public(addr) {
		return false
	}
	return !slices.ContainsFunc(f.neighbours(), func(p netip.Prefix) bool { return p.Contains(addr) })
}

// private holds what is not, or not surely, an address of the public internet,
// beyond what netip.Addr knows by itself. From IANA's registries of special-purpose
// addresses; of IPv6 only 2000::/3 is in use at all, see public.
var private = prefixes(
	"0.0.0.0/8",         // this network
	"100.64.0.0/10",     // carrier-grade NAT; Alibaba's metadata
	"168.63.129.16/32",  // Azure's metadata
	"192.0.0.0/24",      // protocol assignments; Oracle's metadata
	"192.0.2.0/24",      // documentation
	"192.31.196.0/24",   // AS112, as below
	"192.52.193.0/24",   // AMT relays
	"192.88.99.0/24",    // relays of 6to4
	"192.175.48.0/24",   // AS112
	"198.18.0.0/15",     // benchmarks
	"198.51.100.0/24",   // documentation
	"203.0.113.0/24",    // documentation
	"240.0.0.0/4",       // reserved, broadcast
	"2001::/23",         // protocol assignments: Teredo, ORCHID, benchmarks
	"2001:db8::/32",     // documentation
	"2002::/16",         // 6to4: an IPv4 address in disguise
	"3fff::/20",         // documentation
	"2620:4f:8000::/48", // AS112: whoever is near answers for private addresses
)

func prefixes(texts ...string) []netip.Prefix {
	list := make([]netip.Prefix, len(texts))
	for i, text := range texts {
		list[i] = netip.MustParsePrefix(text)
	}
	return list
}

// public reports whether an address is one of the public internet. IPv4 addresses
// within IPv6 ones (mapped, compatible, NAT64) aren't in 2000::/3.
func public(addr netip.Addr) bool {
	if !addr.IsGlobalUnicast() || addr.IsPrivate() || addr.Zone() != "" {
		return false
	}
	if addr.Is6() && addr.As16()[0]>>5 != 1 {
		return false
	}
	return !slices.ContainsFunc(private, func(p netip.Prefix) bool { return p.Contains(addr) })
}

// neighbours are the networks that this machine is in. At home every device has a
// public IPv6 address, and only the router keeps strangers from it.
func neighbours() (nets []netip.Prefix) {
	// Where a sandbox hides the interfaces, this precaution is what it costs.
	addrs, _ := net.InterfaceAddrs()
	for _, addr := range addrs {
		p, err := netip.ParsePrefix(addr.String())
		if err != nil {
			continue
		}
		// A wider one is how something is routed, not who is near.
		if p.Addr().Is4() && p.Bits() >= 16 || p.Addr().Is6() && p.Bits() >= 48 {
			nets = append(nets, p)
		}
	}
	return nets
}

// resolver asks for names as complete ones, so that no search domain is tried,
// which would be one of ours.
func resolver(r *net.Resolver) Resolver {
	return func(ctx context.Context, host string) ([]netip.Addr, error) {
		addrs, err := r.LookupNetIP(ctx, "ip", host+".")
		if err != nil {
			return nil, err
		}
		for i, addr := range addrs {
			// It may give IPv4 addresses in their mapped form.
			addrs[i] = addr.Unmap()
		}
		return addrs, nil
	}
}

// connect opens a connection to the host of a URL that passed checkURL, over TLS
// if it is https.
func (f *Fetcher) connect(ctx context.Context, u *url.URL) (net.Conn, error) {
	host, port := strings.ToLower(u.Hostname()), f.portOf(u)
	addrs, err := f.addresses(ctx, host, port)
	if err != nil {
		return nil, err
	}
	conn, err := f.dial(ctx, addrs, port)
	if err != nil {
		return nil, err
	}
	if u.Scheme != "https" {
		return conn, nil
	}
	config := f.tls.Clone()
	config.ServerName = host
	secure := tls.Client(conn, config)
	if err := secure.HandshakeContext(ctx); err != nil {
		conn.Close()
		return nil, fmt.Errorf("%w: TLS", ErrUnreachable)
	}
	return secure, nil
}

// addresses are those of a host that may be dialled, at least one.
func (f *Fetcher) addresses(ctx context.Context, host, port string) ([]netip.Addr, error) {
	if addr, err := netip.ParseAddr(host); err == nil {
		return []netip.Addr{addr}, nil
	}
	found, err := f.resolve(ctx, host)
	if err != nil || len(found) == 0 {
		return nil, fmt.Errorf("%w: no address", ErrUnreachable)
	}
	allowed := make([]netip.Addr, 0, maxAddresses)
	for _, addr := range found {
		if len(allowed) < maxAddresses && f.allows(addr, port) {
			allowed = append(allowed, addr)
		}
	}
	if len(allowed) == 0 {
		return nil, fmt.Errorf("%w: address", ErrBlocked)
	}
	return allowed, nil
}

// dial connects to the first of the addresses that answers.
func (f *Fetcher) dial(ctx context.Context, addrs []netip.Addr, port string) (net.Conn, error) {
	dialer := net.Dialer{
		Timeout: connectTimeout,
		// The last word, on the socket's own address.
		Control: func(_, address string, _ syscall.RawConn) error {
			target, err := netip.ParseAddrPort(address)
			if err != nil || !f.allows(target.Addr(), strconv.Itoa(int(target.Port()))) {
				return ErrBlocked
			}
			return nil
		},
	}
	for _, addr := range addrs {
		conn, err := dialer.DialContext(ctx, "tcp", net.JoinHostPort(addr.String(), port))
		if err == nil {
			return conn, nil
		}
		if errors.Is(err, ErrBlocked) {
			return nil, fmt.Errorf("%w: address", ErrBlocked)
		}
	}
	return nil, fmt.Errorf("%w: no answer", ErrUnreachable)
}
