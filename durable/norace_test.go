//go:build !race

package durable_test

const few = false
