package durable_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"snug/durable"
	"snug/durable/durabletest"
)

// within runs fn in a turn of a fresh object. What it finds wrong it returns.
func within(t *testing.T, fn func(ctx context.Context, o *thing) error) {
	t.Helper()
	scenario(t, script{do: func(ctx context.Context, o *thing, _ string) (string, error) {
		return "", fn(ctx, o)
	}}, func(w *world) {
		if _, err := w.call("n", ""); err != nil {
			w.Error(err)
		}
	})
}

func putAll(o *thing, keys ...string) error {
	var errs []error
	for _, key := range keys {
		errs = append(errs, o.put(key, "v"+key))
	}
	return errors.Join(errs...)
}

// wantList compares keys; the values must be those of putAll.
func wantList(o *thing, options durable.ListOptions, keys ...string) error {
	entries, err := o.Storage().List(options)
	if err != nil {
		return err
	}
	var got []string
	for _, e := range entries {
		got = append(got, e.Key)
		if string(e.Value) != "v"+e.Key {
			return fmt.Errorf("%q has value %q", e.Key, e.Value)
		}
	}
	if !slices.Equal(got, keys) {
		return fmt.Errorf("list %+v: got %q, want %q", options, got, keys)
	}
	return nil
}

func TestScenario27KeysAreInByteOrder(t *testing.T) {
	within(t, func(_ context.Context, o *thing) error {
		return errors.Join(
			putAll(o, "\uffff", "\U00010000", "é", "z", "e"),
			wantList(o, durable.ListOptions{}, "e", "z", "é", "\uffff", "\U00010000"),
			o.Storage().Sync(), // and the store agrees with the turn's own view
			wantList(o, durable.ListOptions{}, "e", "z", "é", "\uffff", "\U00010000"),
			wantList(o, durable.ListOptions{Reverse: true}, "\U00010000", "\uffff", "é", "z", "e"),
		)
	})
}

var nine = []string{"k1", "k2", "k3", "k4", "k5", "k6", "k7", "k8", "k9"}

func TestScenario28ReverseKeepsItsBounds(t *testing.T) {
	within(t, func(_ context.Context, o *thing) error {
		return errors.Join(putAll(o, nine...),
			wantList(o, durable.ListOptions{Start: "k3", End: "k7", Reverse: true, Limit: 2}, "k6", "k5"),
			wantList(o, durable.ListOptions{Start: "k3", End: "k7", Limit: 2}, "k3", "k4"))
	})
}

func TestScenario29StartAfterAndLimit(t *testing.T) {
	within(t, func(_ context.Context, o *thing) error {
		if _, err := o.Storage().List(durable.ListOptions{Start: "a", StartAfter: "b"}); err == nil {
			return errors.New("start and startAfter together were taken")
		}
		if _, err := o.Storage().List(durable.ListOptions{Limit: -1}); err == nil {
			return errors.New("a negative limit was taken")
		}
		return errors.Join(putAll(o, nine...), o.put("k3\x00", "vk3\x00"),
			wantList(o, durable.ListOptions{StartAfter: "k3", Limit: 2}, "k3\x00", "k4"),
			wantList(o, durable.ListOptions{StartAfter: "k3\x00", Limit: 1}, "k4"),
			wantList(o, durable.ListOptions{Start: "k8"}, "k8", "k9"),
			wantList(o, durable.ListOptions{StartAfter: "k9"}))
	})
}

func TestScenario30PrefixMeetsBounds(t *testing.T) {
	within(t, func(_ context.Context, o *thing) error {
		return errors.Join(putAll(o, "o", "p", "p1", "p2", "p3", "q", "\xff", "\xff\xff", "\xff\xffa"),
			wantList(o, durable.ListOptions{Prefix: "p"}, "p", "p1", "p2", "p3"),
			wantList(o, durable.ListOptions{Prefix: "p", Start: "a"}, "p", "p1", "p2", "p3"),
			wantList(o, durable.ListOptions{Prefix: "p", Start: "p2"}, "p2", "p3"),
			wantList(o, durable.ListOptions{Prefix: "p", StartAfter: "p2"}, "p3"),
			wantList(o, durable.ListOptions{Prefix: "p", Start: "q"}),
			wantList(o, durable.ListOptions{Prefix: "p", End: "p2"}, "p", "p1"),
			wantList(o, durable.ListOptions{Prefix: "p", End: "z"}, "p", "p1", "p2", "p3"),
			wantList(o, durable.ListOptions{Start: "p2", End: "p2"}),
			wantList(o, durable.ListOptions{Start: "p3", End: "p2"}),
			wantList(o, durable.ListOptions{Prefix: "\xff\xff"}, "\xff\xff", "\xff\xffa"),
			wantList(o, durable.ListOptions{Prefix: "\xff", Reverse: true}, "\xff\xffa", "\xff\xff", "\xff"))
	})
}

func TestScenario31OversizedValueStoresNothing(t *testing.T) {
	within(t, func(_ context.Context, o *thing) error {
		tooLong := make([]byte, durable.MaxValueBytes+1)
		err := o.Storage().PutMany([]durable.Entry{{Key: "a", Value: []byte("1")}, {Key: "b", Value: tooLong}})
		if !errors.Is(err, durable.ErrValueTooLong) {
			return fmt.Errorf("got %v", err)
		}
		if err := o.Storage().Put("c", tooLong[1:]); err != nil {
			return err
		}
		if entries, err := o.Storage().List(durable.ListOptions{}); len(entries) != 1 || entries[0].Key != "c" {
			return fmt.Errorf("%d entries are stored, %v", len(entries), err)
		}
		return nil
	})
}

func TestManyKeysInOneCall(t *testing.T) {
	within(t, func(_ context.Context, o *thing) error {
		keys := make([]string, durable.MaxKeysPerCall+1)
		entries := make([]durable.Entry, len(keys))
		for i := range keys {
			keys[i] = fmt.Sprintf("%03d", i)
			entries[i] = durable.Entry{Key: keys[i], Value: []byte("v" + keys[i])}
		}
		st := o.Storage()
		_, errGet := st.GetMany(keys...)
		_, errDelete := st.DeleteMany(keys)
		for _, err := range []error{st.PutMany(entries), errGet, errDelete} {
			if !errors.Is(err, durable.ErrTooManyKeys) {
				return fmt.Errorf("%d keys: got %v", len(keys), err)
			}
		}
		if err := st.PutMany(entries[1:]); err != nil {
			return err
		}
		some, err := st.GetMany("003", "nothing", "001", "003")
		if err != nil || len(some) != 2 || some[0].Key != "001" || some[1].Key != "003" {
			return fmt.Errorf("got %v, %v", some, err)
		}
		if none, err := st.GetMany(); len(none) != 0 || err != nil {
			return fmt.Errorf("got %v, %v", none, err)
		}
		if n, err := st.DeleteMany([]string{"001", "nothing", "001", "002"}); n != 2 || err != nil {
			return fmt.Errorf("deleted %d, %v", n, err)
		}
		if there, err := st.Delete("001"); there || err != nil {
			return fmt.Errorf("deleted twice: %v, %v", there, err)
		}
		long := strings.Repeat("k", durable.MaxKeyBytes+1)
		if n, err := st.DeleteMany([]string{"003", long}); n != 0 || !errors.Is(err, durable.ErrKeyTooLong) || o.get("003") == "" {
			return fmt.Errorf("deleted %d, %v", n, err)
		}
		return nil
	})
}

func TestTurnIsBoundedInBytes(t *testing.T) {
	within(t, func(_ context.Context, o *thing) error {
		value := make([]byte, durable.MaxValueBytes)
		n := 0
		for ; n*len(value) <= durable.MaxTurnBytes; n++ {
			if err := o.Storage().Put(fmt.Sprint(n), value); err != nil {
				if !errors.Is(err, durable.ErrTurnTooLarge) {
					return err
				}
				break
			}
		}
		if n*len(value) > durable.MaxTurnBytes || n < 500 {
			return fmt.Errorf("%d values were taken", n)
		}
		err := o.Storage().Transaction(func(tx *durable.Tx) error { return tx.Put("more", value) })
		if !errors.Is(err, durable.ErrTurnTooLarge) {
			return fmt.Errorf("in a transaction: got %v", err)
		}
		return errors.Join(o.Storage().Sync(), o.Storage().Put("more", value))
	})
}

// What one turn writes is there whole or not at all, whatever the disk keeps of
// a commit that it says has failed, and wherever the process ends.
func TestScenario33TurnIsAtomicAtEveryCommit(t *testing.T) {
	s := script{do: func(_ context.Context, o *thing, what string) (string, error) {
		if what == "get" {
			return o.get("a") + "=" + o.get("b"), nil
		}
		return "", errors.Join(o.put("a", what), o.put("b", what))
	}}
	for _, keep := range []durabletest.Keep{durabletest.KeepNone, durabletest.KeepSome, durabletest.KeepAll} {
		for at := 1; at <= 12; at++ {
			scenario(t, s, func(w *world) {
				w.faults.Hook(func(call durabletest.Call, number int) durabletest.Fault {
					if call == durabletest.CallCommit && number >= at {
						return failing(keep)
					}
					return durabletest.Fault{}
				})
				acked := ""
				for i := range 10 {
					if _, err := w.call("n", fmt.Sprint(i)); err == nil {
						acked = fmt.Sprint(i)
					}
				}
				w.kill()
				a, b, _ := strings.Cut(w.must("n", "get"), "=")
				if a != b || number(a) < number(acked) {
					w.Errorf("commit %d fails, keep %d: stored a=%s b=%s, acked %s", at, keep, a, b, acked)
				}
			})
		}
	}
}

func TestScenario35BinaryEmptyAndLongKeys(t *testing.T) {
	long := strings.Repeat("k", durable.MaxKeyBytes)
	pairs := map[string]string{"": "empty key", "\x00\xff\x00": "\xff\x00", "empty": "", long: "long"}
	scenario(t, script{do: func(_ context.Context, o *thing, what string) (string, error) {
		if what == "put" {
			for key, value := range pairs {
				if err := o.put(key, value); err != nil {
					return "", err
				}
			}
			for _, err := range []error{o.put(long+"k", ""), o.Storage().DeleteRange(long+"k", "")} {
				if !errors.Is(err, durable.ErrKeyTooLong) {
					return "", fmt.Errorf("key of 2,049 bytes: %v", err)
				}
			}
			if err := o.Storage().Put("nil", nil); err != nil {
				return "", err
			}
		}
		for key, want := range pairs {
			if got, err := o.Storage().Get(key); err != nil || got == nil || string(got) != want {
				return "", fmt.Errorf("%q: got %q (nil: %v), %v", key, got, got == nil, err)
			}
		}
		if got, err := o.Storage().Get("nil"); got == nil || len(got) != 0 || err != nil {
			return "", fmt.Errorf("a nil value: got %v, %v", got, err)
		}
		if got, err := o.Storage().Get("nothing"); got != nil || err != nil {
			return "", fmt.Errorf("no value: got %v, %v", got, err)
		}
		entries, err := o.Storage().List(durable.ListOptions{})
		if len(entries) != len(pairs)+1 || err != nil {
			return "", fmt.Errorf("%d entries, %v", len(entries), err)
		}
		return "", nil
	}}, func(w *world) {
		w.must("n", "put")
		w.restart()
		w.must("n", "get")
	})
}

func TestScenario36FailedTransactionIsUndone(t *testing.T) {
	s := script{do: func(_ context.Context, o *thing, what string) (string, error) {
		if what == "get" {
			return o.get("a") + o.get("b"), nil
		}
		if err := o.put("a", "1"); err != nil {
			return "", err
		}
		return "", o.Storage().Transaction(func(tx *durable.Tx) error {
			if err := errors.Join(tx.Put("a", []byte("2")), tx.Put("b", []byte("2"))); err != nil {
				return err
			}
			if got, _ := tx.Get("a"); string(got) != "2" {
				return fmt.Errorf("the transaction doesn't see its own write, but %q", got)
			}
			return errInjected
		})
	}}
	scenario(t, s, func(w *world) {
		_, err := w.call("n", "put")
		w.wantErr(err, errInjected)
		var e *durable.Error
		if !errors.As(err, &e) || !e.Remote || e.Reset() {
			w.Errorf("the handler's own error looks like %#v", e)
		}
		w.want("n", "get", "1")
		w.kill()
		w.want("n", "get", "1") // an error undoes nothing but the transaction
	})
}

func TestScenario37InnerRollbackKeepsTheOuter(t *testing.T) {
	within(t, func(_ context.Context, o *thing) error {
		err := o.Storage().Transaction(func(outer *durable.Tx) error {
			err := errors.Join(outer.Put("a", []byte("va")), outer.Put("b", []byte("vb")))
			inner := outer.Transaction(func(tx *durable.Tx) error {
				return errors.Join(tx.DeleteRange("", ""), tx.Put("c", []byte("vc")), tx.Rollback())
			})
			kept := outer.Transaction(func(tx *durable.Tx) error {
				_, err := tx.Delete("b")
				return errors.Join(err, tx.Put("d", []byte("vd")))
			})
			return errors.Join(err, inner, kept)
		})
		return errors.Join(err, wantList(o, durable.ListOptions{}, "a", "d"))
	})
}

func TestScenario38RolledBackTransactionIsOver(t *testing.T) {
	var k *kind
	s := script{do: func(ctx context.Context, o *thing, what string) (string, error) {
		var leaked *durable.Tx
		err := o.Storage().Transaction(func(tx *durable.Tx) error {
			leaked = tx
			if err := errors.Join(tx.Put("a", nil), tx.Rollback()); err != nil {
				return err
			}
			_, errGet := tx.Get("a")
			for _, err := range []error{tx.Put("a", nil), errGet, tx.Rollback(), tx.SetAlarm(time.Now())} {
				if !errors.Is(err, durable.ErrTxDone) {
					return fmt.Errorf("after Rollback: got %v", err)
				}
			}
			return nil
		})
		if err != nil {
			return "", err
		}
		if err := leaked.Put("a", nil); !errors.Is(err, durable.ErrTxDone) {
			return "", fmt.Errorf("after the end: got %v", err)
		}
		return "", o.Storage().Transaction(func(tx *durable.Tx) error {
			st := o.Storage()
			_, errCall := k.call(ctx, "other", "")
			for _, err := range []error{
				errCall, st.Put("a", nil), st.DeleteAll(), st.Sync(), st.Rollback(),
				o.Await(ctx, func(context.Context) error { return nil }),
			} {
				if !errors.Is(err, durable.ErrTxOpen) {
					return fmt.Errorf("past an open transaction: got %v", err)
				}
			}
			return nil
		})
	}}
	scenario(t, s, func(w *world) {
		k = w.things[0]
		w.must("n", "")
	})
}

// The alarm is part of the transaction, as are range deletions and all.
func TestScenario39TransactionHoldsAlarmAndKeys(t *testing.T) {
	var b book
	s := script{
		do: func(_ context.Context, o *thing, what string) (string, error) {
			return "", o.Storage().Transaction(func(tx *durable.Tx) error {
				err := errors.Join(tx.Put("k", []byte(what)), tx.SetAlarm(time.Now().Add(time.Hour)))
				if _, set, _ := tx.Alarm(); !set {
					return errors.New("the transaction doesn't see its own alarm")
				}
				if what == "fail" {
					return errInjected
				}
				return err
			})
		},
		alarm: func(_ context.Context, o *thing, _ durable.AlarmInfo) error {
			b.add("%s", o.get("k"))
			return nil
		},
	}
	scenario(t, s, func(w *world) {
		_, err := w.call("n", "fail")
		w.wantErr(err, errInjected)
		time.Sleep(2 * time.Hour)
		w.wantBook(&b)
		w.must("n", "fine")
		time.Sleep(2 * time.Hour)
		w.wantBook(&b, "fine")
	})
}

// A handler that swallows the failure of its storage can't go on as if nothing
// had been.
func TestScenario44SwallowedStorageFailureResets(t *testing.T) {
	s := script{do: func(_ context.Context, o *thing, what string) (string, error) {
		if what == "get" {
			return o.get("k"), nil
		}
		_ = o.Storage().Transaction(func(tx *durable.Tx) error {
			_, _ = tx.Get("other")
			return nil
		})
		_ = o.put("k", "new")
		o.Broadcast("", durable.TextFrame([]byte("new")), nil)
		return "all is well", nil
	}}
	scenario(t, s, func(w *world) {
		w.must("n", "get")
		c := w.dial("n")
		w.faults.Next(durabletest.CallGet, durabletest.Fault{Err: durable.ErrStorageFull})
		_, err := w.call("n", "put")
		w.wantReset(err)
		w.wantErr(err, durable.ErrStorageFull)
		c.hears("close 1011 the object was reset")
		w.want("n", "get", "")
	})
}

// Of a list that broke off nothing can be believed, what came first neither.
func TestScenario44BrokenListResets(t *testing.T) {
	s := script{do: func(_ context.Context, o *thing, what string) (string, error) {
		if what == "put" {
			return "", putAll(o, nine...)
		}
		entries, _ := o.Storage().List(durable.ListOptions{})
		return fmt.Sprint(len(entries)), nil
	}}
	scenario(t, s, func(w *world) {
		w.must("n", "put")
		w.faults.Next(durabletest.CallScan, failing(durabletest.KeepSome))
		_, err := w.call("n", "list")
		w.wantReset(err)
		w.wantErr(err, errInjected)
		w.want("n", "list", "9")
	})
}

func TestScenario47AbortDiscardsWhatIsNotDurable(t *testing.T) {
	scenario(t, telling, func(w *world) {
		w.must("n", "put old")
		c := w.dial("n")
		_, err := w.call("n", "abort new")
		w.wantReset(err)
		w.wantErr(err, errInjected)
		c.hears("close 1011 the object was reset")
		w.want("n", "get", "old")
		w.kill()
		w.want("n", "get", "old")
	})
}

// What earlier turns wrote and the disk hasn't begun with goes too. It begins with
// 8 groups at once.
func TestScenario47AbortDiscardsEarlierTurnsInFlight(t *testing.T) {
	scenario(t, telling, func(w *world) {
		w.must("n", "put old")
		w.faults.Stall()
		var ahead []<-chan outcome
		for i := range 8 {
			ahead = append(ahead, w.start(fmt.Sprint("other", i), "put x"))
		}
		put := w.start("n", "put new")
		_, err := w.call("n", "abort newer")
		w.wantReset(err)
		w.faults.Release()
		for _, other := range ahead {
			<-other
		}
		w.wantReset((<-put).err)
		w.want("n", "get", "old")
	})
}

// Rollback at the root undoes what the turn wrote, and the turn goes on.
func TestRollbackOfTheTurn(t *testing.T) {
	within(t, func(_ context.Context, o *thing) error {
		st := o.Storage()
		err := errors.Join(putAll(o, "a"), st.Sync(), putAll(o, "b"), st.SetAlarm(time.Now().Add(time.Hour)), st.Rollback(), putAll(o, "c"))
		if _, set, _ := st.Alarm(); set {
			return errors.New("the alarm was kept")
		}
		return errors.Join(err, wantList(o, durable.ListOptions{}, "a", "c"))
	})
}

func TestDeleteAllRemovesKeysAndAlarm(t *testing.T) {
	var b book
	scenario(t, script{
		do: func(_ context.Context, o *thing, what string) (string, error) {
			if what == "set" {
				return "", errors.Join(putAll(o, nine...), o.Storage().SetAlarm(time.Now().Add(time.Hour)))
			}
			err := errors.Join(o.Storage().DeleteAll(), wantList(o, durable.ListOptions{}))
			if _, set, _ := o.Storage().Alarm(); set {
				return "", errors.New("the alarm is set")
			}
			return "", err
		},
		alarm: func(context.Context, *thing, durable.AlarmInfo) error { b.add("alarm"); return nil },
	}, func(w *world) {
		w.must("n", "set")
		w.must("n", "delete")
		time.Sleep(2 * time.Hour)
		w.wantBook(&b)
		w.must("n", "delete")
	})
}
