package chat

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"
)

// A copy of a tail stays as it is, whatever is added behind it, and the tail keeps
// the newest messages within its bounds.
func TestTail(t *testing.T) {
	rng := lots(t)
	for range 20 {
		var all, want []string // want: what kept holds
		var now tail
		kept := view{tail: tail{first: 1}}
		size := 1 << rng.IntN(17)
		for seq := Seq(1); seq <= 1000; seq++ {
			m := strings.Repeat("x", rng.IntN(size)) + fmt.Sprint(seq)
			all = append(all, m)
			now.add(seq, []byte(m))
			v := view{extent{head: seq}, now}
			n := int(seq + 1 - now.first)
			if held := all[len(all)-n:]; !slices.Equal(held, heldBy(&v)) {
				t.Fatalf("at %d the tail isn't the last %d messages", seq, n)
			}
			if n < min(tailMessages, int(seq)) && len(strings.Join(all[len(all)-n-1:], "")) <= tailBytes || n > 2*tailMessages || len(now.json) > 2*tailBytes {
				t.Fatalf("at %d the tail holds %d messages in %d bytes", seq, n, len(now.json))
			}
			if rng.IntN(50) == 0 {
				kept, want = v, slices.Clone(all[len(all)-n:])
			}
			if got := heldBy(&kept); !slices.Equal(got, want) {
				t.Fatalf("at %d the copy of %d has changed", seq, kept.head)
			}
		}
	}
}

func heldBy(v *view) (list []string) {
	for seq := v.first; seq <= v.head; seq++ {
		list = append(list, string(v.message(seq)))
	}
	return list
}

// Messages that skip a seq, which nothing does today, would begin a tail anew.
func TestTailHasNoGap(t *testing.T) {
	var now tail
	now.add(1, []byte("a"))
	now.add(2, []byte("b"))
	now.add(4, []byte("d"))
	if got := heldBy(&view{extent{head: 4}, now}); !slices.Equal(got, []string{"d"}) {
		t.Errorf("got %q", got)
	}
}

// From memory a page is the same as from the store, or isn't held.
func TestViewReadsAsTheStoreDoes(t *testing.T) {
	rng := lots(t)
	var got, want page
	for range 3000 {
		head := Seq(rng.IntN(30))
		floor := Seq(rng.IntN(int(head) + 1))
		v := view{extent: extent{"s", head, floor}}
		stored := &view{extent: extent{"s", head, floor}} // one that holds all
		v.first = Seq(rng.IntN(int(head)+1)) + 1
		for seq := Seq(1); seq <= head; seq++ {
			m := fmt.Appendf(nil, `{"seq":%d}`, seq)
			stored.add(seq, m)
			if seq >= v.first {
				v.tail.add(seq, m)
			}
		}
		if stored.first == 0 {
			stored.first = 1
		}
		at := Seq(rng.IntN(35))
		q := HistoryQuery{Limit: 1 + rng.IntN(20)}
		*[]**Seq{&q.Before, &q.After, &q.Around, new(*Seq)}[rng.IntN(4)] = &at
		if err := want.read(v.extent, q, stored); err != nil {
			t.Fatal(err)
		}
		err := got.read(v.extent, q, &v)
		if err != nil && (err != errNotHeld || v.first <= floor+1) {
			t.Fatalf("%+v of %+v: %v", q, v.extent, err)
		}
		if err != nil {
			continue
		}
		got.whole()
		want.whole()
		if got, want := got.copied(), want.copied(); !bytes.Equal(got, want) {
			t.Fatalf("%+v of %+v, held from %d\n got %s\nwant %s", q, v.extent, v.first, got, want)
		}
	}
}

func TestPageGrowsOnBothSides(t *testing.T) {
	rng := lots(t)
	var p page // its place is used again
	for range 300 {
		p.reset(extent{stream: strings.Repeat("s", rng.IntN(300)), head: 7})
		p.hasNewer = true
		var messages []string
		for range rng.IntN(30) {
			m := `{"` + strings.Repeat("x", rng.IntN(1<<rng.IntN(14))) + `":1}`
			if rng.IntN(2) == 0 {
				p.addBefore([]byte(m))
				messages = slices.Insert(messages, 0, m)
			} else {
				p.addBehind([]byte(m))
				messages = append(messages, m)
			}
		}
		array := p
		array.bytes = bytes.Clone(p.bytes)
		list := "[" + strings.Join(messages, ",") + "]"
		array.array()
		if got := string(array.copied()); got != list {
			t.Fatalf("got  %.200s\nwant %.200s", got, list)
		}
		want := `{"stream":"` + p.stream + `","head":7,"hasOlder":false,"hasNewer":true,"messages":` + list + "}"
		p.whole()
		if got := string(p.copied()); got != want {
			t.Fatalf("got  %.200s\nwant %.200s", got, want)
		}
	}
}
