package providertest_test

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"snug/auth"
	"snug/auth/oauth"
	"snug/auth/providertest"
	"snug/db"
	"snug/db/dbtest"
)

// A site is a Snug that listens, as far as signing in goes, with the three
// providers, real ones, on the same machine.
type site struct {
	testing.TB
	url    string
	db     *db.DB
	google *providertest.OIDC
	github *providertest.GitHub
	x      *providertest.X
}

// shown is what the front end's own page at the callback has in it.
const shown = "<!doctype html><title>One moment</title>"

func startSite(t testing.TB, paged bool, set ...func(*site, *auth.Config)) *site {
	t.Helper()
	server := httptest.NewUnstartedServer(nil)
	s := &site{TB: t, url: "http://" + server.Listener.Addr().String()}
	callback := func(id string) string { return s.url + "/api/auth/callback/" + id }
	s.google = providertest.StartOIDC(t, callback("google"))
	s.github = providertest.StartGitHub(t, callback("github"))
	s.x = providertest.StartX(t, callback("twitter"))
	provider := func(p *oauth.Provider, err error) auth.Provider {
		t.Helper()
		return auth.Provider{Provider: must(p, err)(t)}
	}
	var err error
	if s.db, err = db.Open(t.Context(), dbtest.File(t)); err != nil {
		t.Fatal(err)
	}
	c := auth.Config{
		DB: s.db, Secret: []byte("0123456789abcdef0123456789abcdef"), BaseURL: s.url,
		Providers: []auth.Provider{
			provider(oauth.NewGoogle(oauth.Config{ID: "google", ClientID: s.google.ClientID, ClientSecret: s.google.ClientSecret, Issuer: s.google.Issuer})),
			provider(oauth.NewGitHub(oauth.Config{ID: "github", ClientID: s.github.ClientID, ClientSecret: s.github.ClientSecret, URL: s.github.URL})),
			provider(oauth.NewTwitter(oauth.Config{ID: "twitter", ClientID: s.x.ClientID, ClientSecret: s.x.ClientSecret, URL: s.x.URL})),
		},
	}
	if paged {
		c.CallbackPage = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, shown) })
	}
	for _, fn := range set {
		fn(s, &c)
	}
	service, err := auth.New(c)
	if err != nil {
		t.Fatal(err)
	}
	server.Config.Handler = service.Handler()
	server.Start()
	t.Cleanup(func() {
		server.Close()
		if err := service.Close(); err != nil {
			t.Error(err)
		}
		if err := s.db.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func (s *site) exec(query string, args ...any) {
	s.Helper()
	err := s.db.Write(context.Background(), func(tx *sql.Tx) error {
		_, err := tx.Exec(query, args...)
		return err
	})
	if err != nil {
		s.Fatal(err)
	}
}

func (s *site) text(query string, args ...any) (text string) {
	s.Helper()
	err := s.db.Read(context.Background(), func(tx *sql.Tx) error { return tx.QueryRow(query, args...).Scan(&text) })
	if err != nil {
		s.Fatal(err)
	}
	return text
}

// login signs somebody in at a provider, and returns the callback.
func (s *site) login(provider, authURL, name string) string {
	s.Helper()
	switch provider {
	case "google":
		return s.google.Login(s, authURL, name)
	case "github":
		return s.github.Login(s, authURL, name)
	}
	return s.x.Login(s, authURL, name)
}

// A visitor is a browser with cookies of its own. It doesn't follow redirects.
type visitor struct {
	*site
	client *http.Client
}

func (s *site) visitor() *visitor {
	s.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		s.Fatal(err)
	}
	return &visitor{s, &http.Client{Jar: jar, Timeout: time.Minute, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
}

type answer struct {
	*http.Response
	body string
}

func (v *visitor) do(r *http.Request) answer {
	v.Helper()
	resp, err := v.client.Do(r)
	if err != nil {
		v.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, 1<<20))
	if err != nil {
		v.Fatal(err)
	}
	return answer{resp, string(body)}
}

func (v *visitor) request(method, address, body string) *http.Request {
	v.Helper()
	r, err := http.NewRequest(method, address, strings.NewReader(body))
	if err != nil {
		v.Fatal(err)
	}
	return r
}

func (v *visitor) post(path, body string) answer {
	v.Helper()
	r := v.request("POST", v.url+"/api/auth"+path, body)
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Origin", v.url)
	return v.do(r)
}

// begin asks for the way to a provider.
func (v *visitor) begin(path, provider string) string {
	v.Helper()
	a := v.post(path, fmt.Sprintf(`{"provider":%q,"callbackURL":"/here","errorCallbackURL":"/failed"}`, provider))
	var reply struct {
		URL      string
		Redirect bool
	}
	if err := json.Unmarshal([]byte(a.body), &reply); err != nil || a.StatusCode != 200 || !reply.Redirect {
		v.Fatalf("begin at %s: %d %s", provider, a.StatusCode, a.body)
	}
	return reply.URL
}

// arrive opens the callback as a browser does, and as the front end's page does if
// it is served one. It returns where that leads.
func (v *visitor) arrive(callback string) string {
	v.Helper()
	r := v.request("GET", callback, "")
	r.Header.Set("Accept", "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8")
	r.Header.Set("Sec-Fetch-Mode", "navigate")
	a := v.do(r)
	if a.body == shown {
		r := v.request("GET", callback, "")
		r.Header.Set("Accept", "application/json")
		r.Header.Set("Sec-Fetch-Mode", "cors")
		a = v.do(r)
	}
	if a.StatusCode != 302 || a.Header.Get("Cache-Control") != "no-store" || a.Header.Get("Referrer-Policy") != "no-referrer" {
		v.Errorf("callback: %d %v %s", a.StatusCode, a.Header, a.body)
	}
	return a.Header.Get("Location")
}

func (v *visitor) wantAt(got, want string) {
	v.Helper()
	if got != want {
		v.Errorf("led to %q, want %q", got, want)
	}
}

// enter signs in at a provider, all the way.
func (v *visitor) enter(provider, name string) string {
	v.Helper()
	return v.arrive(v.login(provider, v.begin("/sign-in/social", provider), name))
}

type who struct {
	ID, Name, Email string
	EmailVerified   bool
	Image           *string
}

// who is signed in; nil is nobody.
func (v *visitor) who() *who {
	v.Helper()
	var session *struct{ User who }
	a := v.do(v.request("GET", v.url+"/api/auth/get-session", ""))
	if err := json.Unmarshal([]byte(a.body), &session); err != nil {
		v.Fatalf("session: %d %s", a.StatusCode, a.body)
	}
	if session == nil {
		return nil
	}
	return &session.User
}

// tampered is a callback with parameters changed.
func tampered(t testing.TB, callback string, change func(url.Values)) string {
	t.Helper()
	u, err := url.Parse(callback)
	if err != nil {
		t.Fatal(err)
	}
	q := u.Query()
	change(q)
	u.RawQuery = q.Encode()
	return u.String()
}
