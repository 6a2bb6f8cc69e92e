package oauth_test

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"snug/auth/oauth"
)

// What is secret here, and what a provider says that nobody is to repeat, holds
// the word leak, so that one look at an error finds all of it.
const (
	clientID    = "snug-client"
	secret      = "leak-client-secret"
	code        = "leak-code"
	accessToken = "leak-access-token"
	nonce       = "leak-nonce"
	verifier    = "leak-verifier-0123456789-0123456789-0123456789"
	callback    = "https://chat.example/api/auth/callback/x"
)

// noLeak fails if an error repeats what it mustn't.
func noLeak(t testing.TB, err error) {
	t.Helper()
	if err != nil && (strings.Contains(err.Error(), "leak") || strings.Contains(err.Error(), "eyJ")) {
		t.Errorf("an error says too much: %v", err)
	}
}

// wantKind checks that err is of that kind alone.
func wantKind(t testing.TB, err, kind error) {
	t.Helper()
	noLeak(t, err)
	kinds := []error{
		oauth.ErrRequest, oauth.ErrCode, oauth.ErrUserInfo, oauth.ErrIssuer, oauth.ErrNonce, oauth.ErrNotAllowed,
		oauth.ErrNoIDToken, oauth.ErrUnavailable,
	}
	for _, k := range kinds {
		if errors.Is(err, k) != (k == kind) {
			t.Fatalf("got error %v, want %v", err, kind)
		}
	}
	if (err != nil) != (kind != nil) {
		t.Fatalf("got error %v, want %v", err, kind)
	}
}

// a web is a server of a provider, that says whatever a test wants it to say.
type web struct {
	testing.TB
	url string

	mu     sync.Mutex
	routes map[string]http.HandlerFunc
	asked  map[string][]*http.Request // by path, forms parsed
}

// near returns one without a socket, for a bubble: see nearBy.
func near(t testing.TB) *web {
	return &web{TB: t, url: "http://localhost", routes: map[string]http.HandlerFunc{}, asked: map[string][]*http.Request{}}
}

func newWeb(t testing.TB) *web {
	w := near(t)
	s := httptest.NewServer(w)
	t.Cleanup(s.Close)
	w.url = s.URL
	return w
}

func (w *web) ServeHTTP(rw http.ResponseWriter, r *http.Request) {
	if err := r.ParseForm(); err != nil {
		w.Error(err)
	}
	w.mu.Lock()
	w.asked[r.URL.Path] = append(w.asked[r.URL.Path], r)
	h := w.routes[r.URL.Path]
	w.mu.Unlock()
	if h == nil {
		http.Error(rw, `{"message":"leak: not found"}`, http.StatusNotFound)
		return
	}
	h(rw, r)
}

func (w *web) handle(path string, h http.HandlerFunc) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.routes[path] = h
}

// says answers a path with a status and a body, JSON unless it is a string.
func (w *web) says(path string, status int, body any) {
	text, ok := body.(string)
	if !ok {
		b, err := json.Marshal(body)
		if err != nil {
			w.Fatal(err)
		}
		text = string(b)
	}
	w.handle(path, func(rw http.ResponseWriter, _ *http.Request) {
		rw.Header().Set("Content-Type", "application/json")
		rw.WriteHeader(status)
		fmt.Fprint(rw, text)
	})
}

// requests returns what was asked of a path.
func (w *web) requests(path string) []*http.Request {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.asked[path]
}

type object = map[string]any

// tokenReply is how token endpoints answer.
func tokenReply() object {
	return object{"access_token": accessToken, "token_type": "Bearer", "expires_in": 3600, "scope": "a b"}
}

// A key signs id_tokens.
type key struct {
	id, alg string
	private crypto.Signer
}

// rsaKeys are made once: that takes a while.
var rsaKeys = sync.OnceValue(func() (keys [2]*rsa.PrivateKey) {
	for i := range keys {
		k, err := rsa.GenerateKey(rand.Reader, 2048)
		if err != nil {
			panic(err)
		}
		keys[i] = k
	}
	return keys
})

func rsaKey(id string, i int) key { return key{id, "RS256", rsaKeys()[i]} }

func ecKey(id string) key {
	k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		panic(err)
	}
	return key{id, "ES256", k}
}

func b64(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

// public is the key in a set.
func (k key) public() object {
	switch p := k.private.Public().(type) {
	case *rsa.PublicKey:
		return object{"kty": "RSA", "use": "sig", "kid": k.id, "n": b64(p.N.Bytes()), "e": b64(big.NewInt(int64(p.E)).Bytes())}
	case *ecdsa.PublicKey:
		point, err := p.Bytes()
		if err != nil {
			panic(err)
		}
		return object{"kty": "EC", "crv": "P-256", "kid": k.id, "x": b64(point[1:33]), "y": b64(point[33:])}
	}
	panic("no such key")
}

func unsigned(header, claims object) string {
	h, errH := json.Marshal(header)
	c, errC := json.Marshal(claims)
	if errH != nil || errC != nil {
		panic(errors.Join(errH, errC))
	}
	return b64(h) + "." + b64(c)
}

func (k key) sign(claims object) string {
	return k.signText(unsigned(object{"alg": k.alg, "kid": k.id, "typ": "JWT"}, claims))
}

func (k key) signText(text string) string {
	sum := sha256.Sum256([]byte(text))
	var sig []byte
	var err error
	switch p := k.private.(type) {
	case *rsa.PrivateKey:
		sig, err = rsa.SignPKCS1v15(nil, p, crypto.SHA256, sum[:])
	case *ecdsa.PrivateKey:
		r, s, signErr := ecdsa.Sign(rand.Reader, p, sum[:])
		sig, err = append(r.FillBytes(make([]byte, 32)), s.FillBytes(make([]byte, 32))...), signErr
	}
	if err != nil {
		panic(err)
	}
	return text + "." + b64(sig)
}

// hs256 signs with a secret, as a client could do by itself.
func hs256(header object, key []byte, claims object) string {
	text := unsigned(header, claims)
	m := hmac.New(sha256.New, key)
	m.Write([]byte(text))
	return text + "." + b64(m.Sum(nil))
}

// An issuer is a web that speaks OpenID Connect.
type issuer struct {
	*web
	key      key
	metadata object
}

func newIssuer(t testing.TB) *issuer { return issuerAt(newWeb(t)) }

func issuerAt(w *web) *issuer {
	s := &issuer{web: w, key: rsaKey("first", 0)}
	s.metadata = object{
		"issuer":                                s.url,
		"authorization_endpoint":                s.url + "/authorize",
		"token_endpoint":                        s.url + "/token",
		"userinfo_endpoint":                     s.url + "/userinfo",
		"jwks_uri":                              s.url + "/keys",
		"id_token_signing_alg_values_supported": []string{"HS256", "RS256", "none", "ES256", "RS512"},
		"token_endpoint_auth_methods_supported": []string{"client_secret_post"},
	}
	s.handle("/.well-known/openid-configuration", func(w http.ResponseWriter, _ *http.Request) {
		if err := json.NewEncoder(w).Encode(s.metadata); err != nil {
			s.Error(err)
		}
	})
	s.publish(s.key.public())
	return s
}

func (s *issuer) publish(keys ...object) { s.says("/keys", 200, object{"keys": keys}) }

// claims are those of an id_token that is all right; nil removes one.
func (s *issuer) claims(change object) object {
	now := time.Now().Unix()
	c := object{
		"iss": s.url, "aud": clientID, "sub": "s-1", "iat": now, "exp": now + 300, "nonce": nonce,
		"name": "Ada Lovelace", "email": "ada@example.org", "email_verified": true, "picture": "https://img.example/ada",
	}
	for k, v := range change {
		if v == nil {
			delete(c, k)
		} else {
			c[k] = v
		}
	}
	return c
}

// issues makes the token endpoint answer with an id_token.
func (s *issuer) issues(idToken string) {
	reply := tokenReply()
	reply["id_token"] = idToken
	s.says("/token", 200, reply)
}

func (s *issuer) provider(set ...func(*oauth.Config)) *oauth.Provider {
	s.Helper()
	c := oauth.Config{ID: "test", ClientID: clientID, ClientSecret: secret, Issuer: s.url}
	for _, fn := range set {
		fn(&c)
	}
	return must(oauth.NewOIDC(c))(s)
}

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

func response() oauth.Response {
	return oauth.Response{Code: code, Verifier: verifier, Nonce: nonce, RedirectURI: callback}
}

func request() oauth.Request {
	return oauth.Request{State: "st4te", Verifier: verifier, Nonce: nonce, RedirectURI: callback}
}

func exchange(t testing.TB, p *oauth.Provider) (oauth.Profile, error) {
	t.Helper()
	f, err := p.Exchange(context.Background(), response())
	noLeak(t, err)
	return f, err
}
