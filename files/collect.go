package files

import (
	"context"
	"database/sql"
	"errors"
	"time"
)

const (
	// batch is how many files the collector looks at before it looks anew.
	batch = 100
	// askAgain is when a room is asked again whether it has a message.
	askAgain = 7 * 24 * time.Hour
	// askSoon is when it is asked about a message that is being deleted.
	askSoon = 2 * time.Second
	// askLater is when something is tried again that failed.
	askLater = 10 * time.Minute
	// longestRest of the collector.
	longestRest = time.Hour
	// collectTime is for one file.
	collectTime = time.Minute
)

func (s *Service) collectSoon() {
	select {
	case s.poke <- struct{}{}:
	default:
	}
}

// collect runs until ctx ends, and sleeps while nothing is due.
func (s *Service) collect(ctx context.Context) {
	for ctx.Err() == nil {
		next, err := s.Collect(ctx)
		rest := longestRest
		switch {
		case err != nil && ctx.Err() == nil:
			s.log.Error("collect files", "err", err)
			rest = askLater
		case !next.IsZero():
			rest = min(rest, max(next.Sub(s.cfg.Now()), time.Second))
		}
		timer := time.NewTimer(rest)
		select {
		case <-ctx.Done():
		case <-s.poke:
		case c := <-s.released:
			if err := s.release(ctx, c); err != nil && ctx.Err() == nil {
				s.log.Warn("the files of a deleted message stay for a while", "err", err)
			}
		case <-timer.C:
		}
		timer.Stop()
	}
}

// Collect deletes all that is due to be, and tells when it is next due; the zero time
// is never.
func (s *Service) Collect(ctx context.Context) (next time.Time, err error) {
	for {
		due, next, err := s.due(ctx)
		if err != nil || len(due) == 0 {
			return next, err
		}
		for _, r := range due {
			if err := s.collectOne(ctx, r); err != nil {
				return time.Time{}, err
			}
		}
	}
}

// due gives the files that are due, or else when the next one is.
func (s *Service) due(ctx context.Context) (list []row, next time.Time, err error) {
	err = s.db.Read(ctx, func(tx *sql.Tx) (err error) {
		rows, err := tx.QueryContext(ctx, `select `+columns+` from files where due_at <= ? order by due_at limit ?`, s.now(), batch)
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, rows.Close()) }()
		for rows.Next() {
			var r row
			if err := rows.Scan(r.fields()...); err != nil {
				return err
			}
			list = append(list, r)
		}
		if err := rows.Err(); err != nil || len(list) > 0 {
			return err
		}
		var at sql.NullInt64
		err = tx.QueryRowContext(ctx, `select min(due_at) from files`).Scan(&at)
		if at.Valid {
			next = time.UnixMilli(at.Int64)
		}
		return err
	})
	return list, next, wrap("look for files that are due", err)
}

// collectOne does what is due of a file, and puts off what fails.
func (s *Service) collectOne(ctx context.Context, r row) error {
	limited, cancel := context.WithTimeout(ctx, collectTime)
	defer cancel()
	switch {
	case r.state == stateRemoved:
		if err := s.erase(limited, r); err != nil {
			return s.putOff(ctx, r, askLater, err)
		}
		return nil
	case !r.client.Valid:
		return s.condemn(ctx, r)
	}
	held, err := s.cfg.Holds(limited, r.claim(), r.id)
	switch {
	case err != nil:
		return s.putOff(ctx, r, askLater, err)
	case held && s.now()-r.touched < askLater.Milliseconds():
		// Somebody was sure that it goes: the disk may be slow.
		return s.putOff(ctx, r, askLater, nil)
	case held:
		return s.putOff(ctx, r, askAgain, nil)
	}
	return s.condemn(ctx, r)
}

// condemn makes a file removed, unless something was done with it since it was read:
// everything that keeps a file moves due_at on.
func (s *Service) condemn(ctx context.Context, r row) error {
	release, err := s.locks.take(ctx, r.id, nil)
	if err != nil {
		return s.putOff(ctx, r, askLater, err)
	}
	defer release()
	return s.db.Write(ctx, func(tx *sql.Tx) error {
		const update = `update files set state = ?, due_at = ? where id = ? and state = ? and due_at = ? and client_id is not distinct from ?`
		_, err := tx.ExecContext(ctx, update, stateRemoved, s.now(), r.id, r.state, r.due, r.client)
		return err
	})
}

// erase deletes what is stored of a file, and its row last.
func (s *Service) erase(ctx context.Context, r row) error {
	for _, key := range r.keys() {
		if err := s.blobs.Delete(ctx, key); err != nil {
			return err
		}
	}
	if err := s.parts.remove(r.id); err != nil {
		return err
	}
	if err := s.parts.sync(); err != nil {
		return err
	}
	return s.db.Write(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `delete from files where id = ? and state = ?`, r.id, stateRemoved)
		return err
	})
}

// putOff has the collector look again later. The cause is logged, if there is one.
func (s *Service) putOff(ctx context.Context, r row, by time.Duration, cause error) error {
	if cause != nil {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		s.log.Warn("a file can't be collected now", "file", r.id, "state", r.state, "err", cause)
	}
	return s.db.Write(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `update files set due_at = ? where id = ? and state = ? and due_at = ?`, s.now()+by.Milliseconds(), r.id, r.state, r.due)
		return err
	})
}
