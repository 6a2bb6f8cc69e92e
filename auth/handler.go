package auth

import (
	"net/http"
	"strings"

	"snug/internal/openapi"
)

// A route is one method of one path.
type route struct {
	// family names the routes that share one limit per address; "" is not limited.
	family string
	mails  bool // makes the server send a mail: limited more
	form   bool // takes an HTML form too
	// foreign: other sites send browsers here, so that the origin says nothing. The
	// handler finds out by itself what the request is worth.
	foreign bool
	raw     bool // the handler reads the body
	handle  func(*call) error
	param   string            // what the * of the path is called
	about   openapi.Operation // for the OpenAPI document
}

// A call is a request on its way through a handler.
type call struct {
	w     http.ResponseWriter
	r     *http.Request
	param string // what stands for the * of the route
	body  body   // of a POST
}

func (c *call) reply(value any) error {
	writeJSON(c.w, http.StatusOK, value)
	return nil
}

// redirect answers with a redirect, in the form of the protocol.
func (c *call) redirect(target string) error {
	c.w.Header().Set("Location", target)
	c.w.Header().Set("Content-Type", "application/json")
	c.w.WriteHeader(http.StatusFound)
	return nil
}

// find returns the route of a request; the path is matched exactly, so that there
// is one way to spell a route and one counter for it.
func (s *Service) find(r *http.Request) (rt route, param string, ok bool) {
	path, ok := strings.CutPrefix(r.URL.Path, "/api")
	if !ok {
		return route{}, "", false
	}
	if rt, ok = s.routes[r.Method+" "+path]; ok {
		return rt, "", !strings.HasSuffix(path, "*")
	}
	slash := strings.LastIndexByte(path, '/')
	rt, ok = s.routes[r.Method+" "+path[:slash+1]+"*"]
	param = path[slash+1:]
	return rt, param, ok && param != ""
}

// routeOf names the route of a request in a log. The path isn't written, for some
// hold a secret.
func (s *Service) routeOf(r *http.Request) string {
	path := strings.TrimPrefix(r.URL.Path, "/api")
	if _, param, ok := s.find(r); ok {
		return strings.TrimSuffix(path, param)
	}
	return "none"
}

// Handler serves everything below /api/auth/, /api/account and /api/avatars/. What
// isn't there, or not with this method, is 404 with an empty body: were it a page,
// the client would take it for a session.
func (s *Service) Handler() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Cache-Control", "no-store")
		h.Set("X-Content-Type-Options", "nosniff")
		rt, param, ok := s.find(r)
		if !ok {
			s.refuse(w, r, errNotFound)
			return
		}
		if err := s.serve(rt, &call{w: w, r: r, param: param}); err != nil {
			s.refuse(w, r, err)
		}
	})
}

func (s *Service) serve(rt route, c *call) error {
	// Before the counters, so that a foreign page can't use up its visitor's tries.
	if c.r.Method != http.MethodGet && !rt.foreign {
		if err := s.checkOrigin(c.r, rt.family != ""); err != nil {
			return err
		}
	}
	if rt.family != "" {
		if wait := s.addresses.allow(rt.family+" "+s.clientIP(c.r), s.now()); wait > 0 {
			return errTooMany(wait)
		}
	}
	if rt.mails {
		if wait := s.mails.allow(s.clientIP(c.r), s.now()); wait > 0 {
			return errTooMany(wait)
		}
	}
	if c.r.Method != http.MethodGet && !rt.raw {
		var err error
		if c.body, err = readBody(c.w, c.r, rt.form); err != nil {
			return err
		}
	}
	return rt.handle(c)
}

type okReply struct {
	OK bool `json:"ok"`
}

func (s *Service) ok(c *call) error {
	return c.reply(okReply{true})
}
