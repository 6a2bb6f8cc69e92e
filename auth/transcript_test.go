package auth_test

import (
	"encoding/json"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"snug/auth"
)

// A deviation is an answer that is meant to differ from the recorded one.
type deviation struct {
	status int
	body   string // as recorded if empty
	why    string
}

// deviations by version, file and heading. Codes and messages are those of 1.3.9,
// rules about origins, media types and paths those of 1.7.25.
var deviations = map[string]deviation{
	"1.3.9/09 no Origin + cookie":                {403, `{"code":"MISSING_OR_NULL_ORIGIN","message":"Missing or null Origin"}`, "a cookie without an origin is a forgery"},
	"1.3.9/09 Origin: null":                      {403, `{"code":"MISSING_OR_NULL_ORIGIN","message":"Missing or null Origin"}`, "null is no origin"},
	"1.3.9/09 no cookie, no body":                {200, `{"success":true}`, "signing out succeeds always"},
	"1.3.9/09 a copy of a signed-out cookie":     {200, `session`, "that sign-out came without an origin"},
	"1.3.9/25 revoke all":                        {200, `{"status":true}`, "the cookies go, as in 1.7"},
	"1.7.25/09 text/plain from foreign origin":   {403, `{"code":"INVALID_ORIGIN","message":"Invalid origin"}`, "the origin is looked at first"},
	"1.3.9/20 no name":                           {400, `{"code":"VALIDATION_ERROR","message":"Invalid body parameters"}`, "tells nothing of the database"},
	"1.7.25/20 no name":                          {400, `{"code":"VALIDATION_ERROR","message":"Invalid body parameters"}`, "1.3.9's message"},
	"1.3.9/20 no password":                       {400, `{"code":"VALIDATION_ERROR","message":"Invalid body parameters"}`, "not a fault of the server"},
	"1.7.25/20 no password":                      {400, `{"code":"VALIDATION_ERROR","message":"Invalid body parameters"}`, "1.3.9's message"},
	"1.7.25/20 missing password":                 {400, `{"code":"VALIDATION_ERROR","message":"Invalid body parameters"}`, "1.3.9's message"},
	"1.7.25/20 refusals 2":                       {400, `{"code":"INVALID_EMAIL","message":"Invalid email"}`, "1.3.9's message"},
	"1.7.25/20 bad callbackURL":                  {403, `{"code":"INVALID_CALLBACKURL","message":"Invalid callbackURL"}`, "1.3.9's code"},
	"1.3.9/20 cross-site HTML form (login CSRF)": {403, `{"code":"CROSS_SITE_NAVIGATION_LOGIN_BLOCKED","message":"Cross-site navigation login blocked. This request appears to be a CSRF attack."}`, "as 1.7"},
	"1.3.9/29  2":                                {200, `null`, "a session that began here comes under a stricter name"},
	"1.7.25/29  2":                               {200, `null`, "a session that began here comes under a stricter name"},
	"1.3.9/31 spoofed first hop evades":          {429, `{"message":"Too many requests. Please try again later."}`, "the address is the one that the proxy saw"},
	"1.3.9/32 trailing slash":                    {404, ``, "one spelling for each path"},
	"1.3.9/32 double slash":                      {404, ``, "one spelling for each path"},
	"1.3.9/32 the cookie twice, bad one first":   {200, `session`, "all cookies of the name are tried"},
	"1.7.25/32 the cookie twice, bad one first":  {200, `session`, "all cookies of the name are tried"},
	"1.7.25/32 POST get-session":                 {404, ``, "as 1.3.9"},
	"1.7.25/32 rememberMe of wrong type":         {400, `{"code":"VALIDATION_ERROR","message":"Invalid body parameters"}`, "1.3.9's message"},
}

// TestTranscripts replays what clients said to better-auth and compares what it
// answered with what we answer, but for tokens, ids, times and addresses.
func TestTranscripts(t *testing.T) {
	used := map[string]bool{}
	for _, version := range []string{"1.3.9", "1.7.25"} {
		paths, err := filepath.Glob("testdata/" + version + "/*.txt")
		if err != nil || len(paths) == 0 {
			t.Fatal("no transcripts", err)
		}
		for _, path := range paths {
			file := version + "/" + filepath.Base(path)[:2]
			t.Run(file, func(t *testing.T) {
				text, err := os.ReadFile(path)
				if err != nil {
					t.Fatal(err)
				}
				newReplay(t, file, string(text)).run(string(text), used)
			})
		}
	}
	for key := range deviations {
		if !used[key] {
			t.Errorf("nothing deviates as %q", key)
		}
	}
}

type replay struct {
	*rig
	file    string
	heading string
	nth     int               // exchange below that heading, from 1
	alice   string            // user id of planted sessions
	ours    map[string]string // recorded cookie values and tokens to those given here
}

var anyOrigin = regexp.MustCompile(`(?m)^> (?:Origin|Referer): (https?://(?:localhost:\d+|chat\.example))`)

func newReplay(t *testing.T, file, text string) *replay {
	origin := base
	if m := anyOrigin.FindStringSubmatch(text); m != nil {
		origin = m[1]
	}
	p := &replay{file: file, ours: map[string]string{}}
	p.rig = newRig(t, func(c *auth.Config) {
		c.BaseURL = origin
		c.ClientIP = func(r *http.Request) string {
			hops := strings.Split(r.Header.Get("X-Forwarded-For"), ", ")
			return strings.TrimPrefix(hops[len(hops)-1], "10.0.0.1")
		}
		if strings.HasSuffix(file, "/31") {
			c.AuthRate = auth.Rate{Limit: 3, Window: 10 * time.Second}
			c.ClientIP = func(*http.Request) string { return "198.51.100.9" }
		}
	})
	return p
}

func (p *replay) run(text string, used map[string]bool) {
	for _, block := range strings.Split(strings.TrimSpace(text), "\n\n") {
		var request, expected []string
		p.nth++
		for _, line := range strings.Split(block, "\n") {
			switch {
			case strings.HasPrefix(line, "## "):
				p.heading, p.nth = line[3:], 1
			case strings.HasPrefix(line, "! "):
				p.direct(strings.Fields(line[2:]))
			case strings.HasPrefix(line, ">") && len(expected) == 0:
				request = append(request, strings.TrimPrefix(strings.TrimPrefix(line, ">"), " "))
			default:
				expected = append(expected, line)
			}
		}
		if len(request) > 0 {
			p.exchange(request, expected, used)
		}
	}
}

// direct does what the recorder did by hand: a session that began elsewhere, or
// one whose end was moved.
func (p *replay) direct(words []string) {
	now := time.Now()
	switch words[0] {
	case "session":
		user := p.alice
		if len(words) == 3 {
			user = p.plantUser(words[2], "Eve", nil, 0)
		} else if user == "" {
			image := "https://lh3.googleusercontent.com/a/alice"
			p.alice = p.plantUser("alice@example.com", "Alice Example", &image, 1)
			user = p.alice
		}
		p.plant(words[1], user, now, now.Add(7*24*time.Hour))
	case "expires":
		in, err := time.ParseDuration(words[2])
		if err != nil {
			p.Fatal(err)
		}
		p.exec(`update sessions set expires_at = ? where token_hash = ?`, now.Add(in).UnixMilli(), auth.HashToken(words[1]).String())
	default:
		p.Fatalf("unknown directive %q", words)
	}
}

func (p *replay) exchange(request, expected []string, used map[string]bool) {
	method, path, _ := strings.Cut(strings.TrimSuffix(request[0], " HTTP/1.1"), " ")
	header := http.Header{}
	i := 1
	for ; i < len(request) && request[i] != ""; i++ {
		name, value, _ := strings.Cut(request[i], ": ")
		if name == "Cookie" {
			value = p.translate(value)
		}
		if header.Get(name) == "" { // the recorder wrote some twice; the first was sent
			header.Set(name, value)
		}
	}
	body := strings.Join(request[min(i+1, len(request)):], "\n")
	r := httptest.NewRequest(method, "http://localhost"+path, strings.NewReader(body))
	r.Header = header
	if body != "" && header.Get("Content-Type") == "" {
		p.Fatal("a body without a type")
	}
	got := p.do(r)

	status, want := 0, http.Header{}
	var text []string
	for i, line := range expected {
		name, value, ok := strings.Cut(strings.TrimPrefix(line, "< "), ": ")
		switch {
		case i == 0:
			status = int(line[len("< HTTP/1.1 ")]-'0') * 100
			status += int(line[len("< HTTP/1.1 ")+1]-'0')*10 + int(line[len("< HTTP/1.1 ")+2]-'0')
		case strings.HasPrefix(line, "< ") && ok:
			want.Add(name, value)
		default:
			text = append(text, line)
		}
	}
	wantBody := strings.TrimPrefix(strings.Join(text, "\n"), "(empty body)")
	key := p.file + " " + p.heading
	if p.nth > 1 {
		key += " " + string(rune('0'+p.nth))
	}
	d, deviates := deviations[key]
	if deviates {
		used[key] = true
		status, wantBody = d.status, d.body
		want.Del("Set-Cookie")
		if status != 200 {
			want.Del("Content-Type")
		}
	}
	if got.Code != status {
		p.Errorf("%s: status %d %s, want %d %s", key, got.Code, got.text, status, wantBody)
		return
	}
	if have, wish := cookieShapes(got.Header()), cookieShapes(want); !deviates && !slices.Equal(have, wish) {
		p.Errorf("%s: cookies %q, want %q", key, have, wish)
	}
	p.learn(want, got.Header())
	kind, _, _ := strings.Cut(want.Get("Content-Type"), ";")
	if kind == "text/plain" {
		kind = "application/json" // what the body of a 429 is
	}
	if have, _, _ := strings.Cut(got.Header().Get("Content-Type"), ";"); kind != "" && have != kind {
		p.Errorf("%s: type %s, want %s", key, have, kind)
	}
	if retry := want.Get("X-Retry-After"); retry != got.Header().Get("X-Retry-After") && !deviates {
		p.Errorf("%s: X-Retry-After %q, want %q", key, got.Header().Get("X-Retry-After"), retry)
	}
	switch {
	case wantBody == "session":
		if !strings.HasPrefix(got.text, `{"session":`) {
			p.Errorf("%s: got %s, want a session", key, got.text)
		}
	case kind != "text/html" && shape(got.text) != shape(wantBody):
		p.Errorf("%s:\n got %s\nwant %s", key, shape(got.text), shape(wantBody))
	}
}

// translate puts the cookies that we gave in the place of the recorded ones.
func (p *replay) translate(text string) string {
	// The longest first: a token is part of its cookie's value.
	for _, recorded := range slices.SortedFunc(maps.Keys(p.ours), func(a, b string) int { return len(b) - len(a) }) {
		text = strings.ReplaceAll(text, recorded, p.ours[recorded])
	}
	return text
}

// learn pairs the session cookies of a recorded reply and ours, in all the
// spellings that a later request may use.
func (p *replay) learn(recorded, got http.Header) {
	value := func(h http.Header) string {
		for _, line := range h["Set-Cookie"] {
			if _, v, ok := strings.Cut(line, "session_token="); ok {
				v, _, _ = strings.Cut(v, ";")
				return v
			}
		}
		return ""
	}
	theirs, ours := value(recorded), value(got)
	if theirs == "" || ours == "" {
		return
	}
	p.ours[theirs] = ours
	for _, spell := range []func(string) string{
		func(v string) string { v, _ = url.PathUnescape(v); return v },
		func(v string) string { v, _, _ = strings.Cut(v, "."); return v },
	} {
		p.ours[spell(theirs)] = spell(ours)
	}
}

var cookieValue = regexp.MustCompile(`=[A-Za-z0-9]{4,}\.[^;]+`)

func cookieShapes(h http.Header) []string {
	var shapes []string
	for _, line := range h["Set-Cookie"] {
		if strings.HasPrefix(line, "better-auth.last_used_login_method=") {
			continue // of a plugin that the recorded server didn't have
		}
		// A prefix that is stricter, for cookies that only the server reads.
		line = strings.Replace(line, "__Secure-", "__Host-", 1)
		shapes = append(shapes, cookieValue.ReplaceAllString(line, "=<value>"))
	}
	slices.Sort(shapes)
	return shapes
}

// shape masks what differs from run to run.
func shape(text string) string {
	var value any
	if json.Unmarshal([]byte(text), &value) != nil {
		return text
	}
	out, err := json.Marshal(mask(value, ""))
	if err != nil {
		panic(err)
	}
	return string(out)
}

var stampForm = regexp.MustCompile(`^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$`)

func mask(value any, name string) any {
	switch v := value.(type) {
	case []any:
		for i := range v {
			v[i] = mask(v[i], "")
		}
	case map[string]any:
		if _, isSession := v["userAgent"]; isSession {
			delete(v, "id") // which 1.3.9 leaves out where sessions are in a key-value store
			v["userAgent"], v["ipAddress"] = "", ""
			for _, ours := range []string{"method", "place", "seenAt", "current", "active"} { // in the list only
				delete(v, ours)
			}
		}
		delete(v, "role") // the recorded server had none
		for key := range v {
			v[key] = mask(v[key], key)
		}
	case string:
		switch {
		case (name == "id" || name == "userId" || name == "token") && len(v) == 32:
			return "<" + name + ">"
		case strings.HasSuffix(name, "At") && stampForm.MatchString(v):
			return "<time>"
		case name == "name":
			return strings.TrimSpace(v) // which better-auth doesn't
		}
	}
	return value
}
