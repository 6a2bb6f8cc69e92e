package e2e

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// Generous, since the machine may be busy with other tests.
const (
	startWait = 30 * time.Second
	stopWait  = 10 * time.Second // what the program promises
)

// server is a running snug. It can be stopped and started again with the same
// data and address.
type server struct {
	tb   testing.TB
	addr string // host:port
	url  string
	data string
	args []string
	env  []string
	log  *logBuffer

	cmd    *exec.Cmd
	exited chan struct{} // closed once cmd has ended
}

// noLimits are the settings of tests that are faster than people.
var noLimits = []string{"SNUG_AUTH_RATE=0", "SNUG_POST_RATE=0"}

// newServer starts a server on a free port with a data folder of its own.
func newServer(tb testing.TB, env ...string) *server {
	tb.Helper()
	s := prepareServer(tb, tb.TempDir(), env...)
	s.start()
	return s
}

// prepareServer is newServer that doesn't start it.
func prepareServer(tb testing.TB, data string, env ...string) *server {
	tb.Helper()
	addr := freeAddr(tb)
	s := &server{tb: tb, addr: addr, url: "http://" + addr, data: data, env: env, log: &logBuffer{}}
	tb.Cleanup(func() {
		s.kill()
		if tb.Failed() {
			tb.Logf("log of the server on %s:\n%s", addr, s.log.tail(6000))
		}
	})
	return s
}

// freeAddr picks a port below those that the system gives to outgoing
// connections: a client that dials such a port of its own machine while nothing
// listens there may be connected to itself, and then holds the port.
func freeAddr(tb testing.TB) string {
	tb.Helper()
	for range 100 {
		addr := fmt.Sprintf("127.0.0.1:%d", 12_000+rand.IntN(18_000))
		if l, err := net.Listen("tcp", addr); err == nil {
			if err := l.Close(); err != nil {
				tb.Fatal(err)
			}
			return addr
		}
	}
	tb.Fatal("no free port")
	return ""
}

// command is snug with nothing from this process's environment that could be
// taken for a setting, in a folder without .env.
func command(dir string, env []string, args ...string) *exec.Cmd {
	cmd := exec.Command(program, args...)
	cmd.Dir = dir
	cmd.Env = append([]string{"PATH=" + os.Getenv("PATH"), "HOME=" + dir}, env...)
	return cmd
}

func (s *server) start() {
	s.tb.Helper()
	s.launch()
	s.waitReady()
}

func (s *server) launch() {
	s.tb.Helper()
	args := append([]string{"serve", "--addr", s.addr, "--data", s.data}, s.args...)
	s.cmd = command(s.tb.TempDir(), s.env, args...)
	s.cmd.Stdout, s.cmd.Stderr = s.log, s.log
	if err := s.cmd.Start(); err != nil {
		s.tb.Fatal(err)
	}
	cmd, exited := s.cmd, make(chan struct{})
	s.exited = exited
	go func() {
		_ = cmd.Wait() // ProcessState tells
		close(exited)
	}()
}

func (s *server) waitReady() {
	s.tb.Helper()
	if status := s.awaitReady(http.StatusOK); status != http.StatusOK {
		s.tb.Fatalf("server isn't ready: status %d\n%s", status, s.log.tail(4000))
	}
}

// awaitReady asks /readyz until it gives want, and returns the last answer; 0
// is none.
func (s *server) awaitReady(want int) int {
	ctx, cancel := context.WithTimeout(context.Background(), startWait)
	defer cancel()
	again := time.NewTicker(20 * time.Millisecond)
	defer again.Stop()
	last := 0
	for {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, s.url+"/readyz", nil)
		if err != nil {
			s.tb.Fatal(err)
		}
		if res, err := http.DefaultClient.Do(req); err == nil {
			_ = res.Body.Close()
			if last = res.StatusCode; last == want {
				return last
			}
		}
		select {
		case <-again.C:
		case <-s.exited:
			return 0
		case <-ctx.Done():
			return last
		}
	}
}

// running reports whether the process is alive.
func (s *server) running() bool {
	if s.cmd == nil {
		return false
	}
	select {
	case <-s.exited:
		return false
	default:
		return true
	}
}

// kill is kill -9.
func (s *server) kill() {
	if !s.running() {
		return
	}
	_ = s.cmd.Process.Kill() // it may have ended just now
	<-s.exited
}

// stop sends SIGTERM and expects a clean end in time.
func (s *server) stop() {
	s.tb.Helper()
	took := s.terminate()
	if code := s.cmd.ProcessState.ExitCode(); code != 0 {
		s.tb.Errorf("exit code after SIGTERM is %d, want 0", code)
	}
	if took > stopWait {
		s.tb.Errorf("a clean stop took %v, want at most %v", took, stopWait)
	}
}

// terminate sends SIGTERM and returns how long the process lived on.
func (s *server) terminate() time.Duration {
	s.tb.Helper()
	began := time.Now()
	if err := s.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		s.tb.Fatalf("signal: %v", err)
	}
	timer := time.NewTimer(3 * stopWait)
	defer timer.Stop()
	select {
	case <-s.exited:
	case <-timer.C:
		s.kill()
		s.tb.Fatalf("server still runs %v after SIGTERM", 3*stopWait)
	}
	return time.Since(began)
}

// runFailing runs snug to its end, which must come soon and not be a success, and
// returns what it printed.
func runFailing(t *testing.T, dir string, env []string, args ...string) string {
	t.Helper()
	cmd := command(dir, env, args...)
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	timer := time.AfterFunc(startWait, func() { _ = cmd.Process.Kill() })
	defer timer.Stop()
	err := cmd.Wait()
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.ExitCode() <= 0 {
		t.Fatalf("snug %s: %v, want a failure of its own\n%s", strings.Join(args, " "), err, out.String())
	}
	for _, trace := range []string{"goroutine ", "panic:", ".go:"} {
		if strings.Contains(out.String(), trace) {
			t.Errorf("snug %s shows its insides (%q):\n%s", strings.Join(args, " "), trace, out.String())
		}
	}
	return out.String()
}

// wantWords expects each of the words in a text, in whatever case.
func wantWords(t *testing.T, text string, words ...string) {
	t.Helper()
	for _, word := range words {
		if !strings.Contains(strings.ToLower(text), strings.ToLower(word)) {
			t.Errorf("doesn't say %q:\n%s", word, text)
		}
	}
}

// logBuffer gathers what a process prints.
type logBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (l *logBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.Write(p)
}

func (l *logBuffer) tail(n int) string {
	l.mu.Lock()
	defer l.mu.Unlock()
	b := l.buf.Bytes()
	return string(b[max(0, len(b)-n):])
}
