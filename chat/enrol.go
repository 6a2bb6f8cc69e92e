package chat

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"snug/db"
	"snug/durable"
)

// enrolments make members of those who post in public rooms. A post doesn't wait for it:
// who wants to be sure joins. What is lost (too many at once, a crash, a table that can't
// be written) the person's next post makes up for.
type enrolments struct {
	db       *db.DB
	now      func() time.Time
	enrolled func(ctx context.Context, st standing, user UserID) // somebody became a member
	log      *slog.Logger

	mu      sync.Mutex
	members map[roomUser]struct{} // who is known to be one
	waiting map[roomUser]standing
	drops   uint64 // how often somebody was forgotten

	wake chan struct{} // holds one word: somebody waits
	stop context.CancelFunc
	over sync.WaitGroup
}

// roomUser is somebody in a room.
type roomUser struct {
	room RoomID
	user UserID
}

func newEnrolments(d *db.DB, now func() time.Time, log *slog.Logger, enrolled func(context.Context, standing, UserID)) *enrolments {
	ctx, cancel := context.WithCancel(context.Background())
	es := &enrolments{db: d, now: now, enrolled: enrolled, log: log, members: make(map[roomUser]struct{}),
		waiting: make(map[roomUser]standing), wake: make(chan struct{}, 1), stop: cancel}
	es.over.Go(func() { es.run(ctx) })
	return es
}

// close ends the goroutine and waits for it.
func (es *enrolments) close() {
	es.stop()
	es.over.Wait()
}

// note hears that somebody has sent a room a post.
func (es *enrolments) note(st standing, user UserID) {
	if st.kind != KindPublic || st.slug == Level0Room {
		return
	}
	key := roomUser{st.id, user}
	es.mu.Lock()
	_, known := es.members[key]
	if _, waits := es.waiting[key]; known || waits || len(es.waiting) >= maxEnrolments {
		es.mu.Unlock()
		return
	}
	es.waiting[key] = st
	es.mu.Unlock()
	select {
	case es.wake <- struct{}{}:
	default:
	}
}

// forget takes note that somebody may be no member any more; without a user, that
// nobody of the room may be.
func (es *enrolments) forget(room RoomID, user UserID) {
	es.mu.Lock()
	defer es.mu.Unlock()
	es.drops++
	if user != "" {
		delete(es.members, roomUser{room, user})
		return
	}
	for key := range es.members {
		if key.room == room {
			delete(es.members, key)
		}
	}
}

// rest drops what is kept in memory only to be quick.
func (es *enrolments) rest() {
	es.mu.Lock()
	defer es.mu.Unlock()
	es.members = make(map[roomUser]struct{})
}

func (es *enrolments) run(ctx context.Context) {
	for {
		select {
		case <-es.wake:
		case <-ctx.Done():
			return
		}
		for es.some(ctx) {
		}
	}
}

// some enrols some of those who wait, and reports whether there are more.
func (es *enrolments) some(ctx context.Context) (more bool) {
	es.mu.Lock()
	batch := make(map[roomUser]standing)
	for key, st := range es.waiting {
		if len(batch) == enrolmentBatch {
			break
		}
		batch[key] = st
	}
	drops := es.drops
	es.mu.Unlock()
	fresh, err := es.store(ctx, batch)
	es.mu.Lock()
	for key := range batch {
		delete(es.waiting, key)
	}
	if err == nil && es.drops == drops {
		if len(es.members)+len(batch) > maxCachedMembers {
			clear(es.members)
		}
		for key := range batch {
			es.members[key] = struct{}{}
		}
	}
	more = len(es.waiting) > 0
	es.mu.Unlock()
	if err != nil {
		if ctx.Err() == nil {
			es.log.Warn("who posted is no member yet", "cause", err.Error())
		}
		return false
	}
	slots := make(chan struct{}, enrolledAtOnce)
	var each sync.WaitGroup
	for _, key := range fresh {
		slots <- struct{}{}
		each.Go(func() {
			es.enrolled(ctx, batch[key], key.user)
			<-slots
		})
	}
	each.Wait()
	return more
}

// store makes members of those who aren't yet, and returns them.
func (es *enrolments) store(ctx context.Context, batch map[roomUser]standing) (fresh []roomUser, err error) {
	at := es.now().UnixMilli()
	err = es.db.Write(ctx, func(tx *sql.Tx) error {
		fresh = nil
		insert, err := tx.PrepareContext(ctx, `insert into members (room_id, user_id, role, joined_at)
			select id, ?, 'member', ? from rooms where id = ? and kind = 'public' and deleted_at is null
			on conflict (room_id, user_id) do update set role = 'member', joined_at = excluded.joined_at, left_at = null, removed_at = null where role = ''`)
		if err != nil {
			return err
		}
		defer insert.Close()
		for key := range batch {
			done, err := insert.ExecContext(ctx, string(key.user), at, string(key.room))
			if err != nil {
				return err
			}
			if n, err := done.RowsAffected(); err != nil {
				return err
			} else if n > 0 {
				fresh = append(fresh, key)
			}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("enrol members: %w", err)
	}
	return fresh, nil
}

// enrolled gives somebody who became a member by a post what other members have.
func (s *Service) enrolled(ctx context.Context, st standing, user UserID) {
	if !st.plain { // where it is nobody asked who is in it
		s.rooms.forgetMember(st.id, user)
	}
	// Before their sockets hear of the room, so that all of them begin with the same mark.
	if err := s.readOwn(ctx, st, user); err != nil && ctx.Err() == nil {
		s.cfg.Logger.Warn("who posted in a room finds all of it unread", "room", string(st.id), "cause", err.Error())
	}
	// Whoever posts knows where. Their other sockets hear of the room by its next activity:
	// a frame that comes some time after a post would surprise clients that know no rooms.
	s.live.learn(user, st.id)
}

// readOwn marks as read what there was when somebody posted first, their post included.
func (s *Service) readOwn(ctx context.Context, st standing, user UserID) error {
	ctx, cancel := context.WithTimeout(ctx, frameWait)
	defer cancel()
	seq, err := s.calls.latestOf.Call(ctx, s.ns.ByName(string(st.id)), user)
	if err != nil {
		return err
	}
	_, err = s.calls.read.Call(ctx, s.inbox(user), mark{Room: st.id, Seq: seq, First: true})
	return err
}

// latestOf is the seq of the newest message of somebody; where there is none among the
// newest, that of the head: what they sent was refused, or much was said since.
func (r *Room) latestOf(_ context.Context, user UserID) (seq Seq, err error) {
	o := durable.ListOptions{Start: messageKey(r.meta.Floor + 1), End: messageKey(r.state.head + 1), Reverse: true, Limit: maxUnread}
	var broken error
	err = r.st.Storage().Each(o, func(key string, value []byte) bool {
		var h messageHead
		if h, broken = parseHead(value); h.UserID == user {
			seq = seqOfKey(key)
		}
		return seq == 0 && broken == nil
	})
	if seq == 0 {
		seq = r.state.head
	}
	return seq, cmp.Or(err, broken)
}
