package attention

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"snug/chat"
	"snug/db"
)

// place is how far a room was followed.
type place struct {
	stream string
	seq    chat.Seq
}

// Changed says that an event of a room is durable. It doesn't wait.
func (s *Service) Changed(room chat.RoomID, seq chat.Seq) {
	s.told.Add(1)
	s.mu.Lock()
	if last, known := s.behind[room]; !known || seq > last {
		if !known && len(s.behind) >= maxBehind {
			s.all = true
			clear(s.behind)
		}
		s.behind[room] = seq
	}
	s.mu.Unlock()
	s.poke()
}

func (s *Service) poke() { nudge(s.wake) }

// begin lets rooms that were there before any was followed begin where they are now, and
// finds out who follows their threads.
func (s *Service) begin(ctx context.Context) error {
	var rooms []chat.RoomID
	var people []chat.UserID
	err := s.cfg.DB.Read(ctx, func(tx *sql.Tx) (err error) {
		if rooms, err = column[chat.RoomID](ctx, tx, `select room_id from attention_places where seq < 0`); err != nil || len(rooms) == 0 {
			return err
		}
		people, err = column[chat.UserID](ctx, tx, `select id from users`)
		return err
	})
	if err != nil || len(rooms) == 0 {
		return err
	}
	for chunk := range slices.Chunk(people, 100) {
		followed := make(map[chat.UserID][]chat.Place)
		for _, id := range chunk {
			if followed[id], err = s.cfg.Rooms.Followed(ctx, id); err != nil {
				return fmt.Errorf("read followed threads: %w", err)
			}
		}
		err := s.cfg.DB.Write(ctx, func(tx *sql.Tx) error {
			for id, list := range followed {
				for _, thread := range list {
					if err := addFollower(ctx, tx, thread, id); err != nil {
						return err
					}
				}
			}
			return nil
		})
		if err != nil {
			return fmt.Errorf("note who follows threads: %w", err)
		}
	}
	for _, room := range rooms {
		stream, head, err := s.cfg.Rooms.Head(ctx, room)
		if err != nil {
			return fmt.Errorf("begin to follow room %s: %w", room, err)
		}
		s.places[room] = place{stream, head}
		s.unwritten[room] = true
	}
	return s.flush(ctx)
}

// runFollow keeps up with the rooms until ctx ends.
func (s *Service) runFollow(ctx context.Context) {
	timer := time.NewTimer(flushEvery)
	defer timer.Stop()
	for {
		wait, next := gather, flushEvery // to write how far they were followed
		broken, err := s.catchUpAll(ctx)
		if broken != nil && ctx.Err() == nil {
			s.cfg.Logger.Error("attention is behind in a room", "cause", broken.Error())
			next = failed
		}
		if err != nil {
			if ctx.Err() == nil {
				s.cfg.Logger.Error("attention is behind", "cause", err.Error())
			}
			wait = failed
		} else {
			timer.Reset(next)
			select {
			case <-s.wake:
			case <-timer.C:
			case <-ctx.Done():
			}
		}
		if pause(ctx, wait) != nil {
			return
		}
	}
}

// CatchUp looks at what Changed has told of by now.
func (s *Service) CatchUp(ctx context.Context) error { return errors.Join(s.catchUpAll(ctx)) }

// catchUpAll likewise. A room that can't be followed keeps no other waiting: broken says
// why, and it is left alone for a while.
func (s *Service) catchUpAll(ctx context.Context) (broken, err error) {
	s.follow.Lock()
	defer s.follow.Unlock()
	s.mu.Lock()
	all, behind := s.all, maps.Clone(s.behind)
	s.all = false
	s.mu.Unlock()
	defer func() {
		if err != nil && all {
			s.mu.Lock()
			s.all = true
			s.mu.Unlock()
		}
	}()
	rooms := slices.Collect(maps.Keys(behind))
	if all {
		if rooms, err = s.cfg.Rooms.AllRooms(ctx); err != nil {
			return nil, fmt.Errorf("list rooms: %w", err)
		}
	}
	for _, room := range rooms {
		later := func() {
			s.mu.Lock()
			s.behind[room] = max(s.behind[room], 1)
			s.mu.Unlock()
		}
		if s.cfg.Now().Before(s.resting[room]) {
			later()
			continue
		}
		at, err := s.catchUp(ctx, room, behind[room])
		if err != nil {
			broken = fmt.Errorf("follow room %s: %w", room, err)
			if ctx.Err() != nil {
				return nil, broken
			}
			s.resting[room] = s.cfg.Now().Add(failed)
			later()
			continue
		}
		delete(s.resting, room)
		s.mu.Lock()
		// Where nothing was told meanwhile there is nothing more: a seq above may be of a
		// history that another has taken the place of.
		if now := s.behind[room]; now <= at || now == behind[room] {
			delete(s.behind, room)
		}
		s.mu.Unlock()
	}
	all = false
	if s.cfg.Now().Sub(s.written) >= flushEvery {
		return broken, s.flush(ctx)
	}
	return broken, nil
}

// catchUp looks at all that is new in a room, and returns how far that is. Where people
// post faster than it may work it stops at upTo: the other rooms wait; 0 is nowhere.
func (s *Service) catchUp(ctx context.Context, id chat.RoomID, upTo chat.Seq) (chat.Seq, error) {
	at, err := s.placeOf(ctx, id)
	if err != nil {
		return 0, err
	}
	for limit := quick; ; {
		begun, told := time.Now(), s.told.Load()
		c, err := s.cfg.Rooms.Changes(ctx, id, at.seq, limit)
		if err != nil || c.Stream == "" {
			return at.seq, err
		}
		if at.stream != "" && c.Stream != at.stream { // the history is another one: look at it from its beginning
			if err := s.forgetRoom(ctx, id); err != nil {
				return at.seq, err
			}
			at = place{stream: c.Stream}
			s.places[id] = at
			continue
		}
		if c.Through <= at.seq {
			return at.seq, nil
		}
		room, there, err := s.room(ctx, id)
		if err != nil {
			return at.seq, err
		}
		if !there { // it was deleted, with all that was found in it
			delete(s.places, id)
			delete(s.unwritten, id)
			return c.Through, nil
		}
		f, err := s.find(ctx, room, c)
		if err != nil {
			return at.seq, err
		}
		at = place{c.Stream, c.Through}
		if f.nothing() {
			s.unwritten[id] = true
		} else {
			if err := s.write(ctx, f, at); err != nil {
				return at.seq, err
			}
			delete(s.unwritten, id)
		}
		s.places[id] = at
		s.tell(f)
		if limit = batch; s.told.Load() != told {
			if limit = quick; upTo > 0 && at.seq >= upTo {
				return at.seq, nil
			}
			if err := pause(ctx, min((share-1)*time.Since(begun), longestPause)); err != nil {
				return at.seq, err
			}
		}
	}
}

// placeOf returns how far a room was followed.
func (s *Service) placeOf(ctx context.Context, id chat.RoomID) (at place, err error) {
	if at, known := s.places[id]; known {
		return at, nil
	}
	err = s.cfg.DB.Read(ctx, func(tx *sql.Tx) error {
		err := tx.QueryRowContext(ctx, `select stream, seq from attention_places where room_id = ?`, string(id)).Scan(&at.stream, &at.seq)
		if errors.Is(err, sql.ErrNoRows) {
			return nil
		}
		return err
	})
	if err == nil {
		s.places[id] = at
	}
	return at, err
}

// flush writes the places that are further than their rows.
func (s *Service) flush(ctx context.Context) error {
	s.written = s.cfg.Now()
	if len(s.unwritten) == 0 {
		return nil
	}
	err := s.cfg.DB.Write(ctx, func(tx *sql.Tx) error {
		for id := range s.unwritten {
			if err := writePlace(ctx, tx, id, s.places[id]); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("write how far rooms were followed: %w", err)
	}
	clear(s.unwritten)
	return nil
}

func writePlace(ctx context.Context, tx *sql.Tx, id chat.RoomID, at place) error {
	const upsert = `insert into attention_places (room_id, stream, seq) select id, ?, ? from rooms where id = ?
		on conflict (room_id) do update set stream = excluded.stream, seq = excluded.seq`
	_, err := tx.ExecContext(ctx, upsert, at.stream, int64(at.seq), string(id))
	return err
}

// DropRoom takes away what is kept of a room that is being deleted. It may be repeated.
func (s *Service) DropRoom(ctx context.Context, id chat.RoomID) error {
	s.mu.Lock()
	delete(s.behind, id)
	s.mu.Unlock()
	s.follow.Lock() // what was read of it before is written by now
	defer s.follow.Unlock()
	delete(s.places, id)
	delete(s.unwritten, id)
	delete(s.resting, id)
	if err := s.forgetRoom(ctx, id); err != nil {
		return fmt.Errorf("drop what was found in a room: %w", err)
	}
	return nil
}

// forgetRoom removes what was found in a history of a room that is no more.
func (s *Service) forgetRoom(ctx context.Context, id chat.RoomID) error {
	return s.cfg.DB.Write(ctx, func(tx *sql.Tx) error {
		for _, table := range []string{"notices", "deliveries", "withdrawals", "thread_followers", "attention_places"} {
			if _, err := tx.ExecContext(ctx, `delete from `+table+` where room_id = ?`, string(id)); err != nil {
				return err
			}
		}
		return nil
	})
}

// Followed notes that a person may follow a thread from now on, or doesn't any more.
// Whether they do, their own object says.
func (s *Service) Followed(ctx context.Context, id chat.UserID, thread chat.Place, on bool) error {
	err := s.cfg.DB.Write(ctx, func(tx *sql.Tx) error {
		if on {
			return addFollower(ctx, tx, thread, id)
		}
		_, err := tx.ExecContext(ctx, `delete from thread_followers where room_id = ? and root = ? and user_id = ?`,
			string(thread.Room), int64(thread.Root), string(id))
		return err
	})
	if err != nil {
		return fmt.Errorf("note who follows a thread: %w", err)
	}
	return nil
}

// addFollower is for people and rooms that are there.
func addFollower(ctx context.Context, tx *sql.Tx, thread chat.Place, id chat.UserID) error {
	const insert = `insert into thread_followers (room_id, root, user_id)
		select r.id, ?, u.id from rooms r, users u where r.id = ? and u.id = ?
		and (select count(*) from thread_followers where room_id = r.id and root = ?) < ? on conflict do nothing`
	_, err := tx.ExecContext(ctx, insert, int64(thread.Root), string(thread.Room), string(id), int64(thread.Root), maxFollowers)
	return err
}

// column returns the one column of a query.
func column[T ~string](ctx context.Context, tx *sql.Tx, query string, args ...any) (list []T, err error) {
	err = db.Each(ctx, tx, query, args, func(scan func(...any) error) error {
		var v T
		err := scan(&v)
		list = append(list, v)
		return err
	})
	return list, err
}
