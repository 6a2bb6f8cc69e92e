package picture

import (
	"encoding/binary"
	"image"
)

// A turn says how a picture has to be turned to be seen as it was taken: the
// orientation of EXIF, from 1 to 8, for where the first row and column belong.
type turn uint8

const upright turn = 1

var exifStart = []byte("Exif\x00\x00")

// exifTurn finds the orientation in an EXIF block, which is laid out like a TIFF.
// What can't be read is upright.
func exifTurn(tiff []byte) turn {
	if len(tiff) < 8 {
		return upright
	}
	var order binary.ByteOrder
	switch string(tiff[:4]) {
	case "II*\x00":
		order = binary.LittleEndian
	case "MM\x00*":
		order = binary.BigEndian
	default:
		return upright
	}
	at := uint64(order.Uint32(tiff[4:]))
	if at+2 > uint64(len(tiff)) {
		return upright
	}
	entries := tiff[at+2:]
	for range order.Uint16(tiff[at:]) {
		if len(entries) < 12 {
			break
		}
		const orientation, short = 0x0112, 3
		if order.Uint16(entries) == orientation {
			t := order.Uint16(entries[8:])
			if order.Uint16(entries[2:]) == short && order.Uint32(entries[4:]) == 1 && t >= 1 && t <= 8 {
				return turn(t)
			}
			break
		}
		entries = entries[12:]
	}
	return upright
}

// swaps reports whether width and height change places.
func (t turn) swaps() bool { return t >= 5 }

// source is where, in a stored picture of w by h pixels, the pixel lies that is
// seen at p.
func (t turn) source(p image.Point, w, h int) image.Point {
	if t.swaps() {
		p.X, p.Y = p.Y, p.X
	}
	switch t {
	case 2, 3, 7, 8:
		p.X = w - 1 - p.X
	}
	switch t {
	case 3, 4, 6, 7:
		p.Y = h - 1 - p.Y
	}
	return p
}

// seen is where the pixel is seen that, in a stored picture of w by h pixels, lies at p.
func (t turn) seen(p image.Point, w, h int) image.Point {
	switch t { // these two undo each other, all others themselves
	case 6:
		t = 8
	case 8:
		t = 6
	}
	if t.swaps() {
		w, h = h, w
	}
	return t.source(p, w, h)
}

// size is the size at which a stored picture of w by h pixels is seen.
func (t turn) size(w, h int) (int, int) {
	if t.swaps() {
		return h, w
	}
	return w, h
}

// apply turns a picture whose bounds begin at (0, 0).
func (t turn) apply(img *image.RGBA) *image.RGBA {
	if t == upright {
		return img
	}
	w, h := img.Rect.Dx(), img.Rect.Dy()
	seenW, seenH := t.size(w, h)
	turned := image.NewRGBA(image.Rect(0, 0, seenW, seenH))
	for y := range seenH {
		for x := range seenW {
			p := t.source(image.Pt(x, y), w, h)
			copy(turned.Pix[turned.PixOffset(x, y):][:4], img.Pix[img.PixOffset(p.X, p.Y):])
		}
	}
	return turned
}
