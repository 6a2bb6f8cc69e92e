package e2e

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
)

// changed is what can change about a message.
type changed struct {
	ID        string              `json:"id"`
	Content   string              `json:"content"`
	Seq       uint64              `json:"seq"`
	EditedAt  int64               `json:"editedAt"`
	DeletedAt int64               `json:"deletedAt"`
	Thread    string              `json:"thread"`
	Reactions map[string][]string `json:"reactions"`
	Pinned    bool                `json:"pinned"`
	Replies   *struct {
		Count int `json:"count"`
	} `json:"replies"`
}

func (f frame) updated(t *testing.T) (m changed) {
	t.Helper()
	if err := json.Unmarshal(f.Message, &m); err != nil {
		t.Fatal(err)
	}
	return m
}

// What people do with messages is told to others at once, over the socket and HTTP
// alike, outlives the death of the process, and is replayed to who was away.
func TestMessagesChange(t *testing.T) {
	s := newServer(t, noLimits...)
	ada, bob := s.signUp(t, "Ada"), s.signUp(t, "Bob")
	hers, his := ada.joined(t), bob.joined(t)
	first := hers.post(t, "c1", "helo")
	at := "/api/rooms/global/messages/" + first.ID
	ask := func(p *person, method, path string, body any, want int) (m changed) {
		t.Helper()
		res := s.send(t, method, path, body, p.header())
		if res.status != want {
			t.Fatalf("%s %s: %d %s, want %d", method, path, res.status, res.body, want)
		}
		if want == http.StatusOK {
			res.decode(t, &m)
		}
		return m
	}
	seq := first.Seq
	hears := func(what string, fits func(m changed) bool) {
		t.Helper()
		for _, sock := range []*socket{hers, his} {
			f := sock.await(t, "update")
			if m := f.updated(t); f.Seq != seq || m.ID != first.ID || !fits(m) {
				t.Fatalf("%s: got %d %s, want %d", what, f.Seq, f.Message, seq)
			}
		}
	}
	seq++
	hers.send(t, map[string]any{"type": "edit", "room": "global", "id": first.ID, "content": "hello", "ref": "e"})
	hears("an edit", func(m changed) bool { return m.Content == "hello" && m.EditedAt > 0 })
	seq++
	ask(bob, "PUT", at+"/reactions/"+url.PathEscape("👍🏽"), nil, 200)
	hears("a reaction", func(m changed) bool { return fmt.Sprint(m.Reactions) == fmt.Sprintf("map[👍🏽:[%s]]", bob.id) })
	seq++
	his.send(t, map[string]any{"type": "pin", "room": "global", "id": first.ID, "on": true, "ref": "p"})
	hears("a pin", func(m changed) bool { return m.Pinned })
	ask(bob, "PATCH", at, map[string]any{"content": "mine"}, 403)
	ask(bob, "DELETE", at, nil, 403)
	ask(bob, "GET", at+"/versions", nil, 403)
	res := s.send(t, "GET", at+"/versions", nil, ada.header())
	if res.status != 200 || !strings.Contains(res.body, `"content":"helo"`) {
		t.Errorf("versions: %d %s", res.status, res.body)
	}
	reply := s.send(t, "POST", "/api/rooms/global/messages", map[string]any{"clientId": "r", "content": "in a thread", "thread": first.ID, "replyTo": first.ID}, bob.header())
	if reply.status != 200 {
		t.Fatalf("a reply: %d %s", reply.status, reply.body)
	}
	seq++
	if m, err := hers.await(t, "message").posted(); err != nil || m.Content == "" {
		t.Errorf("the reply: %+v, %v", m, err)
	}

	pg, err := ada.history("limit=1")
	if err != nil {
		t.Fatal(err)
	}
	// Who began a thread follows it a moment after its first reply.
	for begun := time.Now(); !strings.Contains(ada.get(t, "/api/threads").body, `"following":true`); {
		if time.Since(begun) > 30*time.Second {
			t.Fatal("the thread isn't followed")
		}
	}
	s.kill()
	s.start()
	if m := ask(ada, "GET", at, nil, 200); m.Content != "hello" || !m.Pinned || len(m.Reactions) != 1 || m.Replies == nil || m.Replies.Count != 1 {
		t.Errorf("after a kill: %+v", m)
	}
	for path, want := range map[string]string{
		"/api/rooms/global/pins":          `"content":"hello"`,
		at + "/thread":                    `"content":"in a thread"`,
		"/api/rooms/global/messages?at=0": `"content":"hello"`,
		"/api/threads":                    `"unread":1,"following":true`,
		"/api/people?query=bo":            `"userName":"Bob"`,
		"/api/settings":                   `"maxMessageChars":`,
	} {
		if res := ada.get(t, path); res.status != 200 || !strings.Contains(res.body, want) {
			t.Errorf("%s: %d %s", path, res.status, res.body)
		}
	}
	away := ada.open(t, level1Path)
	away.send(t, map[string]any{"type": "join", "room": "global", "stream": pg.Stream, "after": first.Seq})
	for want := first.Seq + 1; want <= seq; want++ {
		f := away.awaitThat(t, "what was missed", func(f frame) bool { return f.Type == "update" || f.Type == "message" })
		m := f.updated(t)
		if f.Type == "update" && (f.Seq != want || m.Content != "hello" || !m.Pinned) || f.Type == "message" && m.Seq != want {
			t.Errorf("replayed %d: %s %d %s", want, f.Type, f.Seq, f.Message)
		}
	}

	ask(ada, "DELETE", at, nil, 200)
	if res := ada.get(t, "/api/chat/messages"); strings.Contains(res.body, "hello") || !strings.Contains(res.body, "in a thread") {
		t.Errorf("level 0 shows %s", res.body)
	}
}

// How far one has read is known on every device, and so is what one was writing.
func TestDevicesAgree(t *testing.T) {
	s := newServer(t, noLimits...)
	ada, bob := s.signUp(t, "Ada"), s.signUp(t, "Bob")
	here, there := ada.open(t, level1Path), ada.open(t, level1Path)
	here.await(t, "hello")
	there.await(t, "hello")
	bobs := bob.joined(t)
	first := bobs.post(t, "c1", "one")
	here.send(t, map[string]any{"type": "read", "room": "global", "seq": first.Seq, "ref": "r"})
	here.await(t, "ok")
	if f := there.await(t, "read"); f.Seq != first.Seq {
		t.Errorf("got %+v", f)
	}
	second := bobs.post(t, "c2", fmt.Sprintf("@[Ada](user:%s) look", ada.id))
	if f := there.await(t, "activity"); f.Seq != second.Seq || f.Room != "global" {
		t.Errorf("got %+v", f)
	}
	res := s.send(t, "PUT", "/api/drafts", map[string]any{"room": "global", "content": "half a", "updatedAt": 5}, ada.header())
	if res.status != 200 {
		t.Errorf("a draft: %d %s", res.status, res.body)
	}
	s.kill()
	s.start()
	if res := ada.get(t, "/api/drafts"); !strings.Contains(res.body, "half a") {
		t.Errorf("drafts: %s", res.body)
	}
	if res := ada.get(t, "/api/rooms"); !strings.Contains(res.body, fmt.Sprintf(`"newest":%d,"read":%d`, second.Seq, first.Seq)) {
		t.Errorf("rooms: %s", res.body)
	}
}
