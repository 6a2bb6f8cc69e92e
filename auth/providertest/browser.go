package providertest

import (
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"testing"
	"time"
)

// A browser visits one server, and notes where that sends it in the end.
type browser struct {
	testing.TB
	client *http.Client
	host   string
	left   string // the address outside, "" while there is none
}

// newBrowser returns one that stays at the server of that address.
func newBrowser(t testing.TB, server string) *browser {
	t.Helper()
	u, err := url.Parse(server)
	if err != nil {
		t.Fatal(err)
	}
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	b := &browser{TB: t, host: u.Host}
	b.client = &http.Client{Jar: jar, Timeout: 30 * time.Second, CheckRedirect: func(r *http.Request, via []*http.Request) error {
		if r.URL.Host != b.host {
			b.left = r.URL.String()
			return http.ErrUseLastResponse
		}
		if len(via) > 10 {
			t.Errorf("redirected in a circle: %s", r.URL.Path)
			return http.ErrUseLastResponse
		}
		return nil
	}}
	return b
}

// page is what a browser sees.
type page struct {
	url    *url.URL
	status int
	text   string
}

func (b *browser) get(address string) page {
	b.Helper()
	return b.see(b.client.Get(address))
}

// submit fills in the form of a page, whose hidden fields it keeps.
func (b *browser) submit(p page, fields url.Values) page {
	b.Helper()
	for _, m := range hidden.FindAllStringSubmatch(p.text, -1) {
		fields.Set(m[1], m[2])
	}
	return b.see(b.client.PostForm(p.url.String(), fields))
}

var hidden = regexp.MustCompile(`<input type="hidden" name="([^"]+)" value="([^"]*)">`)

func (b *browser) see(resp *http.Response, err error) page {
	b.Helper()
	if err != nil {
		b.Fatal(err)
	}
	text, err := io.ReadAll(io.LimitReader(resp.Body, 1<<20))
	if closeErr := resp.Body.Close(); err == nil {
		err = closeErr
	}
	if err != nil {
		b.Fatal(err)
	}
	return page{resp.Request.URL, resp.StatusCode, string(text)}
}

// callback returns where the browser was sent, or fails with the page on which it
// stands.
func (b *browser) callback(p page) string {
	b.Helper()
	if b.left == "" {
		b.Fatalf("no callback, but %d at %s:\n%s", p.status, p.url.Path, p.text)
	}
	return b.left
}
