package picture

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"image"
	"image/gif"
	"image/png"
	"io"
)

// A header is what is known of a picture before it is decoded. Its size is what
// the decoder itself reads from the same bytes.
type header struct {
	kind          kind
	width, height int         // of the canvas, as stored, in pixels
	at            image.Point // of the canvas, where the decoded picture's (0, 0) lies
	turn          turn
	memory        int64 // bytes that the decoder will allocate for pixels
	data          []byte
	decode        func(io.Reader) (image.Image, error)
}

type kind uint8

const (
	kindPNG kind = iota
	kindJPEG
	kindGIF
	kindWebP
)

// inspect tells the format by how the file begins.
func inspect(data []byte) (header, error) {
	switch {
	case bytes.HasPrefix(data, []byte("\x89PNG\r\n\x1a\n")):
		return inspectPNG(data)
	case bytes.HasPrefix(data, []byte("\xff\xd8\xff")):
		return inspectJPEG(data)
	case bytes.HasPrefix(data, []byte("GIF87a")), bytes.HasPrefix(data, []byte("GIF89a")):
		return inspectGIF(data)
	case len(data) >= 12 && string(data[:4]) == "RIFF" && string(data[8:12]) == "WEBP":
		return inspectWebP(data)
	}
	return header{}, ErrFormat
}

func broken(cause any) error { return fmt.Errorf("%w: %v", ErrBroken, cause) }

// inspectGIF reads the size of the canvas. The first frame, of a byte a pixel, may be
// smaller; the decoder refuses a larger one.
func inspectGIF(data []byte) (header, error) {
	c, err := gif.DecodeConfig(bytes.NewReader(data))
	if err != nil {
		return header{}, broken(err)
	}
	return header{
		kind:  kindGIF,
		width: c.Width, height: c.Height, turn: upright,
		memory: int64(c.Width) * int64(c.Height),
		data:   data, decode: gif.Decode,
	}, nil
}

func inspectPNG(data []byte) (header, error) {
	c, err := png.DecodeConfig(bytes.NewReader(data))
	if err != nil {
		return header{}, broken(err)
	}
	h := header{kind: kindPNG, width: c.Width, height: c.Height, turn: upright, data: data, decode: png.Decode}
	// IHDR is at a fixed place: its bit depth is at 24, the kind of colour at 25, the
	// interlacing at 28.
	depth, colour, interlaced := data[24], data[25], data[28] != 0
	perPixel := int64(4)
	switch {
	case depth == 16:
		perPixel = 8
	case colour == 3:
		perPixel = 1
	}
	h.memory = perPixel * int64(c.Width) * int64(c.Height)
	if interlaced {
		h.memory += h.memory / 2 // the last pass has every other row
	}
	for rest := data[8:]; len(rest) >= 12; {
		n, kind := binary.BigEndian.Uint32(rest), string(rest[4:8])
		if kind == "IEND" || uint64(n)+12 > uint64(len(rest)) {
			break
		}
		if kind == "eXIf" {
			h.turn = exifTurn(rest[8 : 8+n])
			break
		}
		rest = rest[12+n:]
	}
	return h, nil
}
