// Package pushtest has a push service for tests, with devices that read what they get: the
// receiving side of RFC 8030, 8188, 8291 and 8292, which shares nothing with the sending one.
package pushtest

import (
	"bytes"
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/ecdh"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// patience is how long Wait waits: a push on its way takes milliseconds.
const patience = 20 * time.Second

// Message is a push that arrived, as its device reads it.
type Message struct {
	Payload []byte
	Topic   string
	Urgency string
	TTL     time.Duration
	Key     string // base64url, of the server that signed it
	Subject string // whom that names
}

// Answer is what the push service says to a push; the zero value takes it.
type Answer struct {
	Status     int
	RetryAfter string
}

// Server is a push service. Its methods may be called concurrently.
type Server struct {
	web *httptest.Server // nil: nobody listens
	url string
	now func() time.Time

	mu      sync.Mutex
	devices map[string]*Device
	answers []Answer
	broken  []error       // what was wrong with pushes
	tried   int           // pushes that came, taken or not
	more    chan struct{} // closed and replaced when a push comes
}

// Device is one browser with a subscription.
type Device struct {
	Endpoint, P256DH, Auth string // as its browser tells the server

	server *Server
	path   string
	key    *ecdh.PrivateKey
	auth   []byte
	got    []Message
	waited int
}

// New returns a push service that nobody listens for: Post reaches it.
func New(now func() time.Time) *Server {
	return &Server{url: "https://push.example.org", now: now, devices: make(map[string]*Device), more: make(chan struct{})}
}

// Start starts one that listens, with TLS, and ends with the test.
func Start(tb testing.TB) *Server {
	tb.Helper()
	s := New(time.Now)
	s.web = httptest.NewTLSServer(s)
	s.url = s.web.URL
	tb.Cleanup(func() {
		s.web.Close()
		s.Check(tb)
	})
	return s
}

// Check fails the test if a push came that was no good.
func (s *Server) Check(tb testing.TB) {
	tb.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, err := range s.broken {
		tb.Errorf("a push was no good: %v", err)
	}
}

// Post sends a push here, over the network if somebody listens.
func (s *Server) Post(ctx context.Context, url string, header http.Header, body []byte) (int, http.Header, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		return 0, nil, err
	}
	r.Header = header
	if s.web == nil {
		w := httptest.NewRecorder()
		s.ServeHTTP(w, r)
		return w.Code, w.Header(), nil
	}
	resp, err := s.web.Client().Do(r)
	if err != nil {
		return 0, nil, err
	}
	return resp.StatusCode, resp.Header, resp.Body.Close()
}

// Subscribe makes a device.
func (s *Server) Subscribe(tb testing.TB) *Device {
	tb.Helper()
	key, err := ecdh.P256().GenerateKey(rand.Reader)
	if err != nil {
		tb.Fatal(err)
	}
	d := &Device{server: s, key: key, auth: make([]byte, 16), path: "/push/" + rand.Text()}
	rand.Read(d.auth)
	enc := base64.RawURLEncoding
	d.Endpoint, d.P256DH, d.Auth = s.url+d.path, enc.EncodeToString(key.PublicKey().Bytes()), enc.EncodeToString(d.auth)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.devices[d.path] = d
	return d
}

// Expire makes the push service forget a device: it answers 410 from now on.
func (s *Server) Expire(d *Device) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.devices, d.path)
}

// Answer says what the next pushes are answered.
func (s *Server) Answer(list ...Answer) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.answers = append(s.answers, list...)
}

// Tried is how many pushes came so far, taken or not.
func (s *Server) Tried() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.tried
}

// Got returns all that arrived at the device so far.
func (d *Device) Got() []Message {
	d.server.mu.Lock()
	defer d.server.mu.Unlock()
	return append([]Message(nil), d.got...)
}

// Wait returns the oldest push that no Wait has returned, and waits for it if there is none.
func (d *Device) Wait(tb testing.TB) Message {
	tb.Helper()
	late := time.NewTimer(patience)
	defer late.Stop()
	for {
		d.server.mu.Lock()
		more := d.server.more
		if d.waited < len(d.got) {
			m := d.got[d.waited]
			d.waited++
			d.server.mu.Unlock()
			return m
		}
		d.server.mu.Unlock()
		select {
		case <-more:
		case <-late.C:
			tb.Fatalf("no push came within %v", patience)
		}
	}
}

// ServeHTTP takes a push.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 4096))
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tried++
	defer func() {
		close(s.more)
		s.more = make(chan struct{})
	}()
	if err != nil {
		s.broken = append(s.broken, fmt.Errorf("body: %w", err))
		w.WriteHeader(http.StatusRequestEntityTooLarge)
		return
	}
	if len(s.answers) > 0 {
		a := s.answers[0]
		s.answers = s.answers[1:]
		if a.RetryAfter != "" {
			w.Header().Set("Retry-After", a.RetryAfter)
		}
		if a.Status != 0 {
			w.WriteHeader(a.Status)
			return
		}
	}
	d := s.devices[r.URL.Path]
	if d == nil {
		w.WriteHeader(http.StatusGone)
		return
	}
	m, err := d.read(r, body, s.url, s.now())
	if err != nil {
		s.broken = append(s.broken, err)
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	d.got = append(d.got, m)
	w.Header().Set("Location", s.url+"/message/"+rand.Text())
	w.WriteHeader(http.StatusCreated)
}

func (d *Device) read(r *http.Request, body []byte, origin string, now time.Time) (m Message, err error) {
	if r.Method != http.MethodPost || r.Header.Get("Content-Encoding") != "aes128gcm" {
		return m, fmt.Errorf("%s with encoding %q", r.Method, r.Header.Get("Content-Encoding"))
	}
	seconds, err := strconv.Atoi(r.Header.Get("TTL"))
	if err != nil || seconds <= 0 {
		return m, fmt.Errorf("TTL %q", r.Header.Get("TTL"))
	}
	m.TTL, m.Topic, m.Urgency = time.Duration(seconds)*time.Second, r.Header.Get("Topic"), r.Header.Get("Urgency")
	if len(m.Topic) > 32 || strings.Trim(m.Topic, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_") != "" {
		return m, fmt.Errorf("topic %q", m.Topic)
	}
	if m.Key, m.Subject, err = verify(r.Header.Get("Authorization"), origin, now); err != nil {
		return m, fmt.Errorf("VAPID: %w", err)
	}
	if m.Payload, err = Decrypt(d.key, d.auth, body); err != nil {
		return m, fmt.Errorf("decrypt: %w", err)
	}
	return m, nil
}

// verify checks who sent a push: RFC 8292.
func verify(header, origin string, now time.Time) (key, subject string, err error) {
	rest, ok := strings.CutPrefix(header, "vapid ")
	if !ok {
		return "", "", errors.New("no vapid")
	}
	values := make(map[string]string)
	for part := range strings.SplitSeq(rest, ",") {
		name, value, _ := strings.Cut(strings.TrimSpace(part), "=")
		values[name] = value
	}
	enc := base64.RawURLEncoding
	point, err := enc.DecodeString(values["k"])
	if err != nil {
		return "", "", err
	}
	public, err := ecdsa.ParseUncompressedPublicKey(elliptic.P256(), point)
	if err != nil {
		return "", "", err
	}
	parts := strings.Split(values["t"], ".")
	if len(parts) != 3 {
		return "", "", errors.New("no JWT")
	}
	signature, err := enc.DecodeString(parts[2])
	if err != nil || len(signature) != 64 {
		return "", "", errors.New("no ES256 signature")
	}
	hash := sha256.Sum256([]byte(parts[0] + "." + parts[1]))
	if !ecdsa.Verify(public, hash[:], new(big.Int).SetBytes(signature[:32]), new(big.Int).SetBytes(signature[32:])) {
		return "", "", errors.New("signed by somebody else")
	}
	var head struct{ Alg, Typ string }
	var claims struct {
		Aud, Sub string
		Exp      int64
	}
	for i, into := range []any{&head, &claims} {
		text, err := enc.DecodeString(parts[i])
		if err != nil {
			return "", "", err
		}
		if err := json.Unmarshal(text, into); err != nil {
			return "", "", err
		}
	}
	left := time.Unix(claims.Exp, 0).Sub(now)
	switch {
	case head.Alg != "ES256":
		return "", "", fmt.Errorf("algorithm %q", head.Alg)
	case claims.Aud != origin:
		return "", "", fmt.Errorf("audience %q", claims.Aud)
	case left <= 0 || left > 24*time.Hour:
		return "", "", fmt.Errorf("expires in %v", left)
	case !strings.HasPrefix(claims.Sub, "mailto:") && !strings.HasPrefix(claims.Sub, "https:"):
		return "", "", fmt.Errorf("subject %q", claims.Sub)
	}
	return values["k"], claims.Sub, nil
}

// Decrypt reads a body with the keys of its receiver: RFC 8188 and 8291.
func Decrypt(key *ecdh.PrivateKey, auth, body []byte) ([]byte, error) {
	if len(body) < 21 {
		return nil, errors.New("no header")
	}
	salt, size, length := body[:16], int(binary.BigEndian.Uint32(body[16:20])), int(body[20])
	if len(body) < 21+length {
		return nil, errors.New("header cut short")
	}
	sender, records := body[21:21+length], body[21+length:]
	other, err := ecdh.P256().NewPublicKey(sender)
	if err != nil {
		return nil, err
	}
	shared, err := key.ECDH(other)
	if err != nil {
		return nil, err
	}
	info := append([]byte("WebPush: info\x00"), key.PublicKey().Bytes()...)
	material := derive(auth, shared, append(info, sender...), 32)
	block, err := aes.NewCipher(derive(salt, material, []byte("Content-Encoding: aes128gcm\x00"), 16))
	if err != nil {
		return nil, err
	}
	gcm, err := cipher.NewGCM(block)
	if err != nil {
		return nil, err
	}
	base := derive(salt, material, []byte("Content-Encoding: nonce\x00"), 12)
	var plain []byte
	for i := uint64(0); ; i++ {
		record := records[:min(size, len(records))]
		records = records[len(record):]
		nonce := append([]byte(nil), base...)
		binary.BigEndian.PutUint64(nonce[4:], binary.BigEndian.Uint64(nonce[4:])^i)
		text, err := gcm.Open(nil, nonce, record, nil)
		if err != nil {
			return nil, err
		}
		text = bytes.TrimRight(text, "\x00")
		if len(text) == 0 {
			return nil, errors.New("a record without its mark")
		}
		mark := text[len(text)-1]
		plain = append(plain, text[:len(text)-1]...)
		switch {
		case mark == 2 && len(records) == 0:
			return plain, nil
		case mark != 1 || len(records) == 0:
			return nil, fmt.Errorf("mark %d with %d bytes to come", mark, len(records))
		}
	}
}

// derive is HKDF with SHA-256 for up to 32 bytes: RFC 5869.
func derive(salt, material, info []byte, length int) []byte {
	sum := func(key []byte, parts ...[]byte) []byte {
		mac := hmac.New(sha256.New, key)
		for _, p := range parts {
			mac.Write(p)
		}
		return mac.Sum(nil)
	}
	return sum(sum(salt, material), info, []byte{1})[:length]
}
