package durabletest

import "math/rand/v2"

// node is a treap that is never changed once built: insert and delete copy the
// path to the root. A root is therefore a snapshot, which is what gives Scan
// its one consistent state and a batch its atomicity.
type node struct {
	key         string
	value       []byte
	prio        uint64
	left, right *node
}

func (n *node) get(key string) (*node, bool) {
	for n != nil && n.key != key {
		if key < n.key {
			n = n.left
		} else {
			n = n.right
		}
	}
	return n, n != nil
}

func (n *node) put(key string, value []byte) *node {
	before, rest := n.split(key)
	_, after := rest.split(key + "\x00")
	return before.join(&node{key: key, value: value, prio: rand.Uint64()}).join(after)
}

func (n *node) delete(key string) *node { return n.deleteRange(key, key+"\x00") }

// deleteRange drops start and all keys up to end, which isn't included; no end
// is "".
func (n *node) deleteRange(start, end string) *node {
	if end != "" && end <= start {
		return n
	}
	before, rest := n.split(start)
	if end == "" {
		return before
	}
	_, after := rest.split(end)
	return before.join(after)
}

// split returns the keys before key, and key and those after it.
func (n *node) split(key string) (before, rest *node) {
	if n == nil {
		return nil, nil
	}
	same := *n
	if n.key < key {
		same.right, rest = n.right.split(key)
		return &same, rest
	}
	before, same.left = n.left.split(key)
	return before, &same
}

// join puts after, all of whose keys are larger, behind n.
func (n *node) join(after *node) *node {
	switch {
	case n == nil:
		return after
	case after == nil:
		return n
	case n.prio > after.prio:
		same := *n
		same.right = n.right.join(after)
		return &same
	default:
		same := *after
		same.left = n.join(after.left)
		return &same
	}
}

// ascend calls fn for start and the keys up to end in order until fn returns
// false, and reports whether it never did.
func (n *node) ascend(start, end string, fn func(*node) bool) bool {
	if n == nil {
		return true
	}
	if n.key < start {
		return n.right.ascend(start, end, fn)
	}
	if end != "" && n.key >= end {
		return n.left.ascend(start, end, fn)
	}
	return n.left.ascend(start, end, fn) && fn(n) && n.right.ascend(start, end, fn)
}

// descend is ascend the other way round.
func (n *node) descend(start, end string, fn func(*node) bool) bool {
	if n == nil {
		return true
	}
	if n.key < start {
		return n.right.descend(start, end, fn)
	}
	if end != "" && n.key >= end {
		return n.left.descend(start, end, fn)
	}
	return n.right.descend(start, end, fn) && fn(n) && n.left.descend(start, end, fn)
}
