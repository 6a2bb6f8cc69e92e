package auth

import (
	"context"
	"database/sql"
	"fmt"
	"sync"
	"time"
)

// seen notes when sessions and API tokens were used, until writeSeen stores it: a
// time for people to read isn't worth a write each. A crash loses a minute of it.
type seen struct {
	mu sync.Mutex
	at map[tokenHash]time.Time
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

// Seen notes that a session was in use until now: its last socket has closed. What
// Identify finds it notes by itself.
func (s *Service) Seen(sessionKey string) {
	if h, err := parseHash(sessionKey); err == nil {
		s.seen.note(h, s.now())
	}
}

func (s *Service) writeSeen(ctx context.Context) error {
	at := s.seen.drain()
	if at == nil {
		return nil
	}
	return s.db.Write(ctx, func(tx *sql.Tx) error {
		for _, update := range []string{
			`update sessions set seen_at = ? where token_hash = ?`,
			`update api_tokens set used_at = ? where token_hash = ?`,
		} {
			statement, err := tx.PrepareContext(ctx, update)
			if err != nil {
				return fmt.Errorf("write when sessions were seen: %w", err)
			}
			for h, when := range at {
				if _, err := statement.ExecContext(ctx, millis(when), h.String()); err != nil {
					return fmt.Errorf("write when sessions were seen: %w", err)
				}
			}
			if err := statement.Close(); err != nil {
				return fmt.Errorf("write when sessions were seen: %w", err)
			}
		}
		return nil
	})
}
