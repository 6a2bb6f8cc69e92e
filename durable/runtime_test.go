package durable_test

import (
	"context"
	"encoding/binary"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"snug/durable"
	"snug/durable/durabletest"
)

type counter struct {
	st *durable.State
	n  uint64
}

func (c *counter) Start(context.Context) error {
	v, err := c.st.Storage().Get("n")
	if v != nil {
		c.n = binary.BigEndian.Uint64(v)
	}
	return err
}

func (c *counter) add(_ context.Context, by uint64) (uint64, error) {
	c.n += by
	return c.n, c.st.Storage().Put("n", binary.BigEndian.AppendUint64(nil, c.n))
}

func TestCounterSmoke(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		class := durable.NewClass("counter", func(st *durable.State) durable.Object { return &counter{st: st} })
		add := durable.Handle(class, "add", (*counter).add)
		rt, err := durable.New(durable.Options{Store: durabletest.NewStore(), Strict: true, SerialiseCalls: true})
		if err != nil {
			t.Fatal(err)
		}
		ns, err := rt.Register(class)
		if err != nil {
			t.Fatal(err)
		}
		var wg sync.WaitGroup
		for range 1000 {
			wg.Go(func() {
				if _, err := add.Call(t.Context(), ns.ByName("a"), 1); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		time.Sleep(time.Minute) // fake time: evicted
		if got := rt.Stats().Objects; got != 0 {
			t.Errorf("%d objects in memory after idling", got)
		}
		if n, err := add.Call(t.Context(), ns.ByName("a"), 0); err != nil || n != 1000 {
			t.Fatalf("got %d, %v", n, err)
		}
		if err := rt.Shutdown(t.Context()); err != nil {
			t.Fatal(err)
		}
	})
}
