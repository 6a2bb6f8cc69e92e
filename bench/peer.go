//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"time"
)

// installWait bounds the installing of one peer.
const installWait = 5 * time.Minute

// The ids of what is measured, which name its figures too.
const (
	idSnug       = "snug"
	idWrites     = "floor-writes"
	idJoined     = "floor-joined"
	idWorkerd    = "workerd"
	idBun        = "bun"
	idBunSQLite  = "bun-sqlite"
	idCentrifuge = "centrifuge"
	idGorilla    = "gorilla"
	idCoder      = "coder"
)

// A peer is another server for the same work, installed from its registry by what a
// lock file pins.
type peer struct {
	id, name string
	family   string // whose programs it needs; -without knows that name too
	durable  bool   // a message is on disk before its ack
	dialect  dialect
	argv     func(program, addr, port, dir string) []string
}

// peersDir is where their sources are, from the repository's root.
const peersDir = "bench/peers"

func peers() []peer {
	script := func(family, file string) string { return filepath.Join(peersDir, family, file) }
	goServer := func(kind string) func(program, addr, port, dir string) []string {
		return func(program, addr, _, _ string) []string { return []string{program, addr, kind} }
	}
	return []peer{
		{id: idWorkerd, name: "workerd, Durable Objects", family: "workerd", durable: true, dialect: plainDialect(),
			argv: func(program, addr, _, dir string) []string {
				return []string{program, "serve", script("workerd", "config.capnp"), "--socket-addr=http=" + addr, "--directory-path=objects=" + dir}
			}},
		{id: idBunSQLite, name: "Bun, SQLite", family: "bun", durable: true, dialect: plainDialect(),
			argv: func(program, _, port, dir string) []string {
				return []string{program, script("bun", "room.ts"), port, filepath.Join(dir, "rooms.db")}
			}},
		{id: idBun, name: "Bun, no storage", family: "bun", dialect: plainDialect(),
			argv: func(program, _, port, _ string) []string { return []string{program, script("bun", "room.ts"), port} }},
		{id: idCentrifuge, name: "centrifuge, in memory", family: "go", dialect: centrifugeDialect(), argv: goServer("centrifuge")},
		{id: idGorilla, name: "gorilla hub, no storage", family: "go", dialect: plainDialect(), argv: goServer("gorilla")},
		{id: idCoder, name: "coder hub, no storage", family: "go", dialect: plainDialect(), argv: goServer("coder")},
	}
}

// install makes sure that a family's program is there and returns its path.
func install(ctx context.Context, family string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, installWait)
	defer cancel()
	dir := filepath.Join(peersDir, family)
	if family == "go" {
		program, err := filepath.Abs(filepath.Join("bin", "bench-peer"))
		if err != nil {
			return "", fmt.Errorf("install %s: %w", family, err)
		}
		return program, inFolder(ctx, dir, "go", "build", "-o", program, ".")
	}
	// The platform's own package has the program itself; the one that names it would
	// only copy it, by a script.
	found := func() (string, error) {
		matches, err := filepath.Glob(filepath.Join(dir, "node_modules", "@*", family+"-linux-*", "bin", family))
		if err != nil || len(matches) == 0 {
			return "", errors.Join(fmt.Errorf("install %s: its package for this machine isn't there", family), err)
		}
		return filepath.Abs(matches[0])
	}
	if newer(filepath.Join(dir, "node_modules", ".package-lock.json"), filepath.Join(dir, "package-lock.json")) {
		if program, err := found(); err == nil {
			return program, nil
		}
	}
	if err := inFolder(ctx, dir, "npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"); err != nil {
		return "", err
	}
	return found()
}

func inFolder(ctx context.Context, dir string, argv ...string) error {
	cmd := exec.CommandContext(ctx, argv[0], argv[1:]...)
	cmd.Dir = dir
	cmd.SysProcAttr = diesWithUs()
	if said, err := cmd.CombinedOutput(); err != nil {
		last := &tail{}
		_, _ = last.Write(said)
		return fmt.Errorf("run %s in %s: %w: %s", argv[0], dir, err, last)
	}
	return nil
}

// newer reports whether both files are there and a was written after b.
func newer(a, b string) bool {
	ai, err := os.Stat(a)
	if err != nil {
		return false
	}
	bi, err := os.Stat(b)
	return err == nil && ai.ModTime().After(bi.ModTime())
}

// start starts the peer on a free port, with its files below dir.
func (p peer) start(ctx context.Context, program string, cpu int, dir string) (*child, target, error) {
	addr, err := freePort()
	if err != nil {
		return nil, target{}, err
	}
	files, err := os.MkdirTemp(dir, p.id+"-")
	if err != nil {
		return nil, target{}, fmt.Errorf("make a folder for %s: %w", p.name, err)
	}
	argv := p.argv(program, addr.String(), fmt.Sprint(addr.Port()), files)
	c, err := start(p.name, cpu, "", environ(), nil, argv...)
	if err != nil {
		return nil, target{}, err
	}
	t := target{dialect: p.dialect, addr: addr, pid: c.cmd.Process.Pid}
	if err := awaitOpen(ctx, c, t); err != nil {
		return nil, target{}, errors.Join(err, c.stop())
	}
	return c, t, nil
}
