// Package durable runs durable objects: named, single-threaded things that own
// their state, commit it before anyone sees it, wake when something happens and
// cost nothing while they sleep.
package durable
