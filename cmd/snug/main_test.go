package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// actAs makes the test binary be the command, so that tests run the real
// process without building it a second time.
const actAs = "RUN_AS_COMMAND"

// dropTo names a user to become before the command begins: the binary itself only
// we can start.
const dropTo = "RUN_AS_USER"

func TestMain(m *testing.M) {
	if os.Getenv(actAs) != "" {
		if id, err := strconv.Atoi(os.Getenv(dropTo)); err == nil {
			if err := syscall.Setuid(id); err != nil {
				panic(err)
			}
		}
		main()
		return
	}
	os.Exit(m.Run())
}

// patience is for a machine under load, not for the program.
const patience = 60 * time.Second

// prepare makes the command in a folder of its own.
func prepare(t *testing.T, dir string, env []string, args ...string) *exec.Cmd {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 2*patience)
	t.Cleanup(cancel)
	cmd := exec.CommandContext(ctx, self, args...)
	cmd.Dir = dir
	cmd.Env = append(append(os.Environ(), actAs+"=1"), env...)
	return cmd
}

type result struct {
	code           int
	stdout, stderr string
}

// execute runs the command to its end.
func execute(t *testing.T, dir string, env []string, args ...string) result {
	t.Helper()
	cmd := prepare(t, dir, env, args...)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return result{cmd.ProcessState.ExitCode(), stdout.String(), stderr.String()}
}

func (r result) want(t *testing.T, code int, parts ...string) {
	t.Helper()
	if r.code != code {
		t.Errorf("exit code %d, want %d", r.code, code)
	}
	for _, part := range parts {
		if !strings.Contains(r.stdout+r.stderr, part) {
			t.Errorf("no %q in the output", part)
		}
	}
	if t.Failed() {
		t.Logf("stdout:\n%s\nstderr:\n%s", r.stdout, r.stderr)
	}
}

// process is a server that runs in a process of its own.
type process struct {
	cmd  *exec.Cmd
	addr string
	log  chan string // the whole log, once it has ended
}

// start runs the server on a free port and waits until it listens.
func start(t *testing.T, dir string, env []string, args ...string) *process {
	t.Helper()
	cmd := prepare(t, dir, env, append([]string{"serve", "--addr", "127.0.0.1:0"}, args...)...)
	stderr, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	p := &process{cmd: cmd, log: make(chan string, 1)}
	t.Cleanup(func() { _ = cmd.Process.Kill() })
	addr := make(chan string, 1)
	go func() {
		var all strings.Builder
		lines := bufio.NewScanner(stderr)
		for lines.Scan() {
			all.WriteString(lines.Text() + "\n")
			if m := regexp.MustCompile(`msg=listening .*addr=(\S+)`).FindStringSubmatch(lines.Text()); m != nil {
				addr <- m[1]
			}
		}
		p.log <- all.String()
	}()
	select {
	case p.addr = <-addr:
	case log := <-p.log:
		t.Fatalf("it ended before it listened:\n%s", log)
	case <-time.After(patience):
		t.Fatal("it doesn't listen")
	}
	return p
}

// wait returns the exit code, the log and how long it took.
func (p *process) wait(t *testing.T) (code int, log string, took time.Duration) {
	t.Helper()
	began := time.Now()
	log = <-p.log
	_ = p.cmd.Wait()
	return p.cmd.ProcessState.ExitCode(), log, time.Since(began)
}

func (p *process) signal(t *testing.T, s os.Signal) {
	t.Helper()
	if err := p.cmd.Process.Signal(s); err != nil {
		t.Fatal(err)
	}
}

func TestCommands(t *testing.T) {
	dir := t.TempDir()
	execute(t, dir, nil, "version").want(t, 0, "snug ")
	execute(t, dir, nil, "help").want(t, 0, "--base-url", "SNUG_POST_RATE", "serve")
	execute(t, dir, nil, "serve", "--help").want(t, 0, "--base-url")
	execute(t, dir, nil, "--help").want(t, 0, "--base-url")
	execute(t, dir, nil, "sevre").want(t, 2, "command sevre is unknown", "did you mean serve?")
	execute(t, dir, nil, "--adrr", ":1").want(t, 2, "--adrr", "did you mean --addr?")
	execute(t, dir, []string{"SNUG_POSTRATE=1"}, "serve").want(t, 2, "SNUG_POSTRATE", "did you mean SNUG_POST_RATE?")
	execute(t, dir, []string{"SNUG_POST_RATE=much"}, "serve").want(t, 2, "post-rate", `"much"`, "10/10s")
	if entries, _ := os.ReadDir(dir); len(entries) != 0 {
		t.Errorf("commands that did nothing left %v", entries)
	}
}

func TestConfigCommand(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, ".env"), "SNUG_POST_RATE=2/2s\nBETTER_AUTH_SECRET=abcdefghijklmnopqrstuvwxyz012345\n")
	write(t, filepath.Join(dir, "snug.toml"), "post-rate = \"1/1s\"\ndata = \"from-file\"\n")
	r := execute(t, dir, []string{"SNUG_POST_RATE=3/3s", "SNUG_AUTH_RATE=4/4s"}, "config", "--auth-rate", "5/5s")
	r.want(t, 0)
	for _, line := range []string{
		`^data = "from-file" +# file snug.toml$`, `^post-rate = "3/3s" +# environment SNUG_POST_RATE$`,
		`^auth-rate = "5/5s" +# flag --auth-rate$`, `^addr = "127.0.0.1:3000" +# default$`, `^# secret = "\*+" +# .env line 2$`,
	} {
		if !regexp.MustCompile("(?m)" + line).MatchString(r.stdout) {
			t.Errorf("no line like %s in:\n%s", line, r.stdout)
		}
	}
	if strings.Contains(r.stdout+r.stderr, "abcdefgh") {
		t.Error("the secret is shown")
	}
	write(t, filepath.Join(dir, "snug.toml"), "datta = 1\n")
	execute(t, dir, nil, "config").want(t, 2, "snug.toml", "datta", "did you mean data?")
}

func TestSecondProcessOnTheSameFolder(t *testing.T) {
	dir := t.TempDir()
	p := start(t, dir, nil)
	r := execute(t, dir, nil, "serve", "--addr", "127.0.0.1:0")
	r.want(t, 1, "data folder ./data is in use by process "+fmt.Sprint(p.cmd.Process.Pid), "--data")
	get(t, p.addr, "/readyz", 200)

	// Killed, it holds nothing.
	p.signal(t, syscall.SIGKILL)
	p.wait(t)
	start(t, dir, nil)
}

func TestPortInUse(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	dir := t.TempDir()
	r := execute(t, dir, nil, "serve", "--addr", l.Addr().String())
	r.want(t, 1, "address "+l.Addr().String()+" is in use", "--addr")
	if strings.Count(strings.TrimSpace(r.stderr), "\n") != 0 {
		t.Errorf("more than one line:\n%s", r.stderr)
	}
	start(t, dir, nil) // the folder is free again
}

func TestFirstStart(t *testing.T) {
	dir := t.TempDir()
	p := start(t, dir, nil)
	get(t, p.addr, "/healthz", 200)
	get(t, p.addr, "/readyz", 200)
	p.signal(t, syscall.SIGTERM)
	code, log, _ := p.wait(t)
	if code != 0 {
		t.Errorf("exit code %d", code)
	}
	for _, want := range []string{"first start", "listening", "url=http://localhost:", "version=", "data=./data", "msg=stopped"} {
		if !strings.Contains(log, want) {
			t.Errorf("no %q in the log", want)
		}
	}
	data := filepath.Join(dir, "data")
	secret := read(t, filepath.Join(data, "secret"))
	if strings.Contains(log, strings.TrimSpace(secret)) {
		t.Error("the log shows the secret")
	}
	for name, mode := range map[string]os.FileMode{".": 0o700, "secret": 0o600, "lock": 0o600, "snug.db": 0o600} {
		info, err := os.Stat(filepath.Join(data, name))
		if err != nil {
			t.Error(err)
		} else if info.Mode().Perm() != mode {
			t.Errorf("%s has mode %o, want %o", name, info.Mode().Perm(), mode)
		}
	}

	// The second start changes nothing, and mends what a copy made too open.
	if err := os.Chmod(filepath.Join(data, "secret"), 0o644); err != nil {
		t.Fatal(err)
	}
	p = start(t, dir, nil)
	p.signal(t, syscall.SIGINT)
	_, log, _ = p.wait(t)
	if strings.Contains(log, "first start") || !strings.Contains(log, "others could read the secret") {
		t.Errorf("the log of the second start:\n%s", log)
	}
	if info, err := os.Stat(filepath.Join(data, "secret")); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("secret: %v, %v", info.Mode(), err)
	}
	if read(t, filepath.Join(data, "secret")) != secret {
		t.Error("the secret is another one")
	}
}

func TestBrokenDataFolders(t *testing.T) {
	made := t.TempDir()
	p := start(t, made, nil)
	p.signal(t, syscall.SIGTERM)
	p.wait(t)
	for _, tt := range []struct {
		name  string
		spoil func(t *testing.T, data string)
		want  []string
	}{
		{"tables are not a database", func(t *testing.T, data string) {
			write(t, filepath.Join(data, "snug.db"), strings.Repeat("not a database. ", 1000))
		}, []string{"snug.db"}},
		{"tables are overwritten in the middle", func(t *testing.T, data string) {
			path := filepath.Join(data, "snug.db")
			text := []byte(read(t, path))
			for i := len(text) / 4; i < len(text); i++ {
				text[i] = 0xa5
			}
			write(t, path, string(text))
			_ = os.Remove(path + "-wal")
		}, []string{"snug.db", "damaged"}},
		{"rooms have lost a manifest", func(t *testing.T, data string) {
			spoilFiles(t, filepath.Join(data, "objects", "MANIFEST-*"), func(path string) error { return os.Remove(path) })
		}, []string{"objects"}},
		{"rooms have a wrong manifest", func(t *testing.T, data string) {
			spoilFiles(t, filepath.Join(data, "objects", "MANIFEST-*"), func(path string) error {
				return os.WriteFile(path, bytes.Repeat([]byte{0x5a}, 4096), 0o600)
			})
		}, []string{"objects", "damaged"}},
		{"the secret is cut short", func(t *testing.T, data string) { write(t, filepath.Join(data, "secret"), "abc\n") }, []string{"secret", "damaged", "backup"}},
		{"the folder is a file", func(t *testing.T, data string) {
			if err := os.RemoveAll(data); err != nil {
				t.Fatal(err)
			}
			write(t, data, "")
		}, []string{"data folder", "not a directory"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			dir := t.TempDir()
			if err := os.CopyFS(filepath.Join(dir, "data"), os.DirFS(filepath.Join(made, "data"))); err != nil {
				t.Fatal(err)
			}
			tt.spoil(t, filepath.Join(dir, "data"))
			r := execute(t, dir, nil, "serve", "--addr", "127.0.0.1:0")
			r.want(t, 1, tt.want...)
			if strings.Contains(r.stderr, "goroutine ") {
				t.Errorf("it crashed:\n%s", r.stderr)
			}
		})
	}
}

func spoilFiles(t *testing.T, pattern string, fn func(string) error) {
	t.Helper()
	paths, err := filepath.Glob(pattern)
	if err != nil || len(paths) == 0 {
		t.Fatalf("no files %s: %v", pattern, err)
	}
	for _, path := range paths {
		if err := fn(path); err != nil {
			t.Fatal(err)
		}
	}
}

func TestPlainHTTPForTheWorldIsRefused(t *testing.T) {
	dir := t.TempDir()
	env := []string{"SNUG_BASE_URL=http://chat.example.com"}
	execute(t, dir, env, "serve").want(t, 2, "base-url", "https", "insecure-http")
	p := start(t, dir, env, "--insecure-http")
	r, err := http.NewRequest("GET", "http://"+p.addr+"/api/", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Host = "chat.example.com"
	if status, _ := do(t, http.DefaultClient, r); status != 200 {
		t.Errorf("with insecure-http: %d", status)
	}
	get(t, p.addr, "/api/", 421)
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func read(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func do(t *testing.T, c *http.Client, r *http.Request) (status int, body string) {
	t.Helper()
	resp, err := c.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(text)
}

func get(t *testing.T, addr, path string, status int) (body string) {
	t.Helper()
	r, err := http.NewRequest("GET", "http://"+addr+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	got, body := do(t, http.DefaultClient, r)
	if got != status {
		t.Errorf("GET %s: %d %s, want %d", path, got, body, status)
	}
	return body
}
