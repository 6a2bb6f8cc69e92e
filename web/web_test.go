package web_test

import (
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/fstest"

	"snug/web"
)

const browser = "text/html,application/xhtml+xml,*/*;q=0.8"

func built() fstest.MapFS {
	f := func(s string) *fstest.MapFile { return &fstest.MapFile{Data: []byte(s)} }
	return fstest.MapFS{
		".keep":                   f(""),
		".vite/manifest.json":     f("{}"),
		"index.html":              f("<!doctype html>"),
		"index.html.gz":           f("gz index"),
		"robots.txt":              f("User-agent: *"),
		"favicon.svg":             f("<svg/>"),
		"manifest.webmanifest":    f("{}"),
		"sw.js":                   f("self"),
		"sw.js.br":                f("br self"),
		"icons/icon-192.png":      f("png"),
		"assets/_app-1a2b.js":     f("export {}"),
		"assets/_app-1a2b.js.br":  f("br app"),
		"assets/_app-1a2b.js.gz":  f("gz app"),
		"assets/inter-3c4d.woff2": f("font"),
		"assets/app-5e6f.css":     f("a{}"),
		"assets/de-7a8b.json":     f("{}"),
	}
}

type request struct {
	method, path, accept, encoding, noneMatch, bytes string
}

func serve(t *testing.T, fsys fs.FS, q request) *http.Response {
	t.Helper()
	h, err := web.NewHandler(fsys, nil)
	if err != nil {
		t.Fatal(err)
	}
	if q.method == "" {
		q.method = http.MethodGet
	}
	r := httptest.NewRequest(q.method, q.path, nil)
	for name, value := range map[string]string{"Accept": q.accept, "Accept-Encoding": q.encoding, "If-None-Match": q.noneMatch, "Range": q.bytes} {
		if value != "" {
			r.Header.Set(name, value)
		}
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w.Result()
}

func body(t *testing.T, resp *http.Response) string {
	t.Helper()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestPaths(t *testing.T) {
	const page = "<!doctype html>"
	for _, tt := range []struct {
		name   string
		q      request
		status int
		body   string // its beginning
	}{
		{"the page", request{path: "/", accept: browser}, 200, page},
		{"the page, fetched by a script that was sent on to it", request{path: "/", accept: "application/json"}, 200, page},
		{"a navigation into the client", request{path: "/rooms/global", accept: browser}, 200, page},
		{"a navigation to a path that nobody knows", request{path: "/no/such/page", accept: browser}, 200, page},
		{"HEAD of a navigation", request{method: "HEAD", path: "/rooms/global", accept: browser}, 200, ""},
		{"a script's fetch of the same path", request{path: "/rooms/global", accept: "*/*"}, 404, "not found"},
		{"a fetch without Accept", request{path: "/rooms/global"}, 404, "not found"},
		{"a file that isn't there", request{path: "/assets/old-0000.js", accept: browser}, 404, "not found"},
		{"an API path, whoever asks", request{path: "/api/nope", accept: browser}, 404, "not found"},
		{"the API's root", request{path: "/api", accept: browser}, 404, "not found"},
		{"a path that only begins like the API", request{path: "/apiary", accept: browser}, 200, page},
		{"a file that begins with an underscore", request{path: "/assets/_app-1a2b.js"}, 200, "export {}"},
		{"robots.txt is a file, not the page", request{path: "/robots.txt", accept: browser}, 200, "User-agent"},
		{"the bundler's manifest", request{path: "/.vite/manifest.json", accept: browser}, 404, "not found"},
		{"a dot path that isn't there", request{path: "/.git/config", accept: browser}, 404, "not found"},
		{"a dot path without an extension", request{path: "/.well-known/x", accept: browser}, 404, "not found"},
		{"the placeholder", request{path: "/.keep"}, 404, "not found"},
		{"a compressed file by its own name", request{path: "/assets/_app-1a2b.js.br"}, 404, "not found"},
		{"a folder", request{path: "/assets/"}, 404, "not found"},
		{"a way out", request{path: "/assets/../../web.go"}, 404, "not found"},
		{"a post", request{method: "POST", path: "/", accept: browser}, 405, "method not allowed"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			resp := serve(t, built(), tt.q)
			if resp.StatusCode != tt.status {
				t.Errorf("status %d, want %d", resp.StatusCode, tt.status)
			}
			if got := body(t, resp); !strings.HasPrefix(got, tt.body) || (tt.body == "" && got != "") {
				t.Errorf("body %q, want %q", got, tt.body)
			}
		})
	}
}

func TestHeaders(t *testing.T) {
	const ask, forever = "no-cache", "public, max-age=31536000, immutable"
	for _, tt := range []struct{ path, contentType, cache string }{
		{"/", "text/html; charset=utf-8", ask},
		{"/robots.txt", "text/plain; charset=utf-8", ask},
		{"/favicon.svg", "image/svg+xml", ask},
		{"/manifest.webmanifest", "application/manifest+json", ask},
		// Kept for a day, an old worker would go on serving an old page (its scope is all
		// of the server by where it lies).
		{"/sw.js", "text/javascript; charset=utf-8", ask},
		{"/icons/icon-192.png", "image/png", ask},
		{"/assets/_app-1a2b.js", "text/javascript; charset=utf-8", forever},
		{"/assets/app-5e6f.css", "text/css; charset=utf-8", forever},
		{"/assets/inter-3c4d.woff2", "font/woff2", forever},
		{"/assets/de-7a8b.json", "application/json", forever},
	} {
		resp := serve(t, built(), request{path: tt.path, accept: browser})
		if got := resp.Header.Get("Content-Type"); got != tt.contentType {
			t.Errorf("%s: type %q, want %q", tt.path, got, tt.contentType)
		}
		if got := resp.Header.Get("Cache-Control"); got != tt.cache {
			t.Errorf("%s: cache %q, want %q", tt.path, got, tt.cache)
		}
		head := serve(t, built(), request{method: "HEAD", path: tt.path, accept: browser})
		if want, got := resp.Header.Get("Content-Length"), head.Header.Get("Content-Length"); got != want || got == "" {
			t.Errorf("%s: HEAD says length %q, GET %q", tt.path, got, want)
		}
	}
}

func TestEncodings(t *testing.T) {
	for _, tt := range []struct{ accept, encoding, body string }{
		{"", "", "export {}"},
		{"gzip, deflate, br, zstd", "br", "br app"},
		{"gzip", "gzip", "gz app"},
		{"br;q=0, gzip;q=0.5", "gzip", "gz app"},
		{"BR", "br", "br app"},
		{"br;Q=0", "", "export {}"},
		{"*", "br", "br app"},
		{"*;q=0", "", "export {}"},
		{"br;q=nonsense", "", "export {}"},
		{"brotli", "", "export {}"},
	} {
		resp := serve(t, built(), request{path: "/assets/_app-1a2b.js", encoding: tt.accept})
		if got := resp.Header.Get("Content-Encoding"); got != tt.encoding {
			t.Errorf("%q: encoding %q, want %q", tt.accept, got, tt.encoding)
		}
		if got := body(t, resp); got != tt.body {
			t.Errorf("%q: body %q, want %q", tt.accept, got, tt.body)
		}
		if got := resp.Header.Get("Vary"); got != "Accept-Encoding" {
			t.Errorf("%q: Vary %q", tt.accept, got)
		}
	}
	if got := serve(t, built(), request{path: "/assets/inter-3c4d.woff2"}).Header.Get("Vary"); got != "" {
		t.Errorf("a file with one variant has Vary %q", got)
	}
}

func TestNotModified(t *testing.T) {
	q := request{path: "/assets/_app-1a2b.js", encoding: "br"}
	etag := serve(t, built(), q).Header.Get("ETag")
	for noneMatch, status := range map[string]int{
		etag: 304, "W/" + etag: 304, `"other", ` + etag: 304, "*": 304, `"other"`: 200, "": 200,
	} {
		q.noneMatch = noneMatch
		if resp := serve(t, built(), q); resp.StatusCode != status {
			t.Errorf("If-None-Match %s: status %d, want %d", noneMatch, resp.StatusCode, status)
		}
	}
	// Other bytes, another tag: a proxy must not mix them up.
	q.encoding, q.noneMatch = "gzip", etag
	if resp := serve(t, built(), q); resp.StatusCode != 200 {
		t.Errorf("the brotli tag matches the gzip bytes: status %d", resp.StatusCode)
	}
}

// A short answer says what the long one would, but for the body (RFC 9110 §15.4.5).
func TestNotModifiedHeaders(t *testing.T) {
	q := request{path: "/assets/_app-1a2b.js", encoding: "br"}
	whole := serve(t, built(), q)
	q.noneMatch = whole.Header.Get("ETag")
	for _, method := range []string{"GET", "HEAD"} {
		q.method = method
		resp := serve(t, built(), q)
		if resp.StatusCode != 304 || body(t, resp) != "" {
			t.Errorf("%s: status %d, or a body", method, resp.StatusCode)
		}
		for _, name := range []string{"ETag", "Cache-Control", "Vary"} {
			if got, want := resp.Header.Get(name), whole.Header.Get(name); got != want || want == "" {
				t.Errorf("%s: %s %q, want %q", method, name, got, want)
			}
		}
		for _, name := range []string{"Content-Encoding", "Content-Length", "Content-Type"} {
			if got := resp.Header.Get(name); got != "" {
				t.Errorf("%s: %s %q", method, name, got)
			}
		}
	}
}

// Nothing is served in parts, which no browser needs of files like these: a whole
// answer is always right (RFC 9110 §14.2).
func TestRangesAreIgnored(t *testing.T) {
	for _, bytes := range []string{"bytes=0-1", "bytes=-2", "bytes=100-", "bytes=0-0,2-3", "nonsense"} {
		for _, encoding := range []string{"", "br"} {
			resp := serve(t, built(), request{path: "/assets/_app-1a2b.js", bytes: bytes, encoding: encoding})
			if got := body(t, resp); resp.StatusCode != 200 || got != map[string]string{"": "export {}", "br": "br app"}[encoding] || resp.Header.Get("Content-Range") != "" {
				t.Errorf("%s: %d %q", bytes, resp.StatusCode, got)
			}
			if got := resp.Header.Get("Accept-Ranges"); got != "" {
				t.Errorf("%s: ranges %q are offered", bytes, got)
			}
		}
	}
}

func TestNotBuilt(t *testing.T) {
	empty := fstest.MapFS{".keep": &fstest.MapFile{}}
	resp := serve(t, empty, request{path: "/", accept: browser})
	if resp.StatusCode != http.StatusServiceUnavailable {
		t.Errorf("status %d", resp.StatusCode)
	}
	if got := body(t, resp); !strings.Contains(got, "make build") {
		t.Errorf("the page doesn't say what to do:\n%s", got)
	}
	if resp := serve(t, empty, request{path: "/assets/x.js"}); resp.StatusCode != 404 {
		t.Errorf("a script of a client that isn't built: status %d", resp.StatusCode)
	}
}

// What the bundler says it made is in the binary: embed leaves out some names
// without a word.
func TestEmbedded(t *testing.T) {
	fsys, err := web.Dist()
	if err != nil {
		t.Fatal(err)
	}
	text, err := fs.ReadFile(fsys, ".vite/manifest.json")
	if errors.Is(err, fs.ErrNotExist) {
		resp := serve(t, fsys, request{path: "/", accept: browser})
		if resp.StatusCode != http.StatusServiceUnavailable {
			t.Fatalf("no manifest, but a page: status %d", resp.StatusCode)
		}
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	var manifest map[string]struct {
		File   string   `json:"file"`
		CSS    []string `json:"css"`
		Assets []string `json:"assets"`
	}
	if err := json.Unmarshal(text, &manifest); err != nil {
		t.Fatal(err)
	}
	if len(manifest) == 0 {
		t.Fatal("the manifest is empty")
	}
	for source, chunk := range manifest {
		for _, name := range append(append([]string{chunk.File}, chunk.CSS...), chunk.Assets...) {
			resp := serve(t, fsys, request{path: "/" + name})
			if resp.StatusCode != 200 {
				t.Errorf("%s, made of %s: status %d", name, source, resp.StatusCode)
			}
			if resp.Header.Get("Content-Type") == "application/octet-stream" {
				t.Errorf("%s has no type of its own", name)
			}
		}
	}
	for _, name := range []string{"index.html", "theme.js", "robots.txt", "favicon.svg", "manifest.webmanifest", "sw.js", "favicon-unread.svg", "icons/icon-192.png"} {
		if resp := serve(t, fsys, request{path: "/" + name}); resp.StatusCode != 200 {
			t.Errorf("%s: status %d", name, resp.StatusCode)
		}
	}
}
