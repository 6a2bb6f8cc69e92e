package files_test

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"snug/blob"
	"snug/files"
)

// deletions tells of each blob that is deleted.
type deletions struct {
	blob.Store
	gone chan string
}

func (d deletions) Delete(ctx context.Context, key string) error {
	d.gone <- key
	return d.Store.Delete(ctx, key)
}

// watched calls step before and after whatever it stores.
type watched struct {
	blob.Store
	step func()
}

func (w watched) Put(ctx context.Context, key string, r io.Reader, size int64) error {
	w.step()
	defer w.step()
	return w.Store.Put(ctx, key, r, size)
}

func (w watched) Delete(ctx context.Context, key string) error {
	w.step()
	defer w.step()
	return w.Store.Delete(ctx, key)
}

// Kills the server between each two steps of a file's life: the folder is copied then,
// as it lies on the disk, and a new server starts on the copy. What a message has is
// there, whole; what none has is gone after a while, without a trace.
func TestCrashes(t *testing.T) {
	type crash struct {
		folder, when string
		posted       bool // there is a message
	}
	var crashes []crash
	when, posted, watching := "", false, false
	folder := t.TempDir()
	snapshot := func() {
		if !watching {
			return
		}
		to := t.TempDir()
		if err := os.CopyFS(to, os.DirFS(folder)); err != nil {
			t.Error(err)
		}
		crashes = append(crashes, crash{to, fmt.Sprintf("%d, %s", len(crashes), when), posted})
	}
	r := openRig(t, folder, func(c *files.Config) { c.Blobs = watched{c.Blobs, snapshot} })
	if err := r.Close(); err != nil { // the test collects, at its own times
		t.Fatal(err)
	}
	r.tick = snapshot
	watching = true
	step := func(name string, act func() error) {
		t.Helper()
		when = "before " + name
		snapshot()
		when = "in " + name
		if err := act(); err != nil {
			t.Fatal(err)
		}
		when = "after " + name
		snapshot()
	}

	content := photo(t, 1000, 20)
	claim := claimOf(ann, "1")
	var u files.Upload
	step("create", func() (err error) {
		u, err = r.Create(t.Context(), ann, "a.jpg", int64(len(content)))
		return err
	})
	step("append", func() error {
		_, err := r.Append(t.Context(), ann, u.ID, 0, body(content[:500]))
		return err
	})
	step("append the rest", func() error {
		_, err := r.Append(t.Context(), ann, u.ID, 500, body(content[500:]))
		return err
	})
	step("finish", func() error {
		_, err := r.Finish(t.Context(), ann, u.ID)
		return err
	})
	step("claim", func() error {
		_, err := r.Claim(t.Context(), claim, []string{u.ID})
		return err
	})
	want := r.read(t, files.Reader{User: bob}, u.ID, false)
	posted = true
	r.post(claim, true)
	step("post again", func() error {
		_, err := r.Claim(t.Context(), claim, []string{u.ID})
		return err
	})
	step("collect nothing", func() error {
		r.clock = r.clock.Add(48 * time.Hour)
		_, err := r.Collect(t.Context())
		return err
	})
	posted = false
	r.post(claim, false)
	step("release", func() error { return r.Release(t.Context(), claim) })
	step("collect", func() error {
		r.clock = r.clock.Add(time.Minute)
		_, err := r.Collect(t.Context())
		return err
	})
	watching = false
	if left := r.left(t); len(left) != 0 {
		t.Errorf("left: %v", left)
	}
	if len(crashes) < 30 {
		t.Errorf("only %d crashes: are the steps still watched?", len(crashes))
	}

	for _, c := range crashes {
		after := openRig(t, c.folder)
		after.post(claim, c.posted)
		if c.posted {
			after.pass(t, 72*time.Hour)
			after.pass(t, 30*24*time.Hour)
			if got := after.read(t, files.Reader{User: bob}, u.ID, false); got != want {
				t.Errorf("%s: the message's file has %d bytes", c.when, len(got))
			}
			if thumbnail := after.read(t, files.Reader{User: bob}, u.ID, true); !strings.HasPrefix(thumbnail, "\xff\xd8") {
				t.Errorf("%s: the message's thumbnail has %d bytes", c.when, len(thumbnail))
			}
		} else {
			for range 4 {
				after.pass(t, 8*24*time.Hour)
			}
			if left := after.left(t); len(left) != 0 {
				t.Errorf("%s: left: %v", c.when, left)
			}
		}
		if drafts, err := os.ReadDir(filepath.Join(c.folder, "files", "drafts")); err != nil || len(drafts) != 0 {
			t.Errorf("%s: drafts: %v, %v", c.when, drafts, err)
		}
	}
}

// An upload goes on after a crash in its midst, from wherever it was.
func TestGoingOnAfterACrash(t *testing.T) {
	content := photo(t, 300, 200)
	folder := t.TempDir()
	var copies []string
	r := openRig(t, folder, func(c *files.Config) {
		c.Blobs = watched{c.Blobs, func() {
			to := t.TempDir()
			if err := os.CopyFS(to, os.DirFS(folder)); err != nil {
				t.Error(err)
			}
			copies = append(copies, to)
		}}
	})
	u, err := r.Create(t.Context(), ann, "a.jpg", int64(len(content)))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.Append(t.Context(), ann, u.ID, 0, body(content)); err != nil {
		t.Fatal(err)
	}
	f, err := r.Finish(t.Context(), ann, u.ID)
	if err != nil {
		t.Fatal(err)
	}
	want := r.read(t, files.Reader{User: ann}, f.ID, false)
	if len(copies) != 2 {
		t.Errorf("%d crashes", len(copies))
	}
	for i, folder := range copies {
		after := openRig(t, folder)
		again, err := after.Finish(t.Context(), ann, u.ID)
		if err != nil || again != f {
			t.Fatalf("%d: %+v, %v", i, again, err)
		}
		if got := after.read(t, files.Reader{User: ann}, u.ID, false); got != want {
			t.Errorf("%d: another content", i)
		}
	}
}
