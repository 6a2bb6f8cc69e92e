package durable_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"snug/durable"
	"snug/durable/durabletest"
)

// The simulation runs a few objects that keep a log each, as a room does, under
// all that may befall them: a disk that fails, lies, stalls and comes back late,
// crashes, restarts, rival owners, sockets that come and go. After each step it
// compares what was seen with what is on the disk:
//
//   - what was acknowledged or broadcast is on the disk, at once and for ever;
//   - a log's events are 1, 2, 3, … without a gap, and never change;
//   - a client's id names one event, however often it was sent;
//   - what one turn wrote is there whole or not at all, the alarm included;
//   - an alarm never runs early, and none is forgotten;
//   - an object runs one turn at a time;
//   - a socket's events follow each other without a gap;
//   - every call is answered.
func TestSimulation(t *testing.T) {
	n := 100
	if few {
		n = 25
	}
	for seed := range seeds(t, n) {
		simulate(t, seed, 300)
	}
}

type simulation struct {
	*world
	rng     *rand.Rand
	seed    uint64
	step    int
	names   []string
	objects map[string]*simObject
	calls   map[int]*simCall
	sockets []*simSocket
	trace   []string
	clients int
	mu      sync.Mutex
	inTurn  map[string]int // by turns; guarded by mu
	faulty  string         // what a turn found wrong; guarded by mu
}

// simObject is what is known about one object for certain.
type simObject struct {
	log   map[int]string // events that were seen to be durable
	rival map[int]bool   // those that a rival owner wrote
}

type simCall struct {
	object, client string
	done           <-chan outcome
}

type simSocket struct {
	*client
	object string
	last   int // seq of the last event that it got; 0: none
}

func simulate(t *testing.T, seed uint64, steps int) {
	sim := &simulation{
		rng: rand.New(rand.NewPCG(seed, 1)), seed: seed,
		names: []string{"a", "b", "c"}, objects: make(map[string]*simObject),
		calls: make(map[int]*simCall), inTurn: make(map[string]int),
	}
	for _, name := range sim.names {
		sim.objects[name] = &simObject{log: make(map[int]string), rival: make(map[int]bool)}
	}
	scenario(t, sim.script(), func(w *world) {
		sim.world = w
		for sim.step = range steps {
			sim.act()
			sim.settle()
			if w.Failed() {
				return
			}
		}
		sim.note("the end: all goes well from here on")
		w.faults.Release()
		w.faults.Hook(nil)
		time.Sleep(3 * time.Hour)
		sim.settle()
		if len(sim.calls) > 0 {
			sim.fail("%d calls were never answered", len(sim.calls))
		}
		if due, _, err := w.disk.AlarmsDue(w.Context(), time.Now(), 10); len(due) > 0 || err != nil {
			sim.fail("%d alarms were forgotten, %v", len(due), err)
		}
	})
}

func (sim *simulation) note(format string, args ...any) {
	sim.trace = append(sim.trace, fmt.Sprintf("%4d  ", sim.step)+fmt.Sprintf(format, args...))
}

func (sim *simulation) fail(format string, args ...any) {
	sim.Helper()
	sim.Errorf("seed %d: %s\n%s", sim.seed, fmt.Sprintf(format, args...),
		strings.Join(sim.trace[max(0, len(sim.trace)-25):], "\n"))
}

// enter and leave note that a turn of the object runs.
func (sim *simulation) enter(o *thing) {
	sim.mu.Lock()
	defer sim.mu.Unlock()
	if sim.inTurn[o.Name()]++; sim.inTurn[o.Name()] != 1 {
		sim.faulty = "two turns of " + o.Name() + " at a time"
	}
}

func (sim *simulation) leave(o *thing) {
	sim.mu.Lock()
	defer sim.mu.Unlock()
	sim.inTurn[o.Name()]--
}

// script is that of the objects. "append id how…" adds an event.
func (sim *simulation) script() script {
	return script{
		start: func(_ context.Context, o *thing) error {
			sim.enter(o)
			defer sim.leave(o)
			o.n = number(o.get("head"))
			return nil
		},
		do: func(ctx context.Context, o *thing, what string) (string, error) {
			sim.enter(o)
			defer sim.leave(o)
			words := strings.Fields(what)
			return sim.append(ctx, o, words[1], words[2:])
		},
		alarm: func(ctx context.Context, o *thing, info durable.AlarmInfo) error {
			sim.enter(o)
			defer sim.leave(o)
			if time.Now().Before(info.Scheduled) {
				sim.mu.Lock()
				sim.faulty = "an alarm of " + o.Name() + " ran early"
				sim.mu.Unlock()
			}
			if _, err := o.Storage().Delete("alarm"); err != nil {
				return err
			}
			id := fmt.Sprint("alarm", info.Scheduled.UnixMilli())
			if _, err := sim.append(ctx, o, id, nil); err != nil {
				return err
			}
			if info.Retries == 0 && info.Scheduled.UnixMilli()%3 == 0 {
				return errInjected // after all its work: the retry finds it done
			}
			return nil
		},
		open: func(_ context.Context, o *thing, s *durable.Socket) error {
			sim.enter(o)
			defer sim.leave(o)
			return o.Accept(s, nil)
		},
	}
}

func (sim *simulation) append(ctx context.Context, o *thing, id string, how []string) (string, error) {
	does := func(what string) bool { return slices.Contains(how, what) }
	if does("await") {
		sim.leave(o)
		err := o.Await(ctx, func(context.Context) error { time.Sleep(50 * time.Millisecond); return nil })
		sim.enter(o)
		if err != nil {
			return "", err
		}
	}
	if earlier := o.get("id/" + id); earlier != "" {
		return earlier, nil
	}
	seq := o.n + 1
	err := o.Storage().Transaction(func(tx *durable.Tx) error {
		return errors.Join(
			tx.Put(fmt.Sprintf("log/%06d", seq), []byte(id)),
			tx.Put("id/"+id, fmt.Append(nil, seq)),
			tx.Put("head", fmt.Append(nil, seq)),
		)
	})
	if err != nil {
		return "", err
	}
	if does("alarm") {
		at := time.UnixMilli(time.Now().UnixMilli() + int64(seq%7)*100) // alarms are kept in milliseconds
		err := errors.Join(o.put("alarm", fmt.Sprint(at.UnixMilli())), o.Storage().SetAlarm(at))
		if err != nil {
			return "", err
		}
	}
	if does("undone") {
		_ = o.Storage().Transaction(func(tx *durable.Tx) error {
			return errors.Join(tx.DeleteRange("", ""), tx.Put("head", []byte("garbage")), errInjected)
		})
	}
	o.n = seq
	o.Broadcast("", durable.TextFrame(fmt.Appendf(nil, "%d %s", seq, id)), nil)
	switch {
	case does("abort"):
		o.Abort(errInjected)
	case does("panic"):
		panic("oh dear")
	case does("after"):
		sim.leave(o)
		err := o.Await(ctx, func(context.Context) error { time.Sleep(50 * time.Millisecond); return nil })
		sim.enter(o)
		return fmt.Sprint(seq), err
	}
	return fmt.Sprint(seq), nil
}

// act does one thing at random.
func (sim *simulation) act() {
	name := sim.names[sim.rng.IntN(len(sim.names))]
	switch n := sim.rng.IntN(100); {
	case n < 45:
		sim.appendTo(name)
	case n < 55:
		d := time.Duration(1<<sim.rng.IntN(16)) * time.Millisecond
		sim.note("%v pass", d)
		time.Sleep(d)
	case n < 63:
		sim.note("a socket at %s", name)
		sim.sockets = append(sim.sockets, &simSocket{client: sim.dial(name), object: name})
	case n < 68 && len(sim.sockets) > 0:
		s := sim.sockets[sim.rng.IntN(len(sim.sockets))]
		sim.note("a socket of %s goes", s.object)
		if sim.rng.IntN(2) == 0 {
			s.cut()
		} else {
			go s.close(1000, "")
		}
	case n < 74:
		sim.note("the disk stalls")
		sim.faults.Stall()
	case n < 82:
		sim.note("the disk goes on")
		sim.faults.Release()
	case n < 90:
		call := durabletest.Call(sim.rng.IntN(5))
		fault := durabletest.Fault{Err: errInjected, Keep: durabletest.Keep(sim.rng.IntN(3))}
		if sim.rng.IntN(4) == 0 {
			fault = durabletest.Fault{Delay: time.Duration(1<<sim.rng.IntN(17)) * time.Millisecond}
		}
		sim.note("the next call %d meets %+v", call, fault)
		sim.faults.Next(call, fault)
	case n < 95:
		sim.rival(name)
	case n < 98:
		sim.note("the process is killed")
		sim.kill()
	default:
		sim.note("a restart")
		sim.faults.Release()
		sim.restart()
	}
}

func (sim *simulation) appendTo(name string) {
	sim.clients++
	id := fmt.Sprint("c", sim.clients)
	if sim.rng.IntN(4) == 0 { // one that was sent before, to this object or another
		id = fmt.Sprint("c", 1+sim.rng.IntN(sim.clients))
	}
	what := "append " + id
	for _, how := range []string{"await", "alarm", "undone"} {
		if sim.rng.IntN(5) == 0 {
			what += " " + how
		}
	}
	what += []string{"", "", "", "", " abort", " panic", " after"}[sim.rng.IntN(7)]
	sim.note("%s: %s", name, what)
	sim.calls[sim.clients] = &simCall{name, id, sim.start(name, what)}
}

// rival takes the object over, as another node would that holds its owner for
// dead, and writes an event.
func (sim *simulation) rival(name string) {
	ctx, id := sim.Context(), sim.ns().IDFromName(name)
	record, err := sim.disk.Claim(ctx, id, "thing", name)
	if err != nil {
		sim.fail("rival: %v", err)
		return
	}
	sim.note("a rival takes %s at epoch %d", name, record.Fence.Epoch&0xffffffff)
	if sim.rng.IntN(2) == 0 {
		return // and dies
	}
	head, err := sim.disk.Get(ctx, id, "head")
	seq, client := number(string(head))+1, fmt.Sprint("rival", sim.step)
	errs, err2 := sim.disk.Commit(ctx, []durable.Batch{{ID: id, Fence: record.Fence, Ops: []durable.Op{
		{Kind: durable.OpPut, Key: fmt.Sprintf("log/%06d", seq), Value: []byte(client)},
		{Kind: durable.OpPut, Key: "id/" + client, Value: fmt.Append(nil, seq)},
		{Kind: durable.OpPut, Key: "head", Value: fmt.Append(nil, seq)},
	}}})()
	if err := errors.Join(append(errs, err, err2)...); err != nil {
		sim.fail("rival: %v", err)
	}
	sim.objects[name].rival[seq] = true
	sim.saw(name, seq, client, "a rival's commit")
}

// saw notes that an event was shown to somebody: it stays for ever.
func (sim *simulation) saw(name string, seq int, client, by string) {
	o := sim.objects[name]
	if known, ok := o.log[seq]; ok && known != client {
		sim.fail("%s: event %d was %s, and by %s it is %s", name, seq, known, by, client)
	}
	o.log[seq] = client
}

// settle takes in what has happened, and compares it with the disk.
func (sim *simulation) settle() {
	synctest.Wait()
	for key, call := range sim.calls {
		select {
		case o := <-call.done:
			delete(sim.calls, key)
			if o.err == nil {
				sim.saw(call.object, number(o.answer), call.client, "an ack")
			}
		default:
		}
	}
	sim.sockets = slices.DeleteFunc(sim.sockets, func(s *simSocket) bool { return !sim.hear(s) })
	sim.mu.Lock()
	faulty := sim.faulty
	sim.mu.Unlock()
	if faulty != "" {
		sim.fail("%s", faulty)
	}
	for _, name := range sim.names {
		sim.audit(name)
	}
}

// hear takes in what a socket got; false if it is gone.
func (sim *simulation) hear(s *simSocket) bool {
	for {
		select {
		case line := <-s.frames:
			var seq int
			var client string
			if _, err := fmt.Sscanf(line, "text %d %s", &seq, &client); err != nil {
				if !strings.HasPrefix(line, "close ") && line != "cut" {
					sim.fail("a socket got %q", line)
				}
				if line == "cut" {
					return false
				}
				go s.close(1000, "") // answer it
				continue
			}
			sim.saw(s.object, seq, client, "a frame")
			for missed := s.last + 1; s.last > 0 && missed < seq; missed++ {
				if !sim.objects[s.object].rival[missed] {
					sim.fail("%s: a socket got event %d after %d", s.object, seq, s.last)
				}
			}
			if seq <= s.last {
				sim.fail("%s: a socket got event %d after %d", s.object, seq, s.last)
			}
			s.last = seq
		default:
			return true
		}
	}
}

// audit looks at an object's disk.
func (sim *simulation) audit(name string) {
	ctx, id := sim.Context(), sim.ns().IDFromName(name)
	stored := map[string]string{}
	err := sim.disk.Scan(ctx, id, durable.Range{}, func(key, value []byte) bool {
		stored[string(key)] = string(value)
		return true
	})
	if err != nil {
		sim.fail("%s: %v", name, err)
		return
	}
	head := number(stored["head"])
	want := map[string]string{}
	for seq := 1; seq <= head; seq++ {
		key := fmt.Sprintf("log/%06d", seq)
		client := stored[key]
		if _, twice := want["id/"+client]; twice || client == "" {
			sim.fail("%s: event %d of %d is %q, twice or missing", name, seq, head, client)
		}
		want[key], want["id/"+client] = client, fmt.Sprint(seq)
	}
	if head > 0 {
		want["head"] = fmt.Sprint(head)
	}
	for seq, client := range sim.objects[name].log {
		if stored[fmt.Sprintf("log/%06d", seq)] != client {
			sim.fail("%s: event %d, %s, was seen and is lost", name, seq, client)
		}
	}
	records, _, err := sim.disk.AlarmsDue(ctx, time.Now().Add(1000*time.Hour), 100)
	if err != nil {
		sim.fail("%v", err)
	}
	for _, r := range records {
		// A failed run's retry stays behind the run's own writes.
		if r.ID == id && (r.Alarm.Retries == 0 || stored["alarm"] != "") {
			want["alarm"] = fmt.Sprint(r.Alarm.Scheduled.UnixMilli())
		}
	}
	if !maps.Equal(stored, want) {
		sim.fail("%s: %d keys are stored, %d belong together\n%v\n%v", name, len(stored), len(want), stored, want)
	}
}
