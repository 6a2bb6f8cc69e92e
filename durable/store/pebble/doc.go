// Package pebble stores durable objects in one folder, in an LSM tree with one
// write-ahead log over all objects (github.com/cockroachdb/pebble).
//
// # Writing
//
// One goroutine does all writing. It takes whatever Commit and Claim calls are
// waiting, checks each fence against the records as the calls before leave
// them, and writes one batch to the log and the tree; so a fence is checked and
// its batch applied in one step without a lock. It doesn't wait for the disk:
// the next group is written while the log is synced, and one sync serves all
// that were written before it began. Another goroutine waits for the groups in
// their order, shows each to the readers and answers its calls. So a Claim is
// answered only after the commits before it are on disk: what the new owner
// reads can't be lost any more. A Claim itself is not synced. It need not be,
// since its epoch's upper half is a counter that is raised and synced each time
// the folder is opened.
//
// A record is not written for its Head alone, but with the next claim or alarm
// of the object, at Close, or when it leaves the cache of records. A Head
// matters only to the claim that it was reached under, and after a crash no
// claim of before holds.
//
// # Reading
//
// The engine shows a batch as soon as it is written. Readers see the last
// group that is on disk, by a snapshot that is taken when a group is written
// and published when the disk has it; see views.
//
// # Memory
//
// The engine's tables in memory grow with what is written and never shrink.
// Trim opens the engine anew, between two groups and when nobody reads.
//
// # Keys
//
// All of one tree, told apart by their first byte; integers are big-endian.
//
//	'a' due id         -> nothing      alarms by time; due: 8 bytes, milliseconds
//	                                   of the Unix time with the sign bit flipped
//	'k' id key         -> value        an object's keys; id: 32 bytes
//	'm' name           -> uint64       "format": formatVersion; "boot": how often
//	                                   the folder was opened
//	'r' id             -> record       see appendRecord
//
// An 'a' key stands for each record with an alarm and is written with it.
// Beside the engine's files there is one of our own, see guard.
//
// # Failure
//
// A log that can't be written or synced is not tried again: what the disk has
// of it is not known, and only reading it anew can tell. The store then stops
// for good. Options.Fatal is called once, every call returns the error, and
// the files are left as they are for the next start. Before it comes to that
// for want of space, commits are refused with durable.ErrStorageFull while
// less than Options.MinFree is left.
package pebble
