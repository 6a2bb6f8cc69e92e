package durable_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"snug/durable"
)

func TestScenario72GracefulStop(t *testing.T) {
	var b book
	s := telling
	s.closed = func(_ context.Context, o *thing, _ *durable.Socket, c durable.CloseInfo) error {
		b.add("closed %d", c.Code)
		return o.put("closed", "yes")
	}
	scenario(t, s, func(w *world) {
		clients := []*client{w.dial("n"), w.dial("n"), w.dial("m"), w.dial("m")}
		w.faults.Stall()
		clients[0].say("a") // accepted, but not durable yet
		call := w.start("m", "put b")
		begin := time.Now()
		stopped := make(chan struct{})
		go func() { w.stop(); close(stopped) }()
		time.Sleep(time.Second)
		clients[1].say("muted") // what comes now isn't acted on
		w.faults.Release()
		clients[0].hears("text ack a", "text a", "close 1001 the server is going away")
		if o := <-call; o.err != nil {
			w.Error(o.err)
		}
		clients[1].hears("text a", "close 1001 the server is going away")
		clients[2].hears("text b", "close 1001 the server is going away")
		clients[3].hears("text b", "close 1001 the server is going away")
		if took := time.Since(begin); took < 2*time.Second || took > 4*time.Second {
			w.Errorf("the last heard of it after %v", took) // spread over 3 s
		}
		for _, c := range clients {
			c.close(1001, "")
		}
		<-stopped
		w.wantBook(&b, "closed 1001", "closed 1001", "closed 1001", "closed 1001")
		near, far := pipe(w)
		rt := w.things[0]
		_ = near.Close()
		if _, err := rt.call(w.Context(), "n", "get"); !errors.Is(err, durable.ErrClosed) {
			w.Errorf("a call after the end: %v", err)
		}
		_ = far.Close()
		w.disk = w.disk.Restart()
		w.faults.Release()
	})
}

// Where there is no more time the rest is cut short, and nothing hangs.
func TestShutdownWithoutTime(t *testing.T) {
	var foreign chan struct{}
	s := telling
	s.do = func(ctx context.Context, o *thing, what string) (string, error) {
		switch what {
		case "await":
			return "", o.Await(ctx, func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() })
		case "block":
			<-foreign
			return "", nil
		}
		return telling.do(ctx, o, what)
	}
	scenario(t, s, func(w *world) {
		foreign = make(chan struct{})
		c := w.dialDeaf("n")
		awaiting := w.start("a", "await")
		w.faults.Stall()
		put := w.start("n", "put x")
		w.start("b", "block")
		behind := w.start("b", "get")
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		time.AfterFunc(2*time.Second, func() { close(foreign) }) // who doesn't heed its context keeps us waiting
		w.wantErr(w.rt.Shutdown(ctx), context.DeadlineExceeded)
		w.wantErr(w.rt.Shutdown(ctx), durable.ErrClosed)
		w.wantErr((<-behind).err, durable.ErrClosed)
		if o := <-put; o.err == nil {
			w.Error("a write that isn't durable was acknowledged")
		}
		if o := <-awaiting; o.err == nil {
			w.Error("an awaiting handler went on")
		}
		c.cut()
		w.rt = nil
	})
}
