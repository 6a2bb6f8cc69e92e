package files_test

import (
	"bytes"
	"errors"
	"image"
	"image/png"
	"io"
	"testing"
	"time"

	"snug/files"
)

// A picture that nobody uploaded is kept small, for as long as its message has it.
func TestKeepPicture(t *testing.T) {
	r := newRig(t)
	var large bytes.Buffer
	if err := png.Encode(&large, image.NewRGBA(image.Rect(0, 0, 2000, 1000))); err != nil {
		t.Fatal(err)
	}
	c := files.Claim{Room: "one", ClientID: "preview/7"}
	r.posts[c] = true
	small, err := r.MakeSmall(t.Context(), large.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	f, err := r.KeepPicture(t.Context(), c, "og image.webp", small)
	if err != nil || f.Width != 840 || f.Height != 420 || f.Type == "" || f.Thumbnail {
		t.Fatalf("%+v, %v", f, err)
	}
	content, err := r.Open(t.Context(), f, false)
	if err != nil {
		t.Fatal(err)
	}
	data, err := io.ReadAll(content)
	if err != nil || int64(len(data)) != f.Size {
		t.Errorf("%d bytes, %v", len(data), err)
	}
	if _, err := r.Look(t.Context(), files.Reader{User: "anybody"}, f.ID); err != nil {
		t.Errorf("seen by who reads the room: %v", err)
	}
	later := func(by time.Duration) {
		t.Helper()
		r.mu.Lock()
		r.clock = r.clock.Add(by)
		r.mu.Unlock()
		if _, err := r.Collect(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	later(25 * time.Hour)
	if _, err := r.Look(t.Context(), files.Reader{User: "anybody"}, f.ID); err != nil {
		t.Errorf("a day later: %v", err)
	}
	r.mu.Lock()
	delete(r.posts, c)
	r.mu.Unlock()
	later(8 * 24 * time.Hour)
	var known *files.Error
	if _, err := r.Look(t.Context(), files.Reader{User: "anybody"}, f.ID); !errors.As(err, &known) || known.Code != files.CodeNotFound {
		t.Errorf("once its message is gone: %v", err)
	}
	if _, err := r.MakeSmall(t.Context(), []byte("<svg onload=alert(1)>")); !errors.As(err, &known) || known.Code != files.CodeBadRequest {
		t.Errorf("what is no picture: %v", err)
	}
}
