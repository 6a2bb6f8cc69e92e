//go:build linux

package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"time"
)

const (
	readyWait      = 30 * time.Second
	requestWait    = 30 * time.Second // sign-up hashes a password, slow by intent
	socketsPerUser = 48               // the server takes 64
)

// startSnug starts the server on a free port with its data below dir, where it
// also runs: no .env of its caller's is read.
func startSnug(ctx context.Context, path string, cpu int, dir string) (*child, target, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, target{}, fmt.Errorf("find server: %w", err)
	}
	if _, err := os.Stat(path); err != nil {
		return nil, target{}, fmt.Errorf("find server (make build makes it): %w", err)
	}
	addr, err := freePort()
	if err != nil {
		return nil, target{}, err
	}
	t := target{addr: addr}
	var env []string
	for _, v := range os.Environ() {
		if !strings.HasPrefix(v, "SNUG_") && !strings.HasPrefix(v, "BETTER_AUTH_") {
			env = append(env, v)
		}
	}
	env = append(env, "SNUG_ADDR="+addr.String(), "SNUG_BASE_URL="+t.origin(), "SNUG_DATA="+filepath.Join(dir, "data"),
		"SNUG_POST_RATE=0", "SNUG_AUTH_RATE=0", "SNUG_UPGRADE_RATE=0", "SNUG_LOG_LEVEL=warn")
	c, err := start("the server", cpu, dir, env, nil, path, "serve")
	if err != nil {
		return nil, target{}, err
	}
	t.pid = c.cmd.Process.Pid
	if err := awaitReady(ctx, c, t); err != nil {
		_ = c.stop()
		return nil, target{}, err
	}
	return c, t, nil
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

func awaitReady(ctx context.Context, c *child, t target) error {
	ctx, cancel := context.WithTimeout(ctx, readyWait)
	defer cancel()
	poll := time.NewTicker(20 * time.Millisecond)
	defer poll.Stop()
	for {
		if _, err := t.get(ctx, "/readyz", ""); err == nil {
			return nil
		}
		select {
		case <-c.done:
			return c.ended()
		case <-ctx.Done():
			return fmt.Errorf("wait until the server is ready: %w; it said: %s", ctx.Err(), c.said)
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

// signUp makes as many accounts as so many sockets need and returns their cookies.
func (t target) signUp(ctx context.Context, sockets int) ([]string, error) {
	accounts := max((sockets+socketsPerUser-1)/socketsPerUser, min(sockets, inFlight))
	var cookies []string
	for i := range accounts {
		_, header, err := t.request(ctx, http.MethodPost, "/api/auth/sign-up/email", "", map[string]string{
			"name": fmt.Sprintf("Bench %d", i+1), "email": fmt.Sprintf("bench%d@example.com", i+1), "password": "correct horse battery",
		})
		if err != nil {
			return nil, fmt.Errorf("make account %d of %d: %w", i+1, accounts, err)
		}
		cookie := ""
		for _, set := range header.Values("Set-Cookie") {
			if pair, _, _ := strings.Cut(set, ";"); strings.Contains(pair, "session_token=") {
				cookie = pair
			}
		}
		if cookie == "" {
			return nil, fmt.Errorf("make account %d of %d: the answer has no session cookie", i+1, accounts)
		}
		cookies = append(cookies, cookie)
	}
	return cookies, nil
}

// sample posts once and returns the payloads of the message and of its ack, for
// the floors to repeat.
func (t target) sample() (message, ack []byte, err error) {
	l, err := t.dial(0)
	if err != nil {
		return nil, nil, fmt.Errorf("take a sample: %w", err)
	}
	defer l.close()
	post, at := newPost()
	stamp{}.put(post[at:])
	if err := l.send(post); err != nil {
		return nil, nil, fmt.Errorf("take a sample: %w", err)
	}
	if ack, err = l.await(kindAck); err != nil {
		return nil, nil, fmt.Errorf("wait for the sample's ack: %w", err)
	}
	if message, err = l.await(kindMessage); err != nil {
		return nil, nil, fmt.Errorf("wait for the sample's message: %w", err)
	}
	return message, ack, nil
}

// head asks over HTTP how many messages the room has.
func (t target) head(ctx context.Context) (uint64, error) {
	body, err := t.get(ctx, "/api/rooms/"+roomName+"/messages?limit=1", t.cookies[0])
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
	return c, target{addr: addr, pid: c.cmd.Process.Pid}, ctx.Err()
}
