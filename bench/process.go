//go:build linux

package main

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"sync"
	"syscall"
	"time"
)

// stopWait is how long a child may take to stop before it is killed; Snug
// promises ten seconds.
const stopWait = 12 * time.Second

// A child is a program that this one has started, and ends.
type child struct {
	name  string
	cmd   *exec.Cmd
	stdin io.Closer // closed to stop a floor
	said  *tail
	done  chan struct{} // closed when it has ended
	err   error         // how it ended; after done
}

// start runs argv on one CPU, or wherever the system likes when cpu is negative.
// Each child dies with this process, whatever ends that.
func start(name string, cpu int, dir string, env []string, stdout io.Writer, argv ...string) (*child, error) {
	if cpu >= 0 {
		argv = append([]string{self, "pinned", strconv.Itoa(cpu)}, argv...)
	}
	c := &child{name: name, cmd: exec.Command(argv[0], argv[1:]...), said: &tail{}, done: make(chan struct{})}
	c.cmd.Dir, c.cmd.Env = dir, env
	c.cmd.Stdout, c.cmd.Stderr = c.said, c.said
	if stdout != nil {
		c.cmd.Stdout = stdout
	}
	c.cmd.SysProcAttr = diesWithUs()
	stdin, err := c.cmd.StdinPipe()
	if err != nil {
		return nil, fmt.Errorf("start %s: %w", name, err)
	}
	c.stdin = stdin
	if err := c.cmd.Start(); err != nil {
		return nil, fmt.Errorf("start %s: %w", name, err)
	}
	go func() {
		c.err = c.cmd.Wait()
		close(c.done)
	}()
	return c, nil
}

// diesWithUs makes a child end with the thread that starts it, which is to be main's.
func diesWithUs() *syscall.SysProcAttr { return &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL} }

// self starts this very program again.
const self = "/proc/self/exe"

// runPinned is the program's first act as a child: it pins itself to the CPU
// args[0] and becomes args[1:].
func runPinned(args []string) error {
	runtime.LockOSThread()
	cpu, err := strconv.Atoi(args[0])
	if err != nil {
		return fmt.Errorf("read CPU: %w", err)
	}
	if err := pinThread(0, cpu); err != nil {
		return err
	}
	path := args[1]
	if err := syscall.Exec(path, args[1:], os.Environ()); err != nil {
		return fmt.Errorf("execute %s: %w", path, err)
	}
	return nil
}

// ended is nil while the child runs.
func (c *child) ended() error {
	select {
	case <-c.done:
		return fmt.Errorf("%s ended by itself (%v): %s", c.name, c.err, c.said)
	default:
		return nil
	}
}

// stop asks the child to end and waits until it has.
func (c *child) stop() error {
	if err := c.ended(); err != nil {
		return err
	}
	_ = c.stdin.Close()
	_ = c.cmd.Process.Signal(syscall.SIGTERM)
	select {
	case <-c.done:
		return nil
	case <-time.After(stopWait):
		_ = c.cmd.Process.Kill()
		<-c.done
		return fmt.Errorf("%s had to be killed: it didn't stop in %v", c.name, stopWait)
	}
}

// tail keeps the end of what is written to it.
type tail struct {
	mu   sync.Mutex
	text []byte
}

const tailBytes = 4 << 10

func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.text = append(t.text, p...)
	if over := len(t.text) - tailBytes; over > 0 {
		t.text = append(t.text[:0], t.text[over:]...)
	}
	return len(p), nil
}

func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	if text := bytes.TrimSpace(t.text); len(text) > 0 {
		return string(text)
	}
	return "it said nothing"
}
