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
	"runtime"
	"slices"
	"testing"
	"time"

	"snug/db"
	"snug/durable"
	"snug/durable/store/pebble"
)

var millionMessages = flag.Int("million", 1_000_000, "messages of the room of BenchmarkMillion")

// BenchmarkMillion reads a room of a million messages, over some years, with threads,
// pins and other events. It reports what 99 of 100 reads take at most, and how much the
// heap grew by them.
func BenchmarkMillion(b *testing.B) {
	room := openMillion(b)
	rng := rand.New(rand.NewPCG(3, 4))
	someSeq := func() *Seq { seq := 1 + Seq(rng.Uint64N(uint64(room.head))); return &seq }
	history := func(q HistoryQuery) error {
		_, err := room.s.History(b.Context(), Actor{}, "million", q)
		return err
	}
	for _, c := range []struct {
		name string
		read func() error
	}{
		{"open", func() error { return history(HistoryQuery{}) }},
		{"at", func() error {
			at := room.begin.Add(time.Duration(rng.Int64N(int64(room.span)))).UnixMilli()
			return history(HistoryQuery{At: &at})
		}},
		{"around", func() error { return history(HistoryQuery{Around: someSeq()}) }},
		{"before", func() error { return history(HistoryQuery{Before: someSeq()}) }},
		{"message", func() error {
			_, err := room.s.Message(b.Context(), Actor{}, "million", room.roots[rng.IntN(len(room.roots))])
			return err
		}},
		{"unknown", func() error {
			id := newMessageID(room.begin.Add(time.Duration(rng.Int64N(int64(room.span)))), *someSeq())
			if _, err := room.s.Message(b.Context(), Actor{}, "million", id); AsError(err).Code != CodeNotFound {
				return fmt.Errorf("found: %w", err)
			}
			return nil
		}},
		{"thread", func() error {
			_, err := room.s.Thread(b.Context(), Actor{}, "million", room.roots[rng.IntN(len(room.roots))], ThreadQuery{})
			return err
		}},
		{"pins", func() error {
			list, err := room.s.Pins(b.Context(), Actor{}, "million")
			if err == nil && len(list.Messages) != maxPins {
				err = fmt.Errorf("%d pins", len(list.Messages))
			}
			return err
		}},
		{"rooms", func() error { _, err := room.s.RoomList(b.Context(), Actor{}); return err }},
		{"events", func() error { _, err := room.s.Events(b.Context(), "million-id", *someSeq(), 100); return err }},
	} {
		b.Run(c.name, func(b *testing.B) { measure(b, c.read) })
	}
	// A post wakes the room: that doesn't read it whole.
	b.Run("wake", func(b *testing.B) {
		began := time.Now()
		_, err := room.s.Post(b.Context(), Actor{User: User{ID: "u", Name: "U"}}, "million", NewMessage{Content: "hello"})
		if err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(float64(time.Since(began).Microseconds())/1000, "ms")
	})
}

func measure(b *testing.B, read func() error) {
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	var took []time.Duration
	for b.Loop() {
		began := time.Now()
		if err := read(); err != nil {
			b.Fatal(err)
		}
		took = append(took, time.Since(began))
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)*99/100].Microseconds())/1000, "p99-ms")
	b.ReportMetric(float64(took[len(took)-1].Microseconds())/1000, "max-ms")
	b.ReportMetric(float64(int64(after.HeapAlloc)-int64(before.HeapAlloc))/(1<<20), "heap-MiB")
}

type million struct {
	s     *Service
	head  Seq
	begin time.Time
	span  time.Duration
	roots []MessageID
}

func openMillion(b *testing.B) *million {
	b.Helper()
	must := func(err error) {
		b.Helper()
		if err != nil {
			b.Fatal(err)
		}
	}
	ctx, dir := b.Context(), b.TempDir()
	tables, err := db.Open(ctx, filepath.Join(dir, "snug.db"))
	must(err)
	b.Cleanup(func() { _ = tables.Close() })
	must(tables.Write(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `insert into rooms (id, slug, name, created_at) values ('million-id', 'million', 'million', 0)`)
		return err
	}))
	open := func() (*Service, durable.Store) {
		store, err := pebble.Open(filepath.Join(dir, "objects"), pebble.Options{Logger: slog.New(slog.DiscardHandler)})
		must(err)
		s, err := New(ctx, Config{Store: store, DB: tables, Logger: slog.New(slog.DiscardHandler)})
		must(err)
		return s, store
	}
	s, store := open()
	room := &million{begin: time.Now().AddDate(-3, 0, 0)}
	must(room.fill(ctx, store, s.ns.ByName("million-id").ID(), *millionMessages))
	must(s.Close(ctx))
	must(store.Close())
	room.s, store = open()
	b.Cleanup(func() {
		_ = room.s.Close(context.Background())
		_ = store.Close()
	})
	return room
}

// fill stores messages as fillRoom does: every tenth seq is a reaction, every 1,000th
// message begins a thread of 60, 100 are pinned, and the clock goes back now and then.
func (r *million) fill(ctx context.Context, store durable.Store, id durable.ID, n int) error {
	record, err := store.Claim(ctx, id, "room", "million-id")
	if err != nil {
		return err
	}
	rng, now, fence := rand.New(rand.NewPCG(1, 2)), r.begin, record.Fence
	ops := []durable.Op{{Kind: durable.OpPut, Key: keyMeta, Value: encode(roomMeta{Stream: newStream(now), Slug: "million"})}}
	var root *Message
	events, pinned := Seq(0), 0
	for seq := Seq(1); n > 0; seq++ {
		r.head = seq
		now = now.Add(time.Duration(rng.Int64N(int64(3 * time.Minute))))
		if rng.IntN(10_000) == 0 {
			now = now.Add(-time.Minute)
		}
		if seq%10 == 0 {
			events++
			e := event{Kind: eventReact, Target: root.Seq, By: "u", ID: root.ID, At: now.UnixMilli(), Count: events}
			ops = append(ops, durable.Op{Kind: durable.OpPut, Key: eventKey(seq), Value: encode(e)})
			continue
		}
		n--
		m := benchWords(rng, now, seq)
		switch {
		case root == nil || seq%1000 == 1:
			root = m
			r.roots = append(r.roots, m.ID)
		case seq-root.Seq < 66:
			m.Thread = root.ID
			root.Replies = applyReplies(root.Replies, m)
			ops = append(ops, durable.Op{Kind: durable.OpPut, Key: replyKey(root.Seq, seq)}, putOf(root))
		case pinned < maxPins && rng.IntN(100) == 0:
			pinned++
			m.Pinned = true
			ops = append(ops, durable.Op{Kind: durable.OpPut, Key: pinKey(seq), Value: binary.BigEndian.AppendUint64(nil, uint64(seq))})
		}
		ops = append(ops, putOf(m), durable.Op{Kind: durable.OpPut, Key: clientKey(m.UserID, m.ClientID), Value: binary.BigEndian.AppendUint64(nil, uint64(seq))})
		if len(ops) >= 5000 || n == 0 {
			errs, err := store.Commit(ctx, []durable.Batch{{ID: id, Fence: fence, Ops: ops}})()
			if err != nil || errs[0] != nil {
				return fmt.Errorf("commit: %w, %v", err, errs)
			}
			fence.Head++
			ops = nil
		}
	}
	r.span = now.Sub(r.begin)
	return nil
}
