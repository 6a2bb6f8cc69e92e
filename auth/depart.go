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
	over, err := endSessions(ctx, tx, `user_id = ?`, userID)
	if err != nil {
		return nil, err
	}
	tokens, err := endTokens(ctx, tx, `user_id = ?`, userID)
	if err != nil {
		return nil, err
	}
	if _, err := tx.ExecContext(ctx, `insert or ignore into departures (user_id, deleted_at) values (?, ?)`, userID, millis(now)); err != nil {
		return nil, fmt.Errorf("note departure: %w", err)
	}
	if _, err := tx.ExecContext(ctx, `delete from users where id = ?`, userID); err != nil {
		return nil, fmt.Errorf("delete user: %w", err)
	}
	return append(over, tokens...), nil
}

// depart wakes the worker that lets others forget deleted accounts.
func (s *Service) depart() {
	select {
	case s.departed <- struct{}{}:
	default: // it is about to look anyway
	}
}

// forget tells Config.OnUserDelete of each deleted account until it has succeeded,
// also of those that were deleted before a crash, until ctx is done.
func (s *Service) forget(ctx context.Context) {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-s.departed:
		case <-timer.C:
		}
		if err := s.forgetOnce(ctx); err != nil && ctx.Err() == nil {
			s.log.Error("remove what deleted accounts left", "err", err)
			timer.Reset(departRetry)
		}
	}
}

func (s *Service) forgetOnce(ctx context.Context) error {
	for {
		var ids []string
		err := s.db.Read(ctx, func(tx *sql.Tx) (err error) {
			ids, err = selectTexts(ctx, tx, `select user_id from departures order by deleted_at, user_id limit ?`, departBatch)
			return err
		})
		if err != nil || len(ids) == 0 {
			return err
		}
		for _, id := range ids {
			if err := s.cfg.OnUserDelete(ctx, id); err != nil {
				return fmt.Errorf("forget user %s: %w", id, err)
			}
			err := s.db.Write(ctx, func(tx *sql.Tx) error {
				_, err := tx.ExecContext(ctx, `delete from departures where user_id = ?`, id)
				return err
			})
			if err != nil {
				return err
			}
			s.log.Info("deleted account is forgotten", "user", id)
		}
	}
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
