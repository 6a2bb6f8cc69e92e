package durable_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"snug/durable"
	"snug/durable/durabletest"
)

// waking is a script: "set 5s" sets the alarm, "at" says when it is due as an
// offset of begin, "delete" deletes it. run is the alarm's handler.
func waking(b *book, begin *time.Time, run func(ctx context.Context, o *thing, info durable.AlarmInfo) error) script {
	return script{
		do: func(_ context.Context, o *thing, what string) (string, error) {
			verb, arg, _ := strings.Cut(what, " ")
			switch verb {
			case "set":
				return "", o.alarmIn(arg)
			case "delete":
				return "", o.Storage().DeleteAlarm()
			case "get":
				return o.get(arg), nil
			}
			at, set, err := o.Storage().Alarm()
			if !set {
				return "none", err
			}
			return at.Sub(*begin).String(), err
		},
		alarm: func(ctx context.Context, o *thing, info durable.AlarmInfo) error {
			b.add("%v retry %d", time.Since(*begin), info.Retries)
			if run == nil {
				return nil
			}
			return run(ctx, o, info)
		},
	}
}

func (o *thing) alarmIn(d string) error {
	after, err := time.ParseDuration(d)
	if err != nil {
		return err
	}
	return o.Storage().SetAlarm(time.Now().Add(after))
}

func TestScenario48AlarmFiresOnce(t *testing.T) {
	var b book
	var begin time.Time
	scenario(t, waking(&b, &begin, nil), func(w *world) {
		begin = time.Now()
		w.must("n", "set 1h0.0000001s")
		w.want("n", "at", "1h0m0.001s") // kept in milliseconds, never early
		time.Sleep(time.Hour)
		w.wantBook(&b)
		time.Sleep(time.Hour)
		w.wantBook(&b, "1h0m0.001s retry 0")
		w.want("n", "at", "none")
		w.restart()
		time.Sleep(time.Hour)
		w.wantBook(&b)
	})
}

func TestScenario49LastAlarmCounts(t *testing.T) {
	var b book
	var begin time.Time
	scenario(t, waking(&b, &begin, nil), func(w *world) {
		begin = time.Now()
		for _, d := range []string{"1h", "3h", "30m", "2h"} {
			w.must("n", "set "+d)
		}
		w.want("n", "at", "2h0m0s")
		w.must("m", "set 1h")
		w.must("m", "delete")
		w.must("l", "set 1h")
		w.must("l", "set 10m") // moved to be earlier
		time.Sleep(5 * time.Hour)
		w.wantBook(&b, "10m0s retry 0", "2h0m0s retry 0")
	})
}

func TestScenario50PastAlarmFiresSoon(t *testing.T) {
	var b book
	var begin time.Time
	scenario(t, waking(&b, &begin, nil), func(w *world) {
		begin = time.Now()
		w.must("n", "set -1h")
		w.wantBook(&b, "0s retry 0")
		w.must("n", "set 1h")
		w.must("m", "set 2h")
		w.stop() // nobody is there when they are due
		time.Sleep(3 * time.Hour)
		w.wantBook(&b)
		w.disk = w.disk.Restart()
		w.faults = durabletest.NewFaults(w.disk)
		w.begin()
		w.wantBook(&b, "3h0m0s retry 0", "3h0m0s retry 0")
	})
}

// The scheduler looks before the commit is through, and finds nothing: it has
// to look again, be it that the store reports a failure that was none, or late.
func TestScenario50AlarmWhoseCommitIsSlowOrDoubtful(t *testing.T) {
	for name, fault := range map[string]durabletest.Fault{
		"slow": {Delay: 10 * time.Second}, "doubtful": failing(durabletest.KeepAll), "too slow": {Delay: time.Minute},
	} {
		t.Run(name, func(t *testing.T) {
			var b book
			var begin time.Time
			scenario(t, waking(&b, &begin, nil), func(w *world) {
				w.must("n", "get k")
				// Else the scheduler's first look may find the alarm before its commit is
				// reported to have failed: the run that comes of it is undone, and repeated.
				synctest.Wait()
				begin = time.Now()
				w.faults.Next(durabletest.CallCommit, fault)
				_, err := w.call("n", "set -1h")
				if (err == nil) != (name == "slow") {
					w.Errorf("got %v", err)
				}
				time.Sleep(time.Hour)
				if lines := b.take(w); len(lines) != 1 {
					w.Errorf("fired %q", lines)
				}
			})
		})
	}
}

func TestAlarmNeedsATimeAndAHandler(t *testing.T) {
	scenario(t, script{do: func(_ context.Context, o *thing, _ string) (string, error) {
		for _, at := range []time.Time{{}, time.UnixMilli(0), time.UnixMilli(-5)} {
			if err := o.Storage().SetAlarm(at); err == nil {
				return "", fmt.Errorf("an alarm at %v was taken", at)
			}
		}
		return "", nil
	}}, func(w *world) {
		w.must("n", "")
		class := durable.NewClass("deaf", func(st *durable.State) durable.Object { return st })
		set := durable.Handle(class, "set", func(st *durable.State, _ context.Context, _ string) (string, error) {
			return "", st.Storage().SetAlarm(time.Now())
		})
		ns, err := w.rt.Register(class)
		if err != nil {
			w.Fatal(err)
		}
		_, err = set.Call(w.Context(), ns.ByName("n"), "")
		w.wantErrText(err, "no Alarm method")
	})
}

func TestScenario51RolledBackAlarmIsNotSet(t *testing.T) {
	var b book
	var begin time.Time
	s := waking(&b, &begin, nil)
	plain := s.do
	s.do = func(ctx context.Context, o *thing, what string) (string, error) {
		if what != "roll back" {
			return plain(ctx, o, what)
		}
		return "", o.Storage().Transaction(func(tx *durable.Tx) error {
			return errors.Join(tx.Put("k", []byte("v")), tx.SetAlarm(begin.Add(time.Hour)), tx.Rollback())
		})
	}
	scenario(t, s, func(w *world) {
		begin = time.Now()
		w.must("n", "roll back")
		w.want("n", "at", "none")
		w.want("n", "get k", "")
		w.must("m", "set 2h")
		w.must("m", "roll back")
		w.want("m", "at", "2h0m0s") // what was set before stays
		time.Sleep(3 * time.Hour)
		w.wantBook(&b, "2h0m0s retry 0")
	})
}

func TestScenario52KillBetweenHandlerAndCommit(t *testing.T) {
	var b book
	var begin time.Time
	s := waking(&b, &begin, func(_ context.Context, o *thing, _ durable.AlarmInfo) error {
		b.add("sees %q", o.get("k"))
		return errors.Join(o.put("k", "half"), o.put("k", "done"))
	})
	scenario(t, s, func(w *world) {
		begin = time.Now()
		w.must("n", "set 1h")
		w.faults.Stall()
		time.Sleep(time.Hour)
		w.wantBook(&b, "1h0m0s retry 0", `sees ""`)
		w.kill()
		w.wantBook(&b, "1h0m0s retry 0", `sees ""`)
		w.want("n", "get k", "done")
		time.Sleep(time.Hour)
		w.wantBook(&b)
	})
}

// The alarm is moved by the turn that runs when it falls due.
func TestScenario48AlarmMovedAtTheLastMoment(t *testing.T) {
	var b book
	var begin time.Time
	s := waking(&b, &begin, nil)
	plain := s.do
	s.do = func(ctx context.Context, o *thing, what string) (string, error) {
		if what == "move" {
			time.Sleep(2 * time.Hour)
			what = "set 1h"
		}
		return plain(ctx, o, what)
	}
	scenario(t, s, func(w *world) {
		begin = time.Now()
		w.must("n", "set 1h")
		w.must("n", "move")
		w.wantBook(&b)
		time.Sleep(2 * time.Hour)
		w.wantBook(&b, "3h0m0s retry 0")
	})
}

func TestScenario56AlarmIsUnsetWhileItRuns(t *testing.T) {
	var b book
	var begin time.Time
	seen := func(o *thing) string {
		at, set, err := o.Storage().Alarm()
		if !set {
			return fmt.Sprint("none ", err)
		}
		return at.Sub(begin).String()
	}
	s := waking(&b, &begin, func(ctx context.Context, o *thing, info durable.AlarmInfo) error {
		b.add("%s, asked for %v", seen(o), info.Scheduled.Sub(begin))
		if err := o.alarmIn("1h"); err != nil {
			return err
		}
		b.add("%s", seen(o))
		if err := o.Storage().DeleteAlarm(); err != nil {
			return err
		}
		b.add("%s", seen(o))
		return o.Await(ctx, func(context.Context) error { time.Sleep(time.Second); return nil })
	})
	scenario(t, s, func(w *world) {
		begin = time.Now()
		w.must("n", "set 1h")
		time.Sleep(time.Hour)
		synctest.Wait()
		w.want("n", "at", "none")
		time.Sleep(time.Hour)
		w.wantBook(&b, "1h0m0s retry 0", "none <nil>, asked for 1h0m0s", "2h0m0s", "none <nil>")
	})
}

func TestScenario59WallClockJumps(t *testing.T) {
	var b book
	var begin time.Time
	var jump atomic.Int64
	now := func() time.Time { return time.Now().Add(time.Duration(jump.Load())) }
	s := waking(&b, &begin, func(_ context.Context, o *thing, info durable.AlarmInfo) error {
		if now().Before(info.Scheduled) {
			b.add("early")
		}
		return nil
	})
	s.do = func(_ context.Context, o *thing, _ string) (string, error) {
		return "", o.Storage().SetAlarm(now().Add(time.Hour))
	}
	scenario(t, s, func(w *world) {
		begin = time.Now()
		w.must("n", "")
		time.Sleep(30 * time.Minute)
		jump.Store(-int64(time.Hour)) // back: it fires an hour later, once
		time.Sleep(80 * time.Minute)
		w.wantBook(&b)
		time.Sleep(time.Hour)
		w.wantBook(&b, "2h0m0s retry 0")

		begin = time.Now()
		w.must("n", "")
		time.Sleep(10 * time.Minute)
		jump.Add(int64(time.Hour)) // forward: it is due at once, and found within a minute
		time.Sleep(time.Minute)
		if lines := b.take(w); len(lines) != 1 {
			w.Errorf("the jump was not noticed: %q", lines)
		}
		time.Sleep(2 * time.Hour)
		w.wantBook(&b)
	}, func(o *durable.Options) { o.Now = now })
}

func TestScenario60AlarmsDueAtOnceAreBounded(t *testing.T) {
	const atOnce = 64
	alarms := 100_000
	if few {
		alarms = 10_000
	}
	var running, most, fired atomic.Int64
	class := durable.NewClass("timer", func(st *durable.State) durable.Object {
		return &ticking{State: st, run: func(ctx context.Context) error {
			if n := running.Add(1); n > most.Load() {
				most.Store(n)
			}
			defer running.Add(-1)
			fired.Add(1)
			return st.Await(ctx, func(context.Context) error { time.Sleep(time.Second); return nil })
		}}
	})
	scenario(t, counting, func(w *world) {
		ns, err := w.rt.Register(class)
		if err != nil {
			w.Fatal(err)
		}
		// Stored as an earlier run of the program would have left them.
		due := time.Now().Add(time.Hour)
		for range alarms {
			id := ns.NewUniqueID()
			record, err := w.disk.Claim(w.Context(), id, "timer", "")
			if err != nil {
				w.Fatal(err)
			}
			alarm := durable.Alarm{Due: due, Scheduled: due}
			if _, err := w.disk.Commit(w.Context(), []durable.Batch{{ID: id, Fence: record.Fence, Alarm: &alarm}})(); err != nil {
				w.Fatal(err)
			}
		}
		w.stop()
		w.disk = w.disk.Restart()
		w.faults = durabletest.NewFaults(w.disk)
		w.opts.Strict, w.opts.SerialiseCalls = false, false // there is much to do
		w.begin()
		if _, err := w.rt.Register(class); err != nil {
			w.Fatal(err)
		}
		time.Sleep(time.Hour + time.Millisecond)
		for i := range 100 { // live traffic goes on
			before := time.Now()
			w.want("n", "add", fmt.Sprint(i))
			if took := time.Since(before); took != 0 {
				w.Errorf("a call took %v", took)
			}
			time.Sleep(time.Second)
		}
		if n := w.rt.Stats().Objects; n > 2000 {
			w.Errorf("%d objects are in memory", n)
		}
		time.Sleep(time.Duration(alarms/atOnce) * time.Second)
		if n := fired.Load(); n != int64(alarms) {
			w.Errorf("%d of %d alarms fired", n, alarms)
		}
		if n := most.Load(); n != atOnce {
			w.Errorf("%d ran at once, want %d", n, atOnce)
		}
		if due, _, err := w.disk.AlarmsDue(w.Context(), time.Now(), 1); len(due) != 0 || err != nil {
			w.Errorf("still due: %v, %v", due, err)
		}
	})
}

type ticking struct {
	*durable.State
	run func(ctx context.Context) error
}

func (t *ticking) Alarm(ctx context.Context, _ durable.AlarmInfo) error { return t.run(ctx) }

// An alarm of a class that isn't registered yet waits for it.
func TestAlarmOfALateClass(t *testing.T) {
	var b book
	var begin time.Time
	scenario(t, waking(&b, &begin, nil), func(w *world) {
		begin = time.Now()
		late := w.add("late", waking(&b, &begin, nil))
		if _, err := late.call(w.Context(), "n", "set 1h"); err != nil {
			w.Fatal(err)
		}
		w.things = w.things[:1]
		w.restart()
		w.must("n", "set 2h")
		time.Sleep(5 * time.Hour)
		w.wantBook(&b, "2h0m0s retry 0")
		w.register(late)
		w.wantBook(&b, "5h0m0s retry 0")
	})
}
