package websocket

import (
	"compress/flate"
	"errors"
	"io"
	"runtime"
	"sync"
)

const (
	// deflateLeast is the shortest payload that is compressed, in bytes. Without
	// context from earlier messages 240 bytes are saved of 512 bytes of JSON, but
	// only 80 of 256: about as much as the headers of the packet that it goes out
	// in. Either takes more than 10 µs.
	deflateLeast = 512

	// deflateLevel: without context, as BenchmarkDeflateFrame shows, the next
	// levels take half as long again and more to make 1 to 60 KB of JSON smaller
	// by a tenth.
	deflateLevel = flate.BestSpeed

	// deflateKept is how much scratch space a deflater that isn't at work may
	// hold, in bytes.
	deflateKept = 64 << 10

	maxServerHeader = maxHeader - 4 // no mask
)

// Deflaters are compressors for any number of goroutines. Each takes more than a
// MB, so there are at most as many as CPUs, made when they are first needed; who
// finds all of them at work waits for one.
type Deflaters struct {
	working chan struct{} // one for each that is at work
	mu      sync.Mutex    // guards the following
	idle    []*deflater
}

// NewDeflaters returns a pool that has made none yet.
func NewDeflaters() *Deflaters {
	return &Deflaters{working: make(chan struct{}, runtime.GOMAXPROCS(0))}
}

func (p *Deflaters) take() *deflater {
	p.working <- struct{}{}
	p.mu.Lock()
	defer p.mu.Unlock()
	last := len(p.idle) - 1
	if last < 0 {
		return newDeflater()
	}
	f := p.idle[last]
	p.idle = p.idle[:last]
	return f
}

func (p *Deflaters) put(f *deflater) {
	p.mu.Lock()
	p.idle = append(p.idle, f)
	p.mu.Unlock()
	<-p.working
}

// DeflateFrame returns a whole, unfragmented server frame whose payload is
// compressed as a client can read it with whom permessage-deflate was
// negotiated. It is nil where that doesn't pay: then the plain Frame is for this
// client, too.
func DeflateFrame(p *Deflaters, op Op, payload []byte) []byte {
	if len(payload) < deflateLeast {
		return nil
	}
	f := p.take()
	defer p.put(f)
	deflated := f.deflate(payload)
	if deflated == nil {
		return nil
	}
	frame := make([]byte, 0, maxServerHeader+len(deflated))
	frame = AppendFrame(frame, op, deflated)
	frame[0] |= deflatedBit
	return frame
}

type deflater struct {
	stream *flate.Writer
	out    bounded
}

func newDeflater() *deflater {
	f := &deflater{}
	stream, err := flate.NewWriter(&f.out, deflateLevel)
	if err != nil {
		panic(err) // of a level that there isn't
	}
	f.stream = stream
	return f
}

// deflate returns the payload as RFC 7692 §7.2.1 has it, in memory that is the
// deflater's; nil if that isn't shorter.
func (f *deflater) deflate(payload []byte) []byte {
	const sync = len("\x00\x00\xff\xff") // that Flush ends with, and that isn't sent
	if cap(f.out.bytes) > deflateKept {
		f.out.bytes = nil
	}
	f.out.bytes, f.out.most = f.out.bytes[:0], len(payload)-1+sync
	f.stream.Reset(&f.out)
	if _, err := f.stream.Write(payload); err != nil {
		return nil
	}
	if err := f.stream.Flush(); err != nil {
		return nil
	}
	return f.out.bytes[:len(f.out.bytes)-sync]
}

// bounded keeps what is written to it, up to most bytes.
type bounded struct {
	bytes []byte
	most  int
}

var _ io.Writer = (*bounded)(nil)

var errBounded = errors.New("more than it may be")

func (b *bounded) Write(p []byte) (int, error) {
	if len(p) > b.most-len(b.bytes) {
		return 0, errBounded
	}
	b.bytes = append(b.bytes, p...)
	return len(p), nil
}
