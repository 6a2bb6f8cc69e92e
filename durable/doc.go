// Package durable runs durable objects: named, single-threaded things that own
// their state, commit it before anyone sees it, wake when something happens and
// cost nothing while they sleep.
//
// A [Runtime] runs the objects of its registered classes on one [Store]. A
// [Class] says how an object is made and which methods it has; a [Namespace] is
// the set of all objects of a class; a [Stub] reaches one of them; a [State] is
// what an object is handed, with its [Storage] and its sockets.
//
// # Identity
//
// An [ID] names an object for ever. The id of a name is always the same one; a
// unique id belongs to no name. An id proves which namespace it is of: one of
// another namespace is refused. Making an id or a stub starts nothing and stores
// nothing; the first event does. An object that was reached by its name knows
// it, also when its alarm wakes it; the name is stored when the object wakes, so
// one that was first reached by its bare id is told its name only when it is
// called by it again. Names over [MaxNameBytes] work, but aren't kept.
//
// # Turns
//
// Whatever happens to an object is an event: a call, a frame, a socket that
// opens or is gone, an alarm, a timer. Events wait in the object's inbox and are
// handled one at a time, each in a turn. An object's fields belong to its turns
// and need no lock. The inbox is bounded in events and bytes; a call beyond that
// fails with [ErrOverloaded], a socket's reader waits.
//
// A turn is held until its handler returns, through storage and calls alike. A
// handler that has to wait for something foreign does so inside [State.Await]:
// that makes durable what was written so far, lets other events run, and takes
// the turn back behind those that arrived. What the handler knew before may then
// be wrong. [State.Block] is the opposite: nothing else runs until it is done,
// Await or not, and its failure resets the object. An object's Start method runs
// so, before any event.
//
// A call that would have to wait for itself, over however many objects, is
// refused with [ErrDeadlock]; made inside Await it goes through.
//
// # Storage
//
// Each object has an ordered space of keys and values of its own ([Tx]). What a
// turn writes is seen by itself at once and is stored together, or not at all:
// Await, [Storage.Sync] and calls of other objects cut the turn, and what came
// before the cut is one such whole. Transactions nest and can be undone without
// ending the turn. An error that a handler returns undoes nothing: a handler that
// wants all or nothing uses a transaction. A panic undoes what the turn wrote
// since its last cut.
//
// # The output gate
//
// What an object sends (replies, frames, calls, changes of its sockets) leaves in
// the order in which it was issued, and no sooner than all that it may rest on is
// durable: the turn's own writes, and those of earlier turns that it may have
// read. So nobody ever sees a state that a crash could undo. The next turn runs
// meanwhile; commits of all objects that wait go to the disk together.
//
// If a commit fails nothing that depends on it leaves, and the object is reset:
// its memory is dropped, those who wait get [ErrReset], its sockets are closed
// with [CloseReset], and the next event starts it from its storage. Whether the
// failed commit is stored is then not known: only the storage says. The same
// happens where a read fails, a storage operation takes longer than
// Options.StorageTimeout, a handler panics, or [State.Abort] is called.
//
// A write may be marked [Unconfirmed]: nothing waits for it, but its failure
// resets the object all the same. An undone transaction's writes hold nothing.
//
// # Reading from outside
//
// [Stub.Get] and [Stub.List] read an object's storage as it is on disk, without
// the object: a thousand readers of a sleeping object wake nothing, and those of
// a busy one hold up no turn. They see nothing that a crash could undo, and all
// that anything that has left the object rests on; so who was told something
// finds it there. Each call sees one state, two calls maybe two.
//
// What an awake object wants to have read without touching the disk it hands out
// by [State.Publish], through the output gate. As commits become durable before
// the gate lets out what rests on them, storage may be ahead of what is published,
// never behind it.
//
// # Calls
//
// [Method.Call] waits for the result; [Method.Send] doesn't. Arguments and
// results must survive encoding as JSON, as objects may live on other machines,
// and must not be changed once handed over. Calls that one goroutine makes to an
// object keep their order. Inside a turn a call is an output. When the caller's
// context ends the call returns, but the turn may still run.
//
// # Alarms
//
// An object has one alarm. It is stored with the turn that sets it, wakes the
// object at or after its time, never before, also where nobody ran at that time,
// and is removed with what its handler wrote: the handler runs at least once, and
// once more where a crash comes between. A run that fails is repeated after 2 s,
// 4 s, 8 s, …, six times; then the alarm is given up. Failures that aren't the
// handler's (storage, reset, Abort) aren't counted and repeated with growing
// delay for ever. While the handler runs the slot is empty; a new alarm that is
// set meanwhile, by whomever, stands, and then a failure of that run isn't
// repeated. At most Options.AlarmsAtOnce handlers run at once, Await included;
// other events aren't slowed by alarms.
//
// # Sockets
//
// Sockets belong to the runtime: objects sleep and wake under them. A socket is
// opened at an object ([SocketOptions].Owner), which gets its frames in order,
// or at a [FrameHandler]. Either way any object may [State.Subscribe] it from
// the midst of a turn: it gets what the object sends from that very point on.
// Tags and attachment stay as long as the membership does, also while the object
// sleeps. When a member is gone its object is told once, after all frames that
// the socket had sent it. Members of an object that is reset are closed; the
// next activation never hears of them.
//
// A broadcast is encoded once; from 512 bytes on it is compressed, once too, for
// clients that negotiated permessage-deflate with [Runtime.Accept]. A socket whose client doesn't read loses its
// connection with [CloseTooSlow] when Options.SocketQueue is full: it has got a
// run of frames without a gap until then, and nobody else was slowed. A client
// that is silent is pinged after Options.Heartbeat and dropped after another one,
// with [CloseAbnormal]. A Close frame of the client is answered with its code; after
// our own the connection waits 5 s for the client's. A text frame that equals the
// auto-request is answered by the socket layer: it wakes nobody and waits for no
// disk.
//
// # Sleep
//
// An object without events, handlers inside Await, timers and commits in flight
// is evicted after Options.IdleTimeout, or at once where more than Options.IdleObjects
// are idle and it has been so for longest. Its memory vanishes without a word; Start
// runs when it wakes. But for latency that can't be seen from outside.
//
// # Fence
//
// Waking claims the object at the store. Each commit bears that claim and the
// number of commits before it, and the store refuses it when either no longer
// holds. So at most one owner of an object can commit, whatever others believe:
// one that was taken over is reset at its next commit.
//
// # Errors
//
// Calls fail with an [*Error], which says at which object and why. Remote: the
// handler returned it; Overloaded: don't retry; Reset: nothing of it was seen,
// whether it was stored isn't known, a new stub reaches the object as it is now.
// A stub whose object was reset under one of its calls stays broken, so that a
// caller who has learnt something from an object notices that it began anew.
//
// # Concurrency
//
// Runtime, Namespace, Stub, Method and Socket may be used from anywhere at any
// time. State, Storage, Tx and Timer.Stop belong to the object's turns and the
// goroutine that runs them; a turn's context must not outlive its turn.
// Options.Strict makes most misuse panic, for tests. No lock is held while a
// handler runs. [Runtime.Shutdown] returns when nothing of the runtime runs any
// more.
//
// # What is not promised
//
//   - That only one instance of an object runs. One that was taken over may run
//     on, and answer what needs no storage, until it touches its storage.
//   - That an event happens once. A call whose answer was lost may have been
//     stored; an alarm may run again. Make them safe to repeat.
//   - Order between different callers, or between an object's outputs to different
//     receivers that are themselves objects.
//   - Delivery to sockets. A frame that has left may be lost with the connection:
//     give durable frames numbers, and let clients resume.
//   - That a timer or a Send survives a reset or a restart. Alarms do.
//   - Fairness between callers beyond the order of the inbox.
//   - Isolation: objects share a process, its memory and its processors.
package durable
