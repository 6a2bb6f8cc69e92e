package files_test

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"image"
	"image/color"
	"image/jpeg"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"snug/blob"
	"snug/db"
	"snug/db/dbtest"
	"snug/files"
)

// rig is a Service on a folder, in a world with a clock and rooms.
type rig struct {
	*files.Service
	tables *db.DB
	folder string
	blobs  blob.Store

	mu    sync.Mutex
	clock time.Time
	posts map[files.Claim]bool // the messages that there are
	tick  func()               // hears of each look at the clock; may be nil
	asks  error                // what a room answers if it can't tell
}

type option func(*files.Config)

func newRig(t testing.TB, options ...option) *rig { return openRig(t, t.TempDir(), options...) }

func openRig(t testing.TB, folder string, options ...option) *rig {
	t.Helper()
	r := &rig{folder: folder, clock: time.Date(2026, 11, 28, 12, 0, 0, 0, time.UTC), posts: map[files.Claim]bool{}}
	var err error
	if r.tables, err = db.Open(t.Context(), dbtest.FileIn(t, folder)); err != nil {
		t.Fatal(err)
	}
	if r.blobs, err = blob.OpenFolder(filepath.Join(folder, "files")); err != nil {
		t.Fatal(err)
	}
	c := files.Config{
		DB: r.tables, Blobs: r.blobs, Parts: filepath.Join(folder, "uploads"), Secret: []byte("secret"),
		Now: r.now, MaxBytes: 1 << 20, MaxOpen: 10, Holds: r.holds,
		Sees: func(context.Context, string, string) (bool, error) { return true, nil },
	}
	for _, o := range options {
		o(&c)
	}
	r.blobs = c.Blobs
	if r.Service, err = files.New(t.Context(), c); err != nil {
		t.Fatal(err)
	}
	r.Start()
	var once sync.Once
	t.Cleanup(func() { once.Do(func() { r.stop(t) }) })
	return r
}

func (r *rig) stop(t testing.TB) {
	t.Helper()
	if err := errors.Join(r.Close(), r.tables.Close()); err != nil {
		t.Error(err)
	}
}

func (r *rig) now() time.Time {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.tick != nil {
		r.tick()
	}
	return r.clock
}

func (r *rig) holds(_ context.Context, c files.Claim, _ string) (bool, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.posts[c], r.asks
}

func (r *rig) post(c files.Claim, there bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.posts[c] = there
}

func (r *rig) cantTell(err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.asks = err
}

// pass lets time pass, and collects.
func (r *rig) pass(t *testing.T, d time.Duration) {
	t.Helper()
	r.mu.Lock()
	r.clock = r.clock.Add(d)
	r.mu.Unlock()
	if _, err := r.Collect(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// source is a request's body.
type source struct {
	io.Reader
	yield func()
}

func (s source) Yield() {
	if s.yield != nil {
		s.yield()
	}
}

func body(content string) files.Source { return source{Reader: strings.NewReader(content)} }

const ann, bob = "ann", "bob"

func claimOf(user, client string) files.Claim {
	return files.Claim{Room: "room", User: user, ClientID: client}
}

// upload makes a finished file.
func (r *rig) upload(t testing.TB, user, name, content string) files.File {
	t.Helper()
	u, err := r.Create(t.Context(), user, name, int64(len(content)))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.Append(t.Context(), user, u.ID, 0, body(content)); err != nil {
		t.Fatal(err)
	}
	f, err := r.Finish(t.Context(), user, u.ID)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// read gives the content of a file as its reader sees it.
func (r *rig) read(t testing.TB, by files.Reader, id string, thumbnail bool) string {
	t.Helper()
	f, err := r.Look(t.Context(), by, id)
	if err != nil {
		t.Fatal(err)
	}
	c, err := r.Open(t.Context(), f, thumbnail)
	if err != nil {
		t.Fatal(err)
	}
	content, err := io.ReadAll(c)
	if err := errors.Join(err, c.Close()); err != nil {
		t.Fatal(err)
	}
	return string(content)
}

// left lists what is stored: blobs, parts and rows.
func (r *rig) left(t testing.TB) (found []string) {
	t.Helper()
	for _, part := range []string{"files", "uploads"} {
		err := filepath.WalkDir(filepath.Join(r.folder, part), func(path string, d os.DirEntry, err error) error {
			if err == nil && !d.IsDir() {
				name, _ := filepath.Rel(r.folder, path)
				found = append(found, name)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	err := r.tables.Read(t.Context(), func(tx *sql.Tx) (err error) {
		rows, err := tx.Query(`select id, state from files`)
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, rows.Close()) }()
		for rows.Next() {
			var id, state string
			if err := rows.Scan(&id, &state); err != nil {
				return err
			}
			found = append(found, id+" "+state)
		}
		return rows.Err()
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func hasCode(t testing.TB, err error, code files.Code) {
	t.Helper()
	var known *files.Error
	if !errors.As(err, &known) || known.Code != code || known.Message == "" {
		t.Errorf("got %v, want %s", err, code)
	}
}

// photo is a JPEG with a comment in it.
func photo(t testing.TB, w, h int) string {
	t.Helper()
	img := image.NewRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			img.SetRGBA(x, y, color.RGBA{uint8(x), uint8(y), 100, 255})
		}
	}
	var b bytes.Buffer
	if err := jpeg.Encode(&b, img, nil); err != nil {
		t.Fatal(err)
	}
	return b.String()[:2] + "\xff\xfe\x00\x08Secret" + b.String()[2:]
}
