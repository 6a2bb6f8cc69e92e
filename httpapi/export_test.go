package httpapi

import "snug/chat"

// Paths returns the patterns of the routes.
func Paths(s *Server) (paths []string) {
	for _, r := range s.routes {
		paths = append(paths, r.path)
	}
	return paths
}

// HasStatus reports whether the table of statuses knows a code.
func HasStatus(c chat.Code) bool { return statuses[c] != 0 }

// The bounds of one person's pages.
const (
	PagesAtOnce  = pagesAtOnce
	PagesWaiting = pagesWaiting
)
