package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"

	"snug/cmd/snug/internal/config"
)

func TestControlSocket(t *testing.T) {
	data := filepath.Join(t.TempDir(), "data")
	s := hosted{data: data}.start(t)
	path := filepath.Join(data, socketName)
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if info.Mode().Type() != os.ModeSocket || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v", info.Mode())
	}
	s.stop()
	entries, err := os.ReadDir(data)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), "control") {
			t.Errorf("%s is left", e.Name())
		}
	}
}

// A server that was killed leaves its socket, which nobody takes for a server and the
// next start replaces.
func TestStaleControlSocket(t *testing.T) {
	dir := t.TempDir()
	p := start(t, dir, nil)
	signUp(t, p.addr, "Ada")
	p.signal(t, syscall.SIGKILL)
	p.wait(t)
	socket := filepath.Join(dir, "data", socketName)
	if _, err := os.Stat(socket); err != nil {
		t.Fatalf("there is none: %v", err)
	}
	// What it leaves if it is killed while it makes one.
	if err := os.MkdirAll(filepath.Join(dir, "data", "control.new", "x"), 0o700); err != nil {
		t.Fatal(err)
	}
	execute(t, dir, nil, "user", "list").want(t, 0, "ada@example.com")

	p = start(t, dir, nil)
	execute(t, dir, nil, "user", "list").want(t, 0, "ada@example.com")
	// A second server, which is refused, leaves the first one's alone.
	execute(t, dir, nil, "serve", "--addr", "127.0.0.1:0").want(t, 1, "in use by process "+fmt.Sprint(p.cmd.Process.Pid))
	execute(t, dir, nil, "user", "ban", "ada@example.com").want(t, 1, "only owner")
	p.signal(t, syscall.SIGTERM)
	if code, log, _ := p.wait(t); code != 0 || !strings.Contains(log, "msg=stopped") {
		t.Errorf("exit code %d:\n%s", code, log)
	}
	if _, err := os.Stat(socket); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("after the stop: %v", err)
	}
}

// The address of a socket is short, and data folders may lie deep.
func TestControlSocketInADeepFolder(t *testing.T) {
	deep := filepath.Join(t.TempDir(), strings.Repeat("a-long-name/", 12), "data")
	if len(deep) <= maxSocketPath {
		t.Fatal("that isn't deep")
	}
	if err := os.MkdirAll(filepath.Dir(deep), 0o700); err != nil {
		t.Fatal(err)
	}
	aside := t.TempDir()
	t.Setenv("TMPDIR", aside)
	s := hosted{data: deep}.start(t)
	signUp(t, s.Addr().String(), "Ada")
	if _, err := os.Stat(filepath.Join(deep, socketName)); err != nil {
		t.Error(err)
	}
	snug(t, deep, "user", "link", "ada@example.com").want(t, 0, s.URL())
	if left, _ := os.ReadDir(aside); len(left) != 0 {
		t.Errorf("left %v", left)
	}
}

// A server that can't have a socket runs without.
func TestNoControlSocket(t *testing.T) {
	data := filepath.Join(t.TempDir(), "data")
	if err := os.MkdirAll(filepath.Join(data, socketName, "in the way"), 0o700); err != nil {
		t.Fatal(err)
	}
	log := newLog()
	s := hosted{data: data, log: log}.start(t)
	get(t, s.Addr().String(), "/healthz", 200)
	if !strings.Contains(log.String(), "commands such as snug user and snug room need this server to be stopped") {
		t.Errorf("the log:\n%s", log)
	}
}

// knock sends a request to the socket.
func knock(t *testing.T, data, method, path, body string) (status int, text string) {
	t.Helper()
	client := &http.Client{Transport: &http.Transport{
		DisableKeepAlives: true,
		DialContext:       func(ctx context.Context, _, _ string) (net.Conn, error) { return dialControl(ctx, data) },
	}}
	r, err := http.NewRequest(method, "http://snug"+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	resp, err := client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(b)
}

// Commands and servers of different versions say so instead of doing something else.
func TestControlRefuses(t *testing.T) {
	s := testServer(t)
	for _, tt := range []struct {
		name, method, path, body string
		status                   int
		want                     string
	}{
		{"another version", "POST", "/v2/list", "{}", 404, "another version"},
		{"an operation that isn't", "POST", "/v1/promote", "{}", 404, "another version"},
		{"a property that isn't", "POST", "/v1/list", `{"sort":"name"}`, 400, "another version"},
		{"no JSON", "POST", "/v1/list", "list", 400, "doesn't understand"},
		{"too long", "POST", "/v1/list", `{"text":"` + strings.Repeat("x", maxOrder) + `"}`, 400, "doesn't understand"},
		{"only read", "GET", "/v1/list", "", 404, "another version"},
		{"a mistake", "POST", "/v1/ban", `{"email":"x@example.com"}`, 422, "nobody has the e-mail address x@example.com"},
		{"a long reason", "POST", "/v1/ban", `{"email":"x@example.com","reason":"` + strings.Repeat("é", maxReason+1) + `"}`, 422, "more than 500 characters"},
	} {
		if status, text := knock(t, s.cfg.Data, tt.method, tt.path, tt.body); status != tt.status || !strings.Contains(text, tt.want) {
			t.Errorf("%s: %d %s", tt.name, status, text)
		}
	}
	// It isn't to be had by the network.
	if body := get(t, s.Addr().String(), "/v1/list", 404); strings.Contains(body, "version") {
		t.Errorf("over TCP: %s", body)
	}
}

func TestManyCommandsAtOnce(t *testing.T) {
	s := testServer(t)
	signUp(t, s.Addr().String(), "Ada")
	var all sync.WaitGroup
	for range 3 * controlConns {
		all.Go(func() {
			if r := snug(t, s.cfg.Data, "user", "invite"); r.code != 0 {
				t.Errorf("exit code %d: %s", r.code, r.stderr)
			}
		})
	}
	all.Wait()
	if status, body := knock(t, s.cfg.Data, "POST", "/v1/list", "{}"); status != 200 {
		t.Errorf("afterwards: %d %s", status, body)
	}
}

// Commands on a folder without a server wait for each other.
func TestCommandsWaitForTheFolder(t *testing.T) {
	data := filepath.Join(t.TempDir(), "data")
	s := hosted{data: data}.start(t)
	signUp(t, s.Addr().String(), "Ada")
	s.stop()
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			if r := snug(t, data, "user", "list"); r.code != 0 || !strings.Contains(r.stdout, "ada@example.com") {
				t.Errorf("%+v", r)
			}
		})
	}
	all.Wait()
}

func TestFolderIsHeld(t *testing.T) {
	data := filepath.Join(t.TempDir(), "data")
	hosted{data: data}.start(t).stop()
	holder, err := openFolder(data)
	if err != nil {
		t.Fatal(err)
	}
	defer holder.close()
	synctest.Test(t, func(t *testing.T) {
		_, _, err := operate(t.Context(), config.Config{Data: data}, opList, order{}, io.Discard)
		if err == nil || !strings.Contains(err.Error(), fmt.Sprintf("in use by process %d, which takes no commands", os.Getpid())) {
			t.Errorf("got %v", err)
		}
	})
}

// Whoever isn't allowed to is told whom to be.
func TestCommandsOfAnotherUser(t *testing.T) {
	dir := t.TempDir()
	p := start(t, dir, nil)
	signUp(t, p.addr, "Ada")
	data := filepath.Join(dir, "data")
	unprivileged(t, dir, data, func(env []string) {
		execute(t, dir, env, "user", "list").want(t, 1, "permission denied", "as the user whom the server runs as")
	})
	// A folder that others may look into keeps its socket closed.
	if err := os.Chmod(data, 0o755); err != nil {
		t.Fatal(err)
	}
	if os.Geteuid() == 0 {
		execute(t, dir, []string{dropTo + "=65534"}, "user", "list").want(t, 1, "permission denied", "as the user whom the server runs as")
	}
	execute(t, dir, nil, "user", "list").want(t, 0, "ada@example.com")
	p.signal(t, syscall.SIGTERM)
	p.wait(t)

	// The superuser's files would keep the server out.
	if os.Geteuid() == 0 {
		if err := os.Chown(filepath.Join(data, tablesName), 65534, 65534); err != nil {
			t.Fatal(err)
		}
		execute(t, dir, nil, "user", "list").want(t, 1, "belongs to user 65534", "run this as that user")
	}
}

// unprivileged calls fn with an environment in which commands may not enter the
// folder.
func unprivileged(t *testing.T, dir, folder string, fn func(env []string)) {
	t.Helper()
	if os.Geteuid() == 0 {
		if err := os.Chmod(dir, 0o755); err != nil {
			t.Fatal(err)
		}
		fn([]string{dropTo + "=65534"})
		return
	}
	if err := os.Chmod(folder, 0); err != nil {
		t.Fatal(err)
	}
	fn(nil)
	if err := os.Chmod(folder, 0o700); err != nil {
		t.Fatal(err)
	}
}
