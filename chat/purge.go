package chat

import (
	"context"
	"database/sql"
	"errors"
	"sync"
	"time"

	"snug/durable"
)

// All messages of a person are deleted in the background: a row in the table of purges
// says whose and where, and goes when it is done, so that a crash ends nothing. Messages
// are looked for in the store, and deleted some at a time, each by an event of its own:
// between two pieces the room does what else it has to do.

const (
	purgeBatch = 50                    // messages that one turn deletes
	purgePause = 50 * time.Millisecond // between two such turns: sockets read what they are told
	choreRetry = 5 * time.Second       // after a failure
)

// DeleteMessagesOf deletes all messages of a person in a room. It returns once that is
// sure to happen.
func (s *Service) DeleteMessagesOf(ctx context.Context, a Actor, slug string, user UserID) error {
	if a.NoRooms {
		return errNoRooms
	}
	a.User = a.User.fit()
	a = s.profiles.actor(a)
	st, err := s.admit(ctx, a, slug, ActSee)
	if err != nil {
		return err
	}
	_, err = s.amend(ctx, a, st.id, func(t *roomTx) error {
		role, err := t.require(ActDeleteAny)
		if err != nil {
			return err
		}
		u, theirs, err := t.someone(user)
		if err != nil {
			return err
		}
		m, err := t.member(user)
		if err != nil {
			return err
		}
		u.ID = user
		if user != a.ID && !t.outranks(role, theirs, m) {
			return forbidden("You can't delete the messages of somebody whose role is as high as yours.")
		}
		const insert = `insert into purges (room_id, user_id, by_id, asked_at) values (?, ?, ?, ?)
			on conflict do update set next_seq = 0, by_id = excluded.by_id, asked_at = excluded.asked_at`
		if _, err := t.tx.ExecContext(t.ctx, insert, string(t.room.id), string(user), string(a.ID), t.now.UnixMilli()); err != nil {
			return err
		}
		return t.log(AuditMessagesDeleted, u, "")
	})
	if err == nil {
		s.chores.purge()
	}
	return public(err)
}

// Purge begins with the deletions that Oversee asked for.
func (s *Service) Purge() { s.chores.purge() }

// Oversee is that of the register of rooms.
func (s *Service) Oversee(ctx context.Context, tx *sql.Tx, o Oversight) error {
	return s.rooms.Oversee(ctx, tx, o)
}

// purging is a row of the table of purges.
type purging struct {
	room  RoomID
	user  UserID
	by    UserID
	next  Seq
	asked int64
}

// purgeRequest asks a room to delete some of a person's messages.
type purgeRequest struct {
	User, By UserID
	Seqs     []Seq
}

// purge deletes messages, whether or not the room is archived.
func (r *Room) purge(_ context.Context, q purgeRequest) (none, error) {
	if r.gone {
		return none{}, nil
	}
	at := r.now().UnixMilli()
	for _, seq := range q.Seqs {
		m, err := messageAt(r.st.Storage(), seq)
		if err != nil {
			return none{}, err
		}
		if m == nil || m.UserID != q.User {
			continue
		}
		next, refused := applyChange(m, change{kind: eventDelete, by: q.By, may: func(Action) bool { return true }}, at)
		if refused != nil || next == nil {
			continue
		}
		e := event{Kind: eventDelete, By: q.By, At: at}
		if err := r.happen(e, m, next); err != nil {
			return none{}, err
		}
		if m.Thread != "" {
			if err := r.dropReply(e, m); err != nil {
				return none{}, err
			}
		}
	}
	return none{}, nil
}

// chores are what is done in the background: deletions of all that somebody wrote, lines of
// the audit log that rooms have noted, and owners for the rooms of those who are banned.
type chores struct {
	mu     sync.Mutex
	rooms  map[RoomID]struct{} // that have noted something
	purges bool                // there may be some
	bans   bool                // likewise, of people who own rooms

	wake chan struct{} // holds one word: there is something
	stop context.CancelFunc
	over sync.WaitGroup
}

func newChores(s *Service) *chores {
	ctx, cancel := context.WithCancel(context.Background())
	c := &chores{rooms: make(map[RoomID]struct{}), wake: make(chan struct{}, 1), stop: cancel}
	c.over.Go(func() { c.run(ctx, s) })
	return c
}

// close ends the goroutine and waits for it.
func (c *chores) close() {
	c.stop()
	c.over.Wait()
}

// noted hears that a room has noted something. There are no more such rooms than rooms
// that are awake.
func (c *chores) noted(room RoomID) {
	c.mu.Lock()
	c.rooms[room] = struct{}{}
	c.mu.Unlock()
	c.poke()
}

func (c *chores) purge() {
	c.mu.Lock()
	c.purges = true
	c.mu.Unlock()
	c.poke()
}

// disown hears that somebody is banned.
func (c *chores) disown() {
	c.mu.Lock()
	c.bans = true
	c.mu.Unlock()
	c.poke()
}

func (c *chores) poke() {
	select {
	case c.wake <- struct{}{}:
	default: // it looks anyway
	}
}

func (c *chores) run(ctx context.Context, s *Service) {
	for {
		select {
		case <-c.wake:
		case <-ctx.Done():
			return
		}
		for {
			err := c.some(ctx, s)
			if ctx.Err() != nil || errors.Is(err, durable.ErrClosed) {
				return
			}
			if err == nil {
				break
			}
			s.cfg.Logger.Error("clean up behind moderators", "cause", err.Error())
			if !rest(ctx, choreRetry) {
				return
			}
		}
	}
}

// rest waits, and reports whether to go on.
func rest(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

func (c *chores) some(ctx context.Context, s *Service) error {
	c.mu.Lock()
	rooms, purges, bans := c.rooms, c.purges, c.bans
	c.rooms, c.purges, c.bans = make(map[RoomID]struct{}), false, false
	c.mu.Unlock()
	var errs []error
	for room := range rooms {
		if err := s.collect(ctx, room); err != nil {
			c.mu.Lock()
			c.rooms[room] = struct{}{}
			c.mu.Unlock()
			errs = append(errs, err)
		}
	}
	if bans {
		if err := s.disownBanned(ctx); err != nil {
			c.mu.Lock()
			c.bans = true
			c.mu.Unlock()
			errs = append(errs, err)
		}
	}
	if purges {
		if err := s.purgeAll(ctx); err != nil {
			c.mu.Lock()
			c.purges = true
			c.mu.Unlock()
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

// purgeAll does what the table of purges has.
func (s *Service) purgeAll(ctx context.Context) error {
	var errs []error
	var last purging
	for {
		var p purging
		err := s.cfg.DB.Read(ctx, func(tx *sql.Tx) error {
			const query = `select room_id, user_id, by_id, next_seq, asked_at from purges where (room_id, user_id) > (?, ?)
				order by room_id, user_id limit 1`
			return tx.QueryRowContext(ctx, query, string(last.room), string(last.user)).Scan(&p.room, &p.user, &p.by, &p.next, &p.asked)
		})
		if errors.Is(err, sql.ErrNoRows) {
			return errors.Join(errs...)
		}
		if err != nil {
			return err
		}
		last = p
		if err := s.purgeOne(ctx, p); err != nil {
			if ctx.Err() != nil || errors.Is(err, durable.ErrClosed) {
				return err
			}
			errs = append(errs, err) // of one room: the others go on
		}
	}
}

// purgeOne deletes all messages of somebody in a room.
func (s *Service) purgeOne(ctx context.Context, p purging) error {
	_, err := s.rooms.findID(ctx, p.room)
	gone := errors.Is(err, errNoRoom)
	if err != nil && !gone {
		return err
	}
	for !gone {
		w, err := s.walkOf(ctx, p.room, p.user, p.next)
		if err != nil {
			return err
		}
		if len(w.seqs) > 0 {
			if _, err := s.calls.purge.Call(ctx, s.ns.ByName(string(p.room)), purgeRequest{p.user, p.by, w.seqs}); err != nil {
				return err
			}
		}
		if w.end {
			break
		}
		if len(w.seqs) > 0 {
			if err := s.advance(ctx, p, w.next); err != nil {
				return err
			}
			if !rest(ctx, purgePause) {
				return ctx.Err()
			}
		}
		p.next = w.next
	}
	// Unless it was asked for anew since.
	return s.cfg.DB.Write(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `delete from purges where room_id = ? and user_id = ? and asked_at = ?`, string(p.room), string(p.user), p.asked)
		return err
	})
}

// advance notes how far a purge has come.
func (s *Service) advance(ctx context.Context, p purging, next Seq) error {
	return s.cfg.DB.Write(ctx, func(tx *sql.Tx) error {
		const update = `update purges set next_seq = ? where room_id = ? and user_id = ? and asked_at = ?`
		_, err := tx.ExecContext(ctx, update, uint64(next), string(p.room), string(p.user), p.asked)
		return err
	})
}
