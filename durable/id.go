package durable

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"sync"
)

// ID names an object for ever. Its last 16 bytes are a truncated HMAC of its
// first 16 under a key made from the namespace's name, so that an id proves
// which namespace it belongs to (after workerd's actor ids).
type ID [32]byte

// ErrInvalidID is wrapped by every refusal of an id's text.
var ErrInvalidID = errors.New("invalid durable object id")

// String returns the id as 64 hex digits.
func (id ID) String() string { return hex.EncodeToString(id[:]) }

// IsZero reports whether id is the zero ID, which names no object.
func (id ID) IsZero() bool { return id == ID{} }

// MarshalText returns the 64 hex digits.
func (id ID) MarshalText() ([]byte, error) { return []byte(id.String()), nil }

// UnmarshalText reads 64 hex digits. It doesn't check the namespace: use
// Namespace.ParseID for an id that comes from outside.
func (id *ID) UnmarshalText(text []byte) error {
	parsed, err := decodeID(string(text))
	if err != nil {
		return err
	}
	*id = parsed
	return nil
}

func decodeID(text string) (ID, error) {
	var id ID
	if len(text) != 2*len(id) {
		return ID{}, fmt.Errorf("%w: must be 64 hex digits, got %d characters", ErrInvalidID, len(text))
	}
	if _, err := hex.Decode(id[:], []byte(text)); err != nil {
		return ID{}, fmt.Errorf("%w: must be 64 hex digits", ErrInvalidID)
	}
	return id, nil
}

type idKey [32]byte

func newIDKey(namespace string) idKey { return sha256.Sum256([]byte(namespace)) }

func (k idKey) fromName(name string) ID {
	mac := hmac.New(sha256.New, k[:])
	mac.Write([]byte(name))
	return k.seal(mac.Sum(nil)[:16])
}

func (k idKey) unique() ID {
	var seed [16]byte
	_, _ = rand.Read(seed[:]) // never fails: see crypto/rand
	return k.seal(seed[:])
}

func (k idKey) seal(first []byte) ID {
	var id ID
	copy(id[:16], first)
	mac := hmac.New(sha256.New, k[:])
	mac.Write(id[:16])
	copy(id[16:], mac.Sum(nil))
	return id
}

func (k idKey) parse(text string) (ID, error) {
	id, err := decodeID(text)
	if err != nil {
		return ID{}, err
	}
	if !k.owns(id) {
		return ID{}, fmt.Errorf("%w: not valid for this namespace", ErrInvalidID)
	}
	return id, nil
}

func (k idKey) owns(id ID) bool { return hmac.Equal(id[:], sliceOf(k.seal(id[:16]))) }

func sliceOf(id ID) []byte { return id[:] }

// names holds the ids of names that were asked for lately, as it takes two HMACs
// to find one out: longer than many a turn.
type names struct {
	mu         sync.Mutex
	young, old map[string]ID // old was young until that was full
}

const (
	maxYoungNames = 4096
	maxKeptName   = 128 // bytes; a longer one isn't kept
)

func (n *names) find(name string) (ID, bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	id, known := n.young[name]
	if known {
		return id, true
	}
	if id, known = n.old[name]; known {
		n.keepLocked(name, id)
	}
	return id, known
}

func (n *names) keep(name string, id ID) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.keepLocked(name, id)
}

func (n *names) keepLocked(name string, id ID) {
	if len(name) > maxKeptName {
		return
	}
	if len(n.young) >= maxYoungNames {
		n.old, n.young = n.young, nil
	}
	if n.young == nil {
		n.young = make(map[string]ID)
	}
	n.young[name] = id
}

func (n *names) clear() {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.young, n.old = nil, nil
}
