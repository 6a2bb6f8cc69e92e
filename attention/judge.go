package attention

import (
	"context"
	"database/sql"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"snug/chat"
	"snug/db"
)

// judge finds out how each is told, and leaves out those who aren't there, may not see the
// room, or don't want to know.
func (s *Service) judge(ctx context.Context, f *finding) error {
	if len(f.found) == 0 {
		return nil
	}
	var ids []chat.UserID
	for _, w := range f.found {
		ids = append(ids, w.id)
	}
	slices.Sort(ids)
	ids = slices.Compact(ids)
	people, err := s.people(ctx, f.room.id, ids)
	if err != nil {
		return err
	}
	having, err := s.cfg.Push.Having(ctx, slices.Collect(maps.Keys(people)))
	if err != nil {
		return err
	}
	now := s.cfg.Now()
	kept := f.found[:0]
	for _, w := range f.found {
		if now.Sub(time.UnixMilli(w.at)) > keepFor {
			continue
		}
		if w.id == called {
			kept = append(kept, w)
			continue
		}
		p, there := people[w.id]
		if !there {
			continue
		}
		w.person = p
		e := event{w.kind, f.room.direct()}
		w.decided = decide(p, e, where{s.cfg.Where(p.id), having[p.id]}, now)
		if w.told.at != 0 && p.joined <= w.told.at {
			w.decided = w.decided.again(w.told.own)
		}
		if w.kind == chat.NoticeRoom && !w.decided.Notice && !w.decided.Push && !w.decided.Mail && (!e.direct || p.wanted(true) != chat.NotifyAll) {
			continue
		}
		kept = append(kept, w)
	}
	f.found = kept
	return nil
}

// people reads those of the people who may see a room, are no bots and aren't banned, with
// what they want of it.
func (s *Service) people(ctx context.Context, id chat.RoomID, ids []chat.UserID) (map[chat.UserID]person, error) {
	people := make(map[chat.UserID]person, len(ids))
	err := s.cfg.DB.Read(ctx, func(tx *sql.Tx) error {
		for chunk := range slices.Chunk(ids, 500) {
			args := []any{string(id), string(id)}
			for _, id := range chunk {
				args = append(args, string(id))
			}
			query := `select u.id, case when u.email_verified = 1 and u.anonymous = 0 and u.email not like '%.placeholder.invalid' then u.email else '' end,
				coalesce(a.mailed_at, 0), coalesce(m.notify, ''), coalesce(m.snoozed_until, 0), coalesce(m.joined_at, u.created_at), ` + settingsColumns + `
				from users u join rooms r on r.id = ? and r.deleted_at is null
				left join members m on m.room_id = ? and m.user_id = u.id and m.role <> '' left join attention_settings a on a.user_id = u.id
				where u.id in (?` + strings.Repeat(", ?", len(chunk)-1) + `) and u.banned_at is null and u.role <> 'bot'
				and (r.kind = 'public' or m.user_id is not null)`
			err := db.Each(ctx, tx, query, args, func(scan func(...any) error) error {
				var p person
				var set Settings
				columns, finish := set.into()
				if err := scan(append([]any{&p.id, &p.email, &p.mailed, &p.level, &p.roomSnoozed, &p.joined}, columns...)...); err != nil {
					return err
				}
				finish()
				p.take(set)
				people[p.id] = p
				return nil
			})
			if err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read what people want to know: %w", err)
	}
	return people, nil
}

// take takes over what counts of settings. Quiet hours that can't be read any more, as a
// time zone is gone, are none.
func (p *person) take(set Settings) {
	p.rooms, p.directs, p.snoozed, p.mail = set.Notify.Rooms, set.Notify.Directs, set.SnoozedUntil, set.Mail == MailMissed
	p.language = set.Language
	if set.QuietHours.On {
		if h, err := set.QuietHours.check(); err == nil {
			p.hours = h
		}
	}
}
