//go:build linux

package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"runtime"
	"syscall"
)

func main() {
	// Children die with the thread that started them: it must be this one, to the end.
	runtime.LockOSThread()
	// SIGPIPE: who reads the tables has gone, and the data is to go too.
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGPIPE)
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
	return runBench(ctx, o)
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
