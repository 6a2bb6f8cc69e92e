package pebble_test

import (
	"context"
	"fmt"
	"sync"
	"testing"

	"snug/durable"
	"snug/durable/store/pebble"
)

func openBench(b *testing.B) *pebble.Store {
	b.Helper()
	store, err := pebble.Open(b.TempDir(), pebble.Options{})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		if err := store.Close(); err != nil {
			b.Error(err)
		}
	})
	return store
}

func benchID(n int) durable.ID {
	var id durable.ID
	copy(id[:], fmt.Sprintf("object %d", n))
	return id
}

func claim(b *testing.B, store durable.Store, id durable.ID) durable.Record {
	b.Helper()
	record, err := store.Claim(b.Context(), id, "room", "")
	if err != nil {
		b.Fatal(err)
	}
	return record
}

// message is what a turn of a chat room writes: the message under its number,
// and the mark that it was posted.
func message(record *durable.Record, value []byte) durable.Batch {
	n := record.Fence.Head
	batch := durable.Batch{ID: record.ID, Fence: record.Fence, Ops: []durable.Op{
		{Kind: durable.OpPut, Key: fmt.Sprintf("m:%016x", n), Value: value},
		{Kind: durable.OpPut, Key: fmt.Sprintf("d:user:%016x", n), Value: value[:8]},
	}}
	record.Fence.Head++
	return batch
}

func commit(b *testing.B, store durable.Store, batches []durable.Batch) {
	errs, err := store.Commit(context.Background(), batches)()
	if err != nil {
		b.Error(err)
	}
	for _, err := range errs {
		if err != nil {
			b.Error(err)
		}
	}
}

// BenchmarkCommitGroup commits turns of as many objects in one call, as the
// runtime's committer does. One op is one turn.
func BenchmarkCommitGroup(b *testing.B) {
	for _, size := range []int{1, 8, 64, 512} {
		b.Run(fmt.Sprintf("turns=%d", size), func(b *testing.B) {
			store := openBench(b)
			records := make([]durable.Record, size)
			for i := range records {
				records[i] = claim(b, store, benchID(i))
			}
			value := make([]byte, 200)
			b.ResetTimer()
			for n := 0; n < b.N; n += size {
				batches := make([]durable.Batch, 0, size)
				for i := range min(size, b.N-n) {
					batches = append(batches, message(&records[i], value))
				}
				commit(b, store, batches)
			}
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "turns/s")
		})
	}
}

// BenchmarkCommitCallers has as many callers, each with an object of its own
// and a commit always under way. One op is one turn.
func BenchmarkCommitCallers(b *testing.B) {
	for _, callers := range []int{1, 8, 64} {
		b.Run(fmt.Sprintf("callers=%d", callers), func(b *testing.B) {
			store := openBench(b)
			records := make([]durable.Record, callers)
			for i := range records {
				records[i] = claim(b, store, benchID(i))
			}
			value := make([]byte, 200)
			b.ResetTimer()
			var wg sync.WaitGroup
			for i := range records {
				wg.Go(func() {
					for range (b.N + callers - 1 - i) / callers {
						commit(b, store, []durable.Batch{message(&records[i], value)})
					}
				})
			}
			wg.Wait()
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "turns/s")
		})
	}
}

// fill makes an object of that many messages among others.
func fill(b *testing.B, store durable.Store, messages int) durable.ID {
	b.Helper()
	records := []durable.Record{claim(b, store, benchID(0)), claim(b, store, benchID(1)), claim(b, store, benchID(2))}
	value := make([]byte, 200)
	for n := 0; n < messages; n += 100 {
		var batches []durable.Batch
		for range 100 {
			for i := range records {
				batches = append(batches, message(&records[i], value))
			}
		}
		commit(b, store, batches)
	}
	return records[1].ID
}

func BenchmarkScanLast50(b *testing.B) {
	store := openBench(b)
	id := fill(b, store, 20_000)
	b.ReportAllocs()
	for b.Loop() {
		n := 0
		err := store.Scan(b.Context(), id, durable.Range{Start: "m:", End: "m;", Reverse: true}, func(_, _ []byte) bool {
			n++
			return n < 50
		})
		if err != nil || n != 50 {
			b.Fatal(n, err)
		}
	}
}

func BenchmarkGet(b *testing.B) {
	store := openBench(b)
	id := fill(b, store, 20_000)
	keys := make([]string, 1000)
	for i := range keys {
		keys[i] = fmt.Sprintf("m:%016x", i*20)
	}
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		if value, err := store.Get(b.Context(), id, keys[i%len(keys)]); err != nil || value == nil {
			b.Fatal(value, err)
		}
		i++
	}
}

func BenchmarkClaim(b *testing.B) {
	store := openBench(b)
	i := 0
	for b.Loop() {
		claim(b, store, benchID(i%10_000))
		i++
	}
}
