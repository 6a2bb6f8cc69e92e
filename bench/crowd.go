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
	drainWait = 20 * time.Second // for what is under way when a run ends
	closeWait = 5 * time.Second  // for the server's part of the close handshake
	turnWait  = 50               // ms; a run looks at its context at least so often
)

var errClosed = errors.New("closed by the server")

// A shape is how many sockets are in how many rooms.
type shape struct {
	rooms   int
	sockets int // in each room
	senders int // of them; each has one post under way in a closed loop
}

// slug is the name of the i-th room: all are of one length.
func slug(i int) string { return fmt.Sprintf("r%07d", i) }

// A group is one room as the crowd knows it.
type group struct {
	first int    // of its lines
	size  int    // in lines
	sent  uint64 // posts, since the crowd opened
}

// A crowd is the client side of one or more rooms: sockets that have joined, and the
// one loop that reads them all and posts.
type crowd struct {
	target  target
	start   time.Time // stamps count from here
	lines   []*line
	rooms   []*group
	senders []int // lines
	ep      int
	buf     []byte // takes one read
	events  [512]syscall.EpollEvent

	sent, acked, got uint64 // since the crowd opened: posts, acks, messages
	owed             uint64 // messages that the posts make
	acks, deliveries histogram
	messageBytes     int // of the last message, for people to compare

	again   bool // an ack makes its sender post again
	ackID   field
	id, seq field // of messages

	ticker ticker // in an open loop
	every  time.Duration
	due    time.Duration // when the next post is
	turnOf int           // who sends it
}

const tickerKey = -1 // in an epoll event, where sockets have their index

// openCrowd joins sockets to the target's rooms.
func openCrowd(ctx context.Context, t target, s shape, start time.Time) (_ *crowd, err error) {
	ep, err := syscall.EpollCreate1(syscall.EPOLL_CLOEXEC)
	if err != nil {
		return nil, fmt.Errorf("create epoll set: %w", err)
	}
	c := &crowd{target: t, start: start, ep: ep, buf: make([]byte, 256<<10),
		ackID: field{key: `"clientId":"`}, id: field{key: `"clientId":"`}, seq: field{key: t.seqKey}}
	defer func() {
		if err != nil {
			c.close()
		}
	}()
	for i := range s.rooms * s.sockets {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		room := i / s.sockets
		l, err := t.dial(i, slug(room))
		if err != nil {
			return nil, fmt.Errorf("socket %d of %d: %w", i+1, s.rooms*s.sockets, err)
		}
		c.lines = append(c.lines, l)
		if i%s.sockets == 0 {
			c.rooms = append(c.rooms, &group{first: i, size: s.sockets})
		}
		l.room = c.rooms[room]
		if i%s.sockets < s.senders {
			l.post, l.stampAt = t.newPost(slug(room))
			c.senders = append(c.senders, i)
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
	server, client time.Duration            // CPU time
	workers        map[string]time.Duration // of the kernel's
}

func (c *crowd) mark() (m mark, err error) {
	m = mark{at: c.now(), acked: c.acked, got: c.got}
	if m.server, err = processCPU(c.target.pid); err != nil {
		return mark{}, err
	}
	if m.client, err = processCPU(0); err != nil {
		return mark{}, err
	}
	m.workers, err = kernelWorkers()
	return m, err
}

func (c *crowd) result(from, to mark) (result, error) {
	took := to.at - from.at
	sends, got := to.acked-from.acked, to.got-from.got
	if sends == 0 || got == 0 {
		return result{}, fmt.Errorf("no ack or no message in %v", took)
	}
	// Syncs that a server leaves to the kernel are its cost too.
	cpu := to.server - from.server
	for worker, spent := range to.workers {
		cpu += spent - from.workers[worker]
	}
	return result{
		sends: float64(sends) / took.Seconds(), deliveries: float64(got) / took.Seconds(),
		ackP50: c.acks.percentile(.5), ackP99: c.acks.percentile(.99),
		deliveryP50: c.deliveries.percentile(.5), deliveryP99: c.deliveries.percentile(.99),
		perSend: cpu / time.Duration(sends), perDelivery: cpu / time.Duration(got),
		serverBusy: cpu.Seconds() / took.Seconds(), clientBusy: (to.client - from.client).Seconds() / took.Seconds(),
	}, nil
}

// begin starts an open loop, or sends what a closed loop then keeps in flight.
func (c *crowd) begin(rate int) (err error) {
	if rate == 0 {
		c.again = true
		for _, i := range c.senders {
			if err := c.post(i, c.now()); err != nil {
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
	for c.acked < c.sent || c.got < c.owed {
		if c.now() > until {
			return fmt.Errorf("%v after the last of %d posts, %d acks and %d of %d messages had come",
				drainWait, c.sent, c.acked, c.got, c.owed)
		}
		if err := c.turn(ctx, turnWait); err != nil {
			return err
		}
	}
	return nil
}

// rest answers what has come while others ran, so that no server takes this crowd
// for gone.
func (c *crowd) rest(ctx context.Context) error {
	for {
		n, err := c.handle(ctx, 0)
		if err != nil || n == 0 {
			return err
		}
	}
}

// check compares what the sockets of each room saw. That seq rose by one each time
// was seen to as the messages came.
func (c *crowd) check() error {
	if c.acked != c.sent {
		return fmt.Errorf("%d acks of %d posts", c.acked, c.sent)
	}
	for _, room := range c.rooms {
		first := c.lines[room.first]
		for i, l := range c.lines[room.first : room.first+room.size] {
			i += room.first
			switch {
			case l.got != room.sent:
				return fmt.Errorf("socket %d got %d messages of %d", i, l.got, room.sent)
			case l.base == first.base && (l.seq != first.seq || l.order != first.order):
				return fmt.Errorf("socket %d saw another order than the first of its room", i)
			case l.base != first.base:
				return fmt.Errorf("socket %d joined at %d, the first of its room at %d: somebody else posts", i, l.base, first.base)
			}
		}
	}
	return nil
}

// turn waits for events, at most wait ms, and handles them.
func (c *crowd) turn(ctx context.Context, wait int) error {
	_, err := c.handle(ctx, wait)
	return err
}

// handle is turn, and says how many events there were.
func (c *crowd) handle(ctx context.Context, wait int) (int, error) {
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	n, err := syscall.EpollWait(c.ep, c.events[:], wait)
	if err != nil && err != syscall.EINTR {
		return 0, fmt.Errorf("wait for sockets: %w", err)
	}
	for _, ev := range c.events[:max(n, 0)] {
		if ev.Fd == tickerKey {
			err = c.tick()
		} else if err = c.read(int(ev.Fd)); err != nil {
			err = fmt.Errorf("socket %d: %w", ev.Fd, err)
		}
		if err != nil {
			return 0, err
		}
	}
	return max(n, 0), nil
}

// tick sends what is due, stamped with when it was due: a loop that comes late
// measures its own lateness too, rather than hide it.
func (c *crowd) tick() error {
	for range c.ticker.ticks() {
		if err := c.post(c.senders[c.turnOf%len(c.senders)], c.due); err != nil {
			return err
		}
		c.due += c.every
		c.turnOf++
	}
	return nil
}

func (c *crowd) post(i int, at time.Duration) error {
	l := c.lines[i]
	stamp{uint16(i), at}.put(l.post[l.stampAt:])
	c.sent++
	l.room.sent++
	c.owed += uint64(l.room.size)
	return l.write(l.post)
}

func (c *crowd) read(i int) error {
	l := c.lines[i]
	data, err := l.read(c.buf)
	if err != nil || data == nil {
		return err
	}
	now := c.now()
	return l.texts(data, func(payload []byte) error {
		for len(payload) > 0 {
			var text []byte
			text, payload = c.target.next(payload)
			if err := c.hear(i, l, text, now); err != nil {
				return err
			}
		}
		return nil
	})
}

// hear handles one text.
func (c *crowd) hear(i int, l *line, text []byte, now time.Duration) error {
	switch c.target.kindOf(text) {
	case kindMessage:
		s, ok := parseStamp(c.id.find(text))
		seq, ok2 := number(c.seq.find(text))
		if !ok || !ok2 {
			return fmt.Errorf("a message that is none of ours: %s", text)
		}
		if seq != l.seq+1 {
			return fmt.Errorf("message %d came after %d", seq, l.seq)
		}
		l.seq = seq
		l.got++
		c.messageBytes = len(text)
		l.order = (l.order ^ uint64(s.at) ^ uint64(s.sender)<<48) * 1099511628211
		c.got++
		c.deliveries.add(now - s.at)
	case kindAck:
		s, ok := parseStamp(c.ackID.find(text))
		if !ok || int(s.sender) != i {
			return fmt.Errorf("an ack that is none of its own: %s", text)
		}
		c.acked++
		c.acks.add(now - s.at)
		if c.again {
			return c.post(i, c.now())
		}
	case kindEmpty:
		return l.write(appendClientFrame(nil, opText, []byte("{}")))
	case kindRefusal:
		return fmt.Errorf("refused: %s", text)
	}
	return nil
}

// close ends all sockets. Where there is a handshake it says Close and waits until
// the server has hung up, so that the next crowd doesn't meet the last one's
// places still taken.
func (c *crowd) close() {
	if c.target.handshake {
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
