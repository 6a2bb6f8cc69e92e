package picture_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/gif"
	_ "image/jpeg"
	_ "image/png"
	"os"
	"strings"
	"testing"

	"snug/picture"
)

func photo1(t testing.TB, data []byte) picture.Photo {
	t.Helper()
	p, err := picture.New(picture.Options{}).Photo(t.Context(), data)
	if err != nil {
		t.Fatal(err)
	}
	openPhoto(t, p)
	return p
}

// openPhoto decodes what came out, and checks what holds of all of it.
func openPhoto(t testing.TB, p picture.Photo) (whole, thumbnail image.Image) {
	t.Helper()
	whole = openImage(t, p.Image)
	if len(p.Blurhash) != 28 || strings.ContainsAny(p.Blurhash, `"\<>& `) {
		t.Errorf("blurhash %q", p.Blurhash)
	}
	if p.Thumbnail.Bytes == nil {
		if p.Width > picture.ThumbnailWidth || p.Height > picture.ThumbnailHeight || p.Type == "image/gif" {
			t.Errorf("no thumbnail of %d by %d, %s", p.Width, p.Height, p.Type)
		}
		return whole, whole
	}
	if p.Thumbnail.Width > picture.ThumbnailWidth || p.Thumbnail.Height > picture.ThumbnailHeight || p.Thumbnail.Type == "image/gif" {
		t.Errorf("thumbnail of %d by %d, %s", p.Thumbnail.Width, p.Thumbnail.Height, p.Thumbnail.Type)
	}
	return whole, openImage(t, p.Thumbnail)
}

func openImage(t testing.TB, p picture.Image) image.Image {
	t.Helper()
	r := bytes.NewReader(p.Bytes)
	img, kind, err := image.Decode(r)
	if err != nil {
		t.Fatal(err)
	}
	if r.Len() != 0 && kind != "gif" {
		t.Errorf("%d bytes behind the picture", r.Len())
	}
	if "image/"+kind != p.Type {
		t.Errorf("%s is called %s", kind, p.Type)
	}
	config, _, err := image.DecodeConfig(bytes.NewReader(p.Bytes))
	if err != nil || config.Width != p.Width || config.Height != p.Height {
		t.Errorf("it has %d by %d pixels and is said to have %d by %d: %v", config.Width, config.Height, p.Width, p.Height, err)
	}
	return img
}

// corners names the pixels at the middles of the quarters.
func corners(img image.Image) string {
	b := img.Bounds()
	var s strings.Builder
	for _, p := range []image.Point{{1, 1}, {3, 1}, {1, 3}, {3, 3}} {
		s.WriteByte(colourName(img.At(b.Min.X+p.X*b.Dx()/4, b.Min.Y+p.Y*b.Dy()/4)))
	}
	return s.String()
}

func TestPhotoFormats(t *testing.T) {
	for name, kind := range map[string]string{
		"baseline.jpg": "image/jpeg", "progressive.jpg": "image/jpeg", "cmyk.jpg": "image/jpeg", "turned-6.jpg": "image/jpeg",
		"interlaced.png": "image/png", "palette.png": "image/png", "palette-alpha.png": "image/png", "deep-alpha.png": "image/png",
		"lossy.webp": "image/jpeg", "lossless.webp": "image/jpeg", "lossy-alpha.webp": "image/png", "animated.webp": "image/jpeg",
		"animated.gif": "image/gif", "animated-alpha.gif": "image/gif",
	} {
		t.Run(name, func(t *testing.T) {
			p := photo1(t, load(t, name))
			if p.Type != kind {
				t.Errorf("got %s, want %s", p.Type, kind)
			}
			a, _ := avatar(t, load(t, name), picture.Crop{}, 32)
			if got, want := corners(openImage(t, p.Image)), colours(a); got != want {
				t.Errorf("got %s, want %s", got, want)
			}
		})
	}
}

// exifOf is a segment that says how a JPEG is turned.
func exifOf(orientation int) []byte {
	return jpegSegment(0xe1, "Exif\x00\x00MM\x00*\x00\x00\x00\x08\x00\x01\x01\x12\x00\x03\x00\x00\x00\x01\x00"+string(rune(orientation))+"\x00\x00\x00\x00\x00\x00")
}

func TestPhotoOrientation(t *testing.T) {
	grey := image.NewGray(image.Rect(0, 0, 901, 30))
	for i := range grey.Pix {
		grey.Pix[i] = []byte{0, 255}[i/901/15]
	}
	for n, want := range []string{1: "RGBW", 2: "GRWB", 3: "WBGR", 4: "BWRG", 5: "RBGW", 6: "BRWG", 7: "WGBR", 8: "GWRB"} {
		if n == 0 {
			continue
		}
		for _, size := range []image.Point{{48, 32}, {47, 31}, {900, 32}, {901, 31}} {
			p := photo1(t, spliced(asJPEG(t, quarters(size.X, size.Y)), 2, exifOf(n)))
			whole, thumbnail := openPhoto(t, p)
			if got := corners(whole) + corners(thumbnail); got != want+want {
				t.Errorf("%d, %v: got %s, want %s", n, size, got, want)
			}
			if w, h := p.Width, p.Height; n >= 5 && (w != size.Y || h != size.X) || n < 5 && (w != size.X || h != size.Y) {
				t.Errorf("%d, %v: %d by %d", n, size, w, h)
			}
		}
		// Planes of another kind go another way.
		light := map[int]string{1: "KKWW", 2: "KKWW", 3: "WWKK", 4: "WWKK", 5: "KWKW", 6: "WKWK", 7: "WKWK", 8: "KWKW"}[n]
		whole, thumbnail := openPhoto(t, photo1(t, spliced(asJPEG(t, grey), 2, exifOf(n))))
		if got := corners(whole) + corners(thumbnail); got != light+light {
			t.Errorf("%d, grey: got %s, want %s", n, got, light)
		}
	}
	for _, name := range []string{"turned-6.webp", "turned-6.png"} {
		if got := corners(openImage(t, photo1(t, load(t, name)).Image)); got != "BRWG" {
			t.Errorf("%s: got %s", name, got)
		}
	}
}

func TestPhotoShapes(t *testing.T) {
	for _, row := range []struct{ w, h, wantW, wantH int }{
		{840, 640, 0, 0}, {841, 640, 840, 639}, {840, 641, 839, 640}, {1, 1, 0, 0}, {1000, 750, 840, 630},
		{5000, 3, 840, 1}, {3, 5000, 1, 640}, {16384, 1, 840, 1},
	} {
		p := photo1(t, asPNG(t, image.NewGray(image.Rect(0, 0, row.w, row.h))))
		if p.Thumbnail.Width != row.wantW || p.Thumbnail.Height != row.wantH {
			t.Errorf("%d by %d: thumbnail of %d by %d", row.w, row.h, p.Thumbnail.Width, p.Thumbnail.Height)
		}
	}
}

// moving is a GIF of frames in these colours, with all that GIFs carry besides.
func moving(t testing.TB, w, h int, colours ...color.Color) []byte {
	t.Helper()
	g := &gif.GIF{LoopCount: 3, Config: image.Config{Width: w, Height: h}}
	for i, c := range colours {
		frame := image.NewPaletted(image.Rect(i, 0, w, h), color.Palette{c, color.Transparent})
		g.Image, g.Delay, g.Disposal = append(g.Image, frame), append(g.Delay, 7+i), append(g.Disposal, gif.DisposalBackground)
	}
	var b bytes.Buffer
	if err := gif.EncodeAll(&b, g); err != nil {
		t.Fatal(err)
	}
	const comment = "\x21\xfe\x06Secret\x00" + "\x21\xff\x0bXMP DataXMP\x06Secret\x00"
	at := 13 // behind the head, which has no table of colours
	return append(spliced(b.Bytes(), at, []byte(comment)), "Secret"...)
}

func TestAnimationsMoveOn(t *testing.T) {
	red, blue := color.NRGBA{255, 0, 0, 255}, color.NRGBA{0, 0, 255, 255}
	for _, size := range []image.Point{{16, 12}, {1000, 300}} {
		p := photo1(t, moving(t, size.X, size.Y, red, blue, red))
		if p.Type != "image/gif" || bytes.Contains(p.Bytes, []byte("Secret")) || bytes.Contains(p.Bytes, []byte("XMP")) {
			t.Fatalf("%s, %q", p.Type, p.Bytes[:min(len(p.Bytes), 200)])
		}
		g, err := gif.DecodeAll(bytes.NewReader(p.Bytes))
		if err != nil {
			t.Fatal(err)
		}
		if len(g.Image) != 3 || g.LoopCount != 3 || fmt.Sprint(g.Delay) != "[7 8 9]" || g.Disposal[1] != gif.DisposalBackground {
			t.Errorf("%d frames, %d loops, %v", len(g.Image), g.LoopCount, g.Delay)
		}
		if r, _, b, _ := g.Image[1].At(5, 5).RGBA(); r != 0 || b != 0xffff {
			t.Error("the second frame has another colour")
		}
		if got := corners(openImage(t, p.Thumbnail)); got != "RRRR" {
			t.Errorf("the thumbnail is %s", got)
		}
	}
}

// GIFs are small for what they claim.
func TestGIFBombs(t *testing.T) {
	frame := func(w, h uint16) []byte {
		b := []byte{0x2c, 0, 0, 0, 0}
		b = binary.LittleEndian.AppendUint16(binary.LittleEndian.AppendUint16(b, w), h)
		return append(b, 0, 2, 1, 0x44, 0)
	}
	head := func(w, h uint16) []byte {
		return append(binary.LittleEndian.AppendUint16(binary.LittleEndian.AppendUint16([]byte("GIF89a"), w), h), 0x80, 0, 0, 0, 0, 0, 255, 255, 255)
	}
	for name, row := range map[string]struct {
		data []byte
		want error
	}{
		"many frames":       {append(append(head(1, 1), bytes.Repeat(frame(1, 1), 2001)...), 0x3b), picture.ErrTooLarge},
		"large frames":      {append(append(head(6000, 6000), bytes.Repeat(frame(6000, 6000), 2)...), 0x3b), picture.ErrTooLarge},
		"frames in nothing": {append(append(head(1, 1), bytes.Repeat(frame(60000, 60000), 2)...), 0x3b), picture.ErrTooLarge},
		"frames outside":    {append(append(head(1, 1), bytes.Repeat(frame(600, 600), 2)...), 0x3b), picture.ErrBroken},
		"large canvas":      {append(append(head(60000, 60000), frame(1, 1)...), 0x3b), picture.ErrTooLarge},
		"no end":            {append(head(1, 1), bytes.Repeat(frame(1, 1), 2)...), picture.ErrBroken},
		"no frame":          {append(head(1, 1), 0x3b), picture.ErrBroken},
		"not a block":       {append(head(1, 1), 0x77), picture.ErrBroken},
		"a table cut short": {[]byte("GIF89a\x01\x00\x01\x00\xff\x00\x00"), picture.ErrBroken},
	} {
		p, err := picture.New(picture.Options{}).Photo(t.Context(), row.data)
		if !errors.Is(err, row.want) || errors.Is(err, picture.ErrPanic) || p.Bytes != nil {
			t.Errorf("%s: got %v, want %v", name, err, row.want)
		}
	}
}

func TestPhotosLoseTheirMetadata(t *testing.T) {
	for _, name := range []string{"turned-1.jpg", "turned-6.jpg", "turned-6.png", "turned-6.webp"} {
		p := photo1(t, load(t, name))
		for _, word := range []string{"Secret", "Exif", "eXIf", "GPS"} {
			if bytes.Contains(p.Bytes, []byte(word)) {
				t.Errorf("%s: %q is left", name, word)
			}
		}
	}
}

// The vectors were made with the algorithm's library for JavaScript, changed in one
// point: its largest term is that by value, as in the one for C, and not by sign.
func TestBlurhash(t *testing.T) {
	for size, want := range map[image.Point]string{
		{32, 24}: "LxG[=]2nwyX8l~WBjpe;gIfdfSfm", {20, 32}: "TxGu?-2-wvl^WEjsgIfefOneWnjx", {1, 1}: "L00000fQfQfQfQfQfQfQfQfQfQfQ",
	} {
		img := image.NewRGBA(image.Rect(0, 0, size.X, size.Y))
		for y := range size.Y {
			for x := range size.X {
				img.SetRGBA(x, y, color.RGBA{uint8(x * 255 / size.X), uint8(y * 255 / size.Y), uint8(x*7 + y*13), 255})
			}
		}
		if got := picture.Blurhash(img); got != want {
			t.Errorf("%v: got %s, want %s", size, got, want)
		}
	}
}

func FuzzPhoto(f *testing.F) {
	files, err := os.ReadDir("testdata")
	if err != nil {
		f.Fatal(err)
	}
	for _, file := range files {
		if !file.IsDir() && !strings.HasSuffix(file.Name(), ".mjs") {
			f.Add(load(f, file.Name()))
		}
	}
	f.Add(greyProgressive(40, 40, 3))
	f.Add(moving(f, 9, 7, color.White, color.Black))
	s := picture.New(picture.Options{MaxPixels: 1 << 16, MaxBytes: 1 << 16})
	f.Fuzz(func(t *testing.T, data []byte) {
		p, err := s.Photo(t.Context(), data)
		switch {
		case errors.Is(err, picture.ErrPanic):
			t.Fatal(err)
		case err == nil:
			openPhoto(t, p)
		case !errors.Is(err, picture.ErrFormat) && !errors.Is(err, picture.ErrBroken) && !errors.Is(err, picture.ErrTooLarge):
			t.Fatal(err)
		}
	})
}

func BenchmarkPhoto(b *testing.B) {
	phone := photo(4032, 3024)
	jpegs := asJPEG(b, phone)
	for _, row := range []struct {
		name string
		data []byte
	}{
		{"phone=4032x3024.jpg", jpegs},
		{"turned=4032x3024.jpg", spliced(jpegs, 2, exifOf(6))},
		{"screenshot=2880x1800.png", asPNG(b, phone.SubImage(image.Rect(0, 0, 2880, 1800)))},
	} {
		b.Run(row.name, func(b *testing.B) {
			s := picture.New(picture.Options{MaxBytes: len(row.data)})
			b.ReportAllocs()
			for b.Loop() {
				if _, err := s.Photo(b.Context(), row.data); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
