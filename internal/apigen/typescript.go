package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"snug/internal/gosource"
)

const header = "// Generated from the routes of httpapi and auth by internal/apigen. Do not edit: go generate ./httpapi\n"

// typescript writes the types of the document's schemas, and of what each route takes
// and gives. Those that the wire has too come from there.
func (b *builder) typescript(wirePackage, wireModule string) (string, error) {
	var out strings.Builder
	var wire []string
	for _, name := range slices.Sorted(maps.Keys(b.components)) {
		if b.of[name].PkgPath() == wirePackage {
			wire = append(wire, name)
			continue
		}
		s := b.components[name]
		out.WriteString("\n" + gosource.JSDoc("", s.Description))
		if len(s.Properties) > 0 {
			fmt.Fprintf(&out, "export interface %s %s\n", name, object(s, ""))
			continue
		}
		fmt.Fprintf(&out, "export type %s =%s;\n", name, gosource.Union(members(s, "")))
	}
	b.maps(&out)
	// Some of the wire's are parts of others of the wire only.
	wire = slices.DeleteFunc(wire, func(name string) bool { return !regexp.MustCompile(`\b` + name + `\b[;\[ ]`).MatchString(out.String()) })
	return fmt.Sprintf("%s\nimport type { %s } from %q;\n%s", header, strings.Join(wire, ", "), wireModule, &out), nil
}

// maps writes what the routes take and give, by method and path.
func (b *builder) maps(out *strings.Builder) {
	var bodies, answers strings.Builder
	for _, path := range slices.Sorted(maps.Keys(b.doc.Paths)) {
		item := b.doc.Paths[path]
		for _, method := range item.methods() {
			key := strings.ToUpper(method) + " " + path
			op := item[method]
			if op.RequestBody != nil {
				if m, ok := op.RequestBody.Content["application/json"]; ok {
					fmt.Fprintf(&bodies, "  %q: %s;\n", key, typeOf(m.Schema, "  "))
				}
			}
			if m, ok := op.Responses["200"].Content["application/json"]; ok && m.Schema != nil {
				fmt.Fprintf(&answers, "  %q: %s;\n", key, typeOf(m.Schema, "  "))
			}
		}
	}
	fmt.Fprintf(out, "\n/** The JSON that requests bring, by method and path. */\nexport interface Bodies {\n%s}\n", bodies.String())
	fmt.Fprintf(out, "\n/** The JSON of answers with status 200, by method and path. */\nexport interface Answers {\n%s}\n", answers.String())
}

func typeOf(s *schema, indent string) string { return strings.Join(members(s, indent), " | ") }

// members are the types of which a schema is a union.
func members(s *schema, indent string) []string {
	switch {
	case s.Ref != "":
		return []string{strings.TrimPrefix(s.Ref, "#/components/schemas/")}
	case s.OneOf != nil:
		var all []string
		for _, one := range s.OneOf {
			all = append(all, members(one, indent)...)
		}
		return all
	case s.AnyOf != nil:
		var all []string
		for _, one := range s.AnyOf {
			all = append(all, members(one, indent)...)
		}
		return all
	case s.Const != nil:
		return []string{literal(s.Const)}
	case s.Enum != nil:
		var all []string
		for _, v := range s.Enum {
			all = append(all, literal(v))
		}
		return all
	case s.Type == nil:
		return []string{"unknown"}
	}
	var all []string
	for _, t := range s.Type {
		switch t {
		case "integer", "number":
			all = append(all, "number")
		case "array":
			all = append(all, array(s, indent))
		case "object":
			if s.Values != nil && len(s.Values.Type) == 0 && s.Values.Ref == "" {
				all = append(all, "object") // of anything
			} else if len(s.Properties) > 0 || s.Values == nil {
				all = append(all, object(s, indent))
			} else {
				all = append(all, "Record<string, "+typeOf(s.Values, indent)+">")
			}
		default: // string, boolean, null
			all = append(all, t)
		}
	}
	return all
}

func array(s *schema, indent string) string {
	item := members(s.Items, indent)
	element := strings.Join(item, " | ")
	if len(item) > 1 || strings.HasPrefix(element, "readonly ") {
		element = "(" + element + ")"
	}
	if s.MinItems != nil && s.MaxItems != nil && *s.MinItems == *s.MaxItems && *s.MinItems < 5 {
		return "readonly [" + strings.Join(slices.Repeat([]string{element}, int(*s.MinItems)), ", ") + "]"
	}
	return "readonly " + element + "[]"
}

func object(s *schema, indent string) string {
	if len(s.Properties) == 0 {
		return "Record<string, never>"
	}
	var b strings.Builder
	b.WriteString("{\n")
	for _, p := range s.Properties {
		optional := "?"
		if slices.Contains(s.Required, p.name) {
			optional = ""
		}
		b.WriteString(gosource.JSDoc(indent+"  ", p.schema.Description))
		fmt.Fprintf(&b, "%s  %s%s: %s;\n", indent, p.name, optional, typeOf(p.schema, indent+"  "))
	}
	return b.String() + indent + "}"
}

func literal(v any) string {
	text, _ := json.Marshal(v) // a string, a number or a boolean of our own
	return string(text)
}
