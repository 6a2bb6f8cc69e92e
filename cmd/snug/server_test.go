package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/coder/websocket"

	"snug/cmd/snug/internal/config"
)

// testServer runs a Server in this process, on a free port.
func testServer(t *testing.T, args ...string) *Server {
	t.Helper()
	return hosted{}.start(t, args...).Server
}

// hosted is how a Server in this process is started; the zero value is a new one.
type hosted struct {
	data string // "" for a new folder
	env  []string
	log  io.Writer // nil for the test's own
}

// running is a Server that was started, and how to stop it.
type running struct {
	*Server
	stop func()
}

func (h hosted) open(t *testing.T, args ...string) (*Server, error) {
	t.Helper()
	if h.data == "" {
		h.data = filepath.Join(t.TempDir(), "data")
	}
	if h.log == nil {
		h.log = testLog{t}
	}
	l, err := config.Load(append([]string{"--addr", "127.0.0.1:0", "--data", h.data}, args...), h.env, t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	return OpenServer(t.Context(), l.Config, slog.New(slog.NewTextHandler(h.log, nil)), "test")
}

func (h hosted) start(t *testing.T, args ...string) running {
	t.Helper()
	s, err := h.open(t, args...)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	var runs sync.WaitGroup
	runs.Go(func() {
		if err := s.Run(ctx); err != nil {
			t.Errorf("run: %v", err)
		}
	})
	t.Cleanup(func() {
		s.Hurry()
		cancel()
		runs.Wait()
	})
	return running{s, func() { cancel(); runs.Wait() }}
}

type testLog struct{ t *testing.T }

func (l testLog) Write(p []byte) (int, error) {
	l.t.Log(strings.TrimSpace(string(p)))
	return len(p), nil
}

// soon is when what is to happen within a second has happened, however busy the machine
// is. What looks for sessions that are over comes once a minute.
const soon = 20 * time.Second

// person is somebody with a browser.
type person struct {
	t       *testing.T
	addr    string
	base    string // what the server is called by them; "" for its address
	client  *http.Client
	accepts string // the languages that they read
}

// origin is that of the pages that they see.
func (p *person) origin() string {
	if p.base != "" {
		return p.base
	}
	return "http://" + p.addr
}

// signUp makes an account at the server on addr.
func signUp(t *testing.T, addr, name string) *person {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	p := &person{t: t, addr: addr, client: &http.Client{Jar: jar, Transport: newWitness(t)}}
	email := strings.ToLower(name) + "@example.com"
	if status, body := p.post("/api/auth/sign-up/email", map[string]string{"name": name, "email": email, "password": "correct horse"}); status != 200 {
		t.Fatalf("sign up: %d %s", status, body)
	}
	return p
}

func (p *person) request(method, path string, body any) (status int, text string) {
	p.t.Helper()
	b, err := json.Marshal(body)
	if err != nil {
		p.t.Fatal(err)
	}
	r, err := http.NewRequest(method, "http://"+p.addr+path, bytes.NewReader(b))
	if err != nil {
		p.t.Fatal(err)
	}
	r.Host = p.origin()[strings.Index(p.origin(), "//")+2:]
	r.Header.Set("Origin", p.origin())
	r.Header.Set("Content-Type", "application/json")
	if p.accepts != "" {
		r.Header.Set("Accept-Language", p.accepts)
	}
	return do(p.t, p.client, r)
}

func (p *person) post(path string, body any) (int, string) {
	p.t.Helper()
	return p.request("POST", path, body)
}

// dial opens a socket; level 1 ones speak chat.v1.
func (p *person) dial(path string) *socket {
	p.t.Helper()
	sock, err := p.tryDial(path)
	if err != nil {
		p.t.Fatal(err)
	}
	return sock
}

func (p *person) tryDial(path string) (*socket, error) {
	p.t.Helper()
	opts := &websocket.DialOptions{HTTPClient: p.client, HTTPHeader: http.Header{"Origin": {"http://" + p.addr}}}
	if path == "/api/socket" {
		opts.Subprotocols = []string{"chat.v1"}
	}
	ctx, cancel := context.WithTimeout(p.t.Context(), patience)
	defer cancel()
	conn, _, err := websocket.Dial(ctx, "ws://"+p.addr+path, opts)
	if err != nil {
		return nil, err
	}
	p.t.Cleanup(func() { _ = conn.CloseNow() })
	return &socket{p.t, conn}, nil
}

type socket struct {
	t    *testing.T
	conn *websocket.Conn
}

func (s *socket) send(frame string) {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(s.t.Context(), patience)
	defer cancel()
	if err := s.conn.Write(ctx, websocket.MessageText, []byte(frame)); err != nil {
		s.t.Fatal(err)
	}
}

// until reads up to the first frame of a type.
func (s *socket) until(frameType string) map[string]any {
	s.t.Helper()
	return s.first("type", frameType)
}

// first reads up to the first frame of which a field is that.
func (s *socket) first(field, value string) map[string]any {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(s.t.Context(), patience)
	defer cancel()
	for {
		_, text, err := s.conn.Read(ctx)
		if err != nil {
			s.t.Fatalf("no %s: %v", value, err)
		}
		var frame map[string]any
		if err := json.Unmarshal(text, &frame); err != nil {
			s.t.Fatal(err)
		}
		if frame[field] == value {
			return frame
		}
	}
}

// closed reads on until the server closes, and returns its code.
func (s *socket) closed() websocket.StatusCode {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(s.t.Context(), patience)
	defer cancel()
	for {
		if _, _, err := s.conn.Read(ctx); err != nil {
			return websocket.CloseStatus(err)
		}
	}
}

func TestTwoPeopleTalk(t *testing.T) {
	s := testServer(t, "--auth-rate", "0")
	addr := s.Addr().String()
	ada, bob := signUp(t, addr, "Ada"), signUp(t, addr, "Bob")

	one, zero := ada.dial("/api/socket"), bob.dial("/api/chat")
	if you := one.until("hello")["you"].(map[string]any); you["userName"] != "Ada" {
		t.Errorf("hello %v", you)
	}
	one.send(`{"type":"join","room":"global"}`)
	one.until("joined")
	one.send(`{"type":"message","room":"global","clientId":"c1","content":"hello, Bob"}`)
	if ack := one.until("ack"); ack["clientId"] != "c1" || ack["seq"] != 1.0 {
		t.Errorf("ack %v", ack)
	}
	for {
		message := zero.until("message")["message"].(map[string]any)
		if message["type"] == "system" {
			continue
		}
		if message["content"] != "hello, Bob" || message["userName"] != "Ada" {
			t.Errorf("Bob reads %v", message)
		}
		break
	}
	zero.send(`{"type":"message","content":"hello, Ada"}`)
	for one.until("message")["message"].(map[string]any)["content"] != "hello, Ada" {
	}

	if status, body := bob.request("GET", "/api/rooms/global/messages?limit=1", nil); status != 200 || !strings.Contains(body, "hello, Ada") || !strings.Contains(body, `"hasOlder":true`) {
		t.Errorf("history: %d %s", status, body)
	}
	if status, body := ada.request("GET", "/api/chat/messages", nil); status != 200 || strings.Index(body, "hello, Bob") > strings.Index(body, "hello, Ada") {
		t.Errorf("newest: %d %s", status, body)
	}
	if status, _ := ada.request("GET", "/api/rooms/nowhere/messages", nil); status != 404 {
		t.Errorf("a room that isn't there: %d", status)
	}
}

// A session that ends takes its sockets along, and no other.
func TestSignOutClosesSockets(t *testing.T) {
	s := testServer(t, "--auth-rate", "0")
	ada, bob := signUp(t, s.Addr().String(), "Ada"), signUp(t, s.Addr().String(), "Bob")
	sockets := []*socket{ada.dial("/api/socket"), ada.dial("/api/chat")}
	other := bob.dial("/api/socket")
	if status, _ := ada.post("/api/auth/sign-out", struct{}{}); status != 200 {
		t.Fatalf("sign out: %d", status)
	}
	began := time.Now()
	for _, sock := range sockets {
		if code := sock.closed(); code != 4401 {
			t.Errorf("closed with %d, want 4401", code)
		}
	}
	if took := time.Since(began); took > soon {
		t.Errorf("that took %s", took)
	}
	other.send(`{"type":"ping"}`)
	other.until("pong")
	if status, body := ada.request("GET", "/api/chat/messages", nil); status != 401 || strings.TrimSpace(body) != `{"error":"Unauthorized"}` {
		t.Errorf("after signing out: %d %s", status, body)
	}
}

func TestTwoServersInOneProcess(t *testing.T) {
	first, second := testServer(t), testServer(t)
	ada := signUp(t, first.Addr().String(), "Ada")
	ada.addr = second.Addr().String() // the same cookies: a jar knows no ports
	if status, _ := ada.request("GET", "/api/chat/messages", nil); status != 401 {
		t.Errorf("the other server knows Ada's session: %d", status)
	}
	signUp(t, second.Addr().String(), "Ada")
}

// A server that was opened and never run holds nothing once it is closed.
func TestCloseWithoutRun(t *testing.T) {
	l, err := config.Load([]string{"--addr", "127.0.0.1:0", "--data", filepath.Join(t.TempDir(), "data")}, nil, t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		s, err := OpenServer(t.Context(), l.Config, slog.New(slog.DiscardHandler), "test")
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// A disk that can't be trusted any more ends the server: what is on it is read
// anew at the next start.
func TestStorageFailureEndsTheServer(t *testing.T) {
	l, err := config.Load([]string{"--addr", "127.0.0.1:0", "--data", filepath.Join(t.TempDir(), "data")}, nil, t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	s, err := OpenServer(t.Context(), l.Config, slog.New(slog.DiscardHandler), "test")
	if err != nil {
		t.Fatal(err)
	}
	cause := errors.New("sync: input/output error")
	s.failed <- cause
	if err := s.Run(t.Context()); !errors.Is(err, cause) || !strings.Contains(err.Error(), "start again") {
		t.Errorf("run: %v", err)
	}
}

// What a full disk does is said in words, and nobody loses the connection.
func TestDiskFillsUp(t *testing.T) {
	s := testServer(t)
	addr := s.Addr().String()
	sock := signUp(t, addr, "Ada").dial("/api/socket")
	sock.send(`{"type":"join","room":"global"}`)
	s.space.fake(79 << 20)
	if body := get(t, addr, "/readyz", 503); !strings.Contains(body, "79 MiB are free") {
		t.Errorf("not ready, because: %s", body)
	}
	get(t, addr, "/healthz", 200)
	sock.send(`{"type":"message","room":"global","clientId":"c1","content":"hello"}`)
	if e := sock.until("error"); e["code"] != "storage_full" || e["clientId"] != "c1" {
		t.Errorf("got %v", e)
	}
	s.space.fake(1 << 40)
	sock.send(`{"type":"message","room":"global","clientId":"c1","content":"hello"}`)
	if ack := sock.until("ack"); ack["seq"] != 1.0 {
		t.Errorf("once there is room again: %v", ack)
	}
}

func (d *disk) fake(free int64) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.measure = func() (int64, error) { return free, nil }
	d.looked = time.Time{}
}

func TestStartOnAFullDisk(t *testing.T) {
	execute(t, t.TempDir(), nil, "serve", "--addr", "127.0.0.1:0", "--min-free", "1000000GiB").
		want(t, 1, "data/objects", "storage is full", "MiB left")
}

// SIGTERM: everyone is told to come back, what was said is kept, and it is over
// within the time that service managers give.
func TestCleanStop(t *testing.T) {
	dir := t.TempDir()
	p := start(t, dir, []string{"SNUG_AUTH_RATE=0"})
	var sockets []*socket
	for i := range 5 {
		sockets = append(sockets, signUp(t, p.addr, fmt.Sprintf("P%d", i)).dial("/api/socket"))
	}
	for _, sock := range sockets {
		sock.until("hello")
	}
	sockets[0].send(`{"type":"join","room":"global"}`)
	sockets[0].send(`{"type":"message","room":"global","clientId":"c1","content":"last words"}`)
	sockets[0].until("ack")
	p.signal(t, syscall.SIGTERM)
	for _, sock := range sockets {
		if code := sock.closed(); code != websocket.StatusGoingAway {
			t.Errorf("closed with %d, want 1001", code)
		}
	}
	code, log, took := p.wait(t)
	if code != 0 || took > 10*time.Second {
		t.Errorf("exit code %d after %s:\n%s", code, took, log)
	}

	p = start(t, dir, nil)
	if status, body := signUp(t, p.addr, "Late").request("GET", "/api/chat/messages", nil); status != 200 || !strings.Contains(body, "last words") {
		t.Errorf("after the restart: %d %s", status, body)
	}
}

// kill -9 right behind the ack: the message and the session are there.
func TestKill(t *testing.T) {
	dir := t.TempDir()
	p := start(t, dir, nil)
	ada := signUp(t, p.addr, "Ada")
	sock := ada.dial("/api/socket")
	sock.send(`{"type":"join","room":"global"}`)
	sock.send(`{"type":"message","room":"global","clientId":"c1","content":"before the crash"}`)
	sock.until("ack")
	p.signal(t, syscall.SIGKILL)
	p.wait(t)

	p = start(t, dir, nil)
	ada.addr = p.addr
	if status, body := ada.request("GET", "/api/chat/messages", nil); status != 200 || !strings.Contains(body, "before the crash") {
		t.Errorf("after the crash: %d %s", status, body)
	}
}

// The second signal doesn't wait for anybody.
func TestStopAtOnce(t *testing.T) {
	p := start(t, t.TempDir(), nil)
	sock := signUp(t, p.addr, "Ada").dial("/api/socket")
	sock.until("hello")
	p.signal(t, syscall.SIGTERM)
	p.signal(t, syscall.SIGINT)
	if code, log, took := p.wait(t); code != 0 || took > 5*time.Second {
		t.Errorf("exit code %d after %s:\n%s", code, took, log)
	}
}
