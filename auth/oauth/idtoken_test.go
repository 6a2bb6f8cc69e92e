package oauth_test

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"strings"
	"testing"
	"time"

	"snug/auth/oauth"
)

func TestIDToken(t *testing.T) {
	first := rsaKey("first", 0)
	stranger := rsaKey("first", 1) // says that it is first
	curve := ecKey("curve")
	hash := func(token string) string {
		sum := sha256.Sum256([]byte(token))
		return b64(sum[:16])
	}
	now := time.Now().Unix()
	for _, tt := range []struct {
		name   string
		key    key
		change object
		forge  func(s *issuer, claims object) string // instead of key
		want   error
	}{
		{"good", first, nil, nil, nil},
		{"ES256", curve, nil, nil, nil},
		{"key without a name", key{"", "RS256", first.private}, nil, nil, nil},
		{"hash of the access token", first, object{"at_hash": hash(accessToken)}, nil, nil},
		{"for us among others", first, object{"aud": []string{"other", clientID}, "azp": clientID}, nil, nil},

		{"wrong nonce", first, object{"nonce": "leak-other"}, nil, oauth.ErrNonce},
		{"no nonce", first, object{"nonce": nil}, nil, oauth.ErrNonce},
		{"empty nonce", first, object{"nonce": ""}, nil, oauth.ErrNonce},
		{"wrong issuer", first, object{"iss": "https://leak.example"}, nil, oauth.ErrIssuer},
		{"no issuer", first, object{"iss": nil}, nil, oauth.ErrIssuer},
		{"google's name elsewhere", first, object{"iss": "https://accounts.google.com"}, nil, oauth.ErrIssuer},
		{"wrong audience", first, object{"aud": "leak"}, nil, oauth.ErrUserInfo},
		{"no audience", first, object{"aud": nil}, nil, oauth.ErrUserInfo},
		{"made for another", first, object{"aud": []string{"leak", clientID}, "azp": "leak"}, nil, oauth.ErrUserInfo},
		{"made for nobody", first, object{"aud": []string{"leak", clientID}}, nil, oauth.ErrUserInfo},
		{"expired", first, object{"exp": now - 1}, nil, oauth.ErrUserInfo},
		{"without an end", first, object{"exp": nil}, nil, oauth.ErrUserInfo},
		{"not yet", first, object{"nbf": now + 3600}, nil, oauth.ErrUserInfo},
		{"of another access token", first, object{"at_hash": hash("leak")}, nil, oauth.ErrUserInfo},
		{"nobody", first, object{"sub": nil}, nil, oauth.ErrUserInfo},
		{"long account", first, object{"sub": strings.Repeat("s", 256)}, nil, oauth.ErrUserInfo},
		{"account is a number", first, object{"sub": 5}, nil, oauth.ErrUserInfo},

		{"foreign key", stranger, nil, nil, oauth.ErrUserInfo},
		{"unknown key", rsaKey("leak", 1), nil, nil, oauth.ErrUserInfo},
		{"RS256 with a name of a curve", key{"curve", "RS256", first.private}, nil, nil, oauth.ErrUserInfo},
		{"ES256 that is RS256", key{"first", "ES256", first.private}, nil, nil, oauth.ErrUserInfo},
		{"RS512", key{"first", "RS512", first.private}, nil, nil, oauth.ErrUserInfo},
		{"alg none", first, nil, func(_ *issuer, c object) string { return unsigned(object{"alg": "none"}, c) + "." }, oauth.ErrUserInfo},
		{"alg None", first, nil, func(_ *issuer, c object) string { return unsigned(object{"alg": "None"}, c) + "." }, oauth.ErrUserInfo},
		{"no alg", first, nil, func(_ *issuer, c object) string { return unsigned(object{"kid": "first"}, c) + "." }, oauth.ErrUserInfo},
		{"HS256 with the client secret", first, nil, func(_ *issuer, c object) string {
			return hs256(object{"alg": "HS256", "kid": "first"}, []byte(secret), c)
		}, oauth.ErrUserInfo},
		{"HS256 with the public key", first, nil, func(s *issuer, c object) string {
			return hs256(object{"alg": "HS256", "kid": "first"}, []byte(first.public()["n"].(string)), c)
		}, oauth.ErrUserInfo},
		{"key of its own in the header", first, nil, func(_ *issuer, c object) string {
			k := rsaKey("mine", 1)
			signed := strings.Split(k.sign(c), ".")
			head := strings.Split(unsigned(object{"alg": "RS256", "jwk": k.public()}, c), ".")
			return head[0] + "." + signed[1] + "." + signed[2]
		}, oauth.ErrUserInfo},
		{"changed afterwards", first, nil, func(s *issuer, c object) string {
			signed := strings.Split(first.sign(c), ".")
			forged := strings.Split(unsigned(object{}, s.claims(object{"sub": "victim"})), ".")
			return signed[0] + "." + forged[1] + "." + signed[2]
		}, oauth.ErrUserInfo},
		{"no signature", first, nil, func(_ *issuer, c object) string {
			return first.sign(c)[:strings.LastIndex(first.sign(c), ".")] + "."
		}, oauth.ErrUserInfo},
		{"claims are no object", first, nil, func(_ *issuer, c object) string {
			text := b64([]byte(`{"alg":"RS256","kid":"first"}`)) + "." + b64([]byte(`["leak"]`))
			return first.signText(text)
		}, oauth.ErrUserInfo},
		{"garbage", first, nil, func(*issuer, object) string { return "leak" }, oauth.ErrUserInfo},
		{"dots", first, nil, func(*issuer, object) string { return ".." }, oauth.ErrUserInfo},
		{"JSON", first, nil, func(*issuer, object) string { return `{"payload":"leak","signatures":[]}` }, oauth.ErrUserInfo},
		{"endless", first, object{"x": strings.Repeat("x", 16<<10)}, nil, oauth.ErrUserInfo},
		{"none", first, nil, func(*issuer, object) string { return "" }, oauth.ErrUserInfo},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := newIssuer(t)
			s.publish(first.public(), curve.public(),
				object{"kty": "oct", "kid": "first", "k": b64([]byte(secret))},
				object{"kty": "OKP", "crv": "Ed25519", "kid": "ed", "x": "AAAA"},
				object{"kty": "EC", "crv": "P-256", "kid": "off the curve", "x": b64(make([]byte, 32)), "y": b64(make([]byte, 32))},
				object{"kty": 5})
			claims := s.claims(tt.change)
			if tt.forge != nil {
				s.issues(tt.forge(s, claims))
			} else {
				s.issues(tt.key.sign(claims))
			}
			f, err := exchange(t, s.provider())
			wantKind(t, err, tt.want)
			if (f.AccountID == "s-1") != (tt.want == nil) {
				t.Errorf("got %+v", f)
			}
		})
	}
}

// Keys that aren't for signatures, or are too weak for them, are none.
func TestKeysThatDontCount(t *testing.T) {
	first := rsaKey("first", 0)
	with := func(name string, value any) object {
		k := first.public()
		k[name] = value
		return k
	}
	for name, k := range map[string]object{
		"for encryption":    with("use", "enc"),
		"exponent of one":   with("e", b64([]byte{1})),
		"enormous exponent": with("e", b64([]byte{1, 0, 0, 0, 0, 0, 0, 0, 0})),
		"no base64":         with("n", "leak!"),
		"another name":      with("kid", "second"),
	} {
		t.Run(name, func(t *testing.T) {
			s := newIssuer(t)
			s.publish(k, ecKey("other").public())
			s.issues(first.sign(s.claims(nil)))
			_, err := exchange(t, s.provider())
			wantKind(t, err, oauth.ErrUserInfo)
		})
	}
	short, err := rsa.GenerateKey(rand.Reader, 1024)
	if err != nil {
		t.Fatal(err)
	}
	s, k := newIssuer(t), key{"first", "RS256", short}
	s.publish(k.public(), ecKey("other").public())
	s.issues(k.sign(s.claims(nil)))
	_, err = exchange(t, s.provider())
	wantKind(t, err, oauth.ErrUserInfo)
}
