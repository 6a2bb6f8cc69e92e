package httpapi_test

import (
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"strconv"
	"strings"
	"testing"

	"snug/chat"
	"snug/httpapi"
)

func TestTheDocumentIsOfThisServer(t *testing.T) {
	w := newSite(t).get("/api/openapi.json")
	var doc struct {
		OpenAPI string
		Info    struct{ Version string }
		Paths   map[string]map[string]json.RawMessage
	}
	if err := json.Unmarshal(w.Body.Bytes(), &doc); err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(doc.OpenAPI, "3.1") || doc.Info.Version != "1.2.3" {
		t.Errorf("openapi %s of version %s", doc.OpenAPI, doc.Info.Version)
	}
	for path, methods := range httpapi.Routes(newShelf(t).Server) {
		if path == "/api" { // /api/ without its slash
			continue
		}
		for _, method := range methods {
			if doc.Paths[strings.TrimSuffix(path, "{$}")][strings.ToLower(method)] == nil {
				t.Errorf("%s %s is not in openapi.json", method, path)
			}
		}
	}
}

// A code without a status would be answered as our own fault.
func TestEveryCodeHasAStatus(t *testing.T) {
	file, err := parser.ParseFile(token.NewFileSet(), "../chat/errors.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	found := 0
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok || len(spec.Values) != 1 {
			return true
		}
		if typ, ok := spec.Type.(*ast.Ident); ok && typ.Name == "Code" {
			found++
			code, err := strconv.Unquote(spec.Values[0].(*ast.BasicLit).Value)
			if err != nil {
				t.Fatal(err)
			}
			if !httpapi.HasStatus(chat.Code(code)) {
				t.Errorf("code %s has no status", code)
			}
		}
		return true
	})
	if found < 5 {
		t.Fatalf("found %d codes: is the search right?", found)
	}
}
