package pebble

import (
	"context"
	"errors"
	"fmt"
	"time"

	lsm "github.com/cockroachdb/pebble/v2"

	"snug/durable"
)

// Get implements durable.Store.
func (s *Store) Get(ctx context.Context, id durable.ID, key string) ([]byte, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if err := s.begin(); err != nil {
		return nil, err
	}
	defer s.end()
	state, err := s.views.acquire(ctx)
	if err != nil {
		return nil, err
	}
	defer s.views.release(state)
	stored, closer, err := state.Get(appendObjectKey(make([]byte, 0, 1+idLen+len(key)), id, key))
	if errors.Is(err, lsm.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("get from %s: %w", id, damage(err))
	}
	defer closer.Close()
	value := make([]byte, len(stored))
	copy(value, stored)
	return value, nil
}

// Scan implements durable.Store.
func (s *Store) Scan(ctx context.Context, id durable.ID, r durable.Range, fn func(key, value []byte) bool) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := s.begin(); err != nil {
		return err
	}
	defer s.end()
	if r.End != "" && r.End <= r.Start {
		return nil
	}
	state, err := s.views.acquire(ctx)
	if err != nil {
		return err
	}
	defer s.views.release(state)
	err = scan(ctx, state, id, r, fn)
	if err != nil {
		return fmt.Errorf("scan %s: %w", id, damage(err))
	}
	return nil
}

func scan(ctx context.Context, state *view, id durable.ID, r durable.Range, fn func(key, value []byte) bool) (err error) {
	it, err := state.NewIterWithContext(ctx, &lsm.IterOptions{
		LowerBound: appendObjectKey(nil, id, r.Start),
		UpperBound: appendRangeEnd(nil, id, r.End),
	})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, it.Close()) }()
	first, next := it.First, it.Next
	if r.Reverse {
		first, next = it.Last, it.Prev
	}
	for ok := first(); ok; ok = next() {
		value, err := it.ValueAndErr()
		if err != nil {
			return err
		}
		if !fn(it.Key()[1+idLen:], value) {
			return nil
		}
		if err := ctx.Err(); err != nil {
			return err
		}
	}
	return nil
}

// AlarmsDue implements durable.Store.
func (s *Store) AlarmsDue(ctx context.Context, now time.Time, limit int) ([]durable.Record, time.Time, error) {
	if err := ctx.Err(); err != nil {
		return nil, time.Time{}, err
	}
	if err := s.begin(); err != nil {
		return nil, time.Time{}, err
	}
	defer s.end()
	state, err := s.views.acquire(ctx)
	if err != nil {
		return nil, time.Time{}, err
	}
	defer s.views.release(state)
	due, next, err := alarmsDue(ctx, state, now, limit)
	if err != nil {
		return nil, time.Time{}, fmt.Errorf("alarms due: %w", damage(err))
	}
	return due, next, nil
}

func alarmsDue(ctx context.Context, state *view, now time.Time, limit int) (due []durable.Record, next time.Time, err error) {
	it, err := state.NewIterWithContext(ctx, &lsm.IterOptions{
		LowerBound: []byte{kindAlarm}, UpperBound: []byte{kindAlarm + 1},
	})
	if err != nil {
		return nil, time.Time{}, err
	}
	defer func() { err = errors.Join(err, it.Close()) }()
	for ok := it.First(); ok; ok = it.Next() {
		at, id, err := parseAlarmKey(it.Key())
		if err != nil {
			return nil, time.Time{}, fmt.Errorf("%w (%w)", ErrDamaged, err)
		}
		if at.After(now) || len(due) >= limit {
			return due, at, nil
		}
		record, ok, err := readRecord(state, id)
		if err != nil {
			return nil, time.Time{}, err
		}
		if !ok || !record.Alarm.Due.Equal(at) {
			return nil, time.Time{}, fmt.Errorf("%w (alarm of %s without its record)", ErrDamaged, id)
		}
		due = append(due, record)
		if err := ctx.Err(); err != nil {
			return nil, time.Time{}, err
		}
	}
	return due, time.Time{}, nil
}

func readRecord(db lsm.Reader, id durable.ID) (r durable.Record, ok bool, err error) {
	stored, closer, err := db.Get(recordKey(id))
	if errors.Is(err, lsm.ErrNotFound) {
		return durable.Record{ID: id}, false, nil
	}
	if err != nil {
		return durable.Record{}, false, damage(err)
	}
	defer closer.Close()
	if r, err = parseRecord(id, stored); err != nil {
		return durable.Record{}, false, fmt.Errorf("%w (record of %s: %w)", ErrDamaged, id, err)
	}
	return r, true, nil
}
