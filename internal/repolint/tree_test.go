package repolint

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// skipped holds folders that are made, not written.
var skipped = map[string]bool{
	".git": true, "node_modules": true, "dist": true, "bin": true, "data": true, "testdata": true,
	"test-results": true, "playwright-report": true, "results": true, ".vite": true,
}

// files returns the paths below the repository's root, with slashes, whose name
// ends in one of the suffixes.
func files(t *testing.T, suffixes ...string) []string {
	t.Helper()
	const root = "../.."
	var found []string
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			if skipped[d.Name()] {
				return fs.SkipDir
			}
			return nil
		}
		for _, suffix := range suffixes {
			if strings.HasSuffix(d.Name(), suffix) {
				rel, err := filepath.Rel(root, path)
				if err != nil {
					return err
				}
				found = append(found, filepath.ToSlash(rel))
				break
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(found) == 0 {
		t.Fatalf("no files %v: is the root right?", suffixes)
	}
	return found
}

func read(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("../..", path))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

type goFile struct {
	path string // of the file
	pkg  string // folder, "" for the root
	test bool
	fset *token.FileSet
	ast  *ast.File
}

func goFiles(t *testing.T) []goFile {
	t.Helper()
	var parsed []goFile
	for _, path := range files(t, ".go") {
		fset := token.NewFileSet()
		file, err := parser.ParseFile(fset, path, read(t, path), parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		pkg := ""
		if i := strings.LastIndexByte(path, '/'); i >= 0 {
			pkg = path[:i]
		}
		parsed = append(parsed, goFile{path: path, pkg: pkg, test: strings.HasSuffix(path, "_test.go"), fset: fset, ast: file})
	}
	return parsed
}

func generated(path, text string) bool {
	return strings.Contains(path, ".gen.") || strings.Contains(text[:min(len(text), 400)], "// Code generated ")
}
