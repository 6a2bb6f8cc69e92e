package httpapi_test

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"

	"snug/auth"
	"snug/chat"
	"snug/db"
	"snug/db/dbtest"
	"snug/durable/durabletest"
	"snug/httpapi"
)

// town is a server over real rooms and tables, with sockets. Whoever says in a header who
// they are is believed.
type town struct {
	t      *testing.T
	chat   *chat.Service
	api    *httpapi.Server
	tables *db.DB
	http   *httptest.Server
}

func newTown(t *testing.T) *town {
	t.Helper()
	ctx := context.Background() // it outlives the test's own, which is over at the clean-up
	tw := &town{t: t}
	var err error
	if tw.tables, err = db.Open(ctx, dbtest.File(t)); err != nil {
		t.Fatal(err)
	}
	tw.chat, err = chat.New(ctx, chat.Config{Store: durabletest.NewStore(), DB: tw.tables, Logger: slog.New(slog.DiscardHandler), Files: anyFile{}, CloseSpread: time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	accounts, err := auth.New(auth.Config{
		DB: tw.tables, Secret: []byte(strings.Repeat("s", 32)),
		OnSessionEnd: func(end auth.SessionEnd) { tw.chat.BanUser(chat.UserID(end.UserID)) },
	})
	if err != nil {
		t.Fatal(err)
	}
	tw.api, err = httpapi.New(httpapi.Config{Rooms: tw.chat, Accounts: believing{&fakeAccounts{}, accounts}, Search: &fakeSearch{}, Web: http.NotFoundHandler()})
	if err != nil {
		t.Fatal(err)
	}
	tw.http = httptest.NewServer(tw.api)
	t.Cleanup(func() {
		tw.http.Close()
		if err := accounts.Close(); err != nil {
			t.Error(err)
		}
		if err := tw.chat.Close(ctx); err != nil {
			t.Error(err)
		}
		if err := tw.tables.Close(); err != nil {
			t.Error(err)
		}
	})
	return tw
}

// anyFile has every file that a message names.
type anyFile struct{}

func (anyFile) Claim(_ context.Context, _ chat.RoomID, _ chat.UserID, _ chat.ClientID, ids []string) (list []chat.Attachment, err error) {
	for _, id := range ids {
		list = append(list, chat.Attachment{ID: id, Name: id})
	}
	return list, nil
}
func (anyFile) Released(chat.RoomID, chat.UserID, chat.ClientID) {}

// believing takes people at their word: "Authorization: id role".
type believing struct {
	*fakeAccounts
	httpapi.Overseer
}

func (believing) Identify(r *http.Request) (auth.Identity, bool, error) {
	id, role, ok := strings.Cut(r.Header.Get("Authorization"), " ")
	return auth.Identity{UserID: id, Name: strings.ToUpper(id), Role: auth.Role(role), SessionKey: "k-" + id}, ok, nil
}

// citizen is somebody with an account.
type citizen struct {
	*town
	id   chat.UserID
	role chat.Role
}

func (tw *town) citizen(id string, role chat.Role) citizen {
	tw.t.Helper()
	err := tw.tables.Write(tw.t.Context(), func(tx *sql.Tx) error {
		_, err := tx.Exec(`insert into users (id, name, email, email_verified, created_at, updated_at, role) values (?, ?, ?, 1, 1, 1, ?)`,
			id, strings.ToUpper(id), id+"@example.com", string(role))
		return err
	})
	if err != nil {
		tw.t.Fatal(err)
	}
	return citizen{tw, chat.UserID(id), role}
}

func (c citizen) actor() chat.Actor {
	return chat.Actor{User: chat.User{ID: c.id, Name: strings.ToUpper(string(c.id))}, Role: c.role, SessionKey: "k-" + string(c.id)}
}

// answer is an answer as whoever asked sees it.
type answer struct {
	status int
	header http.Header
	body   string
}

func (c citizen) ask(method, path, body string) answer {
	c.t.Helper()
	var sent io.Reader
	if body != "" {
		sent = strings.NewReader(body)
	}
	r, err := http.NewRequestWithContext(c.t.Context(), method, c.http.URL+path, sent)
	if err != nil {
		c.t.Fatal(err)
	}
	r.Header.Set("Authorization", string(c.id)+" "+string(c.role))
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		c.t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		c.t.Fatalf("%s %s: %v", method, path, err)
	}
	resp.Header.Del("Date")
	return answer{resp.StatusCode, resp.Header, string(text)}
}

// do is ask of what has to work.
func (c citizen) do(method, path, body string, into any) {
	c.t.Helper()
	a := c.ask(method, path, body)
	if a.status/100 != 2 {
		c.t.Fatalf("%s: %s %s %s: %d %s", c.id, method, path, body, a.status, a.body)
	}
	if into != nil {
		if err := json.Unmarshal([]byte(a.body), into); err != nil {
			c.t.Fatalf("%s %s: %v in %s", method, path, err, a.body)
		}
	}
}

// make makes a room and returns its slug.
func (c citizen) make(kind chat.RoomKind, name string, people ...chat.UserID) string {
	c.t.Helper()
	body, err := json.Marshal(map[string]any{"kind": kind, "name": name, "people": people})
	if err != nil {
		c.t.Fatal(err)
	}
	var room chat.RoomInfo
	c.do("POST", "/api/rooms", string(body), &room)
	return room.Slug
}

func (c citizen) say(slug, content string) chat.Message {
	c.t.Helper()
	m, err := c.chat.Post(c.t.Context(), c.actor(), slug, chat.NewMessage{Content: content})
	if err != nil {
		c.t.Fatalf("%s in %s: %v", c.id, slug, err)
	}
	return m
}

// line is a socket of level 1.
type line struct {
	citizen
	conn *websocket.Conn
	refs int
}

func (c citizen) dial() *line {
	c.t.Helper()
	conn, _, err := websocket.Dial(c.t.Context(), strings.Replace(c.http.URL, "http", "ws", 1)+"/api/socket", &websocket.DialOptions{
		HTTPHeader: http.Header{"Authorization": {string(c.id) + " " + string(c.role)}}, Subprotocols: []string{chat.Subprotocol},
	})
	if err != nil {
		c.t.Fatal(err)
	}
	conn.SetReadLimit(-1)
	l := &line{citizen: c, conn: conn}
	c.t.Cleanup(func() { _ = conn.CloseNow() }) // the server may have gone first
	return l
}

// told is a frame from the server.
type told struct {
	Type, Ref, Code, Room, Event string
	raw                          string
}

func (l *line) read() (f told) {
	l.t.Helper()
	_, data, err := l.conn.Read(l.t.Context())
	if err != nil {
		l.t.Fatalf("%s's socket: %v", l.id, err)
	}
	if err := json.Unmarshal(data, &f); err != nil {
		l.t.Fatal(err)
	}
	f.raw = string(data)
	return f
}

// until reads frames up to the first that is wanted.
func (l *line) until(wanted func(told) bool) told {
	l.t.Helper()
	for {
		if f := l.read(); wanted(f) {
			return f
		}
	}
}

// frame sends a frame with a ref, and returns what answers that.
func (l *line) frame(fields map[string]any) told {
	l.t.Helper()
	l.refs++
	ref := fmt.Sprint("r", l.refs)
	fields["ref"] = ref
	data, err := json.Marshal(fields)
	if err != nil {
		l.t.Fatal(err)
	}
	if err := l.conn.Write(l.t.Context(), websocket.MessageText, data); err != nil {
		l.t.Fatalf("%s's socket: %v", l.id, err)
	}
	return l.until(func(f told) bool { return f.Ref == ref })
}
