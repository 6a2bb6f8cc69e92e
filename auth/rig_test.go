package auth_test

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"snug/auth"
	"snug/db"
	"snug/db/dbtest"
)

const (
	secret = "transcript-secret-0123456789abcdef0123456789"
	base   = "http://localhost:3000"
	good   = "correct horse battery"
	// legacy is how better-auth stored that password.
	legacy = "dfa01cd925adc4a13adfaa986584bb48:5f8f1168782529e2d01b0258f812f594e386b4eb3bb82374e8a2e121adee94b0adeef463c15faf163fd0b511aff4d044d18013e99887e049a39daaf54efd2faa"
)

// A rig is a Service on a database of its own, and what it told.
type rig struct {
	testing.TB
	*auth.Service
	db      *db.DB
	handler http.Handler

	mu   sync.Mutex
	ends []auth.SessionEnd
}

func newRig(t testing.TB, set ...func(*auth.Config)) *rig {
	t.Helper()
	d, err := db.Open(context.Background(), dbtest.File(t))
	if err != nil {
		t.Fatal(err)
	}
	g := &rig{TB: t, db: d}
	c := auth.Config{
		DB:      d,
		Secret:  []byte(secret),
		BaseURL: base,
		OnSessionEnd: func(e auth.SessionEnd) {
			g.mu.Lock()
			defer g.mu.Unlock()
			g.ends = append(g.ends, e)
		},
	}
	for _, fn := range set {
		fn(&c)
	}
	if g.Service, err = auth.New(c); err != nil {
		t.Fatal(err)
	}
	g.Weaken()
	g.handler = g.Handler()
	t.Cleanup(func() {
		if err := g.Close(); err != nil {
			t.Error(err)
		}
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	})
	return g
}

// told returns the ends since the last call.
func (g *rig) told() []auth.SessionEnd {
	g.mu.Lock()
	defer g.mu.Unlock()
	ends := g.ends
	g.ends = nil
	return ends
}

func (g *rig) exec(query string, args ...any) {
	g.Helper()
	err := g.db.Write(context.Background(), func(tx *sql.Tx) error {
		_, err := tx.Exec(query, args...)
		return err
	})
	if err != nil {
		g.Fatal(err)
	}
	g.Chill()
}

func (g *rig) query(query string, dest any, args ...any) {
	g.Helper()
	err := g.db.Read(context.Background(), func(tx *sql.Tx) error {
		return tx.QueryRow(query, args...).Scan(dest)
	})
	if err != nil {
		g.Fatal(err)
	}
}

// A jar is a browser: it keeps cookies and sends its origin.
type jar struct {
	*rig
	origin  string
	cookies map[string]string
	accepts string // the languages that its reader does
}

func (g *rig) jar() *jar { return &jar{g, base, map[string]string{}, ""} }

// copy is a thief's: the same cookies, from now on apart.
func (j *jar) copy() *jar {
	k := j.jar()
	for name, value := range j.cookies {
		k.cookies[name] = value
	}
	return k
}

func (j *jar) request(method, path, body string) *http.Request {
	prefix := "/api/auth" // our own interface lies beside the protocol
	if strings.HasPrefix(path, "/account") || strings.HasPrefix(path, "/avatars/") {
		prefix = "/api"
	}
	var r *http.Request
	if body == "" {
		r = httptest.NewRequest(method, j.origin+prefix+path, nil)
	} else {
		r = httptest.NewRequest(method, j.origin+prefix+path, strings.NewReader(body))
		r.Header.Set("Content-Type", "application/json")
	}
	if method != http.MethodGet {
		r.Header.Set("Origin", j.origin)
	}
	if j.accepts != "" {
		r.Header.Set("Accept-Language", j.accepts)
	}
	var all []string
	for name, value := range j.cookies {
		all = append(all, name+"="+value)
	}
	if len(all) > 0 {
		r.Header.Set("Cookie", strings.Join(all, "; "))
	}
	return r
}

// A reply is a response that was read.
type reply struct {
	*httptest.ResponseRecorder
	text string
}

func (g *rig) do(r *http.Request) reply {
	w := httptest.NewRecorder()
	g.handler.ServeHTTP(w, r)
	return reply{w, w.Body.String()}
}

func (j *jar) send(r *http.Request) reply {
	p := j.do(r)
	for _, c := range p.Result().Cookies() {
		if c.MaxAge < 0 { // Max-Age=0 in the header
			delete(j.cookies, c.Name)
		} else {
			j.cookies[c.Name] = c.Value
		}
	}
	return p
}

func (j *jar) get(path string) reply { return j.send(j.request("GET", path, "")) }

func (j *jar) post(path, body string) reply { return j.send(j.request("POST", path, body)) }

// want checks the status, and the code of a refusal.
func (p reply) want(t testing.TB, status int, code string) reply {
	t.Helper()
	var e struct{ Code, Message string }
	json.Unmarshal([]byte(p.text), &e)
	if p.Code != status || e.Code != code {
		t.Errorf("got %d %s, want %d %s", p.Code, p.text, status, code)
	}
	return p
}

func (p reply) decode(t testing.TB, into any) {
	t.Helper()
	if err := json.Unmarshal([]byte(p.text), into); err != nil {
		t.Fatalf("decode %q: %v", p.text, err)
	}
}

type sessionReply struct {
	Session struct {
		ID, Token, UserID, IPAddress, UserAgent string
		ExpiresAt, CreatedAt, UpdatedAt         string
	}
	User struct {
		ID, Name, Email string
		Image           *string
	}
}

// session asks who is signed in; nil is nobody.
func (j *jar) session() (s *sessionReply) {
	j.Helper()
	j.get("/get-session").want(j, 200, "").decode(j, &s)
	return s
}

func (j *jar) identity() (auth.Identity, bool) {
	j.Helper()
	id, ok, err := j.Identify(j.request("GET", "/", ""))
	if err != nil {
		j.Fatal(err)
	}
	return id, ok
}

func (j *jar) signUp(name string) *jar {
	j.Helper()
	j.post("/sign-up/email", fmt.Sprintf(`{"name":%q,"email":%q,"password":%q}`, name, name+"@example.com", good)).want(j, 200, "")
	return j
}

func (j *jar) signIn(name string) *jar {
	j.Helper()
	j.post("/sign-in/email", fmt.Sprintf(`{"email":%q,"password":%q}`, name+"@example.com", good)).want(j, 200, "")
	return j
}

// plant makes a session from outside, as an import would.
func (g *rig) plant(token, userID string, created, expires time.Time) {
	g.Helper()
	g.exec(`insert into sessions (id, token_hash, user_id, remember, ip_address, user_agent, created_at, updated_at, expires_at)
		values (?, ?, ?, 1, '', '', ?, ?, ?)`, auth.NewID(), auth.HashToken(token).String(), userID,
		created.UnixMilli(), created.UnixMilli(), expires.UnixMilli())
}

// plantUser makes a user who signs in with the password good, hashed by
// better-auth.
func (g *rig) plantUser(email, name string, image *string, verified int) string {
	g.Helper()
	id := auth.NewID()
	g.exec(`insert into users (id, name, email, email_verified, image, created_at, updated_at) values (?, ?, ?, ?, ?, 0, 0)`,
		id, name, email, verified, image)
	g.exec(`insert into accounts (id, user_id, provider_id, account_id, password, created_at, updated_at)
		values (?, ?, 'credential', ?, ?, 0, 0)`, auth.NewID(), id, id, legacy)
	return id
}

// clock is a time that tests set.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func newClock() *clock { return &clock{now: time.Date(2026, 11, 22, 18, 30, 31, 135e6, time.UTC)} }

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

func (c *clock) use(config *auth.Config) { config.Now = c.Now }
