// Package openapi is how a route says what it takes and gives: data that stands beside
// its handler. internal/apigen makes the OpenAPI document and the client's types of it.
package openapi

import "reflect"

// Who may ask.
type Who int

// Who may ask.
const (
	Anyone         Who = iota
	Session            // a person who is signed in
	SessionOrToken     // or a script, as far as the scopes of its API token go
	OrAddress          // likewise, or anybody by a signed address
)

// Dialect is the words in which a route refuses.
type Dialect int

// The dialects.
const (
	Level1 Dialect = iota
	Level0
	Accounts // of the protocol of accounts
)

// Route is one method of one path.
type Route struct {
	Method string
	Path   string // with its parameters in braces
	Operation
}

// Operation says what a method of a path does. Types are those of the Go values that
// are read and written: their doc comments and tags become the schemas.
type Operation struct {
	Tag         string
	Summary     string
	Description string
	Who         Who
	Scope       string // that an API token needs; "": the description tells

	// Parameters of the query, and of the path where there is more to say of one.
	Parameters []Parameter
	Body       reflect.Type // of the JSON body; nil: it takes none
	BodyMedia  string       // what it takes instead of JSON, or instead of a Body
	Form       bool         // it takes the Body as an HTML form too

	Answer  []reflect.Type   // of the JSON of status 200, one of them; none: it has no JSON
	Media   []string         // what else status 200 gives
	Says    string           // what status 200 means
	Other   map[int]Response // by status, that are no refusals as the dialect has them
	Dialect Dialect
	// Refusals by status, each with its reason; "": the common one.
	Refusals map[int]string
}

// Response is an answer with another status than 200.
type Response struct {
	Says string
	JSON []reflect.Type // of its body
	Else []string       // other kinds of body
}

// Parameter is one of the query, of the path or of the header.
type Parameter struct {
	Name        string
	InHeader    bool
	Description string
	Type        reflect.Type
	// Rules are as in a tag openapi:"…" of a field: name=value with commas between, of
	// required, default, format and the bounds of JSON Schema.
	Rules string
}

// Param returns a parameter that holds a T.
func Param[T any](name, description, rules string) Parameter {
	return Parameter{Name: name, Description: description, Type: reflect.TypeFor[T](), Rules: rules}
}

// Header returns a parameter of the header that holds a T.
func Header[T any](name, description, rules string) Parameter {
	p := Param[T](name, description, rules)
	p.InHeader = true
	return p
}

// JSON returns T for Operation.Answer.
func JSON[T any]() []reflect.Type { return []reflect.Type{reflect.TypeFor[T]()} }

// Interface is the description of a whole interface.
type Interface struct {
	Routes []Route
	// Names of schemas, where the name of the type says too little.
	Names map[reflect.Type]string
	// Parameters of paths, by name, where a route doesn't say more.
	Parameters map[string]string
}
