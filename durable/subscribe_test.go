package durable_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"snug/durable"
)

// subscribe: a socket that a FrameHandler serves gets what further objects say,
// from the very point of the turn on.
func TestSubscriptions(t *testing.T) {
	var b book
	s := chatting(&b)
	plain := s.do
	var handled *frames
	s.do = func(ctx context.Context, o *thing, what string) (string, error) {
		verb, arg, _ := strings.Cut(what, " ")
		sock, ok := o.Socket(durable.SocketID(number(arg)))
		switch verb {
		case "join":
			if !ok {
				return "gone", nil
			}
			o.Broadcast("", durable.TextFrame([]byte("before "+o.Name())), nil)
			if err := o.Subscribe(sock, nil, "guest"); err != nil {
				return "", err
			}
			o.Send(sock, durable.TextFrame([]byte("joined "+o.Name())))
			o.Broadcast("guest", durable.TextFrame([]byte("after "+o.Name())), nil)
			return "", o.put("joined", "yes")
		case "leave":
			o.Broadcast("", durable.TextFrame([]byte("still "+o.Name())), nil)
			o.Unsubscribe(sock)
			o.Broadcast("", durable.TextFrame([]byte("no more")), nil)
			return "", nil
		case "except":
			o.Broadcast("", durable.TextFrame([]byte("others")), sock)
			return "", nil
		}
		return plain(ctx, o, what)
	}
	scenario(t, s, func(w *world) {
		handled = &frames{b: &b}
		by := func(o *durable.SocketOptions) {
			greeting := durable.TextFrame([]byte("welcome"))
			o.Owner, o.Handler, o.Greeting = nil, handled, &greeting
		}
		c, d := w.dial("", by), w.dial("", by)
		c.hears("text welcome")
		d.hears("text welcome")
		id := fmt.Sprint(c.sock.ID())
		w.must("n", "join "+id)
		c.hears("text joined n", "text after n") // what two objects say has no order
		w.must("m", "join "+id)
		c.hears("text joined m", "text after m")
		w.must("n", fmt.Sprintf("join %d", d.sock.ID()))
		c.hears("text before n", "text after n")
		d.hears("text joined n", "text after n")
		idle() // the objects sleep, the subscriptions don't end
		w.must("n", "say hi")
		c.hears("text hi")
		d.hears("text hi")
		w.must("n", "except "+id)
		d.hears("text others")
		w.must("n", "leave "+id)
		c.hears("text still n")
		d.hears("text still n", "text no more")
		w.must("m", "say m")
		c.hears("text m")
		c.say("frame")
		c.hears("text handled frame")
		b.take(w)
		c.close(1000, "")
		c.hears("close 1000", "cut")
		heard := b.take(w)
		slices.Sort(heard) // of objects only m hears of it
		if want := []string{`closed 1000 "" clean true, 0 left`, "handler: closed 1000"}; !slices.Equal(heard, want) {
			w.Errorf("got %q, want %q", heard, want)
		}
		w.want("n", "join "+id, "gone")
		// A reset of one of its objects ends a socket, whoever serves it.
		w.faults.Next(3, failing(0))
		w.wantReset((<-w.start("n", fmt.Sprintf("join %d", d.sock.ID()))).err)
		d.hears("close 1011 the object was reset")
	})
}

type frames struct{ b *book }

func (f *frames) SocketFrame(s *durable.Socket, m durable.Message) (wait func()) {
	s.Send(durable.TextFrame([]byte("handled " + string(m.Data))))
	return nil
}

func (f *frames) SocketClosed(_ *durable.Socket, c durable.CloseInfo) {
	f.b.add("handler: closed %d", c.Code)
}

// The socket goes while its acceptance is held by the gate: the object hears of
// its end all the same, after all that it sent.
func TestSocketGoesBeforeItWasAccepted(t *testing.T) {
	var b book
	s := chatting(&b)
	s.open = func(_ context.Context, o *thing, sock *durable.Socket) error {
		b.add("open")
		return errors.Join(o.put("k", "v"), o.Accept(sock, nil))
	}
	scenario(t, s, func(w *world) {
		w.faults.Stall()
		c := w.dial("n")
		c.say("hello")
		c.close(1000, "")
		w.wantBook(&b, "start with 0 sockets", "open", "message hello")
		w.faults.Release()
		w.wantBook(&b, `closed 1000 "" clean true, 0 left`)
		w.want("n", "count", "0")

		w.faults.Stall() // and where the acceptance fails, nobody was there
		w.faults.Next(3, failing(0))
		c = w.dial("n")
		w.wantBook(&b, "open")
		w.faults.Release()
		c.hears("close 1011 the object was reset")
		w.want("n", "count", "0")
		w.wantBook(&b, "start with 0 sockets")
	})
}

// Its acceptance becomes durable, but meanwhile the object was reset: no member
// of the next activation, it must not stay.
func TestSocketIsAcceptedAfterAReset(t *testing.T) {
	s := telling
	s.open = func(_ context.Context, o *thing, sock *durable.Socket) error {
		return errors.Join(o.put("k", "v"), o.Accept(sock, nil))
	}
	scenario(t, s, func(w *world) {
		w.must("n", "get")
		w.faults.Stall()
		c := w.dial("n")
		_, err := w.call("n", "abort x")
		w.wantReset(err)
		c.hearsNothing("the disk is stalled")
		w.faults.Release()
		c.hears("close 1011 the object was reset")
		w.want("n", "get", "v")
		if n := w.rt.Stats().Sockets; n != 0 {
			w.Errorf("%d sockets", n)
		}
	})
}

func TestCloseSocketsByTag(t *testing.T) {
	var release chan struct{}
	var ended []bool
	var b book
	s := blocking(&release)
	s.message = func(_ context.Context, o *thing, sock *durable.Socket, text string) error {
		b.add("message %s", text)
		return nil
	}
	plain := s.do
	s.do = func(ctx context.Context, o *thing, what string) (string, error) {
		if id, ok := strings.CutPrefix(what, "ended "); ok {
			ended = append(ended, o.Ended(durable.SocketID(number(id))))
			return "", nil
		}
		return plain(ctx, o, what)
	}
	scenario(t, s, func(w *world) {
		release = make(chan struct{})
		tag := func(tags ...string) func(o *durable.SocketOptions) {
			return func(o *durable.SocketOptions) { o.Tags = tags }
		}
		a, b1, other := w.dial("n", tag("a")), w.dial("n", tag("a", "b")), w.dial("n", tag("b"))
		if n := w.rt.CountSockets("a"); n != 2 {
			w.Errorf("%d sockets bear the tag", n)
		}
		blocked := w.start("n", "block")
		a.say("not acted on any more")
		other.say("acted on")
		if n := w.rt.CloseSockets("a", 4401, "session ended"); n != 2 {
			w.Errorf("closed %d", n)
		}
		a.hears("close 4401 session ended")
		b1.hears("close 4401 session ended")
		close(release)
		<-blocked
		w.wantBook(&b, "message acted on")
		other.hearsNothing("it bears another tag")
		w.must("n", fmt.Sprintf("ended %d", a.sock.ID()))
		w.must("n", fmt.Sprintf("ended %d", other.sock.ID()))
		other.close(1000, "")
		w.must("n", fmt.Sprintf("ended %d", other.sock.ID()))
		if fmt.Sprint(ended) != "[true false false]" {
			w.Errorf("ended: %v", ended)
		}
		if n := w.rt.CountSockets("a") + w.rt.CountSockets("b"); n != 0 {
			w.Errorf("%d sockets are counted", n)
		}
	})
}
