// Package web serves the browser client that is built into the binary.
package web

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path"
	"strconv"
	"strings"
	"sync/atomic"
)

// "all:" because the bundler makes files whose names begin with an underscore,
// which embed leaves out otherwise.
//
//go:embed all:dist
var dist embed.FS

// index is what the client begins with.
const index = "index.html"

// Handler serves the client: its files, compressed as built, with index.html for
// the path /, and for navigations to any other path, since the client routes those
// itself. What is neither is 404, never a page; so is anything below /api. A binary
// that was built without the client says so.
//
// names, which may be nil, says what the server is called: the page and the manifest of
// the installed app tell it.
func Handler(names func() Names) http.Handler {
	files, err := fs.Sub(dist, "dist")
	if err != nil {
		panic(err) // the path is a constant
	}
	h, err := newHandler(files, names)
	if err != nil {
		panic(err) // an embedded file can always be read
	}
	return h
}

// Dir serves another built client, from a folder, in the same way. The folder is
// read once, now.
func Dir(folder string, names func() Names) (http.Handler, error) {
	root, err := os.OpenRoot(folder)
	if err != nil {
		return nil, fmt.Errorf("open the web client: %w", err)
	}
	defer root.Close()
	h, err := newHandler(root.FS(), names)
	if err != nil {
		return nil, err
	}
	if h.files[index] == nil {
		return nil, fmt.Errorf("folder %s has no index.html: is it a built client?", folder)
	}
	return h, nil
}

// Page serves a client's index.html at whatever address it is asked for.
func Page(client http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		page := r.Clone(r.Context())
		page.URL.Path = "/" + index
		client.ServeHTTP(w, page)
	})
}

// file is one file of the client with its ready-made answers.
type file struct {
	contentType string
	cache       string
	variants    []variant // best first; the last is as it is, uncompressed
}

type variant struct {
	encoding string // "" for as it is
	etag     string
	body     []byte
}

type handler struct {
	files map[string]*file // by path without the leading slash
	names func() Names     // nil: the server has none
	named atomic.Pointer[named]
}

const (
	// A hashed name never means other bytes.
	cacheForever = "public, max-age=31536000, immutable"
	// Ask each time; the ETag makes the answer short.
	cacheAsk = "no-cache"
)

// encodings in the order of preference, with the suffix of their files.
var encodings = []struct{ name, suffix string }{{"br", ".br"}, {"gzip", ".gz"}}

// contentTypes has all that a client is made of, since the tables of systems
// differ and a wrong type for a style sheet is a page without style.
var contentTypes = map[string]string{
	".css":         "text/css; charset=utf-8",
	".html":        "text/html; charset=utf-8",
	".ico":         "image/x-icon",
	".js":          "text/javascript; charset=utf-8",
	".json":        "application/json",
	".png":         "image/png",
	".svg":         "image/svg+xml",
	".txt":         "text/plain; charset=utf-8",
	".wasm":        "application/wasm",
	".webmanifest": "application/manifest+json",
	".webp":        "image/webp",
	".woff2":       "font/woff2",
}

func newHandler(fsys fs.FS, names func() Names) (*handler, error) {
	h := &handler{files: map[string]*file{}, names: names}
	err := fs.WalkDir(fsys, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if name != "." && strings.HasPrefix(d.Name(), ".") {
			if d.IsDir() {
				return fs.SkipDir
			}
			return nil // .keep, and whatever else isn't meant for visitors
		}
		if d.IsDir() || encoded(name) {
			return nil
		}
		f, err := load(fsys, name)
		if err != nil {
			return err
		}
		h.files[name] = f
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read the web client: %w", err)
	}
	return h, nil
}

func encoded(name string) bool {
	for _, e := range encodings {
		if strings.HasSuffix(name, e.suffix) {
			return true
		}
	}
	return false
}

func load(fsys fs.FS, name string) (*file, error) {
	f := &file{contentType: contentTypes[path.Ext(name)], cache: cacheAsk}
	if f.contentType == "" {
		f.contentType = "application/octet-stream"
	}
	if strings.HasPrefix(name, "assets/") {
		f.cache = cacheForever
	}
	body, err := fs.ReadFile(fsys, name)
	if err != nil {
		return nil, err
	}
	tag := tagOf(body)
	for _, e := range encodings {
		if b, err := fs.ReadFile(fsys, name+e.suffix); err == nil {
			f.variants = append(f.variants, variant{encoding: e.name, etag: `"` + tag + "-" + e.name + `"`, body: b})
		}
	}
	f.variants = append(f.variants, variant{etag: `"` + tag + `"`, body: body})
	return f, nil
}

func tagOf(body []byte) string {
	sum := sha256.Sum256(body)
	return hex.EncodeToString(sum[:12])
}

func (h *handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		http.Error(w, "method not allowed", http.StatusMethodNotAllowed)
		return
	}
	name := strings.TrimPrefix(r.URL.Path, "/")
	if name == "" {
		name = index
	}
	if f := h.file(name); f != nil {
		f.serve(w, r)
		return
	}
	if !navigation(r) {
		http.Error(w, "not found", http.StatusNotFound)
		return
	}
	if page := h.file(index); page != nil {
		page.serve(w, r)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(http.StatusServiceUnavailable)
	io.WriteString(w, notBuilt)
}

const notBuilt = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Snug</title>
<h1>The web client isn't built</h1>
<p>The server runs, but this binary was made without the web client. Run <code>make build</code> and start it again.</p>
</html>
`

// navigation tells a person going to a page from a script, a style sheet or an
// API call that missed: for those a page would be a lie.
func navigation(r *http.Request) bool {
	p := r.URL.Path
	if p == "/api" || strings.HasPrefix(p, "/api/") || path.Ext(p) != "" || strings.Contains(p, "/.") {
		return false
	}
	return strings.Contains(r.Header.Get("Accept"), "text/html")
}

func (f *file) serve(w http.ResponseWriter, r *http.Request) {
	header := w.Header()
	if len(f.variants) > 1 {
		header.Add("Vary", "Accept-Encoding")
	}
	v := f.variants[len(f.variants)-1]
	for _, candidate := range f.variants[:len(f.variants)-1] {
		if accepts(r.Header.Get("Accept-Encoding"), candidate.encoding) {
			v = candidate
			header.Set("Content-Encoding", v.encoding)
			break
		}
	}
	if header.Get("Cache-Control") == "" { // who serves a page at a special address may be stricter
		header.Set("Cache-Control", f.cache)
	}
	header.Set("ETag", v.etag)
	if matches(r.Header.Get("If-None-Match"), v.etag) {
		header.Del("Content-Encoding")
		w.WriteHeader(http.StatusNotModified)
		return
	}
	header.Set("Content-Type", f.contentType)
	header.Set("Content-Length", strconv.Itoa(len(v.body)))
	w.WriteHeader(http.StatusOK)
	if r.Method != http.MethodHead {
		w.Write(v.body) // an error is the reader's leaving: nothing is left to do
	}
}

// accepts reports whether an Accept-Encoding header allows the encoding.
func accepts(header, encoding string) bool {
	any := false
	for part := range strings.SplitSeq(header, ",") {
		name, params, _ := strings.Cut(strings.ToLower(strings.TrimSpace(part)), ";")
		name = strings.TrimSpace(name)
		if name != encoding && name != "*" {
			continue
		}
		ok := true
		if q, found := strings.CutPrefix(strings.TrimSpace(params), "q="); found {
			weight, err := strconv.ParseFloat(q, 64)
			ok = err == nil && weight > 0
		}
		if name == encoding {
			return ok
		}
		any = ok
	}
	return any
}

// matches reports whether an If-None-Match header names the tag.
func matches(header, etag string) bool {
	if strings.TrimSpace(header) == "*" {
		return true
	}
	for tag := range strings.SplitSeq(header, ",") {
		if strings.TrimPrefix(strings.TrimSpace(tag), "W/") == etag {
			return true
		}
	}
	return false
}
