//go:build linux

package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

const (
	readyWait   = 30 * time.Second
	requestWait = 30 * time.Second
	addWait     = 10 * time.Minute // for a million rooms
)

// A snug is a server with its data folder, running or not.
type snug struct {
	path    string // of the program
	cpu     int
	data    string // folder
	base    string // where it runs: no .env of its caller's is read
	child   *child // nil while it doesn't run
	target  target
	limits  bool          // on posts are those that people have; else there are none
	started time.Duration // from the start of the process until it was ready
}

// newSnug names a server whose data is to be in a new folder.
func newSnug(path string, cpu int, dir, name string) (*snug, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, fmt.Errorf("find server: %w", err)
	}
	if _, err := os.Stat(path); err != nil {
		return nil, fmt.Errorf("find server (make build makes it): %w", err)
	}
	base := filepath.Join(dir, name)
	if err := os.Mkdir(base, 0o700); err != nil {
		return nil, fmt.Errorf("make a folder for the server: %w", err)
	}
	return &snug{path: path, cpu: cpu, data: filepath.Join(base, "data"), base: base}, nil
}

// environ is this process's, without what would set the server up.
func environ() (env []string) {
	for _, v := range os.Environ() {
		if !strings.HasPrefix(v, "SNUG_") && !strings.HasPrefix(v, "BETTER_AUTH_") {
			env = append(env, v)
		}
	}
	return env
}

// start starts the server on a free port. Who has signed in stays so.
func (s *snug) start(ctx context.Context) error {
	addr, err := freePort()
	if err != nil {
		return err
	}
	t := target{dialect: snugDialect(), addr: addr, cookies: s.target.cookies}
	env := append(environ(), "SNUG_ADDR="+addr.String(), "SNUG_BASE_URL="+t.origin(), "SNUG_DATA="+s.data,
		"SNUG_AUTH_RATE=0", "SNUG_UPGRADE_RATE=0", "SNUG_GUESTS=true", "SNUG_LOG_LEVEL=warn",
		"SNUG_SEARCH=false") // as the others have none: its index goes on with its work while they are measured
	if !s.limits {
		env = append(env, "SNUG_POST_RATE=0")
	}
	begin := time.Now()
	c, err := start("the server", s.cpu, s.base, env, nil, s.path, "serve")
	if err != nil {
		return err
	}
	t.pid = c.cmd.Process.Pid
	if err := awaitReady(ctx, c, t); err != nil {
		return errors.Join(err, c.stop())
	}
	s.child, s.target, s.started = c, t, time.Since(begin)
	return nil
}

// stop ends the server, if it runs.
func (s *snug) stop() error {
	if s.child == nil {
		return nil
	}
	c := s.child
	s.child = nil
	return c.stop()
}

// close stops the server and removes all that it has.
func (s *snug) close() error {
	return errors.Join(s.stop(), os.RemoveAll(s.base))
}

// addRooms makes rooms 0 to n-1 while the server is stopped; the folder has to
// be there.
func (s *snug) addRooms(ctx context.Context, n int) error {
	ctx, cancel := context.WithTimeout(ctx, addWait)
	defer cancel()
	var lines bytes.Buffer
	for i := range n {
		fmt.Fprintln(&lines, slug(i))
	}
	cmd := exec.CommandContext(ctx, s.path, "room", "add", "--data", s.data, "-")
	cmd.Dir, cmd.Env, cmd.Stdin = s.base, environ(), &lines
	cmd.SysProcAttr = diesWithUs()
	if said, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("add %d rooms: %w: %s", n, err, bytes.TrimSpace(said))
	}
	return nil
}

// prepare starts the server on a new folder with rooms and people.
func (s *snug) prepare(ctx context.Context, rooms, people int) error {
	if err := s.start(ctx); err != nil {
		return err
	}
	if err := s.stop(); err != nil {
		return err
	}
	if err := s.addRooms(ctx, rooms); err != nil {
		return err
	}
	if err := s.start(ctx); err != nil {
		return err
	}
	cookies, err := s.target.signUp(ctx, people)
	s.target.cookies = cookies
	return err
}

// freePort returns an address that nobody listens on, or didn't a moment ago.
func freePort() (netip.AddrPort, error) {
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		return netip.AddrPort{}, fmt.Errorf("find a free port: %w", err)
	}
	defer func() { _ = l.Close() }()
	return l.Addr().(*net.TCPAddr).AddrPort(), nil
}

// readyPoll is how often it is tried whether a server is there yet, which is how
// exactly its start is measured.
const readyPoll = time.Millisecond

// awaitReady waits until the server says that it is ready.
func awaitReady(ctx context.Context, c *child, t target) error {
	return await(ctx, c, func(ctx context.Context) error {
		_, err := t.get(ctx, "/readyz", "")
		return err
	})
}

// awaitOpen waits until somebody listens.
func awaitOpen(ctx context.Context, c *child, t target) error {
	return await(ctx, c, func(ctx context.Context) error {
		conn, err := (&net.Dialer{}).DialContext(ctx, "tcp4", t.addr.String())
		if err != nil {
			return err
		}
		return conn.Close()
	})
}

func await(ctx context.Context, c *child, there func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, readyWait)
	defer cancel()
	poll := time.NewTicker(readyPoll)
	defer poll.Stop()
	for {
		if there(ctx) == nil {
			return nil
		}
		select {
		case <-c.done:
			return c.ended()
		case <-ctx.Done():
			return fmt.Errorf("wait until %s is ready: %w; it said: %s", c.name, ctx.Err(), c.said)
		case <-poll.C:
		}
	}
}

func (t target) get(ctx context.Context, path, cookie string) ([]byte, error) {
	body, _, err := t.request(ctx, http.MethodGet, path, cookie, nil)
	return body, err
}

func (t target) request(ctx context.Context, method, path, cookie string, in any) ([]byte, http.Header, error) {
	ctx, cancel := context.WithTimeout(ctx, requestWait)
	defer cancel()
	var send io.Reader
	if in != nil {
		b, err := json.Marshal(in)
		if err != nil {
			return nil, nil, fmt.Errorf("%s %s: %w", method, path, err)
		}
		send = bytes.NewReader(b)
	}
	r, err := http.NewRequestWithContext(ctx, method, t.origin()+path, send)
	if err != nil {
		return nil, nil, fmt.Errorf("%s %s: %w", method, path, err)
	}
	r.Header.Set("Origin", t.origin())
	if in != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	if cookie != "" {
		r.Header.Set("Cookie", cookie)
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		return nil, nil, fmt.Errorf("%s %s: %w", method, path, err)
	}
	defer func() { _ = answer.Body.Close() }()
	body, err := io.ReadAll(io.LimitReader(answer.Body, 1<<20))
	if err != nil {
		return nil, nil, fmt.Errorf("%s %s: %w", method, path, err)
	}
	if answer.StatusCode != http.StatusOK {
		return nil, nil, fmt.Errorf("%s %s: %s: %s", method, path, answer.Status, bytes.TrimSpace(body))
	}
	return body, answer.Header, nil
}

// signUp lets guests in, who cost no hashing of a password, and returns their cookies.
func (t target) signUp(ctx context.Context, people int) (cookies []string, err error) {
	for i := range people {
		_, header, err := t.request(ctx, http.MethodPost, "/api/auth/sign-in/anonymous", "", map[string]string{"name": fmt.Sprintf("Guest %d", i+1)})
		if err != nil {
			return nil, fmt.Errorf("let in guest %d of %d: %w", i+1, people, err)
		}
		cookie := ""
		for _, set := range header.Values("Set-Cookie") {
			if pair, _, _ := strings.Cut(set, ";"); strings.Contains(pair, "session_token=") {
				cookie = pair
			}
		}
		if cookie == "" {
			return nil, fmt.Errorf("let in guest %d of %d: the answer has no session cookie", i+1, people)
		}
		cookies = append(cookies, cookie)
	}
	return cookies, nil
}

// sample posts once to the first room and returns the payloads of the message and of
// its ack, for the floors to repeat.
func (t target) sample() (message, ack []byte, err error) {
	l, err := t.dial(0, slug(0))
	if err != nil {
		return nil, nil, fmt.Errorf("take a sample: %w", err)
	}
	defer l.close()
	post, at := t.newPost(slug(0))
	stamp{}.put(post[at:])
	if err := l.send(post); err != nil {
		return nil, nil, fmt.Errorf("take a sample: %w", err)
	}
	if ack, err = l.await(t.dialect, kindAck); err != nil {
		return nil, nil, fmt.Errorf("wait for the sample's ack: %w", err)
	}
	if message, err = l.await(t.dialect, kindMessage); err != nil {
		return nil, nil, fmt.Errorf("wait for the sample's message: %w", err)
	}
	return message, ack, nil
}

// head asks over HTTP how many messages a room has.
func (t target) head(ctx context.Context, room string) (uint64, error) {
	body, err := t.get(ctx, "/api/rooms/"+room+"/messages?limit=1", t.cookies[0])
	if err != nil {
		return 0, err
	}
	var page struct{ Head uint64 }
	if err := json.Unmarshal(body, &page); err != nil {
		return 0, fmt.Errorf("read the room's page: %w", err)
	}
	return page.Head, nil
}

// version is what the server calls itself.
func (t target) version(ctx context.Context) (string, error) {
	body, err := t.get(ctx, "/api/", "")
	if err != nil {
		return "", err
	}
	var about struct{ Name, Version string }
	if err := json.Unmarshal(body, &about); err != nil {
		return "", fmt.Errorf("read the server's version: %w", err)
	}
	return about.Name + " " + about.Version, nil
}

// startFloor starts a floor as a process of its own, pinned like the server.
func startFloor(ctx context.Context, name string, cpu int, joined bool, message, ack []byte) (*child, target, error) {
	argv := []string{self, "floor", fmt.Sprint(joined), string(message), string(ack)}
	out, in := io.Pipe()
	c, err := start(name, cpu, "", os.Environ(), in, argv...)
	if err != nil {
		return nil, target{}, err
	}
	go func() {
		<-c.done
		_ = in.Close()
	}()
	text, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		<-c.done
		return nil, target{}, c.ended()
	}
	addr, err := netip.ParseAddrPort(strings.TrimSpace(text))
	if err != nil {
		_ = c.stop()
		return nil, target{}, fmt.Errorf("start %s: %w", name, err)
	}
	return c, target{dialect: floorDialect(), addr: addr, pid: c.cmd.Process.Pid}, ctx.Err()
}
