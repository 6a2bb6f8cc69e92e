package auth_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

const https = "https://localhost:3000"

// §13.9: every cookie that any route sets or deletes.
func TestCookiesOfAStory(t *testing.T) {
	for origin, rule := range map[string]*regexp.Regexp{
		base:  regexp.MustCompile(`^(?:better-auth|snug)\.([\w-]+)[\w.]*=[\w%.-]*(?:; Max-Age=\d+)?; Path=/; HttpOnly; SameSite=Lax$`),
		https: regexp.MustCompile(`^__Host-(?:better-auth|snug)\.([\w-]+)[\w.]*=[\w%.-]*(?:; Max-Age=\d+)?; Path=/; HttpOnly; Secure; SameSite=Lax$`),
	} {
		const method = "better-auth.last_used_login_method=" // for the page to read: it opens nothing
		kinds := map[string]bool{}
		for _, x := range newStory(t, origin, nil).play().said {
			for _, line := range x.reply.Header()["Set-Cookie"] {
				if strings.HasPrefix(line, method) {
					if secure := strings.Contains(line, "; Path=/; Secure; SameSite=Lax"); secure != (origin == https) || !strings.HasSuffix(line, "; SameSite=Lax") {
						t.Errorf("%s: %s", x.URL, line)
					}
					continue
				}
				m := rule.FindStringSubmatch(line)
				if m == nil {
					t.Errorf("%s %s: %s", x.Method, x.URL, line)
					continue
				}
				kinds[m[1]] = true
			}
		}
		for _, kind := range []string{"session_token", "session_data", "dont_remember", "two_factor", "trust_device", "better-auth-passkey", "state", "invite"} {
			if !kinds[kind] {
				t.Errorf("no cookie %s in %v", kind, kinds)
			}
		}
	}
}

// §13.7, 14, 21 and 24, on all that is said, logged and stored in a story.
func TestWhatIsLeftOfAStory(t *testing.T) {
	s := newStory(t, base, nil).play()
	opens, told := s.opening()
	t.Run("replies", func(t *testing.T) {
		for _, x := range s.said {
			h := x.reply.Header()
			picture := strings.HasPrefix(h.Get("Content-Type"), "image/")
			if h.Get("X-Content-Type-Options") != "nosniff" || (h.Get("Cache-Control") == "no-store") == picture {
				t.Errorf("%s %s: %v", x.Method, x.URL, h)
			}
			if hasCORS(h) {
				t.Errorf("%s %s: %v", x.Method, x.URL, h)
			}
			// Whoever is sent on from an address with a secret in it doesn't tell it there.
			if secret := x.URL.Query().Has("code") || x.URL.Query().Has("token") || strings.Contains(x.URL.Path, "/reset-password/"); secret && x.reply.Code == 302 &&
				h.Get("Referrer-Policy") != "no-referrer" {
				t.Errorf("%s %s tells its address", x.Method, x.URL)
			}
			if at := landsAt(base+x.URL.RequestURI(), h.Get("Location")); at != base {
				t.Errorf("%s %s leads to %s", x.Method, x.URL, at)
			}
		}
	})
	t.Run("log", func(t *testing.T) {
		log := timestamps.ReplaceAllString(s.book.read(s.rig), "")
		for _, text := range append(slices.Concat(opens, told), "planted", "Planted", "@", "?", "192.0.2.1", secret) {
			if strings.Contains(log, text) {
				t.Errorf("%q is in the log", text)
			}
		}
		wantAudit(t, log)
		if t.Failed() {
			t.Log(log)
		}
	})
	t.Run("database", func(t *testing.T) {
		var path string
		s.query(`select file from pragma_database_list where name = 'main'`, &path)
		var stored []byte
		for _, suffix := range []string{"", "-wal"} {
			part, err := os.ReadFile(path + suffix)
			if err != nil && !os.IsNotExist(err) {
				t.Fatal(err)
			}
			stored = append(stored, part...)
		}
		// What was deleted is still in there, so this is all that there ever was.
		if !bytes.Contains(stored, []byte("planted.owner@example.com")) {
			t.Fatal("that isn't where accounts are")
		}
		for _, text := range opens {
			if len(text) > 6 && bytes.Contains(stored, []byte(text)) { // six digits are there by chance
				t.Errorf("%q is stored", text)
			}
		}
	})
}

var timestamps = regexp.MustCompile(`"time":"[^"]+",`)

func hasCORS(h http.Header) bool {
	for name := range h {
		if strings.HasPrefix(name, "Access-Control-") {
			return true
		}
	}
	return false
}

// wantAudit wants a line of each thing that somebody may have to answer for, with
// who did it and, where it was done from a session, in which.
func wantAudit(t *testing.T, log string) {
	t.Helper()
	id, hash := regexp.MustCompile(`^\w{32}$`), regexp.MustCompile(`^[0-9a-f]{8}$`)
	type line struct{ Msg, Why, User, Session, Token, By string }
	lines := map[string][]line{}
	for raw := range strings.Lines(log) {
		var x line
		if err := json.Unmarshal([]byte(raw), &x); err != nil {
			t.Fatal(err)
		}
		lines[x.Msg] = append(lines[x.Msg], x)
		if x.Msg == "session ended" {
			lines[x.Msg+": "+x.Why] = append(lines[x.Msg+": "+x.Why], x)
		}
	}
	for _, what := range []string{
		"signed in", "session ended", "session ended: sign-out", "session ended: revoked", "session ended: token revoked", "session ended: password changed",
		"session ended: password reset", "session ended: address changed", "session ended: second factor on", "session ended: second factor off",
		"account linked", "account unlinked", "second factor on", "second factor off", "passkey made", "passkey deleted", "password changed",
		"address changed", "user deleted",
	} {
		if len(lines[what]) == 0 {
			t.Errorf("nothing logs %q", what)
		}
		for _, x := range lines[what] {
			if !id.MatchString(x.User) || !hash.MatchString(x.Session) {
				t.Errorf("%q is logged of user %q in session %q", what, x.User, x.Session)
			}
		}
	}
	for _, what := range []string{"signed up", "password reset", "user banned", "all sessions ended", "second factor asked for", "address confirmed", "sign-in refused"} {
		if len(lines[what]) == 0 || !id.MatchString(lines[what][0].User) {
			t.Errorf("%q is logged as %+v", what, lines[what])
		}
	}
	if made := lines["API token made"]; len(made) != 1 || !id.MatchString(made[0].User) || !hash.MatchString(made[0].Token) {
		t.Errorf("API tokens are logged as %+v", made)
	}
	if made := lines["invitation made"]; len(made) != 2 || !id.MatchString(made[0].By) {
		t.Errorf("invitations are logged as %+v", made)
	}
}

// §13.16 and 22: no header says who somebody is, or where we are. With all of them
// on every request a story goes as it does without.
func TestForgedHeadersInAStory(t *testing.T) {
	forged := http.Header{}
	for _, name := range []string{
		"X-User-Id", "X-User-Name", "X-User-Image", "X-User-Email", "X-User-Role", "X-Forwarded-User", "X-Forwarded-Email", "X-Remote-User", "Remote-User",
		"X-Auth-Request-User", "X-Original-User", "Cf-Access-Authenticated-User-Email",
	} {
		forged.Set(name, "mallory")
	}
	for _, name := range []string{
		"X-Forwarded-Host", "X-Forwarded-Server", "X-Original-Host", "X-Host", "X-Http-Host-Override", "X-Original-Url", "X-Rewrite-Url", "Forwarded",
	} {
		forged.Set(name, "mallory.example")
	}
	for _, name := range []string{"X-Forwarded-For", "X-Real-Ip", "Cf-Connecting-Ip", "True-Client-Ip", "X-Client-Ip"} {
		forged.Set(name, "203.0.113.66")
	}
	forged.Set("X-Forwarded-Proto", "https")
	forged.Set("X-Http-Method-Override", "DELETE")
	s := newStory(t, base, forged).play()
	for _, x := range s.said {
		answer := x.reply.Body.String() + strings.Join(x.reply.Header()["Set-Cookie"], " ") + x.reply.Header().Get("Location")
		for _, text := range []string{"mallory", "203.0.113.66", "Secure"} {
			if strings.Contains(answer, text) {
				t.Errorf("%s %s says %s", x.Method, x.URL, answer)
			}
		}
	}
	if log := s.book.read(s.rig); strings.Contains(log, "mallory") || strings.Contains(log, "203.0.113.66") {
		t.Errorf("the log has it:\n%s", log)
	}
}
