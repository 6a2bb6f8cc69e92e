// Package push wakes people's devices: web push, with the app closed.
//
// A browser that wants to be told makes a subscription at its own push service and gives it
// to us: an address there, and the keys that only it can read with (RFC 8291). What we send
// is encrypted for it and signed with the server's own key (VAPID, RFC 8292), which is made
// when it is first asked for. A subscription is the session's: it ends with it, and so does
// one that the push service doesn't know any more.
//
// [Service.Send] only queues. A push that the service doesn't take for now is tried again,
// as it asks for (Retry-After), as long as the push is worth anything; of two that wait for a
// device with the same topic the newer one takes the other's place. Right before each attempt
// whoever sent it is asked once more whether it is still news. The queue is in memory and
// bounded: a push is no promise, what it tells of is kept elsewhere.
//
// Nothing is logged of a push but how it ended: neither what it says nor where it goes.
package push
