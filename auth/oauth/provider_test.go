package oauth_test

import (
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"snug/auth/oauth"
)

// offline fails a test that sends anything.
type offline struct{ testing.TB }

func (o offline) RoundTrip(r *http.Request) (*http.Response, error) {
	o.Errorf("asked %s", r.URL)
	return nil, errors.New("offline")
}

type maker = func(oauth.Config) (*oauth.Provider, error)

func TestConfig(t *testing.T) {
	for _, tt := range []struct {
		name string
		make maker
		set  func(*oauth.Config)
		want string // part of the error, "" for none
	}{
		{"google", oauth.NewGoogle, func(c *oauth.Config) {}, ""},
		{"github", oauth.NewGitHub, func(c *oauth.Config) {}, ""},
		{"x", oauth.NewTwitter, func(c *oauth.Config) {}, ""},
		{"x without a secret", oauth.NewTwitter, func(c *oauth.Config) { c.ClientSecret = "" }, ""},
		{"issuer", oauth.NewOIDC, func(c *oauth.Config) { c.Issuer = "https://id.example/realms/x/" }, ""},
		{"issuer here", oauth.NewOIDC, func(c *oauth.Config) { c.Issuer = "http://localhost:9000" }, ""},
		{"issuer here, by number", oauth.NewOIDC, func(c *oauth.Config) { c.Issuer = "http://127.1.2.3" }, ""},
		{"issuer here, by IPv6", oauth.NewOIDC, func(c *oauth.Config) { c.Issuer = "http://[::1]:80" }, ""},
		{"enterprise", oauth.NewGitHub, func(c *oauth.Config) { c.URL = "https://git.example/" }, ""},

		{"no ID", oauth.NewGoogle, func(c *oauth.Config) { c.ID = "" }, "ID of lower-case"},
		{"ID that leaves its path", oauth.NewGoogle, func(c *oauth.Config) { c.ID = "../x" }, "ID of lower-case"},
		{"long ID", oauth.NewGoogle, func(c *oauth.Config) { c.ID = strings.Repeat("a", 33) }, "ID of lower-case"},
		{"no client", oauth.NewGoogle, func(c *oauth.Config) { c.ClientID = "" }, "no client ID"},
		{"no secret", oauth.NewGoogle, func(c *oauth.Config) { c.ClientSecret = "" }, "no client secret"},
		{"github without a secret", oauth.NewGitHub, func(c *oauth.Config) { c.ClientSecret = "" }, "no client secret"},
		{"scopes in one string", oauth.NewGitHub, func(c *oauth.Config) { c.Scopes = []string{"a b"} }, "want a word"},

		{"no issuer", oauth.NewOIDC, func(c *oauth.Config) {}, "no issuer"},
		{"plain issuer", oauth.NewOIDC, func(c *oauth.Config) { c.Issuer = "http://id.example" }, "want https"},
		{"plain issuer that looks local", oauth.NewOIDC, func(c *oauth.Config) { c.Issuer = "http://localhost.evil.example" }, "want https"},
		{"plain issuer in the LAN", oauth.NewOIDC, func(c *oauth.Config) { c.Issuer = "http://192.168.1.2" }, "want https"},
		{"issuer with a query", oauth.NewOIDC, func(c *oauth.Config) { c.Issuer = "https://id.example?x=1" }, "no user, query"},
		{"issuer with a user", oauth.NewOIDC, func(c *oauth.Config) { c.Issuer = "https://u:p@id.example" }, "no user, query"},
		{"issuer without a scheme", oauth.NewOIDC, func(c *oauth.Config) { c.Issuer = "id.example" }, "as in https://"},
		{"script", oauth.NewOIDC, func(c *oauth.Config) { c.Issuer = "javascript://x/%0aalert(1)" }, "want https"},
		{"plain google", oauth.NewGoogle, func(c *oauth.Config) { c.Issuer = "http://id.example" }, "want https"},
		{"plain github", oauth.NewGitHub, func(c *oauth.Config) { c.URL = "http://git.example" }, "want https"},
		{"plain api", oauth.NewGitHub, func(c *oauth.Config) { c.APIURL = "http://git.example" }, "want https"},
		{"plain x", oauth.NewTwitter, func(c *oauth.Config) { c.URL = "http://x.example" }, "want https"},

		// What can't be kept to isn't taken.
		{"domains at github", oauth.NewGitHub, func(c *oauth.Config) { c.EmailDomains = []string{"example.org"} }, "can't be restricted"},
		{"claim at x", oauth.NewTwitter, func(c *oauth.Config) { c.Claim = "a=b" }, "can't be restricted"},
		{"issuer of github", oauth.NewGitHub, func(c *oauth.Config) { c.Issuer = "https://id.example" }, "no issuer"},
		{"URL of google", oauth.NewGoogle, func(c *oauth.Config) { c.URL = "https://id.example" }, "follow from the issuer"},
		{"claim without a value", oauth.NewGoogle, func(c *oauth.Config) { c.Claim = "hd" }, "want a name and a value"},
		{"domain that is an address", oauth.NewGoogle, func(c *oauth.Config) { c.EmailDomains = []string{"ada@example.org"} }, "want one as in"},
		{"empty domain", oauth.NewGoogle, func(c *oauth.Config) { c.EmailDomains = []string{""} }, "want one as in"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := oauth.Config{ID: "x", ClientID: clientID, ClientSecret: secret, HTTP: &http.Client{Transport: offline{t}}}
			tt.set(&c)
			p, err := tt.make(c)
			noLeak(t, err)
			if tt.want == "" && (err != nil || p.ID() != "x" || p.Name() == "") {
				t.Errorf("got %v", err)
			}
			if tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)) {
				t.Errorf("got error %v, want one with %q", err, tt.want)
			}
		})
	}
}

func TestNames(t *testing.T) {
	c := oauth.Config{ID: "one", ClientID: clientID, ClientSecret: secret}
	for want, make := range map[string]maker{"Google": oauth.NewGoogle, "GitHub": oauth.NewGitHub, "X": oauth.NewTwitter, "one": func(c oauth.Config) (*oauth.Provider, error) {
		c.Issuer = "https://id.example"
		return oauth.NewOIDC(c)
	}} {
		if got := must(make(c))(t).Name(); got != want {
			t.Errorf("got name %q, want %q", got, want)
		}
	}
	c.Name = "Example"
	if got := must(oauth.NewGitHub(c))(t).Name(); got != "Example" {
		t.Errorf("got name %q", got)
	}
}

// The parameters are those that better-auth sends, in its order, with PKCE for
// all, a nonce where there is an id_token, and each scope once.
func TestAuthURL(t *testing.T) {
	// RFC 7636, appendix B.
	const rfcVerifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
	const pkce = "code_challenge_method=S256&code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
	const back = "redirect_uri=https%3A%2F%2Fchat.example%2Fapi%2Fauth%2Fcallback%2Fx"
	const start = "response_type=code&client_id=snug-client&state=st4te&scope="
	s := newIssuer(t)
	s.metadata["authorization_endpoint"] = s.url + "/authorize?tenant=7"
	for _, tt := range []struct {
		name   string
		make   maker
		config oauth.Config
		set    func(*oauth.Request)
		want   string
	}{
		{"google", oauth.NewGoogle, oauth.Config{}, nil,
			"https://accounts.google.com/o/oauth2/v2/auth?" + start + "email+profile+openid&" + back +
				"&prompt=select_account&" + pkce + "&include_granted_scopes=true&nonce=leak-nonce"},
		{"google with all", oauth.NewGoogle, oauth.Config{Scopes: []string{"openid", "calendar"}, Prompt: "consent"},
			func(r *oauth.Request) { r.LoginHint, r.Scopes = "a b@example.org", []string{"email", "drive"} },
			"https://accounts.google.com/o/oauth2/v2/auth?" + start + "email+profile+openid+calendar+drive&" + back +
				"&login_hint=a+b%40example.org&prompt=consent&" + pkce + "&include_granted_scopes=true&nonce=leak-nonce"},
		{"github", oauth.NewGitHub, oauth.Config{}, func(r *oauth.Request) { r.Scopes, r.LoginHint = []string{"repo"}, "octocat" },
			"https://github.com/login/oauth/authorize?" + start + "read%3Auser+user%3Aemail+repo&" + back + "&login_hint=octocat&" + pkce},
		{"enterprise", oauth.NewGitHub, oauth.Config{URL: "https://git.example/"}, func(r *oauth.Request) { r.Nonce = "" },
			"https://git.example/login/oauth/authorize?" + start + "read%3Auser+user%3Aemail&" + back + "&" + pkce},
		{"x", oauth.NewTwitter, oauth.Config{Scopes: []string{"users.read", "users.email"}}, nil,
			"https://x.com/i/oauth2/authorize?" + start + "users.read+tweet.read+users.email&" + back + "&" + pkce},
		{"issuer whose endpoint has a query", oauth.NewOIDC, oauth.Config{Issuer: s.url}, nil,
			s.url + "/authorize?tenant=7&" + start + "openid+profile+email&" + back + "&" + pkce + "&nonce=leak-nonce"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			tt.config.ID, tt.config.ClientID, tt.config.ClientSecret = "x", clientID, secret
			r := request()
			r.Verifier = rfcVerifier
			if tt.set != nil {
				tt.set(&r)
			}
			got, err := must(tt.make(tt.config))(t).AuthURL(t.Context(), r)
			if err != nil || got != tt.want {
				t.Errorf("got %q, %v\nwant %q", got, err, tt.want)
			}
			if u, err := url.Parse(got); err != nil || u.Query().Get("client_secret") != "" || strings.Contains(got, rfcVerifier) {
				t.Error("the address holds what only the token endpoint is to get")
			}
		})
	}
}

func TestAuthURLRefuses(t *testing.T) {
	google := must(oauth.NewGoogle(oauth.Config{ID: "google", ClientID: clientID, ClientSecret: secret}))(t)
	for name, set := range map[string]func(*oauth.Request){
		"no state":           func(r *oauth.Request) { r.State = "" },
		"no nonce":           func(r *oauth.Request) { r.Nonce = "" },
		"no callback":        func(r *oauth.Request) { r.RedirectURI = "" },
		"no verifier":        func(r *oauth.Request) { r.Verifier = "" },
		"short verifier":     func(r *oauth.Request) { r.Verifier = strings.Repeat("a", 42) },
		"odd verifier":       func(r *oauth.Request) { r.Verifier = strings.Repeat("a", 43) + "+" },
		"two scopes in one":  func(r *oauth.Request) { r.Scopes = []string{"a b"} },
		"scope with a quote": func(r *oauth.Request) { r.Scopes = []string{`a"`} },
		"empty scope":        func(r *oauth.Request) { r.Scopes = []string{""} },
		"many scopes":        func(r *oauth.Request) { r.Scopes = slices.Repeat([]string{"a"}, 33) },
		"long hint":          func(r *oauth.Request) { r.LoginHint = strings.Repeat("a", 321) },
	} {
		t.Run(name, func(t *testing.T) {
			r := request()
			set(&r)
			_, err := google.AuthURL(t.Context(), r)
			wantKind(t, err, oauth.ErrRequest)
		})
	}
}

func TestOnlyIssuersHaveIDTokens(t *testing.T) {
	c := oauth.Config{ID: "x", ClientID: clientID, ClientSecret: secret}
	for _, p := range []*oauth.Provider{must(oauth.NewGitHub(c))(t), must(oauth.NewTwitter(c))(t)} {
		if p.CanVerifyIDToken() {
			t.Errorf("%s has id_tokens", p.Name())
		}
		_, err := p.VerifyIDToken(t.Context(), rsaKey("first", 0).sign(object{}), "")
		wantKind(t, err, oauth.ErrNoIDToken)
	}
	if !must(oauth.NewGoogle(c))(t).CanVerifyIDToken() {
		t.Error("Google has no id_tokens")
	}
}
