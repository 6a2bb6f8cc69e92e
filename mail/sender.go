package mail

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"
)

var (
	// ErrFull is returned while 1,000 mails wait.
	ErrFull = errors.New("mail: queue is full")
	// ErrClosed is returned after Close.
	ErrClosed = errors.New("mail: sender is closed")
)

// Sender delivers mails in the background. Make it with New, end it with Close.
// Its methods may be called concurrently.
type Sender struct {
	server *server
	log    *slog.Logger

	stop  context.CancelFunc // cuts the connection and ends run
	done  chan struct{}      // closed when run has ended
	awake chan struct{}      // holds one value when jobs or closed have changed

	mu     sync.Mutex
	jobs   []*job // in the order of Send; only run removes any
	closed bool
}

// A job is a mail until it is delivered or given up. Sender.mu guards what
// changes.
type job struct {
	Message
	id string // Message-ID
	at time.Time

	attempts int
	due      time.Time
}

// New checks the configuration and starts the delivery. It doesn't connect: a
// mail server that is away doesn't keep this one from starting. See Check.
func New(c Config) (*Sender, error) {
	server, err := newServer(c)
	if err != nil {
		return nil, fmt.Errorf("mail: %w", err)
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	ctx, stop := context.WithCancel(context.Background())
	s := &Sender{server: server, log: c.Logger, stop: stop, done: make(chan struct{}), awake: make(chan struct{}, 1)}
	go s.run(ctx)
	return s, nil
}

// Send queues a mail and returns at once. It fails for a mail that can't be sent
// to anyone, with ErrFull and with ErrClosed; what becomes of a queued mail is
// only logged.
func (s *Sender) Send(m Message) error {
	if err := m.check(); err != nil {
		return fmt.Errorf("mail: %w", err)
	}
	now := time.Now()
	j := &job{Message: m, id: rand.Text() + "@" + s.server.domain(), at: now, due: now}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return ErrClosed
	}
	if len(s.jobs) >= maxQueue {
		return ErrFull
	}
	s.jobs = append(s.jobs, j)
	s.wake()
	return nil
}

// Check connects to the server, starts TLS and signs in as for a mail, but sends
// none. Its error says which step failed, with what the server said: that is for
// the operator's eyes, not for a log.
func (s *Sender) Check(ctx context.Context) error {
	n, err := s.server.connect(ctx)
	if err != nil {
		if ctx.Err() != nil {
			err = ctx.Err()
		}
		return fmt.Errorf("check mail server %s: %w", s.server.addr, err)
	}
	n.quit()
	return nil
}

// Close takes no more mails, tries once more what is left, without waiting for
// the time of its next attempt, and returns when nothing is running. When ctx ends
// before, it cuts the connection and returns an error that says how many mails
// were left.
func (s *Sender) Close(ctx context.Context) error {
	s.mu.Lock()
	if !s.closed {
		s.closed = true
		for _, j := range s.jobs {
			j.due = time.Time{}
		}
		s.wake()
	}
	s.mu.Unlock()
	select {
	case <-s.done:
	case <-ctx.Done():
	}
	s.stop()
	<-s.done
	s.mu.Lock()
	defer s.mu.Unlock()
	if n := len(s.jobs); n > 0 {
		return fmt.Errorf("close mail sender: %d mails unsent", n)
	}
	return nil
}

func (s *Sender) wake() {
	select {
	case s.awake <- struct{}{}:
	default:
	}
}

// run delivers until Close has nothing left, or ctx ends.
func (s *Sender) run(ctx context.Context) {
	defer close(s.done)
	var open *session // nil: none
	for ctx.Err() == nil {
		j, due, more := s.next()
		switch {
		case j != nil:
			open = s.deliver(ctx, open, j)
		case more:
			open = s.rest(ctx, open, due)
		default:
			open.quit()
			return
		}
	}
	if open != nil {
		open.cut()
	}
}

// next returns the job that has been due longest. Without one it returns when one
// will be, zero for not yet known; more is false when none will.
func (s *Sender) next() (_ *job, due time.Time, more bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.jobs) == 0 {
		return nil, time.Time{}, !s.closed
	}
	first := slices.MinFunc(s.jobs, func(a, b *job) int { return a.due.Compare(b.due) })
	if first.due.After(time.Now()) {
		return nil, first.due, true
	}
	return first, time.Time{}, true
}

// rest waits until there is something to do, and ends the session when that takes
// long.
func (s *Sender) rest(ctx context.Context, open *session, until time.Time) *session {
	if open != nil {
		if idle := open.used.Add(idleAfter); until.IsZero() || idle.Before(until) {
			until = idle
		}
	}
	var alarm <-chan time.Time
	if !until.IsZero() {
		timer := time.NewTimer(time.Until(until))
		defer timer.Stop()
		alarm = timer.C
	}
	select {
	case <-s.awake:
	case <-alarm:
	case <-ctx.Done():
		return open
	}
	if open != nil && time.Since(open.used) >= idleAfter {
		open.quit()
		return nil
	}
	return open
}

// deliver tries j over the open session or a new one, and returns the session if
// it can be used further.
func (s *Sender) deliver(ctx context.Context, open *session, j *job) *session {
	mail, err := render(j.Message, s.server.from, j.id, j.at)
	if err != nil {
		s.settle(err, j)
		return open
	}
	for {
		if open == nil {
			if open, err = s.server.connect(ctx); err != nil {
				if ctx.Err() == nil {
					s.settle(err, s.due()...)
				}
				return nil
			}
		}
		err = open.send(s.server.from.Address, j.To, mail)
		if err == nil || !open.stale(err) || ctx.Err() != nil {
			break
		}
		open.cut()
		open = nil
	}
	if err == nil || ctx.Err() == nil { // else Close counts the job
		s.settle(err, j)
	}
	if !open.usable(err) {
		if err == nil || replyCode(err) != 0 {
			open.quit()
		} else {
			open.cut()
		}
		return nil
	}
	return open
}

// due returns the jobs that are to be tried now.
func (s *Sender) due() []*job {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := time.Now()
	var due []*job
	for _, j := range s.jobs {
		if !j.due.After(now) {
			due = append(due, j)
		}
	}
	return due
}

// settle ends an attempt: the jobs are delivered if err is nil, else they wait
// for their next one or are given up.
func (s *Sender) settle(err error, jobs ...*job) {
	var lines []func()
	s.mu.Lock()
	now := time.Now()
	over := map[*job]bool{}
	for _, j := range jobs {
		j.attempts++
		log := s.log.With("mail", j.id, "attempt", j.attempts)
		pause, again := pauseAfter(j.attempts)
		switch {
		case err == nil:
			over[j] = true
			lines = append(lines, func() { log.Debug("mail sent") })
		case again && !s.closed && !permanent(err):
			j.due = now.Add(pause)
			lines = append(lines, func() {
				log.Info("mail will be tried again", "step", failedStep(err), "status", status(err), "in", pause)
			})
		default:
			over[j] = true
			lines = append(lines, func() {
				log.Warn("mail given up", "step", failedStep(err), "status", status(err))
			})
		}
	}
	s.jobs = slices.DeleteFunc(s.jobs, func(j *job) bool { return over[j] })
	s.mu.Unlock()
	for _, line := range lines { // Send doesn't wait for the log
		line()
	}
}
