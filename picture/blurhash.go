package picture

import (
	"image"
	"math"
)

// blurSide in pixels is what a blurhash is reckoned from: it has no more detail.
const blurSide = 32

// blurhash describes a picture in some 30 characters, to be shown until it is there:
// the first terms of its cosine transform in linear light. See
// https://github.com/woltapp/blurhash/blob/master/Algorithm.md.
func blurhash(img *image.RGBA) string {
	across, down := 4, 3
	w, h := img.Rect.Dx(), img.Rect.Dy()
	if h > w {
		across, down = 3, 4
	}
	terms := make([][3]float64, 0, across*down)
	for j := range down {
		for i := range across {
			var sum [3]float64
			for y := range h {
				for x := range w {
					basis := math.Cos(math.Pi*float64(i)*float64(x)/float64(w)) * math.Cos(math.Pi*float64(j)*float64(y)/float64(h))
					for c, v := range img.Pix[img.PixOffset(x, y):][:3] {
						sum[c] += basis * linear(v)
					}
				}
			}
			norm := 1 / float64(w*h)
			if i > 0 || j > 0 {
				norm *= 2
			}
			for c := range sum {
				sum[c] *= norm
			}
			terms = append(terms, sum)
		}
	}

	hash := base83(nil, across-1+(down-1)*9, 1)
	largest := 0.0
	for _, term := range terms[1:] {
		for _, v := range term {
			largest = max(largest, math.Abs(v))
		}
	}
	quantised := max(0, min(82, int(largest*166-0.5)))
	hash = base83(hash, quantised, 1)
	scale := float64(quantised+1) / 166
	mean := terms[0]
	hash = base83(hash, gamma(mean[0])<<16|gamma(mean[1])<<8|gamma(mean[2]), 4)
	for _, term := range terms[1:] {
		value := 0
		for _, v := range term {
			root := math.Copysign(math.Sqrt(math.Abs(v/scale)), v)
			value = value*19 + max(0, min(18, int(math.Floor(root*9+9.5))))
		}
		hash = base83(hash, value, 2)
	}
	return string(hash)
}

// linear is the light of a value of sRGB, gamma the other way.
func linear(v uint8) float64 {
	x := float64(v) / 255
	if x <= 0.04045 {
		return x / 12.92
	}
	return math.Pow((x+0.055)/1.055, 2.4)
}

func gamma(x float64) int {
	x = max(0, min(1, x))
	if x <= 0.0031308 {
		return int(x*12.92*255 + 0.5)
	}
	return int((1.055*math.Pow(x, 1/2.4)-0.055)*255 + 0.5)
}

func base83(to []byte, value, digits int) []byte {
	const alphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz#$%*+,-.:;=?@[]^_{|}~"
	from := len(to)
	for range digits {
		to = append(to, 0)
	}
	for i := len(to) - 1; i >= from; i-- {
		to[i] = alphabet[value%83]
		value /= 83
	}
	return to
}
