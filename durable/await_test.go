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
)

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

// An object whose handler awaits isn't idle, whatever else it does meanwhile.
func TestAwaitingObjectStaysAwake(t *testing.T) {
	starts := 0
	scenario(t, script{
		start: func(context.Context, *thing) error { starts++; return nil },
		do: func(ctx context.Context, o *thing, what string) (string, error) {
			o.n++
			if what != "await" {
				return "", nil
			}
			err := o.Await(ctx, func(context.Context) error { time.Sleep(time.Hour); return nil })
			return fmt.Sprint(o.n), err
		},
	}, func(w *world) {
		done := w.start("n", "await")
		time.Sleep(time.Minute)
		w.must("n", "")
		time.Sleep(time.Minute)
		w.must("n", "")
		if o := <-done; o.answer != "3" || o.err != nil || starts != 1 {
			w.Errorf("got %v after %d starts", o, starts)
		}
		idle()
		if n := w.rt.Stats().Awake; n != 0 {
			w.Error("it stays awake for ever")
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
