package httpapi

import "snug/chat"

// Routes returns the methods of each route, by its pattern.
func Routes(s *Server) map[string][]string {
	routes := map[string][]string{}
	for _, r := range s.routes {
		for method := range r.methods {
			routes[r.path] = append(routes[r.path], method)
		}
	}
	return routes
}

// UploadCount is how many requests of uploads a person may make at once.
const UploadCount = uploadCount

// SettingCount is how many changes of what is their own a person may make at once.
const SettingCount = settingCount

// ParseMetadata reads Upload-Metadata.
func ParseMetadata(header string) (map[string]string, error) { return parseMetadata(header) }

// HasStatus reports whether the table of statuses knows a code.
func HasStatus(c chat.Code) bool { return statuses[c] != 0 }

// The bounds of one person's pages, and of the searches of all.
const (
	PagesAtOnce     = pagesAtOnce
	PagesWaiting    = pagesWaiting
	SearchesAtOnce  = searchesAtOnce
	SearchesWaiting = searchesWaiting
)
