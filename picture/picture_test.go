package picture_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"image"
	"image/color"
	"image/gif"
	"math"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"snug/picture"
)

func TestFormats(t *testing.T) {
	want := map[string]string{ // what is seen, and whether some is transparent
		"baseline.jpg": upright, "progressive.jpg": upright, "grey.jpg": "????",
		"interlaced.png": upright, "palette.png": upright, "palette-alpha.png": "RGB-", "deep-alpha.png": "RGB-",
		"lossy.webp": upright, "lossless.webp": upright, "lossy-alpha.webp": "RGB-", "lossless-alpha.webp": "RGB-",
		"animated.webp": upright, "animated-alpha.webp": "RGB-", "animated.gif": upright, "animated-alpha.gif": "RGB-",
		"cmyk.jpg": "RYBW", // ink of that green is nearly yellow in the file itself
	}
	for name, colour := range want {
		t.Run(name, func(t *testing.T) {
			for _, side := range []int{1, 2, 7, 16, 24, 32, 64, 256} {
				img, e := avatar(t, load(t, name), picture.Crop{}, side)
				if (e.Type == "image/png") != strings.Contains(colour, "-") {
					t.Errorf("%d: encoded as %s", side, e.Type)
				}
				if got := colours(img); side >= 16 && name != "grey.jpg" && got != colour {
					t.Errorf("%d: got %s, want %s", side, got, colour)
				}
			}
		})
	}
}

func TestKindsOfPixels(t *testing.T) {
	src := quarters(60, 40)
	fill := func(dst interface {
		image.Image
		Set(x, y int, c color.Color)
	}) image.Image {
		for y := range 40 {
			for x := range 60 {
				dst.Set(x, y, src.At(x, y))
			}
		}
		return dst
	}
	bounds := src.Bounds()
	for name, data := range map[string][]byte{
		"8 bits":   asPNG(t, src),
		"16 bits":  asPNG(t, fill(image.NewNRGBA64(bounds))),
		"palette":  asPNG(t, fill(image.NewPaletted(bounds, color.Palette{color.Black, color.White, color.NRGBA{255, 0, 0, 255}, color.NRGBA{0, 255, 0, 255}, color.NRGBA{0, 0, 255, 255}}))),
		"JPEG":     asJPEG(t, src),
		"GIF":      asGIF(t, src),
		"one line": nil,
	} {
		if data == nil {
			continue
		}
		for _, side := range []int{8, 64} {
			img, e := avatar(t, data, picture.Crop{}, side)
			if got := colours(img); got != upright || e.Type != "image/jpeg" {
				t.Errorf("%s, %d: got %s, %s", name, side, got, e.Type)
			}
		}
	}
	grey := image.NewGray16(bounds)
	for i := range grey.Pix {
		grey.Pix[i] = 255
	}
	if img, _ := avatar(t, asPNG(t, grey), picture.Crop{}, 10); colours(img) != "WWWW" {
		t.Errorf("grey of 16 bits: got %s", colours(img))
	}
}

func TestShapes(t *testing.T) {
	white := func(int, int) color.Color { return color.White }
	for _, size := range [][2]int{{1, 1}, {1, 2}, {2, 1}, {3, 3}, {1, 16384}, {16384, 1}, {16384, 7}, {127, 128}, {1000, 999}, {513, 512}} {
		for _, side := range []int{1, 3, 128, 600} {
			img, _ := avatar(t, asPNG(t, drawn(size[0], size[1], white)), picture.Crop{}, side)
			for _, p := range []image.Point{{0, 0}, {side - 1, 0}, {0, side - 1}, {side - 1, side - 1}, {side / 2, side / 2}} {
				if colourName(img.At(p.X, p.Y)) != 'W' {
					t.Errorf("%v to %d: %v at %v", size, side, img.At(p.X, p.Y), p)
				}
			}
		}
	}
}

// No line is lost at an edge or drawn twice, whatever the ratio: a ramp stays one.
func TestScaleIsEven(t *testing.T) {
	for _, w := range []int{64, 100, 255, 256, 300, 511, 777, 1200} {
		ramp := drawn(w, w, func(x, y int) color.Color {
			return color.NRGBA{uint8(255 * x / w), uint8(255 * y / w), 128, 255}
		})
		img, _ := avatar(t, asPNG(t, ramp), picture.Crop{}, 64)
		for _, at := range []int{0, 1, 13, 31, 32, 50, 62, 63} {
			want := 255 * (float64(at) + 0.5) / 64
			c := color.NRGBAModel.Convert(img.At(at, at)).(color.NRGBA)
			if math.Abs(float64(c.R)-want) > 9 || math.Abs(float64(c.G)-want) > 9 {
				t.Errorf("%d: at %d got %v, want about %.0f", w, at, c, want)
			}
		}
	}
}

// As the page cuts it: fractions of what is seen, which EXIF may have turned.
func TestCrop(t *testing.T) {
	rows := []struct {
		file string
		crop picture.Crop
		want string
	}{
		{"baseline.jpg", picture.Crop{X: 0, Y: 0, Size: 0.5}, "RRRR"},
		{"baseline.jpg", picture.Crop{X: 0.5, Y: 0, Size: 0.5}, "GGGG"},
		{"baseline.jpg", picture.Crop{X: 0, Y: 0.5, Size: 0.5}, "BBBB"},
		{"baseline.jpg", picture.Crop{X: 0.5, Y: 0.5, Size: 0.5}, "WWWW"},
		{"baseline.jpg", picture.Crop{X: 1, Y: 1, Size: 0.5}, "WWWW"}, // moved inwards
		{"baseline.jpg", picture.Crop{X: 1. / 6, Y: 0, Size: 1}, upright},
		{"baseline.jpg", picture.Crop{X: 0, Y: 0, Size: 1e-9}, "RRRR"}, // one pixel
		{"turned-6.jpg", picture.Crop{X: 0, Y: 0, Size: 0.5}, "BBBB"},
		{"turned-6.jpg", picture.Crop{X: 0.5, Y: 0.6, Size: 0.5}, "GGGG"},
		{"turned-7.jpg", picture.Crop{X: 0, Y: 0, Size: 0.5}, "WWWW"},
		{"animated-alpha.gif", picture.Crop{X: 0.5, Y: 0.5, Size: 0.5}, "----"},
	}
	for _, row := range rows {
		img, _ := avatar(t, load(t, row.file), row.crop, 16)
		if got := colours(img); got != row.want {
			t.Errorf("%s, %+v: got %s, want %s", row.file, row.crop, got, row.want)
		}
	}
	// One pixel of each: a crop is exact.
	dots := drawn(4, 4, func(x, y int) color.Color { return color.NRGBA{uint8(x * 60), uint8(y * 60), 0, 255} })
	for y := range 4 {
		for x := range 4 {
			img, _ := avatar(t, asPNG(t, dots), picture.Crop{X: float64(x) / 4, Y: float64(y) / 4, Size: 0.25}, 8)
			c := color.NRGBAModel.Convert(img.At(4, 4)).(color.NRGBA)
			if math.Abs(float64(c.R)-float64(x*60)) > 4 || math.Abs(float64(c.G)-float64(y*60)) > 4 {
				t.Errorf("%d, %d: got %v", x, y, c)
			}
		}
	}
	nan := math.NaN()
	for _, crop := range []picture.Crop{
		{X: -0.1, Size: 0.5}, {Y: -0.1, Size: 0.5}, {X: 1.1, Size: 0.5}, {Y: 1.1, Size: 0.5}, {X: 0.1}, {Size: -1}, {Size: 1.1},
		{X: nan, Size: 1}, {Y: nan, Size: 1}, {Size: nan}, {Size: math.Inf(1)}, {X: math.Inf(1), Size: 1},
	} {
		if _, err := picture.New(picture.Options{}).Avatar(t.Context(), load(t, "baseline.jpg"), crop, 16); !errors.Is(err, picture.ErrCrop) {
			t.Errorf("%+v: %v", crop, err)
		}
	}
}

func TestOrientation(t *testing.T) {
	// Of a stored RGBW: flipped, turned by half, and so on.
	for n, want := range []string{1: "RGBW", 2: "GRWB", 3: "WBGR", 4: "BWRG", 5: "RBGW", 6: "BRWG", 7: "WGBR", 8: "GWRB"} {
		if n == 0 {
			continue
		}
		data := load(t, "turned-"+string(rune('0'+n))+".jpg")
		if img, _ := avatar(t, data, picture.Crop{}, 32); colours(img) != want {
			t.Errorf("%d: got %s, want %s", n, colours(img), want)
		}
		// The same by another hand: Motorola's order of bytes, one entry among others.
		exif := []byte("Exif\x00\x00MM\x00*\x00\x00\x00\x0a??\x00\x02" +
			"\x01\x00\x00\x03\x00\x00\x00\x01\x00\x30\x00\x00" + "\x01\x12\x00\x03\x00\x00\x00\x01\x00" + string(rune(n)) + "\x00\x00" + "\x00\x00\x00\x00")
		data = spliced(load(t, "baseline.jpg"), 2, jpegSegment(0xe1, string(exif)))
		if img, _ := avatar(t, data, picture.Crop{}, 32); colours(img) != want {
			t.Errorf("%d, Motorola: got %s, want %s", n, colours(img), want)
		}
	}
	for _, name := range []string{"turned-6.webp", "turned-6.png"} {
		if img, _ := avatar(t, load(t, name), picture.Crop{}, 32); colours(img) != "BRWG" {
			t.Errorf("%s: got %s", name, colours(img))
		}
	}
}

// What EXIF can't say is upright, and no reason to refuse the picture.
func TestBrokenExif(t *testing.T) {
	entry := "\x01\x12\x00\x03\x00\x00\x00\x01\x00\x06\x00\x00"
	for name, tiff := range map[string]string{
		"nothing":         "",
		"not TIFF":        "XX\x00*\x00\x00\x00\x08\x00\x01" + entry,
		"far away":        "MM\x00*\xff\xff\xff\xff\x00\x01" + entry,
		"at the end":      "MM\x00*\x00\x00\x00\x16\x00\x01" + entry,
		"cut short":       "MM\x00*\x00\x00\x00\x08\x00\x01" + entry[:9],
		"says too many":   "MM\x00*\x00\x00\x00\x08\xff\xff",
		"orientation 0":   "MM\x00*\x00\x00\x00\x08\x00\x01\x01\x12\x00\x03\x00\x00\x00\x01\x00\x00\x00\x00",
		"orientation 9":   "MM\x00*\x00\x00\x00\x08\x00\x01\x01\x12\x00\x03\x00\x00\x00\x01\x00\x09\x00\x00",
		"of another type": "MM\x00*\x00\x00\x00\x08\x00\x01\x01\x12\x00\x04\x00\x00\x00\x01\x00\x06\x00\x00",
		"many of them":    "MM\x00*\x00\x00\x00\x08\x00\x01\x01\x12\x00\x03\x00\x00\x00\x02\x00\x06\x00\x00",
	} {
		data := spliced(load(t, "baseline.jpg"), 2, jpegSegment(0xe1, "Exif\x00\x00"+tiff))
		if img, _ := avatar(t, data, picture.Crop{}, 32); colours(img) != upright {
			t.Errorf("%s: got %s", name, colours(img))
		}
	}
}

// Nothing of the file but its pixels comes through.
func TestNothingElseIsLeft(t *testing.T) {
	const secret = "Secret"
	const script = "<script>alert('Secret')</script>"
	baseline, plain := load(t, "baseline.jpg"), asPNG(t, quarters(48, 32))
	animation := asGIF(t, quarters(48, 32))
	// GIFAR and its kin: the header is JavaScript that sets a variable.
	polyglot := bytes.Clone(load(t, "animated.gif"))
	binary.LittleEndian.PutUint16(polyglot[6:], uint16('/')|uint16('*')<<8)
	for name, data := range map[string][]byte{
		"JPEG with EXIF and GPS": load(t, "turned-1.jpg"),
		"WebP with EXIF":         load(t, "turned-6.webp"),
		"PNG with EXIF":          load(t, "turned-6.png"),
		"JPEG with a comment":    spliced(baseline, 2, jpegSegment(0xfe, script)),
		"JPEG with XMP":          spliced(baseline, 2, jpegSegment(0xe1, "http://ns.adobe.com/xap/1.0/\x00"+script)),
		"JPEG with a profile":    spliced(baseline, 2, jpegSegment(0xe2, "ICC_PROFILE\x00\x01\x01"+script)),
		"JPEG with a thumbnail":  spliced(baseline, 2, jpegSegment(0xe1, "Exif\x00\x00"+secret+string(baseline))),
		"JPEG with a tail":       append(bytes.Clone(baseline), script...),
		"PNG with a tail":        append(bytes.Clone(plain), "<html>"+script...),
		"PNG with text":          spliced(plain, 33, pngChunk(nil, "tEXt", []byte("Comment\x00"+script))),
		"PNG with its own chunk": spliced(plain, 33, pngChunk(nil, "prIv", []byte(script))),
		"GIF with a tail":        append(bytes.Clone(animation), script...),
		"GIF with a comment":     spliced(load(t, "animated.gif"), 13+3*(2<<(load(t, "animated.gif")[10]&7)), []byte("\x21\xfe\x20"+script+"\x00")),
		"GIF as JavaScript":      append(polyglot, "*/=1;"+script...),
		"WebP with a tail":       append(bytes.Clone(load(t, "lossless.webp")), script...),
	} {
		if !bytes.Contains(data, []byte(secret)) {
			t.Fatalf("%s: there is nothing to lose", name)
		}
		_, e := avatar(t, data, picture.Crop{}, 32)
		for _, word := range []string{secret, "script", "Exif", "ICC", "eXIf", "tEXt", "GPS"} {
			if bytes.Contains(e.Bytes, []byte(word)) {
				t.Errorf("%s: %q is left", name, word)
			}
		}
	}
}

// A frame may be smaller than the picture, and lie anywhere in it.
func TestFirstFrameInItsPlace(t *testing.T) {
	red := color.Palette{color.NRGBA{255, 0, 0, 255}, color.Transparent}
	gifAt := func(x0, y0, x1, y1 int) []byte {
		var b bytes.Buffer
		frame := image.NewPaletted(image.Rect(x0, y0, x1, y1), red)
		if err := gif.EncodeAll(&b, &gif.GIF{Image: []*image.Paletted{frame}, Delay: []int{0}, Config: image.Config{Width: 48, Height: 32, ColorModel: red}}); err != nil {
			t.Fatal(err)
		}
		return b.Bytes()
	}
	still := load(t, "lossless.webp")                                // 48x32
	webp := riff("VP8X", "\x02\x00\x00\x00\x5f\x00\x00\x3f\x00\x00", // animated, of 96x64
		"ANIM", "\x00\x00\x00\x00\x00\x00",
		"ANMF", "\x12\x00\x00\x0c\x00\x00\x2f\x00\x00\x1f\x00\x00\x64\x00\x00\x00"+string(still[12:])) // at 36, 24
	for name, row := range map[string]struct {
		data []byte
		want string
		side int // the least one that shows it sharply
	}{
		"GIF, lower right": {gifAt(24, 16, 48, 32), "---R", 8}, "GIF, above": {gifAt(0, 0, 48, 16), "RR--", 8}, "WebP": {webp, "---W", 32},
	} {
		for side := row.side; side <= 64; side *= 2 {
			if img, _ := avatar(t, row.data, picture.Crop{}, side); colours(img) != row.want {
				t.Errorf("%s, %d: got %s, want %s", name, side, colours(img), row.want)
			}
		}
	}
}

// riff is a WebP file of chunks.
func riff(chunks ...string) []byte {
	body := "WEBP"
	for i := 0; i < len(chunks); i += 2 {
		body += chunks[i] + string(binary.LittleEndian.AppendUint32(nil, uint32(len(chunks[i+1])))) + chunks[i+1]
		body += strings.Repeat("\x00", len(chunks[i+1])%2)
	}
	return append(binary.LittleEndian.AppendUint32([]byte("RIFF"), uint32(len(body))), body...)
}

func TestSameInputSameBytes(t *testing.T) {
	_, a := avatar(t, load(t, "progressive.jpg"), picture.Crop{}, 256)
	_, b := avatar(t, load(t, "progressive.jpg"), picture.Crop{}, 256)
	if !bytes.Equal(a.Bytes, b.Bytes) {
		t.Error("they differ")
	}
}

func TestSide(t *testing.T) {
	for _, side := range []int{-1, 0, picture.MaxSide + 1} {
		if _, err := picture.New(picture.Options{}).Avatar(t.Context(), load(t, "baseline.jpg"), picture.Crop{}, side); err == nil {
			t.Errorf("%d: taken", side)
		}
	}
}

func TestQueue(t *testing.T) {
	data := load(t, "baseline.jpg")
	synctest.Test(t, func(t *testing.T) {
		s := picture.New(picture.Options{Waiting: 2})
		release := s.Hold()
		start := time.Now()
		done := make(chan error, 2)
		make := func(ctx context.Context) error {
			_, err := s.Avatar(ctx, data, picture.Crop{}, 16)
			return err
		}
		ctx, cancel := context.WithCancel(t.Context())
		go func() { done <- make(ctx) }()
		go func() { done <- make(t.Context()) }()
		synctest.Wait()
		if err := make(t.Context()); !errors.Is(err, picture.ErrBusy) {
			t.Errorf("a third: %v", err)
		}
		if _, err := s.Avatar(t.Context(), []byte("<svg/>"), picture.Crop{}, 16); !errors.Is(err, picture.ErrFormat) {
			t.Errorf("what is refused needs no turn: %v", err)
		}
		cancel()
		if err := <-done; !errors.Is(err, context.Canceled) || time.Since(start) != 0 {
			t.Errorf("the one that went: %v after %v", err, time.Since(start))
		}
		if err := <-done; !errors.Is(err, picture.ErrBusy) || time.Since(start) != 20*time.Second {
			t.Errorf("the one that stayed: %v after %v", err, time.Since(start))
		}
		go func() { done <- make(t.Context()) }()
		synctest.Wait()
		release()
		if err := <-done; err != nil {
			t.Errorf("its turn came, and got %v", err)
		}
		if err := make(ctx); !errors.Is(err, context.Canceled) {
			t.Errorf("a context that ended before: %v", err)
		}
	})
}
