package picture

import (
	"bytes"
	"encoding/binary"
	"image"
	"iter"

	"golang.org/x/image/webp"
)

// What VP8X says of a picture.
const (
	webpAlpha    = 1 << 4
	webpAnimated = 1 << 1
)

// inspectWebP finds a still picture, or makes one of an animation's first frame:
// the decoder knows no other.
func inspectWebP(data []byte) (header, error) {
	// The decoder allocates by the lengths it is told.
	size := uint64(binary.LittleEndian.Uint32(data[4:]))
	if size < 4 || size+8 > uint64(len(data)) {
		return header{}, broken("cut short")
	}
	h := header{kind: kindWebP, turn: upright, data: data[:8+size], decode: webp.Decode}
	still := data[12 : 8+size]
	animated := false
	var first []byte
	for kind, body := range webpChunks(still) {
		switch {
		case kind == "VP8X" && len(body) == 10:
			animated = body[0]&webpAnimated != 0
			h.width, h.height = 1+uint24(body[4:]), 1+uint24(body[7:])
		case kind == "ANMF" && first == nil:
			first = body
		case kind == "EXIF":
			h.turn = exifTurn(bytes.TrimPrefix(body, exifStart))
		}
	}
	if animated {
		if len(first) < 16 {
			return header{}, broken("no frame")
		}
		// Where it lies, in units of two pixels; its size; how long and how it is shown.
		h.at = image.Pt(2*uint24(first), 2*uint24(first[3:]))
		still = first[16:]
		h.data = webpStill(first[6:12], still)
	}
	c, err := webp.DecodeConfig(bytes.NewReader(h.data))
	if err != nil {
		return header{}, broken(err)
	}
	if !animated {
		h.width, h.height = c.Width, c.Height
	} else if !image.Rect(0, 0, c.Width, c.Height).Add(h.at).In(image.Rect(0, 0, h.width, h.height)) {
		return header{}, broken("frame outside of the picture")
	}
	h.memory = webpPixel(still) * int64(c.Width) * int64(c.Height)
	return h, nil
}

// webpStill makes a file of one frame: its size as it stands in VP8X, its chunks.
func webpStill(size, chunks []byte) []byte {
	head := []byte("RIFF\x00\x00\x00\x00WEBPVP8X\x0a\x00\x00\x00\x00\x00\x00\x00")
	for kind := range webpChunks(chunks) {
		if kind == "ALPH" {
			head[20] = webpAlpha
		}
	}
	data := append(append(head, size...), chunks...)
	binary.LittleEndian.PutUint32(data[4:], uint32(len(data)-8))
	return data
}

// webpPixel is how many bytes the decoder takes for a pixel, at most. Lossless
// pictures are decoded in steps, two of which are in memory at once; alpha is such
// a picture by itself.
func webpPixel(chunks []byte) (most int64) {
	cost := map[string]int64{"VP8 ": 2, "VP8L": 8, "ALPH": 11}
	for kind := range webpChunks(chunks) {
		most = max(most, cost[kind])
	}
	return most
}

// webpChunks goes through a list of chunks, as far as it is sound.
func webpChunks(list []byte) iter.Seq2[string, []byte] {
	return func(yield func(string, []byte) bool) {
		for len(list) >= 8 {
			n := uint64(binary.LittleEndian.Uint32(list[4:]))
			if n > uint64(len(list)-8) || !yield(string(list[:4]), list[8:8+n]) {
				return
			}
			list = list[min(8+n+n&1, uint64(len(list))):]
		}
	}
}

func uint24(b []byte) int { return int(b[0]) | int(b[1])<<8 | int(b[2])<<16 }
