package pebble

import "context"

// OpenTuned lets tests shrink the engine's sizes.
var OpenTuned = openTuned

// TrimAlways is Trim, however little there is to give back.
func (s *Store) TrimAlways(ctx context.Context) (bool, error) { return s.trim(ctx, 0) }

// HeldBytes returns what the engine holds in caches and tables in memory.
func (s *Store) HeldBytes(ctx context.Context) (int64, error) { return s.heldBytes(ctx) }

// Halted returns why the store has stopped for good, or nil.
func (s *Store) Halted() error { return s.halt.failed() }
