package certs

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/mholt/acmez/v3"
	"github.com/mholt/acmez/v3/acme"
)

const (
	// renewalLook is how often an authority is asked when it wants a certificate
	// renewed (RFC 9773): before it revokes one it says "now".
	renewalLook = 6 * time.Hour
	// renewalGap is the least time between two renewals of one certificate, however
	// wrong the clock is, here or there.
	renewalGap = time.Hour
	// infoTimeout is for that question.
	infoTimeout = time.Minute
	// obtainTimeout is for one certificate, with all its challenges.
	obtainTimeout = 10 * time.Minute
	// retryFirst to retryLast, doubling, passes before what failed is tried again:
	// authorities count failures by the hour.
	retryFirst = 2 * time.Minute
	retryLast  = 6 * time.Hour
	// requestTimeout is for one request to the authority.
	requestTimeout = 30 * time.Second
)

// Options of ACME. All but Email, Roots and HTTP are required.
type Options struct {
	Folder    string         // where accounts, keys and certificates are kept; made if need be
	Domains   []string       // host names in lower case; the first is for who names none
	Email     string         // that the authority may write to
	Directory string         // URL of the authority's directory
	Roots     *x509.CertPool // that the directory's server is trusted by; nil: the system's
	UserAgent string
	HTTP      bool // HTTPHandler is served on port 80 of the domains
	Logger    *slog.Logger
}

// ACME gets a certificate for each domain, and renews it, in the background, one
// domain after the other. Its methods may be called concurrently. End it with Close.
type ACME struct {
	o          Options
	store      store
	client     *acmez.Client
	challenges *challenges
	stop       context.CancelFunc
	stopped    chan struct{} // closed when nothing runs any more

	mu    sync.RWMutex
	pairs map[string]*tls.Certificate // by domain
}

// OpenACME reads the certificates that are there and begins to look after them. It
// doesn't wait for the authority.
func OpenACME(o Options) (*ACME, error) {
	kept, err := openStore(o.Folder, o.Directory)
	if err != nil {
		return nil, fmt.Errorf("open folder of certificates: %w", err)
	}
	// A transport of our own: its idle connections are closed at the end.
	transport := &http.Transport{Proxy: http.ProxyFromEnvironment, ForceAttemptHTTP2: true, TLSClientConfig: &tls.Config{RootCAs: o.Roots}}
	a := &ACME{
		o: o, store: kept, challenges: newChallenges(), stopped: make(chan struct{}), pairs: make(map[string]*tls.Certificate),
		client: &acmez.Client{Client: &acme.Client{
			Directory: o.Directory, UserAgent: o.UserAgent, HTTPClient: &http.Client{Transport: transport, Timeout: requestTimeout},
		}},
	}
	a.client.ChallengeSolvers = map[string]acmez.Solver{acme.ChallengeTypeTLSALPN01: alpnSolver{a.challenges}}
	if o.HTTP {
		a.client.ChallengeSolvers[acme.ChallengeTypeHTTP01] = httpSolver{a.challenges}
	}
	var tasks []*task
	for _, domain := range o.Domains {
		pair, err := kept.certificate(domain)
		switch {
		case err == nil:
			a.pairs[domain] = pair
		case !errors.Is(err, fs.ErrNotExist):
			o.Logger.Warn("a kept certificate is no good; another one is asked for", "domain", domain, "err", err)
		}
		tasks = append(tasks, &task{domain: domain, at: time.Now()})
	}
	ctx, stop := context.WithCancel(context.Background())
	a.stop = stop
	go func() {
		defer close(a.stopped)
		defer transport.CloseIdleConnections()
		a.run(ctx, tasks)
	}()
	return a, nil
}

// Close stops getting certificates, even in the midst of it.
func (a *ACME) Close() error {
	a.stop()
	<-a.stopped
	return nil
}

// TLSConfig returns what a server needs that speaks HTTP with the certificates, and
// answers challenges in its handshakes. Until a certificate is there handshakes fail.
func (a *ACME) TLSConfig() *tls.Config {
	c := serverConfig(a.choose)
	c.NextProtos = append(c.NextProtos, acmez.ACMETLS1Protocol)
	return c
}

func (a *ACME) choose(hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
	name := strings.ToLower(strings.TrimSuffix(hello.ServerName, "."))
	if asksByHello(hello) {
		return a.challenges.hello(name)
	}
	if name == "" {
		name = a.o.Domains[0]
	}
	if pair := a.pair(name); pair != nil {
		return pair, nil
	}
	return nil, fmt.Errorf("there is no certificate for %q", name)
}

func (a *ACME) pair(domain string) *tls.Certificate {
	a.mu.RLock()
	defer a.mu.RUnlock()
	return a.pairs[domain]
}

// A task is a domain that needs looking after.
type task struct {
	domain string
	at     time.Time        // when it does
	fails  int              // since the last success
	info   acme.RenewalInfo // what the authority said of the present certificate
}

// run looks after each domain at its time.
func (a *ACME) run(ctx context.Context, tasks []*task) {
	for {
		next := tasks[0]
		for _, t := range tasks[1:] {
			if t.at.Before(next.at) {
				next = t
			}
		}
		timer := time.NewTimer(time.Until(next.at))
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return
		}
		a.tend(ctx, next)
	}
}

// tend gets a certificate if one is due, and says when to come again.
func (a *ACME) tend(ctx context.Context, t *task) {
	var old *x509.Certificate
	if pair := a.pair(t.domain); pair != nil {
		old = pair.Leaf
		if due := a.due(ctx, t, old); due.After(time.Now()) {
			t.at = earlier(due, time.Now().Add(renewalLook))
			return
		}
	}
	replaces := old
	if !t.info.HasWindow() {
		replaces = nil // an authority that doesn't know the old one refuses to replace it
	}
	pair, err := a.obtain(ctx, t.domain, replaces)
	switch {
	case err == nil:
		a.mu.Lock()
		a.pairs[t.domain] = pair
		a.mu.Unlock()
		t.fails, t.info = 0, acme.RenewalInfo{}
		t.at = time.Now().Add(renewalGap)
		a.o.Logger.Info("certificate obtained", "domain", t.domain, "until", pair.Leaf.NotAfter)
	case ctx.Err() != nil:
	default:
		wait := retryAfter(t.fails)
		t.fails++
		t.at = time.Now().Add(wait)
		level := slog.LevelError
		if old != nil && time.Now().Before(old.NotAfter) {
			level = slog.LevelWarn // the old one still does
		}
		a.o.Logger.Log(ctx, level, "get certificate", "domain", t.domain, "err", err, "again_in", wait.Round(time.Second))
	}
}

// due is when a certificate is to be renewed: when the authority says, or else when
// two thirds of its life are over.
func (a *ACME) due(ctx context.Context, t *task, leaf *x509.Certificate) time.Time {
	ctx, cancel := context.WithTimeout(ctx, infoTimeout)
	defer cancel()
	info, err := a.client.GetRenewalInfo(ctx, leaf)
	switch {
	case err == nil && !info.HasWindow(), errors.Is(err, acme.ErrUnsupported):
		t.info = acme.RenewalInfo{}
	case err != nil: // what it said last holds
		a.o.Logger.Debug("ask when to renew", "domain", t.domain, "err", err)
	case !info.SameWindow(t.info): // or else the time in it stays as it was chosen
		t.info = info
	}
	if t.info.HasWindow() && t.info.SelectedTime.Before(leaf.NotAfter) {
		return t.info.SelectedTime
	}
	return renewAt(leaf)
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}

func renewAt(leaf *x509.Certificate) time.Time {
	return leaf.NotBefore.Add(leaf.NotAfter.Sub(leaf.NotBefore) * 2 / 3)
}

// retryAfter is how long to wait after so many failures and one more: the longer the
// more there were, and less than that by chance, lest all servers come at once after
// an authority was down.
func retryAfter(fails int) time.Duration {
	wait := retryLast
	if fails < 16 { // no overflow
		wait = min(wait, retryFirst<<fails)
	}
	return wait - rand.N(wait/4)
}
