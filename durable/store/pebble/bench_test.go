package pebble_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"syscall"
	"testing"
	"time"

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
		{Kind: durable.OpPut, Key: fmt.Sprintf("m/%032x", n), Value: value},
		{Kind: durable.OpPut, Key: fmt.Sprintf("d/user/%027x", n), Value: value[:8]},
	}}
	record.Fence.Head++
	return batch
}

func commit(b *testing.B, store durable.Store, batches []durable.Batch) {
	check(b, store.Commit(context.Background(), batches))
}

func check(b *testing.B, wait func() ([]error, error)) {
	errs, err := wait()
	if err != nil {
		b.Error(err)
	}
	for _, err := range errs {
		if err != nil {
			b.Error(err)
		}
	}
}

// BenchmarkCommitPipelined is a busy server: two groups of turns are always
// under way, of objects that take turns at it. One op is one turn; cpu-us/turn
// has flushes and compactions in it.
func BenchmarkCommitPipelined(b *testing.B) {
	for _, size := range []int{1, 25, 50} {
		b.Run(fmt.Sprintf("turns=%d", size), func(b *testing.B) {
			store := openBench(b)
			records := make([]durable.Record, 2*size)
			for i := range records {
				records[i] = claim(b, store, benchID(i))
			}
			value := make([]byte, 300)
			rng := rand.New(rand.NewPCG(1, 2))
			var waits []func() ([]error, error)
			var starts []time.Time
			var took []time.Duration
			begin := cpuTime(b)
			b.ResetTimer()
			for n := 0; n < b.N; n += size {
				for i := range value { // half of it compresses
					value[i] = "etaoin shrdlu"[i%13]
					if i%2 == 0 {
						value[i] = byte(rng.Uint32())
					}
				}
				batches := make([]durable.Batch, 0, size)
				for i := range min(size, b.N-n) {
					batches = append(batches, message(&records[(n/size%2)*size+i], value))
				}
				starts = append(starts, time.Now())
				waits = append(waits, store.Commit(context.Background(), batches))
				if len(waits) == 2 {
					check(b, waits[0])
					took = append(took, time.Since(starts[0]))
					waits, starts = append(waits[:0], waits[1]), append(starts[:0], starts[1])
				}
			}
			for _, wait := range waits {
				check(b, wait)
			}
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "turns/s")
			b.ReportMetric(float64((cpuTime(b)-begin).Nanoseconds())/1e3/float64(b.N), "cpu-us/turn")
			reportShares(b, took)
		})
	}
}

// reportShares says within what time 99 % and 99.9 % were done.
func reportShares(b *testing.B, took []time.Duration) {
	if len(took) == 0 {
		return
	}
	slices.Sort(took)
	for name, share := range map[string]int{"p99-us": 990, "p99.9-us": 999} {
		b.ReportMetric(float64(took[len(took)*share/1000].Nanoseconds())/1e3, name)
	}
}

// BenchmarkCommitLatency commits turns one by one, a thousand a second, beside
// the flushes and compactions of what it writes besides. Run it with one CPU,
// in a folder whose syncs cost nothing (TMPDIR=/dev/shm), to see how long they
// hold it.
func BenchmarkCommitLatency(b *testing.B) {
	store := openBench(b)
	records := make([]durable.Record, 50)
	for i := range records {
		records[i] = claim(b, store, benchID(i))
	}
	rng := rand.New(rand.NewPCG(1, 2))
	value := make([]byte, 20_000) // so that little has to be committed
	for i := range value {
		value[i] = byte(rng.Uint32())
	}
	took := make([]time.Duration, b.N)
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	b.ResetTimer()
	for n := range took {
		<-tick.C
		start := time.Now()
		commit(b, store, []durable.Batch{message(&records[n%len(records)], value)})
		took[n] = time.Since(start)
	}
	reportShares(b, took)
}

// cpuTime is what the process has used so far.
func cpuTime(b *testing.B) time.Duration {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		b.Fatal(err)
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
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
		err := store.Scan(b.Context(), id, durable.Range{Start: "m/", End: "m0", Reverse: true}, func(_, _ []byte) bool {
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
		keys[i] = fmt.Sprintf("m/%032x", i*20)
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
