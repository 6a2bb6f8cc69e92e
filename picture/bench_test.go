package picture_test

import (
	"image"
	"math/rand/v2"
	"testing"

	"snug/picture"
)

// photo is a picture with the smooth parts and the grain of one.
func photo(w, h int) *image.RGBA {
	r := rand.New(rand.NewPCG(1, 2))
	img := image.NewRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			grain := r.IntN(16)
			p := img.Pix[img.PixOffset(x, y):]
			p[0], p[1], p[2], p[3] = uint8(x*200/w+grain), uint8(y*200/h+grain), uint8((x^y)>>6&63+grain), 255
		}
	}
	return img
}

func BenchmarkAvatar(b *testing.B) {
	phone, small := photo(4032, 3024), photo(460, 460)
	for _, row := range []struct {
		name string
		data func() []byte
	}{
		{"provider=460x460.jpg", func() []byte { return asJPEG(b, small) }},
		{"phone=4032x3024.jpg", func() []byte { return asJPEG(b, phone) }},
		{"screenshot=2880x1800.png", func() []byte { return asPNG(b, photo(2880, 1800).SubImage(image.Rect(0, 0, 2880, 1800))) }},
		{"largest=8000x5000.jpg", func() []byte { return asJPEG(b, photo(8000, 5000)) }},
		{"progressive=5000x5000.jpg", func() []byte { return greyProgressive(5000, 5000, 100) }},
	} {
		data := row.data()
		b.Run(row.name, func(b *testing.B) {
			s := picture.New(picture.Options{MaxBytes: len(data)})
			b.ReportAllocs()
			for b.Loop() {
				if _, err := s.Avatar(b.Context(), data, picture.Crop{}, 256); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(len(data)), "bytes/picture")
		})
	}
}
