package durable_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"snug/durable"
	"snug/durable/durabletest"
)

// showing is a script: it publishes the number under "n" when it starts, and
// "add" makes it one more; a message does so and tells the sender.
var showing = script{
	start: func(_ context.Context, o *thing) error {
		o.n = number(o.get("n"))
		o.Publish(o.n)
		return nil
	},
	do: func(_ context.Context, o *thing, what string) (string, error) {
		switch what {
		case "add":
			o.n++
			if err := o.put("n", fmt.Sprint(o.n)); err != nil {
				return "", err
			}
			o.Publish(o.n)
		case "panic":
			o.Publish(-1)
			panic("as told")
		}
		return fmt.Sprint(o.n), nil
	},
	message: func(_ context.Context, o *thing, s *durable.Socket, _ string) error {
		o.n++
		if err := o.put("n", fmt.Sprint(o.n)); err != nil {
			return err
		}
		o.Publish(o.n)
		o.Send(s, durable.TextFrame([]byte(fmt.Sprint(o.n))))
		return nil
	},
}

// shows checks what is on disk and what is published, without the object.
func (w *world) shows(name, stored string, published any) {
	w.Helper()
	synctest.Wait()
	stub := w.ns().ByName(name)
	value, err := stub.Get(w.Context(), "n")
	if err != nil || string(value) != stored {
		w.Errorf("%s: read %q, %v; want %q", name, value, err, stored)
	}
	listed := ""
	err = stub.List(w.Context(), durable.ListOptions{}, func(key string, value []byte) bool {
		listed += key + "=" + string(value) + " "
		return true
	})
	if want := "n=" + stored + " "; err != nil || stored != "" && listed != want || stored == "" && listed != "" {
		w.Errorf("%s: listed %q, %v; want %q", name, listed, err, want)
	}
	if got := stub.Published(); got != published {
		w.Errorf("%s: published %v, want %v", name, got, published)
	}
}

func TestReadingFromOutsideWakesNothing(t *testing.T) {
	scenario(t, showing, func(w *world) {
		w.shows("never", "", nil)
		if st := w.rt.Stats(); st.Objects != 0 || st.Wakes != 0 {
			w.Errorf("reading what isn't there made %+v", st)
		}
		w.want("n", "add", "1")
		w.shows("n", "1", 1)
		idle()
		w.shows("n", "1", nil)
		if st := w.rt.Stats(); st.Objects != 0 || st.Wakes != 1 || st.Evictions != 1 {
			w.Errorf("reading a sleeping object made %+v", st)
		}
		w.want("n", "get", "1")
		w.shows("n", "1", 1)
		w.kill()
		w.shows("n", "1", nil)
	})
}

// A sleeping object whose sockets are open keeps its record; what it published is
// over all the same.
func TestPublishedEndsWithSleep(t *testing.T) {
	scenario(t, showing, func(w *world) {
		c := w.dial("n")
		c.say("add")
		c.hears("text 1")
		w.shows("n", "1", 1)
		idle()
		if st := w.rt.Stats(); st.Awake != 0 || st.Objects != 1 {
			w.Fatalf("got %+v", st)
		}
		w.shows("n", "1", nil)
	})
}

func TestNothingIsSeenBeforeItIsDurable(t *testing.T) {
	scenario(t, showing, func(w *world) {
		w.want("n", "add", "1")
		w.faults.Stall()
		first := w.start("n", "add")
		second := w.start("n", "add")
		w.shows("n", "1", 1)
		w.faults.Release()
		<-first
		<-second
		w.shows("n", "3", 3)
	})
}

// Who was told of something finds it.
func TestPublishedIsThereWithTheFrame(t *testing.T) {
	scenario(t, showing, func(w *world) {
		c := w.dial("n")
		for i := range 50 {
			c.say("add")
			c.hears(fmt.Sprint("text ", i+1))
			w.shows("n", fmt.Sprint(i+1), i+1)
		}
	})
}

func TestPublishedEndsWithReset(t *testing.T) {
	for _, keep := range []durabletest.Keep{durabletest.KeepNone, durabletest.KeepAll} {
		t.Run(fmt.Sprint("keep", keep), func(t *testing.T) {
			scenario(t, showing, func(w *world) {
				w.want("n", "add", "1")
				w.faults.Next(durabletest.CallCommit, failing(keep))
				_, err := w.call("n", "add")
				w.wantReset(err)
				stored := map[durabletest.Keep]string{durabletest.KeepNone: "1", durabletest.KeepAll: "2"}[keep]
				w.shows("n", stored, nil)
				w.want("n", "get", stored)
				w.shows("n", stored, number(stored))
				_, err = w.call("n", "panic")
				w.wantReset(err)
				w.shows("n", stored, nil)
			})
		})
	}
}

func TestReadingFromOutsideFails(t *testing.T) {
	scenario(t, showing, func(w *world) {
		w.want("n", "add", "1")
		stub := w.ns().ByName("n")
		none := func(string, []byte) bool { return true }

		w.faults.Next(durabletest.CallGet, failing(durabletest.KeepNone))
		_, err := stub.Get(w.Context(), "n")
		w.wantErr(err, errInjected)
		w.faults.Next(durabletest.CallScan, failing(durabletest.KeepSome))
		w.wantErr(stub.List(w.Context(), durable.ListOptions{}, none), errInjected)
		w.shows("n", "1", 1) // it wasn't the object's own storage that failed

		over, cancel := context.WithCancel(w.Context())
		cancel()
		_, err = stub.Get(over, "n")
		w.wantErr(err, context.Canceled)
		w.faults.Next(durabletest.CallGet, durabletest.Fault{Delay: time.Hour})
		soon, cancel := context.WithTimeout(w.Context(), time.Minute)
		defer cancel()
		_, err = stub.Get(soon, "n")
		w.wantErr(err, durable.ErrTimeout)

		w.wantErrText(stub.List(w.Context(), durable.ListOptions{Limit: -1}, none), "limit")
		foreign := w.add("other", showing).ns.Get(stub.ID())
		_, err = foreign.Get(w.Context(), "n")
		w.wantErr(err, durable.ErrInvalidID)
		w.wantErr(foreign.List(w.Context(), durable.ListOptions{}, none), durable.ErrInvalidID)
		if got := foreign.Published(); got != nil {
			w.Errorf("published %v", got)
		}

		w.stop()
		_, err = stub.Get(w.Context(), "n")
		w.wantErr(err, durable.ErrClosed)
		w.wantErr(stub.List(w.Context(), durable.ListOptions{}, none), durable.ErrClosed)
	})
}

func TestListFromOutsideSelects(t *testing.T) {
	keep := script{do: func(_ context.Context, o *thing, what string) (string, error) { return "", o.put(what, what) }}
	scenario(t, keep, func(w *world) {
		for _, key := range []string{"a", "b/1", "b/2", "b/3", "c"} {
			w.must("n", key)
		}
		for _, c := range []struct {
			o    durable.ListOptions
			want string
		}{
			{durable.ListOptions{}, "a b/1 b/2 b/3 c"},
			{durable.ListOptions{Limit: 2}, "a b/1"},
			{durable.ListOptions{Prefix: "b/", Reverse: true, Limit: 2}, "b/3 b/2"},
			{durable.ListOptions{Start: "b/2", End: "c"}, "b/2 b/3"},
			{durable.ListOptions{StartAfter: "b/3"}, "c"},
			{durable.ListOptions{Prefix: "x"}, ""},
			{durable.ListOptions{Start: "b", End: "a"}, ""},
		} {
			var got []string
			err := w.ns().ByName("n").List(w.Context(), c.o, func(key string, value []byte) bool {
				if key != string(value) {
					w.Errorf("%q holds %q", key, value)
				}
				got = append(got, key)
				return true
			})
			if text := strings.Join(got, " "); err != nil || text != c.want {
				w.Errorf("%+v: got %q, %v; want %q", c.o, text, err, c.want)
			}
		}
	})
}

// Whatever fails meanwhile, a reader sees all that was acknowledged before it
// looked, and nothing that a crash then undoes.
func TestReadersSeeWhatLasts(t *testing.T) {
	for seed := range seeds(t, 20) {
		scenario(t, showing, func(w *world) {
			rng := rand.New(rand.NewPCG(seed, 0))
			w.faults.Hook(func(_ durabletest.Call, _ int) durabletest.Fault {
				fault := durabletest.Fault{Delay: time.Duration(rng.IntN(3000)) * time.Microsecond}
				if rng.IntN(20) == 0 {
					fault.Err, fault.Keep = errInjected, durabletest.Keep(rng.IntN(3))
				}
				return fault
			})
			var acked, seen atomic.Int64
			over := make(chan struct{})
			writer, reader := make(chan struct{}), make(chan struct{})
			go func() {
				defer close(writer)
				for i := range 200 {
					if answer, err := w.call("n", "add"); err == nil {
						acked.Store(int64(number(answer)))
					}
					if i%40 == 39 {
						time.Sleep(100 * time.Millisecond) // it falls asleep
					}
				}
			}()
			go func() {
				defer close(reader)
				stub := w.ns().ByName("n")
				for {
					select {
					case <-over:
						return
					case <-time.After(500 * time.Microsecond):
					}
					least := acked.Load()
					if v, ok := stub.Published().(int); ok {
						if int64(v) < least {
							w.Errorf("seed %d: %d is published, %d was acknowledged", seed, v, least)
						}
						least = max(least, int64(v))
						seen.Store(max(seen.Load(), int64(v)))
					}
					value, err := stub.Get(w.Context(), "n")
					if errors.Is(err, errInjected) {
						continue
					}
					v := int64(number(string(value)))
					if err != nil || v < least {
						w.Errorf("seed %d: read %d, %v; %d was acknowledged or published", seed, v, err, least)
					}
					seen.Store(max(seen.Load(), v))
				}
			}()
			<-writer
			close(over)
			<-reader
			w.faults.Hook(nil)
			w.kill()
			if n := number(w.must("n", "get")); int64(n) < seen.Load() || int64(n) < acked.Load() {
				w.Errorf("seed %d: %d after a crash; %d was seen, %d acknowledged", seed, n, seen.Load(), acked.Load())
			}
		}, func(o *durable.Options) { o.IdleTimeout = 20 * time.Millisecond })
	}
}
