package auth

import (
	"context"
	"database/sql"
	"fmt"
	"time"
)

// deleteUser removes an account with all that hangs on it, and notes that what it
// left elsewhere is to be removed as well. It returns the sessions that ended.
func deleteUser(ctx context.Context, tx *sql.Tx, userID string, now time.Time) ([]ended, error) {
	over, err := endAccess(ctx, tx, userID)
	if err != nil {
		return nil, err
	}
	if _, err := tx.ExecContext(ctx, `insert into departures (user_id, deleted_at) values (?, ?) on conflict (user_id) do nothing`, userID, millis(now)); err != nil {
		return nil, fmt.Errorf("note departure: %w", err)
	}
	// Nobody answers for them any more: without a maker they would pass for an operator's.
	if _, err := tx.ExecContext(ctx, `delete from invites where created_by = ?`, userID); err != nil {
		return nil, fmt.Errorf("delete invites: %w", err)
	}
	if _, err := tx.ExecContext(ctx, `delete from users where id = ?`, userID); err != nil {
		return nil, fmt.Errorf("delete user: %w", err)
	}
	return over, nil
}

// depart wakes the worker that lets others forget deleted accounts.
func (s *Service) depart() {
	select {
	case s.departed <- struct{}{}:
	default: // it is about to look anyway
	}
}

// forget tells Config.OnUserDelete of deleted accounts until it has succeeded, also of
// those that were deleted before a crash, until ctx is done. It rests in between:
// guests come and go for nothing, and all that was ever said is looked through.
func (s *Service) forget(ctx context.Context) {
	for {
		began := time.Now()
		more, err := s.forgetSome(ctx)
		rest := departRest * time.Since(began)
		if err != nil && ctx.Err() == nil {
			s.log.Error("remove what deleted accounts left", "err", err)
			more, rest = true, max(rest, departRetry)
		}
		if rest > 0 {
			select {
			case <-ctx.Done():
				return
			case <-time.After(rest):
			}
		}
		if more {
			continue
		}
		select {
		case <-ctx.Done():
			return
		case <-s.departed:
		}
	}
}

// forgetSome forgets a batch. It reports whether there may be more.
func (s *Service) forgetSome(ctx context.Context) (more bool, err error) {
	var ids []string
	err = s.db.Read(ctx, func(tx *sql.Tx) (err error) {
		ids, err = selectTexts(ctx, tx, `select user_id from departures order by deleted_at, user_id limit ?`, departBatch)
		return err
	})
	if err != nil || len(ids) == 0 {
		return false, err
	}
	if err := s.cfg.OnUserDelete(ctx, ids); err != nil {
		return false, fmt.Errorf("forget users: %w", err)
	}
	err = s.db.Write(ctx, func(tx *sql.Tx) error {
		for _, id := range ids {
			if _, err := tx.ExecContext(ctx, `delete from departures where user_id = ?`, id); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return false, fmt.Errorf("note that users are forgotten: %w", err)
	}
	for _, id := range ids {
		s.log.Info("deleted account is forgotten", "user", id)
	}
	return len(ids) == departBatch, nil
}

// selectTexts returns a column of texts.
func selectTexts(ctx context.Context, tx *sql.Tx, query string, args ...any) (list []string, err error) {
	rows, err := tx.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer func() {
		if cerr := rows.Close(); err == nil {
			err = cerr
		}
	}()
	for rows.Next() {
		var text string
		if err := rows.Scan(&text); err != nil {
			return nil, err
		}
		list = append(list, text)
	}
	return list, rows.Err()
}
