package pebble_test

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"testing"
	"time"

	"snug/durable"
	"snug/durable/store/pebble"
)

// size returns the number that the environment gives the name, or n.
func size(b *testing.B, name string, n int) int {
	b.Helper()
	if s := os.Getenv(name); s != "" {
		var err error
		if n, err = strconv.Atoi(s); err != nil {
			b.Fatalf("%s: %v", name, err)
		}
	}
	return n
}

// history is a folder of objects with as many messages each. PEBBLE_BENCH_DIR
// names it, and keeps it for the next run; else it is made anew and removed.
// PEBBLE_BENCH_OBJECTS and _MESSAGES are its sizes.
type history struct {
	dir               string
	objects, messages int
}

func openHistory(b *testing.B) (*pebble.Store, history) {
	b.Helper()
	h := history{
		dir:     os.Getenv("PEBBLE_BENCH_DIR"),
		objects: size(b, "PEBBLE_BENCH_OBJECTS", 100), messages: size(b, "PEBBLE_BENCH_MESSAGES", 200),
	}
	if h.dir == "" {
		h.dir = b.TempDir()
	}
	_, missing := os.Stat(h.dir + "/LOCK")
	store := openFolder(b, h.dir)
	if missing != nil {
		h.load(b, store)
	}
	b.Cleanup(func() {
		if err := store.Close(); err != nil {
			b.Error(err)
		}
	})
	return store, h
}

func openFolder(b *testing.B, dir string) *pebble.Store {
	b.Helper()
	store, err := pebble.Open(dir, pebble.Options{})
	if err != nil {
		b.Fatal(err)
	}
	return store
}

// historyID spreads the objects as hashes do.
func historyID(n int) (id durable.ID) {
	rng := rand.New(rand.NewPCG(uint64(n), 7))
	for i := range id {
		id[i] = byte(rng.Uint32())
	}
	return id
}

func messageKey(seq int) string {
	return string(binary.BigEndian.AppendUint64([]byte("m/"), uint64(seq)))
}

// load writes in key order, which is how the least is rewritten.
func (h history) load(b *testing.B, store *pebble.Store) {
	b.Helper()
	ids := make([]durable.ID, h.objects)
	for i := range ids {
		ids[i] = historyID(i)
	}
	slices.SortFunc(ids, func(a, b durable.ID) int { return bytes.Compare(a[:], b[:]) })
	var waits []func() ([]error, error)
	for _, id := range ids {
		record := claim(b, store, id)
		for seq := 0; seq < h.messages; {
			batch := durable.Batch{ID: id, Fence: record.Fence}
			record.Fence.Head++
			for n := 0; n < 1000 && seq < h.messages; n++ {
				seq++
				batch.Ops = append(batch.Ops, durable.Op{Kind: durable.OpPut, Key: messageKey(seq), Value: messageValue(id, seq)})
			}
			waits = append(waits, store.Commit(b.Context(), []durable.Batch{batch}))
			if len(waits) == 16 {
				check(b, waits[0])
				waits = append(waits[:0], waits[1:]...)
			}
		}
	}
	for _, wait := range waits {
		check(b, wait)
	}
}

func messageValue(id durable.ID, seq int) []byte {
	rng := rand.New(rand.NewPCG(uint64(seq), uint64(id[0])))
	text := make([]byte, 0, 160)
	for len(text) < 140 {
		text = fmt.Appendf(text, "%s %d ", []string{"lunch", "where", "the build is", "green", "again", "see you at"}[rng.IntN(6)], rng.IntN(1000))
	}
	return fmt.Appendf(nil, `{"seq":%d,"id":"%016x","user":{"id":"%032x","name":"Somebody"},"at":%d,"text":"%s"}`,
		seq, rng.Uint64(), rng.Uint64(), 1_700_000_000_000+int64(seq), text)
}

// BenchmarkNewest reads the newest 50 messages of a random object, and copies
// them out.
func BenchmarkNewest(b *testing.B) {
	store, h := openHistory(b)
	rng := rand.New(rand.NewPCG(1, 2))
	values := make([][]byte, 0, 50)
	var buf []byte
	begin := cpuTime(b)
	b.ReportAllocs()
	for b.Loop() {
		values, buf = values[:0], buf[:0]
		err := store.Scan(b.Context(), historyID(rng.IntN(h.objects)), durable.Range{Start: "m/", End: "m0", Reverse: true},
			func(_, value []byte) bool {
				buf = append(buf, value...)
				values = append(values, buf[len(buf)-len(value):])
				return len(values) < 50
			})
		if err != nil || len(values) != 50 {
			b.Fatal(len(values), err)
		}
	}
	b.ReportMetric(float64((cpuTime(b)-begin).Nanoseconds())/1e3/float64(b.N), "cpu-us/op")
}

// BenchmarkWake claims a random object, as one does that wakes, and reads its
// newest message.
func BenchmarkWake(b *testing.B) {
	store, h := openHistory(b)
	rng := rand.New(rand.NewPCG(1, 2))
	var took []time.Duration
	for b.Loop() {
		id := historyID(rng.IntN(h.objects))
		start := time.Now()
		claim(b, store, id)
		n := 0
		err := store.Scan(b.Context(), id, durable.Range{Start: "m/", End: "m0", Reverse: true}, func(_, _ []byte) bool { n++; return false })
		if err != nil || n != 1 {
			b.Fatal(n, err)
		}
		took = append(took, time.Since(start))
	}
	reportShares(b, took)
}

// BenchmarkOpen opens a folder that was closed in order.
func BenchmarkOpen(b *testing.B) {
	for _, name := range []string{"empty", "history"} {
		b.Run(name, func(b *testing.B) {
			dir := b.TempDir()
			if name == "history" {
				store, h := openHistory(b)
				if err := store.Close(); err != nil {
					b.Fatal(err)
				}
				dir = h.dir
			}
			for b.Loop() {
				if name == "empty" {
					dir = b.TempDir()
				}
				store := openFolder(b, dir)
				b.StopTimer()
				if err := store.Close(); err != nil {
					b.Fatal(err)
				}
				b.StartTimer()
			}
		})
	}
}
