package picture_test

import (
	"bytes"
	"compress/zlib"
	"context"
	"encoding/binary"
	"errors"
	"image"
	"image/color"
	"os"
	"runtime"
	"strings"
	"testing"

	"snug/picture"
)

func refused(t *testing.T, data []byte, want error) {
	t.Helper()
	e, err := picture.New(picture.Options{}).Avatar(t.Context(), data, picture.Crop{}, 64)
	if !errors.Is(err, want) || e.Bytes != nil {
		t.Errorf("got %d bytes, %v, want %v", len(e.Bytes), err, want)
	}
	if errors.Is(err, picture.ErrPanic) {
		t.Errorf("a decoder panicked: %v", err)
	}
}

func TestNotAPicture(t *testing.T) {
	for name, data := range map[string]string{
		"nothing":        "",
		"text":           "hello",
		"HTML":           "<!doctype html><img src=x onerror=alert(1)>",
		"SVG":            `<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>`,
		"SVG with XML":   `<?xml version="1.0"?><!DOCTYPE svg SYSTEM "file:///etc/passwd"><svg/>`,
		"PDF":            "%PDF-1.7\n",
		"ZIP":            "PK\x03\x04",
		"BMP":            "BM\x3a\x00\x00\x00\x00\x00\x00\x00\x36\x00\x00\x00",
		"TIFF":           "II*\x00\x08\x00\x00\x00",
		"ICO":            "\x00\x00\x01\x00\x01\x00",
		"AVIF":           "\x00\x00\x00\x20ftypavif\x00\x00\x00\x00",
		"JPEG XL":        "\xff\x0a",
		"PostScript":     "%!PS-Adobe-3.0",
		"MVG":            "push graphic-context\nfill 'url(https://127.0.0.1/)'",
		"WAV":            "RIFF\x24\x00\x00\x00WAVEfmt ",
		"half a PNG":     "\x89PNG",
		"another GIF":    "GIF90a\x01\x00\x01\x00",
		"space, PNG":     " \x89PNG\r\n\x1a\n",
		"PNG as FTP did": "\x89PNG\n\x1a\n",
	} {
		t.Run(name, func(t *testing.T) { refused(t, []byte(data), picture.ErrFormat) })
	}
}

func zlibOf(n int) []byte {
	var b bytes.Buffer
	w := zlib.NewWriter(&b)
	zeros := make([]byte, 1<<16)
	for ; n > 0; n -= len(zeros) {
		w.Write(zeros[:min(n, len(zeros))])
	}
	w.Close()
	return b.Bytes()
}

// Small files that claim to be large are refused by their header, before anything
// is allocated for them.
func TestBombs(t *testing.T) {
	const rgb, rgba16, rgba16Interlaced = "\x08\x02\x00\x00\x00", "\x10\x06\x00\x00\x00", "\x10\x06\x00\x00\x01"
	vp8l := func(w, h uint32) string { // its header: 14 bits of each size, less one
		return string(binary.LittleEndian.AppendUint32([]byte{0x2f}, w-1|(h-1)<<14)) + strings.Repeat("\x00", 20)
	}
	vp8 := func(w, h uint16) string {
		b := []byte{0x10, 0x02, 0x00, 0x9d, 0x01, 0x2a}
		return string(binary.LittleEndian.AppendUint16(binary.LittleEndian.AppendUint16(b, w), h)) + strings.Repeat("\x00", 20)
	}
	gifOf := func(w, h uint16) []byte {
		b := bytes.Clone(load(t, "animated.gif"))
		binary.LittleEndian.PutUint16(b[6:], w)
		binary.LittleEndian.PutUint16(b[8:], h)
		return b
	}
	animated := func(w, h uint32, frame string) []byte {
		size := string([]byte{byte(w - 1), byte((w - 1) >> 8), byte((w - 1) >> 16), byte(h - 1), byte((h - 1) >> 8), byte((h - 1) >> 16)})
		return riff("VP8X", "\x02\x00\x00\x00"+size, "ANMF", frame)
	}
	idat := pngChunk(nil, "IDAT", zlibOf(1<<20))
	for name, row := range map[string]struct {
		data []byte
		want error
	}{
		"PNG, 60,000 by 60,000":             {pngOf(60000, 60000, rgb, idat), picture.ErrTooLarge},
		"PNG, a long line":                  {pngOf(16385, 1, rgb, idat), picture.ErrTooLarge},
		"PNG, a high one":                   {pngOf(1, 16385, rgb, idat), picture.ErrTooLarge},
		"PNG, over 40 megapixels":           {pngOf(8000, 5001, rgb, idat), picture.ErrTooLarge},
		"PNG, 16 bits":                      {pngOf(6000, 6000, rgba16, idat), picture.ErrTooLarge},
		"PNG, 16 bits interlaced":           {pngOf(5000, 5000, rgba16Interlaced, idat), picture.ErrTooLarge},
		"PNG, the largest number":           {pngOf(1<<31-1, 1<<31-1, rgb, idat), picture.ErrBroken},
		"PNG, larger than that":             {pngOf(1<<31, 1<<31, rgb, idat), picture.ErrBroken},
		"PNG, no pixels":                    {pngOf(0, 0, rgb, idat), picture.ErrBroken},
		"GIF, 65,535 by 65,535":             {gifOf(65535, 65535), picture.ErrTooLarge},
		"GIF, no pixels":                    {gifOf(0, 0), picture.ErrBroken},
		"GIF, canvas smaller than frame":    {gifOf(10, 10), picture.ErrBroken},
		"JPEG, 65,535 by 65,535":            {greyProgressive(65535, 65535, 1)[:1000], picture.ErrTooLarge},
		"WebP, lossless, 16,384 by 16,384":  {riff("VP8L", vp8l(16384, 16384)), picture.ErrTooLarge},
		"WebP, lossless, 36 megapixels":     {riff("VP8L", vp8l(6000, 6000)), picture.ErrTooLarge},
		"WebP, lossy, 16,383 by 16,383":     {riff("VP8 ", vp8(16383, 16383)), picture.ErrTooLarge},
		"WebP, canvas of 2^24 by 1":         {riff("VP8X", "\x00\x00\x00\x00\xff\xff\xff\x00\x00\x00", "VP8L", vp8l(1, 1)), picture.ErrTooLarge},
		"WebP, canvas of 2^24 by 2^24":      {riff("VP8X", "\x00\x00\x00\x00\xff\xff\xff\xff\xff\xff", "VP8L", vp8l(1, 1)), picture.ErrBroken},
		"WebP, small canvas, large picture": {riff("VP8X", "\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00", "VP8L", vp8l(16384, 16384)), picture.ErrBroken},
		"WebP, large canvas, small frame":   {animated(1<<24, 1<<24, strings.Repeat("\x00", 16)+string(riff("VP8L", vp8l(1, 1))[12:])), picture.ErrTooLarge},
		"WebP, small frame, large picture":  {animated(100, 100, strings.Repeat("\x00", 16)+string(riff("VP8L", vp8l(5000, 5000))[12:])), picture.ErrBroken},
		"WebP, frame outside":               {animated(100, 100, "\xff\xff\xff\xff\xff\xff"+strings.Repeat("\x00", 10)+string(riff("VP8L", vp8l(1, 1))[12:])), picture.ErrBroken},
		"WebP, frame over the edge":         {animated(47, 32, strings.Repeat("\x00", 6)+"\x2f\x00\x00\x1f\x00\x00\x00\x00\x00\x00"+string(load(t, "lossless.webp")[12:])), picture.ErrBroken},
		"WebP, animated without frames":     {riff("VP8X", "\x02\x00\x00\x00\x00\x00\x00\x00\x00\x00"), picture.ErrBroken},
		"WebP, says it is 4 GB long":        {append([]byte("RIFF\xff\xff\xff\xffWEBPVP8 \xff\xff\xff\x7f"), vp8(100, 100)...), picture.ErrBroken},
		"WebP, says it is 0 long":           {append([]byte("RIFF\x00\x00\x00\x00WEBP"), vp8(100, 100)...), picture.ErrBroken},
		"too many bytes":                    {append(bytes.Clone(load(t, "baseline.jpg")), make([]byte, 8<<20)...), picture.ErrTooLarge},
	} {
		t.Run(name, func(t *testing.T) {
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			refused(t, row.data, row.want)
			runtime.ReadMemStats(&after)
			if n := after.TotalAlloc - before.TotalAlloc; n > 1<<20 {
				t.Errorf("allocated %d bytes", n)
			}
		})
	}
}

// Files that compress a great deal, of a size that is allowed: what doesn't belong
// to the picture is never unpacked.
func TestDeepZip(t *testing.T) {
	const grey = "\x08\x00\x00\x00\x00"
	bomb := zlibOf(1 << 26) // 65 KB
	text := append([]byte("Comment\x00\x00"), bomb...)
	profile := append([]byte("ICC\x00\x00"), bomb...)
	pixels := pngChunk(nil, "IDAT", zlibOf(8*9))
	for name, row := range map[string]struct {
		data []byte
		want error
	}{
		"text":    {pngOf(8, 8, grey, pngChunk(nil, "zTXt", text), pixels), nil},
		"profile": {pngOf(8, 8, grey, pngChunk(nil, "iCCP", profile), pixels), nil},
		"pixels":  {pngOf(8, 8, grey, pngChunk(nil, "IDAT", bomb)), picture.ErrBroken},
	} {
		t.Run(name, func(t *testing.T) {
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			if row.want != nil {
				refused(t, row.data, row.want)
			} else if img, _ := avatar(t, row.data, picture.Crop{}, 64); colours(img) != "KKKK" {
				t.Errorf("got %s", colours(img))
			}
			runtime.ReadMemStats(&after)
			if n := after.TotalAlloc - before.TotalAlloc; n > 8<<20 {
				t.Errorf("allocated %d bytes", n)
			}
		})
	}
}

// A scan of a progressive JPEG costs the file a few bytes and the decoder a visit
// to each block.
func TestManyScans(t *testing.T) {
	if img, _ := avatar(t, greyProgressive(100, 80, 100), picture.Crop{}, 64); !strings.Contains(colours(img), "????") {
		t.Errorf("a hundred scans: %s", colours(img))
	}
	refused(t, greyProgressive(100, 80, 101), picture.ErrTooLarge)
	refused(t, greyProgressive(6000, 6000, 60000), picture.ErrTooLarge)
	// Fill bytes, restarts and what follows a scan don't hide the next one.
	hidden := bytes.ReplaceAll(greyProgressive(100, 80, 200), []byte{0xff, 0xda}, []byte("x\xff\x00\xff\xd0\xff\xff\xff\xda"))
	refused(t, hidden, picture.ErrTooLarge)
}

// Memory is bounded by what the decoder takes for a picture of its kind, not by its
// pixels alone: coefficients of progressive ones take four times as much.
func TestMemoryOfJPEG(t *testing.T) {
	frame := func(marker byte, sampling string) []byte {
		b := []byte("\xff\xd8")
		body := []byte{8, 6000 >> 8, 6000 & 255, 6600 >> 8, 6600 & 255, byte(len(sampling))}
		for i, s := range []byte(sampling) {
			body = append(body, byte(i+1), s, 0)
		}
		b = append(b, jpegSegment(marker, string(body))...)
		return append(b, jpegSegment(0xda, "")...)
	}
	rgb := bytes.Clone(frame(0xc0, "\x11\x11\x11"))
	rgb[12], rgb[15], rgb[18] = 'R', 'G', 'B'
	adobe := spliced(frame(0xc0, "\x11\x11\x11"), 2, jpegSegment(0xee, "Adobe\x00\x64\x00\x00\x00\x00\x00"))
	luma := spliced(frame(0xc0, "\x11\x11\x11"), 2, jpegSegment(0xee, "Adobe\x00\x64\x00\x00\x00\x00\x01"))
	for name, row := range map[string]struct {
		data []byte
		want error
	}{ // 39.6 megapixels each; those that are let through have no pixels
		"camera":              {frame(0xc0, "\x22\x11\x11"), picture.ErrBroken},
		"full colour":         {frame(0xc0, "\x11\x11\x11"), picture.ErrBroken},
		"grey, progressive":   {frame(0xc2, "\x11"), picture.ErrBroken},
		"camera, progressive": {frame(0xc2, "\x22\x11\x11"), picture.ErrTooLarge},
		"colour, progressive": {frame(0xc2, "\x11\x11\x11"), picture.ErrTooLarge},
		"colour, not luma":    {rgb, picture.ErrTooLarge},
		"the same by Adobe":   {adobe, picture.ErrTooLarge},
		"luma, by Adobe":      {luma, picture.ErrBroken},
		"inks":                {frame(0xc0, "\x11\x11\x11\x11"), picture.ErrTooLarge},
		"inks, progressive":   {frame(0xc2, "\x22\x11\x11\x22"), picture.ErrTooLarge},
		"strange sampling":    {frame(0xc2, "\x41\x11\x11"), picture.ErrTooLarge},
		"sampling of nothing": {frame(0xc0, "\x00\x00\x00"), picture.ErrBroken},
		"no components":       {frame(0xc0, ""), picture.ErrBroken},
		"two components":      {frame(0xc0, "\x11\x11"), picture.ErrBroken},
	} {
		t.Run(name, func(t *testing.T) { refused(t, row.data, row.want) })
	}
}

// Each file, cut off anywhere: refused, or whole after all (a tail may be missing).
func TestTruncated(t *testing.T) {
	files, err := os.ReadDir("testdata")
	if err != nil {
		t.Fatal(err)
	}
	s := picture.New(picture.Options{})
	for _, file := range files {
		if strings.HasSuffix(file.Name(), ".mjs") || file.IsDir() {
			continue
		}
		data := load(t, file.Name())
		for n := range data {
			e, err := s.Avatar(t.Context(), data[:n], picture.Crop{}, 8)
			switch {
			case errors.Is(err, picture.ErrPanic):
				t.Errorf("%s, %d bytes: %v", file.Name(), n, err)
			case err == nil && n < len(data)/2:
				t.Errorf("%s: %d of %d bytes are enough", file.Name(), n, len(data))
			case err == nil:
				open(t, e, 8)
			case !errors.Is(err, picture.ErrBroken) && !errors.Is(err, picture.ErrFormat):
				t.Errorf("%s, %d bytes: %v", file.Name(), n, err)
			}
		}
	}
}

// A sender that goes away doesn't leave its decoding behind.
func TestContextEndsDecoding(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := picture.New(picture.Options{}).Avatar(ctx, load(t, "baseline.jpg"), picture.Crop{}, 64)
	if !errors.Is(err, context.Canceled) || errors.Is(err, picture.ErrBroken) {
		t.Errorf("got %v", err)
	}
}

func FuzzAvatar(f *testing.F) {
	files, err := os.ReadDir("testdata")
	if err != nil {
		f.Fatal(err)
	}
	for _, file := range files {
		if !file.IsDir() && !strings.HasSuffix(file.Name(), ".mjs") {
			f.Add(load(f, file.Name()), 0.0, 0.0, 0.0, 16)
		}
	}
	f.Add(greyProgressive(40, 40, 3), 0.2, 0.3, 0.5, 9)
	f.Add(asPNG(f, drawn(9, 5, func(x, y int) color.Color { return color.NRGBA64{uint16(x * 7000), uint16(y * 9000), 0, 30000} })), 0.9, 0.9, 0.9, 33)
	f.Add(asPNG(f, image.NewGray(image.Rect(0, 0, 300, 2))), 0.0, 1.0, 0.01, 1)
	s := picture.New(picture.Options{MaxPixels: 1 << 16, MaxBytes: 1 << 16})
	f.Fuzz(func(t *testing.T, data []byte, x, y, size float64, side int) {
		if side < 1 || side > 64 {
			side = 1 + int(uint(side)%64)
		}
		e, err := s.Avatar(t.Context(), data, picture.Crop{X: x, Y: y, Size: size}, side)
		switch {
		case errors.Is(err, picture.ErrPanic):
			t.Fatal(err)
		case err == nil:
			open(t, e, side)
		case !errors.Is(err, picture.ErrFormat) && !errors.Is(err, picture.ErrBroken) &&
			!errors.Is(err, picture.ErrTooLarge) && !errors.Is(err, picture.ErrCrop):
			t.Fatal(err)
		}
	})
}
