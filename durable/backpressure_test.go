package durable_test

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"snug/durable"
	"snug/durable/durabletest"
)

// The readers of sockets wait for room in a full inbox, by number and by size,
// and none is forgotten.
func TestReadersWaitForRoom(t *testing.T) {
	for name, bound := range map[string]func(o *durable.Options){
		"events": func(o *durable.Options) { o.InboxEvents = 4 },
		"bytes":  func(o *durable.Options) { o.InboxBytes = 100 },
	} {
		t.Run(name, func(t *testing.T) {
			var release chan struct{}
			s := blocking(&release)
			s.message = func(_ context.Context, o *thing, sock *durable.Socket, text string) error {
				o.Send(sock, durable.TextFrame([]byte(text)))
				return nil
			}
			scenario(t, s, func(w *world) {
				release = make(chan struct{})
				var clients []*client
				for range 10 {
					clients = append(clients, w.dial("n"))
				}
				blocked := w.start("n", "block")
				// Of different sizes, so that who is woken may not fit yet.
				line := func(c, i int) string { return fmt.Sprint(i, " ", strings.Repeat("x", (c*i*7)%90)) }
				for c, cl := range clients {
					go func() {
						for i := range 30 {
							cl.say(line(c, i))
						}
					}()
				}
				synctest.Wait()
				if name == "events" {
					_, err := w.call("n", "get") // a caller doesn't wait
					w.wantErr(err, durable.ErrOverloaded)
				}
				close(release)
				<-blocked
				for c, cl := range clients {
					for i := range 30 {
						cl.hears("text " + line(c, i))
					}
				}
				w.must("n", "get")
			}, bound)
		})
	}
}

// A socket ends while its reader waits for room: the reader ends too.
func TestReaderThatWaitsEndsWithItsSocket(t *testing.T) {
	var release chan struct{}
	scenario(t, blocking(&release), func(w *world) {
		release = make(chan struct{})
		full, stuffed := w.dial("n"), w.dial("m")
		w.start("n", "block")
		w.start("m", "block")
		for _, c := range []*client{full, stuffed} {
			go func() {
				for range 100 { // more than a socket may have waiting, and more than an inbox holds
					c.say("x")
				}
			}()
		}
		synctest.Wait()
		full.sock.Close(4000, "enough")
		stuffed.sock.Close(4000, "enough")
		full.hears("close 4000 enough", "cut")
		stuffed.hears("close 4000 enough", "cut")
		// Its place in the queue for room is not lost to who waits behind it.
		waiting := w.dial("n")
		close(release)
		for range 10 {
			waiting.say("y")
		}
		synctest.Wait() // a call finds no room while those before fill the inbox
		w.want("n", "get", "0")
	}, func(o *durable.Options) { o.InboxEvents = 70 })
}

func TestRoomThatADeadReaderWaitedFor(t *testing.T) {
	var b book
	var release chan struct{}
	s := blocking(&release)
	s.message = func(_ context.Context, _ *thing, _ *durable.Socket, text string) error {
		b.add("%s", text)
		return nil
	}
	scenario(t, s, func(w *world) {
		release = make(chan struct{})
		dies, lives := w.dial("n"), w.dial("n")
		w.start("n", "block")
		w.start("n", "get") // the inbox is full
		dies.say("x")
		lives.say("y")
		synctest.Wait()
		dies.sock.Close(4000, "")
		close(release)
		w.wantBook(&b, "y")
	}, func(o *durable.Options) { o.InboxEvents = 1 })
}

func TestSocketsThatCanNotBeOpened(t *testing.T) {
	var release chan struct{}
	scenario(t, blocking(&release), func(w *world) {
		release = make(chan struct{})
		w.start("n", "block")
		w.start("n", "get")
		w.dial("n").hears("close 1011 the object is overloaded")
		close(release)

		class := durable.NewClass("plain", func(*durable.State) durable.Object { return struct{}{} })
		plain, err := w.rt.Register(class)
		if err != nil {
			w.Fatal(err)
		}
		at := func(stub *durable.Stub) func(o *durable.SocketOptions) {
			return func(o *durable.SocketOptions) { o.Owner = stub }
		}
		w.dial("", at(plain.ByName("n"))).hears("close 1011 the socket could not be accepted")
		w.dial("", at(plain.Get(w.ns().IDFromName("n")))).hears("close 1011 the object could not be reached")
		w.faults.Next(durabletest.CallClaim, failing(durabletest.KeepNone))
		w.dial("asleep").hears("close 1011 the object could not be reached")

		get := httptest.NewRequest(http.MethodGet, "/", nil)
		reply := httptest.NewRecorder()
		if _, err := w.rt.Accept(reply, get, durable.SocketOptions{}); err == nil || reply.Code != 500 {
			w.Errorf("without an owner: %d, %v", reply.Code, err)
		}
		reply = httptest.NewRecorder()
		if _, err := w.rt.Accept(reply, get, durable.SocketOptions{Owner: w.ns().ByName("n")}); err == nil || reply.Code != 426 {
			w.Errorf("no upgrade: %d, %v", reply.Code, err)
		}
		rt := w.rt
		owner := w.ns().ByName("n")
		w.stop()
		reply = httptest.NewRecorder()
		if _, err := rt.Accept(reply, get, durable.SocketOptions{Owner: owner}); !errors.Is(err, durable.ErrClosed) || reply.Code != 503 {
			w.Errorf("after the end: %d, %v", reply.Code, err)
		}
		near, far := pipe(w)
		said := make(chan []byte, 1)
		go func() {
			all, _ := io.ReadAll(near)
			said <- all
		}()
		if _, err := rt.AcceptConn(far, nil, durable.SocketOptions{Owner: owner}); !errors.Is(err, durable.ErrClosed) {
			w.Errorf("after the end: %v", err)
		}
		if got := <-said; len(got) < 4 || got[0] != 0x88 || binary.BigEndian.Uint16(got[2:]) != durable.CloseGoingAway {
			w.Errorf("who comes too late hears %q, want a close with 1001", got)
		}
	}, func(o *durable.Options) { o.InboxEvents = 1 })
}

// Who isn't a member has no tags and no attachment.
func TestStrangersAtAnObject(t *testing.T) {
	scenario(t, script{
		open: func(_ context.Context, o *thing, s *durable.Socket) error {
			_, errTags := o.Tags(s)
			_, errAttachment := o.Attachment(s)
			for _, err := range []error{errTags, errAttachment, o.SetAttachment(s, nil)} {
				if !errors.Is(err, durable.ErrNotMember) {
					return fmt.Errorf("got %v", err)
				}
			}
			o.Unsubscribe(s) // is nothing
			if err := o.Accept(s, []byte("old")); err != nil {
				return err
			}
			if err := o.SetAttachment(s, []byte("new")); err != nil {
				return err
			}
			got, err := o.Attachment(s)
			o.Send(s, durable.TextFrame(got), durable.BinaryFrame(got))
			return err
		},
	}, func(w *world) {
		c := w.dial("n")
		c.hears("text new", "binary 6e6577")
		if at := c.sock.AutoResponseAt(); !at.IsZero() {
			w.Errorf("answered at %v", at)
		}
		c.sock.Close(1005, strings.Repeat("x", 124)) // what must not be sent isn't
		c.hears("close 1011")
	})
}

// An id and what names it survive JSON, as arguments do.
func TestIDAsText(t *testing.T) {
	scenario(t, script{do: func(_ context.Context, o *thing, _ string) (string, error) { return o.ID().String(), nil }}, func(w *world) {
		stub := w.ns().ByName("n")
		w.want("n", "", stub.ID().String())
		data, err := json.Marshal(stub.ID())
		if err != nil {
			w.Fatal(err)
		}
		var id durable.ID
		if err := json.Unmarshal(data, &id); err != nil || id != stub.ID() {
			w.Errorf("got %s, %v", id, err)
		}
	})
}

// Results and arguments of interface types may be nil.
func TestNilArguments(t *testing.T) {
	scenario(t, counting, func(w *world) {
		class := durable.NewClass("any", func(*durable.State) durable.Object { return struct{}{} })
		same := durable.Handle(class, "same", func(_ struct{}, _ context.Context, v any) (any, error) { return v, nil })
		ns, err := w.rt.Register(class)
		if err != nil {
			w.Fatal(err)
		}
		for _, v := range []any{nil, "x", 1.5} {
			if got, err := same.Call(w.Context(), ns.ByName("n"), v); err != nil || got != v {
				w.Errorf("%v: got %v, %v", v, got, err)
			}
		}
		_, err = same.Call(w.Context(), ns.ByName("n"), func() {}) // can't cross machines
		w.wantErrText(err, "encode")
	})
}

// A class lost its Alarm method between two versions of a program.
func TestAlarmOfAClassWithoutAHandler(t *testing.T) {
	var b book
	var begin time.Time
	scenario(t, waking(&b, &begin, nil), func(w *world) {
		begin = time.Now()
		w.must("n", "set 1h")
		w.stop()
		w.disk = w.disk.Restart()
		w.faults = durabletest.NewFaults(w.disk)
		w.things = nil
		w.begin()
		if _, err := w.rt.Register(durable.NewClass("thing", func(*durable.State) durable.Object { return struct{}{} })); err != nil {
			w.Fatal(err)
		}
		time.Sleep(2 * time.Hour)
		if due, _, err := w.disk.AlarmsDue(w.Context(), time.Now(), 1); len(due) != 0 || err != nil {
			w.Errorf("still due: %v, %v", due, err)
		}
	})
}
