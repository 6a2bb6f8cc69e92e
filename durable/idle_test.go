package durable_test

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"snug/durable"
)

func idleObjects(n int) func(*durable.Options) {
	return func(o *durable.Options) { o.IdleObjects = n }
}

// wantWakes calls each of the objects and checks which of them had to be woken for it.
func (w *world) wantWakes(names string, want string) {
	w.Helper()
	var woken []byte
	for i := range len(names) {
		before := w.rt.Stats().Wakes
		w.must(names[i:i+1], "get")
		if w.rt.Stats().Wakes > before {
			woken = append(woken, names[i])
		}
		synctest.Wait()
	}
	if string(woken) != want {
		w.Errorf("calls of %s woke %q, want %q", names, woken, want)
	}
}

// However many objects are used in turn, few stay awake, without any time going by;
// what they did is there when they are used again.
func TestIdleObjectsAreBounded(t *testing.T) {
	scenario(t, counting, func(w *world) {
		const objects = 100
		for round := range 3 {
			for i := range objects {
				w.want(fmt.Sprint(i), "add", fmt.Sprint(round))
				synctest.Wait()
				if n := w.rt.Stats().Awake; n > 5 {
					t.Fatalf("%d objects are awake after %d calls, want 5 at most", n, i+1)
				}
			}
		}
		if st := w.rt.Stats(); st.Awake != 5 || st.Objects != 5 || st.Evictions != 3*objects-5 {
			t.Errorf("got %+v", st)
		}
		idle()
		if st := w.rt.Stats(); st.Awake != 0 || st.Objects != 0 {
			t.Errorf("after a while: %+v", st)
		}
	}, idleObjects(5))
}

// Who was idle longest goes first, and who was used since it was looked at last stays
// for another round.
func TestIdleLongestIsEvictedFirst(t *testing.T) {
	scenario(t, counting, func(w *world) {
		w.wantWakes("abcd", "abcd")
		w.wantWakes("abcd", "") // all were used again
		w.wantWakes("e", "e")   // all but one get another round, and e isn't that one
		w.wantWakes("eabc", "")
		w.wantWakes("d", "d")
	}, idleObjects(4))
	scenario(t, counting, func(w *world) {
		w.wantWakes("abc", "abc")
		w.wantWakes("a", "")
		w.wantWakes("d", "d") // b goes
		w.wantWakes("acd", "")
		w.wantWakes("b", "b")
	}, idleObjects(3))
}

// An object with something under way isn't evicted, however many others are idle; once
// that is over it is.
func TestBusyObjectsArentEvictedForOthers(t *testing.T) {
	goOn := make(chan struct{})
	s := counting
	s.do = func(ctx context.Context, o *thing, what string) (string, error) {
		switch what {
		case "await":
			return "", o.Await(ctx, func(context.Context) error { <-goOn; return nil })
		case "wait":
			<-goOn
			return "", nil
		case "timer":
			o.AfterFunc(time.Second, func(context.Context) error { return o.put("rang", "yes") })
			return "", nil
		case "rang":
			return o.get("rang"), nil
		}
		return counting.do(ctx, o, what)
	}
	scenario(t, s, func(w *world) {
		goOn = make(chan struct{})
		w.must("timer", "timer")
		waits := []<-chan outcome{w.start("waits", "wait"), w.start("awaits", "await")}
		w.faults.Stall()
		stalled := w.start("stalled", "add")
		for i := range 10 {
			w.must(fmt.Sprint(i), "get")
		}
		synctest.Wait()
		if st := w.rt.Stats(); st.Awake != 4 || st.Evictions != 10 {
			t.Errorf("with four that are busy: %+v", st)
		}
		close(goOn)
		w.faults.Release()
		for _, done := range append(waits, stalled) {
			if o := <-done; o.err != nil {
				t.Error(o.err)
			}
		}
		time.Sleep(5 * time.Second) // two sweeps, long before anybody has been idle for long enough
		synctest.Wait()
		if st := w.rt.Stats(); st.Awake != 1 {
			t.Errorf("afterwards: %+v", st)
		}
		w.want("timer", "rang", "yes")
		w.want("stalled", "get", "1")
	}, idleObjects(1))
}

// Objects that own sockets are evicted like others, and hear their sockets.
func TestOwnersAreEvictedForOthers(t *testing.T) {
	var heard book
	s := counting
	s.message = func(_ context.Context, o *thing, _ *durable.Socket, text string) error {
		heard.add("%s: %s", o.Name(), text)
		return nil
	}
	scenario(t, s, func(w *world) {
		names := []string{"a", "b", "c"}
		var ends []*client
		for _, name := range names {
			ends = append(ends, w.dial(name))
		}
		for i, c := range slices.Backward(ends) {
			c.say("hello")
			w.wantBook(&heard, names[i]+": hello")
		}
		if st := w.rt.Stats(); st.Awake != 1 || st.Objects != 3 || st.Wakes != 5 {
			t.Errorf("got %+v", st)
		}
	}, idleObjects(1))
}
