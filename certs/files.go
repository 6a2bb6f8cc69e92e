package certs

import (
	"crypto/tls"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// lookEvery is how often a handshake looks at most whether the files have changed.
const lookEvery = time.Second

// Files is a certificate that somebody else puts into two files and renews there. Its
// methods may be called concurrently.
type Files struct {
	certificate, key string
	log              *slog.Logger
	current          atomic.Pointer[tls.Certificate]

	mu      sync.Mutex // guards the following
	looked  time.Time
	seen    stamp // of the files that current was read from, or that were complained of
	doubted stamp // of files that were no pair once: they may be half replaced
}

// OpenFiles reads the certificate, with the chain behind it, and its key.
func OpenFiles(certificate, key string, log *slog.Logger) (*Files, error) {
	f := &Files{certificate: certificate, key: key, log: log, seen: stampOf(certificate, key), looked: time.Now()}
	pair, err := f.load()
	if err != nil {
		return nil, err
	}
	f.current.Store(pair)
	return f, nil
}

// TLSConfig returns what a server needs that speaks HTTP with the certificate. A pair
// that has replaced it is shown to those who connect from then on; connections that
// are open stay. One that is no good is complained of in the log, and the last good
// one stays.
func (f *Files) TLSConfig() *tls.Config {
	return serverConfig(func(*tls.ClientHelloInfo) (*tls.Certificate, error) {
		f.look()
		return f.current.Load(), nil
	})
}

// Certificate returns the present one.
func (f *Files) Certificate() *tls.Certificate { return f.current.Load() }

// look reads the files again if they aren't what they were. Handshakes needn't wait
// for one that does so.
func (f *Files) look() {
	if !f.mu.TryLock() {
		return
	}
	defer f.mu.Unlock()
	now := time.Now()
	if now.Sub(f.looked) < lookEvery {
		return
	}
	f.looked = now
	found := stampOf(f.certificate, f.key)
	if found == f.seen {
		return
	}
	pair, err := f.load()
	switch {
	case err == nil:
		f.current.Store(pair)
		f.seen = found
		f.log.Info("certificate read again", "file", f.certificate, "until", pair.Leaf.NotAfter)
	case found == f.doubted:
		f.seen = found
		f.log.Warn("the new certificate is no good; the old one stays", "err", err)
	default:
		f.doubted = found
	}
}

func (f *Files) load() (*tls.Certificate, error) {
	certificate, err := os.ReadFile(f.certificate)
	if err != nil {
		return nil, fmt.Errorf("read certificate: %w", err)
	}
	key, err := os.ReadFile(f.key)
	if err != nil {
		return nil, fmt.Errorf("read key of the certificate: %w", err)
	}
	pair, err := tls.X509KeyPair(certificate, key)
	if err != nil {
		return nil, fmt.Errorf("certificate %s and key %s won't do: %w", f.certificate, f.key, err)
	}
	return &pair, nil
}

// A stamp tells one state of the two files from another.
type stamp [2]struct {
	changed time.Time
	size    int64
	inode   uint64
	err     string
}

func stampOf(paths ...string) (s stamp) {
	for i, path := range paths {
		info, err := os.Stat(path)
		if err != nil {
			s[i].err = err.Error()
			continue
		}
		s[i].changed, s[i].size = info.ModTime(), info.Size()
		if sys, ok := info.Sys().(*syscall.Stat_t); ok {
			s[i].inode = sys.Ino
		}
	}
	return s
}
