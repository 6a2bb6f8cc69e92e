package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// schema is a JSON Schema, as far as the document uses them.
type schema struct {
	Ref         string     `json:"$ref,omitempty"`
	Type        types      `json:"type,omitempty"`
	Const       any        `json:"const,omitempty"`
	Enum        []any      `json:"enum,omitempty"`
	Format      string     `json:"format,omitempty"`
	Minimum     *int64     `json:"minimum,omitempty"`
	Maximum     *int64     `json:"maximum,omitempty"`
	MinLength   *int64     `json:"minLength,omitempty"`
	MaxLength   *int64     `json:"maxLength,omitempty"`
	MinItems    *int64     `json:"minItems,omitempty"`
	MaxItems    *int64     `json:"maxItems,omitempty"`
	Default     any        `json:"default,omitempty"`
	Properties  properties `json:"properties,omitempty"`
	Required    []string   `json:"required,omitempty"`
	Items       *schema    `json:"items,omitempty"`
	Values      *schema    `json:"additionalProperties,omitempty"`
	OneOf       []*schema  `json:"oneOf,omitempty"`
	AnyOf       []*schema  `json:"anyOf,omitempty"`
	Description string     `json:"description,omitempty"`
}

// types are written as a string when there is one.
type types []string

func (t types) MarshalJSON() ([]byte, error) {
	if len(t) == 1 {
		return json.Marshal(t[0])
	}
	return json.Marshal([]string(t))
}

// properties stand in the order of the struct's fields.
type properties []property

type property struct {
	name   string
	schema *schema
}

func (p properties) MarshalJSON() ([]byte, error) {
	var b bytes.Buffer
	b.WriteByte('{')
	for i, x := range p {
		if i > 0 {
			b.WriteByte(',')
		}
		name, err := json.Marshal(x.name)
		if err != nil {
			return nil, err
		}
		value, err := json.Marshal(x.schema)
		if err != nil {
			return nil, err
		}
		b.Write(name)
		b.WriteByte(':')
		b.Write(value)
	}
	b.WriteByte('}')
	return b.Bytes(), nil
}

// set puts a property in, or in the place of one of that name: the outer field of two
// embedded in each other counts.
func (s *schema) set(name string, value *schema, required bool) {
	s.Required = slices.DeleteFunc(s.Required, func(n string) bool { return n == name })
	if required {
		s.Required = append(s.Required, name)
	}
	for i, p := range s.Properties {
		if p.name == name {
			s.Properties[i].schema = value
			return
		}
	}
	s.Properties = append(s.Properties, property{name, value})
}

// apply adds the rules of a tag, and reports whether the value has to be there.
func (s *schema) apply(rules string) (required bool, err error) {
	bounds := map[string]**int64{"minimum": &s.Minimum, "maximum": &s.Maximum, "minLength": &s.MinLength,
		"maxLength": &s.MaxLength, "minItems": &s.MinItems, "maxItems": &s.MaxItems}
	if rules == "" {
		return false, nil
	}
	for rule := range strings.SplitSeq(rules, ",") {
		name, value, _ := strings.Cut(rule, "=")
		bound, isBound := bounds[name]
		switch {
		case isBound:
			n, err := strconv.ParseInt(value, 10, 64)
			if err != nil {
				return false, fmt.Errorf("rule %s: %w", rule, err)
			}
			*bound = &n
		case name == "required":
			required = true
		case name == "nullable": // of a pointer that may be left out too
		case name == "format":
			s.Format = value
		case name == "enum":
			for one := range strings.SplitSeq(value, "|") {
				s.Enum = append(s.Enum, one)
			}
		case name == "const":
			s.Const = literalOf(value)
		case name == "default":
			s.Default = literalOf(value)
		default:
			return false, fmt.Errorf("there is no rule %q", name)
		}
	}
	return required, nil
}

// literalOf is a JSON value, or else a string.
func literalOf(text string) (v any) {
	if json.Unmarshal([]byte(text), &v) != nil {
		return text
	}
	return v
}

func refTo(name string) *schema { return &schema{Ref: "#/components/schemas/" + name} }

// nullable is s or null.
func nullable(s *schema) *schema {
	switch {
	case s.Ref != "" || s.OneOf != nil || s.Enum != nil:
		return &schema{OneOf: []*schema{s, {Type: types{"null"}}}}
	case s.Type == nil:
		return s // anything, and so null too
	}
	n := *s
	n.Type = append(slices.Clone(s.Type), "null")
	return &n
}
