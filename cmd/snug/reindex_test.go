package main

import (
	"net/http"
	"net/url"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// finds waits until a search finds so many messages.
func (p *person) finds(text string, n int) {
	p.t.Helper()
	for begun := time.Now(); ; {
		status, answer := p.request("GET", "/api/search?q="+url.QueryEscape(text), nil)
		if status == http.StatusOK && strings.Count(answer, `"room":`) == n {
			return
		}
		if time.Since(begun) > 30*time.Second {
			p.t.Fatalf("search %q: %d %s", text, status, answer)
		}
	}
}

// Messages are found soon, after a restart too; the index is made anew while the server
// runs, and where none does.
func TestSearchAndReindex(t *testing.T) {
	data := filepath.Join(t.TempDir(), "data")
	s := hosted{data: data}.start(t, "--auth-rate", "0")
	ada := signUp(t, s.Addr().String(), "Ada")
	for _, text := range []string{"one apple", "two apples", "a pear"} {
		if status, answer := ada.post("/api/rooms/global/messages", map[string]string{"clientId": text, "content": text}); status != http.StatusOK {
			t.Fatal(answer)
		}
	}
	ada.finds("appl", 2)
	var out, errs strings.Builder
	if code := run([]string{"reindex", "--data", data}, nil, &out, &errs); code != exitOK || !strings.Contains(out.String(), "The server makes its search index anew") {
		t.Errorf("code %d: %s%s", code, &out, &errs)
	}
	ada.finds("appl", 2)
	s.stop()
	out.Reset()
	if code := run([]string{"reindex", "--data", data}, nil, &out, &errs); code != exitOK || !strings.Contains(out.String(), "Rooms in the search index: 1.") {
		t.Errorf("code %d: %s%s", code, &out, &errs)
	}
	s = hosted{data: data}.start(t, "--auth-rate", "0")
	ada.addr = s.Addr().String()
	ada.finds("pear", 1)
	s.stop()
	s = hosted{data: data}.start(t, "--auth-rate", "0", "--search=false")
	ada.addr = s.Addr().String()
	if status, answer := ada.request("GET", "/api/search?q=x", nil); status != http.StatusNotFound || !strings.Contains(answer, "This server has no search.") {
		t.Errorf("without search: %d %s", status, answer)
	}
	if code := run([]string{"reindex", "--data", data}, nil, &out, &errs); code != exitError || !strings.Contains(errs.String(), "setting search is false") {
		t.Errorf("code %d: %s", code, &errs)
	}
}
