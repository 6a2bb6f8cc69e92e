package httpapi_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"snug/chat"
	"snug/db"
	"snug/db/dbtest"
	"snug/durable/durabletest"
	"snug/httpapi"
)

// newRoomsSite is a site over a real chat.
func newRoomsSite(t *testing.T) *site {
	t.Helper()
	ctx := context.Background() // it outlives the test's own, which is over at the clean-up
	tables, err := db.Open(ctx, dbtest.File(t))
	if err != nil {
		t.Fatal(err)
	}
	rooms, err := chat.New(ctx, chat.Config{Store: durabletest.NewStore(), DB: tables, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := rooms.Close(ctx); err != nil {
			t.Error(err)
		}
		if err := tables.Close(); err != nil {
			t.Error(err)
		}
	})
	return newSite(t, func(c *httpapi.Config) { c.Rooms = rooms })
}

// ask makes a request of Ada's and reads the answer into to.
func (s *site) ask(t *testing.T, method, path, body string, to any) (status int) {
	t.Helper()
	r := request(method, path, session...)
	if body != "" {
		r = withBody(method, path, body, session...)
	}
	w := s.do(r)
	if kind := w.Header().Get("Content-Type"); kind != "application/json" {
		t.Errorf("%s %s: %s", method, path, kind)
	}
	if to != nil {
		if err := json.Unmarshal(w.Body.Bytes(), to); err != nil {
			t.Fatalf("%s %s: %d %q: %v", method, path, w.Code, w.Body, err)
		}
	}
	return w.Code
}

func withBody(method, path, body string, headers ...string) *http.Request {
	r := request(method, path, append([]string{"Content-Type", "application/json"}, headers...)...)
	r.Body = io.NopCloser(strings.NewReader(body))
	return r
}

const roomPath = "/api/rooms/global"

func TestMessagesOverHTTP(t *testing.T) {
	s := newRoomsSite(t)
	var root, m chat.Message
	post := func(body string, to *chat.Message) {
		t.Helper()
		*to = chat.Message{}
		if code := s.ask(t, "POST", roomPath+"/messages", body, to); code != 200 {
			t.Fatalf("%s: %d", body, code)
		}
	}
	post(`{"clientId":"c1","content":"root"}`, &root)
	post(fmt.Sprintf(`{"clientId":"c2","content":"reply","thread":%q,"replyTo":%q}`, root.ID, root.ID), &m)
	if m.Thread != root.ID || m.ReplyTo != root.ID {
		t.Errorf("got %+v", m)
	}
	at := func(id chat.MessageID) string { return roomPath + "/messages/" + string(id) }
	for _, c := range []struct {
		method, path, body string
		status             int
		want               string // a part of the answer
	}{
		{"GET", at(root.ID), "", 200, `"replies":{"count":1`},
		{"PATCH", at(root.ID), `{"content":"root, edited"}`, 200, `"content":"root, edited"`},
		{"PATCH", at(root.ID), `{"content":" "}`, 400, `"code":"empty"`},
		{"PATCH", at(root.ID), `{}`, 400, `content is missing`},
		{"PATCH", at(root.ID), `{"Content":"x"}`, 400, `content is missing`},
		{"PATCH", at(root.ID), `{"content":"root, edited","Content":7}`, 200, `"content":"root, edited"`},
		{"PATCH", at(root.ID), `[]`, 400, `"code":"bad_request"`},
		{"PATCH", at("nothing"), `{"content":"x"}`, 404, `"code":"not_found"`},
		{"GET", at(root.ID) + "/versions", "", 200, `{"versions":[{"content":"root","until":`},
		{"PUT", at(m.ID) + "/reactions/" + url.PathEscape("👍🏽"), "", 200, `"reactions":{"👍🏽":["u1"]}`},
		{"PUT", at(m.ID) + "/reactions/" + url.PathEscape("#️⃣"), "", 200, `"#️⃣":["u1"]`},
		{"PUT", at(m.ID) + "/reactions/no", "", 400, `emoji must be one emoji`},
		{"DELETE", at(m.ID) + "/reactions/" + url.PathEscape("#️⃣"), "", 200, `"reactions":{"👍🏽":["u1"]}}`},
		{"DELETE", at(m.ID) + "/reactions/" + url.PathEscape("#️⃣"), "", 200, `"reactions":{"👍🏽":["u1"]}}`},
		{"PUT", at(m.ID) + "/pin", "", 200, `"pinned":true`},
		{"GET", roomPath + "/pins", "", 200, `{"messages":[{"id":"` + string(m.ID)},
		{"DELETE", at(m.ID) + "/pin", "", 200, `"reactions"`},
		{"GET", roomPath + "/pins", "", 200, `{"messages":[]}`},
		{"GET", at(root.ID) + "/thread", "", 200, `"messages":[{"id":"` + string(m.ID)},
		{"GET", at(root.ID) + "/thread?before=1", "", 200, `"messages":[],"hasOlder":false,"hasNewer":true`},
		{"GET", at(root.ID) + "/thread?around=1", "", 400, `"code":"bad_request"`},
		{"GET", at(root.ID) + "/thread?limit=0", "", 400, `"code":"bad_request"`},
		{"GET", at(m.ID) + "/thread", "", 400, `in a thread itself`},
		{"GET", roomPath + "/messages?at=0&limit=1", "", 200, `"content":"root, edited"`},
		{"GET", roomPath + "/messages?at=x", "", 400, `at must be a time`},
		{"GET", roomPath + "/messages?at=0&around=1", "", 400, `only one of`},
		{"DELETE", at(m.ID), "", 200, `"deletedAt":`},
		{"DELETE", at(m.ID), "", 200, `"deletedAt":`},
		{"PUT", at(m.ID) + "/pin", "", 404, `was deleted`},
		{"GET", at(m.ID), "", 200, `"content":""`},
		{"GET", "/api/rooms/nowhere/messages/" + string(m.ID), "", 404, `"code":"not_found"`},
		{"GET", "/api/rooms/nowhere/pins", "", 404, `"code":"not_found"`},
		{"POST", at(m.ID), `{}`, 405, `DELETE, GET, HEAD, PATCH`},
	} {
		var answer json.RawMessage
		if status := s.ask(t, c.method, c.path, c.body, &answer); status != c.status || !strings.Contains(string(answer), c.want) {
			t.Errorf("%s %s %s: %d %s, want %d %s", c.method, c.path, c.body, status, answer, c.status, c.want)
		}
	}
}

// What isn't a handshake is told in the words of the level, as all errors are.
func TestBadHandshakes(t *testing.T) {
	s := newRoomsSite(t)
	for _, c := range []struct {
		path, version, key string
		status             int
		want               string
	}{
		{"/api/socket", "13", "short", 400, `{"code":"bad_request","message":"Sec-WebSocket-Key must be 16 bytes in base64."}`},
		{"/api/socket", "8", "dGhlIHNhbXBsZSBub25jZQ==", 426, `{"code":"upgrade_required","message":"Websocket version must be 13."}`},
		{"/api/chat", "13", "short", 400, `{"error":"Sec-WebSocket-Key must be 16 bytes in base64"}`},
	} {
		r := request("GET", c.path, append([]string{"Connection", "Upgrade", "Upgrade", "websocket",
			"Sec-WebSocket-Version", c.version, "Sec-WebSocket-Key", c.key}, session...)...)
		r.Header.Set("Origin", "http://"+r.Host)
		w := s.do(r)
		wantJSON(t, w, c.status, c.want)
		if c.status == 426 && w.Header().Get("Sec-WebSocket-Version") != "13" {
			t.Errorf("got %v", w.Header())
		}
	}
}

func TestWhatIsOnesOwnOverHTTP(t *testing.T) {
	s := newRoomsSite(t)
	var root, m chat.Message
	s.ask(t, "POST", roomPath+"/messages", `{"content":"root"}`, &root)
	s.ask(t, "POST", roomPath+"/messages", fmt.Sprintf(`{"content":"reply","thread":%q}`, root.ID), &m)
	thread := roomPath + "/messages/" + string(root.ID)
	for _, c := range []struct {
		method, path, body string
		status             int
		want               string
	}{
		{"GET", "/api/rooms", "", 200, `{"rooms":[{"slug":"global","name":"Global","kind":"public","topic":"","head":2,"newest":2,"read":0,"unread":0,"mentions":0,"role":"member","notify":"","snoozedUntil":0,"favourite":false,"section":"","archivedAt":0,"lastAt":`},
		{"PUT", roomPath + "/read", `{"seq":2}`, 200, `{"read":2}`},
		{"PUT", roomPath + "/read", `{"seq":1}`, 200, `{"read":2}`},
		{"PUT", roomPath + "/read", `{"seq":1,"unread":true}`, 200, `{"read":1}`},
		{"PUT", roomPath + "/read", `{"seq":0}`, 200, `{"read":1}`},
		{"PUT", roomPath + "/read", `{}`, 400, `seq is missing`},
		{"PUT", roomPath + "/read", `{"seq":-1}`, 400, `"code":"bad_request"`},
		{"PUT", "/api/rooms/nowhere/read", `{"seq":1}`, 404, `"code":"not_found"`},
		{"GET", roomPath, "", 200, `"head":2,"newest":2,"read":1,"unread":1,"mentions":0,"role":"member"`},
		{"GET", "/api/rooms/nowhere", "", 404, `"code":"not_found"`},
		{"PUT", thread + "/follow", "", 200, `{"following":true,"read":2}`},
		{"GET", "/api/threads", "", 200, `"unread":0,"following":true,"read":2}]}`},
		{"PUT", thread + "/thread/read", `{"seq":9}`, 200, `{"following":true,"read":2}`},
		{"PUT", thread + "/thread/read", `{}`, 400, `seq is missing`},
		{"DELETE", thread + "/follow", "", 200, `{"following":false,"read":2}`},
		{"GET", "/api/threads", "", 200, `{"threads":[]}`},
		{"GET", thread + "/thread", "", 200, `"following":false,"read":2}`},
		{"PUT", "/api/drafts", `{"room":"global","content":"half a tho","updatedAt":5}`, 200, `{"room":"global","content":"half a tho","updatedAt":5}`},
		{"PUT", "/api/drafts", `{"room":"global","content":"older","updatedAt":4}`, 200, `"content":"half a tho"`},
		{"GET", "/api/drafts", "", 200, `{"drafts":[{"room":"global","content":"half a tho","updatedAt":5}],"deleted":[]}`},
		{"PUT", "/api/drafts", `{"room":"global","content":"","updatedAt":6}`, 200, `"content":""`},
		{"GET", "/api/drafts", "", 200, `{"drafts":[],"deleted":[{"room":"global","updatedAt":6}]}`},
		{"PUT", "/api/drafts", `{"room":"global"}`, 400, `updatedAt`},
		{"GET", "/api/people?query=a", "", 200, `{"people":[]}`},
		{"GET", "/api/people?limit=21", "", 400, `limit must be`},
		{"GET", "/api/people?query=" + strings.Repeat("x", 101), "", 400, `query must be`},
		{"GET", "/api/settings", "", 200, `{"maxMessageChars":10000,"maxFileBytes":0,"maxFiles":0,"previews":false,"server":{"name":"","description":"","nameFixed":false}}`},
	} {
		var answer json.RawMessage
		if status := s.ask(t, c.method, c.path, c.body, &answer); status != c.status || !strings.Contains(string(answer), c.want) {
			t.Errorf("%s %s %s: %d %s, want %d %s", c.method, c.path, c.body, status, answer, c.status, c.want)
		}
	}
}

// No route answers who isn't signed in, none that changes something a token that may
// read only, and none a foreign page.
func TestRoutesAreGuarded(t *testing.T) {
	s := newRoomsSite(t)
	fill := strings.NewReplacer("{slug}", "global", "{id}", "x", "{emoji}", "y", "{user}", "u", "{$}", "")
	n := 0
	for path, methods := range httpapi.Routes(s.Server) {
		if !strings.HasPrefix(path, "/api/rooms") && !strings.HasPrefix(path, "/api/threads") && !strings.HasPrefix(path, "/api/drafts") &&
			!strings.HasPrefix(path, "/api/people") && !strings.HasPrefix(path, "/api/settings") {
			continue
		}
		for _, method := range methods {
			n++
			path := fill.Replace(path)
			if w := s.do(withBody(method, path, `{}`)); w.Code != 401 {
				t.Errorf("%s %s without a session: %d", method, path, w.Code)
			}
			if method == "GET" {
				continue
			}
			if w := s.do(withBody(method, path, `{}`, "Authorization", "Bearer messages:read")); w.Code != 403 {
				t.Errorf("%s %s with a token to read: %d", method, path, w.Code)
			}
			foreign := withBody(method, path, `{}`, append([]string{"Origin", "https://evil.example", "Sec-Fetch-Site", "cross-site"}, session...)...)
			if w := s.do(foreign); w.Code != 403 || !strings.Contains(w.Body.String(), "forbidden_origin") {
				t.Errorf("%s %s from a foreign page: %d %s", method, path, w.Code, w.Body)
			}
		}
	}
	if n < 20 {
		t.Errorf("%d routes: is the search right?", n)
	}
}
