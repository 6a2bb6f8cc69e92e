package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// withReport runs a suite that writes its results as JSON, and decodes them.
func withReport[R any](run func(file string) error, tally func(R) count) (count, error) {
	dir, err := os.MkdirTemp("", "runtests")
	if err != nil {
		return count{}, err
	}
	defer os.RemoveAll(dir)
	file := filepath.Join(dir, "report.json")
	runErr := run(file)
	text, err := os.ReadFile(file)
	if err != nil {
		return count{}, errors.Join(runErr, fmt.Errorf("no report: %w", err))
	}
	var r R
	if err := json.Unmarshal(text, &r); err != nil {
		return count{}, errors.Join(runErr, fmt.Errorf("read report: %w", err))
	}
	c := tally(r)
	if c.failed > 0 {
		runErr = nil // the count says it
	}
	return c, runErr
}

// vitestReport is what we read of Vitest's JSON.
type vitestReport struct {
	NumPassedTests, NumFailedTests int
	TestResults                    []struct {
		Status           string
		AssertionResults []struct{}
	}
}

func (r vitestReport) count() count {
	c := count{r.NumPassedTests, r.NumFailedTests}
	for _, file := range r.TestResults {
		if file.Status == "failed" && len(file.AssertionResults) == 0 {
			c.failed++ // it couldn't be loaded
		}
	}
	return c
}

func vitest(ctx context.Context, out io.Writer) (count, error) {
	return withReport(func(file string) error {
		return execute(ctx, out, "web", nil, "npx", "vitest", "run", "--reporter=default", "--reporter=json", "--outputFile.json="+file)
	}, vitestReport.count)
}

// playwrightReport is what we read of Playwright's JSON.
type playwrightReport struct {
	Stats struct{ Expected, Unexpected, Flaky int }
	// Errors are those outside of any test.
	Errors []json.RawMessage
}

// count takes a test that passed at the second try for a failure: it would fail
// for somebody.
func (r playwrightReport) count() count {
	return count{r.Stats.Expected, r.Stats.Unexpected + r.Stats.Flaky + len(r.Errors)}
}

// playwright runs a project of playwright.config.ts, and tells its tests by E2E_SERVER
// which server to start.
func playwright(ctx context.Context, out io.Writer, bin, project string) (count, error) {
	return withReport(func(file string) error {
		return execute(ctx, out, "e2e", []string{"PLAYWRIGHT_JSON_OUTPUT_NAME=" + file, "PLAYWRIGHT_JSON_OUTPUT_FILE=" + file, "E2E_SERVER=" + bin},
			"npx", "playwright", "test", "--project="+project, "--reporter=list,json")
	}, playwrightReport.count)
}
