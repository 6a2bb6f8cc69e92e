package durable

import "testing"

// Keys are bytes: a prefix may end in any of them, and in what isn't UTF-8.
func TestPrefixEnd(t *testing.T) {
	for prefix, want := range map[string]string{
		"": "", "a": "b", "a\xff": "b", "a\xff\xff": "b", "\xff": "", "a\x80": "a\x81", "a\x80\xff": "a\x81",
		"\ufffd": "\xef\xbf\xbe", "a\x00": "a\x01", "m/": "m0",
	} {
		if got := prefixEnd(prefix); got != want {
			t.Errorf("prefixEnd(%q) = %q, want %q", prefix, got, want)
		}
	}
}
