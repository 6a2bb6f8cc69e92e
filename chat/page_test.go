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
	for i := range v.seqs {
		list = append(list, string(v.message(i)))
	}
	return list
}

// A message that changed stands in its place; a copy from before stays as it was.
func TestTailReplaces(t *testing.T) {
	rng := lots(t)
	var now tail
	held := map[Seq]string{}
	for seq := Seq(1); seq < 3000; seq += 1 + Seq(rng.IntN(3)) {
		held[seq] = strings.Repeat("x", rng.IntN(100))
		now.add(seq, []byte(held[seq]))
		before := view{extent{}, now}
		was := heldBy(&before)
		at := seq - Seq(rng.IntN(300))
		if _, there := held[at]; there {
			held[at] = strings.Repeat("y", rng.IntN(3000))
			now.replace(at, []byte(held[at]))
		}
		if !slices.Equal(heldBy(&before), was) {
			t.Fatalf("at %d a copy has changed", seq)
		}
		for i, seq := range now.seqs {
			if got := string(now.message(i)); got != held[seq] {
				t.Fatalf("%d is %.50q, want %.50q", seq, got, held[seq])
			}
		}
		if len(now.seqs) != len(now.ends) || len(now.seqs) > 2*tailMessages || len(now.json) > 2*tailBytes || len(now.seqs) > 0 && now.seqs[0] != now.first {
			t.Fatalf("at %d the tail holds %d messages from %d in %d bytes", seq, len(now.seqs), now.first, len(now.json))
		}
	}
}

// From memory a page is the same as from the store, or isn't held.
func TestViewReadsAsTheStoreDoes(t *testing.T) {
	rng := lots(t)
	var got, want page
	for range 3000 {
		head := Seq(rng.IntN(30))
		floor := Seq(rng.IntN(int(head) + 1))
		at := extent{stream: "s", head: head, floor: floor, newest: floor}
		v, stored := view{}, &view{} // one that holds all
		stored.first, v.first = 1, Seq(rng.IntN(int(head)+1))+1
		for seq := Seq(1); seq <= head; seq++ {
			if seq != floor+1 && rng.IntN(4) == 0 {
				continue // an event
			}
			at.newest = max(at.newest, seq)
			m := fmt.Appendf(nil, `{"seq":%d}`, seq)
			stored.add(seq, m)
			stored.first = 1
			if first := v.first; seq >= first {
				v.tail.add(seq, m)
				v.first = first
			}
		}
		v.extent, stored.extent = at, at
		seq := Seq(rng.IntN(35))
		q := HistoryQuery{Limit: 1 + rng.IntN(20)}
		*[]**Seq{&q.Before, &q.After, &q.Around, new(*Seq)}[rng.IntN(4)] = &seq
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
