// Package search finds messages by the words in them, in all rooms that somebody may
// see.
//
// It follows the rooms: what is durable there comes into the index a moment later, and
// the index never stands in the way of a post. How far it has come in each room is
// written in the same transaction as the rows, so that nothing is missing and nothing is
// there twice, whatever crashes. The index can be thrown away at any time: it is made
// anew from the rooms.
//
// The index holds tokens, not texts (see tokens.go). A search asks it for the messages
// that hold all tokens of what is looked for, newest first, reads those in their rooms as
// they are now, and keeps those in which it really stands.
package search
