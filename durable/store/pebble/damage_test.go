package pebble_test

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	lsm "github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"

	"snug/durable"
	"snug/durable/store/pebble"
)

// TestDamage flips a bit of a file, or cuts off its end, over and over in each
// file of a store that was closed and of one that was killed. What is then
// read is what was written, or an error.
//
// The one exception can't be told from a crash: of a log that was not closed
// the end may be missing, and with it the last commits, as if they had never
// been acked. Never is a commit there in part, or without those before it.
func TestDamage(t *testing.T) {
	seed := seedOf(t)
	rng := rand.New(rand.NewPCG(seed, 3))
	for _, closed := range []bool{true, false} {
		t.Run(fmt.Sprintf("closed=%t", closed), func(t *testing.T) {
			w := newWorkload(2)
			disk := vfs.NewCrashableMem()
			store, err := pebble.OpenTuned("data", pebble.Options{FS: disk}, func(o *lsm.Options) {
				tiny(o)
				// One manifest with many entries, the older of which still
				// have their files.
				o.MaxManifestFileSize = 1 << 20
				o.DisableAutomaticCompactions = true
			})
			if err != nil {
				t.Fatal(err)
			}
			if err := w.run(store, seed, 60); err != nil {
				t.Fatal(err)
			}
			if closed {
				if err := store.Close(); err != nil {
					t.Fatal(err)
				}
			}
			sound := disk.CrashClone(vfs.CrashCloneCfg{})
			if !closed {
				if err := store.Close(); err != nil {
					t.Fatal(err)
				}
			}
			names, err := sound.List("data")
			if err != nil {
				t.Fatal(err)
			}
			slices.Sort(names)
			refused, runs := 0, 0
			for _, name := range names {
				times := 10
				if strings.HasPrefix(name, "MANIFEST-") {
					times = 40 // the one file whose damage the engine overlooks
				}
				for range times {
					damaged := sound.CrashClone(vfs.CrashCloneCfg{})
					what := damageFile(t, damaged, "data/"+name, rng)
					if what == "" {
						continue // an empty file
					}
					runs++
					at := w.after(w.before())
					if !closed && strings.HasSuffix(name, ".log") {
						clear(at.acked)
					}
					err := w.check(pebble.Options{FS: damaged}, at, func(durable.Fence) {})
					if errors.Is(err, errWrong) {
						t.Errorf("%s of %s: %v", what, name, err)
					}
					if err != nil {
						refused++
						if !errors.Is(err, pebble.ErrDamaged) && !errors.Is(err, pebble.ErrNewer) {
							t.Errorf("%s of %s: %v, want ErrDamaged", what, name, err)
						}
					}
				}
			}
			t.Logf("%d files, %d times damaged, %d times refused", len(names), runs, refused)
		})
	}
}

// TestFirstLogDamaged damages the log of a store's first run, far from its end: that isn't
// a log that just ends there.
func TestFirstLogDamaged(t *testing.T) {
	disk := vfs.NewCrashableMem()
	store, err := pebble.Open("data", pebble.Options{FS: disk})
	if err != nil {
		t.Fatal(err)
	}
	record, err := store.Claim(t.Context(), durable.ID{1}, "class", "")
	if err != nil {
		t.Fatal(err)
	}
	value := bytes.Repeat([]byte("x"), 1_000)
	for range 150 {
		errs, err := store.Commit(t.Context(), []durable.Batch{{ID: record.ID, Fence: record.Fence,
			Ops: []durable.Op{{Kind: durable.OpPut, Key: "k", Value: value}}}})()
		if err := errors.Join(append(errs, err)...); err != nil {
			t.Fatal(err)
		}
		record.Fence.Head++
	}
	killed := disk.CrashClone(vfs.CrashCloneCfg{})
	if err := store.Close(); err != nil {
		t.Fatal(err)
	}
	names, err := killed.List("data")
	if err != nil {
		t.Fatal(err)
	}
	largest, size := "", 0
	for _, name := range names {
		if n := len(readFile(t, killed, "data/"+name)); strings.HasSuffix(name, ".log") && n > size {
			largest, size = "data/"+name, n
		}
	}
	if size < 128<<10 {
		t.Fatalf("the log has %d bytes: too few to have a middle", size)
	}
	for at := size / 10; at < size/2; at += size / 50 {
		disk := killed.CrashClone(vfs.CrashCloneCfg{})
		data := readFile(t, disk, largest)
		for i := range 16 {
			data[at+i] ^= 0xff
		}
		writeFile(t, disk, largest, data)
		store, err := pebble.Open("data", pebble.Options{FS: disk})
		if err == nil {
			err = errors.Join(errors.New("it opened"), store.Close())
		}
		if !errors.Is(err, pebble.ErrDamaged) {
			t.Errorf("bytes from %d of %d are damaged: %v, want ErrDamaged", at, size, err)
		}
	}
}

func damageFile(t *testing.T, disk vfs.FS, path string, rng *rand.Rand) (what string) {
	t.Helper()
	data := readFile(t, disk, path)
	if len(data) == 0 {
		return ""
	}
	at := rng.IntN(len(data))
	if rng.IntN(3) == 0 {
		data, what = data[:at], fmt.Sprintf("all from byte %d", at)
	} else {
		bit := rng.IntN(8)
		data[at] ^= 1 << bit
		what = fmt.Sprintf("bit %d of byte %d", bit, at)
	}
	writeFile(t, disk, path, data)
	return what
}

func readFile(t *testing.T, disk vfs.FS, path string) []byte {
	t.Helper()
	f, err := disk.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		t.Fatal(err)
	}
	data := make([]byte, info.Size())
	if len(data) > 0 {
		if _, err := f.ReadAt(data, 0); err != nil {
			t.Fatal(err)
		}
	}
	return data
}

func writeFile(t *testing.T, disk vfs.FS, path string, data []byte) {
	t.Helper()
	f, err := disk.Create(path, vfs.WriteCategoryUnspecified)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.Write(data); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(f.Sync(), f.Close()); err != nil {
		t.Fatal(err)
	}
}

// A file that is missing altogether is damage too, and none of the others may
// be removed for it.
func TestFileMissing(t *testing.T) {
	disk := vfs.NewCrashableMem()
	w := newWorkload(2)
	store, err := pebble.OpenTuned("data", pebble.Options{FS: disk}, tiny)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(w.run(store, 1, 40), store.Close()); err != nil {
		t.Fatal(err)
	}
	names, err := disk.List("data")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		if !strings.HasSuffix(name, ".sst") && !strings.HasPrefix(name, "MANIFEST-") && !strings.HasPrefix(name, "marker.") {
			continue
		}
		damaged := disk.CrashClone(vfs.CrashCloneCfg{})
		if err := damaged.Remove("data/" + name); err != nil {
			t.Fatal(err)
		}
		err := w.check(pebble.Options{FS: damaged}, w.after(w.before()), func(durable.Fence) {})
		if err == nil { // a manifest or table that is no longer used
			continue
		}
		if !errors.Is(err, pebble.ErrDamaged) {
			t.Errorf("without %s: %v, want ErrDamaged", name, err)
		}
		left, err := damaged.List("data")
		if err != nil {
			t.Fatal(err)
		}
		for _, other := range names {
			if other != name && !slices.Contains(left, other) && !strings.HasPrefix(other, "marker.") && other != "LOCK" {
				t.Errorf("without %s: %s was removed", name, other)
			}
		}
	}
}
