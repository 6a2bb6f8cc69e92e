package main

import (
	"encoding"
	"encoding/json"
	"fmt"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"time"
	"unicode"

	"snug/internal/gosource"
)

// schemas makes a schema of each Go type that it meets. A struct or an enumeration with
// a name becomes a component.
type schemas struct {
	root       string // of the module
	names      map[reflect.Type]string
	components map[string]*schema
	of         map[string]reflect.Type // the type of each component
	packages   map[string]*gosource.Source
}

func newSchemas(root string, names map[reflect.Type]string) *schemas {
	return &schemas{root: root, names: names, components: map[string]*schema{}, of: map[string]reflect.Type{}, packages: map[string]*gosource.Source{}}
}

var (
	timeType = reflect.TypeFor[time.Time]()
	rawType  = reflect.TypeFor[json.RawMessage]()
	textType = reflect.TypeFor[encoding.TextMarshaler]()
)

// value is the schema of what a Go value is in JSON.
func (x *schemas) value(t reflect.Type) (*schema, error) {
	if s, err := x.component(t); s != nil || err != nil {
		return s, err
	}
	switch {
	case t == rawType:
		return &schema{}, nil
	case t.ConvertibleTo(timeType) && t.Implements(textType):
		return &schema{Type: types{"string"}, Format: "date-time"}, nil
	}
	switch t.Kind() {
	case reflect.String:
		return &schema{Type: types{"string"}}, nil
	case reflect.Bool:
		return &schema{Type: types{"boolean"}}, nil
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return &schema{Type: types{"integer"}}, nil
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		zero := int64(0)
		return &schema{Type: types{"integer"}, Minimum: &zero}, nil
	case reflect.Float32, reflect.Float64:
		return &schema{Type: types{"number"}}, nil
	case reflect.Interface:
		return &schema{}, nil
	case reflect.Pointer:
		s, err := x.value(t.Elem())
		if err != nil {
			return nil, err
		}
		return nullable(s), nil
	case reflect.Slice, reflect.Array:
		items, err := x.value(t.Elem())
		s := &schema{Type: types{"array"}, Items: items}
		if t.Kind() == reflect.Array {
			n := int64(t.Len())
			s.MinItems, s.MaxItems = &n, &n
		}
		return s, err
	case reflect.Map:
		values, err := x.value(t.Elem())
		return &schema{Type: types{"object"}, Values: values}, err
	case reflect.Struct:
		return x.object(t, nil)
	}
	return nil, fmt.Errorf("%s has no schema", t)
}

// component returns a reference to the component of a type; nil: it is none.
func (x *schemas) component(t reflect.Type) (*schema, error) {
	if t.Name() == "" || !strings.HasPrefix(t.PkgPath(), "snug/") || t.ConvertibleTo(timeType) {
		return nil, nil
	}
	src, err := x.source(t)
	if err != nil {
		return nil, err
	}
	declared := src.Types[t.Name()]
	consts := src.Consts[t.Name()]
	if declared == nil {
		return nil, fmt.Errorf("%s isn't declared in its package: give the type of an answer or a body a place there", t)
	}
	if t.Kind() != reflect.Struct && len(consts) == 0 {
		if x.names[t] == "" {
			return nil, nil
		}
	}
	name := x.name(t)
	if have := x.of[name]; have == t {
		return refTo(name), nil
	} else if have != nil {
		return nil, fmt.Errorf("%s and %s would both be the schema %s: name one of them in Names", have, t, name)
	}
	x.of[name] = t
	var s *schema
	switch {
	case len(consts) > 0:
		s = &schema{Type: types{"string"}}
		if t.Kind() != reflect.String {
			return nil, fmt.Errorf("%s: constants that aren't strings have no schema", t)
		}
		for _, c := range consts {
			var v any
			if err := json.Unmarshal([]byte(c.Literal), &v); err != nil {
				return nil, fmt.Errorf("%s: %w", c.Name, err)
			}
			s.Enum = append(s.Enum, v)
		}
	case t.Kind() == reflect.Struct:
		x.components[name] = &schema{} // for one that holds itself
		if s, err = x.object(t, declared.FieldDocs()); err != nil {
			return nil, fmt.Errorf("%s: %w", t, err)
		}
	default:
		return nil, fmt.Errorf("%s is named and is no struct", t)
	}
	s.Description = declared.Doc
	if rest, ok := strings.CutPrefix(declared.Doc, t.Name()+" "); ok {
		s.Description = name + " " + rest
	}
	s.Description = strings.Join(strings.Fields(s.Description), " ")
	x.components[name] = s
	return refTo(name), nil
}

func (x *schemas) source(t reflect.Type) (*gosource.Source, error) {
	pkg := t.PkgPath()
	if x.packages[pkg] == nil {
		src, err := gosource.Load(filepath.Join(x.root, strings.TrimPrefix(pkg, "snug/")), "")
		if err != nil {
			return nil, err
		}
		x.packages[pkg] = src
	}
	return x.packages[pkg], nil
}

func (x *schemas) name(t reflect.Type) string {
	if name := x.names[t]; name != "" {
		return name
	}
	letters := []rune(strings.TrimSuffix(t.Name(), "JSON"))
	letters[0] = unicode.ToUpper(letters[0])
	return string(letters)
}

func (x *schemas) object(t reflect.Type, docs map[string]string) (*schema, error) {
	s := &schema{Type: types{"object"}}
	for i := range t.NumField() {
		f := t.Field(i)
		key, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		switch {
		case key == "-" || !f.IsExported() && !f.Anonymous:
			continue
		case f.Anonymous && key == "":
			if err := x.embed(s, f.Type); err != nil {
				return nil, err
			}
			continue
		case key == "":
			return nil, fmt.Errorf("field %s has no json name", f.Name)
		}
		value, optional, err := x.field(f, options)
		if err != nil {
			return nil, fmt.Errorf("field %s: %w", f.Name, err)
		}
		required, err := value.apply(f.Tag.Get("openapi"))
		if err != nil {
			return nil, fmt.Errorf("field %s: %w", f.Name, err)
		}
		if docs[f.Name] != "" {
			value.Description = sentence(docs[f.Name])
		}
		s.set(key, value, required || !optional)
	}
	return s, nil
}

// embed takes over the fields of an embedded struct.
func (x *schemas) embed(into *schema, t reflect.Type) error {
	src, err := x.source(t)
	if err != nil {
		return err
	}
	var docs map[string]string
	if declared := src.Types[t.Name()]; declared != nil {
		docs = declared.FieldDocs()
	}
	s, err := x.object(t, docs)
	if err != nil {
		return err
	}
	for _, p := range s.Properties {
		into.set(p.name, p.schema, slices.Contains(s.Required, p.name))
	}
	return nil
}

// field is the schema of a field, and whether its property may be missing.
func (x *schemas) field(f reflect.StructField, options string) (s *schema, optional bool, err error) {
	optional = strings.Contains(options, "omitempty") || strings.Contains(options, "omitzero")
	if literal := f.Tag.Get("ts"); literal != "" {
		return &schema{Const: literal}, optional, nil
	}
	if written := f.Tag.Get("tstype"); written != "" {
		s, err := x.written(written)
		return s, optional, err
	}
	t := f.Type
	rules := strings.Split(f.Tag.Get("openapi"), ",")
	if strings.HasPrefix(f.Tag.Get("openapi"), "enum=") {
		return &schema{Type: types{"string"}}, optional, nil // its own, not that of the constants
	}
	if t.Kind() == reflect.Pointer && (optional || slices.Contains(rules, "required")) && !slices.Contains(rules, "nullable") {
		t = t.Elem() // nil is left out, or refused
	}
	s, err = x.value(t)
	return s, optional, err
}

// written is the schema of a type that is written out for TypeScript in a tag, for what
// writes its JSON itself. Names of string types are all that such a type needs.
func (x *schemas) written(ts string) (*schema, error) {
	if inner, ok := strings.CutPrefix(ts, "Record<string, "); ok && strings.HasSuffix(inner, ">") {
		values, err := x.written(strings.TrimSuffix(inner, ">"))
		return &schema{Type: types{"object"}, Values: values}, err
	}
	if element, ok := strings.CutSuffix(ts, "[]"); ok {
		items, err := x.written(element)
		return &schema{Type: types{"array"}, Items: items}, err
	}
	switch ts {
	case "number":
		return &schema{Type: types{"number"}}, nil
	case "string", "UserID":
		return &schema{Type: types{"string"}}, nil
	}
	return nil, fmt.Errorf("no schema for the written type %s", ts)
}

// sentence makes a comment of a field one: capital and full stop.
func sentence(comment string) string {
	comment = strings.Join(strings.Fields(comment), " ")
	letters := []rune(comment)
	letters[0] = unicode.ToUpper(letters[0])
	if last := letters[len(letters)-1]; last != '.' && last != '!' && last != '?' {
		letters = append(letters, '.')
	}
	return string(letters)
}
