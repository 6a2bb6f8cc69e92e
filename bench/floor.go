//go:build linux

package main

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"net/netip"
	"strconv"
	"strings"
	"syscall"
)

// A floor is the least that a server could do: it takes the posts of Snug's
// clients, puts seq and clientId into frames that Snug once sent, and writes them
// to everybody. It parses no JSON, knows nobody and keeps nothing.
type floor struct {
	joined  bool // all that one round brings goes into one write for each socket
	message template
	ack     template

	listener int
	ep       int
	rooms    map[string]*floorRoom
	busy     []*floorRoom // those with a batch
	byFD     map[int]*member
	out      []byte // scratch for one write
	buf      []byte
}

// floorRoom is one room.
type floorRoom struct {
	members []*member
	seq     uint64
	batch   []byte // messages of this round
}

// member is one connection.
type member struct {
	fd      int
	room    *floorRoom // nil before it has joined
	at      int        // in room.members
	stampAt int        // in its posts
	rest    []byte     // the beginning of a frame that hasn't come whole
	acks    []byte     // of this round
}

// A template is a text frame's payload, cut where the values go.
type template struct {
	parts   [3][]byte
	idFirst bool // of clientId and seq
}

func newTemplate(payload []byte) (template, error) {
	id := (&field{key: `"clientId":"`}).find(payload)
	seq := (&field{key: `"seq":`}).find(payload)
	if _, ok := parseStamp(id); !ok {
		return template{}, fmt.Errorf("no stamp in %s", payload)
	}
	if _, ok := number(seq); !ok {
		return template{}, fmt.Errorf("no seq in %s", payload)
	}
	digits := len(seq) - len(bytes.TrimLeft(seq, "0123456789"))
	first, firstBytes, second, secondBytes := len(payload)-len(id), stampBytes, len(payload)-len(seq), digits
	t := template{idFirst: first < second}
	if !t.idFirst {
		first, firstBytes, second, secondBytes = second, secondBytes, first, firstBytes
	}
	t.parts = [3][]byte{payload[:first], payload[first+firstBytes : second], payload[second+secondBytes:]}
	return t, nil
}

// appendFrame appends the frame with these values.
func (t *template) appendFrame(b, id []byte, seq uint64) []byte {
	var digits [20]byte
	first, second := id, strconv.AppendUint(digits[:0], seq, 10)
	if !t.idFirst {
		first, second = second, first
	}
	return appendServerFrame(b, opText, t.parts[0], first, t.parts[1], second, t.parts[2])
}

// newFloor listens on a free port of loopback.
func newFloor(joined bool, message, ack []byte) (*floor, netip.AddrPort, error) {
	f := &floor{joined: joined, listener: -1, ep: -1, rooms: map[string]*floorRoom{}, byFD: map[int]*member{}, buf: make([]byte, 64<<10)}
	addr, err := f.open(message, ack)
	if err != nil {
		f.close()
	}
	return f, addr, err
}

func (f *floor) open(message, ack []byte) (addr netip.AddrPort, err error) {
	if f.message, err = newTemplate(message); err != nil {
		return addr, fmt.Errorf("message: %w", err)
	}
	if f.ack, err = newTemplate(ack); err != nil {
		return addr, fmt.Errorf("ack: %w", err)
	}
	loopback := [4]byte{127, 0, 0, 1}
	if f.listener, err = syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC|syscall.SOCK_NONBLOCK, 0); err != nil {
		return addr, fmt.Errorf("open socket: %w", err)
	}
	if err = syscall.Bind(f.listener, &syscall.SockaddrInet4{Addr: loopback}); err != nil {
		return addr, fmt.Errorf("bind: %w", err)
	}
	if err = syscall.Listen(f.listener, 1024); err != nil {
		return addr, fmt.Errorf("listen: %w", err)
	}
	name, err := syscall.Getsockname(f.listener)
	if err != nil {
		return addr, fmt.Errorf("read own address: %w", err)
	}
	if f.ep, err = syscall.EpollCreate1(syscall.EPOLL_CLOEXEC); err != nil {
		return addr, fmt.Errorf("create epoll set: %w", err)
	}
	port := name.(*syscall.SockaddrInet4).Port
	return netip.AddrPortFrom(netip.AddrFrom4(loopback), uint16(port)), watch(f.ep, f.listener, f.listener)
}

func (f *floor) close() {
	for fd := range f.byFD {
		_ = syscall.Close(fd)
	}
	for _, fd := range []int{f.listener, f.ep} {
		if fd >= 0 {
			_ = syscall.Close(fd)
		}
	}
}

// serve works until stop, a pipe, can be read or its other end is closed.
func (f *floor) serve(stop int) error {
	if err := watch(f.ep, stop, stop); err != nil {
		return err
	}
	var events [512]syscall.EpollEvent
	for {
		n, err := syscall.EpollWait(f.ep, events[:], -1)
		if err != nil && err != syscall.EINTR {
			return fmt.Errorf("wait for sockets: %w", err)
		}
		for _, ev := range events[:max(n, 0)] {
			switch fd := int(ev.Fd); fd {
			case stop:
				return nil
			case f.listener:
				err = f.accept()
			default:
				err = f.read(f.byFD[fd])
			}
			if err != nil {
				return err
			}
		}
		if err := f.flush(); err != nil {
			return err
		}
	}
}

func (f *floor) accept() error {
	fd, _, err := syscall.Accept4(f.listener, syscall.SOCK_NONBLOCK|syscall.SOCK_CLOEXEC)
	if err == syscall.EAGAIN || err == syscall.ECONNABORTED || err == syscall.EINTR {
		return nil
	}
	if err != nil {
		return fmt.Errorf("accept: %w", err)
	}
	f.byFD[fd] = &member{fd: fd}
	if err := syscall.SetsockoptInt(fd, syscall.IPPROTO_TCP, syscall.TCP_NODELAY, 1); err != nil {
		return fmt.Errorf("set TCP_NODELAY: %w", err)
	}
	return watch(f.ep, fd, fd)
}

func (f *floor) read(m *member) error {
	n, errno := rawRead(m.fd, f.buf)
	switch {
	case errno == syscall.EAGAIN || errno == syscall.EINTR:
		return nil
	case errno != 0 || n == 0:
		f.drop(m)
		return nil
	}
	data := f.buf[:n]
	if len(m.rest) > 0 {
		m.rest = append(m.rest, data...)
		data = m.rest
	}
	for len(data) > 0 {
		payload, size, err := scanPost(data)
		if err != nil {
			return err
		}
		if size == 0 {
			break
		}
		if err := f.take(m, payload); err != nil {
			return err
		}
		data = data[size:]
	}
	m.rest = append(m.rest[:0], data...)
	return nil
}

// scanPost reads a client's frame, whose mask is known to be zero.
func scanPost(b []byte) (payload []byte, size int, err error) {
	if len(b) < 8 {
		return nil, 0, nil
	}
	head, n := 2, int(b[1]&0x7f)
	switch n {
	case 126:
		head, n = 4, int(binary.BigEndian.Uint16(b[2:]))
	case 127:
		return nil, 0, errors.New("a long frame from a client")
	}
	if head += 4; len(b) < head+n {
		return nil, 0, nil
	}
	return b[head : head+n], head + n, nil
}

func (f *floor) take(m *member, payload []byte) error {
	if m.room == nil {
		return f.join(m, payload)
	}
	if len(payload) < m.stampAt+stampBytes {
		return fmt.Errorf("a frame that is no post: %s", payload)
	}
	id := payload[m.stampAt : m.stampAt+stampBytes]
	r := m.room
	r.seq++
	if f.joined {
		m.acks = f.ack.appendFrame(m.acks, id, r.seq)
		if len(r.batch) == 0 {
			f.busy = append(f.busy, r)
		}
		r.batch = f.message.appendFrame(r.batch, id, r.seq)
		return nil
	}
	// The ack goes along with the sender's own copy: the least number of writes.
	f.out = f.ack.appendFrame(f.out[:0], id, r.seq)
	ack := len(f.out)
	f.out = f.message.appendFrame(f.out, id, r.seq)
	for _, to := range r.members {
		from := ack
		if to == m {
			from = 0
		}
		if err := to.write(f.out[from:]); err != nil {
			return err
		}
	}
	return nil
}

func (f *floor) join(m *member, payload []byte) error {
	d := floorDialect()
	name, ok := strings.CutPrefix(string(payload), d.join[0])
	name, ok2 := strings.CutSuffix(name, d.join[1])
	if !ok || !ok2 {
		return fmt.Errorf("a frame that is no join: %s", payload)
	}
	r := f.rooms[name]
	if r == nil {
		r = &floorRoom{}
		f.rooms[name] = r
	}
	m.room, m.at, m.stampAt = r, len(r.members), len(d.post[0])+len(name)+len(d.post[1])
	r.members = append(r.members, m)
	f.out = appendServerFrame(f.out[:0], opText, fmt.Appendf(nil, `{"type":"joined","head":%d}`, r.seq))
	return m.write(f.out)
}

// flush writes what a round of joined writes has gathered.
func (f *floor) flush() error {
	for _, r := range f.busy {
		for _, m := range r.members {
			out := r.batch
			if len(m.acks) > 0 {
				f.out = append(append(f.out[:0], m.acks...), r.batch...)
				out, m.acks = f.out, m.acks[:0]
			}
			if err := m.write(out); err != nil {
				return err
			}
		}
		r.batch = r.batch[:0]
	}
	f.busy = f.busy[:0]
	return nil
}

// write sends all of b at once or fails. A client that has gone is no failure:
// its end is read later.
func (m *member) write(b []byte) error {
	n, errno := rawWrite(m.fd, b)
	switch {
	case errno == syscall.EPIPE || errno == syscall.ECONNRESET:
		return nil
	case errno != 0:
		return fmt.Errorf("write: %w", errno)
	case n < len(b):
		return fmt.Errorf("write: the kernel took %d of %d bytes", n, len(b))
	}
	return nil
}

// drop forgets a connection; the last member takes its place.
func (f *floor) drop(m *member) {
	if r := m.room; r != nil {
		last := r.members[len(r.members)-1]
		last.at = m.at
		r.members[m.at] = last
		r.members = r.members[:len(r.members)-1]
	}
	delete(f.byFD, m.fd)
	_ = syscall.Close(m.fd)
}
