package chat_test

import (
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

var update = flag.Bool("update", false, "write the permissions of the client anew")

var seedFlag = flag.Uint64("seed", 0, "of the simulation; 0: another one each time")

// The simulation: people post, edit, react to and delete messages while their
// connections drop, the store fails and the server is stopped, killed and started
// again. Each client does what the protocol asks of it (keeps unacked posts and its last
// seq, resumes, posts again in order), and then everything must be there exactly once
// and in order, and what each client made of the frames must be what is stored.
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
				acked: make(map[string]uint64), known: make(map[chat.MessageID]chat.Message)}
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
	all := map[chat.MessageID]chat.Message{}
	bySeq := map[uint64]chat.Message{}
	byPost := map[string]uint64{}
	lastOf, countOf := map[chat.UserID]int{}, map[chat.UserID]int{}
	at, head := chat.Seq(0), chat.Seq(0)
	for more := true; more; {
		page := w.page(chat.HistoryQuery{After: &at, Limit: chat.MaxPageLimit})
		more, head = page.HasNewer, page.Head
		for _, m := range page.Messages {
			at = m.Seq
			all[m.ID], bySeq[uint64(m.Seq)] = m, m
			countOf[m.UserID]++
			if m.DeletedAt != 0 {
				continue
			}
			post := string(m.UserID) + "/" + string(m.ClientID)
			if first, twice := byPost[post]; twice {
				w.Errorf("%s is there twice: %d and %d", post, first, m.Seq)
			}
			byPost[post] = uint64(m.Seq)
			var n int
			fmt.Sscan(m.Content, &n)
			if last := lastOf[m.UserID]; n <= last {
				w.Errorf("%s posted %d after %d", m.UserID, n, last)
			}
			lastOf[m.UserID] = n
		}
	}
	changes := int(head) - len(all)
	w.Logf("%d messages, %d changes of them", len(all), changes)
	if changes < 50 {
		w.Errorf("only %d changes: that was no test", changes)
	}
	for _, c := range clients {
		if n := countOf[chat.UserID(c.name)]; n != c.posted {
			w.Errorf("%s: %d of %d posts are there", c.name, n, c.posted)
		}
		for id, seq := range c.acked {
			m := bySeq[seq]
			if got := byPost[c.name+"/"+id]; got != seq && (m.DeletedAt == 0 || string(m.UserID) != c.name) {
				w.Errorf("%s: %s was acked as %d and is %d", c.name, id, seq, got)
			}
		}
		c.catchUp(uint64(head))
		for id, m := range c.known {
			if !reflect.DeepEqual(m, all[id]) {
				w.Errorf("%s knows %s, stored is %s", c.name, encode(m), encode(all[id]))
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
	known  map[chat.MessageID]chat.Message // as the frames showed them last
	ids    []chat.MessageID                // of known, in the order in which they came
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
				if f.Type == "message" && c.rng.IntN(10) == 0 && c.change(p) != nil {
					return
				}
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
			if live && c.change(p) != nil {
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

// change does something to a message now and then. What a cut connection swallows isn't
// repeated.
func (c *client) change(p *peer) error {
	if len(c.ids) == 0 || c.rng.IntN(4) > 0 {
		return nil
	}
	m := c.known[c.ids[c.rng.IntN(len(c.ids))]]
	emoji := []string{"👍", "🎉", "❤️"}[c.rng.IntN(3)]
	switch n := c.rng.IntN(10); {
	case n < 6:
		return p.trySend(`{"type":"react","room":"global","id":%q,"emoji":%q,"on":%t}`, m.ID, emoji, c.rng.IntN(2) == 0)
	case n < 7:
		return p.trySend(`{"type":"pin","room":"global","id":%q,"on":%t}`, m.ID, c.rng.IntN(2) == 0)
	case n < 9 && string(m.UserID) == c.name:
		return p.trySend(`{"type":"edit","room":"global","id":%q,"content":"%s, edited"}`, m.ID, m.Content)
	case string(m.UserID) == c.name:
		return p.trySend(`{"type":"delete","room":"global","id":%q}`, m.ID)
	}
	return nil
}

// catchUp hears all that there is.
func (c *client) catchUp(head uint64) {
	if c.stream == "" || c.after == head {
		return
	}
	p := c.w.socket(c.name)
	p.send(`{"type":"join","room":"global","stream":%q,"after":%d}`, c.stream, c.after)
	for c.after < head {
		if f := p.any(); f.Type == "joined" || f.Type == "reset" {
			c.enter(f)
		} else {
			c.hear(f)
		}
	}
	p.lose()
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
		c.learn(m)
	case "update":
		m := f.msg()
		if f.Seq != c.after+1 || uint64(m.Seq) >= f.Seq {
			c.fault("update %d of %d after %d", f.Seq, m.Seq, c.after)
		}
		c.after = f.Seq
		c.learn(m)
	case "error":
		if f.Code != "not_found" { // somebody was faster
			c.fault("got %s", f)
		}
	case "ack":
		if len(c.outbox) == 0 || c.outbox[0] != f.ClientID {
			if seq, known := c.acked[f.ClientID]; !known || seq != f.Seq {
				c.fault("ack of %s while %v wait", f.ClientID, c.outbox)
			}
			return
		}
		c.outbox = c.outbox[1:]
		c.acked[f.ClientID] = f.Seq
	case "hello", "presence", "activity":
	default:
		c.fault("got %s", f)
	}
}

func (c *client) learn(m chat.Message) {
	if _, known := c.known[m.ID]; !known {
		c.ids = append(c.ids, m.ID)
	}
	c.known[m.ID] = m
}
