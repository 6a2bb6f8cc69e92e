package chat

import (
	"context"
	"database/sql"
	"encoding/binary"
	"flag"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"snug/db"
	"snug/durable"
	"snug/durable/store/pebble"
)

var (
	benchRooms    = flag.Int("rooms", 200, "of the benchmarks of history")
	benchMessages = flag.Int("messages", 200, "in each of these rooms")
)

// benchService is a chat on a disk, with rooms that hold messages and sleep. It
// returns the rooms' slugs.
func benchService(b *testing.B) (*Service, []string) {
	b.Helper()
	return benchServiceOf(b, *benchRooms, *benchMessages)
}

func benchServiceOf(b *testing.B, rooms, messages int) (*Service, []string) {
	b.Helper()
	ctx, dir := b.Context(), b.TempDir()
	must := func(err error) {
		b.Helper()
		if err != nil {
			b.Fatal(err)
		}
	}
	tables, err := db.Open(ctx, filepath.Join(dir, "snug.db"))
	must(err)
	b.Cleanup(func() { _ = tables.Close() })
	open := func() durable.Store {
		store, err := pebble.Open(filepath.Join(dir, "objects"), pebble.Options{Logger: slog.New(slog.DiscardHandler)})
		must(err)
		return store
	}
	start := func(store durable.Store) *Service {
		s, err := New(ctx, Config{Store: store, DB: tables, Logger: slog.New(slog.DiscardHandler)})
		must(err)
		return s
	}
	slugs := make([]string, rooms)
	must(tables.Write(ctx, func(tx *sql.Tx) error {
		for i := range slugs {
			slugs[i] = fmt.Sprint("room-", i)
			_, err := tx.ExecContext(ctx, `insert into rooms (id, slug, name, created_at) values (?, ?, ?, 0)`, slugs[i]+"-id", slugs[i], slugs[i])
			if err != nil {
				return err
			}
		}
		return nil
	}))
	store := open()
	s := start(store)
	rng := rand.New(rand.NewPCG(1, 2))
	for _, slug := range slugs {
		must(fillRoom(ctx, store, rng, s.ns.ByName(slug+"-id").ID(), slug, messages))
	}
	must(s.Close(ctx))
	must(store.Close())
	store = open()
	s = start(store)
	b.Cleanup(func() {
		_ = s.Close(context.Background())
		_ = store.Close()
	})
	return s, slugs
}

// fillRoom stores messages of some 60 to 400 bytes of content, past the runtime.
func fillRoom(ctx context.Context, store durable.Store, rng *rand.Rand, id durable.ID, slug string, n int) error {
	record, err := store.Claim(ctx, id, "room", slug+"-id")
	if err != nil {
		return err
	}
	now := time.Now()
	fence := record.Fence
	ops := []durable.Op{{Kind: durable.OpPut, Key: keyMeta, Value: encode(roomMeta{Stream: newStream(now), Slug: slug})}}
	for seq := Seq(1); seq <= Seq(n); seq++ {
		m := benchWords(rng, now, seq)
		ops = append(ops, putOf(m), durable.Op{Kind: durable.OpPut, Key: clientKey(m.UserID, m.ClientID), Value: binary.BigEndian.AppendUint64(nil, uint64(seq))})
		if len(ops) >= 2000 || seq == Seq(n) {
			errs, err := store.Commit(ctx, []durable.Batch{{ID: id, Fence: fence, Ops: ops}})()
			if err != nil || errs[0] != nil {
				return fmt.Errorf("commit: %w, %v", err, errs)
			}
			fence.Head++
			ops = nil
		}
	}
	return nil
}

func benchWords(rng *rand.Rand, now time.Time, seq Seq) *Message {
	return &Message{
		ID: newMessageID(now, seq), UserID: UserID(fmt.Sprintf("01990d3e-6c4b-7a53-9d0e-%012d", rng.IntN(50))), UserName: "Ada Lovelace",
		Content: someWords(rng, 60+rng.IntN(340)), Timestamp: now.UnixMilli(), Type: TypeText, Seq: seq, ClientID: ClientID(newUUID(now)),
	}
}

func putOf(m *Message) durable.Op {
	return durable.Op{Kind: durable.OpPut, Key: messageKey(m.Seq), Value: m.encoded()}
}

func someWords(rng *rand.Rand, n int) string {
	var b strings.Builder
	for b.Len() < n {
		fmt.Fprintf(&b, "%x ", rng.Uint32()>>rng.IntN(24))
	}
	return b.String()
}

// The newest 50 messages of a random room that sleeps.
func BenchmarkHistoryAsleep(b *testing.B) {
	s, slugs := benchService(b)
	wakes := s.Stats().Wakes
	rng := rand.New(rand.NewPCG(3, 4))
	size := 0
	b.ReportAllocs()
	for b.Loop() {
		page, err := s.History(b.Context(), Actor{}, slugs[rng.IntN(len(slugs))], HistoryQuery{})
		if err != nil {
			b.Fatal(err)
		}
		size += len(page)
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "reads/s")
	b.ReportMetric(float64(size/b.N), "bytes/page")
	if n := s.Stats().Wakes; n != wakes {
		b.Errorf("reading woke %d rooms", n-wakes)
	}
}

// The same of a room that is awake and has had 100 posts since.
func BenchmarkHistoryAwake(b *testing.B) {
	s, slugs := benchService(b)
	for i := range 100 {
		_, err := s.Post(b.Context(), Actor{User: User{ID: "ada", Name: "Ada"}}, slugs[0], NewMessage{ClientID: ClientID(fmt.Sprint(i)), Content: strings.Repeat("some words ", 20)})
		if err != nil {
			b.Fatal(err)
		}
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := s.History(b.Context(), Actor{}, slugs[0], HistoryQuery{}); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "reads/s")
}
