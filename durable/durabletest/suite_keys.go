package durabletest

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"snug/durable"
)

// awkwardKeys are where stores go wrong: no bytes, the lowest and the highest,
// one key the beginning of another, the longest that the runtime lets through.
func awkwardKeys() []string {
	return []string{"", "\x00", "\x00\x00", "\x00\xff", "a", "a\x00", "a\x00b", "a\xff", "a\xff\xff", "b",
		"k:000", "k:001", "\xfe", "\xff", "\xff\x00", "\xff\xff", strings.Repeat("\xff", 2048), strings.Repeat("x", 2048)}
}

func testGet(f *fixture) {
	id := testID("object")
	f.wantNone(id, "k")
	o := f.claim(id)
	f.wantNone(id, "k")
	for i, key := range awkwardKeys() {
		o.write(put(key, fmt.Sprint(i)))
	}
	for i, key := range awkwardKeys() {
		f.wantValue(id, key, fmt.Sprint(i))
	}
	o.write(put("a", "again"))
	f.wantValue(id, "a", "again")
	for _, key := range awkwardKeys() {
		o.write(del(key))
		f.wantNone(id, key)
	}
	o.write(del("never there"))
	f.wantPairs(id, durable.Range{})
}

func testGetEmptyValue(f *fixture) {
	o := f.claim(testID("object"))
	o.write(put("empty", ""), durable.Op{Kind: durable.OpPut, Key: "nil"})
	for _, key := range []string{"empty", "nil"} {
		if got := f.get(o.record.ID, key); got == nil || len(got) != 0 {
			f.Fatalf("get %q: %q (nil %t), want an empty value", key, got, got == nil)
		}
	}
	f.wantPairs(o.record.ID, durable.Range{}, pair{"empty", ""}, pair{"nil", ""})
}

// What is handed in or out is the caller's to change.
func testBuffers(f *fixture) {
	o := f.claim(testID("object"))
	value := []byte("value")
	o.write(durable.Op{Kind: durable.OpPut, Key: "k", Value: value})
	copy(value, "XXXXX")
	got := f.get(o.record.ID, "k")
	copy(got, "YYYYY")
	f.wantValue(o.record.ID, "k", "value")
}

func testScanRanges(f *fixture) {
	o := f.claim(testID("object"))
	var all []pair
	var ops []durable.Op
	for i, key := range awkwardKeys() {
		all = append(all, pair{key, fmt.Sprint(i)})
		ops = append(ops, put(key, fmt.Sprint(i)))
	}
	o.write(ops...)
	bounds := append(awkwardKeys(), "`", "a\x01", "k:", "zzz")
	for _, start := range bounds {
		for _, end := range bounds {
			for _, reverse := range []bool{false, true} {
				r := durable.Range{Start: start, End: end, Reverse: reverse}
				f.wantPairs(o.record.ID, r, model(all, r)...)
			}
		}
	}
}

func testScanStops(f *fixture) {
	o := f.claim(testID("object"))
	for i := range 10 {
		o.write(put(fmt.Sprintf("k%d", i), ""))
	}
	first := f.scan(o.record.ID, durable.Range{Start: "k3", End: "k7"}, 2)
	if want := []pair{{"k3", ""}, {"k4", ""}}; !slices.Equal(first, want) {
		f.Fatalf("first two of k3 to k7: %v, want %v", first, want)
	}
	last := f.scan(o.record.ID, durable.Range{Start: "k3", End: "k7", Reverse: true}, 2)
	if want := []pair{{"k6", ""}, {"k5", ""}}; !slices.Equal(last, want) {
		f.Fatalf("last two of k3 to k7: %v, want %v", last, want)
	}
}

func testScanOrder(f *fixture) {
	o := f.claim(testID("object"))
	o.write(put("\U00010000", ""), put("é", ""), put("\uFFFF", ""), put("z", ""), put("e", ""))
	f.wantPairs(o.record.ID, durable.Range{},
		pair{"e", ""}, pair{"z", ""}, pair{"é", ""}, pair{"\uFFFF", ""}, pair{"\U00010000", ""})
}

// A Scan sees nothing of what is committed while it runs, and its function may
// use the store.
func testScanSeesOneState(f *fixture) {
	o := f.claim(testID("object"))
	var want []pair
	for i := range 100 {
		p := pair{fmt.Sprintf("k%02d", i), "old"}
		want = append(want, p)
		o.write(put(p.key, p.value))
	}
	var got []pair
	err := f.s.Scan(f.Context(), o.record.ID, durable.Range{}, func(key, value []byte) bool {
		got = append(got, pair{string(key), string(value)})
		if len(got) == 1 {
			o.write(put("k50", "new"), put("k500", "new"), delRange("k90", ""))
			f.wantValue(o.record.ID, "k50", "new")
		}
		return true
	})
	if err != nil {
		f.Fatalf("scan: %v", err)
	}
	if !slices.Equal(got, want) {
		f.Fatalf("scan over a commit: %v, want what was there at its start", got)
	}
	f.wantNone(o.record.ID, "k90")
}

func testDeleteRange(f *fixture) {
	keys := []string{"", "\x00", "a", "a\x00", "b", "c", "\xff", "\xff\xff"}
	bounds := append(slices.Clone(keys), "aa", "zz")
	for i, start := range bounds {
		for j, end := range bounds {
			o := f.claim(testID(fmt.Sprint("object", i, ".", j)))
			var want []pair
			var ops []durable.Op
			for _, key := range keys {
				ops = append(ops, put(key, ""))
				if key < start || end != "" && key >= end {
					want = append(want, pair{key, ""})
				}
			}
			o.write(ops...)
			o.write(delRange(start, end))
			f.wantPairs(o.record.ID, durable.Range{}, want...)
		}
	}
}

func testOpsInOrder(f *fixture) {
	o := f.claim(testID("object"))
	o.write(put("old", "0"), put("stays", "0"))
	o.write(
		put("a", "1"), put("a", "2"), del("a"), put("a", "3"),
		put("b", "1"), del("b"),
		delRange("old", "old\x00"), put("old", "1"),
		put("c", "1"), delRange("c", "d"),
		delRange("d", "c"), put("e", "1"),
	)
	f.wantPairs(o.record.ID, durable.Range{}, pair{"a", "3"}, pair{"e", "1"}, pair{"old", "1"}, pair{"stays", "0"})
	o.write(put("x", "1"), delRange("", ""), put("y", "1"))
	f.wantPairs(o.record.ID, durable.Range{}, pair{"y", "1"})
}

// Ids that border on each other, where a bound that is off by one shows.
func testObjectsApart(f *fixture) {
	var ids []durable.ID
	for _, b := range []byte{0x00, 0x01, 0x7f, 0xff} {
		for _, last := range []byte{0x00, 0x01, 0xfe, 0xff} {
			var id durable.ID
			for i := range id {
				id[i] = b
			}
			id[31] = last
			if !id.IsZero() {
				ids = append(ids, id)
			}
		}
	}
	owners := make(map[durable.ID]*owner)
	all := make(map[durable.ID][]pair)
	for i, id := range ids {
		owners[id] = f.claim(id)
		var ops []durable.Op
		for _, key := range awkwardKeys() {
			ops = append(ops, put(key, fmt.Sprint(i)))
			all[id] = append(all[id], pair{key, fmt.Sprint(i)})
		}
		owners[id].write(ops...)
	}
	check := func() {
		f.Helper()
		for _, id := range ids {
			for _, reverse := range []bool{false, true} {
				r := durable.Range{Reverse: reverse}
				f.wantPairs(id, r, model(all[id], r)...)
			}
		}
	}
	check()
	for i, id := range ids {
		if i%2 == 0 {
			owners[id].write(delRange("", ""))
			all[id] = nil
			check()
		}
	}
}

func testLargeObject(f *fixture) {
	const n, a = 10_000, 100
	o := f.claim(testID("object"))
	for i := 0; i < n; i += a {
		var ops []durable.Op
		for j := i; j < i+a; j++ {
			ops = append(ops, put(fmt.Sprintf("%08d", j), fmt.Sprint(j)))
		}
		o.write(ops...)
	}
	pairs := f.scan(o.record.ID, durable.Range{}, 0)
	if len(pairs) != n {
		f.Fatalf("%d keys, want %d", len(pairs), n)
	}
	for i, p := range pairs {
		if want := (pair{fmt.Sprintf("%08d", i), fmt.Sprint(i)}); p != want {
			f.Fatalf("pair %d is %v, want %v", i, p, want)
		}
	}
	last := f.scan(o.record.ID, durable.Range{Reverse: true}, 50)
	slices.Reverse(last)
	if !slices.Equal(last, pairs[n-50:]) {
		f.Fatalf("last 50: %v", last)
	}
	o.write(delRange("", "00009990"))
	if got := f.scan(o.record.ID, durable.Range{}, 0); !slices.Equal(got, pairs[n-10:]) {
		f.Fatalf("after the deletion of all but ten: %d keys, %v", len(got), got[:min(len(got), 20)])
	}
}

func testLargeValue(f *fixture) {
	o := f.claim(testID("object"))
	value := bytes.Repeat([]byte("0123456789abcdef"), 1<<17)
	o.write(durable.Op{Kind: durable.OpPut, Key: "k", Value: value}, put("l", "small"))
	f.reopen()
	if got := f.get(o.record.ID, "k"); !bytes.Equal(got, value) {
		f.Fatalf("2 MiB value came back with %d bytes", len(got))
	}
	f.wantValue(o.record.ID, "l", "small")
}
