// Package chat is the domain: rooms as durable objects, the frames of the wire
// protocol, and the rules. It knows neither HTTP nor accounts: httpapi hands it
// an Actor.
package chat
