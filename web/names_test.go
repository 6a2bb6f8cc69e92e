package web_test

import (
	"compress/gzip"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"testing/fstest"

	"snug/web"
)

// The page and the manifest tell what the server is called, from the moment that it is.
func TestNames(t *testing.T) {
	source, err := os.ReadFile("index.html") // as the bundler has it
	if err != nil {
		t.Fatal(err)
	}
	app, err := os.ReadFile("public/manifest.webmanifest")
	if err != nil {
		t.Fatal(err)
	}
	var now web.Names
	fsys := fstest.MapFS{"index.html": {Data: source}, "index.html.br": {Data: []byte("br")}, "manifest.webmanifest": {Data: app}}
	h, err := web.NewHandler(fsys, func() web.Names { return now })
	if err != nil {
		t.Fatal(err)
	}
	ask := func(path, encoding string) *http.Response {
		r := httptest.NewRequest(http.MethodGet, path, nil)
		r.Header.Set("Accept", browser)
		r.Header.Set("Accept-Encoding", encoding)
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		return w.Result()
	}
	before := ask("/", "")
	if text := body(t, before); text != string(source) {
		t.Error("without a name the page isn't as it was built")
	}
	if got := ask("/rooms/x", "br").Header.Get("Content-Encoding"); got != "br" {
		t.Errorf("without a name the page comes as %q", got)
	}

	now = web.Names{Name: `The "Table" & <b>`, Description: "For us $1"}
	named := ask("/rooms/global", "br")
	text := body(t, named)
	for _, want := range []string{
		"<title>The &#34;Table&#34; &amp; &lt;b&gt;</title>",
		`<meta name="application-name" content="The &#34;Table&#34; &amp; &lt;b&gt;"`,
		`<meta name="apple-mobile-web-app-title" content="The &#34;Table&#34; &amp; &lt;b&gt;"`,
		`<meta name="description" content="For us $1"`,
		`<meta name="server-description" content="For us $1"`,
	} {
		if strings.Count(text, want) != 1 {
			t.Errorf("%s isn't once in\n%s", want, text)
		}
	}
	if named.Header.Get("ETag") == before.Header.Get("ETag") || named.Header.Get("Content-Encoding") != "" {
		t.Errorf("with a name: %v", named.Header)
	}
	small := ask("/", "gzip, br")
	unpacked, err := gzip.NewReader(small.Body)
	if err != nil {
		t.Fatal(err)
	}
	if again, err := io.ReadAll(unpacked); err != nil || string(again) != text {
		t.Errorf("compressed it is another page: %v", err)
	}
	var told struct {
		Name        string `json:"name"`
		ShortName   string `json:"short_name"`
		Description string
		Icons       []any
	}
	if err := json.Unmarshal([]byte(body(t, ask("/manifest.webmanifest", ""))), &told); err != nil {
		t.Fatal(err)
	}
	if told.Name != now.Name || told.ShortName != now.Name || told.Description != now.Description || len(told.Icons) < 3 {
		t.Errorf("the manifest has %+v", told)
	}

	now = web.Names{Name: "Snug"}
	if got := ask("/", "br"); got.Header.Get("Content-Encoding") != "br" || body(t, got) != "br" {
		t.Error("named as it is anyway the page isn't as it was built")
	}
	if text := body(t, ask("/manifest.webmanifest", "")); text != string(app) {
		t.Errorf("named as it is anyway the manifest is %s", text)
	}

	now = web.Names{Name: "Another"}
	if text := body(t, ask("/", "")); !strings.Contains(text, "<title>Another</title>") || strings.Contains(text, "For us") {
		t.Error("the new name isn't told")
	}
}
