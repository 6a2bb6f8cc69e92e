package chat

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// What people say of themselves: an emoji, a few words, that they don't want to be
// disturbed. It is kept in a table, and all of it in memory, as each join of a room shows
// what a hundred people say. Whoever says nothing takes no place in either.

// kept is what a person says of themselves. It isn't changed: so that who compares two
// of it by where they are knows whether there is something new.
type kept struct {
	Status
	dnd bool
}

// own returns it as it is changed.
func (k *kept) own() OwnStatus {
	if k == nil {
		return OwnStatus{}
	}
	return OwnStatus{Emoji: k.Emoji, Text: k.Text, Until: k.Until, DND: k.dnd}
}

// shown returns what others see of it, but for dnd; nil: nothing.
func (k *kept) shown() *Status {
	if k == nil || k.Emoji == "" && k.Text == "" {
		return nil
	}
	return &k.Status
}

// lasts reports whether it hasn't ended yet.
func (k *kept) lasts(now time.Time) bool { return k.Until == 0 || k.Until > now.UnixMilli() }

// How often a person may change their status: each time all who see them are told.
func statusRate() Rate { return Rate{Limit: 10, Window: 10 * time.Second} }

// check reports what is wrong with a status, and returns it as it is kept.
func (o OwnStatus) check(now time.Time) (OwnStatus, error) {
	o.Text = strings.TrimSpace(o.Text)
	switch n := utf8.RuneCountInString(o.Text); {
	case o.Emoji != "" && !isEmoji(o.Emoji):
		return o, bad("emoji must be one emoji, or empty.")
	case n > maxStatusChars:
		return o, &Error{Code: CodeTooLong, Message: fmt.Sprintf("The status has %d characters; at most %d fit.", n, maxStatusChars)}
	case checkLine("text", o.Text) != nil:
		return o, checkLine("text", o.Text)
	case o.Until < 0 || o.Until != 0 && o.Until <= now.UnixMilli():
		return o, bad("until must be a time to come, in Unix milliseconds, or 0.")
	}
	if err := CheckUntil("until", o.Until, now); err != nil {
		return o, err
	}
	if o.Emoji == "" && o.Text == "" && !o.DND {
		o.Until = 0
	}
	return o, nil
}

// SetStatus keeps what a person says of themselves, and returns it. All who see them
// are told within a second.
func (s *Service) SetStatus(ctx context.Context, a Actor, o OwnStatus) (OwnStatus, error) {
	if a.ReadOnly {
		return OwnStatus{}, errReadOnly
	}
	o, err := o.check(s.cfg.Now())
	if err == nil {
		err = s.states.set(ctx, a.ID, o)
	}
	return o, public(err)
}

// Status returns what a person says of themselves.
func (s *Service) Status(id UserID) OwnStatus {
	s.states.mu.Lock()
	defer s.states.mu.Unlock()
	return s.states.keptLocked(id).own()
}

// set stores a status, and tells of it.
func (s *states) set(ctx context.Context, id UserID, o OwnStatus) error {
	s.saving.Lock()
	defer s.saving.Unlock()
	now := s.chat.cfg.Now()
	if wait := s.writes.wait(id, now.UnixMilli()); wait > 0 {
		return &Error{Code: CodeRateLimited, Message: "You change your status too fast. Wait a moment.", Retry: time.Duration(wait) * time.Millisecond}
	}
	err := s.chat.cfg.DB.Write(ctx, func(tx *sql.Tx) error {
		if o == (OwnStatus{}) {
			_, err := tx.ExecContext(ctx, `delete from statuses where user_id = ?`, string(id))
			return err
		}
		const put = `insert or replace into statuses (user_id, emoji, text, until, dnd) values (?, ?, ?, ?, ?)`
		_, err := tx.ExecContext(ctx, put, string(id), o.Emoji, o.Text, o.Until, o.DND)
		return err
	})
	if err != nil {
		return fmt.Errorf("keep status: %w", err)
	}
	s.writes.took(id, now.UnixMilli())
	s.mu.Lock()
	defer s.mu.Unlock()
	s.keepLocked(id, o)
	s.markLocked(id, true)
	return nil
}

// keepLocked takes a status into memory.
func (s *states) keepLocked(id UserID, o OwnStatus) {
	if o == (OwnStatus{}) {
		delete(s.kept, id)
		return
	}
	s.kept[id] = &kept{Status{Emoji: o.Emoji, Text: o.Text, Until: o.Until}, o.DND}
	if o.Until != 0 && (s.ends == 0 || o.Until < s.ends) {
		s.ends = o.Until
		s.wakeUp()
	}
}

// keptLocked returns what a person says of themselves; nil: nothing.
func (s *states) keptLocked(id UserID) *kept {
	if k := s.kept[id]; k != nil && k.lasts(s.chat.cfg.Now()) {
		return k
	}
	return nil
}

// endLocked drops the statuses that have ended. Their rows go at the next start, or with
// the person's next status: there is one of a person at most.
func (s *states) endLocked(now time.Time) {
	if s.ends == 0 || now.UnixMilli() < s.ends {
		return
	}
	s.ends = 0
	for id, k := range s.kept {
		switch {
		case !k.lasts(now):
			delete(s.kept, id)
			s.changed[id] = true
		case k.Until != 0 && (s.ends == 0 || k.Until < s.ends):
			s.ends = k.Until
		}
	}
}

// load reads all statuses, once those that have ended are gone.
func (s *states) load(ctx context.Context) error {
	now := s.chat.cfg.Now().UnixMilli()
	err := s.chat.cfg.DB.Write(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `delete from statuses where until > 0 and until <= ?`, now)
		return err
	})
	if err != nil {
		return fmt.Errorf("drop statuses that have ended: %w", err)
	}
	err = s.chat.cfg.DB.Read(ctx, func(tx *sql.Tx) (err error) {
		rows, err := tx.QueryContext(ctx, `select user_id, emoji, text, until, dnd from statuses`)
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, rows.Close()) }()
		for rows.Next() {
			var id UserID
			var o OwnStatus
			if err := rows.Scan(&id, &o.Emoji, &o.Text, &o.Until, &o.DND); err != nil {
				return err
			}
			s.mu.Lock()
			s.keepLocked(id, o)
			s.mu.Unlock()
		}
		return rows.Err()
	})
	if err != nil {
		return fmt.Errorf("read statuses: %w", err)
	}
	return nil
}

// forget removes the statuses of deleted accounts.
func (s *states) forget(ctx context.Context, ids []UserID) error {
	s.saving.Lock()
	defer s.saving.Unlock()
	for chunk := range slices.Chunk(ids, statusChunk) {
		err := s.chat.cfg.DB.Write(ctx, func(tx *sql.Tx) error {
			for _, id := range chunk {
				if _, err := tx.ExecContext(ctx, `delete from statuses where user_id = ?`, string(id)); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return fmt.Errorf("forget statuses: %w", err)
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, id := range ids {
		if s.kept[id] != nil {
			delete(s.kept, id)
			s.markLocked(id, true)
		}
	}
	return nil
}

// statusChunk statuses are deleted in one transaction.
const statusChunk = 100
