package push

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"
)

// ErrFull is returned where as many pushes wait as may.
var ErrFull = errors.New("push: queue is full")

// Note is what a person's devices are to be told.
type Note struct {
	Payload []byte        // at most MaxPayload bytes
	Topic   string        // at most 32 characters of base64url: a newer one takes an older one's place
	Urgent  bool          // it is worth waking the device for
	TTL     time.Duration // how long it is news; at most 24 hours
	// Still says whether it is still to be sent, right before it is. nil: always.
	Still func(context.Context) bool
}

// job is a note on its way to a device.
type job struct {
	user string
	to   Subscription
	note Note
	made time.Time

	attempts int
	due      time.Time
}

// Send queues a note for each device of a person, and returns how many there are.
func (s *Service) Send(ctx context.Context, user string, n Note) (devices int, err error) {
	if len(n.Payload) > MaxPayload {
		return 0, fmt.Errorf("push of %d bytes: at most %d fit", len(n.Payload), MaxPayload)
	}
	n.TTL = min(n.TTL, maxTTL)
	list, err := s.devices(ctx, user)
	if err != nil || len(list) == 0 {
		return 0, err
	}
	now := s.cfg.Now()
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, to := range list {
		s.jobs = slices.DeleteFunc(s.jobs, func(j *job) bool {
			return n.Topic != "" && j.note.Topic == n.Topic && j.to.Endpoint == to.Endpoint
		})
		s.trimLocked(user)
		if len(s.jobs) >= maxQueue {
			return 0, ErrFull
		}
		s.jobs = append(s.jobs, &job{user: user, to: to, note: n, made: now, due: now})
	}
	s.poke()
	return len(list), nil
}

// trimLocked makes place for one more job of a person among their own.
func (s *Service) trimLocked(user string) {
	waiting, oldest := 0, -1
	for i, j := range s.jobs {
		if j.user != user {
			continue
		}
		if waiting++; oldest < 0 || j.made.Before(s.jobs[oldest].made) {
			oldest = i
		}
	}
	if waiting >= maxWaiting {
		s.jobs = slices.Delete(s.jobs, oldest, oldest+1)
	}
}

func (s *Service) poke() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// Run sends what is queued until ctx ends; what waits then is forgotten.
func (s *Service) Run(ctx context.Context) {
	done := make(chan struct{})
	for range workers {
		go func() {
			defer func() { done <- struct{}{} }()
			s.work(ctx)
		}()
	}
	for range workers {
		<-done
	}
}

func (s *Service) work(ctx context.Context) {
	for ctx.Err() == nil {
		j, wait := s.next()
		if j != nil {
			s.deliver(ctx, j)
			continue
		}
		timer := time.NewTimer(cmp.Or(wait, time.Hour))
		select {
		case <-s.wake:
		case <-timer.C:
		case <-ctx.Done():
		}
		timer.Stop()
	}
}

// next takes the job that has been due longest, of somebody whom nothing else is being
// sent to and who had no turn for longest: whoever has many jobs keeps nobody else waiting.
// Without one it returns how long until one is due; 0: none waits.
func (s *Service) next() (taken *job, wait time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.cfg.Now()
	at, more := -1, false
	for i, j := range s.jobs {
		switch left := j.due.Sub(now); {
		case s.flying[j.user]:
		case left > 0:
			if wait == 0 || left < wait {
				wait = left
			}
		case at < 0 || s.beforeLocked(j, s.jobs[at]):
			at, more = i, at >= 0
		default:
			more = true
		}
	}
	if at < 0 {
		return nil, wait
	}
	j := s.jobs[at]
	s.jobs = slices.Delete(s.jobs, at, at+1)
	s.flying[j.user] = true
	s.turn++
	s.served[j.user] = s.turn
	if more {
		s.poke()
	}
	return j, 0
}

// beforeLocked reports whether a job that is due comes before another one that is.
func (s *Service) beforeLocked(j, other *job) bool {
	if a, b := s.served[j.user], s.served[other.user]; a != b {
		return a < b
	}
	return j.due.Before(other.due)
}

// deliver tries a job once, and queues it again where that is worth it.
func (s *Service) deliver(ctx context.Context, j *job) {
	retry, pause := s.attempt(ctx, j)
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.flying, j.user)
	if retry {
		j.due = s.cfg.Now().Add(pause)
		newer := func(o *job) bool {
			return j.note.Topic != "" && o.note.Topic == j.note.Topic && o.to.Endpoint == j.to.Endpoint
		}
		if !slices.ContainsFunc(s.jobs, newer) && len(s.jobs) < maxQueue {
			s.jobs = append(s.jobs, j)
		}
	}
	if !slices.ContainsFunc(s.jobs, func(o *job) bool { return o.user == j.user }) {
		delete(s.served, j.user)
	}
	s.poke() // others of this person may wait
}

// attempt sends a push. It reports whether to try again, and after how long.
func (s *Service) attempt(ctx context.Context, j *job) (retry bool, pause time.Duration) {
	left := j.note.TTL - s.cfg.Now().Sub(j.made)
	if left <= 0 || j.note.Still != nil && !j.note.Still(ctx) {
		return false, 0
	}
	// Whoever signed out meanwhile, or took the device for another account, hears no more.
	if still, err := s.subscribed(ctx, j.user, j.to); err != nil || !still {
		if err != nil && ctx.Err() == nil {
			s.cfg.Logger.Error("a push is forgotten", "cause", err.Error())
		}
		return false, 0
	}
	j.attempts++
	log := s.cfg.Logger.With("attempt", j.attempts)
	header, body, err := s.request(j, left)
	if err != nil {
		log.Error("a push can't be made", "cause", err.Error())
		return false, 0
	}
	if s.refused(j.to.Endpoint) {
		log.Info("a device can't be pushed to: its address isn't one of the public web")
		s.end(ctx, j, log)
		return false, 0
	}
	status, answer, err := s.cfg.Post(ctx, j.to.Endpoint, header, body)
	switch {
	case ctx.Err() != nil:
		return false, 0
	case err == nil && status >= 200 && status < 300:
		log.Debug("push sent")
		return false, 0
	case err == nil && (status == http.StatusNotFound || status == http.StatusGone):
		log.Info("a device doesn't want pushes any more")
		s.end(ctx, j, log)
		return false, 0
	case err == nil && status != http.StatusTooManyRequests && status < 500:
		log.Warn("push refused", "status", status)
		return false, 0
	case j.attempts >= maxAttempts:
		log.Warn("push given up", "status", status)
		return false, 0
	}
	pause = pauseAfter(j.attempts)
	if asked := retryAfter(answer, s.cfg.Now()); asked > 0 {
		pause = min(asked, maxPause)
	}
	// Not the error: it may say where the push goes.
	log.Info("push will be tried again", "status", status, "in", pause)
	return true, pause
}

// end forgets the subscription of a job.
func (s *Service) end(ctx context.Context, j *job, log *slog.Logger) {
	if err := s.drop(ctx, j.user, j.to.Endpoint); err != nil {
		log.Warn("its subscription stays", "cause", err.Error())
	}
}

func (s *Service) request(j *job, left time.Duration) (http.Header, []byte, error) {
	key, err := s.signer()
	if err != nil {
		return nil, nil, err
	}
	to, err := j.to.Keys.receiver()
	if err != nil {
		return nil, nil, err
	}
	body, err := to.encrypt(j.note.Payload)
	if err != nil {
		return nil, nil, err
	}
	u, err := url.Parse(j.to.Endpoint)
	if err != nil {
		return nil, nil, errors.New("parse endpoint")
	}
	who, err := key.authorization(u, s.cfg.Subject, s.cfg.Now())
	if err != nil {
		return nil, nil, err
	}
	h := http.Header{}
	h.Set("Authorization", who)
	h.Set("Content-Type", "application/octet-stream")
	h.Set("Content-Encoding", "aes128gcm")
	h.Set("TTL", strconv.Itoa(int(left/time.Second)))
	h.Set("Urgency", "normal")
	if j.note.Urgent {
		h.Set("Urgency", "high")
	}
	if j.note.Topic != "" {
		h.Set("Topic", j.note.Topic)
	}
	return h, body, nil
}

// retryAfter reads how long an answer asks to wait; 0: it doesn't.
func retryAfter(answer http.Header, now time.Time) time.Duration {
	text := answer.Get("Retry-After")
	if seconds, err := strconv.ParseInt(text, 10, 32); err == nil {
		return time.Duration(seconds) * time.Second
	}
	if at, err := http.ParseTime(text); err == nil {
		return at.Sub(now)
	}
	return 0
}
