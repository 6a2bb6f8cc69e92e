package fetch

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
)

// Answer is what came back of a Post, a stranger's word. Its body isn't read.
type Answer struct {
	Status int
	Header http.Header
}

// Check says why nothing is ever sent to a URL, as far as that is known without asking a
// name server: an ErrBlocked.
func (f *Fetcher) Check(rawURL string) error {
	u, err := parseURL(rawURL)
	if err != nil {
		return err
	}
	return f.checkURL(u, nil)
}

// Post sends a body to a URL. The addresses and ports that it reaches are those of Get; it
// follows no redirect, so any status is an answer and no error.
func (f *Fetcher) Post(ctx context.Context, rawURL string, header http.Header, body []byte) (Answer, error) {
	var answer Answer
	err := f.within(ctx, func(ctx context.Context) (err error) {
		answer, err = f.post(ctx, rawURL, header, body)
		return err
	})
	if err != nil {
		return Answer{}, err
	}
	return answer, nil
}

func (f *Fetcher) post(ctx context.Context, rawURL string, header http.Header, body []byte) (Answer, error) {
	u, err := parseURL(rawURL)
	if err != nil {
		return Answer{}, err
	}
	if err := f.checkURL(u, nil); err != nil {
		return Answer{}, err
	}
	leave, err := f.enter(ctx)
	if err != nil {
		return Answer{}, err
	}
	defer leave()
	conn, err := f.connect(ctx, u)
	if err != nil {
		return Answer{}, err
	}
	defer conn.Close()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, u.String(), bytes.NewReader(body))
	if err != nil {
		return Answer{}, fmt.Errorf("%w: not a URL", ErrBlocked)
	}
	for name, values := range header {
		req.Header[http.CanonicalHeaderKey(name)] = values
	}
	resp, err := exchange(conn, req)
	if err != nil {
		return Answer{}, err
	}
	resp.Body.Close()
	return Answer{resp.StatusCode, resp.Header}, nil
}
