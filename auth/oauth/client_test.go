package oauth_test

import (
	"errors"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"snug/auth/oauth"
)

// A redirect would carry the code and the secret, or the token, elsewhere.
func TestRedirectsAreRefused(t *testing.T) {
	for _, status := range []int{301, 302, 303, 307, 308} {
		for _, path := range []string{"/login/oauth/access_token", "/api/v3/user", "/api/v3/user/emails"} {
			// The caller's client would follow.
			w, _ := newGitHub(t)
			p := must(oauth.NewGitHub(oauth.Config{ID: "github", ClientID: clientID, ClientSecret: secret, URL: w.url, HTTP: &http.Client{}}))(t)
			elsewhere := newWeb(t)
			w.handle(path, func(rw http.ResponseWriter, r *http.Request) {
				http.Redirect(rw, r, elsewhere.url+"/leak", status)
			})
			_, err := exchange(t, p)
			wantKind(t, err, oauth.ErrUnavailable)
			if len(elsewhere.requests("/leak")) > 0 {
				t.Errorf("%s: followed a %d", path, status)
			}
		}
	}
}

// An operator has to find out from the error alone what is wrong.
func TestUnreachable(t *testing.T) {
	garbage, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	served := make(chan struct{})
	go func() {
		defer close(served)
		for {
			c, err := garbage.Accept()
			if err != nil {
				return
			}
			// Were the request left unread, closing would reset the connection.
			_, readErr := c.Read(make([]byte, 64<<10))
			_, writeErr := c.Write([]byte("leak leak leak\r\n\r\n"))
			if err := errors.Join(readErr, writeErr, c.Close()); err != nil {
				t.Error(err)
			}
		}
	}()
	t.Cleanup(func() {
		if err := garbage.Close(); err != nil {
			t.Error(err)
		}
		<-served
	})
	closed := httptest.NewServer(nil)
	closed.Close()
	secure := httptest.NewUnstartedServer(nil)
	secure.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
	secure.StartTLS()
	t.Cleanup(secure.Close)
	for name, tt := range map[string]struct{ url, want string }{
		"nobody listens":      {closed.URL, "connection refused"},
		"unknown certificate": {secure.URL, "certificate"},
		"no TLS":              {"https://" + garbage.Addr().String(), "TLS"},
		"no HTTP":             {"http://" + garbage.Addr().String(), "no proper reply"},
	} {
		t.Run(name, func(t *testing.T) {
			p := must(oauth.NewOIDC(oauth.Config{ID: "x", ClientID: clientID, Issuer: tt.url}))(t)
			_, err := p.AuthURL(t.Context(), request())
			wantKind(t, err, oauth.ErrUnavailable)
			if !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want %q", err, tt.want)
			}
		})
	}
}
