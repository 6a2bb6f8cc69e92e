package auth_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"

	"snug/auth"
)

// Handlers read bodies by the names of their properties: those are described, and what
// is described is read.
func TestBodiesAreWhatHandlersRead(t *testing.T) {
	read := namesRead(t)
	described := map[string]bool{}
	for _, r := range auth.Interface().Routes {
		if r.Body != nil {
			addNames(described, r.Body)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(described)) {
		if !read[name] {
			t.Errorf("%s is described as a property of a body, and no handler reads it", name)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(read)) {
		if !described[name] {
			t.Errorf("a handler reads the property %s, which no body is described with", name)
		}
	}
	if len(read) < 20 {
		t.Errorf("only %d names are read: is the search right?", len(read))
	}
}

func addNames(to map[string]bool, body reflect.Type) {
	for _, f := range reflect.VisibleFields(body) {
		if name, _, _ := strings.Cut(f.Tag.Get("json"), ","); name != "" {
			to[name] = true
		}
	}
}

// namesRead finds c.body.text("…") and the like, c.body["…"], and the names of properties
// in tables of them.
func namesRead(t *testing.T) map[string]bool {
	t.Helper()
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	names := map[string]bool{}
	add := func(e ast.Expr) {
		if lit, ok := e.(*ast.BasicLit); ok && lit.Kind == token.STRING {
			if name, err := strconv.Unquote(lit.Value); err == nil {
				names[name] = true
			}
		}
	}
	for _, path := range files {
		if strings.HasSuffix(path, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.CallExpr:
				if of, ok := n.Fun.(*ast.SelectorExpr); ok && len(n.Args) > 0 && isBody(of.X) && !strings.HasPrefix(of.Sel.Name, "Write") {
					add(n.Args[0])
				}
				if of, ok := n.Fun.(*ast.SelectorExpr); ok && of.Sel.Name == "target" && len(n.Args) == 3 {
					add(n.Args[1])
				}
			case *ast.IndexExpr:
				if isBody(n.X) {
					add(n.Index)
				}
			case *ast.CompositeLit: // {"callbackURL", errCallback, …}
				if len(n.Elts) >= 2 {
					if refusal, ok := n.Elts[1].(*ast.Ident); ok && strings.HasPrefix(refusal.Name, "err") {
						add(n.Elts[0])
					}
				}
			case *ast.RangeStmt: // of []string{"code", …} with c.body.text(name) in it
				list, ok := n.X.(*ast.CompositeLit)
				if ok && readsBody(n.Body) {
					for _, e := range list.Elts {
						add(e)
					}
				}
			}
			return true
		})
	}
	return names
}

// isBody: c.body, or b in a method of body.
func isBody(e ast.Expr) bool {
	switch e := e.(type) {
	case *ast.SelectorExpr:
		return e.Sel.Name == "body"
	case *ast.Ident:
		return e.Name == "b"
	}
	return false
}

func readsBody(block ast.Node) (reads bool) {
	ast.Inspect(block, func(n ast.Node) bool {
		if of, ok := n.(*ast.SelectorExpr); ok && isBody(of.X) {
			reads = true
		}
		return !reads
	})
	return reads
}
