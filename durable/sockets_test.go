package durable_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"snug/durable"
)

// chatting is a script whose objects tell all that happens to their sockets.
func chatting(b *book) script {
	return script{
		start: func(_ context.Context, o *thing) error {
			b.add("start with %d sockets", len(o.Sockets("")))
			return nil
		},
		do: func(_ context.Context, o *thing, what string) (string, error) {
			verb, arg, _ := strings.Cut(what, " ")
			switch verb {
			case "say":
				o.Broadcast("", durable.TextFrame([]byte(arg)), nil)
			case "close":
				for _, s := range o.Sockets("") {
					if err := o.CloseSocket(s, number(arg), "because"); err != nil {
						return "", err
					}
				}
			case "count":
				return fmt.Sprint(len(o.Sockets(arg))), nil
			}
			return "", nil
		},
		message: func(_ context.Context, o *thing, s *durable.Socket, text string) error {
			b.add("message %s", text)
			switch text {
			case "fail":
				return errInjected
			case "panic":
				panic("oh dear")
			}
			o.Send(s, durable.TextFrame([]byte("echo "+text)))
			return nil
		},
		closed: func(_ context.Context, o *thing, s *durable.Socket, c durable.CloseInfo) error {
			b.add("closed %d %q clean %v, %d left", c.Code, c.Reason, c.Clean, len(o.Sockets("")))
			return nil
		},
	}
}

func TestScenario61SocketOutlivesItsObject(t *testing.T) {
	attachment := bytes.Repeat([]byte{0, 'a'}, durable.MaxAttachmentBytes/2)
	var b book
	scenario(t, script{
		start: func(_ context.Context, o *thing) error { b.add("start with %d", len(o.Sockets(""))); return nil },
		open: func(_ context.Context, o *thing, s *durable.Socket) error {
			mine := bytes.Clone(attachment)
			err := o.Accept(s, mine, "red", "blue", "red")
			mine[0] = 'x' // a copy was taken
			return err
		},
		do: func(_ context.Context, o *thing, tag string) (string, error) {
			socks := o.Sockets(tag)
			if len(socks) == 0 {
				return "nobody", nil
			}
			s := socks[0]
			tags, err := o.Tags(s)
			if err != nil {
				return "", err
			}
			got, err := o.Attachment(s)
			if err != nil || !bytes.Equal(got, attachment) {
				return "", fmt.Errorf("the attachment has changed, %v", err)
			}
			got[0] = 'x' // nor is it handed out
			return fmt.Sprint(len(socks), s.Identity(), tags), nil
		},
	}, func(w *world) {
		c := w.dial("n")
		w.want("n", "red", "1someone[red blue]")
		idle()
		if st := w.rt.Stats(); st.Awake != 0 || st.Sockets != 1 || st.Evictions != 1 {
			w.Errorf("idle, but %+v", st)
		}
		w.want("n", "", "1someone[red blue]")
		w.want("n", "blue", "1someone[red blue]")
		w.want("n", "green", "nobody")
		w.wantBook(&b, "start with 0", "start with 1")
		c.close(1000, "")
		idle()
		if st := w.rt.Stats(); st.Objects != 0 || st.Sockets != 0 {
			w.Errorf("all gone, but %+v", st)
		}
	})
}

func TestScenario62TooMuchIsNotAccepted(t *testing.T) {
	var tags []string
	for i := range durable.MaxTags + 1 {
		tags = append(tags, fmt.Sprint(i))
	}
	for name, try := range map[string]func(o *thing, s *durable.Socket) error{
		"11 tags":      func(o *thing, s *durable.Socket) error { return o.Accept(s, nil, tags...) },
		"257-byte tag": func(o *thing, s *durable.Socket) error { return o.Accept(s, nil, strings.Repeat("t", 257)) },
		"16,385 bytes": func(o *thing, s *durable.Socket) error { return o.Accept(s, make([]byte, 16385)) },
		"not accepted": func(*thing, *durable.Socket) error { return nil },
		"accepted, and then an error": func(o *thing, s *durable.Socket) error {
			return errors.Join(o.Accept(s, nil), errInjected)
		},
		"accepted, and then a panic": func(o *thing, s *durable.Socket) error {
			_ = o.Accept(s, nil)
			panic("oh dear")
		},
	} {
		t.Run(name, func(t *testing.T) {
			scenario(t, script{
				open: func(_ context.Context, o *thing, s *durable.Socket) error { return try(o, s) },
				do: func(_ context.Context, o *thing, _ string) (string, error) {
					return fmt.Sprint(len(o.Sockets(""))), nil
				},
				message: func(context.Context, *thing, *durable.Socket, string) error {
					t.Error("its message came through")
					return nil
				},
			}, func(w *world) {
				c := w.dial("n")
				if got := c.next(); !strings.HasPrefix(got, "close 1011") {
					w.Errorf("client got %q", got)
				}
				c.say("hello")
				w.want("n", "", "0")
				if n := w.rt.Stats().Sockets; n != 0 {
					w.Errorf("%d sockets are left", n)
				}
			})
		})
	}
}

func TestScenario62LimitsThatAreMet(t *testing.T) {
	scenario(t, script{
		open: func(_ context.Context, o *thing, s *durable.Socket) error {
			var tags []string
			for i := range durable.MaxTags {
				tags = append(tags, strings.Repeat("t", durable.MaxTagBytes-1)+fmt.Sprint(i))
			}
			if err := o.Accept(s, make([]byte, durable.MaxAttachmentBytes), append(tags, tags...)...); err != nil {
				return err
			}
			for _, err := range []error{
				o.SetAttachment(s, make([]byte, durable.MaxAttachmentBytes+1)),
				o.CloseSocket(s, 1005, ""), o.CloseSocket(s, 1006, ""), o.CloseSocket(s, 999, ""), o.CloseSocket(s, 5000, ""),
				o.CloseSocket(s, 1000, strings.Repeat("r", 124)), o.CloseSocket(s, 1000, "\xff"),
				o.SetAutoResponse(strings.Repeat("r", durable.MaxAutoResponse+1), ""),
			} {
				if err == nil {
					return errors.New("a limit isn't one")
				}
			}
			return o.CloseSocket(s, 4999, strings.Repeat("r", 123))
		},
	}, func(w *world) {
		w.dial("n").hears("close 4999 " + strings.Repeat("r", 123))
		for _, o := range []durable.SocketOptions{
			{}, {Owner: w.ns().ByName("n"), Identity: strings.Repeat("i", durable.MaxAttachmentBytes+1)},
			{Owner: w.ns().ByName("n"), Tags: make([]string, durable.MaxTags+1)},
			{Owner: w.ns().ByName("n"), Tags: []string{strings.Repeat("t", durable.MaxTagBytes+1)}},
			{Owner: w.ns().ByName("n"), AutoRequest: strings.Repeat("r", durable.MaxAutoResponse+1)},
			{Owner: w.ns().ByName("n"), MaxMessage: -1},
		} {
			near, far := pipe(w)
			if _, err := w.rt.AcceptConn(far, nil, o); err == nil {
				w.Errorf("%.200v was taken", o)
			}
			if _, err := near.Read(make([]byte, 1)); err == nil {
				w.Error("the connection is open")
			}
		}
	})
}

func TestScenario63MessageWakesInOrder(t *testing.T) {
	var b book
	scenario(t, chatting(&b), func(w *world) {
		c := w.dial("n")
		idle()
		w.wantBook(&b, "start with 0 sockets")
		for i := range 5 {
			c.say(fmt.Sprint(i))
		}
		c.hears("text echo 0", "text echo 1", "text echo 2", "text echo 3", "text echo 4")
		w.wantBook(&b, "start with 1 sockets", "message 0", "message 1", "message 2", "message 3", "message 4")
	})
}

func TestAutoResponseWakesNobody(t *testing.T) {
	var b book
	s := chatting(&b)
	s.start = func(_ context.Context, o *thing) error {
		b.add("start")
		return o.SetAutoResponse("ping", "pong")
	}
	scenario(t, s, func(w *world) {
		c := w.dial("n")
		idle()
		c.say("ping")
		c.hears("text pong")
		if at := c.sock.AutoResponseAt(); !at.Equal(time.Now()) {
			w.Errorf("answered at %v", at)
		}
		c.write(0x82, []byte("ping")) // a binary frame is none
		c.hears("text echo ping")
		c.say("ping ")
		c.hears("text echo ping ")
		w.wantBook(&b, "start", "start", "message ping", "message ping ")
	})
}

func TestScenario65ClientCloses(t *testing.T) {
	var b book
	scenario(t, chatting(&b), func(w *world) {
		c := w.dial("n")
		c.say("last")
		synctest.Wait() // its answer doesn't race with that to the Close
		c.close(4001, "x")
		c.hears("text echo last", "close 4001 x", "cut")
		w.wantBook(&b, "start with 0 sockets", "message last", `closed 4001 "x" clean true, 0 left`)

		c = w.dial("n")
		c.write(0x88, nil)
		c.hears("close", "cut")
		w.wantBook(&b, `closed 1005 "" clean true, 0 left`)

		// A close by hibernating clients wakes the object to hear of it.
		c = w.dial("n")
		idle()
		c.close(1001, "")
		w.wantBook(&b, "start with 1 sockets", `closed 1001 "" clean true, 0 left`)

		// Both at once: each takes the other's for the answer.
		c = w.dialDeaf("n")
		synctest.Wait()
		c.sock.Close(4002, "y")
		c.close(4001, "x")
		c.listen()
		c.hears("close 4002 y", "cut")
		w.wantBook(&b, `closed 4002 "y" clean true, 0 left`)
	})
}

func TestServerClosesAndWaitsForTheAnswer(t *testing.T) {
	var b book
	scenario(t, chatting(&b), func(w *world) {
		w.add("other", script{})
		c := w.dial("n")
		c.deaf.Store(true)
		begin := time.Now()
		w.must("n", "say bye")
		w.must("n", "close 1000")
		c.hears("text bye", "close 1000 because")
		c.hearsNothing("the connection waits for the client's Close")
		c.say("too late")
		c.close(1000, "")
		c.hears("cut")
		if took := time.Since(begin); took != 0 {
			w.Errorf("it took %v", took)
		}
		w.wantBook(&b, "start with 0 sockets", `closed 1000 "because" clean true, 0 left`)

		c = w.dial("n") // one that doesn't answer
		w.must("n", "close 1000")
		c.hears("close 1000 because", "cut")
		if took := time.Since(begin); took != 5*time.Second {
			w.Errorf("it took %v", took)
		}
	})
}

func TestScenario66CutConnection(t *testing.T) {
	var b book
	scenario(t, chatting(&b), func(w *world) {
		c := w.dial("n")
		c.say("hello")
		c.cut()
		w.wantBook(&b, "start with 0 sockets", "message hello",
			`closed 1006 "connection lost without a Close frame" clean false, 0 left`)
		w.want("n", "count", "0")
		time.Sleep(time.Hour)
		w.wantBook(&b)
	})
}

func TestScenario67SilentPeerIsFound(t *testing.T) {
	var b book
	scenario(t, chatting(&b), func(w *world) {
		alive, silent := w.dial("n"), w.dial("n")
		silent.deaf.Store(true)
		time.Sleep(30 * time.Second)
		silent.hears("ping")
		time.Sleep(25 * time.Second)
		silent.hears("cut")
		w.wantBook(&b, "start with 0 sockets", "start with 2 sockets",
			`closed 1006 "connection lost without a Close frame" clean false, 1 left`)
		time.Sleep(time.Hour)
		alive.hearsNothing("it answers pings")
		w.want("n", "count", "1")

		stopped := w.dialDeaf("n") // doesn't even read
		time.Sleep(time.Minute)
		if n := w.rt.Stats().Sockets; n != 1 {
			w.Errorf("%d sockets", n)
		}
		stopped.cut()
	})
}

// A client isn't silent because nobody has time to hear it.
func TestScenario67BusyOwnerIsNotASilentPeer(t *testing.T) {
	var release chan struct{}
	s := blocking(&release)
	s.message = func(_ context.Context, o *thing, sock *durable.Socket, text string) error {
		o.Send(sock, durable.TextFrame([]byte(text)))
		return nil
	}
	scenario(t, s, func(w *world) {
		release = make(chan struct{})
		c := w.dial("n")
		blocked := w.start("n", "block")
		go func() {
			for i := range 100 { // more than wait in the inbox
				c.say(fmt.Sprint(i))
			}
		}()
		time.Sleep(10 * time.Minute)
		close(release)
		<-blocked
		for i := range 100 {
			c.hears(fmt.Sprint("text ", i))
		}
	})
}

func TestScenario68FailingHandler(t *testing.T) {
	var b book
	scenario(t, chatting(&b), func(w *world) {
		c, other := w.dial("n"), w.dial("n")
		c.say("fail")
		c.say("fine") // an error is logged, the socket stays
		c.hears("text echo fine")
		c.say("panic") // a panic resets the object and all its sockets
		c.hears("close 1011 the object was reset")
		other.hears("close 1011 the object was reset")
		w.wantBook(&b, "start with 0 sockets", "message fail", "message fine", "message panic")
		again := w.dial("n")
		again.say("hello")
		again.hears("text echo hello")
	})
}

// What a turn wrote fails while its socket's next frames wait: they go with it,
// and the object isn't wedged by what they held.
func TestScenario68FramesBehindAReset(t *testing.T) {
	var b book
	scenario(t, chatting(&b), func(w *world) {
		c := w.dial("n")
		for i := range 30 {
			c.say([]string{"panic", "fine"}[i%2])
		}
		c.hears("close 1011 the object was reset")
		c = w.dial("n")
		c.say("hello")
		c.hears("text echo hello")
		w.want("n", "count", "1")
	})
}

func TestScenario70SlowReaderIsCutOff(t *testing.T) {
	var b book
	scenario(t, chatting(&b), func(w *world) {
		slow, quick := w.dialDeaf("n"), w.dial("n")
		line := strings.Repeat("x", 1000)
		sent := 0
		begin := time.Now()
		for ; w.rt.Stats().Sockets == 2 && sent < 1000; sent++ {
			w.must("n", "say "+line+fmt.Sprint(sent))
			synctest.Wait()
		}
		if sent < 60 || sent > 70 {
			w.Errorf("cut off after %d frames of 1,000 bytes", sent)
		}
		for i := range sent {
			quick.hears("text " + line + fmt.Sprint(i))
		}
		if time.Since(begin) != 0 {
			w.Error("others were slowed down")
		}
		w.wantBook(&b, "start with 0 sockets", `closed 4008 "too slow: reconnect and resume" clean true, 1 left`)
		for range 10 {
			w.must("n", "say more")
		}
		// If it wakes up in time it gets a run without a gap, and the reason.
		slow.listen()
		for i, got := 0, ""; ; i++ {
			if got = slow.next(); got == "close 4008 too slow: reconnect and resume" {
				break
			}
			if want := "text " + line + fmt.Sprint(i); got != want {
				w.Fatalf("frame %d: got %.20q… (%d bytes)", i, got, len(got))
			}
		}
		slow.hears("cut")

		// If it doesn't, it is cut all the same.
		dead := w.dialDeaf("n")
		for w.rt.Stats().Sockets == 2 {
			w.must("n", "say "+line)
		}
		time.Sleep(6 * time.Second)
		dead.listen()
		for dead.next() != "cut" {
		}
	}, func(o *durable.Options) { o.SocketQueue = 64 << 10 })
}

func TestDroppableAndReplayedFrames(t *testing.T) {
	line := strings.Repeat("x", 999)
	scenario(t, script{
		do: func(_ context.Context, o *thing, what string) (string, error) {
			f := durable.TextFrame([]byte(line))
			switch what {
			case "droppable":
				f = f.Droppable()
			case "replay":
				f = f.Replay()
			}
			for range 100 {
				o.Broadcast("", f, nil)
			}
			return "", nil
		},
	}, func(w *world) {
		c := w.dialDeaf("n")
		w.must("n", "droppable")
		w.must("n", "replay")
		if n := w.rt.Stats().Sockets; n != 1 {
			w.Fatal("cut off, though all of it was droppable or bounded")
		}
		synctest.Wait()
		c.listen()
		time.Sleep(time.Second)
		if n := len(c.frames); n <= 100 || n > 106 { // 5 KiB are half of the bound
			w.Errorf("%d frames came", n)
		}
	}, func(o *durable.Options) { o.SocketQueue = 10 << 10 })
}

// What a client may not do, and what it is told.
func TestClientsThatBreakTheRules(t *testing.T) {
	textOnly := func(o *durable.SocketOptions) { o.TextOnly, o.MaxMessage = true, 100 }
	for name, c := range map[string]struct {
		first   byte
		payload string
		answer  string
	}{
		"binary":         {0x82, "x", "close 1003 only text frames are understood"},
		"too long":       {0x81, strings.Repeat("x", 101), "close 1009 message is over 100 bytes"},
		"not UTF-8":      {0x81, "\xff", "close 1007 text is not UTF-8"},
		"reserved bit":   {0xc1, "x", "close 1002 reserved bits are set"},
		"bad close code": {0x88, "\x03\xed", "close 1002 close code is not allowed"},
	} {
		t.Run(name, func(t *testing.T) {
			var b book
			scenario(t, chatting(&b), func(w *world) {
				cl := w.dial("n", textOnly)
				cl.say(strings.Repeat("y", 100))
				cl.hears("text echo " + strings.Repeat("y", 100))
				go cl.write(c.first, []byte(c.payload))
				cl.hears(c.answer)
				cl.write(0x81, []byte("afterwards"))
				cl.hears("cut")
				if lines := b.take(w); len(lines) != 3 || !strings.HasPrefix(lines[2], "closed 10") {
					w.Errorf("the object heard %q", lines)
				}
			})
		})
	}
}
