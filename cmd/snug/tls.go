package main

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"
	"time"

	"snug/certs"
)

const (
	// maxStreams requests of one HTTP/2 connection are served at once.
	maxStreams = 100
	// plainConns connections over plain HTTP are open at once: each gets one short
	// answer.
	plainConns = 64
	plainTime  = 5 * time.Second // for a request over plain HTTP, and for its answer
)

// openTLS makes what the server shows and answers where it speaks TLS itself. The
// server runs whether or not certificates can be got.
func (s *Server) openTLS(folder *folder) error {
	var plain net.Listener
	if s.cfg.TLS.HTTPAddr != "" {
		plain = s.listenPlain()
	}
	redirect := http.HandlerFunc(s.redirect)
	if len(s.cfg.TLS.Domains) == 0 {
		if err := s.openFiles(); err != nil {
			return errors.Join(err, closePlain(plain))
		}
		s.servePlain(plain, redirect)
		return nil
	}
	acme, err := s.openACME(folder, plain != nil)
	if err != nil {
		return errors.Join(err, closePlain(plain))
	}
	s.later(acme.Close)
	s.http.Handler = s.leadHome(s.http.Handler)
	s.front = tls.NewListener(s.listener, acme.TLSConfig())
	s.servePlain(plain, acme.HTTPHandler(redirect))
	return nil
}

func closePlain(l net.Listener) error {
	if l == nil {
		return nil
	}
	return l.Close()
}

func (s *Server) openFiles() error {
	files, err := certs.OpenFiles(s.cfg.TLS.Certificate, s.cfg.TLS.Key, s.log.With("part", "tls"))
	if err != nil {
		return fmt.Errorf("settings tls-cert and tls-key: %w", err)
	}
	leaf := files.Certificate().Leaf
	if u, err := url.Parse(s.cfg.BaseURL); err == nil && leaf.VerifyHostname(u.Hostname()) != nil {
		s.log.Warn("the certificate isn't for the host of base-url: browsers will refuse it", "base_url", s.cfg.BaseURL)
	}
	if time.Now().After(leaf.NotAfter) {
		s.log.Warn("the certificate is over: browsers will refuse it", "until", leaf.NotAfter)
	}
	s.front = tls.NewListener(s.listener, files.TLSConfig())
	return nil
}

func (s *Server) openACME(folder *folder, plain bool) (*certs.ACME, error) {
	o := certs.Options{
		Folder: folder.file("tls"), Domains: s.cfg.TLS.Domains, Email: s.cfg.TLS.Email, Directory: s.cfg.TLS.Directory,
		UserAgent: "snug/" + s.version, HTTP: plain, Logger: s.log.With("part", "tls"),
	}
	if path := s.cfg.TLS.Roots; path != "" {
		text, err := os.ReadFile(path)
		if err != nil {
			return nil, fmt.Errorf("setting tls-acme-roots: %w", err)
		}
		o.Roots = x509.NewCertPool()
		if !o.Roots.AppendCertsFromPEM(text) {
			return nil, fmt.Errorf("setting tls-acme-roots: there is no certificate in %s", path)
		}
	}
	return certs.OpenACME(o)
}

// listenPlain takes the address of plain HTTP. To be without is no reason not to run:
// nil then.
func (s *Server) listenPlain() net.Listener {
	l, err := listen("--http-addr", s.cfg.TLS.HTTPAddr)
	if err != nil {
		s.log.Warn("plain HTTP isn't answered: whoever types no https:// finds nothing, and certificates are got over addr alone", "err", err)
		return nil
	}
	return newBoundedListener(l, plainConns, s.log.With("setting", "http-addr"))
}

// servePlain answers plain HTTP until the server ends; l may be nil.
func (s *Server) servePlain(l net.Listener, h http.Handler) {
	if l == nil {
		return
	}
	s.plain = l
	server := &http.Server{
		Handler: h, ReadTimeout: plainTime, WriteTimeout: plainTime, IdleTimeout: plainTime, MaxHeaderBytes: 8 << 10,
		ErrorLog: slog.NewLogLogger(s.log.Handler(), slog.LevelDebug),
	}
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(l) }()
	s.later(func() error {
		_ = server.Close() // nobody waits for more than a redirect
		if err := <-ended; !errors.Is(err, http.ErrServerClosed) {
			return fmt.Errorf("serve plain HTTP: %w", err)
		}
		return nil
	})
}

// leadHome leads who comes by another of our domains to the server's own name, unless
// that other one is trusted to be used as well.
func (s *Server) leadHome(next http.Handler) http.Handler {
	others := make(map[string]bool)
	for _, domain := range s.cfg.TLS.Domains {
		others[domain] = true
	}
	for _, origin := range slices.Concat(s.cfg.TrustedOrigins, []string{s.cfg.BaseURL}) {
		if u, err := url.Parse(origin); err == nil {
			delete(others, u.Hostname())
		}
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		host := r.Host
		if name, _, err := net.SplitHostPort(host); err == nil {
			host = name
		}
		if others[strings.ToLower(host)] {
			s.redirect(w, r)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// redirect leads to the same place over https, at the name that the server has: never
// at one that the request brings.
func (s *Server) redirect(w http.ResponseWriter, r *http.Request) {
	place := r.URL.RequestURI()
	if !strings.HasPrefix(place, "/") {
		place = "/"
	}
	w.Header().Set("Connection", "close") // there is nothing more to get here
	http.Redirect(w, r, s.cfg.BaseURL+place, http.StatusPermanentRedirect)
}
