package pebble

// OpenTuned lets tests shrink the engine's sizes.
var OpenTuned = openTuned

// Halted returns why the store has stopped for good, or nil.
func (s *Store) Halted() error { return s.halt.failed() }
