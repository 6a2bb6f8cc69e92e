package durable_test

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"strings"
	"sync/atomic"
	"testing/synctest"
	"time"

	"snug/durable"
)

// client is the other end of a socket: it writes frames as a browser does, and
// what it reads it turns into lines such as "text hello" or "close 1000 bye".
type client struct {
	w      *world
	sock   *durable.Socket
	conn   net.Conn
	frames chan string
	deaf   atomic.Bool // answers no ping
}

// dial opens a socket at the object of that name.
func (w *world) dial(name string, change ...func(o *durable.SocketOptions)) *client {
	w.Helper()
	c := w.dialDeaf(name, change...)
	c.listen()
	synctest.Wait()
	return c
}

// dialDeaf does so, but the client reads nothing until listen.
func (w *world) dialDeaf(name string, change ...func(o *durable.SocketOptions)) *client {
	w.Helper()
	near, far := net.Pipe()
	o := durable.SocketOptions{Owner: w.ns().ByName(name), Identity: "someone"}
	for _, fn := range change {
		fn(&o)
	}
	sock, err := w.rt.AcceptConn(far, nil, o)
	if err != nil {
		w.Fatal(err)
	}
	w.Cleanup(func() { _ = near.Close() })
	return &client{w: w, sock: sock, conn: near, frames: make(chan string, 1<<14)}
}

func (c *client) listen() {
	in := bufio.NewReader(c.conn)
	go func() {
		for {
			line, err := c.read(in)
			if err != nil {
				c.frames <- "cut"
				return
			}
			if line != "" {
				c.frames <- line
			}
		}
	}()
}

// read reads one frame of the server; "" where there is nothing to say about it.
func (c *client) read(in *bufio.Reader) (string, error) {
	var head [2]byte
	if _, err := io.ReadFull(in, head[:]); err != nil {
		return "", err
	}
	length := uint64(head[1])
	wide := map[uint64]int{126: 2, 127: 8}[length]
	if wide > 0 {
		more := make([]byte, 8)
		if _, err := io.ReadFull(in, more[8-wide:]); err != nil {
			return "", err
		}
		length = binary.BigEndian.Uint64(more)
	}
	payload := make([]byte, length)
	if _, err := io.ReadFull(in, payload); err != nil {
		return "", err
	}
	switch head[0] {
	case 0x81:
		return "text " + string(payload), nil
	case 0x82:
		return fmt.Sprintf("binary %x", payload), nil
	case 0x88:
		if len(payload) < 2 {
			return "close", nil
		}
		return strings.TrimSpace(fmt.Sprintf("close %d %s", binary.BigEndian.Uint16(payload), payload[2:])), nil
	case 0x89:
		if c.deaf.Load() {
			return "ping", nil
		}
		go c.write(0x8a, payload)
		return "", nil
	case 0x8a:
		return "pong " + string(payload), nil
	}
	return fmt.Sprintf("frame %x %x", head[0], payload), nil
}

// clientFrame returns a masked frame; first is its first byte.
func clientFrame(first byte, payload []byte) []byte {
	out := []byte{first}
	switch n := len(payload); {
	case n < 126:
		out = append(out, 0x80|byte(n))
	case n < 1<<16:
		out = binary.BigEndian.AppendUint16(append(out, 0x80|126), uint16(n))
	default:
		out = binary.BigEndian.AppendUint64(append(out, 0x80|127), uint64(n))
	}
	mask := [4]byte{0x12, 0x34, 0x56, 0x78}
	out = append(out, mask[:]...)
	for i, b := range payload {
		out = append(out, b^mask[i%4])
	}
	return out
}

func (c *client) write(first byte, payload []byte) { _, _ = c.conn.Write(clientFrame(first, payload)) }

// say sends a text frame; it returns when the server has read it.
func (c *client) say(text string) { c.write(0x81, []byte(text)) }

func (c *client) close(code uint16, reason string) {
	c.write(0x88, append(binary.BigEndian.AppendUint16(nil, code), reason...))
}

// cut ends the connection as a cable that is pulled does: without a word.
func (c *client) cut() { _ = c.conn.Close() }

// next returns what the server sent next.
func (c *client) next() string {
	c.w.Helper()
	select {
	case line := <-c.frames:
		return line
	case <-time.After(time.Hour):
		c.w.Fatal("the server sent nothing for an hour")
		return ""
	}
}

// hears checks what the server sent next, in order.
func (c *client) hears(lines ...string) {
	c.w.Helper()
	for _, want := range lines {
		if got := c.next(); got != want {
			c.w.Errorf("client got %.100q, want %.100q", got, want)
		}
	}
}

// hearsNothing checks that the server has sent nothing more.
func (c *client) hearsNothing(why string) {
	c.w.Helper()
	synctest.Wait()
	select {
	case line := <-c.frames:
		c.w.Errorf("%s, but the client got %.100q", why, line)
	default:
	}
}

// pipe returns two ends of a connection that end with the test.
func pipe(w *world) (near, far net.Conn) {
	near, far = net.Pipe()
	w.Cleanup(func() { _, _ = near.Close(), far.Close() })
	return near, far
}
