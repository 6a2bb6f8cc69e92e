package durabletest_test

import (
	"testing"

	"snug/durable"
	"snug/durable/durabletest"
)

func harness(testing.TB) durabletest.Harness {
	s := durabletest.NewStore()
	return durabletest.Harness{
		Store:    s,
		Reopen:   func(testing.TB) durable.Store { s = s.Restart(); return s },
		Crash:    func(testing.TB) durable.Store { s = s.Crash(); return s },
		HoldSync: func(testing.TB) func() { s.HoldSync(); return s.ReleaseSync },
	}
}

func TestStore(t *testing.T) { durabletest.TestStore(t, harness) }

// A Faults without faults is as good as the store beneath.
func TestFaultsPass(t *testing.T) {
	durabletest.TestStore(t, func(t testing.TB) durabletest.Harness {
		h := harness(t)
		return durabletest.Harness{
			Store:    durabletest.NewFaults(h.Store),
			Reopen:   func(t testing.TB) durable.Store { return durabletest.NewFaults(h.Reopen(t)) },
			Crash:    func(t testing.TB) durable.Store { return durabletest.NewFaults(h.Crash(t)) },
			HoldSync: h.HoldSync,
		}
	})
}
