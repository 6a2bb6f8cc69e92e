//go:build e2e

package main

import (
	"net/netip"
	"os"

	"snug/fetch"
)

// previewFetcher reaches the public web and, on this machine, the one port that E2E_PAGES
// names with its address, as 127.0.0.1:8080.
func previewFetcher() *fetch.Fetcher {
	f := fetch.New(fetch.Options{AllowHTTP: true})
	if pages, err := netip.ParseAddrPort(os.Getenv("E2E_PAGES")); err == nil && pages.Addr().IsLoopback() {
		f.Reach(pages)
	}
	return f
}
