package attention

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"time"

	"snug/chat"
	"snug/db"
)

// write stores what was found in a room, and how far it was followed, in one transaction.
func (s *Service) write(ctx context.Context, f finding, at place) error {
	now := s.cfg.Now()
	err := s.cfg.DB.Write(ctx, func(tx *sql.Tx) error {
		if err := writePlace(ctx, tx, f.room.id, at); err != nil {
			return err
		}
		for _, w := range f.withdrawn {
			if err := w.write(ctx, tx, f.room.id, now); err != nil {
				return err
			}
		}
		for _, e := range f.followers {
			if err := addFollower(ctx, tx, chat.Place{Room: f.room.id, Root: e.root}, e.id); err != nil {
				return err
			}
		}
		for i := range f.found {
			if err := f.found[i].write(ctx, tx, f.room, now); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("write notices: %w", err)
	}
	return nil
}

func (w withdrawn) write(ctx context.Context, tx *sql.Tx, room chat.RoomID, now time.Time) error {
	for id, kind := range w.people {
		const insert = `insert into withdrawals (room_id, seq, user_id, kind, at) values (?, ?, ?, ?, ?) on conflict do nothing`
		if _, err := tx.ExecContext(ctx, insert, string(room), int64(w.seq), string(id), string(kind), now.UnixMilli()); err != nil {
			return err
		}
	}
	if w.all {
		if _, err := tx.ExecContext(ctx, `delete from withdrawals where room_id = ? and seq = ?`, string(room), int64(w.seq)); err != nil {
			return err
		}
	}
	for _, table := range []string{"notices", "deliveries"} {
		if w.all {
			if _, err := tx.ExecContext(ctx, `delete from `+table+` where room_id = ? and seq = ?`, string(room), int64(w.seq)); err != nil {
				return err
			}
			continue
		}
		for id := range w.people {
			query := `delete from ` + table + ` where room_id = ? and seq = ? and coalesce(user_id, '') = ?`
			if id == called { // with what of it is due to those who were looking
				query = `delete from ` + table + ` where room_id = ? and seq = ? and coalesce(user_id, '') >= ? and kind = 'call'`
			}
			if _, err := tx.ExecContext(ctx, query, string(room), int64(w.seq), string(id)); err != nil {
				return err
			}
		}
	}
	return nil
}

// listed reports whether the inbox has it: not what somebody hears of only as they want to
// know all of a room.
func (w *found) listed(r room) bool { return w.kind != chat.NoticeRoom || r.direct() }

// write stores it, unless the person was told of the message before.
func (w *found) write(ctx context.Context, tx *sql.Tx, r room, now time.Time) error {
	if w.listed(r) {
		const insert = `insert into notices (user_id, room_id, seq, root, kind, by_user, at)
			select nullif(?, ''), ?, ?, ?, ?, ?, ? where ? = '' or exists (select 1 from users where id = ?)
			on conflict do nothing returning id`
		err := tx.QueryRowContext(ctx, insert, string(w.id), string(r.id), int64(w.message.Seq), int64(w.root), string(w.kind),
			string(w.message.UserID), w.at, string(w.id), string(w.id)).Scan(&w.notice)
		if errors.Is(err, sql.ErrNoRows) {
			w.known = true
			return nil
		}
		if err != nil {
			return err
		}
		if err := w.trim(ctx, tx, r.id); err != nil {
			return err
		}
	}
	d := delivery{user: w.id, room: r.id, seq: w.message.Seq, root: w.root, kind: w.kind, by: w.message.UserID, at: w.at}
	if w.id == called && w.told.at == 0 {
		d.pushAt = now.UnixMilli()
	}
	if w.decided.Push {
		d.pushAt = now.Add(w.decided.Delay).UnixMilli()
	}
	if w.decided.Mail {
		d.mailAt = max(now.Add(mailGather).UnixMilli(), w.mailed+mailEvery.Milliseconds())
	}
	if err := d.insert(ctx, tx); err != nil || w.id == called {
		return err
	}
	const most = `delete from deliveries where user_id = ? and id <=
		(select id from deliveries where user_id = ? order by id desc limit 1 offset ?)`
	_, err := tx.ExecContext(ctx, most, string(w.id), string(w.id), maxKept)
	return err
}

// trim forgets the oldest items of a person, or calls of a room, of which there are too
// many.
func (w *found) trim(ctx context.Context, tx *sql.Tx, room chat.RoomID) error {
	if w.id == called {
		const calls = `delete from notices where user_id is null and room_id = ? and id <=
			(select id from notices where user_id is null and room_id = ? order by id desc limit 1 offset ?)`
		_, err := tx.ExecContext(ctx, calls, string(room), string(room), maxCalls)
		return err
	}
	const items = `delete from notices where user_id = ? and id <=
		(select id from notices where user_id = ? order by id desc limit 1 offset ?)`
	_, err := tx.ExecContext(ctx, items, string(w.id), string(w.id), maxKept)
	return err
}

// tell sends the notices of what was written, and has those look at their inboxes again who
// get none.
func (s *Service) tell(f finding) {
	changed := f.unsaid
	for i := range f.found {
		w := &f.found[i]
		switch {
		case w.known || w.id == called && w.told.at == 0: // callPage tells all
		case w.id == called || !w.decided.Notice:
			changed = append(changed, w.id)
		default:
			n := noticeOf(f.room, &w.message, w.kind, w.person)
			n.ID, n.At, n.Quiet = w.notice, w.at, w.decided.Quiet
			s.cfg.Rooms.Notify(w.id, n)
		}
	}
	if slices.Contains(changed, called) {
		s.cfg.Rooms.AttentionChangedIn(f.room.id)
	} else if len(changed) > 0 {
		s.cfg.Rooms.AttentionChanged(changed...)
	}
	if len(f.found) > 0 {
		nudge(s.due)
	}
}

// noticeOf is what a person is told of a message.
func noticeOf(r room, m *chat.Message, kind chat.NoticeKind, p person) chat.Notice {
	return chat.Notice{
		Kind: kind, Room: r.slug, RoomName: r.nameFor(p.id, p.language, m), RoomKind: r.kind, Seq: m.Seq, MessageID: m.ID, Thread: m.Thread,
		UserID: m.UserID, UserName: m.UserName, UserImage: m.UserImage, Text: textOf(m, textChars), At: m.Timestamp,
	}
}

// delivery is what is to be told later. Times are Unix milliseconds; 0 is never.
type delivery struct {
	id             int64
	user           chat.UserID // called: all in the room
	room           chat.RoomID
	seq, root      chat.Seq
	kind           chat.NoticeKind
	by             chat.UserID
	at             int64
	pushAt, mailAt int64
	after          chat.UserID // of a call: the last who was told
}

func (d delivery) place() chat.Place { return chat.Place{Room: d.room, Root: d.root} }

func (d delivery) insert(ctx context.Context, tx *sql.Tx) error {
	if d.pushAt == 0 && d.mailAt == 0 {
		return nil
	}
	const insert = `insert into deliveries (user_id, room_id, seq, root, kind, by_user, at, push_at, mail_at)
		select nullif(?, ''), ?, ?, ?, ?, ?, ?, nullif(?, 0), nullif(?, 0) where ? = '' or exists (select 1 from users where id = ?)
		on conflict do nothing`
	_, err := tx.ExecContext(ctx, insert, string(d.user), string(d.room), int64(d.seq), int64(d.root), string(d.kind), string(d.by), d.at,
		d.pushAt, d.mailAt, string(d.user), string(d.user))
	return err
}

const deliveryColumns = `d.id, coalesce(d.user_id, ''), d.room_id, d.seq, d.root, d.kind, d.by_user, d.at, coalesce(d.push_at, 0), coalesce(d.mail_at, 0), d.after_user`

// readDeliveries reads deliveries d; the rest of the query follows from.
func readDeliveries(ctx context.Context, tx *sql.Tx, rest string, args ...any) (list []delivery, err error) {
	err = db.Each(ctx, tx, `select `+deliveryColumns+` from deliveries d `+rest, args, func(scan func(...any) error) error {
		var d delivery
		err := scan(&d.id, &d.user, &d.room, &d.seq, &d.root, &d.kind, &d.by, &d.at, &d.pushAt, &d.mailAt, &d.after)
		list = append(list, d)
		return err
	})
	return list, err
}

// ForgetUsers takes away who wrote what others were told of, of accounts that are gone.
// What they were told themselves went with the account.
func (s *Service) ForgetUsers(ctx context.Context, ids []chat.UserID) error {
	s.follow.Lock() // what was read before the rooms forgot them is written by now
	defer s.follow.Unlock()
	err := s.cfg.DB.Write(ctx, func(tx *sql.Tx) error {
		for _, id := range ids {
			for _, table := range []string{"notices", "deliveries"} {
				if _, err := tx.ExecContext(ctx, `update `+table+` set by_user = '' where by_user = ?`, string(id)); err != nil {
					return err
				}
			}
			if _, err := tx.ExecContext(ctx, `delete from withdrawals where user_id = ?`, string(id)); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("forget who wrote what others were told of: %w", err)
	}
	return nil
}
