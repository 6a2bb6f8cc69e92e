package files_test

import (
	"bytes"
	"encoding/binary"
	"image"
	"image/gif"
	"image/png"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"snug/files"
)

// hugePNG claims to have 60,000 by 60,000 pixels.
func hugePNG(t *testing.T) string {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, image.NewGray(image.Rect(0, 0, 1, 1))); err != nil {
		t.Fatal(err)
	}
	return strings.Replace(b.String(), "IHDR\x00\x00\x00\x01\x00\x00\x00\x01", "IHDR\x00\x00\xea\x60\x00\x00\xea\x60", 1)
}

func gifOf(t *testing.T) string {
	t.Helper()
	var b bytes.Buffer
	if err := gif.Encode(&b, image.NewGray(image.Rect(0, 0, 4, 4)), nil); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// What strangers send is told by its content, and what a browser could run in it, or
// what we couldn't decode, is for saving only.
func TestHostileFiles(t *testing.T) {
	const script = "<script>alert(document.cookie)</script>"
	jpeg := photo(t, 20, 20)
	r := newRig(t)
	for _, row := range []struct {
		what, name, content, mime string
		inline, kept              bool // kept: as it came
	}{
		{"HTML", "a.png", "<!doctype html>" + script, "text/html", false, true},
		{"HTML behind space", "a.jpg", "   \n" + "<html>" + script, "text/html", false, true},
		{"a script", "a.gif", script, "text/html", false, true},
		{"SVG", "a.svg", `<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)">` + script + `</svg>`, "image/svg+xml", false, true},
		{"SVG behind XML", "a.jpg", `<?xml version="1.0"?><!DOCTYPE svg SYSTEM "file:///etc/passwd"><svg/>`, "image/svg+xml", false, true},
		{"SVG behind a comment", "a.jpg", "<!-- " + strings.Repeat("x", 600) + " --><SVG/>", "image/svg+xml", false, true},
		{"JavaScript", "a.js", "alert(1)", "text/plain", false, true},
		{"PDF", "a.pdf", "%PDF-1.7\n", "application/pdf", false, true},
		{"a program", "a.jpg", "\x7fELF\x02\x01\x01\x00", "application/octet-stream", false, true},
		{"Flash", "a.swf", "FWS\x09\x00\x00\x00\x00", "application/octet-stream", false, true},
		{"a JPEG with a comment", "a.html", jpeg, "image/jpeg", true, false},
		{"a JPEG with HTML behind it", "a.html", jpeg + "<html>" + script, "image/jpeg", true, false},
		{"a GIF that is JavaScript", "a.js", strings.Replace(gifOf(t), "GIF89a\x04\x00", "GIF89a/*", 1) + "*/=1;" + script, "", false, false},
		{"a GIF of HTML only", "a.gif", "GIF89a" + script, "application/octet-stream", false, true},
		{"a JPEG of HTML only", "a.jpg", "\xff\xd8\xff\xe0" + script, "application/octet-stream", false, true},
		{"half a JPEG", "a.jpg", jpeg[:len(jpeg)/2], "application/octet-stream", false, true},
		{"a PNG bomb", "a.png", hugePNG(t), "application/octet-stream", false, true},
		{"a WebP of nothing", "a.webp", "RIFF\x24\x00\x00\x00WEBPVP8 " + strings.Repeat("\x00", 24), "application/octet-stream", false, true},
		{"HEIC", "a.heic", "\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic", "image/heic", false, true},
		{"AVIF", "a.avif", "\x00\x00\x00\x1cftypavif\x00\x00\x00\x00avifmif1", "image/avif", false, true},
		{"MP4", "a.mp4", "\x00\x00\x00\x18ftypmp42\x00\x00\x00\x00isommp42", "video/mp4", true, true},
		{"MP4 of HTML", "a.html", "\x00\x00\x00\x18ftypmp42" + script, "video/mp4", true, true},
		{"QuickTime", "a.mov", "\x00\x00\x00\x14ftypqt  \x00\x00\x00\x00qt  ", "video/quicktime", true, true},
		{"M4A", "a.m4a", "\x00\x00\x00\x18ftypM4A \x00\x00\x00\x00M4A mp42", "audio/mp4", true, true},
		{"WebM", "a.webm", "\x1a\x45\xdf\xa3\x01\x00\x00\x00\x00\x00\x00\x1f\x42\x82\x84webm", "video/webm", true, true},
		{"Matroska", "a.mkv", "\x1a\x45\xdf\xa3\x01\x00\x00\x00\x00\x00\x00\x23\x42\x82\x88matroska", "video/x-matroska", false, true},
		{"MP3", "a.mp3", "ID3\x03\x00\x00\x00\x00\x00\x00", "audio/mpeg", true, true},
		{"MP3 without a tag", "a.mp3", "\xff\xfb\x90\x00\x00\x00", "audio/mpeg", true, true},
		{"AAC", "a.aac", "\xff\xf1\x50\x80\x00\x00", "audio/aac", true, true},
		{"FLAC", "a.flac", "fLaC\x00\x00\x00\x22", "audio/flac", true, true},
		{"WAV", "a.wav", "RIFF\x24\x00\x00\x00WAVEfmt ", "audio/wav", true, true},
		{"Opus", "a.opus", "OggS\x00\x02\x00\x00\x00\x00\x00\x00\x00\x00OpusHead", "audio/ogg", true, true},
		{"Theora", "a.ogv", "OggS\x00\x02\x00\x00\x00\x00\x00\x00\x00\x00\x80theora", "video/ogg", true, true},
		{"ZIP", "a.zip", "PK\x03\x04", "application/zip", false, true},
		{"one byte", "a", "\x00", "application/octet-stream", false, true},
	} {
		f := r.upload(t, ann, row.name, row.content)
		got := r.read(t, files.Reader{User: ann}, f.ID, false)
		if row.mime != "" && (f.Type != row.mime || files.Inline(f.Type) != row.inline) {
			t.Errorf("%s: %s, inline %v", row.what, f.Type, files.Inline(f.Type))
		}
		if row.kept && got != row.content {
			t.Errorf("%s: it was changed", row.what)
		}
		if files.Inline(f.Type) && strings.HasPrefix(f.Type, "image/") && (strings.Contains(got, "script") || strings.Contains(got, "Secret")) {
			t.Errorf("%s: more than a picture is left", row.what)
		}
	}
}

func TestNamesFollowTheirKind(t *testing.T) {
	r := newRig(t)
	for name, want := range map[string]string{"a.jpg": "a.jpg", "a.html": "a.html", "a": "a"} {
		if f := r.upload(t, ann, name, photo(t, 4, 4)); f.Name != want {
			t.Errorf("%s became %s", name, f.Name)
		}
	}
	if f := r.upload(t, ann, "still.gif", gifOf(t)); f.Name != "still.png" || f.Type != "image/png" {
		t.Errorf("%s, %s", f.Name, f.Type)
	}
}

func TestNames(t *testing.T) {
	long := strings.Repeat("ä", 300)
	for name, want := range map[string]string{
		"photo.jpg":                         "photo.jpg",
		"":                                  "file",
		"..":                                "file",
		". . .":                             "file",
		"../../../etc/passwd":               "passwd",
		`..\..\windows\system32\a.dll`:      "a.dll",
		"/":                                 "file",
		"C:\\a\\b.txt":                      "b.txt",
		"C:evil.txt":                        "C_evil.txt",
		".htaccess":                         "htaccess",
		"...a...":                           "a",
		" a .txt ":                          "a .txt",
		"a\r\nSet-Cookie: x=y":              "a  Set-Cookie_ x=y",
		"a\x00.jpg":                         "a.jpg",
		"a\tb\u2028c\u00a0d":                "a b c d",
		"invoice\u202efdp.exe":              "invoicefdp.exe", // turned round it reads invoiceexe.pdf
		"\u200f\u200ea\u2066b\u2069":        "ab",
		"\ufeffa\u200bb":                    "ab",
		"family \U0001f468\u200d\U0001f469": "family \U0001f468\u200d\U0001f469",
		"cafe\u0301.txt":                    "caf\u00e9.txt",
		"\xff\xfe.txt":                      "\ufffd.txt",
		`"quoted" <b>|?*.txt`:               "_quoted_ _b____.txt",
		"文件.pdf":                            "文件.pdf",
		long + ".jpeg":                      strings.Repeat("ä", 97) + ".jpeg",
		long:                                strings.Repeat("ä", 100),
		"a." + strings.Repeat("x", 300):     "a." + strings.Repeat("x", 198),
	} {
		if got := files.CleanName(name); got != want {
			t.Errorf("%q became %q, want %q", name, got, want)
		}
	}
}

func FuzzCleanName(f *testing.F) {
	for _, name := range []string{"", "a.b", "../..", "a\u202eb", "\xff.\xff", strings.Repeat("e\u0301", 200) + ".txt", ". .x"} {
		f.Add(name)
	}
	f.Fuzz(func(t *testing.T, name string) {
		got := files.CleanName(name)
		if got == "" || len(got) > 200 || !utf8.ValidString(got) || strings.ContainsAny(got, "/\\\r\n\x00\"<>|?*:") || strings.HasPrefix(got, ".") {
			t.Errorf("%q became %q", name, got)
		}
		if strings.ContainsFunc(got, func(r rune) bool { return unicode.Is(unicode.Bidi_Control, r) || unicode.IsControl(r) }) {
			t.Errorf("%q became %q", name, got)
		}
		if again := files.CleanName(got); again != got {
			t.Errorf("%q became %q and then %q", name, got, again)
		}
	})
}

// box is one of a film.
func box(kind string, body ...string) string {
	content := strings.Join(body, "")
	return string(binary.BigEndian.AppendUint32(nil, uint32(8+len(content)))) + kind + content
}

func movie(version byte, scale, duration uint32) string {
	b := make([]byte, 108)
	b[0] = version
	if version == 1 {
		binary.BigEndian.PutUint32(b[20:], scale)
		binary.BigEndian.PutUint64(b[24:], uint64(duration))
	} else {
		binary.BigEndian.PutUint32(b[12:], scale)
		binary.BigEndian.PutUint32(b[16:], duration)
	}
	return box("mvhd", string(b))
}

func track(version byte, w, h uint32, turned bool) string {
	b, matrix := make([]byte, 84), 40
	if version == 1 {
		b, matrix = make([]byte, 96), 52
	}
	b[0] = version
	if turned {
		binary.BigEndian.PutUint32(b[matrix+4:], 1<<16)
	} else {
		binary.BigEndian.PutUint32(b[matrix:], 1<<16)
	}
	binary.BigEndian.PutUint32(b[matrix+36:], w<<16)
	binary.BigEndian.PutUint32(b[matrix+40:], h<<16)
	return box("trak", box("tkhd", string(b)), box("mdia"))
}

func TestFilms(t *testing.T) {
	r := newRig(t)
	start := box("ftyp", "mp42\x00\x00\x00\x00mp42")
	large := "\x00\x00\x00\x01mdat" + string(binary.BigEndian.AppendUint64(nil, 16+1000)) + strings.Repeat("x", 1000)
	for name, row := range map[string]struct {
		content  string
		w, h     int
		duration int64
	}{
		"plain":            {start + box("moov", movie(0, 600, 900), track(0, 1920, 1080, false)), 1920, 1080, 1500},
		"newer":            {start + box("moov", movie(1, 1000, 61_001), track(1, 640, 480, false)), 640, 480, 61_001},
		"taken upright":    {start + box("moov", movie(0, 1, 2), track(0, 1920, 1080, true)), 1080, 1920, 2000},
		"head at the end":  {start + large + box("moov", movie(0, 1, 2), track(0, 2, 4, false)), 2, 4, 2000},
		"sound first":      {start + box("moov", movie(0, 1, 2), track(0, 0, 0, false), track(0, 2, 4, false)), 2, 4, 2000},
		"no head":          {start + box("mdat", "xxx"), 0, 0, 0},
		"no scale":         {start + box("moov", movie(0, 0, 5)), 0, 0, 0},
		"for ever":         {start + box("moov", movie(1, 1, 1<<32-1)), 0, 0, 0},
		"box of no size":   {start + strings.Repeat("\x00\x00\x00\x04free", 20), 0, 0, 0},
		"box beyond":       {start + "\xff\xff\xff\xffmoov" + movie(0, 1, 2), 0, 0, 0},
		"negative box":     {start + "\x00\x00\x00\x01moov\xff\xff\xff\xff\xff\xff\xff\xff" + movie(0, 1, 2), 0, 0, 0},
		"boxes in boxes":   {start + strings.Repeat("\x00\x00\x00\x00moov", 5000) + movie(0, 1, 2), 0, 0, 0},
		"many empty boxes": {start + strings.Repeat(box("free"), 5000) + box("moov", movie(0, 1, 2)), 0, 0, 0},
		"cut short":        {start + box("moov", movie(0, 1, 2))[:20], 0, 0, 0},
	} {
		f := r.upload(t, ann, "a.mp4", row.content)
		if f.Width != row.w || f.Height != row.h || f.Duration != row.duration {
			t.Errorf("%s: %d by %d, %d ms", name, f.Width, f.Height, f.Duration)
		}
	}
	f := r.upload(t, ann, "a.m4a", box("ftyp", "M4A \x00\x00\x00\x00")+box("moov", movie(0, 600, 900), track(0, 500, 500, false)))
	if f.Width != 0 || f.Duration != 1500 {
		t.Errorf("a sound with a cover: %+v", f)
	}
}
