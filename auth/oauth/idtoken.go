package oauth

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"errors"
	"math/big"
	"slices"
	"strings"

	"github.com/coreos/go-oidc/v3/oidc"
)

// algorithms are those that an id_token may be signed with: never none, and never
// one whose key the client has too.
func algorithms() []string { return []string{oidc.RS256, oidc.ES256} }

// verify returns what an id_token holds, if the issuer signed it, for us, and it is
// in time. The nonce is for the caller to compare.
func (s *issuer) verify(ctx context.Context, raw string) (*oidc.IDToken, claims, error) {
	if len(raw) > maxIDToken {
		return nil, nil, fail(ErrUserInfo, "id_token: over %d bytes", maxIDToken)
	}
	m, _, err := s.metadata.get(ctx)
	if err != nil {
		return nil, nil, err
	}
	sig := &signature{issuer: s}
	t, err := oidc.NewVerifier(m.Issuer, sig, &oidc.Config{
		ClientID:             s.clientID,
		SupportedSigningAlgs: m.Algorithms,
	}).Verify(ctx, raw)
	if err != nil {
		return nil, nil, sig.why(err, m)
	}
	var c claims
	if t.Claims(&c) != nil {
		return nil, nil, fail(ErrUserInfo, "id_token: not the JSON that it should be")
	}
	// With others in the audience, it has to say for whom it was made.
	if len(t.Audience) > 1 && c.text("azp") != s.clientID {
		return nil, nil, fail(ErrUserInfo, "id_token: made for another client")
	}
	return t, c, nil
}

// A signature is checked for one id_token. It remembers what came of it, which the
// verifier's error doesn't say.
type signature struct {
	issuer  *issuer
	payload []byte
	err     error
}

// VerifySignature implements oidc.KeySet. The verifier has checked the algorithm.
func (s *signature) VerifySignature(ctx context.Context, jwt string) ([]byte, error) {
	s.payload, s.err = s.issuer.verifySignature(ctx, jwt)
	return s.payload, s.err
}

// why puts into our words why the verifier refused: its own hold pieces of the
// token.
func (s *signature) why(err error, m metadata) error {
	var signed struct {
		Issuer string `json:"iss"`
	}
	var expired *oidc.TokenExpiredError
	switch {
	case s.err != nil:
		return s.err
	case s.payload == nil:
		return fail(ErrUserInfo, "id_token: malformed, or not signed with %s", strings.Join(m.Algorithms, " or "))
	case json.Unmarshal(s.payload, &signed) != nil:
		return fail(ErrUserInfo, "id_token: not the JSON that it should be")
	case !m.isIssuer(signed.Issuer):
		return fail(ErrIssuer, "in the id_token")
	case errors.As(err, &expired):
		return fail(ErrUserInfo, "id_token: expired")
	}
	return fail(ErrUserInfo, "id_token: made for another client, or not yet valid")
}

func (s *issuer) verifySignature(ctx context.Context, jwt string) ([]byte, error) {
	keys, round, err := s.keys.get(ctx)
	if err != nil {
		return nil, err
	}
	if payload, ok := keys.verify(ctx, jwt); ok {
		return payload, nil
	}
	// Issuers change keys without notice.
	keys, renewed, err := s.keys.renew(ctx, round)
	if err != nil {
		return nil, err
	}
	if renewed {
		if payload, ok := keys.verify(ctx, jwt); ok {
			return payload, nil
		}
		s.keys.pause(keysRest)
	}
	return nil, fail(ErrUserInfo, "id_token: signed by none of the issuer's keys")
}

// keySet holds an issuer's keys by their name, which may be "".
type keySet map[string][]crypto.PublicKey

func (k keySet) verify(ctx context.Context, jwt string) ([]byte, bool) {
	head, _, _ := strings.Cut(jwt, ".")
	text, err := base64.RawURLEncoding.DecodeString(head)
	var header struct {
		Key string `json:"kid"`
	}
	if err != nil || json.Unmarshal(text, &header) != nil {
		return nil, false
	}
	candidates := k[header.Key]
	if header.Key == "" {
		for _, keys := range k {
			candidates = append(slices.Clip(candidates), keys...)
		}
	}
	payload, err := (&oidc.StaticKeySet{PublicKeys: candidates}).VerifySignature(ctx, jwt)
	return payload, err == nil
}

// jwk is a key as RFC 7517 and 7518 write it.
type jwk struct {
	Kind  string `json:"kty"`
	Use   string `json:"use"`
	ID    string `json:"kid"`
	N     string `json:"n"`
	E     string `json:"e"`
	Curve string `json:"crv"`
	X     string `json:"x"`
	Y     string `json:"y"`
}

func (s *issuer) fetchKeys(ctx context.Context) (keySet, error) {
	m, _, err := s.metadata.get(ctx)
	if err != nil {
		return nil, err
	}
	var reply struct {
		Keys []json.RawMessage `json:"keys"`
	}
	if err := s.client.get(ctx, m.Keys, "", "keys", ErrUnavailable, &reply); err != nil {
		return nil, err
	}
	set := keySet{}
	for _, raw := range reply.Keys[:min(len(reply.Keys), maxKeys)] {
		var k jwk
		if json.Unmarshal(raw, &k) != nil || k.Use != "" && k.Use != "sig" {
			continue
		}
		if key := k.public(); key != nil {
			set[k.ID] = append(set[k.ID], key)
		}
	}
	if len(set) == 0 {
		return nil, fail(ErrUnavailable, "keys: none that can be used")
	}
	return set, nil
}

// public returns the key, nil if it is none of ours: sets hold others too.
func (k jwk) public() crypto.PublicKey {
	number := func(s string) []byte {
		b, err := base64.RawURLEncoding.DecodeString(strings.TrimRight(s, "="))
		if err != nil {
			return nil
		}
		return b
	}
	switch {
	case k.Kind == "RSA":
		n, e := new(big.Int).SetBytes(number(k.N)), new(big.Int).SetBytes(number(k.E))
		if n.BitLen() < minRSA || n.BitLen() > 4*minRSA || !e.IsInt64() || e.Int64() < 3 || e.Int64() > 1<<31-1 {
			return nil
		}
		return &rsa.PublicKey{N: n, E: int(e.Int64())}
	case k.Kind == "EC" && k.Curve == "P-256":
		const size = 32
		x, y := number(k.X), number(k.Y)
		if len(x) != size || len(y) != size {
			return nil
		}
		key, err := ecdsa.ParseUncompressedPublicKey(elliptic.P256(), slices.Concat([]byte{4}, x, y))
		if err != nil {
			return nil
		}
		return key
	}
	return nil
}
