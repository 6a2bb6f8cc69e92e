package websocket_test

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	coder "github.com/coder/websocket"

	"snug/durable/internal/websocket"
)

// hijackable records a reply, or hands out a connection.
type hijackable struct {
	*httptest.ResponseRecorder
	conn net.Conn
	in   *bufio.Reader
}

func (h hijackable) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	return h.conn, bufio.NewReadWriter(h.in, bufio.NewWriter(h.conn)), nil
}

const handshake = "GET /socket HTTP/1.1\r\nHost: example.org\r\nConnection: keep-alive, Upgrade\r\nUpgrade: websocket\r\n" +
	"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"

func TestUpgrade(t *testing.T) {
	const accepted = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
		"Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n" // of RFC 6455 §1.3
	for _, c := range []struct {
		name, from, to string // what is changed in the handshake
		early          string
		deflate        bool // is spoken
		status         int
		reply          string // for status 101
		header         string // that the refusal bears
	}{
		{name: "as in the RFC", status: 101, reply: accepted},
		{name: "cases and spaces", from: "Upgrade: websocket", to: "Upgrade:   WebSocket", status: 101, reply: accepted},
		{name: "bytes sent ahead", early: "\x81\x80abcd\x81", status: 101, reply: accepted},
		{name: "a subprotocol of ours", from: "Host", to: "Sec-WebSocket-Protocol: other, chat.v1 , chat.v0\r\nHost", status: 101,
			reply: accepted + "Sec-WebSocket-Protocol: chat.v1\r\n"},
		{name: "subprotocols in two lines", from: "Host", to: "Sec-WebSocket-Protocol: other\r\nSec-WebSocket-Protocol: chat.v0\r\nHost", status: 101,
			reply: accepted + "Sec-WebSocket-Protocol: chat.v0\r\n"},
		{name: "a subprotocol of nobody", from: "Host", to: "Sec-WebSocket-Protocol: chat\r\nHost", status: 101, reply: accepted},
		{name: "compression is not spoken", from: "Host", to: "Sec-WebSocket-Extensions: permessage-deflate\r\nHost", status: 101, reply: accepted},
		{name: "compression", from: "Host", to: "Sec-WebSocket-Protocol: chat.v1\r\nSec-WebSocket-Extensions: permessage-deflate\r\nHost", deflate: true, status: 101,
			reply: accepted + "Sec-WebSocket-Protocol: chat.v1\r\n" +
				"Sec-WebSocket-Extensions: permessage-deflate; server_no_context_takeover; client_no_context_takeover\r\n"},
		{name: "compression that we can't do", from: "Host", to: "Sec-WebSocket-Extensions: permessage-deflate; server_max_window_bits=10\r\nHost", deflate: true,
			status: 101, reply: accepted},
		{name: "no upgrade", from: "Upgrade: websocket\r\n", to: "", status: 426, header: "Upgrade: websocket"},
		{name: "an upgrade to something else", from: "Upgrade: websocket", to: "Upgrade: h2c", status: 426, header: "Upgrade: websocket"},
		{name: "no connection", from: "keep-alive, Upgrade", to: "keep-alive", status: 426, header: "Upgrade: websocket"},
		{name: "POST", from: "GET", to: "POST", status: 405, header: "Allow: GET"},
		{name: "HTTP/1.0", from: "HTTP/1.1", to: "HTTP/1.0", status: 400},
		{name: "no version", from: "Sec-WebSocket-Version: 13\r\n", to: "", status: 426, header: "Sec-Websocket-Version: 13"},
		{name: "version 8", from: "Version: 13", to: "Version: 8", status: 426, header: "Sec-Websocket-Version: 13"},
		{name: "no key", from: "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n", to: "", status: 400},
		{name: "an empty key", from: "dGhlIHNhbXBsZSBub25jZQ==", to: "", status: 400},
		{name: "not base64", from: "dGhlIHNhbXBsZSBub25jZQ==", to: "dGhlIHNhbXBsZSBub25jZQ=!", status: 400},
		{name: "15 bytes", from: "dGhlIHNhbXBsZSBub25jZQ==", to: "dGhlIHNhbXBsZSBub25j", status: 400},
		{name: "two keys", from: "Host", to: "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nHost", status: 400},
	} {
		t.Run(c.name, func(t *testing.T) {
			in := bufio.NewReader(strings.NewReader(strings.Replace(handshake, c.from, c.to, 1) + "\r\n" + c.early))
			r, err := http.ReadRequest(in)
			if err != nil {
				t.Fatal(err)
			}
			near, far := net.Pipe()
			defer func() { _ = near.Close() }()
			replied := make(chan string, 1)
			go func() {
				reply, _ := io.ReadAll(near)
				replied <- string(reply)
			}()
			w := hijackable{httptest.NewRecorder(), far, in}
			got, err := websocket.Upgrade(w, r, websocket.Options{Subprotocols: []string{"chat.v0", "chat.v1"}, Deflate: c.deflate})
			if c.status != 101 {
				if !errors.Is(err, websocket.ErrHandshake) || w.Code != c.status || w.Body.Len() == 0 {
					t.Errorf("got %d %q, %v; want %d", w.Code, w.Body, err, c.status)
				}
				if name, value, _ := strings.Cut(c.header, ": "); w.Header().Get(name) != value {
					t.Errorf("got header %v, want %s", w.Header(), c.header)
				}
				return
			}
			if err != nil || got.Conn != far || string(got.Early) != c.early {
				t.Fatalf("got %+v, %v", got, err)
			}
			if want := strings.Contains(c.reply, "deflate"); got.Deflate != want || got.Subprotocol != subprotocolOf(c.reply) {
				t.Errorf("got %+v", got)
			}
			_ = far.Close()
			if reply := <-replied; reply != c.reply+"\r\n" {
				t.Errorf("got %q\nwant %q", reply, c.reply+"\r\n")
			}
		})
	}
}

func subprotocolOf(reply string) string {
	_, rest, _ := strings.Cut(reply, "Sec-WebSocket-Protocol: ")
	name, _, _ := strings.Cut(rest, "\r\n")
	return name
}

// A connection that can't be taken over (HTTP/2) is refused in words.
func TestUpgradeWithoutHijack(t *testing.T) {
	r, err := http.ReadRequest(bufio.NewReader(strings.NewReader(handshake + "\r\n")))
	if err != nil {
		t.Fatal(err)
	}
	w := httptest.NewRecorder()
	if _, err := websocket.Upgrade(w, r, websocket.Options{}); !errors.Is(err, websocket.ErrHandshake) || w.Code != 500 {
		t.Errorf("got %d, %v", w.Code, err)
	}
}

// Another implementation agrees with ours, over a real server, whether or not it
// wants to compress.
func TestAgainstAnotherClient(t *testing.T) {
	for mode, name := range map[coder.CompressionMode]string{
		coder.CompressionDisabled: "plain", coder.CompressionNoContextTakeover: "compressed", coder.CompressionContextTakeover: "compressed with takeover",
	} {
		t.Run(name, func(t *testing.T) { talkToAnotherClient(t, mode) })
	}
}

func talkToAnotherClient(t *testing.T, mode coder.CompressionMode) {
	deflaters, inflaters := websocket.NewDeflaters(), new(websocket.Inflaters)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		conn, err := websocket.Upgrade(w, r, websocket.Options{Subprotocols: []string{"chat.v1"}, Deflate: true})
		if err != nil {
			return
		}
		defer func() { _ = conn.Conn.Close() }()
		if conn.Deflate == (mode == coder.CompressionDisabled) {
			t.Errorf("compression was negotiated: %v", conn.Deflate)
		}
		echo(conn, deflaters, inflaters)
	}))
	defer server.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	c, _, err := coder.Dial(ctx, server.URL, &coder.DialOptions{
		Subprotocols: []string{"other", "chat.v1"}, CompressionMode: mode, CompressionThreshold: 1,
	})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.CloseNow() }()
	c.SetReadLimit(1 << 20)
	if c.Subprotocol() != "chat.v1" {
		t.Errorf("subprotocol %q", c.Subprotocol())
	}
	for _, n := range []int{0, 125, 126, 65535, 65536, 1 << 20} {
		sent := strings.Repeat("ü", n/2)
		if err := c.Write(ctx, coder.MessageText, []byte(sent)); err != nil {
			t.Fatal(err)
		}
		kind, got, err := c.Read(ctx)
		if err != nil || kind != coder.MessageText || string(got) != sent {
			t.Fatalf("%d bytes: got %v of %d bytes, %v", n, kind, len(got), err)
		}
	}
	pinged := make(chan error, 1)
	go func() { pinged <- c.Ping(ctx) }()
	_, _, err = c.Read(func() context.Context {
		ctx, cancel := context.WithCancel(ctx)
		go func() {
			if err := <-pinged; err != nil {
				t.Errorf("ping: %v", err)
			}
			cancel()
		}()
		return ctx
	}())
	if !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	// That read's end has closed the connection: another one says goodbye.
	c, _, err = coder.Dial(ctx, server.URL, &coder.DialOptions{CompressionMode: mode})
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Close(4001, "bye"); err != nil {
		t.Errorf("close: %v", err)
	}
}

// echo says again what it is told until the client closes.
func echo(conn websocket.Accepted, deflaters *websocket.Deflaters, inflaters *websocket.Inflaters) {
	d := websocket.Decoder{Limit: 1 << 20}
	if conn.Deflate {
		d.Inflate = inflaters
	}
	d.Feed(conn.Early)
	buf := make([]byte, 1000)
	for {
		op, payload, ok, err := d.Next()
		switch {
		case err != nil:
			return
		case !ok:
			d.Keep()
			n, err := conn.Conn.Read(buf)
			if err != nil {
				return
			}
			d.Feed(buf[:n])
		case op == websocket.OpClose:
			code, reason, _ := websocket.ParseClose(payload)
			_, _ = conn.Conn.Write(websocket.CloseFrame(code, reason))
			return
		case op == websocket.OpPing:
			_, _ = conn.Conn.Write(websocket.Frame(websocket.OpPong, payload))
		default:
			var frame []byte
			if conn.Deflate {
				frame = websocket.DeflateFrame(deflaters, op, payload)
			}
			if frame == nil {
				frame = websocket.Frame(op, payload)
			}
			_, _ = conn.Conn.Write(frame)
		}
	}
}
