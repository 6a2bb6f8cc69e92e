//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"
)

// measureHistory measures reading the newest messages of rooms over HTTP.
func (b *bench) measureHistory(ctx context.Context) (err error) {
	s, err := newSnug(b.server, b.serverCPU, b.dir, "history")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.close()) }()
	if err := s.prepare(ctx, b.historyRooms, loaders); err != nil {
		return err
	}
	begin := time.Now()
	posts, err := s.target.load(ctx, begin, inTurn(b.historyRooms, b.historyMessages))
	if err != nil {
		return fmt.Errorf("fill rooms: %w", err)
	}
	took := time.Since(begin).Seconds()
	t := table{Title: "Reading history: the newest 50 messages", Columns: []string{"", "reads", "reads/s", "p50, ms", "p99, ms", "CPU/read, us", "reads/s a core", "server, %"}}
	t.note("%s rooms of %s messages (posted at %s/s, all acked); %d connections kept alive, each of another person, one request under way on each",
		whole(float64(b.historyRooms)), whole(float64(b.historyMessages)), whole(float64(posts)/took), readers)
	seed := uint64(begin.UnixNano())
	t.note("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	read := func(key, name string, window time.Duration, next func() (int, bool)) error {
		var h histogram
		before, err := processCPU(s.target.pid)
		if err != nil {
			return err
		}
		from := time.Now()
		reads, err := s.target.readPages(ctx, begin, window, b.historyMessages, next, &h)
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		took := time.Since(from)
		after, err := processCPU(s.target.pid)
		if err != nil {
			return err
		}
		if reads == 0 {
			return fmt.Errorf("%s: no page came", name)
		}
		each := inMicros(after-before) / float64(reads)
		t.row(name, whole(float64(reads)), whole(float64(reads)/took.Seconds()), fixed(inMillis(h.percentile(.5)), 2), fixed(inMillis(h.percentile(.99)), 2),
			fixed(each, 1), whole(1e6/each), whole(100*(after-before).Seconds()/took.Seconds()))
		figure := "history/" + key + "/per-core"
		b.Figures[figure] = max(b.Figures[figure], 1e6/each) // the best round
		return nil
	}
	for range b.historyRounds {
		if err := wait(ctx, b.asleep); err != nil {
			return err
		}
		order, i := random.Perm(b.historyRooms), -1
		if err := read("asleep", "each room once, asleep", loadWait, func() (int, bool) {
			if i++; i < len(order) {
				return order[i], true
			}
			return 0, false
		}); err != nil {
			return err
		}
		if err := read("random", "random room", b.historyWindow, func() (int, bool) { return random.IntN(b.historyRooms), true }); err != nil {
			return err
		}
	}
	b.report.add(t)
	return nil
}
