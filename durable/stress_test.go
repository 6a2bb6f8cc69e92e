package durable_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"snug/durable"
	"snug/durable/durabletest"
)

// Everything at once and in parallel, for the race detector: callers, sockets,
// eviction, alarms and a disk that fails now and then. What was acknowledged is
// there, and no socket saw a gap.
func TestManyAtOnce(t *testing.T) {
	s := script{
		start: func(_ context.Context, o *thing) error { o.n = number(o.get("n")); return nil },
		do: func(ctx context.Context, o *thing, id string) (string, error) {
			if id[len(id)-1] == '7' {
				if err := o.Await(ctx, func(context.Context) error { <-time.After(time.Millisecond); return nil }); err != nil {
					return "", err
				}
			}
			o.n++
			if err := o.put("n", fmt.Sprint(o.n)); err != nil {
				return "", err
			}
			if o.n%10 == 0 {
				if err := o.Storage().SetAlarm(time.Now().Add(time.Millisecond)); err != nil {
					return "", err
				}
			}
			o.Broadcast("", durable.TextFrame(fmt.Append(nil, o.n)), nil)
			return "", o.put("id/"+id, fmt.Sprint(o.n))
		},
		alarm: func(_ context.Context, o *thing, _ durable.AlarmInfo) error { return o.put("alarm", "ran") },
	}
	for seed := range seeds(t, 2) {
		scenario(t, s, func(w *world) {
			w.faults.Hook(durabletest.Random(seed, 0.01))
			acked := make([]map[string]bool, 50)
			var wg sync.WaitGroup
			for i := range acked {
				acked[i] = make(map[string]bool)
				rng := rand.New(rand.NewPCG(seed, uint64(i)))
				wg.Go(func() {
					for n := range 40 {
						name, id := fmt.Sprint(rng.IntN(5)), fmt.Sprintf("%d-%d", i, n)
						if _, err := w.call(name, id); err == nil {
							acked[i][name+"/"+id] = true
						}
						if rng.IntN(5) == 0 {
							<-time.After(time.Duration(1+rng.IntN(20)) * time.Millisecond)
						}
					}
				})
				wg.Go(func() { listenForGaps(w, seed+uint64(i), fmt.Sprint(i%5)) })
			}
			wg.Wait()
			w.faults.Hook(nil)
			for _, mine := range acked {
				for key := range mine {
					name, id := key[:1], key[2:]
					got, err := w.disk.Get(w.Context(), w.ns().IDFromName(name), "id/"+id)
					if err != nil || got == nil {
						w.Errorf("seed %d: %s was acknowledged and is lost, %v", seed, key, err)
					}
				}
			}
		}, func(o *durable.Options) { o.IdleTimeout, o.IdleObjects = 4*time.Millisecond, 2 })
	}
}

// listenForGaps opens one socket after another and follows the numbers.
func listenForGaps(w *world, seed uint64, name string) {
	rng := rand.New(rand.NewPCG(seed, 0))
	for range 5 {
		near, far := pipe(w)
		if _, err := w.rt.AcceptConn(far, nil, durable.SocketOptions{Owner: w.ns().ByName(name)}); err != nil {
			w.Error(err)
			return
		}
		c := &client{w: w, conn: near, frames: make(chan string, 1<<14)}
		c.listen()
		rudely := rng.IntN(2) == 0
		time.AfterFunc(time.Duration(1+rng.IntN(50))*time.Millisecond, func() {
			if rudely {
				c.cut()
			} else {
				c.close(1000, "")
			}
		})
		last := 0
		for line := range c.frames {
			var n int
			if line == "cut" {
				break
			}
			if _, err := fmt.Sscanf(line, "text %d", &n); err != nil {
				continue
			}
			if last > 0 && n != last+1 {
				w.Errorf("a socket got %d after %d", n, last)
			}
			last = n
		}
	}
}
