package files_test

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/iotest"
	"time"

	"snug/blob"
	"snug/files"
)

func TestLifeOfAFile(t *testing.T) {
	r := newRig(t)
	picture := photo(t, 1000, 500)
	u, err := r.Create(t.Context(), ann, "holiday.jpeg", int64(len(picture)))
	if err != nil {
		t.Fatal(err)
	}
	if u.Offset != 0 || u.Size != int64(len(picture)) || !u.Expires.Equal(r.now().Add(24*time.Hour)) {
		t.Errorf("%+v", u)
	}
	if u, err = r.Append(t.Context(), ann, u.ID, 0, body(picture[:100])); err != nil || u.Offset != 100 {
		t.Fatalf("%+v, %v", u, err)
	}
	_, err = r.Finish(t.Context(), ann, u.ID)
	hasCode(t, err, files.CodeConflict)
	if u, err = r.Append(t.Context(), ann, u.ID, 100, body(picture[100:])); err != nil || u.Offset != u.Size {
		t.Fatalf("%+v, %v", u, err)
	}
	f, err := r.Finish(t.Context(), ann, u.ID)
	if err != nil {
		t.Fatal(err)
	}
	if f.Name != "holiday.jpeg" || f.Type != "image/jpeg" || f.Width != 1000 || f.Height != 500 || !f.Thumbnail || len(f.Blurhash) != 28 {
		t.Errorf("%+v", f)
	}
	if again, err := r.Finish(t.Context(), ann, u.ID); err != nil || again != f {
		t.Errorf("finished again it is %+v, %v", again, err)
	}
	if f.Path() != "/api/files/"+f.ID+"/holiday.jpeg" || f.ThumbnailPath() != f.Path()+"?size=thumbnail" {
		t.Errorf("%s, %s", f.Path(), f.ThumbnailPath())
	}
	if content := r.read(t, files.Reader{User: ann}, f.ID, false); int64(len(content)) != f.Size || strings.Contains(content, "Secret") {
		t.Error("the picture is as it came")
	}
	if content := r.read(t, files.Reader{User: ann}, f.ID, true); int64(len(content)) >= f.Size || !strings.HasPrefix(content, "\xff\xd8") {
		t.Error("the thumbnail is no small picture")
	}
	if entries, err := os.ReadDir(filepath.Join(r.folder, "uploads")); err != nil || len(entries) != 0 {
		t.Errorf("parts are left: %v, %v", entries, err)
	}
	list, err := r.Claim(t.Context(), claimOf(ann, "1"), []string{f.ID})
	if err != nil || len(list) != 1 || list[0] != f {
		t.Errorf("claimed: %+v, %v", list, err)
	}
}

// Nobody else finds an upload, or a file that no message has.
func TestUploadsAreTheirOwners(t *testing.T) {
	r := newRig(t)
	u, err := r.Create(t.Context(), ann, "a", 3)
	if err != nil {
		t.Fatal(err)
	}
	f := r.upload(t, ann, "b", "content")
	for _, id := range []string{u.ID, f.ID, "", "nothing", "../../snug.db", strings.Repeat("0", 32)} {
		_, err := r.Offset(t.Context(), bob, id)
		hasCode(t, err, files.CodeNotFound)
		_, err = r.Append(t.Context(), bob, id, 0, body("xyz"))
		hasCode(t, err, files.CodeNotFound)
		_, err = r.Finish(t.Context(), bob, id)
		hasCode(t, err, files.CodeNotFound)
		hasCode(t, r.Stop(t.Context(), bob, id), files.CodeNotFound)
		_, err = r.Claim(t.Context(), claimOf(bob, "1"), []string{id})
		hasCode(t, err, files.CodeNotFound)
		for _, by := range []files.Reader{{User: bob}, {}} {
			_, err = r.Look(t.Context(), by, id)
			hasCode(t, err, files.CodeNotFound)
		}
	}
	_, err = r.Look(t.Context(), files.Reader{User: ann}, u.ID) // it isn't ready
	hasCode(t, err, files.CodeNotFound)
	if _, err := r.Claim(t.Context(), claimOf(ann, "1"), []string{f.ID}); err != nil {
		t.Fatal(err)
	}
	if got := r.read(t, files.Reader{User: bob}, f.ID, false); got != "content" {
		t.Errorf("bob reads %q", got)
	}
	_, err = r.Look(t.Context(), files.Reader{}, f.ID)
	hasCode(t, err, files.CodeNotFound)
}

func TestOffsets(t *testing.T) {
	r := newRig(t)
	u, err := r.Create(t.Context(), ann, "a", 10)
	if err != nil {
		t.Fatal(err)
	}
	append1 := func(offset int64, content string) (files.Upload, error) {
		return r.Append(t.Context(), ann, u.ID, offset, body(content))
	}
	for _, offset := range []int64{-1, 1, 10, 1 << 60} {
		_, err := append1(offset, "0123456789")
		hasCode(t, err, files.CodeConflict)
	}
	if u, err := append1(0, ""); err != nil || u.Offset != 0 {
		t.Errorf("nothing: %+v, %v", u, err)
	}
	if u, err := append1(0, "01234"); err != nil || u.Offset != 5 {
		t.Errorf("half: %+v, %v", u, err)
	}
	_, err = append1(0, "01234")
	hasCode(t, err, files.CodeConflict)
	u2, err := append1(5, "56789 and more")
	hasCode(t, err, files.CodeBadRequest)
	if u2.Offset != 10 {
		t.Errorf("%+v", u2)
	}
	if u, err := append1(10, ""); err != nil || u.Offset != 10 { // whole already
		t.Errorf("%+v, %v", u, err)
	}
	if _, err := r.Finish(t.Context(), ann, u.ID); err != nil {
		t.Fatal(err)
	}
	if u, err := r.Offset(t.Context(), ann, u.ID); err != nil || u.Offset != 10 {
		t.Errorf("finished: %+v, %v", u, err)
	}
	if got := r.read(t, files.Reader{User: ann}, u.ID, false); got != "0123456789" {
		t.Errorf("got %q", got)
	}
}

// What has come before a cut is kept, over a restart, and what is behind it in the
// part file counts for nothing.
func TestCutUploadsGoOn(t *testing.T) {
	folder := t.TempDir()
	content := strings.Repeat("0123456789", 50_000)
	r := openRig(t, folder)
	u, err := r.Create(t.Context(), ann, "a", int64(len(content)))
	if err != nil {
		t.Fatal(err)
	}
	offset := int64(0)
	for offset < u.Size {
		next := min(offset+123_457, u.Size)
		cut := source{Reader: io.MultiReader(strings.NewReader(content[offset:next]), iotest.ErrReader(errors.New("connection reset")))}
		got, err := r.Append(t.Context(), ann, u.ID, offset, cut)
		if next < u.Size {
			hasCode(t, err, files.CodeIncomplete)
		}
		if got.Offset != next {
			t.Fatalf("%d bytes are kept of %d", got.Offset, next)
		}
		offset = next
		r.stop(t)
		part, err := os.OpenFile(filepath.Join(folder, "uploads", u.ID), os.O_WRONLY|os.O_APPEND, 0)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := part.WriteString("never synced"); err != nil {
			t.Fatal(err)
		}
		if err := part.Close(); err != nil {
			t.Fatal(err)
		}
		r = openRig(t, folder)
		if got, err := r.Offset(t.Context(), ann, u.ID); err != nil || got.Offset != offset {
			t.Fatalf("after a restart: %+v, %v", got, err)
		}
	}
	if _, err := r.Finish(t.Context(), ann, u.ID); err != nil {
		t.Fatal(err)
	}
	if got := r.read(t, files.Reader{User: ann}, u.ID, false); got != content {
		t.Errorf("%d bytes of another content", len(got))
	}
}

// A restored backup has the table and not the parts.
func TestLostPart(t *testing.T) {
	r := newRig(t)
	u, err := r.Create(t.Context(), ann, "a", 10)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.Append(t.Context(), ann, u.ID, 0, body("01234")); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(filepath.Join(r.folder, "uploads", u.ID)); err != nil {
		t.Fatal(err)
	}
	if _, err := r.Append(t.Context(), ann, u.ID, 5, body("56789")); err == nil {
		t.Error("it goes on from nothing")
	}
	_, err = r.Offset(t.Context(), ann, u.ID)
	hasCode(t, err, files.CodeNotFound)
}

// The connection of a client that came back may still be open: the newer one wins.
func TestOneWriterAtATime(t *testing.T) {
	r := newRig(t)
	u, err := r.Create(t.Context(), ann, "a", 10)
	if err != nil {
		t.Fatal(err)
	}
	for name, second := range map[string]func() (files.Upload, error){
		"where is it": func() (files.Upload, error) { return r.Offset(t.Context(), ann, u.ID) },
		"more":        func() (files.Upload, error) { return r.Append(t.Context(), ann, u.ID, 99, body("x")) },
	} {
		before, err := r.Offset(t.Context(), ann, u.ID)
		if err != nil {
			t.Fatal(err)
		}
		pr, pw := io.Pipe()
		done := make(chan files.Upload)
		go func() {
			u, _ := r.Append(t.Context(), ann, u.ID, before.Offset, source{pr, func() { pw.CloseWithError(os.ErrDeadlineExceeded) }})
			done <- u
		}()
		if _, err := pw.Write([]byte("abc")); err != nil {
			t.Fatal(err)
		}
		got, _ := second()
		if want := before.Offset + 3; got.Offset != want || (<-done).Offset != want {
			t.Errorf("%s: at %d, want %d", name, got.Offset, want)
		}
	}
}

func TestManyWritersAtOnce(t *testing.T) {
	r := newRig(t)
	content := strings.Repeat("0123456789", 10_000)
	u, err := r.Create(t.Context(), ann, "a", int64(len(content)))
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for {
				at, err := r.Offset(t.Context(), ann, u.ID)
				if err != nil || at.Offset == at.Size {
					return
				}
				_, _ = r.Append(t.Context(), ann, u.ID, at.Offset, body(content[at.Offset:min(at.Offset+7_000, at.Size)]))
			}
		})
	}
	wg.Wait()
	if _, err := r.Finish(t.Context(), ann, u.ID); err != nil {
		t.Fatal(err)
	}
	if got := r.read(t, files.Reader{User: ann}, u.ID, false); got != content {
		t.Errorf("%d bytes of another content", len(got))
	}
}

func TestLimits(t *testing.T) {
	r := newRig(t, func(c *files.Config) { c.Quota, c.MaxOpen = 300_000, 3; c.MaxBytes = 100_000 })
	create := func(user string, size int64) error {
		_, err := r.Create(t.Context(), user, "a", size)
		return err
	}
	hasCode(t, create(ann, 0), files.CodeBadRequest)
	hasCode(t, create(ann, -5), files.CodeBadRequest)
	hasCode(t, create(ann, 100_001), files.CodeTooLong)
	kept := r.upload(t, ann, "a", strings.Repeat("x", 100_000))
	if err := errors.Join(create(ann, 80_000), create(ann, 1)); err != nil {
		t.Fatal(err)
	}
	hasCode(t, create(ann, 1), files.CodeQuota) // a tiny one counts 64 KiB
	if err := create(bob, 100_000); err != nil {
		t.Errorf("bob has his own: %v", err)
	}
	if err := r.Stop(t.Context(), ann, kept.ID); err != nil {
		t.Fatal(err)
	}
	if err := create(ann, 1); err != nil {
		t.Errorf("room was made: %v", err)
	}
	hasCode(t, create(ann, 1), files.CodeLimited)
	r.pass(t, 2*time.Hour)
	if err := create(ann, 1); err != nil { // in place of the oldest, which doesn't go on
		t.Errorf("the oldest is idle: %v", err)
	}
	if err := r.Stop(t.Context(), ann, kept.ID); err == nil {
		t.Error("it can be stopped twice")
	}
}

func TestSpace(t *testing.T) {
	free := int64(100)
	r := newRig(t, func(c *files.Config) {
		c.Space = func(n int64) error {
			if n > free {
				return errors.New("the disk is full")
			}
			return nil
		}
	})
	_, err := r.Create(t.Context(), ann, "a", 60)
	hasCode(t, err, files.CodeStorageFull)
	u, err := r.Create(t.Context(), ann, "a", 50)
	if err != nil {
		t.Fatal(err)
	}
	free = 10
	_, err = r.Append(t.Context(), ann, u.ID, 0, body("x"))
	hasCode(t, err, files.CodeStorageFull)
	full := newRig(t, func(c *files.Config) { c.Blobs = fullStore{c.Blobs} })
	u, err = full.Create(t.Context(), ann, "a", 1)
	if err == nil {
		_, err = full.Append(t.Context(), ann, u.ID, 0, body("x"))
	}
	if err != nil {
		t.Fatal(err)
	}
	_, err = full.Finish(t.Context(), ann, u.ID)
	hasCode(t, err, files.CodeStorageFull)
}

type fullStore struct{ blob.Store }

func (fullStore) Put(context.Context, string, io.Reader, int64) error { return blob.ErrFull }

func TestSignedAddresses(t *testing.T) {
	r := newRig(t)
	f, other := r.upload(t, ann, "a b.txt", "x"), r.upload(t, ann, "b", "y")
	until := r.now().Add(time.Minute)
	path, query, _ := strings.Cut(r.Sign(f, until), "?expires=")
	if path != "/api/files/"+f.ID+"/a%20b.txt" {
		t.Error(path)
	}
	expires, signature, _ := strings.Cut(query, "&signature=")
	later := r.Sign(f, until.Add(time.Hour))
	for name, row := range map[string]struct {
		id, expires, signature string
		want                   bool
	}{
		"as signed":     {f.ID, expires, signature, true},
		"another file":  {other.ID, expires, signature, false},
		"longer":        {f.ID, expires + "0", signature, false},
		"other time":    {f.ID, later[strings.Index(later, "expires=")+8 : strings.Index(later, "&")], signature, false},
		"no signature":  {f.ID, expires, "", false},
		"half of it":    {f.ID, expires, signature[:10], false},
		"no time":       {f.ID, "", signature, false},
		"no number":     {f.ID, "1e18", signature, false},
		"shifted parts": {f.ID + "\x00" + expires, "", signature, false},
	} {
		if got := r.Verify(row.id, row.expires, row.signature); got != row.want {
			t.Errorf("%s: %v", name, got)
		}
	}
	r.pass(t, time.Minute)
	if r.Verify(f.ID, expires, signature) {
		t.Error("it never ends")
	}
	if got := r.read(t, files.Reader{Signed: true}, f.ID, false); got != "x" {
		t.Errorf("got %q", got)
	}
	if bytes := newRig(t, func(c *files.Config) { c.Secret = []byte("another") }); bytes.Verify(f.ID, expires, signature) {
		t.Error("another server's signature counts")
	}
}

// Contents larger than what is asked of the store at once come whole, from anywhere.
func TestLargeContent(t *testing.T) {
	r := newRig(t, func(c *files.Config) { c.MaxBytes = 64 << 20 })
	large := strings.Repeat("0123456789abcdef", (20<<20)/16+1)
	f := r.upload(t, ann, "a", large)
	if got := r.read(t, files.Reader{User: ann}, f.ID, false); got != large {
		t.Fatalf("%d bytes of another content", len(got))
	}
	c, err := r.Open(t.Context(), f, false)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	for _, at := range []int64{f.Size - 5, 3, 8<<20 - 2, 8 << 20, 16<<20 + 1, f.Size, 0} {
		if _, err := c.Seek(at, io.SeekStart); err != nil {
			t.Fatal(err)
		}
		got, err := io.ReadAll(io.LimitReader(c, 10))
		if want := large[at:min(at+10, f.Size)]; err != nil || string(got) != want {
			t.Errorf("at %d: %q, %v", at, got, err)
		}
	}
	if _, err := c.Seek(-1, io.SeekStart); err == nil {
		t.Error("it can be sought before the beginning")
	}
	if err := r.blobs.Put(t.Context(), f.ID, strings.NewReader("short"), 5); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Seek(0, io.SeekStart); err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadAll(c); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("a blob that was cut: %v", err)
	}
	if err := r.blobs.Delete(t.Context(), f.ID); err != nil {
		t.Fatal(err)
	}
	_, err = r.Open(t.Context(), f, false)
	hasCode(t, err, files.CodeNotFound)
}
