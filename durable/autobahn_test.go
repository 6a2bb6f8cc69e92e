package durable_test

import (
	"bufio"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"snug/durable"
	"snug/durable/durabletest"
	"snug/durable/internal/websocket/wstest"
)

// parrot says again what it is told.
type parrot struct{}

func (parrot) SocketFrame(s *durable.Socket, m durable.Message) (wait func()) {
	if m.Binary {
		s.Send(durable.BinaryFrame(m.Data))
	} else {
		s.Send(durable.TextFrame(m.Data))
	}
	return nil
}

func (parrot) SocketClosed(*durable.Socket, durable.CloseInfo) {}

// The conversations of the Autobahn suite, with a runtime's socket over TCP, which
// an event loop serves where there is one, and under TLS, which goroutines do.
func TestAutobahn(t *testing.T) {
	for name, start := range map[string]func(s *httptest.Server){
		"plain": (*httptest.Server).Start, "tls": (*httptest.Server).StartTLS,
	} {
		t.Run(name, func(t *testing.T) { autobahn(t, start) })
	}
}

func autobahn(t *testing.T, start func(s *httptest.Server)) {
	seed := *seedFlag
	if seed == 0 {
		seed = rand.Uint64()
	}
	t.Logf("seed %d", seed)
	rt, err := durable.New(durable.Options{Store: durabletest.NewStore()})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = rt.Accept(w, r, durable.SocketOptions{Handler: parrot{}, MaxMessage: wstest.Limit})
	}))
	start(server)
	dial := func() (net.Conn, error) { return net.Dial("tcp", server.Listener.Addr().String()) }
	if server.TLS != nil {
		pool := x509.NewCertPool()
		pool.AddCert(server.Certificate())
		dial = func() (net.Conn, error) {
			return tls.Dial("tcp", server.Listener.Addr().String(), &tls.Config{RootCAs: pool, ServerName: "example.com"})
		}
	}
	cases := make(chan wstest.Case)
	var wg sync.WaitGroup
	for worker := range uint64(4) {
		draw := rand.New(rand.NewPCG(seed, worker))
		wg.Go(func() {
			for c := range cases {
				converse(t, dial, c, draw)
			}
		})
	}
	for _, c := range wstest.Cases() {
		cases <- c
	}
	close(cases)
	wg.Wait()
	if err := rt.Shutdown(t.Context()); err != nil {
		t.Error(err)
	}
	server.Close()
}

// converse holds the conversation with all bytes in one write, then in pieces,
// and where that doesn't take too many byte by byte.
func converse(t *testing.T, dial func() (net.Conn, error), c wstest.Case, draw *rand.Rand) {
	in := c.Sent()
	most := 1 << draw.IntN(17)
	cuts := map[string]func() int{
		"all at once":                           func() int { return len(in) },
		fmt.Sprintf("in pieces up to %d", most): func() int { return len(in)/100 + 1 + draw.IntN(most) },
	}
	if len(in) < 200 {
		cuts["byte by byte"] = func() int { return 1 }
	}
	for how, cut := range cuts {
		got, err := talk(dial, c.Deflate, in, cut)
		if difference := c.Differ(got); difference != "" || err != nil {
			t.Errorf("%s, %s: %s, %v", c.Name(), how, difference, err)
		}
	}
}

// talk sends all that the client has to say and returns all that the server says
// until it ends the connection.
func talk(dial func() (net.Conn, error), compressed bool, in []byte, cut func() int) (said []wstest.Frame, err error) {
	conn, err := dial()
	if err != nil {
		return nil, err
	}
	defer func() { _ = conn.Close() }()
	if err := conn.SetDeadline(time.Now().Add(30 * time.Second)); err != nil {
		return nil, err
	}
	from := bufio.NewReader(conn)
	if err := shakeHands(conn, from, compressed); err != nil {
		return nil, err
	}
	sent := make(chan struct{})
	go func() {
		defer close(sent)
		for len(in) > 0 {
			n := min(cut(), len(in))
			if _, err := conn.Write(in[:n]); err != nil {
				return // the server has had enough: what it said tells whether it should
			}
			in = in[n:]
		}
	}()
	for {
		f, err := wstest.Read(from)
		closed := len(said) > 0 && said[len(said)-1].IsClose()
		if err == io.EOF || closed && errors.Is(err, syscall.ECONNRESET) { // the server doesn't read what follows a Close frame
			<-sent
			return said, nil
		}
		if err != nil {
			return said, err
		}
		said = append(said, f)
		if f.IsClose() { // a server that closes by itself waits for us
			<-sent
			_ = conn.(interface{ CloseWrite() error }).CloseWrite() // it may have ended the connection
		}
	}
}

func shakeHands(conn net.Conn, from *bufio.Reader, compressed bool) error {
	request := "GET / HTTP/1.1\r\nHost: example.org\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n" +
		"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
	if compressed {
		request += "Sec-WebSocket-Extensions: permessage-deflate\r\n"
	}
	if _, err := io.WriteString(conn, request+"\r\n"); err != nil {
		return err
	}
	reply, err := http.ReadResponse(from, nil)
	if err != nil {
		return err
	}
	if reply.StatusCode != http.StatusSwitchingProtocols {
		return fmt.Errorf("handshake: %s", reply.Status)
	}
	if got := strings.HasPrefix(reply.Header.Get("Sec-WebSocket-Extensions"), "permessage-deflate"); got != compressed {
		return fmt.Errorf("permessage-deflate was negotiated: %v, want %v", got, compressed)
	}
	return nil
}
