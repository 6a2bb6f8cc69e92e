package main

import (
	"os"
	"reflect"
	"strings"
	"testing"

	"snug/internal/apigen/sample"
	"snug/internal/openapi"
)

// Stale files describe another server than this one.
func TestGeneratedFilesAreUpToDate(t *testing.T) {
	document, types, err := generate("../..")
	if err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string][]byte{"../../httpapi/openapi.json": document, "../../web/src/api.gen.ts": types} {
		got, err := os.ReadFile(path)
		if err != nil {
			t.Errorf("%v\nrun: go generate ./httpapi", err)
			continue
		}
		if string(got) != string(want) {
			t.Errorf("%s is not what the routes say; run: go generate ./httpapi", path)
		}
	}
}

func describe(t *testing.T, r openapi.Route) *builder {
	t.Helper()
	b, err := build("../..", overview{Refusals: map[openapi.Dialect]reflect.Type{openapi.Level1: reflect.TypeFor[sample.Inner]()}}, openapi.Interface{Routes: []openapi.Route{r}})
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestSchemasOfTypes(t *testing.T) {
	b := describe(t, openapi.Route{Method: "GET", Path: "/x", Operation: openapi.Operation{Tag: "t", Summary: "s", Says: "It is.", Answer: openapi.JSON[[]sample.Sample]()}})
	text, err := lines(b.doc)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		`{"schema":{"type":"array","items":{"$ref":"#/components/schemas/Sample"}}}`,
		`"a": {"$ref":"#/components/schemas/Letter","description":"Hides the inner one."}`,
		`"b": {"type":"string"}`,
		`"null": {"type":["integer","null"]}`,
		`"optional": {"$ref":"#/components/schemas/Inner"}`,
		`"needed": {"type":"string","minLength":1}`,
		`"either": {"type":["string","null"]}`,
		`"pair": {"type":"array","minItems":2,"maxItems":2,"items":{"type":"integer"}}`,
		`"words": {"type":"object","additionalProperties":{"type":"string"}}`,
		`"at": {"type":"string","format":"date-time"}`,
		`"count": {"type":"integer","minimum":0,"maximum":9,"default":3}`,
		`"written": {"type":"object","additionalProperties":{"type":"array","items":{"type":"string"}}}`,
		`"kind": {"const":"sample"}`,
		`"any": {}`,
		`"required": ["a","null","needed","pair","words","at","count","written","kind","any"]`,
		`"description": "Sample has what types can have."`,
		`"Letter": {"type":"string","enum":["a","b"],"description":"Letter is one of two."}`,
	} {
		if !strings.Contains(string(text), want) {
			t.Errorf("no %s in:\n%s", want, text)
		}
	}
	types, err := b.typescript("nowhere", "./nowhere")
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"export type Letter = \"a\" | \"b\";", "  /** Hides the inner one. */\n  a: Letter;\n", "  b?: string;\n", "  null: number | null;\n",
		"  optional?: Inner;\n", "  either?: string | null;\n", "  pair: readonly [number, number];\n", "  words: Record<string, string>;\n",
		"  written: Record<string, readonly string[]>;\n", "  kind: \"sample\";\n", "  any: unknown;\n", "  \"GET /x\": readonly Sample[];\n",
	} {
		if !strings.Contains(types, want) {
			t.Errorf("no %q in:\n%s", want, types)
		}
	}
}

func TestRoutesThatSayTooLittle(t *testing.T) {
	good := openapi.Operation{Tag: "t", Summary: "s", Says: "It is.", Answer: openapi.JSON[sample.Inner]()}
	for name, change := range map[string]func(*openapi.Route){
		"no summary":                  func(r *openapi.Route) { r.Summary = "" },
		"no heading":                  func(r *openapi.Route) { r.Tag = "" },
		"an answer without a word":    func(r *openapi.Route) { r.Says = "" },
		"no answer":                   func(r *openapi.Route) { r.Answer, r.Says = nil, "" },
		"a path's unknown parameter":  func(r *openapi.Route) { r.Path = "/x/{y}" },
		"an unknown status":           func(r *openapi.Route) { r.Refusals = map[int]string{418: ""} },
		"an unknown rule":             func(r *openapi.Route) { r.Parameters = []openapi.Parameter{openapi.Param[int]("n", "N.", "least=1")} },
		"a bound that is no number":   func(r *openapi.Route) { r.Parameters = []openapi.Parameter{openapi.Param[int]("n", "N.", "minimum=x")} },
		"a field without a JSON name": func(r *openapi.Route) { r.Answer = openapi.JSON[struct{ A int }]() },
		"a type without JSON":         func(r *openapi.Route) { r.Answer = openapi.JSON[chan int]() },
		"a type of a function":        func(r *openapi.Route) { type local struct{}; r.Answer = openapi.JSON[local]() },
		"a refusal of another kind":   func(r *openapi.Route) { r.Dialect, r.Refusals = openapi.Level0, map[int]string{400: ""} },
	} {
		t.Run(name, func(t *testing.T) {
			r := openapi.Route{Method: "GET", Path: "/x", Operation: good}
			change(&r)
			if b, err := build("../..", overview{Refusals: map[openapi.Dialect]reflect.Type{openapi.Level1: reflect.TypeFor[sample.Inner]()}}, openapi.Interface{Routes: []openapi.Route{r}}); err == nil {
				t.Errorf("no error; made %+v", b.doc.Paths)
			}
		})
	}
}
