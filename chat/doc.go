// Package chat is the domain: rooms as durable objects, the frames of the wire
// protocol, and the rules. It knows neither HTTP nor accounts: httpapi hands it
// an Actor.
//
// A [Room] decides by pure functions (apply.go, rate.go) on what it has stored,
// stores what it decided, and lets the runtime's output gate hold back what it
// says until that is durable. A client of level 1 is read by its socket's own
// goroutine (client.go), which hands each frame to its room as a call; a socket
// of level 0 is the room's own (level0.go). Pages of history are read past the
// rooms, which neither wake nor wait for that (history.go).
//
// # What the protocol leaves open
//
//   - A post needs no join. Who hasn't joined gets the ack and no echo.
//   - Content of level 1 is kept as it was sent, blanks and all; what is nothing
//     but blanks is refused as empty. Level 0 trims.
//   - A refused or limited post leaves no trace: its clientId may be used again,
//     and it counts neither against the rate nor as nonsense.
//   - Where nobody can know whether a frame had an effect (the store failed, or
//     was too slow) there is no error frame: the socket is closed with 1011, and
//     whatever else the room's sockets had sent by then isn't acted on. So a
//     client that repeats its unacked posts in order keeps their order.
//   - A join of a room that the socket has joined already starts over, as leave
//     and join would: after its answer seqs rise by 1 from there.
//   - A resume that would replay more than 12 MiB is a reset. Replays of one
//     person are paced, and while a join waits its turn nothing more is read.
//   - A page of history holds about 1 MiB at most: with very long messages it may
//     be shorter than limit; hasOlder and hasNewer tell.
//   - Behind a reset comes a presence frame with all who are here (the first
//     100), as reset itself doesn't name them.
//   - presence names its receiver too, and may name somebody as gone who wasn't
//     announced: a joined frame may have shown them.
//   - A history position that isn't there is no error: the page is what lies on
//     the asked side of it. around fills up from one side what the other lacks.
//   - After a restart, or a reset of the room, level 0 greets people anew: who was
//     here is known from sockets alone.
package chat
