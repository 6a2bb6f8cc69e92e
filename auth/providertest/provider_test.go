package providertest_test

import (
	"crypto/rand"
	"errors"
	"net/url"
	"slices"
	"strings"
	"testing"

	"snug/auth/oauth"
	"snug/auth/providertest"
)

const callback = "http://localhost:3000/api/auth/callback/test"

// must unwraps what a constructor returns.
func must(p *oauth.Provider, err error) func(testing.TB) *oauth.Provider {
	return func(t testing.TB) *oauth.Provider {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
}

// A flow is one person's sign-in, as far as the callback.
type flow struct {
	request  oauth.Request
	authURL  string
	query    url.Values // of the callback
	response oauth.Response
}

// begin makes an address to send the browser to.
func begin(t testing.TB, p *oauth.Provider) flow {
	t.Helper()
	f := flow{request: oauth.Request{
		State: rand.Text(), Nonce: rand.Text(), Verifier: rand.Text() + rand.Text(), RedirectURI: callback,
	}}
	var err error
	if f.authURL, err = p.AuthURL(t.Context(), f.request); err != nil {
		t.Fatal(err)
	}
	return f
}

// back takes in the callback that the browser was sent to.
func (f flow) back(t testing.TB, address string) flow {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil || !strings.HasPrefix(address, callback+"?") {
		t.Fatalf("sent to %q", address)
	}
	f.query = u.Query()
	if got := f.query.Get("state"); got != f.request.State {
		t.Errorf("got state %q back, want %q", got, f.request.State)
	}
	f.response = oauth.Response{
		Code: f.query.Get("code"), Verifier: f.request.Verifier, Nonce: f.request.Nonce, RedirectURI: callback, Issuer: f.query.Get("iss"),
	}
	return f
}

// exchange checks that no error says what is secret.
func exchange(t testing.TB, p *oauth.Provider, r oauth.Response) (oauth.Profile, error) {
	t.Helper()
	f, err := p.Exchange(t.Context(), r)
	if err != nil {
		for _, secret := range []string{r.Code, r.Verifier, r.Nonce, "eyJ", "client-secret"} {
			if secret != "" && strings.Contains(err.Error(), secret) {
				t.Errorf("an error says too much: %v", err)
			}
		}
	}
	return f, err
}

func wantKind(t testing.TB, err, kind error) {
	t.Helper()
	if !errors.Is(err, kind) {
		t.Errorf("got error %v, want %v", err, kind)
	}
}

// sameProfile compares all but scopes.
func sameProfile(t testing.TB, got, want oauth.Profile) {
	t.Helper()
	if got.AccountID != want.AccountID || got.Name != want.Name || got.Email != want.Email ||
		got.EmailVerified != want.EmailVerified || got.Image != want.Image {
		t.Errorf("got %+v\nwant %+v", got, want)
	}
}

func ada() providertest.User {
	return providertest.User{
		ID: "100000000000000000001", Username: "ada", Name: "Ada Lovelace", Email: "ada@example.org", EmailVerified: true,
		Picture: "https://img.example/ada", Claims: map[string]any{"groups": []string{"guests", "staff"}},
	}
}

func adaProfile() oauth.Profile {
	return oauth.Profile{
		AccountID: "100000000000000000001", Name: "Ada Lovelace", Email: "ada@example.org", EmailVerified: true, Image: "https://img.example/ada",
	}
}

// refusals are what every provider has to refuse, and we with it.
func refusals(t *testing.T, login func(t testing.TB, authURL string) string, p, wrongSecret *oauth.Provider) {
	t.Helper()
	for name, change := range map[string]func(*oauth.Response){
		"wrong verifier":   func(r *oauth.Response) { r.Verifier = rand.Text() + rand.Text() },
		"another callback": func(r *oauth.Response) { r.RedirectURI = callback + "x" },
		"made-up code":     func(r *oauth.Response) { r.Code = "made-up" },
	} {
		t.Run(name, func(t *testing.T) {
			f := begin(t, p)
			f = f.back(t, login(t, f.authURL))
			change(&f.response)
			_, err := exchange(t, p, f.response)
			wantKind(t, err, oauth.ErrCode)
		})
	}
	t.Run("wrong secret", func(t *testing.T) {
		f := begin(t, wrongSecret)
		f = f.back(t, login(t, f.authURL))
		_, err := exchange(t, wrongSecret, f.response)
		wantKind(t, err, oauth.ErrCode)
	})
	t.Run("code twice", func(t *testing.T) {
		f := begin(t, p)
		f = f.back(t, login(t, f.authURL))
		if _, err := exchange(t, p, f.response); err != nil {
			t.Fatal(err)
		}
		_, err := exchange(t, p, f.response)
		wantKind(t, err, oauth.ErrCode)
	})
	t.Run("code of another sign-in", func(t *testing.T) {
		mine, theirs := begin(t, p), begin(t, p)
		theirs = theirs.back(t, login(t, theirs.authURL))
		mine = mine.back(t, login(t, mine.authURL))
		mine.response.Code = theirs.response.Code
		_, err := exchange(t, p, mine.response)
		wantKind(t, err, oauth.ErrCode)
	})
}

func TestGoogle(t *testing.T) {
	o := providertest.StartOIDC(t, callback)
	o.Add(ada())
	config := oauth.Config{ID: "google", ClientID: o.ClientID, ClientSecret: o.ClientSecret, Issuer: o.Issuer}
	p := must(oauth.NewGoogle(config))(t)
	login := func(t testing.TB, authURL string) string {
		t.Helper()
		return o.Login(t, authURL, "ada")
	}
	t.Run("signs in", func(t *testing.T) {
		f := begin(t, p)
		f = f.back(t, login(t, f.authURL))
		got, err := exchange(t, p, f.response)
		if err != nil {
			t.Fatal(err)
		}
		sameProfile(t, got, adaProfile())
	})
	t.Run("wrong nonce", func(t *testing.T) {
		f := begin(t, p)
		f = f.back(t, login(t, f.authURL))
		f.response.Nonce = rand.Text()
		_, err := exchange(t, p, f.response)
		wantKind(t, err, oauth.ErrNonce)
	})
	t.Run("another issuer in the callback", func(t *testing.T) {
		f := begin(t, p)
		f = f.back(t, login(t, f.authURL))
		f.response.Issuer = "https://evil.example"
		_, err := exchange(t, p, f.response)
		wantKind(t, err, oauth.ErrIssuer)
		f.response.Issuer = o.Issuer
		if _, err := exchange(t, p, f.response); err != nil {
			t.Errorf("the code was used: %v", err)
		}
	})
	t.Run("id_token of a page", func(t *testing.T) {
		nonce := rand.Text()
		token := o.IDToken(t, "ada", nonce)
		got, err := p.VerifyIDToken(t.Context(), token, nonce)
		if err != nil {
			t.Fatal(err)
		}
		sameProfile(t, got, adaProfile())
		_, err = p.VerifyIDToken(t.Context(), token, rand.Text())
		wantKind(t, err, oauth.ErrNonce)
		other := config
		other.ClientID = "another-client"
		_, err = must(oauth.NewGoogle(other))(t).VerifyIDToken(t.Context(), token, nonce)
		wantKind(t, err, oauth.ErrUserInfo)
		elsewhere := config
		elsewhere.Issuer = providertest.StartOIDC(t).Issuer
		_, err = must(oauth.NewGoogle(elsewhere))(t).VerifyIDToken(t.Context(), token, nonce)
		wantKind(t, err, oauth.ErrUserInfo) // its key isn't known there
	})
	config.ClientSecret = "wrong"
	refusals(t, login, p, must(oauth.NewGoogle(config))(t))
}

// An issuer that keeps its id_tokens short.
func TestOIDC(t *testing.T) {
	o := providertest.StartOIDC(t, callback)
	o.UserInfoOnly()
	o.Add(ada())
	unverified, stranger := ada(), ada()
	unverified.ID, unverified.Username, unverified.EmailVerified = "2", "unverified", false
	stranger.ID, stranger.Username, stranger.Email, stranger.Claims = "3", "stranger", "eve@example.net", nil
	o.Add(unverified)
	o.Add(stranger)
	for _, tt := range []struct {
		name    string
		user    string
		domains []string
		claim   string
		want    error
	}{
		{"anybody", "stranger", nil, "", nil},
		{"verified", "ada", nil, "", nil},
		{"of the domain", "ada", []string{"example.org"}, "", nil},
		{"of the group", "ada", nil, "groups=staff", nil},
		{"of both", "ada", []string{"example.org"}, "groups=staff", nil},
		{"unverified", "unverified", []string{"example.org"}, "", oauth.ErrNotAllowed},
		{"of another domain", "stranger", []string{"example.org"}, "", oauth.ErrNotAllowed},
		{"of no group", "stranger", nil, "groups=staff", oauth.ErrNotAllowed},
		{"of another group", "ada", nil, "groups=admins", oauth.ErrNotAllowed},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := must(oauth.NewOIDC(oauth.Config{
				ID: "test", ClientID: o.ClientID, ClientSecret: o.ClientSecret, Issuer: o.Issuer, EmailDomains: tt.domains, Claim: tt.claim,
			}))(t)
			f := begin(t, p)
			f = f.back(t, o.Login(t, f.authURL, tt.user))
			got, err := exchange(t, p, f.response)
			if !errors.Is(err, tt.want) || tt.want == nil && (err != nil || got.Name != "Ada Lovelace" || got.EmailVerified == (tt.user == "unverified")) {
				t.Errorf("got %+v, %v, want %v", got, err, tt.want)
			}
		})
	}
}

func TestGitHub(t *testing.T) {
	g := providertest.StartGitHub(t, callback)
	primary := providertest.GitHubEmail{Email: "octo@example.org", Primary: true, Verified: true}
	g.Add(providertest.GitHubUser{ID: 583231, Login: "octocat", AvatarURL: "https://img.example/o", Emails: []providertest.GitHubEmail{primary}})
	g.Add(providertest.GitHubUser{ID: 2, Login: "mallory", Name: "Mallory", Email: "ada@example.org",
		Emails: []providertest.GitHubEmail{primary, {Email: "ada@example.org"}}})
	config := oauth.Config{ID: "github", ClientID: g.ClientID, ClientSecret: g.ClientSecret, URL: g.URL}
	p := must(oauth.NewGitHub(config))(t)
	for login, want := range map[string]oauth.Profile{
		"octocat": {AccountID: "583231", Name: "octocat", Email: "octo@example.org", EmailVerified: true, Image: "https://img.example/o"},
		"mallory": {AccountID: "2", Name: "Mallory", Email: "ada@example.org"},
	} {
		t.Run(login, func(t *testing.T) {
			f := begin(t, p)
			f = f.back(t, g.Login(t, f.authURL, login))
			got, err := exchange(t, p, f.response)
			if err != nil {
				t.Fatal(err)
			}
			sameProfile(t, got, want)
			if want := []string{"read:user", "user:email"}; !slices.Equal(got.Scopes, want) {
				t.Errorf("got scopes %q, want %q", got.Scopes, want)
			}
		})
	}
	t.Run("says no", func(t *testing.T) {
		f := begin(t, p)
		if f = f.back(t, g.Deny(t, f.authURL)); f.query.Get("error") != "access_denied" || f.response.Code != "" {
			t.Errorf("got %v", f.query)
		}
	})
	t.Run("without leave for addresses", func(t *testing.T) {
		f := begin(t, p)
		f = f.back(t, g.Login(t, strings.Replace(f.authURL, "+user%3Aemail", "", 1), "octocat"))
		got, err := exchange(t, p, f.response)
		if err != nil || got.Email != "" || got.EmailVerified || got.AccountID != "583231" {
			t.Errorf("got %+v, %v", got, err)
		}
	})
	config.ClientSecret = "wrong"
	login := func(t testing.TB, authURL string) string {
		t.Helper()
		return g.Login(t, authURL, "octocat")
	}
	refusals(t, login, p, must(oauth.NewGitHub(config))(t))
}

func TestX(t *testing.T) {
	x := providertest.StartX(t, callback)
	x.Add(providertest.XUser{ID: "12", Username: "jack", Name: "Jack", Email: "jack@example.org", Image: "https://img.example/j"})
	x.Add(providertest.XUser{ID: "13", Username: "ada@example.org", Name: "No Mail"})
	config := oauth.Config{ID: "twitter", ClientID: x.ClientID, ClientSecret: x.ClientSecret, URL: x.URL}
	p := must(oauth.NewTwitter(config))(t)
	signIn := func(t *testing.T, username string, want oauth.Profile) {
		t.Helper()
		f := begin(t, p)
		f = f.back(t, x.Login(t, f.authURL, username))
		got, err := exchange(t, p, f.response)
		if err != nil {
			t.Fatal(err)
		}
		sameProfile(t, got, want)
	}
	jack := oauth.Profile{AccountID: "12", Name: "Jack", Email: "jack@example.org", EmailVerified: true, Image: "https://img.example/j"}
	t.Run("jack", func(t *testing.T) { signIn(t, "jack", jack) })
	t.Run("no mail", func(t *testing.T) { signIn(t, "ada@example.org", oauth.Profile{AccountID: "13", Name: "No Mail"}) })
	t.Run("says no", func(t *testing.T) {
		f := begin(t, p)
		if f = f.back(t, x.Deny(t, f.authURL)); f.query.Get("error") != "access_denied" || f.response.Code != "" {
			t.Errorf("got %v", f.query)
		}
	})
	config.ClientSecret = "wrong"
	login := func(t testing.TB, authURL string) string {
		t.Helper()
		return x.Login(t, authURL, "jack")
	}
	refusals(t, login, p, must(oauth.NewTwitter(config))(t))
	x.RefuseEmail()
	jack.Email, jack.EmailVerified = "", false
	t.Run("without leave for addresses", func(t *testing.T) { signIn(t, "jack", jack) })
}
