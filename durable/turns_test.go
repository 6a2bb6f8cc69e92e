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

func TestScenario14OthersRunDuringAwait(t *testing.T) {
	var b book
	foreign := errors.New("foreign")
	scenario(t, script{do: func(ctx context.Context, o *thing, what string) (string, error) {
		if what != "await" {
			b.add("%s", what)
			return "", nil
		}
		if err := o.put("k", "before"); err != nil {
			return "", err
		}
		b.add("await begins")
		err := o.Await(ctx, func(context.Context) error {
			time.Sleep(time.Second)
			return foreign
		})
		b.add("await ends, %v, k=%s", err == foreign, o.get("k"))
		return "", o.put("k", "after")
	}}, func(w *world) {
		done := w.start("n", "await")
		time.Sleep(time.Millisecond)
		if got, _ := w.disk.Get(w.Context(), w.ns().IDFromName("n"), "k"); string(got) != "before" {
			w.Errorf("what was written before Await isn't durable: %q", got)
		}
		w.must("n", "one")
		w.must("n", "two")
		w.pending(done, "it awaits")
		w.wantBook(&b, "await begins", "one", "two")
		if o := <-done; o.err != nil {
			w.Error(o.err)
		}
		w.wantBook(&b, "await ends, true, k=before")
		if got, _ := w.disk.Get(w.Context(), w.ns().IDFromName("n"), "k"); string(got) != "after" {
			w.Errorf("what was written after Await isn't durable: %q", got)
		}
	})
}

// The turn is taken back behind the events that arrived meanwhile.
func TestScenario14AwaitQueuesBehindArrivals(t *testing.T) {
	var b book
	var foreign, hold chan struct{}
	scenario(t, script{do: func(ctx context.Context, o *thing, what string) (string, error) {
		switch what {
		case "await":
			if err := o.Await(ctx, func(context.Context) error { <-foreign; return nil }); err != nil {
				return "", err
			}
		case "hold":
			<-hold
		}
		b.add("%s", what)
		return "", nil
	}}, func(w *world) {
		foreign, hold = make(chan struct{}), make(chan struct{})
		waiting := w.start("n", "await")
		synctest.Wait()
		holding := w.start("n", "hold")
		synctest.Wait()
		second := w.start("n", "second")
		synctest.Wait()
		close(foreign)
		w.pending(waiting, "another has the turn")
		third := w.start("n", "third")
		synctest.Wait()
		close(hold)
		<-holding
		<-waiting
		<-second
		<-third
		w.wantBook(&b, "hold", "second", "await", "third")
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

func TestScenario17NoEventBeforeConstructionEnds(t *testing.T) {
	var b book
	scenario(t, script{
		start: func(ctx context.Context, o *thing) error {
			b.add("start")
			err := o.Await(ctx, func(context.Context) error { time.Sleep(time.Second); return nil })
			b.add("started")
			return err
		},
		do: func(_ context.Context, _ *thing, what string) (string, error) {
			b.add("%s", what)
			return "", nil
		},
	}, func(w *world) {
		first := w.start("n", "first")
		time.Sleep(time.Millisecond)
		second := w.start("n", "second")
		w.pending(first, "the object starts")
		w.pending(second, "the object starts")
		w.wantBook(&b, "start")
		<-first
		<-second
		w.wantBook(&b, "started", "first", "second")
	})
}

func TestBlockThatTakesTooLongResets(t *testing.T) {
	starts := 0
	scenario(t, script{
		start: func(context.Context, *thing) error {
			if starts++; starts == 1 {
				time.Sleep(31 * time.Second)
			}
			return nil
		},
		do: func(ctx context.Context, o *thing, what string) (string, error) {
			return "fine", o.Block(ctx, func(ctx context.Context) error {
				if what == "fail" {
					return errInjected
				}
				return nil
			})
		},
	}, func(w *world) {
		_, err := w.call("n", "")
		w.wantReset(err)
		w.wantErr(err, durable.ErrTimeout)
		w.want("n", "", "fine")
		_, err = w.call("n", "fail")
		w.wantReset(err)
		w.wantErr(err, errInjected)
		w.want("n", "", "fine")
		if starts != 3 {
			w.Errorf("constructed %d times", starts)
		}
	})
}

func TestScenario19BlockNests(t *testing.T) {
	var nest func(ctx context.Context, o *thing, depth int) error
	nest = func(ctx context.Context, o *thing, depth int) error {
		if depth == 0 {
			return nil
		}
		var inner error
		err := o.Block(ctx, func(ctx context.Context) error {
			inner = nest(ctx, o, depth-1)
			return nil
		})
		return errors.Join(err, inner)
	}
	scenario(t, script{do: func(ctx context.Context, o *thing, what string) (string, error) {
		return what, nest(ctx, o, len(what))
	}}, func(w *world) {
		deep := strings.Repeat(".", durable.MaxBlockDepth)
		w.want("n", deep, deep)
		_, err := w.call("n", deep+".")
		w.wantErrText(err, "nested too deeply")
		w.want("n", deep, deep) // the error is the caller's alone
	})
}

// ring makes objects that call one another: "a b c" at some object calls a
// with "b c", and so on; where it begins with "await" the call is made there.
func ring(w **world) script {
	var s script
	s.do = func(ctx context.Context, o *thing, path string) (answer string, err error) {
		if path == "" {
			return "end", nil
		}
		head, rest, _ := strings.Cut(path, " ")
		if name, await := strings.CutPrefix(head, "await:"); await {
			err = o.Await(ctx, func(ctx context.Context) error {
				answer, err = (*w).things[0].call(ctx, name, rest)
				return err
			})
			return answer, err
		}
		return (*w).things[0].call(ctx, head, rest)
	}
	return s
}

func TestScenario20CallsThatComeBack(t *testing.T) {
	var current *world
	scenario(t, ring(&current), func(w *world) {
		current = w
		for _, path := range []string{"a", "b a", "b c b", "b await:c a", "await:b c b", "b c a"} {
			_, err := w.call("a", path)
			w.wantErr(err, durable.ErrDeadlock)
		}
		for _, path := range []string{"b", "await:b a", "await:a", "b await:c", "b await:c b", "await:b await:a await:b a"} {
			w.want("a", path, "end")
		}
	})
}

// Two chains of calls that meet wait for each other just the same.
func TestScenario20TwoChainsThatMeet(t *testing.T) {
	var other *kind
	s := script{do: func(ctx context.Context, o *thing, what string) (string, error) {
		if what == "end" {
			return "end", nil
		}
		time.Sleep(time.Second)
		return other.call(ctx, what, "end")
	}}
	scenario(t, s, func(w *world) {
		other = w.things[0]
		a, b := w.start("a", "b"), w.start("b", "a")
		first, second := <-a, <-b
		if !errors.Is(first.err, durable.ErrDeadlock) && !errors.Is(second.err, durable.ErrDeadlock) {
			w.Errorf("neither was refused: %v, %v", first, second)
		}
		if first.err == nil && second.err == nil {
			w.Error("both went through")
		}
	})
}

// A handler inside Await will want its turn back, from one that waits for it.
func TestScenario20AwaitThatCouldNotComeBack(t *testing.T) {
	var k *kind
	s := script{do: func(ctx context.Context, o *thing, what string) (string, error) {
		switch what {
		case "await":
			return "awaited", o.Await(ctx, func(context.Context) error { time.Sleep(time.Minute); return nil })
		case "end":
			return "end", nil
		}
		to, what, _ := strings.Cut(what, " ")
		return k.call(ctx, to, what)
	}}
	scenario(t, s, func(w *world) {
		k = w.things[0]
		a := w.start("a", "b await") // a holds its turn until b's handler is back
		time.Sleep(time.Second)
		_, err := w.call("b", "a end") // b's next handler would hold b's turn until a is free
		w.wantErr(err, durable.ErrDeadlock)
		if o := <-a; o.answer != "awaited" || o.err != nil {
			w.Errorf("got %v", o)
		}
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
