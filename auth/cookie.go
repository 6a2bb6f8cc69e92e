package auth

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// The cookies of the protocol. No client reads them, but servers that spoke it
// before this one left them in browsers.
const (
	tokenCookie = "better-auth.session_token"
	dataCookie  = "better-auth.session_data" // never set here; only deleted
	shortCookie = "better-auth.dont_remember"

	twoFactorCookie = "better-auth.two_factor"   // a sign-in that waits for its second factor
	deviceCookie    = "better-auth.trust_device" // where none is asked for
	passkeyCookie   = "better-auth.better-auth-passkey"
	stateCookie     = "better-auth.state" // and a dot, and how the state begins
	inviteCookie    = "snug.invite"

	// methodCookie is for the page to read: it has no prefix and no signature.
	methodCookie = "better-auth.last_used_login_method"
)

// cookieName adds the prefix with which browsers take the cookie from this very
// host and over https only: a page of a sibling domain can't plant one.
func (s *Service) cookieName(name string) string {
	if s.secure {
		return "__Host-" + name
	}
	return name
}

// importedName is what better-auth calls the cookie on a server with https. It is
// read for sessions that began there.
func importedName(name string) string { return "__Secure-" + name }

// sign makes the value of a signed cookie: the text, a dot and its MAC, escaped.
func (s *Service) sign(text string) string {
	return url.QueryEscape(text + "." + s.mac(text))
}

func (s *Service) mac(text string) string { return mac(s.secrets[0], text) }

func mac(secret []byte, text string) string {
	m := hmac.New(sha256.New, secret)
	m.Write([]byte(text))
	return base64.StdEncoding.EncodeToString(m.Sum(nil))
}

// verify returns the text of a signed cookie's value.
func (s *Service) verify(value string) (string, bool) {
	dot := strings.LastIndexByte(value, '.')
	if dot <= 0 {
		return "", false
	}
	text, given := value[:dot], value[dot+1:]
	for _, secret := range s.secrets {
		// Comparing the encoded form lets no second spelling of a MAC pass.
		if hmac.Equal([]byte(given), []byte(mac(secret, text))) {
			return text, true
		}
	}
	return "", false
}

// signed returns the texts of all cookies of that name whose signature is good, in
// the order sent. Without https a page of a sibling domain can plant a cookie of
// the same name before ours: taking the first would let it sign people out.
func (s *Service) signed(r *http.Request, name string) []string {
	return s.signedAs(r, s.cookieName(name))
}

func (s *Service) signedAs(r *http.Request, full string) []string {
	var texts []string
	values := 0
	eachCookie(r.Header["Cookie"], full, func(value string) bool {
		if text, ok := s.verify(value); ok {
			texts = append(texts, text)
		}
		values++
		return values < maxCandidates
	})
	return texts
}

// eachCookie calls fn with the decoded value of each cookie of that name until it
// returns false. Values may stand in double quotes and are percent-encoded; what
// doesn't decode is taken as it is.
func eachCookie(headers []string, name string, fn func(value string) bool) {
	for _, header := range headers {
		for part := range strings.SplitSeq(header, ";") {
			key, value, ok := strings.Cut(part, "=")
			if !ok || strings.TrimSpace(key) != name {
				continue
			}
			value = strings.TrimSpace(value)
			if len(value) >= 2 && value[0] == '"' && value[len(value)-1] == '"' {
				value = value[1 : len(value)-1]
			}
			// PathUnescape, for a + is a + here.
			if decoded, err := url.PathUnescape(value); err == nil {
				value = decoded
			}
			if !fn(value) {
				return
			}
		}
	}
}

// setCookie writes a cookie that scripts can't read and foreign pages don't send.
// maxAge nil: it goes with the browser; 0: it is deleted.
func (s *Service) setCookie(w http.ResponseWriter, name, value string, maxAge *time.Duration) {
	var b strings.Builder
	b.WriteString(s.cookieName(name) + "=" + value)
	if maxAge != nil {
		b.WriteString("; Max-Age=" + strconv.Itoa(int(*maxAge/time.Second)))
	}
	b.WriteString("; Path=/; HttpOnly")
	if s.secure {
		b.WriteString("; Secure")
	}
	b.WriteString("; SameSite=Lax")
	w.Header().Add("Set-Cookie", b.String())
}

// setSession gives the browser a session that lives for life more.
func (s *Service) setSession(w http.ResponseWriter, r *http.Request, token string, remember bool, life time.Duration) {
	if !remember {
		s.setCookie(w, tokenCookie, s.sign(token), nil)
		s.setCookie(w, shortCookie, s.sign("true"), nil)
		return
	}
	s.setCookie(w, tokenCookie, s.sign(token), &life)
	// What a short session left behind would keep this one from sliding.
	eachCookie(r.Header["Cookie"], s.cookieName(shortCookie), func(string) bool {
		s.setCookie(w, shortCookie, "", new(time.Duration))
		return false
	})
}

// setMethod lets the page mark how one signed in last.
func (s *Service) setMethod(w http.ResponseWriter, method string) {
	text := methodCookie + "=" + url.QueryEscape(method) + "; Max-Age=" + strconv.Itoa(int(methodLife/time.Second)) + "; Path=/"
	if s.secure {
		text += "; Secure"
	}
	w.Header().Add("Set-Cookie", text+"; SameSite=Lax")
}

// clearSession takes all cookies of a session away.
func (s *Service) clearSession(w http.ResponseWriter) {
	for _, name := range []string{tokenCookie, dataCookie, shortCookie} {
		s.setCookie(w, name, "", new(time.Duration))
	}
}

// newID makes 32 random letters and digits, 190 bits: an id or a session token.
func newID() string {
	const letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
	const fair = 256 / len(letters) * len(letters) // bytes from here on would favour some letters
	id := make([]byte, 0, 32)
	var random [48]byte
	for {
		rand.Read(random[:]) // never fails
		for _, b := range random {
			if int(b) < fair {
				id = append(id, letters[int(b)%len(letters)])
			}
			if len(id) == cap(id) {
				return string(id)
			}
		}
	}
}
