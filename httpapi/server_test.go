package httpapi_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"snug/auth"
	"snug/chat"
	"snug/db"
	"snug/durable"
	"snug/httpapi"
)

// site is a server with stand-ins behind it. A request with the cookie "s=ada"
// has Ada's session.
type site struct {
	*httpapi.Server
	rooms  *fakeRooms
	auth   *fakeAccounts
	search *fakeSearch
	log    *bytes.Buffer
}

func newSite(t *testing.T, change ...func(*httpapi.Config)) *site {
	t.Helper()
	s := &site{rooms: &fakeRooms{}, auth: &fakeAccounts{}, search: &fakeSearch{}, log: &bytes.Buffer{}}
	c := httpapi.Config{
		Rooms: s.rooms, Accounts: s.auth, Search: s.search, Version: "1.2.3",
		Web:    http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "the page") }),
		Logger: slog.New(slog.NewTextHandler(s.log, &slog.HandlerOptions{Level: slog.LevelDebug})),
	}
	for _, f := range change {
		f(&c)
	}
	var err error
	if s.Server, err = httpapi.New(c); err != nil {
		t.Fatal(err)
	}
	return s
}

func withBase(base string, trusted ...string) func(*httpapi.Config) {
	return func(c *httpapi.Config) { c.Origins = auth.Origins{Base: base, Trusted: trusted} }
}

type fakeAccounts struct {
	httpapi.Overseer // what the tests don't ask for

	err  error
	gone func() bool    // the session ended meanwhile
	next *auth.Identity // whom the request's other cookie names, once the first has gone
	seen []*http.Request
	ip   func(*http.Request) string
	ips  []string
}

func (a *fakeAccounts) Named(context.Context, string, int) ([]auth.Identity, error) {
	return nil, a.err
}

func (a *fakeAccounts) Identify(r *http.Request) (auth.Identity, bool, error) {
	if a.err != nil {
		return auth.Identity{}, false, a.err
	}
	if scope, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer "); ok {
		return auth.Identity{UserID: "u2", Name: "Bot", SessionKey: "k2", Scopes: []auth.Scope{auth.Scope(scope)}}, true, nil
	}
	cookie, err := r.Cookie("s")
	if err != nil || cookie.Value != "ada" {
		return auth.Identity{}, false, nil
	}
	if a.gone != nil && a.gone() {
		if a.next == nil {
			return auth.Identity{}, false, nil
		}
		return *a.next, true, nil
	}
	return auth.Identity{UserID: "u1", Name: "Ada", SessionKey: "k1", ExpiresAt: time.Now().Add(time.Hour)}, true, nil
}

func (a *fakeAccounts) Export(_ context.Context, id string) (auth.Export, error) {
	return auth.Export{ID: id, Name: "Ada"}, a.err
}

func (a *fakeAccounts) Handler() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		a.seen = append(a.seen, r)
		if a.ip != nil {
			a.ips = append(a.ips, a.ip(r))
		}
		if _, err := io.ReadAll(r.Body); err != nil {
			http.Error(w, "", http.StatusRequestEntityTooLarge)
			return
		}
		_, _ = io.WriteString(w, "auth")
	})
}

type fakeRooms struct {
	httpapi.Rooms // what the tests don't ask for
	mu            sync.Mutex
	actors        []chat.Actor
	level         string
	headers       http.Header
	slug          string
	query         chat.HistoryQuery
	err           error
	panics        any
	ended         []string
	page          chat.Page
}

func (*fakeRooms) Settings() chat.Settings { return chat.Settings{} }

func (f *fakeRooms) serve(w http.ResponseWriter, r *http.Request, a chat.Actor, level string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.actors, f.level, f.headers = append(f.actors, a), level, r.Header.Clone()
	w.WriteHeader(http.StatusSwitchingProtocols)
}

func (f *fakeRooms) ServeSocket(w http.ResponseWriter, r *http.Request, a chat.Actor, _ func(int, string)) {
	f.serve(w, r, a, "level 1")
}

func (f *fakeRooms) ServeLevel0(w http.ResponseWriter, r *http.Request, a chat.Actor, _ func(int, string)) {
	f.serve(w, r, a, "level 0")
}

func (f *fakeRooms) Newest(_ context.Context, a chat.Actor) ([]byte, error) {
	if f.panics != nil {
		panic(f.panics)
	}
	f.actors = append(f.actors, a)
	return asJSON(append([]chat.Message{}, f.page.Messages...)), f.err
}

func asJSON(v any) []byte {
	data, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return data
}

func (f *fakeRooms) History(_ context.Context, a chat.Actor, slug string, q chat.HistoryQuery) ([]byte, error) {
	f.actors, f.slug, f.query = append(f.actors, a), slug, q
	page := f.page
	page.Messages = append([]chat.Message{}, page.Messages...)
	return asJSON(page), f.err
}

func (f *fakeRooms) Post(_ context.Context, a chat.Actor, slug string, m chat.NewMessage) (chat.Message, error) {
	f.actors, f.slug = append(f.actors, a), slug
	return chat.Message{ID: "m1", UserID: a.ID, ClientID: m.ClientID, Content: m.Content, Seq: 7, Type: chat.TypeText}, f.err
}

func (f *fakeRooms) Status(chat.UserID) chat.OwnStatus { return chat.OwnStatus{Text: "here"} }

func (f *fakeRooms) MessagesBy(_ context.Context, id chat.UserID, fn func(string, chat.Message, []chat.Version) error) error {
	for _, m := range f.page.Messages {
		if err := fn("global", m, nil); err != nil {
			return err
		}
	}
	return f.err
}

func (f *fakeRooms) ExportRoom(_ context.Context, _ chat.Actor, slug string, fn func(chat.ExportLine) error) error {
	if err := fn(chat.ExportLine{Room: &chat.RoomInfo{Slug: slug}}); err != nil {
		return err
	}
	for i := range f.page.Messages {
		if err := fn(chat.ExportLine{Message: &f.page.Messages[i]}); err != nil {
			return err
		}
	}
	return f.err
}

func (f *fakeRooms) EndSession(key string) { f.ended = append(f.ended, key) }

// request makes one as a browser at http://example.com would send it; headers
// are name, value, name, value.
func request(method, target string, headers ...string) *http.Request {
	r := httptest.NewRequest(method, target, nil)
	for i := 0; i < len(headers); i += 2 {
		if headers[i] == "Host" {
			r.Host = headers[i+1]
			continue
		}
		r.Header.Add(headers[i], headers[i+1])
	}
	return r
}

func (s *site) do(r *http.Request) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	return w
}

func (s *site) get(target string, headers ...string) *httptest.ResponseRecorder {
	return s.do(request("GET", target, headers...))
}

var session = []string{"Cookie", "s=ada"}

func with(lists ...[]string) (all []string) {
	for _, l := range lists {
		all = append(all, l...)
	}
	return all
}

func wantJSON(t *testing.T, w *httptest.ResponseRecorder, status int, body string) {
	t.Helper()
	if got := strings.TrimSpace(w.Body.String()); w.Code != status || got != body {
		t.Errorf("got %d %s, want %d %s", w.Code, got, status, body)
	}
	if got := w.Header().Get("Content-Type"); got != "application/json" {
		t.Errorf("content type %q", got)
	}
}

func TestRoot(t *testing.T) {
	s := newSite(t)
	for _, path := range []string{"/api/", "/api"} {
		wantJSON(t, s.get(path), 200, `{"name":"Snug","version":"1.2.3"}`)
	}
	if w := s.get("/rooms/general"); w.Body.String() != "the page" {
		t.Errorf("a page's path gives %q", w.Body)
	}
}

// A page below /api/ would be taken for a successful answer.
func TestUnknownAPIPathsAreJSON(t *testing.T) {
	s := newSite(t)
	const body = `{"code":"not_found","message":"There is nothing at this address."}`
	for _, path := range []string{
		"/api/nope", "/api/chat/", "/api/chat/nope", "/api/socket/x", "/api/rooms/", "/api/rooms/global/", "/api/rooms//messages",
		"/api//chat", "//api/chat", "/api/x/../chat", "/api/auth//sign-in/email", "/api/chat/messages/",
	} {
		t.Run(path, func(t *testing.T) {
			r := request("GET", "/", session...)
			r.URL.Path = path
			wantJSON(t, s.do(r), 404, body)
		})
	}
}

// The base path itself is for the accounts to answer, not for a redirect.
func TestBaseOfAuth(t *testing.T) {
	s := newSite(t)
	for _, path := range []string{"/api/auth", "/api/auth/"} {
		if w := s.get(path); w.Code != 200 || w.Body.String() != "auth" {
			t.Errorf("%s: %d %q", path, w.Code, w.Body)
		}
	}
}

func TestMethods(t *testing.T) {
	s := newSite(t)
	for _, path := range []string{"/api/chat", "/api/chat/messages", "/api/socket", "/api/rooms/global/messages", "/api/", "/api/openapi.json"} {
		for _, method := range []string{"POST", "PUT", "DELETE", "PATCH", "OPTIONS"} {
			allow := "GET, HEAD"
			if path == "/api/rooms/global/messages" {
				if allow += ", POST"; method == "POST" {
					continue
				}
			}
			w := s.do(request(method, path, session...))
			if w.Code != 405 || w.Header().Get("Allow") != allow || w.Header().Get("Content-Type") != "application/json" {
				t.Errorf("%s %s: %d, Allow %q, %s", method, path, w.Code, w.Header().Get("Allow"), w.Header().Get("Content-Type"))
			}
		}
	}
}

func TestLevel0Messages(t *testing.T) {
	s := newSite(t)
	wantJSON(t, s.get("/api/chat/messages"), 401, `{"error":"Unauthorized"}`)
	w := s.get("/api/chat/messages", session...)
	wantJSON(t, w, 200, `[]`)
	if got := w.Header().Get("Cache-Control"); got != "private, max-age=0, must-revalidate" {
		t.Errorf("Cache-Control %q", got)
	}
	s.rooms.page.Messages = []chat.Message{{ID: "m1", UserID: "u1", UserName: "Ada", Content: "<b>&", Timestamp: 5, Type: chat.TypeText}}
	var got []chat.Message
	if err := json.Unmarshal(s.get("/api/chat/messages", session...).Body.Bytes(), &got); err != nil || len(got) != 1 || got[0].Content != "<b>&" {
		t.Errorf("got %v, %v", got, err)
	}
}

func TestHistory(t *testing.T) {
	seq := func(n chat.Seq) *chat.Seq { return &n }
	for _, tt := range []struct {
		query string
		want  chat.HistoryQuery
	}{
		{"", chat.HistoryQuery{}},
		{"?before=42", chat.HistoryQuery{Before: seq(42)}},
		{"?after=0&limit=200", chat.HistoryQuery{After: seq(0), Limit: 200}},
		{"?around=7&limit=1&other=x", chat.HistoryQuery{Around: seq(7), Limit: 1}},
	} {
		t.Run(tt.query, func(t *testing.T) {
			s := newSite(t)
			wantJSON(t, s.get("/api/rooms/a%2Fb%20c/messages"+tt.query, session...), 200, `{"stream":"","head":0,"hasOlder":false,"hasNewer":false,"messages":[]}`)
			if s.rooms.slug != "a/b c" {
				t.Errorf("slug %q", s.rooms.slug)
			}
			got, _ := json.Marshal(s.rooms.query)
			want, _ := json.Marshal(tt.want)
			if !bytes.Equal(got, want) {
				t.Errorf("query %s, want %s", got, want)
			}
		})
	}
	s := newSite(t)
	wantJSON(t, s.get("/api/rooms/global/messages"), 401, `{"code":"unauthorized","message":"Sign in first."}`)
	for query, parameter := range map[string]string{
		"before=x": "before", "after=-1": "after", "around=1.5": "around", "before=": "before", "after=1&after=2": "after",
		"limit=0": "limit", "limit=201": "limit", "limit=many": "limit", "limit=1&limit=1": "limit",
		"before=18446744073709551615": "before", "before=%zz": "query", "after=1e3": "after",
	} {
		t.Run(query, func(t *testing.T) {
			w := s.get("/api/rooms/global/messages?"+query, session...)
			var body struct{ Code, Message string }
			if err := json.Unmarshal(w.Body.Bytes(), &body); err != nil {
				t.Fatal(err)
			}
			if w.Code != 400 || body.Code != "bad_request" || !strings.Contains(body.Message, parameter) {
				t.Errorf("got %d %+v, want bad_request that names %s", w.Code, body, parameter)
			}
		})
	}
}

func TestErrorsOfChat(t *testing.T) {
	secret := errors.New("the cause in the engine room")
	const full = `{"code":"storage_full","message":"The server's disk is full: whoever runs the server has to make room."}`
	for _, tt := range []struct {
		err    error
		status int
		body   string
	}{
		{&chat.Error{Code: chat.CodeNotFound, Message: "No such room."}, 404, `{"code":"not_found","message":"No such room."}`},
		{&chat.Error{Code: chat.CodeOverloaded, Message: "Busy.", Err: secret}, 503, `{"code":"overloaded","message":"Busy."}`},
		{&chat.Error{Code: chat.CodeStorageFull, Message: "Full."}, 507, `{"code":"storage_full","message":"Full."}`},
		{fmt.Errorf("make a room: %w", db.ErrDiskFull), 507, full},
		{fmt.Errorf("keep a draft: %w", durable.ErrStorageFull), 507, full},
		{secret, 500, `{"code":"internal","message":"Something went wrong on the server. Try again."}`},
		{&chat.Error{Code: "new_and_unknown", Message: "?"}, 500, `{"code":"new_and_unknown","message":"?"}`},
	} {
		s := newSite(t)
		s.rooms.err = tt.err
		w := s.get("/api/rooms/global/messages", session...)
		wantJSON(t, w, tt.status, tt.body)
		if tt.status >= 500 && !strings.Contains(s.log.String(), "request failed") {
			t.Errorf("%v is not logged", tt.err)
		}
		if tt.status == 503 && w.Header().Get("Retry-After") != "1" {
			t.Errorf("Retry-After %q", w.Header().Get("Retry-After"))
		}
	}
	s := newSite(t)
	s.auth.err = secret
	wantJSON(t, s.get("/api/chat", session...), 500, `{"error":"Something went wrong on the server. Try again."}`)
	if !strings.Contains(s.log.String(), secret.Error()) {
		t.Error("the cause is not logged")
	}
}

func TestPanic(t *testing.T) {
	s := newSite(t)
	s.rooms.panics = "boom"
	wantJSON(t, s.get("/api/chat/messages", session...), 500, `{"code":"internal","message":"Something went wrong on the server. Try again."}`)
	if log := s.log.String(); !strings.Contains(log, "boom") || !strings.Contains(log, "server_test.go") {
		t.Errorf("the log has no cause or no stack: %s", log)
	}
}

func TestProbes(t *testing.T) {
	var ready error
	asked := 0
	s := newSite(t, withBase("https://chat.example"), func(c *httpapi.Config) {
		c.Ready = func(context.Context) error { asked++; return ready }
	})
	// By address: a base URL doesn't bind probes.
	wantJSON(t, s.get("/healthz", "Host", "10.0.0.7:3000"), 200, `{"healthy":true}`)
	wantJSON(t, s.get("/readyz", "Host", "10.0.0.7:3000"), 200, `{"ready":true}`)
	for range 100 {
		s.get("/readyz")
	}
	if asked != 1 {
		t.Errorf("100 probes asked the storage %d times", asked)
	}
	for _, tt := range []struct {
		err  error
		body string
	}{
		{errors.New("write /secret/path: no"), `{"ready":false,"reason":"The storage can't commit; the log says why."}`},
		{&chat.Error{Code: chat.CodeStorageFull, Message: "The disk is full."}, `{"ready":false,"reason":"The disk is full."}`},
	} {
		s := newSite(t, func(c *httpapi.Config) { c.Ready = func(context.Context) error { return tt.err } })
		wantJSON(t, s.get("/readyz"), 503, tt.body)
		wantJSON(t, s.get("/healthz"), 200, `{"healthy":true}`)
		if !strings.Contains(s.log.String(), tt.err.Error()) {
			t.Errorf("the cause is not logged: %s", s.log)
		}
	}
}

func TestTheLogTellsNoSecrets(t *testing.T) {
	s := newSite(t)
	s.get("/api/auth/verify?token=planted-token", "Cookie", "s=planted-cookie")
	s.get("/api/rooms/planted-room/messages?before=1", session...)
	s.get("/planted-page")
	log := s.log.String()
	if strings.Contains(log, "planted") {
		t.Errorf("the log tells: %s", log)
	}
	for _, want := range []string{"route=/api/auth/", "route=/api/rooms/{slug}/messages", "status=200", "method=GET", "ms="} {
		if !strings.Contains(log, want) {
			t.Errorf("no %s in %s", want, log)
		}
	}
}

func TestBodyIsCapped(t *testing.T) {
	s := newSite(t)
	r := httptest.NewRequest("POST", "/api/auth/sign-in/email", io.LimitReader(endless{}, 1<<20))
	if w := s.do(r); w.Code != http.StatusRequestEntityTooLarge {
		t.Errorf("a body of 1 MiB: %d", w.Code)
	}
}

type endless struct{}

func (endless) Read(p []byte) (int, error) { return len(p), nil }

func TestSlowClientsAreCutOff(t *testing.T) {
	h := newSite(t).HTTPServer()
	if h.ReadHeaderTimeout == 0 || h.ReadTimeout == 0 || h.WriteTimeout == 0 || h.IdleTimeout == 0 || h.MaxHeaderBytes == 0 {
		t.Errorf("a time-out or bound is missing: %+v", h)
	}
}

func TestConfig(t *testing.T) {
	if _, err := httpapi.New(httpapi.Config{}); err == nil {
		t.Error("an empty Config is taken")
	}
	c := httpapi.Config{Rooms: &fakeRooms{}, Accounts: &fakeAccounts{}, Search: &fakeSearch{}, Web: http.NotFoundHandler(),
		Origins: auth.Origins{Trusted: []string{"https://x.example/path"}}}
	if _, err := httpapi.New(c); err == nil || !strings.Contains(err.Error(), "https://x.example/path") {
		t.Errorf("a trusted origin with a path: %v", err)
	}
}

func TestClientIP(t *testing.T) {
	proxies := httpapi.Proxies{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("127.0.0.1/32"), netip.MustParsePrefix("fd00::/8")}
	for _, tt := range []struct {
		name, peer string
		forwarded  []string
		want       string
	}{
		{"no proxy", "192.0.2.1:5", nil, "192.0.2.1"},
		{"an untrusted peer's claim", "192.0.2.1:5", []string{"203.0.113.9"}, "192.0.2.1"},
		{"one proxy", "10.1.1.1:5", []string{"203.0.113.9"}, "203.0.113.9"},
		{"the client's own claim is on the left", "10.1.1.1:5", []string{"1.1.1.1, 203.0.113.9"}, "203.0.113.9"},
		{"two proxies", "127.0.0.1:5", []string{"1.1.1.1, 203.0.113.9, 10.2.2.2"}, "203.0.113.9"},
		{"several lines", "127.0.0.1:5", []string{"1.1.1.1", "203.0.113.9", "10.2.2.2"}, "203.0.113.9"},
		{"all trusted", "127.0.0.1:5", []string{"10.3.3.3, 10.2.2.2"}, "10.3.3.3"},
		{"with a port", "127.0.0.1:5", []string{"203.0.113.9:8080"}, "203.0.113.9"},
		{"garbage ends the walk", "127.0.0.1:5", []string{"203.0.113.9, unknown"}, "127.0.0.1"},
		{"no header from a proxy", "10.1.1.1:5", nil, "10.1.1.1"},
		{"IPv6 is its /64", "[2001:db8:1:2:3:4:5:6]:5", nil, "2001:db8:1:2::"},
		{"another address of the /64", "[2001:db8:1:2::9]:5", nil, "2001:db8:1:2::"},
		{"IPv6 behind a proxy", "[fd00::1]:5", []string{"[2001:db8:1:2::9]:443"}, "2001:db8:1:2::"},
		{"mapped IPv4 is IPv4", "[::ffff:192.0.2.1]:5", nil, "192.0.2.1"},
		{"mapped IPv4 proxy", "[::ffff:10.1.1.1]:5", []string{"::ffff:203.0.113.9"}, "203.0.113.9"},
		{"zone", "[fe80::1%eth0]:5", nil, "fe80::"},
		{"loopback stays itself", "[::1]:5", nil, "::1"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := request("GET", "/")
			r.RemoteAddr = tt.peer
			for _, line := range tt.forwarded {
				r.Header.Add("X-Forwarded-For", line)
			}
			if got := proxies.ClientIP(r); got != tt.want {
				t.Errorf("got %s, want %s", got, tt.want)
			}
		})
	}
}
