package main

import (
	"fmt"
	"go/ast"
	"path/filepath"
	"reflect"
	"strconv"
	"strings"

	"snug/internal/gosource"
)

const header = "// Generated from chat/protocol*.go by internal/tsgen. Do not edit: go generate ./chat\n"

// source is what generate knows of the package.
type source struct{ *gosource.Source }

func generate(dir string) (string, error) {
	src, err := load(dir)
	if err != nil {
		return "", err
	}
	var b strings.Builder
	b.WriteString(header)

	for _, c := range src.Consts[""] {
		if strings.HasPrefix(c.Name, "Frame") {
			continue // they are the union of ClientFrame's type
		}
		b.WriteString("\n" + gosource.JSDoc("", c.Doc))
		fmt.Fprintf(&b, "export const %s = %s;\n", lowerFirst(c.Name), c.Literal)
	}

	done := map[string]bool{}
	queue := append([]string(nil), src.Order...)
	for len(queue) > 0 {
		name := queue[0]
		queue = queue[1:]
		if done[name] {
			continue
		}
		done[name] = true
		text, refs, err := src.emit(src.Types[name])
		if err != nil {
			return "", fmt.Errorf("type %s: %w", name, err)
		}
		b.WriteString("\n" + text)
		queue = append(queue, refs...)
	}
	return b.String(), nil
}

func load(dir string) (source, error) {
	src, err := gosource.Load(dir, "protocol*.go")
	if err == nil && len(src.Order) == 0 {
		err = fmt.Errorf("no types in %s", filepath.Join(dir, "protocol*.go"))
	}
	return source{src}, err
}

func (src source) emit(t *gosource.Type) (text string, refs []string, err error) {
	doc := gosource.JSDoc("", t.Doc)
	switch expr := t.Expr.(type) {
	case *ast.StructType:
		fields, refs, err := src.fields(t.Name, expr)
		return doc + "export interface " + t.Name + " {\n" + fields + "}\n", refs, err
	case *ast.InterfaceType:
		if expr.Methods.NumFields() != 1 || len(expr.Methods.List[0].Names) != 1 {
			return "", nil, fmt.Errorf("an interface must have exactly one method of its own")
		}
		members := src.Methods[expr.Methods.List[0].Names[0].Name]
		return doc + "export type " + t.Name + " =" + gosource.Union(members) + ";\n", members, nil
	}
	if values := src.Consts[t.Name]; len(values) > 0 {
		literals := make([]string, len(values))
		for i, c := range values {
			literals[i] = c.Literal
		}
		return doc + "export type " + t.Name + " =" + gosource.Union(literals) + ";\n", nil, nil
	}
	ts, refs, err := src.typeOf(t.Expr)
	return doc + "export type " + t.Name + " = " + ts + ";\n", refs, err
}

func (src source) fields(owner string, st *ast.StructType) (text string, refs []string, err error) {
	var b strings.Builder
	for _, f := range st.Fields.List {
		if len(f.Names) == 0 {
			return "", nil, fmt.Errorf("embedded fields are not supported")
		}
		var tag reflect.StructTag
		if f.Tag != nil {
			s, _ := strconv.Unquote(f.Tag.Value)
			tag = reflect.StructTag(s)
		}
		for _, name := range f.Names {
			key, options, _ := strings.Cut(tag.Get("json"), ",")
			if key == "-" || !name.IsExported() {
				continue
			}
			if key == "" {
				return "", nil, fmt.Errorf("field %s has no json name", name.Name)
			}
			var ts string
			var more []string
			if written := tag.Get("tstype"); written != "" {
				ts = written
			} else if ts, more, err = src.typeOf(f.Type); err != nil {
				return "", nil, fmt.Errorf("field %s: %w", name.Name, err)
			}
			refs = append(refs, more...)
			if lit := tag.Get("ts"); lit != "" {
				ts = strconv.Quote(lit)
			} else if owner == "ClientFrame" && key == "type" {
				ts = src.frameTypes()
			}
			optional := ""
			if _, pointer := f.Type.(*ast.StarExpr); pointer || strings.Contains(options, "omitempty") || strings.Contains(options, "omitzero") {
				optional = "?"
			}
			b.WriteString(gosource.JSDoc("  ", gosource.Comment(f.Doc, f.Comment)))
			fmt.Fprintf(&b, "  %s%s: %s;\n", key, optional, ts)
		}
	}
	return b.String(), refs, nil
}

func (src source) frameTypes() string {
	var literals []string
	for _, c := range src.Consts[""] {
		if strings.HasPrefix(c.Name, "Frame") {
			literals = append(literals, c.Literal)
		}
	}
	return strings.Join(literals, " | ")
}

func (src source) typeOf(expr ast.Expr) (ts string, refs []string, err error) {
	switch e := expr.(type) {
	case *ast.Ident:
		switch e.Name {
		case "string":
			return "string", nil, nil
		case "bool":
			return "boolean", nil, nil
		case "int", "int8", "int16", "int32", "int64", "uint", "uint8", "uint16", "uint32", "uint64", "float32", "float64":
			return "number", nil, nil
		}
		if src.Types[e.Name] == nil {
			return "", nil, fmt.Errorf("no type %s in the package", e.Name)
		}
		return e.Name, []string{e.Name}, nil
	case *ast.StarExpr:
		return src.typeOf(e.X)
	case *ast.ArrayType:
		ts, refs, err := src.typeOf(e.Elt)
		return ts + "[]", refs, err
	case *ast.MapType:
		ts, refs, err := src.typeOf(e.Value)
		return "Record<string, " + ts + ">", refs, err
	case *ast.SelectorExpr:
		if x, ok := e.X.(*ast.Ident); ok && x.Name == "json" && e.Sel.Name == "RawMessage" {
			return "unknown", nil, nil
		}
	}
	return "", nil, fmt.Errorf("%T is not supported", expr)
}

func lowerFirst(s string) string { return strings.ToLower(s[:1]) + s[1:] }
