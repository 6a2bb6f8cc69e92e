package attention

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"

	"snug/chat"
	"snug/language"
)

// MailSetting is which mails a person wants.
type MailSetting string

// The settings of mails.
const (
	MailMissed MailSetting = "missed" // of mentions, replies and directs that they didn't read
	MailOff    MailSetting = "off"
)

// Levels is of how much a person wants to know where they didn't say so of a room.
type Levels struct {
	Rooms   chat.Notify `json:"rooms"`
	Directs chat.Notify `json:"directs"` // and groups
}

// Settings is how a person wants to be told of things. Clients keep to sounds and desktop.
type Settings struct {
	Notify       Levels      `json:"notify"`
	QuietHours   QuietHours  `json:"quietHours"`
	SnoozedUntil int64       `json:"snoozedUntil"` // Unix milliseconds; 0: they aren't
	Mail         MailSetting `json:"mail"`
	Sounds       bool        `json:"sounds"`
	Desktop      bool        `json:"desktop"`
	// Language is what the person reads, and mails to them are written in. Left out: no client
	// has said so yet.
	Language language.Code `json:"language,omitempty"`
}

// Change is what becomes of settings. What is left out stays.
type Change struct {
	Notify       *LevelsChange `json:"notify,omitempty"`
	QuietHours   *QuietHours   `json:"quietHours,omitempty"` // all of them
	SnoozedUntil *int64        `json:"snoozedUntil,omitempty"`
	Mail         *MailSetting  `json:"mail,omitempty"`
	Sounds       *bool         `json:"sounds,omitempty"`
	Desktop      *bool         `json:"desktop,omitempty"`
	// Clients say it by themselves where it differs from what they speak.
	Language *language.Code `json:"language,omitempty"`
}

// LevelsChange likewise.
type LevelsChange struct {
	Rooms   *chat.Notify `json:"rooms,omitempty"`
	Directs *chat.Notify `json:"directs,omitempty"`
}

// standard is how everybody begins.
func standard() Settings {
	return Settings{
		Notify:     Levels{Rooms: chat.NotifyMentions, Directs: chat.NotifyAll},
		QuietHours: QuietHours{From: "22:00", To: "07:00", Days: []int{0, 1, 2, 3, 4, 5, 6}, Timezone: "UTC"},
		Mail:       MailMissed, Sounds: true, Desktop: true,
	}
}

// apply returns settings with a change that is made at a time, or what is wrong with that,
// in words.
func (c Change) apply(now Settings, at time.Time) (Settings, error) {
	if c.Notify != nil {
		for _, one := range []struct {
			name     string
			from, to *chat.Notify
		}{{"rooms", c.Notify.Rooms, &now.Notify.Rooms}, {"directs", c.Notify.Directs, &now.Notify.Directs}} {
			if one.from == nil {
				continue
			}
			if *one.to = *one.from; *one.to != chat.NotifyAll && *one.to != chat.NotifyMentions && *one.to != chat.NotifyNothing {
				return now, bad(fmt.Sprintf("notify.%s must be all, mentions or nothing.", one.name))
			}
		}
	}
	if c.QuietHours != nil {
		q := *c.QuietHours
		if _, err := q.check(); err != nil {
			return now, bad(err.Error() + ".")
		}
		q.Days = parseDays(daysOf(q.Days))
		now.QuietHours = q
	}
	if c.SnoozedUntil != nil {
		now.SnoozedUntil = *c.SnoozedUntil
		if err := chat.CheckUntil("snoozedUntil", now.SnoozedUntil, at); err != nil {
			return now, err
		}
	}
	if c.Mail != nil {
		if now.Mail = *c.Mail; now.Mail != MailMissed && now.Mail != MailOff {
			return now, bad("mail must be missed or off.")
		}
	}
	if c.Sounds != nil {
		now.Sounds = *c.Sounds
	}
	if c.Desktop != nil {
		now.Desktop = *c.Desktop
	}
	if c.Language != nil {
		if now.Language = *c.Language; !now.Language.Known() {
			return now, bad("language must be " + spoken() + ".")
		}
	}
	return now, nil
}

// spoken names the languages in a sentence: "en, es or de".
func spoken() string {
	codes := make([]string, len(language.All()))
	for i, code := range language.All() {
		codes[i] = string(code)
	}
	last := len(codes) - 1
	return strings.Join(codes[:last], ", ") + " or " + codes[last]
}

func bad(message string) error { return &chat.Error{Code: chat.CodeBadRequest, Message: message} }

const settingsColumns = `coalesce(a.rooms, 'mentions'), coalesce(a.directs, 'all'), coalesce(a.quiet, 0), coalesce(a.quiet_from, '22:00'),
	coalesce(a.quiet_to, '07:00'), coalesce(a.quiet_days, '0123456'), coalesce(a.timezone, 'UTC'), coalesce(a.snoozed_until, 0),
	coalesce(a.mail, 'missed'), coalesce(a.sounds, 1), coalesce(a.desktop, 1), coalesce(a.language, '')`

// into returns where the columns go; finish completes what was read.
func (s *Settings) into() (columns []any, finish func()) {
	var days string
	q := &s.QuietHours
	return []any{&s.Notify.Rooms, &s.Notify.Directs, &q.On, &q.From, &q.To, &days, &q.Timezone, &s.SnoozedUntil, &s.Mail, &s.Sounds, &s.Desktop, &s.Language},
		func() { q.Days = parseDays(days) }
}

func readSettings(ctx context.Context, tx *sql.Tx, id chat.UserID) (Settings, error) {
	var now Settings
	columns, finish := now.into()
	err := tx.QueryRowContext(ctx, `select `+settingsColumns+` from attention_settings a where a.user_id = ?`, string(id)).Scan(columns...)
	if errors.Is(err, sql.ErrNoRows) {
		return standard(), nil
	}
	finish()
	return now, err
}

// Settings returns how a person wants to be told of things.
func (s *Service) Settings(ctx context.Context, id chat.UserID) (now Settings, err error) {
	err = s.cfg.DB.Read(ctx, func(tx *sql.Tx) error {
		now, err = readSettings(ctx, tx, id)
		return err
	})
	if err != nil {
		return now, fmt.Errorf("read settings of attention: %w", err)
	}
	return now, nil
}

// Language returns the language that a person reads, "" where that isn't known.
func (s *Service) Language(ctx context.Context, id chat.UserID) (language.Code, error) {
	now, err := s.Settings(ctx, id)
	return now.Language, err
}

// SetSettings changes a person's settings and returns all of them.
func (s *Service) SetSettings(ctx context.Context, id chat.UserID, c Change) (next Settings, err error) {
	err = s.cfg.DB.Write(ctx, func(tx *sql.Tx) error {
		now, err := readSettings(ctx, tx, id)
		if err != nil {
			return err
		}
		if next, err = c.apply(now, s.cfg.Now()); err != nil {
			return err
		}
		const upsert = `insert into attention_settings
			(user_id, rooms, directs, quiet, quiet_from, quiet_to, quiet_days, timezone, snoozed_until, mail, sounds, desktop, language)
			values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
			on conflict (user_id) do update set rooms = excluded.rooms, directs = excluded.directs, quiet = excluded.quiet,
				quiet_from = excluded.quiet_from, quiet_to = excluded.quiet_to, quiet_days = excluded.quiet_days,
				timezone = excluded.timezone, snoozed_until = excluded.snoozed_until, mail = excluded.mail,
				sounds = excluded.sounds, desktop = excluded.desktop, language = excluded.language`
		q := next.QuietHours
		_, err = tx.ExecContext(ctx, upsert, string(id), string(next.Notify.Rooms), string(next.Notify.Directs), q.On, q.From, q.To,
			daysOf(q.Days), q.Timezone, next.SnoozedUntil, string(next.Mail), next.Sounds, next.Desktop, string(next.Language))
		return err
	})
	var wrong *chat.Error
	if err != nil && !errors.As(err, &wrong) {
		err = fmt.Errorf("keep settings of attention: %w", err)
	}
	if err == nil {
		s.cfg.Rooms.AttentionChanged(id)
	}
	return next, err
}
