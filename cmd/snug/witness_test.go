package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"mime"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"snug/httpapi"
)

// contents are the kinds of a body, with their schemas.
type contents map[string]struct{ Schema json.RawMessage }

// reply is an answer as the document has it.
type reply struct {
	Ref     string `json:"$ref"`
	Content contents
}

// A contract is the OpenAPI document, to hold answers against.
type contract struct {
	routes *http.ServeMux // to find the path of the document that an address is of
	paths  map[string]map[string]struct {
		RequestBody struct{ Content contents }
		Responses   map[string]reply
	}
	shared map[string]reply // those that are referred to
	// answers knows no property that isn't described; bodies may have more.
	answers, bodies *judge
}

// A judge compiles schemas when they are asked for.
type judge struct {
	mu       sync.Mutex
	compiler *jsonschema.Compiler
}

func (j *judge) validate(place string, text []byte) error {
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		return err
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	schema, err := j.compiler.Compile("doc:openapi" + place) // which keeps it
	if err != nil {
		return err
	}
	return schema.Validate(value)
}

// described reads the document that a server of this code serves.
var described = sync.OnceValues(func() (*contract, error) {
	text := httpapi.Document()
	c := &contract{routes: http.NewServeMux()}
	var doc struct {
		Paths      any
		Components struct{ Responses any }
	}
	doc.Paths, doc.Components.Responses = &c.paths, &c.shared
	if err := json.Unmarshal(text, &doc); err != nil {
		return nil, err
	}
	for path, methods := range c.paths {
		pattern := path
		if strings.HasSuffix(path, "/") {
			pattern += "{$}"
		}
		for method := range methods {
			c.routes.Handle(strings.ToUpper(method)+" "+pattern, http.NotFoundHandler())
		}
	}
	for _, to := range []struct {
		judge  **judge
		strict bool
	}{{&c.answers, true}, {&c.bodies, false}} {
		root, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
		if err != nil {
			return nil, err
		}
		if to.strict {
			closeObjects(root)
		}
		*to.judge = &judge{compiler: jsonschema.NewCompiler()}
		(*to.judge).compiler.AssertFormat()
		if err := (*to.judge).compiler.AddResource("doc:openapi", root); err != nil {
			return nil, err
		}
	}
	return c, nil
})

// closeObjects makes all objects ones that have no other properties than those described.
func closeObjects(node any) {
	switch node := node.(type) {
	case map[string]any:
		if _, open := node["additionalProperties"]; node["type"] == "object" && node["properties"] != nil && !open {
			node["additionalProperties"] = false
		}
		for _, child := range node {
			closeObjects(child)
		}
	case []any:
		for _, child := range node {
			closeObjects(child)
		}
	}
}

// A witness is a transport that fails the test if an answer isn't as the document says,
// or if a body was taken that it says can't be.
type witness struct {
	t    *testing.T
	c    *contract
	next http.RoundTripper

	mu   sync.Mutex
	seen map[string][]int // the statuses of each route, as "GET /api/rooms/{slug}"
}

func newWitness(t *testing.T) *witness {
	t.Helper()
	c, err := described()
	if err != nil {
		t.Fatal(err)
	}
	return &witness{t: t, c: c, next: http.DefaultTransport, seen: map[string][]int{}}
}

func (w *witness) RoundTrip(r *http.Request) (*http.Response, error) {
	var sent []byte
	if r.Body != nil {
		var err error
		if sent, err = io.ReadAll(r.Body); err != nil {
			return nil, err
		}
		r.Body = io.NopCloser(bytes.NewReader(sent))
	}
	resp, err := w.next.RoundTrip(r)
	if err != nil || resp.StatusCode == http.StatusSwitchingProtocols {
		return resp, err
	}
	got, err := io.ReadAll(resp.Body)
	_ = resp.Body.Close()
	resp.Body = io.NopCloser(bytes.NewReader(got))
	if err != nil {
		return resp, nil // it was cut off: the one who asked finds out
	}
	if err := w.judge(r, sent, resp, got); err != nil {
		w.t.Errorf("%s %s: %d %.300q isn't as the document says: %v", r.Method, r.URL.Path, resp.StatusCode, got, err)
	}
	return resp, nil
}

func (w *witness) judge(r *http.Request, sent []byte, resp *http.Response, got []byte) error {
	_, pattern := w.c.routes.Handler(r)
	method, path, _ := strings.Cut(strings.TrimSuffix(pattern, "{$}"), " ")
	operation, ok := w.c.paths[path][strings.ToLower(method)]
	status := resp.StatusCode
	if !ok || r.Method == http.MethodHead || status == http.StatusMisdirectedRequest || status == http.StatusInternalServerError {
		return nil // no route, or what any may answer
	}
	w.mu.Lock()
	w.seen[method+" "+path] = append(w.seen[method+" "+path], status)
	w.mu.Unlock()
	place := "#/paths/" + pointer(path) + "/" + strings.ToLower(method)
	if _, ok := operation.RequestBody.Content["application/json"]; ok && status == http.StatusOK && len(sent) > 0 && r.Header.Get("Content-Type") == "application/json" {
		if err := w.c.bodies.validate(place+"/requestBody/content/application~1json/schema", sent); err != nil {
			return fmt.Errorf("the body %.300q was taken: %w", sent, err)
		}
	}
	answer, ok := operation.Responses[strconv.Itoa(status)]
	if !ok {
		return fmt.Errorf("of %s %s it has only %v", method, path, slices.Sorted(maps.Keys(operation.Responses)))
	}
	place += "/responses/" + strconv.Itoa(status)
	content := answer.Content
	if answer.Ref != "" {
		place = answer.Ref
		content = w.c.shared[strings.TrimPrefix(answer.Ref, "#/components/responses/")].Content
	}
	switch kind, _, _ := mime.ParseMediaType(resp.Header.Get("Content-Type")); {
	case len(got) == 0 && len(content) == 0:
		return nil
	case len(content) == 0:
		return fmt.Errorf("it should be empty")
	case kind != "application/json":
		_, ok := content[kind]
		if _, any := content["*/*"]; !ok && !any {
			return fmt.Errorf("it has no %s", kind)
		}
		return nil
	case content[kind].Schema == nil:
		return fmt.Errorf("it has no JSON")
	}
	return w.c.answers.validate(place+"/content/application~1json/schema", got)
}

// pointer escapes one part of a JSON pointer that stands in an address.
func pointer(part string) string {
	return strings.NewReplacer("~", "~0", "/", "~1", "{", "%7B", "}", "%7D").Replace(part)
}

// gave reports whether a route has answered with a status.
func (w *witness) gave(route string, status int) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Contains(w.seen[route], status)
}
