// Package exactjson reads JSON from elsewhere with the names of its members as they are
// spelled: encoding/json takes "Content" for "content", and so the one for the other.
package exactjson

import (
	"bytes"
	"encoding/json"
	"errors"
	"reflect"
	"strings"
)

// Unmarshal is json.Unmarshal, but what isn't named exactly as a field is left alone, as
// whatever else no field is named. That goes for structs in fields and slices too.
func Unmarshal(data []byte, into any) error {
	if json.Valid(data) {
		w := walker{text: data}
		w.value(reflect.TypeOf(into))
		data = w.text
	}
	return json.Unmarshal(data, into)
}

// WrongType says in a sentence which member holds a value of a type that doesn't belong
// there, if that is what Unmarshal failed for; else it is empty.
func WrongType(err error) string {
	var wrong *json.UnmarshalTypeError
	if !errors.As(err, &wrong) || wrong.Field == "" {
		return ""
	}
	return wrong.Field + " holds " + kindOfValue(wrong.Value) + " where " + kindOfType(wrong.Type) + " belongs."
}

// kindOfValue is what encoding/json found, in words.
func kindOfValue(value string) string {
	switch kind, _, _ := strings.Cut(value, " "); kind { // without the number itself
	case "bool":
		return "true or false"
	case "array":
		return "a list"
	case "object":
		return "an object"
	default:
		return "a " + kind
	}
}

// kindOfType is what it looked for.
func kindOfType(t reflect.Type) string {
	switch t.Kind() {
	case reflect.String:
		return "a string"
	case reflect.Bool:
		return "true or false"
	case reflect.Slice, reflect.Array:
		return "a list"
	case reflect.Struct, reflect.Map:
		return "an object"
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return "a whole number of 0 or more"
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return "a whole number"
	default:
		return "another type of value"
	}
}

// walker goes through a valid text and blanks the names that no field has: no field is
// named so either. All else stays where it is, for json.Unmarshal to judge.
type walker struct {
	text []byte
	at   int
	own  bool // text is a copy
}

// value goes behind the next value, which is for a t; nil: for nobody.
func (w *walker) value(t reflect.Type) {
	for t != nil && t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	switch w.next() {
	case '{':
		fields := fieldsOf(t)
		for w.at++; w.next() != '}'; {
			w.value(w.name(fields))
		}
		w.at++
	case '[':
		var element reflect.Type
		if t != nil && t.Kind() == reflect.Slice {
			element = t.Elem()
		}
		for w.at++; w.next() != ']'; {
			w.value(element)
		}
		w.at++
	case '"':
		w.str()
	default:
		for w.at < len(w.text) && !bytes.ContainsRune([]byte(" \t\r\n,]}"), rune(w.text[w.at])) {
			w.at++
		}
	}
}

// next returns what comes behind blanks, commas and colons, which stand where they may.
func (w *walker) next() byte {
	for {
		switch c := w.text[w.at]; c {
		case ' ', '\t', '\r', '\n', ',', ':':
			w.at++
		default:
			return c
		}
	}
}

// str goes behind a string and returns what is between its quotes.
func (w *walker) str() []byte {
	w.at++
	begin := w.at
	for ; w.text[w.at] != '"'; w.at++ {
		if w.text[w.at] == '\\' {
			w.at++
		}
	}
	w.at++
	return w.text[begin : w.at-1]
}

// name goes behind a name and returns the type of the field that has it. Where none
// does it is blanked.
func (w *walker) name(fields []field) reflect.Type {
	raw := w.str()
	plain := raw
	if bytes.IndexByte(raw, '\\') >= 0 {
		var name string
		_ = json.Unmarshal(w.text[w.at-len(raw)-2:w.at], &name) // it is valid
		plain = []byte(name)
	}
	for _, f := range fields {
		if string(plain) == f.name {
			return f.of
		}
	}
	if len(fields) > 0 {
		if !w.own {
			w.text, w.own = bytes.Clone(w.text), true
		}
		for i := w.at - len(raw) - 1; i < w.at-1; i++ {
			w.text[i] = ' '
		}
	}
	return nil
}

type field struct {
	name string
	of   reflect.Type
}

// fieldsOf returns the fields of a struct that doesn't read itself, else none.
func fieldsOf(t reflect.Type) (list []field) {
	if t == nil || t.Kind() != reflect.Struct || reflect.PointerTo(t).Implements(reflect.TypeFor[json.Unmarshaler]()) {
		return nil
	}
	for i := range t.NumField() {
		f := t.Field(i)
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		switch {
		case name == "-":
		case name == "" && f.Anonymous:
			list = append(list, fieldsOf(f.Type)...)
		case name == "":
			list = append(list, field{f.Name, f.Type})
		default:
			list = append(list, field{name, f.Type})
		}
	}
	return list
}
