//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"syscall"
	"time"
)

const (
	inFlight  = 16               // posts under way in a closed loop
	drainWait = 10 * time.Second // for what is under way when a run ends
	closeWait = 5 * time.Second  // for the server's part of the close handshake
	turnWait  = 50               // ms; a run looks at its context at least so often
)

var errClosed = errors.New("closed by the server")

// A crowd is the client side of one room: sockets that have joined it, and the
// one loop that reads them all and posts. The first of them, up to inFlight, are
// the senders.
type crowd struct {
	target target
	start  time.Time // stamps count from here
	lines  []*line
	ep     int
	buf    []byte // takes one read
	events [512]syscall.EpollEvent

	sent, acked, got uint64 // since the crowd opened: posts, acks, messages
	acks, deliveries histogram

	again   bool // an ack makes its sender post again
	stampAt int  // in a line's post
	ackID   field
	id, seq field // of messages

	ticker ticker // in an open loop
	every  time.Duration
	due    time.Duration // when the next post is
	turnOf int           // who sends it
}

const tickerKey = -1 // in an epoll event, where sockets have their index

// openCrowd joins n sockets to the target's room.
func openCrowd(ctx context.Context, t target, n int, start time.Time) (_ *crowd, err error) {
	ep, err := syscall.EpollCreate1(syscall.EPOLL_CLOEXEC)
	if err != nil {
		return nil, fmt.Errorf("create epoll set: %w", err)
	}
	c := &crowd{target: t, start: start, ep: ep, buf: make([]byte, 256<<10),
		ackID: field{key: `"clientId":"`}, id: field{key: `"clientId":"`}, seq: field{key: `"seq":`}}
	defer func() {
		if err != nil {
			c.close()
		}
	}()
	for i := range n {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		l, err := t.dial(i)
		if err != nil {
			return nil, fmt.Errorf("socket %d of %d: %w", i+1, n, err)
		}
		c.lines = append(c.lines, l)
		if i < inFlight {
			l.post, c.stampAt = newPost()
		}
		if err := syscall.SetNonblock(l.fd, true); err != nil {
			return nil, fmt.Errorf("set non-blocking: %w", err)
		}
		if err := watch(ep, l.fd, i); err != nil {
			return nil, err
		}
	}
	return c, nil
}

func (c *crowd) senders() int { return min(len(c.lines), inFlight) }

func (c *crowd) now() time.Duration { return time.Since(c.start) }

// A plan is one run.
type plan struct {
	warm   time.Duration // comes first and doesn't count
	window time.Duration
	rate   int // posts a second, whatever the answers; 0: each ack makes the next post
}

// A result is what one run measured.
type result struct {
	sends, deliveries        float64       // a second
	ackP50, ackP99           time.Duration // from when a post was due to its ack
	deliveryP50, deliveryP99 time.Duration // to its message, on all sockets
	perSend, perDelivery     time.Duration // CPU time of the server
	perWrite                 float64       // deliveries for each write of the server, those to files counted too
	serverBusy, clientBusy   float64       // in CPUs
}

// run posts as planned, waits until all that was posted has come to everybody,
// and checks that it did: once on each socket, in one order, without a gap.
// Whatever else happens is an error; the crowd is then of no more use.
func (c *crowd) run(ctx context.Context, p plan) (result, error) {
	if err := c.begin(p.rate); err != nil {
		return result{}, err
	}
	defer c.end()
	if err := c.turns(ctx, p.warm); err != nil {
		return result{}, err
	}
	from, err := c.mark()
	if err != nil {
		return result{}, err
	}
	c.acks.reset()
	c.deliveries.reset()
	if err := c.turns(ctx, p.window); err != nil {
		return result{}, err
	}
	to, err := c.mark()
	if err != nil {
		return result{}, err
	}
	c.end()
	if err := c.drain(ctx); err != nil {
		return result{}, err
	}
	if err := c.check(); err != nil {
		return result{}, err
	}
	return c.result(from, to)
}

// A mark is where the counters stood.
type mark struct {
	at             time.Duration
	acked, got     uint64
	server, client time.Duration // CPU time
	writes         uint64        // of the server
}

func (c *crowd) mark() (m mark, err error) {
	m = mark{at: c.now(), acked: c.acked, got: c.got}
	if m.server, err = processCPU(c.target.pid); err != nil {
		return mark{}, err
	}
	if m.client, err = processCPU(0); err != nil {
		return mark{}, err
	}
	m.writes, err = processWrites(c.target.pid)
	return m, err
}

func (c *crowd) result(from, to mark) (result, error) {
	took := to.at - from.at
	sends, got := to.acked-from.acked, to.got-from.got
	if sends == 0 || got == 0 {
		return result{}, fmt.Errorf("no ack or no message in %v", took)
	}
	cpu := to.server - from.server
	return result{
		sends: float64(sends) / took.Seconds(), deliveries: float64(got) / took.Seconds(),
		ackP50: c.acks.percentile(.5), ackP99: c.acks.percentile(.99),
		deliveryP50: c.deliveries.percentile(.5), deliveryP99: c.deliveries.percentile(.99),
		perSend: cpu / time.Duration(sends), perDelivery: cpu / time.Duration(got),
		perWrite:   float64(got) / float64(max(to.writes-from.writes, 1)),
		serverBusy: cpu.Seconds() / took.Seconds(), clientBusy: (to.client - from.client).Seconds() / took.Seconds(),
	}, nil
}

// begin starts an open loop, or sends what a closed loop then keeps in flight.
func (c *crowd) begin(rate int) (err error) {
	if rate == 0 {
		c.again = true
		for i := range inFlight {
			if err := c.post(i%c.senders(), c.now()); err != nil {
				return err
			}
		}
		return nil
	}
	c.every = time.Second / time.Duration(rate)
	c.due = c.now() + c.every
	if c.ticker, err = newTicker(c.every); err != nil {
		return err
	}
	return watch(c.ep, c.ticker.fd, tickerKey)
}

// end stops posting.
func (c *crowd) end() {
	c.again = false
	if c.every > 0 {
		c.ticker.close() // which takes it out of the epoll set
		c.every = 0
	}
}

func (c *crowd) turns(ctx context.Context, d time.Duration) error {
	for until := c.now() + d; c.now() < until; {
		if err := c.turn(ctx, turnWait); err != nil {
			return err
		}
	}
	return nil
}

// drain waits for the acks and messages of all that was sent.
func (c *crowd) drain(ctx context.Context) error {
	until := c.now() + drainWait
	for c.acked < c.sent || c.got < c.sent*uint64(len(c.lines)) {
		if c.now() > until {
			return fmt.Errorf("%v after the last of %d posts, %d acks and %d of %d messages had come",
				drainWait, c.sent, c.acked, c.got, c.sent*uint64(len(c.lines)))
		}
		if err := c.turn(ctx, turnWait); err != nil {
			return err
		}
	}
	return nil
}

// check compares what the sockets saw. That seq rose by one each time was seen to
// as the messages came.
func (c *crowd) check() error {
	first := c.lines[0]
	for i, l := range c.lines {
		switch {
		case l.got != c.sent:
			return fmt.Errorf("socket %d got %d messages of %d", i, l.got, c.sent)
		case l.base == first.base && (l.seq != first.seq || l.order != first.order):
			return fmt.Errorf("socket %d saw another order than the first", i)
		case l.base != first.base:
			return fmt.Errorf("socket %d joined at %d, the first at %d: somebody else posts", i, l.base, first.base)
		}
	}
	return nil
}

// turn waits for events, at most wait ms, and handles them.
func (c *crowd) turn(ctx context.Context, wait int) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	n, err := syscall.EpollWait(c.ep, c.events[:], wait)
	if err != nil && err != syscall.EINTR {
		return fmt.Errorf("wait for sockets: %w", err)
	}
	for _, ev := range c.events[:max(n, 0)] {
		if ev.Fd == tickerKey {
			err = c.tick()
		} else if err = c.read(int(ev.Fd)); err != nil {
			err = fmt.Errorf("socket %d: %w", ev.Fd, err)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// tick sends what is due, stamped with when it was due: a loop that comes late
// measures its own lateness too, rather than hide it.
func (c *crowd) tick() error {
	for range c.ticker.ticks() {
		if err := c.post(c.turnOf%c.senders(), c.due); err != nil {
			return err
		}
		c.due += c.every
		c.turnOf++
	}
	return nil
}

func (c *crowd) post(i int, at time.Duration) error {
	l := c.lines[i]
	stamp{uint16(i), at}.put(l.post[c.stampAt:])
	c.sent++
	return l.write(l.post)
}

// write sends all of b at once or fails: a server that leaves a few posts unread
// for so long that they fill the kernel's buffers has failed too.
func (l *line) write(b []byte) error {
	n, errno := rawWrite(l.fd, b)
	if errno != 0 {
		return fmt.Errorf("write: %w", errno)
	}
	if n < len(b) {
		return fmt.Errorf("write: the kernel took %d of %d bytes", n, len(b))
	}
	return nil
}

// read takes what a socket has, up to one buffer; epoll tells of the rest.
func (c *crowd) read(i int) error {
	l := c.lines[i]
	n, errno := rawRead(l.fd, c.buf)
	switch {
	case errno == syscall.EAGAIN || errno == syscall.EINTR:
		return nil
	case errno != 0:
		return fmt.Errorf("read: %w", errno)
	case n == 0:
		return errClosed
	}
	data, now := c.buf[:n], c.now()
	if len(l.rest) > 0 {
		l.rest = append(l.rest, data...)
		data = l.rest
	}
	for {
		f, size, err := scan(data)
		if err != nil {
			return err
		}
		if size == 0 {
			break
		}
		if err := c.take(i, l, f, now); err != nil {
			return err
		}
		data = data[size:]
	}
	l.rest = append(l.rest[:0], data...)
	return nil
}

// take handles one frame.
func (c *crowd) take(i int, l *line, f frame, now time.Duration) error {
	switch f.op {
	case opText:
	case opPing:
		return l.write(appendClientFrame(nil, opPong, f.payload))
	case opPong:
		return nil
	case opClose:
		return errors.New(closeText(f.payload))
	default:
		return fmt.Errorf("a frame with opcode %d", f.op)
	}
	switch kindOf(f.payload) {
	case kindMessage:
		s, ok := parseStamp(c.id.find(f.payload))
		seq, ok2 := number(c.seq.find(f.payload))
		if !ok || !ok2 {
			return fmt.Errorf("a message that is none of ours: %s", f.payload)
		}
		if seq != l.seq+1 {
			return fmt.Errorf("message %d came after %d", seq, l.seq)
		}
		l.seq = seq
		l.got++
		l.order = (l.order ^ uint64(s.at) ^ uint64(s.sender)<<48) * 1099511628211
		c.got++
		c.deliveries.add(now - s.at)
	case kindAck:
		s, ok := parseStamp(c.ackID.find(f.payload))
		if !ok || int(s.sender) != i {
			return fmt.Errorf("an ack that is none of its own: %s", f.payload)
		}
		c.acked++
		c.acks.add(now - s.at)
		if c.again {
			return c.post(i, c.now())
		}
	case kindRefusal:
		return fmt.Errorf("refused: %s", f.payload)
	}
	return nil
}

// close ends all sockets. Where there is a handshake it says Close and waits until
// the server has hung up, so that the next crowd doesn't meet the last one's
// places still taken.
func (c *crowd) close() {
	if len(c.target.cookies) > 0 {
		bye := appendClientFrame(nil, opClose, []byte{1000 >> 8, 1000 & 0xff})
		for _, l := range c.lines {
			_, _ = rawWrite(l.fd, bye)
		}
		until := c.now() + closeWait
		for _, l := range c.lines {
			for c.now() < until && !l.hungUp() {
				_, _ = syscall.EpollWait(c.ep, c.events[:1], 1)
			}
		}
	}
	for _, l := range c.lines {
		l.close()
	}
	_ = syscall.Close(c.ep)
}

// hungUp reports whether the server has closed the connection; it throws away
// what comes before.
func (l *line) hungUp() bool {
	var buf [16 << 10]byte
	for {
		n, errno := rawRead(l.fd, buf[:])
		if errno == syscall.EAGAIN || errno == syscall.EINTR {
			return false
		}
		if errno != 0 || n == 0 {
			return true
		}
	}
}
