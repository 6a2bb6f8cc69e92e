package web

import (
	"io/fs"
	"net/http"
)

// Dist is what is built into the binary.
func Dist() (fs.FS, error) { return fs.Sub(dist, "dist") }

// NewHandler is Handler for other files.
func NewHandler(fsys fs.FS, names func() Names) (http.Handler, error) { return newHandler(fsys, names) }
