package chat_test

import (
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"snug/chat"
	"snug/durable/durabletest"
)

// shownPage is what a query makes of a history.
type shownPage struct {
	seqs         string
	older, newer bool
}

// modelPage is the page of a room that holds the seqs from floor+1 to head, of which
// those in events are no messages.
func modelPage(q chat.HistoryQuery, floor, head chat.Seq, events map[chat.Seq]bool) shownPage {
	var kept []chat.Seq
	for seq := floor + 1; seq <= head; seq++ {
		if !events[seq] {
			kept = append(kept, seq)
		}
	}
	limit := q.Limit
	if limit == 0 {
		limit = 50
	}
	cut := func(at chat.Seq) (older, newer []chat.Seq) { // newer begins with at
		i, _ := slices.BinarySearch(kept, at)
		return kept[:i], kept[i:]
	}
	last := func(list []chat.Seq, n int) []chat.Seq { return list[max(len(list)-n, 0):] }
	first := func(list []chat.Seq, n int) []chat.Seq { return list[:min(len(list), n)] }
	show := func(list []chat.Seq, older, newer bool) shownPage {
		return shownPage{strings.Trim(fmt.Sprint(list), "[]"), older, newer}
	}
	switch {
	case q.After != nil:
		at := min(*q.After, head)
		older, newer := cut(at + 1)
		return show(first(newer, limit), len(older) > 0, len(newer) > limit)
	case q.Before != nil:
		older, newer := cut(min(*q.Before, head+1))
		return show(last(older, limit), len(older) > limit, len(newer) > 0)
	case q.Around != nil:
		older, newer := cut(min(*q.Around, head+1))
		n := limit - limit/2 // newer ones
		if len(newer) < n {
			n = len(newer)
		} else if len(older) < limit/2 {
			n = limit - len(older)
		}
		before, behind := last(older, limit-n), first(newer, n)
		return show(slices.Concat(before, behind), len(older) > len(before), len(newer) > len(behind))
	default:
		return show(last(kept, limit), len(kept) > limit, false)
	}
}

// someQuery draws a page, most often one near the newest.
func someQuery(rng *rand.Rand, head chat.Seq) chat.HistoryQuery {
	q := chat.HistoryQuery{Limit: rng.IntN(8) * rng.IntN(12)}
	at := chat.Seq(rng.IntN(int(head) + 5))
	if rng.IntN(2) == 0 {
		at = max(head, 5) + 3 - chat.Seq(rng.IntN(8))
	}
	switch rng.IntN(5) {
	case 0:
		q.Before = &at
	case 1:
		q.After = &at
	case 2:
		q.Around = &at
	}
	return q
}

func queryText(q chat.HistoryQuery) string {
	text := fmt.Sprint("limit ", q.Limit)
	for name, at := range map[string]*chat.Seq{"before": q.Before, "after": q.After, "around": q.Around} {
		if at != nil {
			text += fmt.Sprint(" ", name, " ", *at)
		}
	}
	return text
}

// readers check pages while their room is busy.
type readers struct {
	*world
	seed      uint64
	room      chat.RoomID
	told      atomic.Uint64 // the highest seq that anybody was told of
	pruned    atomic.Uint64 // the highest seq that is known to be gone
	forgotten atomic.Uint64 // up to which nobody's name is kept
	reads     atomic.Int64
	over      chan struct{}

	mu      sync.Mutex
	posted  map[chat.Seq]chat.Message
	edited  map[chat.Seq]int // how often, as far as that was acknowledged
	events  map[chat.Seq]bool
	sorted  chat.Seq // up to which it is known what is an event
	stream  string
	changes int
}

// sortOut finds out which seqs are no messages.
func (r *readers) sortOut() {
	r.mu.Lock()
	after := r.sorted
	r.mu.Unlock()
	list, err := r.chat.Events(r.Context(), r.room, after, 1000)
	if err != nil {
		r.Errorf("seed %d: events: %v", r.seed, err)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for i, e := range list {
		if i > 0 && e.Seq != list[i-1].Seq+1 {
			r.Errorf("seed %d: event %d after %d", r.seed, e.Seq, list[i-1].Seq)
		}
		if e.Kind != "post" {
			r.events[e.Seq] = true
		}
		r.sorted = max(r.sorted, e.Seq)
	}
}

// plain is a message without what may change about it, and how often it was edited.
func plain(m chat.Message) (chat.Message, int) {
	base, times, _ := strings.Cut(m.Content, "|")
	n, _ := strconv.Atoi(times)
	m.Content, m.UserName, m.EditedAt = base, "", 0
	return m, n
}

func raise(to *atomic.Uint64, n uint64) {
	for was := to.Load(); was < n && !to.CompareAndSwap(was, n); was = to.Load() {
	}
}

// floors are those that a page could have: any other one makes the same of it as
// one of these, or something else.
func floors(q chat.HistoryQuery, p chat.Page, least chat.Seq) []chat.Seq {
	list := []chat.Seq{least, p.Head}
	if len(p.Messages) > 0 {
		list = append(list, p.Messages[0].Seq-1)
	}
	for _, at := range []*chat.Seq{q.Before, q.After, q.Around} {
		if at != nil {
			list = append(list, *at, max(*at, 1)-1)
		}
	}
	return slices.DeleteFunc(list, func(floor chat.Seq) bool { return floor < least || floor > p.Head })
}

// check reads one page. It must be what the model makes of its own head and of one
// floor, and know all that was told before.
func (r *readers) check(rng *rand.Rand) (head chat.Seq) {
	told, forgotten, pruned := chat.Seq(r.told.Load()), chat.Seq(r.forgotten.Load()), chat.Seq(r.pruned.Load())
	q := someQuery(rng, told)
	r.sortOut()
	r.mu.Lock()
	edited := maps.Clone(r.edited)
	r.mu.Unlock()
	p, err := r.tryPage(q)
	if err != nil {
		r.Errorf("seed %d: %s: %v", r.seed, queryText(q), err)
		return 0
	}
	r.reads.Add(1)
	got := shownPage{seqs(p.Messages), p.HasOlder, p.HasNewer}
	r.sortOut()
	r.mu.Lock()
	events := maps.Clone(r.events)
	r.mu.Unlock()
	fits := func(floor chat.Seq) bool { return modelPage(q, floor, p.Head, events) == got }
	if !slices.ContainsFunc(floors(q, p, pruned), fits) || p.Head < told {
		r.Errorf("seed %d: %s: got %+v with head %d; told of %d, up to %d is gone", r.seed, queryText(q), got, p.Head, told, pruned)
	}
	if len(p.Messages) > 0 && !p.HasOlder {
		raise(&r.pruned, uint64(p.Messages[0].Seq-1))
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.stream == "" {
		r.stream = p.Stream
	}
	if p.Stream != r.stream {
		r.Errorf("seed %d: stream %s became %s", r.seed, r.stream, p.Stream)
	}
	for _, m := range p.Messages {
		if m.UserName != "Deleted account" && m.Seq <= forgotten {
			r.Errorf("seed %d: a name at %d is still there", r.seed, m.Seq)
		}
		m, times := plain(m)
		if times < edited[m.Seq] {
			r.Errorf("seed %d: %d was edited %d times, the page knows of %d", r.seed, m.Seq, edited[m.Seq], times)
		}
		if known, ok := r.posted[m.Seq]; !ok {
			r.posted[m.Seq] = m
		} else if !reflect.DeepEqual(known, m) {
			r.Errorf("seed %d: %+v became %+v", r.seed, known, m)
		}
	}
	return p.Head
}

func (r *readers) read(seed uint64) {
	rng, head := rand.New(rand.NewPCG(r.seed, seed)), chat.Seq(0)
	for {
		pause := 5 * time.Millisecond
		if rng.IntN(5) == 0 {
			pause = 5 * time.Second
		}
		select {
		case <-r.over:
			return
		case <-time.After(1 + within(rng, pause)):
			now := r.check(rng)
			if now < head {
				r.Errorf("seed %d: head went back from %d to %d", r.seed, head, now)
			}
			head = now
		}
	}
}

func within(rng *rand.Rand, d time.Duration) time.Duration {
	return time.Duration(rng.Int64N(int64(d)))
}

// post posts until each post is acknowledged.
func (r *readers) post(name string, round, n int) {
	rng := rand.New(rand.NewPCG(r.seed, uint64(round)<<32+uint64(name[1])))
	who := chat.Actor{User: chat.User{ID: chat.UserID(name), Name: name}}
	for i := range n {
		time.Sleep(within(rng, 300*time.Millisecond))
		for {
			content := strings.Repeat("é", rng.IntN(40)) + "."
			m, err := r.chat.Post(r.Context(), who, "global", chat.NewMessage{ClientID: chat.ClientID(fmt.Sprint(round, "-", i)), Content: content})
			if err != nil {
				time.Sleep(within(rng, 10*time.Millisecond))
				continue
			}
			posted := m
			m, _ = plain(m)
			r.mu.Lock()
			if known, ok := r.posted[m.Seq]; ok && !reflect.DeepEqual(known, m) {
				r.Errorf("seed %d: %+v was acknowledged as %+v", r.seed, known, m)
			}
			r.posted[m.Seq] = m
			r.mu.Unlock()
			raise(&r.told, uint64(m.Seq))
			if rng.IntN(3) == 0 {
				r.edit(rng, who, posted)
			}
			break
		}
	}
}

// edit edits a message some times until each edit is acknowledged.
func (r *readers) edit(rng *rand.Rand, who chat.Actor, m chat.Message) {
	base, _, _ := strings.Cut(m.Content, "|")
	for n := 1; n <= 1+rng.IntN(3); {
		f := chat.ClientFrame{Type: "edit", ID: m.ID, Content: fmt.Sprint(base, "|", n)}
		if _, err := r.chat.Change(r.Context(), who, "global", f); err != nil {
			time.Sleep(within(rng, 10*time.Millisecond))
			continue
		}
		r.mu.Lock()
		r.edited[m.Seq], r.changes = n, r.changes+1
		r.mu.Unlock()
		n++
	}
}

// listen hears messages over a socket that is opened anew each time it is cut off.
func (r *readers) listen() {
	for {
		p, err := r.tryDial("/api/socket", "listener")
		if err == nil {
			err = p.trySend(`{"type":"join","room":"global"}`)
		}
		for open := err == nil; open; {
			select {
			case f := <-p.frames:
				switch f.Type {
				case "message":
					raise(&r.told, uint64(f.msg().Seq))
				case "update":
					raise(&r.told, f.Seq)
				case "joined":
					raise(&r.told, f.Head)
				}
			case <-p.closed:
				open = false
			case <-r.over:
				p.lose()
				return
			}
		}
		select {
		case <-r.over:
			return
		case <-time.After(10 * time.Millisecond):
		}
	}
}

// forget takes everybody's name off what is there.
func (r *readers) forget(names []chat.UserID) {
	upTo := r.told.Load()
	for r.chat.ForgetUsers(r.Context(), names...) != nil {
		time.Sleep(time.Millisecond)
	}
	r.forgotten.Store(upTo)
}

// Pages are read while people post, commits are late and fail, the retention
// removes messages, names are forgotten and the room falls asleep.
func TestHistoryIsOneState(t *testing.T) {
	seed := *seedFlag
	if seed == 0 {
		seed = rand.Uint64()
	}
	t.Logf("go test ./chat -run %s -seed %d", t.Name(), seed)
	inBubble(t, func(c *chat.Config) {
		unlimited(c)
		c.Retention.Messages = 60
	}, func(w *world) {
		r := &readers{world: w, seed: seed, over: make(chan struct{}), room: roomID(w.T, "global"),
			posted: make(map[chat.Seq]chat.Message), edited: make(map[chat.Seq]int), events: make(map[chat.Seq]bool)}
		var watching sync.WaitGroup
		for i := range 4 {
			watching.Go(func() { r.read(uint64(i)) })
		}
		watching.Go(r.listen)
		names := []chat.UserID{"p0", "p1", "p2", "p3", "p4", "p5"}
		rng := rand.New(rand.NewPCG(seed, 99))
		var luck sync.Mutex
		for round := range 4 {
			w.faults.Hook(func(call durabletest.Call, _ int) durabletest.Fault {
				luck.Lock()
				defer luck.Unlock()
				if call != durabletest.CallCommit {
					return durabletest.Fault{}
				}
				fault := durabletest.Fault{Delay: within(rng, 3*time.Millisecond)}
				if rng.IntN(50) == 0 {
					fault.Err, fault.Keep = errors.New("injected"), durabletest.Keep(rng.IntN(3))
				}
				return fault
			})
			var posting sync.WaitGroup
			for _, name := range names {
				posting.Go(func() { r.post(string(name), round, 15) })
			}
			time.Sleep(time.Second)
			r.forget(names)
			posting.Wait()
			w.faults.Hook(nil)
			time.Sleep(75 * time.Second) // the retention, and sleep
		}
		close(r.over)
		watching.Wait()
		if st := w.chat.Stats(); st.Wakes < 5 || r.reads.Load() < 1000 || r.changes < 50 {
			t.Errorf("%d reads, %+v: that was no test", r.reads.Load(), st)
		}
		r.quiet(rng)
	})
}

// quiet reads a sleeping room: it stays asleep, and each page is just what the model
// says.
func (r *readers) quiet(rng *rand.Rand) {
	synctest.Wait()
	time.Sleep(2 * time.Minute)
	r.hibernate()
	wakes := r.chat.Stats().Wakes
	begin := chat.Seq(0)
	r.sortOut()
	all := r.page(chat.HistoryQuery{After: &begin, Limit: 200})
	if len(all.Messages) != 60 || all.Head < chat.Seq(r.told.Load()) {
		r.Fatalf("seed %d: %d messages, head %d", r.seed, len(all.Messages), all.Head)
	}
	for range 500 {
		q := someQuery(rng, all.Head)
		p := r.page(q)
		if got, want := (shownPage{seqs(p.Messages), p.HasOlder, p.HasNewer}), modelPage(q, all.Messages[0].Seq-1, all.Head, r.events); got != want {
			r.Errorf("seed %d: %s: got %+v, want %+v", r.seed, queryText(q), got, want)
		}
	}
	if st := r.chat.Stats(); st.Wakes != wakes || st.Awake != 0 {
		r.Errorf("seed %d: reading woke the room: %+v", r.seed, st)
	}
}

// The retention removes messages while a page of them is read.
func TestHistoryWhileMessagesGo(t *testing.T) {
	for _, awake := range []bool{false, true} {
		t.Run(fmt.Sprint("awake ", awake), func(t *testing.T) {
			inBubble(t, func(c *chat.Config) {
				unlimited(c)
				c.Retention.Messages = 10
			}, func(w *world) {
				w.fill(20, "x")
				begin := time.Now()
				w.hibernate()
				time.Sleep(time.Until(begin.Add(retention)) - 3*time.Second)
				if awake { // but holding no messages in memory
					w.joined("ada")
				}
				two := chat.Seq(2)
				q := chat.HistoryQuery{After: &two, Limit: 3}
				if p := w.page(q); seqs(p.Messages) != "3 4 5" || !p.HasOlder {
					w.Errorf("got %+v", p)
				}
				slow := durabletest.Fault{Delay: 5 * time.Second}
				if awake {
					w.faults.Next(durabletest.CallScan, slow)
				} else {
					w.faults.Next(durabletest.CallScan, durabletest.Fault{}, slow)
				}
				p := w.page(q)
				if got, want := (shownPage{seqs(p.Messages), p.HasOlder, p.HasNewer}), modelPage(q, 10, 20, nil); got != want || p.Head != 20 {
					w.Errorf("got %+v, want %+v", p, want)
				}
			})
		})
	}
}

// retention is after what time messages over the count go.
const retention = time.Minute
