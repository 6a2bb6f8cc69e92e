package chat_test

import (
	"encoding/json"
	"flag"
	"fmt"
	"math/rand/v2"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"snug/chat"
	"snug/durable/durabletest"
)

var seedFlag = flag.Uint64("seed", 0, "of the simulation; 0: another one each time")

// The simulation: people post while their connections drop, the store fails
// and the server is stopped, killed and started again. Each client does what
// the protocol asks of it (keeps unacked posts and its last seq, resumes, posts
// again in order), and then everything must be there exactly once and in order.
func TestNothingIsLostOrDoubled(t *testing.T) {
	seed := *seedFlag
	if seed == 0 {
		seed = rand.Uint64()
	}
	t.Logf("go test ./chat -run %s -seed %d", t.Name(), seed)
	const people, posts = 20, 40
	inBubble(t, unlimited, func(w *world) {
		rng := rand.New(rand.NewPCG(seed, 0))
		var clients []*client
		var wg sync.WaitGroup
		for i := range people {
			c := &client{w: w, name: fmt.Sprintf("p%02d", i), rng: rand.New(rand.NewPCG(seed, uint64(i)+1)), toPost: posts,
				acked: make(map[string]uint64), seen: make(map[uint64]string)}
			clients = append(clients, c)
			wg.Go(c.run)
		}
		done := make(chan struct{})
		go func() { wg.Wait(); close(done) }()

		starts := 0
		for over := false; !over; {
			w.faults.Hook(durabletest.Random(seed+uint64(starts), 0.01))
			select {
			case <-done:
				over = true
			case <-time.After(time.Duration(1+rng.IntN(3000)) * time.Millisecond):
				w.faults.Hook(nil)
				if starts++; starts > 1000 {
					w.Fatalf("seed %d: no end: %v", seed, clients)
				}
				if rng.IntN(2) == 0 {
					w.restart()
				} else {
					w.crash()
				}
			}
		}
		w.faults.Hook(nil)
		t.Logf("%d starts", starts)
		judge(w, clients)
	})
}

// judge compares what the clients were told with what the room holds.
func judge(w *world, clients []*client) {
	w.Helper()
	var all []chat.Message
	at := chat.Seq(0)
	for more := true; more; {
		page := w.page(chat.HistoryQuery{After: &at, Limit: chat.MaxPageLimit})
		all = append(all, page.Messages...)
		at, more = chat.Seq(len(all)), page.HasNewer
	}
	byPost := map[string]uint64{}
	lastOf := map[chat.UserID]int{}
	for i, m := range all {
		if m.Seq != chat.Seq(i)+1 {
			w.Fatalf("seq %d stands at place %d", m.Seq, i+1)
		}
		post := string(m.UserID) + "/" + string(m.ClientID)
		if first, twice := byPost[post]; twice {
			w.Errorf("%s is there twice: %d and %d", post, first, m.Seq)
		}
		byPost[post] = uint64(m.Seq)
		var n int
		fmt.Sscan(m.Content, &n)
		if last := lastOf[m.UserID]; n != last+1 {
			w.Errorf("%s posted %d after %d", m.UserID, n, last)
		}
		lastOf[m.UserID] = n
	}
	for _, c := range clients {
		if n := lastOf[chat.UserID(c.name)]; n != c.posted {
			w.Errorf("%s: %d of %d posts are there", c.name, n, c.posted)
		}
		for id, seq := range c.acked {
			if got := byPost[c.name+"/"+id]; got != seq {
				w.Errorf("%s: %s was acked as %d and is %d", c.name, id, seq, got)
			}
		}
		for seq, shown := range c.seen {
			stored, _ := json.Marshal(all[seq-1])
			var m chat.Message
			if json.Unmarshal([]byte(shown), &m) != nil || !reflect.DeepEqual(m, all[seq-1]) {
				w.Errorf("%s was shown %s, stored is %s", c.name, shown, stored)
			}
		}
		for _, fault := range c.faults {
			w.Errorf("%s: %s", c.name, fault)
		}
	}
}

// client is somebody who does as the protocol says, on bad connections.
type client struct {
	w      *world
	name   string
	rng    *rand.Rand
	toPost int

	posted int      // so far; the n-th post's content is n
	outbox []string // clientIds of posts without an ack, in order
	stream string
	after  uint64 // the last seq that was seen, or where live events began

	acked  map[string]uint64
	seen   map[uint64]string
	faults []string
}

func (c *client) String() string {
	return fmt.Sprintf("%s: %d posted, %d unacked, at %d", c.name, c.posted, len(c.outbox), c.after)
}

func (c *client) fault(format string, args ...any) {
	c.faults = append(c.faults, fmt.Sprintf(format, args...))
}

func (c *client) pause(most time.Duration) {
	<-time.After(time.Duration(1 + c.rng.Int64N(int64(most))))
}

// run goes on until all posts were made and acknowledged.
func (c *client) run() {
	for c.posted < c.toPost || len(c.outbox) > 0 {
		if p, err := c.w.tryDial("/api/socket", c.name); err == nil {
			c.converse(p)
			p.lose()
		}
		c.pause(time.Second)
	}
}

// converse uses one connection until it ends, or drops it on a whim.
func (c *client) converse(p *peer) {
	if c.stream == "" {
		if p.trySend(`{"type":"join","room":"global"}`) != nil {
			return
		}
	} else if p.trySend(`{"type":"join","room":"global","stream":%q,"after":%d}`, c.stream, c.after) != nil {
		return
	}
	live := false
	for {
		if live && c.posted == c.toPost && len(c.outbox) == 0 {
			return
		}
		select {
		case f := <-p.frames:
			switch f.Type {
			case "joined", "reset":
				c.enter(f)
				live = true
				for _, id := range c.outbox {
					if c.send(p, id) != nil {
						return
					}
				}
			default:
				c.hear(f)
			}
		case <-p.closed:
			for len(p.frames) > 0 { // what arrived before counts
				if f := <-p.frames; f.Type != "joined" && f.Type != "reset" {
					c.hear(f)
				} else {
					c.enter(f)
				}
			}
			return
		case <-time.After(time.Duration(1+c.rng.IntN(200)) * time.Millisecond):
			if c.rng.IntN(25) == 0 {
				return
			}
			if !live || c.posted == c.toPost {
				continue
			}
			for range min(1+c.rng.IntN(3), c.toPost-c.posted) {
				c.posted++
				id := fmt.Sprintf("%s-%d", strings.Repeat("x", c.rng.IntN(10)), c.posted)
				c.outbox = append(c.outbox, id)
				if c.send(p, id) != nil {
					return
				}
			}
		}
	}
}

func (c *client) send(p *peer, id string) error {
	_, n, _ := strings.Cut(id, "-")
	return p.trySend(`{"type":"message","room":"global","clientId":%q,"content":%q}`, id, n)
}

func (c *client) enter(f in) {
	switch {
	case f.Type == "reset":
		c.fault("reset at %d: %s", c.after, f)
	case c.stream != "" && (!f.Resumed || f.Stream != c.stream || f.Head < c.after):
		c.fault("not resumed at %d: %s", c.after, f)
	}
	if c.stream == "" {
		c.after = f.Head
	}
	c.stream = f.Stream
}

func (c *client) hear(f in) {
	switch f.Type {
	case "message":
		m := f.msg()
		if uint64(m.Seq) != c.after+1 {
			c.fault("seq %d after %d", m.Seq, c.after)
		}
		c.after = uint64(m.Seq)
		shown, _ := json.Marshal(m)
		c.seen[c.after] = string(shown)
	case "ack":
		if len(c.outbox) == 0 || c.outbox[0] != f.ClientID {
			if seq, known := c.acked[f.ClientID]; !known || seq != f.Seq {
				c.fault("ack of %s while %v wait", f.ClientID, c.outbox)
			}
			return
		}
		c.outbox = c.outbox[1:]
		c.acked[f.ClientID] = f.Seq
	case "hello", "presence":
	default:
		c.fault("got %s", f)
	}
}
