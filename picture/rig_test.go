package picture_test

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"snug/picture"
)

// The quarters of a picture, as it is seen: red, green, blue, white from the upper
// left to the lower right. See testdata/make.mjs.
const upright = "RGBW"

func load(t testing.TB, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// avatar makes one and decodes it, as a browser would.
func avatar(t *testing.T, data []byte, crop picture.Crop, side int) (image.Image, picture.Encoded) {
	t.Helper()
	e, err := picture.New(picture.Options{}).Avatar(t.Context(), data, crop, side)
	if err != nil {
		t.Fatal(err)
	}
	return open(t, e, side), e
}

// open decodes what came out, and checks what holds of all of it.
func open(t testing.TB, e picture.Encoded, side int) image.Image {
	t.Helper()
	var img image.Image
	var err error
	r := bytes.NewReader(e.Bytes)
	switch e.Type {
	case "image/jpeg":
		img, err = jpeg.Decode(r)
	case "image/png":
		img, err = png.Decode(r)
	default:
		t.Fatalf("type %q", e.Type)
	}
	if err != nil {
		t.Fatal(err)
	}
	if r.Len() != 0 {
		t.Errorf("%d bytes behind the picture", r.Len())
	}
	if e.Side != side || img.Bounds() != image.Rect(0, 0, side, side) {
		t.Fatalf("side %d, bounds %v, want %d", e.Side, img.Bounds(), side)
	}
	if len(e.Bytes) > 4*side*side+4096 {
		t.Errorf("%d bytes for %d pixels", len(e.Bytes), side*side)
	}
	return img
}

// colours names the pixels at the middles of the quarters: R, G, B, W, K, C, M, Y,
// - for transparent, ? for something in between.
func colours(img image.Image) string {
	side := img.Bounds().Dx()
	var s strings.Builder
	for _, p := range []image.Point{{1, 1}, {3, 1}, {1, 3}, {3, 3}} {
		s.WriteByte(colourName(img.At(p.X*side/4, p.Y*side/4)))
	}
	return s.String()
}

func colourName(c color.Color) byte {
	r, g, b, a := c.RGBA()
	if a < 0x1000 {
		return '-'
	}
	// Printers' colours and sampling of chroma shift them a good deal.
	bit := func(v uint32) int {
		switch {
		case v < 0x5000:
			return 0
		case v > 0xb000:
			return 1
		}
		return 8
	}
	if i := bit(r)<<2 | bit(g)<<1 | bit(b); i < 8 {
		return "KBGCRMYW"[i]
	}
	return '?'
}

// drawn is a picture whose pixels are given by a function.
func drawn(w, h int, at func(x, y int) color.Color) *image.NRGBA {
	img := image.NewNRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			img.Set(x, y, at(x, y))
		}
	}
	return img
}

func quarters(w, h int) *image.NRGBA {
	return drawn(w, h, func(x, y int) color.Color {
		switch {
		case y < h/2 && x < w/2:
			return color.NRGBA{255, 0, 0, 255}
		case y < h/2:
			return color.NRGBA{0, 255, 0, 255}
		case x < w/2:
			return color.NRGBA{0, 0, 255, 255}
		}
		return color.White
	})
}

func asPNG(t testing.TB, img image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func asJPEG(t testing.TB, img image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := jpeg.Encode(&b, img, &jpeg.Options{Quality: 95}); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func asGIF(t testing.TB, img image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := gif.Encode(&b, img, nil); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// pngChunk adds a chunk with its checksum.
func pngChunk(b []byte, kind string, body []byte) []byte {
	b = binary.BigEndian.AppendUint32(b, uint32(len(body)))
	from := len(b)
	b = append(append(b, kind...), body...)
	return binary.BigEndian.AppendUint32(b, crc32.ChecksumIEEE(b[from:]))
}

// pngOf is a PNG with a header of that size, 8-bit RGB or whatever kind says, and
// chunks.
func pngOf(w, h uint32, kind string, chunks ...[]byte) []byte {
	ihdr := binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(nil, w), h)
	b := pngChunk([]byte("\x89PNG\r\n\x1a\n"), "IHDR", append(ihdr, kind...))
	for _, c := range chunks {
		b = append(b, c...)
	}
	return pngChunk(b, "IEND", nil)
}

// spliced puts more in at a place.
func spliced(data []byte, at int, more []byte) []byte {
	return append(append(bytes.Clone(data[:at]), more...), data[at:]...)
}

// jpegSegment is a marker with its length and body.
func jpegSegment(marker byte, body string) []byte {
	return append([]byte{0xff, marker, byte((len(body) + 2) >> 8), byte(len(body) + 2)}, body...)
}

// greyProgressive is a progressive JPEG of w by h pixels, all grey, with as many
// scans as told. Blocks that don't change take next to no data.
func greyProgressive(w, h, scans int) []byte {
	blocks := (w + 7) / 8 * ((h + 7) / 8)
	b := []byte{0xff, 0xd8}
	b = append(b, jpegSegment(0xdb, "\x00"+strings.Repeat("\x01", 64))...)
	b = append(b, jpegSegment(0xc2, string([]byte{8, byte(h >> 8), byte(h), byte(w >> 8), byte(w), 1, 1, 0x11, 0}))...)
	// One code of one bit each: DC of no change; AC of a run of 2^14 blocks, with 14
	// more bits that are 0.
	b = append(b, jpegSegment(0xc4, "\x00\x01"+strings.Repeat("\x00", 15)+"\x00")...)
	b = append(b, jpegSegment(0xc4, "\x10\x01"+strings.Repeat("\x00", 15)+"\xe0")...)
	b = append(b, jpegSegment(0xda, "\x01\x01\x00\x00\x00\x00")...)
	b = append(b, make([]byte, (blocks+7)/8)...)
	for range scans - 1 {
		b = append(b, jpegSegment(0xda, "\x01\x01\x00\x01\x3f\x00")...)
		b = append(b, make([]byte, ((blocks+1<<14-1)>>14*15+7)/8)...)
	}
	return append(b, 0xff, 0xd9)
}
