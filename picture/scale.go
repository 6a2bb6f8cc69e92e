package picture

import (
	"image"

	"golang.org/x/image/draw"
)

// scale gives an area of the canvas with w by h pixels, transparent where the picture
// doesn't reach.
//
// A large area is first averaged, in whole pixels, to two to four times the size and
// then scaled with a Catmull-Rom filter: that alone would take 32 bytes for each row
// and column of the target, and many times as long.
func scale(img image.Image, at image.Point, area image.Rectangle, w, h int) *image.RGBA {
	k := max(1, min(area.Dx()/(2*w), area.Dy()/(2*h)))
	across, down := area.Dx()/k, area.Dy()/k
	// What doesn't divide is left out around: less than half a pixel of the target.
	origin := area.Min.Add(image.Pt(area.Dx()-across*k, area.Dy()-down*k).Div(2)).Sub(at)
	medium := image.NewRGBA(image.Rect(0, 0, across, down))
	if k == 1 {
		draw.Draw(medium, medium.Rect, img, origin, draw.Src)
	} else {
		average(medium, img, origin, k)
	}
	small := image.NewRGBA(image.Rect(0, 0, w, h))
	draw.CatmullRom.Scale(small, small.Rect, medium, medium.Rect, draw.Src, nil)
	return small
}

// average makes each pixel of k by k ones. It converts a line at a
// time, for which the standard library has a fast path for most kinds of picture.
func average(dst *image.RGBA, img image.Image, origin image.Point, k int) {
	line := image.NewRGBA(image.Rect(0, 0, dst.Rect.Dx()*k, 1))
	sums := make([]uint64, 4*dst.Rect.Dx())
	area := uint64(k) * uint64(k)
	for row := range dst.Rect.Dy() {
		clear(sums)
		for y := range k {
			clear(line.Pix)
			draw.Draw(line, line.Rect, img, origin.Add(image.Pt(0, row*k+y)), draw.Src)
			pix := line.Pix
			for cell := 0; cell < len(sums); cell += 4 {
				sum := sums[cell : cell+4 : cell+4]
				for range k {
					sum[0] += uint64(pix[0])
					sum[1] += uint64(pix[1])
					sum[2] += uint64(pix[2])
					sum[3] += uint64(pix[3])
					pix = pix[4:]
				}
			}
		}
		for i, sum := range sums {
			dst.Pix[row*dst.Stride+i] = uint8((sum + area/2) / area)
		}
	}
}
