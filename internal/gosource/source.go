// Package gosource reads of a Go package what types from it are made with: its types with
// their comments, the methods they have, and its constants.
package gosource

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// Source is what there is in a package. The key of a constant is its type, "" for those
// without one.
type Source struct {
	Types   map[string]*Type
	Order   []string            // exported types of the main files, as they stand there
	Methods map[string][]string // method name -> receivers, as they stand
	Consts  map[string][]Const
}

// Type is a type declaration.
type Type struct {
	Name string
	Doc  string
	Expr ast.Expr
}

// Const is a constant. Literal is valid JSON and TypeScript too.
type Const struct {
	Name, Doc, Literal string
}

// Load reads a package. Only the main files, whose names match a pattern, give constants
// without a type and are in Order; "": none.
func Load(dir, main string) (*Source, error) {
	src := &Source{Types: map[string]*Type{}, Methods: map[string][]string{}, Consts: map[string][]Const{}}
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
		isMain, err := filepath.Match(main, filepath.Base(path))
		if err != nil {
			return nil, err
		}
		src.add(file, isMain)
	}
	if len(src.Types) == 0 {
		return nil, fmt.Errorf("no types in %s", dir)
	}
	return src, nil
}

func (src *Source) add(file *ast.File, main bool) {
	for _, d := range file.Decls {
		switch d := d.(type) {
		case *ast.FuncDecl:
			if d.Recv == nil {
				continue
			}
			if recv, ok := d.Recv.List[0].Type.(*ast.Ident); ok {
				src.Methods[d.Name.Name] = append(src.Methods[d.Name.Name], recv.Name)
			}
		case *ast.GenDecl:
			for _, spec := range d.Specs {
				switch spec := spec.(type) {
				case *ast.TypeSpec:
					doc := Comment(spec.Doc, spec.Comment)
					if !d.Lparen.IsValid() {
						doc = Comment(d.Doc)
					}
					src.Types[spec.Name.Name] = &Type{Name: spec.Name.Name, Doc: doc, Expr: spec.Type}
					if main && spec.Name.IsExported() {
						src.Order = append(src.Order, spec.Name.Name)
					}
				case *ast.ValueSpec:
					if d.Tok == token.CONST {
						src.addConst(d, spec, main)
					}
				}
			}
		}
	}
}

// addConst keeps the exported constants with a literal value: all that have a
// type, and those without one that stand in a main file.
func (src *Source) addConst(d *ast.GenDecl, spec *ast.ValueSpec, main bool) {
	typ := ""
	if id, ok := spec.Type.(*ast.Ident); ok {
		typ = id.Name
	}
	if typ == "" && !main {
		return
	}
	doc := Comment(spec.Doc, spec.Comment)
	if !d.Lparen.IsValid() {
		doc = Comment(d.Doc)
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
		src.Consts[typ] = append(src.Consts[typ], Const{Name: name.Name, Doc: doc, Literal: value})
	}
}

// FieldDocs returns the comments of a struct's fields by their names in Go.
func (t *Type) FieldDocs() map[string]string {
	docs := map[string]string{}
	if st, ok := t.Expr.(*ast.StructType); ok {
		for _, f := range st.Fields.List {
			for _, name := range f.Names {
				docs[name.Name] = Comment(f.Doc, f.Comment)
			}
		}
	}
	return docs
}

// Comment returns the text of the first of these comments that has one.
func Comment(groups ...*ast.CommentGroup) string {
	for _, g := range groups {
		if text := strings.TrimSpace(g.Text()); text != "" {
			return text
		}
	}
	return ""
}

// JSDoc writes a comment for TypeScript; nothing for none.
func JSDoc(indent, doc string) string {
	if doc == "" {
		return ""
	}
	lines := strings.Split(strings.ReplaceAll(doc, "*/", "* /"), "\n")
	if len(lines) == 1 {
		return indent + "/** " + lines[0] + " */\n"
	}
	return indent + "/**\n" + indent + " * " + strings.Join(lines, "\n"+indent+" * ") + "\n" + indent + " */\n"
}

// Union writes a union of types for TypeScript. It breaks long ones, one member to a line.
func Union(members []string) string {
	if line := " " + strings.Join(members, " | "); len(line) < 70 {
		return line
	}
	return "\n  | " + strings.Join(members, "\n  | ")
}
