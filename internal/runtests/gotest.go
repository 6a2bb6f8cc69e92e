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
func goTest(ctx context.Context, out io.Writer, dir string, flags []string, args ...string) (result, error) {
	all := append([]string{"test", "-json"}, flags...)
	if len(args) > 0 {
		all = append(append(all, "-args"), args...)
	}
	cmd := exec.CommandContext(ctx, "go", all...)
	cmd.Dir = dir
	cmd.Stderr = out
	events, err := cmd.StdoutPipe()
	if err != nil {
		return result{}, err
	}
	if err := cmd.Start(); err != nil {
		return result{}, err
	}
	found, readErr := readGoTest(events, out)
	err = cmd.Wait()
	var exit *exec.ExitError
	if errors.As(err, &exit) && found.failed > 0 {
		err = nil // the count says it
	}
	return found, errors.Join(readErr, err)
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
func readGoTest(events io.Reader, out io.Writer) (result, error) {
	var total result
	packages := map[string]*report{}
	lines := bufio.NewReader(events)
	for {
		line, err := lines.ReadBytes('\n')
		if len(line) > 0 {
			var e event
			if json.Unmarshal(line, &e) != nil {
				fmt.Fprintf(out, "%s", line) // the tool itself has something to say
			} else {
				total.add(take(packages, e, out))
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

// take notes an event; the last one of a package gives its result.
func take(packages map[string]*report, e event, out io.Writer) result {
	if e.Action == "build-output" {
		fmt.Fprint(out, e.Output)
		return result{}
	}
	if e.Package == "" {
		return result{}
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
			return result{}
		}
		found := p.result(e)
		p.print(out, e, found.count)
		delete(packages, e.Package)
		return found
	}
	return result{}
}

// result adds up a package by its last event.
func (p *report) result(last event) (found result) {
	for _, test := range p.order {
		switch p.outcome[test] {
		case "pass":
			if !p.below(test, func(string) bool { return true }) {
				found.passed++
			}
		case "fail":
			if !p.below(test, func(sub string) bool { return p.outcome[sub] == "fail" }) {
				found.failed++
				found.failures = append(found.failures, failure{last.Package + " " + test, p.said(test)})
			}
		}
	}
	if last.Action == "fail" && found.failed == 0 {
		found.failed = 1
		name, said := last.Package, p.said("")
		// The test that panicked or ran out of time never came to its end.
		for _, test := range p.order {
			if p.outcome[test] == "" {
				name, said = last.Package+" "+test, p.said(test)
			}
		}
		found.failures = append(found.failures, failure{name, said})
	}
	return found
}

// said is what a test printed, without the tool's lines about its beginning and end.
func (p *report) said(test string) string {
	b := p.output[test]
	if b == nil {
		return ""
	}
	var said strings.Builder
	for line := range strings.Lines(b.String()) {
		if !strings.HasPrefix(line, "=== ") && !strings.HasPrefix(strings.TrimSpace(line), "--- ") {
			said.WriteString(line)
		}
	}
	return said.String()
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
