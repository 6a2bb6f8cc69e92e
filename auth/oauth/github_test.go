package oauth_test

import (
	"slices"
	"strings"
	"testing"

	"snug/auth/oauth"
)

// newGitHub returns a server that answers as GitHub does, and its Provider.
func newGitHub(t testing.TB) (*web, *oauth.Provider) {
	w := newWeb(t)
	w.says("/login/oauth/access_token", 200, object{"access_token": accessToken, "token_type": "bearer", "scope": "read:user,user:email"})
	w.says("/api/v3/user", 200, object{"id": 583231, "login": "octocat", "name": nil, "email": nil, "avatar_url": "https://img.example/u/583231"})
	w.says("/api/v3/user/emails", 200, []object{{"email": "octo@example.org", "primary": true, "verified": true}})
	return w, must(oauth.NewGitHub(oauth.Config{ID: "github", ClientID: clientID, ClientSecret: secret, URL: w.url}))(t)
}

func TestGitHub(t *testing.T) {
	type list = []object
	other := object{"email": "other@example.org", "primary": false, "verified": true}
	for _, tt := range []struct {
		name      string
		user      object
		emails    any // a list; a status without one
		wantName  string
		wantEmail string
		verified  bool
	}{
		{"no public address", object{"id": 7, "login": "octocat"}, list{other, {"email": "octo@example.org", "primary": true, "verified": true}},
			"octocat", "octo@example.org", true},
		{"a name", object{"id": 7, "login": "octocat", "name": "Octo Cat"}, list{}, "Octo Cat", "", false},
		{"public and verified", object{"id": 7, "login": "o", "email": "other@example.org"}, list{{"email": "octo@example.org", "primary": true, "verified": true}, other},
			"o", "other@example.org", true},
		// The primary address being verified says nothing about the public one.
		{"public and unverified", object{"id": 7, "login": "o", "email": "victim@example.org"},
			list{{"email": "octo@example.org", "primary": true, "verified": true}, {"email": "victim@example.org", "verified": false}},
			"o", "victim@example.org", false},
		{"public and not in the list", object{"id": 7, "login": "o", "email": "victim@example.org"}, list{{"email": "octo@example.org", "primary": true, "verified": true}},
			"o", "victim@example.org", false},
		{"unverified primary", object{"id": 7, "login": "o"}, list{{"email": "octo@example.org", "primary": true, "verified": false}, other},
			"o", "octo@example.org", false},
		{"no primary", object{"id": 7, "login": "o"}, list{other}, "o", "", false},
		{"an empty one that is verified", object{"id": 7, "login": "o"}, list{{"email": "", "primary": true, "verified": true}}, "o", "", false},
		{"list denied", object{"id": 7, "login": "o", "email": "octo@example.org"}, 403, "o", "octo@example.org", false},
		{"no list", object{"id": 7, "login": "o"}, 404, "o", "", false},
		{"user name like an address", object{"id": 7, "login": "victim@example.org"}, list{}, "victim@example.org", "", false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w, p := newGitHub(t)
			w.says("/api/v3/user", 200, tt.user)
			if status, ok := tt.emails.(int); ok {
				w.says("/api/v3/user/emails", status, object{"message": "leak"})
			} else {
				w.says("/api/v3/user/emails", 200, tt.emails)
			}
			f, err := exchange(t, p)
			if err != nil || f.AccountID != "7" || f.Name != tt.wantName || f.Email != tt.wantEmail || f.EmailVerified != tt.verified {
				t.Errorf("got %+v, %v", f, err)
			}
		})
	}
}

// What goes over the wire: the secret in the form, JSON asked for, the token as a
// bearer's; ids become strings without losing digits.
func TestGitHubRequests(t *testing.T) {
	w, p := newGitHub(t)
	w.says("/api/v3/user", 200, `{"id":9007199254740993,"login":"octocat"}`)
	f, err := exchange(t, p)
	if err != nil || f.AccountID != "9007199254740993" {
		t.Fatalf("got %+v, %v", f, err)
	}
	if want := []string{"read:user", "user:email"}; !slices.Equal(f.Scopes, want) {
		t.Errorf("got scopes %q, want %q", f.Scopes, want)
	}
	token := w.requests("/login/oauth/access_token")
	if len(token) != 1 {
		t.Fatalf("%d token requests, want 1", len(token))
	}
	want := map[string]string{
		"grant_type": "authorization_code", "code": code, "code_verifier": verifier, "redirect_uri": callback,
		"client_id": clientID, "client_secret": secret,
	}
	for name, value := range want {
		if got := token[0].PostForm.Get(name); got != value {
			t.Errorf("got %s %q, want %q", name, got, value)
		}
	}
	if _, _, basic := token[0].BasicAuth(); basic || len(token[0].PostForm) != len(want) || token[0].Header.Get("Accept") != "application/json" {
		t.Errorf("got %v, %v", token[0].PostForm, token[0].Header)
	}
	for _, path := range []string{"/api/v3/user", "/api/v3/user/emails"} {
		asked := w.requests(path)
		if len(asked) != 1 || asked[0].Header.Get("Authorization") != "Bearer "+accessToken || asked[0].Header.Get("User-Agent") != "snug" {
			t.Errorf("%s: got %v", path, asked)
		}
	}
}

func TestGitHubFailures(t *testing.T) {
	const token, user, emails = "/login/oauth/access_token", "/api/v3/user", "/api/v3/user/emails"
	huge := `{"id":7,"login":"` + strings.Repeat("a", 1<<20) + `"}`
	for _, tt := range []struct {
		name   string
		path   string
		status int
		body   any
		want   error
	}{
		{"200 with an error", token, 200, object{"error": "bad_verification_code", "error_description": "leak " + code}, oauth.ErrCode},
		{"200 with an error and a token", token, 200, object{"error": "bad_verification_code", "access_token": accessToken}, oauth.ErrCode},
		{"an error that repeats the code", token, 200, object{"error": code}, oauth.ErrCode},
		{"400", token, 400, object{"error": "invalid_grant", "error_uri": "https://leak.example"}, oauth.ErrCode},
		{"401", token, 401, object{"error": "invalid_client"}, oauth.ErrCode},
		{"400 in words", token, 400, "leak", oauth.ErrCode},
		{"no token", token, 200, object{"token_type": "bearer", "note": "leak"}, oauth.ErrCode},
		{"no JSON", token, 200, "<html>leak</html>", oauth.ErrCode},
		{"huge token reply", token, 200, strings.Repeat(" ", 1<<20) + `{"access_token":"leak"}`, oauth.ErrUnavailable},
		{"busy", token, 429, "leak", oauth.ErrUnavailable},
		{"broken", token, 500, object{"error": "leak"}, oauth.ErrUnavailable},
		{"says that it is broken", token, 400, object{"error": "temporarily_unavailable"}, oauth.ErrUnavailable},

		{"bad token", user, 401, object{"message": "leak"}, oauth.ErrUserInfo},
		{"user is no JSON", user, 200, "leak", oauth.ErrUserInfo},
		{"user is a list", user, 200, []string{"leak"}, oauth.ErrUserInfo},
		{"id is a string", user, 200, object{"id": "leak", "login": "o"}, oauth.ErrUserInfo},
		{"no id", user, 200, object{"login": "leak"}, oauth.ErrUserInfo},
		{"nobody", user, 200, "null", oauth.ErrUserInfo},
		{"huge user", user, 200, huge, oauth.ErrUnavailable},
		{"broken api", user, 502, "leak", oauth.ErrUnavailable},
		{"busy api", user, 429, "leak", oauth.ErrUnavailable},

		// Were these taken for no list, a person's first sign-in on a bad day would
		// make an account without an address.
		{"broken list", emails, 500, "leak", oauth.ErrUnavailable},
		{"busy list", emails, 429, "leak", oauth.ErrUnavailable},
		{"huge list", emails, 200, huge, oauth.ErrUnavailable},
		{"list is no list", emails, 200, object{"a": "leak"}, oauth.ErrUserInfo},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w, p := newGitHub(t)
			w.says(tt.path, tt.status, tt.body)
			f, err := exchange(t, p)
			wantKind(t, err, tt.want)
			if f.AccountID != "" || f.Email != "" {
				t.Errorf("a profile beside the error: %+v", f)
			}
		})
	}
}

func TestNothingToExchange(t *testing.T) {
	w, p := newGitHub(t)
	for _, tt := range []struct {
		set  func(*oauth.Response)
		want error
	}{
		{func(r *oauth.Response) { r.Code = "" }, oauth.ErrCode},
		{func(r *oauth.Response) { r.Verifier = "" }, oauth.ErrCode},
		{func(r *oauth.Response) { r.Issuer = "https://evil.example" }, oauth.ErrIssuer},
		{func(r *oauth.Response) { r.Issuer = "https://" + strings.TrimPrefix(w.url, "http://") }, oauth.ErrIssuer},
		{func(r *oauth.Response) { r.Issuer = w.url + ".evil.example" }, oauth.ErrIssuer},
	} {
		r := response()
		tt.set(&r)
		_, err := p.Exchange(t.Context(), r)
		wantKind(t, err, tt.want)
	}
	if len(w.requests("/login/oauth/access_token")) > 0 {
		t.Error("a code was sent")
	}
	r := response()
	r.Issuer = w.url + "/login/oauth"
	if _, err := p.Exchange(t.Context(), r); err != nil {
		t.Errorf("its own name: %v", err)
	}
}
