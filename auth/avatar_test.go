package auth_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"snug/auth"
)

// painted is a picture of one colour.
func painted(t testing.TB, c color.Color, width, height int) []byte {
	t.Helper()
	m := image.NewRGBA(image.Rect(0, 0, width, height))
	for y := range height {
		for x := range width {
			m.Set(x, y, c)
		}
	}
	var b bytes.Buffer
	if err := png.Encode(&b, m); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

var (
	red  = color.RGBA{200, 0, 0, 255}
	blue = color.RGBA{0, 0, 200, 255}
)

func (j *jar) upload(query string, picture []byte) reply {
	r := httptest.NewRequest("POST", j.origin+"/api/account/avatar"+query, bytes.NewReader(picture))
	r.Header = j.request("POST", "/sign-out", "{}").Header
	r.Header.Set("Content-Type", "image/png")
	return j.send(r)
}

// show fetches a picture and returns its colour in the middle.
func (g *rig) show(path string) (reply, color.Color) {
	g.Helper()
	p := g.do(httptest.NewRequest("GET", base+path, nil))
	if p.Code != 200 {
		return p, nil
	}
	m, _, err := image.Decode(strings.NewReader(p.text))
	if err != nil {
		g.Fatalf("decode %s: %v", path, err)
	}
	if b := m.Bounds(); b.Dx() != b.Dy() {
		g.Errorf("%s is %v", path, b)
	}
	return p, m.At(m.Bounds().Dx()/2, m.Bounds().Dy()/2)
}

func reddish(c color.Color) bool {
	if c == nil {
		return false
	}
	r, _, b, _ := c.RGBA()
	return r > 2*b
}

func TestAvatar(t *testing.T) {
	var heard []auth.Identity
	clock := newClock()
	g := newRig(t, clock.use, func(c *auth.Config) { c.OnUserChange = func(id auth.Identity) { heard = append(heard, id) } })
	ada := g.jar().signUp("ada")
	var first, second struct{ Image string }
	p := ada.upload("", painted(t, red, 300, 200)).want(t, 200, "")
	p.decode(t, &first)
	if !strings.HasPrefix(first.Image, "/api/avatars/") {
		t.Fatalf("got %s", p.text)
	}
	if id, _ := ada.identity(); id.Image != first.Image || len(heard) != 1 || heard[0].Image != first.Image {
		t.Errorf("others see %q, heard %+v", id.Image, heard)
	}
	if s := ada.session(); s.User.Image == nil || *s.User.Image != first.Image {
		t.Errorf("the page sees %v", s.User.Image)
	}
	p, c := g.show(first.Image)
	if !reddish(c) || p.Header().Get("Content-Type") != "image/jpeg" || !strings.Contains(p.Header().Get("Cache-Control"), "immutable") ||
		p.Header().Get("X-Content-Type-Options") != "nosniff" || !strings.Contains(p.Header().Get("Content-Security-Policy"), "sandbox") {
		t.Errorf("colour %v, headers %v", c, p.Header())
	}
	again := httptest.NewRequest("GET", base+first.Image, nil)
	again.Header.Set("If-None-Match", p.Header().Get("ETag"))
	if p := g.do(again); p.Code != 304 || p.text != "" {
		t.Errorf("asked again: %d", p.Code)
	}

	// Messages hold the first address: it gives the present picture.
	clock.pass(1e9)
	ada.upload("?x=0&y=0&size=1", painted(t, blue, 64, 64)).want(t, 200, "").decode(t, &second)
	if second.Image == first.Image {
		t.Error("the same address for another picture")
	}
	if p, c := g.show(first.Image); c == nil || reddish(c) || strings.Contains(p.Header().Get("Cache-Control"), "immutable") {
		t.Errorf("the old address gives %v, %v", c, p.Header())
	}
	if _, c := g.show(second.Image); c == nil || reddish(c) {
		t.Errorf("the new address gives %v", c)
	}

	ada.post("/account/avatar/remove", `{}`).want(t, 200, "")
	if p, _ := g.show(second.Image); p.Code != 404 {
		t.Errorf("after its removal: %d", p.Code)
	}
	if id, _ := ada.identity(); id.Image != "" || heard[len(heard)-1].Image != "" {
		t.Errorf("others see %q", id.Image)
	}
	ada.post("/account/avatar/remove", `{}`).want(t, 200, "")
}

func TestAvatarRefusals(t *testing.T) {
	g := newRig(t)
	ada := g.jar().signUp("ada")
	good := painted(t, red, 10, 10)
	ada.upload("", []byte("<svg xmlns='http://www.w3.org/2000/svg'/>")).want(t, 400, "NOT_A_PICTURE")
	ada.upload("", good[:40]).want(t, 400, "NOT_A_PICTURE")
	ada.upload("", nil).want(t, 400, "NOT_A_PICTURE")
	ada.upload("?x=2", good).want(t, 400, "VALIDATION_ERROR")
	ada.upload("?size=NaN", good).want(t, 400, "VALIDATION_ERROR")
	ada.upload("?size=big", good).want(t, 400, "VALIDATION_ERROR")
	ada.upload("", append(good, make([]byte, 9<<20)...)).want(t, 413, "PICTURE_TOO_LARGE")
	g.jar().upload("", good).want(t, 401, "")
	ada.origin = "https://evil.example"
	ada.upload("", good).want(t, 403, "INVALID_ORIGIN")
	for _, path := range []string{"/api/avatars/none", "/api/avatars/", "/api/avatars/a/b"} {
		if p, _ := g.show(path); p.Code != 404 {
			t.Errorf("%s: %d", path, p.Code)
		}
	}
}

// §13.17: a picture elsewhere would tell its owner who reads what. It is fetched
// once, if it is a provider's, and never shown to others before that.
func TestPictureElsewhere(t *testing.T) {
	fetched := make(chan string, 10)
	serve := map[string][]byte{"https://lh3.googleusercontent.com/a/ada": painted(t, red, 20, 20)}
	changed := make(chan auth.Identity, 10)
	g := newRig(t, func(c *auth.Config) {
		c.Fetch = func(_ context.Context, url string) ([]byte, error) {
			fetched <- url
			if raw := serve[url]; raw != nil {
				return raw, nil
			}
			return nil, errors.New("not there")
		}
		c.OnUserChange = func(id auth.Identity) { changed <- id }
	})
	ada := g.jar().signUp("ada")
	given := func(url string) {
		t.Helper()
		ada.post("/update-user", fmt.Sprintf(`{"image":%q}`, url)).want(t, 200, "")
		if id := <-changed; id.Image != "" {
			t.Errorf("others are told of %s", id.Image)
		}
		if id, _ := ada.identity(); id.Image != "" {
			t.Errorf("others see %s", id.Image)
		}
		if s := ada.session(); *s.User.Image != url {
			t.Errorf("she sees %s", *s.User.Image)
		}
	}
	given("https://tracker.example/pixel.gif")
	given("https://pbs.twimg.com/missing.png") // which can't be had
	if url := <-fetched; url != "https://pbs.twimg.com/missing.png" {
		t.Errorf("fetched %s", url)
	}
	ada.post("/update-user", `{"image":"https://lh3.googleusercontent.com/a/ada"}`).want(t, 200, "")
	if url := <-fetched; url != "https://lh3.googleusercontent.com/a/ada" {
		t.Errorf("fetched %s", url)
	}
	<-changed
	ours := <-changed
	if _, c := g.show(ours.Image); !reddish(c) {
		t.Errorf("it shows %v", c)
	}
	// Another's picture isn't hers to use.
	bob := g.jar().signUp("bob")
	bob.post("/update-user", fmt.Sprintf(`{"image":%q}`, ours.Image)).want(t, http.StatusBadRequest, "INVALID_IMAGE")
	ada.post("/update-user", fmt.Sprintf(`{"image":%q}`, ours.Image)).want(t, 200, "")
}

// What a deleted account left elsewhere is removed, however often that fails.
func TestDepartures(t *testing.T) {
	told := make(chan string, 10)
	fail := true
	g := newRig(t, func(c *auth.Config) {
		c.OnUserDelete = func(_ context.Context, ids []string) error {
			told <- strings.Join(ids, " ")
			if fail {
				return errors.New("the room is asleep and can't be woken")
			}
			return nil
		}
	})
	g.jar().signUp("owner")
	ada := g.jar().signUp("ada")
	var picture struct{ Image string }
	ada.upload("", painted(t, red, 9, 9)).decode(t, &picture)
	id, _ := ada.identity()
	if err := g.Delete(t.Context(), "ada@example.com"); err != nil {
		t.Fatal(err)
	}
	if who := <-told; who != id.UserID {
		t.Errorf("told of %s", who)
	}
	if p, _ := g.show(picture.Image); p.Code != 404 {
		t.Errorf("her picture: %d", p.Code)
	}
	// After a new start on the same data it is tried again.
	if err := g.Close(); err != nil {
		t.Fatal(err)
	}
	fail = false
	again, err := auth.New(auth.Config{DB: g.db, Secret: []byte(secret), OnUserDelete: func(_ context.Context, ids []string) error {
		told <- strings.Join(ids, " ")
		return nil
	}})
	if err != nil {
		t.Fatal(err)
	}
	if who := <-told; who != id.UserID {
		t.Errorf("told of %s", who)
	}
	again.Forgotten(t.Context())
	if err := again.Close(); err != nil {
		t.Fatal(err)
	}
	var left int
	g.query(`select count(*) from departures`, &left)
	if left != 0 {
		t.Errorf("%d departures are left", left)
	}
}
