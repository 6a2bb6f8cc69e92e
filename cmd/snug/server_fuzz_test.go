package main

import (
	"bufio"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"snug/cmd/snug/internal/config"
)

// §13.19, 21 and 22: whatever a whole server is asked, under whatever name, it isn't
// at fault, sends nobody elsewhere, tells no other origin anything and lets no page
// of others show it.
func FuzzServer(f *testing.F) {
	l, err := config.Load([]string{"--addr", "127.0.0.1:0", "--data", filepath.Join(f.TempDir(), "data"), "--base-url", publicBase, "--auth-rate", "0", "--guests"}, nil, f.TempDir())
	if err != nil {
		f.Fatal(err)
	}
	s, err := OpenServer(f.Context(), l.Config, slog.New(slog.DiscardHandler), "test")
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() {
		if err := s.Close(); err != nil {
			f.Error(err)
		}
	})
	// request is what comes over the wire, nil for what is no HTTP.
	request := func(method, target, host, header, body string) *http.Request {
		raw := method + " " + target + " HTTP/1.1\r\nHost: " + host + "\r\nOrigin: " + publicBase + "\r\nContent-Type: application/json\r\n" + header + "\r\n\r\n"
		r, err := http.ReadRequest(bufio.NewReader(strings.NewReader(raw)))
		if err != nil {
			return nil
		}
		r.RemoteAddr, r.Body = "192.0.2.1:1", io.NopCloser(strings.NewReader(body))
		return r
	}
	cookie := ""
	// enter makes sure that somebody is signed in.
	enter := func() {
		w := httptest.NewRecorder()
		r := request("GET", "/api/auth/get-session", publicHost, "Cookie: "+cookie, "")
		if s.http.Handler.ServeHTTP(w, r); w.Body.String() != "null" {
			return
		}
		w = httptest.NewRecorder()
		s.http.Handler.ServeHTTP(w, request("POST", "/api/auth/sign-in/anonymous", publicHost, "X: y", `{}`))
		for _, c := range w.Result().Cookies() {
			if strings.HasSuffix(c.Name, "session_token") {
				cookie = c.Name + "=" + c.Value
			}
		}
	}
	enter()
	for _, route := range []string{
		"GET /", "GET /index.html", "GET /assets/", "GET /nope/../x", "GET //evil.example", "GET /api", "GET /api/", "GET /api//chat", "GET /api/../x", "POST /", "GET /.env",
		"GET /api/chat", "GET /api/socket", "GET /api/chat/messages", "GET /api/rooms/global/messages", "POST /api/rooms/global/messages", "GET /api/rooms/%00/messages",
		"GET /api/account/export", "GET /api/auth/get-session", "POST /api/auth/sign-out", "GET /api/auth/callback/google", "POST /api/auth/callback/google",
		"GET /healthz", "GET /readyz", "OPTIONS *", "CONNECT x", "GET /sign-in", "GET /invite/x", "GET /%2e%2e/%2e%2e/etc/passwd",
	} {
		method, path, _ := strings.Cut(route, " ")
		f.Add(method, path+"?before=1&limit=-1&after=x", publicHost, "Origin: https://evil.example", `{"clientId":"x","content":"\ud800"}`, false)
		f.Add(method, path+"?limit=999999999999999999999", "evil.example", "Sec-Fetch-Site: cross-site", `{`, true)
		f.Add(method, path+"?%", publicHost, "Authorization: Bearer x", "\xff", true)
		f.Add(method, path, publicHost, "If-None-Match: *", `{"clientId":"x","content":"y"}`, true)
	}
	elsewhere := regexp.MustCompile(`^(//|/?\\|[^/?#]*:)|[\x00-\x1f]`)
	f.Fuzz(func(t *testing.T, method, target, host, header, body string, signedIn bool) {
		r := request(method, target, host, header, body)
		if r == nil {
			return
		}
		if signedIn {
			r.Header.Add("Cookie", cookie)
		}
		w := httptest.NewRecorder()
		s.http.Handler.ServeHTTP(w, r)
		text, h := w.Body.String(), w.Header()
		say := func(what string) {
			t.Errorf("%s: %q %q at %q, %q, %q: %d %v %.500s", what, method, target, host, header, body, w.Code, h, text)
		}
		probe := r.URL.Path == "/healthz" || r.URL.Path == "/readyz"
		name := strings.ToLower(r.Host)
		ours := name == publicHost || strings.HasPrefix(name, publicHost+":")
		switch {
		case w.Code >= 500:
			say("fault")
		case !ours && !probe && w.Code < 400:
			say("answers to a foreign name")
		case strings.HasPrefix(h.Get("Content-Type"), "application/json") && text != "" && !json.Valid([]byte(text)):
			say("broken")
		case len(text) > 4<<20:
			say("long")
		}
		if to := h.Get("Location"); to != "" && !strings.HasPrefix(to, publicBase+"/") && elsewhere.MatchString(to) {
			say("leads elsewhere")
		}
		if h.Get("X-Content-Type-Options") != "nosniff" || h.Get("X-Frame-Options") != "DENY" || h.Get("Content-Security-Policy") == "" || h.Get("Referrer-Policy") == "" {
			say("without its headers")
		}
		for name := range h {
			if strings.HasPrefix(name, "Access-Control-") {
				say("tells other origins")
			}
		}
		if w.Code < 300 && strings.Contains(text, "root:x:0") {
			say("shows files")
		}
		enter()
	})
}
