package auth_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"snug/auth"
)

func requestTo(host string) *http.Request {
	return httptest.NewRequest("POST", "http://"+host+"/", nil)
}

// §13.1, for those that upgrade a connection with it.
func TestOrigins(t *testing.T) {
	fixed := auth.Origins{Base: "https://chat.example.org"}
	open := auth.Origins{}
	trusting := auth.Origins{Base: "https://chat.example.org", Trusted: []string{
		"http://localhost:5173", "https://*.preview.example.net", "*.internal.example:8080"}}
	for _, test := range []struct {
		name    string
		origins auth.Origins
		host    string
		origin  string
		want    bool
	}{
		{"own", fixed, "chat.example.org", "https://chat.example.org", true},
		{"own, behind a proxy that changes Host", fixed, "10.0.0.7:3000", "https://chat.example.org", true},
		{"absent", fixed, "chat.example.org", "", false},
		{"null", fixed, "chat.example.org", "null", false},
		{"evil", fixed, "chat.example.org", "https://evil.example", false},
		{"own as a label", fixed, "chat.example.org", "https://chat.example.org.evil.example", false},
		{"own as a suffix", fixed, "chat.example.org", "https://evil-chat.example.org", false},
		{"subdomain", fixed, "chat.example.org", "https://x.chat.example.org", false},
		{"other port", fixed, "chat.example.org", "https://chat.example.org:444", false},
		{"default port spelled out", fixed, "chat.example.org", "https://chat.example.org:443", false},
		{"upper case", fixed, "chat.example.org", "https://CHAT.example.org", false},
		{"http", fixed, "chat.example.org", "http://chat.example.org", false},
		{"trailing slash", fixed, "chat.example.org", "https://chat.example.org/", false},
		{"path", fixed, "chat.example.org", "https://chat.example.org/a", false},
		{"user", fixed, "chat.example.org", "https://chat.example.org@evil.example", false},
		{"two", fixed, "chat.example.org", "https://chat.example.org https://evil.example", false},
		{"host alone", fixed, "chat.example.org", "chat.example.org", false},
		{"the request's host is no reason with a base", fixed, "evil.example", "https://evil.example", false},
		{"base with a slash", auth.Origins{Base: "https://chat.example.org/"}, "x", "https://chat.example.org", true},

		{"none set, same host", open, "192.168.1.5:3000", "http://192.168.1.5:3000", true},
		{"none set, IPv6", open, "[::1]:3000", "http://[::1]:3000", true},
		{"none set, TLS in front", open, "chat.lan", "https://chat.lan", true},
		{"none set, other host", open, "192.168.1.5:3000", "http://192.168.1.6:3000", false},
		{"none set, other port", open, "192.168.1.5:3000", "http://192.168.1.5:3001", false},
		{"none set, no port", open, "192.168.1.5:3000", "http://192.168.1.5", false},
		{"none set, null", open, "null", "null", false},
		{"none set, nothing", open, "", "", false},
		{"none set, empty host", open, "", "http://", false},
		{"none set, extension", open, "abc", "chrome-extension://abc", false},
		{"none set, file", open, "", "file://", false},

		{"trusted", trusting, "x", "http://localhost:5173", true},
		{"trusted, other port", trusting, "x", "http://localhost:5174", false},
		{"trusted, other scheme", trusting, "x", "https://localhost:5173", false},
		{"pattern", trusting, "x", "https://pr-7.preview.example.net", true},
		{"pattern, more labels", trusting, "x", "https://a.b.preview.example.net", true},
		{"pattern, itself", trusting, "x", "https://preview.example.net", false},
		{"pattern, http", trusting, "x", "http://pr-7.preview.example.net", false},
		{"pattern, suffix", trusting, "x", "https://pr-7.preview.example.net.evil.example", false},
		{"pattern, port", trusting, "x", "https://pr-7.preview.example.net:8443", false},
		{"pattern, path", trusting, "x", "https://evil.example/.preview.example.net", false},
		{"pattern, user", trusting, "x", "https://evil.example@x.preview.example.net", false},
		{"pattern of hosts", trusting, "x", "http://a.internal.example:8080", true},
		{"pattern of hosts, https", trusting, "x", "https://a.internal.example:8080", true},
		{"pattern of hosts, no port", trusting, "x", "https://a.internal.example", false},
		{"trusted with none set", auth.Origins{Trusted: []string{"http://localhost:5173"}}, "x", "http://localhost:5173", true},
	} {
		r := requestTo("localhost")
		r.Host = test.host
		if got := test.origins.Allows(r, test.origin); got != test.want {
			t.Errorf("%s: %q to %q: %v", test.name, test.origin, test.host, got)
		}
	}
}

func TestRequestsFromOtherPages(t *testing.T) {
	for _, test := range []struct {
		name   string
		header map[string]string
		cookie bool
		code   string // "": let through
	}{
		{"the page", map[string]string{"Origin": base}, true, ""},
		{"the page, first visit", map[string]string{"Origin": base}, false, ""},
		{"the page, as Chromium says it", map[string]string{"Origin": base, "Sec-Fetch-Site": "same-origin", "Sec-Fetch-Mode": "cors"}, true, ""},
		{"a referrer", map[string]string{"Referer": base + "/chat?x=1"}, true, ""},
		{"curl", nil, false, ""},
		{"curl with a cookie", nil, true, "MISSING_OR_NULL_ORIGIN"},
		{"null", map[string]string{"Origin": "null"}, true, "MISSING_OR_NULL_ORIGIN"},
		{"null without a cookie", map[string]string{"Origin": "null"}, false, "MISSING_OR_NULL_ORIGIN"},
		{"evil", map[string]string{"Origin": "https://evil.example"}, true, "INVALID_ORIGIN"},
		{"evil without a cookie", map[string]string{"Origin": "https://evil.example"}, false, "INVALID_ORIGIN"},
		{"evil with our referrer", map[string]string{"Origin": "https://evil.example", "Referer": base}, true, "INVALID_ORIGIN"},
		{"evil referrer", map[string]string{"Referer": "https://evil.example/"}, true, "INVALID_ORIGIN"},
		{"referrer with our name in it", map[string]string{"Referer": "https://evil.example/" + base}, false, "INVALID_ORIGIN"},
		{"form", map[string]string{"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"}, false, "CROSS_SITE_NAVIGATION_LOGIN_BLOCKED"},
		{"form without an origin", map[string]string{"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"}, false, "CROSS_SITE_NAVIGATION_LOGIN_BLOCKED"},
		{"same site, other origin", map[string]string{"Sec-Fetch-Site": "same-site", "Sec-Fetch-Mode": "cors"}, false, "MISSING_OR_NULL_ORIGIN"},
		{"typed in", map[string]string{"Sec-Fetch-Site": "none"}, false, ""},
		// §13.22: what a proxy header claims changes nothing.
		{"forwarded host", map[string]string{"Origin": "https://evil.example", "X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "https"}, true, "INVALID_ORIGIN"},
	} {
		g := newRig(t)
		alice := g.jar().signUp("alice")
		for _, path := range []string{"/sign-in/email", "/sign-up/email", "/sign-out", "/revoke-sessions"} {
			from := alice
			if !test.cookie {
				from = g.jar()
			}
			r := from.request("POST", path, `{}`)
			r.Header.Del("Origin")
			for name, value := range test.header {
				r.Header.Set(name, value)
			}
			p := g.do(r)
			code := test.code
			if !strings.HasPrefix(path, "/sign-in") && !strings.HasPrefix(path, "/sign-up") && strings.HasPrefix(code, "CROSS_SITE") {
				code = "INVALID_ORIGIN"
				if test.header["Origin"] == "" {
					code = "MISSING_OR_NULL_ORIGIN"
				}
			}
			switch {
			case code != "":
				p.want(t, 403, code)
				if len(p.Header()["Set-Cookie"]) > 0 {
					t.Errorf("%s %s: sets cookies", test.name, path)
				}
			case p.Code == 403:
				t.Errorf("%s %s: refused with %s", test.name, path, p.text)
			}
			if code != "" && alice.session() == nil {
				t.Fatalf("%s %s: ended the session", test.name, path)
			}
		}
	}
}

// §13.5.
func TestRedirectTargets(t *testing.T) {
	g := newRig(t, func(c *auth.Config) { c.Origins.Trusted = []string{"https://app.example.org"} })
	good := []string{
		"/", "/dashboard", "/a/b.c-d_e", "/@me", "/a?b=c&d=%20", "/a?next=/b", "/a#frag", "/a?b=c#d", "/a//b", "/a+b",
		base, base + "/", base + "/a?b=c#d", "https://app.example.org/x",
	}
	bad := []string{
		"//evil.example", "///evil.example", "////evil.example", "/\\evil.example", "\\\\evil.example", "\\/evil.example",
		"/%2fevil.example", "/%2Fevil.example", "/%5cevil.example", "/%5Cevil.example", "/%09/evil.example", "/a%2f",
		"/\t/evil.example", "/\n/evil.example", "/\r/evil.example", "\t//evil.example", " //evil.example", "/ /evil.example",
		"javascript:alert(1)", "JaVaScRiPt:alert(1)", "java\tscript:alert(1)", "data:text/html,x", "vbscript:x", "blob:" + base + "/x",
		"file:///etc/passwd", "ftp://localhost:3000/", "ws://localhost:3000/",
		"https://evil.example", "http://localhost:3000.evil.example/", "http://localhost:3000@evil.example/", "http://localhost:30000/",
		"http://localhost/", "https://localhost:3000/", "http://user@localhost:3000/", "http://localhost:3000\\@evil.example/",
		"http:evil.example", "https:evil.example", "http:/evil.example", "http:///evil.example", "http:\\\\evil.example",
		"http://localhost:3000\t.evil.example", "http://localhost:3000\n", "HTTP://LOCALHOST:3000/",
		"//localhost:3000/", "dashboard", "./a", "../a", "?a", "#a", "@evil.example",
		"/\u2215evil.example", "\uff0f\uff0fevil.example", "/\u3002evil.example", "/a?b=http://evil.example", "/ü", "/a b", "/a;b", "/<x>",
		"https://app.example.org.evil.example/", "https://x.app.example.org/", "http://app.example.org/",
		"/" + strings.Repeat("a", 3000),
	}
	if len(bad) < 40 {
		t.Fatal("the list got shorter")
	}
	for _, target := range good {
		if !g.SafeRedirect(requestTo("localhost:3000"), target) {
			t.Errorf("%q is refused", target)
		}
	}
	for _, target := range bad {
		if g.SafeRedirect(requestTo("localhost:3000"), target) {
			t.Errorf("%q is allowed", target)
		}
	}
}

func TestCallbackURLIsChecked(t *testing.T) {
	g := newRig(t)
	g.jar().signUp("alice")
	for _, path := range []string{"/sign-in/email", "/sign-up/email"} {
		for target, code := range map[string]string{
			`"https://evil.example"`: "INVALID_CALLBACKURL", `"//evil.example"`: "INVALID_CALLBACKURL",
			`5`: "VALIDATION_ERROR", `null`: "VALIDATION_ERROR", `["/"]`: "VALIDATION_ERROR",
		} {
			status := 400
			if code == "INVALID_CALLBACKURL" {
				status = 403
			}
			p := g.jar().post(path, `{"name":"a","email":"alice@example.com","password":"`+good+`","callbackURL":`+target+`}`)
			p.want(t, status, code)
		}
	}
	p := g.jar().post("/sign-in/email", `{"email":"alice@example.com","password":"`+good+`","callbackURL":""}`).want(t, 200, "")
	if !strings.Contains(p.text, `"redirect":false`) || strings.Contains(p.text, `"url"`) {
		t.Errorf("got %s", p.text)
	}
}
