// Package httpapi is the HTTP face of a server: it decides who may ask, turns
// an auth.Identity into a chat.Actor, and maps errors to answers. What a room or
// an account means is not decided here.
//
// # What a request goes through, in this order
//
// Headers with which a client could pretend to be someone or somewhere else are
// removed; a request for a foreign host name is refused; so is one that changes
// something and comes from a foreign page. An upgrade to a WebSocket needs, in
// this order, a session (401), an upgrade header (426), an allowed origin (403)
// and a rate that is not exceeded (429).
//
// Every answer below /api/ is JSON, also for what isn't there: the client takes
// any 200 for a success, so a page must never stand there.
package httpapi
