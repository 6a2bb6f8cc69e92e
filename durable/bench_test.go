package durable_test

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"sync"
	"testing"
	"time"

	"snug/durable"
	"snug/durable/durabletest"
)

type benched struct {
	*durable.State
	n int
}

func (b *benched) SocketOpen(_ context.Context, s *durable.Socket) error { return b.Accept(s, nil) }

func (b *benched) SocketMessage(context.Context, *durable.Socket, durable.Message) error { return nil }

func (b *benched) SocketClose(context.Context, *durable.Socket, durable.CloseInfo) error { return nil }

func benchRuntime(b *testing.B, o durable.Options) (ns *durable.Namespace, rt *durable.Runtime, read, write, cast durable.Method[string, int]) {
	b.Helper()
	class := durable.NewClass("benched", func(st *durable.State) durable.Object { return &benched{State: st} })
	read = durable.Handle(class, "read", func(o *benched, _ context.Context, _ string) (int, error) { return o.n, nil })
	write = durable.Handle(class, "write", func(o *benched, _ context.Context, text string) (int, error) {
		o.n++
		return o.n, o.Storage().Put("text", []byte(text))
	})
	cast = durable.Handle(class, "cast", func(o *benched, _ context.Context, text string) (int, error) {
		o.n++
		o.Broadcast("", durable.TextFrame([]byte(text)), nil)
		return o.n, o.Storage().Put("text", []byte(text))
	})
	o.Store, o.Logger = durabletest.NewStore(), slog.New(slog.DiscardHandler)
	rt, err := durable.New(o)
	if err != nil {
		b.Fatal(err)
	}
	if ns, err = rt.Register(class); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		if err := rt.Shutdown(context.Background()); err != nil {
			b.Error(err)
		}
	})
	return ns, rt, read, write, cast
}

// BenchmarkCall measures calls on the store in memory: what the runtime costs.
func BenchmarkCall(b *testing.B) {
	for _, objects := range []int{1, 100} {
		for _, callers := range []int{1, 100} {
			for _, kind := range []string{"read", "write"} {
				b.Run(fmt.Sprintf("%s/objects=%d/callers=%d", kind, objects, callers), func(b *testing.B) {
					ns, _, read, write, _ := benchRuntime(b, durable.Options{})
					method := map[string]durable.Method[string, int]{"read": read, "write": write}[kind]
					b.ReportAllocs()
					work := make(chan int, callers)
					var wg sync.WaitGroup
					for range callers {
						wg.Go(func() {
							for i := range work {
								if _, err := method.Call(context.Background(), ns.ByName(fmt.Sprint(i%objects)), "hello"); err != nil {
									b.Error(err)
								}
							}
						})
					}
					for i := 0; b.Loop(); i++ {
						work <- i
					}
					close(work)
					wg.Wait()
					b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "calls/s")
				})
			}
		}
	}
}

// BenchmarkWake measures calls of objects that sleep.
func BenchmarkWake(b *testing.B) {
	ns, _, read, _, _ := benchRuntime(b, durable.Options{IdleObjects: 1})
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		if _, err := read.Call(context.Background(), ns.ByName(fmt.Sprint(i)), ""); err != nil {
			b.Fatal(err)
		}
	}
}

// sink is a connection that takes all, counts, and is cut when it is closed.
type sink struct {
	net.Conn
	got    *sync.WaitGroup
	closed chan struct{}
	once   sync.Once
}

func (s *sink) Read([]byte) (int, error) { <-s.closed; return 0, io.EOF }

func (s *sink) Write(p []byte) (int, error) {
	if p[0] == 0x88 {
		return len(p), s.Close()
	}
	s.got.Done()
	return len(p), nil
}

func (s *sink) Close() error { s.once.Do(func() { close(s.closed) }); return nil }

func (s *sink) SetWriteDeadline(time.Time) error { return nil }

// BenchmarkBroadcast measures a durable broadcast from the call until all
// sockets have been written to. The connections cost nothing.
func BenchmarkBroadcast(b *testing.B) {
	for _, sockets := range []int{1, 100, 1000} {
		b.Run(fmt.Sprintf("sockets=%d", sockets), func(b *testing.B) {
			ns, rt, read, _, cast := benchRuntime(b, durable.Options{CloseSpread: time.Nanosecond})
			var got sync.WaitGroup
			room := ns.ByName("room")
			for range sockets {
				if _, err := rt.AcceptConn(&sink{got: &got, closed: make(chan struct{})}, nil, durable.SocketOptions{Owner: room}); err != nil {
					b.Fatal(err)
				}
			}
			if _, err := read.Call(b.Context(), room, ""); err != nil { // behind all that opened
				b.Fatal(err)
			}
			b.ReportAllocs()
			for b.Loop() {
				got.Add(sockets)
				if _, err := cast.Call(b.Context(), room, `{"type":"message","message":{"content":"hello"}}`); err != nil {
					b.Fatal(err)
				}
				got.Wait()
			}
			b.ReportMetric(float64(b.N*sockets)/b.Elapsed().Seconds(), "deliveries/s")
		})
	}
}
