// Package repolint holds the rules of this repository that a compiler can't
// check. They are tests: go test ./internal/repolint.
package repolint
