package auth_test

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"math/big"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"snug/auth"
	"snug/auth/oauth"
)

// An idp is a server that speaks, as far as we use them, the protocols of an issuer
// of OpenID Connect, of GitHub and of X. Codes work once, with the verifier and the
// callback that they were asked for with. The whole of these protocols is in the
// tests of providertest.
type idp struct {
	testing.TB
	*httptest.Server
	google, github, twitter *oauth.Provider

	mu     sync.Mutex
	grants map[string]grant // by code, and by access token
	down   bool             // answers 500 to everything
	calls  int
}

// A person is somebody who has accounts there.
type person struct {
	id       string
	name     string
	email    string
	verified bool
	picture  string
	// claims of the id_token that are otherwise than they should be; nil drops one.
	claims map[string]any
	// broken says what is wrong with the provider's answers: "token" refuses the
	// code as GitHub does, with status 200; "profile" has none.
	broken string
}

type grant struct {
	person
	challenge, redirect, nonce, client, scope string
}

// signingKey is made once, for that takes a while.
var signingKey = sync.OnceValue(func() *rsa.PrivateKey {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	return key
})

func newIDP(t testing.TB) *idp {
	t.Helper()
	p := &idp{TB: t, grants: map[string]grant{}}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /.well-known/openid-configuration", func(w http.ResponseWriter, r *http.Request) {
		p.json(w, 200, map[string]any{
			"issuer": p.URL, "authorization_endpoint": p.URL + "/authorize", "token_endpoint": p.URL + "/token", "jwks_uri": p.URL + "/keys",
			"id_token_signing_alg_values_supported": []string{"RS256"}, "token_endpoint_auth_methods_supported": []string{"client_secret_post"},
		})
	})
	mux.HandleFunc("GET /keys", func(w http.ResponseWriter, r *http.Request) {
		public := signingKey().PublicKey
		p.json(w, 200, map[string]any{"keys": []any{map[string]any{"kty": "RSA", "alg": "RS256", "use": "sig", "kid": "1",
			"n": b64(public.N.Bytes()), "e": b64(big.NewInt(int64(public.E)).Bytes())}}})
	})
	for _, path := range []string{"/token", "/login/oauth/access_token", "/2/oauth2/token"} {
		mux.HandleFunc("POST "+path, p.token)
	}
	mux.HandleFunc("GET /api/v3/user", p.asBearer(func(g grant) any {
		return map[string]any{"id": json.Number(g.id), "login": g.name, "name": g.name, "email": nil, "avatar_url": g.picture}
	}))
	mux.HandleFunc("GET /api/v3/user/emails", p.asBearer(func(g grant) any {
		if g.email == "" {
			return []any{}
		}
		return []any{map[string]any{"email": g.email, "primary": true, "verified": g.verified}}
	}))
	mux.HandleFunc("GET /2/users/me", p.asBearer(func(g grant) any {
		data := map[string]any{"id": g.id, "name": g.name, "username": g.name, "profile_image_url": g.picture}
		if g.verified {
			data["confirmed_email"] = g.email
		}
		return map[string]any{"data": data}
	}))
	p.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p.mu.Lock()
		p.calls++
		down := p.down
		p.mu.Unlock()
		if down {
			w.WriteHeader(500)
			return
		}
		mux.ServeHTTP(w, r)
	}))
	t.Cleanup(p.Close)

	provider := func(made *oauth.Provider, err error) *oauth.Provider {
		if err != nil {
			t.Fatal(err)
		}
		return made
	}
	p.google = provider(oauth.NewGoogle(oauth.Config{ID: "google", ClientID: "google-client-id", ClientSecret: "shh", Issuer: p.URL}))
	p.github = provider(oauth.NewGitHub(oauth.Config{ID: "github", ClientID: "github-client-id", ClientSecret: "shh", URL: p.URL}))
	p.twitter = provider(oauth.NewTwitter(oauth.Config{ID: "twitter", ClientID: "twitter-client-id", ClientSecret: "shh", URL: p.URL}))
	return p
}

// use configures a Service to sign people in here.
func (p *idp) use(c *auth.Config) {
	c.Providers = []auth.Provider{{Provider: p.google}, {Provider: p.github}, {Provider: p.twitter}}
}

func (p *idp) setDown(down bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.down = down
}

func (p *idp) called() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.calls
}

func b64(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

func (p *idp) json(w http.ResponseWriter, status int, value any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	if err := json.NewEncoder(w).Encode(value); err != nil {
		p.Error(err)
	}
}

// approve is the person pressing "allow" on the provider's page. It returns the
// query with which the browser is sent to the callback.
func (p *idp) approve(address string, who person) url.Values {
	p.Helper()
	u, err := url.Parse(address)
	if err != nil {
		p.Fatal(err)
	}
	q := u.Query()
	if !strings.HasPrefix(address, p.URL) || q.Get("code_challenge_method") != "S256" || q.Get("response_type") != "code" {
		p.Fatalf("sent to %s", address)
	}
	code := "code-" + auth.NewID()
	p.mu.Lock()
	defer p.mu.Unlock()
	p.grants[code] = grant{who, q.Get("code_challenge"), q.Get("redirect_uri"), q.Get("nonce"), q.Get("client_id"), q.Get("scope")}
	return url.Values{"code": {code}, "state": {q.Get("state")}}
}

func (p *idp) token(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	code := r.PostFormValue("code")
	g, ok := p.grants[code]
	delete(p.grants, code)
	p.mu.Unlock()
	client := r.PostFormValue("client_id")
	if id, _, basic := r.BasicAuth(); basic {
		client = id
	}
	sum := sha256.Sum256([]byte(r.PostFormValue("code_verifier")))
	if !ok || b64(sum[:]) != g.challenge || r.PostFormValue("redirect_uri") != g.redirect || client != g.client {
		p.json(w, 400, map[string]any{"error": "invalid_grant"})
		return
	}
	if g.broken == "token" {
		p.json(w, 200, map[string]any{"error": "bad_verification_code"})
		return
	}
	access := "access-" + auth.NewID()
	p.mu.Lock()
	p.grants[access] = g
	p.mu.Unlock()
	reply := map[string]any{"access_token": access, "token_type": "Bearer", "scope": g.scope, "expires_in": 3600, "refresh_token": "refresh-" + auth.NewID()}
	if g.nonce != "" && g.broken != "profile" {
		reply["id_token"] = p.idToken(g.person, g.client, g.nonce)
	}
	p.json(w, 200, reply)
}

func (p *idp) asBearer(fn func(grant) any) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		p.mu.Lock()
		g, ok := p.grants[strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")]
		p.mu.Unlock()
		if !ok || g.broken == "profile" {
			w.WriteHeader(401)
			return
		}
		p.json(w, 200, fn(g))
	}
}

func (p *idp) idToken(who person, client, nonce string) string {
	claims := map[string]any{"iss": p.URL, "aud": client, "sub": who.id, "name": who.name, "iat": time.Now().Unix(), "exp": time.Now().Add(time.Hour).Unix()}
	if nonce != "" {
		claims["nonce"] = nonce
	}
	if who.email != "" {
		claims["email"], claims["email_verified"] = who.email, who.verified
	}
	if who.picture != "" {
		claims["picture"] = who.picture
	}
	maps.Copy(claims, who.claims)
	payload, err := json.Marshal(claims)
	if err != nil {
		p.Fatal(err)
	}
	signed := b64([]byte(`{"alg":"RS256","kid":"1"}`)) + "." + b64(payload)
	sum := sha256.Sum256([]byte(signed))
	signature, err := rsa.SignPKCS1v15(rand.Reader, signingKey(), crypto.SHA256, sum[:])
	if err != nil {
		p.Fatal(err)
	}
	return signed + "." + b64(signature)
}

// begin asks for the way to a provider and returns it.
func (j *jar) begin(provider, more string) string {
	j.Helper()
	return j.departure("/sign-in/social", provider, more)
}

func (j *jar) departure(path, provider, more string) string {
	j.Helper()
	if more != "" {
		more = "," + more
	}
	var reply struct {
		URL      string
		Redirect bool
	}
	j.post(path, fmt.Sprintf(`{"provider":%q%s}`, provider, more)).want(j, 200, "").decode(j, &reply)
	return reply.URL
}

// fetched asks for a callback as a page's script does, and navigated as the browser
// does that the provider sends back.
func (j *jar) fetched(provider string, q url.Values) reply {
	return j.send(j.request("GET", "/callback/"+provider+"?"+q.Encode(), ""))
}

func (j *jar) navigated(provider string, q url.Values) reply {
	r := j.request("GET", "/callback/"+provider+"?"+q.Encode(), "")
	r.Header.Set("Sec-Fetch-Mode", "navigate")
	r.Header.Set("Sec-Fetch-Site", "cross-site")
	r.Header.Set("Accept", "text/html,application/xhtml+xml,*/*;q=0.8")
	return j.send(r)
}

// enter signs in at a provider, all the way.
func (j *jar) enter(p *idp, provider string, who person) reply {
	j.Helper()
	return j.fetched(provider, p.approve(j.begin(provider, `"callbackURL":"/ok","errorCallbackURL":"/failed"`), who))
}

// wantAt checks where a reply sends the browser.
func (p reply) wantAt(t testing.TB, target string) reply {
	t.Helper()
	if got := p.Header().Get("Location"); p.Code != 302 || got != target {
		t.Errorf("got %d %s to %q, want %q", p.Code, p.text, got, target)
	}
	return p
}
