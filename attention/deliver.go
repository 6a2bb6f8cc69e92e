package attention

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"snug/chat"
)

// runDeliver tells people of what is due until ctx ends.
func (s *Service) runDeliver(ctx context.Context) {
	for {
		wait := time.Hour
		next, err := s.Deliver(ctx)
		switch {
		case ctx.Err() != nil:
			return
		case err != nil:
			s.cfg.Logger.Error("tell people of what they missed", "cause", err.Error())
			wait = failed
		case !next.IsZero():
			wait = min(max(next.Sub(s.cfg.Now()), 0), wait)
		}
		timer := time.NewTimer(wait)
		select {
		case <-s.due:
		case <-timer.C:
		case <-ctx.Done():
		}
		timer.Stop()
	}
}

// Deliver tells people of all that is due, and returns when the next of it will be; zero:
// nothing is to come.
func (s *Service) Deliver(ctx context.Context) (next time.Time, err error) {
	if err := s.pushDue(ctx); err != nil {
		return next, err
	}
	if err := s.mailDue(ctx); err != nil {
		return next, err
	}
	var push, mail sql.NullInt64
	err = s.cfg.DB.Read(ctx, func(tx *sql.Tx) error {
		const query = `select (select min(push_at) from deliveries where push_at is not null),
			(select min(mail_at) from deliveries where mail_at is not null)`
		return tx.QueryRowContext(ctx, query).Scan(&push, &mail)
	})
	if err != nil {
		return next, fmt.Errorf("read what is due: %w", err)
	}
	at := cmp.Or(push.Int64, mail.Int64)
	if push.Valid && mail.Valid {
		at = min(push.Int64, mail.Int64)
	}
	if at != 0 {
		next = time.UnixMilli(at)
	}
	return next, nil
}

// pushDue pushes what is due.
func (s *Service) pushDue(ctx context.Context) error {
	for {
		var list []delivery
		err := s.cfg.DB.Read(ctx, func(tx *sql.Tx) (err error) {
			list, err = readDeliveries(ctx, tx, `where d.push_at <= ? order by d.push_at limit ?`, s.cfg.Now().UnixMilli(), dueRows)
			return err
		})
		if err != nil {
			return fmt.Errorf("read what is due: %w", err)
		}
		if len(list) == 0 {
			return nil
		}
		var over []outcome
		for _, d := range list {
			o := outcome{delivery: d}
			if d.user == called {
				err = s.callPage(ctx, d)
			} else {
				o, err = s.pushOne(ctx, d)
			}
			switch {
			case ctx.Err() != nil:
				return ctx.Err()
			case err != nil: // a room that can't be read keeps no other waiting
				s.cfg.Logger.Error("a push is tried again", "room", string(d.room), "cause", err.Error())
				o = outcome{delivery: d, pushAt: s.cfg.Now().Add(failed).UnixMilli()}
			case d.user == called:
				continue
			}
			over = append(over, o)
		}
		if err := s.settle(ctx, over); err != nil {
			return err
		}
	}
}

// outcome is what became of a delivery.
type outcome struct {
	delivery
	void   bool  // there is nothing to tell any more, by mail neither
	pushAt int64 // when to push again; 0: never
}

// settle notes outcomes.
func (s *Service) settle(ctx context.Context, list []outcome) error {
	if len(list) == 0 {
		return nil
	}
	err := s.cfg.DB.Write(ctx, func(tx *sql.Tx) error {
		for _, o := range list {
			query, args := `delete from deliveries where id = ?`, []any{o.id}
			if !o.void && (o.pushAt != 0 || o.mailAt != 0) {
				query, args = `update deliveries set push_at = nullif(?, 0) where id = ?`, []any{o.pushAt, o.id}
			}
			if _, err := tx.ExecContext(ctx, query, args...); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("note what was told: %w", err)
	}
	return nil
}

// pushOne pushes what one person is to be told, if they still are.
func (s *Service) pushOne(ctx context.Context, d delivery) (o outcome, err error) {
	o.delivery = d
	now := s.cfg.Now()
	r, there, err := s.room(ctx, d.room)
	if err != nil || !there {
		o.void = true
		return o, err
	}
	people, err := s.people(ctx, d.room, []chat.UserID{d.user})
	if err != nil {
		return o, err
	}
	p, there := people[d.user]
	if !there {
		o.void = true
		return o, nil
	}
	if done, err := s.done(ctx, d); err != nil || done {
		o.void = true
		return o, err
	}
	if now.Sub(time.UnixMilli(d.at)) > pushLife {
		return o, nil
	}
	w := where{s.cfg.Where(d.user), true}
	w.Active = false // they had the time to read
	if !decide(p, event{d.kind, r.direct()}, w, now).Push {
		return o, nil
	}
	m, there, err := s.message(ctx, d)
	if err != nil || !there {
		o.void = true
		return o, err
	}
	id, err := s.noticeID(ctx, d)
	if err != nil {
		return o, err
	}
	n := noticeOf(r, &m, d.kind, p)
	n.ID, n.At = id, d.at
	if err := s.push(ctx, r, d, n); err != nil {
		s.cfg.Logger.Warn("a push is tried again", "cause", err.Error())
		o.pushAt = now.Add(failed).UnixMilli()
	}
	return o, nil
}

func (s *Service) push(ctx context.Context, r room, d delivery, n chat.Notice) error {
	urgent := d.kind != chat.NoticeRoom || r.direct()
	return s.cfg.Push.Push(ctx, d.user, n, urgent, pushLife, func(ctx context.Context) bool {
		news, err := s.news(ctx, d, n.ID != 0)
		return err == nil && news
	})
}

// news reports whether a delivery still tells a person something: they haven't read it,
// may see the room, and it wasn't withdrawn. listed says that the inbox had it.
func (s *Service) news(ctx context.Context, d delivery, listed bool) (bool, error) {
	if done, err := s.done(ctx, d); err != nil || done {
		return false, err
	}
	if people, err := s.people(ctx, d.room, []chat.UserID{d.user}); err != nil || len(people) == 0 {
		return false, err
	}
	if listed {
		if id, err := s.noticeID(ctx, d); err != nil || id == 0 {
			return false, err
		}
	}
	_, there, err := s.message(ctx, d)
	return there, err
}

// message reads what a delivery tells of; false: it is gone.
func (s *Service) message(ctx context.Context, d delivery) (m chat.Message, there bool, err error) {
	list, err := s.cfg.Rooms.Messages(ctx, d.room, []chat.Seq{d.seq})
	if err != nil || len(list) == 0 || list[0].DeletedAt != 0 {
		return m, false, err
	}
	return list[0], true, nil
}

// noticeID returns the item of the inbox that a delivery tells of; 0: there is none.
func (s *Service) noticeID(ctx context.Context, d delivery) (id int64, err error) {
	err = s.cfg.DB.Read(ctx, func(tx *sql.Tx) error {
		const query = `select id from notices where room_id = ? and seq = ? and (user_id = ? or user_id is null) order by user_id is null limit 1`
		err := tx.QueryRowContext(ctx, query, string(d.room), int64(d.seq), string(d.user)).Scan(&id)
		if errors.Is(err, sql.ErrNoRows) {
			return nil
		}
		return err
	})
	return id, err
}

// done reports whether a person has read what a delivery tells of, or ticked it off.
func (s *Service) done(ctx context.Context, d delivery) (bool, error) {
	if read, err := s.cfg.Rooms.HasRead(ctx, d.user, d.place(), d.seq); err != nil || read {
		return read, err
	}
	var ticked bool
	err := s.cfg.DB.Read(ctx, func(tx *sql.Tx) error {
		const query = `select exists (select 1 from notices n where n.room_id = ? and n.seq = ? and (n.user_id = ? or n.user_id is null) and
			(n.id <= coalesce((select read_through from attention_settings where user_id = ?), 0)
				or exists (select 1 from inbox_reads t where t.user_id = ? and t.notice_id = n.id)))`
		user := string(d.user)
		return tx.QueryRowContext(ctx, query, string(d.room), int64(d.seq), user, user, user).Scan(&ticked)
	})
	return ticked, err
}

// callPage tells some more members of a room that somebody calls all in it.
func (s *Service) callPage(ctx context.Context, d delivery) error {
	end := func(more bool) error {
		return s.cfg.DB.Write(ctx, func(tx *sql.Tx) (err error) {
			if more {
				_, err = tx.ExecContext(ctx, `update deliveries set after_user = ? where id = ?`, string(d.after), d.id)
			} else {
				_, err = tx.ExecContext(ctx, `delete from deliveries where id = ?`, d.id)
			}
			return err
		})
	}
	r, there, err := s.room(ctx, d.room)
	if err != nil {
		return err
	}
	m, found, err := s.message(ctx, d)
	if err != nil {
		return err
	}
	now := s.cfg.Now()
	if !there || !found || now.Sub(time.UnixMilli(d.at)) > pushLife {
		return end(false)
	}
	members, err := s.members(ctx, r, d.after)
	if err != nil {
		return err
	}
	if len(members) == 0 {
		return end(false)
	}
	people, err := s.people(ctx, d.room, members)
	if err != nil {
		return err
	}
	told, _, err := s.stored(ctx, d.room, d.seq)
	if err != nil {
		return err
	}
	if m.EditedAt != 0 { // the call may have come by that
		if err := s.toldBefore(ctx, r, d.seq, told); err != nil {
			return err
		}
	}
	having, err := s.cfg.Push.Having(ctx, members)
	if err != nil {
		return err
	}
	id, err := s.noticeID(ctx, d)
	if err != nil {
		return err
	}
	n := noticeOf(r, &m, chat.NoticeCall, person{}) // a room where all are called has a name
	n.ID, n.At = id, d.at
	var later []delivery
	for _, member := range members {
		p, there := people[member]
		if _, before := told[member]; !there || before || member == d.by || p.joined > d.at {
			continue
		}
		decided := decide(p, event{kind: chat.NoticeCall}, where{s.cfg.Where(member), having[member]}, now)
		if decided.Notice {
			n.Quiet = decided.Quiet
			s.cfg.Rooms.Notify(member, n)
		} else {
			s.cfg.Rooms.AttentionChanged(member)
		}
		if decided.Push {
			one := d
			one.user, one.pushAt = member, now.Add(decided.Delay).UnixMilli()
			later = append(later, one)
		}
	}
	d.after = members[len(members)-1]
	if len(later) > 0 {
		err := s.cfg.DB.Write(ctx, func(tx *sql.Tx) error {
			for _, one := range later {
				if err := one.insert(ctx, tx); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return end(len(members) == callPage)
}

// toldBefore adds those who may have been told of a message before it was edited, and of
// whom nothing is stored.
func (s *Service) toldBefore(ctx context.Context, r room, seq chat.Seq, told targets) error {
	once, _, err := s.once(ctx, r.id, seq)
	if err != nil {
		return err
	}
	for id, kind := range once {
		told.add(kind, id)
	}
	always, err := s.audience(ctx, r)
	told.add(chat.NoticeRoom, always...)
	return err
}

// runSweep forgets what is too old until ctx ends.
func (s *Service) runSweep(ctx context.Context) {
	for {
		if err := s.Sweep(ctx); err != nil && ctx.Err() == nil {
			s.cfg.Logger.Warn("old notices stay", "cause", err.Error())
		}
		if pause(ctx, sweepEvery) != nil {
			return
		}
	}
}

// Sweep forgets what is too old.
func (s *Service) Sweep(ctx context.Context) error {
	now := s.cfg.Now()
	for _, old := range []struct {
		query string
		than  time.Time
	}{
		{`delete from notices where id in (select id from notices where at < ? limit ?)`, now.Add(-keepFor)},
		{`delete from deliveries where id in (select id from deliveries where at < ? limit ?)`, now.Add(-mailLife)},
		{`delete from withdrawals where (room_id, seq, user_id) in (select room_id, seq, user_id from withdrawals where at < ? limit ?)`, now.Add(-keepFor)},
	} {
		for more := true; more; {
			err := s.cfg.DB.Write(ctx, func(tx *sql.Tx) error {
				done, err := tx.ExecContext(ctx, old.query, old.than.UnixMilli(), sweepRows)
				if err != nil {
					return err
				}
				n, err := done.RowsAffected()
				more = n == sweepRows
				return err
			})
			if err != nil {
				return fmt.Errorf("forget old notices: %w", err)
			}
		}
	}
	return nil
}
