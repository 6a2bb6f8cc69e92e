package oauth_test

import (
	"encoding/json"
	"net/http"
	"testing"

	"snug/auth/oauth"
)

// An issuer's keys and a stranger's token, whatever they are, end in an error.
func FuzzVerifyIDToken(f *testing.F) {
	s := issuerAt(near(f))
	forged := rsaKey("first", 1).sign(s.claims(nil))
	for _, set := range []object{
		{"keys": []object{s.key.public()}},
		{"keys": []object{ecKey("first").public()}},
		{"keys": []object{{"kty": "RSA", "n": "", "e": "AQAB"}, {"kty": "EC", "crv": "P-256", "x": "AA", "y": "AA"}, {"kty": "oct", "k": "AA"}}},
	} {
		text, err := json.Marshal(set)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(text), forged)
		f.Add(string(text), hs256(object{"alg": "HS256"}, []byte(secret), s.claims(nil)))
		f.Add(string(text), unsigned(object{"alg": "none"}, s.claims(nil))+".")
	}
	f.Fuzz(func(t *testing.T, keys, token string) {
		s := issuerAt(near(t))
		s.says("/keys", 200, keys)
		p := s.provider(func(c *oauth.Config) { c.HTTP = &http.Client{Transport: nearBy{s.web}} })
		if f, err := p.VerifyIDToken(t.Context(), token, nonce); err == nil {
			t.Errorf("took a token for that of %q", f.AccountID)
		}
	})
}

// A profile, however odd, is bounded or refused.
func FuzzProfile(f *testing.F) {
	f.Add(`{"id":7,"login":"o","email":"a@example.org"}`, `[{"email":"a@example.org","primary":true,"verified":true}]`)
	f.Add(`{"id":"7"}`, `null`)
	f.Add(`{"id":7e2,"login":null,"name":"\ud800"}`, `[null,{}]`)
	f.Fuzz(func(t *testing.T, user, emails string) {
		w := near(t)
		w.says("/login/oauth/access_token", 200, tokenReply())
		w.says("/api/v3/user", 200, user)
		w.says("/api/v3/user/emails", 200, emails)
		got, err := exchange(t, must(oauth.NewGitHub(oauth.Config{
			ID: "github", ClientID: clientID, ClientSecret: secret, URL: w.url, HTTP: &http.Client{Transport: nearBy{w}},
		}))(t))
		if err == nil && (got.AccountID == "" || len(got.Name) > 4*256 || len(got.Email) > 254 || got.Email == "" && got.EmailVerified) {
			t.Errorf("got %+v", got)
		}
		if err != nil && (got.AccountID != "" || got.Email != "") {
			t.Errorf("a profile beside the error: %+v", got)
		}
	})
}
