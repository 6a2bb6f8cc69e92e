package files

import (
	"encoding/binary"
	"io"
)

// maxBoxes that are looked at in a film.
const maxBoxes = 200

// describe fills in what the head of a film says of it, for those in boxes (MP4 and
// its kin); of what can't be read nothing is said. It is for drawing a frame of the right
// size before anything is loaded, and nothing relies on it.
func (r *row) describe(part io.ReaderAt) {
	switch r.mime {
	case "video/mp4", "video/quicktime", "audio/mp4":
	default:
		return
	}
	left := maxBoxes
	r.boxes(part, 0, r.size, &left)
	if r.mime == "audio/mp4" {
		r.width, r.height = 0, 0
	}
}

// boxes walks the boxes from one place to another: each is its size, its kind and its
// body.
func (r *row) boxes(from io.ReaderAt, at, end int64, left *int) {
	for at+8 <= end && *left > 0 {
		*left--
		var head [16]byte
		if _, err := from.ReadAt(head[:8], at); err != nil {
			return
		}
		size, body := int64(binary.BigEndian.Uint32(head[:])), at+8
		switch size {
		case 0: // to the end
			size = end - at
		case 1: // it is large, and its size stands behind
			if _, err := from.ReadAt(head[8:], at+8); err != nil {
				return
			}
			size, body = int64(binary.BigEndian.Uint64(head[8:])&(1<<62-1)), at+16
		}
		if size < body-at || size > end-at {
			return
		}
		switch string(head[4:8]) {
		case "moov", "trak":
			r.boxes(from, body, at+size, left)
		case "mvhd":
			r.movie(from, body)
		case "tkhd":
			r.track(from, body)
		}
		at += size
	}
}

// movie reads how long it takes.
func (r *row) movie(from io.ReaderAt, at int64) {
	b := make([]byte, 32)
	if _, err := from.ReadAt(b, at); err != nil {
		return
	}
	scale, duration := uint64(binary.BigEndian.Uint32(b[12:])), uint64(binary.BigEndian.Uint32(b[16:]))
	if b[0] == 1 {
		scale, duration = uint64(binary.BigEndian.Uint32(b[20:])), binary.BigEndian.Uint64(b[24:])
	}
	const century = 100 * 366 * 24 * 3600
	if scale > 0 && duration/scale < century {
		r.duration = int64(duration/scale*1000 + duration%scale*1000/scale)
	}
}

// track reads the size of a picture that moves, in 65,536ths of a pixel, and how it is
// turned: of its matrix the first two numbers.
func (r *row) track(from io.ReaderAt, at int64) {
	b := make([]byte, 96)
	if _, err := from.ReadAt(b[:84], at); err != nil {
		return
	}
	matrix := b[40:]
	if b[0] == 1 {
		if _, err := from.ReadAt(b, at); err != nil {
			return
		}
		matrix = b[52:]
	}
	w, h := int(binary.BigEndian.Uint32(matrix[36:])>>16), int(binary.BigEndian.Uint32(matrix[40:])>>16)
	if w == 0 || h == 0 { // a sound
		return
	}
	if binary.BigEndian.Uint32(matrix) == 0 && binary.BigEndian.Uint32(matrix[4:]) != 0 {
		w, h = h, w
	}
	r.width, r.height = w, h
}
