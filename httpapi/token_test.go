package httpapi_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"snug/chat"
)

const (
	reader = "Bearer messages:read"
	writer = "Bearer messages:write"
)

func posting(body string, headers ...string) *http.Request {
	r := httptest.NewRequest("POST", "/api/rooms/global/messages", strings.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	return r
}

func TestPost(t *testing.T) {
	s := newSite(t)
	const body = `{"clientId":"c1","content":"hello"}`
	const stored = `{"id":"m1","userId":"u2","userName":"","content":"hello","timestamp":0,"type":"text","seq":7,"clientId":"c1"}`
	wantJSON(t, s.do(posting(body)), 401, `{"code":"unauthorized","message":"Sign in first."}`)
	wantJSON(t, s.do(posting(body, "Authorization", writer)), 200, stored)
	wantJSON(t, s.do(posting(body, "Authorization", reader)), 403, `{"code":"forbidden","message":"This token isn't made for that: it lacks the scope messages:write."}`)
	for _, bad := range []string{``, `[]`, `null`, `{"content":5}`, `{`, "{\"content\":\"\xff\"}"} {
		if w := s.do(posting(bad, "Authorization", writer)); w.Code != 400 {
			t.Errorf("%q: %d %s", bad, w.Code, w.Body)
		}
	}
	if w := s.do(posting(body, "Authorization", writer, "Content-Type", "text/plain")); w.Code != 400 {
		t.Errorf("text: %d %s", w.Code, w.Body)
	}
	if w := s.do(posting(`{"content":"`+strings.Repeat("x", 200_000)+`"}`, "Authorization", writer)); w.Code != 413 {
		t.Errorf("too much: %d %s", w.Code, w.Body)
	}
	s.rooms.err = &chat.Error{Code: chat.CodeRateLimited, Message: "Slow down.", Retry: 1500 * time.Millisecond}
	if w := s.do(posting(body, "Authorization", writer)); w.Code != 429 || w.Header().Get("Retry-After") != "2" {
		t.Errorf("limited: %d %v", w.Code, w.Header())
	}
}

// A page of another origin must not post with its visitor's session.
func TestPostAcrossSites(t *testing.T) {
	s := newSite(t, withBase("https://chat.example"))
	r := posting(`{"content":"x"}`, "Cookie", "s=ada", "Origin", "https://evil.example", "Sec-Fetch-Site", "cross-site")
	r.Host = "chat.example"
	if w := s.do(r); w.Code != 403 || len(s.rooms.actors) > 0 {
		t.Errorf("got %d %s", w.Code, w.Body)
	}
}

func TestScopes(t *testing.T) {
	s := newSite(t)
	for _, path := range []string{"/api/rooms/global/messages", "/api/chat/messages"} {
		if w := s.get(path, "Authorization", writer); w.Code != 403 {
			t.Errorf("%s with a token that may only write: %d", path, w.Code)
		}
		if w := s.get(path, "Authorization", reader); w.Code != 200 {
			t.Errorf("%s with a token that may read: %d", path, w.Code)
		}
	}
	if w := s.get("/api/socket", with(handshake, []string{"Authorization", reader})...); w.Code != 101 {
		t.Fatalf("socket: %d %s", w.Code, w.Body)
	}
	if a := s.rooms.actors[len(s.rooms.actors)-1]; !a.ReadOnly || a.ID != "u2" {
		t.Errorf("actor %+v", a)
	}
	if w := s.get("/api/socket", with(handshake, []string{"Authorization", writer})...); w.Code != 403 {
		t.Errorf("socket of a token that may only write: %d", w.Code)
	}
}

// Rooms, and who is in them, aren't managed by a token that is made for messages; nor are
// messages written by one that is made for rooms.
func TestRoomsAreAScopeOfTheirOwn(t *testing.T) {
	s := newSite(t)
	const manager = "Bearer rooms:write"
	for _, route := range []struct{ method, path string }{
		{"POST", "/api/rooms"}, {"PATCH", "/api/rooms/global"}, {"DELETE", "/api/rooms/global"},
		{"PUT", "/api/rooms/global/archive"}, {"DELETE", "/api/rooms/global/archive"},
		{"PUT", "/api/rooms/global/membership"}, {"DELETE", "/api/rooms/global/membership"},
		{"PUT", "/api/rooms/global/members/u1"}, {"DELETE", "/api/rooms/global/members/u1"},
		{"PUT", "/api/rooms/global/members/u1/mute"}, {"DELETE", "/api/rooms/global/members/u1/mute"},
		{"DELETE", "/api/rooms/global/members/u1/messages"}, {"PUT", "/api/reports/1"},
		{"PUT", "/api/people/u1/ban"}, {"DELETE", "/api/people/u1/ban"}, {"PUT", "/api/people/u1/role"}, {"DELETE", "/api/people/u1/sessions"},
		{"PATCH", "/api/server"}, {"PUT", "/api/greeting/setup"},
	} {
		for _, token := range []string{reader, writer} {
			wantJSON(t, s.do(withBody(route.method, route.path, `{"seconds":60}`, "Authorization", token)), 403,
				`{"code":"forbidden","message":"This token isn't made for that: it lacks the scope rooms:write."}`)
		}
		if w := s.do(withBody(route.method, route.path, `{"seconds":60}`, "Authorization", manager)); w.Code == 403 {
			t.Errorf("%s %s with a token that may: %s", route.method, route.path, w.Body)
		}
	}
	if w := s.do(posting(`{"clientId":"c1","content":"hello"}`, "Authorization", manager)); w.Code != 403 {
		t.Errorf("posted by a token for rooms: %d", w.Code)
	}
	for _, a := range s.rooms.actors {
		if a.NoRooms || !a.ReadOnly {
			t.Errorf("actor %+v", a)
		}
	}
}

func TestExport(t *testing.T) {
	s := newSite(t)
	if w := s.get("/api/account/export"); w.Code != 401 {
		t.Errorf("nobody: %d", w.Code)
	}
	if w := s.get("/api/account/export", "Authorization", reader); w.Code != 401 {
		t.Errorf("a token: %d", w.Code)
	}
	s.rooms.page.Messages = []chat.Message{{ID: "m1", Content: "<a>", Seq: 1, Timestamp: 1000}, {ID: "m2", Content: "b", Seq: 2}}
	srv := httptest.NewServer(s)
	defer srv.Close()
	get := func() (*http.Response, error) {
		r, err := http.NewRequest("GET", srv.URL+"/api/account/export", nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Cookie", "s=ada")
		return srv.Client().Do(r)
	}
	res, err := get()
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	var got struct {
		Account  struct{ ID, Name string }
		Messages []struct {
			Room, ID, Content, CreatedAt string
			Seq                          int
		}
	}
	if err := json.NewDecoder(res.Body).Decode(&got); err != nil {
		t.Fatal(err)
	}
	if got.Account.Name != "Ada" || len(got.Messages) != 2 || got.Messages[0].Content != "<a>" || got.Messages[0].Room != "global" ||
		got.Messages[0].CreatedAt != "1970-01-01T00:00:01Z" || got.Messages[1].Seq != 2 {
		t.Errorf("got %+v", got)
	}
	if d := res.Header.Get("Content-Disposition"); !strings.HasPrefix(d, `attachment; filename="snug-export-`) {
		t.Errorf("disposition %q", d)
	}
	// What broke off must not look whole.
	s.rooms.err = errors.New("disk")
	if res, err := get(); err == nil {
		var whole any
		if err := json.NewDecoder(res.Body).Decode(&whole); err == nil {
			t.Error("half an export is a whole document")
		}
		res.Body.Close()
	}
}

// An export ends with the session that asked for it: who is banned gets no more.
func TestExportsEndWithTheSession(t *testing.T) {
	for _, path := range []string{"/api/rooms/global/export", "/api/account/export"} {
		s := newSite(t)
		for i := range 5 {
			s.rooms.page.Messages = append(s.rooms.page.Messages, chat.Message{ID: chat.MessageID(fmt.Sprint("m", i)), Content: "secret", Seq: chat.Seq(i)})
		}
		asked := 0
		s.auth.gone = func() bool { asked++; return asked > 3 }
		srv := httptest.NewServer(s)
		defer srv.Close()
		r, err := http.NewRequest("GET", srv.URL+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Cookie", "s=ada")
		res, err := srv.Client().Do(r)
		var body []byte
		if err == nil {
			body, err = io.ReadAll(res.Body)
			res.Body.Close()
		}
		if n := strings.Count(string(body), "secret"); err == nil || n >= 5 {
			t.Errorf("%s: %d messages, %v", path, n, err)
		}
		srv.Close() // whoever serves it has logged by then
		if log := s.log.String(); strings.Contains(log, "level=ERROR") {
			t.Errorf("%s: an error of the server: %s", path, log)
		}
	}
}
