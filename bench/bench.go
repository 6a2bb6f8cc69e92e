//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"time"
)

// A bench is one run of the whole.
type bench struct {
	options
	sizes
	report
	dir       string // for all data
	serverCPU int    // -1: any
	openFiles uint64 // that this process may have
	programs  map[string]program
}

// A program is that of a family of peers, or why it isn't there.
type program struct {
	path string
	err  error
}

// keptFiles are those that a process has open beside its sockets.
const keptFiles = 500

func runBench(ctx context.Context, o options) (err error) {
	b := &bench{options: o, sizes: o.sizes(), programs: map[string]program{}}
	b.report = report{Figures: map[string]float64{}, out: os.Stdout}
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		return fmt.Errorf("read the limit on open files: %w", err)
	}
	b.openFiles = limit.Cur // Go has raised the soft limit already
	if b.dir, err = os.MkdirTemp(o.dir, "snug-bench-"); err != nil {
		return fmt.Errorf("make a folder for the data: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(b.dir)) }()
	var placed string
	if b.serverCPU, placed, err = place(o.pin); err != nil {
		return err
	}
	if err := b.about(ctx, placed); err != nil {
		return err
	}
	runErr := b.scenarios(ctx)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	verdicts := judge(goals(), b.Figures)
	if b.quick {
		verdicts.note("a quick run: too little of everything for these to say anything")
	}
	b.report.add(verdicts)
	results, name := filepath.Join("bench", "results"), "last"
	if o.save != "" {
		name = time.Now().UTC().Format(time.DateOnly) + "-" + o.save
	}
	if err := b.report.save(results, name); err != nil {
		return errors.Join(runErr, err)
	}
	fmt.Fprintf(os.Stdout, "\nwritten: %s.{txt,md,json} and pictures\n", filepath.Join(results, name))
	return runErr
}

// about says what is measured, and where.
func (b *bench) about(ctx context.Context, placed string) error {
	s, err := newSnug(b.server, b.serverCPU, b.dir, "about")
	if err != nil {
		return err
	}
	if err := s.start(ctx); err != nil {
		return err
	}
	version, err := s.target.version(ctx)
	if err = errors.Join(err, s.close()); err != nil {
		return err
	}
	b.About = []string{
		fmt.Sprintf("%s, %s, %s/%s; %s", version, runtime.Version(), runtime.GOOS, runtime.GOARCH, placed),
		"Servers in turn on the same work, in one run. What counts is their ratio: rates say as much about the machine.",
	}
	if b.quick {
		b.About = append(b.About, "Quick: less of everything. It shows that all works, and compares little.")
	}
	for _, line := range b.About {
		fmt.Fprintln(b.out, line)
	}
	return nil
}

// scenarios runs those that were asked for. One that fails doesn't keep the others
// from being measured.
func (b *bench) scenarios(ctx context.Context) error {
	steps := []struct {
		names string
		run   func(context.Context) error
	}{
		{"start", b.measureStart},
		{"disk", b.measureDisk},
		{"fanout latency connect", b.measureRace},
		{"resume", b.measureResume},
		{"presence", b.measurePresence},
		{"idle", b.measureIdle},
		{"rooms", b.measureRooms},
		{"wake", b.measureWake},
		{"history", b.measureHistory},
	}
	var failed []string
	for _, s := range steps {
		if !slices.ContainsFunc(strings.Fields(s.names), b.wanted) {
			continue
		}
		err := s.run(ctx)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil {
			fmt.Fprintf(b.out, "\n%s FAILED: %v\n", s.names, err)
			b.Tables = append(b.Tables, table{Title: s.names + ": failed", Notes: []string{err.Error()}})
			failed = append(failed, s.names)
		}
	}
	if len(failed) > 0 {
		return fmt.Errorf("failed: %s", strings.Join(failed, ", "))
	}
	return nil
}

func (b *bench) wanted(scenario string) bool { return len(b.only) == 0 || b.only[scenario] }

// sockets is how many of those wanted this process may have, so that as many of a
// server's fit into it too.
func (b *bench) sockets(wanted int) int {
	return min(wanted, int(b.openFiles)-keptFiles)
}

// place pins this process and returns the CPU for the others, -1 for any.
func place(pin bool) (serverCPU int, placed string, err error) {
	cpus, err := allowedCPUs()
	if err != nil {
		return 0, "", err
	}
	switch {
	case !pin:
		return -1, fmt.Sprintf("%d CPUs, nothing pinned", len(cpus)), nil
	case len(cpus) < 2:
		return -1, "1 CPU, shared by server and client: rates are about half of what the server could do", nil
	}
	return cpus[0], fmt.Sprintf("%d CPUs; servers pinned to one, the client to another", len(cpus)), pinProcess(cpus[1])
}
