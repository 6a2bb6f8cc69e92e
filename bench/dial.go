//go:build linux

package main

import (
	"bytes"
	"crypto/sha1"
	"encoding/base64"
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"syscall"
	"time"
)

// setupWait bounds each read and write until a socket has joined.
const setupWait = 10 * time.Second

// A target is a server to measure: Snug, a floor or a peer.
type target struct {
	dialect
	addr    netip.AddrPort // IPv4
	pid     int            // whose CPU time counts
	cookies []string       // one for each account; none where nobody asks
}

// cookie is that of the i-th socket.
func (t target) cookie(i int) string {
	if len(t.cookies) == 0 {
		return ""
	}
	return t.cookies[i%len(t.cookies)]
}

// origin is the target's base URL.
func (t target) origin() string { return "http://" + t.addr.String() }

// A line is one client socket of a room.
type line struct {
	wire

	base, seq uint64 // head when it joined, seq of its last message
	order     uint64 // a hash of all its messages in their order
	got       uint64 // messages
	room      *group

	post    []byte // a post, but for its stamp; only of senders
	stampAt int    // in post
}

// dial opens the i-th socket and joins a room. The socket blocks.
func (t target) dial(i int, room string) (*line, error) {
	l, err := t.open(i, room)
	if err != nil {
		return nil, err
	}
	if err := l.join(t.dialect, room); err != nil {
		l.close()
		return nil, err
	}
	return l, nil
}

// connectTCP opens a connection. The socket blocks, for setupWait at most.
func (t target) connectTCP() (fd int, err error) {
	fd, err = syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		return -1, fmt.Errorf("open socket: %w", err)
	}
	defer func() {
		if err != nil {
			_ = syscall.Close(fd)
		}
	}()
	wait := syscall.NsecToTimeval(int64(setupWait))
	for _, option := range []int{syscall.SO_RCVTIMEO, syscall.SO_SNDTIMEO} {
		if err := syscall.SetsockoptTimeval(fd, syscall.SOL_SOCKET, option, &wait); err != nil {
			return -1, fmt.Errorf("set time-out: %w", err)
		}
	}
	if err := syscall.SetsockoptInt(fd, syscall.IPPROTO_TCP, syscall.TCP_NODELAY, 1); err != nil {
		return -1, fmt.Errorf("set TCP_NODELAY: %w", err)
	}
	to := &syscall.SockaddrInet4{Port: int(t.addr.Port()), Addr: t.addr.Addr().As4()}
	err = syscall.Connect(fd, to)
	for err == syscall.EINTR { // a signal of the runtime's: what was begun goes on
		err = syscall.Connect(fd, to)
	}
	if err != nil && err != syscall.EISCONN {
		return -1, fmt.Errorf("connect to %s: %w", t.addr, err)
	}
	return fd, nil
}

// open opens the i-th socket up to where it can join a room.
func (t target) open(i int, room string) (_ *line, err error) {
	fd, err := t.connectTCP()
	if err != nil {
		return nil, err
	}
	l := &line{wire: wire{fd: fd}}
	defer func() {
		if err != nil {
			l.close()
		}
	}()
	if t.handshake {
		if err := l.upgrade(t.upgradeText(i, room)); err != nil {
			return nil, err
		}
	}
	if t.connect != "" {
		if err := l.send(appendClientFrame(nil, opText, []byte(t.connect))); err != nil {
			return nil, err
		}
	}
	if t.greets || t.connect != "" {
		if _, err := l.await(t.dialect, kindHello); err != nil {
			return nil, fmt.Errorf("wait for hello: %w", err)
		}
	}
	return l, nil
}

// join joins a room and notes its head.
func (l *line) join(d dialect, room string) error {
	if text := d.joinText(room); text != "" {
		if err := l.send(appendClientFrame(nil, opText, []byte(text))); err != nil {
			return err
		}
	}
	joined, err := l.await(d, kindJoined)
	if err != nil {
		return fmt.Errorf("wait for joined: %w", err)
	}
	head := uint64(0)
	if value := (&field{key: d.headKey}).find(joined); value != nil {
		head, _ = number(value)
	}
	l.base, l.seq = head, head
	return nil
}

// upgradeKey is any: what answers it is no secret.
const upgradeKey = "c251Zy1iZW5jaC1rZXkhIQ=="

// upgradeText is the i-th socket's request for an upgrade.
func (t target) upgradeText(i int, room string) []byte {
	lines := []string{
		"GET " + t.url(room) + " HTTP/1.1", "Host: " + t.addr.String(), "Origin: " + t.origin(),
		"Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: " + upgradeKey}
	if t.subprotocol != "" {
		lines = append(lines, "Sec-WebSocket-Protocol: "+t.subprotocol)
	}
	if cookie := t.cookie(i); cookie != "" {
		lines = append(lines, "Cookie: "+cookie)
	}
	return []byte(strings.Join(append(lines, "", ""), "\r\n"))
}

// upgraded reads the answer to an upgrade that b starts with and returns its size,
// 0 when b ends before it does.
func upgraded(b []byte) (size int, err error) {
	head, rest, whole := bytes.Cut(b, []byte("\r\n\r\n"))
	if !whole {
		if len(b) > 16<<10 {
			return 0, fmt.Errorf("upgrade: no end of the answer's head in %d bytes", len(b))
		}
		return 0, nil
	}
	status, _, _ := bytes.Cut(head, []byte("\r\n"))
	if !bytes.HasPrefix(status, []byte("HTTP/1.1 101 ")) {
		return 0, fmt.Errorf("upgrade: %s: %s", status, rest)
	}
	sum := sha1.Sum([]byte(upgradeKey + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"))
	if !bytes.Contains(head, []byte(base64.StdEncoding.EncodeToString(sum[:]))) {
		return 0, errors.New("upgrade: the answer doesn't accept the key")
	}
	return len(b) - len(rest), nil
}

func (l *line) upgrade(request []byte) error {
	if err := l.send(request); err != nil {
		return err
	}
	for {
		size, err := upgraded(l.rest)
		if err != nil {
			return err
		}
		if size > 0 {
			l.rest = bytes.Clone(l.rest[size:])
			return nil
		}
		if err := l.more(); err != nil {
			return fmt.Errorf("upgrade: %w", err)
		}
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
// the caller's. Only while the socket blocks, and where no two texts come in a frame.
func (l *line) await(d dialect, want kind) ([]byte, error) {
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
		if f.op == opClose {
			return nil, fmt.Errorf("%s", closeText(payload))
		}
		for f.op == opText && len(payload) > 0 {
			var text []byte
			text, payload = d.next(payload)
			switch d.kindOf(text) {
			case want:
				return text, nil
			case kindRefusal:
				return nil, fmt.Errorf("refused: %s", text)
			}
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
