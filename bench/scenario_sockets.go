//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"
)

const (
	socketsPerUser = 48   // the server takes 64
	idleRoom       = 10   // sockets
	idleWorkerd    = 5000 // sockets: it needs some 100 kB for each
	connectRooms   = 50
	connectRepeats = 3
)

// connectAll measures how fast each contender takes sockets into rooms.
func (b *bench) connectAll(ctx context.Context, f *race) error {
	n := b.sockets(b.connects)
	type tries struct{ rates, costs, p99 []float64 }
	line := f.lineUp()
	all := make([]tries, len(line))
	for range connectRepeats {
		for i := range line {
			c := &line[i]
			if c.err != nil {
				continue
			}
			rate, cost, p99, err := connectOnce(ctx, c.target, n, f.begin)
			if ctx.Err() != nil {
				return ctx.Err()
			}
			if err != nil {
				c.fail(err)
				continue
			}
			all[i].rates, all[i].costs, all[i].p99 = append(all[i].rates, rate), append(all[i].costs, cost), append(all[i].p99, p99)
		}
	}
	t := table{Title: "Connecting", Columns: []string{"", "sockets/s", "best", "CPU/socket, us", "p99 of one, ms"}}
	t.note("%s sockets, %d at a time, into %d rooms: upgrade, hello and join (floors: join alone); %d tries in turn", whole(float64(n)), connectsAtOnce, connectRooms, connectRepeats)
	for i, c := range line {
		if c.err != nil {
			t.row(c.name, notMeasured(c.err))
			continue
		}
		for _, v := range [][]float64{all[i].rates, all[i].costs, all[i].p99} {
			slices.Sort(v)
		}
		t.row(c.name, whole(median(all[i].rates)), whole(last(all[i].rates)), fixed(median(all[i].costs), 1), fixed(median(all[i].p99), 2))
		b.set(median(all[i].rates), "connect", c.id, "sockets")
		b.set(median(all[i].costs), "connect", c.id, "cpu")
	}
	b.report.add(t)
	f.note(line)
	return nil
}

func connectOnce(ctx context.Context, t target, n int, start time.Time) (rate, cost, p99 float64, err error) {
	s, err := newStorm(t, n, start, func(i int) string { return slug(i % connectRooms) })
	if err != nil {
		return 0, 0, 0, err
	}
	defer s.close()
	before, err := processCPU(t.pid)
	if err != nil {
		return 0, 0, 0, err
	}
	took, err := s.connect(ctx)
	if err != nil {
		return 0, 0, 0, err
	}
	after, err := processCPU(t.pid)
	return float64(n) / took.Seconds(), inMicros(after-before) / float64(n), inMillis(s.times.percentile(.99)), err
}

// measureIdle measures what a socket takes that nothing happens on, in a new process
// of each server.
func (b *bench) measureIdle(ctx context.Context) error {
	n := b.sockets(b.idleSockets)
	t := table{Title: "Idle sockets", Columns: []string{"", "sockets", "bytes/socket", "with pages of files", "before, MiB", "after, MiB"}}
	t.note("rooms of %d; measured %v after the last has joined (peers: %v), rooms asleep; user space alone: the kernel's part is about 4 kB a socket for each of us", idleRoom, b.settle, b.peerSettle)
	t.note("Snug's people are guests, of whom it lets in 10,000; it takes 64 sockets of each")
	var bars []bar
	measure := func(key, id, name string, n int, t1 target, settle time.Duration) error {
		before, after, err := idle(ctx, t1, n, settle)
		if err != nil {
			return err
		}
		each := (after.anon - before.anon) / float64(n)
		t.row(name, whole(float64(n)), whole(each), whole((after.rss-before.rss)/float64(n)), mebibytes(before.anon), mebibytes(after.anon))
		b.set(each, "idle", key, id, "bytes")
		bars = append(bars, bar{label: name, value: each, text: whole(each), own: id == idSnug})
		return nil
	}
	for _, v := range []struct {
		key, name       string
		sockets, people int
	}{
		{"one", "Snug, one socket a user", min(n, b.idlePeople), min(n, b.idlePeople)},
		{"many", fmt.Sprintf("Snug, %d sockets a user", socketsPerUser), n, (n + socketsPerUser - 1) / socketsPerUser},
	} {
		if err := b.idleSnug(ctx, "idle-"+v.key, v.sockets, v.people, func(s *snug) error {
			return measure(v.key, idSnug, v.name, v.sockets, s.target, b.settle)
		}); err != nil {
			return err
		}
	}
	for _, p := range peers() {
		if b.without[p.id] || b.without[p.family] {
			continue
		}
		sockets := n
		if p.id == idWorkerd {
			sockets = min(n, idleWorkerd)
		}
		c, t1, err := b.startPeer(ctx, p)
		if err == nil {
			err = errors.Join(measure("many", p.id, p.name, sockets, t1, b.peerSettle), c.stop())
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil {
			t.row(p.name, notMeasured(err))
		}
	}
	b.report.add(t)
	b.charts = append(b.charts, chart{"idle", "Memory of the server for an idle socket", []panel{{"bytes in user space", barsOf(bars)}}})
	return nil
}

// idleSnug has do measure a server that has let its people in, and was then started
// anew.
func (b *bench) idleSnug(ctx context.Context, name string, sockets, people int, do func(*snug) error) (err error) {
	s, err := newSnug(b.server, b.serverCPU, b.dir, name)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.close()) }()
	if err := s.prepare(ctx, (sockets+idleRoom-1)/idleRoom, people); err != nil {
		return err
	}
	if err := s.stop(); err != nil {
		return err
	}
	if err := s.start(ctx); err != nil {
		return err
	}
	return do(s)
}

// idle returns what a server has resident before and with n sockets.
func idle(ctx context.Context, t target, n int, settle time.Duration) (before, after memory, err error) {
	s, err := newStorm(t, n, time.Now(), func(i int) string { return slug(i / idleRoom) })
	if err != nil {
		return memory{}, memory{}, err
	}
	defer s.close()
	if err := s.hold(ctx, settle/8); err != nil { // what starting up leaves may settle
		return memory{}, memory{}, err
	}
	if before, err = processMemory(t.pid); err != nil {
		return memory{}, memory{}, err
	}
	if _, err := s.connect(ctx); err != nil {
		return memory{}, memory{}, err
	}
	if err := s.hold(ctx, settle); err != nil {
		return memory{}, memory{}, err
	}
	after, err = processMemory(t.pid)
	return before, after, err
}
