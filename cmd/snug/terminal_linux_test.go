package main

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"unsafe"
)

// terminalPair makes a terminal: what a person types goes into near, and a program
// has far.
func terminalPair(t *testing.T) (near, far *os.File) {
	t.Helper()
	near, err := os.OpenFile("/dev/ptmx", os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = near.Close() })
	var locked, number int32
	for request, value := range map[uintptr]*int32{syscall.TIOCSPTLCK: &locked, syscall.TIOCGPTN: &number} {
		if _, _, errno := syscall.Syscall(syscall.SYS_IOCTL, near.Fd(), request, uintptr(unsafe.Pointer(value))); errno != 0 {
			t.Fatal(errno)
		}
	}
	far, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", number), os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = far.Close() })
	return near, far
}

// An account is deleted once a person has said yes, and nobody is asked who can't
// answer.
func TestDeleteAsks(t *testing.T) {
	dir := t.TempDir()
	data := filepath.Join(dir, "data")
	s := hosted{data: data}.start(t, "--auth-rate", "0")
	signUp(t, s.Addr().String(), "Ada")
	signUp(t, s.Addr().String(), "Bob")

	for _, stdin := range []string{os.DevNull, data + "/lock"} {
		f, err := os.Open(stdin)
		if err != nil {
			t.Fatal(err)
		}
		cmd := prepare(t, dir, nil, "user", "delete", "bob@example.com")
		var stderr bytes.Buffer
		cmd.Stdin, cmd.Stderr = f, &stderr
		_ = cmd.Run()
		f.Close()
		result{cmd.ProcessState.ExitCode(), "", stderr.String()}.want(t, 2, "--yes")
	}
	for _, tt := range []struct {
		typed   string
		code    int
		want    string
		deleted bool
	}{
		{"\n", 1, "nothing was deleted", false},
		{"no\n", 1, "nothing was deleted", false},
		{"yesterday\n", 1, "nothing was deleted", false},
		{"\x04", 1, "nothing was deleted", false}, // the end of input
		{"Y\n", 0, "", true},
	} {
		near, far := terminalPair(t)
		cmd := prepare(t, dir, nil, "user", "delete", "bob@example.com")
		cmd.Stdin = far
		stderr, err := cmd.StderrPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		said := bufio.NewReader(stderr)
		if question, err := said.ReadString(']'); err != nil || question != "Delete the account of bob@example.com for good? [y/N]" {
			t.Fatalf("it asks %q, %v", question, err)
		}
		if _, err := io.WriteString(near, tt.typed); err != nil {
			t.Fatal(err)
		}
		rest, err := io.ReadAll(said)
		if err != nil {
			t.Fatal(err)
		}
		_ = cmd.Wait()
		result{cmd.ProcessState.ExitCode(), "", string(rest)}.want(t, tt.code, tt.want)
		if left := snug(t, data, "user", "list", "bob").stdout; strings.Contains(left, "bob@example.com") == tt.deleted {
			t.Errorf("after %q there is\n%s", tt.typed, left)
		}
	}
}
