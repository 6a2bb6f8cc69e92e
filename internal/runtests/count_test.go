package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"os"
	"strings"
	"testing"
)

func TestReadGoTest(t *testing.T) {
	for _, tt := range []struct {
		name   string
		events []event
		want   count
		shown  []string
		hidden []string
	}{
		{"a test that passes", []event{
			{Action: "start", Package: "p"},
			{Action: "run", Package: "p", Test: "TestA"},
			{Action: "output", Package: "p", Test: "TestA", Output: "chatter\n"},
			{Action: "pass", Package: "p", Test: "TestA"},
			{Action: "pass", Package: "p"},
		}, count{1, 0}, []string{"ok    p"}, []string{"chatter"}},
		{"subtests count, not their parent", []event{
			{Action: "run", Package: "p", Test: "TestA"},
			{Action: "run", Package: "p", Test: "TestA/one"},
			{Action: "run", Package: "p", Test: "TestA/two"},
			{Action: "output", Package: "p", Test: "TestA/two", Output: "two is wrong\n"},
			{Action: "pass", Package: "p", Test: "TestA/one"},
			{Action: "fail", Package: "p", Test: "TestA/two"},
			{Action: "fail", Package: "p", Test: "TestA"},
			{Action: "fail", Package: "p"},
		}, count{1, 1}, []string{"FAIL  p", "two is wrong"}, nil},
		{"a parent that fails by itself", []event{
			{Action: "run", Package: "p", Test: "TestA"},
			{Action: "run", Package: "p", Test: "TestA/one"},
			{Action: "output", Package: "p", Test: "TestA", Output: "afterwards\n"},
			{Action: "pass", Package: "p", Test: "TestA/one"},
			{Action: "fail", Package: "p", Test: "TestA"},
			{Action: "fail", Package: "p"},
		}, count{1, 1}, []string{"afterwards"}, nil},
		{"names that only begin alike", []event{
			{Action: "run", Package: "p", Test: "TestA"},
			{Action: "run", Package: "p", Test: "TestAB"},
			{Action: "pass", Package: "p", Test: "TestA"},
			{Action: "pass", Package: "p", Test: "TestAB"},
			{Action: "pass", Package: "p"},
		}, count{2, 0}, nil, nil},
		{"a package that doesn't build", []event{
			{Action: "build-output", ImportPath: "p", Output: "p.go:1: nonsense\n"},
			{Action: "build-fail", ImportPath: "p"},
			{Action: "fail", Package: "p", FailedBuild: "p"},
		}, count{0, 1}, []string{"p.go:1: nonsense", "doesn't build"}, nil},
		{"a panic, or no time left", []event{
			{Action: "run", Package: "p", Test: "TestA"},
			{Action: "output", Package: "p", Test: "TestA", Output: "panic: test timed out\n"},
			{Action: "output", Package: "p", Output: "FAIL\tp\n"},
			{Action: "fail", Package: "p"},
		}, count{0, 1}, []string{"panic: test timed out", "FAIL\tp"}, nil},
		{"two packages at once", []event{
			{Action: "run", Package: "p", Test: "TestA"},
			{Action: "run", Package: "q", Test: "TestA"},
			{Action: "fail", Package: "q", Test: "TestA"},
			{Action: "pass", Package: "p", Test: "TestA"},
			{Action: "fail", Package: "q"},
			{Action: "pass", Package: "p"},
		}, count{1, 1}, []string{"ok    p", "FAIL  q"}, nil},
		{"a package without tests", []event{{Action: "skip", Package: "p"}}, count{}, nil, []string{"p"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var in, out bytes.Buffer
			for _, e := range tt.events {
				if err := json.NewEncoder(&in).Encode(e); err != nil {
					t.Fatal(err)
				}
			}
			got, err := readGoTest(&in, &out)
			if err != nil || got.count != tt.want || len(got.failures) != tt.want.failed {
				t.Errorf("got %v, %v, want %v", got, err, tt.want)
			}
			for _, s := range tt.shown {
				if !strings.Contains(out.String(), s) {
					t.Errorf("no %q in:\n%s", s, &out)
				}
			}
			for _, s := range tt.hidden {
				if strings.Contains(out.String(), s) {
					t.Errorf("%q in:\n%s", s, &out)
				}
			}
		})
	}
}

func TestReports(t *testing.T) {
	report := func(text string, failed error) func(string) error {
		return func(file string) error { return errors.Join(failed, os.WriteFile(file, []byte(text), 0o600)) }
	}
	exit := errors.New("exit status 1")
	vitest := func(text string, failed error) (result, error) {
		return withReport(report(text, failed), vitestReport.result)
	}
	playwright := func(text string, failed error) (result, error) {
		return withReport(report(text, failed), playwrightReport.result)
	}
	for _, tt := range []struct {
		name   string
		run    func(string, error) (result, error)
		text   string
		exit   error
		want   count
		broken bool
	}{
		{"vitest", vitest, `{"numPassedTests":7,"numFailedTests":2,"testResults":[{"status":"failed","assertionResults":[{}]}]}`, exit, count{7, 2}, false},
		{"vitest file that can't be loaded", vitest, `{"numPassedTests":7,"numFailedTests":0,"testResults":[{"status":"failed","assertionResults":[]}]}`, exit, count{7, 1}, false},
		{"vitest that fails for no test", vitest, `{"numPassedTests":7}`, exit, count{7, 0}, true},
		{"no JSON", vitest, `oops`, nil, count{}, true},
		{"playwright", playwright, `{"stats":{"expected":5,"unexpected":1,"flaky":1,"skipped":0},"errors":[{"message":"x"}]}`, exit, count{5, 3}, false},
		{"playwright, all well", playwright, `{"stats":{"expected":5},"errors":[]}`, nil, count{5, 0}, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := tt.run(tt.text, tt.exit)
			if got.count != tt.want || (err != nil) != tt.broken {
				t.Errorf("got %v, %v, want %v", got, err, tt.want)
			}
		})
	}
	if _, err := withReport(func(string) error { return nil }, vitestReport.result); err == nil {
		t.Error("no report is no error")
	}
}

// Whatever goes wrong, the sum isn't green.
func TestRunAll(t *testing.T) {
	says := func(c count, err error) suite {
		return suite{"s", func(context.Context, io.Writer) (result, error) { return result{count: c}, err }}
	}
	for _, tt := range []struct {
		name string
		list []suite
		want count
	}{
		{"all well", []suite{says(count{1, 0}, nil), says(count{2, 0}, nil)}, count{3, 0}},
		{"one fails", []suite{says(count{1, 0}, nil), says(count{2, 3}, nil)}, count{3, 3}},
		{"one can't run", []suite{says(count{}, errors.New("no npx")), says(count{2, 0}, nil)}, count{2, 1}},
		{"one has no tests", []suite{says(count{}, nil)}, count{0, 1}},
		{"one counts and breaks", []suite{says(count{5, 0}, errors.New("broken"))}, count{5, 1}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := runAll(t.Context(), tt.list, io.Discard); got != tt.want {
				t.Errorf("got %v, want %v", got, tt.want)
			}
		})
	}
}

// Who sees only the end of a run's output sees what failed.
func TestFailuresAtTheEnd(t *testing.T) {
	vitest := `{"numFailedTests":1,"testResults":[{"name":"/web/a.test.ts","status":"failed","assertionResults":[{"status":"failed","fullName":"adds","failureMessages":["1 is\n not 2"]}]}]}`
	playwright := `{"stats":{"unexpected":1},"suites":[{"suites":[{"specs":[{"title":"looks","file":"b.spec.ts","line":7,"tests":[{"status":"unexpected","results":[{"errors":[{"message":"no button"}]}]}]}]}]}]}`
	var list []suite
	for _, f := range []func() (result, error){
		func() (result, error) {
			return withReport(func(file string) error { return os.WriteFile(file, []byte(vitest), 0o600) }, vitestReport.result)
		},
		func() (result, error) {
			return withReport(func(file string) error { return os.WriteFile(file, []byte(playwright), 0o600) }, playwrightReport.result)
		},
		func() (result, error) {
			return readGoTest(strings.NewReader(`{"Action":"run","Package":"p","Test":"TestA"}
{"Action":"output","Package":"p","Test":"TestA","Output":"`+strings.Repeat("long ", 1000)+`"}
{"Action":"fail","Package":"p"}
`), io.Discard)
		},
		func() (result, error) { return result{}, errors.New("no npx") },
	} {
		list = append(list, suite{"s", func(context.Context, io.Writer) (result, error) { return f() }})
	}
	var out strings.Builder
	if got := runAll(t.Context(), list, &out); got != (count{0, 4}) {
		t.Errorf("got %v", got)
	}
	_, end, _ := strings.Cut(out.String(), "failed:\n")
	for _, want := range []string{"a.test.ts: adds: 1 is not 2\n", "b.spec.ts:7 looks: no button\n", "p TestA: long long", "s: no npx\n"} {
		if !strings.Contains(end, want) {
			t.Errorf("no %q in:\n%s", want, end)
		}
	}
	if len(end) > room+100 {
		t.Errorf("%d bytes", len(end))
	}
}
