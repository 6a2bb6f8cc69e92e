//go:build linux

package main

import (
	"bytes"
	"context"
	"fmt"
	"strconv"
	"syscall"
	"time"
)

const (
	connectsAtOnce = 128              // under way where connecting is measured; fewer than any server's backlog
	resumesAtOnce  = 2000             // where all come back; Linux lets 4,096 wait for a server
	stormWait      = 30 * time.Second // without any progress, and a storm has failed
)

// A seeker is one socket on its way into a room, and in it.
type seeker struct {
	wire
	state stage
	begun time.Duration

	stream string // of the room's history
	seq    uint64 // of its last message, or the head at which it joined
	head   uint64 // that it has to come to
	people uint64 // in the room, as it was told last; 0: it wasn't yet
}

type stage byte

const (
	outside   stage = iota // not begun, or closed
	upgrading              // HTTP
	greeted                // waits for a hello
	joining
	catching // has joined, and misses messages still
	arrived  // has all
)

// A storm is many sockets that connect at the same time, each to a room.
type storm struct {
	target  target
	start   time.Time
	room    func(i int) string
	seekers []seeker
	ep      int
	buf     []byte
	events  [512]syscall.EpollEvent
	seq     field
	atOnce  int  // may be on their way
	resume  bool // join with stream and seq
	done    int  // seekers that have arrived
	under   int  // that are on their way
	replays uint64
	times   histogram // from a socket's beginning until it has all

	told, toldBytes uint64 // announcements of who is here, on all sockets together
	count           field
}

func newStorm(t target, n int, start time.Time, room func(i int) string) (*storm, error) {
	ep, err := syscall.EpollCreate1(syscall.EPOLL_CLOEXEC)
	if err != nil {
		return nil, fmt.Errorf("create epoll set: %w", err)
	}
	s := &storm{target: t, start: start, room: room, atOnce: connectsAtOnce, seekers: make([]seeker, n), ep: ep, buf: make([]byte, 256<<10), seq: field{key: t.seqKey}, count: field{key: `"count":`}}
	for i := range s.seekers {
		s.seekers[i].fd = -1
	}
	return s, nil
}

func (s *storm) now() time.Duration { return time.Since(s.start) }

// connect brings all into their rooms and returns how long that took.
func (s *storm) connect(ctx context.Context) (time.Duration, error) {
	all := make([]int, len(s.seekers))
	for i := range all {
		all[i] = i
	}
	return s.bring(ctx, all)
}

// bring is connect of some, who are outside.
func (s *storm) bring(ctx context.Context, some []int) (time.Duration, error) {
	begin, next := s.now(), 0
	s.done, s.under, s.replays = 0, 0, 0
	s.times.reset()
	for moved := begin; s.done < len(some); {
		for next < len(some) && s.under < s.atOnce {
			if err := s.begin(some[next]); err != nil {
				return 0, fmt.Errorf("socket %d of %d: %w", next+1, len(some), err)
			}
			next++
		}
		done := s.done
		if err := s.turn(ctx); err != nil {
			return 0, err
		}
		if s.done > done {
			moved = s.now()
		} else if s.now()-moved > stormWait {
			return 0, fmt.Errorf("%d of %d sockets are in their rooms, and none more in %v", s.done, len(some), stormWait)
		}
	}
	return s.now() - begin, nil
}

// hold answers pings for a while, as idle clients do. What comes twice is an error.
func (s *storm) hold(ctx context.Context, d time.Duration) error {
	for until := s.now() + d; s.now() < until; {
		if err := s.turn(ctx); err != nil {
			return err
		}
	}
	return nil
}

// drop loses all connections at once, without a Close.
func (s *storm) drop() {
	for i := range s.seekers {
		s.lose(i)
	}
}

// lose loses one.
func (s *storm) lose(i int) {
	k := &s.seekers[i]
	if k.fd >= 0 {
		_ = syscall.Close(k.fd)
	}
	k.fd, k.state, k.rest = -1, outside, nil
}

func (s *storm) close() {
	s.drop()
	_ = syscall.Close(s.ep)
}

func (s *storm) begin(i int) error {
	k := &s.seekers[i]
	k.begun = s.now()
	fd, err := s.target.connectTCP()
	if err != nil {
		return err
	}
	k.fd = fd
	s.under++
	if err := syscall.SetNonblock(fd, true); err != nil {
		return fmt.Errorf("set non-blocking: %w", err)
	}
	if err := watch(s.ep, fd, i); err != nil {
		return err
	}
	if !s.target.handshake {
		return s.join(i)
	}
	k.state = upgrading
	return k.write(s.target.upgradeText(i, s.room(i)))
}

func (s *storm) join(i int) error {
	k := &s.seekers[i]
	k.state = joining
	text := s.target.joinText(s.room(i))
	if s.resume {
		text = s.target.resumeText(s.room(i), k.stream, strconv.FormatUint(k.seq, 10))
	}
	if text == "" {
		return nil
	}
	return k.write(appendClientFrame(nil, opText, []byte(text)))
}

func (s *storm) turn(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	n, err := syscall.EpollWait(s.ep, s.events[:], turnWait)
	if err != nil && err != syscall.EINTR {
		return fmt.Errorf("wait for sockets: %w", err)
	}
	for _, ev := range s.events[:max(n, 0)] {
		if err := s.read(int(ev.Fd)); err != nil {
			return fmt.Errorf("socket %d: %w", ev.Fd, err)
		}
	}
	return nil
}

func (s *storm) read(i int) error {
	k := &s.seekers[i]
	data, err := k.read(s.buf)
	if err != nil || data == nil {
		return err
	}
	if k.state == upgrading {
		size, err := upgraded(data)
		if err != nil {
			return err
		}
		if size == 0 {
			k.keep(data)
			return nil
		}
		data = data[size:]
		if err := s.inside(i); err != nil {
			return err
		}
	}
	return k.texts(data, func(payload []byte) error {
		for len(payload) > 0 {
			var text []byte
			text, payload = s.target.next(payload)
			if err := s.hear(i, text); err != nil {
				return err
			}
		}
		return nil
	})
}

// inside goes on after the upgrade.
func (s *storm) inside(i int) error {
	k := &s.seekers[i]
	k.state = greeted
	switch t := s.target; {
	case t.connect != "":
		return k.write(appendClientFrame(nil, opText, []byte(t.connect)))
	case t.greets:
		return nil
	}
	return s.join(i)
}

func (s *storm) hear(i int, text []byte) error {
	k := &s.seekers[i]
	switch what := s.target.kindOf(text); {
	case what == kindHello && k.state == greeted:
		return s.join(i)
	case what == kindJoined && k.state == joining:
		return s.joined(k, text)
	case what == kindMessage:
		seq, ok := number(s.seq.find(text))
		if !ok || seq != k.seq+1 || k.state < catching {
			return fmt.Errorf("message %d came after %d", seq, k.seq)
		}
		k.seq = seq
		s.replays++
		s.arrive(k)
	case what == kindPresence:
		s.told++
		s.toldBytes += uint64(len(text))
		k.people, _ = number(s.count.find(text))
	case what == kindEmpty:
		return k.write(appendClientFrame(nil, opText, []byte("{}")))
	case what == kindRefusal:
		return fmt.Errorf("refused: %s", text)
	}
	return nil
}

func (s *storm) joined(k *seeker, text []byte) error {
	k.head = 0
	if value := (&field{key: s.target.headKey}).find(text); value != nil {
		k.head, _ = number(value)
	}
	if s.resume && !bytes.Contains(text, []byte(`"resumed":true`)) {
		return fmt.Errorf("not resumed: %s", text)
	}
	if !s.resume {
		k.seq = k.head
		if value := (&field{key: `"stream":"`}).find(text); value != nil {
			stream, _, _ := bytes.Cut(value, []byte{'"'})
			k.stream = string(stream)
		}
	}
	k.state = catching
	s.arrive(k)
	return nil
}

// arrive notes that a seeker has come to its head, if it just has.
func (s *storm) arrive(k *seeker) {
	if k.state != catching || k.seq < k.head {
		return
	}
	k.state = arrived
	s.done++
	s.under--
	s.times.add(s.now() - k.begun)
}
