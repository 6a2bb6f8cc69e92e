// Package sample has types for the tests of apigen, which reads their source.
package sample

import "time"

// Inner is taken over by what it is embedded in.
type Inner struct {
	A int    `json:"a"` // the inner one
	B string `json:"b,omitempty"`
}

// Letter is one of two.
type Letter string

// The Letters.
const (
	A Letter = "a"
	B Letter = "b"
)

// Sample has what types can have.
type Sample struct {
	Inner
	A        Letter            `json:"a"` // hides the inner one
	Null     *int              `json:"null"`
	Optional *Inner            `json:"optional,omitempty"`
	Needed   *string           `json:"needed" openapi:"required,minLength=1"`
	Either   *string           `json:"either,omitempty" openapi:"nullable"`
	Pair     [2]int            `json:"pair"`
	Words    map[string]string `json:"words"`
	At       time.Time         `json:"at"`
	Count    uint              `json:"count" openapi:"maximum=9,default=3"`
	Written  any               `json:"written" tstype:"Record<string, UserID[]>"`
	Kind     string            `json:"kind" ts:"sample"`
	Any      any               `json:"any"`
	Secret   string            `json:"-"`
}
