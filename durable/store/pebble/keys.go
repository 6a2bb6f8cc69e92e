package pebble

import (
	"encoding/binary"
	"errors"
	"math"
	"time"

	"snug/durable"
)

// formatVersion of the layout in the package comment. A folder of a higher one
// is refused.
const formatVersion = 1

const (
	kindAlarm  byte = 'a'
	kindKey    byte = 'k'
	kindMeta   byte = 'm'
	kindRecord byte = 'r'
)

const idLen = len(durable.ID{})

func metaKey(name string) []byte { return append([]byte{kindMeta}, name...) }

func recordKey(id durable.ID) []byte { return append([]byte{kindRecord}, id[:]...) }

func appendObjectKey(b []byte, id durable.ID, key string) []byte {
	b = append(b, kindKey)
	b = append(b, id[:]...)
	return append(b, key...)
}

// appendObjectEnd appends the lowest key after those of the object.
func appendObjectEnd(b []byte, id durable.ID) []byte {
	start := len(b)
	b = append(b, kindKey)
	b = append(b, id[:]...)
	for i := len(b) - 1; i >= start; i-- {
		b[i]++
		if b[i] != 0 {
			break
		}
	}
	return b
}

// appendRangeEnd appends the bound for a range that ends before end, or with
// the object where end is "".
func appendRangeEnd(b []byte, id durable.ID, end string) []byte {
	if end == "" {
		return appendObjectEnd(b, id)
	}
	return appendObjectKey(b, id, end)
}

func alarmKey(due time.Time, id durable.ID) []byte {
	b := make([]byte, 0, 1+8+idLen)
	b = append(b, kindAlarm)
	b = binary.BigEndian.AppendUint64(b, uint64(due.UnixMilli())^(math.MaxInt64+1))
	return append(b, id[:]...)
}

func parseAlarmKey(key []byte) (due time.Time, id durable.ID, err error) {
	if len(key) != 1+8+idLen {
		return time.Time{}, durable.ID{}, errMalformed
	}
	ms := int64(binary.BigEndian.Uint64(key[1:]) ^ (math.MaxInt64 + 1))
	return time.UnixMilli(ms).UTC(), durable.ID(key[9:]), nil
}

// wholeMillis rounds up, so that an alarm is never early.
func wholeMillis(t time.Time) time.Time {
	if t.IsZero() {
		return time.Time{}
	}
	ms := t.UnixMilli()
	if t.Nanosecond()%int(time.Millisecond) != 0 {
		ms++
	}
	return time.UnixMilli(ms).UTC()
}

var errMalformed = errors.New("malformed entry")

// appendRecord appends what is stored of a record: 1, epoch, claim and head;
// 0, or 1 and the alarm's two times and retries; class and name, each after
// its length.
func appendRecord(b []byte, r durable.Record) []byte {
	b = append(b, 1)
	b = binary.BigEndian.AppendUint64(b, r.Fence.Epoch)
	b = append(b, r.Fence.Claim[:]...)
	b = binary.BigEndian.AppendUint64(b, r.Fence.Head)
	if r.Alarm.IsZero() {
		b = append(b, 0)
	} else {
		b = append(b, 1)
		b = binary.BigEndian.AppendUint64(b, uint64(r.Alarm.Due.UnixMilli()))
		b = binary.BigEndian.AppendUint64(b, uint64(r.Alarm.Scheduled.UnixMilli()))
		b = binary.AppendUvarint(b, uint64(r.Alarm.Retries))
	}
	b = binary.AppendUvarint(b, uint64(len(r.Class)))
	b = append(b, r.Class...)
	b = binary.AppendUvarint(b, uint64(len(r.Name)))
	return append(b, r.Name...)
}

func parseRecord(id durable.ID, b []byte) (durable.Record, error) {
	p := parser{rest: b}
	r := durable.Record{ID: id}
	if p.byte() != 1 {
		return durable.Record{}, errMalformed
	}
	r.Fence.Epoch = p.uint64()
	copy(r.Fence.Claim[:], p.bytes(uint64(len(r.Fence.Claim))))
	r.Fence.Head = p.uint64()
	if p.byte() == 1 {
		r.Alarm.Due = time.UnixMilli(int64(p.uint64())).UTC()
		r.Alarm.Scheduled = time.UnixMilli(int64(p.uint64())).UTC()
		r.Alarm.Retries = int(p.uvarint())
	}
	r.Class = string(p.bytes(p.uvarint()))
	r.Name = string(p.bytes(p.uvarint()))
	if p.short || len(p.rest) > 0 {
		return durable.Record{}, errMalformed
	}
	return r, nil
}

// parser reads from rest; short is set once there was too little.
type parser struct {
	rest  []byte
	short bool
}

func (p *parser) bytes(n uint64) []byte {
	if n > uint64(len(p.rest)) {
		p.rest, p.short = nil, true
		return nil
	}
	b := p.rest[:n]
	p.rest = p.rest[n:]
	return b
}

func (p *parser) byte() byte {
	if b := p.bytes(1); b != nil {
		return b[0]
	}
	return 0
}

func (p *parser) uint64() uint64 {
	if b := p.bytes(8); b != nil {
		return binary.BigEndian.Uint64(b)
	}
	return 0
}

func (p *parser) uvarint() uint64 {
	n, size := binary.Uvarint(p.rest)
	if size <= 0 {
		p.rest, p.short = nil, true
		return 0
	}
	p.rest = p.rest[size:]
	return n
}
