//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
)

// measureStart starts the server over and over: the first time on no folder.
func (b *bench) measureStart(ctx context.Context) (err error) {
	info, err := os.Stat(b.server)
	if err != nil {
		return fmt.Errorf("find server (make build makes it): %w", err)
	}
	s, err := newSnug(b.server, b.serverCPU, b.dir, "start")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.close()) }()
	var first float64
	var ready, rss, anon []float64
	for i := range 1 + b.starts {
		if err := s.start(ctx); err != nil {
			return err
		}
		took := inMillis(s.started)
		m, err := processMemory(s.target.pid)
		if err = errors.Join(err, s.stop()); err != nil {
			return err
		}
		if i == 0 {
			first = took
			continue
		}
		ready, rss, anon = append(ready, took), append(rss, m.rss), append(anon, m.anon)
	}
	for _, v := range [][]float64{ready, rss, anon} {
		slices.Sort(v)
	}
	t := table{Title: "Start of an empty server", Columns: []string{"", "median", "best", "worst"}}
	t.note("from exec until /readyz says so, asked every %v, with the few milliseconds in which this program pins it; %d starts after the first", readyPoll, b.starts)
	t.row("first start, no folder yet, ms", fixed(first, 0), "", "")
	t.row("later starts, ms", fixed(median(ready), 0), fixed(ready[0], 0), fixed(last(ready), 0))
	t.row("resident, MiB", mebibytes(median(rss)), mebibytes(rss[0]), mebibytes(last(rss)))
	t.row("of it not pages of files, MiB", mebibytes(median(anon)), mebibytes(anon[0]), mebibytes(last(anon)))
	t.row("binary, MiB", mebibytes(float64(info.Size())), "", "")
	b.set(median(ready), "start", "ready")
	b.set(median(rss)/(1<<20), "start", "rss")
	b.set(float64(info.Size())/(1<<20), "start", "binary")
	b.report.add(t)
	return nil
}

// measureDisk measures what the folder's disk allows.
func (b *bench) measureDisk(ctx context.Context) error {
	t := table{Title: fmt.Sprintf("Disk: append %d bytes and fdatasync", syncBytes), Columns: []string{"", "appends/s", "fdatasync/s", "p50, ms", "p99, ms"}}
	for _, writers := range []int{1, 16, 64} {
		d, err := measureLog(ctx, b.dir, b.disk, writers)
		if err != nil {
			return err
		}
		name := "one writer"
		if writers > 1 {
			name = fmt.Sprintf("%d writers, one commit for all that wait", writers)
		}
		t.row(name, whole(d.appends), whole(d.syncs), fixed(inMillis(d.p50), 2), fixed(inMillis(d.p99), 2))
		b.set(d.appends, "disk", writers, "appends")
		if writers == 1 && d.p50 < tooFast {
			t.note("so fast that it is memory: with -dir on a real disk, \"durable\" would mean something")
		}
	}
	b.report.add(t)
	return nil
}
