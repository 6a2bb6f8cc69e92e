package httpapi

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"time"

	"snug/chat"
	"snug/internal/openapi"
)

// serverRoutes are those of the server as such.
func (s *Server) serverRoutes() []route {
	about := func() method {
		return method{s.about, openapi.Operation{Summary: "What this is", Says: "Name and version.", Answer: openapi.JSON[about]()}}
	}
	return tagged(tagServer, []route{
		{path: "/healthz", methods: methods{
			http.MethodGet: {s.healthz, openapi.Operation{Summary: "Whether the process is up", Says: "It is.", Answer: openapi.JSON[health]()}},
		}},
		{path: "/readyz", methods: methods{
			http.MethodGet: {s.readyz, openapi.Operation{Summary: "Whether messages can be stored", Says: "They can.", Answer: openapi.JSON[readyBody](),
				Other: map[int]openapi.Response{503: {Says: "They can't, and why.", JSON: openapi.JSON[readyBody]()}}}},
		}},
		{path: "/api", level0: true, methods: methods{http.MethodGet: about()}},
		{path: "/api/{$}", level0: true, methods: methods{http.MethodGet: about()}},
		{path: "/api/openapi.json", methods: methods{
			http.MethodGet: {s.openAPI, openapi.Operation{Summary: "This document", Says: "OpenAPI 3.1.", Answer: openapi.JSON[map[string]any]()}},
		}},
	})
}

// about is what this is.
type about struct {
	Name    string `json:"name" openapi:"const=Snug"`
	Version string `json:"version"`
}

func (s *Server) about(w http.ResponseWriter, _ *http.Request) {
	writeJSON(w, http.StatusOK, about{"Snug", s.version})
}

// health is whether the process is up.
type health struct {
	Healthy bool `json:"healthy"`
}

func (s *Server) healthz(w http.ResponseWriter, _ *http.Request) {
	writeJSON(w, http.StatusOK, health{true})
}

// readyBody tells whether messages can be stored.
type readyBody struct {
	Ready  bool   `json:"ready"`
	Reason string `json:"reason,omitempty"` // why not
}

func (s *Server) readyz(w http.ResponseWriter, r *http.Request) {
	fresh, err := s.ready.ask(time.Now())
	if err == nil {
		writeJSON(w, http.StatusOK, readyBody{Ready: true})
		return
	}
	if fresh {
		s.log.Warn("not ready", "err", err)
	}
	reason := "The storage can't commit; the log says why."
	var known *chat.Error
	if errors.As(err, &known) {
		reason = known.Message
	}
	setRetryAfter(w, readyFor)
	writeJSON(w, http.StatusServiceUnavailable, readyBody{Reason: reason})
}

// readiness asks at most one question at a time, and remembers the answer for
// readyFor.
type readiness struct {
	check func(context.Context) error

	mu    sync.Mutex
	asked time.Time
	err   error
}

// ask reports why not, and whether that is news.
func (p *readiness) ask(now time.Time) (fresh bool, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.asked.IsZero() && now.Sub(p.asked) < readyFor {
		return false, p.err
	}
	// Not the request's: the answer is for everyone who asks now.
	ctx, cancel := context.WithTimeout(context.Background(), readyTimeout)
	defer cancel()
	p.err = p.check(ctx)
	p.asked = now
	return true, p.err
}
