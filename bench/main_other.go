//go:build !linux

package main

import (
	"fmt"
	"os"
)

func main() {
	fmt.Fprintln(os.Stderr, "bench: it needs Linux: epoll, CPU affinity and the clocks of other processes")
	os.Exit(1)
}
