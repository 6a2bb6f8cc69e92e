package httpapi_test

import (
	"net/http"
	"net/netip"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"snug/auth"
	"snug/httpapi"
)

var handshake = []string{"Connection", "keep-alive, Upgrade", "Upgrade", "WebSocket", "Sec-WebSocket-Version", "13", "Sec-WebSocket-Key", "AQIDBAUGBwgJCgsMDQ4PEA=="}

// A foreign page must not speak with its visitor's session. Browsers let it open
// any WebSocket, so the Origin header is all that stands in between.
func TestCrossSiteWebSockets(t *testing.T) {
	type origin struct {
		name, header string // "" for none
		own          bool
	}
	for _, site := range []struct {
		name    string
		config  func(*httpapi.Config)
		host    string
		origins []origin
	}{
		{"base URL", withBase("https://chat.example", "https://app.example"), "chat.example", []origin{
			{"ours", "https://chat.example", true},
			{"trusted", "https://app.example", true},
			{"evil", "https://evil.example", false},
			{"null", "null", false},
			{"our name in front", "https://chat.example.evil.example", false},
			{"our name behind", "https://evil-chat.example", false},
			{"a name below ours", "https://sub.chat.example", false},
			{"another port", "https://chat.example:8443", false},
			{"capitals", "https://CHAT.example", false},
			{"http for https", "http://chat.example", false},
			{"a path behind", "https://chat.example/", false},
			{"user", "https://chat.example@evil.example", false},
			{"not an origin", "chat.example", false},
		}},
		{"no base URL", func(*httpapi.Config) {}, "192.168.0.7:3000", []origin{
			{"the very host", "http://192.168.0.7:3000", true},
			{"the very host by https", "https://192.168.0.7:3000", true},
			{"without its port", "http://192.168.0.7", false},
			{"another port", "http://192.168.0.7:5173", false},
			{"another name of it", "http://localhost:3000", false},
			{"null", "null", false},
			{"evil", "http://evil.example", false},
		}},
	} {
		for _, o := range append(site.origins, origin{"absent", "", false}) {
			for _, path := range []string{"/api/chat", "/api/socket"} {
				for _, cookie := range []bool{true, false} {
					t.Run(site.name+"/"+o.name+path+"/cookie "+strconv.FormatBool(cookie), func(t *testing.T) {
						s := newSite(t, site.config)
						headers := with(handshake, []string{"Host", site.host})
						if o.header != "" {
							headers = append(headers, "Origin", o.header)
						}
						if cookie {
							headers = with(headers, session)
						}
						want := http.StatusForbidden
						switch {
						case !cookie:
							want = http.StatusUnauthorized
						case o.own:
							want = http.StatusSwitchingProtocols
						}
						if w := s.get(path, headers...); w.Code != want {
							t.Errorf("got %d %s, want %d", w.Code, w.Body, want)
						}
						if got := len(s.rooms.actors); (got == 1) != (want == http.StatusSwitchingProtocols) {
							t.Errorf("chat saw %d sockets", got)
						}
					})
				}
			}
		}
	}
	s := newSite(t)
	w := s.get("/api/chat", with(handshake, session, []string{"Origin", "http://example.com", "Origin", "http://evil.example"})...)
	if w.Code != http.StatusForbidden {
		t.Errorf("two Origin headers: %d", w.Code)
	}
}

func TestUpgradeOrderAndAnswers(t *testing.T) {
	foreign := []string{"Origin", "https://evil.example"}
	for _, tt := range []struct {
		name    string
		headers []string
		status  int
		level0  string
		level1  string
	}{
		{"no session comes first", foreign, 401,
			`{"error":"Unauthorized"}`, `{"code":"unauthorized","message":"Sign in first."}`},
		{"then the upgrade", with(session, foreign), 426,
			`{"error":"Expected websocket"}`, `{"code":"upgrade_required","message":"This address takes WebSocket connections only."}`},
		{"another protocol", with(session, []string{"Connection", "Upgrade", "Upgrade", "h2c"}), 426,
			`{"error":"Expected websocket"}`, `{"code":"upgrade_required","message":"This address takes WebSocket connections only."}`},
		{"then the origin", with(session, handshake, foreign), 403,
			`{"error":"Forbidden"}`, `{"code":"forbidden_origin","message":"This page may not use this server."}`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := newSite(t)
			wantJSON(t, s.get("/api/chat", tt.headers...), tt.status, tt.level0)
			w := s.get("/api/socket", tt.headers...)
			wantJSON(t, w, tt.status, tt.level1)
			if tt.status == 426 && w.Header().Get("Upgrade") != "websocket" {
				t.Error("426 doesn't say to what")
			}
		})
	}
	s := newSite(t)
	for path, level := range map[string]string{"/api/chat": "level 0", "/api/socket": "level 1"} {
		s.get(path, with(session, handshake, []string{"Origin", "http://example.com"})...)
		if s.rooms.level != level {
			t.Errorf("%s is served as %q", path, s.rooms.level)
		}
	}
}

// The socket of a session that ended while it was being opened must not stay.
func TestSessionThatEndsDuringTheUpgrade(t *testing.T) {
	s := newSite(t)
	asked := 0
	s.auth.gone = func() bool { asked++; return asked > 1 }
	s.get("/api/socket", with(session, handshake, []string{"Origin", "http://example.com"})...)
	if len(s.rooms.ended) != 1 || s.rooms.ended[0] != "k1" {
		t.Errorf("ended %v, want k1", s.rooms.ended)
	}
}

// Nor must it stay because the request bears the cookie of another session too.
func TestFirstOfTwoSessionsEndsDuringTheUpgrade(t *testing.T) {
	s := newSite(t)
	asked := 0
	s.auth.gone = func() bool { asked++; return asked > 1 }
	s.auth.next = &auth.Identity{UserID: "u2", Name: "Eve", SessionKey: "k2"}
	s.get("/api/socket", with(session, handshake, []string{"Origin", "http://example.com"})...)
	if len(s.rooms.ended) != 1 || s.rooms.ended[0] != "k1" {
		t.Errorf("ended %v, want k1", s.rooms.ended)
	}
}

// Identity is the session's. What a header says of it is a lie or a mistake.
func TestForgedIdentityHeaders(t *testing.T) {
	forged := []string{"X-User-Id", "u2", "X-User-Name", "Eve", "X-User-Image", "https://evil.example/a.png", "x-user-anything", "1"}
	for _, from := range []string{"192.0.2.1:1", "127.0.0.1:1"} {
		for _, path := range []string{"/api/chat", "/api/socket", "/api/chat/messages", "/api/rooms/global/messages", "/api/auth/get-session"} {
			t.Run(path, func(t *testing.T) {
				s := newSite(t, func(c *httpapi.Config) { c.Proxies = httpapi.Proxies{netip.MustParsePrefix("127.0.0.1/32")} })
				r := request("GET", path, with(forged, handshake, []string{"Origin", "http://example.com"})...)
				r.RemoteAddr = from
				if w := s.do(r); w.Code != 401 && path != "/api/auth/get-session" {
					t.Errorf("headers alone: %d", w.Code)
				}
				r = request("GET", path, with(forged, handshake, session, []string{"Origin", "http://example.com"})...)
				r.RemoteAddr = from
				s.do(r)
				for _, a := range s.rooms.actors {
					if a.ID != "u1" || a.Name != "Ada" || a.Image != "" {
						t.Errorf("acts as %+v", a)
					}
				}
				seen := []http.Header{s.rooms.headers}
				for _, r := range s.auth.seen {
					seen = append(seen, r.Header)
				}
				for _, h := range seen {
					for name := range h {
						if strings.HasPrefix(name, "X-User-") {
							t.Errorf("%s went through", name)
						}
					}
				}
			})
		}
	}
}

func TestForwardingHeaders(t *testing.T) {
	headers := []string{"X-Forwarded-For", "203.0.113.9", "X-Forwarded-Proto", "https", "X-Real-IP", "203.0.113.9", "CF-Connecting-IP", "203.0.113.9", "Forwarded", "for=203.0.113.9"}
	proxies := httpapi.Proxies{netip.MustParsePrefix("10.0.0.1/32")}
	for _, tt := range []struct {
		peer string
		kept bool
		ip   string
	}{{"10.0.0.1:9", true, "203.0.113.9"}, {"192.0.2.1:9", false, "192.0.2.1"}} {
		s := newSite(t, func(c *httpapi.Config) { c.Proxies = proxies })
		s.auth.ip = proxies.ClientIP
		r := request("GET", "/api/auth/get-session", headers...)
		r.RemoteAddr = tt.peer
		s.do(r)
		for _, name := range []string{"X-Forwarded-For", "X-Forwarded-Proto", "X-Real-Ip", "Cf-Connecting-Ip", "Forwarded"} {
			if got := s.auth.seen[0].Header.Get(name) != ""; got != tt.kept {
				t.Errorf("from %s: %s kept is %v", tt.peer, name, got)
			}
		}
		if s.auth.ips[0] != tt.ip {
			t.Errorf("from %s: the limit counts %s, want %s", tt.peer, s.auth.ips[0], tt.ip)
		}
	}
}

func TestHost(t *testing.T) {
	proxy := func(c *httpapi.Config) { c.Proxies = httpapi.Proxies{netip.MustParsePrefix("192.0.2.1/32")} }
	for _, tt := range []struct {
		name    string
		config  []func(*httpapi.Config)
		headers []string
		want    int
	}{
		{"ours", []func(*httpapi.Config){withBase("https://chat.example")}, []string{"Host", "chat.example"}, 200},
		{"ours in capitals", []func(*httpapi.Config){withBase("https://chat.example")}, []string{"Host", "Chat.Example"}, 200},
		{"a forwarded port", []func(*httpapi.Config){withBase("https://chat.example")}, []string{"Host", "chat.example:8443"}, 200},
		{"trusted", []func(*httpapi.Config){withBase("https://chat.example", "https://app.example")}, []string{"Host", "app.example"}, 200},
		{"foreign", []func(*httpapi.Config){withBase("https://chat.example")}, []string{"Host", "evil.example"}, 421},
		{"ours in front", []func(*httpapi.Config){withBase("https://chat.example")}, []string{"Host", "chat.example.evil.example"}, 421},
		{"none", []func(*httpapi.Config){withBase("https://chat.example")}, []string{"Host", ""}, 421},
		{"loopback is not ours", []func(*httpapi.Config){withBase("https://chat.example")}, []string{"Host", "localhost:3000"}, 421},
		{"loopback's other names", []func(*httpapi.Config){withBase("http://localhost:3000")}, []string{"Host", "127.0.0.1:3000"}, 200},
		{"loopback by IPv6", []func(*httpapi.Config){withBase("http://localhost:3000")}, []string{"Host", "[::1]:3000"}, 200},
		{"rebinding to loopback", []func(*httpapi.Config){withBase("http://localhost:3000")}, []string{"Host", "evil.example:3000"}, 421},
		{"no base URL", nil, []string{"Host", "whatever.local:3000"}, 200},
		{"a stranger's X-Forwarded-Host", []func(*httpapi.Config){withBase("https://chat.example")}, []string{"Host", "evil.example", "X-Forwarded-Host", "chat.example"}, 421},
		{"it doesn't poison either", []func(*httpapi.Config){withBase("https://chat.example")}, []string{"Host", "chat.example", "X-Forwarded-Host", "evil.example"}, 200},
		{"a proxy's X-Forwarded-Host", []func(*httpapi.Config){withBase("https://chat.example"), proxy}, []string{"Host", "backend:3000", "X-Forwarded-Host", "chat.example"}, 200},
		{"a proxy that passes on a foreign name", []func(*httpapi.Config){withBase("https://chat.example"), proxy}, []string{"Host", "chat.example", "X-Forwarded-Host", "evil.example"}, 421},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := newSite(t, tt.config...)
			for _, path := range []string{"/", "/api/"} {
				if w := s.get(path, tt.headers...); w.Code != tt.want {
					t.Errorf("%s: %d, want %d", path, w.Code, tt.want)
				}
			}
		})
	}
}

// There is no CORS: whoever asks from elsewhere is told nothing.
func TestPreflight(t *testing.T) {
	for _, origin := range []string{"https://evil.example", "null", "https://chat.example", "https://app.example"} {
		for _, path := range []string{"/api/auth/sign-in/email", "/api/chat/messages", "/api/rooms/global/messages", "/api/nope", "/"} {
			for _, method := range []string{"OPTIONS", "GET"} {
				s := newSite(t, withBase("https://chat.example", "https://app.example"))
				w := s.do(request(method, path, with(session, []string{"Host", "chat.example", "Origin", origin,
					"Access-Control-Request-Method", "POST", "Access-Control-Request-Headers", "content-type"})...))
				for name := range w.Header() {
					if strings.HasPrefix(name, "Access-Control-") {
						t.Errorf("%s %s from %s: %s: %s", method, path, origin, name, w.Header().Get(name))
					}
				}
			}
		}
	}
}

func TestForeignPagesChangeNothing(t *testing.T) {
	for _, tt := range []struct {
		name    string
		headers []string
		want    int
	}{
		{"ours", []string{"Origin", "https://chat.example", "Sec-Fetch-Site", "same-origin"}, 200},
		{"ours, an old browser", []string{"Origin", "https://chat.example"}, 200},
		{"trusted", []string{"Origin", "https://app.example", "Sec-Fetch-Site", "cross-site"}, 200},
		{"a program", nil, 200},
		{"foreign", []string{"Origin", "https://evil.example", "Sec-Fetch-Site", "cross-site"}, 403},
		{"foreign, an old browser", []string{"Origin", "https://evil.example"}, 403},
		{"a name below ours", []string{"Origin", "https://sub.chat.example", "Sec-Fetch-Site", "same-site"}, 403},
		{"null", []string{"Origin", "null"}, 403},
		{"navigation", []string{"Sec-Fetch-Site", "cross-site", "Sec-Fetch-Mode", "navigate"}, 403},
	} {
		for _, cookie := range []bool{true, false} {
			t.Run(tt.name, func(t *testing.T) {
				s := newSite(t, withBase("https://chat.example", "https://app.example"))
				headers := with(tt.headers, []string{"Host", "chat.example"})
				if cookie {
					headers = with(headers, session)
				}
				w := s.do(request("POST", "/api/auth/sign-in/email", headers...))
				if w.Code != tt.want {
					t.Errorf("got %d %s, want %d", w.Code, w.Body, tt.want)
				}
				if tt.want == 403 && len(s.auth.seen) > 0 {
					t.Error("auth saw it")
				}
			})
		}
	}
}

func TestSecurityHeaders(t *testing.T) {
	for _, base := range []string{"https://chat.example", "http://localhost:3000", ""} {
		s := newSite(t, withBase(base))
		for _, path := range []string{"/", "/api/", "/api/nope", "/api/chat", "/api/auth/ok", "/healthz"} {
			host := strings.TrimPrefix(strings.TrimPrefix(base, "https://"), "http://")
			h := s.get(path, "Host", host).Header()
			csp := h.Get("Content-Security-Policy")
			for _, want := range []string{"default-src 'self'", "script-src 'self'", "style-src 'self'", "img-src 'self' data: blob:",
				"connect-src 'self'", "worker-src 'self'", "manifest-src 'self'", "frame-ancestors 'none'", "base-uri 'none'", "form-action 'self'"} {
				if !strings.Contains(csp, want) {
					t.Errorf("%s: no %q in the policy %q", path, want, csp)
				}
			}
			if strings.Contains(csp, "unsafe") || strings.Contains(csp, "*") {
				t.Errorf("%s: the policy is loose: %q", path, csp)
			}
			for name, want := range map[string]string{
				"X-Content-Type-Options": "nosniff", "X-Frame-Options": "DENY", "Referrer-Policy": "same-origin",
				"Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Resource-Policy": "same-origin",
			} {
				if h.Get(name) != want {
					t.Errorf("%s: %s is %q, want %q", path, name, h.Get(name), want)
				}
			}
			if h.Get("Permissions-Policy") == "" {
				t.Errorf("%s: no Permissions-Policy", path)
			}
			if got := h.Get("Strict-Transport-Security") != ""; got != strings.HasPrefix(base, "https:") {
				t.Errorf("%s at %q: HSTS is %v", path, base, got)
			}
		}
	}
}

func TestUpgradeRate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t, func(c *httpapi.Config) { c.UpgradeRate = httpapi.Rate{Count: 3, Per: 3 * time.Second} })
		dial := func(peer string) (int, string) {
			r := request("GET", "/api/socket", with(session, handshake, []string{"Origin", "http://example.com"})...)
			r.RemoteAddr = peer
			w := s.do(r)
			return w.Code, w.Header().Get("Retry-After")
		}
		for i := range 3 {
			if code, _ := dial("[2001:db8::1]:1"); code != 101 {
				t.Fatalf("dial %d: %d", i+1, code)
			}
		}
		// Another address of the same customer.
		if code, after := dial("[2001:db8::2]:1"); code != 429 || after != "1" {
			t.Errorf("over the rate: %d, Retry-After %q", code, after)
		}
		if code, _ := dial("192.0.2.1:1"); code != 101 {
			t.Errorf("another customer: %d", code)
		}
		<-time.After(time.Second)
		if code, _ := dial("[2001:db8::1]:1"); code != 101 {
			t.Errorf("after a second: %d", code)
		}
		for range 10 {
			if code, _ := dial("127.0.0.1:1"); code != 101 {
				t.Errorf("loopback: %d", code)
			}
		}
	})
}
