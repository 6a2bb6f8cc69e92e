package chat

import (
	"context"
	"database/sql"
	"errors"
	"time"
	"unicode/utf8"
)

// SettingsChange is what of a person's settings for a room is to be different; nil stays.
type SettingsChange struct {
	Notify       *Notify
	SnoozedUntil *int64
	Favourite    *bool
	Section      *string
	Hidden       *bool
}

func (c SettingsChange) check(now time.Time) error {
	if c.Notify != nil {
		switch *c.Notify {
		case NotifyDefault, NotifyAll, NotifyMentions, NotifyNothing:
		default:
			return bad("notify must be all, mentions, nothing, or empty for what holds for all rooms.")
		}
	}
	if c.SnoozedUntil != nil {
		if err := CheckUntil("snoozedUntil", *c.SnoozedUntil, now); err != nil {
			return err
		}
	}
	if c.Section == nil {
		return nil
	}
	if utf8.RuneCountInString(*c.Section) > maxSectionChars {
		return bad("section must be one line of at most " + decimal(maxSectionChars) + " characters.")
	}
	return checkLine("section", *c.Section)
}

// SetRoom changes a person's own settings for a room that they are in.
func (s *Service) SetRoom(ctx context.Context, a Actor, slug string, c SettingsChange) (set RoomSettings, err error) {
	if err := c.check(s.cfg.Now()); err != nil {
		return set, err
	}
	if a.ReadOnly {
		return set, errReadOnly
	}
	st, err := s.admit(ctx, a, slug, ActSee)
	if err != nil {
		return set, err
	}
	if err := s.pace.take(a.ID, s.cfg.Now()); err != nil {
		return set, err
	}
	if c.Hidden != nil && *c.Hidden && st.kind != KindDirect && st.kind != KindGroup {
		return set, bad("hidden is for directs and groups: leave this room instead.")
	}
	err = s.cfg.DB.Write(ctx, func(tx *sql.Tx) error {
		if slug == Level0Room {
			const all = `insert into members (room_id, user_id, role, joined_at) values (?, ?, 'member', 0) on conflict do nothing`
			if _, err := tx.ExecContext(ctx, all, string(st.id), string(a.ID)); err != nil {
				return err
			}
		}
		var hiddenAt any
		if c.Hidden != nil && *c.Hidden {
			hiddenAt = s.cfg.Now().UnixMilli()
		}
		const update = `update members set notify = coalesce(?, notify), snoozed_until = coalesce(?, snoozed_until),
			favourite = coalesce(?, favourite), section = coalesce(?, section), hidden_at = case when ? then ? else hidden_at end
			where room_id = ? and user_id = ? and role <> ''
			returning notify, snoozed_until, favourite, section, hidden_at is not null`
		row := tx.QueryRowContext(ctx, update, c.Notify, c.SnoozedUntil, c.Favourite, c.Section, c.Hidden != nil, hiddenAt, string(st.id), string(a.ID))
		return row.Scan(&set.Notify, &set.SnoozedUntil, &set.Favourite, &set.Section, &set.Hidden)
	})
	if errors.Is(err, sql.ErrNoRows) {
		return set, forbidden("Join the room first: what you set is for rooms that you are in.")
	}
	if err == nil {
		s.live.changed(matterRooms, a.ID)
	}
	return set, public(err)
}
