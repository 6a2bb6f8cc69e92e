package auth_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync/atomic"
	"testing"

	"snug/auth"
	"snug/fetch"
)

// inside are addresses of pictures by which a server could be made to look around in
// its own network.
var inside = []string{
	"https://127.0.0.1/", "https://[::1]/", "https://localhost/", "https://169.254.169.254/latest/meta-data/", "https://[fd00:ec2::254]/",
	"https://2130706433/", "https://0x7f000001/", "https://0177.0.0.1/", "https://127.1/", "https://[::ffff:127.0.0.1]/", "https://10.0.0.1/", "https://192.168.1.1/",
	"https://intranet/", "https://127.0.0.1.nip.example/", "https://lh3.googleusercontent.com:22/", "https://lh3.googleusercontent.com:8443/",
	"https://lh3.googleusercontent.com.evil.example/", "https://evil.example/lh3.googleusercontent.com", "https://evil.example#lh3.googleusercontent.com",
	"https://evil.example?lh3.googleusercontent.com", "https://lh3.googleusercontent.com./", "https://LH3.googleusercontent.com/",
	"https://lh3.googleusercontent.com/", "https://avatars.githubusercontent.com/u/1", "https://pbs.twimg.com/x",
}

// §13.17: the addresses that users give, and those that providers have for them, are
// fetched by what looks at where it connects to, and lead nowhere inside. Here all
// names do: a name server is anybody's.
func TestPicturesLeadNowhereInside(t *testing.T) {
	var reached atomic.Int64
	server := httptest.NewTLSServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { reached.Add(1) }))
	defer server.Close()
	fetcher := fetch.New(fetch.Options{Resolver: func(context.Context, string) ([]netip.Addr, error) {
		return []netip.Addr{netip.MustParseAddr("127.0.0.1"), netip.MustParseAddr("::1"), netip.MustParseAddr("169.254.169.254")}, nil
	}})
	type result struct {
		url string
		err error
	}
	results := make(chan result, 1000)
	p := newIDP(t)
	var book logbook
	g := newRig(t, p.use, book.use, func(c *auth.Config) {
		c.Fetch = func(ctx context.Context, url string) ([]byte, error) {
			found, err := fetcher.Get(ctx, url, fetch.GetOptions{})
			results <- result{url, err}
			return found.Body, err
		}
	})
	own := "https://" + strings.TrimPrefix(server.URL, "https://")
	blocked := func(who *jar, url string) {
		t.Helper()
		r := <-results
		for ; r.url != url; r = <-results { // it is tried more than once
		}
		if !errors.Is(r.err, fetch.ErrBlocked) {
			t.Errorf("%s: fetched, %v", url, r.err)
		}
		if id, ok := who.identity(); !ok || id.Image != "" {
			t.Errorf("%s: others see %q", url, id.Image)
		}
	}
	eve := g.jar().signUp("eve")
	given := map[string]bool{"lh3.googleusercontent.com": true, "LH3.googleusercontent.com": true, "avatars.githubusercontent.com": true, "pbs.twimg.com": true}
	for i, url := range append(inside, own) {
		g.ForgetTries()
		if p := eve.post("/update-user", fmt.Sprintf(`{"image":%q}`, url)); p.Code != 200 {
			p.want(t, 400, "INVALID_IMAGE")
		} else if host, _, _ := strings.Cut(strings.TrimPrefix(url, "https://"), "/"); given[host] {
			blocked(eve, url) // of the hosts that users' pictures may come from; others aren't fetched
		}
		j := g.jar()
		j.enter(p, "google", person{id: fmt.Sprint(i), name: "x", email: fmt.Sprintf("x%d@example.com", i), verified: true, picture: url}).wantAt(t, "/ok")
		if s := j.session(); s.User.Image != nil {
			blocked(j, url)
		}
	}
	if reached.Load() > 0 {
		t.Error("a server inside was asked")
	}
	if strings.Contains(book.read(g), "https://") {
		t.Error("the log tells addresses")
	}
}

// §13.17: a file that is a picture and something else besides is shown as a picture
// and nothing else, and what only says that it is one isn't taken.
func TestPolyglots(t *testing.T) {
	g := newRig(t)
	j := g.jar().signUp("eve")
	const script = "<!--*/--><script>alert(1)</script>"
	frame := image.NewPaletted(image.Rect(0, 0, 64, 64), color.Palette{red, blue})
	encoded := func(encode func(*bytes.Buffer) error) string {
		var b bytes.Buffer
		if err := encode(&b); err != nil {
			t.Fatal(err)
		}
		return b.String()
	}
	asPNG := string(painted(t, red, 64, 64))
	asGIF := encoded(func(b *bytes.Buffer) error { return gif.Encode(b, frame, nil) })
	asJPEG := encoded(func(b *bytes.Buffer) error { return jpeg.Encode(b, frame, nil) })
	chunk := func(kind, data string) string {
		body := kind + data
		text := binary.BigEndian.AppendUint32(nil, uint32(len(data)))
		return string(binary.BigEndian.AppendUint32(append(text, body...), crc32.ChecksumIEEE([]byte(body))))
	}
	segment := func(marker byte, data string) string {
		return string(binary.BigEndian.AppendUint16([]byte{0xff, marker}, uint16(len(data)+2))) + data
	}
	const header = 8 + 25 // of a PNG, up to the first chunk of one's own
	for name, file := range map[string]string{
		"PNG and a page":           asPNG + script,
		"PNG and an archive":       asPNG + "PK\x03\x04" + script,
		"PNG with a text":          asPNG[:header] + chunk("tEXt", "Comment\x00"+script) + asPNG[header:],
		"PNG with a chunk":         asPNG[:header] + chunk("hAck", script) + asPNG[header:],
		"GIF and a program":        asGIF + "*/=1;" + script,
		"GIF with a comment":       asGIF[:13+6] + "\x21\xfe" + string(rune(len(script))) + script + "\x00" + asGIF[13+6:],
		"JPEG with a comment":      asJPEG[:2] + segment(0xfe, script) + asJPEG[2:],
		"JPEG with EXIF":           asJPEG[:2] + segment(0xe1, "Exif\x00\x00"+script) + asJPEG[2:],
		"JPEG and an applet":       asJPEG + "PK\x03\x04" + script,
		"JPEG with a foreign APP0": asJPEG[:2] + segment(0xe0, script) + asJPEG[2:],
	} {
		var shown struct{ Image string }
		p := j.upload("", []byte(file)).want(t, 200, "")
		if p.decode(t, &shown); shown.Image == "" {
			t.Errorf("%s: %s", name, p.text)
			continue
		}
		p, _ = g.show(shown.Image)
		h := p.Header()
		if strings.Contains(p.text, "script") || strings.Contains(p.text, "PK\x03") || strings.Contains(p.text, "hAck") {
			t.Errorf("%s: it is still in there", name)
		}
		if kind := h.Get("Content-Type"); kind != "image/jpeg" && kind != "image/png" || h.Get("X-Content-Type-Options") != "nosniff" ||
			!strings.Contains(h.Get("Content-Security-Policy"), "default-src 'none'; sandbox") {
			t.Errorf("%s: %v", name, h)
		}
	}
	before, _ := j.identity()
	huge := []byte(asPNG)
	binary.BigEndian.PutUint32(huge[16:], 60000)
	binary.BigEndian.PutUint32(huge[20:], 60000)
	binary.BigEndian.PutUint32(huge[29:], crc32.ChecksumIEEE(huge[12:29]))
	for name, file := range map[string]string{
		"SVG": `<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>`, "a page": script, "a page that begins like a GIF": "GIF89a" + script,
		"a program that begins like a GIF": "GIF89a=1;alert(1)//", "an archive": "PK\x03\x04" + asPNG, "a page, then a picture": script + asPNG,
		"a picture of 3,600 megapixels": string(huge),
	} {
		if p := j.upload("", []byte(file)); p.Code != 400 && p.Code != 413 {
			t.Errorf("%s: %d %s", name, p.Code, p.text)
		}
	}
	if now, _ := j.identity(); now.Image != before.Image {
		t.Error("one of those was taken")
	}
}
