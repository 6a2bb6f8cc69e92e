package durabletest_test

import (
	"context"
	"errors"
	"io/fs"
	"testing"
	"testing/synctest"
	"time"

	"snug/durable"
	"snug/durable/durabletest"
)

var id = durable.ID{1, 2, 3}

// claimed returns a Faults and a function that makes the n-th batch: it puts
// n under the key "n".
func claimed(t *testing.T) (*durabletest.Store, *durabletest.Faults, func(n int) durable.Batch) {
	t.Helper()
	store := durabletest.NewStore()
	faults := durabletest.NewFaults(store)
	record, err := faults.Claim(t.Context(), id, "class", "")
	if err != nil {
		t.Fatal(err)
	}
	return store, faults, func(n int) durable.Batch {
		fence := record.Fence
		fence.Head = uint64(n)
		return durable.Batch{ID: id, Fence: fence, Ops: []durable.Op{{Kind: durable.OpPut, Key: "n", Value: []byte{byte(n)}}}}
	}
}

func TestFaultsTearCommits(t *testing.T) {
	for _, test := range []struct {
		name  string
		fault durabletest.Fault
		kept  int // batches of two that are stored
	}{
		{"Pass", durabletest.Fault{}, 2},
		{"Nothing", durabletest.Fault{Err: durabletest.ErrInjected}, 0},
		{"Some", durabletest.Fault{Err: durabletest.ErrInjected, Keep: durabletest.KeepSome}, 1},
		{"All", durabletest.Fault{Err: durabletest.ErrInjected, Keep: durabletest.KeepAll}, 2},
	} {
		t.Run(test.name, func(t *testing.T) {
			store, faults, batch := claimed(t)
			faults.Next(durabletest.CallCommit, test.fault)
			if _, err := faults.Commit(t.Context(), []durable.Batch{batch(0), batch(1)})(); !errors.Is(err, test.fault.Err) {
				t.Fatalf("commit: %v, want %v", err, test.fault.Err)
			}
			record, err := store.Restart().Claim(t.Context(), id, "class", "")
			if err != nil || record.Fence.Head != uint64(test.kept) {
				t.Fatalf("head %d, %v, want %d", record.Fence.Head, err, test.kept)
			}
		})
	}
}

func TestFaultsByNumber(t *testing.T) {
	_, faults, batch := claimed(t)
	bad := errors.New("bad sector")
	faults.Hook(func(call durabletest.Call, n int) durabletest.Fault {
		if call == durabletest.CallCommit && n == 2 {
			return durabletest.Fault{Err: bad}
		}
		return durabletest.Fault{}
	})
	for n, want := range []error{nil, bad, nil} {
		if _, err := faults.Commit(t.Context(), []durable.Batch{batch(n)})(); !errors.Is(err, want) {
			t.Errorf("commit %d: %v, want %v", n+1, err, want)
		}
	}
	if n := faults.Calls(durabletest.CallCommit); n != 3 {
		t.Errorf("%d commits counted", n)
	}
}

func TestFaultsOfReads(t *testing.T) {
	_, faults, batch := claimed(t)
	if _, err := faults.Commit(t.Context(), []durable.Batch{batch(0)})(); err != nil {
		t.Fatal(err)
	}
	fault := durabletest.Fault{Err: durabletest.ErrInjected, Keep: durabletest.KeepSome}
	for call := durabletest.CallClaim; call <= durabletest.CallAlarmsDue; call++ {
		faults.Next(call, fault)
	}
	if _, err := faults.Claim(t.Context(), id, "class", ""); !errors.Is(err, durabletest.ErrInjected) {
		t.Errorf("claim: %v", err)
	}
	if _, err := faults.Get(t.Context(), id, "n"); !errors.Is(err, durabletest.ErrInjected) {
		t.Errorf("get: %v", err)
	}
	pairs := 0
	err := faults.Scan(t.Context(), id, durable.Range{}, func(_, _ []byte) bool { pairs++; return true })
	if !errors.Is(err, durabletest.ErrInjected) || pairs != 1 {
		t.Errorf("scan: %v after %d pairs", err, pairs)
	}
	if _, _, err := faults.AlarmsDue(t.Context(), time.Now(), 1); !errors.Is(err, durabletest.ErrInjected) {
		t.Errorf("alarms due: %v", err)
	}
}

func TestFaultsRandomIsRepeatable(t *testing.T) {
	plan := func() (faults []durabletest.Fault) {
		next := durabletest.Random(42, 0.5)
		for n := range 100 {
			faults = append(faults, next(durabletest.CallCommit, n))
		}
		return faults
	}
	a, b := plan(), plan()
	failed := 0
	for i := range a {
		if a[i] != b[i] {
			t.Fatalf("fault %d differs", i)
		}
		if a[i].Err != nil {
			failed++
		}
	}
	if failed < 25 || failed > 75 {
		t.Errorf("%d of 100 calls failed at a share of one half", failed)
	}
}

func TestFaultsStall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, faults, batch := claimed(t)
		faults.Stall()
		done := make(chan error, 1)
		go func() {
			_, err := faults.Commit(context.Background(), []durable.Batch{batch(0)})()
			done <- err
		}()
		synctest.Wait()
		if n := faults.Stalled(); n != 1 {
			t.Fatalf("%d commits held, want 1", n)
		}
		if value, err := faults.Get(t.Context(), id, "n"); value != nil || err != nil {
			t.Fatalf("held commit is there already: %q %v", value, err)
		}
		faults.Next(durabletest.CallCommit, durabletest.Fault{Delay: time.Minute})
		faults.Release()
		start := time.Now()
		if err := <-done; err != nil || time.Since(start) != time.Minute {
			t.Fatalf("commit: %v after %v", err, time.Since(start))
		}
	})
}

func TestFaultsStallEndsWithContextAndClose(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, faults, batch := claimed(t)
		faults.Stall()
		done := make(chan error, 2)
		ctx, cancel := context.WithCancel(t.Context())
		for _, ctx := range []context.Context{ctx, t.Context()} {
			go func() {
				_, err := faults.Commit(ctx, []durable.Batch{batch(0)})()
				done <- err
			}()
		}
		synctest.Wait()
		cancel()
		if err := <-done; !errors.Is(err, context.Canceled) {
			t.Errorf("commit whose context is over: %v", err)
		}
		if err := faults.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
		if err := <-done; !errors.Is(err, fs.ErrClosed) {
			t.Errorf("held commit of a closed store: %v", err)
		}
	})
}
