package oauth_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strconv"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"snug/auth/oauth"
)

// nearBy asks a web without a socket, so that time can stand still meanwhile.
type nearBy struct{ *web }

func (n nearBy) RoundTrip(r *http.Request) (*http.Response, error) {
	answered := make(chan *http.Response, 1)
	go func() {
		w := httptest.NewRecorder()
		n.ServeHTTP(w, r)
		answered <- w.Result()
	}()
	select {
	case resp := <-answered:
		return resp, nil
	case <-r.Context().Done():
		return nil, r.Context().Err()
	}
}

// bubble runs a test of an issuer and its Provider in a time of its own.
func bubble(t *testing.T, test func(*issuer, *oauth.Provider)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		s := issuerAt(near(t))
		s.issues(s.key.sign(s.claims(nil)))
		test(s, s.provider(func(c *oauth.Config) { c.HTTP = &http.Client{Transport: nearBy{s.web}} }))
	})
}

const wellKnown = "/.well-known/openid-configuration"

// slow makes a path answer after that long.
func (w *web) slow(path string, d time.Duration) {
	next := w.routes[path]
	w.handle(path, func(rw http.ResponseWriter, r *http.Request) {
		select {
		case <-time.After(d):
			next(rw, r)
		case <-r.Context().Done():
		}
	})
}

func TestHangingEndpoints(t *testing.T) {
	for _, path := range []string{wellKnown, "/token", "/keys", "/userinfo"} {
		t.Run(path, func(t *testing.T) {
			bubble(t, func(s *issuer, p *oauth.Provider) {
				s.issues(s.key.sign(s.claims(object{"email": nil})))
				s.slow(path, time.Hour)
				began := time.Now()
				_, err := exchange(s, p)
				wantKind(s, err, oauth.ErrUnavailable)
				if took := time.Since(began); took != 10*time.Second {
					s.Errorf("took %v, want 10 s", took)
				}
			})
		})
	}
}

// Each request is in time, all together aren't.
func TestExchangeIsBounded(t *testing.T) {
	bubble(t, func(s *issuer, p *oauth.Provider) {
		s.issues(s.key.sign(s.claims(object{"email": nil})))
		for _, path := range []string{wellKnown, "/token", "/keys"} {
			s.slow(path, 9*time.Second)
		}
		began := time.Now()
		_, err := exchange(s, p)
		wantKind(s, err, oauth.ErrUnavailable)
		if took := time.Since(began); took != 20*time.Second {
			s.Errorf("took %v, want 20 s", took)
		}
	})
}

func TestCallerLeaves(t *testing.T) {
	bubble(t, func(s *issuer, p *oauth.Provider) {
		s.slow("/token", time.Hour)
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		began := time.Now()
		_, err := p.Exchange(ctx, response())
		wantKind(s, err, oauth.ErrUnavailable)
		if took := time.Since(began); took != time.Second {
			s.Errorf("took %v, want 1 s", took)
		}
	})
}

// all calls fn n times at once and returns what came of it.
func all(n int, fn func(i int) error) []error {
	errs := make([]error, n)
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() { errs[i] = fn(i) })
	}
	wg.Wait()
	return errs
}

// Many people sign in at once, while the issuer is up, then down, then up again.
func TestDiscoveryIsShared(t *testing.T) {
	bubble(t, func(s *issuer, p *oauth.Provider) {
		authURL := func(int) error {
			_, err := p.AuthURL(context.Background(), request())
			return err
		}
		up := s.routes[wellKnown]
		s.says(wellKnown, 503, "leak")
		s.slow(wellKnown, time.Second)
		for _, err := range all(50, authURL) {
			wantKind(s, err, oauth.ErrUnavailable)
		}
		if n := len(s.requests(wellKnown)); n != 1 {
			s.Errorf("%d requests for 50 people, want 1", n)
		}
		s.handle(wellKnown, up)
		s.slow(wellKnown, time.Second)
		for _, err := range all(50, authURL) {
			wantKind(s, err, nil)
		}
		time.Sleep(23 * time.Hour)
		wantKind(s, authURL(0), nil)
		if n := len(s.requests(wellKnown)); n != 2 {
			s.Errorf("%d requests, want 2: it is known", n)
		}
		time.Sleep(2 * time.Hour)
		wantKind(s, authURL(0), nil)
		if n := len(s.requests(wellKnown)); n != 3 {
			s.Errorf("%d requests, want 3: it may have changed", n)
		}
	})
}

// The one who asks goes away; those who wait for the answer still get it.
func TestWhoAsksLeaves(t *testing.T) {
	bubble(t, func(s *issuer, p *oauth.Provider) {
		s.slow(wellKnown, 5*time.Second)
		errs := all(10, func(i int) error {
			ctx := context.Background()
			if i == 0 {
				var cancel context.CancelFunc
				ctx, cancel = context.WithTimeout(ctx, time.Second)
				defer cancel()
			} else {
				time.Sleep(time.Millisecond)
			}
			_, err := p.AuthURL(ctx, request())
			return err
		})
		for i, err := range errs {
			if i == 0 {
				wantKind(s, err, oauth.ErrUnavailable)
			} else {
				wantKind(s, err, nil)
			}
		}
		if n := len(s.requests(wellKnown)); n != 2 {
			s.Errorf("%d requests, want 2", n)
		}
	})
}

// Who waits for somebody else's request waits no longer than they want to.
func TestWhoWaitsLeaves(t *testing.T) {
	bubble(t, func(s *issuer, p *oauth.Provider) {
		s.slow(wellKnown, 5*time.Second)
		began := time.Now()
		var waited time.Duration
		errs := all(2, func(i int) error {
			ctx := context.Background()
			if i == 1 {
				time.Sleep(time.Millisecond)
				var cancel context.CancelFunc
				ctx, cancel = context.WithTimeout(ctx, time.Second)
				defer cancel()
				defer func() { waited = time.Since(began) }()
			}
			_, err := p.AuthURL(ctx, request())
			return err
		})
		wantKind(s, errs[0], nil)
		wantKind(s, errs[1], oauth.ErrUnavailable)
		if waited > 2*time.Second {
			s.Errorf("waited %v", waited)
		}
	})
}

// sign returns a new id_token: time passes in these tests.
func (s *issuer) sign(k key) string { return k.sign(s.claims(nil)) }

func TestKeyRotation(t *testing.T) {
	bubble(t, func(s *issuer, p *oauth.Provider) {
		verify := func(k key) error {
			_, err := p.VerifyIDToken(context.Background(), s.sign(k), nonce)
			return err
		}
		second, sameName := rsaKey("second", 1), rsaKey("first", 1)
		wantKind(s, verify(s.key), nil)
		wantKind(s, verify(s.key), nil)
		if n := len(s.requests("/keys")); n != 1 {
			s.Errorf("%d requests for keys, want 1", n)
		}
		s.publish(s.key.public(), second.public())
		wantKind(s, verify(second), nil)
		wantKind(s, verify(s.key), nil)
		if n := len(s.requests("/keys")); n != 2 {
			s.Errorf("%d requests for keys, want 2", n)
		}
		// A key is withdrawn, perhaps because it was stolen.
		s.publish(second.public())
		time.Sleep(time.Hour)
		wantKind(s, verify(s.key), oauth.ErrUserInfo)
		wantKind(s, verify(second), nil)
		// An issuer that calls all its keys the same.
		time.Sleep(time.Minute)
		s.publish(sameName.public())
		wantKind(s, verify(sameName), nil)
		wantKind(s, verify(s.key), oauth.ErrUserInfo)
	})
}

// Tokens of unknown keys, of which anybody can make any number, don't become
// requests to the issuer; and they don't keep its own new key out for long.
func TestUnknownKeysAreCheap(t *testing.T) {
	bubble(t, func(s *issuer, p *oauth.Provider) {
		verify := func(k key) error {
			_, err := p.VerifyIDToken(context.Background(), s.sign(k), nonce)
			return err
		}
		second := rsaKey("second", 1)
		flood := func(n int) {
			for i := range n {
				wantKind(s, verify(key{"leak" + strconv.Itoa(i), "RS256", second.private}), oauth.ErrUserInfo)
			}
		}
		flood(20)
		if n := len(s.requests("/keys")); n != 2 {
			s.Errorf("%d requests for keys, want 2", n)
		}
		s.publish(s.key.public(), second.public())
		for range 9 {
			time.Sleep(time.Second)
			flood(5)
		}
		wantKind(s, verify(s.key), nil) // who has a known key notices nothing
		wantKind(s, verify(second), oauth.ErrUserInfo)
		if n := len(s.requests("/keys")); n != 2 {
			s.Errorf("%d requests for keys, want 2", n)
		}
		time.Sleep(time.Second)
		wantKind(s, verify(second), nil)
		flood(5)
		wantKind(s, verify(second), nil)
	})
}

func TestKeysUnavailable(t *testing.T) {
	for _, tt := range []struct {
		status int
		body   any
	}{
		{500, "leak"}, {404, "leak"}, {200, "leak"}, {200, object{}}, {200, object{"keys": "leak"}},
		{200, object{"keys": []object{{"kty": "oct", "k": "leak"}}}},
	} {
		bubble(t, func(s *issuer, p *oauth.Provider) {
			up := s.routes["/keys"]
			s.says("/keys", tt.status, tt.body)
			_, err := exchange(s, p)
			wantKind(s, err, oauth.ErrUnavailable)
			s.handle("/keys", up)
			_, err = exchange(s, p)
			wantKind(s, err, nil)
		})
	}
}
