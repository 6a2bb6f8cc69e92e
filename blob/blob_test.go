package blob_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/iotest"

	"github.com/rclone/gofakes3"
	"github.com/rclone/gofakes3/s3mem"

	"snug/blob"
)

const (
	accessKey = "snug"
	secretKey = "a secret of the bucket"
)

// bucket is one at a server that speaks the protocol and checks signatures.
func bucket(t *testing.T) blob.S3Config {
	t.Helper()
	backend := s3mem.New()
	if err := backend.CreateBucket(t.Context(), "files"); err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(gofakes3.New(backend, gofakes3.WithV4Auth(map[string]string{accessKey: secretKey})).Server())
	t.Cleanup(server.Close)
	return blob.S3Config{Endpoint: server.URL, Bucket: "files", Region: "us-east-1", Prefix: "chat/", AccessKey: accessKey, SecretKey: secretKey}
}

func openS3(t *testing.T, c blob.S3Config) *blob.S3 {
	t.Helper()
	s, err := blob.OpenS3(c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

func openFolder(t *testing.T, path string) *blob.Folder {
	t.Helper()
	f, err := blob.OpenFolder(path)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// each runs a test on every kind of store.
func each(t *testing.T, test func(t *testing.T, s blob.Store)) {
	t.Run("folder", func(t *testing.T) { test(t, openFolder(t, filepath.Join(t.TempDir(), "files"))) })
	t.Run("s3", func(t *testing.T) { test(t, openS3(t, bucket(t))) })
}

const key = "0123abcd-thumbnail"

func put(t *testing.T, s blob.Store, key, content string) {
	t.Helper()
	if err := s.Put(t.Context(), key, strings.NewReader(content), int64(len(content))); err != nil {
		t.Fatal(err)
	}
}

func get(t *testing.T, s blob.Store, key string, offset, length int64) string {
	t.Helper()
	r, err := s.Get(t.Context(), key, offset, length)
	if err != nil {
		t.Fatal(err)
	}
	content, err := io.ReadAll(r)
	if err := errors.Join(err, r.Close()); err != nil {
		t.Fatal(err)
	}
	return string(content)
}

func TestWhatIsPutIsThere(t *testing.T) {
	each(t, func(t *testing.T, s blob.Store) {
		large := strings.Repeat("0123456789abcdef", 1<<20) // beyond one part of an upload
		for _, row := range []struct {
			name, content string
			known         bool
		}{
			{"small", "hello", true}, {"empty", "", true}, {"of unknown size", "hello again", false},
			{"large", large, true}, {"large and of unknown size", large, false},
		} {
			t.Run(row.name, func(t *testing.T) {
				size := int64(blob.Unknown)
				if row.known {
					size = int64(len(row.content))
				}
				// A reader that can't be sought, as a request's body.
				if err := s.Put(t.Context(), key, iotest.OneByteReader(bytes.NewBufferString(row.content[:min(9, len(row.content))])), min(size, 9)); err != nil {
					t.Fatal(err)
				}
				if err := s.Put(t.Context(), key, struct{ io.Reader }{strings.NewReader(row.content)}, size); err != nil {
					t.Fatal(err)
				}
				if got := get(t, s, key, 0, blob.Unknown); got != row.content {
					t.Errorf("%d bytes came back of %d", len(got), len(row.content))
				}
				if n, err := s.Size(t.Context(), key); err != nil || n != int64(len(row.content)) {
					t.Errorf("size %d, %v", n, err)
				}
			})
		}
	})
}

func TestRanges(t *testing.T) {
	each(t, func(t *testing.T, s blob.Store) {
		put(t, s, key, "0123456789")
		for _, row := range []struct {
			offset, length int64
			want           string
		}{
			{0, 10, "0123456789"}, {0, 1, "0"}, {3, 4, "3456"}, {9, 1, "9"}, {9, blob.Unknown, "9"}, {4, blob.Unknown, "456789"},
			{8, 100, "89"}, {10, blob.Unknown, ""}, {10, 5, ""}, {5, 0, ""}, {1000, 1, ""},
		} {
			if got := get(t, s, key, row.offset, row.length); got != row.want {
				t.Errorf("%d+%d: got %q, want %q", row.offset, row.length, got, row.want)
			}
		}
		for _, row := range [][2]int64{{-1, 5}, {0, -2}} {
			if _, err := s.Get(t.Context(), key, row[0], row[1]); err == nil {
				t.Errorf("%d+%d is a range", row[0], row[1])
			}
		}
	})
}

func TestWhatIsntThere(t *testing.T) {
	each(t, func(t *testing.T, s blob.Store) {
		if _, err := s.Get(t.Context(), key, 0, blob.Unknown); !errors.Is(err, blob.ErrNotFound) {
			t.Errorf("get: %v", err)
		}
		if _, err := s.Size(t.Context(), key); !errors.Is(err, blob.ErrNotFound) {
			t.Errorf("size: %v", err)
		}
		if err := s.Delete(t.Context(), key); err != nil {
			t.Errorf("delete: %v", err)
		}
		put(t, s, key, "x")
		put(t, s, key+"2", "y")
		if err := s.Delete(t.Context(), key); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Size(t.Context(), key); !errors.Is(err, blob.ErrNotFound) {
			t.Errorf("it's still there: %v", err)
		}
		if got := get(t, s, key+"2", 0, blob.Unknown); got != "y" {
			t.Errorf("its neighbour is %q", got)
		}
	})
}

func TestAPutThatFailsChangesNothing(t *testing.T) {
	each(t, func(t *testing.T, s blob.Store) {
		put(t, s, key, "before")
		boom := errors.New("boom")
		ended, end := context.WithCancel(t.Context())
		end()
		for _, row := range []struct {
			name string
			ctx  context.Context
			r    io.Reader
			size int64
		}{
			{"the reader fails", t.Context(), io.MultiReader(strings.NewReader("aft"), iotest.ErrReader(boom)), 5},
			{"the reader fails, size unknown", t.Context(), io.MultiReader(strings.NewReader("aft"), iotest.ErrReader(boom)), blob.Unknown},
			{"fails in the second part", t.Context(), io.MultiReader(strings.NewReader(strings.Repeat("x", 6<<20)), iotest.ErrReader(boom)), blob.Unknown},
			{"too few bytes", t.Context(), strings.NewReader("aft"), 5},
			{"too many bytes", t.Context(), strings.NewReader("after"), 3},
			{"bytes where none should be", t.Context(), strings.NewReader("after"), 0},
			{"too many bytes, one by one", t.Context(), iotest.OneByteReader(strings.NewReader("after")), 3},
			{"cancelled", ended, strings.NewReader("after"), 5},
		} {
			if err := s.Put(row.ctx, key, row.r, row.size); err == nil {
				t.Errorf("%s: it was put", row.name)
			}
			if got := get(t, s, key, 0, blob.Unknown); got != "before" {
				t.Fatalf("%s: now it is %q", row.name, got)
			}
		}
	})
}

func TestKeysAreNoPaths(t *testing.T) {
	each(t, func(t *testing.T, s blob.Store) {
		for _, bad := range []string{
			"", "a", "abc", "../../../../etc/passwd", "..", "....................", "drafts/12345678", "ab/cd/efgh", `ab\cdefgh`, "abcdefgh.txt", "ABCDEFGH",
			"abcdefg\x00", "abcdefgh\n", "-abcdefgh", "a-bcdefgh", "abcdéfghi", strings.Repeat("a", 81),
		} {
			if s.Put(t.Context(), bad, strings.NewReader("x"), 1) == nil {
				t.Errorf("put %q", bad)
			}
			if _, err := s.Get(t.Context(), bad, 0, 1); err == nil || errors.Is(err, blob.ErrNotFound) {
				t.Errorf("get %q: %v", bad, err)
			}
			if _, err := s.Size(t.Context(), bad); err == nil || errors.Is(err, blob.ErrNotFound) {
				t.Errorf("size of %q: %v", bad, err)
			}
			if s.Delete(t.Context(), bad) == nil {
				t.Errorf("delete %q", bad)
			}
		}
	})
}

func TestManyAtOnce(t *testing.T) {
	each(t, func(t *testing.T, s blob.Store) {
		contents := []string{strings.Repeat("a", 100_000), strings.Repeat("b", 100_000)}
		put(t, s, key, contents[0])
		var wg sync.WaitGroup
		for i := range 8 {
			wg.Go(func() {
				for range 5 {
					if i%2 == 0 {
						put(t, s, key, contents[i/2%2])
					} else if got := get(t, s, key, 0, blob.Unknown); got != contents[0] && got != contents[1] {
						t.Errorf("a reader saw %d bytes of neither", len(got))
					}
				}
			})
		}
		wg.Wait()
	})
}

func TestFolderIsTidy(t *testing.T) {
	root := filepath.Join(t.TempDir(), "files")
	f := openFolder(t, root)
	put(t, f, key, "x")
	_ = f.Put(t.Context(), key, iotest.ErrReader(io.ErrUnexpectedEOF), blob.Unknown)
	// What a crash leaves.
	if err := os.WriteFile(filepath.Join(root, "drafts", "123"), []byte("half"), 0o600); err != nil {
		t.Fatal(err)
	}
	if got := get(t, openFolder(t, root), key, 0, blob.Unknown); got != "x" {
		t.Errorf("after a restart it is %q", got)
	}
	var found []string
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		info, infoErr := d.Info()
		if err := errors.Join(err, infoErr); err != nil {
			return err
		}
		if info.Mode().Perm()&0o077 != 0 {
			t.Errorf("others may read %s", path)
		}
		if !d.IsDir() {
			name, _ := filepath.Rel(root, path)
			found = append(found, name)
		}
		return nil
	})
	if err != nil || len(found) != 1 || found[0] != filepath.Join("01", key) {
		t.Errorf("there is %v, %v", found, err)
	}
}

func TestBucketsThatCantBeUsed(t *testing.T) {
	good := bucket(t)
	if refused, err := openS3(t, good).Check(t.Context()); refused || err != nil {
		t.Fatal(err)
	}
	for name, row := range map[string]struct {
		change  func(*blob.S3Config)
		refused bool
	}{
		"no such bucket": {func(c *blob.S3Config) { c.Bucket = "nowhere" }, true},
		"wrong secret":   {func(c *blob.S3Config) { c.SecretKey = "guessed" }, true},
		"unknown key":    {func(c *blob.S3Config) { c.AccessKey = "somebody" }, true},
		"nobody there":   {func(c *blob.S3Config) { c.Endpoint = "http://127.0.0.1:1" }, false},
	} {
		c := good
		row.change(&c)
		refused, err := openS3(t, c).Check(t.Context())
		if err == nil || refused != row.refused || !strings.Contains(err.Error(), "open bucket "+c.Bucket) {
			t.Errorf("%s: %v, %v", name, refused, err)
		}
	}
	for _, endpoint := range []string{"", "s3.example.com", "ftp://s3.example.com", "https://s3.example.com/bucket"} {
		c := good
		c.Endpoint = endpoint
		if _, err := blob.OpenS3(c); err == nil {
			t.Errorf("endpoint %q was taken", endpoint)
		}
	}
}
