package push

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/ecdh"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
)

const (
	// recordSize is that of the one record that a push has. Services take 4,096 bytes.
	recordSize = 4096
	saltSize   = 16
	keySize    = 65 // of an uncompressed point of P-256
	authSize   = 16
	headerSize = saltSize + 4 + 1 + keySize
	tagSize    = 16
	// MaxPayload is how many bytes fit into a push.
	MaxPayload = recordSize - headerSize - tagSize - 1
	// padTo is what payloads are filled up to a multiple of: how long a message is says
	// something of it.
	padTo = 512
)

// Subscription is where a device is told of things, as its browser made it.
type Subscription struct {
	Endpoint string `json:"endpoint"` // https, of the browser's push service
	Keys     Keys   `json:"keys"`
}

// Keys are the device's, base64url.
type Keys struct {
	P256DH string `json:"p256dh"` // a public key on P-256, uncompressed
	Auth   string `json:"auth"`   // 16 secret bytes
}

// receiver is who can read a push.
type receiver struct {
	key  *ecdh.PublicKey
	auth []byte
}

func (k Keys) receiver() (receiver, error) {
	point, err := decode(k.P256DH)
	if err != nil {
		return receiver{}, errors.New("keys.p256dh isn't base64url")
	}
	key, err := ecdh.P256().NewPublicKey(point)
	if err != nil {
		return receiver{}, errors.New("keys.p256dh is no public key on P-256")
	}
	auth, err := decode(k.Auth)
	if err != nil || len(auth) != authSize {
		return receiver{}, fmt.Errorf("keys.auth isn't %d bytes in base64url", authSize)
	}
	return receiver{key, auth}, nil
}

// decode reads base64url, with or without padding: browsers and libraries differ.
func decode(text string) ([]byte, error) {
	for len(text) > 0 && text[len(text)-1] == '=' {
		text = text[:len(text)-1]
	}
	return base64.RawURLEncoding.DecodeString(text)
}

// encrypt makes the body of a push: RFC 8291, in one record of RFC 8188 (aes128gcm).
func (r receiver) encrypt(payload []byte) ([]byte, error) {
	own, err := ecdh.P256().GenerateKey(rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("make key of a push: %w", err)
	}
	salt := make([]byte, saltSize)
	rand.Read(salt) // never fails
	padding := min((padTo-len(payload)%padTo)%padTo, MaxPayload-len(payload))
	return r.encryptWith(own, salt, payload, max(padding, 0))
}

func (r receiver) encryptWith(own *ecdh.PrivateKey, salt, payload []byte, padding int) ([]byte, error) {
	if len(payload) > MaxPayload {
		return nil, fmt.Errorf("push of %d bytes: at most %d fit", len(payload), MaxPayload)
	}
	shared, err := own.ECDH(r.key)
	if err != nil {
		return nil, fmt.Errorf("agree on the key of a push: %w", err)
	}
	public := own.PublicKey().Bytes()
	info := "WebPush: info\x00" + string(r.key.Bytes()) + string(public)
	material, err := hkdf.Key(sha256.New, shared, r.auth, info, 32)
	if err != nil {
		return nil, err
	}
	key, err := hkdf.Key(sha256.New, material, salt, "Content-Encoding: aes128gcm\x00", 16)
	if err != nil {
		return nil, err
	}
	nonce, err := hkdf.Key(sha256.New, material, salt, "Content-Encoding: nonce\x00", 12)
	if err != nil {
		return nil, err
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	gcm, err := cipher.NewGCM(block)
	if err != nil {
		return nil, err
	}
	body := make([]byte, 0, headerSize+len(payload)+1+padding+tagSize)
	body = append(body, salt...)
	body = binary.BigEndian.AppendUint32(body, recordSize)
	body = append(body, keySize)
	body = append(body, public...)
	plain := make([]byte, len(payload)+1+padding)
	copy(plain, payload)
	plain[len(payload)] = 2 // the last record; zeros follow
	return gcm.Seal(body, nonce, plain, nil), nil
}
