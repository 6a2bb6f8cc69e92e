package oauth_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"snug/auth/oauth"
)

func newTwitter(t testing.TB, secret string) (*web, *oauth.Provider) {
	w := newWeb(t)
	w.says("/2/oauth2/token", 200, object{"access_token": accessToken, "refresh_token": "leak", "token_type": "bearer", "scope": "users.read tweet.read users.read"})
	return w, must(oauth.NewTwitter(oauth.Config{ID: "twitter", ClientID: clientID, ClientSecret: secret, URL: w.url}))(t)
}

func TestTwitter(t *testing.T) {
	for _, tt := range []struct {
		name string
		data object
		want oauth.Profile
	}{
		{"all", object{"id": "12", "name": "Jack", "username": "jack", "confirmed_email": "jack@example.org", "profile_image_url": "https://img.example/j"},
			oauth.Profile{AccountID: "12", Name: "Jack", Email: "jack@example.org", EmailVerified: true, Image: "https://img.example/j"}},
		{"no e-mail", object{"id": "13", "name": "No Mail", "username": "nomail"}, oauth.Profile{AccountID: "13", Name: "No Mail"}},
		// The name is the person's to choose; it must not become an address.
		{"user name like somebody's address", object{"id": "14", "name": "", "username": "victim@example.org"}, oauth.Profile{AccountID: "14", Name: "victim@example.org"}},
		{"address too long to be one", object{"id": "15", "name": "n", "confirmed_email": strings.Repeat("a", 250) + "@a.example"}, oauth.Profile{AccountID: "15", Name: "n"}},
		{"long name", object{"id": "16", "name": strings.Repeat("é", 257)}, oauth.Profile{AccountID: "16", Name: strings.Repeat("é", 256)}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w, p := newTwitter(t, secret)
			w.says("/2/users/me", 200, object{"data": tt.data})
			f, err := exchange(t, p)
			if scopes := []string{"users.read", "tweet.read"}; !slices.Equal(f.Scopes, scopes) {
				t.Errorf("got scopes %q, want %q", f.Scopes, scopes)
			}
			tt.want.Scopes = f.Scopes
			if err != nil || f.AccountID != tt.want.AccountID || f.Name != tt.want.Name || f.Email != tt.want.Email ||
				f.EmailVerified != tt.want.EmailVerified || f.Image != tt.want.Image {
				t.Errorf("got %+v, %v\nwant %+v", f, err, tt.want)
			}
		})
	}
}

// The secret goes in a header; a public client has none to send.
func TestTwitterClient(t *testing.T) {
	for _, secret := range []string{secret, ""} {
		w, p := newTwitter(t, secret)
		w.says("/2/users/me", 200, object{"data": object{"id": "12"}})
		if _, err := exchange(t, p); err != nil {
			t.Fatal(err)
		}
		r := w.requests("/2/oauth2/token")[0]
		user, password, basic := r.BasicAuth()
		if basic != (secret != "") || basic && (user != clientID || password != secret) || r.PostForm.Has("client_secret") ||
			r.PostForm.Has("client_id") == basic || r.PostForm.Get("code_verifier") != verifier {
			t.Errorf("got %q, %q, %v", user, password, r.PostForm)
		}
	}
}

// An app without leave to see addresses is told so only when it asks for one.
func TestTwitterWithoutLeaveForEmail(t *testing.T) {
	w, p := newTwitter(t, secret)
	w.handle("/2/users/me", func(rw http.ResponseWriter, r *http.Request) {
		if strings.Contains(r.FormValue("user.fields"), "confirmed_email") {
			http.Error(rw, `{"title":"leak"}`, http.StatusForbidden)
			return
		}
		rw.Write([]byte(`{"data":{"id":"12","name":"Jack"}}`))
	})
	if f, err := exchange(t, p); err != nil || f.AccountID != "12" || f.Email != "" || f.EmailVerified {
		t.Errorf("got %+v, %v", f, err)
	}
}

func TestTwitterFailures(t *testing.T) {
	for _, tt := range []struct {
		name   string
		status int
		body   any
		want   error
	}{
		{"bad token", 401, object{"title": "leak"}, oauth.ErrUserInfo},
		{"forbidden", 403, object{"title": "leak"}, oauth.ErrUserInfo},
		{"no data", 200, object{"errors": []string{"leak"}}, oauth.ErrUserInfo},
		{"no id", 200, object{"data": object{"name": "leak"}}, oauth.ErrUserInfo},
		{"long id", 200, object{"data": object{"id": strings.Repeat("1", 256)}}, oauth.ErrUserInfo},
		{"busy", 429, "leak", oauth.ErrUnavailable},
		{"broken", 503, "leak", oauth.ErrUnavailable},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w, p := newTwitter(t, secret)
			w.says("/2/users/me", tt.status, tt.body)
			_, err := exchange(t, p)
			wantKind(t, err, tt.want)
		})
	}
}
