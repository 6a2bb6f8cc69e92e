package auth

import (
	"crypto/cipher"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha1" // what RFC 6238 and every authenticator app use; HMAC doesn't need it free of collisions
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base32"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"golang.org/x/crypto/chacha20poly1305"
)

const (
	totpPeriod = 30 * time.Second
	totpDigits = 6
	// totpSkew is how many steps before and after now a code may be of: for clocks
	// that are wrong and people who type slowly.
	totpSkew = 1
)

// stepOf numbers the time steps of RFC 6238.
func stepOf(now time.Time) int64 { return now.Unix() / int64(totpPeriod/time.Second) }

// totpCode is the code of a step.
func totpCode(key []byte, step int64) string {
	m := hmac.New(sha1.New, key)
	m.Write(binary.BigEndian.AppendUint64(nil, uint64(step)))
	sum := m.Sum(nil)
	offset := sum[len(sum)-1] & 0xf
	n := binary.BigEndian.Uint32(sum[offset:]) & 0x7fffffff
	return fmt.Sprintf("%0*d", totpDigits, n%1e6)
}

// matchTOTP returns the step that a code is of, if it is of one about now and after
// the last used one. It takes as long for a right code as for a wrong one.
func matchTOTP(key []byte, code string, now time.Time, used int64) (step int64, ok bool) {
	for at := stepOf(now) - totpSkew; at <= stepOf(now)+totpSkew; at++ {
		same := subtle.ConstantTimeCompare([]byte(totpCode(key, at)), []byte(code)) == 1
		if same && at > used {
			step, ok = at, true
		}
	}
	return step, ok
}

// totpURI is what authenticator apps read from a QR code.
func totpURI(key []byte, issuer, account string) string {
	return "otpauth://totp/" + escapeURI(issuer) + ":" + escapeURI(account) +
		"?secret=" + base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(key) +
		"&issuer=" + escapeURI(issuer) + fmt.Sprintf("&digits=%d&period=%d", totpDigits, int(totpPeriod/time.Second))
}

// escapeURI writes a space as %20: some apps show a + as it is.
func escapeURI(text string) string { return strings.ReplaceAll(url.QueryEscape(text), "+", "%20") }

// seal encrypts what is kept and has to be read again, in better-auth's form: the
// hex of a nonce and of what XChaCha20-Poly1305 makes of the text under the
// SHA-256 of the server's secret.
func (s *Service) seal(text []byte) string { return seal(s.secrets[0], text) }

func seal(secret, text []byte) string {
	box := boxOf(secret)
	nonce := make([]byte, box.NonceSize(), box.NonceSize()+len(text)+box.Overhead())
	rand.Read(nonce) // never fails
	return hex.EncodeToString(box.Seal(nonce, nonce, text, nil))
}

// open decrypts what seal made, here or at better-auth. current is false if that
// took one of the old secrets.
func (s *Service) open(sealed string) (text []byte, current bool, err error) {
	return open(s.secrets, sealed)
}

func open(secrets [][]byte, sealed string) (text []byte, current bool, err error) {
	// A better-auth that has had several secrets writes which one it was.
	if rest, ok := strings.CutPrefix(sealed, "$ba$"); ok {
		_, sealed, _ = strings.Cut(rest, "$")
	}
	raw, err := hex.DecodeString(sealed)
	if err != nil || len(raw) < chacha20poly1305.NonceSizeX {
		return nil, false, errors.New("open sealed text: not what seal makes")
	}
	nonce, sealedText := raw[:chacha20poly1305.NonceSizeX], raw[chacha20poly1305.NonceSizeX:]
	for i, secret := range secrets {
		if text, err := boxOf(secret).Open(nil, nonce, sealedText, nil); err == nil {
			return text, i == 0, nil
		}
	}
	return nil, false, errors.New("open sealed text: none of the secrets fits")
}

func boxOf(secret []byte) cipher.AEAD {
	key := sha256.Sum256(secret)
	box, err := chacha20poly1305.NewX(key[:])
	if err != nil {
		panic(err) // the key has the right size
	}
	return box
}
