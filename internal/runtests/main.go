// Command runtests runs every suite of the repository and adds up what they
// say: the Go packages with the race detector, sign-in at real providers, the
// built binary from outside, the client's types, its unit tests, and a real
// browser. The last line it prints is "N passed, N failed"; it exits with 1 if
// anything failed.
//
// Run it by make test, which installs and builds what it needs.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// count is what a suite found.
type count struct{ passed, failed int }

func (c count) String() string { return fmt.Sprintf("%d passed, %d failed", c.passed, c.failed) }

// result is a count, and which tests failed.
type result struct {
	count
	failures []failure
}

func (r *result) add(more result) {
	r.passed += more.passed
	r.failed += more.failed
	r.failures = append(r.failures, more.failures...)
}

// failure is a test that failed and what it said.
type failure struct{ name, said string }

// suite runs one kind of tests to its end, prints what people need to see of it
// to out, and counts. An error means that it could not even be run.
type suite struct {
	name string
	run  func(ctx context.Context, out io.Writer) (result, error)
}

func main() {
	bin := flag.String("bin", "bin/snug", "the built server")
	summary := flag.String("summary", "", "file that the last line is written to as well")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	path, err := filepath.Abs(*bin)
	if err != nil {
		fmt.Fprintln(os.Stderr, "runtests:", err)
		os.Exit(1)
	}
	total := runAll(ctx, suites(path), os.Stdout)
	stop()
	if *summary != "" {
		if err := os.WriteFile(*summary, []byte(total.String()+"\n"), 0o644); err != nil {
			fmt.Fprintln(os.Stderr, "runtests:", err)
		}
	}
	fmt.Println(total)
	if total.failed > 0 {
		os.Exit(1)
	}
}

// patience is how long the tests of a package may take. The slowest take half as long
// with the race detector on two cores; one that hangs leaves the others their time.
const patience = "-timeout=6m"

// trusted leaves the checks of pointers out of what was translated from C, which does
// nothing but calculate with them: half of the time of all tests with a database.
const trusted = "-gcflags=modernc.org/...=-d=checkptr=0"

func suites(bin string) []suite {
	return []suite{
		{"go packages, with the race detector", goPackages},
		{"sign-in providers", func(ctx context.Context, out io.Writer) (result, error) {
			return goTest(ctx, out, "auth/providertest", []string{"-race", trusted, patience, "./..."})
		}},
		{"the binary from outside", func(ctx context.Context, out io.Writer) (result, error) {
			return goTest(ctx, out, "", []string{"-race", trusted, patience, "-count=1", "./e2e"}, "-bin", bin)
		}},
		{"types and lint of TypeScript", func(ctx context.Context, out io.Writer) (total result, err error) {
			for _, folder := range []string{"web", "e2e"} {
				if checkErr := execute(ctx, out, folder, nil, "npm", "run", "--silent", "check"); checkErr != nil {
					total.failed++
					err = errors.Join(err, fmt.Errorf("%s: %w", folder, checkErr))
				} else {
					total.passed++
				}
			}
			return total, err
		}},
		{"client", vitest},
		{"browser", func(ctx context.Context, out io.Writer) (result, error) {
			return playwright(ctx, out, bin, "together", "system")
		}},
		{"browser, one at a time", func(ctx context.Context, out io.Writer) (result, error) { return playwright(ctx, out, bin, "alone") }},
	}
}

func runAll(ctx context.Context, list []suite, out io.Writer) count {
	var total result
	var table strings.Builder
	for _, s := range list {
		fmt.Fprintf(out, "\n=== %s\n", s.name)
		began := time.Now()
		found, err := s.run(ctx, out)
		if err == nil && found.passed+found.failed == 0 {
			err = errors.New("no tests ran")
		}
		if err != nil {
			fmt.Fprintf(out, "%s: %v\n", s.name, err)
			found.failed = max(found.failed, 1)
			found.failures = append(found.failures, failure{s.name, err.Error()})
		}
		total.add(found)
		fmt.Fprintf(&table, "%-38s %6d passed %4d failed %6.0f s\n", s.name, found.passed, found.failed, time.Since(began).Seconds())
	}
	fmt.Fprintf(out, "\n%s", table.String())
	printFailures(out, total.failures)
	return total.count
}

// room is how many bytes the list of failures takes: what keeps only the end of a
// run's output still keeps all of it.
const room = 1200

// printFailures names what failed once more, behind everything, each with as much of
// what it said as there is room for.
func printFailures(out io.Writer, failures []failure) {
	if len(failures) == 0 {
		return
	}
	fmt.Fprintln(out, "\nfailed:")
	each := room / min(len(failures), 10)
	for i, f := range failures {
		if i == 10 {
			fmt.Fprintf(out, "and %d more\n", len(failures)-i)
			break
		}
		fmt.Fprintln(out, shorten(f.name+": "+strings.Join(strings.Fields(f.said), " "), each))
	}
}

func shorten(s string, bytes int) string {
	if len(s) <= bytes {
		return s
	}
	return strings.ToValidUTF8(s[:bytes-len("…")], "") + "…"
}

// goPackages leaves e2e out, which is run on the built binary, and what npm
// packages bring along.
func goPackages(ctx context.Context, out io.Writer) (result, error) {
	list, err := exec.CommandContext(ctx, "go", "list", "./...").Output()
	if err != nil {
		return result{}, fmt.Errorf("list packages: %w", err)
	}
	// Tests wait as much as they work, and the one package that takes longest goes first.
	args := []string{"-race", trusted, patience, "-p=" + strconv.Itoa(max(2, runtime.NumCPU()*3/2)), "snug/cmd/snug"}
	for pkg := range strings.FieldsSeq(string(list)) {
		if pkg != "snug/e2e" && pkg != "snug/cmd/snug" && !strings.Contains(pkg, "/node_modules/") {
			args = append(args, pkg)
		}
	}
	return goTest(ctx, out, "", args)
}

func execute(ctx context.Context, out io.Writer, dir string, env []string, name string, args ...string) error {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir = dir
	cmd.Env = append(append(os.Environ(), "CI=1", "NO_COLOR=1", "FORCE_COLOR=0"), env...)
	cmd.Stdout, cmd.Stderr = out, out
	// A runner gets the time to stop what it started.
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.WaitDelay = 10 * time.Second
	return cmd.Run()
}
