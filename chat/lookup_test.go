package chat

import (
	"bytes"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"snug/durable"
)

// keys is a storage in memory.
type keys map[string][]byte

func (k keys) Get(key string) ([]byte, error) { return bytes.Clone(k[key]), nil }

func (k keys) Each(o durable.ListOptions, fn func(key string, value []byte) bool) error {
	sorted := slices.Sorted(maps.Keys(k))
	if o.Reverse {
		slices.Reverse(sorted)
	}
	n := 0
	for _, key := range sorted {
		if key < o.Start || o.End != "" && key >= o.End {
			continue
		}
		if n++; !fn(key, k[key]) || n == o.Limit {
			break
		}
	}
	return nil
}

// someRoom is a room's messages, among other events, by a clock that is set back now
// and then by less than stepBack.
func someRoom(rng *rand.Rand, stepBack int64, id func(now time.Time, seq Seq) MessageID) (keys, extent, []*Message) {
	pace := 1 + rng.Int64N(5)
	k, at := keys{}, extent{stream: "s", floor: Seq(rng.IntN(5))}
	at.head, at.newest = at.floor, at.floor
	var all []*Message
	now := start.UnixMilli()
	for range rng.IntN(30 << rng.IntN(4)) {
		if at.head++; len(all) > 0 && rng.IntN(4) == 0 {
			continue // an event
		}
		switch now += rng.Int64N(3) * rng.Int64N(1000) / pace; {
		case stepBack > 0 && rng.IntN(15) == 0:
			now -= rng.Int64N(stepBack)
		}
		at.newest = at.head
		m := &Message{ID: id(time.UnixMilli(now), at.head), UserID: "u", Content: fmt.Sprint(at.head), Timestamp: now, Seq: at.head}
		k[messageKey(m.Seq)] = m.encoded()
		all = append(all, m)
	}
	return k, at, all
}

func TestSeekTime(t *testing.T) {
	rng := lots(t)
	for range 500 {
		stepBack := int64(0)
		if rng.IntN(2) == 0 {
			stepBack = 1 + rng.Int64N(5000)
		}
		k, at, all := someRoom(rng, stepBack, newMessageID)
		when := start.UnixMilli() - 2000 + rng.Int64N(50_000)
		if len(all) > 0 && rng.IntN(2) == 0 {
			when = all[rng.IntN(len(all))].Timestamp
		}
		want := at.newest + 1 // of so few messages it looks at all
		for _, m := range slices.Backward(all) {
			if m.Timestamp >= when {
				want = m.Seq
			}
		}
		got, err := seekTime(k, when, at)
		if exact := stepBack == 0 || len(all) < maxStepsBack; err != nil || exact && got != want {
			t.Fatalf("got %d, %v, want %d in %+v", got, err, want, at)
		}
		// In a long room whose clock went back any place will do where the times pass this one.
		if m := k[messageKey(got)]; got <= at.newest && (m == nil || headOf(t, m).Timestamp < when) {
			t.Fatalf("got %d, want about %d in %+v", got, want, at)
		}
	}
}

func headOf(t *testing.T, stored []byte) messageHead {
	t.Helper()
	h, err := parseHead(stored)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// Messages are found by their ids, those from before ids held the seq too.
func TestFind(t *testing.T) {
	rng := lots(t)
	old := func(now time.Time, _ Seq) MessageID { return MessageID(newUUID(now)) }
	for range 25 {
		mint := newMessageID
		if rng.IntN(2) == 0 {
			mint = old
		}
		k, at, all := someRoom(rng, 300, mint)
		in := func() (extent, error) { return at, nil }
		for _, m := range all {
			if got, err := find(k, m.ID, in); err != nil || got == nil || got.Seq != m.Seq {
				t.Fatalf("%s: got %+v, %v", m.ID, got, err)
			}
			for _, id := range []MessageID{old(time.UnixMilli(m.Timestamp), 0), newMessageID(time.UnixMilli(m.Timestamp), m.Seq), m.ID[1:], ""} {
				if got, err := find(k, id, in); err != nil || got != nil {
					t.Fatalf("%s: got %+v, %v", id, got, err)
				}
			}
		}
	}
}

func TestIsEmoji(t *testing.T) {
	for _, s := range []string{"👍", "👍🏽", "❤️", "🎉", "👨‍👩‍👧‍👦", "🏳️‍🌈", "🇩🇪", "🏴󠁧󠁢󠁥󠁮󠁧󠁿", "1️⃣", "#️⃣", "©️", "☺️", "👩🏽‍🚀", "🫠", "❤️‍🔥", "☝🏿", "🕵️‍♀️", "😶‍🌫️"} {
		if !isEmoji(s) {
			t.Errorf("%s is none", s)
		}
	}
	for _, s := range []string{"", "a", "1", "ok", "👍👍", "👍 ", " 👍", "❤", "©", "👍a", "\u200d", "👍\u200d", "\u200d👍", "\ufe0f", "🇩", "🇩🇪🇫", "1️", "1⃣x",
		"🏽", "👍\xff", "\xf0\x9f", "<b>", "👨‍👩‍👧‍👦👨‍👩‍👧‍👦", "🏴\U000e0067", ":+1:", "👍\ufe0f\ufe0f", "\U0001f468\u200d\u200d\U0001f469",
		"👨‍👩‍👧‍👦‍👨‍👩‍👧‍👦‍👨‍👩‍👧‍👦"} {
		if isEmoji(s) {
			t.Errorf("%q is one", s)
		}
	}
}
