package providertest_test

import (
	"fmt"
	"net/url"
	"testing"

	"snug/auth"
	"snug/auth/oauth"
	"snug/auth/providertest"
)

// people gives everybody an account at each provider.
func (s *site) people() {
	s.google.Add(providertest.User{ID: "google-ada", Username: "ada", Name: "Ada Lovelace", Email: "Ada@Example.com", EmailVerified: true, Picture: "https://pictures.example/ada"})
	s.google.Add(providertest.User{ID: "google-mallory", Username: "mallory", Name: "Mallory", Email: "ada@example.com"})
	s.google.Add(providertest.User{ID: "google-bob", Username: "bob", Name: "Bob", Email: "bob@example.com", EmailVerified: true})
	s.github.Add(providertest.GitHubUser{ID: 1815, Login: "ada", Name: "Ada Lovelace", Emails: []providertest.GitHubEmail{
		{Email: "old@example.com", Verified: true}, {Email: "ada@example.com", Primary: true, Verified: true}}})
	// Public, and not verified: anybody may write anything there.
	s.github.Add(providertest.GitHubUser{ID: 666, Login: "mallory", Email: "ada@example.com", Emails: []providertest.GitHubEmail{
		{Email: "mallory@example.com", Primary: true, Verified: true}, {Email: "ada@example.com"}}})
	s.x.Add(providertest.XUser{ID: "12", Username: "ada", Name: "Ada", Email: "ada@example.com"})
	s.x.Add(providertest.XUser{ID: "13", Username: "nomail", Name: "No Mail"})
}

func bothModes(t *testing.T, fn func(t *testing.T, s *site), set ...func(*site, *auth.Config)) {
	for _, paged := range []bool{false, true} {
		t.Run(fmt.Sprintf("page=%v", paged), func(t *testing.T) {
			s := startSite(t, paged, set...)
			s.people()
			fn(t, s)
		})
	}
}

// Everybody gets in through the provider's own pages, is known again, and out.
func TestEnterThroughRealProviders(t *testing.T) {
	bothModes(t, func(t *testing.T, s *site) {
		for _, test := range []struct {
			provider, name string
			want           who
		}{
			{"google", "ada", who{Name: "Ada Lovelace", Email: "ada@example.com", EmailVerified: true}},
			{"github", "ada", who{Name: "Ada Lovelace", Email: "ada@example.com", EmailVerified: true}},
			{"twitter", "ada", who{Name: "Ada Lovelace", Email: "ada@example.com", EmailVerified: true}},
			{"twitter", "nomail", who{Name: "No Mail", Email: "13@twitter.placeholder.invalid"}},
		} {
			var first string
			for range 2 {
				v := s.visitor()
				v.wantAt(v.enter(test.provider, test.name), "/here")
				got := v.who()
				if got == nil || got.Name != test.want.Name || got.Email != test.want.Email || got.EmailVerified != test.want.EmailVerified {
					t.Fatalf("%s at %s is %+v", test.name, test.provider, got)
				}
				if first != "" && got.ID != first {
					t.Errorf("%s at %s isn't known again", test.name, test.provider)
				}
				first = got.ID
				if v.post("/sign-out", `{}`); v.who() != nil {
					t.Error("still signed in")
				}
			}
		}
		if ways := s.text(`select group_concat(provider_id || ':' || account_id || ':' || scope, ' ') from (select * from accounts order by provider_id, account_id)`); ways !=
			"github:1815:read:user,user:email google:google-ada:email,profile,openid twitter:12:users.read,tweet.read,users.email twitter:13:users.read,tweet.read,users.email" {
			t.Errorf("ways in %q", ways)
		}
	})
}

// §13.6: the provider finds out what we wouldn't.
func TestRealProvidersRefuse(t *testing.T) {
	bothModes(t, func(t *testing.T, s *site) {
		for _, provider := range []string{"google", "github", "twitter"} {
			v := s.visitor()
			way := func() string { return s.login(provider, v.begin("/sign-in/social", provider), "ada") }
			failed := func(callback, code string) {
				t.Helper()
				v.wantAt(v.arrive(callback), "/failed?error="+code)
				if v.who() != nil {
					t.Fatal("signed in")
				}
			}
			callback := way()
			s.exec(`update verifications set value = json_set(value, '$.verifier', ?)`, "another-verifier-another-verifier-another-verifier")
			failed(callback, "invalid_code")
			// A code that was taken from somebody else's flow.
			stolen := parameter(t, way(), "code")
			failed(tampered(t, way(), func(q url.Values) { q.Set("code", stolen) }), "invalid_code")
			failed(tampered(t, way(), func(q url.Values) { q.Set("code", "made-up") }), "invalid_code")
			failed(tampered(t, way(), func(q url.Values) { q.Del("code") }), "no_code")
			callback = way()
			s.exec(`update verifications set value = json_set(value, '$.base', 'http://localhost:1')`)
			failed(callback, "invalid_code")
			if provider == "google" {
				callback = way()
				s.exec(`update verifications set value = json_set(value, '$.nonce', 'another')`)
				failed(callback, "unable_to_get_user_info")
			}
			used := way()
			v.wantAt(v.arrive(used), "/here")
			v.post("/sign-out", `{}`)
			// The code is used up there, and the state here.
			failed(tampered(t, way(), func(q url.Values) { q.Set("code", parameter(t, used, "code")) }), "invalid_code")
			v.wantAt(v.arrive(used), s.url+"/api/auth/error?error=please_restart_the_process")
		}
		// Who says no there, with that library's words for it.
		v := s.visitor()
		const denied = "/failed?error=access_denied&error_description=The+resource+owner+or+authorization+server+denied+the+request"
		v.wantAt(v.arrive(s.github.Deny(t, v.begin("/sign-in/social", "github"))), denied)
		v.wantAt(v.arrive(s.x.Deny(t, v.begin("/sign-in/social", "twitter"))), denied)
	})
}

func parameter(t testing.TB, address, name string) string {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil || u.Query().Get(name) == "" {
		t.Fatalf("no %s in %q", name, address)
	}
	return u.Query().Get(name)
}

// §13.3: what mallory began in her browser, alice's doesn't finish.
func TestRealFlowInAnotherBrowser(t *testing.T) {
	bothModes(t, func(t *testing.T, s *site) {
		mallory, alice := s.visitor(), s.visitor()
		callback := s.login("google", mallory.begin("/sign-in/social", "google"), "bob")
		alice.wantAt(alice.arrive(callback), s.url+"/api/auth/error?error=state_mismatch")
		home, err := url.Parse(s.url)
		if err != nil {
			t.Fatal(err)
		}
		if cookies := alice.client.Jar.Cookies(home); len(cookies) > 0 {
			t.Errorf("alice has %v", cookies)
		}
		mallory.wantAt(mallory.arrive(callback), "/here")
	})
}

// Two tabs of one browser, at two providers, at once.
func TestRealFlowsSideBySide(t *testing.T) {
	bothModes(t, func(t *testing.T, s *site) {
		v := s.visitor()
		first, second := v.begin("/sign-in/social", "google"), v.begin("/sign-in/social", "github")
		two, one := s.login("github", second, "ada"), s.login("google", first, "ada")
		v.wantAt(v.arrive(one), "/here")
		v.wantAt(v.arrive(two), "/here")
		if v.who() == nil {
			t.Error("nobody is signed in")
		}
	})
}

// §13.12, with addresses as providers really give them.
func TestLinkThroughRealProviders(t *testing.T) {
	bothModes(t, func(t *testing.T, s *site) {
		ada := s.visitor()
		ada.wantAt(ada.enter("google", "ada"), "/here")
		for _, provider := range []string{"google", "github"} {
			v := s.visitor()
			v.wantAt(v.enter(provider, "mallory"), "/failed?error=account_not_linked")
			if v.who() != nil {
				t.Error("mallory is in")
			}
		}
		id := ada.who().ID
		ada.wantAt(ada.arrive(s.login("github", ada.begin("/link-social", "github"), "ada")), "/here")
		ada.wantAt(ada.arrive(s.login("google", ada.begin("/link-social", "google"), "bob")), "/failed?error=email_doesn%27t_match")
		ada.wantAt(ada.arrive(s.login("github", ada.begin("/link-social", "github"), "mallory")), "/failed?error=unable_to_link_account")
		if got := ada.who(); got == nil || got.ID != id {
			t.Errorf("ada is %+v", got)
		}
		v := s.visitor()
		v.wantAt(v.enter("github", "ada"), "/here")
		if v.who().ID != id {
			t.Error("the account isn't linked")
		}
	})
}

// An id_token that a page got by itself, from the real issuer.
func TestRealIDToken(t *testing.T) {
	s := startSite(t, false)
	s.people()
	send := func(v *visitor, token, nonce string) answer {
		return v.post("/sign-in/social", fmt.Sprintf(`{"provider":"google","idToken":{"token":%q,"nonce":%q}}`, token, nonce))
	}
	v := s.visitor()
	if a := send(v, s.google.IDToken(t, "ada", "n0nce"), "n0nce"); a.StatusCode != 200 || v.who() == nil {
		t.Errorf("%d %s", a.StatusCode, a.body)
	}
	if a := send(s.visitor(), s.google.IDToken(t, "ada", "n0nce"), "another"); a.StatusCode != 401 {
		t.Errorf("with another nonce: %d %s", a.StatusCode, a.body)
	}
	token := s.google.IDToken(t, "ada", "n0nce")
	if a := send(s.visitor(), token[:len(token)-8]+"AAAAAAAA", "n0nce"); a.StatusCode != 401 {
		t.Errorf("with another signature: %d %s", a.StatusCode, a.body)
	}
}

// An issuer of one's own: only the staff come in, and a newcomer is shown the first
// room.
func TestRealIssuerOfOnesOwn(t *testing.T) {
	bothModes(t, func(t *testing.T, s *site) {
		s.google.UserInfoOnly()
		s.google.Allow(s.url + "/api/auth/callback/work")
		s.google.Add(providertest.User{ID: "1", Username: "staff", Name: "Staff", Email: "s@corp.example", EmailVerified: true, Claims: map[string]any{"groups": []string{"staff"}}})
		s.google.Add(providertest.User{ID: "2", Username: "guest", Name: "Guest", Email: "g@corp.example", EmailVerified: true, Claims: map[string]any{"groups": []string{"guests"}}})
		v := s.visitor()
		way := func(name string) string { return s.google.Login(t, v.begin("/sign-in/social", "work"), name) }
		v.wantAt(v.arrive(way("guest")), "/failed?error=not_allowed")
		v.wantAt(v.arrive(way("staff")), "/rooms/welcome")
		v.wantAt(v.arrive(way("staff")), "/here")
	}, func(s *site, c *auth.Config) {
		work := must(oauth.NewOIDC(oauth.Config{ID: "work", Issuer: s.google.Issuer, ClientID: s.google.ClientID, ClientSecret: s.google.ClientSecret,
			Claim: "groups=staff"}))(s)
		c.Providers = append(c.Providers, auth.Provider{Provider: work, Rooms: []string{"welcome", "staff"}})
	})
}
