package auth_test

import (
	"encoding/base32"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"snug/auth"
)

// runs are the servers that the recordings were made of: each took the requests of
// the files between two numbers, one after the other.
var runs = []struct {
	first, last string
	set         func(*auth.Config)
}{
	{"01", "12", func(c *auth.Config) { c.Mail = nil }},
	{"20", "25", func(*auth.Config) {}},
	{"26", "26", func(*auth.Config) {}},
	{"27", "27", func(c *auth.Config) { c.RequireVerified = true }},
	{"28", "28", func(*auth.Config) {}},
	{"29", "29", func(*auth.Config) {}},
	{"30", "30", func(c *auth.Config) { c.AuthRate = auth.Rate{Limit: 3, Window: 10 * time.Second} }},
	{"31", "31", func(c *auth.Config) {
		c.AuthRate = auth.Rate{Limit: 3, Window: 10 * time.Second}
		c.ClientIP = func(r *http.Request) string {
			hops := strings.Split(r.Header.Get("X-Forwarded-For"), ", ")
			if last := len(hops) - 1; hops[last] == "10.0.0.1" { // another proxy
				hops = hops[:last]
			}
			return hops[len(hops)-1]
		}
	}},
	{"32", "32", func(*auth.Config) {}},
	{"33", "33", func(*auth.Config) {}},
	{"40", "42", func(c *auth.Config) { c.Guests = true }},
}

// byHand is what the recorder did at some scenes between two requests, of whatever
// version.
var byHand = map[string]func(*replay, scene){
	"08 due, but disableRefresh": func(p *replay, s scene) { p.expire(s, 5*24*time.Hour+12*time.Hour) },
	"08 expired in the store":    func(p *replay, s scene) { p.expire(s, -time.Minute) },
	"12 (stale session, 3 days old: fresh-session endpoint)": func(p *replay, s scene) {
		p.age(s, 3*24*time.Hour)
		p.expire(s, 6*24*time.Hour+21*time.Hour+36*time.Minute)
	},
	"28 session row deleted: still served from the cookie": func(p *replay, s scene) {
		p.exec(`delete from sessions where token_hash = ?`, p.session(s))
	},
	// Here the link in the mail lets nobody in who would get in without.
	"21 again, without callbackURL 2": func(p *replay, s scene) { p.signIn(s, "eve@example.com") },
	// Here a mail is sent only to those who haven't signed in lately.
	"26 top 2": func(p *replay, s scene) { p.age(s, 2*24*time.Hour) },
	// A code is good for a while, and once.
	"41 right code: enabled":               func(p *replay, s scene) { p.code(s) },
	"41 second factor, trustDevice, again": func(p *replay, s scene) { p.clock.pass(time.Minute); p.code(s) },
}

// again are scenes that are played a second time, for there the recorder used a code
// once more than it is good for.
var again = map[string]bool{"41 second factor, trustDevice": true}

// strangers are scenes in a browser other than the one in which the sign-in began.
var strangers = map[string]bool{"05 state used from ANOTHER browser (no state cookie): login CSRF test": true}

// tabs are scenes of 1.7 in which the browser has lost a cookie that it would still
// have of us.
var tabs = map[string]bool{"33 tab 1 comes back first": true}

// TestTranscripts says to us what clients said to better-auth, and compares what it
// answered with what we answer. What differs has a line in testdata/deviations.txt.
func TestTranscripts(t *testing.T) {
	d := readDeviations(t)
	played := 0
	for _, version := range []string{"1.3.9", "1.7.25"} {
		paths, err := filepath.Glob("testdata/" + version + "/*.txt")
		if err != nil || len(paths) != 30 {
			t.Fatalf("%d recordings of %s, want 30", len(paths), version)
		}
		for _, path := range paths {
			number := filepath.Base(path)[:2]
			played := false
			for _, run := range runs {
				played = played || run.first <= number && number <= run.last
			}
			if _, left := d.find(fileKey(version, path), "file"); left == played {
				t.Errorf("%s is played or left out", path)
			}
		}
		for _, run := range runs {
			t.Run(version+" "+run.first, func(t *testing.T) {
				played++
				var files [][]scene
				for _, path := range paths {
					if number := filepath.Base(path)[:2]; run.first <= number && number <= run.last {
						files = append(files, readScenes(t, version, path))
					}
				}
				p := newReplay(t, d, files, run.set)
				for _, s := range slices.Concat(files...) {
					p.play(s)
				}
			})
		}
	}
	if played == 2*len(runs) { // and not a part of them, as with -run
		d.unused(t)
	}
}

// userAgent is the recorder's, of which the recordings say nothing.
const userAgent = "curl/7.88.1"

// A replay is a server to which one run of a recording is said once more.
type replay struct {
	*rig
	*deviations
	version   string
	base      string
	clock     *clock
	providers *providers

	// ours are the recorded tokens, ids and cookies to those given here, and flows the
	// sign-ins at providers by recorded state.
	ours  map[string]string
	flows map[string]departed
	key   []byte // of the authenticator app

	mu    sync.Mutex
	mails []auth.Mail // since the last dump of them
}

// A departed is a sign-in at a provider that has begun.
type departed struct {
	query  url.Values // with which the browser was sent there
	cookie string     // that binds it to the browser
}

func newReplay(t *testing.T, d *deviations, files [][]scene, set func(*auth.Config)) *replay {
	p := &replay{deviations: d, base: base, clock: newClock(), providers: newProviders(t), ours: map[string]string{}, flows: map[string]departed{}}
	p.version, _, _ = strings.Cut(files[0][0].key, "/")
	for _, s := range slices.Concat(files...) {
		if origin := s.header.Get("Origin"); strings.HasPrefix(origin, "http://localhost:") || origin == "https://chat.example" {
			p.base = origin
			break
		}
	}
	p.rig = newRig(t, func(c *auth.Config) {
		c.BaseURL = p.base
		c.Now = p.clock.Now
		c.ClientIP = func(r *http.Request) string { return r.Header.Get("Cf-Connecting-Ip") }
		c.Mail = func(m auth.Mail) error {
			p.mu.Lock()
			defer p.mu.Unlock()
			p.mails = append(p.mails, m)
			return nil
		}
		p.providers.use(c)
		set(c)
	})
	return p
}

// play plays a scene and compares.
func (p *replay) play(s scene) {
	if s.dump != "" {
		p.compareDump(s)
		return
	}
	plain := strings.TrimPrefix(s.key, p.version+"/")
	if fn, ok := byHand[plain]; ok {
		fn(p, s)
	}
	p.clock.pass(10 * time.Millisecond) // so that what is listed by time is in order
	got := p.do(p.request(s, plain))
	p.Settle()
	p.learn(s, got)
	p.compare(s, got)
	if again[plain] {
		s.key += ", again"
		p.play(s)
	}
}

// request is what was sent, with what we gave in the place of what better-auth gave.
func (p *replay) request(s scene, plain string) *http.Request {
	r := httptest.NewRequest(s.method, "http://localhost"+p.translate(s.path), strings.NewReader(p.translate(s.body)))
	r.Header = s.header.Clone()
	r.Header.Set("User-Agent", userAgent)
	if s.header.Get("Cf-Connecting-Ip") == "203.0.113.7" {
		r.Header.Set("User-Agent", "Mozilla/5.0 (X11; Linux x86_64) TestBrowser/1.0")
	}
	cookies := p.cookies(s)
	if state := stateOf(s); state != "" {
		flow, begun := p.flows[state]
		provider := s.path[len("/api/auth/callback/"):strings.IndexByte(s.path, '?')]
		if code := queryOf(s.path).Get("code"); begun && code != "" {
			p.providers.allow(provider, code, flow.query)
		}
		// 1.3.9 gave no cookie with the state. A browser sends ours.
		if begun && (p.version == "1.3.9" && !strangers[plain] || tabs[plain]) {
			cookies = append(cookies, flow.cookie)
		}
	}
	r.Header.Del("Cookie")
	if len(cookies) > 0 {
		r.Header.Set("Cookie", strings.Join(cookies, "; "))
	}
	return r
}

func queryOf(path string) url.Values {
	_, query, _ := strings.Cut(path, "?")
	q, _ := url.ParseQuery(query)
	return q
}

// stateOf is the recorded state with which a browser comes back from a provider.
func stateOf(s scene) string {
	if s.method != "GET" || !strings.HasPrefix(s.path, "/api/auth/callback/") {
		return ""
	}
	return queryOf(s.path).Get("state")
}

// cookies are those that the browser would send of ours.
func (p *replay) cookies(s scene) []string {
	var cookies []string
	for part := range strings.SplitSeq(s.header.Get("Cookie"), "; ") {
		name, value, ok := strings.Cut(part, "=")
		if !ok {
			continue
		}
		name = strings.Replace(name, "__Secure-", "__Host-", 1)
		if strings.HasSuffix(name, "better-auth.state") {
			state, _, _ := strings.Cut(value, ".")
			if flow, begun := p.flows[state]; begun {
				cookies = append(cookies, flow.cookie)
			}
			continue
		}
		cookies = append(cookies, name+"="+p.translate(value))
	}
	return cookies
}

// translate puts what we gave in the place of what was recorded.
func (p *replay) translate(text string) string {
	// The longest first: a token is part of its cookie's value.
	for _, recorded := range slices.SortedFunc(maps.Keys(p.ours), func(a, b string) int { return len(b) - len(a) }) {
		text = strings.ReplaceAll(text, recorded, p.ours[recorded])
	}
	for state, flow := range p.flows {
		text = strings.ReplaceAll(text, state, flow.query.Get("state"))
	}
	return text
}

// session is the hash of the session token that a request comes with.
func (p *replay) session(s scene) string {
	for _, cookie := range p.cookies(s) {
		name, value, _ := strings.Cut(cookie, "=")
		if strings.HasSuffix(name, "better-auth.session_token") {
			token, _, _ := strings.Cut(value, ".")
			return auth.HashToken(token).String()
		}
	}
	p.Fatalf("%s: no session", s.key)
	return ""
}

// signIn has the browser hold a new session in the place of the recorded one.
func (p *replay) signIn(s scene, email string) {
	j := p.rig.jar()
	j.origin = p.base
	r := j.request("POST", "/sign-in/email", fmt.Sprintf(`{"email":%q,"password":%q}`, email, good))
	r.Header.Set("User-Agent", userAgent)
	j.send(r).want(p, 200, "")
	_, recorded, _ := strings.Cut(s.header.Get("Cookie"), "better-auth.session_token=")
	p.learnCookie(recorded, j.cookies["better-auth.session_token"])
}

func (p *replay) expire(s scene, in time.Duration) {
	p.exec(`update sessions set expires_at = ? where token_hash = ?`, p.clock.Now().Add(in).UnixMilli(), p.session(s))
}

func (p *replay) age(s scene, age time.Duration) {
	then := p.clock.Now().Add(-age).UnixMilli()
	p.exec(`update sessions set created_at = ?, updated_at = ? where token_hash = ?`, then, then, p.session(s))
}

var sixDigits = regexp.MustCompile(`\d{6}`)

// code has the code in a request replaced by the one that the app shows now.
func (p *replay) code(s scene) {
	p.ours[sixDigits.FindString(s.body)] = auth.TOTPCode(p.key, p.clock.Now().Unix()/30)
}

func decodeSecret(text string) ([]byte, error) {
	return base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(text)
}
