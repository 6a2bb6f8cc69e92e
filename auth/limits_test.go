package auth_test

import (
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"snug/auth"
)

// §13.15 and 25 (GHSA-x732-6j76-qmhm, GHSA-p6v2-xcpg-h6xw): every route that guesses
// could be made at, or that makes the server work or send, is limited per address,
// however it and the address are spelled, and exactly in a burst.
func TestEveryLimitHolds(t *testing.T) {
	const limit = 3
	open := map[string]bool{}
	for name, route := range newRig(t).Routes() {
		if route.Family == "" && !route.Mails {
			open[name] = true
			continue
		}
		t.Run(name, func(t *testing.T) {
			g := newRig(t, magicLinks, guests, func(c *auth.Config) { c.AuthRate = auth.Rate{Limit: limit, Window: time.Minute} })
			method, path, _ := strings.Cut(name, " ")
			path = "/api" + path
			ask := func(method, path, from string) int {
				r := g.jar().request("GET", "/", "")
				r.Method, r.URL.Path, r.RemoteAddr = method, path, from
				r.Header = http.Header{"Origin": {base}}
				// Whatever strangers say of where they are.
				for _, header := range []string{"X-Forwarded-For", "X-Real-Ip", "Cf-Connecting-Ip", "True-Client-Ip", "X-Client-Ip", "Forwarded"} {
					r.Header.Set(header, auth.NewID())
				}
				return g.do(r).Code
			}
			for _, addresses := range [][]string{
				{"192.0.2.1:1", "192.0.2.1:2", "[::ffff:192.0.2.1]:3", "[::ffff:c000:201]:4"},
				{"[2001:db8::1]:1", "[2001:0db8:0000:0000:0000:0000:0000:0002]:1", "[2001:db8:0:0:ffff::]:1", "[2001:db8::192.0.2.1]:1"},
			} {
				var through atomic.Int64
				var burst sync.WaitGroup
				for i := range 20 {
					burst.Go(func() {
						if ask(method, path, addresses[i%len(addresses)]) != http.StatusTooManyRequests {
							through.Add(1)
						}
					})
				}
				burst.Wait()
				if n := through.Load(); n != limit {
					t.Errorf("of 20 at once from %v %d came through", addresses, n)
				}
				from := addresses[0]
				rest := strings.TrimPrefix(path, "/api/")
				for _, spelled := range []string{
					path + "/", "/api//" + rest, "//api/" + rest, "/api/" + strings.Replace(rest, "/", "//", 1), "/api/./" + rest, "/api/x/../" + rest,
					"/API/" + rest, strings.ToUpper(path), path + " ", path + "\x00", path + ";x", path + "%20", path + ".",
				} {
					if code := ask(method, spelled, from); code != http.StatusNotFound {
						t.Errorf("%q: %d", spelled, code)
					}
				}
				for _, other := range []string{"GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "post", "QUERY"} {
					twin, there := g.Routes()[other+" "+strings.TrimPrefix(path, "/api")]
					want := http.StatusNotFound
					switch {
					case there && route.Family != "" && twin.Family == route.Family:
						want = http.StatusTooManyRequests
					case there:
						continue // it does something else
					}
					if code := ask(other, path, from); code != want {
						t.Errorf("%s: %d", other, code)
					}
				}
			}
			if code := ask(method, path, "198.51.100.7:1"); code == http.StatusTooManyRequests {
				t.Error("somebody else is refused")
			}
			if code := ask(method, path, "[2001:db8:0:1::1]:1"); code == http.StatusTooManyRequests {
				t.Error("the next network is refused")
			}
		})
	}
	// What isn't limited asks for nothing that could be guessed: for a session, or for
	// something with 128 bits and more in it, and it neither sends anything nor hashes.
	want := []string{
		"GET /account", "GET /account/invites", "GET /account/options", "GET /account/tokens", "GET /auth/callback/*", "GET /auth/delete-user/callback",
		"GET /auth/error", "GET /auth/get-session", "GET /auth/list-accounts", "GET /auth/list-sessions", "GET /auth/magic-link/verify", "GET /auth/ok",
		"GET /auth/passkey/generate-register-options", "GET /auth/passkey/list-user-passkeys", "GET /auth/reset-password/*", "GET /auth/verify-email",
		"GET /avatars/*", "POST /account/avatar", "POST /account/avatar/remove", "POST /account/invites/revoke", "POST /account/tokens",
		"POST /account/tokens/revoke", "POST /auth/callback/*", "POST /auth/delete-anonymous-user", "POST /auth/delete-user",
		"POST /auth/passkey/delete-passkey", "POST /auth/passkey/update-passkey", "POST /auth/reset-password", "POST /auth/revoke-other-sessions",
		"POST /auth/revoke-session", "POST /auth/revoke-sessions", "POST /auth/sign-out", "POST /auth/unlink-account", "POST /auth/update-user",
		"POST /auth/verify-email",
	}
	if got := slices.Sorted(maps.Keys(open)); !slices.Equal(got, want) {
		t.Errorf("without a limit are\n%q, want\n%q", got, want)
	}
}
