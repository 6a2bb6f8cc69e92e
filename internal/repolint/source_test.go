package repolint

import (
	"go/ast"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"
)

func TestOnePackageComment(t *testing.T) {
	comments := map[string][]string{}
	packages := map[string]bool{}
	for _, f := range goFiles(t) {
		if f.test {
			continue
		}
		packages[f.pkg] = true
		if f.ast.Doc != nil {
			comments[f.pkg] = append(comments[f.pkg], f.path)
		}
	}
	for pkg := range packages {
		if n := len(comments[pkg]); n != 1 {
			t.Errorf("package %s has %d package comments, want 1: %v", pkg, n, comments[pkg])
		}
	}
}

// Work at import time can't be configured, tested or left out.
func TestNoInit(t *testing.T) {
	for _, f := range goFiles(t) {
		for _, d := range f.ast.Decls {
			if fn, ok := d.(*ast.FuncDecl); ok && fn.Recv == nil && fn.Name.Name == "init" {
				t.Errorf("%s: func init: do it where it can be seen", f.fset.Position(fn.Pos()))
			}
		}
	}
}

// callsBannedInTests maps pkg.Func or .Method to why.
var callsBannedInTests = map[string]string{
	"time.Sleep": "wait for the event itself, or sleep in a synctest bubble, where it takes no time",
	".Skip":      "a test that doesn't run proves nothing: say what it needs, or delete it",
	".Skipf":     "a test that doesn't run proves nothing: say what it needs, or delete it",
	".SkipNow":   "a test that doesn't run proves nothing: say what it needs, or delete it",
}

func TestBannedCallsInTests(t *testing.T) {
	all := goFiles(t)
	bubbles := bubbleFuncs(all)
	for _, f := range all {
		if !f.test {
			continue
		}
		fake := imports(f, "testing/synctest")
		startsBubble := func(n ast.Node) bool { return startsBubble(n, f.pkg, bubbles) }
		ast.PreorderStack(f.ast, nil, func(n ast.Node, stack []ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok {
				return true
			}
			x, fn := callee(call)
			name := x + "." + fn
			if name == "time.Sleep" && (fake || slices.ContainsFunc(stack, startsBubble)) {
				return true
			}
			why := callsBannedInTests[name]
			if why == "" && (x == "t" || x == "b" || x == "tb" || x == "f") {
				why = callsBannedInTests["."+fn]
			}
			if why != "" {
				t.Errorf("%s: %s: %s", f.fset.Position(call.Pos()), name, why)
			}
			return true
		})
	}
}

// bubbleFuncs finds the functions of tests, as folder.name, that run what they
// are given in a synctest bubble.
func bubbleFuncs(all []goFile) map[string]bool {
	found := map[string]bool{}
	for grown := true; grown; {
		grown = false
		for _, f := range all {
			for _, d := range f.ast.Decls {
				decl, ok := d.(*ast.FuncDecl)
				if !ok || !f.test || decl.Recv != nil || decl.Body == nil || found[f.pkg+"."+decl.Name.Name] {
					continue
				}
				ast.Inspect(decl.Body, func(n ast.Node) bool {
					if startsBubble(n, f.pkg, found) {
						found[f.pkg+"."+decl.Name.Name] = true
						grown = true
					}
					return true
				})
			}
		}
	}
	return found
}

func startsBubble(n ast.Node, pkg string, bubbles map[string]bool) bool {
	call, ok := n.(*ast.CallExpr)
	if !ok {
		return false
	}
	x, fn := callee(call)
	return x+"."+fn == "synctest.Test" || x == "" && bubbles[pkg+"."+fn]
}

// callee splits the name of what is called: x.fn, or fn with an empty x.
func callee(call *ast.CallExpr) (x, fn string) {
	switch f := call.Fun.(type) {
	case *ast.Ident:
		return "", f.Name
	case *ast.SelectorExpr:
		if id, ok := f.X.(*ast.Ident); ok {
			return id.Name, f.Sel.Name
		}
	}
	return "", ""
}

func imports(f goFile, path string) bool {
	for _, spec := range f.ast.Imports {
		if spec.Path.Value == `"`+path+`"` {
			return true
		}
	}
	return false
}

// The patterns are put together so that this file passes itself.
var leftForLater = regexp.MustCompile(`\b(TO` + `DO|FIX` + `ME|XX` + `X|HA` + `CK)\b`)

func TestNothingLeftForLater(t *testing.T) {
	for _, path := range files(t, ".go", ".ts", ".tsx", ".mjs", ".css", ".sql", ".md", "Makefile", ".sh") {
		text := read(t, path)
		for i, line := range strings.Split(text, "\n") {
			if word := leftForLater.FindString(line); word != "" && !generated(path, text) {
				t.Errorf("%s:%d: %s: do it, or say in an issue why not", path, i+1, word)
			}
		}
	}
}

// The tag e2e lets a server reach a web on its own machine: nobody gets such a server
// by accident.
func TestWhatIsBuiltForTests(t *testing.T) {
	want := map[string]string{
		"cmd/snug/previews_e2e.go":    "//go:build e2e",
		"cmd/snug/previews_public.go": "//go:build !e2e",
		"fetch/exempt_e2e.go":         "//go:build e2e",
	}
	tagged := regexp.MustCompile(`(?m)^//go:build.*\be2e\b.*$`)
	got := map[string]string{}
	for _, path := range files(t, ".go") {
		if line := tagged.FindString(read(t, path)); line != "" {
			got[path] = line
		}
	}
	if !maps.Equal(got, want) {
		t.Errorf("built by the tag e2e: %v, want %v", got, want)
	}
	for line := range strings.Lines(read(t, "Makefile")) {
		if strings.Contains(line, "e2e -o") && !strings.Contains(line, " -o bin/snug-e2e ") {
			t.Errorf("a server for tests is built as another one: %s", line)
		}
	}
}

// A file is one concept. Reviewers ask at 500 lines.
func TestFileLength(t *testing.T) {
	const limit = 800
	for _, path := range files(t, ".go", ".ts", ".tsx", ".mjs", ".css") {
		text := read(t, path)
		if n := strings.Count(text, "\n"); n > limit && !generated(path, text) {
			t.Errorf("%s has %d lines; over %d nobody reads it", path, n, limit)
		}
	}
}

// A module below the root is for tests, and nobody's to install: it finds Snug by
// a replace.
func TestModuleFile(t *testing.T) {
	for _, path := range files(t, "go.mod") {
		up := strings.Repeat("/..", strings.Count(path, "/"))
		for i, line := range strings.Split(read(t, path), "\n") {
			line = strings.TrimSpace(line)
			if up != "" && line == "replace snug => "+up[1:] {
				continue
			}
			if word, _, _ := strings.Cut(line, " "); word == "replace" {
				t.Errorf("%s:%d: replace: go install would ignore it", path, i+1)
			}
		}
	}
}

// The registry is the installer's choice: integrity hashes pin the content.
func TestLockFilesNameNoHost(t *testing.T) {
	for _, path := range files(t, "package-lock.json") {
		for i, line := range strings.Split(read(t, path), "\n") {
			if strings.Contains(line, `"resolved": "http`) {
				t.Errorf("%s:%d names a registry: npm config set omit-lockfile-registry-resolved true", path, i+1)
				break
			}
		}
	}
}

var typescriptBans = []struct {
	pattern *regexp.Regexp
	tests   bool // only in tests
	why     string
}{
	{regexp.MustCompile(`(:|<|\bas|\||&|=>)\s*any\b|\bany\[\]|Array<any>`), false, "any turns the checker off: unknown, then parse"},
	{regexp.MustCompile(`@ts-(ignore|nocheck)\b`), false, "it hides the next error too"},
	{regexp.MustCompile(`\b(test|it|describe)\.(skip|fixme|only|todo)\b`), true, "a test that doesn't run proves nothing"},
}

func TestTypeScript(t *testing.T) {
	for _, path := range files(t, ".ts", ".tsx") {
		text := read(t, path)
		if generated(path, text) {
			continue
		}
		test := strings.Contains(path, ".test.") || strings.Contains(path, ".spec.")
		for i, line := range strings.Split(text, "\n") {
			if code := strings.TrimSpace(line); strings.HasPrefix(code, "//") || strings.HasPrefix(code, "*") {
				continue
			}
			for _, ban := range typescriptBans {
				if word := ban.pattern.FindString(line); word != "" && (test || !ban.tests) {
					t.Errorf("%s:%d: %q: %s", path, i+1, word, ban.why)
				}
			}
		}
	}
}
