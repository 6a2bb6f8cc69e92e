package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"strings"
)

// goTest runs go test in the module of a folder, "" for the root's, and counts its
// tests. flags end with the packages; args are for the test binaries.
func goTest(ctx context.Context, out io.Writer, dir string, flags []string, args ...string) (count, error) {
	all := append([]string{"test", "-json"}, flags...)
	if len(args) > 0 {
		all = append(append(all, "-args"), args...)
	}
	cmd := exec.CommandContext(ctx, "go", all...)
	cmd.Dir = dir
	cmd.Stderr = out
	events, err := cmd.StdoutPipe()
	if err != nil {
		return count{}, err
	}
	if err := cmd.Start(); err != nil {
		return count{}, err
	}
	c, readErr := readGoTest(events, out)
	err = cmd.Wait()
	var exit *exec.ExitError
	if errors.As(err, &exit) && c.failed > 0 {
		err = nil // the count says it
	}
	return c, errors.Join(readErr, err)
}

// event is one line of go test -json.
type event struct {
	Action      string
	Package     string
	ImportPath  string // of a build
	Test        string
	Output      string
	Elapsed     float64
	FailedBuild string
}

// report gathers the events of one package.
type report struct {
	output  map[string]*strings.Builder // of each test that hasn't passed; "" is the package's
	outcome map[string]string           // pass, fail, skip
	order   []string
}

// readGoTest counts the tests of a stream of events, prints a line for each
// package and, for those that failed, all that they said.
//
// A test with subtests counts as its subtests, unless it failed by itself. A
// package that failed without a failing test (it didn't build, it panicked, it
// ran out of time) counts as one failure.
func readGoTest(events io.Reader, out io.Writer) (count, error) {
	var total count
	packages := map[string]*report{}
	lines := bufio.NewReader(events)
	for {
		line, err := lines.ReadBytes('\n')
		if len(line) > 0 {
			var e event
			if json.Unmarshal(line, &e) != nil {
				fmt.Fprintf(out, "%s", line) // the tool itself has something to say
			} else if c, done := take(packages, e, out); done {
				total.passed += c.passed
				total.failed += c.failed
			}
		}
		if errors.Is(err, io.EOF) {
			return total, nil
		}
		if err != nil {
			return total, err
		}
	}
}

// take notes an event; the last one of a package gives its count.
func take(packages map[string]*report, e event, out io.Writer) (count, bool) {
	if e.Action == "build-output" {
		fmt.Fprint(out, e.Output)
		return count{}, false
	}
	if e.Package == "" {
		return count{}, false
	}
	p := packages[e.Package]
	if p == nil {
		p = &report{output: map[string]*strings.Builder{}, outcome: map[string]string{}}
		packages[e.Package] = p
	}
	switch e.Action {
	case "run":
		p.order = append(p.order, e.Test)
		p.outcome[e.Test] = ""
	case "output":
		b := p.output[e.Test]
		if b == nil {
			b = &strings.Builder{}
			p.output[e.Test] = b
		}
		b.WriteString(e.Output)
	case "pass", "fail", "skip":
		if e.Test != "" {
			p.outcome[e.Test] = e.Action
			if e.Action == "pass" {
				delete(p.output, e.Test)
			}
			return count{}, false
		}
		c := p.count(e.Action == "fail")
		p.print(out, e, c)
		delete(packages, e.Package)
		return c, true
	}
	return count{}, false
}

func (p *report) count(packageFailed bool) (c count) {
	for _, test := range p.order {
		switch p.outcome[test] {
		case "pass":
			if !p.below(test, func(string) bool { return true }) {
				c.passed++
			}
		case "fail":
			if !p.below(test, func(sub string) bool { return p.outcome[sub] == "fail" }) {
				c.failed++
			}
		}
	}
	if packageFailed && c.failed == 0 {
		c.failed = 1
	}
	return c
}

// below reports whether test has a subtest that ok accepts.
func (p *report) below(test string, ok func(sub string) bool) bool {
	for _, sub := range p.order {
		if strings.HasPrefix(sub, test+"/") && ok(sub) {
			return true
		}
	}
	return false
}

func (p *report) print(out io.Writer, e event, c count) {
	switch {
	case e.Action != "fail":
		if c.passed > 0 {
			fmt.Fprintf(out, "ok    %-32s %5d passed %7.1f s\n", e.Package, c.passed, e.Elapsed)
		}
		return
	case e.FailedBuild != "":
		fmt.Fprintf(out, "FAIL  %-32s doesn't build\n", e.Package)
		return
	}
	fmt.Fprintf(out, "FAIL  %-32s %5d passed %4d failed %7.1f s\n", e.Package, c.passed, c.failed, e.Elapsed)
	for _, test := range append(p.order, "") {
		if b := p.output[test]; b != nil && p.outcome[test] != "pass" && p.outcome[test] != "skip" {
			fmt.Fprint(out, b.String())
		}
	}
}
