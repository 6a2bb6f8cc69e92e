package websocket

import (
	"bytes"
	"errors"
	"flag"
	"io"
	"math/rand/v2"
	"slices"
	"testing"

	"snug/durable/internal/websocket/wstest"
)

var seedFlag = flag.Uint64("seed", 0, "the one seed for tests that draw lots; 0: a fresh one")

// All the conversations of wstest, however the bytes are cut up.
func TestAutobahn(t *testing.T) {
	seed := *seedFlag
	if seed == 0 {
		seed = rand.Uint64()
	}
	t.Logf("seed %d", seed)
	draw := rand.New(rand.NewPCG(seed, 0))
	var inflaters Inflaters
	deflaters := NewDeflaters()
	for _, c := range wstest.Cases() {
		t.Run(c.Name(), func(t *testing.T) {
			in := c.Sent()
			s := server{decoder: Decoder{Limit: wstest.Limit}}
			if c.Deflate {
				s.decoder.Inflate, s.deflaters = &inflaters, deflaters
			}
			check := func(how string, cut func(left int) int) {
				t.Helper()
				if difference := c.Differ(s.talk(t, in, cut)); difference != "" {
					t.Errorf("%s: %s", how, difference)
				}
			}
			check("all at once", func(left int) int { return left })
			check("byte by byte", func(int) int { return 1 })
			for range 3 {
				most := 1 << draw.IntN(17)
				check("in pieces", func(int) int { return 1 + draw.IntN(most) })
			}
		})
	}
}

// server says again what it is told, as wstest.Case.Out expects. Its decoder has
// the settings that each conversation begins with.
type server struct {
	decoder   Decoder
	deflaters *Deflaters // nil: it doesn't compress
}

// talk returns what the server says to what comes in, of which cut says how much
// comes at a time.
func (s server) talk(t *testing.T, in []byte, cut func(left int) int) []wstest.Frame {
	var out []byte
	shared := make([]byte, len(in))
	d := s.decoder
	for over := false; !over && len(in) > 0; {
		n := copy(shared, in[:min(cut(len(in)), len(in))])
		in = in[n:]
		d.Feed(shared[:n])
		out, over = s.answer(&d, out)
		d.Keep()
		clear(shared[:n])
		if d.Idle() {
			d = s.decoder
		}
	}
	var frames []wstest.Frame
	for r := bytes.NewReader(out); ; {
		f, err := wstest.Read(r)
		if err == io.EOF {
			return frames
		}
		if err != nil {
			t.Fatal(err)
		}
		frames = append(frames, f)
	}
}

func (s server) answer(d *Decoder, out []byte) (_ []byte, over bool) {
	for {
		op, payload, ok, err := d.Next()
		if op == OpClose {
			var code int
			var reason string
			if code, reason, err = ParseClose(payload); err == nil {
				return append(out, CloseFrame(code, reason)...), true
			}
		}
		if violation := (*Error)(nil); errors.As(err, &violation) {
			return append(out, CloseFrame(violation.Code, violation.Reason)...), true
		}
		switch {
		case !ok:
			return out, false
		case op == OpPing:
			out = AppendFrame(out, OpPong, payload)
		case op == OpPong:
		default:
			var frame []byte
			if s.deflaters != nil {
				frame = DeflateFrame(s.deflaters, op, payload)
			}
			if frame == nil {
				frame = Frame(op, payload)
			}
			out = append(out, frame...)
		}
	}
}

// The server's own Close frames bear reasons that fit into them and are text.
func TestReasonsFit(t *testing.T) {
	for _, c := range wstest.Cases() {
		if !slices.ContainsFunc(c.Out, func(f wstest.Frame) bool { return f.AnyReason }) {
			continue
		}
		s := server{decoder: Decoder{Limit: wstest.Limit}}
		if c.Deflate {
			s.decoder.Inflate = new(Inflaters)
		}
		said := s.talk(t, c.Sent(), func(left int) int { return left })
		closing := said[len(said)-1]
		if _, reason, err := ParseClose([]byte(closing.Payload)); err != nil || reason == "" || len(closing.Payload) > maxControl {
			t.Errorf("%s: %v, %v", c.Name(), closing, err)
		}
	}
}
