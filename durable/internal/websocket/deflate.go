package websocket

import (
	"compress/flate"
	"errors"
	"io"
	"runtime"
	"sync"
)

const (
	// DeflateLeast is the shortest payload that is compressed, in bytes. Without
	// context from earlier messages 240 bytes are saved of 512 bytes of JSON, but
	// only 80 of 256: about as much as the headers of the packet that it goes out
	// in. Either takes 6 µs and more.
	DeflateLeast = 512

	// deflateLevel: the pages of BenchmarkDeflateFrame take half as long again and
	// more at the next levels, and become a tenth smaller.
	deflateLevel = flate.BestSpeed

	// deflateKept is how much scratch space a deflater that isn't at work may
	// hold, in bytes.
	deflateKept = 64 << 10
)

// Deflaters are compressors for any number of goroutines. Each takes more than a
// MB, so as many work at once as there are CPUs, and who finds all of them at
// work waits. They are made when they are needed, and go when they no longer are.
type Deflaters struct {
	working chan struct{} // one for each that is at work
	idle    sync.Pool
}

// NewDeflaters returns a pool that has made none yet.
func NewDeflaters() *Deflaters {
	return &Deflaters{working: make(chan struct{}, runtime.GOMAXPROCS(0))}
}

func (p *Deflaters) take() *deflater {
	p.working <- struct{}{}
	if f, ok := p.idle.Get().(*deflater); ok {
		return f
	}
	return newDeflater()
}

func (p *Deflaters) put(f *deflater) {
	f.out.forget()
	p.idle.Put(f)
	<-p.working
}

// DeflateFrame returns a whole, unfragmented server frame whose payload is
// compressed as a client can read it with whom permessage-deflate was
// negotiated. It is nil where that doesn't pay: then the plain Frame is for this
// client, too.
func DeflateFrame(p *Deflaters, op Op, payload []byte) []byte {
	if len(payload) < DeflateLeast {
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
	f.out.most = len(payload) - 1 + sync
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

// forget drops what was written, and what is too much to keep.
func (b *bounded) forget() {
	b.bytes = b.bytes[:0]
	if cap(b.bytes) > deflateKept {
		b.bytes = nil
	}
}

var errBounded = errors.New("more than it may be")

func (b *bounded) Write(p []byte) (int, error) {
	if len(p) > b.most-len(b.bytes) {
		return 0, errBounded
	}
	b.bytes = append(b.bytes, p...)
	return len(p), nil
}
