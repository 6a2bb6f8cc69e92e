package e2e

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"testing"
	"time"
)

// rawConn is a WebSocket without a library: what is written goes out as it is.
type rawConn struct {
	net.Conn
	r *bufio.Reader
}

// raw opens a socket that must open.
func (p *person) raw(t *testing.T, path string) *rawConn {
	t.Helper()
	conn, err := net.DialTimeout("tcp", p.s.addr, wireWait)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	if err := conn.SetDeadline(time.Now().Add(2 * wireWait)); err != nil {
		t.Fatal(err)
	}
	_, err = fmt.Fprintf(conn, "GET %s HTTP/1.1\r\nHost: %s\r\nOrigin: %s\r\nCookie: %s\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"+
		"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: chat.v1\r\n\r\n",
		path, p.s.addr, p.s.url, p.cookie)
	if err != nil {
		t.Fatal(err)
	}
	r := bufio.NewReader(conn)
	res, err := http.ReadResponse(r, nil)
	if err != nil {
		t.Fatal(err)
	}
	if res.StatusCode != http.StatusSwitchingProtocols || res.Header.Get("Sec-WebSocket-Accept") != "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=" {
		t.Fatalf("upgrade: %d %v", res.StatusCode, res.Header)
	}
	return &rawConn{conn, r}
}

func (c *rawConn) write(t *testing.T, b []byte) {
	t.Helper()
	// The server may close before it has read all.
	if _, err := c.Write(b); err != nil && !isReset(err) {
		t.Fatal(err)
	}
}

func isReset(err error) bool {
	var op *net.OpError
	return errors.As(err, &op) && !op.Timeout()
}

// closeCode reads until a Close frame comes and returns its code; 0 if the
// connection ends without one.
func (c *rawConn) closeCode(t *testing.T) int {
	t.Helper()
	if err := c.SetDeadline(time.Now().Add(2 * wireWait)); err != nil {
		t.Fatal(err)
	}
	for {
		op, payload, err := c.frame()
		switch {
		case errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || isReset(err):
			return 0
		case err != nil:
			t.Fatalf("waiting for a Close: %v", err)
		case op == 8 && len(payload) >= 2:
			return int(binary.BigEndian.Uint16(payload))
		case op == 8:
			return 1005
		}
	}
}

// frame reads one server frame.
func (c *rawConn) frame() (op byte, payload []byte, err error) {
	var head [8]byte
	if _, err := io.ReadFull(c.r, head[:2]); err != nil {
		return 0, nil, err
	}
	op = head[0] & 0x0f
	length := uint64(head[1])
	switch length {
	case 126:
		_, err = io.ReadFull(c.r, head[:2])
		length = uint64(binary.BigEndian.Uint16(head[:2]))
	case 127:
		_, err = io.ReadFull(c.r, head[:])
		length = binary.BigEndian.Uint64(head[:])
	}
	if err != nil {
		return 0, nil, err
	}
	payload = make([]byte, length)
	_, err = io.ReadFull(c.r, payload)
	return op, payload, err
}
