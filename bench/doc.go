// Bench measures a Snug server from outside, by the wire protocol alone: durable
// sends a second, deliveries a second and latency in rooms of several sizes,
// beside the floor: a small process that writes the same frames to as many
// sockets and does nothing else, measured in turn with the server so that
// whatever else the machine does hits both.
//
// It starts and stops all that it measures: the server, with a new data folder,
// and two floors, which are this program again. docs/performance.md says how to
// read what it prints.
package main
