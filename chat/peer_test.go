package chat_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"testing/synctest"
	"time"

	"github.com/coder/websocket"

	"snug/chat"
)

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
	lists  atomic.Bool // frames that say that the list of rooms has changed are looked at

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
	w.mu.Lock()
	client := w.client
	w.mu.Unlock()
	conn, _, err := websocket.Dial(ctx, url, &websocket.DialOptions{HTTPClient: client, Subprotocols: []string{chat.Subprotocol}})
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
		if f.Type == "activity" && f.Room == "global" {
			continue // everybody is in that room; tests of activity are about others
		}
		if f.Type == "rooms" && !p.lists.Load() {
			continue // whoever posts in a public room becomes a member some time after
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

// drops loses the connection, and waits until the server knows.
func (p *peer) drops() {
	p.lose()
	synctest.Wait()
}

func (p *peer) lose() {
	p.stop()
	_ = p.conn.CloseNow() // it is to be lost
	<-p.closed
}
