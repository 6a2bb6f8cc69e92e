package httpapi

import (
	"encoding/base64"
	"errors"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"snug/auth"
	"snug/chat"
	"snug/files"
	"snug/internal/openapi"
)

// Uploads come by tus 1.0.0 (https://tus.io/protocols/resumable-upload) with its
// extensions creation, creation-with-upload, termination and expiration.

const (
	uploadsPath   = "/api/uploads"
	tusVersion    = "1.0.0"
	tusExtensions = "creation,creation-with-upload,termination,expiration"
	tusBody       = "application/offset+octet-stream"
)

// fileRoutes are those of files, of a server that takes them.
func (s *Server) fileRoutes() []route {
	upload, file := openapi.Param[string]("id", "The upload.", ""), openapi.Param[string]("id", "The file.", "")
	options := method{s.uploadOptions, openapi.Operation{Summary: "What tus is spoken", Parameters: []openapi.Parameter{upload},
		Other: map[int]openapi.Response{204: {Says: "In Tus-Version, Tus-Extension and Tus-Max-Size."}}}}
	created := options
	created.Parameters = nil
	return tagged(tagFiles, []route{
		{path: uploadsPath, methods: methods{
			http.MethodOptions: created,
			http.MethodPost: s.tusMethod(s.createUpload, openapi.Operation{Summary: "Begin an upload",
				Description: "By tus 1.0.0 with creation, creation-with-upload, termination and expiration. An upload that doesn't go on for a day is deleted.",
				Parameters: []openapi.Parameter{
					openapi.Header[int64]("Upload-Length", "Bytes.", "required,minimum=1"),
					openapi.Header[string]("Upload-Metadata", "filename and its value in base64. What it says of the type isn't looked at.", ""),
				},
				BodyMedia: tusBody, Other: map[int]openapi.Response{201: {Says: "Location is the upload."}},
			}, 400, 409, 413, 503, 507),
		}},
		{path: uploadsPath + "/{id}", methods: methods{
			http.MethodOptions: options,
			http.MethodGet: {s.getUpload, openapi.Operation{Summary: "What became of an upload",
				Description: "When all bytes have come. The type is told from the content, pictures are made anew without their metadata: that may take " +
					"seconds. HEAD tells in Upload-Offset and Upload-Length how far it is.",
				Parameters: []openapi.Parameter{upload}, Who: openapi.SessionOrToken, Scope: string(auth.ScopeWrite), Says: "What a message can have.", Answer: openapi.JSON[chat.Attachment](),
				Refusals: map[int]string{400: "", 401: "", 403: "", 409: "It isn't whole yet.", 413: "", 429: "", 503: "Many pictures are being looked at; see Retry-After.", 507: ""},
			}},
			http.MethodPatch: s.tusMethod(s.appendUpload, openapi.Operation{Summary: "Go on with an upload",
				Description: "What has come is kept if the connection drops.",
				Parameters: []openapi.Parameter{upload,
					openapi.Header[int64]("Upload-Offset", "Where the body begins: as many bytes as have come before. Where that isn't so, HEAD tells.", "required,minimum=0")},
				BodyMedia: tusBody, Other: map[int]openapi.Response{204: {Says: "Upload-Offset says how far it is."}},
			}, 400, 409, 413, 415, 503, 507),
			http.MethodDelete: s.tusMethod(s.stopUpload, openapi.Operation{Summary: "Delete an upload",
				Description: "One that isn't whole, or that no message has.", Parameters: []openapi.Parameter{upload},
				Other: map[int]openapi.Response{204: {Says: "It is gone."}},
			}, 409, 503),
			http.MethodPost: {s.overriddenUpload, openapi.Operation{Summary: "PATCH, HEAD and DELETE for clients that have none", Who: openapi.SessionOrToken, Scope: string(auth.ScopeWrite),
				Parameters: []openapi.Parameter{upload, openapi.Header[string]("X-HTTP-Method-Override", "Which of them.", "required,enum=PATCH|HEAD|DELETE"), tusHeader()},
				Says:       "As HEAD.", Other: map[int]openapi.Response{204: {Says: "As theirs."}},
				Refusals: whyNot(400, 401, 403, 409, 412, 413, 415, 429, 503, 507),
			}},
		}},
		{path: "/api/files/{id}", methods: methods{
			http.MethodPost: {s.signFile, openapi.Operation{Summary: "An address that needs no session",
				Description: "For players and the like. Whoever has it reads the file, for an hour.", Parameters: []openapi.Parameter{file}, Who: openapi.SessionOrToken, Scope: string(auth.ScopeRead),
				Says: "It.", Answer: openapi.JSON[signedAddress](), Refusals: whyNot(401, 403, 503)}},
		}},
		{path: "/api/files/{id}/{name}", methods: methods{
			http.MethodGet: {s.file, openapi.Operation{Summary: "A file", Who: openapi.OrAddress,
				Description: "For whoever may see a message that has it, for its owner, and by a signed address. Pictures, films and sounds are shown, " +
					"everything else is saved. Ranges are served.",
				Parameters: []openapi.Parameter{file, openapi.Param[string]("name", "Its name.", ""),
					openapi.Param[string]("size", "A picture that fits 840 by 640 pixels.", "const=thumbnail"),
					openapi.Param[int64]("expires", "Of a signed address.", ""), openapi.Param[string]("signature", "Likewise.", "")},
				Says: "All of it.", Media: []string{"*/*"},
				Other: map[int]openapi.Response{206: {Says: "The ranges that were asked for.", Else: []string{"*/*"}}, 304: {Says: "It never changes."},
					416: {Says: "The range isn't in it.", Else: []string{"text/plain"}}},
				Refusals: map[int]string{400: "", 401: "", 403: "The address isn't valid, or not any more.", 429: "", 503: ""},
			}},
		}},
	})
}

func tusHeader() openapi.Parameter {
	return openapi.Header[string]("Tus-Resumable", "The version of tus.", "required,const="+tusVersion)
}

// tusMethod is a method of the protocol.
func (s *Server) tusMethod(serve func(http.ResponseWriter, *http.Request, chat.Actor), o openapi.Operation, refusals ...int) method {
	o.Who, o.Scope = openapi.SessionOrToken, string(auth.ScopeWrite)
	o.Parameters = append(o.Parameters, tusHeader())
	o.Refusals = whyNot(append(refusals, 401, 403, 404, 412, 429)...) // 404: or the server takes no files
	return method{s.tus(serve), o}
}

func (s *Server) uploadOptions(w http.ResponseWriter, _ *http.Request) {
	h := w.Header()
	h.Set("Tus-Resumable", tusVersion)
	h.Set("Tus-Version", tusVersion)
	h.Set("Tus-Extension", tusExtensions)
	h.Set("Tus-Max-Size", strconv.FormatInt(s.files.MaxBytes(), 10))
	w.WriteHeader(http.StatusNoContent)
}

// tus checks a request of the protocol, and who sends it.
func (s *Server) tus(serve func(http.ResponseWriter, *http.Request, chat.Actor)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Tus-Resumable", tusVersion)
		w.Header().Set("Cache-Control", "no-store")
		if r.Header.Get("Tus-Resumable") != tusVersion {
			w.Header().Set("Tus-Version", tusVersion)
			refusal{http.StatusPreconditionFailed, chat.CodeBadRequest, "This address speaks tus 1.0.0: send Tus-Resumable: 1.0.0.", ""}.write(w, level1)
			return
		}
		a, ok := s.actor(w, r, level1, auth.ScopeWrite)
		if !ok {
			return
		}
		if wait := s.uploads.take(string(a.ID), time.Now()); wait > 0 {
			setRetryAfter(w, wait)
			refusal{http.StatusTooManyRequests, chat.CodeRateLimited, "You send too many pieces of files. Wait a moment.", ""}.write(w, level1)
			return
		}
		serve(w, r, a)
	}
}

// overriddenUpload is for clients that can send nothing but POST.
func (s *Server) overriddenUpload(w http.ResponseWriter, r *http.Request) {
	serve := map[string]func(http.ResponseWriter, *http.Request, chat.Actor){
		http.MethodPatch: s.appendUpload, http.MethodDelete: s.stopUpload, http.MethodHead: s.headUpload,
	}[r.Header.Get("X-HTTP-Method-Override")]
	if serve == nil {
		s.fail(w, r, badRequest("A POST to an upload needs X-HTTP-Method-Override: PATCH, DELETE or HEAD."), level1)
		return
	}
	s.tus(serve)(w, r)
}

func (s *Server) createUpload(w http.ResponseWriter, r *http.Request, a chat.Actor) {
	size, ok := number(r, "Upload-Length")
	if !ok {
		s.fail(w, r, badRequest("Upload-Length must say how many bytes the file has."), level1)
		return
	}
	metadata, err := parseMetadata(r.Header.Get("Upload-Metadata"))
	if err != nil {
		s.fail(w, r, err, level1)
		return
	}
	u, err := s.files.Create(r.Context(), string(a.ID), metadata["filename"], size)
	if err != nil {
		s.failFile(w, r, err)
		return
	}
	w.Header().Set("Location", uploadsPath+"/"+u.ID)
	if r.Header.Get("Content-Type") == tusBody {
		// What was cut off goes on as any other upload.
		if u, err = s.receive(w, r, a, u.ID, 0); err != nil {
			s.failFile(w, r, err)
			return
		}
	}
	tellUpload(w, u)
	w.WriteHeader(http.StatusCreated)
}

func (s *Server) headUpload(w http.ResponseWriter, r *http.Request, a chat.Actor) {
	u, err := s.files.Offset(r.Context(), string(a.ID), r.PathValue("id"))
	if err != nil {
		s.failFile(w, r, err)
		return
	}
	tellUpload(w, u)
	w.Header().Set("Upload-Length", strconv.FormatInt(u.Size, 10))
	w.Header().Set("Upload-Metadata", "filename "+base64.StdEncoding.EncodeToString([]byte(u.Name)))
	w.WriteHeader(http.StatusOK)
}

func (s *Server) appendUpload(w http.ResponseWriter, r *http.Request, a chat.Actor) {
	offset, ok := number(r, "Upload-Offset")
	switch {
	case r.Header.Get("Content-Type") != tusBody:
		refusal{http.StatusUnsupportedMediaType, chat.CodeBadRequest, "The body of an upload has Content-Type: " + tusBody + ".", ""}.write(w, level1)
		return
	case !ok:
		s.fail(w, r, badRequest("Upload-Offset must say where in the file the body begins."), level1)
		return
	}
	u, err := s.receive(w, r, a, r.PathValue("id"), offset)
	if err != nil {
		s.failFile(w, r, err)
		return
	}
	tellUpload(w, u)
	w.WriteHeader(http.StatusNoContent)
}

// receive reads the body, for as long as enough of it comes.
func (s *Server) receive(w http.ResponseWriter, r *http.Request, a chat.Actor, id string, offset int64) (files.Upload, error) {
	body := &uploadBody{r: r.Body, limits: http.NewResponseController(w)}
	u, err := s.files.Append(r.Context(), string(a.ID), id, offset, body)
	_ = body.limits.SetWriteDeadline(time.Now().Add(writeTimeout)) // where that fails the write will
	return u, err
}

func (s *Server) stopUpload(w http.ResponseWriter, r *http.Request, a chat.Actor) {
	if err := s.files.Stop(r.Context(), string(a.ID), r.PathValue("id")); err != nil {
		s.failFile(w, r, err)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

// getUpload gives what became of an upload that is whole. It isn't of tus; HEAD is.
func (s *Server) getUpload(w http.ResponseWriter, r *http.Request) {
	if r.Method == http.MethodHead {
		s.tus(s.headUpload)(w, r)
		return
	}
	a, ok := s.actor(w, r, level1, auth.ScopeWrite)
	if !ok {
		return
	}
	_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(finishTimeout))
	f, err := s.files.Finish(r.Context(), string(a.ID), r.PathValue("id"))
	if err != nil {
		s.failFile(w, r, err)
		return
	}
	writeJSON(w, http.StatusOK, Attachment(f))
}

// Attachment is a file as messages carry it.
func Attachment(f files.File) chat.Attachment {
	return chat.Attachment{
		ID: f.ID, Name: f.Name, MIME: f.Type, Size: f.Size, Width: f.Width, Height: f.Height,
		URL: f.Path(), Thumbnail: f.ThumbnailPath(), Blurhash: f.Blurhash, Duration: f.Duration,
	}
}

// ChatError gives an error of files in the words of the protocol.
func ChatError(err error) error {
	var known *files.Error
	if !errors.As(err, &known) {
		return err
	}
	return &chat.Error{Code: chat.Code(known.Code), Message: known.Message, Err: known.Err, Retry: known.Retry}
}

func (s *Server) failFile(w http.ResponseWriter, r *http.Request, err error) {
	s.fail(w, r, ChatError(err), level1)
}

func tellUpload(w http.ResponseWriter, u files.Upload) {
	h := w.Header()
	h.Set("Upload-Offset", strconv.FormatInt(u.Offset, 10))
	if u.Offset < u.Size {
		h.Set("Upload-Expires", u.Expires.UTC().Format(http.TimeFormat))
	}
}

// number reads a header that is a count of bytes.
func number(r *http.Request, header string) (int64, bool) {
	n, err := strconv.ParseUint(r.Header.Get(header), 10, 63)
	return int64(n), err == nil
}

// parseMetadata reads Upload-Metadata: names, each with a value in base64 behind it,
// separated by commas.
func parseMetadata(header string) (map[string]string, error) {
	if len(header) > maxMetadata {
		return nil, badRequest("Upload-Metadata is too long: it may have " + strconv.Itoa(maxMetadata) + " bytes.")
	}
	metadata := map[string]string{}
	if strings.TrimSpace(header) == "" {
		return metadata, nil
	}
	for pair := range strings.SplitSeq(header, ",") {
		name, encoded, _ := strings.Cut(strings.TrimSpace(pair), " ")
		value, err := base64.StdEncoding.DecodeString(strings.TrimSpace(encoded))
		if _, twice := metadata[name]; name == "" || twice || err != nil || !utf8.Valid(value) {
			return nil, badRequest("Upload-Metadata must be names with values in base64, separated by commas: filename YS50eHQ=")
		}
		metadata[name] = string(value)
	}
	return metadata, nil
}

// uploadBody is a body that may take long: each piece of it has readTimeout.
type uploadBody struct {
	r      io.Reader
	limits *http.ResponseController

	mu      sync.Mutex
	left    int // bytes until the time is renewed
	yielded bool
}

func (b *uploadBody) Read(p []byte) (int, error) {
	b.mu.Lock()
	if b.left <= 0 && !b.yielded {
		now := time.Now()
		// Where they fail, reading and writing do when the server's own time is over.
		_ = b.limits.SetReadDeadline(now.Add(readTimeout))
		_ = b.limits.SetWriteDeadline(now.Add(readTimeout + writeTimeout))
		b.left = uploadStep
	}
	b.mu.Unlock()
	n, err := b.r.Read(p)
	b.mu.Lock()
	b.left -= n
	b.mu.Unlock()
	return n, err
}

// Yield ends a Read that waits, and those after it.
func (b *uploadBody) Yield() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.yielded = true
	_ = b.limits.SetReadDeadline(time.Now())
}
