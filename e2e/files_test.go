package e2e

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"math/rand/v2"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"
)

// tus sends a request of an upload.
func (p *person) tus(method, path, body string, headers ...string) (reply, error) {
	h := p.header()
	h.Set("Tus-Resumable", "1.0.0")
	for i := 0; i < len(headers); i += 2 {
		h.Set(headers[i], headers[i+1])
	}
	return p.s.try(method, path, body, h)
}

// An upload survives kills in its midst: it goes on from what the server says it has,
// which is never less than what it said before. What it becomes survives them, too.
func TestUploadsOutliveKills(t *testing.T) {
	const size, kills = 12 << 20, 4
	rng := newRand(t)
	s := newServer(t, noLimits...)
	ada, bob := s.signUp(t, "Ada"), s.signUp(t, "Bob")
	random := rand.NewChaCha8([32]byte{byte(rng.IntN(256))})
	bytes := make([]byte, size)
	if _, err := random.Read(bytes); err != nil {
		t.Fatal(err)
	}
	content := string(bytes)
	must := func(want int, method, path, body string, headers ...string) reply {
		t.Helper()
		res, err := ada.tus(method, path, body, headers...)
		if err != nil || res.status != want {
			t.Fatalf("%s %s: %d %s, %v", method, path, res.status, res.body, err)
		}
		return res
	}
	path := must(201, "POST", "/api/uploads", "", "Upload-Length", strconv.Itoa(size), "Upload-Metadata", "filename "+base64.StdEncoding.EncodeToString([]byte("noise.bin"))).header.Get("Location")
	offset := func() int {
		t.Helper()
		n, err := strconv.Atoi(must(200, "HEAD", path, "").header.Get("Upload-Offset"))
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	const piece = 1 << 20
	acked := 0
	send := func(from, to int) error {
		res, err := ada.tus("PATCH", path, content[from:to], "Upload-Offset", strconv.Itoa(from), "Content-Type", "application/offset+octet-stream")
		if err == nil && res.status != 204 {
			t.Errorf("PATCH from %d: %d %s", from, res.status, res.body)
		}
		if err == nil {
			acked = to
		}
		return err
	}
	for range kills {
		if err := send(acked, acked+piece); err != nil {
			t.Fatal(err)
		}
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			_ = send(acked, acked+2*piece) // the server dies in its midst, or just after it
		}()
		pause(t.Context(), time.Duration(rng.IntN(30_000))*time.Microsecond)
		s.kill()
		<-ended
		s.start()
		at := offset()
		if at < acked || at > acked+2*piece {
			t.Fatalf("after a kill it is at %d, %d were acked", at, acked)
		}
		acked = at
	}
	for acked < size {
		if err := send(acked, min(acked+piece, size)); err != nil {
			t.Fatal(err)
		}
	}
	s.kill()
	s.start()
	var a struct{ ID, Name, URL string }
	must(200, "GET", path, "").decode(t, &a)
	if res := s.send(t, "POST", "/api/rooms/global/messages", map[string]any{"clientId": "c", "content": "", "attachments": []string{a.ID}}, ada.header()); res.status != 200 {
		t.Fatalf("post: %d %s", res.status, res.body)
	}
	s.kill()
	s.start()
	res := bob.get(t, a.URL)
	if res.status != 200 || sha256.Sum256([]byte(res.body)) != sha256.Sum256(bytes) {
		t.Errorf("Bob gets %d, %d bytes", res.status, len(res.body))
	}
	var page struct {
		Messages []struct{ Attachments json.RawMessage }
	}
	bob.get(t, "/api/rooms/global/messages").decode(t, &page)
	if len(page.Messages) != 1 || !strings.Contains(string(page.Messages[0].Attachments), `"name":"noise.bin"`) {
		t.Errorf("Bob reads %+v", page)
	}
	if res := s.send(t, "GET", a.URL, nil, http.Header{}); res.status != 401 {
		t.Errorf("nobody gets %d", res.status)
	}
}
