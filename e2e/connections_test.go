package e2e

import (
	"bufio"
	"context"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"
)

// Requests that are no HTTP, or that never end, cost the server nothing but a
// connection for a while.
func TestBadConnections(t *testing.T) {
	s := newServer(t, noLimits...)
	ada := s.signUp(t, "Ada")
	for _, tc := range []struct {
		name, send string
		want       int
	}{
		{"no HTTP", "hello\r\n\r\n", 400},
		{"no host", "GET /api/ HTTP/1.1\r\n\r\n", 400},
		{"a NUL in a header", "GET /api/ HTTP/1.1\r\nHost: x\r\nX: \x00\r\n\r\n", 400},
		{"a line feed in the path", "GET /api/\n/x HTTP/1.1\r\nHost: x\r\n\r\n", 400},
		{"two lengths", "POST /api/auth/sign-out HTTP/1.1\r\nHost: " + s.addr + "\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}", 400},
		{"64 KiB of headers", "GET /api/ HTTP/1.1\r\nHost: x\r\nX: " + strings.Repeat("a", 64<<10) + "\r\n\r\n", 431},
		{"old WebSocket", s.upgradeRequest(ada, "Sec-WebSocket-Version: 8\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"), 426},
		{"no key", s.upgradeRequest(ada, "Sec-WebSocket-Version: 13\r\n"), 400},
		{"short key", s.upgradeRequest(ada, "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: x\r\n"), 400},
	} {
		t.Run(tc.name, func(t *testing.T) {
			conn := s.connect(t)
			if _, err := io.WriteString(conn, tc.send); err != nil && !isReset(err) {
				t.Fatal(err)
			}
			res, err := http.ReadResponse(bufio.NewReader(conn), nil)
			if err != nil {
				t.Fatal(err)
			}
			if res.StatusCode != tc.want {
				t.Errorf("%d, want %d", res.StatusCode, tc.want)
			}
		})
	}
	// Those who dawdle are all waited for at once.
	t.Run("dawdlers", func(t *testing.T) {
		ends := make(chan time.Duration)
		const dawdlers = 50
		for range dawdlers {
			conn := s.connect(t)
			if _, err := io.WriteString(conn, "GET /api/ HTTP/1.1\r\nHost: x\r\nX-Slow: "); err != nil {
				t.Fatal(err)
			}
			go func() {
				began := time.Now()
				_, err := io.Copy(io.Discard, conn)
				if ne, ok := err.(net.Error); ok && ne.Timeout() {
					t.Error("a header that never ends holds its connection")
				}
				ends <- time.Since(began)
			}()
		}
		ctx, cancel := context.WithTimeout(t.Context(), wireWait)
		defer cancel()
		sock, _, err := s.dial(ctx, level1Path, ada.header())
		if err != nil {
			t.Fatalf("nobody else gets in: %v", err)
		}
		sock.ping(t)
		for range dawdlers {
			<-ends
		}
		sock.ping(t)
	})
}

func (s *server) upgradeRequest(p *person, more string) string {
	return "GET /api/socket HTTP/1.1\r\nHost: " + s.addr + "\r\nOrigin: " + s.url + "\r\nCookie: " + p.cookie +
		"\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n" + more + "\r\n"
}

func (s *server) connect(t *testing.T) net.Conn {
	t.Helper()
	conn, err := net.DialTimeout("tcp", s.addr, wireWait)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	if err := conn.SetDeadline(time.Now().Add(2 * wireWait)); err != nil {
		t.Fatal(err)
	}
	return conn
}
