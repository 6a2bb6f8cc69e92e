package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
)

// withReport runs a suite that writes its results as JSON, and decodes them.
func withReport[R any](run func(file string) error, tally func(R) result) (result, error) {
	dir, err := os.MkdirTemp("", "runtests")
	if err != nil {
		return result{}, err
	}
	defer os.RemoveAll(dir)
	file := filepath.Join(dir, "report.json")
	runErr := run(file)
	text, err := os.ReadFile(file)
	if err != nil {
		return result{}, errors.Join(runErr, fmt.Errorf("no report: %w", err))
	}
	var r R
	if err := json.Unmarshal(text, &r); err != nil {
		return result{}, errors.Join(runErr, fmt.Errorf("read report: %w", err))
	}
	found := tally(r)
	if found.failed > 0 {
		runErr = nil // the count says it
	}
	return found, runErr
}

// vitestReport is what we read of Vitest's JSON.
type vitestReport struct {
	NumPassedTests, NumFailedTests int
	TestResults                    []struct {
		Name, Status, Message string
		AssertionResults      []struct {
			Status, FullName string
			FailureMessages  []string
		}
	}
}

func (r vitestReport) result() result {
	found := result{count: count{r.NumPassedTests, r.NumFailedTests}}
	for _, file := range r.TestResults {
		if file.Status == "failed" && len(file.AssertionResults) == 0 {
			found.failed++ // it couldn't be loaded
			found.failures = append(found.failures, failure{filepath.Base(file.Name), file.Message})
		}
		for _, test := range file.AssertionResults {
			if test.Status == "failed" {
				name := filepath.Base(file.Name) + ": " + test.FullName
				found.failures = append(found.failures, failure{name, strings.Join(test.FailureMessages, "\n")})
			}
		}
	}
	return found
}

func vitest(ctx context.Context, out io.Writer) (result, error) {
	return withReport(func(file string) error {
		return execute(ctx, out, "web", nil, "npx", "vitest", "run", "--reporter=default", "--reporter=json", "--outputFile.json="+file)
	}, vitestReport.result)
}

// playwrightReport is what we read of Playwright's JSON.
type playwrightReport struct {
	Stats  struct{ Expected, Unexpected, Flaky int }
	Suites []playwrightSuite
	// Errors are those outside of any test.
	Errors []playwrightError
}

type playwrightSuite struct {
	Suites []playwrightSuite
	Specs  []struct {
		Title, File string
		Line        int
		Tests       []struct {
			Status  string
			Results []struct{ Errors []playwrightError }
		}
	}
}

type playwrightError struct{ Message string }

// result takes a test that passed at the second try for a failure: it would fail
// for somebody.
func (r playwrightReport) result() result {
	found := result{count: count{r.Stats.Expected, r.Stats.Unexpected + r.Stats.Flaky + len(r.Errors)}}
	for _, s := range r.Suites {
		found.failures = append(found.failures, s.failures()...)
	}
	for _, e := range r.Errors {
		found.failures = append(found.failures, failure{"outside of any test", e.Message})
	}
	return found
}

func (s playwrightSuite) failures() (list []failure) {
	for _, spec := range s.Specs {
		for _, test := range spec.Tests {
			if test.Status != "unexpected" && test.Status != "flaky" {
				continue
			}
			var said strings.Builder
			for _, r := range test.Results {
				for _, e := range r.Errors {
					said.WriteString(e.Message + "\n")
				}
			}
			list = append(list, failure{fmt.Sprintf("%s:%d %s", spec.File, spec.Line, spec.Title), said.String()})
		}
	}
	for _, below := range s.Suites {
		list = append(list, below.failures()...)
	}
	return list
}

// playwright runs projects of playwright.config.ts, and tells their tests by E2E_SERVER
// which server to start.
func playwright(ctx context.Context, out io.Writer, bin string, projects ...string) (result, error) {
	args := []string{"playwright", "test", "--reporter=list,json"}
	for _, p := range projects {
		args = append(args, "--project="+p)
	}
	return withReport(func(file string) error {
		return execute(ctx, out, "e2e", []string{"PLAYWRIGHT_JSON_OUTPUT_NAME=" + file, "PLAYWRIGHT_JSON_OUTPUT_FILE=" + file, "E2E_SERVER=" + bin},
			"npx", args...)
	}, playwrightReport.result)
}
