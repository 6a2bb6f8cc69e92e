// Bench measures a Snug server from outside, by the wire protocol alone, beside the
// floors, which are the least work that could have the same effect, and beside other
// servers for the same work: all in one run and in turn, so that whatever else the
// machine does hits all of them. What it finds goes to bench/results as tables,
// figures and pictures, with a verdict on each target.
//
// A scenario_*.go is one measurement each. Most share these parts: a crowd is sockets
// in rooms that post and are posted to, and checks that nothing is missing, twice or in
// another order; a storm is many sockets that connect at once; a loader fills rooms. A
// dialect is how one server differs from another to them, and a race is all servers.
//
// It starts and stops all that it measures: the server, with new data folders; the
// floors, which are this program again; and the peers, whose sources are below peers/
// and which are installed from what their lock files pin.
package main
