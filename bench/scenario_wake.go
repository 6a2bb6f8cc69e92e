//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"time"
)

// measureWake measures how long the first reply of a large room takes that sleeps.
func (b *bench) measureWake(ctx context.Context) (err error) {
	s, err := newSnug(b.server, b.serverCPU, b.dir, "wake")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.close()) }()
	if err := s.prepare(ctx, b.wakeRooms+1, loaders); err != nil {
		return err
	}
	begin := time.Now()
	posts, err := s.target.load(ctx, begin, inTurn(b.wakeRooms, b.wakeMessages))
	if err != nil {
		return fmt.Errorf("fill rooms: %w", err)
	}
	took := time.Since(begin).Seconds()
	t := table{Title: "Waking a large room", Columns: []string{"", "wakes", "p50, ms", "p99, ms", "worst, ms"}}
	t.note("%d rooms of %s messages each (posted at %s/s, all acked); from sending join on an open socket to joined, or post to ack; the limit on posts is that of people",
		b.wakeRooms, whole(float64(b.wakeMessages)), whole(float64(posts)/took))
	row := func(key, name string, h *histogram) {
		t.row(name, whole(float64(h.count)), fixed(inMillis(h.percentile(.5)), 2), fixed(inMillis(h.percentile(.99)), 2), fixed(inMillis(h.percentile(1)), 2))
		b.set(inMillis(h.percentile(.5)), "wake", key, "p50")
		b.set(inMillis(h.percentile(.99)), "wake", key, "p99")
	}
	// As people run it: a room that wakes with a limit on posts looks who posted lately.
	s.limits = true
	if err := errors.Join(s.stop(), s.start(ctx)); err != nil {
		return err
	}
	var joins, sent histogram
	for round := range b.wakeRounds {
		if err := wait(ctx, b.asleep); err != nil {
			return err
		}
		for i := range b.wakeRooms {
			byPost, h := (round+i)%2 == 1, &joins
			if byPost {
				h = &sent
			}
			if err := b.wakeRoom(s.target, i, byPost, h); err != nil {
				return err
			}
		}
	}
	row("warm", "asleep, warm: join", &joins)
	row("warm-post", "asleep, warm: post", &sent)
	for _, v := range []struct {
		key, name string
		cold      bool
	}{{"restarted", "server started again, files in the page cache: join", false}, {"cold", "server started again, page cache dropped: join", true}} {
		var h histogram
		for range b.coldRounds {
			if err := s.stop(); err != nil {
				return err
			}
			if v.cold {
				if err := forgetAll(s.data); err != nil {
					return err
				}
			}
			if err := s.start(ctx); err != nil {
				return err
			}
			for i := range b.wakeRooms {
				if err := b.wakeRoom(s.target, i, false, &h); err != nil {
					return err
				}
			}
		}
		row(v.key, v.name, &h)
	}
	b.report.add(t)
	return nil
}

// wakeRoom wakes a large room. The socket is opened before, in a small room, so that
// it is the large one alone that is waited for.
func (b *bench) wakeRoom(t target, room int, byPost bool, h *histogram) error {
	l, err := t.dial(0, slug(b.wakeRooms))
	if err != nil {
		return fmt.Errorf("open socket: %w", err)
	}
	defer l.close()
	begin := time.Now()
	if byPost {
		post, at := t.newPost(slug(room))
		stamp{0, time.Duration(begin.UnixNano() & (1<<47 - 1))}.put(post[at:]) // another clientId each time
		if err := l.send(post); err != nil {
			return err
		}
		if _, err := l.await(t.dialect, kindAck); err != nil {
			return fmt.Errorf("wake room: %w", err)
		}
		h.add(time.Since(begin))
		return nil
	}
	if err := l.join(t.dialect, slug(room)); err != nil {
		return fmt.Errorf("wake room: %w", err)
	}
	h.add(time.Since(begin))
	if l.seq < uint64(b.wakeMessages) {
		return fmt.Errorf("the room's head is %d after %d acked posts", l.seq, b.wakeMessages)
	}
	return nil
}

// forgetAll has the kernel drop what it keeps of a folder's files.
func forgetAll(dir string) error {
	return filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		return forget(path)
	})
}
