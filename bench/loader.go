//go:build linux

package main

import (
	"context"
	"fmt"
	"syscall"
	"time"
)

const (
	loaders   = 256              // sockets that post while data is made
	loadAhead = 24               // posts of one that are under way in a room that it has joined; the server takes 32
	loadWait  = 30 * time.Second // without an ack, and it has failed
)

// A job is posts to one room.
type job struct{ room, posts int }

// load does jobs, as next names them, over many sockets. Each does one at a time: a
// single post without joining the room, several in the room. It returns how many were
// posted once all are acked.
func (t target) load(ctx context.Context, start time.Time, next func() (job, bool)) (posts uint64, err error) {
	ep, err := syscall.EpollCreate1(syscall.EPOLL_CLOEXEC)
	if err != nil {
		return 0, fmt.Errorf("create epoll set: %w", err)
	}
	c := &loader{ackID: field{key: `"clientId":"`}, target: t, start: start, ep: ep, next: next, buf: make([]byte, 64<<10)}
	c.begun = c.now()
	defer c.close()
	for i := range loaders {
		l, err := t.open(i, "")
		if err != nil {
			return 0, fmt.Errorf("socket %d of %d: %w", i+1, loaders, err)
		}
		c.lines = append(c.lines, &loadLine{line: l})
		if err := syscall.SetNonblock(l.fd, true); err != nil {
			return 0, fmt.Errorf("set non-blocking: %w", err)
		}
		if err := watch(ep, l.fd, i); err != nil {
			return 0, err
		}
	}
	for i := range c.lines {
		if err := c.begin(i); err != nil {
			return 0, err
		}
	}
	var events [512]syscall.EpollEvent
	for moved := c.now(); c.busy > 0; {
		if err := ctx.Err(); err != nil {
			return 0, err
		}
		n, err := syscall.EpollWait(ep, events[:], turnWait)
		if err != nil && err != syscall.EINTR {
			return 0, fmt.Errorf("wait for sockets: %w", err)
		}
		for _, ev := range events[:max(n, 0)] {
			if err := c.read(int(ev.Fd)); err != nil {
				return 0, fmt.Errorf("socket %d: %w", ev.Fd, err)
			}
		}
		if n > 0 {
			moved = c.now()
		} else if c.now()-moved > loadWait {
			return 0, fmt.Errorf("%d of %d posts are acked, and none more in %v", c.acked, c.sent, loadWait)
		}
	}
	return c.acked, nil
}

type loader struct {
	target      target
	start       time.Time
	begun       time.Duration
	next        func() (job, bool)
	ep          int
	lines       []*loadLine
	busy        int // lines that have a job
	buf         []byte
	ackID       field
	sent, acked uint64
}

func (c *loader) now() time.Duration { return time.Since(c.start) }

func (c *loader) close() {
	for _, l := range c.lines {
		l.close()
	}
	_ = syscall.Close(c.ep)
}

// A loadLine is one socket.
type loadLine struct {
	*line
	job         job
	sent, acked int // of the job
	joined      bool
}

// begin takes the next job, if there is one.
func (c *loader) begin(i int) error {
	l := c.lines[i]
	if l.joined {
		if err := l.write(appendClientFrame(nil, opText, []byte(`{"type":"leave","room":"`+slug(l.job.room)+`"}`))); err != nil {
			return err
		}
	}
	var ok bool
	if l.job, ok = c.next(); !ok {
		return nil
	}
	c.busy++
	l.sent, l.acked, l.joined = 0, 0, l.job.posts > 1
	if l.joined {
		return l.write(appendClientFrame(nil, opText, []byte(c.target.joinText(slug(l.job.room)))))
	}
	return c.post(i)
}

// post sends what may be under way of the job.
func (c *loader) post(i int) error {
	l := c.lines[i]
	from := l.sent
	l.post = l.post[:0]
	for l.sent < l.job.posts && l.sent-l.acked < loadAhead {
		post, at := c.target.newPost(slug(l.job.room))
		// No clientId may come twice, in a later load of the same rooms neither: that
		// would be the same message. No post takes less than a nanosecond.
		c.sent++
		stamp{uint16(i), c.begun + time.Duration(c.sent)}.put(post[at:])
		l.post = append(l.post, post...)
		l.sent++
	}
	if l.sent == from {
		return nil
	}
	return l.write(l.post)
}

func (c *loader) read(i int) error {
	l := c.lines[i]
	data, err := l.read(c.buf)
	if err != nil || data == nil {
		return err
	}
	return l.texts(data, func(text []byte) error { return c.take(i, text) })
}

func (c *loader) take(i int, text []byte) error {
	l := c.lines[i]
	switch c.target.kindOf(text) {
	case kindJoined:
		return c.post(i)
	case kindAck:
		if s, ok := parseStamp(c.ackID.find(text)); !ok || int(s.sender) != i {
			return fmt.Errorf("an ack that is none of its own: %s", text)
		}
		c.acked++
		if l.acked++; l.acked == l.job.posts {
			c.busy--
			return c.begin(i)
		}
		if l.sent-l.acked <= loadAhead/2 {
			return c.post(i)
		}
	case kindRefusal:
		return fmt.Errorf("refused: %s", text)
	}
	return nil
}

// inTurn names rooms 0 to rooms-1 for so many posts each.
func inTurn(rooms, posts int) func() (job, bool) {
	room := -1
	return func() (job, bool) {
		room++
		return job{room, posts}, room < rooms
	}
}
