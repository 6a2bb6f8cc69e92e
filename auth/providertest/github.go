package providertest

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/go-oauth2/oauth2/v4"
	"github.com/go-oauth2/oauth2/v4/server"
)

// GitHub answers as a GitHub Enterprise server does: it refuses a code with status
// 200, separates scopes by commas, and speaks JSON only to those who ask for it.
type GitHub struct {
	URL          string
	ClientID     string
	ClientSecret string

	server *plain
	mu     sync.Mutex
	users  map[string]GitHubUser // by Login
}

// GitHubUser has an account there. What is "" is null on the wire.
type GitHubUser struct {
	ID        int64
	Login     string
	Name      string
	Email     string // the public one
	AvatarURL string
	Emails    []GitHubEmail // all of them
}

// GitHubEmail is an address of a GitHubUser.
type GitHubEmail struct {
	Email    string `json:"email"`
	Primary  bool   `json:"primary"`
	Verified bool   `json:"verified"`
}

// StartGitHub starts a GitHub with one client, which may have people sent to these
// callbacks.
func StartGitHub(t testing.TB, callbacks ...string) *GitHub {
	t.Helper()
	g := &GitHub{ClientID: "github-client-id", ClientSecret: "github-client-secret", users: map[string]GitHubUser{}}
	known := func(login string) bool { return g.user(login).ID != 0 }
	g.server = newPlain(t, "/login/oauth/authorize", "/login/oauth/access_token", g.ClientID, g.ClientSecret, callbacks, known)
	g.server.SetClientInfoHandler(server.ClientFormHandler)
	g.server.answer = githubAnswer
	g.server.api("/api/v3/user", func(_ *http.Request, token oauth2.TokenInfo) any {
		u := g.user(token.GetUserID())
		null := func(s string) any {
			if s == "" {
				return nil
			}
			return s
		}
		return map[string]any{"id": u.ID, "login": u.Login, "name": null(u.Name), "email": null(u.Email), "avatar_url": u.AvatarURL}
	})
	g.server.api("/api/v3/user/emails", func(_ *http.Request, token oauth2.TokenInfo) any {
		if !strings.Contains(token.GetScope(), "user:email") {
			return nil
		}
		return append([]GitHubEmail{}, g.user(token.GetUserID()).Emails...)
	})
	g.URL = g.server.start(t)
	return g
}

// githubAnswer puts into GitHub's words what the token endpoint says.
func githubAnswer(w http.ResponseWriter, r *http.Request, _ int, body map[string]any) {
	switch body["error"] {
	case nil:
	case "invalid_client":
		body["error"] = "incorrect_client_credentials"
	default:
		body["error"] = "bad_verification_code"
	}
	if scope, ok := body["scope"].(string); ok {
		body["scope"] = strings.ReplaceAll(scope, " ", ",")
	}
	delete(body, "refresh_token")
	delete(body, "expires_in")
	if r.Header.Get("Accept") == "application/json" {
		reply(w, http.StatusOK, body)
		return
	}
	form := url.Values{}
	for name, value := range body {
		form.Set(name, fmt.Sprint(value))
	}
	w.Header().Set("Content-Type", "application/x-www-form-urlencoded")
	fmt.Fprint(w, form.Encode())
}

func (g *GitHub) user(login string) GitHubUser {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.users[login]
}

// Add adds a user, or changes the one of that Login.
func (g *GitHub) Add(u GitHubUser) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.users[u.Login] = u
}

// Login signs a user in at an address that the client made, and returns the
// callback that the browser is sent to.
func (g *GitHub) Login(t testing.TB, authURL, login string) string {
	t.Helper()
	return g.server.login(t, authURL, url.Values{"login": {login}})
}

// Deny says no there.
func (g *GitHub) Deny(t testing.TB, authURL string) string {
	t.Helper()
	return g.server.login(t, authURL, url.Values{})
}
