package pebble_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	lsm "github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"

	"snug/durable"
	"snug/durable/store/pebble"
)

// TestMain lets this binary be the other process of some tests.
func TestMain(m *testing.M) {
	if os.Getenv("PEBBLE_TEST_FATAL") != "" {
		failFatally()
	}
	if dir := os.Getenv("PEBBLE_TEST_OPEN"); dir != "" {
		store, err := pebble.Open(dir, pebble.Options{})
		if err == nil {
			err = store.Close()
		}
		fmt.Println(errors.Is(err, pebble.ErrLocked), err)
		os.Exit(0)
	}
	os.Exit(m.Run())
}

func open(t *testing.T, dir string, o pebble.Options) *pebble.Store {
	t.Helper()
	store, err := pebble.Open(dir, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := store.Close(); err != nil {
			t.Error(err)
		}
	})
	return store
}

func wantError(t *testing.T, err, want error, texts ...string) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Fatalf("error %v, want %v", err, want)
	}
	for _, text := range texts {
		if !strings.Contains(err.Error(), text) {
			t.Errorf("error %q doesn't say %q", err, text)
		}
	}
}

func TestLockedByOtherProcess(t *testing.T) {
	dir := t.TempDir()
	store := open(t, dir, pebble.Options{})
	other := func() string {
		cmd := exec.Command(os.Args[0])
		cmd.Env = append(os.Environ(), "PEBBLE_TEST_OPEN="+dir)
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("%v: %s", err, out)
		}
		return string(out)
	}
	if got := other(); !strings.HasPrefix(got, "true open object store "+dir+": another process uses this folder") {
		t.Errorf("open by another process: %s", got)
	}
	if err := store.Close(); err != nil {
		t.Fatal(err)
	}
	if got := other(); got != "false <nil>\n" {
		t.Errorf("open by another process after Close: %s", got)
	}
}

// However the folder is named, this process has it too.
func TestLockedByThisProcess(t *testing.T) {
	dir := t.TempDir()
	link := filepath.Join(t.TempDir(), "link")
	if err := os.Symlink(dir, link); err != nil {
		t.Fatal(err)
	}
	store := open(t, dir, pebble.Options{})
	for _, name := range []string{dir, dir + "/", dir + "/../" + filepath.Base(dir), link} {
		_, err := pebble.Open(name, pebble.Options{})
		wantError(t, err, pebble.ErrLocked, name)
	}
	if err := store.Close(); err != nil {
		t.Fatal(err)
	}
	open(t, link, pebble.Options{})
}

func TestOpenImpossible(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := pebble.Open(file, pebble.Options{})
	if err == nil || errors.Is(err, pebble.ErrDamaged) || errors.Is(err, pebble.ErrLocked) || !strings.Contains(err.Error(), file) {
		t.Errorf("open of a file: %v", err)
	}
}

func TestFolderIsPrivate(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "a", "b")
	open(t, dir, pebble.Options{})
	info, err := os.Stat(dir)
	if err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("mode %v, %v, want 0700", info.Mode(), err)
	}
}

// tree opens what the store keeps its data in, for what only tests may do.
func tree(t *testing.T, disk vfs.FS, change func(*lsm.DB) error) {
	t.Helper()
	db, err := lsm.Open("data", &lsm.Options{FS: disk, FormatMajorVersion: lsm.FormatTableFormatV6,
		Logger: discard{}})
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(change(db), db.Close()); err != nil {
		t.Fatal(err)
	}
}

type discard struct{}

func (discard) Infof(string, ...any)              {}
func (discard) Errorf(string, ...any)             {}
func (discard) Fatalf(format string, args ...any) { panic(fmt.Sprintf(format, args...)) }

func TestNewerFormat(t *testing.T) {
	disk := vfs.NewMem()
	store := open(t, "data", pebble.Options{FS: disk})
	if err := store.Close(); err != nil {
		t.Fatal(err)
	}
	tree(t, disk, func(db *lsm.DB) error {
		return db.Set([]byte("mformat"), binary.BigEndian.AppendUint64(nil, 2), lsm.Sync)
	})
	_, err := pebble.Open("data", pebble.Options{FS: disk})
	wantError(t, err, pebble.ErrNewer, "data", "format 2")
}

func TestNewerEngine(t *testing.T) {
	for _, format := range []uint64{uint64(lsm.FormatNewest), 999} {
		disk := vfs.NewMem()
		store := open(t, "data", pebble.Options{FS: disk})
		if err := store.Close(); err != nil {
			t.Fatal(err)
		}
		writeFile(t, disk, fmt.Sprintf("data/marker.format-version.999999.%03d", format), nil)
		_, err := pebble.Open("data", pebble.Options{FS: disk})
		wantError(t, err, pebble.ErrNewer, "data")
	}
}

func TestForeignData(t *testing.T) {
	disk := vfs.NewMem()
	tree(t, disk, func(db *lsm.DB) error { return db.Set([]byte("k"), []byte("v"), lsm.Sync) })
	_, err := pebble.Open("data", pebble.Options{FS: disk})
	wantError(t, err, pebble.ErrDamaged, "data", "not this program's")
}

// While too little is free commits are refused, and taken again once there is
// enough; what is there can still be read.
func TestMinFree(t *testing.T) {
	disk := vfs.NewMem()
	free := func(n uint64) {
		disk.TestingSetDiskUsage(vfs.DiskUsage{AvailBytes: n, TotalBytes: 1 << 40})
	}
	free(1 << 30)
	const minFree = 10 << 20
	o := pebble.Options{FS: disk, MinFree: minFree}
	store := open(t, "data", o)
	record, err := store.Claim(t.Context(), durable.ID{1}, "class", "")
	if err != nil {
		t.Fatal(err)
	}
	commit := func(size int) error {
		errs, err := store.Commit(t.Context(), []durable.Batch{{ID: record.ID, Fence: record.Fence,
			Ops: []durable.Op{{Kind: durable.OpPut, Key: "k", Value: make([]byte, size)}}}})()
		if err = errors.Join(append(errs, err)...); err == nil {
			record.Fence.Head++
		}
		return err
	}
	// The store goes by what it read when it was opened, but for no longer
	// than a second, and for no more than it can spare.
	for err == nil {
		err = commit(1 << 20)
		free(minFree - 1)
	}
	wantError(t, err, durable.ErrStorageFull, "9 MiB left", "10 MiB are needed")
	if value, err := store.Get(t.Context(), record.ID, "k"); err != nil || len(value) != 1<<20 {
		t.Errorf("get: %d bytes, %v", len(value), err)
	}
	if record, err = store.Claim(t.Context(), record.ID, "class", ""); err != nil {
		t.Errorf("claim: %v", err)
	}
	free(minFree/4 - 1)
	for err = nil; err == nil; { // until what was read is a second old
		_, err = store.Claim(t.Context(), durable.ID{2}, "class", "")
	}
	wantError(t, err, durable.ErrStorageFull)
	free(1 << 30)
	if err := commit(1); err != nil {
		t.Errorf("commit with space again: %v", err)
	}
	if err := store.Close(); err != nil {
		t.Fatal(err)
	}
	free(1)
	_, err = pebble.Open("data", o)
	wantError(t, err, durable.ErrStorageFull, "data")
	o.MinFree = -1
	open(t, "data", o)
}

// What is logged has no keys and no values in it, at any level.
func TestLogHasNoContent(t *testing.T) {
	var log bytes.Buffer
	o := pebble.Options{FS: vfs.NewMem(), Logger: slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))}
	store, err := pebble.OpenTuned("data", o, tiny)
	if err != nil {
		t.Fatal(err)
	}
	record, err := store.Claim(t.Context(), durable.ID{1}, "class", "secret")
	if err != nil {
		t.Fatal(err)
	}
	for n := range 200 {
		fence := record.Fence
		fence.Head = uint64(n)
		errs, err := store.Commit(t.Context(), []durable.Batch{{ID: record.ID, Fence: fence, Ops: []durable.Op{
			{Kind: durable.OpPut, Key: fmt.Sprint("secret", n), Value: bytes.Repeat([]byte("secret"), 200)}}}})()
		if err := errors.Join(append(errs, err)...); err != nil {
			t.Fatal(err)
		}
	}
	if err := store.Close(); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(log.String(), "compact") {
		t.Errorf("the log tells of no compaction:\n%s", &log)
	}
	for _, line := range strings.Split(log.String(), "\n") {
		if strings.Contains(line, "secret") {
			t.Errorf("log: %s", line)
		}
	}
}
