package certs

import (
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"

	"github.com/mholt/acmez/v3"
	"github.com/mholt/acmez/v3/acme"
)

// challenges are those that an authority may ask for at the moment, to see that a
// domain is ours. They live as long as the order that they belong to.
type challenges struct {
	mu     sync.Mutex
	tokens map[string]token            // of http-01, by path
	hellos map[string]*tls.Certificate // of tls-alpn-01, by domain
}

type token struct{ domain, text string }

func newChallenges() *challenges {
	return &challenges{tokens: make(map[string]token), hellos: make(map[string]*tls.Certificate)}
}

// httpSolver answers http-01 (RFC 8555 §8.3).
type httpSolver struct{ *challenges }

func (s httpSolver) Present(_ context.Context, c acme.Challenge) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tokens[c.HTTP01ResourcePath()] = token{c.Identifier.Value, c.KeyAuthorization}
	return nil
}

func (s httpSolver) CleanUp(_ context.Context, c acme.Challenge) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.tokens, c.HTTP01ResourcePath())
	return nil
}

// alpnSolver answers tls-alpn-01 (RFC 8737).
type alpnSolver struct{ *challenges }

func (s alpnSolver) Present(_ context.Context, c acme.Challenge) error {
	certificate, err := acmez.TLSALPN01ChallengeCert(c)
	if err != nil {
		return fmt.Errorf("make certificate of the challenge: %w", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.hellos[c.Identifier.Value] = certificate
	return nil
}

func (s alpnSolver) CleanUp(_ context.Context, c acme.Challenge) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.hellos, c.Identifier.Value)
	return nil
}

// asksByHello tells an authority from everybody else: it offers this protocol alone
// (RFC 8737 §3).
func asksByHello(hello *tls.ClientHelloInfo) bool {
	return len(hello.SupportedProtos) == 1 && hello.SupportedProtos[0] == acmez.ACMETLS1Protocol
}

func (c *challenges) hello(domain string) (*tls.Certificate, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if certificate := c.hellos[domain]; certificate != nil {
		return certificate, nil
	}
	return nil, fmt.Errorf("there is no challenge for %q", domain)
}

// token returns what is to be answered at a path to who calls us host.
func (c *challenges) token(host, path string) (text string, ok bool) {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	t, ok := c.tokens[path]
	return t.text, ok && strings.EqualFold(t.domain, host)
}

// HTTPHandler answers the challenges that come over plain HTTP, and leaves everything
// else to next.
func (a *ACME) HTTPHandler(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		text, ok := a.challenges.token(r.Host, r.URL.Path)
		if !ok || r.Method != http.MethodGet {
			next.ServeHTTP(w, r)
			return
		}
		w.Header().Set("Content-Type", "application/octet-stream")
		_, _ = io.WriteString(w, text) // who has gone needs no answer
	})
}
