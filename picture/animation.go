package picture

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"image"
	"image/gif"
	"io"
)

// maxFrames of a GIF: over a minute of a film. Each costs some kilobytes beside its
// pixels.
const maxFrames = 2_000

// maxFramePixels are those of all frames of a GIF: each is decoded and encoded, so that
// they take their turn for much longer than as many pixels of one photo. They are as
// many as 30 s of 10 frames a second have at 480 by 360.
const maxFramePixels = maxMemory / 4

// animation makes a Photo of a GIF that moves. The pixels of all its frames are in
// memory at once, a byte each. uncounted is why its frames can't be counted.
func animation(ctx context.Context, h header, uncounted error) (Photo, error) {
	if uncounted != nil {
		return Photo{}, uncounted
	}
	var all *gif.GIF
	err := guarded(ctx, h.data, func(r io.Reader) (err error) {
		all, err = gif.DecodeAll(r)
		return err
	})
	if err != nil {
		return Photo{}, err
	}
	var p Photo
	small := p.thumbnail(all.Image[0], h)
	var b bytes.Buffer
	if err := gif.EncodeAll(&b, all); err != nil {
		return Photo{}, fmt.Errorf("%w: %v", ErrBroken, err)
	}
	p.Bytes, p.Type = b.Bytes(), "image/gif"
	// Small ones get a thumbnail too: it is what stands still.
	return p, p.addThumbnail(small)
}

// countFrames walks the blocks of a GIF, and refuses one with too many frames, or too
// many pixels in them.
func countFrames(data []byte) (frames int, err error) {
	cut := broken("cut short")
	if len(data) < 13 {
		return 0, cut
	}
	rest := data[13:]
	skip := func(n int) bool {
		if n > len(rest) {
			return false
		}
		rest = rest[n:]
		return true
	}
	if !skip(colourTable(data[10])) {
		return 0, cut
	}
	var pixels int64
	for {
		if len(rest) == 0 {
			return 0, cut
		}
		block := rest[0]
		rest = rest[1:]
		switch block {
		case 0x3b: // the end
			return frames, nil
		case 0x21: // an extension: its label, sub-blocks
			if !skip(1) {
				return 0, cut
			}
		case 0x2c: // a frame: where it lies, its size, flags, how it is packed, sub-blocks
			if len(rest) < 9 {
				return 0, cut
			}
			size := image.Pt(int(binary.LittleEndian.Uint16(rest[4:])), int(binary.LittleEndian.Uint16(rest[6:])))
			frames++
			pixels += int64(size.X) * int64(size.Y)
			if frames > maxFrames || pixels > maxFramePixels {
				return 0, fmt.Errorf("%w: over %d frames, or %d pixels in them", ErrTooLarge, maxFrames, maxFramePixels)
			}
			if !skip(9 + colourTable(rest[8]) + 1) {
				return 0, cut
			}
		default:
			return 0, broken("unknown block")
		}
		for n := -1; n != 0; {
			if len(rest) == 0 {
				return 0, cut
			}
			if n = int(rest[0]); !skip(1 + n) {
				return 0, cut
			}
		}
	}
}

// colourTable is how many bytes the table of colours has that flags tell of.
func colourTable(flags byte) int {
	if flags&0x80 == 0 {
		return 0
	}
	return 3 << (flags&7 + 1)
}
