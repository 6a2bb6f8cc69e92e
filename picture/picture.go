// Package picture makes a harmless picture of whatever bytes a stranger calls one: a
// small square ([Studio.Avatar]), or all of it with a thumbnail ([Studio.Photo]).
//
// What it gives is never what it got: the pixels are decoded, cut, scaled and
// encoded anew, so that nothing else of the file is left, be it where a photo was
// taken or a script behind its last pixel. The format is told from the content
// alone; only PNG, JPEG, GIF and WebP are known, and of what moves the first frame
// is taken, but for GIFs that are photos. Pictures are turned as their EXIF says.
// Colour profiles are dropped with all the rest, and what is left counts as sRGB.
//
// What decoding takes is reckoned from the header before it begins, and a
// [Studio] bounds how many run at once: see [Options].
package picture

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/jpeg"
	"image/png"
	"io"
	"math"
	"sync/atomic"
	"time"
)

const (
	defaultBytes   = 8 << 20
	defaultPixels  = 40_000_000
	defaultAtOnce  = 1
	defaultWaiting = 8

	// maxSide of a given picture in pixels.
	maxSide = 16_384
	// MaxSide of an avatar in pixels.
	MaxSide = 1024
	// maxMemory in bytes that decoding one picture may take by its header. It is
	// 40 megapixels in full colour, 22 of them in an interlaced PNG with 16 bits a
	// channel, 35 in a progressive JPEG from a camera.
	maxMemory = 256 << 20
	// maxTime to decode one picture. The slowest honest one takes a tenth of it.
	maxTime = 20 * time.Second
	// maxWait for a turn.
	maxWait = 20 * time.Second

	jpegQuality = 85
)

// The errors of a picture, to be found with errors.Is. Their texts are fit for the
// one who sent it; what is returned adds the cause.
var (
	// ErrFormat: it isn't any of the formats.
	ErrFormat = errors.New("not a PNG, JPEG, GIF or WebP picture")
	// ErrTooLarge: it has too many bytes or pixels, or takes too long.
	ErrTooLarge = errors.New("picture too large")
	// ErrBroken: it can't be decoded to its end.
	ErrBroken = errors.New("broken picture")
	// ErrCrop: the crop isn't within the picture.
	ErrCrop = errors.New("crop outside of the picture")
	// ErrBusy: as many pictures wait as may, or it waited for 20 s.
	ErrBusy = errors.New("too many pictures at once")

	// errPanic: a decoder didn't survive. It comes with ErrBroken.
	errPanic = errors.New("decoder panicked")
)

// Options bound what a Studio takes. The zero value is safe.
type Options struct {
	// MaxBytes of a picture; 0 means 8 MiB.
	MaxBytes int
	// MaxPixels of a picture; 0 means 40 million. No side may be longer than 16,384.
	MaxPixels int
	// AtOnce is how many are decoded at once; 0 means 1. A photo of 12 megapixels
	// takes some 25 MB, the worst that is let through 450 MB.
	AtOnce int
	// Waiting is how many more may wait for their turn; 0 means 8, less than 0 none.
	Waiting int
}

// A Studio makes pictures. It holds nothing that has to be closed. All methods may
// be called concurrently.
type Studio struct {
	maxBytes  int
	maxPixels int
	slots     chan struct{}
	waiting   atomic.Int64
	maxQueue  int64
}

// New makes a Studio.
func New(o Options) *Studio {
	s := &Studio{maxBytes: o.MaxBytes, maxPixels: o.MaxPixels, maxQueue: int64(max(o.Waiting, 0))}
	if s.maxBytes <= 0 {
		s.maxBytes = defaultBytes
	}
	if s.maxPixels <= 0 {
		s.maxPixels = defaultPixels
	}
	if o.AtOnce <= 0 {
		o.AtOnce = defaultAtOnce
	}
	if o.Waiting == 0 {
		s.maxQueue = defaultWaiting
	}
	s.slots = make(chan struct{}, o.AtOnce)
	return s
}

// Crop is a square of a picture, as it is seen. The zero value is the largest one,
// in the middle.
type Crop struct {
	X    float64 // left edge, as a fraction of the width
	Y    float64 // upper edge, as a fraction of the height
	Size float64 // side, as a fraction of the shorter side of the picture
}

// Encoded is a picture ready to be stored and served.
type Encoded struct {
	Bytes []byte // at most 4*Side*Side and a little
	Type  string // image/jpeg, or image/png if some of it is transparent
	Side  int    // width and height in pixels
}

// Avatar makes a square picture with a given side, from 1 to MaxSide, out of the
// crop. What is smaller is enlarged. The same input gives the same bytes. A crop
// that hangs over an edge is moved inwards. Where ctx ends first, its error is
// returned, at once or when the decoder next asks for data.
func (s *Studio) Avatar(ctx context.Context, data []byte, crop Crop, side int) (Encoded, error) {
	if side < 1 || side > MaxSide {
		return Encoded{}, fmt.Errorf("make avatar: side of %d pixels", side)
	}
	if !crop.valid() {
		return Encoded{}, ErrCrop
	}
	h, err := s.inspect(data)
	if err != nil {
		return Encoded{}, err
	}
	leave, err := s.enter(ctx)
	if err != nil {
		return Encoded{}, err
	}
	defer leave()
	img, err := decode(ctx, h)
	if err != nil {
		return Encoded{}, err
	}
	small := scale(img, h.at, crop.within(h), side, side)
	bytes, kind, err := encode(h.turn.apply(small), jpegQuality)
	if err != nil {
		return Encoded{}, err
	}
	return Encoded{Bytes: bytes, Type: kind, Side: side}, nil
}

// inspect gives the header of a picture that is within the bounds.
func (s *Studio) inspect(data []byte) (header, error) {
	if len(data) > s.maxBytes {
		return header{}, fmt.Errorf("%w: over %d bytes", ErrTooLarge, s.maxBytes)
	}
	h, err := inspect(data)
	if err != nil {
		return header{}, err
	}
	switch {
	case h.width < 1 || h.height < 1:
		return header{}, fmt.Errorf("%w: no pixels", ErrBroken)
	case h.width > maxSide || h.height > maxSide || h.width*h.height > s.maxPixels:
		return header{}, fmt.Errorf("%w: %d by %d pixels", ErrTooLarge, h.width, h.height)
	case h.memory > maxMemory:
		return header{}, fmt.Errorf("%w: %d by %d pixels of its kind", ErrTooLarge, h.width, h.height)
	}
	return h, nil
}

// enter waits for a slot.
func (s *Studio) enter(ctx context.Context) (leave func(), err error) {
	leave = func() { <-s.slots }
	select {
	case s.slots <- struct{}{}:
		return leave, nil
	default:
	}
	if s.waiting.Add(1) > s.maxQueue {
		s.waiting.Add(-1)
		return nil, ErrBusy
	}
	defer s.waiting.Add(-1)
	timer := time.NewTimer(maxWait)
	defer timer.Stop()
	select {
	case s.slots <- struct{}{}:
		return leave, nil
	case <-timer.C:
		return nil, ErrBusy
	case <-ctx.Done():
		return nil, fmt.Errorf("wait for a turn: %w", ctx.Err())
	}
}

// decode gives the picture of a header within its bounds.
func decode(ctx context.Context, h header) (img image.Image, err error) {
	err = guarded(ctx, h.data, func(r io.Reader) (err error) {
		img, err = h.decode(r)
		return err
	})
	return img, err
}

// guarded runs a decoder within maxTime.
func guarded(ctx context.Context, data []byte, decode func(io.Reader) error) (err error) {
	limited, cancel := context.WithTimeout(ctx, maxTime)
	defer cancel()
	// The decoders are large and fed by strangers: what trips one is no reason to
	// fall with it.
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("%w: %w: %v", ErrBroken, errPanic, r)
		}
	}()
	err = decode(&reader{limited, bytes.NewReader(data)})
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return fmt.Errorf("decode picture: %w", ctx.Err())
	case limited.Err() != nil:
		return fmt.Errorf("%w: over %v", ErrTooLarge, maxTime)
	}
	return fmt.Errorf("%w: %v", ErrBroken, err)
}

// A reader ends with its context. Decoders read some 4 KiB at a time, whatever
// they make of it.
type reader struct {
	ctx context.Context
	r   io.Reader
}

func (r *reader) Read(p []byte) (int, error) {
	if err := r.ctx.Err(); err != nil {
		return 0, err
	}
	return r.r.Read(p)
}

func (c Crop) valid() bool {
	return c == Crop{} || c.X >= 0 && c.X <= 1 && c.Y >= 0 && c.Y <= 1 && c.Size > 0 && c.Size <= 1
}

// within gives the pixels of the crop: where they lie in the file, which isn't
// where they are seen.
func (c Crop) within(h header) image.Rectangle {
	w, ht := h.width, h.height
	if h.turn.swaps() {
		w, ht = ht, w
	}
	short := min(w, ht)
	side, at := short, image.Pt((w-short)/2, (ht-short)/2)
	if c != (Crop{}) {
		side = max(1, int(math.Round(c.Size*float64(short))))
		at.X = min(int(math.Round(c.X*float64(w))), w-side)
		at.Y = min(int(math.Round(c.Y*float64(ht))), ht-side)
	}
	a := h.turn.source(at, h.width, h.height)
	b := h.turn.source(at.Add(image.Pt(side-1, side-1)), h.width, h.height)
	return image.Rect(min(a.X, b.X), min(a.Y, b.Y), max(a.X, b.X)+1, max(a.Y, b.Y)+1)
}

// encode makes a JPEG, or a PNG of what is transparent somewhere.
func encode(img *image.RGBA, quality int) (data []byte, kind string, err error) {
	var b bytes.Buffer
	if img.Opaque() {
		kind, err = "image/jpeg", jpeg.Encode(&b, img, &jpeg.Options{Quality: quality})
	} else {
		kind, err = "image/png", png.Encode(&b, img)
	}
	if err != nil {
		return nil, "", fmt.Errorf("encode picture: %w", err)
	}
	return b.Bytes(), kind, nil
}
