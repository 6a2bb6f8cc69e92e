package mail

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"net"
	netmail "net/mail"
	"net/netip"
	"strconv"
	"strings"
	"time"
)

// Mode is how a connection is encrypted.
type Mode string

const (
	// StartTLS begins in the clear and goes on only if the server takes up TLS.
	StartTLS Mode = "starttls"
	// ImplicitTLS is encrypted from the first byte.
	ImplicitTLS Mode = "tls"
	// NoTLS sends everything in the clear: for a server on this machine, or a relay
	// in a private network. A password is sent to this machine only.
	NoTLS Mode = "none"
)

// Config is what a Sender needs. Host and From are required.
type Config struct {
	Host string // name or IP address; the certificate must be good for it
	Port int    // 0: 587, 465 with ImplicitTLS, 25 with NoTLS
	// User and Password sign in (AUTH PLAIN, else LOGIN); both or none.
	User, Password string
	TLS            Mode // "": StartTLS
	// RootCAs sign the server's certificate. Nil: those that this machine trusts.
	RootCAs *x509.CertPool
	// From is who the mails come from, as in "Snug <chat@example.org>".
	From string
	// LocalName is how this machine introduces itself. "": the domain of From.
	LocalName string
	// Timeout of each step: the connection, then each command until its reply. The
	// reply that takes a mail over may take five times as long. 0: 30 s.
	Timeout time.Duration
	Logger  *slog.Logger // nil: nothing is logged

	// dial is set by tests whose network is in memory.
	dial func(ctx context.Context, network, addr string) (net.Conn, error)
}

// A server is a Config that was checked.
type server struct {
	host, addr     string
	user, password string
	mode           Mode
	tls            *tls.Config
	from           netmail.Address
	localName      string
	timeout        time.Duration
	dial           func(ctx context.Context, network, addr string) (net.Conn, error)
}

func newServer(c Config) (*server, error) {
	s := &server{host: c.Host, user: c.User, password: c.Password, mode: c.TLS, localName: c.LocalName, timeout: c.Timeout, dial: c.dial}
	if !isHost(c.Host) {
		return nil, fmt.Errorf("host %q is not a name or an IP address", c.Host)
	}
	port := c.Port
	switch c.TLS {
	case "", StartTLS:
		s.mode = StartTLS
		port = or(port, 587)
	case ImplicitTLS:
		port = or(port, 465)
	case NoTLS:
		if c.Password != "" && !loopback(c.Host) {
			return nil, fmt.Errorf("TLS %q would send the password to %s in the clear", NoTLS, c.Host)
		}
		port = or(port, 25)
	default:
		return nil, fmt.Errorf("TLS %q is none of %q, %q, %q", c.TLS, StartTLS, ImplicitTLS, NoTLS)
	}
	if port < 1 || port > 65535 {
		return nil, fmt.Errorf("port %d is not within 1 to 65535", port)
	}
	s.addr = net.JoinHostPort(c.Host, strconv.Itoa(port))
	if (c.User == "") != (c.Password == "") {
		return nil, errors.New("user and password come together or not at all")
	}
	from, err := netmail.ParseAddress(c.From)
	if err != nil || checkAddress(from.Address) != nil {
		return nil, fmt.Errorf("from %q is not like Snug <chat@example.org>", c.From)
	}
	s.from = *from
	if s.localName == "" {
		s.localName = s.domain()
	}
	if !isHost(strings.Trim(s.localName, "[]")) { // [192.0.2.1] is one, too
		return nil, fmt.Errorf("local name %q is not a host name", s.localName)
	}
	if s.timeout < 0 {
		return nil, fmt.Errorf("timeout %v is negative", s.timeout)
	}
	s.timeout = or(s.timeout, defaultTimeout)
	s.tls = &tls.Config{ServerName: c.Host, RootCAs: c.RootCAs, MinVersion: tls.VersionTLS12}
	if s.dial == nil {
		s.dial = (&net.Dialer{}).DialContext
	}
	return s, nil
}

// domain is that of the sender's address.
func (s *server) domain() string {
	return s.from.Address[strings.LastIndexByte(s.from.Address, '@')+1:]
}

func or[T int | time.Duration](v, otherwise T) T {
	if v == 0 {
		return otherwise
	}
	return v
}

// isHost keeps what SMTP and TLS would take apart differently out of both.
func isHost(s string) bool {
	if s == "" || len(s) > 253 {
		return false
	}
	for _, r := range s {
		letter := r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9'
		if !letter && !strings.ContainsRune("-._:", r) {
			return false
		}
	}
	return true
}

func loopback(host string) bool {
	if host == "localhost" || strings.HasSuffix(host, ".localhost") {
		return true
	}
	addr, err := netip.ParseAddr(host)
	return err == nil && addr.IsLoopback()
}
