package push

import (
	"bytes"
	"crypto/ecdh"
	"crypto/rand"
	"encoding/base64"
	"strings"
	"testing"

	"snug/push/pushtest"
)

// The example of RFC 8291, appendix A.
const (
	rfcText     = "When I grow up, I want to be a watermelon"
	rfcSender   = "yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw"
	rfcReceiver = "q1dXpw3UpT5VOmu_cf_v6ih07Aems3njxI-JWgLcM94"
	rfcPublic   = "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4"
	rfcSalt     = "DGv6ra1nlYgDCS1FRnbzlw"
	rfcAuth     = "BTBZMqHH6r4Tts7J_aSIgg"
	rfcBody     = "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A_" +
		"yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN"
)

func raw(t *testing.T, text string) []byte {
	t.Helper()
	b, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func private(t *testing.T, text string) *ecdh.PrivateKey {
	t.Helper()
	key, err := ecdh.P256().NewPrivateKey(raw(t, text))
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func TestEncryptsAsTheRFCDoes(t *testing.T) {
	to, err := Keys{rfcPublic, rfcAuth}.receiver()
	if err != nil {
		t.Fatal(err)
	}
	body, err := to.encryptWith(private(t, rfcSender), raw(t, rfcSalt), []byte(rfcText), 0)
	if err != nil {
		t.Fatal(err)
	}
	if got := base64.RawURLEncoding.EncodeToString(body); got != rfcBody {
		t.Errorf("got  %s\nwant %s", got, rfcBody)
	}
}

// What the tests read pushes with reads what others sent, too.
func TestTheReceivingSideReadsTheRFC(t *testing.T) {
	text, err := pushtest.Decrypt(private(t, rfcReceiver), raw(t, rfcAuth), raw(t, rfcBody))
	if err != nil || string(text) != rfcText {
		t.Errorf("%q, %v", text, err)
	}
	broken := raw(t, rfcBody)
	broken[len(broken)-1] ^= 1
	if _, err := pushtest.Decrypt(private(t, rfcReceiver), raw(t, rfcAuth), broken); err == nil {
		t.Error("what was tampered with can be read")
	}
}

func TestPayloadsOfAllLengths(t *testing.T) {
	key, err := ecdh.P256().GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	auth := bytes.Repeat([]byte{7}, authSize)
	to := receiver{key.PublicKey(), auth}
	for _, n := range []int{0, 1, 511, 512, 513, 3000, MaxPayload - 1, MaxPayload} {
		payload := []byte(strings.Repeat("x", n))
		body, err := to.encrypt(payload)
		if err != nil {
			t.Fatal(err)
		}
		if len(body) > recordSize {
			t.Errorf("%d bytes become %d", n, len(body))
		}
		if padded := len(body) - headerSize - tagSize - 1; padded%padTo != 0 && padded != MaxPayload {
			t.Errorf("%d bytes are padded to %d", n, padded)
		}
		if got, err := pushtest.Decrypt(key, auth, body); err != nil || !bytes.Equal(got, payload) {
			t.Errorf("%d bytes: %d came, %v", n, len(got), err)
		}
	}
	if _, err := to.encrypt(make([]byte, MaxPayload+1)); err == nil {
		t.Error("what doesn't fit is encrypted")
	}
}

func TestSubscriptionsAreChecked(t *testing.T) {
	good := Subscription{"https://push.example.org/x", Keys{rfcPublic + "=", rfcAuth + "=="}}
	if err := good.Check(); err != nil {
		t.Error(err)
	}
	// Whoever runs the server may have a push service of their own, and then it is that one alone.
	own := Subscription{"http://push.internal:8080/x", good.Keys}
	if err := own.Check("http://push.internal:8080"); err != nil {
		t.Error(err)
	}
	for _, endpoint := range []string{"http://push.internal/x", "http://push.internal:8080.example.org/x", "http://a@push.internal:8080/x", "ftp://push.internal:8080/x"} {
		if err := (Subscription{endpoint, good.Keys}).Check("http://push.internal:8080"); err == nil {
			t.Errorf("%s is taken for a push service of one's own", endpoint)
		}
	}
	for name, change := range map[string]func(*Subscription){
		"http":          func(s *Subscription) { s.Endpoint = "http://push.example.org/x" },
		"no address":    func(s *Subscription) { s.Endpoint = "" },
		"no host":       func(s *Subscription) { s.Endpoint = "https:///x" },
		"a password":    func(s *Subscription) { s.Endpoint = "https://a:b@push.example.org/" },
		"long":          func(s *Subscription) { s.Endpoint += strings.Repeat("x", maxEndpoint) },
		"no key":        func(s *Subscription) { s.Keys.P256DH = "" },
		"no point":      func(s *Subscription) { s.Keys.P256DH = "B" + strings.Repeat("A", 86) },
		"not base64url": func(s *Subscription) { s.Keys.P256DH = "+" + rfcPublic[1:] },
		"short auth":    func(s *Subscription) { s.Keys.Auth = rfcAuth[:20] },
	} {
		s := good
		change(&s)
		if err := s.Check(); err == nil {
			t.Errorf("%s: it is taken", name)
		}
	}
}
