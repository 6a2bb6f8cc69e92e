package durable_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"snug/durable"
	"snug/durable/durabletest"
)

func TestScenario07ColdObjectHundredCallsAtOnce(t *testing.T) {
	starts := 0
	s := counting
	s.start = func(context.Context, *thing) error { starts++; return nil }
	scenario(t, s, func(w *world) {
		var mu sync.Mutex
		seen := make(map[string]int)
		var wg sync.WaitGroup
		for range 100 {
			wg.Go(func() {
				answer, err := w.call("n", "add")
				mu.Lock()
				defer mu.Unlock()
				if err != nil {
					w.Error(err)
				}
				seen[answer]++
			})
		}
		wg.Wait()
		for i := range 100 {
			if n := seen[fmt.Sprint(i)]; n != 1 {
				w.Errorf("%d came %d times", i, n)
			}
		}
		if starts != 1 {
			w.Errorf("constructed %d times", starts)
		}
	})
}

func TestScenario08CallsOfOneStubKeepTheirOrder(t *testing.T) {
	var b book
	scenario(t, script{do: func(_ context.Context, _ *thing, what string) (string, error) {
		b.add("%s", what)
		return "", nil
	}}, func(w *world) {
		k, stub := w.things[0], w.ns().ByName("n")
		var want []string
		for i := range 100 {
			want = append(want, fmt.Sprint(i))
			if err := k.do.Send(w.Context(), stub, fmt.Sprint(i)); err != nil {
				w.Fatal(err)
			}
		}
		w.wantBook(&b, want...)
	})
}

// blocking is a script whose "block" holds the turn until release.
func blocking(release *chan struct{}) script {
	s := counting
	s.do = func(ctx context.Context, o *thing, what string) (string, error) {
		if what == "block" {
			<-*release
			return "released", nil
		}
		return counting.do(ctx, o, what)
	}
	return s
}

func TestScenario09BlockedObjectHindersNoOther(t *testing.T) {
	var release chan struct{}
	scenario(t, blocking(&release), func(w *world) {
		release = make(chan struct{})
		blocked := w.start("a", "block")
		behind := w.start("a", "add")
		w.want("b", "add", "0")
		w.want("b", "add", "1")
		w.pending(blocked, "its turn is held")
		w.pending(behind, "the turn before it is held")
		close(release)
		if o := <-blocked; o.answer != "released" {
			w.Errorf("got %v", o)
		}
		if o := <-behind; o.answer != "0" || o.err != nil {
			w.Errorf("got %v", o)
		}
	})
}

func TestScenario10FullQueueIsOverloaded(t *testing.T) {
	var release chan struct{}
	scenario(t, blocking(&release), func(w *world) {
		release = make(chan struct{})
		blocked := w.start("a", "block")
		synctest.Wait() // it has left the inbox
		var queued []<-chan outcome
		for range 4 {
			queued = append(queued, w.start("a", "add"))
		}
		synctest.Wait()
		_, err := w.call("a", "add")
		var e *durable.Error
		if !errors.As(err, &e) || !e.Overloaded() || e.Retryable() || e.Reset() {
			w.Errorf("got %v, want overloaded, not retryable", err)
		}
		w.want("b", "get", "0") // others aren't
		close(release)
		<-blocked
		seen := map[string]bool{}
		for _, done := range queued {
			o := <-done
			if o.err != nil {
				w.Error(o.err)
			}
			seen[o.answer] = true
		}
		if len(seen) != 4 {
			w.Errorf("of 4 queued calls ran %v", seen)
		}
		w.want("a", "get", "4")
	}, func(o *durable.Options) { o.InboxEvents = 4 })
}

type bulky struct{ Bytes int }

func (b bulky) Size() int { return b.Bytes }

func TestScenario10QueueIsBoundedInBytes(t *testing.T) {
	var release chan struct{}
	scenario(t, blocking(&release), func(w *world) {
		release = make(chan struct{})
		class := durable.NewClass("sink", func(*durable.State) durable.Object { return struct{}{} })
		take := durable.Handle(class, "take", func(durable.Object, context.Context, bulky) (int, error) {
			<-release
			return 0, nil
		})
		ns, err := w.rt.Register(class)
		if err != nil {
			w.Fatal(err)
		}
		stub := ns.ByName("n")
		send := func(n int) error { return take.Send(w.Context(), stub, bulky{n}) }
		if err := send(2000); err != nil {
			w.Errorf("a single call is never too large, but: %v", err)
		}
		synctest.Wait() // it runs
		if err := errors.Join(send(600), send(400)); err != nil {
			w.Error(err)
		}
		w.wantErr(send(1), durable.ErrOverloaded)
		ctx, cancel := context.WithTimeout(w.Context(), time.Second)
		defer cancel()
		_, err = take.Call(ctx, stub, bulky{1})
		w.wantErr(err, durable.ErrOverloaded)
		close(release)
		synctest.Wait()
		if err := send(1000); err != nil {
			w.Error(err)
		}
	}, func(o *durable.Options) { o.InboxBytes = 1000 })
}

// Handlers inside Await hold their arguments: they count as if they waited.
func TestScenario10AwaitingHandlersCount(t *testing.T) {
	var release chan struct{}
	scenario(t, script{do: func(ctx context.Context, o *thing, _ string) (string, error) {
		return "", o.Await(ctx, func(context.Context) error { <-release; return nil })
	}}, func(w *world) {
		release = make(chan struct{})
		var waiting []<-chan outcome
		for range 8 {
			waiting = append(waiting, w.start("a", ""))
		}
		synctest.Wait()
		_, err := w.call("a", "")
		w.wantErr(err, durable.ErrOverloaded)
		close(release)
		for _, done := range waiting {
			if o := <-done; o.err != nil {
				w.Error(o.err)
			}
		}
		w.must("a", "")
	}, func(o *durable.Options) { o.InboxEvents = 8 })
}

func TestScenario11FailedConstructionFailsItsCallOnly(t *testing.T) {
	starts := 0
	fail := errors.New("no luck")
	s := counting
	s.start = func(_ context.Context, o *thing) error {
		starts++
		switch starts {
		case 1:
			if err := o.put("n", "7"); err != nil {
				return err
			}
			return fail
		case 2:
			panic("worse luck")
		}
		return counting.start(nil, o)
	}
	scenario(t, s, func(w *world) {
		k, stub := w.things[0], w.ns().ByName("n")
		_, err := k.do.Call(w.Context(), stub, "add")
		w.wantReset(err)
		w.wantErr(err, fail)
		_, err = k.do.Call(w.Context(), stub, "add")
		w.wantReset(err)
		if starts != 1 {
			w.Errorf("the broken stub started the object again")
		}
		_, err = w.call("n", "add")
		w.wantReset(err)
		w.wantErrText(err, "worse luck")
		w.want("n", "add", "0") // and what the failed one wrote is not there
		if starts != 3 {
			w.Errorf("constructed %d times", starts)
		}
	})
}

func TestScenario13ReadModifyWriteOfThousandCallers(t *testing.T) {
	scenario(t, script{do: func(_ context.Context, o *thing, _ string) (string, error) {
		return "", o.put("n", fmt.Sprint(number(o.get("n"))+1))
	}}, func(w *world) {
		var wg sync.WaitGroup
		for range 1000 {
			wg.Go(func() {
				if _, err := w.call("n", ""); err != nil {
					w.Error(err)
				}
			})
		}
		wg.Wait()
		if got, err := w.disk.Get(w.Context(), w.ns().IDFromName("n"), "n"); string(got) != "1000" {
			w.Errorf("got %q, %v", got, err)
		}
	})
}

func TestScenario15StorageHoldsTheTurn(t *testing.T) {
	var b book
	scenario(t, script{do: func(_ context.Context, o *thing, what string) (string, error) {
		b.add("%s begins", what)
		o.get("k")
		b.add("%s ends", what)
		return "", nil
	}}, func(w *world) {
		w.must("n", "zero")
		w.wantBook(&b, "zero begins", "zero ends")
		w.faults.Next(durabletest.CallGet, durabletest.Fault{Delay: time.Second})
		first := w.start("n", "first")
		time.Sleep(time.Millisecond)
		second := w.start("n", "second")
		w.pending(second, "the first waits for its storage")
		<-first
		<-second
		w.wantBook(&b, "first begins", "first ends", "second begins", "second ends")
	})
}

func TestCallWhoseCallerGivesUp(t *testing.T) {
	var release chan struct{}
	scenario(t, blocking(&release), func(w *world) {
		release = make(chan struct{})
		ctx, cancel := context.WithTimeout(w.Context(), time.Second)
		defer cancel()
		_, err := w.things[0].call(ctx, "n", "block")
		w.wantErr(err, context.DeadlineExceeded)
		_, err = w.things[0].call(ctx, "n", "add")
		w.wantErr(err, context.DeadlineExceeded)
		close(release)
		w.want("n", "get", "0")
	})
}

// A panic in a turn ends the object's life in memory, never the process.
func TestPanicResetsTheObject(t *testing.T) {
	scenario(t, script{do: func(ctx context.Context, o *thing, what string) (string, error) {
		switch what {
		case "panic":
			_ = o.put("k", "lost")
			panic("oh dear")
		case "panic in await":
			_ = o.put("k", "kept")
			_ = o.Await(ctx, func(context.Context) error { panic("oh dear") })
		case "panic in transaction":
			_ = o.Storage().Transaction(func(*durable.Tx) error { panic("oh dear") })
		}
		return o.get("k"), nil
	}}, func(w *world) {
		for _, how := range []string{"panic", "panic in transaction", "panic in await"} {
			_, err := w.call("n", how)
			w.wantReset(err)
			w.wantErrText(err, "oh dear")
			if how != "panic in await" {
				w.want("n", "", "")
			}
		}
		w.want("n", "", "kept")
	})
}

// What earlier turns did is not lost with one that panics.
func TestPanicLetsEarlierTurnsLand(t *testing.T) {
	s := counting
	s.do = func(ctx context.Context, o *thing, what string) (string, error) {
		if what == "panic" {
			panic("oh dear")
		}
		return counting.do(ctx, o, what)
	}
	scenario(t, s, func(w *world) {
		w.must("n", "get")
		w.faults.Stall()
		earlier := w.start("n", "add")
		w.pending(earlier, "the disk is stalled")
		panics := w.start("n", "panic")
		w.pending(panics, "an earlier commit is in flight")
		w.faults.Release()
		if o := <-earlier; o.err != nil {
			w.Error(o.err)
		}
		w.wantReset((<-panics).err)
		w.want("n", "get", "1")
	})
}

// Storage belongs to the turn: whoever else touches it is told at once.
func TestStorageOutsideATurnPanics(t *testing.T) {
	try := func(fn func()) (p any) {
		defer func() { p = recover() }()
		fn()
		return nil
	}
	var leaked *thing
	scenario(t, script{do: func(ctx context.Context, o *thing, _ string) (string, error) {
		leaked = o
		caught := make(chan any)
		go func() { caught <- try(func() { o.get("k") }) }()
		answer := fmt.Sprintln(<-caught)
		err := o.Await(ctx, func(context.Context) error {
			answer += fmt.Sprintln(try(func() { o.get("k") }))
			return nil
		})
		return answer, err
	}}, func(w *world) {
		if answer := w.must("n", ""); strings.Count(answer, "outside a turn") != 2 {
			w.Errorf("from another goroutine and inside Await: %s", answer)
		}
		if p := try(func() { leaked.Broadcast("", durable.TextFrame(nil), nil) }); p == nil {
			w.Error("a State could be used after its turn")
		}
		if err := leaked.Await(w.Context(), nil); err == nil {
			w.Error("Await worked without a turn")
		}
	})
}

func TestTimers(t *testing.T) {
	var b book
	begin := time.Time{}
	scenario(t, script{do: func(_ context.Context, o *thing, what string) (string, error) {
		note := func(context.Context) error {
			b.add("%v n=%d", time.Since(begin), o.n)
			o.n++
			return nil
		}
		timer := o.AfterFunc(time.Hour, note)
		switch what {
		case "stop":
			return fmt.Sprint(timer.Stop(), timer.Stop()), nil
		case "abort":
			o.Abort(errInjected)
		}
		o.n = 40
		return "", nil
	}}, func(w *world) {
		begin = time.Now()
		w.must("n", "")
		time.Sleep(59 * time.Minute)
		if w.rt.Stats().Awake != 1 {
			w.Error("a pending timer keeps no object awake")
		}
		time.Sleep(2 * time.Minute)
		w.wantBook(&b, "1h0m0s n=40")
		if w.rt.Stats().Awake != 0 {
			w.Error("a timer that ran keeps its object awake")
		}
		w.want("n", "stop", "true false")
		_, err := w.call("n", "abort")
		w.wantReset(err)
		time.Sleep(2 * time.Hour)
		w.wantBook(&b)
		w.must("n", "") // left pending: the end of the runtime ends it
	})
}
