package durable

import (
	"slices"
	"strings"
)

// layer is a set of writes that isn't in the store yet: those of the turn, of
// an open transaction, or of a commit in flight. Layers stack; the newest one
// that knows a key answers for it.
type layer struct {
	few       []put             // in key order
	many      map[string][]byte // instead of few, where there are more than fewPuts
	ranges    []keyRange        // deleted before puts were made: puts win
	alarm     *Alarm
	confirmed bool // at least one write wants to be waited for
	bytes     int
}

// put is a key's new value; nil: it is deleted (a stored empty value is not nil).
type put struct {
	key   string
	value []byte
}

// fewPuts is up to where a sorted slice is cheaper than a map: that is nearly
// every turn.
const fewPuts = 16

type keyRange struct{ start, end string } // end "": no end

func (r keyRange) has(key string) bool { return key >= r.start && (r.end == "" || key < r.end) }

func (l *layer) empty() bool {
	return len(l.few) == 0 && len(l.many) == 0 && len(l.ranges) == 0 && l.alarm == nil
}

func (l *layer) find(key string) (at int, there bool) {
	return slices.BinarySearchFunc(l.few, key, func(p put, key string) int { return strings.Compare(p.key, key) })
}

func (l *layer) put(key string, value []byte) {
	l.bytes += len(key) + len(value)
	if l.many != nil {
		l.many[key] = value
		return
	}
	at, there := l.find(key)
	switch {
	case there:
		l.few[at].value = value
	case l.few == nil:
		l.few = append(make([]put, 0, 2), put{key, value})
	case len(l.few) < fewPuts:
		l.few = slices.Insert(l.few, at, put{key, value})
	default:
		l.many = make(map[string][]byte, 4*fewPuts)
		for _, p := range l.few {
			l.many[p.key] = p.value
		}
		l.few = nil
		l.many[key] = value
	}
}

func (l *layer) deleteRange(r keyRange) {
	l.few = slices.DeleteFunc(l.few, func(p put) bool { return r.has(p.key) })
	for key := range l.many {
		if r.has(key) {
			delete(l.many, key)
		}
	}
	l.ranges = append(l.ranges, r)
}

// lookup reports whether the layer decides about key, and its value (nil where
// it is deleted).
func (l *layer) lookup(key string) (value []byte, known bool) {
	if l.many != nil {
		if v, ok := l.many[key]; ok {
			return v, true
		}
	} else if at, there := l.find(key); there {
		return l.few[at].value, true
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
	for _, p := range newer.few {
		l.put(p.key, p.value)
	}
	for key, value := range newer.many {
		l.put(key, value)
	}
	if newer.alarm != nil {
		l.alarm = newer.alarm
	}
	l.confirmed = l.confirmed || newer.confirmed
}

// ops returns the layer as a batch's operations, in a fixed order.
func (l *layer) ops() []Op {
	ops := make([]Op, 0, len(l.ranges)+len(l.few)+len(l.many))
	for _, r := range l.ranges {
		ops = append(ops, Op{Kind: OpDeleteRange, Key: r.start, End: r.end})
	}
	for _, p := range l.puts(Range{}) {
		if p.value != nil {
			ops = append(ops, Op{Kind: OpPut, Key: p.key, Value: p.value})
		} else {
			ops = append(ops, Op{Kind: OpDelete, Key: p.key})
		}
	}
	return ops
}

// puts returns the puts of keys in r, in r's order. They must not be changed.
func (l *layer) puts(r Range) []put {
	inside := func(key string) bool { return key >= r.Start && (r.End == "" || key < r.End) }
	var puts []put
	if l.many == nil {
		if r == (Range{}) {
			return l.few
		}
		for _, p := range l.few {
			if inside(p.key) {
				puts = append(puts, p)
			}
		}
	} else {
		for key, value := range l.many {
			if inside(key) {
				puts = append(puts, put{key, value})
			}
		}
		slices.SortFunc(puts, func(a, b put) int { return strings.Compare(a.key, b.key) })
	}
	if r.Reverse {
		slices.Reverse(puts)
	}
	return puts
}

// merge walks base (a store's scan of r) as it looks under the layer.
func (l *layer) merge(r Range, base func(fn func(key, value []byte) bool) error, fn func(key string, value []byte) bool) error {
	over := l.puts(r)
	before := func(a, b string) bool {
		if r.Reverse {
			return a > b
		}
		return a < b
	}
	more := true
	emit := func(until string, all bool) {
		for more && len(over) > 0 && (all || before(over[0].key, until)) {
			if over[0].value != nil {
				more = fn(over[0].key, over[0].value)
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
