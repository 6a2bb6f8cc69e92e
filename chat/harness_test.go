package chat_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
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

	"github.com/coder/websocket"

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
	client *http.Client

	mu  sync.Mutex
	ids map[durable.ID]bool // of the objects that the store has met
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
	mux.HandleFunc("/api/chat", func(rw http.ResponseWriter, r *http.Request) { w.chat.ServeLevel0(rw, r, actor(r)) })
	mux.HandleFunc("/api/socket", func(rw http.ResponseWriter, r *http.Request) { w.chat.ServeSocket(rw, r, actor(r)) })
	w.srv = &http.Server{Handler: mux, ErrorLog: slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)}
	w.client = &http.Client{Transport: &http.Transport{DialContext: w.ln.dial, DisableKeepAlives: true}}
	ln, srv := w.ln, w.srv
	go func() { _ = srv.Serve(ln) }() // ends with ErrServerClosed
}

// actor is what the HTTP layer would have found out about a request.
func actor(r *http.Request) chat.Actor {
	q := r.URL.Query()
	a := chat.Actor{User: chat.User{ID: chat.UserID(q.Get("id")), Name: q.Get("name"), Image: q.Get("image")}, SessionKey: q.Get("session")}
	if at := q.Get("expires"); at != "" {
		a.ExpiresAt, _ = time.Parse(time.RFC3339Nano, at)
	}
	return a
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
	p, err := w.chat.History(w.Context(), chat.Actor{}, "global", q)
	if err != nil {
		w.Fatal(err)
	}
	return p
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

// in is any frame from the server.
type in struct {
	Type, Ref, Room, Stream, Role string
	ClientID                      string `json:"clientId"`
	ID                            string `json:"id"`
	Code                          string
	Head, Seq                     uint64
	Resumed                       bool
	Count                         int
	Users, Joined, ConnectedUsers []chat.User
	Left                          []string
	UserID                        string `json:"userId"`
	UserName                      string `json:"userName"`
	RetryAfterMs                  int64
	Limit                         int
	WindowMs, Timestamp           int64
	raw                           string
}

// msg is the message that a frame carries.
func (f in) msg() chat.Message {
	var carrier struct{ Message chat.Message }
	_ = json.Unmarshal([]byte(f.raw), &carrier) // an error's text is no message
	return carrier.Message
}

func (f in) String() string { return f.raw }

// peer is a client's socket.
type peer struct {
	w      *world
	conn   *websocket.Conn
	frames chan in
	closed chan struct{}
	end    error // once closed
	stop   context.CancelFunc

	mu   sync.Mutex
	gate chan struct{} // not nil: nothing is read
}

// hold makes the client take nothing from its connection until release.
func (p *peer) hold() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.gate = make(chan struct{})
}

func (p *peer) release() {
	p.mu.Lock()
	defer p.mu.Unlock()
	close(p.gate)
	p.gate = nil
}

func (p *peer) waitGate() {
	p.mu.Lock()
	gate := p.gate
	p.mu.Unlock()
	if gate != nil {
		<-gate
	}
}

// dial opens a socket; who is "id" or "id/session".
func (w *world) dial(path, who string, params ...string) *peer {
	w.Helper()
	p, err := w.tryDial(path, who, params...)
	if err != nil {
		w.Fatal(err)
	}
	return p
}

func (w *world) tryDial(path, who string, params ...string) (*peer, error) {
	id, session, ok := strings.Cut(who, "/")
	if !ok {
		session = "s-" + id
	}
	params = append(params, "id="+id, "session="+session, "name="+strings.ToUpper(id[:1])+id[1:])
	url := "ws://chat" + path + "?" + strings.Join(params, "&")
	ctx, cancel := context.WithCancel(w.Context())
	conn, _, err := websocket.Dial(ctx, url, &websocket.DialOptions{HTTPClient: w.client, Subprotocols: []string{chat.Subprotocol}})
	if err != nil {
		cancel()
		return nil, err
	}
	conn.SetReadLimit(-1)
	p := &peer{w: w, conn: conn, frames: make(chan in, 1<<16), closed: make(chan struct{}), stop: cancel}
	go p.read(ctx)
	return p, nil
}

func (p *peer) read(ctx context.Context) {
	defer close(p.closed)
	for {
		p.waitGate()
		kind, data, err := p.conn.Read(ctx)
		if err != nil {
			p.end = err
			return
		}
		f := in{raw: string(data)}
		if len(data) > 4<<10 { // of a big one its type is enough: the race detector makes JSON slow
			f.Type, _, _ = strings.Cut(strings.TrimPrefix(f.raw, `{"type":"`), `"`)
		} else {
			err = json.Unmarshal(data, &f)
		}
		if err != nil || kind != websocket.MessageText {
			p.w.Errorf("got a frame that isn't ours: %v %.200q: %v", kind, data, err)
		}
		p.frames <- f
	}
}

// level0 opens a level 0 socket.
func (w *world) level0(who string, params ...string) *peer {
	w.Helper()
	return w.dial("/api/chat", who, params...)
}

// socket opens a level 1 socket and takes its hello.
func (w *world) socket(who string, params ...string) *peer {
	w.Helper()
	p := w.dial("/api/socket", who, params...)
	p.next("hello")
	return p
}

// joined opens a level 1 socket that has joined the room, and takes the frames
// that this causes.
func (w *world) joined(who string) (*peer, in) {
	w.Helper()
	p := w.socket(who)
	p.send(`{"type":"join","room":"global"}`)
	f := p.next("joined")
	synctest.Wait()
	time.Sleep(300 * time.Millisecond) // the presence
	p.drain()
	return p, f
}

func (p *peer) send(format string, args ...any) {
	p.w.Helper()
	if err := p.trySend(format, args...); err != nil {
		p.w.Fatal(err)
	}
}

func (p *peer) trySend(format string, args ...any) error {
	text := format
	if len(args) > 0 {
		text = fmt.Sprintf(format, args...)
	}
	return p.conn.Write(p.w.Context(), websocket.MessageText, []byte(text))
}

// post posts and doesn't wait.
func (p *peer) post(clientID, content string) {
	p.w.Helper()
	p.send(`{"type":"message","room":"global","clientId":%q,"content":%q}`, clientID, content)
}

// any returns the next frame of whatever type.
func (p *peer) any() in {
	p.w.Helper()
	select {
	case f := <-p.frames:
		return f
	default:
	}
	select {
	case f := <-p.frames:
		return f
	case <-p.closed:
		select {
		case f := <-p.frames:
			return f
		default:
		}
		p.w.Fatalf("the socket closed: %v", p.end)
	case <-time.After(time.Minute):
		p.w.Fatal("no frame for a minute")
	}
	panic("unreachable")
}

// next returns the next frame, which must be of the type.
func (p *peer) next(kind string) in {
	p.w.Helper()
	f := p.any()
	if f.Type != kind {
		p.w.Fatalf("got %s, want a frame of type %s", f, kind)
	}
	return f
}

// until returns the next frame of the type, and drops those before it.
func (p *peer) until(kind string) in {
	p.w.Helper()
	for {
		if f := p.any(); f.Type == kind {
			return f
		}
	}
}

// drain returns what has arrived when nothing moves any more.
func (p *peer) drain(kinds ...string) (list []in) {
	synctest.Wait()
	for {
		select {
		case f := <-p.frames:
			if len(kinds) == 0 || strings.Contains(" "+strings.Join(kinds, " ")+" ", " "+f.Type+" ") {
				list = append(list, f)
			}
		default:
			return list
		}
	}
}

// silent checks that nothing has arrived.
func (p *peer) silent() {
	p.w.Helper()
	if list := p.drain(); len(list) > 0 {
		p.w.Fatalf("got %v, want nothing", list)
	}
}

// closes waits for the end of the socket, drops what came before it and checks
// the code; 0 is a connection that was lost.
func (p *peer) closes(code int) string {
	p.w.Helper()
	select {
	case <-p.closed:
	case <-time.After(2 * time.Minute):
		p.w.Fatalf("the socket stays open, want close code %d", code)
	}
	var closed websocket.CloseError
	if !errors.As(p.end, &closed) {
		if code != 0 {
			p.w.Fatalf("the socket was lost (%v), want close code %d", p.end, code)
		}
		return ""
	}
	if int(closed.Code) != code {
		p.w.Fatalf("closed with %d %q, want %d", closed.Code, closed.Reason, code)
	}
	return closed.Reason
}

// leaves closes the socket properly.
func (p *peer) leaves() {
	p.w.Helper()
	if err := p.conn.Close(websocket.StatusNormalClosure, ""); err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, net.ErrClosed) {
		p.w.Errorf("close: %v", err)
	}
	<-p.closed
	synctest.Wait()
}

// drops loses the connection.
func (p *peer) drops() {
	p.stop()
	_ = p.conn.CloseNow() // it is to be lost
	<-p.closed
	synctest.Wait()
}
