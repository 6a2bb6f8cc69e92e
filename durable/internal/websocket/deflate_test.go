package websocket

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"snug/durable/internal/websocket/wstest"
)

// page returns n bytes of JSON, a page of messages such as people write.
func page(n int) []byte {
	draw := rand.New(rand.NewPCG(1, uint64(n)))
	words := strings.Fields("hello the room is at nine tomorrow maybe we should deploy server with new version of chat and look " +
		"what happens I think so too no yes please thanks for review")
	out := []byte(`{"t":"page","messages":[`)
	for id := 100000; len(out) < n; id++ {
		out = fmt.Appendf(out, `{"id":%d,"at":%d,"user":"u_%08x","name":"Person %d","text":"`,
			id, 1764000000000+draw.Int64N(1e9), uint32(draw.IntN(20))*2654435761, draw.IntN(20))
		for range 3 + draw.IntN(20) {
			out = append(append(out, words[draw.IntN(len(words))]...), ' ')
		}
		out = append(out, `"},`...)
	}
	return out[:n]
}

func TestDeflateFrame(t *testing.T) {
	noise := make([]byte, 70000)
	for i := range noise {
		noise[i] = byte(rand.Uint32())
	}
	deflaters := NewDeflaters()
	for _, c := range []struct {
		name    string
		payload []byte
		pays    bool
	}{
		{"nothing", nil, false},
		{"short", page(DeflateLeast - 1), false},
		{"just long enough", page(DeflateLeast), true},
		{"noise", noise, false},
		{"a page", page(60000), true},
		{"noise and more", append(bytes.Repeat([]byte("*"), 20000), noise...), true},
		{"a long one", bytes.Repeat([]byte("0123456789"), 100000), true},
		{"a page again", page(60000), true},
	} {
		for _, op := range []Op{OpText, OpBinary} {
			frame := DeflateFrame(deflaters, op, c.payload)
			if !c.pays {
				if frame != nil {
					t.Errorf("%s: compressed to %d bytes", c.name, len(frame))
				}
				continue
			}
			if len(frame) == 0 || len(frame) >= len(Frame(op, c.payload)) {
				t.Fatalf("%s: %d bytes for %d", c.name, len(frame), len(c.payload))
			}
			in := bytes.NewReader(frame)
			got, err := wstest.Read(in)
			if want := (wstest.Frame{First: finBit | byte(op), Payload: string(c.payload)}); err != nil || in.Len() != 0 || got.First&deflatedBit == 0 || !got.Is(want) {
				t.Errorf("%s: got %v, %v", c.name, got, err)
			}
		}
	}
}

// Deflaters don't get into each other's way.
func TestDeflatersAtOnce(t *testing.T) {
	p := NewDeflaters()
	var wg sync.WaitGroup
	for worker := range 4 * runtime.GOMAXPROCS(0) {
		payload := page(4000 + worker)
		want := DeflateFrame(p, OpText, payload)
		wg.Go(func() {
			for range 20 {
				if got := DeflateFrame(p, OpText, payload); !bytes.Equal(got, want) {
					t.Errorf("got %d bytes, want %d", len(got), len(want))
				}
			}
		})
	}
	wg.Wait()
}

// Who finds as many at work as there are CPUs waits for one of them.
func TestDeflatersAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := NewDeflaters()
		var taken []*deflater
		for range runtime.GOMAXPROCS(0) {
			taken = append(taken, p.take())
		}
		done := false
		go func() {
			DeflateFrame(p, OpText, page(1000))
			done = true
		}()
		synctest.Wait()
		if done {
			t.Error("one more works than there are CPUs")
		}
		p.put(taken[0])
		synctest.Wait()
		if !done || len(p.working) != len(taken)-1 {
			t.Errorf("done %v, and %d are at work", done, len(p.working))
		}
	})
}

// A deflater that isn't at work doesn't hold on to what a long message took.
func TestDeflaterForgetsLongMessages(t *testing.T) {
	p := NewDeflaters()
	long := make([]byte, 4*deflateKept)
	for i := range long {
		long[i] = byte(rand.IntN(100))
	}
	f := p.take()
	if f.deflate(long) == nil || cap(f.out.bytes) <= deflateKept {
		t.Errorf("%d bytes were needed", cap(f.out.bytes))
	}
	p.put(f)
	if n := cap(f.out.bytes); n > deflateKept {
		t.Errorf("%d bytes are held", n)
	}
}

func TestInflateWithinBounds(t *testing.T) {
	bomb := []byte(wstest.Deflated(strings.Repeat("\x00", 8<<20)))
	var p Inflaters
	for _, limit := range []int{0, 1, 1000, 1 << 16, 1 << 20} {
		var before, after runtime.MemStats
		_, _ = p.inflate(nil, 0) // what the pool makes isn't the message's
		runtime.ReadMemStats(&before)
		out, err := p.inflate(bomb, limit)
		runtime.ReadMemStats(&after)
		var violation *Error
		if out != nil || !errors.As(err, &violation) || violation.Code != CodeTooBig {
			t.Errorf("limit %d: %d bytes, %v", limit, len(out), err)
		}
		// What grows is copied, so it is up to three times the limit; the rest is for
		// what else the process does, and for another inflater.
		if spent := after.TotalAlloc - before.TotalAlloc; spent > uint64(3*limit+1<<20) {
			t.Errorf("limit %d: the bomb made us allocate %d bytes", limit, spent)
		}
	}
	if out, err := p.inflate(bomb, 8<<20); len(out) != 8<<20 || err != nil {
		t.Errorf("at the limit: %d bytes, %v", len(out), err)
	}
}

// What zlib makes of noise with little memory, stored in blocks of 128 bytes, is
// no longer than the bound.
func TestDeflateBound(t *testing.T) {
	for _, n := range []int{0, 1, 128, 1000, 1 << 16} {
		var message []byte
		for left := n; left > 0; left -= 128 {
			size := byte(min(left, 128))
			message = append(message, 0, size, 0, ^size, 0xff)
			message = append(message, make([]byte, size)...)
		}
		message = append(message, 0)
		d := Decoder{Limit: n, Inflate: new(Inflaters)}
		d.Feed(wstest.Frame{First: 0xc2, Payload: string(message)}.Sent())
		if _, payload, ok, err := d.Next(); len(payload) != n || !ok || err != nil {
			t.Errorf("%d bytes: got %d, %v, %v", n, len(payload), ok, err)
		}
	}
}

// FuzzInflate checks that a message that the standard library wrote comes back
// as it was, that of arbitrary bytes no more comes than may, and that what comes
// begins as what the standard library reads.
func FuzzInflate(f *testing.F) {
	f.Add([]byte("hello hello hello hello"), uint16(100))
	for _, c := range wstest.Cases() {
		if c.Deflate && len(c.In[0].Payload) < 500 {
			f.Add([]byte(c.In[0].Payload), uint16(1000))
		}
	}
	var p Inflaters
	f.Fuzz(func(t *testing.T, data []byte, limit uint16) {
		got, err := p.inflate([]byte(wstest.Deflated(string(data))), len(data))
		if err != nil || !bytes.Equal(got, data) {
			t.Errorf("%q came back as %q, %v", data, got, err)
		}
		if len(data) > 0 {
			if _, err := p.inflate([]byte(wstest.Deflated(string(data))), len(data)-1); err == nil {
				t.Errorf("%q is a byte over the limit, and was taken", data)
			}
		}
		got, err = p.inflate(data, int(limit))
		plain, plainErr := wstest.Inflated(string(data))
		var violation *Error
		switch {
		case len(got) > int(limit):
			t.Errorf("%x: %d bytes, the limit is %d", data, len(got), limit)
		case err == nil && (plainErr != nil || !strings.HasPrefix(string(got), plain)):
			t.Errorf("%x: got %q; the standard library has %q, %v", data, got, plain, plainErr)
		case err != nil && !errors.As(err, &violation):
			t.Errorf("%x: strange error %v", data, err)
		}
	})
}

func BenchmarkDeflateFrame(b *testing.B) {
	for _, n := range []int{512, 1 << 10, 4 << 10, 16 << 10, 60 << 10} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			payload := page(n)
			p := NewDeflaters()
			b.SetBytes(int64(n))
			b.ReportAllocs()
			size := 0
			for b.Loop() {
				size = len(DeflateFrame(p, OpText, payload))
			}
			b.ReportMetric(float64(size)/float64(n), "ratio")
		})
	}
}

func BenchmarkInflate(b *testing.B) {
	for _, n := range []int{100, 1 << 10, 60 << 10} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			message := []byte(wstest.Deflated(string(page(n))))
			var p Inflaters
			b.SetBytes(int64(n))
			b.ReportAllocs()
			for b.Loop() {
				if _, err := p.inflate(message, n); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
