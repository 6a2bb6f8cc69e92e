package durable

import (
	"crypto/hmac"
	"crypto/sha256"
	"strings"
	"testing"
)

// Ids are stored: what makes them must never change.
func TestMACIsHMAC(t *testing.T) {
	key := newIDKey("room")
	for n := range 300 {
		text := strings.Repeat("x", n)
		want := hmac.New(sha256.New, key[:])
		want.Write([]byte(text))
		if got := key.mac(text); !hmac.Equal(got[:], want.Sum(nil)) {
			t.Fatalf("%d bytes: got %x", n, got)
		}
	}
}

func BenchmarkIDFromName(b *testing.B) {
	key := newIDKey("room")
	b.ReportAllocs()
	for b.Loop() {
		key.fromName("01990d3e-6c4b-7a53-9d0e-5d8a7c1f2b3e")
	}
}
