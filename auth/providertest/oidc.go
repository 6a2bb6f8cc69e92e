package providertest

import (
	"context"
	"crypto/rand"
	"fmt"
	"html"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"sync"
	"testing"

	"github.com/zitadel/oidc/v3/example/server/storage"
	"github.com/zitadel/oidc/v3/pkg/oidc"
	"github.com/zitadel/oidc/v3/pkg/op"
	"golang.org/x/oauth2"
)

// OIDC is an issuer of OpenID Connect: zitadel's library, which is certified, with
// its users in memory. As Google, it says all that it knows in the id_token.
type OIDC struct {
	Issuer       string
	ClientID     string
	ClientSecret string

	mu           sync.Mutex
	redirects    []string
	users        map[string]User // by Username
	userInfoOnly bool
}

// User has an account at an OIDC. Signing in takes the Username alone: the
// password is the test kit's.
type User struct {
	ID            string // sub
	Username      string
	Name          string
	Email         string
	EmailVerified bool
	Picture       string
	Claims        map[string]any // further ones
}

const password = "correct horse battery"

// StartOIDC starts an issuer with one client, which may have people sent to these
// callbacks.
func StartOIDC(t testing.TB, callbacks ...string) *OIDC {
	t.Helper()
	server := httptest.NewUnstartedServer(nil)
	o := &OIDC{
		Issuer:       "http://" + server.Listener.Addr().String(),
		ClientID:     "google-client-id",
		ClientSecret: "google-client-secret",
		redirects:    append([]string{elsewhere}, callbacks...),
		users:        map[string]User{},
	}
	client := storage.WebClient(o.ClientID, o.ClientSecret)
	store := oidcStorage{storage.NewStorageWithClients(o, map[string]*storage.Client{o.ClientID: client}), o}
	config := &op.Config{CodeMethodS256: true, AuthMethodPost: true}
	if _, err := rand.Read(config.CryptoKey[:]); err != nil {
		t.Fatal(err)
	}
	provider, err := op.NewProvider(config, store, op.StaticIssuer(o.Issuer), op.WithAllowInsecure())
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.Handle("/", provider)
	mux.HandleFunc("GET /login/username", func(w http.ResponseWriter, r *http.Request) {
		loginPage(w, r.FormValue("authRequestID"))
	})
	mux.Handle("POST /login/username", op.NewIssuerInterceptor(provider.IssuerFromRequest).HandlerFunc(
		func(w http.ResponseWriter, r *http.Request) {
			id := r.FormValue("id")
			if err := store.CheckUsernamePassword(r.FormValue("username"), r.FormValue("password"), id); err != nil {
				w.WriteHeader(http.StatusForbidden)
				loginPage(w, id)
				return
			}
			http.Redirect(w, r, op.AuthCallbackURL(provider)(r.Context(), id), http.StatusFound)
		}))
	server.Config.Handler = mux
	server.Start()
	t.Cleanup(server.Close)
	return o
}

func loginPage(w http.ResponseWriter, id string) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	fmt.Fprintf(w, `<!doctype html><title>Sign in</title><form method="post" action="/login/username">
<input type="hidden" name="id" value="%s"><input name="username"><input name="password" type="password"><button>Sign in</button></form>`,
		html.EscapeString(id))
}

// Allow adds a callback.
func (o *OIDC) Allow(callback string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.redirects = append(o.redirects, callback)
}

// Add adds a user, or changes the one of that Username.
func (o *OIDC) Add(u User) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.users[u.Username] = u
}

// UserInfoOnly makes the id_token name the account and nothing else, as most
// issuers do: the rest is asked for at the userinfo endpoint.
func (o *OIDC) UserInfoOnly() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.userInfoOnly = true
}

// Login signs a user in at an address that the client made, and returns the
// callback that the browser is sent to.
func (o *OIDC) Login(t testing.TB, authURL, username string) string {
	t.Helper()
	b := newBrowser(t, o.Issuer)
	p := b.get(authURL)
	if b.left == "" {
		p = b.submit(p, url.Values{"username": {username}, "password": {password}})
	}
	return b.callback(p)
}

// elsewhere is the callback of a client's page that asks for tokens by itself.
const elsewhere = "http://page.invalid/"

// IDToken returns an id_token of a user, as a page gets it that asks for one by
// itself.
func (o *OIDC) IDToken(t testing.TB, username, nonce string) string {
	t.Helper()
	c := oauth2.Config{
		ClientID: o.ClientID, ClientSecret: o.ClientSecret, RedirectURL: elsewhere, Scopes: []string{"openid", "email", "profile"},
		Endpoint: oauth2.Endpoint{AuthURL: o.Issuer + "/authorize", TokenURL: o.Issuer + "/oauth/token", AuthStyle: oauth2.AuthStyleInHeader},
	}
	callback, err := url.Parse(o.Login(t, c.AuthCodeURL("state", oauth2.SetAuthURLParam("nonce", nonce)), username))
	if err != nil {
		t.Fatal(err)
	}
	token, err := c.Exchange(t.Context(), callback.Query().Get("code"))
	if err != nil {
		t.Fatal(err)
	}
	raw, ok := token.Extra("id_token").(string)
	if !ok {
		t.Fatal("no id_token in the reply")
	}
	return raw
}

// GetUserByID implements storage.UserStore.
func (o *OIDC) GetUserByID(id string) *storage.User {
	u, ok := o.byID(id)
	if !ok {
		return nil
	}
	return o.GetUserByUsername(u.Username)
}

// GetUserByUsername implements storage.UserStore.
func (o *OIDC) GetUserByUsername(username string) *storage.User {
	o.mu.Lock()
	defer o.mu.Unlock()
	u, ok := o.users[username]
	if !ok {
		return nil
	}
	return &storage.User{ID: u.ID, Username: u.Username, Password: password, Email: u.Email, EmailVerified: u.EmailVerified}
}

// ExampleClientID implements storage.UserStore.
func (o *OIDC) ExampleClientID() string { return "service" }

func (o *OIDC) byID(id string) (User, bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, u := range o.users {
		if u.ID == id {
			return u, true
		}
	}
	return User{}, false
}

// tell says what is known of a user, as far as the scopes reach.
func (o *OIDC) tell(info *oidc.UserInfo, id string, scopes []string) error {
	u, ok := o.byID(id)
	if !ok {
		return fmt.Errorf("no user %q", id)
	}
	info.Subject = u.ID
	if slices.Contains(scopes, oidc.ScopeEmail) {
		info.Email, info.EmailVerified = u.Email, oidc.Bool(u.EmailVerified)
	}
	if slices.Contains(scopes, oidc.ScopeProfile) {
		info.Name, info.Picture = u.Name, u.Picture
	}
	for name, value := range u.Claims {
		info.AppendClaims(name, value)
	}
	return nil
}

// oidcStorage is the storage of the library's example, but for clients and for
// what is said of users.
type oidcStorage struct {
	*storage.Storage
	o *OIDC
}

var _ op.CanSetUserinfoFromRequest = oidcStorage{}

func (s oidcStorage) GetClientByClientID(ctx context.Context, id string) (op.Client, error) {
	c, err := s.Storage.GetClientByClientID(ctx, id)
	if err != nil {
		return nil, err
	}
	return oidcClient{c, s.o}, nil
}

func (s oidcStorage) SetUserinfoFromRequest(_ context.Context, info *oidc.UserInfo, r op.IDTokenRequest, scopes []string) error {
	return s.o.tell(info, r.GetSubject(), scopes)
}

func (s oidcStorage) SetUserinfoFromToken(ctx context.Context, info *oidc.UserInfo, tokenID, subject, origin string) error {
	if err := s.Storage.SetUserinfoFromToken(ctx, info, tokenID, subject, origin); err != nil {
		return err
	}
	*info = oidc.UserInfo{}
	return s.o.tell(info, subject, []string{oidc.ScopeEmail, oidc.ScopeProfile})
}

type oidcClient struct {
	op.Client
	o *OIDC
}

func (c oidcClient) RedirectURIs() []string {
	c.o.mu.Lock()
	defer c.o.mu.Unlock()
	return slices.Clone(c.o.redirects)
}

func (c oidcClient) IDTokenUserinfoClaimsAssertion() bool {
	c.o.mu.Lock()
	defer c.o.mu.Unlock()
	return !c.o.userInfoOnly
}

// IsScopeAllowed lets the client ask for whatever it likes.
func (c oidcClient) IsScopeAllowed(string) bool { return true }
