// Package fetch gets things from the public web for people who can't be trusted:
// the URL is theirs, the network that it is fetched from is ours.
//
// A [Fetcher] reaches public addresses on the ports of the web and nothing else.
// It resolves a name itself, dials one of the very addresses that it has judged,
// and judges the address of the socket once more before it connects: a name
// server that changes its mind in between wins nothing. Every redirect starts
// again from the beginning.
//
// It keeps nothing between two fetches and tells the other side nothing of this
// one: no cookies, no Referer, no credentials, no proxy from the environment, no
// connection that lives on.
//
// What comes back is a stranger's: neither the body nor its type are checked.
package fetch

import (
	"compress/gzip"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"sync/atomic"
	"time"
)

const (
	defaultTimeout   = 10 * time.Second
	defaultRedirects = 3
	defaultMaxBytes  = 1 << 20
	defaultAtOnce    = 8
	defaultWaiting   = 32

	// maxURL in bytes, of what is asked for and of what a redirect names.
	maxURL = 4096
	// maxHeader of an answer in bytes. Large sites send some 8 KiB of policies.
	maxHeader = 32 << 10
	// maxAddresses of a host are tried, each for connectTimeout.
	maxAddresses   = 4
	connectTimeout = 3 * time.Second
)

// The errors of Get, to be found with errors.Is. Their texts name the step that
// failed; they never hold the URL, an address, or anything of what came back.
// They are for the log: who chose the URL and is told more than that it didn't
// work can map the network with it.
var (
	// ErrBlocked: the URL, or one that it redirects to, isn't to be fetched.
	ErrBlocked = errors.New("not allowed to fetch")
	// ErrBusy: as many fetches wait as may.
	ErrBusy = errors.New("too many fetches")
	// ErrTimeout: it took longer than Options.Timeout.
	ErrTimeout = errors.New("fetch took too long")
	// ErrUnreachable: the host has no address, doesn't answer, or isn't who it
	// says it is.
	ErrUnreachable = errors.New("host out of reach")
	// ErrRedirects: there were more redirects than Options.MaxRedirects.
	ErrRedirects = errors.New("too many redirects")
	// ErrStatus: the status wasn't 200. The error is a [StatusError] too.
	ErrStatus = errors.New("unexpected status")
	// ErrTooLarge: the body is longer than GetOptions.MaxBytes.
	ErrTooLarge = errors.New("body too large")
	// ErrBroken: the answer isn't HTTP, was cut short, has too long a header or an
	// encoding that wasn't asked for.
	ErrBroken = errors.New("broken answer")
)

// StatusError is the status of an answer that wasn't 200.
type StatusError int

func (e StatusError) Error() string        { return fmt.Sprintf("%v %d", ErrStatus, int(e)) }
func (e StatusError) Is(target error) bool { return target == ErrStatus }

// Resolver finds the addresses of a host: a name with at least one dot, complete,
// in lower case.
type Resolver func(ctx context.Context, host string) ([]netip.Addr, error)

// Options bound what a Fetcher does. The zero value is safe.
type Options struct {
	// Timeout of a whole Get: waiting, redirects and body. 0 means 10 s.
	Timeout time.Duration
	// MaxRedirects are followed; 0 means 3, less than 0 none.
	MaxRedirects int
	// AllowHTTP allows http URLs, on port 80. What began with https never goes on
	// with http.
	AllowHTTP bool
	// AtOnce is how many Gets may run; 0 means 8.
	AtOnce int
	// Waiting is how many more may wait for their turn; 0 means 32, less than 0 none.
	Waiting int
	// Resolver of names; nil means the system's.
	Resolver Resolver
}

// GetOptions bound one Get. The zero value is safe.
type GetOptions struct {
	// MaxBytes of the body, uncompressed; 0 means 1 MiB.
	MaxBytes int64
	// Begin: the first MaxBytes of a longer body are enough.
	Begin bool
	// Hosts, if there are any, are the only ones that may be asked, redirects
	// included: whole names in lower case.
	Hosts []string
}

// Result is what Get got, all of it a stranger's word.
type Result struct {
	Body        []byte
	ContentType string // as it was sent; "" if it wasn't
	FinalURL    string // of the last redirect, without fragment
}

// A Fetcher fetches, several things at once. It holds nothing that has to be
// closed. All methods may be called concurrently.
type Fetcher struct {
	timeout   time.Duration
	redirects int
	allowHTTP bool
	resolve   Resolver
	slots     chan struct{}
	waiting   atomic.Int64
	maxWait   int64

	neighbours func() []netip.Prefix
	// exempt is an address and a port that are allowed whatever they are. It has no
	// setting: it is how tests reach a server of theirs.
	exempt netip.AddrPort
	tls    *tls.Config
}

// New makes a Fetcher.
func New(o Options) *Fetcher {
	f := &Fetcher{
		timeout:    o.Timeout,
		redirects:  o.MaxRedirects,
		allowHTTP:  o.AllowHTTP,
		resolve:    o.Resolver,
		maxWait:    int64(max(o.Waiting, 0)),
		neighbours: neighbours,
		tls:        &tls.Config{MinVersion: tls.VersionTLS12},
	}
	if f.timeout <= 0 {
		f.timeout = defaultTimeout
	}
	if o.MaxRedirects == 0 {
		f.redirects = defaultRedirects
	}
	if o.Waiting == 0 {
		f.maxWait = defaultWaiting
	}
	if f.resolve == nil {
		f.resolve = resolver(net.DefaultResolver)
	}
	if o.AtOnce <= 0 {
		o.AtOnce = defaultAtOnce
	}
	f.slots = make(chan struct{}, o.AtOnce)
	return f
}

// Get fetches a URL by GET. If ctx ends first, its error is returned, otherwise
// one of those above.
func (f *Fetcher) Get(ctx context.Context, rawURL string, o GetOptions) (Result, error) {
	if o.MaxBytes <= 0 {
		o.MaxBytes = defaultMaxBytes
	}
	var result Result
	err := f.within(ctx, func(ctx context.Context) (err error) {
		result, err = f.get(ctx, rawURL, o)
		return err
	})
	if err != nil {
		return Result{}, err
	}
	return result, nil
}

// within bounds what fn does by Options.Timeout, and names what ended it.
func (f *Fetcher) within(ctx context.Context, fn func(context.Context) error) error {
	limited, cancel := context.WithTimeout(ctx, f.timeout)
	defer cancel()
	err := fn(limited)
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return fmt.Errorf("fetch: %w", ctx.Err())
	case limited.Err() != nil:
		return ErrTimeout
	}
	return err
}

func (f *Fetcher) get(ctx context.Context, rawURL string, o GetOptions) (Result, error) {
	u, err := parseURL(rawURL)
	if err != nil {
		return Result{}, err
	}
	// Before it waits: what is never fetched takes no place in the row.
	if err := f.checkURL(u, o.Hosts); err != nil {
		return Result{}, err
	}
	leave, err := f.enter(ctx)
	if err != nil {
		return Result{}, err
	}
	defer leave()
	for hops := 0; ; hops++ {
		result, next, err := f.visit(ctx, u, o)
		if err != nil || next == nil {
			return result, err
		}
		if hops >= f.redirects {
			return Result{}, ErrRedirects
		}
		if u.Scheme == "https" && next.Scheme != "https" {
			return Result{}, fmt.Errorf("%w: redirect from https to less", ErrBlocked)
		}
		if err := f.checkURL(next, o.Hosts); err != nil {
			return Result{}, fmt.Errorf("redirect: %w", err)
		}
		u = next
	}
}

func parseURL(rawURL string) (*url.URL, error) {
	if len(rawURL) > maxURL {
		return nil, fmt.Errorf("%w: long URL", ErrBlocked)
	}
	u, err := url.Parse(rawURL)
	if err != nil {
		return nil, fmt.Errorf("%w: not a URL", ErrBlocked)
	}
	return u, nil
}

// enter waits for a slot, as long as ctx lasts.
func (f *Fetcher) enter(ctx context.Context) (leave func(), err error) {
	leave = func() { <-f.slots }
	select {
	case f.slots <- struct{}{}:
		return leave, nil
	default:
	}
	if f.waiting.Add(1) > f.maxWait {
		f.waiting.Add(-1)
		return nil, ErrBusy
	}
	defer f.waiting.Add(-1)
	select {
	case f.slots <- struct{}{}:
		return leave, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// visit asks for one URL that passed checkURL: it gives the result, or where the
// answer sends us.
func (f *Fetcher) visit(ctx context.Context, u *url.URL, o GetOptions) (Result, *url.URL, error) {
	conn, err := f.connect(ctx, u)
	if err != nil {
		return Result{}, nil, err
	}
	defer conn.Close()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), nil)
	if err != nil {
		return Result{}, nil, fmt.Errorf("%w: not a URL", ErrBlocked)
	}
	req.Header.Set("Accept", "*/*")
	req.Header.Set("Accept-Encoding", "gzip")
	resp, err := exchange(conn, req)
	if err != nil {
		return Result{}, nil, err
	}
	defer resp.Body.Close()
	switch resp.StatusCode {
	case http.StatusOK:
		body, err := readBody(resp, o.MaxBytes, o.Begin)
		if err != nil {
			return Result{}, nil, err
		}
		final := *u
		final.Fragment, final.RawFragment = "", ""
		return Result{Body: body, ContentType: resp.Header.Get("Content-Type"), FinalURL: final.String()}, nil, nil
	case http.StatusMovedPermanently, http.StatusFound, http.StatusSeeOther,
		http.StatusTemporaryRedirect, http.StatusPermanentRedirect:
		location := resp.Header.Get("Location")
		if location == "" {
			break
		}
		next, err := u.Parse(location)
		if err != nil || len(location) > maxURL {
			return Result{}, nil, fmt.Errorf("%w: location", ErrBroken)
		}
		return Result{}, next, nil
	}
	return Result{}, nil, StatusError(resp.StatusCode)
}

// exchange sends the request and reads the header of the answer. The connection
// serves this request alone.
func exchange(conn net.Conn, req *http.Request) (*http.Response, error) {
	req.Header.Set("User-Agent", "Snug")
	given := func(context.Context, string, string) (net.Conn, error) { return conn, nil }
	transport := &http.Transport{
		DialContext:            given,
		DialTLSContext:         given,
		DisableKeepAlives:      true,
		DisableCompression:     true,
		MaxResponseHeaderBytes: maxHeader,
	}
	resp, err := transport.RoundTrip(req)
	if err != nil {
		// The transport's errors quote what it couldn't read.
		return nil, fmt.Errorf("%w: header", ErrBroken)
	}
	return resp, nil
}

func readBody(resp *http.Response, maxBytes int64, begin bool) ([]byte, error) {
	var body io.Reader = resp.Body
	switch strings.ToLower(resp.Header.Get("Content-Encoding")) {
	case "", "identity":
		if resp.ContentLength > maxBytes && !begin {
			return nil, ErrTooLarge
		}
	case "gzip", "x-gzip":
		// What is on the wire has a bound of its own, for gzip can go on for ever
		// without a byte of text. Nothing compresses to much more than it was.
		unzipped, err := gzip.NewReader(&capped{body, maxBytes + maxBytes/100 + 1024})
		if err != nil {
			return nil, fmt.Errorf("%w: gzip", ErrBroken)
		}
		body = unzipped
	default:
		return nil, fmt.Errorf("%w: encoding", ErrBroken)
	}
	text, err := io.ReadAll(&capped{body, maxBytes})
	switch {
	case errors.Is(err, ErrTooLarge) && begin:
		return text[:min(int64(len(text)), maxBytes)], nil
	case errors.Is(err, ErrTooLarge):
		return nil, ErrTooLarge
	case err != nil:
		return nil, fmt.Errorf("%w: body", ErrBroken)
	}
	return text, nil
}

// capped fails with ErrTooLarge where more than left bytes come.
type capped struct {
	r    io.Reader
	left int64
}

func (c *capped) Read(p []byte) (int, error) {
	if int64(len(p)) > c.left+1 {
		p = p[:c.left+1]
	}
	n, err := c.r.Read(p)
	if c.left -= int64(n); c.left < 0 {
		c.left = 0
		return n, ErrTooLarge
	}
	return n, err
}
