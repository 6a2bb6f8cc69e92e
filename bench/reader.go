//go:build linux

package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"syscall"
	"time"
)

const (
	readers   = 16 // connections that are kept alive
	checkEach = 64 // answers; the others are only counted
	pageSize  = 50
)

// A reader asks for pages of history over HTTP, over and over, on one connection.
type reader struct {
	fd    int
	rest  []byte
	begun time.Duration
	i     int
}

// readPages reads the newest messages of rooms, as next names them, for a while or
// until there are no more, and adds how long each took. Some of the pages are
// looked at: they must have all messages, up to head.
func (t target) readPages(ctx context.Context, start time.Time, window time.Duration, head int, next func() (room int, ok bool), times *histogram) (reads uint64, err error) {
	ep, err := syscall.EpollCreate1(syscall.EPOLL_CLOEXEC)
	if err != nil {
		return 0, fmt.Errorf("create epoll set: %w", err)
	}
	defer func() { _ = syscall.Close(ep) }()
	now := func() time.Duration { return time.Since(start) }
	until, under := now()+window, 0
	ask := func(r *reader) error {
		room, ok := next()
		if !ok || now() >= until {
			return nil
		}
		under++
		r.begun = now()
		request := "GET /api/rooms/" + slug(room) + "/messages HTTP/1.1\r\nHost: " + t.addr.String() + "\r\nCookie: " + t.cookie(r.i) + "\r\n\r\n"
		return (&wire{fd: r.fd}).write([]byte(request))
	}
	var all []*reader
	defer func() {
		for _, r := range all {
			_ = syscall.Close(r.fd)
		}
	}()
	for i := range readers {
		fd, err := t.connectTCP()
		if err != nil {
			return 0, err
		}
		all = append(all, &reader{fd: fd, i: i})
		if err := syscall.SetNonblock(fd, true); err != nil {
			return 0, fmt.Errorf("set non-blocking: %w", err)
		}
		if err := watch(ep, fd, i); err != nil {
			return 0, err
		}
	}
	for _, r := range all {
		if err := ask(r); err != nil {
			return 0, err
		}
	}
	buf := make([]byte, 256<<10)
	var events [64]syscall.EpollEvent
	for moved := now(); under > 0; {
		if err := ctx.Err(); err != nil {
			return 0, err
		}
		n, err := syscall.EpollWait(ep, events[:], turnWait)
		if err != nil && err != syscall.EINTR {
			return 0, fmt.Errorf("wait for sockets: %w", err)
		}
		for _, ev := range events[:max(n, 0)] {
			r := all[ev.Fd]
			body, err := r.read(buf)
			if err != nil {
				return 0, fmt.Errorf("read page: %w", err)
			}
			if body == nil {
				continue
			}
			times.add(now() - r.begun)
			if reads%checkEach == 0 {
				if err := checkPage(body, head); err != nil {
					return 0, err
				}
			}
			r.rest = r.rest[:0]
			reads++
			under--
			moved = now()
			if err := ask(r); err != nil {
				return 0, err
			}
		}
		if now()-moved > loadWait {
			return 0, fmt.Errorf("%d pages were read, and none more in %v", reads, loadWait)
		}
	}
	return reads, nil
}

// read takes what has come and returns the answer's body once it is whole.
func (r *reader) read(buf []byte) ([]byte, error) {
	n, errno := rawRead(r.fd, buf)
	switch {
	case errno == syscall.EAGAIN || errno == syscall.EINTR:
		return nil, nil
	case errno != 0:
		return nil, errno
	case n == 0:
		return nil, errClosed
	}
	data := buf[:n]
	if len(r.rest) > 0 {
		r.rest = append(r.rest, data...)
		data = r.rest
	}
	body, err := answer(data)
	if err == nil && body == nil && len(r.rest) == 0 {
		r.rest = append(r.rest, data...)
	}
	return body, err
}

// answer returns the body of the answer that b is, nil when b ends before it does.
func answer(b []byte) ([]byte, error) {
	head, body, all := bytes.Cut(b, []byte("\r\n\r\n"))
	if !all {
		return nil, nil
	}
	if !bytes.HasPrefix(head, []byte("HTTP/1.1 200 ")) {
		return nil, fmt.Errorf("answer: %s", b[:min(len(b), 300)])
	}
	size, ok := number((&field{key: "\r\nContent-Length: "}).find(head))
	switch {
	case !ok:
		return nil, errors.New("answer: no length")
	case uint64(len(body)) < size:
		return nil, nil
	case uint64(len(body)) > size:
		return nil, fmt.Errorf("answer: %d bytes where %d were said", len(body), size)
	}
	return body, nil
}

// checkPage looks whether a page has the newest messages up to head.
func checkPage(body []byte, head int) error {
	want := min(head, pageSize)
	if n := bytes.Count(body, []byte(`"content":"`+content+`"`)); n != want {
		return fmt.Errorf("a page of %d messages where %d were wanted: %s", n, want, body[:min(len(body), 300)])
	}
	if seq, ok := number((&field{key: `"seq":`}).find(body)); !ok || seq != uint64(head) {
		return fmt.Errorf("the newest message is %d of %d", seq, head)
	}
	return nil
}
