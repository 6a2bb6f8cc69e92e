package pebble

import (
	"errors"
	"os"
	"path/filepath"
	"sync"
	"testing"
)

// Where the system has asynchronous syncs they do what they say; where it hasn't,
// or a file can't be synced so, the caller is told to do it in another way.
func TestAIO(t *testing.T) {
	a := newAIO()
	if a == nil {
		t.Log("this system has none, or doesn't let us")
		if err := a.dataSync(0); err != errNoAIO {
			t.Errorf("got %v, want %v", err, errNoAIO)
		}
		return
	}
	defer a.close()
	f, err := os.Create(filepath.Join(t.TempDir(), "log"))
	if err != nil {
		t.Fatal(err)
	}
	fd := f.Fd()
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 20 {
				if _, err := f.Write([]byte("something to sync")); err != nil {
					t.Error(err)
				}
				if err := a.dataSync(fd); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	for _, bad := range []uintptr{fd, ^uintptr(0)} {
		if err := a.dataSync(bad); err != errNoAIO {
			t.Errorf("descriptor %d: got %v, want %v", int(bad), err, errNoAIO)
		}
	}
	// A pipe can't be synced at all.
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _, _ = r.Close(), w.Close() }()
	if err := a.dataSync(w.Fd()); err == nil || errors.Is(err, errNoEvent) {
		t.Errorf("a pipe: %v", err)
	}
}
