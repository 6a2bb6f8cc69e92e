package main

import (
	"fmt"
	"maps"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"snug/internal/openapi"
)

// The document, as far as we fill it in. Maps are written in the order of their keys.
type (
	document struct {
		OpenAPI    string              `json:"openapi"`
		Info       info                `json:"info"`
		Tags       []tag               `json:"tags"`
		Paths      map[string]pathItem `json:"paths"`
		Components components          `json:"components"`
	}
	info struct {
		Title       string `json:"title"`
		Version     string `json:"version"`
		Description string `json:"description"`
	}
	tag struct {
		Name        string `json:"name"`
		Description string `json:"description,omitempty"`
	}
	pathItem  map[string]*operation
	operation struct {
		Tags        []string            `json:"tags"`
		Summary     string              `json:"summary"`
		Description string              `json:"description,omitempty"`
		Parameters  []parameter         `json:"parameters,omitempty"`
		RequestBody *body               `json:"requestBody,omitempty"`
		Responses   map[string]response `json:"responses"`
		Security    []map[string][]any  `json:"security"`
	}
	parameter struct {
		Name        string  `json:"name"`
		In          string  `json:"in"`
		Required    bool    `json:"required,omitempty"`
		Description string  `json:"description,omitempty"`
		Schema      *schema `json:"schema"`
	}
	body struct {
		Required bool             `json:"required"`
		Content  map[string]media `json:"content"`
	}
	media struct {
		Schema *schema `json:"schema,omitempty"`
	}
	response struct {
		Ref         string           `json:"$ref,omitempty"`
		Description string           `json:"description,omitempty"`
		Headers     map[string]any   `json:"headers,omitempty"`
		Content     map[string]media `json:"content,omitempty"`
	}
	components struct {
		SecuritySchemes map[string]any      `json:"securitySchemes"`
		Responses       map[string]response `json:"responses"`
		Schemas         map[string]*schema  `json:"schemas"`
	}
)

// refusal is what a status means where a route has nothing to add.
type refusal struct{ name, description string }

var refusals = map[int]refusal{
	400: {"BadRequest", "Something is wrong with the request; the message says what."},
	401: {"Unauthorized", "Nobody is signed in, and there is no token that is good."},
	403: {"Forbidden", "Not for you: your role or your token doesn't allow it, or another site's page asks."},
	404: {"NotFound", "It isn't there, or isn't for you to know."},
	409: {"Conflict", "There is something in the way."},
	412: {"OtherProtocol", "It isn't in the protocol's version that is spoken here."},
	413: {"TooLarge", "It is too long or too large."},
	415: {"MediaType", "The body is of another kind."},
	422: {"Taken", "Somebody else has it."},
	426: {"NotAnUpgrade", "It is no WebSocket handshake."},
	429: {"TooMany", "Too much in too short a time; see Retry-After."},
	500: {"Failed", "The server's fault; its log says more."},
	503: {"Unavailable", "The server can't do it now; see Retry-After."},
	507: {"StorageFull", "The server's disk is full: nothing was changed."},
}

// dialects are the schemas of refusals, and how the components with them are named.
type dialect struct {
	prefix string
	schema string
}

type builder struct {
	*schemas
	all      openapi.Interface
	dialects map[openapi.Dialect]dialect
	doc      document
}

// overview is what stands at the head of the document.
type overview struct {
	Title, Version, Description string
	Tags                        []tag
	SecuritySchemes             map[string]any
	Refusals                    map[openapi.Dialect]reflect.Type
}

func build(root string, o overview, all openapi.Interface) (*builder, error) {
	b := &builder{schemas: newSchemas(root, all.Names), all: all, dialects: map[openapi.Dialect]dialect{}}
	b.doc = document{OpenAPI: "3.1.0", Info: info{o.Title, o.Version, o.Description}, Tags: o.Tags, Paths: map[string]pathItem{},
		Components: components{SecuritySchemes: o.SecuritySchemes, Responses: map[string]response{}}}
	prefixes := map[openapi.Dialect]string{openapi.Level1: "", openapi.Level0: "Level0", openapi.Accounts: "Account"}
	for d, t := range o.Refusals {
		s, err := b.component(t)
		if err != nil {
			return nil, err
		}
		b.dialects[d] = dialect{prefixes[d], strings.TrimPrefix(s.Ref, "#/components/schemas/")}
	}
	for _, r := range all.Routes {
		op, err := b.operation(r)
		if err != nil {
			return nil, fmt.Errorf("%s %s: %w", r.Method, r.Path, err)
		}
		if b.doc.Paths[r.Path] == nil {
			b.doc.Paths[r.Path] = pathItem{}
		}
		method := strings.ToLower(r.Method)
		if b.doc.Paths[r.Path][method] != nil {
			return nil, fmt.Errorf("%s %s is described twice", r.Method, r.Path)
		}
		b.doc.Paths[r.Path][method] = op
	}
	b.doc.Components.Schemas = b.components
	return b, nil
}

var inBraces = regexp.MustCompile(`\{(\w+)\}`)

func (b *builder) operation(r openapi.Route) (*operation, error) {
	if r.Summary == "" || r.Tag == "" {
		return nil, fmt.Errorf("the route has no summary or no tag")
	}
	op := &operation{Tags: []string{r.Tag}, Summary: r.Summary, Description: r.Description, Responses: map[string]response{}, Security: []map[string][]any{}}
	token := map[string][]any{"token": {}}
	if r.Scope != "" {
		token["token"] = []any{r.Scope}
	}
	switch r.Who {
	case openapi.SessionOrToken:
		op.Security = append(op.Security, map[string][]any{"session": {}}, token)
	case openapi.OrAddress:
		op.Security = append(op.Security, map[string][]any{"session": {}}, token, map[string][]any{})
	case openapi.Session:
		op.Security = append(op.Security, map[string][]any{"session": {}})
	}
	if err := b.parameters(op, r); err != nil {
		return nil, err
	}
	if err := b.body(op, r); err != nil {
		return nil, err
	}
	if err := b.answer(op, r); err != nil {
		return nil, err
	}
	for status, why := range r.Refusals {
		response, err := b.refusal(status, why, r.Dialect)
		if err != nil {
			return nil, err
		}
		op.Responses[strconv.Itoa(status)] = response
	}
	if len(op.Responses) == 0 {
		return nil, fmt.Errorf("the route has no answer")
	}
	return op, nil
}

func (b *builder) parameters(op *operation, r openapi.Route) error {
	given := map[string]openapi.Parameter{}
	for _, p := range r.Parameters {
		given[p.Name] = p
	}
	inPath := map[string]bool{}
	for _, match := range inBraces.FindAllStringSubmatch(r.Path, -1) {
		name := match[1]
		inPath[name] = true
		p, ok := given[name]
		if !ok {
			p = openapi.Param[string](name, b.all.Parameters[name], "")
		}
		if p.Description == "" {
			return fmt.Errorf("nothing is said of {%s}", name)
		}
		if err := b.parameter(op, p, "path"); err != nil {
			return err
		}
	}
	for _, p := range r.Parameters {
		in := "query"
		if p.InHeader {
			in = "header"
		}
		if !inPath[p.Name] {
			if err := b.parameter(op, p, in); err != nil {
				return err
			}
		}
	}
	return nil
}

func (b *builder) parameter(op *operation, p openapi.Parameter, in string) error {
	s, err := b.value(p.Type)
	if err != nil {
		return err
	}
	required, err := s.apply(p.Rules)
	if err != nil {
		return fmt.Errorf("parameter %s: %w", p.Name, err)
	}
	op.Parameters = append(op.Parameters, parameter{Name: p.Name, In: in, Required: required || in == "path", Description: p.Description, Schema: s})
	return nil
}

func (b *builder) body(op *operation, r openapi.Route) error {
	if r.Body == nil && r.BodyMedia == "" {
		return nil
	}
	op.RequestBody = &body{Required: true, Content: map[string]media{}}
	if r.Body == nil {
		op.RequestBody.Content[r.BodyMedia] = media{}
		return nil
	}
	s, err := b.value(r.Body)
	if err != nil {
		return err
	}
	kind := r.BodyMedia
	if kind == "" {
		kind = "application/json"
	}
	op.RequestBody.Content[kind] = media{s}
	// The routes of accounts go without one where all in it is optional.
	op.RequestBody.Required = r.Dialect != openapi.Accounts || b.needed(s)
	if r.Form {
		op.RequestBody.Content["application/x-www-form-urlencoded"] = media{s}
	}
	return nil
}

// needed reports whether a body has a property that must be there.
func (b *builder) needed(s *schema) bool {
	if name, ok := strings.CutPrefix(s.Ref, "#/components/schemas/"); ok {
		s = b.components[name]
	}
	return len(s.Required) > 0
}

func (b *builder) answer(op *operation, r openapi.Route) error {
	for status, other := range r.Other {
		content, err := b.content(other.JSON, other.Else)
		if err != nil {
			return err
		}
		op.Responses[strconv.Itoa(status)] = response{Description: other.Says, Content: content}
	}
	if r.Answer == nil && r.Media == nil {
		if r.Says != "" {
			op.Responses["200"] = response{Description: r.Says}
		}
		return nil
	}
	if r.Says == "" {
		return fmt.Errorf("nothing is said of the answer")
	}
	content, err := b.content(r.Answer, r.Media)
	op.Responses["200"] = response{Description: r.Says, Content: content}
	return err
}

// content is JSON of one of these types, or something of these kinds.
func (b *builder) content(of []reflect.Type, kinds []string) (map[string]media, error) {
	content := map[string]media{}
	for _, kind := range kinds {
		content[kind] = media{}
	}
	several := make([]*schema, 0, len(of))
	for _, t := range of {
		s, err := b.value(t)
		if err != nil {
			return nil, err
		}
		several = append(several, s)
	}
	switch len(several) {
	case 0:
	case 1:
		content["application/json"] = media{several[0]}
	default:
		content["application/json"] = media{&schema{AnyOf: several}}
	}
	return content, nil
}

// refusal is a reference to what all routes of that dialect answer, or an answer with a
// reason of its own.
func (b *builder) refusal(status int, why string, d openapi.Dialect) (response, error) {
	common, ok := refusals[status]
	in, known := b.dialects[d]
	if !ok || !known {
		return response{}, fmt.Errorf("status %d means nothing", status)
	}
	full := response{Description: common.description, Content: map[string]media{"application/json": {refTo(in.schema)}}}
	if status == 429 || status == 503 {
		full.Headers = map[string]any{"Retry-After": map[string]any{"description": "Seconds.", "schema": &schema{Type: types{"integer"}}}}
	}
	if why != "" {
		full.Description = why
		return full, nil
	}
	name := in.prefix + common.name
	b.doc.Components.Responses[name] = full
	return response{Ref: "#/components/responses/" + name}, nil
}

// methods of a path in the order in which they are spoken of.
func (p pathItem) methods() []string {
	return slices.Sorted(maps.Keys(p))
}
