package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
)

// wireWait bounds the wait for a single answer.
const wireWait = 10 * time.Second

type message struct {
	ID        string `json:"id"`
	UserID    string `json:"userId"`
	UserName  string `json:"userName"`
	Content   string `json:"content"`
	Timestamp int64  `json:"timestamp"`
	Type      string `json:"type"`
	Seq       uint64 `json:"seq"`
	ClientID  string `json:"clientId"`
}

type user struct {
	UserID    string `json:"userId"`
	UserName  string `json:"userName"`
	UserImage string `json:"userImage"`
}

type page struct {
	Stream   string    `json:"stream"`
	Head     uint64    `json:"head"`
	HasOlder bool      `json:"hasOlder"`
	HasNewer bool      `json:"hasNewer"`
	Messages []message `json:"messages"`
}

// frame is whatever a server sends. Message is an object in a message frame and
// a text in an error.
type frame struct {
	Type           string          `json:"type"`
	Room           string          `json:"room"`
	Ref            string          `json:"ref"`
	Code           string          `json:"code"`
	Stream         string          `json:"stream"`
	Head           uint64          `json:"head"`
	Resumed        bool            `json:"resumed"`
	Seq            uint64          `json:"seq"`
	ID             string          `json:"id"`
	ClientID       string          `json:"clientId"`
	Count          int             `json:"count"`
	Users          []user          `json:"users"`
	ConnectedUsers []user          `json:"connectedUsers"`
	You            user            `json:"you"`
	Protocol       int             `json:"protocol"`
	Message        json.RawMessage `json:"message"`
	RetryAfterMs   int64           `json:"retryAfterMs"`
}

func (f frame) posted() (message, error) {
	var m message
	err := json.Unmarshal(f.Message, &m)
	return m, err
}

// person is an account with one session.
type person struct {
	s        *server
	name     string
	email    string
	password string
	cookie   string // for the Cookie header
	id       string
}

func (s *server) signUp(tb testing.TB, name string) *person {
	tb.Helper()
	email := strings.ToLower(strings.ReplaceAll(name, " ", ".")) + "@example.org"
	p := &person{s: s, name: name, email: email, password: "correct horse " + name}
	p.enter(tb, "/api/auth/sign-up/email", map[string]any{"name": p.name, "email": p.email, "password": p.password})
	return p
}

// signIn begins another session of the same account.
func (p *person) signIn(tb testing.TB) *person {
	tb.Helper()
	q := *p
	q.enter(tb, "/api/auth/sign-in/email", map[string]any{"email": p.email, "password": p.password})
	return &q
}

func (p *person) enter(tb testing.TB, path string, body map[string]any) {
	tb.Helper()
	res := p.s.send(tb, http.MethodPost, path, body, http.Header{"Origin": {p.s.url}})
	if res.status != http.StatusOK {
		tb.Fatalf("%s: %d %s", path, res.status, res.body)
	}
	var reply struct{ User struct{ ID string } }
	res.decode(tb, &reply)
	p.id = reply.User.ID
	for _, c := range res.cookies {
		if c.Name == "better-auth.session_token" {
			p.cookie = c.Name + "=" + c.Value
		}
	}
	if p.cookie == "" || p.id == "" {
		tb.Fatalf("%s gave no session: %s", path, res.body)
	}
}

func (p *person) signOut(tb testing.TB) {
	tb.Helper()
	res := p.s.send(tb, http.MethodPost, "/api/auth/sign-out", map[string]any{}, p.header())
	if res.status != http.StatusOK {
		tb.Fatalf("sign-out: %d %s", res.status, res.body)
	}
}

// header is what a browser of this person sends.
func (p *person) header() http.Header {
	return http.Header{"Origin": {p.s.url}, "Cookie": {p.cookie}}
}

type reply struct {
	status  int
	header  http.Header
	body    string
	cookies []*http.Cookie
}

func (r reply) decode(tb testing.TB, into any) {
	tb.Helper()
	if err := json.Unmarshal([]byte(r.body), into); err != nil {
		tb.Fatalf("reply %d %q: %v", r.status, r.body, err)
	}
}

// plain follows no redirects: to the protocol each is an answer.
var plain = &http.Client{
	Timeout:       3 * wireWait,
	CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
}

// send makes a request; a body that is no string is sent as JSON. A header Host
// is the request's host.
func (s *server) send(tb testing.TB, method, path string, body any, header http.Header) reply {
	tb.Helper()
	res, err := s.try(method, path, body, header)
	if err != nil {
		tb.Fatalf("%s %s: %v", method, path, err)
	}
	return res
}

func (s *server) try(method, path string, body any, header http.Header) (reply, error) {
	var content io.Reader
	kind := ""
	switch b := body.(type) {
	case nil:
	case string:
		content = strings.NewReader(b)
	default:
		encoded, err := json.Marshal(b)
		if err != nil {
			return reply{}, err
		}
		content, kind = bytes.NewReader(encoded), "application/json"
	}
	req, err := http.NewRequest(method, s.url+path, content)
	if err != nil {
		return reply{}, err
	}
	for name, values := range header {
		req.Header[name] = values
	}
	if host := req.Header.Get("Host"); host != "" {
		req.Host = host
		req.Header.Del("Host")
	}
	if kind != "" && req.Header.Get("Content-Type") == "" {
		req.Header.Set("Content-Type", kind)
	}
	res, err := plain.Do(req)
	if err != nil {
		return reply{}, err
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		return reply{}, fmt.Errorf("read body: %w", err)
	}
	return reply{res.StatusCode, res.Header, string(text), res.Cookies()}, nil
}

func (p *person) get(tb testing.TB, path string) reply {
	tb.Helper()
	return p.s.send(tb, http.MethodGet, path, nil, p.header())
}

// history returns a page of the room global.
func (p *person) history(query string) (page, error) {
	res, err := p.s.try(http.MethodGet, "/api/rooms/global/messages?"+query, nil, p.header())
	if err != nil {
		return page{}, err
	}
	if res.status != http.StatusOK {
		return page{}, fmt.Errorf("history?%s: %d %s", query, res.status, res.body)
	}
	var pg page
	return pg, json.Unmarshal([]byte(res.body), &pg)
}

// socket is an open WebSocket.
type socket struct {
	*websocket.Conn
}

const (
	level0Path = "/api/chat"
	level1Path = "/api/socket"
)

// dial opens a socket; on a refusal it returns the status.
func (s *server) dial(ctx context.Context, path string, header http.Header) (*socket, int, error) {
	o := &websocket.DialOptions{HTTPHeader: header.Clone(), CompressionMode: websocket.CompressionDisabled}
	if path == level1Path {
		o.Subprotocols = []string{"chat.v1"}
	}
	if host := header.Get("Host"); host != "" {
		o.Host = host
	}
	c, res, err := websocket.Dial(ctx, "ws://"+s.addr+path, o)
	status := 0
	if res != nil {
		status = res.StatusCode
	}
	if err != nil {
		return nil, status, err
	}
	c.SetReadLimit(8 << 20)
	return &socket{c}, status, nil
}

// open opens a socket that must open; it is closed with the test.
func (p *person) open(tb testing.TB, path string) *socket {
	tb.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), wireWait)
	defer cancel()
	c, status, err := p.s.dial(ctx, path, p.header())
	if err != nil {
		tb.Fatalf("open %s: %d %v", path, status, err)
	}
	tb.Cleanup(func() { _ = c.CloseNow() }) // most are closed by then
	return c
}

// joined opens a level 1 socket in the room global.
func (p *person) joined(tb testing.TB) *socket {
	tb.Helper()
	c := p.open(tb, level1Path)
	c.await(tb, "hello")
	c.send(tb, map[string]any{"type": "join", "room": "global"})
	c.await(tb, "joined")
	return c
}

// sendText sends a text frame as it is.
func (c *socket) sendText(tb testing.TB, text string) {
	tb.Helper()
	if err := c.write(context.Background(), websocket.MessageText, []byte(text)); err != nil {
		tb.Fatalf("send: %v", err)
	}
}

func (c *socket) send(tb testing.TB, v any) {
	tb.Helper()
	encoded, err := json.Marshal(v)
	if err != nil {
		tb.Fatal(err)
	}
	c.sendText(tb, string(encoded))
}

func (c *socket) write(ctx context.Context, kind websocket.MessageType, data []byte) error {
	ctx, cancel := context.WithTimeout(ctx, wireWait)
	defer cancel()
	return c.Write(ctx, kind, data)
}

// read returns the next frame.
func (c *socket) read(ctx context.Context) (frame, error) {
	kind, data, err := c.Read(ctx)
	if err != nil {
		return frame{}, err
	}
	var f frame
	if kind != websocket.MessageText {
		return f, fmt.Errorf("a binary frame of %d bytes", len(data))
	}
	if err := json.Unmarshal(data, &f); err != nil {
		return f, fmt.Errorf("frame %.200q: %w", data, err)
	}
	return f, nil
}

// await reads until a frame of this type comes.
func (c *socket) await(tb testing.TB, kind string) frame {
	tb.Helper()
	return c.awaitThat(tb, kind, func(f frame) bool { return f.Type == kind })
}

// awaitThat reads until a frame fits.
func (c *socket) awaitThat(tb testing.TB, what string, fits func(frame) bool) frame {
	tb.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), wireWait)
	defer cancel()
	for {
		f, err := c.read(ctx)
		if err != nil {
			tb.Fatalf("waiting for %s: %v", what, err)
		}
		if fits(f) {
			return f
		}
	}
}

// awaitContent reads until a message with this content comes.
func (c *socket) awaitContent(tb testing.TB, content string) message {
	tb.Helper()
	var m message
	c.awaitThat(tb, "message "+content, func(f frame) bool {
		if f.Type != "message" {
			return false
		}
		var err error
		if m, err = f.posted(); err != nil {
			tb.Fatal(err)
		}
		return m.Content == content
	})
	return m
}

// post posts on a level 1 socket and waits for the ack.
func (c *socket) post(tb testing.TB, clientID, content string) frame {
	tb.Helper()
	c.send(tb, map[string]any{"type": "message", "room": "global", "clientId": clientID, "content": content})
	return c.awaitThat(tb, "ack of "+clientID, func(f frame) bool {
		if (f.Type == "error" || f.Type == "rateLimit") && f.ClientID == clientID {
			tb.Fatalf("post refused: %s %s", f.Code, f.Message)
		}
		return f.Type == "ack" && f.ClientID == clientID
	})
}

// ping expects that the socket is alive.
func (c *socket) ping(tb testing.TB) {
	tb.Helper()
	c.sendText(tb, `{"type":"ping"}`)
	c.await(tb, "pong")
}

// awaitClose reads until the server closes, and returns the code; frames that
// come before are passed to seen, which may be nil.
func (c *socket) awaitClose(tb testing.TB, seen func(frame)) int {
	tb.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), wireWait)
	defer cancel()
	for {
		f, err := c.read(ctx)
		if err == nil {
			if seen != nil {
				seen(f)
			}
			continue
		}
		code, ok := closeCode(err)
		if !ok {
			tb.Fatalf("the socket ended without a Close: %v", err)
		}
		return code
	}
}

func closeCode(err error) (int, bool) {
	var closed websocket.CloseError
	if errors.As(err, &closed) {
		return int(closed.Code), true
	}
	return 0, false
}
