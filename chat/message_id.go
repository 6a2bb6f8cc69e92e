package chat

import (
	"crypto/rand"
	"encoding/hex"
	"strings"
	"time"
)

// newUUID mints a UUID of version 7 (RFC 9562 §5.7): its first 48 bits are the time in
// milliseconds, so that ids sort about as what they name does.
func newUUID(now time.Time) string { return formatUUID(uuidAt(now)) }

// idSeqBytes is how many bytes at the end of a message's id hold its seq.
const idSeqBytes = 5

// newMessageID mints a UUID of version 7 whose last 40 bits are the message's seq, so
// that it is found by its id alone. 34 bits of chance are left.
func newMessageID(now time.Time, seq Seq) MessageID {
	u := uuidAt(now)
	for i := range idSeqBytes {
		u[15-i] = byte(seq >> (8 * i))
	}
	return MessageID(formatUUID(u))
}

func uuidAt(now time.Time) (u [16]byte) {
	_, _ = rand.Read(u[6:]) // never fails: see crypto/rand
	ms := uint64(now.UnixMilli())
	for i := range 6 {
		u[i] = byte(ms >> (40 - 8*i))
	}
	u[6] = u[6]&0x0f | 0x70
	u[8] = u[8]&0x3f | 0x80
	return u
}

func formatUUID(u [16]byte) string {
	var text [36]byte
	hex.Encode(text[:8], u[:4])
	hex.Encode(text[9:13], u[4:6])
	hex.Encode(text[14:18], u[6:8])
	hex.Encode(text[19:23], u[8:10])
	hex.Encode(text[24:], u[10:])
	text[8], text[13], text[18], text[23] = '-', '-', '-', '-'
	return string(text[:])
}

// parts returns what a message's id says: when the message was posted and, of one that
// was minted since ids hold it, its seq. false: it is no id.
func (id MessageID) parts() (timestamp int64, seq Seq, ok bool) {
	if len(id) != 36 || id[8] != '-' || id[13] != '-' || id[18] != '-' || id[23] != '-' || id[14] != '7' {
		return 0, 0, false
	}
	var u [16]byte
	digits := strings.ReplaceAll(string(id), "-", "")
	if n, err := hex.Decode(u[:], []byte(digits)); err != nil || n != len(u) {
		return 0, 0, false
	}
	for _, b := range u[:6] {
		timestamp = timestamp<<8 | int64(b)
	}
	for _, b := range u[16-idSeqBytes:] {
		seq = seq<<8 | Seq(b)
	}
	return timestamp, seq, true
}
