package auth

import (
	"context"
	"database/sql"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"
)

// seen notes when sessions and API tokens were used, until writeSeen stores it: a
// time for people to read isn't worth a write each. A crash loses a minute of it.
type seen struct {
	writing sync.Mutex // held by writeSeen
	mu      sync.Mutex
	at      map[tokenHash]time.Time
}

func newSeen() *seen { return &seen{at: map[tokenHash]time.Time{}} }

func (x *seen) note(h tokenHash, now time.Time) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if _, known := x.at[h]; known || len(x.at) < maxSeen {
		x.at[h] = now
	}
}

func (x *seen) drain() map[tokenHash]time.Time {
	x.mu.Lock()
	defer x.mu.Unlock()
	if len(x.at) == 0 {
		return nil
	}
	at := x.at
	x.at = map[tokenHash]time.Time{}
	return at
}

// restore notes again what couldn't be stored.
func (x *seen) restore(at map[tokenHash]time.Time) {
	x.mu.Lock()
	defer x.mu.Unlock()
	for h, then := range at {
		if _, later := x.at[h]; !later && len(x.at) < maxSeen {
			x.at[h] = then
		}
	}
}

// Seen notes that a session was in use until now: its last socket has closed. What
// Identify finds it notes by itself.
func (s *Service) Seen(sessionKey string) {
	if h, err := parseHash(sessionKey); err == nil {
		s.seen.note(h, s.now())
	}
}

// writeSeen stores what was noted before it was called. What it can't store stays
// noted: Close ends the sweep's and calls its own.
func (s *Service) writeSeen(ctx context.Context) error {
	s.seen.writing.Lock()
	defer s.seen.writing.Unlock()
	at := s.seen.drain()
	for hashes := range slices.Chunk(slices.Collect(maps.Keys(at)), seenBatch) {
		err := s.db.Write(ctx, func(tx *sql.Tx) error {
			return storeSeen(ctx, tx, hashes, at)
		})
		if err != nil {
			s.seen.restore(at)
			return fmt.Errorf("write when sessions were seen: %w", err)
		}
		for _, h := range hashes {
			delete(at, h)
		}
	}
	return nil
}

func storeSeen(ctx context.Context, tx *sql.Tx, hashes []tokenHash, at map[tokenHash]time.Time) error {
	session, err := tx.PrepareContext(ctx, `update sessions set seen_at = ? where token_hash = ?`)
	if err != nil {
		return err
	}
	defer session.Close() // with the transaction at the latest
	for _, h := range hashes {
		known, err := one(session.ExecContext(ctx, millis(at[h]), h.String()))
		if err == nil && !known {
			_, err = tx.ExecContext(ctx, `update api_tokens set used_at = ? where token_hash = ?`, millis(at[h]), h.String())
		}
		if err != nil {
			return err
		}
	}
	return nil
}
