package httpapi_test

import (
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"snug/chat"
	"snug/httpapi"
)

func document(t *testing.T) (paths map[string]map[string]json.RawMessage, text string) {
	t.Helper()
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
	return doc.Paths, w.Body.String()
}

func TestEveryRouteIsDescribed(t *testing.T) {
	paths, _ := document(t)
	for path, methods := range httpapi.Routes(newSite(t).Server) {
		if path == "/api" { // /api/ without its slash
			continue
		}
		for _, method := range methods {
			if paths[strings.TrimSuffix(path, "{$}")][strings.ToLower(method)] == nil {
				t.Errorf("%s %s is not in openapi.json", method, path)
			}
		}
	}
	source, err := os.ReadFile("../auth/handler.go")
	if err != nil {
		t.Fatal(err)
	}
	routes := regexp.MustCompile(`"(GET|POST) (/[a-z/*-]+)"`).FindAllStringSubmatch(string(source), -1)
	if len(routes) < 5 {
		t.Fatalf("auth has %d routes: is the pattern right?", len(routes))
	}
	there := map[string]bool{"/api/account/export": true} // ours
	for _, r := range routes {
		there["/api"+r[2]] = true
	}
	parameter := regexp.MustCompile(`\{\w+\}`)
	described := map[string]map[string]json.RawMessage{}
	for path, methods := range paths {
		plain := parameter.ReplaceAllString(path, "*")
		described[plain] = methods
		for _, part := range []string{"/api/auth/", "/api/account", "/api/avatars/"} {
			if strings.HasPrefix(path, part) && !there[plain] {
				t.Errorf("%s is described and isn't there", path)
			}
		}
	}
	for _, r := range routes {
		if described["/api"+r[2]][strings.ToLower(r[1])] == nil {
			t.Errorf("%s /api%s is not in openapi.json", r[1], r[2])
		}
	}
}

func TestReferencesOfTheDocument(t *testing.T) {
	_, text := document(t)
	for _, ref := range regexp.MustCompile(`"#/components/schemas/(\w+)"`).FindAllStringSubmatch(text, -1) {
		if !strings.Contains(text, `"`+ref[1]+`": {`) {
			t.Errorf("schema %s is missing", ref[1])
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
