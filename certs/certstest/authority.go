// Package certstest runs a certificate authority for tests: the one that the makers
// of Let's Encrypt test clients with, on loopback, with a DNS of its own in which
// every name is this machine.
package certstest

import (
	"context"
	"crypto/x509"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/letsencrypt/pebble/v2/ca"
	"github.com/letsencrypt/pebble/v2/db"
	"github.com/letsencrypt/pebble/v2/va"
	"github.com/letsencrypt/pebble/v2/wfe"
	"github.com/miekg/dns"
)

// An Authority speaks ACME.
type Authority struct {
	Directory string            // its URL
	Roots     *x509.CertPool    // what trusts its certificates
	Server    *x509.Certificate // vouches for its own server
	resolver  string            // address of the DNS
	ca        *ca.CAImpl
	db        *db.MemoryStore
	handler   http.Handler
	ready     chan struct{} // closed when handler is set
}

// Start starts an authority that ends with the test. Requests wait until Validate is
// called. The test can't be parallel to others.
func Start(t testing.TB) *Authority {
	t.Helper()
	quiet := slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
	t.Setenv("PEBBLE_VA_NOSLEEP", "1") // or it would take its time, to find clients that don't wait
	a := &Authority{resolver: startDNS(t), db: db.NewMemoryStore(), ready: make(chan struct{})}
	profiles := map[string]ca.Profile{"default": {Description: "the only one"}}
	a.ca = ca.New(quiet, a.db, "", "ecdsa", 0, 1, profiles)
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		select {
		case <-a.ready:
			a.handler.ServeHTTP(w, r)
		case <-r.Context().Done():
		}
	}))
	server.Config.ErrorLog = quiet // of clients that end in the midst
	server.StartTLS()
	t.Cleanup(server.Close)
	a.Directory, a.Server, a.Roots = server.URL+wfe.DirectoryPath, server.Certificate(), x509.NewCertPool()
	if !a.Roots.AppendCertsFromPEM(a.ca.GetRootCert(0).PEM()) {
		t.Fatal("the authority's own certificate can't be read")
	}
	return a
}

// Validate begins to answer requests, and sets the ports of this machine to which
// challenges go. Call it once.
func (a *Authority) Validate(httpPort, tlsPort int) {
	quiet := slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
	validation := va.New(quiet, httpPort, tlsPort, true, a.resolver, a.db)
	front := wfe.New(quiet, a.db, validation, a.ca, []string{"authority.example"}, true, false, 0, 0)
	a.handler = front.Handler()
	close(a.ready)
}

// startDNS starts a server for which every name is 127.0.0.1, and returns its address.
func startDNS(t testing.TB) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	started := make(chan struct{})
	server := &dns.Server{Listener: listener, Net: "tcp", NotifyStartedFunc: func() { close(started) }, Handler: dns.HandlerFunc(func(w dns.ResponseWriter, q *dns.Msg) {
		m := new(dns.Msg).SetReply(q)
		for _, question := range q.Question {
			if question.Qtype == dns.TypeA {
				m.Answer = append(m.Answer, &dns.A{A: net.IPv4(127, 0, 0, 1),
					Hdr: dns.RR_Header{Name: question.Name, Rrtype: dns.TypeA, Class: dns.ClassINET}})
			}
		}
		_ = w.WriteMsg(m) // who has gone needs no answer
	})}
	ended := make(chan error, 1)
	go func() { ended <- server.ActivateAndServe() }()
	<-started
	t.Cleanup(func() {
		if err := server.ShutdownContext(context.Background()); err != nil {
			t.Error(err)
		}
		<-ended
	})
	return listener.Addr().String()
}
