package chat_test

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"snug/chat"
	"snug/db"
	"snug/durable"
	"snug/durable/durabletest"
)

// tables is the register of rooms, one for all tests: SQLite waits for the disk
// in ways that a bubble doesn't know, so it is opened outside of them.
var tables *db.DB

func TestMain(m *testing.M) { os.Exit(testMain(m)) }

func testMain(m *testing.M) int {
	dir, err := os.MkdirTemp("", "chat")
	if err != nil {
		fmt.Println(err)
		return 1
	}
	defer os.RemoveAll(dir)
	if tables, err = db.Open(context.Background(), filepath.Join(dir, "snug.db")); err != nil {
		fmt.Println(err)
		return 1
	}
	defer tables.Close()
	return m.Run()
}

// world is a chat with its clients, all inside one bubble: real sockets over
// pipes, a store in memory that can fail, a clock that runs only when nothing
// else does.
type world struct {
	*testing.T
	cfg    chat.Config
	store  *durabletest.Store
	faults *durabletest.Faults
	chat   *chat.Service
	ln     *pipes
	srv    *http.Server

	mu     sync.Mutex
	client *http.Client        // that reaches the present chat
	ids    map[durable.ID]bool // of the objects that the store has met
}

// inBubble runs fn in a bubble with a chat that a configuration was asked for.
func inBubble(t *testing.T, configure func(*chat.Config), fn func(w *world)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		w := &world{T: t, store: durabletest.NewStore(), ids: make(map[durable.ID]bool), cfg: chat.Config{
			DB: tables, Logger: slog.New(slog.DiscardHandler), PostRate: chat.Rate{Limit: 10, Window: 10 * time.Second},
		}}
		if configure != nil {
			configure(&w.cfg)
		}
		w.start()
		defer w.stop()
		fn(w)
	})
}

func unlimited(c *chat.Config) { c.PostRate = chat.Rate{} }

func (w *world) start() {
	w.Helper()
	w.faults = durabletest.NewFaults(w.store)
	w.cfg.Store = &noting{Store: w.faults, w: w}
	var err error
	if w.chat, err = chat.New(w.Context(), w.cfg); err != nil {
		w.Fatal(err)
	}
	w.ln = newPipes()
	mux := http.NewServeMux()
	service := w.chat
	mux.HandleFunc("/api/chat", func(rw http.ResponseWriter, r *http.Request) { service.ServeLevel0(rw, r, actor(r), nil) })
	mux.HandleFunc("/api/socket", func(rw http.ResponseWriter, r *http.Request) { service.ServeSocket(rw, r, actor(r), nil) })
	w.srv = &http.Server{Handler: mux, ErrorLog: slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)}
	w.mu.Lock()
	w.client = &http.Client{Transport: &http.Transport{DialContext: w.ln.dial, DisableKeepAlives: true}}
	w.mu.Unlock()
	ln, srv := w.ln, w.srv
	go func() { _ = srv.Serve(ln) }() // ends with ErrServerClosed
}

// actor is what the HTTP layer would have found out about a request.
func actor(r *http.Request) chat.Actor {
	q := r.URL.Query()
	return chat.Actor{
		User:       chat.User{ID: chat.UserID(q.Get("id")), Name: q.Get("name"), Image: q.Get("image")},
		SessionKey: q.Get("session"), ReadOnly: q.Get("readonly") != "", Role: chat.Role(q.Get("role")),
	}
}

// stop ends the chat as a signal would.
func (w *world) stop() {
	w.Helper()
	w.faults.Release()
	if err := w.chat.Close(w.Context()); err != nil && !errors.Is(err, context.Canceled) && !errors.Is(err, durable.ErrClosed) {
		w.Errorf("close: %v", err)
	}
	w.end()
}

func (w *world) end() {
	_ = w.srv.Close()
	w.ln.cut()
}

// restart stops the chat and starts it on the same store.
func (w *world) restart() {
	w.Helper()
	w.stop()
	w.store = w.store.Restart()
	w.start()
}

// crash ends the process: nothing is said to anybody, what wasn't durable is
// gone.
func (w *world) crash() {
	w.Helper()
	w.ln.cut()
	w.store = w.store.Crash()
	over, cancel := context.WithCancel(w.Context())
	cancel()
	_ = w.chat.Close(over) // it has no more time
	w.end()
	w.start()
}

// hibernate lets the time pass after which an idle room is put to sleep.
func (w *world) hibernate() {
	w.Helper()
	synctest.Wait()
	time.Sleep(30 * time.Second)
	synctest.Wait()
	if n := w.chat.Stats().Awake; n != 0 {
		w.Fatalf("%d objects are awake after half a minute of nothing", n)
	}
}

// noting is a store that notes which objects there are.
type noting struct {
	durable.Store
	w *world
}

func (n *noting) Claim(ctx context.Context, id durable.ID, class, name string) (durable.Record, error) {
	n.w.mu.Lock()
	n.w.ids[id] = true
	n.w.mu.Unlock()
	return n.Store.Claim(ctx, id, class, name)
}

// dump is all that the store holds.
func (w *world) dump() string {
	w.Helper()
	synctest.Wait()
	w.mu.Lock()
	defer w.mu.Unlock()
	var b strings.Builder
	for id := range w.ids {
		err := w.store.Scan(w.Context(), id, durable.Range{}, func(key, value []byte) bool {
			fmt.Fprintf(&b, "%q %q\n", key, value)
			return true
		})
		if err != nil {
			w.Fatal(err)
		}
	}
	return b.String()
}

// page reads history, which has to work.
func (w *world) page(q chat.HistoryQuery) chat.Page {
	w.Helper()
	p, err := w.tryPage(q)
	if err != nil {
		w.Fatal(err)
	}
	return p
}

func (w *world) tryPage(q chat.HistoryQuery) (p chat.Page, err error) {
	w.Helper()
	data, err := w.chat.History(w.Context(), chat.Actor{}, "global", q)
	if err != nil {
		return p, err
	}
	if err := json.Unmarshal(data, &p); err != nil {
		w.Errorf("a page that isn't JSON: %v: %s", err, data)
	}
	if again := encode(p); again != string(data) {
		w.Errorf("a page that isn't a Page:\n got %s\nwant %s", data, again)
	}
	return p, nil
}

// newest reads the newest messages of level 0, which has to work.
func (w *world) newest() (list []chat.Message) {
	w.Helper()
	data, err := w.chat.Newest(w.Context(), chat.Actor{})
	if err == nil {
		err = json.Unmarshal(data, &list)
	}
	if err != nil || list == nil || encode(list) != string(data) {
		w.Fatalf("got %s, %v", data, err)
	}
	return list
}

// encode is how the server writes JSON.
func encode(v any) string {
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		panic(err) // our own types
	}
	return strings.TrimSuffix(b.String(), "\n")
}

// contents is the text of messages.
func contents(messages []chat.Message) string {
	var list []string
	for _, m := range messages {
		list = append(list, m.Content)
	}
	return strings.Join(list, " ")
}

func seqs(messages []chat.Message) string {
	var list []string
	for _, m := range messages {
		list = append(list, fmt.Sprint(m.Seq))
	}
	return strings.Join(list, " ")
}

// pipes is a listener whose connections are pipes.
type pipes struct {
	conns  chan net.Conn
	closed chan struct{}

	mu   sync.Mutex
	open []net.Conn
	over bool
}

func newPipes() *pipes { return &pipes{conns: make(chan net.Conn), closed: make(chan struct{})} }

func (p *pipes) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	near, far := net.Pipe()
	select {
	case p.conns <- far:
	case <-p.closed:
		return nil, net.ErrClosed
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	p.mu.Lock()
	p.open = append(p.open, near, far)
	p.mu.Unlock()
	return near, nil
}

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.conns:
		return c, nil
	case <-p.closed:
		return nil, net.ErrClosed
	}
}

func (p *pipes) Close() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.over {
		p.over = true
		close(p.closed)
	}
	return nil
}

func (p *pipes) Addr() net.Addr { return &net.UnixAddr{Name: "pipes", Net: "unix"} }

// cut ends all connections at once, without a word.
func (p *pipes) cut() {
	_ = p.Close()
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, c := range p.open {
		_ = c.Close()
	}
}

// roomID is the name of a room's object.
func roomID(t *testing.T, slug string) chat.RoomID {
	t.Helper()
	return roomOf(t, tables, slug)
}

// roomIn is roomID where a chat has tables of its own.
func roomIn(w *world, slug string) chat.RoomID {
	w.Helper()
	return roomOf(w.T, w.cfg.DB, slug)
}

func roomOf(t *testing.T, d *db.DB, slug string) (id chat.RoomID) {
	t.Helper()
	err := d.Read(t.Context(), func(tx *sql.Tx) error {
		return tx.QueryRowContext(t.Context(), `select id from rooms where slug = ?`, slug).Scan(&id)
	})
	if err != nil {
		t.Fatal(err)
	}
	return id
}
