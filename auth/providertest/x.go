package providertest

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/go-oauth2/oauth2/v4"
	"github.com/go-oauth2/oauth2/v4/server"
)

// X answers as X does: the client's secret comes in a header, PKCE is a must, and
// fields of a user are given to those who ask for them and may.
type X struct {
	URL          string
	ClientID     string
	ClientSecret string

	server  *plain
	mu      sync.Mutex
	users   map[string]XUser // by Username
	noEmail bool
}

// XUser has an account there.
type XUser struct {
	ID       string
	Username string
	Name     string
	Email    string // confirmed; "" if there is none
	Image    string
}

// StartX starts an X with one client, which may have people sent to these
// callbacks.
func StartX(t testing.TB, callbacks ...string) *X {
	t.Helper()
	x := &X{ClientID: "twitter-client-id", ClientSecret: "twitter-client-secret", users: map[string]XUser{}}
	known := func(login string) bool { return x.user(login).ID != "" }
	x.server = newPlain(t, "/i/oauth2/authorize", "/2/oauth2/token", x.ClientID, x.ClientSecret, callbacks, known)
	x.server.SetClientInfoHandler(server.ClientBasicHandler)
	x.server.Config.ForcePKCE = true
	x.server.Config.AllowedCodeChallengeMethods = []oauth2.CodeChallengeMethod{oauth2.CodeChallengeS256}
	x.server.api("/2/users/me", func(r *http.Request, token oauth2.TokenInfo) any {
		scopes := strings.Fields(token.GetScope())
		fields := strings.Split(r.FormValue("user.fields"), ",")
		u := x.user(token.GetUserID())
		data := map[string]any{"id": u.ID, "username": u.Username, "name": u.Name}
		if slices.Contains(fields, "profile_image_url") {
			data["profile_image_url"] = u.Image
		}
		if slices.Contains(fields, "confirmed_email") {
			if x.refusesEmail() {
				return nil
			}
			if u.Email != "" && slices.Contains(scopes, "users.email") {
				data["confirmed_email"] = u.Email
			}
		}
		if !slices.Contains(scopes, "users.read") || !slices.Contains(scopes, "tweet.read") {
			return nil
		}
		return map[string]any{"data": data}
	})
	x.URL = x.server.start(t)
	return x
}

func (x *X) user(login string) XUser {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.users[login]
}

func (x *X) refusesEmail() bool {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.noEmail
}

// Add adds a user, or changes the one of that Username.
func (x *X) Add(u XUser) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.users[u.Username] = u
}

// RefuseEmail makes the client one that may not ask for addresses.
func (x *X) RefuseEmail() {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.noEmail = true
}

// Login signs a user in at an address that the client made, and returns the
// callback that the browser is sent to.
func (x *X) Login(t testing.TB, authURL, username string) string {
	t.Helper()
	return x.server.login(t, authURL, url.Values{"login": {username}})
}

// Deny says no there.
func (x *X) Deny(t testing.TB, authURL string) string {
	t.Helper()
	return x.server.login(t, authURL, url.Values{})
}
