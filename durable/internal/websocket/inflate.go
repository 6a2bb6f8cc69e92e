package websocket

import (
	"compress/flate"
	"io"
	"sync"
)

const (
	// deflateTail is what the sender cut off (RFC 7692 §7.2.1), and behind it an
	// empty final block: it makes the reader say that all is read.
	deflateTail = "\x00\x00\xff\xff\x01\x00\x00\xff\xff"

	// windowBytes is the farthest that DEFLATE refers back.
	windowBytes = 32 << 10

	// maxFinalBlocks is in one message: RFC 7692 §7.2.1 allows any number, one is
	// what those who can't flush otherwise write, and each makes the reader begin
	// anew, which a few bytes must not be able to ask for too often.
	maxFinalBlocks = 64
)

// deflateBound is how many bytes a message of n bytes may have as DEFLATE. What
// can't be compressed grows: zlib, with the least memory that it can be told to
// use, writes an eighth more and a few bytes.
func deflateBound(n int) int { return n + n/8 + 64 }

// Inflaters are decompressors for any number of Decoders, which may work at the
// same time. The zero value is ready.
type Inflaters struct{ idle sync.Pool }

type inflater struct {
	in     deflated
	stream io.ReadCloser // a flate.Resetter, too
}

// inflate returns what a message says, which is at most limit bytes, in memory
// that is the caller's.
func (p *Inflaters) inflate(payload []byte, limit int) ([]byte, error) {
	f, ok := p.idle.Get().(*inflater)
	if !ok {
		f = new(inflater)
		f.stream = flate.NewReader(&f.in)
	}
	out, err := f.inflate(payload, limit)
	f.in = deflated{}
	p.idle.Put(f)
	return out, err
}

func (f *inflater) inflate(payload []byte, limit int) ([]byte, error) {
	f.in = deflated{message: payload}
	out := make([]byte, 0, min(limit, 4*len(payload)))
	for range maxFinalBlocks {
		if err := f.stream.(flate.Resetter).Reset(&f.in, out[max(len(out)-windowBytes, 0):]); err != nil {
			return nil, errDeflate()
		}
		var err error
		if out, err = readAll(f.stream, out, limit); err != nil {
			return nil, err
		}
		switch left := f.in.left(); {
		case left == 0, left == len(deflateTail): // the latter: the message ended with a final block
			return out, nil
		case left < len(deflateTail): // a block that isn't whole has eaten of it
			return nil, errDeflate()
		}
	}
	return nil, errDeflate()
}

// readAll appends all that r gives to out, which becomes no longer than limit.
func readAll(r io.Reader, out []byte, limit int) ([]byte, error) {
	for {
		room := out[len(out):cap(out)]
		var over [1]byte
		if len(room) == 0 {
			room = over[:]
		}
		n, err := r.Read(room)
		switch {
		case len(out)+n > limit:
			return nil, tooBig(limit)
		case len(out) < cap(out):
			out = out[:len(out)+n]
		case n > 0:
			grown := make([]byte, len(out), min(limit, 2*cap(out)+windowBytes/64))
			copy(grown, out)
			out = append(grown, over[0])
		}
		if err == io.EOF {
			return out, nil
		}
		if err != nil {
			return nil, errDeflate()
		}
	}
}

func errDeflate() error { return &Error{CodeBadPayload, "message can't be decompressed"} }

// deflated reads a message and deflateTail behind it, byte by byte if need be:
// so the stream takes no more than is its own.
type deflated struct {
	message []byte
	read    int
}

func (d *deflated) left() int { return len(d.message) + len(deflateTail) - d.read }

func (d *deflated) ReadByte() (byte, error) {
	i := d.read
	switch {
	case i < len(d.message):
		d.read++
		return d.message[i], nil
	case i < len(d.message)+len(deflateTail):
		d.read++
		return deflateTail[i-len(d.message)], nil
	}
	return 0, io.EOF
}

func (d *deflated) Read(p []byte) (n int, err error) {
	if d.read < len(d.message) {
		n = copy(p, d.message[d.read:])
	} else if n = copy(p, deflateTail[d.read-len(d.message):]); n == 0 && len(p) > 0 {
		return 0, io.EOF
	}
	d.read += n
	return n, nil
}
