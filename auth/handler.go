package auth

import (
	"fmt"
	"html"
	"net/http"
	"strings"
)

const prefix = "/api/auth"

// A route is one method of one path.
type route struct {
	// family names the routes that share one limit per address; "" is not limited.
	family string
	form   bool // takes an HTML form too
	handle func(*call) error
}

// A call is a request on its way through a handler.
type call struct {
	w    http.ResponseWriter
	r    *http.Request
	body body // of a POST
}

func (c *call) reply(value any) error {
	writeJSON(c.w, http.StatusOK, value)
	return nil
}

func (s *Service) routeTable() map[string]route {
	return map[string]route{
		"GET /ok":                     {handle: s.ok},
		"GET /error":                  {handle: s.errorPage},
		"GET /get-session":            {handle: s.getSession},
		"GET /list-sessions":          {handle: s.listSessions},
		"POST /sign-up/email":         {handle: s.signUpEmail, family: "sign-up", form: true},
		"POST /sign-in/email":         {handle: s.signInEmail, family: "sign-in", form: true},
		"POST /sign-out":              {handle: s.signOut},
		"POST /revoke-session":        {handle: s.revokeSession},
		"POST /revoke-sessions":       {handle: s.revokeSessions},
		"POST /revoke-other-sessions": {handle: s.revokeOtherSessions},
	}
}

// Handler serves everything below /api/auth/. What isn't there, or not with this
// method, is 404 with an empty body: were it a page, the client would take it for
// a session.
func (s *Service) Handler() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Cache-Control", "no-store")
		h.Set("X-Content-Type-Options", "nosniff")
		path, _ := strings.CutPrefix(r.URL.Path, prefix)
		// An exact match: a trailing or doubled slash is another path, so that
		// there is one way to spell a route and one counter for it.
		rt, ok := s.routes[r.Method+" "+path]
		if !ok || r.URL.Path == path {
			s.refuse(w, r, path, errNotFound)
			return
		}
		if err := s.serve(rt, w, r); err != nil {
			s.refuse(w, r, path, err)
		}
	})
}

func (s *Service) serve(rt route, w http.ResponseWriter, r *http.Request) error {
	c := &call{w: w, r: r}
	if r.Method == http.MethodPost {
		// Before the counter, so that a foreign page can't use up its visitor's tries.
		if err := s.checkOrigin(r, rt.family != ""); err != nil {
			return err
		}
		if rt.family != "" {
			if wait := s.addresses.allow(rt.family+" "+s.clientIP(r), s.now()); wait > 0 {
				return errTooMany(wait)
			}
		}
		var err error
		if c.body, err = readBody(w, r, rt.form); err != nil {
			return err
		}
	}
	return rt.handle(c)
}

func (s *Service) ok(c *call) error {
	return c.reply(struct {
		OK bool `json:"ok"`
	}{true})
}

// errorPage is where a sign-in that leads over other sites ends when it fails.
func (s *Service) errorPage(c *call) error {
	code := c.r.URL.Query().Get("error")
	const longest = 200
	if code == "" || len(code) > longest {
		code = "Unknown"
	}
	h := c.w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
	h.Set("Referrer-Policy", "no-referrer")
	fmt.Fprintf(c.w, errorHTML, html.EscapeString(strings.ToValidUTF8(code, "\ufffd")))
	return nil
}

const errorHTML = `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="UTF-8">
<meta name="viewport" content="width=device-width, initial-scale=1.0">
<title>Sign-in failed</title>
<style>
:root { color-scheme: light dark; }
body { margin: 0; min-height: 100vh; display: grid; place-items: center; font: 1rem/1.5 system-ui, sans-serif; }
main { max-width: 25rem; padding: 2rem; text-align: center; }
</style>
</head>
<body>
<main>
<h1>Sign-in failed</h1>
<p>Something went wrong while signing you in. Please try again.</p>
<p><a href="/">Back</a></p>
<p><small>Error code: <span id="errorCode">%s</span></small></p>
</main>
</body>
</html>
`
