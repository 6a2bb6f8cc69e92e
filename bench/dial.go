//go:build linux

package main

import (
	"bytes"
	"crypto/sha1"
	"encoding/base64"
	"fmt"
	"net/netip"
	"strings"
	"syscall"
	"time"
)

// setupWait bounds each read and write until a socket has joined.
const setupWait = 10 * time.Second

// A target is a server to measure: Snug or a floor.
type target struct {
	addr    netip.AddrPort // IPv4
	pid     int            // whose CPU time counts
	cookies []string       // one for each account; none for a floor, which has no handshake
}

// origin is the target's base URL.
func (t target) origin() string { return "http://" + t.addr.String() }

// A line is one client socket of a room.
type line struct {
	fd   int
	rest []byte // the beginning of a frame that hasn't come whole

	base, seq uint64 // head when it joined, seq of its last message
	order     uint64 // a hash of all its messages in their order
	got       uint64 // messages

	post []byte // a post, but for its stamp; only of senders
}

// dial opens a socket and joins the room. The socket blocks.
func (t target) dial(i int) (_ *line, err error) {
	fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, fmt.Errorf("open socket: %w", err)
	}
	l := &line{fd: fd}
	defer func() {
		if err != nil {
			l.close()
		}
	}()
	wait := syscall.NsecToTimeval(int64(setupWait))
	for _, option := range []int{syscall.SO_RCVTIMEO, syscall.SO_SNDTIMEO} {
		if err := syscall.SetsockoptTimeval(fd, syscall.SOL_SOCKET, option, &wait); err != nil {
			return nil, fmt.Errorf("set time-out: %w", err)
		}
	}
	if err := syscall.SetsockoptInt(fd, syscall.IPPROTO_TCP, syscall.TCP_NODELAY, 1); err != nil {
		return nil, fmt.Errorf("set TCP_NODELAY: %w", err)
	}
	if err := syscall.Connect(fd, &syscall.SockaddrInet4{Port: int(t.addr.Port()), Addr: t.addr.Addr().As4()}); err != nil {
		return nil, fmt.Errorf("connect to %s: %w", t.addr, err)
	}
	if len(t.cookies) > 0 {
		if err := l.upgrade(t, t.cookies[i%len(t.cookies)]); err != nil {
			return nil, err
		}
		if _, err := l.await(kindHello); err != nil {
			return nil, fmt.Errorf("wait for hello: %w", err)
		}
	}
	if err := l.send(appendClientFrame(nil, opText, []byte(joinText))); err != nil {
		return nil, err
	}
	joined, err := l.await(kindJoined)
	if err != nil {
		return nil, fmt.Errorf("wait for joined: %w", err)
	}
	head, ok := number((&field{key: `"head":`}).find(joined))
	if !ok {
		return nil, fmt.Errorf("a joined frame without a head: %s", joined)
	}
	l.base, l.seq = head, head
	return l, nil
}

func (l *line) upgrade(t target, cookie string) error {
	const key = "c251Zy1iZW5jaC1rZXkhIQ=="
	sum := sha1.Sum([]byte(key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"))
	accept := base64.StdEncoding.EncodeToString(sum[:])
	request := strings.Join([]string{
		"GET /api/socket HTTP/1.1", "Host: " + t.addr.String(), "Origin: " + t.origin(), "Cookie: " + cookie,
		"Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: " + key,
		"Sec-WebSocket-Protocol: chat.v1", "", ""}, "\r\n")
	if err := l.send([]byte(request)); err != nil {
		return err
	}
	for {
		head, rest, whole := bytes.Cut(l.rest, []byte("\r\n\r\n"))
		if !whole {
			if len(l.rest) > 16<<10 {
				return fmt.Errorf("upgrade: no end of the answer's head in %d bytes", len(l.rest))
			}
			if err := l.more(); err != nil {
				return fmt.Errorf("upgrade: %w", err)
			}
			continue
		}
		status, _, _ := bytes.Cut(head, []byte("\r\n"))
		if !bytes.HasPrefix(status, []byte("HTTP/1.1 101 ")) {
			return fmt.Errorf("upgrade: %s: %s", status, rest)
		}
		if !bytes.Contains(head, []byte(accept)) {
			return fmt.Errorf("upgrade: the answer doesn't accept the key")
		}
		l.rest = bytes.Clone(rest)
		return nil
	}
}

// more waits for bytes and adds them to rest. Only while the socket blocks.
func (l *line) more() error {
	var buf [16 << 10]byte
	n, err := syscall.Read(l.fd, buf[:])
	for err == syscall.EINTR {
		n, err = syscall.Read(l.fd, buf[:])
	}
	switch {
	case err == syscall.EAGAIN:
		return fmt.Errorf("no answer in %v", setupWait)
	case err != nil:
		return fmt.Errorf("read: %w", err)
	case n == 0:
		return errClosed
	}
	l.rest = append(l.rest, buf[:n]...)
	return nil
}

// await skips frames up to the first of a kind and returns its payload, which is
// the caller's. Only while the socket blocks.
func (l *line) await(want kind) ([]byte, error) {
	for {
		f, size, err := scan(l.rest)
		switch {
		case err != nil:
			return nil, err
		case size == 0:
			if err := l.more(); err != nil {
				return nil, err
			}
			continue
		}
		payload := bytes.Clone(f.payload)
		l.rest = append(l.rest[:0], l.rest[size:]...)
		switch {
		case f.op == opClose:
			return nil, fmt.Errorf("%s", closeText(payload))
		case f.op != opText:
		case kindOf(payload) == want:
			return payload, nil
		case kindOf(payload) == kindRefusal:
			return nil, fmt.Errorf("refused: %s", payload)
		}
	}
}

// send writes all of b. Only while the socket blocks.
func (l *line) send(b []byte) error {
	for len(b) > 0 {
		n, err := syscall.Write(l.fd, b)
		if err == syscall.EINTR {
			continue
		}
		if err != nil {
			return fmt.Errorf("write: %w", err)
		}
		b = b[n:]
	}
	return nil
}

func (l *line) close() {
	if l.fd >= 0 {
		_ = syscall.Close(l.fd)
		l.fd = -1
	}
}
