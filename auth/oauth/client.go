package oauth

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"

	"golang.org/x/oauth2"
)

// A client talks to a provider, and trusts it little.
type client struct{ http http.Client }

func newClient(given *http.Client) *client {
	c := &client{}
	if given != nil {
		c.http = *given
	}
	next := c.http.Transport
	if next == nil {
		next = http.DefaultTransport
	}
	c.http.Transport = transport{next}
	c.http.Jar = nil
	if c.http.Timeout == 0 {
		c.http.Timeout = requestTime
	}
	// A redirect would take the code, or the token, to wherever it points.
	c.http.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return c
}

// context makes golang.org/x/oauth2 use this client.
func (c *client) context(ctx context.Context) context.Context {
	return context.WithValue(ctx, oauth2.HTTPClient, &c.http)
}

// get decodes the JSON that is there. Anything but 200 is an error: of kind
// refused if the server says that the request is at fault, otherwise
// ErrUnavailable. what names the reply in errors.
func (c *client) get(ctx context.Context, url, bearer, what string, refused error, into any) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return fail(ErrUnavailable, "%s: bad address", what)
	}
	if bearer != "" {
		req.Header.Set("Authorization", "Bearer "+bearer)
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return fail(ErrUnavailable, "%s: %s", what, reason(err))
	}
	defer resp.Body.Close()
	switch code := resp.StatusCode; {
	case code == http.StatusOK:
	case code >= 400 && code < 500 && code != http.StatusTooManyRequests && code != http.StatusRequestTimeout:
		return &statusError{code, fail(refused, "%s: status %d", what, code)}
	default:
		return fail(ErrUnavailable, "%s: status %d", what, code)
	}
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		return fail(ErrUnavailable, "%s: %s", what, reason(err))
	}
	if json.Unmarshal(text, into) != nil {
		return fail(refused, "%s: not the JSON that it should be", what)
	}
	return nil
}

// A statusError says that a server refuses what it was asked.
type statusError struct {
	status int
	error
}

func (e *statusError) Unwrap() error { return e.error }

// transport asks for JSON, without which GitHub answers otherwise, and reads the
// whole reply, so that one that is too long or too slow is an error wherever it is
// used.
type transport struct{ next http.RoundTripper }

func (t transport) RoundTrip(req *http.Request) (*http.Response, error) {
	req = req.Clone(req.Context())
	req.Header.Set("Accept", "application/json")
	req.Header.Set("User-Agent", "snug")
	resp, err := t.next.RoundTrip(req)
	if err != nil {
		return nil, err
	}
	text, err := io.ReadAll(io.LimitReader(resp.Body, maxReply+1))
	if closeErr := resp.Body.Close(); err == nil {
		err = closeErr
	}
	if err == nil && len(text) > maxReply {
		err = errTooLarge
	}
	if err != nil {
		return nil, err
	}
	resp.Body = io.NopCloser(bytes.NewReader(text))
	return resp, nil
}

var errTooLarge = errors.New("reply is too large")

// reason says what went wrong with a request, for an operator to read. Only errors
// that hold nothing of a reply speak for themselves.
func reason(err error) string {
	var (
		timeout interface{ Timeout() bool }
		dns     *net.DNSError
		op      *net.OpError
		cert    *tls.CertificateVerificationError
		record  tls.RecordHeaderError
	)
	switch {
	case errors.Is(err, errTooLarge):
		return "reply over 1 MiB"
	case errors.Is(err, context.Canceled):
		return "given up"
	case errors.As(err, &timeout) && timeout.Timeout():
		return "no reply in time"
	case errors.As(err, &dns):
		return dns.Error()
	case errors.As(err, &op):
		return op.Error()
	case errors.As(err, &cert):
		return strings.TrimPrefix(cert.Error(), "tls: ")
	case errors.As(err, &record):
		return "it doesn't speak TLS"
	}
	return "no proper reply"
}
