package httpapi

import (
	"bufio"
	"net"
	"net/http"
	"runtime/debug"
	"time"
)

// recorder remembers the status for the log. It passes everything else on:
// http.ResponseController finds the real writer by Unwrap.
type recorder struct {
	http.ResponseWriter
	status   int // 0: nothing was sent
	hijacked bool
}

func (w *recorder) WriteHeader(status int) {
	if w.status == 0 && (status >= 200 || status == http.StatusSwitchingProtocols) {
		w.status = status
	}
	w.ResponseWriter.WriteHeader(status)
}

func (w *recorder) Write(p []byte) (int, error) {
	if w.status == 0 {
		w.status = http.StatusOK
	}
	return w.ResponseWriter.Write(p)
}

func (w *recorder) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// Hijack is for callers that ask for an http.Hijacker.
func (w *recorder) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	conn, buffer, err := http.NewResponseController(w.ResponseWriter).Hijack()
	if err == nil {
		w.hijacked = true
		if w.status == 0 {
			w.status = http.StatusSwitchingProtocols
		}
	}
	return conn, buffer, err
}

// ServeHTTP is the whole chain: see the package comment.
func (s *Server) ServeHTTP(rw http.ResponseWriter, r *http.Request) {
	w := &recorder{ResponseWriter: rw}
	began := time.Now()
	defer func() {
		if cause := recover(); cause != nil {
			s.recovered(w, r, cause)
		}
		// The route and not the path: paths and queries hold tokens and names.
		s.log.Debug("request", "method", r.Method, "route", r.Pattern, "status", w.status,
			"ms", time.Since(began).Milliseconds())
	}()
	s.serve(w, r)
}

func (s *Server) recovered(w *recorder, r *http.Request, cause any) {
	if cause == http.ErrAbortHandler {
		panic(cause) // the server's own way to drop a connection
	}
	s.log.Error("request panicked", "method", r.Method, "route", r.Pattern, "cause", cause, "stack", string(debug.Stack()))
	if w.hijacked {
		return
	}
	if w.status != 0 {
		panic(http.ErrAbortHandler) // half an answer must not look like a whole one
	}
	internal.write(w, level1)
}
