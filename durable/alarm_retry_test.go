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

func TestScenario53FailingAlarmIsRetriedSixTimes(t *testing.T) {
	for _, how := range []string{"error", "panic"} {
		t.Run(how, func(t *testing.T) {
			var b book
			var begin time.Time
			s := waking(&b, &begin, func(context.Context, *thing, durable.AlarmInfo) error {
				if how == "panic" {
					panic("oh dear")
				}
				return errInjected
			})
			scenario(t, s, func(w *world) {
				begin = time.Now()
				w.must("n", "set 0s")
				w.wantBook(&b, "0s retry 0")
				w.want("n", "at", "0s") // still set, for what was asked
				time.Sleep(3 * time.Second)
				w.wantBook(&b, "2s retry 1")
				w.restart() // the count survives
				time.Sleep(time.Hour)
				w.wantBook(&b, "6s retry 2", "14s retry 3", "30s retry 4", "1m2s retry 5", "2m6s retry 6")
				w.want("n", "at", "none")
				w.must("n", "set 1h")
				time.Sleep(time.Hour)
				w.wantBook(&b, time.Since(begin).String()+" retry 0")
			})
		})
	}
}

// A failing run's writes are kept, as any failing handler's, a panicking one's not.
func TestScenario53WritesOfAFailingRun(t *testing.T) {
	var b book
	var begin time.Time
	s := waking(&b, &begin, func(_ context.Context, o *thing, info durable.AlarmInfo) error {
		_ = o.put(fmt.Sprint(info.Retries), "kept")
		o.Broadcast("", durable.TextFrame(fmt.Append(nil, info.Retries)), nil)
		switch info.Retries {
		case 0:
			return errInjected
		case 1:
			panic("oh dear")
		}
		return nil
	})
	scenario(t, s, func(w *world) {
		begin = time.Now()
		c := w.dial("n")
		w.must("n", "set 0s")
		c.hears("text 0")
		time.Sleep(2 * time.Second)
		c.hears("close 1011 the object was reset")
		c = w.dial("n")
		time.Sleep(time.Minute)
		c.hears("text 2")
		w.want("n", "get 0", "kept")
		w.want("n", "get 1", "")
		w.want("n", "get 2", "kept")
		w.wantBook(&b, "0s retry 0", "2s retry 1", "6s retry 2")
	})
}

func TestScenario54FailingStorageIsNotCounted(t *testing.T) {
	var b book
	var begin time.Time
	s := waking(&b, &begin, func(_ context.Context, o *thing, _ durable.AlarmInfo) error { return o.put("k", "v") })
	scenario(t, s, func(w *world) {
		begin = time.Now()
		w.must("n", "set 1h")
		w.faults.Hook(func(call durabletest.Call, _ int) durabletest.Fault {
			if call == durabletest.CallCommit && time.Since(begin) < 25*time.Hour {
				return failing(durabletest.KeepNone)
			}
			return durabletest.Fault{}
		})
		time.Sleep(24 * time.Hour)
		lines := b.take(w)
		for _, line := range lines {
			if !strings.HasSuffix(line, "retry 0") {
				w.Errorf("counted: %s", line)
			}
		}
		if tries := len(lines); tries < 50 || tries > 100 { // 2 s, 4 s, … and then each 1,024 s
			w.Errorf("%d tries in 23 hours", tries)
		}
		time.Sleep(2 * time.Hour)
		w.want("n", "get k", "v")
		w.want("n", "at", "none")
	})
}

// The store can't say what is due: it is asked again.
func TestScenario54AlarmsCanNotBeRead(t *testing.T) {
	var b book
	var begin time.Time
	scenario(t, waking(&b, &begin, nil), func(w *world) {
		begin = time.Now()
		w.must("n", "set 1h")
		synctest.Wait()
		w.faults.Next(durabletest.CallAlarmsDue, failing(0), failing(0), failing(0))
		time.Sleep(2 * time.Hour)
		w.wantBook(&b, "1h0m6s retry 0")
	})
}

func TestScenario55AlarmSetInItsOwnRun(t *testing.T) {
	var b book
	var begin time.Time
	runs := 0
	s := waking(&b, &begin, func(ctx context.Context, o *thing, _ durable.AlarmInfo) error {
		switch runs++; runs {
		case 1:
			return o.alarmIn("1h")
		case 2: // its failure is not retried: the new alarm stands
			return errors.Join(o.alarmIn("1h"), errInjected)
		case 3: // set before an Await, so that it is stored before the run ends
			return errors.Join(o.alarmIn("1h"), o.Await(ctx, func(context.Context) error {
				time.Sleep(3 * time.Hour)
				return nil
			}))
		case 4: // deleted: neither a new one, nor a retry
			return errors.Join(o.Storage().DeleteAlarm(), errInjected)
		}
		return nil
	})
	scenario(t, s, func(w *world) {
		begin = time.Now()
		w.must("n", "set 1h")
		time.Sleep(24 * time.Hour)
		w.wantBook(&b, "1h0m0s retry 0", "2h0m0s retry 0", "3h0m0s retry 0", "6h0m0s retry 0")
		w.want("n", "at", "none")
	})
}

// Another turn sets the alarm while the handler awaits: that one stands, too.
func TestScenario55AlarmSetByAnotherDuringItsRun(t *testing.T) {
	var b book
	var begin time.Time
	for _, failure := range []error{nil, errInjected} {
		s := waking(&b, &begin, func(ctx context.Context, o *thing, _ durable.AlarmInfo) error {
			if time.Since(begin) > time.Hour {
				return nil
			}
			return errors.Join(failure, o.Await(ctx, func(context.Context) error { time.Sleep(time.Minute); return nil }))
		})
		scenario(t, s, func(w *world) {
			begin = time.Now()
			w.must("n", "set 1h")
			time.Sleep(time.Hour + time.Second)
			w.want("n", "at", "none")
			w.must("n", "set 10s") // due while the handler still runs
			w.want("n", "at", "1h0m11s")
			time.Sleep(time.Hour)
			w.wantBook(&b, "1h0m0s retry 0", "1h1m0s retry 0")
		})
	}
}

// A handler that never comes back is told so by its context.
func TestAlarmHandlerIsLimitedInTime(t *testing.T) {
	var b book
	var begin time.Time
	s := waking(&b, &begin, func(ctx context.Context, o *thing, info durable.AlarmInfo) error {
		if info.Retries > 0 {
			return nil
		}
		return o.Await(ctx, func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() })
	})
	scenario(t, s, func(w *world) {
		begin = time.Now()
		w.must("n", "set 0s")
		time.Sleep(time.Hour)
		w.wantBook(&b, "0s retry 0", "15m2s retry 1")
	})
}

// Abort in a handler isn't counted, and the alarm runs again.
func TestAlarmThatAborts(t *testing.T) {
	var b book
	var begin time.Time
	runs := 0
	s := waking(&b, &begin, func(_ context.Context, o *thing, info durable.AlarmInfo) error {
		if runs++; runs < 3 {
			o.Abort(errInjected)
		}
		return nil
	})
	scenario(t, s, func(w *world) {
		begin = time.Now()
		w.must("n", "set 0s")
		time.Sleep(time.Hour)
		w.wantBook(&b, "0s retry 0", "2s retry 0", "6s retry 0")
	})
}
