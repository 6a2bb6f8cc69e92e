//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// measureRooms measures what rooms cost that are there, or that were used once and
// sleep.
func (b *bench) measureRooms(ctx context.Context) (err error) {
	s, err := newSnug(b.server, b.serverCPU, b.dir, "rooms")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.close()) }()
	t := table{Title: "Rooms on disk", Columns: []string{"", "resident, MiB", "above the empty server", "of it not pages of files", "took, s"}}
	t.note("measured %v after the last post (%v after a start where there was none)", b.settle, b.emptySettle)
	// Empty but for its people: they are the same in all three.
	if err := s.prepare(ctx, 0, loaders); err != nil {
		return err
	}
	after := func(d time.Duration) (memory, error) {
		if err := wait(ctx, d); err != nil {
			return memory{}, err
		}
		return processMemory(s.target.pid)
	}
	empty, err := after(b.emptySettle)
	if err != nil {
		return err
	}
	row := func(name string, m memory, took string) {
		t.row(name, mebibytes(m.rss), mebibytes(m.rss-empty.rss), mebibytes(m.anon-empty.anon), took)
	}
	row("empty server", empty, "")
	if err := s.stop(); err != nil {
		return err
	}
	begin := time.Now()
	if err := s.addRooms(ctx, b.rooms); err != nil {
		return err
	}
	took := time.Since(begin)
	if err := s.start(ctx); err != nil {
		return err
	}
	m, err := after(b.emptySettle)
	if err != nil {
		return err
	}
	row(fmt.Sprintf("%s rooms, none used", whole(float64(b.rooms))), m, seconds(took))
	begin = time.Now()
	if _, err := s.target.load(ctx, begin, inTurn(b.usedRooms, 1)); err != nil {
		return fmt.Errorf("post to each room: %w", err)
	}
	took = time.Since(begin)
	if m, err = processMemory(s.target.pid); err != nil {
		return err
	}
	row(fmt.Sprintf("%s of them used, awake", whole(float64(b.usedRooms))), m, seconds(took))
	if m, err = after(b.settle); err != nil {
		return err
	}
	row("the same, asleep", m, "")
	b.set((m.rss-empty.rss)/(1<<20), "rooms", "grown")
	b.set((m.anon-empty.anon)/(1<<20), "rooms", "grown-anon")
	b.report.add(t)
	return nil
}

// wait waits; nothing is to be answered meanwhile.
func wait(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
