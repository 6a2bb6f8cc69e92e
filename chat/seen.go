package chat

import (
	"hash/maphash"

	"snug/durable"
)

const (
	seenFew    = 51      // keys in the first part of a seen: one block
	seenMost   = 300_000 // keys that a room remembers at most: 400 KB
	seenChunk  = 256     // stored keys that one post looks at
	seenWorth  = 16      // stored keys for each post before it that was looked up
	blockBits  = 512     // a cache line: all bits of a key are in one
	keyBits    = 10      // place for each key, where 6 are set: one in 80 others looks like it
	keyBitsSet = 6
)

// seen says of a clientKey that the room has none like it, without asking the store,
// as nearly every post would: only what is sent again has one. Where it says that
// there may be one the store is asked. It is a Bloom filter, in parts of which each has
// place for four times as many keys as the one before.
//
// It holds all keys of a room that had no message when it woke. Those of another
// room it reads, a chunk with each post, once so many posts were looked up that this
// is a small part of their cost; until then it says of every key that there may be one.
type seen struct {
	seed  maphash.Seed
	parts []seenPart
	keys  int  // in all parts
	over  bool // the room has too many

	unread int    // keys at most that were stored before and aren't in it; 0: it is complete
	after  string // the last one read; "": reading hasn't begun
	asked  int    // keys it could say nothing of
}

// seenPart is a blocked Bloom filter.
type seenPart struct {
	blocks [][blockBits / 64]uint64
	free   int // keys that it has place for
}

// newSeen returns that of a room with so many stored messages.
func newSeen(messages Seq) seen {
	return seen{seed: maphash.MakeSeed(), unread: int(min(messages, seenMost+1)), over: messages > seenMost}
}

// absent reports whether the room is known to have no such key.
func (s *seen) absent(key string) bool {
	if s.over || s.unread > 0 {
		s.asked++
		return false
	}
	h := maphash.String(s.seed, key)
	for i := range s.parts {
		if s.parts[i].has(h) {
			return false
		}
	}
	return true
}

// add notes a key that is stored. While reading hasn't begun that will find it.
func (s *seen) add(key string) {
	if s.over || s.unread > 0 && s.after == "" {
		return
	}
	if s.keys++; s.keys > seenMost {
		s.over, s.parts = true, nil
		return
	}
	last := len(s.parts) - 1
	if last < 0 || s.parts[last].free == 0 {
		s.grow()
		last++
	}
	s.parts[last].add(maphash.String(s.seed, key))
}

// grow adds a part for the key that was counted last and those to come, with place for
// all that is to be read.
func (s *seen) grow() {
	place := min(max(4*s.keys, seenFew, s.unread), seenMost+1-s.keys)
	blocks := (place*keyBits + blockBits - 1) / blockBits
	s.parts = append(s.parts, seenPart{make([][blockBits / 64]uint64, blocks), blocks * blockBits / keyBits})
}

// bits returns the block of a key and the bits of the key there.
func (p *seenPart) bits(h uint64) (block *[blockBits / 64]uint64, bits uint64) {
	const mix = 0x9e3779b97f4a7c15 // 2^64 by the golden ratio
	return &p.blocks[(h>>32)*uint64(len(p.blocks))>>32], h * mix
}

func (p *seenPart) add(h uint64) {
	block, bits := p.bits(h)
	for range keyBitsSet {
		block[bits>>61] |= 1 << (bits >> 55 & 63)
		bits <<= 9
	}
	p.free--
}

func (p *seenPart) has(h uint64) bool {
	block, bits := p.bits(h)
	for range keyBitsSet {
		if block[bits>>61]&(1<<(bits>>55&63)) == 0 {
			return false
		}
		bits <<= 9
	}
	return true
}

// readSeen reads some of the keys that were stored before the room woke, once that is
// worth it.
func (r *Room) readSeen() error {
	s := &r.seen
	if s.over || s.unread == 0 || s.asked*seenWorth < s.unread {
		return nil
	}
	from, read := s.after, 0
	if from == "" {
		s.after = prefixClient // which is no key
	}
	err := r.st.Storage().Each(durable.ListOptions{Prefix: prefixClient, StartAfter: from, Limit: seenChunk}, func(key string, _ []byte) bool {
		s.after = key
		s.add(key)
		read++
		return true
	})
	if err == nil && read < seenChunk {
		s.unread = 0
	}
	return err
}
