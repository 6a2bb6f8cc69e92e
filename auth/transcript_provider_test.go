package auth_test

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/json"
	"io"
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

// providers is a server that stands at the addresses of Google, GitHub and X and
// says there what they said in the recordings, to the codes that were used there.
type providers struct {
	testing.TB
	*httptest.Server

	mu     sync.Mutex
	grants map[string]recordedGrant // by code, and by access token
	calls  []providerCall
}

// A recordedGrant is what a person has allowed with a code.
type recordedGrant struct {
	provider, code   string
	challenge, nonce string
}

// A providerCall is a request to a provider, in the form of the recordings.
type providerCall struct {
	Method  string            `json:"method"`
	URL     string            `json:"url"`
	Headers map[string]string `json:"headers"`
	Body    string            `json:"body"`
}

// people are those whom the recorder's providers knew, by provider and code.
var people = map[string]map[string]any{
	"google alice":   {"sub": "google-sub-alice", "name": "Alice Example", "email": "Alice@Example.com", "email_verified": true, "picture": "https://lh3.googleusercontent.com/a/alice"},
	"google alice2":  {"sub": "google-sub-alice", "name": "Alice Renamed", "email": "alice@example.com", "email_verified": true, "picture": "https://lh3.googleusercontent.com/a/alice-new"},
	"google carol":   {"sub": "google-sub-carol", "name": "Carol", "email": "carol@example.com", "email_verified": true, "picture": "https://lh3.googleusercontent.com/a/carol"},
	"google mallory": {"sub": "google-sub-mallory", "name": "Mallory", "email": "bob@example.com", "email_verified": false},
	"google noemail": {"sub": "google-sub-noemail", "name": "No Mail"},
	"github octo":    {"id": 583231, "login": "octocat", "name": nil, "email": "octo@example.com", "verified": true, "avatar_url": "https://avatars.githubusercontent.com/u/583231?v=4"},
	"github unver":   {"id": 78, "login": "unver", "name": "Unver", "email": "alice@example.com", "verified": false, "avatar_url": nil},
	"github alicegh": {"id": 77, "login": "alicegh", "name": "Alice", "email": "alice@example.com", "verified": true, "avatar_url": nil},
	"twitter jack":   {"id": "12", "username": "jack", "name": "jack", "confirmed_email": "jack@example.com", "profile_image_url": "https://pbs.twimg.com/profile_images/1/j_normal.jpg"},
	"twitter nomail": {"id": "13", "username": "nomail_x", "name": "No Mail", "profile_image_url": "https://pbs.twimg.com/profile_images/2/n_normal.jpg"},
}

func newProviders(t testing.TB) *providers {
	p := &providers{TB: t, grants: map[string]recordedGrant{}}
	mux := http.NewServeMux()
	mux.HandleFunc("POST oauth2.googleapis.com/token", p.token("google"))
	mux.HandleFunc("POST github.com/login/oauth/access_token", p.token("github"))
	mux.HandleFunc("POST api.x.com/2/oauth2/token", p.token("twitter"))
	mux.HandleFunc("GET www.googleapis.com/oauth2/v3/certs", func(w http.ResponseWriter, r *http.Request) {
		public := signingKey().PublicKey
		p.json(w, 200, map[string]any{"keys": []any{map[string]any{"kty": "RSA", "alg": "RS256", "use": "sig", "kid": "1",
			"n": b64(public.N.Bytes()), "e": b64(big.NewInt(int64(public.E)).Bytes())}}})
	})
	mux.HandleFunc("GET openidconnect.googleapis.com/v1/userinfo", p.bearer(func(who map[string]any) any { return who }))
	mux.HandleFunc("GET api.github.com/user", p.bearer(func(who map[string]any) any { return who }))
	mux.HandleFunc("GET api.github.com/user/emails", p.bearer(func(who map[string]any) any {
		return []any{map[string]any{"email": who["email"], "verified": who["verified"], "primary": true, "visibility": nil}}
	}))
	mux.HandleFunc("GET api.x.com/2/users/me", p.bearer(func(who map[string]any) any { return map[string]any{"data": who} }))
	p.Server = httptest.NewServer(mux)
	t.Cleanup(p.Close)
	return p
}

// use configures a Service to sign people in there, with what the recorder had
// configured.
func (p *providers) use(c *auth.Config) {
	client := &http.Client{Transport: p}
	for _, made := range []struct {
		id     string
		scopes []string
		make   func(oauth.Config) (*oauth.Provider, error)
	}{
		{"google", nil, oauth.NewGoogle},
		{"github", nil, oauth.NewGitHub},
		{"twitter", []string{"users.read", "users.email"}, oauth.NewTwitter},
	} {
		provider, err := made.make(oauth.Config{ID: made.id, ClientID: made.id + "-client-id", ClientSecret: made.id + "-client-secret", Scopes: made.scopes, HTTP: client})
		if err != nil {
			p.Fatal(err)
		}
		c.Providers = append(c.Providers, auth.Provider{Provider: provider})
	}
}

// RoundTrip sends what is for a provider here.
func (p *providers) RoundTrip(r *http.Request) (*http.Response, error) {
	call := providerCall{r.Method, r.URL.String(), map[string]string{}, ""}
	for name := range r.Header {
		call.Headers[strings.ToLower(name)] = r.Header.Get(name)
	}
	here := r.Clone(r.Context())
	if r.Body != nil {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return nil, err
		}
		call.Body = string(body)
		here.Body = io.NopCloser(strings.NewReader(call.Body))
	}
	p.mu.Lock()
	p.calls = append(p.calls, call)
	p.mu.Unlock()
	here.Host = r.URL.Host
	here.URL.Scheme, here.URL.Host = "http", p.Listener.Addr().String()
	return p.Client().Transport.RoundTrip(here)
}

// allow lets a code be good for somebody who was sent to a provider with that query.
func (p *providers) allow(provider, code string, q url.Values) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.calls = nil
	p.grants[code] = recordedGrant{provider, code, q.Get("code_challenge"), q.Get("nonce")}
}

// called returns the calls since the last allow.
func (p *providers) called() []providerCall {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.calls
}

func (p *providers) json(w http.ResponseWriter, status int, value any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	if err := json.NewEncoder(w).Encode(value); err != nil {
		p.Error(err)
	}
}

func (p *providers) token(provider string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		code := r.PostFormValue("code")
		p.mu.Lock()
		g, ok := p.grants[code]
		delete(p.grants, code)
		p.mu.Unlock()
		id, secret := r.PostFormValue("client_id"), r.PostFormValue("client_secret")
		if user, password, basic := r.BasicAuth(); basic {
			id, secret = user, password
		}
		if id != provider+"-client-id" || secret != provider+"-client-secret" {
			p.json(w, 401, map[string]any{"error": "invalid_client"})
			return
		}
		who, known := people[provider+" "+code]
		sum := sha256.Sum256([]byte(r.PostFormValue("code_verifier")))
		switch {
		case ok && known && g.provider == provider && b64(sum[:]) == g.challenge:
		case provider == "github":
			p.json(w, 200, map[string]any{"error": "bad_verification_code", "error_description": "The code passed is incorrect or expired."})
			return
		default:
			p.json(w, 400, map[string]any{"error": "invalid_grant"})
			return
		}
		p.mu.Lock()
		p.grants["at-"+code] = g
		p.mu.Unlock()
		reply := map[string]any{"access_token": "at-" + code, "token_type": "Bearer"}
		switch provider {
		case "google":
			reply["expires_in"] = 3599
			reply["scope"] = "https://www.googleapis.com/auth/userinfo.email https://www.googleapis.com/auth/userinfo.profile openid"
			reply["id_token"] = p.idToken(who, g.nonce)
		case "github":
			reply["scope"] = "read:user,user:email"
		case "twitter":
			reply["expires_in"] = 7200
			reply["scope"] = "users.read tweet.read users.email offline.access"
		}
		p.json(w, 200, reply)
	}
}

func (p *providers) bearer(fn func(map[string]any) any) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		p.mu.Lock()
		g, ok := p.grants[strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")]
		p.mu.Unlock()
		if !ok {
			p.json(w, 401, map[string]any{"message": "Bad credentials"})
			return
		}
		p.json(w, 200, fn(people[g.provider+" "+g.code]))
	}
}

func (p *providers) idToken(who map[string]any, nonce string) string {
	claims := map[string]any{"iss": "https://accounts.google.com", "aud": "google-client-id", "azp": "google-client-id",
		"iat": time.Now().Unix(), "exp": time.Now().Add(time.Hour).Unix(), "nonce": nonce}
	for name, value := range who {
		claims[name] = value
	}
	payload, err := json.Marshal(claims)
	if err != nil {
		p.Fatal(err)
	}
	text := b64([]byte(`{"alg":"RS256","kid":"1"}`)) + "." + b64(payload)
	sum := sha256.Sum256([]byte(text))
	signature, err := rsa.SignPKCS1v15(rand.Reader, signingKey(), crypto.SHA256, sum[:])
	if err != nil {
		p.Fatal(err)
	}
	return text + "." + b64(signature)
}
