package durable

import (
	"context"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// nowhere is a wire that takes all at once.
type nowhere struct {
	s    *Socket
	once sync.Once
}

func (*nowhere) flush(s *Socket) { s.out = nil }

func (n *nowhere) cut() {
	n.once.Do(func() {
		go func() {
			n.s.lost()
			n.s.finish()
		}()
	})
}

// instant is a store whose commits are done at once; it keeps nothing.
type instant struct{ noStore }

func (instant) Claim(_ context.Context, id ID, _, _ string) (Record, error) {
	return Record{ID: id}, nil
}

func (instant) Commit(_ context.Context, batches []Batch) func() ([]error, error) {
	return func() ([]error, error) { return make([]error, len(batches)), nil }
}

type crowd struct{ *State }

// Outputs that come faster than they leave hold up who issues them, and nobody else.
func TestCommitsBesideACrowd(t *testing.T) {
	rt := bareRuntime(t, instant{})
	class := NewClass("crowd", func(s *State) Object { return &crowd{s} })
	enter := Handle(class, "enter", func(o *crowd, _ context.Context, s *Socket) (string, error) {
		return "", o.Subscribe(s, nil)
	})
	frame := TextFrame([]byte(`{"type":"typing"}`)).Droppable()
	typing := Handle(class, "typing", func(o *crowd, _ context.Context, _ string) (string, error) {
		o.Broadcast("", frame, nil)
		return "", nil
	})
	post := Handle(class, "post", func(o *crowd, _ context.Context, _ string) (string, error) {
		return "", o.Storage().Put("k", []byte("v"))
	})
	ns, err := rt.Register(class)
	if err != nil {
		t.Fatal(err)
	}
	room, other := ns.ByName("room"), ns.ByName("other")
	for range 2000 {
		s := &Socket{kind: rt.sockets.kind(SocketOptions{}, false), handler: frames(nil)}
		s.wire = &nowhere{s: s}
		if err := rt.sockets.add(s, "", nil); err != nil {
			t.Fatal(err)
		}
		if _, err := enter.Call(t.Context(), room, s); err != nil {
			t.Fatal(err)
		}
	}
	var over atomic.Bool
	var all sync.WaitGroup
	flood := func(m Method[string, string]) {
		for !over.Load() {
			if m.Send(context.Background(), room, "") != nil {
				runtime.Gosched() // overloaded
			}
		}
	}
	all.Go(func() { flood(typing) })
	all.Go(func() { flood(typing) })
	all.Go(func() { // who writes now and then, so that somebody else lets outputs out
		every := time.NewTicker(5 * time.Millisecond)
		defer every.Stop()
		for !over.Load() {
			<-every.C
			_ = post.Send(context.Background(), room, "")
		}
	})
	o := rt.find(room.ID())
	for range 100_000 {
		if _, err := post.Call(context.Background(), other, ""); err != nil {
			t.Error(err)
		}
		if n := o.gate.length(); n > MaxPendingTurns+1 {
			t.Errorf("the outputs of %d turns are held", n)
			break
		}
	}
	over.Store(true)
	all.Wait()
	shutDown(t, rt)
}
