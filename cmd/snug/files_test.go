package main

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"image"
	"image/png"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rclone/gofakes3"
	"github.com/rclone/gofakes3/s3mem"
)

// tus sends a request of an upload, or for a file.
func (p *person) tus(method, path, body string, headers ...string) (*http.Response, string) {
	p.t.Helper()
	r, err := http.NewRequestWithContext(p.t.Context(), method, "http://"+p.addr+path, strings.NewReader(body))
	if err != nil {
		p.t.Fatal(err)
	}
	r.Header.Set("Origin", p.origin())
	r.Header.Set("Tus-Resumable", "1.0.0")
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	resp, err := p.client.Do(r)
	if err != nil {
		p.t.Fatal(err)
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	if err != nil {
		p.t.Fatal(err)
	}
	return resp, string(answer)
}

// begin begins an upload and returns its address.
func (p *person) begin(name string, size int) string {
	p.t.Helper()
	resp, answer := p.tus("POST", "/api/uploads", "", "Upload-Length", strconv.Itoa(size), "Upload-Metadata", "filename "+base64.StdEncoding.EncodeToString([]byte(name)))
	if resp.StatusCode != http.StatusCreated {
		p.t.Fatalf("%d %s", resp.StatusCode, answer)
	}
	return resp.Header.Get("Location")
}

type attachment struct{ ID, Name, MIME, URL, Thumbnail string }

// goOn sends the rest of an upload and returns what becomes of it.
func (p *person) goOn(path, content string) (a attachment) {
	p.t.Helper()
	at, _ := p.tus("HEAD", path, "")
	offset, err := strconv.Atoi(at.Header.Get("Upload-Offset"))
	if err != nil {
		p.t.Fatalf("%d %v", at.StatusCode, err)
	}
	if resp, answer := p.tus("PATCH", path, content[offset:], "Upload-Offset", strconv.Itoa(offset), "Content-Type", "application/offset+octet-stream"); resp.StatusCode != http.StatusNoContent {
		p.t.Fatalf("%d %s", resp.StatusCode, answer)
	}
	resp, answer := p.tus("GET", path, "")
	if err := json.Unmarshal([]byte(answer), &a); err != nil || resp.StatusCode != http.StatusOK {
		p.t.Fatalf("%d %s", resp.StatusCode, answer)
	}
	return a
}

func (p *person) upload(name, content string) attachment {
	p.t.Helper()
	return p.goOn(p.begin(name, len(content)), content)
}

// messages reads what the room says now.
func (p *person) messages() (list []struct {
	ID          string
	Content     string
	DeletedAt   int64
	Attachments []attachment
}) {
	p.t.Helper()
	_, answer := p.tus("GET", "/api/rooms/global/messages", "")
	var page struct{ Messages json.RawMessage }
	if err := json.Unmarshal([]byte(answer), &page); err != nil {
		p.t.Fatalf("%s: %v", answer, err)
	}
	if err := json.Unmarshal(page.Messages, &list); err != nil {
		p.t.Fatal(err)
	}
	return list
}

// gone waits until a file isn't there any more.
func (p *person) gone(path string) {
	p.t.Helper()
	for end := time.Now().Add(patience); ; {
		resp, _ := p.tus("GET", path, "")
		if resp.StatusCode == http.StatusNotFound {
			return
		}
		if time.Now().After(end) {
			p.t.Fatalf("%s is still there: %d", path, resp.StatusCode)
		}
		<-time.After(50 * time.Millisecond)
	}
}

func smallPicture(t *testing.T) string {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, image.NewGray(image.Rect(0, 0, 900, 20))); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// A file from the first byte until its message is deleted, over a restart in the midst.
func TestFilesOfMessages(t *testing.T) {
	data := filepath.Join(t.TempDir(), "data")
	s := hosted{data: data}.start(t, "--auth-rate", "0")
	ada, bob := signUp(t, s.Addr().String(), "Ada"), signUp(t, s.Addr().String(), "Bob")
	picture := smallPicture(t)
	path := ada.begin("a.png", len(picture))
	if resp, answer := ada.tus("PATCH", path, picture[:50], "Upload-Offset", "0", "Content-Type", "application/offset+octet-stream"); resp.StatusCode != http.StatusNoContent {
		t.Fatalf("%d %s", resp.StatusCode, answer)
	}
	s.stop()
	s = hosted{data: data}.start(t, "--auth-rate", "0")
	ada.addr, bob.addr = s.Addr().String(), s.Addr().String()
	a := ada.goOn(path, picture)
	if a.MIME != "image/png" || a.Thumbnail == "" {
		t.Errorf("%+v", a)
	}
	if resp, _ := bob.tus("GET", a.URL, ""); resp.StatusCode != http.StatusNotFound {
		t.Errorf("before it is posted Bob gets %d", resp.StatusCode)
	}

	one := ada.dial("/api/socket")
	one.until("hello")
	one.send(`{"type":"join","room":"global"}`)
	one.until("joined")
	one.send(fmt.Sprintf(`{"type":"message","room":"global","clientId":"c1","content":"","attachments":[%q]}`, a.ID))
	one.until("ack")
	note := ada.upload("note.txt", "remember")
	if status, answer := ada.post("/api/rooms/global/messages", map[string]any{"clientId": "c2", "content": "x", "attachments": []string{note.ID}}); status != 200 {
		t.Errorf("post: %d %s", status, answer)
	}
	if status, answer := ada.post("/api/rooms/global/messages", map[string]any{"clientId": "c3", "content": "x", "attachments": []string{note.ID}}); status != 400 || !strings.Contains(answer, "note.txt") {
		t.Errorf("a second message with it: %d %s", status, answer)
	}
	if status, answer := bob.post("/api/rooms/global/messages", map[string]any{"clientId": "c3", "content": "x", "attachments": []string{strings.Repeat("0", 32)}}); status != 404 {
		t.Errorf("a file that isn't there: %d %s", status, answer)
	}
	list := bob.messages()
	if len(list) != 2 || len(list[0].Attachments) != 1 || list[0].Attachments[0] != a || list[1].Attachments[0] != note {
		t.Fatalf("%+v", list)
	}
	for _, path := range []string{a.URL, a.Thumbnail} {
		if resp, got := bob.tus("GET", path, ""); resp.StatusCode != 200 || resp.Header.Get("Content-Disposition")[:6] != "inline" || len(got) == 0 {
			t.Errorf("%s: %d %v", path, resp.StatusCode, resp.Header)
		}
	}
	if _, got := bob.tus("GET", note.URL, ""); got != "remember" {
		t.Errorf("got %q", got)
	}

	if status, answer := ada.request("DELETE", "/api/rooms/global/messages/"+list[0].ID, nil); status != 200 {
		t.Fatalf("%d %s", status, answer)
	}
	bob.gone(a.URL)
	if _, got := bob.tus("GET", note.URL, ""); got != "remember" {
		t.Errorf("got %q", got)
	}

	// An account takes along what it didn't post.
	free := bob.upload("free.txt", "unposted")
	if status, answer := bob.post("/api/auth/delete-user", map[string]string{"password": "correct horse"}); status != 200 {
		t.Fatalf("%d %s", status, answer)
	}
	for end := time.Now().Add(patience); time.Now().Before(end); <-time.After(50 * time.Millisecond) {
		if _, err := os.Stat(filepath.Join(data, "files", free.ID[:2], free.ID)); errors.Is(err, fs.ErrNotExist) {
			break
		}
	}
	s.stop()
	for name, there := range map[string]bool{note.ID: true, free.ID: false, a.ID: false, a.ID + "-thumbnail": false} {
		if _, err := os.Stat(filepath.Join(data, "files", name[:2], name)); (err == nil) != there {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestServersWithoutFiles(t *testing.T) {
	s := testServer(t, "--auth-rate", "0", "--max-file", "0")
	ada := signUp(t, s.Addr().String(), "Ada")
	if resp, _ := ada.tus("POST", "/api/uploads", "", "Upload-Length", "1"); resp.StatusCode != http.StatusNotFound {
		t.Errorf("%d", resp.StatusCode)
	}
	if status, answer := ada.post("/api/rooms/global/messages", map[string]any{"clientId": "c", "content": "x", "attachments": []string{"a"}}); status != 400 {
		t.Errorf("%d %s", status, answer)
	}
	if _, answer := ada.tus("GET", "/api/settings", ""); !strings.Contains(answer, `"maxFileBytes":0,"maxFiles":0`) {
		t.Error(answer)
	}
}

func TestFilesInABucket(t *testing.T) {
	backend := s3mem.New()
	if err := backend.CreateBucket(t.Context(), "files"); err != nil {
		t.Fatal(err)
	}
	service := httptest.NewServer(gofakes3.New(backend, gofakes3.WithV4Auth(map[string]string{"key": "hush"})).Server())
	defer service.Close()
	data := filepath.Join(t.TempDir(), "data")
	env := []string{"SNUG_S3_ENDPOINT=" + service.URL, "SNUG_S3_BUCKET=files", "SNUG_S3_PREFIX=chat/", "SNUG_S3_REGION=us-east-1", "SNUG_S3_ACCESS_KEY=key", "SNUG_S3_SECRET_KEY=hush"}
	s := hosted{data: data, env: env}.start(t, "--auth-rate", "0")
	ada := signUp(t, s.Addr().String(), "Ada")
	if _, answer := ada.tus("GET", "/api/settings", ""); !strings.Contains(answer, `"maxFileBytes":104857600,"maxFiles":10`) {
		t.Error(answer)
	}
	a := ada.upload("a.txt", "0123456789")
	if resp, got := ada.tus("GET", a.URL, "", "Range", "bytes=3-5"); resp.StatusCode != http.StatusPartialContent || got != "345" {
		t.Errorf("%d %q", resp.StatusCode, got)
	}
	if _, err := backend.HeadObject(t.Context(), "files", "chat/"+a.ID); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(filepath.Join(data, "files")); err == nil {
		t.Error("there is a folder for files, too")
	}
	if resp, _ := ada.tus("DELETE", "/api/uploads/"+a.ID, ""); resp.StatusCode != http.StatusNoContent {
		t.Errorf("%d", resp.StatusCode)
	}
	ada.gone(a.URL)
	env[5] = "SNUG_S3_SECRET_KEY=guessed"
	if _, err := (hosted{env: env}).open(t); err == nil || !strings.Contains(err.Error(), "open bucket files") {
		t.Errorf("with a wrong secret: %v", err)
	}
	service.Close()
	env[5] = "SNUG_S3_SECRET_KEY=hush"
	down, err := (hosted{env: env}).open(t)
	if err != nil {
		t.Fatalf("a bucket that can't be reached: %v", err)
	}
	if err := down.Close(); err != nil {
		t.Error(err)
	}
}
