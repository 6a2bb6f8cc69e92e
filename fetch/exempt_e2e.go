//go:build e2e

package fetch

import "net/netip"

// Reach lets f reach one address and port of this machine: a web that a test brings
// along. It is in no server but the one that tests start: see bin/snug-e2e in the
// Makefile.
func (f *Fetcher) Reach(server netip.AddrPort) { f.exempt = server }
