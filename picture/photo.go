package picture

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"image/draw"
	"image/jpeg"
	"image/png"
)

const (
	// ThumbnailWidth and ThumbnailHeight are what a thumbnail fits into, in pixels:
	// twice the place that a picture has in a message, for dense screens.
	ThumbnailWidth  = 840
	ThumbnailHeight = 640

	photoQuality     = 90
	thumbnailQuality = 82
	// quickPixels is from how many pixels on a PNG is packed quickly rather than well.
	quickPixels = 4_000_000
)

// A Photo is a picture with all its pixels, ready to be stored and served.
type Photo struct {
	Image
	// Thumbnail has no bytes where the picture itself is small and stands still.
	Thumbnail Image
	Blurhash  string
}

// An Image is an encoded picture.
type Image struct {
	Bytes         []byte
	Type          string // image/jpeg, image/png or image/gif
	Width, Height int    // in pixels, as it is seen
}

// Photo makes a picture of what is a picture of any size. JPEGs stay JPEGs, PNGs
// PNGs, and GIFs that move GIFs, with nothing but their frames, their timing and how
// often they run. The same input gives the same bytes. ctx is as for Avatar.
func (s *Studio) Photo(ctx context.Context, data []byte) (Photo, error) {
	h, err := s.inspect(data)
	if err != nil {
		return Photo{}, err
	}
	leave, err := s.enter(ctx)
	if err != nil {
		return Photo{}, err
	}
	defer leave()
	if h.kind == kindGIF {
		if frames, err := countFrames(data); err != nil || frames > 1 {
			return animation(ctx, h, err)
		}
	}
	img, err := decode(ctx, h)
	if err != nil {
		return Photo{}, err
	}
	var p Photo
	small := p.thumbnail(img, h)
	if p.Bytes, p.Type, err = encodeWhole(raised(img, h), h.kind); err != nil {
		return Photo{}, err
	}
	if small.Rect.Dx() < p.Width || small.Rect.Dy() < p.Height {
		err = p.addThumbnail(small)
	}
	return p, err
}

// thumbnail gives the picture at most as large as a thumbnail, and fills in all that
// is told from it.
func (p *Photo) thumbnail(img image.Image, h header) *image.RGBA {
	p.Width, p.Height = h.turn.size(h.width, h.height)
	w, ht := fit(p.Width, p.Height, ThumbnailWidth, ThumbnailHeight)
	storedW, storedH := h.turn.size(w, ht) // turning twice the same way is how it was
	small := h.turn.apply(scale(img, h.at, image.Rect(0, 0, h.width, h.height), storedW, storedH))
	bw, bh := fit(w, ht, blurSide, blurSide)
	p.Blurhash = blurhash(scale(small, image.Point{}, small.Rect, bw, bh))
	return small
}

func (p *Photo) addThumbnail(small *image.RGBA) (err error) {
	p.Thumbnail.Width, p.Thumbnail.Height = small.Rect.Dx(), small.Rect.Dy()
	p.Thumbnail.Bytes, p.Thumbnail.Type, err = encode(small, thumbnailQuality)
	return err
}

// fit gives the size of w by h in the same proportions that is within the bounds,
// never larger than it is.
func fit(w, h, maxW, maxH int) (int, int) {
	switch {
	case w <= maxW && h <= maxH:
		return w, h
	case w*maxH > h*maxW:
		return maxW, max(1, (h*maxW+w/2)/w)
	}
	return max(1, (w*maxH+h/2)/h), maxH
}

// raised gives the whole canvas as it is seen. It copies only what has to be changed,
// and planes of luma and chroma as such: a photo may be a large part of the memory.
func raised(img image.Image, h header) image.Image {
	canvas := image.Rect(0, 0, h.width, h.height).Sub(h.at)
	if h.turn == upright && img.Bounds() == canvas {
		return img
	}
	if planes, ok := img.(*image.YCbCr); ok && img.Bounds() == canvas && planes.SubsampleRatio == image.YCbCrSubsampleRatio420 {
		return raisedPlanes(planes, h.turn)
	}
	w, ht := h.turn.size(h.width, h.height)
	seen := image.NewRGBA(image.Rect(0, 0, w, ht))
	line := image.NewRGBA(image.Rect(0, 0, h.width, 1))
	for row := range h.height {
		clear(line.Pix)
		draw.Draw(line, line.Rect, img, canvas.Min.Add(image.Pt(0, row)), draw.Src)
		for x := range h.width {
			p := h.turn.seen(image.Pt(x, row), h.width, h.height)
			copy(seen.Pix[seen.PixOffset(p.X, p.Y):][:4], line.Pix[4*x:])
		}
	}
	return seen
}

// raisedPlanes turns a picture whose chroma is half as wide and half as high, so that
// it stays so. Where a side is odd, what is seen first may be half a pair.
func raisedPlanes(img *image.YCbCr, t turn) image.Image {
	w, h := img.Rect.Dx(), img.Rect.Dy()
	seenW, seenH := t.size(w, h)
	out := image.NewYCbCr(image.Rect(0, 0, seenW, seenH), img.SubsampleRatio)
	turnPlane(out.Y, out.YStride, img.Y, img.YStride, w, h, t)
	cw, ch := (w+1)/2, (h+1)/2
	turnPlane(out.Cb, out.CStride, img.Cb, img.CStride, cw, ch, t)
	turnPlane(out.Cr, out.CStride, img.Cr, img.CStride, cw, ch, t)
	return out
}

func turnPlane(dst []byte, dstStride int, src []byte, srcStride, w, h int, t turn) {
	seenW, seenH := t.size(w, h)
	for y := range seenH {
		for x := range seenW {
			p := t.source(image.Pt(x, y), w, h)
			dst[y*dstStride+x] = src[p.Y*srcStride+p.X]
		}
	}
}

// encodeWhole encodes as what it was, as far as that keeps what is seen.
func encodeWhole(img image.Image, was kind) (data []byte, kind string, err error) {
	var b bytes.Buffer
	if was == kindPNG || was == kindGIF || !opaque(img) {
		level := png.DefaultCompression
		if size := img.Bounds().Size(); size.X*size.Y > quickPixels {
			level = png.BestSpeed
		}
		e := png.Encoder{CompressionLevel: level}
		kind, err = "image/png", e.Encode(&b, img)
	} else {
		kind, err = "image/jpeg", jpeg.Encode(&b, img, &jpeg.Options{Quality: photoQuality})
	}
	if err != nil {
		return nil, "", fmt.Errorf("encode picture: %w", err)
	}
	return b.Bytes(), kind, nil
}

func opaque(img image.Image) bool {
	o, ok := img.(interface{ Opaque() bool })
	return ok && o.Opaque()
}
