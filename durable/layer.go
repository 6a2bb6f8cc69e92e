package durable

import (
	"slices"
)

// layer is a set of writes that isn't in the store yet: those of the turn, of
// an open transaction, or of a commit in flight. Layers stack; the newest one
// that knows a key answers for it.
type layer struct {
	puts      map[string][]byte // nil: deleted; a stored empty value is not nil
	ranges    []keyRange        // deleted before puts were made: puts win
	alarm     *Alarm
	confirmed bool // at least one write wants to be waited for
	bytes     int
}

type keyRange struct{ start, end string } // end "": no end

func (r keyRange) has(key string) bool { return key >= r.start && (r.end == "" || key < r.end) }

func (l *layer) empty() bool { return len(l.puts) == 0 && len(l.ranges) == 0 && l.alarm == nil }

func (l *layer) put(key string, value []byte) {
	if l.puts == nil {
		l.puts = make(map[string][]byte, 4)
	}
	l.puts[key] = value
	l.bytes += len(key) + len(value)
}

func (l *layer) deleteRange(r keyRange) {
	for key := range l.puts {
		if r.has(key) {
			delete(l.puts, key)
		}
	}
	l.ranges = append(l.ranges, r)
}

// lookup reports whether the layer decides about key, and its value (nil where
// it is deleted).
func (l *layer) lookup(key string) (value []byte, known bool) {
	if v, ok := l.puts[key]; ok {
		return v, true
	}
	for _, r := range l.ranges {
		if r.has(key) {
			return nil, true
		}
	}
	return nil, false
}

// apply lays newer on top of l.
func (l *layer) apply(newer *layer) {
	for _, r := range newer.ranges {
		l.deleteRange(r)
	}
	for key, value := range newer.puts {
		l.put(key, value)
	}
	if newer.alarm != nil {
		l.alarm = newer.alarm
	}
	l.confirmed = l.confirmed || newer.confirmed
}

// ops returns the layer as a batch's operations, in a fixed order.
func (l *layer) ops() []Op {
	ops := make([]Op, 0, len(l.ranges)+len(l.puts))
	for _, r := range l.ranges {
		ops = append(ops, Op{Kind: OpDeleteRange, Key: r.start, End: r.end})
	}
	for _, key := range l.keys(Range{}) {
		if value := l.puts[key]; value != nil {
			ops = append(ops, Op{Kind: OpPut, Key: key, Value: value})
		} else {
			ops = append(ops, Op{Kind: OpDelete, Key: key})
		}
	}
	return ops
}

// keys returns the keys of puts in r, in r's order.
func (l *layer) keys(r Range) []string {
	keys := make([]string, 0, len(l.puts))
	for key := range l.puts {
		if key >= r.Start && (r.End == "" || key < r.End) {
			keys = append(keys, key)
		}
	}
	slices.Sort(keys)
	if r.Reverse {
		slices.Reverse(keys)
	}
	return keys
}

// merge walks base (a store's scan of r) as it looks under the layer.
func (l *layer) merge(r Range, base func(fn func(key, value []byte) bool) error, fn func(key string, value []byte) bool) error {
	over := l.keys(r)
	before := func(a, b string) bool {
		if r.Reverse {
			return a > b
		}
		return a < b
	}
	more := true
	emit := func(until string, all bool) {
		for more && len(over) > 0 && (all || before(over[0], until)) {
			if value := l.puts[over[0]]; value != nil {
				more = fn(over[0], value)
			}
			over = over[1:]
		}
	}
	err := base(func(k, value []byte) bool {
		key := string(k)
		emit(key, false)
		if !more {
			return false
		}
		if _, known := l.lookup(key); !known {
			more = fn(key, slices.Clone(value))
		}
		return more
	})
	if err != nil {
		return err
	}
	emit("", true)
	return nil
}

// prefixEnd is the smallest key above all keys that begin with prefix, or ""
// where there is none.
func prefixEnd(prefix string) string {
	last := len(prefix) - 1
	for last >= 0 && prefix[last] == 0xff {
		last--
	}
	if last < 0 {
		return ""
	}
	return prefix[:last] + string([]byte{prefix[last] + 1})
}
