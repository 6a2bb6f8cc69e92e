package chat

import (
	"fmt"
	"math/rand/v2"
	"testing"
)

// A key that was added is never absent; of others hardly any seems to be there.
func TestSeenForgetsNothing(t *testing.T) {
	seed := rand.Uint64()
	rng := rand.New(rand.NewPCG(seed, 0))
	for _, n := range []int{0, 1, seenFew, seenFew + 1, 1000, 50_000} {
		s := newSeen(0)
		key := func() string { return clientKey(UserID(fmt.Sprint(rng.IntN(100))), ClientID(fmt.Sprint(rng.Uint64()))) }
		var keys []string
		for range n {
			keys = append(keys, key())
			s.add(keys[len(keys)-1])
		}
		for _, k := range keys {
			if s.absent(k) {
				t.Fatalf("seed %d: %q is absent of %d keys that were added", seed, k, n)
			}
		}
		const asked = 10_000
		wrong := 0
		for range asked {
			if !s.absent(key()) {
				wrong++
			}
		}
		// One in 80 for each of up to six parts, more or less as the hash's own seed has it:
		// a twentieth, of which twice as much doesn't happen.
		if wrong > asked/10 {
			t.Errorf("seed %d: %d of %d other keys seem to be among %d", seed, wrong, asked, n)
		}
	}
}

// A room with too many messages asks the store, and remembers nothing.
func TestSeenIsBounded(t *testing.T) {
	s := newSeen(0)
	for i := range seenMost {
		s.add(fmt.Sprint(i))
	}
	bytes := 0
	for _, p := range s.parts {
		bytes += len(p.blocks) * blockBits / 8
	}
	if most := 400_000; bytes > most {
		t.Errorf("%d keys take %d bytes, more than %d", seenMost, bytes, most)
	}
	if !s.absent("new") && !s.absent("newer") && !s.absent("newest") {
		t.Error("it knows nothing any more")
	}
	s.add("one more")
	if s.parts != nil || s.absent("new") {
		t.Error("it holds too many keys")
	}
	for _, messages := range []Seq{seenMost + 1, 1 << 60} {
		if s := newSeen(messages); s.absent("new") || !s.over {
			t.Errorf("it begins to read %d keys", messages)
		}
	}
}
