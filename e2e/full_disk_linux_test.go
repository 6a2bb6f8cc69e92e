package e2e

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// ownMounts tells a copy of this test's process that it may mount.
const ownMounts = "SNUG_E2E_OWN_MOUNTS"

// smallDisk mounts a disk of so many MiB. Where this user may not, the test runs
// again in a process with mounts of its own, and smallDisk returns false.
func smallDisk(t *testing.T, size int) (dir string, ok bool) {
	t.Helper()
	dir = t.TempDir()
	err := syscall.Mount("snug-e2e", dir, "tmpfs", 0, fmt.Sprintf("size=%dm", size))
	if err == nil {
		t.Cleanup(func() {
			if err := syscall.Unmount(dir, syscall.MNT_DETACH); err != nil {
				t.Errorf("unmount %s: %v", dir, err)
			}
		})
		return dir, true
	}
	if os.Getenv(ownMounts) != "" || !errors.Is(err, syscall.EPERM) {
		t.Fatalf("mount a small disk: %v (this test needs the right to mount, or user namespaces)", err)
	}
	again := exec.Command(os.Args[0], "-test.run=^"+t.Name()+"$", "-bin="+program)
	again.Env = append(os.Environ(), ownMounts+"=1")
	again.SysProcAttr = &syscall.SysProcAttr{
		Cloneflags:  syscall.CLONE_NEWUSER | syscall.CLONE_NEWNS,
		UidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getuid(), Size: 1}},
		GidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getgid(), Size: 1}},
	}
	if out, err := again.CombinedOutput(); err != nil {
		t.Fatalf("with mounts of its own: %v\n%s", err, out)
	}
	return "", false
}

// ballast fills a disk but for a few KiB; drop gives the space back.
func ballast(t *testing.T, dir string, leave int) (drop func()) {
	t.Helper()
	path := filepath.Join(dir, "ballast")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	var st syscall.Statfs_t
	if err := syscall.Statfs(dir, &st); err != nil {
		t.Fatal(err)
	}
	free := int(st.Bavail) * int(st.Bsize)
	_, err = f.Write(bytes.Repeat([]byte{1}, max(0, free-leave)))
	if err := errors.Join(err, f.Close()); err != nil {
		t.Fatal(err)
	}
	return func() {
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
	}
}

// With little space left posts are refused in words, reading goes on, and once
// there is room again so does everything.
func TestFullDiskRefuses(t *testing.T) {
	disk, ok := smallDisk(t, 128)
	if !ok {
		return
	}
	s := prepareServer(t, filepath.Join(disk, "data"), append(noLimits, "SNUG_MIN_FREE=16MiB")...)
	s.start()
	ada := s.signUp(t, "Ada")
	sock := ada.joined(t)
	sock.post(t, "c1", "before")

	drop := ballast(t, disk, 20<<20)
	if status := s.awaitReady(http.StatusServiceUnavailable); status != http.StatusServiceUnavailable {
		t.Errorf("readyz on a full disk: %d, want 503", status)
	}
	sock.send(t, map[string]any{"type": "message", "room": "global", "clientId": "c2", "content": "too much"})
	f := sock.awaitThat(t, "the refusal", func(f frame) bool { return f.ClientID == "c2" })
	var words string
	if err := json.Unmarshal(f.Message, &words); err != nil || f.Type != "error" || f.Code != "storage_full" || !strings.Contains(words, "full") {
		t.Errorf("a post on a full disk: %+v %s", f, words)
	}
	if pg, err := ada.history(""); err != nil || len(pg.Messages) != 1 {
		t.Errorf("history on a full disk: %+v %v", pg, err)
	}
	if res := s.send(t, http.MethodGet, "/healthz", nil, nil); res.status != http.StatusOK {
		t.Errorf("healthz on a full disk: %d", res.status)
	}

	drop()
	s.waitReady()
	if f := sock.post(t, "c2", "after"); f.Seq != 2 {
		t.Errorf("the post after was acked as %d, want 2", f.Seq)
	}
}

// With no space left at all whatever was acked is there afterwards, whether the
// server gives up or refuses.
func TestFullDiskLosesNothing(t *testing.T) {
	disk, ok := smallDisk(t, 96)
	if !ok {
		return
	}
	s := prepareServer(t, filepath.Join(disk, "data"), append(noLimits, "SNUG_MIN_FREE=0")...)
	s.start()
	ada := s.signUp(t, "Ada")
	sock := ada.joined(t)
	drop := ballast(t, disk, 1<<20)

	acked := map[string]uint64{}
	refused := false
	text := strings.Repeat("x", 9_000)
	for i := 0; i < 2_000 && !refused; i++ {
		id := fmt.Sprint("c", i)
		sock.send(t, map[string]any{"type": "message", "room": "global", "clientId": id, "content": text})
		for answered := false; !answered && !refused; {
			f, err := sock.read(t.Context())
			switch {
			case err != nil:
				refused = true
				t.Logf("post %d: %v", i+1, err)
			case f.Type == "ack" && f.ClientID == id:
				acked[id], answered = f.Seq, true
			case f.Type == "error":
				refused = true
				t.Logf("post %d: %s %s", i+1, f.Code, f.Message)
			}
		}
	}
	if !refused {
		t.Fatal("the disk never was full")
	}
	// An answer of /readyz is good for a second, so one from before may still be given.
	switch status := s.awaitReady(http.StatusServiceUnavailable); status {
	case http.StatusServiceUnavailable:
	case 0: // it has ended
		if code := s.cmd.ProcessState.ExitCode(); code != 1 {
			t.Errorf("exit code %d, want 1", code)
		}
	default:
		t.Errorf("readyz on a full disk: %d", status)
	}
	out := s.log.tail(1 << 20)
	for _, trace := range []string{"goroutine ", "panic:"} {
		if strings.Contains(out, trace) {
			t.Errorf("the log has %q", trace)
		}
	}
	s.kill()
	drop()
	s.start()
	_, all := readAll(t, ada)
	for id, seq := range acked {
		if seq > uint64(len(all)) || all[seq-1].ClientID != id {
			t.Errorf("%s was acked as %d and is lost", id, seq)
		}
	}
	t.Logf("%d acked, %d there", len(acked), len(all))
	ada.joined(t).post(t, "last", "on we go")
}
