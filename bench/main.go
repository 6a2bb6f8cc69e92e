//go:build linux

package main

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"time"
)

const (
	maxSockets = 5000             // in one room; the server lists and counts them all
	maxRate    = 100_000          // posts a second of the open loop
	totalWait  = 15 * time.Minute // for everything
)

// options is what the command line says.
type options struct {
	server string
	rooms  []int
	quick  bool
	rate   int
	pin    bool
	dir    string
	save   string
}

// lengths of one run of each kind.
type lengths struct {
	warm, closed, open, disk time.Duration
	repeats                  int // of the closed loop
}

func (o options) lengths() lengths {
	if o.quick {
		return lengths{100 * time.Millisecond, 500 * time.Millisecond, time.Second, 500 * time.Millisecond, 1}
	}
	return lengths{300 * time.Millisecond, 2 * time.Second, 3 * time.Second, 2 * time.Second, 3}
}

func main() {
	// Children die with the thread that started them: it must be this one, to the end.
	runtime.LockOSThread()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	ctx, cancel := context.WithTimeout(ctx, totalWait)
	defer cancel()
	if err := dispatch(ctx, os.Args[1:]); err != nil && !errors.Is(err, flag.ErrHelp) {
		if errors.Is(err, context.Canceled) {
			err = errors.New("interrupted")
		}
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// dispatch: the first two are what this program starts itself as.
func dispatch(ctx context.Context, args []string) error {
	switch {
	case len(args) >= 3 && args[0] == "pinned":
		return runPinned(args[1:])
	case len(args) == 4 && args[0] == "floor":
		return runFloor(args[1] == "true", []byte(args[2]), []byte(args[3]))
	}
	o, err := parse(args)
	if err != nil {
		return err
	}
	return bench(ctx, o)
}

func runFloor(joined bool, message, ack []byte) error {
	f, addr, err := newFloor(joined, message, ack)
	if err != nil {
		return err
	}
	defer f.close()
	fmt.Println(addr)
	return f.serve(int(os.Stdin.Fd()))
}

func parse(args []string) (options, error) {
	var o options
	var rooms string
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	flags.StringVar(&o.server, "server", "bin/snug", "the server's `program`")
	flags.StringVar(&rooms, "rooms", "2,10,100,1000", "`sockets` in the room, one measurement for each")
	flags.BoolVar(&o.quick, "quick", false, "short runs, one of each: to see that it works, not to compare")
	flags.IntVar(&o.rate, "rate", 100, "posts a `second` of the open loop")
	flags.BoolVar(&o.pin, "pin", true, "server and floors on one CPU, the client on another")
	flags.StringVar(&o.dir, "dir", "", "the `folder` below which the server's data goes for the while; its disk is measured (default: the system's for temporary files)")
	flags.StringVar(&o.save, "save", "", "also write the results to bench/results/DATE-`NAME`.txt")
	if err := flags.Parse(args); err != nil {
		return options{}, err
	}
	if flags.NArg() > 0 {
		return options{}, fmt.Errorf("read arguments: %q is none of the flags", flags.Arg(0))
	}
	for _, part := range strings.Split(rooms, ",") {
		n, err := strconv.Atoi(strings.TrimSpace(part))
		if err != nil || n < 1 || n > maxSockets {
			return options{}, fmt.Errorf("read -rooms: %q is no number from 1 to %d", part, maxSockets)
		}
		o.rooms = append(o.rooms, n)
	}
	if o.rate < 1 || o.rate > maxRate {
		return options{}, fmt.Errorf("read -rate: %d is not from 1 to %d", o.rate, maxRate)
	}
	if o.save != "" && !regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,40}$`).MatchString(o.save) {
		return options{}, fmt.Errorf("read -save: %q is not made of a-z, 0-9 and -", o.save)
	}
	return o, nil
}

func bench(ctx context.Context, o options) (err error) {
	out := io.Writer(os.Stdout)
	if o.save != "" {
		results := filepath.Join("bench", "results")
		if err := os.Mkdir(results, 0o755); err != nil && !errors.Is(err, os.ErrExist) {
			return fmt.Errorf("create results (run it at the repository's root): %w", err)
		}
		var kept bytes.Buffer
		out = io.MultiWriter(out, &kept)
		defer func() {
			if err == nil { // what isn't clean isn't worth comparing with
				name := time.Now().UTC().Format(time.DateOnly) + "-" + o.save + ".txt"
				err = os.WriteFile(filepath.Join(results, name), kept.Bytes(), 0o644)
			}
		}()
	}
	if err := checkDescriptors(o.rooms); err != nil {
		return err
	}
	dir, err := os.MkdirTemp(o.dir, "snug-bench-")
	if err != nil {
		return fmt.Errorf("make a folder for the data: %w", err)
	}
	defer func() { _ = os.RemoveAll(dir) }()
	serverCPU, placed, err := place(o.pin)
	if err != nil {
		return err
	}
	s, err := startSession(ctx, o, serverCPU, dir)
	if err != nil {
		return err
	}
	defer func() {
		if stopErr := s.stop(); err == nil {
			err = stopErr
		}
	}()
	s.out = out
	return s.measure(ctx, placed)
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

// checkDescriptors fails early where the largest room can't be opened: three times
// here (the server and two floors), for Go has raised the soft limit already.
func checkDescriptors(rooms []int) error {
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		return fmt.Errorf("read the limit on open files: %w", err)
	}
	for _, n := range rooms {
		if need := uint64(3*n + 100); limit.Cur < need {
			return fmt.Errorf("a room of %d sockets needs %d open files, the limit is %d (ulimit -n)", n, need, limit.Cur)
		}
	}
	return nil
}
