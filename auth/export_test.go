package auth

import (
	"context"
	"net/http"
	"time"
)

// Weaken makes hashing cheap: these tests are about what is done with hashes.
func (s *Service) Weaken() {
	s.hasher = newHasher(argon{memory: 8, time: 1, lanes: 1}, cap(s.hasher.slots))
}

// HashRuns is how many keys were derived.
func (s *Service) HashRuns() int64 { return s.hasher.runs.Load() }

// Settle waits until all errands so far are done.
func (s *Service) Settle() {
	done := make(chan struct{})
	s.errands <- errand{"settle", func(context.Context) error { close(done); return nil }}
	<-done
}

// HoldHasher takes all slots until release is called.
func (s *Service) HoldHasher() (release func()) {
	for range cap(s.hasher.slots) {
		s.hasher.slots <- struct{}{}
	}
	return func() {
		for range cap(s.hasher.slots) {
			<-s.hasher.slots
		}
	}
}

// Strengthen sets the costs that new hashes have.
func (s *Service) Strengthen(memory, passes uint32) {
	s.hasher.cost = argon{memory: memory, time: passes, lanes: 1}
}

func (s *Service) Verify(ctx context.Context, password, stored string) (bool, string, error) {
	return s.hasher.verify(ctx, password, stored)
}

func (s *Service) Sign(text string) string { return s.sign(text) }

func (s *Service) SafeRedirect(r *http.Request, target string) bool {
	return s.safeRedirect(r, target)
}

// Cached is how many sessions are in memory.
func (s *Service) Cached() int {
	s.cache.mu.RLock()
	defer s.cache.mu.RUnlock()
	return len(s.cache.young) + len(s.cache.old)
}

// A RouteInfo is a row of the table of routes.
type RouteInfo struct {
	Family                    string
	Mails, Form, Foreign, Raw bool
}

// Routes are all routes there are, by method and path below /api.
func (s *Service) Routes() map[string]RouteInfo {
	all := map[string]RouteInfo{}
	for name, rt := range s.routes {
		all[name] = RouteInfo{rt.family, rt.mails, rt.form, rt.foreign, rt.raw}
	}
	return all
}

// RouteOf is the route that serves a request, as in Routes; "" if none does.
func (s *Service) RouteOf(r *http.Request) string {
	_, param, ok := s.find(r)
	if !ok {
		return ""
	}
	name := r.Method + " " + s.routeOf(r)
	if param != "" {
		name += "*"
	}
	return name
}

// Chill empties the cache.
func (s *Service) Chill() {
	s.cache.mu.Lock()
	defer s.cache.mu.Unlock()
	clear(s.cache.young)
	clear(s.cache.old)
}

// ForgetTries lets everybody do again what is limited per account, person or mailbox.
func (s *Service) ForgetTries() {
	for _, l := range []*limiter{s.accounts, s.guessers, s.mailboxes, s.senders, s.changes} {
		l.mu.Lock()
		clear(l.windows)
		l.mu.Unlock()
	}
}

// Sweep does what the sweeper does in its own time.
func (s *Service) Sweep() {
	if _, err := s.sweepOnce(context.Background()); err != nil {
		panic(err)
	}
}

// Forgotten does once more what the worker for deleted accounts does.
func (s *Service) Forgotten(ctx context.Context) {
	for more := true; more; {
		var err error
		if more, err = s.forgetSome(ctx); err != nil {
			panic(err)
		}
	}
}

type Limiter struct{ l *limiter }

func NewLimiter(rate Rate, size int) Limiter { return Limiter{newLimiter(rate, size)} }

func (l Limiter) Allow(key string, now time.Time) time.Duration { return l.l.allow(key, now) }
func (l Limiter) Len() int                                      { return len(l.l.windows) }

var (
	HashToken     = hashToken
	CleanName     = cleanName
	CleanEmail    = cleanEmail
	CheckPassword = checkPassword
	CheckImage    = checkImage
	EachCookie    = eachCookie
	NewID         = newID
	TOTPCode      = totpCode
)

// RoundTripPHC parses a hash and writes it again; "" if it is refused.
func RoundTripPHC(s string) string {
	p, err := parsePHC(s)
	if err != nil {
		return ""
	}
	return p.String()
}

const (
	MaxSessions = maxSessions
	CacheSize   = cacheSize
	MaxGuests   = maxGuests
	SeenBatch   = seenBatch
)

// Resealed encrypts anew what old secrets hold, as New does in the background.
func (s *Service) Resealed() { s.reseal(context.Background()) }

func (s *Service) WriteSeen(ctx context.Context) error { return s.writeSeen(ctx) }
