package auth

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"golang.org/x/crypto/argon2"
	"golang.org/x/crypto/scrypt"
	"golang.org/x/text/unicode/norm"
)

// errHashBusy: too many passwords are being hashed.
var errHashBusy = errors.New("too many passwords to hash")

// argon are the costs of Argon2id: memory in KiB, passes, lanes.
type argon struct {
	memory uint32
	time   uint32
	lanes  uint8
}

// strength is what new hashes are made with: 19 MiB and two passes, the least
// that OWASP calls sound, because a small machine has to bear several at once.
func strength() argon { return argon{memory: 19 << 10, time: 2, lanes: 1} }

// Bounds of what a stored hash may demand, so that a doctored row can't take the
// machine down.
const (
	maxArgonMemory = 256 << 10 // KiB
	maxArgonTime   = 16
	maxArgonLanes  = 16
	maxArgonBytes  = 64 // of salt and key
)

// A phc is an Argon2id hash in its own words: $argon2id$v=19$m=…,t=…,p=…$salt$key.
type phc struct {
	cost argon
	salt []byte
	key  []byte
}

func (p phc) String() string {
	b64 := base64.RawStdEncoding
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version,
		p.cost.memory, p.cost.time, p.cost.lanes, b64.EncodeToString(p.salt), b64.EncodeToString(p.key))
}

// parsePHC reads exactly what String writes, within the bounds above.
func parsePHC(s string) (phc, error) {
	fields := strings.Split(s, "$")
	if len(fields) != 6 || fields[0] != "" || fields[1] != "argon2id" || fields[2] != "v="+strconv.Itoa(argon2.Version) {
		return phc{}, errors.New("not an Argon2id hash")
	}
	costs := strings.Split(fields[3], ",")
	if len(costs) != 3 {
		return phc{}, errors.New("Argon2id hash without its costs")
	}
	var n [3]uint64
	for i, name := range []string{"m=", "t=", "p="} {
		text, ok := strings.CutPrefix(costs[i], name)
		v, err := strconv.ParseUint(text, 10, 32)
		if !ok || err != nil || strconv.FormatUint(v, 10) != text {
			return phc{}, errors.New("Argon2id hash with a bad cost")
		}
		n[i] = v
	}
	if n[0] > maxArgonMemory || n[1] < 1 || n[1] > maxArgonTime || n[2] < 1 || n[2] > maxArgonLanes || n[0] < 8*n[2] {
		return phc{}, errors.New("Argon2id hash with costs out of bounds")
	}
	p := phc{cost: argon{uint32(n[0]), uint32(n[1]), uint8(n[2])}}
	for _, part := range []struct {
		text  string
		least int
		bytes *[]byte
	}{{fields[4], 8, &p.salt}, {fields[5], 16, &p.key}} {
		raw, err := base64.RawStdEncoding.Strict().DecodeString(part.text)
		// The decoder skips line ends: only one spelling is accepted.
		if err != nil || strings.ContainsAny(part.text, "\r\n") || len(raw) < part.least || len(raw) > maxArgonBytes {
			return phc{}, errors.New("Argon2id hash with a bad salt or key")
		}
		*part.bytes = raw
	}
	return p, nil
}

func (p phc) derive(password string) []byte {
	return argon2.IDKey([]byte(password), p.salt, p.cost.time, p.cost.memory, p.cost.lanes, uint32(len(p.key)))
}

// legacyHash is better-auth's own form: a salt and a scrypt key in hex.
var legacyHash = regexp.MustCompile(`^([0-9a-f]{32}):([0-9a-f]{128})$`)

// A hasher makes and checks password hashes, a bounded number at once: each takes
// tens of milliseconds and of megabytes.
type hasher struct {
	cost    argon
	slots   chan struct{}
	waiting atomic.Int64
	runs    atomic.Int64 // keys derived; each attempt to sign in must cost the same
	dummy   string       // hash of nobody's password
	// legacy is set while hashes of better-auth's own form are stored. They are much
	// slower to check than ours: every check does both then, so that the time it
	// takes doesn't tell whose account was taken over and never used since.
	legacy atomic.Bool
}

func newHasher(cost argon, limit int) *hasher {
	p := phc{cost: cost, salt: make([]byte, 16), key: make([]byte, 32)}
	rand.Read(p.salt)
	rand.Read(p.key)
	return &hasher{cost: cost, slots: make(chan struct{}, limit), dummy: p.String()}
}

// enter waits for a slot.
func (h *hasher) enter(ctx context.Context) (leave func(), err error) {
	leave = func() { <-h.slots }
	select {
	case h.slots <- struct{}{}:
		return leave, nil
	default:
	}
	if h.waiting.Add(1) > int64(hashQueue*cap(h.slots)) {
		h.waiting.Add(-1)
		return nil, errHashBusy
	}
	defer h.waiting.Add(-1)
	timer := time.NewTimer(hashWait)
	defer timer.Stop()
	select {
	case h.slots <- struct{}{}:
		return leave, nil
	case <-timer.C:
		return nil, errHashBusy
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// hash makes the hash of a new password.
func (h *hasher) hash(ctx context.Context, password string) (string, error) {
	leave, err := h.enter(ctx)
	if err != nil {
		return "", err
	}
	defer leave()
	return h.make(password), nil
}

func (h *hasher) make(password string) string {
	p := phc{cost: h.cost, salt: make([]byte, 16), key: make([]byte, 32)}
	rand.Read(p.salt)
	h.runs.Add(1)
	p.key = p.derive(normalize(password))
	return p.String()
}

// verify compares a password with a stored hash; with "" it takes as long and
// finds that they differ. If the hash is of an older make and the password right,
// it returns a new one to store.
func (h *hasher) verify(ctx context.Context, password, stored string) (ok bool, fresh string, err error) {
	leave, err := h.enter(ctx)
	if err != nil {
		return false, "", err
	}
	defer leave()
	if stored == "" {
		stored = h.dummy
	}
	var want, got []byte
	current := false
	m := legacyHash.FindStringSubmatch(stored)
	if m != nil {
		h.legacy.Store(true) // an import came while we ran
		if got, err = h.deriveLegacy(password, m[1]); err != nil {
			return false, "", err
		}
		if want, err = hex.DecodeString(m[2]); err != nil {
			return false, "", fmt.Errorf("decode scrypt key: %w", err)
		}
	} else {
		p, err := parsePHC(stored)
		if err != nil {
			return false, "", fmt.Errorf("parse stored hash: %w", err)
		}
		h.runs.Add(1)
		want, got, current = p.key, p.derive(normalize(password)), p.cost == h.cost
		if h.legacy.Load() {
			if _, err := h.deriveLegacy(password, hex.EncodeToString(p.salt)); err != nil {
				return false, "", err
			}
		}
	}
	right := subtle.ConstantTimeCompare(want, got) == 1
	switch {
	case right && !current:
		fresh = h.make(password)
	case m != nil:
		h.make(password) // what a check of our own form costs
	}
	return right, fresh, nil
}

func (h *hasher) deriveLegacy(password, salt string) ([]byte, error) {
	h.runs.Add(1)
	// The salt is used as the text that it is stored as, not as the bytes that it means.
	key, err := scrypt.Key([]byte(normalize(password)), []byte(salt), 1<<14, 16, 1, 64)
	if err != nil {
		return nil, fmt.Errorf("derive scrypt key: %w", err)
	}
	return key, nil
}

// normalize makes one password of what different keyboards send for it, as
// better-auth does.
func normalize(password string) string { return norm.NFKC.String(password) }
