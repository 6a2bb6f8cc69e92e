package certs_test

import (
	"crypto/tls"
	"crypto/x509"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"snug/certs"
)

// present is the common name of the certificate that a handshake would be given now.
func present(t *testing.T, c *tls.Config) string {
	t.Helper()
	pair, err := c.GetCertificate(&tls.ClientHelloInfo{})
	if err != nil {
		t.Fatal(err)
	}
	return pair.Leaf.Subject.CommonName
}

func TestFilesAreReadAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := t.TempDir()
		certificate, key := filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
		from, to := time.Now(), time.Now().Add(time.Hour)
		first, second, third := sign(t, "first.example", from, to), sign(t, "second.example", from, to), sign(t, "third.example", from, to)
		write(t, certificate, first.certificate)
		write(t, key, first.key)
		log := newLog()
		f, err := certs.OpenFiles(certificate, key, log.logger())
		if err != nil {
			t.Fatal(err)
		}
		c := f.TLSConfig()
		expect := func(want string) {
			t.Helper()
			time.Sleep(time.Second) // of the bubble: it looks no more often
			if got := present(t, c); got != want {
				t.Errorf("%s is shown, want %s", got, want)
			}
		}
		expect("first.example")

		// Half replaced: not yet a reason to complain.
		write(t, certificate, second.certificate)
		expect("first.example")
		if log.String() != "" {
			t.Errorf("the log:\n%s", log)
		}
		write(t, key, second.key)
		expect("second.example")

		// No pair, for good.
		write(t, key, first.key)
		for range 4 {
			expect("second.example")
		}
		if n := strings.Count(log.String(), "the new certificate is no good"); n != 1 {
			t.Errorf("complained of %d times:\n%s", n, log)
		}
		if err := os.Remove(key); err != nil {
			t.Fatal(err)
		}
		for range 4 {
			expect("second.example")
		}
		if n := strings.Count(log.String(), "the new certificate is no good"); n != 2 {
			t.Errorf("complained of %d times:\n%s", n, log)
		}

		// By new names, as programs that renew do.
		write(t, filepath.Join(dir, "new.pem"), append(third.key, third.certificate...))
		for _, path := range []string{certificate, key} {
			_ = os.Remove(path)
			if err := os.Symlink("new.pem", path); err != nil {
				t.Fatal(err)
			}
		}
		expect("third.example")
		if f.Certificate().Leaf.Subject.CommonName != "third.example" {
			t.Error("another is the present one")
		}
		if text := log.String(); strings.Contains(text, "PRIVATE KEY") || strings.Count(text, "certificate read again") != 2 {
			t.Errorf("the log:\n%s", text)
		}
	})
}

func TestFilesThatAreNoPair(t *testing.T) {
	dir := t.TempDir()
	now := time.Now()
	a, b := sign(t, "a.example", now, now.Add(time.Hour)), sign(t, "b.example", now, now.Add(time.Hour))
	for name, text := range map[string][]byte{"a.pem": a.certificate, "a.key": a.key, "b.key": b.key, "nothing": nil} {
		write(t, filepath.Join(dir, name), text)
	}
	for _, tt := range []struct{ certificate, key, want string }{
		{"a.pem", "b.key", "private key does not match"},
		{"a.pem", "a.pem", "a.pem"},
		{"a.key", "a.key", "a.key"},
		{"nothing", "a.key", "nothing"},
		{"missing", "a.key", "read certificate: "},
		{"a.pem", "missing", "read key of the certificate: "},
	} {
		_, err := certs.OpenFiles(filepath.Join(dir, tt.certificate), filepath.Join(dir, tt.key), newLog().logger())
		if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s and %s: %v", tt.certificate, tt.key, err)
		}
	}
}

func TestRenewAt(t *testing.T) {
	from := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	for life, want := range map[time.Duration]time.Duration{90 * 24 * time.Hour: 60 * 24 * time.Hour, 6 * 24 * time.Hour: 4 * 24 * time.Hour, time.Hour: 40 * time.Minute} {
		if got := certs.RenewAt(&x509.Certificate{NotBefore: from, NotAfter: from.Add(life)}).Sub(from); got != want {
			t.Errorf("of %s after %s, want %s", life, got, want)
		}
	}
}

func TestRetryAfter(t *testing.T) {
	for fails, most := range map[int]time.Duration{0: 2 * time.Minute, 1: 4 * time.Minute, 5: 64 * time.Minute, 8: 6 * time.Hour, 1000: 6 * time.Hour} {
		for range 100 {
			if got := certs.RetryAfter(fails); got > most || got < most*3/4 {
				t.Errorf("after %d: %s, want about %s", fails, got, most)
			}
		}
	}
}
