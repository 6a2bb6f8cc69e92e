package durable_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"snug/durable"
	"snug/durable/durabletest"
)

// telling is a script: "put x" stores and broadcasts x, "get" reads.
var telling = script{
	do: func(ctx context.Context, o *thing, what string) (string, error) {
		verb, value, _ := strings.Cut(what, " ")
		switch verb {
		case "put":
			if err := o.put("k", value); err != nil {
				return "", err
			}
		case "unconfirmed":
			if err := o.put("k", value, durable.Unconfirmed); err != nil {
				return "", err
			}
		case "sync":
			if err := o.put("k", value, durable.Unconfirmed); err != nil {
				return "", err
			}
			if err := o.Storage().Sync(); err != nil {
				return "", err
			}
		case "get":
			return o.get("k"), nil
		case "abort":
			_ = o.put("k", value)
			o.Broadcast("", durable.TextFrame([]byte(value)), nil)
			o.Abort(errInjected)
		}
		o.Broadcast("", durable.TextFrame([]byte(value)), nil)
		return value, nil
	},
	message: func(ctx context.Context, o *thing, s *durable.Socket, text string) error {
		if err := o.put("k", text); err != nil {
			return err
		}
		o.Send(s, durable.TextFrame([]byte("ack "+text)))
		o.Broadcast("", durable.TextFrame([]byte(text)), nil)
		return nil
	},
}

func failing(keep durabletest.Keep) durabletest.Fault {
	return durabletest.Fault{Err: errInjected, Keep: keep}
}

// What is to follow a commit follows it, or else it is said that nobody knows.
func TestAfterCommit(t *testing.T) {
	var b book
	scenario(t, script{do: func(_ context.Context, o *thing, what string) (string, error) {
		o.AfterCommitOr(func() { b.add("%s is durable", what) }, func(cause error) { b.add("%s: %t", what, errors.Is(cause, errInjected)) })
		o.AfterCommit(func() { b.add("and %s", what) })
		return "", o.put("k", what)
	}}, func(w *world) {
		w.faults.Stall()
		first := w.start("n", "a")
		w.wantBook(&b)
		w.faults.Release()
		<-first
		w.wantBook(&b, "a is durable", "and a")
		for _, keep := range []durabletest.Keep{durabletest.KeepNone, durabletest.KeepAll} {
			w.faults.Next(durabletest.CallCommit, failing(keep))
			_, err := w.call("n", "b")
			w.wantReset(err)
			w.wantBook(&b, "b: true")
		}
	})
}

func TestScenario21ReplyWaitsForTheDisk(t *testing.T) {
	scenario(t, telling, func(w *world) {
		w.must("n", "put old")
		w.faults.Stall()
		put := w.start("n", "put new")
		w.pending(put, "the disk is stalled")
		// The next turn runs meanwhile, and what it tells rests on the same write.
		get := w.start("n", "get")
		w.pending(get, "it read what isn't durable")
		w.want("other", "get", "") // no write, no wait
		w.faults.Release()
		if o := <-put; o.answer != "new" || o.err != nil {
			w.Errorf("got %v", o)
		}
		if o := <-get; o.answer != "new" || o.err != nil {
			w.Errorf("got %v", o)
		}
	})
}

// What left before a write was issued doesn't wait for that write.
func TestScenario21OutputsLeaveInOrder(t *testing.T) {
	scenario(t, telling, func(w *world) {
		c := w.dial("n")
		w.faults.Stall()
		w.want("n", "say 1", "1") // wrote nothing
		put := w.start("n", "put 2")
		said := w.start("n", "say 3")
		c.hears("text 1")
		c.hearsNothing("the rest is behind a write")
		w.pending(said, "it is behind a write")
		w.faults.Release()
		<-put
		<-said
		c.hears("text 2", "text 3")
	})
}

func TestScenario22FailedFlushShowsNothing(t *testing.T) {
	for _, keep := range []durabletest.Keep{durabletest.KeepNone, durabletest.KeepAll} {
		t.Run(fmt.Sprint("keep", keep), func(t *testing.T) {
			scenario(t, telling, func(w *world) {
				w.must("n", "put old")
				speaker, listener := w.dial("n"), w.dial("n")
				w.faults.Next(durabletest.CallCommit, failing(keep))
				speaker.say("new")
				speaker.hears("close 1011 the object was reset")
				listener.hears("close 1011 the object was reset")
				w.faults.Next(durabletest.CallCommit, failing(keep))
				_, err := w.call("n", "put new")
				w.wantReset(err)
				// The disk alone knows whether it is there.
				stored := map[durabletest.Keep]string{durabletest.KeepNone: "old", durabletest.KeepAll: "new"}[keep]
				w.want("n", "get", stored)
				w.kill()
				w.want("n", "get", stored)
			})
		})
	}
}

// Turns that ran on top of a write that then failed fail with it.
func TestScenario22TurnsOnTopOfAFailedOne(t *testing.T) {
	scenario(t, telling, func(w *world) {
		w.must("n", "put old")
		w.faults.Stall()
		w.faults.Next(durabletest.CallCommit, failing(durabletest.KeepNone))
		var all []<-chan outcome
		for i := range 10 {
			all = append(all, w.start("n", fmt.Sprint("put ", i)), w.start("n", "get"))
		}
		w.faults.Release()
		for _, done := range all {
			w.wantReset((<-done).err)
		}
		w.want("n", "get", "old")
	})
}

func TestScenario24UnconfirmedWriteHoldsNothing(t *testing.T) {
	scenario(t, telling, func(w *world) {
		w.must("n", "put old")
		c := w.dial("n")
		w.faults.Stall()
		w.want("n", "unconfirmed new", "new")
		c.hears("text new")
		w.want("n", "get", "new")
		w.faults.Next(durabletest.CallCommit, failing(durabletest.KeepNone))
		w.faults.Release()
		c.hears("close 1011 the object was reset")
		w.want("n", "get", "old")
	})
}

// One confirmed write makes the turn wait; Sync waits for the others too.
func TestScenario24ConfirmedAmongUnconfirmed(t *testing.T) {
	s := telling
	s.do = func(ctx context.Context, o *thing, what string) (string, error) {
		if what != "both" {
			return telling.do(ctx, o, what)
		}
		if err := o.put("a", "1", durable.Unconfirmed); err != nil {
			return "", err
		}
		return "", o.Storage().Transaction(func(tx *durable.Tx) error {
			return tx.Put("b", []byte("2"))
		})
	}
	scenario(t, s, func(w *world) {
		w.faults.Stall()
		both := w.start("n", "both")
		sync := w.start("m", "sync x")
		w.pending(both, "one write of it is confirmed")
		w.pending(sync, "it syncs")
		w.faults.Release()
		if o := <-both; o.err != nil {
			w.Error(o.err)
		}
		if o := <-sync; o.err != nil {
			w.Error(o.err)
		}
		w.faults.Next(durabletest.CallCommit, failing(durabletest.KeepNone))
		_, err := w.call("m", "sync y")
		w.wantReset(err)
	})
}

func TestScenario26AutoResponsePassesTheGate(t *testing.T) {
	s := telling
	s.start = func(_ context.Context, o *thing) error { return o.SetAutoResponse("ping", "pong") }
	scenario(t, s, func(w *world) {
		c := w.dial("n")
		w.faults.Stall()
		c.say("hello")
		c.say("ping")
		c.hears("text pong")
		c.hearsNothing("the disk is stalled")
		w.faults.Release()
		c.hears("text ack hello", "text hello")
		if at := c.sock.AutoResponseAt(); !at.Equal(time.Now()) {
			w.Errorf("answered at %v", at)
		}
	})
}

// A disk that hangs is as bad as one that fails.
func TestStorageThatTakesTooLongResets(t *testing.T) {
	scenario(t, telling, func(w *world) {
		w.must("n", "put old")
		for _, call := range []durabletest.Call{durabletest.CallGet, durabletest.CallCommit} {
			begin := time.Now()
			w.faults.Next(call, durabletest.Fault{Delay: time.Hour})
			what := map[durabletest.Call]string{durabletest.CallGet: "get", durabletest.CallCommit: "put new"}[call]
			_, err := w.call("n", what)
			w.wantReset(err)
			w.wantErr(err, durable.ErrTimeout)
			if took := time.Since(begin); took < 30*time.Second || took > 31*time.Second {
				w.Errorf("it took %v", took)
			}
		}
		w.want("n", "get", "old") // which claims the object: the commit that hangs is void
		// It hangs on; what waits behind it is given up too, and once
		// it is through the object's state is what storage has.
		_, err := w.call("m", "put x")
		w.wantErr(err, durable.ErrTimeout)
		_, err = w.call("m", "put y")
		w.wantErr(err, durable.ErrTimeout)
		time.Sleep(time.Hour)
		w.want("m", "put z", "z")
		w.want("n", "get", "old")
		idle()
		w.faults.Next(durabletest.CallClaim, durabletest.Fault{Delay: time.Hour})
		_, err = w.call("n", "get")
		w.wantErr(err, durable.ErrTimeout)
		w.want("n", "get", "old")
	})
}

// While the store hangs an object's events don't queue up for a time-out each.
func TestEventsBehindAWakingThatTakesTooLong(t *testing.T) {
	scenario(t, telling, func(w *world) {
		begin := time.Now()
		w.faults.Next(durabletest.CallClaim, durabletest.Fault{Delay: time.Hour})
		var all []<-chan outcome
		for range 10 {
			all = append(all, w.start("n", "get"))
		}
		for _, done := range all {
			w.wantErr((<-done).err, durable.ErrTimeout)
		}
		if took := time.Since(begin); took < 30*time.Second || took > 31*time.Second {
			w.Errorf("it took %v", took)
		}
		w.want("n", "get", "")
	})
}

// The fence: a second runtime on the same disk takes the object over, and the
// first can't commit any more, however sure of itself it is.
func TestFenceStopsTheFormerOwner(t *testing.T) {
	scenario(t, telling, func(w *world) {
		w.must("n", "put first")
		c := w.dial("n")
		opts := w.opts
		opts.Store = w.disk // not through the faults
		second, err := durable.New(opts)
		if err != nil {
			w.Fatal(err)
		}
		heir := &world{T: w.T, rt: second}
		heir.add("thing", telling)
		heir.want("n", "get", "first")
		heir.want("n", "put second", "second")

		_, err = w.call("n", "put zombie")
		w.wantReset(err)
		w.wantErr(err, durable.ErrFenced)
		c.hears("close 1011 the object was reset")
		heir.want("n", "get", "second")
		if got, _ := w.disk.Get(w.Context(), w.ns().IDFromName("n"), "k"); string(got) != "second" {
			w.Errorf("%q is stored", got)
		}
		heir.stop()
	})
}

// More turns than MaxPendingTurns don't pile up behind a stalled disk.
func TestTurnsBehindAStalledDiskAreBounded(t *testing.T) {
	ran := 0
	s := telling
	s.do = func(ctx context.Context, o *thing, what string) (string, error) {
		ran++
		return telling.do(ctx, o, what)
	}
	const calls = durable.MaxPendingTurns + 100
	for _, fails := range []bool{false, true} {
		ran = 0
		scenario(t, s, func(w *world) {
			w.faults.Stall()
			var all []<-chan outcome
			for range calls {
				all = append(all, w.start("n", "put x"))
			}
			synctest.Wait()
			if ran != durable.MaxPendingTurns {
				w.Errorf("%d turns ran", ran)
			}
			if fails {
				w.faults.Next(durabletest.CallCommit, failing(durabletest.KeepNone))
			}
			w.faults.Release()
			failed := 0
			for _, done := range all {
				if o := <-done; o.err != nil {
					failed++
				}
			}
			if want := map[bool]int{true: durable.MaxPendingTurns}[fails]; failed != want {
				w.Errorf("%d calls failed, want %d", failed, want)
			}
		})
	}
}

// A group of commits is bounded, and one object's failure is its own.
func TestGroupCommit(t *testing.T) {
	scenario(t, telling, func(w *world) {
		w.faults.Stall()
		first := w.start("first", "put x")
		var all []<-chan outcome
		for i := range 500 {
			all = append(all, w.start(fmt.Sprint(i), "put x"))
		}
		before := w.faults.Calls(durabletest.CallCommit)
		w.faults.Release()
		for _, done := range append(all, first) {
			if o := <-done; o.err != nil {
				w.Error(o.err)
			}
		}
		if n := w.faults.Calls(durabletest.CallCommit) - before; n != 1 {
			w.Errorf("500 commits that waited took %d groups", n)
		}
	})
}

// Send inside a turn is an output: it leaves when the turn is durable.
func TestSendLeavesThroughTheGate(t *testing.T) {
	var b book
	var k *kind
	scenario(t, script{do: func(ctx context.Context, o *thing, what string) (string, error) {
		b.add("%s", what)
		if what == "relay" {
			if err := o.put("k", "v"); err != nil {
				return "", err
			}
			return "", k.do.Send(ctx, k.ns.ByName("m"), "sent")
		}
		return "", nil
	}}, func(w *world) {
		k = w.things[0]
		w.faults.Stall()
		relay := w.start("n", "relay")
		w.wantBook(&b, "relay")
		w.faults.Release()
		<-relay
		w.wantBook(&b, "sent")
		w.faults.Next(durabletest.CallCommit, failing(durabletest.KeepNone))
		w.wantReset((<-w.start("n", "relay")).err)
		w.wantBook(&b, "relay")
	})
}
