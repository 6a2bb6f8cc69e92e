//go:build race

package durable_test

// few says that the race detector watches, which makes all much slower.
const few = true
