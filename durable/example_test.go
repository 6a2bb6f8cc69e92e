package durable_test

import (
	"context"
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"
	"strconv"
	"time"

	"github.com/coder/websocket"

	"snug/durable"
	"snug/durable/durabletest"
)

// Counter counts, and remembers.
type Counter struct {
	state *durable.State
	n     int
}

func (c *Counter) Start(context.Context) error {
	stored, err := c.state.Storage().Get("n")
	if err != nil || stored == nil {
		return err
	}
	c.n, err = strconv.Atoi(string(stored))
	return err
}

func (c *Counter) Add(_ context.Context, by int) (int, error) {
	c.n += by
	return c.n, c.state.Storage().Put("n", strconv.AppendInt(nil, int64(c.n), 10))
}

func Example_counter() {
	class := durable.NewClass("counter", func(state *durable.State) durable.Object {
		return &Counter{state: state}
	})
	add := durable.Handle(class, "add", (*Counter).Add)

	ctx, store := context.Background(), durabletest.NewStore()
	for range 2 { // the second run goes on where the first one ended
		rt, err := durable.New(durable.Options{Store: store})
		if err != nil {
			log.Fatal(err)
		}
		counters, err := rt.Register(class)
		if err != nil {
			log.Fatal(err)
		}
		for _, name := range []string{"apples", "pears", "apples"} {
			n, err := add.Call(ctx, counters.ByName(name), 1)
			if err != nil {
				log.Fatal(err)
			}
			fmt.Println(name, n) // it is on the disk
		}
		if err := rt.Shutdown(ctx); err != nil {
			log.Fatal(err)
		}
		store = store.Restart()
	}
	// Output:
	// apples 1
	// pears 1
	// apples 2
	// apples 3
	// pears 2
	// apples 4
}

// Reminder says something later.
type Reminder struct {
	state *durable.State
	said  chan string
}

func (r *Reminder) Set(_ context.Context, text string) (struct{}, error) {
	if err := r.state.Storage().Put("text", []byte(text)); err != nil {
		return struct{}{}, err
	}
	return struct{}{}, r.state.Storage().SetAlarm(time.Now().Add(10 * time.Millisecond))
}

func (r *Reminder) Alarm(_ context.Context, info durable.AlarmInfo) error {
	text, err := r.state.Storage().Get("text")
	if err != nil {
		return err // it is run again, 2 s later
	}
	r.said <- fmt.Sprintf("%s: %s", r.state.Name(), text)
	return nil
}

func Example_alarm() {
	said := make(chan string, 1)
	class := durable.NewClass("reminder", func(state *durable.State) durable.Object {
		return &Reminder{state: state, said: said}
	})
	set := durable.Handle(class, "set", (*Reminder).Set)

	ctx := context.Background()
	rt, err := durable.New(durable.Options{Store: durabletest.NewStore()})
	if err != nil {
		log.Fatal(err)
	}
	reminders, err := rt.Register(class)
	if err != nil {
		log.Fatal(err)
	}
	if _, err := set.Call(ctx, reminders.ByName("Ada"), "tea is ready"); err != nil {
		log.Fatal(err)
	}
	fmt.Println(<-said)
	if err := rt.Shutdown(ctx); err != nil {
		log.Fatal(err)
	}
	// Output:
	// Ada: tea is ready
}

// Echo answers each frame, and numbers its answers over all sockets and lives.
type Echo struct {
	Counter
}

func (e *Echo) SocketOpen(_ context.Context, s *durable.Socket) error {
	return e.state.Accept(s, nil)
}

func (e *Echo) SocketMessage(ctx context.Context, s *durable.Socket, m durable.Message) error {
	n, err := e.Add(ctx, 1)
	if err != nil {
		return err
	}
	e.state.Send(s, durable.TextFrame(fmt.Appendf(nil, "%d: %s", n, m.Data))) // leaves when n is stored
	return nil
}

func (e *Echo) SocketClose(context.Context, *durable.Socket, durable.CloseInfo) error { return nil }

func Example_socket() {
	class := durable.NewClass("echo", func(state *durable.State) durable.Object {
		return &Echo{Counter{state: state}}
	})
	ctx := context.Background()
	rt, err := durable.New(durable.Options{Store: durabletest.NewStore()})
	if err != nil {
		log.Fatal(err)
	}
	echoes, err := rt.Register(class)
	if err != nil {
		log.Fatal(err)
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		// Who may do this (session, origin) is to be checked here.
		_, _ = rt.Accept(w, r, durable.SocketOptions{Owner: echoes.ByName(r.URL.Path)})
	}))

	client, _, err := websocket.Dial(ctx, server.URL+"/canyon", nil)
	if err != nil {
		log.Fatal(err)
	}
	for _, text := range []string{"hello", "anybody there?"} {
		if err := client.Write(ctx, websocket.MessageText, []byte(text)); err != nil {
			log.Fatal(err)
		}
		_, answer, err := client.Read(ctx)
		if err != nil {
			log.Fatal(err)
		}
		fmt.Printf("%s\n", answer)
	}
	if err := client.Close(websocket.StatusNormalClosure, "bye"); err != nil {
		log.Fatal(err)
	}
	if err := rt.Shutdown(ctx); err != nil {
		log.Fatal(err)
	}
	server.Close()
	// Output:
	// 1: hello
	// 2: anybody there?
}
