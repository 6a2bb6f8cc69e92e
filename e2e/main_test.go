package e2e

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

var (
	givenBin  = flag.String("bin", os.Getenv("E2E_SERVER"), "the snug binary to test; empty: build one")
	givenSeed = flag.Uint64("seed", 0, "seed of the random tests; 0: a new one")
)

// program is the path of the program under test, set before any test runs.
var program string

func TestMain(m *testing.M) {
	flag.Parse()
	os.Exit(run(m))
}

func run(m *testing.M) int {
	if *givenBin != "" {
		path, err := filepath.Abs(*givenBin)
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		program = path
		return m.Run()
	}
	dir, err := os.MkdirTemp("", "snug-e2e")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	program = filepath.Join(dir, "snug")
	build := exec.Command("go", "build", "-o", program, "./cmd/snug")
	build.Dir = ".."
	if out, err := build.CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "build snug: %v\n%s", err, out)
		return 1
	}
	return m.Run()
}

// newRand returns a source whose seed is in the log.
func newRand(t *testing.T) *rand.Rand {
	t.Helper()
	seed := *givenSeed
	if seed == 0 {
		seed = uint64(time.Now().UnixNano())
	}
	t.Logf("seed %d (repeat with -seed %d)", seed, seed)
	return rand.New(rand.NewPCG(seed, 1))
}
