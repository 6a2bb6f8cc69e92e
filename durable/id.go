package durable

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
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
	mac := k.mac(name)
	return k.seal(mac[:16])
}

func (k idKey) unique() ID {
	var seed [16]byte
	_, _ = rand.Read(seed[:]) // never fails: see crypto/rand
	return k.seal(seed[:])
}

// mac is HMAC-SHA256 (RFC 2104). Each event of an object that is reached by its name
// computes two, and crypto/hmac would allocate five times for each.
func (k idKey) mac(text string) [sha256.Size]byte {
	var inner [sha256.BlockSize + 128]byte // a name of up to 128 bytes isn't allocated either
	var outer [sha256.BlockSize + sha256.Size]byte
	for i := range sha256.BlockSize {
		inner[i], outer[i] = 0x36, 0x5c
	}
	for i, b := range k {
		inner[i] ^= b
		outer[i] ^= b
	}
	sum := sha256.Sum256(append(inner[:sha256.BlockSize], text...))
	copy(outer[sha256.BlockSize:], sum[:])
	return sha256.Sum256(outer[:])
}

func (k idKey) seal(first []byte) ID {
	var id ID
	copy(id[:16], first)
	mac := k.mac(string(first))
	copy(id[16:], mac[:])
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
