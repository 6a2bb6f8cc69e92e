package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/coder/websocket"
)

func encode(v any) []byte {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err) // maps of texts and numbers
	}
	return b
}

// startCrowd lets n people in and begins their talk; stop ends it when all is said,
// acked and seen.
func startCrowd(t *testing.T, s *server, rng *rand.Rand, n int, pace time.Duration, dropping bool) (c *crowd, stop func()) {
	t.Helper()
	c = &crowd{s: s, pace: pace, dropping: dropping, moved: make(chan struct{}, 1), draining: make(chan struct{})}
	seed := rng.Uint64()
	for i := range n {
		c.talkers = append(c.talkers, newTalker(c, s.signUp(t, fmt.Sprintf("t%02d", i)), i, seed))
	}
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	for _, talker := range c.talkers {
		wg.Go(func() { talker.run(ctx) })
	}
	t.Cleanup(func() {
		cancel()
		wg.Wait()
	})
	return c, func() {
		t.Helper()
		close(c.draining)
		c.await(t, "every post acked", func() bool { return c.all(0) })
		head := c.maxAcked()
		c.await(t, "everything seen by all", func() bool { return c.all(head) })
		cancel()
		wg.Wait()
	}
}

func (c *crowd) all(head uint64) bool {
	for _, t := range c.talkers {
		if !t.caughtUp(head) {
			return false
		}
	}
	return true
}

func (c *crowd) maxAcked() (seq uint64) {
	for _, t := range c.talkers {
		seq = max(seq, t.maxAcked())
	}
	return seq
}

// await waits until something is so.
func (c *crowd) await(t *testing.T, what string, is func() bool) {
	t.Helper()
	timer := time.NewTimer(startWait)
	defer timer.Stop()
	for !is() {
		select {
		case <-c.moved:
		case <-timer.C:
			c.report(t)
			for _, talker := range c.talkers {
				talker.mu.Lock()
				t.Logf("%s: %d connections, %d posts, seen %d to %d, close codes %v",
					talker.name, talker.conns, len(talker.drafts), talker.first, talker.last(), talker.codes)
				talker.mu.Unlock()
			}
			t.Fatalf("not within %v: %s", startWait, what)
		}
	}
}

// awaitAcks waits for n more posts to be acked, so that whatever comes next comes
// under load.
func (c *crowd) awaitAcks(t *testing.T, n int) {
	t.Helper()
	want := c.acks.Load() + int64(n)
	c.await(t, fmt.Sprintf("%d more acks", n), func() bool { return c.acks.Load() >= want })
}

func (c *crowd) report(t *testing.T) {
	t.Helper()
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, p := range c.problems {
		t.Error(p)
	}
}

// readAll reads a room's whole history, in both directions, which must agree.
func readAll(t *testing.T, p *person) (stream string, all []message) {
	t.Helper()
	for after := uint64(0); ; {
		pg, err := p.history(fmt.Sprintf("after=%d&limit=200", after))
		if err != nil {
			t.Fatal(err)
		}
		if stream = pg.Stream; len(pg.Messages) == 0 {
			break
		}
		all = append(all, pg.Messages...)
		after = all[len(all)-1].Seq
		if pg.HasNewer != (after < pg.Head) {
			t.Fatalf("after %d of %d: hasNewer is %t", after, pg.Head, pg.HasNewer)
		}
	}
	rest, query := len(all), "limit=199"
	for rest > 0 {
		pg, err := p.history(query)
		if err != nil {
			t.Fatal(err)
		}
		if len(pg.Messages) == 0 || len(pg.Messages) > rest {
			t.Fatalf("history?%s gave %d messages where %d are left", query, len(pg.Messages), rest)
		}
		for i, m := range pg.Messages {
			if want := all[rest-len(pg.Messages)+i]; m != want {
				t.Fatalf("read backwards %+v, forwards %+v", m, want)
			}
		}
		rest -= len(pg.Messages)
		if pg.HasOlder != (rest > 0) {
			t.Fatalf("%d messages are older than %d: hasOlder is %t", rest, pg.Messages[0].Seq, pg.HasOlder)
		}
		query = fmt.Sprintf("before=%d&limit=199", pg.Messages[0].Seq)
	}
	return stream, all
}

// check compares what everybody saw, what was acked and what the server has.
func (c *crowd) check(t *testing.T) {
	t.Helper()
	c.report(t)
	stream, all := readAll(t, c.talkers[0].person)
	for i, m := range all {
		if m.Seq != uint64(i+1) {
			t.Fatalf("history: seq %d stands at place %d", m.Seq, i+1)
		}
	}
	posted, resumed, resets, conns := 0, 0, 0, 0
	once := map[[2]string]uint64{}
	for _, m := range all {
		key := [2]string{m.UserID, m.ClientID}
		if before, twice := once[key]; twice {
			t.Errorf("%s stands there twice, as %d and as %d", m.ClientID, before, m.Seq)
		}
		once[key] = m.Seq
	}
	for _, talker := range c.talkers {
		posted += len(talker.drafts)
		resumed += talker.resumed
		resets += talker.resets
		conns += talker.conns
		if talker.stream != stream {
			t.Errorf("%s knows the stream %s, the server has %s", talker.name, talker.stream, stream)
		}
		for _, m := range talker.seen {
			if m.Seq > uint64(len(all)) || all[m.Seq-1] != m {
				t.Fatalf("%s saw %+v, which isn't the server's %d", talker.name, m, m.Seq)
			}
		}
		for _, d := range talker.drafts {
			if d.seq == 0 || d.seq > uint64(len(all)) {
				t.Errorf("%s is lost: acked as %d of %d", d.clientID, d.seq, len(all))
				continue
			}
			m := all[d.seq-1]
			if m.ClientID != d.clientID || m.UserID != talker.id || m.ID != d.id || m.Content != d.content {
				t.Errorf("%s was acked as %d, where the server has %+v", d.clientID, d.seq, m)
			}
		}
	}
	if posted != len(all) {
		t.Errorf("%d messages were posted, the server has %d", posted, len(all))
	}
	t.Logf("%d messages, %d connections, %d resumed, %d reset", posted, conns, resumed, resets)
}

// Nothing that was acked is lost, nothing is there twice, and everybody sees the
// same order without a gap, however often connections drop and the server dies.
func TestHistoryOutlivesKill(t *testing.T) {
	const people, kills = 20, 20
	rng := newRand(t)
	s := newServer(t, noLimits...)
	c, stop := startCrowd(t, s, rng, people, 30*time.Millisecond, true)
	for range kills {
		c.awaitAcks(t, 30+rng.IntN(200))
		pause(t.Context(), time.Duration(rng.IntN(20_000))*time.Microsecond)
		s.kill()
		acked := c.maxAcked()
		s.start()
		pg, err := c.talkers[0].history("limit=1")
		if err != nil {
			t.Fatal(err)
		}
		if pg.Head < acked {
			t.Errorf("the head is %d after a kill, %d was acked before", pg.Head, acked)
		}
	}
	stop()
	c.check(t)

	// What is there now must still be there after one more.
	_, before := readAll(t, c.talkers[0].person)
	s.kill()
	s.start()
	_, after := readAll(t, c.talkers[1].person)
	if len(before) != len(after) {
		t.Fatalf("%d messages before the last restart, %d after it", len(before), len(after))
	}
	for i := range before {
		if before[i] != after[i] {
			t.Fatalf("%+v became %+v", before[i], after[i])
		}
	}
	repost(t, c, after)
}

// repost posts messages again that are long acked, over new connections: each
// gets its old ack and nothing else happens.
func repost(t *testing.T, c *crowd, all []message) {
	t.Helper()
	for _, talker := range c.talkers[:3] {
		sock := talker.joined(t)
		for _, d := range talker.drafts[:min(5, len(talker.drafts))] {
			if f := sock.post(t, d.clientID, "another text"); f.Seq != d.seq || f.ID != d.id {
				t.Errorf("%s was %d, its repeat is acked as %d", d.clientID, d.seq, f.Seq)
			}
		}
	}
	pg, err := c.talkers[0].history("limit=1")
	if err != nil {
		t.Fatal(err)
	}
	if pg.Head != uint64(len(all)) {
		t.Errorf("repeats moved the head from %d to %d", len(all), pg.Head)
	}
}

// A server that is asked to stop tells everyone to come back, not all at once,
// forgets nothing and ends in time.
func TestHistoryOutlivesStop(t *testing.T) {
	const people, stops = 16, 2
	rng := newRand(t)
	s := newServer(t, noLimits...)
	c, stop := startCrowd(t, s, rng, people, 30*time.Millisecond, false)
	for range stops {
		c.awaitAcks(t, 200)
		c.await(t, "everybody online", func() bool { return c.online() == people })
		for _, talker := range c.talkers {
			talker.mu.Lock()
			talker.codes, talker.closes = map[int]int{}, nil
			talker.mu.Unlock()
		}
		s.stop()
		c.checkSpread(t)
		s.start()
	}
	stop()
	c.check(t)
}

// online counts the connections that have joined.
func (c *crowd) online() (n int) {
	for _, t := range c.talkers {
		t.mu.Lock()
		if t.here {
			n++
		}
		t.mu.Unlock()
	}
	return n
}

// checkSpread expects that each connection ended with one 1001, and that these
// were spread over some time, so that not all come back in the same moment.
func (c *crowd) checkSpread(t *testing.T) {
	t.Helper()
	var first, last time.Time
	c.await(t, "the server's Close on every connection", func() bool {
		n := 0
		for _, talker := range c.talkers {
			talker.mu.Lock()
			n += min(len(talker.closes), 1)
			talker.mu.Unlock()
		}
		return n == len(c.talkers)
	})
	for _, talker := range c.talkers {
		talker.mu.Lock()
		if len(talker.codes) != 1 || talker.codes[int(websocket.StatusGoingAway)] != 1 {
			t.Errorf("%s: close codes %v, want one 1001", talker.name, talker.codes)
		}
		for _, at := range talker.closes {
			if first.IsZero() || at.Before(first) {
				first = at
			}
			if at.After(last) {
				last = at
			}
		}
		talker.mu.Unlock()
	}
	const little = 300 * time.Millisecond
	if spread := last.Sub(first); spread < little {
		t.Errorf("all %d sockets were closed within %v", len(c.talkers), spread)
	}
}

// The rate limit of a person holds across connections and restarts, is told in a
// frame, and takes nothing.
func TestPostRateHolds(t *testing.T) {
	s := newServer(t, "SNUG_AUTH_RATE=0", "SNUG_POST_RATE=3/1m")
	ada := s.signUp(t, "Ada")
	sock := ada.joined(t)
	for i := range 3 {
		sock.post(t, fmt.Sprint("c", i), "hello")
	}
	over := func(sock *socket, id string) {
		t.Helper()
		sock.send(t, map[string]any{"type": "message", "room": "global", "clientId": id, "content": "too much"})
		f := sock.awaitThat(t, "the limit", func(f frame) bool { return f.ClientID == id })
		if f.Type != "rateLimit" || f.RetryAfterMs <= 0 || f.RetryAfterMs > 60_000 {
			t.Errorf("a fourth post gave %+v", f)
		}
	}
	over(sock, "c3")
	over(ada.joined(t), "c3")
	sock.post(t, "c0", "hello") // a repeat costs nothing
	s.kill()
	s.start()
	over(ada.signIn(t).joined(t), "c3")
	if res := ada.get(t, "/api/rooms/global/messages"); res.status != http.StatusOK {
		t.Errorf("history: %d", res.status)
	}
	pg, err := ada.history("")
	if err != nil {
		t.Fatal(err)
	}
	if len(pg.Messages) != 3 {
		t.Errorf("%d messages are there, want 3", len(pg.Messages))
	}
	bob := s.signUp(t, "Bob")
	bob.joined(t).post(t, "c0", "mine are counted apart")
}
