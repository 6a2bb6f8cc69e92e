package httpapi

import (
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"
	"unicode/utf8"

	"snug/auth"
	"snug/chat"
	"snug/files"
)

const (
	// filePolicy is for what people uploaded: opened by itself it runs nothing, loads
	// nothing, and is of no origin.
	filePolicy = "default-src 'none'; sandbox"
	// maxRanges of a file are read in one request, or else all of it.
	maxRanges = 8
	// fileAge is how long browsers keep a file: it never changes.
	fileAge = "private, max-age=31536000, immutable"
)

// file gives out a file: to who may read it, or to whoever has a signed address.
func (s *Server) file(w http.ResponseWriter, r *http.Request) {
	query, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		s.fail(w, r, badRequest("The query can't be read."), level1)
		return
	}
	size := query.Get("size")
	if size != "" && size != "thumbnail" {
		s.fail(w, r, badRequest("size must be thumbnail, or be left out."), level1)
		return
	}
	id := r.PathValue("id")
	var by files.Reader
	if query.Has("signature") {
		if !s.files.Verify(id, query.Get("expires"), query.Get("signature")) {
			refusal{http.StatusForbidden, chat.CodeForbidden, "This address isn't valid, or not any more.", ""}.write(w, level1)
			return
		}
		by.Signed = true
	} else {
		a, ok := s.actor(w, r, level1, auth.ScopeRead)
		if !ok {
			return
		}
		by.User = string(a.ID)
	}
	whose := chat.UserID(by.User)
	if by.Signed {
		whose = chat.UserID("file:" + id)
	}
	leave, ok := s.downloads.enter(r.Context(), whose)
	if !ok {
		setRetryAfter(w, time.Second)
		refusal{http.StatusTooManyRequests, chat.CodeRateLimited, "You ask for too many files at once. Wait a moment.", ""}.write(w, level1)
		return
	}
	defer leave()
	f, err := s.files.Look(r.Context(), by, id)
	if err == nil && r.PathValue("name") != f.Name { // one address for each
		notFound.write(w, level1)
		return
	}
	if err != nil {
		s.failFile(w, r, err)
		return
	}
	thumbnail := size == "thumbnail" && f.Thumbnail
	content, err := s.files.Open(r.Context(), f, thumbnail)
	if err != nil {
		s.failFile(w, r, err)
		return
	}
	defer content.Close()
	h := w.Header()
	h.Set("Cache-Control", fileAge)
	if by.Signed {
		h.Set("Cache-Control", "private, no-cache")
	}
	h.Set("Etag", `"`+f.ID+map[bool]string{true: "-thumbnail"}[thumbnail]+`"`)
	h.Set("Content-Security-Policy", filePolicy)
	setType(h, f.Name, content.Type)
	if strings.Count(r.Header.Get("Range"), ",") >= maxRanges {
		r.Header.Del("Range") // each would be a request to the bucket; the whole is an answer too
	}
	http.ServeContent(w, r, "", time.Time{}, &sending{Content: content, limits: http.NewResponseController(w)})
}

// setType says what a file is, and whether a browser may show it.
func setType(h http.Header, name, mime string) {
	disposition := "attachment"
	switch {
	case files.Inline(mime):
		disposition = "inline"
	case mime != "text/plain" && mime != "application/pdf" && mime != "application/zip":
		// Nothing that has a meaning for a browser, whatever it thinks of attachments.
		mime = "application/octet-stream"
	}
	h.Set("Content-Type", mime)
	h.Set("Content-Disposition", disposition+"; "+fileName(name))
}

// fileName writes a name as RFC 6266 has it: plain for old clients, and in full as RFC
// 8187 encodes it.
func fileName(name string) string {
	var plain, full strings.Builder
	for _, r := range name {
		switch {
		case r == '"' || r == '\\' || r == '%' || r < ' ' || r > '~':
			plain.WriteByte('_')
		default:
			plain.WriteRune(r)
		}
	}
	const attrChars = "!#$&+-.^_`|~"
	for _, c := range []byte(name) {
		if c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c < utf8.RuneSelf && strings.IndexByte(attrChars, c) >= 0 {
			full.WriteByte(c)
		} else {
			fmt.Fprintf(&full, "%%%02X", c)
		}
	}
	return `filename="` + plain.String() + `"; filename*=UTF-8''` + full.String()
}

// sending is content on its way to a client that takes its time: each piece has
// writeTimeout.
type sending struct {
	*files.Content
	limits  *http.ResponseController
	renewed time.Time
}

var _ io.ReadSeeker = (*sending)(nil)

func (c *sending) Read(p []byte) (int, error) {
	if now := time.Now(); now.Sub(c.renewed) > time.Second {
		c.renewed = now
		_ = c.limits.SetWriteDeadline(now.Add(writeTimeout)) // where that fails the write will
	}
	return c.Content.Read(p)
}

// signedAddress is one by which anybody may read a file for a while.
type signedAddress struct {
	URL       string `json:"url"` // a path on this server
	ExpiresAt int64  `json:"expiresAt"`
}

// signFile gives out an address by which anybody may read a file for a while: for
// programs that have no session, such as players.
func (s *Server) signFile(w http.ResponseWriter, r *http.Request) {
	a, ok := s.actor(w, r, level1, auth.ScopeRead)
	if !ok {
		return
	}
	f, err := s.files.Look(r.Context(), files.Reader{User: string(a.ID)}, r.PathValue("id"))
	if err != nil {
		s.failFile(w, r, err)
		return
	}
	until := time.Now().Add(signedFor)
	writeJSON(w, http.StatusOK, signedAddress{s.files.Sign(f, until), until.UnixMilli()})
}

func (s *Server) settings() chat.Settings {
	set := s.rooms.Settings()
	if s.files != nil {
		set.MaxFileBytes = s.files.MaxBytes()
	}
	return set
}
