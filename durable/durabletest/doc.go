// Package durabletest has what tests of durable objects need: a Store in
// memory whose restarts and crashes a test plays, a Store that fails on
// purpose, and the suite that every implementation of durable.Store passes.
//
// Store and Faults wait on channels and timers only, so that a whole runtime
// can run on them within a testing/synctest bubble.
package durabletest
