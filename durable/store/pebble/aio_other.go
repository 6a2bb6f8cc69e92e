//go:build !linux

package pebble

import "errors"

// aio is there on Linux only.
type aio struct{}

var errNoAIO = errors.New("no asynchronous sync")

func newAIO() *aio { return nil }

func (*aio) close() {}

func (*aio) dataSync(uintptr) error { return errNoAIO }
