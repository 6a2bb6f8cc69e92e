package httpapi_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"snug/blob"
	"snug/chat"
	"snug/db"
	"snug/db/dbtest"
	"snug/files"
	"snug/httpapi"
)

// shelf is a site that takes files, with the real thing behind it and real connections
// in front.
type shelf struct {
	*site
	t     *testing.T
	files *files.Service
	http  *httptest.Server
	clock *atomic.Int64 // Unix ms
}

func newShelf(t *testing.T, change ...func(*files.Config)) *shelf {
	t.Helper()
	folder := t.TempDir()
	tables, err := db.Open(t.Context(), dbtest.FileIn(t, folder))
	if err != nil {
		t.Fatal(err)
	}
	blobs, err := blob.OpenFolder(filepath.Join(folder, "files"))
	if err != nil {
		t.Fatal(err)
	}
	clock := &atomic.Int64{}
	clock.Store(time.Now().UnixMilli())
	c := files.Config{
		DB: tables, Blobs: blobs, Parts: filepath.Join(folder, "uploads"), Secret: []byte("secret"), MaxBytes: 1 << 20, MaxOpen: 10, Quota: 10 << 20,
		Now:   func() time.Time { return time.UnixMilli(clock.Load()) },
		Sees:  func(context.Context, string, string) (bool, error) { return true, nil },
		Holds: func(context.Context, files.Claim, string) (bool, error) { return true, nil },
	}
	for _, f := range change {
		f(&c)
	}
	service, err := files.New(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	service.Start()
	s := &shelf{site: newSite(t, func(c *httpapi.Config) { c.Files = service }), t: t, files: service, clock: clock}
	s.http = httptest.NewUnstartedServer(nil)
	s.http.Config = s.HTTPServer()
	s.http.Start()
	t.Cleanup(func() {
		s.http.Close()
		if err := errors.Join(service.Close(), tables.Close()); err != nil {
			t.Error(err)
		}
	})
	return s
}

// do sends a request of Ada's, or with a token, and reads the answer.
func (s *shelf) do(method, path, body string, headers ...string) (*http.Response, string) {
	s.t.Helper()
	r, err := http.NewRequestWithContext(s.t.Context(), method, s.http.URL+path, strings.NewReader(body))
	if err != nil {
		s.t.Fatal(err)
	}
	r.Header.Set("Cookie", "s=ada")
	r.Header.Set("Tus-Resumable", "1.0.0")
	for i := 0; i < len(headers); i += 2 {
		if headers[i+1] == "" {
			r.Header.Del(headers[i])
		} else {
			r.Header.Set(headers[i], headers[i+1])
		}
	}
	resp, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		s.t.Fatal(err)
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	return resp, string(answer)
}

func (s *shelf) expect(status int, method, path, body string, headers ...string) (*http.Response, string) {
	s.t.Helper()
	resp, answer := s.do(method, path, body, headers...)
	if resp.StatusCode != status {
		s.t.Errorf("%s %s %v: %d %s, want %d", method, path, headers, resp.StatusCode, answer, status)
	}
	return resp, answer
}

func named(name string) string { return "filename " + base64.StdEncoding.EncodeToString([]byte(name)) }

const tusBody = "application/offset+octet-stream"

// upload sends a file in one request and returns what becomes of it.
func (s *shelf) upload(name, content string) chat.Attachment {
	s.t.Helper()
	resp, _ := s.expect(http.StatusCreated, "POST", "/api/uploads", content, "Upload-Length", strconv.Itoa(len(content)), "Upload-Metadata", named(name), "Content-Type", tusBody)
	_, answer := s.expect(http.StatusOK, "GET", resp.Header.Get("Location"), "")
	var a chat.Attachment
	if err := json.Unmarshal([]byte(answer), &a); err != nil {
		s.t.Fatal(err)
	}
	return a
}

func picture(t *testing.T, w, h int) string {
	t.Helper()
	img := image.NewNRGBA(image.Rect(0, 0, w, h))
	for i := range img.Pix {
		img.Pix[i] = uint8(i)
	}
	img.Set(0, 0, color.Transparent)
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// An upload in pieces, by the letter of tus.
func TestTus(t *testing.T) {
	s := newShelf(t)
	resp, _ := s.expect(204, "OPTIONS", "/api/uploads", "", "Tus-Resumable", "", "Cookie", "")
	for name, want := range map[string]string{"Tus-Resumable": "1.0.0", "Tus-Version": "1.0.0", "Tus-Max-Size": "1048576",
		"Tus-Extension": "creation,creation-with-upload,termination,expiration"} {
		if got := resp.Header.Get(name); got != want {
			t.Errorf("%s: %q", name, got)
		}
	}
	resp, _ = s.expect(201, "POST", "/api/uploads", "", "Upload-Length", "10", "Upload-Metadata", named("a.txt")+",filetype dGV4dC9odG1s,empty")
	path := resp.Header.Get("Location")
	if expires, err := http.ParseTime(resp.Header.Get("Upload-Expires")); err != nil || expires.Sub(time.UnixMilli(s.clock.Load())).Round(time.Hour) != 24*time.Hour {
		t.Errorf("expires %v, %v", expires, err)
	}
	at := func(offset string) {
		t.Helper()
		resp, _ := s.expect(200, "HEAD", path, "")
		if got := resp.Header; got.Get("Upload-Offset") != offset || got.Get("Upload-Length") != "10" || got.Get("Cache-Control") != "no-store" || got.Get("Tus-Resumable") != "1.0.0" {
			t.Errorf("want %s: %v", offset, got)
		}
	}
	at("0")
	s.expect(409, "GET", path, "")
	s.expect(409, "PATCH", path, "345", "Upload-Offset", "3", "Content-Type", tusBody)
	resp, _ = s.expect(204, "PATCH", path, "012", "Upload-Offset", "0", "Content-Type", tusBody)
	if resp.Header.Get("Upload-Offset") != "3" {
		t.Errorf("%v", resp.Header)
	}
	at("3")
	s.expect(204, "POST", path, "34", "Upload-Offset", "3", "Content-Type", tusBody, "X-HTTP-Method-Override", "PATCH")
	s.expect(204, "PATCH", path, "56789", "Upload-Offset", "5", "Content-Type", tusBody)
	at("10")
	_, answer := s.expect(200, "GET", path, "", "Tus-Resumable", "")
	var a chat.Attachment
	if err := json.Unmarshal([]byte(answer), &a); err != nil || a.Name != "a.txt" || a.MIME != "text/plain" || a.Size != 10 {
		t.Errorf("%s: %v", answer, err)
	}
	if _, content := s.expect(200, "GET", a.URL, ""); content != "0123456789" {
		t.Errorf("got %q", content)
	}
	s.expect(204, "DELETE", path, "")
	s.expect(404, "DELETE", path, "")
	s.expect(404, "HEAD", path, "")
	s.expect(404, "PATCH", path, "x", "Upload-Offset", "10", "Content-Type", tusBody)
	s.expect(404, "GET", a.URL, "")
}

func TestUploadsThatAreRefused(t *testing.T) {
	s := newShelf(t)
	long := strings.Repeat("a", 5000)
	for _, row := range []struct {
		name    string
		status  int
		headers []string
	}{
		{"another version", 412, []string{"Upload-Length", "1", "Tus-Resumable", "0.2.2"}},
		{"no version", 412, []string{"Upload-Length", "1", "Tus-Resumable", ""}},
		{"nobody", 401, []string{"Upload-Length", "1", "Cookie", ""}},
		{"a token for reading", 403, []string{"Upload-Length", "1", "Cookie", "", "Authorization", "Bearer messages:read"}},
		{"no length", 400, nil},
		{"length to be told later", 400, []string{"Upload-Defer-Length", "1"}},
		{"a negative length", 400, []string{"Upload-Length", "-1"}},
		{"no number", 400, []string{"Upload-Length", "1e3"}},
		{"beyond numbers", 400, []string{"Upload-Length", "9223372036854775808"}},
		{"empty", 400, []string{"Upload-Length", "0"}},
		{"too large", 413, []string{"Upload-Length", "1048577"}},
		{"metadata in the clear", 400, []string{"Upload-Length", "1", "Upload-Metadata", "filename a.txt"}},
		{"metadata twice", 400, []string{"Upload-Length", "1", "Upload-Metadata", named("a") + "," + named("b")}},
		{"metadata without a name", 400, []string{"Upload-Length", "1", "Upload-Metadata", "a YQ==,, b YQ=="}},
		{"metadata of no text", 400, []string{"Upload-Length", "1", "Upload-Metadata", "filename /w=="}},
		{"metadata without end", 400, []string{"Upload-Length", "1", "Upload-Metadata", named(long)}},
		{"from a foreign page", 403, []string{"Upload-Length", "1", "Origin", "https://evil.example", "Sec-Fetch-Site", "cross-site"}},
	} {
		resp, answer := s.do("POST", "/api/uploads", "", row.headers...)
		var e struct{ Code, Message string }
		if err := json.Unmarshal([]byte(answer), &e); err != nil || resp.StatusCode != row.status || e.Code == "" || e.Message == "" {
			t.Errorf("%s: %d %s, want %d", row.name, resp.StatusCode, answer, row.status)
		}
	}
	resp, _ := s.expect(201, "POST", "/api/uploads", "", "Upload-Length", "10")
	path := resp.Header.Get("Location")
	s.expect(415, "PATCH", path, "x", "Upload-Offset", "0", "Content-Type", "text/plain")
	s.expect(400, "PATCH", path, "x", "Content-Type", tusBody)
	s.expect(400, "PATCH", path, "x", "Upload-Offset", "-1", "Content-Type", tusBody)
	s.expect(400, "PATCH", path, strings.Repeat("x", 20), "Upload-Offset", "0", "Content-Type", tusBody)
	s.expect(400, "POST", path, "x", "Upload-Offset", "0", "Content-Type", tusBody)
	s.expect(400, "POST", path, "", "X-HTTP-Method-Override", "GET")
	s.expect(404, "GET", path, "", "Cookie", "", "Authorization", "Bearer messages:write")
	s.expect(405, "PUT", path, "")
	// A safe method changes nothing, whatever it says.
	s.expect(200, "GET", path, "", "X-HTTP-Method-Override", "DELETE")
	for range 9 {
		s.expect(201, "POST", "/api/uploads", "", "Upload-Length", "10")
	}
	// The tenth one is finished and counts no more.
	s.expect(201, "POST", "/api/uploads", "", "Upload-Length", "10")
	resp, _ = s.expect(429, "POST", "/api/uploads", "", "Upload-Length", "10")
	if resp.Header.Get("Retry-After") != "10" {
		t.Errorf("%v", resp.Header)
	}
}

// Requests that cost the disk are counted, whatever they are for.
func TestUploadRate(t *testing.T) {
	s := newShelf(t)
	passed := 0
	for limited := false; !limited; passed++ { // on a slow machine some more may pass meanwhile
		if passed > 100*httpapi.UploadCount {
			t.Fatal("no request is refused")
		}
		r := httptest.NewRequest("HEAD", "/api/uploads/nothing", nil)
		r.Header.Set("Cookie", "s=ada")
		r.Header.Set("Tus-Resumable", "1.0.0")
		w := httptest.NewRecorder()
		s.ServeHTTP(w, r)
		limited = w.Code == http.StatusTooManyRequests
	}
	if passed-1 < httpapi.UploadCount {
		t.Errorf("one is refused after %d", passed-1)
	}
	s.expect(412, "POST", "/api/uploads", "", "Tus-Resumable", "")
}

func TestFullDisks(t *testing.T) {
	s := newShelf(t, func(c *files.Config) { c.Space = func(int64) error { return errors.New("full") } })
	if _, answer := s.expect(507, "POST", "/api/uploads", "", "Upload-Length", "1"); !strings.Contains(answer, "no space left") {
		t.Error(answer)
	}
}

// A connection that is dead and doesn't know it keeps nobody waiting: whoever comes next
// goes on from what has come by it.
func TestBrokenConnections(t *testing.T) {
	s := newShelf(t)
	content := strings.Repeat("0123456789", 20_000)
	resp, _ := s.expect(201, "POST", "/api/uploads", "", "Upload-Length", strconv.Itoa(len(content)))
	path := resp.Header.Get("Location")
	conn, err := net.Dial("tcp", s.http.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	fmt.Fprintf(conn, "PATCH %s HTTP/1.1\r\nHost: x\r\nCookie: s=ada\r\nTus-Resumable: 1.0.0\r\nUpload-Offset: 0\r\nContent-Type: %s\r\nContent-Length: %d\r\nExpect: 100-continue\r\n\r\n",
		path, tusBody, len(content))
	answer := bufio.NewReader(conn)
	if line, err := answer.ReadString('\n'); err != nil || !strings.Contains(line, "100") { // it reads now
		t.Fatalf("%s, %v", line, err)
	}
	fmt.Fprint(conn, content[:150_000])
	resp, _ = s.expect(200, "HEAD", path, "")
	offset, err := strconv.Atoi(resp.Header.Get("Upload-Offset"))
	if err != nil || offset > 150_000 {
		t.Fatalf("at %d, %v", offset, err)
	}
	if blank, err := answer.ReadString('\n'); err != nil || blank != "\r\n" { // the end of the 100
		t.Fatalf("%q, %v", blank, err)
	}
	wantIncomplete(t, answer)
	s.expect(204, "PATCH", path, content[offset:], "Upload-Offset", strconv.Itoa(offset), "Content-Type", tusBody)
	_, got := s.expect(200, "GET", path, "")
	var a chat.Attachment
	if err := json.Unmarshal([]byte(got), &a); err != nil {
		t.Fatal(err)
	}
	if _, got := s.expect(200, "GET", a.URL, ""); got != content {
		t.Errorf("%d bytes of another content", len(got))
	}
}

// A body that ends too soon is answered as what it is, to whoever still listens: without
// an answer net/http would say 200.
func TestBodiesThatEndTooSoon(t *testing.T) {
	s := newShelf(t)
	resp, _ := s.expect(201, "POST", "/api/uploads", "", "Upload-Length", "1000")
	for _, head := range []string{
		"POST /api/rooms/global/messages HTTP/1.1\r\nContent-Type: application/json\r\nContent-Length: 100",
		"POST /api/rooms/global/messages HTTP/1.1\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked",
		"PUT /api/drafts HTTP/1.1\r\nContent-Type: application/json\r\nContent-Length: 100",
		"PATCH " + resp.Header.Get("Location") + " HTTP/1.1\r\nTus-Resumable: 1.0.0\r\nUpload-Offset: 0\r\nContent-Type: " + tusBody + "\r\nContent-Length: 1000",
	} {
		conn, err := net.Dial("tcp", s.http.Listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		if _, err := fmt.Fprintf(conn, "%s\r\nHost: x\r\nCookie: s=ada\r\n\r\n14\r\n{\"content\": \"half a ", head); err != nil {
			t.Fatal(err)
		}
		if err := conn.(*net.TCPConn).CloseWrite(); err != nil {
			t.Fatal(err)
		}
		t.Log(head)
		wantIncomplete(t, bufio.NewReader(conn))
		if err := conn.Close(); err != nil {
			t.Error(err)
		}
	}
}

func wantIncomplete(t *testing.T, answer *bufio.Reader) {
	t.Helper()
	resp, err := http.ReadResponse(answer, nil)
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusBadRequest || !strings.Contains(string(body), `"code":"incomplete"`) {
		t.Errorf("got %s: %s, %v", resp.Status, body, err)
	}
}

func TestDownloads(t *testing.T) {
	s := newShelf(t)
	a := s.upload("übersicht \"1\".png", picture(t, 1000, 10))
	if a.Thumbnail != a.URL+"?size=thumbnail" || a.Width != 1000 || a.Height != 10 || a.Blurhash == "" {
		t.Errorf("%+v", a)
	}
	resp, whole := s.expect(200, "GET", a.URL, "")
	for name, want := range map[string]string{
		"Content-Type": "image/png", "Content-Length": strconv.Itoa(len(whole)), "Accept-Ranges": "bytes", "Etag": `"` + a.ID + `"`,
		"Content-Disposition":     `inline; filename="_bersicht _1_.png"; filename*=UTF-8''%C3%BCbersicht%20_1_.png`,
		"Cache-Control":           "private, max-age=31536000, immutable",
		"Content-Security-Policy": "default-src 'none'; sandbox", "X-Content-Type-Options": "nosniff", "Cross-Origin-Resource-Policy": "same-origin",
	} {
		if got := resp.Header.Get(name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	if int64(len(whole)) != a.Size {
		t.Errorf("%d bytes of %d", len(whole), a.Size)
	}
	if resp, body := s.expect(200, "HEAD", a.URL, ""); body != "" || resp.Header.Get("Content-Length") != strconv.Itoa(len(whole)) {
		t.Errorf("HEAD: %v", resp.Header)
	}
	s.expect(304, "GET", a.URL, "", "If-None-Match", `"`+a.ID+`"`)
	if resp, small := s.expect(200, "GET", a.Thumbnail, ""); resp.Header.Get("Etag") == `"`+a.ID+`"` || small == whole {
		t.Error("the thumbnail is the picture")
	}
	s.expect(400, "GET", a.URL+"?size=large", "")
	s.expect(404, "GET", strings.Replace(a.URL, ".png", ".html", 1), "")
	s.expect(401, "GET", a.URL, "", "Cookie", "")
	s.expect(404, "GET", a.URL, "", "Cookie", "", "Authorization", "Bearer messages:read") // no message has it yet
	if _, err := s.files.Claim(t.Context(), files.Claim{Room: "r", User: "u1", ClientID: "1"}, []string{a.ID}); err != nil {
		t.Fatal(err)
	}
	s.expect(200, "GET", a.URL, "", "Cookie", "", "Authorization", "Bearer messages:read")
	s.expect(405, "POST", a.URL, "")
}

func TestRangesOfFiles(t *testing.T) {
	s := newShelf(t)
	content := strings.Repeat("0123456789", 1000)
	a := s.upload("a.txt", content)
	for _, row := range []struct {
		header string
		status int
		want   string
	}{
		{"bytes=0-9", 206, content[:10]}, {"bytes=5-", 206, content[5:]}, {"bytes=-7", 206, content[9993:]}, {"bytes=9999-20000", 206, "9"},
		{"bytes=10000-", 416, ""}, {"bytes=5-2", 416, ""}, {"lines=1-2", 416, ""}, {"bytes=a-b", 416, ""},
	} {
		resp, got := s.expect(row.status, "GET", a.URL, "", "Range", row.header)
		if row.status == 206 && got != row.want {
			t.Errorf("%s: %d bytes, want %d", row.header, len(got), len(row.want))
		}
		if row.status == 416 && row.header == "bytes=10000-" && resp.Header.Get("Content-Range") != "bytes */10000" {
			t.Errorf("%s: %v", row.header, resp.Header)
		}
	}
	resp, got := s.expect(206, "GET", a.URL, "", "Range", "bytes=0-1,9998-9999")
	if !strings.HasPrefix(resp.Header.Get("Content-Type"), "multipart/byteranges") || !strings.Contains(got, "\r\n\r\n01\r\n") || !strings.Contains(got, "\r\n\r\n89\r\n") {
		t.Errorf("%v %q", resp.Header, got)
	}
	// More than there is, in pieces, is all of it once.
	if _, got := s.expect(200, "GET", a.URL, "", "Range", "bytes="+strings.Repeat("0-,", 50)+"0-"); got != content {
		t.Errorf("%d bytes", len(got))
	}
	s.expect(200, "GET", a.URL, "", "Range", "bytes=0-9", "If-Range", `"another"`)
	s.expect(206, "GET", a.URL, "", "Range", "bytes=0-9", "If-Range", `"`+a.ID+`"`)
}

// What a browser could run is saved, under a name that says what it is.
func TestWhatIsOnlySaved(t *testing.T) {
	s := newShelf(t)
	for _, row := range []struct{ name, content, mime, disposition string }{
		{"a.html", "<!doctype html><script>alert(1)</script>", "application/octet-stream", "attachment"},
		{"a.svg", `<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>`, "application/octet-stream", "attachment"},
		{"a.xml", `<?xml version="1.0"?><a/>`, "application/octet-stream", "attachment"},
		{"a.js", "alert(1)", "text/plain", "attachment"},
		{"a.pdf", "%PDF-1.7\n", "application/pdf", "attachment"},
		{"a.mp4", "\x00\x00\x00\x18ftypmp42\x00\x00\x00\x00isommp42", "video/mp4", "inline"},
		{"a\r\nX-Evil: 1.txt", "text", "text/plain", "attachment"},
		{"invoice\u202efdp.exe", "MZ\x90\x00", "application/octet-stream", "attachment"},
		{"../../a;b=c'd%.txt", "text", "text/plain", "attachment"},
	} {
		a := s.upload(row.name, row.content)
		resp, got := s.expect(200, "GET", a.URL, "")
		disposition, rest, _ := strings.Cut(resp.Header.Get("Content-Disposition"), "; ")
		if resp.Header.Get("Content-Type") != row.mime || disposition != row.disposition || got != row.content {
			t.Errorf("%q: %s, %s", row.name, resp.Header.Get("Content-Type"), disposition)
		}
		if resp.Header.Get("X-Evil") != "" || strings.ContainsAny(rest, "\r\n/\u202e") {
			t.Errorf("%q: %q", row.name, rest)
		}
	}
	a := s.upload("../../a;b=c'd%.txt", "text")
	resp, _ := s.do("GET", a.URL, "")
	if got, want := resp.Header.Get("Content-Disposition"), `attachment; filename="a;b=c'd_.txt"; filename*=UTF-8''a%3Bb%3Dc%27d%25.txt`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestAddressesThatAreSigned(t *testing.T) {
	s := newShelf(t)
	a := s.upload("a.txt", "content")
	s.expect(401, "POST", "/api/files/"+a.ID, "", "Cookie", "")
	s.expect(404, "POST", "/api/files/"+a.ID, "", "Cookie", "", "Authorization", "Bearer messages:read")
	_, answer := s.expect(200, "POST", "/api/files/"+a.ID, "")
	var signed struct {
		URL       string
		ExpiresAt int64
	}
	if err := json.Unmarshal([]byte(answer), &signed); err != nil || time.Until(time.UnixMilli(signed.ExpiresAt)).Round(time.Minute) != time.Hour {
		t.Fatalf("%s: %v", answer, err)
	}
	if resp, got := s.expect(200, "GET", signed.URL, "", "Cookie", ""); got != "content" || strings.Contains(resp.Header.Get("Cache-Control"), "immutable") {
		t.Errorf("%q, %v", got, resp.Header)
	}
	s.expect(403, "GET", signed.URL+"x", "", "Cookie", "")
	s.expect(403, "GET", strings.Replace(signed.URL, "expires=", "expires=9", 1), "") // with a session too
	other := s.upload("a.txt", "other")
	s.expect(403, "GET", strings.Replace(signed.URL, a.ID, other.ID, 1), "", "Cookie", "")
	s.clock.Add((2 * time.Hour).Milliseconds())
	s.expect(403, "GET", signed.URL, "", "Cookie", "")
}

func FuzzUploadMetadata(f *testing.F) {
	for _, header := range []string{"", "filename YS50eHQ=", "a ,b", "a YQ==,a YQ==", ",", " , ", "a  YQ==", "a YQ", "é w6k="} {
		f.Add(header)
	}
	f.Fuzz(func(t *testing.T, header string) {
		metadata, err := httpapi.ParseMetadata(header)
		if err != nil {
			if chat.AsError(err).Code != chat.CodeBadRequest {
				t.Error(err)
			}
			return
		}
		var pairs []string
		for name, value := range metadata {
			if name == "" || strings.ContainsAny(name, " ,") {
				t.Errorf("%q gives the name %q", header, name)
			}
			pairs = append(pairs, name+" "+base64.StdEncoding.EncodeToString([]byte(value)))
		}
		again, err := httpapi.ParseMetadata(strings.Join(pairs, ","))
		if err == nil && len(again) != len(metadata) {
			t.Errorf("%q: %v and then %v", header, metadata, again)
		}
	})
}
