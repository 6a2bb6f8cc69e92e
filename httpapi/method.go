package httpapi

import (
	"context"
	"net/http"
	"net/url"
	"reflect"
	"strings"
	"time"

	"snug/auth"
	"snug/chat"
	"snug/internal/openapi"
)

// method is a handler with what is said of it in the OpenAPI document.
type method struct {
	serve http.HandlerFunc
	openapi.Operation
}

// asked is a checked request: who asks, and where.
type asked struct {
	*http.Request
	actor chat.Actor
	slug  string         // {slug} of the path, "" where it has none
	id    chat.MessageID // {id}, likewise
	query url.Values
}

// reading answers with what fn reads, as JSON.
func reading[A any](s *Server, fn func(ctx context.Context, q asked) (A, error)) method {
	serve := s.answering(auth.ScopeRead, func(ctx context.Context, w http.ResponseWriter, q asked) (any, error) {
		leave, ok := s.enter(w, q.Request, q.actor, level1)
		if !ok {
			return nil, errAnswered
		}
		defer leave()
		answer, err := fn(ctx, q)
		if err == nil {
			w.Header().Set("Cache-Control", "private, no-cache")
		}
		return answer, err
	})
	return method{serve, openapi.Operation{Who: openapi.SessionOrToken, Scope: string(auth.ScopeRead), Answer: answers[A](), Refusals: whyNot(400, 401, 403, 429, 503)}}
}

// writing answers with what became of what fn changed. The reply comes once that is
// durable.
func writing[A any](s *Server, fn func(ctx context.Context, q asked) (A, error)) method {
	return changing(s, auth.ScopeWrite, fn)
}

// managing is writing of what is done to rooms and people, and not with messages.
func managing[A any](s *Server, fn func(ctx context.Context, q asked) (A, error)) method {
	return changing(s, auth.ScopeRooms, fn)
}

func changing[A any](s *Server, scope auth.Scope, fn func(ctx context.Context, q asked) (A, error)) method {
	serve := s.answering(scope, func(ctx context.Context, _ http.ResponseWriter, q asked) (any, error) {
		return fn(ctx, q)
	})
	return method{serve, openapi.Operation{Who: openapi.SessionOrToken, Scope: string(scope), Answer: answers[A](), Refusals: whyNot(400, 401, 403, 429, 503, 507)}}
}

// taking is writing of what a JSON body holds.
func taking[B, A any](s *Server, fn func(ctx context.Context, q asked, body B) (A, error)) method {
	return bodied(s, auth.ScopeWrite, fn)
}

// ordering is managing by what a JSON body holds.
func ordering[B, A any](s *Server, fn func(ctx context.Context, q asked, body B) (A, error)) method {
	return bodied(s, auth.ScopeRooms, fn)
}

func bodied[B, A any](s *Server, scope auth.Scope, fn func(ctx context.Context, q asked, body B) (A, error)) method {
	m := changing(s, scope, func(ctx context.Context, q asked) (answer A, err error) {
		var body B
		if err := readJSON(q.Request, &body); err != nil {
			return answer, err
		}
		return fn(ctx, q, body)
	})
	m.Body = reflect.TypeFor[B]()
	m.Refusals[http.StatusRequestEntityTooLarge] = ""
	return m
}

// setting is taking of what is the person's alone, and not too often.
func setting[B, A any](s *Server, fn func(ctx context.Context, q asked, body B) (A, error)) method {
	return taking(s, func(ctx context.Context, q asked, body B) (answer A, err error) {
		if wait := s.own.take(string(q.actor.ID), time.Now()); wait > 0 {
			return answer, &chat.Error{Code: chat.CodeRateLimited, Message: "That is too much at once. Wait a moment.", Retry: wait}
		}
		return fn(ctx, q, body)
	})
}

// said adds what the types don't tell: what it does, and what the answer means.
func (m method) said(summary, answer string) method {
	m.Summary, m.Says = summary, answer
	return m
}

// more says more of it.
func (m method) more(description string, parameters ...openapi.Parameter) method {
	m.Description, m.Parameters = description, parameters
	return m
}

// written is a T that is JSON already.
type written[T any] []byte

func (written[T]) of() reflect.Type { return reflect.TypeFor[T]() }
func (w written[T]) bytes() []byte  { return w }

// answers is the type of a handler's answer, for the document.
func answers[A any]() []reflect.Type {
	if w, ok := any(*new(A)).(interface{ of() reflect.Type }); ok {
		return []reflect.Type{w.of()}
	}
	return openapi.JSON[A]()
}

// tagged puts routes under one heading. Where a path names something it may be not there.
func tagged(tag string, routes []route) []route {
	for _, r := range routes {
		for name, m := range r.methods {
			m.Tag = tag
			if strings.Contains(r.path, "{") && m.Refusals != nil {
				m.Refusals[http.StatusNotFound] = ""
			}
			r.methods[name] = m
		}
	}
	return routes
}

// unless adds refusals of the common kind.
func (m method) unless(statuses ...int) method {
	for _, status := range statuses {
		m.Refusals[status] = ""
	}
	return m
}

func whyNot(statuses ...int) map[int]string {
	why := map[int]string{}
	for _, status := range statuses {
		why[status] = ""
	}
	return why
}

func (s *Server) answering(scope auth.Scope, fn func(context.Context, http.ResponseWriter, asked) (any, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		a, ok := s.actor(w, r, level1, scope)
		if !ok {
			return
		}
		query, err := url.ParseQuery(r.URL.RawQuery)
		if err != nil {
			s.fail(w, r, badRequest("The query can't be read."), level1)
			return
		}
		ctx, cancel := pageContext(r.Context())
		defer cancel()
		answer, err := fn(ctx, w, asked{r, a, r.PathValue("slug"), chat.MessageID(r.PathValue("id")), query})
		switch {
		case err == errAnswered:
		case err != nil:
			s.fail(w, r, err, level1)
		default:
			if a, ok := answer.(interface{ answer() (int, any) }); ok {
				status, v := a.answer()
				writeJSON(w, status, v)
				return
			}
			if body, ok := answer.(interface{ bytes() []byte }); ok {
				writeBody(w, http.StatusOK, body.bytes())
				return
			}
			writeJSON(w, http.StatusOK, answer)
		}
	}
}
