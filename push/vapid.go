package push

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"net/url"
	"time"
)

// tokenLife is how long what signs a push is good; RFC 8292 allows 24 hours.
const tokenLife = 12 * time.Hour

const pemType = "PRIVATE KEY"

// NewKey makes a key that signs pushes, as PEM. Subscriptions are made for its public
// half: with another key all devices have to subscribe anew.
func NewKey() ([]byte, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("make push key: %w", err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, fmt.Errorf("make push key: %w", err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: pemType, Bytes: der}), nil
}

// signer signs pushes.
type signer struct {
	key    *ecdsa.PrivateKey
	public string // base64url
}

// parseKey reads what NewKey made.
func parseKey(text []byte) (*signer, error) {
	block, _ := pem.Decode(text)
	if block == nil || block.Type != pemType {
		return nil, errors.New("push key is no PEM of a private key")
	}
	parsed, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return nil, errors.New("push key can't be read")
	}
	key, ok := parsed.(*ecdsa.PrivateKey)
	if !ok || key.Curve != elliptic.P256() {
		return nil, errors.New("push key isn't one on P-256")
	}
	public, err := key.PublicKey.ECDH()
	if err != nil {
		return nil, fmt.Errorf("push key: %w", err)
	}
	return &signer{key, base64.RawURLEncoding.EncodeToString(public.Bytes())}, nil
}

// claims are what a push service reads.
type claims struct {
	Audience string `json:"aud"` // the push service's origin
	Expires  int64  `json:"exp"` // Unix seconds
	Subject  string `json:"sub"` // whom it turns to where something is wrong
}

// authorization makes the header that says who sends a push: RFC 8292.
func (s *signer) authorization(endpoint *url.URL, subject string, now time.Time) (string, error) {
	said, err := json.Marshal(claims{endpoint.Scheme + "://" + endpoint.Host, now.Add(tokenLife).Unix(), subject})
	if err != nil {
		return "", err
	}
	enc := base64.RawURLEncoding
	text := enc.EncodeToString([]byte(`{"typ":"JWT","alg":"ES256"}`)) + "." + enc.EncodeToString(said)
	hash := sha256.Sum256([]byte(text))
	r, t, err := ecdsa.Sign(rand.Reader, s.key, hash[:])
	if err != nil {
		return "", fmt.Errorf("sign push: %w", err)
	}
	signature := make([]byte, 64) // r and s, of 32 bytes each: RFC 7518, 3.4
	r.FillBytes(signature[:32])
	t.FillBytes(signature[32:])
	return "vapid t=" + text + "." + enc.EncodeToString(signature) + ", k=" + s.public, nil
}
