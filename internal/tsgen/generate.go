package main

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"reflect"
	"strconv"
	"strings"
)

const header = "// Generated from chat/protocol.go by internal/tsgen. Do not edit: go generate ./chat\n"

// source is what generate knows of the package: its types, the methods they
// have, and the constants of each type ("" for those without one).
type source struct {
	types   map[string]*typeDecl
	order   []string            // types of protocol.go, as they stand there
	methods map[string][]string // method name -> receivers, as they stand
	consts  map[string][]constant
}

type typeDecl struct {
	name string
	doc  string
	expr ast.Expr
}

type constant struct {
	name, doc, literal string // literal is valid TypeScript too
}

func generate(dir string) (string, error) {
	src, err := load(dir)
	if err != nil {
		return "", err
	}
	var b strings.Builder
	b.WriteString(header)

	for _, c := range src.consts[""] {
		if strings.HasPrefix(c.name, "Frame") {
			continue // they are the union of ClientFrame's type
		}
		b.WriteString("\n" + docComment("", c.doc))
		fmt.Fprintf(&b, "export const %s = %s;\n", lowerFirst(c.name), c.literal)
	}

	done := map[string]bool{}
	queue := append([]string(nil), src.order...)
	for len(queue) > 0 {
		name := queue[0]
		queue = queue[1:]
		if done[name] {
			continue
		}
		done[name] = true
		text, refs, err := src.emit(src.types[name])
		if err != nil {
			return "", fmt.Errorf("type %s: %w", name, err)
		}
		b.WriteString("\n" + text)
		queue = append(queue, refs...)
	}
	return b.String(), nil
}

func load(dir string) (*source, error) {
	src := &source{types: map[string]*typeDecl{}, methods: map[string][]string{}, consts: map[string][]constant{}}
	files, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil {
		return nil, err
	}
	fset := token.NewFileSet()
	for _, path := range files {
		if strings.HasSuffix(path, "_test.go") {
			continue
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return nil, err
		}
		file, err := parser.ParseFile(fset, path, text, parser.ParseComments)
		if err != nil {
			return nil, fmt.Errorf("parse %s: %w", path, err)
		}
		src.add(file, filepath.Base(path) == "protocol.go")
	}
	if len(src.order) == 0 {
		return nil, fmt.Errorf("no types in %s", filepath.Join(dir, "protocol.go"))
	}
	return src, nil
}

func (src *source) add(file *ast.File, protocol bool) {
	for _, d := range file.Decls {
		switch d := d.(type) {
		case *ast.FuncDecl:
			if d.Recv == nil {
				continue
			}
			if recv, ok := d.Recv.List[0].Type.(*ast.Ident); ok {
				src.methods[d.Name.Name] = append(src.methods[d.Name.Name], recv.Name)
			}
		case *ast.GenDecl:
			for _, spec := range d.Specs {
				switch spec := spec.(type) {
				case *ast.TypeSpec:
					doc := comment(spec.Doc, spec.Comment)
					if !d.Lparen.IsValid() {
						doc = comment(d.Doc)
					}
					src.types[spec.Name.Name] = &typeDecl{name: spec.Name.Name, doc: doc, expr: spec.Type}
					if protocol && spec.Name.IsExported() {
						src.order = append(src.order, spec.Name.Name)
					}
				case *ast.ValueSpec:
					if d.Tok == token.CONST {
						src.addConst(d, spec, protocol)
					}
				}
			}
		}
	}
}

// addConst keeps the exported constants with a literal value: all that have a
// type, and those without one that stand in protocol.go.
func (src *source) addConst(d *ast.GenDecl, spec *ast.ValueSpec, protocol bool) {
	typ := ""
	if id, ok := spec.Type.(*ast.Ident); ok {
		typ = id.Name
	}
	if typ == "" && !protocol {
		return
	}
	doc := comment(spec.Doc, spec.Comment)
	if !d.Lparen.IsValid() {
		doc = comment(d.Doc)
	}
	for i, name := range spec.Names {
		if !name.IsExported() || i >= len(spec.Values) {
			continue
		}
		lit, ok := spec.Values[i].(*ast.BasicLit)
		if !ok {
			continue
		}
		value := lit.Value
		if lit.Kind == token.STRING {
			s, _ := strconv.Unquote(lit.Value)
			value = strconv.Quote(s)
		}
		src.consts[typ] = append(src.consts[typ], constant{name: name.Name, doc: doc, literal: value})
	}
}

func (src *source) emit(t *typeDecl) (text string, refs []string, err error) {
	doc := docComment("", t.doc)
	switch expr := t.expr.(type) {
	case *ast.StructType:
		fields, refs, err := src.fields(t.name, expr)
		return doc + "export interface " + t.name + " {\n" + fields + "}\n", refs, err
	case *ast.InterfaceType:
		if expr.Methods.NumFields() != 1 || len(expr.Methods.List[0].Names) != 1 {
			return "", nil, fmt.Errorf("an interface must have exactly one method of its own")
		}
		members := src.methods[expr.Methods.List[0].Names[0].Name]
		return doc + "export type " + t.name + " =" + union(members) + ";\n", members, nil
	}
	if values := src.consts[t.name]; len(values) > 0 {
		literals := make([]string, len(values))
		for i, c := range values {
			literals[i] = c.literal
		}
		return doc + "export type " + t.name + " =" + union(literals) + ";\n", nil, nil
	}
	ts, refs, err := src.typeOf(t.expr)
	return doc + "export type " + t.name + " = " + ts + ";\n", refs, err
}

func (src *source) fields(owner string, st *ast.StructType) (text string, refs []string, err error) {
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
			b.WriteString(docComment("  ", comment(f.Doc, f.Comment)))
			fmt.Fprintf(&b, "  %s%s: %s;\n", key, optional, ts)
		}
	}
	return b.String(), refs, nil
}

func (src *source) frameTypes() string {
	var literals []string
	for _, c := range src.consts[""] {
		if strings.HasPrefix(c.name, "Frame") {
			literals = append(literals, c.literal)
		}
	}
	return strings.Join(literals, " | ")
}

func (src *source) typeOf(expr ast.Expr) (ts string, refs []string, err error) {
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
		if src.types[e.Name] == nil {
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

// union breaks long ones, one member to a line.
func union(members []string) string {
	if line := " " + strings.Join(members, " | "); len(line) < 70 {
		return line
	}
	return "\n  | " + strings.Join(members, "\n  | ")
}

func comment(groups ...*ast.CommentGroup) string {
	for _, g := range groups {
		if text := strings.TrimSpace(g.Text()); text != "" {
			return text
		}
	}
	return ""
}

func docComment(indent, doc string) string {
	if doc == "" {
		return ""
	}
	lines := strings.Split(strings.ReplaceAll(doc, "*/", "* /"), "\n")
	if len(lines) == 1 {
		return indent + "/** " + lines[0] + " */\n"
	}
	return indent + "/**\n" + indent + " * " + strings.Join(lines, "\n"+indent+" * ") + "\n" + indent + " */\n"
}

func lowerFirst(s string) string { return strings.ToLower(s[:1]) + s[1:] }
