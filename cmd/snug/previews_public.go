//go:build !e2e

package main

import "snug/fetch"

// previewFetcher reaches the public web alone, whatever it is told.
func previewFetcher() *fetch.Fetcher {
	return fetch.New(fetch.Options{AllowHTTP: true})
}
