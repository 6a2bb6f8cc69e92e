package main

import (
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"snug/httpapi"
)

// caller sends requests with the witness watching, and reads answers.
type caller struct {
	*person
	token string // "": by the session
}

func (c caller) call(method, path string, body any, want int, into any) {
	c.t.Helper()
	var status int
	var text string
	if c.token == "" {
		status, text = c.request(method, path, body)
	} else {
		status, text = c.byToken(method, path, body)
	}
	if status != want {
		c.t.Fatalf("%s %s: %d %s, want %d", method, path, status, text, want)
	}
	if into != nil {
		if err := json.Unmarshal([]byte(text), into); err != nil {
			c.t.Fatalf("%s %s: %v in %s", method, path, err, text)
		}
	}
}

func (c caller) byToken(method, path string, body any) (int, string) {
	c.t.Helper()
	text, err := json.Marshal(body)
	if err != nil {
		c.t.Fatal(err)
	}
	r, err := http.NewRequest(method, "http://"+c.addr+path, strings.NewReader(string(text)))
	if err != nil {
		c.t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+c.token)
	r.Header.Set("Content-Type", "application/json")
	return do(c.t, &http.Client{Transport: c.client.Transport}, r)
}

type message struct {
	ID  string
	Seq int
}

// Every route answers as the document says: what it is for, and what it refuses.
func TestAnswersAreAsTheDocumentSays(t *testing.T) {
	s := testServer(t, "--auth-rate", "0", "--post-rate", "1000/1m", "--max-message", "2000")
	addr := s.Addr().String()
	w := newWitness(t)
	ada, bob := caller{person: signUp(t, addr, "Ada")}, caller{person: signUp(t, addr, "Bob")}
	nobody := caller{person: stranger(t, addr)}
	for _, p := range []caller{ada, bob, nobody} {
		p.client.Transport = w
	}
	var made struct{ Token string }
	ada.call("POST", "/api/account/tokens", map[string]any{"name": "reader", "scopes": []string{"messages:read"}}, 200, &made)
	reader := caller{ada.person, made.Token}
	ada.call("POST", "/api/account/tokens", map[string]any{"name": "writer", "scopes": []string{"messages:write"}, "expiresInDays": 3}, 200, &made)
	writer := caller{ada.person, made.Token}

	attachment := sendFile(ada, reader, nobody)
	const room = "/api/rooms/global"
	var root, reply, other message
	ada.call("POST", room+"/messages", map[string]any{"content": "the root <b>", "clientId": "c1", "attachments": []string{attachment}}, 200, &root)
	bob.call("POST", room+"/messages", map[string]any{"content": "a reply", "thread": root.ID, "replyTo": root.ID}, 200, &reply)
	writer.call("POST", room+"/messages", map[string]any{"content": "by a script"}, 200, &other)
	at := func(m message) string { return room + "/messages/" + m.ID }
	heart := "/reactions/" + url.PathEscape("❤️")
	bob.call("PUT", at(root)+heart, nil, 200, nil)
	ada.call("PUT", at(root)+heart, nil, 200, nil)
	bob.call("DELETE", at(root)+heart, nil, 200, nil)
	ada.call("PATCH", at(root), map[string]any{"content": "the root, edited"}, 200, nil)
	ada.call("PUT", at(root)+"/pin", nil, 200, nil)
	ada.call("GET", room+"/pins", nil, 200, nil)
	ada.call("GET", at(root)+"/versions", nil, 200, nil)
	ada.call("PUT", at(root)+"/follow", nil, 200, nil)
	ada.call("GET", at(root)+"/thread?limit=10", nil, 200, nil)
	ada.call("GET", "/api/threads", nil, 200, nil)
	ada.call("PUT", at(root)+"/thread/read", map[string]any{"seq": reply.Seq}, 200, nil)
	ada.call("DELETE", at(root)+"/follow", nil, 200, nil)
	ada.call("PUT", room+"/read", map[string]any{"seq": reply.Seq}, 200, nil)
	ada.call("PUT", room+"/read", map[string]any{"seq": 1, "unread": true}, 200, nil)
	ada.call("PUT", "/api/drafts", map[string]any{"room": "global", "thread": root.ID, "content": "well", "replyTo": reply.ID, "updatedAt": 1}, 200, nil)
	ada.call("PUT", "/api/status", map[string]any{"emoji": "🌴", "text": "away for good", "until": 0, "dnd": true}, 200, nil)
	ada.call("PUT", "/api/status", map[string]any{"emoji": "no"}, 400, nil)
	ada.call("PATCH", "/api/server", map[string]any{"name": "The Corner Table", "description": "For us"}, 200, nil)
	bob.call("PATCH", "/api/server", map[string]any{"name": "Mine"}, 403, nil)
	ada.call("PUT", "/api/greeting/setup", map[string]any{"setup": "left"}, 200, nil)
	bob.call("DELETE", "/api/greeting", nil, 200, nil)
	for _, path := range []string{
		"/api/rooms", room, "/api/drafts", "/api/people?query=a&limit=5", "/api/settings", "/api/status", "/api/greeting", room + "/reads", room + "/messages", room + "/messages?before=3&limit=1",
		room + "/messages?after=0", room + "/messages?around=2", room + "/messages?at=1", at(root), at(reply), "/api/chat/messages", "/api/account/export",
		"/api/search?q=edited&room=global&sort=best&offset=60", "/api/search", "/api/", "/healthz", "/readyz", "/api/openapi.json",
	} {
		ada.call("GET", path, nil, 200, nil)
		if strings.HasPrefix(path, "/api/rooms/") {
			reader.call("GET", path, nil, 200, nil)
		}
	}
	useRooms(ada, bob)
	useAttention(ada, bob, writer)
	ada.call("DELETE", at(root)+"/pin", nil, 200, nil)
	ada.call("DELETE", at(root)+"/previews?url="+url.QueryEscape("https://example.com/"), nil, 200, nil)
	for found, begun := (struct{ Hits []any }{}), time.Now(); len(found.Hits) == 0; { // the index comes after
		if ada.call("GET", "/api/search?q=script", nil, 200, &found); time.Since(begun) > patience {
			t.Fatal("nothing is found")
		}
	}
	ada.call("DELETE", at(root), nil, 200, nil)
	ada.call("GET", at(root), nil, 200, nil)
	ada.call("GET", room+"/messages", nil, 200, nil)

	routes := httpapi.Interface().Routes
	for _, r := range routes {
		if !slices.Contains([]string{"rooms", "level 0"}, r.Tag) {
			continue
		}
		missing := strings.NewReplacer("{slug}", "nowhere", "{id}", root.ID, "{emoji}", url.PathEscape("❤️"), "{name}", "x", "{user}", "u").Replace(r.Path)
		there := strings.Replace(missing, "nowhere", "global", 1)
		ask := func(c caller, path string, body any, want int) {
			t.Helper()
			var status int
			var text string
			if c.token == "" {
				status, text = c.request(r.Method, path, body)
			} else {
				status, text = c.byToken(r.Method, path, body)
			}
			if status != want {
				t.Errorf("%s %s: %d %s, want %d", r.Method, path, status, text, want)
			}
		}
		ask(nobody, there, nil, 401)
		if _, ok := r.Refusals[400]; ok {
			ask(ada, there+"?%zz", map[string]any{}, 400)
			if r.Body != nil {
				ask(ada, there, []int{1}, 400)
			}
		}
		if _, ok := r.Refusals[413]; ok && r.Body != nil {
			ask(ada, there, map[string]any{"content": strings.Repeat("x", 130<<10)}, 413)
		}
		if strings.Contains(r.Path, "{slug}") && r.Body == nil {
			ask(ada, missing+"?url=x", nil, 404)
		}
		if r.Method != "GET" {
			ask(reader, there, map[string]any{}, 403)
		} else if _, ok := r.Refusals[403]; ok && !strings.HasSuffix(r.Path, "/socket") && r.Path != "/api/chat" {
			ask(writer, there, nil, 403)
		}
	}
	for _, path := range []string{"/api/socket", "/api/chat"} {
		ada.call("GET", path, nil, 426, nil)
	}

	for _, r := range routes {
		if route := r.Method + " " + r.Path; slices.Contains([]string{"rooms", "level 0", "server", "files"}, r.Tag) && r.Answer != nil && !w.gave(route, 200) {
			t.Errorf("no answer of %s was looked at", route)
		}
	}
}

// sendFile uploads one by tus, and looks at it every way there is. It returns its id.
func sendFile(p, reader, nobody caller) string {
	p.t.Helper()
	ask := func(c caller, method, path string, want int, body string, headers ...string) *http.Response {
		p.t.Helper()
		r, err := http.NewRequest(method, "http://"+c.addr+path, strings.NewReader(body))
		if err != nil {
			p.t.Fatal(err)
		}
		r.Header.Set("Origin", c.origin())
		if c.token != "" {
			r.Header.Set("Authorization", "Bearer "+c.token)
		}
		for i := 0; i < len(headers); i += 2 {
			r.Header.Set(headers[i], headers[i+1])
		}
		client := *c.client
		if c.token != "" {
			client.Jar = nil
		}
		resp, err := client.Do(r)
		if err != nil {
			p.t.Fatal(err)
		}
		defer resp.Body.Close()
		text, err := io.ReadAll(resp.Body)
		if err != nil || resp.StatusCode != want {
			p.t.Fatalf("%s %s: %d %s %v, want %d", method, path, resp.StatusCode, text, err, want)
		}
		resp.Body = io.NopCloser(strings.NewReader(string(text)))
		return resp
	}
	tus := []string{"Tus-Resumable", "1.0.0"}
	piece := slices.Concat(tus, []string{"Content-Type", "application/offset+octet-stream", "Upload-Offset"})
	create := slices.Concat(tus, []string{"Upload-Metadata", "filename YS50eHQ=", "Upload-Length"})
	const uploads = "/api/uploads"
	ask(p, "OPTIONS", uploads, 204, "")
	ask(p, "POST", uploads, 412, "")
	ask(nobody, "POST", uploads, 401, "", append(create, "4")...)
	ask(reader, "POST", uploads, 403, "", append(create, "4")...)
	ask(p, "POST", uploads, 400, "", append(create, "four")...)
	ask(p, "POST", uploads, 413, "", append(create, "99999999999999")...)
	at := ask(p, "POST", uploads, 201, "", append(create, "4")...).Header.Get("Location")
	ask(p, "OPTIONS", at, 204, "")
	ask(p, "HEAD", at, 200, "", tus...)
	ask(p, "GET", at, 409, "")
	ask(p, "PATCH", at, 415, "text", append(tus, "Upload-Offset", "0")...)
	ask(p, "PATCH", at, 409, "xt", append(piece, "2")...)
	ask(p, "PATCH", at, 204, "te", append(piece, "0")...)
	ask(p, "POST", at, 400, "")
	ask(p, "POST", at, 204, "xt", append(piece, "2", "X-HTTP-Method-Override", "PATCH")...)
	ask(p, "GET", uploads+"/nothing", 404, "")
	var made struct{ ID, URL string }
	if err := json.NewDecoder(ask(p, "GET", at, 200, "").Body).Decode(&made); err != nil {
		p.t.Fatal(err)
	}
	ask(p, "GET", made.URL, 200, "")
	ask(reader, "GET", made.URL, 200, "", "Range", "bytes=1-2", "If-Range", "x")
	ask(p, "GET", made.URL, 206, "", "Range", "bytes=1-2")
	ask(p, "GET", made.URL, 416, "", "Range", "bytes=9-")
	ask(p, "GET", made.URL+"?size=large", 400, "")
	ask(p, "GET", made.URL+"x", 404, "")
	ask(nobody, "GET", made.URL, 401, "")
	ask(nobody, "GET", made.URL+"?expires=1&signature=x", 403, "")
	var signed struct{ URL string }
	if err := json.NewDecoder(ask(p, "POST", "/api/files/"+made.ID, 200, "").Body).Decode(&signed); err != nil {
		p.t.Fatal(err)
	}
	ask(nobody, "GET", signed.URL, 200, "")
	ask(nobody, "POST", "/api/files/"+made.ID, 401, "")
	ask(p, "POST", "/api/files/nothing", 404, "")
	gone := ask(p, "POST", uploads, 201, "", append(create, "4")...).Header.Get("Location")
	ask(p, "DELETE", gone, 204, "", tus...)
	ask(p, "DELETE", gone, 404, "", tus...)
	return made.ID
}

func TestTooManyIsAsTheDocumentSays(t *testing.T) {
	s := testServer(t, "--auth-rate", "0", "--post-rate", "1/1h")
	ada := caller{person: signUp(t, s.Addr().String(), "Ada")}
	const room = "/api/rooms/global/messages"
	ada.call("POST", room, map[string]any{"content": "one"}, 200, nil)
	ada.call("POST", room, map[string]any{"content": "two"}, 429, nil)
	ada.call("POST", room, map[string]any{"content": ""}, 400, nil)
	ada.call("POST", room, map[string]any{"content": strings.Repeat("x", 100_000)}, 413, nil)
}

// A witness that finds everything good would be none.
func TestTheWitnessSees(t *testing.T) {
	c, err := described()
	if err != nil {
		t.Fatal(err)
	}
	const pins = "/api/rooms/global/pins"
	for _, tt := range []struct {
		name, method, path, sent string
		status                   int
		kind, got                string
		good                     bool
	}{
		{"as described", "GET", pins, "", 200, "application/json", `{"messages":[]}`, true},
		{"a property less", "GET", pins, "", 200, "application/json", `{}`, false},
		{"a property more", "GET", pins, "", 200, "application/json", `{"messages":[],"more":1}`, false},
		{"another type", "GET", pins, "", 200, "application/json", `{"messages":null}`, false},
		{"within a list", "GET", pins, "", 200, "application/json", `{"messages":[{"id":1}]}`, false},
		{"no JSON", "GET", pins, "", 200, "application/json", `no`, false},
		{"another kind", "GET", pins, "", 200, "text/html", `<p>`, false},
		{"nothing", "GET", pins, "", 200, "", ``, false},
		{"a refusal", "GET", pins, "", 404, "application/json", `{"code":"not_found","message":"No."}`, true},
		{"a refusal of level 0", "GET", pins, "", 404, "application/json", `{"error":"No."}`, false},
		{"another status", "GET", pins, "", 418, "application/json", `{"code":"not_found","message":"No."}`, false},
		{"a body that can't be", "PUT", "/api/rooms/global/read", `{"seq":-1}`, 200, "application/json", `{"read":1}`, false},
		{"a body", "PUT", "/api/rooms/global/read", `{"seq":1,"more":2}`, 200, "application/json", `{"read":1}`, true},
		{"a time that is none", "GET", "/api/account/tokens", "", 200, "application/json",
			`[{"id":"a","name":"b","hint":"c","scopes":[],"createdAt":"today","expiresAt":null,"usedAt":null}]`, false},
		{"a body where none is", "GET", "/api/account", "", 401, "application/json", `{"message":"No."}`, false},
		{"no route", "GET", "/nope", "", 200, "text/html", `<p>`, true},
	} {
		w := &witness{t: t, c: c, seen: map[string][]int{}}
		r, err := http.NewRequest(tt.method, "http://example.com"+tt.path, io.NopCloser(strings.NewReader(tt.sent)))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Content-Type", "application/json")
		resp := &http.Response{StatusCode: tt.status, Header: http.Header{"Content-Type": {tt.kind}}}
		if err := w.judge(r, []byte(tt.sent), resp, []byte(tt.got)); (err == nil) != tt.good {
			t.Errorf("%s: %v", tt.name, err)
		}
	}
}
