package pebble

// OpenTuned lets tests shrink the engine's sizes.
var OpenTuned = openTuned
