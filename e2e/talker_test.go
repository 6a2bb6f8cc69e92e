package e2e

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/coder/websocket"
)

// errDropped ends a connection on purpose.
var errDropped = errors.New("dropped on purpose")

// A crowd is the talkers of one run and what they share.
type crowd struct {
	s        *server
	talkers  []*talker
	pace     time.Duration // mean time between two posts of one talker
	dropping bool          // talkers cut their connections at random
	acks     atomic.Int64  // new ones, of all
	moved    chan struct{} // holds a token when something has changed since it was last taken
	draining chan struct{} // closed: post nothing new, drop nothing

	mu       sync.Mutex
	problems []string
}

// problem notes a broken promise. The first few tell the story.
func (c *crowd) problem(format string, args ...any) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.problems) < 20 {
		c.problems = append(c.problems, fmt.Sprintf(format, args...))
	}
}

func (c *crowd) changed() {
	select {
	case c.moved <- struct{}{}:
	default:
	}
}

// draft is a message on its way.
type draft struct {
	clientID string
	content  string
	sent     int // number of the connection that sent it first; 0: none yet
	acked    bool
	seq      uint64
	id       string
}

// A talker does what a good client does: it keeps its unacked posts and its last
// stream and seq, comes back after every end of a connection, resumes, and posts
// again what was not acked.
type talker struct {
	*person
	c   *crowd
	rng *rand.Rand // of the goroutine that runs the connections
	num int

	mu      sync.Mutex // guards the following
	drafts  []*draft
	byID    map[string]*draft
	stream  string
	first   uint64 // seq of seen[0]
	seen    []message
	conns   int    // connections so far
	liveAt  uint64 // head of the last join
	here    bool   // joined
	resets  int
	resumed int
	codes   map[int]int // close codes
	closes  []time.Time // when the server closed
}

func newTalker(c *crowd, p *person, num int, seed uint64) *talker {
	return &talker{person: p, c: c, num: num, rng: rand.New(rand.NewPCG(seed, uint64(num)+2)),
		byID: map[string]*draft{}, codes: map[int]int{}}
}

// last is the seq up to which everything was seen.
func (t *talker) last() uint64 { return t.first + uint64(len(t.seen)) - 1 }

// caughtUp reports whether all was acked and everything up to head was seen.
func (t *talker) caughtUp(head uint64) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, d := range t.drafts {
		if !d.acked {
			return false
		}
	}
	return t.stream != "" && t.last() >= head
}

func (t *talker) maxAcked() (seq uint64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, d := range t.drafts {
		seq = max(seq, d.seq)
	}
	return seq
}

// run keeps a connection up until ctx ends.
func (t *talker) run(ctx context.Context) {
	for ctx.Err() == nil {
		err := t.connection(ctx)
		if code, ok := closeCode(err); ok && !errors.Is(err, errDropped) {
			t.mu.Lock()
			t.codes[code]++
			t.closes = append(t.closes, time.Now())
			t.mu.Unlock()
		}
		pause(ctx, time.Duration(1+t.rng.IntN(30))*time.Millisecond)
	}
}

// pause waits, for at most d.
func pause(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}

// connection is the life of one connection. The error tells how it ended.
func (t *talker) connection(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	dialing, stop := context.WithTimeout(ctx, wireWait)
	defer stop()
	sock, status, err := t.s.dial(dialing, level1Path, t.header())
	if err != nil {
		if status != 0 && status < 500 {
			t.c.problem("%s: upgrade refused with %d", t.name, status)
		}
		return err
	}
	defer sock.CloseNow()

	t.mu.Lock()
	t.conns++
	conn := t.conns
	t.mu.Unlock()
	defer func() {
		t.mu.Lock()
		t.here = false
		t.mu.Unlock()
	}()

	joined := make(chan struct{}, 1)
	left := make(chan struct{}, 1)
	ended := make(chan error, 1)
	go func() {
		err := t.listen(ctx, sock, conn, joined, left)
		ended <- err
		cancel()
	}()
	err = t.talk(ctx, sock, conn, joined, left)
	if errors.Is(err, errDropped) {
		if t.rng.IntN(2) == 0 {
			_ = sock.CloseNow()
		} else {
			_ = sock.Close(websocket.StatusNormalClosure, "") // best effort: the server may be dead
		}
		<-ended
		return err
	}
	// What the reader saw is why writing failed.
	_ = sock.CloseNow()
	return <-ended
}

// talk is the writing side of a connection.
func (t *talker) talk(ctx context.Context, sock *socket, conn int, joined, left chan struct{}) error {
	if err := t.join(ctx, sock, joined); err != nil {
		return err
	}
	t.mu.Lock()
	var again []*draft
	for _, d := range t.drafts {
		if !d.acked {
			again = append(again, d)
		}
	}
	t.mu.Unlock()
	for _, d := range again {
		if err := t.post(ctx, sock, conn, d); err != nil {
			return err
		}
	}
	dropAfter := -1
	if t.c.dropping {
		dropAfter = 1 + t.rng.IntN(40)
	}
	for ; ; dropAfter-- {
		// An exponential pause makes bursts, as people do.
		timer := time.NewTimer(min(time.Duration(t.rng.ExpFloat64()*float64(t.c.pace)), 10*t.c.pace))
		select {
		case <-timer.C:
		case <-t.c.draining:
			timer.Stop()
			<-ctx.Done()
			return ctx.Err()
		case <-ctx.Done():
			timer.Stop()
			return ctx.Err()
		}
		switch {
		case dropAfter == 0:
			return errDropped
		case t.c.dropping && t.rng.IntN(25) == 0:
			if err := t.rejoin(ctx, sock, joined, left); err != nil {
				return err
			}
		default:
			if err := t.post(ctx, sock, conn, t.write()); err != nil {
				return err
			}
		}
	}
}

// write makes a new message.
func (t *talker) write() *draft {
	t.mu.Lock()
	defer t.mu.Unlock()
	n := len(t.drafts) + 1
	d := &draft{
		clientID: fmt.Sprintf("%s-%d", t.name, n),
		content:  fmt.Sprintf("%d of %s ", n, t.name) + strings.Repeat("ü≈ ", t.rng.IntN(60)) + "end",
	}
	t.drafts = append(t.drafts, d)
	t.byID[d.clientID] = d
	return d
}

func (t *talker) post(ctx context.Context, sock *socket, conn int, d *draft) error {
	t.mu.Lock()
	if d.sent == 0 {
		d.sent = conn
	}
	t.mu.Unlock()
	return sock.write(ctx, websocket.MessageText, encode(map[string]any{
		"type": "message", "room": "global", "clientId": d.clientID, "content": d.content}))
}

func (t *talker) join(ctx context.Context, sock *socket, joined chan struct{}) error {
	f := map[string]any{"type": "join", "room": "global"}
	t.mu.Lock()
	if t.stream != "" {
		f["stream"], f["after"] = t.stream, t.last()
	}
	t.mu.Unlock()
	if err := sock.write(ctx, websocket.MessageText, encode(f)); err != nil {
		return err
	}
	select {
	case <-joined:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// rejoin leaves the room and comes back over the same socket: the seam must hold
// there too.
func (t *talker) rejoin(ctx context.Context, sock *socket, joined, left chan struct{}) error {
	err := sock.write(ctx, websocket.MessageText, encode(map[string]any{"type": "leave", "room": "global", "ref": "leave"}))
	if err != nil {
		return err
	}
	select {
	case <-left:
	case <-ctx.Done():
		return ctx.Err()
	}
	return t.join(ctx, sock, joined)
}

// listen is the reading side of a connection.
func (t *talker) listen(ctx context.Context, sock *socket, conn int, joined, left chan struct{}) error {
	for n := 0; ; n++ {
		f, err := sock.read(ctx)
		if err != nil {
			return err
		}
		if n == 0 && (f.Type != "hello" || f.You.UserID != t.id) {
			t.c.problem("%s: the first frame is %s for %s", t.name, f.Type, f.You.UserID)
		}
		switch f.Type {
		case "joined":
			t.tookPlace(f)
			joined <- struct{}{}
		case "reset":
			if err := t.reload(f); err != nil {
				return err
			}
			joined <- struct{}{}
		case "ok":
			left <- struct{}{}
		case "message":
			m, err := f.posted()
			if err != nil {
				return err
			}
			t.saw(m, conn)
		case "ack":
			t.acked(f)
		case "error", "rateLimit":
			t.c.problem("%s: %s %s %s", t.name, f.Type, f.Code, f.Message)
		}
		t.c.changed()
	}
}

// tookPlace checks the answer to a join.
func (t *talker) tookPlace(f frame) {
	t.mu.Lock()
	defer t.mu.Unlock()
	switch {
	case t.stream == "":
		t.stream, t.first = f.Stream, f.Head+1
	case f.Stream != t.stream:
		t.c.problem("%s: stream changed from %s to %s", t.name, t.stream, f.Stream)
	case !f.Resumed:
		t.c.problem("%s: not resumed after %d", t.name, t.last())
	case f.Head < t.last():
		t.c.problem("%s: head %d is below %d, which was seen", t.name, f.Head, t.last())
	default:
		t.resumed++
	}
	t.liveAt, t.here = f.Head, true
}

// reload fills a gap that is too large to be replayed.
func (t *talker) reload(f frame) error {
	t.mu.Lock()
	last := t.last()
	t.resets++
	t.liveAt, t.here = f.Head, true
	if f.Stream != t.stream || f.Head < last+1000 {
		t.c.problem("%s: reset to %s:%d although %s:%d was asked for", t.name, f.Stream, f.Head, t.stream, last)
	}
	t.mu.Unlock()
	for last < f.Head {
		pg, err := t.history(fmt.Sprintf("after=%d&limit=200", last))
		if err != nil {
			return err
		}
		if len(pg.Messages) == 0 {
			t.c.problem("%s: history ends at %d, before the head %d of a reset", t.name, last, f.Head)
			return errDropped
		}
		for _, m := range pg.Messages {
			if m.Seq <= f.Head {
				t.saw(m, 0)
				last = m.Seq
			} else {
				last = f.Head
			}
		}
	}
	return nil
}

// saw takes the next durable event.
func (t *talker) saw(m message, conn int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if m.Type == "system" {
		return
	}
	if m.Seq != t.last()+1 {
		t.c.problem("%s: connection %d: seq %d came after %d", t.name, conn, m.Seq, t.last())
		return
	}
	t.seen = append(t.seen, m)
	if d := t.byID[m.ClientID]; m.UserID == t.id && d != nil && !d.acked && d.sent == conn && m.Seq > t.liveAt {
		t.c.problem("%s: the echo of %s came before its ack", t.name, m.ClientID)
	}
}

func (t *talker) acked(f frame) {
	t.mu.Lock()
	defer t.mu.Unlock()
	d := t.byID[f.ClientID]
	switch {
	case d == nil:
		t.c.problem("%s: ack of %q, which nobody posted", t.name, f.ClientID)
	case d.acked && (d.seq != f.Seq || d.id != f.ID):
		t.c.problem("%s: %s was acked as %d and as %d", t.name, f.ClientID, d.seq, f.Seq)
	case !d.acked:
		d.acked, d.seq, d.id = true, f.Seq, f.ID
		t.c.acks.Add(1)
	}
}
