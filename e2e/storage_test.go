package e2e

import (
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A folder belongs to one process. The second is told so, and the first goes on.
func TestLockedFolder(t *testing.T) {
	s := newServer(t, noLimits...)
	ada := s.signUp(t, "Ada")
	sock := ada.joined(t)
	out := runFailing(t, t.TempDir(), nil, "serve", "--addr", freeAddr(t), "--data", s.data)
	wantWords(t, out, s.data, "in use", fmt.Sprint(s.cmd.Process.Pid))
	sock.post(t, "c1", "still here")

	// The lock goes with the process, however it ends.
	s.kill()
	s.start()
	ada.joined(t).post(t, "c2", "again")
}

func TestPortInUse(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	dir := t.TempDir()
	out := runFailing(t, dir, nil, "serve", "--addr", l.Addr().String(), "--data", filepath.Join(dir, "data"))
	wantWords(t, out, l.Addr().String(), "in use", "--addr")
}

// What nobody knows is an error wherever it stands: a setting with a slip of the
// pen must not be silently without effect.
func TestUnknownSettings(t *testing.T) {
	for _, tc := range []struct {
		name  string
		env   []string
		args  []string
		file  string // of the working folder
		text  string
		words []string
	}{
		{name: "variable", env: []string{"SNUG_ADR=:1"}, words: []string{"SNUG_ADR", "SNUG_ADDR"}},
		{name: "flag", args: []string{"--dta", "x"}, words: []string{"dta", "data"}},
		{name: ".env", file: ".env", text: "SNUG_POSTRATE=1/1s\n", words: []string{".env", "SNUG_POSTRATE"}},
		{name: "file", file: "snug.toml", text: "adr = \":1\"\n", words: []string{"snug.toml", "adr"}},
		{name: "command", args: []string{"sevre"}, words: []string{"sevre", "serve"}},
		{name: "argument", args: []string{"./data"}, words: []string{"./data"}},
		{name: "bad rate", env: []string{"SNUG_POST_RATE=often"}, words: []string{"often", "10/10s"}},
		{name: "bad address", args: []string{"--addr", "3000"}, words: []string{"3000", "host:port"}},
		{name: "bad base URL", args: []string{"--base-url", "chat.example.org/x"}, words: []string{"chat.example.org/x", "https://"}},
		{name: "plain http", args: []string{"--base-url", "http://chat.example.org"}, words: []string{"https://", "insecure-http"}},
		{name: "weak secret", env: []string{"SNUG_SECRET=better-auth-secret-123456789"}, words: []string{"secret", "32"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			dir := t.TempDir()
			if tc.file != "" {
				if err := os.WriteFile(filepath.Join(dir, tc.file), []byte(tc.text), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			out := runFailing(t, dir, tc.env, tc.args...)
			wantWords(t, out, tc.words...)
			if strings.Contains(out, "better-auth-secret-123456789") {
				t.Error("a secret is printed")
			}
			if _, err := os.Stat(filepath.Join(dir, "data")); err == nil {
				t.Error("a data folder was made")
			}
		})
	}
}

// A folder that can't be one is said to be so.
func TestBadFolder(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for data, culprit := range map[string]string{file: file, filepath.Join(file, "below"): file, "/proc/nothing/here": "/proc/nothing"} {
		wantWords(t, runFailing(t, dir, nil, "serve", "--addr", freeAddr(t), "--data", data), "data folder", culprit)
	}
}

// filled makes a data folder with an account and messages, some of them in
// tables and the last in the log, and returns its server, which is stopped.
func filled(t *testing.T, clean bool) (*server, *person) {
	t.Helper()
	s := newServer(t, noLimits...)
	ada := s.signUp(t, "Ada")
	for round := range 3 {
		sock := ada.joined(t)
		for i := range 100 {
			sock.post(t, fmt.Sprint(round, "-", i), fmt.Sprintf("%d of %d: %s", i, round, strings.Repeat("text ", 100)))
		}
		_ = sock.CloseNow() // nobody is waited for
		if round < 2 {
			s.kill()
			s.start()
		}
	}
	if clean {
		s.stop() // its log is then part of the database
	} else {
		s.kill()
	}
	return s, ada
}

// damage changes a file of a stopped server's folder, the newest that fits.
func damage(t *testing.T, pattern string, change func([]byte) []byte) {
	t.Helper()
	found, err := filepath.Glob(pattern)
	if err != nil || len(found) == 0 {
		all, _ := filepath.Glob(filepath.Join(filepath.Dir(pattern), "*"))
		t.Fatalf("nothing is %s (%v): there are %v", pattern, err, all)
	}
	path := found[len(found)-1]
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if b = change(b); b == nil {
		err = os.Remove(path)
	} else {
		err = os.WriteFile(path, b, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
}

func garbage(b []byte) []byte {
	for i := range b {
		b[i] = byte(i*7 + 13)
	}
	return b
}

func half(b []byte) []byte { return b[:len(b)/2] }

func removed([]byte) []byte { return nil }

// middle spoils a stretch in the middle, as a bad sector does. It begins where a page
// of the database does: what it says first counts, and not all that follows is in use.
func middle(b []byte) []byte {
	const page = 4096
	from := len(b) / 3 / page * page
	garbage(b[from : from+min(2048, len(b)/4)])
	return b
}

// A damaged folder doesn't start as if nothing were, nor as if it were new: the
// operator is told what is damaged and what to do.
func TestDamagedFolder(t *testing.T) {
	for _, tc := range []struct {
		file   string
		name   string
		change func([]byte) []byte
		words  []string
	}{
		{"snug.db", "garbage", garbage, []string{"snug.db", "not a database"}},
		{"snug.db", "half", half, []string{"snug.db", "damaged", "backup"}},
		{"snug.db", "middle", middle, []string{"snug.db", "damaged", "backup"}},
		{"secret", "half", half, []string{"secret", "damaged", "backup"}},
		{"objects/MANIFEST-*", "garbage", garbage, []string{"objects", "damaged", "backup"}},
		{"objects/MANIFEST-*", "removed", removed, []string{"objects", "damaged", "backup"}},
		{"objects/marker.manifest.*", "removed", removed, []string{"objects", "damaged", "backup"}},
		{"objects/*.sst", "removed", removed, []string{"objects", "damaged", "backup"}},
		{"objects/*.sst", "half", half, []string{"objects", "damaged", "backup"}},
	} {
		t.Run(tc.file+" "+tc.name, func(t *testing.T) {
			s, _ := filled(t, tc.file == "snug.db")
			damage(t, filepath.Join(s.data, filepath.FromSlash(tc.file)), tc.change)
			out := runFailing(t, t.TempDir(), nil, "serve", "--addr", s.addr, "--data", s.data)
			wantWords(t, out, tc.words...)
		})
	}
}

// A bad block in a file that is only read when somebody asks for what is in it
// is found then. Nobody gets a history with a hole for a whole one.
func TestDamagedBlock(t *testing.T) {
	s, ada := filled(t, false)
	damage(t, filepath.Join(s.data, "objects", "*.sst"), middle)
	s.launch()
	if s.awaitReady(http.StatusOK) == 0 {
		wantWords(t, s.log.tail(4000), "objects", "damaged", "backup")
		return
	}
	for before := uint64(301); before > 1; {
		res, err := s.try(http.MethodGet, fmt.Sprintf("/api/rooms/global/messages?limit=100&before=%d", before), nil, ada.header())
		if err != nil || res.status >= 500 {
			return // it was found
		}
		var pg page
		res.decode(t, &pg)
		if len(pg.Messages) != 100 || pg.Head != 300 {
			t.Fatalf("before %d: %d messages of %d", before, len(pg.Messages), pg.Head)
		}
		before = pg.Messages[0].Seq
	}
	t.Error("the damage was never noticed: was it where the messages are?")
}
