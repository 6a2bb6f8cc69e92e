package auth_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"
)

// FuzzCallback sends what it likes to a callback, of a flow that was to end where it
// likes. Browsers are sent home, or nowhere. (§13.5, §13.19)
func FuzzCallback(f *testing.F) {
	f.Add("", "/x")
	f.Add("code=x", "/x?y#z")
	f.Add("error=%0d%0aX:y&error_description=%ff", base+"/x")
	f.Add("code=x&iss=https%3A%2F%2Fevil.example&state=", "")
	f.Add("code=x;y&&==%", "/%")
	for _, target := range redirects {
		f.Add("error=access_denied", target)
	}
	p := newIDP(f)
	g := newRig(f, p.use)
	f.Fuzz(func(t *testing.T, query, target string) {
		g.TB, p.TB = t, t
		j := g.jar()
		quoted, err := json.Marshal(target)
		if err != nil || !utf8.ValidString(target) {
			return // not JSON
		}
		begun := j.post("/sign-in/social", fmt.Sprintf(`{"provider":"google","callbackURL":%s,"errorCallbackURL":%[1]s}`, quoted))
		if begun.Code != 200 {
			begun.want(t, 403, "INVALID_CALLBACKURL")
			begun = j.post("/sign-in/social", `{"provider":"google"}`).want(t, 200, "")
		}
		var reply struct{ URL string }
		begun.decode(t, &reply)
		state := p.approve(reply.URL, ada).Get("state")
		for _, q := range []string{query, "state=" + state + "&" + query} {
			r := j.request("GET", "/callback/google", "")
			r.URL.RawQuery = q
			got := j.send(r)
			location := got.Header().Get("Location")
			if got.Code != 302 || landsAt(base+"/api/auth/callback/google", location) != base || strings.ContainsAny(location, "\r\n\x00") {
				t.Errorf("%q led to %d %q", q, got.Code, location)
			}
		}
	})
}
