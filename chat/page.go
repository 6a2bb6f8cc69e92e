package chat

import (
	"slices"
	"strconv"
	"sync"
)

// page builds a Page as JSON: the messages, as they are stored, are added on either
// side, and then what stands around them.
type page struct {
	extent
	hasOlder, hasNewer bool

	bytes    []byte
	from, to int // what is built stands in bytes[from:to]
}

// pageSize is the place, in bytes, that a page begins with: enough for 50 messages
// of some length.
const pageSize = 16 << 10

// addBehind adds a message that is newer than all that are there.
func (p *page) addBehind(message []byte) {
	if p.from < p.to {
		p.behind([]byte{','})
	}
	p.behind(message)
}

// addBefore adds one that is older.
func (p *page) addBefore(message []byte) {
	if p.from < p.to {
		p.before([]byte{','})
	}
	p.before(message)
}

func (p *page) behind(text []byte) {
	if len(p.bytes)-p.to < len(text) {
		p.grow(0, len(text))
	}
	p.to += copy(p.bytes[p.to:], text)
}

func (p *page) before(text []byte) {
	if p.from < len(text) {
		p.grow(len(text), 0)
	}
	p.from -= len(text)
	copy(p.bytes[p.from:], text)
}

// grow makes place for so many bytes before and behind, and spare place on the side
// that asked for it.
func (p *page) grow(before, behind int) {
	const around = 256 // for what whole and array add
	built := p.bytes[p.from:p.to]
	need := len(built) + before + behind + 2*around
	bytes := make([]byte, max(pageSize, 2*need))
	from := around
	if before > 0 {
		from += len(bytes) - need + before
	}
	p.from, p.to = from, from+copy(bytes[from:], built)
	p.bytes = bytes
}

// whole makes it the Page.
func (p *page) whole() {
	var short [192]byte
	b := appendString(append(short[:0], `{"stream":`...), p.stream)
	b = appendSeq(append(b, `,"head":`...), p.head)
	b = strconv.AppendBool(append(b, `,"hasOlder":`...), p.hasOlder)
	b = strconv.AppendBool(append(b, `,"hasNewer":`...), p.hasNewer)
	p.before(append(b, `,"messages":[`...))
	p.behind([]byte("]}"))
}

// array makes it an array of the messages alone.
func (p *page) array() {
	p.before([]byte{'['})
	p.behind([]byte{']'})
}

// copied returns what is built. It has place for the end of a line.
func (p *page) copied() []byte {
	p.behind([]byte{'\n'})
	line := append([]byte(nil), p.bytes[p.from:p.to]...)
	return line[:len(line)-1]
}

// reset begins anew, in the place that there is.
func (p *page) reset(at extent) {
	*p = page{extent: at, bytes: p.bytes, from: len(p.bytes) / 2, to: len(p.bytes) / 2}
}

// pages keeps the places of pages that were sent, as most are of about one size.
type pages struct{ pool sync.Pool }

func (ps *pages) take() *page {
	if p, ok := ps.pool.Get().(*page); ok {
		return p
	}
	return &page{}
}

func (ps *pages) give(p *page) {
	if len(p.bytes) <= maxKeptPage {
		ps.pool.Put(p)
	}
}

// view is what a room publishes for those who read its history: what there is, and
// the newest messages.
type view struct {
	extent
	tail
}

// tail holds the messages from a seq on, up to the newest, of those that were posted
// since the room woke. It only grows at its end, or is made anew, so that a copy of it
// stays as it is.
type tail struct {
	first Seq    // no message with this seq or a later one is missing
	seqs  []Seq  // of the messages, rising
	json  []byte // the messages, one after the other
	ends  []int  // where each ends
}

// begin is where the i-th message begins, or the end where there are i.
func (t *tail) begin(i int) int {
	if i == 0 {
		return 0
	}
	return t.ends[i-1]
}

// add appends a message. The tail keeps the last tailMessages in tailBytes, and up
// to as much again before it drops what is over that.
func (t *tail) add(seq Seq, message []byte) {
	if len(t.seqs) == 0 {
		t.first = seq
	}
	t.seqs = append(t.seqs, seq)
	t.json = append(t.json, message...)
	t.ends = append(t.ends, len(t.json))
	if len(t.ends) > 2*tailMessages || len(t.json) > 2*tailBytes {
		t.trim()
	}
}

// trim makes the tail anew of as many messages as it is to keep, with place for as
// many again: the room is busy.
func (t *tail) trim() {
	drop := 0
	for len(t.ends)-drop > tailMessages || len(t.json)-t.begin(drop) > tailBytes {
		drop++
	}
	begin := t.begin(drop)
	size := len(t.json) - begin
	kept := tail{
		first: t.seqs[len(t.seqs)-1] + 1,
		seqs:  append(make([]Seq, 0, 2*tailMessages+1), t.seqs[drop:]...),
		json:  append(make([]byte, 0, 2*size+size/4), t.json[begin:]...),
		ends:  make([]int, 0, 2*tailMessages+1),
	}
	if drop < len(t.seqs) {
		kept.first = t.seqs[drop]
	}
	for _, end := range t.ends[drop:] {
		kept.ends = append(kept.ends, end-begin)
	}
	*t = kept
}

// replace puts what became of a message in its place, if the tail holds it.
func (t *tail) replace(seq Seq, message []byte) {
	i, held := slices.BinarySearch(t.seqs, seq)
	if !held {
		return
	}
	begin, end := t.begin(i), t.ends[i]
	longer := len(message) - (end - begin)
	next := tail{first: t.first, seqs: t.seqs, json: make([]byte, 0, cap(t.json)+max(longer, 0)), ends: make([]int, i, cap(t.ends))}
	next.json = append(append(append(next.json, t.json[:begin]...), message...), t.json[end:]...)
	copy(next.ends, t.ends)
	for _, end := range t.ends[i:] {
		next.ends = append(next.ends, end+longer)
	}
	*t = next
	if len(t.json) > 2*tailBytes {
		t.trim()
	}
}

func (t *tail) message(i int) []byte { return t.json[t.begin(i):t.ends[i]] }

// each reads messages; errNotHeld where some of them are only in the store.
func (v *view) each(from, below Seq, reverse bool, fn func(seq Seq, stored []byte) bool) error {
	least := max(from, v.floor+1)
	held := max(least, v.first)
	begin, _ := slices.BinarySearch(v.seqs, held)
	end, _ := slices.BinarySearch(v.seqs, below)
	if reverse {
		for end > begin {
			if end--; !fn(v.seqs[end], v.message(end)) {
				return nil
			}
		}
	}
	if held > least && least < below {
		return errNotHeld
	}
	for ; begin < end && !reverse; begin++ {
		if !fn(v.seqs[begin], v.message(begin)) {
			return nil
		}
	}
	return nil
}
